/* Known independently: where keys of a Zipf law lie is a matter of their hash alone, so partitions
 * of one law under even popularity get equal shares; a partition never lets out more than burst +
 * rate * t; a split halves a run of hashes, so that the loads of both halves sum to what it was. */
#include "sim/blocks/partitions.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/kernel/sample.h"

#define SECOND_NS INT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)

enum { READS, WRITES };

static struct partitions_rules rules(uint32_t count, uint32_t keys, double s)
{
    return (struct partitions_rules){
        .count = count,
        .limits = {{3000, 3000}, {1000, 1000}},
        .keys_count = keys,
        .zipf_s = s,
        .salt = 12345,
        .split_ratio = 0.8,
        .split_ticks = 3,
        .single_ratio = 0.5,
    };
}

static void make(struct partitions *partitions, struct arena *arena,
                 const struct partitions_rules *own)
{
    arena_init(arena);
    partitions_init(partitions, arena, own);
}

/* Each slot belongs to the item whose run it is in, and the runs cover all slots. */
static void check_runs(const struct partitions *partitions)
{
    uint64_t slots = 0;
    uint32_t members = 0;
    for (uint32_t i = 0; i < partitions->items_count; i++) {
        const struct partition *at = &partitions->items[i];
        for (uint32_t k = 0; k < at->slots; k++) {
            assert_int_equal(partitions->slots[at->first + k], i);
        }
        slots += at->slots;
        members += at->members;
    }
    assert_int_equal(slots, partitions->slots_count);
    assert_int_equal(members, partitions->count);
}

/* The limits of an item, of each kind for itself; even access has those of all together. */
static void test_limits(void **state)
{
    (void)state;
    const struct partitions_rules keyed = rules(4, 100, 1), even = rules(4, 0, 0);
    struct arena arena;
    struct partitions partitions;
    make(&partitions, &arena, &keyed);
    assert_int_equal(partitions.items_count, 4);
    assert_true(partitions_take(&partitions, 2, WRITES, 0, 1000));
    assert_false(partitions_take(&partitions, 2, WRITES, 0, 1));
    assert_true(partitions_take(&partitions, 2, READS, 0, 3000));
    assert_true(partitions_take(&partitions, 1, WRITES, 0, 1000));
    assert_false(partitions_take(&partitions, 2, WRITES, SECOND_NS / 2, 501));
    assert_true(partitions_take(&partitions, 2, WRITES, SECOND_NS / 2, 500));
    arena_done(&arena);
    make(&partitions, &arena, &even);
    assert_int_equal(partitions.items_count, 1);
    assert_int_equal(partitions.count, 4);
    assert_true(partitions_take(&partitions, 0, WRITES, 0, 4000));
    assert_false(partitions_take(&partitions, 0, WRITES, SECOND_NS / 2, 2001));
    assert_true(partitions_take(&partitions, 0, WRITES, SECOND_NS / 2, 2000));
    arena_done(&arena);
}

/* What is given back was never taken: neither from the bucket nor for the heat. */
static void test_given_back(void **state)
{
    (void)state;
    const struct partitions_rules keyed = rules(2, 100, 1);
    struct arena arena;
    struct partitions partitions;
    make(&partitions, &arena, &keyed);
    assert_true(partitions_take(&partitions, 0, WRITES, 5, 700));
    partitions_give_back(&partitions, 0, WRITES, 700);
    assert_true(partitions_hot_s(&partitions) == 0);
    assert_true(partitions_take(&partitions, 0, WRITES, 5, 1000));
    assert_false(partitions_take(&partitions, 0, WRITES, 5, 1));
    arena_done(&arena);
}

/* Even popularity of very many keys: each of n partitions gets 1/n of the draws (chi-square). The
 * same key always goes to the same partition. */
static void test_keys_are_spread(void **state)
{
    (void)state;
    uint32_t key;
    enum { COUNT = 10 };
    const struct partitions_rules keyed = rules(COUNT, 1000000000, 0), one = rules(COUNT, 1, 1);
    struct arena arena;
    struct partitions partitions;
    struct random random;
    const int draws = sample_size(100000);
    int hits[COUNT] = {0};
    random_seed(&random, 1, 0, "spread", "test");
    make(&partitions, &arena, &keyed);
    for (int i = 0; i < draws; i++) {
        hits[partitions_draw(&partitions, &random, &key)]++;
    }
    double chi = 0;
    for (int i = 0; i < COUNT; i++) {
        chi += (hits[i] - draws / 10.0) * (hits[i] - draws / 10.0) / (draws / 10.0);
    }
    assert_true(chi < gsl_cdf_chisq_Qinv(SAMPLE_ALPHA, COUNT - 1));
    arena_done(&arena);
    make(&partitions, &arena, &one);
    const uint32_t home = partitions_draw(&partitions, &random, &key);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(partitions_draw(&partitions, &random, &key), home);
    }
    arena_done(&arena);
}

/* Every third partition too wide for its share of the limit is split until it fits: 5 partitions
 * of 1,000 writes for 9,000 are cut in two, for 10,000 as well, for 10,001 in four. */
static void test_fit(void **state)
{
    (void)state;
    static const struct {
        double writes;
        uint32_t count;
    } steps[] = {{5000, 5}, {9000, 10}, {10000, 10}, {10001, 20}};
    for (uint32_t keys = 0; keys <= 1000; keys += 1000) {
        const struct partitions_rules own = rules(5, keys, 1);
        struct arena arena;
        struct partitions partitions;
        make(&partitions, &arena, &own);
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            partitions_fit(&partitions, 0, (const double[]){0, steps[i].writes});
            assert_int_equal(partitions.count, steps[i].count);
            check_runs(&partitions);
        }
        partitions_fit(&partitions, 0, (const double[]){60001, 0}); /* reads count as well */
        assert_int_equal(partitions.count, 40);
        check_runs(&partitions);
        arena_done(&arena);
    }
}

struct splits {
    uint32_t known, told;
};

static void splits_hear(void *context, uint32_t lower, uint32_t upper)
{
    struct splits *splits = context;
    assert_true(lower < upper);
    assert_int_equal(upper, splits->known++);
    splits->told++;
}

/* Every split is told, partition by partition, also where one record stands for all of them; each
 * has a number, which a call to it gets: under even access all equally often (five sigma). */
static void test_numbers(void **state)
{
    (void)state;
    for (uint32_t keys = 0; keys <= 1000; keys += 1000) {
        struct splits splits = {.known = 5};
        struct partitions_rules own = rules(5, keys, 1);
        own.split = splits_hear;
        own.context = &splits;
        struct arena arena;
        struct partitions partitions;
        struct random random;
        make(&partitions, &arena, &own);
        partitions_fit(&partitions, 0, (const double[]){0, 10001});
        assert_int_equal(splits.known, 20);
        assert_int_equal(splits.told, 15);
        random_seed(&random, 1, 0, "numbers", "test");
        int hits[20] = {0};
        for (int i = 0; i < 20000; i++) {
            hits[partitions_number(&partitions, keys > 0 ? (uint32_t)i % 20 : 0, &random)]++;
        }
        for (int i = 0; i < 20; i++) {
            assert_true(abs(hits[i] - 1000) <= (keys > 0 ? 0 : 5 * 31));
        }
        arena_done(&arena);
    }
}

/* One tick of a minute in which that share of the write limit of an item was used. */
static void use(struct partitions *partitions, uint32_t item, double share, int64_t *now_ns)
{
    for (int second = 0; second < 60; second++) {
        *now_ns += SECOND_NS;
        assert_true(partitions_take(partitions, item, WRITES, *now_ns, (int64_t)(share * 1000)));
    }
    partitions_tick(partitions, *now_ns, 60);
}

/* Three hot minutes in a row split a partition, others do not; a half keeps its hashes. */
static void test_split_for_heat(void **state)
{
    (void)state;
    const struct partitions_rules own = rules(2, 1000000, 0);
    struct arena arena;
    struct partitions partitions;
    int64_t now_ns = 0;
    make(&partitions, &arena, &own);
    use(&partitions, 1, 0.8, &now_ns);
    use(&partitions, 1, 0.9, &now_ns);
    use(&partitions, 1, 0.7, &now_ns);
    use(&partitions, 1, 0.8, &now_ns);
    use(&partitions, 1, 0.8, &now_ns);
    assert_int_equal(partitions.count, 2);
    use(&partitions, 1, 1, &now_ns);
    assert_int_equal(partitions.count, 3);
    check_runs(&partitions);
    assert_int_equal(partitions.items[0].slots, 2); /* of 4 */
    assert_int_equal(partitions.items[1].slots, 1);
    assert_int_equal(partitions.items[2].slots, 1);
    use(&partitions, 1, 1, &now_ns); /* it begins anew */
    use(&partitions, 1, 1, &now_ns);
    assert_int_equal(partitions.count, 3);
    use(&partitions, 1, 1, &now_ns);
    assert_int_equal(partitions.count, 4);
    check_runs(&partitions);
    arena_done(&arena);
}

/* A partition of which one key makes half of the load stays whole; of 2 partitions and a law with
 * s = 2 (P(first) = 0.61) that of the first key does, the other is split. */
static void test_one_key_is_not_split(void **state)
{
    (void)state;
    uint32_t key;
    struct partitions_rules own = rules(2, 1000, 2);
    struct arena arena;
    struct partitions partitions;
    int64_t now_ns = 0;
    make(&partitions, &arena, &own);
    struct random random;
    random_seed(&random, 1, 0, "single", "test");
    int hits[2] = {0};
    for (int i = 0; i < 1000; i++) {
        hits[partitions_draw(&partitions, &random, &key)]++;
    }
    const uint32_t hot = hits[1] > hits[0];
    for (int tick = 0; tick < 9; tick++) {
        use(&partitions, hot, 1, &now_ns);
    }
    assert_int_equal(partitions.count, 2);
    arena_done(&arena);
    own.single_ratio = 1; /* only one that has all of it */
    make(&partitions, &arena, &own);
    now_ns = 0;
    for (int tick = 0; tick < 3; tick++) {
        use(&partitions, hot, 1, &now_ns);
    }
    assert_int_equal(partitions.count, 3);
    arena_done(&arena);
}

/* After splits each key is where its hash says, and the new halves share what the old one had. */
static void test_halves_share(void **state)
{
    (void)state;
    uint32_t key;
    const struct partitions_rules own = rules(1, 1000000000, 0);
    struct arena arena;
    struct partitions partitions;
    struct random random;
    const int draws = sample_size(100000);
    int64_t now_ns = 0;
    int hits[4] = {0};
    make(&partitions, &arena, &own);
    for (int tick = 0; tick < 3; tick++) {
        use(&partitions, 0, 1, &now_ns);
    }
    for (int tick = 0; tick < 3; tick++) {
        use(&partitions, 1, 1, &now_ns);
    }
    assert_int_equal(partitions.count, 3); /* widths 1/2, 1/4, 1/4 */
    random_seed(&random, 2, 0, "halves", "test");
    for (int i = 0; i < draws; i++) {
        hits[partitions_draw(&partitions, &random, &key)]++;
    }
    const double expected[] = {draws / 2.0, draws / 4.0, draws / 4.0};
    double chi = 0;
    for (int i = 0; i < 3; i++) {
        chi += (hits[i] - expected[i]) * (hits[i] - expected[i]) / expected[i];
    }
    assert_true(chi < gsl_cdf_chisq_Qinv(SAMPLE_ALPHA, 2));
    arena_done(&arena);
}

/* What the hottest of each tick used of its limit, integrated: 0.5 of a minute, then 0.9 of another
 * partition, then 30 s at 0.2 of reads. It never goes back. */
static void test_heat(void **state)
{
    (void)state;
    const struct partitions_rules own = rules(4, 1000, 0);
    struct arena arena;
    struct partitions partitions;
    int64_t now_ns = 0;
    make(&partitions, &arena, &own);
    use(&partitions, 0, 0.5, &now_ns);
    assert_true(fabs(partitions_hot_s(&partitions) - 30) < 1e-9);
    use(&partitions, 3, 0.9, &now_ns);
    assert_true(fabs(partitions.hottest - 0.9) < 1e-9);
    for (int second = 0; second < 30; second++) {
        now_ns += SECOND_NS;
        assert_true(partitions_take(&partitions, 2, READS, now_ns, 600));
    }
    assert_true(fabs(partitions_hot_s(&partitions) - (30 + 54 + 6)) < 1e-9);
    partitions_tick(&partitions, now_ns, 30);
    assert_true(fabs(partitions_hot_s(&partitions) - (30 + 54 + 6)) < 1e-9);
    arena_done(&arena);
}

/* Slots are not doubled for ever: what is as fine as can be is split no more. */
static void test_bounds(void **state)
{
    (void)state;
    for (uint32_t keys = 0; keys <= 1000; keys += 1000) {
        const struct partitions_rules own = rules(1, keys, 0);
        struct arena arena;
        struct partitions partitions;
        make(&partitions, &arena, &own);
        partitions_fit(&partitions, 0, (const double[]){0, 2e3 * PARTITIONS_MAX});
        assert_int_equal(partitions.count, PARTITIONS_MAX);
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_given_back),
        cmocka_unit_test(test_keys_are_spread),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_split_for_heat),
        cmocka_unit_test(test_one_key_is_not_split),
        cmocka_unit_test(test_halves_share),
        cmocka_unit_test(test_heat),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
