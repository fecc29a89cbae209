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
#include "sim/kernel/spans.h"
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

/* What a service has least of, by its share in use: over the window or, where the traffic varies,
 * in its busiest minute. */
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

/* A level or a rate over the window, the mean over replications; NaN: no data. */
struct results_series {
    const char *path; /* "services.app.capacity" */
    double start_s, step_s;
    const double *values; /* of the interval that begins at start + i step */
    uint32_t count;
};

/* Something of note that happened in one replication (sim/kernel/log.h): who did what, and why. */
struct results_event {
    uint32_t replication;
    double time_s, until_s; /* scenario time */
    const char *service;
    const char *kind;        /* log_kind_names */
    const char *metric;      /* or null */
    double value, threshold; /* of it; NaN: none */
    double from, to;         /* capacity; NaN: none */
    double delay_s;          /* until it has its effect */
    uint64_t count;
    const char *text; /* or null */
};

/* How often a latency fell between two values, all replications together. */
struct results_histogram {
    const char *path; /* "traffic.shoppers.latency" */
    const double *low_s, *high_s;
    const uint64_t *counts;
    uint32_t count; /* of bins that are not empty, in order */
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
    uint64_t simulated; /* events, of all replications at all loads */
    double wall_time_s;
    double confidence;           /* of `verdicts` */
    struct interval *metrics;    /* at 95 %, in the order of scenario->metrics */
    struct verdict *verdicts;    /* per promise */
    struct results_worst *worst; /* per traffic */
    struct results_use *uses;    /* per service */
    struct results_bottleneck bottleneck;
    struct results_warning *warnings;
    uint32_t warnings_count;
    const struct results_series *series;
    uint32_t series_count;
    const struct results_event *events; /* in the order of replications, then of time */
    uint32_t events_count;
    uint64_t events_dropped;                    /* were not kept, of all replications */
    const struct results_histogram *histograms; /* per traffic */
    uint32_t histograms_count;
    struct span_log spans;   /* of the first replication; borrowed from its experiment */
    int64_t spans_origin_ns; /* what time 0 is in them */
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
