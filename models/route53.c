/* route53: which of several records a name leads to, and how long clients believe it (Amazon Route
 * 53). A request belongs to one of the clients' resolvers, whose cached answer leads it until its
 * TTL is over; then the next request resolves: the policy chooses among the records that are known
 * to be healthy. Health is what many checkers see, known everywhere a moment later.
 * Blocks: checkers, resolvers, routing. Left out: alias records and their target health, calculated
 * checks, geography other than latency, changes of records, the loss of name servers. */
#include "models/model.h"

#include <math.h>

#include "models/places.h"
#include "sim/blocks/checkers.h"
#include "sim/blocks/resolvers.h"
#include "sim/blocks/routing.h"

#define HEALTH_PAGE \
    "Route 53 Developer Guide, How Amazon Route 53 determines whether a health check is healthy"
#define CHOICE_PAGE \
    "Route 53 Developer Guide, How Route 53 chooses records when health checking is configured"
#define CHECK_VALUES_PAGE "Route 53 Developer Guide, Values for creating health checks"

enum {
    ROUTE53_RECORDS_MAX = 256,
};
#define ROUTE53_FAST_NS INT64_C(10000000000)
#define ROUTE53_STANDARD_NS INT64_C(30000000000)

enum route53_policy {
    ROUTE53_SIMPLE,
    ROUTE53_WEIGHTED,
    ROUTE53_LATENCY,
    ROUTE53_FAILOVER,
    ROUTE53_MULTIVALUE,
};
enum route53_role { ROUTE53_PRIMARY, ROUTE53_SECONDARY };
enum route53_metric {
    ROUTE53_STATUS,
    ROUTE53_STATUS_MINIMUM,
    ROUTE53_PERCENTAGE_HEALTHY,
    ROUTE53_QUERIES,
    ROUTE53_CACHED,
};

struct route53_record {
    struct call_target to_target;
    int64_t weight_count;
    int place; /* enum place_name; -1: not given */
    int role;
    bool health_check;
};

struct route53_params {
    struct list records_list, viewers_list;
    int policy;
    int64_t ttl_ns;
    int64_t clients_count;
    double ignore_ttl_ratio;
    const struct distribution *lookup_ns_dist, *cached_ns_dist;
    bool network;
    struct {
        int64_t interval_ns, timeout_ns, propagation_ns;
        int64_t threshold_count, checkers_count;
        double healthy_ratio;
    } health_check;
};

#define PARAMS struct route53_record
static const struct param route53_record_rows[] = {
    SERVICE(to, REQUIRED, "where it leads", DOCUMENTED(CHOICE_PAGE)),
    COUNT(weight, "1", "0..255", "of weighted records; 0: only when no other is healthy",
          DOCUMENTED(CHOICE_PAGE ", Weighted records that have a weight of 0")),
    CHOICE(place, NONE, PLACE_WORDS, "where its resource is, for latency", MEASURED(PLACES_SOURCE)),
    CHOICE(role, NONE, "primary secondary", "of failover records",
           DOCUMENTED("Route 53 Developer Guide, Failover routing")),
    FLAG(health_check, "true", "its target is checked; else it is always healthy",
         DOCUMENTED(CHOICE_PAGE ", Records without a health check are always healthy")),
};
#undef PARAMS
static const struct list_item route53_record_item =
    ITEM("record", route53_record_rows, struct route53_record);

#define PARAMS struct place_share
static const struct param route53_viewers_rows[] = {
    CHOICE(place, REQUIRED, PLACE_WORDS, "where they are", MEASURED(PLACES_SOURCE)),
    RATIO(share, REQUIRED, "0..1", "of all clients", DEFINED("archsim language 1")),
};
#undef PARAMS
static const struct list_item route53_viewers_item =
    ITEM("viewers", route53_viewers_rows, struct place_share);

#define PARAMS struct route53_params
static const struct param route53_params[] = {
    LIST(records, REQUIRED, route53_record_item, "of the same name and type",
         DOCUMENTED(CHOICE_PAGE)),
    CHOICE(policy, "simple", "simple weighted latency failover multivalue",
           "which healthy record answers; multivalue: any of 8; simple: any, without checks",
           DOCUMENTED("Route 53 Developer Guide, Choosing a routing policy; Multivalue answer")),
    LIST(viewers, NONE, route53_viewers_item, "where clients are; else near the scenario's region",
         DEFINED("archsim language 1")),
    TIME(ttl, "60s", "0s..2d", "resolvers keep an answer so long",
         DOCUMENTED("Route 53 Developer Guide, TTL: 60 seconds or less beside a health check")),
    COUNT(clients, "1000", "1..1M", "resolvers with a cache of their own, all as busy",
          ASSUMED("how many there are depends on who the clients are")),
    RATIO(ignore_ttl, "2%", "0..1", "of the clients, which keep their first answer for ever",
          ESTIMATED("facts, route53 sticky_clients: 0-20 %")),
    TIME_DIST(lookup, "uniform(10ms 40ms)", "0s..", "to resolve the name anew",
              ESTIMATED("facts, route53 latency: resolver miss 10-40 ms, anycast")),
    TIME_DIST(cached, "1ms", "0s..", "to have an answer that is cached",
              ESTIMATED("facts, route53 latency: hits in the resolver cache about 1 ms")),
    FLAG(network, "false", "the round trip from a client's place to the record's passes, too",
         MEASURED(PLACES_SOURCE)),
    TIME(health_check.interval, "30s", "10s..30s", "between the checks of a checker: 30s or 10s",
         DOCUMENTED(HEALTH_PAGE)),
    COUNT(health_check.threshold, "3", "1..10", "checks in a row that turn a checker",
          DOCUMENTED(CHECK_VALUES_PAGE ", Failure threshold")),
    TIME(health_check.timeout, "4s", "1s..9s", "a check without a connection has failed then",
         DOCUMENTED(HEALTH_PAGE ": a TCP connection within four seconds (HTTP, HTTPS)")),
    COUNT(health_check.checkers, "16", "1..100", "that check each record's target",
          ESTIMATED("AWS names 8 regions of checkers, which use several each; about 15 are seen")),
    RATIO(health_check.healthy, "18%", "0..1", "healthy while more than that share say so",
          DOCUMENTED(HEALTH_PAGE)),
    TIME(health_check.propagation, "5s", "0s..60s", "from the verdict to answers that know of it",
         ESTIMATED("facts, route53 failover_time: up to 60 s, usually below 10 s")),
};
#undef PARAMS

static const struct metric route53_metrics[] = {
    [ROUTE53_STATUS] = {"health_check_status", QUANTITY_RATIO, METRIC_VALUE,
                        "health checks that are healthy, mean over time", true},
    [ROUTE53_STATUS_MINIMUM] = {"health_check_status_minimum", QUANTITY_RATIO, METRIC_VALUE,
                                "health checks that are healthy, the least", false},
    [ROUTE53_PERCENTAGE_HEALTHY] = {"health_check_percentage_healthy", QUANTITY_RATIO, METRIC_VALUE,
                                    "checkers that see their endpoint healthy, mean over time",
                                    true},
    [ROUTE53_QUERIES] = {"dns_queries", QUANTITY_COUNT, METRIC_VALUE, "that Route 53 answered",
                         false},
    [ROUTE53_CACHED] = {"cached_answers", QUANTITY_RATIO, METRIC_RATIO,
                        "requests that an answer in a cache has led", false},
};

/* ---- what the parameters say together ---- */

static const char *route53_check_records(const struct route53_params *p)
{
    const struct route53_record *records = p->records_list.items;
    uint32_t primaries = 0, secondaries = 0, placed = 0;
    for (uint32_t i = 0; i < p->records_list.count; i++) {
        primaries += records[i].role == ROUTE53_PRIMARY;
        secondaries += records[i].role == ROUTE53_SECONDARY;
        placed += records[i].place >= 0;
    }
    if (p->records_list.count > ROUTE53_RECORDS_MAX) {
        return "records: at most 256";
    }
    if (p->policy == ROUTE53_FAILOVER && (primaries != 1 || secondaries != 1)) {
        return "records: failover needs one of role primary and one secondary";
    }
    if (p->policy == ROUTE53_FAILOVER && p->records_list.count != 2) {
        return "records: failover has a primary and a secondary, and no others";
    }
    if (p->policy != ROUTE53_FAILOVER && primaries + secondaries > 0) {
        return "records: `role` is without meaning unless the policy is failover";
    }
    if ((p->policy == ROUTE53_LATENCY || p->network) && placed < p->records_list.count) {
        return "records: `place` of each is needed to know its latency";
    }
    return NULL;
}

static const char *route53_check(const void *params)
{
    const struct route53_params *p = params;
    const char *shares = place_shares_check(&p->viewers_list);
    if (shares != NULL) {
        return shares;
    }
    if (p->health_check.interval_ns != ROUTE53_FAST_NS &&
        p->health_check.interval_ns != ROUTE53_STANDARD_NS) {
        return "health_check.interval: expected 30s (standard) or 10s (fast)";
    }
    return route53_check_records(p);
}

/* ---- state ---- */

struct route53 {
    struct routing routing;
    struct checkers *checkers; /* of each record, where it is checked */
    struct resolvers resolvers;
    int64_t *rtts_ns;         /* of each record from each place, place by place; null: unplaced */
    uint32_t order[2];        /* primary, secondary */
    uint32_t checks;          /* records that are checked */
    struct gauge up, healthy; /* checks that are healthy; checkers that say so */
    struct gauge_window up_seen, healthy_seen;
    struct random choice_random, client_random, latency_random;
    uint64_t queries, cached, asked; /* measured */
};

/* ---- the choice of a record ---- */

static bool route53_is_checked(const struct route53_params *p, uint32_t record)
{
    const struct route53_record *records = p->records_list.items;
    return records[record].health_check && p->policy != ROUTE53_SIMPLE;
}

static const int64_t *route53_rtts_ns(const struct route53 *dns, uint8_t place)
{
    return &dns->rtts_ns[place * dns->routing.count];
}

static uint32_t route53_choose(const struct route53_params *p, struct route53 *dns, uint8_t place)
{
    switch ((enum route53_policy)p->policy) {
    case ROUTE53_LATENCY:
        return routing_by_cost(&dns->routing, route53_rtts_ns(dns, place));
    case ROUTE53_FAILOVER:
        return routing_in_order(&dns->routing, dns->order);
    case ROUTE53_SIMPLE:
    case ROUTE53_WEIGHTED:
    case ROUTE53_MULTIVALUE:
        break;
    }
    return routing_by_weight(&dns->routing, &dns->choice_random);
}

/* A resolver's new answer. */
static void route53_resolve(const struct route53_params *p, struct route53 *dns,
                            struct resolver *resolver)
{
    if (p->policy == ROUTE53_MULTIVALUE) {
        resolver->records_count = (uint8_t)routing_some(&dns->routing, &dns->choice_random,
                                                        RESOLVERS_RECORDS_MAX, resolver->records);
        return;
    }
    resolver->records[0] = (uint8_t)route53_choose(p, dns, resolver->group);
    resolver->records_count = 1;
}

/* Of an answer with several records each client takes any; a simple one names all there are. */
static uint32_t route53_pick(const struct route53_params *p, struct route53 *dns,
                             const struct resolver *resolver)
{
    if (p->policy == ROUTE53_SIMPLE) {
        return random_below(&dns->choice_random, p->records_list.count);
    }
    return resolver->records_count == 1
               ? resolver->records[0]
               : resolver->records[random_below(&dns->choice_random, resolver->records_count)];
}

/* ---- the beginning ---- */

static uint32_t route53_slot(const struct route53_params *p, uint32_t record)
{
    return record * (checkers_slots((uint32_t)p->health_check.checkers_count) + 1);
}

static void route53_start_records(struct service *s)
{
    const struct route53_params *p = s->params;
    const struct route53_record *records = p->records_list.items;
    struct route53 *dns = s->state;
    const uint32_t count = p->records_list.count;
    routing_init(&dns->routing, s->arena, count);
    dns->rtts_ns = arena_array(s->arena, (size_t)PLACES * count, sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++) {
        dns->routing.records[i].weight =
            p->policy == ROUTE53_WEIGHTED ? records[i].weight_count : 1;
        if (records[i].role >= 0) {
            dns->order[records[i].role] = i;
        }
        for (uint32_t place = 0; place < PLACES && records[i].place >= 0; place++) {
            dns->rtts_ns[place * count + i] =
                place_rtt_ns((enum place_name)place, (enum place_name)records[i].place);
        }
    }
}

static void route53_start_checks(struct world *w, struct service *s)
{
    const struct route53_params *p = s->params;
    struct route53 *dns = s->state;
    struct random phases = service_random(w, s, "checkers");
    dns->checkers = arena_array(s->arena, p->records_list.count, sizeof(struct checkers));
    for (uint32_t i = 0; i < p->records_list.count; i++) {
        if (route53_is_checked(p, i)) {
            dns->checks++;
            checkers_init(&dns->checkers[i], s->core, s->arena,
                          &(struct checkers_rules){
                              .count = (uint32_t)p->health_check.checkers_count,
                              .threshold = (uint32_t)p->health_check.threshold_count,
                              .interval_ns = p->health_check.interval_ns,
                              .timeout_ns = p->health_check.timeout_ns,
                              .healthy_ratio = p->health_check.healthy_ratio,
                              .service = s->index,
                              .first_slot = route53_slot(p, i),
                          },
                          &phases);
        }
    }
    gauge_set(&dns->up, dns->checks, core_now(s->core));
    gauge_set(&dns->healthy, dns->checks * p->health_check.checkers_count, core_now(s->core));
    service_gauge(s, &dns->up, &dns->up_seen);
    service_gauge(s, &dns->healthy, &dns->healthy_seen);
}

static void route53_start_clients(struct world *w, struct service *s)
{
    const struct route53_params *p = s->params;
    const struct place_share *viewers = p->viewers_list.items;
    struct route53 *dns = s->state;
    resolvers_init(&dns->resolvers, s->arena, (uint32_t)p->clients_count, p->ttl_ns,
                   p->ignore_ttl_ratio, &dns->client_random);
    for (uint32_t i = 0; i < dns->resolvers.count; i++) {
        struct resolver *resolver = &dns->resolvers.items[i];
        const uint32_t share = place_shares_draw(&p->viewers_list, &dns->client_random);
        resolver->group =
            (uint8_t)(p->viewers_list.count > 0 ? viewers[share].place
                                                : (int)place_of_region(world_region(w)));
        route53_resolve(p, dns, resolver);
    }
}

static void route53_start(struct world *w, struct service *s)
{
    struct route53 *dns = s->state;
    dns->choice_random = service_random(w, s, "choice");
    dns->client_random = service_random(w, s, "clients");
    dns->latency_random = service_random(w, s, "latency");
    route53_start_records(s);
    route53_start_checks(w, s);
    route53_start_clients(w, s);
    s->load.unlimited = true;
}

/* ---- health ---- */

static void route53_log(struct world *w, struct service *s, const struct checkers *checkers)
{
    const struct route53_params *p = s->params;
    const struct route53 *dns = s->state;
    const bool up = checkers->up;
    const int64_t healthy = dns->up.value;
    const char *none = "no record is healthy: answers are as if all were";
    service_log(
        w, s,
        &(struct log_entry){
            .kind = up ? LOG_HEALTHY : LOG_UNHEALTHY,
            .metric = "checkers that see it healthy",
            .value = (double)checkers->healthy.value / (double)p->health_check.checkers_count,
            .threshold = p->health_check.healthy_ratio,
            .from = (double)(up ? healthy - 1 : healthy + 1),
            .to = (double)healthy,
            .delay_ns = p->health_check.propagation_ns,
            .count = 1,
            .text = healthy == 0 && dns->checks == p->records_list.count ? none : NULL,
        });
}

/* Slots of a record: its checkers'; then, that a verdict is known everywhere, the other one each
 * time. */
static void route53_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct route53_params *p = s->params;
    const struct route53_record *records = p->records_list.items;
    struct route53 *dns = s->state;
    const uint32_t i = slot / route53_slot(p, 1);
    struct checkers *checkers = &dns->checkers[i];
    if (slot + 1 == route53_slot(p, i + 1)) {
        routing_set_healthy(&dns->routing, i, !dns->routing.records[i].healthy);
        return;
    }
    const int64_t before = checkers->healthy.value;
    const enum checkers_change change =
        checkers_due(checkers, slot, target_healthy(w, &records[i].to_target, 0));
    gauge_add(&dns->healthy, checkers->healthy.value - before, core_now(s->core));
    if (change != CHECKERS_SAME) {
        gauge_add(&dns->up, change == CHECKERS_CAME_UP ? 1 : -1, core_now(s->core));
        service_timer(s, p->health_check.propagation_ns, route53_slot(p, i + 1) - 1);
        route53_log(w, s, checkers);
    }
}

/* ---- requests ---- */

static void route53_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct route53_params *p = s->params;
    struct route53 *dns = s->state;
    struct resolver *resolver =
        &dns->resolvers.items[random_below(&dns->client_random, dns->resolvers.count)];
    const bool measured = f->flags & FRAME_MEASURED;
    dns->asked += measured;
    switch (resolvers_ask(&dns->resolvers, resolver, core_now(s->core), &f->work_ns)) {
    case RESOLVERS_KNOWS:
        f->work_ns = distribution_draw_int(p->cached_ns_dist, &dns->latency_random);
        dns->cached += measured;
        break;
    case RESOLVERS_WAITS:
        break;
    case RESOLVERS_ASKS:
        f->work_ns = distribution_draw_int(p->lookup_ns_dist, &dns->latency_random);
        route53_resolve(p, dns, resolver);
        resolvers_learn(&dns->resolvers, resolver, core_now(s->core) + f->work_ns);
        dns->queries += measured;
        break;
    }
    f->note = route53_pick(p, dns, resolver);
    if (p->network) {
        f->work_ns += route53_rtts_ns(dns, resolver->group)[f->note];
    }
    call_work(w, f);
}

static bool route53_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct route53_params *p = s->params;
    const struct route53_record *records = p->records_list.items;
    call_forward(w, f, call_target_edge(&records[f->note].to_target, f), 0, TIME_NONE);
    return false;
}

/* ---- what is told ---- */

static double route53_share(double of, double all)
{
    return all > 0 ? of / all : (double)NAN;
}

static void route53_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct route53_params *p = s->params;
    const struct route53 *dns = s->state;
    const double window_s = world_window_s(w);
    const double checkers = (double)(dns->checks * p->health_check.checkers_count);
    own[ROUTE53_STATUS].value = route53_share(gauge_mean(&dns->up_seen, window_s), dns->checks);
    own[ROUTE53_STATUS_MINIMUM].value = route53_share((double)dns->up_seen.min, dns->checks);
    own[ROUTE53_PERCENTAGE_HEALTHY].value =
        route53_share(gauge_mean(&dns->healthy_seen, window_s), checkers);
    own[ROUTE53_QUERIES].value = (double)dns->queries;
    own[ROUTE53_CACHED].hits = dns->cached;
    own[ROUTE53_CACHED].trials = dns->asked;
}

static double route53_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct route53_params *p = s->params;
    const struct route53 *dns = s->state;
    const double checkers = (double)(dns->checks * p->health_check.checkers_count);
    return metric == ROUTE53_STATUS ? route53_share((double)dns->up.value, dns->checks)
                                    : route53_share((double)dns->healthy.value, checkers);
}

const struct model route53_model = {
    .info =
        {
            .name = "route53",
            .title = "Amazon Route 53: names that lead to healthy records",
            .text = "A request belongs to one of `clients` resolvers, all as busy. Each has an "
                    "answer in its cache, from the beginning on at a random point of its TTL, and "
                    "goes by it until that is over; its next request resolves the name, which "
                    "takes longer; who asks meanwhile waits for that. Some clients keep their "
                    "first answer for ever. The answer is a healthy record by the policy: by "
                    "weight, the one with the least round trip from the client's place, the "
                    "primary before the secondary, or up to eight of which each request takes "
                    "any; if none is healthy, as if all were. Checkers look at a record's target "
                    "each at its "
                    "own time, and turn after so many checks in a row; the record is healthy "
                    "while more than 18 % of them say so, and answers know it a moment later. So "
                    "fail-over takes interval x threshold, that moment, and for each client the "
                    "rest of its TTL. The request then goes to the record's target. Alias "
                    "records, calculated checks, changes of records and the loss of name servers "
                    "are left out.",
            ROWS(params, route53_params),
            ROWS(metrics, route53_metrics),
            .params_size = sizeof(struct route53_params),
            .target_kind = TARGET_KIND_NONE,
            .forwards = true,
            .check = route53_check,
        },
    .state_size = sizeof(struct route53),
    .start = route53_start,
    .timer = route53_timer,
    .observe = route53_observe,
    .arrive = route53_arrive,
    .serve = route53_serve,
    .level = route53_level,
};
