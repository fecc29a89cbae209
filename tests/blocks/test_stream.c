/* Shards of a stream and their readers, against what is computed by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/blocks/readers.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static void open_stream(struct stream *stream, struct arena *arena, uint32_t shards,
                        uint32_t consumers)
{
    arena_init(arena);
    stream_init(stream, &(struct stream_setup){.arena = arena,
                                               .shards_count = shards,
                                               .consumers_count = consumers,
                                               .records_per_s = 1000,
                                               .bytes_per_s = 1e6,
                                               .retention_ns = 3600 * SECOND});
}

/* 1,000 records and 1 MB a second of one shard, of each of them. */
static void test_limits(void **state)
{
    (void)state;
    struct arena arena;
    struct stream stream;
    open_stream(&stream, &arena, 2, 1);
    uint32_t taken = 0;
    for (int i = 0; i < 1500; i++) {
        taken += stream_put(&stream, 0, 10, 0) == STREAM_TAKEN;
    }
    assert_int_equal(taken, 1000);
    assert_int_equal(stream_put(&stream, 0, 10, 0), STREAM_TOO_MANY);
    assert_int_equal(stream_put(&stream, 1, 10, 0), STREAM_TAKEN);
    for (int64_t ms = 0; ms < 1000; ms++) { /* a second later as many again */
        taken += stream_put(&stream, 0, 10, 1 * SECOND + ms * MS) == STREAM_TAKEN;
    }
    assert_int_equal(taken, 2000);
    for (int i = 0; i < 4; i++) { /* 250 kB each: the fifth is too much */
        assert_int_equal(stream_put(&stream, 1, 250000 - (i == 0 ? 10 : 0), 0), STREAM_TAKEN);
    }
    assert_int_equal(stream_put(&stream, 1, 250000, 0), STREAM_TOO_MUCH);
    assert_int_equal(stream_put(&stream, 1, 250000, 250 * MS), STREAM_TAKEN);
    assert_true(fabs(stream_hottest(&stream, 2) - 1) < 1e-9);
    assert_true(stream_hottest(&stream, 2) == 0);
    arena_done(&arena);
}

/* Each consumer has its own place, in order; what both have read is forgotten. */
static void test_places(void **state)
{
    (void)state;
    struct arena arena;
    struct stream stream;
    open_stream(&stream, &arena, 1, 2);
    for (int64_t i = 0; i < 300; i++) {
        assert_int_equal(stream_put(&stream, 0, 100, i), STREAM_TAKEN);
    }
    struct stream_batch batch = stream_read(&stream, 0, 0, 100, INFINITY, 1000);
    assert_int_equal(batch.count, 100);
    assert_int_equal(batch.first_ns, 0);
    assert_int_equal(batch.last_ns, 99);
    assert_int_equal(stream.kept, 300);
    batch = stream_read(&stream, 0, 1, 1000, 25000, 1000); /* 250 of 100 B */
    assert_int_equal(batch.count, 250);
    assert_int_equal(stream.kept, 200);
    batch = stream_read(&stream, 0, 1, 1000, 1, 1000); /* one at least */
    assert_int_equal(batch.count, 1);
    assert_int_equal(batch.first_ns, 250);
    batch = stream_read(&stream, 0, 1, 1000, INFINITY, 260); /* what came until then */
    assert_int_equal(batch.count, 10);
    assert_int_equal(stream_oldest_ns(&stream, 0, 1), 261);
    stream_expire(&stream, 3600 * SECOND + 150); /* of consumer 0: 100 to 150 */
    assert_int_equal(stream.expired, 51);
    assert_int_equal(stream_oldest_ns(&stream, 0, 0), 151);
    assert_int_equal(stream_oldest_ns(&stream, 0, 1), 261);
    batch = stream_read(&stream, 0, 0, 1000, INFINITY, 1000);
    assert_int_equal(batch.count, 149);
    assert_int_equal(stream_oldest_ns(&stream, 0, 0), INT64_MAX);
    arena_done(&arena);
}

/* Two shards cut into three: the middle one has keys of both, the others of one each; then into two
 * again, which wait for all ancestors, read or not. */
static void test_parents(void **state)
{
    (void)state;
    struct arena arena;
    struct stream stream;
    open_stream(&stream, &arena, 2, 1);
    stream_reshard(&stream, 3); /* 2, 3, 4 */
    const uint32_t parents[][2] = {{0, 1}, {0, 2}, {1, 1}};
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(stream.shards[2 + i].parent, parents[i][0]);
        assert_int_equal(stream.shards[2 + i].parents, parents[i][1]);
    }
    stream_reshard(&stream, 2); /* 5 after 2 and 3, 6 after 3 and 4 */
    assert_int_equal(stream.shards[5].parent, 2);
    assert_int_equal(stream.shards[5].parents, 2);
    assert_int_equal(stream.shards[6].parent, 3);
    assert_int_equal(stream.shards[6].parents, 2);
    stream_put(&stream, 1, 1, 0);
    const bool waits[] = {false, false, false, true, true, true, true};
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(stream_waits(&stream, i, 0), waits[i]);
    }
    assert_int_equal(stream_read(&stream, 1, 0, 9, INFINITY, 9).count, 1);
    assert_false(stream_waits(&stream, 6, 0));
    assert_true(stream_conserved(&stream));
    arena_done(&arena);
}

/* Shards that are closed take nothing more, but are read to their end. */
static void test_open(void **state)
{
    (void)state;
    struct arena arena;
    struct stream stream;
    open_stream(&stream, &arena, 2, 1);
    stream_put(&stream, 1, 1, 5);
    stream_reshard(&stream, 1); /* is shard 2 */
    assert_int_equal(stream_shard_of(&stream, UINT64_MAX), 2);
    assert_int_equal(stream.shards_count, 3);
    assert_true(stream_waits(&stream, 2, 0));
    assert_int_equal(stream_read(&stream, 1, 0, 9, INFINITY, 9).count, 1);
    assert_false(stream_waits(&stream, 2, 0));
    stream_reshard(&stream, 5); /* are shards 3 to 7 */
    assert_int_equal(stream.shards_count, 8);
    assert_int_equal(stream_shard_of(&stream, UINT64_MAX), 7);
    assert_int_equal(stream_shard_of(&stream, UINT64_MAX / 5 * 2 + 9), 5);
    assert_int_equal(stream_put(&stream, 7, 1, 5), STREAM_TAKEN);
    assert_true(stream_conserved(&stream));
    arena_done(&arena);
}

/* Halves wait for what their consumer has not read of the whole, and so do halves of halves. */
static void test_split(void **state)
{
    (void)state;
    struct arena arena;
    struct stream stream;
    arena_init(&arena);
    stream_init(&stream, &(struct stream_setup){.arena = &arena,
                                                .shards_count = 2,
                                                .consumers_count = 2,
                                                .retention_ns = 3600 * SECOND});
    for (int64_t i = 0; i < 100; i++) { /* no limit */
        stream_add(&stream, 0, 1000000, i);
    }
    assert_int_equal(stream_split(&stream, 0), 2);
    stream_add(&stream, 3, 1, 100);
    assert_int_equal(stream_split(&stream, 3), 4);
    assert_int_equal(stream.shards_count, 6);
    assert_false(stream_waits(&stream, 0, 0));
    assert_false(stream_waits(&stream, 1, 0));
    assert_true(stream_waits(&stream, 2, 0));
    assert_true(stream_waits(&stream, 5, 0));
    assert_int_equal(stream_read(&stream, 0, 0, 1000, INFINITY, 1000).count, 100);
    assert_false(stream_waits(&stream, 2, 0));
    assert_false(stream_waits(&stream, 3, 0));
    assert_true(stream_waits(&stream, 5, 0));
    assert_true(stream_waits(&stream, 2, 1)); /* the other one has read nothing */
    assert_int_equal(stream_read(&stream, 3, 0, 1000, INFINITY, 1000).count, 1);
    assert_false(stream_waits(&stream, 5, 0));
    stream_expire(&stream, 3600 * SECOND + 1000);
    assert_false(stream_waits(&stream, 5, 1));
    arena_done(&arena);
}

/* ---- readers ---- */

struct bench {
    struct arena arena;
    struct stream stream;
    struct core core;
    struct readers readers;
    struct distribution delay;
    bool enhanced[2];
};

static void bench_open(struct bench *bench, uint32_t consumers, bool enhanced)
{
    bench->delay = distribution_constant(100e6);
    open_stream(&bench->stream, &bench->arena, 1, consumers);
    core_init(&bench->core, 16);
    bench->enhanced[0] = enhanced;
    bench->enhanced[1] = false;
    readers_init(&bench->readers, &(struct readers_setup){
                                      .core = &bench->core,
                                      .arena = &bench->arena,
                                      .stream = &bench->stream,
                                      .enhanced = bench->enhanced,
                                      .timer = 7,
                                      .poll_ns = SECOND,
                                      .polled = &bench->delay,
                                      .pushed = &bench->delay,
                                      .polls_per_s = 5,
                                      .bytes_per_s = 2e6,
                                      .poll_records = 100,
                                      .poll_bytes = 10e6,
                                  });
    for (uint32_t c = 0; c < consumers; c++) {
        bench->readers.items[c].phase_ns = 0;
    }
}

static void bench_close(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

/* A record comes at that time. */
static void bench_put(struct bench *bench, int64_t at_ns, uint32_t bytes)
{
    bench->core.events.now_ns = at_ns;
    assert_int_equal(stream_put(&bench->stream, 0, bytes, at_ns), STREAM_TAKEN);
    readers_wake(&bench->readers, 0);
}

/* The time when the next reader may read, and which; -1: none will. */
static int64_t bench_next(struct bench *bench, uint32_t *index)
{
    struct event event;
    while (events_next(&bench->core.events, &event)) {
        *index = event.slot - 7;
        if (readers_due(&bench->readers, *index)) {
            return core_now(&bench->core);
        }
    }
    return -1;
}

/* Polls at whole seconds, 100 ms to have what they found: see readers.h. */
static void test_polls(void **state)
{
    (void)state;
    struct bench bench;
    uint32_t index;
    bench_open(&bench, 1, false);
    bench_put(&bench, 300 * MS, 10);
    assert_int_equal(bench_next(&bench, &index), 1100 * MS);
    bench_put(&bench, 1100 * MS, 10); /* after the poll: not found by it */
    assert_int_equal(readers_read(&bench.readers, 0, 0, 100, INFINITY).count, 1);
    assert_int_equal(readers_read(&bench.readers, 0, 0, 100, INFINITY).count, 0);
    assert_int_equal(bench_next(&bench, &index), 2100 * MS);
    assert_int_equal(readers_read(&bench.readers, 0, 0, 100, INFINITY).count, 1);
    assert_int_equal(readers_read(&bench.readers, 0, 0, 100, INFINITY).count, 0);
    assert_int_equal(bench_next(&bench, &index), -1);
    bench_close(&bench);
}

/* A poll gives 100 here; while there is more, the next follows at once, but only five a second. */
static void test_polls_a_second(void **state)
{
    (void)state;
    struct bench bench;
    uint32_t index;
    bench_open(&bench, 1, false);
    for (int64_t i = 0; i < 1000; i++) {
        bench_put(&bench, i, 1); /* 100 of them take 50 us at 2 MB/s */
    }
    const int64_t expected_ms[] = {1100, 1100, 1100, 1100, 1100, 1300, 1500, 1700};
    for (size_t i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++) {
        assert_int_equal((bench_next(&bench, &index) + 1) / MS, expected_ms[i]);
        assert_int_equal(readers_read(&bench.readers, 0, 0, 60, INFINITY).count, 60);
        assert_int_equal(readers_read(&bench.readers, 0, 0, 60, INFINITY).count, 40);
        assert_int_equal(readers_read(&bench.readers, 0, 0, 60, INFINITY).count, 0);
    }
    assert_true(bench.readers.put_off >= 4 + 3);
    bench_close(&bench);
}

/* What is in a half is found and waits, until the whole has been read. */
static void test_polls_of_halves(void **state)
{
    (void)state;
    struct bench bench;
    uint32_t index;
    bench_open(&bench, 1, false);
    bench_put(&bench, 1, 10);
    assert_int_equal(stream_split(&bench.stream, 0), 1);
    readers_fit(&bench.readers);
    bench.readers.items[2].phase_ns = 0;
    stream_add(&bench.stream, 2, 10, 2);
    readers_wake(&bench.readers, 2);
    assert_int_equal(bench_next(&bench, &index), 1100 * MS);
    assert_int_equal(bench_next(&bench, &index), 1100 * MS);
    assert_int_equal(readers_read(&bench.readers, 2, 0, 100, INFINITY).count, 0);
    assert_int_equal(readers_read(&bench.readers, 0, 0, 100, INFINITY).count, 1);
    assert_int_equal(readers_read(&bench.readers, 2, 0, 100, INFINITY).count, 1);
    assert_int_equal(readers_read(&bench.readers, 2, 0, 100, INFINITY).count, 0);
    assert_int_equal(bench_next(&bench, &index), -1);
    bench_close(&bench);
}

/* 2 MB/s for all who share the shard: after 1 MB it gives nothing for half a second. With a
 * throughput of its own a consumer waits for nobody. */
static void test_bytes_a_second(void **state)
{
    (void)state;
    struct bench bench;
    uint32_t index = 0;
    bench_open(&bench, 2, false);
    for (int64_t i = 0; i < 4; i++) {
        bench_put(&bench, i, 250000);
    }
    assert_int_equal(bench_next(&bench, &index) / MS, 1100);
    const uint32_t first = index;
    assert_true(readers_read(&bench.readers, 0, first, 100, INFINITY).bytes == 1e6);
    assert_int_equal(bench_next(&bench, &index) / MS, 1600);
    assert_int_equal(index, 1 - first);
    bench_close(&bench);
    bench_open(&bench, 2, true);
    for (int64_t i = 0; i < 4; i++) {
        bench_put(&bench, 0, 250000);
    }
    assert_int_equal(bench_next(&bench, &index) / MS, 100); /* pushed */
    assert_int_equal(index, 0);
    assert_true(readers_read(&bench.readers, 0, 0, 100, INFINITY).bytes == 1e6);
    assert_int_equal(bench_next(&bench, &index) / MS, 1100);
    assert_int_equal(index, 1);
    bench_close(&bench);
}

/* Kinesis, Quotas: a poll gives 10 MB at most, and after that the shard nothing for 5 s: 30 MB that
 * were there at once. */
static void test_ten_megabytes(void **state)
{
    (void)state;
    struct bench bench;
    uint32_t index;
    bench_open(&bench, 1, false);
    for (int64_t i = 0; i < 30; i++) {
        stream_add(&bench.stream, 0, 1000000, i);
    }
    readers_wake(&bench.readers, 0);
    const int64_t expected_ms[] = {1100, 6100, 11100};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal((bench_next(&bench, &index) + 1) / MS, expected_ms[i]);
        assert_int_equal(readers_read(&bench.readers, 0, 0, 1000, INFINITY).count, 10);
        assert_int_equal(readers_read(&bench.readers, 0, 0, 1000, INFINITY).count, 0);
    }
    assert_int_equal(bench_next(&bench, &index), -1);
    assert_true(bench.readers.hottest_bytes == 30e6);
    assert_true(stream_conserved(&bench.stream));
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_places),
        cmocka_unit_test(test_parents),        cmocka_unit_test(test_ten_megabytes),
        cmocka_unit_test(test_open),           cmocka_unit_test(test_polls),
        cmocka_unit_test(test_split),          cmocka_unit_test(test_polls_of_halves),
        cmocka_unit_test(test_polls_a_second), cmocka_unit_test(test_bytes_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
