/* timeline: what a summary tells of the events of the first replication: a few lines, what scaled
 * when and why first. Every change of capacity is a line of its own; the spells in which a limit
 * throttled are one line, and so are the members of a service that fell ill. Where there are more
 * than TIMELINE_LINES, each service keeps its largest changes, in turn; throttling and health have
 * some lines for themselves. */
#ifndef ARCHSIM_REPORTS_TIMELINE_H
#define ARCHSIM_REPORTS_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/results.h"

enum { TIMELINE_LINES = 10, TIMELINE_REASONS = 3 };

struct timeline_line {
    const char *time;    /* "00:12:05": when it began */
    const char *service; /* as the scenario has it */
    const char *what;    /* "scaled out 4 -> 6", "throttled 812 calls in 3 spells" */
    const char *span;    /* " over 4m", "" where it took less than a second */
    /* "cpu_utilization 71 % > 50 %, for 3 datapoints, ready in 1m 15s", then without the remark,
     * then without the delay; "" */
    const char *why[TIMELINE_REASONS];
};

struct timeline {
    struct timeline_line lines[TIMELINE_LINES]; /* in the order of time */
    uint32_t lines_count;
    uint32_t more;          /* lines that are not shown */
    const char *more_words; /* "760 more, 752 of them of db" */
};

/* Texts live in the arena. What was over before the window began is left out. */
struct timeline timeline_make(const struct results *results, bool unicode, struct arena *arena);

#endif
