/* trace_rows: the rows of a trace in trace time, which counts from the first row: intervals with
 * their number of arrivals, or instants.
 * Columns. Counts stand in the column that the spec names, or in the last one that is a number in
 * the first row of data; their time stands in the first other column that holds time stamps, else
 * in the first column if that is a number (seconds), else row follows row. Instants stand in the
 * named column, or in the first that holds time stamps, else in the first number. A first line
 * without any number or time is a header; where the spec names a column there must be one.
 * The interval is the spec's, else that of the file's `# step_s=`, else the most frequent distance
 * between the first 100 rows. */
#ifndef ARCHSIM_ENGINE_TRACE_ROWS_H
#define ARCHSIM_ENGINE_TRACE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/trace_file.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

struct trace_rows {
    struct trace_file file;
    const struct trace_spec *spec;
    bool header;
    int value_column, time_column; /* of instants the same one; -1: none */
    enum trace_form form;          /* of the times */
    int64_t interval_ns;           /* of a count */

    /* the row at hand */
    enum trace_line read;
    int64_t at_ns; /* in trace time */
    double count;  /* instants: unused */

    uint64_t rows_count; /* since the beginning */
    int64_t first_ns;    /* what trace time 0 is in the file */
};

/* Learns the layout and stands at the first row. False: reported; nothing is left open. The spec is
 * borrowed. */
bool trace_rows_open(struct trace_rows *rows, const struct trace_spec *spec, struct diag *diag);
void trace_rows_close(struct trace_rows *rows);
/* To the next row, or back to the first one; false if rows->read is not TRACE_ROW then. */
bool trace_rows_next(struct trace_rows *rows);
bool trace_rows_rewind(struct trace_rows *rows);

/* Reports what is wrong with the scenario's `trace` rather than with a line of its file; the
 * message goes on after "the trace FILE ". Returns false. */
bool trace_rows_fail(const struct trace_rows *rows, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
