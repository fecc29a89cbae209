/* fargate: the tasks of an ECS service on AWS Fargate, and how their number follows a metric.
 * A task is a host: its vCPUs are shared by the requests that have a thread. Application Auto
 * Scaling looks at datapoints of a minute and changes the desired count; the service scheduler
 * starts, stops and replaces tasks, and rolls new code out. Blocks: fleet, rollout, autoscaler.
 * Left out: sidecars, blue/green deployments, ephemeral storage, the quota of vCPUs. */
#include "models/model.h"

#include "models/fargate_tables.h"
#include "sim/blocks/autoscaler.h"
#include "sim/blocks/fleet.h"
#include "sim/blocks/rollout.h"

/* EVENT_SERVICE slots; then the fleet's. */
enum fargate_slot { FARGATE_AUTOSCALER, FARGATE_ROLL = AUTOSCALER_TIMERS, FARGATE_TASKS };

#define FARGATE_S 1e9      /* in ns */
#define FARGATE_MOST 5000. /* tasks of a service (Amazon ECS Developer Guide, service quotas) */

/* Of all services of the account. */
struct fargate_account {
    struct bucket launches, spot_launches;
    bool ready;
};

struct fargate {
    struct world *w; /* for what blocks ask back */
    struct service *s;
    struct fleet fleet;
    struct autoscaler autoscaler;
    struct distribution pull;
    struct bucket pace;
    struct rollout rollout;
    struct log_entry *rolling;          /* of the rollout that is under way */
    struct log_entry *failing, *killed; /* the last of those */
    struct gauge desired;
    struct gauge inside, running; /* requests with a thread, tasks; since time 0 */
    double sampled_inside_s, sampled_running_s;
    uint64_t requests; /* since the last minute */
    uint64_t measured_requests;
    double window_inside_s, window_running_s; /* begin of the window, then within it */
    struct gauge_window seen_desired, seen[FLEET_STATES], seen_spot, seen_busy, seen_capacity;
};

static double fargate_cap(int64_t count)
{
    return count == PARAM_INFINITE ? INFINITY : (double)count;
}

static uint32_t fargate_limit(int64_t count)
{
    return count < HOST_UNLIMITED ? (uint32_t)count : HOST_UNLIMITED;
}

/* ---- tasks ---- */

/* Memory of a task with so many requests at work, as a share of what it has. */
static double fargate_memory(const struct fargate_params *p, double requests)
{
    const double base = p->memory_base_bytes > 0 ? (double)p->memory_base_bytes : 0;
    const double each = p->memory_per_request_bytes > 0 ? (double)p->memory_per_request_bytes : 0;
    return (base + requests * each) / (double)p->memory_bytes;
}

/* A task is gone, for a reason that a reader should know; those of a minute are one entry. */
static void fargate_lost(struct world *w, struct service *s, struct log_entry **last,
                         const char *metric, const char *text)
{
    const int64_t now_ns = core_now(s->core);
    if (*last == NULL || now_ns - (*last)->until_ns >= SCALING_MINUTE_NS) {
        *last = service_log(w, s,
                            &(struct log_entry){.kind = LOG_UNHEALTHY,
                                                .metric = metric,
                                                .value = (double)NAN,
                                                .threshold = (double)NAN,
                                                .from = (double)NAN,
                                                .to = (double)NAN,
                                                .text = text});
    }
    (*last)->count++;
    (*last)->until_ns = now_ns;
}

/* A task of new code would serve now. True: it fails instead (it exits, or its checks do). */
static bool fargate_fails(struct world *w, struct service *s, uint32_t number)
{
    struct fargate *fargate = s->state;
    const bool fails = rollout_fails(&fargate->rollout, number);
    if (fails) {
        fargate_lost(w, s, &fargate->failing, "deployment", "tasks of the new code failed");
    }
    return fails;
}

static void fargate_news(struct world *w, struct service *s)
{
    const struct fargate_params *p = s->params;
    struct fargate *fargate = s->state;
    struct fleet_news news;
    while (fleet_news(&fargate->fleet, &news)) {
        const uint16_t copy = (uint16_t)(news.number + 1);
        switch (news.kind) {
        case FLEET_CAME:
            if (fargate_fails(w, s, news.number)) {
                fleet_lose(&fargate->fleet, news.number, FLEET_ABANDONED);
                break;
            }
            service_member(w, s, copy, news.zone, true);
            service_timer(s, p->deployment.healthy_after_ns, FARGATE_ROLL);
            break;
        case FLEET_WENT:
            if (news.cause != FLEET_ABANDONED) { /* that one was never announced */
                service_member(w, s, copy, news.zone, false);
            }
            break;
        case FLEET_CUT: {
            struct frame *f;
            while ((f = host_any(&fleet_at(&fargate->fleet, news.number)->host)) != NULL) {
                call_cut(w, f, OUTCOME_UNAVAILABLE);
            }
            break;
        }
        }
    }
}

/* After whatever may have changed the tasks. */
static void fargate_follow(struct world *w, struct service *s)
{
    struct fargate *fargate = s->state;
    fargate_news(w, s);
    const struct fleet *fleet = &fargate->fleet;
    gauge_set(&fargate->running,
              fleet->in_state[FLEET_IN_SERVICE].value + fleet->in_state[FLEET_LEAVING].value,
              core_now(s->core));
}

/* ---- deployments ---- */

static void fargate_rolls(struct world *w, struct service *s, const char *text)
{
    struct fargate *fargate = s->state;
    fargate->rolling = service_log(w, s,
                                   &(struct log_entry){.kind = LOG_COMMAND,
                                                       .metric = "deployment",
                                                       .value = (double)NAN,
                                                       .threshold = (double)NAN,
                                                       .from = (double)NAN,
                                                       .to = (double)NAN,
                                                       .text = text});
}

static void fargate_rolled(struct service *s, const char *text)
{
    struct fargate *fargate = s->state;
    fargate->rolling->until_ns = core_now(s->core);
    fargate->rolling->text = text;
}

/* Brings the tasks to what is desired, by the deployment that is going on. */
static void fargate_roll(struct world *w, struct service *s)
{
    struct fargate *fargate = s->state;
    struct rollout *rollout = &fargate->rollout;
    if (rollout_tripped(rollout)) {
        fargate_rolled(s, "failed: the circuit breaker rolls it back");
        rollout_back(rollout);
        fargate_rolls(w, s, "rolls back");
    }
    const bool forth = rollout->phase == ROLLOUT_FORTH;
    const bool through = rollout_step(rollout);
    fargate_follow(w, s);
    if (through) {
        fargate_rolled(s, forth ? "deployed" : "rolled back");
    }
}

static void fargate_deploy(struct world *w, struct service *s)
{
    struct fargate *fargate = s->state;
    if (fargate->rollout.phase != ROLLOUT_IDLE) {
        fargate_rolled(s, "superseded by the next");
    }
    rollout_begin(&fargate->rollout);
    fargate_rolls(w, s, "rolls out");
    fargate_roll(w, s);
}

/* ---- scaling ---- */

static void fargate_scale(struct world *w, struct service *s, const struct log_entry *why,
                          double desired)
{
    struct fargate *fargate = s->state;
    struct log_entry entry = *why;
    entry.from = (double)fargate->desired.value;
    entry.to = desired;
    entry.kind = entry.to > entry.from ? LOG_SCALE_OUT : LOG_SCALE_IN;
    entry.count = (uint64_t)fabs(entry.to - entry.from);
    gauge_set(&fargate->desired, (int64_t)desired, core_now(s->core));
    fargate->rollout.wanted = (int64_t)desired;
    fargate_roll(w, s);
    entry.delay_ns = fargate->fleet.slowest_ns;
    service_log(w, s, &entry);
}

static void fargate_apply(void *context, const struct scaler_decision *decision)
{
    const struct fargate *fargate = context;
    const bool scheduled = decision->reason == SCALER_SCHEDULED;
    const bool forecast = decision->reason == SCALER_PREDICTED;
    fargate_scale(fargate->w, fargate->s,
                  &(struct log_entry){
                      .metric = scheduled  ? "schedule"
                                : forecast ? "forecast"
                                           : fargate_scaling_metrics[decision->metric],
                      .value = decision->value,
                      .threshold = decision->threshold,
                  },
                  decision->desired);
}

/* "Application Auto Scaling turns off scale-in processes while Amazon ECS deployments are in
 * progress" (ECS Developer Guide, Troubleshooting service auto scaling). */
static struct scaler_state fargate_state(void *context)
{
    const struct fargate *fargate = context;
    return (struct scaler_state){
        .desired = (double)fargate->desired.value,
        .settled = (double)fargate->desired.value,
        .growing = fargate->rollout.phase != ROLLOUT_IDLE,
    };
}

/* Each minute of the scenario's clock. */
static void fargate_sample(void *context)
{
    struct fargate *fargate = context;
    struct autoscaler *autoscaler = &fargate->autoscaler;
    const struct service *s = fargate->s;
    const int64_t now_ns = core_now(s->core);
    double measured;
    const double cpu = fleet_sample(&fargate->fleet, 0, &measured);
    autoscaler_put(autoscaler, SCALING_CPU, cpu, measured);
    const double inside_s = gauge_area_s(&fargate->inside, now_ns);
    const double running_s = gauge_area_s(&fargate->running, now_ns);
    const double running = running_s - fargate->sampled_running_s;
    const double requests = (inside_s - fargate->sampled_inside_s) / running;
    autoscaler_put(autoscaler, SCALING_MEMORY,
                   running > 0 ? fargate_memory(s->params, requests) : (double)NAN, measured);
    fargate->sampled_inside_s = inside_s;
    fargate->sampled_running_s = running_s;
    const double targets = (double)fleet_in_service(&fargate->fleet);
    autoscaler_put(autoscaler, SCALING_REQUESTS,
                   targets > 0 ? (double)fargate->requests / targets : (double)NAN, targets);
    fargate->requests = 0;
}

static const struct autoscaler_ops fargate_autoscaler_ops = {
    .sample = fargate_sample,
    .state = fargate_state,
    .apply = fargate_apply,
};

/* UpdateService knows no limits of Application Auto Scaling, which are for its own policies. */
static bool fargate_control(struct world *w, struct service *s, uint32_t control, double value)
{
    struct fargate *fargate = s->state;
    if (control == FARGATE_DEPLOY) {
        fargate_deploy(w, s);
        return true;
    }
    const struct scaler *scaler = &fargate->autoscaler.scaler;
    if (!(value >= fmin(1, scaler->min)) || value > FARGATE_MOST || value != floor(value)) {
        return false;
    }
    if (value != (double)fargate->desired.value) {
        fargate_scale(w, s,
                      &(struct log_entry){
                          .metric = "command", .value = (double)NAN, .threshold = (double)NAN},
                      value);
    }
    return true;
}

/* ---- the service ---- */

static void fargate_init_account(struct service *s)
{
    const struct fargate_quotas *quotas = s->quotas;
    struct fargate_account *account = s->shared;
    if (!account->ready) {
        account->ready = true;
        bucket_init(&account->launches, quotas->launch.rate_per_s, quotas->launch.burst_count);
        bucket_init(&account->spot_launches, quotas->launch.spot_rate_per_s,
                    quotas->launch.spot_burst_count);
    }
}

/* A step of load.busy and load.capacity is one vCPU, or the part of one that a task has. */
static double fargate_step(const struct fargate_params *p)
{
    return p->cpu < 1 ? p->cpu : 1;
}

static void fargate_init_fleet(struct world *w, struct service *s)
{
    const struct fargate_params *p = s->params;
    struct fargate *fargate = s->state;
    struct fargate_account *account = s->shared;
    const int64_t on_demand = p->capacity_provider.on_demand_count;
    const int64_t weights = on_demand + p->capacity_provider.spot_count;
    fargate->pull =
        distribution_constant((double)p->image_bytes / p->pull_rate_bytes_per_s * FARGATE_S);
    bucket_init(&fargate->pace, p->service_rate_per_s, 1);
    fleet_init(
        &fargate->fleet,
        &(struct fleet_setup){
            .core = s->core,
            .load = &s->load,
            .arena = s->arena,
            .service = s->index,
            .first_slot = FARGATE_TASKS,
            .random = service_random(w, s, "launch"),
            .fates = service_random(w, s, "fates"),
            .zones_mask = service_zones(w, s),
            .processors = p->cpu,
            .step = fargate_step(p),
            .steps = (int64_t)(p->cpu / fargate_step(p)),
            .places_count = fargate_limit(p->threads_count),
            .backlog_count = fargate_limit(p->backlog_count),
            .start = {{p->provisioning_ns_dist, &fargate->pull, p->app_start_ns_dist}},
            .launches = &account->launches,
            .spot_launches = &account->spot_launches,
            .pace = &fargate->pace,
            .spot_refused_ratio = p->spot.refused_ratio,
            .retry_ns = p->spot.retry_ns,
            .drain_ns = p->deregistration_delay_ns + p->stop_timeout_ns,
            .order = FLEET_OLDEST,
            .on_demand_count = p->capacity_provider.base_count,
            .on_demand_share = (double)on_demand / (double)weights,
            .interruptions_per_s = p->spot.interruptions_per_s,
            .notice_ns = p->spot.notice_ns,
            .notice_replaces = true,
            .life = p->failure.mtbf_ns_dist,
            .detection = p->failure.detection_ns_dist,
            .check_interval_ns = p->health_check.interval_ns > 0 ? p->health_check.interval_ns : 0,
            .check_threshold = (uint32_t)p->health_check.threshold_count,
            .check_grace_ns = p->health_check.grace_ns,
            .check_timeout_ns = p->health_check.timeout_ns,
            .rebalance_ns = p->zone_rebalancing ? p->rebalance_delay_ns : 0,
        });
}

static void fargate_start_autoscaler(struct world *w, struct service *s)
{
    const struct fargate_params *p = s->params;
    struct fargate *fargate = s->state;
    autoscaler_init(&fargate->autoscaler, &(struct autoscaler_setup){
                                              .ops = &fargate_autoscaler_ops,
                                              .context = fargate,
                                              .core = s->core,
                                              .arena = s->arena,
                                              .service = s->index,
                                              .timer = FARGATE_AUTOSCALER,
                                              .period_ns = SCALING_MINUTE_NS,
                                              .delay_ns = p->alarm.delay_ns,
                                          });
    scaling_setup(&fargate->autoscaler.scaler,
                  &(struct scaling){
                      .min = (double)fargate_min(p),
                      .max = (double)fargate_max(p),
                      .origin_ns = world_origin(w),
                      .cooldown = &p->cooldown,
                      SCALING_OF(p),
                      .targets = {[SCALING_CPU] = p->target.cpu_ratio,
                                  [SCALING_MEMORY] = p->target.memory_ratio,
                                  [SCALING_REQUESTS] = p->target.requests_per_s * SCALING_MINUTE_S,
                                  [SCALING_OWN] = (double)NAN},
                  },
                  s->arena);
}

static void fargate_start(struct world *w, struct service *s)
{
    const struct fargate_params *p = s->params;
    struct fargate *fargate = s->state;
    fargate->w = w;
    fargate->s = s;
    fargate_init_account(s);
    fargate_init_fleet(w, s);
    rollout_init(&fargate->rollout,
                 &(struct rollout_setup){
                     .fleet = &fargate->fleet,
                     .least_share = p->deployment.minimum_healthy_ratio,
                     .most_share = p->deployment.maximum_ratio,
                     .healthy_after_ns = p->deployment.healthy_after_ns,
                     .failure_ratio = p->deployment.failure_ratio,
                     .breaker = p->deployment.circuit_breaker,
                     .resets = p->deployment.reset_on_healthy,
                     .random = service_random(w, s, "codes"),
                 },
                 p->desired_count);
    fargate_start_autoscaler(w, s);
    service_gauge(s, &fargate->desired, &fargate->seen_desired);
    service_gauge(s, &fargate->fleet.spot, &fargate->seen_spot);
    service_gauge(s, &s->load.busy, &fargate->seen_busy);
    service_gauge(s, &s->load.capacity, &fargate->seen_capacity);
    for (int state = 0; state < FLEET_STATES; state++) {
        service_gauge(s, &fargate->fleet.in_state[state], &fargate->seen[state]);
    }
    s->load.unit = fargate_step(p) / p->cpu; /* so that capacity counts tasks */
    s->load.fallible = fargate_min(p) == 0 || p->failure.mtbf_ns_dist != NULL ||
                       p->memory_per_request_bytes > 0 || p->capacity_provider.spot_count > 0;
    gauge_set(&s->load.up, p->desired_count > 0, core_now(s->core));
    gauge_set(&fargate->desired, p->desired_count, core_now(s->core));
    fleet_fill(&fargate->fleet, p->desired_count,
               core_now(s->core) - p->deployment.healthy_after_ns);
}

static void fargate_begin_service(struct world *w, struct service *s)
{
    struct fargate *fargate = s->state;
    fargate_follow(w, s);
    autoscaler_begin(&fargate->autoscaler);
}

/* The task is killed, and all its requests end; this one with them. */
static void fargate_out_of_memory(struct world *w, struct service *s, struct frame *f,
                                  uint32_t number)
{
    struct fargate *fargate = s->state;
    fargate_lost(w, s, &fargate->killed, "memory_utilization",
                 "out of memory: tasks were killed (exit 137)");
    call_refuse(w, f, OUTCOME_UNAVAILABLE);
    fleet_lose(&fargate->fleet, number, FLEET_FAILED);
    fargate_follow(w, s);
}

/* A balancer has chosen the copy; a direct call goes to the next in turn. */
static void fargate_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct fargate_params *p = s->params;
    struct fargate *fargate = s->state;
    const uint32_t number = fleet_choose(&fargate->fleet, f->copy);
    if (number == FLEET_NONE || fleet_at(&fargate->fleet, number)->broken) {
        call_refuse(w, f, OUTCOME_UNAVAILABLE);
        return;
    }
    fargate->requests++;
    fargate->measured_requests += (f->flags & FRAME_MEASURED) != 0;
    const struct host *host = &fleet_at(&fargate->fleet, number)->host;
    const uint32_t before = host->inside;
    if (before < host->places_count && fargate_memory(p, before + 1.0) > 1) {
        fargate_out_of_memory(w, s, f, number);
        return;
    }
    if (fleet_enter_at(&fargate->fleet, number, f) != FLEET_ENTERED) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    gauge_add(&fargate->inside, (int64_t)host->inside - before, core_now(s->core));
}

static void fargate_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct fargate *fargate = s->state;
    fleet_resume(&fargate->fleet, f);
}

static void fargate_finish(struct world *w, struct service *s, struct frame *f)
{
    struct fargate *fargate = s->state;
    const struct fleet_member *task = fleet_at(&fargate->fleet, f->note);
    const int64_t before = task->host.inside;
    const bool leaving = task->state == FLEET_LEAVING;
    fleet_leave(&fargate->fleet, f);
    gauge_add(&fargate->inside, (int64_t)task->host.inside - before, core_now(s->core));
    if (leaving) {
        fargate_follow(w, s);
    }
}

static void fargate_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct fargate *fargate = s->state;
    if (slot < FARGATE_ROLL) {
        autoscaler_due(&fargate->autoscaler, slot - FARGATE_AUTOSCALER);
    } else if (slot == FARGATE_ROLL) {
        if (fargate->rollout.phase != ROLLOUT_IDLE) {
            fargate_roll(w, s);
        }
    } else {
        fleet_due(&fargate->fleet, slot);
        fargate_follow(w, s);
        if (rollout_tripped(&fargate->rollout)) {
            fargate_roll(w, s);
        }
    }
}

static bool fargate_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    const struct fargate_params *p = s->params;
    const struct fargate *fargate = s->state;
    return fleet_healthy(&fargate->fleet, copy, p->health_check.timeout_ns);
}

/* ---- what it reports ---- */

static void fargate_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    (void)begins; /* twice: what was there at the begin is subtracted at the end */
    struct fargate *fargate = s->state;
    const int64_t now_ns = core_now(s->core);
    fargate->window_inside_s = gauge_area_s(&fargate->inside, now_ns) - fargate->window_inside_s;
    fargate->window_running_s = gauge_area_s(&fargate->running, now_ns) - fargate->window_running_s;
}

static void fargate_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct fargate_params *p = s->params;
    const struct fargate *fargate = s->state;
    const double window_s = world_window_s(w);
    const double in_service = gauge_mean(&fargate->seen[FLEET_IN_SERVICE], window_s);
    const bool sized = p->memory_base_bytes >= 0 || p->memory_per_request_bytes >= 0;
    own[FARGATE_CPU_UTILIZATION].value = fargate->seen_busy.area / fargate->seen_capacity.area;
    own[FARGATE_MEMORY_UTILIZATION].value =
        sized ? fargate_memory(p, fargate->window_inside_s / fargate->window_running_s)
              : (double)NAN;
    own[FARGATE_REQUEST_COUNT_PER_TARGET].value = (double)fargate->measured_requests / in_service;
    own[FARGATE_RUNNING].value = in_service + gauge_mean(&fargate->seen[FLEET_LEAVING], window_s);
    own[FARGATE_PENDING].value = gauge_mean(&fargate->seen[FLEET_PENDING], window_s);
    own[FARGATE_DESIRED].value = gauge_mean(&fargate->seen_desired, window_s);
    own[FARGATE_SPOT].value = gauge_mean(&fargate->seen_spot, window_s);
}

static double fargate_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct fargate *fargate = s->state;
    switch (metric) {
    case FARGATE_RUNNING:
        return (double)fargate->running.value;
    case FARGATE_PENDING:
        return (double)fargate->fleet.in_state[FLEET_PENDING].value;
    case FARGATE_SPOT:
        return (double)fargate->fleet.spot.value;
    default:
        return (double)fargate->desired.value;
    }
}

static void fargate_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct fargate_params *p = s->params;
    const struct fargate *fargate = s->state;
    const int64_t now_ns = core_now(s->core);
    const struct scaler *scaler = &fargate->autoscaler.scaler;
    const double size =
        scaler_active(scaler) ? scaler_largest(scaler) : (double)fargate->desired.value;
    usage[FARGATE_MAXIMUM_TASKS] = (struct usage){
        .used = gauge_area_s(&s->load.busy, now_ns),
        .available = size * p->cpu / fargate_step(p),
    };
    usage[FARGATE_THREADS] = (struct usage){
        .used = gauge_area_s(&s->load.in_flight, now_ns) - gauge_area_s(&s->load.queue, now_ns),
        .available = size * fargate_cap(p->threads_count),
    };
}

const struct model fargate_model = {
    .info =
        {
            .name = "fargate",
            .title = "an ECS service on AWS Fargate: tasks whose number follows a metric",
            .text =
                "Each task shares its vCPUs among the requests that have one of its threads "
                "(processor sharing, each on one vCPU at most); others wait in its backlog, beyond "
                "that they end as `rejected`. A task comes into service after its token "
                "(the account's bucket, one for Spot; the service's rate), provisioning, image "
                "pull and start, in the zone with the fewest; behind an alb or nlb that balancer "
                "checks it first. Target tracking scales out after 3 minutes above a target and in "
                "after 15 below 90 % of it, step scaling by the size of the breach, with "
                "cooldowns; "
                "schedules move the limits; never in while code is deployed. A task that stops has "
                "the deregistration delay and the stop timeout for its requests. Spot tasks get a "
                "notice, drain, and are replaced on Spot only. Memory grows with the requests at "
                "work; beyond the task's it is killed and its requests fail. The control `code` "
                "rolls new tasks out within the minimum healthy and maximum percent; failing ones "
                "may trip the circuit breaker. Left out: sidecars, ephemeral storage, blue/green, "
                "the quota of vCPUs, the growing delay between restarts of failing tasks.",
            ROWS(params, fargate_params),
            ROWS(quotas, fargate_quotas),
            ROWS(metrics, fargate_metrics),
            ROWS(resources, fargate_resources),
            .controls = fargate_controls,
            .params_size = sizeof(struct fargate_params),
            .quotas_size = sizeof(struct fargate_quotas),
            .takes_work = true,
            .takes_operations = true,
            .members = true,
            .scales = true,
            .scales_with = fargate_scales_with,
            .branch_work = "work inside 'parallel' takes its time, but no share of the vCPUs: give "
                           "it a service of its own if that matters",
            .work_help = "CPU time on one vCPU",
            .resource = "vCPU",
            .check = fargate_check,
        },
    .state_size = sizeof(struct fargate),
    .shared_size = sizeof(struct fargate_account),
    .start = fargate_start,
    .begin = fargate_begin_service,
    .window = fargate_window,
    .timer = fargate_timer,
    .observe = fargate_observe,
    .usage = fargate_usage,
    .arrive = fargate_arrive,
    .resume = fargate_resume,
    .finish = fargate_finish,
    .healthy = fargate_healthy,
    .level = fargate_level,
    .control = fargate_control,
};
