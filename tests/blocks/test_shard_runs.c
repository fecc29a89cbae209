/* Known independently: the rules of the Lambda Developer Guide for streams: one batch of a shard,
 * or of each lane, at a time; "splitting a batch doesn't consume the retry quota"; the example of
 * the header, by hand. */
#include "sim/blocks/shard_runs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void start(struct shard_runs *runs, uint32_t lanes, uint32_t batch, double bytes)
{
    struct shard_runs_setup runs_setup = {
        .arena = &arena, .lanes = lanes, .batch = batch, .bytes = bytes};
    random_seed(&runs_setup.random, 1, 1, "runs", "lanes");
    shard_runs_init(runs, &runs_setup);
    shard_runs_fit(runs, 2, 77);
}

static void receive(struct shard_runs *runs, uint32_t shard, uint32_t count, double bytes,
                    int64_t at_ns)
{
    shard_runs_received(
        runs, shard,
        &(struct shard_records){
            .count = count, .bytes = bytes, .first_ns = at_ns, .last_ns = at_ns + 1});
}

static void test_one_batch_at_a_time(void **state)
{
    (void)state;
    struct shard_runs runs;
    double bytes;
    start(&runs, 1, 10, 1000);
    assert_int_equal(shard_runs_wanted(&runs, 1, &bytes), 10);
    assert_true(bytes == 1000);
    receive(&runs, 1, 4, 40, 100);
    struct shard_lane *lane = &runs.items[1];
    assert_false(shard_runs_full(&runs, lane));
    assert_int_equal(shard_runs_wanted(&runs, 1, &bytes), 6);
    assert_true(bytes == 960);
    receive(&runs, 1, 6, 60, 200);
    assert_true(shard_runs_full(&runs, lane));
    shard_runs_take(lane);
    shard_runs_begin(&runs, lane, 5);
    assert_int_equal(lane->running.count, 10);
    assert_true(lane->running.bytes == 100);
    assert_int_equal(lane->running.first_ns, 100);
    assert_int_equal(lane->running.last_ns, 201);
    assert_int_equal(shard_runs_wanted(&runs, 1, &bytes), 0); /* its shard waits */
    assert_int_equal(shard_runs_wanted(&runs, 0, &bytes), 10);
    shard_runs_fit(&runs, 5, 78); /* more shards: what runs stays */
    assert_int_equal(runs.items[1].timer, 77);
    assert_int_equal(runs.items[4].timer, 78);
    assert_ptr_equal(shard_runs_lane(&runs, 1, 5), &runs.items[1]);
    assert_false(shard_runs_end(&runs, &runs.items[1]));
    assert_int_equal(shard_runs_wanted(&runs, 1, &bytes), 10);
    assert_int_equal(runs.running, 0);
}

/* 6 records of 160 bytes: a seventh would be more than 1,000. */
static void test_bytes_fill_a_batch(void **state)
{
    (void)state;
    struct shard_runs runs;
    start(&runs, 1, 100, 1000);
    receive(&runs, 0, 5, 800, 0);
    assert_false(shard_runs_full(&runs, &runs.items[0]));
    receive(&runs, 0, 1, 160, 0);
    assert_true(shard_runs_full(&runs, &runs.items[0]));
}

/* The example of the header: eight records, the sixth fails. */
static void test_halves(void **state)
{
    (void)state;
    struct shard_runs runs;
    start(&runs, 1, 8, 1e9);
    struct shard_lane *lane = &runs.items[0];
    receive(&runs, 0, 8, 8, 0);
    shard_runs_take(lane);
    const struct {
        uint32_t size;
        bool fails, more;
    } steps[] = {{8, true, true},  {4, false, true}, {4, true, true},  {2, true, true},
                 {1, false, true}, {1, true, true},  {2, false, false}};
    uint32_t name = 0;
    shard_runs_begin(&runs, lane, ++name);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(lane->running.count, steps[i].size);
        if (steps[i].fails && shard_runs_halve(lane, steps[i].size, true)) {
            continue; /* the same invocation, of half as many */
        }
        assert_int_equal(shard_runs_end(&runs, lane), steps[i].more);
        if (steps[i].more) {
            shard_runs_begin(&runs, lane, ++name);
        }
    }
    assert_int_equal(lane->name, 0);
    receive(&runs, 0, 8, 8, 0);
    shard_runs_take(lane);
    shard_runs_begin(&runs, lane, ++name);
    assert_false(shard_runs_halve(lane, 5, false)); /* three were done: five are left */
    assert_int_equal(lane->running.count, 5);
}

/* A record belongs to one of the lanes, evenly; a lane that runs, and is full again, holds its
 * shard up. */
static void test_lanes(void **state)
{
    (void)state;
    struct shard_runs runs;
    double bytes;
    start(&runs, 4, 1000, 1e9);
    uint32_t most, received = 0;
    while ((most = shard_runs_wanted(&runs, 0, &bytes)) > 0) {
        receive(&runs, 0, most, most, 0);
        received += most;
    }
    uint32_t sum = 0, full = 0;
    for (uint32_t i = 0; i < 4; i++) {
        const struct shard_lane *lane = &runs.items[i];
        assert_true(lane->gathered.count > 850); /* 1,000 +- 5 sd are above it */
        sum += lane->gathered.count;
        full += shard_runs_full(&runs, lane);
        assert_int_equal(runs.items[4 + i].gathered.count, 0);
    }
    assert_int_equal(sum, received);
    assert_true(full >= 1);
    for (uint32_t i = 0; i < 4; i++) {
        shard_runs_take(&runs.items[i]);
        shard_runs_begin(&runs, &runs.items[i], i + 1);
    }
    assert_int_equal(shard_runs_wanted(&runs, 0, &bytes), 0); /* no lane is free */
    shard_runs_end(&runs, &runs.items[2]);
    while ((most = shard_runs_wanted(&runs, 0, &bytes)) > 0) {
        receive(&runs, 0, most, most, 0); /* the others read ahead, up to a batch */
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(runs.items[i].gathered.count <= 1000);
    }
}

/* A shard that comes after two others, one of which comes after the first of all: it waits while
 * any of its ancestors is at work or has gathered something, over the generations. */
static void test_parents(void **state)
{
    (void)state;
    struct shard_runs runs;
    start(&runs, 1, 10, 1000);
    shard_runs_fit(&runs, 5, 77);
    runs.after[2] = runs.after[3] = (struct shard_parents){0, 2};
    runs.after[4] = (struct shard_parents){2, 2};
    for (uint32_t busy = 0; busy < 4; busy++) {
        receive(&runs, busy, 4, 40, 100);
        for (uint32_t shard = 0; shard < 5; shard++) {
            const bool after = (shard >= 2 && busy < 2) || (shard == 4 && busy >= 2);
            assert_int_equal(shard_runs_waits(&runs, shard), after);
        }
        shard_runs_take(&runs.items[busy]);
        shard_runs_begin(&runs, &runs.items[busy], 9);
        assert_true(shard_runs_waits(&runs, 4));
        shard_runs_end(&runs, &runs.items[busy]);
        assert_false(shard_runs_waits(&runs, 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_batch_at_a_time),
        cmocka_unit_test(test_bytes_fill_a_batch),
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_parents),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
