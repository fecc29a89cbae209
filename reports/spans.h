/* spans: single requests for people, from the sample that a run has kept (sim/kernel/spans.h), in
 * the forms that viewers of traces read: OpenTelemetry's JSON (one object, in one line, as its file
 * receivers want it) and the trace event format of Chrome, which Perfetto opens. Each call is a
 * span, and within it stand apart: `queue`, the time until it was first served; what its type
 * names, as `cold start`; and `work`, its own, before it calls others. Time 0 of the scenario is a
 * Monday, 2024-01-01 in UTC, and its `start`. */
#ifndef ARCHSIM_REPORTS_SPANS_H
#define ARCHSIM_REPORTS_SPANS_H

#include <stdio.h>

#include "sim/engine/results.h"

void spans_otlp(const struct results *results, FILE *stream);
void spans_chrome(const struct results *results, FILE *stream);

#endif
