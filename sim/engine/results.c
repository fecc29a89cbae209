/* results: puts together what estimate, verdict, worst, bottleneck and warnings find in the
 * replications. */
#include "sim/engine/results.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/engine/bottleneck.h"
#include "sim/engine/estimate.h"
#include "sim/engine/experiment.h"
#include "sim/engine/history.h"
#include "sim/engine/warnings.h"
#include "sim/engine/worst.h"

/* In one sentence with its name, if it was an overloaded service that left it undecided. */
static struct verdict results_name_service(struct results *results, struct verdict verdict)
{
    if (verdict.overloaded)
        verdict.reason = arena_printf(&results->arena,
                                      "%s was overloaded: a backlog grew there through the window",
                                      verdict.overloaded);
    return verdict;
}

static void results_judge(struct results *results, const struct experiment *experiments,
                          uint32_t experiments_count)
{
    const struct scenario *scenario = results->scenario;
    results->verdicts =
        arena_array(&results->arena, scenario->promises_count, sizeof(*results->verdicts));
    for (uint32_t i = 0; i < scenario->promises_count; i++) {
        const struct promise *promise = &scenario->promises[i];
        results->verdicts[i] = (struct verdict){
            .kind = VERDICT_UNDECIDED,
            .estimate = {NAN, NAN, NAN},
            .reason = "a trace of exact arrivals cannot be replayed at another load",
        };
        for (uint32_t j = 0; j < experiments_count; j++)
            if (experiment_judges(&experiments[j], promise))
                results->verdicts[i] = results_name_service(
                    results, verdict_judge(scenario, promise, experiments[j].replications,
                                           experiments[j].count, experiments[j].confidence));
    }
}

struct results *results_new(const struct scenario *scenario, const struct experiment *experiments,
                            uint32_t experiments_count, const struct diag *diag, double wall_time_s)
{
    assert(experiments_count > 0);
    assert(experiments[0].load == 1);
    assert(experiments[0].end == WORLD_DONE);
    const struct experiment *base = &experiments[0];
    const struct metric_list *list = scenario->metrics;
    struct results *results = memory_resize(NULL, 1, sizeof(*results));
    *results = (struct results){
        .scenario = scenario,
        .replications = base->count,
        .warmup_s = (double)base->warmup_ns / 1e9,
        .wall_time_s = wall_time_s,
        .confidence = base->confidence,
    };
    arena_init(&results->arena);
    for (uint32_t i = 0; i < experiments_count; i++)
        for (uint32_t j = 0; j < experiments[i].count; j++)
            results->simulated += experiments[i].replications[j].events;
    results->metrics = arena_array(&results->arena, list->count, sizeof(*results->metrics));
    for (uint32_t i = 0; i < list->count; i++)
        results->metrics[i] =
            estimate_metric(list, i, base->replications, base->count, EXPERIMENT_CONFIDENCE);
    results->worst = arena_array(&results->arena, scenario->traffic_count, sizeof(*results->worst));
    for (uint32_t i = 0; i < scenario->traffic_count; i++)
        results->worst[i] = worst_find(scenario, i, base->replications, base->count);
    results->uses = arena_array(&results->arena, scenario->services_count, sizeof(*results->uses));
    for (uint32_t i = 0; i < scenario->services_count; i++)
        results->uses[i] =
            bottleneck_use(scenario, i, base->replications, base->count, EXPERIMENT_CONFIDENCE);
    results->bottleneck =
        bottleneck_find(scenario, base->replications, base->count, EXPERIMENT_CONFIDENCE);
    results_judge(results, experiments, experiments_count);
    warnings_collect(results, base, diag);
    history_collect(results, base);
    results->spans = base->replications[0].spans;
    results->spans_origin_ns = base->replications[0].log_origin_ns;
    return results;
}

void results_free(struct results *results)
{
    if (!results)
        return;
    arena_done(&results->arena);
    free(results);
}

struct results_tally results_tally(const struct results *results)
{
    struct results_tally tally = {0};
    for (uint32_t i = 0; i < results->scenario->promises_count; i++) {
        const enum verdict_kind kind = results->verdicts[i].kind;
        tally.counts[kind]++;
        tally.warning_counts[kind] += results->scenario->promises[i].warning;
    }
    return tally;
}
