/* glue_tables: parameters, quotas and metrics of models/glue.c, which alone includes it. */
#ifndef ARCHSIM_MODELS_GLUE_TABLES_H
#define ARCHSIM_MODELS_GLUE_TABLES_H

#include "models/model.h"

#define JOBS_PAGE "Glue Developer Guide, Jobs API"
#define WORKERS_PAGE "Glue Developer Guide, Worker types"
#define RUNS_PAGE "Glue Developer Guide, Job run statuses"
#define PRICING_PAGE "AWS Glue pricing"
#define SPARK_PAGE "Spark documentation, Performance Tuning"
#define S3A_PAGE "Hadoop-AWS, S3A Constants"
#define GLUE_QUOTAS_PAGE "Service Quotas of Glue, in a public dump"

enum glue_worker { GLUE_G_1X, GLUE_G_2X, GLUE_G_4X, GLUE_G_8X, GLUE_WORKERS };
enum glue_execution { GLUE_STANDARD, GLUE_FLEX };
enum { GLUE_DPU_CORES = 4 }; /* vCPUs of a DPU: WORKERS_PAGE */

/* DPUs of a worker. */
static const int64_t glue_worker_dpus[GLUE_WORKERS] = {1, 2, 4, 8};

enum glue_operation {
    GLUE_START_JOB_RUN,
    GLUE_GET_TABLE,
    GLUE_GET_PARTITIONS,
    GLUE_BATCH_CREATE_PARTITION,
    GLUE_UPDATE_TABLE,
    GLUE_OPERATIONS
};
static const struct operation_info glue_operations[] = {
    [GLUE_START_JOB_RUN] = {"start_job_run", "a run of the job, until it is over"},
    [GLUE_GET_TABLE] = {"get_table", "of the data catalog"},
    [GLUE_GET_PARTITIONS] = {"get_partitions", "a page of up to 1,000, of the data catalog"},
    [GLUE_BATCH_CREATE_PARTITION] = {"batch_create_partition", "up to 100, of the data catalog"},
    [GLUE_UPDATE_TABLE] = {"update_table", "of the data catalog"},
};

struct glue_params {
    int worker_type;
    int64_t workers_count;
    bool auto_scaling;
    int execution;
    int64_t max_concurrent_count;
    bool queuing;
    int64_t queue_time_ns;
    const struct distribution *start_ns_dist, *flex_delay_ns_dist;
    const struct distribution *input_bytes_dist;
    struct reading bookmark_reading;
    int64_t file_size_bytes, split_bytes, open_cost_bytes, file_time_ns;
    const struct distribution *driver_time_ns_dist;
    double task_rate_bytes_per_s, skew;
    double output_ratio;
    struct call_target source_target, sink_target;
    int64_t batches_count, partitions_count;
    struct {
        int64_t count_count, wait_ns, cap_ns;
    } attempts;
    int64_t timeout_ns, max_retries_count;
    double failures_ratio;
    const struct distribution *catalog_latency_ns_dist;
};

#define PARAMS struct glue_params
static const struct param glue_params[] = {
    CHOICE(worker_type, "g_1x", "g_1x g_2x g_4x g_8x", "of 1, 2, 4 or 8 DPUs each",
           DOCUMENTED(WORKERS_PAGE ": G.1X is a DPU, 4 vCPUs and 16 GB")),
    COUNT(workers, "10", "2..1000", "of a run, one of which is the driver",
          DOCUMENTED(JOBS_PAGE ": the default is 10")),
    FLAG(auto_scaling, "false",
         "a run takes only as many workers as its tasks fill, at most `workers`",
         DOCUMENTED("Glue Developer Guide, Using auto scaling; its ramp is left out")),
    CHOICE(execution, "standard", "standard flex", "the execution class",
           DOCUMENTED(JOBS_PAGE ": ExecutionClass")),
    COUNT(max_concurrent, "1", "1..1000", "runs of the job at a time, MaxConcurrentRuns",
          DOCUMENTED(JOBS_PAGE ": the default is 1; beyond it an error is returned")),
    FLAG(queuing, "false", "a run that finds no room waits; else it ends as `throttled`",
         DOCUMENTED("AWS Big Data Blog, Introducing job queuing: else your jobs fail immediately")),
    TIME(queue_time, "15min", "1s..7d", "then it fails",
         DOCUMENTED(RUNS_PAGE ": retries for a maximum of 15 minutes or 10 attempts")),
    TIME_DIST(start, "uniform(10s 60s)", "0s..", "until a run begins; not billed",
              RECALLED("facts, glue job: 10 to 60 s from Glue 2.0 on")),
    TIME_DIST(flex_delay, NONE, "0s..", "flex: the wait for spare capacity before that; no default",
              DOCUMENTED(JOBS_PAGE ": start and run times vary; nothing is promised, measure it")),
    SIZE_DIST(input, "10 GiB", "0B..", "that a run reads, or its call's `size`",
              ASSUMED_UNLESS("bookmark", "the user's data")),
    READING(
        bookmark, NONE,
        "a level of bytes (BUCKET.bucket_size_bytes_standard): input is what came since a good run",
        DOCUMENTED("Glue Developer Guide, Tracking processed data using job bookmarks")),
    SIZE(file_size, "128 MiB", "1B..", "of the files it reads",
         ESTIMATED("what Athena and Spark ask for; the user's data")),
    SIZE(split, "128 MiB", "1MiB..10GiB", "a task reads so much",
         DOCUMENTED(SPARK_PAGE ": spark.sql.files.maxPartitionBytes 128 MB")),
    SIZE(open_cost, "4 MiB", "0B..1GiB", "each file counts as so much more when tasks are made",
         DOCUMENTED(SPARK_PAGE ": spark.sql.files.openCostInBytes 4 MB")),
    TIME(file_time, "50ms", "0s..1h", "to open a file, by its task",
         ESTIMATED("first byte of S3, 27 ms, and a look at it")),
    TIME_DIST(driver_time, "10s", "0s..", "of a run, beside its tasks: planning, committing",
              ESTIMATED("Spark jobs: seconds to a minute")),
    THROUGHPUT(task_rate, "10 MB/s", "1kB/s..10GB/s",
               "at which a task, one vCPU, works its input off",
               ESTIMATED("a few to tens of MB/s a core; it is the job's own: measure it")),
    NUMBER(skew, "1", "1..1000", NULL, "the slowest task takes so many times what the others do",
           DEFINED("even tasks")),
    RATIO(output, "25%", "0..100", "of the bytes read: what it writes",
          ESTIMATED("columns, compressed: a quarter of text; the job's own")),
    SERVICE_OPERATION(source, NONE, "read_bulk", "what it reads (a bucket)",
                      DOCUMENTED("Glue Developer Guide, Adding jobs")),
    SERVICE_OPERATION(sink, NONE, "write_bulk", "what it writes (a bucket)",
                      DOCUMENTED("Glue Developer Guide, Adding jobs")),
    COUNT(batches, "20", "1..100k", "calls to `source`, and to `sink`, in which a run does that",
          DEFINED("for the speed of the simulation, in place of one for each file")),
    COUNT(partitions, "0", "0..1M", "that a run adds to the catalog at its end, 100 a call",
          DEFINED("none")),
    COUNT(attempts.count, "20", "1..100", "of a batch, of a catalog call; then the run fails",
          DOCUMENTED(S3A_PAGE ": RETRY_THROTTLE_LIMIT_DEFAULT 20")),
    TIME(attempts.wait, "500ms", "1ms..1min", "before the second; doubled each time",
         DOCUMENTED(S3A_PAGE ": RETRY_INTERVAL_DEFAULT 500ms, exponential")),
    TIME(attempts.cap, "1min", "1ms..1h", "the longest wait", ESTIMATED("as SDKs cap theirs")),
    TIME(timeout, "48h", "1min..7d", "a run that has taken so long ends, status TIMEOUT",
         DOCUMENTED(JOBS_PAGE ": 2,880 minutes; 480 from Glue 5.0 on")),
    COUNT(max_retries, "0", "0..10", "runs that follow a failed one, of each call",
          DOCUMENTED(JOBS_PAGE ": MaxRetries")),
    RATIO(failures, "0", "0..1", "runs that fail by themselves, anywhere within",
          DEFINED("a job that works")),
    TIME_DIST(catalog_latency, "lognormal(p50=20ms p99=100ms)", "0s..", "of a catalog request",
              ESTIMATED("not documented; control planes answer in tens of ms")),
};

/* Of the account in the region. */
struct glue_quotas {
    int64_t job_runs_count, dpus_count;
    double catalog_per_s;
    int64_t burst_time_ns;
};

#undef PARAMS
#define PARAMS struct glue_quotas
static const struct param glue_quotas[] = {
    COUNT(job_runs, "200", "1..100k", "runs at a time, of all jobs",
          DOCUMENTED(GLUE_QUOTAS_PAGE ", L-5E4153CA: 200; 50 and 2,000 are seen too")),
    COUNT(dpus, "1000", "2..1M", "DPUs that they have together",
          DOCUMENTED(GLUE_QUOTAS_PAGE ", L-08F3B322: 1,000")),
    RATE(catalog, NONE, "1/s..100k/s",
         "data catalog requests, else no limit: AWS does not publish its own",
         ASSUMED("AWS Knowledge Center, glue-throttling-rate-exceeded: per account and region")),
    TIME(burst_time, "1s", "1ms..1min", "what that lets in during so long may come at once",
         ESTIMATED("a rate per second, read as a bucket of one second's worth")),
};

enum glue_metric {
    GLUE_ELAPSED,
    GLUE_QUEUED,
    GLUE_STARTUP,
    GLUE_FRESHNESS,
    GLUE_SUCCEEDED,
    GLUE_FAILED,
    GLUE_TIMED_OUT,
    GLUE_STOPPED,
    GLUE_REFUSED,
    GLUE_RETRIED,
    GLUE_BYTES_READ,
    GLUE_BYTES_WRITTEN,
    GLUE_TASKS,
    GLUE_DPU_HOURS,
    GLUE_FLEX_DPU_HOURS,
    GLUE_EXECUTORS_NEEDED,
    GLUE_EXECUTORS,
    GLUE_CATALOG_REQUESTS,
    GLUE_CATALOG_THROTTLED,
    GLUE_PARTITIONS_CREATED,
    GLUE_METRICS,
};
enum { GLUE_TIMES = GLUE_FRESHNESS + 1 };
static const struct metric glue_metrics[] = {
    [GLUE_ELAPSED] = {"elapsed_time", QUANTITY_TIME, METRIC_LATENCY,
                      "glue.driver.aggregate.elapsedTime: of runs that succeeded, start-up not"},
    [GLUE_QUEUED] = {"queue_time", QUANTITY_TIME, METRIC_LATENCY, "before the start-up of a run"},
    [GLUE_STARTUP] = {"startup_time", QUANTITY_TIME, METRIC_LATENCY, "of runs that began"},
    [GLUE_FRESHNESS] =
        {"freshness", QUANTITY_TIME, METRIC_LATENCY,
         "at the end of a good run, since the last one was started: its oldest input"},
    [GLUE_SUCCEEDED] = {"runs_succeeded", QUANTITY_COUNT, METRIC_VALUE, "status SUCCEEDED"},
    [GLUE_FAILED] = {"runs_failed", QUANTITY_COUNT, METRIC_VALUE,
                     "status FAILED, of every attempt"},
    [GLUE_TIMED_OUT] = {"runs_timed_out", QUANTITY_COUNT, METRIC_VALUE, "status TIMEOUT"},
    [GLUE_STOPPED] = {"runs_stopped", QUANTITY_COUNT, METRIC_VALUE, "withdrawn by their caller"},
    [GLUE_REFUSED] = {"runs_refused", QUANTITY_COUNT, METRIC_VALUE,
                      "ConcurrentRunsExceededException, ResourceNumberLimitExceededException"},
    [GLUE_RETRIED] = {"runs_retried", QUANTITY_COUNT, METRIC_VALUE,
                      "runs that follow a failed one"},
    [GLUE_BYTES_READ] = {"bytes_read", QUANTITY_SIZE, METRIC_VALUE,
                         "glue.driver.aggregate.bytesRead"},
    [GLUE_BYTES_WRITTEN] = {"s3_write_bytes", QUANTITY_SIZE, METRIC_VALUE,
                            "glue.ALL.s3.filesystem.write_bytes"},
    [GLUE_TASKS] = {"num_completed_tasks", QUANTITY_COUNT, METRIC_VALUE,
                    "glue.driver.aggregate.numCompletedTasks"},
    [GLUE_DPU_HOURS] = {"dpu_hours", QUANTITY_COUNT, METRIC_VALUE,
                        "billed by the second, a minute of a run at least; standard"},
    [GLUE_FLEX_DPU_HOURS] = {"flex_dpu_hours", QUANTITY_COUNT, METRIC_VALUE, "the same of flex"},
    [GLUE_EXECUTORS_NEEDED] = {"number_max_needed_executors", QUANTITY_COUNT, METRIC_MAX,
                               "that the tasks of a run would fill"},
    [GLUE_EXECUTORS] = {"number_all_executors", QUANTITY_COUNT, METRIC_MAX, "that a run had"},
    [GLUE_CATALOG_REQUESTS] = {"catalog_requests", QUANTITY_COUNT, METRIC_VALUE,
                               "to the data catalog that it answered"},
    [GLUE_CATALOG_THROTTLED] = {"catalog_throttled", QUANTITY_COUNT, METRIC_VALUE,
                                "ThrottlingException of the data catalog"},
    [GLUE_PARTITIONS_CREATED] = {"partitions_created", QUANTITY_COUNT, METRIC_VALUE, "by runs"},
};

enum { GLUE_OF_JOB, GLUE_OF_ACCOUNT, GLUE_OF_DPUS, GLUE_OF_CATALOG };
static const char *const glue_resources[] = {
    [GLUE_OF_JOB] = "concurrent runs of the job",
    [GLUE_OF_ACCOUNT] = "concurrent runs of the account",
    [GLUE_OF_DPUS] = "DPUs of the account",
    [GLUE_OF_CATALOG] = "catalog requests",
};

#endif
