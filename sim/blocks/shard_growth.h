/* shard_growth: how many shards a stream on demand wants: enough for so many times the traffic of
 * its highest minute so far, and twice as many while its hottest shard is above a share of its
 * limits. Not again where doubling has not made the part smaller that the hottest has of all
 * traffic: it is one key's then. Never fewer than there are.
 * Worked, headroom 2, hot above 0.5: 4 shards, a minute of 3 shards' traffic, evenly: 6 for the
 * headroom, but each shard is at 0.75: 8. One key alone at 0.8 of a shard: 8 once, then no more. */
#ifndef ARCHSIM_BLOCKS_SHARD_GROWTH_H
#define ARCHSIM_BLOCKS_SHARD_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

struct shard_growth {
    double headroom, hot; /* of the highest minute; share of a shard's limits */
    uint32_t most;        /* shards */
    double peak;          /* of a minute: shards' worth of traffic */
    double part; /* the hottest shard's of the traffic, at the last doubling; 0: none yet */
};

/* Of a minute: what it used, in shards, and what the hottest used of its limits. While a change is
 * under way nothing is wanted, but the minute counts. Returns `open` where nothing is wanted. */
uint32_t shard_growth_wanted(struct shard_growth *growth, uint32_t open, double used,
                             double hottest, bool under_way);

#endif
