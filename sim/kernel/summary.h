/* summary: what is recorded of a duration: a histogram for its quantiles and a tally for the rest.
 * One summary_add per finished call; both halves see the same values, so the extremes of the tally
 * bound the quantiles of the histogram: p99.9 never exceeds max, and constants come out exact. */
#ifndef ARCHSIM_KERNEL_SUMMARY_H
#define ARCHSIM_KERNEL_SUMMARY_H

#include <math.h>

#include "sim/kernel/histogram.h"
#include "sim/kernel/tally.h"

struct summary {
    struct tally tally;
    struct histogram histogram;
};

static inline void summary_init(struct summary *summary, struct arena *arena)
{
    tally_clear(&summary->tally);
    histogram_init(&summary->histogram, arena);
}

static inline void summary_clear(struct summary *summary)
{
    tally_clear(&summary->tally);
    histogram_clear(&summary->histogram);
}

static inline void summary_add(struct summary *summary, int64_t value)
{
    tally_add(&summary->tally, value);
    histogram_add(&summary->histogram, value);
}

/* The same value so many times, at least once. */
static inline void summary_add_many(struct summary *summary, int64_t value, uint64_t count)
{
    tally_add_many(&summary->tally, value, count);
    histogram_add_many(&summary->histogram, value, count);
}

static inline void summary_merge(struct summary *into, const struct summary *from)
{
    tally_merge(&into->tally, &from->tally);
    histogram_merge(&into->histogram, &from->histogram);
}

/* As histogram_quantile, held within min and max; NaN while empty. */
static inline double summary_quantile(const struct summary *summary, double p)
{
    const double x = histogram_quantile(&summary->histogram, p);
    return isnan(x) ? x : fmax((double)summary->tally.min, fmin((double)summary->tally.max, x));
}

#endif
