/* vpn: the way of offices and of people into the cloud. Site to site: tunnels, each a bandwidth
 * that the calls on it share, one carrying and one standing by, or all carrying; a tunnel that is
 * down is noticed after a time, and its calls go on through another. Client VPN: each person has a
 * connection of its own, which is opened with a sign-in and lasts for a session. Blocks: tunnels,
 * leases, ports. Left out: fragments, IKE and BGP themselves, split tunnels. */
#include "models/model.h"

#include <math.h>

#include "models/places.h"
#include "sim/blocks/leases.h"
#include "sim/blocks/ports.h"
#include "sim/blocks/tunnels.h"

#define SITE_PAGE "AWS Site-to-Site VPN User Guide, Tunnel options"
#define SITE_SPEED \
    "AWS blog, quotas page: 1.25 Gbps and 140,000 packets a second; a large tunnel 5 and 400,000"
#define CLIENT_PAGE "AWS Client VPN Administrator Guide, Quotas"
#define CLIENT_SPEED \
    "AWS Client VPN Administrator Guide, Rules and best practices: at most 50 Mbps a connection"
#define VPN_SECOND_NS 1e9

enum { VPN_SITE_TO_SITE, VPN_CLIENT };
enum { VPN_VIRTUAL_PRIVATE, VPN_TRANSIT };
enum { VPN_TUNNELS_A_CONNECTION = 2 };
enum { VPN_DUPLICATES = 3 }; /* acknowledgements, which tell of a loss before its timeout */
/* timer slots: the tunnels' hosts, then for each tunnel what happens to it */
enum { VPN_HOSTS = 0, VPN_CHANGES = TUNNELS_MAX, VPN_NOTICES = 2 * TUNNELS_MAX };
/* frame.block is the host's, and note the tunnel; of a client note is 0, or 1 + the user who
 * connects for this call */
enum { VPN_CONNECTED, VPN_CONNECTS };

enum vpn_metric {
    VPN_TUNNEL_STATE,
    VPN_TUNNEL_DATA,
    VPN_CONNECTIONS,
    VPN_NEW_CONNECTIONS,
    VPN_AUTHENTICATION_FAILURES,
    VPN_METRICS,
};

struct vpn_params {
    int kind, gateway, place;
    int64_t connections_count;
    const struct distribution *rtt_ns_dist;
    const struct distribution *overhead_ns_dist;
    struct {
        double bandwidth_bytes_per_s, packets_per_s;
    } tunnel;
    int64_t packet_bytes, retransmission_ns;
    double loss_ratio;
    struct {
        int64_t interval_ns, timeout_ns;
    } dead_peer;
    const struct distribution *reroute_ns_dist;
    struct {
        const struct distribution *mtbf_ns_dist, *duration_ns_dist;
    } failure;
    struct popularity users_popularity;
    int64_t associations_count;
    int64_t session_ns;
    double connected_ratio;
    const struct distribution *connect_ns_dist;
    struct call_target authenticate_target;
    double client_bytes_per_s;
};

#define PARAMS struct vpn_params
static const struct param vpn_params[] = {
    CHOICE(kind, "site_to_site", "site_to_site client", "between networks, or for single people",
           DOCUMENTED("AWS VPN: Site-to-Site VPN and Client VPN")),
    CHOICE(gateway, "virtual_private", "virtual_private transit",
           "site to site: one tunnel carries everything, or all carry their share (ECMP)",
           DOCUMENTED(SITE_PAGE ": one of the tunnels is preferred; Transit Gateway: ECMP")),
    COUNT(connections, "1", "1..32", "site to site: VPN connections, of two tunnels each",
          DOCUMENTED(SITE_PAGE)),
    CHOICE(place, NONE, PLACE_WORDS, "where it comes from: its round trip stands for `rtt`",
           MEASURED(PLACES_SOURCE)),
    TIME_DIST(rtt, "15ms", "0s..", "round trip over the internet, from the office or the person",
              ESTIMATED("facts, rtt_ms: Sao Paulo city to sa-east-1 about 5 to 15 ms")),
    TIME_DIST(overhead, "1.5ms", "0s..", "of encrypting, at both ends, both ways",
              ESTIMATED("facts: about 1 to 2 ms")),
    THROUGHPUT(tunnel.bandwidth, "1.25 Gbit/s", "1 kbit/s..10 Gbit/s",
               "of a tunnel, shared by the calls on it", DOCUMENTED(SITE_SPEED)),
    RATE(tunnel.packets, "140k/s", "1/s..100M/s", "that a tunnel carries", DOCUMENTED(SITE_SPEED)),
    SIZE(packet, "1400 B", "1 B..1446 B", "bytes of a call in one packet; a call has one at least",
         ESTIMATED("MTU 1446 with its headers; small packets cost a tunnel most")),
    RATIO(loss, "0.05%", "0..0.2", "of the packets on the way over the internet",
          ESTIMATED("facts, loss: 0.0005, 0 to 2 %")),
    TIME(retransmission, "200ms", "1ms..1min",
         "until a lost packet is sent again, where no later ones tell of it; then twice as long",
         RECALLED("Linux, include/net/tcp.h: TCP_RTO_MIN is 200 ms; RFC 6298, 5.5: doubled")),
    TIME(dead_peer.interval, "10s", "1s..1min", "between the signs of life of a tunnel",
         DOCUMENTED(SITE_PAGE ", Dead peer detection")),
    TIME(dead_peer.timeout, "30s", "1s..10min", "a tunnel is dead so long after the first failed",
         DOCUMENTED(SITE_PAGE ", Dead peer detection: 30 seconds after the first failed")),
    TIME_DIST(reroute, "5s", "0s..", "from there until the other tunnel is used",
              ESTIMATED("facts: the other tunnel carries after 30 to 60 s in all")),
    TIME_DIST(failure.mtbf, REQUIRED, "1s..", "site to site: from a repair of a tunnel to its end",
              ASSUMED("AWS replaces tunnel endpoints a few times a year")),
    TIME_DIST(failure.duration, REQUIRED, "1ms..", "a tunnel is down for so long",
              ASSUMED("facts: minutes")),
    POPULARITY(users, NONE, "client: the people; else all calls are of people who are connected",
               DEFINED("archsim language 1")),
    COUNT(associations, "2", "1..5", "client: subnets of the endpoint, which say how many connect",
          DOCUMENTED(CLIENT_PAGE)),
    TIME(session, "8h", "1min..24h", "client: a connection lasts so long, then one connects again",
         ESTIMATED("a working day; the session's maximum is 24 h unless set to 8, 10 or 12 h")),
    RATIO(connected, "100%", "0..1", "client: people who are connected when the run begins",
          DEFINED("archsim language 1")),
    TIME_DIST(connect, "lognormal(p50=2s p99=5s)", "0s..", "client: to connect, sign-in left out",
              ESTIMATED("facts: one login of 1 to 5 s")),
    SERVICE_OPERATION(authenticate, NONE, "federate", "client: the sign-in of a new connection",
                      DOCUMENTED("AWS Client VPN Administrator Guide, Client authentication")),
    THROUGHPUT(client, "50 Mbit/s", "1 kbit/s..10 Gbit/s", "client: of one connection",
               DOCUMENTED(CLIENT_SPEED)),
};
#undef PARAMS

/* Of 1, 2, ... associations. */
static const uint32_t vpn_connections_max[] = {7000, 36500, 66500, 96500, 126000};

static const struct metric vpn_metrics[] = {
    [VPN_TUNNEL_STATE] = {"tunnel_state", QUANTITY_RATIO, METRIC_VALUE,
                          "share of the tunnels that are up, mean over time", true},
    [VPN_TUNNEL_DATA] = {"tunnel_data", QUANTITY_SIZE, METRIC_VALUE,
                         "bytes of the calls, both ways (TunnelDataIn and TunnelDataOut)"},
    [VPN_CONNECTIONS] = {"active_connections_count", QUANTITY_COUNT, METRIC_MAX,
                         "client: people who are connected, the most", true},
    [VPN_NEW_CONNECTIONS] = {"new_connections_count", QUANTITY_COUNT, METRIC_VALUE,
                             "client: connections that were opened"},
    [VPN_AUTHENTICATION_FAILURES] = {"authentication_failures", QUANTITY_COUNT, METRIC_VALUE,
                                     "client: sign-ins that failed"},
};
static const char *const vpn_resources[] = {"connections"};

struct vpn {
    struct tunnels tunnels;
    struct leases leases;
    struct ports connections; /* a port is a connection, taken for a session */
    struct random network_random, user_random, failure_random;
    int64_t place_ns; /* of the place; -1: none was given */
    uint32_t tunnels_count;
    uint32_t notices[TUNNELS_MAX]; /* pending: it is seen that a tunnel is down; or EVENT_NONE */
    struct gauge_window seen;
    double bytes;              /* measured */
    uint64_t opened, failed;   /* measured */
    uint32_t connections_most; /* in the window */
};

static bool vpn_is_client(const struct service *s)
{
    const struct vpn_params *p = s->params;
    return p->kind == VPN_CLIENT;
}

/* The call waits for a connection of its user's. */
static bool vpn_connects(const struct service *s, const struct frame *f)
{
    return vpn_is_client(s) && f->note != VPN_CONNECTED;
}

static const char *vpn_check(const void *params)
{
    const struct vpn_params *p = params;
    const bool client = p->kind == VPN_CLIENT;
    if (client && p->failure.mtbf_ns_dist != NULL) {
        return "failure: tunnels are those of `kind: site_to_site`";
    }
    if (p->users_popularity.n > LEASES_HOLDERS_MAX) {
        return "users: at most 10 million";
    }
    return !client && p->users_popularity.n > 0 ? "users: connections are those of `kind: client`"
                                                : NULL;
}

/* ---- tunnels ---- */

static double vpn_packets(const struct vpn_params *p, double bytes)
{
    const double packets = ceil(bytes / (double)p->packet_bytes);
    return packets < 1 ? 1 : packets;
}

/* Bytes take their time at the bandwidth, packets theirs; the longer one
 * counts. */
static int64_t vpn_transfer_ns(const struct vpn_params *p, double bytes)
{
    const double by_bytes = bytes / p->tunnel.bandwidth_bytes_per_s;
    const double by_packets = vpn_packets(p, bytes) / p->tunnel.packets_per_s;
    return (int64_t)ceil((by_bytes > by_packets ? by_bytes : by_packets) * VPN_SECOND_NS);
}

struct vpn_again {
    struct world *w;
    const struct vpn_params *params;
};

static int64_t vpn_again(void *context, const struct frame *f)
{
    const struct vpn_again *again = context;
    return vpn_transfer_ns(again->params, call_size(again->w, f));
}

static void vpn_next_failure(struct service *s, uint32_t tunnel)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    if (p->failure.mtbf_ns_dist != NULL) {
        service_timer(s, distribution_draw_int(p->failure.mtbf_ns_dist, &vpn->failure_random),
                      VPN_CHANGES + tunnel);
    }
}

static void vpn_log(struct world *w, struct service *s, bool up)
{
    const struct vpn *vpn = s->state;
    service_log(w, s,
                &(struct log_entry){
                    .kind = up ? LOG_HEALTHY : LOG_UNHEALTHY,
                    .metric = "tunnels up",
                    .value = (double)vpn->tunnels.up_count,
                    .threshold = (double)vpn->tunnels_count,
                    .from = (double)(up ? vpn->tunnels.up_count - 1 : vpn->tunnels.up_count + 1),
                    .to = (double)vpn->tunnels.up_count,
                    .count = 1,
                });
}

/* The first sign of life that fails comes within an interval. */
static void vpn_change(struct world *w, struct service *s, uint32_t tunnel)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    struct random *random = &vpn->failure_random;
    if (vpn->tunnels.items[tunnel].up) {
        tunnels_fail(&vpn->tunnels, tunnel);
        vpn_log(w, s, false);
        const int64_t sign_ns =
            (int64_t)(random_uniform(random) * (double)p->dead_peer.interval_ns);
        vpn->notices[tunnel] = service_timer(s,
                                             sign_ns + p->dead_peer.timeout_ns +
                                                 distribution_draw_int(p->reroute_ns_dist, random),
                                             VPN_NOTICES + tunnel);
        service_timer(s, distribution_draw_int(p->failure.duration_ns_dist, random),
                      VPN_CHANGES + tunnel);
    } else {
        if (vpn->notices[tunnel] != EVENT_NONE) {
            events_cancel(&s->core->events, vpn->notices[tunnel]);
            vpn->notices[tunnel] = EVENT_NONE;
        }
        tunnels_repair(&vpn->tunnels, tunnel);
        vpn_log(w, s, true);
        vpn_next_failure(s, tunnel);
    }
}

static void vpn_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct vpn *vpn = s->state;
    if (slot >= VPN_NOTICES) {
        vpn->notices[slot - VPN_NOTICES] = EVENT_NONE;
        tunnels_notice(&vpn->tunnels, slot - VPN_NOTICES);
    } else if (slot >= VPN_CHANGES) {
        vpn_change(w, s, slot - VPN_CHANGES);
    } else {
        tunnels_due(&vpn->tunnels, slot - VPN_HOSTS);
    }
}

/* ---- people ---- */

static uint32_t vpn_room(const struct service *s)
{
    const struct vpn_params *p = s->params;
    return vpn_connections_max[p->associations_count - 1];
}

/* It is there, and taken for a session from now on. */
static void vpn_connected(struct world *w, struct service *s, struct frame *f)
{
    struct vpn *vpn = s->state;
    const int64_t now_ns = core_now(s->core);
    ports_close(&vpn->connections, now_ns);
    leases_renew(&vpn->leases, f->note - VPN_CONNECTS, now_ns);
    f->note = VPN_CONNECTED;
    vpn->opened += (f->flags & FRAME_MEASURED) != 0;
    const uint32_t taken = ports_taken(&vpn->connections, now_ns);
    if (world_measuring(w) && taken > vpn->connections_most) {
        vpn->connections_most = taken;
    }
}

/* The call ends before it is there. */
static void vpn_not_connected(struct service *s, const struct frame *f)
{
    struct vpn *vpn = s->state;
    ports_cancel(&vpn->connections);
    leases_end(&vpn->leases, f->note - VPN_CONNECTS);
}

/* What lost packets cost: where others follow it shows in a round trip, else in a timeout, twice as
 * long each time that the packet is lost again. */
static int64_t vpn_lost_ns(struct service *s, double bytes, int64_t rtt_ns)
{
    const struct vpn_params *p = s->params;
    struct random *random = &((struct vpn *)s->state)->network_random;
    const double packets = vpn_packets(p, bytes);
    if (p->loss_ratio == 0 || random_uniform(random) >= -expm1(packets * log1p(-p->loss_ratio))) {
        return 0;
    }
    int64_t timeout_ns = p->retransmission_ns;
    int64_t lost_ns = packets > VPN_DUPLICATES ? rtt_ns : timeout_ns;
    timeout_ns += packets > VPN_DUPLICATES ? 0 : timeout_ns;
    while (random_uniform(random) < p->loss_ratio) {
        lost_ns += timeout_ns;
        timeout_ns += timeout_ns;
    }
    return lost_ns;
}

static int64_t vpn_way_ns(struct service *s, double bytes)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    const int64_t rtt_ns = vpn->place_ns >= 0
                               ? vpn->place_ns
                               : distribution_draw_int(p->rtt_ns_dist, &vpn->network_random);
    return rtt_ns + distribution_draw_int(p->overhead_ns_dist, &vpn->network_random) +
           vpn_lost_ns(s, bytes, rtt_ns);
}

/* Of a person who is not connected: first the connection. */
static bool vpn_admit(struct world *w, struct service *s, struct frame *f)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    f->note = VPN_CONNECTED;
    if (p->users_popularity.n == 0) {
        return true;
    }
    const uint32_t user = leases_draw(&vpn->leases, &vpn->user_random);
    if (leases_use(&vpn->leases, user, core_now(s->core)) == LEASE_GOOD) {
        return true;
    }
    if (!ports_open(&vpn->connections, core_now(s->core))) {
        service_throttled(w, s, "connections of the endpoint");
        return false;
    }
    leases_renew(&vpn->leases, user, core_now(s->core));
    f->note = VPN_CONNECTS + user;
    f->work_ns += distribution_draw_int(p->connect_ns_dist, &vpn->network_random);
    return true;
}

/* ---- calls ---- */

static void vpn_arrive(struct world *w, struct service *s, struct frame *f)
{
    f->work_ns = vpn_way_ns(s, call_size(w, f));
    if (vpn_is_client(s) && !vpn_admit(w, s, f)) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    call_work(w, f);
}

/* Its bytes go out; true: they have. */
static bool vpn_send(struct world *w, struct service *s, struct frame *f)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    const double bytes = call_size(w, f);
    if (f->flags & FRAME_MEASURED) {
        vpn->bytes += bytes;
    }
    if (!vpn_is_client(s)) {
        f->work_ns = vpn_transfer_ns(p, bytes);
        tunnels_enter(&vpn->tunnels, f);
        return false;
    }
    f->work_ns = (int64_t)ceil(bytes / p->client_bytes_per_s * VPN_SECOND_NS);
    call_work(w, f);
    return false;
}

static bool vpn_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct vpn_params *p = s->params;
    if (vpn_connects(s, f)) {
        if (p->authenticate_target.service != SERVICE_NONE) {
            call_forward(w, f, p->authenticate_target.edge, 0, TIME_NONE);
            return false;
        }
        vpn_connected(w, s, f);
    }
    return vpn_send(w, s, f);
}

/* The answer of the sign-in, or of the callee itself. */
static bool vpn_answered(struct world *w, struct service *s, struct frame *f)
{
    if (!vpn_connects(s, f)) {
        return true;
    }
    vpn_connected(w, s, f);
    return vpn_send(w, s, f);
}

static enum outcome vpn_failed(struct world *w, struct service *s, struct frame *f,
                               enum outcome outcome)
{
    (void)w;
    struct vpn *vpn = s->state;
    if (vpn_connects(s, f) && f->flags & FRAME_MEASURED) {
        vpn->failed++;
    }
    return outcome;
}

static void vpn_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct vpn *vpn = s->state;
    if (!vpn_is_client(s)) {
        tunnels_leave(&vpn->tunnels, f);
    } else if (vpn_connects(s, f)) {
        vpn_not_connected(s, f);
    }
}

/* ---- the service ---- */

static void vpn_start_tunnels(struct world *w, struct service *s)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    struct vpn_again *again = arena_alloc(s->arena, sizeof(*again));
    *again = (struct vpn_again){w, p};
    vpn->tunnels_count = (uint32_t)p->connections_count * VPN_TUNNELS_A_CONNECTION;
    const struct random random = service_random(w, s, "tunnels");
    tunnels_init(&vpn->tunnels,
                 &(struct tunnels_setup){.core = s->core,
                                         .load = &s->load,
                                         .arena = s->arena,
                                         .count = vpn->tunnels_count,
                                         .together = p->gateway == VPN_TRANSIT,
                                         .service = s->index,
                                         .timer = VPN_HOSTS,
                                         .again = vpn_again,
                                         .context = again},
                 &random);
    s->load.fallible = p->failure.mtbf_ns_dist != NULL;
    for (uint32_t i = 0; i < vpn->tunnels_count; i++) {
        vpn->notices[i] = EVENT_NONE;
        vpn_next_failure(s, i);
    }
}

/* Who is connected has been so for a time that is spread over the session. */
static void vpn_start_people(struct service *s)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    const uint32_t users = p->users_popularity.n;
    ports_init(&vpn->connections, s->arena,
               &(struct ports_rules){.count = vpn_room(s), .closed_ns = p->session_ns});
    s->load.unlimited = true;
    if (users == 0) {
        return;
    }
    leases_init(&vpn->leases, s->arena,
                &(struct leases_rules){.holders_count = users,
                                       .zipf_s = p->users_popularity.s,
                                       .lifetime_ns = p->session_ns,
                                       .uses_max = LEASES_USES_UNLIMITED});
    const uint32_t connected = (uint32_t)(p->connected_ratio * users);
    const uint32_t room = vpn_room(s) < connected ? vpn_room(s) : connected;
    for (uint32_t i = 0; i < room; i++) {
        const int64_t since_ns =
            -(int64_t)((double)p->session_ns * (room - i) / ((double)room + 1));
        ports_open(&vpn->connections, since_ns);
        ports_close(&vpn->connections, since_ns);
        leases_renew(&vpn->leases, i, since_ns);
    }
    vpn->connections_most = room;
}

static void vpn_start(struct world *w, struct service *s)
{
    const struct vpn_params *p = s->params;
    struct vpn *vpn = s->state;
    vpn->network_random = service_random(w, s, "network");
    vpn->user_random = service_random(w, s, "users");
    vpn->failure_random = service_random(w, s, "failures");
    vpn->place_ns = p->place < 0
                        ? -1
                        : place_rtt_ns((enum place_name)p->place, place_of_region(world_region(w)));
    service_gauge(s, &vpn->tunnels.up, &vpn->seen);
    if (vpn_is_client(s)) {
        vpn_start_people(s);
    } else {
        vpn_start_tunnels(w, s);
    }
}

static void vpn_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct vpn *vpn = s->state;
    if (begins && vpn_is_client(s)) {
        vpn->connections_most = ports_taken(&vpn->connections, core_now(s->core));
    }
}

static double vpn_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    struct vpn *vpn = s->state;
    if (metric == VPN_CONNECTIONS) {
        return vpn_is_client(s) ? (double)ports_taken(&vpn->connections, core_now(s->core)) : 0;
    }
    return vpn_is_client(s) ? 1 : (double)vpn->tunnels.up_count / (double)vpn->tunnels_count;
}

static void vpn_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct vpn *vpn = s->state;
    const bool client = vpn_is_client(s);
    own[VPN_TUNNEL_STATE].value =
        client ? (double)NAN
               : gauge_mean(&vpn->seen, world_window_s(w)) / (double)vpn->tunnels_count;
    own[VPN_TUNNEL_DATA].value = vpn->bytes;
    own[VPN_CONNECTIONS].value = client ? (double)vpn->connections_most : (double)NAN;
    own[VPN_NEW_CONNECTIONS].value = client ? (double)vpn->opened : (double)NAN;
    own[VPN_AUTHENTICATION_FAILURES].value = client ? (double)vpn->failed : (double)NAN;
}

static void vpn_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct vpn_params *p = s->params;
    const struct vpn *vpn = s->state;
    const bool people = vpn_is_client(s) && p->users_popularity.n > 0;
    usage[0] = (struct usage){.available = people ? vpn_room(s) : (double)INFINITY,
                              .peak = people ? vpn->connections_most : 0};
}

const struct model vpn_model = {
    .info =
        {
            .name = "vpn",
            .title = "AWS VPN: Site-to-Site VPN and Client VPN",
            .text = "A call that goes `via` it takes the round trip and the encryption, then its "
                    "bytes. Site to site they share a tunnel with those of other calls (processor "
                    "sharing; a call takes the time of its bytes or of its packets, whichever is "
                    "longer). Behind a virtual private gateway one tunnel carries everything, "
                    "behind a transit gateway each call goes on one of them. A tunnel that is "
                    "down (failure) lets its calls stand still until dead peer detection has "
                    "noticed it and the other one carries: callers with a shorter timeout give "
                    "up. Client VPN: each of the users has a connection, opened with a sign-in "
                    "(`authenticate`) when the last one has ended, and at most 7,000 to 126,000 "
                    "at a time by the endpoint's subnets; beyond that calls end as `rejected`. A "
                    "call that lost a packet takes a round trip more, or a retransmission timeout "
                    "where it is too short to tell sooner. Left out: jitter and fragments, what "
                    "loss does to bandwidth; calls of one user share a connection, but not its "
                    "bandwidth, and do not wait while it is opened.",
            ROWS(params, vpn_params),
            ROWS(metrics, vpn_metrics),
            ROWS(resources, vpn_resources),
            .params_size = sizeof(struct vpn_params),
            .path = true,
            .resource = "tunnels",
            .check = vpn_check,
        },
    .state_size = sizeof(struct vpn),
    .start = vpn_start,
    .window = vpn_window,
    .timer = vpn_timer,
    .observe = vpn_observe,
    .usage = vpn_usage,
    .arrive = vpn_arrive,
    .serve = vpn_serve,
    .answered = vpn_answered,
    .failed = vpn_failed,
    .finish = vpn_finish,
    .level = vpn_level,
};
