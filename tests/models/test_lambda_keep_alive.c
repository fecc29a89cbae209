/* A lambda whose init is the only part of a cold start is a pool of functions on demand, so the
 * exact results of tests/theory/test_coldstart.c hold for it: one environment by renewal, three by
 * the Markov chain of environments that initialise, run and idle. */
#include <math.h>

#define THEORY_SEED "23"
#include "tests/theory/theory.h"

#define PLAIN                                                                                     \
    "type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, first_run: {factor: 1, extra: " \
    "0s}, scaling: {burst: 1M, rate: 1M/s}"
#define QUOTAS "quotas: {lambda: {requests_per_concurrency: 100k}}\n"

/* 150/s; runs of exponential(4ms), after 6 ms of init where cold; `idle` between two in the mean.
 * */
static void one_environment_run(const char *keep, double cold_share, double idle)
{
    const double lambda = 150;
    const double work = cold_share * 6e-3 + 4e-3;
    const double cycle = work + 1 / lambda;
    struct lab *lab = lab_run(THEORY_HEAD("200s", "1s") QUOTAS
                              "services:\n  f: {" PLAIN ", work: exponential(4ms), "
                              "init: 6ms, idle_timeout: \"%s\", reserved_concurrency: "
                              "1}\ntraffic:\n  t: {to: f, rate: 150/s}\n",
                              keep);
    lab_expect(lab, "services.f.cold_start_ratio", cold_share, 0.02);
    lab_equal(lab, "services.f.cold_start.mean", 6e-3);
    lab_expect(lab, "traffic.t.errors.throttled", work / cycle, 0.01);
    lab_expect(lab, "traffic.t.throughput", 1 / cycle, 0.01);
    lab_expect(lab, "traffic.t.latency.mean", work, 0.01);
    lab_expect(lab, "services.f.busy.mean", work / cycle, 0.01);
    lab_expect(lab, "services.f.capacity.mean", (work + idle) / cycle, 0.005);
    lab_close(lab);
}

static void test_fixed_keep_alive(void **state)
{
    (void)state;
    const double cold = exp(-150 * 8e-3);
    one_environment_run("8ms", cold, (1 - cold) / 150);
}

static void test_exponential_keep_alive(void **state)
{
    (void)state;
    const double cold = 1 / (1 + 150 * 8e-3);
    one_environment_run("exponential(8ms)", cold, 1 / (150 + 1 / 8e-3));
}

enum { ENVIRONMENTS = 3, STATES = 20 };

/* Of three environments so many initialise, run, and idle. */
struct chain_state {
    int init, run, idle;
};

static size_t chain_find(const struct chain_state *states, struct chain_state s)
{
    size_t i = 0;
    while (states[i].init != s.init || states[i].run != s.run || states[i].idle != s.idle) {
        i++;
        assert_true(i < STATES);
    }
    return i;
}

static void test_three_environments(void **state)
{
    (void)state;
    const double lambda = 500, init_rate = 100, run_rate = 250, idle_rate = 80;
    struct chain_state states[STATES];
    size_t count = 0;
    for (int init = 0; init <= ENVIRONMENTS; init++) {
        for (int run = 0; init + run <= ENVIRONMENTS; run++) {
            for (int idle = 0; init + run + idle <= ENVIRONMENTS; idle++) {
                states[count++] = (struct chain_state){init, run, idle};
            }
        }
    }
    assert_int_equal(count, STATES);
    struct chain chain = chain_new(count);
    for (size_t i = 0; i < count; i++) {
        const struct chain_state s = states[i];
        if (s.idle > 0) {
            chain_add(&chain, i,
                      chain_find(states, (struct chain_state){s.init, s.run + 1, s.idle - 1}),
                      lambda);
            chain_add(&chain, i,
                      chain_find(states, (struct chain_state){s.init, s.run, s.idle - 1}),
                      s.idle * idle_rate);
        } else if (s.init + s.run < ENVIRONMENTS) {
            chain_add(&chain, i, chain_find(states, (struct chain_state){s.init + 1, s.run, 0}),
                      lambda);
        }
        if (s.init > 0) {
            chain_add(&chain, i,
                      chain_find(states, (struct chain_state){s.init - 1, s.run + 1, s.idle}),
                      s.init * init_rate);
        }
        if (s.run > 0) {
            chain_add(&chain, i,
                      chain_find(states, (struct chain_state){s.init, s.run - 1, s.idle + 1}),
                      s.run * run_rate);
        }
    }
    const double *p = chain_solve(&chain);
    double busy = 0, present = 0, lost = 0, cold = 0;
    for (size_t i = 0; i < count; i++) {
        const struct chain_state s = states[i];
        busy += p[i] * (s.init + s.run);
        present += p[i] * (s.init + s.run + s.idle);
        lost += s.init + s.run == ENVIRONMENTS ? p[i] : 0;
        cold += s.idle == 0 && s.init + s.run < ENVIRONMENTS ? p[i] : 0;
    }
    struct lab *lab = lab_run(THEORY_HEAD("100s", "1s") QUOTAS
                              "services:\n  f: {" PLAIN ", work: exponential(4ms), "
                              "init: exponential(10ms), idle_timeout: "
                              "exponential(12.5ms), reserved_concurrency: 3}\n"
                              "traffic:\n  t: {to: f, rate: 500/s}\n");
    lab_expect(lab, "services.f.cold_start_ratio", cold / (1 - lost), 0.02);
    lab_expect(lab, "services.f.busy.mean", busy, 0.008);
    lab_expect(lab, "services.f.capacity.mean", present, 0.004);
    lab_expect(lab, "traffic.t.errors.throttled", lost, 0.015);
    lab_expect(lab, "services.f.init_duration.mean", 10e-3, 0.02);
    lab_close(lab);
    chain_free(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_keep_alive),
        cmocka_unit_test(test_exponential_keep_alive),
        cmocka_unit_test(test_three_environments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
