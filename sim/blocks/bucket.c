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
