/* api_gateway: the front door of an API, REST or HTTP kind.
 * A request needs a token of its usage plan, of its route or stage, and of the account, each where
 * there is one; without it ends as `throttled` (429). The gateway's overhead passes, an authorizer
 * looks at it, the response cache may answer; else its `calls` are the integration: it must answer
 * in time, and what fails is mapped as documented. Blocks: throttle, plans, cache (of responses and
 * of authorizations), keyring, records. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/api_gateway_tables.h"
#include "sim/blocks/cache.h"
#include "sim/blocks/keyring.h"
#include "sim/blocks/plans.h"
#include "sim/blocks/records.h"
#include "sim/blocks/throttle.h"

static int64_t api_gateway_authorizer_ttl(const struct api_gateway_params *p)
{
    if (p->authorizer.ttl_ns >= 0) {
        return p->authorizer.ttl_ns;
    }
    return p->kind == API_HTTP ? p->authorizer_ttl.http_ns : p->authorizer_ttl.rest_ns;
}

static const char *api_gateway_check_authorizer(const struct api_gateway_params *p)
{
    const bool tokens = p->authorizer.tokens_popularity.n > 0;
    if (p->authorizer.kind == API_COGNITO && p->kind != API_REST) {
        return "authorizer.kind: only a REST API has cognito";
    }
    if (p->authorizer.kind != API_LAMBDA_AUTHORIZER) {
        return tokens || p->authorizer.ttl_ns >= 0
                   ? "authorizer: tokens and ttl are of a function's answers; here none is asked"
                   : NULL;
    }
    if (p->authorizer.tokens_popularity.n > CACHE_OBJECTS_MAX) {
        return "authorizer.tokens: expected at most 10M tokens";
    }
    return NULL;
}

/* Whom it asks is known only now. */
static const char *api_gateway_check_asked(const void *quotas, const void *const *params,
                                           uint32_t count)
{
    (void)quotas;
    const struct api_gateway_params *p = params[count - 1];
    const bool asks = p->authorizer.to_target.service != SERVICE_NONE;
    const bool tokens = p->authorizer.tokens_popularity.n > 0;
    if (p->authorizer.kind != API_LAMBDA_AUTHORIZER) {
        return NULL;
    }
    if (!asks && (tokens || p->authorizer.ttl_ns >= 0 || p->authorizer.missing_ratio > 0 ||
                  p->authorizer.denied_ratio > 0)) {
        return "authorizer: needs `to`, the function that is asked, or a kind that checks here";
    }
    if (asks && api_gateway_authorizer_ttl(p) > 0 && !tokens) {
        return "authorizer: answers are cached: expected tokens such as zipf(n=1000 s=0), or a ttl "
               "of 0s";
    }
    return NULL;
}

static const char *api_gateway_check(const void *params)
{
    const struct api_gateway_params *p = params;
    const struct plans_rules *plans = p->usage_plans_list.items;
    double shares = 0;
    for (uint32_t i = 0; i < p->usage_plans_list.count; i++) {
        shares += plans[i].share_ratio;
    }
    if (shares > 1 + API_ROUNDING) {
        return "usage_plans: the shares are more than all requests";
    }
    if (p->kind == API_HTTP && p->usage_plans_list.count > 0) {
        return "usage_plans: only a REST API has them";
    }
    if (p->kind == API_HTTP && p->cache.size >= 0) {
        return "cache: only a REST API has one";
    }
    if (p->cache.keys_popularity.n > CACHE_OBJECTS_MAX) {
        return "cache.keys: expected at most 10M objects";
    }
    return api_gateway_check_authorizer(p);
}

/* frame.block: what the call is about; frame.note: its token, when its integration began, or the
 * record of a fetch. */
enum { API_AUTHORIZES = 1, API_VALIDATES, API_DENIED, API_INTEGRATES, API_FETCHES };
enum { API_TICK_BITS = 7 }; /* of 128 ns, so that a note counts beyond 9 minutes */

/* Of an integration whose answer goes into the response cache. */
struct api_fetch {
    uint32_t began; /* tick */
    uint32_t object;
};

struct api_gateway {
    struct throttle stage;
    struct throttle *routes; /* of each operation; null: it has none */
    const bool *cached;      /* operations that the response cache is for; null: all */
    struct plans plans;      /* count 0: none */
    const struct distribution *overhead_ns_dist;
    const struct distribution *check_ns_dist; /* of tokens, here; null: they are not checked here */
    int64_t timeout_ns, authorizer_timeout_ns;
    struct cache authorizations, responses;
    bool remembers, responds; /* whether there are such caches */
    bool plain;               /* no plans, routes, authorizer, cache or VPC link: the short way */
    struct keyring keys;
    struct records fetches;
    struct random random, token_random, object_random;
    uint64_t count, client_errors, server_errors; /* measured, as all */
    uint64_t hits, misses, authorized, asked;
    struct summary integration;
};

/* Of all APIs of the account. */
struct api_gateway_account {
    struct throttle throttle;
};

/* ---- at the start ---- */

static void api_gateway_start_routes(struct service *s)
{
    const struct api_gateway_params *p = s->params;
    struct api_gateway *gateway = s->state;
    const struct api_route *routes = p->routes_list.items;
    const uint32_t operations = s->spec->operations_count;
    bool *cached = arena_array(s->arena, operations, sizeof(*cached));
    gateway->routes = arena_array(s->arena, operations, sizeof(*gateway->routes));
    for (uint32_t i = 0; i < operations; i++) {
        cached[i] = true;
        throttle_init(&gateway->routes[i], NAN, 1);
        for (uint32_t k = 0; k < p->routes_list.count; k++) {
            if (strcmp(routes[k].name_text, s->spec->operations[i].name) == 0) {
                cached[i] = routes[k].cached;
                throttle_init(&gateway->routes[i], routes[k].throttle.rate_per_s,
                              routes[k].throttle.burst_count);
            }
        }
    }
    gateway->cached = cached;
}

static void api_gateway_start_caches(struct service *s)
{
    const struct api_gateway_params *p = s->params;
    struct api_gateway *gateway = s->state;
    const int64_t ttl_ns = api_gateway_authorizer_ttl(p);
    gateway->remembers = p->authorizer.kind == API_LAMBDA_AUTHORIZER &&
                         p->authorizer.tokens_popularity.n > 0 && ttl_ns > 0;
    if (gateway->remembers) {
        cache_init(&gateway->authorizations, s->arena,
                   &(struct cache_rules){.objects_count = p->authorizer.tokens_popularity.n,
                                         .zipf_s = p->authorizer.tokens_popularity.s,
                                         .room_count = INT64_MAX,
                                         .ttl_ns = ttl_ns});
    }
    gateway->responds = p->cache.size >= 0;
    if (gateway->responds) {
        const double room =
            api_cache_gb[p->cache.size] * API_GB / (double)p->cache.object_size_bytes;
        cache_init(&gateway->responses, s->arena,
                   &(struct cache_rules){.objects_count = p->cache.keys_popularity.n,
                                         .zipf_s = p->cache.keys_popularity.s,
                                         .room_count = (int64_t)room,
                                         .ttl_ns = p->cache.ttl_ns});
    }
}

static void api_gateway_start(struct world *w, struct service *s)
{
    const struct api_gateway_params *p = s->params;
    const struct api_gateway_quotas *quotas = s->quotas;
    struct api_gateway *gateway = s->state;
    struct api_gateway_account *account = s->shared;
    const bool http = p->kind == API_HTTP;
    const struct random fetches = service_random(w, s, "keys");
    const struct random plans = service_random(w, s, "usage_plans");
    gateway->overhead_ns_dist = http ? p->overhead.http_ns_dist : p->overhead.rest_ns_dist;
    gateway->timeout_ns = http ? p->timeout.http_ns : p->timeout.rest_ns;
    gateway->authorizer_timeout_ns =
        http ? p->authorizer_timeout.http_ns : p->authorizer_timeout.rest_ns;
    if (p->authorizer.kind != API_LAMBDA_AUTHORIZER) {
        gateway->check_ns_dist = p->authorizer.kind == API_JWT ? p->token_check.jwt_ns_dist
                                                               : p->token_check.cognito_ns_dist;
    }
    gateway->random = service_random(w, s, "overhead");
    gateway->token_random = service_random(w, s, "tokens");
    gateway->object_random = service_random(w, s, "objects");
    throttle_init(&gateway->stage, p->throttle.rate_per_s, p->throttle.burst_count);
    throttle_init(&account->throttle, quotas->rate_per_s, quotas->burst_count); /* all alike */
    keyring_init(&gateway->keys, p->keys.fetch_ns_dist, p->keys.lifetime_ns, &fetches);
    records_init(&gateway->fetches, s->arena, sizeof(struct api_fetch));
    if (p->routes_list.count > 0) {
        api_gateway_start_routes(s);
    }
    plans_init(&gateway->plans, s->arena, p->usage_plans_list.items, p->usage_plans_list.count,
               world_origin(w), &plans);
    api_gateway_start_caches(s);
    gateway->plain = p->routes_list.count == 0 && p->usage_plans_list.count == 0 &&
                     p->authorizer.kind == API_LAMBDA_AUTHORIZER &&
                     p->authorizer.to_target.service == SERVICE_NONE && !gateway->responds &&
                     p->vpc_link_ns_dist == NULL;
    summary_init(&gateway->integration, s->arena);
    s->load.unlimited = true;
}

/* ---- who is let in ---- */

/* Of the stage's limits the one for that operation. */
static struct throttle *api_gateway_stage(struct api_gateway *gateway, uint32_t operation)
{
    return gateway->routes != NULL && gateway->routes[operation].limited
               ? &gateway->routes[operation]
               : &gateway->stage;
}

/* The limit that refuses it, or null. The most specific comes first; what it has counted is not
 * given back. */
static const char *api_gateway_admit(struct service *s, const struct frame *f)
{
    struct api_gateway *gateway = s->state;
    struct api_gateway_account *account = s->shared;
    const int64_t now_ns = core_now(s->core);
    struct throttle *stage = &gateway->stage;
    if (!gateway->plain) {
        const enum plans_answer answer = plans_ask(&gateway->plans, now_ns);
        if (answer != PLANS_PASS) {
            return answer == PLANS_OVER_QUOTA ? "usage plan quota"
                                              : api_gateway_resources[API_GATEWAY_PLAN_RATE];
        }
        stage = api_gateway_stage(gateway, f->operation);
    }
    if (!throttle_pass(stage, now_ns, 1)) {
        return api_gateway_resources[stage == &gateway->stage ? API_GATEWAY_STAGE_RATE
                                                              : API_GATEWAY_ROUTE_RATE];
    }
    return throttle_pass(&account->throttle, now_ns, 1)
               ? NULL
               : api_gateway_resources[API_GATEWAY_ACCOUNT_RATE];
}

/* A check is a request like others, of the first operation: it needs a token of the stage and of
 * the account, and what is behind. It carries no key and no right. */
static bool api_gateway_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)copy;
    struct api_gateway *gateway = s->state;
    const struct api_gateway_account *account = s->shared;
    const int64_t now_ns = core_now(s->core);
    return throttle_open(api_gateway_stage(gateway, 0), now_ns) &&
           throttle_open(&account->throttle, now_ns) && operation_healthy(w, s, 0);
}

static bool api_gateway_chance(struct api_gateway *gateway, double ratio)
{
    return ratio > 0 && random_uniform(&gateway->token_random) < ratio;
}

static void api_gateway_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct api_gateway_params *p = s->params;
    struct api_gateway *gateway = s->state;
    const bool measured = f->flags & FRAME_MEASURED;
    gateway->count += measured;
    if (f->flags & FRAME_SIZED && call_size(w, f) > (double)p->payload_max_bytes) {
        gateway->client_errors += measured;
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    const char *limit = api_gateway_admit(s, f);
    if (limit != NULL) {
        gateway->client_errors += measured;
        call_throttle(w, f, limit);
        return;
    }
    if (!gateway->plain && api_gateway_chance(gateway, p->authorizer.missing_ratio)) {
        gateway->client_errors += measured;
        call_refuse(w, f, OUTCOME_FAILED);
        return;
    }
    f->work_ns += distribution_draw_int(gateway->overhead_ns_dist, &gateway->random);
    if (gateway->check_ns_dist != NULL) {
        f->work_ns += keyring_wait_ns(&gateway->keys, core_now(s->core)) +
                      distribution_draw_int(gateway->check_ns_dist, &gateway->token_random);
    }
    call_work(w, f);
}

/* ---- the authorizer, the cache, the integration ---- */

static uint32_t api_gateway_tick(const struct service *s)
{
    return (uint32_t)(core_now(s->core) >> API_TICK_BITS);
}

/* The integration begins. */
static inline void api_gateway_relay(struct world *w, struct service *s, struct frame *f)
{
    const struct api_gateway *gateway = s->state;
    f->block = API_INTEGRATES;
    f->note = api_gateway_tick(s);
    call_limit(w, f, gateway->timeout_ns);
}

/* True: it is in the response cache. Else the answer of the integration is to come there. */
static bool api_gateway_responds(struct service *s, struct frame *f)
{
    struct api_gateway *gateway = s->state;
    const uint32_t object = cache_draw(&gateway->responses, &gateway->object_random);
    const bool hit = cache_ask(&gateway->responses, object, core_now(s->core));
    if (f->flags & FRAME_MEASURED) {
        gateway->hits += hit;
        gateway->misses += !hit;
    }
    if (!hit) {
        f->block = API_FETCHES;
        f->note = records_take(&gateway->fetches);
        *(struct api_fetch *)records_at(&gateway->fetches, f->note) =
            (struct api_fetch){.began = api_gateway_tick(s), .object = object};
    }
    return hit;
}

/* Whoever it is may come in, or not; true: the program goes on, with the integration. */
static bool api_gateway_integrate(struct world *w, struct service *s, struct frame *f)
{
    const struct api_gateway_params *p = s->params;
    struct api_gateway *gateway = s->state;
    f->block = 0;
    if (api_gateway_chance(gateway, p->authorizer.denied_ratio)) {
        f->block = API_DENIED;
        core_end(s->core, f, OUTCOME_FAILED);
        return false;
    }
    if (s->spec->operations[f->operation].pc == PC_NONE) {
        return true;
    }
    if (!gateway->responds || (gateway->cached != NULL && !gateway->cached[f->operation])) {
        api_gateway_relay(w, s, f);
    } else if (api_gateway_responds(s, f)) {
        core_end(s->core, f, OUTCOME_OK);
        return false;
    } else {
        call_limit(w, f, gateway->timeout_ns);
    }
    if (p->vpc_link_ns_dist == NULL) {
        return true;
    }
    f->work_ns = distribution_draw_int(p->vpc_link_ns_dist, &gateway->random);
    call_work(w, f);
    return false;
}

static __attribute__((noinline)) bool api_gateway_authorize(struct world *w, struct service *s,
                                                            struct frame *f)
{
    const struct api_gateway_params *p = s->params;
    struct api_gateway *gateway = s->state;
    if (p->authorizer.to_target.service == SERVICE_NONE) {
        return api_gateway_integrate(w, s, f);
    }
    if (gateway->remembers) {
        f->note = cache_draw(&gateway->authorizations, &gateway->token_random);
        const bool known = cache_ask(&gateway->authorizations, f->note, core_now(s->core));
        if (f->flags & FRAME_MEASURED) {
            gateway->authorized += known;
            gateway->asked++;
        }
        if (known) {
            return api_gateway_integrate(w, s, f);
        }
    }
    const bool validates = gateway->check_ns_dist != NULL;
    f->block = validates ? API_VALIDATES : API_AUTHORIZES;
    call_forward(w, f, call_target_edge(&p->authorizer.to_target, f), 0,
                 validates ? TIME_NONE : gateway->authorizer_timeout_ns);
    return false;
}

/* The gateway's own time is over. */
static bool api_gateway_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct api_gateway *gateway = s->state;
    if (!gateway->plain) {
        return api_gateway_authorize(w, s, f);
    }
    if (s->spec->operations[f->operation].pc != PC_NONE) {
        api_gateway_relay(w, s, f);
    }
    return true;
}

/* Good answers of the integration come here too. */
static bool api_gateway_answered(struct world *w, struct service *s, struct frame *f)
{
    struct api_gateway *gateway = s->state;
    if (f->block >= API_INTEGRATES) {
        return true;
    }
    if (gateway->remembers) {
        cache_store(&gateway->authorizations, f->note, core_now(s->core));
    }
    return api_gateway_integrate(w, s, f);
}

/* Of a function, whatever became of its invocation: a 500 or a 502, which clients try again. A 504
 * is only what was late here, by the integration's limit or the step's own timeout. What keeps a
 * user from a token is no failure of the gateway's authorizer. */
static enum outcome api_gateway_failed(struct world *w, struct service *s, struct frame *f,
                                       enum outcome outcome)
{
    (void)w;
    const struct api_gateway_params *p = s->params;
    if (f->block == API_AUTHORIZES) {
        return OUTCOME_UNAVAILABLE;
    }
    const bool late = outcome == OUTCOME_TIMEOUT && call_given_up(f);
    const bool function = f->block >= API_INTEGRATES && p->integration == API_LAMBDA;
    return function && !late ? OUTCOME_UNAVAILABLE : outcome;
}

/* A good answer goes into the response cache; the note is its beginning again. */
static __attribute__((noinline)) void api_gateway_store(struct service *s, struct frame *f)
{
    struct api_gateway *gateway = s->state;
    const uint32_t record = f->note;
    const struct api_fetch fetch = *(struct api_fetch *)records_at(&gateway->fetches, record);
    if (f->answer == OUTCOME_OK && !(f->flags & FRAME_WITHDRAWN)) {
        cache_store(&gateway->responses, fetch.object, core_now(s->core));
    }
    f->note = fetch.began;
    records_give(&gateway->fetches, record);
}

static void api_gateway_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct api_gateway *gateway = s->state;
    if (f->block == API_FETCHES) {
        api_gateway_store(s, f);
    }
    if (!(f->flags & FRAME_MEASURED) || f->flags & FRAME_WITHDRAWN) {
        return;
    }
    if (f->block >= API_INTEGRATES) {
        const uint32_t ticks = api_gateway_tick(s) - f->note;
        summary_add(&gateway->integration, (int64_t)ticks << API_TICK_BITS);
    }
    if (f->answer == OUTCOME_OK) {
        return;
    }
    if (f->answer == OUTCOME_THROTTLED || f->block == API_DENIED) {
        gateway->client_errors++; /* a 429 of the backend, or a 403 */
    } else {
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
    own[API_GATEWAY_CACHE_HITS].value = (double)gateway->hits;
    own[API_GATEWAY_CACHE_MISSES].value = (double)gateway->misses;
    own[API_GATEWAY_AUTHORIZED].hits = gateway->authorized;
    own[API_GATEWAY_AUTHORIZED].trials = gateway->asked;
}

/* Tokens, and how many come a second. */
static struct usage api_gateway_tokens(const struct throttle *throttle)
{
    return (struct usage){.used = (double)throttle->taken, .available = throttle->rate_per_s};
}

/* Of the routes all together: one of them may run out before. */
static struct usage api_gateway_route_tokens(const struct service *s)
{
    const struct api_gateway *gateway = s->state;
    struct usage usage = {.available = 0};
    for (uint32_t i = 0; gateway->routes != NULL && i < s->spec->operations_count; i++) {
        if (gateway->routes[i].limited) {
            usage.used += (double)gateway->routes[i].taken;
            usage.available += gateway->routes[i].rate_per_s;
        }
    }
    usage.available = usage.available > 0 ? usage.available : INFINITY;
    return usage;
}

static void api_gateway_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct api_gateway *gateway = s->state;
    const struct api_gateway_account *account = s->shared;
    usage[API_GATEWAY_STAGE_RATE] = api_gateway_tokens(&gateway->stage);
    usage[API_GATEWAY_ACCOUNT_RATE] = api_gateway_tokens(&account->throttle);
    usage[API_GATEWAY_ROUTE_RATE] = api_gateway_route_tokens(s);
    usage[API_GATEWAY_PLAN_RATE] = (struct usage){.used = (double)gateway->plans.taken,
                                                  .available = plans_rate_per_s(&gateway->plans)};
}

const struct model api_gateway_model = {
    .info =
        {
            .name = "api_gateway",
            .title = "Amazon API Gateway: REST and HTTP APIs",
            .text =
                "A request takes a token of its API key, if it carries one (`usage_plans`), one of "
                "its route or else of its stage, where they have a throttle, then one of the "
                "account, whose bucket all APIs of the scenario share; buckets refill continuously "
                "and start full, and a request without a token ends as `throttled` at once. The "
                "gateway's overhead passes, with `work` on top. An authorizer that is a function "
                "is called for each token that is not cached; jwt and cognito check tokens here, "
                "with cached keys, and may send them through identity.validate. Its failure is a "
                "500, `unavailable`; a request without a right is `failed` (401, 403). The "
                "response cache of a stage answers what is fresh, without the integration; the "
                "least "
                "recently used go first, and concurrent misses are not collapsed. Else the `calls` "
                "are the integration. One that takes longer than the timeout ends as `timeout` "
                "(504), while the backend works on. A function that fails, is throttled or runs "
                "out of its own time is a 500 or 502, `unavailable`; of integration http the "
                "answer goes on as it is. Limits hold exactly; AWS calls them best effort. "
                "Operations are routes; who checks the health of the API asks the first one: it "
                "needs "
                "tokens, and what its `calls` cannot do without. Left out: the size of answers, "
                "and what an edge-optimised "
                "endpoint adds: put a cloudfront in front.",
            ROWS(params, api_gateway_params),
            ROWS(quotas, api_gateway_quotas),
            ROWS(ahead, api_gateway_ahead),
            ROWS(only, api_gateway_only),
            ROWS(metrics, api_gateway_metrics),
            ROWS(resources, api_gateway_resources),
            .params_size = sizeof(struct api_gateway_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct api_gateway_quotas),
            .takes_work = true,
            .takes_operations = true,
            .operations_from = "routes",
            .work_help = "time on top of the gateway's overhead (mapping templates)",
            .check = api_gateway_check,
            .check_together = api_gateway_check_asked,
        },
    .state_size = sizeof(struct api_gateway),
    .shared_size = sizeof(struct api_gateway_account),
    .start = api_gateway_start,
    .healthy = api_gateway_healthy,
    .arrive = api_gateway_arrive,
    .serve = api_gateway_serve,
    .answered = api_gateway_answered,
    .failed = api_gateway_failed,
    .finish = api_gateway_finish,
    .observe = api_gateway_observe,
    .usage = api_gateway_usage,
};
