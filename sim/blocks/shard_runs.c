/* shard_runs: lanes, each with what it gathers and what it runs. */
#include "sim/blocks/shard_runs.h"

#include <assert.h>
#include <string.h>

void shard_runs_init(struct shard_runs *runs, const struct shard_runs_setup *setup)
{
    assert(setup->lanes >= 1 && setup->batch >= 1);
    *runs = (struct shard_runs){.setup = *setup};
}

void shard_runs_fit(struct shard_runs *runs, uint32_t shards_count, uint32_t timer)
{
    if (shards_count <= runs->shards_count) {
        return;
    }
    const uint32_t known = runs->shards_count * runs->setup.lanes;
    const uint32_t count = shards_count * runs->setup.lanes;
    struct shard_lane *items = arena_array(runs->setup.arena, count, sizeof(*items));
    struct shard_parents *after = arena_array(runs->setup.arena, shards_count, sizeof(*after));
    if (known > 0) {
        memcpy(items, runs->items, known * sizeof(*items));
        memcpy(after, runs->after, runs->shards_count * sizeof(*after));
    }
    for (uint32_t i = runs->shards_count; i < shards_count; i++) {
        after[i] = (struct shard_parents){.first = UINT32_MAX};
    }
    for (uint32_t i = known; i < count; i++) {
        items[i].timer = timer;
    }
    runs->items = items;
    runs->after = after;
    runs->shards_count = shards_count;
}

/* Its ancestors, generation by generation. */
bool shard_runs_waits(const struct shard_runs *runs, uint32_t shard)
{
    const uint32_t lanes = runs->setup.lanes;
    struct shard_parents at = runs->after[shard];
    while (at.first != UINT32_MAX) {
        for (uint32_t i = at.first * lanes; i < (at.first + at.count) * lanes; i++) {
            if (runs->items[i].name != 0 || runs->items[i].gathered.count > 0) {
                return true;
            }
        }
        const struct shard_parents last = runs->after[at.first + at.count - 1];
        const uint32_t end = last.first + last.count;
        at = runs->after[at.first];
        at.count = end - at.first;
    }
    return false;
}

/* A lane that runs reads ahead, but only beside others: alone it would take what is not due. */
uint32_t shard_runs_wanted(const struct shard_runs *runs, uint32_t shard, double *bytes)
{
    const uint32_t lanes = runs->setup.lanes;
    uint32_t room = runs->setup.batch;
    bool free = false;
    *bytes = runs->setup.bytes;
    for (uint32_t i = 0; i < lanes; i++) {
        const struct shard_lane *lane = &runs->items[shard * lanes + i];
        free = free || lane->name == 0;
        if (shard_runs_full(runs, lane)) {
            return 0;
        }
        if (runs->setup.batch - lane->gathered.count < room) {
            room = runs->setup.batch - lane->gathered.count;
        }
        if (runs->setup.bytes - lane->gathered.bytes < *bytes) {
            *bytes = runs->setup.bytes - lane->gathered.bytes;
        }
    }
    return free ? room : 0;
}

static void shard_runs_gather(struct shard_lane *lane, const struct shard_records *records,
                              uint32_t count)
{
    struct shard_records *gathered = &lane->gathered;
    if (gathered->count == 0) {
        gathered->first_ns = records->first_ns;
    }
    gathered->count += count;
    gathered->bytes += records->bytes * count / records->count;
    gathered->last_ns = records->last_ns;
}

void shard_runs_received(struct shard_runs *runs, uint32_t shard,
                         const struct shard_records *records)
{
    const uint32_t lanes = runs->setup.lanes;
    struct shard_lane *first = &runs->items[shard * lanes];
    if (lanes == 1) {
        shard_runs_gather(first, records, records->count);
    }
    for (uint32_t i = 0; i < records->count && lanes > 1; i++) {
        shard_runs_gather(first + random_below(&runs->setup.random, lanes), records, 1);
    }
}

bool shard_runs_full(const struct shard_runs *runs, const struct shard_lane *lane)
{
    const struct shard_records *gathered = &lane->gathered;
    const double next = gathered->count > 0 ? gathered->bytes / gathered->count : 0;
    return gathered->count >= runs->setup.batch || gathered->bytes + next > runs->setup.bytes;
}

void shard_runs_take(struct shard_lane *lane)
{
    assert(lane->name == 0 && lane->gathered.count > 0);
    lane->running = lane->gathered;
    lane->gathered = (struct shard_records){0};
    lane->due = false;
}

void shard_runs_begin(struct shard_runs *runs, struct shard_lane *lane, uint32_t name)
{
    assert(lane->name == 0 && name != 0);
    lane->name = name;
    lane->tries = 0;
    runs->running++;
}

struct shard_lane *shard_runs_lane(const struct shard_runs *runs, uint32_t shard, uint32_t name)
{
    struct shard_lane *lane = &runs->items[shard * runs->setup.lanes];
    while (lane->name != name) {
        lane++;
    }
    assert(lane < &runs->items[(shard + 1) * runs->setup.lanes]);
    return lane;
}

bool shard_runs_halve(struct shard_lane *lane, uint32_t left, bool halve)
{
    lane->running.count = left;
    if (!halve || left < 2 || lane->later_count == SHARD_HALVES) {
        return false;
    }
    lane->running.count = left / 2;
    lane->later[lane->later_count++] = left - left / 2;
    return true;
}

bool shard_runs_part(struct shard_lane *lane)
{
    if (lane->later_count == 0) {
        return false;
    }
    lane->running.count = lane->later[--lane->later_count];
    return true;
}

bool shard_runs_end(struct shard_runs *runs, struct shard_lane *lane)
{
    assert(lane->name != 0);
    lane->name = 0;
    runs->running--;
    return shard_runs_part(lane);
}
