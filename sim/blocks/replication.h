/* replication: writes that another place does not have yet. Those of one slot of time travel as one
 * batch, as counts and bytes, with a lag of its own, so that batches may overtake each other; the
 * lag counts from the middle of the slot. What is on its way is a level with an age: how old the
 * oldest of it is (0: there is none), integrated over time; it is what would be lost now.
 * Worked, slots of 10 ms, lags of 1 s: a write at 12 ms is in the slot from 12 to 22 ms, with all
 * others of that time; they arrive at 1,017 ms, and just before that the age is 1,005 ms. */
#ifndef ARCHSIM_BLOCKS_REPLICATION_H
#define ARCHSIM_BLOCKS_REPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/gauge.h"

struct replication_setup {
    struct core *core;
    struct arena *arena; /* outlives it */
    const struct distribution *lag_ns_dist;
    struct random random;
    int64_t slot_ns;             /* > 0 */
    uint16_t service;            /* whose EVENT_SERVICE `timer` + number of a batch are its own */
    uint32_t timer, batches_max; /* numbers are below; a power of two */
};

struct replication_batch {
    int64_t first_ns; /* when its slot began */
    uint64_t writes;  /* 0: it has arrived */
    double bytes;
};

struct replication {
    struct replication_setup setup;
    struct replication_batch *ring; /* of batches `oldest` .. `next` - 1 */
    uint32_t capacity, oldest, next;
    int64_t slot_end_ns;  /* of batch next - 1 */
    struct gauge pending; /* writes on their way */
    double pending_bytes;
    uint64_t sent, arrived; /* writes */
    /* of the age, ns: integral up to changed_ns, and the most since replication_reset */
    double age_area;
    int64_t changed_ns, age_most_ns;
};

void replication_init(struct replication *replication, const struct replication_setup *setup);
/* So many writes, >= 1, are made now. */
void replication_send(struct replication *replication, uint32_t writes, double bytes);
/* An EVENT_SERVICE with slot timer + number: that batch arrives. How old the middle of its slot is.
 */
int64_t replication_due(struct replication *replication, uint32_t number);
/* The age of the oldest that is on its way; 0: there is none. */
int64_t replication_age_ns(const struct replication *replication);
/* Its integral up to now, ns^2. */
double replication_age_area(const struct replication *replication);
/* The highest since replication_reset. */
int64_t replication_age_most_ns(const struct replication *replication);
/* Forgets the highest age, and begins a window of the level. */
void replication_reset(struct replication *replication);

#endif
