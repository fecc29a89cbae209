/* dynamodb_stream: the stream of a table. Each item that is written adds a record, when its write
 * is let in, to the shard of its partition. A partition that is split closes its shard, and the two
 * that follow wait until their consumer is done with it. Blocks: stream, readers. */
#ifndef ARCHSIM_MODELS_DYNAMODB_STREAM_H
#define ARCHSIM_MODELS_DYNAMODB_STREAM_H

#include <assert.h>
#include <string.h>

#include "models/dynamodb_tables.h"
#include "models/shards.h"

struct dynamodb_stream_counts {
    double written, read, read_bytes, expired;
};

struct dynamodb_stream {
    struct stream log;
    struct readers readers;
    struct arena *arena;
    uint32_t *shards; /* of each partition, by its number */
    uint32_t shards_count, shards_capacity;
    bool *enhanced; /* of each consumer: no */
    struct random random;
    struct dynamodb_stream_counts now, begin, end;
};

static inline bool dynamodb_streams(const struct dynamodb_params *p)
{
    return p->stream.view != DYNAMODB_NO_STREAM;
}

/* ---- shards ---- */

/* A partition was split: see partitions.h. */
static inline void dynamodb_stream_split(void *context, uint32_t lower, uint32_t upper)
{
    struct dynamodb_stream *stream = context;
    assert(upper == stream->shards_count);
    if (stream->shards_count == stream->shards_capacity) {
        stream->shards_capacity *= 2;
        uint32_t *shards = arena_array(stream->arena, stream->shards_capacity, sizeof(*shards));
        memcpy(shards, stream->shards, stream->shards_count * sizeof(*shards));
        stream->shards = shards;
    }
    const uint32_t first = stream_split(&stream->log, stream->shards[lower]);
    stream->shards[lower] = first;
    stream->shards[upper] = first + 1;
    stream->shards_count++;
}

/* In `start`, for so many partitions; its timers are slot `timer` and on. */
static inline void dynamodb_stream_start(struct dynamodb_stream *stream, struct world *w,
                                         struct service *s, uint32_t partitions, uint32_t timer)
{
    const struct dynamodb_params *p = s->params;
    const uint32_t consumers = s->spec->consumers_count;
    stream->arena = s->arena;
    stream->random = service_random(w, s, "partitions");
    stream->enhanced = arena_array(s->arena, consumers > 0 ? consumers : 1, sizeof(bool));
    stream_init(&stream->log, &(struct stream_setup){.arena = s->arena,
                                                     .shards_count = partitions,
                                                     .consumers_count = consumers,
                                                     .retention_ns = p->stream.retention_ns});
    stream->shards_count = stream->shards_capacity = partitions;
    stream->shards = arena_array(s->arena, partitions, sizeof(*stream->shards));
    for (uint32_t i = 0; i < partitions; i++) {
        stream->shards[i] = i;
    }
    readers_init(&stream->readers,
                 &(struct readers_setup){.core = s->core,
                                         .arena = s->arena,
                                         .stream = &stream->log,
                                         .enhanced = stream->enhanced,
                                         .service = s->index,
                                         .timer = timer,
                                         .poll_ns = p->stream.poll_ns,
                                         .polled = p->stream.polled_ns_dist,
                                         .polls_per_s = p->stream.polls_per_s,
                                         .bytes_per_s = INFINITY,
                                         .poll_records = (uint32_t)p->stream.poll_records_count,
                                         .poll_bytes = (double)p->stream.poll_size_bytes,
                                         .random = service_random(w, s, "polls")});
}

/* A datapoint is over: new shards have readers, and what is too old is gone. */
static inline void dynamodb_stream_tick(struct dynamodb_stream *stream, struct world *w,
                                        struct service *s)
{
    const uint64_t expired = stream->log.expired;
    readers_fit(&stream->readers);
    stream_expire(&stream->log, core_now(s->core));
    if (stream->log.expired > expired) {
        source_ready(w, s); /* children may have waited for that */
    }
}

/* ---- records ---- */

static inline double dynamodb_stream_record_bytes(const struct dynamodb_params *p,
                                                  uint32_t operation, double item_bytes)
{
    const bool both = p->stream.view == DYNAMODB_BOTH_IMAGES;
    double bytes = (double)p->stream.key_bytes;
    if (dynamodb_costs[operation].leaves && (both || p->stream.view == DYNAMODB_NEW_IMAGE)) {
        bytes += item_bytes;
    }
    if (dynamodb_costs[operation].replaces && (both || p->stream.view == DYNAMODB_OLD_IMAGE)) {
        bytes += item_bytes;
    }
    return fmin(bytes, UINT32_MAX);
}

/* Those items of partitions were written, each so large. */
static inline void dynamodb_stream_write(struct dynamodb_stream *stream, struct world *w,
                                         struct service *s, const struct partitions *partitions,
                                         const uint32_t *items, uint32_t count, double record_bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t shard =
            stream->shards[partitions_number(partitions, items[i], &stream->random)];
        stream_add(&stream->log, shard, (uint32_t)record_bytes, core_now(s->core));
        readers_wake(&stream->readers, shard);
    }
    stream->now.written += count;
    if (stream->log.full) {
        service_overflow(w, s);
    }
}

static inline struct dynamodb_stream_counts
dynamodb_stream_counts_now(const struct dynamodb_stream *stream)
{
    struct dynamodb_stream_counts counts = stream->now;
    counts.expired = (double)stream->log.expired;
    return counts;
}

static inline void dynamodb_stream_observe(const struct dynamodb_stream *stream,
                                           struct own_value *own)
{
    own[STREAM_RECORDS].value = stream->end.written - stream->begin.written;
    own[RETURNED_RECORDS].value = stream->end.read - stream->begin.read;
    own[RETURNED_BYTES].value = stream->end.read_bytes - stream->begin.read_bytes;
    own[EXPIRED_RECORDS].value = stream->end.expired - stream->begin.expired;
}

#endif
