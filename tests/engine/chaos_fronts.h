/* chaos_fronts: what chaos_clouds.h sets before the services of a random world: networks' edges,
 * balancers, tasks, functions; whom they call, and the keys that all services may have. */
#ifndef ARCHSIM_TESTS_ENGINE_CHAOS_FRONTS_H
#define ARCHSIM_TESTS_ENGINE_CHAOS_FRONTS_H

#include "tests/engine/chaos_worlds.h"

enum { CHAOS_CLOUDS_FROM = 1000000, CHAOS_FRONTS_MAX = 4, CHAOS_COMMANDS = 5 };

enum chaos_front {
    CHAOS_CDN,
    CHAOS_NAMES,
    CHAOS_NLB,
    CHAOS_GROUPS,
    CHAOS_GATE,
    CHAOS_TASKS,
    CHAOS_FLEET,
    CHAOS_CONSUMER, /* and others without a trigger */
    CHAOS_FRONTS,
};

/* Beside, each in some worlds. */
enum chaos_beside {
    CHAOS_KEY,
    CHAOS_RAYS,
    CHAOS_WATCH,
    CHAOS_TRAIL,
    CHAOS_OPS,
    CHAOS_PEOPLE,
    CHAOS_EVENTS, /* with `eater`, which reads them */
    CHAOS_KEPT,   /* a queue */
    CHAOS_NAT,
    CHAOS_OFFICES,
    CHAOS_HOMES,
    CHAOS_NET,
    CHAOS_NEWS, /* a topic */
    CHAOS_BUS,
    CHAOS_LAKE, /* a bucket, a job and a workgroup on it */
    CHAOS_FEED, /* `book`, whose writes `feed` carries somewhere, and `bricks` */
    CHAOS_BESIDE,
};

struct chaos_clouds {
    enum chaos_front front[CHAOS_FRONTS_MAX];
    uint32_t fronts;
    uint32_t next;   /* the first front that who is written now may call */
    uint32_t origin; /* of a CHAOS_CDN with operations: that service */
    const char *operations[CHAOS_FRONTS_MAX][2]; /* null: called by its name alone */
    bool has[CHAOS_BESIDE];
    bool inside; /* who is written now may call what is beside */
};

static bool chaos_has(const struct chaos_maker *m, enum chaos_beside beside)
{
    return m->clouds != NULL && m->clouds->has[beside];
}

/* ---- targets ---- */

/* It is plain; what its name begins with is chaos_letter. */
static uint32_t chaos_last(const struct chaos_maker *m)
{
    return m->count - 1;
}

static char chaos_letter(const struct chaos_maker *m)
{
    return m->copied[chaos_last(m)] ? 'b' : 's';
}

/* Called by its name alone: a later front of those kinds, or one of those behind that may be. */
static void chaos_cloud_among(struct chaos_maker *m, uint32_t fronts,
                              bool (*may)(const struct chaos_maker *m, uint32_t target))
{
    struct chaos_clouds *c = m->clouds;
    if (c->next < c->fronts && chaos_chance(m, 40)) {
        for (uint32_t i = chaos_between(m, c->next, c->fronts - 1); i < c->fronts; i++) {
            if (c->operations[i][0] == NULL && fronts >> c->front[i] & 1) {
                chaos_print(m, "f%u", i);
                return;
            }
        }
    }
    uint32_t target = chaos_below(m, m->count);
    while (!may(m, target)) {
        target++; /* the last may */
    }
    chaos_name(m, target);
}

static void chaos_cloud_plain(struct chaos_maker *m)
{
    chaos_cloud_among(m, UINT32_MAX, chaos_is_plain);
}

static bool chaos_fits_nlb(const struct chaos_maker *m, uint32_t target)
{
    return chaos_is_plain(m, target) && m->type[target] != CHAOS_GATEWAY &&
           m->type[target] != CHAOS_FUNCTION;
}

static void chaos_cloud_balanced(struct chaos_maker *m, bool nlb)
{
    const uint32_t members = 1u << CHAOS_TASKS | 1u << CHAOS_FLEET;
    chaos_cloud_among(m, members | 1u << (nlb ? CHAOS_GROUPS : CHAOS_CONSUMER),
                      nlb ? chaos_fits_nlb : chaos_fits_alb);
}

static void chaos_cloud_front(struct chaos_maker *m, uint32_t front)
{
    const char *operation = m->clouds->operations[front][chaos_below(m, 2)];
    chaos_print(m, "f%u%s", front, operation != NULL ? operation : "");
}

/* An operation of what is beside; false: not in this world. */
static bool chaos_cloud_beside(struct chaos_maker *m)
{
    static const struct {
        enum chaos_beside of;
        const char *name;
    } all[] = {
        {CHAOS_KEY, "key.decrypt"},
        {CHAOS_KEY, "key.generate_data_key"},
        {CHAOS_PEOPLE, "people.sign_in"},
        {CHAOS_PEOPLE, "people.validate"},
        {CHAOS_PEOPLE, "people.federate"},
        {CHAOS_PEOPLE, "people.get_credentials"},
        {CHAOS_PEOPLE, "people.token"},
        {CHAOS_EVENTS, "events.put"},
        {CHAOS_EVENTS, "events.put"},
        {CHAOS_EVENTS, "events.put_records"},
        {CHAOS_KEPT, "kept.send"},
        {CHAOS_KEPT, "kept.receive"},
        {CHAOS_WATCH, "watch.put_log_events"},
        {CHAOS_WATCH, "watch.get_metric_data"},
        {CHAOS_RAYS, "rays.put_trace_segments"},
        {CHAOS_TRAIL, "trail.record"},
        {CHAOS_NEWS, "news.publish"},
        {CHAOS_NEWS, "news.publish_batch"},
        {CHAOS_BUS, "bus.put_events"},
        {CHAOS_LAKE, "lake.get"},
        {CHAOS_LAKE, "lake.put"},
        {CHAOS_LAKE, "lake.delete"},
        {CHAOS_LAKE, "lake.read_bulk"},
        {CHAOS_LAKE, "lake.write_bulk"},
        {CHAOS_LAKE, "etl.start_job_run"},
        {CHAOS_LAKE, "etl.get_partitions"},
        {CHAOS_LAKE, "sql.query"},
        {CHAOS_LAKE, "sql.ddl"},
        {CHAOS_FEED, "book.write"},
        {CHAOS_FEED, "bricks.command"},
    };
    const uint32_t i = chaos_below(m, sizeof(all) / sizeof(all[0]));
    if (!chaos_has(m, all[i].of)) {
        return false;
    }
    chaos_print(m, "%s", all[i].name);
    return true;
}

static bool chaos_cloud_target(struct chaos_maker *m)
{
    struct chaos_clouds *c = m->clouds;
    if (c == NULL || !c->inside) {
        return false;
    }
    if (c->next < c->fronts && chaos_chance(m, 30)) {
        chaos_cloud_front(m, chaos_between(m, c->next, c->fronts - 1));
        return true;
    }
    return chaos_chance(m, 25) && chaos_cloud_beside(m);
}

/* Anybody, for who comes from outside. */
static void chaos_cloud_any(struct chaos_maker *m)
{
    struct chaos_clouds *c = m->clouds;
    if (chaos_chance(m, 60)) {
        chaos_cloud_front(m, chaos_below(m, c->fronts));
    } else if (chaos_has(m, CHAOS_OPS) && chaos_chance(m, 15)) {
        chaos_print(m, "ops.c%u", chaos_below(m, CHAOS_COMMANDS));
    } else if (chaos_chance(m, 50) || !chaos_cloud_beside(m)) {
        chaos_name(m, chaos_below(m, m->count));
    }
}

/* ---- keys of all services ---- */

static void chaos_cloud_via(struct chaos_maker *m)
{
    static const char *const paths[] = {"nat", "offices", "homes", "net"};
    if (m->clouds == NULL || !m->clouds->inside || !chaos_chance(m, 15)) {
        return;
    }
    const uint32_t path = chaos_below(m, sizeof(paths) / sizeof(paths[0]));
    if (chaos_has(m, (enum chaos_beside)(CHAOS_NAT + path))) {
        chaos_print(m, ", via: %s", paths[path]);
    }
}

static void chaos_cloud_keys(struct chaos_maker *m)
{
    static const char *const keys[] = {"encryption: key", "tracing: rays", "logs: watch"};
    for (uint32_t i = 0; m->clouds != NULL && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (chaos_has(m, (enum chaos_beside)i) && chaos_chance(m, 25)) {
            chaos_print(m, ", %s", keys[i]);
        }
    }
    /* what a trail delivers to must not be heard of by it */
    if (chaos_has(m, CHAOS_TRAIL) && m->at != chaos_last(m) && chaos_chance(m, 25)) {
        chaos_print(m, ", audit: trail");
    }
}

static void chaos_cloud_function(struct chaos_maker *m)
{
    if (m->clouds == NULL) {
        return;
    }
    if (chaos_has(m, CHAOS_KEPT) && chaos_chance(m, 40)) {
        chaos_print(m, ", on_success: kept");
    }
    if (chaos_chance(m, 25)) {
        chaos_print(m, ", vpc: true");
        chaos_timed(m, "vpc_delay");
    }
}

/* ---- before ---- */

static void chaos_cdn(struct chaos_maker *m)
{
    struct chaos_clouds *c = m->clouds;
    chaos_print(m, "type: cloudfront, origin: ");
    if (c->operations[c->next - 1][0] != NULL) {
        chaos_print(m, "s%u, dynamic: [s%u.b]", c->origin, c->origin);
    } else {
        chaos_cloud_plain(m);
        if (chaos_chance(m, 40)) {
            chaos_print(m, ", secondary: %c%u", chaos_letter(m), chaos_last(m));
        }
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", hit_ratio: %u%%", chaos_below(m, 101));
    } else {
        chaos_print(m, ", keys: zipf(n=%u s=0.8), edges_per_place: %u", chaos_between(m, 1, 20),
                    chaos_between(m, 1, 3));
        chaos_print(m, ", edge_capacity: %u", chaos_between(m, 1, 10));
        if (chaos_chance(m, 50)) {
            chaos_print(m, ", max_age: %ums, ttl: {error: %ums}", chaos_between(m, 0, 20),
                        chaos_below(m, 5));
        }
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", viewers: [{place: south_america, share: 60%%, rtt: ");
        chaos_time(m);
        chaos_print(m, "}, {place: europe, share: 40%%}]");
    }
    chaos_timed(m, "edge_rtt");
    chaos_timed(m, "overhead");
    chaos_print(m, ", regional_edge_cache: %s, origin_shield: %s, region_rtt: 1ms",
                chaos_chance(m, 50) ? "true" : "false", chaos_chance(m, 50) ? "true" : "false");
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", object_size: %u KiB, viewer_bandwidth: 50 Mbit/s",
                    chaos_between(m, 1, 9));
    }
    chaos_print(m, ", response_timeout: 1s, unavailable: %s",
                chaos_chance(m, 50) ? "silent" : "answers");
    if (chaos_chance(m, 20)) {
        chaos_print(m, ", quota: {requests: 100/s}");
    }
}

static void chaos_names(struct chaos_maker *m)
{
    static const char *const policies[] = {"simple", "weighted", "latency", "failover",
                                           "multivalue"};
    static const char *const places[] = {"south_america", "us_east", "europe"};
    const uint32_t policy = chaos_below(m, 5);
    const uint32_t records = policy == 3 ? 2 : policy == 0 ? 1 : chaos_between(m, 1, 3);
    chaos_print(m, "type: route53, policy: %s, records: [", policies[policy]);
    for (uint32_t i = 0; i < records; i++) {
        chaos_print(m, "%s{to: ", i > 0 ? ", " : "");
        chaos_cloud_plain(m);
        if (policy == 1) {
            chaos_print(m, ", weight: %u", chaos_below(m, 4));
        } else if (policy == 2) {
            chaos_print(m, ", place: %s", places[chaos_below(m, 3)]);
        } else if (policy == 3) {
            chaos_print(m, ", role: %s", i == 0 ? "primary" : "secondary");
        }
        chaos_print(m, "%s}", chaos_chance(m, 30) ? ", health_check: false" : "");
    }
    chaos_print(m, "], ttl: %ums, clients: %u, ignore_ttl: %u%%, network: %s", chaos_below(m, 20),
                chaos_between(m, 1, 9), chaos_below(m, 50),
                policy == 2 && chaos_chance(m, 30) ? "true" : "false");
    chaos_timed(m, "lookup");
    chaos_timed(m, "cached");
    if (chaos_chance(m, 50)) {
        chaos_print(m,
                    ", health_check: {interval: 10s, timeout: 1s, threshold: 1, checkers: %u, "
                    "propagation: 0s}",
                    chaos_between(m, 1, 3));
    }
}

static void chaos_two(struct chaos_maker *m, bool nlb)
{
    chaos_print(m, "targets: [");
    chaos_cloud_balanced(m, nlb);
    if (chaos_chance(m, 70)) {
        chaos_print(m, ", ");
        chaos_cloud_balanced(m, nlb);
    }
    chaos_print(m, "]");
}

/* Of both kinds of balancer. */
static void chaos_balancing(struct chaos_maker *m)
{
    chaos_timed(m, "latency");
    chaos_print(m, ", cross_zone: %s, deregistration_delay: %ums, dns_failover: %ums",
                chaos_chance(m, 50) ? "true" : "false", chaos_below(m, 6), chaos_below(m, 9));
    if (chaos_chance(m, 25)) {
        chaos_print(m, ", zones: [a]");
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", registration: %ums", chaos_below(m, 4));
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", connections: {clients: %u, lifetime: ", chaos_between(m, 1, 9));
        chaos_time(m);
        chaos_print(m, "}");
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", response: %u KiB", chaos_between(m, 0, 9));
    }
}

static void chaos_nlb(struct chaos_maker *m)
{
    static const char *const protocols[] = {"tcp", "udp", "tls"};
    chaos_print(m, "type: nlb, protocol: %s, terminate_unhealthy: %s, preserve_client_ip: %s, ",
                protocols[chaos_below(m, 3)], chaos_chance(m, 50) ? "true" : "false",
                chaos_chance(m, 50) ? "true" : "false");
    chaos_two(m, true);
    chaos_balancing(m);
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", ports: %u", chaos_between(m, 1, 3));
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", health_check: {interval: 5s, timeout: 2s, unhealthy_threshold: 2}");
    }
}

static void chaos_groups(struct chaos_maker *m)
{
    static const char *const routings[] = {"round_robin", "least_outstanding_requests",
                                           "weighted_random"};
    const bool named = m->clouds->operations[m->clouds->next - 1][0] != NULL;
    chaos_print(m, "type: alb, groups: [");
    for (uint32_t i = 0; i < 2; i++) {
        chaos_print(m, "%s{", i > 0 ? ", " : "");
        if (named) {
            chaos_print(m, "name: %s, ", i == 0 ? "first" : "second");
        }
        chaos_two(m, false);
        chaos_print(m, ", weight: %u, ", i + chaos_below(m, 3));
        if (chaos_chance(m, 30)) {
            chaos_print(m, "slow_start: 30s}");
        } else {
            chaos_print(m, "routing: %s}", routings[chaos_below(m, 3)]);
        }
    }
    chaos_print(m, "], idle_timeout: 1s, dead_targets: %s, connect_timeout: 1s",
                chaos_chance(m, 50) ? "silent" : "refuse");
    chaos_balancing(m);
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", health_check: {interval: 5s, timeout: 2s, functions: %s}",
                    chaos_chance(m, 50) ? "true" : "false");
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", stickiness: {duration: %us, clients: %u, share: %u%%}",
                    chaos_between(m, 1, 2), chaos_between(m, 1, 9), chaos_between(m, 1, 100));
    }
    if (chaos_has(m, CHAOS_PEOPLE) && chaos_chance(m, 40)) {
        chaos_print(m, ", authenticate: {by: people, share: %u%%}", chaos_between(m, 1, 100));
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", scaling: {from: 1/s, times: 1.5}");
    }
}

/* Its limits; true: of a REST API. */
static bool chaos_gate(struct chaos_maker *m)
{
    const bool rest = chaos_chance(m, 65);
    const char *kind = rest ? "rest" : "http";
    chaos_print(m, "type: api_gateway, kind: %s, integration: %s, overhead: {%s: ", kind,
                chaos_chance(m, 50) ? "lambda" : "http", kind);
    chaos_time(m);
    chaos_print(m, "}, timeout: {%s: 50ms}", kind);
    if (m->clouds->operations[m->clouds->next - 1][0] != NULL) {
        chaos_print(m,
                    ", routes: [{name: r0, throttle: {rate: 100/s, burst: %u}}, {name: r1, "
                    "cached: false}]",
                    chaos_between(m, 1, 9));
    }
    if (chaos_chance(m, 60)) {
        const char *check = chaos_chance(m, 50) ? "jwt" : rest ? "cognito" : "jwt";
        const bool lambda = chaos_chance(m, 50);
        chaos_print(m, ", authorizer: {kind: %s", lambda ? "lambda" : check);
        if (lambda) {
            chaos_print(m, ", to: %c%u", chaos_letter(m), chaos_last(m));
        } else if (chaos_has(m, CHAOS_PEOPLE)) {
            chaos_print(m, ", to: people");
        }
        if (lambda) {
            chaos_print(m, ", ttl: %us, tokens: zipf(n=%u s=1)", chaos_below(m, 2),
                        chaos_between(m, 1, 9));
        }
        chaos_print(m, ", missing: %u%%, denied: %u%%}", chaos_below(m, 20), chaos_below(m, 20));
        chaos_print(m, ", authorizer_timeout: {%s: 50ms}, keys: {lifetime: 1s, fetch: ", kind);
        chaos_time(m);
        chaos_print(m, "}");
    }
    if (rest && chaos_chance(m, 40)) {
        chaos_print(m,
                    ", usage_plans: [{share: %u%%, keys: %u, throttle: {rate: 50/s, burst: 2}, "
                    "quota: {requests: %u}}, {share: 10%%}]",
                    chaos_between(m, 1, 90), chaos_between(m, 1, 3), chaos_between(m, 1, 20));
    }
    if (rest && chaos_chance(m, 40)) {
        chaos_print(m, ", cache: {size: 0.5GB, ttl: 1s, keys: zipf(n=%u s=1), object_size: 1 MiB}",
                    chaos_between(m, 1, 900));
    }
    if (chaos_chance(m, 30)) {
        chaos_timed(m, "vpc_link");
    }
    return true;
}

/* Scaling that tasks and fleets have in common. */
static void chaos_scaling(struct chaos_maker *m, const char *minimum)
{
    if (chaos_chance(m, 50)) {
        chaos_print(m,
                    ", target: {cpu: %u%%}, alarm: {high_datapoints: 1, low_datapoints: %u, "
                    "delay: %ums}",
                    chaos_between(m, 10, 90), chaos_between(m, 1, 2), chaos_below(m, 4));
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m,
                    ", steps: [{cpu_above: %u%%, amount: 1}, {requests_below: 1/s, amount: -1}, "
                    "{cpu_below: 5%%, change: percent, amount: -50}]",
                    chaos_between(m, 5, 90));
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", schedule: [{at: %ums, %s: %u}, {at: %ums, every: 1min, max: %u}]",
                    chaos_below(m, 200), minimum, chaos_below(m, 2), chaos_below(m, 300),
                    chaos_between(m, 3, 5));
    }
    if (chaos_chance(m, 25)) {
        chaos_print(m, ", predictive: {cpu: 50%%, period: 4min, interval: 1min, buffer: 10s}");
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", failure: {mtbf: exponential(%us), detection: ", chaos_between(m, 1, 20));
        chaos_time(m);
        chaos_print(m, "}");
    }
}

static void chaos_tasks(struct chaos_maker *m)
{
    const uint32_t desired = chaos_between(m, 0, 3);
    chaos_print(m, "type: fargate, threads: %u, backlog: %u, desired: %u, min: %u, max: %u",
                chaos_between(m, 1, 3), chaos_below(m, 6), desired, chaos_below(m, desired + 1),
                desired + chaos_between(m, 1, 2));
    chaos_timed(m, "provisioning");
    chaos_timed(m, "app_start");
    chaos_print(m,
                ", image: 1 MB, service_rate: 60000/min, deregistration_delay: %ums, "
                "stop_timeout: %ums, cooldown: {out: 1s, in: 1s}",
                chaos_below(m, 5), chaos_below(m, 5));
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", memory: 2 GiB, memory_base: 1 GiB, memory_per_request: %u MiB",
                    chaos_between(m, 100, 700));
    }
    chaos_scaling(m, "min");
    if (chaos_chance(m, 40)) {
        chaos_print(m,
                    ", capacity_provider: {on_demand: %u, spot: 1}, spot: {interruptions: "
                    "%u/min, refused: %u%%, notice: %ums, retry: 1s}",
                    chaos_below(m, 2), chaos_between(m, 1, 60), chaos_below(m, 50),
                    chaos_below(m, 9));
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", health_check: {interval: 1s, timeout: 1s, threshold: %u}",
                    chaos_between(m, 1, 2));
    }
    chaos_print(m,
                ", deployment: {minimum_healthy: %u%%, healthy_after: %ums, failure: %u%%, "
                "circuit_breaker: %s}, rebalance_delay: 1s",
                chaos_below(m, 100), chaos_below(m, 5), chaos_below(m, 60),
                chaos_chance(m, 50) ? "true" : "false");
}

static void chaos_fleet(struct chaos_maker *m)
{
    const uint32_t least = chaos_between(m, 0, 2), most = least + chaos_between(m, 1, 3);
    const bool spot = chaos_chance(m, 30);
    chaos_print(m,
                "type: auto_scaling_group, threads: %u, backlog: %u, min: %u, max: %u, "
                "desired: %u, warmup: %us, deregistration_delay: %ums, cooldown: 1s",
                chaos_between(m, 1, 3), chaos_below(m, 6), least, most,
                chaos_between(m, least, most), chaos_below(m, 2), chaos_below(m, 6));
    chaos_timed(m, "placement");
    chaos_timed(m, "boot");
    chaos_timed(m, "app_start");
    chaos_scaling(m, "desired");
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", step: {simple: true}");
    }
    if (spot) {
        chaos_print(m,
                    ", on_demand: {above_base: 50%%}, spot: {reclaimed: 99%%, notice: %us, "
                    "capacity_rebalance: %s}",
                    chaos_below(m, 2), chaos_chance(m, 50) ? "true" : "false");
    } else if (chaos_chance(m, 40)) {
        static const char *const states[] = {"stopped", "running", "hibernated"};
        chaos_print(m, ", warm_pool: {state: %s, min_size: %u, reuse: %s, start: ",
                    states[chaos_below(m, 3)], chaos_below(m, 3),
                    chaos_chance(m, 50) ? "true" : "false");
        chaos_time(m);
        chaos_print(m, ", join: 1ms}");
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", lifecycle: {launching: ");
        chaos_time(m);
        chaos_print(m, ", terminating: ");
        chaos_time(m);
        chaos_print(m, "}");
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", health_check: {elb: true, interval: 5s, timeout: 2s}");
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", capacity: {refused: %u%%, retry: 1s}, rebalance: {delay: 1s}",
                    chaos_below(m, 80));
    }
}

/* A function that is provisioned in every way. */
static void chaos_provisioned(struct chaos_maker *m)
{
    chaos_print(m,
                "type: lambda, memory: 1769 MiB, timeout: 1s, scaling: {burst: %u, rate: "
                "1000/s}, update: %ums",
                chaos_between(m, 1, 6), chaos_below(m, 9));
    chaos_timed(m, "placement");
    chaos_timed(m, "overhead");
    chaos_timed(m, "idle_timeout");
    chaos_print(m,
                ", async: {retry_attempts: %u, max_event_age: 60s, retry_wait: %ums, "
                "throttle_wait: 1ms, throttle_wait_max: 1s}",
                chaos_below(m, 3), chaos_below(m, 3));
    chaos_timed(m, "init");
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", runtime: java21, snap_start: true");
        chaos_timed(m, "restore");
    } else if (chaos_chance(m, 70)) {
        chaos_print(m,
                    ", provisioned_concurrency: %u, provisioned: {at: %ums, preparation: %ums, "
                    "rate: 60000/min",
                    chaos_between(m, 1, 3), chaos_below(m, 90), chaos_below(m, 9));
        if (chaos_chance(m, 50)) {
            chaos_print(m,
                        ", target: 50%%, min: 1, max: 4}, alarm: {high_datapoints: 1, "
                        "low_datapoints: 1, delay: 1ms}, cooldown: {out: 0s, in: 1s}, "
                        "schedule: [{at: %ums, every: 1min, min: %u, max: 4}]",
                        chaos_below(m, 200), chaos_between(m, 1, 3));
        } else {
            chaos_print(m, "}");
        }
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", reserved_concurrency: %u", chaos_between(m, 4, 6));
    }
    chaos_cloud_function(m);
    if (chaos_has(m, CHAOS_KEPT) && chaos_chance(m, 40)) {
        chaos_print(m, ", on_failure: kept");
    }
}

static bool chaos_front_kind(struct chaos_maker *m, enum chaos_front front)
{
    switch (front) {
    case CHAOS_CDN:
        chaos_cdn(m);
        return false;
    case CHAOS_NAMES:
        chaos_names(m);
        return false;
    case CHAOS_NLB:
        chaos_nlb(m);
        return false;
    case CHAOS_GROUPS:
        chaos_groups(m);
        return false;
    case CHAOS_GATE:
        return chaos_gate(m);
    case CHAOS_TASKS:
        chaos_tasks(m);
        return true;
    case CHAOS_FLEET:
        chaos_fleet(m);
        return true;
    case CHAOS_CONSUMER:
        chaos_provisioned(m);
        return true;
    case CHAOS_FRONTS:
        break;
    }
    return false;
}

static void chaos_front(struct chaos_maker *m, uint32_t front)
{
    m->at = 0;
    m->clouds->next = front + 1;
    chaos_print(m, "  f%u: {", front);
    const bool own = chaos_front_kind(m, m->clouds->front[front]);
    if (chaos_chance(m, 20)) {
        chaos_print(m, ", limit: {concurrent: %u, on_full: %s}", chaos_between(m, 1, 4),
                    chaos_chance(m, 70) ? "wait" : "reject");
    }
    m->at = m->count; /* not the last of those behind */
    chaos_cloud_keys(m);
    m->at = 0;
    if (own) {
        chaos_print(m, ", ");
        chaos_program(m);
    }
    chaos_print(m, "}\n");
}

#endif
