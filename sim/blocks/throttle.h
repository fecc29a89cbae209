/* throttle: a limit of requests a second that may be absent: a token bucket and a count of what it
 * let pass. Quotas that are only stated a second keep a burst of so much time.
 * Worked: 10/s over 1 s lets 10 pass at once and refuses the 11th; a tenth of a second later one
 * more passes. */
#ifndef ARCHSIM_BLOCKS_THROTTLE_H
#define ARCHSIM_BLOCKS_THROTTLE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"

struct throttle {
    struct bucket bucket;
    double rate_per_s; /* INFINITY: there is no limit */
    uint64_t taken;    /* tokens, since time 0 */
    bool limited;      /* there is one */
};

/* Full at time 0. A rate of NaN or INFINITY is none; else as bucket_init. */
void throttle_init(struct throttle *throttle, double rate_per_s, int64_t burst_count);
/* The bucket holds what comes in burst_ns, but at least one token. */
void throttle_init_burst(struct throttle *throttle, double rate_per_s, int64_t burst_ns);

/* Takes so many tokens; more than the bucket can hold from a full one, which owes the rest. False:
 * they are not there. now_ns never goes back. */
static inline bool throttle_pass(struct throttle *throttle, int64_t now_ns, int64_t tokens)
{
    if (throttle->limited &&
        !(tokens == 1 ? bucket_take(&throttle->bucket, now_ns, 1)
                      : bucket_take_owing(&throttle->bucket, now_ns, tokens))) {
        return false;
    }
    throttle->taken += (uint64_t)tokens;
    return true;
}

/* Takes a token now or, ahead of its time, the next one that nobody else has: so long until it is
 * there. Whoever waits has a place. */
static inline int64_t throttle_wait_ns(struct throttle *throttle, int64_t now_ns)
{
    if (throttle_pass(throttle, now_ns, 1)) {
        return 0;
    }
    const int64_t due_ns = bucket_due_ns(&throttle->bucket, 1);
    bucket_give_back(&throttle->bucket, -1);
    throttle->taken++;
    return due_ns - now_ns;
}

/* One token is there, and stays. */
static inline bool throttle_open(const struct throttle *throttle, int64_t now_ns)
{
    return !throttle->limited || bucket_due_ns(&throttle->bucket, 1) <= now_ns;
}

#endif
