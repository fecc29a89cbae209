/* athena_tables: parameters, quotas and metrics of models/athena.c, which alone includes it. */
#ifndef ARCHSIM_MODELS_ATHENA_TABLES_H
#define ARCHSIM_MODELS_ATHENA_TABLES_H

#include "models/model.h"

#define QUOTAS_PAGE "Athena User Guide, Service Quotas; AWS General Reference, Athena quotas"
#define CALLS_PAGE "Athena User Guide, Service Quotas, per account API call quotas"
#define CAPACITY_PAGE "Athena User Guide, Determine capacity requirements"
#define REUSE_PAGE "Athena User Guide, Reuse query results"
#define ATHENA_TIMES_PAGE "Athena User Guide, List of CloudWatch metrics for Athena"

enum athena_operation { ATHENA_QUERY, ATHENA_DDL, ATHENA_OPERATIONS };
enum { ATHENA_DPUS_STEP = 4, ATHENA_DDL_DPUS = 4 }; /* see CAPACITY_PAGE */

struct athena_params {
    const struct distribution *scanned_bytes_dist;
    const struct distribution *startup_ns_dist;
    double scan_rate_bytes_per_s;
    int64_t partitions_count;
    struct call_target catalog_target, source_target, results_target;
    const struct distribution *result_size_bytes_dist;
    int64_t running_count;
    int64_t capacity_count, query_dpus_count;
    struct {
        int64_t max_age_ns;
        struct popularity queries_popularity;
        const struct distribution *time_ns_dist;
    } reuse;
    int64_t scan_limit_bytes, query_timeout_ns, ddl_timeout_ns;
    struct {
        int64_t count_count;
        const struct distribution *wait_ns_dist;
    } attempts;
};

#define PARAMS struct athena_params
static const struct param athena_params[] = {
    SIZE_DIST(scanned, "1 GiB", "0B..",
              "that a query reads, after partitions and columns are left out; or its call's `size`",
              ASSUMED("the user's data and queries")),
    TIME_DIST(startup, "uniform(1s 3s)", "0s..",
              "from its turn to its first scan, planning included; all of the work of a ddl",
              ESTIMATED("facts, athena latency: startup and planning 1 to 3 s")),
    THROUGHPUT(scan_rate, "1 GB/s", "1MB/s..100GB/s", "at which a query reads",
               ESTIMATED("facts, athena latency: 0.5 to 2 GB/s or more a query")),
    COUNT(partitions, "1000", "1..10M", "that a query asks the catalog for, 1,000 a call",
          ESTIMATED("a page; the user's tables")),
    SERVICE_OPERATION(catalog, NONE, "get_partitions",
                      "asked for the partitions of the table before the scan (a glue)",
                      DOCUMENTED("Athena User Guide, Use AWS Glue Data Catalog")),
    SERVICE_OPERATION(source, NONE, "read_bulk", "what the scan reads (a bucket), all its objects",
                      DOCUMENTED("Athena pricing: S3 requests are paid for on top")),
    SERVICE_OPERATION(results, NONE, "put", "where the result goes (a bucket)",
                      DOCUMENTED("Athena User Guide, Specify a query result location")),
    SIZE_DIST(result_size, "1 MiB", "0B..", "of a result",
              ESTIMATED("aggregates are small; the user's queries")),
    COUNT(running, "inf", "1..inf",
          "queries that run at a time on demand, the others wait; AWS gives no number",
          ASSUMED_UNLESS("capacity", QUOTAS_PAGE ": by load; nothing is promised")),
    COUNT(capacity, NONE, "4..1000", "DPUs of a reservation for this workgroup; else on demand",
          DOCUMENTED("Athena User Guide, Create capacity reservations: in increments of 4")),
    COUNT(query_dpus, "4", "4..124", "DPUs that a query takes of the reservation; a ddl takes 4",
          DOCUMENTED(CAPACITY_PAGE ": DML 4 to 124, the lowest that is efficient; DDL 4")),
    TIME(reuse.max_age, REQUIRED, "1min..7d",
         "a result that is so old is taken again; 60min is usual",
         DOCUMENTED(REUSE_PAGE ": 60 minutes unless given, at most 7 days")),
    POPULARITY(reuse.queries, REQUIRED, "the different queries, and how often each is asked",
               DOCUMENTED(REUSE_PAGE ": the query strings match")),
    TIME_DIST(reuse.time, "uniform(500ms 1s)", "0s..", "until a result that is there is pointed to",
              ESTIMATED("no engine runs; requests and look-ups remain")),
    SIZE(scan_limit, NONE, "10MB..",
         "a query that has scanned so much is cancelled, and ends as `failed`",
         DOCUMENTED("Athena User Guide, Data usage controls: per query, 10 MB at least")),
    TIME(query_timeout, "30min", "1min..240min", "a query that has run so long is cancelled",
         DOCUMENTED(QUOTAS_PAGE ": DML query timeout 30 min, up to 240 on request")),
    TIME(ddl_timeout, "600min", "1min..600min", "the same of a ddl",
         DOCUMENTED(QUOTAS_PAGE ": DDL query timeout 600 min")),
    COUNT(attempts.count, "5", "1..100",
          "calls of the catalog and of buckets in all, after throttling; then the query fails",
          ESTIMATED("the AWS SDKs' 3 to 10; Athena's own is not documented")),
    TIME_DIST(attempts.wait, "uniform(100ms 1s)", "0s..", "before the next of them",
              ESTIMATED("backoff with jitter; Athena's own is not documented")),
};

/* Of the account in the region. */
struct athena_quotas {
    struct {
        int64_t us_east_1_count, sa_east_1_count;
    } active_dml;
    int64_t active_ddl_count;
    double starts_per_s;
    int64_t starts_burst_count;
};

#undef PARAMS
#define PARAMS struct athena_quotas
static const struct param athena_quotas[] = {
    COUNT(active_dml.us_east_1, "200", "1..100k",
          "queries that run or wait, of all workgroups on demand, in us-east-1",
          DOCUMENTED(QUOTAS_PAGE)),
    COUNT(active_dml.sa_east_1, "20", "1..100k", "the same in sa-east-1",
          DOCUMENTED(QUOTAS_PAGE ": every region without a number of its own")),
    COUNT(active_ddl, "20", "1..100k", "the same of ddl, in either region",
          DOCUMENTED(QUOTAS_PAGE)),
    RATE(starts, "20/s", "1/s..10k/s", "StartQueryExecution requests",
         DOCUMENTED(CALLS_PAGE ": 20 a second")),
    COUNT(starts_burst, "80", "1..100k", "of them at once",
          DOCUMENTED(CALLS_PAGE ": burst up to 80 after 4 s without calls")),
};

static const struct operation_info athena_operations[] = {
    [ATHENA_QUERY] = {"query", "StartQueryExecution of a SELECT, CTAS or INSERT, until it is over"},
    [ATHENA_DDL] = {"ddl", "StartQueryExecution of DDL, until it is over; scans nothing, is free"},
};

enum athena_metric {
    ATHENA_TOTAL,
    ATHENA_ENGINE,
    ATHENA_QUEUE,
    ATHENA_PLANNING,
    ATHENA_SUCCEEDED,
    ATHENA_FAILED,
    ATHENA_CANCELLED,
    ATHENA_REUSED,
    ATHENA_TOO_MANY,
    ATHENA_THROTTLED,
    ATHENA_PROCESSED,
    ATHENA_BILLED,
    ATHENA_CONSUMED,
    ATHENA_PROVISIONED,
    ATHENA_METRICS,
};
static const struct metric athena_metrics[] = {
    [ATHENA_TOTAL] = {"total_execution_time", QUANTITY_TIME, METRIC_LATENCY,
                      "of queries that succeeded, from their start request"},
    [ATHENA_ENGINE] = {"engine_execution_time", QUANTITY_TIME, METRIC_LATENCY,
                       "of those, from their turn"},
    [ATHENA_QUEUE] = {"query_queue_time", QUANTITY_TIME, METRIC_LATENCY,
                      "until its turn, of all that had one"},
    [ATHENA_PLANNING] = {"query_planning_time", QUANTITY_TIME, METRIC_LATENCY,
                         "from its turn to its scan, the catalog included"},
    [ATHENA_SUCCEEDED] = {"queries_succeeded", QUANTITY_COUNT, METRIC_VALUE, "ended well"},
    [ATHENA_FAILED] = {"queries_failed", QUANTITY_COUNT, METRIC_VALUE,
                       "ended badly after they were accepted; not billed"},
    [ATHENA_CANCELLED] = {"queries_cancelled", QUANTITY_COUNT, METRIC_VALUE,
                          "by a timeout, a limit or their caller; billed for what they scanned"},
    [ATHENA_REUSED] = {"queries_reused", QUANTITY_COUNT, METRIC_VALUE,
                       "of the succeeded: answered with an earlier result"},
    [ATHENA_TOO_MANY] = {"too_many_requests", QUANTITY_COUNT, METRIC_VALUE,
                         "TooManyRequestsException: over the quota of active queries"},
    [ATHENA_THROTTLED] = {"throttled_starts", QUANTITY_COUNT, METRIC_VALUE,
                          "ThrottlingException: too many start requests"},
    [ATHENA_PROCESSED] = {"processed_bytes", QUANTITY_SIZE, METRIC_VALUE, "scanned"},
    [ATHENA_BILLED] = {"billed_bytes", QUANTITY_SIZE, METRIC_VALUE,
                       "on demand: rounded up to 1 MB, at least 10 MB a query"},
    [ATHENA_CONSUMED] = {"dpu_consumed_hours", QUANTITY_COUNT, METRIC_VALUE,
                         "DPU-hours of a reservation that queries had"},
    [ATHENA_PROVISIONED] = {"dpu_provisioned_hours", QUANTITY_COUNT, METRIC_VALUE,
                            "DPU-hours of the reservation, used or not"},
};

enum athena_resource { ATHENA_OF_ACTIVE, ATHENA_OF_STARTS, ATHENA_OF_RUNNING, ATHENA_OF_DPUS };
static const char *const athena_resources[] = {
    [ATHENA_OF_ACTIVE] = "active queries",
    [ATHENA_OF_STARTS] = "start requests",
    [ATHENA_OF_RUNNING] = "running queries",
    [ATHENA_OF_DPUS] = "reserved DPUs",
};

#endif
