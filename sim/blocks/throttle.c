/* throttle: how a limit begins. */
#include "sim/blocks/throttle.h"

#define THROTTLE_SECOND_NS 1e9
#define THROTTLE_BURST_MAX 1e9

void throttle_init(struct throttle *throttle, double rate_per_s, int64_t burst_count)
{
    const bool limited = isfinite(rate_per_s);
    *throttle =
        (struct throttle){.rate_per_s = limited ? rate_per_s : INFINITY, .limited = limited};
    if (limited) {
        bucket_init(&throttle->bucket, rate_per_s, burst_count);
    }
}

void throttle_init_burst(struct throttle *throttle, double rate_per_s, int64_t burst_ns)
{
    const double burst = rate_per_s * ((double)burst_ns / THROTTLE_SECOND_NS);
    throttle_init(throttle, rate_per_s, burst > 1 ? (int64_t)fmin(burst, THROTTLE_BURST_MAX) : 1);
}
