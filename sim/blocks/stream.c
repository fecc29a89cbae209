/* stream: a ring of records in each shard. */
#include "sim/blocks/stream.h"

#include <string.h>

enum { STREAM_FIRST = 64 };

static void stream_shard_init(struct stream *stream, struct stream_shard *shard)
{
    const struct stream_setup *setup = &stream->setup;
    *shard = (struct stream_shard){.parent = SHARD_NONE};
    if (setup->records_per_s > 0) {
        bucket_init(&shard->records, setup->records_per_s, (int64_t)setup->records_per_s);
        bucket_init(&shard->bytes, setup->bytes_per_s, (int64_t)setup->bytes_per_s);
    }
    shard->places = arena_array(setup->arena, setup->consumers_count, sizeof(*shard->places));
}

/* There are so many shards from now on, with those that are closed. */
static void stream_fit(struct stream *stream, uint32_t count)
{
    if (count > stream->shards_capacity) {
        const uint32_t twice = 2 * stream->shards_capacity; /* they may come two by two */
        const uint32_t capacity = count > twice ? count : twice;
        struct stream_shard *shards = arena_array(stream->setup.arena, capacity, sizeof(*shards));
        if (stream->shards_count > 0) {
            memcpy(shards, stream->shards, stream->shards_count * sizeof(*shards));
        }
        stream->shards = shards;
        stream->shards_capacity = capacity;
    }
    while (stream->shards_count < count) {
        stream_shard_init(stream, &stream->shards[stream->shards_count++]);
    }
}

void stream_init(struct stream *stream, const struct stream_setup *setup)
{
    *stream = (struct stream){.setup = *setup};
    stream->read = arena_array(setup->arena, setup->consumers_count, sizeof(*stream->read));
    stream->lost = arena_array(setup->arena, setup->consumers_count, sizeof(*stream->lost));
    stream_fit(stream, setup->shards_count);
    stream->open_count = setup->shards_count;
}

/* Shard i of n has the keys from i / n to (i + 1) / n of all. */
void stream_reshard(struct stream *stream, uint32_t count)
{
    const uint32_t first = stream->shards_count;
    const uint64_t before = stream->open_count;
    stream_fit(stream, first + count);
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t from = (uint32_t)(i * before / count);
        const uint32_t to = (uint32_t)(((i + 1) * before + count - 1) / count);
        stream->shards[first + i].parent = stream->open_first + from;
        stream->shards[first + i].parents = to - from;
    }
    stream->open_first = first;
    stream->open_count = count;
}

uint32_t stream_split(struct stream *stream, uint32_t shard)
{
    const uint32_t first = stream->shards_count;
    stream_fit(stream, first + 2);
    stream->open_count = stream->shards_count;
    for (uint32_t i = first; i < first + 2; i++) {
        stream->shards[i].parent = shard;
        stream->shards[i].parents = 1;
    }
    return first;
}

bool stream_waits(const struct stream *stream, uint32_t shard, uint32_t consumer)
{
    uint32_t first = stream->shards[shard].parent; /* ancestors, generation by generation */
    uint32_t count = stream->shards[shard].parents;
    while (first != SHARD_NONE) {
        for (uint32_t i = first; i < first + count; i++) {
            if (stream->shards[i].places[consumer] < stream->shards[i].next) {
                return true;
            }
        }
        const struct stream_shard *last = &stream->shards[first + count - 1];
        const uint32_t end = last->parent + last->parents;
        first = stream->shards[first].parent;
        count = end - first;
    }
    return false;
}

/* ---- records ---- */

static struct stream_record *stream_at(const struct stream_shard *shard, uint64_t number)
{
    return &shard->ring[number & (shard->capacity - 1)];
}

static void stream_grow(struct stream *stream, struct stream_shard *shard)
{
    const uint32_t capacity = shard->capacity > 0 ? 2 * shard->capacity : STREAM_FIRST;
    struct stream_record *ring = arena_array(stream->setup.arena, capacity, sizeof(*ring));
    for (uint64_t number = shard->first; number < shard->next; number++) {
        ring[number & (capacity - 1)] = *stream_at(shard, number);
    }
    shard->ring = ring;
    shard->capacity = capacity;
}

/* Those that every consumer has passed are forgotten. */
static void stream_trim(struct stream *stream, struct stream_shard *shard)
{
    uint64_t first = shard->next;
    for (uint32_t i = 0; i < stream->setup.consumers_count; i++) {
        first = shard->places[i] < first ? shard->places[i] : first;
    }
    stream->kept -= first - shard->first;
    shard->first = first;
}

static inline void stream_keep(struct stream *stream, struct stream_shard *shard, uint32_t bytes,
                               int64_t now_ns)
{
    if (stream->setup.consumers_count == 0) {
        return;
    }
    if (stream->kept == STREAM_RECORDS_MAX) {
        stream->full = true;
        return;
    }
    if (shard->next - shard->first == shard->capacity) {
        stream_grow(stream, shard);
    }
    *stream_at(shard, shard->next++) = (struct stream_record){now_ns, bytes};
    stream->kept++;
}

void stream_add(struct stream *stream, uint32_t shard, uint32_t bytes, int64_t now_ns)
{
    stream_keep(stream, &stream->shards[shard], bytes, now_ns);
}

enum stream_answer stream_put(struct stream *stream, uint32_t shard_index, uint32_t bytes,
                              int64_t now_ns)
{
    struct stream_shard *shard = &stream->shards[shard_index];
    if (!bucket_take(&shard->records, now_ns, 1)) {
        return STREAM_TOO_MANY;
    }
    if (!bucket_take_owing(&shard->bytes, now_ns, bytes)) {
        bucket_give_back(&shard->records, 1);
        return STREAM_TOO_MUCH;
    }
    shard->taken_records++;
    shard->taken_bytes += bytes;
    stream_keep(stream, shard, bytes, now_ns);
    return STREAM_TAKEN;
}

struct stream_batch stream_read(struct stream *stream, uint32_t shard_index, uint32_t consumer,
                                uint32_t most, double bytes, int64_t until_ns)
{
    struct stream_shard *shard = &stream->shards[shard_index];
    struct stream_batch batch = {.first_ns = INT64_MAX};
    uint64_t number = shard->places[consumer];
    while (number < shard->next && batch.count < most) {
        const struct stream_record *record = stream_at(shard, number);
        if (record->at_ns > until_ns ||
            (batch.count > 0 && batch.bytes + (double)record->bytes > bytes)) {
            break;
        }
        batch.first_ns = batch.count == 0 ? record->at_ns : batch.first_ns;
        batch.last_ns = record->at_ns;
        batch.bytes += record->bytes;
        batch.count++;
        number++;
    }
    shard->places[consumer] = number;
    if (batch.count > 0) {
        stream->read[consumer] += batch.count;
        stream_trim(stream, shard);
    }
    return batch;
}

int64_t stream_oldest_ns(const struct stream *stream, uint32_t shard_index, uint32_t consumer)
{
    const struct stream_shard *shard = &stream->shards[shard_index];
    return shard->places[consumer] < shard->next ? stream_at(shard, shard->places[consumer])->at_ns
                                                 : INT64_MAX;
}

void stream_expire(struct stream *stream, int64_t now_ns)
{
    for (uint32_t s = 0; s < stream->shards_count; s++) {
        struct stream_shard *shard = &stream->shards[s];
        const uint64_t before = shard->first;
        while (shard->first < shard->next &&
               now_ns - stream_at(shard, shard->first)->at_ns >= stream->setup.retention_ns) {
            shard->first++;
        }
        for (uint32_t i = 0; i < stream->setup.consumers_count; i++) {
            if (shard->places[i] < shard->first) {
                stream->lost[i] += shard->first - shard->places[i];
                shard->places[i] = shard->first;
            }
        }
        stream->expired += shard->first - before;
        stream->kept -= shard->first - before;
    }
}

bool stream_conserved(const struct stream *stream)
{
    uint64_t kept = 0;
    for (uint32_t s = 0; s < stream->shards_count; s++) {
        kept += stream->shards[s].next - stream->shards[s].first;
    }
    for (uint32_t i = 0; i < stream->setup.consumers_count; i++) {
        uint64_t came = 0, there = stream->read[i] + stream->lost[i];
        for (uint32_t s = 0; s < stream->shards_count; s++) {
            const struct stream_shard *shard = &stream->shards[s];
            came += shard->next;
            there += shard->next - shard->places[i];
            if (shard->places[i] < shard->first || shard->places[i] > shard->next) {
                return false;
            }
        }
        if (came != there) {
            return false;
        }
    }
    return kept == stream->kept;
}

double stream_hottest(struct stream *stream, double interval_s)
{
    double hottest = 0;
    for (uint32_t s = 0; s < stream->open_count; s++) {
        struct stream_shard *shard = &stream->shards[stream->open_first + s];
        const double records = shard->taken_records / (stream->setup.records_per_s * interval_s);
        const double bytes = shard->taken_bytes / (stream->setup.bytes_per_s * interval_s);
        hottest = records > hottest ? records : hottest;
        hottest = bytes > hottest ? bytes : hottest;
        shard->taken_records = shard->taken_bytes = 0;
    }
    return hottest;
}
