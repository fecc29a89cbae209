/* Where a run begins and ends, what stops it, and that its depth costs no stack. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "models/list.h"
#include "sim/engine/experiment.h"
#include "sim/engine/world.h"
#include "tests/support/lab.h"

#define WORLD_DECLARE(name) extern const struct model name##_model;
MODELS(WORLD_DECLARE)
#define WORLD_MODEL(name) &name##_model,
static const struct model *const world_models[] = {MODELS(WORLD_MODEL)};
#define WORLD_TYPE(name) &name##_model.info,
static const struct model_info *const world_types[] = {MODELS(WORLD_TYPE)};

static struct scenario *world_load(const char *text)
{
    struct diag diag;
    diag_init(&diag);
    const struct load_request request = {
        .path = "world.yaml",
        .types = world_types,
        .types_count = sizeof(world_types) / sizeof(world_types[0]),
    };
    struct scenario *scenario = scenario_load_text(&request, text, strlen(text), &diag);
    if (scenario == NULL) {
        diag_print(&diag, stderr, false);
    }
    diag_done(&diag);
    return scenario;
}

/* Runs one world of so many frames and tells how it ended, and at which service. */
static enum world_end world_end_of(const char *text, uint32_t frames_max, char culprit[64])
{
    struct scenario *scenario = world_load(text);
    assert_non_null(scenario);
    struct world *w = world_new(&(struct world_setup){
        .scenario = scenario,
        .models = world_models,
        .warmup_ns = scenario->warmup_ns > 0 ? scenario->warmup_ns : 0,
    });
    w->core.frames.limit = frames_max;
    const enum world_end end = world_run(w);
    snprintf(culprit, 64, "%s", scenario->services[w->culprit].name);
    w->core.frames.limit = WORLD_FRAMES_MAX;
    world_free(w);
    scenario_free(scenario);
    return end;
}

/* ---- the window ---- */

/* What arrives at the instant of time 0 counts, what arrives at the instant of the end does not, in
 * whatever order they were scheduled. */
static void test_the_window_is_half_open(void **state)
{
    (void)state;
    const int thinks_s[] = {100, 50, 25, 20, 10, 1};
    for (size_t i = 0; i < sizeof(thinks_s) / sizeof(thinks_s[0]); i++) {
        struct lab *lab =
            lab_run("archsim: 1\nname: edge\nduration: 100s\nwarmup: 100s\nreplications: 2\n"
                    "services:\n  app: {type: delay}\n"
                    "traffic:\n  user: {to: app, users: 1, think: %ds}\n",
                    thinks_s[i]);
        lab_equal(lab, "traffic.user.offered", 1.0 / thinks_s[i]);
        lab_equal(lab, "services.app.arrivals", 1.0 / thinks_s[i]);
        lab_close(lab);
    }
}

/* A call belongs to the window in which it arrives, whoever called it. */
static void test_calls_across_the_start_and_the_end(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: edge\nduration: 100s\nwarmup: 100s\nreplications: 2\n"
                "services:\n  app: {type: delay, work: 30s, calls: [db]}\n"
                "  db: {type: delay, work: 15s}\n"
                "traffic:\n  user: {to: app, users: 1, think: 15s}\n");
    /* requests at -85, -25, 35, 95 s, each 45 s long; db at -55, 5, 65, 125: the last one unseen */
    lab_equal(lab, "traffic.user.offered", 0.02);
    lab_equal(lab, "traffic.user.latency.mean", 45);
    lab_equal(lab, "services.app.arrivals", 0.02);
    lab_equal(lab, "services.db.arrivals", 0.02);
    lab_equal(lab, "services.db.unfinished", 0);
    lab_equal(lab, "services.app.in_flight.mean", (20 + 45 + 5) / 100.0);
    lab_equal(lab, "services.db.in_flight.mean", 0.30);
    lab_close(lab);
}

static void test_durations_shorter_than_a_request(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nname: short\nduration: 1ms\nwarmup: 2s\ndrain: 1h\n"
                              "replications: 2\nservices:\n  app: {type: delay, work: 1s}\n"
                              "traffic:\n  user: {to: app, rate: 100k/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.user.offered", 1e5);
    lab_equal(lab, "traffic.user.latency.p50", 1);
    lab_equal(lab, "services.app.in_flight.mean", 1e5);
    lab_equal(lab, "traffic.user.unfinished", 0);
    lab_close(lab);
    lab = lab_run("archsim: 1\nname: short\nduration: 1ms\nwarmup: 0s\ndrain: 0s\n"
                  "replications: 2\nservices:\n  app: {type: delay, work: 10s}\n"
                  "traffic:\n  user: {to: app, rate: 1M/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.user.offered", 1e6);
    lab_equal(lab, "traffic.user.unfinished", 1);
    lab_equal(lab, "services.app.unfinished", 1);
    lab_close(lab);
}

/* The drain is as long as it says: an answer at its last instant is still heard. */
static void test_the_drain_includes_its_end(void **state)
{
    (void)state;
    const char *const drains[] = {"20s", "19999999999ns"};
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_run("archsim: 1\nname: drain\nduration: 100s\nwarmup: 0s\ndrain: %s\n"
                                  "replications: 2\nservices:\n  app: {type: delay, work: 30s}\n"
                                  "traffic:\n  user: {to: app, users: 1, think: 90s}\n",
                                  drains[i]);
        lab_equal(lab, "traffic.user.unfinished", (double)i);
        lab_close(lab);
    }
}

static void test_the_pilot_of_hardly_anything(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nname: pilot\nduration: 1ms\nreplications: 2\n"
                              "services:\n  app: {type: server, work: exponential(1ms)}\n"
                              "traffic:\n  user: {to: app, rate: 1/day}\n");
    lab_equal(lab, "traffic.user.offered", 0);
    lab_close(lab);
}

/* ---- what stops a run ---- */

#define LOOP(app, traffic)                                                                    \
    "archsim: 1\nname: loop\nduration: 100s\nwarmup: 0s\nreplications: 1\nservices:\n"        \
    "  innocent: {type: delay}\n  app: {" app "}\n  last: {type: delay, calls: [innocent]}\n" \
    "traffic:\n  other: {to: last, rate: 1/s}\n  user: {to: app, " traffic "}\n"

static void test_a_loop_without_passing_time_is_named(void **state)
{
    (void)state;
    const char *const texts[] = {
        LOOP("type: delay", "users: 2, think: 0s"), /* an odd and an even number of turns each */
        LOOP("type: rate_limiter, rate: 1/day, burst: 1", "users: 1, think: 0s"),
        LOOP("type: delay, calls: [{async: app}]", "rate: 1/s"),
        LOOP("type: server, room: 1, work: 1s", "rate: 1/s, batch: 1000M"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char culprit[64];
        assert_int_equal(world_end_of(texts[i], WORLD_FRAMES_MAX, culprit), WORLD_STANDSTILL);
        assert_string_equal(culprit, "app");
    }
}

static void test_who_piles_up_is_named(void **state)
{
    (void)state;
    const char *const texts[] = {
        LOOP("type: server, work: 1h", "rate: 100/s"),
        LOOP("type: delay, limit: {concurrent: 1, on_full: wait}, work: 1h", "rate: 100/s"),
        LOOP("type: delay, calls: [{call: app, probability: 99.99%}]", "rate: 1/s"),
        LOOP("type: server, work: 1h, calls: [innocent]", "rate: 100/s, timeout: 1s"),
        LOOP("type: delay, work: 1h", "rate: 1/s, batch: 1000M"),
        LOOP("type: delay, work: 1h", "rate: 1/s, batch: 1000M, retry: {attempts: 2}"),
        LOOP("type: delay, work: 1h, calls: [{parallel: [last, last]}]", "users: 10k, think: 1s"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char culprit[64];
        assert_int_equal(world_end_of(texts[i], 5000, culprit), WORLD_OVERLOADED);
        assert_string_equal(culprit, "app");
    }
}

/* ---- depth ---- */

/* A chain of services, walked with hardly any stack: forth, back, and by a timeout that withdraws
 * all of it. */
static void test_depth_costs_no_stack(void **state)
{
    (void)state;
    enum { DEPTH = 5000 };
    char *services = malloc(DEPTH * 64);
    int length = 0;
    for (int i = 0; i < DEPTH; i++) {
        length += snprintf(services + length, 64,
                           "  s%d: {type: server, work: 1us, calls: [s%d]}\n", i, i + 1);
    }
    struct rlimit before;
    getrlimit(RLIMIT_STACK, &before);
    const struct rlimit little = {.rlim_cur = 256 << 10, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_STACK, &little);
    struct lab *lab =
        lab_run("archsim: 1\nname: deep\nduration: 10s\nwarmup: 0s\nreplications: 1\n"
                "services:\n%s  s%d: {type: delay, work: 1us}\n"
                "traffic:\n  user: {to: s0, users: 1, think: 990ms}\n"
                "  hasty: {to: s1, users: 1, think: 990ms, timeout: 4ms, cancel: true}\n",
                services, DEPTH);
    setrlimit(RLIMIT_STACK, &before);
    free(services);
    lab_equal(lab, "traffic.hasty.errors.timeout", 1);
    lab_equal(lab, "services.s5000.unfinished", 0);
    assert_true(lab_value(lab, "traffic.user.latency.mean") >= (DEPTH + 1) * 1e-6);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_window_is_half_open),
        cmocka_unit_test(test_calls_across_the_start_and_the_end),
        cmocka_unit_test(test_durations_shorter_than_a_request),
        cmocka_unit_test(test_the_drain_includes_its_end),
        cmocka_unit_test(test_the_pilot_of_hardly_anything),
        cmocka_unit_test(test_a_loop_without_passing_time_is_named),
        cmocka_unit_test(test_who_piles_up_is_named),
        cmocka_unit_test(test_depth_costs_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
