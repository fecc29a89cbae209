/* Known independently: the documented rules beyond target tracking, each on a load that is the same
 * every minute or on arithmetic; interruptions by their rate. Sources: EC2 Auto Scaling User Guide
 * ("the guide") and API Reference; EC2 API, DescribeInstanceTypes; facts, ec2_asg. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "sim/engine/samples.h"
#include "tests/support/lab.h"
#include "tests/support/logged.h"

#define HEAD(duration) \
    "archsim: 1\nduration: " duration "\nwarmup: 0s\nreplications: 1\nseed: 1\nservices:\n"
#define LAUNCH "placement: 0s, boot: 60s, app_start: 30s"
#define GROUP "  app: {type: auto_scaling_group, detailed_monitoring: true, " LAUNCH ", "
#define TRAFFIC(rate) "traffic:\n  t: {to: app, rate: " rate ", arrivals: constant}\n"

/* ---- an administrator, and who reads what it watches ---- */

struct admin_params {
    uint16_t group_service;
    struct reading wanted_reading, there_reading;
};
#define PARAMS struct admin_params
static const struct param admin_params[] = {
    WATCH(group, REQUIRED, "desired", "whom it commands", DEFINED("the tests")),
    READING(wanted, REQUIRED, "what it reads", DEFINED("the tests")),
    READING(there, REQUIRED, "what it reads", DEFINED("the tests")),
};
#undef PARAMS

enum { ADMIN_FAR, ADMIN_TO_FIVE, ADMIN_LOOKS, ADMIN_TIMES };
struct admin_state {
    bool far, fractional, to_five;
    double wanted, there;
};

static void admin_start(struct world *w, struct service *s)
{
    (void)w;
    s->load.unlimited = true;
    for (uint32_t i = 0; i < ADMIN_TIMES; i++) {
        service_timer(s, (int64_t)(i + 1) * 60 * INT64_C(1000000000), i);
    }
}

static void admin_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct admin_params *p = s->params;
    struct admin_state *admin = s->state;
    struct reading_mark marks[2] = {{0}, {0}};
    if (slot == ADMIN_FAR) {
        admin->far = service_control(w, p->group_service, "desired", 100);
        admin->fractional = service_control(w, p->group_service, "desired", 2.5);
    } else if (slot == ADMIN_TO_FIVE) {
        admin->to_five = service_control(w, p->group_service, "desired", 5);
    } else {
        admin->wanted = service_read(w, &p->wanted_reading, &marks[0]);
        admin->there = service_read(w, &p->there_reading, &marks[1]);
    }
}

static void admin_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct admin_state *admin = s->state;
    own[0].value = admin->far || admin->fractional;
    own[1].value = admin->to_five;
    own[2].value = admin->wanted;
    own[3].value = admin->there;
}

static const struct metric admin_metrics[] = {
    {"out_of_range", QUANTITY_COUNT, METRIC_VALUE, "1: it was taken"},
    {"to_five", QUANTITY_COUNT, METRIC_VALUE, "1: it was taken"},
    {"wanted", QUANTITY_COUNT, METRIC_VALUE, "as read"},
    {"there", QUANTITY_COUNT, METRIC_VALUE, "as read"},
};

static void admin_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static const struct model admin_model = {
    .info = {.name = "admin",
             .title = "an administrator",
             .text = "for tests",
             ROWS(params, admin_params),
             ROWS(metrics, admin_metrics),
             .params_size = sizeof(struct admin_params)},
    .state_size = sizeof(struct admin_state),
    .start = admin_start,
    .timer = admin_timer,
    .arrive = admin_arrive,
    .observe = admin_observe,
};
static const struct model *const own[] = {&admin_model};

/* ---- what the log says ---- */

static const struct log_entry *check_entry(const struct log_entry *entry, int64_t at_s, double from,
                                           double to, const char *metric)
{
    assert_non_null(entry);
    assert_int_equal(entry->kind, to > from ? LOG_SCALE_OUT : LOG_SCALE_IN);
    assert_int_equal(entry->at_ns, at_s * INT64_C(1000000000));
    assert_true(entry->from == from);
    assert_true(entry->to == to);
    assert_string_equal(entry->metric, metric);
    return entry->next;
}

/* ---- policies ---- */

/* 1.6 vCPU of two are 80 %: "+1 from 70 %, +3 from 90 %" adds one after one datapoint; 1.6 of three
 * are 53 %. At 2.8 of three (93 %): +3 (the guide, Step adjustments). Those that warm up count. */
static void steps_by_how_far(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("20m") GROUP "vcpu: 1, min: 2, max: 9, work: 100ms, warmup: 60s, "
                                  "steps: [{cpu_above: 90%%, amount: 3}, {cpu_above: 70%%, "
                                  "amount: 1}]}\n" TRAFFIC("[[0s, 16/s], [10m, 28/s]]"));
    const struct log_entry *entry = check_entry(logged_first(lab), 60, 2, 3, "cpu_utilization");
    entry = check_entry(entry, 660, 3, 6, "cpu_utilization");
    assert_null(entry);
    lab_close(lab);
}

/* "50 % of 4, but at least 3"; low steps remove; M of N datapoints (CloudWatch alarms). */
static void steps_of_percent_and_down(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20m") GROUP "vcpu: 1, min: 1, desired: 4, max: 9, work: 100ms, warmup: 0s, "
                          "step: {datapoints: 2, periods: 2}, "
                          "steps: [{cpu_above: 70%%, change: percent, amount: 50, at_least: 3}, "
                          "{cpu_below: 15%%, amount: -2}]}\n" TRAFFIC("[[0s, 32/s], [10m, 8/s]]"));
    const struct log_entry *entry = check_entry(logged_first(lab), 120, 4, 7, "cpu_utilization");
    entry = check_entry(entry, 720, 7, 5, "cpu_utilization"); /* 0.8 of 7 are 11 % */
    assert_null(entry);
    lab_close(lab);
}

/* Simple policies: "waits for the cooldown period to complete before responding to additional
 * alarms" (the guide): 1.6 of 1 and of 2 are high all the time; 300 s. */
static void a_simple_policy_cools_down(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("14m") GROUP
                              "vcpu: 1, min: 1, max: 9, work: 100ms, warmup: 0s, cooldown: 300s, "
                              "threads: 1, backlog: 0, steps: [{cpu_above: 60%%, amount: 1}], "
                              "step: {simple: true}}\n" TRAFFIC("[[0s, 16/s]]"));
    const struct log_entry *entry = check_entry(logged_first(lab), 60, 1, 2, "cpu_utilization");
    assert_null(check_entry(entry, 360, 2, 3, "cpu_utilization")); /* 1.6 of 3 are not high */
    lab_close(lab);
}

/* "You can set the minimum, maximum and desired capacity" at a time, and again (the guide,
 * Scheduled scaling). Below a new minimum it is raised to that. */
static void scheduled_actions(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("40m") GROUP "vcpu: 1, min: 1, max: 9, work: 1ms, schedule: ["
                          "{at: 5m, every: 20m, min: 3}, {at: 15m, every: 20m, min: 1, desired: 2}"
                          "]}\n" TRAFFIC("1/s"));
    const struct log_entry *entry = check_entry(logged_first(lab), 300, 1, 3, "schedule");
    entry = check_entry(entry, 900, 3, 2, "schedule");
    entry = check_entry(entry, 1500, 2, 3, "schedule");
    entry = check_entry(entry, 2100, 3, 2, "schedule");
    assert_null(entry);
    lab_close(lab);
}

/* Predictive: what an interval of the last period needed is there `buffer` before it comes back
 * (the guide; SchedulingBufferTime). 2 vCPU of work in the second ten minutes of each half hour at
 * a target of 50 % are four instances; nothing is known in the first half hour. */
static void a_forecast_launches_ahead(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("45m") GROUP
                              "vcpu: 1, min: 1, max: 9, work: 100ms, warmup: 0s, threads: inf, "
                              "predictive: {cpu: 50%%, interval: 10m, period: 30m, buffer: 5m}, "
                              "desired: 4}\n" TRAFFIC("[[0s, 1/s], [10m, 20/s], [20m, 1/s], "
                                                      "[40m, 20/s]]"));
    for (const struct log_entry *entry = logged_first(lab); entry != NULL; entry = entry->next) {
        assert_true(entry->to <= 4);
        assert_string_equal(entry->metric, "forecast");
    }
    lab_close(lab);
    lab = lab_run(HEAD("45m") GROUP
                  "vcpu: 1, min: 1, max: 9, work: 10ms, warmup: 0s, desired: 2, "
                  "predictive: {cpu: 10%%, interval: 10m, period: 30m, buffer: 5m}}\n" TRAFFIC(
                      "[[0s, 1/s], [10m, 40/s], [20m, 1/s], [40m, 40/s]]"));
    /* 0.4 of work at 10 %: 4 at 35 min */
    const struct log_entry *entry = logged_first(lab);
    while (entry != NULL && entry->kind != LOG_SCALE_OUT) {
        entry = entry->next;
    }
    assert_non_null(entry);
    assert_int_equal(entry->at_ns, 35 * 60 * INT64_C(1000000000));
    assert_true(entry->to == 4);
    lab_close(lab);
}

/* SetDesiredCapacity: outside `min` and `max` it is refused (API Reference, ValidationError). */
static void an_administrator_sets_it(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("10m") "  admin: {type: admin, group: app, wanted: app.group_desired_capacity, "
                    "there: app.group_in_service_instances}\n" GROUP
                    "vcpu: 1, min: 2, max: 9, work: 1ms}\n" TRAFFIC("1/s"));
    lab_equal(lab, "services.admin.out_of_range", 0);
    lab_equal(lab, "services.admin.to_five", 1);
    lab_equal(lab, "services.admin.wanted", 5); /* at 180 s */
    lab_equal(lab, "services.admin.there", 2);
    assert_null(check_entry(logged_first(lab), 120, 2, 5, "command"));
    lab_equal(lab, "services.app.group_in_service_instances", (2 * 210 + 5 * 390) / 600.0);
    lab_close(lab);
}

/* ---- on-demand and Spot ---- */

/* OnDemandBaseCapacity, then OnDemandPercentageAboveBaseCapacity, rounded up (API Reference,
 * InstancesDistribution): of 9 with a base of 2 and 25 %: 2 + 2 on-demand. */
static void the_mix(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10m") GROUP "vcpu: 1, min: 9, max: 9, work: 1ms, on_demand: {base: 2, "
                                  "above_base: 25%%}, spot: {reclaimed: 0%%}}\n" TRAFFIC("1/s"));
    lab_equal(lab, "services.app.spot_instances", 5);
    lab_equal(lab, "services.app.group_in_service_instances", 9);
    lab_equal(lab, "services.app.spot_interruptions", 0);
    lab_close(lab);
}

/* Of Spot instances `reclaimed` are taken back within 30 days (facts, spot_reclaim_month): each at
 * rate -ln(1 - 0.9) / 30 d. 1000 of them, replaced at once: so many in ten hours. */
static void interruptions_by_their_rate(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 10h\nwarmup: 0s\nreplications: 32\nseed: 1\nservices:\n"
                "  app: {type: auto_scaling_group, vcpu: 1, min: 1000, max: 1000, work: 1ms, "
                "placement: 0s, boot: 0s, app_start: 0s, on_demand: {above_base: 0%%}, "
                "spot: {reclaimed: 90%%, notice: 0s}}\n" TRAFFIC("1/min"));
    lab_expect(lab, "services.app.spot_interruptions", 1000 * log(10) / 72, 0.25);
    lab_equal(lab, "services.app.group_in_service_instances", 1000);
    lab_close(lab);
}

/* With Capacity Rebalancing who has its notice drains for two minutes, and requests of one minute
 * end well; without, the group "does not replace Spot Instances until after the Amazon EC2 Spot
 * service interrupts" them (the guide): what they do is lost. */
static void capacity_rebalancing_drains(void **state)
{
    (void)state;
    for (int drains = 0; drains < 2; drains++) {
        struct lab *lab = lab_run(
            HEAD("6h") "  lb: {type: alb, targets: [app], latency: 0s, idle_timeout: 5m}\n"
                       "  slow: {type: delay, work: 60s}\n" GROUP
                       "vcpu: 1, min: 200, max: 200, calls: [slow], on_demand: {above_base: 0%%}, "
                       "spot: {reclaimed: 99%%, capacity_rebalance: %s}}\n"
                       "traffic:\n  t: {to: lb, rate: 4/s, arrivals: constant}\ndrain: 10m\n",
            drains ? "true" : "false");
        assert_true(lab_value(lab, "services.app.spot_interruptions") > 0);
        if (drains) {
            lab_equal(lab, "traffic.t.availability", 1);
        } else {
            assert_true(lab_value(lab, "traffic.t.errors.unavailable") > 0);
        }
        assert_true(lab_value(lab, "services.app.group_in_service_instances") > 199);
        lab_close(lab);
    }
}

/* ---- what an instance has ---- */

/* m6i.xlarge has 4 vCPUs, m6i.large 2 (DescribeInstanceTypes): four at once share those. */
static void types_have_vcpus(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10m") "  app: {type: auto_scaling_group, instance_type: %s, min: 1, max: 1, "
                    "work: 1s}\n"
                    "traffic:\n  t: {to: app, rate: 6/min, batch: 4, arrivals: constant}\n";
    struct lab *lab = lab_run(text, "m6i.xlarge");
    lab_equal(lab, "services.app.latency.max", 1);
    lab_close(lab);
    lab = lab_run(text, "m6i.large");
    lab_equal(lab, "services.app.latency.max", 2);
    lab_close(lab);
}

/* c7g.large has 4 GiB: two requests of 2 GiB at a time; the third waits. */
static void memory_limits_requests(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10m") "  slow: {type: delay, work: 1s}\n"
                    "  app: {type: auto_scaling_group, instance_type: c7g.large, min: 1, max: 1, "
                    "request_memory: 2 GiB, calls: [slow]}\n"
                    "traffic:\n  t: {to: app, rate: 6/min, batch: 3, arrivals: constant}\n");
    lab_equal(lab, "services.app.latency.max", 2);
    lab_equal(lab, "services.app.wait.max", 1);
    lab_close(lab);
}

/* m6i.large: 0.781 Gbit/s, up to 12.5 (DescribeInstanceTypes). With credits for 1 s of burst 3 GB
 * take 1 s for 1.5625 GB, then 97.625 MB/s; they are back when the next comes. Two at once pass
 * one after the other. With vcpu given there is no network. */
static void bytes_pass_the_network(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("30m") "  app: {type: auto_scaling_group, %s, min: 1, max: 1, work: 1s, "
                    "network: {burst_for: 1s}}\n"
                    "traffic:\n  t: {to: app, rate: 1/min, arrivals: constant, batch: %d, "
                    "size: 3 GB}\ndrain: 10m\n";
    const double slow_s = (3e9 - 1.5625e9) / 97.625e6;
    struct lab *lab = lab_run(text, "instance_type: m6i.large", 1);
    lab_equal(lab, "services.app.latency.max", 1 + slow_s + 1);
    lab_equal(lab, "services.app.network_in", 30 * 3e9);
    lab_close(lab);
    lab = lab_run(text, "instance_type: m6i.large", 2);
    assert_true(lab_value(lab, "services.app.latency.max") >= 1 + slow_s + 3e9 / 97.625e6 + 1);
    lab_close(lab);
    lab = lab_run(text, "vcpu: 2", 2);
    lab_equal(lab, "services.app.latency.max", 1);
    lab_close(lab);
}

/* ---- how they come and go ---- */

/* From a warm pool an instance is there after its start alone; "the difference between the group's
 * maximum capacity and its desired capacity" is prepared (API Reference, PutWarmPool). */
static void a_warm_pool_is_sooner(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("20m") GROUP "vcpu: 1, min: 2, max: 6, work: 100ms, target: {cpu: 50%%}, "
                          "warm_pool: {state: %s, start: 20s, join: 2s, resume: 15s}}\n" TRAFFIC(
                              "[[0s, 2/s], [5m, 16/s]]");
    const char *const states[] = {"stopped", "running", "hibernated"};
    const int64_t delays_s[] = {20, 2, 15};
    for (int i = 0; i < 3; i++) {
        struct lab *lab = lab_run(text, states[i]);
        assert_null(check_entry(logged_first(lab), 480, 2, 4, "cpu_utilization"));
        assert_int_equal(logged_first(lab)->delay_ns, delays_s[i] * INT64_C(1000000000));
        const double there = 480.0 + (double)delays_s[i];
        lab_equal(lab, "services.app.group_in_service_instances",
                  (2 * there + 4 * (1200 - there)) / 1200);
        lab_equal(lab, "services.app.warm_pool_desired_capacity", (4 * 480 + 2 * 720) / 1200.0);
        lab_equal(lab, "services.app.warm_pool_warmed_capacity", (4 * 390 + 2 * 720) / 1200.0);
        lab_close(lab);
    }
}

/* A hook keeps an instance in Pending:Wait for as long as it takes; when it times out, ABANDON
 * terminates and another is launched, CONTINUE goes on (API Reference, PutLifecycleHook). */
static void hooks_delay_or_abandon(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("20m") GROUP "vcpu: 1, min: 1, max: 2, work: 1ms, schedule: [{at: 1m, desired: 2}], "
                          "lifecycle: {launching: %s, heartbeat_timeout: 60s, default_result: "
                          "%s}}\n" TRAFFIC("1/s");
    struct lab *lab = lab_run(text, "45s", "abandon");
    lab_equal(lab, "services.app.group_in_service_instances", (1200 + 1200 - 195) / 1200.0);
    lab_close(lab);
    lab = lab_run(text, "10m", "continue");
    lab_equal(lab, "services.app.group_in_service_instances", (1200 + 1200 - 210) / 1200.0);
    lab_close(lab);
    lab = lab_run(text, "10m", "abandon"); /* every 150 s from 60 s on: 210, 360, .. 1110 */
    lab_equal(lab, "services.app.group_in_service_instances", 1);
    lab_equal(lab, "services.app.launches_abandoned", 7);
    lab_close(lab);
}

/* Terminating:Wait, after it has drained. */
static void a_hook_at_the_end(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("20m") GROUP
                "vcpu: 1, min: 1, max: 2, desired: 2, work: 1ms, lifecycle: "
                "{terminating: 120s}, schedule: [{at: 1m, desired: 1}]}\n" TRAFFIC("1/s"));
    lab_equal(lab, "services.app.group_in_service_instances", (1200 + 60) / 1200.0);
    lab_equal(lab, "services.app.group_terminating_instances", 120 / 1200.0);
    lab_close(lab);
}

/* EC2 status checks find a failure after minutes; then "terminate and replace" (facts,
 * health_check). One instance: it fails at 500 s, is replaced at 680 s, serves at 770 s. */
static void who_fails_is_replaced(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("20m") GROUP "vcpu: 1, min: 1, max: 1, work: 1ms, failure: {mtbf: 500s, "
                                  "detection: 180s}}\n" TRAFFIC("1/s"));
    lab_equal(lab, "services.app.status_check_failed", 1);
    lab_equal(lab, "services.app.group_in_service_instances", (1200 - 90) / 1200.0);
    assert_true(fabs(lab_value(lab, "traffic.t.errors.unavailable") - 270 / 1200.0) < 2 / 1200.0);
    const struct log_entry *entry = logged_first(lab);
    assert_int_equal(entry->kind, LOG_UNHEALTHY);
    assert_int_equal(entry->at_ns, 680 * INT64_C(1000000000));
    assert_string_equal(entry->metric, "status check");
    lab_close(lab);
}

/* A check that waits behind a line of more than its timeout fails: the balancer takes the target
 * out after two. With ELB checks the group replaces it, but not within the grace period (the
 * guide, Health checks). One thread, 10 s of work each 2 s. */
static void a_long_line_fails_checks(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10m") "  lb: {type: alb, targets: [app], latency: 0s, idle_timeout: 1h}\n" GROUP
                    "vcpu: 1, threads: 1, min: 1, max: 1, work: 10s, health_check: {elb: %s, "
                    "timeout: %s, grace: %s}}\n"
                    "traffic:\n  t: {to: lb, rate: 30/min, arrivals: constant}\nzones: 1\n"
                    "drain: 0s\n";
    struct lab *lab = lab_run(text, "false", "5s", "0s");
    assert_true(lab_value(lab, "services.lb.un_healthy_host_count") > 0.8);
    lab_equal(lab, "services.app.unhealthy_replaced", 0);
    lab_close(lab);
    lab = lab_run(text, "true", "5s", "0s");
    assert_true(lab_value(lab, "services.app.unhealthy_replaced") >= 2);
    lab_close(lab);
    lab = lab_run(text, "true", "5s", "1h");
    lab_equal(lab, "services.app.unhealthy_replaced", 0);
    lab_close(lab);
}

/* "Amazon EC2 Auto Scaling ... launches new instances before terminating the old ones" to balance
 * the zones (the guide, Rebalancing activities). Some launches find no capacity in their zone. */
static void zones_are_balanced_after_refusals(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("3h") GROUP "vcpu: 1, min: 4, max: 40, work: 1ms, capacity: {refused: 60%%}, "
                         "schedule: [{at: 1m, desired: 30}], zones: [a, b, c]}\n"
                         "traffic:\n  t: {to: app, rate: 1/s, arrivals: constant}\nzones: 3\n");
    assert_true(lab_value(lab, "services.app.insufficient_capacity") > 5);
    assert_true(lab_value(lab, "services.app.rebalanced") >= 1);
    assert_true(lab_value(lab, "services.app.group_in_service_instances") > 28);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
}

/* Only a group that something scales is never stationary. */
static void what_scales_is_not_stationary(void **state)
{
    (void)state;
    static const char text[] = "archsim: 1\nduration: 1h\nreplications: 1\nservices:\n"
                               "  app: {type: auto_scaling_group, max: 3, work: 1ms%s}\n"
                               "traffic:\n  t: {to: app, rate: 1/s}\n";
    struct lab *lab = lab_run(text, "");
    assert_true(lab->scenario->stationary);
    lab_close(lab);
    lab = lab_run(text, ", target: {cpu: 50%}");
    assert_false(lab->scenario->stationary);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_by_how_far),
        cmocka_unit_test(steps_of_percent_and_down),
        cmocka_unit_test(a_simple_policy_cools_down),
        cmocka_unit_test(scheduled_actions),
        cmocka_unit_test(a_forecast_launches_ahead),
        cmocka_unit_test(an_administrator_sets_it),
        cmocka_unit_test(the_mix),
        cmocka_unit_test(interruptions_by_their_rate),
        cmocka_unit_test(capacity_rebalancing_drains),
        cmocka_unit_test(types_have_vcpus),
        cmocka_unit_test(memory_limits_requests),
        cmocka_unit_test(bytes_pass_the_network),
        cmocka_unit_test(a_warm_pool_is_sooner),
        cmocka_unit_test(hooks_delay_or_abandon),
        cmocka_unit_test(a_hook_at_the_end),
        cmocka_unit_test(who_fails_is_replaced),
        cmocka_unit_test(a_long_line_fails_checks),
        cmocka_unit_test(zones_are_balanced_after_refusals),
        cmocka_unit_test(what_scales_is_not_stationary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
