/* bottleneck: what each service is nearest to the end of: its capacity, what its type limits
 * besides, or its bulkhead; and of all services the one that is nearest. */
#ifndef ARCHSIM_ENGINE_BOTTLENECK_H
#define ARCHSIM_ENGINE_BOTTLENECK_H

#include <stdint.h>

#include "sim/engine/results.h"

struct replication;

struct results_use bottleneck_use(const struct scenario *scenario, uint32_t service,
                                  const struct replication *replications, uint32_t count,
                                  double confidence);
/* Headroom is the multiple of the load that brings its use to 1, if that grows with the load. */
struct results_bottleneck bottleneck_find(const struct scenario *scenario,
                                          const struct replication *replications, uint32_t count,
                                          double confidence);

#endif
