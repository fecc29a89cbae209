/* zipf: which of n objects is asked for, when the k-th most popular has a probability ~ k^-s.
 * Exact for every s >= 0 and n, in O(1) time and memory, by rejection-inversion (Hoermann and
 * Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM
 * TOMACS 6:3, 1996): the bars k^-s are inverted through the integral of x^-s, and 98 of 100
 * tries are accepted. s = 0 is the uniform law. */
#ifndef ARCHSIM_KERNEL_ZIPF_H
#define ARCHSIM_KERNEL_ZIPF_H

#include <stdint.h>

#include "sim/kernel/random.h"

struct zipf {
    uint32_t n;
    double s;
    double area_low, area_high; /* of the integral from 1, between which the draw is uniform */
    double surely;              /* a point this close below its bar's middle is accepted unseen */
};

/* n >= 1, 0 <= s <= 20 */
void zipf_init(struct zipf *zipf, uint32_t n, double s);

/* An object 0 .. n-1, the most popular first. */
uint32_t zipf_draw(const struct zipf *zipf, struct random *random);

#endif
