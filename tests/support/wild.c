#include "tests/support/wild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/wild_databases.h"

/* ---- calls ---- */

/* Called by its name alone. */
static bool wild_is_plain(const struct wild_maker *m, uint32_t target)
{
    const enum wild_type type = m->type[target];
    return !m->operations[target] && (type < WILD_QUEUE || type > WILD_BUCKET);
}

/* The same, and an alb may have it as a target. */
static bool wild_fits_alb(const struct wild_maker *m, uint32_t target)
{
    return wild_is_plain(m, target) && m->type[target] != WILD_GATEWAY &&
           m->type[target] != WILD_ALB;
}

static void wild_name(struct wild_maker *m, uint32_t target)
{
    static const char *const operations[][8] = {
        {".send", ".send_batch", ".receive", ".delete", ".send", ".send_batch", ".receive",
         ".delete"},
        {".get", ".put", ".query", ".transact_write", ".transact_get", ".batch_write", ".batch_get",
         ".scan"},
        {".read", ".write", ".query", ".write", ".read", ".write", ".query", ".write"},
        {".publish", ".publish", ".publish", ".publish_batch", ".publish", ".publish", ".publish",
         ".publish_batch"},
        {".put_events", ".put_events", ".put_events", ".put_events", ".put_events", ".put_events",
         ".put_events", ".put_events"},
        {".get", ".put", ".delete", ".read_bulk", ".get", ".put", ".head", ".write_bulk"},
    };
    const char *operation = "";
    if (m->operations[target]) {
        operation = wild_chance(m, 50) ? ".a" : ".b";
    } else if (!wild_is_plain(m, target)) {
        operation = operations[m->type[target] - WILD_QUEUE][wild_below(m, 8)];
    }
    wild_print(m, "%c%u%s", m->copied[target] ? 'b' : 's', target, operation);
}

/* Somebody after this one, by name; there is one. */
static void wild_target(struct wild_maker *m, bool plain_only)
{
    uint32_t target = wild_between(m, m->at + 1, m->count - 1);
    while (plain_only && !wild_is_plain(m, target)) {
        target++; /* the last is */
    }
    wild_name(m, target);
}

static void wild_retry(struct wild_maker *m)
{
    wild_print(m, ", retry: {attempts: %u", wild_between(m, 1, 4));
    switch (wild_below(m, 4)) {
    case 0:
        wild_print(m, ", backoff: ");
        wild_law(m, 2000);
        break;
    case 1:
        wild_print(m, ", backoff: {first: 500us, cap: %ums, jitter: %s}", wild_between(m, 1, 20),
                   (const char *[]){"none", "full", "equal", "decorrelated"}[wild_below(m, 4)]);
        break;
    default:
        break;
    }
    if (wild_chance(m, 20)) {
        wild_print(m, ", budget: %u%%", wild_between(m, 1, 50));
    }
    if (wild_chance(m, 20)) {
        wild_print(m, ", for: [%s]", wild_chance(m, 50) ? "timeout" : "rejected, throttled");
    }
    wild_print(m, "}");
}

/* What calls and traffic have in common. */
static void wild_patience(struct wild_maker *m)
{
    if (wild_chance(m, 40)) {
        wild_print(m, ", timeout: %uus", wild_between(m, 300, 20000));
        if (wild_chance(m, 40)) {
            wild_print(m, ", cancel: true");
        }
        if (wild_chance(m, 30)) {
            wild_print(m, ", deadline: pass");
        }
    }
    if (wild_chance(m, 30)) {
        wild_retry(m);
    }
    if (wild_chance(m, 20)) {
        wild_print(m, ", priority: %u", wild_below(m, 5));
    }
}

static void wild_options(struct wild_maker *m)
{
    wild_patience(m);
    if (wild_chance(m, 30)) {
        wild_print(m, ", probability: %u%%", wild_between(m, 1, 99));
    }
    if (wild_chance(m, 10)) {
        wild_print(m, ", repeat: %u", wild_between(m, 2, 3));
    }
    if (wild_chance(m, 20)) {
        wild_print(m, ", optional: true");
    }
}

static void wild_steps(struct wild_maker *m, uint32_t depth);

static void wild_call(struct wild_maker *m)
{
    wild_print(m, "{call: ");
    wild_target(m, false);
    wild_options(m);
    wild_print(m, "}");
}

static void wild_hedge(struct wild_maker *m)
{
    wild_print(m, "{hedge: {call: ");
    wild_target(m, false);
    wild_print(m, ", after: %uus, max: %u", wild_between(m, 200, 5000), wild_between(m, 2, 4));
    if (wild_chance(m, 40)) {
        wild_print(m, ", timeout: %uus, cancel: true", wild_between(m, 300, 10000));
    }
    wild_print(m, "}}");
}

static void wild_breaker(struct wild_maker *m, uint32_t depth)
{
    wild_print(m, "{circuit_breaker: {call: ");
    wild_target(m, false);
    wild_print(m, ", failures: %u%%, minimum: %u, window: 1s, open: %ums", wild_between(m, 5, 80),
               wild_between(m, 1, 30), wild_between(m, 10, 1000));
    wild_patience(m);
    wild_print(m, "}");
    if (wild_chance(m, 60)) {
        wild_print(m, ", fallback: [");
        wild_steps(m, depth + 1);
        wild_print(m, "]");
    }
    wild_print(m, "}");
}

static void wild_parallel(struct wild_maker *m, uint32_t depth)
{
    const uint32_t branches = wild_between(m, 1, 3);
    wild_print(m, "{parallel: [");
    for (uint32_t i = 0; i < branches; i++) {
        wild_print(m, "%s[", i > 0 ? ", " : "");
        wild_steps(m, depth + 1);
        wild_print(m, "]");
    }
    wild_print(m, "]");
    if (wild_chance(m, 50)) {
        wild_print(m, ", wait_for: %u", wild_between(m, 1, branches));
    }
    wild_print(m, "}");
}

static void wild_choose(struct wild_maker *m, uint32_t depth)
{
    const uint32_t share = wild_between(m, 1, 99);
    wild_print(m, "{choose: [{weight: %u%%, calls: [", share);
    wild_steps(m, depth + 1);
    wild_print(m, "]}, {weight: %u%%, calls: [", 100 - share);
    wild_steps(m, depth + 1);
    wild_print(m, "]}]}");
}

static void wild_step(struct wild_maker *m, uint32_t depth)
{
    const bool may_call = m->at + 1 < m->count && m->calls < 4;
    const uint32_t kind = may_call ? wild_below(m, 10) : 8 + wild_below(m, 2);
    m->calls += kind < 8;
    switch (kind) {
    case 0:
        wild_hedge(m);
        break;
    case 1:
        wild_breaker(m, depth);
        break;
    case 2:
        wild_print(m, "{async: ");
        wild_target(m, false);
        wild_print(m, "}");
        break;
    case 3:
        depth < WILD_DEPTH_MAX ? wild_parallel(m, depth) : wild_call(m);
        break;
    case 4:
        depth < WILD_DEPTH_MAX ? wild_choose(m, depth) : wild_call(m);
        break;
    case 8:
        wild_print(m, "{work: ");
        wild_law(m, 500);
        wild_print(m, "}");
        break;
    case 9:
        wild_print(m, "{wait: ");
        wild_law(m, 500);
        wild_print(m, "}");
        break;
    default:
        wild_call(m);
        break;
    }
}

static void wild_steps(struct wild_maker *m, uint32_t depth)
{
    const uint32_t steps = wild_between(m, 1, 2);
    for (uint32_t i = 0; i < steps; i++) {
        wild_print(m, "%s", i > 0 ? ", " : "");
        wild_step(m, depth);
    }
}

/* ---- services ---- */

static void wild_program(struct wild_maker *m)
{
    m->calls = 0;
    if (m->operations[m->at]) {
        wild_print(m, ", operations: {a: {work: ");
        wild_law(m, 1000);
        wild_print(m, ", calls: [");
        wild_steps(m, 0);
        wild_print(m, "]}, b: {work: ");
        wild_law(m, 1000);
        wild_print(m, "}}");
        return;
    }
    wild_print(m, ", work: ");
    wild_law(m, 1000);
    if (wild_chance(m, 75)) {
        wild_print(m, ", calls: [");
        wild_steps(m, 0);
        wild_print(m, "]");
    }
}

static void wild_server(struct wild_maker *m)
{
    const uint32_t servers = wild_between(m, 1, 4);
    const char *discipline =
        (const char *[]){"fifo", "lifo", "ps", "priority", "preemptive_priority"}[wild_below(m, 5)];
    const bool sharing = strcmp(discipline, "ps") == 0;
    wild_print(m, "type: server, servers: %u, discipline: %s", servers, discipline);
    if (wild_chance(m, 25)) {
        wild_print(m, ", room: %u", servers + wild_below(m, 6));
    }
    if (wild_chance(m, 25) && !sharing) {
        wild_print(m, ", patience: ");
        wild_law(m, 5000);
    }
    if (wild_chance(m, 15)) {
        wild_print(m, ", speed: %u.5", wild_below(m, 3));
    }
    if (wild_chance(m, 25)) {
        wild_print(m, ", failure: {mtbf: exponential(%ums), mttr: ", wild_between(m, 20, 1000));
        wild_law(m, 8000);
        wild_print(m, ", repairers: %u, required: %u%s}", wild_between(m, 1, 3),
                   wild_between(m, 1, servers),
                   !sharing && wild_chance(m, 30) ? ", restart: true" : "");
    }
}

static void wild_pool(struct wild_maker *m)
{
    wild_print(m, "type: function_pool, cold_work: ");
    wild_law(m, 5000);
    wild_print(m, ", idle_timeout: ");
    wild_law(m, 20000);
    wild_print(
        m, ", max_instances: %u, on_full: %s, pick: %s", wild_between(m, 1, 6),
        wild_chance(m, 50) ? "wait" : "reject",
        (const char *[]){"newest", "most_recent", "least_recent", "random"}[wild_below(m, 4)]);
}

static void wild_cache(struct wild_maker *m)
{
    if (wild_chance(m, 40)) {
        wild_print(m, "type: cache, hit_ratio: %u%%, origin: ", wild_below(m, 101));
    } else {
        const bool ttl = wild_chance(m, 50);
        wild_print(m, "type: cache, keys: zipf(n=%u s=0.%u)", wild_between(m, 1, 40),
                   wild_below(m, 10));
        if (ttl) {
            wild_print(m, ", ttl: %ums, reset_on_hit: %s", wild_between(m, 1, 500),
                       wild_chance(m, 50) ? "true" : "false");
        }
        if (!ttl || wild_chance(m, 50)) {
            wild_print(m, ", capacity: %u", wild_between(m, 1, 20));
        }
        wild_print(m, ", origin: ");
    }
    wild_target(m, true);
}

static void wild_balance(struct wild_maker *m)
{
    wild_print(m, "type: load_balancer, policy: %s",
               (const char *[]){"random", "round_robin", "least_outstanding",
                                "power_of_two"}[wild_below(m, 4)]);
}

/* ", KEY: LAW" */
static void wild_gateway(struct wild_maker *m)
{
    const char *kind = wild_chance(m, 50) ? "rest" : "http";
    wild_print(m, "type: api_gateway, kind: %s, integration: %s, timeout: {%s: %ums}", kind,
               wild_chance(m, 50) ? "lambda" : "http", kind, wild_between(m, 50, 400));
    wild_print(m, ", overhead: {%s: ", kind);
    wild_law(m, 1000);
    wild_print(m, "}");
    if (wild_chance(m, 40)) {
        wild_print(m, ", throttle: {rate: %u/s, burst: %u}", wild_between(m, 20, 800),
                   wild_between(m, 1, 30));
    }
}

static void wild_group(struct wild_maker *m)
{
    const uint32_t least = wild_between(m, 0, 2), most = least + wild_between(m, 1, 3);
    wild_print(m,
               "type: auto_scaling_group, vcpu: %u, threads: %u, backlog: %u, min: %u, max: %u, "
               "desired: %u, warmup: 0s, deregistration_delay: %ums",
               wild_between(m, 1, 2), wild_between(m, 1, 5), wild_below(m, 10), least, most,
               wild_between(m, least, most), wild_below(m, 30));
    wild_timed(m, "placement", 20000);
    wild_timed(m, "boot", 20000);
    wild_timed(m, "app_start", 20000);
    if (wild_chance(m, 70)) {
        wild_print(m, ", target: {cpu: %u%%}, alarm: {high_datapoints: 1, low_datapoints: 1}",
                   wild_between(m, 5, 90));
    }
}

/* A queue after this one, or nobody. */
static void wild_dead_letter(struct wild_maker *m)
{
    for (uint32_t i = m->at + 1; i < m->count; i++) {
        if (m->type[i] == WILD_QUEUE && m->fifo[i] == m->fifo[m->at] && wild_chance(m, 60)) {
            wild_print(m, ", dead_letter: s%u", i);
            return;
        }
    }
}

static void wild_function(struct wild_maker *m)
{
    const int feeder = m->feeder[m->at];
    wild_print(m,
               "type: lambda, memory: %u MiB, timeout: 1s, max_age: %us, scaling: {burst: %u, "
               "rate: 500/s}, first_run: {factor: %u, extra: 1ms}, async: {retry_attempts: %u, "
               "max_event_age: 60s, retry_wait: %ums, throttle_wait: 5ms}",
               wild_between(m, 900, 1769), wild_between(m, 1, 3), wild_between(m, 1, 20),
               wild_between(m, 1, 3), wild_below(m, 3), wild_between(m, 1, 300));
    wild_timed(m, "init", 5000);
    wild_timed(m, "placement", 2000);
    wild_timed(m, "overhead", 500);
    wild_timed(m, "idle_timeout", 30000);
    if (wild_chance(m, 30)) {
        wild_print(m, ", reserved_concurrency: %u", wild_between(m, 2, 6));
    }
    if (wild_chance(m, 30)) {
        wild_print(m, ", provisioned_concurrency: %u", wild_between(m, 1, 2));
    }
    wild_dead_letter(m);
    if (feeder >= 0 && m->type[feeder] == WILD_TABLE) {
        wild_print(m,
                   ", trigger: {from: s%d, batch: %u, parallelization_factor: %u, per: %s, "
                   "bisect_batch_on_function_error: %s, maximum_retry_attempts: %u, "
                   "retry_wait: 5ms%s}",
                   feeder, wild_between(m, 1, 8), wild_between(m, 1, 3),
                   wild_chance(m, 70) ? "message" : "batch", wild_chance(m, 50) ? "true" : "false",
                   wild_below(m, 3), wild_chance(m, 40) ? ", window: 20ms" : "");
    } else if (feeder >= 0) {
        wild_print(m, ", trigger: {from: s%d, batch: %u, ramp: 6000/min, initial: %u, per: %s%s}",
                   feeder, wild_between(m, 1, 8), wild_between(m, 1, 3),
                   wild_chance(m, 70) ? "message" : "batch",
                   !m->fifo[feeder] && wild_chance(m, 40) ? ", window: 20ms" : "");
    }
}

static void wild_queue(struct wild_maker *m)
{
    const bool fifo = m->fifo[m->at];
    wild_print(m,
               "type: sqs, fifo: %s, visibility_timeout: %us, retention: 1m, wait_time: %ums, "
               "max_messages: %u, max_receive_count: %u",
               fifo ? "true" : "false", wild_between(m, 1, 2), wild_below(m, 30),
               wild_between(m, 1, 5), wild_between(m, 1, 3));
    wild_timed(m, fifo ? "fifo_delivery_latency" : "delivery_latency", 3000);
    wild_timed(m, "send_latency", 1000);
    wild_timed(m, "receive_latency", 1000);
    if (fifo) {
        wild_print(m, ", groups: zipf(n=%u s=1), fifo_calls: 300/s, batch: %u",
                   wild_between(m, 1, 20), wild_between(m, 1, 10));
        if (wild_chance(m, 30)) {
            wild_print(m, ", high_throughput: true, partitions: %u", wild_between(m, 1, 5));
        }
        if (wild_chance(m, 30)) {
            wild_print(m, ", repeats: {ratio: %u%%, after: exponential(5min)}",
                       wild_between(m, 1, 50));
        }
    } else {
        wild_print(m, ", duplicates: %u%%, false_empty: %u%%", wild_below(m, 20),
                   wild_below(m, 20));
    }
    if (wild_chance(m, 30)) {
        wild_print(m, ", poison: %u%%", wild_between(m, 1, 30));
    }
    if (wild_chance(m, 20)) {
        wild_print(m, ", delay: %ums", wild_between(m, 1, 300));
    }
    for (uint32_t i = 0; i < m->at; i++) { /* back to one before it: nobody calls in circles */
        if (m->type[i] == WILD_QUEUE && m->fifo[i] == fifo && wild_chance(m, 50)) {
            wild_print(m, ", redrive: {to: s%u, rate: %u/s, at: %ums, mended: %s}", i,
                       wild_between(m, 1, 500), wild_between(m, 100, 2000),
                       wild_chance(m, 50) ? "true" : "false");
            break;
        }
    }
    wild_dead_letter(m);
}

static void wild_table(struct wild_maker *m)
{
    wild_print(m, "type: dynamodb, keys: zipf(n=%u s=0.8), partitions: %u", wild_between(m, 1, 50),
               wild_between(m, 1, 5));
    if (wild_chance(m, 50)) {
        const uint32_t writes = wild_between(m, 5, 1000);
        wild_print(m, ", mode: provisioned, provisioned: {reads: %u/s, writes: %u/s}",
                   wild_between(m, 5, 1000), writes);
        if (wild_chance(m, 50)) {
            wild_print(m, ", write_scaling: {min: 1/s, max: %u/s}, update_time: %us",
                       2 * writes + 5, wild_below(m, 100));
        }
    }
    if (wild_chance(m, 40)) {
        wild_print(m,
                   ", replicas: [{region: us-west-2, lag: exponential(%ums)}, {region: "
                   "us-east-2, lag: %ums}], replication: {consistency: %s}",
                   wild_between(m, 1, 2000), wild_below(m, 1000),
                   wild_chance(m, 30) ? "strong, round_trip: 30ms" : "eventual, loss_at: 2s");
    }
    if (wild_chance(m, 40)) {
        wild_print(m, ", condition_failures: %u%%, unprocessed: %s, conflicts: %s",
                   wild_below(m, 50), wild_chance(m, 50) ? "ok" : "throttled",
                   wild_chance(m, 20) ? "false" : "true");
    }
    if (m->consumers[m->at] > 0) {
        wild_print(m, ", stream: {view: new_and_old_images, poll: 20ms, polled: %ums}",
                   wild_below(m, 60));
    }
    wild_timed(m, "get_latency", 1000);
    wild_timed(m, "put_latency", 2000);
    wild_timed(m, "transact_write_latency", 4000);
}

/* What delivers by itself: few tries, soon. */
static void wild_topic(struct wild_maker *m)
{
    wild_print(m, "type: sns, batch: %u, subscriptions: [{to: ", wild_between(m, 1, 3));
    wild_target(m, true);
    wild_print(m, ", filter: %u%%, protocol: http, retries: 0}]", wild_between(m, 1, 100));
    wild_timed(m, "publish_latency", 1000);
    wild_timed(m, "delivery_latency", 2000);
}

static void wild_bus(struct wild_maker *m)
{
    wild_print(m,
               "type: eventbridge, entries: %u, retry: {first_wait: 2ms, most_wait: 1s}, "
               "rules: [{to: [",
               wild_between(m, 1, 3));
    wild_target(m, true);
    wild_print(m, "], match: %u%%, max_retry_attempts: %u}]", wild_between(m, 1, 100),
               wild_below(m, 3));
    wild_timed(m, "put_latency", 1000);
    wild_timed(m, "latency", 2000);
}

static void wild_bucket(struct wild_maker *m)
{
    wild_print(m,
               "type: s3, storage_class: %s, object_size: %u kB, objects: %u, partition_writes: "
               "%u/s, partition_reads: %u/s, bulk: {request: 1 MiB, connections: 10}",
               wild_chance(m, 50) ? "standard" : "intelligent_tiering", wild_between(m, 10, 5000),
               wild_below(m, 1000), wild_between(m, 100, 3500), wild_between(m, 100, 5500));
    wild_timed(m, "first_byte", 2000);
    wild_timed(m, "put_latency", 4000);
    if (wild_chance(m, 50)) {
        wild_print(m, ", events: {delay: 2ms, duplicates: 20%%, max_age: 1min, created: ");
        wild_target(m, true);
        wild_print(m, "}");
    }
}

static void wild_alb(struct wild_maker *m)
{
    wild_print(m, "type: alb, routing: %s, cross_zone: %s, idle_timeout: 1s",
               (const char *[]){"round_robin", "least_outstanding_requests",
                                "weighted_random"}[wild_below(m, 3)],
               wild_chance(m, 60) ? "true" : "false");
    wild_timed(m, "latency", 500);
}

static void wild_two_targets(struct wild_maker *m)
{
    const bool alb = m->type[m->at] == WILD_ALB;
    wild_print(m, ", targets: [");
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t target = wild_between(m, m->at + 1, m->count - 1);
        while (!(alb ? wild_fits_alb(m, target) : wild_is_plain(m, target))) {
            target++; /* the last is */
        }
        wild_print(m, "%s", i > 0 ? ", " : "");
        wild_name(m, target);
    }
    wild_print(m, "]");
}

static void wild_service(struct wild_maker *m)
{
    wild_print(m, "  s%u: {", m->at);
    switch (m->type[m->at]) {
    case WILD_SERVER:
        wild_server(m);
        break;
    case WILD_DELAY:
        wild_print(m, "type: delay");
        break;
    case WILD_LIMITER:
        wild_print(m, "type: rate_limiter, rate: %u/s, burst: %u%s", wild_between(m, 20, 800),
                   wild_between(m, 1, 20), wild_chance(m, 50) ? ", on_empty: wait" : "");
        break;
    case WILD_CACHE:
        wild_cache(m);
        break;
    case WILD_POOL:
        wild_pool(m);
        break;
    case WILD_BALANCER:
        wild_balance(m);
        wild_two_targets(m);
        break;
    case WILD_ALB:
        wild_alb(m);
        wild_two_targets(m);
        break;
    case WILD_GATEWAY:
        wild_gateway(m);
        break;
    case WILD_GROUP:
        wild_group(m);
        break;
    case WILD_FUNCTION:
        wild_function(m);
        break;
    case WILD_QUEUE:
        wild_queue(m);
        break;
    case WILD_TABLE:
        wild_table(m);
        break;
    case WILD_AURORA:
        wild_aurora(m);
        break;
    case WILD_TOPIC:
        wild_topic(m);
        break;
    case WILD_BUS:
        wild_bus(m);
        break;
    case WILD_BUCKET:
        wild_bucket(m);
        break;
    case WILD_TYPES:
        break;
    }
    if (wild_chance(m, 20)) {
        wild_print(m, ", limit: {concurrent: %u, on_full: %s}", wild_between(m, 1, 10),
                   wild_chance(m, 50) ? "wait" : "reject");
    }
    if (m->type[m->at] < WILD_QUEUE || m->type[m->at] == WILD_CACHE) {
        wild_program(m);
    }
    wild_print(m, "}\n");
}

/* The last of all has nobody to call and no operations, so that everyone has somebody plain to
 * call; and every balancer may have it. */
static void wild_plan(struct wild_maker *m)
{
    m->count = wild_between(m, 1, WILD_NODES_MAX);
    for (uint32_t i = 0; i < m->count; i++) {
        const bool last = i + 1 == m->count;
        m->type[i] = (enum wild_type)wild_below(m, last ? WILD_QUEUE : WILD_TYPES);
        m->type[i] = wild_chance(m, 15) ? WILD_SERVER : m->type[i];
        m->type[i] = last && m->type[i] == WILD_GATEWAY ? WILD_GROUP : m->type[i];
        const bool simple = m->type[i] == WILD_SERVER || m->type[i] == WILD_DELAY;
        m->copied[i] = simple && wild_chance(m, 20);
        m->operations[i] = simple && !last && !m->copied[i] && wild_chance(m, 25);
        m->fifo[i] = m->type[i] == WILD_QUEUE && wild_chance(m, 30);
        m->feeder[i] = -1;
        for (uint32_t k = 0; k < i; k++) {
            const bool table = m->type[k] == WILD_TABLE && m->consumers[k] < 2;
            if ((m->type[k] == WILD_QUEUE || table) && wild_chance(m, 80)) {
                m->feeder[i] = (int)k;
            }
        }
        if (m->feeder[i] >= 0 && m->type[i] == WILD_FUNCTION) {
            m->consumers[m->feeder[i]]++;
        }
    }
}

/* ---- traffic ---- */

static void wild_source(struct wild_maker *m, uint32_t index, bool empties)
{
    m->at = wild_below(m, m->count);
    wild_print(m, "  t%u: {to: ", index);
    wild_name(m, m->at);
    const uint32_t rate =
        wild_chance(m, 50) ? wild_between(m, 10, 150) : wild_between(m, 150, 1200);
    const uint32_t kind = wild_below(m, empties ? 4 : 6);
    if (kind == 4) {
        wild_print(m, ", users: %u, think: exponential(%ums)", wild_between(m, 1, 20),
                   wild_between(m, 5, 80));
    } else if (kind == 5) {
        wild_print(m, ", arrivals: {mmpp: {rates: [%u/s, 0/s], stay: [200ms, 300ms]}}", rate);
    } else {
        if (empties) {
            wild_print(m, ", rate: [[0s, %u/s], [1500ms, 0/s]]", rate);
        } else {
            wild_print(m, ", rate: %u/s", rate);
        }
        wild_print(m, "%s",
                   (const char *[]){"", ", arrivals: constant", ", arrivals: lognormal(cv=2)",
                                    ", batch: geometric(mean=3)"}[kind]);
    }
    if (wild_chance(m, 30)) {
        wild_print(m, ", objective: %ums", wild_between(m, 1, 20));
    }
    wild_patience(m);
    wild_print(m, "}\n");
}

/* ---- all together ---- */

static void wild_open(struct wild_maker *m, char **text, size_t *size)
{
    m->out = open_memstream(text, size);
    if (m->out == NULL) {
        abort();
    }
}

static void wild_add(struct wild_maker *m, struct wild *wild, void (*print)(struct wild_maker *))
{
    size_t size;
    wild_open(m, &wild->services[wild->services_count++], &size);
    print(m);
    fclose(m->out);
}

static void wild_copies(struct wild_maker *m)
{
    wild_print(m, "  b%u: {", m->at);
    wild_balance(m);
    wild_print(m, ", targets: {service: s%u, copies: %u}}\n", m->at, wild_between(m, 1, 5));
}

/* A job that reads the stream of the table under way, beside its function. */
static void wild_job(struct wild_maker *m)
{
    wild_print(m,
               "  j%u: {type: kinesis_analytics, trigger: {from: s%u}, parallelism: %u, cpu: %uus, "
               "keys: %u, auto_scaling: {enabled: false}, sink: {batch: %u, in_flight: %u, buffer: "
               "%u, delay: %ums, retry_wait: 5ms}, slice: %ums",
               m->at, m->at, wild_between(m, 1, 3), wild_between(m, 1, 500), wild_between(m, 1, 50),
               wild_between(m, 1, 9), wild_between(m, 1, 3), wild_between(m, 9, 50),
               wild_below(m, 50), wild_between(m, 1, 50));
    if (wild_chance(m, 40)) {
        wild_print(m, ", window: {kind: tumbling, time: processing, size: 1s}");
    }
    wild_print(m, ", calls: [{call: ");
    wild_name(m, m->count - 1);
    wild_print(m, ", %s}]}\n", wild_chance(m, 50) ? "probability: 70%" : "optional: true");
}

struct wild wild_new(uint64_t seed)
{
    struct wild wild = {.seed = seed};
    struct wild_maker m = {.state = seed};
    size_t size;
    wild.empties = wild_chance(&m, 60);
    wild_open(&m, &wild.head, &size);
    wild_print(&m, "archsim: 1\nname: wild\nseed: %u\nreplications: 3\nduration: %s\nwarmup: %s\n",
               wild_below(&m, 1000), wild.empties ? "4s" : "1500ms", wild.empties ? "0s" : "300ms");
    if (wild_chance(&m, 40)) {
        wild_print(&m, "zones: %u\n", wild_between(&m, 1, 2));
    }
    if (wild_chance(&m, 40)) {
        wild_print(&m,
                   "quotas: {lambda: {concurrency: %u}, api_gateway: {rate: %u/s, burst: %u}}\n",
                   wild_between(&m, 120, 140), wild_between(&m, 50, 1000), wild_between(&m, 1, 50));
    }
    fclose(m.out);
    wild_plan(&m);
    for (m.at = 0; m.at < m.count; m.at++) {
        wild_add(&m, &wild, wild_service);
        if (m.copied[m.at]) {
            wild_add(&m, &wild, wild_copies);
        }
        if (m.type[m.at] == WILD_TABLE && m.consumers[m.at] == 1) {
            wild_add(&m, &wild, wild_job);
        }
    }
    wild_open(&m, &wild.traffic, &size);
    const uint32_t sources = wild_between(&m, 1, 3);
    for (uint32_t i = 0; i < sources; i++) {
        wild_source(&m, i, wild.empties);
    }
    fclose(m.out);
    return wild;
}

void wild_free(struct wild *wild)
{
    for (uint32_t i = 0; i < wild->services_count; i++) {
        free(wild->services[i]);
    }
    free(wild->head);
    free(wild->traffic);
}

char *wild_text(const struct wild *wild, uint64_t order)
{
    uint32_t place[WILD_SERVICES_MAX];
    for (uint32_t i = 0; i < wild->services_count; i++) {
        const uint32_t swapped = order > 0 ? (uint32_t)(wild_next(&order) % (i + 1)) : i;
        place[i] = place[swapped];
        place[swapped] = i;
    }
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "%sservices:\n", wild->head);
    for (uint32_t i = 0; i < wild->services_count; i++) {
        fputs(wild->services[place[i]], out);
    }
    fprintf(out, "traffic:\n%s", wild->traffic);
    fclose(out);
    return text;
}

/* A database behind a proxy stands with it, in a line of its own. */
static const char *wild_line(const struct wild *wild, const char *service)
{
    const size_t length = strlen(service);
    for (uint32_t i = 0; i < wild->services_count; i++) {
        const char *line = wild->services[i];
        while (line != NULL) {
            if (strncmp(line + 2, service, length) == 0 && line[2 + length] == ':') {
                return line;
            }
            line = strstr(line, "\n  ");
            line = line != NULL ? line + 1 : NULL;
        }
    }
    return NULL;
}

bool wild_says(const struct wild *wild, const char *service, const char *words)
{
    const char *line = wild_line(wild, service);
    const char *found = line != NULL ? strstr(line, words) : NULL;
    const char *end = line != NULL ? strchr(line, '\n') : NULL;
    return found != NULL && (end == NULL || found < end);
}
