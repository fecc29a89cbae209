/* alb: a load balancer for requests, with target groups and a node in each zone.
 * A request comes on a client's connection, enters at the node of its zone, passes the balancer's
 * own latency, perhaps authenticates, and by its rule or by weights goes to a target of a group,
 * one that is in. Health checks take targets out and in; a new one may start slowly; what one that
 * has gone does not answer in time is cut. Blocks: target_group, flows (connections, cookies),
 * surge, records; shared with nlb: elb.h; tables: alb_tables.h. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/alb_tables.h"
#include "sim/blocks/records.h"
#include "sim/blocks/surge.h"

/* frame.block: what the call is about; frame.note: its record, or none. */
enum { ALB_AUTHENTICATES = 1, ALB_SENT, ALB_REFUSED, ALB_UNANSWERED };

struct alb_call {
    uint32_t connection, request, target;
    uint16_t group;
    uint8_t node;
};

struct alb {
    struct elb elb;
    struct flows connections;
    struct flows *sessions; /* of each rule; null: none */
    struct records calls;
    struct surge surge;
    uint32_t rules; /* operations that have a group each; 0: one rule for all */
    int64_t weights;
    bool *functions; /* of all targets */
    struct random pick_random, latency_random, session_random, size_random;
    uint64_t counts[ALB_COUNTS]; /* measured */
    uint64_t requests;           /* measured */
    double bytes, function_bytes;
    struct gauge_window active;
    struct summary response;
};
_Static_assert(offsetof(struct alb, elb) == 0, "elb.h finds it at the beginning of the state");

/* ---- at the start ---- */

static void alb_start_group(struct world *w, struct service *s, const struct alb_group *group)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    const uint32_t first = alb->elb.count > 0 ? alb->elb.groups[alb->elb.count - 1].first +
                                                    alb->elb.groups[alb->elb.count - 1].count
                                              : 0;
    const int64_t slow_start_ns = alb_group_slow_start_ns(p, group);
    elb_start_group(w, s, &alb->elb, group->targets_targets.count,
                    &(struct target_group_setup){
                        .policy = alb_policies[alb_group_routing(p, group)],
                        .cross_zone = p->cross_zone,
                        .registration_ns = p->registration_ns,
                        .slow_start_ns = slow_start_ns > 0 ? slow_start_ns : 0,
                        .drains = p->deregistration_delay_ns >= 0,
                        .drain_ns = p->deregistration_delay_ns,
                        .unchecked = p->health_check.functions ? NULL : &alb->functions[first],
                        .dns_ns = p->dns_failover_ns,
                    });
    alb->weights += group->weight_count;
}

static void alb_start_groups(struct world *w, struct service *s)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    const struct alb_group only = {
        .targets_targets = p->targets_targets,
        .weight_count = 1,
        .routing = p->routing,
        .slow_start_ns = p->slow_start_ns,
    };
    const struct alb_group *groups = p->groups_list.count > 0 ? p->groups_list.items : &only;
    const uint32_t count = p->groups_list.count > 0 ? p->groups_list.count : 1;
    alb->rules = alb_named(p) ? count : 0;
    elb_start(w, s, &alb->elb, count, 1 + count, &p->health_check);
    for (uint32_t i = 0; i < count; i++) {
        alb_start_group(w, s, &groups[i]);
    }
}

static void alb_start_flows(struct world *w, struct service *s)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    struct flows_setup setup = elb_flows(s, &alb->elb, 0, &p->connections);
    setup.random = service_random(w, s, "connections");
    setup.idle_ns = p->idle_timeout_ns;
    flows_init(&alb->connections, &setup);
    service_gauge(s, &alb->connections.active, &alb->active);
    if (p->stickiness.clients_count < 0) {
        return;
    }
    const struct elb_connections cookies = {.clients_count = p->stickiness.clients_count};
    const uint32_t count = alb->rules > 0 ? alb->rules : 1;
    alb->sessions = arena_array(s->arena, count, sizeof(*alb->sessions));
    setup = elb_flows(s, &alb->elb, 1, &cookies);
    setup.random = service_random(w, s, "sessions");
    setup.idle_ns = p->stickiness.duration_ns;
    for (uint32_t i = 0; i < count; i++) {
        flows_init(&alb->sessions[i], &setup);
        setup.first_slot++;
        random_next(&setup.random);
    }
}

static void alb_start(struct world *w, struct service *s)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    alb->pick_random = service_random(w, s, "balance");
    alb->latency_random = service_random(w, s, "latency");
    alb->session_random = service_random(w, s, "authenticate");
    alb->size_random = service_random(w, s, "responses");
    alb->functions = arena_array(s->arena, s->spec->targets_count, sizeof(*alb->functions));
    for (uint32_t i = 0; i < s->spec->targets_count; i++) {
        alb->functions[i] = strcmp(service_type(w, s->spec->targets[i].service), "lambda") == 0;
    }
    alb_start_groups(w, s);
    alb_start_flows(w, s);
    records_init(&alb->calls, s->arena, sizeof(struct alb_call));
    if (!isnan(p->scaling.from_per_s)) {
        surge_init(&alb->surge, s->arena,
                   &(struct surge_rules){.first_per_s = p->scaling.from_per_s,
                                         .times = p->scaling.times,
                                         .within_ns = p->scaling.within_ns});
    }
    summary_init(&alb->response, s->arena);
    s->load.unlimited = true;
}

/* ---- targets and their health ---- */

static void alb_count(struct alb *alb, const struct frame *f, enum alb_metric metric)
{
    alb->counts[metric] += (f->flags & FRAME_MEASURED) != 0;
}

static void alb_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct alb *alb = s->state;
    const uint32_t part = slot % alb->elb.slots_step;
    uint32_t number;
    if (part < alb->elb.count) {
        if (elb_due(w, s, &alb->elb, slot, &number) == TARGET_OVERDUE) {
            elb_cut(w, s, &alb->elb.groups[part], number, &alb->counts[ALB_ELB_502]);
        }
    } else if (part == alb->elb.count) {
        flows_due(&alb->connections, slot);
    } else {
        flows_due(&alb->sessions[part - alb->elb.count - 1], slot);
    }
}

/* ---- requests ---- */

static struct alb_call *alb_call(const struct alb *alb, const struct frame *f)
{
    return records_at(&alb->calls, f->note);
}

static struct target_group *alb_group_of(const struct alb *alb, const struct alb_call *call)
{
    return &alb->elb.groups[call->group].group;
}

static bool alb_to_function(const struct alb *alb, const struct alb_call *call)
{
    const struct elb_group *group = &alb->elb.groups[call->group];
    return alb->functions[group->first + group->group.targets[call->target].owner];
}

/* What a call holds here. */
static void alb_release(struct alb *alb, struct frame *f)
{
    const struct alb_call *call = alb_call(alb, f);
    if (f->block == ALB_SENT || f->block == ALB_REFUSED) {
        target_group_return(alb_group_of(alb, call), call->request);
    }
    flows_return(&alb->connections, call->connection);
    records_give(&alb->calls, f->note);
    f->note = RECORDS_NONE;
    f->block = 0;
}

static void alb_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    if (f->block == ALB_UNANSWERED) {
        alb_count(alb, f, ALB_ELB_504);
        call_refuse(w, f, OUTCOME_TIMEOUT);
        return;
    }
    if (!isnan(p->scaling.from_per_s) && !surge_pass(&alb->surge, core_now(s->core))) {
        alb_count(alb, f, ALB_REJECTED_CONNECTION);
        alb_count(alb, f, ALB_ELB_503);
        service_throttled(w, s, "the balancer's scaling");
        call_refuse(w, f, OUTCOME_UNAVAILABLE);
        return;
    }
    bool opened;
    f->note = records_take(&alb->calls);
    f->zone = elb_node(w, &alb->elb, f->zone);
    alb_call(alb, f)->connection = flows_take(&alb->connections, &opened, NULL);
    alb_call(alb, f)->node = f->zone;
    f->work_ns = distribution_draw_int(p->latency_ns_dist, &alb->latency_random);
    if (opened) {
        alb_count(alb, f, ALB_NEW_CONNECTION);
        f->work_ns += distribution_draw_int(p->connections.setup_ns_dist, &alb->latency_random);
    }
    alb->requests += (f->flags & FRAME_MEASURED) != 0;
    call_work(w, f);
}

static uint16_t alb_choose_group(const struct alb_params *p, struct alb *alb, const struct frame *f)
{
    if (alb->rules > 0 || alb->elb.count == 1) {
        return alb->rules > 0 ? f->operation : 0;
    }
    const struct alb_group *groups = p->groups_list.items;
    int64_t left = random_below(&alb->pick_random, (uint32_t)alb->weights);
    uint16_t group = 0;
    while (left >= groups[group].weight_count) {
        left -= groups[group++].weight_count;
    }
    return group;
}

/* The target of a client with a cookie is kept while it is in; the cookie names its group, too. */
static bool alb_choose_sticky(struct alb *alb, struct alb_call *call, uint32_t client,
                              struct flows *sessions)
{
    const uint32_t note = flows_note(sessions, client);
    const uint16_t group = (uint16_t)(note % alb->elb.count);
    const uint32_t target = note / alb->elb.count;
    if (note == FLOW_NONE || !target_group_may(&alb->elb.groups[group].group, call->node, target)) {
        return false;
    }
    call->group = group;
    call->target = target;
    return true;
}

static void alb_choose(struct service *s, struct frame *f)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    struct alb_call *call = alb_call(alb, f);
    const bool sticky =
        alb->sessions != NULL && (p->stickiness.share_ratio >= 1 ||
                                  random_uniform(&alb->pick_random) < p->stickiness.share_ratio);
    struct flows *sessions = sticky ? &alb->sessions[alb->rules > 0 ? f->operation : 0] : NULL;
    const uint32_t client = sticky ? flows_take(sessions, NULL, NULL) : FLOW_NONE;
    if (!sticky || !alb_choose_sticky(alb, call, client, sessions)) {
        call->group = alb_choose_group(p, alb, f);
        call->target = target_group_choose(alb_group_of(alb, call), call->node, &alb->pick_random);
        if (sticky && call->target != TARGET_NONE) {
            flows_bind(sessions, client, call->target * alb->elb.count + call->group);
        }
    }
    if (sticky) {
        flows_return(sessions, client);
    }
}

static void alb_bytes(struct alb *alb, const struct frame *f, double bytes)
{
    if (f->flags & FRAME_MEASURED) {
        *(alb_to_function(alb, alb_call(alb, f)) ? &alb->function_bytes : &alb->bytes) += bytes;
    }
}

static void alb_route(struct world *w, struct service *s, struct frame *f)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    struct alb_call *call = alb_call(alb, f);
    f->block = 0;
    alb_choose(s, f);
    if (call->target == TARGET_NONE) {
        alb_count(alb, f, ALB_ELB_503);
        core_end(s->core, f, OUTCOME_UNAVAILABLE);
        return;
    }
    const double size_bytes = call_size(w, f);
    if (size_bytes > (double)p->function.payload_max_bytes && alb_to_function(alb, call)) {
        alb_count(alb, f, ALB_ELB_4XX);
        core_end(s->core, f, OUTCOME_REJECTED);
        return;
    }
    alb_count(alb, f, ALB_REQUEST_COUNT);
    alb_bytes(alb, f, size_bytes);
    f->block = ALB_SENT;
    elb_send(w, s, &alb->elb.groups[call->group], call->node, call->target, f, p->idle_timeout_ns,
             &call->request);
}

static bool alb_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    if (p->authenticate.by_target.service != SERVICE_NONE && p->authenticate.share_ratio > 0 &&
        random_uniform(&alb->session_random) < p->authenticate.share_ratio) {
        f->block = ALB_AUTHENTICATES;
        call_forward(w, f, call_target_edge(&p->authenticate.by_target, f), 0, TIME_NONE);
    } else {
        alb_route(w, s, f);
    }
    return false;
}

static int64_t alb_elapsed_ns(const struct service *s, const struct frame *f)
{
    const struct alb *alb = s->state;
    const struct alb_call *call = alb_call(alb, f);
    return core_now(s->core) - target_group_sent_ns(alb_group_of(alb, call), call->request);
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
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    if (f->block == ALB_AUTHENTICATES) {
        alb_count(alb, f, ALB_AUTH_SUCCESS);
        alb_route(w, s, f);
        return false;
    }
    const double size_bytes = distribution_draw(p->response_bytes_dist, &alb->size_random);
    alb_responded(s, f);
    alb_bytes(alb, f, size_bytes);
    if (size_bytes > (double)p->function.response_max_bytes &&
        alb_to_function(alb, alb_call(alb, f))) {
        alb_count(alb, f, ALB_ELB_502);
        core_end(s->core, f, OUTCOME_UNAVAILABLE);
        return false;
    }
    return true;
}

/* Of a function: whatever it is, the client sees a 502, which it may try again. */
static enum outcome alb_function_failed(struct alb *alb, const struct frame *f)
{
    alb_count(alb, f, ALB_ELB_502);
    alb_count(alb, f, ALB_LAMBDA_USER_ERROR);
    return OUTCOME_UNAVAILABLE;
}

/* Else the class stays; what made the answer, the balancer or the target, is counted. */
static enum outcome alb_failed(struct world *w, struct service *s, struct frame *f,
                               enum outcome outcome)
{
    (void)w;
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    if (f->block == ALB_AUTHENTICATES) {
        alb_count(alb, f, ALB_AUTH_FAILURE);
        return outcome;
    }
    if (outcome == OUTCOME_TIMEOUT && call_given_up(f)) {
        alb_count(alb, f, ALB_ELB_504);
    } else if (alb_to_function(alb, alb_call(alb, f))) {
        alb_responded(s, f);
        return alb_function_failed(alb, f);
    } else if (outcome == OUTCOME_UNAVAILABLE) {
        f->block = ALB_REFUSED;
        alb_count(alb, f, ALB_TARGET_CONNECTION_ERROR);
        if (p->dead_targets == ALB_REFUSES) {
            alb_count(alb, f, ALB_ELB_502);
        }
    } else {
        alb_responded(s, f);
        alb_count(alb, f, outcome == OUTCOME_THROTTLED ? ALB_TARGET_4XX : ALB_TARGET_5XX);
    }
    return outcome;
}

/* A target that is not there is waited for. */
static bool alb_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    (void)outcome;
    const struct alb_params *p = s->params;
    if (f->block != ALB_REFUSED || p->dead_targets != ALB_SILENT) {
        return false;
    }
    alb_release(s->state, f);
    f->block = ALB_UNANSWERED;
    call_again(w, f, p->connect_timeout_ns);
    return true;
}

/* Its caller waits no more. */
static bool alb_left_alone(const struct service *s, const struct frame *f)
{
    if (f->flags & (FRAME_ASYNC | FRAME_ROOT | FRAME_WITHDRAWN)) {
        return (f->flags & FRAME_WITHDRAWN) != 0;
    }
    return f->parent == FRAME_NONE ||
           core_frame(s->core, f->parent)->generation != f->parent_generation;
}

static void alb_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct alb *alb = s->state;
    if (alb_left_alone(s, f)) {
        alb_count(alb, f, ALB_ELB_460);
    }
    if (f->note != RECORDS_NONE) {
        alb_release(alb, f);
    }
}

/* ---- what is told ---- */

static void alb_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct alb_params *p = s->params;
    struct alb *alb = s->state;
    const double window_s = world_window_s(w);
    const int64_t rules = p->rules_count > ALB_RULES_FREE ? p->rules_count - ALB_RULES_FREE : 0;
    alb->counts[ALB_ELB_5XX] = alb->counts[ALB_ELB_502] + alb->counts[ALB_ELB_503] +
                               alb->counts[ALB_ELB_504] + alb->counts[ALB_AUTH_FAILURE];
    for (uint32_t i = 0; i < ALB_COUNTS; i++) {
        own[i].value = (double)alb->counts[i];
    }
    own[ALB_ACTIVE_CONNECTION].value = gauge_mean(&alb->active, window_s);
    own[ALB_PROCESSED_BYTES].value = alb->bytes + alb->function_bytes;
    own[ALB_RULE_EVALUATIONS].value = (double)rules * (double)alb->requests;
    own[ALB_CONSUMED_LCUS].value =
        elb_units(&alb_unit,
                  &(struct elb_use){.connections = own[ALB_NEW_CONNECTION].value,
                                    .active = own[ALB_ACTIVE_CONNECTION].value,
                                    .bytes = alb->bytes,
                                    .function_bytes = alb->function_bytes,
                                    .rules = own[ALB_RULE_EVALUATIONS].value},
                  window_s);
    own[ALB_TARGET_RESPONSE_TIME].summary = &alb->response;
    elb_observe_hosts(&alb->elb, window_s, &own[ALB_HOSTS]);
    own[ALB_REQUEST_COUNT_PER_TARGET].value =
        alb->elb.healthy_seen.area > 0
            ? (double)alb->counts[ALB_REQUEST_COUNT] / own[ALB_HOSTS + ELB_HEALTHY_HOST_COUNT].value
            : (double)NAN;
}

static double alb_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct alb *alb = s->state;
    return metric >= ALB_HOSTS ? elb_level_hosts(&alb->elb, metric - ALB_HOSTS)
                               : (double)alb->connections.active.value;
}

const struct model alb_model = {
    .info =
        {
            .name = "alb",
            .title = "Application Load Balancer",
            .text = "A node in each zone sends a request, after the balancer's own latency, to one "
                    "of the targets: in turn, to the one with the fewest requests out as this node "
                    "counts them, or at random. It picks among the healthy ones; when none that it "
                    "reaches is healthy, among all (fail open), and its zone leaves the DNS if "
                    "another has one; a zone that begins without a target is not in it. Nodes are "
                    "in `zones`; targets elsewhere are not used. A target is unhealthy after so "
                    "many failed checks in a row and healthy again after so many passed ones; one "
                    "that was there from the beginning is healthy, a new one after its first "
                    "passed check, and in a slow start takes a share of its turns that grows "
                    "linearly. Several groups share requests by weight, or have a rule each: an "
                    "operation of the balancer. No target at all: 503, `unavailable`. A target "
                    "that is `unavailable`: 502, or 504 after the connect timeout. No answer "
                    "within the idle timeout: 504, `timeout`, and the target works on. A function "
                    "that fails or is throttled: 502, `unavailable`. Whatever else a target "
                    "answers goes on to the caller. Connections of clients are counted for LCUs, "
                    "and do not choose targets; cookies do. A deregistered target finishes its "
                    "requests as its own group says; a deregistration_delay here ends them "
                    "sooner. Beyond `scaling` (off unless given) requests are 503s until the "
                    "balancer has grown. Anomaly mitigation, redirects, HTTP/2 and WebSockets "
                    "are left out, and checks are no requests.",
            ROWS(params, alb_params),
            ROWS(metrics, alb_metrics),
            .params_size = sizeof(struct alb_params),
            .target_kind = TARGET_KIND_ALB,
            .balances = 1u << TARGET_KIND_ADDRESS | 1u << TARGET_KIND_FUNCTION,
            .balances_help = "its targets are instances, tasks and other addresses that speak "
                             "HTTP, and functions",
            .forwards = true,
            .operations_from = "groups",
            .check = alb_check,
            .check_together = alb_check_targets,
        },
    .state_size = sizeof(struct alb),
    .start = alb_start,
    .timer = alb_timer,
    .observe = alb_observe,
    .arrive = alb_arrive,
    .serve = alb_serve,
    .answered = alb_answered,
    .failed = alb_failed,
    .keep = alb_keep,
    .finish = alb_finish,
    .member = elb_member,
    .healthy = elb_healthy,
    .level = alb_level,
};
