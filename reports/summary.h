/* summary: what a person is shown of the results, whatever it is written in: rows of traffic and
 * services, sentences, the warnings that matter. Text and Markdown only lay it out. Texts live in
 * the arena; names are as the scenario has them, for the writer to make harmless. */
#ifndef ARCHSIM_REPORTS_SUMMARY_H
#define ARCHSIM_REPORTS_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/results.h"

enum { SUMMARY_ROWS = 20 }; /* of traffic and services that are shown; the rest is counted */

/* One traffic or service. */
struct summary_row {
    const char *name;
    uint32_t index;
    struct interval offered, availability, p50, p95, p99, queue;
    double errors[OUTCOME_COUNT], unfinished;
    double used; /* of what the service has least of; NaN: nothing is limited, or a traffic */
};
/* One row per traffic, in file order. */
struct summary_row *summary_traffic(const struct results *results, struct arena *arena);
/* One row per service, nearest to its limit first. */
struct summary_row *summary_services(const struct results *results, struct arena *arena);
/* "timeout 0.2 %, throttled 0.1 %", the most frequent first and `most` of them, then ", .." for the
 * rest; or null. */
const char *summary_errors(const struct summary_row *row, uint32_t most, struct arena *arena);
/* Waiting, the time average: "0.35", "< 0.01". */
const char *summary_queue(const struct summary_row *row, struct arena *arena);
/* "80 %", "" without a limit. */
const char *summary_used(const struct results *results, uint32_t service, struct arena *arena);

/* "10m measured after 30 s of warm-up, 5 replications, seed 1; 1.2M events in 0.4 s (3M/s)" */
const char *summary_measured(const struct results *results, struct arena *arena);
/* " at 2 times the load" for a promise about another load, else "". */
const char *summary_load(const struct promise *promise, struct arena *arena);
/* When the share of the bottleneck that is shown is in use: "on average". */
const char *summary_when_used(const struct results *results);
/* "about 1.25 times this traffic would fill it (estimate)"; of what scales: once it has scaled. */
const char *summary_headroom(const struct results *results, struct arena *arena);
/* "services.table.warm_throughput.reads = 24k/s", "quotas.lambda.concurrency = 3000 (1000 unless
 * raised)" */
const char *summary_arrangement(const struct arrangement *arrangement, struct arena *arena);
/* Of the section that tells what scaled when. */
const char *summary_events_title(const struct results *results, struct arena *arena);
/* What the intervals are and what they leave out. */
const char *summary_intervals(const struct results *results, struct arena *arena);

/* Warnings that say the same of several paths. */
struct summary_warning {
    const struct results_warning *first;
    const char *paths; /* the first few of them, and how many more; or null */
    uint32_t alike;    /* warnings it stands for */
    uint32_t more;     /* further ones of its code that are not listed: only of the last one */
};
/* Without those about what is neither shown nor promised. Returns how many. */
uint32_t summary_warnings(const struct results *results, struct arena *arena,
                          const struct summary_warning **warnings);
/* "traffic.users, traffic.admins: a backlog grew; and 3 more such" */
const char *summary_warning_words(const struct summary_warning *warning, struct arena *arena);
/* The same behind its code: "overloaded: traffic.users: a backlog grew" */
const char *summary_warning_text(const struct summary_warning *warning, struct arena *arena);

#endif
