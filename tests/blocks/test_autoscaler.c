/* Known independently: the worked example of the header and schedules, by hand. The decisions
 * themselves are test_scaler.c's. */
#include "sim/blocks/autoscaler.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
enum { TIMER = 1000, METRIC = 2, OTHER = 3 };

struct bench {
    struct arena arena;
    struct core core;
    struct autoscaler autoscaler;
    double value, capacity;
    int every; /* only each so many periods have a datapoint */
    int samples, applied, acted;
    int64_t first_sample_ns, applied_ns;
};

static void bench_sample(void *context)
{
    struct bench *bench = context;
    bench->first_sample_ns = bench->samples > 0 ? bench->first_sample_ns : core_now(&bench->core);
    bench->samples++;
    autoscaler_put(&bench->autoscaler, OTHER, 1e6, bench->capacity);
    if (bench->samples % bench->every == 0) {
        autoscaler_put(&bench->autoscaler, METRIC, bench->value, bench->capacity);
    }
}

static struct scaler_state bench_state(void *context)
{
    const struct bench *bench = context;
    return (struct scaler_state){.desired = bench->capacity, .settled = bench->capacity};
}

static void bench_apply(void *context, const struct scaler_decision *decision)
{
    struct bench *bench = context;
    bench->capacity = decision->desired;
    bench->applied++;
    bench->applied_ns = core_now(&bench->core);
}

static void bench_acted(void *context)
{
    ((struct bench *)context)->acted++;
}

static const struct autoscaler_ops ops = {bench_sample, bench_state, bench_apply, bench_acted};

static void bench_init(struct bench *bench, int64_t origin_ns)
{
    *bench = (struct bench){.value = 80, .capacity = 10, .every = 1};
    arena_init(&bench->arena);
    core_init(&bench->core, 1);
    autoscaler_init(&bench->autoscaler, &(struct autoscaler_setup){
                                            .ops = &ops,
                                            .context = bench,
                                            .core = &bench->core,
                                            .arena = &bench->arena,
                                            .timer = TIMER,
                                            .period_ns = 60 * SECOND,
                                            .delay_ns = 30 * SECOND,
                                        });
    scaler_init(&bench->autoscaler.scaler,
                &(struct scaler_setup){
                    .arena = &bench->arena, .min = 1, .max = 100, .origin_ns = origin_ns});
}

static void bench_track(struct bench *bench)
{
    scaler_track(&bench->autoscaler.scaler, METRIC,
                 &(struct tracking_setup){
                     .target = 50, .low_share = 0.9, .high_points = 3, .low_points = 15});
}

static void bench_done(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

static void bench_until(struct bench *bench, int64_t now_ns)
{
    struct event event;
    events_at(&bench->core.events, now_ns, EVENT_WINDOW, 0, 0);
    while (events_next(&bench->core.events, &event) && event.kind != EVENT_WINDOW) {
        assert_true(event.slot >= TIMER && event.slot < TIMER + AUTOSCALER_TIMERS);
        autoscaler_due(&bench->autoscaler, event.slot - TIMER);
    }
}

/* The third datapoint above 50 ends at 180 s: 10 x 80 / 50 = 16, when it is seen. */
static void test_sample_wait_decide(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 0);
    bench_track(&bench);
    autoscaler_begin(&bench.autoscaler);
    bench_until(&bench, 210 * SECOND - 1);
    assert_int_equal(bench.samples, 3);
    assert_int_equal(bench.applied, 0);
    bench_until(&bench, 210 * SECOND + 1);
    assert_true(bench.capacity == 16);
    assert_int_equal(bench.applied_ns, 210 * SECOND);
    bench_done(&bench);
}

/* With an origin at 130 s periods end at 10 s, 70 s, ...; with one at 120 s at 60 s, 120 s, ... */
static void test_periods_count_from_the_origin(void **state)
{
    (void)state;
    static const struct {
        int64_t origin_s, first_s;
    } cases[] = {{130, 10}, {120, 60}, {0, 60}, {59, 59}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        bench_init(&bench, cases[i].origin_s * SECOND);
        bench_track(&bench);
        autoscaler_begin(&bench.autoscaler);
        bench_until(&bench, 61 * SECOND);
        assert_int_equal(bench.first_sample_ns, cases[i].first_s * SECOND);
        bench_done(&bench);
    }
}

/* A datapoint every five minutes: the third ends at 15 minutes. The step of an alarm that is on
 * adds one with each datapoint, not with each minute. */
static void test_periods_without_a_datapoint_decide_nothing(void **state)
{
    (void)state;
    static const struct scaler_step out[] = {{60, SCALER_ADD, 1, 1}};
    struct bench bench;
    bench_init(&bench, 0);
    bench.every = 5;
    scaler_step(
        &bench.autoscaler.scaler, METRIC,
        &(struct scaler_step_setup){
            .alarm = {.threshold = 60, .comparison = ALARM_AT_LEAST, .datapoints = 1, .periods = 1},
            .steps = out,
            .steps_count = 1});
    autoscaler_begin(&bench.autoscaler);
    bench_until(&bench, 930 * SECOND + 1);
    assert_int_equal(bench.samples, 15);
    assert_int_equal(bench.applied, 3);
    assert_true(bench.capacity == 13);
    assert_int_equal(bench.applied_ns, 930 * SECOND);
    bench_done(&bench);
}

/* Of schedules alone: no periods; one that changes the capacity, at its time and each hour again,
 * and one that changes a limit only. */
static void test_scheduled_actions(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 10 * SECOND);
    scaler_schedule(&bench.autoscaler.scaler, &(struct scaler_action){.at_ns = 90 * SECOND,
                                                                      .every_ns = 3600 * SECOND,
                                                                      .min = 20,
                                                                      .max = (double)NAN,
                                                                      .desired = (double)NAN});
    scaler_schedule(&bench.autoscaler.scaler, &(struct scaler_action){.at_ns = 120 * SECOND,
                                                                      .min = 5,
                                                                      .max = (double)NAN,
                                                                      .desired = (double)NAN});
    autoscaler_begin(&bench.autoscaler);
    bench_until(&bench, 1000 * SECOND);
    assert_int_equal(bench.samples, 0);
    assert_int_equal(bench.applied, 1);
    assert_int_equal(bench.applied_ns, 100 * SECOND);
    assert_true(bench.capacity == 20);
    assert_int_equal(bench.acted, 1);
    assert_true(bench.autoscaler.scaler.min == 5);
    bench.capacity = 6;
    bench_until(&bench, 3700 * SECOND + 1);
    assert_int_equal(bench.applied_ns, 3700 * SECOND);
    assert_true(bench.capacity == 20);
    bench_done(&bench);
}

/* Seen at 150 s, but of the period that ended at 120 s: the load 10 x 80 belongs to the first two
 * minutes of ten, and 16 are wanted when those come again. */
static void test_a_datapoint_is_of_when_its_period_ended(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 0);
    bench.every = 2;
    scaler_predict(&bench.autoscaler.scaler, METRIC,
                   &(struct scaler_prediction){
                       .target = 50, .period_ns = 600 * SECOND, .interval_ns = 120 * SECOND});
    autoscaler_begin(&bench.autoscaler);
    bench_until(&bench, 121 * SECOND);
    bench.value = 0;
    bench_until(&bench, 800 * SECOND);
    assert_int_equal(bench.applied, 1);
    assert_int_equal(bench.applied_ns, 600 * SECOND);
    assert_true(bench.capacity == 16);
    bench_done(&bench);
}

/* Nothing is to be done: no events. */
static void test_without_policies(void **state)
{
    (void)state;
    struct bench bench;
    struct event event;
    bench_init(&bench, 0);
    autoscaler_begin(&bench.autoscaler);
    assert_false(events_next(&bench.core.events, &event));
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample_wait_decide),
        cmocka_unit_test(test_periods_count_from_the_origin),
        cmocka_unit_test(test_periods_without_a_datapoint_decide_nothing),
        cmocka_unit_test(test_scheduled_actions),
        cmocka_unit_test(test_a_datapoint_is_of_when_its_period_ended),
        cmocka_unit_test(test_without_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
