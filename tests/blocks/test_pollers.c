/* Known independently: the rule of the AWS Lambda Developer Guide, "Configuring scaling behavior
 * for SQS event source mappings": five batches at first, up to 300 more a minute while messages
 * are available, 1,250 at most, back to five when traffic is low. */
#include "sim/blocks/pollers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static void start(struct pollers *pollers, uint32_t first, uint32_t most)
{
    pollers_init(pollers, &(struct pollers_setup){
                              .first = first, .most = most, .batch = 10, .period_ns = 200 * MS});
}

static void test_five_at_first_and_300_more_a_minute(void **state)
{
    (void)state;
    struct pollers pollers;
    start(&pollers, 5, 1250);
    assert_int_equal(pollers_allowed(&pollers, 0), 5);
    pollers_lack(&pollers, 0, true);
    for (int64_t more = 1; more <= 1245; more++) {
        const int64_t due_ns = pollers_due_ns(&pollers);
        assert_int_equal(due_ns, more * 200 * MS);
        assert_int_equal(pollers_allowed(&pollers, due_ns - 1), 4 + more);
        assert_int_equal(pollers_allowed(&pollers, due_ns), 5 + more);
    }
    assert_int_equal(pollers_due_ns(&pollers), INT64_MAX); /* 1,250: no more */
    assert_int_equal(pollers_allowed(&pollers, 900 * SECOND), 1250);
}

static void test_growth_does_not_depend_on_who_looks(void **state)
{
    (void)state;
    struct pollers seldom, often;
    start(&seldom, 5, 1250);
    start(&often, 5, 1250);
    pollers_lack(&seldom, 7, true);
    pollers_lack(&often, 7, true);
    for (int64_t now_ns = 8; now_ns < 60 * SECOND; now_ns += 33333331) {
        pollers_allowed(&often, now_ns);
    }
    assert_int_equal(pollers_allowed(&often, 60 * SECOND + 7), 305);
    assert_int_equal(pollers_allowed(&seldom, 60 * SECOND + 7), 305);
}

static void test_back_to_five(void **state)
{
    (void)state;
    struct pollers pollers;
    start(&pollers, 5, 1250);
    pollers_lack(&pollers, 0, true);
    pollers_lack(&pollers, 2 * SECOND, false);
    assert_int_equal(pollers_due_ns(&pollers), INT64_MAX);
    assert_int_equal(pollers_allowed(&pollers, 2 * SECOND), 15);
    assert_int_equal(pollers_allowed(&pollers, 3 * SECOND), 10);
    assert_int_equal(pollers_allowed(&pollers, 60 * SECOND), 5);
    pollers_lack(&pollers, 60 * SECOND, true);
    assert_int_equal(pollers_due_ns(&pollers), 60 * SECOND + 200 * MS);
}

static void test_failures_take_pollers_away(void **state)
{
    (void)state;
    struct pollers pollers;
    start(&pollers, 5, 1250);
    pollers_lack(&pollers, 0, true);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pollers_wanted(&pollers, SECOND), 10);
        pollers_received(&pollers, 10);
        pollers_sent(&pollers);
    }
    pollers_end(&pollers, SECOND, false);
    assert_int_equal(pollers_allowed(&pollers, SECOND), 10);
    pollers_end(&pollers, SECOND, true);
    assert_int_equal(pollers_allowed(&pollers, SECOND), 9);
    for (int i = 0; i < 6; i++) {
        pollers_end(&pollers, SECOND, true);
    }
    assert_int_equal(pollers.out, 0);
    assert_int_equal(pollers_allowed(&pollers, SECOND), 5); /* no less than at first */
}

/* A batch that is gathered holds a poller, asks for what it lacks, and only one is gathered. */
static void test_a_batch_is_gathered(void **state)
{
    (void)state;
    struct pollers pollers;
    start(&pollers, 2, 2);
    assert_int_equal(pollers_wanted(&pollers, 0), 10);
    pollers_received(&pollers, 3);
    assert_int_equal(pollers.out, 1);
    assert_int_equal(pollers_wanted(&pollers, 0), 7);
    pollers_received(&pollers, 7);
    assert_int_equal(pollers.out, 1);
    assert_int_equal(pollers_wanted(&pollers, 0), 0);
    pollers_sent(&pollers);
    assert_int_equal(pollers_wanted(&pollers, 0), 10);
    pollers_received(&pollers, 1);
    pollers_sent(&pollers);
    assert_int_equal(pollers.out, 2);
    assert_int_equal(pollers_wanted(&pollers, 0), 0);
    pollers_end(&pollers, SECOND, false);
    assert_int_equal(pollers_wanted(&pollers, SECOND), 10);
}

static void test_a_limit_below_the_first_five(void **state)
{
    (void)state;
    struct pollers pollers;
    start(&pollers, 2, 2);
    pollers_lack(&pollers, 0, true);
    assert_int_equal(pollers_allowed(&pollers, 60 * SECOND), 2);
    assert_int_equal(pollers_due_ns(&pollers), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_five_at_first_and_300_more_a_minute),
        cmocka_unit_test(test_growth_does_not_depend_on_who_looks),
        cmocka_unit_test(test_back_to_five),
        cmocka_unit_test(test_failures_take_pollers_away),
        cmocka_unit_test(test_a_batch_is_gathered),
        cmocka_unit_test(test_a_limit_below_the_first_five),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
