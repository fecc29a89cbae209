/* auto_scaling_group: machines of one kind (EC2), whose number follows a metric.
 * An instance is a host: its vCPUs are shared by the requests that have a thread, others wait in
 * its backlog. Datapoints of one or five minutes are seen by the policies, which change the desired
 * capacity; the fleet launches, drains, replaces, and balances the zones.
 * Blocks: fleet, autoscaler, burst_link. Left out: CPU credits, EBS, several instance types in one
 * group, instance refresh, scale-in protection. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/auto_scaling_group_tables.h"
#include "sim/blocks/autoscaler.h"
#include "sim/blocks/burst_link.h"
#include "sim/blocks/fleet.h"

#define ASG_MONTH_S (30 * 86400.0) /* of Spot's frequency of interruption */
#define ASG_MBIT_BYTES 125e3
#define ASG_SECOND_NS 1e9
#define ASG_TOGETHER_NS (5 * SCALING_MINUTE_NS) /* losses for one cause are one entry of the log */

enum { ASG_BASIC_MINUTES = 5 }; /* between the datapoints of basic monitoring */
/* EVENT_SERVICE slots; those from ASG_PASSED on are frames whose bytes are here. */
enum asg_slot { ASG_AUTOSCALER, ASG_FLEET = AUTOSCALER_TIMERS, ASG_PASSED = 1 << 30 };
enum { ASG_PASSING = 0x40 }; /* frame.block beside the host's: its bytes are on their way */

struct auto_scaling_group {
    struct world *w; /* for what blocks ask back */
    struct service *s;
    struct fleet fleet;
    struct autoscaler autoscaler;
    struct burst_rate rate;
    struct burst_link *links; /* of each member; null: the network is no limit */
    uint32_t links_capacity;
    int64_t vcpu_count, threads_count;
    uint64_t requests; /* since the last minute */
    uint64_t measured_requests;
    double bytes, measured_bytes;
    struct gauge pool; /* wanted in it */
    uint64_t left_before[FLEET_CAUSES], left[FLEET_CAUSES], refused_before, refused;
    struct log_entry *losses[FLEET_CAUSES]; /* the last of each */
    struct gauge_window seen_desired, seen_pool, seen_spot, seen[FLEET_STATES], seen_busy,
        seen_capacity;
};

/* ---- the fleet ---- */

/* Several for one cause that follow each other are one entry. */
static void asg_log_loss(struct world *w, struct service *s, enum fleet_cause cause)
{
    static const char *const causes[FLEET_CAUSES] = {
        [FLEET_INTERRUPTED] = "spot interruption",
        [FLEET_FAILED] = "status check",
        [FLEET_UNHEALTHY] = "load balancer check",
    };
    struct auto_scaling_group *group = s->state;
    const int64_t now_ns = core_now(s->core);
    const int64_t in_service = fleet_in_service(&group->fleet);
    if (causes[cause] == NULL) {
        return;
    }
    struct log_entry *entry = group->losses[cause];
    if (entry == NULL || now_ns - entry->until_ns > ASG_TOGETHER_NS) {
        entry = service_log(w, s,
                            &(struct log_entry){
                                .kind = LOG_UNHEALTHY,
                                .metric = causes[cause],
                                .value = (double)NAN,
                                .threshold = (double)NAN,
                                .from = (double)(in_service + 1),
                            });
        group->losses[cause] = entry;
    }
    entry->until_ns = now_ns;
    entry->to = (double)in_service;
    entry->count++;
}

/* What the fleet has to say goes on to the balancers. */
static void asg_tell(struct world *w, struct service *s)
{
    struct auto_scaling_group *group = s->state;
    struct fleet_news news;
    struct frame *f;
    while (fleet_news(&group->fleet, &news)) {
        switch (news.kind) {
        case FLEET_CAME:
            service_member(w, s, (uint16_t)(news.number + 1), news.zone, true);
            break;
        case FLEET_WENT:
            service_member(w, s, (uint16_t)(news.number + 1), news.zone, false);
            asg_log_loss(w, s, news.cause);
            break;
        case FLEET_CUT:
            while ((f = host_any(&fleet_at(&group->fleet, news.number)->host)) != NULL) {
                call_cut(w, f, OUTCOME_UNAVAILABLE);
            }
            break;
        }
    }
}

/* The warm pool is filled up to what may come. */
static void asg_fill_pool(struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    if (!asg_has_pool(p)) {
        return;
    }
    const int64_t most = p->warm_pool.max_prepared_count >= 0
                             ? p->warm_pool.max_prepared_count
                             : (int64_t)group->autoscaler.scaler.max;
    const int64_t above = most - group->fleet.desired.value;
    const int64_t wanted =
        above > p->warm_pool.min_size_count ? above : p->warm_pool.min_size_count;
    gauge_set(&group->pool, wanted, core_now(s->core));
    fleet_prepare(&group->fleet, wanted);
}

static void asg_scale(struct world *w, struct service *s, const struct log_entry *why, double to)
{
    struct auto_scaling_group *group = s->state;
    struct log_entry entry = *why;
    entry.from = (double)group->fleet.desired.value;
    entry.to = to;
    entry.kind = to > entry.from ? LOG_SCALE_OUT : LOG_SCALE_IN;
    entry.delay_ns = fleet_want(&group->fleet, (int64_t)to);
    entry.count = (uint64_t)fabs(to - entry.from);
    asg_fill_pool(s);
    asg_tell(w, s);
    service_log(w, s, &entry);
}

/* ---- scaling ---- */

static void asg_apply(void *context, const struct scaler_decision *decision)
{
    const struct auto_scaling_group *group = context;
    static const char *const reasons[] = {
        [SCALER_SCHEDULED] = "schedule", [SCALER_PREDICTED] = "forecast"};
    const bool measured = decision->reason == SCALER_TRACKING || decision->reason == SCALER_STEP;
    asg_scale(
        group->w, group->s,
        &(struct log_entry){
            .metric = measured ? asg_scaling_metrics[decision->metric] : reasons[decision->reason],
            .value = decision->value,
            .threshold = decision->threshold,
        },
        decision->desired);
}

static struct scaler_state asg_state(void *context)
{
    const struct auto_scaling_group *group = context;
    const struct auto_scaling_group_params *p = group->s->params;
    const int64_t cold = fleet_cold(&group->fleet, p->warmup_ns);
    const double desired = (double)group->fleet.desired.value;
    return (struct scaler_state){
        .desired = desired,
        .settled = fmax(0, desired - (double)cold),
        .growing = cold > 0,
    };
}

/* Minutes and five minutes of the scenario's clock. The balancer's count has a datapoint every
 * minute, whatever the monitoring, and is 0 when nobody came. */
static void asg_sample(void *context)
{
    struct auto_scaling_group *group = context;
    const struct service *s = group->s;
    const struct auto_scaling_group_params *p = s->params;
    const int64_t minute = (core_now(s->core) - world_origin(group->w)) / SCALING_MINUTE_NS;
    const double targets = (double)fleet_in_service(&group->fleet);
    autoscaler_put(&group->autoscaler, SCALING_REQUESTS,
                   targets > 0 ? (double)group->requests / targets : (double)NAN, targets);
    group->requests = 0;
    if (p->detailed_monitoring || minute % ASG_BASIC_MINUTES == 0) {
        double measured;
        const double value = fleet_sample(&group->fleet, p->warmup_ns, &measured);
        autoscaler_put(&group->autoscaler, SCALING_CPU, value, measured);
    }
}

/* Other limits may change the warm pool. */
static void asg_acted(void *context)
{
    const struct auto_scaling_group *group = context;
    asg_fill_pool(group->s);
    asg_tell(group->w, group->s);
}

static const struct autoscaler_ops asg_autoscaler_ops = {
    .sample = asg_sample,
    .state = asg_state,
    .apply = asg_apply,
    .acted = asg_acted,
};

static bool auto_scaling_group_control(struct world *w, struct service *s, uint32_t control,
                                       double value)
{
    const struct auto_scaling_group *group = s->state;
    const struct scaler *scaler = &group->autoscaler.scaler;
    if (control != ASG_SET_DESIRED || !(value >= scaler->min) || value > scaler->max ||
        value != floor(value)) {
        return false;
    }
    if (value != (double)group->fleet.desired.value) {
        asg_scale(w, s,
                  &(struct log_entry){
                      .metric = "command", .value = (double)NAN, .threshold = (double)NAN},
                  value);
    }
    return true;
}

/* ---- policies ---- */

/* Actions of groups know a desired capacity, too. */
static void asg_schedule(struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const struct asg_action *actions = p->schedule_list.items;
    for (uint32_t i = 0; i < p->schedule_list.count; i++) {
        scaler_schedule(&group->autoscaler.scaler,
                        &(struct scaler_action){
                            .at_ns = actions[i].at_ns,
                            .every_ns = actions[i].every_ns > 0 ? actions[i].every_ns : 0,
                            .min = scaling_number(actions[i].min_count),
                            .max = scaling_number(actions[i].max_count),
                            .desired = scaling_number(actions[i].desired_count),
                        });
    }
}

static void asg_start_scaler(struct world *w, struct service *s)
{
    static const struct list none = {0};
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const struct scaling_cooldown cooldown = {p->cooldown_ns, p->cooldown_ns};
    struct scaling_step *steps = arena_array(s->arena, p->steps_list.count + 1, sizeof(*steps));
    for (uint32_t i = 0; i < p->steps_list.count; i++) {
        steps[i] = asg_step(p, i);
    }
    const struct list steps_list = {steps, p->steps_list.count};
    autoscaler_init(&group->autoscaler, &(struct autoscaler_setup){
                                            .ops = &asg_autoscaler_ops,
                                            .context = group,
                                            .core = s->core,
                                            .arena = s->arena,
                                            .service = s->index,
                                            .timer = ASG_AUTOSCALER,
                                            .period_ns = SCALING_MINUTE_NS,
                                            .delay_ns = p->alarm.delay_ns,
                                        });
    scaling_setup(&group->autoscaler.scaler,
                  &(struct scaling){
                      .min = (double)p->min_count,
                      .max = (double)p->max_count,
                      .origin_ns = world_origin(w),
                      .alarm = &p->alarm,
                      .cooldown = p->step.simple ? &cooldown : NULL,
                      .predictive = &p->predictive,
                      .step = &p->step,
                      .steps = &steps_list,
                      .schedule = &none,
                      .targets = {[SCALING_CPU] = p->target.cpu_ratio,
                                  [SCALING_MEMORY] = (double)NAN,
                                  [SCALING_REQUESTS] = p->target.requests_per_s * SCALING_MINUTE_S,
                                  [SCALING_OWN] = (double)NAN},
                      .scale_in = p->scale_in,
                  },
                  s->arena);
    if (!isnan(p->predictive.requests_per_s)) {
        scaler_predict(&group->autoscaler.scaler, SCALING_REQUESTS,
                       &(struct scaler_prediction){
                           .target = p->predictive.requests_per_s * SCALING_MINUTE_S,
                           .period_ns = p->predictive.period_ns,
                           .interval_ns = p->predictive.interval_ns,
                           .ahead_ns = p->predictive.buffer_ns,
                       });
    }
    asg_schedule(s);
}

/* ---- the service ---- */

static uint32_t asg_limit(int64_t count)
{
    return count < HOST_UNLIMITED ? (uint32_t)count : HOST_UNLIMITED;
}

/* What an instance has. */
static void asg_start_type(struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const struct instance_type *type = &instance_types[p->instance_type];
    const int64_t fit = p->request_memory_bytes > 0 ? asg_memory_bytes(p) / p->request_memory_bytes
                                                    : PARAM_INFINITE;
    group->threads_count = fit < p->threads_count ? fit : p->threads_count;
    group->vcpu_count = p->vcpu_count >= 0 ? p->vcpu_count : type->vcpu;
    group->rate = (struct burst_rate){
        .baseline_bytes_per_s = type->baseline_mbit_per_s * ASG_MBIT_BYTES,
        .burst_bytes_per_s = type->burst_mbit_per_s * ASG_MBIT_BYTES,
        .burst_s = (double)p->network.burst_for_ns / ASG_SECOND_NS,
    };
}

static void asg_start_fleet(struct world *w, struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const struct distribution *const warm[] = {
        [ASG_STOPPED] = p->warm_pool.start_ns_dist,
        [ASG_RUNNING] = p->warm_pool.join_ns_dist,
        [ASG_HIBERNATED] = p->warm_pool.resume_ns_dist,
    };
    fleet_init(&group->fleet,
               &(struct fleet_setup){
                   .core = s->core,
                   .load = &s->load,
                   .arena = s->arena,
                   .service = s->index,
                   .first_slot = ASG_FLEET,
                   .random = service_random(w, s, "launch"),
                   .fates = service_random(w, s, "failures"),
                   .zones_mask = service_zones(w, s),
                   .processors = (double)group->vcpu_count,
                   .step = 1,
                   .steps = group->vcpu_count,
                   .places_count = asg_limit(group->threads_count),
                   .backlog_count = asg_limit(p->backlog_count),
                   .start = {{p->placement_ns_dist, p->boot_ns_dist, p->app_start_ns_dist}},
                   .warm_start = {{asg_has_pool(p) ? warm[p->warm_pool.state] : NULL}},
                   .hook = p->lifecycle.launching_ns_dist,
                   .hook_timeout_ns = p->lifecycle.heartbeat_timeout_ns,
                   .hook_continues = p->lifecycle.default_result == 1,
                   .refused_ratio = p->capacity.refused_ratio,
                   .retry_ns = p->capacity.retry_ns,
                   .drain_ns = p->deregistration_delay_ns,
                   .farewell = p->lifecycle.terminating_ns_dist,
                   .order = FLEET_CLOSEST_TO_HOUR,
                   .reuse = p->warm_pool.reuse,
                   .on_demand_count = p->on_demand.base_count,
                   .on_demand_share = p->on_demand.above_base_ratio,
                   .interruptions_per_s = -log1p(-p->spot.reclaimed_ratio) / ASG_MONTH_S,
                   .notice_ns = p->spot.notice_ns,
                   .notice_replaces = p->spot.capacity_rebalance,
                   .life = p->failure.mtbf_ns_dist,
                   .detection = p->failure.detection_ns_dist,
                   .check_interval_ns = p->health_check.elb ? p->health_check.interval_ns : 0,
                   .check_threshold = (uint32_t)p->health_check.unhealthy_threshold_count,
                   .check_grace_ns = p->health_check.grace_ns,
                   .check_timeout_ns = p->health_check.timeout_ns,
                   .rebalance_ns = p->rebalance.delay_ns,
                   .rebalance_share = p->rebalance.margin_ratio,
               });
}

static void asg_start_gauges(struct service *s)
{
    struct auto_scaling_group *group = s->state;
    service_gauge(s, &group->fleet.desired, &group->seen_desired);
    service_gauge(s, &group->fleet.spot, &group->seen_spot);
    service_gauge(s, &group->pool, &group->seen_pool);
    service_gauge(s, &s->load.busy, &group->seen_busy);
    service_gauge(s, &s->load.capacity, &group->seen_capacity);
    for (int state = 0; state < FLEET_STATES; state++) {
        service_gauge(s, &group->fleet.in_state[state], &group->seen[state]);
    }
}

/* What is desired at the start is in service and has warmed up. */
static void auto_scaling_group_start(struct world *w, struct service *s)
{
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    const int64_t desired = p->desired_count >= 0 ? p->desired_count : p->min_count;
    group->w = w;
    group->s = s;
    asg_start_type(s);
    asg_start_scaler(w, s);
    asg_start_fleet(w, s);
    asg_start_gauges(s);
    s->load.unit = 1 / (double)group->vcpu_count; /* so that capacity counts instances */
    s->load.fallible = p->min_count == 0 || p->failure.mtbf_ns_dist != NULL || asg_has_spot(p);
    gauge_set(&s->load.up, desired > 0, core_now(s->core));
    fleet_fill(&group->fleet, desired, core_now(s->core) - p->warmup_ns);
}

static void auto_scaling_group_begin(struct world *w, struct service *s)
{
    struct auto_scaling_group *group = s->state;
    asg_fill_pool(s);
    asg_tell(w, s);
    autoscaler_begin(&group->autoscaler);
}

static void auto_scaling_group_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct auto_scaling_group *group = s->state;
    memcpy(begins ? group->left_before : group->left, group->fleet.left, sizeof(group->left));
    *(begins ? &group->refused_before : &group->refused) = group->fleet.refused;
}

/* ---- requests ---- */

/* Its bytes pass the instance's network first. */
static bool asg_receives(struct world *w, struct service *s, struct frame *f, double bytes)
{
    (void)w;
    const struct auto_scaling_group_params *p = s->params;
    struct auto_scaling_group *group = s->state;
    group->measured_bytes += f->flags & FRAME_MEASURED ? bytes : 0;
    group->bytes += bytes;
    if (p->vcpu_count >= 0 || !(bytes > 0)) {
        return false;
    }
    if (f->note >= group->links_capacity) {
        const uint32_t capacity = group->fleet.capacity;
        struct burst_link *links = arena_array(s->arena, capacity, sizeof(*links));
        if (group->links_capacity > 0) {
            memcpy(links, group->links, group->links_capacity * sizeof(*links));
        }
        group->links = links;
        group->links_capacity = capacity;
    }
    const int64_t now_ns = core_now(s->core);
    const int64_t end_ns = burst_link_pass(&group->links[f->note], &group->rate, now_ns, bytes);
    gauge_add(&s->load.queue, 1, now_ns);
    f->block = ASG_PASSING;
    f->state = FRAME_HELD;
    f->event = service_timer(s, end_ns - now_ns, ASG_PASSED | core_slot(s->core, f));
    return true;
}

/* A balancer has chosen the copy; a direct call goes to the next in turn, and so does one that has
 * waited at the group's `limit` until its instance was gone. */
static void auto_scaling_group_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct auto_scaling_group *group = s->state;
    f->note = fleet_choose(&group->fleet, f->copy);
    if (f->note == FLEET_NONE || fleet_at(&group->fleet, f->note)->broken) {
        call_refuse(w, f, OUTCOME_UNAVAILABLE);
        return;
    }
    group->requests++;
    group->measured_requests += (f->flags & FRAME_MEASURED) != 0;
    if (!asg_receives(w, s, f, call_size(w, f)) &&
        fleet_enter_at(&group->fleet, f->note, f) != FLEET_ENTERED) {
        call_refuse(w, f, OUTCOME_REJECTED);
    }
}

static void asg_has_passed(struct service *s, struct frame *f)
{
    gauge_add(&s->load.queue, -1, core_now(s->core));
    f->block = 0;
}

/* All bytes of the call are here; the instance may be gone. */
static void asg_passed(struct service *s, struct frame *f)
{
    struct auto_scaling_group *group = s->state;
    const struct fleet_member *member = fleet_at(&group->fleet, f->note);
    f->event = EVENT_NONE;
    asg_has_passed(s, f);
    const bool there = member->state == FLEET_IN_SERVICE ||
                       (member->state == FLEET_LEAVING && !member->drained && !member->lost);
    const enum fleet_entry entry = there ? fleet_enter_at(&group->fleet, f->note, f) : FLEET_NOBODY;
    if (entry != FLEET_ENTERED) {
        core_end(s->core, f, entry == FLEET_FULL ? OUTCOME_REJECTED : OUTCOME_UNAVAILABLE);
    }
}

static void auto_scaling_group_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct auto_scaling_group *group = s->state;
    fleet_resume(&group->fleet, f);
}

static void auto_scaling_group_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct auto_scaling_group *group = s->state;
    if (f->block == ASG_PASSING) {
        asg_has_passed(s, f);
    }
    fleet_leave(&group->fleet, f);
}

static void auto_scaling_group_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct auto_scaling_group *group = s->state;
    if (slot >= ASG_PASSED) {
        asg_passed(s, core_frame(s->core, slot & ~(uint32_t)ASG_PASSED));
    } else if (slot < ASG_FLEET) {
        autoscaler_due(&group->autoscaler, slot - ASG_AUTOSCALER);
    } else {
        fleet_due(&group->fleet, slot);
        asg_tell(w, s);
    }
}

/* A check is a request like others: it is answered in time, unless the line is too long. */
static bool auto_scaling_group_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    const struct auto_scaling_group_params *p = s->params;
    const struct auto_scaling_group *group = s->state;
    return fleet_healthy(&group->fleet, copy, p->health_check.timeout_ns);
}

/* ---- what it reports ---- */

static double auto_scaling_group_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct auto_scaling_group *group = s->state;
    const struct fleet *fleet = &group->fleet;
    switch ((enum asg_metric)metric) {
    case ASG_DESIRED_CAPACITY:
        return (double)fleet->desired.value;
    case ASG_IN_SERVICE:
        return (double)fleet_in_service(fleet);
    case ASG_PENDING:
        return (double)fleet->in_state[FLEET_PENDING].value;
    case ASG_TERMINATING:
        return (double)fleet->in_state[FLEET_LEAVING].value;
    case ASG_SPOT:
        return (double)fleet->spot.value;
    case ASG_WARM_DESIRED:
        return (double)group->pool.value;
    case ASG_WARM_WARMED:
        return (double)fleet->in_state[FLEET_WARM].value;
    default:
        return (double)NAN;
    }
}

static void auto_scaling_group_observe(struct world *w, struct service *s, struct own_value *own)
{
    static const enum fleet_cause causes[] = {
        [ASG_INTERRUPTED] = FLEET_INTERRUPTED, [ASG_FAILED] = FLEET_FAILED,
        [ASG_UNHEALTHY] = FLEET_UNHEALTHY,     [ASG_BALANCED] = FLEET_BALANCED,
        [ASG_ABANDONED] = FLEET_ABANDONED,
    };
    const struct auto_scaling_group *group = s->state;
    const double window_s = world_window_s(w);
    const double in_service = gauge_mean(&group->seen[FLEET_IN_SERVICE], window_s);
    own[ASG_CPU_UTILIZATION].value = group->seen_busy.area / group->seen_capacity.area;
    own[ASG_REQUEST_COUNT_PER_TARGET].value = (double)group->measured_requests / in_service;
    own[ASG_DESIRED_CAPACITY].value = gauge_mean(&group->seen_desired, window_s);
    own[ASG_IN_SERVICE].value = in_service;
    own[ASG_PENDING].value = gauge_mean(&group->seen[FLEET_PENDING], window_s);
    own[ASG_TERMINATING].value = gauge_mean(&group->seen[FLEET_LEAVING], window_s);
    own[ASG_SPOT].value = gauge_mean(&group->seen_spot, window_s);
    own[ASG_WARM_DESIRED].value = gauge_mean(&group->seen_pool, window_s);
    own[ASG_WARM_WARMED].value = gauge_mean(&group->seen[FLEET_WARM], window_s);
    own[ASG_NETWORK_IN].value = group->measured_bytes;
    for (uint32_t i = ASG_INTERRUPTED; i <= ASG_ABANDONED; i++) {
        own[i].value = (double)(group->left[causes[i]] - group->left_before[causes[i]]);
    }
    own[ASG_NO_CAPACITY].value = (double)(group->refused - group->refused_before);
}

/* A group that tracks nothing stays at its size. */
static void auto_scaling_group_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct auto_scaling_group_params *p = s->params;
    const struct auto_scaling_group *group = s->state;
    const int64_t now_ns = core_now(s->core);
    const struct scaler *scaler = &group->autoscaler.scaler;
    const double size =
        scaler_active(scaler) ? scaler_largest(scaler) : (double)group->fleet.desired.value;
    usage[ASG_MAXIMUM_SIZE] = (struct usage){
        .used = gauge_area_s(&s->load.busy, now_ns),
        .available = size * (double)group->vcpu_count,
    };
    usage[ASG_THREADS] = (struct usage){
        .used = gauge_area_s(&s->load.in_flight, now_ns) - gauge_area_s(&s->load.queue, now_ns),
        .available =
            group->threads_count == PARAM_INFINITE ? INFINITY : size * (double)group->threads_count,
    };
    usage[ASG_NETWORK] = (struct usage){
        .used = group->bytes,
        .available = p->vcpu_count >= 0 ? INFINITY : size * group->rate.baseline_bytes_per_s,
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
                "backlog, and beyond that end as `rejected`. A call with a size passes the "
                "instance's network first, one after the other, above the baseline while credits "
                "last. Target tracking scales out after 3 datapoints above the target, in "
                "proportion and rounded up, and in after 15 below 90 % of it, unless instances "
                "boot or warm up; steps, scheduled actions and a forecast of the load's return "
                "may change the number too, and the largest wins. New ones go to the zone with "
                "the fewest, and are in service after placement, boot, application start and "
                "hook, or sooner from a warm pool. One that is terminated (zone with the most, "
                "then Spot or on-demand as the mix has too many, then closest to a billing hour) "
                "gets no new requests and finishes its own within the deregistration delay. Spot "
                "instances are taken back at random times, two minutes after a notice; who fails, "
                "or fails the balancer's checks, is replaced. Behind an alb the balancer picks "
                "the instance; direct callers take turns; with none in service they end as "
                "`unavailable`. A balancer's check fails when the backlog is full, or one has "
                "waited in it for the check's timeout. CPU credits, EBS, several instance types "
                "in one group and instance refresh are left out.",
            ROWS(params, auto_scaling_group_params),
            ROWS(metrics, auto_scaling_group_metrics),
            ROWS(resources, auto_scaling_group_resources),
            .params_size = sizeof(struct auto_scaling_group_params),
            .takes_work = true,
            .takes_operations = true,
            .members = true,
            .scales = true,
            .scales_with = auto_scaling_group_scales_with,
            .controls = auto_scaling_group_controls,
            .branch_work = "work inside 'parallel' takes its time, but no share of the vCPUs: give "
                           "it a service of its own if that matters",
            .work_help = "CPU time on one vCPU",
            .resource = "vCPU",
            .check = auto_scaling_group_check,
        },
    .state_size = sizeof(struct auto_scaling_group),
    .start = auto_scaling_group_start,
    .begin = auto_scaling_group_begin,
    .window = auto_scaling_group_window,
    .timer = auto_scaling_group_timer,
    .observe = auto_scaling_group_observe,
    .usage = auto_scaling_group_usage,
    .arrive = auto_scaling_group_arrive,
    .resume = auto_scaling_group_resume,
    .finish = auto_scaling_group_finish,
    .healthy = auto_scaling_group_healthy,
    .level = auto_scaling_group_level,
    .control = auto_scaling_group_control,
};
