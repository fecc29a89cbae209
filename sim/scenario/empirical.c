/* empirical: a CSV is read as a stream; of each line only the first field is kept. */
#include "sim/scenario/empirical.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMPIRICAL_FIELD_MAX = 128, EMPIRICAL_UNIT_MAX = 16 };

struct empirical_reader {
    FILE *stream;
    const char *file; /* as written */
    const struct distribution_request *request;
    struct quantity_error *error;
    double *samples;
    uint32_t count, capacity;
    uint64_t line;
    bool header_seen;
    char unit[EMPIRICAL_UNIT_MAX]; /* of the header, "" if it names none */
};

static bool __attribute__((format(printf, 2, 3)))
empirical_fail(struct empirical_reader *reader, const char *format, ...)
{
    va_list arguments;
    char text[160];
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct quantity_error *error = reader->error;
    error->offset = 0;
    if (reader->line > 0)
        snprintf(error->text, sizeof(error->text), "%.60s line %llu: %s", reader->file,
                 (unsigned long long)reader->line, text);
    else
        snprintf(error->text, sizeof(error->text), "%.60s: %s", reader->file, text);
    return false;
}

/* The first field of the next line, without quotes, blanks and, on line 1, a byte order mark;
 * false at the end. A longer field is cut: it cannot be a number. */
static bool empirical_field(struct empirical_reader *reader, char field[EMPIRICAL_FIELD_MAX])
{
    size_t length = 0;
    bool inside = true; /* the field goes on */
    int c = getc_unlocked(reader->stream);
    if (c == EOF)
        return false;
    reader->line++;
    for (; c != EOF && c != '\n'; c = getc_unlocked(reader->stream)) {
        inside = inside && c != ',' && c != ';' && c != '\t';
        bool blank = c == '"' || c == '\r' || (c == ' ' && length == 0);
        if (inside && !blank && length < EMPIRICAL_FIELD_MAX - 1)
            field[length++] = (char)c;
    }
    while (length > 0 && field[length - 1] == ' ')
        length--;
    field[length] = '\0';
    if (reader->line == 1 && memcmp(field, "\xEF\xBB\xBF", 3) == 0)
        memmove(field, field + 3, length - 2);
    return true;
}

/* "latency_ms", "latency (ms)" and "ms" name a unit: what stands last, if a number with it
 * parses. */
static void empirical_header(struct empirical_reader *reader, const char *field)
{
    size_t end = strlen(field);
    end -= end > 0 && field[end - 1] == ')';
    size_t start = end;
    while (start > 0 && !strchr("_( ", field[start - 1]))
        start--;
    char one[EMPIRICAL_UNIT_MAX + 4];
    double value;
    struct quantity_error ignored;
    if (end - start == 0 || end - start >= EMPIRICAL_UNIT_MAX)
        return;
    snprintf(one, sizeof(one), "1 %.*s", (int)(end - start), field + start);
    if (quantity_parse(one, reader->request->kind, reader->request->unit, &value, &ignored))
        memcpy(reader->unit, field + start, end - start);
}

static bool empirical_sample(struct empirical_reader *reader, const char *field)
{
    const struct distribution_request *request = reader->request;
    char quantity[EMPIRICAL_FIELD_MAX + EMPIRICAL_UNIT_MAX];
    struct quantity_error error;
    double value;
    snprintf(quantity, sizeof(quantity), "%s%s", field, reader->unit);
    if (!quantity_parse(quantity, request->kind, request->unit, &value, &error) &&
        !quantity_parse(field, request->kind, request->unit, &value, &error))
        return empirical_fail(reader, "%s%s", error.text,
                              reader->unit[0] ? "" : " (or a header such as latency_ms)");
    if (value < 0)
        return empirical_fail(reader, "a sample cannot be negative");
    if (reader->count == EMPIRICAL_SAMPLES_MAX)
        return empirical_fail(reader, "at most %d samples are read", EMPIRICAL_SAMPLES_MAX);
    if (reader->count == reader->capacity) {
        reader->capacity = reader->capacity ? 2 * reader->capacity : 1024;
        reader->samples = memory_resize(reader->samples, reader->capacity, sizeof(double));
    }
    reader->samples[reader->count++] = value;
    return true;
}

static bool empirical_read_lines(struct empirical_reader *reader)
{
    char field[EMPIRICAL_FIELD_MAX];
    while (empirical_field(reader, field)) {
        if (field[0] == '\0' || field[0] == '#')
            continue;
        bool number = strchr("+-.0123456789", field[0]) != NULL;
        if (!number && !reader->header_seen && reader->count == 0)
            empirical_header(reader, field);
        else if (!empirical_sample(reader, field))
            return false;
        reader->header_seen = true;
    }
    if (ferror(reader->stream)) {
        reader->error->unreadable = true;
        return empirical_fail(reader, "cannot read the file: %s", strerror(errno));
    }
    reader->line = 0;
    return reader->count > 0 || empirical_fail(reader, "the file has no samples");
}

static int empirical_compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

const double *empirical_read(const char *file, const struct distribution_request *request,
                             struct arena *arena, uint32_t *count, struct quantity_error *error)
{
    bool relative = request->directory && request->directory[0] && file[0] != '/';
    char *path = arena_printf(arena, "%s%s%s", relative ? request->directory : "",
                              relative ? "/" : "", file);
    struct empirical_reader reader = {.file = file, .request = request, .error = error};
    *error = (struct quantity_error){0};
    reader.stream = fopen(path, "rb");
    if (!reader.stream) {
        error->unreadable = true;
        empirical_fail(&reader, "cannot open the file: %s", strerror(errno));
        return NULL;
    }
    double *sorted = NULL;
    if (empirical_read_lines(&reader)) {
        qsort(reader.samples, reader.count, sizeof(double), empirical_compare);
        sorted = arena_array(arena, reader.count, sizeof(double));
        memcpy(sorted, reader.samples, reader.count * sizeof(double));
        *count = reader.count;
    }
    free(reader.samples);
    fclose(reader.stream);
    return sorted;
}
