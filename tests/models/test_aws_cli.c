/* Rules of automation. Sources: [L] Lambda developer guide, quotas: control plane requests, "15
 * requests per second across all APIs", "cannot be increased"; [E] EC2 API reference, request
 * throttling: RunInstances, a bucket of 5 that refills 2 a second; [R] AWS CLI user guide, retries,
 * standard mode: "3 call attempts", a base factor of 2, at most 20 seconds; conflicts are not in
 * the list of errors that are retried; [S] AWS SDKs reference: 500 tokens, 5 a retry; [F] facts,
 * aws_cli_automation. A toy stands for what is changed: it refuses values above 9. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

/* ---- knob: remembers the last value and when it was set, of each control ---- */

enum { KNOB_CONTROLS = 4 };
struct knob {
    double value[KNOB_CONTROLS];
    double at_s[KNOB_CONTROLS];
    uint64_t commands;
};
static const char *const knob_controls[] = {"code", "desired", "reserved_concurrency",
                                            "provisioned_concurrency", NULL};
static const struct metric knob_metrics[] = {
    {"code", QUANTITY_COUNT, METRIC_VALUE, "."},
    {"desired", QUANTITY_COUNT, METRIC_VALUE, "."},
    {"reserved", QUANTITY_COUNT, METRIC_VALUE, "."},
    {"provisioned", QUANTITY_COUNT, METRIC_VALUE, "."},
    {"code_at", QUANTITY_TIME, METRIC_VALUE, "."},
    {"desired_at", QUANTITY_TIME, METRIC_VALUE, "."},
    {"reserved_at", QUANTITY_TIME, METRIC_VALUE, "."},
    {"provisioned_at", QUANTITY_TIME, METRIC_VALUE, "."},
    {"commands", QUANTITY_COUNT, METRIC_VALUE, "."},
};

static void knob_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static bool knob_control(struct world *w, struct service *s, uint32_t control, double value)
{
    struct knob *knob = s->state;
    knob->commands++;
    if (value > 9) {
        return false;
    }
    knob->value[control] = value;
    knob->at_s[control] = (double)(core_now(s->core) - world_origin(w)) / 1e9;
    return true;
}

static void knob_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct knob *knob = s->state;
    for (int i = 0; i < KNOB_CONTROLS; i++) {
        own[i].value = knob->value[i];
        own[KNOB_CONTROLS + i].value = knob->at_s[i];
    }
    own[2 * KNOB_CONTROLS].value = (double)knob->commands;
}

static const struct model knob_model = {
    .info = {.name = "knob",
             .title = "is set",
             .text = "for tests",
             ROWS(metrics, knob_metrics),
             .controls = knob_controls},
    .state_size = sizeof(struct knob),
    .arrive = knob_arrive,
    .control = knob_control,
    .observe = knob_observe,
};
static const struct model *const models[] = {&knob_model};

#define HEAD(duration)                                              \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 10s\n" \
    "replications: 2\nseed: 5\n"
#define IDLE "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"

static uint32_t logged(const struct lab *lab, enum log_kind kind, const char *metric)
{
    uint32_t count = 0;
    for (const struct log_entry *e = lab->experiment.replications[0].log; e != NULL; e = e->next) {
        count += e->kind == kind && strcmp(e->metric, metric) == 0;
    }
    return count;
}

/* At 60 s, after a start-up of 600 ms, each makes one request of 100 ms: the change is there at
 * 60.7 s; with every and times 3 of them, one a minute, the last at 180.7 s. */
static void schedules_change_services(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("10m") "services:\n  k: {type: knob}\n"
                    "  ops:\n    type: aws_cli\n    startup: 600ms\n    latency: 100ms\n"
                    "    commands:\n"
                    "      - {name: deploy, update_code: k, at: 60s, every: 60s, times: 3}\n"
                    "      - {name: grow, set_desired: k, to: 5, at: 60s}\n"
                    "      - {name: hold, set_reserved_concurrency: k, to: 7, at: 90s, "
                    "jitter: uniform(10s 20s)}\n"
                    "      - {name: warm, set_provisioned_concurrency: k, to: 9, at: 120s}\n" IDLE);
    lab_equal(lab, "services.k.desired", 5);
    lab_equal(lab, "services.k.reserved", 7);
    lab_equal(lab, "services.k.provisioned", 9);
    lab_equal(lab, "services.k.commands", 6);
    lab_near(lab, "services.k.desired_at", 60.7, 1e-6);
    lab_near(lab, "services.k.code_at", 180.7, 1e-6);
    lab_near(lab, "services.k.reserved_at", 105.7, 5.1);
    lab_near(lab, "services.k.provisioned_at", 120.7, 1e-6);
    lab_equal(lab, "services.ops.call_count", 6);
    lab_equal(lab, "services.ops.succeeded_commands", 6);
    lab_equal(lab, "services.ops.command_latency.max", 0.7);
    assert_int_equal(logged(lab, LOG_COMMAND, "deploy"), 3);
    assert_int_equal(logged(lab, LOG_COMMAND, "grow"), 1);
    lab_close(lab);
}

/* [E] 20 RunInstances at once: a bucket of 5, and no retries: 5 pass. Two seconds later 4 more. */
static void run_instances_has_a_bucket_of_five(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("60s") "services:\n  k: {type: knob}\n"
                    "  ops: {type: aws_cli, startup: 0s, attempts: 1, latency: 100ms, commands: "
                    "[{name: launch, set_desired: k, to: 3, api: run_instances}]}\n"
                    "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"
                    "  t: {to: ops.launch, arrivals: constant, batch: 20, "
                    "rate: [[0s, 0/s], [10s, 0.5/s], [14s, 0/s]]}\n");
    lab_equal(lab, "services.ops.call_count", 40);
    lab_equal(lab, "services.ops.throttled_requests", 40 - 5 - 4);
    lab_equal(lab, "services.ops.failed_commands", 40 - 5 - 4);
    lab_equal(lab, "services.k.commands", 9);
    lab_equal(lab, "traffic.t.errors.throttled", 31 / 40.0);
    assert_int_equal(logged(lab, LOG_THROTTLING, "run_instances requests"), 1);
    lab_close(lab);
}

/* [L] 15 a second of all functions together, and of all aws_cli services: of 2 x 20/s for 100 s the
 * bucket lets 15 + 15 x 100 pass. */
static void lambda_control_plane_is_shared(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("101s") "services:\n  k: {type: knob}\n"
                     "  a: {type: aws_cli, startup: 0s, attempts: 1, commands: "
                     "[{name: deploy, update_code: k, api: lambda}]}\n"
                     "  b: {type: aws_cli, startup: 0s, attempts: 1, commands: "
                     "[{name: hold, set_reserved_concurrency: k, to: 1, api: lambda}]}\n"
                     "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"
                     "  ta: {to: a.deploy, arrivals: constant, rate: [[0s, 0/s], [1s, 20/s]]}\n"
                     "  tb: {to: b.hold, arrivals: constant, rate: [[0s, 0/s], [1s, 20/s]]}\n");
    const double passed = lab_value(lab, "services.a.call_count") +
                          lab_value(lab, "services.b.call_count") -
                          lab_value(lab, "services.a.throttled_requests") -
                          lab_value(lab, "services.b.throttled_requests");
    if (!(fabs(passed - 1515) <= 2)) {
        fail_msg("%.9g passed", passed);
    }
    lab_close(lab);
}

/* [R] A command that is always throttled makes 3 attempts, after waits of half a second and of one
 * second on average (full jitter of 1 and 2 s). The first of 599 finds the one token. */
static void standard_mode_makes_three_attempts(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("600s") "quotas: {aws_cli: {run_instances: {rate: 1/day, burst: 1}}}\n"
                     "services:\n  k: {type: knob}\n"
                     "  ops: {type: aws_cli, startup: 0s, latency: 0s, commands: "
                     "[{name: launch, set_desired: k, to: 3, api: run_instances}]}\n"
                     "  script: {type: delay, calls: [{call: ops.launch, optional: true}]}\n"
                     "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"
                     "  t: {to: script, arrivals: constant, rate: [[0s, 0/s], [1s, 1/s]]}\n");
    lab_equal(lab, "services.ops.call_count", 1 + 3 * 598);
    lab_equal(lab, "services.ops.retries", 2 * 598);
    lab_equal(lab, "services.ops.succeeded_commands", 1);
    lab_equal(lab, "services.ops.failed_commands", 598);
    /* six standard errors of a sum of two uniforms, over 2 x 598; the first takes no time */
    lab_near(lab, "services.script.latency.mean", 1.5 * 598 / 599,
             6 * sqrt((1 + 4) / 12.0 / (2 * 598)));
    assert_true(lab_value(lab, "services.script.latency.max") <= 3);
    lab_close(lab);
}

/* [S] One SDK client has 500 tokens for all its commands: in vain they pay for 100 retries; and [R]
 * a process of its own has its own 500, as many as there are processes. */
static void sdk_client_runs_out_of_retries(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("600s") "quotas: {aws_cli: {run_instances: {rate: 1/day, burst: 1}}}\n"
                     "services:\n  k: {type: knob}\n"
                     "  ops: {type: aws_cli, client: sdk, latency: 0s, commands: "
                     "[{name: launch, set_desired: k, to: 3, api: run_instances}]}\n"
                     "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"
                     "  t: {to: ops.launch, arrivals: constant, rate: [[0s, 0/s], [1s, 1/s]]}\n");
    /* the first command finds the token, and gives back one to a full bucket */
    lab_equal(lab, "services.ops.succeeded_commands", 1);
    lab_equal(lab, "services.ops.retries", 100);
    lab_close(lab);
}

/* [R] A conflict (ResourceConflictException) is no error that is retried: one attempt, `failed`;
 * unless the script says so. */
static void conflicts_are_not_retried(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("100s") "services:\n  k: {type: knob}\n"
                     "  ops: {type: aws_cli, commands: [{name: much, set_desired: k, to: 10}]}\n"
                     "  more: {type: aws_cli, retry_conflicts: true, commands: "
                     "[{name: much, set_desired: k, to: 10, at: 10s, every: 10s, times: 5}]}\n"
                     "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"
                     "  t: {to: ops.much, arrivals: constant, rate: [[0s, 0/s], [10s, 1/s], "
                     "[20s, 0/s]]}\n");
    lab_equal(lab, "services.ops.conflicts", 10);
    lab_equal(lab, "services.ops.call_count", 10);
    lab_equal(lab, "services.ops.failed_commands", 10);
    lab_equal(lab, "traffic.t.errors.failed", 1);
    lab_equal(lab, "services.more.conflicts", 15);
    lab_equal(lab, "services.more.failed_commands", 5);
    lab_close(lab);
}

/* Without `api` the type of the named service says whose bucket it is: a second command to a group
 * finds the one token gone, as does one of another aws_cli. */
static void type_says_which_control_plane(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "100s") "quotas: {aws_cli: {auto_scaling: {rate: 1/day, burst: 1}}}\n"
                "services:\n  group: {type: auto_scaling_group, min: 1, max: 9, app_start: 1s}\n"
                "  ops: {type: aws_cli, attempts: 1, commands: "
                "[{name: grow, set_desired: group, to: 4, at: 10s},"
                " {name: more, set_desired: group, to: 6, at: 20s}]}\n"
                "  others: {type: aws_cli, attempts: 1, commands: "
                "[{name: less, set_desired: group, to: 2, at: 30s}]}\n"
                "traffic:\n  t: {to: group, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.ops.succeeded_commands", 1);
    lab_equal(lab, "services.ops.throttled_requests", 1);
    lab_equal(lab, "services.others.failed_commands", 1);
    lab_near(lab, "services.group.group_desired_capacity", 1 * 0.107 + 4 * 0.893, 0.02);
    lab_close(lab);
}

/* A `call` takes no quota; its answer is the command's, and throttling is retried. A scheduled one
 * is sent and forgotten. */
static void commands_call_services(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("100s") "services:\n  k: {type: knob}\n"
                     "  fn: {type: delay, work: 300ms}\n"
                     "  gate: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                     "  ops:\n    type: aws_cli\n    startup: 600ms\n    latency: 100ms\n"
                     "    commands:\n      - {name: invoke, call: fn, at: 20s}\n"
                     "      - {name: knock, call: gate}\n"
                     "traffic:\n  idle: {to: gate, arrivals: constant, rate: 1/s}\n"
                     "  t: {to: ops.invoke, arrivals: constant, rate: [[0s, 0/s], [10s, 1/s], "
                     "[20s, 0/s]]}\n"
                     "  u: {to: ops.knock, arrivals: constant, rate: [[0s, 0/s], [10s, 1/s], "
                     "[20s, 0/s]]}\n"
                     "  v: {to: k, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "traffic.t.latency.mean", 1);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.ops.succeeded_commands", 11);
    lab_equal(lab, "traffic.u.errors.throttled", 1);
    lab_equal(lab, "services.ops.retries", 20);
    lab_equal(lab, "services.ops.throttled_requests", 30);
    lab_equal(lab, "services.ops.call_count", 11 + 30);
    lab_close(lab);
}

/* [F] "A shell loop is about 1 to 2 calls a second per worker": 1 / (0.65 + 0.1) of one that looks
 * again and again. */
static void shell_loop_makes_one_to_two_calls_a_second(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(models, 1,
                     HEAD("{1000s}") "services:\n  ops: {type: aws_cli, latency: 100ms}\n"
                                     "traffic:\n  loop: {to: ops.describe, users: 1, think: 0s}\n");
    lab_near(lab, "traffic.loop.throughput", 1 / 0.75, 0.05);
    lab_close(lab);
}

/* A caller that gives up withdraws its command: nothing is changed any more. */
static void withdrawn_commands_change_nothing(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD("100s") "services:\n  k: {type: knob}\n"
                     "  ops: {type: aws_cli, startup: 600ms, latency: 100ms, commands: "
                     "[{name: grow, set_desired: k, to: 3}]}\n"
                     "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"
                     "  t: {to: ops.grow, arrivals: constant, rate: 1/s, timeout: 650ms, "
                     "cancel: true}\n");
    lab_equal(lab, "services.k.commands", 0);
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.ops.call_count", 100);
    lab_equal(lab, "services.ops.succeeded_commands", 0);
    lab_close(lab);
}

/* Who asked waits a little longer than the first attempt and passes that deadline on: the second,
 * some seconds later, is not made. */
static void nothing_is_tried_again_after_the_deadline(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD(
            "60s") "services:\n  k: {type: knob}\n  slow: {type: delay, work: 30s}\n"
                   "  ops: {type: aws_cli, startup: 0s, timeout: 3s, attempts: 2, backoff: {first: "
                   "10s, cap: 10s}, commands: [{name: ask, call: slow}]}\n"
                   "traffic:\n  idle: {to: k, arrivals: constant, rate: 1/s}\n"
                   "  t: {to: ops.ask, arrivals: constant, rate: [[0s, 1/s], [30s, 0/s]], "
                   "timeout: 3001ms, deadline: pass}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.slow.arrivals", 30 / 60.0); /* a second */
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_change_services),
        cmocka_unit_test(run_instances_has_a_bucket_of_five),
        cmocka_unit_test(lambda_control_plane_is_shared),
        cmocka_unit_test(standard_mode_makes_three_attempts),
        cmocka_unit_test(sdk_client_runs_out_of_retries),
        cmocka_unit_test(conflicts_are_not_retried),
        cmocka_unit_test(type_says_which_control_plane),
        cmocka_unit_test(commands_call_services),
        cmocka_unit_test(shell_loop_makes_one_to_two_calls_a_second),
        cmocka_unit_test(withdrawn_commands_change_nothing),
        cmocka_unit_test(nothing_is_tried_again_after_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
