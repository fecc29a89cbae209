/* nlb: a load balancer for connections, with a node in each zone.
 * A flow (a client's connection) sticks to the target that its hash has chosen, until it ends or
 * the target is not in any more: so requests are as uneven as the flows that carry them. Each node
 * reaches the targets of its zone only, unless cross_zone. It makes no answers of its own: what
 * cannot be connected to is `unavailable`. Blocks: target_group, flows, records; shared with alb:
 * elb.h. Left out: security groups, PrivateLink, weighted target groups. */
#include "models/model.h"

#include "models/nlb_tables.h"
#include "sim/blocks/ports.h"
#include "sim/blocks/records.h"

enum { NLB_SENT = 1 }; /* frame.block; frame.note: its record, or none */

struct nlb_call {
    uint32_t flow, request, target;
    uint8_t node;
};

struct nlb {
    struct elb elb;         /* first */
    struct flows *flows;    /* of each node */
    struct records *recent; /* of each node: struct ports of each target, of the last minute */
    struct gauge_window active_seen[ZONES_MAX];
    struct records calls;
    struct random pick_random, latency_random, size_random;
    uint64_t counts[NLB_COUNTS]; /* measured */
    double bytes;
};
_Static_assert(offsetof(struct nlb, elb) == 0, "elb.h finds it at the beginning of the state");

/* A node has its share of the clients, and one at least. Those of zones without one stay empty. */
static void nlb_start_flows(struct world *w, struct service *s)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    const uint32_t zones = world_zones(w);
    const uint32_t nodes = (uint32_t)__builtin_popcount(nlb->elb.zones);
    nlb->flows = arena_array(s->arena, zones, sizeof(*nlb->flows));
    nlb->recent = arena_array(s->arena, zones, sizeof(*nlb->recent));
    struct random random = service_random(w, s, "flows");
    for (uint32_t i = 0, node = 0; i < zones; i++) {
        struct flows_setup setup = elb_flows(s, &nlb->elb, i, &p->connections);
        if (setup.clients_count > 0) {
            const uint64_t all = setup.clients_count;
            const uint64_t share = all * (node + 1) / nodes - all * node / nodes;
            setup.clients_count = share > 0 ? (uint32_t)share : 1;
        }
        setup.random = random;
        setup.idle_ns = p->protocol == NLB_UDP ? p->idle_timeout.udp_ns : p->idle_timeout.tcp_ns;
        flows_init(&nlb->flows[i], &setup);
        records_init(&nlb->recent[i], s->arena, sizeof(struct ports));
        service_gauge(s, &nlb->flows[i].active, &nlb->active_seen[i]);
        random.state[0] = random_next(&random);
        node += elb_has_node(&nlb->elb, (uint8_t)i);
    }
}

static void nlb_start(struct world *w, struct service *s)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    nlb->pick_random = service_random(w, s, "balance");
    nlb->latency_random = service_random(w, s, "latency");
    nlb->size_random = service_random(w, s, "responses");
    elb_start(w, s, &nlb->elb, 1, world_zones(w), &p->health_check);
    elb_start_group(w, s, &nlb->elb, p->targets_targets.count,
                    &(struct target_group_setup){
                        .policy = ROTATION_RANDOM, /* a hash of addresses and ports */
                        .cross_zone = p->cross_zone,
                        .registration_ns = p->registration_ns,
                        .drains = p->deregistration_delay_ns >= 0,
                        .drain_ns = p->deregistration_delay_ns,
                        .dns_ns = p->dns_failover_ns,
                    });
    nlb_start_flows(w, s);
    records_init(&nlb->calls, s->arena, sizeof(struct nlb_call));
    s->load.unlimited = true;
}

/* ---- targets and their health ---- */

static struct target_group *nlb_group(struct nlb *nlb)
{
    return &nlb->elb.groups[0].group;
}

static void nlb_count(struct nlb *nlb, const struct frame *f, enum nlb_metric metric)
{
    nlb->counts[metric] += (f->flags & FRAME_MEASURED) != 0;
}

/* UDP knows no resets. */
static void nlb_count_reset(const struct service *s, const struct frame *f, enum nlb_metric metric)
{
    const struct nlb_params *p = s->params;
    if (p->protocol != NLB_UDP) {
        nlb_count(s->state, f, metric);
    }
}

/* Both ends of its flows hear a reset, also of those that idle. */
static void nlb_cut(struct world *w, struct service *s, uint32_t number)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    uint32_t cut = 0;
    for (uint32_t node = 0; node < world_zones(w); node++) {
        cut += flows_cut(&nlb->flows[node], number);
    }
    nlb->counts[NLB_ELB_RESET] += world_measuring(w) && p->protocol != NLB_UDP ? cut : 0;
    elb_cut(w, s, &nlb->elb.groups[0], number, NULL);
}

static void nlb_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    const uint32_t part = slot % nlb->elb.slots_step;
    if (part >= nlb->elb.count) {
        flows_due(&nlb->flows[part - nlb->elb.count], slot);
        return;
    }
    uint32_t number;
    const enum target_change change = elb_due(w, s, &nlb->elb, slot, &number);
    if (change == TARGET_OVERDUE || (change == TARGET_WENT_DOWN && p->terminate_unhealthy)) {
        nlb_cut(w, s, number);
    }
}

/* ---- requests ---- */

static struct nlb_call *nlb_call(const struct nlb *nlb, const struct frame *f)
{
    return records_at(&nlb->calls, f->note);
}

/* An established flow goes on to a target that is in, or unhealthy and not cut for it. */
static bool nlb_goes_on(const struct service *s, uint16_t node, uint32_t target)
{
    const struct nlb_params *p = s->params;
    const struct target_group *group = nlb_group(s->state);
    return target_group_may(group, node, target) ||
           (!p->terminate_unhealthy && group->targets[target].state == TARGET_UNHEALTHY);
}

static void nlb_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    bool opened, reset;
    f->note = records_take(&nlb->calls);
    f->zone = elb_node(w, &nlb->elb, f->zone);
    struct nlb_call *call = nlb_call(nlb, f);
    struct flows *flows = &nlb->flows[f->zone];
    call->node = f->zone;
    call->flow = flows_take(flows, &opened, &reset);
    call->target = flows_note(flows, call->flow);
    if (call->target != FLOW_NONE && !nlb_goes_on(s, call->node, call->target)) {
        flows_renew(flows, call->flow);
        call->target = FLOW_NONE;
        opened = reset = true;
    }
    f->work_ns = distribution_draw_int(p->latency_ns_dist, &nlb->latency_random);
    if (opened) {
        nlb_count(nlb, f, NLB_NEW_FLOW);
        f->work_ns += distribution_draw_int(p->connections.setup_ns_dist, &nlb->latency_random);
    }
    if (reset) {
        nlb_count_reset(s, f, NLB_ELB_RESET);
    }
    call_work(w, f);
}

/* A node's port to a target for a new flow: of so many flows, and of so many in each minute. */
static bool nlb_take_port(struct service *s, uint16_t node, uint32_t target)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    struct records *recent = &nlb->recent[node];
    const int64_t now_ns = core_now(s->core);
    while (recent->count <= target) {
        ports_init(
            records_at(recent, records_take(recent)), s->arena,
            &(struct ports_rules){.count = (uint32_t)p->ports_count, .closed_ns = NLB_MINUTE_NS});
    }
    struct ports *ports = records_at(recent, target + 1);
    if (flows_bound(&nlb->flows[node], target) >= p->ports_count || !ports_open(ports, now_ns)) {
        return false;
    }
    ports_end(ports, now_ns); /* its minute begins with the flow */
    return true;
}

/* A new flow's target; false: it finds none, or no port. */
static bool nlb_connect(struct service *s, struct frame *f)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    struct nlb_call *call = nlb_call(nlb, f);
    struct flows *flows = &nlb->flows[call->node];
    call->target = flows_note(flows, call->flow); /* another request may have chosen meanwhile */
    if (call->target != FLOW_NONE) {
        return true;
    }
    if (!flows_has(flows, call->flow)) { /* it was cut meanwhile: the client connects anew */
        flows_renew(flows, call->flow);
        nlb_count(nlb, f, NLB_NEW_FLOW);
    }
    call->target = target_group_choose(nlb_group(nlb), call->node, &nlb->pick_random);
    if (call->target == TARGET_NONE) {
        return false;
    }
    if (!p->preserve_client_ip && !nlb_take_port(s, call->node, call->target)) {
        nlb_count(nlb, f, NLB_PORT_ALLOCATION_ERROR);
        return false;
    }
    flows_bind(flows, call->flow, call->target);
    return true;
}

static bool nlb_serve(struct world *w, struct service *s, struct frame *f)
{
    struct nlb *nlb = s->state;
    struct nlb_call *call = nlb_call(nlb, f);
    if (!nlb_connect(s, f)) {
        core_end(s->core, f, OUTCOME_UNAVAILABLE);
        return false;
    }
    nlb->bytes += f->flags & FRAME_MEASURED ? call_size(w, f) : 0;
    f->block = NLB_SENT;
    elb_send(w, s, &nlb->elb.groups[0], call->node, call->target, f, TIME_NONE, &call->request);
    return false;
}

static bool nlb_answered(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    const double size_bytes = distribution_draw(p->response_bytes_dist, &nlb->size_random);
    nlb->bytes += f->flags & FRAME_MEASURED ? size_bytes : 0;
    return true;
}

static enum outcome nlb_failed(struct world *w, struct service *s, struct frame *f,
                               enum outcome outcome)
{
    (void)w;
    if (outcome == OUTCOME_UNAVAILABLE) {
        nlb_count_reset(s, f, NLB_TARGET_RESET);
    }
    return outcome;
}

static void nlb_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct nlb *nlb = s->state;
    const struct nlb_call *call = nlb_call(nlb, f);
    if (f->block == NLB_SENT) {
        target_group_return(nlb_group(nlb), call->request);
    }
    flows_return(&nlb->flows[call->node], call->flow);
    records_give(&nlb->calls, f->note);
}

/* ---- what is told ---- */

static void nlb_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct nlb_params *p = s->params;
    struct nlb *nlb = s->state;
    const double window_s = world_window_s(w);
    double active = 0;
    for (uint32_t i = 0; i < world_zones(w); i++) {
        active += gauge_mean(&nlb->active_seen[i], window_s);
    }
    for (uint32_t i = 0; i < NLB_COUNTS; i++) {
        own[i].value = (double)nlb->counts[i];
    }
    own[NLB_ACTIVE_FLOW].value = active;
    own[NLB_PROCESSED_BYTES].value = nlb->bytes;
    own[NLB_CONSUMED_LCUS].value = elb_units(
        &nlb_units[p->protocol],
        &(struct elb_use){
            .connections = own[NLB_NEW_FLOW].value, .active = active, .bytes = nlb->bytes},
        window_s);
    elb_observe_hosts(&nlb->elb, window_s, &own[NLB_HOSTS]);
}

static double nlb_level(struct world *w, struct service *s, uint32_t metric)
{
    const struct nlb *nlb = s->state;
    if (metric >= NLB_HOSTS) {
        return elb_level_hosts(&nlb->elb, metric - NLB_HOSTS);
    }
    double active = 0;
    for (uint32_t i = 0; i < world_zones(w); i++) {
        active += (double)nlb->flows[i].active.value;
    }
    return active;
}

const struct model nlb_model = {
    .info =
        {
            .name = "nlb",
            .title = "Network Load Balancer",
            .text = "A request belongs to a flow, a client's connection to the node of its zone. "
                    "A new flow's hash picks any of the healthy targets that the node reaches "
                    "(those of its zone, unless cross_zone; of none healthy, any: fail open), and "
                    "its requests all go there. With `connections.clients` each client keeps one "
                    "flow, all are as busy, and requests are spread as unevenly as flows are; "
                    "without, each request has its own. A flow ends after its lifetime, its "
                    "requests or the idle timeout, or when its target is deregistered or "
                    "unhealthy: the client connects anew. Flows are cut, in use or not, when "
                    "their target becomes unhealthy, and after a deregistration_delay. Without "
                    "client addresses a node has so many `ports` to a target, for flows at a time "
                    "and for new ones in a minute. Nodes are in `zones`; targets elsewhere are "
                    "not used. A node whose last healthy target is lost leaves the DNS; one that "
                    "begins without is not in it. The balancer makes no answers: no target, no "
                    "port and a refused connection are `unavailable`. It scales at once. A "
                    "request of a deregistered target's flow goes to another target at once, "
                    "where AWS lets the flow go on; passive health checks, security groups, "
                    "PrivateLink and weighted groups are left out.",
            ROWS(params, nlb_params),
            ROWS(metrics, nlb_metrics),
            .params_size = sizeof(struct nlb_params),
            .target_kind = TARGET_KIND_NONE,
            .balances = NLB_BALANCES,
            .balances_help = "its targets are instances, tasks and other addresses, and albs",
            .forwards = true,
            .check = nlb_check,
        },
    .state_size = sizeof(struct nlb),
    .start = nlb_start,
    .timer = nlb_timer,
    .observe = nlb_observe,
    .arrive = nlb_arrive,
    .serve = nlb_serve,
    .answered = nlb_answered,
    .failed = nlb_failed,
    .finish = nlb_finish,
    .member = elb_member,
    .healthy = elb_healthy,
    .level = nlb_level,
};
