/* autoscaler: sample, wait, decide: the clock of a scaler (scaler.h). Periods are counted from the
 * scaler's origin. At the end of each the owner puts datapoints of its metrics; they are seen after
 * a delay, and only then is the scaler asked, which may want another capacity: the owner applies
 * it. A period without a datapoint decides nothing. What is scheduled or forecast is done at its
 * own time. A scaler that looks at no metric has no periods, one without policies costs nothing.
 * Worked, periods of 60 s, a delay of 30 s, target 50, 3 datapoints: 10 instances at 80 have their
 * third datapoint at 180 s; it is seen, and 16 are wanted, at 210 s. */
#ifndef ARCHSIM_BLOCKS_AUTOSCALER_H
#define ARCHSIM_BLOCKS_AUTOSCALER_H

#include <stdint.h>

#include "sim/blocks/scaler.h"
#include "sim/kernel/core.h"

enum { AUTOSCALER_TIMERS = 3 }; /* slots that it needs */

struct autoscaler_ops {
    /* A period ends now: autoscaler_put for each metric that has a datapoint. */
    void (*sample)(void *context);
    struct scaler_state (*state)(void *context);
    /* Another capacity is wanted. */
    void (*apply)(void *context, const struct scaler_decision *decision);
    /* What was scheduled has perhaps changed the limits, but not the capacity; may be null. */
    void (*acted)(void *context);
};

struct autoscaler_setup {
    const struct autoscaler_ops *ops;
    void *context;
    struct core *core;
    struct arena *arena; /* outlives it */
    uint16_t service;    /* whose EVENT_SERVICE from slot `timer` on are its own */
    uint32_t timer;
    int64_t period_ns;
    int64_t delay_ns; /* from the end of a period until its datapoints are seen */
};

struct autoscaler {
    struct autoscaler_setup setup;
    struct scaler scaler;
    struct datapoints points;
};

/* Its scaler is to be filled in then (scaler_init), before autoscaler_begin. */
void autoscaler_init(struct autoscaler *autoscaler, const struct autoscaler_setup *setup);
void autoscaler_begin(struct autoscaler *autoscaler);
/* An EVENT_SERVICE with slot timer + index. */
void autoscaler_due(struct autoscaler *autoscaler, uint32_t index);

/* In ops.sample: the datapoint of a metric (NaN: it is missing), and the capacity over which it is
 * the mean. One that no policy looks at is passed over. */
void autoscaler_put(struct autoscaler *autoscaler, uint32_t metric, double value, double measured);

#endif
