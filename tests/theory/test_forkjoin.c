/* Parallel branches. Known: two M/M/1 fed by the same arrivals join after (12 - rho) / 8 times
 * the mean stay (Flatto & Hahn 1984; Nelson & Tantawi, IEEE Trans. Computers 37, 1988), and so
 * part after (4 + rho) / 8 of it; without queues a step that waits for k of n takes the k-th
 * order statistic. */
#include <math.h>

#define THEORY_SEED "13"
#include "tests/theory/theory.h"

static struct lab *forkjoin_queues(const char *wait_for)
{
    return lab_run(
        THEORY_HEAD("150s",
                    "1s") "services:\n  front: {type: delay, calls: [{parallel: [a, b]%s}]}\n"
                          "  a: {type: server, work: exponential(1ms)}\n"
                          "  b: {type: server, work: exponential(1ms)}\n"
                          "traffic:\n  t: {to: front, rate: 600/s}\n",
        wait_for);
}

static void test_two_queues_join(void **state)
{
    (void)state;
    struct lab *lab = forkjoin_queues("");
    lab_expect(lab, "services.a.latency.mean", 2.5e-3, 0.02);
    lab_expect(lab, "services.b.latency.p90", 2.5e-3 * log(10), 0.03);
    lab_expect(lab, "traffic.t.latency.mean", (12 - 0.6) / 8 * 2.5e-3, 0.02);
    lab_close(lab);
}

static void test_the_first_of_two_queues(void **state)
{
    (void)state;
    struct lab *lab = forkjoin_queues(", wait_for: 1");
    lab_expect(lab, "services.b.latency.mean", 2.5e-3, 0.025);
    lab_expect(lab, "services.a.in_flight.mean", 1.5, 0.025);
    lab_expect(lab, "traffic.t.latency.mean", (4 + 0.6) / 8 * 2.5e-3, 0.02);
    lab_close(lab);
}

struct order {
    int wanted, count;
};

/* Fewer than `wanted` of `count` exponentials (1 ms) are over at t. */
static double order_tail(double t, const void *law)
{
    const struct order *o = law;
    const double over = -expm1(-t / 1e-3);
    double tail = 0;
    double term = pow(1 - over, o->count); /* exactly k over */
    for (int k = 0; k < o->wanted; k++) {
        tail += term;
        term *= over / (1 - over) * (o->count - k) / (k + 1);
    }
    return tail;
}

static void order_run(int wanted)
{
    const struct order o = {wanted, 5};
    const struct curve tail = {order_tail, &o};
    double mean = 0; /* sum of 1 / n over the first spacings */
    double variance = 0;
    for (int k = 0; k < wanted; k++) {
        mean += 1e-3 / (5 - k);
        variance += 1e-6 / ((5 - k) * (5 - k));
    }
    struct lab *lab = lab_run(
        THEORY_HEAD(
            "15s",
            "1s") "services:\n"
                  "  front: {type: delay, calls: [{parallel: [d, d, d, d, d], wait_for: %d}]}\n"
                  "  d: {type: delay, work: exponential(1ms)}\n"
                  "traffic:\n  t: {to: front, rate: 2000/s}\n",
        wanted);
    lab_expect(lab, "traffic.t.latency.mean", mean, 0.02);
    lab_expect(lab, "traffic.t.latency.sd", sqrt(variance), 0.025);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(tail, 0.5), 0.025);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(tail, 0.9), 0.025);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.035);
    lab_expect(lab, "services.d.in_flight.mean", 10, 0.015);
    lab_close(lab);
}

static void test_order_statistics(void **state)
{
    (void)state;
    order_run(1);
    order_run(3);
    order_run(5);
}

/* Branches of several steps: the longer of exponential + constant and erlang. */
static double branches_tail(double t, const void *law)
{
    (void)law;
    const double first = t > 0.5e-3 ? -expm1(-(t - 0.5e-3) / 1e-3) : 0;
    return 1 - first * (1 - exact_erlang_tail(2, 1000, t));
}

static void test_branches_of_steps(void **state)
{
    (void)state;
    const struct curve tail = {branches_tail, NULL};
    struct lab *lab = lab_run(THEORY_HEAD(
        "20s", "1s") "services:\n"
                     "  front: {type: delay, calls: [{parallel: [[d, {wait: 0.5ms}], [d, d]]}]}\n"
                     "  d: {type: delay, work: exponential(1ms)}\n"
                     "traffic:\n  t: {to: front, rate: 1000/s}\n");
    lab_expect(lab, "traffic.t.latency.mean", exact_integral(tail, 0, 40e-3), 0.008);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(tail, 0.5), 0.01);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.02);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_queues_join),
        cmocka_unit_test(test_the_first_of_two_queues),
        cmocka_unit_test(test_order_statistics),
        cmocka_unit_test(test_branches_of_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
