/* Links that fail, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/blocks/tunnels.h"

#define SECOND INT64_C(1000000000)

struct bench {
    struct arena arena;
    struct core core;
    struct load load;
    struct tunnels tunnels;
};

static int64_t one_second(void *context, const struct frame *f)
{
    (void)context;
    (void)f;
    return SECOND;
}

static void bench_open(struct bench *bench, uint32_t count, bool together)
{
    struct random random;
    random_seed(&random, 1, 0, "v", "tunnels");
    arena_init(&bench->arena);
    core_init(&bench->core, 64);
    bench->load = (struct load){.unit = 1};
    summary_init(&bench->load.wait, &bench->arena);
    tunnels_init(&bench->tunnels,
                 &(struct tunnels_setup){.core = &bench->core,
                                         .load = &bench->load,
                                         .arena = &bench->arena,
                                         .count = count,
                                         .together = together,
                                         .timer = 0,
                                         .again = one_second},
                 &random);
}

static void bench_close(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

static struct frame *bench_send(struct bench *bench)
{
    struct frame *f = frame_new(&bench->core.frames);
    f->work_ns = SECOND;
    tunnels_enter(&bench->tunnels, f);
    return f;
}

/* Until that time; what is through leaves. Returns how many are. */
static uint32_t bench_until(struct bench *bench, int64_t until_ns)
{
    struct event event;
    uint32_t through = 0;
    events_at(&bench->core.events, until_ns, EVENT_WINDOW, 0, 0);
    while (events_next(&bench->core.events, &event) && event.kind != EVENT_WINDOW) {
        tunnels_due(&bench->tunnels, event.slot);
        while (bench->core.ready_count > 0) {
            const uint32_t slot = bench->core.ready[bench->core.ready_head].slot;
            bench->core.ready_head =
                (bench->core.ready_head + 1) & (bench->core.ready_capacity - 1);
            bench->core.ready_count--;
            tunnels_leave(&bench->tunnels, core_frame(&bench->core, slot));
            through++;
        }
    }
    return through;
}

/* See tunnels.h. */
static void test_stands_still_until_noticed(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 2, false);
    assert_int_equal(bench.load.capacity.value, 1); /* the other stands by */
    tunnels_fail(&bench.tunnels, 0);
    assert_int_equal(bench.load.capacity.value, 1);
    assert_int_equal(bench.tunnels.up.value, 1);
    assert_int_equal(bench_until(&bench, 10 * SECOND), 0);
    bench_send(&bench);
    assert_int_equal(bench_until(&bench, 40 * SECOND), 0);
    tunnels_notice(&bench.tunnels, 0);
    assert_int_equal(bench_until(&bench, 41 * SECOND - 1), 0);
    assert_int_equal(bench_until(&bench, 41 * SECOND + 1), 1);
    bench_send(&bench);
    bench_send(&bench); /* they share the second one */
    assert_int_equal(bench_until(&bench, 43 * SECOND), 0);
    assert_int_equal(bench_until(&bench, 43 * SECOND + 2), 2);
    tunnels_repair(&bench.tunnels, 0);
    bench_send(&bench);
    assert_int_equal(bench.tunnels.items[0].host.inside, 1);
    bench_close(&bench);
}

/* Nobody knows yet when it is up again: its transfers go on where they were. */
static void test_short_break(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 2, false);
    bench_send(&bench);
    assert_int_equal(bench_until(&bench, SECOND / 2), 0);
    tunnels_fail(&bench.tunnels, 0);
    assert_int_equal(bench_until(&bench, 5 * SECOND), 0);
    tunnels_repair(&bench.tunnels, 0);
    tunnels_notice(&bench.tunnels, 0);
    assert_int_equal(bench_until(&bench, 5 * SECOND + SECOND / 2 - 1), 0);
    assert_int_equal(bench_until(&bench, 5 * SECOND + SECOND / 2 + 1), 1);
    bench_close(&bench);
}

/* With none left all wait for the first that comes back. */
static void test_none_left(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, 2, true);
    assert_int_equal(bench.load.capacity.value, 2);
    tunnels_fail(&bench.tunnels, 0);
    assert_int_equal(bench.load.capacity.value, 1);
    tunnels_fail(&bench.tunnels, 1);
    tunnels_notice(&bench.tunnels, 0);
    tunnels_notice(&bench.tunnels, 1);
    for (int i = 0; i < 4; i++) {
        bench_send(&bench);
    }
    assert_int_equal(bench.load.up.value, 0);
    assert_int_equal(bench_until(&bench, 10 * SECOND), 0);
    tunnels_repair(&bench.tunnels, 1);
    assert_int_equal(bench_until(&bench, 14 * SECOND + 4), 4);
    assert_int_equal(bench.load.busy.value, 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stands_still_until_noticed),
        cmocka_unit_test(test_short_break),
        cmocka_unit_test(test_none_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
