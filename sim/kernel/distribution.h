/* distribution: a random quantity as the language writes it, compiled for drawing.
 * Values are in the base unit of the simulator (times in nanoseconds, sizes in bytes, counts bare);
 * the parser has converted the arguments. `mean` and `sd` are exact; NaN: there is none. */
#ifndef ARCHSIM_KERNEL_DISTRIBUTION_H
#define ARCHSIM_KERNEL_DISTRIBUTION_H

#include <stdint.h>

#include "sim/kernel/random.h"

enum distribution_kind {
    DISTRIBUTION_CONSTANT,         /* a = value */
    DISTRIBUTION_EXPONENTIAL,      /* a = mean */
    DISTRIBUTION_LOGNORMAL,        /* a = mu, b = sigma of the logarithm */
    DISTRIBUTION_GAMMA,            /* a = shape, b = scale, c = for sampling */
    DISTRIBUTION_ERLANG,           /* a = k (whole), b = mean of one stage, c = for sampling */
    DISTRIBUTION_HYPEREXPONENTIAL, /* a = p, b = mean1 (with probability p), c = mean2 */
    DISTRIBUTION_WEIBULL,          /* a = shape, b = scale */
    DISTRIBUTION_PARETO,           /* a = shape, b = min */
    DISTRIBUTION_UNIFORM,          /* a = low, b = high */
    DISTRIBUTION_NORMAL,           /* a = mean, b = sd before truncation; drawn again below 0 */
    DISTRIBUTION_TRIANGULAR,       /* a = min, b = mode, c = max */
    DISTRIBUTION_GEOMETRIC,        /* c * 1, 2, ...; a = success p, b = -1 / log(1 - p) */
    DISTRIBUTION_QUANTILES,        /* x[] probabilities of a * y[]; a * b at probability 0 */
    DISTRIBUTION_EMPIRICAL,        /* a * y[], sorted samples of equal probability */
};

struct distribution {
    enum distribution_kind kind;
    double a, b, c;
    double mean, sd;     /* NaN: does not exist (pareto shape <= 1, <= 2) */
    const double *x, *y; /* QUANTILES, EMPIRICAL: owned by the scenario's arena */
    uint32_t points;     /* length of x and y */
};

/* Constructors from the parameters that users write; the result's mean and sd are filled in.
 * All arguments finite; means, values, sds and cvs >= 0; 0 < p50 <= p99; k >= 1; 0 <= p <= 1;
 * weibull shape 0.02..1000; pareto shape 0.01..1000 and min > 0; low <= high; min <= mode <= max;
 * geometric mean >= 1. The parser checked these ranges; they are asserted here. */
struct distribution distribution_constant(double value);
struct distribution distribution_exponential(double mean);
struct distribution distribution_lognormal(double mean, double cv);
struct distribution distribution_lognormal_quantiles(double p50, double p99);
struct distribution distribution_gamma(double mean, double cv);
struct distribution distribution_erlang(uint32_t k, double mean);
struct distribution distribution_hyperexponential(double p, double mean1, double mean2);
struct distribution distribution_weibull(double mean, double shape);
struct distribution distribution_pareto(double min, double shape);
struct distribution distribution_uniform(double low, double high);
struct distribution distribution_normal(double mean, double sd);
struct distribution distribution_triangular(double min, double mode, double max);
struct distribution distribution_geometric(double mean);
/* Borrow x, y. QUANTILES: at least 2 points, x strictly ascending in 0..1, last x = 1 (max); y > 0,
 * ascending. Below the first given quantile the first segment goes on to probability 0, but not
 * below a tenth of its value: p50=10ms p90=25ms reaches down to 10 * 2.5^(-0.5 / 0.4) = 3.2 ms. */
struct distribution distribution_quantiles(const double *x, const double *y, uint32_t points);
/* EMPIRICAL: at least 1 point, >= 0, ascending. */
struct distribution distribution_empirical(const double *sorted, uint32_t points);

/* factor * X, factor > 0: the same shape with another mean, as `lognormal(cv=2)` for a rate. */
struct distribution distribution_scale(const struct distribution *d, double factor);

/* The kinds that distribution_draw does not answer itself. */
double distribution_sample(const struct distribution *d, struct random *random);

/* One draw, >= 0, finite. */
static inline double distribution_draw(const struct distribution *d, struct random *random)
{
    if (d->kind == DISTRIBUTION_EXPONENTIAL)
        return d->a * random_exponential(random);
    if (d->kind == DISTRIBUTION_CONSTANT)
        return d->a;
    return distribution_sample(d, random);
}

/* One draw rounded to whole nanoseconds (or bytes, counts), at most 2^62. */
static inline int64_t distribution_draw_int(const struct distribution *d, struct random *random)
{
    const double x = distribution_draw(d, random) + 0.5;
    return x < 0x1p62 ? (int64_t)x : (int64_t)1 << 62;
}

/* P(X <= x): for the goodness-of-fit tests and for exact formulas. */
double distribution_cdf(const struct distribution *d, double x);

#endif
