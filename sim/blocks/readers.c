/* readers: one small state machine for each consumer of each shard. */
#include "sim/blocks/readers.h"

#include <math.h>
#include <string.h>

static uint32_t readers_consumers(const struct readers *readers)
{
    return readers->setup.stream->setup.consumers_count;
}

void readers_init(struct readers *readers, const struct readers_setup *setup)
{
    *readers = (struct readers){.setup = *setup};
    readers_fit(readers);
}

void readers_fit(struct readers *readers)
{
    struct readers_setup *setup = &readers->setup;
    const uint32_t known = readers->shards_count, consumers = readers_consumers(readers);
    const uint32_t count = setup->stream->shards_count;
    if (count <= known || consumers == 0) {
        return;
    }
    struct reader *items = arena_array(setup->arena, (size_t)count * consumers, sizeof(*items));
    struct readers_shard *shards = arena_array(setup->arena, count, sizeof(*shards));
    if (known > 0) {
        memcpy(items, readers->items, (size_t)known * consumers * sizeof(*items));
        memcpy(shards, readers->shards, known * sizeof(*shards));
    }
    for (uint32_t s = known; s < count; s++) {
        bucket_init(&shards[s].polls, setup->polls_per_s, (int64_t)ceil(setup->polls_per_s));
        for (uint32_t c = 0; c < consumers; c++) {
            items[s * consumers + c].phase_ns =
                (int64_t)(random_uniform(&setup->random) * (double)setup->poll_ns);
        }
    }
    readers->items = items;
    readers->shards = shards;
    readers->shards_count = count;
}

/* Its next poll finds what came until polled_ns, and has it so much later. */
static void readers_schedule(struct readers *readers, uint32_t index, int64_t polled_ns,
                             int64_t later_ns)
{
    struct core *core = readers->setup.core;
    readers->items[index].pending = true;
    readers->items[index].polled_ns = polled_ns;
    events_at(&core->events, polled_ns + later_ns, EVENT_SERVICE, readers->setup.service,
              readers->setup.timer + index);
}

static void readers_wake_one(struct readers *readers, uint32_t index)
{
    struct readers_setup *setup = &readers->setup;
    const struct reader *reader = &readers->items[index];
    const int64_t now_ns = core_now(setup->core);
    if (reader->pending || reader->open) {
        return;
    }
    const uint32_t consumers = readers_consumers(readers);
    if (setup->enhanced[index % consumers]) { /* the oldest record that it has not read */
        const int64_t oldest_ns =
            stream_oldest_ns(setup->stream, index / consumers, index % consumers);
        const int64_t due_ns = oldest_ns + distribution_draw_int(setup->pushed, &setup->random);
        readers_schedule(readers, index, oldest_ns,
                         due_ns > now_ns ? due_ns - oldest_ns : now_ns - oldest_ns);
        return;
    }
    const int64_t since_ns = now_ns - reader->phase_ns;
    const int64_t polls = since_ns < 0 ? 0 : since_ns / setup->poll_ns + 1;
    readers_schedule(readers, index, reader->phase_ns + polls * setup->poll_ns,
                     distribution_draw_int(setup->polled, &setup->random));
}

void readers_wake(struct readers *readers, uint32_t shard)
{
    const uint32_t consumers = readers_consumers(readers);
    for (uint32_t c = 0; c < consumers; c++) {
        readers_wake_one(readers, shard * consumers + c);
    }
}

/* When the shard may be polled; now: it has been. */
static int64_t readers_poll(struct readers *readers, uint32_t index)
{
    const uint32_t consumers = readers_consumers(readers);
    struct readers_shard *shard = &readers->shards[index / consumers];
    const int64_t now_ns = core_now(readers->setup.core);
    if (readers->setup.enhanced[index % consumers]) {
        return readers->items[index].free_ns > now_ns ? readers->items[index].free_ns : now_ns;
    }
    if (shard->free_ns > now_ns) {
        return shard->free_ns;
    }
    return bucket_take(&shard->polls, now_ns, 1) ? now_ns : bucket_due_ns(&shard->polls, 1);
}

bool readers_due(struct readers *readers, uint32_t index)
{
    struct reader *reader = &readers->items[index];
    const int64_t now_ns = core_now(readers->setup.core);
    const int64_t due_ns = readers_poll(readers, index);
    reader->pending = false;
    if (due_ns > now_ns) {
        readers->put_off += !readers->setup.enhanced[index % readers_consumers(readers)];
        readers_schedule(readers, index, due_ns, 0);
        return false;
    }
    reader->open = true;
    reader->records_left = readers->setup.poll_records;
    reader->bytes_left = readers->setup.poll_bytes;
    return true;
}

/* The poll is used up: if there is more, the next is due. */
static void readers_close(struct readers *readers, uint32_t index, bool spent)
{
    const uint32_t consumers = readers_consumers(readers);
    struct reader *reader = &readers->items[index];
    reader->open = false;
    if (stream_oldest_ns(readers->setup.stream, index / consumers, index % consumers) ==
        INT64_MAX) {
        return;
    }
    if (spent) {
        readers_schedule(readers, index, core_now(readers->setup.core), 0);
    } else {
        readers_wake_one(readers, index);
    }
}

struct stream_batch readers_read(struct readers *readers, uint32_t shard, uint32_t consumer,
                                 uint32_t most, double bytes)
{
    const uint32_t index = shard * readers_consumers(readers) + consumer;
    struct reader *reader = &readers->items[index];
    struct stream_batch batch = {.count = 0};
    if (shard >= readers->shards_count || !reader->open) {
        return batch;
    }
    reader->ripe = reader->ripe || !stream_waits(readers->setup.stream, shard, consumer);
    if (!reader->ripe) {
        return batch;
    }
    const bool spent = reader->records_left == 0 || reader->bytes_left <= 0;
    if (!spent) {
        batch =
            stream_read(readers->setup.stream, shard, consumer,
                        most < reader->records_left ? most : reader->records_left,
                        bytes < reader->bytes_left ? bytes : reader->bytes_left, reader->polled_ns);
    }
    if (batch.count == 0) {
        readers_close(readers, index, spent);
        return batch;
    }
    const int64_t now_ns = core_now(readers->setup.core);
    int64_t *free_ns =
        readers->setup.enhanced[consumer] ? &reader->free_ns : &readers->shards[shard].free_ns;
    *free_ns = (*free_ns > now_ns ? *free_ns : now_ns) +
               (int64_t)(batch.bytes / readers->setup.bytes_per_s * 1e9);
    if (readers->setup.enhanced[consumer]) {
        readers->pushed_bytes += batch.bytes;
    } else {
        struct readers_shard *shared = &readers->shards[shard];
        shared->bytes += batch.bytes;
        readers->hottest_bytes = fmax(readers->hottest_bytes, shared->bytes);
    }
    reader->records_left -= batch.count;
    reader->bytes_left -= batch.bytes;
    return batch;
}
