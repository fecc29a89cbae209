/* Unlimited servers. Known: in M/G/inf lambda E S are there, and each stays for its own work, so
 * that every quantile is the law's; under a rate that varies, the number at t is Poisson with
 * mean E of the arrivals in (t - S, t] (Eick, Massey & Whitt, Management Science 39, 1993), for
 * the sine and exponential work in closed form. Warm-up runs in the traffic of time 0. */
#include <math.h>

#define THEORY_SEED "19"
#include "tests/theory/theory.h"

#define NORMAL_P90 1.2815515655446004
#define NORMAL_P99 2.3263478740408408

static struct lab *infinite_run(const char *service)
{
    return lab_run(THEORY_HEAD("20s", "1s") "services:\n  q: {%s}\n"
                                            "traffic:\n  t: {to: q, rate: 2000/s}\n",
                   service);
}

/* With the law's quantiles at 50, 90 and 99 %. */
static void infinite_expect(struct lab *lab, double mean, const double *quantiles)
{
    lab_expect(lab, "services.q.in_flight.mean", 2000 * mean, 0.015);
    lab_expect(lab, "services.q.busy.mean", 2000 * mean, 0.015);
    lab_expect(lab, "traffic.t.latency.mean", mean, 0.012);
    lab_expect(lab, "traffic.t.latency.p50", quantiles[0], 0.015);
    lab_expect(lab, "traffic.t.latency.p90", quantiles[1], 0.015);
    lab_expect(lab, "traffic.t.latency.p99", quantiles[2], 0.02);
    lab_close(lab);
}

static void test_exponential(void **state)
{
    (void)state;
    infinite_expect(infinite_run("type: server, servers: inf, work: exponential(5ms)"), 5e-3,
                    (const double[]){5e-3 * log(2), 5e-3 * log(10), 5e-3 * log(100)});
}

static void test_lognormal(void **state)
{
    (void)state;
    const double sigma = log(4) / NORMAL_P99;
    infinite_expect(infinite_run("type: delay, work: lognormal(p50=5ms p99=20ms)"),
                    5e-3 * exp(sigma * sigma / 2),
                    (const double[]){5e-3, 5e-3 * exp(sigma * NORMAL_P90), 20e-3});
}

static void test_weibull(void **state)
{
    (void)state;
    const double scale = 5e-3 / tgamma(1 + 1 / 0.8);
    infinite_expect(infinite_run("type: delay, work: weibull(mean=5ms shape=0.8)"), 5e-3,
                    (const double[]){scale * pow(log(2), 1.25), scale * pow(log(10), 1.25),
                                     scale * pow(log(100), 1.25)});
}

static void test_pareto(void **state)
{
    (void)state;
    infinite_expect(
        infinite_run("type: delay, work: pareto(min=4ms shape=5)"), 5e-3,
        (const double[]){4e-3 * pow(2, 0.2), 4e-3 * pow(10, 0.2), 4e-3 * pow(100, 0.2)});
}

static void test_uniform(void **state)
{
    (void)state;
    infinite_expect(infinite_run("type: server, servers: inf, work: \"uniform(2ms 8ms)\""), 5e-3,
                    (const double[]){5e-3, 7.4e-3, 7.94e-3});
}

/* Rates add 60 % in the peak, at a quarter of 2 s; work is exponential(100ms). */
struct sine {
    double rate, amplitude, omega, peak, work;
};

/* From what is there at time 0, in the traffic of time 0: the convolution of the rate with e^-t
 * / work. */
static double sine_present(double t, const void *law)
{
    const struct sine *s = law;
    const double lag = s->omega * s->work;
    const double steady =
        s->rate * s->work *
        (1 + s->amplitude * (cos(s->omega * (t - s->peak)) + lag * sin(s->omega * (t - s->peak))) /
                 (1 + lag * lag));
    const double begun = s->rate * s->work * (1 + s->amplitude * cos(s->omega * s->peak));
    const double steady_at_0 =
        s->rate * s->work *
        (1 + s->amplitude * (cos(s->omega * s->peak) - lag * sin(s->omega * s->peak)) /
                 (1 + lag * lag));
    return steady + (begun - steady_at_0) * exp(-t / s->work);
}

/* The in-flight series in eight parts of the window, each with its interval. */
static void sine_expect_parts(const struct lab *lab, const struct curve *present, double window_s)
{
    enum { PARTS = 8, REPLICATIONS = 32 };
    const struct replication *replications = lab->experiment.replications;
    const double step_s = replications[0].series_step_s;
    assert_int_equal(lab->experiment.count, REPLICATIONS);
    for (int part = 0; part < PARTS; part++) {
        const double from_s = window_s * part / PARTS;
        const uint32_t first = (uint32_t)ceil(from_s / step_s);
        const uint32_t last = (uint32_t)floor(window_s * (part + 1) / PARTS / step_s);
        double means[REPLICATIONS] = {0};
        for (int i = 0; i < REPLICATIONS; i++) {
            for (uint32_t k = first; k < last; k++) {
                means[i] += replications[i].series[k] / (last - first);
            }
        }
        const double exact =
            exact_integral(*present, first * step_s, last * step_s) / ((last - first) * step_s);
        const struct interval seen = interval_student(means, REPLICATIONS, LAB_CONFIDENCE);
        if (!(seen.low <= exact && exact <= seen.high && seen.high - seen.low < 0.06 * exact)) {
            fail_msg("part %d: exact %g, simulated %g .. %g", part, exact, seen.low, seen.high);
        }
    }
}

static void test_sine(void **state)
{
    (void)state;
    const struct sine sine = {20000, 0.6, M_PI, 0.5, 0.1};
    const struct curve present = {sine_present, &sine};
    struct lab *lab = lab_run("archsim: 1\nname: theory\nseed: " THEORY_SEED "\nreplications: 32\n"
                              "duration: 3s\nwarmup: 1s\n"
                              "services:\n  q: {type: delay, work: exponential(100ms)}\n"
                              "traffic:\n  t: {to: q, rate: 20k/s, "
                              "shape: {sine: {period: 2s, amplitude: 60%%, peak: 0.5s}}}\n");
    lab_expect(lab, "services.q.in_flight.mean", exact_integral(present, 0, 3) / 3, 0.01);
    lab_expect(lab, "traffic.t.offered", 20000 * (1 + 0.6 * 2 / (3 * M_PI)), 0.008);
    sine_expect_parts(lab, &present, 3);
    lab_close(lab);
}

/* A ramp from nothing to 6000/s in 2 s, then level, constant work of 1 s: an arrival at t is
 * there for min(1 s, what is left of the 4 s). */
static void test_ramp(void **state)
{
    (void)state;
    const double whole = 6000 + 6000; /* those of 0 .. 2 s and of 2 .. 3 s stay for 1 s each */
    const double cut = 6000 / 2.0;    /* those of 3 .. 4 s for half of it in the mean */
    struct lab *lab = lab_run("archsim: 1\nname: theory\nseed: " THEORY_SEED
                              "\nreplications: 32\nduration: 4s\nwarmup: 2s\n"
                              "services:\n  q: {type: delay, work: 1s}\n"
                              "traffic:\n  t: {to: q, rate: {ramp: [[0s, 0/s], [2s, 6k/s]]}}\n");
    lab_expect(lab, "traffic.t.offered", (6000 + 12000) / 4.0, 0.012);
    lab_expect(lab, "services.q.in_flight.mean", (whole + cut) / 4, 0.012);
    lab_close(lab);
}

/* 1000/s, from 1 s to 1.5 s fivefold by a spike, from 2 s on 3000/s by a step; work of 0.5 s. In
 * the window of 3 s: 500 from before, for half of it in the mean; 4000 + 3000 - 1500 that stay
 * for all of it, 1500 that are cut in half. */
static void test_steps_and_spikes(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nname: theory\nseed: " THEORY_SEED
                              "\nreplications: 32\nduration: 3s\nwarmup: 2s\n"
                              "services:\n  q: {type: delay, work: 0.5s}\n"
                              "traffic:\n  t: {to: q, rate: [[0s, 1k/s], [2s, 3k/s]], "
                              "shape: {spikes: [{at: 1s, for: 0.5s, times: 5}]}}\n");
    lab_expect(lab, "traffic.t.offered", 7000 / 3.0, 0.02);
    lab_expect(lab, "services.q.in_flight.mean", (500 * 0.25 + 5500 * 0.5 + 1500 * 0.25) / 3, 0.02);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential), cmocka_unit_test(test_lognormal),
        cmocka_unit_test(test_weibull),     cmocka_unit_test(test_pareto),
        cmocka_unit_test(test_uniform),     cmocka_unit_test(test_sine),
        cmocka_unit_test(test_ramp),        cmocka_unit_test(test_steps_and_spikes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
