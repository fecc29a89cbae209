/* cloudfront: caches near the viewers, in front of an origin far away (Amazon CloudFront).
 * Viewers of each place reach one of its edge locations; a miss there asks the regional edge cache
 * of the place, then Origin Shield if it is on, then the origin, or after it the secondary origin.
 * Blocks: layers (of caches), throttle. Left out: TLS and connections of viewers, invalidations,
 * objects of unlike lifetimes, functions at the edge, the loss of an edge. */
#include "models/model.h"

#include <math.h>

#include "models/places.h"
#include "sim/blocks/layers.h"
#include "sim/blocks/throttle.h"

#define QUOTAS_PAGE "CloudFront Developer Guide, Quotas"
#define EXPIRATION_PAGE "CloudFront Developer Guide, Manage how long content stays in the cache"
#define CUSTOM_PAGE "CloudFront Developer Guide, Request and response behavior for custom origins"
#define FAILOVER_PAGE "CloudFront Developer Guide, Optimize high availability with origin failover"
#define SHIELD_PAGE "CloudFront Developer Guide, Use Amazon CloudFront Origin Shield"
#define REGIONAL_PAGE "CloudFront Developer Guide, How CloudFront works with regional edge caches"

enum {
    CLOUDFRONT_CACHES_MAX = 4096,
    CLOUDFRONT_TOKEN_BYTES = 1024, /* of the bandwidth's bucket */
};
#define CLOUDFRONT_SECOND_NS INT64_C(1000000000) /* and what a quota keeps */

enum cloudfront_unavailable { CLOUDFRONT_ANSWERS, CLOUDFRONT_SILENT };
enum cloudfront_resource { CLOUDFRONT_REQUEST_RATE, CLOUDFRONT_BANDWIDTH, CLOUDFRONT_RESOURCES };
enum cloudfront_metric {
    CLOUDFRONT_REQUESTS,
    CLOUDFRONT_BYTES_DOWNLOADED,
    CLOUDFRONT_BYTES_UPLOADED,
    CLOUDFRONT_4XX,
    CLOUDFRONT_5XX,
    CLOUDFRONT_TOTAL_ERRORS,
    CLOUDFRONT_HIT_RATE,
    CLOUDFRONT_ORIGIN_LATENCY,
    CLOUDFRONT_ORIGIN_REQUESTS,
    CLOUDFRONT_SHIELD_REQUESTS,
    CLOUDFRONT_COLLAPSED,
    CLOUDFRONT_METRICS,
};

struct cloudfront_params {
    struct call_target origin_target, secondary_target;
    struct call_targets dynamic_targets;
    double hit_ratio_ratio;
    struct popularity keys_popularity;
    int64_t max_age_ns;
    struct {
        int64_t default_ns, min_ns, max_ns, error_ns;
    } ttl;
    struct amount edge_capacity_amount, regional_capacity_amount;
    struct list viewers_list;
    const struct distribution *edge_rtt_ns_dist, *overhead_ns_dist;
    int64_t edges_per_place_count;
    bool regional_edge_cache, origin_shield;
    int64_t region_rtt_ns;
    const struct distribution *object_size_bytes_dist;
    double viewer_bandwidth_bytes_per_s;
    struct {
        int64_t attempts_count, timeout_ns;
    } connection;
    int64_t response_timeout_ns;
    int unavailable;
    struct {
        double requests_per_s, bandwidth_bytes_per_s;
    } quota;
};

#define PARAMS struct place_share
static const struct param cloudfront_viewers_rows[] = {
    CHOICE(place, REQUIRED, PLACE_WORDS, "where they are", ESTIMATED(PLACES_SOURCE)),
    RATIO(share, REQUIRED, "0..1", "of all requests", DEFINED("archsim language 1")),
    TIME_DIST(rtt, NONE, "0s..", "round trip to their edge location; else `edge_rtt`",
              ESTIMATED("facts, cloudfront edge_rtt: capitals of Brazil 5-30 ms")),
};
#undef PARAMS
static const struct list_item cloudfront_viewers_item =
    ITEM("viewers", cloudfront_viewers_rows, struct place_share);

#define PARAMS struct cloudfront_params
static const struct param cloudfront_params[] = {
    SERVICE(origin, REQUIRED, "what is asked on a miss", DOCUMENTED(CUSTOM_PAGE)),
    SERVICE(secondary, NONE, "origin group: asked after the origin has failed or was too late",
            DOCUMENTED(FAILOVER_PAGE)),
    SERVICES(dynamic, NONE, "operations of the origin that no cache answers: PUT, POST, DELETE",
             DOCUMENTED(REGIONAL_PAGE ": they go directly to the origin from the edge")),
    RATIO(hit_ratio, NONE, "0..1", "a fixed share of hits at the edge, in place of keys",
          ESTIMATED("facts, cloudfront hit_path: static 90-98 %, API 0-20 %")),
    POPULARITY(keys, NONE, "which objects are asked for", DEFINED("archsim language 1")),
    TIME(max_age, NONE, "0s..", "what the origin's Cache-Control says of every object",
         DOCUMENTED(EXPIRATION_PAGE)),
    TIME(ttl.default, "24h", "0s..365d", "an object's lifetime where there is no `max_age`",
         DOCUMENTED(EXPIRATION_PAGE ", Default TTL 86400 seconds")),
    TIME(ttl.min, "0s", "0s..365d", "no lifetime is shorter", DOCUMENTED(EXPIRATION_PAGE)),
    TIME(ttl.max, "365d", "0s..365d", "no lifetime is longer; 0: nothing collapses either",
         DOCUMENTED(EXPIRATION_PAGE ", Maximum TTL 31536000 seconds")),
    TIME(ttl.error, "10s", "0s..365d", "a 5xx of the origin is not asked for again before",
         DOCUMENTED("CloudFront Developer Guide, Control how long CloudFront caches errors")),
    AMOUNT(edge_capacity, NONE, "what fits in the cache of an edge location; else everything",
           DOCUMENTED(REGIONAL_PAGE ": less popular objects are removed; sizes not published")),
    AMOUNT(regional_capacity, NONE, "what fits in a regional cache or the shield; else everything",
           DOCUMENTED(REGIONAL_PAGE ": a larger cache than an edge's; sizes not published")),
    LIST(viewers, NONE, cloudfront_viewers_item,
         "where viewers are; else near the scenario's region", DEFINED("archsim language 1")),
    TIME_DIST(edge_rtt, "lognormal(p50=20ms p99=80ms)", "0s..",
              "round trip of viewers to their edge location",
              ESTIMATED("facts, cloudfront edge_rtt: 20 ms, 5-80 ms")),
    TIME_DIST(overhead, "2ms", "0s..", "of each cache that a request passes on its way up",
              ESTIMATED("facts, cloudfront edge_overhead: 1-10 ms")),
    COUNT(edges_per_place, "12", "1..500",
          "edge locations among which the viewers of a place are spread evenly",
          ESTIMATED("AWS names 100 cities and more, about a dozen to each of eight places")),
    FLAG(regional_edge_cache, "true", "between the edges of a place and all above",
         DOCUMENTED(REGIONAL_PAGE)),
    FLAG(origin_shield, "false", "one more cache, in the region of the origin, that all go through",
         DOCUMENTED(SHIELD_PAGE)),
    TIME(region_rtt, "1ms", "0s..", "round trip to the origin from a cache in its own region",
         ESTIMATED("facts, vpc_network: between zones 0.5-2 ms")),
    SIZE_DIST(object_size, NONE, "0B..", "of an answer to a viewer; else nothing is transferred",
              DEFINED("archsim language 1")),
    THROUGHPUT(viewer_bandwidth, NONE, "1B/s..", "of a viewer; else transfers take no time",
               DEFINED("archsim language 1")),
    COUNT(connection.attempts, "3", "1..3",
          "to connect to the origin, or to have an answer to what is not `dynamic`",
          DOCUMENTED(FAILOVER_PAGE ", Origin connection attempts")),
    TIME(connection.timeout, "10s", "1s..10s", "of an attempt to connect to a silent origin",
         DOCUMENTED(FAILOVER_PAGE ", Origin connection timeout")),
    TIME(response_timeout, "30s", "1s..120s", "an origin that has not answered by then is late",
         DOCUMENTED(QUOTAS_PAGE ", Response timeout per origin 1-120 seconds; default 30")),
    CHOICE(unavailable, "answers", "answers silent",
           "an unavailable origin says 502 or 503 at once, or attempts to connect run out",
           ESTIMATED("balancers and gateways answer 502 or 503; a host that is gone does not")),
    RATE(quota.requests, "250k/s", "1/s..1e9/s", "of the distribution; more are refused with 503",
         DOCUMENTED(QUOTAS_PAGE ", Requests per second per distribution")),
    THROUGHPUT(quota.bandwidth, "150Gbit/s", "1MB/s..1TB/s",
               "of answers; more are refused with 503",
               DOCUMENTED(QUOTAS_PAGE ", Data transfer rate per distribution")),
};

static const struct metric cloudfront_metrics[] = {
    [CLOUDFRONT_REQUESTS] = {"requests", QUANTITY_COUNT, METRIC_VALUE, "of viewers"},
    [CLOUDFRONT_BYTES_DOWNLOADED] = {"bytes_downloaded", QUANTITY_SIZE, METRIC_VALUE,
                                     "good answers to what is not dynamic"},
    [CLOUDFRONT_BYTES_UPLOADED] = {"bytes_uploaded", QUANTITY_SIZE, METRIC_VALUE,
                                   "sizes of the dynamic requests"},
    [CLOUDFRONT_4XX] = {"4xx_error_rate", QUANTITY_RATIO, METRIC_RATIO,
                        "requests that the origin throttled"},
    [CLOUDFRONT_5XX] = {"5xx_error_rate", QUANTITY_RATIO, METRIC_RATIO,
                        "requests that failed otherwise, 503 of the limits among them"},
    [CLOUDFRONT_TOTAL_ERRORS] = {"total_error_rate", QUANTITY_RATIO, METRIC_RATIO,
                                 "requests that were not answered well"},
    [CLOUDFRONT_HIT_RATE] =
        {"cache_hit_rate", QUANTITY_RATIO, METRIC_RATIO,
         "of good answers to what is not dynamic: from a cache of any layer, or collapsed"},
    [CLOUDFRONT_ORIGIN_LATENCY] = {"origin_latency", QUANTITY_TIME, METRIC_LATENCY,
                                   "from reaching the edge to the answer, of those for whom the "
                                   "origin was asked"},
    [CLOUDFRONT_ORIGIN_REQUESTS] = {"origin_requests", QUANTITY_COUNT, METRIC_VALUE,
                                    "sent to the origins, attempts again among them"},
    [CLOUDFRONT_SHIELD_REQUESTS] = {"origin_shield_requests", QUANTITY_COUNT, METRIC_VALUE,
                                    "that have reached Origin Shield, which are charged"},
    [CLOUDFRONT_COLLAPSED] =
        {"collapsed_requests", QUANTITY_COUNT, METRIC_VALUE,
         "that waited for another's answer for the same object, for them or not"},
};

static const char *const cloudfront_resources[] = {
    [CLOUDFRONT_REQUEST_RATE] = "distribution request rate",
    [CLOUDFRONT_BANDWIDTH] = "distribution bandwidth",
};

/* ---- what the parameters say together ---- */

static uint32_t cloudfront_places(const struct cloudfront_params *p)
{
    return p->viewers_list.count > 0 ? p->viewers_list.count : 1;
}

static int64_t cloudfront_caches(const struct cloudfront_params *p)
{
    return cloudfront_places(p) * (p->edges_per_place_count + p->regional_edge_cache) +
           p->origin_shield;
}

static const char *cloudfront_check_keys(const struct cloudfront_params *p)
{
    const bool keys = p->keys_popularity.n > 0;
    const bool bytes = p->edge_capacity_amount.bytes >= 0 || p->regional_capacity_amount.bytes >= 0;
    if (!isnan(p->hit_ratio_ratio)) {
        return keys ? "hit_ratio: fixed, or the result of keys, not both" : NULL;
    }
    if (!keys) {
        return "keys: expected keys such as zipf(n=1000 s=0.8), or a fixed hit_ratio";
    }
    if (p->keys_popularity.n * cloudfront_caches(p) > CACHE_OBJECTS_MAX) {
        return "keys: objects times caches (edges_per_place of each place) are at most 10M";
    }
    return bytes && p->object_size_bytes_dist == NULL
               ? "object_size: expected beside a capacity that is a size"
               : NULL;
}

static const char *cloudfront_check(const void *params)
{
    const struct cloudfront_params *p = params;
    const char *shares = place_shares_check(&p->viewers_list);
    if (shares != NULL) {
        return shares;
    }
    if (p->ttl.min_ns > p->ttl.max_ns) {
        return "ttl.min: more than `ttl.max`";
    }
    if (cloudfront_caches(p) > CLOUDFRONT_CACHES_MAX) {
        return "edges_per_place: together at most 4096 caches";
    }
    return cloudfront_check_keys(p);
}

/* What is known of its targets, when they are. */
static const char *cloudfront_check_together(const void *quotas, const void *const *params,
                                             uint32_t count)
{
    (void)quotas;
    const struct cloudfront_params *p = params[count - 1];
    for (uint32_t i = 0; i < p->dynamic_targets.count; i++) {
        if (p->dynamic_targets.items[i].service != p->origin_target.service ||
            p->dynamic_targets.items[i].operation == OPERATION_SAME) {
            return "dynamic: expected operations of the origin, such as `api.write`";
        }
    }
    return NULL;
}

/* [Manage how long content stays in the cache, table]: max-age within minimum and maximum; without
 * it the greater of default and minimum. A default above the maximum is refused by AWS
 * (InvalidTTLOrder), and is the maximum here. */
static int64_t cloudfront_ttl_ns(const struct cloudfront_params *p)
{
    const int64_t wanted_ns = p->max_age_ns >= 0 ? p->max_age_ns : p->ttl.default_ns;
    const int64_t ttl_ns = wanted_ns < p->ttl.max_ns ? wanted_ns : p->ttl.max_ns;
    return ttl_ns > p->ttl.min_ns ? ttl_ns : p->ttl.min_ns;
}

/* ---- state ---- */

struct cloudfront_request {
    struct layers_trip trip;
    int64_t edge_ns; /* when it reached its edge */
    int64_t sent_ns; /* the attempt to the origin */
    int64_t bytes;   /* of the answer */
    uint8_t attempts;
    bool origin, secondary; /* have been asked */
};

struct cloudfront {
    struct layers layers; /* place by place: the regional cache, the edges; the shield first */
    struct throttle rate, bandwidth;
    int64_t part_bytes; /* that have passed, and are no whole token yet */
    struct random viewer_random, key_random, latency_random, size_random;
    double counts[CLOUDFRONT_METRICS]; /* measured */
    uint64_t requests_seen, client_errors, server_errors, hits, asked;
    struct summary origin_latency;
};

/* ---- the caches ---- */

static int64_t cloudfront_room(const struct cloudfront_params *p, const struct amount *capacity)
{
    if (capacity->bytes >= 0) {
        const double objects = (double)capacity->bytes / p->object_size_bytes_dist->mean;
        return objects >= (double)p->keys_popularity.n ? INT64_MAX : (int64_t)fmax(1, objects);
    }
    return capacity->count >= 0 ? capacity->count : INT64_MAX;
}

/* Returns its number. Only edges hit by a fixed ratio. */
static uint16_t cloudfront_add(struct service *s, uint16_t above, int64_t up_ns, bool edge)
{
    const struct cloudfront_params *p = s->params;
    struct cloudfront *front = s->state;
    struct layers_cache *at = layers_add(&front->layers, above, up_ns);
    if (p->keys_popularity.n == 0) {
        cache_init_ratio(&at->cache, edge ? p->hit_ratio_ratio : 0);
    } else {
        const struct amount *room = edge ? &p->edge_capacity_amount : &p->regional_capacity_amount;
        cache_init(&at->cache, s->arena,
                   &(struct cache_rules){
                       .objects_count = p->keys_popularity.n,
                       .zipf_s = p->keys_popularity.s,
                       .room_count = cloudfront_room(p, room),
                       .ttl_ns = CACHE_FOREVER,
                   });
    }
    return (uint16_t)(front->layers.count - 1);
}

/* Dynamic requests go from the edge to the shield or origin, past the regional cache. */
static void cloudfront_add_place(struct service *s, enum place_name place, enum place_name region,
                                 uint16_t top)
{
    const struct cloudfront_params *p = s->params;
    struct cloudfront *front = s->state;
    const int64_t far_ns = place_rtt_ns(place, region) / 2;
    const int64_t near_ns = place_rtt_ns(place, place) / 2;
    const int64_t regional_ns = place == region ? p->region_rtt_ns / 2 : far_ns;
    const uint16_t regional =
        p->regional_edge_cache ? cloudfront_add(s, top, regional_ns, false) : top;
    for (int64_t i = 0; i < p->edges_per_place_count; i++) {
        const uint16_t edge =
            cloudfront_add(s, regional, p->regional_edge_cache ? near_ns : far_ns, true);
        front->layers.caches[edge].passes_to = top;
        front->layers.caches[edge].pass_ns = far_ns;
    }
}

static void cloudfront_start_caches(struct world *w, struct service *s)
{
    const struct cloudfront_params *p = s->params;
    const struct place_share *viewers = p->viewers_list.items;
    struct cloudfront *front = s->state;
    const enum place_name region = place_of_region(world_region(w));
    layers_init(&front->layers, &(struct layers_rules){
                                    .core = s->core,
                                    .arena = s->arena,
                                    .service = s->index,
                                    .caches_max = (uint32_t)cloudfront_caches(p),
                                    .record_bytes = sizeof(struct cloudfront_request),
                                    .ttl_ns = cloudfront_ttl_ns(p),
                                    .error_ttl_ns = p->ttl.error_ns,
                                    .collapses = p->ttl.max_ns > 0,
                                    .overhead_ns = p->overhead_ns_dist,
                                    .random = &front->latency_random,
                                });
    const uint16_t top = p->origin_shield
                             ? cloudfront_add(s, LAYERS_ORIGIN, p->region_rtt_ns / 2, false)
                             : LAYERS_ORIGIN;
    for (uint32_t i = 0; i < cloudfront_places(p); i++) {
        const bool given = p->viewers_list.count > 0;
        cloudfront_add_place(s, given ? (enum place_name)viewers[i].place : region, region, top);
    }
}

static void cloudfront_start(struct world *w, struct service *s)
{
    const struct cloudfront_params *p = s->params;
    struct cloudfront *front = s->state;
    cloudfront_start_caches(w, s);
    throttle_init_burst(&front->rate, p->quota.requests_per_s, CLOUDFRONT_SECOND_NS);
    throttle_init_burst(&front->bandwidth, p->quota.bandwidth_bytes_per_s / CLOUDFRONT_TOKEN_BYTES,
                        CLOUDFRONT_SECOND_NS);
    front->viewer_random = service_random(w, s, "viewers");
    front->key_random = service_random(w, s, "keys");
    front->latency_random = service_random(w, s, "latency");
    front->size_random = service_random(w, s, "size");
    summary_init(&front->origin_latency, s->arena);
    s->load.unlimited = true;
}

static struct cloudfront_request *cloudfront_request(const struct service *s, const struct frame *f)
{
    const struct cloudfront *front = s->state;
    return records_at(&front->layers.records, f->note);
}

static void cloudfront_count(struct service *s, const struct frame *f,
                             enum cloudfront_metric metric, double amount)
{
    struct cloudfront *front = s->state;
    front->counts[metric] += f->flags & FRAME_MEASURED ? amount : 0;
}

/* ---- requests ---- */

static bool cloudfront_is_dynamic(const struct cloudfront_params *p, const struct frame *f)
{
    const uint16_t same = p->origin_target.operation;
    const uint16_t operation = same == OPERATION_SAME ? f->operation : same;
    for (uint32_t i = 0; i < p->dynamic_targets.count; i++) {
        if (p->dynamic_targets.items[i].operation == operation) {
            return true;
        }
    }
    return false;
}

/* Its viewer, object and size. Returns the round trip to its edge. */
static int64_t cloudfront_draw(struct service *s, const struct frame *f,
                               struct cloudfront_request *r)
{
    const struct cloudfront_params *p = s->params;
    const struct place_share *viewers = p->viewers_list.items;
    struct cloudfront *front = s->state;
    const struct distribution *rtt = p->edge_rtt_ns_dist;
    const uint32_t place = place_shares_draw(&p->viewers_list, &front->viewer_random);
    if (p->viewers_list.count > 0 && viewers[place].rtt_ns_dist != NULL) {
        rtt = viewers[place].rtt_ns_dist;
    }
    const uint32_t edges = (uint32_t)p->edges_per_place_count;
    const uint32_t first = (uint32_t)p->origin_shield + place * (edges + p->regional_edge_cache) +
                           p->regional_edge_cache;
    r->trip.edge = (uint16_t)(first + random_below(&front->viewer_random, edges));
    const int64_t rtt_ns = distribution_draw_int(rtt, &front->latency_random);
    r->trip.passes = cloudfront_is_dynamic(p, f);
    r->trip.object = cache_draw(&front->layers.caches[r->trip.edge].cache, &front->key_random);
    if (p->object_size_bytes_dist != NULL) {
        r->bytes = distribution_draw_int(p->object_size_bytes_dist, &front->size_random);
    }
    if (!isnan(p->viewer_bandwidth_bytes_per_s)) {
        r->trip.transfer_ns = (int64_t)((double)r->bytes / p->viewer_bandwidth_bytes_per_s *
                                        (double)CLOUDFRONT_SECOND_NS);
    }
    return rtt_ns;
}

/* The limit that refuses it, or null. */
static const char *cloudfront_admit(struct service *s, const struct cloudfront_request *r)
{
    struct cloudfront *front = s->state;
    const int64_t now_ns = core_now(s->core);
    const int64_t bytes = front->part_bytes + r->bytes;
    if (!throttle_pass(&front->rate, now_ns, 1)) {
        return cloudfront_resources[CLOUDFRONT_REQUEST_RATE];
    }
    if (!throttle_pass(&front->bandwidth, now_ns, bytes / CLOUDFRONT_TOKEN_BYTES)) {
        return cloudfront_resources[CLOUDFRONT_BANDWIDTH];
    }
    front->part_bytes = bytes % CLOUDFRONT_TOKEN_BYTES;
    return NULL;
}

static void cloudfront_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct cloudfront *front = s->state;
    struct cloudfront_request r = {.attempts = 0};
    const int64_t rtt_ns = cloudfront_draw(s, f, &r);
    front->requests_seen += (f->flags & FRAME_MEASURED) != 0;
    cloudfront_count(s, f, CLOUDFRONT_REQUESTS, 1);
    const char *limit = cloudfront_admit(s, &r);
    if (limit != NULL) {
        front->server_errors += (f->flags & FRAME_MEASURED) != 0;
        call_throttle(w, f, limit);
        return;
    }
    cloudfront_count(s, f, CLOUDFRONT_BYTES_UPLOADED, r.trip.passes ? call_size(w, f) : 0);
    load_serve(&s->load, s->core, f);
    r.edge_ns = core_now(s->core) + rtt_ns / 2;
    r.trip.home_ns = rtt_ns - rtt_ns / 2;
    *(struct cloudfront_request *)layers_take(&front->layers, f) = r;
    layers_enter(&front->layers, f, rtt_ns / 2);
}

/* ---- the origin ---- */

/* It has reached the origin, half a round trip after it was sent; the timeout counts from then. */
static void cloudfront_send(struct world *w, struct service *s, struct frame *f)
{
    const struct cloudfront_params *p = s->params;
    const struct cloudfront *front = s->state;
    struct cloudfront_request *r = cloudfront_request(s, f);
    const struct call_target *target = r->secondary ? &p->secondary_target : &p->origin_target;
    const int64_t left_ns = p->response_timeout_ns - 2 * layers_origin_ns(&front->layers, f);
    r->origin = true;
    r->attempts++;
    r->sent_ns = core_now(s->core);
    cloudfront_count(s, f, CLOUDFRONT_ORIGIN_REQUESTS, 1);
    call_forward(w, f, call_target_edge(target, f), 0, left_ns > 0 ? left_ns : 1);
}

static bool cloudfront_answered(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct cloudfront *front = s->state;
    if (!layers_is_at_origin(&front->layers, f)) {
        return true;
    }
    layers_answer(&front->layers, f, OUTCOME_OK, 0);
    return false;
}

/* The origin's bad answer takes its way back, too; a silent origin makes that long. */
static bool cloudfront_keep(struct world *w, struct service *s, struct frame *f,
                            enum outcome outcome)
{
    (void)w;
    const struct cloudfront_params *p = s->params;
    struct cloudfront *front = s->state;
    const struct cloudfront_request *r = cloudfront_request(s, f);
    if (!layers_is_at_origin(&front->layers, f)) {
        return false;
    }
    const int64_t elapsed_ns = core_now(s->core) - r->sent_ns + layers_origin_ns(&front->layers, f);
    const bool silent = outcome == OUTCOME_UNAVAILABLE && p->unavailable == CLOUDFRONT_SILENT;
    layers_answer(&front->layers, f, outcome, silent ? p->connection.timeout_ns - elapsed_ns : 0);
    return true;
}

/* A bad answer, or that there is none, is known at the top: once more, elsewhere, or down. */
static void cloudfront_returned(struct service *s, struct frame *f)
{
    const struct cloudfront_params *p = s->params;
    struct cloudfront *front = s->state;
    struct cloudfront_request *r = cloudfront_request(s, f);
    struct layers_trip *trip = &r->trip;
    const int64_t elapsed_ns = core_now(s->core) - r->sent_ns + layers_origin_ns(&front->layers, f);
    const bool silent = trip->outcome == OUTCOME_UNAVAILABLE && p->unavailable == CLOUDFRONT_SILENT;
    const bool late = trip->outcome == OUTCOME_TIMEOUT && elapsed_ns >= p->response_timeout_ns;
    if ((silent || (late && !trip->passes)) && r->attempts < p->connection.attempts_count) {
        layers_again(&front->layers, f);
        return;
    }
    if (trip->outcome != OUTCOME_THROTTLED && !trip->passes && !r->secondary &&
        p->secondary_target.service != SERVICE_NONE) {
        r->secondary = true;
        r->attempts = 0;
        layers_again(&front->layers, f);
        return;
    }
    if (silent) {
        trip->outcome = OUTCOME_TIMEOUT; /* a 504 */
    }
    layers_deliver(&front->layers, f);
}

/* ---- the end ---- */

/* The answer is at the viewer; the origin's latency is that until it was at the edge. */
static void cloudfront_over(struct service *s, struct frame *f)
{
    struct cloudfront *front = s->state;
    const struct cloudfront_request *r = cloudfront_request(s, f);
    const struct layers_trip *trip = &r->trip;
    if (trip->outcome != OUTCOME_OK) {
        core_end(s->core, f, (enum outcome)trip->outcome);
        return;
    }
    if (r->origin && !trip->hit && f->flags & FRAME_MEASURED) {
        summary_add(&front->origin_latency,
                    core_now(s->core) - trip->home_ns - trip->transfer_ns - r->edge_ns);
    }
    core_go(s->core, f);
}

static void cloudfront_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct cloudfront *front = s->state;
    struct frame *f = core_frame(s->core, slot);
    switch (layers_due(&front->layers, f)) {
    case LAYERS_AT_ORIGIN:
        cloudfront_send(w, s, f);
        break;
    case LAYERS_BACK:
        cloudfront_returned(s, f);
        break;
    case LAYERS_OVER:
        cloudfront_over(s, f);
        break;
    case LAYERS_UNDERWAY:
        break;
    }
}

static void cloudfront_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct cloudfront *front = s->state;
    const struct cloudfront_request *r = cloudfront_request(s, f);
    const bool good = f->answer == OUTCOME_OK, cacheable = good && !r->trip.passes;
    if (f->flags & FRAME_MEASURED && !(f->flags & FRAME_WITHDRAWN)) {
        front->client_errors += f->answer == OUTCOME_THROTTLED;
        front->server_errors += !good && f->answer != OUTCOME_THROTTLED;
        front->asked += cacheable;
        front->hits += cacheable && r->trip.hit;
        cloudfront_count(s, f, CLOUDFRONT_BYTES_DOWNLOADED, cacheable ? (double)r->bytes : 0);
    }
    layers_leave(&front->layers, f);
}

/* ---- what is told ---- */

static struct own_value cloudfront_share(const struct cloudfront *front, uint64_t hits)
{
    return (struct own_value){.hits = hits, .trials = front->requests_seen};
}

static void cloudfront_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct cloudfront_params *p = s->params;
    const struct cloudfront *front = s->state;
    for (uint32_t i = 0; i < CLOUDFRONT_METRICS; i++) {
        own[i].value = front->counts[i];
    }
    own[CLOUDFRONT_SHIELD_REQUESTS].value =
        p->origin_shield ? (double)front->layers.reached_top : 0;
    own[CLOUDFRONT_COLLAPSED].value = (double)front->layers.collapsed;
    own[CLOUDFRONT_4XX] = cloudfront_share(front, front->client_errors);
    own[CLOUDFRONT_5XX] = cloudfront_share(front, front->server_errors);
    own[CLOUDFRONT_TOTAL_ERRORS] =
        cloudfront_share(front, front->client_errors + front->server_errors);
    own[CLOUDFRONT_HIT_RATE] = (struct own_value){.hits = front->hits, .trials = front->asked};
    own[CLOUDFRONT_ORIGIN_LATENCY].summary = &front->origin_latency;
}

static void cloudfront_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct cloudfront_params *p = s->params;
    const struct cloudfront *front = s->state;
    usage[CLOUDFRONT_REQUEST_RATE] =
        (struct usage){.used = (double)front->rate.taken, .available = p->quota.requests_per_s};
    usage[CLOUDFRONT_BANDWIDTH] =
        (struct usage){.used = (double)front->bandwidth.taken * CLOUDFRONT_TOKEN_BYTES,
                       .available = p->quota.bandwidth_bytes_per_s};
}

static const char *const cloudfront_ahead[] = {"quota.requests", "quota.bandwidth"};

const struct model cloudfront_model = {
    .info =
        {
            .name = "cloudfront",
            .title = "Amazon CloudFront: caches near the viewers, in front of an origin",
            .text = "Viewers of a place are spread evenly over its edge locations. A request "
                    "takes half a round trip to its edge, which looks into its cache; a miss asks "
                    "the regional edge cache of the place, then Origin Shield if there is one, "
                    "then the origin, half a round trip for every hop up and down "
                    "(models/places.h), on connections that are warm. Every cache has its own "
                    "objects, the most recently used where room is limited, until their lifetime "
                    "since the origin's answer is over; so the hit ratio depends on how the "
                    "traffic is split. All caches are empty at first: give a warm-up, or a "
                    "`hit_ratio`, where lifetimes are longer than the run. Who asks a cache for "
                    "an object that it is fetching already waits for that answer, good or bad, "
                    "and counts as a hit; but where the lifetime is 0 he asks by himself after "
                    "it, and with `ttl.max: 0` (CachingDisabled) at once. A "
                    "5xx of the origin is remembered for `ttl.error` and answered from memory, or "
                    "an expired object is served in its place. A silent or late origin is tried "
                    "again, then the secondary origin is asked. Dynamic requests pass by the "
                    "regional cache, share no answer and do not fail over. Requests and bytes "
                    "take tokens of one bucket each for the distribution; without one they end as "
                    "`throttled`. A fixed hit ratio knows no objects: nothing collapses and no "
                    "error is remembered. All objects have one lifetime, sizes are drawn anew for "
                    "each answer. TLS, invalidations, functions at the edge and the loss of an "
                    "edge are left out.",
            ROWS(params, cloudfront_params),
            ROWS(metrics, cloudfront_metrics),
            ROWS(ahead, cloudfront_ahead),
            ROWS(resources, cloudfront_resources),
            .params_size = sizeof(struct cloudfront_params),
            .target_kind = TARGET_KIND_NONE,
            .forwards = true,
            .check = cloudfront_check,
            .check_together = cloudfront_check_together,
        },
    .state_size = sizeof(struct cloudfront),
    .start = cloudfront_start,
    .timer = cloudfront_timer,
    .observe = cloudfront_observe,
    .usage = cloudfront_usage,
    .arrive = cloudfront_arrive,
    .answered = cloudfront_answered,
    .keep = cloudfront_keep,
    .finish = cloudfront_finish,
};
