/* stream: a log in shards. Each takes so many records and bytes a second; a record lies in the
 * order in which it came until every consumer has read it, or until it is too old. Each consumer
 * has its own place in each shard, and what it has read it does not get again.
 *   put -> unread by some -> read by all, or expired -> forgotten
 * Records go to shards by a hash of their key, evenly spread; shards that are closed take nothing
 * more, and are read to their end. A shard that is split gives way to two children; where all are
 * cut anew (resharded), each new one to those before it whose keys it has. Children wait for what
 * their consumer has not read of their parents. Nobody's unread records are kept where there are
 * no consumers.
 * Worked: 2 shards of 1,000 records/s each, full buckets, 1,500 records of one key at once: 1,000
 * are taken, 500 are refused; the other shard takes none of them. */
#ifndef ARCHSIM_BLOCKS_STREAM_H
#define ARCHSIM_BLOCKS_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"
#include "sim/kernel/arena.h"

enum { STREAM_RECORDS_MAX = 32 << 20 }; /* unread at a time: beyond it the stream is `full` */
#define SHARD_NONE UINT32_MAX

struct stream_setup {
    struct arena *arena; /* outlives the stream; what lies unread grows in it */
    uint32_t shards_count, consumers_count;
    double records_per_s, bytes_per_s; /* of one shard; a second's worth at once. 0: others limit
                                          what is written, with stream_add only */
    int64_t retention_ns;
};

struct stream_record {
    int64_t at_ns;
    uint32_t bytes;
};

struct stream_shard {
    struct bucket records, bytes;
    struct stream_record *ring;
    uint32_t capacity;    /* a power of two; 0: nothing has come yet */
    uint32_t parent;      /* first of those whose keys it has, or SHARD_NONE */
    uint32_t parents;     /* so many, one after the other */
    uint64_t first, next; /* numbers of the oldest that is kept, and of the one that comes next */
    uint64_t *places;     /* of each consumer: the number of what it reads next */
    double taken_records, taken_bytes; /* since the last look: stream_hottest */
};

struct stream {
    struct stream_setup setup;
    struct stream_shard *shards;
    uint32_t open_first; /* from there on so many take records, but for those that were split */
    uint32_t open_count;
    uint32_t shards_count; /* with those that are closed */
    uint32_t shards_capacity;
    uint64_t kept;
    uint64_t expired;      /* unread by some consumer */
    uint64_t *read, *lost; /* by each consumer: read; too old before it came to it */
    bool full;             /* a record was not kept: nothing of this is right any more */
};

enum stream_answer { STREAM_TAKEN, STREAM_TOO_MANY, STREAM_TOO_MUCH };

/* What a consumer has read at once. */
struct stream_batch {
    uint32_t count;
    double bytes;
    int64_t first_ns, last_ns; /* when the oldest and the newest of it came */
};

void stream_init(struct stream *stream, const struct stream_setup *setup);
/* From now on so many other shards are open; those that were are closed. Not after a split. */
void stream_reshard(struct stream *stream, uint32_t count);
/* Two children take the place of a shard, which takes no more: that one, and the next. */
uint32_t stream_split(struct stream *stream, uint32_t shard);
/* That of a key, by its hash, where none was split. */
static inline uint32_t stream_shard_of(const struct stream *stream, uint64_t hash)
{
    return stream->open_first + (uint32_t)(((unsigned __int128)hash * stream->open_count) >> 64);
}

/* A record of an open shard, taken or refused. now_ns never goes back. */
enum stream_answer stream_put(struct stream *stream, uint32_t shard, uint32_t bytes,
                              int64_t now_ns);
/* The same past the limits. */
void stream_add(struct stream *stream, uint32_t shard, uint32_t bytes, int64_t now_ns);
/* The consumer reads up to `most` records and so many bytes (but one record at least) of those that
 * came until until_ns. */
struct stream_batch stream_read(struct stream *stream, uint32_t shard, uint32_t consumer,
                                uint32_t most, double bytes, int64_t until_ns);
/* The shard has the keys of one of which the consumer has not read all, or that waits so itself. */
bool stream_waits(const struct stream *stream, uint32_t shard, uint32_t consumer);
/* When the oldest came that the consumer has not read; INT64_MAX: it has read all. */
int64_t stream_oldest_ns(const struct stream *stream, uint32_t shard, uint32_t consumer);
/* Forgets what is too old. */
void stream_expire(struct stream *stream, int64_t now_ns);
/* Each consumer has read each record, lost it, or it is here for it; and so many are kept. */
bool stream_conserved(const struct stream *stream);
/* The largest share of its limits that a shard has used in an interval, which ends. */
double stream_hottest(struct stream *stream, double interval_s);

#endif
