/* events: what will happen, in order of time; ties in the order in which they were scheduled.
 *
 * A key is 128 bits: time in ns (63) | order of scheduling (40) | slot of the event's record
 * (25), so that one integer comparison decides and the order is total. Keys stand in a 4-ary
 * heap, or, for what is always scheduled at the same distance (timeouts, constant latencies), in
 * a FIFO lane; the next event is the smallest of the heap's root and the lanes' heads.
 * Scheduling in a lane costs a store. Cancelling marks the record dead: O(1); a heap or lane of
 * which more than half is dead is compacted, so a 15-minute timeout does not keep its key for 15
 * minutes.
 *
 * A handle is the record's slot. Whoever schedules keeps it and forgets it when the event fires. */
#ifndef ARCHSIM_KERNEL_EVENTS_H
#define ARCHSIM_KERNEL_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/assert_hot.h"

/* What can make time pass; dispatched by the one switch in sim/engine/world.c. */
enum event_kind {
    EVENT_DEAD,      /* cancelled */
    EVENT_ARRIVAL,   /* slot = traffic: an open arrival is due */
    EVENT_THINK,     /* slot = traffic: a user of a closed source has thought */
    EVENT_WORK_DONE, /* slot = frame: its own compute has ended */
    EVENT_STEP,      /* slot = frame: a wait step or a backoff is over */
    EVENT_TIMEOUT,   /* slot = frame of the callee: its caller waits no longer */
    EVENT_PATIENCE,  /* slot = frame: it waits no longer in its line */
    EVENT_HEDGE,     /* slot = frame of the caller: time for another try */
    EVENT_LIMIT,     /* slot = frame: the time that its service allows is over */
    EVENT_AGAIN,     /* slot = frame: it arrives anew */
    EVENT_FED,       /* service = a source: its consumers hear that there is something new */
    EVENT_SERVICE,   /* service, slot = the model's own data: model.timer */
    EVENT_WINDOW,    /* slot: measurement begins, a quarter is over, it ends, the drain is over */
    EVENT_KINDS,
};

typedef unsigned __int128 event_key;

struct event {
    uint8_t kind;
    uint8_t lane;     /* where its key is; EVENTS_HEAP */
    uint16_t service; /* EVENT_SERVICE */
    uint32_t slot;    /* of a free record: the next free one */
};

enum {
    EVENTS_SLOT_BITS = 25,
    EVENTS_ORDER_BITS = 40,
    EVENTS_LANES_MAX = 16,
    EVENTS_HEAP = 0xff, /* in place of a lane */
};
#define EVENT_NONE UINT32_MAX
#define EVENTS_TIME_MAX INT64_MAX

struct event_lane {
    int64_t distance_ns;
    event_key *keys; /* ring */
    uint32_t head, count, capacity, dead;
};

struct events {
    event_key *heap; /* 4-ary; siblings share a cache line */
    void *heap_memory;
    uint32_t heap_count, heap_capacity, heap_dead;
    bool hole; /* the root was taken and not yet replaced: the next push goes there */
    uint32_t lanes_count;
    uint32_t lane_first;                    /* the lane with the smallest head */
    uint32_t lane_last;                     /* the one from which an event was last taken */
    event_key lane_heads[EVENTS_LANES_MAX]; /* largest key where the lane is empty */
    struct event_lane lanes[EVENTS_LANES_MAX];
    struct event *records;
    uint32_t records_capacity, records_free;
    uint64_t order; /* of the next event */
    int64_t now_ns; /* of the last event taken */
};

void events_init(struct events *events);
void events_done(struct events *events);

/* The lane for a distance, made if need be; EVENTS_HEAP when all lanes are taken by others. */
uint32_t events_lane(struct events *events, int64_t distance_ns);

/* time_ns >= now. Returns the handle. */
uint32_t events_at(struct events *events, int64_t time_ns, enum event_kind kind, uint16_t service,
                   uint32_t slot);
/* At time_ns through a lane, in which no pending event is later. */
uint32_t events_in_lane(struct events *events, uint32_t lane, int64_t time_ns, enum event_kind kind,
                        uint16_t service, uint32_t slot);
/* At now + distance, through its lane (or the heap for EVENTS_HEAP). */
static inline uint32_t events_after(struct events *events, uint32_t lane, int64_t distance_ns,
                                    enum event_kind kind, uint16_t service, uint32_t slot)
{
    if (lane == EVENTS_HEAP) {
        return events_at(events, events->now_ns + distance_ns, kind, service, slot);
    }
    assert_hot(events->lanes[lane].distance_ns == distance_ns);
    return events_in_lane(events, lane, events->now_ns + distance_ns, kind, service, slot);
}
/* The event must be pending. */
void events_cancel(struct events *events, uint32_t handle);

/* Takes the next live event and moves the clock; false when nothing is pending. */
bool events_next(struct events *events, struct event *event);

/* The event that is likely to come after the one just taken, for prefetching; null in a small
 * heap, where everything is close anyway. */
const struct event *events_ahead(const struct events *events);

/* Live events that are pending; of all, keys held (dead ones included), for tests and --profile. */
uint64_t events_pending(const struct events *events);

#endif
