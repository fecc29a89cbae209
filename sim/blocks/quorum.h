/* quorum: a write that goes to n copies at once and is done when k of them have confirmed: the k-th
 * smallest of n times. Copies that are lost confirm never: of six of which four count, with two
 * lost, the slowest of the four that are left.
 * Worked, exponential times of mean 1: the fourth of six takes 1/6 + 1/5 + 1/4 + 1/3 = 0.95, the
 * fourth of four 1/4 + 1/3 + 1/2 + 1 = 2.08 in the mean. */
#ifndef ARCHSIM_BLOCKS_QUORUM_H
#define ARCHSIM_BLOCKS_QUORUM_H

#include <assert.h>
#include <stdint.h>

#include "sim/kernel/distribution.h"
#include "sim/kernel/random.h"

enum { QUORUM_COPIES_MAX = 8 };

/* 1 <= needed <= copies <= QUORUM_COPIES_MAX. */
static inline int64_t quorum_draw_ns(const struct distribution *copy_ns_dist, struct random *random,
                                     uint32_t copies, uint32_t needed)
{
    assert(needed >= 1 && needed <= copies && copies <= QUORUM_COPIES_MAX);
    int64_t times[QUORUM_COPIES_MAX];
    for (uint32_t i = 0; i < copies; i++) { /* by insertion */
        const int64_t time_ns = distribution_draw_int(copy_ns_dist, random);
        uint32_t at = i;
        for (; at > 0 && times[at - 1] > time_ns; at--) {
            times[at] = times[at - 1];
        }
        times[at] = time_ns;
    }
    return times[needed - 1];
}

#endif
