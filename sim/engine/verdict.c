/* verdict: promises against intervals; both polarities of each comparison. */
#include "sim/engine/verdict.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/engine/bottleneck.h"
#include "sim/engine/estimate.h"
#include "sim/engine/windows.h"
#include "sim/engine/world.h"
#include "sim/engine/worst.h"

const char *const verdict_names[VERDICT_KINDS] = {"kept", "broken", "undecided"};

static bool verdict_holds(enum comparison comparison, double value, double limit)
{
    switch (comparison) {
    case LESS:
        return value < limit;
    case LESS_EQUAL:
        return value <= limit;
    case GREATER:
        return value > limit;
    case GREATER_EQUAL:
        return value >= limit;
    }
    assert(false);
    return false;
}

static bool verdict_wants_less(const struct promise *promise)
{
    return promise->comparison == LESS || promise->comparison == LESS_EQUAL;
}

bool verdict_overloaded(uint32_t traffic, const struct replication *replications, uint32_t count)
{
    uint32_t overloaded = 0;
    for (uint32_t i = 0; i < count; i++)
        overloaded += replications[i].overloaded[traffic];
    return 2 * overloaded >= count;
}

bool verdict_service_overloaded(uint32_t service, const struct replication *replications,
                                uint32_t count)
{
    uint32_t overloaded = 0;
    for (uint32_t i = 0; i < count; i++)
        overloaded += replications[i].service_overloaded[service];
    return 2 * overloaded >= count;
}

/* Marks the services that requests of that traffic may come to. */
static void verdict_mark_reached(const struct scenario *scenario, uint32_t traffic, bool *marks)
{
    marks[scenario->edges[scenario->traffic[traffic].edge].service] = true;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < scenario->edges_count; i++) {
            const struct edge *edge = &scenario->edges[i];
            if (edge->caller >= scenario->services_count || !marks[edge->caller] ||
                marks[edge->service])
                continue;
            marks[edge->service] = true;
            more = true;
        }
    }
}

/* Marks the services whose backlog would make the number depend on the window's length. */
static void verdict_mark(const struct scenario *scenario, const struct metric_entry *entry,
                         bool *marks)
{
    if (entry->derived == DERIVED_UTILIZATION || entry->derived == DERIVED_HEADROOM) {
        for (uint32_t i = 0; i < scenario->services_count; i++)
            marks[i] = true;
        return;
    }
    uint32_t service = 0;
    uint32_t operation = entry->index;
    switch (entry->scope) {
    case SCOPE_TRAFFIC:
        verdict_mark_reached(scenario, entry->index, marks);
        break;
    case SCOPE_SERVICE:
    case SCOPE_OWN:
        marks[entry->index] = true;
        break;
    case SCOPE_OPERATION:
        for (; operation >= scenario->services[service].operations_count; service++)
            operation -= scenario->services[service].operations_count;
        marks[service] = true;
        break;
    case SCOPE_EDGE:
        marks[scenario->edges[entry->index].caller] = true;
        marks[scenario->edges[entry->index].service] = true;
        break;
    }
}

/* What would be kept is undecided where a backlog grew. */
static void verdict_doubt(struct verdict *verdict, const struct scenario *scenario,
                          const struct metric_entry *entry, const struct replication *replications,
                          uint32_t count)
{
    bool *marks = memory_resize(NULL, scenario->services_count, sizeof(*marks));
    for (uint32_t i = 0; i < scenario->services_count; i++)
        marks[i] = false;
    verdict_mark(scenario, entry, marks);
    for (uint32_t i = 0; i < scenario->services_count && !verdict->overloaded; i++)
        if (marks[i] && verdict_service_overloaded(i, replications, count))
            verdict->overloaded = scenario->services[i].name;
    free(marks);
    const bool of_traffic = entry->derived <= DERIVED_WORST && entry->scope == SCOPE_TRAFFIC &&
                            verdict_overloaded(entry->index, replications, count);
    if (!verdict->overloaded && !of_traffic)
        return;
    verdict->kind = VERDICT_UNDECIDED;
    verdict->reason = of_traffic ? "the traffic was overloaded: a backlog grew through the window"
                                 : "a service was overloaded: a backlog grew through the window";
}

static bool verdict_precise(const struct interval *estimate, double precision)
{
    return (estimate->high - estimate->low) / 2 <= precision * fabs(estimate->value);
}

/* An extreme only grows (or falls) with more replications: final once it is beyond the limit. */
static struct verdict verdict_judge_extreme(const struct promise *promise, struct interval estimate,
                                            bool largest)
{
    const bool holds = verdict_holds(promise->comparison, estimate.value, promise->limit);
    const bool grows_worse = verdict_wants_less(promise) == largest;
    return (struct verdict){
        .kind = holds ? VERDICT_KEPT : VERDICT_BROKEN,
        .estimate = estimate,
        .settled = holds != grows_worse,
    };
}

static struct verdict verdict_judge_interval(const struct promise *promise,
                                             struct interval estimate, bool has_precision,
                                             double precision)
{
    const bool less = verdict_wants_less(promise);
    const double worst = less ? estimate.high : estimate.low;
    const double best = less ? estimate.low : estimate.high;
    struct verdict verdict = {.estimate = estimate, .settled = true};
    if (verdict_holds(promise->comparison, worst, promise->limit)) {
        verdict.kind = VERDICT_KEPT;
    } else if (!verdict_holds(promise->comparison, best, promise->limit)) {
        verdict.kind = VERDICT_BROKEN;
    } else {
        verdict.kind = VERDICT_UNDECIDED;
        verdict.reason = "the interval straddles the limit";
        verdict.settled = has_precision && verdict_precise(&estimate, precision);
    }
    return verdict;
}

/* The pick of the worst has no interval. The more replications are pooled the less of it is chance:
 * it is never settled, unless they are too short to have windows. */
static struct verdict verdict_judge_worst(const struct scenario *scenario,
                                          const struct promise *promise,
                                          const struct metric_entry *entry,
                                          const struct replication *replications, uint32_t count)
{
    const struct results_worst worst = worst_find(scenario, entry->index, replications, count);
    struct verdict verdict = {.kind = VERDICT_UNDECIDED, .estimate = {NAN, NAN, NAN}};
    if (!worst.known) {
        verdict.settled = scenario->duration_ns < 2 * WINDOW_NS;
        verdict.reason = "the worst 5 minutes are known from 10 minutes and 1,000 requests on";
        return verdict;
    }
    verdict.estimate.value = entry->field == FIELD_AVAILABILITY ? worst.availability
                             : entry->field == FIELD_THROUGHPUT ? worst.throughput_per_s
                                                                : worst.latency_p99_s;
    if (isnan(verdict.estimate.value))
        verdict.reason = "too few observations for this quantile";
    else
        verdict.kind = verdict_holds(promise->comparison, verdict.estimate.value, promise->limit)
                           ? VERDICT_KEPT
                           : VERDICT_BROKEN;
    return verdict;
}

static struct interval verdict_estimate(const struct scenario *scenario, uint32_t metric,
                                        const struct replication *replications, uint32_t count,
                                        double confidence)
{
    const enum metric_derived derived = scenario->metrics->entries[metric].derived;
    if (derived == DERIVED_NONE)
        return estimate_metric(scenario->metrics, metric, replications, count, confidence);
    const struct results_bottleneck bottleneck =
        bottleneck_find(scenario, replications, count, confidence);
    return derived == DERIVED_UTILIZATION ? bottleneck.utilization : bottleneck.headroom;
}

/* Why there is a value but no interval around it. */
static const char *verdict_no_interval(const struct scenario *scenario, uint32_t metric,
                                       const struct replication *replications, uint32_t count)
{
    if (scenario->metrics->entries[metric].derived == DERIVED_NONE &&
        estimate_saw_no_failure(scenario->metrics, metric, replications, count))
        return "no failure was seen";
    return count == 1 ? "a single replication has no interval"
                      : "nothing bounds it from above: too little was used";
}

static struct verdict verdict_judge_metric(const struct scenario *scenario,
                                           const struct promise *promise,
                                           const struct replication *replications, uint32_t count,
                                           double confidence)
{
    const struct metric_entry *entry = &scenario->metrics->entries[promise->metric];
    const struct interval estimate =
        verdict_estimate(scenario, promise->metric, replications, count, confidence);
    const bool extreme = entry->estimate == ESTIMATE_MAX || entry->estimate == ESTIMATE_MIN;
    struct verdict verdict = {.kind = VERDICT_UNDECIDED, .estimate = estimate};
    if (isnan(estimate.value)) {
        verdict.settled = entry->estimate == ESTIMATE_QUANTILE;
        verdict.reason = verdict.settled ? "too few observations for this quantile" : "no data";
        return verdict;
    }
    if (extreme)
        return verdict_judge_extreme(promise, estimate, entry->estimate == ESTIMATE_MAX);
    if (isnan(estimate.low)) {
        verdict.reason = verdict_no_interval(scenario, promise->metric, replications, count);
        return verdict;
    }
    return verdict_judge_interval(promise, estimate, entry->estimate != ESTIMATE_RATIO,
                                  scenario->precision);
}

struct verdict verdict_judge(const struct scenario *scenario, const struct promise *promise,
                             const struct replication *replications, uint32_t count,
                             double confidence)
{
    const struct metric_entry *entry = &scenario->metrics->entries[promise->metric];
    struct verdict verdict =
        entry->derived == DERIVED_WORST
            ? verdict_judge_worst(scenario, promise, entry, replications, count)
            : verdict_judge_metric(scenario, promise, replications, count, confidence);
    if (verdict.kind == VERDICT_KEPT)
        verdict_doubt(&verdict, scenario, entry, replications, count);
    return verdict;
}
