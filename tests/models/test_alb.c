/* The Application Load Balancer's documented rules. Sources, all of the ELB user guide for ALB: [H]
 * "Health checks for your target groups", [G] "Target groups", [Z] "Cross-zone load balancing for
 * target groups", [E] "Troubleshoot your Application Load Balancers", [M] "CloudWatch metrics for
 * your Application Load Balancer". What a node chooses is tested on the blocks, rotation and
 * target_group; least outstanding requests against theory in tests/theory/test_balancing.c. Here
 * everything is deterministic. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/models/fleet.h"

/* ---- routing and zones ---- */

/* [G] round_robin, the default: each in its turn. 300 requests to 3 targets are 100 each. */
static void round_robin(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("30s") "services:\n" LB "targets: [a, b, c]}\n"
                                          "  a: {type: delay}\n  b: {type: delay}\n"
                                          "  c: {type: delay}\ntraffic:\n"
                                          "  t: {to: lb, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.a.arrivals", 100 / 30.0);
    lab_equal(lab, "services.b.arrivals", 100 / 30.0);
    lab_equal(lab, "services.c.arrivals", 100 / 30.0);
    lab_equal(lab, "services.lb.request_count", 300);
    /* [M] RequestCountPerTarget: "the average number of requests received by each target" */
    lab_equal(lab, "services.lb.request_count_per_target", 100);
    lab_close(lab);
}

/* [G] least_outstanding_requests: of two targets that take 10 s and no time, the second has nothing
 * out whenever the next request comes, and the first at most one. */
static void least_outstanding_requests(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") "services:\n" LB "targets: [slow, fast], routing: "
                                           "least_outstanding_requests}\n"
                                           "  slow: {type: delay, work: 10s}\n"
                                           "  fast: {type: delay}\ntraffic:\n"
                                           "  t: {to: lb, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.slow.in_flight.max", 1);
    assert_true(lab_value(lab, "services.slow.arrivals") <= 0.1 + 1e-9);
    lab_close(lab);
}

/* [Z] On, the default: "each node distributes traffic across the registered targets in all
 * registered Availability Zones." */
static void cross_zone_on(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("40s") "services:\n" LB "targets: [app]}\n  app: {type: fleet}\ntraffic:\n"
                        "  t: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.first", 100);
    lab_equal(lab, "services.app.second", 100);
    lab_equal(lab, "services.app.third", 100);
    lab_equal(lab, "services.app.fourth", 100);
    lab_close(lab);
}

/* [Z] Off: "across only the registered targets in its Availability Zone": here two in a, one in b
 * and c each. */
static void cross_zone_off(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("40s") "services:\n" LB
                        "targets: [app], cross_zone: false}\n  app: {type: fleet}\ntraffic:\n"
                        "  ta: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n"
                        "  tb: {to: lb, zone: b, arrivals: constant, rate: 5/s}\n");
    lab_equal(lab, "services.app.first", 200);
    lab_equal(lab, "services.app.second", 200);
    lab_equal(lab, "services.app.third", 0);
    lab_equal(lab, "services.app.fourth", 200);
    lab_close(lab);
}

/* A request goes on in the zone of its target: behind a second balancer that keeps to its zones,
 * the member in the zone of the first one's choice has it. */
static void target_zone_goes_on(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("40s") "services:\n" LB "targets: [mid]}\n"
                        "  mid: {type: server, servers: inf, zone: c, calls: [inner]}\n"
                        "  inner: {type: alb, latency: 0s, targets: [app], cross_zone: false}\n"
                        "  app: {type: fleet}\ntraffic:\n"
                        "  t: {to: lb, zone: b, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.third", 400);
    lab_equal(lab, "services.app.second", 0);
    lab_close(lab);
}

/* ---- 502, 503, 504 ---- */

/* [E] HTTP 503: "the target groups for the load balancer have no registered targets"; [M] such
 * requests are not in RequestCount. The first member comes at 50 s. */
static void no_target_is_503(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("100s") "services:\n" LB "targets: [app]}\n"
                                       "  app: {type: fleet, members: 1, joins: 50s}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.lb.http_code_elb_503_count", 500);
    lab_equal(lab, "services.lb.http_code_elb_5xx_count", 500);
    lab_equal(lab, "services.lb.errors.unavailable", 0.5);
    lab_equal(lab, "services.lb.request_count", 500);
    lab_close(lab);
}

/* [Z] The same where a node reaches none: zone a loses its only member at 30 s, and is in the DNS
 * until 90 s. Zone c never had one: its clients are elsewhere from the beginning. */
static void no_target_in_the_zone_is_503(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("100s") "services:\n" LB "targets: [app], cross_zone: false}\n"
                                       "  app: {type: fleet, members: 2, leaves: 30s}\ntraffic:\n"
                                       "  ta: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n"
                                       "  tb: {to: lb, zone: b, arrivals: constant, rate: 10/s}\n");
    lab_near(lab, "services.lb.http_code_elb_503_count", 600, 1);
    lab_near(lab, "traffic.ta.errors.unavailable", 0.6, 0.001);
    lab_equal(lab, "traffic.tb.availability", 1);
    lab_close(lab);
    lab = RUN(HEAD("10s") "services:\n" LB "targets: [app], cross_zone: false}\n"
                          "  app: {type: fleet, members: 2}\ntraffic:\n"
                          "  tc: {to: lb, zone: c, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.first", 50);
    lab_equal(lab, "services.app.second", 50);
    lab_close(lab);
}

/* "The load balancer continually monitors the health of all targets registered with the target
 * group that are in an Availability Zone enabled for the load balancer" [G]: the members in b and c
 * are not used, also across zones. */
static void targets_in_enabled_zones(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("10s") "services:\n" LB "targets: [app], zones: [a]}\n"
                                      "  app: {type: fleet}\ntraffic:\n"
                                      "  ta: {to: lb, zone: a, arrivals: constant, rate: 10/s}\n"
                                      "  tb: {to: lb, zone: b, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.first", 100);
    lab_equal(lab, "services.app.fourth", 100);
    lab_equal(lab, "services.lb.healthy_host_count", 2);
    lab_close(lab);
}

struct answer {
    const char *answer, *outcome, *metric;
    bool responded;
};

/* [E] HTTP 502: the target refuses or closes the connection. "The load balancer forwards valid HTTP
 * responses from targets to the client, including HTTP errors", counted as HTTPCode_Target_... */
static void answers_of_targets(void **state)
{
    (void)state;
    static const struct answer answers[] = {
        {"unavailable", "unavailable", "http_code_elb_502_count", false},
        {"failed", "failed", "http_code_target_5xx_count", true},
        {"rejected", "rejected", "http_code_target_5xx_count", true},
        {"timeout", "timeout", "http_code_target_5xx_count", true},
        {"throttled", "throttled", "http_code_target_4xx_count", true},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char path[64];
        struct lab *lab = RUN(HEAD("10s") "services:\n" LB "targets: [app]}\n"
                                          "  app: {type: fleet, answer: %s}\ntraffic:\n"
                                          "  t: {to: lb, arrivals: constant, rate: 10/s}\n",
                              answers[i].answer);
        snprintf(path, sizeof(path), "services.lb.errors.%s", answers[i].outcome);
        lab_equal(lab, path, 1);
        snprintf(path, sizeof(path), "services.lb.%s", answers[i].metric);
        lab_equal(lab, path, 100);
        const double codes = lab_value(lab, "services.lb.http_code_elb_5xx_count") +
                             lab_value(lab, "services.lb.http_code_target_5xx_count") +
                             lab_value(lab, "services.lb.http_code_target_4xx_count");
        assert_true(codes == 100);
        const double time_s = lab_value(lab, "services.lb.target_response_time.mean");
        assert_true(answers[i].responded ? time_s == 0 : isnan(time_s));
        lab_close(lab);
    }
}

/* [E] HTTP 504: "the target did not respond before the idle timeout period elapsed", 60 s. It works
 * on; one that takes a millisecond less is in time. */
static void late_target_is_504(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") "services:\n" LB "targets: [slow]}\n"
                                           "  near: {type: alb, latency: 20s, targets: [close]}\n"
                                           "  slow: {type: delay, work: 61s}\n"
                                           "  close: {type: delay, work: 59999ms}\ntraffic:\n"
                                           "  t: {to: lb, arrivals: constant, rate: 1/s}\n"
                                           "  u: {to: near, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.lb.http_code_elb_504_count", 100);
    lab_equal(lab, "services.lb.http_code_elb_5xx_count", 100);
    lab_equal(lab, "services.slow.throughput", 1);
    lab_equal(lab, "services.slow.abandoned", 1);
    lab_equal(lab, "traffic.u.availability", 1);
    lab_equal(lab, "services.near.http_code_elb_5xx_count", 0);
    lab_equal(lab, "services.near.target_response_time.mean", 59.999);
    lab_close(lab);
}

/* [M] TargetResponseTime: "after the request leaves the load balancer until a response from the
 * target is received". */
static void latency_and_response_time(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10s") "services:\n  lb: {type: alb, latency: 2ms, targets: [app]}\n"
                            "  app: {type: delay, work: 5ms}\ntraffic:\n"
                            "  t: {to: lb, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.lb.latency.mean", 0.007);
    lab_equal(lab, "services.lb.target_response_time.mean", 0.005);
    lab_close(lab);
}

/* facts, alb latency: median 1.2 ms, sigma 0.6. */
static void own_latency(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: {60s}\nwarmup: 0s\nreplications: 30\n"
                "services:\n  lb: {type: alb, targets: [app]}\n  app: {type: delay}\ntraffic:\n"
                "  t: {to: lb, rate: 500/s}\n");
    lab_expect(lab, "traffic.t.latency.p50", 0.0012, 0.01);
    lab_expect(lab, "traffic.t.latency.p99", 0.0048, 0.03);
    lab_close(lab);
}

/* ---- health ---- */

/* [H] Checks every 30 s with 5 s timeout; out after 2 failed ones in a row, back after 5 passed.
 * The server fails at 200 s and is repaired at 250 s: checks fail at 210 s and 240 s, which is
 * known at 245 s; they pass from 270 s on, the fifth at 390 s. */
static void health_of_a_server(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("440s") "services:\n" LB "targets: [a, b]}\n"
                                           "  a: {type: server, failure: {mtbf: 200s, mttr: 50s}}\n"
                                           "  b: {type: server}\ntraffic:\n"
                                           "  t: {to: lb, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.lb.un_healthy_host_count", 145 / 440.0);
    lab_equal(lab, "services.lb.un_healthy_host_count_maximum", 1);
    lab_equal(lab, "services.lb.healthy_host_count", 2 - 145 / 440.0);
    lab_equal(lab, "services.lb.healthy_host_count_minimum", 1);
    lab_near(lab, "services.a.arrivals", (440 - 145) / 2.0 / 440, NODES / 440.0);
    lab_equal(lab, "traffic.t.availability", 1);
    const struct replication *run = &lab->experiment.replications[0];
    const struct log_entry *entry = NULL;
    assert_int_equal(logged(lab, LOG_UNHEALTHY, &entry), 1);
    assert_int_equal(entry->at_ns - run->log_origin_ns, INT64_C(245000000000));
    assert_true(entry->from == 2 && entry->to == 1 && entry->threshold == 2);
    assert_int_equal(logged(lab, LOG_HEALTHY, &entry), 1);
    assert_int_equal(entry->at_ns - run->log_origin_ns, INT64_C(390000000000));
    assert_true(entry->from == 1 && entry->to == 2 && entry->threshold == 5);
    lab_close(lab);
}

/* [H] "UnhealthyThresholdCount: the number of consecutive failed health checks": a server that is
 * down for every second check, up to that at 400 s, stays in. */
static void flapping_changes_nothing(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("405s") "services:\n" LB
                             "targets: [a, b], health_check: {interval: 20s, timeout: 2s}}\n"
                             "  a: {type: server, failure: {mtbf: 31s, mttr: 10s}}\n"
                             "  b: {type: server}\ntraffic:\n"
                             "  t: {to: lb, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.lb.un_healthy_host_count_maximum", 0);
    lab_near(lab, "services.a.arrivals", 0.5, NODES / 405.0);
    const struct log_entry *entry = NULL;
    assert_int_equal(logged(lab, LOG_UNHEALTHY, &entry), 0);
    lab_close(lab);
}

/* [H] Each copy is a target of its own: of three the failed one is taken out, and nobody waits for
 * it but those who came before; with `required` of its servers left a copy is well. */
static void health_of_copies(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("440s") "services:\n" LB "targets: {service: a, copies: 3}}\n"
                     "  a: {type: server, servers: 2, work: 10ms, failure: {mtbf: %s, mttr: "
                     "2d, required: %d}}\ntraffic:\n"
                     "  t: {to: lb, arrivals: constant, rate: 1/s}\n";
    struct lab *lab = lab_run(text, "200s", 1); /* all six at 200 s, known at 245 s */
    lab_equal(lab, "services.lb.un_healthy_host_count", 3 * 195 / 440.0);
    lab_close(lab);
    lab = lab_run(text, "exponential(600s)", 1);
    const double one = lab_value(lab, "services.lb.un_healthy_host_count");
    assert_true(one < 2.5);
    lab_close(lab);
    lab = lab_run(text, "exponential(600s)", 2); /* the same failures, each takes its copy out */
    const double both = lab_value(lab, "services.lb.un_healthy_host_count");
    assert_true(both > one && both < 3);
    lab_close(lab);
}

/* [H] The ranges of the four settings are used: with 10 s, 3 s, 2 and 4 it is out at 200 + 30 + 3 s
 * and back at 260 s. */
static void health_check_settings(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("440s") "services:\n" LB "targets: [a, b], health_check: {interval: 10s, timeout: 3s, "
                     "healthy_threshold: 2, unhealthy_threshold: 4}}\n"
                     "  a: {type: server, failure: {mtbf: 199s, mttr: 46s}}\n"
                     "  b: {type: server}\ntraffic:\n"
                     "  t: {to: lb, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.lb.un_healthy_host_count", (260 - 233) / 440.0);
    lab_close(lab);
}

/* [H] "If a target group contains only unhealthy registered targets, the load balancer routes
 * requests to all those targets, regardless of their health status." */
static void fails_open(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("400s") "services:\n" LB "targets: [app]}\n"
                                       "  app: {type: fleet, ill: 100s, all_ill: true}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.lb.un_healthy_host_count", 4 * (400 - 155) / 400.0);
    lab_equal(lab, "services.lb.healthy_host_count_minimum", 0);
    lab_near(lab, "services.app.first", 1000, NODES);
    lab_near(lab, "services.app.fourth", 1000, NODES);
    const struct log_entry *entry = NULL;
    assert_int_equal(logged(lab, LOG_UNHEALTHY, &entry), 1); /* one entry for the four */
    assert_true(entry->count == 4 && entry->from == 4 && entry->to == 0);
    assert_non_null(entry->text);
    lab_close(lab);
}

/* [H] An unhealthy target gets nothing: the first of four is out from 155 s to 390 s of 400 s. */
static void unhealthy_gets_nothing(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("400s") "services:\n" LB "targets: [app]}\n"
                                       "  app: {type: fleet, ill: 100s, well: 260s}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 12/s}\n");
    lab_near(lab, "services.app.first", 3 * (155 + 10), NODES);
    lab_near(lab, "services.app.second", 3 * (155 + 10) + 4 * 235, NODES);
    lab_close(lab);
}

/* [G] "The load balancer starts routing requests to a newly registered target as soon as the
 * registration process completes and the target passes the initial health checks": one,
 * `registration` after it has come. */
static void new_target_needs_one_check(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("200s") "services:\n" LB "targets: [app], registration: 20s}\n"
                                       "  app: {type: fleet, joins: 80s}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 12/s}\n");
    lab_near(lab, "services.app.fourth", 3 * 100, NODES);
    lab_near(lab, "services.app.first", 4 * 100 + 3 * 100, NODES);
    lab_equal(lab, "services.lb.healthy_host_count", 3.5);
    lab_close(lab);
}

/* [G] "The load balancer stops routing requests to a target as soon as it is deregistered." What it
 * has is answered. */
static void deregistered_gets_nothing(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("200s") "services:\n" LB "targets: [app]}\n"
                                       "  app: {type: fleet, leaves: 100s, work: 30s}\ntraffic:\n"
                                       "  t: {to: lb, arrivals: constant, rate: 12/s}\n");
    lab_near(lab, "services.app.first", 3 * 100, NODES);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.lb.healthy_host_count", 3.5);
    lab_equal(lab, "services.lb.un_healthy_host_count", 0);
    lab_close(lab);
}

/* A check's timeout must be shorter than the interval. */
static void contradictions_are_refused(void **state)
{
    (void)state;
    extern const struct model alb_model;
    struct arena arena;
    arena_init(&arena);
    void *params = arena_alloc(&arena, alb_model.info.params_size);
    struct param_context context = {.arena = &arena, .directory = "."};
    struct quantity_error error;
    for (uint32_t i = 0; i < alb_model.info.params_count; i++) {
        const struct param *row = &alb_model.info.params[i];
        param_clear(row, params);
        if (row->fallback != NONE && strcmp(row->fallback, REQUIRED) != 0) {
            assert_true(param_parse(row, row->fallback, &context, params, &error));
        }
    }
    assert_null(alb_model.info.check(params));
    for (uint32_t i = 0; i < alb_model.info.params_count; i++) {
        const struct param *row = &alb_model.info.params[i];
        if (strcmp(row->key, "health_check.timeout") == 0) {
            assert_true(param_parse(row, "30s", &context, params, &error));
        }
    }
    assert_non_null(alb_model.info.check(params));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_robin),
        cmocka_unit_test(least_outstanding_requests),
        cmocka_unit_test(cross_zone_on),
        cmocka_unit_test(cross_zone_off),
        cmocka_unit_test(target_zone_goes_on),
        cmocka_unit_test(no_target_is_503),
        cmocka_unit_test(no_target_in_the_zone_is_503),
        cmocka_unit_test(targets_in_enabled_zones),
        cmocka_unit_test(answers_of_targets),
        cmocka_unit_test(late_target_is_504),
        cmocka_unit_test(latency_and_response_time),
        cmocka_unit_test(own_latency),
        cmocka_unit_test(health_of_a_server),
        cmocka_unit_test(flapping_changes_nothing),
        cmocka_unit_test(health_of_copies),
        cmocka_unit_test(health_check_settings),
        cmocka_unit_test(fails_open),
        cmocka_unit_test(unhealthy_gets_nothing),
        cmocka_unit_test(new_target_needs_one_check),
        cmocka_unit_test(deregistered_gets_nothing),
        cmocka_unit_test(contradictions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
