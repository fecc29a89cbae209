/* Customers who find the servers taken and come again after an exponential time, for ever. Known
 * for one server (Falin, A survey of retrial queues, Queueing Systems 7, 1990, sec. 2): with
 * retries at rate nu each, the mean number between two tries is lambda^2 E S^2 / (2 (1 - rho)) +
 * lambda rho / (nu (1 - rho)), and a new customer finds the server taken with probability rho.
 * Two servers: the Markov chain. */
#include <math.h>

#define THEORY_SEED "7"
#include "tests/theory/theory.h"

/* `away` between two tries in the mean, at 1 / nu = 5 ms; `load` = lambda times 1 ms */
static void retrial_expect(struct lab *lab, double load, double away)
{
    const double lambda = 1000 * load;
    const double attempts = lambda + away / 5e-3;
    lab_expect(lab, "traffic.t.retries", 1 - lambda / attempts, 0.012);
    lab_expect(lab, "services.q.arrivals", attempts, 0.02);
    lab_expect(lab, "services.q.errors.rejected", 1 - lambda / attempts, 0.012);
    lab_expect(lab, "services.q.busy.mean", load, 0.01);
    lab_expect(lab, "traffic.t.latency.mean", (away + load) / lambda, 0.025);
    lab_close(lab);
}

#define RETRIAL(servers, work, rate)                                                        \
    lab_run(THEORY_HEAD(                                                                    \
        "100s", "2s") "services:\n  q: {type: server, servers: " servers ", room: " servers \
                      ", work: " work "}\ntraffic:\n  t: {to: q, rate: " rate ", "          \
                      "retry: {attempts: unlimited, backoff: exponential(5ms)}}\n")

static double retrial_away(double load, double second)
{
    const double lambda = 1000 * load;
    return lambda * lambda * second / (2 * (1 - load)) + lambda * load * 5e-3 / (1 - load);
}

static void test_one_server(void **state)
{
    (void)state;
    retrial_expect(RETRIAL("1", "exponential(1ms)", "500/s"), 0.5, retrial_away(0.5, 2e-6));
}

static void test_constant_service(void **state)
{
    (void)state;
    retrial_expect(RETRIAL("1", "1ms", "600/s"), 0.6, retrial_away(0.6, 1e-6));
}

/* states (away, busy), up to 250 away */
static void test_two_servers(void **state)
{
    (void)state;
    enum { AWAY = 250, SERVERS = 2 };
    struct chain chain = chain_new(AWAY * (SERVERS + 1));
    for (size_t away = 0; away < AWAY; away++) {
        for (size_t busy = 0; busy <= SERVERS; busy++) {
            const size_t at = away * (SERVERS + 1) + busy;
            if (busy < SERVERS) {
                chain_add(&chain, at, at + 1, 1300);
            } else if (away + 1 < AWAY) {
                chain_add(&chain, at, at + SERVERS + 1, 1300);
            }
            if (busy < SERVERS && away > 0) {
                chain_add(&chain, at, at - SERVERS, (double)away / 5e-3);
            }
            if (busy > 0) {
                chain_add(&chain, at, at - 1, 1000 * (double)busy);
            }
        }
    }
    const double *p = chain_solve(&chain);
    double away = 0;
    for (size_t at = 0; at < chain.size; at++) {
        away += p[at] * (double)(at / (SERVERS + 1));
    }
    retrial_expect(RETRIAL("2", "exponential(1ms)", "1300/s"), 1.3, away);
    chain_free(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_server),
        cmocka_unit_test(test_constant_service),
        cmocka_unit_test(test_two_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
