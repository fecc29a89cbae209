/* results: what a run found out, ready to be shown: every metric with its interval, the
 * verdicts, the worst five minutes of each traffic, the bottleneck, the warnings. Reports read
 * this and nothing of the engine. NaN means "no data" throughout; times are in seconds, as in
 * all results. */
#ifndef ARCHSIM_ENGINE_RESULTS_H
#define ARCHSIM_ENGINE_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/verdict.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/interval.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/metrics.h"
#include "sim/scenario/scenario.h"

struct experiment;

/* Of the 5-minute windows of a traffic, by arrival, pooled over replications. No intervals: it was
 * picked because it is the worst. */
struct results_worst {
    bool known; /* false: under 10 minutes or 1,000 requests */
    double from_s, to_s;
    double latency_p99_s, availability, throughput_per_s;
};

/* What a service has least of, by its mean share in use. */
struct results_use {
    const char *resource; /* "servers", "tokens", "limit"; null: nothing of it is limited */
    bool is_capacity;     /* what `utilization` of the service is of, too */
    struct interval share;
};

/* The service that is nearest to a limit of its own. */
struct results_bottleneck {
    bool known; /* false: nothing is limited, or nothing was used */
    uint32_t service;
    const char *resource; /* what is used up */
    struct interval utilization;
    struct interval headroom; /* 1 / utilization: an estimate of the multiple that it could bear */
};

struct results_warning {
    const char *code; /* stable: overloaded, trace_ended, no_traffic, ... */
    const char *path; /* what it is about, or null */
    const char *text;
};

struct results {
    struct arena arena;
    const struct scenario *scenario;
    uint32_t replications;
    double warmup_s;
    uint64_t events; /* of all replications at all loads */
    double wall_time_s;
    double confidence;           /* of `verdicts` */
    struct interval *metrics;    /* at 95 %, in the order of scenario->metrics */
    struct verdict *verdicts;    /* per promise */
    struct results_worst *worst; /* per traffic */
    struct results_use *uses;    /* per service */
    struct results_bottleneck bottleneck;
    struct results_warning *warnings;
    uint32_t warnings_count;
};

/* From finished experiments, the first at load 1, one more for each other `at_load` of the
 * promises. `diag` holds the loader's warnings. Borrows the scenario and the diag's texts; free
 * with results_free. */
struct results *results_new(const struct scenario *scenario, const struct experiment *experiments,
                            uint32_t experiments_count, const struct diag *diag,
                            double wall_time_s);
void results_free(struct results *results);

/* How promises went: numbers of kept, broken, undecided ones; those with severity `warning`
 * apart. */
struct results_tally {
    uint32_t counts[VERDICT_KINDS];         /* of all promises */
    uint32_t warning_counts[VERDICT_KINDS]; /* of those whose severity is warning */
};
struct results_tally results_tally(const struct results *results);

#endif
