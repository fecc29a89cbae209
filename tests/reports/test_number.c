/* How numbers stand in reports. Known independently: a double needs at most 17 digits to be read
 * back as itself; the expected texts are written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <stdlib.h>

#include "reports/number.h"
#include "tests/engine/synthetic.h"

static void expect_estimate(struct interval estimate, enum quantity unit, const char *expected)
{
    char buffer[96];
    assert_string_equal(number_estimate(buffer, sizeof(buffer), estimate, unit, false), expected);
}

static void test_estimates(void **state)
{
    (void)state;
    expect_estimate((struct interval){0.182, 0.1789, 0.1851}, QUANTITY_TIME, "182 ms +- 3.1 ms");
    expect_estimate((struct interval){0.182, NAN, NAN}, QUANTITY_TIME, "182 ms");
    expect_estimate((struct interval){0.0571, 0.05696, 0.05724}, QUANTITY_TIME,
                    "57.1 ms +- 0.14 ms"); /* in one unit, to be compared at a glance */
    expect_estimate((struct interval){0.99992, 0.89992, 1.09992}, QUANTITY_TIME, "1 s +- 0.10 s");
    expect_estimate((struct interval){200, 180, 220}, QUANTITY_TIME, "3m 20s +- 20 s");
    expect_estimate((struct interval){0.012, 0.012, 0.012}, QUANTITY_TIME, "12 ms");
    expect_estimate((struct interval){NAN, NAN, NAN}, QUANTITY_TIME, "-");
    expect_estimate((struct interval){0.5, 0.49, 0.51}, QUANTITY_RATIO, "50 % +- 1.0 %");
    expect_estimate((struct interval){0.9999, 0.999899, 0.999901}, QUANTITY_RATIO,
                    "99.99 % +- 0.00010 %");
    expect_estimate((struct interval){0, 0, 0.0003}, QUANTITY_RATIO, "0 % (0 % .. 0.03 %)");
    expect_estimate((struct interval){200, 198, 202}, QUANTITY_RATE, "200/s +- 2/s");
    char buffer[96];
    assert_string_equal(
        number_estimate(buffer, sizeof(buffer), (struct interval){3, 2, 4}, QUANTITY_COUNT, true),
        "3 \u00b1 1");
}

static void expect_clock(double time_s, double span_s, const char *expected)
{
    char buffer[NUMBER_SIZE];
    assert_string_equal(number_clock(buffer, sizeof(buffer), time_s, span_s), expected);
}

static void test_clock(void **state)
{
    (void)state;
    expect_clock(0, 600, "00:00:00");
    expect_clock(725.9, 7200, "00:12:05");
    expect_clock(-725.9, 7200, "-00:12:05");
    expect_clock(-0.5, 7200, "00:00:00");
    expect_clock(7200, 7200, "02:00:00");
    expect_clock(43500, 7201, "12:05");
    expect_clock(43559.9, 86400, "12:05"); /* not yet 12:06 */
    expect_clock(43500, 86401, "0d 12:05");
    expect_clock(3 * 86400 + 43500, 31 * 86400.0, "3d 12:05");
    expect_clock(-90000, 31 * 86400.0, "-1d 01:00");
}

static void expect_written(double value)
{
    char *text;
    size_t size;
    double again;
    FILE *stream = open_memstream(&text, &size);
    number_write(value, stream);
    fclose(stream);
    assert_int_equal(sscanf(text, "%lf", &again), 1);
    assert_true(again == value);
    free(text);
}

static void test_what_is_written_reads_back(void **state)
{
    (void)state;
    static const double values[] = {0,       0.1,     0.1 + 0.2,    1.0 / 3, -1e15,
                                    DBL_MAX, DBL_MIN, DBL_TRUE_MIN, 1e22,    123456789.123456789};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        expect_written(values[i]);
}

/* The metrics in their order, then what is derived, then the ends of the worst windows; values of
 * the derived ones are those that the results have elsewhere. */
static void test_all_numbers(void **state)
{
    (void)state;
    static const double half[] = {0.5, 0.5, 0.5, 0.5, 0.5};
    struct synthetic s;
    struct arena arena;
    arena_init(&arena);
    synthetic_init(&s, 5, 1200);
    synthetic_set(&s, M_DB_UTILIZATION, half);
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t k = 0; k < 4; k++)
            synthetic_window(&s, i, 4, k, 1000, k == 2 ? 900 : 1000, 20);
    }
    struct results *results = synthetic_results(&s);
    assert_int_equal(number_count(results), SYNTHETIC_ENTRIES + 2);
    for (uint32_t i = 0; i < SYNTHETIC_METRICS; i++) {
        const struct number number = number_at(results, i, &arena);
        assert_string_equal(number.path, synthetic_entries[i].path);
        assert_memory_equal(&number.estimate, &results->metrics[i], sizeof(number.estimate));
    }
    assert_true(results->worst[0].known);
    assert_true(number_at(results, M_WORST_AVAILABILITY, &arena).estimate.value == 0.9);
    assert_true(number_at(results, M_WORST_P99, &arena).estimate.value ==
                results->worst[0].latency_p99_s);
    assert_true(number_at(results, M_WORST_THROUGHPUT, &arena).estimate.value ==
                results->worst[0].throughput_per_s);
    assert_true(isnan(number_at(results, M_WORST_P99, &arena).estimate.low));
    assert_true(number_at(results, M_BOTTLENECK_UTILIZATION, &arena).estimate.value == 0.5);
    assert_true(number_at(results, M_BOTTLENECK_HEADROOM, &arena).estimate.value == 2);
    const struct number from = number_at(results, SYNTHETIC_ENTRIES, &arena);
    const struct number to = number_at(results, SYNTHETIC_ENTRIES + 1, &arena);
    assert_string_equal(from.path, "traffic.users.worst.window.from");
    assert_string_equal(to.path, "traffic.users.worst.window.to");
    assert_true(from.estimate.value == 600);
    assert_true(to.estimate.value == 900);
    results_free(results);
    synthetic_done(&s);
    arena_done(&arena);
}

static void test_numbers_that_nobody_knows(void **state)
{
    (void)state;
    struct synthetic s;
    struct arena arena;
    arena_init(&arena);
    synthetic_init(&s, 5, 60); /* too short for a worst window, nothing is limited */
    struct results *results = synthetic_results(&s);
    for (uint32_t i = SYNTHETIC_METRICS; i < number_count(results); i++)
        assert_true(isnan(number_at(results, i, &arena).estimate.value));
    results_free(results);
    synthetic_done(&s);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_what_is_written_reads_back),
        cmocka_unit_test(test_all_numbers),
        cmocka_unit_test(test_numbers_that_nobody_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
