/* auto_scaling_group_tables: what auto_scaling_group.c knows as tables: parameters, metrics,
 * resources; and what they say together. */
#ifndef ARCHSIM_MODELS_AUTO_SCALING_GROUP_TABLES_H
#define ARCHSIM_MODELS_AUTO_SCALING_GROUP_TABLES_H

#include <math.h>

#include "models/auto_scaling_group_types.h"
#include "models/scaling.h"

#define TRACKING_PAGE "EC2 Auto Scaling User Guide, Target tracking scaling policies"
#define SCHEDULE_PAGE "EC2 Auto Scaling User Guide, Scheduled scaling"
#define PREDICT_PAGE "EC2 Auto Scaling User Guide, Predictive scaling"
#define LIMITS_PAGE "EC2 Auto Scaling User Guide, Set capacity limits"
#define HEALTH_PAGE "EC2 Auto Scaling User Guide, Health checks"
#define CHECKS_PAGE "ELB User Guide for ALB, Health checks for your target groups"
#define TOMCAT_PAGE "Apache Tomcat 10 Configuration Reference, The HTTP Connector"
#define TYPES_SOURCE "EC2 API, DescribeInstanceTypes (getmoto/moto, 2026-08)"
#define MIX_PAGE "EC2 Auto Scaling API Reference, InstancesDistribution"
#define POOL_PAGE "EC2 Auto Scaling API Reference, PutWarmPool"
#define HOOK_PAGE "EC2 Auto Scaling API Reference, PutLifecycleHook"

enum asg_pool { ASG_STOPPED, ASG_RUNNING, ASG_HIBERNATED };
enum asg_control { ASG_SET_DESIRED };
enum asg_metric {
    ASG_CPU_UTILIZATION,
    ASG_REQUEST_COUNT_PER_TARGET,
    ASG_DESIRED_CAPACITY,
    ASG_IN_SERVICE,
    ASG_PENDING,
    ASG_TERMINATING,
    ASG_SPOT,
    ASG_WARM_DESIRED,
    ASG_WARM_WARMED,
    ASG_NETWORK_IN,
    ASG_INTERRUPTED,
    ASG_FAILED,
    ASG_UNHEALTHY,
    ASG_BALANCED,
    ASG_ABANDONED,
    ASG_NO_CAPACITY,
};
enum asg_resource { ASG_MAXIMUM_SIZE, ASG_THREADS, ASG_NETWORK };

struct asg_action {
    int64_t at_ns, every_ns;
    int64_t min_count, max_count, desired_count;
};

struct auto_scaling_group_params {
    int instance_type;
    int64_t vcpu_count, memory_bytes, request_memory_bytes, threads_count, backlog_count;
    int64_t min_count, max_count, desired_count;
    const struct distribution *placement_ns_dist, *boot_ns_dist, *app_start_ns_dist;
    int64_t warmup_ns;
    int64_t deregistration_delay_ns;
    bool detailed_monitoring;
    int64_t cooldown_ns;
    struct {
        double cpu_ratio;
        double requests_per_s;
    } target;
    struct scaling_alarm alarm;
    bool scale_in;
    struct list steps_list, schedule_list;
    struct scaling_stepping step;
    struct scaling_predictive predictive;
    struct {
        int64_t base_count;
        double above_base_ratio;
    } on_demand;
    struct {
        double reclaimed_ratio;
        int64_t notice_ns;
        bool capacity_rebalance;
    } spot;
    struct {
        int state;
        int64_t min_size_count, max_prepared_count;
        bool reuse;
        const struct distribution *start_ns_dist, *join_ns_dist, *resume_ns_dist;
    } warm_pool;
    struct {
        const struct distribution *launching_ns_dist, *terminating_ns_dist;
        int64_t heartbeat_timeout_ns;
        int default_result;
    } lifecycle;
    struct {
        bool elb;
        int64_t interval_ns, timeout_ns, grace_ns;
        int64_t unhealthy_threshold_count;
    } health_check;
    struct {
        const struct distribution *mtbf_ns_dist, *detection_ns_dist;
    } failure;
    struct {
        double refused_ratio;
        int64_t retry_ns;
    } capacity;
    struct {
        int64_t delay_ns;
        double margin_ratio;
    } rebalance;
    struct {
        int64_t burst_for_ns;
    } network;
};

#define PARAMS struct scaling_step
static const struct param asg_step_rows[] = {
    SCALING_STEP_CPU_ROWS,
    SCALING_STEP_REST_ROWS,
};
#undef PARAMS
static const struct list_item asg_step_item = ITEM("step", asg_step_rows, struct scaling_step);

#define PARAMS struct asg_action
static const struct param asg_action_rows[] = {
    TIME(at, REQUIRED, "0s..", "from the beginning of the scenario's clock",
         DOCUMENTED(SCHEDULE_PAGE)),
    TIME(every, NONE, "1min..", "and again after that", DOCUMENTED(SCHEDULE_PAGE ", Recurrence")),
    COUNT(min, NONE, "0..10000", "from then on, in place of the group's",
          DOCUMENTED(SCHEDULE_PAGE)),
    COUNT(max, NONE, "0..10000", "from then on, in place of the group's",
          DOCUMENTED(SCHEDULE_PAGE)),
    COUNT(desired, NONE, "0..10000", "instances then", DOCUMENTED(SCHEDULE_PAGE)),
};
#undef PARAMS
static const struct list_item asg_action_item = ITEM("action", asg_action_rows, struct asg_action);

#define PARAMS struct auto_scaling_group_params
static const struct param auto_scaling_group_params[] = {
    CHOICE(instance_type, "m6i.large", INSTANCE_TYPES,
           "vCPUs, memory and network of an instance; T types are in unlimited mode",
           DOCUMENTED(TYPES_SOURCE)),
    COUNT(vcpu, NONE, "1..448",
          "in place of instance_type's, shared by requests; the network is then no limit",
          DOCUMENTED("EC2 User Guide, CPU options: m6i.large has 2")),
    SIZE(memory, NONE, "1MiB..", "of an instance, in place of instance_type's",
         DOCUMENTED(TYPES_SOURCE)),
    SIZE(request_memory, NONE, "1B..", "that a request holds: as many as fit get a thread",
         DEFINED("archsim language 1: an application's own")),
    COUNT(threads, "200", "1..inf", "requests that an instance works on, nested calls included",
          DOCUMENTED(TOMCAT_PAGE ", maxThreads")),
    COUNT(backlog, "8092", "0..inf",
          "requests that wait for a thread of an instance; one more ends as `rejected`",
          DOCUMENTED(TOMCAT_PAGE ", maxConnections 8192 and acceptCount 100, less the threads")),
    COUNT(min, "1", "0..10000", "instances, at least", DOCUMENTED(LIMITS_PAGE)),
    COUNT(max, REQUIRED, "1..10000", "instances, at most; those that terminate do not count",
          DOCUMENTED(LIMITS_PAGE)),
    COUNT(desired, NONE, "0..10000", "instances at the start, warmed up; not given: `min`",
          DOCUMENTED(LIMITS_PAGE)),
    TIME_DIST(placement, "uniform(2s 10s)", "0s..", "from the decision until an instance boots",
              ESTIMATED("facts, launch_time: API and placement 2-10 s")),
    TIME_DIST(boot, "lognormal(p50=45s p99=90s)", "0s..", "its operating system",
              ESTIMATED("facts, boot_s: Linux, median 45 s, sigma 0.3; Windows takes 2-5 min")),
    TIME_DIST(app_start, "30s", "0s..", "its user data and application; then it is in service",
              ASSUMED("facts, app_start_s")),
    TIME(warmup, "300s", "0s..3600s",
         "from in service until an instance counts in the metric and lets others be removed",
         DOCUMENTED("EC2 Auto Scaling User Guide, Set the default instance warmup; when unset, the "
                    "default cooldown of 300 s holds")),
    TIME(deregistration_delay, "300s", "0s..3600s",
         "an instance that terminates finishes its requests for so long; then they fail",
         DOCUMENTED("ELB User Guide for ALB, Target groups, Deregistration delay")),
    FLAG(detailed_monitoring, "false", "CPU datapoints of one minute (paid), else of five",
         DOCUMENTED("AWS CloudFormation, EC2 LaunchTemplate Monitoring: \"specify true to enable "
                    "detailed monitoring. Otherwise, basic monitoring is enabled\"")),
    TIME(cooldown, "300s", "0s..", "after a change simple policies wait so long",
         RECALLED("EC2 Auto Scaling User Guide, Scaling cooldowns, default 300 s")),
    RATIO(target.cpu, NONE, "1%..100%", "CPU utilization that tracking aims at, mean of instances",
          DOCUMENTED(TRACKING_PAGE ", ASGAverageCPUUtilization")),
    RATE(target.requests, NONE, "1/day..", "requests per instance that tracking aims at",
         DOCUMENTED(TRACKING_PAGE ", ALBRequestCountPerTarget")),
    SCALING_ALARM_ROWS,
    SCALING_IN_ROW,
    SCALING_STEP_LIST_ROWS(asg_step_item),
    FLAG(step.simple, "false", "steps are simple policies: nothing more before the cooldown ends",
         DOCUMENTED("EC2 Auto Scaling User Guide, Step and simple scaling policies")),
    LIST(schedule, NONE, asg_action_item, "scheduled actions: other limits or another number",
         DOCUMENTED(SCHEDULE_PAGE)),
    SCALING_PREDICTIVE_ROWS,
    RATE(predictive.requests, NONE, "1/day..", "requests per instance aimed at, in the same way",
         DOCUMENTED(PREDICT_PAGE ", ALBRequestCount")),
    COUNT(on_demand.base, "0", "0..10000", "the first instances, which are on-demand",
          RECALLED(MIX_PAGE ", OnDemandBaseCapacity")),
    RATIO(on_demand.above_base, "100%", "0%..100%", "of the others, rounded up; the rest is Spot",
          RECALLED(MIX_PAGE ", OnDemandPercentageAboveBaseCapacity")),
    RATIO(spot.reclaimed, "5%", "0%..99%", "Spot instances that EC2 takes back within 30 days",
          RECALLED("facts, spot_reclaim_month; Spot Instance Advisor: <5, 5-10, .. >20 %")),
    TIME(spot.notice, "120s", "0s..120s", "from the notice until the instance is gone",
         RECALLED("EC2 User Guide, Spot Instance interruption notices: two minutes before")),
    FLAG(spot.capacity_rebalance, "false",
         "at the notice it drains and another is launched; else it works on until it is gone",
         DOCUMENTED("EC2 Auto Scaling User Guide, Capacity Rebalancing; not enabled by default")),
    CHOICE(warm_pool.state, REQUIRED, "stopped running hibernated",
           "a pool of instances that have booted before, in that state",
           DOCUMENTED(POOL_PAGE ", PoolState")),
    COUNT(warm_pool.min_size, "0", "0..10000", "instances in it, at least",
          DOCUMENTED(POOL_PAGE ", MinSize")),
    COUNT(warm_pool.max_prepared, NONE, "0..10000",
          "it is filled up to so many with those desired; not given: `max`",
          DOCUMENTED(POOL_PAGE ", MaxGroupPreparedCapacity")),
    FLAG(warm_pool.reuse, "false", "instances go back to it on scale-in",
         DOCUMENTED(POOL_PAGE ", InstanceReusePolicy")),
    TIME_DIST(warm_pool.start, "uniform(15s 40s)", "0s..", "from stopped to in service",
              ESTIMATED("facts, warm_pool: from stopped about 15-40 s")),
    TIME_DIST(warm_pool.join, "uniform(1s 5s)", "0s..", "from running to in service",
              ESTIMATED("it only has to be registered")),
    TIME_DIST(warm_pool.resume, "uniform(15s 40s)", "0s..", "from hibernated to in service",
              ESTIMATED("as from stopped; its memory is read back while the system need not boot")),
    TIME_DIST(lifecycle.launching, NONE, "0s..", "a hook: what must be done before in service",
              DOCUMENTED(HOOK_PAGE)),
    TIME_DIST(lifecycle.terminating, NONE, "0s..", "a hook: what must be done when drained",
              DOCUMENTED(HOOK_PAGE)),
    TIME(lifecycle.heartbeat_timeout, "1h", "30s..2h", "a hook is waited for no longer",
         RECALLED(HOOK_PAGE ", HeartbeatTimeout: 30 to 7200 seconds, 3600 by default")),
    CHOICE(lifecycle.default_result, "abandon", "abandon continue",
           "then the launch is given up and another begins, or goes on",
           DOCUMENTED(HOOK_PAGE ", DefaultResult")),
    FLAG(health_check.elb, "false", "who fails the balancer's checks is replaced",
         RECALLED(HEALTH_PAGE ": EC2 checks only by default")),
    TIME(health_check.interval, "30s", "5s..300s", "between such checks, as the balancer has it",
         DOCUMENTED(CHECKS_PAGE ", HealthCheckIntervalSeconds")),
    TIME(health_check.timeout, "5s", "2s..120s",
         "a line for a thread in which one waits that long fails the balancer's checks",
         DOCUMENTED(CHECKS_PAGE ", HealthCheckTimeoutSeconds")),
    COUNT(health_check.unhealthy_threshold, "2", "2..10", "failed checks in a row",
          DOCUMENTED(CHECKS_PAGE ", UnhealthyThresholdCount")),
    TIME(health_check.grace, "0s", "0s..2h", "nobody is replaced so soon after coming into service",
         RECALLED(HEALTH_PAGE ": 0 s by API, 300 s in the console")),
    TIME_DIST(failure.mtbf, NONE, "1s..", "in service until an instance fails; not given: never",
              DEFINED("archsim language 1")),
    TIME_DIST(failure.detection, "uniform(2m 5m)", "0s..",
              "from a failure until EC2's status checks find it and it is replaced",
              RECALLED("facts, health_check: checks each minute, 2-5 min of impairment")),
    RATIO(
        capacity.refused, "0%", "0%..99%",
        "launches for which a zone has no instance; another zone is tried",
        ESTIMATED("facts, capacity_error: InsufficientInstanceCapacity; rises after a zone event")),
    TIME(capacity.retry, "60s", "1s..", "after a launch that no zone had an instance for",
         ESTIMATED("not documented; the group tries again by itself")),
    TIME(rebalance.delay, "60s", "1s..", "until zones of unequal numbers are balanced",
         ESTIMATED("the guide: when it detects that the group is not balanced")),
    RATIO(rebalance.margin, "10%", "0%..100%", "instances above the desired meanwhile, or one",
          RECALLED("EC2 Auto Scaling User Guide, Rebalancing activities: 10 percent of `max`")),
    TIME(network.burst_for, "30min", "0s..", "bursts that full credits allow",
         RECALLED("EC2 User Guide, Instance network bandwidth: typically 5 to 60 minutes")),
};
#undef PARAMS

static const struct metric auto_scaling_group_metrics[] = {
    [ASG_CPU_UTILIZATION] = {"cpu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                             "busy vCPUs of those that are in service or drain", false},
    [ASG_REQUEST_COUNT_PER_TARGET] = {"request_count_per_target", QUANTITY_COUNT, METRIC_VALUE,
                                      "requests, by the mean number of instances in service",
                                      false},
    [ASG_DESIRED_CAPACITY] = {"group_desired_capacity", QUANTITY_COUNT, METRIC_VALUE,
                              "instances that the group tries to have, mean over time", true},
    [ASG_IN_SERVICE] = {"group_in_service_instances", QUANTITY_COUNT, METRIC_VALUE,
                        "instances in service, mean over time", true},
    [ASG_PENDING] = {"group_pending_instances", QUANTITY_COUNT, METRIC_VALUE,
                     "instances that boot or start, mean over time", true},
    [ASG_TERMINATING] = {"group_terminating_instances", QUANTITY_COUNT, METRIC_VALUE,
                         "instances that drain, mean over time", true},
    [ASG_SPOT] = {"spot_instances", QUANTITY_COUNT, METRIC_VALUE,
                  "Spot instances in service, mean over time", true},
    [ASG_WARM_DESIRED] = {"warm_pool_desired_capacity", QUANTITY_COUNT, METRIC_VALUE,
                          "instances that the warm pool tries to have, mean over time", true},
    [ASG_WARM_WARMED] = {"warm_pool_warmed_capacity", QUANTITY_COUNT, METRIC_VALUE,
                         "instances that are ready in it, mean over time", true},
    [ASG_NETWORK_IN] = {"network_in", QUANTITY_SIZE, METRIC_VALUE, "bytes that instances received",
                        false},
    [ASG_INTERRUPTED] = {"spot_interruptions", QUANTITY_COUNT, METRIC_VALUE,
                         "Spot instances taken back", false},
    [ASG_FAILED] = {"status_check_failed", QUANTITY_COUNT, METRIC_VALUE,
                    "instances replaced after a failure", false},
    [ASG_UNHEALTHY] = {"unhealthy_replaced", QUANTITY_COUNT, METRIC_VALUE,
                       "instances replaced after the balancer's checks", false},
    [ASG_BALANCED] = {"rebalanced", QUANTITY_COUNT, METRIC_VALUE,
                      "instances removed to balance the zones", false},
    [ASG_ABANDONED] = {"launches_abandoned", QUANTITY_COUNT, METRIC_VALUE,
                       "launches given up: the hook was not answered", false},
    [ASG_NO_CAPACITY] = {"insufficient_capacity", QUANTITY_COUNT, METRIC_VALUE,
                         "times that a zone had no instance", false},
};

static const char *const auto_scaling_group_resources[] = {
    [ASG_MAXIMUM_SIZE] = "maximum size",
    [ASG_THREADS] = "threads",
    [ASG_NETWORK] = "network baseline",
};
static const char *const auto_scaling_group_controls[] = {[ASG_SET_DESIRED] = "desired", NULL};

static const char *const asg_scaling_metrics[SCALING_METRICS] = {
    [SCALING_CPU] = "cpu_utilization",
    [SCALING_REQUESTS] = "request_count_per_target",
};

/* ---- what they say together ---- */

/* Groups know no metric of memory, and have no rows for it. */
static struct scaling_step asg_step(const struct auto_scaling_group_params *p, uint32_t i)
{
    struct scaling_step step = ((const struct scaling_step *)p->steps_list.items)[i];
    step.memory_above_ratio = (double)NAN;
    step.memory_below_ratio = (double)NAN;
    return step;
}

static const char *asg_check_steps(const struct auto_scaling_group_params *p)
{
    static const struct list none = {0};
    for (uint32_t i = 0; i < p->steps_list.count; i++) {
        const struct scaling_step step = asg_step(p, i);
        const char *wrong = scaling_check_step(&step);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return scaling_check(&none, &none, &p->step, &p->predictive, p->min_count, p->max_count);
}

static const char *asg_check_schedule(const struct auto_scaling_group_params *p)
{
    const struct asg_action *actions = p->schedule_list.items;
    for (uint32_t i = 0; i < p->schedule_list.count; i++) {
        const struct asg_action *action = &actions[i];
        if (action->min_count < 0 && action->max_count < 0 && action->desired_count < 0) {
            return "schedule: each action has one of `min`, `max`, `desired` at least";
        }
        if (action->min_count >= 0 && action->max_count >= 0 &&
            action->min_count > action->max_count) {
            return "schedule: an action's `min` is more than its `max`";
        }
    }
    return NULL;
}

static bool asg_has_pool(const struct auto_scaling_group_params *p)
{
    return p->warm_pool.state >= 0;
}

static bool asg_has_spot(const struct auto_scaling_group_params *p)
{
    return p->on_demand.above_base_ratio < 1;
}

#define ASG_MIB (INT64_C(1) << 20)
static int64_t asg_memory_bytes(const struct auto_scaling_group_params *p)
{
    return p->memory_bytes >= 0 ? p->memory_bytes
                                : instance_types[p->instance_type].memory_mib * ASG_MIB;
}

static const char *asg_check_members(const struct auto_scaling_group_params *p)
{
    if (asg_has_pool(p) && asg_has_spot(p)) {
        return "warm_pool: a group with Spot instances cannot have one";
    }
    if (p->warm_pool.state == ASG_HIBERNATED && p->vcpu_count < 0 &&
        !instance_types[p->instance_type].hibernates) {
        return "warm_pool.state: that instance type does not hibernate";
    }
    if (p->request_memory_bytes > 0 && p->vcpu_count >= 0 && p->memory_bytes < 0) {
        return "request_memory: with `vcpu` there is no instance type to say how much `memory` "
               "there is";
    }
    if (p->request_memory_bytes > asg_memory_bytes(p)) {
        return "request_memory: more than the instance has";
    }
    return p->health_check.timeout_ns >= p->health_check.interval_ns
               ? "health_check.timeout: must be shorter than `interval`"
               : NULL;
}

static const char *auto_scaling_group_check(const void *params)
{
    const struct auto_scaling_group_params *p = params;
    if (p->min_count > p->max_count) {
        return "min: more than `max`";
    }
    if (p->desired_count >= 0 && p->desired_count < p->min_count) {
        return "desired: less than `min`";
    }
    if (p->desired_count > p->max_count) {
        return "desired: more than `max`";
    }
    const char *const wrong[] = {asg_check_steps(p), asg_check_schedule(p), asg_check_members(p)};
    for (uint32_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (wrong[i] != NULL) {
            return wrong[i];
        }
    }
    return NULL;
}

/* Something besides an administrator changes its size over minutes. */
static bool auto_scaling_group_scales_with(const void *params)
{
    const struct auto_scaling_group_params *p = params;
    return !isnan(p->target.cpu_ratio) || !isnan(p->target.requests_per_s) ||
           !isnan(p->predictive.cpu_ratio) || !isnan(p->predictive.requests_per_s) ||
           p->steps_list.count > 0 || p->schedule_list.count > 0;
}

#endif
