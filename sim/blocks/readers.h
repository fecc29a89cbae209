/* readers: how consumers come to read the shards of a stream. Those that share a shard's throughput
 * poll it, each at its own phase and so often a second all together; those that have a throughput
 * of their own are told of a record when it is written. What a poll finds is read bit by bit, up to
 * what one poll may give; then the next is due, at once if there was more.
 *   asleep -> (a record: wake) poll on its way -> open -> all read -> asleep
 * What is in a child of another shard waits, found, until the consumer has read that one.
 * After so many bytes a shard (for one with its own throughput: its reader) gives nothing until as
 * much could have passed at its rate.
 * Worked, polls every second at phase 0, 100 ms to have what it found: a record of 0.3 s is found
 * at 1 s and read at 1.1 s; one of 1.05 s is found at 2 s. */
#ifndef ARCHSIM_BLOCKS_READERS_H
#define ARCHSIM_BLOCKS_READERS_H

#include "sim/blocks/stream.h"
#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"

struct readers_setup {
    struct core *core;
    struct arena *arena; /* outlives the readers */
    struct stream *stream;
    const bool *enhanced; /* of each consumer: it has a throughput of its own */
    uint16_t service; /* whose EVENT_SERVICE from slot `timer` on are the readers': readers_due */
    uint32_t timer;
    int64_t poll_ns;
    const struct distribution *polled, *pushed; /* from the poll, or the record, to having it */
    double polls_per_s, bytes_per_s;            /* of a shard */
    uint32_t poll_records;                      /* the most that a poll gives */
    double poll_bytes;
    struct random random;
};

struct reader {
    int64_t phase_ns,
        polled_ns;         /* of its polls; of the present one: it finds what came until then */
    int64_t free_ns;       /* with a throughput of its own: not before */
    uint32_t records_left; /* of the present poll */
    double bytes_left;
    bool open, pending;
    bool ripe; /* its shard waits for no parent any more */
};

/* What the readers of a shard share. */
struct readers_shard {
    struct bucket polls;
    int64_t free_ns;
    double bytes; /* that were read so far */
};

struct readers {
    struct readers_setup setup;
    struct reader *items; /* of shard s and consumer c: s * consumers + c */
    struct readers_shard *shards;
    uint32_t shards_count;
    uint64_t put_off;     /* polls that came too early; what is pushed is not counted */
    double hottest_bytes; /* read by all who share a shard so far: the most of them */
    double pushed_bytes;  /* by those with a throughput of their own, of all shards */
};

void readers_init(struct readers *readers, const struct readers_setup *setup);
/* The stream may have more shards now. */
void readers_fit(struct readers *readers);
/* A record has come to that shard. */
void readers_wake(struct readers *readers, uint32_t shard);
/* An EVENT_SERVICE with slot timer + index has fired. True: that reader may read now. */
bool readers_due(struct readers *readers, uint32_t index);
/* The consumer reads of that shard what its present poll has found; count 0: nothing (more). */
struct stream_batch readers_read(struct readers *readers, uint32_t shard, uint32_t consumer,
                                 uint32_t most, double bytes);

#endif
