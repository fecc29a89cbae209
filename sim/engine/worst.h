/* worst: the worst five minutes of a traffic, from windows pooled over replications: the one of
 * lowest availability, of those the one of highest p99, of those the first. What is left after
 * the last whole window is not looked at. */
#ifndef ARCHSIM_ENGINE_WORST_H
#define ARCHSIM_ENGINE_WORST_H

#include <stdint.h>

#include "sim/engine/results.h"

struct replication;

struct results_worst worst_find(const struct scenario *scenario, uint32_t traffic,
                                const struct replication *replications, uint32_t count);

#endif
