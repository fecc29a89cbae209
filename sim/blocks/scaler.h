/* scaler: what decides how much capacity something should have: an Auto Scaling group, a service of
 * Application Auto Scaling (ECS, provisioned concurrency, DynamoDB). It knows no model: its owner
 * feeds datapoints of its metrics, asks, and brings about what was decided.
 *
 *   scaler_init, then policies:    scaler_track, scaler_step, scaler_schedule, scaler_predict
 *   a datapoint is seen:           scaler_point for each metric, then scaler_decide
 *   at scaler_action_ns:           scaler_act; then ask for the next time
 *
 * Of all policies the largest capacity wins: out if any wants out, in only if all that track want
 * in. A cooldown follows what was decided: after a scale-out only a larger one adds more, what was
 * added since counting as part of it, and nothing is removed; after a scale-in nothing is removed,
 * and a scale-out ends it. Simple policies wait for the end of any cooldown. Scheduled actions set
 * the limits, and the capacity, regardless of cooldowns, and begin none.
 * Worked, steps +2 from 60 and +3 from 80, cooldown 300 s, 10 tasks: 65 at 0 s makes it 12; 65 at
 * 60 s changes nothing; 85 at 120 s wants 10 + 3: 13, and the cooldown begins anew. */
#ifndef ARCHSIM_BLOCKS_SCALER_H
#define ARCHSIM_BLOCKS_SCALER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/alarm.h"
#include "sim/blocks/tracking.h"

#define SCALER_NEVER INT64_MAX

enum scaler_reason {
    SCALER_TRACKING,
    SCALER_STEP,
    SCALER_SCHEDULED,
    SCALER_PREDICTED,
};

struct scaler_setup {
    struct arena *arena;                     /* outlives the scaler */
    double min, max;                         /* until a scheduled action changes them */
    int64_t origin_ns;                       /* times of actions count from here; days begin here */
    int64_t out_cooldown_ns, in_cooldown_ns; /* 0: none (the owner's warm-up does it) */
};

/* What a step changes. */
enum scaler_change {
    SCALER_ADD,     /* so many more; negative: less */
    SCALER_PERCENT, /* a share of the capacity; rounded towards 0, but at least 1 */
    SCALER_EXACT,   /* to so many */
};

/* Holds for metrics from `bound` on (of an alarm of low values: below it) up to the bound of the
 * next step; the first bound is the alarm's threshold. */
struct scaler_step {
    double bound;
    enum scaler_change change;
    double amount;
    double minimum; /* SCALER_PERCENT: so many at least */
};

struct scaler_step_setup {
    struct alarm_setup alarm;
    const struct scaler_step *steps; /* from the threshold outwards; kept by the caller */
    uint32_t steps_count;
    bool simple; /* waits for the end of any cooldown, and while the owner grows */
};

/* NaN: stays as it is. */
struct scaler_action {
    int64_t at_ns;    /* from the origin on */
    int64_t every_ns; /* 0: once */
    double min, max, desired;
};

/* A load that comes back: it (measured x value) will be what it was at the same time of earlier
 * periods, on the mean of each interval. What it needs then is the least capacity; what was not
 * seen before is not predicted. It removes nothing by itself. */
struct scaler_prediction {
    double target;       /* of the metric */
    int64_t period_ns;   /* a day */
    int64_t interval_ns; /* an hour; divides the period */
    int64_t ahead_ns;    /* capacity is asked for so long before an interval begins */
};

/* How things stand when a decision is asked for. */
struct scaler_state {
    double desired; /* asked for so far, what is not there yet included */
    double settled; /* of it: what is not still warming up; == desired where only cooldowns count */
    bool growing;   /* nothing may be removed: a scale-out or a deployment is in progress */
};

struct scaler_decision {
    double desired;
    enum scaler_reason reason;
    uint32_t metric;         /* TRACKING, STEP, PREDICTED: whose it was */
    double value, threshold; /* of it; NaN: none */
};

struct scaler_policy;
struct scaler_planned;
struct scaler_forecast;

struct scaler {
    struct scaler_setup setup;
    double min, max;
    struct tracking *tracked; /* with the metric of each */
    uint32_t *tracked_metrics;
    uint32_t tracked_count;
    struct scaler_policy *policies; /* of steps */
    struct scaler_planned *planned; /* scheduled actions */
    struct scaler_forecast *forecasts;
    int64_t out_until_ns, in_until_ns; /* ends of the cooldowns */
    double base;                       /* the capacity before the scale-out that is cooling down */
};

void scaler_init(struct scaler *scaler, const struct scaler_setup *setup);
/* Policies over the owner's metric of that number. */
void scaler_track(struct scaler *scaler, uint32_t metric, const struct tracking_setup *setup);
void scaler_step(struct scaler *scaler, uint32_t metric, const struct scaler_step_setup *setup);
void scaler_predict(struct scaler *scaler, uint32_t metric, const struct scaler_prediction *setup);
void scaler_schedule(struct scaler *scaler, const struct scaler_action *action);

/* Some policy looks at datapoints of that metric. */
bool scaler_watches(const struct scaler *scaler, uint32_t metric);
/* It can change the capacity at all. */
bool scaler_active(const struct scaler *scaler);
/* The largest capacity that it will ever ask for. */
double scaler_largest(const struct scaler *scaler);

/* The next datapoint of a metric is seen: its value (NaN: missing), the capacity over which it is
 * the mean, and when its period ended. Other metrics than those watched are passed over. */
void scaler_point(struct scaler *scaler, uint32_t metric, double value, double measured,
                  int64_t ended_ns);

/* After the datapoints of an instant. True: another capacity is wanted, and the cooldown begins. */
bool scaler_decide(struct scaler *scaler, int64_t now_ns, const struct scaler_state *state,
                   struct scaler_decision *decision);

/* When scheduled actions or forecasts are due next, at now_ns or later; SCALER_NEVER: not any more.
 */
int64_t scaler_action_ns(const struct scaler *scaler, int64_t now_ns);
/* Does all that are due by now. True: another capacity is wanted. */
bool scaler_act(struct scaler *scaler, int64_t now_ns, const struct scaler_state *state,
                struct scaler_decision *decision);

#endif
