/* Known by hand: what goes one way is one entry; small swings at the same height are one entry for
 * each direction; what goes further, or comes after a rest, is another. */
#include "sim/blocks/swings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

enum { ENTRIES = 8 };

static const struct swings_rules rules = {.small = 2, .small_ratio = 0.5, .gap_ns = 60 * SECOND};

struct rig {
    struct swings swings;
    struct log_entry entries[ENTRIES];
    int count;
};

static void rig_step(struct rig *rig, int64_t second, double from, double to)
{
    if (!swings_step(&rig->swings, &rules, second * SECOND, from, to)) {
        return;
    }
    assert_in_range(rig->count, 0, ENTRIES - 1);
    struct log_entry *entry = &rig->entries[rig->count++];
    *entry = (struct log_entry){
        .at_ns = second * SECOND, .until_ns = second * SECOND, .from = rig->swings.from, .to = to};
    swings_tell(&rig->swings, entry);
}

static void expect_entry(const struct rig *rig, int index, int64_t at, int64_t until, double from,
                         double to)
{
    assert_in_range(index, 0, rig->count - 1);
    const struct log_entry *entry = &rig->entries[index];
    assert_int_equal(entry->at_ns, at * SECOND);
    assert_int_equal(entry->until_ns, until * SECOND);
    assert_true(entry->from == from);
    assert_true(entry->to == to);
}

static void test_a_ramp_is_one_entry(void **state)
{
    (void)state;
    struct rig rig = {0};
    for (int i = 0; i < 10; i++) {
        rig_step(&rig, i, 1 + i, 2 + i);
    }
    for (int i = 0; i < 10; i++) {
        rig_step(&rig, 10 + i, 11 - i, 10 - i);
    }
    assert_int_equal(rig.count, 2);
    expect_entry(&rig, 0, 0, 9, 1, 11);
    expect_entry(&rig, 1, 10, 19, 11, 1);
}

static void test_a_first_step_down(void **state)
{
    (void)state;
    struct rig rig = {0};
    rig_step(&rig, 0, 4, 3);
    assert_int_equal(rig.count, 1);
    expect_entry(&rig, 0, 0, 0, 4, 3);
}

static void test_to_and_fro_is_two(void **state)
{
    (void)state;
    struct rig rig = {0};
    for (int i = 0; i < 1000; i++) {
        rig_step(&rig, 20 * i, 1, 1.5);
        rig_step(&rig, 20 * i + 10, 1.5, 1);
    }
    assert_int_equal(rig.count, 2);
    expect_entry(&rig, 0, 0, 20 * 999, 1, 1.5);
    expect_entry(&rig, 1, 10, 20 * 999 + 10, 1.5, 1);
}

/* Small at first: what was told together is not carried along when it goes on. */
static void test_a_ramp_out_of_small_ones(void **state)
{
    (void)state;
    struct rig rig = {0};
    rig_step(&rig, 0, 1, 2);
    rig_step(&rig, 10, 2, 1);
    rig_step(&rig, 20, 1, 2);
    rig_step(&rig, 21, 2, 3);
    rig_step(&rig, 22, 3, 9);
    assert_int_equal(rig.count, 3);
    expect_entry(&rig, 0, 0, 20, 1, 2);
    expect_entry(&rig, 2, 21, 22, 1, 9);
    rig_step(&rig, 30, 9, 8); /* small ones up there are others than those below */
    rig_step(&rig, 31, 8, 9);
    rig_step(&rig, 32, 9, 8);
    assert_int_equal(rig.count, 5);
    expect_entry(&rig, 0, 0, 20, 1, 2);
    expect_entry(&rig, 1, 10, 10, 2, 1);
    expect_entry(&rig, 2, 21, 22, 1, 9);
    expect_entry(&rig, 3, 30, 32, 9, 8);
    expect_entry(&rig, 4, 31, 31, 8, 9);
}

/* A swing that was told and goes on is no place for small ones. */
static void test_what_grew_stands_alone(void **state)
{
    (void)state;
    struct rig rig = {0};
    rig_step(&rig, 0, 1, 2);
    rig_step(&rig, 1, 2, 4);
    rig_step(&rig, 2, 4, 3);
    rig_step(&rig, 3, 3, 4);
    assert_int_equal(rig.count, 3);
    expect_entry(&rig, 0, 0, 1, 1, 4);
}

static void test_a_rest_ends_it(void **state)
{
    (void)state;
    struct rig rig = {0};
    rig_step(&rig, 0, 1, 2);
    rig_step(&rig, 60, 2, 3);
    rig_step(&rig, 121, 3, 4);
    assert_int_equal(rig.count, 2);
    expect_entry(&rig, 0, 0, 60, 1, 3);
    expect_entry(&rig, 1, 121, 121, 3, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ramp_is_one_entry),
        cmocka_unit_test(test_a_first_step_down),
        cmocka_unit_test(test_to_and_fro_is_two),
        cmocka_unit_test(test_a_ramp_out_of_small_ones),
        cmocka_unit_test(test_what_grew_stands_alone),
        cmocka_unit_test(test_a_rest_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
