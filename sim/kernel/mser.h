/* mser: where a warm-up ends, by MSER-5: of all cuts of a series of batch means (5 points each),
 * the one that minimises the squared standard error of what is left, sum((z - mean)^2) / left^2
 * (White, Simulation 69:6, 1997; Franklin and White, Winter Simulation Conference 2008).
 * The last 5 batches are never candidates: over so few the statistic is small by chance. One pass
 * from the end, no memory. Worked: 9 9 9 9 9 then 95 points at 1: the cut is 5. */
#ifndef ARCHSIM_KERNEL_MSER_H
#define ARCHSIM_KERNEL_MSER_H

#include <stdbool.h>
#include <stddef.h>

struct mser {
    size_t cut;   /* points to leave out, a multiple of 5 */
    bool unclear; /* more than half, or fewer than 50 points: the series is too short to tell */
};

struct mser mser_cut(const double *points, size_t count);

#endif
