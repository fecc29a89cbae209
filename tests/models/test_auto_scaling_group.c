/* Known independently: the documented rules, each on a load that is the same every minute, so that
 * datapoints, decisions and instants are exact; and queueing theory for what an instance does.
 * Sources: EC2 Auto Scaling User Guide ("the guide"), Target tracking scaling policies and Set the
 * default instance warmup (awsdocs/amazon-ec2-auto-scaling-user-guide); aws/containers-roadmap
 * issue 638 for the datapoints of the alarms; ELB User Guide for ALB, Deregistration delay. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "sim/engine/samples.h"
#include "tests/support/exact.h"
#include "tests/support/lab.h"
#include "tests/support/logged.h"

/* One request every 1/16 s, 100 ms of CPU each: 1.6 vCPU in all. */
#define HEAD(duration) \
    "archsim: 1\nduration: " duration "\nwarmup: 0s\nreplications: 1\nseed: 1\nservices:\n"
#define LAUNCH "placement: 0s, boot: 60s, app_start: 30s"
#define PROMPT "detailed_monitoring: true, alarm: {delay: 0s}, " LAUNCH
#define TRAFFIC(rate) "traffic:\n  t: {to: app, rate: " rate ", arrivals: constant}\n"

/* ---- a balancer that only notes who is there ---- */

struct watch_params {
    struct call_targets targets_targets;
};
#define PARAMS struct watch_params
static const struct param watch_params[] = {
    SERVICES(targets, REQUIRED, "whom it watches", DEFINED("the tests")),
};
#undef PARAMS

enum { ZONES = 4, COPIES = 64 };
struct watch_state {
    double zones[ZONES];
    bool here[COPIES];
};

static void watch_member(struct world *w, struct service *s, const struct call_target *target,
                         uint16_t copy, uint8_t zone, bool present)
{
    (void)w;
    struct watch_state *watch = s->state;
    assert_ptr_equal(target, &s->spec->targets[0]);
    assert_in_range(copy, 1, COPIES - 1);
    assert_int_equal(watch->here[copy], !present);
    watch->here[copy] = present;
    watch->zones[zone] += present ? 1 : -1;
}

static void watch_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct watch_state *watch = s->state;
    for (int i = 0; i < ZONES; i++) {
        own[i].value = watch->zones[i];
    }
    for (uint16_t copy = COPIES - 1; copy > 0; copy--) {
        own[ZONES].value = watch->here[copy] ? copy : own[ZONES].value;
    }
}

static const struct metric watch_metrics[] = {
    {"zone_a", QUANTITY_COUNT, METRIC_VALUE, "members there"},
    {"zone_b", QUANTITY_COUNT, METRIC_VALUE, "members there"},
    {"zone_c", QUANTITY_COUNT, METRIC_VALUE, "members there"},
    {"zone_d", QUANTITY_COUNT, METRIC_VALUE, "members there"},
    {"lowest", QUANTITY_COUNT, METRIC_VALUE, "the lowest copy that is there"},
};

static void watch_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static const struct model watch_model = {
    .info = {.name = "watch",
             .title = "a balancer that watches",
             .text = "for tests",
             ROWS(params, watch_params),
             ROWS(metrics, watch_metrics),
             .params_size = sizeof(struct watch_params),
             .forwards = true},
    .state_size = sizeof(struct watch_state),
    .arrive = watch_arrive,
    .observe = watch_observe,
    .member = watch_member,
};
static const struct model *const own[] = {&watch_model};

/* ---- when ---- */

/* 80 % of two, with a target of 50 %: after 3 one-minute datapoints (issue 638) to 3.2, rounded up
 * (the guide), in service after the launch time. */
static void out_after_three_minutes(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10m") "  app: {type: auto_scaling_group, vcpu: 1, min: 2, max: 9, "
                            "target: {cpu: 50%%}, work: 100ms, " PROMPT "}\n" TRAFFIC("16/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4});
    logged_check_reason(lab, "cpu_utilization", 0.8, 0.5);
    assert_int_equal(lab->experiment.replications[0].log->delay_ns, INT64_C(90000000000));
    lab_equal(lab, "services.app.group_desired_capacity", (2 * 180 + 4 * 420) / 600.0);
    lab_equal(lab, "services.app.group_pending_instances", 2 * 90 / 600.0);
    lab_equal(lab, "services.app.group_in_service_instances", (2 * 270 + 4 * 330) / 600.0);
    lab_equal(lab, "services.app.group_terminating_instances", 0);
    lab_equal(lab, "services.app.capacity.mean", (2 * 270 + 4 * 330) / 600.0);
    lab_equal(lab, "services.app.capacity.max", 4);
    lab_equal(lab, "services.app.latency.max", 0.1); /* in turn: nobody shares */
    lab_close(lab);
}

/* Low from the second minute on: in after 15 one-minute datapoints (issue 638), to 1.6 of 4: what
 * is removed is rounded down (the guide). */
static void in_after_fifteen_minutes(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20m") "  app: {type: auto_scaling_group, vcpu: 1, min: 1, desired: 4, max: 9, "
                    "target: {cpu: 50%%}, work: 100ms, " PROMPT
                    "}\n" TRAFFIC("[[0s, 20/s], [1m, 8/s]]"));
    LOGGED(lab, {LOG_SCALE_IN, 960, 4, 2});
    logged_check_reason(lab, "cpu_utilization", 0.2, 0.45);
    assert_int_equal(lab->experiment.replications[0].log->delay_ns, 0);
    lab_close(lab);
}

/* "By default, Amazon EC2 instances are enabled for basic monitoring, which means metric data for
 * instances is available at 5-minute intervals" (the guide): 15 minutes out, 75 minutes in. */
static void basic_monitoring_takes_five_times_as_long(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "100m") "  app: {type: auto_scaling_group, vcpu: 1, min: 2, max: 9, target: {cpu: 50%%}, "
                "alarm: {delay: 0s}, work: 100ms, " LAUNCH
                "}\n" TRAFFIC("[[0s, 16/s], [20m, 2/s]]"));
    LOGGED(lab, {LOG_SCALE_OUT, 900, 2, 4}, {LOG_SCALE_IN, 1200 + 4500, 4, 2});
    lab_close(lab);
}

/* The clock of the datapoints is the scenario's, not that of the warm-up. */
static void datapoints_begin_at_whole_minutes(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 3m\nwarmup: 45s\nreplications: 1\nseed: 1\n"
                "services:\n  app: {type: auto_scaling_group, vcpu: 1, min: 2, "
                "max: 9, target: {cpu: 50%%}, work: 100ms, " PROMPT "}\n" TRAFFIC("16/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 45 + 120, 2, 4}); /* the first 45 s are a datapoint */
    lab_close(lab);
}

/* The default: 5-6 minutes with detailed metrics (aws/containers-roadmap issue 2113). */
static void datapoints_are_seen_late(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "10m") "  app: {type: auto_scaling_group, vcpu: 1, min: 2, max: 9, target: {cpu: 50%%}, "
               "detailed_monitoring: true, alarm: {delay: 2m}, work: 100ms, " LAUNCH
               "}\n" TRAFFIC("16/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 300, 2, 4});
    lab_close(lab);
}

/* ---- how much ---- */

/* 27.5/s are 68.75 % of four: 5.5 would do. Within `max`. */
static void bounds_hold(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("25m") "  app: {type: auto_scaling_group, vcpu: 1, min: %d, desired: 4, max: %d, "
                    "target: {cpu: 50%%}, work: 100ms, " PROMPT "}\n"
                    "traffic:\n  t: {to: app, rate: %s/s, arrivals: constant}\n";
    struct lab *lab = lab_run(text, 1, 9, "27.5");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 4, 6});
    lab_close(lab);
    lab = lab_run(text, 1, 5, "27.5");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 4, 5});
    lab_close(lab);
    lab = lab_run(text, 3, 5, "4"); /* 0.8 of one would do */
    LOGGED(lab, {LOG_SCALE_IN, 900, 4, 3});
    lab_close(lab);
}

/* All are busy all the time, so that nobody knows how much is missing: doubled each time, once
 * those launched last have warmed up and the third datapoint of them all is high. */
static void an_overload_doubles(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "20m") "  app: {type: auto_scaling_group, vcpu: 1, min: 1, max: 9, target: {cpu: 50%%}, "
               "warmup: 60s, threads: 1, backlog: 0, work: 1s, " PROMPT "}\n" TRAFFIC("100/s"));
    /* in service at 270, warm at 330: a datapoint at 360 is of both */
    LOGGED(lab, {LOG_SCALE_OUT, 180, 1, 2}, {LOG_SCALE_OUT, 360, 2, 4}, {LOG_SCALE_OUT, 540, 4, 8},
           {LOG_SCALE_OUT, 720, 8, 9});
    lab_close(lab);
}

/* ALBRequestCountPerTarget: requests of a minute by targets, whatever the monitoring; it "emits
 * zeros for periods with no associated data", so that it scales in without any (the guide). */
static void requests_per_target(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("20m") "  other: {type: delay}\n"
                    "  app: {type: auto_scaling_group, vcpu: 1, min: 1, desired: 2, max: 9, "
                    "target: {requests: 100/min}, alarm: {delay: 0s}, " LAUNCH "}\n"
                    "traffic:\n  t: {to: %s, rate: 4/s, arrivals: constant}\n";
    struct lab *lab = lab_run(text, "app");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 3});
    logged_check_reason(lab, "request_count_per_target", 120, 100);
    lab_equal(lab, "services.app.request_count_per_target", 4800 / ((2 * 270 + 3 * 930) / 1200.0));
    lab_close(lab);
    lab = lab_run(text, "other");
    LOGGED(lab, {LOG_SCALE_IN, 900, 2, 1});
    lab_close(lab);
}

/* Out if any policy wants it, in only if all do (the guide). */
static void two_policies(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("20m") "  app: {type: auto_scaling_group, vcpu: 1, min: 1, desired: 2, max: 9, "
                    "target: {cpu: 50%%, requests: %s}, work: %s, " PROMPT "}\n" TRAFFIC("4/s");
    struct lab *lab = lab_run(text, "100/min", "1ms");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 3});
    lab_close(lab);
    lab = lab_run(text, "1000/min", "120ms"); /* requests are low, CPU is at 24 % of two */
    LOGGED(lab, {LOG_SCALE_IN, 900, 2, 1});
    lab_close(lab);
    lab = lab_run(text, "1000/min", "235ms"); /* 47 %: not low */
    assert_null(lab->experiment.replications[0].log);
    lab_close(lab);
}

/* ---- one after the other ---- */

/* "This blocks scale-in activities ... until the instances finish warming up" (the guide): two low
 * datapoints at 420 s, the new ones in service at 270 s and warm at 570 s. Until then the metric is
 * that of the others. */
static void warming_up_blocks_scale_in(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("15m") "  app: {type: auto_scaling_group, vcpu: 1, min: 1, desired: 2, max: 9, "
                    "target: {cpu: 50%%}, warmup: %s, alarm: {low_datapoints: 2, delay: 0s}, "
                    "detailed_monitoring: true, work: 100ms, " LAUNCH
                    "}\n" TRAFFIC("[[0s, 16/s], [5m, 4/s]]");
    struct lab *lab = lab_run(text, "300s");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4}, {LOG_SCALE_IN, 600, 4, 1});
    lab_close(lab);
    lab = lab_run(text, "0s");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4}, {LOG_SCALE_IN, 420, 4, 1});
    lab_close(lab);
}

/* "A scale-in activity can't start while a scale-out activity is in progress" (the guide). */
static void launching_blocks_scale_in(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "15m") "  app: {type: auto_scaling_group, vcpu: 1, min: 1, desired: 2, max: 9, "
               "target: {cpu: 50%%}, warmup: 0s, alarm: {low_datapoints: 2, delay: 0s}, "
               "detailed_monitoring: true, work: 100ms, "
               "placement: 0s, boot: 605s, app_start: 0s}\n" TRAFFIC("[[0s, 16/s], [3m, 4/s]]"));
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4}, {LOG_SCALE_IN, 840, 4, 1});
    lab_close(lab);
}

/* ---- where ---- */

/* "maintains balance across Availability Zones" (the guide): launched where there are fewest,
 * terminated where there are most. */
static void zones_are_balanced(void **state)
{
    (void)state;
    static const char text[] =
        "archsim: 1\nduration: 20m\nwarmup: 0s\nreplications: 1\nseed: 1\nzones: 4\nservices:\n"
        "  watch: {type: watch, targets: [app]}\n"
        "  app: {type: auto_scaling_group, vcpu: 1, %s, target: {cpu: 50%%}, work: 100ms, " PROMPT
        "}\n" TRAFFIC("16/s");
    const struct {
        const char *text;
        double zones[ZONES];
    } cases[] = {
        {"min: 6, max: 6", {2, 2, 1, 1}},
        {"min: 5, max: 6, zones: [b, d]", {0, 3, 0, 2}},
        {"min: 2, max: 6, zones: [a, b, d]", {2, 1, 0, 1}},          /* 2 -> 4 */
        {"min: 1, desired: 7, max: 9", {1, 1, 1, 1}},                /* 7 -> 4 */
        {"min: 5, desired: 9, max: 9, zones: [a, b]", {3, 2, 0, 0}}, /* 5, 4 -> */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run_with(own, 1, text, cases[i].text);
        const char *const paths[ZONES] = {"services.watch.zone_a", "services.watch.zone_b",
                                          "services.watch.zone_c", "services.watch.zone_d"};
        double most = 0, least = INFINITY, sum = 0, expected = 0;
        for (int zone = 0; zone < ZONES; zone++) {
            const double count = lab_value(lab, paths[zone]);
            sum += count;
            expected += cases[i].zones[zone];
            assert_int_equal(count > 0, cases[i].zones[zone] > 0);
            most = count > most ? count : most;
            least = count > 0 && count < least ? count : least;
        }
        assert_true(sum == expected);
        assert_true(most - least <= 1);
        lab_close(lab);
    }
}

/* Of balanced zones the instance closest to the next billing hour (the guide, Default termination
 * policy). Two are launched at 0, two at 180 s: 40 % of four is low, but one too many only when the
 * load falls. At 1200 s the first have used more of their hour, at 3720 s the others. */
static void whose_hour_ends_first_goes_first(void **state)
{
    (void)state;
    static const char text[] =
        "archsim: 1\nduration: 90m\nwarmup: 0s\nreplications: 1\nseed: 1\nzones: 1\nservices:\n"
        "  watch: {type: watch, targets: [app]}\n"
        "  app: {type: auto_scaling_group, vcpu: 1, min: 2, max: 4, target: {cpu: 50%%}, "
        "work: 100ms, " PROMPT "}\n"
        "traffic:\n  t: {to: app, rate: [[0s, 16/s], [%s, 2/s]], arrivals: constant}\n";
    struct lab *lab = lab_run_with(own, 1, text, "10m");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4}, {LOG_SCALE_IN, 1200, 4, 2});
    lab_equal(lab, "services.watch.lowest", 3);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, "61m");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4}, {LOG_SCALE_IN, 3720, 4, 2});
    lab_equal(lab, "services.watch.lowest", 1);
    lab_close(lab);
}

/* Thousands go in no time. */
static void a_large_group(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nduration: 20m\nwarmup: 0s\nreplications: 1\nseed: 1\nzones: 6\nservices:\n"
        "  lb: {type: alb, targets: [app]}\n"
        "  app: {type: auto_scaling_group, min: 6, desired: 6000, max: 10000, target: {cpu: 50%%}, "
        "work: 1ms, " PROMPT "}\ntraffic:\n  t: {to: lb, rate: 10/s}\n");
    LOGGED(lab, {LOG_SCALE_IN, 900, 6000, 6});
    lab_equal(lab, "services.lb.healthy_host_count", (6000 * 900 + 6 * 300) / 1200.0);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
}

/* ---- draining ---- */

/* Two requests a minute, one to each of two instances, which only wait for a callee. One instance
 * goes at 900 s, at once if it has nothing to do: "If a deregistering target has no in-flight
 * requests ..., Elastic Load Balancing immediately completes the deregistration process". */
#define DRAINING                                                              \
    HEAD("20m")                                                               \
    "  slow: {type: delay, work: %s}\n"                                       \
    "  app: {type: auto_scaling_group, vcpu: 1, min: 1, desired: 2, max: 2, " \
    "target: {cpu: 50%%}, calls: [slow], " PROMPT "}\n"                       \
    "traffic:\n  t: {to: app, rate: 1/min, batch: 2, arrivals: constant}\n"   \
    "drain: 40m\n"

static void requests_end_while_it_drains(void **state)
{
    (void)state;
    struct lab *lab = lab_run(DRAINING, "2m");
    LOGGED(lab, {LOG_SCALE_IN, 900, 2, 1});
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.app.group_in_service_instances", (2 * 900 + 300) / 1200.0);
    /* the last came within a minute before */
    const double drained_s = lab_value(lab, "services.app.group_terminating_instances") * 1200;
    assert_true(drained_s >= 60 && drained_s <= 120);
    lab_close(lab);
    lab = lab_run(DRAINING, "1ms");
    lab_equal(lab, "services.app.group_terminating_instances", 0);
    lab_close(lab);
}

/* 300 s, then what is left is cut: of 15 that came to that instance before 900 s the first 4 have
 * been answered by 1200 s, 960 s after their arrival. Their callees run on. */
static void the_deregistration_delay_ends(void **state)
{
    (void)state;
    struct lab *lab = lab_run(DRAINING, "960s");
    lab_equal(lab, "traffic.t.errors.unavailable", 11.0 / 40);
    lab_equal(lab, "services.slow.abandoned", 11.0 / 40);
    lab_equal(lab, "services.app.group_terminating_instances", 300 / 1200.0);
    lab_equal(lab, "services.app.unfinished", 0);
    lab_close(lab);
}

/* Behind a balancer: it picks the instances, hears of those that come, and sends nothing more to
 * those that go. */
static void nothing_is_lost_behind_a_balancer(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("25m") "  lb: {type: alb, targets: [app], latency: 0s}\n"
                            "  app: {type: auto_scaling_group, vcpu: 1, min: 2, max: 9, "
                            "target: {cpu: 50%%}, work: 100ms, " PROMPT "}\n"
                            "traffic:\n  t: {to: lb, rate: [[0s, 16/s], [5m, 2/s]], "
                            "arrivals: constant}\nzones: 1\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "traffic.t.latency.max", 0.1); /* in turn: nobody shares */
    lab_equal(lab, "services.app.group_desired_capacity", (2 * 480 + 4 * 1020) / 1500.0);
    lab_equal(lab, "services.app.capacity.max", 4);
    lab_close(lab);
}

/* End to end, exactly: a batch of two takes 0.1 s where two instances have one each, and 0.2 s
 * where one has both. Out at 180 s; the second is in service at 270 s, registered at 280 s and
 * healthy with its first check, at once (ELB guide, Target groups). In 15 low datapoints after
 * 600 s, at 1500 s; the one that goes gets nothing from then on. In all zones alike. */
static void a_balancer_follows_the_group(void **state)
{
    (void)state;
    static const char text[] = HEAD(
        "30m") "  lb: {type: alb, targets: [app], latency: 0s, registration: 10s, "
               "cross_zone: %s}\n"
               "  app: {type: auto_scaling_group, vcpu: 1, min: 1, max: 9, target: {cpu: 10%%}, "
               "work: 100ms, zones: [b], " PROMPT "}\n"
               "traffic:\n  t: {to: lb, rate: [[0s, 1/s], [10m, 15/min]], zone: b, batch: 2, "
               "arrivals: constant}\nzones: %d\n";
    for (int i = 0; i < 3; i++) {
        struct lab *lab = lab_run(text, i == 2 ? "false" : "true", i == 0 ? 2 : 6);
        const double single = 2 * 280 + 2 * 75, both = 2 * 320 + 2 * 225;
        lab_equal(lab, "services.lb.request_count", single + both);
        lab_equal(lab, "traffic.t.availability", 1);
        assert_true(fabs(lab_value(lab, "traffic.t.latency.mean") * (single + both) -
                         (0.2 * single + 0.1 * both)) < 1e-6);
        lab_equal(lab, "services.app.group_in_service_instances", (1800 + 1500 - 270) / 1800.0);
        lab_equal(lab, "services.lb.healthy_host_count", (1800 + 1500 - 280) / 1800.0);
        lab_equal(lab, "services.lb.http_code_elb_5xx_count", 0);
        lab_close(lab);
    }
}

/* Without cross-zone balancing each zone needs an instance of its own: three zones, one each. */
static void a_zone_each(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10m") "  lb: {type: alb, targets: [app], latency: 0s, cross_zone: false}\n"
                    "  app: {type: auto_scaling_group, vcpu: 1, min: 3, max: 3, work: 100ms}\n"
                    "traffic:\n  a: {to: lb, rate: 8/s, zone: a, arrivals: constant}\n"
                    "  b: {to: lb, rate: 8/s, zone: b, arrivals: constant}\n"
                    "  c: {to: lb, rate: 8/s, zone: c, arrivals: constant}\nzones: 3\n");
    lab_equal(lab, "services.lb.latency.max", 0.1); /* nobody shares */
    assert_true(fabs(lab_value(lab, "services.app.cpu_utilization") - 0.8) < 0.001);
    lab_close(lab);
}

/* The balancer's requests are the target's, wherever the load comes from: 4/s are 120 a minute for
 * each of two. Requests that find the backlog full count too (they were sent). */
static void requests_per_target_behind_a_balancer(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("20m") "  lb: {type: alb, targets: [app], latency: 0s}\n"
                    "  app: {type: auto_scaling_group, vcpu: 1, threads: %d, backlog: 0, min: 1, "
                    "desired: 2, max: 9, target: {requests: 100/min}, work: %s, " PROMPT "}\n"
                    "traffic:\n  t: {to: lb, rate: 4/s, arrivals: constant}\nzones: 1\n";
    struct lab *lab = lab_run(text, 200, "1ms");
    const struct log_entry *entry = lab->experiment.replications[0].log;
    assert_int_equal(entry->kind, LOG_SCALE_OUT);
    assert_true(entry->value == 120 && entry->threshold == 100 && entry->to == 3);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = lab_run(text, 1, "10s");
    entry = lab->experiment.replications[0].log;
    while (entry->kind != LOG_SCALE_OUT) { /* full ones fail their checks, too */
        entry = entry->next;
        assert_non_null(entry);
    }
    assert_true(entry->at_ns == INT64_C(180000000000) && entry->value == 120 && entry->to == 3);
    lab_close(lab);
}

/* A call that waits at the group's bulkhead for an instance that goes meanwhile is another's. Two
 * work, two wait, 55 s each, every 2 minutes; one of the instances goes at 900 s. */
static void who_waits_at_the_limit_is_not_lost(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 6; seed++) { /* the phase of the arrivals varies */
        struct lab *lab = lab_run(
            "archsim: 1\nduration: 20m\nwarmup: 0s\nreplications: 1\nseed: %d\nzones: 1\n"
            "services:\n  lb: {type: alb, targets: [app], latency: 0s, idle_timeout: 5m}\n"
            "  slow: {type: delay, work: 55s}\n"
            "  app: {type: auto_scaling_group, vcpu: 1, min: 1, desired: 2, max: 2, "
            "target: {cpu: 50%%}, limit: {concurrent: 2, on_full: wait}, calls: [slow], " PROMPT
            "}\ntraffic:\n  t: {to: lb, rate: 30/h, batch: 4, arrivals: constant}\ndrain: 10m\n",
            seed);
        lab_equal(lab, "services.app.group_desired_capacity", (2 * 900 + 300) / 1200.0);
        lab_equal(lab, "traffic.t.availability", 1);
        lab_close(lab);
    }
}

/* ---- what an instance does ---- */

static void none_in_service_is_unavailable(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10m") "  app: {type: auto_scaling_group, min: 0, max: 2, "
                                          "target: {cpu: 50%%}, work: 1ms}\n" TRAFFIC("1/s"));
    lab_equal(lab, "traffic.t.errors.unavailable", 1);
    lab_equal(lab, "services.app.up", 0);
    assert_null(lab->experiment.replications[0].log); /* no data, no scaling */
    lab_close(lab);
}

/* A request keeps its thread during a nested call, and takes no share: two come together to one
 * thread, 0.1 s of work and a callee of 0.9 s each. */
static void nested_calls_hold_a_thread(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10m") "  leaf: {type: delay, work: 900ms}\n"
                    "  app: {type: auto_scaling_group, vcpu: 2, threads: 1, backlog: %d, min: 1, "
                    "max: 4, work: 100ms, calls: [leaf]}\n"
                    "traffic:\n  t: {to: app, rate: 15/min, batch: 2, arrivals: constant}\n",
        1);
    lab_equal(lab, "services.app.latency.mean", 1.5);
    lab_equal(lab, "services.app.wait.mean", 0.5);
    /* but for the last that come; without a target the group stays at its size, of one */
    const double *used = lab->experiment.replications[0].used + USED_KINDS; /* of the second */
    const double busy[] = {
        lab_value(lab, "services.app.cpu_utilization"), lab_value(lab, "services.app.utilization"),
        lab_value(lab, "services.app.busy.mean") /* in instances */, used[USED_RESOURCE]};
    for (int i = 0; i < 4; i++) {
        assert_true(fabs(busy[i] - 0.2 / 4 / 2) < 0.005 * 0.2 / 4 / 2);
    }
    assert_true(fabs(used[USED_RESOURCE + 1] - 2.0 / 4) < 0.005); /* of one thread */
    lab_close(lab);
}

static void beyond_the_backlog_is_rejected(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10m") "  app: {type: auto_scaling_group, vcpu: 1, threads: 2, backlog: 1, "
                    "min: 1, max: 1, work: 1s}\n"
                    "traffic:\n  t: {to: app, rate: 6/min, batch: 5, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.errors.rejected", 0.4);
    lab_equal(lab, "services.app.queue.mean", 2 / 10.0);
    lab_equal(lab, "services.app.latency.max", 3); /* two share for 2 s, the third is alone */
    lab_close(lab);
}

#define THEORY                                                                               \
    "archsim: 1\nduration: {60s}\nwarmup: 1s\nreplications: 32\nseed: 4\nservices:\n"        \
    "  app: {type: auto_scaling_group, vcpu: %d, threads: %s, backlog: %s, min: 1, max: 1, " \
    "work: exponential(1ms)}\ntraffic:\n  t: {to: app, rate: %g/s}\n"

/* Exponential work, one vCPU, N threads: whoever has one, the vCPU is busy while anybody is there,
 * so that the number present is that of M/M/1, and in line max(0, n - N). */
static void threads_limit_sharing(void **state)
{
    (void)state;
    const double rho = 0.7;
    struct lab *lab = lab_run(THEORY, 1, "3", "inf", 1000 * rho);
    lab_expect(lab, "services.app.latency.mean", 1e-3 / (1 - rho), 0.05);
    lab_expect(lab, "services.app.queue.mean", pow(rho, 4) / (1 - rho), 0.1);
    lab_expect(lab, "services.app.cpu_utilization", rho, 0.01);
    lab_close(lab);
}

/* M/M/1/N, with N = threads + backlog. */
static void theory_of_a_full_backlog(void **state)
{
    (void)state;
    const double rho = 0.9;
    const double p0 = (1 - rho) / (1 - pow(rho, 6));
    struct lab *lab = lab_run(THEORY, 1, "2", "3", 1000 * rho);
    lab_expect(lab, "traffic.t.errors.rejected", p0 * pow(rho, 5), 0.05);
    lab_expect(lab, "services.app.utilization", 1 - p0, 0.01);
    lab_close(lab);
}

/* Two vCPUs, each request on one at most: the number present is that of M/M/2. */
static void two_vcpus(void **state)
{
    (void)state;
    const struct mmc q = {2, 1200, 1000};
    struct lab *lab = lab_run(THEORY, 2, "inf", "0", q.lambda);
    lab_expect(lab, "services.app.latency.mean", exact_mmc_wait(&q) + 1e-3, 0.03);
    lab_expect(lab, "services.app.in_flight.mean", q.lambda * exact_mmc_wait(&q) + 1.2, 0.03);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_after_three_minutes),
        cmocka_unit_test(in_after_fifteen_minutes),
        cmocka_unit_test(basic_monitoring_takes_five_times_as_long),
        cmocka_unit_test(datapoints_begin_at_whole_minutes),
        cmocka_unit_test(datapoints_are_seen_late),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(an_overload_doubles),
        cmocka_unit_test(requests_per_target),
        cmocka_unit_test(two_policies),
        cmocka_unit_test(warming_up_blocks_scale_in),
        cmocka_unit_test(launching_blocks_scale_in),
        cmocka_unit_test(zones_are_balanced),
        cmocka_unit_test(whose_hour_ends_first_goes_first),
        cmocka_unit_test(a_large_group),
        cmocka_unit_test(requests_end_while_it_drains),
        cmocka_unit_test(the_deregistration_delay_ends),
        cmocka_unit_test(nothing_is_lost_behind_a_balancer),
        cmocka_unit_test(a_balancer_follows_the_group),
        cmocka_unit_test(a_zone_each),
        cmocka_unit_test(requests_per_target_behind_a_balancer),
        cmocka_unit_test(who_waits_at_the_limit_is_not_lost),
        cmocka_unit_test(none_in_service_is_unavailable),
        cmocka_unit_test(nested_calls_hold_a_thread),
        cmocka_unit_test(beyond_the_backlog_is_rejected),
        cmocka_unit_test(threads_limit_sharing),
        cmocka_unit_test(theory_of_a_full_backlog),
        cmocka_unit_test(two_vcpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
