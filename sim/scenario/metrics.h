/* metrics: the list of every number in the results of a scenario, in the order in which they are
 * shown. Built once at load; `slo` paths are looked up in it, each replication fills one array
 * of doubles in its order, JSON, CSV and the database walk it. A metric says where its value
 * comes from (scope, field). Numbers that are worked out of all replications together follow at
 * the end: promises find them, walks stop before them. */
#ifndef ARCHSIM_SCENARIO_METRICS_H
#define ARCHSIM_SCENARIO_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/quantity.h"

struct scenario;

/* Whose number it is: `index` is the traffic, service, operation (flat over services) or edge. */
enum metric_scope {
    SCOPE_TRAFFIC,
    SCOPE_SERVICE,
    SCOPE_OPERATION, /* flat: counts all operations of all services, anonymous ones too */
    SCOPE_EDGE,
    SCOPE_OWN, /* a type's own metric: index = service, own = index in the type's table */
};

enum metric_field {
    FIELD_OFFERED,
    FIELD_ARRIVALS,
    FIELD_RATE,
    FIELD_THROUGHPUT,
    FIELD_AVAILABILITY,
    FIELD_WITHIN,
    FIELD_UNFINISHED,
    FIELD_ERRORS, /* part = outcome */
    FIELD_RETRIES,
    FIELD_ABANDONED,
    FIELD_LATENCY, /* part = enum latency_part */
    FIELD_WAIT,    /* part = enum latency_part */
    FIELD_WAITED,
    FIELD_UTILIZATION,
    FIELD_BUSY,      /* part = enum level_part */
    FIELD_IN_FLIGHT, /* part */
    FIELD_QUEUE,     /* part */
    FIELD_CAPACITY,  /* part */
    FIELD_UP,
    FIELD_OWN, /* part = latency_part for METRIC_LATENCY */
};
enum latency_part {
    PART_MEAN,
    PART_SD,
    PART_P50,
    PART_P90,
    PART_P95,
    PART_P99,
    PART_P99_9,
    PART_MAX,
    LATENCY_PARTS
};
enum level_part { LEVEL_MEAN, LEVEL_MIN, LEVEL_MAX };
extern const char *const latency_part_names[LATENCY_PARTS];
/* the probability of a quantile part, NaN for mean, sd, max */
double latency_part_probability(enum latency_part part);

/* How replications combine. */
enum metric_estimate {
    ESTIMATE_MEAN,     /* mean over replications, Student's interval */
    ESTIMATE_RATIO,    /* as MEAN, widened by Clopper-Pearson on pooled counts, clamped to 0..1 */
    ESTIMATE_QUANTILE, /* as MEAN; per replication null below 10 observations beyond it */
    ESTIMATE_MAX,      /* the largest, no interval */
    ESTIMATE_MIN,      /* the smallest, no interval (capacity.min) */
};

/* What of all replications together a number is: not theirs, so it has no place in their arrays. */
enum metric_derived {
    DERIVED_NONE,
    DERIVED_WORST, /* of the worst five minutes of the traffic `index`; field, part: which number */
    DERIVED_UTILIZATION, /* of the bottleneck; scope and index mean nothing */
    DERIVED_HEADROOM,
};

struct metric_entry {
    const char *path;   /* "services.orders.latency.p99" */
    enum quantity unit; /* TIME: values in seconds here, as in all results */
    enum metric_estimate estimate;
    enum metric_scope scope;
    enum metric_field field;
    uint16_t part;
    uint16_t own;
    uint32_t index;
    enum metric_derived derived;
};

struct metric_list {
    const struct metric_entry *entries; /* `count`, then `derived_count` derived ones */
    const uint32_t *sorted;             /* indexes of all of them by path */
    uint32_t count;
    uint32_t derived_count;
};

/* Builds the list in the scenario's arena. */
struct metric_list *metrics_list(struct scenario *scenario);
/* The index of a path, or -1. */
int64_t metrics_find(const struct metric_list *list, const char *path);
/* What may follow the first `length` characters of `path` and a dot (0: the first words of all
 * paths), each once, in alphabetical order; the array and its texts live in the arena. Returns
 * how many. */
uint32_t metrics_children(const struct metric_list *list, const char *path, size_t length,
                          struct arena *arena, const char ***names);

#endif
