/* trace_rows: the layout of the file from its first lines, then row by row, each checked. */
#include "sim/engine/trace_rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/quantity.h"

enum {
    TRACE_ROWS_SURVEYED = 100,
    TRACE_ROWS_NAMES_MAX = 64, /* of a header, as candidates for "did you mean" */
    TRACE_ROWS_MESSAGE_SIZE = 256,
    TRACE_COLUMN_NONE = -1,
};
#define TRACE_ROWS_COUNT_MAX 1e15
#define TRACE_ROWS_INTERVAL_MIN_NS INT64_C(1000000)
#define TRACE_ROWS_SPAN_MAX_NS INT64_C(3153600000000000000) /* 100 y */

static const char *trace_rows_duration(int64_t ns, char buffer[32])
{
    return quantity_format(buffer, 32, (double)ns, QUANTITY_TIME, NULL);
}

bool trace_rows_fail(const struct trace_rows *rows, const char *hint, const char *format, ...)
{
    char text[TRACE_ROWS_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    const struct trace_spec *spec = rows->spec;
    if (!rows->file.diag)
        fatal("the trace %s %s (it has changed since it was checked)", spec->path, text);
    diag_error_hint(rows->file.diag, spec->place, hint, "the trace %s %s", spec->path, text);
    return false;
}

/* ---- layout ---- */

/* Whether a line names its columns instead of holding values. */
static bool trace_rows_is_header(const struct trace_file *file)
{
    const char *at = file->line, *end = at + file->length;
    while (at) {
        struct trace_field field = trace_field_next(&at, end);
        int64_t time_ns;
        double number;
        if (trace_field_time(&field, &time_ns) != TRACE_NO_TIME ||
            trace_field_number(&field, &number))
            return false;
    }
    return true;
}

static bool trace_rows_fail_column(const struct trace_rows *rows)
{
    const struct trace_file *file = &rows->file;
    const char *at = file->line, *end = at + file->length, *name = rows->spec->column;
    struct arena arena;
    arena_init(&arena);
    const char *names[TRACE_ROWS_NAMES_MAX];
    size_t count = 0;
    while (at && count < TRACE_ROWS_NAMES_MAX) {
        struct trace_field field = trace_field_next(&at, end);
        names[count++] = arena_text(&arena, field.text, field.length);
    }
    char quote[TRACE_QUOTE_SIZE];
    struct trace_field line = {.text = file->line, .length = file->length};
    const char *nearest = diag_nearest(name, names, count);
    const char *hint = nearest ? arena_printf(&arena, "did you mean '%s'?", nearest) : NULL;
    trace_rows_fail(rows, hint, "has no column '%.64s': its line %u is '%s'", name, file->number,
                    trace_field_quote(&line, quote));
    arena_done(&arena);
    return false;
}

/* The column that the spec names, in the header line. */
static bool trace_rows_find_column(struct trace_rows *rows)
{
    const char *name = rows->spec->column, *at = rows->file.line, *end = at + rows->file.length;
    for (int i = 0; at; i++) {
        struct trace_field field = trace_field_next(&at, end);
        if (strlen(name) == field.length && memcmp(name, field.text, field.length) == 0) {
            rows->value_column = i;
            return true;
        }
    }
    return trace_rows_fail_column(rows);
}

/* The columns that the spec does not name, by the first row of data. */
static bool trace_rows_choose_columns(struct trace_rows *rows)
{
    const struct trace_file *file = &rows->file;
    const char *at = file->line, *end = at + file->length;
    int stamp = TRACE_COLUMN_NONE, number_first = stamp, number_last = stamp;
    for (int i = 0; at; i++) {
        struct trace_field field = trace_field_next(&at, end);
        int64_t time_ns;
        double number;
        if (trace_field_time(&field, &time_ns) == TRACE_STAMP) {
            if (stamp == TRACE_COLUMN_NONE && i != rows->value_column)
                stamp = i;
        } else if (trace_field_number(&field, &number)) {
            number_first = number_first == TRACE_COLUMN_NONE ? i : number_first;
            number_last = i;
        }
    }
    if (rows->spec->arrivals) {
        if (rows->value_column == TRACE_COLUMN_NONE)
            rows->value_column = stamp != TRACE_COLUMN_NONE ? stamp : number_first;
        rows->time_column = rows->value_column;
    } else {
        if (rows->value_column == TRACE_COLUMN_NONE)
            rows->value_column = number_last;
        if (stamp != TRACE_COLUMN_NONE)
            rows->time_column = stamp;
        else if (number_first == 0 && rows->value_column != 0)
            rows->time_column = 0;
    }
    if (rows->value_column == TRACE_COLUMN_NONE)
        return trace_file_fail(file, NULL, "expected %s, and no field is one",
                               rows->spec->arrivals ? "a time" : "a count");
    return true;
}

/* ---- one row ---- */

/* Finds the fields of the columns in the line at hand. */
static bool trace_rows_pick(const struct trace_rows *rows, struct trace_field *value,
                            struct trace_field *time)
{
    const char *at = rows->file.line, *end = at + rows->file.length;
    int last = rows->value_column > rows->time_column ? rows->value_column : rows->time_column;
    for (int i = 0; i <= last; i++) {
        if (!at)
            return trace_file_fail(&rows->file, NULL, "expected at least %d fields, found %d",
                                   last + 1, i);
        struct trace_field field = trace_field_next(&at, end);
        if (field.broken)
            return trace_file_fail(&rows->file, &field,
                                   "a quote is not closed, or text follows it");
        if (i == rows->value_column)
            *value = field;
        if (i == rows->time_column)
            *time = field;
    }
    return true;
}

/* Instants ascend or are equal, intervals do not overlap. */
static bool trace_rows_check_order(const struct trace_rows *rows, const struct trace_field *field,
                                   int64_t after_ns)
{
    char quote[TRACE_QUOTE_SIZE], distance[32], needed[32];
    if (after_ns < 0)
        return trace_file_fail(&rows->file, field, "'%s' is earlier than the row before",
                               trace_field_quote(field, quote));
    if (after_ns == 0 && !rows->spec->arrivals)
        return trace_file_fail(&rows->file, field, "'%s' is the time of the row before, too",
                               trace_field_quote(field, quote));
    if (after_ns < rows->interval_ns)
        return trace_file_fail(&rows->file, field,
                               "only %s after the row before, and an interval is %s",
                               trace_rows_duration(after_ns, distance),
                               trace_rows_duration(rows->interval_ns, needed));
    return true;
}

static bool trace_rows_time(struct trace_rows *rows, const struct trace_field *field)
{
    char quote[TRACE_QUOTE_SIZE];
    int64_t time_ns;
    enum trace_form form = trace_field_time(field, &time_ns);
    bool first = rows->rows_count == 0;
    if (form == TRACE_NO_TIME || (!first && form != rows->form))
        return trace_file_fail(&rows->file, field, "expected a time %s, found '%s'",
                               first ? "in seconds or as YYYY-MM-DD HH:MM:SS"
                               : rows->form == TRACE_SECONDS ? "in seconds"
                                                             : "as YYYY-MM-DD HH:MM:SS",
                               trace_field_quote(field, quote));
    if (first) {
        rows->form = form;
        rows->first_ns = time_ns;
        rows->at_ns = 0;
        return true;
    }
    int64_t at_ns = time_ns - rows->first_ns;
    if (!trace_rows_check_order(rows, field, at_ns - rows->at_ns))
        return false;
    rows->at_ns = at_ns;
    return true;
}

static bool trace_rows_count(struct trace_rows *rows, const struct trace_field *field)
{
    char quote[TRACE_QUOTE_SIZE];
    if (!trace_field_number(field, &rows->count))
        return trace_file_fail(&rows->file, field, "expected a count, found '%s'",
                               trace_field_quote(field, quote));
    if (rows->count < 0)
        return trace_file_fail(&rows->file, field, "a count cannot be negative: '%s'",
                               trace_field_quote(field, quote));
    if (rows->count > TRACE_ROWS_COUNT_MAX)
        return trace_file_fail(&rows->file, field, "a count is at most 1e15, found '%s'",
                               trace_field_quote(field, quote));
    return true;
}

/* The row that is in the line at hand. */
static bool trace_rows_parse(struct trace_rows *rows)
{
    struct trace_field value = {0}, time = {0};
    if (!trace_rows_pick(rows, &value, &time))
        return false;
    if (rows->time_column == TRACE_COLUMN_NONE)
        rows->at_ns = rows->rows_count == 0 ? 0 : rows->at_ns + rows->interval_ns;
    else if (!trace_rows_time(rows, &time))
        return false;
    if (rows->at_ns > TRACE_ROWS_SPAN_MAX_NS)
        return trace_file_fail(&rows->file, NULL, "more than 100y after the first row");
    if (!rows->spec->arrivals && !trace_rows_count(rows, &value))
        return false;
    rows->rows_count++;
    return true;
}

bool trace_rows_next(struct trace_rows *rows)
{
    if (rows->read == TRACE_ROW)
        rows->read = trace_file_row(&rows->file, NULL);
    if (rows->read == TRACE_ROW && !trace_rows_parse(rows))
        rows->read = TRACE_BAD;
    return rows->read == TRACE_ROW;
}

bool trace_rows_rewind(struct trace_rows *rows)
{
    rows->rows_count = 0;
    rows->read = trace_file_rewind(&rows->file) ? TRACE_ROW : TRACE_BAD;
    if (rows->read == TRACE_ROW && rows->header)
        rows->read = trace_file_row(&rows->file, NULL);
    return trace_rows_next(rows);
}

/* ---- opening ---- */

static int trace_rows_compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The most frequent of the distances; of equally frequent ones the shortest. */
static int64_t trace_rows_mode(int64_t *distances, size_t count)
{
    int64_t mode = 0;
    size_t most = 0;
    qsort(distances, count, sizeof(distances[0]), trace_rows_compare);
    for (size_t i = 0, start = 0; i < count; i++) {
        start = distances[i] == distances[start] ? start : i;
        if (i - start + 1 > most) {
            most = i - start + 1;
            mode = distances[i];
        }
    }
    return mode;
}

/* The interval from the times of the rows, of which the first is at hand. */
static bool trace_rows_learn_interval(struct trace_rows *rows)
{
    if (rows->time_column == TRACE_COLUMN_NONE)
        return trace_rows_fail(
            rows, NULL, "has neither a column of times nor '# step_s=': expected an 'interval'");
    int64_t distances[TRACE_ROWS_SURVEYED], before_ns = rows->at_ns;
    size_t count = 0;
    while (count < TRACE_ROWS_SURVEYED - 1 && trace_rows_next(rows)) {
        distances[count++] = rows->at_ns - before_ns;
        before_ns = rows->at_ns;
    }
    if (rows->read == TRACE_BAD)
        return false;
    if (count == 0)
        return trace_rows_fail(rows, NULL,
                               "has one row, which tells no interval: expected an 'interval'");
    rows->interval_ns = trace_rows_mode(distances, count);
    return true;
}

static bool trace_rows_survey(struct trace_rows *rows)
{
    int64_t step_ns = 0;
    rows->read = trace_file_row(&rows->file, &step_ns);
    if (rows->read == TRACE_ROW) {
        rows->header = rows->spec->column || trace_rows_is_header(&rows->file);
        if (rows->spec->column && !trace_rows_find_column(rows))
            return false;
        if (rows->header)
            rows->read = trace_file_row(&rows->file, NULL);
    }
    if (rows->read == TRACE_END)
        return trace_file_fail(&rows->file, NULL, "the trace has no rows");
    if (rows->read == TRACE_BAD || !trace_rows_choose_columns(rows) || !trace_rows_parse(rows))
        return false;
    if (rows->spec->arrivals)
        return true;
    int64_t interval_ns = rows->spec->interval_ns > 0 ? rows->spec->interval_ns : step_ns;
    if (interval_ns == 0) {
        if (!trace_rows_learn_interval(rows))
            return false;
        interval_ns = rows->interval_ns;
    }
    char interval[32];
    if (interval_ns < TRACE_ROWS_INTERVAL_MIN_NS || interval_ns > TRACE_ROWS_SPAN_MAX_NS)
        return trace_rows_fail(rows, NULL, "has an interval of %s: expected 1ms to 100y",
                               trace_rows_duration(interval_ns, interval));
    rows->interval_ns = interval_ns;
    return true;
}

bool trace_rows_open(struct trace_rows *rows, const struct trace_spec *spec, struct diag *diag)
{
    *rows = (struct trace_rows){
        .spec = spec, .value_column = TRACE_COLUMN_NONE, .time_column = TRACE_COLUMN_NONE};
    if (trace_file_open(&rows->file, spec->path, diag) && trace_rows_survey(rows) &&
        trace_rows_rewind(rows))
        return true;
    trace_rows_close(rows);
    return false;
}

void trace_rows_close(struct trace_rows *rows)
{
    trace_file_close(&rows->file);
}
