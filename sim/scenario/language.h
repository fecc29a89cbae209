/* language: the keys of the scenario language itself, as tables like those of the service types.
 * The readers (load.c, steps.c, traffic.c, ...), the JSON Schema and `explain` read the same rows.
 * Each struct here holds one map as it was read; a PARAM_NODE field is left to a reader of its
 * own. */
#ifndef ARCHSIM_SCENARIO_LANGUAGE_H
#define ARCHSIM_SCENARIO_LANGUAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/distribution.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/param.h"

enum { LANGUAGE_VERSION = 1 };

/* The top of a file. */
struct scenario_keys {
    int64_t archsim_count;
    const char *name_text;
    int region;
    int64_t zones_count, duration_ns, seed_count, drain_ns;
    double precision_ratio;
    struct node *warmup_node, *replications_node, *start_node;
    struct node *quotas_node, *services_node, *traffic_node, *slo_node, *faults_node,
        *random_faults_node;
};
extern const struct room scenario_room;

/* What every service has, beside the parameters of its type. */
struct service_keys {
    const char *type_text;
    const struct distribution *work_ns_dist;
    struct node *calls_node, *operations_node;
    struct {
        int64_t concurrent_count;
        int on_full; /* enum limit_action */
    } limit;
    const char *zone_text;
    struct node *zones_node;
    /* called in the course of every request: see asides */
    const char *encryption_text, *tracing_text, *logs_text, *audit_text;
};
extern const struct room service_room;
/* False for keys that have no meaning for that type: work and calls of one that does no work of its
 * own. */
bool service_row_applies(const struct param *row, const struct model_info *type);

struct operation_keys {
    const struct distribution *work_ns_dist;
    struct node *calls_node;
};
extern const struct room operation_room;

/* `{service: app, copies: 4}` among the targets of a balancer. */
struct copies_keys {
    const char *service_text;
    int64_t copies_count;
};
extern const struct room copies_room;

/* The options of a call, in tables by where they may stand. */
struct option_keys {
    const char *via_text; /* read with the target: paths.c */
    const struct distribution *size_bytes_dist;
    int64_t priority_count;
    int64_t timeout_ns, connect_timeout_ns;
    bool cancel;
    int deadline; /* 0: pass */
    struct node *retry_node;
    double probability_ratio;
    int64_t repeat_count;
    bool optional;
};
extern const struct room carry_room;    /* size, priority: any call and traffic */
extern const struct room patience_room; /* timeout, retry, ...: whoever waits for the answer */
extern const struct room often_room;    /* probability, repeat: any call of a step */
extern const struct room optional_room; /* optional: a call of a step that is waited for */

struct retry_keys {
    struct node *attempts_node, *backoff_node, *for_node;
    double budget_ratio;
};
extern const struct room retry_room;
struct backoff_keys {
    int64_t first_ns, cap_ns;
    double factor;
    int jitter; /* enum jitter */
};
extern const struct room backoff_room;

/* The steps that are maps; each has its own key first. */
struct step_keys {
    const char *call_text;
    struct node *fallback_node;
    struct node *parallel_node;
    int64_t wait_for_count;
    struct node *async_node;
    const struct distribution *work_ns_dist, *wait_ns_dist;
    struct node *choose_node, *circuit_breaker_node, *hedge_node;
};
extern const struct room call_room, parallel_room, async_room, work_room, wait_room, choose_room,
    breaker_step_room, hedge_step_room;
extern const struct room async_call_room; /* {async: {call: ..}} */
struct choice_keys {
    double weight_ratio;
    struct node *calls_node;
};
extern const struct room choice_room;
struct breaker_keys {
    const char *call_text;
    double failures_ratio;
    int64_t minimum_count, window_ns, open_ns;
};
extern const struct room breaker_room;
struct hedge_keys {
    const char *call_text;
    int64_t after_ns, max_count;
};
extern const struct room hedge_room;

struct traffic_keys {
    const char *to_text;
    struct node *rate_node, *arrivals_node, *shape_node, *trace_node;
    const struct distribution *batch_count_dist;
    int64_t users_count;
    const struct distribution *think_ns_dist;
    const char *zone_text;
    int64_t objective_ns;
};
extern const struct room traffic_room;
struct mmpp_keys {
    struct node *rates_node, *stay_node;
};
extern const struct room mmpp_room;
struct sine_keys {
    int64_t period_ns, peak_ns;
    double amplitude_ratio;
};
extern const struct room sine_room;
struct spike_keys {
    int64_t at_ns, for_ns;
    double times;
};
extern const struct room spike_room;
struct trace_keys {
    const char *file_text, *column_text;
    int format; /* 0: counts, 1: arrivals */
    int64_t interval_ns, from_ns, for_ns;
    double scale, speed;
    bool repeat;
};
extern const struct room trace_room;

/* Faults: a name, one kind with its object, and when. */
struct fault_keys {
    const char *name_text;
    const char *zone_outage_text, *failover_text, *instance_crash_text, *errors_text, *latency_text;
    struct node *partition_node;
    bool region_outage;
    int64_t at_ns, for_ns, count_count;
    double rate_ratio;
    const struct distribution *add_ns_dist, *mtbf_ns_dist, *duration_ns_dist;
};
extern const struct room fault_room;  /* the kinds and what they take */
extern const struct room moment_room; /* faults: at, for */
extern const struct room chance_room; /* random_faults: mtbf, duration */

struct promise_keys {
    const char *promise_text, *why_text;
    int severity; /* 0: error, 1: warning */
    double at_load;
};
extern const struct room promise_room;

#endif
