/* Known independently: a bucket lets burst + rate * t pass; without a limit everything passes. */
#include "sim/blocks/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

/* As the header says. */
static void test_worked(void **state)
{
    (void)state;
    struct throttle throttle;
    throttle_init_burst(&throttle, 10, 1000 * MS);
    for (int i = 0; i < 10; i++) {
        assert_true(throttle_pass(&throttle, 0, 1));
    }
    assert_false(throttle_pass(&throttle, 0, 1));
    assert_false(throttle_pass(&throttle, 99 * MS, 1));
    assert_false(throttle_open(&throttle, 99 * MS));
    assert_true(throttle_open(&throttle, 100 * MS));
    assert_true(throttle_pass(&throttle, 100 * MS, 1));
    assert_false(throttle_open(&throttle, 100 * MS));
    assert_int_equal(throttle.taken, 11);
}

static void test_burst_of_a_time(void **state)
{
    (void)state;
    static const struct {
        double rate_per_s;
        int64_t burst_ns;
        int lets;
    } cases[] = {{25, 1000 * MS, 25}, {25, 500 * MS, 12}, {0.5, 1000 * MS, 1}, {600, MS, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct throttle throttle;
        throttle_init_burst(&throttle, cases[i].rate_per_s, cases[i].burst_ns);
        int lets = 0;
        while (throttle_pass(&throttle, 0, 1)) {
            lets++;
        }
        assert_int_equal(lets, cases[i].lets);
    }
}

static void test_without_a_limit(void **state)
{
    (void)state;
    const double none[] = {NAN, INFINITY};
    for (int i = 0; i < 2; i++) {
        struct throttle throttle;
        throttle_init(&throttle, none[i], 1);
        for (int k = 0; k < 1000; k++) {
            assert_true(throttle_pass(&throttle, 0, 5));
        }
        assert_int_equal(throttle.taken, 5000);
        assert_true(isinf(throttle.rate_per_s));
    }
}

/* More than the bucket can ever hold passes when it is full, and is owed: 1/s, burst 1, a pair. */
static void test_owes_what_is_more_than_the_burst(void **state)
{
    (void)state;
    struct throttle throttle;
    throttle_init(&throttle, 1, 1);
    assert_true(throttle_pass(&throttle, 0, 2));
    assert_false(throttle_pass(&throttle, 1999 * MS, 1));
    assert_true(throttle_pass(&throttle, 2000 * MS, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_burst_of_a_time),
        cmocka_unit_test(test_without_a_limit),
        cmocka_unit_test(test_owes_what_is_more_than_the_burst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
