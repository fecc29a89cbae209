/* Known independently: DynamoDB Developer Guide, "Quotas", "Decreasing provisioned throughput":
 * "you can start by performing up to four decreases within one hour as long as you have not
 * performed any other decreases yet during that day. Subsequently, you can perform one additional
 * decrease per hour as long as there was no decreases in the preceding hour", 27 a day in all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/blocks/decreases.h"

#define MINUTE INT64_C(60000000000)
#define DAY (24 * 60 * MINUTE)

static struct decreases begin(int64_t origin_ns, uint32_t first_count)
{
    struct decreases decreases;
    decreases_init(&decreases, &(struct decreases_rules){origin_ns, first_count});
    return decreases;
}

static void test_worked_example(void **state)
{
    (void)state;
    struct decreases decreases = begin(0, 4);
    for (int minute = 0; minute < 40; minute += 10) {
        assert_true(decreases_allowed(&decreases, minute * MINUTE));
        decreases_take(&decreases, minute * MINUTE);
    }
    assert_false(decreases_allowed(&decreases, 40 * MINUTE));
    assert_false(decreases_allowed(&decreases, 90 * MINUTE - 1));
    assert_true(decreases_allowed(&decreases, 90 * MINUTE));
    decreases_take(&decreases, 90 * MINUTE);
    assert_false(decreases_allowed(&decreases, 91 * MINUTE));
    assert_true(decreases_allowed(&decreases, DAY)); /* which begins anew */
}

/* As often as it may: 4 in the first hour, and one in each of the 23 others. */
static void test_twenty_seven_a_day(void **state)
{
    (void)state;
    const int64_t origins[] = {0, -5 * MINUTE, DAY + 7 * MINUTE};
    for (int i = 0; i < 3; i++) {
        struct decreases decreases = begin(origins[i], 4);
        for (int day = 2; day < 5; day++) {
            int count = 0;
            for (int64_t minute = 0; minute < 24 * 60; minute++) {
                const int64_t now_ns = origins[i] + day * DAY + minute * MINUTE;
                if (decreases_allowed(&decreases, now_ns)) {
                    decreases_take(&decreases, now_ns);
                    count++;
                }
            }
            assert_int_equal(count, 27);
        }
    }
}

/* Four in the first hour after the first one only: not one at 0:00 and three at 2:00. */
static void test_the_first_hour_counts(void **state)
{
    (void)state;
    struct decreases decreases = begin(0, 4);
    decreases_take(&decreases, 0);
    decreases_take(&decreases, 120 * MINUTE);
    assert_false(decreases_allowed(&decreases, 121 * MINUTE));
    decreases = begin(0, 0);
    decreases_take(&decreases, 0);
    assert_false(decreases_allowed(&decreases, 59 * MINUTE));
    assert_true(decreases_allowed(&decreases, 60 * MINUTE));
    decreases_take(&decreases, DAY - MINUTE);
    assert_false(decreases_allowed(&decreases, DAY + MINUTE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_twenty_seven_a_day),
        cmocka_unit_test(test_the_first_hour_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
