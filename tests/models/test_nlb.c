/* The Network Load Balancer's documented rules. Sources, all of the ELB user guide for NLB: [H]
 * "Health checks for target groups", [A] "Edit target group attributes", [G] "Target groups", [M]
 * "CloudWatch metrics"; [P] Elastic Load Balancing pricing, NLCU. */
#include "tests/models/fleet.h"

#undef LB
#define LB "  lb: {type: nlb, latency: 0s, "

/* ---- zones ---- */

/* [A] Cross-zone load balancing is off by default: each node has its own zone's targets. Zones with
 * 2, 1 and 1 of them and 10/s each: the targets of the first have half of what the others have. */
static void zones_are_uneven(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s") "services:\n" LB "targets: [app]}\n  app: {type: fleet}\ntraffic:\n"
                         "  ta: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n"
                         "  tb: {to: lb, zone: b, arrivals: constant, rate: 10/s}\n"
                         "  tc: {to: lb, zone: c, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.second", 1000);
    lab_equal(lab, "services.app.third", 1000);
    const double first = lab_value(lab, "services.app.first");
    assert_true(first + lab_value(lab, "services.app.fourth") == 1000);
    lab_near(lab, "services.app.first", 500, 5 * sqrt(250));
    lab_close(lab);
}

/* On: each of four has a quarter. Flows are chosen by a hash: at random, as binomial as that. */
static void cross_zone(void **state)
{
    (void)state;
    struct lab *lab = RUN(
        HEAD("100s") "services:\n" LB "targets: [app], cross_zone: true}\n  app: {type: fleet}\n"
                     "traffic:\n  ta: {to: lb, zone: a, arrivals: constant, rate: 40/s}\n");
    lab_near(lab, "services.app.first", 1000, 5 * sqrt(750));
    lab_near(lab, "services.app.third", 1000, 5 * sqrt(750));
    lab_close(lab);
}

/* [G] DNS failover, as of an alb. The only target in b fails from 100 s on: out at 160 s (the
 * timeout is 10 s), and from 220 s on the clients of b are in a and c. */
static void dns_failover(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("300s") "services:\n" LB "targets: [app]}\n"
                                       "  app: {type: fleet, members: 3, ill: 100s}\ntraffic:\n"
                                       "  t: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_near(lab, "services.app.first", 2200, 1);
    lab_near(lab, "services.app.second", 400, 1);
    lab_near(lab, "services.app.third", 400, 1);
    lab_equal(lab, "services.lb.un_healthy_host_count", 140 / 300.0);
    lab_close(lab);
}

/* "The load balancer continually monitors the health of all targets registered with the target
 * group that are in an Availability Zone enabled for the load balancer" [G]: nodes are in a and b
 * only, which share the requests from c, and the target in c is not used. */
static void enabled_zones(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s") "services:\n" LB "targets: [app], zones: [a, b], connections: "
                         "{clients: 2}}\n  app: {type: fleet, members: 3}\ntraffic:\n"
                         "  ta: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n"
                         "  tc: {to: lb, zone: c, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.first", 1500);
    lab_equal(lab, "services.app.second", 500);
    lab_equal(lab, "services.app.third", 0);
    lab_equal(lab, "services.lb.healthy_host_count", 2);
    lab_equal(lab, "services.lb.new_flow_count", 2); /* a client at each node */
    lab_close(lab);
    lab = RUN(HEAD("100s") "services:\n" LB "targets: [app], zones: [a], cross_zone: true, "
                           "connections: {clients: 1}}\n  app: {type: fleet}\ntraffic:\n"
                           "  ta: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n"
                           "  tc: {to: lb, zone: c, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.lb.new_flow_count", 1); /* at the only node */
    lab_close(lab);
}

/* A target in several zones, such as an alb, is used where one of them has a node. */
static void target_in_several_zones(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("10s") "services:\n" LB "targets: [front], zones: [b]}\n"
                        "  far: {type: nlb, targets: [front], zones: [c]}\n"
                        "  front: {type: alb, latency: 0s, targets: [app], zones: [a, b]}\n"
                        "  app: {type: fleet}\ntraffic:\n"
                        "  t: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n"
                        "  u: {to: far, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "traffic.u.errors.unavailable", 1);
    lab_equal(lab, "services.lb.healthy_host_count", 1);
    lab_equal(lab, "services.far.healthy_host_count", 0);
    lab_close(lab);
}

/* The same without any target that could serve: in no node's zone. */
static void no_enabled_zone_has_a_target(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("10s") "services:\n" LB "targets: [app], zones: [b, c]}\n"
                                      "  app: {type: fleet, members: 1}\ntraffic:\n"
                                      "  t: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.t.errors.unavailable", 1);
    lab_close(lab);
}

/* A zone that has no target when the run begins had none before: clients do not know its node. One
 * that comes at 10 s is checked at 100 s (registration) and brings its node in at 160 s. */
static void empty_zone_is_not_in_dns(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("200s") "services:\n" LB "targets: [app]}\n"
                                       "  app: {type: fleet, members: 3, joins: 10s}\ntraffic:\n"
                                       "  t: {to: lb, zone: c, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_near(lab, "services.app.first", 800, 1);
    lab_near(lab, "services.app.second", 800, 1);
    lab_near(lab, "services.app.third", 400, 1);
    lab_close(lab);
}

/* ---- flows ---- */

/* [G] "Each TCP connection is routed to a single target for the life of the connection": one client
 * that keeps its connection keeps its target, and with 4 of 4/s each that one has all 16/s. */
static void flow_sticks(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s") "services:\n" LB
                         "targets: [app], cross_zone: true, connections: {clients: 1}}\n"
                         "  app: {type: fleet}\ntraffic:\n"
                         "  t: {to: lb, zone: a, arrivals: constant, rate: 16/s}\n");
    static const char *const names[] = {"first", "second", "third", "fourth"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "services.app.%s", names[i]);
        const double mean = lab_value(lab, path); /* of two runs: all or nothing in each */
        assert_true(mean == 0 || mean == 800 || mean == 1600);
    }
    lab_equal(lab, "services.lb.new_flow_count", 1);
    lab_close(lab);
}

/* Flows of 10 requests each: a tenth of the requests begins one. */
static void flows_end(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("100s") "services:\n" LB
                                       "targets: [app], connections: {clients: 3, requests: 10}}\n"
                                       "  app: {type: fleet}\ntraffic:\n"
                                       "  t: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.lb.new_flow_count", 100);
    lab_equal(lab, "services.lb.tcp_elb_reset_count", 0);
    lab_close(lab);
}

/* [G] TCP idle timeout, 350 s: "if a client or target sends data after the idle timeout period
 * elapses, it receives a TCP RST". */
static void idle_flow_is_reset(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10000s") "services:\n" LB
                       "targets: [app], connections: {clients: 1%s}%s}\n  app: {type: fleet}\n"
                       "traffic:\n  t: {to: lb, zone: a, arrivals: constant, rate: %s}\n";
    struct lab *lab = RUN(text, "", "", "0.0025/s"); /* every 400 s */
    lab_equal(lab, "services.lb.new_flow_count", 25);
    lab_equal(lab, "services.lb.tcp_elb_reset_count", 24);
    lab_near(lab, "services.lb.active_flow_count", 350 / 400.0, 0.05);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = RUN(text, "", "", "0.004/s"); /* every 250 s */
    lab_equal(lab, "services.lb.new_flow_count", 1);
    lab_close(lab);
    /* UDP, 120 s: "considers the incoming UDP packet as a new flow"; nothing is reset */
    lab = RUN(text, "", ", protocol: udp", "0.004/s");
    lab_equal(lab, "services.lb.new_flow_count", 40);
    lab_equal(lab, "services.lb.tcp_elb_reset_count", 0);
    lab_close(lab);
}

/* [A] "Connection termination for unhealthy targets: the load balancer terminates established
 * connections when targets become unhealthy", the default. Requests take 60 s; the only target of
 * zone a fails its checks from 100 s on and is out at 160 s: what is out then is cut. */
static void unhealthy_flows_are_cut(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("180s") "services:\n" LB "targets: [app]%s}\n"
                     "  app: {type: fleet, members: 2, ill: 100s, work: 60s}\ntraffic:\n"
                     "  t: {to: lb, zone: a, arrivals: constant, rate: 2/s}\n";
    struct lab *lab = RUN(text, "");
    lab_near(lab, "services.lb.tcp_elb_reset_count", 120, 1);
    lab_near(lab, "traffic.t.errors.unavailable", 120 / 360.0, 1 / 360.0);
    lab_close(lab);
    lab = RUN(text, ", terminate_unhealthy: false");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
}

/* A client that kept its flow to a target that is unhealthy connects anew, to another one; the flow
 * goes on if it is not cut. */
static void unhealthy_target_is_left(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("300s") "services:\n" LB "targets: [app], cross_zone: true, connections: {clients: "
                     "300}, idle_timeout: {tcp: 6000s}%s}\n"
                     "  app: {type: fleet, members: 2, ill: 100s}\ntraffic:\n"
                     "  t: {to: lb, zone: a, arrivals: constant, rate: 100/s}\n";
    struct lab *lab = RUN(text, "");
    const double kept = lab_value(lab, "services.app.first");
    assert_true(kept > 100 * 160 * 0.35 && kept < 100 * 160 * 0.65); /* nothing after 160 s */
    assert_true(lab_value(lab, "services.lb.new_flow_count") > 100);
    assert_true(lab_value(lab, "services.lb.tcp_elb_reset_count") > 30);
    lab_close(lab);
    lab = RUN(text, ", terminate_unhealthy: false");
    lab_near(lab, "services.lb.new_flow_count", 100, 0.5);
    lab_equal(lab, "services.lb.tcp_elb_reset_count", 0);
    assert_true(lab_value(lab, "services.app.first") > 100 * 300 * 0.35);
    lab_close(lab);
}

/* [A] "Established connections" are those that idle, too. One client has requests until 50 s and
 * again from 400 s on; its target fails its checks from 100 s to 200 s: out at 160 s, back at 330
 * s. The flow was reset at 160 s; what comes at 400 s is a new one. */
static void idle_flows_are_cut(void **state)
{
    (void)state;
    static const char text[] = HEAD(
        "600s") "services:\n" LB "targets: [app], connections: {clients: 3}, idle_timeout: "
                "{tcp: 6000s}%s}\n"
                "  app: {type: fleet, members: 1, ill: 100s, well: 200s}\ntraffic:\n"
                "  t: {to: lb, zone: a, arrivals: constant, rate: [[0s, 1/s], [50s, 0/s], [400s, "
                "1/s]]}\n";
    struct lab *lab = RUN(text, "");
    lab_equal(lab, "services.lb.new_flow_count", 2);
    lab_equal(lab, "services.lb.tcp_elb_reset_count", 1);
    lab_near(lab, "services.lb.active_flow_count", 360 / 600.0, 2 / 600.0); /* begins within 1 s */
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = RUN(text, ", terminate_unhealthy: false");
    lab_equal(lab, "services.lb.new_flow_count", 1);
    lab_equal(lab, "services.lb.tcp_elb_reset_count", 0);
    lab_close(lab);
}

/* [A] Deregistration: requests that are out may end; with connection termination they are cut after
 * the delay. The first of two leaves at 100 s. */
static void deregistration(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("200s") "services:\n" LB "targets: [app]%s}\n"
                     "  app: {type: fleet, members: 4, leaves: 100s, work: 30s}\ntraffic:\n"
                     "  t: {to: lb, zone: a, arrivals: constant, rate: 20/s}\n";
    struct lab *lab = RUN(text, "");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_near(lab, "services.app.first", 1000, 5 * sqrt(500));
    lab_close(lab);
    lab = RUN(text, ", deregistration_delay: 10s"); /* half of what came in 20 s */
    lab_near(lab, "services.lb.tcp_elb_reset_count", 200, 5 * sqrt(100));
    lab_close(lab);
}

/* [M] PortAllocationErrorCount: "55,000 simultaneous connections or about 55,000 connections per
 * minute to each unique target (IP address and port) when performing client address translation".
 * Here 5. Flows of 100 s hold them so long: 5 of 100; flows of 10 ms are gone at once, but 5 a
 * minute is all there is: 5 of 60. Each node and each target has its own. */
static void ports_run_out(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("%s") "services:\n" LB "targets: [app], preserve_client_ip: %s, ports: 5}\n"
                   "  app: {type: delay, work: %s}\ntraffic:\n"
                   "  t: {to: lb, zone: a, arrivals: constant, rate: 1/s}\n"
                   "  u: {to: lb, zone: b, arrivals: constant, rate: 5/min}\n";
    struct lab *lab = lab_run(text, "200s", "false", "99999ms");
    lab_equal(lab, "traffic.t.errors.unavailable", 0.95);
    lab_close(lab);
    lab = lab_run(text, "120s", "false", "10ms");
    lab_equal(lab, "services.lb.port_allocation_error_count", 110);
    lab_equal(lab, "traffic.t.errors.unavailable", 110 / 120.0);
    lab_equal(lab, "traffic.u.availability", 1);
    lab_close(lab);
    lab = lab_run(text, "120s", "true", "99999ms");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.lb.port_allocation_error_count", 0);
    lab_close(lab);
}

/* ---- health, answers ---- */

/* [H] Every 30 s, 10 s timeout, out after 2 failed, back after 5 passed checks: fails at 210 s and
 * 240 s, which is known at 250 s; passes from 270 s on, the fifth at 390 s. */
static void health_checks(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("440s") "services:\n" LB "targets: [a, b]}\n"
                                           "  a: {type: server, failure: {mtbf: 200s, mttr: 50s}}\n"
                                           "  b: {type: server}\ntraffic:\n"
                                           "  t: {to: lb, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.lb.un_healthy_host_count", 140 / 440.0);
    lab_equal(lab, "services.lb.healthy_host_count_minimum", 1);
    const struct log_entry *entry = NULL;
    assert_int_equal(logged(lab, LOG_UNHEALTHY, &entry), 1);
    assert_true(entry->from == 2 && entry->to == 1 && entry->threshold == 2);
    lab_close(lab);
}

/* A new target waits for its registration (90 s) and one check. */
static void registration(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("300s") "services:\n" LB "targets: [app]}\n"
                                       "  app: {type: fleet, members: 1, joins: 60s}\ntraffic:\n"
                                       "  t: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_near(lab, "services.lb.healthy_host_count", 150 / 300.0, 1e-6);
    lab_close(lab);
}

/* It makes no answers: what takes long takes long; a refused connection is the target's reset. */
static void no_answers_of_its_own(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("100s") "services:\n" LB "targets: [a]}\n"
                                       "  no: {type: nlb, targets: [app]}\n"
                                       "  none: {type: nlb, targets: [empty]}\n"
                                       "  a: {type: delay, work: 70s}\n"
                                       "  app: {type: fleet, answer: unavailable}\n"
                                       "  empty: {type: fleet, members: 0}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 1/s}\n"
                                       "  u: {to: no, arrivals: constant, rate: 1/s}\n"
                                       "  v: {to: none, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.no.tcp_target_reset_count", 100);
    lab_equal(lab, "traffic.u.errors.unavailable", 1);
    lab_equal(lab, "traffic.v.errors.unavailable", 1);
    lab_equal(lab, "services.none.tcp_target_reset_count", 0);
    lab_close(lab);
}

/* An alb may be the target of an nlb: it is healthy while each of its groups has a healthy target.
 * All of the alb's fail from 100 s on: unhealthy at 155 s; the nlb's checks are at 180 s and 210 s,
 * known at 220 s. */
static void alb_as_target(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("300s") "services:\n" LB "targets: [front]}\n"
                                       "  front: {type: alb, latency: 0s, targets: [app]}\n"
                                       "  app: {type: fleet, ill: 100s, all_ill: true}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.front.un_healthy_host_count", 4 * 145 / 300.0);
    lab_equal(lab, "services.lb.un_healthy_host_count", 80 / 300.0);
    lab_equal(lab, "traffic.t.availability", 1); /* both fail open */
    lab_close(lab);
}

/* facts, nlb latency: 0.1 to 0.4 ms, median 0.2 ms. */
static void own_latency(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: {60s}\nwarmup: 0s\nreplications: 30\n"
                "services:\n  lb: {type: nlb, targets: [app]}\n  app: {type: delay}\ntraffic:\n"
                "  t: {to: lb, rate: 500/s}\n");
    lab_expect(lab, "traffic.t.latency.p50", 0.0002, 0.01);
    lab_close(lab);
}

struct units {
    const char *what, *rate, *size;
    double lcus;
};

/* [P] An NLCU of TCP is 800 new flows a second, 100,000 active ones, 1 GB an hour; of UDP 400 and
 * 50,000, of TLS 50 and 3,000: the largest counts. */
static void capacity_units(void **state)
{
    (void)state;
    static const struct units cases[] = {
        {"protocol: tcp", "80/s", "0B", 0.1},
        {"protocol: udp", "80/s", "0B", 0.2},
        {"protocol: tls", "80/s", "0B", 1.6},
        {"response: 2MB", "10/s", "1MB", 3 * 36},
        {"protocol: tls, connections: {clients: 3}", "80/s", "0B", 1 / 3000.0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("100s") "services:\n" LB "targets: [a], %s}\n"
                                 "  a: {type: delay}\ntraffic:\n"
                                 "  t: {to: lb, zone: a, arrivals: constant, rate: %s, size: %s}\n",
                    cases[i].what, cases[i].rate, cases[i].size);
        if (i + 1 < sizeof(cases) / sizeof(cases[0])) {
            lab_equal(lab, "services.lb.consumed_lcus", cases[i].lcus);
        } else { /* one flow, open from the first request on */
            lab_near(lab, "services.lb.active_flow_count", 1, 0.001);
            lab_near(lab, "services.lb.consumed_lcus", cases[i].lcus, cases[i].lcus / 1000);
        }
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_uneven),
        cmocka_unit_test(cross_zone),
        cmocka_unit_test(dns_failover),
        cmocka_unit_test(enabled_zones),
        cmocka_unit_test(no_enabled_zone_has_a_target),
        cmocka_unit_test(target_in_several_zones),
        cmocka_unit_test(empty_zone_is_not_in_dns),
        cmocka_unit_test(flow_sticks),
        cmocka_unit_test(flows_end),
        cmocka_unit_test(idle_flow_is_reset),
        cmocka_unit_test(unhealthy_flows_are_cut),
        cmocka_unit_test(unhealthy_target_is_left),
        cmocka_unit_test(idle_flows_are_cut),
        cmocka_unit_test(deregistration),
        cmocka_unit_test(ports_run_out),
        cmocka_unit_test(health_checks),
        cmocka_unit_test(registration),
        cmocka_unit_test(no_answers_of_its_own),
        cmocka_unit_test(alb_as_target),
        cmocka_unit_test(own_latency),
        cmocka_unit_test(capacity_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
