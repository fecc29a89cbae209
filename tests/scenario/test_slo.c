/* Promises: what their parts mean, and that none is about nothing. */
#include "tests/scenario/toy.h"

#include "sim/scenario/metrics.h"

#define HEAD                                                                             \
    "archsim: 1\nservices:\n  a: {type: delay, calls: [s.get, k]}\n  s: {type: store}\n" \
    "  k: {type: cache, origin: s.put, ttl: 5s}\n"                                       \
    "traffic:\n  u: {to: a, rate: 1/s}\n  v: {to: a, rate: 1/s, objective: 1s}\nslo:\n"

static struct scenario *with_promise(const char *promise, struct diag *diag)
{
    char text[1024];
    snprintf(text, sizeof(text), HEAD "  - %s\n", promise);
    return toy_load(text, diag);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *promise, *path, *text;
        enum comparison comparison;
        double limit; /* in the base unit of the results */
    } cases[] = {
        {"traffic.u.latency.p99 < 100ms", "traffic.u.latency.p99", "traffic.u.latency.p99 < 100ms",
         LESS, 0.1},
        {"traffic.u.availability>=99.99%", "traffic.u.availability",
         "traffic.u.availability >= 99.99%", GREATER_EQUAL, 0.9999},
        {"  'traffic.v.within   >  0.9 '", "traffic.v.within", "traffic.v.within > 0.9", GREATER,
         0.9},
        {"traffic.u.throughput >= 10k/s", "traffic.u.throughput", "traffic.u.throughput >= 10k/s",
         GREATER_EQUAL, 10000},
        {"services.a.busy.max <= 1k", "services.a.busy.max", "services.a.busy.max <= 1k",
         LESS_EQUAL, 1000},
        {"services.s.operations.get.latency.p99_9 < 1h", "services.s.operations.get.latency.p99_9",
         "services.s.operations.get.latency.p99_9 < 1h", LESS, 3600},
        {"services.a.outgoing.s.get.rate < 3/min", "services.a.outgoing.s.get.rate",
         "services.a.outgoing.s.get.rate < 3/min", LESS, 0.05},
        {"services.a.outgoing.k.call.errors.timeout < 1%",
         "services.a.outgoing.k.call.errors.timeout",
         "services.a.outgoing.k.call.errors.timeout < 1%", LESS, 0.01},
        {"bottleneck.headroom >= 1.5", "bottleneck.headroom", "bottleneck.headroom >= 1.5",
         GREATER_EQUAL, 1.5},
        {"bottleneck.utilization < 80%", "bottleneck.utilization", "bottleneck.utilization < 80%",
         LESS, 0.8},
        {"traffic.v.worst.latency.p99 < 3ms", "traffic.v.worst.latency.p99",
         "traffic.v.worst.latency.p99 < 3ms", LESS, 0.003},
        {"traffic.u.worst.throughput > 3/s", "traffic.u.worst.throughput",
         "traffic.u.worst.throughput > 3/s", GREATER, 3},
        {"services.k.fill.mean < 3us", "services.k.fill.mean", "services.k.fill.mean < 3us", LESS,
         3e-6},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag;
        struct scenario *scenario = with_promise(cases[i].promise, &diag);
        const struct promise *promise = &scenario->promises[0];
        assert_int_equal(scenario->promises_count, 1);
        assert_string_equal(promise->path, cases[i].path);
        assert_string_equal(scenario->metrics->entries[promise->metric].path, cases[i].path);
        assert_string_equal(promise->text, cases[i].text);
        assert_int_equal(promise->comparison, cases[i].comparison);
        assert_true(promise->limit == cases[i].limit);
        assert_false(promise->warning);
        assert_null(promise->why);
        assert_true(promise->at_load == 1);
        assert_int_equal(promise->place.line, 10);
        toy_free(scenario, &diag);
    }
}

static void test_map(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        with_promise("{promise: traffic.u.latency.mean < 1s, why: contract §4, "
                     "severity: warning, at_load: 2}",
                     &diag);
    assert_true(scenario->promises[0].warning);
    assert_string_equal(scenario->promises[0].why, "contract §4");
    assert_true(scenario->promises[0].at_load == 2);
    assert_string_equal(scenario->promises[0].path, "traffic.u.latency.mean");
    toy_free(scenario, &diag);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *promise, *wrong;
        uint32_t column; /* 0: not checked */
    } cases[] = {
        {"traffic.u.latency < 1s", "is not one number but several", 5},
        {"traffic.u < 1s", "is not one number but several", 5},
        {"traffic.u.latency.p98 < 1s", "there is no 'p98' in traffic.u.latency", 23},
        {"traffic.w.latency.p99 < 1s", "there is no 'w' in traffic", 13},
        {"traffic.u.latency.p99.x < 1s", "there is no 'p99' in traffic.u.latency", 23},
        {"latency.p99 < 1s", "'latency.p99' is not the path of a number", 5},
        {"services.b.utilization < 1", "there is no 'b' in services", 14},
        {"services.a.utilisation < 1", "there is no 'utilisation' in services.a", 16},
        {"services.a.operations.call.arrivals < 1/s", "there is no 'operations' in services.a", 16},
        {"services.a.outgoing.s.put.rate < 1/s", "there is no 'put' in services.a.outgoing.s", 27},
        {"services.a.hit_ratio > 1%", "there is no 'hit_ratio' in services.a", 16},
        {"services.k.type < 1s", "there is no 'type' in services.k", 16},
        {"traffic.u.within > 90%", "traffic.u has no 'objective'", 5},
        {"traffic.u.availability >= 99.9", "is a ratio within 0..1", 31},
        {"traffic.u.latency.p99 < 5", "a time needs a unit", 29},
        {"traffic.u.throughput > 5", "a rate needs a unit", 28},
        {"traffic.u.latency.p99 < 5/s", "traffic.u.latency.p99: ", 0},
        {"traffic.u.latency.p99 = 5s", "'=' is not one of the operators", 27},
        {"traffic.u.latency.p99 == 5s", "'==' is not one of the operators", 27},
        {"traffic.u.latency.p99 <> 5s", "'<>' is not one of the operators", 27},
        {"traffic.u.latency.p99 <", "a promise is PATH OPERATOR VALUE", 0},
        {"traffic.u.latency.p99", "a promise is PATH OPERATOR VALUE", 0},
        {"'< 5s'", "a promise is PATH OPERATOR VALUE", 0},
        {"cost.monthly.total < 12000 USD", "promises about 'cost' are not yet judged", 5},
        {"yearly.traffic.u.availability > 99%", "promises about 'yearly' are not yet judged", 5},
        {"recovery.x.rto < 1s", "promises about 'recovery' are not yet judged", 5},
        {"bottleneck > 2", "is not one number but several", 5},
        {"bottleneck.service > 2", "there is no 'service' in bottleneck", 16},
        {"bottleneck.utilization < 90", "is a ratio within 0..1", 30},
        {"traffic.u.worst.latency < 2s", "is not one number but several", 5},
        {"traffic.u.worst.within > 2%", "there is no 'within' in traffic.u.worst", 21},
        {"{promise: traffic.u.latency.p99 < 1s, at_load: 0}", "'at_load': must be within", 0},
        {"{promise: traffic.u.latency.p99 < 1s, severity: fatal}", "'severity': expected one of",
         0},
        {"{promis: traffic.u.latency.p99 < 1s, promise: traffic.u.latency.p99 < 1s}", "unknown key",
         0},
        {"{why: not}", "a promise needs 'promise'", 0},
        {"[traffic.u.latency.p99 < 1s]", "a promise is PATH OPERATOR VALUE, or a map", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[1024];
        struct diag diag;
        snprintf(text, sizeof(text), HEAD "  - %s\n", cases[i].promise);
        toy_refuse(text, cases[i].wrong, 10);
        assert_null(toy_load_with(text, NULL, 0, &diag));
        for (uint32_t m = 0; m < diag.messages_count; m++)
            if (diag.messages[m].level == DIAG_ERROR && cases[i].column > 0)
                assert_int_equal(diag.messages[m].place.column, cases[i].column);
        diag_done(&diag);
    }
    toy_refuse(HEAD "  x: 3\n", "'slo' is a list of promises", 0);
}

/* A mistake elsewhere does not make promises about it look wrong. */
static void test_no_cascade(void **state)
{
    (void)state;
    toy_refuse("archsim: 1\nservices:\n  a: {type: dely}\ntraffic: {u: {to: a, rate: 1/s}}\n"
               "slo: [services.a.busy.mean < 3, traffic.u.latency.p99 < 1s]\n",
               "unknown type 'dely'", 3);
    toy_refuse("archsim: 1\nservices:\n  a: {type: delay, calls: [c]}\n  b: {type: delay}\n"
               "traffic: {u: {to: a, rate: 1/s}, v: {to: b, rate: 1/s}}\n"
               "slo: [services.a.outgoing.b.call.rate < 3/s]\n",
               "there is no service 'c'", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_no_cascade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
