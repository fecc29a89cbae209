/* Known independently: the rule is a recurrence that can be solved by hand. While it must grow,
 * from a: linear, a + least k, until share * capacity is more than least; then geometric,
 * (1 + share)^k. Given back: (1 - share)^k. The rates are those of the facts about Aurora
 * Serverless v2 (scale_rate_model: "0.5 -> 8 ACU in about 60 s, 8 -> 32 in 47 s, 32 -> 128 in 47 s,
 * 0.5 -> 128 in about 2.5 min"; scale_down_fraction: "about 70 s to halve"). */
#include "sim/blocks/growth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static const struct growth_rules aurora = {
    .step = 0.5,
    .up_least_per_s = 0.1,
    .up_per_s = 0.03,
    .down_per_s = 0.01,
    .target_ratio = 0.7,
    .low_ratio = 0.5,
};

/* Seconds until that many steps are granted, at full use. */
static int seconds_up(struct growth *growth, int64_t steps)
{
    int seconds = 0;
    while (growth->steps < steps) {
        growth_look(growth, 1, SECOND, 1, 512);
        seconds++;
    }
    return seconds;
}

static void test_worked(void **state)
{
    (void)state;
    const struct growth_rules rules = {.step = 0.5, .up_least_per_s = 0.3, .target_ratio = 0.7};
    const int64_t expected[] = {4, 5, 5, 6};
    struct growth growth;
    growth_init(&growth, &rules, 4);
    for (int i = 0; i < 4; i++) {
        const int64_t before = growth.steps;
        assert_int_equal(growth_look(&growth, 0.71, SECOND, 1, 100), expected[i] != before);
        assert_int_equal(growth.steps, expected[i]);
    }
    assert_false(growth_look(&growth, 0.7, SECOND, 1, 100)); /* not above the target */
    assert_int_equal(growth.steps, 6);
}

static void test_up(void **state)
{
    (void)state;
    struct growth growth;
    const double linear = ceil((0.1 / 0.03 - 0.5) / 0.1), from = 0.5 + 0.1 * linear;
    growth_init(&growth, &aurora, 1);
    const int to_8 = seconds_up(&growth, 16);
    assert_int_equal(to_8, linear + ceil(log(8 / from) / log(1.03)));
    assert_in_range(to_8, 55, 65);
    assert_int_equal(to_8 + seconds_up(&growth, 256), linear + ceil(log(128 / from) / log(1.03)));
    growth_init(&growth, &aurora, 16);
    assert_int_equal(seconds_up(&growth, 64), 47);
    growth_init(&growth, &aurora, 64);
    assert_int_equal(seconds_up(&growth, 256), 47);
}

static void test_other_interval(void **state)
{
    (void)state;
    struct growth growth;
    growth_init(&growth, &aurora, 1);
    growth_look(&growth, 1, 5 * SECOND, 1, 512); /* 0.5 + 5 s of 0.1 */
    assert_int_equal(growth.steps, 2);
}

static void test_down(void **state)
{
    (void)state;
    struct growth growth;
    growth_init(&growth, &aurora, 32);
    for (int second = 1; second <= 200; second++) {
        growth_look(&growth, 0, SECOND, 1, 512);
        assert_int_equal(growth.steps, ceil(16 * pow(0.99, second) / 0.5 - 1e-6));
    }
    growth_init(&growth, &aurora, 32);
    int seconds = 0;
    for (; growth.steps > 16; seconds++) {
        growth_look(&growth, 0, SECOND, 1, 512);
    }
    assert_int_equal(seconds, ceil(log(0.5) / log(0.99)));
}

/* Low for longer than low_after, without a break. */
static void test_low_after(void **state)
{
    (void)state;
    struct growth_rules rules = aurora;
    rules.low_after_ns = 10 * SECOND;
    rules.down_per_s = 0.5;
    struct growth growth;
    growth_init(&growth, &rules, 8);
    for (int i = 0; i < 10; i++) {
        assert_false(growth_look(&growth, 0, SECOND, 1, 512));
    }
    assert_false(growth_look(&growth, 0.6, SECOND, 1, 512));
    for (int i = 0; i < 10; i++) {
        assert_false(growth_look(&growth, 0, SECOND, 1, 512));
    }
    assert_true(growth_look(&growth, 0, SECOND, 1, 512));
    assert_int_equal(growth.steps, 4);
}

/* At 2 steps, 26 % would be 52 % of one step: it stays. At 24 % it may go. */
static void test_no_swing(void **state)
{
    (void)state;
    struct growth growth;
    growth_init(&growth, &aurora, 2);
    for (int i = 0; i < 1000; i++) {
        assert_false(growth_look(&growth, 0.26, SECOND, 1, 512));
    }
    for (int i = 0; i < 1000; i++) {
        growth_look(&growth, 0.24, SECOND, 1, 512);
    }
    assert_int_equal(growth.steps, 1);
}

/* What was half earned, or half given back, is never a step in the other direction. */
static void test_turns(void **state)
{
    (void)state;
    struct growth growth;
    growth_init(&growth, &aurora, 10);
    for (int i = 0; i < 4; i++) {
        growth_look(&growth, 1, SECOND, 1, 512); /* 5.63 */
    }
    assert_int_equal(growth.steps, 11);
    assert_false(growth_look(&growth, 0, SECOND, 1, 512)); /* 5.57, of which 5.5 are granted */
    assert_true(growth.earned > 5.5);
    assert_int_equal(growth.steps, 11);
    growth_look(&growth, 0, SECOND, 1, 512); /* 5.51 */
    growth_look(&growth, 0, SECOND, 1, 512); /* 5.46: 5.5 are not yet given back */
    assert_true(growth.earned < 5.5);
    assert_int_equal(growth.steps, 11);
    assert_false(growth_look(&growth, 1, SECOND, 1, 512));
}

/* A second of full use every minute earns 0.1 each time, which is given back in between: bursts
 * that are rare never add up to a step, from the smallest capacity neither. */
static void test_rare_bursts_do_not_add_up(void **state)
{
    (void)state;
    struct growth_rules rules = aurora;
    rules.low_after_ns = 15 * SECOND;
    for (int64_t least = 1; least <= 4; least++) {
        struct growth growth;
        growth_init(&growth, &rules, least);
        assert_true(growth_resting(&growth, least));
        for (int minute = 0; minute < 60; minute++) {
            assert_false(growth_look(&growth, 1, SECOND, least, 512));
            assert_false(growth_resting(&growth, least));
            for (int second = 1; second < 60; second++) {
                assert_false(growth_look(&growth, 0, SECOND, least, 512));
            }
            assert_true(growth_resting(&growth, least));
        }
        assert_int_equal(growth.steps, least);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    struct growth growth;
    growth_init(&growth, &aurora, 4);
    for (int i = 0; i < 1000; i++) {
        growth_look(&growth, 1, SECOND, 1, 20);
    }
    assert_int_equal(growth.steps, 20);
    for (int i = 0; i < 1000; i++) {
        growth_look(&growth, 0, SECOND, 3, 20);
    }
    assert_int_equal(growth.steps, 3);
    assert_true(growth_look(&growth, 0.65, SECOND, 9, 20)); /* the bound has moved: at once */
    assert_int_equal(growth.steps, 9);
    growth_set(&growth, 2);
    assert_int_equal(growth.steps, 2);
    assert_false(growth_look(&growth, 0.65, SECOND, 1, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_up),
        cmocka_unit_test(test_other_interval),
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_low_after),
        cmocka_unit_test(test_no_swing),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_rare_bursts_do_not_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
