/* Open networks. Known: in a network of M/M/c stations with Poisson arrivals each station is as
 * if alone at its rate of visits (Jackson 1957; with routes by class, Kelly 1975); in a tandem
 * of M/M/1 the two stays of a request are independent (Reich, Annals of Math. Statistics 28,
 * 1957), so that their sum is known whole. */
#include <math.h>

#define THEORY_SEED "11"
#include "tests/theory/theory.h"

/* The sum of two exponentials with these rates. */
static double hypoexponential_tail(double t, const void *law)
{
    const double *rate = law;
    return (rate[1] * exp(-rate[0] * t) - rate[0] * exp(-rate[1] * t)) / (rate[1] - rate[0]);
}

static void test_two_in_a_row(void **state)
{
    (void)state;
    const double rate[2] = {1000 - 600, 1500 - 600};
    const struct curve tail = {hypoexponential_tail, rate};
    struct lab *lab = lab_run(
        THEORY_HEAD("220s", "1s") "services:\n  front: {type: delay, calls: [a, b]}\n"
                                  "  a: {type: server, work: exponential(1ms)}\n"
                                  "  b: {type: server, work: exponential(1ms), speed: 1.5}\n"
                                  "traffic:\n  t: {to: front, rate: 600/s}\n");
    lab_expect(lab, "services.b.latency.mean", 1 / rate[1], 0.012);
    lab_expect(lab, "services.b.latency.p99", log(100) / rate[1], 0.03);
    lab_expect(lab, "traffic.t.latency.mean", 1 / rate[0] + 1 / rate[1], 0.015);
    lab_expect(lab, "traffic.t.latency.sd", hypot(1 / rate[0], 1 / rate[1]), 0.03);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(tail, 0.5), 0.012);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(tail, 0.9), 0.02);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.04);
    lab_close(lab);
}

/* a, then b (70 %) or c (30 %), then with 40 % a again: a gets 1.4 lambda. c has three servers. */
static void test_branching(void **state)
{
    (void)state;
    const double lambda = 500;
    const struct mmc c = {3, 0.3 * lambda, 80};
    const double stay_a = 1 / (1000 - 1.4 * lambda);
    const double stay_b = 1 / (500 - 0.7 * lambda);
    const double stay_c = 1 / 80.0 + exact_mmc_wait(&c);
    struct lab *lab = lab_run(
        THEORY_HEAD("280s", "3s") "services:\n"
                                  "  front: {type: delay, calls: [a, {choose: [{weight: 70%%, "
                                  "calls: [b]}, {weight: 30%%, "
                                  "calls: [c]}]}, {call: a, probability: 40%%}]}\n"
                                  "  a: {type: server, work: exponential(1ms)}\n"
                                  "  b: {type: server, work: exponential(2ms)}\n"
                                  "  c: {type: server, servers: 3, work: exponential(12.5ms)}\n"
                                  "traffic:\n  t: {to: front, rate: 500/s}\n");
    lab_expect(lab, "services.a.arrivals", 1.4 * lambda, 0.005);
    lab_expect(lab, "services.a.latency.mean", stay_a, 0.025);
    lab_expect(lab, "services.b.latency.mean", stay_b, 0.03);
    lab_expect(lab, "services.c.latency.mean", stay_c, 0.025);
    lab_expect(lab, "services.b.in_flight.mean", 0.7 * lambda * stay_b, 0.03);
    lab_expect(lab, "services.front.outgoing.a.call.latency.p90", stay_a * log(10), 0.025);
    lab_expect(lab, "traffic.t.latency.mean", 1.4 * stay_a + 0.7 * stay_b + 0.3 * stay_c, 0.02);
    lab_close(lab);
}

/* Each pass fails with 25 % (a call that is given up at once) and is tried again: Bernoulli
 * feedback, the station as M/M/1 at lambda / (1 - p). */
static void test_feedback(void **state)
{
    (void)state;
    const double visits = 1 / 0.75;
    const double stay = 1 / (1000 - 450 * visits);
    struct lab *lab = lab_run(THEORY_HEAD(
        "240s",
        "1s") "services:\n"
              "  front: {type: delay, calls: [{call: pass, retry: {attempts: unlimited, backoff: "
              "1ns}}]}\n"
              "  pass: {type: delay, calls: [q, {call: never, timeout: 1ns, probability: 25%%}]}\n"
              "  q: {type: server, work: exponential(1ms)}\n"
              "  never: {type: delay, work: 1us}\n"
              "traffic:\n  t: {to: front, rate: 450/s}\n");
    lab_expect(lab, "services.q.arrivals", 450 * visits, 0.008);
    lab_expect(lab, "services.q.in_flight.mean", 450 * visits * stay, 0.025);
    lab_expect(lab, "services.pass.errors.timeout", 0.25, 0.01);
    lab_expect(lab, "traffic.t.latency.mean", visits * stay, 0.025);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_in_a_row),
        cmocka_unit_test(test_branching),
        cmocka_unit_test(test_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
