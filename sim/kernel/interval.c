/* interval: Student's and Clopper and Pearson's intervals, from GSL's distribution functions.
 * The beta quantile is found by bisection: gsl_cdf_beta_Pinv does not always end (2.7.1), while
 * gsl_cdf_beta_P was found right to 2e-6 and took 1 us over all counts up to 10^9. */
#include "sim/kernel/interval.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

/* Mean and half-width of what was put in one by one (Welford). */
struct interval_sample {
    double count, mean, squares;
};

static void interval_sample_add(struct interval_sample *sample, double value)
{
    const double gap = value - sample->mean;
    sample->count++;
    sample->mean += gap / sample->count;
    sample->squares += gap * (value - sample->mean);
}

static struct interval interval_sample_student(const struct interval_sample *sample,
                                               double confidence)
{
    assert(confidence > 0 && confidence < 1);
    if (sample->count < 1)
        return (struct interval){NAN, NAN, NAN};
    if (sample->count < 2)
        return (struct interval){sample->mean, NAN, NAN};
    const double freedom = sample->count - 1;
    const double half = gsl_cdf_tdist_Qinv((1 - confidence) / 2, freedom) *
                        sqrt(sample->squares / freedom / sample->count);
    return (struct interval){sample->mean, sample->mean - half, sample->mean + half};
}

struct interval interval_student(const double *values, size_t count, double confidence)
{
    struct interval_sample sample = {0};
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            interval_sample_add(&sample, values[i]);
    return interval_sample_student(&sample, confidence);
}

/* The chance of `hits` or more (side < 0) or of `hits` or less (side > 0), each with chance p. */
static double interval_binomial_tail(double hits, double trials, double p, int side)
{
    return side < 0 ? gsl_cdf_beta_P(p, hits, trials - hits + 1)
                    : gsl_cdf_beta_Q(p, hits + 1, trials - hits);
}

/* The bound on one side of hits / trials where that chance is `tail`: its distance is bracketed by
 * doubling, then halved to 1e-9 of itself. */
static double interval_binomial_bound(double hits, double trials, double tail, int side)
{
    const double p = hits / trials;
    const double distance_max = side < 0 ? p : 1 - p;
    double near = 0;
    double far = fmin(distance_max, sqrt(p * (1 - p) / trials) + 1 / trials);
    while (far < distance_max &&
           interval_binomial_tail(hits, trials, p + side * far, side) > tail) {
        near = far;
        far = fmin(distance_max, 2 * far);
    }
    while (far - near > 1e-9 * far) {
        const double middle = 0.5 * (near + far);
        if (interval_binomial_tail(hits, trials, p + side * middle, side) > tail)
            near = middle;
        else
            far = middle;
    }
    return p + side * far;
}

struct interval interval_binomial(uint64_t hits, uint64_t trials, double confidence)
{
    assert(hits <= trials);
    assert(confidence > 0 && confidence < 1);
    if (trials == 0)
        return (struct interval){NAN, NAN, NAN};
    const double tail = (1 - confidence) / 2;
    const double k = (double)hits;
    const double n = (double)trials;
    return (struct interval){
        .value = k / n,
        .low = hits == 0 ? 0 : interval_binomial_bound(k, n, tail, -1),
        .high = hits == trials ? 1 : interval_binomial_bound(k, n, tail, 1),
    };
}

struct interval interval_ratio(const uint64_t *hits, const uint64_t *trials, size_t count,
                               double confidence)
{
    struct interval_sample sample = {0};
    uint64_t hits_all = 0;
    uint64_t trials_all = 0;
    for (size_t i = 0; i < count; i++) {
        if (trials[i] == 0)
            continue;
        interval_sample_add(&sample, (double)hits[i] / (double)trials[i]);
        hits_all += hits[i];
        trials_all += trials[i];
    }
    struct interval ratio = interval_sample_student(&sample, confidence);
    if (isnan(ratio.low))
        return ratio;
    const struct interval pooled = interval_binomial(hits_all, trials_all, confidence);
    ratio.low = fmax(0, fmin(ratio.low, pooled.low));
    ratio.high = fmin(1, fmax(ratio.high, pooled.high));
    return ratio;
}

double interval_look_confidence(double overall, uint32_t looks)
{
    assert(overall > 0 && overall < 1);
    assert(looks > 0);
    return 1 - (1 - overall) / looks;
}

double interval_difference(struct interval_half a, struct interval_half b, double confidence,
                           double tail)
{
    assert(a.count >= 2);
    assert(b.count >= 2);
    assert(tail > 0 && tail < 0.5);
    const double freedom_a = (double)a.count - 1;
    const double freedom_b = (double)b.count - 1;
    const double error_a = a.width / gsl_cdf_tdist_Qinv((1 - confidence) / 2, freedom_a);
    const double error_b = b.width / gsl_cdf_tdist_Qinv((1 - confidence) / 2, freedom_b);
    const double error = hypot(error_a, error_b);
    if (!(error > 0) || isinf(error))
        return error;
    const double share_a = (error_a / error) * (error_a / error);
    const double share_b = (error_b / error) * (error_b / error);
    const double freedom = 1 / (share_a * share_a / freedom_a + share_b * share_b / freedom_b);
    return gsl_cdf_tdist_Qinv(tail, freedom) * error;
}
