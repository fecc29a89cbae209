/* Known independently: the rules of the Lambda Developer Guide on event source mappings, on a
 * source that is counted by hand: each receive is answered from what is left, each invocation is
 * kept. */
#include "sim/blocks/event_source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
enum { TIMER = 500, SERVICE = 3, INVOKED_MAX = 64 };

struct bench {
    struct arena arena;
    struct core core;
    struct event_source source;
    uint32_t left, deliveries;
    uint32_t parts; /* of a stream: after the first, all come after the one before */
    struct frame *invoked[INVOKED_MAX];
    uint32_t sizes[INVOKED_MAX];
    uint32_t invoked_count, too_old, grown;
    int64_t came_ns;
};

static void bench_receive(void *context, uint32_t most, double bytes, uint32_t *delivery,
                          struct shard_records *records)
{
    struct bench *bench = context;
    (void)bytes;
    const uint32_t last = bench->parts - 1; /* what is left is in the last part */
    const uint32_t left = bench->source.setup.stream && *delivery != last ? 0 : bench->left;
    records->count = left < most ? left : most;
    records->first_ns = records->last_ns = bench->came_ns;
    bench->left -= records->count;
    if (*delivery == UINT32_MAX) {
        *delivery = bench->deliveries++;
    }
}

static struct frame *bench_invoke(void *context, uint32_t delivery, uint32_t count)
{
    struct bench *bench = context;
    struct frame *f = frame_new(&bench->core.frames);
    core_more(&bench->core, f)->delivery = delivery;
    core_more(&bench->core, f)->rounds = count;
    f->parent_generation = count;
    bench->invoked[bench->invoked_count] = f;
    bench->sizes[bench->invoked_count++] = count;
    return f;
}

static uint32_t bench_parts(void *context)
{
    return ((const struct bench *)context)->parts;
}

static struct shard_parents bench_part_after(void *context, uint32_t part)
{
    (void)context;
    return part > 0 ? (struct shard_parents){part - 1, 1}
                    : (struct shard_parents){.first = UINT32_MAX};
}

static void bench_grown(void *context, uint32_t allowed)
{
    ((struct bench *)context)->grown = allowed;
}

static void bench_too_old(void *context, uint32_t count)
{
    ((struct bench *)context)->too_old += count;
}

static const struct event_source_ops ops = {
    .receive = bench_receive,
    .invoke = bench_invoke,
    .parts = bench_parts,
    .part_after = bench_part_after,
    .grown = bench_grown,
    .too_old = bench_too_old,
};

static void bench_init(struct bench *bench, bool stream, int64_t window_ns)
{
    *bench = (struct bench){.parts = 1};
    arena_init(&bench->arena);
    core_init(&bench->core, 100);
    event_source_init(&bench->source,
                      &(struct event_source_setup){
                          .core = &bench->core,
                          .arena = &bench->arena,
                          .ops = &ops,
                          .context = bench,
                          .stream = stream,
                          .pollers = {.first = 2, .most = 4, .batch = 10, .period_ns = SECOND},
                          .window_ns = window_ns,
                          .service = SERVICE,
                          .timer = TIMER,
                          .lanes = 1,
                          .bytes = INFINITY,
                          .tries_max = 1,
                          .age_max_ns = 100 * SECOND,
                          .halve = true,
                          .per_record = true,
                      });
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
        assert_int_equal(event.service, SERVICE);
        event_source_due(&bench->source, event.slot - TIMER);
    }
}

static void bench_end(struct bench *bench, uint32_t i, bool failed)
{
    event_source_end(&bench->source, bench->invoked[i], failed);
    frame_free(&bench->core.frames, bench->invoked[i]);
}

/* Two batches at once, one more a second while messages wait, four at most. */
static void test_queue(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, false, 0);
    bench.left = 75;
    event_source_poll(&bench.source);
    assert_int_equal(bench.invoked_count, 2);
    bench_until(&bench, SECOND + 1);
    assert_int_equal(bench.invoked_count, 3);
    assert_int_equal(bench.grown, 3);
    bench_until(&bench, 10 * SECOND);
    assert_int_equal(bench.invoked_count, 4);
    assert_int_equal(bench.source.working.value, 4);
    for (uint32_t i = 0; i < 4; i++) {
        bench_end(&bench, i, false);
    }
    assert_int_equal(bench.invoked_count, 8);
    assert_int_equal(bench.sizes[7], 5);
    bench_done(&bench);
}

/* Three messages wait for more, for 5 s from the first; seven more fill the batch. */
static void test_window(void **state)
{
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        struct bench bench;
        bench_init(&bench, stream, 5 * SECOND);
        bench.left = 3;
        event_source_poll(&bench.source);
        bench_until(&bench, 5 * SECOND - 1);
        assert_int_equal(bench.invoked_count, 0);
        bench_until(&bench, 5 * SECOND + 1);
        assert_int_equal(bench.invoked_count, 1);
        assert_int_equal(bench.sizes[0], 3);
        bench_end(&bench, 0, false);
        bench.left = 3;
        event_source_poll(&bench.source);
        bench_until(&bench, 7 * SECOND);
        bench.left = 9;
        event_source_poll(&bench.source);
        assert_int_equal(bench.invoked_count, 2);
        assert_int_equal(bench.sizes[1], 10);
        bench_done(&bench);
    }
}

/* Eight records, of which the last fails: halves, and the last one once more; then it is given up.
 * What came before is done, and what comes after runs. */
static void test_stream_retries(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true, 0);
    bench.left = 8;
    event_source_poll(&bench.source);
    bench.left = 5;
    event_source_poll(&bench.source);
    assert_int_equal(bench.invoked_count, 1); /* its shard waits */
    assert_true(event_source_retry(&bench.source, bench.invoked[0]));
    assert_int_equal(bench.invoked[0]->parent_generation, 4); /* the first half */
    bench_end(&bench, 0, false);
    assert_int_equal(bench.sizes[1], 4);
    assert_true(event_source_retry(&bench.source, bench.invoked[1]));
    bench_end(&bench, 1, false);
    assert_int_equal(bench.sizes[2], 2);
    assert_true(event_source_retry(&bench.source, bench.invoked[2]));
    bench_end(&bench, 2, false);
    assert_int_equal(bench.sizes[3], 1);
    assert_true(event_source_retry(&bench.source, bench.invoked[3]));  /* its one further try */
    assert_false(event_source_retry(&bench.source, bench.invoked[3])); /* given up */
    assert_int_equal(event_source_records(&bench.source, bench.invoked[3])->count, 1);
    bench_end(&bench, 3, true);
    assert_int_equal(bench.invoked_count, 5);
    assert_int_equal(bench.sizes[4], 5);
    bench_done(&bench);
}

/* A part that comes after another, or after one that does, waits until its batch is done. */
static void test_parts_that_come_after_others(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true, 0);
    bench.left = 3;
    event_source_poll(&bench.source);
    assert_int_equal(bench.invoked_count, 1);
    bench.parts = 3;
    bench.left = 5;
    event_source_poll(&bench.source);
    assert_int_equal(bench.invoked_count, 1);
    assert_true(event_source_retry(&bench.source, bench.invoked[0])); /* the first of three */
    event_source_poll(&bench.source);
    assert_int_equal(bench.invoked_count, 1);
    bench_end(&bench, 0, false); /* the other two run */
    event_source_poll(&bench.source);
    assert_int_equal(bench.invoked_count, 2);
    assert_int_equal(bench.sizes[1], 2);
    bench_end(&bench, 1, false);
    assert_int_equal(bench.invoked_count, 3);
    assert_int_equal(bench.sizes[2], 5);
    assert_int_equal(core_more(&bench.core, bench.invoked[2])->delivery, 2);
    bench_done(&bench);
}

static void test_records_that_are_too_old(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true, 0);
    bench.left = 3;
    event_source_poll(&bench.source);
    bench_until(&bench, 100 * SECOND);
    assert_false(event_source_too_old(&bench.source, bench.invoked[0]));
    bench_until(&bench, 100 * SECOND + 1);
    assert_true(event_source_too_old(&bench.source, bench.invoked[0]));
    assert_false(event_source_retry(&bench.source, bench.invoked[0]));
    bench.left = 25; /* of the same age: not even tried */
    bench_end(&bench, 0, true);
    assert_int_equal(bench.invoked_count, 1);
    assert_int_equal(bench.too_old, 25);
    bench.came_ns = 50 * SECOND;
    bench.left = 4;
    event_source_poll(&bench.source);
    assert_int_equal(bench.sizes[1], 4);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_stream_retries),
        cmocka_unit_test(test_parts_that_come_after_others),
        cmocka_unit_test(test_records_that_are_too_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
