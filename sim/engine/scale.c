/* scale: copies what differs, borrows the rest. */
#include "sim/engine/scale.h"

#include <assert.h>
#include <math.h>

bool scale_possible(const struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->traffic_count; i++)
        if (scenario->traffic[i].arrivals == ARRIVALS_TRACE && scenario->traffic[i].trace.arrivals)
            return false;
    return true;
}

static void scale_one(struct scenario_traffic *traffic, double load, struct arena *arena)
{
    if (traffic->rate) {
        struct rate_point *rate = arena_array(arena, traffic->rate_count, sizeof(*rate));
        for (uint32_t i = 0; i < traffic->rate_count; i++) {
            rate[i] = traffic->rate[i];
            rate[i].rate_per_s *= load;
        }
        traffic->rate = rate;
    }
    if (traffic->mmpp_rates_per_s) {
        double *rates_per_s = arena_array(arena, traffic->mmpp_count, sizeof(*rates_per_s));
        for (uint32_t i = 0; i < traffic->mmpp_count; i++)
            rates_per_s[i] = traffic->mmpp_rates_per_s[i] * load;
        traffic->mmpp_rates_per_s = rates_per_s;
    }
    traffic->trace.scale *= load;
    traffic->users = traffic->users > 0 ? (uint32_t)fmax(1, round(traffic->users * load)) : 0;
}

const struct scenario *scale_traffic(const struct scenario *scenario, double load,
                                     struct arena *arena)
{
    assert(load > 0);
    assert(scale_possible(scenario));
    struct scenario *scaled = arena_alloc(arena, sizeof(*scaled));
    *scaled = *scenario;
    struct scenario_traffic *traffic =
        arena_array(arena, scenario->traffic_count, sizeof(*traffic));
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        traffic[i] = scenario->traffic[i];
        scale_one(&traffic[i], load, arena);
    }
    scaled->traffic = traffic;
    return scaled;
}
