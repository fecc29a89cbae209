/* target_group: the targets of a balancer, their health, and whom each node (of a zone) picks next.
 *   registered -> INITIAL -> HEALTHY <-> UNHEALTHY        deregistered -> GONE, from anywhere
 * A node picks among the healthy targets that it reaches; if none is, among all: it fails open.
 * Each is checked every interval; whether it would pass is its owner's to know. A passed check
 * counts at once, a failed one after its timeout; INITIAL becomes HEALTHY with the first passed,
 * other changes take their threshold in a row. In a slow start a target that becomes healthy takes
 * its turns with a share that grows from 0 to 1. Worked: slow start 30 s, two targets, one of them
 * healthy for 15 s: of four turns of each it takes two. EVENT_SERVICE slots: three a target. */
#ifndef ARCHSIM_BLOCKS_TARGET_GROUP_H
#define ARCHSIM_BLOCKS_TARGET_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/rotation.h"
#include "sim/kernel/core.h"
#include "sim/kernel/gauge.h"

enum { TARGET_ZONE_ANY = 0xff }; /* it lives in none: every node reaches it */
#define TARGET_NONE ROTATION_NONE

enum target_state { TARGET_GONE, TARGET_INITIAL, TARGET_HEALTHY, TARGET_UNHEALTHY, TARGET_STATES };
enum target_change {
    TARGET_SAME,
    TARGET_CAME_UP,
    TARGET_WENT_DOWN,
    TARGET_OVERDUE, /* it has gone, and the time for its requests is over: target_group_out */
};

struct target_group_setup {
    struct core *core;
    struct arena *arena; /* outlives the group */
    uint16_t service;    /* whose timers are the group's: target_group_due */
    uint16_t nodes_count;
    uint16_t owners_count; /* kinds of targets, each with copies of its own */
    enum rotation_policy policy;
    bool cross_zone;         /* a node reaches the targets of all zones */
    int64_t registration_ns; /* until the first check */
    int64_t interval_ns;
    int64_t timeout_ns; /* less than the interval */
    uint32_t healthy_threshold, unhealthy_threshold;
    /* what may stay zero */
    uint32_t first_slot, slots_step; /* its slots: first, first + step and so on; 0: 0, 1, ... */
    int64_t slow_start_ns;           /* not with the fewest out */
    bool drains;                     /* requests of who has gone are overdue, */
    int64_t drain_ns;                /* so long after that */
    const bool *unchecked;           /* owners whose targets have no checks; null: none */
    int64_t dns_ns; /* a node leaves the DNS, or is back, so long after its last healthy target */
};

struct target {
    int64_t slow_from_ns;           /* its slow start began; -1: it has its full share */
    double credit;                  /* of its turns in a slow start: 1 is a request */
    uint32_t check, verdict, drain; /* events; EVENT_NONE */
    uint16_t owner, copy;
    uint8_t zone;
    uint8_t state;
    uint8_t streak; /* checks in a row that speak against its state */
};

struct target_node {
    struct rotation rotation;
    uint32_t healthy;      /* targets that it reaches */
    int64_t out_ns, in_ns; /* out of the DNS between those */
};

/* Numbers of the targets of one owner, by copy. */
struct target_copies {
    uint32_t *numbers;
    uint32_t capacity;
};

/* A request that is with a target. */
struct target_request {
    int64_t sent_ns;
    uint32_t target; /* TARGET_NONE: this record is free */
    uint32_t next;   /* free */
    uint32_t call;   /* its owner's */
    uint16_t node;
};

struct target_group {
    struct target_group_setup setup;
    struct target *targets;
    uint32_t targets_count, targets_capacity;
    struct target_copies *copies; /* of each owner */
    struct target_node *nodes;
    int64_t begun_ns;
    struct target_request *requests;
    uint32_t requests_count, requests_capacity, requests_free;
    uint32_t check_lane, verdict_lane;
    struct gauge in_state[TARGET_STATES];
};

void target_group_init(struct target_group *group, const struct target_group_setup *setup);

/* That copy is there from now on: `proven` as a healthy one that was checked before, else as a new
 * one. Nothing happens if it is there already. */
void target_group_register(struct target_group *group, uint16_t owner, uint16_t copy, uint8_t zone,
                           bool proven);
void target_group_deregister(struct target_group *group, uint16_t owner, uint16_t copy);

/* The target whose EVENT_SERVICE has fired. */
const struct target *target_group_at(const struct target_group *group, uint32_t slot);
/* That event; `passes` says whether the target would pass a check now. */
enum target_change target_group_due(struct target_group *group, uint32_t slot, bool passes);

/* The target that the node picks for a request; TARGET_NONE when it reaches none at all. */
uint32_t target_group_choose(struct target_group *group, uint16_t node, struct random *random);
/* The node may pick that one. */
static inline bool target_group_may(const struct target_group *group, uint16_t node,
                                    uint32_t target)
{
    return rotation_has(&group->nodes[node].rotation, target);
}
/* The request `call` is with the target from now on. Returns its record; to be given back at its
 * end. */
uint32_t target_group_send(struct target_group *group, uint16_t node, uint32_t target,
                           uint32_t call);
void target_group_return(struct target_group *group, uint32_t request);
/* A call that is with the target: the next from record *at on (0 at first); TARGET_NONE: no more.
 * It may be given back at once. */
uint32_t target_group_out(const struct target_group *group, uint32_t target, uint32_t *at);
/* Clients are led to the node: it has a healthy target, or had one until a moment ago. */
bool target_group_in_dns(const struct target_group *group, uint16_t node);
/* Some targets are there, but none is healthy. */
bool target_group_ill(const struct target_group *group);
static inline int64_t target_group_sent_ns(const struct target_group *group, uint32_t request)
{
    return group->requests[request].sent_ns;
}

#endif
