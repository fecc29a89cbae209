/* Known independently: the documented rules, each on a load that is the same every minute, so that
 * datapoints, decisions and instants are exact. Sources: facts, ecs_fargate, and the pages they
 * name: ECS Developer Guide (Fargate throttling quotas, Task CPU and memory, Troubleshooting
 * service auto scaling), ECS API Reference (DeploymentConfiguration, DeploymentCircuitBreaker,
 * CapacityProviderStrategyItem), Application Auto Scaling User Guide ("the guide"); AWS re:Post,
 * Spot termination notices in Fargate Spot tasks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/exact.h"
#include "tests/support/lab.h"
#include "tests/support/logged.h"

/* Tasks of one vCPU, a minute from launch to service: 20 s, 1800 MB at 60 MB/s, 10 s. */
#define HEAD(duration) \
    "archsim: 1\nduration: " duration "\nwarmup: 0s\nreplications: 1\nseed: 1\nservices:\n"
#define START "provisioning: 20s, image: 1800 MB, pull_rate: 60 MB/s, app_start: 10s"
#define APP "  app: {type: fargate, work: 100ms, " START ", "
#define TRAFFIC(rate) "traffic:\n  t: {to: app, rate: " rate ", arrivals: constant}\n"
#define SECOND INT64_C(1000000000)

/* ---- an administrator: at a time, one command ---- */

struct admin_params {
    uint16_t app_service;
    int64_t at_ns, again_ns;
    int64_t desired_count;
};
#define PARAMS struct admin_params
static const struct param admin_params[] = {
    WATCH(app, REQUIRED, "", "whom it commands", DEFINED("the tests")),
    TIME(at, REQUIRED, "", "when", DEFINED("the tests")),
    TIME(again, NONE, "", "and so long after that", DEFINED("the tests")),
    COUNT(desired, NONE, "", "the desired number; not given: new code", DEFINED("the tests")),
};
#undef PARAMS
static const struct metric admin_metrics[] = {
    {"refused", QUANTITY_COUNT, METRIC_VALUE, "commands"},
};
struct admin_state {
    double refused;
};

static void admin_begin(struct world *w, struct service *s)
{
    const struct admin_params *p = s->params;
    (void)w;
    service_timer(s, p->at_ns, 0);
    if (p->again_ns > 0) {
        service_timer(s, p->at_ns + p->again_ns, 0);
    }
}

static void admin_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    const struct admin_params *p = s->params;
    struct admin_state *admin = s->state;
    const bool code = p->desired_count < 0;
    admin->refused +=
        !service_control(w, p->app_service, code ? "code" : "desired", (double)p->desired_count);
}

static void admin_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct admin_state *admin = s->state;
    own[0].value = admin->refused;
}

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
    .arrive = admin_arrive,
    .begin = admin_begin,
    .timer = admin_timer,
    .observe = admin_observe,
};
static const struct model *const own[] = {&admin_model};
#define ADMIN(rest) "  admin: {type: admin, app: app, " rest "}\n"

/* ---- how tasks come ---- */

/* start_time: provisioning, then image size / pull rate, then the container; out after 3 datapoints
 * of a minute above the target, in proportion and rounded up (containers-roadmap issue 638). */
static void out_after_three_minutes(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10m") APP "desired: 2, max: 9, target: {cpu: 50%%}}\n" TRAFFIC("16/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4});
    logged_check_reason(lab, "cpu_utilization", 0.8, 0.5);
    assert_true(logged_first(lab)->delay_ns >= 60 * SECOND);
    lab_equal(lab, "services.app.desired_task_count", (2 * 180 + 4 * 420) / 600.0);
    /* the second of the two has to wait for the service's rate: 60 / 500 s */
    lab_equal(lab, "services.app.pending_task_count", (2 * 60 + 0.12) / 600.0);
    lab_equal(lab, "services.app.running_task_count", (2 * 600 + 360 + 359.88) / 600);
    lab_near(lab, "services.app.cpu_utilization", 1.6 * 600 / (2 * 600 + 360 + 359.88), 1e-3);
    lab_close(lab);
}

/* sizes: 0.25 vCPU: a request alone works at a quarter of the speed; two halve it again. */
static void cpu_is_shared(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1m") "  app: {type: fargate, cpu: 0.25 vCPU, memory: 512 MiB, work: 100ms}\n"
                           "traffic:\n  t: {to: app, rate: 1/s, batch: 2, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.latency.mean", 0.8);
    lab_near(lab, "services.app.cpu_utilization", 0.8, 0.8 / 60);
    lab_equal(lab, "services.app.capacity.mean", 1);
    lab_close(lab);
}

/* launch_throttle: "you can launch up to 100 immediately ... and a sustained rate of 20 a second"
 * (Fargate throttling quotas): of 300 at 60 s the last starts 10 s later. */
static void account_bucket(void **state)
{
    (void)state;
    static const char text[] = HEAD("3m") ADMIN("at: 60s, desired: 301") APP
        "desired: 1, max: 301, service_rate: 1000000/s, capacity_provider: {on_demand: %d, spot: "
        "%d, base: 1}, spot: {interruptions: 0/s}}\n" TRAFFIC("1/s");
    struct lab *lab = lab_run_with(own, 1, text, 1, 0);
    LOGGED(lab, {LOG_SCALE_OUT, 60, 1, 301});
    assert_true(llabs(logged_first(lab)->delay_ns - 70 * SECOND) < SECOND / 1000);
    /* 100 at once, then one each 0.05 s: pending so much longer */
    lab_near(lab, "services.app.pending_task_count", (300 * 60 + 200 * 201 / 2.0 * 0.05) / 180,
             1e-4);
    lab_close(lab);
    /* "Spot": a bucket of its own. 150 each: the last of each 50 * 0.05 s later. */
    lab = lab_run_with(own, 1, text, 1, 1);
    assert_true(llabs(logged_first(lab)->delay_ns - 62500 * SECOND / 1000) < SECOND / 1000);
    lab_near(lab, "services.app.running_spot_task_count",
             (100 * 60 + 50 * 60 - 50 * 51 / 2.0 * 0.05) / 180, 1e-3);
    lab_close(lab);
}

/* launch_throttle is "per account and region": two services share the bucket. */
static void services_share_the_bucket(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("3m") ADMIN(
            "at: 60s, desired: 101") "  admin2: {type: admin, app: two, at: 60s, "
                                     "desired: 101}\n" APP
                                     "desired: 1, max: 101, service_rate: 1000000/s}\n"
                                     "  two: {type: fargate, work: 1ms, " START
                                     ", desired: 1, max: 101, service_rate: 1000000/s}\n" TRAFFIC(
                                         "1/s"));
    const struct log_entry *entry = logged_first(lab);
    assert_true(llabs(entry->delay_ns - 60 * SECOND) < SECOND / 1000);
    assert_true(llabs(entry->next->delay_ns - 65 * SECOND) < SECOND / 1000);
    lab_close(lab);
}

/* service_scheduler: "up to 500 tasks/min per service": 100 tasks take 99 * 0.12 s. */
static void service_rate(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, 1,
                                   HEAD("3m") ADMIN("at: 60s, desired: 101") APP
                                   "desired: 1, max: 101}\n" TRAFFIC("1/s"));
    const int64_t expected_ns = 60 * SECOND + 99 * 12 * SECOND / 100;
    assert_true(llabs(logged_first(lab)->delay_ns - expected_ns) < SECOND / 1000);
    lab_close(lab);
}

/* UpdateService's desiredCount knows nothing of Application Auto Scaling's limits. */
static void an_administrator_is_free_of_the_scalers(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("3m") ADMIN("at: 60s, desired: %d") APP "desired: 2, min: 1, max: 5}\n" TRAFFIC("1/s");
    struct lab *lab = lab_run_with(own, 1, text, 5001); /* "Tasks per service": 5,000 */
    lab_equal(lab, "services.admin.refused", 1);
    assert_null(logged_first(lab));
    lab_close(lab);
    lab = lab_run_with(own, 1, text, 6);
    lab_equal(lab, "services.admin.refused", 0);
    LOGGED(lab, {LOG_SCALE_OUT, 60, 2, 6});
    lab_close(lab);
    lab = lab_run_with(own, 1, text, 1);
    lab_equal(lab, "services.admin.refused", 0);
    LOGGED(lab, {LOG_SCALE_IN, 60, 2, 1});
    lab_close(lab);
}

/* ---- scaling ---- */

/* AlarmLow: 15 datapoints below 90 % of the target (issue 638); "cooldown 300 s" after the
 * scale-out at 180 s does not matter then. */
static void in_after_fifteen_minutes(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20m") APP
        "desired: 4, min: 1, max: 9, target: {cpu: 50%%}}\n" TRAFFIC("[[0s, 20/s], [1m, 8/s]]"));
    LOGGED(lab, {LOG_SCALE_IN, 960, 4, 2});
    logged_check_reason(lab, "cpu_utilization", 0.2, 0.45);
    lab_close(lab);
}

/* "scale-in cooldown ... blocks subsequent scale-in requests until it has expired" (the guide):
 * low_datapoints 1, a load that falls every minute. */
static void cooldown_between_scale_ins(void **state)
{
    (void)state;
    static const char text[] = HEAD("9m") APP
        "desired: 8, min: 1, max: 9, target: {cpu: 50%%}, alarm: {low_datapoints: 1}, "
        "cooldown: {in: %s}}\n" TRAFFIC("[[0s, 19/s], [1m, 14/s], [2m, 9/s], [3m, 4/s]]");
    struct lab *lab = lab_run(text, "0s");
    /* busy vCPUs by 0.5: 3.8, 2.8, 1.8, 0.8, rounded up */
    LOGGED(lab, {LOG_SCALE_IN, 60, 8, 4}, {LOG_SCALE_IN, 120, 4, 3}, {LOG_SCALE_IN, 180, 3, 2},
           {LOG_SCALE_IN, 240, 2, 1});
    lab_close(lab);
    lab = lab_run(text, "150s");
    LOGGED(lab, {LOG_SCALE_IN, 60, 8, 4}, {LOG_SCALE_IN, 240, 4, 1});
    lab_close(lab);
}

/* "during the out-cooldown ... the capacity that has been added is calculated as part of the
 * desired capacity for the next scale-out" (the guide): 2 -> 4 at 180 s. At 240 s 3.2 of 2 vCPUs
 * would make it 7, which is more than what was added. */
static void cooldown_of_scale_out(void **state)
{
    (void)state;
    static const char text[] = HEAD("12m") APP
        "desired: 2, max: 20, target: {cpu: 50%%}, threads: 1, backlog: 0, cooldown: {out: "
        "%s}}\n" TRAFFIC("%s");
    /* 4 on their way would be wanted again: nothing */
    struct lab *lab = lab_run(text, "300s", "16/s");
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4});
    lab_close(lab);
    /* always busy, in service from 240 s on: 4 of 4 at 300 s need 8, four more than 4; with those
     * two that were added, 2 + 4 */
    lab = lab_run(text, "300s", "200/s");
    const struct log_entry *entry = logged_first(lab);
    assert_true(entry->from == 2 && entry->to == 4);
    assert_int_equal(entry->next->at_ns, 300 * SECOND);
    assert_true(entry->next->from == 4);
    assert_true(entry->next->to == 6);
    lab_close(lab);
    lab = lab_run(text, "0s", "200/s");
    entry = logged_first(lab);
    assert_true(entry->next->from == 4);
    assert_true(entry->next->to == 8);
    lab_close(lab);
}

/* ECSServiceAverageMemoryUtilization: 200 MiB, and as much for each of the 2.1 requests that are at
 * work in each of two tasks (2 s of waiting, 0.1 s of work, one a second): 620 of 2048. */
static void memory_is_tracked(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("3m") "  slow: {type: delay, work: 2s}\n" APP
                           "desired: 2, max: 9, memory_base: 200 MiB, memory_per_request: 200 MiB, "
                           "calls: [slow], target: {memory: 20%%}}\n" TRAFFIC("2/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 4}); /* 3.03 */
    assert_string_equal(logged_first(lab)->metric, "memory_utilization");
    assert_true(fabs(logged_first(lab)->value - 620 / 2048.0) < 1e-3);
    lab_near(lab, "services.app.memory_utilization", 620 / 2048.0, 5e-3);
    lab_close(lab);
}

/* ALBRequestCountPerTarget. */
static void requests_are_tracked(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10m") APP
                              "desired: 2, max: 9, target: {requests: 100/min}}\n" TRAFFIC("4/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 180, 2, 3});
    logged_check_reason(lab, "request_count_per_target", 120, 100);
    lab_close(lab);
}

/* step_scaling: "alarm breach size picks a step": 80 % of two: +3, not +1; in cooldown 300 s
 * afterwards, then 20 % of a lower bound of 30 %: -50 %, rounded towards zero. */
static void steps(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10m") APP
                "desired: 2, min: 1, max: 9, steps: [{cpu_above: 60%%, amount: 1}, "
                "{cpu_above: 75%%, amount: 3}, {cpu_below: 30%%, change: percent, amount: "
                "-50}], step: {datapoints: 2, periods: 3}}\n" TRAFFIC("[[0s, 16/s], [3m, 5/s]]"));
    LOGGED(lab, {LOG_SCALE_OUT, 120, 2, 5}, {LOG_SCALE_IN, 420, 5, 3});
    lab_close(lab);
}

/* Scheduled scaling: below the minimum it scales out to it, above the maximum in. */
static void schedule(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("30m") APP
                "desired: 2, min: 1, max: 9, schedule: [{at: 5m, every: 10m, min: 4}, {at: 10m, "
                "min: 1, max: 3}, {at: 12m, max: 9}]}\n" TRAFFIC("1/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 300, 2, 4}, {LOG_SCALE_IN, 600, 4, 3}, {LOG_SCALE_OUT, 900, 3, 4});
    lab_close(lab);
}

/* The load of the second period is that of the first: 1.6 vCPU in the first ten minutes of each
 * half hour need 4 tasks at 40 %. */
static void predictive(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("40m") APP
                "desired: 2, min: 1, max: 9, predictive: {cpu: 40%%, period: 30m, interval: 10m, "
                "buffer: 2m}}\n" TRAFFIC("[[0s, 16/s], [10m, 4/s], [30m, 16/s]]"));
    LOGGED(lab, {LOG_SCALE_OUT, 1680, 2, 4});
    assert_string_equal(logged_first(lab)->metric, "forecast");
    lab_close(lab);
}

/* ---- memory ---- */

/* OutOfMemoryError, exit code 137: the request that needs more than the task has kills it, and all
 * that it works on. 512 MiB: 112, and 100 for each of four; the fifth is too much. */
static void out_of_memory(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("2m") "  slow: {type: delay, work: 20s}\n"
                   "  app: {type: fargate, cpu: 0.25 vCPU, memory: 512 MiB, memory_base: 112 MiB, "
                   "memory_per_request: %s, calls: [slow], provisioning: 10s, app_start: 0s}\n"
                   "traffic:\n  t: {to: app, rate: 1/min, batch: 5, arrivals: constant}\n";
    struct lab *lab = lab_run(text, "100 MiB");
    lab_equal(lab, "traffic.t.availability", 0);
    uint32_t killed = 0;
    for (const struct log_entry *entry = logged_first(lab); entry; entry = entry->next) {
        assert_non_null(strstr(entry->text, "137"));
        killed += (uint32_t)entry->count;
    }
    assert_int_equal(killed, 2); /* the one that came for it too, 60 s later */
    lab_close(lab);
    lab = lab_run(text, "80 MiB");
    lab_equal(lab, "traffic.t.availability", 1);
    assert_null(logged_first(lab));
    lab_close(lab);
}

/* ---- how tasks go ---- */

/* stop: the balancer drains first, then SIGTERM, and after stopTimeout SIGKILL: a request has
 * deregistration_delay + stop_timeout. Two tasks, each with a request that waits for so long. */
static void requests_have_time_to_end(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("2m") ADMIN("at: 61s, desired: 1") "  slow: {type: delay, work: %s}\n" APP
                                                "desired: 2, min: 1, deregistration_delay: 30s, "
                                                "stop_timeout: 20s, calls: [slow]}\n"
                                                "traffic:\n  t: {to: app, rate: 1/min, batch: 2, "
                                                "arrivals: constant}\ndrain: 10m\n";
    struct lab *lab = lab_run_with(own, 1, text, "40s");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, "115s");
    assert_true(lab_value(lab, "traffic.t.availability") < 1);
    lab_close(lab);
}

/* ---- Spot ---- */

/* CapacityProviderStrategyItem: the base first, then by weights: 2, and 1 : 3 of the other 8. */
static void base_and_weights(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1m") APP "desired: 10, capacity_provider: {base: 2, on_demand: 1, spot: 3}, "
                               "spot: {interruptions: 0/s}}\n" TRAFFIC("1/s"));
    lab_equal(lab, "services.app.running_spot_task_count", 6);
    lab_close(lab);
}

/* A two-minute warning, from which on the task drains and another one is started; a request of a
 * minute ends well, and one of three minutes fails with the task. */
static void spot_notice(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("60m") "  slow: {type: delay, work: %s}\n" APP
                    "desired: 4, capacity_provider: {on_demand: 0, spot: 1}, calls: [slow], "
                    "spot: {interruptions: 8/h}}\n" TRAFFIC("1/s");
    struct lab *lab = lab_run(text, "1m");
    lab_equal(lab, "traffic.t.availability", 1);
    /* running: each interruption, 8 an hour for a minute of draining and a minute without */
    assert_true(lab_value(lab, "services.app.pending_task_count") > 0.2);
    lab_close(lab);
    lab = lab_run(text, "3m");
    assert_true(lab_value(lab, "traffic.t.availability") < 1);
    lab_close(lab);
}

/* "Fargate doesn't replace Spot capacity with on-demand capacity" (Fargate capacity providers): no
 * zone has any, so only the base runs. */
static void spot_is_not_replaced_on_demand(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1,
                     HEAD("20m") ADMIN("at: 60s, desired: 10") APP
                     "desired: 2, max: 10, capacity_provider: {base: 2, on_demand: 0, spot: 1}, "
                     "spot: {refused: 100%%}}\n" TRAFFIC("1/s"));
    lab_equal(lab, "services.app.running_task_count", 2);
    lab_equal(lab, "services.app.desired_task_count", (2 * 60 + 10 * 1140) / 1200.0);
    lab_close(lab);
}

/* Interruptions are a Poisson process of each Spot task: 2 an hour for 50 tasks and 10 hours, each
 * replaced after the minute that a start takes (and its token). */
static void spot_interruption_rate(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 10h\nwarmup: 0s\nreplications: 8\nseed: 1\nservices:\n" APP
                "desired: 50, capacity_provider: {on_demand: 0, spot: 1}, "
                "spot: {interruptions: 2/h}}\ntraffic:\n  t: {to: app, rate: 1/min}\n");
    /* a renewal process of each place: 30 minutes in service, one starting */
    lab_expect(lab, "services.app.pending_task_count", 50 * 1 / 31.0, 0.1);
    lab_close(lab);
}

/* ---- deployments ---- */

#define DEPLOY(rest)                                                             \
    ADMIN("at: 60s")                                                             \
    APP "desired: 4, deployment: {healthy_after: 30s, " rest "}}\n" TRAFFIC("1/" \
                                                                            "s")

/* minimumHealthyPercent 100, maximumPercent 200 (the defaults): four start at 60 s (the service's
 * rate: 0.12 s apart), are in service at 120, healthy at 150 s; then the old ones stop. */
static void rolling_update(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1, HEAD("5m") DEPLOY("minimum_healthy: 100%%, maximum: 200%%"));
    LOGGED(lab, {LOG_COMMAND, 60, NAN, NAN});
    assert_string_equal(logged_first(lab)->text, "deployed");
    assert_true(llabs(logged_first(lab)->until_ns - (150 * SECOND + 36 * SECOND / 100)) <
                SECOND / 1000);
    lab_equal(lab, "services.app.pending_task_count", (4 * 60 + 0.12 * 6) / 300.0);
    lab_equal(lab, "services.app.running_task_count", (4 * 300 + 4 * 30.0) / 300);
    lab_equal(lab, "services.app.desired_task_count", 4);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
}

/* "a minimumHealthyPercent of 50 % allows the scheduler to stop two existing tasks before starting
 * two new tasks": two at 60 s; when these are healthy, at 150 s, the other two. */
static void rolling_update_in_place(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1, HEAD("5m") DEPLOY("minimum_healthy: 50%%, maximum: 100%%"));
    assert_string_equal(logged_first(lab)->text, "deployed");
    const double round_s = 60 + 30;
    const double until_s = (double)logged_first(lab)->until_ns / 1e9;
    assert_true(until_s >= 60 + 2 * round_s && until_s < 60 + 2 * round_s + 1);
    const double pending = lab_value(lab, "services.app.pending_task_count") * 300;
    assert_true(pending >= 4 * 60 && pending < 4 * 60 + 1);
    lab_close(lab);
}

/* "0.5 * desired task count", "a minimum threshold of 3 and a maximum threshold of 200"
 * (ServiceDeploymentCircuitBreaker): of ten desired the fifth failure ends it, of four the third;
 * the old tasks never went. */
static void circuit_breaker(void **state)
{
    (void)state;
    static const struct {
        int desired, failures;
    } cases[] = {{4, 3}, {6, 3}, {7, 4}, {10, 5}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run_with(own, 1,
                                       HEAD("5m") ADMIN("at: 60s") APP
                                       "desired: %d, deployment: {failure: 100%%, "
                                       "circuit_breaker: true}}\n" TRAFFIC("1/s"),
                                       cases[i].desired);
        const struct log_entry *entry = logged_first(lab);
        assert_int_equal(entry->kind, LOG_COMMAND);
        assert_non_null(strstr(entry->text, "circuit breaker"));
        int failures = 0;
        for (entry = entry->next; entry->kind == LOG_UNHEALTHY; entry = entry->next) {
            failures += (int)entry->count;
        }
        assert_int_equal(failures, cases[i].failures);
        assert_int_equal(entry->kind, LOG_COMMAND);
        assert_string_equal(entry->text, "rolled back");
        assert_null(entry->next);
        lab_equal(lab, "services.app.running_task_count", cases[i].desired);
        lab_equal(lab, "traffic.t.availability", 1);
        lab_close(lab);
    }
}

/* Without it, "the deployment ... will continue trying": failing tasks are started again. */
static void without_a_circuit_breaker(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, 1, HEAD("10m") DEPLOY("failure: 100%%"));
    assert_string_equal(logged_first(lab)->text, "rolls out");
    uint32_t failures = 0;
    for (const struct log_entry *entry = logged_first(lab)->next; entry; entry = entry->next) {
        failures += entry->kind == LOG_UNHEALTHY ? (uint32_t)entry->count : 0;
    }
    assert_in_range(failures, 4 * 8, 4 * 9); /* one a minute each */
    lab_equal(lab, "services.app.running_task_count", 4);
    lab_close(lab);
}

/* "Application Auto Scaling turns off scale-in processes while Amazon ECS deployments are in
 * progress ... However, scale-out processes continue to occur" (Troubleshooting): a deployment that
 * never ends. */
static void deployments_block_scale_in(void **state)
{
    (void)state;
    static const char text[] = HEAD("6m") ADMIN("at: 60s") APP
        "desired: 2, min: 1, max: 9, target: {cpu: 50%%}, alarm: {low_datapoints: 3}, "
        "deployment: {failure: %d%%}}\n" TRAFFIC("%s");
    struct lab *lab = lab_run_with(own, 1, text, 100, "2/s");
    for (const struct log_entry *entry = logged_first(lab); entry; entry = entry->next) {
        assert_int_not_equal(entry->kind, LOG_SCALE_IN);
    }
    lab_close(lab);
    lab = lab_run_with(own, 1, text, 0, "2/s");
    LOGGED(lab, {LOG_COMMAND, 60, NAN, NAN}, {LOG_SCALE_IN, 180, 2, 1});
    lab_close(lab);
    lab = lab_run_with(own, 1, text, 100, "16/s");
    bool out = false;
    for (const struct log_entry *entry = logged_first(lab); entry; entry = entry->next) {
        out = out || entry->kind == LOG_SCALE_OUT;
    }
    assert_true(out);
    lab_close(lab);
}

/* A second deployment gives up the first; all end with the last code. */
static void the_next_deployment_supersedes(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1, HEAD("10m") ADMIN("at: 60s, again: 30s") APP "desired: 4}\n" TRAFFIC("1/s"));
    LOGGED(lab, {LOG_COMMAND, 60, NAN, NAN}, {LOG_COMMAND, 90, NAN, NAN});
    assert_non_null(strstr(logged_first(lab)->text, "superseded"));
    assert_string_equal(logged_first(lab)->next->text, "deployed");
    lab_close(lab);
}

/* ---- failures ---- */

/* task_failure: detection, then the start of another: of a life of an hour (exponential), 10 s and
 * a minute 60 / (60 + 1/6 + 1) are good. */
static void failed_tasks_are_replaced(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nduration: 20h\nwarmup: 0s\nreplications: 8\nseed: 1\nservices:\n" APP
                "desired: 100, failure: {mtbf: exponential(1h), detection: 10s}}\n"
                "traffic:\n  t: {to: app, rate: 1/min}\n");
    lab_expect(lab, "services.app.pending_task_count", 100 / (60 + 1 / 6.0 + 1), 0.1);
    lab_close(lab);
}

/* All that may happen to tasks, at once: the asserts of the blocks hold, the counts stay within
 * their limits, and nobody waits for ever. */
static void everything_at_once(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        "archsim: 1\nduration: 20m\nwarmup: 1m\nreplications: 4\nseed: 5\nzones: 3\nservices:\n"
        "  db: {type: delay, work: exponential(200ms)}\n" ADMIN(
            "at: 2m, again: 5m") "  scale: {type: admin, app: app, at: 6m, again: 3m, desired: "
                                 "6}\n"
                                 "  app: {type: fargate, cpu: 0.5 vCPU, memory: 1 GiB, "
                                 "memory_base: 200 "
                                 "MiB, calls: [db], "
                                 "memory_per_request: %s, threads: 20, backlog: 10, desired: 4, "
                                 "min: 2, max: 12, "
                                 "work: exponential(30ms), deregistration_delay: 2s, stop_timeout: "
                                 "1s, app_start: 1s, "
                                 "target: {cpu: 50%%, memory: 50%%, requests: 600/min}, cooldown: "
                                 "{out: 60s, in: 60s}, "
                                 "steps: [{cpu_above: 80%%, amount: 3}, {memory_below: 10%%, "
                                 "amount: -1}], "
                                 "capacity_provider: {base: 1, spot: 2}, failure: {mtbf: "
                                 "exponential(5m), detection: "
                                 "uniform(0s 10s)}, spot: {interruptions: 20/h, notice: 10s, "
                                 "refused: 30%%}, "
                                 "health_check: {interval: 10s, timeout: 1s}, rebalance_delay: 5s, "
                                 "deployment: {failure: 40%%, circuit_breaker: true, "
                                 "minimum_healthy: 70%%, maximum: "
                                 "150%%}, schedule: [{at: 8m, every: 4m, min: 3, max: 10}], "
                                 "predictive: {cpu: 50%%, period: 4m, interval: 1m, buffer: 30s}}\n"
                                 "traffic:\n  t: {to: app, rate: [[0s, 40/s], [5m, 90/s], [9m, "
                                 "5/s], [12m, 120/s]], "
                                 "timeout: 3s, retry: {attempts: 2, backoff: 100ms}}\n",
        "45 MiB");
    const double answered = lab_value(lab, "traffic.t.availability");
    assert_true(answered > 0 && answered < 1);
    const double desired = lab_value(lab, "services.app.desired_task_count");
    assert_true(desired >= 2 && desired <= 12);
    const double memory = lab_value(lab, "services.app.memory_utilization");
    assert_true(memory > 200.0 / 1024 && memory <= 1);
    assert_true(lab_value(lab, "traffic.t.latency.max") <= 3 + 3 + 0.1 + 1e-6);
    lab_close(lab);
}

/* Behind an alb: new tasks are checked by the balancer before they get requests. */
static void behind_a_balancer(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10m") "  lb: {type: alb, targets: [app]}\n" APP
                            "desired: 2, max: 9, target: {cpu: 50%%}}\n"
                            "traffic:\n  t: {to: lb, rate: 16/s, arrivals: constant}\n");
    assert_int_equal(logged_first(lab)->kind, LOG_SCALE_OUT);
    for (const struct log_entry *entry = logged_first(lab)->next; entry; entry = entry->next) {
        assert_int_equal(entry->kind, LOG_HEALTHY); /* by the balancer */
        assert_true(entry->at_ns > 240 * SECOND);
    }
    lab_equal(lab, "traffic.t.availability", 1);
    assert_true(lab_value(lab, "services.lb.healthy_host_count") <
                lab_value(lab, "services.app.running_task_count"));
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_after_three_minutes),
        cmocka_unit_test(cpu_is_shared),
        cmocka_unit_test(account_bucket),
        cmocka_unit_test(services_share_the_bucket),
        cmocka_unit_test(service_rate),
        cmocka_unit_test(an_administrator_is_free_of_the_scalers),
        cmocka_unit_test(in_after_fifteen_minutes),
        cmocka_unit_test(cooldown_between_scale_ins),
        cmocka_unit_test(cooldown_of_scale_out),
        cmocka_unit_test(memory_is_tracked),
        cmocka_unit_test(requests_are_tracked),
        cmocka_unit_test(steps),
        cmocka_unit_test(schedule),
        cmocka_unit_test(predictive),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(requests_have_time_to_end),
        cmocka_unit_test(base_and_weights),
        cmocka_unit_test(spot_notice),
        cmocka_unit_test(spot_is_not_replaced_on_demand),
        cmocka_unit_test(spot_interruption_rate),
        cmocka_unit_test(rolling_update),
        cmocka_unit_test(rolling_update_in_place),
        cmocka_unit_test(circuit_breaker),
        cmocka_unit_test(without_a_circuit_breaker),
        cmocka_unit_test(deployments_block_scale_in),
        cmocka_unit_test(the_next_deployment_supersedes),
        cmocka_unit_test(failed_tasks_are_replaced),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(behind_a_balancer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
