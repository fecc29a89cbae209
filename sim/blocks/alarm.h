/* alarm: a CloudWatch alarm over the datapoints of one metric, and the line in which datapoints
 * wait until they can be seen.
 *
 * An alarm looks at the last N datapoints, and goes off when M of them breach its threshold. It
 * fetches a few periods more (the evaluation range): where one is missing an older one takes
 * its place; what is still missing of the N is filled in as `missing` says:
 *   ALARM_FILL_GOOD, ALARM_FILL_BREACHING   as datapoints of that kind
 *   ALARM_FILL_IGNORE                       unless M breach or one is good, it stays as it is
 *   ALARM_FILL_MISSING                      INSUFFICIENT_DATA if there is none at all; it goes off
 *                                           if all that there are breach, the first of them M
 *                                           periods ago or more
 * Worked, 3 of 3 above 80, `x` breaches, `o` does not, `-` is missing: o-x-x is OK (of the last
 * three datapoints that exist one is good), oxx-x is ALARM, --x-- is ALARM for MISSING and
 * BREACHING, OK for GOOD, unchanged for IGNORE. */
#ifndef ARCHSIM_BLOCKS_ALARM_H
#define ARCHSIM_BLOCKS_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

/* In the order of the words "missing notBreaching breaching ignore". */
enum alarm_fill { ALARM_FILL_MISSING, ALARM_FILL_GOOD, ALARM_FILL_BREACHING, ALARM_FILL_IGNORE };
/* In the order of the words "> >= < <=". */
enum alarm_comparison { ALARM_ABOVE, ALARM_AT_LEAST, ALARM_BELOW, ALARM_AT_MOST };
enum alarm_state { ALARM_INSUFFICIENT_DATA, ALARM_OK, ALARM_ON };

struct alarm_setup {
    double threshold;
    enum alarm_comparison comparison;
    uint32_t datapoints, periods; /* M of N: 1 <= M <= N */
    enum alarm_fill missing;
};

struct alarm {
    struct alarm_setup setup;
    enum alarm_state state;
    double value;   /* the last datapoint; NaN: it is missing */
    uint8_t *range; /* ring of what the last datapoints were */
    uint32_t range_count, next;
};

/* It has seen nothing yet: INSUFFICIENT_DATA. The arena outlives the alarm. */
void alarm_init(struct alarm *alarm, const struct alarm_setup *setup, struct arena *arena);

/* The datapoint of the next period is seen (NaN: missing). True: the state has changed. */
bool alarm_point(struct alarm *alarm, double value);

bool alarm_breaches(const struct alarm_setup *setup, double value);

/* Datapoints that have ended, but are not seen yet, in the order in which they ended: one is never
 * seen before those that ended before it. */
struct datapoint {
    int64_t seen_ns;
    uint32_t metric; /* the owner's number for it */
    double value;    /* NaN: there is none in that period */
    double measured; /* the capacity over which it is the mean */
};

struct datapoints {
    struct arena *arena;
    struct datapoint *ring;
    uint32_t capacity, first, count;
};

void datapoints_init(struct datapoints *points, struct arena *arena);
/* Returns when it will be seen: at point->seen_ns, or with the one before it. */
int64_t datapoints_put(struct datapoints *points, const struct datapoint *point);
/* The next one that can be seen by now, until the next put; null: there is none. */
const struct datapoint *datapoints_take(struct datapoints *points, int64_t now_ns);

#endif
