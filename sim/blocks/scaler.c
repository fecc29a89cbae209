#include "sim/blocks/scaler.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* What is whole but for the last bits of what it was computed from is not rounded up. */
#define SCALER_ROUNDING 1e-6

struct scaler_policy {
    struct scaler_step_setup setup;
    struct alarm alarm;
    uint32_t metric;
    struct scaler_policy *next;
};

struct scaler_planned {
    struct scaler_action action;
    int64_t next_ns;
    struct scaler_planned *next;
};

struct scaler_forecast {
    struct scaler_prediction setup;
    uint32_t metric, slots;
    double *loads; /* of each interval of a period: the sum of what was seen, and how often */
    uint32_t *counts;
    int64_t begin_ns; /* of the interval that is predicted next */
    double before,
        after; /* the least capacity until the last one predicted begins, and from then */
    int64_t after_ns;
    struct scaler_forecast *next;
};

void scaler_init(struct scaler *scaler, const struct scaler_setup *setup)
{
    assert(setup->min <= setup->max);
    *scaler = (struct scaler){.setup = *setup, .min = setup->min, .max = setup->max};
}

/* Room for one more; policies are few, and made at the start. */
static void *scaler_extend(struct arena *arena, const void *old, uint32_t count, size_t size)
{
    void *array = arena_array(arena, count + 1, size);
    if (count > 0) {
        memcpy(array, old, count * size);
    }
    return array;
}

void scaler_track(struct scaler *scaler, uint32_t metric, const struct tracking_setup *setup)
{
    struct arena *arena = scaler->setup.arena;
    const uint32_t count = scaler->tracked_count++;
    scaler->tracked = scaler_extend(arena, scaler->tracked, count, sizeof(*scaler->tracked));
    scaler->tracked_metrics =
        scaler_extend(arena, scaler->tracked_metrics, count, sizeof(*scaler->tracked_metrics));
    tracking_init(&scaler->tracked[count], setup);
    scaler->tracked_metrics[count] = metric;
}

void scaler_step(struct scaler *scaler, uint32_t metric, const struct scaler_step_setup *setup)
{
    assert(setup->steps_count > 0 && setup->steps[0].bound == setup->alarm.threshold);
    struct scaler_policy *policy = arena_alloc(scaler->setup.arena, sizeof(*policy));
    *policy = (struct scaler_policy){.setup = *setup, .metric = metric, .next = scaler->policies};
    alarm_init(&policy->alarm, &setup->alarm, scaler->setup.arena);
    scaler->policies = policy;
}

void scaler_schedule(struct scaler *scaler, const struct scaler_action *action)
{
    struct scaler_planned *planned = arena_alloc(scaler->setup.arena, sizeof(*planned));
    *planned = (struct scaler_planned){
        .action = *action,
        .next_ns = scaler->setup.origin_ns + action->at_ns,
    };
    struct scaler_planned **end = &scaler->planned;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = planned;
}

void scaler_predict(struct scaler *scaler, uint32_t metric, const struct scaler_prediction *setup)
{
    assert(setup->interval_ns > 0 && setup->period_ns % setup->interval_ns == 0);
    assert(setup->ahead_ns <= setup->interval_ns);
    struct arena *arena = scaler->setup.arena;
    struct scaler_forecast *forecast = arena_alloc(arena, sizeof(*forecast));
    const uint32_t slots = (uint32_t)(setup->period_ns / setup->interval_ns);
    *forecast = (struct scaler_forecast){
        .setup = *setup,
        .metric = metric,
        .slots = slots,
        .loads = arena_array(arena, slots, sizeof(double)),
        .counts = arena_array(arena, slots, sizeof(uint32_t)),
        .before = -INFINITY,
        .after = -INFINITY,
        .next = scaler->forecasts,
        /* the first that begins `ahead` after time 0, or later */
        .begin_ns = scaler->setup.origin_ns % setup->interval_ns,
    };
    if (forecast->begin_ns < setup->ahead_ns) {
        forecast->begin_ns += setup->interval_ns;
    }
    scaler->forecasts = forecast;
}

bool scaler_watches(const struct scaler *scaler, uint32_t metric)
{
    for (uint32_t i = 0; i < scaler->tracked_count; i++) {
        if (scaler->tracked_metrics[i] == metric) {
            return true;
        }
    }
    for (const struct scaler_policy *policy = scaler->policies; policy; policy = policy->next) {
        if (policy->metric == metric) {
            return true;
        }
    }
    for (const struct scaler_forecast *forecast = scaler->forecasts; forecast;
         forecast = forecast->next) {
        if (forecast->metric == metric) {
            return true;
        }
    }
    return false;
}

bool scaler_active(const struct scaler *scaler)
{
    return scaler->tracked_count > 0 || scaler->policies != NULL || scaler->planned != NULL ||
           scaler->forecasts != NULL;
}

double scaler_largest(const struct scaler *scaler)
{
    double largest = scaler->setup.max;
    for (const struct scaler_planned *planned = scaler->planned; planned; planned = planned->next) {
        largest = fmax(largest, planned->action.max); /* NaN: is passed over */
    }
    return largest;
}

/* ---- the forecast ---- */

static uint32_t scaler_slot(const struct scaler *scaler, const struct scaler_forecast *forecast,
                            int64_t time_ns)
{
    const struct scaler_prediction *setup = &forecast->setup;
    int64_t of_period_ns = (time_ns - scaler->setup.origin_ns) % setup->period_ns;
    if (of_period_ns < 0) {
        of_period_ns += setup->period_ns;
    }
    return (uint32_t)(of_period_ns / setup->interval_ns);
}

static void scaler_learn(const struct scaler *scaler, struct scaler_forecast *forecast, double load,
                         int64_t ended_ns)
{
    if (!isnan(load)) {
        const uint32_t slot = scaler_slot(scaler, forecast, ended_ns - 1);
        forecast->loads[slot] += load;
        forecast->counts[slot]++;
    }
}

static void scaler_foresee(const struct scaler *scaler, struct scaler_forecast *forecast)
{
    const uint32_t slot = scaler_slot(scaler, forecast, forecast->begin_ns);
    const double load = forecast->loads[slot] / forecast->counts[slot];
    forecast->before = forecast->after;
    forecast->after_ns = forecast->begin_ns;
    forecast->after = forecast->counts[slot] > 0
                          ? ceil(load / forecast->setup.target - SCALER_ROUNDING)
                          : -INFINITY;
    forecast->begin_ns += forecast->setup.interval_ns;
}

static double scaler_foreseen(const struct scaler_forecast *forecast, int64_t now_ns)
{
    return now_ns < forecast->after_ns ? fmax(forecast->before, forecast->after) : forecast->after;
}

/* The least capacity now. */
static double scaler_least(const struct scaler *scaler, int64_t now_ns)
{
    double least = scaler->min;
    for (const struct scaler_forecast *forecast = scaler->forecasts; forecast;
         forecast = forecast->next) {
        least = fmax(least, scaler_foreseen(forecast, now_ns));
    }
    return fmin(least, scaler->max);
}

/* ---- datapoints and decisions ---- */

void scaler_point(struct scaler *scaler, uint32_t metric, double value, double measured,
                  int64_t ended_ns)
{
    for (uint32_t i = 0; i < scaler->tracked_count; i++) {
        if (scaler->tracked_metrics[i] == metric) {
            tracking_point(&scaler->tracked[i], value, measured);
        }
    }
    for (struct scaler_policy *policy = scaler->policies; policy; policy = policy->next) {
        if (policy->metric == metric) {
            alarm_point(&policy->alarm, value);
        }
    }
    for (struct scaler_forecast *forecast = scaler->forecasts; forecast;
         forecast = forecast->next) {
        if (forecast->metric == metric) {
            scaler_learn(scaler, forecast, measured * value, ended_ns);
        }
    }
}

/* The step in which the last datapoint is; null: it does not breach now. */
static const struct scaler_step *scaler_step_of(const struct scaler_policy *policy)
{
    const struct scaler_step *step = NULL;
    struct alarm_setup alarm = policy->setup.alarm;
    for (uint32_t i = 0; i < policy->setup.steps_count; i++) {
        alarm.threshold = policy->setup.steps[i].bound;
        /* from the second bound on, above: at it; below: beneath or at it */
        if (i > 0) {
            alarm.comparison = alarm.comparison >= ALARM_BELOW ? ALARM_AT_MOST : ALARM_AT_LEAST;
        }
        if (alarm_breaches(&alarm, policy->alarm.value)) {
            step = &policy->setup.steps[i];
        }
    }
    return step;
}

/* What the step makes of that capacity. */
static double scaler_adjust(const struct scaler_step *step, double capacity)
{
    if (step->change == SCALER_EXACT) {
        return step->amount;
    }
    double change = step->amount;
    if (step->change == SCALER_PERCENT) {
        change = trunc(capacity * step->amount + copysign(SCALER_ROUNDING, step->amount));
        change = copysign(fmax(fabs(change), fmax(step->minimum, 1)), step->amount);
    }
    return capacity + change;
}

/* What a policy wants, within the limits; the desired capacity: nothing. */
static double scaler_step_want(const struct scaler *scaler, const struct scaler_policy *policy,
                               int64_t now_ns, const struct scaler_state *state)
{
    const bool cooling = now_ns < scaler->out_until_ns;
    const bool held = state->growing || cooling || now_ns < scaler->in_until_ns;
    const struct scaler_step *step =
        policy->alarm.state == ALARM_ON ? scaler_step_of(policy) : NULL;
    if (step == NULL || (policy->setup.simple && held)) {
        return state->desired;
    }
    const bool out =
        step->change == SCALER_EXACT ? step->amount > state->desired : step->amount > 0;
    if (out) {
        const double from = cooling ? fmin(scaler->base, state->settled) : state->settled;
        return fmax(state->desired, fmin(scaler_adjust(step, from), scaler->max));
    }
    const double least = scaler_least(scaler, now_ns);
    return held ? state->desired
                : fmin(state->desired, fmax(scaler_adjust(step, state->desired), least));
}

/* Of two decisions, the one that is followed: the larger, but nothing is not a decision. */
static bool scaler_prefers(double desired, double than, double now)
{
    return desired != now && (than == now || desired > than);
}

static void scaler_cool(struct scaler *scaler, int64_t now_ns, double from, double to)
{
    if (to > from) {
        if (now_ns >= scaler->out_until_ns) {
            scaler->base = from;
        }
        scaler->out_until_ns = now_ns + scaler->setup.out_cooldown_ns;
        scaler->in_until_ns = now_ns;
    } else {
        scaler->in_until_ns = now_ns + scaler->setup.in_cooldown_ns;
    }
}

bool scaler_decide(struct scaler *scaler, int64_t now_ns, const struct scaler_state *state,
                   struct scaler_decision *decision)
{
    const bool cooling = now_ns < scaler->out_until_ns;
    *decision = (struct scaler_decision){.desired = state->desired};
    struct tracking_decision tracked;
    if (tracking_decide(scaler->tracked, scaler->tracked_count,
                        &(struct tracking_capacity){
                            .desired = state->desired,
                            .min = scaler_least(scaler, now_ns),
                            .max = scaler->max,
                            .growing = state->growing || cooling || now_ns < scaler->in_until_ns,
                            .cooling = cooling,
                            .base = scaler->base,
                        },
                        &tracked)) {
        *decision = (struct scaler_decision){
            .desired = tracked.desired,
            .reason = SCALER_TRACKING,
            .metric = scaler->tracked_metrics[tracked.policy],
            .value = tracked.value,
            .threshold = tracked.threshold,
        };
    }
    for (const struct scaler_policy *policy = scaler->policies; policy; policy = policy->next) {
        const double want = scaler_step_want(scaler, policy, now_ns, state);
        if (scaler_prefers(want, decision->desired, state->desired)) {
            *decision = (struct scaler_decision){
                .desired = want,
                .reason = SCALER_STEP,
                .metric = policy->metric,
                .value = policy->alarm.value,
                .threshold = policy->setup.alarm.threshold,
            };
        }
    }
    if (decision->desired == state->desired) {
        return false;
    }
    scaler_cool(scaler, now_ns, state->desired, decision->desired);
    return true;
}

/* ---- what is done at its time ---- */

int64_t scaler_action_ns(const struct scaler *scaler, int64_t now_ns)
{
    int64_t next_ns = SCALER_NEVER;
    for (const struct scaler_planned *planned = scaler->planned; planned; planned = planned->next) {
        next_ns = planned->next_ns < next_ns ? planned->next_ns : next_ns;
    }
    for (const struct scaler_forecast *forecast = scaler->forecasts; forecast;
         forecast = forecast->next) {
        const int64_t at_ns = forecast->begin_ns - forecast->setup.ahead_ns;
        next_ns = at_ns < next_ns ? at_ns : next_ns;
    }
    return next_ns > now_ns ? next_ns : now_ns;
}

/* The first that is due by now; those of the same time in the order in which they were made. */
static struct scaler_planned *scaler_due(const struct scaler *scaler, int64_t now_ns)
{
    struct scaler_planned *due = NULL;
    for (struct scaler_planned *planned = scaler->planned; planned; planned = planned->next) {
        if (planned->next_ns <= now_ns && (due == NULL || planned->next_ns < due->next_ns)) {
            due = planned;
        }
    }
    return due;
}

static double scaler_clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

bool scaler_act(struct scaler *scaler, int64_t now_ns, const struct scaler_state *state,
                struct scaler_decision *decision)
{
    *decision = (struct scaler_decision){
        .desired = state->desired,
        .reason = SCALER_SCHEDULED,
        .value = (double)NAN,
        .threshold = (double)NAN,
    };
    struct scaler_planned *due;
    while ((due = scaler_due(scaler, now_ns)) != NULL) {
        const struct scaler_action *action = &due->action;
        scaler->min = isnan(action->min) ? scaler->min : action->min;
        scaler->max = isnan(action->max) ? scaler->max : action->max;
        const double desired = isnan(action->desired) ? decision->desired : action->desired;
        decision->desired = scaler_clamp(desired, scaler->min, scaler->max);
        due->next_ns = action->every_ns > 0 ? due->next_ns + action->every_ns : SCALER_NEVER;
    }
    for (struct scaler_forecast *forecast = scaler->forecasts; forecast;
         forecast = forecast->next) {
        while (forecast->begin_ns - forecast->setup.ahead_ns <= now_ns) {
            scaler_foresee(scaler, forecast);
        }
        const double least = fmin(scaler_foreseen(forecast, now_ns), scaler->max);
        if (decision->desired < least) {
            decision->desired = least;
            decision->reason = SCALER_PREDICTED;
            decision->metric = forecast->metric;
        }
    }
    return decision->desired != state->desired;
}
