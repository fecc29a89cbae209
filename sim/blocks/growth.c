#include "sim/blocks/growth.h"

#include <assert.h>
#include <math.h>

#define GROWTH_NANO 1e-9
#define GROWTH_ROUNDING 1e-9 /* what is missing of a step by rounding only */

void growth_init(struct growth *growth, const struct growth_rules *rules, int64_t steps)
{
    assert(rules->step > 0);
    assert(rules->low_ratio < rules->target_ratio);
    *growth = (struct growth){.rules = rules};
    growth_set(growth, steps);
}

void growth_set(struct growth *growth, int64_t steps)
{
    growth->steps = steps;
    growth->earned = (double)steps * growth->rules->step;
    growth->low_ns = 0;
}

static void growth_up(struct growth *growth, double interval_s)
{
    const struct growth_rules *rules = growth->rules;
    growth->earned += interval_s * fmax(rules->up_least_per_s, rules->up_per_s * growth->earned);
    const int64_t steps = (int64_t)floor(growth->earned / rules->step + GROWTH_ROUNDING);
    growth->steps = steps > growth->steps ? steps : growth->steps;
}

static void growth_down(struct growth *growth, double interval_s)
{
    const struct growth_rules *rules = growth->rules;
    growth->earned *= fmax(0, 1 - interval_s * rules->down_per_s);
    const int64_t steps = (int64_t)ceil(growth->earned / rules->step - GROWTH_ROUNDING);
    growth->steps = steps < growth->steps ? steps : growth->steps;
}

/* The load fits well into one step less, or does not need the part of a step that was earned. */
static bool growth_low(const struct growth *growth, double utilization)
{
    const double steps = (double)growth->steps, low_ratio = growth->rules->low_ratio;
    if (growth->earned > steps * growth->rules->step && utilization < low_ratio) {
        return true;
    }
    return growth->steps > 1 && utilization * steps < low_ratio * (steps - 1);
}

bool growth_look(struct growth *growth, double utilization, int64_t interval_ns, int64_t low_steps,
                 int64_t high_steps)
{
    assert(low_steps <= high_steps);
    const struct growth_rules *rules = growth->rules;
    const int64_t before = growth->steps;
    const double interval_s = (double)interval_ns * GROWTH_NANO;
    if (growth_low(growth, utilization)) {
        growth->low_ns += interval_ns;
        if (growth->low_ns > rules->low_after_ns) {
            growth_down(growth, interval_s);
        }
    } else {
        growth->low_ns = 0;
        if (utilization > rules->target_ratio) {
            growth_up(growth, interval_s);
        }
    }
    growth->earned = fmin(fmax(growth->earned, (double)low_steps * rules->step),
                          (double)high_steps * rules->step);
    growth->steps = growth->steps < low_steps ? low_steps : growth->steps;
    growth->steps = growth->steps > high_steps ? high_steps : growth->steps;
    return growth->steps != before;
}

bool growth_resting(const struct growth *growth, int64_t low_steps)
{
    return growth->earned <= (double)low_steps * growth->rules->step;
}
