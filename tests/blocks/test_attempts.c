/* Retries of the AWS CLI's standard mode. Sources: [R] AWS CLI User Guide, "AWS CLI retries": 3
 * attempts in all, exponential backoff by a base factor of 2, at most 20 seconds; [S] AWS SDKs
 * reference, "Retry behavior": full jitter, a bucket of 500 tokens, 5 per retry, 10 per timeout. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/attempts.h"

#define SECOND INT64_C(1000000000)

static const struct attempts_rules standard = {3, SECOND, 20 * SECOND, 2, 500, 5, 10};

static struct random stream(void)
{
    struct random random;
    random_seed(&random, 5, 0, "cli", "retries");
    return random;
}

static void attempts_count_the_first(void **state)
{
    (void)state;
    struct random random = stream();
    struct attempts_quota quota;
    int64_t wait_ns, paid;
    attempts_init(&quota, &standard);
    assert_true(attempts_again(&quota, &standard, 1, false, &random, &wait_ns, &paid));
    assert_true(attempts_again(&quota, &standard, 2, false, &random, &wait_ns, &paid));
    assert_false(attempts_again(&quota, &standard, 3, false, &random, &wait_ns, &paid));
}

/* Means of uniform waits: half of 1, 2, 4, 8, 16, 20, 20 s; never beyond. */
static void waits_are_full_jitter(void **state)
{
    (void)state;
    const double longest_s[] = {1, 2, 4, 8, 16, 20, 20};
    struct attempts_rules rules = standard;
    struct random random = stream();
    rules.most_count = 10;
    for (int64_t made = 1; made <= 7; made++) {
        const double longest = longest_s[made - 1];
        double sum = 0, most = 0;
        for (int i = 0; i < 10000; i++) {
            struct attempts_quota quota = {500};
            int64_t wait_ns, paid;
            assert_true(attempts_again(&quota, &rules, made, false, &random, &wait_ns, &paid));
            assert_true(wait_ns >= 0);
            sum += (double)wait_ns / 1e9;
            most = fmax(most, (double)wait_ns / 1e9);
        }
        /* six standard errors of the mean of 10000 uniform draws */
        assert_true(fabs(sum / 10000 - longest / 2) < 6 * longest / sqrt(12.0 * 10000));
        assert_true(most <= longest && most > 0.99 * longest);
    }
}

static void quota_pays_for_so_many_in_vain(void **state)
{
    (void)state;
    struct random random = stream();
    struct attempts_quota quota;
    int64_t wait_ns, paid;
    int retries = 0, timeouts = 0;
    attempts_init(&quota, &standard);
    while (attempts_again(&quota, &standard, 1, false, &random, &wait_ns, &paid)) {
        assert_int_equal(paid, 5);
        retries++;
    }
    assert_int_equal(retries, 100);
    attempts_init(&quota, &standard);
    while (attempts_again(&quota, &standard, 1, true, &random, &wait_ns, &paid)) {
        assert_int_equal(paid, 10);
        timeouts++;
    }
    assert_int_equal(timeouts, 50);
}

/* A success gives back what its retry took, or one, and never more than the bucket holds. */
static void successes_refill(void **state)
{
    (void)state;
    struct attempts_quota quota = {100};
    attempts_good(&quota, &standard, 10);
    assert_int_equal(quota.tokens, 110);
    attempts_good(&quota, &standard, 0);
    assert_int_equal(quota.tokens, 111);
    quota.tokens = 498;
    attempts_good(&quota, &standard, 5);
    assert_int_equal(quota.tokens, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_count_the_first),
        cmocka_unit_test(waits_are_full_jitter),
        cmocka_unit_test(quota_pays_for_so_many_in_vain),
        cmocka_unit_test(successes_refill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
