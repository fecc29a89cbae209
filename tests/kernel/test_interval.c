/* Known independently: printed tables of Student's t (Abramowitz and Stegun, table 26.10), the
 * closed forms of Clopper and Pearson's bounds at k = 0 and k = n, their definition by sums of
 * binomial probabilities, and the coverage that each interval promises. */
#include "sim/kernel/interval.h"

#include <gsl/gsl_randist.h>
#include <stdbool.h>

#include "sim/kernel/random.h"
#include "tests/kernel/sample.h"

static void test_student_table(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        double confidence, t;
    } table[] = {
        {2, 0.95, 12.706}, {5, 0.95, 2.776}, {10, 0.95, 2.262}, {20, 0.95, 2.093},
        {30, 0.95, 2.045}, {5, 0.99, 4.604}, {10, 0.99, 3.250}, {30, 0.99, 2.756},
        {5, 0.999, 8.610}, {31, 0.9, 1.697},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        /* -1 and 1 in turn, then the sd is known: sqrt(sum / (n - 1)) */
        double values[31], mean = 0, squares = 0;
        const size_t n = table[i].count;
        for (size_t j = 0; j < n; j++) {
            values[j] = j % 2 == 0 ? -1 : 1;
            mean += values[j] / (double)n;
        }
        for (size_t j = 0; j < n; j++)
            squares += (values[j] - mean) * (values[j] - mean);
        const double error = sqrt(squares / (double)(n - 1) / (double)n);
        const struct interval v = interval_student(values, n, table[i].confidence);
        assert_true(fabs(v.value - mean) < 1e-15);
        assert_true(fabs((v.high - v.value) / error - table[i].t) < 0.00051);
        assert_true(fabs((v.value - v.low) / error - table[i].t) < 0.00051);
    }
}

static void test_student_edges(void **state)
{
    (void)state;
    const double one[] = {4}, same[] = {4, 4, 4}, holes[] = {(double)NAN, 4, (double)NAN, 6};
    assert_true(isnan(interval_student(one, 0, 0.95).value));
    struct interval v = interval_student(one, 1, 0.95);
    assert_true(v.value == 4 && isnan(v.low) && isnan(v.high));
    v = interval_student(same, 3, 0.95);
    assert_true(v.value == 4 && v.low == 4 && v.high == 4);
    v = interval_student(holes, 4, 0.95);
    assert_true(v.value == 5 && fabs(v.high - 5 - 12.7062) < 1e-4);
}

/* The true mean is inside in the promised share of experiments. */
static void test_student_coverage(void **state)
{
    (void)state;
    static const double confidence[] = {0.9, 0.95, 0.9875};
    struct random random;
    random_seed(&random, 71, 0, "student", "test");
    const int rounds = sample_size(40000);
    for (size_t i = 0; i < sizeof(confidence) / sizeof(confidence[0]); i++) {
        double inside = 0;
        for (int round = 0; round < rounds; round++) {
            double values[5];
            for (int j = 0; j < 5; j++)
                values[j] = 100 + random_normal(&random);
            const struct interval v = interval_student(values, 5, confidence[i]);
            inside += v.low <= 100 && 100 <= v.high;
        }
        sample_check_near(inside / rounds, confidence[i],
                          sqrt(confidence[i] * (1 - confidence[i]) / rounds), "coverage");
    }
}

static void test_binomial_closed_forms(void **state)
{
    (void)state;
    static const uint64_t trials[] = {1, 2, 10, 100, 12345, 1000000, 1000000000};
    for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
        const double n = (double)trials[i];
        const double loss = -expm1(log(0.025) / n); /* 1 - 0.025^(1 / n) */
        const struct interval none = interval_binomial(0, trials[i], 0.95);
        const struct interval all = interval_binomial(trials[i], trials[i], 0.95);
        assert_true(none.value == 0 && none.low == 0 && all.value == 1 && all.high == 1);
        sample_check_close(none.high, loss, 1e-7, "none");
        assert_true(fabs(all.low - (1 - loss)) < 1e-7 * loss + 1e-15);
    }
    assert_true(isnan(interval_binomial(0, 0, 0.95).value));
    /* printed in many textbooks: 10 of 100 is [4.90 %, 17.62 %] */
    const struct interval v = interval_binomial(10, 100, 0.95);
    assert_true(fabs(v.low - 0.0490) < 5e-5 && fabs(v.high - 0.1762) < 5e-5);
}

/* At the low bound k or more come with probability alpha / 2, at the high bound k or less. */
static void test_binomial_definition(void **state)
{
    (void)state;
    static const unsigned trials[] = {3, 17, 200, 3000};
    for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
        const unsigned n = trials[i];
        for (unsigned k = 0; k <= n; k += 1 + n / 13) {
            const struct interval v = interval_binomial(k, n, 0.9875);
            double more = 0, less = 0;
            for (unsigned j = 0; j <= n; j++) {
                more += j >= k ? gsl_ran_binomial_pdf(j, v.low, n) : 0;
                less += j <= k ? gsl_ran_binomial_pdf(j, v.high, n) : 0;
            }
            if (k > 0)
                sample_check_close(more, 0.00625, 1e-5, "low");
            if (k < n)
                sample_check_close(less, 0.00625, 1e-5, "high");
        }
    }
}

/* For large counts the normal approximation holds to 4 % of the half-width; and the search ends. */
static void test_binomial_large_counts(void **state)
{
    (void)state;
    for (double n = 1e6; n < 2e9; n *= 10)
        for (double p = 0.001; p < 1; p += 0.0369) {
            const double k = floor(n * p);
            const struct interval v = interval_binomial((uint64_t)k, (uint64_t)n, 0.95);
            const double half = 1.959964 * sqrt(k / n * (1 - k / n) / n);
            sample_check_close(v.value - v.low, half, 0.04, "low side");
            sample_check_close(v.high - v.value, half, 0.04, "high side");
        }
}

/* Exact: for no p does the interval cover less than it promises. */
static void test_binomial_coverage(void **state)
{
    (void)state;
    enum { TRIALS = 40 };
    struct interval v[TRIALS + 1];
    for (unsigned k = 0; k <= TRIALS; k++)
        v[k] = interval_binomial(k, TRIALS, 0.95);
    double least = 1;
    for (double p = 0.0005; p < 1; p += 0.0005) {
        double covered = 0;
        for (unsigned k = 0; k <= TRIALS; k++)
            covered += v[k].low <= p && p <= v[k].high ? gsl_ran_binomial_pdf(k, p, TRIALS) : 0;
        least = fmin(least, covered);
    }
    assert_true(least >= 0.95);
    assert_true(least < 0.97); /* and not by being far too wide */
}

static void test_ratio(void **state)
{
    (void)state;
    /* no failure in 5 x 20: Student says certainty, Clopper and Pearson do not */
    const uint64_t all[] = {20, 20, 20, 20, 20};
    struct interval v = interval_ratio(all, all, 5, 0.95);
    assert_true(v.value == 1 && v.high == 1);
    sample_check_close(v.low, pow(0.025, 0.01), 1e-9, "no failure");

    /* replications that differ much: Student is wider, and is clamped */
    const uint64_t some[] = {0, 1000, 900, 1000, 1000}, of[] = {1000, 1000, 1000, 1000, 1000};
    const double ratios[] = {0, 1, 0.9, 1, 1};
    v = interval_ratio(some, of, 5, 0.95);
    sample_check_close(v.value, 0.78, 1e-15, "mean");
    sample_check_close(v.low, interval_student(ratios, 5, 0.95).low, 1e-12, "student");
    assert_true(v.high == 1);

    /* the mean of the ratios, not the pooled ratio; replications without trials do not count */
    const uint64_t k[] = {1, 0, 30}, n[] = {10, 0, 100};
    v = interval_ratio(k, n, 3, 0.95);
    sample_check_close(v.value, 0.2, 1e-15, "mean of ratios");
    const struct interval pooled = interval_binomial(31, 110, 0.95);
    assert_true(v.low <= pooled.low && v.high >= pooled.high);

    v = interval_ratio(k, n, 2, 0.95); /* one replication with data */
    assert_true(v.value == 0.1 && isnan(v.low) && isnan(v.high));
    assert_true(isnan(interval_ratio(k + 1, n + 1, 1, 0.95).value));
}

/* Looks at 5, 10, 20 and 30 of the same values: all four hold in 95 % of experiments at least. */
static void test_looks(void **state)
{
    (void)state;
    assert_true(fabs(interval_look_confidence(0.95, 4) - 0.9875) < 1e-15);
    assert_true(fabs(interval_look_confidence(0.95, 1) - 0.95) < 1e-15);
    static const size_t looks[] = {5, 10, 20, 30};
    struct random random;
    random_seed(&random, 72, 0, "looks", "test");
    const int rounds = sample_size(20000);
    double held = 0;
    for (int round = 0; round < rounds; round++) {
        double values[30];
        for (int i = 0; i < 30; i++)
            values[i] = random_normal(&random);
        bool holds = true;
        for (int i = 0; i < 4; i++) {
            const struct interval v =
                interval_student(values, looks[i], interval_look_confidence(0.95, 4));
            holds = holds && v.low <= 0 && 0 <= v.high;
        }
        held += holds;
    }
    assert_true(held / rounds >= 0.95);
    assert_true(held / rounds < 0.975);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student_table),
        cmocka_unit_test(test_student_edges),
        cmocka_unit_test(test_student_coverage),
        cmocka_unit_test(test_binomial_closed_forms),
        cmocka_unit_test(test_binomial_definition),
        cmocka_unit_test(test_binomial_large_counts),
        cmocka_unit_test(test_binomial_coverage),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
