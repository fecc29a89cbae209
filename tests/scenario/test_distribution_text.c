/* distribution_text: each form of language.md gives the distribution that its parameters say
 * (means and standard deviations by the textbook formulas), and each wrong text its message and
 * place. */
#include "sim/scenario/quantity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct arena arena;
    char directory[32];
};

static int fixture_setup(void **state)
{
    struct fixture *f = memory_resize(NULL, 1, sizeof(*f));
    *f = (struct fixture){.directory = "/tmp/test_dist_XXXXXX"};
    arena_init(&f->arena);
    *state = f;
    return mkdtemp(f->directory) ? 0 : -1;
}

static int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    char path[64];
    snprintf(path, sizeof(path), "%s/x y.csv", f->directory);
    unlink(path);
    rmdir(f->directory);
    arena_done(&f->arena);
    free(f);
    return 0;
}

static bool parse(struct fixture *f, const char *text, enum quantity kind, bool shape_only,
                  struct distribution *distribution, bool *heavy_tail, struct quantity_error *error)
{
    struct distribution_request request = {.kind = kind,
                                           .unit = kind == QUANTITY_CAPACITY ? "ACU" : NULL,
                                           .directory = f->directory,
                                           .shape_only = shape_only};
    return quantity_parse_distribution(text, &request, &f->arena, distribution, heavy_tail, error);
}

struct good {
    const char *text;
    enum distribution_kind kind;
    double mean, sd; /* ms; sd NAN: does not exist */
    bool heavy_tail;
};

static void check_moment(const char *text, const char *name, double value, double expected)
{
    if (isnan(value) != isnan(expected) || fabs(value - expected) > 1e-9 * fabs(expected))
        fail_msg("%s: %s %.17g, expected %.17g", text, name, value, expected);
}

static void test_forms(void **state)
{
    const double sigma = log(80.0 / 9) / 2.3263478740408408; /* the normal 99 % quantile */
    const double skewed = 9 * exp(sigma * sigma / 2);
    const struct good rows[] = {
        {"12ms", DISTRIBUTION_CONSTANT, 12, 0, false},
        {"1s 5ms", DISTRIBUTION_CONSTANT, 1005, 0, false},
        {"0ms", DISTRIBUTION_CONSTANT, 0, 0, false},
        {"exponential(12ms)", DISTRIBUTION_EXPONENTIAL, 12, 12, false},
        {"exponential(mean=12ms)", DISTRIBUTION_EXPONENTIAL, 12, 12, false},
        {" exponential ( 12 ms ) ", DISTRIBUTION_EXPONENTIAL, 12, 12, false},
        {"exponential(1s500ms)", DISTRIBUTION_EXPONENTIAL, 1500, 1500, false},
        {"exponential(0.3333333333333333ms)", DISTRIBUTION_EXPONENTIAL, 1. / 3, 1. / 3, false},
        {"lognormal(mean=12ms cv=1.5)", DISTRIBUTION_LOGNORMAL, 12, 18, false},
        {"lognormal(mean=12ms, cv=1.5)", DISTRIBUTION_LOGNORMAL, 12, 18, false},
        {"lognormal(mean=12ms,cv=1.5)", DISTRIBUTION_LOGNORMAL, 12, 18, false},
        {"lognormal(cv = 150% , mean = 12 ms)", DISTRIBUTION_LOGNORMAL, 12, 18, false},
        {"lognormal(mean=12ms\n cv=1.5)", DISTRIBUTION_LOGNORMAL, 12, 18, false},
        {"lognormal(mean=1ms cv=5)", DISTRIBUTION_LOGNORMAL, 1, 5, false},
        {"lognormal(mean=1ms cv=5.01)", DISTRIBUTION_LOGNORMAL, 1, 5.01, true},
        {"lognormal(mean=1ms cv=0)", DISTRIBUTION_CONSTANT, 1, 0, false},
        {"lognormal(p50=9ms p99=80ms)", DISTRIBUTION_LOGNORMAL, skewed,
         skewed * sqrt(exp(sigma * sigma) - 1), false},
        {"gamma(mean=2ms cv=0.5)", DISTRIBUTION_GAMMA, 2, 1, false},
        {"erlang(k=4 mean=2ms)", DISTRIBUTION_ERLANG, 2, 1, false},
        {"hyperexponential(p=0.3 mean1=1ms mean2=5ms)", DISTRIBUTION_HYPEREXPONENTIAL, 3.8,
         sqrt(2 * (0.3 + 0.7 * 25) - 3.8 * 3.8), false},
        {"hyperexponential(p=30% mean1=1ms mean2=5ms)", DISTRIBUTION_HYPEREXPONENTIAL, 3.8,
         sqrt(2 * (0.3 + 0.7 * 25) - 3.8 * 3.8), false},
        {"weibull(mean=2ms shape=0.5)", DISTRIBUTION_WEIBULL, 2, 2 * sqrt(5), false},
        {"pareto(min=1ms shape=3)", DISTRIBUTION_PARETO, 1.5, sqrt(0.75), false},
        {"pareto(min=1ms shape=2)", DISTRIBUTION_PARETO, 2, NAN, true},
        {"pareto(min=1ms shape=1.5)", DISTRIBUTION_PARETO, 3, NAN, true},
        {"uniform(5ms 9ms)", DISTRIBUTION_UNIFORM, 7, 4 / sqrt(12), false},
        {"uniform(5 ms 9 ms)", DISTRIBUTION_UNIFORM, 7, 4 / sqrt(12), false},
        {"uniform(5ms, 9ms)", DISTRIBUTION_UNIFORM, 7, 4 / sqrt(12), false},
        {"uniform(low=5ms high=9ms)", DISTRIBUTION_UNIFORM, 7, 4 / sqrt(12), false},
        /* half a normal: mean sd sqrt(2/pi), variance sd^2 (1 - 2/pi) */
        {"normal(mean=0ms sd=3ms)", DISTRIBUTION_NORMAL, 3 * sqrt(2 / M_PI), 3 * sqrt(1 - 2 / M_PI),
         false},
        {"normal(mean=100ms sd=1ms)", DISTRIBUTION_NORMAL, 100, 1, false},
        {"triangular(min=1ms mode=2ms max=6ms)", DISTRIBUTION_TRIANGULAR, 3,
         sqrt((1. + 4 + 36 - 2 - 6 - 12) / 18), false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct distribution d;
        struct quantity_error error;
        bool heavy_tail = !rows[i].heavy_tail;
        if (!parse(*state, rows[i].text, QUANTITY_TIME, false, &d, &heavy_tail, &error))
            fail_msg("%s: %s", rows[i].text, error.text);
        assert_int_equal(d.kind, rows[i].kind);
        check_moment(rows[i].text, "mean", d.mean, rows[i].mean * 1e6);
        check_moment(rows[i].text, "sd", d.sd, rows[i].sd * 1e6);
        assert_int_equal(heavy_tail, rows[i].heavy_tail);
    }
}

/* The quantiles are what they were given; between them the logarithm of the value is linear. */
static void test_quantiles(void **state)
{
    struct distribution d;
    struct quantity_error error;
    bool heavy_tail;
    assert_true(parse(*state, "quantiles(p50=10ms p90=25ms p99.9=90ms max=400ms)", QUANTITY_TIME,
                      false, &d, &heavy_tail, &error));
    assert_int_equal(d.kind, DISTRIBUTION_QUANTILES);
    assert_int_equal(d.points, 4);
    const double x[] = {0.5, 0.9, 0.999, 1}, y[] = {10e6, 25e6, 90e6, 400e6};
    for (size_t i = 0; i < 4; i++) {
        assert_true(d.x[i] == x[i]);
        assert_true(d.y[i] == y[i]);
        assert_true(fabs(distribution_cdf(&d, y[i]) - x[i]) < 1e-12);
    }
    assert_true(fabs(distribution_cdf(&d, sqrt(10e6 * 25e6)) - 0.7) < 1e-12);
}

static void test_kinds(void **state)
{
    static const struct {
        const char *text;
        enum quantity kind;
        double mean;
    } rows[] = {
        {"geometric(mean=5)", QUANTITY_COUNT, 5},
        {"geometric(mean=1)", QUANTITY_COUNT, 1},
        {"geometric(mean=2 ACU)", QUANTITY_CAPACITY, 2},
        {"uniform(10 1k)", QUANTITY_COUNT, 505},
        {"10k", QUANTITY_COUNT, 10000},
        {"exponential(4 KiB)", QUANTITY_SIZE, 4096},
        {"lognormal(mean=1 MB cv=2)", QUANTITY_SIZE, 1e6},
        {"512 B", QUANTITY_SIZE, 512},
        {"uniform(1 ACU 2 ACU)", QUANTITY_CAPACITY, 1.5},
        {"normal(mean=5/s sd=0/s)", QUANTITY_RATE, 5},
        {"triangular(min=1% mode=2% max=3%)", QUANTITY_RATIO, 0.02},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct distribution d;
        struct quantity_error error;
        bool heavy_tail;
        if (!parse(*state, rows[i].text, rows[i].kind, false, &d, &heavy_tail, &error))
            fail_msg("%s: %s", rows[i].text, error.text);
        check_moment(rows[i].text, "mean", d.mean, rows[i].mean);
    }
}

/* Shapes: a mean left out is 1; the coefficient of variation is the form's. */
static void test_shapes(void **state)
{
    const struct {
        const char *text;
        double mean, sd;
    } rows[] = {
        {"exponential()", 1, 1},
        {"lognormal(cv=2)", 1, 2},
        {"gamma(cv=0.5)", 1, 0.5},
        {"erlang(k=4)", 1, 0.5},
        {"pareto(shape=3)", 1, 1 / sqrt(3)},
        {"lognormal(mean=12ms cv=2)", 12e6, 24e6},
        {"weibull(shape=1)", 1, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct distribution d;
        struct quantity_error error;
        bool heavy_tail;
        if (!parse(*state, rows[i].text, QUANTITY_TIME, true, &d, &heavy_tail, &error))
            fail_msg("%s: %s", rows[i].text, error.text);
        check_moment(rows[i].text, "mean", d.mean, rows[i].mean);
        check_moment(rows[i].text, "sd", d.sd, rows[i].sd);
    }
}

struct bad {
    const char *text;
    uint32_t offset;
    const char *message;
};

static void check_bad(void **state, const struct bad *row, enum quantity kind, bool shape_only)
{
    struct distribution d;
    struct quantity_error error = {.unreadable = true};
    bool heavy_tail;
    if (parse(*state, row->text, kind, shape_only, &d, &heavy_tail, &error))
        fail_msg("'%s' was taken", row->text);
    if (strcmp(error.text, row->message) != 0 || error.offset != row->offset)
        fail_msg("'%s': %u '%s', expected %u '%s'", row->text, error.offset, error.text,
                 row->offset, row->message);
    assert_false(error.unreadable);
}

#define LOGNORMAL "lognormal(mean=.. cv=..) or lognormal(p50=.. p99=..)"
#define QUANTILES "quantiles(p50=.. p99=.. max=..)"

static const struct bad bad_rows[] = {
    {"12", 0, "a time needs a unit: 12s, 12ms or 12m?"},
    {"", 0, "expected a time such as 20ms"},
    {"-1ms", 0, "a time cannot be negative"},
    {"0.5ns", 0, "a time is a whole number of nanoseconds"},
    {"fast", 0, "expected a time such as 20ms, or a distribution such as exponential(MEAN)"},
    {" exponential", 1, "exponential needs its arguments: exponential(MEAN)"},
    {"exponentail(3ms)", 0, "unknown distribution 'exponentail': did you mean 'exponential'?"},
    {"Exponential(3ms)", 0, "unknown distribution 'Exponential': did you mean 'exponential'?"},
    {"beta(a=1 b=2)", 0,
     "unknown distribution 'beta': they are exponential, lognormal, gamma, erlang, "
     "hyperexponential, weibull, pareto, uniform, normal, triangular, geometric, quantiles, "
     "empirical"},
    {"exponential(3)", 12, "a time needs a unit: 3s, 3ms or 3m?"},
    {"exponential(mean=-3ms)", 17, "a time cannot be negative"},
    {"exponential(1e400s)", 12, "a time is at most 100y"},
    {"exponential(inf)", 12, "expected a time such as 20ms, not 'inf'"},
    {"exponential(3ms", 15, "the ')' is missing"},
    {"exponential(", 12, "the ')' is missing"},
    {"exponential(3ms) x", 17, "unexpected text after the ')'"},
    {"exponential()", 12, "mean is missing: expected exponential(MEAN)"},
    {"exponential(3ms 4ms)", 16, "expected exponential(MEAN)"},
    {"exponential(cv=1)", 12, "expected exponential(MEAN)"},
    {"lognormal(mean=1ms)", 18, "cv is missing: expected " LOGNORMAL},
    {"lognormal(cv=2)", 14, "mean is missing: expected " LOGNORMAL},
    {"lognormal(p50=1ms)", 17, "p99 is missing: expected " LOGNORMAL},
    {"lognormal(mean=1ms p99=2ms)", 19, "expected " LOGNORMAL},
    {"lognormal(1ms 2)", 10, "expected " LOGNORMAL},
    {"lognormal(mean=1ms sigma=2)", 19, "expected " LOGNORMAL},
    {"lognormal(mean=1ms cv=1 cv=2)", 24, "cv is given twice"},
    {"lognormal(mean=1ms cv=101)", 22, "cv is a number from 0 to 100"},
    {"lognormal(mean=1ms cv=-1)", 22, "a ratio cannot be negative"},
    {"lognormal(mean=1ms cv=2ms)", 23, "unknown unit 'ms' of a ratio: expected % or none"},
    {"lognormal(p50=2ms p99=1ms)", 10, "p99 must be at least p50"},
    {"lognormal(p50=1ns p99=1s)", 10, "p99 can be at most 100000 times p50"},
    {"lognormal(p50=0ms p99=1s)", 14, "p50 must be above 0"},
    {"lognormal(mean=\xc2\xb5ms cv=1)", 15, "expected a time such as 20ms, not '\xc2\xb5ms'"},
    {"lognormal(mean=1\xc2\xb5s cv=\xc2\xb5)", 22,
     "expected a ratio such as 5% or 0.05, not '\xc2\xb5'"},
    {"erlang(k=2.5 mean=1ms)", 9, "k is a whole number from 1 to 1000"},
    {"erlang(k=0 mean=1ms)", 9, "k is a whole number from 1 to 1000"},
    {"hyperexponential(p=1.1 mean1=1ms mean2=2ms)", 19, "p is a number from 0 to 1"},
    {"weibull(mean=1ms shape=0.01)", 23, "shape is a number from 0.1 to 1000"},
    {"pareto(min=1ms shape=1)", 7, "pareto has a mean only for a shape above 1"},
    {"pareto(min=0s shape=3)", 11, "min must be above 0"},
    {"uniform(9ms 5ms)", 8, "the low end must not be above the high end"},
    {"uniform(1ms)", 11, "high is missing: expected uniform(LOW HIGH)"},
    {"uniform(1ms,)", 12, "expected one more argument after the comma"},
    {"uniform(,1ms)", 8, "expected a time such as 20ms"},
    {"uniform(1ms,,2ms)", 12, "expected a time such as 20ms"},
    {"uniform(1ms;2ms)", 9,
     "unknown unit 'ms;2ms' of a time: expected ns, us, ms, s, m (or min), h, d, w, mo or y"},
    {"triangular(min=1ms mode=3ms max=2ms)", 11, "expected min <= mode <= max"},
    {"geometric(mean=5)", 0, "geometric draws counts 1, 2, ...: expected a time such as 20ms"},
    {"quantiles()", 10, "expected at least one quantile, and max: " QUANTILES},
    {"quantiles(p50=10ms)", 18, "expected at least one quantile, and max: " QUANTILES},
    {"quantiles(max=10ms)", 18, "expected at least one quantile, and max: " QUANTILES},
    {"quantiles(p50=3ms p40=4ms max=5ms)", 18, "quantiles and their values go from small to large"},
    {"quantiles(p50=3ms p60=2ms max=5ms)", 18, "quantiles and their values go from small to large"},
    {"quantiles(p50=3ms p50=3ms max=5ms)", 18, "quantiles and their values go from small to large"},
    {"quantiles(max=5ms p50=3ms)", 18, "quantiles and their values go from small to large"},
    {"quantiles(p0=1ms max=5ms)", 10, "expected pN with N between 0 and 100, or max: " QUANTILES},
    {"quantiles(p100=1ms max=5ms)", 10, "expected pN with N between 0 and 100, or max: " QUANTILES},
    {"quantiles(q50=1ms max=5ms)", 10, "expected pN with N between 0 and 100, or max: " QUANTILES},
    {"quantiles(1ms max=5ms)", 10, "expected pN with N between 0 and 100, or max: " QUANTILES},
    {"quantiles(p50=0s max=5ms)", 14, "p50 must be above 0"},
    {"empirical()", 10, "expected empirical(FILE)"},
};

static void test_bad(void **state)
{
    for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++)
        check_bad(state, &bad_rows[i], QUANTITY_TIME, false);
    static const struct bad counts[] = {
        {"-1", 0, "it cannot be negative"},
        {"uniform(-1 1)", 8, "low must be at least 0"},
        {"geometric(mean=0.5)", 10, "mean is a number from 1 to 1e9"},
        {"geometric(mean=0)", 15, "mean must be above 0"},
        {"exponential(5 x)", 14, "unknown unit 'x' of a count: expected none, k or M"},
    };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        check_bad(state, &counts[i], QUANTITY_COUNT, false);
    static const struct bad shapes[] = {
        {"exponential(0s)", 0, "the mean must be above 0"},
        {"normal(sd=1ms)", 13, "mean is missing: expected normal(mean=.. sd=..)"},
        {"lognormal()", 10, "cv is missing: expected " LOGNORMAL},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        check_bad(state, &shapes[i], QUANTITY_TIME, true);
}

/* A file of that text; then `empirical(x y.csv)` must give these samples, or this message. */
static void check_file(void **state, const char *text, enum quantity kind, uint32_t count,
                       const double *samples, const char *message)
{
    struct fixture *f = *state;
    char path[64];
    snprintf(path, sizeof(path), "%s/x y.csv", f->directory);
    FILE *stream = fopen(path, "w");
    fputs(text, stream);
    fclose(stream);
    struct distribution d;
    struct quantity_error error;
    bool heavy_tail;
    bool parsed = parse(f, "empirical( x y.csv )", kind, false, &d, &heavy_tail, &error);
    if (message) {
        assert_false(parsed);
        assert_string_equal(error.text, message);
        assert_int_equal(error.offset, 11);
        assert_false(error.unreadable);
        return;
    }
    if (!parsed)
        fail_msg("'%s': %s", text, error.text);
    assert_int_equal(d.kind, DISTRIBUTION_EMPIRICAL);
    assert_int_equal(d.points, count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(d.y[i] == samples[i]);
}

static void test_empirical(void **state)
{
    static const double ms[] = {1e6, 2e6, 35e5}, counts[] = {1, 2, 1000};
    check_file(state, "2ms\n1ms\n3.5ms\n", QUANTITY_TIME, 3, ms, NULL);
    check_file(state, "latency_ms,other\n2,a\n1,b\n3.5,c", QUANTITY_TIME, 3, ms, NULL);
    check_file(state, "latency (ms);x\r\n2;a\r\n1;b\r\n\r\n3.5;c\r\n", QUANTITY_TIME, 3, ms, NULL);
    check_file(state, "# origin\n\"ms\"\n\"2\"\n 1 \n3500us\n", QUANTITY_TIME, 3, ms, NULL);
    check_file(state, "\xEF\xBB\xBFms\n2\n1\n3.5\n", QUANTITY_TIME, 3, ms, NULL);
    check_file(state,
               "\xEF\xBB\xBF"
               "2ms\n1ms\n3.5ms\n",
               QUANTITY_TIME, 3, ms, NULL);
    check_file(state, "requests\n2\n1k\n1\n", QUANTITY_COUNT, 3, counts, NULL);
    check_file(state, "", QUANTITY_TIME, 0, NULL, "x y.csv: the file has no samples");
    check_file(state, "latency_ms\n", QUANTITY_TIME, 0, NULL, "x y.csv: the file has no samples");
    check_file(
        state, "1\n", QUANTITY_TIME, 0, NULL,
        "x y.csv line 1: a time needs a unit: 1s, 1ms or 1m? (or a header such as latency_ms)");
    check_file(state, "ms\n1\nx\n", QUANTITY_TIME, 0, NULL,
               "x y.csv line 3: expected a time such as 20ms, not 'x'");
    check_file(
        state, "a\nb\n", QUANTITY_TIME, 0, NULL,
        "x y.csv line 2: expected a time such as 20ms, not 'b' (or a header such as latency_ms)");
    check_file(state, "1\n-2\n", QUANTITY_COUNT, 0, NULL,
               "x y.csv line 2: a sample cannot be negative");
    check_file(state, "1e999\n", QUANTITY_COUNT, 0, NULL,
               "x y.csv line 1: a count is at most 1e15 (or a header such as latency_ms)");
}

static void test_unreadable(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"empirical(nope.csv)", "nope.csv: cannot open the file: No such file or directory"},
        {"empirical(/)", "/: cannot read the file: Is a directory"},
        {"empirical(/nope/x)", "/nope/x: cannot open the file: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct distribution d;
        struct quantity_error error;
        bool heavy_tail;
        assert_false(parse(*state, rows[i].text, QUANTITY_TIME, false, &d, &heavy_tail, &error));
        assert_string_equal(error.text, rows[i].message);
        assert_true(error.unreadable);
        assert_int_equal(error.offset, 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),      cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_kinds),      cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_bad),        cmocka_unit_test(test_empirical),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
