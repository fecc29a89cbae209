/* Known independently: small cases by hand; and, over many random transfers, what a fluid that is
 * stepped through in small pieces of time does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/blocks/burst_link.h"
#include "sim/kernel/random.h"

#define SECOND INT64_C(1000000000)

static const struct burst_rate rate = {1e6, 3e6, 2, 0};

/* The worked example of the header. */
static void credits_run_out_and_come_back(void **state)
{
    (void)state;
    struct burst_link link = {0};
    assert_int_equal(burst_link_pass(&link, &rate, 0, 9e6), 5 * SECOND);
    assert_int_equal(burst_link_pass(&link, &rate, 8 * SECOND, 4.5e6), 8 * SECOND + 3 * SECOND / 2);
    assert_int_equal(burst_link_pass(&link, &rate, 8 * SECOND, 1e6), 10 * SECOND + SECOND / 2);
}

static void one_after_the_other(void **state)
{
    (void)state;
    struct burst_link link = {0};
    assert_int_equal(burst_link_pass(&link, &rate, 0, 3e6), SECOND);
    assert_int_equal(burst_link_pass(&link, &rate, SECOND / 2, 3e6), 2 * SECOND);
    assert_int_equal(burst_link_pass(&link, &rate, 3 * SECOND, 0), 3 * SECOND);
}

/* No more than all credits, however long it was idle; without a burst always the baseline. */
static void idle_for_long(void **state)
{
    (void)state;
    struct burst_link link = {0};
    assert_int_equal(burst_link_pass(&link, &rate, 0, 9e6), 5 * SECOND);
    assert_int_equal(burst_link_pass(&link, &rate, 1000 * SECOND, 9e6), 1005 * SECOND);
    const struct burst_rate flat = {2e6, 2e6, 60, 0};
    struct burst_link plain = {0};
    assert_int_equal(burst_link_pass(&plain, &flat, 0, 9e6), 9 * SECOND / 2);
}

/* Steps of 10 us: while a transfer is on, credits go at the difference of the rates. */
static void as_a_fluid(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 7, 0, "link", "fluid");
    struct burst_link link = {0};
    const double step_s = 1e-5, full = 2e6 * rate.burst_s;
    double clock_s = 0, credits = full;
    for (int i = 0; i < 40; i++) {
        const double at_s = clock_s + random_uniform(&random) * 1.5;
        credits = fmin(full, credits + (at_s - clock_s) * 1e6);
        const double bytes = random_uniform(&random) * 4e6;
        double left = bytes, now_s = at_s;
        while (left > 0) {
            const double speed = credits > 0 ? 3e6 : 1e6;
            credits -= credits > 0 ? 2e6 * step_s : 0;
            left -= speed * step_s;
            now_s += step_s;
        }
        const int64_t end_ns =
            burst_link_pass(&link, &rate, (int64_t)(at_s * (double)SECOND), bytes);
        assert_true(fabs((double)end_ns / (double)SECOND - now_s) < 1e-3);
        clock_s = now_s;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credits_run_out_and_come_back),
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(idle_for_long),
        cmocka_unit_test(as_a_fluid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
