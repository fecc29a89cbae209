/* elb: what the load balancers of Elastic Load Balancing (alb, nlb) share: the rows of health
 * checks and client connections, their target groups with a node in each zone, the DNS that leads
 * clients to nodes, the log and the metrics of their targets' health, and capacity units. A target
 * is known by its place among all that the service names. The state of a balancer begins with its
 * struct elb, so that elb_member and elb_healthy serve its descriptor as they are. */
#ifndef ARCHSIM_MODELS_ELB_H
#define ARCHSIM_MODELS_ELB_H

#include <math.h>

#include "models/model.h"
#include "sim/blocks/flows.h"
#include "sim/blocks/target_group.h"

_Static_assert((int)TARGET_ZONE_ANY == (int)ZONE_ANY,
               "members speak of zones as the scenario does");

struct elb_health {
    int64_t interval_ns, timeout_ns;
    int64_t healthy_threshold_count, unhealthy_threshold_count;
    bool functions; /* are checked, too */
};
#define ELB_HEALTH_ROWS(page, timeout_default)                                                   \
    TIME(health_check.interval, "30s", "5s..300s", "between the checks of a target",             \
         DOCUMENTED(page ", HealthCheckIntervalSeconds")),                                       \
        TIME(health_check.timeout, timeout_default, "2s..120s",                                  \
             "a check without an answer has failed then",                                        \
             DOCUMENTED(page ", HealthCheckTimeoutSeconds")),                                    \
        COUNT(health_check.healthy_threshold, "5", "2..10",                                      \
              "passed checks in a row that bring an unhealthy target back; a new one needs one", \
              DOCUMENTED(page ", HealthyThresholdCount")),                                       \
        COUNT(health_check.unhealthy_threshold, "2", "2..10",                                    \
              "failed checks in a row that take a target out",                                   \
              DOCUMENTED(page ", UnhealthyThresholdCount"))

struct elb_connections {
    int64_t clients_count;
    const struct distribution *requests_count_dist, *lifetime_ns_dist, *setup_ns_dist;
};
#define ELB_CONNECTIONS_ROWS(clients_help)                                                  \
    COUNT(connections.clients, NONE, "1..1M", clients_help, DEFINED("archsim language 1")), \
        COUNT_DIST(connections.requests, NONE, "1..",                                       \
                   "a connection ends after so many; not given: no end",                    \
                   DEFINED("archsim language 1")),                                          \
        TIME_DIST(connections.lifetime, NONE, "0s..",                                       \
                  "a connection ends after that time; not given: no end",                   \
                  DEFINED("archsim language 1")),                                           \
        TIME_DIST(                                                                          \
            connections.setup, "0s", "0s..",                                                \
            "what a new connection adds to its first request: round trips, TLS",            \
            ESTIMATED("facts, alb latency: a TLS handshake adds 1 or 2 round trips; set it"))

static inline const char *elb_check_health(const struct elb_health *health)
{
    return health->timeout_ns >= health->interval_ns
               ? "health_check.timeout: must be shorter than `interval`"
               : NULL;
}

static inline const char *elb_check_connections(const struct elb_connections *connections)
{
    return connections->clients_count < 0 && (connections->requests_count_dist != NULL ||
                                              connections->lifetime_ns_dist != NULL)
               ? "connections: needs `clients`, who keep them"
               : NULL;
}

/* The last metrics of a balancer, of all its targets. */
enum elb_hosts {
    ELB_HEALTHY_HOST_COUNT,
    ELB_HEALTHY_HOST_COUNT_MINIMUM,
    ELB_UN_HEALTHY_HOST_COUNT,
    ELB_UN_HEALTHY_HOST_COUNT_MAXIMUM,
};
#define ELB_HOSTS_METRICS(first)                                                             \
    [(first) +                                                                               \
        ELB_HEALTHY_HOST_COUNT] = {"healthy_host_count", QUANTITY_COUNT, METRIC_VALUE,       \
                                   "healthy targets, mean over time", true},                 \
        [(first) + ELB_HEALTHY_HOST_COUNT_MINIMUM] = {"healthy_host_count_minimum",          \
                                                      QUANTITY_COUNT, METRIC_VALUE,          \
                                                      "healthy targets, the least", false},  \
        [(first) + ELB_UN_HEALTHY_HOST_COUNT] = {"un_healthy_host_count", QUANTITY_COUNT,    \
                                                 METRIC_VALUE,                               \
                                                 "unhealthy targets, mean over time", true}, \
        [(first) + ELB_UN_HEALTHY_HOST_COUNT_MAXIMUM] = {"un_healthy_host_count_maximum",    \
                                                         QUANTITY_COUNT, METRIC_MAX,         \
                                                         "unhealthy targets, the most", false}

struct elb_group {
    struct target_group group;
    uint32_t first, count; /* of its targets, among those of the service */
};

struct elb {
    struct elb_group *groups;
    uint32_t count;
    uint32_t zones;      /* that have a node, a bit each */
    uint32_t slots_step; /* slots of timers: group, then pools of flows, of so many */
    struct elb_health health;
    struct gauge healthy, unhealthy; /* of all groups */
    struct gauge_window healthy_seen, unhealthy_seen;
    uint32_t dns_turn;
    struct log_entry *entry; /* the last */
};

/* `pools`: of flows that have timers, too. The groups follow with elb_start_group. */
static inline void elb_start(struct world *w, struct service *s, struct elb *elb, uint32_t groups,
                             uint32_t pools, const struct elb_health *health)
{
    elb->zones = service_zones(w, s);
    elb->groups = arena_array(s->arena, groups, sizeof(*elb->groups));
    elb->slots_step = groups + pools;
    elb->health = *health;
    service_gauge(s, &elb->healthy, &elb->healthy_seen);
    service_gauge(s, &elb->unhealthy, &elb->unhealthy_seen);
}

/* The next group, of targets that come next; its own settings are in `setup`. */
static inline void elb_start_group(struct world *w, struct service *s, struct elb *elb,
                                   uint32_t targets, const struct target_group_setup *setup)
{
    struct elb_group *group = &elb->groups[elb->count];
    struct target_group_setup whole = *setup;
    group->first = elb->count > 0 ? group[-1].first + group[-1].count : 0;
    group->count = targets;
    whole.core = s->core;
    whole.arena = s->arena;
    whole.service = s->index;
    whole.nodes_count = (uint16_t)world_zones(w);
    whole.owners_count = (uint16_t)targets;
    whole.interval_ns = elb->health.interval_ns;
    whole.timeout_ns = elb->health.timeout_ns;
    whole.healthy_threshold = (uint32_t)elb->health.healthy_threshold_count;
    whole.unhealthy_threshold = (uint32_t)elb->health.unhealthy_threshold_count;
    whole.first_slot = elb->count++;
    whole.slots_step = elb->slots_step;
    target_group_init(&group->group, &whole);
}

/* Connections of one pool; pools are numbered after each other. */
static inline struct flows_setup elb_flows(struct service *s, const struct elb *elb, uint32_t pool,
                                           const struct elb_connections *connections)
{
    return (struct flows_setup){
        .core = s->core,
        .arena = s->arena,
        .clients_count = connections->clients_count > 0 ? (uint32_t)connections->clients_count : 0,
        .life = connections->lifetime_ns_dist,
        .most = connections->requests_count_dist,
        .service = s->index,
        .first_slot = elb->count + pool,
        .slots_step = elb->slots_step,
    };
}

/* ---- targets and their health ---- */

static inline void elb_count_hosts(struct service *s, struct elb *elb)
{
    int64_t healthy = 0, unhealthy = 0;
    for (uint32_t i = 0; i < elb->count; i++) {
        healthy += elb->groups[i].group.in_state[TARGET_HEALTHY].value;
        unhealthy += elb->groups[i].group.in_state[TARGET_UNHEALTHY].value;
    }
    gauge_set(&elb->healthy, healthy, core_now(s->core));
    gauge_set(&elb->unhealthy, unhealthy, core_now(s->core));
}

static inline bool elb_has_node(const struct elb *elb, uint8_t zone)
{
    return elb->zones >> zone & 1;
}

/* What is there when the world begins was registered long ago. What is no target is passed over,
 * and what is only in zones without a node is not used. */
static inline void elb_member(struct world *w, struct service *s, const struct call_target *target,
                              uint16_t copy, uint8_t zone, bool present)
{
    struct elb *elb = s->state;
    const uint32_t place = (uint32_t)(target - s->spec->targets);
    const uint32_t zones = zone != ZONE_ANY ? 1u << zone : edge_zones(w, target->edge);
    if (zones != 0 && (zones & elb->zones) == 0) {
        return;
    }
    for (uint32_t i = 0; i < elb->count; i++) {
        struct elb_group *group = &elb->groups[i];
        if (place < group->first || place - group->first >= group->count) {
            continue;
        }
        const uint16_t owner = (uint16_t)(place - group->first);
        if (present) {
            target_group_register(&group->group, owner, copy, zone, core_now(s->core) == 0);
        } else {
            target_group_deregister(&group->group, owner, copy);
        }
        elb_count_hosts(s, elb);
    }
}

static inline const struct call_target *
elb_target(const struct service *s, const struct elb_group *group, const struct target *target)
{
    return &s->spec->targets[group->first + target->owner];
}

/* One entry for changes of a kind that follow each other. */
static inline void elb_log(struct world *w, struct service *s, struct elb *elb,
                           const struct elb_group *group, bool up, int64_t checks)
{
    const int64_t now_ns = core_now(s->core);
    const int64_t healthy = elb->healthy.value;
    const enum log_kind kind = up ? LOG_HEALTHY : LOG_UNHEALTHY;
    if (elb->entry == NULL || elb->entry->kind != kind ||
        now_ns - elb->entry->until_ns > elb->health.interval_ns) {
        elb->entry = service_log(w, s,
                                 &(struct log_entry){
                                     .kind = kind,
                                     .metric = up ? "passed checks" : "failed checks",
                                     .value = (double)checks,
                                     .threshold = (double)checks,
                                     .from = (double)(up ? healthy - 1 : healthy + 1),
                                 });
    }
    elb->entry->until_ns = now_ns;
    elb->entry->to = (double)healthy;
    elb->entry->count++;
    elb->entry->text =
        target_group_ill(&group->group) ? "no target is healthy: requests go to all of them" : NULL;
}

/* A timer of a group: what has become of which target. */
static inline enum target_change elb_due(struct world *w, struct service *s, struct elb *elb,
                                         uint32_t slot, uint32_t *number)
{
    struct elb_group *group = &elb->groups[slot % elb->slots_step];
    const struct target *target = target_group_at(&group->group, slot);
    *number = (uint32_t)(target - group->group.targets);
    const bool passes = target_healthy(w, elb_target(s, group, target), target->copy);
    const bool fresh = target->state == TARGET_INITIAL;
    const enum target_change change = target_group_due(&group->group, slot, passes);
    elb_count_hosts(s, elb);
    if (change == TARGET_CAME_UP) {
        elb_log(w, s, elb, group, true, fresh ? 1 : elb->health.healthy_threshold_count);
    } else if (change == TARGET_WENT_DOWN) {
        elb_log(w, s, elb, group, false, elb->health.unhealthy_threshold_count);
    }
    return change;
}

/* The calls that are out to a target end: both ends hear a reset. *resets counts measured ones;
 * it may be null. */
static inline void elb_cut(struct world *w, struct service *s, const struct elb_group *group,
                           uint32_t number, uint64_t *resets)
{
    uint32_t at = 0, call;
    while ((call = target_group_out(&group->group, number, &at)) != TARGET_NONE) {
        struct frame *f = core_frame(s->core, call);
        if (resets != NULL) {
            *resets += (f->flags & FRAME_MEASURED) != 0;
        }
        call_cut(w, f, OUTCOME_UNAVAILABLE);
    }
}

/* "A target group that contains targets must contain at least one healthy target. If any target
 * group contains only unhealthy targets, the load balancer is considered unhealthy." */
static inline bool elb_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    (void)copy;
    const struct elb *elb = s->state;
    bool healthy = elb->healthy.value > 0;
    for (uint32_t i = 0; i < elb->count; i++) {
        healthy = healthy && !target_group_ill(&elb->groups[i].group);
    }
    return healthy;
}

/* Fills in the metrics of enum elb_hosts. */
static inline void elb_observe_hosts(const struct elb *elb, double window_s, struct own_value *own)
{
    own[ELB_HEALTHY_HOST_COUNT].value = gauge_mean(&elb->healthy_seen, window_s);
    own[ELB_HEALTHY_HOST_COUNT_MINIMUM].value = (double)elb->healthy_seen.min;
    own[ELB_UN_HEALTHY_HOST_COUNT].value = gauge_mean(&elb->unhealthy_seen, window_s);
    own[ELB_UN_HEALTHY_HOST_COUNT_MAXIMUM].value = (double)elb->unhealthy_seen.max;
}

/* The present value of those that are levels. */
static inline double elb_level_hosts(const struct elb *elb, enum elb_hosts metric)
{
    return (double)(metric == ELB_HEALTHY_HOST_COUNT ? elb->healthy.value : elb->unhealthy.value);
}

/* ---- nodes ---- */

static inline bool elb_in_dns(const struct elb *elb, uint8_t zone)
{
    bool in = elb_has_node(elb, zone);
    for (uint32_t i = 0; i < elb->count; i++) {
        in = in && target_group_in_dns(&elb->groups[i].group, zone);
    }
    return in;
}

/* The node that a client in that zone uses: its own, or any other that the DNS knows; if it knows
 * none, its own after all, or any. */
static inline uint8_t elb_node(const struct world *w, struct elb *elb, uint8_t zone)
{
    const uint32_t zones = world_zones(w);
    if (elb_in_dns(elb, zone)) {
        return zone;
    }
    for (uint32_t i = 0; i < zones; i++) {
        const uint8_t node = (uint8_t)(elb->dns_turn++ % zones);
        if (elb_in_dns(elb, node)) {
            return node;
        }
    }
    while (!elb_has_node(elb, zone)) {
        zone = (uint8_t)(elb->dns_turn++ % zones);
    }
    return zone;
}

/* From a node to that target. *request is for target_group_return. */
static inline void elb_send(struct world *w, struct service *s, struct elb_group *group,
                            uint16_t node, uint32_t number, struct frame *f, int64_t timeout_ns,
                            uint32_t *request)
{
    const struct target *target = &group->group.targets[number];
    *request = target_group_send(&group->group, node, number, core_slot(s->core, f));
    if (target->zone != ZONE_ANY) {
        f->zone = target->zone; /* it goes on from there */
    }
    call_forward(w, f, call_target_edge(elb_target(s, group, target), f), target->copy, timeout_ns);
}

/* ---- capacity units ---- */

/* What one unit holds. */
struct elb_unit {
    double connections_per_s, active, bytes_per_hour, function_bytes_per_hour, rules_per_s;
};
struct elb_use {
    double connections, active, bytes, function_bytes, rules; /* sums; active: the mean */
};

#define ELB_HOUR_S 3600.0

/* Units in the mean of a window: the dimension that has the most. */
static inline double elb_units(const struct elb_unit *unit, const struct elb_use *use,
                               double window_s)
{
    const double hours = window_s / ELB_HOUR_S;
    const double bytes =
        use->bytes / unit->bytes_per_hour + use->function_bytes / unit->function_bytes_per_hour;
    double units = use->connections / window_s / unit->connections_per_s;
    units = fmax(units, use->active / unit->active);
    units = fmax(units, bytes / hours);
    return fmax(units, use->rules / window_s / unit->rules_per_s);
}

#endif
