/* Known independently: the worked examples of the header, by hand, and "up to 6,000 execution
 * environments every minute ... you can't access any of those environments until Lambda completely
 * finishes allocating them" (Lambda Developer Guide, provisioned concurrency). */
#include "sim/blocks/provision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
enum { TIMER = 1000, UNUSED = 4 };

struct bench {
    struct arena arena;
    struct core core;
    struct load load;
    struct provision provision;
    int64_t usable;
    double wanted;
};

static void bench_usable(void *context, int64_t count)
{
    ((struct bench *)context)->usable = count;
}

static void bench_wanted(void *context, const struct scaler_decision *decision)
{
    struct bench *bench = context;
    int64_t delay_ns;
    bench->wanted = decision->desired;
    provision_ask(&bench->provision, (int64_t)decision->desired, &delay_ns);
}

static const struct provision_ops ops = {bench_usable, bench_wanted};

static void bench_init(struct bench *bench, double max)
{
    *bench = (struct bench){.wanted = (double)NAN};
    arena_init(&bench->arena);
    core_init(&bench->core, 1);
    provision_init(&bench->provision, &(struct provision_setup){
                                          .ops = &ops,
                                          .context = bench,
                                          .pool = {.core = &bench->core,
                                                   .load = &bench->load,
                                                   .arena = &bench->arena,
                                                   .groups_count = 1,
                                                   .pick = POOL_MOST_RECENT,
                                                   .instances_max = INT64_MAX},
                                          .timer = TIMER,
                                          .flags = UNUSED,
                                          .preparation_ns = 90 * SECOND,
                                          .rate_per_s = 100,
                                          .metric = 3,
                                      });
    scaler_init(&bench->provision.autoscaler.scaler,
                &(struct scaler_setup){.arena = &bench->arena, .min = 1, .max = max});
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
        assert_true(event.slot >= TIMER && event.slot < TIMER + PROVISION_TIMERS);
        provision_due(&bench->provision, event.slot - TIMER);
    }
}

static void test_nothing_until_all_are_allocated(void **state)
{
    (void)state;
    struct bench bench;
    int64_t delay_ns;
    bench_init(&bench, 1000);
    provision_begin(&bench.provision, 0);
    bench_until(&bench, 60 * SECOND);
    assert_true(provision_ask(&bench.provision, 600, &delay_ns));
    assert_int_equal(delay_ns, 96 * SECOND);
    assert_false(provision_ask(&bench.provision, 700, &delay_ns));
    bench_until(&bench, 156 * SECOND - 1);
    assert_false(provision_idle(&bench.provision));
    assert_int_equal(bench.usable, 0);
    bench_until(&bench, 156 * SECOND);
    assert_int_equal(bench.usable, 600);
    assert_int_equal(bench.load.capacity.value, 600);
    const uint32_t one = provision_take(&bench.provision);
    assert_int_equal(pool_at(&bench.provision.pool, one)->flags, UNUSED);
    assert_int_equal(bench.provision.busy.value, 1);
    bench_done(&bench);
}

/* Of 10, 8 are busy; 5 are asked for. */
static void test_fewer_at_once(void **state)
{
    (void)state;
    struct bench bench;
    int64_t delay_ns;
    uint32_t busy[8];
    bench_init(&bench, 1000);
    provision_begin(&bench.provision, 10);
    for (int i = 0; i < 8; i++) {
        busy[i] = provision_take(&bench.provision);
    }
    assert_true(provision_ask(&bench.provision, 5, &delay_ns));
    assert_int_equal(delay_ns, 0);
    assert_int_equal(bench.usable, 5);
    assert_int_equal(bench.load.capacity.value, 8);
    for (int i = 0; i < 8; i++) {
        provision_give_back(&bench.provision, busy[i]);
        assert_int_equal(bench.load.capacity.value, i < 3 ? 7 - i : 5);
    }
    bench_done(&bench);
}

/* New code: the old ones serve until as many new ones are there, 90 s and 0.1 s later; then the
 * busy ones go after what they do, and others take their place. */
static void test_renewal(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000);
    provision_begin(&bench.provision, 10);
    provision_renew(&bench.provision);
    bench_until(&bench, 90 * SECOND);
    const uint32_t old = provision_take(&bench.provision);
    assert_int_equal(pool_at(&bench.provision.pool, old)->flags, 0);
    bench_until(&bench, 91 * SECOND);
    assert_int_equal(bench.load.capacity.value, 10);
    for (int i = 0; i < 9; i++) {
        const uint32_t one = provision_take(&bench.provision);
        assert_int_equal(pool_at(&bench.provision.pool, one)->flags, UNUSED);
    }
    assert_false(provision_idle(&bench.provision));
    provision_give_back(&bench.provision, old);
    assert_true(provision_idle(&bench.provision));
    assert_int_equal(bench.load.capacity.value, 10);
    bench_done(&bench);
}

/* 9 of 10 in use for three minutes, 70 % wanted: 10 x 90 / 70, rounded up. Unused, there are no
 * datapoints: "during periods of inactivity" nothing is removed; with 5 of 13 in use after 15. */
static void test_follows_its_utilization(void **state)
{
    (void)state;
    struct bench bench;
    uint32_t busy[9];
    bench_init(&bench, 100);
    scaler_track(&bench.provision.autoscaler.scaler, 3,
                 &(struct tracking_setup){
                     .target = 0.7, .low_share = 0.9, .high_points = 3, .low_points = 15});
    provision_begin(&bench.provision, 10);
    for (int i = 0; i < 9; i++) {
        busy[i] = provision_take(&bench.provision);
    }
    bench_until(&bench, 180 * SECOND - 1);
    assert_true(isnan(bench.wanted));
    bench_until(&bench, 180 * SECOND + 1);
    assert_true(bench.wanted == 13);
    for (int i = 0; i < 9; i++) {
        provision_give_back(&bench.provision, busy[i]);
    }
    bench_until(&bench, 3600 * SECOND);
    assert_true(bench.wanted == 13);
    assert_int_equal(bench.usable, 13);
    for (int i = 0; i < 5; i++) {
        provision_take(&bench.provision);
    }
    bench_until(&bench, 3600 * SECOND + 15 * 60 * SECOND - 1);
    assert_true(bench.wanted == 13);
    bench_until(&bench, 3600 * SECOND + 15 * 60 * SECOND + 1);
    assert_true(bench.wanted == 8); /* 13 x (5 / 13) / 0.7 = 7.1 */
    assert_int_equal(bench.usable, 8);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_until_all_are_allocated),
        cmocka_unit_test(test_fewer_at_once),
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_follows_its_utilization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
