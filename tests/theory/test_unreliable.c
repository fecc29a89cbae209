/* Servers that fail, busy or idle, and resume the work when repaired. Known for one server,
 * failures at rate x, repairs R (White & Christie 1958; Avi-Itzhak & Naor, Operations Research
 * 11, 1963): a request occupies it for C, its work with the repairs in it; it stays E C + lambda
 * E C^2 / (2 (1 - lambda E C)), and the rest of a repair that began without work, x E R^2 / (2
 * (1 + x E R)). Several servers: the Markov chain (Mitrany & Avi-Itzhak 1968). Servers up: a
 * birth-death chain, or each by itself (alternating renewal). */
#include <math.h>

#define THEORY_SEED "16"
#include "tests/theory/theory.h"

static double unreliable_stay(double lambda, double completion, double second, double failures,
                              struct moments repair)
{
    return completion + lambda * second / (2 * (1 - lambda * completion)) +
           failures * repair.second / (2 * (1 + failures * repair.first));
}

/* Work is exponential(1ms), failures come after exponential(50ms): 20/s. */
static void unreliable_run(const char *discipline, const char *repair, struct moments law)
{
    const double lambda = 500;
    const double stretch = 1 + 20 * law.first;
    const double stay = unreliable_stay(lambda, 1e-3 * stretch,
                                        2e-6 * stretch * stretch + 1e-3 * 20 * law.second, 20, law);
    struct lab *lab = lab_run(
        THEORY_HEAD("250s",
                    "2s") "services:\n  q: {type: server, work: exponential(1ms), discipline: %s, "
                          "failure: {mtbf: exponential(50ms), mttr: \"%s\"}}\n"
                          "traffic:\n  t: {to: q, rate: 500/s}\n",
        discipline, repair);
    lab_expect(lab, "traffic.t.latency.mean", stay, 0.03);
    lab_expect(lab, "services.q.in_flight.mean", lambda * stay, 0.03);
    lab_expect(lab, "services.q.up", 1 / stretch, 0.003);
    lab_expect(lab, "services.q.capacity.mean", 1 / stretch, 0.003);
    lab_expect(lab, "services.q.busy.mean", 0.5, 0.008);
    lab_expect(lab, "services.q.utilization", 0.5 * stretch, 0.008);
    lab_close(lab);
}

static void test_exponential_repair(void **state)
{
    (void)state;
    unreliable_run("fifo", "exponential(5ms)", exact_moments_exponential(5e-3));
}

static void test_constant_repair(void **state)
{
    (void)state;
    unreliable_run("fifo", "5ms", exact_moments_constant(5e-3));
    unreliable_run("lifo", "5ms", exact_moments_constant(5e-3));
}

/* The number present changes as under fifo: work is exponential. */
static void test_shared_processor(void **state)
{
    (void)state;
    unreliable_run("ps", "uniform(0ms 10ms)", exact_moments(5e-3, 100e-6 / 3, 0));
}

/* Constant work that starts over: failures until one try of d is spared, each costs its time and
 * a repair. */
static void test_starting_over(void **state)
{
    (void)state;
    const double lambda = 500;
    const double d = 1e-3;
    const double x = 100; /* failures a second */
    const struct moments repair = exact_moments_exponential(2e-3);
    const double hit = -expm1(-x * d);
    const double cut = 1 / x - d * (1 - hit) / hit; /* a try that fails: mean, second moment */
    const double cut_second = 2 / (x * x) - (1 - hit) / hit * (d * d + 2 * d / x);
    const double lost = cut + repair.first;
    const double lost_variance =
        cut_second - cut * cut + repair.second - repair.first * repair.first;
    const double tries = hit / (1 - hit);
    const double completion = d + tries * lost;
    const double variance = tries * lost_variance + hit / ((1 - hit) * (1 - hit)) * lost * lost;
    const double stay =
        unreliable_stay(lambda, completion, variance + completion * completion, x, repair);
    struct lab *lab = lab_run(THEORY_HEAD(
        "250s",
        "2s") "services:\n  q: {type: server, work: 1ms, failure: {mtbf: exponential(10ms), "
              "mttr: exponential(2ms), restart: true}}\ntraffic:\n  t: {to: q, rate: 500/s}\n");
    lab_expect(lab, "traffic.t.latency.mean", stay, 0.02);
    lab_expect(lab, "services.q.busy.mean", lambda * (d + tries * cut), 0.005);
    lab_expect(lab, "services.q.up", 1 / (1 + x * repair.first), 0.003);
    lab_close(lab);
}

/* M/M/3, one repairer: states (present, up), up to 300 present. */
static void test_three_servers_one_repairer(void **state)
{
    (void)state;
    enum { SERVERS = 3, PRESENT = 300 };
    struct chain chain = chain_new(PRESENT * (SERVERS + 1));
    for (size_t n = 0; n < PRESENT; n++) {
        for (size_t up = 0; up <= SERVERS; up++) {
            const size_t at = n * (SERVERS + 1) + up;
            if (n + 1 < PRESENT) {
                chain_add(&chain, at, at + SERVERS + 1, 1200);
                chain_add(&chain, at + SERVERS + 1, at, 1000 * fmin((double)(n + 1), (double)up));
            }
            if (up > 0) {
                chain_add(&chain, at, at - 1, 100 * (double)up);
            }
            if (up < SERVERS) {
                chain_add(&chain, at, at + 1, 500);
            }
        }
    }
    const double *p = chain_solve(&chain);
    double present = 0;
    double up_two = 0;
    double capacity = 0;
    for (size_t at = 0; at < chain.size; at++) {
        const size_t up = at % (SERVERS + 1);
        present += p[at] * (double)(at / (SERVERS + 1));
        capacity += p[at] * (double)up;
        up_two += up >= 2 ? p[at] : 0;
    }
    assert_true(p[chain.size - 1] < 1e-6);
    chain_free(&chain);
    struct lab *lab = lab_run(THEORY_HEAD(
        "150s", "3s") "services:\n  q: {type: server, servers: 3, work: exponential(1ms), "
                      "failure: {mtbf: exponential(10ms), mttr: exponential(2ms), repairers: 1, "
                      "required: 2}}\n"
                      "traffic:\n  t: {to: q, rate: 1200/s}\n");
    lab_expect(lab, "services.q.in_flight.mean", present, 0.02);
    lab_expect(lab, "traffic.t.latency.mean", present / 1200, 0.02);
    lab_expect(lab, "services.q.up", up_two, 0.004);
    lab_expect(lab, "services.q.capacity.mean", capacity, 0.004);
    lab_expect(lab, "services.q.busy.mean", 1.2, 0.006);
    lab_close(lab);
}

/* 4 of 5 with two repairers, each server failing after 1 s and repaired in 200 ms. */
static void test_four_of_five_up(void **state)
{
    (void)state;
    double p[6] = {1}; /* by failed servers */
    double sum = 1;
    double up = 0;
    for (int failed = 1; failed <= 5; failed++) {
        p[failed] = p[failed - 1] * (6 - failed) * 0.2 / fmin(failed, 2);
        sum += p[failed];
        up += (5 - failed) * p[failed];
    }
    struct lab *lab =
        lab_run(THEORY_HEAD("5000s", "20s") "services:\n  q: {type: server, servers: 5, work: 1ms, "
                                            "failure: {mtbf: exponential(1s), mttr: "
                                            "exponential(200ms), repairers: 2, required: 4}}\n"
                                            "traffic:\n  t: {to: q, rate: 1/s}\n");
    lab_expect(lab, "services.q.up", (p[0] + p[1]) / sum, 0.008);
    lab_expect(lab, "services.q.capacity.mean", (5 + up) / sum, 0.003);
    lab_close(lab);
}

/* Whatever the laws of failure and repair, each is up for 5/6 of the time by itself. */
static void test_two_of_three_up(void **state)
{
    (void)state;
    const double a = 5 / 6.0;
    struct lab *lab =
        lab_run(THEORY_HEAD("5000s", "20s") "services:\n  q: {type: server, servers: 3, work: 1ms, "
                                            "failure: {mtbf: \"weibull(mean=1s shape=2)\", mttr: "
                                            "\"lognormal(mean=200ms cv=1.5)\", "
                                            "required: 2}}\ntraffic:\n  t: {to: q, rate: 1/s}\n");
    lab_expect(lab, "services.q.up", a * a * a + 3 * a * a * (1 - a), 0.004);
    lab_expect(lab, "services.q.capacity.mean", 3 * a, 0.004);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential_repair),
        cmocka_unit_test(test_constant_repair),
        cmocka_unit_test(test_shared_processor),
        cmocka_unit_test(test_starting_over),
        cmocka_unit_test(test_three_servers_one_repairer),
        cmocka_unit_test(test_four_of_five_up),
        cmocka_unit_test(test_two_of_three_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
