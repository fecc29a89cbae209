/* chaos_worlds: random scenarios that try to hurt. Nearly all times are one of a few whole
 * milliseconds, so that arrivals, ends, timeouts, tries and failures meet at the same instants;
 * every kind of step stands within every other; calls may lead back to where they came from, with a
 * timeout that withdraws everything below; quotas are small, queues feed functions, groups shrink
 * under load. The same seed gives the same text. */
#ifndef ARCHSIM_TESTS_ENGINE_CHAOS_WORLDS_H
#define ARCHSIM_TESTS_ENGINE_CHAOS_WORLDS_H

#include <string.h>

#include "tests/engine/chaos_maker.h"

/* What chaos_clouds.h adds to a world; in others nothing is drawn. True: it has named a target. */
static bool chaos_cloud_target(struct chaos_maker *m);
static void chaos_cloud_via(struct chaos_maker *m);
static void chaos_cloud_keys(struct chaos_maker *m);
static void chaos_cloud_function(struct chaos_maker *m);

/* Called by its name alone. */
static bool chaos_is_plain(const struct chaos_maker *m, uint32_t target)
{
    const enum chaos_type type = m->type[target];
    return !m->operations[target] && (type < CHAOS_QUEUE || type > CHAOS_AURORA);
}

/* The same, and an alb may have it as a target. */
static bool chaos_fits_alb(const struct chaos_maker *m, uint32_t target)
{
    return chaos_is_plain(m, target) && m->type[target] != CHAOS_GATEWAY &&
           m->type[target] != CHAOS_ALB;
}

static void chaos_name(struct chaos_maker *m, uint32_t target)
{
    static const char *const operations[][8] = {
        {".send", ".send", ".receive", ".delete", ".send", ".send", ".receive", ".delete"},
        {".get", ".put", ".query", ".transact_write", ".transact_get", ".batch_write", ".batch_get",
         ".scan"},
        {".read", ".write", ".query", ".write", ".read", ".write", ".query", ".write"},
    };
    const char *operation = "";
    if (m->operations[target]) {
        operation = chaos_chance(m, 60) ? ".a" : ".b";
    } else if (!chaos_is_plain(m, target)) {
        operation = operations[m->type[target] - CHAOS_QUEUE][chaos_below(m, 8)];
    }
    chaos_print(m, "%c%u%s", m->copied[target] ? 'b' : 's', target, operation);
}

/* ---- calls ---- */

static void chaos_retry(struct chaos_maker *m)
{
    chaos_print(m, ", retry: {attempts: %u", chaos_between(m, 2, 4));
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", backoff: ");
        chaos_time(m);
    } else if (chaos_chance(m, 50)) {
        static const char *const jitters[] = {"none", "full", "equal", "decorrelated"};
        chaos_print(m, ", backoff: {first: 1ms, cap: 4ms, jitter: %s}", jitters[chaos_below(m, 4)]);
    }
    if (chaos_chance(m, 20)) {
        chaos_print(m, ", budget: %u%%", chaos_between(m, 1, 50));
    }
    chaos_print(m, "}");
}

static void chaos_timeout(struct chaos_maker *m)
{
    chaos_print(m, ", timeout: %ums", chaos_between(m, 1, 6));
    if (m->cancels && chaos_chance(m, 60)) {
        chaos_print(m, ", cancel: true");
    }
    if (chaos_chance(m, 25)) {
        chaos_print(m, ", deadline: pass");
    }
}

static void chaos_patience(struct chaos_maker *m)
{
    if (chaos_chance(m, 45)) {
        chaos_timeout(m);
    }
    if (chaos_chance(m, 25)) {
        chaos_retry(m);
    }
    if (chaos_chance(m, 25)) {
        chaos_print(m, ", priority: %u", chaos_below(m, 3));
    }
    if (chaos_chance(m, 10)) {
        chaos_print(m, ", size: %u KiB", chaos_between(m, 0, 4));
    }
    chaos_cloud_via(m);
}

static void chaos_options(struct chaos_maker *m)
{
    chaos_patience(m);
    if (chaos_chance(m, 20)) {
        chaos_print(m, ", probability: %u%%", chaos_between(m, 1, 99));
    }
    if (chaos_chance(m, 15)) {
        chaos_print(m, ", repeat: %u", chaos_between(m, 2, 4));
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", optional: true");
    }
}

static void chaos_target(struct chaos_maker *m)
{
    if (!chaos_cloud_target(m)) {
        chaos_name(m, chaos_between(m, m->at + 1, m->count - 1));
    }
    m->calls++;
}

static void chaos_steps(struct chaos_maker *m, uint32_t depth);

static void chaos_fallback(struct chaos_maker *m, uint32_t depth)
{
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", fallback: ");
        chaos_steps(m, depth + 1);
    }
}

static void chaos_call(struct chaos_maker *m, uint32_t depth)
{
    chaos_print(m, "{call: ");
    chaos_target(m);
    chaos_options(m);
    chaos_fallback(m, depth);
    chaos_print(m, "}");
}

static void chaos_hedge(struct chaos_maker *m, uint32_t depth)
{
    chaos_print(m, "{hedge: {call: ");
    chaos_target(m);
    chaos_print(m, ", after: %ums, max: %u", chaos_below(m, 3), chaos_between(m, 2, 4));
    if (m->cancels && chaos_chance(m, 50)) { /* of the tries that lost */
        chaos_print(m, ", cancel: true");
    } else {
        chaos_options(m);
    }
    chaos_print(m, "}");
    chaos_fallback(m, depth);
    chaos_print(m, "}");
}

static void chaos_breaker(struct chaos_maker *m, uint32_t depth)
{
    chaos_print(m, "{circuit_breaker: {call: ");
    chaos_target(m);
    chaos_print(m, ", failures: %u%%, minimum: %u, window: 20ms, open: %ums",
                chaos_between(m, 0, 80), chaos_between(m, 1, 8), chaos_between(m, 1, 20));
    chaos_options(m);
    chaos_print(m, "}");
    chaos_fallback(m, depth);
    chaos_print(m, "}");
}

static void chaos_async(struct chaos_maker *m)
{
    chaos_print(m, "{async: {call: ");
    chaos_target(m);
    if (chaos_chance(m, 20)) {
        chaos_print(m, ", repeat: 2");
    }
    chaos_cloud_via(m);
    chaos_print(m, "}}");
}

/* A call that may lead back here, or to somebody before. */
static void chaos_back(struct chaos_maker *m)
{
    chaos_print(m, "{call: ");
    chaos_name(m, chaos_below(m, m->at + 1));
    chaos_print(m, ", probability: %u%%, timeout: %ums, cancel: true, optional: true}",
                chaos_between(m, 10, 40), chaos_between(m, 1, 6));
    m->calls++;
}

static void chaos_parallel(struct chaos_maker *m, uint32_t depth)
{
    const uint32_t branches = chaos_between(m, 1, 3);
    chaos_print(m, "{parallel: [");
    for (uint32_t i = 0; i < branches; i++) {
        chaos_print(m, "%s", i > 0 ? ", " : "");
        chaos_steps(m, depth + 1);
    }
    chaos_print(m, "]");
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", wait_for: %u", chaos_between(m, 1, branches));
    }
    chaos_print(m, "}");
}

static void chaos_choose(struct chaos_maker *m, uint32_t depth)
{
    const uint32_t share = chaos_between(m, 1, 99);
    chaos_print(m, "{choose: [{weight: %u%%, calls: ", share);
    chaos_steps(m, depth + 1);
    chaos_print(m, "}, {weight: %u%%}]}", 100 - share);
}

static void chaos_pause(struct chaos_maker *m)
{
    if (chaos_chance(m, 2)) { /* longer than any limit */
        chaos_print(m, "{wait: 1100ms}");
        return;
    }
    chaos_print(m, chaos_chance(m, 60) ? "{work: " : "{wait: ");
    chaos_time(m);
    chaos_print(m, "}");
}

static void chaos_step(struct chaos_maker *m, uint32_t depth)
{
    if (m->loops && m->calls == 0 && chaos_chance(m, 30)) {
        chaos_back(m);
        return;
    }
    if (m->at + 1 == m->count || m->calls >= CHAOS_CALLS_MAX) {
        chaos_pause(m);
        return;
    }
    switch (chaos_below(m, depth < CHAOS_DEPTH_MAX ? 10 : 7)) {
    case 0:
        m->hedges ? chaos_hedge(m, depth) : chaos_call(m, depth);
        break;
    case 1:
        chaos_breaker(m, depth);
        break;
    case 2:
        chaos_async(m);
        break;
    case 3:
        chaos_pause(m);
        break;
    case 7:
    case 8:
        chaos_parallel(m, depth);
        break;
    case 9:
        chaos_choose(m, depth);
        break;
    default:
        chaos_call(m, depth);
        break;
    }
}

static void chaos_steps(struct chaos_maker *m, uint32_t depth)
{
    const uint32_t steps = chaos_between(m, 1, 2);
    chaos_print(m, "[");
    for (uint32_t i = 0; i < steps; i++) {
        chaos_print(m, "%s", i > 0 ? ", " : "");
        chaos_step(m, depth);
    }
    chaos_print(m, "]");
}

/* ---- services ---- */

static void chaos_program(struct chaos_maker *m)
{
    chaos_print(m, "work: ");
    chaos_time(m);
    m->calls = 0;
    if (chaos_chance(m, 80)) {
        chaos_print(m, ", calls: ");
        chaos_steps(m, 0);
    }
}

static void chaos_server(struct chaos_maker *m)
{
    static const char *const disciplines[] = {"fifo", "lifo", "ps", "priority",
                                              "preemptive_priority"};
    const uint32_t servers = chaos_between(m, 1, 3);
    const char *discipline = disciplines[chaos_below(m, 5)];
    const bool sharing = strcmp(discipline, "ps") == 0;
    chaos_print(m, "type: server, servers: %u, discipline: %s", servers, discipline);
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", room: %u", servers + chaos_below(m, 4));
    }
    if (!sharing && chaos_chance(m, 25)) {
        chaos_print(m, ", patience: ");
        chaos_time(m);
    }
    if (chaos_chance(m, 15)) {
        chaos_print(m, ", speed: %s", chaos_chance(m, 50) ? "0.5" : "2");
    }
    if (chaos_chance(m, 30)) {
        const bool exact = chaos_chance(m, 50); /* then longer work could never start over */
        chaos_print(m, ", failure: {mtbf: %s, mttr: %s, required: %u",
                    exact ? "7ms" : "exponential(10ms)",
                    chaos_chance(m, 50) ? "3ms" : "exponential(2ms)", chaos_between(m, 1, servers));
        if (chaos_chance(m, 40)) {
            chaos_print(m, ", repairers: 1");
        }
        chaos_print(m, "%s}", !sharing && !exact && chaos_chance(m, 60) ? ", restart: true" : "");
    }
}

static void chaos_pool(struct chaos_maker *m)
{
    static const char *const picks[] = {"newest", "most_recent", "least_recent", "random"};
    chaos_print(m, "type: function_pool, max_instances: %u, on_full: %s, pick: %s, cold_work: ",
                chaos_between(m, 1, 4), chaos_chance(m, 70) ? "wait" : "reject",
                picks[chaos_below(m, 4)]);
    chaos_time(m);
    chaos_print(m, ", idle_timeout: ");
    chaos_time(m);
}

static void chaos_cache(struct chaos_maker *m)
{
    chaos_print(m, "type: cache, origin: ");
    chaos_target(m);
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", hit_ratio: %u%%", chaos_below(m, 101));
        return;
    }
    chaos_print(m, ", keys: zipf(n=%u s=0.8), capacity: %u", chaos_between(m, 1, 20),
                chaos_between(m, 1, 10));
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", ttl: %ums, reset_on_hit: %s", chaos_between(m, 1, 20),
                    chaos_chance(m, 50) ? "true" : "false");
    }
}

static void chaos_policy(struct chaos_maker *m)
{
    static const char *const policies[] = {"random", "round_robin", "least_outstanding",
                                           "power_of_two"};
    chaos_print(m, "type: load_balancer, policy: %s", policies[chaos_below(m, 4)]);
}

/* ", KEY: TIME" */
static void chaos_timed(struct chaos_maker *m, const char *key)
{
    chaos_print(m, ", %s: ", key);
    chaos_time(m);
}

static void chaos_gateway(struct chaos_maker *m)
{
    const char *kind = chaos_chance(m, 50) ? "rest" : "http";
    chaos_print(m, "type: api_gateway, kind: %s, integration: %s, overhead: {%s: ", kind,
                chaos_chance(m, 50) ? "lambda" : "http", kind);
    chaos_time(m);
    chaos_print(m, "}, timeout: {%s: 50ms}", kind);
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", throttle: {rate: 300/s, burst: %u}", chaos_between(m, 1, 4));
    }
}

/* With a warm-up a datapoint falls into the traffic: the group grows or shrinks. */
static void chaos_group(struct chaos_maker *m)
{
    const uint32_t least = chaos_between(m, 0, 2), most = least + chaos_between(m, 1, 3);
    chaos_print(m,
                "type: auto_scaling_group, vcpu: %u, threads: %u, backlog: %u, min: %u, max: %u, "
                "desired: %u, warmup: 0s, deregistration_delay: %ums",
                chaos_between(m, 1, 2), chaos_between(m, 1, 3), chaos_below(m, 6), least, most,
                chaos_between(m, least, most), chaos_below(m, 6));
    chaos_timed(m, "placement");
    chaos_timed(m, "boot");
    chaos_timed(m, "app_start");
    if (chaos_chance(m, 70)) {
        chaos_print(m, ", target: {cpu: %u%%}, alarm: {high_datapoints: 1, low_datapoints: 1, ",
                    chaos_between(m, 10, 90));
        chaos_print(m, "delay: %ums}", chaos_below(m, 4));
    }
}

/* A queue after this one, or nobody. */
static void chaos_dead_letter(struct chaos_maker *m)
{
    for (uint32_t i = m->at + 1; i < m->count; i++) {
        if (m->type[i] == CHAOS_QUEUE && m->fifo[i] == m->fifo[m->at] && chaos_chance(m, 60)) {
            chaos_print(m, ", dead_letter: s%u", i);
            return;
        }
    }
}

static void chaos_trigger(struct chaos_maker *m)
{
    chaos_print(m,
                ", trigger: {from: s%d, batch: %u, initial: %u, ramp: 60000/min, per: %s, "
                "report_batch_item_failures: %s",
                m->trigger[m->at], chaos_between(m, 1, 6), chaos_between(m, 1, 2),
                chaos_chance(m, 70) ? "message" : "batch", chaos_chance(m, 50) ? "true" : "false");
    if (!m->fifo[m->trigger[m->at]] && chaos_chance(m, 50)) {
        chaos_print(m, ", window: %ums", chaos_below(m, 4));
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", max_concurrency: %u", chaos_between(m, 2, 3));
    }
    chaos_print(m, "}");
}

static void chaos_function(struct chaos_maker *m)
{
    chaos_print(m,
                "type: lambda, memory: 1769 MiB, timeout: 1s, max_age: 1s, first_run: {factor: "
                "%u, extra: ",
                chaos_between(m, 1, 2));
    chaos_time(m);
    chaos_print(m, "}, scaling: {burst: %u, rate: 1000/s}", chaos_between(m, 1, 6));
    chaos_timed(m, "init");
    chaos_timed(m, "placement");
    chaos_timed(m, "overhead");
    chaos_timed(m, "idle_timeout");
    chaos_print(m,
                ", async: {retry_attempts: %u, max_event_age: 60s, retry_wait: %ums, "
                "throttle_wait: 1ms, throttle_wait_max: 1s}",
                chaos_below(m, 3), chaos_below(m, 3));
    const uint32_t reserved = chaos_between(m, 1, 4);
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", reserved_concurrency: %u", reserved);
    }
    if (chaos_chance(m, 25)) {
        chaos_print(m, ", provisioned_concurrency: 1");
        if (chaos_chance(m, 50)) {
            chaos_print(m, ", provisioned: {at: %ums, preparation: 1ms, rate: 60000/min}",
                        chaos_below(m, 50));
        }
    }
    if (chaos_chance(m, 10)) {
        chaos_print(m, ", init_limit: 1ms");
    }
    chaos_dead_letter(m);
    chaos_cloud_function(m);
    if (m->trigger[m->at] >= 0) {
        chaos_trigger(m);
    }
}

static void chaos_queue(struct chaos_maker *m)
{
    chaos_print(m,
                "type: sqs, fifo: %s, visibility_timeout: %us, retention: 1m, wait_time: %s, "
                "max_messages: %u, max_receive_count: %u",
                m->fifo[m->at] ? "true" : "false", chaos_between(m, 1, 2),
                chaos_chance(m, 50) ? "0s" : "20ms", chaos_between(m, 1, 3),
                chaos_between(m, 1, 3));
    chaos_timed(m, m->fifo[m->at] ? "fifo_delivery_latency" : "delivery_latency");
    chaos_timed(m, "send_latency");
    chaos_timed(m, "receive_latency");
    if (m->fifo[m->at]) {
        chaos_print(m, ", groups: zipf(n=%u s=1), fifo_calls: 300/s, fifo_burst: %u",
                    chaos_between(m, 1, 5), chaos_between(m, 1, 40));
    } else if (chaos_chance(m, 30)) {
        chaos_print(m, ", duplicates: 20%%, false_empty: 20%%");
    }
    if (chaos_chance(m, 20)) {
        chaos_print(m, ", max_in_flight: %u", chaos_between(m, 1, 4));
    }
    chaos_dead_letter(m);
}

static void chaos_table(struct chaos_maker *m)
{
    chaos_print(m, "type: dynamodb");
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", mode: provisioned, provisioned: {reads: %u/s, writes: %u/s}",
                    chaos_between(m, 5, 400), chaos_between(m, 5, 400));
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m,
                    ", replicas: [{region: us-west-2, lag: exponential(%ums)}], "
                    "condition_failures: %u%%",
                    chaos_between(m, 1, 2000), chaos_between(m, 0, 50));
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", keys: zipf(n=%u s=1), partitions: %u", chaos_between(m, 1, 20),
                    chaos_between(m, 1, 4));
    }
    chaos_timed(m, "get_latency");
    chaos_timed(m, "put_latency");
    chaos_timed(m, "transact_write_latency");
}

/* A proxy in front takes the name. */
static void chaos_proxy(struct chaos_maker *m)
{
    chaos_print(m,
                "type: rds_proxy, target: d%u, max_connections: %u, readers: %u, retry: 3ms, "
                "connection_borrow_timeout: %ums",
                m->at, chaos_between(m, 1, 4), chaos_below(m, 2), chaos_between(m, 1, 30));
    chaos_timed(m, "latency");
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", pinned: {share: 50%%, hold: %ums}", chaos_between(m, 1, 9));
    }
    chaos_print(m, "}\n  d%u: {", m->at);
}

static void chaos_aurora(struct chaos_maker *m, bool proxy)
{
    const bool first = chaos_chance(m, 20);
    chaos_print(m,
                "type: aurora_serverless, max_connections: %u, working_set: %u GiB, page_skew: 0, "
                "pages: %u, buffer_at_start: cold, idle_connections: %u",
                chaos_between(m, 2, 6), chaos_between(m, 1, 4), chaos_below(m, 4),
                proxy ? 1 : chaos_below(m, 2));
    if (first) {
        chaos_print(m, ", version: v1, engine: mysql, min_capacity: 1 ACU, max_capacity: 2 ACU");
    } else {
        chaos_print(m, ", min_capacity: %s ACU, max_capacity: %u ACU, readers: %u",
                    chaos_chance(m, 50) ? "0" : "0.5", chaos_between(m, 1, 2), chaos_below(m, 3));
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", failure: {mtbf: %ums}, failover: {recreate: 20ms%s}",
                    chaos_between(m, 5, 200), first ? "" : ", reader: 9ms");
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", zone_failure: {mtbf: %ums, mttr: 30ms}", chaos_between(m, 5, 200));
    }
    chaos_timed(m, "query_work");
    chaos_timed(m, "storage_read");
    chaos_timed(m, "commit");
    chaos_timed(m, "copy_write");
}

static void chaos_rds(struct chaos_maker *m)
{
    static const char *const deployments[] = {"single_az", "single_az, replicas: 2",
                                              "multi_az_instance", "multi_az_cluster"};
    const uint32_t deployment = chaos_below(m, 4);
    chaos_print(m,
                "type: rds, class: db.m6gd.large, deployment: %s, max_connections: %u, pages: %u, "
                "working_set: 64 GiB, page_skew: 0, buffer_at_start: cold",
                deployments[deployment], chaos_between(m, 1, 6), chaos_below(m, 4));
    chaos_timed(m, "query_work");
    chaos_timed(m, "commit");
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", failure: {mtbf: %ums}, failover: {%s: 20ms}", chaos_between(m, 5, 200),
                    deployment < 2    ? "restore"
                    : deployment == 2 ? "instance"
                                      : "cluster");
    }
}

static void chaos_database(struct chaos_maker *m)
{
    const bool proxy = chaos_chance(m, 30);
    if (proxy) {
        chaos_proxy(m);
    }
    if (m->at % 2 == 1) {
        chaos_rds(m);
    } else {
        chaos_aurora(m, proxy);
    }
}

static void chaos_alb(struct chaos_maker *m)
{
    static const char *const routings[] = {"round_robin", "least_outstanding_requests",
                                           "weighted_random"};
    chaos_print(m, "type: alb, routing: %s, cross_zone: %s, idle_timeout: 1s",
                routings[chaos_below(m, 3)], chaos_chance(m, 60) ? "true" : "false");
    chaos_timed(m, "latency");
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", registration: 0s, health_check: {interval: 5s, timeout: 2s}");
    }
}

static void chaos_targets(struct chaos_maker *m)
{
    const bool alb = m->type[m->at] == CHAOS_ALB;
    chaos_print(m, ", targets: [");
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t target = chaos_between(m, m->at + 1, m->count - 1);
        while (!(alb ? chaos_fits_alb(m, target) : chaos_is_plain(m, target))) {
            target++; /* the last is */
        }
        chaos_print(m, "%s", i > 0 ? ", " : "");
        chaos_name(m, target);
    }
    chaos_print(m, "]");
}

/* True: it has work and calls of its own. */
static bool chaos_kind(struct chaos_maker *m)
{
    switch (m->type[m->at]) {
    case CHAOS_SERVER:
        chaos_server(m);
        return true;
    case CHAOS_DELAY:
        chaos_print(m, "type: delay");
        return true;
    case CHAOS_POOL:
        chaos_pool(m);
        return true;
    case CHAOS_LIMITER:
        chaos_print(m, "type: rate_limiter, rate: %u/s, burst: %u%s",
                    chaos_chance(m, 50) ? 1000 : 300, chaos_between(m, 1, 4),
                    chaos_chance(m, 60) ? ", on_empty: wait" : "");
        return true;
    case CHAOS_CACHE:
        chaos_cache(m);
        return true;
    case CHAOS_BALANCER:
        chaos_policy(m);
        chaos_targets(m);
        return false;
    case CHAOS_ALB:
        chaos_alb(m);
        chaos_targets(m);
        return false;
    case CHAOS_GATEWAY:
        chaos_gateway(m);
        return true;
    case CHAOS_GROUP:
        chaos_group(m);
        return true;
    case CHAOS_FUNCTION:
        chaos_function(m);
        return true;
    case CHAOS_QUEUE:
        chaos_queue(m);
        return false;
    case CHAOS_TABLE:
        chaos_table(m);
        return false;
    case CHAOS_AURORA:
        chaos_database(m);
        return false;
    case CHAOS_KINDS:
        break;
    }
    return false;
}

static void chaos_service(struct chaos_maker *m)
{
    chaos_print(m, "  s%u: {", m->at);
    const bool own = chaos_kind(m);
    if (chaos_chance(m, 25)) {
        chaos_print(m, ", limit: {concurrent: %u, on_full: %s}", chaos_between(m, 1, 4),
                    chaos_chance(m, 70) ? "wait" : "reject");
    }
    chaos_cloud_keys(m);
    if (own && m->operations[m->at]) {
        chaos_print(m, ", operations: {a: {");
        chaos_program(m);
        chaos_print(m, "}, b: {work: ");
        chaos_time(m);
        chaos_print(m, "}}");
    } else if (own) {
        chaos_print(m, ", ");
        chaos_program(m);
    }
    chaos_print(m, "}\n");
    if (m->copied[m->at]) {
        chaos_print(m, "  b%u: {", m->at);
        chaos_policy(m);
        chaos_print(m, ", targets: {service: s%u, copies: %u}}\n", m->at, chaos_between(m, 1, 4));
    }
}

/* A queue before it, unless what it calls could lead back to that. */
static void chaos_plan_trigger(struct chaos_maker *m, uint32_t function)
{
    m->trigger[function] = -1;
    for (uint32_t i = 0; i < function && !m->loops && !m->operations[function]; i++) {
        if (m->type[i] == CHAOS_QUEUE && chaos_chance(m, 80)) {
            m->trigger[function] = (int)i;
        }
    }
}

/* The last has nobody to call and no operations, so that everyone has somebody plain to call; and
 * every balancer may have it. */
static void chaos_plan(struct chaos_maker *m)
{
    m->count = chaos_between(m, 1, CHAOS_NODES_MAX);
    for (uint32_t i = 0; i < m->count; i++) {
        const bool last = i + 1 == m->count;
        m->type[i] = (enum chaos_type)chaos_below(m, last ? CHAOS_QUEUE : CHAOS_KINDS);
        m->type[i] = chaos_chance(m, 15) ? CHAOS_SERVER : m->type[i];
        if (last && (m->type[i] == CHAOS_GATEWAY || m->type[i] == CHAOS_FUNCTION)) {
            m->type[i] = CHAOS_GROUP;
        }
        m->copied[i] = m->type[i] <= CHAOS_POOL && chaos_chance(m, 25);
        m->operations[i] = m->type[i] <= CHAOS_FUNCTION && !last && chaos_chance(m, 25);
        m->fifo[i] = m->type[i] == CHAOS_QUEUE && chaos_chance(m, 30);
        chaos_plan_trigger(m, i);
    }
}

/* What the account may use is little. */
static void chaos_quotas(struct chaos_maker *m)
{
    if (chaos_chance(m, 50)) {
        chaos_print(m, "zones: %u\n", chaos_between(m, 2, 3));
    }
    if (chaos_chance(m, 50)) {
        chaos_print(
            m,
            "quotas: {lambda: {concurrency: %u, unreserved: 0, requests_per_concurrency: 1000}, "
            "api_gateway: {rate: 400/s, burst: %u}}\n",
            chaos_between(m, 30, 40), chaos_between(m, 1, 6));
    }
}

/* ---- traffic ---- */

static void chaos_source(struct chaos_maker *m, uint32_t index)
{
    chaos_print(m, "  t%u: {to: ", index);
    chaos_name(m, chaos_below(m, chaos_chance(m, 60) ? 1 : m->count));
    if (chaos_chance(m, 45)) {
        chaos_print(m, ", users: %u, think: ", chaos_between(m, 1, 12));
        static const char *const thinks[] = {"1ms", "2ms", "5ms", "exponential(5ms)"};
        chaos_print(m, "%s", thinks[chaos_below(m, 4)]);
    } else {
        static const char *const kinds[] = {"", ", arrivals: constant", ", batch: 4",
                                            ", batch: geometric(mean=3)"};
        chaos_print(m, ", rate: [[0s, %u/s], [%dms, 0/s]]%s", chaos_between(m, 20, 500),
                    CHAOS_TRAFFIC_ENDS_MS, kinds[chaos_below(m, 4)]);
    }
    chaos_patience(m);
    chaos_print(m, "}\n");
}

#endif
