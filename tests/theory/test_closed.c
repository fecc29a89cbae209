/* Closed systems: users who think, call and wait. Known exactly: product-form networks by mean
 * value analysis, whatever the law of thinking and of work at shared processors (Baskett,
 * Chandy, Muntz & Palacios, J. ACM 22, 1975; Reiser & Lavenberg 1980), and machine repair, where
 * a user finds the system as it would be without it (Sevcik & Mitrani, J. ACM 28, 1981;
 * Kleinrock, Queueing Systems 1, sec. 3.8). */
#include <math.h>

#define THEORY_SEED "10"
#include "tests/theory/theory.h"

static void test_one_class(void **state)
{
    (void)state;
    /* 20 users, 10 ms of thought, 0.3 ms of network; 0.6 ms at a, shared, and 40 % twice 0.5 ms
     * at b */
    struct closed network = {.stations = 2,
                             .population = {20, 0},
                             .think = {10.3e-3, 0},
                             .demand = {{0.6e-3, 0.4 * 2 * 0.5e-3}}};
    exact_mva(&network);
    struct lab *lab = lab_run(THEORY_HEAD(
        "60s",
        "1s") "services:\n  front: {type: delay, work: 0.3ms, calls: [a, {call: b, repeat: 2, "
              "probability: 40%%}]}\n"
              "  a: {type: server, discipline: ps, work: \"lognormal(mean=0.6ms cv=1.5)\"}\n"
              "  b: {type: server, work: exponential(0.5ms)}\n"
              "traffic:\n  t: {to: front, users: 20, think: \"uniform(0ms 20ms)\"}\n");
    lab_expect(lab, "traffic.t.throughput", network.throughput[0], 0.005);
    lab_expect(lab, "traffic.t.latency.mean", network.stay[0] + 0.3e-3, 0.015);
    lab_expect(lab, "services.a.in_flight.mean", network.present[0], 0.02);
    lab_expect(lab, "services.a.utilization", network.throughput[0] * 0.6e-3, 0.005);
    lab_expect(lab, "services.b.in_flight.mean", network.present[1], 0.025);
    lab_expect(lab, "services.b.utilization", network.throughput[0] * 0.4e-3, 0.01);
    lab_close(lab);
}

static void test_two_classes(void **state)
{
    (void)state;
    struct closed network = {.stations = 3,
                             .population = {8, 5},
                             .think = {10e-3, 4e-3},
                             .demand = {{0.8e-3, 0.4e-3, 0.3e-3}, {0.3e-3, 1.2e-3, 0.3e-3}}};
    exact_mva(&network);
    struct lab *lab = lab_run(THEORY_HEAD(
        "60s",
        "1s") "services:\n"
              "  front: {type: delay, operations: {x: {calls: [cpu.x, disk.x, bus]}, "
              "y: {calls: [bus, cpu.y, disk.y]}}}\n"
              "  cpu: {type: server, discipline: ps, operations: {x: {work: exponential(0.8ms)}, "
              "y: {work: 0.3ms}}}\n"
              "  disk: {type: server, discipline: ps, operations: {x: {work: \"erlang(k=2 "
              "mean=0.4ms)\"}, "
              "y: {work: exponential(1.2ms)}}}\n"
              "  bus: {type: server, work: exponential(0.3ms)}\n"
              "traffic:\n  x: {to: front.x, users: 8, think: exponential(10ms)}\n"
              "  y: {to: front.y, users: 5, think: 4ms}\n");
    lab_expect(lab, "traffic.x.throughput", network.throughput[0], 0.008);
    lab_expect(lab, "traffic.y.throughput", network.throughput[1], 0.006);
    lab_expect(lab, "traffic.x.latency.mean", network.stay[0], 0.01);
    lab_expect(lab, "traffic.y.latency.mean", network.stay[1], 0.012);
    lab_expect(lab, "services.cpu.in_flight.mean", network.present[0], 0.015);
    lab_expect(lab, "services.disk.in_flight.mean", network.present[1], 0.01);
    lab_expect(lab, "services.bus.in_flight.mean", network.present[2], 0.015);
    lab_close(lab);
}

/* p[n]: n of so many users with `repairers`, each back after thinking at rate 1 / think_s. */
static void repair_chain(double *p, uint32_t users, uint32_t repairers, double think_s)
{
    double sum = p[0] = 1;
    for (uint32_t n = 1; n <= users; n++) {
        p[n] = p[n - 1] * (users + 1 - n) / think_s / (1000 * fmin(n, repairers));
        sum += p[n];
    }
    for (uint32_t n = 0; n <= users; n++) {
        p[n] /= sum;
    }
}

enum { REPAIR_USERS = 10 };

struct repair {
    uint32_t repairers;
    double seen[REPAIR_USERS]; /* by one of the users */
};

static double repair_wait_tail(double t, const void *law)
{
    const struct repair *repair = law;
    double tail = 0;
    for (uint32_t n = repair->repairers; n < REPAIR_USERS; n++) {
        tail += repair->seen[n] *
                exact_erlang_tail(n + 1 - repair->repairers, 1000 * repair->repairers, t);
    }
    return tail;
}

static void repair_run(uint32_t repairers, double think_s)
{
    double p[REPAIR_USERS + 1];
    struct repair repair = {.repairers = repairers};
    repair_chain(p, REPAIR_USERS, repairers, think_s);
    repair_chain(repair.seen, REPAIR_USERS - 1, repairers, think_s);
    double present = 0;
    double busy = 0;
    double waits = 0;
    for (uint32_t n = 1; n <= REPAIR_USERS; n++) {
        present += n * p[n];
        busy += fmin(n, repairers) * p[n];
        waits += n - 1 >= repairers ? repair.seen[n - 1] : 0;
    }
    const double throughput = busy * 1000;
    struct lab *lab = lab_run(
        THEORY_HEAD("60s",
                    "1s") "services:\n  q: {type: server, servers: %u, work: exponential(1ms)}\n"
                          "traffic:\n  t: {to: q, users: 10, think: exponential(%.0fms)}\n",
        repairers, think_s * 1e3);
    lab_expect(lab, "traffic.t.throughput", throughput, 0.006);
    lab_expect(lab, "services.q.in_flight.mean", present, 0.015);
    lab_expect(lab, "services.q.utilization", busy / repairers, 0.005);
    lab_expect(lab, "services.q.waited", waits, 0.008);
    lab_expect(lab, "services.q.wait.mean", (present - busy) / throughput, 0.025);
    lab_expect(lab, "services.q.wait.p90",
               exact_quantile((struct curve){repair_wait_tail, &repair}, 0.9), 0.02);
    lab_expect(lab, "services.q.wait.p99",
               exact_quantile((struct curve){repair_wait_tail, &repair}, 0.99), 0.035);
    lab_close(lab);
}

static void test_one_repairer(void **state)
{
    (void)state;
    repair_run(1, 9e-3);
}

static void test_three_repairers(void **state)
{
    (void)state;
    repair_run(3, 2e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_class),
        cmocka_unit_test(test_two_classes),
        cmocka_unit_test(test_one_repairer),
        cmocka_unit_test(test_three_repairers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
