/* fargate_tables: what fargate.c knows as tables: parameters, quotas, metrics, resources; and what
 * they say together. */
#ifndef ARCHSIM_MODELS_FARGATE_TABLES_H
#define ARCHSIM_MODELS_FARGATE_TABLES_H

#include "models/scaling.h"

#define TASK_SIZE_PAGE "ECS Developer Guide, Task CPU and memory"
#define SERVICE_PAGE "ECS API Reference, CreateService"
#define THROTTLING_PAGE "ECS Developer Guide, Fargate throttling quotas"
#define TASK_SPOT_PAGE "AWS re:Post, How do I handle Spot termination notices in Fargate Spot tasks"
#define PROVIDERS_PAGE "ECS Developer Guide, Fargate capacity providers"
#define DEPLOYMENT_PAGE "ECS API Reference, DeploymentConfiguration"
#define BREAKER_PAGE "ECS API Reference, DeploymentCircuitBreaker"
#define TASK_SCALING_PAGE "ECS Developer Guide, Target tracking scaling of services"
#define TASK_TOMCAT_PAGE "Apache Tomcat 10 Configuration Reference, The HTTP Connector"

enum fargate_metric {
    FARGATE_CPU_UTILIZATION,
    FARGATE_MEMORY_UTILIZATION,
    FARGATE_REQUEST_COUNT_PER_TARGET,
    FARGATE_RUNNING,
    FARGATE_PENDING,
    FARGATE_DESIRED,
    FARGATE_SPOT,
};
enum fargate_resource { FARGATE_MAXIMUM_TASKS, FARGATE_THREADS };
enum fargate_control { FARGATE_SET_DESIRED, FARGATE_DEPLOY };

struct fargate_params {
    double cpu;
    int64_t memory_bytes, memory_base_bytes, memory_per_request_bytes;
    int64_t threads_count, backlog_count;
    int64_t desired_count, min_count, max_count;
    const struct distribution *provisioning_ns_dist, *app_start_ns_dist;
    int64_t image_bytes;
    double pull_rate_bytes_per_s;
    double service_rate_per_s;
    int64_t deregistration_delay_ns, stop_timeout_ns;
    struct {
        double cpu_ratio, memory_ratio, requests_per_s;
    } target;
    SCALING_FIELDS;
    struct {
        int64_t base_count, on_demand_count, spot_count;
    } capacity_provider;
    struct {
        double interruptions_per_s, refused_ratio;
        int64_t notice_ns, retry_ns;
    } spot;
    struct {
        int64_t interval_ns, timeout_ns, grace_ns, threshold_count;
    } health_check;
    struct {
        double minimum_healthy_ratio, maximum_ratio, failure_ratio;
        int64_t healthy_after_ns;
        bool circuit_breaker, reset_on_healthy;
    } deployment;
    bool zone_rebalancing;
    int64_t rebalance_delay_ns;
    struct {
        const struct distribution *mtbf_ns_dist, *detection_ns_dist;
    } failure;
};

struct fargate_quotas {
    struct {
        double rate_per_s, spot_rate_per_s;
        int64_t burst_count, spot_burst_count;
    } launch;
};

#define PARAMS struct fargate_params
static const struct param fargate_params[] = {
    NUMBER(cpu, "1 vCPU", "0.25 vCPU..16 vCPU", "vCPU",
           "vCPUs of a task, shared by its requests, each on one at most",
           DOCUMENTED(TASK_SIZE_PAGE ": 0.25, 0.5, 1, 2, 4, 8, 16")),
    SIZE(memory, "2 GiB", "512 MiB..120 GiB", "of a task; what goes with its vCPUs",
         DOCUMENTED(TASK_SIZE_PAGE ": 1 vCPU goes with 2 to 8 GB in steps of 1")),
    SIZE(memory_base, NONE, "0B..120 GiB", "that a task needs without any request",
         ASSUMED("the user's application")),
    SIZE(memory_per_request, NONE, "1B..120 GiB",
         "that each request with a thread needs; beyond `memory` the task is killed (exit 137)",
         DOCUMENTED("ECS Developer Guide, Stopped task error codes: OutOfMemoryError, exit 137")),
    COUNT(threads, "200", "1..inf", "requests that a task works on, nested calls included",
          DOCUMENTED(TASK_TOMCAT_PAGE ", maxThreads")),
    COUNT(
        backlog, "8092", "0..inf",
        "requests that wait for a thread of a task; one more ends as `rejected`",
        DOCUMENTED(TASK_TOMCAT_PAGE ", maxConnections 8192 and acceptCount 100, less maxThreads")),
    COUNT(desired, "1", "0..5000", "tasks at the start, running and warmed up",
          DOCUMENTED(SERVICE_PAGE ", desiredCount; ECS service quotas, Tasks per service: 5,000")),
    COUNT(min, NONE, "0..5000", "tasks, at least, for the scalers; not given: `desired`",
          DOCUMENTED("Application Auto Scaling API Reference, RegisterScalableTarget")),
    COUNT(max, NONE, "1..5000", "tasks, at most, for the scalers; not given: `desired`",
          DOCUMENTED("Application Auto Scaling API Reference, RegisterScalableTarget")),
    TIME_DIST(provisioning, "lognormal(p50=20s p99=40s)", "0s..",
              "network interface and micro virtual machine, before the image",
              ESTIMATED("facts, start_base_s: published measurements, median 20 s, sigma 0.3")),
    SIZE(image, "200 MB", "1B..100 GB", "compressed; pulled anew by each task",
         ESTIMATED("facts, image_mb; no image cache between tasks of Fargate")),
    THROUGHPUT(pull_rate, "60 MB/s", "1 kB/s..", "at which the image is pulled and unpacked",
               ESTIMATED("facts, pull_rate: 20 to 150 MB/s")),
    TIME_DIST(app_start, "10s", "0s..", "of the container; then it is in service",
              ASSUMED("the user's application")),
    RATE(service_rate, "500/min", "1/day..", "tasks that the scheduler starts for one service",
         RECALLED("ECS service quotas, Rate of tasks launched by a service on Fargate")),
    TIME(deregistration_delay, "300s", "0s..3600s",
         "a task that stops finishes its requests for so long, then gets SIGTERM",
         DOCUMENTED("ELB User Guide for ALB, Target groups, Deregistration delay")),
    TIME(stop_timeout, "30s", "0s..120s", "from SIGTERM until SIGKILL, when what is left fails",
         DOCUMENTED(TASK_SPOT_PAGE ": stopTimeout, default 30 s, at most 120 s")),
    RATIO(target.cpu, NONE, "1%..100%", "CPU utilization that tracking aims at, mean of tasks",
          DOCUMENTED(TASK_SCALING_PAGE ", ECSServiceAverageCPUUtilization")),
    RATIO(target.memory, NONE, "1%..100%", "memory utilization that tracking aims at",
          DOCUMENTED(TASK_SCALING_PAGE ", ECSServiceAverageMemoryUtilization")),
    RATE(target.requests, NONE, "1/day..", "requests per task that tracking aims at",
         DOCUMENTED(TASK_SCALING_PAGE ", ALBRequestCountPerTarget")),
    SCALING_ALARM_ROWS,
    SCALING_IN_ROW,
    SCALING_COOLDOWN_ROWS("300s"),
    SCALING_STEP_LIST_ROWS(scaling_task_step),
    SCALING_SCHEDULE_ROW(scaling_action),
    SCALING_PREDICTIVE_ROWS,
    COUNT(capacity_provider.base, "0", "0..5000",
          "tasks that run on demand (FARGATE) before others",
          DOCUMENTED("ECS API Reference, CapacityProviderStrategyItem, base: default 0")),
    COUNT(capacity_provider.on_demand, "1", "0..1000", "weight of FARGATE beyond the base",
          DOCUMENTED("ECS API Reference, CapacityProviderStrategyItem, weight")),
    COUNT(capacity_provider.spot, "0", "0..1000", "weight of FARGATE_SPOT beyond the base",
          DOCUMENTED("ECS API Reference, CapacityProviderStrategyItem, weight: default 0")),
    RATE(spot.interruptions, "0.05/day", "0/s..", "of each Spot task",
         ESTIMATED("facts, spot_interruptions_per_task_day; AWS gives no figure")),
    RATIO(spot.refused, "0%", "0%..100%", "Spot launches for which a zone has no capacity",
          ESTIMATED("AWS gives no figure; tried in the other zones, never on demand")),
    TIME(spot.notice, "120s", "0s..120s", "from SIGTERM until a Spot task is gone; it drains",
         DOCUMENTED(TASK_SPOT_PAGE ": a two-minute warning")),
    TIME(spot.retry, "1min", "1s..", "after a launch that no zone had capacity for",
         ESTIMATED(PROVIDERS_PAGE ": retried until capacity is available; not how often")),
    TIME(health_check.interval, NONE, "1s..300s",
         "the service replaces tasks that fail the balancer's checks; not given: none",
         DOCUMENTED("ELB User Guide for ALB, Health checks: HealthCheckIntervalSeconds")),
    TIME(health_check.timeout, "5s", "1s..120s", "a check that waits so long for a thread fails",
         DOCUMENTED("ELB User Guide for ALB, Health checks: HealthCheckTimeoutSeconds, default 5")),
    COUNT(health_check.threshold, "2", "1..10", "failed checks in a row",
          DOCUMENTED("ELB User Guide for ALB, Health checks: UnhealthyThresholdCount, default 2")),
    TIME(health_check.grace, "0s", "0s..", "a new task is not replaced for so long",
         DOCUMENTED(SERVICE_PAGE ", healthCheckGracePeriodSeconds: default 0")),
    RATIO(deployment.minimum_healthy, "100%", "0%..100%",
          "of the desired tasks, rounded up, stay healthy while code is deployed",
          DOCUMENTED(DEPLOYMENT_PAGE ": minimumHealthyPercent, default 100")),
    RATIO(deployment.maximum, "200%", "100%..200%",
          "of the desired tasks, rounded down, may run or start while code is deployed",
          DOCUMENTED(DEPLOYMENT_PAGE ": maximumPercent, default 200")),
    TIME(deployment.healthy_after, "30s", "0s..",
         "from in service until a new task counts as healthy there",
         ESTIMATED("the balancer's first check: ELB User Guide, interval of 30 s by default")),
    RATIO(deployment.failure, "0%", "0%..100%", "new tasks that fail when they should serve",
          ESTIMATED("none, until the user says so; the control `code` deploys it")),
    FLAG(deployment.circuit_breaker, "false",
         "too many failed tasks end a deployment and roll it back",
         DOCUMENTED(BREAKER_PAGE ": enable, rollback; after 0.5 x desired failures, 3 to 200")),
    FLAG(deployment.reset_on_healthy, "true", "a task that succeeds resets the count of failures",
         DOCUMENTED(BREAKER_PAGE ", resetOnHealthyTask: default true")),
    FLAG(zone_rebalancing, "true", "where a zone has two tasks more than another, one moves",
         RECALLED("ECS Developer Guide, Availability Zone rebalancing: on for new services")),
    TIME(rebalance_delay, "1min", "1s..", "after the zones got out of balance",
         ESTIMATED("not documented; soon, against the minutes that scaling takes")),
    TIME_DIST(failure.mtbf, NONE, "0s..", "a task fails after so long; not given: never",
              ASSUMED("the user's application")),
    TIME_DIST(failure.detection, "0s", "0s..", "from a failure until the service starts another",
              ESTIMATED("facts, task_failure: a container's exit is seen at once")),
};
#undef PARAMS

#define PARAMS struct fargate_quotas
static const struct param fargate_quotas[] = {
    RATE(launch.rate, "20/s", "1/day..", "tasks that the account starts on demand",
         DOCUMENTED(THROTTLING_PAGE ": 20 a second")),
    COUNT(launch.burst, "100", "1..", "of them at once",
          DOCUMENTED(THROTTLING_PAGE ": bucket of 100")),
    RATE(launch.spot_rate, "20/s", "1/day..", "Spot tasks that the account starts",
         DOCUMENTED(THROTTLING_PAGE ": 20 a second")),
    COUNT(launch.spot_burst, "100", "1..", "of them at once",
          DOCUMENTED(THROTTLING_PAGE ": bucket of 100")),
};
#undef PARAMS

static const struct metric fargate_metrics[] = {
    [FARGATE_CPU_UTILIZATION] = {"cpu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                                 "busy vCPUs of the running tasks"},
    [FARGATE_MEMORY_UTILIZATION] = {"memory_utilization", QUANTITY_RATIO, METRIC_VALUE,
                                    "memory in use of the running tasks"},
    [FARGATE_REQUEST_COUNT_PER_TARGET] = {"request_count_per_target", QUANTITY_COUNT, METRIC_VALUE,
                                          "requests, by the mean number of tasks in service"},
    [FARGATE_RUNNING] = {"running_task_count", QUANTITY_COUNT, METRIC_VALUE,
                         "tasks in service or draining, mean over time", true},
    [FARGATE_PENDING] = {"pending_task_count", QUANTITY_COUNT, METRIC_VALUE,
                         "tasks that start, mean over time", true},
    [FARGATE_DESIRED] = {"desired_task_count", QUANTITY_COUNT, METRIC_VALUE,
                         "tasks that the service tries to have, mean over time", true},
    [FARGATE_SPOT] = {"running_spot_task_count", QUANTITY_COUNT, METRIC_VALUE,
                      "of those in service, the ones on Spot, mean over time", true},
};

static const char *const fargate_resources[] = {
    [FARGATE_MAXIMUM_TASKS] = "maximum tasks",
    [FARGATE_THREADS] = "threads",
};
static const char *const fargate_controls[] = {
    [FARGATE_SET_DESIRED] = "desired",
    [FARGATE_DEPLOY] = "code",
    NULL,
};
/* By SCALING_. */
static const char *const fargate_scaling_metrics[] = {
    [SCALING_CPU] = "cpu_utilization",
    [SCALING_MEMORY] = "memory_utilization",
    [SCALING_REQUESTS] = "request_count_per_target",
};

/* "Supported configurations" of the guide. */
struct fargate_size {
    double cpu;
    int64_t least_mib, most_mib, step_mib;
};
#define FARGATE_MIB INT64_C(1048576)
static const struct fargate_size fargate_sizes[] = {
    {0.25, 512, 2048, 512},    {0.5, 1024, 4096, 1024}, {1, 2048, 8192, 1024},
    {2, 4096, 16384, 1024},    {4, 8192, 30720, 1024},  {8, 16384, 61440, 4096},
    {16, 32768, 122880, 8192},
};
/* 512, 1024 and 2048 go with a quarter, but not what lies between the last two. */
enum { FARGATE_ODD_MIB = 1536 };

static const char *fargate_check_size(const struct fargate_params *p)
{
    for (size_t i = 0; i < sizeof(fargate_sizes) / sizeof(fargate_sizes[0]); i++) {
        const struct fargate_size *size = &fargate_sizes[i];
        if (p->cpu != size->cpu) {
            continue;
        }
        const bool fits = p->memory_bytes >= size->least_mib * FARGATE_MIB &&
                          p->memory_bytes <= size->most_mib * FARGATE_MIB &&
                          p->memory_bytes % (size->step_mib * FARGATE_MIB) == 0 &&
                          p->memory_bytes != FARGATE_ODD_MIB * FARGATE_MIB;
        return fits ? NULL
                    : "memory: does not go with `cpu`; GiB: 0.25: 0.5, 1, 2; 0.5: 1 to 4; 1: 2 to "
                      "8; 2: 4 to 16; 4: 8 to 30; 8: 16 to 60 by 4; 16: 32 to 120 by 8";
    }
    return "cpu: one of 0.25, 0.5, 1, 2, 4, 8, 16";
}

static int64_t fargate_min(const struct fargate_params *p)
{
    return p->min_count >= 0 ? p->min_count : p->desired_count;
}

static int64_t fargate_max(const struct fargate_params *p)
{
    return p->max_count >= 0 ? p->max_count : p->desired_count;
}

/* Its capacity follows the load, or the clock. */
static bool fargate_scales_with(const void *params)
{
    const struct fargate_params *p = params;
    return !isnan(p->target.cpu_ratio) || !isnan(p->target.memory_ratio) ||
           !isnan(p->target.requests_per_s) || p->steps_list.count > 0 ||
           p->schedule_list.count > 0 || !isnan(p->predictive.cpu_ratio);
}

static const char *fargate_check(const void *params)
{
    const struct fargate_params *p = params;
    const char *wrong = fargate_check_size(p);
    if (wrong != NULL) {
        return wrong;
    }
    if (p->memory_base_bytes > p->memory_bytes) {
        return "memory_base: more than `memory`";
    }
    if (!isnan(p->target.memory_ratio) && p->memory_per_request_bytes < 0) {
        return "target.memory: needs `memory_per_request`";
    }
    if (p->desired_count < fargate_min(p)) {
        return "min: more than `desired`";
    }
    if (p->desired_count > fargate_max(p)) {
        return "max: less than `desired`";
    }
    if (p->capacity_provider.on_demand_count + p->capacity_provider.spot_count == 0) {
        return "capacity_provider.on_demand: one of the weights must be above 0";
    }
    if (p->deployment.minimum_healthy_ratio >= 1 && p->deployment.maximum_ratio <= 1) {
        return "deployment.maximum: with `minimum_healthy` at 100 % nothing can be deployed";
    }
    return scaling_check(&p->steps_list, &p->schedule_list, &p->step, &p->predictive,
                         fargate_min(p), fargate_max(p));
}

#endif
