/* vpc, nat_gateway and vpn: the ways of calls, by hand. Arrivals, latencies and sizes are constant,
 * so that every number is exact but for the phase of the arrivals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define LATENCIES "latency: 1ms, other_zone: 2ms"

/* ---- vpc ---- */

/* EC2 User Guide: a zone's own round trip, another zone's, the internet's; and the bytes of a call
 * at the bandwidth of one flow: 5 MB at 5 Gbit/s are 8 ms. */
static void test_vpc_paths(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nduration: 100s\nwarmup: 0s\nreplications: 1\nservices:\n"
        "  net: {type: vpc, outside: [partner], rtt: {same_zone: 1ms, other_zone: 3ms, internet: "
        "40ms}}\n"
        "  app: {type: delay, work: 10ms, calls: [{call: db, via: net, size: 5 MB}]}\n"
        "  far: {type: delay, work: 10ms, calls: [{call: partner, via: net, size: 5 MB}]}\n"
        "  db: {type: server, servers: inf, work: 20ms, zone: b}\n"
        "  partner: {type: delay, work: 100ms}\n"
        "traffic:\n"
        "  same: {to: app, zone: b, rate: 10/s, arrivals: constant}\n"
        "  other: {to: app, zone: a, rate: 10/s, arrivals: constant}\n"
        "  out: {to: far, zone: a, rate: 10/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.same.latency.mean", 0.039);
    lab_equal(lab, "traffic.other.latency.mean", 0.041);
    lab_equal(lab, "traffic.out.latency.mean", 0.158);
    /* a call at the window's edge may count or not */
    assert_true(fabs(lab_value(lab, "services.net.network_in") / 5e6 - 3000) <= 3);
    assert_true(fabs(lab_value(lab, "services.net.network_in_other_zone") / 5e6 - 1000) <= 1);
    assert_true(fabs(lab_value(lab, "services.net.network_out_internet") / 5e6 - 1000) <= 1);
    lab_close(lab);
}

/* A rule for the addresses of a VPN's people: `from` names the path; no rule for the internet. */
static void test_vpc_lets_in_what_comes_via(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 10s\nwarmup: 0s\nreplications: 1\nservices:\n"
                "  net: {type: vpc, subnets: [{name: inside, services: [db]}], security_groups: "
                "[{name: data, services: [db], from: [office]}]}\n"
                "  office: {type: vpn, rtt: 10ms, overhead: 0s, loss: 0%%}\n"
                "  db: {type: delay, work: 1ms}\n"
                "traffic:\n  staff: {to: db, via: office, rate: 1/s}\n");
    assert_true(fabs(lab_value(lab, "traffic.staff.latency.mean") - 0.011) < 1e-5);
    lab_close(lab);
}

/* "Lambda functions always run inside VPCs owned by the Lambda service", and are invoked over its
 * API: groups and private subnets are for what a function calls, not for what calls it (Lambda
 * Developer Guide, Giving Lambda functions access to resources in a VPC). */
static void test_a_function_in_a_vpc_is_called_from_anywhere(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 10s\nwarmup: 0s\nreplications: 1\nservices:\n"
                "  net: {type: vpc, subnets: [{name: inside, services: [f, db]}], security_groups: "
                "[{name: fn, services: [f]}, {name: data, services: [db], from_groups: fn}]}\n"
                "  api: {type: api_gateway, kind: http, calls: [f]}\n"
                "  f: {type: lambda, vpc: true, calls: [db]}\n"
                "  db: {type: delay, work: 1ms}\n"
                "traffic:\n  web: {to: api, rate: 1/s}\n  events: {to: f, rate: 1/s}\n");
    lab_equal(lab, "traffic.web.availability", 1);
    lab_equal(lab, "traffic.events.availability", 1);
    lab_close(lab);
}

/* ---- nat_gateway ---- */

/* VPC User Guide, NAT gateway basics: 55,000 connections to one destination at a time; about 900
 * new ones a second reach that, because a port is not free again for a minute. With 55 ports and a
 * minute: 55 calls a minute pass, whatever they take. Another destination has ports of its own. */
static void test_nat_ports(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 10m\nwarmup: 10m\nreplications: 1\nservices:\n"
                "  nat: {type: nat_gateway, zone: a, ports: 55, keep_alive: false, " LATENCIES "}\n"
                "  app: {type: delay, work: 1ms, calls: [{call: one, via: nat}]}\n"
                "  app2: {type: delay, work: 1ms, calls: [{call: two, via: nat}]}\n"
                "  one: {type: delay, work: 10ms}\n  two: {type: delay, work: 10ms}\n"
                "traffic:\n  t: {to: app, zone: a, rate: 3/s, arrivals: constant}\n"
                "  u: {to: app2, zone: a, rate: 0.9/s, arrivals: constant}\n");
    const double passed = lab_value(lab, "services.one.arrivals") * 600;
    assert_true(fabs(passed - 550) <= 12); /* rounds of 18.3 s and a minute */
    lab_equal(lab, "services.nat.error_port_allocation", 1800 - passed);
    lab_equal(lab, "traffic.t.errors.unavailable", (1800 - passed) / 1800);
    lab_equal(lab, "traffic.u.availability", 1); /* 54 ports */
    lab_equal(lab, "traffic.u.latency.mean", 0.012);
    lab_close(lab);
}

/* The documented figure itself: 900 new connections a second pass, 1,000 do not all. */
static void test_nat_900_a_second(void **state)
{
    (void)state;
    const double rates[] = {900, 1000}, passed[] = {1, 55000 / 60.0 / 1000};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run("archsim: 1\nduration: 2m\nwarmup: 2m\nreplications: 1\nservices:\n"
                    "  nat: {type: nat_gateway, keep_alive: false, zone: a}\n"
                    "  app: {type: delay, work: 0s, calls: [{call: one, via: nat}]}\n"
                    "  one: {type: delay, work: 1ms}\n"
                    "traffic:\n  t: {to: app, zone: a, rate: %g/s, arrivals: constant}\n",
                    rates[i]);
        assert_true(fabs(lab_value(lab, "traffic.t.availability") - passed[i]) < 0.002);
        lab_close(lab);
    }
}

/* More addresses, more ports: 8 at most. Callers that keep their connections need as many as they
 * use at a time: 3/s x 10.1 s are 31. */
static void test_nat_addresses_and_reuse(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 10m\nwarmup: 10m\nreplications: 1\nservices:\n"
                "  nat: {type: nat_gateway, zone: a, ports: 55, addresses: 4, keep_alive: false}\n"
                "  app: {type: delay, work: 1ms, calls: [{call: one, via: nat}]}\n"
                "  one: {type: delay, work: 10ms}\n"
                "traffic:\n  t: {to: app, zone: a, rate: 3/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = lab_run("archsim: 1\nduration: 10m\nwarmup: 10m\nreplications: 1\nservices:\n"
                  "  nat: {type: nat_gateway, zone: a, ports: 31, latency: 0.1s}\n"
                  "  app: {type: delay, work: 1ms, calls: [{call: one, via: nat}]}\n"
                  "  one: {type: delay, work: 10s}\n"
                  "traffic:\n  t: {to: app, zone: a, rate: 3/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.nat.connection_attempt_count", 0); /* all were opened before */
    lab_equal(lab, "services.nat.active_connection_count", 30.3);
    lab_close(lab);
}

/* The 900 new connections a second are fewer calls' the less each of them is used for: at 10 calls
 * of each, 30/s open 3/s, which hold 180 ports of a minute's. */
static void test_nat_requests_of_a_connection(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: {20m}\nwarmup: 10m\nreplications: 10\nservices:\n"
                "  nat: {type: nat_gateway, zone: a, requests: 10, ports: 300, latency: 0s}\n"
                "  less: {type: nat_gateway, zone: a, requests: 10, ports: 90, latency: 0s}\n"
                "  app: {type: delay, calls: [{call: one, via: nat}]}\n"
                "  app2: {type: delay, calls: [{call: one, via: less}]}\n"
                "  one: {type: delay, work: 10ms}\n"
                "traffic:\n  t: {to: app, zone: a, rate: 30/s, arrivals: constant}\n"
                "  u: {to: app2, zone: a, rate: 30/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_expect(lab, "services.nat.connection_attempt_count", 3 * 20 * 60 * lab_scale(), 0.1);
    /* 90 ports a minute, each for 10 calls, of which one at least is always there */
    assert_true(fabs(lab_value(lab, "traffic.u.availability") - 0.5) < 0.05);
    lab_close(lab);
}

/* All calls share the bandwidth (M/G/1-PS: mean sojourn x / (1 - rho), whatever the sizes are); and
 * a caller in a zone without a gateway takes another's. */
static void test_nat_bandwidth(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: {10h}\nwarmup: 10m\nreplications: 10\nseed: 3\nservices:\n"
                "  nat: {type: nat_gateway, zone: a, bandwidth: 1 MB/s, flow: 1 MB/s, latency: 0s, "
                "other_zone: 2ms}\n"
                "  app: {type: delay, calls: [{call: one, via: nat, size: exponential(100 kB)}]}\n"
                "  one: {type: delay, work: 1ms}\n"
                "traffic:\n  t: {to: app, zone: a, rate: 5/s}\n");
    lab_expect(lab, "traffic.t.latency.mean", 0.1 / (1 - 0.5) + 0.001, 0.03);
    lab_expect(lab, "services.nat.utilization", 0.5, 0.05);
    lab_close(lab);
    lab = lab_run("archsim: 1\nduration: 100s\nwarmup: 0s\nreplications: 1\nservices:\n"
                  "  nat: {type: nat_gateway, zones: [a, b], " LATENCIES "}\n"
                  "  app: {type: delay, calls: [{call: one, via: nat}]}\n"
                  "  one: {type: delay, work: 1ms}\n"
                  "traffic:\n  b: {to: app, zone: b, rate: 5/s, arrivals: constant}\n"
                  "  c: {to: app, zone: c, rate: 5/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.b.latency.mean", 0.002);
    lab_equal(lab, "traffic.c.latency.mean", 0.004);
    lab_close(lab);
}

/* NAT gateway basics: packets a second, too, however small they are: at 100 a second, 50 calls of
 * one packet are an M/D/1-PS at rho 0.5. */
static void test_nat_packets(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: {1h}\nwarmup: 1m\nreplications: 10\nseed: 3\nservices:\n"
                "  nat: {type: nat_gateway, zone: a, packets: 100/s, latency: 0s, bandwidth: "
                "5 Gbit/s}\n"
                "  app: {type: delay, calls: [{call: one, via: nat, size: 100 B}]}\n"
                "  one: {type: delay, work: 0s}\n"
                "traffic:\n  t: {to: app, zone: a, rate: 50/s}\n");
    lab_expect(lab, "traffic.t.latency.mean", 0.01 / (1 - 0.5), 0.03);
    lab_expect(lab, "services.nat.utilization", 0.5, 0.02);
    lab_expect(lab, "services.nat.packets_out_to_destination", 50 * 3600 * lab_scale(), 0.01);
    lab_close(lab);
}

/* ---- vpn ---- */

#define SITE "type: vpn, rtt: 10ms, overhead: 0s, loss: 0%%"

/* Site-to-Site VPN: 1.25 Gbps and 140,000 packets a second a tunnel; a call of 1.25 MB takes 8 ms,
 * one of a thousand packets of 14 bytes 1000/140000 s, for packets cost as much however small. */
static void test_vpn_tunnel(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 100s\nwarmup: 0s\nreplications: 1\nservices:\n"
                "  large: {" SITE "}\n  small: {" SITE ", packet: 14 B}\n"
                "  app: {type: delay, work: 1ms}\n"
                "traffic:\n  t: {to: app, via: large, size: 1.25 MB, rate: 1/s}\n"
                "  u: {to: app, via: small, size: 14 kB, rate: 1/s, arrivals: constant}\n"
                "  v: {to: app, via: small, rate: 1/day}\n");
    const double alone = 0.011 + 0.008;
    assert_true(lab_value(lab, "traffic.t.latency.p50") >= alone * 0.998);
    assert_true(lab_value(lab, "traffic.t.latency.p50") <= alone * 1.002);
    assert_true(fabs(lab_value(lab, "traffic.u.latency.mean") - 0.011 - 1000 / 140000.0) < 1e-5);
    lab_close(lab);
}

/* One tunnel carries everything behind a virtual private gateway, all behind a transit gateway
 * (ECMP): at rho 0.5 of one tunnel, an M/G/1-PS, or four at rho 0.125. */
static void test_vpn_shares_its_bandwidth(void **state)
{
    (void)state;
    const char *const gateways[] = {"virtual_private", "transit"};
    const double mean[] = {0.1 / (1 - 0.5), 0.1 / (1 - 0.125)};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nduration: {3h}\nwarmup: 10m\nreplications: 10\nseed: 5\nservices:\n"
            "  v: {type: vpn, gateway: %s, connections: 2, rtt: 0s, overhead: 0s, loss: 0%%, "
            "tunnel: {bandwidth: 1 MB/s}}\n"
            "  app: {type: delay, work: 0s}\n"
            "traffic:\n  t: {to: app, via: v, size: exponential(100 kB), rate: 5/s}\n",
            gateways[i]);
        lab_expect(lab, "traffic.t.latency.mean", mean[i], 0.05);
        lab_expect(lab, "services.v.utilization", i == 0 ? 0.5 : 0.125, 0.03);
        lab_close(lab);
    }
}

/* Tunnel options: a tunnel is dead 30 s after the first sign of life that failed, which comes
 * within 10 s; 5 s later the other one carries: its calls stand still for 35 to 45 s, then all is
 * as before. */
static void test_vpn_fails_over(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 300s\nwarmup: 0s\nreplications: 4\nservices:\n"
                "  v: {" SITE ", reroute: 5s, failure: {mtbf: uniform(60s 1000s), "
                "duration: 1d}}\n"
                "  app: {type: delay, work: 0s}\n"
                "traffic:\n  t: {to: app, via: v, rate: 100/s, arrivals: constant}\n");
    const double most = lab_value(lab, "traffic.t.latency.max");
    assert_true(most >= 35 && most <= 45.02);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = lab_run("archsim: 1\nduration: 300s\nwarmup: 0s\nreplications: 1\nservices:\n"
                  "  v: {" SITE ", reroute: 5s, "
                  "failure: {mtbf: 60s, duration: 1d}}\n"
                  "  app: {type: delay, work: 0s}\n"
                  "traffic:\n  t: {to: app, via: v, timeout: 20s, rate: 100/s, arrivals: "
                  "constant}\n");
    /* both fail at 60 s: everything since then is lost, each after its timeout */
    assert_true(fabs(lab_value(lab, "traffic.t.errors.timeout") - 240.0 / 300) < 1e-4);
    lab_equal(lab, "services.v.tunnel_state", 60.0 / 300);
    lab_close(lab);
}

/* A tunnel is up for mtbf / (mtbf + duration) of the time (renewal theory); the way is there while
 * any of four is: 1 - (1/4)^4. */
static void test_vpn_tunnel_state(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: {1d}\nwarmup: 0s\nreplications: 20\nservices:\n"
                "  v: {" SITE ", gateway: transit, connections: 2, failure: {mtbf: "
                "exponential(90s), duration: exponential(30s)}}\n"
                "  app: {type: delay, work: 0s}\n"
                "traffic:\n  t: {to: app, via: v, rate: 1/min}\n");
    lab_expect(lab, "services.v.tunnel_state", 0.75, 0.02);
    lab_expect(lab, "services.v.up", 1 - pow(0.25, 4), 0.005);
    lab_close(lab);
}

/* Client VPN: 50 Mbit/s a connection; a session ends after 8 h and is opened anew, with a sign-in:
 * 1,000 people cost 1,000 sign-ins in 8 h. */
static void test_vpn_clients(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 8h\nwarmup: 0s\nreplications: 1\nservices:\n"
                "  v: {type: vpn, kind: client, rtt: 10ms, overhead: 0s, loss: 0%%, connect: 2s, "
                "authenticate: door, users: zipf(n=100 s=0)}\n"
                "  door: {type: delay, work: 1s}\n"
                "  app: {type: delay, work: 0s}\n"
                "traffic:\n  t: {to: app, via: v, size: 6250 kB, rate: 20/s}\n");
    lab_equal(lab, "services.v.new_connections_count", 100);
    lab_equal(lab, "services.door.arrivals", 100.0 / (8 * 3600));
    lab_equal(lab, "services.v.active_connections_count", 100);
    assert_true(fabs(lab_value(lab, "traffic.t.latency.p50") - 1.01) < 0.002);
    lab_equal(lab, "traffic.t.latency.max", 4.01);
    lab_close(lab);
}

/* A call of one packet loses it with 5 %: that costs 100 ms, 200 ms more if it is lost again, and
 * so on (RFC 6298: doubled), T p / (1 - 2 p) in the mean; one of 100 packets at 1 % loses any with
 * 1 - 0.99^100, which costs a round trip (RFC 5681: three duplicates tell), and then as before. */
static void test_vpn_loses_packets(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: {1h}\nwarmup: 0s\nreplications: 30\nseed: 7\nservices:\n"
                "  one: {type: vpn, rtt: 10ms, overhead: 0s, loss: 5%%, retransmission: 100ms}\n"
                "  many: {type: vpn, rtt: 10ms, overhead: 0s, loss: 1%%, retransmission: 100ms, "
                "packet: 10 B, tunnel: {packets: 100M/s}}\n"
                "  app: {type: delay, work: 0s}\n"
                "traffic:\n  t: {to: app, via: one, rate: 10/s}\n"
                "  u: {to: app, via: many, size: 1 kB, rate: 10/s}\n");
    const double once = 1 - pow(0.99, 100);
    lab_expect(lab, "traffic.t.latency.mean", 0.01 + 0.1 * 0.05 / 0.9, 0.02);
    lab_expect(lab, "traffic.u.latency.mean", 0.01 + once * (0.01 + 0.1 * 0.01 / 0.98), 0.02);
    lab_close(lab);
}

/* Client authentication: who is not let in is not connected, and tries again with the next call:
 * with 10 people and a door that is always shut, each of 10 calls fails, and no connection is held.
 */
static void test_vpn_shuts_out(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nduration: 100s\nwarmup: 0s\nreplications: 1\nservices:\n"
        "  v: {type: vpn, kind: client, connected: 0, connect: 0s, authenticate: door, loss: 0%%, "
        "overhead: 0s, users: zipf(n=10 s=0)}\n"
        "  door: {type: delay, work: 2s, calls: [gate]}\n  app: {type: delay, work: 0s}\n"
        "  gate: {type: rate_limiter, rate: 1/day, burst: 1}\n"
        "traffic:\n  t: {to: app, via: v, rate: 0.1/s, arrivals: constant}\n"
        "  used_up: {to: gate, rate: 10/s}\n");
    lab_equal(lab, "services.v.authentication_failures", 10);
    lab_equal(lab, "services.v.new_connections_count", 0);
    lab_equal(lab, "services.v.active_connections_count", 0);
    lab_equal(lab, "services.door.arrivals", 0.1);
    lab_equal(lab, "traffic.t.availability", 0);
    lab_close(lab);
}

/* Client VPN quotas: one subnet association, 7,000 connections. */
static void test_vpn_connections(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nduration: 10m\nwarmup: 0s\nreplications: 1\nservices:\n"
        "  v: {type: vpn, kind: client, associations: 1, connected: 0, users: zipf(n=9000 s=0)}\n"
        "  app: {type: delay, work: 0s}\n"
        "traffic:\n  t: {to: app, via: v, rate: 200/s}\n");
    lab_equal(lab, "services.v.active_connections_count", 7000);
    lab_equal(lab, "services.v.new_connections_count", 7000);
    assert_true(lab_value(lab, "traffic.t.errors.rejected") > 0.1);
    lab_close(lab);
}

/* places.h: Sao Paulo to us-east-1 takes 120 ms, and the language's default region is that. */
static void test_vpn_place(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 100s\nwarmup: 0s\nreplications: 1\nservices:\n"
                "  v: {type: vpn, kind: client, place: south_america, overhead: 0s, loss: 0%%}\n"
                "  app: {type: delay, work: 0s}\n"
                "traffic:\n  t: {to: app, via: v, rate: 1/s}\n");
    lab_equal(lab, "traffic.t.latency.mean", 0.12);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vpc_paths),
        cmocka_unit_test(test_vpc_lets_in_what_comes_via),
        cmocka_unit_test(test_a_function_in_a_vpc_is_called_from_anywhere),
        cmocka_unit_test(test_nat_ports),
        cmocka_unit_test(test_nat_900_a_second),
        cmocka_unit_test(test_nat_addresses_and_reuse),
        cmocka_unit_test(test_nat_requests_of_a_connection),
        cmocka_unit_test(test_nat_bandwidth),
        cmocka_unit_test(test_nat_packets),
        cmocka_unit_test(test_vpn_tunnel),
        cmocka_unit_test(test_vpn_shares_its_bandwidth),
        cmocka_unit_test(test_vpn_fails_over),
        cmocka_unit_test(test_vpn_tunnel_state),
        cmocka_unit_test(test_vpn_clients),
        cmocka_unit_test(test_vpn_loses_packets),
        cmocka_unit_test(test_vpn_shuts_out),
        cmocka_unit_test(test_vpn_connections),
        cmocka_unit_test(test_vpn_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
