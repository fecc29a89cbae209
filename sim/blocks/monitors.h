/* monitors: alarms at work, each on a metric of its own. At the end of each of its periods the
 * owner reads the metric and puts the datapoint. It is seen a delay later, never before one that
 * ended before it, and then judged with those seen earlier (alarm.h). Periods are the clock's: one
 * begins at its time 0. That in which the monitor begins is not whole, and is passed over.
 * EVENT_SERVICE slots: two a monitor, from first_slot on: a period ends, a datapoint is seen.
 * Worked, periods of 60 s, a delay of 90 s, 3 of 3 above 200 calls: from 630 s on 10 come a second.
 * So 300 came by 660 s, which is seen at 750 s, and the third such datapoint at 870 s: from a step
 * to the alarm it takes the rest of the period + the delay + (N - 1) periods. */
#ifndef ARCHSIM_BLOCKS_MONITORS_H
#define ARCHSIM_BLOCKS_MONITORS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/alarm.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/gauge.h"
#include "sim/kernel/random.h"

struct monitors_setup {
    struct core *core;
    struct arena *arena; /* outlives them */
    uint16_t service;    /* whose timers they are: monitors_due */
    uint32_t first_slot;
    struct random delays; /* draws of them */
    uint32_t most;        /* that will be added */
};

struct monitor_setup {
    struct alarm_setup alarm;
    int64_t period_ns;
    const struct distribution *delay;      /* ns, from the end of a period until it is seen, */
    const struct distribution *more_delay; /* and beside it; null: none */
};

struct monitor {
    struct monitor_setup setup;
    struct alarm alarm;
    enum alarm_state before; /* its last change */
    struct datapoints points;
    bool whole; /* a period has begun with it */
};

struct monitors {
    struct monitors_setup setup;
    struct monitor *items;
    uint32_t count;
    struct gauge on; /* in the state ALARM_ON */
};

enum monitors_news {
    MONITORS_NOTHING,
    MONITORS_ENDED,   /* a period: read the metric, then monitors_put */
    MONITORS_CHANGED, /* the state of its alarm */
};

void monitors_init(struct monitors *monitors, const struct monitors_setup *setup);
/* In the order of their numbers, from 0 on. */
void monitors_add(struct monitors *monitors, const struct monitor_setup *setup);
/* At the beginning; the clock's time 0 is at origin_ns. */
void monitors_begin(struct monitors *monitors, int64_t origin_ns);

/* An EVENT_SERVICE of theirs has fired; *number: the monitor that has news. */
enum monitors_news monitors_due(struct monitors *monitors, uint32_t slot, uint32_t *number);
/* What its metric was in the period that ends now; NaN: it has no data. */
void monitors_put(struct monitors *monitors, uint32_t number, double value);

#endif
