/* databricks_tables: parameters and metrics of models/databricks.c, which alone includes it. */
#ifndef ARCHSIM_MODELS_DATABRICKS_TABLES_H
#define ARCHSIM_MODELS_DATABRICKS_TABLES_H

#include "models/model.h"

#define DATABRICKS_COMPUTE_PAGE "docs.databricks.com, compute/configure, How autoscaling behaves"
#define DATABRICKS_WAREHOUSE_PAGE \
    "docs.databricks.com, sql-warehouse/warehouse-behavior, sizing, scaling and queuing"
#define DATABRICKS_JOBS_PAGE "docs.databricks.com, jobs/advanced, maximum concurrent runs"
#define DATABRICKS_START "facts, databricks start: 3 to 7 min, under 1 min from a pool"

enum databricks_compute { DATABRICKS_ALL_PURPOSE, DATABRICKS_JOBS, DATABRICKS_SQL };
enum databricks_at_start { DATABRICKS_STOPPED, DATABRICKS_RUNNING };

/* Workers: DATABRICKS_WAREHOUSE_PAGE; DBU an hour of a cluster: recalled from its price page. */
struct databricks_size {
    int workers;
    double dbu_per_hour;
};
#define DATABRICKS_SIZES "2x_small x_small small medium large x_large 2x_large 3x_large 4x_large"
static const struct databricks_size databricks_sizes[] = {
    {1, 4}, {2, 6}, {4, 12}, {8, 24}, {16, 40}, {32, 80}, {64, 144}, {128, 272}, {256, 528},
};

struct databricks_params {
    int compute, size, at_start;
    bool serverless, pool;
    int64_t min_workers_count, max_workers_count;
    int64_t min_clusters_count, max_clusters_count, max_concurrent_runs_count;
    int64_t queries_per_cluster_count, queue_count;
    double worker_throughput_bytes_per_s;
    int64_t read_size_bytes;
    const struct distribution *cluster_start_ns_dist, *serverless_start_ns_dist,
        *pool_start_ns_dist, *worker_start_ns_dist;
    struct {
        int64_t up_after_ns, down_after_ns;
        double below_ratio;
    } autoscale;
    int64_t scale_down_after_ns, queued_at_most_ns, auto_stop_ns;
    double node_dbu;
    struct {
        double share_ratio, interruptions_per_s;
        int64_t lost_ns;
    } spot;
};

#define PARAMS struct databricks_params
static const struct param databricks_params[] = {
    CHOICE(compute, "all_purpose", "all_purpose jobs sql_warehouse",
           "a cluster that users share, a cluster for each run of a job, or a SQL warehouse",
           DOCUMENTED("docs.databricks.com, compute")),
    FLAG(serverless, "false", "machines of Databricks, which start in seconds",
         DOCUMENTED("docs.databricks.com, compute/serverless")),
    COUNT(min_workers, "2", "1..10k", "of a cluster; the driver is one more machine",
          RECALLED("the form of a new cluster: 2 to 8")),
    COUNT(max_workers, "8", "1..10k", "up to so many while work waits; as many: no autoscaling",
          RECALLED("the form of a new cluster: 2 to 8")),
    CHOICE(size, "x_small", DATABRICKS_SIZES, "workers of each cluster of a warehouse, 1 to 256",
           DOCUMENTED(DATABRICKS_WAREHOUSE_PAGE)),
    COUNT(min_clusters, "1", "1..40", "of a warehouse while it runs",
          DOCUMENTED(DATABRICKS_WAREHOUSE_PAGE)),
    COUNT(max_clusters, "1", "1..40", "of a warehouse under load",
          DOCUMENTED(DATABRICKS_WAREHOUSE_PAGE)),
    COUNT(queries_per_cluster, "10", "1..1000", "of a warehouse's cluster at a time; others wait",
          DOCUMENTED(DATABRICKS_WAREHOUSE_PAGE ": one cluster for 10 concurrent queries")),
    COUNT(queue, "1000", "0..1M", "that wait; one that comes beyond it ends as `rejected`",
          DOCUMENTED(DATABRICKS_WAREHOUSE_PAGE ": at most 1,000; taken for all compute")),
    COUNT(max_concurrent_runs, "1", "1..1000", "of a job; further ones wait",
          DOCUMENTED(DATABRICKS_JOBS_PAGE)),
    THROUGHPUT(worker_throughput, "100 MB/s", "1kB/s..10GB/s",
               "of a worker: a call with a `size` takes size / this of a worker, beside its work",
               ASSUMED("by query and format; measure yours")),
    SIZE(read_size, "64 MiB", "1KiB..5GiB", "of a GET of the data, counted as storage_reads",
         ESTIMATED("row groups of Parquet are of that order; only a count")),
    TIME_DIST(cluster_start, "5min", "0s..1h", "until a cluster's first worker works",
              RECALLED(DATABRICKS_START)),
    TIME_DIST(serverless_start, "10s", "0s..10min", "the same, serverless",
              RECALLED("facts, databricks serverless_start: 2 to 60 s")),
    FLAG(pool, "false", "machines come from a warm instance pool", RECALLED(DATABRICKS_START)),
    TIME_DIST(pool_start, "45s", "0s..10min", "until a cluster of them works, or a worker",
              RECALLED(DATABRICKS_START)),
    TIME_DIST(worker_start, "2min", "0s..1h", "until a further worker works",
              ESTIMATED("facts, databricks autoscale: EC2 start time; less than a cluster's")),
    TIME(autoscale.up_after, "30s", "10s..1h", "of tasks that wait, before a step up",
         ESTIMATED("sustained backlog is the trigger; how long is not said")),
    TIME(autoscale.down_after, NONE, "10s..10min",
         "underused for so long: fewer workers; 40 s (jobs) or 150 s (all_purpose) unless given",
         DOCUMENTED(DATABRICKS_COMPUTE_PAGE)),
    RATIO(autoscale.below, "50%", "1%..99%", "use of the workers that is underuse",
          ESTIMATED("not said")),
    TIME(scale_down_after, "15min", "1min..1h",
         "a warehouse keeps the clusters that the highest load of so long needs",
         RECALLED(DATABRICKS_WAREHOUSE_PAGE ": if load is low for 15 minutes")),
    TIME(queued_at_most, "5min", "10s..1h",
         "a query that waited so long brings a cluster in any case",
         RECALLED(DATABRICKS_WAREHOUSE_PAGE ": always if a query waits for 5 minutes")),
    TIME(auto_stop, NONE, "0s..7d",
         "stopped after so long idle, else 120 min, a warehouse 45, serverless 10; 0s: never",
         RECALLED("docs.databricks.com, compute/configure and sql-warehouse/create: defaults")),
    CHOICE(at_start, "stopped", "stopped running", "at the start of the run",
           DEFINED("archsim language 1")),
    NUMBER(node_dbu, "0.69 DBU", "0.01 DBU..500 DBU", "DBU", "of a worker or a driver an hour",
           RECALLED("facts, dbu_per_hour_m5_xlarge: 0.69; sizes of warehouses have their own")),
    RATIO(spot.share, REQUIRED, "0..1", "of the workers that are Spot instances",
          ASSUMED("the cluster's settings")),
    RATE(spot.interruptions, "0.05/day", "0/s..1/s", "of each of them",
         ESTIMATED("as of a Spot task: facts, spot_interruptions_per_task_day")),
    TIME(spot.lost, "30s", "0s..1h", "of its work is lost and done again",
         ESTIMATED("a task's time; more where shuffle files are lost")),
};
#undef PARAMS

static const struct param_only databricks_only[] = {
    {"size", "compute", "sql_warehouse"},
    {"min_clusters", "compute", "sql_warehouse"},
    {"max_clusters", "compute", "sql_warehouse"},
    {"queries_per_cluster", "compute", "sql_warehouse"},
    {"scale_down_after", "compute", "sql_warehouse"},
    {"queued_at_most", "compute", "sql_warehouse"},
    {"max_concurrent_runs", "compute", "jobs"},
};

enum databricks_operation {
    DATABRICKS_COMMAND,
    DATABRICKS_RUN,
    DATABRICKS_QUERY,
    DATABRICKS_OPERATIONS
};
static const struct operation_info databricks_operations[] = {
    [DATABRICKS_COMMAND] = {"command", "of a notebook, on the cluster that all share"},
    [DATABRICKS_RUN] = {"run", "of a job, on a cluster of its own"},
    [DATABRICKS_QUERY] = {"query", "of a SQL warehouse"},
};

enum databricks_metric {
    DATABRICKS_DBUS,
    DATABRICKS_WORKER_HOURS,
    DATABRICKS_NODE_HOURS,
    DATABRICKS_WORKERS,
    DATABRICKS_WORKERS_MAX,
    DATABRICKS_CLUSTERS,
    DATABRICKS_CLUSTERS_MAX,
    DATABRICKS_STARTS,
    DATABRICKS_START_TIME,
    DATABRICKS_QUEUED,
    DATABRICKS_QUEUED_MAX,
    DATABRICKS_LOST,
    DATABRICKS_READ_BYTES,
    DATABRICKS_READS,
    DATABRICKS_METRICS
};
static const struct metric databricks_metrics[] = {
    [DATABRICKS_DBUS] = {"dbus", QUANTITY_COUNT, METRIC_VALUE,
                         "Databricks units in the window, of running clusters (usage_quantity)"},
    [DATABRICKS_WORKER_HOURS] = {"worker_hours", QUANTITY_COUNT, METRIC_VALUE,
                                 "of workers that work, in the window"},
    [DATABRICKS_NODE_HOURS] = {"node_hours", QUANTITY_COUNT, METRIC_VALUE,
                               "of machines with drivers, from launch on; serverless: in the DBUs"},
    [DATABRICKS_WORKERS] = {"workers", QUANTITY_COUNT, METRIC_VALUE, "mean over time", true},
    [DATABRICKS_WORKERS_MAX] = {"workers_max", QUANTITY_COUNT, METRIC_MAX, "most at a time"},
    [DATABRICKS_CLUSTERS] = {"clusters", QUANTITY_COUNT, METRIC_VALUE, "running, mean over time",
                             true},
    [DATABRICKS_CLUSTERS_MAX] = {"clusters_max", QUANTITY_COUNT, METRIC_MAX, "most at a time"},
    [DATABRICKS_STARTS] = {"cluster_starts", QUANTITY_COUNT, METRIC_VALUE, "in the window"},
    [DATABRICKS_START_TIME] = {"cluster_start_time", QUANTITY_TIME, METRIC_LATENCY,
                               "of those starts"},
    [DATABRICKS_QUEUED] = {"queued", QUANTITY_COUNT, METRIC_VALUE,
                           "calls that wait for a cluster, mean", true},
    [DATABRICKS_QUEUED_MAX] = {"peak_queued", QUANTITY_COUNT, METRIC_MAX, "most at a time"},
    [DATABRICKS_LOST] = {"workers_interrupted", QUANTITY_COUNT, METRIC_VALUE,
                         "Spot workers lost in the window"},
    [DATABRICKS_READ_BYTES] = {"bytes_processed", QUANTITY_SIZE, METRIC_VALUE,
                               "sizes of the calls that began in the window"},
    [DATABRICKS_READS] = {"storage_reads", QUANTITY_COUNT, METRIC_VALUE,
                          "GETs that these bytes are: a bill's; the bucket sees only `calls`"},
};

enum databricks_resource { DATABRICKS_OF_WORKERS, DATABRICKS_OF_PLACES };
static const char *const databricks_resources[] = {
    [DATABRICKS_OF_WORKERS] = "workers at their most",
    [DATABRICKS_OF_PLACES] = "calls at a time",
};

#endif
