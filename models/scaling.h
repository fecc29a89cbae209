/* scaling: how capacity is scaled, as parameter rows that several types share, and what fills a
 * scaler (sim/blocks/scaler.h) from them. A type declares SCALING_FIELDS in its parameters, puts
 * the row macros it wants into its table, its own `target.*` beside them, fills a struct scaling,
 * and feeds datapoints of enum scaling_metric. */
#ifndef ARCHSIM_MODELS_SCALING_H
#define ARCHSIM_MODELS_SCALING_H

#include <math.h>

#include "models/model.h"
#include "sim/blocks/scaler.h"

#define SCALING_ISSUE \
    "aws/containers-roadmap issue 638: AlarmHigh 3 of 3, AlarmLow 15 of 15 minutes"
#define SCALING_STEP_PAGE "Application and EC2 Auto Scaling User Guides, Step scaling policies"
#define SCALING_SCHEDULE_PAGE "Application and EC2 Auto Scaling User Guides, Scheduled scaling"
#define SCALING_PREDICTIVE_PAGE "EC2 Auto Scaling User Guide, How predictive scaling works"
#define SCALING_COOLDOWN_PAGE \
    "Application Auto Scaling API Reference, TargetTrackingScalingPolicyConfiguration"

#define SCALING_MINUTE_S 60.0 /* requests are counted by the minute */
#define SCALING_PERCENT 100.0
#define SCALING_MINUTE_NS INT64_C(60000000000)

/* Values of SCALING_REQUESTS are requests per target and minute. SCALING_OWN: a type's only other
 * one (ProvisionedConcurrencyUtilization). */
enum scaling_metric { SCALING_CPU, SCALING_MEMORY, SCALING_REQUESTS, SCALING_OWN, SCALING_METRICS };

struct scaling_alarm {
    int64_t high_datapoints_count, low_datapoints_count;
    double low_threshold_ratio;
    int64_t delay_ns;
};
struct scaling_cooldown {
    int64_t out_ns, in_ns;
};
struct scaling_stepping {
    int64_t datapoints_count, periods_count;
    bool simple; /* of Auto Scaling groups only */
};
struct scaling_predictive {
    double cpu_ratio, requests_per_s; /* requests: of Auto Scaling groups only */
    int64_t period_ns, interval_ns, buffer_ns;
};
#define SCALING_FIELDS                    \
    struct list steps_list;               \
    struct list schedule_list;            \
    struct scaling_stepping step;         \
    struct scaling_alarm alarm;           \
    struct scaling_cooldown cooldown;     \
    struct scaling_predictive predictive; \
    bool scale_in

struct scaling_step {
    double cpu_above_ratio, cpu_below_ratio, memory_above_ratio, memory_below_ratio;
    double requests_above_per_s, requests_below_per_s;
    int change; /* enum scaler_change */
    double amount;
    int64_t at_least_count;
};
struct scaling_action {
    int64_t at_ns, every_ns;
    int64_t min_count, max_count;
};

/* clang-format off */
#define SCALING_STEP_CPU_ROWS \
    RATIO(cpu_above, NONE, "0%..100%", "at this CPU utilization, and up to the next step's", \
          DOCUMENTED(SCALING_STEP_PAGE ": bounds beyond the alarm's threshold; lower inclusive")), \
    RATIO(cpu_below, NONE, "0%..100%", "below it, down to the next step's", \
          DOCUMENTED(SCALING_STEP_PAGE ": below the threshold the upper bound is inclusive"))
#define SCALING_STEP_MEMORY_ROWS \
    RATIO(memory_above, NONE, "0%..100%", "the same for memory utilization", \
          DOCUMENTED(SCALING_STEP_PAGE)), \
    RATIO(memory_below, NONE, "0%..100%", "the same for memory utilization", \
          DOCUMENTED(SCALING_STEP_PAGE))
#define SCALING_STEP_REST_ROWS \
    RATE(requests_above, NONE, "0/s..", "the same for requests per target", \
         DOCUMENTED(SCALING_STEP_PAGE)), \
    RATE(requests_below, NONE, "0/s..", "the same for requests per target", \
         DOCUMENTED(SCALING_STEP_PAGE)), \
    CHOICE(change, "add", "add percent exact", "what `amount` is: so many, of 100, or the number", \
           DOCUMENTED(SCALING_STEP_PAGE ", Scaling adjustment types")), \
    NUMBER(amount, REQUIRED, "-10000..10000", NULL, "below 0 removes; percents round towards 0", \
           DOCUMENTED(SCALING_STEP_PAGE ": 12.7 is 12, 0.67 is 1, -6.67 is -6, -0.58 is -1")), \
    COUNT(at_least, "1", "1..10000", "that a percentage changes at least", \
          DOCUMENTED("Application Auto Scaling API Reference, MinAdjustmentMagnitude: 25 % of 4 " \
                     "with a minimum of 2 is 2"))
#define SCALING_ACTION_ROWS \
    TIME(at, REQUIRED, "0s..", "time of the scenario", DOCUMENTED(SCALING_SCHEDULE_PAGE)), \
    TIME(every, NONE, "1min..", "and again after each such time; not given: once", \
         DOCUMENTED(SCALING_SCHEDULE_PAGE ": at(...), rate(...), cron(...)")), \
    COUNT(min, NONE, "0..", "the least capacity from then on; it is raised to that at once", \
          DOCUMENTED(SCALING_SCHEDULE_PAGE ": below the minimum it scales out to it")), \
    COUNT(max, NONE, "0..", "the largest capacity from then on; it is lowered to that at once", \
          DOCUMENTED(SCALING_SCHEDULE_PAGE ": above the maximum it scales in to it"))

/* Of tasks; and of Application Auto Scaling, whose actions know no desired capacity. */
#define PARAMS struct scaling_step
static const struct param scaling_step_rows[] = {
    SCALING_STEP_CPU_ROWS, SCALING_STEP_MEMORY_ROWS, SCALING_STEP_REST_ROWS,
};
#undef PARAMS
#define PARAMS struct scaling_action
static const struct param scaling_action_rows[] = {SCALING_ACTION_ROWS};
#undef PARAMS
static const struct list_item scaling_task_step =
    ITEM("step", scaling_step_rows, struct scaling_step);
static const struct list_item scaling_action =
    ITEM("action", scaling_action_rows, struct scaling_action);

/* The alarms that target tracking makes, and when any datapoint is seen. */
#define SCALING_ALARM_ROWS \
    COUNT(alarm.high_datapoints, "3", "1..1440", \
          "datapoints in a row above the target: scale out", DOCUMENTED(SCALING_ISSUE)), \
    COUNT(alarm.low_datapoints, "15", "1..1440", \
          "datapoints in a row below low_threshold: scale in", DOCUMENTED(SCALING_ISSUE)), \
    RATIO(alarm.low_threshold, "90%", "0%..100%", \
          "share of the target below which a point is low", \
          RECALLED("AWS docs on the alarms that target tracking makes")), \
    TIME(alarm.delay, "0s", "0s..1h", \
         "a datapoint is seen so long after its period; users see 2m", \
         ESTIMATED("not documented; aws/containers-roadmap issue 2113: 5-6 min until a scale-out " \
                   "with detailed metrics, of which 3 datapoints are 3"))
#define SCALING_IN_ROW \
    FLAG(scale_in, "true", "target tracking may remove capacity, not only add it", \
         DOCUMENTED("Application and EC2 Auto Scaling API References, DisableScaleIn"))
#define SCALING_COOLDOWN_ROWS(by_default) \
    TIME(cooldown.out, by_default, "0s..1h", \
         "so long after a scale-out only a larger one adds, and nothing is removed", \
         DOCUMENTED(SCALING_COOLDOWN_PAGE ": what was added is part of the next scale-out")), \
    TIME(cooldown.in, by_default, "0s..1h", "so long after a scale-in nothing more is removed", \
         DOCUMENTED(SCALING_COOLDOWN_PAGE ": a scale-out ends it"))
/* Their alarms are the user's. */
#define SCALING_STEP_LIST_ROWS(item) \
    LIST(steps, NONE, item, "step scaling: what is added or removed at which value of a metric", \
         DOCUMENTED(SCALING_STEP_PAGE)), \
    COUNT(step.datapoints, "1", "1..1440", "datapoints that must breach for a step, M of N", \
          DOCUMENTED("CloudWatch User Guide, Create an alarm: 1 out of 1")), \
    COUNT(step.periods, "1", "1..1440", "of the last so many", \
          DOCUMENTED("CloudWatch User Guide, Create an alarm: 1 out of 1"))
#define SCALING_SCHEDULE_ROW(item) \
    LIST(schedule, NONE, item, "changes of the limits at set times", \
         DOCUMENTED(SCALING_SCHEDULE_PAGE))
#define SCALING_PREDICTIVE_ROWS \
    RATIO(predictive.cpu, NONE, "1%..100%", \
          "CPU utilization aimed at, for the load that earlier periods of the run had then", \
          DOCUMENTED(SCALING_PREDICTIVE_PAGE ", ASGCPUUtilization")), \
    TIME(predictive.period, "24h", "2min..168h", "after which the load comes back", \
         DOCUMENTED(SCALING_PREDICTIVE_PAGE ": 24 hours of data at least; here the mean of what " \
                    "was seen at that time, there a trained model")), \
    TIME(predictive.interval, "1h", "1min..24h", "for each of which one capacity is predicted", \
         DOCUMENTED(SCALING_PREDICTIVE_PAGE ": hourly forecasts")), \
    TIME(predictive.buffer, "300s", "0s..59min", "capacity is there so long before its interval", \
         DOCUMENTED("EC2 Auto Scaling API Reference, SchedulingBufferTime: default 300 seconds"))
/* clang-format on */

/* What a type hands over. */
struct scaling {
    double min, max;
    int64_t origin_ns;
    const struct scaling_alarm *alarm;
    const struct scaling_cooldown *cooldown; /* null: none, its warm-up does it */
    const struct scaling_predictive *predictive;
    const struct scaling_stepping *step; /* null with steps */
    const struct list *steps, *schedule;
    double targets[SCALING_METRICS]; /* NaN: not tracked */
    bool scale_in;
};
#define SCALING_OF(p)                                                         \
    .alarm = &(p)->alarm, .predictive = &(p)->predictive, .step = &(p)->step, \
    .steps = &(p)->steps_list, .schedule = &(p)->schedule_list, .scale_in = (p)->scale_in

/* The bound of a step for one metric on one side, as the metric counts; NaN: it is not of that. */
static inline double scaling_bound(const struct scaling_step *step, enum scaling_metric metric,
                                   bool above)
{
    switch (metric) {
    case SCALING_CPU:
        return above ? step->cpu_above_ratio : step->cpu_below_ratio;
    case SCALING_MEMORY:
        return above ? step->memory_above_ratio : step->memory_below_ratio;
    case SCALING_REQUESTS:
        return (above ? step->requests_above_per_s : step->requests_below_per_s) * SCALING_MINUTE_S;
    default:
        return (double)NAN;
    }
}

static inline struct scaler_step scaling_change(const struct scaling_step *step, double bound)
{
    const bool percent = step->change == SCALER_PERCENT;
    return (struct scaler_step){
        .bound = bound,
        .change = (enum scaler_change)step->change,
        .amount = percent ? step->amount / SCALING_PERCENT : step->amount,
        .minimum = (double)step->at_least_count,
    };
}

/* The steps of one metric on one side are a policy, with an alarm at the bound nearest to the
 * middle. */
static inline void scaling_steps(struct scaler *scaler, const struct scaling *scaling,
                                 enum scaling_metric metric, bool above)
{
    const struct scaling_step *items = scaling->steps->items;
    struct scaler_step *steps =
        arena_array(scaler->setup.arena, scaling->steps->count, sizeof(*steps));
    uint32_t count = 0;
    for (uint32_t i = 0; i < scaling->steps->count; i++) {
        const double bound = scaling_bound(&items[i], metric, above);
        if (isnan(bound)) {
            continue;
        }
        uint32_t at = count++;
        for (; at > 0 && (above ? steps[at - 1].bound > bound : steps[at - 1].bound < bound);
             at--) {
            steps[at] = steps[at - 1];
        }
        steps[at] = scaling_change(&items[i], bound);
    }
    if (count > 0) {
        scaler_step(scaler, metric,
                    &(struct scaler_step_setup){
                        .alarm = {.threshold = steps[0].bound,
                                  .comparison = above ? ALARM_AT_LEAST : ALARM_BELOW,
                                  .datapoints = (uint32_t)scaling->step->datapoints_count,
                                  .periods = (uint32_t)scaling->step->periods_count},
                        .steps = steps,
                        .steps_count = count,
                        .simple = scaling->step->simple,
                    });
    }
}

static inline double scaling_number(int64_t count)
{
    return count >= 0 ? (double)count : (double)NAN;
}

/* Fills a scaler; the arena outlives it. */
static inline void scaling_setup(struct scaler *scaler, const struct scaling *scaling,
                                 struct arena *arena)
{
    const struct scaling_cooldown none = {0}, *cooldown = scaling->cooldown;
    cooldown = cooldown != NULL ? cooldown : &none;
    scaler_init(scaler, &(struct scaler_setup){
                            .arena = arena,
                            .min = scaling->min,
                            .max = scaling->max,
                            .origin_ns = scaling->origin_ns,
                            .out_cooldown_ns = cooldown->out_ns,
                            .in_cooldown_ns = cooldown->in_ns,
                        });
    for (uint32_t metric = 0; metric < SCALING_METRICS; metric++) {
        if (!isnan(scaling->targets[metric])) {
            scaler_track(scaler, metric,
                         &(struct tracking_setup){
                             .target = scaling->targets[metric],
                             .low_share = scaling->alarm->low_threshold_ratio,
                             .high_points = (uint32_t)scaling->alarm->high_datapoints_count,
                             .low_points = (uint32_t)scaling->alarm->low_datapoints_count,
                             .only_out = !scaling->scale_in,
                         });
        }
        if (scaling->steps != NULL) {
            scaling_steps(scaler, scaling, metric, true);
            scaling_steps(scaler, scaling, metric, false);
        }
    }
    for (uint32_t i = 0; i < scaling->schedule->count; i++) {
        const struct scaling_action *action =
            &((const struct scaling_action *)scaling->schedule->items)[i];
        scaler_schedule(scaler, &(struct scaler_action){
                                    .at_ns = action->at_ns,
                                    .every_ns = action->every_ns > 0 ? action->every_ns : 0,
                                    .min = scaling_number(action->min_count),
                                    .max = scaling_number(action->max_count),
                                    .desired = (double)NAN,
                                });
    }
    const struct scaling_predictive *predictive = scaling->predictive;
    if (predictive != NULL && !isnan(predictive->cpu_ratio)) {
        scaler_predict(scaler, SCALING_CPU,
                       &(struct scaler_prediction){
                           .target = predictive->cpu_ratio,
                           .period_ns = predictive->period_ns,
                           .interval_ns = predictive->interval_ns,
                           .ahead_ns = predictive->buffer_ns,
                       });
    }
}

/* ---- what does not fit together, as a model's check says it ---- */

static inline const char *scaling_check_step(const struct scaling_step *step)
{
    int bounds = 0;
    for (uint32_t metric = 0; metric < SCALING_METRICS; metric++) {
        bounds += !isnan(scaling_bound(step, metric, true));
        bounds += !isnan(scaling_bound(step, metric, false));
    }
    if (bounds != 1) {
        return "steps: each needs one of the keys `..._above` and `..._below`";
    }
    return step->amount == 0 && step->change != SCALER_EXACT
               ? "steps: an `amount` of 0 does nothing"
               : NULL;
}

static inline const char *scaling_check_action(const struct scaling_action *action, int64_t min,
                                               int64_t max)
{
    if (action->min_count < 0 && action->max_count < 0) {
        return "schedule: each action changes something: `min`, `max`";
    }
    const int64_t low = action->min_count >= 0 ? action->min_count : min;
    const int64_t high = action->max_count >= 0 ? action->max_count : max;
    return low > high ? "schedule: an action's `min` is above the `max`" : NULL;
}

/* Steps (then step too) and predictive may be null. */
static inline const char *scaling_check(const struct list *steps, const struct list *schedule,
                                        const struct scaling_stepping *step,
                                        const struct scaling_predictive *predictive, int64_t min,
                                        int64_t max)
{
    const char *wrong = NULL;
    for (uint32_t i = 0; steps != NULL && i < steps->count && wrong == NULL; i++) {
        wrong = scaling_check_step(&((const struct scaling_step *)steps->items)[i]);
    }
    for (uint32_t i = 0; i < schedule->count && wrong == NULL; i++) {
        wrong =
            scaling_check_action(&((const struct scaling_action *)schedule->items)[i], min, max);
    }
    if (wrong == NULL && steps != NULL && step->datapoints_count > step->periods_count) {
        wrong = "step.datapoints: more than `step.periods`";
    }
    if (wrong == NULL && predictive != NULL && !isnan(predictive->cpu_ratio)) {
        if (predictive->period_ns % predictive->interval_ns != 0) {
            wrong = "predictive.interval: does not divide `predictive.period`";
        } else if (predictive->buffer_ns > predictive->interval_ns) {
            wrong = "predictive.buffer: longer than `predictive.interval`";
        }
    }
    return wrong;
}

#endif
