/* api_gateway: the front door of an API, REST or HTTP kind.
 * A request needs a token of its stage, if that has a throttle, and then one of the account, which
 * all APIs share; without one it ends as `throttled` (429). The gateway's own overhead passes, then
 * its `calls` are the integration: it must answer in time, and what fails is mapped as documented.
 * Blocks: two buckets. Left out: authorizers, response cache, usage plans, payload limit. */
#include "models/model.h"

#include <math.h>

#include "sim/blocks/bucket.h"

#define QUOTA_PAGE "API Gateway Developer Guide, Amazon API Gateway quotas (limits.html)"
#define THROTTLE_PAGE "API Gateway Developer Guide, Throttle requests to your REST APIs"

enum api_kind { API_REST, API_HTTP };
enum api_integration { API_LAMBDA, API_BACKEND };
enum { API_GATEWAY_INTEGRATES = 1 }; /* frame.block; note is when that began, in ticks */
enum { API_GATEWAY_TICK_BITS = 7 };  /* of 128 ns, so that note counts beyond 9 minutes */
enum api_gateway_metric {
    API_GATEWAY_COUNT,
    API_GATEWAY_4XX,
    API_GATEWAY_5XX,
    API_GATEWAY_INTEGRATION,
};
enum api_gateway_resource { API_GATEWAY_STAGE_RATE, API_GATEWAY_ACCOUNT_RATE };

struct api_gateway_params {
    int kind;
    int integration;
    struct {
        double rate_per_s;
        int64_t burst_count;
    } throttle;
    struct {
        const struct distribution *rest_ns_dist, *http_ns_dist;
    } overhead;
    struct {
        int64_t rest_ns, http_ns;
    } timeout;
};

#define PARAMS struct api_gateway_params
static const struct param api_gateway_params[] = {
    CHOICE(kind, "rest", "rest http", "which of the two products; `http` is the leaner one",
           DOCUMENTED("API Gateway Developer Guide, Choose between REST APIs and HTTP APIs")),
    CHOICE(integration, "lambda", "lambda http",
           "lambda: an invocation that is throttled is a 500, `unavailable`; http: a 429, as it is",
           DOCUMENTED("Lambda Developer Guide, Handling Lambda errors with an API Gateway API: if "
                      "the Lambda API rejects the invocation request, API Gateway returns a 500")),
    RATE(throttle.rate, REQUIRED, "1/day..1000M/s",
         "requests of this stage, as tokens that come back; not given: the account's limit only",
         DOCUMENTED(THROTTLE_PAGE)),
    COUNT(throttle.burst, REQUIRED, "1..", "tokens that the stage's bucket holds; it starts full",
          DOCUMENTED(THROTTLE_PAGE)),
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
    COUNT(burst, "5000", "1..", "tokens that the account's bucket holds; set by AWS with the rate",
          DOCUMENTED(QUOTA_PAGE)),
};

static const struct metric api_gateway_metrics[] = {
    [API_GATEWAY_COUNT] = {"count", QUANTITY_COUNT, METRIC_VALUE, "requests in the window"},
    [API_GATEWAY_4XX] = {"4xx_error", QUANTITY_RATIO, METRIC_RATIO,
                         "share of requests that ended with a client-side error: 429"},
    [API_GATEWAY_5XX] = {"5xx_error", QUANTITY_RATIO, METRIC_RATIO,
                         "share of requests that ended with a server-side error: 500, 502, 504"},
    [API_GATEWAY_INTEGRATION] = {"integration_latency", QUANTITY_TIME, METRIC_LATENCY,
                                 "from handing a request to the integration to its answer"},
};

static const char *const api_gateway_resources[] = {
    [API_GATEWAY_STAGE_RATE] = "stage rate",
    [API_GATEWAY_ACCOUNT_RATE] = "account rate",
};

struct api_throttle {
    struct bucket bucket;
    double rate_per_s; /* INFINITY: there is none */
    uint64_t taken;
};

struct api_gateway {
    struct api_throttle stage;
    const struct distribution *overhead_ns_dist;
    int64_t timeout_ns;
    struct random random;
    uint64_t count, client_errors, server_errors; /* measured */
    struct summary integration;
};

/* Of all APIs of the account. */
struct api_gateway_account {
    struct api_throttle throttle;
};

static void api_throttle_init(struct api_throttle *throttle, double rate_per_s, int64_t burst)
{
    throttle->rate_per_s = isnan(rate_per_s) ? INFINITY : rate_per_s;
    if (!isnan(rate_per_s)) {
        bucket_init(&throttle->bucket, rate_per_s, burst);
    }
}

static bool api_throttle_pass(struct api_throttle *throttle, int64_t now_ns)
{
    if (!isinf(throttle->rate_per_s) && !bucket_take(&throttle->bucket, now_ns, 1)) {
        return false;
    }
    throttle->taken++;
    return true;
}

static void api_gateway_start(struct world *w, struct service *s)
{
    const struct api_gateway_params *p = s->params;
    const struct api_gateway_quotas *quotas = s->quotas;
    struct api_gateway *gateway = s->state;
    struct api_gateway_account *account = s->shared;
    const bool http = p->kind == API_HTTP;
    gateway->overhead_ns_dist = http ? p->overhead.http_ns_dist : p->overhead.rest_ns_dist;
    gateway->timeout_ns = http ? p->timeout.http_ns : p->timeout.rest_ns;
    gateway->random = service_random(w, s, "overhead");
    api_throttle_init(&gateway->stage, p->throttle.rate_per_s, p->throttle.burst_count);
    api_throttle_init(&account->throttle, quotas->rate_per_s, quotas->burst_count); /* all alike */
    summary_init(&gateway->integration, s->arena);
    s->load.unlimited = true;
}

/* The most specific limit comes first; what it has counted is not given back. */
static const char *api_gateway_admit(struct service *s)
{
    struct api_gateway *gateway = s->state;
    struct api_gateway_account *account = s->shared;
    const int64_t now_ns = core_now(s->core);
    if (!api_throttle_pass(&gateway->stage, now_ns)) {
        return api_gateway_resources[API_GATEWAY_STAGE_RATE];
    }
    if (!api_throttle_pass(&account->throttle, now_ns)) {
        return api_gateway_resources[API_GATEWAY_ACCOUNT_RATE];
    }
    return NULL;
}

static void api_gateway_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct api_gateway *gateway = s->state;
    const bool measured = f->flags & FRAME_MEASURED;
    const char *limit = api_gateway_admit(s);
    gateway->count += measured;
    if (limit != NULL) {
        gateway->client_errors += measured;
        call_throttle(w, f, limit);
        return;
    }
    f->work_ns += distribution_draw_int(gateway->overhead_ns_dist, &gateway->random);
    call_work(w, f);
}

static uint32_t api_gateway_ticks(const struct service *s)
{
    return (uint32_t)(core_now(s->core) >> API_GATEWAY_TICK_BITS);
}

/* The integration begins. */
static bool api_gateway_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct api_gateway *gateway = s->state;
    if (s->spec->operations[f->operation].pc != PC_NONE) {
        f->block = API_GATEWAY_INTEGRATES;
        f->note = api_gateway_ticks(s);
        call_limit(w, f, gateway->timeout_ns);
    }
    return true;
}

/* Not `failed`: clients try a 500 again. A step's own timeout stays one: 504. */
static enum outcome api_gateway_failed(struct world *w, struct service *s, struct frame *f,
                                       enum outcome outcome)
{
    (void)w;
    (void)f;
    const struct api_gateway_params *p = s->params;
    const bool throttled = outcome == OUTCOME_THROTTLED;
    return throttled && p->integration == API_LAMBDA ? OUTCOME_UNAVAILABLE : outcome;
}

static void api_gateway_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct api_gateway *gateway = s->state;
    if (!(f->flags & FRAME_MEASURED) || f->flags & FRAME_WITHDRAWN) {
        return;
    }
    if (f->block == API_GATEWAY_INTEGRATES) {
        const uint32_t ticks = api_gateway_ticks(s) - f->note;
        summary_add(&gateway->integration, (int64_t)ticks << API_GATEWAY_TICK_BITS);
    }
    if (f->answer == OUTCOME_THROTTLED) {
        gateway->client_errors++; /* the backend's own 429 */
    } else if (f->answer != OUTCOME_OK) {
        gateway->server_errors++;
    }
}

static void api_gateway_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct api_gateway *gateway = s->state;
    own[API_GATEWAY_COUNT].value = (double)gateway->count;
    own[API_GATEWAY_4XX].hits = gateway->client_errors;
    own[API_GATEWAY_4XX].trials = gateway->count;
    own[API_GATEWAY_5XX].hits = gateway->server_errors;
    own[API_GATEWAY_5XX].trials = gateway->count;
    own[API_GATEWAY_INTEGRATION].summary = &gateway->integration;
}

/* Tokens, and how many come a second. */
static void api_gateway_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct api_gateway *gateway = s->state;
    const struct api_gateway_account *account = s->shared;
    usage[API_GATEWAY_STAGE_RATE] = (struct usage){.used = (double)gateway->stage.taken,
                                                   .available = gateway->stage.rate_per_s};
    usage[API_GATEWAY_ACCOUNT_RATE] = (struct usage){.used = (double)account->throttle.taken,
                                                     .available = account->throttle.rate_per_s};
}

static const char *const api_gateway_ahead[] = {"timeout.rest"};

const struct model api_gateway_model = {
    .info =
        {
            .name = "api_gateway",
            .title = "Amazon API Gateway: REST and HTTP APIs",
            .text = "A request takes a token of its stage, if that has a throttle, then one of the "
                    "account, whose bucket all APIs of the scenario share; buckets refill "
                    "continuously and start full, and a request without a token ends as "
                    "`throttled` at once. Then the gateway's overhead passes, with `work` on top, "
                    "and the `calls` are the integration. One that takes longer than the timeout "
                    "ends as `timeout`, while the backend works on. Limits hold exactly; AWS "
                    "calls them best effort. Operations are routes. Authorizers, response cache, "
                    "usage plans and payload limits are left out.",
            ROWS(params, api_gateway_params),
            ROWS(quotas, api_gateway_quotas),
            ROWS(ahead, api_gateway_ahead),
            ROWS(metrics, api_gateway_metrics),
            ROWS(resources, api_gateway_resources),
            .params_size = sizeof(struct api_gateway_params),
            .quotas_size = sizeof(struct api_gateway_quotas),
            .takes_work = true,
            .takes_operations = true,
            .work_help = "time on top of the gateway's overhead (mapping templates, an authorizer)",
        },
    .state_size = sizeof(struct api_gateway),
    .shared_size = sizeof(struct api_gateway_account),
    .start = api_gateway_start,
    .arrive = api_gateway_arrive,
    .serve = api_gateway_serve,
    .failed = api_gateway_failed,
    .finish = api_gateway_finish,
    .observe = api_gateway_observe,
    .usage = api_gateway_usage,
};
