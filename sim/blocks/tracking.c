#include "sim/blocks/tracking.h"

#include <assert.h>
#include <math.h>

/* 2 * 0.75 / 0.5 is 3, whatever the last bits of a measured 0.75 are. */
#define TRACKING_ROUNDING 1e-6

void tracking_init(struct tracking *tracking, const struct tracking_setup *setup)
{
    assert(setup->target > 0 && setup->high_points > 0 && setup->low_points > 0);
    *tracking = (struct tracking){.setup = *setup, .value = (double)NAN};
}

void tracking_point(struct tracking *tracking, double value, double measured)
{
    const struct tracking_setup *setup = &tracking->setup;
    tracking->high = value > setup->target ? tracking->high + 1 : 0;
    tracking->low = value < setup->target * setup->low_share ? tracking->low + 1 : 0;
    tracking->value = value;
    tracking->measured = measured;
}

/* The capacity at which the metric would be at its target. */
static double tracking_needed(const struct tracking *tracking)
{
    return ceil(tracking->measured * tracking->value / tracking->setup.target - TRACKING_ROUNDING);
}

/* The capacity that a scale-out leads to. */
static double tracking_out(const struct tracking *tracking,
                           const struct tracking_capacity *capacity)
{
    const double needed = tracking_needed(tracking);
    const double more = ceil(needed - tracking->measured - TRACKING_ROUNDING);
    return capacity->cooling ? fmin(needed, capacity->base + more) : needed;
}

static struct tracking_decision tracking_want(const struct tracking *tracking,
                                              const struct tracking_capacity *capacity)
{
    const struct tracking_setup *setup = &tracking->setup;
    struct tracking_decision want = {
        .desired = capacity->desired,
        .value = tracking->value,
        .threshold = setup->target,
    };
    if (tracking->high >= setup->high_points) {
        want.desired =
            fmax(capacity->desired, fmin(tracking_out(tracking, capacity), capacity->max));
    } else if (tracking->low >= setup->low_points && !setup->only_out && !capacity->growing) {
        want.desired = fmin(capacity->desired, fmax(tracking_needed(tracking), capacity->min));
        want.threshold = setup->target * setup->low_share;
    }
    return want;
}

bool tracking_decide(const struct tracking *policies, uint32_t count,
                     const struct tracking_capacity *capacity, struct tracking_decision *decision)
{
    *decision = (struct tracking_decision){.desired = -INFINITY};
    for (uint32_t i = 0; i < count; i++) {
        struct tracking_decision want = tracking_want(&policies[i], capacity);
        const bool silent = policies[i].setup.only_out && want.desired <= capacity->desired;
        if (want.desired > decision->desired && !silent) {
            want.policy = i;
            *decision = want;
        }
    }
    if (decision->desired == -INFINITY) {
        decision->desired = capacity->desired;
    }
    return decision->desired != capacity->desired;
}
