/* Processor sharing. Known for M/G/1-PS: a request of work x takes x / (1 - rho) in the mean,
 * whatever the law of the others (Kleinrock, Queueing Systems 2, sec. 4.4), with variance 2 / (1
 * - rho)^2 times the integral over 0..x of (x - t) P(wait of M/G/1 fifo > t) (Yashkov 1983; Ott
 * 1984). Several processors, each request on one at most: the number present is that of M/M/c,
 * whatever the law of work (Cohen 1979); a room cuts that distribution off. */
#include <math.h>

#define THEORY_SEED "8"
#include "tests/theory/theory.h"

static void ps_run(const char *work, uint32_t servers)
{
    const struct mmc q = {servers, 600.0 * servers, 1000};
    const double present = q.lambda * exact_mmc_wait(&q) + 0.6 * servers;
    struct lab *lab = lab_run(
        THEORY_HEAD("160s", "1s") "services:\n  q: {type: server, discipline: ps, servers: %u, "
                                  "work: \"%s\"}\ntraffic:\n  t: {to: q, rate: %.0f/s}\n",
        servers, work, q.lambda);
    lab_expect(lab, "services.q.in_flight.mean", present, 0.03);
    lab_expect(lab, "traffic.t.latency.mean", present / q.lambda, 0.03);
    lab_expect(lab, "services.q.utilization", 0.6, 0.01);
    lab_close(lab);
}

static void test_one_processor(void **state)
{
    (void)state;
    ps_run("exponential(1ms)", 1);
    ps_run("lognormal(mean=1ms cv=1.5)", 1);
    ps_run("hyperexponential(p=0.1 mean1=4ms mean2=0.6666667ms)", 1);
}

static void test_three_processors(void **state)
{
    (void)state;
    ps_run("1ms", 3);
    ps_run("exponential(1ms)", 3);
    ps_run("gamma(mean=1ms cv=2)", 3);
}

static void test_exponential_sd(void **state)
{
    (void)state;
    /* Coffman, Muntz & Trotter (1970): variance (2 + rho) / (2 - rho) times the squared mean */
    struct lab *lab = lab_run(
        THEORY_HEAD("150s", "1s") "services:\n  q: {type: server, discipline: ps, "
                                  "work: exponential(1ms)}\ntraffic:\n  t: {to: q, rate: 500/s}\n");
    lab_expect(lab, "traffic.t.latency.sd", 2e-3 * sqrt(2.5 / 1.5), 0.035);
    lab_expect(lab, "traffic.t.latency.mean", 2e-3, 0.02);
    lab_close(lab);
}

static void test_constant_sd(void **state)
{
    (void)state;
    /* fifo waits in M/D/1: P(wait > t) = 1 - (1 - rho) e^(lambda t) for t < D */
    const double rho = 0.6;
    const double integral = 0.5 - (1 - rho) * (exp(rho) - 1 - rho) / (rho * rho);
    struct lab *lab = lab_run(
        THEORY_HEAD("150s", "1s") "services:\n  q: {type: server, discipline: ps, work: 1ms}\n"
                                  "traffic:\n  t: {to: q, rate: 600/s}\n");
    lab_expect(lab, "traffic.t.latency.mean", 2.5e-3, 0.015);
    lab_expect(lab, "traffic.t.latency.sd", 1e-3 * sqrt(2 * integral) / (1 - rho), 0.035);
    lab_close(lab);
}

/* Long and short requests slow down by the same factor. */
static void test_fairness(void **state)
{
    (void)state;
    struct lab *lab = lab_run(THEORY_HEAD(
        "160s",
        "1s") "services:\n  q: {type: server, discipline: ps, operations: "
              "{short: {work: 0.2ms}, long: {work: exponential(3ms)}}}\n"
              "traffic:\n  a: {to: q.short, rate: 1500/s}\n  b: {to: q.long, rate: 100/s}\n");
    lab_expect(lab, "services.q.operations.short.latency.mean", 0.2e-3 / 0.4, 0.02);
    lab_expect(lab, "services.q.operations.long.latency.mean", 3e-3 / 0.4, 0.035);
    lab_expect(lab, "services.q.utilization", 0.6, 0.01);
    lab_close(lab);
}

static void test_a_room_of_four(void **state)
{
    (void)state;
    /* P(n) proportional to rho^n, n <= 4 */
    const double rho = 0.9;
    const double lost = pow(rho, 4) * (1 - rho) / (1 - pow(rho, 5));
    const double present = rho / (1 - rho) - 5 * pow(rho, 5) / (1 - pow(rho, 5));
    struct lab *lab = lab_run(THEORY_HEAD(
        "60s", "1s") "services:\n  q: {type: server, discipline: ps, room: 4, "
                     "work: \"uniform(0ms 2ms)\"}\ntraffic:\n  t: {to: q, rate: 900/s}\n");
    lab_expect(lab, "traffic.t.errors.rejected", lost, 0.025);
    lab_expect(lab, "services.q.in_flight.mean", present, 0.012);
    lab_expect(lab, "traffic.t.latency.mean", present / (900 * (1 - lost)), 0.01);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_processor),  cmocka_unit_test(test_three_processors),
        cmocka_unit_test(test_exponential_sd), cmocka_unit_test(test_constant_sd),
        cmocka_unit_test(test_fairness),       cmocka_unit_test(test_a_room_of_four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
