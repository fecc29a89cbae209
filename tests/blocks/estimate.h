/* estimate: the mean of independent replications against a known value, at SAMPLE_ALPHA. */
#ifndef ARCHSIM_TESTS_BLOCKS_ESTIMATE_H
#define ARCHSIM_TESTS_BLOCKS_ESTIMATE_H

#include "tests/kernel/sample.h"

struct estimate {
    double sum, squares;
    int count;
};

static inline void estimate_add(struct estimate *estimate, double x)
{
    estimate->sum += x;
    estimate->squares += x * x;
    estimate->count++;
}

static inline void estimate_check(const struct estimate *estimate, double expected,
                                  const char *name)
{
    const double n = estimate->count, mean = estimate->sum / n;
    const double variance = (estimate->squares - n * mean * mean) / (n - 1);
    const double t = (mean - expected) / sqrt(variance / n);
    if (!(fabs(t) <= gsl_cdf_tdist_Qinv(SAMPLE_ALPHA / 2, n - 1))) {
        fail_msg("%s: %.6g, expected %.6g, t = %.3g", name, mean, expected, t);
    }
}

#endif
