/* sample: goodness of fit for the kernel's tests. A draw x is put in as u = F(x), which must be
 * uniform on 0..1; judged by Kolmogorov and Smirnov's distance and by chi-square, each at
 * SAMPLE_ALPHA, so that a program with up to 100 checks errs with probability 0.1 % at most (and
 * seeds are fixed). */
#ifndef ARCHSIM_TESTS_KERNEL_SAMPLE_H
#define ARCHSIM_TESTS_KERNEL_SAMPLE_H

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SAMPLE_ALPHA 1e-5

enum {
    SAMPLE_CELLS = 65536, /* for the distance: it is taken at the edges of the cells */
    SAMPLE_CELLS_CHI = 256,
};

struct sample {
    double count;
    uint32_t cells[SAMPLE_CELLS];
};

/* Sample sizes shrink by ARCHSIM_TEST_SCALE, for builds with sanitizers. */
static inline int sample_size(int full)
{
    const char *scale = getenv("ARCHSIM_TEST_SCALE");
    return scale == NULL ? full : (int)fmax(100, full * atof(scale));
}

static inline void sample_add(struct sample *sample, double u)
{
    assert_true(u >= 0 && u <= 1);
    const uint32_t cell = (uint32_t)(u * SAMPLE_CELLS);
    sample->cells[cell < SAMPLE_CELLS ? cell : SAMPLE_CELLS - 1]++;
    sample->count++;
}

static inline void sample_check_uniform(const struct sample *sample, const char *name)
{
    const uint32_t width = SAMPLE_CELLS / SAMPLE_CELLS_CHI;
    const double expected = sample->count / SAMPLE_CELLS_CHI;
    double seen = 0, distance = 0, chi = 0;
    for (uint32_t i = 0; i < SAMPLE_CELLS_CHI; i++) {
        double inside = 0;
        for (uint32_t j = i * width; j < (i + 1) * width; j++) {
            inside += sample->cells[j];
            const double edge = (double)(j + 1) / SAMPLE_CELLS;
            distance = fmax(distance, fabs((seen + inside) / sample->count - edge));
        }
        seen += inside;
        chi += (inside - expected) * (inside - expected) / expected;
    }
    /* P(sqrt(n) D > x) -> 2 exp(-2 x^2) */
    const double distance_max = sqrt(-0.5 * log(SAMPLE_ALPHA / 2) / sample->count);
    if (distance > distance_max)
        fail_msg("%s: distance %g > %g", name, distance, distance_max);
    const double chi_max = gsl_cdf_chisq_Qinv(SAMPLE_ALPHA, SAMPLE_CELLS_CHI - 1);
    if (chi > chi_max)
        fail_msg("%s: chi-square %g > %g", name, chi, chi_max);
}

/* |value - expected| within the two-sided SAMPLE_ALPHA quantile of a normal with that error. */
static inline void sample_check_near(double value, double expected, double error, const char *name)
{
    const double z = (value - expected) / error;
    if (!(fabs(z) <= gsl_cdf_ugaussian_Qinv(SAMPLE_ALPHA / 2)))
        fail_msg("%s: %.9g, expected %.9g, z = %g", name, value, expected, z);
}

static inline void sample_check_close(double value, double expected, double relative,
                                      const char *name)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%s: %.17g, expected %.17g", name, value, expected);
}

#endif
