/* The `traffic` of a file: every way to say when requests come, and every contradiction. */
#include "tests/scenario/toy.h"

#include <math.h>
#include <unistd.h>

static struct scenario *with_traffic(const char *keys, struct diag *diag)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "archsim: 1\nservices:\n  a: {type: delay}\ntraffic:\n  u: {to: a, %s}\n", keys);
    return toy_load(text, diag);
}

static void test_rates(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = with_traffic("rate: 200/s, objective: 300ms, zone: b", &diag);
    const struct scenario_traffic *u = &scenario->traffic[0];
    assert_int_equal(u->arrivals, ARRIVALS_POISSON);
    assert_int_equal(u->rate_count, 1);
    assert_true(u->rate[0].rate_per_s == 200);
    assert_false(u->varies);
    assert_true(scenario->stationary);
    assert_int_equal(u->objective_ns, 300000000);
    assert_int_equal(u->zone, 2);
    assert_null(u->batch);
    assert_true(u->options.timeout_ns == TIME_NONE);
    toy_free(scenario, &diag);

    scenario = with_traffic("rate: [[0s, 20/s], [10m, 400/s]], arrivals: constant", &diag);
    u = &scenario->traffic[0];
    assert_int_equal(u->arrivals, ARRIVALS_CONSTANT);
    assert_int_equal(u->rate_count, 2);
    assert_false(u->rate_linear);
    assert_int_equal(u->rate[1].time_ns, 600000000000);
    assert_true(u->rate[1].rate_per_s == 400);
    assert_true(u->varies);
    assert_false(scenario->stationary);
    assert_true(u->objective_ns == TIME_NONE);
    assert_int_equal(u->zone, 0);
    toy_free(scenario, &diag);

    scenario = with_traffic("rate: {ramp: [[0s, 0/s], [5m, 900/s], [6m, 0/s]]}", &diag);
    assert_true(scenario->traffic[0].rate_linear);
    assert_int_equal(scenario->traffic[0].rate_count, 3);
    toy_free(scenario, &diag);
}

static void test_gaps(void **state)
{
    (void)state;
    struct diag diag;
    /* any distribution of gaps is scaled to mean 1, its shape kept */
    struct scenario *scenario = with_traffic("rate: 2/s, arrivals: lognormal(cv=2)", &diag);
    const struct scenario_traffic *u = &scenario->traffic[0];
    assert_int_equal(u->arrivals, ARRIVALS_RENEWAL);
    assert_true(fabs(u->gap->mean - 1) < 1e-12);
    assert_true(fabs(u->gap->sd - 2) < 1e-9);
    toy_free(scenario, &diag);
    scenario = with_traffic("rate: 2/s, arrivals: uniform(1s 3s), batch: geometric(mean=5)", &diag);
    u = &scenario->traffic[0];
    assert_true(fabs(u->gap->mean - 1) < 1e-12);
    assert_true(fabs(u->gap->sd - 2 / sqrt(12) / 2) < 1e-9); /* (3-1)/sqrt(12), mean 2 */
    assert_true(u->batch->mean == 5);
    assert_false(u->varies);
    toy_free(scenario, &diag);
}

static void test_mmpp_and_users(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        with_traffic("arrivals: {mmpp: {rates: [50/s, 250/s, 0/s], stay: [10s, 2s, 1m]}}", &diag);
    const struct scenario_traffic *u = &scenario->traffic[0];
    assert_int_equal(u->arrivals, ARRIVALS_MMPP);
    assert_int_equal(u->mmpp_count, 3);
    assert_true(u->mmpp_rates_per_s[1] == 250);
    assert_int_equal(u->mmpp_stay_ns[2], 60000000000);
    assert_null(u->rate);
    assert_false(u->varies);
    toy_free(scenario, &diag);
    scenario = with_traffic("users: 100, think: exponential(5s), timeout: 3s, retry: {attempts: 2}",
                            &diag);
    u = &scenario->traffic[0];
    assert_int_equal(u->arrivals, ARRIVALS_CLOSED);
    assert_int_equal(u->users, 100);
    assert_true(u->think->mean == 5e9);
    assert_int_equal(u->options.timeout_ns, 3000000000);
    assert_int_equal(u->options.retry.attempts_max, 2);
    toy_free(scenario, &diag);
    scenario = with_traffic("users: 1", &diag);
    assert_non_null(scenario->traffic[0].think);
    assert_true(scenario->traffic[0].think->mean == 0);
    toy_free(scenario, &diag);
}

static void test_shapes(void **state)
{
    (void)state;
    struct diag diag;
    char path[] = "/tmp/archsim_weekly_XXXXXX", keys[512];
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_true(dprintf(file, "# factors of a week, Monday first\n") > 0);
    for (int hour = 0; hour < 168; hour++) /* half of them in lines, half behind commas */
        assert_true(dprintf(file, hour < 84 ? "%g\n" : "%g,", hour / 100.0) > 0);
    close(file);
    snprintf(
        keys, sizeof(keys),
        "rate: 5/s, shape: [{sine: {period: 1d, amplitude: 60%%, peak: 15h}}, "
        "{spikes: [{at: 30m, for: 2m, times: 8}, {at: 1h, for: 1m, times: 0.5}]}, {weekly: %s}]",
        path);
    struct scenario *scenario = with_traffic(keys, &diag);
    const struct scenario_traffic *u = &scenario->traffic[0];
    assert_int_equal(u->shapes_count, 3);
    assert_int_equal(u->shapes[0].kind, SHAPE_SINE);
    assert_int_equal(u->shapes[0].period_ns, INT64_C(86400000000000));
    assert_int_equal(u->shapes[0].peak_ns, INT64_C(54000000000000));
    assert_true(u->shapes[0].amplitude_ratio == 0.6);
    assert_int_equal(u->shapes[1].kind, SHAPE_SPIKES);
    assert_int_equal(u->shapes[1].spikes_count, 2);
    assert_int_equal(u->shapes[1].spikes[1].at_ns, INT64_C(3600000000000));
    assert_true(u->shapes[1].spikes[1].times == 0.5);
    assert_int_equal(u->shapes[2].kind, SHAPE_WEEKLY);
    assert_true(u->shapes[2].weekly[0] == 0);
    assert_true(u->shapes[2].weekly[167] == 1.67);
    assert_true(u->varies);
    toy_free(scenario, &diag);
    unlink(path);
    scenario = with_traffic("rate: 5/s, shape: {sine: {period: 1h, amplitude: 1}}", &diag);
    assert_int_equal(scenario->traffic[0].shapes_count, 1);
    assert_int_equal(scenario->traffic[0].shapes[0].peak_ns, 0);
    toy_free(scenario, &diag);
}

static void test_trace(void **state)
{
    (void)state;
    struct diag diag;
    char path[] = "/tmp/archsim_trace_XXXXXX", keys[512];
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    snprintf(keys, sizeof(keys),
             "trace: {file: %s, interval: 1m, column: requests, scale: 5, speed: 2, from: 45d, "
             "for: 1h, repeat: true}",
             path);
    struct scenario *scenario = with_traffic(keys, &diag);
    const struct trace_spec *trace = &scenario->traffic[0].trace;
    assert_int_equal(scenario->traffic[0].arrivals, ARRIVALS_TRACE);
    assert_true(scenario->traffic[0].varies);
    assert_string_equal(trace->path, path);
    assert_false(trace->arrivals);
    assert_int_equal(trace->interval_ns, 60000000000);
    assert_string_equal(trace->column, "requests");
    assert_true(trace->scale == 5);
    assert_true(trace->speed == 2);
    assert_int_equal(trace->from_ns, INT64_C(45) * 86400 * 1000000000);
    assert_int_equal(trace->for_ns, INT64_C(3600000000000));
    assert_true(trace->repeat);
    toy_free(scenario, &diag);
    snprintf(keys, sizeof(keys), "trace: {file: %s, format: arrivals}", path);
    scenario = with_traffic(keys, &diag);
    trace = &scenario->traffic[0].trace;
    assert_true(trace->arrivals);
    assert_int_equal(trace->interval_ns, 0);
    assert_null(trace->column);
    assert_true(trace->for_ns == TIME_NONE);
    assert_false(trace->repeat);
    toy_free(scenario, &diag);
    unlink(path);
}

/* Keys of a traffic beside `to`, and what is wrong with them. */
static const struct {
    const char *keys, *wrong;
} wrong_cases[] = {
    {"objective: 1s", "traffic.u does not say when requests come"},
    {"rate: 20", "a rate needs a unit"},
    {"rate: 0/s", "a rate of 0/s offers no request"},
    {"rate: 2/s, users: 3", "'rate' and 'users' both say when requests come"},
    {"rate: 2/s, trace: {file: /dev/null}", "'rate' and 'trace' both say"},
    {"users: 2, trace: {file: /dev/null}", "'users' and 'trace' both say"},
    {"rate: 2/s, arrivals: {mmpp: {rates: [1/s, 2/s], stay: [1s, 1s]}}",
     "'arrivals: {mmpp: ..}' and 'rate' both say"},
    {"users: 2, arrivals: constant", "'arrivals' cannot stand beside 'users'"},
    {"users: 2, batch: 3", "'batch' cannot stand beside 'users'"},
    {"users: 2, shape: {weekly: x}", "'shape' cannot stand beside 'users'"},
    {"rate: 2/s, think: 3s", "'think' cannot stand beside 'rate': only 'users' think"},
    {"trace: {file: /dev/null}, arrivals: poisson", "'arrivals' cannot stand beside 'trace'"},
    {"trace: {file: /dev/null}, shape: {weekly: x}", "'shape' cannot stand beside 'trace'"},
    {"trace: {file: /dev/null}, batch: 2", "'batch' cannot stand beside 'trace'"},
    {"arrivals: {mmpp: {rates: [1/s, 2/s], stay: [1s, 1s]}}, shape: {weekly: x}",
     "'shape' cannot stand beside 'arrivals: {mmpp: ..}'"},
    {"rate: [[0s, 2/s], [0s, 3/s]]", "the times of a rate must ascend"},
    {"rate: [[1m, 2/s], [30s, 3/s]]", "the times of a rate must ascend"},
    {"rate: [0s, 2/s]", "a rate over time is a list of [time, rate]"},
    {"rate: [[0s]]", "a rate over time is a list of [time, rate]"},
    {"rate: []", "needs one point above 0/s"},
    {"rate: [[0s, 0/s], [1m, 0/s]]", "needs one point above 0/s"},
    {"rate: [[0, 5/s]]", "a time needs a unit"},
    {"rate: {ramps: [[0s, 2/s]]}", "as a map, a rate is {ramp:"},
    {"rate: 1/s, arrivals: poison", "'arrivals' is poisson, constant, a distribution"},
    {"rate: 1/s, arrivals: pareto(min=1s shape=1)", "'arrivals': "},
    {"arrivals: {mpp: 3}", "as a map, 'arrivals' is a map such as {mmpp:"},
    {"arrivals: {mmpp: {rates: [1/s], stay: [1s]}}", "one item for each of 2 to"},
    {"arrivals: {mmpp: {rates: [1/s, 2/s], stay: [1s]}}", "these have 2 and 1"},
    {"arrivals: {mmpp: {rates: [1/s, 2/s], stay: [1s, 0s]}}", "a stay must be longer than 0s"},
    {"arrivals: {mmpp: {rates: [0/s, 0/s], stay: [1s, 1s]}}", "needs a rate above 0/s"},
    {"arrivals: {mmpp: {rates: [1/s, 2/s]}}", "needs 'stay'"},
    {"rate: 1/s, shape: {sin: {period: 1d}}", "a shape is {sine:"},
    {"rate: 1/s, shape: {sine: {period: 1d, amplitude: 160%}}", "must be within 0..1"},
    {"rate: 1/s, shape: {sine: {period: 1d}}", "needs 'amplitude'"},
    {"rate: 1/s, shape: {spikes: []}", "'spikes' is empty"},
    {"rate: 1/s, shape: {spikes: {at: 1s}}", "'spikes' is a list such as"},
    {"rate: 1/s, shape: {spikes: [{at: 1s, for: 1s}]}", "needs 'times'"},
    {"rate: 1/s, shape: {weekly: /nowhere/week.csv}", "cannot open the file"},
    {"trace: /dev/null", "'trace' is a map such as {file: trace.csv"},
    {"trace: {file: /nowhere/trace.csv}", "cannot read the trace: No such file"},
    {"trace: {file: /}", "cannot read the trace: it is a directory"},
    {"trace: {scale: 3}", "traffic.u.trace needs 'file'"},
    {"trace: {file: /dev/null, format: arrivals, scale: 3}", "'scale' is for format: counts"},
    {"trace: {file: /dev/null, format: arrivals, interval: 1s}",
     "'interval' is for format: counts"},
    {"trace: {file: /dev/null, formt: counts}", "unknown key 'formt' in traffic.u.trace"},
    {"rate: 1/s, zone: d", "'d' is not a zone: they are a to c"},
    {"rate: 1/s, probability: 5%", "unknown key 'probability' in traffic.u"},
    {"users: 0", "must be within 1..10M"},
};

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong_cases) / sizeof(wrong_cases[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text),
                 "archsim: 1\nservices:\n  a: {type: delay}\ntraffic:\n  u: {to: a, %s}\n",
                 wrong_cases[i].keys);
        toy_refuse(text, wrong_cases[i].wrong,
                   strstr(wrong_cases[i].wrong, "open the file") != NULL ? 0 : 5);
    }
    toy_refuse("archsim: 1\nservices: {a: {type: delay}}\ntraffic: {u: {to: ab, rate: 1/s}}\n",
               "there is no service 'ab'", 3);
    toy_refuse("archsim: 1\nservices: {a: {type: delay}}\ntraffic: {u: {rate: 1/s}}\n",
               "traffic.u needs 'to'", 3);
    toy_refuse("archsim: 1\nservices: {a: {type: delay}}\ntraffic: {}\n", "'traffic' has 1 to", 3);
    toy_refuse("archsim: 1\nservices: {a: {type: delay}}\ntraffic: {9u: {to: a, rate: 1/s}}\n",
               "'9u' is not a name for traffic", 3);
}

/* What cannot be read ends with exit code 4, what is wrong with 2. */
static void test_exit_codes(void **state)
{
    (void)state;
    static const char *const traffic[] = {"trace: {file: /nowhere/t.csv}",
                                          "rate: 1/s, batch: empirical(/nowhere/b.csv)",
                                          "rate: 1/s, arrivals: empirical(/nowhere/b.csv)",
                                          "rate: 1/s, shape: {weekly: /nowhere/w.csv}", "rate: 1"};
    for (int i = 0; i < 5; i++) {
        char text[512];
        struct diag diag;
        snprintf(text, sizeof(text),
                 "archsim: 1\nservices: {a: {type: delay}}\ntraffic: {u: {to: a, %s}}\n",
                 traffic[i]);
        assert_null(toy_load_with(text, NULL, 0, &diag));
        assert_int_equal(diag.exit_code, i < 4 ? DIAG_EXIT_WORK : DIAG_EXIT_INPUT);
        diag_done(&diag);
    }
}

static void test_weekly_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wrong;
    } cases[] = {
        {"1\n2\n", "a week has 168 hourly factors from Monday 00:00, not 2"},
        {"1\nhour\n", "'hour' is not a factor"},
        {"1, -2\n", "'-2' is not a factor"},
        {"", "not 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[] = "/tmp/archsim_weekly_XXXXXX", text[512];
        const int file = mkstemp(path);
        assert_true(file >= 0);
        assert_int_equal(dprintf(file, "%s", cases[i].text), strlen(cases[i].text));
        close(file);
        snprintf(text, sizeof(text),
                 "archsim: 1\nservices: {a: {type: delay}}\n"
                 "traffic: {u: {to: a, rate: 1/s, shape: {weekly: %s}}}\n",
                 path);
        toy_refuse(text, cases[i].wrong, 0);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),          cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_mmpp_and_users), cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_trace),          cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_exit_codes),     cmocka_unit_test(test_weekly_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
