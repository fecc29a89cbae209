/* nat_gateway: the way from private subnets to the internet, one gateway in each of its zones. A
 * call that goes `via` it needs a source port towards its destination, passes the gateway, and then
 * its bytes share the gateway's bandwidth with all others. Blocks: addresses, host. Left out: the
 * growth of the bandwidth from 5 Gbit/s, UDP and ICMP. */
#include "models/model.h"

#include <math.h>

#include "sim/blocks/addresses.h"
#include "sim/blocks/host.h"

#define NAT_PAGE "Amazon VPC User Guide, NAT gateway basics"
#define NAT_TROUBLE_PAGE "Amazon VPC User Guide, Troubleshoot NAT gateways"
#define NAT_SECOND_NS 1e9

enum { NAT_STEPS = 1000 };      /* of the load of a gateway's bandwidth */
enum { NAT_ADDRESSES_MAX = 8 }; /* frame.note: gateway x NAT_ADDRESSES_MAX + address */
enum nat_metric {
    NAT_OUT,
    NAT_PACKETS,
    NAT_CONNECTIONS,
    NAT_CONNECTIONS_MAXIMUM,
    NAT_ATTEMPTS,
    NAT_ERROR_PORTS,
    NAT_METRICS,
};

struct nat_gateway_params {
    int64_t addresses_count;
    int64_t ports_count;
    int64_t port_hold_ns;
    bool keep_alive;
    double requests;
    int64_t idle_timeout_ns;
    const struct distribution *latency_ns_dist;
    const struct distribution *other_zone_ns_dist;
    double bandwidth_bytes_per_s, flow_bytes_per_s, packets_per_s;
    int64_t packet_bytes;
};

#define PARAMS struct nat_gateway_params
static const struct param nat_gateway_params[] = {
    COUNT(addresses, "1", "1..8", "Elastic IP addresses of each gateway, used alike",
          DOCUMENTED(NAT_PAGE ": up to 8 addresses")),
    COUNT(ports, "55000", "1..55000", "connections of an address to one destination at a time",
          DOCUMENTED(NAT_PAGE ": 55,000 simultaneous connections to each unique destination")),
    TIME(port_hold, "60s", "0s..10min", "a port of a closed connection is free again after this",
         DOCUMENTED(NAT_PAGE ": the limit is also met at about 900 new connections a second")),
    FLAG(keep_alive, "true", "callers keep connections open for their next calls",
         ESTIMATED("as SDKs and HTTP clients do by default")),
    NUMBER(requests, NONE, "1..", NULL, "calls of a kept connection, in the mean; else any number",
           DEFINED("archsim language 1")),
    TIME(idle_timeout, "350s", "1s..350s", "an idle connection is closed after this",
         DOCUMENTED(NAT_TROUBLE_PAGE ": idle for 350 seconds or more: it times out")),
    TIME_DIST(latency, "0.3ms", "0s..", "of the gateway itself",
              ESTIMATED("facts, latency_ms: 0.1 to 1.5 ms")),
    TIME_DIST(other_zone, "1ms", "0s..", "round trip of a caller in a zone without a gateway",
              ESTIMATED("facts, rtt_inter_az_ms: 0.5 to 2 ms")),
    THROUGHPUT(bandwidth, "100 Gbit/s", "1 kbit/s..100 Gbit/s", "that all calls of a gateway share",
               DOCUMENTED(NAT_PAGE ": 5 Gbps, scales up to 100 Gbps by itself")),
    THROUGHPUT(flow, "5 Gbit/s", "1 kbit/s..100 Gbit/s", "of one call at most",
               DOCUMENTED("EC2 User Guide, Network bandwidth: 5 Gbps for one flow")),
    RATE(packets, "10M/s", "1/s..10M/s", "that all calls of a gateway share",
         DOCUMENTED(NAT_PAGE ": a million packets a second, scales up to ten million")),
    SIZE(packet, "1460 B", "1 B..8.5 kB", "bytes of a call in one packet",
         ESTIMATED("MTU of the internet, 1500, with the headers of IP and TCP")),
};
#undef PARAMS

static const struct metric nat_gateway_metrics[] = {
    [NAT_OUT] = {"bytes_out_to_destination", QUANTITY_SIZE, METRIC_VALUE,
                 "bytes of the calls, both ways"},
    [NAT_PACKETS] = {"packets_out_to_destination", QUANTITY_COUNT, METRIC_VALUE,
                     "packets of the calls, both ways"},
    [NAT_CONNECTIONS] = {"active_connection_count", QUANTITY_COUNT, METRIC_VALUE,
                         "connections that calls use, mean over time"},
    [NAT_CONNECTIONS_MAXIMUM] = {"active_connection_count_maximum", QUANTITY_COUNT, METRIC_MAX,
                                 "the most"},
    [NAT_ATTEMPTS] = {"connection_attempt_count", QUANTITY_COUNT, METRIC_VALUE,
                      "connections that were opened, and attempts that found no port"},
    [NAT_ERROR_PORTS] = {"error_port_allocation", QUANTITY_COUNT, METRIC_VALUE,
                         "calls that found no port: their destination is `unavailable`"},
};
static const char *const nat_gateway_resources[] = {"ports to a destination", "bandwidth"};
enum { NAT_PORTS, NAT_BANDWIDTH };

/* One gateway. A destination is an operation. */
struct nat {
    struct addresses addresses;
    struct gauge_window *taken_seen;
    struct host host;
};

struct nat_gateway {
    struct nat *gateways; /* one in each of its zones */
    uint32_t gateways_count;
    uint8_t of_zone[ZONES_MAX]; /* the gateway that serves a zone */
    bool at_home[ZONES_MAX];    /* it is in that zone */
    struct random random, close_random;
    struct gauge connections;
    struct gauge_window seen;
    double bytes, packets;       /* measured */
    uint64_t attempts, failures; /* measured */
};

/* ---- the beginning ---- */

static void nat_gateway_start_one(struct service *s, uint32_t number)
{
    const struct nat_gateway_params *p = s->params;
    struct nat_gateway *state = s->state;
    struct nat *nat = &state->gateways[number];
    const double flows = p->bandwidth_bytes_per_s / p->flow_bytes_per_s;
    const uint32_t destinations = s->spec->operations_count;
    addresses_init(&nat->addresses, s->arena,
                   &(struct ports_rules){
                       .count = (uint32_t)p->ports_count,
                       .idle_ns = p->keep_alive ? p->idle_timeout_ns : 0,
                       .closed_ns = p->port_hold_ns,
                   },
                   (uint32_t)p->addresses_count, destinations);
    nat->taken_seen = arena_array(s->arena, destinations, sizeof(*nat->taken_seen));
    for (uint32_t d = 0; d < destinations; d++) {
        service_gauge(s, &nat->addresses.taken[d], &nat->taken_seen[d]);
    }
    host_init(&nat->host, &(struct host_setup){
                              .core = s->core,
                              .load = &s->load,
                              .arena = s->arena,
                              .processors = flows,
                              .step = flows / NAT_STEPS,
                              .places_count = HOST_UNLIMITED,
                              .backlog_count = HOST_UNLIMITED,
                              .service = s->index,
                              .timer = number,
                          });
}

/* Zones without a gateway are spread over those that have one. */
static void nat_gateway_start(struct world *w, struct service *s)
{
    struct nat_gateway *state = s->state;
    const uint32_t zones = world_zones(w);
    const uint32_t mask = service_zones(w, s);
    state->gateways = arena_array(s->arena, ZONES_MAX, sizeof(*state->gateways));
    state->random = service_random(w, s, "network");
    state->close_random = service_random(w, s, "closing");
    for (uint8_t zone = 0; zone < zones; zone++) {
        if (mask >> zone & 1) {
            state->at_home[zone] = true;
            state->of_zone[zone] = (uint8_t)state->gateways_count;
            nat_gateway_start_one(s, state->gateways_count++);
        }
    }
    for (uint8_t zone = 0; zone < zones; zone++) {
        if (!state->at_home[zone]) {
            state->of_zone[zone] = (uint8_t)(zone % state->gateways_count);
        }
    }
    service_gauge(s, &state->connections, &state->seen);
    s->load.unit = 1.0 / NAT_STEPS; /* capacity: gateways */
    gauge_set(&s->load.capacity, (int64_t)state->gateways_count * NAT_STEPS, 0);
}

/* ---- calls ---- */

static struct nat *nat_gateway_of(const struct nat_gateway *state, const struct frame *f)
{
    return &state->gateways[f->note / NAT_ADDRESSES_MAX];
}

/* A port towards its destination; false: there is none. */
static bool nat_gateway_open(struct service *s, struct frame *f, uint32_t gateway)
{
    struct nat_gateway *state = s->state;
    bool opened;
    const uint32_t address = addresses_open(&state->gateways[gateway].addresses, f->operation,
                                            core_now(s->core), &opened);
    const bool failed = address == ADDRESS_NONE;
    if (f->flags & FRAME_MEASURED) {
        state->attempts += failed || opened;
        state->failures += failed;
    }
    if (!failed) {
        f->note = gateway * NAT_ADDRESSES_MAX + address;
    }
    return !failed;
}

static void nat_gateway_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct nat_gateway_params *p = s->params;
    struct nat_gateway *state = s->state;
    if (!nat_gateway_open(s, f, state->of_zone[f->zone])) {
        service_throttled(w, s, "ports to a destination");
        call_refuse(w, f, OUTCOME_UNAVAILABLE);
        return;
    }
    gauge_add(&state->connections, 1, core_now(s->core));
    f->work_ns = distribution_draw_int(p->latency_ns_dist, &state->random);
    if (!state->at_home[f->zone]) {
        f->work_ns += distribution_draw_int(p->other_zone_ns_dist, &state->random);
    }
    call_work(w, f);
}

/* Alone: at the bandwidth of a flow, or at as large a share of the packets. */
static int64_t nat_gateway_transfer_ns(const struct nat_gateway_params *p, double bytes,
                                       double packets)
{
    const double flows = p->bandwidth_bytes_per_s / p->flow_bytes_per_s;
    const double by_bytes = bytes / p->flow_bytes_per_s;
    const double by_packets = packets / p->packets_per_s * flows;
    return (int64_t)((by_bytes > by_packets ? by_bytes : by_packets) * NAT_SECOND_NS);
}

/* The latency is over: its bytes go out. */
static bool nat_gateway_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct nat_gateway_params *p = s->params;
    struct nat_gateway *state = s->state;
    const double bytes = call_size(w, f);
    const double packets = ceil(bytes / (double)p->packet_bytes);
    f->work_ns = nat_gateway_transfer_ns(p, bytes, packets);
    if (f->work_ns == 0) {
        return true;
    }
    if (f->flags & FRAME_MEASURED) {
        state->bytes += bytes;
        state->packets += packets;
    }
    host_enter(&nat_gateway_of(state, f)->host, f);
    return false;
}

static void nat_gateway_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)w;
    struct nat_gateway *state = s->state;
    host_due(&state->gateways[slot].host);
}

/* After each of its calls a connection is as likely to be closed. */
static bool nat_gateway_ends(struct service *s)
{
    const struct nat_gateway_params *p = s->params;
    struct nat_gateway *state = s->state;
    return !isnan(p->requests) && random_uniform(&state->close_random) * p->requests < 1;
}

static void nat_gateway_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct nat_gateway *state = s->state;
    struct nat *nat = nat_gateway_of(state, f);
    host_leave(&nat->host, f);
    addresses_close(&nat->addresses, f->operation, f->note % NAT_ADDRESSES_MAX, core_now(s->core),
                    nat_gateway_ends(s));
    gauge_add(&state->connections, -1, core_now(s->core));
}

/* ---- what it reports ---- */

static void nat_gateway_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct nat_gateway *state = s->state;
    own[NAT_OUT].value = state->bytes;
    own[NAT_PACKETS].value = state->packets;
    own[NAT_CONNECTIONS].value = gauge_mean(&state->seen, world_window_s(w));
    own[NAT_CONNECTIONS_MAXIMUM].value = (double)state->seen.max;
    own[NAT_ATTEMPTS].value = (double)state->attempts;
    own[NAT_ERROR_PORTS].value = (double)state->failures;
}

/* Of the ports those of the destination that has the most. */
static void nat_gateway_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct nat_gateway_params *p = s->params;
    const struct nat_gateway *state = s->state;
    const int64_t now_ns = core_now(s->core);
    usage[NAT_PORTS].available = (double)(p->ports_count * p->addresses_count);
    for (uint32_t g = 0; g < state->gateways_count; g++) {
        for (uint32_t d = 0; d < s->spec->operations_count; d++) {
            const struct gauge_window taken =
                gauge_read(&state->gateways[g].addresses.taken[d], now_ns);
            if (taken.area / NAT_SECOND_NS > usage[NAT_PORTS].used) {
                usage[NAT_PORTS].used = taken.area / NAT_SECOND_NS;
            }
            if ((double)taken.max > usage[NAT_PORTS].peak) {
                usage[NAT_PORTS].peak = (double)taken.max;
            }
        }
    }
    usage[NAT_BANDWIDTH] = (struct usage){
        .used = gauge_area_s(&s->load.busy, now_ns),
        .available = (double)state->gateways_count * NAT_STEPS,
    };
}

const struct model nat_gateway_model = {
    .info =
        {
            .name = "nat_gateway",
            .title = "NAT gateways: from private subnets to the internet",
            .text = "One gateway in each of its zones. A call that goes `via` it takes a source "
                    "port towards its destination for as long as it runs; a connection that is "
                    "kept open keeps its port until it was idle too long, and a closed one for a "
                    "minute more. No port: the call ends as `unavailable` (ErrorPortAllocation). "
                    "Then it passes the gateway and sends its bytes, which share the bandwidth "
                    "with those of all calls (processor sharing, each at the speed of one flow at "
                    "most). Callers in zones without a gateway use another zone's, a round trip "
                    "away. Packets beyond what it carries a second wait like bytes, where AWS "
                    "drops them. Left out: the growth of the bandwidth from 5 Gbit/s, UDP and "
                    "ICMP; calls whose size nobody says take no bandwidth.",
            ROWS(params, nat_gateway_params),
            ROWS(metrics, nat_gateway_metrics),
            ROWS(resources, nat_gateway_resources),
            .params_size = sizeof(struct nat_gateway_params),
            .path = true,
            .resource = "bandwidth",
        },
    .state_size = sizeof(struct nat_gateway),
    .start = nat_gateway_start,
    .timer = nat_gateway_timer,
    .observe = nat_gateway_observe,
    .usage = nat_gateway_usage,
    .arrive = nat_gateway_arrive,
    .serve = nat_gateway_serve,
    .finish = nat_gateway_finish,
};
