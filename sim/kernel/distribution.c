/* distribution: moments, sampling and distribution function of every kind of the language.
 * Sampling stands on the two ziggurats; inverse transforms use -log(U) = an exponential. GSL gives
 * the incomplete gamma function and Poisson numbers; its gamma sampler is not used, because its
 * normals have 24 bits. Moments: Johnson, Kotz, Continuous Univariate Distributions. */
#include "sim/kernel/distribution.h"

#include <assert.h>
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stddef.h>

/* sd from the mean of squares; rounding may leave a hair below zero. */
static double distribution_sd(double mean_square, double mean)
{
    return sqrt(fmax(0.0, mean_square - mean * mean));
}

static double distribution_normal_cdf(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

struct distribution distribution_constant(double value)
{
    assert(value >= 0 && isfinite(value));
    return (struct distribution){.kind = DISTRIBUTION_CONSTANT, .a = value, .mean = value};
}

struct distribution distribution_exponential(double mean)
{
    assert(mean >= 0 && isfinite(mean));
    if (mean == 0)
        return distribution_constant(0);
    return (struct distribution){
        .kind = DISTRIBUTION_EXPONENTIAL, .a = mean, .mean = mean, .sd = mean};
}

struct distribution distribution_lognormal(double mean, double cv)
{
    assert(mean >= 0 && isfinite(mean));
    assert(cv >= 0 && isfinite(cv));
    if (mean == 0 || cv == 0)
        return distribution_constant(mean);
    const double variance = log1p(cv * cv);
    return (struct distribution){.kind = DISTRIBUTION_LOGNORMAL,
                                 .a = log(mean) - 0.5 * variance,
                                 .b = sqrt(variance),
                                 .mean = mean,
                                 .sd = mean * cv};
}

struct distribution distribution_lognormal_quantiles(double p50, double p99)
{
    assert(p50 > 0 && p99 >= p50 && isfinite(p99));
    if (p99 == p50)
        return distribution_constant(p50);
    const double sigma = log(p99 / p50) / gsl_cdf_ugaussian_Pinv(0.99);
    const double mean = p50 * exp(0.5 * sigma * sigma);
    return (struct distribution){.kind = DISTRIBUTION_LOGNORMAL,
                                 .a = log(p50),
                                 .b = sigma,
                                 .mean = mean,
                                 .sd = mean * sqrt(expm1(sigma * sigma))};
}

/* c is the slope of Marsaglia and Tsang's cubic, for a shape of at least 1. */
static struct distribution distribution_gamma_shape(enum distribution_kind kind, double shape,
                                                    double scale)
{
    const double boosted = shape < 1 ? shape + 1 : shape;
    return (struct distribution){.kind = kind,
                                 .a = shape,
                                 .b = scale,
                                 .c = 1 / sqrt(9 * boosted - 3),
                                 .mean = shape * scale,
                                 .sd = sqrt(shape) * scale};
}

struct distribution distribution_gamma(double mean, double cv)
{
    assert(mean >= 0 && isfinite(mean));
    assert(cv >= 0 && isfinite(cv));
    if (mean == 0 || cv == 0)
        return distribution_constant(mean);
    return distribution_gamma_shape(DISTRIBUTION_GAMMA, 1 / (cv * cv), mean * cv * cv);
}

struct distribution distribution_erlang(uint32_t k, double mean)
{
    assert(k >= 1);
    assert(mean >= 0 && isfinite(mean));
    if (mean == 0)
        return distribution_constant(0);
    return distribution_gamma_shape(DISTRIBUTION_ERLANG, k, mean / k);
}

struct distribution distribution_hyperexponential(double p, double mean1, double mean2)
{
    assert(p >= 0 && p <= 1);
    assert(mean1 >= 0 && isfinite(mean1));
    assert(mean2 >= 0 && isfinite(mean2));
    const double mean = p * mean1 + (1 - p) * mean2;
    const double mean_square = 2 * (p * mean1 * mean1 + (1 - p) * mean2 * mean2);
    return (struct distribution){.kind = DISTRIBUTION_HYPEREXPONENTIAL,
                                 .a = p,
                                 .b = mean1,
                                 .c = mean2,
                                 .mean = mean,
                                 .sd = distribution_sd(mean_square, mean)};
}

struct distribution distribution_weibull(double mean, double shape)
{
    assert(mean >= 0 && isfinite(mean));
    assert(shape >= 0.02 && shape <= 1000);
    if (mean == 0)
        return distribution_constant(0);
    const double unit_mean = tgamma(1 + 1 / shape);
    const double unit_sd = distribution_sd(tgamma(1 + 2 / shape) / (unit_mean * unit_mean), 1);
    return (struct distribution){.kind = DISTRIBUTION_WEIBULL,
                                 .a = shape,
                                 .b = mean / unit_mean,
                                 .mean = mean,
                                 .sd = mean * unit_sd};
}

struct distribution distribution_pareto(double min, double shape)
{
    assert(min > 0 && isfinite(min));
    assert(shape >= 0.01 && shape <= 1000);
    return (struct distribution){.kind = DISTRIBUTION_PARETO,
                                 .a = shape,
                                 .b = min,
                                 .mean = shape > 1 ? min * shape / (shape - 1) : NAN,
                                 .sd = shape > 2 ? min / (shape - 1) * sqrt(shape / (shape - 2))
                                                 : NAN};
}

struct distribution distribution_uniform(double low, double high)
{
    assert(low >= 0 && low <= high && isfinite(high));
    return (struct distribution){.kind = DISTRIBUTION_UNIFORM,
                                 .a = low,
                                 .b = high,
                                 .mean = low + 0.5 * (high - low),
                                 .sd = (high - low) / sqrt(12)};
}

struct distribution distribution_normal(double mean, double sd)
{
    assert(mean >= 0 && isfinite(mean));
    assert(sd >= 0 && isfinite(sd));
    if (sd == 0)
        return distribution_constant(mean);
    const double z = mean / sd;
    const double hazard =
        exp(-0.5 * z * z) / sqrt(2 * M_PI) / distribution_normal_cdf(z); /* phi / (1 - Phi) at 0 */
    return (struct distribution){.kind = DISTRIBUTION_NORMAL,
                                 .a = mean,
                                 .b = sd,
                                 .mean = mean + sd * hazard,
                                 .sd = sd * sqrt(1 - hazard * (z + hazard))};
}

struct distribution distribution_triangular(double min, double mode, double max)
{
    assert(min >= 0 && min <= mode && mode <= max && isfinite(max));
    const double left = mode - min;
    const double right = max - mode;
    return (struct distribution){.kind = DISTRIBUTION_TRIANGULAR,
                                 .a = min,
                                 .b = mode,
                                 .c = max,
                                 .mean = (min + mode + max) / 3,
                                 .sd = sqrt((left * left + left * right + right * right) / 18)};
}

struct distribution distribution_geometric(double mean)
{
    assert(mean >= 1 && isfinite(mean));
    if (mean == 1)
        return distribution_constant(1);
    return (struct distribution){.kind = DISTRIBUTION_GEOMETRIC,
                                 .a = 1 / mean,
                                 .b = -1 / log1p(-1 / mean),
                                 .c = 1,
                                 .mean = mean,
                                 .sd = sqrt(mean * (mean - 1))};
}

/* The ends of segment `i` of the quantiles: from point i - 1 (or probability 0) to point i. */
struct distribution_segment {
    double p, low, ratio_log; /* where it begins, value there, log(high / low) */
    double width;             /* in probability */
};

static struct distribution_segment distribution_segment(const struct distribution *d, uint32_t i)
{
    const double p = i > 0 ? d->x[i - 1] : 0;
    const double low = i > 0 ? d->y[i - 1] : d->b;
    return (struct distribution_segment){
        .p = p, .low = low, .ratio_log = log(d->y[i] / low), .width = d->x[i] - p};
}

/* E low * exp(r U) = low (e^r - 1) / r: of a segment, or of its squares with low^2 and 2r. */
static double distribution_segment_mean(double low, double r)
{
    return r > 0 ? low * expm1(r) / r : low;
}

static void distribution_quantiles_moments(struct distribution *d)
{
    d->mean = 0;
    for (uint32_t i = 0; i < d->points; i++) {
        const struct distribution_segment s = distribution_segment(d, i);
        d->mean += s.width * distribution_segment_mean(s.low, s.ratio_log);
    }
    double variance = 0; /* within the segments and between them */
    for (uint32_t i = 0; i < d->points; i++) {
        const struct distribution_segment s = distribution_segment(d, i);
        const double mean = distribution_segment_mean(s.low, s.ratio_log);
        const double sd =
            distribution_sd(distribution_segment_mean(s.low * s.low, 2 * s.ratio_log), mean);
        variance += s.width * (sd * sd + (mean - d->mean) * (mean - d->mean));
    }
    d->sd = sqrt(variance);
}

struct distribution distribution_quantiles(const double *x, const double *y, uint32_t points)
{
    assert(points >= 2);
    assert(x[0] >= 0 && x[points - 1] == 1);
    assert(y[0] > 0 && isfinite(y[points - 1]));
    for (uint32_t i = 1; i < points; i++)
        assert(x[i] > x[i - 1] && y[i] >= y[i - 1]);
    struct distribution d = {.kind = DISTRIBUTION_QUANTILES, .x = x, .y = y, .points = points};
    d.a = 1;
    d.b = y[0] * fmax(0.1, pow(y[1] / y[0], -x[0] / (x[1] - x[0])));
    distribution_quantiles_moments(&d);
    return d;
}

struct distribution distribution_empirical(const double *sorted, uint32_t points)
{
    assert(points >= 1);
    assert(sorted[0] >= 0 && isfinite(sorted[points - 1]));
    double mean = 0;
    double squares = 0; /* about the running mean (Welford) */
    for (uint32_t i = 0; i < points; i++) {
        assert(i == 0 || sorted[i] >= sorted[i - 1]);
        const double gap = sorted[i] - mean;
        mean += gap / (i + 1);
        squares += gap * (sorted[i] - mean);
    }
    return (struct distribution){.kind = DISTRIBUTION_EMPIRICAL,
                                 .a = 1,
                                 .y = sorted,
                                 .points = points,
                                 .mean = mean,
                                 .sd = sqrt(squares / points)};
}

struct distribution distribution_scale(const struct distribution *d, double factor)
{
    assert(factor > 0 && isfinite(factor));
    struct distribution scaled = *d;
    scaled.mean *= factor;
    scaled.sd *= factor;
    switch (d->kind) {
    case DISTRIBUTION_LOGNORMAL:
        scaled.a += log(factor);
        break;
    case DISTRIBUTION_CONSTANT:
    case DISTRIBUTION_EXPONENTIAL:
    case DISTRIBUTION_QUANTILES:
    case DISTRIBUTION_EMPIRICAL:
        scaled.a *= factor;
        break;
    case DISTRIBUTION_GAMMA:
    case DISTRIBUTION_ERLANG:
    case DISTRIBUTION_WEIBULL:
    case DISTRIBUTION_PARETO:
        scaled.b *= factor;
        break;
    case DISTRIBUTION_UNIFORM:
    case DISTRIBUTION_NORMAL:
        scaled.a *= factor;
        scaled.b *= factor;
        break;
    case DISTRIBUTION_HYPEREXPONENTIAL:
        scaled.b *= factor;
        scaled.c *= factor;
        break;
    case DISTRIBUTION_TRIANGULAR:
        scaled.a *= factor;
        scaled.b *= factor;
        scaled.c *= factor;
        break;
    case DISTRIBUTION_GEOMETRIC:
        scaled.c *= factor;
        break;
    }
    return scaled;
}

/* Marsaglia and Tsang, ACM TOMS 26:3, 2000; below shape 1 boosted by U^(1 / shape). */
static double distribution_gamma_sample(const struct distribution *d, struct random *random)
{
    const double boost = d->a < 1 ? exp(-random_exponential(random) / d->a) : 1;
    const double cubic = (d->a < 1 ? d->a + 1 : d->a) - 1.0 / 3;
    for (;;) {
        const double z = random_normal(random);
        const double root = 1 + d->c * z;
        if (root <= 0)
            continue;
        const double v = root * root * root;
        const double u = random_uniform(random);
        if (u < 1 - 0.0331 * (z * z) * (z * z) || log(u) < 0.5 * z * z + cubic * (1 - v + log(v)))
            return d->b * boost * cubic * v;
    }
}

static double distribution_normal_sample(const struct distribution *d, struct random *random)
{
    double x;
    do {
        x = d->a + d->b * random_normal(random);
    } while (x < 0);
    return x;
}

static double distribution_triangular_sample(const struct distribution *d, struct random *random)
{
    const double u = random_uniform(random);
    const double span = d->c - d->a;
    if (u * span < d->b - d->a)
        return d->a + sqrt(u * span * (d->b - d->a));
    return d->c - sqrt((1 - u) * span * (d->c - d->b));
}

static double distribution_quantiles_sample(const struct distribution *d, struct random *random)
{
    const double u = random_uniform(random);
    uint32_t i = 0;
    while (u >= d->x[i])
        i++; /* ends: the last x is 1 */
    const struct distribution_segment s = distribution_segment(d, i);
    return d->a * s.low * exp(s.ratio_log * (u - s.p) / s.width);
}

/* May be infinite where the tail is heavier than a double can hold. */
static double distribution_sample_any(const struct distribution *d, struct random *random)
{
    switch (d->kind) {
    case DISTRIBUTION_CONSTANT:
        return d->a;
    case DISTRIBUTION_EXPONENTIAL:
        return d->a * random_exponential(random);
    case DISTRIBUTION_LOGNORMAL:
        return exp(d->a + d->b * random_normal(random));
    case DISTRIBUTION_GAMMA:
    case DISTRIBUTION_ERLANG:
        return distribution_gamma_sample(d, random);
    case DISTRIBUTION_HYPEREXPONENTIAL: {
        const double mean = random_uniform(random) < d->a ? d->b : d->c;
        return mean * random_exponential(random);
    }
    case DISTRIBUTION_WEIBULL:
        return d->b * pow(random_exponential(random), 1 / d->a);
    case DISTRIBUTION_PARETO:
        return d->b * exp(random_exponential(random) / d->a);
    case DISTRIBUTION_UNIFORM:
        return d->a + (d->b - d->a) * random_uniform(random);
    case DISTRIBUTION_NORMAL:
        return distribution_normal_sample(d, random);
    case DISTRIBUTION_TRIANGULAR:
        return distribution_triangular_sample(d, random);
    case DISTRIBUTION_GEOMETRIC:
        return d->c * (1 + floor(d->b * random_exponential(random)));
    case DISTRIBUTION_QUANTILES:
        return distribution_quantiles_sample(d, random);
    case DISTRIBUTION_EMPIRICAL:
        break;
    }
    return d->a * d->y[random_below(random, d->points)];
}

double distribution_sample(const struct distribution *d, struct random *random)
{
    return fmin(distribution_sample_any(d, random), DBL_MAX);
}

static double distribution_exponential_cdf(double x, double mean)
{
    return mean > 0 ? -expm1(-x / mean) : 1;
}

static double distribution_triangular_cdf(const struct distribution *d, double x)
{
    if (x >= d->c)
        return 1;
    if (x < d->b)
        return (x - d->a) * (x - d->a) / ((d->c - d->a) * (d->b - d->a));
    return 1 - (d->c - x) * (d->c - x) / ((d->c - d->a) * (d->c - d->b));
}

static double distribution_quantiles_cdf(const struct distribution *d, double x)
{
    const double value = x / d->a;
    uint32_t i = 0;
    while (i < d->points && d->y[i] <= value)
        i++;
    if (i == d->points)
        return 1;
    const struct distribution_segment s = distribution_segment(d, i);
    return value < s.low ? 0 : s.p + s.width * log(value / s.low) / s.ratio_log;
}

static double distribution_empirical_cdf(const struct distribution *d, double x)
{
    uint32_t low = 0; /* samples before `low` are <= x, from `high` on are > x */
    uint32_t high = d->points;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (d->a * d->y[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low / d->points;
}

double distribution_cdf(const struct distribution *d, double x)
{
    if (x < 0)
        return 0;
    switch (d->kind) {
    case DISTRIBUTION_CONSTANT:
        return x >= d->a ? 1 : 0;
    case DISTRIBUTION_EXPONENTIAL:
        return distribution_exponential_cdf(x, d->a);
    case DISTRIBUTION_LOGNORMAL:
        return distribution_normal_cdf((log(x) - d->a) / d->b);
    case DISTRIBUTION_GAMMA:
    case DISTRIBUTION_ERLANG:
        return gsl_cdf_gamma_P(x, d->a, d->b);
    case DISTRIBUTION_HYPEREXPONENTIAL:
        return d->a * distribution_exponential_cdf(x, d->b) +
               (1 - d->a) * distribution_exponential_cdf(x, d->c);
    case DISTRIBUTION_WEIBULL:
        return -expm1(-pow(x / d->b, d->a));
    case DISTRIBUTION_PARETO:
        return x < d->b ? 0 : -expm1(-d->a * log(x / d->b));
    case DISTRIBUTION_UNIFORM:
        return x < d->a ? 0 : x >= d->b ? 1 : (x - d->a) / (d->b - d->a);
    case DISTRIBUTION_NORMAL:
        return 1 -
               distribution_normal_cdf((d->a - x) / d->b) / distribution_normal_cdf(d->a / d->b);
    case DISTRIBUTION_TRIANGULAR:
        return x < d->a ? 0 : distribution_triangular_cdf(d, x);
    case DISTRIBUTION_GEOMETRIC:
        return -expm1(-floor(x / d->c) / d->b);
    case DISTRIBUTION_QUANTILES:
        return distribution_quantiles_cdf(d, x);
    case DISTRIBUTION_EMPIRICAL:
        break;
    }
    return distribution_empirical_cdf(d, x);
}
