/* eventbridge_tables: what is known of EventBridge buses and schedules: parameters, quotas,
 * metrics; and which of them go together. Included by models/eventbridge.c alone. */
#ifndef ARCHSIM_MODELS_EVENTBRIDGE_TABLES_H
#define ARCHSIM_MODELS_EVENTBRIDGE_TABLES_H

#include <math.h>
#include <string.h>

#include "models/model.h"
#include "sim/blocks/cron.h"
#include "sim/blocks/time_zone.h"

#define BUS_QUOTAS "EventBridge User Guide, Amazon EventBridge quotas, classic bus"
#define BUS_RETRY "EventBridge User Guide, retrying the delivery of events"
#define BUS_MEASURED "van Donkersgoed, Serverless Messaging: Latency Compared, 2023"

#define BUS_SCHEDULER "EventBridge Scheduler User Guide"
#define BUS_DESTINATIONS "EventBridge User Guide, API destinations"

enum { BUS_TARGETS = 5 };
#define BUS_REQUEST_MAX 262144          /* eb-putevent-size: 256 KB, all entries together */
#define BUS_DESTINATION_PER_S 300.0     /* BUS_DESTINATIONS: default invocation rate limit */
#define BUS_DESTINATION_NS 5000000000.0 /* BUS_DESTINATIONS: they answer within 5 s */
#define BUS_BILLED 65536.0              /* EventBridge pricing: each 64 KB chunk is an event */

struct bus_rule {
    struct call_targets to_targets;
    struct call_target dead_letter_target;
    double match_ratio;
    bool api_destination;
    double invocation_rate_per_s;
    int64_t max_retry_attempts_count, max_event_age_ns;
};
#define PARAMS struct bus_rule
static const struct param bus_rule_rows[] = {
    SERVICES(to, REQUIRED, "its targets, each is invoked with every event that matches",
             DOCUMENTED(BUS_QUOTAS ": 5 targets a rule")),
    RATIO(match, "100%", "0..1", "share of the events that its pattern matches",
          ASSUMED("the sender's events")),
    FLAG(api_destination, "false", "its targets are HTTP endpoints: they answer within 5 s or fail",
         DOCUMENTED(BUS_DESTINATIONS)),
    RATE(invocation_rate, NONE, "1/s..100k/s",
         "of an API destination: tries a second at each target, 300 where not given; more wait",
         DOCUMENTED(BUS_DESTINATIONS)),
    SERVICE_OPERATION(dead_letter, NONE, "send", "the queue for what cannot be delivered",
                      DOCUMENTED("EventBridge User Guide, dead-letter queues")),
    COUNT(max_retry_attempts, "185", "0..185", "further tries of an invocation that failed",
          DOCUMENTED(BUS_RETRY)),
    TIME(max_event_age, "24h", "1min..24h", "an event that is older is not tried again",
         DOCUMENTED(BUS_RETRY)),
};
#undef PARAMS
static const struct list_item bus_rule_item = ITEM("rule", bus_rule_rows, struct bus_rule);

struct bus_schedule {
    struct call_target to_target, dead_letter_target;
    const char *expression_text;
    int time_zone;
    int64_t every_ns, first_ns, flexible_window_ns;
    int64_t max_retry_attempts_count, max_event_age_ns;
};
#define PARAMS struct bus_schedule
static const struct param bus_schedule_rows[] = {
    SERVICE(to, REQUIRED, "its target", DOCUMENTED("EventBridge Scheduler User Guide, targets")),
    TIME(every, NONE, "1min..366d", "from one invocation to the next; or an expression",
         DOCUMENTED(BUS_SCHEDULER ", rate-based schedules: minutes at least")),
    TEXT(expression, NONE,
         "cron(30 9 ? * MON-FRI *) or rate(5 minutes); time 0 is Monday 2024-01-01, 0:00 UTC",
         DOCUMENTED(BUS_SCHEDULER ", Schedule types")),
    CHOICE(time_zone, "UTC", TIME_ZONE_NAMES, "whose clocks a cron expression means",
           DOCUMENTED(BUS_SCHEDULER ", Time zones; summer time skips, or counts once")),
    TIME(first, "0s", "0s..366d", "the first one, in scenario time; none is before it",
         DOCUMENTED("EventBridge Scheduler User Guide, StartDate")),
    TIME(flexible_window, "0s", "0s..24h", "each comes at any time within so long after its own",
         DOCUMENTED("EventBridge Scheduler User Guide, flexible time windows")),
    SERVICE_OPERATION(dead_letter, NONE, "send", "the queue for what cannot be delivered",
                      DOCUMENTED("EventBridge Scheduler User Guide, dead-letter queues")),
    COUNT(max_retry_attempts, "185", "0..185", "further tries of an invocation that failed",
          DOCUMENTED("EventBridge Scheduler API Reference, RetryPolicy")),
    TIME(max_event_age, "24h", "1min..24h", "an invocation that is older is not tried again",
         DOCUMENTED("EventBridge Scheduler API Reference, RetryPolicy")),
};
#undef PARAMS
static const struct list_item bus_schedule_item =
    ITEM("schedule", bus_schedule_rows, struct bus_schedule);

struct bus_params {
    struct list rules_list, schedules_list;
    int64_t entries_count, entry_bytes;
    struct {
        int64_t first_wait_ns, most_wait_ns;
        double factor, jitter_ratio;
    } retry;
    struct {
        int64_t at_ns, from_ns, until_ns;
        double rate_per_s;
    } replay;
    bool archive;
    const struct distribution *put_latency_ns_dist, *latency_ns_dist, *lambda_latency_ns_dist;
};
#define PARAMS struct bus_params
static const struct param bus_params[] = {
    LIST(rules, NONE, bus_rule_item, "what becomes of the events that are put",
         DOCUMENTED("EventBridge User Guide, rules")),
    LIST(schedules, NONE, bus_schedule_item, "invocations by the clock (EventBridge Scheduler)",
         DOCUMENTED("EventBridge Scheduler User Guide")),
    COUNT(entries, "1", "1..10", "events of a `put_events`",
          RECALLED("EventBridge API Reference, PutEvents: up to 10 entries")),
    SIZE(entry, "1 KiB", "1 B..256 KiB", "size of an event, where its call has none",
         ASSUMED("the sender's choice")),
    FLAG(archive, "false", "all events that are put are archived, for ever",
         DOCUMENTED("EventBridge User Guide, archiving and replaying events")),
    TIME(retry.first_wait, "1s", "1ms..1h", "before the first retry",
         ESTIMATED("exponential back-off is documented, its waits are not")),
    NUMBER(retry.factor, "2", "1..10", NULL, "each further wait is so many times as long",
           ESTIMATED("the usual doubling")),
    TIME(retry.most_wait, "8min", "1s..24h", "longest wait",
         ESTIMATED("185 tries in 24 h are 467 s apart")),
    RATIO(retry.jitter, "0%", "0..1", "each wait is longer or shorter by up to that",
          ESTIMATED(BUS_RETRY ": there is jitter; how much is not said")),
    TIME(replay.at, REQUIRED, "0s..", "archived events are put again, in scenario time",
         DOCUMENTED("EventBridge User Guide, archiving and replaying events")),
    TIME(replay.from, "0s", "0s..", "those that were put from then on",
         DOCUMENTED("EventBridge API Reference, StartReplay, EventStartTime")),
    TIME(replay.until, REQUIRED, "0s..", "and before that",
         DOCUMENTED("EventBridge API Reference, StartReplay, EventEndTime")),
    RATE(replay.rate, REQUIRED, "0.001/s..100k/s", "so many a second; AWS does not say how fast",
         ASSUMED("not published")),
    TIME_DIST(put_latency, "lognormal(p50=12ms p99=50ms)", "0s..",
              "time of a `put_events`, until its caller goes on",
              ESTIMATED("not published: taken as that of an SQS send")),
    TIME_DIST(latency, "lognormal(p50=60ms p99=160ms)", "0s..",
              "from the put until the first try, but of functions",
              ESTIMATED("60 ms: 148 ms less the hand-off to a function; spread assumed")),
    TIME_DIST(lambda_latency, "quantiles(p10=113ms p50=148ms p90=241ms p99=387ms max=800ms)",
              "0s..", "from the put until a function starts: with its asynchronous hand-off",
              MEASURED(BUS_MEASURED " (max assumed)")),
};
#undef PARAMS

/* Of the account in the region. */
struct bus_quotas {
    struct {
        double us_east_1_per_s, sa_east_1_per_s;
    } put_events, invocations;
    int64_t burst_time_ns;
};
#define PARAMS struct bus_quotas
static const struct param bus_quotas[] = {
    RATE(put_events.us_east_1, "10k/s", "1/s..10M/s", "calls of PutEvents, else `throttled`",
         DOCUMENTED(BUS_QUOTAS)),
    RATE(put_events.sa_east_1, "600/s", "1/s..10M/s", "calls of PutEvents, else `throttled`",
         DOCUMENTED(BUS_QUOTAS)),
    RATE(invocations.us_east_1, "18750/s", "1/s..10M/s", "invocations by rules; more are delayed",
         DOCUMENTED(BUS_QUOTAS)),
    RATE(invocations.sa_east_1, "1100/s", "1/s..10M/s", "invocations by rules; more are delayed",
         DOCUMENTED(BUS_QUOTAS)),
    TIME(burst_time, "1s", "1ms..1min", "what a quota lets in during so long may come at once",
         ESTIMATED("quotas are stated a second")),
};
#undef PARAMS

static const struct operation_info bus_operations[] = {
    {"put_events", "`entries` events for all rules, in one request"},
};

enum bus_metric {
    BUS_EVENTS,
    BUS_EVENTS_BILLED,
    BUS_SIZE,
    BUS_MATCHED,
    BUS_TRIGGERED,
    BUS_THROTTLED,
    BUS_INVOCATIONS,
    BUS_FAILED,
    BUS_TO_DLQ,
    BUS_LOST,
    BUS_DELIVERED,
    BUS_SCHEDULED,
    BUS_REPLAYED,
    BUS_ARCHIVE,
    BUS_PACED,
    BUS_WAITING,
    BUS_LATENCY,
};
static const struct metric bus_metrics[] = {
    [BUS_EVENTS] = {"put_events_entries_count", QUANTITY_COUNT, METRIC_VALUE,
                    "events taken in the window"},
    [BUS_EVENTS_BILLED] = {"put_events_billed", QUANTITY_COUNT, METRIC_VALUE,
                           "of them, as they are billed: each 64 KiB begun of one counts"},
    [BUS_SIZE] = {"put_events_size", QUANTITY_SIZE, METRIC_VALUE, "bytes of them"},
    [BUS_MATCHED] = {"matched_events", QUANTITY_COUNT, METRIC_VALUE,
                     "of them, those that matched a rule at least"},
    [BUS_TRIGGERED] = {"triggered_rules", QUANTITY_COUNT, METRIC_VALUE,
                       "rules that ran, once for each event that matched"},
    [BUS_THROTTLED] = {"throttled_rules", QUANTITY_COUNT, METRIC_VALUE,
                       "invocations that were delayed by the quota"},
    [BUS_INVOCATIONS] = {"invocations", QUANTITY_COUNT, METRIC_VALUE,
                         "tries to invoke a target, retries included"},
    [BUS_FAILED] = {"failed_invocations", QUANTITY_COUNT, METRIC_VALUE,
                    "invocations that were given up"},
    [BUS_TO_DLQ] = {"invocations_sent_to_dlq", QUANTITY_COUNT, METRIC_VALUE,
                    "of those given up: now in a dead-letter queue"},
    [BUS_LOST] = {"invocations_lost", QUANTITY_COUNT, METRIC_VALUE,
                  "of those given up: there was no such queue, or it refused"},
    [BUS_DELIVERED] = {"successful_invocations", QUANTITY_COUNT, METRIC_VALUE,
                       "invocations that targets took"},
    [BUS_SCHEDULED] = {"scheduled_invocations", QUANTITY_COUNT, METRIC_VALUE,
                       "invocations by the clock that came up in the window"},
    [BUS_REPLAYED] = {"replayed_events", QUANTITY_COUNT, METRIC_VALUE,
                      "events of the archive that were put again in the window"},
    [BUS_ARCHIVE] = {"archive_size_bytes", QUANTITY_SIZE, METRIC_VALUE,
                     "bytes in the archive, time average; it begins empty"},
    [BUS_PACED] = {"invocations_paced", QUANTITY_COUNT, METRIC_VALUE,
                   "invocations that waited for their place at an API destination"},
    [BUS_WAITING] = {"invocations_waiting", QUANTITY_COUNT, METRIC_VALUE,
                     "invocations under way or waiting for a retry, time average", true},
    [BUS_LATENCY] = {"ingestion_to_invocation_success_latency", QUANTITY_TIME, METRIC_LATENCY,
                     "from the put until the target has taken the event"},
};
enum bus_resource { BUS_OF_PUTS, BUS_OF_INVOCATIONS, BUS_OF_DESTINATIONS };
static const char *const bus_resources[] = {"put events", "invocations", "API destinations"};

static inline const char *bus_check_schedule(const struct bus_schedule *schedule)
{
    struct cron cron;
    const char *text = schedule->expression_text;
    if ((text != NULL) == (schedule->every_ns >= 0)) {
        return "schedules: expected one of every and expression";
    }
    if (schedule->every_ns >= 0 && schedule->flexible_window_ns > schedule->every_ns) {
        return "schedules: flexible_window is longer than every";
    }
    if (text != NULL && cron_rate_ns(text) == 0 && !cron_parse(&cron, text)) {
        return "schedules: expression is expected as cron(minutes hours day-of-month month "
               "day-of-week year), with one of the days ?, or rate(5 minutes)";
    }
    return NULL;
}

static inline const char *bus_check_rule(const struct bus_rule *rule)
{
    return !rule->api_destination && isfinite(rule->invocation_rate_per_s)
               ? "rules: invocation_rate is without meaning unless api_destination is true"
               : NULL;
}

static inline const char *bus_check(const void *params)
{
    const struct bus_params *p = params;
    const struct bus_schedule *schedules = p->schedules_list.items;
    const struct bus_rule *rules = p->rules_list.items;
    const char *wrong = NULL;
    for (uint32_t i = 0; wrong == NULL && i < p->schedules_list.count; i++) {
        wrong = bus_check_schedule(&schedules[i]);
    }
    for (uint32_t i = 0; wrong == NULL && i < p->rules_list.count; i++) {
        wrong = bus_check_rule(&rules[i]);
    }
    if (wrong != NULL) {
        return wrong;
    }
    if (p->entries_count * p->entry_bytes > BUS_REQUEST_MAX) {
        return "entry: the entries of a put_events are more than 256 KiB together";
    }
    if (p->replay.at_ns >= 0 &&
        (p->replay.until_ns <= p->replay.from_ns || p->replay.at_ns < p->replay.until_ns)) {
        return "replay: expected from < until <= at";
    }
    return p->retry.most_wait_ns < p->retry.first_wait_ns
               ? "retry.most_wait: less than retry.first_wait"
               : NULL;
}

/* An API destination is an endpoint of its own, not a service that is called over AWS. */
static inline const char *bus_forbid_destination(const struct bus_rule *rule,
                                                 const struct passage *passage,
                                                 const struct scenario_service *callee,
                                                 struct arena *arena)
{
    static const char *const others[] = {"lambda", "sqs", "sns", "kinesis", "eventbridge"};
    for (uint32_t i = 0; rule->api_destination && i < rule->to_targets.count; i++) {
        for (uint32_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
            if (rule->to_targets.items[i].service == passage->callee &&
                strcmp(callee->type->name, others[k]) == 0) {
                return arena_printf(arena,
                                    "an API destination is an HTTP endpoint: '%s' is of type %s",
                                    callee->name, callee->type->name);
            }
        }
    }
    return NULL;
}

/* Five targets a rule, each by name; dead letters to queues. */
static inline const char *bus_forbid(const void *params, const struct passage *passage,
                                     struct arena *arena)
{
    const struct bus_params *p = params;
    const struct bus_rule *rules = p->rules_list.items;
    const struct bus_schedule *schedules = p->schedules_list.items;
    if (passage->caller == SERVICE_NONE ||
        passage->scenario->services[passage->caller].params != params) {
        return NULL;
    }
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    bool dead = false;
    for (uint32_t i = 0; i < p->rules_list.count; i++) {
        const struct call_targets *to = &rules[i].to_targets;
        const char *wrong = bus_forbid_destination(&rules[i], passage, callee, arena);
        if (wrong != NULL) {
            return wrong;
        }
        dead = dead || rules[i].dead_letter_target.service == passage->callee;
        if (to->copies > 0) {
            return "the targets of a rule are single services: write a plain list";
        }
        if (to->count > BUS_TARGETS && to->items[BUS_TARGETS].service == passage->callee) {
            return arena_printf(arena, "a rule has %d targets at most: '%s' is one more",
                                BUS_TARGETS, callee->name);
        }
    }
    for (uint32_t i = 0; i < p->schedules_list.count; i++) {
        dead = dead || schedules[i].dead_letter_target.service == passage->callee;
    }
    return dead && strcmp(callee->type->name, "sqs") != 0
               ? arena_printf(arena, "'%s' is no queue: dead letters go to an sqs", callee->name)
               : NULL;
}

#endif
