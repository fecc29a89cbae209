/* api_gateway: what its parameters, quotas, metrics and limits are called, and where each number
 * comes from. Included by api_gateway.c alone. */
#ifndef ARCHSIM_MODELS_API_GATEWAY_TABLES_H
#define ARCHSIM_MODELS_API_GATEWAY_TABLES_H

#include "models/model.h"
#include "sim/blocks/plans.h"

#define QUOTA_PAGE "API Gateway Developer Guide, Amazon API Gateway quotas (limits.html)"
#define THROTTLE_PAGE "API Gateway Developer Guide, Throttle requests to your REST APIs"
#define PLANS_PAGE "API Gateway Developer Guide, Usage plans and API keys for REST APIs"
#define CACHE_PAGE "API Gateway Developer Guide, Cache settings for REST APIs"
#define AUTHORIZER_PAGE "API Gateway API Reference, Authorizer, authorizerResultTtlInSeconds"
#define HTTP_AUTHORIZER_PAGE "API Gateway Developer Guide, Lambda authorizers for HTTP APIs"
#define KEYS_PAGE "API Gateway Developer Guide, Signing keys and troubleshooting JWT authorizers"
#define RESPONSES_PAGE "API Gateway Developer Guide, Gateway response types"

enum api_kind { API_REST, API_HTTP };
enum api_integration { API_LAMBDA, API_BACKEND };
enum api_authorizer { API_LAMBDA_AUTHORIZER, API_JWT, API_COGNITO };
enum api_gateway_metric {
    API_GATEWAY_COUNT,
    API_GATEWAY_4XX,
    API_GATEWAY_5XX,
    API_GATEWAY_INTEGRATION,
    API_GATEWAY_CACHE_HITS,
    API_GATEWAY_CACHE_MISSES,
    API_GATEWAY_AUTHORIZED,
};
enum api_gateway_resource {
    API_GATEWAY_STAGE_RATE,
    API_GATEWAY_ACCOUNT_RATE,
    API_GATEWAY_ROUTE_RATE,
    API_GATEWAY_PLAN_RATE,
};

struct api_limits {
    double rate_per_s;
    int64_t burst_count;
};

struct api_route {
    const char *name_text;
    struct api_limits throttle;
    bool cached;
};

#define PARAMS struct api_route
static const struct param api_route_rows[] = {
    TEXT(name, REQUIRED, "the operation, as callers name it",
         DOCUMENTED("API Gateway Developer Guide: methods of a REST API, routes of an HTTP API")),
    RATE(throttle.rate, REQUIRED, "1/day..1000M/s",
         "requests of this route, as tokens that come back, in place of the stage's",
         DOCUMENTED(THROTTLE_PAGE ": settings of a method override those of the stage")),
    COUNT(throttle.burst, REQUIRED, "1..1000M", "tokens that its bucket holds; it starts full",
          DOCUMENTED(THROTTLE_PAGE)),
    FLAG(cached, "true", "its answers go into the response cache, where the stage has one",
         DOCUMENTED(CACHE_PAGE ": only GET methods are cached by default; say false of others")),
};
#undef PARAMS
static const struct list_item api_route = ITEM("route", api_route_rows, struct api_route);

#define PARAMS struct plans_rules
static const struct param api_plan_rows[] = {
    RATIO(share, REQUIRED, "0..1", "of the requests that carry an API key of this plan",
          DOCUMENTED(PLANS_PAGE)),
    COUNT(keys, "1", "1..100k", "API keys of this plan, used alike; each has limits of its own",
          DOCUMENTED(PLANS_PAGE ": limits are applied to individual API keys")),
    RATE(throttle.rate, REQUIRED, "1/day..1000M/s", "requests of one key, as tokens that come back",
         DOCUMENTED(PLANS_PAGE)),
    COUNT(throttle.burst, REQUIRED, "1..1000M", "tokens that a key's bucket holds; it starts full",
          DOCUMENTED(PLANS_PAGE)),
    COUNT(quota.requests, REQUIRED, "1..", "requests of one key in each period; then 429",
          DOCUMENTED(PLANS_PAGE)),
    TIME(quota.period, "1d", "1min..31d", "a day, a week or a month; they begin with the run",
         DOCUMENTED(PLANS_PAGE)),
};
#undef PARAMS
static const struct list_item api_plan = ITEM("plan", api_plan_rows, struct plans_rules);

/* What a stage's response cache can be. */
#define API_CACHE_SIZES "0.5GB 1.6GB 6.1GB 13.5GB 28.4GB 58.2GB 118GB 237GB"
static const double api_cache_gb[] = {0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237};
#define API_GB 1e9
#define API_ROUNDING 1e-9 /* of a sum of shares */

struct api_gateway_params {
    int kind;
    int integration;
    struct api_limits throttle;
    struct {
        const struct distribution *rest_ns_dist, *http_ns_dist;
    } overhead;
    struct {
        int64_t rest_ns, http_ns;
    } timeout, authorizer_ttl, authorizer_timeout;
    struct list routes_list, usage_plans_list;
    struct {
        int kind;
        struct call_target to_target;
        int64_t ttl_ns;
        struct popularity tokens_popularity;
        double missing_ratio, denied_ratio;
    } authorizer;
    struct {
        const struct distribution *jwt_ns_dist, *cognito_ns_dist;
    } token_check;
    struct {
        int64_t lifetime_ns;
        const struct distribution *fetch_ns_dist;
    } keys;
    struct {
        int size;
        int64_t ttl_ns, object_size_bytes;
        struct popularity keys_popularity;
    } cache;
    const struct distribution *vpc_link_ns_dist;
    int64_t payload_max_bytes;
};

#define PARAMS struct api_gateway_params
static const struct param api_gateway_params[] = {
    CHOICE(kind, "rest", "rest http", "which of the two products; `http` is the leaner one",
           DOCUMENTED("API Gateway Developer Guide, Choose between REST APIs and HTTP APIs")),
    CHOICE(integration, "lambda", "lambda http",
           "lambda: whatever fails is a 500 or 502, `unavailable`; http: the answer as it is",
           DOCUMENTED("Lambda Developer Guide, Handling Lambda errors with an API Gateway API: 500 "
                      "if Lambda rejects the invocation, 502 if the function returns an error")),
    RATE(throttle.rate, REQUIRED, "1/day..1000M/s",
         "requests of this stage, as tokens that come back; not given: the account's limit only",
         DOCUMENTED(THROTTLE_PAGE)),
    COUNT(throttle.burst, REQUIRED, "1..1000M",
          "tokens that the stage's bucket holds; it starts full", DOCUMENTED(THROTTLE_PAGE)),
    TIME_DIST(overhead.rest, "lognormal(p50=12ms p99=38ms)", "0s..",
              "a REST gateway's own time for a request, before the integration begins",
              ESTIMATED("facts, overhead_latency: median 12 ms, sigma 0.5; no authorizer, warm")),
    TIME_DIST(overhead.http, "lognormal(p50=7ms p99=22ms)", "0s..",
              "an HTTP gateway's own time for a request, before the integration begins",
              ESTIMATED("facts, overhead_latency: median 7 ms, sigma 0.5; no authorizer, warm")),
    TIME(
        timeout.rest, "29s", "50ms..300s",
        "the integration must answer in time (504); more than 29s is a raised quota",
        DOCUMENTED("AWS What's New 2024-06-04, integration timeout beyond 29 seconds; up to 300 s: "
                   "AWS re:Post")),
    TIME(timeout.http, "30s", "50ms..30s",
         "the integration must answer in time; 30s is fixed for this kind", DOCUMENTED(QUOTA_PAGE)),
    LIST(routes, NONE, api_route, "operations with limits of their own (methods of a REST API)",
         DOCUMENTED(THROTTLE_PAGE)),
    LIST(usage_plans, NONE, api_plan, "limits for callers with an API key; of a REST API",
         DOCUMENTED(PLANS_PAGE)),
    CHOICE(authorizer.kind, "lambda", "lambda jwt cognito",
           "lambda: asks `to`, caches its answers; jwt, cognito (REST): a token is checked here",
           DOCUMENTED("API Gateway Developer Guide, Control and manage access to APIs")),
    SERVICE_OPERATION(
        authorizer.to, NONE, "validate",
        "the function that is asked; of jwt and cognito: identity.validate, if it is simulated",
        DOCUMENTED("API Gateway Developer Guide, Use API Gateway Lambda authorizers")),
    TIME(authorizer.ttl, NONE, "0s..1h",
         "how long an answer of the function holds; else authorizer_ttl of the kind; 0: not at all",
         DOCUMENTED(AUTHORIZER_PAGE ": at most 3,600 s")),
    POPULARITY(authorizer.tokens, NONE, "the tokens in use, which are the keys of the cache",
               DOCUMENTED("API Gateway Developer Guide: the identity sources are the cache key")),
    RATIO(authorizer.missing, "0", "0..1",
          "requests without a token: 401 at once, `failed`, and nobody is asked",
          DOCUMENTED(RESPONSES_PAGE ": UNAUTHORIZED; none unless you say so")),
    RATIO(authorizer.denied, "0", "0..1",
          "requests whose token does not entitle: 403 once it was checked, `failed`",
          DOCUMENTED(RESPONSES_PAGE ": ACCESS_DENIED; none unless you say so")),
    TIME(authorizer_ttl.rest, "300s", "0s..1h", "the usual authorizer.ttl of a REST API",
         DOCUMENTED(AUTHORIZER_PAGE ": if not set, 300")),
    TIME(authorizer_ttl.http, "0s", "0s..1h", "the usual authorizer.ttl of an HTTP API",
         DOCUMENTED(HTTP_AUTHORIZER_PAGE ": caching is enabled by specifying a ttl")),
    TIME(authorizer_timeout.rest, "29s", "50ms..29s", "the function must answer in time, else 500",
         RECALLED(QUOTA_PAGE ": as integrations")),
    TIME(authorizer_timeout.http, "10s", "50ms..10s", "the function must answer in time, else 500",
         DOCUMENTED("API Gateway Developer Guide, HTTP API quotas: authorizer response 10000 ms")),
    TIME_DIST(token_check.jwt, "1ms", "0s..", "of checking a token, with the keys at hand",
              RECALLED("facts, jwt_authorizer: about 1 ms when warm")),
    TIME_DIST(token_check.cognito, "2ms", "0s..", "of checking a token, with the keys at hand",
              ESTIMATED("facts, cognito_authorizer: 1 to 5 ms")),
    TIME(keys.lifetime, "1h", "1s..365d", "public keys are cached for so long",
         DOCUMENTED(KEYS_PAGE ": up to 1 hour (REST); of an HTTP API up to two")),
    TIME_DIST(keys.fetch, "uniform(50ms 300ms)", "0s..",
              "of fetching the public keys; requests wait for it",
              ESTIMATED("facts, jwt_authorizer: one fetch of 50 to 300 ms")),
    CHOICE(cache.size, REQUIRED, API_CACHE_SIZES, "of the stage's response cache, of a REST API",
           DOCUMENTED("Amazon API Gateway pricing, Caching; " CACHE_PAGE)),
    TIME(cache.ttl, "300s", "1s..1h", "an answer is good for so long from when it is stored",
         DOCUMENTED(CACHE_PAGE ": 300 s by default, at most 3,600 s")),
    POPULARITY(cache.keys, REQUIRED, "what is asked for: methods with their parameters",
               DOCUMENTED(CACHE_PAGE)),
    SIZE(cache.object_size, REQUIRED, "1B..1MiB", "of an answer",
         DOCUMENTED(CACHE_PAGE ": at most 1,048,576 bytes can be cached")),
    TIME_DIST(vpc_link, NONE, "0s..", "what a VPC link adds to a private integration",
              ESTIMATED("facts, private_integration: about 1 to 3 ms; set it where there is one")),
    SIZE(payload_max, "10 MiB", "1B..10MiB", "a request that carries more ends as `rejected` (413)",
         DOCUMENTED(QUOTA_PAGE ": 10 MB; " RESPONSES_PAGE ": REQUEST_TOO_LARGE")),
};

/* Of the account in the region. */
struct api_gateway_quotas {
    double rate_per_s;
    int64_t burst_count;
};

#undef PARAMS
#define PARAMS struct api_gateway_quotas
static const struct param api_gateway_quotas[] = {
    RATE(rate, "10k/s", "1/s..1000M/s", "requests of all APIs together, as tokens that come back",
         DOCUMENTED(QUOTA_PAGE)),
    COUNT(burst, "5000", "1..1000M",
          "tokens that the account's bucket holds; set by AWS with the rate",
          DOCUMENTED(QUOTA_PAGE)),
};

static const struct metric api_gateway_metrics[] = {
    [API_GATEWAY_COUNT] = {"count", QUANTITY_COUNT, METRIC_VALUE, "requests in the window"},
    [API_GATEWAY_4XX] =
        {"4xx_error", QUANTITY_RATIO, METRIC_RATIO,
         "share of requests that ended with a client-side error: 401, 403, 413, 429"},
    [API_GATEWAY_5XX] = {"5xx_error", QUANTITY_RATIO, METRIC_RATIO,
                         "share of requests that ended with a server-side error: 500, 502, 504"},
    [API_GATEWAY_INTEGRATION] = {"integration_latency", QUANTITY_TIME, METRIC_LATENCY,
                                 "from handing a request to the integration to its answer"},
    [API_GATEWAY_CACHE_HITS] = {"cache_hit_count", QUANTITY_COUNT, METRIC_VALUE,
                                "requests answered by the response cache"},
    [API_GATEWAY_CACHE_MISSES] = {"cache_miss_count", QUANTITY_COUNT, METRIC_VALUE,
                                  "requests that the response cache could not answer"},
    [API_GATEWAY_AUTHORIZED] = {"authorizer_hit_ratio", QUANTITY_RATIO, METRIC_RATIO,
                                "of requests with a function as authorizer: its answer was cached"},
};

static const char *const api_gateway_resources[] = {
    [API_GATEWAY_STAGE_RATE] = "stage rate",
    [API_GATEWAY_ACCOUNT_RATE] = "account rate",
    [API_GATEWAY_ROUTE_RATE] = "route rates",
    [API_GATEWAY_PLAN_RATE] = "usage plan rates",
};

static const char *const api_gateway_ahead[] = {"timeout.rest"};
static const struct param_only api_gateway_only[] = {
    {"overhead.rest", "kind", "rest"},
    {"overhead.http", "kind", "http"},
    {"timeout.rest", "kind", "rest"},
    {"timeout.http", "kind", "http"},
    {"authorizer_ttl.rest", "kind", "rest"},
    {"authorizer_ttl.http", "kind", "http"},
    {"authorizer_timeout.rest", "kind", "rest"},
    {"authorizer_timeout.http", "kind", "http"},
};

#endif
