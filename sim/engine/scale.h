/* scale: a scenario under a multiple of its traffic, for promises that must hold `at_load: 2`.
 * Rates, MMPP states, trace counts and users (rounded, at least 1) are multiplied; everything
 * else is the scenario's own. Exact instants of an `arrivals` trace cannot be multiplied. */
#ifndef ARCHSIM_ENGINE_SCALE_H
#define ARCHSIM_ENGINE_SCALE_H

#include <stdbool.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/scenario.h"

/* False if some traffic replays exact instants. */
bool scale_possible(const struct scenario *scenario);

/* The scenario at `load` (> 0) times its traffic: a shallow copy in the arena that borrows from
 * `scenario` and is not to be given to scenario_free. */
const struct scenario *scale_traffic(const struct scenario *scenario, double load,
                                     struct arena *arena);

#endif
