/* dynamodb_tables: what dynamodb.c knows as tables: parameters and quotas, metrics, what an
 * operation costs and what a record of the stream holds of it; and what the parameters say
 * together. */
#ifndef ARCHSIM_MODELS_DYNAMODB_TABLES_H
#define ARCHSIM_MODELS_DYNAMODB_TABLES_H

#include <math.h>

#include "models/model.h"
#include "sim/blocks/partitions.h"

enum dynamodb_mode { DYNAMODB_ON_DEMAND, DYNAMODB_PROVISIONED };
enum dynamodb_kind { DYNAMODB_READS, DYNAMODB_WRITES, DYNAMODB_KINDS = PARTITIONS_KINDS };
/* Tokens of one started 4 KB (1 KB of a write): half a unit, one, two. */
enum { EVENTUAL = 1, UNIT = 2, TRANSACTIONAL = 4 };
enum { ITEMS_MAX = 100 };
enum dynamodb_view {
    DYNAMODB_NO_STREAM,
    DYNAMODB_KEYS_ONLY,
    DYNAMODB_NEW_IMAGE,
    DYNAMODB_OLD_IMAGE,
    DYNAMODB_BOTH_IMAGES,
};
enum { STREAM_CONSUMERS_MAX = 2 };
enum dynamodb_metric {
    CONSUMED_READS,
    CONSUMED_WRITES,
    READ_THROTTLES,
    WRITE_THROTTLES,
    THROTTLED_REQUESTS,
    REQUEST_LATENCY,
    HOTTEST_PARTITION,
    PARTITION_COUNT,
    STREAM_RECORDS,
    RETURNED_RECORDS,
    RETURNED_BYTES,
    EXPIRED_RECORDS,
};
enum dynamodb_resource { READ_CAPACITY, WRITE_CAPACITY, HOT_CAPACITY };

struct dynamodb_quotas {
    double table_reads_per_s, table_writes_per_s;
};

#define PARAMS struct dynamodb_quotas
#define QUOTAS_GUIDE "DynamoDB Developer Guide, Quotas, Throughput default quotas"
static const struct param dynamodb_quotas[] = {
    RATE(table_reads, "40k/s", "1/s..100M/s", "read units of one table, in either mode",
         DOCUMENTED(QUOTAS_GUIDE)),
    RATE(table_writes, "40k/s", "1/s..100M/s", "write units of one table, in either mode",
         DOCUMENTED(QUOTAS_GUIDE)),
};
#undef PARAMS

struct dynamodb_params {
    int mode;
    struct {
        double reads_per_s, writes_per_s;
    } provisioned, new_table, warm_throughput, previous_peak;
    int64_t growth_time_ns, datapoint_ns, burst_time_ns, limit_period_ns;
    int64_t item_size_bytes, query_size_bytes, read_unit_bytes, write_unit_bytes;
    int64_t item_max_bytes, page_max_bytes, transaction_max_bytes;
    int64_t transaction_items_count;
    int64_t table_size_bytes;
    struct popularity keys_popularity;
    struct {
        double reads_per_s, writes_per_s;
        int64_t size_bytes;
    } partition;
    int64_t partitions_count;
    struct {
        int64_t after_ns;
        double above_ratio, single_key_ratio;
    } split;
    const struct distribution *get_latency_ns_dist, *get_consistent_latency_ns_dist;
    const struct distribution *put_latency_ns_dist, *update_latency_ns_dist;
    const struct distribution *delete_latency_ns_dist, *query_latency_ns_dist;
    int64_t query_latency_per_kib_ns;
    const struct distribution *transact_get_latency_ns_dist, *transact_write_latency_ns_dist;
    struct {
        int view;
        int64_t key_bytes;
        int64_t retention_ns, poll_ns;
        const struct distribution *polled_ns_dist;
        double polls_per_s;
        int64_t poll_records_count, poll_size_bytes;
    } stream;
};

#define PARAMS struct dynamodb_params
#define ON_DEMAND_GUIDE "DynamoDB Developer Guide, On-demand capacity mode"
#define WARM_GUIDE "DynamoDB Developer Guide, Understanding warm throughput"
#define UNITS_GUIDE "DynamoDB Developer Guide, Read and write operations"
#define PARTITION_GUIDE "DynamoDB Developer Guide, Burst and adaptive capacity"
#define LIMITS_GUIDE "DynamoDB Developer Guide, Service, account, and table quotas"
#define THROTTLED_GUIDE "AWS re:Post, Why is my on-demand DynamoDB table being throttled?"
#define HEAT_BLOG "AWS Database Blog, Scaling DynamoDB: partitions, hot keys, and split for heat"
#define STREAM_GUIDE "DynamoDB Developer Guide, Change data capture for DynamoDB Streams"
#define STREAM_READS_API "DynamoDB Streams API Reference, GetRecords: 1,000 records or 1 MB"
#define DEBRIE "A. DeBrie, dynamodb-performance-testing (Feb 2020, Lambda client in the region)"
static const struct param dynamodb_params[] = {
    CHOICE(mode, "on_demand", "on_demand provisioned",
           "the table's limits grow with its traffic, or are what was provisioned",
           DOCUMENTED("DynamoDB Developer Guide, Throughput capacity: on demand is the default")),
    RATE(provisioned.reads, REQUIRED, "1/s..100M/s",
         "read units, in mode provisioned; not above the quota",
         DOCUMENTED("DynamoDB Developer Guide, Provisioned capacity mode")),
    RATE(provisioned.writes, REQUIRED, "1/s..100M/s",
         "write units, in mode provisioned; not above the quota",
         DOCUMENTED("DynamoDB Developer Guide, Provisioned capacity mode")),
    RATE(new_table.reads, "12k/s", "1/s..100M/s",
         "read units that a new on-demand table serves at once", DOCUMENTED(ON_DEMAND_GUIDE)),
    RATE(new_table.writes, "4k/s", "1/s..100M/s",
         "write units that a new on-demand table serves at once", DOCUMENTED(ON_DEMAND_GUIDE)),
    RATE(warm_throughput.reads, NONE, "1/s..100M/s",
         "read units that it was warmed for: on demand served at once; partitions to match",
         DOCUMENTED(WARM_GUIDE)),
    RATE(warm_throughput.writes, NONE, "1/s..100M/s",
         "write units that it was warmed for: on demand served at once; partitions to match",
         DOCUMENTED(WARM_GUIDE)),
    RATE(previous_peak.reads, NONE, "0/s..100M/s",
         "most read units before the run: on demand serves twice that",
         DOCUMENTED(ON_DEMAND_GUIDE "; switched to it: half of what was provisioned (re:Post)")),
    RATE(previous_peak.writes, NONE, "0/s..100M/s",
         "most write units before the run: on demand serves twice that",
         DOCUMENTED(ON_DEMAND_GUIDE "; switched to it: half of what was provisioned (re:Post)")),
    TIME(growth_time, "30min", "1min..1d",
         "a new peak is the previous one, and on demand serves twice as much, after so long",
         DOCUMENTED(THROTTLED_GUIDE ": more than twice the peak within 30 minutes may throttle")),
    TIME(datapoint, "1min", "1s..5min",
         "traffic is judged by its mean over so long: peaks and hot partitions",
         ESTIMATED("CloudWatch's datapoints are of one minute")),
    TIME(burst_time, "300s", "0s..300s", "unused capacity of so long is kept, in mode provisioned",
         DOCUMENTED(PARTITION_GUIDE)),
    TIME(limit_period, "1s", "1s..1min",
         "what comes in so long may be used at once, under limits without burst capacity",
         ESTIMATED("all limits are stated per second")),
    SIZE(item_size, "1 KiB", "1B..400KiB", "of an item, where the call carries no size",
         ASSUMED("set it, or `size` on the calls")),
    SIZE(query_size, NONE, "1B..1MiB",
         "what a query reads, where the call carries no size; else one item of item_size",
         ASSUMED("set it, or `size` on the calls")),
    SIZE(read_unit, "4 KiB", "1B..", "a read costs by each of these that it begins",
         DOCUMENTED(UNITS_GUIDE)),
    SIZE(write_unit, "1 KiB", "1B..", "a write costs by each of these that it begins",
         DOCUMENTED(UNITS_GUIDE)),
    SIZE(item_max, "400 KiB", "1B..", "a call with a larger item ends as `rejected`",
         DOCUMENTED(LIMITS_GUIDE)),
    SIZE(page_max, "1 MiB", "1B..", "a query reads no more than so much", DOCUMENTED(LIMITS_GUIDE)),
    SIZE(transaction_max, "4 MiB", "1B..", "a transaction of more in all ends as `rejected`",
         DOCUMENTED("DynamoDB API Reference, TransactWriteItems and TransactGetItems")),
    COUNT(transaction_items, "5", "1..100", "items of a transaction, each of the call's size",
          ESTIMATED("as many as the latencies are of; at most 100 (" LIMITS_GUIDE ")")),
    SIZE(table_size, NONE, "0B..1000TiB",
         "of all its items: partitions by size; it does not grow in the run",
         ASSUMED("a table that is small for its limits")),
    POPULARITY(keys, NONE,
               "which partition keys are asked for; else access is even over the partitions",
               ASSUMED("even access is what the documented limits suppose")),
    RATE(partition.reads, "3000/s", "1/s..1M/s", "read units that one partition serves at most",
         DOCUMENTED(PARTITION_GUIDE)),
    RATE(partition.writes, "1000/s", "1/s..1M/s", "write units that one partition serves at most",
         DOCUMENTED(PARTITION_GUIDE)),
    SIZE(partition.size, "10 GiB", "1MiB..", "a partition holds so much",
         DOCUMENTED(HEAT_BLOG ", part 3")),
    COUNT(partitions, NONE, "1..1M",
          "at first, if it has more of them than its size and its limits need",
          ESTIMATED("they are split when size or throughput need it and never merged (" HEAT_BLOG
                    ", part 3)")),
    TIME(split.after, "10min", "1s..", "a partition that was hot for so long is split in two",
         ESTIMATED(HEAT_BLOG ", part 2: a test shows none in the first 10 minutes")),
    RATIO(split.above, "80%", "1%..1",
          "it is hot in a datapoint in which it used so much of a limit",
          ESTIMATED(HEAT_BLOG ", part 3: near its throughput capacity limit")),
    RATIO(split.single_key, "50%", "1%..1",
          "it is not split when one key makes so much of its load",
          ESTIMATED("a single hot item is not split (Elhemali et al., USENIX ATC 2022)")),
    TIME_DIST(get_latency, "lognormal(p50=4ms p99=12ms)", "0s..",
              "of an eventually consistent read, at the client in the region",
              ESTIMATED("below the measured PutItem; single-digit ms documented")),
    TIME_DIST(get_consistent_latency, NONE, "0s..",
              "of a strongly consistent read; else as get_latency",
              ESTIMATED("no percentile published")),
    TIME_DIST(put_latency, "lognormal(p50=7.5ms p99=16ms)", "0s..",
              "of a put, at the client in the region", MEASURED(DEBRIE)),
    TIME_DIST(update_latency, NONE, "0s..", "of an update; else as put_latency",
              ESTIMATED("no percentile published")),
    TIME_DIST(delete_latency, NONE, "0s..", "of a delete; else as put_latency",
              ESTIMATED("no percentile published")),
    TIME_DIST(query_latency, NONE, "0s..", "of a query that finds nothing; else as get_latency",
              ESTIMATED("no percentile published")),
    TIME(query_latency_per_kib, "0.3ms", "0s..", "of a query, for each KiB that it reads",
         ESTIMATED("no figure published")),
    TIME_DIST(transact_get_latency, "lognormal(p50=13ms p99=70ms)", "0s..",
              "of a transaction that reads 5 items",
              ESTIMATED("get times what was measured of writes: 3.3 at p50, 5.8 at p99")),
    TIME_DIST(transact_write_latency, "lognormal(p50=25ms p99=93ms)", "0s..",
              "of a transaction that writes 5 items, at the client in the region",
              MEASURED(DEBRIE)),
    CHOICE(stream.view, "none", "none keys_only new_image old_image new_and_old_images",
           "the table has a stream, and what is in its records: a `trigger` may be fed by it",
           DOCUMENTED("DynamoDB API Reference, StreamSpecification")),
    SIZE(stream.key, "64 B", "1B..3KiB", "of the key attributes, which every record has",
         ESTIMATED("a UUID and a time with their names; at most 3 KB (" LIMITS_GUIDE ")")),
    TIME(stream.retention, "24h", "1min..24h", "older records are gone, read or not",
         DOCUMENTED(STREAM_GUIDE ": 24 hours, always")),
    TIME(stream.poll, "250ms", "1ms..1min",
         "a consumer polls each shard so often, and on while it gets all",
         DOCUMENTED("Lambda Developer Guide, Using AWS Lambda with DynamoDB: at a base rate of 4 "
                    "times per second")),
    /* The poll adds 0 to 250 ms, evenly: together p50 214, p90 346 and p99 551 ms. */
    TIME_DIST(
        stream.polled, "lognormal(p50=73ms p99=400ms)", "0s..",
        "from a poll to the consumer's having the records",
        MEASURED("L. van Donkersgoed, Serverless Messaging: Latency Compared, 2022: write to "
                 "start of a function p50 213, p90 341, p99 552 ms; 0 to 250 ms is the poll")),
    RATE(stream.polls, "8/s", "1/s..1k/s", "polls of a shard by all who read it",
         ESTIMATED("two readers, which are allowed, at Lambda's base rate; no figure published")),
    COUNT(stream.poll_records, "1k", "1..1k", "the most that a poll gives",
          DOCUMENTED(STREAM_READS_API)),
    SIZE(stream.poll_size, "1 MB", "1B..1MB", "the most that a poll gives",
         DOCUMENTED(STREAM_READS_API)),
};

static const struct metric dynamodb_metrics[] = {
    [CONSUMED_READS] = {"consumed_read_capacity_units", QUANTITY_RATE, METRIC_VALUE,
                        "read units that were used, a second"},
    [CONSUMED_WRITES] = {"consumed_write_capacity_units", QUANTITY_RATE, METRIC_VALUE,
                         "write units that were used, a second"},
    [READ_THROTTLES] = {"read_throttle_events", QUANTITY_COUNT, METRIC_VALUE,
                        "reads that were throttled"},
    [WRITE_THROTTLES] = {"write_throttle_events", QUANTITY_COUNT, METRIC_VALUE,
                         "writes that were throttled"},
    [THROTTLED_REQUESTS] = {"throttled_requests", QUANTITY_COUNT, METRIC_VALUE,
                            "calls that were throttled"},
    [REQUEST_LATENCY] = {"successful_request_latency", QUANTITY_TIME, METRIC_LATENCY,
                         "of the calls that were served, all operations together"},
    [HOTTEST_PARTITION] = {"hottest_partition_utilization", QUANTITY_RATIO, METRIC_VALUE,
                           "what the hottest partition of each datapoint used of its limit"},
    [PARTITION_COUNT] = {"partitions", QUANTITY_COUNT, METRIC_VALUE,
                         "partitions at the end of the run"},
    [STREAM_RECORDS] = {"stream_records", QUANTITY_COUNT, METRIC_VALUE,
                        "records that writes added to the stream in the window"},
    [RETURNED_RECORDS] = {"returned_records_count", QUANTITY_COUNT, METRIC_VALUE,
                          "records read from the stream, by all consumers"},
    [RETURNED_BYTES] = {"returned_bytes", QUANTITY_SIZE, METRIC_VALUE, "bytes of them"},
    [EXPIRED_RECORDS] = {"expired_records", QUANTITY_COUNT, METRIC_VALUE,
                         "records that were too old before all consumers had read them"},
};

static const char *const dynamodb_resources[] = {
    [READ_CAPACITY] = "read capacity",
    [WRITE_CAPACITY] = "write capacity",
    [HOT_CAPACITY] = "hottest partition",
};

enum dynamodb_operation {
    GET,
    GET_CONSISTENT,
    PUT,
    UPDATE,
    DELETE,
    QUERY,
    TRANSACT_GET,
    TRANSACT_WRITE,
    OPERATIONS,
};

static const struct operation_info dynamodb_operations[] = {
    [GET] = {"get", "reads an item, eventually consistent: half a unit for each 4 KB"},
    [GET_CONSISTENT] = {"get_consistent", "reads an item, strongly consistent: a unit for 4 KB"},
    [PUT] = {"put", "writes an item: a unit for each KB"},
    [UPDATE] = {"update", "changes an item: a unit for each KB of the larger of old and new"},
    [DELETE] = {"delete", "removes an item: a unit for each KB of it"},
    [QUERY] = {"query", "reads items of one key, eventually consistent: half a unit for 4 KB"},
    [TRANSACT_GET] = {"transact_get", "reads several items at one instant: 2 units for each 4 KB"},
    [TRANSACT_WRITE] = {"transact_write", "writes several items or none: 2 units for each KB"},
};

static const struct {
    enum dynamodb_kind kind;
    int tokens; /* for each started 4 KB, or 1 KB of a write */
    bool transaction;
    bool replaces, leaves; /* an item: the old and the new image of a record of the stream */
} dynamodb_costs[OPERATIONS] = {
    [GET] = {.kind = DYNAMODB_READS, .tokens = EVENTUAL, .transaction = false},
    [GET_CONSISTENT] = {.kind = DYNAMODB_READS, .tokens = UNIT, .transaction = false},
    [PUT] = {DYNAMODB_WRITES, UNIT, false, false, true}, /* taken as new */
    [UPDATE] = {DYNAMODB_WRITES, UNIT, false, true, true},
    [DELETE] = {DYNAMODB_WRITES, UNIT, false, true, false},
    [QUERY] = {.kind = DYNAMODB_READS, .tokens = EVENTUAL, .transaction = false},
    [TRANSACT_GET] = {.kind = DYNAMODB_READS, .tokens = TRANSACTIONAL, .transaction = true},
    [TRANSACT_WRITE] = {DYNAMODB_WRITES, TRANSACTIONAL, true, true, true}, /* of updates */
};
#undef PARAMS

/* What a throttled call is told, by kind. */
static const char *const dynamodb_table_names[] = {"table reads", "table writes"};
static const char *const dynamodb_quota_names[] = {"table read quota", "table write quota"};
static const char *const dynamodb_partition_names[] = {"partition reads", "partition writes"};

static const char *const dynamodb_ahead[] = {"warm_throughput.reads", "warm_throughput.writes",
                                             "provisioned.reads", "provisioned.writes"};

static inline const char *dynamodb_check(const void *params)
{
    const struct dynamodb_params *p = params;
    const bool given = !isnan(p->provisioned.reads_per_s);
    if (p->mode == DYNAMODB_PROVISIONED && !given) {
        return "mode: provisioned needs `provisioned: {reads: 100/s, writes: 50/s}`";
    }
    if (p->mode == DYNAMODB_ON_DEMAND && given) {
        return "provisioned: without meaning unless mode is provisioned";
    }
    if (p->mode == DYNAMODB_PROVISIONED &&
        !(isnan(p->previous_peak.reads_per_s) && isnan(p->previous_peak.writes_per_s))) {
        return "previous_peak: without meaning in mode provisioned";
    }
    if (p->growth_time_ns < p->datapoint_ns) {
        return "growth_time: less than a datapoint";
    }
    return NULL;
}

#endif
