/* alb: a load balancer with one target group, and a node in each zone.
 * A request enters at the node of its zone, passes the balancer's own latency, and goes to one of
 * the targets that are in. Health checks take targets out and in; one that is deregistered gets
 * nothing more at once. Block: target_group. Left out: the connection to a target (its 10 s limit),
 * slow start, draining, stickiness, the balancer's own scaling, DNS fail-over of a zone. */
#include "models/model.h"

#include <math.h>

#include "sim/blocks/target_group.h"

#define CHECKS_PAGE "ELB User Guide for ALB, Health checks for your target groups"
#define GROUP_PAGE "ELB User Guide for ALB, Target groups"

enum { ALB_SENT = 1 }; /* frame.block: it is with a target; note is the group's record */
enum alb_metric {
    ALB_REQUEST_COUNT,
    ALB_REQUEST_COUNT_PER_TARGET,
    ALB_ELB_5XX,
    ALB_ELB_502,
    ALB_ELB_503,
    ALB_ELB_504,
    ALB_TARGET_4XX,
    ALB_TARGET_5XX,
    ALB_TARGET_RESPONSE_TIME,
    ALB_HEALTHY_HOST_COUNT,
    ALB_HEALTHY_HOST_COUNT_MINIMUM,
    ALB_UN_HEALTHY_HOST_COUNT,
    ALB_UN_HEALTHY_HOST_COUNT_MAXIMUM,
    ALB_METRICS,
};

struct alb_params {
    struct call_targets targets_targets;
    int routing;
    bool cross_zone;
    const struct distribution *latency_ns_dist;
    int64_t idle_timeout_ns;
    int64_t registration_ns;
    struct {
        int64_t interval_ns, timeout_ns;
        int64_t healthy_threshold_count, unhealthy_threshold_count;
    } health_check;
};

#define PARAMS struct alb_params
static const struct param alb_params[] = {
    SERVICES(targets, REQUIRED, "the target group: services, groups of instances, functions",
             DOCUMENTED(GROUP_PAGE)),
    CHOICE(routing, "round_robin", "round_robin least_outstanding_requests weighted_random",
           "how each node picks a target; weighted_random has equal weights",
           DOCUMENTED(GROUP_PAGE ", load_balancing.algorithm.type")),
    FLAG(cross_zone, "true", "a node reaches the targets of all zones, else those of its own",
         DOCUMENTED("ELB User Guide for ALB, Cross-zone load balancing for target groups")),
    TIME_DIST(latency, "lognormal(p50=1.2ms p99=4.8ms)", "0s..",
              "the balancer's own time for a request, before the target",
              ESTIMATED("facts, alb latency: median 1.2 ms, sigma 0.6; connections are reused")),
    TIME(idle_timeout, "60s", "1s..4000s", "a target that has not answered by then is a 504",
         DOCUMENTED("ELB User Guide for ALB, Troubleshoot, HTTP 504: Gateway timeout")),
    TIME(registration, "10s", "0s..300s", "from registering a new target to its first health check",
         ESTIMATED("not documented: registering takes seconds, then comes the first check")),
    TIME(health_check.interval, "30s", "5s..300s", "between the checks of a target",
         DOCUMENTED(CHECKS_PAGE ", HealthCheckIntervalSeconds")),
    TIME(health_check.timeout, "5s", "2s..120s", "a check without an answer has failed then",
         DOCUMENTED(CHECKS_PAGE ", HealthCheckTimeoutSeconds")),
    COUNT(health_check.healthy_threshold, "5", "2..10",
          "passed checks in a row that bring an unhealthy target back; a new one needs one",
          DOCUMENTED(CHECKS_PAGE ", HealthyThresholdCount")),
    COUNT(health_check.unhealthy_threshold, "2", "2..10",
          "failed checks in a row that take a target out",
          DOCUMENTED(CHECKS_PAGE ", UnhealthyThresholdCount")),
};

static const enum rotation_policy alb_policies[] = {ROTATION_IN_TURN, ROTATION_FEWEST,
                                                    ROTATION_RANDOM};

static const struct metric alb_metrics[] = {
    [ALB_REQUEST_COUNT] = {"request_count", QUANTITY_COUNT, METRIC_VALUE,
                           "requests for which a target was chosen"},
    [ALB_REQUEST_COUNT_PER_TARGET] = {"request_count_per_target", QUANTITY_COUNT, METRIC_VALUE,
                                      "request_count by the mean number of healthy targets"},
    [ALB_ELB_5XX] = {"http_code_elb_5xx_count", QUANTITY_COUNT, METRIC_VALUE,
                     "5xx answers that the balancer made itself"},
    [ALB_ELB_502] = {"http_code_elb_502_count", QUANTITY_COUNT, METRIC_VALUE,
                     "the target refused or broke the connection"},
    [ALB_ELB_503] = {"http_code_elb_503_count", QUANTITY_COUNT, METRIC_VALUE,
                     "no target was registered that the node reaches"},
    [ALB_ELB_504] = {"http_code_elb_504_count", QUANTITY_COUNT, METRIC_VALUE,
                     "the target did not answer within the idle timeout"},
    [ALB_TARGET_4XX] = {"http_code_target_4xx_count", QUANTITY_COUNT, METRIC_VALUE,
                        "a target's own 4xx answers: it throttled"},
    [ALB_TARGET_5XX] = {"http_code_target_5xx_count", QUANTITY_COUNT, METRIC_VALUE,
                        "a target's own 5xx answers: it failed, was full or late"},
    [ALB_TARGET_RESPONSE_TIME] = {"target_response_time", QUANTITY_TIME, METRIC_LATENCY,
                                  "from sending a request to the target to its answer"},
    [ALB_HEALTHY_HOST_COUNT] = {"healthy_host_count", QUANTITY_COUNT, METRIC_VALUE,
                                "healthy targets, mean over time"},
    [ALB_HEALTHY_HOST_COUNT_MINIMUM] = {"healthy_host_count_minimum", QUANTITY_COUNT, METRIC_VALUE,
                                        "healthy targets, the least"},
    [ALB_UN_HEALTHY_HOST_COUNT] = {"un_healthy_host_count", QUANTITY_COUNT, METRIC_VALUE,
                                   "unhealthy targets, mean over time"},
    [ALB_UN_HEALTHY_HOST_COUNT_MAXIMUM] = {"un_healthy_host_count_maximum", QUANTITY_COUNT,
                                           METRIC_MAX, "unhealthy targets, the most"},
};

struct alb {
    struct target_group group;
    struct random pick_random, latency_random;
    struct gauge_window seen[TARGET_STATES]; /* of the group, in the window */
    uint64_t counts[ALB_METRICS];            /* measured */
    struct summary response;
    struct log_entry *entry; /* the last */
};

_Static_assert((int)TARGET_ZONE_ANY == (int)ZONE_ANY,
               "members speak of zones as the scenario does");

static const char *alb_check(const void *params)
{
    const struct alb_params *p = params;
    return p->health_check.timeout_ns >= p->health_check.interval_ns
               ? "health_check.timeout: must be shorter than `interval`"
               : NULL;
}

static void alb_start(struct world *w, struct service *s)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    alb->pick_random = service_random(w, s, "balance");
    alb->latency_random = service_random(w, s, "latency");
    target_group_init(
        &alb->group, &(struct target_group_setup){
                         .core = s->core,
                         .arena = s->arena,
                         .service = s->index,
                         .nodes_count = (uint16_t)world_zones(w),
                         .owners_count = (uint16_t)p->targets_targets.count,
                         .policy = alb_policies[p->routing],
                         .cross_zone = p->cross_zone,
                         .registration_ns = p->registration_ns,
                         .interval_ns = p->health_check.interval_ns,
                         .timeout_ns = p->health_check.timeout_ns,
                         .healthy_threshold = (uint32_t)p->health_check.healthy_threshold_count,
                         .unhealthy_threshold = (uint32_t)p->health_check.unhealthy_threshold_count,
                     });
    for (uint32_t state = 0; state < TARGET_STATES; state++) {
        service_gauge(s, &alb->group.in_state[state], &alb->seen[state]);
    }
    summary_init(&alb->response, s->arena);
    s->load.unlimited = true;
}

/* ---- targets and their health ---- */

/* What is there when the world begins was registered long ago. */
static void alb_member(struct world *w, struct service *s, const struct call_target *target,
                       uint16_t copy, uint8_t zone, bool present)
{
    (void)w;
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    const uint16_t owner = (uint16_t)(target - p->targets_targets.items);
    if (present) {
        target_group_register(&alb->group, owner, copy, zone, core_now(s->core) == 0);
    } else {
        target_group_deregister(&alb->group, owner, copy);
    }
}

/* One entry for changes of a kind that follow each other. */
static void alb_log(struct world *w, struct service *s, bool up, int64_t checks)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    const int64_t now_ns = core_now(s->core);
    const int64_t healthy = alb->group.in_state[TARGET_HEALTHY].value;
    const enum log_kind kind = up ? LOG_HEALTHY : LOG_UNHEALTHY;
    if (alb->entry == NULL || alb->entry->kind != kind ||
        now_ns - alb->entry->until_ns > p->health_check.interval_ns) {
        alb->entry = service_log(w, s,
                                 &(struct log_entry){
                                     .kind = kind,
                                     .metric = up ? "passed checks" : "failed checks",
                                     .value = (double)checks,
                                     .threshold = (double)checks,
                                     .from = (double)(up ? healthy - 1 : healthy + 1),
                                 });
    }
    alb->entry->until_ns = now_ns;
    alb->entry->to = (double)healthy;
    alb->entry->count++;
    alb->entry->text = healthy == 0 ? "no target is healthy: requests go to all of them" : NULL;
}

static void alb_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    const struct target *target = target_group_at(&alb->group, slot);
    const bool passes = target_healthy(w, &p->targets_targets.items[target->owner], target->copy);
    const bool fresh = target->state == TARGET_INITIAL;
    const enum target_change change = target_group_due(&alb->group, slot, passes);
    if (change == TARGET_CAME_UP) {
        alb_log(w, s, true, fresh ? 1 : p->health_check.healthy_threshold_count);
    } else if (change == TARGET_WENT_DOWN) {
        alb_log(w, s, false, p->health_check.unhealthy_threshold_count);
    }
}

/* ---- requests ---- */

static void alb_count(struct alb *alb, const struct frame *f, enum alb_metric metric)
{
    alb->counts[metric] += (f->flags & FRAME_MEASURED) != 0;
}

static void alb_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    f->work_ns = distribution_draw_int(p->latency_ns_dist, &alb->latency_random);
    call_work(w, f);
}

static bool alb_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    const uint32_t number = target_group_choose(&alb->group, f->zone, &alb->pick_random);
    if (number == TARGET_NONE) {
        alb_count(alb, f, ALB_ELB_503);
        core_end(s->core, f, OUTCOME_UNAVAILABLE);
        return false;
    }
    const struct target *target = &alb->group.targets[number];
    alb_count(alb, f, ALB_REQUEST_COUNT);
    f->block = ALB_SENT;
    f->note = target_group_send(&alb->group, f->zone, number);
    if (target->zone != ZONE_ANY) {
        f->zone = target->zone; /* it goes on from there */
    }
    call_forward(w, f, call_target_edge(&p->targets_targets.items[target->owner], f), target->copy,
                 p->idle_timeout_ns);
    return false;
}

static int64_t alb_elapsed_ns(const struct service *s, const struct frame *f)
{
    const struct alb *alb = s->state;
    return core_now(s->core) - target_group_sent_ns(&alb->group, f->note);
}

static void alb_responded(struct service *s, const struct frame *f)
{
    struct alb *alb = s->state;
    if (f->flags & FRAME_MEASURED) {
        summary_add(&alb->response, alb_elapsed_ns(s, f));
    }
}

static bool alb_answered(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    alb_responded(s, f);
    return true;
}

/* The class stays; what made the answer, the balancer or the target, is counted. */
static enum outcome alb_failed(struct world *w, struct service *s, struct frame *f,
                               enum outcome outcome)
{
    (void)w;
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    if (outcome == OUTCOME_UNAVAILABLE) {
        alb_count(alb, f, ALB_ELB_502);
    } else if (outcome == OUTCOME_TIMEOUT && alb_elapsed_ns(s, f) >= p->idle_timeout_ns) {
        alb_count(alb, f, ALB_ELB_504);
    } else {
        alb_responded(s, f);
        alb_count(alb, f, outcome == OUTCOME_THROTTLED ? ALB_TARGET_4XX : ALB_TARGET_5XX);
    }
    return outcome;
}

static void alb_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct alb *alb = s->state;
    if (f->block == ALB_SENT) {
        target_group_return(&alb->group, f->note);
        f->block = 0;
    }
}

/* ---- what is told ---- */

static void alb_observe(struct world *w, struct service *s, struct own_value *own)
{
    struct alb *alb = s->state;
    const struct gauge_window *healthy = &alb->seen[TARGET_HEALTHY];
    const struct gauge_window *unhealthy = &alb->seen[TARGET_UNHEALTHY];
    const double window_s = world_window_s(w);
    alb->counts[ALB_ELB_5XX] =
        alb->counts[ALB_ELB_502] + alb->counts[ALB_ELB_503] + alb->counts[ALB_ELB_504];
    for (uint32_t i = 0; i < ALB_METRICS; i++) {
        own[i].value = (double)alb->counts[i];
    }
    own[ALB_TARGET_RESPONSE_TIME].summary = &alb->response;
    own[ALB_HEALTHY_HOST_COUNT].value = gauge_mean(healthy, window_s);
    own[ALB_HEALTHY_HOST_COUNT_MINIMUM].value = (double)healthy->min;
    own[ALB_UN_HEALTHY_HOST_COUNT].value = gauge_mean(unhealthy, window_s);
    own[ALB_UN_HEALTHY_HOST_COUNT_MAXIMUM].value = (double)unhealthy->max;
    own[ALB_REQUEST_COUNT_PER_TARGET].value =
        healthy->area > 0
            ? (double)alb->counts[ALB_REQUEST_COUNT] / own[ALB_HEALTHY_HOST_COUNT].value
            : (double)NAN;
}

const struct model alb_model = {
    .info =
        {
            .name = "alb",
            .title = "Application Load Balancer",
            .text = "A node in each zone sends a request, after the balancer's own latency, to one "
                    "of the targets: in turn, to the one with the fewest requests out as this node "
                    "counts them, or at random. It picks among the healthy ones; when none that it "
                    "reaches is healthy, among all (fail open). A target is unhealthy after so "
                    "many failed checks in a row and healthy again after so many passed ones; one "
                    "that was there from the beginning is healthy, a new one after its first "
                    "passed check. No target at all: 503, `unavailable`. A target that is "
                    "`unavailable`: 502. No answer within the idle timeout: 504, `timeout`, and "
                    "the target works on. Whatever else a target answers goes on to the caller. "
                    "Slow start, draining, stickiness, the connection to a target, the "
                    "balancer's own scaling and its DNS are left out.",
            ROWS(params, alb_params),
            ROWS(metrics, alb_metrics),
            .params_size = sizeof(struct alb_params),
            .forwards = true,
            .check = alb_check,
        },
    .state_size = sizeof(struct alb),
    .start = alb_start,
    .timer = alb_timer,
    .observe = alb_observe,
    .arrive = alb_arrive,
    .serve = alb_serve,
    .answered = alb_answered,
    .failed = alb_failed,
    .finish = alb_finish,
    .member = alb_member,
};
