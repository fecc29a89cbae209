/* Combining replications and judging promises. Known independently: Student's interval of 1 2 3
 * 4 5 at 95 % is 3 +- 2.7764 * sqrt(2.5 / 5) = [1.037, 4.963] (table of t, 4 degrees of
 * freedom); the exact lower limit of a ratio after n successes in n trials is (alpha / 2)^(1 /
 * n) (Clopper and Pearson); pooled counts of windows are sums. Every verdict is asked for in
 * both polarities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/engine/estimate.h"
#include "sim/engine/scale.h"
#include "sim/engine/verdict.h"
#include "sim/kernel/interval.h"
#include "tests/engine/synthetic.h"

static const double one_to_five[] = {1, 2, 3, 4, 5};

static struct interval estimate(const struct synthetic *s, uint32_t metric, double confidence)
{
    return estimate_metric(&s->list, metric, s->experiment.replications, s->experiment.count,
                           confidence);
}

static struct verdict judge(struct synthetic *s, uint32_t metric, enum comparison comparison,
                            double limit, double confidence)
{
    s->promise.metric = metric;
    s->promise.comparison = comparison;
    s->promise.limit = limit;
    return verdict_judge(&s->scenario, &s->promise, s->experiment.replications, s->experiment.count,
                         confidence);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void test_mean_interval(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_OFFERED, one_to_five);
    const struct interval at_95 = estimate(&s, M_OFFERED, 0.95);
    assert_near(at_95.value, 3, 1e-12);
    assert_near(at_95.low, 3 - 2.776445 * sqrt(0.5), 1e-5);
    assert_near(at_95.high, 3 + 2.776445 * sqrt(0.5), 1e-5);
    assert_true(estimate(&s, M_OFFERED, 0.9875).low < at_95.low);
    synthetic_done(&s);
}

static void test_one_replication_has_no_interval(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 1, 60);
    synthetic_set(&s, M_OFFERED, one_to_five);
    s.experiment.replications[0].hits[M_AVAILABILITY] = 99;
    s.experiment.replications[0].trials[M_AVAILABILITY] = 100;
    assert_near(estimate(&s, M_OFFERED, 0.95).value, 1, 0);
    assert_true(isnan(estimate(&s, M_OFFERED, 0.95).low));
    assert_near(estimate(&s, M_AVAILABILITY, 0.95).value, 0.99, 1e-15);
    assert_true(isnan(estimate(&s, M_AVAILABILITY, 0.95).high));
    assert_int_equal(judge(&s, M_OFFERED, LESS, 100, 0.95).kind, VERDICT_UNDECIDED);
    synthetic_done(&s);
}

static void test_missing_values(void **state)
{
    (void)state;
    struct synthetic s;
    const double holes[] = {1, NAN, 3, NAN, 5};
    const double nothing[] = {NAN, NAN, NAN, NAN, NAN};
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_MEAN, holes);
    synthetic_set(&s, M_LATENCY_P99, holes);
    synthetic_set(&s, M_LATENCY_MAX, holes);
    synthetic_set(&s, M_DB_CAPACITY_MIN, holes);
    synthetic_set(&s, M_OFFERED, nothing);
    assert_near(estimate(&s, M_LATENCY_MEAN, 0.95).value, 3, 1e-12);
    assert_true(isnan(estimate(&s, M_LATENCY_P99, 0.95).value));
    assert_near(estimate(&s, M_LATENCY_MAX, 0.95).value, 5, 0);
    assert_near(estimate(&s, M_DB_CAPACITY_MIN, 0.95).value, 1, 0);
    assert_true(isnan(estimate(&s, M_LATENCY_MAX, 0.95).high));
    assert_true(isnan(estimate(&s, M_OFFERED, 0.95).value));
    assert_true(isnan(estimate(&s, M_AVAILABILITY, 0.95).value)); /* no trials */
    synthetic_done(&s);
}

/* limit, then the verdicts of <, <=, >, >= for the interval [1.037, 4.963] */
static void test_polarity_of_intervals(void **state)
{
    (void)state;
    static const struct {
        double limit;
        enum verdict_kind kinds[4];
    } cases[] = {
        {5, {VERDICT_KEPT, VERDICT_KEPT, VERDICT_BROKEN, VERDICT_BROKEN}},
        {1, {VERDICT_BROKEN, VERDICT_BROKEN, VERDICT_KEPT, VERDICT_KEPT}},
        {3, {VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED}},
        {4.9, {VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED}},
    };
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_OFFERED, one_to_five);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int comparison = LESS; comparison <= GREATER_EQUAL; comparison++) {
            const struct verdict verdict =
                judge(&s, M_OFFERED, (enum comparison)comparison, cases[i].limit, 0.95);
            assert_int_equal(verdict.kind, cases[i].kinds[comparison]);
            assert_int_equal(verdict.reason != NULL, verdict.kind == VERDICT_UNDECIDED);
        }
    synthetic_done(&s);
}

/* An interval of no width lies on the limit itself. */
static void test_polarity_at_the_limit(void **state)
{
    (void)state;
    static const double twos[] = {2, 2, 2, 2, 2};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_OFFERED, twos);
    assert_int_equal(judge(&s, M_OFFERED, LESS, 2, 0.95).kind, VERDICT_BROKEN);
    assert_int_equal(judge(&s, M_OFFERED, LESS_EQUAL, 2, 0.95).kind, VERDICT_KEPT);
    assert_int_equal(judge(&s, M_OFFERED, GREATER, 2, 0.95).kind, VERDICT_BROKEN);
    assert_int_equal(judge(&s, M_OFFERED, GREATER_EQUAL, 2, 0.95).kind, VERDICT_KEPT);
    synthetic_done(&s);
}

/* 100 of 100 well: at 95 % the ratio is above 0.025^(1/100) = 0.9638, at 98.75 % above 0.9505. */
static void test_no_failure_seen_is_not_certainty(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    for (uint32_t i = 0; i < 5; i++)
        s.experiment.replications[i].hits[M_AVAILABILITY] =
            s.experiment.replications[i].trials[M_AVAILABILITY] = 20;
    assert_near(estimate(&s, M_AVAILABILITY, 0.95).low, pow(0.025, 0.01), 1e-9);
    assert_near(estimate(&s, M_AVAILABILITY, 0.95).high, 1, 0);
    assert_int_equal(judge(&s, M_AVAILABILITY, GREATER_EQUAL, 0.9999, 0.95).kind,
                     VERDICT_UNDECIDED);
    assert_int_equal(judge(&s, M_AVAILABILITY, GREATER_EQUAL, 0.963, 0.95).kind, VERDICT_KEPT);
    assert_int_equal(judge(&s, M_AVAILABILITY, GREATER_EQUAL, 0.963, 0.9875).kind,
                     VERDICT_UNDECIDED);
    assert_int_equal(judge(&s, M_AVAILABILITY, LESS, 0.963, 0.95).kind, VERDICT_BROKEN);
    assert_false(judge(&s, M_AVAILABILITY, GREATER_EQUAL, 0.9999, 0.95).settled);
    synthetic_done(&s);
}

/* The largest of all can only grow: `< limit` is final when broken, `> limit` when kept. */
static void test_extremes(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_MAX, one_to_five);
    synthetic_set(&s, M_DB_CAPACITY_MIN, one_to_five);
    static const struct {
        uint32_t metric;
        enum comparison comparison;
        double limit;
        enum verdict_kind kind;
        bool settled;
    } cases[] = {
        {M_LATENCY_MAX, LESS, 4, VERDICT_BROKEN, true},
        {M_LATENCY_MAX, LESS, 5, VERDICT_BROKEN, true},
        {M_LATENCY_MAX, LESS_EQUAL, 5, VERDICT_KEPT, false},
        {M_LATENCY_MAX, LESS, 6, VERDICT_KEPT, false},
        {M_LATENCY_MAX, GREATER, 4, VERDICT_KEPT, true},
        {M_LATENCY_MAX, GREATER, 5, VERDICT_BROKEN, false},
        {M_DB_CAPACITY_MIN, GREATER_EQUAL, 1, VERDICT_KEPT, false},
        {M_DB_CAPACITY_MIN, GREATER_EQUAL, 2, VERDICT_BROKEN, true},
        {M_DB_CAPACITY_MIN, LESS, 2, VERDICT_KEPT, true},
        {M_DB_CAPACITY_MIN, LESS, 1, VERDICT_BROKEN, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct verdict verdict =
            judge(&s, cases[i].metric, cases[i].comparison, cases[i].limit, 0.95);
        assert_int_equal(verdict.kind, cases[i].kind);
        assert_int_equal(verdict.settled, cases[i].settled);
    }
    synthetic_done(&s);
}

/* Half-width 1 % of the value: within a precision of 2 %, not of 0.5 %. Ratios have no
 * precision. */
static void test_precision(void **state)
{
    (void)state;
    struct synthetic s;
    double close[5];
    for (int i = 0; i < 5; i++)
        close[i] = 100 + (one_to_five[i] - 3) / 1.9633; /* +- 2.7764 * 0.7071 / 1.9633 = +- 1 */
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_P99, close);
    assert_int_equal(judge(&s, M_LATENCY_P99, LESS, 100, 0.95).kind, VERDICT_UNDECIDED);
    assert_true(judge(&s, M_LATENCY_P99, LESS, 100, 0.95).settled);
    s.scenario.precision = 0.005;
    assert_false(judge(&s, M_LATENCY_P99, LESS, 100, 0.95).settled);
    s.scenario.precision = 0.5;
    for (uint32_t i = 0; i < 5; i++) {
        s.experiment.replications[i].hits[M_AVAILABILITY] = 18 + (i & 1);
        s.experiment.replications[i].trials[M_AVAILABILITY] = 20;
    }
    assert_false(judge(&s, M_AVAILABILITY, LESS, 0.92, 0.95).settled);
    synthetic_done(&s);
}

static void test_no_data_is_never_kept(void **state)
{
    (void)state;
    static const double nothing[] = {NAN, NAN, NAN, NAN, NAN};
    static const double one_hole[] = {1, 2, 3, 4, NAN};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_MEAN, nothing);
    synthetic_set(&s, M_LATENCY_P99, one_hole);
    synthetic_set(&s, M_LATENCY_MAX, nothing);
    for (int comparison = LESS; comparison <= GREATER_EQUAL; comparison++) {
        const enum comparison c = (enum comparison)comparison;
        assert_int_equal(judge(&s, M_LATENCY_MEAN, c, 9, 0.95).kind, VERDICT_UNDECIDED);
        assert_int_equal(judge(&s, M_LATENCY_P99, c, 9, 0.95).kind, VERDICT_UNDECIDED);
        assert_int_equal(judge(&s, M_LATENCY_MAX, c, 9, 0.95).kind, VERDICT_UNDECIDED);
        assert_int_equal(judge(&s, M_AVAILABILITY, c, 0.5, 0.95).kind, VERDICT_UNDECIDED);
    }
    assert_false(judge(&s, M_LATENCY_MEAN, LESS, 9, 0.95).settled);
    assert_true(judge(&s, M_LATENCY_P99, LESS, 9, 0.95).settled); /* more of it cannot help */
    synthetic_done(&s);
}

/* Half of the replications with a growing backlog make the traffic overloaded. */
static void test_overloaded_is_at_best_undecided(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 4, 60);
    synthetic_set(&s, M_OFFERED, one_to_five);
    synthetic_set(&s, M_DB_UTILIZATION, one_to_five);
    s.experiment.replications[1].overloaded[0] = true;
    assert_int_equal(judge(&s, M_OFFERED, LESS, 50, 0.95).kind, VERDICT_KEPT);
    s.experiment.replications[3].overloaded[0] = true;
    assert_int_equal(judge(&s, M_OFFERED, LESS, 50, 0.95).kind, VERDICT_UNDECIDED);
    assert_true(judge(&s, M_OFFERED, LESS, 50, 0.95).settled);
    assert_int_equal(judge(&s, M_OFFERED, GREATER, 50, 0.95).kind, VERDICT_BROKEN);
    assert_int_equal(judge(&s, M_DB_UTILIZATION, LESS, 50, 0.95).kind, VERDICT_KEPT);
    synthetic_done(&s);
}

/* db's backlog concerns what is said of db, of its callee as db calls it, of the traffic that comes
 * to it; edge's concerns the traffic too, which only comes there through db. The bottleneck is of
 * all. */
static void test_an_overloaded_service_is_at_best_undecided(void **state)
{
    (void)state;
    static const double halves[] = {0.5, 0.5, 0.5, 0.5};
    static const struct {
        uint32_t metric;
        bool of_db, of_edge;
    } cases[] = {
        {M_OFFERED, true, true},           {M_DB_UTILIZATION, true, false},
        {M_DB_CAPACITY_MIN, true, false},  {M_DB_OUTGOING_RATE, true, true},
        {M_EDGE_UTILIZATION, false, true}, {M_BOTTLENECK_UTILIZATION, true, true},
    };
    struct synthetic s;
    synthetic_init(&s, 4, 60);
    for (uint32_t i = 0; i < SYNTHETIC_METRICS; i++)
        synthetic_set(&s, (enum synthetic_metric)i, halves);
    for (uint32_t service = 0; service < 2; service++) {
        for (uint32_t i = 0; i < 4; i++)
            s.experiment.replications[i].service_overloaded[service] = i >= 3;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
            assert_int_equal(judge(&s, cases[i].metric, LESS, 50, 0.95).kind, VERDICT_KEPT);
        s.experiment.replications[0].service_overloaded[service] = true; /* two of four */
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            const bool doubted = service == 0 ? cases[i].of_db : cases[i].of_edge;
            const struct verdict verdict = judge(&s, cases[i].metric, LESS, 50, 0.95);
            assert_int_equal(verdict.kind, doubted ? VERDICT_UNDECIDED : VERDICT_KEPT);
            if (doubted)
                assert_string_equal(verdict.overloaded, s.services[service].name);
            assert_int_equal(judge(&s, cases[i].metric, GREATER, 50, 0.95).kind, VERDICT_BROKEN);
        }
        for (uint32_t i = 0; i < 4; i++)
            s.experiment.replications[i].service_overloaded[service] = false;
    }
    s.experiment.replications[0].service_overloaded[1] = true;
    s.experiment.replications[1].service_overloaded[1] = true;
    judge(&s, M_OFFERED, LESS, 50, 0.95);
    s.promise.comparison = LESS;
    struct results *results = synthetic_results(&s);
    assert_string_equal(results->verdicts[0].reason,
                        "edge was overloaded: a backlog grew there through the window");
    assert_int_equal(results->warnings_count, 1);
    assert_string_equal(results->warnings[0].code, "overloaded");
    assert_string_equal(results->warnings[0].path, "services.edge");
    results_free(results);
    synthetic_done(&s);
}

/* No failure in any replication of what can fail says little; of what cannot, it is certain. */
static void test_no_failure_is_no_certainty_of_being_up(void **state)
{
    (void)state;
    static const double ones[] = {1, 1, 1, 1, 1};
    static const double most[] = {1, 1, 1, 1, 0.9999};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_EDGE_UP, ones);
    assert_near(estimate(&s, M_EDGE_UP, 0.95).low, 1, 0);
    assert_near(estimate(&s, M_EDGE_UP, 0.95).high, 1, 0);
    assert_int_equal(judge(&s, M_EDGE_UP, GREATER_EQUAL, 0.999, 0.95).kind, VERDICT_KEPT);
    for (uint32_t i = 0; i < 5; i++)
        s.experiment.replications[i].fallible[1] = true;
    assert_near(estimate(&s, M_EDGE_UP, 0.95).value, 1, 0);
    assert_true(isnan(estimate(&s, M_EDGE_UP, 0.95).low));
    assert_true(isnan(estimate(&s, M_EDGE_UP, 0.95).high));
    const struct verdict verdict = judge(&s, M_EDGE_UP, GREATER_EQUAL, 0.999, 0.95);
    assert_int_equal(verdict.kind, VERDICT_UNDECIDED);
    assert_string_equal(verdict.reason, "no failure was seen");
    assert_false(verdict.settled);
    synthetic_set(&s, M_EDGE_UP, most); /* one failed: 0.99998 +- 2.776 * 0.00002 */
    assert_near(estimate(&s, M_EDGE_UP, 0.95).low, 0.99998 - 2.776445 * 2e-5, 1e-9);
    assert_near(estimate(&s, M_EDGE_UP, 0.95).high, 1, 0); /* not 1.00004 */
    assert_int_equal(judge(&s, M_EDGE_UP, GREATER_EQUAL, 0.999, 0.95).kind, VERDICT_KEPT);
    synthetic_done(&s);
}

/* Student's interval of 0 0 0 0 0.5 is 0.1 +- 0.278. A rate is not bounded by 1. */
static void test_ratios_stay_within_their_bounds(void **state)
{
    (void)state;
    static const double low[] = {0, 0, 0, 0, 0.5};
    static const double high[] = {1, 1, 1, 1, 0.5};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_DB_UTILIZATION, low);
    synthetic_set(&s, M_EDGE_UTILIZATION, high);
    synthetic_set(&s, M_OFFERED, low);
    assert_near(estimate(&s, M_DB_UTILIZATION, 0.95).low, 0, 0);
    assert_near(estimate(&s, M_DB_UTILIZATION, 0.95).high, 0.1 + 2.776445 * 0.1, 1e-6);
    assert_near(estimate(&s, M_EDGE_UTILIZATION, 0.95).high, 1, 0);
    assert_near(estimate(&s, M_OFFERED, 0.95).low, 0.1 - 2.776445 * 0.1, 1e-6);
    synthetic_done(&s);
}

/* Four looks at 98.75 % hold together with 95 % (Bonferroni). */
static void test_look_confidence(void **state)
{
    (void)state;
    assert_near(interval_look_confidence(0.95, 4), 0.9875, 1e-15);
}

static void test_bottleneck(void **state)
{
    (void)state;
    static const double half[] = {0.5, 0.5, 0.5, 0.5, 0.5};
    static const double most[] = {0.78, 0.79, 0.8, 0.81, 0.82};
    static const double none[] = {NAN, NAN, NAN, NAN, NAN};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_DB_UTILIZATION, half);
    synthetic_set(&s, M_EDGE_UTILIZATION, most);
    struct results *results = synthetic_results(&s);
    assert_true(results->bottleneck.known);
    assert_int_equal(results->bottleneck.service, 1);
    assert_string_equal(results->bottleneck.resource, "servers");
    assert_near(results->bottleneck.headroom.value, 1.25, 1e-12);
    assert_near(results->bottleneck.headroom.low * results->bottleneck.utilization.high, 1, 1e-12);
    assert_near(results->bottleneck.headroom.high * results->bottleneck.utilization.low, 1, 1e-12);
    results_free(results);
    synthetic_set(&s, M_DB_UTILIZATION, none);
    synthetic_set(&s, M_EDGE_UTILIZATION, none);
    results = synthetic_results(&s);
    assert_false(results->bottleneck.known);
    results_free(results);
    synthetic_done(&s);
}

/* The tightest of all: 90 % of db's tokens, then 95 % of edge's limit, are before 80 % of its
 * servers. */
static void test_bottleneck_of_any_kind(void **state)
{
    (void)state;
    static const double most[] = {0.78, 0.79, 0.8, 0.81, 0.82};
    static const double tokens[] = {0.7, 0.9, 0.9, 1, 1};
    static const double limit[] = {0.95, 0.95, 0.95, 0.95, 0.95};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_EDGE_UTILIZATION, most);
    synthetic_use(&s, 0, USED_RESOURCE, tokens);
    struct results *results = synthetic_results(&s);
    assert_int_equal(results->bottleneck.service, 0);
    assert_string_equal(results->bottleneck.resource, "tokens");
    assert_near(results->bottleneck.utilization.value, 0.9, 1e-12);
    assert_near(results->bottleneck.utilization.high, 1, 0); /* not 0.9 + 0.152 */
    assert_near(results->bottleneck.headroom.low, 1, 0);
    assert_false(results->uses[0].is_capacity);
    assert_true(results->uses[1].is_capacity);
    assert_string_equal(results->uses[1].resource, "servers");
    assert_near(results->uses[1].share.value, 0.8, 1e-12);
    results_free(results);
    synthetic_use(&s, 1, USED_LIMIT, limit);
    results = synthetic_results(&s);
    assert_int_equal(results->bottleneck.service, 1);
    assert_string_equal(results->bottleneck.resource, "limit");
    assert_near(results->bottleneck.headroom.value, 1 / 0.95, 1e-12);
    results_free(results);
    synthetic_done(&s);
}

/* 0.8 +- 2.776 * 0.00707 = [0.780, 0.820]: headroom within [1.220, 1.281]. */
static void test_promises_about_the_bottleneck(void **state)
{
    (void)state;
    static const double most[] = {0.78, 0.79, 0.8, 0.81, 0.82};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    assert_int_equal(judge(&s, M_BOTTLENECK_HEADROOM, GREATER, 0.5, 0.95).kind, VERDICT_UNDECIDED);
    synthetic_set(&s, M_EDGE_UTILIZATION, most);
    assert_int_equal(judge(&s, M_BOTTLENECK_UTILIZATION, LESS, 0.825, 0.95).kind, VERDICT_KEPT);
    assert_int_equal(judge(&s, M_BOTTLENECK_UTILIZATION, LESS, 0.815, 0.95).kind,
                     VERDICT_UNDECIDED);
    assert_int_equal(judge(&s, M_BOTTLENECK_UTILIZATION, LESS, 0.775, 0.95).kind, VERDICT_BROKEN);
    assert_int_equal(judge(&s, M_BOTTLENECK_HEADROOM, GREATER, 1.21, 0.95).kind, VERDICT_KEPT);
    assert_int_equal(judge(&s, M_BOTTLENECK_HEADROOM, GREATER, 1.25, 0.95).kind, VERDICT_UNDECIDED);
    assert_int_equal(judge(&s, M_BOTTLENECK_HEADROOM, GREATER, 1.29, 0.95).kind, VERDICT_BROKEN);
    s.experiment.count = 1;
    assert_string_equal(judge(&s, M_BOTTLENECK_HEADROOM, GREATER, 1.2, 0.95).reason,
                        "a single replication has no interval");
    synthetic_done(&s);
}

/* The window of test_worst_window_by_availability: 85 %, 50 ms, 2.83/s. */
static void test_promises_about_the_worst_window(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 2, 900);
    assert_int_equal(judge(&s, M_WORST_AVAILABILITY, GREATER, 0.1, 0.95).kind, VERDICT_UNDECIDED);
    assert_false(judge(&s, M_WORST_AVAILABILITY, GREATER, 0.1, 0.95).settled);
    s.scenario.duration_ns = 599 * INT64_C(1000000000); /* never long enough */
    assert_true(judge(&s, M_WORST_AVAILABILITY, GREATER, 0.1, 0.95).settled);
    s.scenario.duration_ns = 900 * INT64_C(1000000000);
    for (uint32_t i = 0; i < 2; i++)
        for (uint32_t j = 0; j < 3; j++)
            synthetic_window(&s, i, 3, j, j == 1 ? 1000 : 500, j == 1 ? (i == 0 ? 900 : 800) : 500,
                             j == 1 ? 50 : 70);
    assert_int_equal(judge(&s, M_WORST_AVAILABILITY, GREATER, 0.84, 0.95).kind, VERDICT_KEPT);
    assert_int_equal(judge(&s, M_WORST_AVAILABILITY, GREATER, 0.86, 0.95).kind, VERDICT_BROKEN);
    assert_int_equal(judge(&s, M_WORST_P99, LESS, 0.051, 0.95).kind, VERDICT_KEPT);
    assert_int_equal(judge(&s, M_WORST_P99, LESS, 0.049, 0.95).kind, VERDICT_BROKEN);
    assert_int_equal(judge(&s, M_WORST_THROUGHPUT, GREATER, 2.8, 0.95).kind, VERDICT_KEPT);
    assert_int_equal(judge(&s, M_WORST_THROUGHPUT, GREATER, 2.9, 0.95).kind, VERDICT_BROKEN);
    assert_true(isnan(judge(&s, M_WORST_THROUGHPUT, GREATER, 2.9, 0.95).estimate.low));
    s.experiment.replications[0].overloaded[0] = s.experiment.replications[1].overloaded[0] = true;
    assert_int_equal(judge(&s, M_WORST_P99, LESS, 0.051, 0.95).kind, VERDICT_UNDECIDED);
    synthetic_done(&s);
}

/* All loads count: 5 replications at load 1, 3 at load 2, of 1000 events each. */
static void test_events_are_of_all_experiments(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    struct experiment experiments[2] = {s.experiment, s.experiment};
    experiments[1].load = 2;
    experiments[1].count = 3;
    struct results *results = results_new(&s.scenario, experiments, 2, &s.diag, 2.5);
    assert_int_equal(results->simulated, 8000);
    assert_int_equal(results->replications, 5);
    results_free(results);
    synthetic_done(&s);
}

/* Window 1 answers (90 + 80) of 200 well, the others all. */
static void test_worst_window_by_availability(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 2, 900);
    for (uint32_t i = 0; i < 2; i++)
        for (uint32_t j = 0; j < 3; j++)
            synthetic_window(&s, i, 3, j, j == 1 ? 1000 : 500, j == 1 ? (i == 0 ? 900 : 800) : 500,
                             j == 1 ? 50 : 70);
    struct results *results = synthetic_results(&s);
    const struct results_worst *worst = &results->worst[0];
    assert_true(worst->known);
    assert_near(worst->from_s, 300, 0);
    assert_near(worst->to_s, 600, 0);
    assert_near(worst->availability, 0.85, 1e-15);
    assert_near(worst->latency_p99_s, 0.05, 0.0001); /* 0.2 % */
    assert_near(worst->throughput_per_s, 1700 / 300.0 / 2, 1e-12);
    results_free(results);
    synthetic_done(&s);
}

/* Equal availability: the highest p99 decides; an unknown one (too few) never wins. */
static void test_worst_window_by_latency(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 1, 1200);
    synthetic_window(&s, 0, 4, 0, 1000, 1000, 20);
    synthetic_window(&s, 0, 4, 1, 1000, 1000, 90);
    synthetic_window(&s, 0, 4, 2, 1000, 1000, 90);
    synthetic_window(&s, 0, 4, 3, 999, 999, 500); /* 9.99 beyond the p99 */
    struct results *results = synthetic_results(&s);
    assert_near(results->worst[0].from_s, 300, 0);
    results_free(results);
    synthetic_done(&s);
}

static void test_worst_window_is_unknown(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 1, 600);
    synthetic_window(&s, 0, 2, 0, 500, 500, 20);
    synthetic_window(&s, 0, 2, 1, 499, 499, 20);
    struct results *results = synthetic_results(&s);
    assert_false(results->worst[0].known); /* 999 requests */
    results_free(results);
    synthetic_window(&s, 0, 2, 1, 500, 500, 20);
    results = synthetic_results(&s);
    assert_true(results->worst[0].known);
    results_free(results);
    s.scenario.duration_ns -= 1; /* just under ten minutes */
    results = synthetic_results(&s);
    assert_false(results->worst[0].known);
    results_free(results);
    synthetic_done(&s);
}

static const struct results_warning *find_warning(const struct results *results, const char *code)
{
    for (uint32_t i = 0; i < results->warnings_count; i++)
        if (strcmp(results->warnings[i].code, code) == 0)
            return &results->warnings[i];
    return NULL;
}

static void test_warnings(void **state)
{
    (void)state;
    static const double ones[] = {1, 1, 1, 1, 1};
    static const double hole[] = {1, 1, 1, 1, NAN};
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_LATENCY_MEAN, ones);
    synthetic_set(&s, M_LATENCY_P50, ones);
    synthetic_set(&s, M_LATENCY_P99, ones);
    struct results *results = synthetic_results(&s);
    assert_int_equal(results->warnings_count, 0);
    results_free(results);

    synthetic_set(&s, M_LATENCY_P99, hole);
    s.experiment.warmup_unclear = true;
    for (uint32_t i = 0; i < 5; i++)
        s.experiment.replications[i].overloaded[0] = true;
    s.experiment.replications[2].trace_ended[0] = true;
    diag_warning(&s.diag, (struct place){.file = "synthetic.yaml"}, "heavy_tail",
                 "services.db.work", "intervals of means cover too little");
    results = synthetic_results(&s);
    assert_int_equal(results->warnings_count, 5);
    assert_string_equal(find_warning(results, "heavy_tail")->path, "services.db.work");
    assert_string_equal(find_warning(results, "overloaded")->path, "traffic.users");
    assert_string_equal(find_warning(results, "trace_ended")->path, "traffic.users");
    assert_string_equal(find_warning(results, "few_observations")->path,
                        "traffic.users.latency.p99");
    assert_non_null(find_warning(results, "warmup_unclear"));
    assert_null(find_warning(results, "no_traffic"));
    results_free(results);
    static const double zeros[] = {0, 0, 0, 0, 0};
    synthetic_set(&s, M_OFFERED, zeros);
    results = synthetic_results(&s);
    assert_string_equal(find_warning(results, "no_traffic")->path, "traffic.users");
    results_free(results);
    synthetic_done(&s);
}

/* A promise with severity `warning` is counted apart. */
static void test_tally(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 5, 60);
    synthetic_set(&s, M_OFFERED, one_to_five);
    struct promise promises[3];
    for (int i = 0; i < 3; i++)
        promises[i] = s.promise;
    promises[0].limit = 9;
    promises[1].limit = 0.5;
    promises[1].warning = true;
    promises[2].limit = 3;
    s.scenario.promises = promises;
    s.scenario.promises_count = 3;
    struct results *results = synthetic_results(&s);
    const struct results_tally tally = results_tally(results);
    for (int i = 0; i < VERDICT_KINDS; i++) {
        assert_int_equal(tally.counts[i], 1);
        assert_int_equal(tally.warning_counts[i], i == VERDICT_BROKEN);
    }
    results_free(results);
    synthetic_done(&s);
}

/* Twice the load: every rate doubles, a closed traffic has twice the users, the original is
 * untouched. */
static void test_scale(void **state)
{
    (void)state;
    const struct rate_point points[] = {{0, 10}, {1000, 30}};
    const double mmpp[] = {5, 50};
    struct scenario_traffic traffic[4] = {
        {.rate = points, .rate_count = 2},
        {.arrivals = ARRIVALS_MMPP, .mmpp_rates_per_s = mmpp, .mmpp_count = 2},
        {.arrivals = ARRIVALS_CLOSED, .users = 7},
        {.arrivals = ARRIVALS_TRACE, .trace = {.scale = 5}},
    };
    const struct scenario scenario = {.traffic = traffic, .traffic_count = 4};
    struct arena arena;
    arena_init(&arena);
    const struct scenario *scaled = scale_traffic(&scenario, 2, &arena);
    assert_near(scaled->traffic[0].rate[1].rate_per_s, 60, 0);
    assert_int_equal(scaled->traffic[0].rate[1].time_ns, 1000);
    assert_near(scaled->traffic[1].mmpp_rates_per_s[1], 100, 0);
    assert_int_equal(scaled->traffic[2].users, 14);
    assert_near(scaled->traffic[3].trace.scale, 10, 0);
    assert_near(points[1].rate_per_s, 30, 0);
    assert_int_equal(scale_traffic(&scenario, 0.01, &arena)->traffic[2].users, 1);
    assert_true(scale_possible(&scenario));
    traffic[3].trace.arrivals = true; /* exact instants */
    assert_false(scale_possible(&scenario));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mean_interval),
        cmocka_unit_test(test_one_replication_has_no_interval),
        cmocka_unit_test(test_missing_values),
        cmocka_unit_test(test_polarity_of_intervals),
        cmocka_unit_test(test_polarity_at_the_limit),
        cmocka_unit_test(test_no_failure_seen_is_not_certainty),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_precision),
        cmocka_unit_test(test_no_data_is_never_kept),
        cmocka_unit_test(test_overloaded_is_at_best_undecided),
        cmocka_unit_test(test_an_overloaded_service_is_at_best_undecided),
        cmocka_unit_test(test_no_failure_is_no_certainty_of_being_up),
        cmocka_unit_test(test_ratios_stay_within_their_bounds),
        cmocka_unit_test(test_look_confidence),
        cmocka_unit_test(test_bottleneck),
        cmocka_unit_test(test_bottleneck_of_any_kind),
        cmocka_unit_test(test_promises_about_the_bottleneck),
        cmocka_unit_test(test_promises_about_the_worst_window),
        cmocka_unit_test(test_events_are_of_all_experiments),
        cmocka_unit_test(test_worst_window_by_availability),
        cmocka_unit_test(test_worst_window_by_latency),
        cmocka_unit_test(test_worst_window_is_unknown),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_tally),
        cmocka_unit_test(test_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
