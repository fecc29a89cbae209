/* scenario: a loaded, checked, immutable description of a system, its traffic and its promises.
 * load.c makes it from a document; worlds only read it, so any number of them run side by side.
 * Services, traffic, operations, edges and steps are named by index; indexes follow the file's
 * order. */
#ifndef ARCHSIM_SCENARIO_SCENARIO_H
#define ARCHSIM_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/frame.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/param.h"

extern const char *const outcome_names[OUTCOME_COUNT];

enum { ZONES_MAX = 6, PC_NONE = 0xffff, EDGE_NONE = 0xffff };
#define TIME_NONE INT64_MAX /* a time that never comes */

enum jitter { JITTER_NONE, JITTER_FULL, JITTER_EQUAL, JITTER_DECORRELATED };

struct retry {
    uint32_t attempts_max; /* counts the first; UINT32_MAX: unlimited; 1: no retry */
    const struct distribution *backoff_dist; /* a drawn wait, or null: the exponential rule below */
    int64_t first_ns, cap_ns;                /* first 0: no wait; cap TIME_NONE: none */
    double factor;
    enum jitter jitter;
    uint32_t classes;    /* bit 1 << outcome for each class that is tried again */
    double budget_ratio; /* tokens per first attempt; 0: no budget */
};

/* What a call carries beyond its target. Shared by steps and traffic. */
struct call_options {
    int64_t timeout_ns;         /* of one attempt; TIME_NONE */
    int64_t connect_timeout_ns; /* across a partition; default 1s */
    const struct distribution
        *size_dist;   /* bytes; null: the caller's own size goes on (0 at the root) */
    int32_t priority; /* valid if has_priority, else inherited */
    bool has_priority;
    bool cancel;        /* a timed-out callee is withdrawn */
    bool pass_deadline; /* the deadline goes along with nested calls */
    bool optional;      /* a failure is swallowed */
    double probability; /* drawn once for all repeats */
    uint32_t repeat;
    struct retry retry;
};

struct breaker {
    double failures_ratio;
    uint32_t minimum_count;
    int64_t window_ns, open_ns;
    uint32_t index; /* among all breakers of the scenario */
};

struct hedge {
    int64_t after_ns;
    uint32_t tries_max; /* counts the first */
};

/* An edge: who may call what. Statistics of `outgoing` and retry budgets are kept per edge. */
struct edge {
    uint16_t caller; /* service index, or services_count + traffic index */
    uint16_t service, operation;
    bool feed; /* the caller is a source that is asked for what it has, and hears how it went */
};

/* A step of a flat program. Each operation's program starts at operation.pc and ends with
 * STEP_END. */
enum step_kind {
    STEP_CALL,     /* target edge with options; on failure go to `failure_pc` if not PC_NONE */
    STEP_BREAKER,  /* a STEP_CALL behind a circuit breaker (breaker set) */
    STEP_HEDGE,    /* a STEP_CALL tried again when slow (hedge set) */
    STEP_ASYNC,    /* target edge with options; nobody waits */
    STEP_WORK,     /* dist: own compute */
    STEP_WAIT,     /* dist: time passes, place held */
    STEP_CHOOSE,   /* branches[] by weight: go to its pc */
    STEP_PARALLEL, /* branches[] start at their pc as branch frames, each ending with STEP_END */
    STEP_JUMP,     /* go to `next` */
    STEP_END,
};
struct branch {
    double weight; /* CHOOSE: cumulative, the last is 1 */
    uint16_t pc;
};
struct step {
    enum step_kind kind;
    uint16_t edge;       /* CALL, BREAKER, HEDGE, ASYNC */
    uint16_t next;       /* where to go on after this step (JUMP: its target) */
    uint16_t failure_pc; /* fallback steps, or PC_NONE; they rejoin at `next` by a JUMP */
    uint16_t branches_count, wait_for; /* PARALLEL: successes needed */
    const struct branch *branches;
    const struct call_options *options;
    const struct distribution *dist;
    const struct breaker *breaker;
    const struct hedge *hedge;
};

struct operation {
    const char *name;                /* null for the one anonymous operation ("call" in results) */
    const struct distribution *work; /* null: none */
    uint16_t pc;                     /* its program; PC_NONE: nothing after the work */
    int16_t builtin;                 /* index in the type's operations, or -1 */
    uint16_t path;                   /* of a service that calls go `via`: the edge on which they go
                                        on; EDGE_NONE: an operation like others */
};

enum limit_action { LIMIT_REJECT, LIMIT_WAIT };

struct scenario_service {
    const char *name;
    const struct model_info *type;
    uint16_t type_index; /* in the list given to scenario_load */
    const void *params;  /* the type's own struct */
    const struct operation *operations;
    uint16_t operations_count; /* >= 1 */
    bool has_operations;       /* false: the one operation is anonymous */
    int64_t limit_count;       /* bulkhead; 0: none */
    enum limit_action limit_action;
    uint8_t zones_mask; /* 0: regional */
    uint32_t copies;    /* instances: 1, or what its load_balancer says */
    uint16_t balancer;  /* the load_balancer that owns the copies, else SERVICE_NONE */
    const struct call_target *targets; /* all that its parameters name (SERVICE, SERVICES), in the
                                          order of the rows */
    uint32_t targets_count;
    bool watched;              /* some service reads what it does while the world runs */
    bool replicated;           /* some service reads its log of changes */
    const uint16_t *consumers; /* services that it feeds, in the order of their names */
    uint32_t consumers_count;
    struct place place; /* of its key */
};

enum arrivals_kind {
    ARRIVALS_POISSON,
    ARRIVALS_CONSTANT,
    ARRIVALS_RENEWAL, /* gap dist with mean 1, scaled to the rate */
    ARRIVALS_MMPP,
    ARRIVALS_CLOSED, /* users, think */
    ARRIVALS_TRACE,
};

/* A rate over time: points; constant from each point on (step) or linear between them (ramp);
 * before the first and after the last point their values hold. One point: a constant rate. */
struct rate_point {
    int64_t time_ns;
    double rate_per_s;
};

enum shape_kind { SHAPE_SINE, SHAPE_SPIKES, SHAPE_WEEKLY };
struct spike {
    int64_t at_ns, for_ns;
    double times;
};
struct shape {
    enum shape_kind kind;
    int64_t period_ns, peak_ns; /* SINE: factor 1 + amplitude cos(2 pi (t - peak) / period) */
    double amplitude_ratio;
    const struct spike *spikes; /* SPIKES: factors of overlapping spikes multiply */
    uint32_t spikes_count;
    const double *weekly; /* WEEKLY: 168 factors from Monday 00:00 */
};

struct trace_spec {
    const char *path;    /* resolved */
    bool arrivals;       /* format: exact instants, else counts per interval */
    int64_t interval_ns; /* 0: from the file */
    const char *column;  /* null: the last numeric (counts) or the first (arrivals) */
    double scale, speed;
    int64_t from_ns, for_ns; /* in trace time; for TIME_NONE: to its end */
    bool repeat;
    struct place place;
};

struct scenario_traffic {
    const char *name;
    uint16_t edge;
    enum arrivals_kind arrivals;
    const struct distribution *gap; /* RENEWAL: mean 1 */
    const struct rate_point *rate;  /* null for MMPP, CLOSED, TRACE */
    uint32_t rate_count;
    bool rate_linear;
    const struct shape *shapes;
    uint32_t shapes_count;
    const double *mmpp_rates_per_s; /* states in order */
    const int64_t *mmpp_stay_ns;    /* means of exponential stays */
    uint32_t mmpp_count;
    const struct distribution *batch; /* null: 1 */
    uint32_t users;
    const struct distribution *think;
    struct trace_spec trace;
    struct call_options options; /* retry.attempts_max 1: no retry */
    uint8_t zone;                /* fixed zone index + 1, 0: drawn */
    int64_t objective_ns;        /* TIME_NONE: none */
    bool varies;                 /* trace, shape, steps, ramp: not stationary */
};

enum comparison { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };
extern const char *const comparison_names[4];

struct promise {
    const char *text; /* as written, spaces normalised */
    const char *path;
    uint32_t metric; /* index in the metric list (metrics.h) */
    enum comparison comparison;
    double limit; /* base unit of results: s, B, ... */
    const char *limit_text;
    const char *why; /* or null */
    bool warning;    /* severity: warning */
    double at_load;  /* 1 */
    struct place place;
};

/* What must be arranged with the provider before it is needed: a quota beyond its default, a
 * parameter of model_info.ahead that is given, beyond its default if it has one. */
struct arrangement {
    const char *path;            /* "quotas.lambda.concurrency" */
    const char *value, *usually; /* as written; usually: the default, or null */
    struct arrangement *next;
};

struct scenario {
    struct arena arena;
    const char *name, *file, *directory;
    const char *text; /* the file's whole text */
    size_t text_size;
    char fingerprint[17]; /* hex of a 64-bit hash of text and overrides */
    const char *region;
    uint8_t zones;
    int64_t duration_ns;
    int64_t warmup_ns; /* -1: auto */
    int64_t drain_ns;  /* resolved, never unset */
    uint64_t seed;
    uint32_t replications; /* 0: auto */
    double precision;
    int64_t week_start_ns; /* what time 0 is, from Monday 00:00 */

    const void **quotas; /* of type i: what its services may use together; null: it has none */
    uint32_t types_count;
    struct arrangement *arrangements; /* in the order of the file, quotas first */
    const struct scenario_service *services;
    const struct scenario_traffic *traffic;
    const struct edge *edges; /* grouped by caller: services first, then traffic */
    const struct step *steps;
    const struct promise *promises;
    uint32_t services_count, traffic_count, edges_count, steps_count, promises_count;
    uint32_t breakers_count;
    struct metric_list *metrics; /* every number in the results, in order */
    bool varies;                 /* some traffic does */
    bool stationary;             /* none does, and no service scales: MSER-5 decides the warm-up */
};

/* Overrides are "--set" arguments, applied in order. types[i] is the table of type i. Returns a
 * scenario to free with scenario_free, or null with errors in diag (warnings may come with a
 * scenario too). */
struct load_request {
    const char *path; /* "-": standard input */
    const struct model_info *const *types;
    uint32_t types_count;
    const char *const *overrides;
    uint32_t overrides_count;
};
struct scenario *scenario_load(const struct load_request *request, struct diag *diag);
/* The same from text in memory; `name` stands for the file in messages. */
struct scenario *scenario_load_text(const struct load_request *request, const char *text,
                                    size_t length, struct diag *diag);
void scenario_free(struct scenario *scenario);

#endif
