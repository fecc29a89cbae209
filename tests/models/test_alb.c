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
#include "tests/support/lab.h"

#define TESTS DEFINED("the tests")
#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "zones: 3\nreplications: 2\nseed: 5\n"
/* No latency, so that what is offered is at the targets at the same instant. */
#define LB "  lb: {type: alb, latency: 0s, "

/* ---- fleet: announces members, round the zones; what they do and when is a parameter ---- */

enum { FLEET_MEMBERS = 4, NODES = 3 /* each with turns of its own */ };

struct fleet_params {
    int64_t members_count;
    int64_t joins_ns, leaves_ns; /* the last; the first; -1: never */
    int64_t ill_ns, well_ns;     /* the first fails its checks in between */
    bool all_ill;
    int answer; /* enum outcome */
};

#define PARAMS struct fleet_params
static const struct param fleet_params[] = {
    COUNT(members, "4", "0..4", "members", TESTS),
    TIME(joins, NONE, "", "the last member is there from now on", TESTS),
    TIME(leaves, NONE, "", "the first member is gone from now on", TESTS),
    TIME(ill, NONE, "", "the first member fails its checks from now on", TESTS),
    TIME(well, NONE, "", "and passes them again", TESTS),
    FLAG(all_ill, "false", "not the first member only", TESTS),
    CHOICE(answer, "ok", "ok throttled timeout rejected unavailable failed", "of all", TESTS),
};
#undef PARAMS

static const struct metric fleet_metrics[FLEET_MEMBERS] = {
    {"first", QUANTITY_COUNT, METRIC_VALUE, "requests to the first member"},
    {"second", QUANTITY_COUNT, METRIC_VALUE, "requests to the second member"},
    {"third", QUANTITY_COUNT, METRIC_VALUE, "requests to the third member"},
    {"fourth", QUANTITY_COUNT, METRIC_VALUE, "requests to the fourth member"},
};

struct fleet {
    uint64_t counts[FLEET_MEMBERS];
};

static void fleet_announce(struct world *w, struct service *s, int64_t member, bool present)
{
    service_member(w, s, (uint16_t)(member + 1), (uint8_t)(member % world_zones(w)), present);
}

/* Timer slots: the number of the member that comes, or FLEET_MEMBERS: the first goes. */
static void fleet_begin(struct world *w, struct service *s)
{
    const struct fleet_params *p = s->params;
    const int64_t last = p->members_count - 1;
    for (int64_t member = 0; member < p->members_count; member++) {
        if (member != last || p->joins_ns < 0) {
            fleet_announce(w, s, member, true);
        }
    }
    if (p->joins_ns >= 0) {
        service_timer(s, p->joins_ns, (uint32_t)last);
    }
    if (p->leaves_ns >= 0) {
        service_timer(s, p->leaves_ns, FLEET_MEMBERS);
    }
}

static void fleet_timer(struct world *w, struct service *s, uint32_t slot)
{
    fleet_announce(w, s, slot % FLEET_MEMBERS, slot < FLEET_MEMBERS);
}

static bool fleet_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    const struct fleet_params *p = s->params;
    const int64_t now_ns = core_now(s->core);
    const bool concerned = copy == 1 || p->all_ill;
    return !(concerned && p->ill_ns >= 0 && now_ns >= p->ill_ns &&
             (p->well_ns < 0 || now_ns < p->well_ns));
}

static void fleet_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct fleet_params *p = s->params;
    struct fleet *fleet = s->state;
    fleet->counts[f->copy - 1] += (f->flags & FRAME_MEASURED) != 0;
    if (p->answer == OUTCOME_OK) {
        call_work(w, f);
    } else {
        call_refuse(w, f, (enum outcome)p->answer);
    }
}

static void fleet_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct fleet *fleet = s->state;
    for (uint32_t member = 0; member < FLEET_MEMBERS; member++) {
        own[member].value = (double)fleet->counts[member];
    }
}

static const struct model fleet_model = {
    .info = {.name = "fleet",
             .title = "members",
             .text = "for tests",
             ROWS(params, fleet_params),
             ROWS(metrics, fleet_metrics),
             .params_size = sizeof(struct fleet_params),
             .takes_work = true,
             .members = true},
    .state_size = sizeof(struct fleet),
    .begin = fleet_begin,
    .timer = fleet_timer,
    .healthy = fleet_healthy,
    .arrive = fleet_arrive,
    .observe = fleet_observe,
};

static const struct model *const own_models[] = {&fleet_model};
#define RUN(...) lab_run_with(own_models, 1, __VA_ARGS__)

/* The number of log entries of that kind; the last of them in *entry. */
static uint32_t logged(const struct lab *lab, enum log_kind kind, const struct log_entry **entry)
{
    uint32_t count = 0;
    for (const struct log_entry *at = lab->experiment.replications[0].log; at != NULL;
         at = at->next) {
        if (at->kind == kind) {
            *entry = at;
            count++;
        }
    }
    return count;
}

static void expect_near(const struct lab *lab, const char *path, double expected, double most)
{
    const double value = lab_value(lab, path);
    if (!(fabs(value - expected) <= most)) {
        fail_msg("%s: %.9g, expected %.9g", path, value, expected);
    }
}

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

/* [Z] The same where a node reaches none: only zone c has no member. */
static void no_target_in_the_zone_is_503(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("10s") "services:\n" LB "targets: [app], cross_zone: false}\n"
                                      "  app: {type: fleet, members: 2}\ntraffic:\n"
                                      "  tb: {to: lb, zone: b, arrivals: constant, rate: 10/s}\n"
                                      "  tc: {to: lb, zone: c, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.tb.availability", 1);
    lab_equal(lab, "traffic.tc.errors.unavailable", 1);
    lab_equal(lab, "services.lb.http_code_elb_503_count", 100);
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
    expect_near(lab, "services.a.arrivals", (440 - 145) / 2.0 / 440, NODES / 440.0);
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
    expect_near(lab, "services.a.arrivals", 0.5, NODES / 405.0);
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
    expect_near(lab, "services.app.first", 1000, NODES);
    expect_near(lab, "services.app.fourth", 1000, NODES);
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
    expect_near(lab, "services.app.first", 3 * (155 + 10), NODES);
    expect_near(lab, "services.app.second", 3 * (155 + 10) + 4 * 235, NODES);
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
    expect_near(lab, "services.app.fourth", 3 * 100, NODES);
    expect_near(lab, "services.app.first", 4 * 100 + 3 * 100, NODES);
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
    expect_near(lab, "services.app.first", 3 * 100, NODES);
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
        if (row->kind != PARAM_SERVICES) {
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
