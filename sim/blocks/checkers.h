/* checkers: one health check as many checkers around the world make it, each on its own clock, none
 * knowing of the others. A checker turns after so many checks in a row that speak against what it
 * thinks; the endpoint is up while more than a share of the checkers think so. A passed check
 * counts at once, a failed one when its time is over.
 * EVENT_SERVICE slots: two a checker, from first_slot on: its next check, a check's time is over.
 * Worked: 1 checker, every 30 s from 12 s on, threshold 3, time 4 s, the endpoint down from 20 s:
 * it fails at 42, 72 and 102 s, and is down from 106 s on. */
#ifndef ARCHSIM_BLOCKS_CHECKERS_H
#define ARCHSIM_BLOCKS_CHECKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/gauge.h"
#include "sim/kernel/random.h"

enum checkers_change { CHECKERS_SAME, CHECKERS_CAME_UP, CHECKERS_WENT_DOWN };

struct checkers_rules {
    uint32_t count, threshold; /* >= 1 */
    int64_t interval_ns;
    int64_t timeout_ns;   /* less than the interval */
    double healthy_ratio; /* up while more than that share think so */
    uint16_t service;     /* whose timers they are: checkers_due */
    uint32_t first_slot;
};

struct checker {
    uint32_t streak; /* checks in a row that speak against `healthy` */
    bool healthy;
};

struct checkers {
    struct checkers_rules rules;
    struct core *core;
    struct checker *items;
    struct gauge healthy; /* of them */
    bool up;
};

/* All think it healthy; each begins somewhere in the interval. */
void checkers_init(struct checkers *checkers, struct core *core, struct arena *arena,
                   const struct checkers_rules *rules, struct random *phases);

/* A timer of theirs is due; `passes`: the endpoint would pass a check now. */
enum checkers_change checkers_due(struct checkers *checkers, uint32_t slot, bool passes);

/* Slots that so many checkers have. */
static inline uint32_t checkers_slots(uint32_t count)
{
    return 2 * count;
}

#endif
