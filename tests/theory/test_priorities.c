/* Priorities. Without preemption a request of class k (0 first) waits W0 / ((1 - s(k-1)) (1 -
 * s(k))) in the mean, s(k) the load of the classes up to k, W0 = sum of lambda E S^2 / 2 over
 * all (Cobham 1954; Kleinrock, Queueing Systems 2, sec. 3.6), on c servers with equal
 * exponential services W0 = C(c, a) / (c mu). With preemption and resumption it stays E S / (1 -
 * s(k-1)) + W0(k) / ((1 - s(k-1)) (1 - s(k))), W0(k) over the classes up to k: the first sees
 * nobody else. */
#include <math.h>

#define THEORY_SEED "9"
#include "tests/theory/theory.h"

enum { CLASSES = 3 };

struct priorities {
    double lambda[CLASSES];
    struct moments service[CLASSES];
};

/* Three classes: 200/s of exponential(1ms), 300/s of constant 0.8ms, 250/s of erlang-2 1ms. */
static struct priorities priorities_example(void)
{
    return (struct priorities){
        {200, 300, 250},
        {exact_moments_exponential(1e-3), exact_moments_constant(0.8e-3),
         exact_moments_gamma(1e-3, sqrt(0.5))},
    };
}

#define PRIORITIES_TRAFFIC                                                                       \
    "traffic:\n  a: {to: q.a, rate: 200/s, priority: 0}\n  b: {to: q.b, rate: 300/s, priority: " \
    "1}\n"                                                                                       \
    "  c: {to: q.c, rate: 250/s, priority: 2}\n"
#define PRIORITIES_OPERATIONS                                                             \
    "operations: {a: {work: exponential(1ms)}, b: {work: 0.8ms}, c: {work: \"erlang(k=2 " \
    "mean=1ms)\"}}"

static double priorities_load(const struct priorities *p, int classes)
{
    double load = 0;
    for (int k = 0; k < classes; k++) {
        load += p->lambda[k] * p->service[k].first;
    }
    return load;
}

static double priorities_residual(const struct priorities *p, int classes)
{
    double residual = 0;
    for (int k = 0; k < classes; k++) {
        residual += p->lambda[k] * p->service[k].second / 2;
    }
    return residual;
}

/* The wait for the first service of class k; preemption hides the classes behind it. */
static double priorities_wait(const struct priorities *p, int k, bool preemptive)
{
    return priorities_residual(p, preemptive ? k + 1 : CLASSES) /
           ((1 - priorities_load(p, k)) * (1 - priorities_load(p, k + 1)));
}

static void test_three_classes_in_turn(void **state)
{
    (void)state;
    const struct priorities p = priorities_example();
    struct lab *lab = lab_run(THEORY_HEAD(
        "280s", "1s") "services:\n  q: {type: server, discipline: priority, " PRIORITIES_OPERATIONS
                      "}\n" PRIORITIES_TRAFFIC);
    const char *path[CLASSES] = {"traffic.a.latency.mean", "traffic.b.latency.mean",
                                 "traffic.c.latency.mean"};
    double queue = 0;
    for (int k = 0; k < CLASSES; k++) {
        const double wait = priorities_wait(&p, k, false);
        lab_expect(lab, path[k], wait + p.service[k].first, 0.025);
        queue += p.lambda[k] * wait;
    }
    lab_expect(lab, "services.q.queue.mean", queue, 0.03);
    lab_expect(lab, "services.q.wait.mean", queue / 750, 0.025);
    lab_expect(lab, "services.q.waited", priorities_load(&p, CLASSES), 0.005);
    lab_close(lab);
}

static void test_three_classes_preempting(void **state)
{
    (void)state;
    const struct priorities p = priorities_example();
    struct lab *lab =
        lab_run(THEORY_HEAD("280s", "1s") "services:\n  q: {type: server, discipline: "
                                          "preemptive_priority, " PRIORITIES_OPERATIONS
                                          "}\n" PRIORITIES_TRAFFIC);
    const char *path[CLASSES] = {"services.q.operations.a.latency.mean",
                                 "services.q.operations.b.latency.mean",
                                 "services.q.operations.c.latency.mean"};
    double queue = 0;
    double present = 0;
    for (int k = 0; k < CLASSES; k++) {
        const double wait = priorities_wait(&p, k, true);
        const double stay = wait + p.service[k].first / (1 - priorities_load(&p, k));
        lab_expect(lab, path[k], stay, 0.025);
        queue += p.lambda[k] * wait;
        present += p.lambda[k] * stay;
    }
    /* the first class is an M/M/1 of its own */
    lab_expect(lab, "traffic.a.latency.p50", 1.25e-3 * log(2), 0.012);
    lab_expect(lab, "traffic.a.latency.p99", 1.25e-3 * log(100), 0.025);
    lab_expect(lab, "services.q.queue.mean", queue, 0.03);
    lab_expect(lab, "services.q.in_flight.mean", present, 0.02);
    lab_expect(lab, "services.q.utilization", priorities_load(&p, CLASSES), 0.004);
    lab_close(lab);
}

/* M/M/1, the first of two classes: it waits with probability rho, then exponentially with rate
 * mu - lambda1 (Davis, Operations Research 14, 1966), then is served. */
static double first_class_tail(double t, const void *law)
{
    (void)law;
    const double mu = 1000;
    const double slack = 700; /* mu - lambda1 */
    const double both = (mu * exp(-slack * t) - slack * exp(-mu * t)) / (mu - slack);
    return 0.3 * exp(-mu * t) + 0.7 * both;
}

static void test_percentiles_of_the_first_class(void **state)
{
    (void)state;
    const struct curve tail = {first_class_tail, NULL};
    struct lab *lab =
        lab_run(THEORY_HEAD("220s", "1s") "services:\n  q: {type: server, discipline: priority, "
                                          "work: exponential(1ms)}\n"
                                          "traffic:\n  a: {to: q, rate: 300/s, priority: 3}\n"
                                          "  b: {to: q, rate: 400/s, priority: 7}\n");
    lab_expect(lab, "traffic.a.latency.mean", 1e-3 + 0.7e-3 / 0.7, 0.012);
    lab_expect(lab, "traffic.a.latency.p50", exact_quantile(tail, 0.5), 0.015);
    lab_expect(lab, "traffic.a.latency.p90", exact_quantile(tail, 0.9), 0.015);
    lab_expect(lab, "traffic.a.latency.p99", exact_quantile(tail, 0.99), 0.02);
    lab_expect(lab, "traffic.b.latency.mean", 1e-3 + 0.7e-3 / (0.7 * 0.3), 0.03);
    lab_close(lab);
}

static void test_several_servers(void **state)
{
    (void)state;
    const double residual = exact_erlang_c(4, 3) / 4000;
    struct lab *lab = lab_run(
        THEORY_HEAD("80s", "1s") "services:\n  q: {type: server, servers: 4, discipline: priority, "
                                 "work: exponential(1ms)}\n"
                                 "traffic:\n  a: {to: q, rate: 1200/s, priority: 0}\n"
                                 "  b: {to: q, rate: 1800/s, priority: 1}\n");
    lab_expect(lab, "traffic.a.latency.mean", 1e-3 + residual / 0.7, 0.008);
    lab_expect(lab, "traffic.b.latency.mean", 1e-3 + residual / (0.7 * 0.25), 0.02);
    lab_expect(lab, "services.q.waited", exact_erlang_c(4, 3), 0.015);
    lab_close(lab);
}

/* With equal exponential services the first class has M/M/4 for itself, and the number of both
 * together is that of M/M/4 under all the traffic. */
static void test_several_servers_preempting(void **state)
{
    (void)state;
    const struct mmc first = {4, 1200, 1000};
    const struct mmc both = {4, 3000, 1000};
    const double present = 3 + 3000 * exact_mmc_wait(&both);
    const double first_stay = 1e-3 + exact_mmc_wait(&first);
    struct lab *lab = lab_run(THEORY_HEAD(
        "80s", "1s") "services:\n  q: {type: server, servers: 4, discipline: preemptive_priority, "
                     "work: exponential(1ms)}\n"
                     "traffic:\n  a: {to: q, rate: 1200/s, priority: 0}\n"
                     "  b: {to: q, rate: 1800/s, priority: 1}\n");
    lab_expect(lab, "traffic.a.latency.mean", first_stay, 0.006);
    lab_expect(lab, "traffic.a.latency.p99",
               exact_quantile((struct curve){exact_mmc_sojourn_tail, &first}, 0.99), 0.012);
    lab_expect(lab, "traffic.b.latency.mean", (present - 1200 * first_stay) / 1800, 0.02);
    lab_expect(lab, "services.q.in_flight.mean", present, 0.02);
    lab_close(lab);
}

/* Priorities go along with calls: `front` only passes them on. What holds the server is work
 * plus a call. */
static void test_inherited_through_a_call(void **state)
{
    (void)state;
    struct priorities p = priorities_example();
    p.lambda[0] = 200;
    p.lambda[1] = 400;
    p.lambda[2] = 0;
    p.service[0] = p.service[1] = exact_moments(1e-3, 1e-6 + 0.25e-6, 0);
    struct lab *lab = lab_run(THEORY_HEAD(
        "220s",
        "1s") "services:\n  front: {type: delay, calls: [q]}\n"
              "  q: {type: server, discipline: priority, work: exponential(0.5ms), calls: [far]}\n"
              "  far: {type: delay, work: 0.5ms}\n"
              "traffic:\n  a: {to: front, rate: 200/s, priority: 0}\n"
              "  b: {to: front, rate: 400/s, priority: 1}\n");
    lab_expect(lab, "traffic.a.latency.mean", 1e-3 + priorities_wait(&p, 0, false), 0.008);
    lab_expect(lab, "traffic.b.latency.mean", 1e-3 + priorities_wait(&p, 1, false), 0.015);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_classes_in_turn),
        cmocka_unit_test(test_three_classes_preempting),
        cmocka_unit_test(test_percentiles_of_the_first_class),
        cmocka_unit_test(test_several_servers),
        cmocka_unit_test(test_several_servers_preempting),
        cmocka_unit_test(test_inherited_through_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
