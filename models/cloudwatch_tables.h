/* cloudwatch_tables: what is known of CloudWatch and CloudWatch Logs: parameters, quotas, metrics;
 * and what they say together. Included by models/cloudwatch.c alone. */
#ifndef ARCHSIM_MODELS_CLOUDWATCH_TABLES_H
#define ARCHSIM_MODELS_CLOUDWATCH_TABLES_H

#include <string.h>

#include "models/model.h"
#include "sim/blocks/monitors.h"

#define CLOUDWATCH_ALARMS "CloudWatch User Guide, Using Amazon CloudWatch alarms"
#define CLOUDWATCH_EVALUATION "CloudWatch User Guide, Alarm evaluation"
#define CLOUDWATCH_PUT_LOGS "CloudWatch Logs API Reference, PutLogEvents"
#define CLOUDWATCH_LOG_QUOTAS "CloudWatch Logs quotas, PutLogEvents"
#define CLOUDWATCH_QUOTAS "CloudWatch service quotas"

enum cloudwatch_operation { CLOUDWATCH_LOGS, CLOUDWATCH_WRITES, CLOUDWATCH_READS, CLOUDWATCH_APIS };

enum cloudwatch_statistic { CLOUDWATCH_SUM, CLOUDWATCH_AVERAGE };

struct cloudwatch_alarm {
    const char *name_text;
    struct reading watch_reading, per_reading;
    int statistic, comparison, missing;
    double threshold;
    int64_t period_ns, evaluation_periods_count, datapoints_to_alarm_count;
    const struct distribution *delay_ns_dist;
    bool from_logs;
    struct call_target notify_target, notify_ok_target;
};

/* clang-format off */
#define PARAMS struct cloudwatch_alarm
static const struct param cloudwatch_alarm_rows[] = {
    TEXT(name, REQUIRED, "what it is called in the log of the run", DEFINED("archsim language 1")),
    READING(watch, REQUIRED, "its metric, of a service that runs beside",
            DOCUMENTED(CLOUDWATCH_ALARMS)),
    READING(per, NONE, "and divided by that one, of the same period: metric math",
            DOCUMENTED("CloudWatch User Guide, Create an alarm based on a metric math expression")),
    CHOICE(statistic, "sum", "sum average",
           "errors, throttled: how many, or their share of the calls; others: as they are",
           DOCUMENTED("Lambda Developer Guide, Types of metrics: Errors, Throttles with Sum; the "
                      "Average is a share")),
    NUMBER(threshold, REQUIRED, "", NULL, "what is compared with: times in seconds, sizes in bytes",
           DOCUMENTED(CLOUDWATCH_ALARMS)),
    CHOICE(comparison, "above", "above at_least below at_most",
           "how the datapoint stands to the threshold when it breaches",
           DOCUMENTED("CloudWatch API Reference, PutMetricAlarm, ComparisonOperator")),
    TIME(period, "60s", "10s..1d", "of a datapoint: 10 s, 30 s (high resolution), or minutes",
         DOCUMENTED("CloudWatch API Reference, PutMetricAlarm, Period")),
    COUNT(evaluation_periods, "1", "1..8640", "N: the last so many datapoints are looked at",
          DOCUMENTED(CLOUDWATCH_EVALUATION)),
    COUNT(datapoints_to_alarm, NONE, "1..8640",
          "M: so many of them must breach; not given: all",
          DOCUMENTED(CLOUDWATCH_EVALUATION)),
    CHOICE(missing, "missing", "missing notBreaching breaching ignore",
           "what a period without data counts as",
           DOCUMENTED("CloudWatch User Guide, Configuring how alarms treat missing data: the "
                      "default behavior is missing")),
    TIME_DIST(delay, "uniform(60s 120s)", "0s..1h",
              "a datapoint is seen so long after its period has ended",
              ESTIMATED("facts, cloudwatch delay: service metrics are visible after 1 to 3 min")),
    FLAG(from_logs, "false", "a filter makes the metric of log events: `ingestion_delay` is added",
         DOCUMENTED("CloudWatch Logs User Guide, Creating metrics from log events using filters")),
    SERVICE(notify, NONE, "is called, without waiting, when it goes to ALARM: a function, a topic",
            DOCUMENTED(CLOUDWATCH_ALARMS ": actions only when the state has changed")),
    SERVICE(notify_ok, NONE, "is called when it goes back to OK", DOCUMENTED(CLOUDWATCH_ALARMS)),
};
/* clang-format on */
static const struct list_item cloudwatch_alarm_item =
    ITEM("alarm", cloudwatch_alarm_rows, struct cloudwatch_alarm);

struct cloudwatch_params {
    struct list alarms_list;
    const struct distribution *log_bytes_per_request_bytes_dist, *log_events_count_dist;
    int64_t event_overhead_bytes, log_batch_count, metrics_per_read_count;
    const struct distribution *latency_ns_dist, *ingestion_delay_ns_dist;
    struct {
        int64_t count_count, period_ns, per_call_count;
    } custom_metrics;
    struct {
        int64_t count_count, metrics_count, refresh_ns;
    } dashboards;
};

#undef PARAMS
#define PARAMS struct cloudwatch_params
static const struct param cloudwatch_params[] = {
    LIST(alarms, NONE, cloudwatch_alarm_item, "what is watched, and who hears of it",
         DOCUMENTED(CLOUDWATCH_ALARMS)),
    SIZE_DIST(log_bytes_per_request, "500 B", "0 B..1 MiB", "text that a request logs, all events",
              ESTIMATED("facts, cloudwatch: 0 to 20,000 B; set it, as it is what logs cost")),
    COUNT_DIST(log_events, "1", "1..10000", "log events of a request",
               ESTIMATED("one line for each; a Lambda function adds START, END and REPORT")),
    SIZE(event_overhead, "26 B", "0 B..1 KiB", "is counted for each event beside its text",
         DOCUMENTED(CLOUDWATCH_PUT_LOGS ": \"plus 26 bytes for each log event\"")),
    COUNT(log_batch, "100", "1..10000", "requests whose events an agent sends in one PutLogEvents",
          ESTIMATED("agents send every 5 s: 20 requests a second on each machine")),
    TIME_DIST(latency, "uniform(10ms 50ms)", "0s..", "of an API call that somebody waits for",
              ESTIMATED("facts, not_on_path: a synchronous PutMetricData adds 10 to 50 ms")),
    TIME_DIST(ingestion_delay, "uniform(5s 30s)", "0s..1h", "until a log event can be searched",
              RECALLED("facts, cloudwatch logs: 5 to 30 s")),
    COUNT(metrics_per_read, "1", "1..500", "metrics that a call of get_metric_data asks for",
          DOCUMENTED("CloudWatch API Reference, GetMetricData: as many as 500")),
    COUNT(custom_metrics.count, REQUIRED, "1..10000000", "metrics that agents publish",
          DOCUMENTED("CloudWatch User Guide, Publishing custom metrics")),
    TIME(custom_metrics.period, "60s", "1s..1h", "so often; 1s is high resolution",
         DOCUMENTED("CloudWatch User Guide, Publishing custom metrics: standard resolution 60 s")),
    COUNT(custom_metrics.per_call, "1000", "1..1000", "of them in each PutMetricData",
          DOCUMENTED("CloudWatch API Reference, PutMetricData: 1000 metrics, 1 MB")),
    COUNT(dashboards.count, REQUIRED, "1..10000", "dashboards that somebody looks at",
          DOCUMENTED("CloudWatch User Guide, Using Amazon CloudWatch dashboards")),
    COUNT(dashboards.metrics, "20", "1..500", "metrics on each, which a refresh asks for",
          ESTIMATED("a few widgets of a few metrics; at most 500 in a GetMetricData")),
    TIME(dashboards.refresh, "60s", "10s..1h", "each is read so often while it is open",
         DOCUMENTED("CloudWatch User Guide, dashboards: refresh every 10 s, 1, 2, 5 or 15 min")),
};

/* Of the account; by region. */
struct cloudwatch_quotas {
    struct cloudwatch_regions {
        double us_east_1_per_s, sa_east_1_per_s;
    } log_calls, metric_writes;
    double metric_reads_per_s;
    int64_t burst_time_ns;
};

#undef PARAMS
#define PARAMS struct cloudwatch_quotas
static const struct param cloudwatch_quotas[] = {
    RATE(log_calls.us_east_1, "5000/s", "1/s..1000M/s", "PutLogEvents calls in us-east-1",
         RECALLED(CLOUDWATCH_LOG_QUOTAS ": 5000 in the large regions; copies of 2021 say 1500")),
    RATE(log_calls.sa_east_1, "1500/s", "1/s..1000M/s", "PutLogEvents calls in sa-east-1",
         RECALLED(CLOUDWATCH_LOG_QUOTAS ": 1500 in the others; copies of 2021 say 800")),
    RATE(metric_writes.us_east_1, "500/s", "1/s..1000M/s", "PutMetricData calls in us-east-1",
         RECALLED(CLOUDWATCH_QUOTAS ", PutMetricData: 500 in the large regions")),
    RATE(metric_writes.sa_east_1, "150/s", "1/s..1000M/s", "PutMetricData calls in sa-east-1",
         DOCUMENTED(CLOUDWATCH_QUOTAS ", PutMetricData: 150 transactions per second")),
    RATE(metric_reads, "50/s", "1/s..1000M/s", "GetMetricData calls",
         RECALLED(CLOUDWATCH_QUOTAS ", GetMetricData: 50")),
    TIME(burst_time, "1s", "1ms..1min", "what the quota lets in during so long may come at once",
         ESTIMATED("quotas are stated a second")),
};
#undef PARAMS

static const struct operation_info cloudwatch_operations[] = {
    [CLOUDWATCH_LOGS] = {"put_log_events", "the log events of a request: what `logs` sends"},
    [CLOUDWATCH_WRITES] = {"put_metric_data", "metrics written by the application itself"},
    [CLOUDWATCH_READS] = {"get_metric_data", "metrics read, by whoever shows or exports them"},
};

enum cloudwatch_metric {
    CLOUDWATCH_BYTES,
    CLOUDWATCH_EVENTS,
    CLOUDWATCH_LOST,
    CLOUDWATCH_CALLS,
    CLOUDWATCH_THROTTLED,
    CLOUDWATCH_LOG_CALLS,
    CLOUDWATCH_WRITE_CALLS,
    CLOUDWATCH_METRICS_READ,
    CLOUDWATCH_IN_ALARM,
    CLOUDWATCH_TRANSITIONS,
    CLOUDWATCH_NOTIFICATIONS,
};
static const struct metric cloudwatch_metrics[] = {
    [CLOUDWATCH_BYTES] = {"incoming_bytes", QUANTITY_SIZE, METRIC_VALUE,
                          "log events taken in, uncompressed, with their overhead"},
    [CLOUDWATCH_EVENTS] = {"incoming_log_events", QUANTITY_COUNT, METRIC_VALUE,
                           "log events taken in"},
    [CLOUDWATCH_LOST] = {"lost_log_events", QUANTITY_COUNT, METRIC_VALUE,
                         "log events of throttled calls"},
    [CLOUDWATCH_CALLS] = {"call_count", QUANTITY_COUNT, METRIC_VALUE,
                          "API calls of all kinds, throttled ones too"},
    [CLOUDWATCH_THROTTLED] = {"throttled_requests", QUANTITY_COUNT, METRIC_VALUE,
                              "of them, over a quota"},
    [CLOUDWATCH_LOG_CALLS] = {"put_log_events_calls", QUANTITY_COUNT, METRIC_VALUE,
                              "of them, PutLogEvents"},
    [CLOUDWATCH_WRITE_CALLS] = {"put_metric_data_calls", QUANTITY_COUNT, METRIC_VALUE,
                                "of them, PutMetricData"},
    [CLOUDWATCH_METRICS_READ] = {"metrics_requested", QUANTITY_COUNT, METRIC_VALUE,
                                 "metrics that GetMetricData was asked for"},
    [CLOUDWATCH_IN_ALARM] = {"alarms_in_alarm", QUANTITY_COUNT, METRIC_VALUE,
                             "alarms in the state ALARM, mean over time", true},
    [CLOUDWATCH_TRANSITIONS] = {"alarm_transitions", QUANTITY_COUNT, METRIC_VALUE,
                                "times that an alarm went to ALARM"},
    [CLOUDWATCH_NOTIFICATIONS] = {"notifications", QUANTITY_COUNT, METRIC_VALUE,
                                  "calls of `notify` and `notify_ok`"},
};

static const char *const cloudwatch_resources[CLOUDWATCH_APIS] = {
    [CLOUDWATCH_LOGS] = "put_log_events calls",
    [CLOUDWATCH_WRITES] = "put_metric_data calls",
    [CLOUDWATCH_READS] = "get_metric_data calls",
};

/* ---- what they say together ---- */

static double cloudwatch_rate(const struct cloudwatch_regions *regions, const char *region)
{
    return strcmp(region, "us-east-1") == 0 ? regions->us_east_1_per_s : regions->sa_east_1_per_s;
}

static const struct cloudwatch_alarm *cloudwatch_alarm(const struct cloudwatch_params *p,
                                                       uint32_t number)
{
    return &((const struct cloudwatch_alarm *)p->alarms_list.items)[number];
}

static struct monitor_setup cloudwatch_monitor(const struct cloudwatch_params *p, uint32_t number)
{
    const struct cloudwatch_alarm *row = cloudwatch_alarm(p, number);
    const int64_t periods = row->evaluation_periods_count, some = row->datapoints_to_alarm_count;
    return (struct monitor_setup){
        .alarm = {.threshold = row->threshold,
                  .comparison = (enum alarm_comparison)row->comparison,
                  .datapoints = (uint32_t)(some > 0 ? some : periods),
                  .periods = (uint32_t)periods,
                  .missing = (enum alarm_fill)row->missing},
        .period_ns = row->period_ns,
        .delay = row->delay_ns_dist,
        .more_delay = row->from_logs ? p->ingestion_delay_ns_dist : NULL,
    };
}

/* So many a period, whose average is a share of the calls. */
static bool cloudwatch_counts(const struct reading *reading)
{
    return reading->what == READING_CALLS || reading->what == READING_ERRORS ||
           reading->what == READING_THROTTLED;
}

#define CLOUDWATCH_MINUTE_NS INT64_C(60000000000)
#define CLOUDWATCH_HIGH_NS INT64_C(10000000000) /* the periods of high resolution: */
#define CLOUDWATCH_MIDDLE_NS INT64_C(30000000000)
static const char *cloudwatch_check(const void *params)
{
    const struct cloudwatch_params *p = params;
    for (uint32_t i = 0; i < p->alarms_list.count; i++) {
        const struct cloudwatch_alarm *row = cloudwatch_alarm(p, i);
        if (row->datapoints_to_alarm_count > row->evaluation_periods_count) {
            return "alarms: `datapoints_to_alarm` is more than `evaluation_periods`";
        }
        if (row->period_ns % CLOUDWATCH_MINUTE_NS != 0 && row->period_ns != CLOUDWATCH_HIGH_NS &&
            row->period_ns != CLOUDWATCH_MIDDLE_NS) {
            return "alarms: a `period` is 10s, 30s or whole minutes";
        }
    }
    return NULL;
}

#endif
