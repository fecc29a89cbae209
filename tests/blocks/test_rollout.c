/* Known independently: the rules of the header by hand, with launches of a minute: minimum healthy
 * and maximum percent (ECS API Reference, DeploymentConfiguration: rounded up, and down), and the
 * thresholds of the circuit breaker (ServiceDeploymentCircuitBreaker). Whatever happens, the bounds
 * hold after every event. */
#include "sim/blocks/rollout.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/kernel/core.h"

enum { FRAMES = 64, SERVICE = 3 };
#define S INT64_C(1000000000)

struct bench {
    struct core core;
    struct arena arena;
    struct load load;
    struct fleet fleet;
    struct rollout rollout;
    struct distribution boot;
    int64_t least, most; /* healthy, staying; ever since the rollout began */
    int64_t through_ns;  /* -1: not yet */
};

static void bench_init(struct bench *bench, int64_t wanted, double least, double most,
                       double failure, bool breaker)
{
    memset(bench, 0, sizeof(*bench));
    core_init(&bench->core, FRAMES);
    arena_init(&bench->arena);
    summary_init(&bench->load.wait, &bench->arena);
    bench->boot = distribution_constant(60e9);
    bench->through_ns = -1;
    bench->least = INT64_MAX;
    fleet_init(&bench->fleet, &(struct fleet_setup){
                                  .core = &bench->core,
                                  .load = &bench->load,
                                  .arena = &bench->arena,
                                  .service = SERVICE,
                                  .zones_mask = 3,
                                  .processors = 1,
                                  .step = 1,
                                  .steps = 1,
                                  .places_count = 1,
                                  .start = {{&bench->boot}},
                                  .drain_ns = 30 * S,
                                  .on_demand_share = 1,
                              });
    fleet_fill(&bench->fleet, wanted, -60 * S);
    struct rollout_setup setup = {
        .fleet = &bench->fleet,
        .least_share = least,
        .most_share = most,
        .healthy_after_ns = 30 * S,
        .failure_ratio = failure,
        .breaker = breaker,
        .resets = true,
    };
    random_seed(&setup.random, 1, 0, "rollout", "codes");
    rollout_init(&bench->rollout, &setup, wanted);
}

static void bench_done(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

/* As an owner does it; the health of new members comes with a timer of its own. */
static void bench_hear(struct bench *bench)
{
    struct fleet_news news;
    while (fleet_news(&bench->fleet, &news)) {
        if (news.kind == FLEET_CAME && rollout_fails(&bench->rollout, news.number)) {
            fleet_lose(&bench->fleet, news.number, FLEET_ABANDONED);
        } else if (news.kind == FLEET_CAME) {
            events_at(&bench->core.events, core_now(&bench->core) + 30 * S, EVENT_WINDOW, 0, 0);
        }
    }
}

static void bench_step(struct bench *bench)
{
    bench_hear(bench);
    if (rollout_tripped(&bench->rollout)) {
        rollout_back(&bench->rollout);
    }
    const bool rolling = bench->rollout.phase != ROLLOUT_IDLE;
    if (rollout_step(&bench->rollout)) {
        assert_true(rolling && bench->rollout.phase == ROLLOUT_IDLE);
        bench->through_ns = core_now(&bench->core);
    }
    bench_hear(bench);
    int64_t healthy = 0;
    for (uint32_t i = 0; i < bench->fleet.count; i++) {
        healthy += bench->fleet.members[i]->state == FLEET_IN_SERVICE &&
                   fleet_warm(&bench->fleet, i, 30 * S);
    }
    const int64_t staying = fleet_staying(&bench->fleet);
    bench->least = healthy < bench->least ? healthy : bench->least;
    bench->most = staying > bench->most ? staying : bench->most;
}

static void bench_run(struct bench *bench, int64_t until_ns)
{
    struct event event;
    events_at(&bench->core.events, until_ns, EVENT_WINDOW, 1, 0);
    while (events_next(&bench->core.events, &event)) {
        if (event.kind == EVENT_WINDOW && event.service == 1) {
            return;
        }
        if (event.kind == EVENT_SERVICE) {
            fleet_due(&bench->fleet, event.slot);
        }
        bench_step(bench);
    }
}

static uint32_t bench_old(const struct bench *bench)
{
    uint32_t old = 0;
    for (uint32_t i = 0; i < bench->fleet.count; i++) {
        const struct fleet_member *member = fleet_at(&bench->fleet, i);
        old += member->state == FLEET_IN_SERVICE && member->generation == 0;
    }
    return old;
}

/* The header's: 4 wanted, 50 % and 100 %: two rounds of 90 s. */
static void two_by_two(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 4, 0.5, 1, 0, false);
    bench_hear(&bench);
    rollout_begin(&bench.rollout);
    bench_step(&bench);
    assert_int_equal(bench_old(&bench), 2);
    assert_int_equal(bench.fleet.in_state[FLEET_PENDING].value, 2);
    bench_run(&bench, 89 * S);
    assert_int_equal(bench_old(&bench), 2);
    bench_run(&bench, 91 * S);
    assert_int_equal(bench_old(&bench), 0);
    bench_run(&bench, 300 * S);
    assert_int_equal(bench.through_ns, 180 * S);
    assert_int_equal(bench.least, 2);
    assert_int_equal(bench.most, 4);
    assert_int_equal(fleet_in_service(&bench.fleet), 4);
    bench_done(&bench);
}

/* The shares are rounded up and down; the bounds are reached, and never passed. */
static void bounds_hold(void **state)
{
    (void)state;
    static const struct {
        double least, most;
        int64_t wanted, healthy, staying, through_s;
    } cases[] = {
        {1, 2, 4, 4, 8, 90},        {1, 1.5, 5, 5, 7, 270},      {1, 1.1, 10, 10, 11, 900},
        {0.5, 1, 5, 3, 5, 270},     {0.75, 1.25, 8, 6, 10, 180}, {0, 1, 3, 0, 3, 90},
        {0.9, 1.1, 10, 9, 11, 450},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        bench_init(&bench, cases[i].wanted, cases[i].least, cases[i].most, 0, false);
        bench_hear(&bench);
        rollout_begin(&bench.rollout);
        bench_step(&bench);
        bench_run(&bench, 3600 * S);
        assert_int_equal(bench.least, cases[i].healthy);
        assert_int_equal(bench.most, cases[i].staying);
        assert_int_equal(bench.through_ns, cases[i].through_s * S);
        assert_int_equal(bench_old(&bench), 0);
        assert_int_equal(fleet_in_service(&bench.fleet), cases[i].wanted);
        bench_done(&bench);
    }
}

/* Half of the wanted, at least 3 and at most 200; then what was there is all that is there. */
static void the_breaker_trips(void **state)
{
    (void)state;
    static const struct {
        int64_t wanted, failed;
    } cases[] = {{2, 3}, {6, 3}, {7, 4}, {40, 20}, {500, 200}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        bench_init(&bench, cases[i].wanted, 1, 2, 1, true);
        rollout_begin(&bench.rollout);
        for (int64_t n = 0; n < cases[i].failed; n++) {
            assert_false(rollout_tripped(&bench.rollout));
            bench.rollout.failed++;
        }
        assert_true(rollout_tripped(&bench.rollout));
        bench.rollout.failed = 0;
        bench_hear(&bench);
        bench_step(&bench);
        bench_run(&bench, 600 * S);
        assert_true(bench.through_ns >= 60 * S);
        assert_int_equal(bench_old(&bench), cases[i].wanted);
        assert_int_equal(fleet_staying(&bench.fleet), cases[i].wanted);
        assert_int_equal(bench.least, cases[i].wanted);
        bench_done(&bench);
    }
}

/* What is good and new stays when the wanted number changes meanwhile, and a second rollout starts
 * from what the first has done. */
static void wanted_may_change(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 4, 1, 2, 0, false);
    bench_hear(&bench);
    rollout_begin(&bench.rollout);
    bench_step(&bench);
    bench_run(&bench, 70 * S);
    bench.rollout.wanted = 6;
    bench_step(&bench);
    bench_run(&bench, 600 * S);
    assert_int_equal(fleet_in_service(&bench.fleet), 6);
    assert_int_equal(bench_old(&bench), 0);
    bench.through_ns = -1;
    rollout_begin(&bench.rollout);
    bench_step(&bench);
    bench_run(&bench, 610 * S);
    rollout_begin(&bench.rollout); /* in its place */
    bench.rollout.wanted = 2;
    bench_step(&bench);
    bench_run(&bench, 1200 * S);
    assert_true(bench.through_ns > 0);
    assert_int_equal(fleet_staying(&bench.fleet), 2);
    for (uint32_t i = 0; i < bench.fleet.count; i++) {
        const struct fleet_member *member = fleet_at(&bench.fleet, i);
        assert_true(member->state != FLEET_IN_SERVICE || member->generation == 3);
    }
    bench_done(&bench);
}

/* Half of them fail: with a count that starts again after each that does not, the breaker waits for
 * a run of failures; without it the rollout comes through in the end. */
static void half_fail(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 20, 1, 2, 0.5, false);
    bench_hear(&bench);
    rollout_begin(&bench.rollout);
    bench_step(&bench);
    bench_run(&bench, 3600 * S);
    assert_true(bench.through_ns > 90 * S);
    assert_int_equal(bench_old(&bench), 0);
    assert_int_equal(fleet_in_service(&bench.fleet), 20);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_by_two),        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(the_breaker_trips), cmocka_unit_test(wanted_may_change),
        cmocka_unit_test(half_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
