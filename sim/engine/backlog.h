/* backlog: does what is in flight grow through the window? Looked at the ends of its four quarters,
 * for each traffic and for each service (where callers that have timed out leave their calls
 * behind, only the service shows it). */
#ifndef ARCHSIM_ENGINE_BACKLOG_H
#define ARCHSIM_ENGINE_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/gauge.h"

enum { BACKLOG_QUARTERS = 4 };

/* Since time 0, at the ends of quarters (the first entry stays 0): the area of what is in flight
 * (level * ns), and how many had arrived. */
struct backlog {
    double area[BACKLOG_QUARTERS + 1];
    uint64_t arrivals[BACKLOG_QUARTERS + 1];
};

/* The end of quarter 1..4. */
void backlog_mark(struct backlog *backlog, uint32_t quarter, const struct gauge *in_flight,
                  uint64_t arrivals, int64_t now_ns);

/* In flight grew from quarter to quarter, by more than chance (0.5 % of all arrivals, and three
 * times the root of what was there) and by more than its arrivals explain (Little: the stay
 * L / lambda grows by a fifth). */
bool backlog_grew(const struct backlog *backlog, int64_t duration_ns);

#endif
