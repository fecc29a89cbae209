/* vpc: a private network: what may call whom, and the way of calls that go `via` it. Security
 * groups and subnets are checked when the scenario is loaded: a call that they forbid is a mistake
 * in it. A call on the way takes a round trip within its zone, to another zone, or over the
 * internet, and the time that its bytes need at the bandwidth of one flow. No queue: the network
 * is never full. Left out: packets, connection tracking, peering, endpoints, network ACLs. */
#include "models/model.h"

#include <string.h>

#define GROUPS_PAGE "Amazon VPC User Guide, Security groups: only what a rule allows may come in"
#define SUBNETS_PAGE \
    "Amazon VPC User Guide, Subnets: a private subnet has no route to an internet gateway"
#define VPC_SECOND_NS 1e9
#define FLOW_PAGE \
    "EC2 User Guide, Network bandwidth: a flow has 5 Gbps outside of a placement group"

struct vpc_subnet {
    const char *name_text;
    struct watches services_services;
    bool public;
};

#define PARAMS struct vpc_subnet
static const struct param vpc_subnet_rows[] = {
    TEXT(name, REQUIRED, "for messages", DEFINED("archsim language 1")),
    WATCHES(services, REQUIRED, "", "who lives in it", DOCUMENTED(SUBNETS_PAGE)),
    FLAG(public, "false",
         "reached from the internet and reaching it; else out through a nat_gateway only",
         DOCUMENTED(SUBNETS_PAGE)),
};
static const struct list_item vpc_subnet = ITEM("subnet", vpc_subnet_rows, struct vpc_subnet);

struct vpc_group {
    const char *name_text, *from_groups_text;
    struct watches services_services, from_services;
    bool internet;
};

#undef PARAMS
#define PARAMS struct vpc_group
static const struct param vpc_group_rows[] = {
    TEXT(name, REQUIRED, "as other groups name it", DEFINED("archsim language 1")),
    WATCHES(services, REQUIRED, "", "who is in it", DOCUMENTED(GROUPS_PAGE)),
    WATCHES(from, NONE, "", "services that may call them; of a path: all that comes `via` it",
            DOCUMENTED(GROUPS_PAGE)),
    TEXT(from_groups, NONE, "groups whose services may call them, with blanks between",
         DOCUMENTED(GROUPS_PAGE)),
    FLAG(internet, "false", "traffic and services outside may call them: a rule for 0.0.0.0/0",
         DOCUMENTED(GROUPS_PAGE)),
};
static const struct list_item vpc_group = ITEM("security group", vpc_group_rows, struct vpc_group);

struct vpc_params {
    struct list subnets_list, security_groups_list;
    struct watches outside_services;
    struct {
        const struct distribution *same_zone_ns_dist, *other_zone_ns_dist, *internet_ns_dist;
    } rtt;
    double flow_bytes_per_s;
};

#undef PARAMS
#define PARAMS struct vpc_params
static const struct param vpc_params[] = {
    LIST(subnets, NONE, vpc_subnet, "who lives where; services in none are not looked at",
         DOCUMENTED(SUBNETS_PAGE)),
    LIST(security_groups, NONE, vpc_group, "who may call whom; services in none may be called",
         DOCUMENTED(GROUPS_PAGE)),
    WATCHES(outside, NONE, "", "services on the internet, not in this network",
            DEFINED("archsim language 1")),
    TIME_DIST(rtt.same_zone, "0.25ms", "0s..", "round trip of a call within a zone",
              ESTIMATED("facts, rtt_intra_az_ms: 0.1 to 0.4 ms, usual")),
    TIME_DIST(rtt.other_zone, "1ms", "0s..", "round trip of a call to another zone",
              ESTIMATED("facts, rtt_inter_az_ms: 0.5 to 2 ms; AWS promises single-digit ms")),
    TIME_DIST(rtt.internet, "lognormal(p50=20ms p99=80ms)", "0s..",
              "round trip of a call to a service outside",
              ESTIMATED("facts, edge_rtt_ms: 5 to 80 ms, as to an edge location")),
    THROUGHPUT(flow, "5 Gbit/s", "1 kbit/s..", "of one call's bytes", DOCUMENTED(FLOW_PAGE)),
};

enum vpc_metric { VPC_IN, VPC_OTHER_ZONE, VPC_INTERNET, VPC_METRICS };
static const struct metric vpc_metrics[] = {
    [VPC_IN] = {"network_in", QUANTITY_SIZE, METRIC_VALUE, "bytes of the calls through it"},
    [VPC_OTHER_ZONE] = {"network_in_other_zone", QUANTITY_SIZE, METRIC_VALUE,
                        "of them, to another zone"},
    [VPC_INTERNET] = {"network_out_internet", QUANTITY_SIZE, METRIC_VALUE,
                      "of them, to services outside"},
};

struct vpc {
    struct random random;
    double bytes[VPC_METRICS]; /* measured */
};

/* ---- what it forbids ---- */

static bool vpc_has(const struct watches *services, uint16_t service)
{
    for (uint32_t i = 0; i < services->count; i++) {
        if (services->items[i] == service) {
            return true;
        }
    }
    return false;
}

/* One of the words of a text. */
static bool vpc_names(const char *words, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = words; at != NULL && *at != '\0'; at += strspn(at, " ")) {
        const size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, name, length) == 0) {
            return true;
        }
        at += word;
    }
    return false;
}

static bool vpc_admits(const struct vpc_params *p, const struct vpc_group *group,
                       const struct passage *passage)
{
    const struct vpc_group *groups = p->security_groups_list.items;
    const uint16_t caller = passage->caller;
    if (passage->via != SERVICE_NONE && vpc_has(&group->from_services, passage->via)) {
        return true;
    }
    if (caller == SERVICE_NONE || vpc_has(&p->outside_services, caller)) {
        return group->internet;
    }
    if (vpc_has(&group->from_services, caller)) {
        return true;
    }
    for (uint32_t i = 0; i < p->security_groups_list.count; i++) {
        if (vpc_has(&groups[i].services_services, caller) &&
            vpc_names(group->from_groups_text, groups[i].name_text)) {
            return true;
        }
    }
    return false;
}

static const char *vpc_caller(const struct passage *passage)
{
    return passage->caller == SERVICE_NONE ? "the traffic"
                                           : passage->scenario->services[passage->caller].name;
}

/* Of several groups one that admits is enough. */
static const char *vpc_forbid_group(const struct vpc_params *p, const struct passage *passage,
                                    struct arena *arena)
{
    const struct vpc_group *groups = p->security_groups_list.items;
    const struct vpc_group *closed = NULL;
    if (passage->scenario->services[passage->callee].type->outbound_only) {
        return NULL;
    }
    for (uint32_t i = 0; i < p->security_groups_list.count; i++) {
        if (!vpc_has(&groups[i].services_services, passage->callee)) {
            continue;
        }
        if (vpc_admits(p, &groups[i], passage)) {
            return NULL;
        }
        closed = &groups[i];
    }
    return closed == NULL
               ? NULL
               : arena_printf(arena,
                              "security group '%s' of '%s' does not let in %s: add it "
                              "to `from`, or its group to `from_groups`%s",
                              closed->name_text, passage->scenario->services[passage->callee].name,
                              vpc_caller(passage),
                              passage->caller == SERVICE_NONE ? "; or say `internet: true`" : "");
}

/* The private subnet in which a service lives; null: it does not. */
static const struct vpc_subnet *vpc_private(const struct vpc_params *p, uint16_t service)
{
    const struct vpc_subnet *subnets = p->subnets_list.items;
    const struct vpc_subnet *found = NULL;
    for (uint32_t i = 0; i < p->subnets_list.count && service != SERVICE_NONE; i++) {
        if (vpc_has(&subnets[i].services_services, service)) {
            if (subnets[i].public) {
                return NULL;
            }
            found = &subnets[i];
        }
    }
    return found;
}

/* A way that is no vpc leads out of a private subnet, and into it. */
static const char *vpc_forbid_subnet(const struct vpc_params *p, const struct passage *passage,
                                     struct arena *arena)
{
    const struct scenario_service *services = passage->scenario->services;
    const bool led = passage->via != SERVICE_NONE && services[passage->via].type->forbid == NULL;
    const struct vpc_subnet *from = vpc_private(p, passage->caller);
    const struct vpc_subnet *to = vpc_private(p, passage->callee);
    if (from != NULL && vpc_has(&p->outside_services, passage->callee) && !led) {
        return arena_printf(arena,
                            "'%s' is in private subnet '%s': it reaches '%s', which is outside, "
                            "only via a nat_gateway or a vpn",
                            services[passage->caller].name, from->name_text,
                            services[passage->callee].name);
    }
    if (to != NULL && passage->caller == SERVICE_NONE && !led &&
        !services[passage->callee].type->outbound_only) {
        return arena_printf(arena,
                            "'%s' is in private subnet '%s': traffic reaches it only via a vpn, or "
                            "through a service in a public subnet",
                            services[passage->callee].name, to->name_text);
    }
    return NULL;
}

static const char *vpc_forbid(const void *params, const struct passage *passage,
                              struct arena *arena)
{
    const char *why = vpc_forbid_subnet(params, passage, arena);
    return why != NULL ? why : vpc_forbid_group(params, passage, arena);
}

/* Groups that are named must be there. */
static const char *vpc_check(const void *params)
{
    const struct vpc_params *p = params;
    const struct vpc_group *groups = p->security_groups_list.items;
    for (uint32_t i = 0; i < p->security_groups_list.count; i++) {
        for (const char *at = groups[i].from_groups_text; at != NULL && *at != '\0';
             at += strspn(at, " ")) {
            const size_t word = strcspn(at, " ");
            bool found = false;
            for (uint32_t g = 0; g < p->security_groups_list.count; g++) {
                found = found || (strlen(groups[g].name_text) == word &&
                                  memcmp(groups[g].name_text, at, word) == 0);
            }
            if (!found) {
                return "security_groups: `from_groups` names a group that is not in the list";
            }
            at += word;
        }
    }
    return NULL;
}

/* ---- the way of a call ---- */

static void vpc_start(struct world *w, struct service *s)
{
    struct vpc *vpc = s->state;
    vpc->random = service_random(w, s, "network");
    s->load.unlimited = true;
}

/* One of the zones of a callee, where it does not live in the caller's. */
static uint8_t vpc_zone(struct vpc *vpc, uint8_t zones)
{
    uint32_t left = random_below(&vpc->random, (uint32_t)__builtin_popcount(zones));
    uint8_t zone = 0;
    while (!(zones >> zone & 1) || left-- > 0) {
        zone++;
    }
    return zone;
}

static void vpc_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct vpc_params *p = s->params;
    struct vpc *vpc = s->state;
    const uint16_t edge = s->spec->operations[f->operation].path;
    const uint8_t zones = edge_zones(w, edge);
    const double bytes = call_size(w, f);
    const bool outside = vpc_has(&p->outside_services, edge_callee(w, edge));
    const bool away = !outside && zones != 0 && !(zones >> f->zone & 1);
    const double counted = f->flags & FRAME_MEASURED ? bytes : 0;
    const struct distribution *rtt = outside ? p->rtt.internet_ns_dist
                                     : away  ? p->rtt.other_zone_ns_dist
                                             : p->rtt.same_zone_ns_dist;
    if (away) {
        f->zone = vpc_zone(vpc, zones); /* it goes on from there */
    }
    vpc->bytes[VPC_IN] += counted;
    vpc->bytes[VPC_OTHER_ZONE] += away ? counted : 0;
    vpc->bytes[VPC_INTERNET] += outside ? counted : 0;
    f->work_ns = distribution_draw_int(rtt, &vpc->random) +
                 (int64_t)(bytes / p->flow_bytes_per_s * VPC_SECOND_NS);
    call_work(w, f);
}

static void vpc_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct vpc *vpc = s->state;
    for (uint32_t i = 0; i < VPC_METRICS; i++) {
        own[i].value = vpc->bytes[i];
    }
}

const struct model vpc_model = {
    .info =
        {
            .name = "vpc",
            .title = "Amazon VPC: subnets, security groups, and the ways between zones",
            .text = "What it declares is checked when the scenario is loaded: a call to a service "
                    "in a security group must come from what the group lets in; a service in a "
                    "private subnet reaches the ones `outside` only via a nat_gateway or a vpn, "
                    "and traffic reaches it only via a vpn. Services that are in no group and no "
                    "subnet are not looked at. A call that goes `via` it takes the round trip and "
                    "the time of its bytes at the bandwidth of one flow, and goes on from the zone "
                    "of the callee; calls that do not say `via` take no time on the wire. Left "
                    "out: packets, connection tracking, network ACLs, peering and endpoints; "
                    "several flows do not slow each other down.",
            ROWS(params, vpc_params),
            ROWS(metrics, vpc_metrics),
            .params_size = sizeof(struct vpc_params),
            .path = true,
            .acts = true,
            .check = vpc_check,
            .forbid = vpc_forbid,
        },
    .state_size = sizeof(struct vpc),
    .start = vpc_start,
    .observe = vpc_observe,
    .arrive = vpc_arrive,
};
