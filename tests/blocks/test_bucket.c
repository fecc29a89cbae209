/* Known independently: a bucket that never runs full lets exactly floor(burst + rate * t) tokens
 * out by t. Under Poisson arrivals of rate a the tokens that are missing, in units of time, are the
 * work in an M/D/1 queue with D = 1/rate, so that with K = (burst - 1) D
 * - who waits, waits for what the work V found exceeds K; P(V <= t) = (1 - aD) H(t), where H(t) is
 *   the sum over k <= t/D of (a(kD - t))^k / k! * exp(-a(kD - t))  (Erlang 1909);
 * - where they are turned away, work above K lets nobody in: below K its law keeps the shape of H,
 *   and tokens are used as fast as requests are let in: P(let in) = H(K) / (1 + aD H(K)). */
#include "sim/blocks/bucket.h"

#include "sim/kernel/random.h"
#include "tests/blocks/estimate.h"

#define SECOND_NS INT64_C(1000000000)

enum { REPLICATIONS = 200, WARM = 2000 };

static double erlang_h(double a, double d, double t)
{
    long double sum = 0;
    for (int k = 0; k * d <= t; k++) {
        const long double x = (long double)a * (k * (long double)d - t);
        sum += powl(x, k) / tgammal(k + 1) * expl(-x);
    }
    return (double)sum;
}

static void test_worked(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 10, 2);
    assert_true(bucket_take(&bucket, 0, 1));
    assert_true(bucket_take(&bucket, 0, 1));
    assert_false(bucket_take(&bucket, 0, 1));
    assert_int_equal(bucket_due_ns(&bucket, 1), 100000000);
    assert_int_equal(bucket_due_ns(&bucket, 2), 200000000);
    assert_false(bucket_take(&bucket, 99999999, 1));
    assert_true(bucket_take(&bucket, 100000000, 1));
    assert_false(bucket_take(&bucket, 250000000, 2)); /* 1.5 are there, and stay */
    assert_true(bucket_take(&bucket, 300000000, 2));
    assert_false(bucket_take(&bucket, 300000000, 1));
}

/* Long after it has run full it holds the burst and no more. */
static void test_full(void **state)
{
    (void)state;
    const int64_t now_ns = 876000 * (3600 * SECOND_NS); /* 100 years */
    struct bucket bucket;
    bucket_init(&bucket, 5, 7);
    assert_false(bucket_take(&bucket, now_ns, 8));
    assert_true(bucket_take(&bucket, now_ns, 7));
    assert_false(bucket_take(&bucket, now_ns, 1));
    assert_in_range(bucket_due_ns(&bucket, 7) - now_ns, 1400000000 - 1, 1400000000);
}

/* The k-th token after the burst of rate n/m per second is there at ceil(k m / n) s, to the
 * nanosecond, however many have been taken before: no drift. */
static void due_check(int64_t n, int64_t m, int64_t burst, int64_t tokens, int64_t step)
{
    struct bucket bucket;
    bucket_init(&bucket, (double)n / (double)m, burst);
    assert_true(bucket_take(&bucket, 0, burst));
    for (int64_t k = step; k <= tokens; k += step) {
        const __int128 exact = (__int128)k * m * SECOND_NS;
        const int64_t due_ns = (int64_t)((exact + n - 1) / n);
        assert_false(bucket_take(&bucket, due_ns - 1, step));
        assert_int_equal(bucket_due_ns(&bucket, step), due_ns);
        assert_true(bucket_take(&bucket, due_ns, step));
    }
}

static void test_no_drift(void **state)
{
    (void)state;
    due_check(3, 1, 1, 1000000, 1);
    due_check(7, 1, 5, 1000000, 1);
    due_check(999983, 1, 100, 1000000, 1);
    due_check(3, 8, 1, 1000000, 1);
    due_check(1000000000, 1, 1, 1000000, 1);
    due_check(3000000, 1, 1000000, 30000000000, 1000000); /* 10,000 s at 3 million a second */
}

/* A greedy taker that looks at random instants has floor(burst + rate t) by t. */
static void test_greedy(void **state)
{
    (void)state;
    const int64_t rates[] = {1, 13, 1700, 999999};
    struct random random;
    random_seed(&random, 1, 0, "greedy", "test");
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const int64_t burst = 20;
        struct bucket bucket;
        int64_t now_ns = 0, taken = burst;
        bucket_init(&bucket, (double)rates[i], burst);
        assert_true(bucket_take(&bucket, 0, burst));
        for (int look = 0; look < sample_size(100000); look++) {
            now_ns += random_below(&random, (uint32_t)(4 * SECOND_NS / rates[i]));
            while (bucket_take(&bucket, now_ns, 1)) {
                taken++;
            }
            const __int128 refilled = (__int128)rates[i] * now_ns / SECOND_NS;
            assert_int_equal(taken, burst + (int64_t)refilled);
        }
    }
}

/* Constant arrivals faster than the rate: all pass until the burst is used up, then every other
 * one. */
static void test_constant_arrivals(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 100, 10);
    int passed = 0;
    for (int i = 0; i < 100000; i++) {
        const bool pass = bucket_take(&bucket, i * SECOND_NS / 200, 1);
        passed += pass;
        /* by arrival i the bucket has let out floor(10 + i / 2) at most */
        assert_int_equal(passed, i < 19 ? i + 1 : 10 + i / 2);
    }
}

static void waiting_check(double load, int64_t burst)
{
    const double rate_per_s = 1000, d = 1 / rate_per_s, a = load * rate_per_s;
    const double k = (double)(burst - 1) * d;
    const int arrivals = sample_size(20000);
    struct estimate waited = {0}, longer = {0};
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct bucket bucket;
        struct random random;
        double time_ns = 0, free_ns = 0;
        int waits = 0, waits_longer = 0;
        bucket_init(&bucket, rate_per_s, burst);
        random_seed(&random, 1, r, "waiting", "test");
        for (int i = -WARM; i < arrivals; i++) {
            time_ns += random_exponential(&random) * 1e9 / a;
            int64_t now_ns = (int64_t)fmax(time_ns, free_ns); /* in order */
            if (!bucket_take(&bucket, now_ns, 1)) {
                now_ns = bucket_due_ns(&bucket, 1);
                assert_true(bucket_take(&bucket, now_ns, 1));
            }
            free_ns = (double)now_ns;
            waits += i >= 0 && (double)now_ns > time_ns;
            waits_longer += i >= 0 && (double)now_ns - time_ns > 1.7e9 * d;
        }
        estimate_add(&waited, waits / (double)arrivals);
        estimate_add(&longer, waits_longer / (double)arrivals);
    }
    estimate_check(&waited, 1 - (1 - load) * erlang_h(a, d, k), "share that waits");
    estimate_check(&longer, 1 - (1 - load) * erlang_h(a, d, k + 1.7 * d),
                   "share that waits for long");
}

static void test_waiting(void **state)
{
    (void)state;
    waiting_check(0.5, 1);
    waiting_check(0.8, 1);
    waiting_check(0.8, 4);
    waiting_check(0.9, 6);
}

static void turned_away_check(double load, int64_t burst)
{
    const double rate_per_s = 1000, d = 1 / rate_per_s, a = load * rate_per_s;
    const double h = erlang_h(a, d, (double)(burst - 1) * d);
    const int arrivals = sample_size(20000);
    struct estimate passed = {0};
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct bucket bucket;
        struct random random;
        double time_ns = 0;
        int passes = 0;
        bucket_init(&bucket, rate_per_s, burst);
        random_seed(&random, 1, r, "turned away", "test");
        for (int i = -WARM; i < arrivals; i++) {
            time_ns += random_exponential(&random) * 1e9 / a;
            passes += bucket_take(&bucket, (int64_t)time_ns, 1) && i >= 0;
        }
        estimate_add(&passed, passes / (double)arrivals);
    }
    estimate_check(&passed, h / (1 + load * h), "share that passes");
}

static void test_turned_away(void **state)
{
    (void)state;
    turned_away_check(0.7, 1); /* Erlang's loss with one server: 1 / (1 + 0.7) */
    turned_away_check(0.9, 3);
    turned_away_check(1, 5);
    turned_away_check(1.6, 8);
}

/* More than the burst is taken from a full bucket only, and paid off before the next one. */
static void test_owing(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 10, 20);
    assert_true(bucket_take(&bucket, 0, 1));
    assert_false(bucket_take_owing(&bucket, 0, 50)); /* not full */
    assert_true(bucket_take_owing(&bucket, 0, 19));
    assert_false(bucket_take_owing(&bucket, 2 * SECOND_NS - 1, 50));
    assert_true(bucket_take_owing(&bucket, 2 * SECOND_NS, 50)); /* owes 30 */
    assert_int_equal(bucket_due_ns(&bucket, 1), 5 * SECOND_NS + SECOND_NS / 10);
    assert_false(bucket_take_owing(&bucket, 5 * SECOND_NS, 1));
    assert_true(bucket_take_owing(&bucket, 5 * SECOND_NS + SECOND_NS / 10, 1));
}

static void test_given_back(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 10, 20);
    assert_true(bucket_take(&bucket, 7, 20));
    bucket_give_back(&bucket, 5);
    assert_false(bucket_take(&bucket, 7, 6));
    assert_true(bucket_take(&bucket, 7, 5));
    assert_false(bucket_take(&bucket, 7, 1));
}

/* Of what it holds nothing is lost or won, be the new rate faster or slower; a smaller burst cuts
 * it, a debt stays. */
static void test_change(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 10, 20);
    assert_true(bucket_take(&bucket, 0, 13));
    bucket_change(&bucket, SECOND_NS / 4, 7, 100); /* 9.5 are there */
    assert_false(bucket_take(&bucket, SECOND_NS / 4, 10));
    assert_in_range(bucket_due_ns(&bucket, 10), SECOND_NS / 4 + SECOND_NS / 14,
                    SECOND_NS / 4 + SECOND_NS / 14 + 1);
    assert_true(bucket_take(&bucket, SECOND_NS / 4, 9));
    bucket_init(&bucket, 10, 20);
    bucket_change(&bucket, SECOND_NS, 1000, 5);
    assert_false(bucket_take(&bucket, SECOND_NS, 6));
    assert_true(bucket_take(&bucket, SECOND_NS, 5));
    assert_true(bucket_take_owing(&bucket, 2 * SECOND_NS, 15)); /* owes 10 */
    bucket_change(&bucket, 2 * SECOND_NS, 10, 20);
    /* a full bucket keeps a nanosecond more, of the faster rate: 100 of the slower */
    assert_in_range(bucket_due_ns(&bucket, 20), 5 * SECOND_NS - 100, 5 * SECOND_NS);
}

/* Whole tokens stay whole through any number of changes. */
static void test_changes(void **state)
{
    (void)state;
    struct random random;
    struct bucket bucket;
    random_seed(&random, 1, 0, "changes", "test");
    bucket_init(&bucket, 3, 1000);
    assert_true(bucket_take(&bucket, 0, 877));
    for (int i = 0; i < 1000; i++) {
        bucket_change(&bucket, 0, 1 + random_below(&random, 100000), 1000);
    }
    assert_false(bucket_take(&bucket, 0, 124));
    assert_true(bucket_take(&bucket, 0, 123));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_no_drift),
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_constant_arrivals),
        cmocka_unit_test(test_owing),
        cmocka_unit_test(test_given_back),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_turned_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
