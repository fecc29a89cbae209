/* sns_tables: what is known of SNS: parameters, quotas, metrics; and which of them go together.
 * Included by models/sns.c alone. */
#ifndef ARCHSIM_MODELS_SNS_TABLES_H
#define ARCHSIM_MODELS_SNS_TABLES_H

#include <math.h>
#include <string.h>

#include "models/model.h"
#include "sim/blocks/redelivery.h"
#include "sim/blocks/throttle.h"

#define SNS_RETRIES "SNS Developer Guide, Message delivery retries"
#define SNS_QUOTAS "AWS General Reference, Amazon SNS endpoints and quotas"
#define SNS_MEASURED "van Donkersgoed, Serverless Messaging: Latency Compared, 2022"

enum sns_operation { SNS_PUBLISH, SNS_PUBLISH_BATCH };
enum sns_protocol { SNS_SQS, SNS_LAMBDA, SNS_HTTP, SNS_EMAIL };
enum { SNS_GROUPS_MAX = 65536, SNS_POLICY_MAX_S = 3600 };

#define SNS_S INT64_C(1000000000)
/* SNS API Reference, Publish, MessageDeduplicationId: the deduplication interval of 5 minutes */
#define SNS_DEDUPLICATION_NS (300 * SNS_S)
#define SNS_IDS_MAX 16777216

/* Further tries: at once, after the shortest wait, growing, after the longest. */
struct sns_policy {
    int64_t at_once, early, growing, late;
    int64_t low_ns, high_ns;
};
/* SNS_RETRIES, Delivery protocols and policies; http as the subscription says. */
static const struct sns_policy sns_policies[] = {
    [SNS_SQS] = {3, 2, 10, 100000, SNS_S, 20 * SNS_S},
    [SNS_LAMBDA] = {3, 2, 10, 100000, SNS_S, 20 * SNS_S},
    [SNS_EMAIL] = {0, 2, 10, 38, 10 * SNS_S, 600 * SNS_S},
};

struct sns_subscription {
    struct call_target to_target, dead_letter_target;
    int protocol;
    double filter_ratio;
    int64_t retries_count, no_delay_retries_count, min_delay_retries_count, max_delay_retries_count;
    int64_t min_delay_ns, max_delay_ns, timeout_ns;
    double max_receives_per_s;
};

#define PARAMS struct sns_subscription
static const struct param sns_subscription_rows[] = {
    SERVICE(to, REQUIRED, "the endpoint: a queue, a function, an operation of any other service",
            DOCUMENTED("SNS Developer Guide, Event destinations")),
    CHOICE(protocol, NONE, "sqs lambda http email",
           "how it is delivered, and tried again; else by the type of `to`: http for other types",
           DOCUMENTED(SNS_RETRIES)),
    RATIO(filter, "100%", "0..1", "share of the messages that its filter policy lets through",
          DOCUMENTED("SNS Developer Guide, Message filtering: without a policy all of them")),
    SERVICE_OPERATION(dead_letter, NONE, "send",
                      "the queue to which messages go that cannot be delivered; else they are lost",
                      DOCUMENTED("SNS Developer Guide, Dead-letter queues")),
    COUNT(retries, "3", "0..100", "http: further tries, in all phases (numRetries)",
          DOCUMENTED(SNS_RETRIES)),
    COUNT(no_delay_retries, "0", "0..100", "http: of these the first, at once",
          DOCUMENTED(SNS_RETRIES)),
    COUNT(min_delay_retries, "0", "0..100", "http: then so many, each after min_delay",
          DOCUMENTED(SNS_RETRIES)),
    COUNT(max_delay_retries, "0", "0..100", "http: at last so many, each after max_delay",
          DOCUMENTED(SNS_RETRIES)),
    TIME(min_delay, "20s", "1s..1h", "http: shortest wait; between it and max_delay it grows",
         DOCUMENTED(SNS_RETRIES)),
    TIME(max_delay, "20s", "1s..1h", "http: longest wait", DOCUMENTED(SNS_RETRIES)),
    RATE(max_receives, NONE, "1/s..1M/s", "http: tries a second at most; more wait for their place",
         DOCUMENTED(SNS_RETRIES ": throttlePolicy, maxReceivesPerSecond; by default none")),
    TIME(timeout, "15s", "1s..1min", "http: a try that is not answered by then has failed",
         RECALLED("SNS Developer Guide, Prepare your endpoint: a response within 15 seconds")),
};
#undef PARAMS
static const struct list_item sns_subscription_item =
    ITEM("subscription", sns_subscription_rows, struct sns_subscription);

struct sns_params {
    bool fifo;
    struct popularity groups_popularity, deduplication_ids_popularity;
    struct list subscriptions_list;
    int64_t batch_count, message_bytes, max_message_size_bytes;
    double topic_messages_per_s, topic_throughput_bytes_per_s, group_messages_per_s;
    double jitter_ratio;
    const struct distribution *publish_latency_ns_dist, *delivery_latency_ns_dist,
        *lambda_latency_ns_dist;
};

#define PARAMS struct sns_params
static const struct param sns_params[] = {
    LIST(subscriptions, NONE, sns_subscription_item, "who gets a copy of each message",
         DOCUMENTED("SNS Developer Guide, Fanout")),
    FLAG(fifo, "false", "a FIFO topic: to queues only, in order in each message group",
         DOCUMENTED("SNS Developer Guide, FIFO topics")),
    POPULARITY(groups, NONE, "FIFO: message groups, and how messages are spread over them",
               ASSUMED("the sender's choice")),
    POPULARITY(deduplication_ids, NONE,
               "FIFO: ids that messages have; one seen in the last 5 min is not delivered",
               DOCUMENTED("SNS API Reference, Publish: every message must have a unique one")),
    COUNT(batch, "10", "1..10", "messages of a `publish_batch`",
          DOCUMENTED(SNS_QUOTAS ": PublishBatch of 10 messages")),
    SIZE(message, "1 KiB", "1 B..1 MiB", "size of a message, where its call has none",
         ASSUMED("the sender's choice")),
    SIZE(max_message_size, "256 KiB", "1 KiB..1 MiB", "a larger message is `rejected`",
         DOCUMENTED(SNS_QUOTAS ": 256 KiB; 1 MiB since September 2026")),
    RATE(topic_messages, "3000/s", "1/s..1M/s", "FIFO: messages of the topic, else `throttled`",
         DOCUMENTED(SNS_QUOTAS ": 3,000 a second per topic")),
    THROUGHPUT(topic_throughput, "20 MB/s", "1kB/s..1GB/s",
               "FIFO: bytes of the topic, else `throttled`",
               DOCUMENTED(SNS_QUOTAS ": or 20 MB a second per topic")),
    RATE(group_messages, "300/s", "1/s..1M/s", "FIFO: messages of a group, else `throttled`",
         DOCUMENTED(SNS_QUOTAS ": 300 a second per message group")),
    RATIO(jitter, "0%", "0..1", "each wait before a retry is longer or shorter by up to that",
          ESTIMATED(SNS_RETRIES ": jitter is applied; how much is not said")),
    TIME_DIST(publish_latency, "lognormal(p50=12ms p99=50ms)", "0s..",
              "time of a publish, until its caller goes on",
              ESTIMATED("not published: taken as that of an SQS send")),
    TIME_DIST(delivery_latency, "lognormal(p50=12ms p99=50ms)", "0s..",
              "from the publish until the first try, but to functions",
              ESTIMATED("12 ms: difference of medians of " SNS_MEASURED "; spread assumed")),
    TIME_DIST(lambda_latency, "quantiles(p10=62ms p50=73ms p90=125ms p99=225ms max=500ms)", "0s..",
              "from the publish until a function starts: with its asynchronous hand-off",
              MEASURED(SNS_MEASURED " (max assumed)")),
};
#undef PARAMS

/* Of the account in the region. */
struct sns_quotas {
    struct {
        double us_east_1_per_s, sa_east_1_per_s;
    } standard, fifo;
    int64_t burst_time_ns;
};
#define PARAMS struct sns_quotas
static const struct param sns_quotas[] = {
    RATE(standard.us_east_1, "30k/s", "1/s..10M/s", "messages published to standard topics",
         DOCUMENTED(SNS_QUOTAS)),
    RATE(standard.sa_east_1, "300/s", "1/s..10M/s",
         "the same, in regions without a number of its own", DOCUMENTED(SNS_QUOTAS)),
    RATE(fifo.us_east_1, "30k/s", "1/s..10M/s", "messages published to FIFO topics",
         DOCUMENTED(SNS_QUOTAS)),
    RATE(fifo.sa_east_1, "3000/s", "1/s..10M/s", "the same, in regions without a number of its own",
         DOCUMENTED(SNS_QUOTAS)),
    TIME(burst_time, "1s", "1ms..1min", "what a quota lets in during so long may come at once",
         ESTIMATED("quotas are stated a second")),
};
#undef PARAMS

static const struct operation_info sns_operations[] = {
    [SNS_PUBLISH] = {"publish", "a message for all subscriptions"},
    [SNS_PUBLISH_BATCH] = {"publish_batch", "`batch` messages in one request"},
};

enum sns_metric {
    SNS_PUBLISHED,
    SNS_SIZE,
    SNS_REQUESTS,
    SNS_DELIVERED,
    SNS_FAILED,
    SNS_FILTERED,
    SNS_REDRIVEN,
    SNS_NOT_REDRIVEN,
    SNS_DUPLICATES,
    SNS_PACED,
    SNS_TRIES,
    SNS_WAITING,
    SNS_LATENCY,
};
static const struct metric sns_metrics[] = {
    [SNS_PUBLISHED] = {"number_of_messages_published", QUANTITY_COUNT, METRIC_VALUE,
                       "messages taken in the window"},
    [SNS_SIZE] = {"publish_size", QUANTITY_SIZE, METRIC_VALUE, "bytes of them"},
    [SNS_REQUESTS] = {"publish_requests", QUANTITY_COUNT, METRIC_VALUE,
                      "of them, as they are billed: each 64 KiB begun counts"},
    [SNS_DELIVERED] = {"number_of_notifications_delivered", QUANTITY_COUNT, METRIC_VALUE,
                       "messages that subscriptions took, each counts"},
    [SNS_FAILED] = {"number_of_notifications_failed", QUANTITY_COUNT, METRIC_VALUE,
                    "messages given up for a subscription, after all retries"},
    [SNS_FILTERED] = {"number_of_notifications_filtered_out", QUANTITY_COUNT, METRIC_VALUE,
                      "messages that a filter of a subscription kept away"},
    [SNS_REDRIVEN] = {"number_of_notifications_redriven_to_dlq", QUANTITY_COUNT, METRIC_VALUE,
                      "of those given up: now in a dead-letter queue"},
    [SNS_NOT_REDRIVEN] = {"notifications_lost", QUANTITY_COUNT, METRIC_VALUE,
                          "of those given up: there was no such queue, or it refused"},
    [SNS_DUPLICATES] = {"messages_deduplicated", QUANTITY_COUNT, METRIC_VALUE,
                        "of those taken: their id was seen in the last 5 minutes"},
    [SNS_PACED] = {"deliveries_paced", QUANTITY_COUNT, METRIC_VALUE,
                   "tries that waited for their place in max_receives"},
    [SNS_TRIES] = {"delivery_attempts", QUANTITY_COUNT, METRIC_VALUE,
                   "tries to deliver, the first ones included"},
    [SNS_WAITING] = {"notifications_waiting", QUANTITY_COUNT, METRIC_VALUE,
                     "deliveries under way or waiting for a retry, time average", true},
    [SNS_LATENCY] = {"dwell_time", QUANTITY_TIME, METRIC_LATENCY,
                     "from the publish until the subscription has taken the message"},
};
enum sns_resource {
    SNS_OF_ACCOUNT,
    SNS_OF_TOPIC,
    SNS_OF_TOPIC_BYTES,
    SNS_OF_GROUP,
    SNS_OF_RECEIVERS,
    SNS_RESOURCES
};
static const char *const sns_resources[SNS_RESOURCES] = {
    [SNS_OF_ACCOUNT] = "published messages",     [SNS_OF_TOPIC] = "messages of the topic",
    [SNS_OF_TOPIC_BYTES] = "bytes of the topic", [SNS_OF_GROUP] = "messages of a group",
    [SNS_OF_RECEIVERS] = "max receives",
};

/* The wait grows by that factor from one retry of the backoff phase to the next. */
static inline double sns_factor(int64_t first_ns, int64_t most_ns, int64_t tries)
{
    return tries > 1 ? pow((double)most_ns / (double)first_ns, 1 / (double)(tries - 1)) : 1;
}

static inline int64_t sns_backoffs(const struct sns_subscription *sub)
{
    return sub->retries_count - sub->no_delay_retries_count - sub->min_delay_retries_count -
           sub->max_delay_retries_count;
}

static inline const char *sns_check_policy(const struct sns_subscription *sub)
{
    const int64_t backoffs = sns_backoffs(sub);
    if (isfinite(sub->max_receives_per_s) && sub->protocol >= 0 && sub->protocol != SNS_HTTP) {
        return "subscriptions: max_receives is of protocol http only";
    }
    if (backoffs < 0) {
        return "subscriptions: retries is less than those of its phases together";
    }
    if (sub->max_delay_ns < sub->min_delay_ns) {
        return "subscriptions: max_delay is less than min_delay";
    }
    const double low_s = (double)sub->min_delay_ns / 1e9, high_s = (double)sub->max_delay_ns / 1e9;
    const double factor = sns_factor(sub->min_delay_ns, sub->max_delay_ns, backoffs);
    double all_s = low_s * (double)sub->min_delay_retries_count +
                   high_s * (double)sub->max_delay_retries_count;
    for (int64_t i = 0; i < backoffs; i++) {
        all_s += low_s * pow(factor, (double)i);
    }
    return all_s > SNS_POLICY_MAX_S * (1 + 1e-9)
               ? "subscriptions: the waits of a delivery policy are more than 3600s together"
               : NULL;
}

static inline const char *sns_check(const void *params)
{
    const struct sns_params *p = params;
    const struct sns_subscription *subs = p->subscriptions_list.items;
    if (p->fifo && p->groups_popularity.n == 0) {
        return "groups: expected with fifo, such as zipf(n=100 s=0)";
    }
    if (!p->fifo && p->groups_popularity.n > 0) {
        return "groups: without meaning unless the topic is fifo";
    }
    if (!p->fifo && p->deduplication_ids_popularity.n > 0) {
        return "deduplication_ids: without meaning unless the topic is fifo";
    }
    if (p->deduplication_ids_popularity.n > SNS_IDS_MAX) {
        return "deduplication_ids: expected at most 16777216 ids";
    }
    if (p->groups_popularity.n > SNS_GROUPS_MAX) {
        return "groups: expected at most 65536 groups";
    }
    if (p->message_bytes > p->max_message_size_bytes) {
        return "message: larger than max_message_size";
    }
    for (uint32_t i = 0; i < p->subscriptions_list.count; i++) {
        const char *wrong = sns_check_policy(&subs[i]);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* FIFO topics speak to queues alone, standard topics to no FIFO queue; dead letters to queues. */
static inline const char *sns_forbid(const void *params, const struct passage *passage,
                                     struct arena *arena)
{
    const struct sns_params *p = params;
    const struct sns_subscription *subs = p->subscriptions_list.items;
    if (passage->caller == SERVICE_NONE ||
        passage->scenario->services[passage->caller].params != params) {
        return NULL;
    }
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    const bool queue = strcmp(callee->type->name, "sqs") == 0;
    const bool ordered = queue && callee->type->terms(callee->params).ordered;
    for (uint32_t i = 0; i < p->subscriptions_list.count; i++) {
        if (subs[i].dead_letter_target.service == passage->callee && !queue) {
            return arena_printf(arena, "'%s' is no queue: dead letters go to an sqs", callee->name);
        }
        if (subs[i].to_target.service == passage->callee && isfinite(subs[i].max_receives_per_s) &&
            subs[i].protocol < 0 && (queue || strcmp(callee->type->name, "lambda") == 0)) {
            return arena_printf(arena, "max_receives is of protocol http only: '%s' is of type %s",
                                callee->name, callee->type->name);
        }
    }
    if (p->fifo && !queue) {
        return arena_printf(arena, "a FIFO topic delivers to queues only: '%s' is of type %s",
                            callee->name, callee->type->name);
    }
    return !p->fifo && ordered
               ? arena_printf(arena, "a standard topic cannot deliver to the FIFO queue '%s'",
                              callee->name)
               : NULL;
}

/* Phases: at once, after the shortest wait, growing, after the longest. */
static inline struct redelivery sns_retry(const struct sns_subscription *sub, uint8_t protocol)
{
    const struct sns_policy own = {sub->no_delay_retries_count, sub->min_delay_retries_count,
                                   sns_backoffs(sub),           sub->max_delay_retries_count,
                                   sub->min_delay_ns,           sub->max_delay_ns};
    const struct sns_policy *policy = protocol == SNS_HTTP ? &own : &sns_policies[protocol];
    const int64_t low_ns = policy->low_ns, high_ns = policy->high_ns;
    return (struct redelivery){
        .phases = {{policy->at_once, 0, 1, 0},
                   {policy->early, low_ns, 1, low_ns},
                   {policy->growing, low_ns, sns_factor(low_ns, high_ns, policy->growing), high_ns},
                   {policy->late, high_ns, 1, high_ns}},
        .phases_count = REDELIVERY_PHASES,
        .age_max_ns = -1};
}

static inline struct throttle sns_pace(const struct sns_subscription *sub)
{
    struct throttle pace;
    throttle_init_burst(&pace, sub->max_receives_per_s, SNS_S);
    return pace;
}

#endif
