/* What is remembered of a run over time: series of rates and levels in equal intervals, events, the
 * distribution of latencies. Arrivals and work are constant, so that every number is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/list.h"
#include "sim/engine/results.h"
#include "sim/engine/world.h"
#include "tests/support/lab.h"

#define HISTORY_DECLARE(name) extern const struct model name##_model;
MODELS(HISTORY_DECLARE)
#define HISTORY_MODEL(name) &name##_model,
static const struct model *const history_models[] = {MODELS(HISTORY_MODEL)};
#define HISTORY_TYPE(name) &name##_model.info,
static const struct model_info *const history_types[] = {MODELS(HISTORY_TYPE)};

/* Null: there is none. */
static const struct results_series *find(const struct results *results, const char *path)
{
    for (uint32_t i = 0; i < results->series_count; i++) {
        if (strcmp(results->series[i].path, path) == 0) {
            return &results->series[i];
        }
    }
    return NULL;
}

static struct results *results_of(struct lab *lab)
{
    return results_new(lab->scenario, &lab->experiment, 1, &lab->diag, 0);
}

/* From `from` on, up to `to`, the series has that value. */
static void expect(const struct results *results, const char *path, uint32_t from, uint32_t to,
                   double value)
{
    const struct results_series *series = find(results, path);
    if (series == NULL) {
        fail_msg("no series %s", path);
    }
    for (uint32_t i = from; i < to; i++) {
        if (!(fabs(series->values[i] - value) <= 1e-9)) {
            fail_msg("%s: %.17g at %u, not %.17g", path, series->values[i], i, value);
        }
    }
}

#define LEVELS                                                                       \
    "archsim: 1\nduration: 100s\nwarmup: 10s\nreplications: 3\nseed: 1\nservices:\n" \
    "  app: {type: server, servers: 2, work: 500ms, calls: [leaf]}\n"                \
    "  leaf: {type: delay, work: 250ms}\n"                                           \
    "traffic:\n  t: {to: app, rate: [[0s, 1/s], [50s, 2/s]], arrivals: constant}\n"

/* A request a second for 750 ms, 500 of them of its own, then two; in any phase. */
static void test_rates_and_levels(void **state)
{
    (void)state;
    struct lab *lab = lab_run(LEVELS);
    struct results *results = results_of(lab);
    const struct results_series *offered = find(results, "traffic.t.offered");
    assert_int_equal(offered->count, 100);
    assert_true(offered->step_s == 1 && offered->start_s == 0);
    expect(results, "traffic.t.offered", 0, 49, 1);
    expect(results, "traffic.t.offered", 51, 100, 2);
    expect(results, "traffic.t.throughput", 1, 49, 1);
    expect(results, "traffic.t.throughput", 52, 100, 2);
    expect(results, "traffic.t.latency.mean", 1, 100, 0.75);
    expect(results, "traffic.t.errors", 0, 100, 0);
    expect(results, "services.app.arrivals", 0, 49, 1);
    expect(results, "services.app.in_flight", 0, 49, 0.75);
    expect(results, "services.app.in_flight", 52, 100, 1.5);
    expect(results, "services.app.busy", 52, 100, 1.5); /* it is held during nested calls */
    expect(results, "services.app.capacity", 0, 100, 2);
    expect(results, "services.app.queue", 0, 100, 0);
    expect(results, "services.leaf.in_flight", 0, 49, 0.25);
    assert_null(find(results, "services.leaf.capacity")); /* unlimited */
    results_free(results);
    lab_close(lab);
}

/* Intervals that do not divide the window: their sums are what the whole run says. */
static void test_sums(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 1000s\nwarmup: 0s\nreplications: 2\nservices:\n"
                "  app: {type: server, servers: 2, work: exponential(300ms)}\n"
                "traffic:\n  t: {to: app, rate: 5/s}\n");
    static const char *const paths[][2] = {
        {"traffic.t.offered", "traffic.t.offered"},
        {"services.app.arrivals", "services.app.arrivals"},
        {"services.app.in_flight", "services.app.in_flight.mean"},
        {"services.app.queue", "services.app.queue.mean"},
        {"services.app.busy", "services.app.busy.mean"},
        {"services.app.capacity", "services.app.capacity.mean"},
    };
    struct results *results = results_of(lab);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct results_series *series = find(results, paths[i][0]);
        assert_int_equal(series->count, 720);
        double sum = 0;
        for (uint32_t k = 0; k < series->count; k++) {
            const double from_s = k * series->step_s;
            sum += series->values[k] * (fmin(from_s + series->step_s, 1000) - from_s);
        }
        const double mean = lab_value(lab, paths[i][1]);
        assert_true(fabs(sum / 1000 - mean) <= 1e-9 * mean);
    }
    results_free(results);
    lab_close(lab);
}

/* One request in ten minutes: intervals without an answer have no latency; the p99 of 5 minutes
 * needs more answers than there are. */
static void test_no_data(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nduration: 10m\nwarmup: 0s\nreplications: 2\nservices:\n"
                              "  app: {type: delay, work: 1s}\n"
                              "traffic:\n  t: {to: app, rate: 6/h, arrivals: constant}\n");
    struct results *results = results_of(lab);
    const struct results_series *latency = find(results, "traffic.t.latency.mean");
    uint32_t known = 0;
    for (uint32_t i = 0; i < latency->count; i++) {
        known += isnan(latency->values[i]) ? 0 : 1;
        assert_true(isnan(latency->values[i]) || latency->values[i] == 1);
    }
    assert_in_range(known, 1, 2); /* of two replications */
    const struct results_series *p99 = find(results, "traffic.t.latency.p99");
    assert_int_equal(p99->count, 2);
    assert_true(p99->step_s == 300);
    assert_true(isnan(p99->values[0]) && isnan(p99->values[1]));
    results_free(results);
    lab_close(lab);
}

#define SPELLS                                                                            \
    "services:\n  gate: {type: rate_limiter, rate: 1/min, burst: 1}\n"                    \
    "traffic:\n  t: {to: gate, rate: [[0s, 1/s], [10s, 0/s], [100s, 1/s], [110s, 0/s]], " \
    "arrivals: constant}\n"

/* Two times ten requests within ten seconds, and a token a minute: twice nine are refused, in two
 * spells, for they are over a minute apart. */
static void test_events(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nduration: 200s\nwarmup: 0s\nreplications: 3\n" SPELLS);
    struct results *results = results_of(lab);
    assert_int_equal(results->events_count, 6);
    assert_int_equal(results->events_dropped, 0);
    for (uint32_t i = 0; i < 6; i++) {
        const struct results_event *event = &results->events[i];
        const double start_s = i % 2 == 0 ? 1 : 101;
        assert_int_equal(event->replication, i / 2);
        assert_string_equal(event->service, "gate");
        assert_string_equal(event->kind, "throttling");
        assert_int_equal(event->count, 9);
        assert_true(event->time_s >= start_s && event->time_s <= start_s + 1);
        assert_true(fabs(event->until_s - event->time_s - 8) < 1e-6);
        assert_true(isnan(event->value) && isnan(event->from));
    }
    results_free(results);
    lab_close(lab);
}

/* One token in all, so that each request but the first is refused: a spell of the warm-up, and one
 * of the window with as many calls as it had; the drain, which a long request needs, has none. */
static void test_spells_of_the_window(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 100s\nwarmup: 50s\nreplications: 1\nservices:\n"
                "  gate: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                "  long: {type: delay, work: 20s}\n"
                "traffic:\n  t: {to: gate, rate: 1/s, arrivals: constant}\n"
                "  u: {to: long, rate: 1/s, arrivals: constant}\n");
    struct results *results = results_of(lab);
    assert_int_equal(results->events_count, 2);
    assert_int_equal(results->events[0].count, 49);
    assert_true(results->events[0].time_s < -48 && results->events[0].until_s < 0);
    assert_int_equal(results->events[1].count, 100);
    assert_true(results->events[1].time_s >= 0 && results->events[1].time_s <= 1);
    assert_true(results->events[1].until_s <= 100);
    results_free(results);
    lab_close(lab);
}

/* All good answers of all replications, in the bin of their latency. */
static void test_histogram(void **state)
{
    (void)state;
    struct lab *lab = lab_run(LEVELS);
    struct results *results = results_of(lab);
    assert_int_equal(results->histograms_count, 1);
    const struct results_histogram *histogram = &results->histograms[0];
    assert_string_equal(histogram->path, "traffic.t.latency");
    assert_int_equal(histogram->count, 1);
    assert_int_equal(histogram->counts[0],
                     lround(lab_value(lab, "traffic.t.throughput") * 100 * 3));
    assert_true(histogram->low_s[0] <= 0.75 && histogram->high_s[0] > 0.75);
    assert_true(histogram->high_s[0] - histogram->low_s[0] < 0.75 * 0.01);
    results_free(results);
    lab_close(lab);
}

/* What scales is never settled: a tenth of the window goes before it, ten minutes at most. */
static void test_warm_up_of_what_scales(void **state)
{
    (void)state;
    static const struct {
        const char *duration;
        int64_t warmup_s;
    } cases[] = {{"100s", 10}, {"10h", 600}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run("archsim: 1\nduration: %s\nreplications: 1\nservices:\n"
                                  "  db: {type: aurora_serverless}\n"
                                  "traffic:\n  t: {to: db.read, rate: 6/min}\n",
                                  cases[i].duration);
        assert_int_equal(lab->experiment.warmup_ns, cases[i].warmup_s * 1000000000);
        lab_close(lab);
    }
}

/* Each of a hundred thousand replications remembers little, that all fit in memory. */
static void test_many_replications(void **state)
{
    (void)state;
    static const char text[] = "archsim: 1\nduration: 1h\nwarmup: 0s\nreplications: 100000\n"
                               "services:\n  gate: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                               "traffic:\n  t: {to: gate, rate: 30/h, arrivals: constant}\n";
    const struct load_request request = {
        .path = "many.yaml",
        .types = history_types,
        .types_count = sizeof(history_types) / sizeof(history_types[0]),
    };
    struct diag diag;
    diag_init(&diag);
    struct scenario *scenario = scenario_load_text(&request, text, strlen(text), &diag);
    assert_non_null(scenario);
    struct world *w = world_new(
        &(struct world_setup){.scenario = scenario, .models = history_models, .warmup_ns = 0});
    assert_int_equal(world_run(w), WORLD_DONE);
    struct arena arena;
    struct replication replication;
    arena_init(&arena);
    world_collect(w, &arena, &replication);
    uint64_t kept = 0;
    for (const struct log_entry *entry = replication.log; entry != NULL; entry = entry->next) {
        kept++;
    }
    /* 29 refused, two minutes apart: as many spells */
    assert_in_range(kept, 1, 28);
    assert_int_equal(kept + replication.log_dropped, 29);
    assert_in_range(replication.samples_count * samples_series(scenario), 1, 500);
    arena_done(&arena);
    world_free(w);
    scenario_free(scenario);
    diag_done(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_and_levels),  cmocka_unit_test(test_sums),
        cmocka_unit_test(test_no_data),           cmocka_unit_test(test_events),
        cmocka_unit_test(test_histogram),         cmocka_unit_test(test_spells_of_the_window),
        cmocka_unit_test(test_many_replications), cmocka_unit_test(test_warm_up_of_what_scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
