/* pool: a table of instances, and for each group a list or a heap of those that are idle. */
#include "sim/blocks/pool.h"

#include <assert.h>
#include <string.h>

enum { POOL_CAPACITY_FIRST = 16 };

void pool_init(struct pool *pool, const struct pool_setup *setup)
{
    assert(setup->groups_count >= 1);
    assert(setup->instances_max >= 1);
    *pool = (struct pool){
        .setup = *setup,
        .listed = setup->pick == POOL_MOST_RECENT || setup->pick == POOL_LEAST_RECENT,
        .free = POOL_NONE,
        .groups = arena_array(setup->arena, setup->groups_count, sizeof(struct pool_group)),
    };
    for (uint32_t i = 0; i < setup->groups_count; i++) {
        pool->groups[i].latest = POOL_NONE;
        pool->groups[i].earliest = POOL_NONE;
    }
}

/* Room for one more in an array of the arena; the old one stays there until the world ends. */
static void *pool_grow(struct pool *pool, void *array, uint32_t count, uint32_t *capacity,
                       size_t size)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity ? *capacity * 2 : POOL_CAPACITY_FIRST;
    void *grown = arena_array(pool->setup.arena, *capacity, size);
    if (count > 0) {
        memcpy(grown, array, count * size);
    }
    return grown;
}

/* ---- the list of idle instances, by last use ---- */

static void list_put(struct pool *pool, struct pool_group *group, uint32_t index)
{
    struct pool_instance *instance = &pool->instances[index];
    instance->place = group->latest;
    instance->above = POOL_NONE;
    if (group->latest != POOL_NONE) {
        pool->instances[group->latest].above = index;
    } else {
        group->earliest = index;
    }
    group->latest = index;
}

static void list_remove(struct pool *pool, struct pool_group *group, uint32_t index)
{
    const struct pool_instance *instance = &pool->instances[index];
    if (instance->above != POOL_NONE) {
        pool->instances[instance->above].place = instance->place;
    } else {
        group->latest = instance->place;
    }
    if (instance->place != POOL_NONE) {
        pool->instances[instance->place].above = instance->above;
    } else {
        group->earliest = instance->above;
    }
}

/* ---- the heap of idle instances, the newest at its root ---- */

static uint64_t heap_serial(const struct pool *pool, const struct pool_group *group, uint32_t place)
{
    return pool->instances[group->idle[place]].serial;
}

static void heap_set(struct pool *pool, struct pool_group *group, uint32_t place, uint32_t index)
{
    group->idle[place] = index;
    pool->instances[index].place = place;
}

/* The instance finds its place in the heap, from a free one: up, or else down. */
static void heap_settle(struct pool *pool, struct pool_group *group, uint32_t place, uint32_t index)
{
    const uint64_t serial = pool->instances[index].serial;
    while (place > 0 && serial > heap_serial(pool, group, (place - 1) / 2)) {
        heap_set(pool, group, place, group->idle[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (uint32_t child = 2 * place + 1; child < group->idle_count; child = 2 * place + 1) {
        if (child + 1 < group->idle_count &&
            heap_serial(pool, group, child + 1) > heap_serial(pool, group, child)) {
            child++;
        }
        if (serial >= heap_serial(pool, group, child)) {
            break;
        }
        heap_set(pool, group, place, group->idle[child]);
        place = child;
    }
    heap_set(pool, group, place, index);
}

static void heap_put(struct pool *pool, struct pool_group *group, uint32_t index)
{
    group->idle =
        pool_grow(pool, group->idle, group->idle_count, &group->idle_capacity, sizeof(uint32_t));
    heap_settle(pool, group, group->idle_count++, index);
}

static void heap_remove(struct pool *pool, struct pool_group *group, uint32_t place)
{
    const uint32_t last = group->idle[--group->idle_count];
    if (place < group->idle_count) {
        heap_settle(pool, group, place, last);
    }
}

/* ---- instances ---- */

static uint32_t pool_next(struct pool *pool, struct pool_group *group)
{
    if (pool->listed) {
        return pool->setup.pick == POOL_MOST_RECENT ? group->latest : group->earliest;
    }
    if (group->idle_count == 0) {
        return POOL_NONE;
    }
    return group->idle[pool->setup.pick == POOL_RANDOM
                           ? random_below(&pool->setup.pick_random, group->idle_count)
                           : 0];
}

static void pool_idle_remove(struct pool *pool, uint32_t index)
{
    struct pool_group *group = &pool->groups[pool->instances[index].group];
    if (pool->listed) {
        list_remove(pool, group, index);
    } else {
        heap_remove(pool, group, pool->instances[index].place);
    }
}

static void pool_gone(struct pool *pool, uint32_t index)
{
    struct pool_instance *instance = &pool->instances[index];
    if (instance->event != EVENT_NONE) {
        events_cancel(&pool->setup.core->events, instance->event);
    }
    pool->groups[instance->group].present_count--;
    instance->state = POOL_GONE;
    instance->place = pool->free;
    pool->free = index;
    gauge_add(&pool->setup.load->capacity, -1, core_now(pool->setup.core));
}

uint32_t pool_reuse(struct pool *pool, uint16_t group_index)
{
    struct pool_group *group = &pool->groups[group_index];
    const int64_t now_ns = core_now(pool->setup.core);
    uint32_t index;
    while ((index = pool_next(pool, group)) != POOL_NONE) {
        pool_idle_remove(pool, index);
        if (pool->instances[index].until_ns > now_ns) {
            pool->instances[index].state = POOL_BUSY;
            gauge_add(&pool->setup.load->busy, 1, now_ns);
            return index;
        }
        pool_gone(pool, index); /* its event, put off, comes later in this instant */
    }
    return POOL_NONE;
}

static uint32_t pool_slot(struct pool *pool)
{
    uint32_t index = pool->free;
    if (index != POOL_NONE) {
        pool->free = pool->instances[index].place;
        return index;
    }
    pool->instances = pool_grow(pool, pool->instances, pool->instances_count,
                                &pool->instances_capacity, sizeof(struct pool_instance));
    return pool->instances_count++;
}

uint32_t pool_start(struct pool *pool, uint16_t group_index)
{
    struct pool_group *group = &pool->groups[group_index];
    if (group->present_count >= pool->setup.instances_max) {
        return POOL_NONE;
    }
    const int64_t now_ns = core_now(pool->setup.core);
    const uint32_t index = pool_slot(pool);
    pool->instances[index] = (struct pool_instance){
        .serial = ++pool->serial,
        .started_ns = now_ns,
        .event = EVENT_NONE,
        .group = group_index,
        .state = POOL_BUSY,
    };
    group->present_count++;
    gauge_add(&pool->setup.load->capacity, 1, now_ns);
    gauge_add(&pool->setup.load->busy, 1, now_ns);
    return index;
}

void pool_remove(struct pool *pool, uint32_t index)
{
    assert(pool->instances[index].state == POOL_BUSY);
    gauge_add(&pool->setup.load->busy, -1, core_now(pool->setup.core));
    pool_gone(pool, index);
}

static void pool_schedule(struct pool *pool, uint32_t index)
{
    struct pool_instance *instance = &pool->instances[index];
    instance->event_ns = instance->until_ns;
    instance->event = events_at(&pool->setup.core->events, instance->until_ns, EVENT_SERVICE,
                                pool->setup.service, index);
}

void pool_release(struct pool *pool, uint32_t index)
{
    struct pool_setup *setup = &pool->setup;
    struct pool_instance *instance = &pool->instances[index];
    const int64_t now_ns = core_now(setup->core);
    assert_hot(instance->state == POOL_BUSY);
    instance->state = POOL_IDLE;
    if (pool->listed) {
        list_put(pool, &pool->groups[instance->group], index);
    } else {
        heap_put(pool, &pool->groups[instance->group], index);
    }
    gauge_add(&setup->load->busy, -1, now_ns);
    instance->until_ns = EVENTS_TIME_MAX;
    if (setup->idle_ns_dist == NULL) {
        return;
    }
    instance->until_ns = now_ns + distribution_draw_int(setup->idle_ns_dist, &setup->idle_random);
    if (instance->event != EVENT_NONE && instance->event_ns > instance->until_ns) {
        events_cancel(&setup->core->events, instance->event);
        instance->event = EVENT_NONE;
    }
    if (instance->event == EVENT_NONE) {
        pool_schedule(pool, index);
    }
}

bool pool_expire(struct pool *pool, uint32_t index)
{
    struct pool_instance *instance = &pool->instances[index];
    instance->event = EVENT_NONE;
    if (instance->state != POOL_IDLE) {
        return false;
    }
    if (instance->until_ns > core_now(pool->setup.core)) {
        pool_schedule(pool, index);
        return false;
    }
    pool_idle_remove(pool, index);
    pool_gone(pool, index);
    return true;
}
