/* peaks: what counts as the previous peak of a load that is seen in datapoints: the highest so far,
 * but a new one counts only some time after it was seen. On demand, a table serves twice that.
 * Worked, 30 min, first 50: 80 is seen at 1 min, 70 at 2 min (it is no peak), 90 at 5 min: until
 * 31 min 50 counts, from then on 80, from 35 min on 90. */
#ifndef ARCHSIM_BLOCKS_PEAKS_H
#define ARCHSIM_BLOCKS_PEAKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct peak {
    int64_t due_ns; /* it counts from then on */
    double value;
};

struct peaks {
    int64_t after_ns;
    double highest, counted;
    struct peak *ring; /* seen, but not counted yet, in order */
    uint32_t room, first, count;
};

/* Peaks are seen at most once in interval_ns, and count after after_ns >= interval_ns. */
void peaks_init(struct peaks *peaks, struct arena *arena, int64_t after_ns, int64_t interval_ns,
                double first);
/* A datapoint; times do not go back. True: it is a new highest one. */
bool peaks_see(struct peaks *peaks, int64_t now_ns, double value);
/* The peak that counts now. */
double peaks_counted(struct peaks *peaks, int64_t now_ns);

#endif
