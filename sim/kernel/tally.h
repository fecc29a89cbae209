/* tally: count, mean, standard deviation and extremes of whole-numbered values (nanoseconds,
 * bytes). Sums and squares are exact 128-bit integers, taken modulo 2^128; adding costs a multiply
 * and no division, merging is exact in any order, and the spread of equal values is exactly 0.
 * Valid while sum((value - mean)^2) < 2^128: 10^9 values may have a standard deviation of 6 days.
 * Worked: 3, 5, 7: sum 15, squares 83; whole mean 5, so sum((v - 5)^2) = 83 - 2*5*15 + 3*25 = 8 and
 * the sample variance is 8 / 2 = 4. */
#ifndef ARCHSIM_KERNEL_TALLY_H
#define ARCHSIM_KERNEL_TALLY_H

#include <stdint.h>

struct tally {
    uint64_t count;
    int64_t min, max; /* INT64_MAX, INT64_MIN while empty */
    __int128 sum;
    unsigned __int128 squares; /* modulo 2^128 */
};

/* Empties; also the way to begin. */
void tally_clear(struct tally *tally);

/* The same value so many times, at least once. */
static inline void tally_add_many(struct tally *tally, int64_t value, uint64_t count)
{
    tally->count += count;
    tally->sum += (__int128)value * (__int128)count;
    tally->squares += (unsigned __int128)((__int128)value * value) * count;
    tally->min = value < tally->min ? value : tally->min;
    tally->max = value > tally->max ? value : tally->max;
}

static inline void tally_add(struct tally *tally, int64_t value)
{
    tally_add_many(tally, value, 1);
}

/* Adds all of `from` to `into`; exact, so the order does not matter. */
void tally_merge(struct tally *into, const struct tally *from);

double tally_mean(const struct tally *tally); /* NaN while empty */
double tally_sd(const struct tally *tally);   /* of the sample (n - 1); NaN below two values */

#endif
