/* Several queues and a choice. Exact answers come from the Markov chain of the sorted queue
 * lengths, cut where nobody gets: join the shortest of 2 or 3, the shorter of two random ones of
 * 3. An arrival that joins n others stays for n + 1 exponential services, which gives
 * percentiles too. Two known points hold the chains themselves: with one queue they are M/M/1,
 * and the shortest queue of two has a total that decays by rho^2 per pair (Kingman, Annals of
 * Math. Statistics 32, 1961). */
#include <math.h>

#define THEORY_SEED "12"
#include "tests/theory/theory.h"

enum { QUEUES_MAX = 3, LENGTH_MAX = 45, STATES_MAX = 1100 };

/* States: sorted lengths, the longest first. */
struct balance {
    int queues, longest;
    bool two_of_them; /* looks at two random queues only */
    int lengths[STATES_MAX][QUEUES_MAX];
    size_t count;
    double joins[LENGTH_MAX + 1]; /* P(an arrival joins so many) */
};

static void balance_list(struct balance *b)
{
    for (int i = 0; i <= b->longest; i++) {
        for (int j = 0; j <= (b->queues > 1 ? i : 0); j++) {
            for (int k = 0; k <= (b->queues > 2 ? j : 0); k++) {
                assert_true(b->count < STATES_MAX);
                int *at = b->lengths[b->count++];
                at[0] = i;
                at[1] = j;
                at[2] = k;
            }
        }
    }
}

static size_t balance_find(const struct balance *b, const int *lengths, int queue, int change)
{
    int sorted[QUEUES_MAX];
    for (int i = 0; i < QUEUES_MAX; i++) {
        sorted[i] = lengths[i] + (i == queue ? change : 0);
    }
    for (int i = 0; i < QUEUES_MAX; i++) {
        for (int j = i + 1; j < b->queues; j++) {
            if (sorted[j] > sorted[i]) {
                const int swapped = sorted[i];
                sorted[i] = sorted[j];
                sorted[j] = swapped;
            }
        }
    }
    for (size_t s = 0; s < b->count; s++) {
        if (b->lengths[s][0] == sorted[0] && b->lengths[s][1] == sorted[1] &&
            b->lengths[s][2] == sorted[2]) {
            return s;
        }
    }
    return SIZE_MAX;
}

/* The chance that an arrival joins the queue: all are compared, or two random ones. */
static double balance_chance(const struct balance *b, const int *lengths, int queue)
{
    if (!b->two_of_them) {
        return queue == b->queues - 1; /* the last is the shortest */
    }
    double chance = 0;
    for (int other = 0; other < b->queues; other++) {
        if (other != queue) {
            chance += lengths[queue] < lengths[other]    ? 1
                      : lengths[queue] == lengths[other] ? 0.5
                                                         : 0;
        }
    }
    return chance * 2 / (b->queues * (b->queues - 1));
}

/* Service rates are 1. Fills `joins`. */
static void balance_solve(struct balance *b, double lambda)
{
    balance_list(b);
    struct chain chain = chain_new(b->count);
    for (size_t s = 0; s < b->count; s++) {
        for (int queue = 0; queue < b->queues; queue++) {
            const double chance = balance_chance(b, b->lengths[s], queue);
            const size_t up = balance_find(b, b->lengths[s], queue, 1);
            if (chance > 0 && up != SIZE_MAX) {
                chain_add(&chain, s, up, lambda * chance);
            }
            if (b->lengths[s][queue] > 0) {
                chain_add(&chain, s, balance_find(b, b->lengths[s], queue, -1), 1);
            }
        }
    }
    const double *p = chain_solve(&chain);
    double cut = 0;
    for (size_t s = 0; s < b->count; s++) {
        for (int queue = 0; queue < b->queues; queue++) {
            b->joins[b->lengths[s][queue]] += p[s] * balance_chance(b, b->lengths[s], queue);
        }
        cut += b->lengths[s][0] == b->longest ? p[s] : 0;
    }
    assert_true(cut < 1e-6);
    chain_free(&chain);
}

static double balance_mean(const struct balance *b)
{
    double mean = 0;
    for (int n = 0; n <= b->longest; n++) {
        mean += b->joins[n] * (n + 1);
    }
    return mean * 1e-3;
}

static double balance_tail(double t, const void *law)
{
    const struct balance *b = law;
    double tail = 0;
    for (uint32_t n = 0; n <= (uint32_t)b->longest; n++) {
        tail += b->joins[n] * exact_erlang_tail(n + 1, 1000, t);
    }
    return tail;
}

static void balance_expect(struct lab *lab, const struct balance *b, double lambda)
{
    const struct curve tail = {balance_tail, b};
    const double mean = balance_mean(b);
    lab_expect(lab, "services.q.waited", 1 - b->joins[0], 0.02);
    lab_expect(lab, "services.q.latency.mean", mean, 0.02);
    lab_expect(lab, "services.q.in_flight.mean", 1000 * lambda * mean, 0.025);
    lab_expect(lab, "traffic.t.latency.p50", exact_quantile(tail, 0.5), 0.02);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(tail, 0.9), 0.02);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.04);
    lab_close(lab);
}

static void test_the_chain_itself(void **state)
{
    (void)state;
    struct balance one = {.queues = 1, .longest = 40};
    balance_solve(&one, 0.6);
    assert_true(fabs(balance_mean(&one) - 2.5e-3) < 1e-9);
    struct balance two = {.queues = 2, .longest = 20};
    balance_solve(&two, 1.2);
    assert_true(fabs(two.joins[9] / two.joins[8] - 0.36) < 1e-4);
}

#define BALANCING(window, policy, copies, rate)                                                \
    lab_run(THEORY_HEAD(window, "1s") "services:\n  lb: {type: load_balancer, policy: " policy \
                                      ", targets: {service: q, "                               \
                                      "copies: " copies                                        \
                                      "}}\n  q: {type: server, work: exponential(1ms)}\n"      \
                                      "traffic:\n  t: {to: lb, rate: " rate "}\n")

static void test_shortest_of_two(void **state)
{
    (void)state;
    struct balance b = {.queues = 2, .longest = 25};
    balance_solve(&b, 1.4);
    balance_expect(BALANCING("180s", "least_outstanding", "2", "1400/s"), &b, 1.4);
}

static void test_shortest_of_three(void **state)
{
    (void)state;
    struct balance b = {.queues = 3, .longest = 16};
    balance_solve(&b, 2.1);
    balance_expect(BALANCING("80s", "least_outstanding", "3", "2100/s"), &b, 2.1);
}

/* An Application Load Balancer without latency, seen from one node, is the same chain. */
static void test_alb_least_outstanding(void **state)
{
    (void)state;
    struct balance b = {.queues = 2, .longest = 25};
    balance_solve(&b, 1.4);
    balance_expect(
        lab_run(THEORY_HEAD("180s", "1s") "services:\n  lb: {type: alb, latency: 0s, targets: "
                                          "{service: q, copies: 2}, "
                                          "routing: least_outstanding_requests}\n"
                                          "  q: {type: server, work: exponential(1ms)}\n"
                                          "traffic:\n  t: {to: lb, rate: 1400/s}\n"),
        &b, 1.4);
}

static void test_power_of_two(void **state)
{
    (void)state;
    struct balance b = {.queues = 3, .longest = 16, .two_of_them = true};
    balance_solve(&b, 1.8);
    balance_expect(BALANCING("80s", "power_of_two", "3", "1800/s"), &b, 1.8);
}

/* Targets that are services of their own, one of them busy with traffic that does not come
 * through the balancer: it counts only what it has sent itself. Random choice: M/M/1 at 300/s
 * and 300 + 400/s. */
static void test_random_targets(void **state)
{
    (void)state;
    struct lab *lab = lab_run(THEORY_HEAD(
        "150s", "1s") "services:\n  lb: {type: load_balancer, policy: random, targets: [a, b]}\n"
                      "  a: {type: server, work: exponential(1ms)}\n"
                      "  b: {type: server, work: exponential(1ms)}\n"
                      "traffic:\n  t: {to: lb, rate: 600/s}\n  other: {to: b, rate: 400/s}\n");
    lab_expect(lab, "services.a.latency.mean", 1 / 700.0, 0.015);
    lab_expect(lab, "services.b.latency.mean", 1 / 300.0, 0.03);
    lab_expect(lab, "services.lb.outgoing.b.call.latency.p50", log(2) / 300, 0.025);
    lab_expect(lab, "traffic.t.latency.mean", 0.5 / 700 + 0.5 / 300, 0.02);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_chain_itself),  cmocka_unit_test(test_shortest_of_two),
        cmocka_unit_test(test_shortest_of_three), cmocka_unit_test(test_alb_least_outstanding),
        cmocka_unit_test(test_power_of_two),      cmocka_unit_test(test_random_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
