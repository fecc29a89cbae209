/* Arrivals that are not single. Batches: the queue of batches is an M/G/1 whose service is a
 * batch's, and in it a request waits for those before it (Burke 1975; Gross & Harris, sec. 3.1);
 * geometric batches of exponential work are M/M/1 as a whole, and a request's stay is
 * exponential. Markov-modulated streams before M/M/1: the Markov chain of phase and number; an
 * arrival in phase i sees the number as it is while i lasts, weighted by its rate (Fischer &
 * Meier-Hellstern, Performance Evaluation 18, 1993). */
#include <math.h>

#define THEORY_SEED "18"
#include "tests/theory/theory.h"

/* 150 batches a second, geometric with mean 4, of exponential(1ms): as M/M/1 with mu = 250/s. */
static void test_geometric_batches(void **state)
{
    (void)state;
    const double mean = 1 / (250 - 150.0);
    struct lab *lab = lab_run(THEORY_HEAD(
        "600s", "2s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                      "traffic:\n  t: {to: q, rate: 150/s, batch: geometric(mean=4)}\n");
    lab_expect(lab, "traffic.t.offered", 600, 0.01);
    lab_expect(lab, "traffic.t.latency.mean", mean, 0.03);
    lab_expect(lab, "traffic.t.latency.sd", mean, 0.05);
    lab_expect(lab, "traffic.t.latency.p50", mean * log(2), 0.02);
    lab_expect(lab, "traffic.t.latency.p90", mean * log(10), 0.035);
    lab_expect(lab, "traffic.t.latency.p99", mean * log(100), 0.06);
    lab_expect(lab, "services.q.in_flight.mean", 600 * mean, 0.035);
    lab_close(lab);
}

/* Batches of exactly 3, erlang-2 work of 1 ms in the mean. */
static void test_constant_batches(void **state)
{
    (void)state;
    const double batch_second = 3 * 0.5e-6 + 9e-6;
    const double wait = exact_mg1_wait(200, exact_moments(3e-3, batch_second, 0)) + 1e-3;
    struct lab *lab = lab_run(
        THEORY_HEAD("200s", "1s") "services:\n  q: {type: server, work: erlang(k=2 mean=1ms)}\n"
                                  "traffic:\n  t: {to: q, rate: 200/s, batch: 3}\n");
    lab_expect(lab, "services.q.wait.mean", wait, 0.025);
    lab_expect(lab, "services.q.waited", 1 - 0.4 / 3,
               0.003); /* only the first of a batch may not */
    lab_expect(lab, "services.q.queue.mean", 600 * wait, 0.03);
    lab_expect(lab, "traffic.t.latency.mean", wait + 1e-3, 0.02);
    lab_close(lab);
}

enum { PHASES_MAX = 3, PRESENT_MAX = 300 };

struct modulated {
    uint32_t phases;
    double rate[PHASES_MAX], leave[PHASES_MAX]; /* the next phase comes after this one */
    double mean_rate, present;
    double seen[PRESENT_MAX]; /* by arrivals */
};

/* The work of one request is exponential(1ms). */
static void modulated_solve(struct modulated *m)
{
    struct chain chain = chain_new((size_t)m->phases * PRESENT_MAX);
    for (size_t n = 0; n < PRESENT_MAX; n++) {
        for (size_t phase = 0; phase < m->phases; phase++) {
            const size_t at = n * m->phases + phase;
            chain_add(&chain, at, n * m->phases + (phase + 1) % m->phases, m->leave[phase]);
            if (n + 1 < PRESENT_MAX) {
                chain_add(&chain, at, at + m->phases, m->rate[phase]);
                chain_add(&chain, at + m->phases, at, 1000);
            }
        }
    }
    const double *p = chain_solve(&chain);
    for (size_t at = 0; at < chain.size; at++) {
        const size_t n = at / m->phases;
        m->mean_rate += p[at] * m->rate[at % m->phases];
        m->present += p[at] * (double)n;
        m->seen[n] += p[at] * m->rate[at % m->phases];
    }
    for (size_t n = 0; n < PRESENT_MAX; n++) {
        m->seen[n] /= m->mean_rate;
    }
    assert_true(m->seen[PRESENT_MAX - 1] < 1e-7);
    chain_free(&chain);
}

static double modulated_tail(double t, const void *law)
{
    const struct modulated *m = law;
    double tail = 0;
    double most = 0; /* P(a Poisson number <= n) */
    for (uint32_t n = 0; n < PRESENT_MAX; n++) {
        most += exact_poisson(n, 1000 * t);
        tail += m->seen[n] * most;
    }
    return tail;
}

static void modulated_expect(struct lab *lab, const struct modulated *m)
{
    const struct curve tail = {modulated_tail, m};
    lab_expect(lab, "traffic.t.offered", m->mean_rate, 0.01);
    lab_expect(lab, "services.q.in_flight.mean", m->present, 0.04);
    lab_expect(lab, "services.q.waited", 1 - m->seen[0], 0.01);
    lab_expect(lab, "traffic.t.latency.mean", m->present / m->mean_rate, 0.035);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(tail, 0.5), 0.03);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(tail, 0.9), 0.04);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.05);
    lab_close(lab);
}

static void test_two_phases(void **state)
{
    (void)state;
    struct modulated m = {.phases = 2, .rate = {300, 1100}, .leave = {1 / 60e-3, 1 / 20e-3}};
    modulated_solve(&m);
    modulated_expect(
        lab_run(THEORY_HEAD(
            "700s", "2s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                          "traffic:\n  t: {to: q, arrivals: {mmpp: {rates: [300/s, 1100/s], "
                          "stay: [60ms, 20ms]}}}\n"),
        &m);
}

static void test_three_phases_in_order(void **state)
{
    (void)state;
    struct modulated m = {
        .phases = 3, .rate = {200, 1200, 600}, .leave = {1 / 30e-3, 1 / 10e-3, 1 / 20e-3}};
    modulated_solve(&m);
    modulated_expect(
        lab_run(THEORY_HEAD(
            "700s", "2s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                          "traffic:\n  t: {to: q, arrivals: {mmpp: {rates: [200/s, 1200/s, 600/s], "
                          "stay: [30ms, 10ms, 20ms]}}}\n"),
        &m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometric_batches),
        cmocka_unit_test(test_constant_batches),
        cmocka_unit_test(test_two_phases),
        cmocka_unit_test(test_three_phases_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
