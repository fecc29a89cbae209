/* The Application Load Balancer's documented rules beyond a single group of instances. Sources, all
 * of the ELB user guide for ALB: [L] "Listener rules", [A] "Edit target group attributes", [F] "Use
 * Lambda functions as targets", [E] "Troubleshoot", [D] "Target group health", [S] "Sticky
 * sessions", [O] "Authenticate users"; [P] Elastic Load Balancing pricing, LCU. */
#include "tests/models/fleet.h"

#define DELAYS "  a: {type: delay}\n  b: {type: delay}\n"

/* ---- groups and rules ---- */

/* [L] Forward actions: of two target groups "each with a weight of 10, each target group receives
 * half the requests"; one with a weight of 20 beside 10 receives twice as many. */
static void groups_by_weight(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: {100s}\nwarmup: 0s\nreplications: 20\n"
                "services:\n" LB "groups: [{targets: [a], weight: 20}, {targets: [b], weight: 10}, "
                "{targets: [c], weight: 0}]}\n" DELAYS "  c: {type: delay}\ntraffic:\n"
                "  t: {to: lb, arrivals: constant, rate: 60/s}\n");
    lab_expect(lab, "services.a.arrivals", 40, 0.05);
    lab_expect(lab, "services.b.arrivals", 20, 0.05);
    lab_equal(lab, "services.c.arrivals", 0);
    lab_close(lab);
}

/* [L] Path conditions: a rule sends its requests to its own group, whose algorithm is its own. */
static void rules_by_name(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("40s") "services:\n" LB
                        "groups: [{name: orders, targets: [orders.create]}, {name: users, "
                        "targets: [app]}, {name: slow, targets: [s, f], routing: "
                        "least_outstanding_requests}]}\n"
                        "  orders: {type: server, operations: {create: {}, list: {}}}\n"
                        "  app: {type: fleet}\n"
                        "  s: {type: delay, work: 39s}\n  f: {type: delay}\ntraffic:\n"
                        "  t: {to: lb.orders, arrivals: constant, rate: 10/s}\n"
                        "  u: {to: lb.users, zone: a, arrivals: constant, rate: 4/s}\n"
                        "  v: {to: lb.slow, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.orders.arrivals", 10);
    lab_equal(lab, "services.app.first", 40);
    lab_equal(lab, "services.app.fourth", 40);
    lab_equal(lab, "services.s.in_flight.max", 1);
    lab_equal(lab, "services.lb.request_count", 400 + 160 + 400);
    lab_equal(lab, "services.lb.healthy_host_count", 1 + 4 + 2);
    lab_close(lab);
}

/* A rule whose group has no target is a 503, and no other group helps out. */
static void no_target_of_the_rule(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("10s") "services:\n" LB "groups: [{name: x, targets: [app]}, {name: "
                                      "y, targets: [a]}]}\n"
                                      "  app: {type: fleet, members: 0}\n  a: {type: delay}\n"
                                      "traffic:\n"
                                      "  t: {to: lb.x, arrivals: constant, rate: 10/s}\n"
                                      "  u: {to: lb.y, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.t.errors.unavailable", 1);
    lab_equal(lab, "traffic.u.availability", 1);
    lab_equal(lab, "services.lb.http_code_elb_503_count", 100);
    lab_close(lab);
}

/* ---- attributes of a target group ---- */

/* [A] Slow start: "a linear increase of the share of requests". The fourth comes up at 120 s; for
 * w = (t - 120 s) / 60 s each of the others has 12 / (3 + w) requests a second and it w times that:
 * over the minute 720 (1 - 3 ln(4 / 3)) = 98.6 of 720. */
static void slow_start(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("180s") "services:\n" LB "targets: [app], registration: 20s, slow_start: 60s}\n"
                         "  app: {type: fleet, joins: 100s}\ntraffic:\n"
                         "  t: {to: lb, zone: a, arrivals: constant, rate: 12/s}\n");
    lab_near(lab, "services.app.fourth", 720 * (1 - 3 * log(4.0 / 3)), 1.5);
    lab_equal(lab, "services.lb.healthy_host_count", 3 + 60 / 180.0);
    lab_close(lab);
}

/* [A] "Elastic Load Balancing stops sending requests to targets that are deregistering", and waits
 * for the deregistration delay. Requests take 30 s; the first of four leaves at 100 s: what was
 * sent to it from 80 s on is not done at 110 s. */
static void deregistration_delay(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("200s") "services:\n" LB "targets: [app], deregistration_delay: 10s}\n"
                         "  app: {type: fleet, leaves: 100s, work: 30s}\ntraffic:\n"
                         "  t: {to: lb, zone: a, arrivals: constant, rate: 12/s}\n");
    lab_near(lab, "services.lb.http_code_elb_502_count", 60, 1);
    lab_near(lab, "services.lb.errors.unavailable", 60 / 2400.0, 1 / 2400.0);
    lab_near(lab, "services.app.first", 300, 1);
    lab_close(lab);
}

/* The group has its own deregistration delay, which is the same one seen from its side: both begin
 * with the deregistration, and the shorter one counts. Two instances with 1/s each, requests take
 * 60 s; one leaves at 100 s. Cut at 120 s: what was sent from 60 s on; at 105 s: from 45 s on. */
static void no_double_delay(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        double cut;
    } cases[] = {
        {"", 40}, {", deregistration_delay: 300s", 40}, {", deregistration_delay: 5s", 55}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run(
            HEAD("200s") "services:\n" LB "targets: [app]%s}\n"
                         "  app: {type: auto_scaling_group, app_start: 10s, min: 1, max: 2, "
                         "desired: 2, deregistration_delay: 20s, schedule: [{at: 100s, desired: "
                         "1}], calls: [back]}\n  back: {type: delay, work: 60s}\ntraffic:\n"
                         "  t: {to: lb, zone: a, arrivals: constant, rate: 2/s}\n",
            cases[i].more);
        lab_near(lab, "services.lb.http_code_elb_502_count", cases[i].cut, 1);
        lab_close(lab);
    }
}

/* [S] "The load balancer binds a client's session to a specific target"; when the target is gone,
 * "chooses a new healthy target". One client, whose first target (of two) may leave at 50 s. */
static void stickiness(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s") "services:\n" LB "targets: [app], stickiness: {clients: 1}}\n"
                         "  app: {type: fleet, members: 2, leaves: 50s}\ntraffic:\n"
                         "  t: {to: lb, arrivals: constant, rate: 10/s}\n");
    const double first = lab_value(lab, "services.app.first");
    assert_true(first == 500 || first == 499 || first == 0);
    assert_true(lab_value(lab, "services.app.second") == 1000 - first);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
}

/* [S] "After the duration the session is no longer sticky": requests every 2 s take turns again
 * when the cookie lasts 1 s, and do not when it lasts 3 s. */
static void stickiness_expires(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("100s") "services:\n" LB
                     "targets: [a, b], stickiness: {clients: 1, duration: %s}}\n" DELAYS
                     "traffic:\n  t: {to: lb, zone: a, arrivals: constant, rate: 0.5/s}\n";
    struct lab *lab = lab_run(text, "1s");
    lab_equal(lab, "services.a.arrivals", 0.25);
    lab_equal(lab, "services.b.arrivals", 0.25);
    lab_close(lab);
    lab = lab_run(text, "3s");
    assert_true(lab_value(lab, "services.a.arrivals") * lab_value(lab, "services.b.arrivals") == 0);
    lab_close(lab);
    /* nobody has a cookie */
    lab = lab_run(HEAD("100s") "services:\n" LB
                               "targets: [a, b], stickiness: {clients: 1, share: 0%%}}\n" DELAYS
                               "traffic:\n  t: {to: lb, zone: a, arrivals: constant, rate: 2/s}\n");
    lab_equal(lab, "services.a.arrivals", 1);
    lab_close(lab);
}

/* [D] "If the number of healthy targets is below this value, mark the zone as unhealthy in DNS, so
 * that traffic is routed only to healthy zones". The only target in a fails from 100 s on: out at
 * 155 s (fail open until the DNS knows), and from 215 s on its clients are in b and c. */
static void dns_failover(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("300s") "services:\n" LB "targets: [app], cross_zone: false}\n"
                                       "  app: {type: fleet, members: 3, ill: 100s}\ntraffic:\n"
                                       "  t: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_near(lab, "services.app.first", 2150, 1);
    lab_near(lab, "services.app.second", 425, 1);
    lab_near(lab, "services.app.third", 425, 1);
    lab_close(lab);
}

/* Route 53 Developer Guide, Evaluate target health: "if any target group contains only unhealthy
 * targets, the load balancer is considered unhealthy". The first balancer's second group is ill
 * from 100 s on and out at 155 s; checkers see it at 156 to 165 s (every 10 s, 9 s timeout at
 * most), answers know it 5 s later: names lead to the other one by 180 s at the latest. */
static void route53_fails_over(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("300s") "services:\n" LB "groups: [{targets: [a], weight: 1}, {targets: [app], "
                         "weight: 0}]}\n"
                         "  other: {type: alb, latency: 0s, targets: [b]}\n"
                         "  dns: {type: route53, policy: failover, ttl: 0s, ignore_ttl: 0, "
                         "records: [{to: lb, role: primary}, {to: other, role: secondary}], "
                         "health_check: {interval: 10s, threshold: 1}}\n"
                         "  app: {type: fleet, ill: 100s, all_ill: true}\n" DELAYS "traffic:\n"
                         "  t: {to: dns, arrivals: constant, rate: 10/s}\n");
    const double first = lab_value(lab, "services.lb.request_count");
    assert_true(first >= 1550 && first <= 1800);
    assert_true(lab_value(lab, "services.other.request_count") >= 1200);
    lab_close(lab);
}

/* An alarm on UnHealthyHostCount, which is above 0 from 155 s to 390 s: minutes that end at 180 s
 * to 360 s breach; the first is seen at 240 s, and the one that ends at 420 s at 480 s. */
static void alarm_on_hosts(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("600s") "services:\n" LB "targets: [app]}\n"
                         "  app: {type: fleet, ill: 100s, well: 260s}\n"
                         "  watch: {type: cloudwatch, alarms: [{name: ill, threshold: 0, delay: "
                         "60s, watch: lb.un_healthy_host_count}]}\n"
                         "traffic:\n  t: {to: lb, arrivals: constant, rate: 1/s}\n");
    const struct replication *run = &lab->experiment.replications[0];
    const struct log_entry *entry = NULL;
    assert_int_equal(logged(lab, LOG_ALARM, &entry), 1);
    assert_int_equal(entry->at_ns - run->log_origin_ns, INT64_C(240000000000));
    assert_int_equal(logged(lab, LOG_ALARM_OVER, &entry), 1);
    assert_int_equal(entry->at_ns - run->log_origin_ns, INT64_C(480000000000));
    lab_close(lab);
}

/* ---- functions ---- */

#define FUNCTION(more) "  fn: {type: lambda, placement: 0s, overhead: 0s, " more "}\n"

/* [E] HTTP 502: "the target is a Lambda function and the function returned an error or was
 * throttled". The client cannot tell, and may try again. */
static void throttled_function_is_502(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") "services:\n" LB "targets: [fn]}\n" FUNCTION(
        "reserved_concurrency: 0") "traffic:\n  t: {to: lb, arrivals: constant, rate: 2/s}\n");
    lab_equal(lab, "services.fn.errors.throttled", 1);
    lab_equal(lab, "services.lb.errors.unavailable", 1);
    lab_equal(lab, "services.lb.http_code_elb_502_count", 200);
    lab_equal(lab, "services.lb.lambda_user_error", 200);
    lab_equal(lab, "services.lb.http_code_target_4xx_count", 0);
    lab_close(lab);
}

/* [E] HTTP 502: "the target is a Lambda function that did not respond before its configured timeout
 * was reached". */
static void late_function_is_502(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") "services:\n" LB "targets: [fn]}\n" FUNCTION(
        "work: 5s, timeout: 3s") "traffic:\n  t: {to: lb, arrivals: constant, rate: 2/s}\n");
    lab_equal(lab, "services.lb.http_code_elb_502_count", 200);
    lab_equal(lab, "services.lb.http_code_elb_504_count", 0);
    lab_close(lab);
}

/* [F] "The maximum size of the request body that you can send to a Lambda function is 1 MB" (413),
 * of the response JSON, too (502); others have no such limit. */
static void payload_of_functions(void **state)
{
    (void)state;
    static const char text[] = HEAD("100s") "services:\n" LB "targets: [%s]%s}\n" FUNCTION(
        "memory: 1769 MiB") "  a: {type: delay}\n"
                            "traffic:\n  t: {to: lb, arrivals: constant, rate: 1/s, size: %s}\n";
    struct lab *lab = lab_run(text, "fn", "", "1000001B");
    lab_equal(lab, "traffic.t.errors.rejected", 1);
    lab_equal(lab, "services.lb.http_code_elb_4xx_count", 100);
    lab_equal(lab, "services.lb.request_count", 0);
    lab_close(lab);
    lab = lab_run(text, "fn", ", response: 1MB", "1MB");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.lb.processed_bytes", 200e6);
    lab_close(lab);
    lab = lab_run(text, "fn", ", response: 1000001B", "1MB");
    lab_equal(lab, "traffic.t.errors.unavailable", 1);
    lab_equal(lab, "services.lb.http_code_elb_502_count", 100);
    lab_close(lab);
    lab = lab_run(text, "a", ", response: 100MB", "100MB");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
}

/* ---- errors ---- */

/* [E] HTTP 504: "the load balancer failed to establish a connection to the target before the
 * connection timeout expired (10 seconds)", where it is a 502 if the target refuses. */
static void silent_target_is_504(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("100s") "services:\n" LB "targets: [app], dead_targets: silent}\n"
                                       "  app: {type: fleet, answer: unavailable}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 2/s}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.lb.http_code_elb_504_count", 200);
    lab_equal(lab, "services.lb.http_code_elb_502_count", 0);
    lab_equal(lab, "services.lb.target_connection_error_count", 200);
    lab_near(lab, "services.lb.in_flight.mean", 2 * 10 * (100 - 5) / 100.0, 0.1);
    lab_close(lab);
}

/* [E] HTTP 460: "the load balancer received a request from a client, but the client closed the
 * connection before the idle timeout period elapsed". */
static void impatient_client_is_460(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") "services:\n" LB "targets: [a]}\n"
                             "  a: {type: delay, work: 5s}\n"
                             "  web: {type: delay, calls: [{call: lb, timeout: 2s}]}\n"
                             "traffic:\n"
                             "  t: {to: lb, arrivals: constant, rate: 1/s, "
                             "timeout: 1s}\n"
                             "  u: {to: web, arrivals: constant, rate: 1/s}\n"
                             "  v: {to: lb, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "traffic.u.errors.timeout", 1);
    lab_equal(lab, "traffic.v.availability", 1);
    lab_equal(lab, "services.lb.http_code_elb_460_count", 200);
    lab_equal(lab, "services.lb.http_code_elb_5xx_count", 0);
    lab_close(lab);
}

/* [O] A first request is redirected to the provider and comes back with a code, which is exchanged
 * for tokens: it waits for that; [E] HTTP 561: the provider returned an error. */
static void authentication(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("100s") "services:\n" LB "targets: [a], authenticate: {by: idp, share: %s}}\n"
                     "  a: {type: delay, work: 100ms}\n  idp: {type: fleet, work: 300ms, answer: "
                     "%s, members: 1}\ntraffic:\n"
                     "  t: {to: lb, arrivals: constant, rate: 1/s}\n";
    struct lab *lab = RUN(text, "100%", "ok");
    lab_equal(lab, "traffic.t.latency.mean", 0.4);
    lab_equal(lab, "services.lb.elb_auth_success", 100);
    lab_equal(lab, "services.lb.target_response_time.mean", 0.1);
    lab_equal(lab, "services.lb.healthy_host_count", 1); /* the provider is no target */
    lab_close(lab);
    lab = RUN(text, "0%", "failed");
    lab_equal(lab, "traffic.t.latency.mean", 0.1);
    lab_close(lab);
    lab = RUN(text, "100%", "failed");
    lab_equal(lab, "traffic.t.errors.failed", 1);
    lab_equal(lab, "services.lb.elb_auth_failure", 100);
    lab_equal(lab, "services.lb.http_code_elb_5xx_count", 100);
    lab_equal(lab, "services.a.arrivals", 0);
    lab_close(lab);
}

/* facts, alb self_scaling: traffic may double in 5 minutes; beyond that there are 503s. 30/s come
 * to one that takes 10/s; its minutes of 30/s count after 5 min, and then it takes 60/s. */
static void own_scaling(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("600s") "services:\n" LB "targets: [a], scaling: {from: 10/s}}\n"
                                           "  a: {type: delay}\ntraffic:\n"
                                           "  t: {to: lb, arrivals: constant, rate: 30/s}\n");
    lab_near(lab, "services.lb.rejected_connection_count", 20 * 300, 12);
    lab_near(lab, "services.lb.http_code_elb_503_count", 20 * 300, 12);
    lab_near(lab, "traffic.t.errors.unavailable", 6000 / 18000.0, 12 / 18000.0);
    const struct log_entry *entry = NULL;
    assert_int_equal(logged(lab, LOG_THROTTLING, &entry), 1);
    lab_close(lab);
}

/* ---- connections and capacity units ---- */

/* Each of 10 clients keeps a connection for 5 requests: one in 5 requests opens one. Without
 * clients each request has its own, and as many are open as requests are out. */
static void connections(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("100s") "services:\n" LB "targets: [a], connections: {clients: 10, requests: 5}}\n"
                     "  own: {type: alb, latency: 0s, targets: [b], connections: {setup: 50ms}}\n"
                     "  a: {type: delay}\n  b: {type: delay, work: 950ms}\ntraffic:\n"
                     "  t: {to: lb, arrivals: constant, rate: 50/s}\n"
                     "  u: {to: own, arrivals: constant, rate: 2/s}\n");
    lab_near(lab, "services.lb.new_connection_count", 5000 / 5.0, 10);
    assert_true(lab_value(lab, "services.lb.active_connection_count") < 10);
    lab_equal(lab, "services.own.new_connection_count", 200);
    lab_near(lab, "services.own.active_connection_count", 2 * 99.5 / 100, 0.01);
    lab_equal(lab, "traffic.u.latency.mean", 1);
    lab_close(lab);
}

struct units {
    const char *what, *rate, *size;
    double lcus;
};

/* [P] An LCU is 25 new connections a second, 3,000 active connections, 1 GB an hour, for functions
 * 0.4 GB, 1,000 rule evaluations a second beyond 10 free ones a request: the largest counts. */
static void capacity_units(void **state)
{
    (void)state;
    static const struct units cases[] = {
        {"targets: [a]", "50/s", "0B", 50 / 25.0},
        {"targets: [a]", "10/s", "1MB", 36 / 1.0},
        {"targets: [a], response: 2MB", "10/s", "1MB", 3 * 36 / 1.0},
        {"targets: [fn]", "10/s", "1MB", 36 / 0.4},
        {"targets: [a], rules: 110, connections: {clients: 1}", "100/s", "0B", 100 * 100 / 1000.0},
        {"targets: [a], rules: 10", "25/s", "0B", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run(
            HEAD("10s") "services:\n" LB "%s}\n" FUNCTION(
                "memory: 1769 MiB") "  a: {type: delay}\ntraffic:\n"
                                    "  t: {to: lb, arrivals: constant, rate: %s, size: %s}\n",
            cases[i].what, cases[i].rate, cases[i].size);
        lab_equal(lab, "services.lb.consumed_lcus", cases[i].lcus);
        lab_close(lab);
    }
    /* 120/s stay for 50 s each: 6,000 are open, after the 50 s in which they come */
    struct lab *lab = lab_run(HEAD("400s") "services:\n" LB "targets: [a], connections: {clients: "
                                           "6000}, idle_timeout: 4000s}\n"
                                           "  a: {type: delay}\ntraffic:\n"
                                           "  t: {to: lb, arrivals: constant, rate: 200/s}\n");
    const double active = lab_value(lab, "services.lb.active_connection_count");
    assert_true(active > 5000 && active < 6000);
    lab_equal(lab, "services.lb.consumed_lcus", active / 3000);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_by_weight),
        cmocka_unit_test(rules_by_name),
        cmocka_unit_test(no_target_of_the_rule),
        cmocka_unit_test(slow_start),
        cmocka_unit_test(deregistration_delay),
        cmocka_unit_test(no_double_delay),
        cmocka_unit_test(stickiness),
        cmocka_unit_test(stickiness_expires),
        cmocka_unit_test(dns_failover),
        cmocka_unit_test(route53_fails_over),
        cmocka_unit_test(alarm_on_hosts),
        cmocka_unit_test(throttled_function_is_502),
        cmocka_unit_test(late_function_is_502),
        cmocka_unit_test(payload_of_functions),
        cmocka_unit_test(silent_target_is_504),
        cmocka_unit_test(impatient_client_is_460),
        cmocka_unit_test(authentication),
        cmocka_unit_test(own_scaling),
        cmocka_unit_test(connections),
        cmocka_unit_test(capacity_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
