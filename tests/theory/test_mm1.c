/* M/M/1, lambda = rho mu. Known (Kleinrock, Queueing Systems 1, 1975, sec. 3.2 and 5.7): the
 * sojourn is exponential with mean 1 / (mu - lambda), so that sd = mean and a quantile is -ln(1
 * - p) times the mean; P(wait > t) = rho e^-(mu - lambda) t; L = rho / (1 - rho), Lq = rho^2 /
 * (1 - rho). And what must be an M/M/1 by the laws of Poisson processes: sums and random parts
 * of them. */
#include <math.h>

#define THEORY_SEED "1"
#include "tests/theory/theory.h"

static void test_all_of_one_queue(void **state)
{
    (void)state;
    const double mean = 1 / 0.3 * 1e-3;
    struct lab *lab =
        lab_run(THEORY_HEAD("600s", "3s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                                          "traffic:\n  t: {to: q, rate: 700/s, objective: 2ms}\n");
    lab_expect(lab, "services.q.wait.mean", 0.7 * mean, 0.025);
    lab_expect(lab, "services.q.wait.p50", mean * log(0.7 / 0.5), 0.025);
    lab_expect(lab, "services.q.wait.p90", mean * log(0.7 / 0.1), 0.025);
    lab_expect(lab, "services.q.wait.p99", mean * log(0.7 / 0.01), 0.035);
    lab_expect(lab, "services.q.waited", 0.7, 0.004);
    lab_expect(lab, "services.q.latency.mean", mean, 0.02);
    lab_expect(lab, "services.q.latency.p50", mean * log(2), 0.012);
    lab_expect(lab, "traffic.t.latency.p90", mean * log(10), 0.02);
    lab_expect(lab, "traffic.t.latency.p95", mean * log(20), 0.025);
    lab_expect(lab, "traffic.t.latency.p99", mean * log(100), 0.03);
    lab_expect(lab, "traffic.t.latency.p99_9", mean * log(1000), 0.07);
    lab_expect(lab, "traffic.t.latency.sd", mean, 0.03);
    lab_expect(lab, "traffic.t.within", 1 - exp(-0.6), 0.008);
    lab_expect(lab, "traffic.t.throughput", 700, 0.003);
    lab_expect(lab, "services.q.in_flight.mean", 0.7 / 0.3, 0.02);
    lab_expect(lab, "services.q.queue.mean", 0.49 / 0.3, 0.025);
    lab_expect(lab, "services.q.busy.mean", 0.7, 0.004);
    lab_expect(lab, "services.q.utilization", 0.7, 0.004);
    lab_close(lab);
}

static void test_fast_server(void **state)
{
    (void)state;
    struct lab *lab = lab_run(THEORY_HEAD(
        "240s", "1s") "services:\n  q: {type: server, work: exponential(2ms), speed: 2}\n"
                      "traffic:\n  t: {to: q, rate: 500/s}\n");
    lab_expect(lab, "services.q.wait.mean", 1e-3, 0.03);
    lab_expect(lab, "traffic.t.latency.p99", 2e-3 * log(100), 0.03);
    lab_expect(lab, "services.q.utilization", 0.5, 0.008);
    lab_close(lab);
}

/* Two streams and a thinned third: 200 + 150 + 25 % of 600 a second. All see the same queue
 * (PASTA). */
static void test_streams_add_up(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        THEORY_HEAD("300s", "1s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                                  "  some: {type: delay, calls: [{call: q, probability: 25%%}]}\n"
                                  "traffic:\n  a: {to: q, rate: 200/s}\n  b: {to: q, rate: 150/s}\n"
                                  "  c: {to: some, rate: 600/s}\n");
    lab_expect(lab, "services.q.arrivals", 500, 0.004);
    lab_expect(lab, "services.q.latency.mean", 2e-3, 0.012);
    lab_expect(lab, "traffic.a.latency.mean", 2e-3, 0.012);
    lab_expect(lab, "traffic.b.latency.p90", 2e-3 * log(10), 0.02);
    lab_expect(lab, "services.some.outgoing.q.call.latency.mean", 2e-3, 0.015);
    lab_expect(lab, "traffic.c.latency.mean", 0.25 * 2e-3, 0.02);
    lab_close(lab);
}

/* A random split of a Poisson stream gives independent ones. */
static void test_random_split(void **state)
{
    (void)state;
    struct lab *lab = lab_run(THEORY_HEAD(
        "10s",
        "100ms") "services:\n"
                 "  lb: {type: load_balancer, targets: {service: q, copies: 50}, policy: random}\n"
                 "  q: {type: server, work: exponential(1ms)}\n"
                 "traffic:\n  t: {to: lb, rate: 30k/s}\n");
    lab_expect(lab, "services.q.wait.mean", 1.5e-3, 0.02);
    lab_expect(lab, "services.q.waited", 0.6, 0.005);
    lab_expect(lab, "services.q.in_flight.mean", 50 * 1.5, 0.015);
    lab_expect(lab, "services.q.utilization", 0.6, 0.005);
    lab_expect(lab, "traffic.t.latency.p50", 2.5e-3 * log(2), 0.01);
    lab_expect(lab, "traffic.t.latency.p99_9", 2.5e-3 * log(1000), 0.06);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_one_queue),
        cmocka_unit_test(test_fast_server),
        cmocka_unit_test(test_streams_add_up),
        cmocka_unit_test(test_random_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
