/* The rules of AWS Lambda, each with its source, and mostly with constant gaps and times, so that
 * what follows is exact. PLAIN takes away what varies: the invoke path's overhead, the placement of
 * an environment, and the slower first run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/lambda_tables.h"
#include "sim/engine/samples.h"
#include "sim/kernel/log.h"
#include "tests/support/lab.h"

#define HEAD(duration, warmup)                                                     \
    "archsim: 1\nname: lambda\nseed: 5\nreplications: 2\nduration: " duration "\n" \
    "warmup: " warmup "\n"
#define PLAIN                                                                                     \
    "type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, first_run: {factor: 1, extra: " \
    "0s}"
#define QUOTAS "quotas: {lambda: {concurrency: 1M}}\n"

static void assert_near(double found, double exact, double tolerance)
{
    if (!(fabs(found - exact) <= tolerance)) {
        fail_msg("%.9g is not %.9g +- %g", found, exact, tolerance);
    }
}

static const struct log_entry *first_entry(const struct lab *lab, enum log_kind kind,
                                           const char *metric)
{
    const struct log_entry *entry = lab->experiment.replications[0].log;
    while (entry != NULL && (entry->kind != kind || strcmp(entry->metric, metric) != 0)) {
        entry = entry->next;
    }
    return entry;
}

/* ---- scaling ---- */

/* "In each AWS Region, and for each function, your concurrency scaling rate is 1,000 execution
 * environment instances every 10 seconds ... refill continuously ... at any instant in time, your
 * scaling rate is always 1,000 concurrency units at maximum" (Lambda Developer Guide, Lambda
 * scaling behavior): 1,000 at once from a full bucket, 100 a second after; each function has its
 * own. */
static void test_a_thousand_at_once_then_a_hundred_a_second(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("20s", "0s") QUOTAS "drain: 2m\nservices:\n"
                                         "  f: {" PLAIN ", init: 1s, work: 60s, timeout: 5m}\n"
                                         "  g: {" PLAIN ", init: 1s, work: 60s, timeout: 5m}\n"
                                         "traffic:\n  t: {to: f, rate: 2k/s, arrivals: constant}\n"
                                         "  u: {to: g, rate: 1500/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.capacity.max"), 1000 + 100 * 20, 1);
    assert_near(lab_value(lab, "services.g.capacity.max"), 1000 + 100 * 20, 1);
    assert_near(lab_value(lab, "services.f.throttles"), 2000 * 20 - 3000, 2);
    assert_near(lab_value(lab, "traffic.t.errors.throttled"), 1 - 3000. / 40000, 1e-4);
    assert_near(lab_value(lab, "services.f.concurrent_executions"), 3000, 1);
    const struct log_entry *throttled = first_entry(lab, LOG_THROTTLING, "scaling rate");
    assert_non_null(throttled);
    const struct log_entry *out = first_entry(lab, LOG_SCALE_OUT, "concurrent_executions");
    assert_non_null(out);
    assert_true(out->from == 0 && out->to >= 2999); /* it goes on after the window */
    assert_true(out->value == 1 && out->threshold == 0);
    assert_int_equal(out->delay_ns, INT64_C(1000000000));
    lab_close(lab);
}

/* "Lambda doesn't accrue unused portions": after a quiet minute it is a thousand at once again. */
static void test_unused_scaling_does_not_add_up(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10s", "1m") QUOTAS
                "drain: 2m\nservices:\n"
                "  f: {" PLAIN ", init: 1s, work: 60s, timeout: 5m}\n"
                "traffic:\n  t: {to: f, arrivals: constant, rate: [[0s, 0/s], [5s, 4k/s]]}\n");
    assert_near(lab_value(lab, "services.f.capacity.max"), 1000 + 100 * 5, 1);
    lab_close(lab);
}

/* ---- concurrency ---- */

/* "By default, Lambda provides your account with a total concurrency limit of 1,000 concurrent
 * executions across all functions in an AWS Region" (Understanding Lambda function scaling). */
static void test_the_account_s_concurrency_is_shared(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("60s", "10s") "services:\n"
                                   "  f: {" PLAIN ", init: 0s, work: 2s}\n"
                                   "  g: {" PLAIN ", init: 0s, work: 2s}\n"
                                   "traffic:\n  t: {to: f, rate: 400/s, arrivals: constant}\n"
                                   "  u: {to: g, rate: 400/s, arrivals: constant}\n");
    /* 800/s of 2 s each: 1,000 of 1,600 fit; 500/s are served */
    assert_near(lab_value(lab, "services.f.busy.mean") + lab_value(lab, "services.g.busy.mean"),
                1000, 3);
    assert_near(lab_value(lab, "services.f.throughput") + lab_value(lab, "services.g.throughput"),
                500, 2);
    assert_non_null(first_entry(lab, LOG_THROTTLING, "account concurrency"));
    lab_close(lab);
}

/* "When a function has reserved concurrency, no other function can use that concurrency ... also
 * preventing it from scaling beyond that limit" (Configuring reserved concurrency). */
static void test_reserved_concurrency_is_kept_and_is_a_limit(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("60s", "10s") "quotas: {lambda: {concurrency: 100, unreserved: 0}}\nservices:\n"
                           "  f: {" PLAIN ", init: 0s, work: 2s, reserved_concurrency: 30}\n"
                           "  g: {" PLAIN ", init: 0s, work: 2s}\n"
                           "traffic:\n  t: {to: f, rate: 40/s, arrivals: constant}\n"
                           "  u: {to: g, rate: 100/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.busy.max", 30); /* 80 are wanted */
    lab_equal(lab, "services.g.busy.max", 70); /* 200 are wanted, 100 - 30 are left */
    assert_near(lab_value(lab, "services.f.throughput"), 15, 0.5);
    assert_non_null(first_entry(lab, LOG_THROTTLING, "reserved concurrency"));
    lab_close(lab);
    lab = lab_run(
        HEAD("60s", "10s") "quotas: {lambda: {concurrency: 100, unreserved: 0}}\nservices:\n"
                           "  f: {" PLAIN ", init: 0s, work: 2s, reserved_concurrency: 30}\n"
                           "  g: {" PLAIN ", init: 0s, work: 2s}\n"
                           "traffic:\n  t: {to: f, rate: 14/s, arrivals: constant}\n"
                           "  u: {to: g, rate: 100/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.throttles", 0); /* whatever g does */
    lab_close(lab);
}

/* What the results call used is of the window: in the warm-up 2/s initialise for 10 s, 20 at a
 * time; then one run of 100 ms at a time, of the 40 that are reserved. */
static void test_use_is_that_of_the_window(void **state)
{
    (void)state;
    (void)lambda_measure;
    struct lab *lab = lab_run(
        HEAD("100s", "60s") "services:\n"
                            "  f: {" PLAIN ", init: 10s, work: 100ms, reserved_concurrency: 40}\n"
                            "traffic:\n"
                            "  t: {to: f, arrivals: constant, rate: [[0s, 2/s], [50s, 2/s]]}\n");
    const double *used = lab->experiment.replications[0].used;
    assert_near(used[USED_RESOURCE + LAMBDA_RESERVED_CONCURRENCY], 1. / 40, 1e-9);
    lab_close(lab);
}

/* A reserved concurrency of 0 switches a function off (Configuring reserved concurrency). */
static void test_reserving_nothing_switches_off(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("60s", "10s") "services:\n  f: {" PLAIN ", reserved_concurrency: 0}\n"
                                   "traffic:\n  t: {to: f, rate: 10/s}\n");
    lab_equal(lab, "traffic.t.errors.throttled", 1);
    lab_close(lab);
}

/* "Lambda enforces a requests per second limit that's equal to 10 times your account concurrency":
 * with 10, 100/s and, here, a second's worth at once. */
static void test_ten_requests_a_second_for_each_unit_of_concurrency(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s", "0s") "quotas: {lambda: {concurrency: 10, unreserved: 0}}\nservices:\n"
                                   "  f: {" PLAIN ", init: 0s, work: 1ms}\n"
                                   "traffic:\n  t: {to: f, rate: 200/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.throttles"), 20000 - (100 + 100 * 100), 2);
    assert_non_null(first_entry(lab, LOG_THROTTLING, "account requests"));
    lab_close(lab);
    lab = lab_run(HEAD("100s", "0s") "services:\n"
                                     "  f: {" PLAIN
                                     ", init: 0s, work: 1ms, reserved_concurrency: 5}\n"
                                     "traffic:\n  t: {to: f, rate: 200/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.throttles"), 20000 - (50 + 50 * 100), 2);
    lab_close(lab);
}

/* "Invocation requests per function per Region (asynchronous): each instance of your execution
 * environment can serve an unlimited number of requests ... the total invocation limit is based
 * only on concurrency available" (Lambda quotas): the same load of events is not throttled. */
static void test_asynchronous_events_have_no_request_rate(void **state)
{
    (void)state;
    const char *const text =
        HEAD("100s", "0s") "quotas: {lambda: {concurrency: 10, unreserved: 0}}\nservices:\n"
                           "  app: {type: delay, calls: [{async: f}]}\n"
                           "  f: {" PLAIN ", init: 0s, work: 1ms%s}\n"
                           "traffic:\n  t: {to: app, rate: 200/s, arrivals: constant}\n";
    struct lab *lab = lab_run(text, "");
    lab_equal(lab, "services.f.throttles", 0);
    lab_close(lab);
    lab = lab_run(text, ", reserved_concurrency: 5");
    lab_equal(lab, "services.f.throttles", 0);
    lab_close(lab);
}

/* ---- provisioned concurrency ---- */

/* "Requests up to P start on initialised environments; function-orange runs out of provisioned
 * concurrency ... Lambda must create new instances to serve these requests" (Understanding Lambda
 * function scaling). 50/s of 1 s: 10 are provisioned, 40 spill over. */
static void test_provisioned_concurrency_spills_over(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("100s", "10s") "services:\n"
                            "  f: {" PLAIN ", init: 0s, work: 1s, provisioned_concurrency: 10}\n"
                            "traffic:\n  t: {to: f, rate: 50/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.provisioned_concurrency_invocations"), 1000, 10);
    assert_near(lab_value(lab, "services.f.provisioned_concurrency_spillover_invocations"), 4000,
                10);
    assert_near(lab_value(lab, "services.f.provisioned_concurrency_utilization"), 1, 0.01);
    lab_equal(lab, "services.f.cold_start_ratio", 0);
    lab_close(lab);
    lab = lab_run(HEAD("100s", "0s") "services:\n"
                                     "  f: {" PLAIN
                                     ", init: 1s, work: 100ms, provisioned_concurrency: 10}\n"
                                     "traffic:\n  t: {to: f, rate: 50/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.cold_start_ratio", 0);
    lab_equal(lab, "services.f.latency.max", 0.1);
    lab_equal(lab, "services.f.capacity.max", 10);
    assert_near(lab_value(lab, "services.f.provisioned_concurrency_utilization"), 0.5, 0.001);
    lab_close(lab);
}

/* "Suppose you have a function that has a provisioned concurrency allocation of 10. This function
 * spills over into on-demand concurrency after 10 concurrency or 100 requests per second, whichever
 * happens first" (the same page). */
static void test_provisioned_concurrency_spills_over_by_requests(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("100s", "0s") "services:\n"
                           "  f: {" PLAIN ", init: 0s, work: 1ms, provisioned_concurrency: 10}\n"
                           "traffic:\n  t: {to: f, rate: 200/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.provisioned_concurrency_invocations"), 100 + 100 * 100,
                2);
    lab_equal(lab, "services.f.throttles", 0);
    lab_close(lab);
}

/* "Both reserved concurrency and provisioned concurrency count towards your account concurrency
 * limit" (the same page), used or not. */
static void test_provisioned_concurrency_counts_in_the_account(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("60s", "10s") "quotas: {lambda: {concurrency: 20}}\nservices:\n"
                                   "  f: {" PLAIN ", provisioned_concurrency: 15}\n"
                                   "  g: {" PLAIN ", init: 0s, work: 2s}\n"
                                   "traffic:\n  t: {to: g, rate: 10/s, arrivals: constant}\n");
    lab_equal(lab, "services.g.busy.max", 5);
    lab_equal(lab, "services.f.capacity.mean", 15);
    lab_close(lab);
}

/* "All invocations run on provisioned concurrency" where it equals the reserved concurrency. */
static void test_all_that_is_reserved_is_provisioned(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("60s", "10s") "services:\n"
                           "  f: {" PLAIN ", init: 1s, work: 2s, provisioned_concurrency: 5, "
                           "reserved_concurrency: 5}\n"
                           "traffic:\n  t: {to: f, rate: 10/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.busy.max", 5);
    lab_equal(lab, "services.f.capacity.max", 5);
    lab_equal(lab, "services.f.provisioned_concurrency_spillover_invocations", 0);
    lab_close(lab);
}

/* Until it is there, what is reserved serves on demand: it "sets both the maximum and minimum
 * number of concurrent instances" (Configuring provisioned concurrency). 10/s of 400 ms; from 60 +
 * 90 s on five are provisioned. */
static void test_what_is_to_be_provisioned_serves_until_then(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("300s", "10s") "services:\n"
                            "  f: {" PLAIN ", init: 0s, work: 400ms, provisioned_concurrency: 5, "
                            "reserved_concurrency: 5, provisioned: {at: 60s}}\n"
                            "traffic:\n  t: {to: f, rate: 10/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.throttles", 0);
    lab_equal(lab, "services.f.busy.max", 4);
    assert_near(lab_value(lab, "services.f.provisioned_concurrency_invocations"), 1500, 3);
    lab_close(lab);
}

/* "Lambda starts allocating provisioned concurrency after a minute or two of preparation ... up to
 * 6,000 execution environments every minute ... you can't access any of those environments until
 * Lambda completely finishes allocating them" (the same page): 600 asked for at 60 s are there at
 * 60 + 90 + 6 s. Until then each request, whose environment is reclaimed at once, is cold. */
static void test_provisioned_concurrency_takes_its_time(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "200s", "10s") "services:\n"
                       "  f: {" PLAIN
                       ", init: 100ms, work: 0s, idle_timeout: 0s, provisioned_concurrency: 600, "
                       "provisioned: {at: 60s}}\n"
                       "traffic:\n  t: {to: f, rate: 10/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.cold_start_ratio"), 156. / 200, 1e-3);
    assert_near(lab_value(lab, "services.f.provisioned_concurrency_invocations"), 440, 1);
    const struct log_entry *entry = first_entry(lab, LOG_SCALE_OUT, "provisioned_concurrency");
    assert_non_null(entry);
    assert_int_equal(entry->at_ns, INT64_C(70000000000));
    assert_int_equal(entry->delay_ns, INT64_C(96000000000));
    assert_true(entry->to - entry->from == 600);
    lab_close(lab);
}

/* ---- time ---- */

/* "At 1,769 MB, a function has the equivalent of one vCPU", in proportion to memory (Configure
 * Lambda function memory). */
static void test_memory_is_cpu(void **state)
{
    (void)state;
    const struct {
        const char *given;
        double latency_s;
    } cases[] = {
        {"memory: 1769 MiB", 0.1},
        {"memory: 128 MiB", 0.1 * 1769 / 128},
        {"memory: 512 MiB", 0.1 * 1769 / 512},
        {"memory: 3538 MiB", 0.1}, /* one thread gains nothing */
        {"memory: 3538 MiB, threads: 2", 0.05},
        {"memory: 3538 MiB, threads: 1.5", 0.1 / 1.5},
        {"memory: 1 GiB, threads: 6", 0.1 * 1769 / 1024},
        {"memory: 2 GiB, work_memory: 1 GiB", 0.1 * 1024 / 1769},
        {"memory: 512 MiB, work_memory: 1 GiB", 0.2},
        {"memory: 512 MiB, work_memory: 512 MiB", 0.1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("100s", "10s") "services:\n"
                                        "  f: {type: lambda, overhead: 5ms, init: 0s, first_run: "
                                        "{factor: 1}, work: 40ms, "
                                        "%s, calls: [{work: 50ms}, "
                                        "{wait: 10ms}, {work: 10ms}]}\n"
                                        "traffic:\n  t: {to: f, users: 1, think: 1s}\n",
                    cases[i].given);
        lab_equal(lab, "services.f.latency.max", cases[i].latency_s + 0.015);
        lab_equal(lab, "services.f.duration.mean", cases[i].latency_s + 0.010);
        lab_close(lab);
    }
}

/* A cold start is placement, init of the runtime and of the function, then a slower first run; the
 * next request on the environment has none of it. Requests come 10 s apart, on environments that
 * are reclaimed after 5 s, or stay. */
static void test_a_cold_start_adds_up(void **state)
{
    (void)state;
    const double cold = 0.1 + 0.2 + 0.3 + 2 * 0.010 + 0.040;
    const char *const text =
        HEAD("1000s", "100s") "services:\n"
                              "  f: {type: lambda, memory: 1769 MiB, overhead: 1ms, placement: "
                              "100ms, init: 200ms, "
                              "app_init: 300ms, first_run: {factor: 3, extra: 40ms}, work: 10ms, "
                              "idle_timeout: %s}\n"
                              "traffic:\n  t: {to: f, rate: 0.1/s, arrivals: constant}\n";
    struct lab *lab = lab_run(text, "5s");
    lab_equal(lab, "services.f.cold_start_ratio", 1);
    lab_equal(lab, "services.f.cold_start.mean", cold);
    lab_equal(lab, "services.f.init_duration.mean", 0.5);
    lab_equal(lab, "services.f.latency.mean", cold + 0.011);
    lab_equal(lab, "services.f.duration.mean", 0.010 + 0.020 + 0.040);
    lab_equal(lab, "services.f.wait.mean", 0); /* cold starts are not in it */
    lab_close(lab);
    lab = lab_run(text, "1h");
    lab_equal(lab, "services.f.cold_start_ratio", 0);
    lab_equal(lab, "services.f.latency.mean", 0.011);
    lab_close(lab);
}

/* A busy environment is not waited for: two requests at once are two environments. */
static void test_nobody_waits_for_a_busy_environment(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s", "10s") "services:\n"
                                    "  app: {type: delay, calls: [{parallel: [f, f, f]}]}\n"
                                    "  f: {" PLAIN ", init: 2s, work: 10ms}\n"
                                    "traffic:\n  t: {to: app, users: 1, think: 1s}\n");
    lab_equal(lab, "services.f.capacity.mean", 3);
    lab_equal(lab, "services.f.busy.max", 3);
    lab_equal(lab, "traffic.t.latency.max", 0.01);
    lab_close(lab);
}

/* The last used serves first, so that those of a peak go idle and are reclaimed. 100 of them at
 * 100/s of 1 s, until 10 s; then one request a second. */
static void test_the_last_used_serves_first(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "1000s",
        "0s") "services:\n"
              "  f: {" PLAIN ", init: 0s, work: 1s, idle_timeout: 300s}\n"
              "traffic:\n  t: {to: f, arrivals: constant, rate: [[0s, 100/s], [10s, 0.5/s]]}\n");
    assert_near(lab_value(lab, "services.f.capacity.max"), 100, 1);
    assert_near(lab_value(lab, "services.f.capacity.mean"), (100 * 310.5 + 689.5) / 1000, 0.5);
    const struct log_entry *in = first_entry(lab, LOG_SCALE_IN, "concurrent_executions");
    assert_non_null(in);
    assert_true(fabs(in->from - 100) <= 1 && in->to == 1);
    assert_true(in->value <= 1 && in->threshold == in->from);
    lab_close(lab);
}

/* An environment is recycled at an age of about two hours (facts, environment_lifetime): here at
 * 60 s, with a request a second: the one at 60 s is its 61st and last. */
static void test_old_environments_are_recycled(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("6100s", "0s") "services:\n"
                                    "  f: {" PLAIN ", init: 0s, work: 0s, max_age: 60s}\n"
                                    "traffic:\n  t: {to: f, rate: 1/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.cold_start_ratio"), 1. / 61, 1e-4);
    lab_close(lab);
}

/* "If the Lambda function crashes or times out during the Invoke phase, Lambda resets the execution
 * environment ... Lambda initializes the runtime and extensions as part of the next invocation"
 * (Lambda execution environment lifecycle). Slow runs 3 s and is cut, the next initialises again,
 * in its run; the one after that is warm. */
static void test_a_timeout_resets_the_environment(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "100s",
        "20s") "services:\n"
               "  app: {type: delay, calls: [{call: f.slow, optional: true}, f.quick, f.quick]}\n"
               "  f: {" PLAIN ", init: 1s, operations: {slow: {work: 5s}, quick: {work: 10ms}}}\n"
               "traffic:\n  t: {to: app, users: 1, think: 1s}\n");
    lab_equal(lab, "services.f.operations.slow.errors.timeout", 1);
    lab_equal(lab, "services.f.operations.quick.errors.timeout", 0);
    lab_equal(lab, "traffic.t.latency.mean", 3 + 1.010 + 0.010);
    lab_equal(lab, "services.f.capacity.mean", 1);
    lab_equal(lab, "services.f.cold_start.mean", 1);
    assert_near(lab_value(lab, "services.f.cold_start_ratio"), 1. / 3, 0.02);
    assert_near(lab_value(lab, "services.f.function_errors") /
                    lab_value(lab, "services.f.invocations"),
                1. / 3, 0.02);
    lab_close(lab);
}

/* What initialises in a run has the function's timeout for it: with a short one it never comes back
 * (github.com/astuyve/lambda-new-timeout-crash). */
static void test_a_reset_environment_may_never_come_back(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "100s", "20s") "services:\n"
                       "  app: {type: delay, calls: [{call: f.slow, optional: true}, f.quick]}\n"
                       "  f: {" PLAIN
                       ", init: 4s, operations: {slow: {work: 5s}, quick: {work: 10ms}}}\n"
                       "traffic:\n  t: {to: app, users: 1, think: 1s}\n");
    lab_equal(lab, "services.f.operations.quick.errors.timeout", 1);
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_close(lab);
}

/* "The Init phase is limited to 10 seconds. If all three tasks do not complete within 10 seconds,
 * Lambda retries the Init phase at the time of the first function invocation with the configured
 * function timeout" (the same page). */
static void test_an_init_above_ten_seconds_is_done_twice(void **state)
{
    (void)state;
    const char *const text =
        HEAD("1000s", "100s") "drain: 100s\nservices:\n"
                              "  f: {" PLAIN
                              ", init: 12s, work: 1s, timeout: %s, idle_timeout: 0s}\n"
                              "traffic:\n  t: {to: f, rate: 0.1/s, arrivals: constant}\n";
    struct lab *lab = lab_run(text, "15s");
    lab_equal(lab, "services.f.latency.mean", 10 + 12 + 1);
    lab_equal(lab, "services.f.init_duration.mean", 10);
    lab_close(lab);
    lab = lab_run(text, "3s");
    lab_equal(lab, "services.f.errors.timeout", 1);
    lab_equal(lab, "services.f.in_flight.mean", 0.1 * 13);
    lab_close(lab);
}

/* The timeout counts what is called: the run is cut, the callee is not. */
static void test_a_timeout_does_not_stop_what_was_called(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1000s", "100s") "services:\n"
                              "  f: {" PLAIN ", init: 0s, work: 1s, timeout: 2s, calls: [db]}\n"
                              "  db: {type: delay, work: 5s}\n"
                              "traffic:\n  t: {to: f, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.f.in_flight.mean", 0.2);
    lab_equal(lab, "services.db.in_flight.mean", 0.5);
    lab_close(lab);
}

/* The timeout is the function's: what passes before the handler begins is not counted. */
static void test_a_timeout_does_not_count_the_invoke_path(void **state)
{
    (void)state;
    const char *const text =
        HEAD("1000s", "100s") "services:\n"
                              "  f: {type: lambda, memory: 1769 MiB, overhead: 200ms, placement: "
                              "0s, init: 0s, first_run: {factor: 1}, work: %s}\n"
                              "traffic:\n  t: {to: f, rate: 0.1/s, arrivals: constant}\n";
    struct lab *lab = lab_run(text, "2900ms");
    lab_equal(lab, "services.f.latency.mean", 3.1);
    lab_close(lab);
    lab = lab_run(text, "3100ms");
    lab_equal(lab, "services.f.errors.timeout", 1);
    lab_equal(lab, "services.f.duration.mean", 3);
    lab_equal(lab, "services.f.in_flight.mean", 0.32);
    lab_close(lab);
}

/* An error that the handler does not catch is the function's own; its environment stays. */
static void test_what_fails_in_a_function_fails_it(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s", "10s") "services:\n"
                                    "  f: {" PLAIN ", init: 500ms, work: 1ms, calls: [bad]}\n"
                                    "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                                    "traffic:\n  t: {to: f, rate: 1/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.errors.failed", 1);
    lab_equal(lab, "services.f.cold_start_ratio", 0);
    lab_equal(lab, "services.f.capacity.mean", 1);
    lab_close(lab);
}

/* ---- asynchronous invocation ---- */

/* "If the function returns an error, by default Lambda attempts to run it two more times, with a
 * one-minute wait between the first two attempts, and two minutes between the second and third"
 * (How Lambda handles errors and retries with asynchronous invocation); then the dead-letter
 * queue. */
static void test_failed_events_are_tried_twice_more(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "1000s", "500s") "services:\n"
                         "  app: {type: delay, calls: [{async: f}]}\n"
                         "  f: {" PLAIN ", init: 0s, work: 1s, calls: [bad], dead_letter: dead}\n"
                         "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                         "  dead: {type: delay, operations: {send: {work: 0s}}}\n"
                         "traffic:\n  t: {to: app, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.latency.max", 0); /* nobody waits */
    lab_equal(lab, "services.f.errors.failed", 1);
    lab_equal(lab, "services.f.in_flight.mean", 0.1 * (3 * 1 + 60 + 120));
    lab_equal(lab, "services.f.queue.mean", 0.1 * (60 + 120));
    lab_equal(lab, "services.f.busy.mean", 0.1 * 3);
    lab_equal(lab, "services.f.invocations", 300);
    lab_equal(lab, "services.f.async_events_dropped", 100);
    lab_equal(lab, "services.f.async_event_age.mean", (0 + 61 + 182) / 3.);
    lab_equal(lab, "services.dead.operations.send.arrivals", 0.1);
    lab_close(lab);
    lab = lab_run(
        HEAD("1000s", "500s") "services:\n"
                              "  app: {type: delay, calls: [{async: f}]}\n"
                              "  f: {" PLAIN
                              ", init: 0s, work: 1s, calls: [bad], async: {retry_attempts: 1}}\n"
                              "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                              "traffic:\n  t: {to: app, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.invocations", 200);
    lab_close(lab);
    /* "Function errors include ... timeouts"; an event that would be too old is not tried again */
    lab = lab_run(
        HEAD("1000s", "500s") "services:\n"
                              "  app: {type: delay, calls: [{async: f}]}\n"
                              "  f: {" PLAIN ", init: 0s, work: 5s, async: {max_event_age: 100s}}\n"
                              "traffic:\n  t: {to: app, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.errors.timeout", 1);
    lab_equal(lab, "services.f.in_flight.mean", 0.1 * (3 + 60 + 3));
    lab_close(lab);
}

/* "For throttling errors (429) ... Lambda returns the event to the queue and attempts to run the
 * function again for up to 6 hours by default. The retry interval increases exponentially from 1
 * second after the first attempt to a maximum of 5 minutes" (the same page): attempts at 0, 1, 3,
 * 7, 15, 31 s and, with a maximum age of 60 s, then. One user holds the only environment, and takes
 * it again at once, at instants at which no event is tried. */
#define HELD "work: 899.123s, timeout: 15min, init: 0s, reserved_concurrency: 1"
#define HOLDER "traffic:\n  hold: {to: f, users: 1, think: 0s}\n"
static void test_throttled_events_are_tried_until_they_are_too_old(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1000s", "200s") "services:\n"
                              "  app: {type: delay, calls: [{async: f}]}\n"
                              "  f: {" PLAIN ", " HELD
                              ", dead_letter: dead, async: {max_event_age: 60s}}\n"
                              "  dead: {type: delay, operations: {send: {work: 0s}}}\n" HOLDER
                              "  t: {to: app, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.in_flight.mean", 6 + 1);
    lab_equal(lab, "services.f.throttles", 100 * 7);
    lab_equal(lab, "services.f.async_events_dropped", 100);
    lab_equal(lab, "services.dead.operations.send.arrivals", 0.1);
    lab_close(lab);
    lab = lab_run(HEAD("10h", "6h") "drain: 1s\nservices:\n"
                                    "  app: {type: delay, calls: [{async: f}]}\n"
                                    "  f: {" PLAIN ", " HELD "}\n" HOLDER
                                    "  t: {to: app, rate: 1/h, arrivals: constant}\n");
    /* 1 + 2 + ... + 256 s, then every 300 s: 1 + 9 at 511 s, 70 more by 21,511 s, one at 6 h */
    lab_equal(lab, "services.f.throttles", 10 * 81);
    lab_close(lab);
}

/* "When you set reserved concurrency to zero ... any new asynchronous invocation events are sent
 * directly to the configured dead-letter queue or the on-failure event destination, without any
 * retries" (Lambda Developer Guide, Asynchronous invocation). */
static void test_events_of_a_function_that_is_off_are_given_up_at_once(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1000s", "0s") "services:\n"
                                    "  app: {type: delay, calls: [{async: f}]}\n"
                                    "  f: {" PLAIN ", reserved_concurrency: 0, on_failure: dead}\n"
                                    "  dead: {type: delay, operations: {send: {work: "
                                    "0s}}}\n"
                                    "traffic:\n  t: {to: app, rate: 0.1/s, "
                                    "arrivals: constant}\n");
    lab_equal(lab, "services.f.throttles", 100);
    lab_equal(lab, "services.f.async_events_dropped", 100);
    lab_equal(lab, "services.f.in_flight.max", 0);
    lab_equal(lab, "services.dead.operations.send.arrivals", 0.1);
    lab_close(lab);
}

/* "For synchronous invocations, the maximum payload size is 6 MB. For asynchronous invocations, the
 * maximum payload size is 1 MB" (Lambda API Reference, Invoke): refused before any queue, so no
 * destination has it. */
static void test_a_payload_has_a_limit(void **state)
{
    (void)state;
    const struct {
        const char *call, *size;
        double rejected, dropped;
    } cases[] = {
        {"f", "6MiB", 0, 0},
        {"f", "6291457B", 1, 0},
        {"{async: f}", "1MiB", 0, 0},
        {"{async: f}", "1048577B", 1, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("100s", "0s") "services:\n"
                                       "  app: {type: delay, calls: [%s]}\n"
                                       "  f: {" PLAIN ", init: 0s, work: 1ms, on_failure: dead}\n"
                                       "  dead: {type: delay, operations: {send: {work: 0s}}}\n"
                                       "traffic:\n  t: {to: app, rate: 1/s, arrivals: constant, "
                                       "size: %s}\n",
                    cases[i].call, cases[i].size);
        lab_equal(lab, "services.f.errors.rejected", cases[i].rejected);
        lab_equal(lab, "services.f.async_events_dropped", cases[i].dropped);
        lab_equal(lab, "services.f.invocations", cases[i].rejected > 0 ? 0 : 100);
        lab_close(lab);
    }
}

/* The factor of the first run is of code that is loaded and compiled: 12 s of work in Java are no
 * two minutes, and no timeout that would come again in each environment that it resets. */
static void test_the_first_run_is_bounded(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1000s", "100s") "services:\n"
                                      "  f: {type: lambda, memory: 1769 MiB, overhead: 0s, "
                                      "placement: 0s, first_run: {extra: 0s}, "
                                      "runtime: java21, init: 0s, work: 12s, "
                                      "timeout: 60s, idle_timeout: 5s}\n"
                                      "traffic:\n  t: {to: f, rate: 0.02/s, "
                                      "arrivals: constant}\n");
    lab_equal(lab, "services.f.cold_start_ratio", 1);
    lab_equal(lab, "services.f.latency.mean", 13);
    lab_close(lab);
}

/* A throttled event runs once there is room: here after 2 s of another run, at its second second.
 * */
static void test_throttled_events_run_once_there_is_room(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1000s", "100s") "services:\n"
                              "  app: {type: delay, calls: [{async: f}, {async: f}]}\n"
                              "  f: {" PLAIN ", init: 0s, work: 2s, reserved_concurrency: 1}\n"
                              "traffic:\n  t: {to: app, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.throughput", 0.2);
    lab_equal(lab, "services.f.latency.max", 3 + 2); /* tried at 0, 1 and 3 s */
    lab_equal(lab, "services.f.throttles", 200);
    lab_equal(lab, "services.f.async_events_dropped", 0);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thousand_at_once_then_a_hundred_a_second),
        cmocka_unit_test(test_unused_scaling_does_not_add_up),
        cmocka_unit_test(test_the_account_s_concurrency_is_shared),
        cmocka_unit_test(test_reserved_concurrency_is_kept_and_is_a_limit),
        cmocka_unit_test(test_use_is_that_of_the_window),
        cmocka_unit_test(test_reserving_nothing_switches_off),
        cmocka_unit_test(test_ten_requests_a_second_for_each_unit_of_concurrency),
        cmocka_unit_test(test_asynchronous_events_have_no_request_rate),
        cmocka_unit_test(test_provisioned_concurrency_spills_over),
        cmocka_unit_test(test_provisioned_concurrency_spills_over_by_requests),
        cmocka_unit_test(test_provisioned_concurrency_counts_in_the_account),
        cmocka_unit_test(test_all_that_is_reserved_is_provisioned),
        cmocka_unit_test(test_what_is_to_be_provisioned_serves_until_then),
        cmocka_unit_test(test_provisioned_concurrency_takes_its_time),
        cmocka_unit_test(test_memory_is_cpu),
        cmocka_unit_test(test_a_cold_start_adds_up),
        cmocka_unit_test(test_nobody_waits_for_a_busy_environment),
        cmocka_unit_test(test_the_last_used_serves_first),
        cmocka_unit_test(test_old_environments_are_recycled),
        cmocka_unit_test(test_a_timeout_resets_the_environment),
        cmocka_unit_test(test_a_reset_environment_may_never_come_back),
        cmocka_unit_test(test_an_init_above_ten_seconds_is_done_twice),
        cmocka_unit_test(test_a_timeout_does_not_stop_what_was_called),
        cmocka_unit_test(test_a_timeout_does_not_count_the_invoke_path),
        cmocka_unit_test(test_what_fails_in_a_function_fails_it),
        cmocka_unit_test(test_failed_events_are_tried_twice_more),
        cmocka_unit_test(test_throttled_events_are_tried_until_they_are_too_old),
        cmocka_unit_test(test_events_of_a_function_that_is_off_are_given_up_at_once),
        cmocka_unit_test(test_a_payload_has_a_limit),
        cmocka_unit_test(test_the_first_run_is_bounded),
        cmocka_unit_test(test_throttled_events_run_once_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
