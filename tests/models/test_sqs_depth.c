/* SQS beyond the way of a message: delays, batches, poison, redrive tasks, deduplication, high
 * throughput FIFO; the age of a queue under overload against the fluid limit. Rules with their
 * source; "Guide" is the Amazon SQS Developer Guide. Constant laws where a rule is to be exact. */
#include "tests/models/sqs_eater.h"

#define HEAD_IN(region, duration) "region: " region "\n" HEAD(duration)

/* ---- delays ---- */

/* Guide, delay queues: a new message stays invisible for the delay, of a FIFO queue too; what comes
 * back after a failure does not. The first of 60 fails: 30 s, not 90. */
static void test_delay_queue(void **state)
{
    (void)state;
    static const char *const queues[] = {QUEUE, FIFO ", groups: zipf(n=500000 s=0)"};
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_run_with(
            own, 1,
            HEAD("10m") "  q: {%s, delay: 60s}\n"
                        "  e: {type: eater, trigger: {from: q}, fails_first: 1, work: 1s}\n"
                        "traffic:\n"
                        "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/s], [60s, 0/s]]}\n",
            queues[i]);
        equal(lab, "q.time_in_queue.max", 60.1);
        equal(lab, "q.end_to_end.max", 60.1 + 30 + 1);
        equal(lab, "q.number_of_messages_deleted", 60);
        equal(lab, "q.approximate_number_of_messages_delayed", 60 * 60.1 / 600);
        equal(lab, "q.approximate_number_of_messages_delayed_max", 60);
        lab_close(lab);
    }
}

/* Guide, message timers: each message's own delay overrides that of the queue; short ones overtake
 * long ones. Uniform from 0 to 40 s: 20 s in the mean. */
static void test_message_timers(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        "archsim: 1\nduration: {30m}\nwarmup: 2m\nreplications: 10\nseed: 1\nservices:\n"
        "  q: {" QUEUE ", delay: 10m, message_delay: uniform(0s 40s)}\n"
        "  e: {type: eater, trigger: {from: q}, work: 0s}\n"
        "traffic:\n  t: {to: q.send, rate: 50/s}\n");
    lab_expect(lab, "services.q.time_in_queue.mean", 20.1, 0.02);
    lab_close(lab);
}

/* ---- batches ---- */

/* Guide, quotas: SendMessageBatch, up to 10 messages and 1 MiB together, is one call: of a FIFO
 * queue 300 + 300 t of them pass, 3,000 messages a second. Pricing: one request for each 64 KiB. */
static void test_send_batch(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10s") "  q: {%s}\n"
                    "traffic:\n"
                    "  t: {to: q.send_batch, arrivals: constant, rate: %d/s, size: %s}\n";
    struct lab *lab = lab_run(text, FIFO ", groups: zipf(n=1000 s=0)", 400, "0 B");
    assert_true(fabs(metric(lab, "q.number_of_messages_sent") - 10 * (300 + 3000)) <= 10);
    assert_true(fabs(metric(lab, "q.requests") - (300 + 3000)) <= 1);
    lab_close(lab);
    lab = lab_run(text, QUEUE, 10, "1 MiB");
    equal(lab, "q.number_of_messages_sent", 1000);
    equal(lab, "q.requests", 100 * 16);
    lab_close(lab);
    lab = lab_run(text, QUEUE, 10, "1048577 B");
    lab_equal(lab, "traffic.t.errors.rejected", 1);
    lab_close(lab);
    lab = lab_run(text, QUEUE ", max_message_size: 64 KiB", 10, "700 KiB"); /* 70 KiB each */
    lab_equal(lab, "traffic.t.errors.rejected", 1);
    lab_close(lab);
}

/* Requests: 600 sends, as many empty and full receives as polls, and their deletes, by tens where
 * ten were received. Messages of 100 KiB: two requests to send, 16 to receive ten of them. */
static void test_requests(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10m") "  q: {" QUEUE ", max_messages: 10}\n"
                    "  w: {type: delay, calls: [q.receive, {work: 1s}, q.delete]}\n"
                    "traffic:\n"
                    "  p: {to: w, arrivals: constant, rate: 1/s}\n"
                    "  t: {to: q.send, arrivals: constant, batch: 10, size: %s,"
                    " rate: [[0s, 1/min], [5m, 0/s]]}\n";
    struct lab *lab = lab_run(text, "1 KiB");
    const double polls = metric(lab, "q.operations.receive.arrivals") * 600;
    const double full = polls - metric(lab, "q.number_of_empty_receives");
    equal(lab, "q.number_of_messages_deleted", 50);
    equal(lab, "q.requests", 50 + polls + full);
    lab_close(lab);
    lab = lab_run(text, "100 KiB");
    equal(lab, "q.requests", 2 * 50 + (polls - full) + 16 * full + full);
    lab_close(lab);
}

/* ---- poison ---- */

/* A message that nobody can process fails its consumer each time, and goes to the dead-letter queue
 * after max_receive_count receives (Guide, dead-letter queues); others are processed. In batches of
 * 10 without partial responses those with it come back (Lambda Developer Guide, "if the function
 * returns an error, Lambda considers the entire batch failed"). */
static void test_poison(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("30m") "  q: {" QUEUE ", poison: 10%%, dead_letter: dlq, max_receive_count: 3}\n"
                    "  dlq: {" QUEUE "}\n"
                    "  e: {type: eater, trigger: {from: q}, work: 10ms}\n"
                    "traffic:\n"
                    "  t: {to: q.send, rate: [[0s, 20/s], [20m, 0/s]]}\n");
    const double sent = metric(lab, "q.number_of_messages_sent");
    const double dead = metric(lab, "q.messages_dead_lettered");
    assert_true(fabs(dead / sent - 0.1) < 0.0095); /* 5 sigmas of 24,000 */
    equal(lab, "q.number_of_messages_deleted", sent - dead);
    equal(lab, "q.number_of_messages_received", sent + 2 * dead);
    equal(lab, "dlq.approximate_number_of_messages_visible_max", dead);
    assert_true(fabs(metric(lab, "e.errors.failed") - 3 * dead / (sent + 2 * dead)) < 1e-9);
    lab_close(lab);
}

/* A function: with `report_batch_item_failures` the bad ones alone come back, and the invocation
 * has not failed (Lambda Developer Guide, Handling errors for an SQS event source); without it all
 * of its batch fail with it, and good ones become dead letters too. */
static void test_poison_in_batches(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("30m") "  q: {" QUEUE ", poison: 5%%, dead_letter: dlq, max_receive_count: %d}\n"
                    "  dlq: {" QUEUE "}\n"
                    "  f: {type: lambda, work: 10ms, timeout: 5s, trigger: {from: q, batch: 10, "
                    "window: 1s, report_batch_item_failures: %s%s}}\n"
                    "traffic:\n"
                    "  t: {to: q.send, rate: [[0s, 50/s], [10m, 0/s]]}\n";
    double dead[3], sent[3];
    const int receives[] = {10, 10, 1};
    for (int i = 0; i < 3; i++) {
        struct lab *lab = lab_run(text, receives[i], i == 0 ? "true" : "false", "");
        sent[i] = metric(lab, "q.number_of_messages_sent");
        dead[i] = metric(lab, "q.messages_dead_lettered");
        equal(lab, "q.number_of_messages_deleted", sent[i] - dead[i]);
        equal(lab, "dlq.approximate_number_of_messages_visible_max", dead[i]);
        assert_true((metric(lab, "f.errors.failed") > 0) == (i > 0));
        lab_close(lab);
    }
    assert_true(fabs(dead[0] / sent[0] - 0.05) < 0.0063); /* 5 sigmas of 30,000 */
    /* bad ones come back together, and hold up the good ones behind them */
    assert_true(dead[1] / sent[1] > 0.15 && dead[1] / sent[1] < 0.25);
    /* batches of ten, one receive: all of 1 - 0.95^10 = 40.1 % */
    assert_true(dead[2] / sent[2] > 0.35 && dead[2] / sent[2] < 0.45);
}

/* Guide, FIFO delivery logic: a failed message keeps its group; without a dead-letter queue for
 * ever. A worker that calls fails at it too, and does not delete it. */
static void test_poison_of_a_group(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10m") "  q: {" FIFO ", groups: zipf(n=1 s=0), poison: 100%%%s}\n"
                    "  dlq: {" FIFO ", groups: zipf(n=1 s=0)}\n"
                    "  w: {type: delay, calls: [q.receive, q.delete]}\n"
                    "traffic:\n"
                    "  p: {to: w, arrivals: constant, rate: 10/s}\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/s], [5s, 0/s]]}\n";
    struct lab *lab = lab_run(text, "");
    equal(lab, "q.number_of_messages_deleted", 0);
    equal(lab, "q.approximate_number_of_messages_visible_max", 4);
    equal(lab, "q.approximate_number_of_messages_not_visible_max", 1);
    assert_true(metric(lab, "q.number_of_messages_received") >= 19);
    assert_true(metric(lab, "q.number_of_messages_received") <= 20);
    lab_close(lab);
    lab = lab_run(text, ", dead_letter: dlq, max_receive_count: 1");
    equal(lab, "q.messages_dead_lettered", 5);
    lab_close(lab);
}

/* ---- redrive ---- */

#define REDRIVE                                                                 \
    HEAD("20m")                                                                 \
    "  q: {" QUEUE ", visibility_timeout: 1s, poison: 100%%, dead_letter: dlq," \
    " max_receive_count: 1}\n"                                                  \
    "  dlq: {" QUEUE ", redrive: {to: q, rate: 10/s%s}}\n"                      \
    "  e: {type: eater, trigger: {from: q}, work: 0s}\n"                        \
    "%s"                                                                        \
    "traffic:\n  t: {to: q.send, arrivals: constant, rate: [[0s, 10/s], [60s, 0/s]]}\n"

/* API Reference, StartMessageMoveTask: a task moves the messages of a dead-letter queue back at so
 * many a second, as new messages (Guide, redrive: "considered as new messages with a new
 * messageID and enqueueTime"). 600 at 10/s take 60 s; mended they are processed, else they come
 * again, and are not moved a second time. */
static void test_redrive_task(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, 1, REDRIVE, ", at: 10m", "");
    equal(lab, "q.number_of_messages_sent", 600);
    equal(lab, "dlq.messages_moved", 600);
    equal(lab, "q.number_of_messages_deleted", 600);
    equal(lab, "q.operations.redrive.throughput", 600 / 1200.0);
    equal(lab, "q.end_to_end.max", 0); /* new ones, at once */
    /* 1 s after its receive 0.1 s after its send; one moved each 0.1 s from 600.1 s on */
    const double there_s = 600 * (600 - (60 - 0.1) / 2 - 1.1) + 600 * (0.1 + 60) / 2;
    assert_true(fabs(metric(lab, "dlq.approximate_number_of_messages_visible") * 1200 - there_s) <
                600 * 0.11);
    const struct log_entry *entry = lab->experiment.replications[0].log;
    assert_non_null(entry);
    assert_int_equal(entry->kind, LOG_COMMAND);
    assert_int_equal(entry->count, 600);
    assert_true(entry->delay_ns == INT64_C(60000000000));
    lab_close(lab);
    lab = lab_run_with(own, 1, REDRIVE, ", at: 10m, mended: false", "");
    equal(lab, "q.number_of_messages_deleted", 0);
    equal(lab, "q.messages_dead_lettered", 1200);
    equal(lab, "dlq.messages_moved", 600);
    lab_close(lab);
}

/* "Only one active message movement task is supported per queue": a second start while the first
 * runs is a conflict. */
static void test_one_task_at_a_time(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1, REDRIVE, "",
        "  ops: {type: aws_cli, startup: 0s, latency: 0s, attempts: 1, commands: "
        "[{name: back, start_message_move_task: dlq, at: 10m, every: 40s, times: 3}]}\n");
    equal(lab, "dlq.messages_moved", 600);
    equal(lab, "ops.failed_commands", 1); /* of the two others the second finds nothing to move */
    equal(lab, "ops.succeeded_commands", 2);
    equal(lab, "q.number_of_messages_deleted", 600);
    lab_close(lab);
}

/* FIFO: a task keeps the order of each group. (The models assert it in debug builds: messages of a
 * group are received in the order of their arrival.) */
static void test_redrive_of_fifo(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1,
                     HEAD("20m") "  q: {" FIFO ", groups: zipf(n=7 s=0), visibility_timeout: 1s,"
                                 " poison: 30%%, dead_letter: dlq, max_receive_count: 1}\n"
                                 "  dlq: {" FIFO ", groups: zipf(n=7 s=0),"
                                 " redrive: {to: q, at: 10m}}\n"
                                 "  e: {type: eater, trigger: {from: q}, work: 0s}\n"
                                 "traffic:\n  t: {to: q.send, rate: [[0s, 3/s], [60s, 0/s]]}\n");
    const double sent = metric(lab, "q.number_of_messages_sent");
    equal(lab, "dlq.messages_moved", metric(lab, "q.messages_dead_lettered"));
    equal(lab, "q.number_of_messages_deleted", sent);
    lab_close(lab);
}

/* ---- FIFO ---- */

/* Guide, exactly-once processing: what repeats a send of the last 5 minutes is accepted, but not
 * delivered; later it is a new message. Half of the sends repeat one of 1 or of 10 minutes ago. */
static void test_deduplication(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("20m") "  q: {" FIFO ", groups: zipf(n=1000 s=0), repeats: {ratio: 50%%, after: %s}}\n"
                    "traffic:\n  t: {to: q.send, arrivals: constant, rate: 10/s}\n";
    struct lab *lab = lab_run(text, "1m");
    const double sent = metric(lab, "q.number_of_messages_sent");
    equal(lab, "q.number_of_deduplicated_sent_messages", 12000 - sent);
    assert_true(fabs(sent - 6000) < 5 * sqrt(12000 / 4.0));
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = lab_run(text, "10m");
    equal(lab, "q.number_of_messages_sent", 12000);
    lab_close(lab);
    lab = lab_run(text, "exponential(5m)"); /* within 5 minutes: 1 - 1/e */
    const double repeated = metric(lab, "q.number_of_deduplicated_sent_messages");
    const double expected = 6000 * (1 - exp(-1));
    assert_true(fabs(repeated - expected) < 5 * sqrt(12000 * 0.316 * 0.684));
    lab_close(lab);
}

/* Guide, message quotas, high throughput: 300 calls a second of each partition and action, 70,000
 * in us-east-1, 2,400 in regions not listed (sa-east-1: 8 partitions). One group stays at 300/s. */
static void test_high_throughput(void **state)
{
    (void)state;
    static const char text[] =
        HEAD_IN("%s", "10s") "  q: {" FIFO ", high_throughput: true, groups: zipf(n=%d s=0)}\n"
                             "traffic:\n  t: {to: q.send, arrivals: constant, rate: %d/s}\n";
    struct lab *lab = lab_run(text, "sa-east-1", 100000, 5000);
    const double sent = metric(lab, "q.number_of_messages_sent");
    assert_true(sent <= 2400 + 24000 && sent > 0.97 * 26400);
    assert_true(metric(lab, "q.errors.throttled") > 0.45);
    lab_close(lab);
    lab = lab_run(text, "sa-east-1", 1, 1000);
    assert_true(fabs(metric(lab, "q.number_of_messages_sent") - (300 + 3000)) <= 1);
    lab_close(lab);
    lab = lab_run(text, "us-east-1", 500000, 20000);
    assert_true(metric(lab, "q.errors.throttled") < 0.001);
    lab_close(lab);
    lab = lab_run(text, "us-east-1", 1, 1000);
    assert_true(fabs(metric(lab, "q.number_of_messages_sent") - (300 + 3000)) <= 1);
    lab_close(lab);
}

/* CloudWatch, ApproximateNumberOfGroupsWithInflightMessages: four groups at work, each always. */
static void test_groups_in_flight(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        STEADY("1m", "10m") "  q: {" FIFO ", groups: zipf(n=4 s=0)}\n"
                            "  e: {type: eater, trigger: {from: q, batch: 10}, work: 1s}\n"
                            "traffic:\n  t: {to: q.send, arrivals: constant, rate: 50/s}\n");
    equal(lab, "q.approximate_number_of_groups_with_inflight_messages", 4);
    lab_close(lab);
}

/* ---- overload ---- */

/* Fluid limit: from empty, at rate lambda against mu < lambda, the message that is received at time
 * t was sent at t * mu / lambda: the oldest is t (1 - mu / lambda) old, and over [0, T] waits are
 * half of that in the mean. 100/s against 5 x 10/s, T = 1 h: 900 s, exact to the batch's width;
 * then with Poisson arrivals and exponential work, at LAB_CONFIDENCE. */
static void test_age_under_overload(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1,
                     HEAD("1h") "  q: {" QUEUE "}\n"
                                "  e: {type: eater, trigger: {from: q, places: 5}, work: 100ms}\n"
                                "traffic:\n  t: {to: q.send, arrivals: constant, rate: 100/s}\n");
    lab_near(lab, "services.q.approximate_age_of_oldest_message", 1800, 0.3);
    lab_near(lab, "services.q.time_in_queue.mean", 900, 0.3);
    lab_close(lab);
    lab =
        lab_run_with(own, 1,
                     "archsim: 1\nduration: 1h\nwarmup: 0s\nreplications: 12\nseed: 1\nservices:\n"
                     "  q: {type: sqs}\n"
                     "  e: {type: eater, trigger: {from: q, places: 5}, work: exponential(100ms)}\n"
                     "traffic:\n  t: {to: q.send, rate: 100/s}\n");
    lab_expect(lab, "services.q.time_in_queue.mean", 900, 0.02);
    assert_true(fabs(metric(lab, "q.approximate_age_of_oldest_message") / 1800 - 1) < 0.02);
    lab_close(lab);
}

/* ... until the retention: then the oldest is as old as that, lambda - mu of them are lost a second
 * and who is received has waited so long. */
static void test_overload_meets_retention(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        STEADY("1h", "1h") "  q: {" QUEUE ", retention: 10m}\n"
                           "  e: {type: eater, trigger: {from: q, places: 5}, work: 100ms}\n"
                           "traffic:\n  t: {to: q.send, arrivals: constant, rate: 100/s}\n");
    lab_near(lab, "services.q.approximate_age_of_oldest_message", 600, 0.1); /* while at work */
    lab_near(lab, "services.q.messages_expired", 50 * 3600, 20);
    lab_near(lab, "services.q.time_in_queue.mean", 600, 0.5);
    lab_close(lab);
}

/* At least once: no message that was sent is missing, however often it failed, was duplicated or
 * came back; without a dead-letter queue each is processed, and some more than once. */
static void test_at_least_once(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1,
                     HEAD("1h") "  q: {type: sqs, duplicates: 20%%, visibility_timeout: 5s}\n"
                                "  e: {type: eater, trigger: {from: q, batch: 4}, fails: 30%%,"
                                " work: exponential(1.5s)}\n"
                                "traffic:\n  t: {to: q.send, rate: [[0s, 20/s], [10m, 0/s]]}\n");
    const double sent = metric(lab, "q.number_of_messages_sent");
    equal(lab, "q.number_of_messages_deleted", sent);
    assert_true(metric(lab, "q.number_of_messages_received") > 1.5 * sent);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delay_queue),
        cmocka_unit_test(test_message_timers),
        cmocka_unit_test(test_send_batch),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_poison_in_batches),
        cmocka_unit_test(test_poison_of_a_group),
        cmocka_unit_test(test_redrive_task),
        cmocka_unit_test(test_one_task_at_a_time),
        cmocka_unit_test(test_redrive_of_fifo),
        cmocka_unit_test(test_deduplication),
        cmocka_unit_test(test_high_throughput),
        cmocka_unit_test(test_groups_in_flight),
        cmocka_unit_test(test_age_under_overload),
        cmocka_unit_test(test_overload_meets_retention),
        cmocka_unit_test(test_at_least_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
