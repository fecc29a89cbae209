/* dms_tables: parameters and metrics of models/dms.c, which alone includes it. */
#ifndef ARCHSIM_MODELS_DMS_TABLES_H
#define ARCHSIM_MODELS_DMS_TABLES_H

#include "models/model.h"

#define DMS_S3_PAGE "DMS User Guide, CHAP_Target.S3, endpoint settings"
#define DMS_TUNING_PAGE "DMS User Guide, Change processing tuning settings"
#define DMS_ERRORS_PAGE "DMS User Guide, CustomizingTasks.TaskSettings.ErrorHandling"
#define DMS_SIZING_PAGE "DMS User Guide, BestPractices.SizingReplicationInstance"
#define DMS_SERVERLESS_PAGE "DMS User Guide, CHAP_Serverless.Components"
#define DMS_SERVERLESS_UNKNOWN DMS_SERVERLESS_PAGE ": so it scales; no figure is given"

enum dms_replication { DMS_INSTANCE, DMS_SERVERLESS };

/* DMS User Guide, CHAP_ReplicationInstance.Types; storage: CHAP_Introduction.Components. */
struct dms_class {
    int vcpu, memory_gib, storage_gb;
};
/* clang-format off */
#define DMS_CLASSES \
    "dms.t3.micro dms.t3.small dms.t3.medium dms.t3.large " \
    "dms.c5.large dms.c5.xlarge dms.c5.2xlarge dms.c5.4xlarge " \
    "dms.c6i.large dms.c6i.xlarge dms.c6i.2xlarge dms.c6i.4xlarge " \
    "dms.r5.large dms.r5.xlarge dms.r5.2xlarge dms.r5.4xlarge " \
    "dms.r6i.large dms.r6i.xlarge dms.r6i.2xlarge dms.r6i.4xlarge"
static const struct dms_class dms_classes[] = {
    {2, 1, 50}, {2, 2, 50}, {2, 4, 50}, {2, 8, 50},
    {2, 4, 100}, {4, 8, 100}, {8, 16, 100}, {16, 32, 100},
    {2, 4, 100}, {4, 8, 100}, {8, 16, 100}, {16, 32, 100},
    {2, 16, 100}, {4, 32, 100}, {8, 64, 100}, {16, 128, 100},
    {2, 16, 100}, {4, 32, 100}, {8, 64, 100}, {16, 128, 100},
};
/* clang-format on */

static const double dms_units[] = {1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384}; /* DCU */

struct dms_params {
    uint16_t source_service;
    struct call_target target_target;
    int replication, instance_class;
    bool multi_az;
    struct {
        double min, max;
        double above_ratio, below_ratio;
        int64_t up_after_ns, down_after_ns;
        const struct distribution *provisioning_ns_dist;
    } serverless;
    double rows_per_write;
    int64_t row_size_bytes, tables_count;
    int64_t capture_latency_ns;
    double change_rate_per_s, throughput_bytes_per_s;
    int64_t cdc_max_batch_interval_ns, cdc_min_file_size_bytes;
    double compression_ratio, row_errors_ratio;
    int64_t memory_limit_total_bytes, allocated_storage_bytes;
    double spill_throughput_bytes_per_s;
    struct {
        int64_t size_bytes, tables_count, max_file_size_bytes, max_sub_tasks_count;
    } full_load;
    int64_t recoverable_error_interval_ns, recoverable_error_interval_max_ns;
    struct {
        const struct distribution *mtbf_ns_dist, *failover_ns_dist, *replacement_ns_dist;
    } failure;
};

#define PARAMS struct dms_params
static const struct param dms_params[] = {
    WATCH(source, REQUIRED, CHANGE_LOG, "the database whose committed changes are replicated",
          DOCUMENTED("DMS User Guide, CHAP_Introduction.Components: the source endpoint")),
    SERVICE_OPERATION(target, REQUIRED, "put", "the bucket that gets the files",
                      DOCUMENTED("DMS User Guide, CHAP_Introduction.Components: target endpoint")),
    CHOICE(replication, "instance", "instance serverless",
           "on a replication instance, or in capacity units that follow the load",
           DOCUMENTED(DMS_SERVERLESS_PAGE)),
    CHOICE(instance_class, "dms.r5.large", DMS_CLASSES,
           "processors, memory and disk of the task; T3 as while it bursts",
           DOCUMENTED("DMS User Guide, CHAP_BestPractices: busy sources want the R family")),
    FLAG(multi_az, "false", "a standby in another zone takes over when the instance fails",
         DOCUMENTED("DMS User Guide, CHAP_ReplicationInstance")),
    NUMBER(serverless.min, "1 DCU", "1 DCU..384 DCU", "DCU", "smallest capacity",
           DOCUMENTED(DMS_SERVERLESS_PAGE)),
    NUMBER(serverless.max, "16 DCU", "1 DCU..384 DCU", "DCU", "largest capacity",
           DOCUMENTED(DMS_SERVERLESS_PAGE "; the default is archsim's")),
    RATIO(serverless.above, "80%", "1%..100%", "use of the capacity above which it doubles",
          ESTIMATED(DMS_SERVERLESS_UNKNOWN)),
    TIME(serverless.up_after, "5min", "1min..1h", "after so long above that",
         ESTIMATED(DMS_SERVERLESS_UNKNOWN)),
    RATIO(serverless.below, "30%", "0..50%", "use of the capacity below which it is halved",
          ESTIMATED(DMS_SERVERLESS_UNKNOWN)),
    TIME(serverless.down_after, "30min", "1min..1d", "after so long below that",
         ESTIMATED(DMS_SERVERLESS_UNKNOWN)),
    TIME_DIST(serverless.provisioning, "5min", "0s..1h", "from the decision to the new capacity",
              ESTIMATED(DMS_SERVERLESS_UNKNOWN)),
    NUMBER(rows_per_write, "1", "0.001..1M", NULL, "rows that a write to the source changes",
           ASSUMED("the application's statements")),
    SIZE(row_size, "1 KiB", "1B..1GiB",
         "of a change in the log; of a write whose call has a `size`, that in all its rows",
         ASSUMED("the tables' rows")),
    COUNT(tables, "1", "1..10k", "tables that change, all alike; each has files of its own",
          ASSUMED("the database's schema")),
    TIME(capture_latency, "2s", "500ms..30s", "from the commit until the change can be read",
         ESTIMATED("facts, capture_latency: no percentile is published")),
    RATE(change_rate, NONE, "1/s..1M/s",
         "rows that the task reads a second, else by the processors: 2,000 of 2, 5,000 of 8",
         ESTIMATED("facts, changes_per_s: AWS publishes none; measure before you buy")),
    THROUGHPUT(throughput, "20 MB/s", "1kB/s..10GB/s",
               "bytes that the task reads a second, at most",
               ESTIMATED("facts, dms throughput: AWS publishes none; measure before you buy")),
    TIME(cdc_max_batch_interval, "60s", "1s..1d", "a file is written after so long at the latest",
         DOCUMENTED(DMS_S3_PAGE ", CdcMaxBatchInterval")),
    SIZE(cdc_min_file_size, "32 MB", "1kB..1GiB", "and as soon as a table's has that size",
         DOCUMENTED(DMS_S3_PAGE ", CdcMinFileSize: 32 MB (32,000 KB)")),
    RATIO(compression, "100%", "1%..1000%", "size of a file / of the changes in it",
          ASSUMED("by format and data: csv about as large, gzip and parquet smaller")),
    RATIO(row_errors, "0", "0..1", "rows that cannot be written: logged, and left out",
          DOCUMENTED(DMS_ERRORS_PAGE ", DataErrorPolicy LOG_ERROR; how many is yours")),
    SIZE(memory_limit_total, "1 GiB", "1MiB..1TiB",
         "changes in memory, within the instance's; more are swapped to disk",
         DOCUMENTED(DMS_TUNING_PAGE ", MemoryLimitTotal: 1,024 MB")),
    SIZE(allocated_storage, NONE, "5GB..6TB",
         "disk for swapped changes, else 50 GB (T) or 100 GB; when full the task reads no more",
         DOCUMENTED("DMS User Guide, CHAP_Introduction.Components")),
    THROUGHPUT(spill_throughput, "10 MB/s", "1MB/s..1GB/s",
               "of changes while some are on disk, in each direction",
               ESTIMATED("gp2 of 100 GB: 300 operations of 32 KiB a second")),
    SIZE(full_load.size, REQUIRED, "1B..1PiB", "existing rows are loaded first; so much of them",
         ASSUMED("the database's size")),
    COUNT(full_load.tables, "1", "1..10k", "a failure begins the unfinished ones anew",
          DEFINED("all of it is one table")),
    SIZE(full_load.max_file_size, "1 GiB", "1MB..1GiB", "of a file of the full load",
         DOCUMENTED(DMS_S3_PAGE ", MaxFileSize: 1,048,576 KB")),
    COUNT(full_load.max_sub_tasks, "8", "1..49", "its files on their way at a time",
          DOCUMENTED(DMS_SIZING_PAGE ": tables loaded in parallel")),
    TIME(recoverable_error_interval, "5s", "0s..30min",
         "before what the target refused is tried again; doubles each time",
         DOCUMENTED(DMS_ERRORS_PAGE ", RecoverableErrorInterval")),
    TIME(recoverable_error_interval_max, "30min", "0s..1d", "up to that",
         DOCUMENTED(DMS_ERRORS_PAGE ", RecoverableErrorThrottlingMax: 1,800 s")),
    TIME_DIST(failure.mtbf, REQUIRED, "1min..", "up, until the instance fails",
              ASSUMED("AWS publishes no rate")),
    TIME_DIST(failure.failover, "120s", "0s..1h", "with multi_az: until the standby resumes",
              ESTIMATED("facts, multi_az_failover_time: as of RDS; the guide has no figure")),
    TIME_DIST(failure.replacement, "15min", "0s..1d", "without: until a new instance resumes",
              ESTIMATED("facts have none; an instance is created in 5 to 15 min")),
};
#undef PARAMS

static const struct param_only dms_only[] = {
    {"instance_class", "replication", "instance"},
    {"multi_az", "replication", "instance"},
    {"allocated_storage", "replication", "instance"},
    {"serverless", "replication", "serverless"},
};

enum dms_metric {
    DMS_LATENCY_SOURCE,
    DMS_LATENCY_TARGET,
    DMS_LATENCY_SOURCE_MAX,
    DMS_LATENCY_TARGET_MAX,
    DMS_LAG,
    DMS_CHANGES,
    DMS_WAITING,
    DMS_IN_MEMORY,
    DMS_ON_DISK,
    DMS_AT_SOURCE,
    DMS_ROWS_SOURCE,
    DMS_ROWS_TARGET,
    DMS_BYTES_SOURCE,
    DMS_BYTES_TARGET,
    DMS_FILES,
    DMS_FAILED_FILES,
    DMS_FAILED_ROWS,
    DMS_REPLAYED,
    DMS_LOADED,
    DMS_LOAD_TIME,
    DMS_INSTANCE_HOURS,
    DMS_DCU_HOURS,
    DMS_METRICS
};
static const struct metric dms_metrics[] = {
    [DMS_LATENCY_SOURCE] = {"cdc_latency_source", QUANTITY_TIME, METRIC_VALUE,
                            "age of the oldest change that was not read yet, mean", true},
    [DMS_LATENCY_TARGET] = {"cdc_latency_target", QUANTITY_TIME, METRIC_VALUE,
                            "since the oldest change was read that is not in the target, mean",
                            true},
    [DMS_LATENCY_SOURCE_MAX] = {"cdc_latency_source_max", QUANTITY_TIME, METRIC_MAX,
                                "the highest cdc_latency_source"},
    [DMS_LATENCY_TARGET_MAX] = {"cdc_latency_target_max", QUANTITY_TIME, METRIC_MAX,
                                "the highest cdc_latency_target"},
    [DMS_LAG] = {"replication_lag", QUANTITY_TIME, METRIC_LATENCY,
                 "of each row: from its commit until its file is in the target"},
    [DMS_CHANGES] = {"committed_rows", QUANTITY_COUNT, METRIC_VALUE,
                     "rows that the source has changed in the window"},
    [DMS_WAITING] = {"cdc_incoming_changes", QUANTITY_COUNT, METRIC_VALUE,
                     "rows that were read and are not in the target, mean", true},
    [DMS_IN_MEMORY] = {"cdc_changes_memory_target", QUANTITY_COUNT, METRIC_VALUE,
                       "of these in memory, mean"},
    [DMS_ON_DISK] = {"cdc_changes_disk_target", QUANTITY_COUNT, METRIC_VALUE,
                     "of these on disk, mean", true},
    [DMS_AT_SOURCE] = {"unread_rows", QUANTITY_COUNT, METRIC_VALUE,
                       "committed rows that were not read yet, mean", true},
    [DMS_ROWS_SOURCE] = {"cdc_throughput_rows_source", QUANTITY_RATE, METRIC_VALUE, "rows read"},
    [DMS_ROWS_TARGET] = {"cdc_throughput_rows_target", QUANTITY_RATE, METRIC_VALUE,
                         "rows that came to be in the target"},
    [DMS_BYTES_SOURCE] = {"cdc_throughput_bandwidth_source", QUANTITY_THROUGHPUT, METRIC_VALUE,
                          "bytes read"},
    [DMS_BYTES_TARGET] = {"cdc_throughput_bandwidth_target", QUANTITY_THROUGHPUT, METRIC_VALUE,
                          "of files that came to be in the target"},
    [DMS_FILES] = {"files_written", QUANTITY_COUNT, METRIC_VALUE,
                   "that the target took in the window, of the full load too"},
    [DMS_FAILED_FILES] = {"files_refused", QUANTITY_COUNT, METRIC_VALUE,
                          "tries that failed; those files are tried again"},
    [DMS_FAILED_ROWS] = {"rows_failed", QUANTITY_COUNT, METRIC_VALUE,
                         "rows that could not be written: in the exceptions table"},
    [DMS_REPLAYED] = {"rows_replayed", QUANTITY_COUNT, METRIC_VALUE,
                      "rows read again from the checkpoint after a failure"},
    [DMS_LOADED] = {"full_load_progress", QUANTITY_RATIO, METRIC_VALUE,
                    "of the full load at the end of the window; no data without one"},
    [DMS_LOAD_TIME] = {"full_load_time", QUANTITY_TIME, METRIC_VALUE,
                       "of the full load; no data while it is not complete"},
    [DMS_INSTANCE_HOURS] = {"replication_instance_hours", QUANTITY_COUNT, METRIC_VALUE,
                            "in the window; twice as many with multi_az"},
    [DMS_DCU_HOURS] = {"dcu_hours", QUANTITY_COUNT, METRIC_VALUE,
                       "capacity units x hours in the window, serverless"},
};

enum dms_resource { DMS_OF_ROWS, DMS_OF_BYTES, DMS_OF_MEMORY };
static const char *const dms_resources[] = {
    [DMS_OF_ROWS] = "row changes of the task",
    [DMS_OF_BYTES] = "throughput of the task",
    [DMS_OF_MEMORY] = "memory for changes",
};

#endif
