/* Second tries, where no queue makes them depend on each other. A hedged call ends with the
 * earliest of its tries, each begun `after` the last one; a call that fails with probability q,
 * whatever became of others, is answered after n attempts with probability 1 - q^n; a timeout
 * cuts the law of an attempt off. All of the latency follows (Dean & Barroso, The Tail at Scale,
 * CACM 56, 2013, has the idea; the sums are elementary). */
#include <math.h>

#define THEORY_SEED "20"
#include "tests/theory/theory.h"

/* ---- hedging ---- */

struct hedged {
    int tries;
    double after;
};

/* Tries of exponential(1ms): none is over. */
static double hedged_tail(double t, const void *law)
{
    const struct hedged *h = law;
    double tail = 1;
    for (int i = 0; i < h->tries; i++) {
        tail *= exp(-fmax(0, t - i * h->after) / 1e-3);
    }
    return tail;
}

static void hedge_run(int tries, const char *after, double after_s)
{
    const struct hedged h = {tries, after_s};
    const struct curve tail = {hedged_tail, &h};
    double calls = 0;
    for (int i = 0; i < tries; i++) {
        calls += hedged_tail(i * after_s, &h);
    }
    struct lab *lab = lab_run(
        THEORY_HEAD("30s",
                    "1s") "services:\n  front: {type: delay, calls: [{hedge: {call: d, after: %s, "
                          "max: %d}}]}\n  d: {type: delay, work: exponential(1ms)}\n"
                          "traffic:\n  t: {to: front, rate: 4000/s}\n",
        after, tries);
    lab_expect(lab, "services.d.arrivals", 4000 * calls, 0.008);
    lab_expect(lab, "services.d.abandoned", 1 - 1 / calls, 0.01);
    lab_expect(lab, "traffic.t.latency.mean",
               exact_integral(tail, 0, after_s * tries) +
                   exact_integral(tail, after_s * tries, after_s * tries + 30e-3),
               0.006);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(tail, 0.5), 0.012);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(tail, 0.9), 0.008);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.015);
    lab_expect(lab, "traffic.t.latency.p99_9", exact_quantile(tail, 0.999), 0.035);
    lab_close(lab);
}

static void test_hedging(void **state)
{
    (void)state;
    hedge_run(2, "1ms", 1e-3);
    hedge_run(3, "0.8ms", 0.8e-3);
}

/* ---- retries after failures ---- */

/* `bad` fails three times in ten. The waits between attempts are as `retry` says. */
static struct lab *retries_run(const char *retry)
{
    return lab_run(
        THEORY_HEAD("60s",
                    "1s") "services:\n  front: {type: delay, calls: [{call: bad, retry: {%s}}]}\n"
                          "  bad: {type: delay, work: 2ms, calls: [{call: never, timeout: 1ns, "
                          "probability: 30%%}]}\n  never: {type: delay, work: 1us}\n"
                          "traffic:\n  t: {to: front, rate: 1000/s}\n",
        retry);
}

/* waits[i]: the mean wait before attempt i + 2 */
static void retries_expect(struct lab *lab, int attempts, const double *waits)
{
    double late = 0; /* of all good answers */
    double spent = 2e-3;
    double made = 0;
    for (int i = 0; i < attempts; i++) {
        late += pow(0.3, i) * 0.7 * spent;
        made += pow(0.3, i);
        spent += 2e-3 + (i + 1 < attempts ? waits[i] : 0);
    }
    const double good = 1 - pow(0.3, attempts);
    lab_expect(lab, "traffic.t.availability", good, 0.002);
    lab_expect(lab, "traffic.t.errors.timeout", 1 - good, 0.08);
    lab_expect(lab, "services.bad.arrivals", 1000 * made, 0.008);
    lab_expect(lab, "services.bad.errors.timeout", 0.3, 0.01);
    lab_expect(lab, "traffic.t.latency.mean", late / good, 0.01);
    lab_close(lab);
}

static void test_retries_at_once(void **state)
{
    (void)state;
    retries_expect(retries_run("attempts: 3"), 3, (const double[]){0, 0});
}

static void test_random_backoff(void **state)
{
    (void)state;
    retries_expect(retries_run("attempts: 3, backoff: exponential(4ms)"), 3,
                   (const double[]){4e-3, 4e-3});
}

static void test_backoff_without_jitter(void **state)
{
    (void)state;
    retries_expect(
        retries_run("attempts: 4, backoff: {first: 2ms, factor: 3, cap: 10ms, jitter: none}"), 4,
        (const double[]){2e-3, 6e-3, 10e-3});
}

static void test_full_jitter(void **state)
{
    (void)state;
    retries_expect(
        retries_run("attempts: 4, backoff: {first: 2ms, factor: 3, cap: 10ms, jitter: full}"), 4,
        (const double[]){1e-3, 3e-3, 5e-3});
}

static void test_equal_jitter(void **state)
{
    (void)state;
    retries_expect(
        retries_run("attempts: 4, backoff: {first: 2ms, factor: 3, cap: 10ms, jitter: equal}"), 4,
        (const double[]){1.5e-3, 4.5e-3, 7.5e-3});
}

/* uniform in first .. 3 times the previous: the means follow m' = (first + 3 m) / 2, no cap */
static void test_decorrelated_jitter(void **state)
{
    (void)state;
    retries_expect(retries_run("attempts: 4, backoff: {first: 2ms, cap: 1s, jitter: decorrelated}"),
                   4, (const double[]){4e-3, 7e-3, 11.5e-3});
}

/* Nine in ten fail, a budget of 20 % allows for one retry in five requests. */
static void test_budget(void **state)
{
    (void)state;
    struct lab *lab = lab_run(THEORY_HEAD(
        "60s",
        "10s") "services:\n  bad: {type: delay, calls: [{call: never, timeout: 1ns, probability: "
               "90%%}]}\n"
               "  never: {type: delay, work: 1us}\n"
               "traffic:\n  t: {to: bad, rate: 1000/s, retry: {attempts: 3, budget: 20%%}}\n");
    lab_expect(lab, "traffic.t.retries", 0.2 / 1.2, 0.012);
    lab_expect(lab, "traffic.t.availability", 0.12, 0.02);
    lab_close(lab);
}

/* ---- timeouts ---- */

/* Attempts of exponential(1ms) that are given up after 2 ms, three of them, 0.5 ms apart. */
static double cut_tail(double t, const void *law)
{
    (void)law;
    const double failed = exp(-2);
    double good = 0; /* answered by t */
    for (int i = 0; i < 3; i++) {
        const double into = fmin(2e-3, t - i * 2.5e-3);
        good += into > 0 ? pow(failed, i) * -expm1(-into / 1e-3) : 0;
    }
    return 1 - good / (1 - pow(failed, 3));
}

static void test_timeouts(void **state)
{
    (void)state;
    const struct curve tail = {cut_tail, NULL};
    const double failed = exp(-2);
    const double good = 1 - pow(failed, 3);
    const double attempts = 1 + failed + failed * failed;
    double mean = 0;
    for (int i = 0; i < 3; i++) { /* between the kinks */
        mean += exact_integral(tail, i * 2.5e-3, i * 2.5e-3 + 2e-3);
        mean += exact_integral(tail, i * 2.5e-3 + 2e-3, (i + 1) * 2.5e-3);
    }
    struct lab *lab =
        lab_run(THEORY_HEAD("60s", "1s") "services:\n  d: {type: delay, work: exponential(1ms)}\n"
                                         "traffic:\n  t: {to: d, rate: 1000/s, timeout: 2ms, "
                                         "retry: {attempts: 3, backoff: 0.5ms}}\n");
    lab_expect(lab, "traffic.t.availability", good, 0.002);
    lab_expect(lab, "traffic.t.retries", 1 - 1 / attempts, 0.015);
    lab_expect(lab, "traffic.t.latency.mean", mean, 0.008);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(tail, 0.5), 0.01);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(tail, 0.9), 0.008);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.01);
    lab_expect(lab, "services.d.abandoned", failed, 0.015);
    lab_expect(lab, "services.d.in_flight.mean", attempts, 0.012);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hedging),
        cmocka_unit_test(test_retries_at_once),
        cmocka_unit_test(test_random_backoff),
        cmocka_unit_test(test_backoff_without_jitter),
        cmocka_unit_test(test_full_jitter),
        cmocka_unit_test(test_equal_jitter),
        cmocka_unit_test(test_decorrelated_jitter),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_timeouts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
