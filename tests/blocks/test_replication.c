/* Known independently: each write's own arrival, kept in an array beside the block; the age of the
 * oldest that has not arrived, summed over time step by step; the worked example of the header. */
#include "sim/blocks/replication.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
enum { TIMER = 1000, BATCHES = 1 << 20 };

struct bench {
    struct arena arena;
    struct core core;
    struct replication replication;
    struct distribution lag;
    int64_t lags_ns; /* told of the batches that have arrived, the sum */
    uint64_t batches;
};

static void bench_init(struct bench *bench, struct distribution lag)
{
    *bench = (struct bench){.lag = lag};
    arena_init(&bench->arena);
    core_init(&bench->core, 1);
    struct replication_setup setup = {.core = &bench->core,
                                      .arena = &bench->arena,
                                      .lag_ns_dist = &bench->lag,
                                      .slot_ns = 10 * MS,
                                      .timer = TIMER,
                                      .batches_max = BATCHES};
    random_seed(&setup.random, 5, 0, "test", "lags");
    replication_init(&bench->replication, &setup);
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
        assert_true(event.slot >= TIMER);
        bench->lags_ns += replication_due(&bench->replication, event.slot - TIMER);
        bench->batches++;
    }
}

static void test_worked_example(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, distribution_constant(1000.0 * (double)MS));
    bench_until(&bench, 12 * MS);
    replication_send(&bench.replication, 1, 100);
    bench_until(&bench, 21 * MS);
    replication_send(&bench.replication, 2, 300);
    bench_until(&bench, 22 * MS);
    replication_send(&bench.replication, 1, 7); /* the next slot */
    bench_until(&bench, 1017 * MS - 1);
    assert_int_equal(bench.replication.pending.value, 4);
    assert_true(bench.replication.pending_bytes == 407);
    assert_int_equal(replication_age_ns(&bench.replication), 1005 * MS - 1);
    bench_until(&bench, 1017 * MS + 1);
    assert_int_equal(bench.replication.pending.value, 1);
    assert_int_equal(replication_age_ns(&bench.replication), 995 * MS + 1);
    bench_until(&bench, 2000 * MS);
    assert_int_equal(replication_age_ns(&bench.replication), 0);
    assert_int_equal(bench.lags_ns, 2 * 1000 * MS);
    assert_int_equal(replication_age_most_ns(&bench.replication), 1005 * MS);
    /* two triangles whose corners are cut: 1,005^2 / 2 and 1,005^2 / 2 - 995^2 / 2 */
    const double area = 1005.0 * 1005 - 995.0 * 995 / 2;
    assert_true(fabs(replication_age_area(&bench.replication) / (double)(MS * MS) - area) < 1e-3);
    bench_done(&bench);
}

/* Lags from 0 to 3 s, so that batches overtake each other: what went in came out or is inside, at
 * all times; the age and its integral are those of a walk in steps of a millisecond. */
static void test_conservation_and_age(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, distribution_uniform(0, 3000.0 * (double)MS));
    struct random random;
    random_seed(&random, 9, 0, "test", "writes");
    uint64_t sent = 0;
    double bytes = 0, walked = 0;
    int64_t most_ns = 0;
    for (int64_t ms = 1; ms <= 60000; ms++) {
        const int64_t before_ns = replication_age_ns(&bench.replication);
        bench_until(&bench, ms * MS - 1);
        const int64_t age_ns = replication_age_ns(&bench.replication);
        walked += (double)(before_ns + age_ns) / 2 * (double)MS;
        most_ns = age_ns > most_ns ? age_ns : most_ns;
        bench_until(&bench, ms * MS);
        if (random_below(&random, 100) < 10 && ms % 10000 < 5000) {
            const uint32_t writes = 1 + random_below(&random, 5);
            replication_send(&bench.replication, writes, writes * 10.0);
            sent += writes;
            bytes += writes * 10.0;
        }
        const struct replication *r = &bench.replication;
        assert_true(r->sent == sent && r->sent - r->arrived == (uint64_t)r->pending.value);
        assert_true(r->pending_bytes == (double)r->pending.value * 10);
    }
    const double area = replication_age_area(&bench.replication);
    assert_true(fabs(area - walked) < 0.005 * area);
    assert_true(llabs(replication_age_most_ns(&bench.replication) - most_ns) <= MS);
    bench_until(&bench, 70000 * MS);
    assert_int_equal(bench.replication.pending.value, 0);
    assert_int_equal(bench.replication.arrived, sent);
    const double mean = (double)bench.lags_ns / (double)bench.batches / (double)MS;
    assert_true(fabs(mean - 1500) < 4 * 866 / sqrt((double)bench.batches));
    assert_true(bytes > 0);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_conservation_and_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
