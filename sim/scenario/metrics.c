/* metrics: the numbers of results.md, one row each, in the page's order. */
#include "sim/scenario/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

const char *const latency_part_names[LATENCY_PARTS] = {
    "mean", "sd", "p50", "p90", "p95", "p99", "p99_9", "max",
};
static const char *const metrics_level_names[] = {"mean", "min", "max"};

double latency_part_probability(enum latency_part part)
{
    static const double probabilities[LATENCY_PARTS] = {NAN, NAN, 0.5, 0.9, 0.95, 0.99, 0.999, NAN};
    return probabilities[part];
}

/* What a key of the page is; a key with parts is several metrics. */
enum metrics_parts { PARTS_ONE, PARTS_ERRORS, PARTS_LATENCY, PARTS_LEVEL, PARTS_RANGE };
struct metrics_key {
    const char *name;
    enum quantity unit;
    enum metric_estimate estimate; /* of a key without parts */
    enum metric_field field;
    enum metrics_parts parts;
};

static const struct metrics_key metrics_traffic_keys[] = {
    {"offered", QUANTITY_RATE, ESTIMATE_MEAN, FIELD_OFFERED, PARTS_ONE},
    {"throughput", QUANTITY_RATE, ESTIMATE_MEAN, FIELD_THROUGHPUT, PARTS_ONE},
    {"availability", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_AVAILABILITY, PARTS_ONE},
    {"within", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_WITHIN, PARTS_ONE},
    {"unfinished", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_UNFINISHED, PARTS_ONE},
    {"errors", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_ERRORS, PARTS_ERRORS},
    {"retries", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_RETRIES, PARTS_ONE},
    {"latency", QUANTITY_TIME, ESTIMATE_MEAN, FIELD_LATENCY, PARTS_LATENCY},
};
static const struct metrics_key metrics_service_keys[] = {
    {"arrivals", QUANTITY_RATE, ESTIMATE_MEAN, FIELD_ARRIVALS, PARTS_ONE},
    {"throughput", QUANTITY_RATE, ESTIMATE_MEAN, FIELD_THROUGHPUT, PARTS_ONE},
    {"unfinished", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_UNFINISHED, PARTS_ONE},
    {"errors", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_ERRORS, PARTS_ERRORS},
    {"abandoned", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_ABANDONED, PARTS_ONE},
    {"latency", QUANTITY_TIME, ESTIMATE_MEAN, FIELD_LATENCY, PARTS_LATENCY},
    {"wait", QUANTITY_TIME, ESTIMATE_MEAN, FIELD_WAIT, PARTS_LATENCY},
    {"waited", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_WAITED, PARTS_ONE},
    {"utilization", QUANTITY_RATIO, ESTIMATE_MEAN, FIELD_UTILIZATION, PARTS_ONE},
    {"busy", QUANTITY_COUNT, ESTIMATE_MEAN, FIELD_BUSY, PARTS_LEVEL},
    {"in_flight", QUANTITY_COUNT, ESTIMATE_MEAN, FIELD_IN_FLIGHT, PARTS_LEVEL},
    {"queue", QUANTITY_COUNT, ESTIMATE_MEAN, FIELD_QUEUE, PARTS_LEVEL},
    {"capacity", QUANTITY_COUNT, ESTIMATE_MEAN, FIELD_CAPACITY, PARTS_RANGE},
    {"up", QUANTITY_RATIO, ESTIMATE_MEAN, FIELD_UP, PARTS_ONE},
};
static const struct metrics_key metrics_operation_keys[] = {
    {"arrivals", QUANTITY_RATE, ESTIMATE_MEAN, FIELD_ARRIVALS, PARTS_ONE},
    {"throughput", QUANTITY_RATE, ESTIMATE_MEAN, FIELD_THROUGHPUT, PARTS_ONE},
    {"errors", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_ERRORS, PARTS_ERRORS},
    {"latency", QUANTITY_TIME, ESTIMATE_MEAN, FIELD_LATENCY, PARTS_LATENCY},
};
static const struct metrics_key metrics_edge_keys[] = {
    {"rate", QUANTITY_RATE, ESTIMATE_MEAN, FIELD_RATE, PARTS_ONE},
    {"errors", QUANTITY_RATIO, ESTIMATE_RATIO, FIELD_ERRORS, PARTS_ERRORS},
    {"latency", QUANTITY_TIME, ESTIMATE_MEAN, FIELD_LATENCY, PARTS_LATENCY},
};

struct metrics_builder {
    struct scenario *scenario;
    struct metric_entry *entries; /* null: only counting */
    uint32_t count;
};

static void metrics_add(struct metrics_builder *builder, const struct metric_entry *entry,
                        const char *prefix, const char *name, const char *part)
{
    if (builder->entries != NULL) {
        struct metric_entry *kept = &builder->entries[builder->count];
        *kept = *entry;
        kept->path = part == NULL
                         ? arena_printf(&builder->scenario->arena, "%s.%s", prefix, name)
                         : arena_printf(&builder->scenario->arena, "%s.%s.%s", prefix, name, part);
    }
    builder->count++;
}

static void metrics_add_latency(struct metrics_builder *builder, struct metric_entry entry,
                                const char *prefix, const char *name)
{
    for (uint16_t part = 0; part < LATENCY_PARTS; part++) {
        entry.part = part;
        entry.estimate = part == PART_MAX                        ? ESTIMATE_MAX
                         : isnan(latency_part_probability(part)) ? ESTIMATE_MEAN
                                                                 : ESTIMATE_QUANTILE;
        metrics_add(builder, &entry, prefix, name, latency_part_names[part]);
    }
}

static void metrics_add_level(struct metrics_builder *builder, struct metric_entry entry,
                              const char *prefix, const char *name, bool with_min)
{
    static const enum metric_estimate estimates[] = {
        [LEVEL_MEAN] = ESTIMATE_MEAN, [LEVEL_MIN] = ESTIMATE_MIN, [LEVEL_MAX] = ESTIMATE_MAX};
    for (uint16_t part = LEVEL_MEAN; part <= LEVEL_MAX; part++) {
        if (part == LEVEL_MIN && !with_min)
            continue;
        entry.part = part;
        entry.estimate = estimates[part];
        metrics_add(builder, &entry, prefix, name, metrics_level_names[part]);
    }
}

static void metrics_add_keys(struct metrics_builder *builder, const struct metrics_key *keys,
                             uint32_t keys_count, enum metric_scope scope, uint32_t index,
                             const char *prefix)
{
    for (uint32_t i = 0; i < keys_count; i++) {
        const struct metrics_key *key = &keys[i];
        struct metric_entry entry = {.unit = key->unit,
                                     .estimate = key->estimate,
                                     .scope = scope,
                                     .field = key->field,
                                     .index = index};
        switch (key->parts) {
        case PARTS_ONE:
            metrics_add(builder, &entry, prefix, key->name, NULL);
            break;
        case PARTS_ERRORS:
            for (entry.part = OUTCOME_THROTTLED; entry.part < OUTCOME_COUNT; entry.part++)
                metrics_add(builder, &entry, prefix, key->name, outcome_names[entry.part]);
            break;
        case PARTS_LATENCY:
            metrics_add_latency(builder, entry, prefix, key->name);
            break;
        case PARTS_LEVEL:
        case PARTS_RANGE:
            metrics_add_level(builder, entry, prefix, key->name, key->parts == PARTS_RANGE);
            break;
        }
    }
}

static void metrics_add_own(struct metrics_builder *builder, uint32_t index, const char *prefix)
{
    static const enum metric_estimate estimates[] = {[METRIC_VALUE] = ESTIMATE_MEAN,
                                                     [METRIC_RATIO] = ESTIMATE_RATIO,
                                                     [METRIC_MAX] = ESTIMATE_MAX,
                                                     [METRIC_LATENCY] = ESTIMATE_MEAN};
    const struct model_info *type = builder->scenario->services[index].type;
    for (uint16_t own = 0; own < type->metrics_count; own++) {
        const struct metric *metric = &type->metrics[own];
        struct metric_entry entry = {.unit = metric->unit,
                                     .estimate = estimates[metric->form],
                                     .scope = SCOPE_OWN,
                                     .field = FIELD_OWN,
                                     .own = own,
                                     .index = index};
        if (metric->form == METRIC_LATENCY)
            metrics_add_latency(builder, entry, prefix, metric->name);
        else
            metrics_add(builder, &entry, prefix, metric->name, NULL);
    }
}

static void metrics_add_outgoing(struct metrics_builder *builder, uint32_t edge_index,
                                 const char *prefix)
{
    const struct scenario *scenario = builder->scenario;
    const struct edge *edge = &scenario->edges[edge_index];
    const struct scenario_service *callee = &scenario->services[edge->service];
    const char *operation = callee->operations[edge->operation].name;
    prefix = arena_printf(&builder->scenario->arena, "%s.outgoing.%s.%s", prefix, callee->name,
                          operation == NULL ? "call" : operation);
    metrics_add_keys(builder, metrics_edge_keys,
                     sizeof(metrics_edge_keys) / sizeof(metrics_edge_keys[0]), SCOPE_EDGE,
                     edge_index, prefix);
}

/* The edges of one caller, those to the same service together: paths that share a beginning follow
 * one another. */
static void metrics_add_edges(struct metrics_builder *builder, uint32_t first, uint32_t end,
                              const char *prefix)
{
    const struct edge *edges = builder->scenario->edges;
    for (uint32_t i = first; i < end; i++) {
        uint32_t before = first;
        while (edges[before].service != edges[i].service)
            before++;
        for (uint32_t j = i; before == i && j < end; j++)
            if (edges[j].service == edges[i].service)
                metrics_add_outgoing(builder, j, prefix);
    }
}

/* operation: flat index of its first; edge: its first edge or a later one's */
static void metrics_add_service(struct metrics_builder *builder, uint32_t index, uint32_t operation,
                                uint32_t edge)
{
    const struct scenario *scenario = builder->scenario;
    const struct scenario_service *service = &scenario->services[index];
    struct arena *arena = &builder->scenario->arena;
    const char *prefix = arena_printf(arena, "services.%s", service->name);
    metrics_add_keys(builder, metrics_service_keys,
                     sizeof(metrics_service_keys) / sizeof(metrics_service_keys[0]), SCOPE_SERVICE,
                     index, prefix);
    for (uint32_t o = 0; o < service->operations_count && service->has_operations; o++)
        metrics_add_keys(
            builder, metrics_operation_keys,
            sizeof(metrics_operation_keys) / sizeof(metrics_operation_keys[0]), SCOPE_OPERATION,
            operation + o,
            arena_printf(arena, "%s.operations.%s", prefix, service->operations[o].name));
    uint32_t end = edge;
    while (end < scenario->edges_count && scenario->edges[end].caller == index)
        end++;
    metrics_add_edges(builder, edge, end, prefix);
    metrics_add_own(builder, index, prefix);
}

static void metrics_add_all(struct metrics_builder *builder)
{
    const struct scenario *scenario = builder->scenario;
    uint32_t operation = 0, edge = 0;
    for (uint32_t i = 0; i < scenario->traffic_count; i++)
        metrics_add_keys(
            builder, metrics_traffic_keys,
            sizeof(metrics_traffic_keys) / sizeof(metrics_traffic_keys[0]), SCOPE_TRAFFIC, i,
            arena_printf(&builder->scenario->arena, "traffic.%s", scenario->traffic[i].name));
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        if (scenario->services[i].type == NULL) /* it was wrong, and is told */
            continue;
        metrics_add_service(builder, i, operation, edge);
        operation += scenario->services[i].operations_count;
        while (edge < scenario->edges_count && scenario->edges[edge].caller == i)
            edge++;
    }
}

static void metrics_add_derived(struct metrics_builder *builder)
{
    static const struct metric_entry worst[] = {
        {.unit = QUANTITY_TIME, .field = FIELD_LATENCY, .part = PART_P99},
        {.unit = QUANTITY_RATIO, .field = FIELD_AVAILABILITY},
        {.unit = QUANTITY_RATE, .field = FIELD_THROUGHPUT},
    };
    static const char *const worst_names[] = {"latency.p99", "availability", "throughput"};
    static const struct metric_entry utilization = {.unit = QUANTITY_RATIO,
                                                    .derived = DERIVED_UTILIZATION};
    static const struct metric_entry headroom = {.unit = QUANTITY_COUNT,
                                                 .derived = DERIVED_HEADROOM};
    const struct scenario *scenario = builder->scenario;
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        const char *prefix =
            arena_printf(&builder->scenario->arena, "traffic.%s.worst", scenario->traffic[i].name);
        for (uint32_t k = 0; k < sizeof(worst) / sizeof(worst[0]); k++) {
            struct metric_entry entry = worst[k];
            entry.scope = SCOPE_TRAFFIC;
            entry.index = i;
            entry.derived = DERIVED_WORST;
            metrics_add(builder, &entry, prefix, worst_names[k], NULL);
        }
    }
    metrics_add(builder, &utilization, "bottleneck", "utilization", NULL);
    metrics_add(builder, &headroom, "bottleneck", "headroom", NULL);
}

static int metrics_compare(const void *a, const void *b, void *entries)
{
    const struct metric_entry *list = entries;
    return strcmp(list[*(const uint32_t *)a].path, list[*(const uint32_t *)b].path);
}

struct metric_list *metrics_list(struct scenario *scenario)
{
    struct metrics_builder builder = {.scenario = scenario};
    struct metric_list *list = arena_alloc(&scenario->arena, sizeof(*list));
    metrics_add_all(&builder);
    list->count = builder.count;
    metrics_add_derived(&builder);
    const uint32_t all = builder.count;
    list->derived_count = all - list->count;
    struct metric_entry *entries = arena_array(&scenario->arena, all, sizeof(*entries));
    uint32_t *sorted = arena_array(&scenario->arena, all, sizeof(*sorted));
    builder.entries = entries;
    builder.count = 0;
    metrics_add_all(&builder);
    metrics_add_derived(&builder);
    assert(builder.count == all);
    for (uint32_t i = 0; i < all; i++)
        sorted[i] = i;
    qsort_r(sorted, all, sizeof(*sorted), metrics_compare, entries);
    list->entries = entries;
    list->sorted = sorted;
    return list;
}

/* Where the paths begin that are not before `path` in the sorted order, of which only `length`
 * characters count. */
static uint32_t metrics_lower(const struct metric_list *list, const char *path, size_t length)
{
    uint32_t low = 0, high = list->count + list->derived_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (strncmp(list->entries[list->sorted[middle]].path, path, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t metrics_find(const struct metric_list *list, const char *path)
{
    const uint32_t at = metrics_lower(list, path, strlen(path) + 1);
    if (at == list->count + list->derived_count ||
        strcmp(list->entries[list->sorted[at]].path, path) != 0)
        return -1;
    return list->sorted[at];
}

uint32_t metrics_children(const struct metric_list *list, const char *path, size_t length,
                          struct arena *arena, const char ***names)
{
    const char *prefix = length == 0 ? "" : arena_printf(arena, "%.*s.", (int)length, path);
    const size_t skip = strlen(prefix);
    const uint32_t first = metrics_lower(list, prefix, skip);
    uint32_t end = first, count = 0;
    while (end < list->count + list->derived_count &&
           strncmp(list->entries[list->sorted[end]].path, prefix, skip) == 0)
        end++;
    *names = arena_array(arena, end - first, sizeof(**names));
    for (uint32_t i = first; i < end; i++) {
        const char *name = list->entries[list->sorted[i]].path + skip;
        const size_t size = strcspn(name, ".");
        if (count > 0 && strncmp((*names)[count - 1], name, size) == 0 &&
            (*names)[count - 1][size] == '\0')
            continue;
        (*names)[count++] = arena_text(arena, name, size);
    }
    return count;
}
