/* estimate: gathers one column of the replications and hands it to the kernel's intervals. */
#include "sim/engine/estimate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/engine/world.h"
#include "sim/kernel/arena.h"

static struct interval estimate_mean(uint32_t metric, const struct replication *replications,
                                     uint32_t count, double confidence, bool all_needed)
{
    double *values = memory_resize(NULL, count, sizeof(*values));
    bool missing = false;
    for (uint32_t i = 0; i < count; i++) {
        values[i] = replications[i].values[metric];
        missing = missing || isnan(values[i]);
    }
    struct interval result = {NAN, NAN, NAN};
    if (!(missing && all_needed))
        result = interval_student(values, count, confidence);
    free(values);
    return result;
}

static struct interval estimate_ratio(uint32_t metric, const struct replication *replications,
                                      uint32_t count, double confidence)
{
    uint64_t *hits = memory_resize(NULL, count, sizeof(*hits));
    uint64_t *trials = memory_resize(NULL, count, sizeof(*trials));
    for (uint32_t i = 0; i < count; i++) {
        hits[i] = replications[i].hits[metric];
        trials[i] = replications[i].trials[metric];
    }
    const struct interval result = interval_ratio(hits, trials, count, confidence);
    free(hits);
    free(trials);
    return result;
}

static struct interval estimate_extreme(uint32_t metric, const struct replication *replications,
                                        uint32_t count, bool largest)
{
    struct interval result = {NAN, NAN, NAN};
    for (uint32_t i = 0; i < count; i++) {
        const double value = replications[i].values[metric];
        result.value = largest ? fmax(result.value, value) : fmin(result.value, value);
    }
    return result;
}

struct interval estimate_share(struct interval share)
{
    share.low = share.low < 0 ? 0 : share.low;
    share.high = share.high > 1 ? 1 : share.high;
    return share;
}

bool estimate_saw_no_failure(const struct metric_list *list, uint32_t metric,
                             const struct replication *replications, uint32_t count)
{
    const struct metric_entry *entry = &list->entries[metric];
    if (entry->scope != SCOPE_SERVICE || entry->field != FIELD_UP)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!replications[i].fallible[entry->index] || replications[i].values[metric] != 1)
            return false;
    return true;
}

static struct interval estimate_plain_mean(const struct metric_list *list, uint32_t metric,
                                           const struct replication *replications, uint32_t count,
                                           double confidence)
{
    const struct interval mean = estimate_mean(metric, replications, count, confidence, false);
    if (estimate_saw_no_failure(list, metric, replications, count))
        return (struct interval){mean.value, NAN, NAN};
    return list->entries[metric].unit == QUANTITY_RATIO ? estimate_share(mean) : mean;
}

struct interval estimate_metric(const struct metric_list *list, uint32_t metric,
                                const struct replication *replications, uint32_t count,
                                double confidence)
{
    assert(metric < list->count);
    assert(count > 0);
    switch (list->entries[metric].estimate) {
    case ESTIMATE_MEAN:
        return estimate_plain_mean(list, metric, replications, count, confidence);
    case ESTIMATE_QUANTILE:
        return estimate_mean(metric, replications, count, confidence, true);
    case ESTIMATE_RATIO:
        return estimate_ratio(metric, replications, count, confidence);
    case ESTIMATE_MAX:
        return estimate_extreme(metric, replications, count, true);
    case ESTIMATE_MIN:
        return estimate_extreme(metric, replications, count, false);
    }
    assert(false);
    return (struct interval){NAN, NAN, NAN};
}
