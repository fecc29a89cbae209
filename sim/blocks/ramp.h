/* ramp: capacity that goes up, or down, in many small steps, told as few entries of the log. Steps
 * that follow one another closely are one ramp; it is of note once it has changed what was there by
 * ten and by a quarter, and its entry is extended by each step that goes further, until half of the
 * way was undone: what comes then is another ramp. */
#ifndef ARCHSIM_BLOCKS_RAMP_H
#define ARCHSIM_BLOCKS_RAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/log.h"

/* All zero is a ramp that has not begun. */
struct ramp {
    struct log_entry *entry; /* of the ramp under way; null: not of note yet */
    int64_t last_ns;
    uint64_t count;
    double from;  /* capacity before the first step */
    double value; /* of the metric that decides, at the first step */
};

/* A step of capacity, always up or always down, because of a metric of that value. True: the ramp
 * is of note now; the caller logs it, with ramp->from and ramp->value, and keeps the entry in
 * ramp->entry. */
bool ramp_step(struct ramp *ramp, int64_t now_ns, double from, double to, double value);

#endif
