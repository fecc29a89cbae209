/* Token buckets. The tokens that are missing are the work before a server with constant service
 * 1 / rate: a request that finds one token missing less than `burst` goes through. So one that
 * rejects loses as M/D/1/K does, K = burst; one that waits makes a request wait for what M/D/1
 * would, less burst - 1 services (Berger, IEEE J. Sel. Areas Comm. 9, 1991; M/D/1 in
 * tests/support/exact.h). */
#include <math.h>

#define THEORY_SEED "14"
#include "tests/theory/theory.h"

static void throttle_run(uint32_t burst, double lambda)
{
    const double lost = exact_md1k_loss(burst, lambda / 1000);
    struct lab *lab = lab_run(
        THEORY_HEAD("100s", "1s") "services:\n  q: {type: rate_limiter, rate: 1000/s, burst: %u, "
                                  "calls: [far]}\n  far: {type: delay, work: 5ms}\n"
                                  "traffic:\n  t: {to: q, rate: %.0f/s}\n",
        burst, lambda);
    lab_expect(lab, "traffic.t.errors.throttled", lost, 0.03);
    lab_expect(lab, "services.far.arrivals", lambda * (1 - lost), 0.004);
    lab_expect(lab, "traffic.t.availability", 1 - lost, 0.004);
    lab_close(lab);
}

static void test_rejecting(void **state)
{
    (void)state;
    throttle_run(1, 800);
    throttle_run(3, 900);
    throttle_run(8, 1100);
}

struct throttle {
    struct mdc queue;
    double hidden; /* the wait that the burst takes away */
};

static double throttle_wait_tail(double t, const void *law)
{
    const struct throttle *throttle = law;
    return exact_mdc_wait_tail(t + throttle->hidden, &throttle->queue);
}

static void throttle_waits(uint32_t burst, const char *window)
{
    struct throttle throttle = {.hidden = (burst - 1) * 1e-3};
    exact_mdc(&throttle.queue, 1, 800, 1e-3);
    const struct curve tail = {throttle_wait_tail, &throttle};
    const double mean = exact_integral(tail, 0, 0.1);
    struct lab *lab = lab_run(
        THEORY_HEAD("%s", "1s") "services:\n  q: {type: rate_limiter, rate: 1000/s, burst: %u, "
                                "on_empty: wait, work: 2ms}\n"
                                "traffic:\n  t: {to: q, rate: 800/s}\n",
        window, burst);
    lab_expect(lab, "services.q.waited", throttle_wait_tail(0, &throttle), 0.012);
    lab_expect(lab, "services.q.wait.mean", mean, 0.035);
    lab_expect(lab, "services.q.queue.mean", 800 * mean, 0.035);
    lab_expect(lab, "services.q.wait.p90", exact_quantile(tail, 0.9), 0.035);
    lab_expect(lab, "services.q.wait.p99", exact_quantile(tail, 0.99), 0.05);
    lab_expect(lab, "services.q.latency.p95", 2e-3 + exact_quantile(tail, 0.95), 0.025);
    lab_close(lab);
}

static void test_waiting(void **state)
{
    (void)state;
    throttle_waits(1, "350s");
    throttle_waits(3, "700s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rejecting),
        cmocka_unit_test(test_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
