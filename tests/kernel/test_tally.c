/* Known independently: mean and variance by hand, and by two passes in long double. */
#include "sim/kernel/tally.h"

#include "sim/kernel/random.h"
#include "tests/kernel/sample.h"

static void test_assert_same(const struct tally *a, const struct tally *b)
{
    assert_true(a->count == b->count && a->min == b->min && a->max == b->max);
    assert_true(a->sum == b->sum && a->squares == b->squares);
}

static void test_by_hand(void **state)
{
    (void)state;
    struct tally t;
    tally_clear(&t);
    assert_true(isnan(tally_mean(&t)) && isnan(tally_sd(&t)));
    tally_add(&t, 3);
    assert_true(tally_mean(&t) == 3 && isnan(tally_sd(&t)));
    tally_add(&t, 5);
    tally_add(&t, 7);
    assert_true(tally_mean(&t) == 5 && tally_sd(&t) == 2);
    assert_true(t.count == 3 && t.min == 3 && t.max == 7);
    tally_add(&t, -16); /* squares 83 + 256 about a mean that is not whole: sum -1 */
    sample_check_close(tally_mean(&t), -0.25, 1e-15, "mean");
    sample_check_close(tally_sd(&t), sqrt((339 - 0.25) / 3), 1e-15, "sd");
    assert_true(t.min == -16);
    tally_clear(&t);
    assert_true(t.count == 0 && isnan(tally_mean(&t)));
}

static void test_constants_do_not_spread(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 1, 7, 999999937, 86400000000000, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct tally t;
        tally_clear(&t);
        for (int j = 0; j < 100003; j++)
            tally_add(&t, values[i]);
        assert_true(tally_sd(&t) == 0);
        assert_true(tally_mean(&t) == (double)values[i]);
    }
}

/* Small spread on a large value, where sums of squares in doubles lose everything; with 2^62 and
 * 1000 values the exact sum of squares is beyond 2^128 too. */
static void test_against_two_passes(void **state)
{
    (void)state;
    static const int64_t bases[] = {0, 1000000007, (int64_t)1 << 62};
    struct random random;
    random_seed(&random, 31, 0, "tally", "test");
    enum { COUNT = 1000 };
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        int64_t values[COUNT];
        struct tally whole, parts[2];
        tally_clear(&whole);
        tally_clear(&parts[0]);
        tally_clear(&parts[1]);
        long double mean = 0, squares = 0;
        for (int j = 0; j < COUNT; j++) {
            values[j] = bases[i] + (int64_t)(1000 * random_exponential(&random));
            mean += (long double)(values[j] - bases[i]) / COUNT;
            tally_add(&whole, values[j]);
            tally_add(&parts[j > 300], values[j]);
        }
        for (int j = 0; j < COUNT; j++)
            squares += ((long double)(values[j] - bases[i]) - mean) *
                       ((long double)(values[j] - bases[i]) - mean);
        const double sd = (double)sqrtl(squares / (COUNT - 1));
        sample_check_close(tally_mean(&whole), (double)(mean + (long double)bases[i]), 1e-15,
                           "mean");
        sample_check_close(tally_sd(&whole), sd, 1e-13, "sd");
        tally_merge(&parts[1], &parts[0]);
        test_assert_same(&parts[1], &whole);
    }
}

static void test_merge_with_nothing(void **state)
{
    (void)state;
    struct tally t, empty;
    tally_clear(&t);
    tally_clear(&empty);
    tally_add(&t, 4);
    const struct tally before = t;
    tally_merge(&t, &empty);
    test_assert_same(&t, &before);
    tally_merge(&empty, &t);
    test_assert_same(&t, &empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_constants_do_not_spread),
        cmocka_unit_test(test_against_two_passes),
        cmocka_unit_test(test_merge_with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
