/* The documented rules of SQS, each with its source, on whole scenarios. Latencies, work and
 * arrivals are constant where a rule is to be seen exactly. The consumer that is fed is a small
 * type of the tests' own: `eater`. "Guide" is the Amazon SQS Developer Guide. */
#include "tests/models/sqs_eater.h"

extern const struct model sqs_model;

/* ---- the way of a message ---- */

/* Sent, visible after the delivery latency, processed in 1 s, deleted; the sender waits only for
 * the send. 0.5/s for 300 s. */
static void test_message_is_processed_once(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("10m") "  q: {type: sqs, delivery_latency: 100ms, send_latency: 20ms}\n"
                    "  e: {type: eater, trigger: {from: q}, work: 1s}\n" HALF("0.5/s"));
    lab_equal(lab, "traffic.t.latency.mean", 0.02);
    equal(lab, "q.number_of_messages_sent", 150);
    equal(lab, "q.number_of_messages_received", 150);
    equal(lab, "q.number_of_messages_deleted", 150);
    equal(lab, "q.number_of_empty_receives", 0);
    equal(lab, "q.messages_dead_lettered", 0);
    equal(lab, "q.messages_expired", 0);
    equal(lab, "q.time_in_queue.max", 0.1);
    equal(lab, "q.end_to_end.mean", 1.1);
    equal(lab, "q.approximate_age_of_oldest_message", 1.1);
    equal(lab, "q.approximate_number_of_messages_delayed", 150 * 0.1 / 600);
    equal(lab, "q.approximate_number_of_messages_visible", 0);
    equal(lab, "q.approximate_number_of_messages_not_visible", 150 * 1.0 / 600);
    equal(lab, "q.approximate_number_of_messages_not_visible_max", 1);
    equal(lab, "q.busy.mean", 150 * 1.0 / 600);
    equal(lab, "q.capacity.mean", 120000);
    lab_close(lab);
}

/* Guide, visibility timeout: not deleted within it, the message becomes visible to other consumers,
 * counted from the receive, not from the failure. The first call fails after 1 s. */
static void test_visibility_timeout(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("10m") "  q: {" QUEUE ", visibility_timeout: 30s}\n"
                    "  e: {type: eater, trigger: {from: q}, fails_first: 1, work: 1s}\n"
                    "traffic:\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/min], [1m, 0/s]]}\n");
    equal(lab, "q.number_of_messages_received", 2);
    equal(lab, "q.number_of_messages_deleted", 1);
    equal(lab, "q.time_in_queue.mean", 0.1); /* to the first receive */
    equal(lab, "q.end_to_end.mean", 0.1 + 30 + 1);
    equal(lab, "q.approximate_number_of_messages_not_visible", 31.0 / 600);
    equal(lab, "e.throughput", 1 / 600.0);
    lab_close(lab);
}

/* Guide, dead-letter queues: a message whose receive count exceeds maxReceiveCount moves there:
 * after 3 receives, when it would come back for the fourth. It is not counted as sent there. */
static void test_redrive(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("10m") "  q: {" QUEUE ", visibility_timeout: 20s, dead_letter: dlq,"
                    " max_receive_count: 3}\n"
                    "  dlq: {" QUEUE "}\n"
                    "  e: {type: eater, trigger: {from: q}, fails: 100%%, work: 1s}\n" HALF("1/s"));
    equal(lab, "q.number_of_messages_sent", 300);
    equal(lab, "q.number_of_messages_received", 900);
    equal(lab, "q.number_of_messages_deleted", 0);
    equal(lab, "q.messages_dead_lettered", 300);
    equal(lab, "q.approximate_number_of_messages_not_visible", 300 * 60.0 / 600);
    equal(lab, "dlq.number_of_messages_sent", 0);
    equal(lab, "dlq.operations.redrive.throughput", 0.5);
    equal(lab, "dlq.approximate_number_of_messages_visible_max", 300);
    lab_close(lab);
}

/* One that succeeds on its third receive is not moved. */
static void test_redrive_not_before(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("10m") "  q: {" QUEUE ", visibility_timeout: 20s, dead_letter: dlq}\n"
                    "  dlq: {" QUEUE "}\n"
                    "  e: {type: eater, trigger: {from: q}, fails_first: 2, work: 1s}\n"
                    "traffic:\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/min], [1m, 0/s]]}\n");
    equal(lab, "q.number_of_messages_received", 3);
    equal(lab, "q.messages_dead_lettered", 0);
    equal(lab, "q.end_to_end.mean", 0.1 + 40 + 1);
    lab_close(lab);
}

/* A consumer that takes 45 s under a timeout of 30 s. API Reference, DeleteMessage: only the
 * receipt handle of the most recent receive deletes. With a place free the message is received
 * again before the first is through, whose delete comes to nothing; so it ends in the dead-letter
 * queue although it was processed three times. With one place it is still waiting at 45 s, and is
 * deleted. */
static void test_consumer_slower_than_the_timeout(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10m") "  q: {" QUEUE ", dead_letter: dlq}\n"
                    "  dlq: {" QUEUE "}\n"
                    "  e: {type: eater, trigger: {from: q, places: %s}, work: 45s}\n"
                    "traffic:\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/min], [1m, 0/s]]}\n";
    struct lab *lab = lab_run_with(own, 1, text, "inf");
    equal(lab, "e.throughput", 3 / 600.0);
    equal(lab, "q.number_of_messages_received", 3);
    equal(lab, "q.number_of_messages_deleted", 0);
    equal(lab, "q.messages_dead_lettered", 1);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, "1");
    equal(lab, "e.throughput", 1 / 600.0);
    equal(lab, "q.number_of_messages_deleted", 1);
    equal(lab, "q.end_to_end.mean", 45.1);
    equal(lab, "q.approximate_number_of_messages_visible", 15.0 / 600);
    lab_close(lab);
}

/* Batches of four, 1 s of calls each, cut after 2.9 s: the two that are through are deleted, the
 * others come back (Lambda Developer Guide, partial batch responses). Their second batch, of two,
 * is in time. */
static void test_partial_success(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("10m") "  q: {" QUEUE ", visibility_timeout: 30s}\n"
                    "  e: {type: eater, trigger: {from: q, batch: 4}, allowed: 2.9s, calls: [d]}\n"
                    "  d: {type: delay, work: 1s}\n"
                    "traffic:\n"
                    "  t: {to: q.send, arrivals: constant, batch: 4,"
                    " rate: [[0s, 1/min], [5m, 0/s]]}\n");
    equal(lab, "q.number_of_messages_sent", 20);
    equal(lab, "q.number_of_messages_received", 30);
    equal(lab, "q.number_of_messages_deleted", 20);
    equal(lab, "e.arrivals", 10 / 600.0);
    equal(lab, "e.errors.timeout", 0.5);
    equal(lab, "q.end_to_end.mean", 0.1 + (2.9 + 30 + 2) / 2);
    lab_close(lab);
}

/* Guide, at-least-once delivery: a copy may survive its deletion, on standard queues. Every second
 * deletion is lost: a message is received 1 / (1 - 1/2) = 2 times in the mean, and ends once. */
static void test_duplicates(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        "archsim: 1\nduration: {20m}\nwarmup: 5m\nreplications: 10\nseed: 1\nservices:\n"
        "  q: {type: sqs, delivery_latency: 100ms, visibility_timeout: 1s, duplicates: 50%%}\n"
        "  e: {type: eater, trigger: {from: q}, work: 0.1s}\n"
        "traffic:\n  t: {to: q.send, rate: 100/s}\n");
    lab_expect(lab, "services.e.arrivals", 200, 0.02);
    lab_expect(lab, "services.q.end_to_end.mean", 0.2, 1e-6); /* to the first success */
    lab_close(lab);
}

/* ---- retention ---- */

/* Guide, message quotas: a message is kept for the retention period, then lost. Nobody receives:
 * 1/s for 60 s are here, and the oldest is as old. */
static void test_retention(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "%s", STEADY("5m", "10m") "  q: {" QUEUE ", retention: 60s}\n"
                                  "traffic:\n  t: {to: q.send, arrivals: constant, rate: 1/s}\n");
    equal(lab, "q.messages_expired", 600);
    equal(lab, "q.approximate_number_of_messages_visible", 59.9);
    equal(lab, "q.approximate_number_of_messages_visible_max", 60);
    equal(lab, "q.approximate_age_of_oldest_message", 60);
    lab_close(lab);
}

/* Guide, setting up dead-letter queue retention: a standard queue goes on from the original time
 * stamp, to the second; FIFO begins anew; the age of the oldest counts from the move in both. Moved
 * after one receive of 60 s, of a retention of 4 min. */
static void test_retention_of_dead_letters(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 1,
                     STEADY("10m", "10m") "  q: {" QUEUE ", visibility_timeout: 60s,"
                                          " dead_letter: dlq, max_receive_count: 1}\n"
                                          "  dlq: {" QUEUE ", retention: 4m}\n"
                                          "  e: {type: eater, trigger: {from: q}, fails: 100%%}\n"
                                          "traffic:\n"
                                          "  t: {to: q.send, arrivals: constant, rate: 1/s}\n");
    equal(lab, "dlq.messages_expired", 600);
    const double age_s = metric(lab, "dlq.approximate_age_of_oldest_message");
    assert_true(age_s <= 179.9 && age_s > 178.9);
    equal(lab, "dlq.approximate_number_of_messages_visible", age_s); /* Little: 1/s for so long */
    lab_close(lab);
    lab = lab_run_with(
        own, 1,
        STEADY("10m", "10m") "  q: {" FIFO ", visibility_timeout: 60s, groups: zipf(n=500000 s=0),"
                             " dead_letter: dlq, max_receive_count: 1}\n"
                             "  dlq: {" FIFO ", retention: 4m, groups: zipf(n=2 s=0)}\n"
                             "  e: {type: eater, trigger: {from: q}, fails: 100%%}\n"
                             "traffic:\n  t: {to: q.send, arrivals: constant, rate: 1/s}\n");
    equal(lab, "dlq.approximate_age_of_oldest_message", 240);
    lab_close(lab);
}

/* ---- consumers that call ---- */

/* Guide, long polling: a receive waits for wait_time at most, and returns as soon as a message is
 * there. One message at a random instant; the only poller is always waiting then. */
static void test_long_polling(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "%s",
        HEAD("10m") "  q: {" QUEUE ", wait_time: 20s}\n"
                    "  w: {type: delay, calls: [q.receive, {work: 1s}, q.delete]}\n"
                    "traffic:\n"
                    "  p: {to: w, users: 1, think: 0s}\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/min], [1m, 0/s]]}\n");
    equal(lab, "q.number_of_messages_sent", 1);
    equal(lab, "q.number_of_messages_received", 1);
    equal(lab, "q.number_of_messages_deleted", 1);
    equal(lab, "q.time_in_queue.mean", 0.1);
    equal(lab, "q.end_to_end.mean", 1.1);
    /* empty ones take 20 s each, in 600 s but 1 s and what the message cut short */
    const double empty = metric(lab, "q.number_of_empty_receives");
    assert_true(empty >= 28 && empty <= 29);
    /* and one that began in time is followed to its end */
    equal(lab, "q.operations.receive.errors.rejected", (empty + 1) / (empty + 2));
    lab_close(lab);
}

/* Short polling answers at once, with nothing: 10 ms a poll. A message that comes is received by
 * the poll after it, and the answer takes its time. */
static void test_short_polling(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "%s",
        HEAD("10m") "  q: {" QUEUE "}\n"
                    "  w: {type: delay, calls: [q.receive, {work: 1s}, q.delete]}\n"
                    "traffic:\n"
                    "  p: {to: w, users: 1, think: 1ms}\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/min], [1m, 0/s]]}\n");
    const double polls = (600 - 1.011) / 0.011;
    assert_true(fabs(metric(lab, "q.number_of_empty_receives") - polls) <= 1);
    equal(lab, "q.number_of_messages_deleted", 1);
    const double waited_s = metric(lab, "q.time_in_queue.mean");
    assert_true(waited_s >= 0.1 && waited_s <= 0.111);
    equal(lab, "q.end_to_end.mean", waited_s + 0.01 + 1);
    lab_close(lab);
}

/* Guide, short polling: a receive may miss what is there. Half of the polls do: twice as many. */
static void test_false_empty(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "%s", "archsim: 1\nduration: 10m\nwarmup: 1m\nreplications: 10\nseed: 1\nservices:\n"
              "  q: {" QUEUE ", false_empty: 50%}\n"
              "traffic:\n"
              "  t: {to: q.send, rate: 200/s}\n"
              "  p: {to: q.receive, arrivals: constant, rate: 100/s}\n");
    lab_expect(lab, "services.q.operations.receive.errors.rejected", 0.5, 0.02);
    lab_close(lab);
}

/* A consumer that does not delete: the message comes back, again and again. One that receives five
 * at once deletes five. */
static void test_delete(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10m") "  q: {" QUEUE ", visibility_timeout: 30s, max_messages: 5}\n"
                    "  w: {type: delay, calls: [q.receive%s]}\n"
                    "traffic:\n"
                    "  p: {to: w, arrivals: constant, rate: 1/s}\n"
                    "  t: {to: q.send, arrivals: constant, batch: 5,"
                    " rate: [[0s, 1/min], [1m, 0/s]]}\n";
    struct lab *lab = lab_run(text, "");
    equal(lab, "q.number_of_messages_deleted", 0);
    assert_true(metric(lab, "q.number_of_messages_received") >= 5 * 540 / 31.0);
    assert_true(metric(lab, "q.number_of_messages_received") <= 5 * (1 + 600 / 30.0));
    lab_close(lab);
    lab = lab_run(text, ", {parallel: [q.delete, {wait: 1s}]}");
    equal(lab, "q.number_of_messages_received", 5);
    equal(lab, "q.number_of_messages_deleted", 5);
    lab_close(lab);
}

/* Whoever has stopped waiting for the answer has no messages: they come back. */
static void test_receive_given_up(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "%s",
        HEAD("10m") "  q: {" QUEUE ", visibility_timeout: 5m}\n"
                    "  w: {type: delay,"
                    " calls: [{call: q.receive, timeout: 5ms, optional: true}, q.delete]}\n"
                    "traffic:\n"
                    "  p: {to: w, arrivals: constant, rate: 1/s}\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/min], [1m, 0/s]]}\n");
    equal(lab, "q.number_of_messages_received", 2);
    equal(lab, "q.number_of_messages_deleted", 0);
    lab_close(lab);
}

/* ---- limits ---- */

/* Guide, quotas: at the limit of messages in flight nothing more is received; here 5 of 10 s
 * each. */
static void test_in_flight_limit(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        STEADY("1m", "10m") "  q: {" QUEUE ", max_in_flight: 5}\n"
                            "  e: {type: eater, trigger: {from: q}, work: 10s}\n"
                            "traffic:\n  t: {to: q.send, arrivals: constant, rate: 1/s}\n");
    equal(lab, "q.approximate_number_of_messages_not_visible_max", 5);
    equal(lab, "q.approximate_number_of_messages_not_visible", 5);
    equal(lab, "q.utilization", 1);
    equal(lab, "e.throughput", 0.5);
    lab_close(lab);
}

/* Guide, standard queue quotas: at the limit a short poll gets the error OverLimit, a long poll
 * just nothing. FIFO queue quotas: no error. One message stays in flight, others wait. */
static void test_over_limit(void **state)
{
    (void)state;
    static const char text[] = HEAD("100s") "  q: {%s, max_in_flight: 1, visibility_timeout: 1h}\n"
                                            "  w: {type: delay, calls: [q.receive]}\n"
                                            "traffic:\n"
                                            "  p: {to: w, users: 1, think: 1s}\n"
                                            "  t: {to: q.send, arrivals: constant, rate: 20/s}\n";
    struct lab *lab = lab_run(text, QUEUE);
    assert_true(metric(lab, "q.operations.receive.errors.throttled") > 0.9);
    lab_close(lab);
    lab = lab_run(text, QUEUE ", wait_time: 5s");
    equal(lab, "q.operations.receive.errors.throttled", 0);
    assert_true(metric(lab, "q.operations.receive.errors.rejected") > 0.9);
    lab_close(lab);
    lab = lab_run(text, FIFO ", groups: zipf(n=10 s=0)");
    equal(lab, "q.operations.receive.errors.throttled", 0);
    assert_true(metric(lab, "q.operations.receive.errors.rejected") > 0.9);
    lab_close(lab);
}

/* AWS What's New 2025-08-04: messages up to 1 MiB. */
static void test_message_size(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10s") "  q: {" QUEUE "}\n"
                    "traffic:\n"
                    "  t: {to: q.send, arrivals: constant, rate: 10/s, size: %s}\n";
    struct lab *lab = lab_run(text, "1 MiB");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = lab_run(text, "1048577 B");
    lab_equal(lab, "traffic.t.errors.rejected", 1);
    equal(lab, "q.number_of_messages_sent", 0);
    lab_close(lab);
}

/* ---- FIFO ---- */

/* Guide, FIFO queue delivery logic: while a message of a group is in flight, no other of that group
 * is delivered. One group, 1 s each, 2/s: one at a time, 1/s; four equal groups: at most four. */
static void test_fifo_exclusivity(void **state)
{
    (void)state;
    static const char text[] =
        STEADY("1m", "10m") "  q: {" FIFO ", groups: zipf(n=%d s=0)}\n"
                            "  e: {type: eater, trigger: {from: q}, work: 1s}\n"
                            "traffic:\n  t: {to: q.send, arrivals: constant, rate: %d/s}\n";
    struct lab *lab = lab_run_with(own, 1, text, 1, 2);
    equal(lab, "q.approximate_number_of_messages_not_visible_max", 1);
    equal(lab, "e.throughput", 1);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, 4, 8);
    equal(lab, "q.approximate_number_of_messages_not_visible_max", 4);
    equal(lab, "e.throughput", 4);
    lab_close(lab);
}

/* ... and a failed message keeps its group until it is visible again, in its place: a group of one
 * message a second, the first call fails: nothing for 30 s, then in order: first in, first out is
 * seen in that the longest wait is that of the second, 29 s. */
static void test_fifo_failure_blocks_its_group(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("10m") "  q: {" FIFO ", groups: zipf(n=1 s=0)}\n"
                    "  e: {type: eater, trigger: {from: q}, fails_first: 1, work: 100ms}\n"
                    "traffic:\n"
                    "  t: {to: q.send, arrivals: constant, rate: [[0s, 1/s], [60s, 0/s]]}\n");
    equal(lab, "q.number_of_messages_deleted", 60);
    equal(lab, "q.number_of_messages_received", 61);
    equal(lab, "q.end_to_end.max", 0.1 + 30 + 0.1);
    equal(lab, "q.time_in_queue.max", 0.1 + 29 + 0.1);
    lab_close(lab);
}

/* Guide, Troubleshoot FIFO throttling: 300 calls a second of each API action, else throttled: from
 * a full bucket, 300 + 300 t sends pass; with batches of 10, 3,000 messages a second. */
static void test_fifo_throttle(void **state)
{
    (void)state;
    static const char text[] = HEAD("10s") "  q: {" FIFO ", groups: zipf(n=100 s=0)%s}\n"
                                           "traffic:\n"
                                           "  t: {to: q.send, arrivals: constant, rate: %d/s}\n";
    struct lab *lab = lab_run(text, "", 1000);
    assert_true(fabs(metric(lab, "q.number_of_messages_sent") - (300 + 3000)) <= 1);
    assert_true(fabs(metric(lab, "q.errors.throttled") - 6700 / 10000.0) <= 0.0002);
    const struct log_entry *log = lab->experiment.replications[0].log;
    assert_int_equal(log->kind, LOG_THROTTLING);
    assert_string_equal(log->metric, "send calls");
    lab_close(lab);
    lab = lab_run(text, ", send_batch: 10", 3000);
    equal(lab, "q.errors.throttled", 0);
    lab_close(lab);
    lab = lab_run("%s", HEAD("10s") "  q: {" QUEUE "}\n" /* standard: nearly unlimited */
                                    "traffic:\n"
                                    "  t: {to: q.send, arrivals: constant, rate: 10k/s}\n");
    equal(lab, "q.errors.throttled", 0);
    lab_close(lab);
}

/* The receives of consumers that are fed wait for their tokens: one message each, 300 + 300 t; ten
 * each, all of 3,000/s. */
static void test_fifo_receives(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10s") "  q: {" FIFO ", groups: zipf(n=500000 s=0), send_batch: 10}\n"
                    "  e: {type: eater, trigger: {from: q, batch: %d}}\n"
                    "traffic:\n  t: {to: q.send, arrivals: constant, batch: 10, rate: 150/s}\n";
    struct lab *lab = lab_run_with(own, 1, text, 1);
    /* from the first message on, which comes after 100 ms, and at most 1/150 s more */
    const double received = metric(lab, "q.number_of_messages_received");
    assert_true(received >= 300 + 9.89 * 300 && received <= 300 + 9.9 * 300 + 1);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, 10);
    assert_true(metric(lab, "q.number_of_messages_received") >= 15000 - 160);
    lab_close(lab);
}

/* ---- the whole ---- */

/* Van Donkersgoed, Serverless Messaging: Latency Compared (2022): from the producer's send to the
 * start of an idle consumer, 16.2 / 33.8 / 105 ms on a standard queue, 28.1 / 61.2 / 645 ms on
 * FIFO; p99 of 600k messages is known to some per cent. */
static void test_delivery_latency_is_the_measured_one(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        "archsim: 1\nduration: {30m}\nwarmup: 1m\nreplications: 12\nseed: 1\nservices:\n"
        "  q: {type: sqs}\n"
        "  f: {type: sqs, fifo: true, groups: zipf(n=500000 s=0)}\n"
        "  e: {type: eater, trigger: {from: q, batch: 10}}\n"
        "  g: {type: eater, trigger: {from: f, batch: 10}}\n"
        "traffic:\n"
        "  t: {to: q.send, rate: 30/s}\n"
        "  u: {to: f.send, rate: 30/s}\n");
    lab_expect(lab, "services.q.time_in_queue.p50", 0.0162, 0.02);
    lab_expect(lab, "services.q.time_in_queue.p90", 0.0338, 0.03);
    lab_expect(lab, "services.q.time_in_queue.p99", 0.105, 0.15);
    lab_expect(lab, "services.f.time_in_queue.p50", 0.0281, 0.02);
    lab_expect(lab, "services.f.time_in_queue.p90", 0.0612, 0.09);
    lab_expect(lab, "services.f.time_in_queue.p99", 0.645, 0.15);
    lab_expect(lab, "services.q.operations.send.latency.p50", 0.012, 0.02);
    lab_close(lab);
}

/* Random consumers, too slow or failing, duplicates, both kinds of queue: when all is over every
 * message has been deleted or is a dead letter, and every dead letter is in its queue. (In debug
 * builds the model asserts the same of every state at the window's ends.) */
static void test_conservation(void **state)
{
    (void)state;
    static const char *const queues[] = {"type: sqs, duplicates: 10%",
                                         "type: sqs, fifo: true, groups: zipf(n=500 s=0.5)"};
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        struct lab *lab =
            lab_run_with(own, 1,
                         HEAD("45m") "  q: {%s, visibility_timeout: 10s, dead_letter: dlq}\n"
                                     "  dlq: {%s}\n"
                                     "  e: {type: eater, trigger: {from: q, batch: 7}, fails: 40%%,"
                                     " work: exponential(1.5s)}\n"
                                     "traffic:\n  t: {to: q.send, rate: [[0s, 30/s], [5m, 0/s]]}\n",
                         queues[i], queues[i]);
        const double sent = metric(lab, "q.number_of_messages_sent");
        const double dead = metric(lab, "q.messages_dead_lettered");
        assert_true(sent > 8000 && dead > 100);
        equal(lab, "q.number_of_messages_deleted", sent - dead);
        equal(lab, "q.messages_expired", 0);
        equal(lab, "dlq.approximate_number_of_messages_visible_max", dead);
        assert_true(metric(lab, "q.number_of_messages_received") > 1.3 * sent);
        lab_close(lab);
    }
}

static void test_rules_across_parameters(void **state)
{
    (void)state;
    const struct {
        bool fifo;
        uint32_t groups;
        const char *wrong;
    } cases[] = {
        {false, 0, NULL},
        {true, 10, NULL},
        {true, 0, "groups: expected"},
        {false, 10, "groups: without"},
        {true, 600000, "groups: expected at most"},
    };
    char params[1024]; /* `check` looks at these two only */
    assert_true(sqs_model.info.params_size <= sizeof(params));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint32_t k = 0; k < sqs_model.info.params_count; k++) {
            const struct param *row = &sqs_model.info.params[k];
            param_clear(row, params);
            if (strcmp(row->key, "fifo") == 0) {
                memcpy(params + row->offset, &cases[i].fifo, sizeof(bool));
            } else if (strcmp(row->key, "groups") == 0) {
                memcpy(params + row->offset, &(struct popularity){.n = cases[i].groups},
                       sizeof(struct popularity));
            }
        }
        const char *wrong = sqs_model.info.check(params);
        if (cases[i].wrong == NULL) {
            assert_null(wrong);
        } else {
            assert_non_null(wrong);
            assert_memory_equal(wrong, cases[i].wrong, strlen(cases[i].wrong));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_is_processed_once),
        cmocka_unit_test(test_visibility_timeout),
        cmocka_unit_test(test_redrive),
        cmocka_unit_test(test_redrive_not_before),
        cmocka_unit_test(test_consumer_slower_than_the_timeout),
        cmocka_unit_test(test_partial_success),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_retention),
        cmocka_unit_test(test_retention_of_dead_letters),
        cmocka_unit_test(test_long_polling),
        cmocka_unit_test(test_short_polling),
        cmocka_unit_test(test_false_empty),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_receive_given_up),
        cmocka_unit_test(test_in_flight_limit),
        cmocka_unit_test(test_over_limit),
        cmocka_unit_test(test_message_size),
        cmocka_unit_test(test_fifo_exclusivity),
        cmocka_unit_test(test_fifo_failure_blocks_its_group),
        cmocka_unit_test(test_fifo_throttle),
        cmocka_unit_test(test_fifo_receives),
        cmocka_unit_test(test_delivery_latency_is_the_measured_one),
        cmocka_unit_test(test_conservation),
        cmocka_unit_test(test_rules_across_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
