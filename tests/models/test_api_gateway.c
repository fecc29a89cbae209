/* API Gateway's documented rules. Sources: [T] developer guide, "Throttle requests to your REST
 * APIs", with its worked examples of the account bucket; [Q] "Amazon API Gateway quotas"; [G]
 * "Gateway response types"; [L] Lambda developer guide, "Handling Lambda errors with an API Gateway
 * API"; [M] "Amazon API Gateway dimensions and metrics"; [U] "Usage plans and API keys"; [C] "Cache
 * settings for REST APIs"; [A] API reference, Authorizer; [J] "JWT authorizers for HTTP APIs";
 * [F] facts, api_gateway. Arrivals are constant; where they begin at 1 s, every bucket is full
 * then. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/models/endpoint.h"
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

/* A step's own timeout is the integration's, a 504 (`timeout`), whatever is behind; also when it is
 * tried again, and when the function would have run out of its own time later. */
static void late_steps_are_timeouts(void **state)
{
    (void)state;
    static const char *const kinds[] = {"lambda", "http"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD(
                "20s") "services:\n"
                       "  late: {type: api_gateway, integration: %s, calls: [{call: slow, timeout: "
                       "100ms}]}\n"
                       "  tries: {type: api_gateway, integration: %s, calls: [{call: fn, timeout: "
                       "200ms, retry: {attempts: 2}}]}\n"
                       "  slow: {type: delay, work: 1s}\n"
                       "  fn: {type: lambda, runtime: python3.12, timeout: 1s, work: 5s}\n"
                       "traffic:\n  a: {to: late, rate: 5/s}\n  b: {to: tries, rate: 5/s}\n",
            kinds[i], kinds[i]);
        lab_equal(lab, "services.late.errors.timeout", 1);
        lab_equal(lab, "services.late.5xx_error", 1);
        lab_equal(lab, "services.tries.errors.timeout", 1);
        lab_equal(lab, "services.tries.5xx_error", 1);
        lab_close(lab);
    }
}

/* [L] "If the function runs but returns an error ... API Gateway returns a 502": a function that
 * runs out of its own time (also within a step's timeout, and when it is tried again), one whose
 * handler fails, one that is throttled, one that refuses what it is sent. Clients try it again. Of
 * integration http the answer goes on as it is. */
static void function_failures_are_502(void **state)
{
    (void)state;
    static const struct {
        const char *call, *http;
    } cases[] = {
        {"long", "timeout"},
        {"{call: long, timeout: 3s}", "timeout"},
        {"{call: long, timeout: 1200ms, retry: {attempts: 2}}", "timeout"},
        {"bad", "failed"},
        {"none", "throttled"},
        {"busy", "rejected"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("20s") "services:\n"
                                "  proxy: {type: api_gateway, calls: [%s]}\n"
                                "  http: {type: api_gateway, integration: http, calls: [%s]}\n"
                                "  long: {type: lambda, timeout: 1s, work: 5s, init: 0s}\n"
                                "  bad: {type: lambda, calls: [full]}\n"
                                "  none: {type: lambda, reserved_concurrency: 0}\n"
                                "  busy: {type: delay, work: 1h, limit: {concurrent: 1}}\n"
                                "  full: {type: server, room: 1, work: 100s}\n"
                                "traffic:\n  first: {to: full, rate: [[0s, 1k/s], [100ms, 0/s]]}\n"
                                "  fill: {to: busy, rate: [[0s, 1k/s], [100ms, 0/s]]}\n"
                                "  a: {to: proxy, rate: 5/s, retry: {attempts: 2}}\n"
                                "  b: {to: http, rate: 5/s}\n",
                    cases[i].call, cases[i].call);
        char path[64];
        lab_equal(lab, "services.proxy.errors.unavailable", 1);
        lab_equal(lab, "services.proxy.5xx_error", 1);
        assert_true(lab_value(lab, "services.proxy.arrivals") > 7.5); /* of 5/s, twice each */
        snprintf(path, sizeof(path), "services.http.errors.%s", cases[i].http);
        lab_equal(lab, path, 1);
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

/* [T] "per-method throttling limits" override the stage's: a route with 100/s lets burst + 100 t in
 * beside a stage of 10/s, and takes nothing from it. */
static void route_overrides_the_stage(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("11s") "services:\n  api:\n    type: api_gateway\n    kind: http\n"
                            "    overhead: {http: 0s}\n    throttle: {rate: 10/s, burst: 5}\n"
                            "    routes:\n"
                            "      - {name: search, throttle: {rate: 100/s, burst: 50}}\n"
                            "    operations: {search: {}, other: {}}\n"
                            "traffic:\n  a: {to: api.search, arrivals: constant, "
                            "rate: [[0s, 0/s], [1s, 1k/s]]}\n"
                            "  b: {to: api.other, arrivals: constant, "
                            "rate: [[0s, 0/s], [1s, 1k/s]]}\n");
    lab_equal(lab, "traffic.a.errors.throttled", (10000 - (50 + floor(100 * 9.999))) / 10000);
    lab_equal(lab, "traffic.b.errors.throttled", (10000 - (5 + floor(10 * 9.999))) / 10000);
    lab_close(lab);
}

/* [U] Limits "are applied to individual API keys": two keys of 50/s let twice that in; who has no
 * key is bounded by the account alone. [T] What a plan refuses takes nothing from the account. */
static void usage_plan_limits_each_key(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("101s") "services:\n  api: {type: api_gateway, overhead: {rest: 0s}, usage_plans: "
                     "[{share: 50%%, keys: 2, throttle: {rate: 50/s, burst: 50}}]}\n"
                     "traffic:\n  t: {to: api, arrivals: constant, rate: 1k/s}\n");
    /* half of 1,000/s has a key; of it 100/s pass */
    assert_true(fabs(lab_value(lab, "services.api.4xx_error") - 0.4) < 0.01);
    assert_string_equal(spell(lab, "api")->metric, "usage plan rates");
    lab_close(lab);
}

/* [U] Quota: "requests ... in a given time period": 1,000 in each minute and no more. */
static void usage_plan_quota_is_of_its_period(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("5min") "services:\n  api: {type: api_gateway, overhead: {rest: 0s}, usage_plans: "
                     "[{share: 100%%, quota: {requests: 1000, period: 1min}}]}\n"
                     "traffic:\n  t: {to: api, arrivals: constant, rate: 50/s}\n");
    lab_equal(lab, "services.api.4xx_error", 1 - 5 * 1000 / 15000.0);
    assert_string_equal(spell(lab, "api")->metric, "usage plan quota");
    lab_close(lab);
}

/* [Q] 10 MB; [G] REQUEST_TOO_LARGE is a 413: at once, and the integration hears nothing. */
static void large_payload_is_refused(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("11s") "services:\n  api: {type: api_gateway, calls: [back]}\n  back: {type: delay}\n"
                    "traffic:\n  a: {to: api, arrivals: constant, rate: 10/s, size: 10 MiB}\n"
                    "  b: {to: api, rate: 10/s, size: 10485761B}\n");
    lab_equal(lab, "traffic.a.availability", 1);
    lab_equal(lab, "traffic.b.errors.rejected", 1);
    assert_true(fabs(lab_value(lab, "services.back.throughput") - 10) < 0.1);
    assert_true(lab_value(lab, "services.api.4xx_error") > 0.3);
    lab_close(lab);
}

/* [A] An answer is cached for the ttl, by token. Under Poisson requests of rate a for each token
 * and an answer at once, one in 1 + a T is asked about. */
static void authorizations_are_cached_by_token(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: {200s}\nwarmup: 30s\nreplications: 20\nseed: 5\n"
        "services:\n  api: {type: api_gateway, overhead: {rest: 1ms}, calls: [back], authorizer: "
        "{to: fn, ttl: 2s, tokens: zipf(n=100 s=0)}}\n"
        "  fn: {type: delay}\n  back: {type: delay}\n"
        "traffic:\n  t: {to: api, rate: 100/s}\n");
    const double misses = 1 / (1 + 1 * 2.0);
    lab_expect(lab, "services.api.authorizer_hit_ratio", 1 - misses, 0.02);
    lab_expect(lab, "services.fn.throughput", 100 * misses, 0.02);
    lab_close(lab);
}

/* [A] REST: "if this field is not set, the default value is 300"; HTTP: none unless configured. One
 * token, a request each second: the function is called every 301 s, or for each. Its time is on
 * the path of those. */
static void authorizer_ttl_is_that_of_the_kind(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 3010s\nwarmup: 301s\nreplications: 2\nseed: 5\n"
        "services:\n  rest: {type: api_gateway, overhead: {rest: 10ms}, calls: [back], authorizer: "
        "{to: fn, tokens: zipf(n=1 s=0)}}\n"
        "  http: {type: api_gateway, " BARE ", authorizer: {to: other}, calls: [back]}\n"
        "  fn: {type: delay, work: 200ms}\n  other: {type: delay, work: 50ms}\n"
        "  back: {type: delay, work: 5ms}\ntraffic:\n"
        "  a: {to: rest, arrivals: constant, rate: 1/s}\n"
        "  b: {to: http, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.fn.throughput", 10 / 3010.0);
    lab_equal(lab, "services.rest.latency.p50", 0.015);
    lab_equal(lab, "services.rest.latency.max", 0.215);
    assert_true(fabs(lab_value(lab, "services.rest.integration_latency.max") - 0.005) < 1e-6);
    lab_equal(lab, "services.other.throughput", 1);
    lab_equal(lab, "services.http.latency.mean", 0.055);
    lab_close(lab);
}

/* [G] UNAUTHORIZED 401: no token, nobody is asked; ACCESS_DENIED 403: once it was looked at.
 * AUTHORIZER_FAILURE 500, whatever became of the function. */
static void refusals_and_failures_of_authorizers(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("200s") "services:\n"
                     "  api: {type: api_gateway, calls: [back], authorizer: {to: fn, ttl: 0s, "
                     "missing: 20%%, denied: 50%%}}\n"
                     "  bad: {type: api_gateway, calls: [back], authorizer: {to: broken, ttl: "
                     "0s}}\n"
                     "  late: {type: api_gateway, kind: http, calls: [back], authorizer: {to: "
                     "slow}}\n"
                     "  fn: {type: delay}\n  back: {type: delay}\n  slow: {type: delay, work: "
                     "11s}\n  broken: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                     "traffic:\n  a: {to: api, rate: 100/s}\n  b: {to: bad, rate: 10/s}\n"
                     "  c: {to: late, arrivals: constant, rate: 1/s}\n");
    assert_true(fabs(lab_value(lab, "services.api.errors.failed") - 0.6) < 0.01);
    lab_equal(lab, "services.api.4xx_error", lab_value(lab, "services.api.errors.failed"));
    assert_true(fabs(lab_value(lab, "services.fn.throughput") - 80) < 1);
    assert_true(fabs(lab_value(lab, "services.api.outgoing.back.call.rate") - 40) < 1);
    assert_true(lab_value(lab, "services.bad.errors.unavailable") > 0.99);
    assert_true(lab_value(lab, "services.bad.5xx_error") > 0.99);
    lab_equal(lab, "traffic.c.errors.unavailable", 1);
    assert_true(fabs(lab_value(lab, "services.late.throughput") - 0) < 1e-9);
    lab_close(lab);
}

/* [J] A JWT is checked by the gateway, with cached keys: 1 ms [F], and one fetch when they have
 * expired, every 60 s and a request here. */
static void jwt_is_checked_here(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 300s\nwarmup: 10s\nreplications: 2\nseed: 5\n"
        "services:\n  api: {type: api_gateway, " BARE ", authorizer: {kind: jwt}, keys: {lifetime: "
        "60s, fetch: 200ms}}\n"
        "traffic:\n  t: {to: api, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.api.latency.p50", 0.001);
    lab_equal(lab, "services.api.latency.max", 0.201);
    const double fetches = (lab_value(lab, "services.api.latency.mean") - 0.001) / 0.2 * 300;
    assert_true(fetches > 3.99 && fetches < 5.01);
    lab_close(lab);
}

/* "Control access to REST APIs using JWT authorizers": a REST API has them too. */
static void rest_has_jwt_too(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("11s") "services:\n  api: {type: api_gateway, overhead: {rest: 0s}, "
                            "authorizer: {kind: jwt}, token_check: {jwt: 3ms}}\n"
                            "traffic:\n  t: {to: api, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.api.latency.p50", 0.003);
    lab_close(lab);
}

/* Users whose tokens are over refresh them with Cognito first: that it throttles them is their 429,
 * not a failure of the authorizer. */
static void tokens_may_come_from_identity(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("200s") "quotas: {identity: {user_authentication: 1/s}}\n"
                     "services:\n  api: {type: api_gateway, overhead: {rest: 0s}, authorizer: "
                     "{kind: cognito, to: users.validate}, keys: {fetch: 0s}}\n"
                     "  users: {type: identity, users: zipf(n=10k s=0), signed_in: 0, "
                     "sign_in_requests: 1}\n"
                     "traffic:\n  t: {to: api, rate: 20/s}\n");
    const double throttled = lab_value(lab, "services.api.errors.throttled");
    assert_true(throttled > 0.5);
    lab_equal(lab, "services.api.4xx_error", throttled);
    lab_equal(lab, "services.api.5xx_error", 0);
    lab_close(lab);
}

/* [C] "responds to the request by looking up the endpoint response from the cache instead of making
 * a request to your endpoint". With Poisson requests of rate a for each of n answers that are there
 * at once, one in 1 + a T misses. */
static void fresh_responses_need_no_integration(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: {400s}\nwarmup: 30s\nreplications: 20\nseed: 5\n"
        "services:\n  api: {type: api_gateway, overhead: {rest: 5ms}, calls: [back], cache: {size: "
        "0.5GB, ttl: 4s, keys: zipf(n=50 s=0), object_size: 1 KiB}}\n"
        "  back: {type: delay}\n"
        "traffic:\n  t: {to: api, rate: 50/s}\n");
    const double misses = 1 / (1 + 1 * 4.0);
    lab_expect(lab, "services.back.throughput", 50 * misses, 0.02);
    const double hit_count = lab_value(lab, "services.api.cache_hit_count");
    const double miss_count = lab_value(lab, "services.api.cache_miss_count");
    assert_true(fabs(hit_count + miss_count - lab_value(lab, "services.api.count")) < 1e-6);
    assert_true(fabs(miss_count / (hit_count + miss_count) - misses) < 0.01);
    lab_close(lab);
}

/* [C] 0.5 GB are 500 answers of 1 MB, the least recently used go: an endless cycle over more than
 * that never hits; here a law so flat that hits are rare beside a cache that holds all. */
static void response_cache_has_its_size(void **state)
{
    (void)state;
    static const struct {
        const char *size;
        double hits; /* of uniform asks for 5,000 answers of 1 MB */
    } cases[] = {{"0.5GB", 0.1}, {"1.6GB", 0.32}, {"6.1GB", 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: test\nduration: 60s\nwarmup: 60s\nreplications: 2\nseed: 5\n"
            "services:\n  api: {type: api_gateway, calls: [back], cache: {size: %s, ttl: 1h, "
            "keys: zipf(n=5000 s=0), object_size: 1MB}}\n"
            "  back: {type: delay}\ntraffic:\n  t: {to: api, rate: 1000/s}\n",
            cases[i].size);
        const double ratio =
            lab_value(lab, "services.api.cache_hit_count") / lab_value(lab, "services.api.count");
        assert_true(fabs(ratio - cases[i].hits) < 0.01);
        lab_close(lab);
    }
}

/* [C] "only GET methods have caching enabled by default": a route may be left out. What failed is
 * not stored. */
static void other_responses_are_not_cached(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20s") "services:\n"
                    "  api:\n    type: api_gateway\n    integration: http\n"
                    "    cache: {size: 0.5GB, keys: zipf(n=1 s=0), object_size: 1 KiB}\n"
                    "    routes: [{name: put, cached: false}]\n"
                    "    operations: {get: {calls: [back]}, put: {calls: [back]}, "
                    "bad: {calls: [full]}}\n"
                    "  own: {type: api_gateway, integration: http, cache: {size: 0.5GB, keys: "
                    "zipf(n=1 s=0), object_size: 1 KiB}, calls: [full]}\n"
                    "  back: {type: delay}\n  full: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                    "traffic:\n  a: {to: api.get, arrivals: constant, rate: 10/s}\n"
                    "  b: {to: api.put, arrivals: constant, rate: 10/s}\n"
                    "  c: {to: own, arrivals: constant, rate: 10/s}\n"
                    "  first: {to: full, arrivals: constant, rate: 1k/s}\n");
    lab_equal(lab, "services.api.outgoing.back.call.rate", 10);
    lab_equal(lab, "services.own.cache_hit_count", 0);
    lab_equal(lab, "traffic.c.errors.throttled", 1);
    lab_close(lab);
}

/* [F] private_integration: a VPC link adds its time, as part of the integration [M]. */
static void vpc_link_adds_its_time(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("11s") "services:\n  api: {type: api_gateway, " BARE
                            ", vpc_link: 2ms, calls: [back]}\n"
                            "  back: {type: delay, work: 5ms}\n"
                            "traffic:\n  t: {to: api, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.api.latency.mean", 0.007);
    lab_equal(lab, "services.api.integration_latency.mean", 0.007);
    lab_close(lab);
}

/* When, in scenario time, dns first saw a record fail; NaN: never. */
static double went_down(const char *api, const char *calls, const char *rate)
{
    struct lab *lab = lab_run_with(
        own_models, 1,
        "archsim: 1\nname: test\nduration: 200s\nwarmup: 0s\nreplications: 1\nseed: 5\n"
        "services:\n"
        "  dns: {type: route53, policy: failover, ttl: 0s, records: [{to: api, role: primary}, "
        "{to: other, role: secondary}], health_check: {interval: 10s}}\n"
        "  api: {type: api_gateway, kind: http, overhead: {http: 0s}%s, calls: [%s]}\n"
        "  other: {type: delay}\n  ill: {type: endpoint, ill: 50s}\n  well: {type: endpoint}\n"
        "traffic:\n  t: {to: dns, arrivals: constant, rate: 1/s}\n"
        "  u: {to: api, arrivals: constant, rate: %s}\n",
        api, calls, rate);
    const struct replication *run = &lab->experiment.replications[0];
    double at_s = (double)NAN;
    for (const struct log_entry *entry = run->log; entry != NULL; entry = entry->next) {
        if (entry->kind == LOG_UNHEALTHY && isnan(at_s)) {
            at_s = (double)(entry->at_ns - run->log_origin_ns) / 1e9;
        }
    }
    lab_close(lab);
    return at_s;
}

/* Route 53, health checks: an endpoint is unhealthy when it does not answer with 2xx or 3xx. What
 * the API cannot do without must be well, and there must be tokens, or the check hears of a 5xx or
 * of a 429. Three failures in a row, of 4 s each, are
 * 24 to 34 s. */
static void health_is_that_of_what_is_behind(void **state)
{
    (void)state;
    const double ill = went_down("", "ill", "1/s");
    assert_true(ill >= 74 && ill <= 84);
    const double through = went_down("", "{call: well}, {wait: 1ms}, {call: ill}", "1/s");
    assert_true(through >= 74 && through <= 84);
    assert_true(isnan(went_down("", "well", "1/s")));
    assert_true(isnan(went_down("", "{call: ill, optional: true}", "1/s")));
    assert_true(isnan(went_down("", "{async: ill}", "1/s")));
    assert_true(isnan(went_down("", "{call: ill, fallback: [well]}", "1/s")));
    /* a bucket of one token a minute is empty nearly always under load */
    assert_true(went_down(", throttle: {rate: 1/min, burst: 1}", "well", "10/s") <= 34);
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
        cmocka_unit_test(late_steps_are_timeouts),
        cmocka_unit_test(function_failures_are_502),
        cmocka_unit_test(overhead_is_that_of_the_kind),
        cmocka_unit_test(work_comes_on_top),
        cmocka_unit_test(a_client_that_has_gone_is_no_error),
        cmocka_unit_test(every_error_is_counted_once),
        cmocka_unit_test(route_overrides_the_stage),
        cmocka_unit_test(usage_plan_limits_each_key),
        cmocka_unit_test(usage_plan_quota_is_of_its_period),
        cmocka_unit_test(large_payload_is_refused),
        cmocka_unit_test(authorizations_are_cached_by_token),
        cmocka_unit_test(authorizer_ttl_is_that_of_the_kind),
        cmocka_unit_test(refusals_and_failures_of_authorizers),
        cmocka_unit_test(jwt_is_checked_here),
        cmocka_unit_test(tokens_may_come_from_identity),
        cmocka_unit_test(fresh_responses_need_no_integration),
        cmocka_unit_test(response_cache_has_its_size),
        cmocka_unit_test(other_responses_are_not_cached),
        cmocka_unit_test(vpc_link_adds_its_time),
        cmocka_unit_test(rest_has_jwt_too),
        cmocka_unit_test(health_is_that_of_what_is_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
