/* history: what the replications did over time, for the database and the summary: series, the
 * distribution of latencies, and what happened of note. */
#ifndef ARCHSIM_ENGINE_HISTORY_H
#define ARCHSIM_ENGINE_HISTORY_H

#include "sim/engine/results.h"

/* Fills series, events and histograms of the results, in their arena. */
void history_collect(struct results *results, const struct experiment *experiment);

#endif
