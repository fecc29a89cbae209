/* event_source: an event source mapping: what polls a queue or a stream for a function, gathers
 * batches, and keeps to how many may be worked off at a time.
 *   queue    a number of pollers that grows while messages wait (pollers.h)
 *   stream   so many batches of each shard at a time; one that failed is tried again in its place,
 *            perhaps halved, and holds it up until it is done, was tried too often, or its records
 *            are too old; shards that come after others wait until those are done (shard_runs.h)
 * A batch is sent when it is full, or when a window has passed since its first message; without a
 * window at once. What the mapping cannot do itself, receiving and invoking, its owner does. */
#ifndef ARCHSIM_BLOCKS_EVENT_SOURCE_H
#define ARCHSIM_BLOCKS_EVENT_SOURCE_H

#include "sim/blocks/pollers.h"
#include "sim/blocks/shard_runs.h"
#include "sim/kernel/core.h"
#include "sim/kernel/gauge.h"

struct event_source_ops {
    /* Up to `most` messages and so many bytes of a queue are added to the delivery; or of a shard,
     * then the delivery is that shard. Fills in what it received. */
    void (*receive)(void *context, uint32_t most, double bytes, uint32_t *delivery,
                    struct shard_records *records);
    /* The function is called with them; null: the world has ended. */
    struct frame *(*invoke)(void *context, uint32_t delivery, uint32_t count);
    uint32_t (*parts)(void *context);
    /* As shard_runs.after; null: none. */
    struct shard_parents (*part_after)(void *context, uint32_t part);
    /* One more poller is allowed, because messages wait. */
    void (*grown)(void *context, uint32_t allowed);
    /* Of a stream: a batch of so many records is too old, and was not even tried. */
    void (*too_old)(void *context, uint32_t count);
};

struct event_source_setup {
    struct core *core;
    struct arena *arena; /* outlives it */
    const struct event_source_ops *ops;
    void *context;
    bool stream;
    struct pollers_setup pollers; /* of a queue; `batch` of both */
    int64_t window_ns;
    uint16_t service; /* whose EVENT_SERVICE from slot `timer` on are the mapping's */
    uint32_t timer;
    /* of a stream */
    uint32_t lanes;     /* batches of a shard at a time */
    double bytes;       /* of a batch */
    int64_t tries_max;  /* further ones of a batch that failed */
    int64_t age_max_ns; /* of its newest record; below 0: for ever */
    bool halve;         /* a batch that failed */
    bool per_record;    /* a round of the invocation is one record */
    struct random random;
};

struct event_source {
    struct event_source_setup setup;
    struct pollers pollers;
    struct shard_runs shards;
    struct gauge working; /* batches under way */
    uint32_t window;      /* of a queue's batch; EVENT_NONE */
    bool timed;           /* one more poller is due */
};

void event_source_init(struct event_source *source, const struct event_source_setup *setup);
/* There is something new, or a place: takes what may be worked off now. */
void event_source_poll(struct event_source *source);
/* An EVENT_SERVICE with slot timer + index. */
void event_source_due(struct event_source *source, uint32_t index);
/* The batch of that frame is over. `failed`: its poller is less eager. */
void event_source_end(struct event_source *source, const struct frame *f, bool failed);
/* It was throttled, and is to be tried again. */
void event_source_throttled(struct event_source *source);
/* Of a stream: the records of that frame, as far as they are not done. */
const struct shard_records *event_source_records(const struct event_source *source,
                                                 const struct frame *f);
/* Of a stream: they are too old to be tried once more. */
bool event_source_too_old(const struct event_source *source, const struct frame *f);
/* Of a stream: it failed. True: it is to be tried again, with the rounds that the frame has now. */
bool event_source_retry(struct event_source *source, struct frame *f);

#endif
