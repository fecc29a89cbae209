/* empirical: the samples of `empirical(file.csv)`. */
#ifndef ARCHSIM_SCENARIO_EMPIRICAL_H
#define ARCHSIM_SCENARIO_EMPIRICAL_H

#include "sim/scenario/quantity.h"

enum { EMPIRICAL_SAMPLES_MAX = 10000000 };

/* The first column of the CSV `file`, relative to request->directory: quantities of the
 * request's kind, or bare numbers whose unit ends the name in the header line (latency_ms).
 * Blank lines and lines that begin with '#' are skipped. Sorted, in the arena; null and *error
 * (offset 0) if it cannot be used. */
const double *empirical_read(const char *file, const struct distribution_request *request,
                             struct arena *arena, uint32_t *count, struct quantity_error *error);

#endif
