/* Known independently: the example of the header, by hand, and the rules of "Understanding Lambda
 * function scaling" (Lambda Developer Guide): reserved concurrency is kept and is a limit; 100
 * units cannot be reserved; ten requests a second go with a unit. */
#include "sim/blocks/concurrency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static void start(struct concurrency_account *account, struct concurrency *f, struct concurrency *g,
                  int64_t reserved)
{
    concurrency_account_init(account, &(struct concurrency_setup){.units = 100,
                                                                  .unreserved = 20,
                                                                  .requests_per_unit_s = 10,
                                                                  .burst_ns = SECOND});
    concurrency_init(f, account, reserved);
    concurrency_init(g, account, -1);
}

static int64_t fill(struct concurrency *concurrency)
{
    int64_t count = 0;
    while (concurrency_enter(concurrency, false, false, 0) == CONCURRENCY_FREE) {
        count++;
    }
    return count;
}

static void test_worked(void **state)
{
    (void)state;
    struct concurrency_account account;
    struct concurrency f, g;
    start(&account, &f, &g, 30);
    concurrency_provision(&g, 10, 0);
    assert_int_equal(fill(&f), 30);
    assert_int_equal(fill(&g), 60);
    assert_int_equal(concurrency_enter(&f, false, false, 0), CONCURRENCY_RESERVED);
    assert_int_equal(concurrency_enter(&g, false, false, 0), CONCURRENCY_ACCOUNT);
    assert_true(concurrency_take_provisioned(&g, 0));
    assert_int_equal(concurrency_enter(&g, true, false, 0), CONCURRENCY_FREE);
    assert_int_equal(account.used.value, 60);
    concurrency_leave(&g, 1);
    assert_int_equal(account.used.value, 59);
    concurrency_leave(&f, 1);
    assert_int_equal(account.used.value, 59);
    assert_int_equal(f.used.value, 29);
}

static void test_reserve(void **state)
{
    (void)state;
    struct concurrency_account account;
    struct concurrency f, g;
    start(&account, &f, &g, -1);
    concurrency_provision(&f, 5, 0);
    assert_int_equal(concurrency_enter(&f, false, false, 0), CONCURRENCY_FREE);
    assert_int_equal(concurrency_most(&f), 95);
    assert_false(concurrency_reserve(&f, 81, 0)); /* 20 stay unreserved */
    assert_false(concurrency_reserve(&f, 4, 0));  /* five are provisioned */
    assert_true(concurrency_reserve(&f, 40, 0));
    assert_int_equal(concurrency_most(&f), 35);
    assert_int_equal(account.used.value, 0); /* what f uses is of its own part now */
    assert_int_equal(fill(&f), 34);
    assert_int_equal(fill(&g), 60);
    assert_true(concurrency_reserve(&f, 50, 0));
    assert_int_equal(fill(&f), 10);
    assert_int_equal(account.most, 50);
    assert_false(concurrency_reserve(&g, 31, 0)); /* f has 50 of 80 */
}

static void test_requests(void **state)
{
    (void)state;
    struct concurrency_account account;
    struct concurrency f, g;
    start(&account, &f, &g, 1);
    int32_t taken = 0;
    while (concurrency_enter(&f, false, true, 0) == CONCURRENCY_FREE) {
        concurrency_leave(&f, 0);
        taken++;
    }
    assert_int_equal(taken, 10);
    assert_int_equal(concurrency_enter(&f, false, true, 0), CONCURRENCY_RESERVED_REQUESTS);
    assert_int_equal(concurrency_enter(&f, false, false, 0), CONCURRENCY_FREE); /* an event */
    concurrency_leave(&f, 0);
    while (concurrency_enter(&g, false, true, 0) == CONCURRENCY_FREE) {
        concurrency_leave(&g, 0);
        taken++;
    }
    assert_int_equal(taken, 1000);
    assert_int_equal(account.requests_count, 1000);
    assert_int_equal(concurrency_enter(&g, false, true, 0), CONCURRENCY_ACCOUNT_REQUESTS);
    assert_int_equal(concurrency_enter(&f, false, true, SECOND), CONCURRENCY_FREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
