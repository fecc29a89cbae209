/* Baselines and what is worse than they. Known independently: printed tables of Student's t
 * (Abramowitz and Stegun, table 26.10), from which the limits of chance are worked out by hand; the
 * share of false alarms among draws of one distribution; RFC 8259 for what is no JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/json.h"
#include "reports/regression.h"
#include "reports/sentence.h"
#include "sim/kernel/interval.h"
#include "sim/kernel/random.h"
#include "tests/engine/synthetic.h"

enum { REPLICATIONS = 5 };

/* ---- chance ---- */

static void test_difference(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        double t, tail, t_difference; /* of 2 (count - 1) degrees of freedom, equal errors */
    } table[] = {
        {5, 2.776, 0.05, 1.860},  {5, 2.776, 0.005, 3.355}, {6, 2.571, 0.01, 2.764},
        {11, 2.228, 0.05, 1.725}, {16, 2.131, 0.01, 2.457}, {2, 12.706, 0.025, 4.303},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct interval_half half = {table[i].t, table[i].count}; /* an error of 1 */
        const double chance = interval_difference(half, half, 0.95, table[i].tail);
        assert_true(fabs(chance - sqrt(2) * table[i].t_difference) < 0.001 * chance);
    }
    /* one side without error: its own degrees of freedom */
    const struct interval_half sure = {0, 30}, half = {2.776, 5};
    assert_true(fabs(interval_difference(half, sure, 0.95, 0.005) - 4.604) < 0.002);
    assert_true(fabs(interval_difference(sure, half, 0.95, 0.005) - 4.604) < 0.002);
    assert_true(interval_difference(sure, sure, 0.95, 0.005) == 0);
    /* far tails of broken degrees of freedom are finite and fall */
    double before = INFINITY;
    for (double tail = 1e-7; tail < 0.4; tail *= 2) {
        const double chance = interval_difference((struct interval_half){1, 5},
                                                  (struct interval_half){3, 30}, 0.95, tail);
        assert_true(isfinite(chance) && chance > 0 && chance < before);
        before = chance;
    }
}

/* ---- two runs ---- */

struct pair {
    struct synthetic before, after;
    struct baseline *baseline;
    struct results *results;
    struct arena arena;
    struct regression *regression;
};

static void pair_open(struct pair *pair)
{
    *pair = (struct pair){.baseline = NULL};
    synthetic_init(&pair->before, REPLICATIONS, 100);
    synthetic_init(&pair->after, REPLICATIONS, 100);
    pair->after.promise.warning = true; /* so that it asks for nothing */
    arena_init(&pair->arena);
}

static struct baseline *read_back(const struct results *results, struct diag *diag)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    json_report(results, stream);
    fclose(stream);
    struct baseline *baseline = baseline_read_text("base.json", text, size, diag);
    free(text);
    return baseline;
}

static void pair_compare(struct pair *pair, double tolerance)
{
    uint32_t entry;
    struct diag *diag = &pair->after.diag;
    struct results *before = synthetic_results(&pair->before);
    pair->baseline = read_back(before, diag);
    results_free(before);
    assert_non_null(pair->baseline);
    pair->results = synthetic_results(&pair->after);
    assert_true(baseline_find(pair->baseline, "Synthetic", "synthetic.yaml", &entry, diag));
    assert_true(regression_check(&pair->after.scenario, pair->baseline, entry, diag));
    pair->regression =
        regression_find(pair->results, pair->baseline, entry, tolerance, &pair->arena);
    assert_int_equal(diag->errors_count, 0);
}

static void pair_close(struct pair *pair)
{
    baseline_free(pair->baseline);
    results_free(pair->results);
    arena_done(&pair->arena);
    synthetic_done(&pair->before);
    synthetic_done(&pair->after);
}

/* Five values of this mean whose 95 % interval has this half-width: t of 4 degrees of freedom is
 * 2.7764, and the sd of -a 0 0 0 a is a / sqrt(2). */
static void set_mean(struct synthetic *s, enum synthetic_metric metric, double mean, double half)
{
    const double a = half / 2.7764 * sqrt(2) * sqrt(REPLICATIONS);
    const double values[REPLICATIONS] = {mean - a, mean, mean, mean, mean + a};
    synthetic_set(s, metric, values);
}

static void set_ratio(struct synthetic *s, enum synthetic_metric metric, uint64_t hits,
                      uint64_t trials)
{
    for (uint32_t i = 0; i < REPLICATIONS; i++) {
        s->experiment.replications[i].hits[metric] = hits;
        s->experiment.replications[i].trials[metric] = trials;
    }
}

static enum regression_kind judged(double before, double after, double half, double tolerance)
{
    struct pair pair;
    pair_open(&pair);
    set_mean(&pair.before, M_LATENCY_P99, before, half);
    set_mean(&pair.after, M_LATENCY_P99, after, half);
    pair_compare(&pair, tolerance);
    assert_int_equal(pair.regression->changes_count, 1);
    const struct regression_change change = pair.regression->changes[0];
    assert_string_equal(change.path, "traffic.users.latency.p99");
    /* errors of half / 2.7764 each; t of 8 degrees of freedom is 2.896 for a tail of 1 % */
    assert_true(fabs(change.chance - 2.896 * sqrt(2) * half / 2.7764) <= 0.001 * change.chance);
    assert_true(fabs(change.change - (after - before) / before) < 1e-9);
    assert_int_equal(pair.regression->counts[change.kind], 1);
    pair_close(&pair);
    return change.kind;
}

/* Of one metric of 100 +- 3 ms chance explains 4.43 ms. */
static void test_tolerance_and_chance(void **state)
{
    (void)state;
    assert_int_equal(judged(0.100, 0.1051, 0.003, 0.05), REGRESSION_WORSE);
    assert_int_equal(judged(0.100, 0.1049, 0.003, 0.05), REGRESSION_SAME);
    assert_int_equal(judged(0.100, 0.0949, 0.003, 0.05), REGRESSION_BETTER);
    assert_int_equal(judged(0.100, 0.0951, 0.003, 0.05), REGRESSION_SAME);
    assert_int_equal(judged(0.100, 0.1045, 0.003, 0), REGRESSION_WORSE);
    assert_int_equal(judged(0.100, 0.1044, 0.003, 0), REGRESSION_SAME);
    assert_int_equal(judged(0.100, 0.1100, 0.009, 0.05), REGRESSION_SAME);
    assert_int_equal(judged(0.100, 0.1200, 0.003, 0.25), REGRESSION_SAME);
    assert_int_equal(judged(0.100, 0.1000, 0, 0), REGRESSION_SAME);
    assert_int_equal(judged(0.100, 0.1001, 0, 0), REGRESSION_WORSE);
}

/* 99.99 % to 99.95 % is 5 times as many failures. */
static void test_what_is_missing_to_1(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    set_ratio(&pair.before, M_AVAILABILITY, 999900, 1000000);
    set_ratio(&pair.after, M_AVAILABILITY, 999500, 1000000);
    pair_compare(&pair, 0.5);
    assert_int_equal(pair.regression->changes_count, 1);
    const struct regression_change *change = &pair.regression->changes[0];
    assert_true(change->lacks);
    assert_false(change->more_is_worse);
    assert_int_equal(change->kind, REGRESSION_WORSE);
    assert_true(fabs(change->change - 4) < 1e-6);
    const char *text = sentence_change(pair.regression, change, false, &pair.arena);
    assert_non_null(strstr(text, "400 % worse in what is missing to 100 %"));
    pair_close(&pair);
}

/* Nothing was missing: any decline beyond chance counts, and is no number of times more. 5 of 5000
 * may be chance where 0 of 5000 were seen: Clopper and Pearson, 95 %: 0 .. 0.074 %. */
static void test_from_nothing(void **state)
{
    (void)state;
    for (int much = 0; much < 2; much++) {
        struct pair pair;
        pair_open(&pair);
        set_ratio(&pair.before, M_AVAILABILITY, 1000, 1000);
        set_ratio(&pair.after, M_AVAILABILITY, much ? 950 : 999, 1000);
        pair_compare(&pair, 0.05);
        const struct regression_change *change = &pair.regression->changes[0];
        assert_int_equal(change->kind, much ? REGRESSION_WORSE : REGRESSION_SAME);
        assert_true(isinf(change->change) && change->change > 0);
        assert_null(strstr(sentence_change(pair.regression, change, false, &pair.arena), "inf"));
        pair_close(&pair);
    }
}

/* Only what has a better and a worse: the offered rate, capacities and maxima have not. A promise
 * says for the others; one of severity warning, at another load or from both sides does not. */
static void test_what_is_compared(void **state)
{
    (void)state;
    static const struct {
        enum synthetic_metric metric;
        enum comparison comparison;
        bool warning;
        double at_load;
        uint32_t compared;
        enum regression_kind kind;
    } table[] = {
        {M_LATENCY_MEAN, LESS, false, 1, 1, REGRESSION_WORSE},
        {M_LATENCY_P50, LESS, true, 1, 1, REGRESSION_WORSE},
        {M_LATENCY_MAX, LESS, false, 1, 0, REGRESSION_SAME},
        {M_OFFERED, GREATER, true, 1, 0, REGRESSION_SAME},
        {M_OFFERED, GREATER, false, 2, 0, REGRESSION_SAME},
        {M_OFFERED, GREATER, false, 1, 1, REGRESSION_BETTER},
        {M_DB_OUTGOING_RATE, LESS_EQUAL, false, 1, 1, REGRESSION_WORSE},
        {M_DB_UTILIZATION, GREATER_EQUAL, false, 1, 1, REGRESSION_BETTER},
        {M_DB_UTILIZATION, LESS_EQUAL, true, 1, 0, REGRESSION_SAME},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct pair pair;
        pair_open(&pair);
        set_mean(&pair.before, table[i].metric, 0.4, 0.001);
        set_mean(&pair.after, table[i].metric, 0.5, 0.001);
        pair.after.promise.metric = table[i].metric;
        pair.after.promise.comparison = table[i].comparison;
        pair.after.promise.warning = table[i].warning;
        pair.after.promise.at_load = table[i].at_load;
        pair_compare(&pair, 0.05);
        assert_int_equal(pair.regression->changes_count, table[i].compared);
        if (table[i].compared)
            assert_int_equal(pair.regression->changes[0].kind, table[i].kind);
        pair_close(&pair);
    }
}

/* What one side does not know cannot be compared, and is counted. */
static void test_without_interval(void **state)
{
    (void)state;
    const double holes[REPLICATIONS] = {0.1, NAN, 0.1, 0.1, 0.1};
    struct pair pair;
    pair_open(&pair);
    set_mean(&pair.before, M_LATENCY_P99, 0.1, 0.001);
    synthetic_set(&pair.after, M_LATENCY_P99, holes); /* a quantile of too few: null */
    pair_compare(&pair, 0.05);
    assert_int_equal(pair.regression->changes_count, 0);
    assert_int_equal(pair.regression->unknown_count, 1);
    pair_close(&pair);
}

/* Two samples of one distribution: with 3 metrics, all together 1 % of false alarms, half of them
 * at most by the tail of the other side. */
static void test_false_alarms(void **state)
{
    (void)state;
    static const enum synthetic_metric metrics[] = {M_LATENCY_MEAN, M_LATENCY_P50, M_LATENCY_P99};
    enum { TRIALS = 4000 };
    struct random random;
    uint32_t alarms = 0, found = 0;
    random_seed(&random, 5, 0, "baseline", "test");
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        struct pair pair;
        pair_open(&pair);
        for (size_t m = 0; m < 3; m++) {
            double values[2][REPLICATIONS];
            for (uint32_t i = 0; i < 2 * REPLICATIONS; i++)
                values[i / REPLICATIONS][i % REPLICATIONS] = 1 + 0.1 * random_normal(&random);
            synthetic_set(&pair.before, metrics[m], values[0]);
            synthetic_set(&pair.after, metrics[m], values[1]);
        }
        pair_compare(&pair, 0);
        assert_int_equal(pair.regression->changes_count, 3);
        alarms += pair.regression->counts[REGRESSION_WORSE] > 0;
        found += pair.regression->counts[REGRESSION_BETTER] > 0;
        pair_close(&pair);
    }
    /* 40 +- 6.3 each: four standard deviations */
    assert_in_range(alarms, 14, 66);
    assert_in_range(found, 14, 66);
}

/* ---- the file ---- */

#define ENTRY(results, scenario, rest)                                                        \
    "{\"archsim\": {\"version\": \"0\", \"results\": " results "},\n \"scenario\": " scenario \
    ",\n " rest "}"
#define NAMED(name, file) "{\"name\": \"" name "\", \"file\": \"" file "\", \"replications\": 5}"
#define EMPTY "\"traffic\": {}, \"services\": {}"
#define P99(value) \
    "\"traffic\": {\"users\": {\"latency\": {\n  \"p99\": " value "}}}, \"services\": {}"
#define GOOD(name, file) ENTRY("1", NAMED(name, file), EMPTY)

struct baseline_reading {
    struct diag diag;
    struct baseline *baseline;
};

static void reading_open(struct baseline_reading *reading, const char *text)
{
    diag_init(&reading->diag);
    reading->baseline = baseline_read_text("base.json", text, strlen(text), &reading->diag);
}

static void reading_close(struct baseline_reading *reading)
{
    baseline_free(reading->baseline);
    diag_done(&reading->diag);
}

static void expect_error(const struct diag *diag, uint32_t line, uint32_t column, const char *part,
                         const char *given)
{
    if (diag->errors_count != 1 || diag->messages[0].place.line != line ||
        diag->messages[0].place.column != column || !strstr(diag->messages[0].text, part) ||
        diag->exit_code != DIAG_EXIT_INPUT) {
        diag_print(diag, stderr, false);
        fail_msg("expected %u:%u: %s for %s", line, column, part, given);
    }
}

static void test_no_baseline(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *part;
    } table[] = {
        {"", 1, 1, "the file is empty"},
        {" \n\t\n ", 1, 1, "the file is empty"},
        {"archsim: 1\n", 1, 7, "this is not JSON"},
        {"12", 1, 2, "this is not JSON"},
        {"[]", 1, 1, "the results of no scenario"},
        {"[\n  1]", 2, 3, "expected the results of a scenario, not a number"},
        {"{}", 1, 1, "expected results of `archsim run FILE --format json`, not nothing"},
        {"{\"archsim\": {\n\"results\": 2}}", 2, 12, "results of version 2"},
        {"{\"archsim\": {\"results\": 1e999}}", 1, 29, "this is not JSON"},
        {"{\"archsim\": {\"results\": NaN}}", 1, 27, "this is not JSON"},
        {"{\"archsim\": {\"results\": \"1\"}}", 1, 25, "not a text"},
        {"{\"archsim\": [1]}", 1, 13, "expected an object on the way, not an array"},
        {"{\"archsim\": {\"results\": 1}, \"archsim\": {}}", 1, 37, "this is not JSON"},
        {"{\"a\": \"\xff\"}", 1, 7, "this is not JSON"},
        {ENTRY("1", "{\"name\": 5}", EMPTY), 2, 23,
         "expected a text, not a number (scenario.name)"},
        {ENTRY("1", "{\"name\": \"A\", \"file\": \"a\", \"replications\": 0}", EMPTY), 2, 57,
         "expected a whole number from 1 on"},
        {ENTRY("1", "{\"name\": \"A\", \"file\": \"a\", \"replications\": 1e300}", EMPTY), 2, 57,
         "expected a whole number from 1 on"},
        {ENTRY("1", NAMED("A", "a"), "\"traffic\": 5, \"services\": {}"), 3, 13,
         "expected an object, not a number (traffic)"},
        {ENTRY("1", NAMED("A", "a"), "\"traffic\": {}"), 1, 1,
         "expected an object, not nothing (services)"},
        {"[" GOOD("A", "a") ", " GOOD("B", "b") ", {\"archsim\": true}]", 5, 46,
         "expected an object on the way, not true"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct baseline_reading reading;
        reading_open(&reading, table[i].text);
        assert_null(reading.baseline);
        expect_error(&reading.diag, table[i].line, table[i].column, table[i].part, table[i].text);
        reading_close(&reading);
    }
}

/* However it is cut, nested or blown up: refused, at a place within. */
static void test_hostile_files(void **state)
{
    (void)state;
    static const char whole[] =
        "[" GOOD("A", "a") ", " ENTRY("1", NAMED("B", "b"), P99("null")) "]";
    struct baseline_reading reading;
    char text[sizeof(whole)];
    size_t in_the_middle = 0;
    for (size_t length = 0; length < sizeof(whole) - 1; length++) {
        memcpy(text, whole, length);
        text[length] = '\0';
        reading_open(&reading, text);
        assert_null(reading.baseline);
        assert_int_equal(reading.diag.errors_count, 1);
        assert_in_range(reading.diag.messages[0].place.line, 1, 6);
        in_the_middle += strstr(reading.diag.messages[0].text, "ends in the middle") != NULL;
        reading_close(&reading);
    }
    assert_true(in_the_middle > sizeof(whole) * 9 / 10); /* the rest: within a number or a word */
    enum { SIZE = 4 << 20 };
    char *many = memory_resize(NULL, SIZE + 1, 1);
    static const char bombs[] = {'[', '{', '"', '9', ' ', '\n', '\\', '\x01'};
    for (size_t i = 0; i < sizeof(bombs); i++) {
        memset(many, bombs[i], SIZE);
        many[0] = bombs[i] == '[' ? '[' : bombs[i] == '{' ? '{' : '[';
        many[SIZE] = '\0';
        reading_open(&reading, many);
        assert_null(reading.baseline);
        assert_int_equal(reading.diag.errors_count, 1);
        reading_close(&reading);
    }
    free(many);
}

static void test_hostile_estimates(void **state)
{
    (void)state;
    static const char *const good[] = {
        "null", "{\"value\": 1, \"low\": null, \"high\": null}",
        "{\"value\": 1, \"low\": 1, \"high\": 1, \"later\": []}",
        "{\"value\": 1e308, \"low\": -1e308, \"high\": 1e308}",
        "{\"high\": 4000000000000000000000000, \"value\": 3, \"low\": -0}"};
    static const char *const bad[] = {"5",
                                      "\"5\"",
                                      "[]",
                                      "true",
                                      "{}",
                                      "{\"value\": 1}",
                                      "{\"value\": null, \"low\": 1, \"high\": 1}",
                                      "{\"value\": 1, \"low\": 0, \"high\": null}",
                                      "{\"value\": 1, \"low\": 2, \"high\": 3}",
                                      "{\"value\": 1, \"low\": 0, \"high\": 0.5}",
                                      "{\"value\": \"1\", \"low\": 0, \"high\": 2}",
                                      "{\"value\": {}, \"low\": 0, \"high\": 2}"};
    struct baseline_reading reading;
    struct interval estimate;
    char text[1024];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]) + sizeof(bad) / sizeof(bad[0]); i++) {
        const bool fine = i < sizeof(good) / sizeof(good[0]);
        const char *value = fine ? good[i] : bad[i - sizeof(good) / sizeof(good[0])];
        snprintf(text, sizeof(text),
                 "[" GOOD("B", "b") ", " ENTRY("1", NAMED("A", "a"), P99("%s")) "]", value);
        reading_open(&reading, text);
        assert_non_null(reading.baseline);
        const bool read = baseline_estimate(reading.baseline, 1, "traffic.users.latency.p99",
                                            &estimate, &reading.diag);
        assert_int_equal(read, fine);
        if (!fine)
            expect_error(&reading.diag, 6, 10, "expected an estimate {value, low, high}", value);
        reading_close(&reading);
    }
}

/* Keys that look like structure do not lead astray; a way through no object is an error. */
static void test_places(void **state)
{
    (void)state;
    static const char text[] = ENTRY("1", NAMED("A", "a"),
                                     "\"services\": {\"x\\\"}{,[\": [\"]\", {}], \"db\": [1]},\n"
                                     "\"traffic\": {\"\u00fc\": {\"p99\": 7}}");
    static const struct {
        const char *path;
        uint32_t line, column;
    } table[] = {{"services.db.latency.p99", 3, 43}, {"traffic.\u00fc.p99", 4, 26}};
    for (size_t i = 0; i < 2; i++) {
        struct baseline_reading reading;
        struct interval estimate;
        reading_open(&reading, text);
        assert_non_null(reading.baseline);
        assert_true(baseline_estimate(reading.baseline, 0, "traffic.users.latency.p99", &estimate,
                                      &reading.diag));
        assert_true(isnan(estimate.value));
        assert_false(
            baseline_estimate(reading.baseline, 0, table[i].path, &estimate, &reading.diag));
        expect_error(&reading.diag, table[i].line, table[i].column, "expected an", table[i].path);
        reading_close(&reading);
    }
}

/* ---- which entry ---- */

static void test_find(void **state)
{
    (void)state;
    static const char text[] =
        "[" GOOD("A", "x/a.yaml") "," GOOD("B", "x/b.yaml") "," GOOD("A", "y/a.yaml") "," GOOD(
            "A", "y/c.yaml") "," GOOD("D", "d.yaml") "," GOOD("D", "e.yaml") "]";
    static const struct {
        const char *name, *file;
        int entry; /* -1: none; -2: several */
    } table[] = {
        {"B", "x/b.yaml", 1},
        {"B", "elsewhere.yaml", 1},
        {"renamed", "x/b.yaml", 1},
        {"renamed", "b.yaml", -1},
        {"A", "x/a.yaml", 0},
        {"A", "y/a.yaml", 2},
        {"A", "c.yaml", 3},
        {"A", "a.yaml", -2},
        {"D", "f.yaml", -2},
        {"D", "./e.yaml", 5},
        {"", "", -1},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct baseline_reading reading;
        uint32_t entry = 99;
        reading_open(&reading, text);
        assert_int_equal(baseline_count(reading.baseline), 6);
        const bool found =
            baseline_find(reading.baseline, table[i].name, table[i].file, &entry, &reading.diag);
        assert_int_equal(found, table[i].entry >= 0);
        if (found)
            assert_int_equal(entry, table[i].entry);
        assert_int_equal(reading.diag.errors_count, table[i].entry == -2);
        reading_close(&reading);
    }
}

/* One replication has no intervals: refused before anything is simulated. */
static void test_one_replication(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s, 1, 100);
    struct results *results = synthetic_results(&s);
    struct baseline *baseline = read_back(results, &s.diag);
    assert_non_null(baseline);
    assert_false(regression_check(&s.scenario, baseline, 0, &s.diag));
    assert_int_equal(s.diag.errors_count, 1);
    assert_non_null(strstr(s.diag.messages[0].text, "one replication"));
    assert_true(s.diag.messages[0].place.line > 1);
    baseline_free(baseline);
    results_free(results);
    synthetic_done(&s);
}

static void test_files(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag);
    assert_null(baseline_read("/nowhere/base.json", &diag));
    assert_null(baseline_read("/", &diag));
    assert_int_equal(diag.errors_count, 2);
    assert_int_equal(diag.exit_code, DIAG_EXIT_WORK);
    diag_done(&diag);
    diag_init(&diag);
    assert_null(baseline_read("/dev/zero", &diag));
    assert_non_null(strstr(diag.messages[0].text, "at most 64 MiB"));
    assert_int_equal(diag.exit_code, DIAG_EXIT_INPUT);
    diag_done(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_difference),
        cmocka_unit_test(test_tolerance_and_chance),
        cmocka_unit_test(test_what_is_missing_to_1),
        cmocka_unit_test(test_from_nothing),
        cmocka_unit_test(test_what_is_compared),
        cmocka_unit_test(test_without_interval),
        cmocka_unit_test(test_false_alarms),
        cmocka_unit_test(test_no_baseline),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_hostile_estimates),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_one_replication),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
