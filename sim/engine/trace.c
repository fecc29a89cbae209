/* trace: the replay of rows, pass by pass; then what a check measures of it. */
#include "sim/engine/trace.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/engine/trace_rows.h"
#include "sim/kernel/arena.h"
#include "sim/scenario/quantity.h"

#define TRACE_SECOND_NS INT64_C(1000000000)
#define TRACE_REPEAT_MIN_NS INT64_C(10000000) /* each pass opens the file anew */

struct trace {
    struct trace_rows rows;
    const struct trace_spec *spec;
    int64_t to_ns;     /* trace time where a pass ends at the latest; INT64_MAX: with the rows */
    int64_t cursor_ns; /* trace time up to which this pass was replayed; of instants the last one */
    int64_t base_ns;   /* scenario time at which this pass began */
    int64_t end_ns;
    uint64_t pass_count;   /* intervals with arrivals, or instants, in this pass */
    int64_t pass_first_ns; /* the first instant of this pass */
};

static bool trace_begin_pass(struct trace *trace)
{
    trace->pass_count = 0;
    trace->cursor_ns = trace->spec->from_ns;
    return trace_rows_rewind(&trace->rows);
}

struct trace *trace_open(const struct trace_spec *spec, struct diag *diag)
{
    assert(spec->speed > 0);
    assert(spec->scale >= 0);
    assert(spec->from_ns >= 0);
    assert(spec->for_ns > 0);
    struct trace *trace = memory_resize(NULL, 1, sizeof(*trace));
    *trace = (struct trace){
        .spec = spec,
        .to_ns = spec->for_ns == TIME_NONE ? INT64_MAX : spec->from_ns + spec->for_ns,
        .cursor_ns = spec->from_ns,
        .end_ns = TIME_NONE,
    };
    if (trace_rows_open(&trace->rows, spec, diag))
        return trace;
    free(trace);
    return NULL;
}

void trace_close(struct trace *trace)
{
    trace_rows_close(&trace->rows);
    free(trace);
}

int64_t trace_end(const struct trace *trace)
{
    return trace->end_ns;
}

/* ---- replay ---- */

/* Scenario time of a trace time in this pass; what lies beyond any run is cut. */
static int64_t trace_scenario_ns(const struct trace *trace, int64_t at_ns)
{
    int64_t since_ns = at_ns - trace->spec->from_ns;
    if (trace->spec->speed != 1)
        since_ns = (int64_t)fmin(round((double)since_ns / trace->spec->speed), 0x1p61);
    return trace->base_ns + since_ns;
}

/* The pass has come to at_ns of trace time: begins the next one, if there is one. A pass without
 * arrivals or without length is not repeated. */
static bool trace_repeat(struct trace *trace, int64_t at_ns)
{
    int64_t base_ns = trace_scenario_ns(trace, at_ns);
    bool again = trace->spec->repeat && trace->rows.read != TRACE_BAD && trace->pass_count > 0 &&
                 base_ns > trace->base_ns;
    if (again) {
        trace->base_ns = base_ns;
        again = trace_begin_pass(trace);
    }
    if (!again)
        trace->end_ns = base_ns;
    return again;
}

bool trace_interval(struct trace *trace, int64_t *end_ns, double *rate_per_s)
{
    const struct trace_spec *spec = trace->spec;
    struct trace_rows *rows = &trace->rows;
    double count = 0;
    int64_t until_ns = 0; /* intervals that end before `from` are passed over */
    while (trace->end_ns == TIME_NONE && until_ns <= trace->cursor_ns) {
        count = 0;
        if (trace->cursor_ns < trace->to_ns && rows->read == TRACE_ROW) {
            until_ns = rows->at_ns;
            if (until_ns <= trace->cursor_ns) {
                until_ns += rows->interval_ns;
                count = rows->count * spec->scale;
                trace_rows_next(rows);
            }
        } else if (trace->cursor_ns < trace->to_ns && rows->read == TRACE_END && spec->repeat &&
                   spec->for_ns != TIME_NONE) {
            until_ns = trace->to_ns;
        } else {
            trace_repeat(trace, trace->cursor_ns);
            until_ns = 0;
        }
    }
    if (trace->end_ns != TIME_NONE)
        return false;
    trace->cursor_ns = until_ns < trace->to_ns ? until_ns : trace->to_ns;
    trace->pass_count += count > 0;
    *end_ns = trace_scenario_ns(trace, trace->cursor_ns);
    *rate_per_s = count / ((double)rows->interval_ns * 1e-9) * spec->speed;
    return true;
}

/* Where a pass over instants ends, in trace time. */
static int64_t trace_instants_end(const struct trace *trace)
{
    if (trace->rows.read == TRACE_ROW || (trace->spec->repeat && trace->spec->for_ns != TIME_NONE))
        return trace->to_ns;
    int64_t end_ns = trace->cursor_ns;
    if (trace->pass_count > 1)
        end_ns += (trace->cursor_ns - trace->pass_first_ns) / (int64_t)(trace->pass_count - 1);
    return end_ns < trace->to_ns ? end_ns : trace->to_ns;
}

bool trace_instant(struct trace *trace, int64_t *at_ns)
{
    struct trace_rows *rows = &trace->rows;
    while (trace->end_ns == TIME_NONE) {
        while (rows->read == TRACE_ROW && rows->at_ns < trace->spec->from_ns)
            trace_rows_next(rows);
        if (rows->read == TRACE_ROW && rows->at_ns < trace->to_ns) {
            if (trace->pass_count++ == 0)
                trace->pass_first_ns = rows->at_ns;
            trace->cursor_ns = rows->at_ns;
            *at_ns = trace_scenario_ns(trace, rows->at_ns);
            trace_rows_next(rows);
            return true;
        }
        trace_repeat(trace, trace_instants_end(trace));
    }
    return false;
}

/* ---- measuring ---- */

static double trace_measure_counts(struct trace *trace, int64_t length_ns, struct trace_info *info)
{
    double sum = 0, rate_per_s;
    int64_t end_ns;
    for (int64_t at_ns = 0; at_ns <= length_ns && trace_interval(trace, &end_ns, &rate_per_s);
         at_ns = end_ns) {
        int64_t until_ns = end_ns < length_ns ? end_ns : length_ns;
        sum += rate_per_s * (double)(until_ns - at_ns) * 1e-9;
        if (at_ns < length_ns && rate_per_s > info->peak_per_s) {
            info->peak_per_s = rate_per_s;
            info->peak_ns = at_ns;
        }
    }
    return sum;
}

static double trace_measure_instants(struct trace *trace, int64_t length_ns,
                                     struct trace_info *info)
{
    double sum = 0, in_second = 0;
    int64_t at_ns, second = 0;
    while (trace_instant(trace, &at_ns) && at_ns <= length_ns) {
        in_second = at_ns / TRACE_SECOND_NS == second ? in_second + 1 : 1;
        second = at_ns / TRACE_SECOND_NS;
        sum += at_ns < length_ns;
        if (at_ns < length_ns && in_second > info->peak_per_s) {
            info->peak_per_s = in_second;
            info->peak_ns = second * TRACE_SECOND_NS;
        }
    }
    return sum;
}

/* Replays up to length_ns of scenario time and what begins right there; from the beginning only is
 * it true what it says. */
static void trace_measure(struct trace *trace, int64_t length_ns, struct trace_info *info)
{
    *info = (struct trace_info){.end_ns = TIME_NONE};
    double sum = trace->spec->arrivals ? trace_measure_instants(trace, length_ns, info)
                                       : trace_measure_counts(trace, length_ns, info);
    if (trace->end_ns < length_ns)
        info->end_ns = length_ns = trace->end_ns;
    info->mean_per_s = length_ns > 0 ? sum / ((double)length_ns * 1e-9) : 0;
}

/* A minute of trace time, in scenario time. */
static int64_t trace_minute_ns(const struct trace *trace)
{
    return (int64_t)(60 * (double)TRACE_SECOND_NS / trace->spec->speed);
}

double trace_start_rate(struct trace *trace)
{
    struct trace_info info;
    trace_measure(trace, trace_minute_ns(trace), &info);
    trace->base_ns = 0;
    trace->end_ns = TIME_NONE;
    trace_begin_pass(trace);
    return info.mean_per_s;
}

/* What is wrong with `from` and `repeat`; pass_ns: how long a pass takes. */
static bool trace_check_pass(const struct trace *trace, int64_t pass_ns, bool repeat)
{
    char length[32], from[32];
    int64_t length_ns = trace->rows.at_ns + trace->rows.interval_ns;
    if (trace->pass_count == 0 && trace->end_ns == 0)
        return trace_rows_fail(
            &trace->rows, NULL, "is only %s long: 'from' is %s",
            quantity_format(length, sizeof(length), (double)length_ns, QUANTITY_TIME, NULL),
            quantity_format(from, sizeof(from), (double)trace->spec->from_ns, QUANTITY_TIME, NULL));
    if (repeat && pass_ns < TRACE_REPEAT_MIN_NS)
        return trace_rows_fail(
            &trace->rows, NULL,
            "would repeat every %s: expected 10ms or more; 'for' can say how long",
            quantity_format(length, sizeof(length), (double)pass_ns, QUANTITY_TIME, NULL));
    return true;
}

bool trace_check(const struct trace_spec *spec, int64_t length_ns, struct trace_info *info,
                 struct diag *diag)
{
    assert(length_ns > 0);
    struct trace_spec once = *spec;
    once.repeat = false;
    struct trace *trace = trace_open(&once, diag);
    if (!trace)
        return false;
    trace_measure(trace, length_ns, info);
    if (length_ns < trace_minute_ns(trace)) { /* the warm-up reads that too */
        struct trace_info minute;
        trace_measure(trace, trace_minute_ns(trace), &minute);
    }
    bool good = trace->rows.read != TRACE_BAD;
    if (good && trace->end_ns != TIME_NONE) {
        double pass_ns =
            spec->for_ns != TIME_NONE ? (double)spec->for_ns / spec->speed : (double)trace->end_ns;
        good = trace_check_pass(trace, (int64_t)pass_ns, spec->repeat);
        if (good && spec->repeat && info->end_ns != TIME_NONE) { /* the rest of a pass is silent */
            info->mean_per_s *= (double)info->end_ns / fmin(pass_ns, (double)length_ns);
            info->end_ns = TIME_NONE;
        }
    }
    trace_close(trace);
    return good;
}
