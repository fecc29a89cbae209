/* lambda_tables: what lambda.c knows as tables: parameters, quotas, metrics, resources. The
 * runtimes are in lambda_runtimes.h, what does not fit together in lambda_checks.h. */
#ifndef ARCHSIM_MODELS_LAMBDA_TABLES_H
#define ARCHSIM_MODELS_LAMBDA_TABLES_H

#include "models/lambda_runtimes.h"
#include "models/model.h"
#include "models/scaling.h"
#include "models/trigger.h"

#define SCALING_PAGE "Lambda Developer Guide, Lambda scaling behavior"
#define CONCURRENCY_PAGE "Lambda Developer Guide, Understanding Lambda function scaling"
#define QUOTAS_PAGE "Lambda Developer Guide, Lambda quotas"
#define LIFE_PAGE "Lambda Developer Guide, Lambda execution environment lifecycle"
#define ASYNC_PAGE "Lambda Developer Guide, error handling of asynchronous invocation"
#define SNAP_PAGE "Lambda Developer Guide, Improving startup performance with Lambda SnapStart"
#define DESTINATIONS_PAGE "Lambda Developer Guide, capturing records of asynchronous invocations"
#define FIRST_RUN_FACTS "facts, first_run_extra_factor: Python, Node 2-4; Java, .NET 10-50"

struct lambda_params {
    int64_t memory_bytes, memory_per_vcpu_bytes, work_memory_bytes;
    double threads;
    int runtime, package, architecture;
    int64_t timeout_ns;
    const struct distribution *overhead_ns_dist;
    const struct distribution *placement_ns_dist, *init_ns_dist, *app_init_ns_dist;
    int64_t init_limit_ns;
    struct {
        double factor;
        int64_t most_ns;
        const struct distribution *extra_ns_dist;
    } first_run;
    const struct distribution *idle_timeout_ns_dist;
    int64_t max_age_ns;
    int64_t reserved_concurrency_count, provisioned_concurrency_count;
    struct {
        int64_t at_ns, preparation_ns;
        double rate_per_s, target_ratio;
        int64_t min_count, max_count;
    } provisioned;
    struct list schedule_list;
    struct scaling_alarm alarm;
    struct scaling_cooldown cooldown;
    bool scale_in;
    int64_t update_ns;
    struct {
        int64_t burst_count;
        double rate_per_s;
    } scaling;
    struct {
        int64_t retry_attempts_count, max_event_age_ns;
        int64_t retry_wait_ns, throttle_wait_ns, throttle_wait_max_ns;
    } async;
    struct {
        int64_t sync_bytes, async_bytes;
    } payload_max;
    struct call_target dead_letter_target, on_failure_target, on_success_target;
    struct trigger_params trigger;
    bool snap_start, vpc;
    int64_t ephemeral_storage_bytes;
    const struct distribution *restore_ns_dist, *vpc_delay_ns_dist;
};

#define PARAMS struct lambda_params
static const struct param lambda_params[] = {
    SIZE(memory, "512 MiB", "128 MiB..10240 MiB",
         "of an environment; its CPU share is in proportion",
         ASSUMED("a usual size; AWS's own default is 128 MB (Lambda quotas)")),
    SIZE(memory_per_vcpu, "1769 MiB", "1 MiB..", "memory at which an environment has one vCPU",
         DOCUMENTED("Lambda Developer Guide, Configure Lambda function memory")),
    SIZE(work_memory, NONE, "128 MiB..10240 MiB",
         "memory at which `work` was measured; not given: `work` is CPU time on one full vCPU",
         DEFINED("archsim language 1")),
    NUMBER(threads, "1", "1..6", NULL,
           "vCPUs that the handler can use at once; 1 gains nothing above 1769 MiB",
           DEFINED("archsim language 1")),
    CHOICE(
        runtime, "nodejs22.x", LAMBDA_RUNTIMES(LAMBDA_WORD),
        "decides the init and the first run; compiled languages by their own names",
        ASSUMED("the init is measured for most (" LAMBDA_PERF "); for nodejs24.x, 20.x, "
                "python3.13, 3.11, 3.10, java25, 17, 8.al2, ruby3.2, dotnet10_aot, provided.* and "
                "quarkus on arm64 estimated by the nearest of the family")),
    CHOICE(package, "zip", "zip image", "how the code is deployed; images initialise more unevenly",
           DOCUMENTED("Lambda Developer Guide, Lambda deployment packages")),
    CHOICE(architecture, "x86_64", "x86_64 arm64",
           "instruction set; decides the init, `work` is the same",
           DOCUMENTED("Lambda Developer Guide, instruction set architecture: no factor of speed")),
    TIME(timeout, "3s", "1s..15min",
         "a run that takes longer ends as `timeout`, and its environment must initialise again",
         DOCUMENTED(QUOTAS_PAGE)),
    TIME_DIST(overhead, "lognormal(p50=5ms p99=30ms)", "0s..",
              "invoke path of every request: front end and placement; not in `duration`",
              ESTIMATED("facts, warm_overhead_ms: p50 5 ms, p99 20-50 ms")),
    TIME_DIST(placement, "lognormal(p50=120ms p99=384ms)", "0s..",
              "cold start before the init: placing, starting the microVM, fetching the code",
              ESTIMATED("facts, cold_platform_ms: median 120 ms, sigma 0.5; in no REPORT line")),
    TIME_DIST(init, NONE, "0s..",
              "init of an environment, without `app_init`; not given: measured for a hello world",
              MEASURED(LAMBDA_PERF)),
    TIME_DIST(app_init, "0s", "0s..",
              "the function's own init on top: clients, imports; real ones take 200ms and more",
              ASSUMED_UNLESS("init", "nothing but the runtime's, unless `init` says all; facts, "
                                     "app_init_ms: 200 ms for a small one, 3 to 8 s for Spring")),
    TIME(init_limit, "10s", "1ms..15min",
         "an init that takes longer is cut off and done anew in the run, under its timeout",
         DOCUMENTED(LIFE_PAGE)),
    NUMBER(first_run.factor, NONE, "1..1000", NULL,
           "so many times longer `work` takes in the first run; not given: 1.5 to 10 by runtime",
           ESTIMATED(FIRST_RUN_FACTS)),
    TIME(first_run.most, "1s", "0s..15min",
         "the factor adds at most so much to a piece of work: code is loaded and compiled once",
         ESTIMATED("facts, first_run_extra_factor: measured of some ms of work, at most 50 times")),
    TIME_DIST(first_run.extra, NONE, "0s..",
              "further time of the first run; not given: as measured for a hello world",
              MEASURED(LAMBDA_PERF "; its whole first run")),
    TIME_DIST(idle_timeout, "10min", "0s..",
              "an idle environment is reclaimed after so long; the last used serves first",
              MEASURED("theburningmonk.com 2017-06, N. Malishev: 5 to 60 min; unpublished")),
    TIME(max_age, "2h", "1s..", "an environment as old as that is gone after its request",
         RECALLED("facts, max_age: published measurements")),
    COUNT(reserved_concurrency, NONE, "0..",
          "requests at a time, of this function alone: kept for it, and no more",
          DOCUMENTED(CONCURRENCY_PAGE)),
    COUNT(provisioned_concurrency, "0", "0..100k",
          "environments that are always initialised; beyond them on-demand ones serve",
          DOCUMENTED(CONCURRENCY_PAGE)),
    TIME(provisioned.at, NONE, "0s..",
         "when it is asked for, in the time of the scenario; not given: long before",
         DEFINED("archsim language 1")),
    TIME(provisioned.preparation, "90s", "0s..", "before its allocation begins",
         DOCUMENTED(CONCURRENCY_PAGE ": a minute or two")),
    RATE(provisioned.rate, "6000/min", "1/min..1M/s",
         "environments that are allocated; none is usable until all are",
         DOCUMENTED(CONCURRENCY_PAGE)),
    RATIO(provisioned.target, NONE, "10%..90%",
          "provisioned_concurrency_utilization that target tracking aims at",
          DOCUMENTED(CONCURRENCY_PAGE ": 0.1 to 0.9, 0.7 is usual; the average of a minute")),
    COUNT(provisioned.min, NONE, "0..100k",
          "the least that scaling leaves; not given: what is there",
          DOCUMENTED("Application Auto Scaling, RegisterScalableTarget")),
    COUNT(provisioned.max, NONE, "0..100k", "the most that it asks for; not given: what is there",
          DOCUMENTED("Application Auto Scaling, RegisterScalableTarget")),
    SCALING_SCHEDULE_ROW(scaling_action),
    SCALING_ALARM_ROWS,
    SCALING_COOLDOWN_ROWS("0s"),
    SCALING_IN_ROW,
    TIME(update, "5s", "0s..10min",
         "an update of the code goes on for so long; until then another is refused",
         RECALLED("facts: LastUpdateStatus InProgress, typically 1 to 10 s")),
    COUNT(scaling.burst, "1000", "1..", "new environments at once, from a full bucket",
          DOCUMENTED(SCALING_PAGE ": 1,000 every 10 seconds, refilled continuously")),
    RATE(scaling.rate, "100/s", "1/min..1M/s", "new environments after that, continuously",
         DOCUMENTED(SCALING_PAGE ": 1,000 every 10 seconds, refilled continuously")),
    COUNT(async.retry_attempts, "2", "0..2",
          "further attempts of an asynchronous event whose run failed", DOCUMENTED(ASYNC_PAGE)),
    TIME(async.max_event_age, "6h", "60s..6h", "an event that is older is dropped",
         DOCUMENTED(ASYNC_PAGE)),
    TIME(async.retry_wait, "1min", "0s..", "before the first retry; before the second twice that",
         DOCUMENTED(ASYNC_PAGE)),
    TIME(async.throttle_wait, "1s", "1ms..",
         "after an attempt that was throttled; each further time twice as long",
         DOCUMENTED(ASYNC_PAGE)),
    TIME(async.throttle_wait_max, "5min", "1ms..", "but no longer than that",
         DOCUMENTED(ASYNC_PAGE)),
    SIZE(payload_max.sync, "6 MiB", "1B..6MiB",
         "a request that carries more ends as `rejected` (413), where somebody waits for it",
         DOCUMENTED("Lambda API Reference, Invoke: 6 MB for synchronous invocations")),
    SIZE(payload_max.async, "1 MiB", "1B..1MiB", "likewise of an event, before it is in the queue",
         DOCUMENTED("Lambda API Reference, Invoke: 1 MB for asynchronous invocations")),
    SERVICE_OPERATION(dead_letter, NONE, "send",
                      "dead-letter queue of asynchronous events that are given up",
                      DOCUMENTED(DESTINATIONS_PAGE)),
    SERVICE_OPERATION(on_failure, NONE, "send",
                      "destination of asynchronous events that are given up",
                      DOCUMENTED(DESTINATIONS_PAGE)),
    SERVICE_OPERATION(on_success, NONE, "send",
                      "destination of asynchronous events whose run was good",
                      DOCUMENTED(DESTINATIONS_PAGE)),
    FLAG(snap_start, "false", "new environments are restored from a snapshot, and need no init",
         DOCUMENTED(SNAP_PAGE)),
    TIME_DIST(restore, NONE, "0s..",
              "with snap_start: the restore; not given: as measured for a hello world on java21",
              MEASURED(LAMBDA_PERF "; assumed for other runtimes; real ones: above 1 s (facts)")),
    SIZE(ephemeral_storage, "512 MiB", "512 MiB..10240 MiB", "/tmp of an environment",
         DOCUMENTED(QUOTAS_PAGE)),
    FLAG(vpc, "false", "it is attached to a VPC",
         DOCUMENTED("Lambda Developer Guide, Giving functions access to resources in a VPC")),
    TIME_DIST(vpc_delay, "uniform(0ms 50ms)", "0s..", "with vpc: what that adds to a cold start",
              ESTIMATED("facts: 0 to 50 ms since 2019; the network interface is made at deploy")),
    TRIGGER_ROWS,
};

/* Of the account in the region. */
struct lambda_quotas {
    int64_t concurrency_count;
    double requests_per_concurrency;
    int64_t requests_burst_ns;
    int64_t unreserved_count;
};
#undef PARAMS
#define PARAMS struct lambda_quotas
static const struct param lambda_quotas[] = {
    COUNT(concurrency, "1000", "1..10M", "requests at a time, of all functions together",
          DOCUMENTED(QUOTAS_PAGE)),
    NUMBER(requests_per_concurrency, "10", "0.001..100000", NULL,
           "requests a second for each unit of concurrency, but for asynchronous events",
           DOCUMENTED(QUOTAS_PAGE ": of the account, reserved or provisioned; " CONCURRENCY_PAGE)),
    TIME(requests_burst, "1s", "1ms..1h",
         "the bucket of those requests holds so much of their rate",
         ASSUMED("AWS gives a rate per second only")),
    COUNT(unreserved, "100", "0..10M", "concurrency that no function may reserve",
          DOCUMENTED(CONCURRENCY_PAGE ": Lambda reserves 100 units for functions without any"),
          .larger_is_stricter = true),
};

enum lambda_metric {
    LAMBDA_COLD_START_RATIO,
    LAMBDA_COLD_START,
    LAMBDA_INIT_DURATION,
    LAMBDA_INVOCATIONS,
    LAMBDA_ERRORS,
    LAMBDA_THROTTLED,
    LAMBDA_DURATION,
    LAMBDA_CONCURRENT,
    LAMBDA_PROVISIONED_USED,
    LAMBDA_PROVISIONED_INVOCATIONS,
    LAMBDA_SPILLOVER,
    LAMBDA_ASYNC_AGE,
    LAMBDA_ASYNC_DROPPED,
    LAMBDA_ASYNC_RECEIVED,
    LAMBDA_UNRESERVED,
    LAMBDA_ITERATOR_AGE,
    LAMBDA_RECORDS_DROPPED,
};
static const struct metric lambda_metrics[] = {
    [LAMBDA_COLD_START_RATIO] = {"cold_start_ratio", QUANTITY_RATIO, METRIC_RATIO,
                                 "runs that waited for an init, of all runs"},
    [LAMBDA_COLD_START] = {"cold_start", QUANTITY_TIME, METRIC_LATENCY,
                           "what a cold start adds: placement, init and the slower first run"},
    [LAMBDA_INIT_DURATION] = {"init_duration", QUANTITY_TIME, METRIC_LATENCY,
                              "init of new environments, as in their REPORT lines"},
    [LAMBDA_INVOCATIONS] = {"invocations", QUANTITY_COUNT, METRIC_VALUE,
                            "runs in the window, good or not"},
    [LAMBDA_ERRORS] = {"function_errors", QUANTITY_COUNT, METRIC_VALUE,
                       "runs that failed or ran out of time"},
    [LAMBDA_THROTTLED] = {"throttles", QUANTITY_COUNT, METRIC_VALUE,
                          "attempts that were throttled in the window"},
    [LAMBDA_DURATION] = {"duration", QUANTITY_TIME, METRIC_LATENCY,
                         "of runs: the handler's time, nested calls included, init not"},
    [LAMBDA_CONCURRENT] = {"concurrent_executions", QUANTITY_COUNT, METRIC_MAX,
                           "most requests at a time", true},
    [LAMBDA_PROVISIONED_USED] = {"provisioned_concurrency_utilization", QUANTITY_RATIO,
                                 METRIC_VALUE, "provisioned environments in use, time average",
                                 true},
    [LAMBDA_PROVISIONED_INVOCATIONS] = {"provisioned_concurrency_invocations", QUANTITY_COUNT,
                                        METRIC_VALUE, "runs on provisioned environments"},
    [LAMBDA_SPILLOVER] = {"provisioned_concurrency_spillover_invocations", QUANTITY_COUNT,
                          METRIC_VALUE, "runs on other ones, though some are provisioned"},
    [LAMBDA_ASYNC_AGE] = {"async_event_age", QUANTITY_TIME, METRIC_LATENCY,
                          "of asynchronous events, when a run begins"},
    [LAMBDA_ASYNC_DROPPED] = {"async_events_dropped", QUANTITY_COUNT, METRIC_VALUE,
                              "asynchronous events given up in the window"},
    [LAMBDA_ASYNC_RECEIVED] = {"async_events_received", QUANTITY_COUNT, METRIC_VALUE,
                               "asynchronous events that came in the window"},
    [LAMBDA_UNRESERVED] = {"unreserved_concurrent_executions", QUANTITY_COUNT, METRIC_MAX,
                           "most requests at a time of all functions without reserved concurrency",
                           true},
    [LAMBDA_ITERATOR_AGE] = {"iterator_age", QUANTITY_TIME, METRIC_LATENCY,
                             "of a stream: age of the last record of a batch when its run begins"},
    [LAMBDA_RECORDS_DROPPED] = {"dropped_event_count", QUANTITY_COUNT, METRIC_VALUE,
                                "records of a stream given up in the window"},
};

enum lambda_resource {
    LAMBDA_ACCOUNT_CONCURRENCY,
    LAMBDA_RESERVED_CONCURRENCY,
    LAMBDA_ACCOUNT_REQUESTS,
    LAMBDA_POLLERS,
};
static const char *const lambda_resources[] = {
    [LAMBDA_ACCOUNT_CONCURRENCY] = "account concurrency",
    [LAMBDA_RESERVED_CONCURRENCY] = "reserved concurrency",
    [LAMBDA_ACCOUNT_REQUESTS] = "account requests",
    [LAMBDA_POLLERS] = "pollers",
};
enum lambda_control { LAMBDA_CODE, LAMBDA_RESERVE, LAMBDA_PROVISION };
static const char *const lambda_controls[] = {
    [LAMBDA_CODE] = "code",
    [LAMBDA_RESERVE] = "reserved_concurrency",
    [LAMBDA_PROVISION] = "provisioned_concurrency",
    NULL,
};

#endif
