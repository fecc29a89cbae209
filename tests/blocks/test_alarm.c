/* Known independently: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing
 * data" (alarms-and-missing-data), its two tables row by row and its rule on premature transitions;
 * "Evaluating an alarm": M out of N. As strings: o is within the threshold, x breaches it, - is
 * missing, the newest last. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/blocks/alarm.h"

enum { MINUTE = 60 };

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* The state after those datapoints, of an alarm that was in `before`. */
static enum alarm_state after(const char *points, uint32_t datapoints, uint32_t periods,
                              enum alarm_fill missing, enum alarm_state before)
{
    struct alarm alarm;
    alarm_init(&alarm, &(struct alarm_setup){80, ALARM_ABOVE, datapoints, periods, missing},
               &arena);
    for (const char *point = points; *point != '\0'; point++) {
        alarm.state = before; /* what earlier ones made of it is not asked here */
        alarm_point(&alarm, *point == 'x' ? 90 : *point == 'o' ? 10 : (double)NAN);
    }
    return alarm.state;
}

struct row {
    const char *points;
    enum alarm_state missing, breaching, good;
    int ignore; /* or RETAINED */
};
enum { RETAINED = -1 };

static void rows_hold(const struct row *rows, uint32_t count, uint32_t datapoints)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        const char *p = row->points;
        for (int before = ALARM_INSUFFICIENT_DATA; before <= ALARM_ON; before++) {
            const enum alarm_state was = (enum alarm_state)before;
            assert_int_equal(after(p, datapoints, 3, ALARM_FILL_MISSING, was), row->missing);
            assert_int_equal(after(p, datapoints, 3, ALARM_FILL_BREACHING, was), row->breaching);
            assert_int_equal(after(p, datapoints, 3, ALARM_FILL_GOOD, was), row->good);
            assert_int_equal(after(p, datapoints, 3, ALARM_FILL_IGNORE, was),
                             row->ignore == RETAINED ? before : row->ignore);
        }
    }
}

/* The first table: 3 out of 3. */
static void guide_table_three_of_three(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"o-x-x", ALARM_OK, ALARM_OK, ALARM_OK, ALARM_OK},
        {"----o", ALARM_OK, ALARM_OK, ALARM_OK, ALARM_OK},
        {"-----", ALARM_INSUFFICIENT_DATA, ALARM_ON, ALARM_OK, RETAINED},
        {"oxx-x", ALARM_ON, ALARM_ON, ALARM_ON, ALARM_ON},
        {"--x--", ALARM_ON, ALARM_ON, ALARM_OK, RETAINED},
    };
    rows_hold(rows, sizeof(rows) / sizeof(rows[0]), 3);
}

/* The second table: 2 out of 3. */
static void guide_table_two_of_three(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"o-x-x", ALARM_ON, ALARM_ON, ALARM_ON, ALARM_ON},
        {"ooxox", ALARM_ON, ALARM_ON, ALARM_ON, ALARM_ON},
        {"o-x--", ALARM_OK, ALARM_ON, ALARM_OK, ALARM_OK},
        {"----o", ALARM_OK, ALARM_ON, ALARM_OK, ALARM_OK},
        {"---x-", ALARM_ON, ALARM_ON, ALARM_OK, RETAINED},
    };
    rows_hold(rows, sizeof(rows) / sizeof(rows[0]), 2);
}

/* "does not prematurely go into ALARM": one breaching datapoint, the newest, is not 3 periods old;
 * it is two periods later, when all that came since is missing. */
static void a_single_breach_is_not_premature(void **state)
{
    (void)state;
    assert_int_equal(after("----x", 3, 3, ALARM_FILL_MISSING, ALARM_OK), ALARM_OK);
    assert_int_equal(after("---x-", 3, 3, ALARM_FILL_MISSING, ALARM_OK), ALARM_OK);
    assert_int_equal(after("--x--", 3, 3, ALARM_FILL_MISSING, ALARM_OK), ALARM_ON);
}

/* "If the last datapoint of 3 out of 5 ...": the datapoints need not be consecutive. */
static void m_of_n_need_not_be_consecutive(void **state)
{
    (void)state;
    assert_int_equal(after("xoxox", 3, 5, ALARM_FILL_MISSING, ALARM_OK), ALARM_ON);
    assert_int_equal(after("oxoox", 3, 5, ALARM_FILL_MISSING, ALARM_OK), ALARM_OK);
    assert_int_equal(after("xoxoxo", 3, 5, ALARM_FILL_MISSING, ALARM_OK), ALARM_OK);
    assert_int_equal(after("xxx", 3, 5, ALARM_FILL_MISSING, ALARM_OK), ALARM_ON);
}

/* GreaterThanThreshold is strict, GreaterThanOrEqualToThreshold is not; likewise below. */
static void comparisons(void **state)
{
    (void)state;
    static const bool at[] = {
        [ALARM_ABOVE] = false,
        [ALARM_AT_LEAST] = true,
        [ALARM_BELOW] = false,
        [ALARM_AT_MOST] = true,
    };
    for (int i = ALARM_ABOVE; i <= ALARM_AT_MOST; i++) {
        const struct alarm_setup setup = {.threshold = 5, .comparison = (enum alarm_comparison)i};
        assert_int_equal(alarm_breaches(&setup, 5), at[i]);
        assert_int_equal(alarm_breaches(&setup, 6), i <= ALARM_AT_LEAST);
        assert_int_equal(alarm_breaches(&setup, 4), i >= ALARM_BELOW);
        assert_false(alarm_breaches(&setup, (double)NAN));
    }
}

/* A new alarm is in INSUFFICIENT_DATA; alarm_point tells of changes, once. */
static void changes_are_told_once(void **state)
{
    (void)state;
    struct alarm alarm;
    alarm_init(&alarm, &(struct alarm_setup){1, ALARM_AT_LEAST, 2, 2, ALARM_FILL_MISSING}, &arena);
    assert_int_equal(alarm.state, ALARM_INSUFFICIENT_DATA);
    assert_true(alarm_point(&alarm, 0));
    assert_int_equal(alarm.state, ALARM_OK);
    assert_false(alarm_point(&alarm, 1));
    assert_true(alarm_point(&alarm, 1));
    assert_int_equal(alarm.state, ALARM_ON);
    assert_false(alarm_point(&alarm, 2));
    assert_true(alarm.value == 2);
    assert_true(alarm_point(&alarm, 0));
    assert_int_equal(alarm.state, ALARM_OK);
}

/* Datapoints are seen in the order in which they ended, however late one of them is. */
static void datapoints_wait_in_order(void **state)
{
    (void)state;
    struct datapoints points;
    datapoints_init(&points, &arena);
    assert_null(datapoints_take(&points, MINUTE));
    for (uint32_t i = 0; i < 20; i++) { /* it grows, and turns */
        const int64_t seen_ns = i == 5 ? 9 * MINUTE : (int64_t)i * MINUTE;
        const int64_t will_ns = datapoints_put(
            &points, &(struct datapoint){.seen_ns = seen_ns, .metric = i, .value = i * 0.5});
        assert_int_equal(will_ns, i >= 5 && i <= 9 ? 9 * MINUTE : (int64_t)i * MINUTE);
        if (i == 3) {
            assert_int_equal(datapoints_take(&points, 0)->metric, 0);
            assert_int_equal(datapoints_take(&points, MINUTE)->metric, 1);
            assert_null(datapoints_take(&points, MINUTE));
        }
    }
    uint32_t next = 2;
    for (; next < 5; next++) {
        assert_int_equal(datapoints_take(&points, 8 * MINUTE)->metric, next);
    }
    assert_null(datapoints_take(&points, 8 * MINUTE));
    for (; next < 20; next++) {
        const struct datapoint *point = datapoints_take(&points, 20 * MINUTE);
        assert_int_equal(point->metric, next);
        assert_true(point->value == next * 0.5);
    }
    assert_null(datapoints_take(&points, 20 * MINUTE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(guide_table_three_of_three, start, stop),
        cmocka_unit_test_setup_teardown(guide_table_two_of_three, start, stop),
        cmocka_unit_test_setup_teardown(a_single_breach_is_not_premature, start, stop),
        cmocka_unit_test_setup_teardown(m_of_n_need_not_be_consecutive, start, stop),
        cmocka_unit_test(comparisons),
        cmocka_unit_test_setup_teardown(changes_are_told_once, start, stop),
        cmocka_unit_test_setup_teardown(datapoints_wait_in_order, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
