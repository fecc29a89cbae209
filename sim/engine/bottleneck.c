/* bottleneck: the largest share in use, kind by kind and service by service. */
#include "sim/engine/bottleneck.h"

#include <math.h>
#include <stdlib.h>

#include "sim/engine/estimate.h"
#include "sim/engine/world.h"

static const char *bottleneck_resource(const struct model_info *type, enum used_kind kind)
{
    if (kind == USED_CAPACITY)
        return type->resource ? type->resource : "capacity";
    return kind == USED_LIMIT ? "limit" : type->resources[kind - USED_RESOURCE];
}

struct results_use bottleneck_use(const struct scenario *scenario, uint32_t service,
                                  const struct replication *replications, uint32_t count,
                                  double confidence)
{
    struct results_use use = {.share = {NAN, NAN, NAN}};
    double *shares = memory_resize(NULL, count, sizeof(*shares));
    for (uint32_t kind = 0; kind < USED_KINDS; kind++) {
        for (uint32_t i = 0; i < count; i++)
            shares[i] = replications[i].used[service * USED_KINDS + kind];
        const struct interval share = estimate_share(interval_student(shares, count, confidence));
        if (isnan(share.value) || share.value <= use.share.value)
            continue;
        use.resource = bottleneck_resource(scenario->services[service].type, kind);
        use.is_capacity = kind == USED_CAPACITY;
        use.share = share;
    }
    free(shares);
    return use;
}

struct results_bottleneck bottleneck_find(const struct scenario *scenario,
                                          const struct replication *replications, uint32_t count,
                                          double confidence)
{
    struct results_bottleneck found = {.utilization = {NAN, NAN, NAN}, .headroom = {NAN, NAN, NAN}};
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        const struct results_use use = bottleneck_use(scenario, i, replications, count, confidence);
        if (!(use.share.value > (found.known ? found.utilization.value : 0)))
            continue;
        found.known = true;
        found.service = i;
        found.resource = use.resource;
        found.utilization = use.share;
    }
    if (!found.known)
        return found;
    const struct interval used = found.utilization;
    found.headroom.value = 1 / used.value;
    if (used.low > 0) /* else there is no upper bound: no interval */
        found.headroom = (struct interval){1 / used.value, 1 / used.high, 1 / used.low};
    return found;
}
