/* trace: a recorded load, replayed from its file as a stream in bounded memory. Trace time counts
 * from the first row of the file; scenario time is what the replay makes of it: (trace time - from)
 * / speed, behind the passes before where it repeats. Counts give a rate that is constant over each
 * interval; where a row is missing it is 0. Instants give arrivals. Worked: counts of 60 per minute
 * with scale 10 and speed 2 are 20 per second. */
#ifndef ARCHSIM_ENGINE_TRACE_H
#define ARCHSIM_ENGINE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

/* What the part of a trace that is used looks like, in scenario time: after scale and speed. */
struct trace_info {
    int64_t end_ns; /* where the trace ends; TIME_NONE: not within the length that was asked */
    double mean_per_s;
    double peak_per_s; /* of the busiest interval; of instants: of the busiest second */
    int64_t peak_ns;   /* when that begins */
};

/* Reads what a warm-up and a replay up to length_ns (inclusive) will read, or one pass if it
 * repeats, before anything is simulated. False: the errors are in diag, at the trace's file and
 * line or at the scenario's `trace`. */
bool trace_check(const struct trace_spec *spec, int64_t length_ns, struct trace_info *info,
                 struct diag *diag);

struct trace;

/* A replay, at scenario time 0. Null: reported; without a diag (the trace was checked before) what
 * is wrong ends the program, here and below. The spec is borrowed. To free with trace_close. */
struct trace *trace_open(const struct trace_spec *spec, struct diag *diag);
void trace_close(struct trace *trace);

/* The mean arrivals per second in the first minute of trace time that is used: the rate of the
 * warm-up. Only before the replay begins. */
double trace_start_rate(struct trace *trace);

/* Counts: the next stretch of a constant rate, from the end of the last one (first: from 0) to
 * *end_ns. False: the trace has ended. */
bool trace_interval(struct trace *trace, int64_t *end_ns, double *rate_per_s);
/* Instants: the next one. False: the trace has ended. */
bool trace_instant(struct trace *trace, int64_t *at_ns);
/* Where the trace has ended, TIME_NONE before it was read to its end. Instants end a mean gap after
 * the last one, unless `for` says where. */
int64_t trace_end(const struct trace *trace);

#endif
