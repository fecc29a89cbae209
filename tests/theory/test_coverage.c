/* Do the intervals hold what they promise? A thousand independent experiments of M/M/1 at rho =
 * 0.7 (mean stay 1 / (mu - lambda), exponential), each of 10 replications of 20,000 customers
 * after a fixed warm-up: the 95 % interval of the mean has to cover the truth in 93.6 to 96.4 %
 * of them (the 95 % band of a binomial number). What `replications: auto` makes of it is
 * measured beside: it stops when a promise is decided, which is a choice among looks, so that
 * the 95 % interval printed at the end may cover less; the interval that decided is made for
 * that, and no more than 5 % of verdicts may be wrong. */
#include <math.h>
#include <stdio.h>

#define THEORY_SEED "0"
#include "tests/theory/theory.h"

#include "sim/engine/estimate.h"
#include "sim/engine/verdict.h"
#include "sim/scenario/metrics.h"

#define COVERAGE_QUEUE                                                                      \
    "services:\n  q: {type: server, work: exponential(1ms)}\ntraffic:\n  t: {to: q, rate: " \
    "700/s}\n"

static const double coverage_mean = 1e-3 / 0.3;

/* True if the interval of the metric at that confidence covers `exact`. */
static bool coverage_covers(const struct lab *lab, const char *path, double confidence,
                            double exact)
{
    const int64_t metric = metrics_find(lab->scenario->metrics, path);
    assert_true(metric >= 0);
    const struct interval i =
        estimate_metric(lab->scenario->metrics, (uint32_t)metric, lab->experiment.replications,
                        lab->experiment.count, confidence);
    return i.low <= exact && exact <= i.high;
}

static void test_intervals_cover(void **state)
{
    (void)state;
    const int experiments = (int)fmax(20, 1000 * fmin(1, lab_scale()));
    int mean = 0;
    int p50 = 0;
    int p99 = 0;
    int level = 0;
    for (int seed = 1; seed <= experiments; seed++) {
        struct lab *lab = lab_run("archsim: 1\nname: coverage\nseed: %d\nreplications: 10\n"
                                  "duration: 28.5714s\nwarmup: 1s\n" COVERAGE_QUEUE,
                                  seed);
        mean += coverage_covers(lab, "traffic.t.latency.mean", 0.95, coverage_mean);
        p50 += coverage_covers(lab, "traffic.t.latency.p50", 0.95, coverage_mean * log(2));
        p99 += coverage_covers(lab, "traffic.t.latency.p99", 0.95, coverage_mean * log(100));
        level += coverage_covers(lab, "services.q.in_flight.mean", 0.95, 0.7 / 0.3);
        lab_close(lab);
    }
    print_message(
        "95 %% intervals of %d experiments cover: mean %.1f %%, p50 %.1f %%, p99 %.1f %%, "
        "in_flight %.1f %%\n",
        experiments, 100.0 * mean / experiments, 100.0 * p50 / experiments,
        100.0 * p99 / experiments, 100.0 * level / experiments);
    const double band = 0.014 * sqrt(1000.0 / experiments);
    assert_true(fabs((double)mean / experiments - 0.95) <= band);
    assert_true((double)p99 / experiments >= 0.90 - band); /* skewed: a little less */
}

/* Experiments that stop by themselves; `limit` as a multiple of the true mean, in a promise
 * `mean < limit`. */
static void coverage_auto(double limit)
{
    const int experiments = (int)fmax(20, 200 * fmin(1, lab_scale()));
    int printed = 0;
    int deciding = 0;
    int wrong = 0;
    int undecided = 0;
    uint32_t replications = 0;
    for (int seed = 1; seed <= experiments; seed++) {
        struct lab *lab = lab_run("archsim: 1\nname: coverage\nseed: %d\nreplications: auto\n"
                                  "precision: 3%%\nduration: 7.14286s\nwarmup: 1s\n" COVERAGE_QUEUE
                                  "slo: [traffic.t.latency.mean < %.4fms]\n",
                                  seed, 1e3 * limit * coverage_mean);
        const struct experiment *experiment = &lab->experiment;
        const struct verdict verdict =
            verdict_judge(lab->scenario, &lab->scenario->promises[0], experiment->replications,
                          experiment->count, experiment->confidence);
        printed += coverage_covers(lab, "traffic.t.latency.mean", 0.95, coverage_mean);
        deciding += verdict.estimate.low <= coverage_mean && coverage_mean <= verdict.estimate.high;
        wrong += verdict.kind == (limit > 1 ? VERDICT_BROKEN : VERDICT_KEPT);
        undecided += verdict.kind == VERDICT_UNDECIDED;
        replications += experiment->count;
        lab_close(lab);
    }
    print_message(
        "auto, promise at %.2f of the truth: %.1f replications in the mean, %.1f %% "
        "undecided, %.1f %% wrong; the printed 95 %% interval covers %.1f %%, the deciding "
        "98.75 %% one %.1f %%\n",
        limit, (double)replications / experiments, 100.0 * undecided / experiments,
        100.0 * wrong / experiments, 100.0 * printed / experiments, 100.0 * deciding / experiments);
    const double chance = 3 * sqrt(0.05 * 0.95 / experiments);
    assert_true((double)wrong / experiments <= 0.05 + chance);
    assert_true((double)deciding / experiments >= 0.95 - chance);
    assert_true((double)printed / experiments >= 0.85 - chance);
}

static void test_auto_replications(void **state)
{
    (void)state;
    coverage_auto(1.3);
    coverage_auto(1.1);
    coverage_auto(0.95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals_cover),
        cmocka_unit_test(test_auto_replications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
