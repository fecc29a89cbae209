/* kinesis_analytics_tables: what kinesis_analytics.c knows as tables: parameters, quotas, metrics,
 * resources. */
#ifndef ARCHSIM_MODELS_KINESIS_ANALYTICS_TABLES_H
#define ARCHSIM_MODELS_KINESIS_ANALYTICS_TABLES_H

#include "models/model.h"

#define FLINK_SCALING_PAGE "Managed Service for Apache Flink Developer Guide, Use automatic scaling"
#define FLINK_KPU_PAGE \
    "Managed Service for Apache Flink Developer Guide, Implement application scaling"
#define FLINK_CHECKPOINT_PAGE \
    "Managed Service for Apache Flink API Reference, CheckpointConfiguration"
#define FLINK_SINK_PAGE "Apache Flink, KinesisStreamsSinkBuilder"
#define FLINK_RESTART_PAGE                                                                   \
    "facts: 20 s to 5 min, by the state; Managed Service for Apache Flink Developer Guide, " \
    "Manage maintenance tasks, has 10 to 30 s"

enum flink_window { FLINK_NONE, FLINK_TUMBLING, FLINK_SLIDING };
enum flink_time { FLINK_EVENT_TIME, FLINK_PROCESSING_TIME };
enum flink_delivery { FLINK_AT_LEAST_ONCE, FLINK_EXACTLY_ONCE };

struct flink_params {
    struct {
        struct call_target from_target;
    } trigger;
    int64_t parallelism_count, parallelism_per_kpu_count;
    int64_t cpu_ns, blocking_ns;
    double skew, output_ratio;
    bool keyed;
    int64_t keys_count, state_per_key_bytes;
    struct {
        int kind, time;
        int64_t size_ns, slide_ns, out_of_orderness_ns, idleness_ns;
        const struct distribution *delay_ns_dist;
    } window;
    struct {
        bool enabled;
        double out_ratio, in_ratio;
        int64_t out_after_ns, in_after_ns;
    } auto_scaling;
    struct {
        int64_t interval_ns, pause_ns, base_ns;
        double changed_ratio, bandwidth_bytes_per_s;
    } checkpoint;
    const struct distribution *restart_ns_dist;
    struct {
        const struct distribution *mtbf_ns_dist;
    } failure;
    struct {
        int64_t batch_count, in_flight_count, buffer_count;
        int64_t delay_ns, retry_wait_ns;
        int delivery;
    } sink;
    int64_t slice_ns;
};

#define PARAMS struct flink_params
static const struct param flink_params[] = {
    SOURCE(trigger.from, REQUIRED, "the stream that the application reads",
           DOCUMENTED("Managed Service for Apache Flink Developer Guide, Add streaming sources")),
    COUNT(parallelism, "1", "1..1024", "subtasks; automatic scaling never goes below it",
          DOCUMENTED(FLINK_KPU_PAGE ": the default is 1")),
    COUNT(parallelism_per_kpu, "1", "1..8", "subtasks that share a KPU: 1 vCPU, 4 GB, 50 GB",
          DOCUMENTED(FLINK_KPU_PAGE)),
    TIME(cpu, REQUIRED, "1ns..1min", "CPU time of one record, through all operators",
         ASSUMED("the application's own; measure it under load")),
    TIME(blocking, "0s", "0s..1min", "of one record: its subtask waits for others, without CPU",
         ESTIMATED("the application's own; without, its work is all CPU")),
    NUMBER(skew, "1", "1..1000", NULL,
           "records of the busiest subtask, beside the mean: hot keys; all go at its pace",
           ASSUMED("the keys' own; 1 is even")),
    FLAG(keyed, "true",
         "records are spread over all subtasks by key; else by the shard they are of",
         ESTIMATED("the application's own; a window by key needs it")),
    RATIO(output, "100%", "0%..100%", "outputs of a record, or of each key of a window that closes",
          ESTIMATED("the application's own; without a filter all")),
    COUNT(keys, NONE, "1..1000M", "different keys in the stream, taken as even",
          ESTIMATED("the stream's own")),
    SIZE(state_per_key, "0 B", "0 B..1 GiB", "state that is kept for a key while it is needed",
         ESTIMATED("the application's own; without state it keeps none")),
    CHOICE(window.kind, "none", "none tumbling sliding",
           "outputs come record by record, or when a window closes, one for each key in it",
           DOCUMENTED("Apache Flink, Windows")),
    CHOICE(window.time, "event", "event processing",
           "windows close by the records' time, or by the clock",
           DOCUMENTED("Apache Flink, Timely Stream Processing")),
    TIME(window.size, NONE, "1s..1d", "length of a window", ESTIMATED("the application's own")),
    TIME(window.slide, NONE, "1s..1d", "of sliding ones: from one to the next",
         DOCUMENTED("Apache Flink, Windows")),
    TIME(window.out_of_orderness, "0s", "0s..1h",
         "the watermark is so far behind the records: forBoundedOutOfOrderness",
         DOCUMENTED("Apache Flink, Builtin Watermark Generators")),
    TIME_DIST(window.delay, "0s", "0s..1d",
              "from an event until it is in the stream: what is late is dropped",
              ESTIMATED("the devices' own; without, none is late")),
    TIME(window.idleness, "10s", "1s..1d",
         "a shard without records for so long does not hold windows open",
         ESTIMATED("withIdleness, in most programs; without, an idle shard stops them all")),
    FLAG(auto_scaling.enabled, "true", "the parallelism follows the CPU; never below `parallelism`",
         DOCUMENTED(FLINK_SCALING_PAGE ": enabled by default")),
    RATIO(auto_scaling.out, "75%", "1%..100%", "twice the parallelism from this CPU on",
          DOCUMENTED(FLINK_SCALING_PAGE ": containerCPUUtilization 75 percent or above")),
    TIME(auto_scaling.out_after, "15min", "1min..1d", "in each minute of so long",
         DOCUMENTED(FLINK_SCALING_PAGE ": 15 consecutive datapoints of a minute")),
    RATIO(auto_scaling.in, "10%", "0%..100%", "half the parallelism, rounded up, below this CPU",
          DOCUMENTED(FLINK_SCALING_PAGE)),
    TIME(auto_scaling.in_after, "6h", "1min..7d", "in each minute of so long",
         DOCUMENTED(FLINK_SCALING_PAGE ": 360 consecutive datapoints of a minute")),
    TIME(checkpoint.interval, "60s", "1s..1h", "from the beginning of one to that of the next",
         DOCUMENTED(FLINK_CHECKPOINT_PAGE ": 60,000 ms")),
    TIME(checkpoint.pause, "5s", "0s..1h", "from the end of one to the next, at least",
         DOCUMENTED(FLINK_CHECKPOINT_PAGE ": MinPauseBetweenCheckpoints 5,000 ms")),
    TIME(checkpoint.base, "1s", "0s..10min", "of a checkpoint, without its bytes",
         ESTIMATED("barriers, acknowledgements and small files: a second or so")),
    RATIO(checkpoint.changed, "100%", "0%..100%", "of the state: what a checkpoint writes",
          ESTIMATED("of a window all changes in its time; RocksDB writes what has changed")),
    THROUGHPUT(checkpoint.bandwidth, "50 MB/s", "1 kB/s..10 GB/s",
               "of a KPU, to write a checkpoint and to read it back",
               ESTIMATED("one connection to S3 has 85 to 90 MB/s; a KPU does other things too")),
    TIME_DIST(restart, "60s", "0s..", "the job stands still when it restarts or is scaled",
              ESTIMATED(FLINK_RESTART_PAGE)),
    TIME_DIST(failure.mtbf, NONE, "1s..",
              "the job fails so long after it started, and begins at its last checkpoint",
              ESTIMATED("the application's own")),
    COUNT(sink.batch, "500", "1..10k",
          "outputs of a request to the sink: of what `calls` does once",
          DOCUMENTED(FLINK_SINK_PAGE ": maxBatchSize; 25 of DynamoDbSinkBuilder")),
    COUNT(sink.in_flight, "50", "1..10k", "requests of a subtask at a time",
          DOCUMENTED(FLINK_SINK_PAGE ": maxInFlightRequests")),
    COUNT(sink.buffer, "10k", "1..1M", "outputs of a subtask beyond which it stops working",
          DOCUMENTED(FLINK_SINK_PAGE ": maxBufferedRequests")),
    TIME(sink.delay, "5s", "0s..1h", "a batch that is not full waits so long",
         DOCUMENTED(FLINK_SINK_PAGE ": maxTimeInBufferMS")),
    TIME(sink.retry_wait, "1s", "1ms..1h", "before a request that failed is made again, for ever",
         ESTIMATED("failOnError is false: failed entries are sent again with the next request")),
    CHOICE(sink.delivery, "at_least_once", "at_least_once exactly_once",
           "what is replayed goes out twice; or outputs wait for the checkpoint that holds them",
           DOCUMENTED("Apache Flink, Fault Tolerance Guarantees of Data Sources and Sinks")),
    TIME(slice, "100ms", "1ms..10s", "records are worked off in portions that take so long at most",
         ESTIMATED("of the simulation: times are exact to about half of it")),
};
#undef PARAMS

struct flink_quotas {
    int64_t kpus_count, parallelism_count;
};
#define PARAMS struct flink_quotas
static const struct param flink_quotas[] = {
    COUNT(kpus, "64", "1..10k", "KPUs of an application; without the one for orchestration",
          DOCUMENTED("Managed Service for Apache Flink API Reference, ParallelismConfiguration: "
                     "\"64 by default\"; the guide of 2023 has 32")),
    COUNT(parallelism, "256", "1..100k", "subtasks of an application",
          DOCUMENTED(FLINK_KPU_PAGE ": \"the default maximum is 256\"")),
};
#undef PARAMS

enum flink_metric {
    FLINK_KPUS,
    FLINK_KPU_HOURS,
    FLINK_CPU,
    FLINK_BEHIND,
    FLINK_RECORDS_IN,
    FLINK_RECORDS_READ,
    FLINK_RECORDS_REPLAYED,
    FLINK_LATE,
    FLINK_RECORDS_OUT,
    FLINK_DUPLICATES,
    FLINK_WINDOWS,
    FLINK_LATENCY,
    FLINK_SINK_DELAY,
    FLINK_CHECKPOINT_DURATION,
    FLINK_CHECKPOINT_SIZE,
    FLINK_CHECKPOINTS,
    FLINK_RESTARTS,
    FLINK_DOWNTIME,
    FLINK_BACKPRESSURED,
    FLINK_METRICS,
};

static const struct metric flink_metrics[] = {
    [FLINK_KPUS] = {"kpus", QUANTITY_COUNT, METRIC_VALUE,
                    "KPUs at work, mean over time, without the one for orchestration", true},
    [FLINK_KPU_HOURS] = {"kpu_hours", QUANTITY_COUNT, METRIC_VALUE,
                         "KPU-hours of the window as they are billed: with one KPU more"},
    [FLINK_CPU] = {"container_cpu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                   "CPU of the busiest KPU, mean over time", true},
    [FLINK_BEHIND] = {"millis_behind_latest", QUANTITY_TIME, METRIC_LATENCY,
                      "each second: age of the newest record worked off, 0 if there are no more",
                      true},
    [FLINK_RECORDS_IN] = {"num_records_in", QUANTITY_COUNT, METRIC_VALUE,
                          "records worked off, replayed ones each time"},
    [FLINK_RECORDS_READ] = {"records_read", QUANTITY_COUNT, METRIC_VALUE,
                            "records read from the stream, each once"},
    [FLINK_RECORDS_REPLAYED] = {"records_replayed", QUANTITY_COUNT, METRIC_VALUE,
                                "records that a restart made the job work off again"},
    [FLINK_LATE] = {"num_late_records_dropped", QUANTITY_COUNT, METRIC_VALUE,
                    "records whose windows had closed"},
    [FLINK_RECORDS_OUT] = {"num_records_out", QUANTITY_COUNT, METRIC_VALUE,
                           "outputs that the sink has acknowledged"},
    [FLINK_DUPLICATES] = {"duplicate_outputs", QUANTITY_COUNT, METRIC_VALUE,
                          "of those: outputs that went out once more after a restart"},
    [FLINK_WINDOWS] = {"windows_closed", QUANTITY_COUNT, METRIC_VALUE,
                       "windows that have closed, all keys together"},
    [FLINK_LATENCY] = {"output_latency", QUANTITY_TIME, METRIC_LATENCY,
                       "of each request to the sink: from the records' coming to its end, mean"},
    [FLINK_SINK_DELAY] = {"sink_delay", QUANTITY_TIME, METRIC_LATENCY,
                          "of those: from the end of the window, or of the work, to its end"},
    [FLINK_CHECKPOINT_DURATION] = {"last_checkpoint_duration", QUANTITY_TIME, METRIC_LATENCY,
                                   "of each checkpoint that was complete"},
    [FLINK_CHECKPOINT_SIZE] = {"last_checkpoint_size", QUANTITY_SIZE, METRIC_MAX,
                               "the largest that a checkpoint was"},
    [FLINK_CHECKPOINTS] = {"checkpoints", QUANTITY_COUNT, METRIC_VALUE, "checkpoints completed"},
    [FLINK_RESTARTS] = {"full_restarts", QUANTITY_COUNT, METRIC_VALUE,
                        "failures after which the job began at its last checkpoint"},
    [FLINK_DOWNTIME] = {"downtime", QUANTITY_TIME, METRIC_VALUE,
                        "time that the job stood still, to restart or to be scaled"},
    [FLINK_BACKPRESSURED] = {"back_pressured_ratio", QUANTITY_RATIO, METRIC_VALUE,
                             "of the time: it could not work because the sink was full"},
};

enum flink_resource { FLINK_BUSIEST, FLINK_OUT };
static const char *const flink_resources[] = {
    [FLINK_BUSIEST] = "busiest subtask",
    [FLINK_OUT] = "requests to the sink",
};

#endif
