/* trace_text: traces written by tests, plain or gzipped, in files of their own. */
#ifndef ARCHSIM_TESTS_ENGINE_TRACE_TEXT_H
#define ARCHSIM_TESTS_ENGINE_TRACE_TEXT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "sim/scenario/scenario.h"
#include "tests/kernel/sample.h"

/* The path of a new file with these bytes; to remove with trace_text_remove. */
static inline char *trace_text_bytes(const void *bytes, size_t size)
{
    char *path = test_malloc(64);
    snprintf(path, 64, "/tmp/archsim-trace-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    return path;
}

static inline char *trace_text_plain(const char *text)
{
    return trace_text_bytes(text, strlen(text));
}

static inline char *trace_text_gzip(const char *text)
{
    char *path = trace_text_bytes("", 0);
    gzFile gz = gzopen(path, "wb");
    assert_non_null(gz);
    assert_int_equal(gzwrite(gz, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(gz), Z_OK);
    return path;
}

static inline void trace_text_remove(char *path)
{
    unlink(path);
    test_free(path);
}

/* The spec of a `trace` with nothing but a file. */
static inline struct trace_spec trace_text_spec(const char *path)
{
    return (struct trace_spec){
        .path = path,
        .scale = 1,
        .speed = 1,
        .for_ns = TIME_NONE,
        .place = {.file = "shop.yaml", .line = 7, .column = 5},
    };
}

#endif
