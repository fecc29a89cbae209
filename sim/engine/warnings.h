/* warnings: what a reader must know before trusting the numbers, with stable codes:
 * the loader's own (heavy_tail, ...), warmup_unclear, overloaded, trace_ended, no_traffic,
 * few_observations. */
#ifndef ARCHSIM_ENGINE_WARNINGS_H
#define ARCHSIM_ENGINE_WARNINGS_H

#include "sim/engine/results.h"

struct experiment;

/* Fills results->warnings; metrics must be estimated already. */
void warnings_collect(struct results *results, const struct experiment *experiment,
                      const struct diag *diag);

#endif
