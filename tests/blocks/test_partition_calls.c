/* Known independently: the worked examples of the headers of partition_calls, holders and slab, and
 * counts of token buckets by hand. */
#include "sim/blocks/partition_calls.h"

#include "sim/blocks/holders.h"
#include "sim/blocks/slab.h"
#include "tests/blocks/estimate.h"

static struct partition_calls_setup calls_setup(struct arena *arena)
{
    return (struct partition_calls_setup){.arena = arena,
                                          .partitions = 8,
                                          .rate_per_s = 300,
                                          .burst_count = 300,
                                          .total_per_s = 2000,
                                          .parts = 1,
                                          .salt = 7};
}

/* One key: a burst of 300 and 300/s; no other partition helps. */
static void test_one_key(void **state)
{
    (void)state;
    struct arena arena;
    struct partition_calls calls;
    arena_init(&arena);
    const struct partition_calls_setup setup = calls_setup(&arena);
    partition_calls_init(&calls, &setup);
    const uint32_t partition = partition_calls_of(&calls, 5);
    uint32_t passed = 0;
    for (int64_t ms = 0; ms < 10000; ms++) {
        passed += partition_calls_take_keyed(&calls, partition, ms * 1000000, 1);
    }
    assert_in_range(passed, 300 + 2999, 300 + 3000);
    assert_int_equal(calls.hottest, passed);
    arena_done(&arena);
}

/* Many keys: each partition has its 300/s, but all of them no more than the total; and what the
 * total refuses is not taken from the partition. */
static void test_many_keys(void **state)
{
    (void)state;
    struct arena arena;
    struct partition_calls calls;
    arena_init(&arena);
    struct partition_calls_setup setup = calls_setup(&arena);
    for (int tight = 0; tight < 2; tight++) {
        setup.total_per_s = tight ? 2000 : 1e9;
        partition_calls_init(&calls, &setup);
        assert_true(partition_calls_rate(&setup) == (tight ? 2000 : 2400));
        uint32_t passed = 0;
        for (int64_t i = 0; i < 10000 * 8; i++) {
            passed += partition_calls_take_keyed(&calls, (uint32_t)(i % 8), i / 8 * 1000000, 1);
        }
        const uint32_t most = tight ? 2000 + 20000 : 8 * (300 + 3000);
        assert_in_range(passed, most - 20, most);
    }
    arena_done(&arena);
}

/* Keys are spread evenly: of 80,000, each of 8 partitions has 10,000 but for five sigmas. */
static void test_spread(void **state)
{
    (void)state;
    struct arena arena;
    struct partition_calls calls;
    uint32_t counts[8] = {0};
    arena_init(&arena);
    const struct partition_calls_setup setup = calls_setup(&arena);
    partition_calls_init(&calls, &setup);
    for (uint32_t key = 0; key < 80000; key++) {
        counts[partition_calls_of(&calls, key)]++;
    }
    for (int i = 0; i < 8; i++) {
        assert_in_range(counts[i], 10000 - 470, 10000 + 470);
    }
    arena_done(&arena);
}

/* Batches: ten parts a call; single ones of them are a tenth of a call each. */
static void test_parts(void **state)
{
    (void)state;
    struct arena arena;
    struct partition_calls calls;
    arena_init(&arena);
    struct partition_calls_setup setup = calls_setup(&arena);
    setup.parts = 10;
    setup.partitions = 1;
    partition_calls_init(&calls, &setup);
    uint32_t passed = 0;
    while (partition_calls_take_keyed(&calls, 0, 0, 1)) {
        passed++;
    }
    assert_int_equal(passed, 3000);
    partition_calls_init(&calls, &setup);
    for (passed = 0; partition_calls_take_keyed(&calls, 0, 0, 10); passed++) {}
    assert_int_equal(passed, 300);
    for (passed = 0; partition_calls_take(&calls, 1, 0); passed++) {}
    assert_int_equal(passed, 300);
    arena_done(&arena);
}

/* What a caller holds is its own, and not that of the next who has its slot. */
static void test_holders(void **state)
{
    (void)state;
    struct arena arena;
    struct core core;
    struct holders holders;
    arena_init(&arena);
    core_init(&core, 10000);
    holders_init(&holders, &core, &arena);
    struct frame *a = frame_new(&core.frames), *b = frame_new(&core.frames);
    a->start_ns = 5;
    b->start_ns = 5;
    assert_int_equal(holders_take(&holders, a), HOLDERS_NONE);
    assert_int_equal(holders_give(&holders, a, 0), HOLDERS_NONE);
    assert_int_equal(holders_give(&holders, b, 1), HOLDERS_NONE);
    assert_int_equal(holders_give(&holders, a, 2), 0); /* what it had is dropped */
    assert_int_equal(holders_take(&holders, a), 2);
    assert_int_equal(holders_take(&holders, a), HOLDERS_NONE);
    b->start_ns = 9; /* another call in that slot */
    assert_int_equal(holders_take(&holders, b), HOLDERS_NONE);
    core_done(&core);
    arena_done(&arena);
}

struct part {
    uint64_t what;
    uint32_t next;
};

static void test_slab(void **state)
{
    (void)state;
    struct arena arena;
    struct slab slab;
    arena_init(&arena);
    slab_init(&slab, &arena, sizeof(struct part), offsetof(struct part, next), 2 * SLAB_CHUNK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(slab_take(&slab), i);
        ((struct part *)slab_at(&slab, i))->what = i;
    }
    slab_give_back(&slab, 1);
    assert_int_equal(slab_take(&slab), 1);
    assert_int_equal(((struct part *)slab_at(&slab, 1))->what, 1);
    for (uint32_t i = 3; i < 2 * SLAB_CHUNK; i++) {
        assert_int_equal(slab_take(&slab), i);
    }
    assert_int_equal(slab_take(&slab), SLAB_NONE);
    assert_int_equal(((struct part *)slab_at(&slab, 2))->what, 2); /* chunks never move */
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_key), cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_spread),  cmocka_unit_test(test_parts),
        cmocka_unit_test(test_holders), cmocka_unit_test(test_slab),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
