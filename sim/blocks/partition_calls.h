/* partition_calls: how many API calls a second something takes that lies in partitions, action by
 * action. A key (a message group) lies in one of them, by a hash, and calls about it take from that
 * partition; calls about no key take from all together. Each partition takes so many calls of each
 * action, and all of them no more than a total.
 * Worked: 8 partitions of 300/s, total 2,400/s: sends of one group pass at 300/s, of many groups at
 * up to 2,400/s, of two groups that share a partition at 300/s together. */
#ifndef ARCHSIM_BLOCKS_PARTITION_CALLS_H
#define ARCHSIM_BLOCKS_PARTITION_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

enum { PARTITION_CALLS_ACTIONS = 3 }; /* 0: about a key; the others about none */

struct partition_calls_setup {
    struct arena *arena; /* outlives it */
    uint32_t partitions; /* >= 1 */
    double rate_per_s;   /* calls of each action, of one partition */
    int64_t burst_count;
    double total_per_s; /* calls of each action, of all; a second's worth at once */
    int64_t parts;      /* of a call of action 0, which may be taken one by one; >= 1 */
    uint64_t salt;      /* where the keys lie */
};

struct partition_calls {
    struct partition_calls_setup setup;
    struct bucket *keyed;                          /* of each partition, action 0, in parts */
    struct bucket totals[PARTITION_CALLS_ACTIONS]; /* 0: in parts */
    uint64_t *taken;                               /* parts, of each partition */
    uint64_t hottest;                              /* the most of them */
};

void partition_calls_init(struct partition_calls *calls, const struct partition_calls_setup *setup);
/* Of all partitions, of each action. */
double partition_calls_rate(const struct partition_calls_setup *setup);

static inline uint32_t partition_calls_of(const struct partition_calls *calls, uint32_t key)
{
    const uint64_t hash = random_hash(key, calls->setup.salt);
    return (uint32_t)(((unsigned __int128)hash * calls->setup.partitions) >> 64);
}

/* So many parts of a call of action 0, about a key of that partition. now_ns never goes back. */
bool partition_calls_take_keyed(struct partition_calls *calls, uint32_t partition, int64_t now_ns,
                                int64_t parts);
/* A call of another action. */
static inline bool partition_calls_take(struct partition_calls *calls, uint32_t action,
                                        int64_t now_ns)
{
    return bucket_take(&calls->totals[action], now_ns, 1);
}
/* After one of those that failed: when the next may pass. */
static inline int64_t partition_calls_due_ns(const struct partition_calls *calls, uint32_t action)
{
    return bucket_due_ns(&calls->totals[action], 1);
}

#endif
