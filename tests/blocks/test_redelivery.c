/* Known independently: the schedules that AWS documents. Lambda Developer Guide, error handling of
 * asynchronous invocation: two retries, after a minute and two; after throttles "exponentially from
 * 1 second to a maximum of 5 minutes", "for up to 6 hours". SNS Developer Guide, Message delivery
 * retries: 100,015 attempts over 23 days to AWS managed endpoints. */
#include "sim/blocks/redelivery.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static void test_lambda_failures(void **state)
{
    (void)state;
    const struct redelivery failed = {
        .phases = {{2, MINUTE, 2, INT64_MAX}}, .phases_count = 1, .age_max_ns = 6 * HOUR};
    assert_int_equal(redelivery_wait_ns(&failed, 0, SECOND), MINUTE);
    assert_int_equal(redelivery_wait_ns(&failed, 1, SECOND), 2 * MINUTE);
    assert_int_equal(redelivery_wait_ns(&failed, 2, SECOND), REDELIVERY_OVER);
    assert_int_equal(redelivery_wait_ns(&failed, 0, 6 * HOUR - MINUTE), REDELIVERY_OVER);
}

static void test_lambda_throttles(void **state)
{
    (void)state;
    const struct redelivery throttled = {.phases = {{REDELIVERY_ANY, SECOND, 2, 5 * MINUTE}},
                                         .phases_count = 1,
                                         .age_max_ns = 6 * HOUR,
                                         .last_at_age = true};
    int64_t age_ns = 0, wait_ns;
    int64_t tries = 0;
    while ((wait_ns = redelivery_wait_ns(&throttled, tries, age_ns)) != REDELIVERY_OVER) {
        assert_true(wait_ns == (tries < 9 ? SECOND << tries : 5 * MINUTE) ||
                    age_ns + wait_ns == 6 * HOUR);
        age_ns += wait_ns;
        tries++;
    }
    assert_int_equal(age_ns, 6 * HOUR);
    assert_int_equal(tries, 9 + 70 + 1); /* 511 s, then every 300 s up to 21,511 s, and the last */
}

static void test_sns(void **state)
{
    (void)state;
    const struct redelivery sns = {.phases = {{3, 0, 1, 0},
                                              {2, SECOND, 1, SECOND},
                                              {10, SECOND, 1.4, 20 * SECOND},
                                              {100000, 20 * SECOND, 1, 20 * SECOND}},
                                   .phases_count = 4,
                                   .age_max_ns = -1};
    int64_t age_ns = 0, wait_ns;
    int64_t tries = 0;
    while ((wait_ns = redelivery_wait_ns(&sns, tries, age_ns)) != REDELIVERY_OVER) {
        age_ns += wait_ns;
        tries++;
    }
    assert_int_equal(tries, 100015);
    assert_true(age_ns / (24 * HOUR) == 23);
    assert_int_equal(redelivery_wait_ns(&sns, 2, 0), 0);
    assert_int_equal(redelivery_wait_ns(&sns, 14, 0), 20 * SECOND);
    assert_int_equal(redelivery_wait_ns(&sns, 6, 0), 7 * SECOND / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lambda_failures),
        cmocka_unit_test(test_lambda_throttles),
        cmocka_unit_test(test_sns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
