/* Functions on demand. One instance: renewal. After each answer the next arrival comes within
 * the keep-alive (warm) or not (cold), so that a request that is served is cold with probability
 * E e^(-lambda K), for a fixed or a random keep-alive K; in between the instance is idle for
 * min(gap, K). One that makes requests wait is M/G/1 whose busy periods begin with an
 * exceptional service (Welch, Operations Research 12, 1964). Several instances: the Markov chain
 * of warm and cold runs, idle instances and the line. */
#include <math.h>

#define THEORY_SEED "17"
#include "tests/theory/theory.h"

/* 150/s; warm runs of exponential(4ms), cold ones of 10 ms; `idle` between two runs in the mean. */
static void one_instance_run(const char *keep, double cold_share, double idle)
{
    const double lambda = 150;
    const double work = cold_share * 10e-3 + (1 - cold_share) * 4e-3;
    const double cycle = work + 1 / lambda;
    struct lab *lab = lab_run(
        THEORY_HEAD("200s", "1s") "services:\n  f: {type: function_pool, work: exponential(4ms), "
                                  "cold_work: 10ms, idle_timeout: \"%s\", max_instances: 1}\n"
                                  "traffic:\n  t: {to: f, rate: 150/s}\n",
        keep);
    lab_expect(lab, "services.f.cold_start_ratio", cold_share, 0.02);
    lab_equal(lab, "services.f.cold_start.mean", 10e-3);
    lab_expect(lab, "traffic.t.errors.rejected", work / cycle, 0.008);
    lab_expect(lab, "traffic.t.throughput", 1 / cycle, 0.01);
    lab_expect(lab, "traffic.t.latency.mean", work, 0.01);
    lab_expect(lab, "services.f.busy.mean", work / cycle, 0.008);
    lab_expect(lab, "services.f.capacity.mean", (work + idle) / cycle, 0.005);
    lab_expect(lab, "services.f.utilization", work / (work + idle), 0.006);
    lab_close(lab);
}

static void test_fixed_keep_alive(void **state)
{
    (void)state;
    const double cold = exp(-150 * 8e-3);
    one_instance_run("8ms", cold, (1 - cold) / 150);
}

static void test_exponential_keep_alive(void **state)
{
    (void)state;
    const double cold = 1 / (1 + 150 * 8e-3);
    one_instance_run("exponential(8ms)", cold, 1 / (150 + 1 / 8e-3));
}

/* The work before the instance, V: dE V / dt = 0 and dE V^2 / dt = 0 give P(V = 0) and E V;
 * arrivals see it. */
static void test_waiting_for_one_instance(void **state)
{
    (void)state;
    const double lambda = 150;
    const double p = exp(-lambda * 8e-3);
    const double first = p * 10e-3 + (1 - p) * 4e-3;
    const double first_second = p * 100e-6 + (1 - p) * 32e-6;
    const double rho = lambda * 4e-3;
    const double idle = (1 - rho) / (1 - rho + lambda * first);
    const double wait = lambda * ((1 - idle) * 32e-6 + idle * first_second) / (2 * (1 - rho));
    struct lab *lab = lab_run(THEORY_HEAD(
        "1000s", "3s") "services:\n  f: {type: function_pool, work: exponential(4ms), "
                       "cold_work: 10ms, idle_timeout: 8ms, max_instances: 1, on_full: wait}\n"
                       "traffic:\n  t: {to: f, rate: 150/s}\n");
    lab_expect(lab, "services.f.waited", 1 - idle, 0.006);
    lab_expect(lab, "services.f.wait.mean", wait, 0.025);
    lab_expect(lab, "services.f.queue.mean", lambda * wait, 0.025);
    lab_expect(lab, "services.f.cold_start_ratio", idle * p, 0.015);
    lab_expect(lab, "services.f.busy.mean", 1 - idle, 0.004);
    lab_close(lab);
}

enum { INSTANCES_MAX = 3, LINE_MAX = 200, POOL_STATES = 20 + 4 * LINE_MAX };

/* Warm and cold runs, idle instances, requests in line (only with all instances running). */
struct pool_state {
    int warm, cold, idle, line;
};

struct pool_chain {
    struct pool_state states[POOL_STATES];
    size_t count;
    double lost, cold_ratio, queue, busy, capacity; /* results */
};

static void pool_list(struct pool_chain *pool, int line_max)
{
    for (int warm = 0; warm <= INSTANCES_MAX; warm++) {
        for (int cold = 0; warm + cold <= INSTANCES_MAX; cold++) {
            for (int idle = 0; warm + cold + idle <= INSTANCES_MAX; idle++) {
                const int line = warm + cold == INSTANCES_MAX ? line_max : 0;
                for (int n = 0; n <= line; n++) {
                    pool->states[pool->count++] = (struct pool_state){warm, cold, idle, n};
                }
            }
        }
    }
}

static void pool_add(const struct pool_chain *pool, struct chain *chain, size_t from,
                     struct pool_state to, double rate)
{
    for (size_t i = 0; i < pool->count && rate > 0; i++) {
        const struct pool_state *s = &pool->states[i];
        if (s->warm == to.warm && s->cold == to.cold && s->idle == to.idle && s->line == to.line) {
            chain_add(chain, from, i, rate);
            return;
        }
    }
    assert_true(rate == 0 || to.line > 0); /* lost: no place in line */
}

/* Runs end at these rates; the line is served warm. */
static void pool_solve(struct pool_chain *pool, int line_max, double lambda, double warm_rate,
                       double cold_rate, double idle_rate)
{
    pool_list(pool, line_max);
    struct chain chain = chain_new(pool->count);
    for (size_t i = 0; i < pool->count; i++) {
        const struct pool_state s = pool->states[i];
        const bool full = s.warm + s.cold == INSTANCES_MAX;
        struct pool_state up = {s.warm + 1, s.cold, s.idle - 1, 0};
        if (s.idle == 0) {
            up = full ? (struct pool_state){s.warm, s.cold, 0, s.line + 1}
                      : (struct pool_state){s.warm, s.cold + 1, 0, 0};
        }
        pool_add(pool, &chain, i, up, lambda);
        const int next = s.line > 0;
        const struct pool_state warm_done = {s.warm - 1 + next, s.cold, s.idle + 1 - next,
                                             s.line - next};
        const struct pool_state cold_done = {s.warm + next, s.cold - 1, s.idle + 1 - next,
                                             s.line - next};
        const struct pool_state gone = {s.warm, s.cold, s.idle - 1, 0};
        pool_add(pool, &chain, i, warm_done, s.warm * warm_rate);
        pool_add(pool, &chain, i, cold_done, s.cold * cold_rate);
        pool_add(pool, &chain, i, gone, s.idle * idle_rate);
    }
    const double *p = chain_solve(&chain);
    double starts = 0;
    for (size_t i = 0; i < pool->count; i++) {
        const struct pool_state s = pool->states[i];
        const int busy = s.warm + s.cold;
        pool->busy += p[i] * busy;
        pool->capacity += p[i] * (busy + s.idle);
        pool->queue += p[i] * s.line;
        pool->lost += busy == INSTANCES_MAX && s.line == line_max ? p[i] : 0;
        starts += s.idle == 0 && busy < INSTANCES_MAX ? p[i] : 0;
    }
    pool->cold_ratio = starts / (1 - pool->lost);
    chain_free(&chain);
}

static void pool_expect(struct lab *lab, const struct pool_chain *pool)
{
    lab_expect(lab, "services.f.cold_start_ratio", pool->cold_ratio, 0.02);
    lab_expect(lab, "services.f.busy.mean", pool->busy, 0.008);
    lab_expect(lab, "services.f.capacity.mean", pool->capacity, 0.004);
    lab_expect(lab, "services.f.in_flight.mean", pool->busy + pool->queue, 0.008);
}

static void test_three_instances_and_no_more(void **state)
{
    (void)state;
    struct pool_chain pool = {0};
    pool_solve(&pool, 0, 500, 250, 100, 80);
    struct lab *lab = lab_run(THEORY_HEAD(
        "100s", "1s") "services:\n  f: {type: function_pool, work: exponential(4ms), "
                      "cold_work: exponential(10ms), idle_timeout: exponential(12.5ms), "
                      "max_instances: 3, pick: least_recent}\n"
                      "traffic:\n  t: {to: f, rate: 500/s}\n");
    pool_expect(lab, &pool);
    lab_expect(lab, "traffic.t.errors.rejected", pool.lost, 0.015);
    lab_close(lab);
}

static void test_three_instances_and_a_line(void **state)
{
    (void)state;
    struct pool_chain pool = {0};
    pool_solve(&pool, LINE_MAX - 1, 400, 250, 100, 80);
    struct lab *lab = lab_run(THEORY_HEAD(
        "700s", "1s") "services:\n  f: {type: function_pool, work: exponential(4ms), "
                      "cold_work: exponential(10ms), idle_timeout: exponential(12.5ms), "
                      "max_instances: 3, on_full: wait, pick: random}\n"
                      "traffic:\n  t: {to: f, rate: 400/s}\n");
    pool_expect(lab, &pool);
    lab_expect(lab, "services.f.queue.mean", pool.queue, 0.025);
    lab_expect(lab, "services.f.wait.mean", pool.queue / 400, 0.025);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_keep_alive),
        cmocka_unit_test(test_exponential_keep_alive),
        cmocka_unit_test(test_waiting_for_one_instance),
        cmocka_unit_test(test_three_instances_and_no_more),
        cmocka_unit_test(test_three_instances_and_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
