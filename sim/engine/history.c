#include "sim/engine/history.h"

#include <math.h>
#include <stdlib.h>

#include "sim/engine/experiment.h"
#include "sim/engine/samples.h"
#include "sim/engine/windows.h"
#include "sim/engine/world.h"

#define NANO 1e-9
#define SECOND_NS 1e9
#define HISTORY_WINDOW_S ((double)WINDOW_NS * NANO)

struct history {
    struct results *results;
    struct arena *arena;
    const struct scenario *scenario;
    const struct replication *replications;
    uint32_t count;
    struct results_series *series;
};

/* The mean over the replications that have data. */
static void history_add(struct history *history, const char *path, uint32_t index)
{
    const struct replication *first = &history->replications[0];
    const uint32_t points = first->samples_count;
    double *values = arena_array(history->arena, points, sizeof(*values));
    bool any = false;
    for (uint32_t i = 0; i < points; i++) {
        double sum = 0;
        uint32_t known = 0;
        for (uint32_t r = 0; r < history->count; r++) {
            const double value = history->replications[r].samples[(size_t)index * points + i];
            sum += isnan(value) ? 0 : value;
            known += isnan(value) ? 0 : 1;
        }
        values[i] = known > 0 ? sum / known : (double)NAN;
        any = any || known > 0;
    }
    if (any) {
        history->series[history->results->series_count++] = (struct results_series){
            .path = path, .step_s = first->samples_step_s, .values = values, .count = points};
    }
}

/* The p99 of each 5-minute window. */
static void history_add_windows(struct history *history, uint32_t traffic)
{
    const uint32_t points = history->replications[0].windows_count;
    double *values = arena_array(history->arena, points, sizeof(*values));
    for (uint32_t i = 0; i < points; i++) {
        double sum = 0;
        uint32_t known = 0;
        for (uint32_t r = 0; r < history->count; r++) {
            const double p99 = history->replications[r].windows[traffic][i].latency_p99_ns;
            sum += isnan(p99) ? 0 : p99 * NANO;
            known += isnan(p99) ? 0 : 1;
        }
        values[i] = known > 0 ? sum / known : (double)NAN;
    }
    if (points > 0) {
        history->series[history->results->series_count++] =
            (struct results_series){.path = arena_printf(history->arena, "traffic.%s.latency.p99",
                                                         history->scenario->traffic[traffic].name),
                                    .step_s = HISTORY_WINDOW_S,
                                    .values = values,
                                    .count = points};
    }
}

static void history_series(struct history *history)
{
    const struct scenario *scenario = history->scenario;
    history->series =
        arena_array(history->arena, samples_series(scenario) + scenario->traffic_count,
                    sizeof(*history->series));
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        for (uint32_t k = 0; k < SAMPLES_TRAFFIC; k++) {
            history_add(history,
                        arena_printf(history->arena, "traffic.%s.%s", scenario->traffic[i].name,
                                     sample_traffic_names[k]),
                        samples_of_traffic(i, k));
        }
        history_add_windows(history, i);
    }
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        for (uint32_t k = 0; k < SAMPLES_SERVICE; k++) {
            history_add(history,
                        arena_printf(history->arena, "services.%s.%s", scenario->services[i].name,
                                     sample_service_names[k]),
                        samples_of_service(scenario, i, k));
        }
    }
    history->results->series = history->series;
}

static void history_events(struct history *history)
{
    struct results *results = history->results;
    for (uint32_t r = 0; r < history->count; r++) {
        for (const struct log_entry *e = history->replications[r].log; e != NULL; e = e->next) {
            results->events_count++;
        }
        results->events_dropped += history->replications[r].log_dropped;
    }
    struct results_event *events =
        arena_array(history->arena, results->events_count, sizeof(*events));
    struct results_event *event = events;
    for (uint32_t r = 0; r < history->count; r++) {
        const struct replication *replication = &history->replications[r];
        for (const struct log_entry *e = replication->log; e != NULL; e = e->next, event++) {
            *event = (struct results_event){
                .replication = r,
                .time_s = (double)(e->at_ns - replication->log_origin_ns) / SECOND_NS,
                .until_s = (double)(e->until_ns - replication->log_origin_ns) / SECOND_NS,
                .service = history->scenario->services[e->service].name,
                .kind = log_kind_names[e->kind],
                .metric = e->metric,
                .value = e->value,
                .threshold = e->threshold,
                .from = e->from,
                .to = e->to,
                .delay_s = (double)e->delay_ns / SECOND_NS,
                .count = e->count,
                .text = e->text,
            };
        }
    }
    results->events = events;
}

static void history_histogram(struct history *history, uint32_t traffic,
                              struct results_histogram *out)
{
    struct histogram all;
    struct histogram_bucket bucket = {0};
    uint32_t bins = 0;
    histogram_init(&all, history->arena);
    for (uint32_t r = 0; r < history->count; r++) {
        if (history->replications[r].latencies != NULL) {
            histogram_decode(&all, history->replications[r].latencies[traffic]);
        }
    }
    while (histogram_next(&all, &bucket)) {
        bins++;
    }
    double *low = arena_array(history->arena, bins, sizeof(*low));
    double *high = arena_array(history->arena, bins, sizeof(*high));
    uint64_t *counts = arena_array(history->arena, bins, sizeof(*counts));
    bucket = (struct histogram_bucket){0};
    for (uint32_t i = 0; histogram_next(&all, &bucket); i++) {
        low[i] = (double)bucket.low * NANO;
        high[i] = (double)(bucket.low + bucket.width) * NANO;
        counts[i] = bucket.count;
    }
    *out = (struct results_histogram){
        .path = arena_printf(history->arena, "traffic.%s.latency",
                             history->scenario->traffic[traffic].name),
        .low_s = low,
        .high_s = high,
        .counts = counts,
        .count = bins,
    };
}

void history_collect(struct results *results, const struct experiment *experiment)
{
    struct history history = {
        .results = results,
        .arena = &results->arena,
        .scenario = results->scenario,
        .replications = experiment->replications,
        .count = experiment->count,
    };
    const uint32_t traffic_count = results->scenario->traffic_count;
    history_series(&history);
    history_events(&history);
    struct results_histogram *histograms =
        arena_array(history.arena, traffic_count, sizeof(*histograms));
    for (uint32_t i = 0; i < traffic_count; i++) {
        history_histogram(&history, i, &histograms[i]);
    }
    results->histograms = histograms;
    results->histograms_count = traffic_count;
}
