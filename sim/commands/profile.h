/* profile: where a run's time went, for `run --profile`: events by kind, calls, memory, and
 * estimates of the shares of queue, random numbers and statistics: how often each happened times
 * what one costs, measured on this machine at that moment, on the data structures of the kernel.
 * The run itself is not slowed. */
#ifndef ARCHSIM_COMMANDS_PROFILE_H
#define ARCHSIM_COMMANDS_PROFILE_H

#include <stdio.h>

#include "sim/engine/experiment.h"
#include "sim/engine/results.h"

void profile_print(const struct experiment *experiment, const struct results *results,
                   FILE *stream);

#endif
