/* Known independently: the rules of the Lambda Developer Guide, "Lambda scaling behavior" (1,000
 * new environments at once, 100 a second), "Understanding Lambda function scaling" (provisioned
 * ones first) and "execution environment lifecycle" (an init of more than 10 s is done anew), by
 * hand. */
#include "sim/blocks/environments.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
enum { TIMER = 1 << 28, MORE = 2 << 28 };

struct bench {
    struct arena arena;
    struct core core;
    struct load load;
    struct concurrency_account account;
    struct environments environments;
};

static void bench_usable(void *context, int64_t count)
{
    concurrency_provision(&((struct bench *)context)->environments.concurrency, count, 0);
}
static const struct provision_ops ops = {.usable = bench_usable};

static const struct distribution *constant(struct arena *arena, int64_t ns)
{
    struct distribution *distribution = arena_alloc(arena, sizeof(*distribution));
    *distribution = distribution_constant((double)ns);
    return distribution;
}

static void bench_init(struct bench *bench, int64_t init_ns, int64_t provisioned)
{
    *bench = (struct bench){0};
    arena_init(&bench->arena);
    core_init(&bench->core, 1);
    const struct pool_setup pool = {
        .core = &bench->core,
        .load = &bench->load,
        .arena = &bench->arena,
        .groups_count = 1,
        .pick = POOL_MOST_RECENT,
        .instances_max = INT64_MAX,
        .idle_ns_dist = constant(&bench->arena, 600 * SECOND),
    };
    environments_init(&bench->environments,
                      &(struct environments_setup){
                          .pool = pool,
                          .timer = TIMER,
                          .starts_per_s = 100,
                          .starts_burst = 1000,
                          .init = distribution_constant((double)init_ns),
                          .first_extra = distribution_constant(5e6),
                          .placement_ns_dist = constant(&bench->arena, 100 * MS),
                          .more_init_ns_dist = {constant(&bench->arena, 50 * MS), NULL},
                          .init_limit_ns = 10 * SECOND,
                          .first_more = 2,
                          .first_most_ns = 1000 * MS,
                          .max_age_ns = 7200 * SECOND,
                      });
    concurrency_account_init(
        &bench->account,
        &(struct concurrency_setup){.units = 5000, .requests_per_unit_s = 10, .burst_ns = SECOND});
    concurrency_init(&bench->environments.concurrency, &bench->account, -1);
    provision_init(
        &bench->environments.provision,
        &(struct provision_setup){
            .ops = &ops, .context = bench, .pool = pool, .timer = MORE, .rate_per_s = 1});
    scaler_init(&bench->environments.provision.autoscaler.scaler,
                &(struct scaler_setup){.arena = &bench->arena});
    provision_begin(&bench->environments.provision, provisioned);
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
        if (event.slot < TIMER) {
            pool_expire(&bench->environments.pool, event.slot);
        } else if (event.slot >= MORE) {
            provision_due(&bench->environments.provision, event.slot - MORE);
        }
    }
}

static uint32_t take(struct bench *bench, bool *cold)
{
    uint32_t name;
    *cold = false;
    assert_null(environments_take(&bench->environments, false, &name, cold));
    return name;
}

static void test_a_thousand_then_a_hundred_a_second(void **state)
{
    (void)state;
    struct bench bench;
    uint32_t name;
    bool cold;
    bench_init(&bench, MS, 0);
    for (int i = 0; i < 1000; i++) {
        take(&bench, &cold);
        assert_true(cold);
    }
    assert_string_equal(environments_take(&bench.environments, false, &name, &cold),
                        "scaling rate");
    assert_int_equal(bench.environments.concurrency.used.value, 1000);
    bench_until(&bench, SECOND);
    for (int i = 0; i < 100; i++) {
        take(&bench, &cold);
    }
    assert_non_null(environments_take(&bench.environments, false, &name, &cold));
    bench_done(&bench);
}

static void test_provisioned_first_then_the_last_used(void **state)
{
    (void)state;
    struct bench bench;
    bool cold;
    bench_init(&bench, MS, 1);
    const uint32_t provisioned = take(&bench, &cold);
    assert_true(provisioned & ENVIRONMENT_PROVISIONED && !cold);
    const uint32_t a = take(&bench, &cold), b = take(&bench, &cold);
    assert_true(cold && !(a & ENVIRONMENT_PROVISIONED));
    assert_false(environments_give_back(&bench.environments, b, false));
    assert_false(environments_give_back(&bench.environments, a, false));
    assert_int_equal(take(&bench, &cold), a);
    assert_false(cold);
    assert_false(environments_give_back(&bench.environments, provisioned, false));
    assert_int_equal(take(&bench, &cold), provisioned);
    bench_done(&bench);
}

/* 100 ms of placement, 250 + 50 ms of init; then work of 10 ms takes 2 x 10 + 5 ms longer, once,
 * and any work at most a second. */
static void test_a_cold_start(void **state)
{
    (void)state;
    struct bench bench;
    int64_t init_ns;
    bool cold;
    bench_init(&bench, 250 * MS, 0);
    const uint32_t name = take(&bench, &cold);
    assert_int_equal(environments_start(&bench.environments, name, &init_ns), 400 * MS);
    assert_int_equal(init_ns, 300 * MS);
    cold = false;
    assert_int_equal(environments_extra_ns(&bench.environments, name, 10 * MS, 1, &cold), 25 * MS);
    assert_false(cold);
    assert_int_equal(environments_at(&bench.environments, name)->flags, 0);
    environments_give_back(&bench.environments, name, true); /* killed */
    assert_int_equal(take(&bench, &cold), name);
    assert_int_equal(environments_extra_ns(&bench.environments, name, 10 * MS, 10, &cold),
                     300 * MS + 2 * MS + 5 * MS); /* the first of ten rounds is slow */
    assert_true(cold);
    assert_int_equal(environments_slower_ns(&bench.environments, 500 * MS, 1), 1000 * MS);
    assert_int_equal(environments_slower_ns(&bench.environments, 501 * MS, 1), 1000 * MS);
    bench_done(&bench);
    bench_init(&bench, 12 * SECOND, 0);
    const uint32_t slow = take(&bench, &cold);
    assert_int_equal(environments_start(&bench.environments, slow, &init_ns), 10100 * MS);
    assert_true(environments_at(&bench.environments, slow)->flags & ENVIRONMENT_RESET);
    bench_done(&bench);
}

static void test_old_and_stale_ones_go(void **state)
{
    (void)state;
    struct bench bench;
    bool cold;
    bench_init(&bench, MS, 0);
    const uint32_t busy = take(&bench, &cold), idle = take(&bench, &cold);
    environments_give_back(&bench.environments, idle, false);
    environments_renew(&bench.environments);
    assert_int_equal(bench.load.capacity.value, 1); /* what is busy finishes */
    const uint32_t other = take(&bench, &cold);
    assert_true(cold);
    assert_true(environments_give_back(&bench.environments, busy, false));
    assert_false(environments_give_back(&bench.environments, other, false));
    const uint32_t again = take(&bench, &cold);
    assert_false(cold);
    bench_until(&bench, 7200 * SECOND);
    assert_true(environments_give_back(&bench.environments, again, false));
    assert_int_equal(bench.load.capacity.value, 0);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thousand_then_a_hundred_a_second),
        cmocka_unit_test(test_provisioned_first_then_the_last_used),
        cmocka_unit_test(test_a_cold_start),
        cmocka_unit_test(test_old_and_stale_ones_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
