/* API Gateway's documented rules. Sources: [T] developer guide, "Throttle requests to your REST
 * APIs", with its worked examples of the account bucket; [Q] "Amazon API Gateway quotas"; [G]
 * "Gateway response types"; [L] Lambda developer guide, "Handling Lambda errors with an API Gateway
 * API"; [M] "Amazon API Gateway dimensions and metrics". Arrivals are constant; where they begin at
 * 1 s, every bucket is full then. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

extern const struct model api_gateway_model;

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 1s\n" \
    "replications: 2\nseed: 5\n"
/* No overhead, so that a request that is let in is answered at once. */
#define BARE "kind: http, overhead: {http: 0s}"

/* The first spell of throttling by that service. */
static const struct log_entry *spell(const struct lab *lab, const char *service)
{
    const struct log_entry *entry = lab->experiment.replications[0].log;
    while (entry != NULL && (entry->kind != LOG_THROTTLING ||
                             strcmp(lab->scenario->services[entry->service].name, service) != 0)) {
        entry = entry->next;
    }
    return entry;
}

static double passed(const struct lab *lab, const char *service)
{
    char path[64];
    snprintf(path, sizeof(path), "services.%s.count", service);
    const double count = lab_value(lab, path);
    snprintf(path, sizeof(path), "services.%s.4xx_error", service);
    return count - lab_value(lab, path) * count;
}

static void expect_passed(const struct lab *lab, const char *service, double expected)
{
    if (fabs(passed(lab, service) - expected) > 1e-6) {
        fail_msg("%s: %.9g were let in, expected %.9g", service, passed(lab, service), expected);
    }
}

/* [T] "a burst is the maximum bucket size", refilled at the rate: of 1,000/s for 10 s, of which the
 * i-th comes i ms after the first, a stage with 100/s and 50 lets 50 + floor(100 t) in. */
static void stage_lets_burst_and_rate_in(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "11s") "services:\n  api: {type: api_gateway, " BARE
               ", throttle: {rate: 100/s, burst: 50}}\n"
               "traffic:\n  t: {to: api, arrivals: constant, rate: [[0s, 0/s], [1s, 1k/s]]}\n");
    lab_equal(lab, "services.api.count", 10000);
    expect_passed(lab, "api", 50 + floor(100 * 9.999));
    lab_equal(lab, "services.api.errors.throttled", (10000 - 1049) / 10000.0);
    lab_equal(lab, "services.api.5xx_error", 0);
    const struct log_entry *entry = spell(lab, "api");
    assert_non_null(entry);
    assert_string_equal(entry->metric, "stage rate");
    assert_int_equal(entry->count, 10000 - 1049);
    lab_close(lab);
}

struct example {
    const char *traffic;
    double offered, passed;
};

/* [T] The examples of the page, with the default account limits of 10,000/s and 5,000 [Q]. */
static void account_examples_of_the_guide(void **state)
{
    (void)state;
    static const struct example examples[] = {
        /* "10,000 requests in a one-second period evenly: processes all" */
        {"  t: {to: api, arrivals: constant, rate: [[0s, 0/s], [1s, 10k/s], [2s, 0/s]]}\n", 10000,
         10000},
        /* "10,000 requests in the first millisecond: serves 5,000 and throttles the rest" */
        {"  t: {to: api, arrivals: constant, batch: 10000, rate: [[0s, 0/s], [1s, 1/s], "
         "[2s, 0/s]]}\n",
         10000, 5000},
        /* "5,000 in the first millisecond and another 5,000 in the 101st: processes 6,000" */
        {"  t: {to: api, arrivals: constant, batch: 5000, rate: [[0s, 0/s], [1s, 10/s], "
         "[1200ms, 0/s]]}\n",
         10000, 6000},
        /* "5,000 in the first millisecond, 1,000 in the 101st: processes all" */
        {"  t: {to: api, arrivals: constant, batch: 1000, rate: [[0s, 0/s], [1s, 10/s], "
         "[2s, 0/s]]}\n",
         10000, 10000},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("3s") "services:\n  api: {type: api_gateway, " BARE "}\ntraffic:\n%s",
                    examples[i].traffic);
        lab_equal(lab, "services.api.count", examples[i].offered);
        expect_passed(lab, "api", examples[i].passed);
        lab_close(lab);
    }
}

/* [T] [Q] The account's limits hold "across all APIs within an AWS account", REST and HTTP. */
static void account_bucket_is_shared(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("11s") "quotas: {api_gateway: {rate: 100/s, burst: 50}}\n"
                            "services:\n  a: {type: api_gateway, " BARE "}\n"
                            "  b: {type: api_gateway, kind: rest, overhead: {rest: 0s}}\ntraffic:\n"
                            "  ta: {to: a, arrivals: constant, rate: [[0s, 0/s], [1s, 500/s]]}\n"
                            "  tb: {to: b, arrivals: constant, rate: [[0s, 0/s], [1s, 500/s]]}\n");
    /* the first comes at most 2 ms after 1 s, the last at most 2 ms before 11 s: 9.99x s */
    const double both = passed(lab, "a") + passed(lab, "b");
    assert_true(fabs(both - (50 + floor(100 * 9.996))) < 1e-6);
    assert_true(passed(lab, "a") > 0 && passed(lab, "b") > 0);
    lab_close(lab);
}

/* [T] The order is from the most specific to the account: what a stage refuses takes nothing from
 * the account. Of 100/s, a takes its 10/s; b's 80/s pass whole, whatever a is offered. */
static void stage_comes_before_account(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("30s") "quotas: {api_gateway: {rate: 100/s, burst: 5}}\n"
                            "services:\n  a: {type: api_gateway, " BARE
                            ", throttle: {rate: 10/s, burst: 1}}\n"
                            "  b: {type: api_gateway, " BARE "}\n"
                            "traffic:\n  ta: {to: a, arrivals: constant, rate: 2k/s}\n"
                            "  tb: {to: b, arrivals: constant, rate: 80/s}\n");
    lab_equal(lab, "services.b.4xx_error", 0);
    assert_true(fabs(passed(lab, "a") - 300) <= 1);
    lab_close(lab);
}

/* [T] "limits are bounded by the account-level rate limits, even if you set the default method
 * throttling limits higher." */
static void account_bounds_the_stage(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "11s") "quotas: {api_gateway: {rate: 100/s, burst: 50}}\n"
               "services:\n  api: {type: api_gateway, " BARE
               ", throttle: {rate: 500/s, burst: 300}}\n"
               "traffic:\n  t: {to: api, arrivals: constant, rate: [[0s, 0/s], [1s, 1k/s]]}\n");
    /* a stage's token is there for 300 + 500 t, the account's for 50 + 100 t of those */
    const double lets = passed(lab, "api");
    assert_true(lets >= 1048 && lets <= 1049);
    assert_string_equal(spell(lab, "api")->metric, "account rate");
    lab_close(lab);
}

/* [Q] [G] REST: 29 s, HTTP: 30 s, then INTEGRATION_TIMEOUT; the backend knows nothing of it. The
 * gateway's own time does not count. */
static void integration_must_answer_in_time(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 200s\nwarmup: 10s\nreplications: 2\n"
                "services:\n  rest: {type: api_gateway, kind: rest, overhead: {rest: 5s}, "
                "calls: [slow]}\n"
                "  http: {type: api_gateway, kind: http, overhead: {http: 5s}, calls: [slow]}\n"
                "  raised: {type: api_gateway, kind: rest, timeout: {rest: 60s}, calls: "
                "[slow]}\n"
                "  close: {type: api_gateway, kind: rest, overhead: {rest: 5s}, calls: "
                "[near]}\n"
                "  slow: {type: delay, work: 29500ms}\n  near: {type: delay, work: 28999ms}\n"
                "traffic:\n  a: {to: rest, arrivals: constant, rate: 1/s}\n"
                "  b: {to: http, arrivals: constant, rate: 1/s}\n"
                "  c: {to: raised, arrivals: constant, rate: 1/s}\n"
                "  d: {to: close, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "traffic.a.errors.timeout", 1);
    lab_equal(lab, "services.rest.5xx_error", 1);
    lab_equal(lab, "traffic.b.availability", 1);
    lab_equal(lab, "traffic.b.latency.mean", 34.5);
    lab_equal(lab, "traffic.c.availability", 1);
    lab_equal(lab, "traffic.d.availability", 1);
    lab_equal(lab, "services.slow.throughput", 3);
    lab_equal(lab, "services.slow.abandoned", 1 / 3.0);
    /* [M] "between when API Gateway relays a request and when it receives a response" */
    assert_true(fabs(lab_value(lab, "services.rest.integration_latency.max") - 29) < 1e-6);
    assert_true(fabs(lab_value(lab, "services.http.integration_latency.p50") - 29.5) < 1e-6);
    assert_true(fabs(lab_value(lab, "services.close.integration_latency.mean") - 28.999) < 1e-6);
    lab_close(lab);
}

/* [Q] An integration gets 50 ms at least; 30 s at most (HTTP), 300 s with a raised quota. */
static void timeouts_have_their_range(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        bool good;
    } cases[] = {
        {"timeout.rest", "300s", true},  {"timeout.rest", "301s", false},
        {"timeout.rest", "49ms", false}, {"timeout.http", "30s", true},
        {"timeout.http", "31s", false},
    };
    struct arena arena;
    arena_init(&arena);
    void *params = arena_alloc(&arena, api_gateway_model.info.params_size);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct param_context context = {.arena = &arena, .directory = "."};
        struct quantity_error error;
        bool found = false;
        for (uint32_t k = 0; k < api_gateway_model.info.params_count; k++) {
            const struct param *row = &api_gateway_model.info.params[k];
            if (strcmp(row->key, cases[i].key) == 0) {
                found = true;
                assert_int_equal(param_parse(row, cases[i].value, &context, params, &error),
                                 cases[i].good);
            }
        }
        assert_true(found);
    }
    arena_done(&arena);
}

/* [L] "If the Lambda API rejects the invocation request, API Gateway returns a 500": also when it
 * is a 429. The answer of an HTTP backend goes on as it is. A client that retries by default tries
 * a 500 again. */
static void failures_behind_are_mapped(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "20s") "services:\n  lambda: {type: api_gateway, overhead: {rest: 0s}, calls: [full]}\n"
               "  http: {type: api_gateway, integration: http, calls: [full]}\n"
               "  full: {type: rate_limiter, rate: 10/s, burst: 1}\n"
               "traffic:\n  a: {to: lambda, rate: 50/s, retry: {attempts: 2}}\n"
               "  b: {to: http, rate: 50/s}\n");
    const double refused = lab_value(lab, "services.lambda.outgoing.full.call.errors.throttled");
    assert_true(refused > 0.5);
    lab_equal(lab, "services.lambda.errors.unavailable", refused);
    assert_true(lab_value(lab, "services.lambda.arrivals") > 75); /* of 50/s */
    lab_equal(lab, "services.lambda.5xx_error", refused);
    lab_equal(lab, "services.lambda.4xx_error", 0);
    lab_equal(lab, "services.http.errors.throttled", lab_value(lab, "services.http.4xx_error"));
    lab_equal(lab, "services.http.5xx_error", 0);
    assert_true(lab_value(lab, "services.http.4xx_error") > 0.5);
    assert_null(spell(lab, "lambda")); /* it has refused nobody itself */
    lab_close(lab);
}

/* A step's own timeout is the integration's: a 504, `timeout`, whatever is behind. A function's own
 * failure is a 502. */
static void other_failures_keep_their_class(void **state)
{
    (void)state;
    static const char *const kinds[] = {"lambda", "http"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD(
                "20s") "services:\n"
                       "  late: {type: api_gateway, integration: %s, calls: [{call: slow, timeout: "
                       "100ms}]}\n"
                       "  own: {type: api_gateway, integration: %s, calls: [fn]}\n"
                       "  slow: {type: delay, work: 1s}\n"
                       "  fn: {type: lambda, runtime: python3.12, timeout: 1s, work: 5s}\n"
                       "traffic:\n  a: {to: late, rate: 5/s}\n  b: {to: own, rate: 5/s}\n",
            kinds[i], kinds[i]);
        lab_equal(lab, "services.late.errors.timeout", 1);
        lab_equal(lab, "services.late.5xx_error", 1);
        lab_equal(lab, "services.own.errors.timeout", 1);
        lab_equal(lab, "services.own.5xx_error", 1);
        lab_close(lab);
    }
}

/* facts, overhead_latency: median 12 ms (REST) and 7 ms (HTTP), sigma 0.5: p99 = e^(2.326 sigma)
 * times that, as the defaults round it. */
static void overhead_is_that_of_the_kind(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: {60s}\nwarmup: 0s\nreplications: 30\n"
                "services:\n  rest: {type: api_gateway}\n  http: {type: api_gateway, kind: http}\n"
                "traffic:\n  a: {to: rest, rate: 500/s}\n  b: {to: http, rate: 500/s}\n");
    lab_expect(lab, "traffic.a.latency.p50", 0.012, 0.01);
    lab_expect(lab, "traffic.a.latency.p99", 0.038, 0.03);
    lab_expect(lab, "traffic.b.latency.p50", 0.007, 0.01);
    lab_expect(lab, "traffic.b.latency.p99", 0.022, 0.03);
    lab_close(lab);
}

/* `work` and the overhead add up, and the integration comes after both. */
static void work_comes_on_top(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s") "services:\n  api: {type: api_gateway, overhead: {rest: 10ms}, work: 3ms, "
                    "calls: [back]}\n"
                    "  back: {type: delay, work: 20ms}\n"
                    "traffic:\n  t: {to: api, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.api.latency.mean", 0.033);
    assert_true(fabs(lab_value(lab, "services.api.integration_latency.mean") - 0.02) < 1e-6);
    lab_close(lab);
}

/* [M] 4XXError and 5XXError count what the gateway answers; who has gone hears nothing. */
static void a_client_that_has_gone_is_no_error(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("20s") "services:\n  api: {type: api_gateway, calls: [back]}\n"
                            "  back: {type: delay, work: 10s}\n"
                            "traffic:\n  t: {to: api, rate: 50/s, timeout: 100ms, cancel: true}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.api.5xx_error", 0);
    lab_equal(lab, "services.api.4xx_error", 0);
    lab_close(lab);
}

/* [M] What the gateway throttled and what the backend refused, each once. */
static void every_error_is_counted_once(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20s") "services:\n  api: {type: api_gateway, throttle: {rate: 30/s, burst: 5}, "
                    "integration: http, timeout: {rest: 50ms}, calls: [back]}\n"
                    "  back: {type: server, servers: 2, room: 4, work: exponential(40ms)}\n"
                    "traffic:\n  t: {to: api, rate: 50/s}\n");
    const double client = lab_value(lab, "services.api.4xx_error");
    const double server = lab_value(lab, "services.api.5xx_error");
    const double rejected = lab_value(lab, "services.api.errors.rejected");
    const double timeout = lab_value(lab, "services.api.errors.timeout");
    assert_true(client > 0.2 && rejected > 0 && timeout > 0);
    lab_equal(lab, "services.api.errors.throttled", client);
    assert_true(fabs(server - rejected - timeout) < 1e-9);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_lets_burst_and_rate_in),
        cmocka_unit_test(account_examples_of_the_guide),
        cmocka_unit_test(account_bucket_is_shared),
        cmocka_unit_test(stage_comes_before_account),
        cmocka_unit_test(account_bounds_the_stage),
        cmocka_unit_test(integration_must_answer_in_time),
        cmocka_unit_test(timeouts_have_their_range),
        cmocka_unit_test(failures_behind_are_mapped),
        cmocka_unit_test(other_failures_keep_their_class),
        cmocka_unit_test(overhead_is_that_of_the_kind),
        cmocka_unit_test(work_comes_on_top),
        cmocka_unit_test(a_client_that_has_gone_is_no_error),
        cmocka_unit_test(every_error_is_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
