/* trace_file: a table on disk, plain or gzipped, as a stream of lines of comma-separated fields.
 * Memory is bounded: one buffer that grows with the longest line, at most 1 MiB. What is wrong goes
 * to the diag with file and line; without a diag (the file was checked before, so it has changed
 * since) it ends the program. */
#ifndef ARCHSIM_ENGINE_TRACE_FILE_H
#define ARCHSIM_ENGINE_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/scenario/diag.h"

struct gzFile_s;

enum trace_line { TRACE_ROW, TRACE_END, TRACE_BAD };

struct trace_file {
    const char *path; /* borrowed */
    struct diag *diag;
    struct gzFile_s *gz;
    char *buffer;
    size_t capacity, begin, end; /* of the buffer; begin..end is not handed out yet */
    bool all_read, cut;          /* nothing follows; because the gzip data end in the middle */
    uint32_t number;             /* of the line at hand, from 1 */
    const char *line;            /* without its end; valid until the next call */
    size_t length;
};

/* A field without the blanks around it and without its quotes (doubled quotes inside stay doubled).
 */
struct trace_field {
    const char *text;
    size_t length;
    bool broken; /* its quote is not closed, or text follows the closing one */
};

/* Only regular files: every replication reads them again. False: reported. */
bool trace_file_open(struct trace_file *file, const char *path, struct diag *diag);
void trace_file_close(struct trace_file *file);
/* Back to before the first line. */
bool trace_file_rewind(struct trace_file *file);

/* The next line that is neither a comment (# ...) nor one of the blank lines at the end. The
 * comments before the first row are searched for `step_s=`, which goes to *step_ns if that is not
 * null. */
enum trace_line trace_file_row(struct trace_file *file, int64_t *step_ns);

/* The field at *at of a line that ends at `end`; *at moves on, to null after the last. */
struct trace_field trace_field_next(const char **at, const char *end);

/* Reports an error in the line at hand, pointing at the field (null: at the line); returns false.
 */
bool trace_file_fail(const struct trace_file *file, const struct trace_field *field,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

enum { TRACE_QUOTE_SIZE = 44 };
/* What messages show of a field: printable ASCII, cut after 40 characters. */
const char *trace_field_quote(const struct trace_field *field, char buffer[TRACE_QUOTE_SIZE]);

/* A decimal number such as 12, 0.5 or 1.6e9, to within 2 ulp. */
bool trace_field_number(const struct trace_field *field, double *value);

enum trace_form {
    TRACE_NO_TIME,
    TRACE_SECONDS, /* a number of seconds from any zero, to the nearest nanosecond */
    TRACE_STAMP,   /* YYYY-MM-DD HH:MM:SS, T for the blank, a fraction and Z allowed; UTC */
};
/* *time_ns counts from 1970 or from that zero and is within 4e9 s of it; beyond: TRACE_NO_TIME. */
enum trace_form trace_field_time(const struct trace_field *field, int64_t *time_ns);

#endif
