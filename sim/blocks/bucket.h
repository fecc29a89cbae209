/* bucket: a token bucket that refills continuously, one token every 1/rate, up to `burst`; it
 * starts full.
 * Invariant: nothing is refilled. The bucket knows one instant, `empty`, at which it would have
 * held no token; at time t it holds min(burst, (t - empty) * rate). Taking moves `empty` on by one
 * period per token: the generic cell rate algorithm (ITU-T I.371, virtual scheduling). Times are
 * 128-bit, in 2^-40 ns: 10^12 tokens drift by about a nanosecond, never to the later.
 * Worked: rate 10/s, burst 2, three takes at t = 0: empty goes -200 -> -100 -> 0 ms, the third
 * fails and is due at 100 ms. */
#ifndef ARCHSIM_BLOCKS_BUCKET_H
#define ARCHSIM_BLOCKS_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

enum { BUCKET_FRACTION_BITS = 40 };
#define BUCKET_NS ((__int128)1 << BUCKET_FRACTION_BITS)

struct bucket {
    __int128 period; /* of one token */
    __int128 depth;  /* from empty to full */
    __int128 empty;
};

/* Full at time 0. 0 < rate <= 10^9, burst >= 1; from empty to full it takes less than 2^86 ns. */
void bucket_init(struct bucket *bucket, double rate_per_s, int64_t burst_count);

/* From now on another rate and burst. What the bucket holds or owes stays, up to the new burst. */
void bucket_change(struct bucket *bucket, int64_t now_ns, double rate_per_s, int64_t burst_count);

/* After a take that failed: the first whole ns at which so many tokens (at most the burst) will be
 * there, if nobody takes any before. */
static inline int64_t bucket_due_ns(const struct bucket *bucket, int64_t tokens)
{
    const __int128 due = bucket->empty + tokens * bucket->period;
    return (int64_t)((due + BUCKET_NS - 1) >> BUCKET_FRACTION_BITS);
}

/* Pays `cost` where the bucket holds `needed` at least, both in its time. */
static inline bool bucket_pay(struct bucket *bucket, int64_t now_ns, __int128 cost, __int128 needed)
{
    const __int128 now = (__int128)now_ns << BUCKET_FRACTION_BITS;
    /* a nanosecond more is kept: who takes at the whole ns after the due instant loses nothing */
    const __int128 full = now - BUCKET_NS + 1 - bucket->depth;
    const __int128 empty = bucket->empty > full ? bucket->empty : full;
    if (empty + needed > now) {
        return false;
    }
    bucket->empty = empty + cost;
    return true;
}

/* Takes all of the tokens or none; now_ns never goes back. */
static inline bool bucket_take(struct bucket *bucket, int64_t now_ns, int64_t tokens)
{
    const __int128 cost = tokens * bucket->period;
    return bucket_pay(bucket, now_ns, cost, cost);
}

/* The same, but more than the burst is taken from a full bucket, which owes the rest. */
static inline bool bucket_take_owing(struct bucket *bucket, int64_t now_ns, int64_t tokens)
{
    const __int128 cost = tokens * bucket->period;
    return bucket_pay(bucket, now_ns, cost, cost < bucket->depth ? cost : bucket->depth);
}

/* Tokens that are not there of the burst; more than that where it owes some. */
static inline double bucket_missing(const struct bucket *bucket, int64_t now_ns)
{
    const __int128 missing =
        bucket->empty + bucket->depth - ((__int128)now_ns << BUCKET_FRACTION_BITS);
    return missing > 0 ? (double)missing / (double)bucket->period : 0;
}

/* Tokens that were taken at this very instant come back. */
static inline void bucket_give_back(struct bucket *bucket, int64_t tokens)
{
    bucket->empty -= tokens * bucket->period;
}

#endif
