/* nlb_tables: what nlb.c knows as tables: parameters, metrics, what a capacity unit is; and what
 * the parameters say together. */
#ifndef ARCHSIM_MODELS_NLB_TABLES_H
#define ARCHSIM_MODELS_NLB_TABLES_H

#include <math.h>

#include "models/elb.h"

#define NLB_CHECKS_PAGE "ELB User Guide for NLB, Health checks for target groups"
#define NLB_GROUP_PAGE "ELB User Guide for NLB, Target groups"
#define NLB_ATTRIBUTES_PAGE "ELB User Guide for NLB, Edit target group attributes"

enum nlb_protocol { NLB_TCP, NLB_UDP, NLB_TLS, NLB_PROTOCOLS };
enum nlb_metric {
    NLB_NEW_FLOW,
    NLB_TARGET_RESET,
    NLB_ELB_RESET,
    NLB_PORT_ALLOCATION_ERROR,
    NLB_COUNTS, /* up to here they are counted */
    NLB_ACTIVE_FLOW = NLB_COUNTS,
    NLB_PROCESSED_BYTES,
    NLB_CONSUMED_LCUS,
    NLB_HOSTS, /* enum elb_hosts */
};

/* Elastic Load Balancing pricing, NLCU: new flows a second, active ones, 1 GB an hour. */
static const struct elb_unit nlb_units[NLB_PROTOCOLS] = {
    [NLB_TCP] = {800, 100000, 1e9, INFINITY, INFINITY},
    [NLB_UDP] = {400, 50000, 1e9, INFINITY, INFINITY},
    [NLB_TLS] = {50, 3000, 1e9, INFINITY, INFINITY},
};

struct nlb_params {
    struct call_targets targets_targets;
    int protocol;
    bool cross_zone;
    const struct distribution *latency_ns_dist;
    struct {
        int64_t tcp_ns, udp_ns;
    } idle_timeout;
    int64_t registration_ns, deregistration_delay_ns, dns_failover_ns;
    bool terminate_unhealthy, preserve_client_ip;
    int64_t ports_count;
    struct elb_health health_check;
    struct elb_connections connections;
    const struct distribution *response_bytes_dist;
};

#define PARAMS struct nlb_params
static const struct param nlb_params[] = {
    SERVICES(targets, REQUIRED, "the target group: services, groups of instances or tasks, an alb",
             DOCUMENTED(NLB_GROUP_PAGE)),
    CHOICE(protocol, "tcp", "tcp udp tls", "of the listener: for idle timeouts and capacity units",
           DOCUMENTED("Elastic Load Balancing FAQ: LCU metrics for TCP, UDP and TLS traffic")),
    FLAG(cross_zone, "false", "a node reaches the targets of all zones, else those of its own",
         DOCUMENTED(NLB_CHECKS_PAGE ": by default, to the healthy targets in its zone")),
    TIME_DIST(latency, "lognormal(p50=0.2ms p99=0.4ms)", "0s..",
              "the balancer's own time for a request",
              ESTIMATED("facts, nlb latency: adds 0.1 to 0.4 ms, median 0.2 ms")),
    TIME(idle_timeout.tcp, "350s", "60s..6000s",
         "a flow without requests so long is dropped; its next request is reset and connects anew",
         DOCUMENTED("ELB API Reference, ListenerAttribute, tcp.idle_timeout.seconds: 60 to 6000")),
    TIME(idle_timeout.udp, "120s", "120s..120s", "the same of UDP, fixed",
         DOCUMENTED("ELB User Guide for NLB, Connection idle timeout: UDP 120 s, cannot be "
                    "changed; then it is a new flow")),
    TIME(registration, "90s", "0s..300s", "from registering a new target to its first health check",
         ESTIMATED(NLB_CHECKS_PAGE ": it can take a few minutes")),
    TIME(deregistration_delay, NONE, "0s..3600s",
         "flows to a deregistered target are cut after it; not given: their requests may end",
         DOCUMENTED(NLB_ATTRIBUTES_PAGE
                    ", deregistration_delay.connection_termination.enabled: off by default")),
    TIME(dns_failover, "60s", "0s..10min",
         "clients leave, or are back at, a node so long after its last healthy target",
         RECALLED("facts, nlb static_ip; alb az_loss: within about 60 s (TTL 60 s)")),
    FLAG(terminate_unhealthy, "true", "flows to a target that becomes unhealthy are cut at once",
         DOCUMENTED(NLB_ATTRIBUTES_PAGE
                    ", Connection termination for unhealthy targets: the default")),
    FLAG(preserve_client_ip, "true",
         "targets see the clients' addresses; else a node's ports to a target may run out",
         DOCUMENTED(NLB_ATTRIBUTES_PAGE ", Client IP preservation: on for instances")),
    COUNT(ports, "55000", "1..55000",
          "flows of a node to one target, at a time and a minute, without client addresses",
          DOCUMENTED("ELB User Guide for NLB, CloudWatch metrics, PortAllocationErrorCount: 55,000 "
                     "simultaneous connections or about 55,000 a minute to each unique target")),
    ELB_HEALTH_ROWS("ELB API Reference, CreateTargetGroup", "10s"),
    ELB_CONNECTIONS_ROWS("that keep a flow each, spread over the zones; else one for each request"),
    SIZE_DIST(response, "0B", "0B..", "of an answer: for processed_bytes",
              DEFINED("archsim language 1: a call's own size is its request's")),
};
#undef PARAMS

static const struct metric nlb_metrics[] = {
    [NLB_NEW_FLOW] = {"new_flow_count", QUANTITY_COUNT, METRIC_VALUE, "flows that clients began",
                      false},
    [NLB_TARGET_RESET] = {"tcp_target_reset_count", QUANTITY_COUNT, METRIC_VALUE,
                          "requests that a target refused", false},
    [NLB_ELB_RESET] = {"tcp_elb_reset_count", QUANTITY_COUNT, METRIC_VALUE,
                       "resets by the balancer: of idle flows, of flows to targets that left",
                       false},
    [NLB_PORT_ALLOCATION_ERROR] = {"port_allocation_error_count", QUANTITY_COUNT, METRIC_VALUE,
                                   "flows for which a node had no port left", false},
    [NLB_ACTIVE_FLOW] = {"active_flow_count", QUANTITY_COUNT, METRIC_VALUE,
                         "open flows, mean over time", true},
    [NLB_PROCESSED_BYTES] = {"processed_bytes", QUANTITY_SIZE, METRIC_VALUE,
                             "of requests and answers", false},
    [NLB_CONSUMED_LCUS] = {"consumed_lcus", QUANTITY_COUNT, METRIC_VALUE,
                           "the largest of new flows, active flows, bytes; mean over time", false},
    ELB_HOSTS_METRICS(NLB_HOSTS),
};

#define NLB_MINUTE_NS INT64_C(60000000000)
#define NLB_BALANCES \
    (1u << TARGET_KIND_ADDRESS | 1u << TARGET_KIND_DATABASE | 1u << TARGET_KIND_ALB)

static const char *nlb_check(const void *params)
{
    const struct nlb_params *p = params;
    const char *wrong = elb_check_health(&p->health_check);
    return wrong != NULL ? wrong : elb_check_connections(&p->connections);
}

#endif
