/* shard_growth: two rules, and when the second is in vain. */
#include "sim/blocks/shard_growth.h"

#include <math.h>

#define SHARD_GROWTH_HELPED \
    0.75 /* of that part, at most: doubling the shards has made it smaller */

static bool shard_growth_doubles(struct shard_growth *growth, double used, double hottest)
{
    if (hottest <= growth->hot) {
        return false;
    }
    const double part = hottest / used;
    if (growth->part > 0 && part > SHARD_GROWTH_HELPED * growth->part) {
        return false;
    }
    growth->part = part;
    return true;
}

uint32_t shard_growth_wanted(struct shard_growth *growth, uint32_t open, double used,
                             double hottest, bool under_way)
{
    growth->peak = fmax(used, growth->peak);
    if (under_way) {
        return open;
    }
    double wanted = ceil(growth->headroom * growth->peak);
    if (wanted < 2.0 * open && shard_growth_doubles(growth, used, hottest)) {
        wanted = 2.0 * open;
    }
    wanted = fmin(wanted, growth->most);
    return wanted > open ? (uint32_t)wanted : open;
}
