/* GI/M/1: with sigma the root of sigma = A*(mu (1 - sigma)), an arrival waits with probability
 * sigma and its sojourn is exponential with mean 1 / (mu (1 - sigma)) (Kleinrock, Queueing
 * Systems 1, sec. 6.4). Every k-th of a Poisson stream: Erlang-k gaps. A Poisson stream that is
 * switched on and off at random: hyperexponential gaps (Kuczura, Bell System Technical J. 52,
 * 1973). GI/M/3: its Markov chain. */
#include <math.h>

#define THEORY_SEED "4"
#include "tests/theory/theory.h"

/* Transforms A*(s) of gaps with mean 1 / lambda; law: lambda, or as said. */
static double gaps_constant(double s, const void *law)
{
    return exp(-s / *(const double *)law);
}

static double gaps_erlang4(double s, const void *law)
{
    return pow(1 + s / (4 * *(const double *)law), -4);
}

/* uniform between 0 and 2 / lambda */
static double gaps_uniform(double s, const void *law)
{
    const double x = 2 * s / *(const double *)law;
    return -expm1(-x) / x;
}

struct hyper {
    double p, rate1, rate2;
};

static double gaps_hyper(double s, const void *law)
{
    const struct hyper *h = law;
    return h->p * h->rate1 / (h->rate1 + s) + (1 - h->p) * h->rate2 / (h->rate2 + s);
}

struct lognormal {
    double mean, cv, s;
};

/* e^(-s x) at the normal z, times its density */
static double lognormal_at(double z, const void *law)
{
    const struct lognormal *l = law;
    const double sigma2 = log1p(l->cv * l->cv);
    const double x = l->mean * exp(sqrt(sigma2) * z - sigma2 / 2);
    return exp(-l->s * x - z * z / 2) / sqrt(2 * M_PI);
}

static double gaps_lognormal(double s, const void *law)
{
    struct lognormal l = *(const struct lognormal *)law;
    l.s = s;
    return exact_integral((struct curve){lognormal_at, &l}, -9, 9);
}

static void gim1_expect(struct lab *lab, double sigma, double mu)
{
    const double mean = 1 / (mu * (1 - sigma));
    lab_expect(lab, "services.q.waited", sigma, 0.015);
    lab_expect(lab, "services.q.wait.mean", sigma * mean, 0.035);
    lab_expect(lab, "services.q.latency.mean", mean, 0.025);
    lab_expect(lab, "services.q.latency.sd", mean, 0.04);
    lab_expect(lab, "services.q.latency.p50", mean * log(2), 0.025);
    lab_expect(lab, "services.q.latency.p90", mean * log(10), 0.03);
    lab_expect(lab, "services.q.latency.p99", mean * log(100), 0.05);
    lab_close(lab);
}

/* arrivals at 600/s before a server of 1000/s */
static void gim1_run(const char *arrivals, struct curve transform)
{
    struct lab *lab =
        lab_run(THEORY_HEAD("240s", "1s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                                          "traffic:\n  t: {to: q, rate: 600/s, arrivals: \"%s\"}\n",
                arrivals);
    gim1_expect(lab, exact_gim1_sigma(transform, 1000), 1000);
}

static const double gaps_lambda = 600;

static void test_constant_gaps(void **state)
{
    (void)state;
    gim1_run("constant", (struct curve){gaps_constant, &gaps_lambda});
}

static void test_erlang_gaps(void **state)
{
    (void)state;
    gim1_run("erlang(k=4)", (struct curve){gaps_erlang4, &gaps_lambda});
}

static void test_uniform_gaps(void **state)
{
    (void)state;
    gim1_run("uniform(0s 2s)", (struct curve){gaps_uniform, &gaps_lambda});
}

static void test_hyperexponential_gaps(void **state)
{
    (void)state;
    const struct hyper h = {0.3, gaps_lambda / 2, gaps_lambda * 7 / 4};
    gim1_run("hyperexponential(p=0.3 mean1=2s mean2=0.5714285714s)",
             (struct curve){gaps_hyper, &h});
}

static void test_lognormal_gaps(void **state)
{
    (void)state;
    const struct lognormal l = {1 / gaps_lambda, 1.5, 0};
    gim1_run("lognormal(cv=1.5)", (struct curve){gaps_lognormal, &l});
}

/* Round robin over four servers gives each every fourth of the arrivals. */
static void test_round_robin(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        THEORY_HEAD("60s", "1s") "services:\n"
                                 "  lb: {type: load_balancer, targets: {service: q, copies: 4}}\n"
                                 "  q: {type: server, work: exponential(1ms)}\n"
                                 "traffic:\n  t: {to: lb, rate: 2400/s}\n");
    gim1_expect(lab, exact_gim1_sigma((struct curve){gaps_erlang4, &gaps_lambda}, 1000), 1000);
}

/* On at 1200/s for 5 ms, off for 5 ms in the mean. The next arrival comes from an on-state: with
 * w its transform, w = (rate + off w') / (rate + off + s) and w' = on w / (on + s); partial
 * fractions give two exponentials, whose rates are the roots r of r^2 - (rate + off + on) r +
 * rate on = 0. */
static void test_switched_stream(void **state)
{
    (void)state;
    const double rate = 1200;
    const double off = 200; /* 1 / stay when on */
    const double on = 200;
    const double root = sqrt((rate + off + on) * (rate + off + on) - 4 * rate * on);
    struct hyper h = {0, (rate + off + on + root) / 2, (rate + off + on - root) / 2};
    h.p = (rate - h.rate2) / (h.rate1 - h.rate2);
    struct lab *lab = lab_run(
        THEORY_HEAD("500s", "1s") "services:\n  q: {type: server, work: exponential(1ms)}\n"
                                  "traffic:\n  t: {to: q, arrivals: {mmpp: {rates: [1200/s, 0/s], "
                                  "stay: [5ms, 5ms]}}}\n");
    gim1_expect(lab, exact_gim1_sigma((struct curve){gaps_hyper, &h}, 1000), 1000);
}

/* E2/M/3: states (phase, present), up to 150 present. */
static void test_erlang_gaps_before_three_servers(void **state)
{
    (void)state;
    enum { PRESENT = 150, SERVERS = 3 };
    const double lambda = 2100;
    struct chain chain = chain_new(2 * PRESENT);
    for (size_t n = 0; n < PRESENT; n++) {
        const double served = 1000.0 * (double)(n < SERVERS ? n : SERVERS);
        chain_add(&chain, 2 * n, 2 * n + 1, 2 * lambda);
        if (n + 1 < PRESENT) {
            chain_add(&chain, 2 * n + 1, 2 * (n + 1), 2 * lambda);
        }
        for (size_t phase = 0; phase < 2 && n > 0; phase++) {
            chain_add(&chain, 2 * n + phase, 2 * (n - 1) + phase, served);
        }
    }
    const double *p = chain_solve(&chain);
    double present = 0;
    double queue = 0;
    double waits = 0; /* an arrival ends the second phase */
    for (size_t n = 0; n < PRESENT; n++) {
        present += (double)n * (p[2 * n] + p[2 * n + 1]);
        queue += n > SERVERS ? (double)(n - SERVERS) * (p[2 * n] + p[2 * n + 1]) : 0;
        waits += n >= SERVERS ? 2 * p[2 * n + 1] : 0;
    }
    struct lab *lab = lab_run(THEORY_HEAD(
        "150s", "1s") "services:\n  q: {type: server, servers: 3, work: exponential(1ms)}\n"
                      "traffic:\n  t: {to: q, rate: 2100/s, arrivals: erlang(k=2)}\n");
    lab_expect(lab, "services.q.in_flight.mean", present, 0.012);
    lab_expect(lab, "services.q.queue.mean", queue, 0.035);
    lab_expect(lab, "services.q.wait.mean", queue / lambda, 0.035);
    lab_expect(lab, "services.q.waited", waits, 0.012);
    lab_close(lab);
    chain_free(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_gaps),
        cmocka_unit_test(test_erlang_gaps),
        cmocka_unit_test(test_uniform_gaps),
        cmocka_unit_test(test_hyperexponential_gaps),
        cmocka_unit_test(test_lognormal_gaps),
        cmocka_unit_test(test_round_robin),
        cmocka_unit_test(test_switched_stream),
        cmocka_unit_test(test_erlang_gaps_before_three_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
