/* warnings: counted once to size the list, then written, in the order of the header's comment. */
#include "sim/engine/warnings.h"

#include <math.h>
#include <string.h>

#include "sim/engine/experiment.h"
#include "sim/engine/verdict.h"

static void warnings_add(struct results *results, const char *code, const char *path,
                         const char *text)
{
    results->warnings[results->warnings_count++] = (struct results_warning){code, path, text};
}

static void warnings_overloaded(struct results *results, const struct experiment *experiment)
{
    static const char text[] = "a backlog grew through the window: latencies depend on its length, "
                               "promises are at best undecided";
    const struct scenario *scenario = results->scenario;
    for (uint32_t i = 0; i < scenario->traffic_count; i++)
        if (verdict_overloaded(i, experiment->replications, experiment->count))
            warnings_add(results, "overloaded",
                         arena_printf(&results->arena, "traffic.%s", scenario->traffic[i].name),
                         text);
    for (uint32_t i = 0; i < scenario->services_count; i++)
        if (verdict_service_overloaded(i, experiment->replications, experiment->count))
            warnings_add(results, "overloaded",
                         arena_printf(&results->arena, "services.%s", scenario->services[i].name),
                         text);
}

static void warnings_traces(struct results *results, const struct experiment *experiment)
{
    const struct scenario *scenario = results->scenario;
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        bool ended = false;
        for (uint32_t j = 0; j < experiment->count; j++)
            ended = ended || experiment->replications[j].trace_ended[i];
        if (ended)
            warnings_add(results, "trace_ended",
                         arena_printf(&results->arena, "traffic.%s", scenario->traffic[i].name),
                         "the trace ends before the window's end: no more requests came from "
                         "there on");
    }
}

static void warnings_no_traffic(struct results *results)
{
    const struct scenario *scenario = results->scenario;
    for (uint32_t i = 0; i < scenario->metrics->count; i++) {
        const struct metric_entry *entry = &scenario->metrics->entries[i];
        if (entry->scope == SCOPE_TRAFFIC && entry->field == FIELD_OFFERED &&
            results->metrics[i].value == 0)
            warnings_add(
                results, "no_traffic",
                arena_printf(&results->arena, "traffic.%s", scenario->traffic[entry->index].name),
                "no request came in the window: there is nothing to say about it");
    }
}

/* True if entry i begins the quantiles of one latency: p50, p90, ... follow one another. */
static bool warnings_begins_quantiles(const struct metric_list *list, uint32_t i)
{
    return list->entries[i].estimate == ESTIMATE_QUANTILE &&
           (i == 0 || list->entries[i - 1].estimate != ESTIMATE_QUANTILE);
}

/* The lowest quantile that is missing though there is a mean; those above it are missing too. */
static void warnings_quantiles(struct results *results)
{
    const struct metric_list *list = results->scenario->metrics;
    bool has_mean = false;
    bool told = false;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct metric_entry *entry = &list->entries[i];
        if (entry->part == PART_MEAN && entry->estimate == ESTIMATE_MEAN)
            has_mean = !isnan(results->metrics[i].value);
        if (warnings_begins_quantiles(list, i))
            told = false;
        if (entry->estimate != ESTIMATE_QUANTILE || told || !has_mean ||
            !isnan(results->metrics[i].value))
            continue;
        told = true;
        warnings_add(results, "few_observations", entry->path,
                     "fewer than 10 observations beyond it per replication: no value");
    }
}

static uint32_t warnings_count_max(const struct results *results, const struct diag *diag)
{
    const struct metric_list *list = results->scenario->metrics;
    uint32_t count = diag->messages_count + 1 + 3 * results->scenario->traffic_count +
                     results->scenario->services_count;
    for (uint32_t i = 0; i < list->count; i++)
        count += warnings_begins_quantiles(list, i);
    return count;
}

void warnings_collect(struct results *results, const struct experiment *experiment,
                      const struct diag *diag)
{
    results->warnings =
        arena_array(&results->arena, warnings_count_max(results, diag), sizeof(*results->warnings));
    for (uint32_t i = 0; i < diag->messages_count; i++) {
        const struct diag_message *message = &diag->messages[i];
        if (message->level == DIAG_WARNING)
            warnings_add(results, message->code, message->path, message->text);
    }
    if (experiment->warmup_unclear)
        warnings_add(
            results, "warmup_unclear", "warmup",
            "the pilot run did not settle: a longer duration or an explicit `warmup` is safer");
    warnings_overloaded(results, experiment);
    warnings_traces(results, experiment);
    warnings_no_traffic(results);
    warnings_quantiles(results);
}
