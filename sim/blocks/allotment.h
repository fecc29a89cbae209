/* allotment: holders that each take a place and some units of a capacity, or wait in line: runs of
 * jobs and their DPUs, queries and theirs. Who may go next is the caller's to say: the head alone
 * (first come, first served) or whoever fits; f->work_ns is what a waiting frame wants.
 * Invariant: 0 <= places <= places_most and 0 <= units <= units_most.
 * Worked, 3 places, 10 units: A takes 6, B wants 6 and waits, C wants 2 and fits. When A gives its
 * units back, B fits. */
#ifndef ARCHSIM_BLOCKS_ALLOTMENT_H
#define ARCHSIM_BLOCKS_ALLOTMENT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/gauge.h"
#include "sim/kernel/line.h"

#define ALLOTMENT_UNLIMITED INT64_MAX

struct allotment {
    int64_t places_most, units_most; /* or ALLOTMENT_UNLIMITED */
    struct gauge places, units;      /* taken */
    struct line line;                /* who waits; the caller's */
};

static inline bool allotment_fits(const struct allotment *allotment, int64_t units)
{
    return allotment->places.value < allotment->places_most &&
           units <= allotment->units_most - allotment->units.value;
}

/* It fits. */
static inline void allotment_take(struct allotment *allotment, int64_t units, int64_t now_ns)
{
    assert(units >= 0 && allotment_fits(allotment, units));
    gauge_add(&allotment->places, 1, now_ns);
    gauge_add(&allotment->units, units, now_ns);
}

static inline void allotment_give(struct allotment *allotment, int64_t units, int64_t now_ns)
{
    assert(allotment->places.value > 0 && units <= allotment->units.value);
    gauge_add(&allotment->places, -1, now_ns);
    gauge_add(&allotment->units, -units, now_ns);
}

#endif
