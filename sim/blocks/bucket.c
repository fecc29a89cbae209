/* bucket: the cold half: a rate and a burst in 2^-40 ns. */
#include "sim/blocks/bucket.h"

#include <assert.h>
#include <math.h>

void bucket_init(struct bucket *bucket, double rate_per_s, int64_t burst_count)
{
    assert(rate_per_s > 0 && rate_per_s <= 1e9);
    assert(burst_count >= 1);
    /* rounded down, or the 7th token of 7/s would be due a nanosecond after its second */
    const long double period_ns = nextafterl(1e9L / (long double)rate_per_s, 0);
    assert(period_ns * (long double)burst_count < 0x1p86L);
    const __int128 period = (__int128)ldexpl(period_ns, BUCKET_FRACTION_BITS);
    *bucket = (struct bucket){
        .period = period,
        .depth = period * burst_count,
        .empty = -period * burst_count,
    };
}

void bucket_change(struct bucket *bucket, int64_t now_ns, double rate_per_s, int64_t burst_count)
{
    const __int128 now = (__int128)now_ns << BUCKET_FRACTION_BITS;
    const struct bucket old = *bucket;
    const __int128 held = now - old.empty < old.depth ? now - old.empty : old.depth;
    bucket_init(bucket, rate_per_s, burst_count);
    /* whole tokens stay whole; only of the last one a part may be rounded */
    const long double part = (long double)(held % old.period) / (long double)old.period;
    const __int128 kept =
        held / old.period * bucket->period + (__int128)(part * (long double)bucket->period);
    bucket->empty = now - (kept < bucket->depth ? kept : bucket->depth);
}
