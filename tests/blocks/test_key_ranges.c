/* key_ranges: Known: a token bucket lets burst + rate t pass; a split doubles the rate after
 * split_ns, if refusals last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/key_ranges.h"

enum { SECOND = 1000000000 };

static void init(struct key_ranges *ranges, struct arena *arena, uint32_t count)
{
    arena_init(arena);
    key_ranges_init(ranges, arena,
                    &(struct key_ranges_setup){.rates_per_s = {10, 20},
                                               .burst_ns = SECOND,
                                               .split_ns = 100LL * SECOND,
                                               .ranges_count = count,
                                               .partitions_count = 1});
}

/* How many of `rate` writes a second pass in [from, to) s; *begins counts splits that begin. */
static int pass(struct key_ranges *ranges, int rate, int from_s, int to_s, int *begun)
{
    int passed = 0;
    for (int i = from_s * rate; i < to_s * rate; i++) {
        bool begins;
        passed +=
            key_ranges_pass(ranges, 0, KEY_RANGES_WRITES, 1, (int64_t)i * SECOND / rate, &begins);
        *begun += begins;
    }
    return passed;
}

static void split_doubles_what_is_refused_for_long(void **state)
{
    (void)state;
    struct key_ranges ranges;
    struct arena arena;
    init(&ranges, &arena, 2);
    int begun = 0;
    assert_in_range(pass(&ranges, 15, 0, 100, &begun), 1009, 1010);
    assert_int_equal(begun, 1);
    assert_true(key_ranges_split(&ranges, 0, 102LL * SECOND));
    assert_int_equal(ranges.partitions, 3);
    assert_int_equal(pass(&ranges, 15, 103, 200, &begun), 97 * 15);
    assert_int_equal(begun, 1);
    arena_done(&arena);
}

static void burst_splits_nothing(void **state)
{
    (void)state;
    struct key_ranges ranges;
    struct arena arena;
    init(&ranges, &arena, 1);
    int begun = 0;
    pass(&ranges, 100, 0, 10, &begun);
    assert_int_equal(begun, 1);
    assert_false(key_ranges_split(&ranges, 0, 101LL * SECOND));
    assert_int_equal(ranges.partitions, 1);
    arena_done(&arena);
}

static void ranges_and_kinds_have_their_own(void **state)
{
    (void)state;
    struct key_ranges ranges;
    struct arena arena;
    init(&ranges, &arena, 2);
    bool begins;
    assert_true(key_ranges_pass(&ranges, 0, KEY_RANGES_WRITES, 10, 0, &begins));
    assert_false(key_ranges_pass(&ranges, 0, KEY_RANGES_WRITES, 1, 0, &begins));
    assert_true(begins);
    assert_true(key_ranges_pass(&ranges, 0, KEY_RANGES_READS, 20, 0, &begins));
    assert_true(key_ranges_pass(&ranges, 1, KEY_RANGES_WRITES, 10, 0, &begins));
    arena_done(&arena);
}

/* As many pass as there are tokens, the rest begins a split; what was used is in s of the rate. */
static void some_of_many_pass(void **state)
{
    (void)state;
    struct key_ranges ranges;
    struct arena arena;
    init(&ranges, &arena, 1);
    bool begins;
    assert_int_equal(key_ranges_pass_some(&ranges, 0, KEY_RANGES_WRITES, 7, 0, &begins), 7);
    assert_false(begins);
    assert_int_equal(key_ranges_pass_some(&ranges, 0, KEY_RANGES_WRITES, 7, 0, &begins), 3);
    assert_true(begins);
    assert_int_equal(key_ranges_pass_some(&ranges, 0, KEY_RANGES_WRITES, 7, 0, &begins), 0);
    assert_int_equal(key_ranges_pass_some(&ranges, 0, KEY_RANGES_WRITES, 7, SECOND / 2, &begins),
                     5);
    assert_true(ranges.ranges[0].used_s[KEY_RANGES_WRITES] == 1.5);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_doubles_what_is_refused_for_long),
        cmocka_unit_test(burst_splits_nothing),
        cmocka_unit_test(ranges_and_kinds_have_their_own),
        cmocka_unit_test(some_of_many_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
