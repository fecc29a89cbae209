/* tracking: target tracking, the scaler of Auto Scaling groups, ECS services and DynamoDB tables:
 * capacity that keeps a metric near its target. A policy is a metric and two alarms on it, over
 * consecutive datapoints of one period:
 *   AlarmHigh  so many datapoints above the target: capacity in proportion, rounded up
 *   AlarmLow   so many (more) datapoints below a share of it: likewise, so that what is removed is
 *              rounded down
 * An alarm stays until a datapoint does not breach, and decides anew at each. A datapoint that is
 * missing breaches nothing. Of several policies the one that wants the largest capacity has its
 * way: out if any wants out, in only if all want in.
 * Worked, target 50 %, 3 and 15 datapoints, 2 machines: 80, 80, 80 %: 2 * 80 / 50 = 3.2, so 4. Then
 * 15 times 35 %: 4 * 35 / 50 = 2.8; of the 1.2 too many one is removed: 3. */
#ifndef ARCHSIM_BLOCKS_TRACKING_H
#define ARCHSIM_BLOCKS_TRACKING_H

#include <stdbool.h>
#include <stdint.h>

struct tracking_setup {
    double target;
    double low_share; /* of the target: AlarmLow is below it */
    uint32_t high_points, low_points;
    bool only_out; /* it never removes anything, and is not asked when others do */
};

struct tracking {
    struct tracking_setup setup;
    uint32_t high, low;     /* datapoints that breach, up to now */
    double value, measured; /* the last datapoint */
};

/* What a decision starts from. */
struct tracking_capacity {
    double desired; /* asked for so far, what is not there yet included */
    double min, max;
    bool growing; /* a scale-out is in progress: nothing is removed */
    bool cooling; /* after a scale-out from `base`: what it added counts as part of the next one */
    double base;
};

struct tracking_decision {
    double desired;
    uint32_t policy; /* whose metric it was */
    double value, threshold;
};

void tracking_init(struct tracking *tracking, const struct tracking_setup *setup);

/* The next datapoint: the metric (NaN: missing), and the capacity that it is the mean over. */
void tracking_point(struct tracking *tracking, double value, double measured);

/* True: the policies want another capacity than the desired one. */
bool tracking_decide(const struct tracking *policies, uint32_t count,
                     const struct tracking_capacity *capacity, struct tracking_decision *decision);

#endif
