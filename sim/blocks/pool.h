/* pool: instances that are started on demand, serve one request at a time, and expire when they
 * have been idle for long enough. A pool has one or more groups (copies of a service, zones) that
 * share nothing but the table of instances, so that one EVENT_SERVICE slot names an instance of
 * any group.
 *
 *   pool_start -> busy -> pool_release -> idle -> pool_reuse -> busy ...
 *                                         idle -> EVENT_SERVICE -> pool_expire -> gone
 *
 * The idle ones of a group stand in a binary heap by rank, and the pick is its root: the rank is
 * the number of their creation (newest), of their last use (most recent) or its complement (least
 * recent); a random pick takes any place of the heap. Every operation is O(log idle). The pool
 * keeps `busy` (in use) and `capacity` (present) of its load; who waits is the model's business. */
#ifndef ARCHSIM_BLOCKS_POOL_H
#define ARCHSIM_BLOCKS_POOL_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/load.h"
#include "sim/kernel/random.h"

#define POOL_NONE UINT32_MAX

/* Which of the idle instances serves next. */
enum pool_pick { POOL_NEWEST, POOL_MOST_RECENT, POOL_LEAST_RECENT, POOL_RANDOM };

struct pool_setup {
    struct core *core;
    struct load *load;
    struct arena *arena; /* outlives the pool */
    uint16_t service;    /* whose timer is called when an instance has idled for long enough */
    uint16_t groups_count;
    enum pool_pick pick;
    int64_t instances_max;                   /* of each group */
    const struct distribution *idle_ns_dist; /* how long an instance stays idle before it expires */
    struct random idle_random, pick_random;
};

struct pool_instance {
    uint64_t rank;  /* the pick is the largest */
    uint32_t place; /* idle: in the heap; gone: the next free slot */
    uint32_t event; /* idle: its expiry */
    uint16_t group;
};

struct pool_group {
    uint32_t *idle; /* heap of instances */
    uint32_t idle_count, idle_capacity;
    uint32_t present_count; /* idle and busy */
};

struct pool {
    struct pool_setup setup;
    struct pool_instance *instances;
    uint32_t instances_count, instances_capacity, free;
    struct pool_group *groups;
    uint64_t serial; /* numbers creations and uses */
};

void pool_init(struct pool *pool, const struct pool_setup *setup);

/* An idle instance, busy from now on; POOL_NONE when none is idle. */
uint32_t pool_reuse(struct pool *pool, uint16_t group);
/* A new instance, busy from now on; POOL_NONE when the group has all it may have. */
uint32_t pool_start(struct pool *pool, uint16_t group);
/* A busy instance is idle from now on. */
void pool_release(struct pool *pool, uint32_t instance);
/* The EVENT_SERVICE of an idle instance has fired: it is gone. */
void pool_expire(struct pool *pool, uint32_t instance);

#endif
