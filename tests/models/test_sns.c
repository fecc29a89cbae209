/* The documented rules of SNS, each with its source, on whole scenarios. `picky` is an endpoint of
 * the tests' own: it refuses its first calls, or all until some time. "Guide" is the Amazon SNS
 * Developer Guide, "Retries" its page Message delivery retries. */
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
#define LATENCY "delivery_latency: 10ms, lambda_latency: 10ms, publish_latency: 1ms"

/* Guide, Fanout: every message goes to every subscription, of whatever kind. */
static void test_fan_out(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE
        "duration: 100s\nservices:\n"
        "  t: {type: sns, " LATENCY ", subscriptions: [{to: q.send}, {to: f}, {to: e}]}\n"
        "  q: {type: sqs}\n  f: {type: lambda, work: 1ms}\n  e: {type: picky}\n"
        "traffic:\n  u: {to: t.publish, rate: [[0s, 10/s], [90s, 0/s]], arrivals: constant}\n");
    lab_equal(lab, "services.t.number_of_messages_published", 900);
    lab_equal(lab, "services.q.number_of_messages_sent", 900);
    lab_equal(lab, "services.f.invocations", 900);
    lab_equal(lab, "services.e.good", 900);
    lab_equal(lab, "services.t.number_of_notifications_delivered", 2700);
    lab_equal(lab, "services.t.number_of_notifications_failed", 0);
    lab_close(lab);
}

/* Guide, Message filtering: a subscription gets what its policy lets through. 20,000 messages at
 * 30 %: within 5 standard deviations (65). */
static void test_filter(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1,
                     WHOLE "duration: 200s\nservices:\n"
                           "  t: {type: sns, " LATENCY
                           ", subscriptions: [{to: e, filter: 30%%}, {to: none, filter: 0%%}]}\n"
                           "  e: {type: picky}\n  none: {type: picky}\n"
                           "traffic:\n  u: {to: t.publish, rate: 100/s, arrivals: constant}\n");
    const double good = lab_value(lab, "services.e.good");
    assert_true(fabs(good - 6000) < 5 * 65);
    lab_equal(lab, "services.none.calls", 0);
    lab_equal(lab, "services.t.number_of_notifications_filtered_out", 40000 - good);
    lab_close(lab);
}

/* Retries: queues and functions 3 at once, 2 after 1 s, 10 with waits from 1 to 20 s, then every 20
 * s. What fails 5 times is through 2 s later; 15 times: 2 + the sum of 20^(k/9) (71.7) s. */
static void test_phases_of_queues(void **state)
{
    (void)state;
    double backoff_s = 0;
    for (int k = 0; k < 10; k++) {
        backoff_s += pow(20, k / 9.0);
    }
    const int fails[] = {0, 3, 5, 15, 17};
    const double seconds[] = {0, 0, 2, 2 + backoff_s, 2 + backoff_s + 40};
    for (int i = 0; i < 5; i++) {
        struct lab *lab = lab_run_with(
            own, 1,
            WHOLE "duration: 10m\nservices:\n"
                  "  t: {type: sns, " LATENCY ", subscriptions: [{to: e, protocol: sqs}]}\n"
                  "  e: {type: picky, from: 1, to: %d}\n"
                  "traffic:\n  u: {to: t.publish, rate: 0.002/s, arrivals: constant}\n",
            fails[i]);
        const double max_s = lab_value(lab, "services.t.dwell_time.max");
        if (fabs(max_s - seconds[i] - 0.01) > 1e-3 * (1 + seconds[i])) {
            fail_msg("%d failures: %g s, expected %g", fails[i], max_s, seconds[i] + 0.01);
        }
        lab_equal(lab, "services.t.delivery_attempts", fails[i] + 1);
        lab_close(lab);
    }
}

/* Retries: http by default 3 times, 20 s apart; email 2 at 10 s, 10 from 10 to 600 s, 38 at 600 s.
 * What still fails is lost, or in the dead-letter queue (Guide, Dead-letter queues). */
static void test_dead_letters(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 12h\nservices:\n"
              "  t: {type: sns, " LATENCY ", subscriptions: [{to: e, dead_letter: d}, {to: g}, "
              "{to: m, protocol: email, dead_letter: d}]}\n"
              "  e: {type: picky, until: 13h}\n  g: {type: picky, until: 13h}\n"
              "  m: {type: picky, until: 13h}\n  d: {type: sqs}\n"
              "traffic:\n  u: {to: t.publish, rate: 0.0001/s, arrivals: constant}\n");
    const double published = lab_value(lab, "services.t.number_of_messages_published");
    assert_true(published >= 4);
    lab_equal(lab, "services.e.calls", 4 * published);
    lab_equal(lab, "services.g.calls", 4 * published);
    lab_equal(lab, "services.t.notifications_lost", published);
    const double redriven = lab_value(lab, "services.t.number_of_notifications_redriven_to_dlq");
    assert_true(redriven > published && redriven < 2 * published); /* mail tries on for 7 h */
    lab_equal(lab, "services.d.number_of_messages_sent", redriven);
    lab_close(lab);
}

/* Retries: client-side errors are not retried. Guide: an endpoint has 15 s to answer. */
static void test_rejected_and_silent(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 10m\nservices:\n"
              "  t: {type: sns, " LATENCY ", subscriptions: [{to: e, dead_letter: d}, {to: g}]}\n"
              "  e: {type: picky, until: 1h, outcome: rejected}\n"
              "  g: {type: picky, from: 1, to: 1, outcome: silent}\n  d: {type: sqs}\n"
              "traffic:\n  u: {to: t.publish, rate: 0.002/s, arrivals: constant}\n");
    lab_equal(lab, "services.e.calls", 1);
    lab_equal(lab, "services.d.number_of_messages_sent", 1);
    lab_equal(lab, "services.g.calls", 2);
    lab_equal(lab, "services.t.dwell_time.max", 0.01 + 15 + 20);
    lab_close(lab);
}

/* Quotas: standard topics 30,000 messages a second in us-east-1, 300 in sa-east-1, shared by all of
 * the account; a batch counts as its messages; FIFO 3,000 of a topic, 300 of a group. */
static void test_quotas(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "region: sa-east-1\nduration: 100s\nwarmup: 10s\nservices:\n"
                                   "  a: {type: sns}\n  b: {type: sns}\n"
                                   "  f: {type: sns, fifo: true, groups: zipf(n=1 s=0)}\n"
                                   "traffic:\n"
                                   "  x: {to: a.publish, rate: 200/s, arrivals: constant}\n"
                                   "  y: {to: b.publish_batch, rate: 40/s, arrivals: constant}\n"
                                   "  z: {to: f.publish, rate: 600/s, arrivals: constant}\n");
    const double taken = lab_value(lab, "services.a.number_of_messages_published") +
                         lab_value(lab, "services.b.number_of_messages_published");
    assert_true(fabs(taken - 30000) <= 20);
    lab_equal(lab, "traffic.z.errors.throttled", 0.5);
    lab_close(lab);
    lab = lab_run(HEAD "duration: 20s\nwarmup: 5s\nservices:\n"
                       "  f: {type: sns, fifo: true, groups: zipf(n=1000 s=0)}\n"
                       "  a: {type: sns}\n"
                       "traffic:\n  z: {to: f.publish, rate: 6000/s, arrivals: constant}\n"
                       "  x: {to: a.publish, rate: 40k/s, arrivals: constant}\n");
    lab_equal(lab, "traffic.z.errors.throttled", 0.5);
    lab_equal(lab, "traffic.x.errors.throttled", 0.25);
    lab_close(lab);
}

/* Guide, FIFO topics: a group's messages are delivered in order: while the first is retried the
 * others wait. With latencies that differ by far the queue behind sees no more than one at a time:
 * its send takes 0.1 s, so one group's 20 messages a second pile up, those of 1,000 groups do not.
 */
static void test_order_in_a_group(void **state)
{
    (void)state;
    const int groups[] = {1, 1000};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            WHOLE "duration: 100s\ndrain: 0s\nservices:\n"
                  "  t: {type: sns, fifo: true, groups: zipf(n=%d s=0), delivery_latency: 10ms, "
                  "subscriptions: [{to: q.send}]}\n"
                  "  q: {type: sqs, fifo: true, groups: zipf(n=9 s=0), send_latency: 100ms}\n"
                  "traffic:\n  u: {to: t.publish, rate: 20/s, arrivals: constant}\n",
            groups[i]);
        const double sent = lab_value(lab, "services.t.number_of_notifications_delivered");
        assert_true(i == 0 ? fabs(sent - 1000) <= 3 : fabs(sent - 2000) <= 10);
        lab_close(lab);
    }
}

/* Nothing is lost on the way: with endpoints that fail by turns and a filter, in the end all that
 * was published is delivered, given up, filtered out or still waiting. */
static void test_conservation(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct lab *lab = lab_run_with(
            own, 1,
            WHOLE
            "duration: 1h\nservices:\n"
            "  t: {type: sns, jitter: 50%%, subscriptions: [{to: e, filter: 0.7, retries: %d, "
            "dead_letter: d}, {to: g, no_delay_retries: 1, max_delay: %ds}, {to: q.send}]}\n"
            "  e: {type: picky, until: %dm}\n"
            "  g: {type: picky, from: 1, to: %d, outcome: silent}\n"
            "  d: {type: sqs}\n  q: {type: sqs}\n"
            "traffic:\n  u: {to: t.publish, rate: [[0s, 0.5/s], [40m, 0/s]]}\n",
            i % 7, 20 + i, 3 * i, 10 * i);
        const double published = lab_value(lab, "services.t.number_of_messages_published");
        const double out = lab_value(lab, "services.t.number_of_notifications_delivered") +
                           lab_value(lab, "services.t.number_of_notifications_failed") +
                           lab_value(lab, "services.t.number_of_notifications_filtered_out");
        lab_equal(lab, "services.t.number_of_notifications_redriven_to_dlq",
                  lab_value(lab, "services.d.number_of_messages_sent"));
        assert_true(fabs(out - 3 * published) < 0.5);
        lab_close(lab);
    }
}

/* A message takes its size along: 100 kB of each publish, 20 kB each of a batch of ten that has
 * 200, 2 KiB where nothing says. A queue that takes 1 KiB refuses them all: dead letters. */
static void test_sizes(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 100s\nservices:\n"
              "  t: {type: sns, " LATENCY ", message: 2 KiB, subscriptions: [{to: e}, "
              "{to: q.send, dead_letter: d}]}\n"
              "  e: {type: picky}\n  q: {type: sqs, max_message_size: 1 KiB}\n  d: {type: sqs}\n"
              "traffic:\n"
              "  u: {to: t.publish, rate: [[0s, 1/s], [50s, 0/s]], arrivals: constant, size: 100 "
              "kB}\n"
              "  v: {to: t.publish_batch, rate: [[0s, 1/s], [50s, 0/s]], arrivals: constant, size: "
              "200 kB}\n"
              "  x: {to: t.publish, rate: [[0s, 1/s], [50s, 0/s]], arrivals: constant}\n");
    lab_equal(lab, "services.e.bytes", 50 * (100e3 + 200e3 + 2048));
    lab_equal(lab, "services.t.publish_requests", 50 * (2 + 4 + 1));
    lab_equal(lab, "services.q.number_of_messages_sent", 0);
    lab_equal(lab, "services.d.number_of_messages_sent", 50 * 12);
    lab_close(lab);
}

/* Retries, throttlePolicy: of 100 messages a second for 20 s an endpoint takes 20 a second at most
 * (and 20 at once): the last waits (2,000 - 20) / 20 - 20 s, none is lost. It is what runs out. */
static void test_max_receives(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 200s\nservices:\n"
              "  t: {type: sns, " LATENCY
              ", subscriptions: [{to: e, max_receives: 20/s}, {to: g}]}\n"
              "  e: {type: picky}\n  g: {type: picky}\n"
              "traffic:\n  u: {to: t.publish, rate: [[0s, 100/s], [20s, 0/s]], arrivals: "
              "constant}\n");
    lab_equal(lab, "services.e.good", 2000);
    lab_near(lab, "services.t.dwell_time.max", 1980 / 20.0 - 20 + 0.01, 0.06);
    lab_equal(lab, "services.t.delivery_attempts", 4000);
    assert_true(lab_value(lab, "services.t.deliveries_paced") > 1900);
    const struct results_bottleneck found =
        bottleneck_find(lab->scenario, lab->experiment.replications, 1, 0.95);
    assert_true(found.known);
    assert_string_equal(found.resource, "max receives");
    lab_close(lab);
}

/* API Reference, Publish, MessageDeduplicationId: an id that was seen in the last 5 minutes is
 * accepted and not delivered. Of n ids, 10 messages a second: one of n + 10 x 300 is through. */
static void test_deduplication(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(WHOLE "duration: 10h\nservices:\n"
                      "  t: {type: sns, fifo: true, groups: zipf(n=10 s=0), deduplication_ids: "
                      "zipf(n=1000 s=0), subscriptions: [{to: q.send}]}\n"
                      "  q: {type: sqs, fifo: true, groups: zipf(n=10 s=0)}\n"
                      "traffic:\n  u: {to: t.publish, rate: 10/s, arrivals: constant}\n");
    const double sent = 360e3, through = sent * 1000 / (1000 + 10 * 300);
    lab_equal(lab, "services.t.number_of_messages_published", sent);
    lab_near(lab, "services.q.number_of_messages_sent", through, 0.01 * through);
    lab_near(lab, "services.t.messages_deduplicated", sent - through, 0.01 * through);
    lab_close(lab);
}

/* Quotas: a FIFO topic takes 20 MB a second: half of 400 messages of 100 kB. It is named. */
static void test_bytes_of_a_topic(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 20s\nwarmup: 5s\nservices:\n"
             "  f: {type: sns, fifo: true, groups: zipf(n=1000 s=0)}\n"
             "traffic: {z: {to: f.publish, rate: 400/s, arrivals: constant, size: 100 kB}}\n");
    lab_equal(lab, "traffic.z.errors.throttled", 0.5);
    const struct results_bottleneck found =
        bottleneck_find(lab->scenario, lab->experiment.replications, 1, 0.95);
    assert_string_equal(found.resource, "bytes of the topic");
    lab_close(lab);
}

/* CloudWatch User Guide, Using alarms: an alarm tells a topic, or a bus, of a transition, once. */
static void test_alarms_tell_topics_and_buses(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        WHOLE "duration: 30m\nservices:\n"
              "  app: {type: delay, work: 1ms}\n"
              "  watch: {type: cloudwatch, alarms: [{name: busy, watch: app.calls, threshold: 100, "
              "notify: t.publish, notify_ok: b.put_events}]}\n"
              "  t: {type: sns, subscriptions: [{to: e}]}\n"
              "  b: {type: eventbridge, rules: [{to: [g]}]}\n"
              "  e: {type: picky}\n  g: {type: picky}\n"
              "traffic:\n  u: {to: app, rate: [[0s, 1/s], [10m, 5/s], [20m, 1/s]], arrivals: "
              "constant}\n");
    lab_equal(lab, "services.e.good", 1);
    assert_true(lab_value(lab, "services.g.good") >= 1); /* OK at first, and again */
    lab_equal(lab, "services.b.successful_invocations", lab_value(lab, "services.g.good"));
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fan_out),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_phases_of_queues),
        cmocka_unit_test(test_dead_letters),
        cmocka_unit_test(test_rejected_and_silent),
        cmocka_unit_test(test_quotas),
        cmocka_unit_test(test_order_in_a_group),
        cmocka_unit_test(test_conservation),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_max_receives),
        cmocka_unit_test(test_deduplication),
        cmocka_unit_test(test_bytes_of_a_topic),
        cmocka_unit_test(test_alarms_tell_topics_and_buses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
