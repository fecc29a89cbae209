/* world: one replication of a scenario: its clock, events, calls, random streams and statistics.
 * Worlds share nothing but the immutable scenario, so they run side by side on threads. The
 * clock inside starts at 0 with the warm-up; scenario time 0, where measurement starts, is
 * inside time origin_ns. */
#ifndef ARCHSIM_ENGINE_WORLD_H
#define ARCHSIM_ENGINE_WORLD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "models/model.h"
#include "sim/engine/arrivals.h"
#include "sim/engine/backlog.h"
#include "sim/engine/samples.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/series.h"
#include "sim/scenario/metrics.h"
#include "sim/scenario/scenario.h"

enum {
    WORLD_FRAMES_MAX = 8 << 20, /* calls in flight; beyond it the run ends, naming the service */
    WORLD_SPANS_MAX = 4 << 20,  /* of requests that are followed, at once */
    WORLD_STANDSTILL_MAX =
        20 * 1000000,             /* steps without passing time; beyond it the loop is named */
    WORLD_REPLICATIONS_AUTO = 30, /* at most, where the scenario leaves it to archsim */
};

enum world_end {
    WORLD_DONE,
    WORLD_OVERLOADED,  /* WORLD_FRAMES_MAX reached: `culprit` holds most of them */
    WORLD_STANDSTILL,  /* a loop without passing time, at `culprit` */
    WORLD_INTERRUPTED, /* *setup.stop became true */
};

/* Progress of a running world, read by another thread now and then. */
struct world_progress {
    _Atomic int64_t now_ns; /* inside time */
    _Atomic uint64_t events;
};

struct world_setup {
    const struct scenario *scenario;
    const struct model *const *models; /* of type i */
    uint32_t replication;
    int64_t warmup_ns;
    uint64_t requests_max; /* 0: none; the pilot run ends after so many requests */
    uint32_t spans_count;  /* keep so many requests of each kind (kernel/spans.h); 0: none */
    bool pilot;            /* record the in-flight series from inside time 0, no drain */
    struct world_progress *progress; /* may be null */
    const _Atomic bool *stop;        /* may be null */
};

/* A 5-minute window of one traffic, by arrival. The packed histogram of its good latencies is
 * kept for the worst windows only. */
struct traffic_window {
    uint64_t arrived, ok;
    double latency_p99_ns;      /* NaN: fewer than ten beyond it */
    struct histogram_code code; /* bytes null: not kept, or nothing was answered well */
};

struct edge_stats {
    struct call_stats calls;    /* ended: those whose outcome the caller heard */
    uint64_t given_up;          /* whose caller timed out: it has seen a timeout */
    double budget;              /* retry tokens */
    struct random retry_random; /* backoff draws */
    int64_t timeout_ns;         /* the last one used through this edge, and its lane */
    uint32_t timeout_lane;
};

struct source; /* a traffic at work: traffic.h */
struct breaker_state;

struct profile {
    uint64_t events[EVENT_KINDS];
};

struct world {
    struct core core; /* first: models know a world by its core */
    const struct scenario *scenario;
    struct arena arena;
    uint32_t replication;
    uint64_t seed;
    int64_t origin_ns, window_end_ns, drain_end_ns; /* inside times */
    bool measuring, ended;
    bool zonal;             /* some service lives in certain zones only: requests have one */
    uint16_t traffic_edges; /* index of the first traffic's edge */
    struct service *services;
    void **shared; /* per type, for all its services */
    struct log log;
    struct source *sources;
    struct edge_stats *edges;
    struct breaker_state *breakers;
    uint64_t open;       /* measured requests and calls that have not ended */
    uint64_t steps;      /* events and turns of ready frames up to the last poll */
    uint32_t steps_left; /* until the next */
    int64_t polled_ns;   /* when the clock was last seen to move, and after how many steps */
    uint64_t polled_steps;
    uint64_t requests_count, requests_max;
    struct series series; /* requests in flight, over the run (pilot) or the window */
    int64_t sample_ns;    /* end of the series' interval under way; EVENTS_TIME_MAX: none is */
    double sample_area;   /* of all sources' in_flight up to the interval's start */
    struct samples samples;
    int64_t look_ns; /* when the series or the samples are due */
    enum world_end end;
    uint16_t culprit; /* service index */
    struct world_progress *progress;
    const _Atomic bool *stop;
    bool pilot;
    struct profile profile;
    struct backlog *backlogs;   /* per service */
    struct load_window *window; /* per service: what its levels were over the window */
};

/* The levels of one service over the window, taken at its end. */
struct load_window {
    struct gauge_window in_flight, queue, busy, capacity, limit;
    double up_ns; /* time up */
};

/* One replication's numbers, in the order of scenario->metrics. */
struct replication {
    enum world_end end;
    uint16_t culprit;
    uint32_t index;
    double *values;                  /* NaN: null */
    uint64_t *hits, *trials;         /* ratios: pooled counts; 0 elsewhere */
    struct traffic_window **windows; /* per traffic, windows_count each */
    uint32_t windows_count;
    bool *trace_ended;        /* per traffic */
    bool *overloaded;         /* per traffic: a backlog grew through the window */
    bool *service_overloaded; /* per service: a backlog grew there, whoever still waits for it */
    bool *fallible;           /* per service: it could have failed */
    double *used;             /* per service USED_KINDS shares of what it has; NaN: no such limit */
    struct histogram_code *latencies; /* per traffic, of all good answers */
    const double *samples;            /* samples_count values of each of samples_series */
    uint32_t samples_count;
    double samples_step_s;
    const struct log_entry *log; /* in order of time; linked */
    int64_t log_origin_ns;       /* scenario time 0 */
    uint64_t log_dropped;
    struct span_log spans; /* requests that were followed */
    double *series;        /* in flight, root requests, over the window */
    uint32_t series_count;
    double series_step_s;
    uint64_t events, frames_max;
    struct profile profile;
};

/* What each may remember is less when there are many. */
uint32_t world_replications(const struct scenario *scenario);
struct world *world_new(const struct world_setup *setup);
void world_free(struct world *world);
/* Runs to its end: until every measured call has ended or the drain is over. */
enum world_end world_run(struct world *world);
#ifndef ARCHSIM_RELEASE
/* What f has stayed of the window counts for its service; Little's law is checked at its end. */
void world_stay(struct world *w, const struct frame *f);
#endif
/* One measured call or request has ended. */
void world_closed(struct world *w);
/* The slab of frames is full: the world ends, naming the service that holds most of them. */
void world_over_limit(struct world *w);
/* Something happens, at a service: now and then the world looks up (progress, interruption,
 * standstill). */
void world_step(struct world *w, uint16_t service);

/* Fills `out`; its arrays live in the given arena and outlive the world. (observe.c) */
void world_collect(struct world *world, struct arena *arena, struct replication *out);

#endif
