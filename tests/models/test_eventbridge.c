/* The documented rules of EventBridge, each with its source, on whole scenarios. "Guide" is the
 * Amazon EventBridge User Guide, "Quotas" its page of quotas. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "models/model.h"
#include "sim/engine/bottleneck.h"
#include "tests/models/picky.h"
#include "tests/support/lab.h"

static const struct model *const own[] = {&picky_model};

#define HEAD "archsim: 1\nreplications: 1\nseed: 4\n"
#define WHOLE HEAD "warmup: 0s\n"
#define LATENCY "latency: 10ms, lambda_latency: 10ms, put_latency: 1ms"

/* Guide, rules: each event goes to all targets of each rule that it matches. */
static void test_rules(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 100s\nservices:\n"
              "  b: {type: eventbridge, entries: 2, " LATENCY
              ", rules: [{to: [q.send, f]}, {to: [e], match: 30%%}]}\n"
              "  q: {type: sqs}\n  f: {type: lambda, work: 1ms}\n  e: {type: picky}\n"
              "traffic:\n  u: {to: b.put_events, rate: [[0s, 50/s], [90s, 0/s]], arrivals: "
              "constant}\n");
    const double events = 2 * 50 * 90;
    const double some = lab_value(lab, "services.e.good");
    lab_equal(lab, "services.b.put_events_entries_count", events);
    lab_equal(lab, "services.b.matched_events", events);
    lab_equal(lab, "services.q.number_of_messages_sent", events);
    lab_equal(lab, "services.f.invocations", events);
    assert_true(fabs(some - 0.3 * events) < 5 * sqrt(events * 0.3 * 0.7));
    lab_equal(lab, "services.b.triggered_rules", events + some);
    lab_equal(lab, "services.b.invocations", 2 * events + some);
    lab_equal(lab, "services.b.successful_invocations", 2 * events + some);
    lab_close(lab);
}

/* Quotas: PutEvents 10,000 a second in us-east-1, 600 in sa-east-1, calls and not entries: the rest
 * is throttled. */
static void test_put_quota(void **state)
{
    (void)state;
    const char *const regions[] = {"us-east-1", "sa-east-1"};
    const int rates[] = {20000, 1200};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD "region: %s\nduration: 10s\nwarmup: 5s\nservices:\n"
                         "  b: {type: eventbridge, entries: 3}\n"
                         "traffic:\n  u: {to: b.put_events, rate: %d/s, arrivals: constant}\n",
                    regions[i], rates[i]);
        lab_equal(lab, "traffic.u.errors.throttled", 0.5);
        lab_equal(lab, "services.b.put_events_entries_count", 3 * 5 * rates[i]);
        lab_close(lab);
    }
}

/* Quotas: invocations over the quota (1,100 a second) are delayed, not dropped: of 1,500 a second
 * for 20 s the last waits (1,500 x 20 - 1,100 of the burst) / 1,100 - 20 s, and all arrive. */
static void test_invocation_quota(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "region: sa-east-1\nduration: 60s\nservices:\n"
              "  b: {type: eventbridge, " LATENCY ", rules: [{to: [e]}, {to: [e]}, {to: [e]}]}\n"
              "  e: {type: picky}\n"
              "traffic:\n  u: {to: b.put_events, rate: [[0s, 500/s], [20s, 0/s]], arrivals: "
              "constant}\n");
    const double wait_s = (1500 * 20 - 1100) / 1100.0 - 20;
    lab_equal(lab, "services.e.good", 30000);
    assert_true(lab_value(lab, "services.b.throttled_rules") > 25000);
    const double most_s = lab_value(lab, "services.b.ingestion_to_invocation_success_latency.max");
    if (fabs(most_s - wait_s - 0.01) > 0.01) {
        fail_msg("%g s, expected %g", most_s, wait_s + 0.01);
    }
    lab_close(lab);
}

/* Guide, retrying the delivery of events: up to 185 times and 24 h, both may be lower; then the
 * dead-letter queue, or lost. What cannot succeed (`rejected`) is not tried again. */
static void test_retries(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 30h\nservices:\n"
              "  b: {type: eventbridge, " LATENCY ", rules: [{to: [e], dead_letter: d},"
              " {to: [few], max_retry_attempts: 2}, {to: [young], max_event_age: 60s},"
              " {to: [never], dead_letter: d}]}\n"
              "  e: {type: picky, until: 31h}\n  few: {type: picky, until: 31h}\n"
              "  young: {type: picky, until: 31h}\n"
              "  never: {type: picky, until: 31h, outcome: rejected}\n  d: {type: sqs}\n"
              "traffic:\n  u: {to: b.put_events, rate: [[0s, 1/s], [5s, 0/s]], arrivals: "
              "constant}\n");
    /* waits 1 + 2 + .. + 256 = 511 s, then 176 of 480 s: 185 are over before 24 h */
    lab_equal(lab, "services.e.calls", 5 * (1 + 185));
    lab_equal(lab, "services.few.calls", 5 * 3);
    lab_equal(lab, "services.young.calls", 5 * (1 + 5)); /* after 1, 3, 7, 15 and 31 s */
    lab_equal(lab, "services.never.calls", 5);
    lab_equal(lab, "services.d.number_of_messages_sent", 10);
    lab_equal(lab, "services.b.invocations_sent_to_dlq", 10);
    lab_equal(lab, "services.b.invocations_lost", 10);
    lab_equal(lab, "services.b.failed_invocations", 20);
    lab_close(lab);
}

/* Scheduler Guide: a rate, and a flexible window within which each invocation comes. */
static void test_schedules(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1,
                     WHOLE "duration: 10h\nservices:\n"
                           "  b: {type: eventbridge, schedules: [{to: e, every: 1h, first: 30m},"
                           " {to: g, every: 1min, flexible_window: 1min}]}\n"
                           "  e: {type: picky}\n  g: {type: picky}\n"
                           "traffic:\n  u: {to: b.put_events, rate: 1/s}\n");
    lab_equal(lab, "services.e.good", 10);
    assert_true(fabs(lab_value(lab, "services.g.good") - 600) <= 1);
    /* uniform over a minute: a mean of 30 s within 5 x 17.3 / sqrt(600) */
    const double mean_s = lab_value(lab, "services.b.ingestion_to_invocation_success_latency.mean");
    assert_true(fabs(mean_s * 610 / 600 - 30) < 3.6);
    lab_close(lab);
}

/* Guide, archiving and replaying: what was put in a span of time is put again, and only that. */
static void test_replay(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 200s\nservices:\n"
              "  b: {type: eventbridge, rules: [{to: [e]}], replay: {at: 100s, from: 10s, until: "
              "30s, rate: 20/s}}\n  e: {type: picky}\n"
              "traffic:\n  u: {to: b.put_events, rate: [[0s, 10/s], [50s, 0/s]], arrivals: "
              "constant}\n");
    lab_equal(lab, "services.b.replayed_events", 200);
    lab_equal(lab, "services.e.good", 700);
    lab_close(lab);
}

/* Nothing is lost on the way. */
static void test_conservation(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct lab *lab = lab_run_with(
            own, 1,
            WHOLE "duration: 3h\nservices:\n"
                  "  b: {type: eventbridge, retry: {jitter: 50%%}, rules: [{to: [e, g, q.send], "
                  "match: 0.6, dead_letter: d, max_retry_attempts: %d}]}\n"
                  "  e: {type: picky, until: %dm}\n  g: {type: picky, from: 1, to: %d}\n"
                  "  d: {type: sqs}\n  q: {type: sqs}\n"
                  "traffic:\n  u: {to: b.put_events, rate: [[0s, 0.5/s], [60m, 0/s]]}\n",
            i, 6 * i, 10 * i);
        lab_equal(lab, "services.b.successful_invocations",
                  3 * lab_value(lab, "services.b.triggered_rules") -
                      lab_value(lab, "services.b.failed_invocations"));
        lab_equal(lab, "services.d.number_of_messages_sent",
                  lab_value(lab, "services.b.failed_invocations"));
        lab_close(lab);
    }
}

/* Pricing: each 64 KB of an event counts as one; eb-putevent-size: 256 KB a request at most. Guide,
 * archiving: what was put stays. Events take their size along. */
static void test_sizes(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE
        "duration: 100s\nservices:\n"
        "  b: {type: eventbridge, entries: 2, entry: 100 KiB, archive: true, " LATENCY
        ", rules: [{to: [e]}]}\n  e: {type: picky}\n"
        "traffic:\n"
        "  u: {to: b.put_events, rate: [[0s, 1/s], [50s, 0/s]], arrivals: constant}\n"
        "  v: {to: b.put_events, rate: [[0s, 1/s], [50s, 0/s]], arrivals: constant, size: 300 "
        "kB}\n");
    lab_equal(lab, "services.b.put_events_entries_count", 100);
    lab_equal(lab, "services.b.put_events_billed", 200);
    lab_equal(lab, "services.b.put_events_size", 100 * 102400);
    lab_equal(lab, "services.e.bytes", 100 * 102400);
    /* it grows for 50 s, then it stays for 50 s */
    lab_near(lab, "services.b.archive_size_bytes", 100 * 102400 * 0.75, 204800);
    lab_equal(lab, "traffic.v.errors.rejected", 1);
    lab_close(lab);
}

/* Scheduler Guide, cron and rate expressions: 9:30 of Sao Paulo from Monday to Friday is 12:30 UTC;
 * in two weeks from Monday 2024-01-01 ten times, of which `first` leaves out the first week's. */
static void test_expressions(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 14d\nservices:\n"
              "  b: {type: eventbridge, schedules: ["
              "{to: e, expression: cron(30 9 ? * MON-FRI *), time_zone: America/Sao_Paulo}, "
              "{to: g, expression: cron(30 9 ? * MON-FRI *), first: 7d}, "
              "{to: h, expression: rate(5 minutes)}, {to: n, expression: cron(0 0 1 1 ? 2023)}]}\n"
              "  e: {type: picky, until: 12h29m}\n  g: {type: picky}\n  h: {type: picky}\n"
              "  n: {type: picky}\n"
              "traffic:\n  u: {to: b.put_events, rate: 1/h}\n");
    lab_equal(lab, "services.e.calls", 10);
    lab_equal(lab, "services.e.good", 10); /* none before 12:30 UTC */
    lab_equal(lab, "services.g.good", 5);
    lab_equal(lab, "services.h.good", 14 * 288);
    lab_equal(lab, "services.n.calls", 0);
    lab_close(lab);
}

/* Guide, API destinations: 300 invocations a second unless it says otherwise, more are queued, up
 * to the age; an answer within 5 s, or it is tried again. The destination is what runs out. */
static void test_api_destinations(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 200s\nservices:\n"
              "  b: {type: eventbridge, " LATENCY ", rules: [{to: [e], api_destination: true},"
              " {to: [g], api_destination: true, invocation_rate: 100/s, max_event_age: 1min, "
              "dead_letter: d}, {to: [slow], api_destination: true, match: 0.001}]}\n"
              "  e: {type: picky}\n  g: {type: picky}\n  d: {type: sqs}\n"
              "  slow: {type: picky, from: 1, to: 1, outcome: silent}\n"
              "traffic:\n  u: {to: b.put_events, rate: [[0s, 600/s], [20s, 0/s]], arrivals: "
              "constant}\n");
    const double events = 12000;
    lab_equal(lab, "services.e.good", events);
    /* 100 at once and 100 a second until the last is a minute old, 60 s after 20 s */
    const double through = 100 + 100 * (20 + 60);
    lab_near(lab, "services.g.good", through, 5);
    lab_near(lab, "services.d.number_of_messages_sent", events - through, 5);
    lab_equal(lab, "services.g.calls", lab_value(lab, "services.g.good"));
    lab_equal(lab, "services.slow.calls", lab_value(lab, "services.slow.good") + 1);
    lab_equal(lab, "services.b.invocations_lost", 0);
    const struct results_bottleneck found =
        bottleneck_find(lab->scenario, lab->experiment.replications, 1, 0.95);
    assert_string_equal(found.resource, "API destinations");
    lab_close(lab);
}

/* Glue API Reference, StartJobRun: an event begins a run, which reads the job's own input, not the
 * kilobyte of the event; a run that fails was invoked all the same, and is not begun again. */
static void test_jobs(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        struct lab *lab = lab_run(
            WHOLE "duration: 1h\nservices:\n"
                  "  b: {type: eventbridge, entry: 1 KiB, " LATENCY
                  ", rules: [{to: [g.start_job_run, "
                  "a.query]}]}\n"
                  "  g: {type: glue, input: 1 GiB, start: 10s, max_concurrent: 100, failures: %d}\n"
                  "  a: {type: athena, scanned: 1 GB}\n"
                  "traffic:\n  u: {to: b.put_events, rate: [[0s, 60/h], [30min, 0/s]], arrivals: "
                  "constant}\n",
            fails);
        lab_equal(lab, "services.b.invocations", 2 * 30);
        lab_equal(lab, "services.b.successful_invocations", 2 * 30);
        lab_equal(lab, fails ? "services.g.runs_failed" : "services.g.runs_succeeded", 30);
        lab_near(lab, "services.a.processed_bytes", 30 * 1e9, 1);
        if (!fails) {
            lab_near(lab, "services.g.bytes_read", 30 * 1073741824.0, 1e3);
        }
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_put_quota),
        cmocka_unit_test(test_invocation_quota),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_conservation),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_api_destinations),
        cmocka_unit_test(test_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
