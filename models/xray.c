/* xray: traces of AWS X-Ray: which requests are recorded, and what that costs.
 * Each traced service spends a little of its own time on every request. Whether a request is
 * recorded is decided where it is traced first (a reservoir of so many a second, and a share of the
 * rest) and holds for all that it calls. Segments over the quota are dropped; nobody notices.
 * Blocks: sampling, throttle. Left out: the daemon, groups, retrieval. */
#include "models/model.h"

#include "sim/blocks/sampling.h"
#include "sim/blocks/throttle.h"

#define SAMPLING_PAGE "X-Ray Developer Guide, Configure sampling rules"

enum xray_metric { XRAY_TRACES, XRAY_SAMPLED, XRAY_SEGMENTS, XRAY_DROPPED };

struct xray_params {
    const struct distribution *overhead_ns_dist;
    int64_t reservoir_count, hosts_count, segments_count;
    double rate_ratio;
    bool central_sampling;
};

#define PARAMS struct xray_params
static const struct param xray_params[] = {
    TIME_DIST(overhead, "0.2ms", "0s..100ms",
              "of the caller's time for each request, whether it is recorded or not",
              ESTIMATED("facts, xray overhead: the SDK takes 0.05 to 1 ms; sending is async")),
    COUNT(reservoir, "1", "0..1000000", "requests of each second that are recorded in any case",
          DOCUMENTED(SAMPLING_PAGE ": \"the first request each second\"")),
    RATIO(rate, "5%", "0%..100%", "share of the other requests that is recorded",
          DOCUMENTED(SAMPLING_PAGE ": \"five percent of any additional requests\"")),
    FLAG(central_sampling, "true", "all hosts share the reservoir; else each has one of its own",
         DOCUMENTED(SAMPLING_PAGE
                    ": the default rule holds \"across all services sending traces\"; "
                    "without it the SDK counts by itself")),
    COUNT(hosts, "1", "1..100000",
          "without central sampling: hosts of each caller; its requests go round them",
          ESTIMATED("one; set as many as there are instances")),
    COUNT(segments, "1", "1..100", "segments that a recorded request sends from each service",
          ESTIMATED("one of the service itself; a Lambda function sends 2")),
};

/* Of the account in the region. */
struct xray_quotas {
    double segments_per_s;
    int64_t burst_time_ns;
};

#undef PARAMS
#define PARAMS struct xray_quotas
static const struct param xray_quotas[] = {
    RATE(segments, "2600/s", "1/s..1000M/s", "segments that are taken; those beyond are dropped",
         RECALLED("AWS General Reference, X-Ray quotas: 2,600 in the large regions")),
    TIME(burst_time, "1s", "1ms..1min", "what the quota lets in during so long may come at once",
         ESTIMATED("quotas are stated a second")),
};

static const struct operation_info xray_operations[] = {
    {"put_trace_segments", "a request's share of tracing: what `tracing` calls"},
};

static const struct metric xray_metrics[] = {
    [XRAY_TRACES] = {"traced_request_count", QUANTITY_COUNT, METRIC_VALUE,
                     "requests that were recorded: traces"},
    [XRAY_SAMPLED] = {"sampled_ratio", QUANTITY_RATIO, METRIC_RATIO,
                      "of the requests that came to a traced service: those recorded"},
    [XRAY_SEGMENTS] = {"segments", QUANTITY_COUNT, METRIC_VALUE, "segments that were taken"},
    [XRAY_DROPPED] = {"unprocessed_trace_segments", QUANTITY_COUNT, METRIC_VALUE,
                      "segments over the quota, which are lost"},
};

static const char *const xray_resources[] = {"segments"};

/* The hosts of one caller, each with its reservoir. */
struct xray_caller {
    uint16_t edge;
    uint32_t turn;
    struct sampling *hosts;
    struct xray_caller *next;
};

struct xray {
    struct sampling reservoir;
    struct xray_caller *callers; /* without central sampling */
    struct verdicts verdicts;
    struct random sample_random, overhead_random;
    uint64_t traces, requests, segments, dropped; /* measured */
};

struct xray_account {
    struct throttle segments;
};

static void xray_start(struct world *w, struct service *s)
{
    const struct xray_quotas *quotas = s->quotas;
    struct xray *xray = s->state;
    struct xray_account *account = s->shared;
    throttle_init_burst(&account->segments, quotas->segments_per_s, quotas->burst_time_ns);
    xray->sample_random = service_random(w, s, "samples");
    xray->overhead_random = service_random(w, s, "overhead");
    s->load.unlimited = true;
}

static struct sampling *xray_reservoir(struct service *s, const struct frame *f)
{
    const struct xray_params *p = s->params;
    struct xray *xray = s->state;
    if (p->central_sampling) {
        return &xray->reservoir;
    }
    struct xray_caller *caller = xray->callers;
    while (caller != NULL && caller->edge != f->edge) {
        caller = caller->next;
    }
    if (caller == NULL) {
        const size_t hosts = (size_t)p->hosts_count;
        caller = arena_alloc(s->arena, sizeof(*caller));
        *caller = (struct xray_caller){
            .edge = f->edge,
            .hosts = arena_array(s->arena, hosts, sizeof(*caller->hosts)),
            .next = xray->callers,
        };
        xray->callers = caller;
    }
    struct sampling *host = &caller->hosts[caller->turn];
    caller->turn = caller->turn + 1 < (uint32_t)p->hosts_count ? caller->turn + 1 : 0;
    return host;
}

/* The request is traced here first. */
static enum verdict xray_decide(struct service *s, const struct frame *f)
{
    const struct xray_params *p = s->params;
    struct xray *xray = s->state;
    const struct sampling_rule rule = {p->reservoir_count, p->rate_ratio};
    const bool sampled =
        sampling_take(xray_reservoir(s, f), &rule, core_now(s->core), &xray->sample_random);
    if (f->flags & FRAME_MEASURED) {
        xray->requests++;
        xray->traces += sampled;
    }
    return sampled ? VERDICT_YES : VERDICT_NO;
}

/* As it was decided for the call that asks, or for one further up. */
static enum verdict xray_verdict(struct world *w, struct service *s, const struct frame *f)
{
    struct xray *xray = s->state;
    const struct frame *asks = call_waiting(w, f);
    enum verdict verdict = VERDICT_NONE;
    for (const struct frame *at = asks; at != NULL && verdict == VERDICT_NONE;
         at = call_waiting(w, at)) {
        verdict = verdicts_get(&xray->verdicts, s->core, at);
    }
    if (verdict == VERDICT_NONE) {
        verdict = xray_decide(s, f);
    }
    if (asks != NULL) {
        verdicts_set(&xray->verdicts, s->arena, s->core, asks, verdict);
    }
    return verdict;
}

static void xray_send(struct world *w, struct service *s, const struct frame *f)
{
    const struct xray_params *p = s->params;
    struct xray *xray = s->state;
    struct xray_account *account = s->shared;
    const uint64_t segments = f->flags & FRAME_MEASURED ? (uint64_t)p->segments_count : 0;
    if (throttle_pass(&account->segments, core_now(s->core), p->segments_count)) {
        xray->segments += segments;
        return;
    }
    xray->dropped += segments;
    service_throttled(w, s, "segments");
}

static void xray_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct xray_params *p = s->params;
    struct xray *xray = s->state;
    if (xray_verdict(w, s, f) == VERDICT_YES) {
        xray_send(w, s, f);
    }
    f->work_ns = distribution_draw_int(p->overhead_ns_dist, &xray->overhead_random);
    call_work(w, f);
}

static void xray_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct xray *xray = s->state;
    own[XRAY_TRACES].value = (double)xray->traces;
    own[XRAY_SAMPLED].hits = xray->traces;
    own[XRAY_SAMPLED].trials = xray->requests;
    own[XRAY_SEGMENTS].value = (double)xray->segments;
    own[XRAY_DROPPED].value = (double)xray->dropped;
}

static void xray_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct xray_account *account = s->shared;
    usage[0] = (struct usage){.used = (double)account->segments.taken,
                              .available = account->segments.rate_per_s};
}

static const char *xray_check(const void *params)
{
    const struct xray_params *p = params;
    return p->central_sampling && p->hosts_count > 1
               ? "hosts: they share one reservoir, unless `central_sampling` is false"
               : NULL;
}

const struct model xray_model = {
    .info =
        {
            .name = "xray",
            .title = "AWS X-Ray: sampled traces",
            .text =
                "A service with the key `tracing` calls `put_trace_segments` once for each "
                "request, before its own calls, and waits `overhead` for it: the work of the SDK. "
                "The first traced service on a request's way decides whether it is recorded, and "
                "what it calls and waits for keeps to that; what is called asynchronously is "
                "decided anew. The first `reservoir` requests of each second are recorded, and of "
                "the others each with probability `rate`: of r evenly spaced requests a second "
                "min(r, reservoir) + rate x max(r - reservoir, 0), for each host where hosts count "
                "by themselves. Segments take tokens from the account's quota; those without are "
                "dropped, and the request is none the wiser. Left out: the daemon, the ten seconds "
                "until a host has its share of a reservoir, groups, what is retrieved; the error "
                "and response times that X-Ray shows are the services' own metrics here.",
            ROWS(params, xray_params),
            ROWS(quotas, xray_quotas),
            ROWS(metrics, xray_metrics),
            ROWS(operations, xray_operations),
            ROWS(resources, xray_resources),
            .params_size = sizeof(struct xray_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct xray_quotas),
            .check = xray_check,
        },
    .state_size = sizeof(struct xray),
    .shared_size = sizeof(struct xray_account),
    .start = xray_start,
    .arrive = xray_arrive,
    .observe = xray_observe,
    .usage = xray_usage,
};
