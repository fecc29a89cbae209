/* lambda_tables: what lambda.c knows as tables: runtimes, parameters, quotas, metrics, resources;
 * and what they say together. */
#ifndef ARCHSIM_MODELS_LAMBDA_TABLES_H
#define ARCHSIM_MODELS_LAMBDA_TABLES_H

#include <math.h>
#include <string.h>

#include "models/lambda_init.h"
#include "models/model.h"

#define SCALING_PAGE "Lambda Developer Guide, Lambda scaling behavior"
#define CONCURRENCY_PAGE "Lambda Developer Guide, Understanding Lambda function scaling"
#define QUOTAS_PAGE "Lambda Developer Guide, Lambda quotas"
#define LIFE_PAGE "Lambda Developer Guide, Lambda execution environment lifecycle"
#define ASYNC_PAGE "Lambda Developer Guide, error handling of asynchronous invocation"
#define SQS_PAGE "Lambda Developer Guide, scaling behavior for SQS event source mappings"
#define SQS_PARAMETERS_PAGE "Lambda Developer Guide, parameters for SQS event source mappings"
#define SQS_ERRORS_PAGE "Lambda Developer Guide, Handling errors for an SQS event source"
#define LAMBDA_PERF "maxday/lambda-perf, 2024 to 2026: hello world, up to 10 cold starts a day"
#define FIRST_RUN_FACTS "facts, first_run_extra_factor: Python, Node 2-4; Java, .NET 10-50"

/* As AWS names them, or the language where it is provided.al2023. Like: the one in lambda_init.h
 * that stands for it; another name is an estimate, the nearest of its family. Factor: how many
 * times longer the handler's own work takes in the first run of an environment: the lower ends of
 * what the facts say, and little for compiled code. */
#define LAMBDA_RUNTIMES(X)                \
    X("nodejs24.x", "nodejs22.x", 3)      \
    X("nodejs22.x", "nodejs22.x", 3)      \
    X("nodejs20.x", "nodejs22.x", 3)      \
    X("nodejs18.x", "nodejs18.x", 3)      \
    X("nodejs16.x", "nodejs16.x", 3)      \
    X("python3.14", "python3.14", 2)      \
    X("python3.13", "python3.12", 2)      \
    X("python3.12", "python3.12", 2)      \
    X("python3.11", "python3.12", 2)      \
    X("python3.10", "python3.9", 2)       \
    X("python3.9", "python3.9", 2)        \
    X("python3.8", "python3.8", 2)        \
    X("java25", "java21", 10)             \
    X("java21", "java21", 10)             \
    X("java17", "java21", 10)             \
    X("java11", "java11", 10)             \
    X("java8.al2", "java11", 10)          \
    X("dotnet10", "dotnet10", 10)         \
    X("dotnet8", "dotnet8", 10)           \
    X("dotnet6", "dotnet6", 10)           \
    X("ruby3.4", "ruby3.4", 3)            \
    X("ruby3.3", "ruby3.3", 3)            \
    X("ruby3.2", "ruby3.3", 3)            \
    X("provided.al2023", "go", 1.5)       \
    X("provided.al2", "go", 1.5)          \
    X("rust", "rust", 1.5)                \
    X("go", "go", 1.5)                    \
    X("cpp", "cpp", 1.5)                  \
    X("swift", "swift", 1.5)              \
    X("dotnet10_aot", "dotnet8_aot", 1.5) \
    X("dotnet8_aot", "dotnet8_aot", 1.5)  \
    X("dotnet7_aot", "dotnet7_aot", 1.5)  \
    X("graalvm", "graalvm", 1.5)          \
    X("quarkus", "quarkus", 1.5)          \
    X("bun", "bun", 3)                    \
    X("shell", "shell", 1.5)
#define LAMBDA_WORD(word, like, factor) " " word
#define LAMBDA_RUNTIME(word, like, factor) {like, factor},
static const struct lambda_runtime {
    const char *like;
    double first_run_factor;
} lambda_runtimes[] = {LAMBDA_RUNTIMES(LAMBDA_RUNTIME)};
static const char *const lambda_packages[] = {"zip", "image"};
static const char *const lambda_architectures[] = {"x86_64", "arm64"};

enum lambda_per { LAMBDA_PER_MESSAGE, LAMBDA_PER_BATCH };

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
        const struct distribution *extra_ns_dist;
    } first_run;
    const struct distribution *idle_timeout_ns_dist;
    int64_t max_age_ns;
    int64_t reserved_concurrency_count, provisioned_concurrency_count;
    struct {
        int64_t at_ns, preparation_ns;
        double rate_per_s;
    } provisioned;
    struct {
        int64_t burst_count;
        double rate_per_s;
    } scaling;
    struct {
        int64_t retry_attempts_count, max_event_age_ns;
        int64_t retry_wait_ns, throttle_wait_ns, throttle_wait_max_ns;
    } async;
    struct call_target dead_letter_target;
    struct {
        struct call_target from_target;
        int64_t batch_count, window_ns, max_concurrency_count, initial_count, most_count;
        double ramp_per_s;
        int per;
        bool report_batch_item_failures;
    } trigger;
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
                "python3.13, 3.11, 3.10, java25, 17, 8.al2, ruby3.2, dotnet10_aot and provided.* "
                "estimated by the nearest of the family")),
    CHOICE(package, "zip", "zip image", "how the code is deployed; images initialise more unevenly",
           DOCUMENTED("Lambda Developer Guide, Lambda deployment packages")),
    CHOICE(architecture, "x86_64", "x86_64 arm64", "instruction set; decides the init",
           DOCUMENTED("Lambda Developer Guide, instruction set architecture")),
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
    SERVICE_OPERATION(
        dead_letter, NONE, "send",
        "where asynchronous events go that are dropped (also: on-failure destination)",
        DOCUMENTED("Lambda Developer Guide, capturing records of asynchronous "
                   "invocations")),
    SOURCE(trigger.from, REQUIRED, "the queue that is polled for this function",
           DOCUMENTED(SQS_PARAMETERS_PAGE)),
    COUNT(trigger.batch, "10", "1..10k", "messages of one invocation; above 10 only with a window",
          DOCUMENTED(SQS_PARAMETERS_PAGE)),
    TIME(trigger.window, "0s", "0s..300s", "a batch that is not full waits so long for more",
         DOCUMENTED(SQS_PARAMETERS_PAGE)),
    COUNT(trigger.max_concurrency, NONE, "2..1000", "batches at a time, at most",
          DOCUMENTED(SQS_PAGE)),
    COUNT(trigger.initial, "5", "1..", "batches at a time, at first and when traffic is low",
          DOCUMENTED(SQS_PAGE)),
    COUNT(trigger.most, "1250", "1..", "batches at a time, without max_concurrency",
          DOCUMENTED(SQS_PAGE)),
    RATE(trigger.ramp, "300/min", "1/min..1M/s",
         "further batches at a time, while messages are waiting",
         DOCUMENTED(SQS_PAGE "; taken as continuous, and the same on the way back")),
    CHOICE(trigger.per, "message", "message batch",
           "whether `work` and `calls` are for each message of a batch, in turn, or once for all",
           DEFINED("archsim language 1")),
    FLAG(trigger.report_batch_item_failures, "false",
         "messages before the one that fails are done; else all of the batch come again",
         DOCUMENTED(SQS_ERRORS_PAGE)),
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
          DOCUMENTED(CONCURRENCY_PAGE ": Lambda reserves 100 units for functions without any")),
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
                           "most requests at a time"},
    [LAMBDA_PROVISIONED_USED] = {"provisioned_concurrency_utilization", QUANTITY_RATIO,
                                 METRIC_VALUE, "provisioned environments in use, time average"},
    [LAMBDA_PROVISIONED_INVOCATIONS] = {"provisioned_concurrency_invocations", QUANTITY_COUNT,
                                        METRIC_VALUE, "runs on provisioned environments"},
    [LAMBDA_SPILLOVER] = {"provisioned_concurrency_spillover_invocations", QUANTITY_COUNT,
                          METRIC_VALUE, "runs on other ones, though some are provisioned"},
    [LAMBDA_ASYNC_AGE] = {"async_event_age", QUANTITY_TIME, METRIC_LATENCY,
                          "of asynchronous events, when a run begins"},
    [LAMBDA_ASYNC_DROPPED] = {"async_events_dropped", QUANTITY_COUNT, METRIC_VALUE,
                              "asynchronous events given up in the window"},
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

#define LAMBDA_MS 1e6 /* ns */
#define LAMBDA_WINDOW_LEAST_NS INT64_C(1000000000)
enum { LAMBDA_BATCH_PLAIN = 10 }; /* more messages need a window */

static const char *lambda_check(const void *params)
{
    const struct lambda_params *p = params;
    if (p->reserved_concurrency_count >= 0 &&
        p->provisioned_concurrency_count > p->reserved_concurrency_count) {
        return "provisioned_concurrency: more than `reserved_concurrency`";
    }
    if (p->provisioned.at_ns >= 0 && p->provisioned_concurrency_count == 0) {
        return "provisioned: there is no `provisioned_concurrency`";
    }
    if (p->trigger.batch_count > LAMBDA_BATCH_PLAIN &&
        p->trigger.window_ns < LAMBDA_WINDOW_LEAST_NS) {
        return "trigger.batch: more than 10 messages need a `window` of 1s or more";
    }
    return NULL;
}

/* PutFunctionConcurrency and PutProvisionedConcurrencyConfig refuse what the account has not. */
static inline const char *lambda_check_together(const void *quotas, const void *const *params,
                                                uint32_t count)
{
    const struct lambda_quotas *q = quotas;
    int64_t reserved = 0, provisioned = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct lambda_params *p = params[i];
        if (p->reserved_concurrency_count >= 0) {
            reserved += p->reserved_concurrency_count;
        } else {
            provisioned += p->provisioned_concurrency_count;
        }
    }
    const struct lambda_params *last = params[count - 1];
    if (last->reserved_concurrency_count >= 0 &&
        reserved > q->concurrency_count - q->unreserved_count) {
        return "reserved_concurrency: with the other functions' it is more than the account's "
               "`quotas: {lambda: {concurrency}}` less the 100 that stay unreserved";
    }
    if (provisioned > q->concurrency_count - reserved) {
        return "provisioned_concurrency: with the other functions' it is more than the account's "
               "`quotas: {lambda: {concurrency}}`";
    }
    return NULL;
}

/* "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds" is what
 * CreateEventSourceMapping answers; batches of FIFO queues: SQS_PARAMETERS_PAGE. */
static const char *lambda_check_source(const void *params, const struct source_terms *terms)
{
    const struct lambda_params *p = params;
    if (terms->hold_ns < p->timeout_ns) {
        return "timeout: longer than the visibility_timeout of the queue, which AWS refuses: it "
               "should be a sixth of it";
    }
    if (terms->ordered && p->trigger.batch_count > LAMBDA_BATCH_PLAIN) {
        return "trigger.batch: of a FIFO queue at most 10 messages";
    }
    if (terms->ordered && p->trigger.window_ns > 0) {
        return "trigger.window: there is none for a FIFO queue";
    }
    return NULL;
}

/* Another architecture stands in where one was not measured (quarkus on arm64). */
static const struct lambda_init *lambda_find(const struct lambda_params *p)
{
    const struct lambda_init *found = NULL;
    for (size_t i = 0; i < sizeof(lambda_inits) / sizeof(lambda_inits[0]); i++) {
        const struct lambda_init *init = &lambda_inits[i];
        if (strcmp(init->runtime, lambda_runtimes[p->runtime].like) == 0 &&
            strcmp(init->package, lambda_packages[p->package]) == 0 &&
            (found == NULL ||
             strcmp(init->architecture, lambda_architectures[p->architecture]) == 0)) {
            found = init;
        }
    }
    return found;
}

/* The init hardly depends on the memory, so that the nearest size that was measured stands for it;
 * the first run does, and goes with a power of it, up to the largest. */
static void lambda_measure(const struct lambda_params *p, struct distribution *init_ns,
                           struct distribution *first_ns)
{
    const struct lambda_init *init = lambda_find(p);
    const double memory_mib =
        fmin(init->sizes[LAMBDA_INIT_SIZES - 1].memory_mib, (double)p->memory_bytes / (1 << 20));
    uint32_t high = 1;
    while (memory_mib > init->sizes[high].memory_mib) {
        high++;
    }
    const double low_mib = init->sizes[high - 1].memory_mib;
    const double share = log(memory_mib / low_mib) / log(init->sizes[high].memory_mib / low_mib);
    const double low_ms = init->sizes[high - 1].first_ms;
    const struct distribution init_ms = distribution_quantiles(
        lambda_init_points, init->sizes[share > 0.5 ? high : high - 1].init_ms, LAMBDA_INIT_POINTS);
    *init_ns = p->init_ns_dist != NULL ? *p->init_ns_dist : distribution_scale(&init_ms, LAMBDA_MS);
    *first_ns = p->first_run.extra_ns_dist != NULL
                    ? *p->first_run.extra_ns_dist
                    : distribution_constant(LAMBDA_MS * low_ms *
                                            pow(init->sizes[high].first_ms / low_ms, share));
}

static double lambda_vcpus(const struct lambda_params *p, int64_t memory_bytes)
{
    return fmin(p->threads, (double)memory_bytes / (double)p->memory_per_vcpu_bytes);
}

/* So many times longer `work` takes than it says. */
static double lambda_slowness(const struct lambda_params *p)
{
    const double said = p->work_memory_bytes >= 0 ? lambda_vcpus(p, p->work_memory_bytes) : 1;
    return said / lambda_vcpus(p, p->memory_bytes);
}

#endif
