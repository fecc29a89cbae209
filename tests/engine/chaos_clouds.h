/* chaos_clouds: the worlds of chaos_worlds.h, and from CHAOS_CLOUDS_FROM on such worlds with clouds
 * around them: f0.. stand before them (networks' edges, balancers, tasks, functions), and all may
 * use what is beside: a stream with its consumer, a topic, a bus, a bucket, keys, identities, an
 * administrator, logs, traces, a trail, and paths over networks. The same seed gives the same text.
 */
#ifndef ARCHSIM_TESTS_ENGINE_CHAOS_CLOUDS_H
#define ARCHSIM_TESTS_ENGINE_CHAOS_CLOUDS_H

#include "tests/engine/chaos_fronts.h"

/* ---- beside ---- */

static void chaos_observers(struct chaos_maker *m)
{
    if (chaos_has(m, CHAOS_RAYS)) {
        chaos_print(m, "  rays: {type: xray, reservoir: %u, rate: %u%%, central_sampling: %s}\n",
                    chaos_below(m, 3), chaos_below(m, 101), chaos_chance(m, 50) ? "true" : "false");
    }
    if (chaos_has(m, CHAOS_TRAIL)) {
        chaos_print(m, "  trail: {type: cloudtrail, data_events: %u%%, interval: %us, trails: %u",
                    chaos_below(m, 101), chaos_between(m, 1, 5), chaos_between(m, 1, 3));
        chaos_timed(m, "delay");
        if (chaos_chance(m, 60)) {
            chaos_print(m, ", deliver_to: %c%u", chaos_letter(m), chaos_last(m));
        }
        chaos_print(m, "}\n");
    }
    if (chaos_has(m, CHAOS_WATCH)) {
        chaos_print(m, "  watch: {type: cloudwatch, latency: ");
        chaos_time(m);
        chaos_print(m, ", log_batch: %u", chaos_between(m, 1, 9));
        if (chaos_chance(m, 50)) {
            static const char *const readings[] = {"calls", "errors", "latency", "in_flight"};
            static const char *const missings[] = {"missing", "notBreaching", "breaching",
                                                   "ignore"};
            chaos_print(m,
                        ", alarms: [{name: a, watch: s0.%s, threshold: %u, period: 10s, "
                        "evaluation_periods: %u, datapoints_to_alarm: 1, missing: %s, delay: ",
                        readings[chaos_below(m, 4)], chaos_below(m, 20), chaos_between(m, 1, 3),
                        missings[chaos_below(m, 4)]);
            chaos_time(m);
            chaos_print(m, ", from_logs: %s", chaos_chance(m, 30) ? "true" : "false");
            if (chaos_has(m, CHAOS_OPS)) {
                chaos_print(m, ", notify: ops.c%u", chaos_below(m, CHAOS_COMMANDS));
            }
            chaos_print(m, ", notify_ok: %c%u}]", chaos_letter(m), chaos_last(m));
        }
        if (chaos_chance(m, 30)) {
            chaos_print(m, ", custom_metrics: {count: 20, period: 1s, per_call: %u}",
                        chaos_between(m, 1, 20));
        }
        if (chaos_chance(m, 30)) {
            chaos_print(m, ", dashboards: {count: 2, refresh: 10s}");
        }
        chaos_print(m, "}\n");
    }
}

/* What a command of each kind needs is one of the fronts; else it calls. */
static void chaos_command(struct chaos_maker *m)
{
    const struct chaos_clouds *c = m->clouds;
    const uint32_t front = chaos_below(m, c->fronts);
    const bool sized = c->front[front] == CHAOS_TASKS || c->front[front] == CHAOS_FLEET;
    if (sized && chaos_chance(m, 60)) {
        chaos_print(m, "set_desired: f%u, to: %u", front, chaos_between(m, 0, 4));
    } else if (c->front[front] == CHAOS_TASKS ||
               (c->front[front] == CHAOS_CONSUMER && chaos_chance(m, 40))) {
        chaos_print(m, "update_code: f%u", front);
    } else if (c->front[front] == CHAOS_CONSUMER) {
        chaos_print(m, "set_%s_concurrency: f%u, to: %u",
                    chaos_chance(m, 50) ? "reserved" : "provisioned", front,
                    chaos_between(m, 0, 4));
    } else {
        chaos_print(m, "call: ");
        chaos_name(m, chaos_below(m, m->count));
    }
}

static void chaos_ops(struct chaos_maker *m)
{
    if (!chaos_has(m, CHAOS_OPS)) {
        return;
    }
    chaos_print(m,
                "  ops: {type: aws_cli, client: %s, timeout: %ums, attempts: %u, backoff: "
                "{first: 1ms, cap: 5ms}, retry_conflicts: %s",
                chaos_chance(m, 50) ? "cli" : "sdk", chaos_between(m, 1, 9), chaos_between(m, 1, 3),
                chaos_chance(m, 50) ? "true" : "false");
    chaos_timed(m, "startup");
    chaos_timed(m, "latency");
    chaos_print(m, ", commands: [");
    for (uint32_t i = 0; i < CHAOS_COMMANDS; i++) {
        chaos_print(m, "%s{name: c%u, ", i > 0 ? ", " : "", i);
        chaos_command(m);
        if (chaos_chance(m, 60)) {
            chaos_print(m, ", at: %ums", chaos_below(m, CHAOS_TRAFFIC_ENDS_MS));
            if (chaos_chance(m, 50)) {
                chaos_print(m, ", every: 1s, times: %u, jitter: ", chaos_between(m, 1, 3));
                chaos_time(m);
            }
        }
        chaos_print(m, "}");
    }
    chaos_print(m, "]}\n");
}

static void chaos_identities(struct chaos_maker *m)
{
    static const char *const latencies[] = {"sign_in", "token", "federate", "provider", "validate"};
    if (chaos_has(m, CHAOS_KEY)) {
        chaos_print(m, "  key: {type: kms, latency: ");
        chaos_time(m);
        if (chaos_chance(m, 50)) {
            chaos_print(m, ", cache: {max_age: %ums, max_messages: %u, keys: zipf(n=%u s=1)}",
                        chaos_between(m, 1, 50), chaos_between(m, 1, 20), chaos_between(m, 1, 5));
        }
        chaos_print(m, "}\n");
    }
    if (!chaos_has(m, CHAOS_PEOPLE)) {
        return;
    }
    chaos_print(m,
                "  people: {type: identity, users: zipf(n=%u s=0.5), signed_in: %u%%, "
                "principals: %u, keys: {lifetime: 1s, fetch: 1ms}, latency: {assume_role: 1ms",
                chaos_between(m, 1, 50), chaos_below(m, 101), chaos_between(m, 1, 4));
    for (uint32_t i = 0; i < sizeof(latencies) / sizeof(latencies[0]); i++) {
        chaos_timed(m, latencies[i]);
    }
    chaos_print(m, "}");
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", provider: %c%u", chaos_letter(m), chaos_last(m));
    }
    if (chaos_chance(m, 40)) {
        chaos_print(m, ", trigger: %c%u, trigger_timeout: %ums", chaos_letter(m), chaos_last(m),
                    chaos_between(m, 1, 9));
    }
    chaos_print(m, "}\n");
}

/* A job that reads the stream, too. */
static void chaos_job(struct chaos_maker *m)
{
    static const char *const windows[] = {
        "", "window: {kind: tumbling, size: 1s, delay: 1s, idleness: 1s}, ",
        "window: {kind: sliding, size: 3s, slide: 1s, time: processing}, "};
    chaos_print(m,
                "  sums: {type: kinesis_analytics, trigger: {from: events}, parallelism: %u, "
                "parallelism_per_kpu: %u, cpu: %uus, blocking: %uus, skew: %u, keys: %u, "
                "state_per_key: 1 kB, %scheckpoint: {interval: 1s, pause: %ums, base: %ums}, "
                "restart: %ums, sink: {batch: %u, in_flight: %u, buffer: 20, delay: %ums, "
                "retry_wait: %ums, delivery: %s}, slice: %ums",
                chaos_between(m, 1, 4), chaos_between(m, 1, 3), chaos_between(m, 1, 9),
                chaos_below(m, 9), chaos_between(m, 1, 3), chaos_between(m, 1, 20),
                windows[chaos_below(m, 3)], chaos_below(m, 500), chaos_below(m, 300),
                chaos_below(m, 900), chaos_between(m, 1, 20), chaos_between(m, 1, 3),
                chaos_below(m, 300), chaos_between(m, 1, 50),
                chaos_chance(m, 70) ? "at_least_once" : "exactly_once", chaos_between(m, 1, 200));
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", failure: {mtbf: %ums}", chaos_between(m, 3000, 9000));
    }
    chaos_print(m, ", work: ");
    chaos_time(m);
    chaos_print(m, ", calls: [{call: %c%u, %s}]}\n", chaos_letter(m), chaos_last(m),
                chaos_chance(m, 60) ? "timeout: 3ms, optional: true" : "probability: 50%");
}

/* A stream, the function that reads it, and where both leave what they could not do. */
static void chaos_stream(struct chaos_maker *m)
{
    if (chaos_has(m, CHAOS_KEPT)) {
        chaos_print(m, "  kept: {type: sqs, retention: 1m}\n");
    }
    if (!chaos_has(m, CHAOS_EVENTS)) {
        return;
    }
    chaos_print(m, "  events: {type: kinesis, mode: %s, shards: %u, records: %u, put_latency: ",
                chaos_chance(m, 50) ? "on_demand" : "provisioned", chaos_between(m, 1, 3),
                chaos_between(m, 1, 20));
    chaos_time(m);
    chaos_print(m, ", on_demand: {delay: 1s}, poll: %ums, reshard: 1s", chaos_between(m, 1, 50));
    chaos_timed(m, "polled");
    chaos_timed(m, "pushed");
    if (chaos_chance(m, 50)) {
        chaos_print(m, ", keys: zipf(n=%u s=1)", chaos_between(m, 1, 9));
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", shard: {write_records: %u/s, reads: %u/s}", chaos_between(m, 1, 99),
                    chaos_between(m, 1, 99));
    }
    chaos_print(m, "%s}\n  eater: {", chaos_chance(m, 40) ? ", enhanced_fan_out: [eater]" : "");
    chaos_provisioned(m);
    chaos_print(m,
                ", trigger: {from: events, batch: %u, window: %us, parallelization_factor: %u, "
                "maximum_retry_attempts: %u, retry_wait: %ums, "
                "bisect_batch_on_function_error: %s, report_batch_item_failures: %s",
                chaos_between(m, 1, 20), chaos_below(m, 2), chaos_between(m, 1, 3),
                chaos_below(m, 4), chaos_below(m, 5), chaos_chance(m, 50) ? "true" : "false",
                chaos_chance(m, 50) ? "true" : "false");
    if (chaos_has(m, CHAOS_KEPT) && chaos_chance(m, 50)) {
        chaos_print(m, ", on_failure: kept");
    }
    chaos_print(m, "}, work: ");
    chaos_time(m);
    chaos_print(m, ", calls: [{call: %c%u, timeout: %ums}]}\n", chaos_letter(m), chaos_last(m),
                chaos_between(m, 1, 9));
    if (chaos_chance(m, 50)) {
        chaos_job(m);
    }
}

/* ", dead_letter: kept", where there is such a queue, sometimes. */
static void chaos_left_over(struct chaos_maker *m)
{
    if (chaos_has(m, CHAOS_KEPT) && chaos_chance(m, 50)) {
        chaos_print(m, ", dead_letter: kept");
    }
}

/* What delivers by itself, with few tries, so that the world comes to its end. */
static void chaos_messengers(struct chaos_maker *m)
{
    if (chaos_has(m, CHAOS_NEWS)) {
        chaos_print(m,
                    "  news: {type: sns, batch: %u, subscriptions: [{to: %c%u, protocol: http, "
                    "filter: %u%%, retries: %u, min_delay: 1s, max_delay: 1s, timeout: 1s",
                    chaos_between(m, 1, 3), chaos_letter(m), chaos_last(m),
                    chaos_between(m, 1, 100), chaos_below(m, 3));
        if (chaos_chance(m, 50)) {
            chaos_print(m, ", max_receives: %u/s", chaos_between(m, 50, 500));
        }
        chaos_left_over(m);
        chaos_print(m, "}%s]", chaos_has(m, CHAOS_KEPT) ? ", {to: kept.send}" : "");
        chaos_timed(m, "publish_latency");
        chaos_timed(m, "delivery_latency");
        chaos_print(m, "}\n");
    }
    if (chaos_has(m, CHAOS_BUS)) {
        chaos_print(m,
                    "  bus: {type: eventbridge, entries: %u, retry: {first_wait: 1ms, most_wait: "
                    "1s}, rules: [{to: [%c%u], match: %u%%, max_retry_attempts: %u",
                    chaos_between(m, 1, 3), chaos_letter(m), chaos_last(m),
                    chaos_between(m, 1, 100), chaos_below(m, 4));
        if (m->type[chaos_last(m)] != CHAOS_FUNCTION && chaos_chance(m, 50)) {
            chaos_print(m, ", api_destination: true, invocation_rate: %u/s",
                        chaos_between(m, 50, 500));
        }
        chaos_left_over(m);
        chaos_print(m, "}%s]", chaos_has(m, CHAOS_NEWS) ? ", {to: [news.publish]}" : "");
        chaos_timed(m, "put_latency");
        chaos_timed(m, "latency");
        chaos_print(m, "}\n");
    }
    if (chaos_has(m, CHAOS_LAKE)) {
        chaos_print(m,
                    "  lake: {type: s3, storage_class: %s, object_size: %u kB, partition_writes: "
                    "%u/s, partition_reads: %u/s, bulk: {request: 1 MiB, connections: %u}",
                    chaos_chance(m, 50) ? "standard" : "intelligent_tiering",
                    chaos_between(m, 10, 20000), chaos_between(m, 10, 500),
                    chaos_between(m, 10, 500), chaos_between(m, 1, 20));
        chaos_timed(m, "first_byte");
        chaos_timed(m, "put_latency");
        if (chaos_has(m, CHAOS_KEPT)) {
            chaos_print(m, ", events: {created: kept.send%s, duplicates: 10%%, delay: 1ms}",
                        chaos_has(m, CHAOS_BUS) ? ", removed: bus.put_events" : "");
        }
        chaos_print(m, "}\n");
    }
}

static void chaos_paths(struct chaos_maker *m)
{
    if (chaos_has(m, CHAOS_NAT)) {
        chaos_print(m,
                    "  nat: {type: nat_gateway, ports: %u, port_hold: %ums, keep_alive: %s, "
                    "requests: %u, bandwidth: 1 Mbit/s, packets: 1k/s, latency: ",
                    chaos_between(m, 1, 9), chaos_below(m, 9),
                    chaos_chance(m, 50) ? "true" : "false", chaos_between(m, 1, 5));
        chaos_time(m);
        chaos_print(m, "}\n");
    }
    if (chaos_has(m, CHAOS_OFFICES)) {
        chaos_print(m,
                    "  offices: {type: vpn, gateway: %s, connections: %u, tunnel: {bandwidth: "
                    "1 Mbit/s, packets: %u/s}, loss: %u%%",
                    chaos_chance(m, 50) ? "transit" : "virtual_private", chaos_between(m, 1, 2),
                    chaos_between(m, 100, 2000), chaos_below(m, 20));
        chaos_timed(m, "rtt");
        chaos_timed(m, "reroute");
        if (chaos_chance(m, 50)) {
            chaos_print(m,
                        ", dead_peer: {interval: 1s, timeout: 1s}, failure: {mtbf: "
                        "exponential(1s), duration: exponential(%ums)}",
                        chaos_between(m, 1, 900));
        }
        chaos_print(m, "}\n");
    }
    if (chaos_has(m, CHAOS_HOMES)) {
        chaos_print(m,
                    "  homes: {type: vpn, kind: client, users: zipf(n=%u s=0.2), connected: "
                    "%u%%, associations: 1, connect: ",
                    chaos_between(m, 1, 50), chaos_below(m, 101));
        chaos_time(m);
        chaos_print(m, "%s}\n", chaos_has(m, CHAOS_PEOPLE) ? ", authenticate: people" : "");
    }
    if (chaos_has(m, CHAOS_NET)) {
        chaos_print(m,
                    "  net: {type: vpc, outside: [%c%u], subnets: [{name: front, services: [f0], "
                    "public: true}], security_groups: [{name: any, services: [f0], internet: "
                    "true}], rtt: {same_zone: ",
                    chaos_letter(m), chaos_last(m));
        chaos_time(m);
        chaos_print(m, ", internet: ");
        chaos_time(m);
        chaos_print(m, "}}\n");
    }
}

/* A job that reads and writes the bucket, and queries. */
static void chaos_engines(struct chaos_maker *m)
{
    if (!chaos_has(m, CHAOS_LAKE)) {
        return;
    }
    chaos_print(
        m,
        "  etl: {type: glue, workers: %u, auto_scaling: %s, max_concurrent: %u, "
        "%s, failures: %u%%, input: %u kB, file_size: 1 kB, split: 1 MiB, open_cost: %u kB, "
        "file_time: 1ms, batches: %u, partitions: %u, attempts: {count: %u, wait: 1ms, "
        "cap: 3ms}, source: lake%s",
        chaos_between(m, 2, 9), chaos_chance(m, 50) ? "true" : "false", chaos_between(m, 1, 4),
        chaos_chance(m, 50) ? "queuing: true, queue_time: 1s" : "max_retries: 2",
        chaos_below(m, 60), chaos_below(m, 30), chaos_between(m, 0, 999), chaos_between(m, 1, 4),
        chaos_below(m, 300), chaos_between(m, 1, 4), chaos_chance(m, 50) ? ", sink: lake" : "");
    chaos_timed(m, "start");
    chaos_timed(m, "driver_time");
    chaos_timed(m, "catalog_latency");
    chaos_print(m, "}\n  sql: {type: athena, scanned: %u kB, scan_rate: 1 MB/s, %s: %u, ",
                chaos_below(m, 30), chaos_chance(m, 50) ? "capacity" : "partitions",
                4 * chaos_between(m, 1, 3));
    chaos_print(m, "catalog: etl, source: lake, results: lake, attempts: {count: %u, wait: ",
                chaos_between(m, 1, 4));
    chaos_time(m);
    chaos_print(m, "}");
    chaos_timed(m, "startup");
    if (chaos_chance(m, 40)) {
        chaos_print(
            m, ", reuse: {max_age: 1min, queries: zipf(n=%u s=1), time: ", chaos_between(m, 1, 9));
        chaos_time(m);
        chaos_print(m, "}");
    }
    chaos_print(m, "}\n");
}

static void chaos_bricks(struct chaos_maker *m)
{
    chaos_print(m,
                "  bricks: {type: databricks, at_start: %s, cluster_start: %ums, worker_start: "
                "%ums, min_workers: %u, max_workers: %u, queue: %u, auto_stop: %us, spot: "
                "{share: %u%%, interruptions: 0.3/s, lost: 100ms}, operations: {command: {work: ",
                chaos_chance(m, 50) ? "running" : "stopped", chaos_below(m, 3000),
                chaos_below(m, 3000), chaos_between(m, 1, 3), chaos_between(m, 3, 6),
                chaos_below(m, 99), chaos_below(m, 3), chaos_below(m, 101));
    chaos_time(m);
    chaos_print(m, ", calls: [{call: %c%u, timeout: %ums}]}}}\n", chaos_letter(m), chaos_last(m),
                chaos_between(m, 1, 9));
}

static void chaos_feed(struct chaos_maker *m)
{
    if (!chaos_has(m, CHAOS_FEED)) {
        return;
    }
    chaos_print(m, "  book: {type: aurora_serverless, max_capacity: 2 ACU, pages: 0, query_work: ");
    chaos_time(m);
    chaos_print(m,
                "}\n  feed: {type: dms, source: book, target: %c%u, capture_latency: 500ms, "
                "cdc_max_batch_interval: %us, cdc_min_file_size: %u kB, change_rate: %u/s, "
                "tables: %u, memory_limit_total: 1 MiB, row_errors: %u%%, rows_per_write: %u, "
                "recoverable_error_interval: 100ms, recoverable_error_interval_max: 1h",
                chaos_letter(m), chaos_last(m), chaos_between(m, 1, 3), chaos_between(m, 1, 99),
                chaos_between(m, 20, 2000), chaos_between(m, 1, 5), chaos_below(m, 101),
                chaos_between(m, 1, 9));
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", failure: {mtbf: exponential(1min), failover: 1s, replacement: 2s}");
    }
    if (chaos_chance(m, 30)) {
        chaos_print(m, ", full_load: {size: %u MB, max_file_size: 1 MB, max_sub_tasks: %u}",
                    chaos_between(m, 1, 40), chaos_between(m, 1, 4));
    }
    chaos_print(m, "}\n");
    chaos_bricks(m);
}

/* ---- the world ---- */

static void chaos_plan_front(struct chaos_maker *m, uint32_t front)
{
    struct chaos_clouds *c = m->clouds;
    const char **operations = c->operations[front];
    c->front[front] = (enum chaos_front)chaos_below(m, CHAOS_FRONTS);
    if (c->front[front] == CHAOS_GATE && chaos_chance(m, 50)) {
        operations[0] = ".r0";
        operations[1] = ".r1";
    } else if (c->front[front] == CHAOS_GROUPS && chaos_chance(m, 50)) {
        operations[0] = ".first";
        operations[1] = ".second";
    } else if (c->front[front] == CHAOS_CDN) {
        for (uint32_t i = 0; i < m->count; i++) {
            if (m->operations[i] && !m->copied[i]) {
                c->origin = i;
                operations[0] = ".a";
                operations[1] = ".b";
            }
        }
    }
}

static void chaos_cloud_plan(struct chaos_maker *m)
{
    struct chaos_clouds *c = m->clouds;
    m->count = m->count < 2 ? 2 : m->count; /* the services of zeroes are servers */
    c->fronts = chaos_between(m, 1, CHAOS_FRONTS_MAX);
    for (uint32_t i = 0; i < c->fronts; i++) {
        chaos_plan_front(m, i);
    }
    for (uint32_t i = 0; i < CHAOS_BESIDE; i++) {
        c->has[i] = chaos_chance(m, 40);
    }
    c->inside = true;
    c->next = c->fronts;
}

/* What the account may use is little. */
static void chaos_cloud_quotas(struct chaos_maker *m)
{
    if (chaos_chance(m, 50)) {
        chaos_print(m, "zones: %u\n", chaos_between(m, 2, 3));
    }
    if (chaos_chance(m, 50)) {
        chaos_print(m,
                    "quotas: {lambda: {concurrency: %u, unreserved: 0, requests_per_concurrency: "
                    "1000}, api_gateway: {rate: 400/s, burst: %u}, kms: {symmetric: {us_east_1: "
                    "50/s}, burst_time: 10ms}, identity: {user_authentication: 50/s, burst_time: "
                    "10ms}, xray: {segments: 50/s, burst_time: 10ms}, cloudwatch: {log_calls: "
                    "{us_east_1: 50/s}, burst_time: 10ms}, fargate: {launch: {rate: 1/s, burst: "
                    "1}}, aws_cli: {ecs: {rate: 1/s, burst: 1}}, glue: {job_runs: %u, dpus: %u, "
                    "catalog: 20/s}, athena: {active_dml: {us_east_1: %u}, starts: 50/s}}\n",
                    chaos_between(m, 60, 90), chaos_between(m, 1, 6), chaos_between(m, 1, 3),
                    chaos_between(m, 9, 20), chaos_between(m, 1, 9));
    }
}

static void chaos_cloud_services(struct chaos_maker *m)
{
    struct chaos_clouds *c = m->clouds;
    for (uint32_t i = 0; i < c->fronts; i++) {
        chaos_front(m, i);
    }
    c->inside = false;
    chaos_observers(m);
    chaos_ops(m);
    chaos_identities(m);
    chaos_stream(m);
    chaos_messengers(m);
    chaos_feed(m);
    chaos_paths(m);
    chaos_engines(m);
    c->inside = true;
}

static void chaos_cloud_traffic(struct chaos_maker *m)
{
    for (uint32_t i = 0; i < 2; i++) {
        chaos_print(m, "  u%u: {to: ", i);
        chaos_cloud_any(m);
        chaos_print(m, ", rate: [[0s, %u/s], [%dms, 0/s]]", chaos_between(m, 20, 500),
                    CHAOS_TRAFFIC_ENDS_MS);
        chaos_patience(m);
        chaos_print(m, "}\n");
    }
    static const char *const lake[] = {"etl.start_job_run", "sql.query", "sql.ddl"};
    for (uint32_t i = 0; chaos_has(m, CHAOS_LAKE) && i < 3; i++) {
        chaos_print(m, "  l%u: {to: %s, rate: [[0s, %u/s], [%dms, 0/s]]", i, lake[i],
                    chaos_between(m, 20, 200), CHAOS_TRAFFIC_ENDS_MS);
        chaos_patience(m);
        chaos_print(m, "}\n");
    }
}

/* The text of world `seed`, which lasts so long; to be freed. */
static char *chaos_text(uint64_t seed, uint32_t seconds, struct chaos_maker *m)
{
    char *text;
    size_t size;
    struct chaos_clouds clouds = {0};
    *m = (struct chaos_maker){.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    m->clouds = seed >= CHAOS_CLOUDS_FROM ? &clouds : NULL;
    m->out = open_memstream(&text, &size);
    chaos_below(m, 2);
    m->loops = chaos_chance(m, 35);
    m->cancels = chaos_chance(m, 75);
    m->hedges = chaos_chance(m, 75);
    chaos_print(m,
                "archsim: 1\nname: chaos\nreplications: 1\nduration: %us\ndrain: 1s\n"
                "warmup: %s\n",
                seconds, chaos_chance(m, 60) ? "0s" : "20ms");
    m->clouds != NULL ? chaos_cloud_quotas(m) : chaos_quotas(m);
    chaos_print(m, "services:\n");
    chaos_plan(m);
    if (m->clouds != NULL) {
        chaos_cloud_plan(m);
    }
    for (m->at = 0; m->at < m->count; m->at++) {
        chaos_service(m);
    }
    if (m->clouds != NULL) {
        chaos_cloud_services(m);
    }
    chaos_print(m, "traffic:\n");
    const uint32_t sources = chaos_between(m, 1, 3);
    for (uint32_t i = 0; i < sources; i++) {
        chaos_source(m, i);
    }
    if (m->clouds != NULL) {
        chaos_cloud_traffic(m);
    }
    m->clouds = NULL;
    fclose(m->out);
    return text;
}

#endif
