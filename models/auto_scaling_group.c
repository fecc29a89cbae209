/* auto_scaling_group: machines of one kind (EC2), whose number follows a metric.
 * An instance is a host: its vCPUs are shared by the requests that have a thread, others wait in
 * its backlog. Target tracking looks at datapoints of one or five minutes and changes the desired
 * capacity; what is launched boots, starts, and warms up; what is terminated drains first.
 * Blocks: host, tracking, rotation. Left out: instance types and credits, Spot, warm pools, health
 * replacement and zone rebalancing, scheduled, step and predictive scaling. */
#include "models/model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/blocks/host.h"
#include "sim/blocks/rotation.h"
#include "sim/blocks/tracking.h"

#define TRACKING_PAGE "EC2 Auto Scaling User Guide, Target tracking scaling policies"
#define ALARMS_ISSUE "aws/containers-roadmap issue 638: AlarmHigh 3 of 3, AlarmLow 15 of 15 minutes"
#define TOMCAT_PAGE "Apache Tomcat 10 Configuration Reference, The HTTP Connector"

#define ASG_MINUTE_S 60.0 /* between the datapoints of detailed monitoring */
#define ASG_MINUTE_NS INT64_C(60000000000)
#define ASG_HOUR_NS (60 * ASG_MINUTE_NS) /* of billing, as the termination policy counts it */

enum { ASG_CAPACITY_FIRST = 16 };
enum { ASG_BASIC_MINUTES = 5 }; /* between the datapoints of basic monitoring */
/* EVENT_SERVICE slots; then two for each instance: its host's, and its next state's. */
enum asg_slot { ASG_SAMPLE, ASG_ALARM, ASG_INSTANCES, ASG_INSTANCE_SLOTS = 2 };
enum asg_policy { ASG_CPU, ASG_REQUESTS, ASG_POLICIES };
enum asg_metric {
    ASG_CPU_UTILIZATION,
    ASG_REQUEST_COUNT_PER_TARGET,
    ASG_DESIRED_CAPACITY,
    ASG_IN_SERVICE,
    ASG_PENDING,
    ASG_TERMINATING,
};
enum asg_resource { ASG_MAXIMUM_SIZE, ASG_THREADS };

struct auto_scaling_group_params {
    int64_t vcpu_count, threads_count, backlog_count;
    int64_t min_count, max_count, desired_count;
    const struct distribution *placement_ns_dist, *boot_ns_dist, *app_start_ns_dist;
    int64_t warmup_ns;
    int64_t deregistration_delay_ns;
    bool detailed_monitoring;
    struct {
        double cpu_ratio;
        double requests_per_s;
    } target;
    struct {
        int64_t high_datapoints_count, low_datapoints_count;
        double low_threshold_ratio;
        int64_t delay_ns;
    } alarm;
};

#define PARAMS struct auto_scaling_group_params
static const struct param auto_scaling_group_params[] = {
    COUNT(vcpu, "2", "1..448", "vCPUs of an instance, shared by its requests, each on one at most",
          DOCUMENTED("EC2 User Guide, CPU options: m6i.large has 2")),
    COUNT(threads, "200", "1..inf", "requests that an instance works on, nested calls included",
          DOCUMENTED(TOMCAT_PAGE ", maxThreads")),
    COUNT(backlog, "8092", "0..inf",
          "requests that wait for a thread of an instance; one more ends as `rejected`",
          DOCUMENTED(TOMCAT_PAGE ", maxConnections 8192 and acceptCount 100, less the threads")),
    COUNT(min, "1", "0..10000", "instances, at least",
          DOCUMENTED("EC2 Auto Scaling User Guide, Set capacity limits")),
    COUNT(max, REQUIRED, "1..10000", "instances, at most; those that terminate do not count",
          DOCUMENTED("EC2 Auto Scaling User Guide, Set capacity limits")),
    COUNT(desired, NONE, "0..10000", "instances at the start, warmed up; not given: `min`",
          DOCUMENTED("EC2 Auto Scaling User Guide, Set capacity limits")),
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
    RATIO(target.cpu, NONE, "1%..100%", "CPU utilization that tracking aims at, mean of instances",
          DOCUMENTED(TRACKING_PAGE ", ASGAverageCPUUtilization")),
    RATE(target.requests, NONE, "1/day..", "requests per instance that tracking aims at",
         DOCUMENTED(TRACKING_PAGE ", ALBRequestCountPerTarget")),
    COUNT(alarm.high_datapoints, "3", "1..1440", "datapoints in a row above the target: scale out",
          DOCUMENTED(ALARMS_ISSUE)),
    COUNT(alarm.low_datapoints, "15", "1..1440",
          "datapoints in a row below low_threshold: scale in", DOCUMENTED(ALARMS_ISSUE)),
    RATIO(alarm.low_threshold, "90%", "0%..100%", "share of the target below which a point is low",
          RECALLED("AWS docs on the alarms that target tracking makes")),
    TIME(alarm.delay, "0s", "0s..1h", "a datapoint is seen so long after its period; users see 2m",
         ESTIMATED("not documented; aws/containers-roadmap issue 2113: 5-6 min until a scale-out "
                   "with detailed metrics, of which 3 datapoints are 3")),
};

static const struct metric auto_scaling_group_metrics[] = {
    [ASG_CPU_UTILIZATION] = {"cpu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                             "busy vCPUs of those that are in service or drain"},
    [ASG_REQUEST_COUNT_PER_TARGET] = {"request_count_per_target", QUANTITY_COUNT, METRIC_VALUE,
                                      "requests, by the mean number of instances in service"},
    [ASG_DESIRED_CAPACITY] = {"group_desired_capacity", QUANTITY_COUNT, METRIC_VALUE,
                              "instances that the group tries to have, mean over time"},
    [ASG_IN_SERVICE] = {"group_in_service_instances", QUANTITY_COUNT, METRIC_VALUE,
                        "instances in service, mean over time"},
    [ASG_PENDING] = {"group_pending_instances", QUANTITY_COUNT, METRIC_VALUE,
                     "instances that boot or start, mean over time"},
    [ASG_TERMINATING] = {"group_terminating_instances", QUANTITY_COUNT, METRIC_VALUE,
                         "instances that drain, mean over time"},
};

static const char *const auto_scaling_group_resources[] = {
    [ASG_MAXIMUM_SIZE] = "maximum size",
    [ASG_THREADS] = "threads",
};

static const char *const asg_policy_metrics[ASG_POLICIES] = {
    [ASG_CPU] = "cpu_utilization",
    [ASG_REQUESTS] = "request_count_per_target",
};

enum instance_state {
    INSTANCE_GONE,
    INSTANCE_PENDING,
    INSTANCE_IN_SERVICE,
    INSTANCE_TERMINATING, /* drains */
    INSTANCE_STATES
};

struct instance {
    struct host host;
    int64_t launched_ns, in_service_ns;
    double worked_ns; /* of the host, at the last CPU datapoint */
    uint32_t event;   /* pending: in service, or the end of draining; EVENT_NONE */
    uint8_t state, zone;
};

/* Of a period that is over; of each policy. */
struct asg_datapoint {
    bool due[ASG_POLICIES]; /* its period ended with it */
    double value[ASG_POLICIES], measured[ASG_POLICIES];
};

struct auto_scaling_group {
    struct instance **instances; /* by number: copy - 1 */
    uint32_t count, capacity;    /* of numbers: given so far, and room for so many */
    uint32_t zones_mask;
    uint32_t in_zone[ZONES_MAX]; /* instances that stay: they boot or are in service */
    struct rotation rotation;    /* in service, for callers that do not choose */
    struct random random;
    struct gauge desired, in_state[INSTANCE_STATES];
    struct tracking policies[ASG_POLICIES];
    enum asg_policy kinds[ASG_POLICIES]; /* of them */
    uint32_t policies_count;
    uint64_t requests;                /* since the last minute */
    int64_t sampled_ns;               /* the last CPU datapoint */
    struct asg_datapoint *datapoints; /* ring: ended, but not seen yet */
    uint32_t datapoints_capacity, datapoints_put, datapoints_taken;
    uint64_t measured_requests;
    struct gauge_window seen_desired, seen[INSTANCE_STATES], seen_busy, seen_capacity;
};

static const char *auto_scaling_group_check(const void *params)
{
    const struct auto_scaling_group_params *p = params;
    if (p->min_count > p->max_count) {
        return "min: more than `max`";
    }
    if (p->desired_count >= 0 && p->desired_count < p->min_count) {
        return "desired: less than `min`";
    }
    return p->desired_count > p->max_count ? "desired: more than `max`" : NULL;
}

/* ---- instances ---- */

static uint32_t asg_limit(int64_t count)
{
    return count < HOST_UNLIMITED ? (uint32_t)count : HOST_UNLIMITED;
}

static bool asg_stays(enum instance_state state)
{
    return state == INSTANCE_PENDING || state == INSTANCE_IN_SERVICE;
}

static void asg_enter_state(struct service *s, struct instance *instance, enum instance_state state)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const int64_t now_ns = core_now(s->core);
    const bool before = instance->state >= INSTANCE_IN_SERVICE;
    const bool after = state >= INSTANCE_IN_SERVICE;
    gauge_add(&group->in_state[instance->state], -1, now_ns);
    gauge_add(&group->in_state[state], 1, now_ns);
    group->in_zone[instance->zone] -= asg_stays(instance->state);
    group->in_zone[instance->zone] += asg_stays(state);
    instance->state = (uint8_t)state;
    gauge_add(&s->load.capacity, ((int64_t)after - before) * p->vcpu_count, now_ns);
    gauge_set(&s->load.up, group->in_state[INSTANCE_IN_SERVICE].value > 0, now_ns);
}

static void asg_grow(struct service *s)
{
    struct auto_scaling_group *group = s->state;
    const uint32_t capacity = group->capacity > 0 ? 2 * group->capacity : ASG_CAPACITY_FIRST;
    struct instance **instances = arena_array(s->arena, capacity, sizeof(*instances));
    if (group->count > 0) {
        memcpy(instances, group->instances, group->count * sizeof(struct instance *));
    }
    group->instances = instances;
    group->capacity = capacity;
}

/* A number that nobody has: the host of one that is gone is empty, and serves again. */
static uint32_t asg_number(struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const bool reused = group->in_state[INSTANCE_GONE].value > 0;
    uint32_t number = reused ? 0 : group->count;
    while (number < group->count && group->instances[number]->state != INSTANCE_GONE) {
        number++;
    }
    if (number < group->count) {
        return number;
    }
    if (group->count == group->capacity) {
        asg_grow(s);
    }
    struct instance *instance = arena_alloc(s->arena, sizeof(*instance));
    assert(number + 1 < UINT16_MAX);
    group->instances[group->count++] = instance;
    gauge_add(&group->in_state[INSTANCE_GONE], 1, core_now(s->core));
    instance->event = EVENT_NONE;
    host_init(&instance->host, &(struct host_setup){
                                   .core = s->core,
                                   .load = &s->load,
                                   .arena = s->arena,
                                   .processors = (double)p->vcpu_count,
                                   .step = 1,
                                   .places_count = asg_limit(p->threads_count),
                                   .backlog_count = asg_limit(p->backlog_count),
                                   .service = s->index,
                                   .timer = ASG_INSTANCES + number * ASG_INSTANCE_SLOTS,
                               });
    return number;
}

static void asg_time(struct service *s, uint32_t number, int64_t delay_ns)
{
    const struct auto_scaling_group *group = s->state;
    group->instances[number]->event =
        service_timer(s, delay_ns, ASG_INSTANCES + number * ASG_INSTANCE_SLOTS + 1);
}

/* The zone with the fewest instances, the first of them. */
static uint8_t asg_zone(const struct auto_scaling_group *group)
{
    uint8_t best = ZONE_ANY;
    uint32_t fewest = UINT32_MAX;
    for (uint8_t zone = 0; group->zones_mask >> zone != 0; zone++) {
        if (group->zones_mask >> zone & 1 && group->in_zone[zone] < fewest) {
            best = zone;
            fewest = group->in_zone[zone];
        }
    }
    return best;
}

static struct instance *asg_new(struct service *s, uint32_t *number)
{
    const struct auto_scaling_group *group = s->state;
    *number = asg_number(s);
    struct instance *instance = group->instances[*number];
    instance->zone = asg_zone(group);
    instance->launched_ns = core_now(s->core);
    asg_enter_state(s, instance, INSTANCE_PENDING);
    return instance;
}

/* Returns how long it takes until the instance is in service. */
static int64_t asg_launch(struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    uint32_t number;
    asg_new(s, &number);
    const int64_t launch_ns = distribution_draw_int(p->placement_ns_dist, &group->random) +
                              distribution_draw_int(p->boot_ns_dist, &group->random) +
                              distribution_draw_int(p->app_start_ns_dist, &group->random);
    asg_time(s, number, launch_ns);
    return launch_ns;
}

static void asg_put_in_service(struct service *s, uint32_t number, int64_t in_service_ns)
{
    struct auto_scaling_group *group = s->state;
    struct instance *instance = group->instances[number];
    asg_enter_state(s, instance, INSTANCE_IN_SERVICE);
    instance->in_service_ns = in_service_ns;
    instance->worked_ns = host_worked_ns(&instance->host);
    rotation_add(&group->rotation, number);
}

static bool asg_empty(const struct instance *instance)
{
    return instance->host.inside == 0 && instance->host.waiting.count == 0;
}

/* A draining instance without requests is gone at once (ELB User Guide, Deregistration delay). */
static void asg_drained(struct service *s, struct instance *instance)
{
    if (instance->state != INSTANCE_TERMINATING || !asg_empty(instance)) {
        return;
    }
    if (instance->event != EVENT_NONE) {
        events_cancel(&s->core->events, instance->event);
        instance->event = EVENT_NONE;
    }
    asg_enter_state(s, instance, INSTANCE_GONE);
}

/* The default termination policy: of the zones with the most instances, the one closest to its next
 * billing hour. (All have the same launch template.) */
static uint32_t asg_victim(const struct service *s)
{
    const struct auto_scaling_group *group = s->state;
    uint32_t victim = ROTATION_NONE, most = 0;
    int64_t longest_ns = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct instance *instance = group->instances[i];
        if (instance->state != INSTANCE_IN_SERVICE) {
            continue;
        }
        const uint32_t count = group->in_zone[instance->zone];
        const int64_t of_hour_ns = (core_now(s->core) - instance->launched_ns) % ASG_HOUR_NS;
        if (count > most || (count == most && of_hour_ns > longest_ns)) {
            victim = i;
            most = count;
            longest_ns = of_hour_ns;
        }
    }
    return victim;
}

static void asg_terminate(struct world *w, struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const uint32_t number = asg_victim(s);
    struct instance *instance = group->instances[number];
    asg_enter_state(s, instance, INSTANCE_TERMINATING);
    rotation_remove(&group->rotation, number);
    service_member(w, s, (uint16_t)(number + 1), instance->zone, false);
    asg_time(s, number, p->deregistration_delay_ns);
    asg_drained(s, instance);
}

/* It is in service now, or what it still does is lost. */
static void asg_instance_due(struct world *w, struct service *s, uint32_t number)
{
    const struct auto_scaling_group *group = s->state;
    struct instance *instance = group->instances[number];
    instance->event = EVENT_NONE;
    if (instance->state == INSTANCE_PENDING) {
        asg_put_in_service(s, number, core_now(s->core));
        service_member(w, s, (uint16_t)(number + 1), instance->zone, true);
        return;
    }
    struct frame *f;
    while ((f = host_any(&instance->host)) != NULL) {
        call_cut(w, f, OUTCOME_UNAVAILABLE); /* the last makes it go: asg_drained */
    }
}

/* ---- scaling ---- */

static bool asg_warm(const struct service *s, const struct instance *instance)
{
    const struct auto_scaling_group_params *p = s->params;
    return instance->state >= INSTANCE_IN_SERVICE &&
           core_now(s->core) - instance->in_service_ns >= p->warmup_ns;
}

/* The mean over the instances that have warmed up, each over its time in the period. */
static void asg_sample_cpu(struct service *s, struct asg_datapoint *point)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const int64_t now_ns = core_now(s->core);
    double sum = 0, count = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        struct instance *instance = group->instances[i];
        const double worked_ns = host_worked_ns(&instance->host);
        const int64_t from_ns = instance->in_service_ns > group->sampled_ns
                                    ? instance->in_service_ns
                                    : group->sampled_ns;
        if (asg_warm(s, instance) && now_ns > from_ns) {
            sum += (worked_ns - instance->worked_ns) /
                   ((double)(now_ns - from_ns) * (double)p->vcpu_count);
            count++;
        }
        instance->worked_ns = worked_ns;
    }
    group->sampled_ns = now_ns;
    point->due[ASG_CPU] = true;
    point->value[ASG_CPU] = count > 0 ? sum / count : (double)NAN;
    point->measured[ASG_CPU] = count;
}

/* Minutes and five minutes of the scenario's clock. The balancer's count has a datapoint every
 * minute, whatever the monitoring, and is 0 when nobody came. */
static void asg_sample(struct world *w, struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const int64_t minute = (core_now(s->core) - world_origin(w)) / ASG_MINUTE_NS;
    const double targets = (double)group->in_state[INSTANCE_IN_SERVICE].value;
    struct asg_datapoint *point =
        &group->datapoints[group->datapoints_put++ % group->datapoints_capacity];
    *point = (struct asg_datapoint){
        .due[ASG_REQUESTS] = true,
        .value[ASG_REQUESTS] = targets > 0 ? (double)group->requests / targets : (double)NAN,
        .measured[ASG_REQUESTS] = targets,
    };
    group->requests = 0;
    if (p->detailed_monitoring || minute % ASG_BASIC_MINUTES == 0) {
        asg_sample_cpu(s, point);
    }
    service_timer(s, ASG_MINUTE_NS, ASG_SAMPLE);
    service_timer(s, p->alarm.delay_ns, ASG_ALARM);
}

static void asg_scale(struct world *w, struct service *s, const struct tracking_decision *decision)
{
    struct auto_scaling_group *group = s->state;
    const int64_t from = group->desired.value, to = (int64_t)decision->desired;
    int64_t delay_ns = 0;
    for (int64_t i = from; i < to; i++) {
        const int64_t launch_ns = asg_launch(s);
        delay_ns = launch_ns > delay_ns ? launch_ns : delay_ns;
    }
    for (int64_t i = from; i > to; i--) {
        asg_terminate(w, s);
    }
    gauge_set(&group->desired, to, core_now(s->core));
    service_log(w, s,
                &(struct log_entry){
                    .kind = to > from ? LOG_SCALE_OUT : LOG_SCALE_IN,
                    .metric = asg_policy_metrics[group->kinds[decision->policy]],
                    .value = decision->value,
                    .threshold = decision->threshold,
                    .from = (double)from,
                    .to = (double)to,
                    .delay_ns = delay_ns,
                    .count = (uint64_t)(to > from ? to - from : from - to),
                });
}

/* Instances that boot or warm up. */
static bool asg_growing(const struct service *s)
{
    const struct auto_scaling_group *group = s->state;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct instance *instance = group->instances[i];
        if (instance->state == INSTANCE_PENDING ||
            (instance->state == INSTANCE_IN_SERVICE && !asg_warm(s, instance))) {
            return true;
        }
    }
    return false;
}

/* A datapoint is seen. */
static void asg_alarm(struct world *w, struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const struct asg_datapoint *point =
        &group->datapoints[group->datapoints_taken++ % group->datapoints_capacity];
    bool news = false;
    for (uint32_t i = 0; i < group->policies_count; i++) {
        const enum asg_policy kind = group->kinds[i];
        if (point->due[kind]) {
            tracking_point(&group->policies[i], point->value[kind], point->measured[kind]);
            news = true;
        }
    }
    const struct tracking_capacity capacity = {
        .desired = (double)group->desired.value,
        .min = (double)p->min_count,
        .max = (double)p->max_count,
        .growing = asg_growing(s),
    };
    struct tracking_decision decision;
    if (news && tracking_decide(group->policies, group->policies_count, &capacity, &decision)) {
        asg_scale(w, s, &decision);
    }
}

static void asg_add_policy(struct service *s, enum asg_policy kind, double target)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    if (isnan(target)) {
        return;
    }
    group->kinds[group->policies_count] = kind;
    tracking_init(&group->policies[group->policies_count++],
                  &(struct tracking_setup){
                      .target = target,
                      .low_share = p->alarm.low_threshold_ratio,
                      .high_points = (uint32_t)p->alarm.high_datapoints_count,
                      .low_points = (uint32_t)p->alarm.low_datapoints_count,
                  });
}

/* ---- the service ---- */

/* What is desired at the start is in service and has warmed up. */
static void auto_scaling_group_start(struct world *w, struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const int64_t desired = p->desired_count >= 0 ? p->desired_count : p->min_count;
    group->zones_mask =
        s->spec->zones_mask != 0 ? s->spec->zones_mask : (UINT32_C(1) << world_zones(w)) - 1;
    group->random = service_random(w, s, "launch");
    rotation_init(&group->rotation, s->arena, ROTATION_IN_TURN);
    group->datapoints_capacity = (uint32_t)(p->alarm.delay_ns / ASG_MINUTE_NS) + 2;
    group->datapoints =
        arena_array(s->arena, group->datapoints_capacity, sizeof(*group->datapoints));
    asg_add_policy(s, ASG_CPU, p->target.cpu_ratio);
    asg_add_policy(s, ASG_REQUESTS, p->target.requests_per_s * ASG_MINUTE_S);
    service_gauge(s, &group->desired, &group->seen_desired);
    service_gauge(s, &s->load.busy, &group->seen_busy);
    service_gauge(s, &s->load.capacity, &group->seen_capacity);
    for (int state = 0; state < INSTANCE_STATES; state++) {
        service_gauge(s, &group->in_state[state], &group->seen[state]);
    }
    s->load.unit = 1 / (double)p->vcpu_count; /* so that capacity counts instances */
    s->load.fallible = p->min_count == 0;
    gauge_set(&s->load.up, desired > 0, core_now(s->core));
    gauge_set(&group->desired, desired, core_now(s->core));
    for (int64_t i = 0; i < desired; i++) {
        uint32_t number;
        asg_new(s, &number);
        asg_put_in_service(s, number, core_now(s->core) - p->warmup_ns);
    }
}

static void auto_scaling_group_begin(struct world *w, struct service *s)
{
    const struct auto_scaling_group *group = s->state;
    const int64_t origin_ns = world_origin(w);
    for (uint32_t i = 0; i < group->count; i++) {
        service_member(w, s, (uint16_t)(i + 1), group->instances[i]->zone, true);
    }
    if (group->policies_count > 0) {
        const int64_t first_ns = origin_ns % ASG_MINUTE_NS;
        service_timer(s, first_ns > 0 ? first_ns : ASG_MINUTE_NS, ASG_SAMPLE);
    }
}

static struct host *asg_host(const struct service *s, uint32_t number)
{
    const struct auto_scaling_group *group = s->state;
    return &group->instances[number]->host;
}

static bool asg_serves(const struct auto_scaling_group *group, uint32_t number)
{
    return number < group->count && group->instances[number]->state == INSTANCE_IN_SERVICE;
}

/* A balancer has chosen the copy; a direct call goes to the next in turn, and so does one that has
 * waited at the group's `limit` until its instance was gone. */
static void auto_scaling_group_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct auto_scaling_group *group = s->state;
    f->note = f->copy - UINT32_C(1);
    if (f->copy == 0 || !asg_serves(group, f->note)) {
        f->note = rotation_choose(&group->rotation, NULL);
    }
    if (f->note == ROTATION_NONE) {
        call_refuse(w, f, OUTCOME_UNAVAILABLE);
        return;
    }
    group->requests++;
    group->measured_requests += (f->flags & FRAME_MEASURED) != 0;
    if (!host_enter(asg_host(s, f->note), f)) {
        call_refuse(w, f, OUTCOME_REJECTED);
    }
}

static void auto_scaling_group_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    host_resume(asg_host(s, f->note), f);
}

static void auto_scaling_group_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    const struct auto_scaling_group *group = s->state;
    host_leave(asg_host(s, f->note), f);
    asg_drained(s, group->instances[f->note]);
}

static void auto_scaling_group_timer(struct world *w, struct service *s, uint32_t slot)
{
    if (slot == ASG_SAMPLE) {
        asg_sample(w, s);
    } else if (slot == ASG_ALARM) {
        asg_alarm(w, s);
    } else if ((slot - ASG_INSTANCES) % ASG_INSTANCE_SLOTS == 0) {
        host_due(asg_host(s, (slot - ASG_INSTANCES) / ASG_INSTANCE_SLOTS));
    } else {
        asg_instance_due(w, s, (slot - ASG_INSTANCES) / ASG_INSTANCE_SLOTS);
    }
}

/* A check is a request like others: it is answered unless the instance turns it away. */
static bool auto_scaling_group_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    const struct auto_scaling_group *group = s->state;
    if (copy == 0) {
        return group->in_state[INSTANCE_IN_SERVICE].value > 0;
    }
    if (!asg_serves(group, copy - UINT32_C(1))) {
        return false;
    }
    const struct host *host = asg_host(s, copy - UINT32_C(1));
    return host->inside < host->places_count || host->waiting.count < host->backlog_count;
}

/* ---- what it reports ---- */

static void auto_scaling_group_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct auto_scaling_group *group = s->state;
    const double window_s = world_window_s(w);
    const double in_service = gauge_mean(&group->seen[INSTANCE_IN_SERVICE], window_s);
    own[ASG_CPU_UTILIZATION].value = group->seen_busy.area / group->seen_capacity.area;
    own[ASG_REQUEST_COUNT_PER_TARGET].value = (double)group->measured_requests / in_service;
    own[ASG_DESIRED_CAPACITY].value = gauge_mean(&group->seen_desired, window_s);
    own[ASG_IN_SERVICE].value = in_service;
    own[ASG_PENDING].value = gauge_mean(&group->seen[INSTANCE_PENDING], window_s);
    own[ASG_TERMINATING].value = gauge_mean(&group->seen[INSTANCE_TERMINATING], window_s);
}

/* A group that tracks nothing stays at its size. */
static void auto_scaling_group_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct auto_scaling_group_params *p = s->params;
    const struct auto_scaling_group *group = s->state;
    const int64_t now_ns = core_now(s->core);
    const double size = (double)(group->policies_count > 0 ? p->max_count : group->desired.value);
    usage[ASG_MAXIMUM_SIZE] = (struct usage){
        .used = gauge_area_s(&s->load.busy, now_ns),
        .available = size * (double)p->vcpu_count,
    };
    usage[ASG_THREADS] = (struct usage){
        .used = gauge_area_s(&s->load.in_flight, now_ns) - gauge_area_s(&s->load.queue, now_ns),
        .available =
            p->threads_count == PARAM_INFINITE ? INFINITY : size * (double)p->threads_count,
    };
}

const struct model auto_scaling_group_model = {
    .info =
        {
            .name = "auto_scaling_group",
            .title = "machines of one kind whose number follows a metric (EC2 Auto Scaling)",
            .text =
                "Each instance shares its vCPUs among the requests that have one of its threads "
                "(processor sharing, each on one vCPU at most); a request keeps its thread through "
                "its nested calls and takes no share meanwhile; others wait in the instance's "
                "backlog, and beyond that end as `rejected`. Target tracking scales out after 3 "
                "datapoints above the target, in proportion and rounded up, and in after 15 below "
                "90 % of it, unless instances boot or warm up. New ones go to the zone with the "
                "fewest, and are in service after placement, boot and application start. One that "
                "is terminated (zone with the most, then closest to a billing hour) gets no new "
                "requests and finishes its own within the deregistration delay. Behind an alb the "
                "balancer picks the instance; direct callers take turns; with none in service "
                "they end as `unavailable`. A balancer's check passes until the backlog is full, "
                "however long the line. Instance types, CPU credits, Spot, warm pools, faults "
                "and other scaling policies are left out.",
            ROWS(params, auto_scaling_group_params),
            ROWS(metrics, auto_scaling_group_metrics),
            ROWS(resources, auto_scaling_group_resources),
            .params_size = sizeof(struct auto_scaling_group_params),
            .takes_work = true,
            .takes_operations = true,
            .members = true,
            .branch_work = "work inside 'parallel' takes its time, but no share of the vCPUs: give "
                           "it a service of its own if that matters",
            .work_help = "CPU time on one vCPU",
            .resource = "vCPU",
            .check = auto_scaling_group_check,
        },
    .state_size = sizeof(struct auto_scaling_group),
    .start = auto_scaling_group_start,
    .begin = auto_scaling_group_begin,
    .timer = auto_scaling_group_timer,
    .observe = auto_scaling_group_observe,
    .usage = auto_scaling_group_usage,
    .arrive = auto_scaling_group_arrive,
    .resume = auto_scaling_group_resume,
    .finish = auto_scaling_group_finish,
    .healthy = auto_scaling_group_healthy,
};
