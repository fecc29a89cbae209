/* pool: a table of instances, and for each group a heap of those that are idle. */
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
        .free = POOL_NONE,
        .groups = arena_array(setup->arena, setup->groups_count, sizeof(struct pool_group)),
    };
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

static uint64_t pool_rank_at(const struct pool *pool, const struct pool_group *group,
                             uint32_t place)
{
    return pool->instances[group->idle[place]].rank;
}

static void pool_put(struct pool *pool, struct pool_group *group, uint32_t place, uint32_t instance)
{
    group->idle[place] = instance;
    pool->instances[instance].place = place;
}

/* The instance finds its place in the heap, from a free one: up, or else down. */
static void pool_settle(struct pool *pool, struct pool_group *group, uint32_t place,
                        uint32_t instance)
{
    const uint64_t rank = pool->instances[instance].rank;
    while (place > 0 && rank > pool_rank_at(pool, group, (place - 1) / 2)) {
        pool_put(pool, group, place, group->idle[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (uint32_t child = 2 * place + 1; child < group->idle_count; child = 2 * place + 1) {
        if (child + 1 < group->idle_count &&
            pool_rank_at(pool, group, child + 1) > pool_rank_at(pool, group, child)) {
            child++;
        }
        if (rank >= pool_rank_at(pool, group, child)) {
            break;
        }
        pool_put(pool, group, place, group->idle[child]);
        place = child;
    }
    pool_put(pool, group, place, instance);
}

static void pool_idle_remove(struct pool *pool, struct pool_group *group, uint32_t place)
{
    const uint32_t last = group->idle[--group->idle_count];
    if (place < group->idle_count) {
        pool_settle(pool, group, place, last);
    }
}

uint32_t pool_reuse(struct pool *pool, uint16_t group_index)
{
    struct pool_group *group = &pool->groups[group_index];
    if (group->idle_count == 0) {
        return POOL_NONE;
    }
    const uint32_t place = pool->setup.pick == POOL_RANDOM
                               ? random_below(&pool->setup.pick_random, group->idle_count)
                               : 0;
    const uint32_t index = group->idle[place];
    pool_idle_remove(pool, group, place);
    events_cancel(&pool->setup.core->events, pool->instances[index].event);
    gauge_add(&pool->setup.load->busy, 1, core_now(pool->setup.core));
    return index;
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
    const uint32_t index = pool_slot(pool);
    pool->instances[index] = (struct pool_instance){.rank = ++pool->serial, .group = group_index};
    group->present_count++;
    const int64_t now_ns = core_now(pool->setup.core);
    gauge_add(&pool->setup.load->capacity, 1, now_ns);
    gauge_add(&pool->setup.load->busy, 1, now_ns);
    return index;
}

void pool_release(struct pool *pool, uint32_t index)
{
    struct pool_setup *setup = &pool->setup;
    struct pool_instance *instance = &pool->instances[index];
    struct pool_group *group = &pool->groups[instance->group];
    if (setup->pick == POOL_MOST_RECENT) {
        instance->rank = ++pool->serial;
    } else if (setup->pick == POOL_LEAST_RECENT) {
        instance->rank = ~++pool->serial;
    }
    group->idle =
        pool_grow(pool, group->idle, group->idle_count, &group->idle_capacity, sizeof(uint32_t));
    pool_settle(pool, group, group->idle_count++, index);
    const int64_t idle_ns = distribution_draw_int(setup->idle_ns_dist, &setup->idle_random);
    const int64_t now_ns = core_now(setup->core);
    instance->event =
        events_at(&setup->core->events, now_ns + idle_ns, EVENT_SERVICE, setup->service, index);
    gauge_add(&setup->load->busy, -1, now_ns);
}

void pool_expire(struct pool *pool, uint32_t index)
{
    struct pool_instance *instance = &pool->instances[index];
    struct pool_group *group = &pool->groups[instance->group];
    pool_idle_remove(pool, group, instance->place);
    group->present_count--;
    instance->place = pool->free;
    pool->free = index;
    gauge_add(&pool->setup.load->capacity, -1, core_now(pool->setup.core));
}
