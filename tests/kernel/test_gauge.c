/* Known independently: areas of steps by hand, and summed step by step in integers. */
#include "sim/kernel/gauge.h"

#include "sim/kernel/random.h"
#include "tests/kernel/sample.h"

static void test_by_hand(void **state)
{
    (void)state;
    struct gauge g = {0};
    gauge_add(&g, 2, 0);
    gauge_add(&g, -1, 3);
    gauge_set(&g, 5, 10);
    const struct gauge_window w = gauge_read(&g, 12);
    assert_true(w.area == 2 * 3 + 1 * 7 + 5 * 2 && w.min == 0 && w.max == 5);
    assert_true(g.value == 5);
    gauge_add(&g, -5, 12);
    gauge_add(&g, -1, 12);
    assert_true(gauge_read(&g, 14).area == 21); /* below zero: -1 * 2 */
    assert_true(gauge_read(&g, 14).min == -1 && gauge_read(&g, 14).max == 5);
}

/* What comes and goes in one instant was never there. */
static void test_extremes_are_of_levels_that_lasted(void **state)
{
    (void)state;
    struct gauge g = {0};
    gauge_add(&g, 5, 10);
    gauge_add(&g, 1, 20);
    gauge_add(&g, -1, 20);
    gauge_add(&g, -9, 30);
    gauge_add(&g, 8, 30);
    struct gauge_window w = gauge_read(&g, 40);
    assert_true(w.min == 0 && w.max == 5);
    gauge_reset(&g, 40);
    gauge_add(&g, 3, 40);
    w = gauge_read(&g, 50);
    assert_true(w.min == 7 && w.max == 7 && w.area == 70);
}

static void test_reset_keeps_the_level(void **state)
{
    (void)state;
    struct gauge g = {0};
    gauge_add(&g, 9, 5);
    gauge_add(&g, -6, 8);
    gauge_reset(&g, 10);
    struct gauge_window w = gauge_read(&g, 10);
    assert_true(w.area == 0 && w.min == 3 && w.max == 3);
    w = gauge_read(&g, 14);
    assert_true(w.area == 12 && w.min == 3 && w.max == 3);
    gauge_add(&g, 1, 14);
    gauge_add(&g, -3, 16);
    w = gauge_read(&g, 20);
    assert_true(w.area == 12 + 8 + 4 && w.min == 1 && w.max == 4);
}

/* A window that was read stays as it is while the gauge goes on. */
static void test_read_is_a_copy(void **state)
{
    (void)state;
    struct gauge g = {0};
    gauge_add(&g, 2, 0);
    const struct gauge_window w = gauge_read(&g, 10);
    gauge_add(&g, 100, 11);
    assert_true(w.area == 20 && w.max == 2);
    assert_true(gauge_read(&g, 11).max == 2); /* it has not lasted yet */
    assert_true(gauge_read(&g, 12).max == 102);
}

/* A million in flight for a hundred years, small changes at the end: nothing is lost. */
static void test_large_areas(void **state)
{
    (void)state;
    const int64_t century_ns = 3155760000000000000;
    struct gauge g = {0};
    gauge_add(&g, 1000000, 0);
    sample_check_close(gauge_read(&g, century_ns).area, 1e6 * (double)century_ns, 1e-15, "area");
    gauge_reset(&g, century_ns);
    gauge_add(&g, 1, century_ns + 1);
    gauge_add(&g, -1, century_ns + 3);
    assert_true(gauge_read(&g, century_ns + 10).area == 10000002);
}

static void test_against_steps(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 41, 0, "gauge", "test");
    struct gauge g = {0};
    __int128 area = 0;
    int64_t now_ns = 0, level = 0, min = 0, max = 0;
    for (int i = 0; i < 100000; i++) {
        const int64_t gap_ns =
            random_below(&random, 3) > 0 ? random_below(&random, 1000000000) + 1 : 0;
        area += (__int128)level * gap_ns;
        now_ns += gap_ns;
        if (gap_ns > 0) {
            min = level < min ? level : min;
            max = level > max ? level : max;
        }
        const int64_t delta = (int64_t)random_below(&random, 7) - 3;
        level += delta;
        gauge_add(&g, delta, now_ns);
    }
    const struct gauge_window w = gauge_read(&g, now_ns);
    assert_true(w.area == (double)area);
    assert_true(w.min == min && w.max == max && g.value == level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_extremes_are_of_levels_that_lasted),
        cmocka_unit_test(test_reset_keeps_the_level),
        cmocka_unit_test(test_read_is_a_copy),
        cmocka_unit_test(test_large_areas),
        cmocka_unit_test(test_against_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
