/* Finite rooms. Known: in M/G/c/c an arrival is lost with probability B(c, a), whatever the law
 * of service (Erlang 1917; Sevastyanov 1957), and a (1 - B) servers are busy; M/M/c/K is a
 * birth-death chain (Kleinrock, Queueing Systems 1, sec. 3.6, 3.10); M/D/1/K has its chain at
 * departures; few sources: Engset (1918), and a customer sees the system as if it were not
 * there; GI/M/c/c: Takacs (1957). */
#include <math.h>

#define THEORY_SEED "5"
#include "tests/theory/theory.h"

/* 4 erlangs before 5 servers without waiting places */
static void loss_run(const char *service)
{
    const double lost = exact_erlang_b(5, 4);
    struct lab *lab = lab_run(THEORY_HEAD("20s", "1s") "services:\n  q: {%s}\n"
                                                       "traffic:\n  t: {to: q, rate: 4000/s}\n",
                              service);
    lab_expect(lab, "traffic.t.errors.rejected", lost, 0.025);
    lab_expect(lab, "traffic.t.availability", 1 - lost, 0.006);
    lab_expect(lab, "services.q.throughput", 4000 * (1 - lost), 0.008);
    lab_expect(lab, "services.q.in_flight.mean", 4 * (1 - lost), 0.008);
    lab_close(lab);
}

static void test_exponential_calls(void **state)
{
    (void)state;
    loss_run("type: server, servers: 5, room: 5, work: exponential(1ms)");
}

static void test_constant_calls(void **state)
{
    (void)state;
    loss_run("type: server, servers: 5, room: 5, work: 1ms");
}

static void test_lognormal_calls(void **state)
{
    (void)state;
    loss_run("type: server, servers: 5, room: 5, work: lognormal(mean=1ms cv=2)");
}

static void test_calls_behind_a_bulkhead(void **state)
{
    (void)state;
    loss_run(
        "type: delay, limit: {concurrent: 5, on_full: reject}, work: weibull(mean=1ms shape=2)");
}

/* M/M/2/6 at rho = 0.9 */
static void test_few_places_to_wait(void **state)
{
    (void)state;
    enum { SERVERS = 2, ROOM = 6 };
    const double lambda = 1800;
    double p[ROOM + 1] = {1};
    double sum = 1;
    for (uint32_t n = 1; n <= ROOM; n++) {
        p[n] = p[n - 1] * lambda / (1000 * fmin(n, SERVERS));
        sum += p[n];
    }
    const double served = lambda * (1 - p[ROOM] / sum);
    double present = 0;
    double waiting = 0;
    double waits = 0; /* of those that go in */
    for (uint32_t n = 1; n <= ROOM; n++) {
        present += n * p[n] / sum;
        waiting += n > SERVERS ? (n - SERVERS) * p[n] / sum : 0;
        if (n >= SERVERS && n < ROOM) {
            waits += p[n] / sum * lambda / served;
        }
    }
    struct lab *lab =
        lab_run(THEORY_HEAD("60s", "1s") "services:\n  q: {type: server, servers: 2, room: 6, "
                                         "work: exponential(1ms)}\n"
                                         "traffic:\n  t: {to: q, rate: 1800/s}\n");
    lab_expect(lab, "traffic.t.errors.rejected", p[ROOM] / sum, 0.03);
    lab_expect(lab, "services.q.in_flight.mean", present, 0.01);
    lab_expect(lab, "services.q.queue.mean", waiting, 0.02);
    lab_expect(lab, "services.q.waited", waits, 0.01);
    lab_expect(lab, "services.q.wait.mean", waiting / served, 0.02);
    lab_expect(lab, "services.q.latency.mean", present / served, 0.01);
    lab_close(lab);
}

static void test_constant_service_in_a_small_room(void **state)
{
    (void)state;
    const double lost = exact_md1k_loss(4, 0.9);
    struct lab *lab =
        lab_run(THEORY_HEAD("100s", "1s") "services:\n  q: {type: server, room: 4, work: 1ms}\n"
                                          "traffic:\n  t: {to: q, rate: 900/s}\n");
    lab_expect(lab, "traffic.t.errors.rejected", lost, 0.025);
    lab_expect(lab, "services.q.utilization", 0.9 * (1 - lost), 0.005);
    lab_close(lab);
}

/* 1 / B = sum over k of C(c, k) prod over j <= k of (1 - A(j mu)) / A(j mu), A(s) = e^(-s /
 * lambda) */
static void test_regular_arrivals(void **state)
{
    (void)state;
    enum { SERVERS = 4 };
    double sum = 0;
    double term = 1;
    for (uint32_t k = 0; k <= SERVERS; k++) {
        sum += term;
        const double next = exp(-1000.0 * (k + 1) / 3500);
        term *= (SERVERS - k) / (k + 1.0) * (1 - next) / next;
    }
    struct lab *lab = lab_run(
        THEORY_HEAD("30s", "1s") "services:\n  q: {type: server, servers: 4, room: 4, "
                                 "work: exponential(1ms)}\n"
                                 "traffic:\n  t: {to: q, rate: 3500/s, arrivals: constant}\n");
    lab_expect(lab, "traffic.t.errors.rejected", 1 / sum, 0.015);
    lab_expect(lab, "services.q.busy.mean", 3.5 * (1 - 1 / sum), 0.003);
    lab_close(lab);
}

/* 12 users who think for 3 ms and, turned away, think again, before 4 servers */
static void test_few_sources(void **state)
{
    (void)state;
    enum { USERS = 12, SERVERS = 4 };
    const double load = 1.0 / 3;
    double seen = 1; /* by a user: the chances of k of the other 11 */
    double all = 1;
    double seen_sum = 1;
    double all_sum = 1;
    double busy = 0;
    for (uint32_t k = 1; k <= SERVERS; k++) {
        seen *= load * (USERS - k) / k;
        all *= load * (USERS + 1 - k) / k;
        seen_sum += seen;
        all_sum += all;
        busy += k * all;
    }
    struct lab *lab = lab_run(
        THEORY_HEAD("30s", "1s") "services:\n  q: {type: server, servers: 4, room: 4, "
                                 "work: uniform(0ms 2ms)}\n"
                                 "traffic:\n  t: {to: q, users: 12, think: exponential(3ms)}\n");
    lab_expect(lab, "traffic.t.errors.rejected", seen / seen_sum, 0.015);
    lab_expect(lab, "services.q.busy.mean", busy / all_sum, 0.004);
    lab_expect(lab, "traffic.t.throughput", busy / all_sum * 1000, 0.004);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential_calls),
        cmocka_unit_test(test_constant_calls),
        cmocka_unit_test(test_lognormal_calls),
        cmocka_unit_test(test_calls_behind_a_bulkhead),
        cmocka_unit_test(test_few_places_to_wait),
        cmocka_unit_test(test_constant_service_in_a_small_room),
        cmocka_unit_test(test_regular_arrivals),
        cmocka_unit_test(test_few_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
