/* sqs_tables: what is known of Amazon SQS: parameters, quotas, metrics, and what does not fit
 * together. Included by models/sqs.c alone. */
#ifndef ARCHSIM_MODELS_SQS_TABLES_H
#define ARCHSIM_MODELS_SQS_TABLES_H

#include "models/model.h"
#include "sim/blocks/messages.h"

#define SQS_QUOTAS_PAGE "SQS Developer Guide, Amazon SQS message quotas"
#define SQS_MOVE_PAGE "SQS API Reference, StartMessageMoveTask"

enum sqs_operation { SQS_SEND, SQS_SEND_BATCH, SQS_RECEIVE, SQS_DELETE, SQS_REDRIVE };

struct sqs_params {
    bool fifo;
    struct popularity groups_popularity;
    int64_t visibility_timeout_ns;
    int64_t wait_time_ns;
    int64_t max_messages_count;
    struct call_target dead_letter_target;
    int64_t max_receive_count_count;
    int64_t retention_ns;
    int64_t max_in_flight_count;
    int64_t max_message_size_bytes;
    double fifo_calls_per_s;
    int64_t fifo_burst_count;
    int64_t send_batch_count;
    const struct distribution *send_latency_ns_dist;
    const struct distribution *receive_latency_ns_dist;
    const struct distribution *delivery_latency_ns_dist;
    const struct distribution *fifo_delivery_latency_ns_dist;
    double duplicates_ratio;
    double false_empty_ratio;
    bool high_throughput;
    int64_t partitions_count;
    const struct distribution *batch_count_dist;
    int64_t delay_ns;
    const struct distribution *message_delay_ns_dist;
    double poison_ratio;
    struct {
        double ratio_ratio;
        const struct distribution *after_ns_dist;
    } repeats;
    struct {
        struct call_target to_target;
        double rate_per_s;
        int64_t at_ns;
        bool mended;
    } redrive;
};

#define PARAMS struct sqs_params
static const struct param sqs_params[] = {
    FLAG(fifo, "false", "a FIFO queue: order and exclusivity in each message group",
         DOCUMENTED("SQS Developer Guide, FIFO queue delivery logic")),
    POPULARITY(groups, NONE, "FIFO: message groups, and how sends are spread over them",
               ASSUMED("the sender's choice")),
    TIME(visibility_timeout, "30s", "1s..12h",
         "a received message is hidden so long; not deleted by then, it comes back",
         DOCUMENTED("SQS Developer Guide, visibility timeout (default 30 s, at most 12 h)")),
    TIME(wait_time, "0s", "0s..20s",
         "a `receive` waits so long for a message (long polling); 0s: short polling",
         DOCUMENTED("SQS Developer Guide, short and long polling (default 0 s, at most 20 s)")),
    COUNT(max_messages, "1", "1..10", "messages that a `receive` takes, if so many are there",
          DOCUMENTED("SQS API Reference, ReceiveMessage, MaxNumberOfMessages (default 1)")),
    SERVICE_OPERATION(dead_letter, NONE, "redrive",
                      "the queue to which messages go that were received too often",
                      DOCUMENTED("SQS Developer Guide, dead-letter queues")),
    COUNT(max_receive_count, "3", "1..1000",
          "with dead_letter: a message that comes back after so many receives is moved there",
          ESTIMATED("no AWS default; 3 to 5 are usual")),
    TIME(retention, "4d", "1m..14d", "a message older than that is lost, received or not",
         DOCUMENTED("SQS Developer Guide, message quotas (default 4 days, 1 minute to 14 days)")),
    COUNT(
        max_in_flight, "120000", "1..10M",
        "messages received and not deleted; at the limit nothing more is received",
        DOCUMENTED("SQS Developer Guide, standard and FIFO queue quotas (120,000, may be raised)")),
    SIZE(max_message_size, "1 MiB", "1KiB..1MiB", "a larger message is `rejected`",
         DOCUMENTED("AWS What's New 2025-08-04, message payload up to 1 MiB")),
    RATE(fifo_calls, "300/s", "1/s..70k/s", "FIFO: API calls of each action, else `throttled`",
         DOCUMENTED("SQS Developer Guide, Troubleshoot FIFO throttling (300 a second per action)")),
    COUNT(fifo_burst, "300", "1..70k", "FIFO: API calls of each action at once, after a pause",
          ESTIMATED("a quota per second, read as a bucket of one second's worth")),
    COUNT(send_batch, "1", "1..10",
          "FIFO: messages of a SendMessageBatch: each send counts as one of so many in a call",
          DOCUMENTED("SQS Developer Guide, message quotas (10 messages in a batch)")),
    FLAG(high_throughput, "false",
         "FIFO: many partitions, each with its own fifo_calls, up to the region's quota",
         DOCUMENTED(SQS_QUOTAS_PAGE ", high throughput for FIFO queues")),
    COUNT(partitions, NONE, "1..1000",
          "high throughput: partitions of the queue; else as many as the region's quota is for",
          ASSUMED("SQS adds them as the load grows, and does not say when")),
    COUNT_DIST(batch, "10", "1..10", "messages of a `send_batch`, as large as the call together",
               DOCUMENTED(SQS_QUOTAS_PAGE ": a batch has up to 10 messages")),
    TIME(delay, "0s", "0s..15min", "so long a new message cannot be received (a delay queue)",
         DOCUMENTED("SQS Developer Guide, delay queues (default 0 s, at most 15 minutes)")),
    TIME_DIST(message_delay, NONE, "0s..15min",
              "standard: each message's own delay (a message timer), in place of the queue's",
              DOCUMENTED("SQS Developer Guide, message timers: overrides that of a delay queue")),
    RATIO(poison, "0", "0..1", "messages that nobody can process: their consumer fails, each time",
          DEFINED("archsim language 1: a property of the producer; none unless given")),
    RATIO(repeats.ratio, REQUIRED, "0..1",
          "FIFO: sends that repeat an earlier one; within 5 minutes they are taken and dropped",
          DOCUMENTED("SQS Developer Guide, exactly-once processing: deduplication of 5 minutes")),
    TIME_DIST(repeats.after, REQUIRED, "0s..", "from a send to its repeat",
              DEFINED("archsim language 1")),
    SERVICE_OPERATION(redrive.to, REQUIRED, "redrive",
                      "of a dead-letter queue: where a redrive task moves its messages",
                      DOCUMENTED(SQS_MOVE_PAGE ": back to the source, or to another queue")),
    RATE(redrive.rate, "500/s", "1/s..500/s", "messages that the task moves",
         DOCUMENTED(SQS_MOVE_PAGE ": at most 500 a second")),
    TIME(redrive.at, NONE, "0s..", "when a task starts, in scenario time; or an aws_cli starts it",
         DEFINED("archsim language 1")),
    FLAG(redrive.mended, "true", "what is moved back can be processed now, poison or not",
         DEFINED("archsim language 1")),
    TIME_DIST(
        send_latency, "lognormal(p50=12ms p99=50ms)", "0s..",
        "time of a `send` or a `delete`, until its caller goes on",
        ESTIMATED("8-16 ms: Amazon in Uddin et al., SQS benchmark, July 2012; spread assumed")),
    TIME_DIST(receive_latency, "lognormal(p50=12ms p99=50ms)", "0s..", "least time of a `receive`",
              ESTIMATED("as a send; spread assumed")),
    TIME_DIST(
        delivery_latency, "quantiles(p10=13.7ms p50=16.2ms p90=33.8ms p99=105ms max=400ms)", "0s..",
        "from the arrival of a send until an idle consumer has the message",
        MEASURED("van Donkersgoed, Serverless Messaging: Latency Compared, 2022 (max assumed)")),
    TIME_DIST(
        fifo_delivery_latency, "quantiles(p50=28.1ms p90=61.2ms p99=645ms max=1.5s)", "0s..",
        "FIFO: the same",
        MEASURED("van Donkersgoed, Serverless Messaging: Latency Compared, 2022 (max assumed)")),
    RATIO(duplicates, "0.00001%", "0..1",
          "standard: deletions that are lost, so that the message comes back",
          ESTIMATED("up to dozens a day at thousands a second, awsi.click on at-least-once")),
    RATIO(false_empty, NONE, "0..1",
          "standard, short polling: a `receive` misses the messages that are there; else never",
          ASSUMED("SQS Developer Guide, short polling: it happens, not how often")),
};

#undef PARAMS

struct sqs_quotas {
    struct {
        double us_east_1_per_s, sa_east_1_per_s;
    } high_throughput;
};
#define PARAMS struct sqs_quotas
static const struct param sqs_quotas[] = {
    RATE(high_throughput.us_east_1, "70k/s", "300/s..1M/s",
         "API calls of each action to a high-throughput FIFO queue",
         DOCUMENTED(SQS_QUOTAS_PAGE ": 70,000 in us-east-1, us-west-2, eu-west-1")),
    RATE(high_throughput.sa_east_1, "2.4k/s", "300/s..1M/s",
         "API calls of each action to a high-throughput FIFO queue",
         DOCUMENTED(SQS_QUOTAS_PAGE ": 2,400 in regions that are not listed")),
};
#undef PARAMS

static const struct operation_info sqs_operations[] = {
    [SQS_SEND] = {"send", "puts a message into the queue"},
    [SQS_SEND_BATCH] = {"send_batch", "puts several in; ends as `throttled` if some were refused"},
    [SQS_RECEIVE] = {"receive", "takes messages; ends as `rejected` when there are none"},
    [SQS_DELETE] = {"delete", "deletes what the same caller has received last"},
    [SQS_REDRIVE] = {"redrive", "instant: takes in a message that another queue has moved here"},
};

enum sqs_metric {
    SQS_SENT,
    SQS_RECEIVED,
    SQS_DELETED,
    SQS_EMPTY,
    SQS_DEAD_LETTERED,
    SQS_EXPIRED,
    SQS_VISIBLE,
    SQS_VISIBLE_MAX,
    SQS_NOT_VISIBLE,
    SQS_NOT_VISIBLE_MAX,
    SQS_DELAYED,
    SQS_DELAYED_MAX,
    SQS_AGE,
    SQS_TIME_IN_QUEUE,
    SQS_END_TO_END,
    SQS_DEDUPLICATED,
    SQS_GROUPS_IN_FLIGHT,
    SQS_MOVED,
    SQS_REQUESTS,
    SQS_METRICS,
};
static const struct metric sqs_metrics[] = {
    [SQS_SENT] = {"number_of_messages_sent", QUANTITY_COUNT, METRIC_VALUE,
                  "messages sent in the window; those moved here by a redrive are not counted"},
    [SQS_RECEIVED] = {"number_of_messages_received", QUANTITY_COUNT, METRIC_VALUE,
                      "messages handed out in the window, each time anew"},
    [SQS_DELETED] = {"number_of_messages_deleted", QUANTITY_COUNT, METRIC_VALUE,
                     "messages that were processed and deleted in the window"},
    [SQS_EMPTY] = {"number_of_empty_receives", QUANTITY_COUNT, METRIC_VALUE,
                   "`receive` calls that found nothing; the polls of triggers are not simulated"},
    [SQS_DEAD_LETTERED] = {"messages_dead_lettered", QUANTITY_COUNT, METRIC_VALUE,
                           "messages that were moved to the dead-letter queue in the window"},
    [SQS_EXPIRED] = {"messages_expired", QUANTITY_COUNT, METRIC_VALUE,
                     "messages lost in the window because their retention was over"},
    [SQS_VISIBLE] = {"approximate_number_of_messages_visible", QUANTITY_COUNT, METRIC_VALUE,
                     "messages that can be received, time average", true},
    [SQS_VISIBLE_MAX] = {"approximate_number_of_messages_visible_max", QUANTITY_COUNT, METRIC_MAX,
                         "the most that could be received"},
    [SQS_NOT_VISIBLE] = {"approximate_number_of_messages_not_visible", QUANTITY_COUNT, METRIC_VALUE,
                         "messages in flight: received, not deleted, time average", true},
    [SQS_NOT_VISIBLE_MAX] = {"approximate_number_of_messages_not_visible_max", QUANTITY_COUNT,
                             METRIC_MAX, "the most that were in flight"},
    [SQS_DELAYED] = {"approximate_number_of_messages_delayed", QUANTITY_COUNT, METRIC_VALUE,
                     "messages sent that cannot be received yet, time average", true},
    [SQS_DELAYED_MAX] = {"approximate_number_of_messages_delayed_max", QUANTITY_COUNT, METRIC_MAX,
                         "the most that could not be received yet"},
    [SQS_AGE] = {"approximate_age_of_oldest_message", QUANTITY_TIME, METRIC_MAX,
                 "the most; a standard queue leaves out what was received 3 times and came back"},
    [SQS_TIME_IN_QUEUE] = {"time_in_queue", QUANTITY_TIME, METRIC_LATENCY,
                           "from the arrival of the send until the message is first received"},
    [SQS_END_TO_END] = {"end_to_end", QUANTITY_TIME, METRIC_LATENCY,
                        "from the arrival of the send until the message has been processed"},
    [SQS_DEDUPLICATED] = {"number_of_deduplicated_sent_messages", QUANTITY_COUNT, METRIC_VALUE,
                          "FIFO: sends in the window that repeated one of the last 5 minutes"},
    [SQS_GROUPS_IN_FLIGHT] = {"approximate_number_of_groups_with_inflight_messages", QUANTITY_COUNT,
                              METRIC_VALUE,
                              "FIFO: message groups with a message in flight, time average"},
    [SQS_MOVED] = {"messages_moved", QUANTITY_COUNT, METRIC_VALUE,
                   "messages that a redrive task has taken out in the window"},
    [SQS_REQUESTS] = {"requests", QUANTITY_COUNT, METRIC_VALUE,
                      "API calls to bill, one per 64 KiB of payload; no idle polls of triggers"},
};

enum sqs_resource { SQS_SEND_CALLS, SQS_RECEIVE_CALLS, SQS_HOT_PARTITION };
static const char *const sqs_resources[] = {
    [SQS_SEND_CALLS] = "send calls",
    [SQS_RECEIVE_CALLS] = "receive calls",
    [SQS_HOT_PARTITION] = "hottest partition",
};
static const char *const sqs_controls[] = {"redrive", NULL};

/* Null: it fits. */
static const char *sqs_check_fifo(const struct sqs_params *p)
{
    if (p->high_throughput && !p->fifo) {
        return "high_throughput: of FIFO queues only; a standard queue has no such limit";
    }
    if (p->partitions_count >= 0 && !p->high_throughput) {
        return "partitions: without meaning unless `high_throughput`";
    }
    if (p->message_delay_ns_dist != NULL && p->fifo) {
        return "message_delay: FIFO queues have no timers of single messages: use `delay`";
    }
    return p->repeats.ratio_ratio > 0 && !p->fifo
               ? "repeats: a standard queue keeps each repeat as a message of its own"
               : NULL;
}

static const char *sqs_check(const void *params)
{
    const struct sqs_params *p = params;
    if (p->fifo && p->groups_popularity.n == 0) {
        return "groups: expected with fifo, such as zipf(n=100 s=0)";
    }
    if (!p->fifo && p->groups_popularity.n > 0) {
        return "groups: without meaning unless the queue is fifo";
    }
    if (p->groups_popularity.n > MESSAGES_GROUPS_MAX) {
        return "groups: expected at most 524288 groups";
    }
    return sqs_check_fifo(p);
}

#endif
