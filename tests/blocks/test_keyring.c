/* Known independently: with fetches of a constant length everybody waits until the same instant,
 * and the keys are good for their lifetime from then. */
#include "sim/blocks/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define HOUR (3600 * 1000 * MS)

static void test_worked(void **state)
{
    (void)state;
    const struct distribution fetch = distribution_constant(100 * (double)MS);
    struct random random;
    struct keyring keyring;
    random_seed(&random, 1, 0, "test", "keys");
    keyring_init(&keyring, &fetch, HOUR, &random);
    assert_int_equal(keyring_wait_ns(&keyring, 0), 100 * MS);
    assert_int_equal(keyring_wait_ns(&keyring, 40 * MS), 60 * MS);
    assert_int_equal(keyring_wait_ns(&keyring, 100 * MS), 0);
    assert_int_equal(keyring_wait_ns(&keyring, 100 * MS + HOUR - 1), 0);
    assert_int_equal(keyring_wait_ns(&keyring, 100 * MS + HOUR), 100 * MS);
    assert_int_equal(keyring_wait_ns(&keyring, 150 * MS + HOUR), 50 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_worked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
