/* histogram: how often each size of a value >= 0 (nanoseconds) occurred, in log-linear buckets.
 * Values below 1024 have a bucket each; above, every octave [2^k, 2^(k+1)) has 512 equal buckets,
 * so a bucket is at most 1/512 of its value wide and interpolation errs by less than 0.2 %.
 * An octave takes 4 KB of the arena when its first value comes: a range of 1 us .. 1 s costs 80 KB,
 * whatever the count. Adding costs a bit scan, a load and an increment.
 * Worked: 1000000 lies in octave [2^19, 2^20), buckets of 1024: bucket 464 = [999424, 1000448). */
#ifndef ARCHSIM_KERNEL_HISTOGRAM_H
#define ARCHSIM_KERNEL_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum {
    HISTOGRAM_BUCKETS = 512, /* per octave */
    HISTOGRAM_OCTAVES = 55,  /* [0, 512), [512, 1024), ... [2^62, 2^63) */
};

struct histogram {
    struct arena *arena;
    uint64_t *octaves[HISTOGRAM_OCTAVES + 1]; /* null: no value yet; the last one stays null */
};

/* One bucket that holds something: values low .. low + width - 1. */
struct histogram_bucket {
    uint32_t index; /* octave * 512 + bucket */
    int64_t low, width;
    uint64_t count;
};

/* A histogram packed into bytes: of a few thousand values, a few KB. */
struct histogram_code {
    const uint8_t *bytes;
    size_t size_bytes;
};

/* Empty; octaves will be taken from the arena, which must outlive it. */
void histogram_init(struct histogram *histogram, struct arena *arena);
/* Empties and keeps the memory. */
void histogram_clear(struct histogram *histogram);

/* The cold half of histogram_add: takes the octave. A negative value ends up here and asserts. */
uint64_t *histogram_grow(struct histogram *histogram, uint32_t octave);

static inline void histogram_add_many(struct histogram *histogram, int64_t value, uint64_t count)
{
    const uint64_t v = (uint64_t)value;
    const uint32_t shift = 54u - (uint32_t)__builtin_clzll(v | 512);
    const uint64_t top = v >> shift; /* below 512 only in octave 0 */
    const uint32_t octave = shift + (uint32_t)(top / HISTOGRAM_BUCKETS);
    uint64_t *counts = histogram->octaves[octave];
    if (__builtin_expect(counts == NULL, 0))
        counts = histogram_grow(histogram, octave);
    counts[top % HISTOGRAM_BUCKETS] += count;
}

static inline void histogram_add(struct histogram *histogram, int64_t value)
{
    histogram_add_many(histogram, value, 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from);

/* How many values were exactly 0. */
static inline uint64_t histogram_zeros(const struct histogram *histogram)
{
    return histogram->octaves[0] != NULL ? histogram->octaves[0][0] : 0;
}

uint64_t histogram_count(const struct histogram *histogram);
/* The smallest x with F(x) >= p, 0 <= p <= 1, interpolated by rank within its bucket (exact below
 * 1024); NaN while empty. summary_quantile also knows the extremes and is exact for constants. */
double histogram_quantile(const struct histogram *histogram, double p);

/* The next bucket that is not empty, in ascending order; begin with a zeroed one:
 *     struct histogram_bucket bucket = {0};
 *     while (histogram_next(h, &bucket)) ... */
bool histogram_next(const struct histogram *histogram, struct histogram_bucket *bucket);

/* Packs: per bucket the gap to the last one and the count, as varints. The bytes are to be freed
 * with free(). */
struct histogram_code histogram_encode(const struct histogram *histogram);
/* Adds what was packed. False if the bytes are damaged (they may come from a database); what came
 * before the damage is then added already. */
bool histogram_decode(struct histogram *into, struct histogram_code code);

#endif
