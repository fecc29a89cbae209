/* series: a quantity over time as a bounded number of equal intervals, for warm-up and plots.
 * As soon as the last interval gets something, neighbours are joined and the interval doubles: the
 * span need not be known, memory never grows, and half to all of the capacity is in use. A span
 * shorter than (capacity - 1) * step is never folded.
 * Worked: capacity 4, step 1 s, an amount each second: after the 4th it holds 2 points of 2 s. */
#ifndef ARCHSIM_KERNEL_SERIES_H
#define ARCHSIM_KERNEL_SERIES_H

#include <stdint.h>

struct arena;

struct series {
    double *sums; /* `capacity` of them, zero beyond `count` */
    int64_t start_ns, step_ns;
    uint32_t capacity, count; /* count: intervals begun */
};

/* Empty, beginning at start_ns; capacity even. */
void series_init(struct series *series, struct arena *arena, int64_t start_ns, int64_t step_ns,
                 uint32_t capacity);

/* Adds to the interval that holds at_ns; what lies before start_ns is ignored. An amount per
 * interval (the area of a gauge) is added at the interval's beginning; the next one then ends
 * step_ns later, as step_ns is after the call: intervals stay whole when they double. */
void series_add(struct series *series, int64_t at_ns, double amount);

/* The mean level in interval `index`, when amounts are level * ns. */
double series_level(const struct series *series, uint32_t index);

#endif
