/* interval: how sure a mean or a ratio over independent replications is.
 * Means: Student's t. Ratios: at least as wide as Clopper-Pearson's exact binomial interval on the
 * pooled counts, so that "no failure seen in 100" is [0.964, 1] and not certainty.
 * Worked: 1 2 3 4 5 at 95 %: 3 +- 2.7764 * 1.5811 / sqrt(5) = [1.037, 4.963]. */
#ifndef ARCHSIM_KERNEL_INTERVAL_H
#define ARCHSIM_KERNEL_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

struct interval {
    double value, low, high; /* NaN: unknown; low and high are unknown below two replications */
};

/* The mean of n independent values; confidence in (0, 1), such as 0.95. Values that are NaN (no
 * data in that replication) are left out. */
struct interval interval_student(const double *values, size_t count, double confidence);

/* `hits` of `trials` independent trials (Clopper and Pearson, Biometrika 26, 1934); all NaN without
 * trials. */
struct interval interval_binomial(uint64_t hits, uint64_t trials, double confidence);

/* A ratio from counts per replication: value = mean of the replications' ratios (those without
 * trials left out), interval = hull of Student's on the ratios and Clopper-Pearson's on the pooled
 * counts, clamped to 0..1. */
struct interval interval_ratio(const uint64_t *hits, const uint64_t *trials, size_t count,
                               double confidence);

/* The confidence of each of `looks` looks at growing data such that all of them hold together with
 * probability `overall` (Bonferroni, right however they depend: 4 looks, 95 %: 98.75 % each). */
double interval_look_confidence(double overall, uint32_t looks);

/* The half-width of one of two independent Student intervals: of `count` >= 2 values. */
struct interval_half {
    double width;
    uint64_t count;
};

/* What the difference of two independent means exceeds by chance alone with probability `tail`, to
 * one side, where the true means are the same (Welch, Biometrika 34, 1947; degrees of freedom after
 * Satterthwaite). Their halves are those of intervals at `confidence`; the halves that face each
 * other where an interval is lopsided (Zou and Donner, Statistics in Medicine 27, 2008).
 * Worked: 5 +- 2.7764 and 5 +- 2.7764 of 5 values each, at 95 %: standard errors of 1, so 1.4142 t
 * of 8 degrees of freedom: 2.630 for a tail of 5 %. */
double interval_difference(struct interval_half a, struct interval_half b, double confidence,
                           double tail);

#endif
