/* estimate: one metric over all replications: what is printed, and how sure it is. Worked: a p99
 * of 100, 104, 96, 102, 98 ms in five replications is 100 ms, at 95 % 96.1 .. 103.9 ms. */
#ifndef ARCHSIM_ENGINE_ESTIMATE_H
#define ARCHSIM_ENGINE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/interval.h"
#include "sim/scenario/metrics.h"

struct replication;

/* The same, low and high no further than 0..1: of a share, which lies within. */
struct interval estimate_share(struct interval share);
/* True for the `up` of a service that can fail but never did: how often it would is unknown. */
bool estimate_saw_no_failure(const struct metric_list *list, uint32_t metric,
                             const struct replication *replications, uint32_t count);

/* Metric `metric` of the list over `count` replications. All NaN where there is no data; a
 * quantile is NaN as soon as one replication had too few observations for it, because the
 * replications that had enough are not a fair sample. Low and high are NaN for one replication,
 * for extremes, and where a service that can fail never did. */
struct interval estimate_metric(const struct metric_list *list, uint32_t metric,
                                const struct replication *replications, uint32_t count,
                                double confidence);

#endif
