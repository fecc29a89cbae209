/* clusters: Known: the steps of the rule; Little's law; a maximum over a sliding window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/clusters.h"

#define SECOND INT64_C(1000000000)

static void worked_example_of_the_header(void **state)
{
    (void)state;
    struct clusters c;
    clusters_init(&c);
    for (int i = 0; i < 10; i++) {
        clusters_left(&c);
    }
    for (int i = 0; i < 15; i++) {
        clusters_came(&c);
    }
    clusters_seen(&c, 10 * SECOND, 600, 3);
    assert_float_equal(c.served_s, 60, 1e-9);
    assert_float_equal(clusters_load_min(&c, 10, 20, 10), 4, 1e-9);
    assert_float_equal(clusters_more(4), 1, 0);
}

static void steps_of_the_rule(void **state)
{
    (void)state;
    static const struct {
        double load_min, more;
    } cases[] = {{0, 0},  {1.9, 0}, {2, 1},    {5.9, 1}, {6, 2},    {11.9, 2},
                 {12, 3}, {22, 3},  {36.9, 3}, {37, 4},  {51.9, 4}, {52, 5}};
    for (int i = 0; i < 12; i++) {
        assert_float_equal(clusters_more(cases[i].load_min), cases[i].more, 0);
    }
}

static void most_of_a_sliding_window_is_kept(void **state)
{
    (void)state;
    struct clusters c;
    clusters_init(&c);
    assert_int_equal(clusters_keep(&c, 0, 1), 1);
    clusters_seen(&c, 10 * SECOND, 0, 7);
    clusters_seen(&c, 20 * SECOND, 0, 3);
    assert_int_equal(clusters_keep(&c, 10 * SECOND, 1), 7);
    assert_int_equal(clusters_keep(&c, 11 * SECOND, 1), 3);
    assert_int_equal(clusters_keep(&c, 11 * SECOND, 5), 5);
    assert_int_equal(clusters_keep(&c, 21 * SECOND, 1), 1);
}

/* Nobody leaves: it takes at least as long as it has taken so far. */
static void calls_that_go_on_are_long(void **state)
{
    (void)state;
    struct clusters c;
    clusters_init(&c);
    for (int i = 1; i <= 30; i++) {
        clusters_seen(&c, i * 10 * SECOND, i * 10, 1);
    }
    assert_float_equal(c.served_s, 120, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example_of_the_header),
        cmocka_unit_test(steps_of_the_rule),
        cmocka_unit_test(most_of_a_sliding_window_is_kept),
        cmocka_unit_test(calls_that_go_on_are_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
