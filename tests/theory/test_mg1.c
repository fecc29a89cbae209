/* M/G/1 under every service law: the mean and the second moment of the wait
 * (Pollaczek-Khinchine, Takacs: tests/support/exact.h), P(wait) = rho. Last come, first served:
 * the same mean wait, the second moment larger by 1 / (1 - rho) (Takacs 1963; Kleinrock, Queueing
 * Systems 2, sec. 3.5). Constant service: the whole distribution of the wait, on one server
 * (Erlang 1909) and several (Crommelin 1932). A server that is held through a nested call serves
 * the sum of both times. */
#include <math.h>

#define THEORY_SEED "3"
#include "tests/theory/theory.h"

static double mg1_wait_sd(double lambda, struct moments service)
{
    const double wait = exact_mg1_wait(lambda, service);
    return sqrt(exact_mg1_wait_second(lambda, service) - wait * wait);
}

static void mg1_run(const char *work, struct moments service)
{
    const double lambda = 600;
    const double wait = exact_mg1_wait(lambda, service);
    struct lab *lab =
        lab_run(THEORY_HEAD("260s", "1s") "services:\n  q: {type: server, work: \"%s\"}\n"
                                          "traffic:\n  t: {to: q, rate: %.0f/s}\n",
                work, lambda);
    lab_expect(lab, "services.q.waited", lambda * service.first, 0.01);
    lab_expect(lab, "services.q.wait.mean", wait, 0.035);
    lab_expect(lab, "services.q.wait.sd", mg1_wait_sd(lambda, service), 0.05);
    lab_expect(lab, "services.q.latency.mean", wait + service.first, 0.025);
    lab_expect(lab, "services.q.in_flight.mean", lambda * (wait + service.first), 0.03);
    lab_close(lab);
}

static void test_erlang(void **state)
{
    (void)state;
    mg1_run("erlang(k=3 mean=1ms)", exact_moments_gamma(1e-3, sqrt(1 / 3.0)));
}

static void test_gamma(void **state)
{
    (void)state;
    mg1_run("gamma(mean=1ms cv=1.2)", exact_moments_gamma(1e-3, 1.2));
}

static void test_hyperexponential(void **state)
{
    (void)state;
    mg1_run("hyperexponential(p=0.2 mean1=2ms mean2=0.75ms)",
            exact_moments_hyperexponential(0.2, 2e-3, 0.75e-3));
}

static void test_lognormal(void **state)
{
    (void)state;
    mg1_run("lognormal(mean=1ms cv=0.8)", exact_moments_lognormal(1e-3, 0.8));
}

static void test_weibull(void **state)
{
    (void)state;
    const double scale = 1e-3 / tgamma(1 + 1 / 1.5);
    mg1_run("weibull(mean=1ms shape=1.5)",
            exact_moments(1e-3, scale * scale * tgamma(1 + 2 / 1.5), pow(scale, 3) * tgamma(3)));
}

static void test_uniform(void **state)
{
    (void)state;
    mg1_run("uniform(0.2ms 1.8ms)", exact_moments(1e-3, 1e-6 * (1 + 0.64 / 3), 1e-9 * (1 + 0.64)));
}

static void test_triangular(void **state)
{
    (void)state;
    mg1_run("triangular(min=0ms mode=1ms max=2ms)",
            exact_moments(1e-3, 1e-6 * (1 + 1 / 6.0), 1e-9 * 1.5));
}

static void test_pareto(void **state)
{
    (void)state;
    mg1_run("pareto(min=0.9ms shape=10)", exact_moments(1e-3, 0.81e-6 * 10 / 8, 0.729e-9 * 10 / 7));
}

static void mdc_run(uint32_t servers, double rho, const char *window)
{
    struct mdc q;
    exact_mdc(&q, servers, 1000 * servers * rho, 1e-3);
    const struct curve tail = {exact_mdc_wait_tail, &q};
    struct lab *lab =
        lab_run(THEORY_HEAD("%s", "1s") "services:\n  q: {type: server, servers: %u, work: "
                                        "1ms}\ntraffic:\n  t: {to: q, rate: %.0f/s}\n",
                window, servers, q.lambda);
    lab_expect(lab, "services.q.waited", exact_mdc_wait_tail(0, &q), 0.01);
    lab_expect(lab, "services.q.wait.mean", exact_mdc_wait(&q), 0.025);
    lab_expect(lab, "services.q.wait.p90", exact_quantile(tail, 0.9), 0.025);
    lab_expect(lab, "services.q.wait.p95", exact_quantile(tail, 0.95), 0.025);
    lab_expect(lab, "services.q.wait.p99", exact_quantile(tail, 0.99), 0.04);
    lab_expect(lab, "services.q.latency.p90", 1e-3 + exact_quantile(tail, 0.9), 0.02);
    lab_expect(lab, "services.q.queue.mean", q.lambda * exact_mdc_wait(&q), 0.025);
    lab_close(lab);
}

static void test_constant_on_one_server(void **state)
{
    (void)state;
    mdc_run(1, 0.6, "260s");
    mdc_run(1, 0.75, "400s");
}

static void test_constant_on_several_servers(void **state)
{
    (void)state;
    mdc_run(2, 0.7, "220s");
    mdc_run(6, 0.8, "120s");
}

static void test_last_come_first_served(void **state)
{
    (void)state;
    const struct moments service = exact_moments_gamma(1e-3, 1 / sqrt(2));
    const double wait = exact_mg1_wait(500, service);
    const double second = exact_mg1_wait_second(500, service) / (1 - 500 * service.first);
    struct lab *lab = lab_run(THEORY_HEAD(
        "300s", "1s") "services:\n  q: {type: server, discipline: lifo, "
                      "work: erlang(k=2 mean=1ms)}\ntraffic:\n  t: {to: q, rate: 500/s}\n");
    lab_expect(lab, "services.q.waited", 0.5, 0.008);
    lab_expect(lab, "services.q.wait.mean", wait, 0.025);
    lab_expect(lab, "services.q.wait.sd", sqrt(second - wait * wait), 0.035);
    lab_expect(lab, "services.q.queue.mean", 500 * wait, 0.025);
    lab_close(lab);
}

/* Held for exponential(0.4ms) + constant 0.3ms (a call) + uniform(0.1ms 0.5ms) (more work). */
static void test_held_through_a_call(void **state)
{
    (void)state;
    const double mean = 1e-3;
    const double variance = 0.16e-6 + 0.16e-6 / 12;
    const double wait = exact_mg1_wait(650, exact_moments(mean, mean * mean + variance, 0));
    struct lab *lab = lab_run(
        THEORY_HEAD("260s", "1s") "services:\n  q: {type: server, work: exponential(0.4ms), "
                                  "calls: [far, {work: \"uniform(0.1ms 0.5ms)\"}]}\n"
                                  "  far: {type: delay, work: 0.3ms}\n"
                                  "traffic:\n  t: {to: q, rate: 650/s}\n");
    lab_expect(lab, "services.q.wait.mean", wait, 0.025);
    lab_expect(lab, "services.q.latency.mean", wait + mean, 0.012);
    lab_expect(lab, "services.q.utilization", 0.65, 0.005);
    lab_expect(lab, "services.far.in_flight.mean", 650 * 0.3e-3, 0.004);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_erlang),
        cmocka_unit_test(test_gamma),
        cmocka_unit_test(test_hyperexponential),
        cmocka_unit_test(test_lognormal),
        cmocka_unit_test(test_weibull),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_triangular),
        cmocka_unit_test(test_pareto),
        cmocka_unit_test(test_constant_on_one_server),
        cmocka_unit_test(test_constant_on_several_servers),
        cmocka_unit_test(test_last_come_first_served),
        cmocka_unit_test(test_held_through_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
