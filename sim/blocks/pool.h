/* pool: instances that are started on demand, serve one request at a time, and expire when they
 * have been idle for long enough. A pool has one or more groups (copies of a service, zones) that
 * share nothing but the table of instances, so that one EVENT_SERVICE slot names an instance of
 * any group.
 *
 *   pool_start -> busy -> pool_release -> idle -> pool_reuse -> busy ...
 *                 busy -> pool_remove -> gone     idle -> EVENT_SERVICE -> pool_expire -> gone
 *
 * The idle ones of a group stand in a list by last use, from which the most and the least recently
 * used are taken in O(1); or, where the newest is next or any, in a binary heap by number of
 * creation: O(log idle). An expiry that was scheduled stays when the instance is used again, and is
 * put off when it fires: of an instance that is used all the time no event is ever touched. The
 * pool keeps `busy` (in use) and `capacity` (present) of its load; who waits is the model's
 * business. */
#ifndef ARCHSIM_BLOCKS_POOL_H
#define ARCHSIM_BLOCKS_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/load.h"
#include "sim/kernel/random.h"

#define POOL_NONE UINT32_MAX

/* Which of the idle instances serves next. */
enum pool_pick { POOL_NEWEST, POOL_MOST_RECENT, POOL_LEAST_RECENT, POOL_RANDOM };

enum pool_state { POOL_GONE, POOL_BUSY, POOL_IDLE };

struct pool_setup {
    struct core *core;
    struct load *load;
    struct arena *arena; /* outlives the pool */
    uint16_t service;    /* whose timer is called when an instance has idled for long enough */
    uint16_t groups_count;
    enum pool_pick pick;
    int64_t instances_max;                   /* of each group */
    const struct distribution *idle_ns_dist; /* how long an instance stays idle before it expires;
                                                null: for ever */
    struct random idle_random, pick_random;
};

struct pool_instance {
    uint64_t serial;    /* number of its creation */
    int64_t started_ns; /* when it was created */
    int64_t until_ns;   /* idle: when it expires; busy: the model's own */
    int64_t event_ns;   /* when its event is due */
    uint32_t event;     /* EVENT_NONE, or pending: looks whether it has expired */
    uint32_t place;     /* idle: in the heap, or the one used before it; gone: the next free slot */
    uint32_t above;     /* idle, in the list: the one used after it */
    uint32_t note;      /* the model's own; 0 when new */
    uint16_t group;
    uint8_t state; /* enum pool_state */
    uint8_t flags; /* the model's own; 0 when new */
};

struct pool_group {
    uint32_t *idle; /* heap of instances */
    uint32_t idle_count, idle_capacity;
    uint32_t latest, earliest; /* list, by last use */
    uint32_t present_count;    /* idle and busy */
};

struct pool {
    struct pool_setup setup;
    bool listed; /* the idle ones stand in the list, not in the heap */
    struct pool_instance *instances;
    uint32_t instances_count, instances_capacity, free;
    struct pool_group *groups;
    uint64_t serial; /* numbers creations */
};

void pool_init(struct pool *pool, const struct pool_setup *setup);

/* An idle instance, busy from now on; POOL_NONE when none is idle. */
uint32_t pool_reuse(struct pool *pool, uint16_t group);
/* A new instance, busy from now on; POOL_NONE when the group has all it may have. */
uint32_t pool_start(struct pool *pool, uint16_t group);
/* A busy instance is idle from now on. */
void pool_release(struct pool *pool, uint32_t instance);
/* A busy instance is gone. */
void pool_remove(struct pool *pool, uint32_t instance);
/* The EVENT_SERVICE of an instance has fired. True: it has been idle for long enough and is gone;
 * false: it was used meanwhile. */
bool pool_expire(struct pool *pool, uint32_t instance);

/* One is idle, of a pool whose pick goes by last use. */
static inline bool pool_idle(const struct pool *pool, uint16_t group)
{
    return pool->groups[group].latest != POOL_NONE;
}

/* Valid until the next pool_start. */
static inline struct pool_instance *pool_at(const struct pool *pool, uint32_t instance)
{
    return &pool->instances[instance];
}

#endif
