/* M/M/c: P(wait) by Erlang's C, the wait of those who wait exponential with rate c mu - lambda,
 * the sojourn a mixture (Gross & Harris, Fundamentals of Queueing Theory, sec. 2.3;
 * tests/support/exact.h). A bulkhead before any service without limits of its own is the same
 * queue. */
#include <math.h>

#define THEORY_SEED "2"
#include "tests/theory/theory.h"

static void mmc_expect(const struct lab *lab, const struct mmc *q, double precision)
{
    const double load = q->lambda / q->mu;
    const double waits = exact_erlang_c(q->servers, load);
    const double wait = exact_mmc_wait(q);
    lab_expect(lab, "services.q.waited", waits, precision);
    lab_expect(lab, "services.q.wait.mean", wait, 2 * precision);
    lab_expect(lab, "services.q.queue.mean", q->lambda * wait, 2 * precision);
    lab_expect(lab, "services.q.in_flight.mean", q->lambda * wait + load, precision);
    lab_expect(lab, "services.q.busy.mean", load, precision);
    lab_expect(lab, "services.q.wait.p95",
               exact_quantile((struct curve){exact_mmc_wait_tail, q}, 0.95), 2 * precision);
    lab_expect(lab, "services.q.wait.p99",
               exact_quantile((struct curve){exact_mmc_wait_tail, q}, 0.99), 2.5 * precision);
    const struct curve sojourn = {exact_mmc_sojourn_tail, q};
    lab_expect(lab, "traffic.t.latency.mean", wait + 1 / q->mu, precision);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(sojourn, 0.5), precision);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(sojourn, 0.9), precision);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(sojourn, 0.99), 1.5 * precision);
}

static void test_two_servers(void **state)
{
    (void)state;
    struct lab *lab = lab_run(THEORY_HEAD(
        "200s", "1s") "services:\n  q: {type: server, servers: 2, work: exponential(1ms)}\n"
                      "traffic:\n  t: {to: q, rate: 1200/s}\n");
    mmc_expect(lab, &(struct mmc){2, 1200, 1000}, 0.015);
    lab_expect(lab, "services.q.utilization", 0.6, 0.006);
    lab_close(lab);
}

static void test_ten_servers(void **state)
{
    (void)state;
    struct lab *lab = lab_run(THEORY_HEAD(
        "90s", "1s") "services:\n  q: {type: server, servers: 10, work: exponential(1ms)}\n"
                     "traffic:\n  t: {to: q, rate: 7500/s}\n");
    mmc_expect(lab, &(struct mmc){10, 7500, 1000}, 0.02);
    lab_close(lab);
}

static void test_many_servers(void **state)
{
    (void)state;
    const struct mmc q = {40, 36000, 1000};
    const double wait = exact_mmc_wait(&q);
    struct lab *lab = lab_run(THEORY_HEAD(
        "16s", "500ms") "services:\n  q: {type: server, servers: 40, work: exponential(1ms)}\n"
                        "traffic:\n  t: {to: q, rate: 36k/s}\n");
    lab_expect(lab, "services.q.waited", exact_erlang_c(40, 36), 0.03);
    lab_expect(lab, "services.q.in_flight.mean", 36 + q.lambda * wait, 0.01);
    lab_expect(lab, "services.q.utilization", 0.9, 0.003);
    lab_expect(lab, "traffic.t.latency.mean", 1e-3 + wait, 0.01);
    lab_expect(lab, "traffic.t.latency.p99",
               exact_quantile((struct curve){exact_mmc_sojourn_tail, &q}, 0.99), 0.006);
    lab_close(lab);
}

static void test_bulkhead(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(THEORY_HEAD("180s", "1s") "services:\n  q: {type: delay, work: exponential(1ms), "
                                          "limit: {concurrent: 4, on_full: wait}}\n"
                                          "traffic:\n  t: {to: q, rate: 2800/s}\n");
    mmc_expect(lab, &(struct mmc){4, 2800, 1000}, 0.02);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_servers),
        cmocka_unit_test(test_ten_servers),
        cmocka_unit_test(test_many_servers),
        cmocka_unit_test(test_bulkhead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
