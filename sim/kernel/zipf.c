/* zipf: rejection-inversion, with integrals that lose no digits around s = 1. */
#include "sim/kernel/zipf.h"

#include <assert.h>
#include <math.h>

/* The integral of x^-s from 1 to x; written so that s = 1 (a logarithm) needs no case and s near 1
 * loses no digits. */
static double zipf_area(double s, double x)
{
    const double log_x = log(x);
    const double t = (1 - s) * log_x;
    return t == 0 ? log_x : log_x * expm1(t) / t;
}

/* Its inverse. */
static double zipf_inverse(double s, double area)
{
    const double t = fmax((1 - s) * area, -1); /* below -1 by rounding only */
    return exp(t == 0 ? area : area * log1p(t) / t);
}

void zipf_init(struct zipf *zipf, uint32_t n, double s)
{
    assert(n >= 1);
    assert(s >= 0 && s <= 20);
    *zipf = (struct zipf){
        .n = n,
        .s = s,
        .area_low = zipf_area(s, 1.5) - 1, /* the first bar is 1 wide and 1 high */
        .area_high = zipf_area(s, n + 0.5),
        .surely = 2 - zipf_inverse(s, zipf_area(s, 2.5) - pow(2, -s)),
    };
}

uint32_t zipf_draw(const struct zipf *zipf, struct random *random)
{
    for (;;) {
        const double area =
            zipf->area_high + random_uniform(random) * (zipf->area_low - zipf->area_high);
        const double x = zipf_inverse(zipf->s, area);
        const double k = fmin(fmax(floor(x + 0.5), 1), zipf->n);
        if (k - x <= zipf->surely || area >= zipf_area(zipf->s, k + 0.5) - pow(k, -zipf->s)) {
            return (uint32_t)k - 1;
        }
    }
}
