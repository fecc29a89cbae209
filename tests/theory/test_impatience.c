/* Waiting with patience. Known for M/M/c+G: the density of the virtual wait, from which all
 * follows (Baccelli & Hebuterne 1981; tests/support/exact.h): Erlang's A for exponential
 * patience (Palm 1957), Barrer (1957) for a fixed one. Whoever would begin after its deadline is
 * not served either, so that a deadline acts on the queue as a fixed patience does. */
#include <math.h>

#define THEORY_SEED "6"
#include "tests/theory/theory.h"

static double willing_exponential(double t, const void *law)
{
    return exp(-t / *(const double *)law);
}

static double willing_fixed(double t, const void *law)
{
    (void)t;
    (void)law;
    return 1;
}

static double willing_uniform(double t, const void *law)
{
    return fmax(0, 1 - t / *(const double *)law);
}

static void impatience_run(uint32_t servers, double lambda, const char *patience,
                           struct curve willing, double longest)
{
    const struct impatience exact = exact_impatience(servers, lambda, 1000, willing, longest);
    struct lab *lab = lab_run(
        THEORY_HEAD("60s",
                    "1s") "services:\n  q: {type: server, servers: %u, work: exponential(1ms), "
                          "patience: \"%s\"}\ntraffic:\n  t: {to: q, rate: %.0f/s}\n",
        servers, patience, lambda);
    lab_expect(lab, "traffic.t.errors.timeout", exact.abandons, 0.02);
    lab_expect(lab, "services.q.waited", exact.waits, 0.012);
    lab_expect(lab, "services.q.wait.mean", exact.wait, 0.02);
    lab_expect(lab, "services.q.wait.p90", exact.wait_p90, 0.015);
    lab_expect(lab, "services.q.queue.mean", exact.queue, 0.02);
    lab_expect(lab, "services.q.busy.mean", lambda / 1000 * (1 - exact.abandons), 0.01);
    lab_expect(lab, "traffic.t.latency.mean", exact.wait + 1e-3, 0.01);
    lab_close(lab);
}

static void test_exponential_patience(void **state)
{
    (void)state;
    const double mean = 2e-3;
    impatience_run(3, 2800, "exponential(2ms)", (struct curve){willing_exponential, &mean},
                   INFINITY);
}

static void test_more_than_can_be_served(void **state)
{
    (void)state;
    const double mean = 4e-3;
    impatience_run(2, 2500, "exponential(4ms)", (struct curve){willing_exponential, &mean},
                   INFINITY);
}

static void test_fixed_patience(void **state)
{
    (void)state;
    impatience_run(1, 800, "1.5ms", (struct curve){willing_fixed, NULL}, 1.5e-3);
    impatience_run(4, 3900, "1ms", (struct curve){willing_fixed, NULL}, 1e-3);
}

static void test_uniform_patience(void **state)
{
    (void)state;
    const double longest = 5e-3;
    impatience_run(2, 1900, "uniform(0ms 5ms)", (struct curve){willing_uniform, &longest}, longest);
}

/* M/M/1 with a deadline D after arrival. An answer in time: V + S <= D, V with the density
 * lambda p0 e^-(mu - lambda) t up to D. */
static void test_deadline(void **state)
{
    (void)state;
    const double lambda = 800;
    const double mu = 1000;
    const double deadline = 2e-3;
    const struct impatience exact =
        exact_impatience(1, lambda, mu, (struct curve){willing_fixed, NULL}, deadline);
    const double power = exp(-(mu - lambda) * deadline);
    const double idle = 1 / (1 + lambda * (1 - power) / (mu - lambda) + lambda / mu * power);
    const double begun = idle * (1 + lambda * (1 - power) / (mu - lambda));
    const double late = /* begun in time, and S > D - V */
        idle * exp(-mu * deadline) * (1 + expm1(lambda * deadline));
    struct lab *lab = lab_run(THEORY_HEAD(
        "60s", "1s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                     "traffic:\n  t: {to: q, rate: 800/s, timeout: 2ms, deadline: pass}\n");
    lab_expect(lab, "services.q.errors.timeout", exact.abandons, 0.025);
    lab_expect(lab, "services.q.wait.mean", exact.wait, 0.015);
    lab_expect(lab, "services.q.utilization", 0.8 * begun, 0.01);
    lab_expect(lab, "services.q.abandoned", late + 1 - begun, 0.015);
    lab_expect(lab, "traffic.t.availability", begun - late, 0.012);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential_patience),
        cmocka_unit_test(test_more_than_can_be_served),
        cmocka_unit_test(test_fixed_patience),
        cmocka_unit_test(test_uniform_patience),
        cmocka_unit_test(test_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
