/* dynamodb_tables: what dynamodb.c knows as tables: parameters and quotas, metrics, what an
 * operation costs and what a record of the stream holds of it; and what the parameters say
 * together. */
#ifndef ARCHSIM_MODELS_DYNAMODB_TABLES_H
#define ARCHSIM_MODELS_DYNAMODB_TABLES_H

#include <math.h>
#include <string.h>

#include "models/model.h"
#include "models/scaling.h"
#include "sim/blocks/autoscaler.h"
#include "sim/blocks/partitions.h"

enum dynamodb_mode { DYNAMODB_ON_DEMAND, DYNAMODB_PROVISIONED };
enum dynamodb_kind { DYNAMODB_READS, DYNAMODB_WRITES, DYNAMODB_KINDS = PARTITIONS_KINDS };
/* Tokens of one started 4 KB (1 KB of a write): half a unit, one, two. */
enum { EVENTUAL = 1, UNIT = 2, TRANSACTIONAL = 4 };
enum { ITEMS_MAX = 100, BATCH_WRITE_MAX = 25, REPLICAS_MAX = 32 };
/* Slots of timers: of auto scaling as many as each side needs; the last: one a reader of the
 * stream; and two of those with their own numbers below. */
enum {
    DYNAMODB_DATAPOINT,
    DYNAMODB_UPDATED,
    DYNAMODB_LOSS,
    DYNAMODB_SCALERS,
    DYNAMODB_READERS = DYNAMODB_SCALERS + DYNAMODB_KINDS * AUTOSCALER_TIMERS,
};
#define DYNAMODB_ENDS (UINT32_C(1) << 31)    /* a call that ends without having its way */
#define DYNAMODB_ARRIVES (UINT32_C(1) << 30) /* writes at a replica */
enum { DYNAMODB_REPLICA_BITS = 5, DYNAMODB_BATCH_BITS = 25 };
enum dynamodb_view {
    DYNAMODB_NO_STREAM,
    DYNAMODB_KEYS_ONLY,
    DYNAMODB_NEW_IMAGE,
    DYNAMODB_OLD_IMAGE,
    DYNAMODB_BOTH_IMAGES,
};
enum { STREAM_CONSUMERS_MAX = 2 };
enum dynamodb_unprocessed { DYNAMODB_THROTTLED, DYNAMODB_OK };
enum dynamodb_consistency { DYNAMODB_EVENTUAL, DYNAMODB_STRONG };
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
    PROVISIONED_READS,
    PROVISIONED_WRITES,
    TRANSACTION_CONFLICTS,
    CONDITION_FAILURES,
    UNPROCESSED_ITEMS,
    REPLICATED_WRITES,
    REPLICATED_BYTES,
    REPLICATION_LATENCY,
    PENDING_REPLICATION,
    UNREPLICATED_AGE,
    UNREPLICATED_AGE_MAX,
    LOST_WRITES,
    LOST_BYTES,
    LOST_AGE,
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

struct dynamodb_rates {
    double reads_per_s, writes_per_s;
};
struct dynamodb_bounds {
    double min_per_s, max_per_s, target_ratio;
};
struct dynamodb_action {
    int64_t at_ns, every_ns;
    struct dynamodb_rates min, max;
};
struct dynamodb_replica {
    const char *region_text;
    const struct distribution *lag_ns_dist;
};

struct dynamodb_params {
    int mode;
    struct dynamodb_rates provisioned, new_table, warm_throughput, previous_peak, max_throughput;
    struct dynamodb_bounds read_scaling, write_scaling;
    struct {
        int64_t high_datapoints_count, low_datapoints_count;
        double low_margin_ratio;
        int64_t delay_ns;
    } alarm;
    struct scaling_cooldown cooldown;
    bool scale_in;
    struct list schedule_list;
    const struct distribution *update_time_ns_dist;
    int64_t decreases_count;
    int64_t growth_time_ns, datapoint_ns, burst_time_ns, limit_period_ns;
    int64_t item_size_bytes, query_size_bytes, scan_size_bytes, read_unit_bytes, write_unit_bytes;
    int64_t item_max_bytes, page_max_bytes, transaction_max_bytes, batch_max_bytes;
    int64_t transaction_items_count, batch_get_items_count, batch_write_items_count;
    bool conflicts;
    double condition_failures_ratio;
    int unprocessed;
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
    const struct distribution *batch_get_latency_ns_dist, *batch_write_latency_ns_dist;
    struct {
        int view;
        int64_t key_bytes;
        int64_t retention_ns, poll_ns;
        const struct distribution *polled_ns_dist;
        double polls_per_s;
        int64_t poll_records_count, poll_size_bytes;
    } stream;
    struct list replicas_list;
    struct {
        int consistency;
        const struct distribution *round_trip_ns_dist;
        int64_t loss_at_ns;
    } replication;
};

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
#define AUTO_GUIDE "DynamoDB Developer Guide, Managing throughput capacity with auto scaling"
#define AUTO_ALARMS "AWS re:Post, Why is DynamoDB auto scaling not working as expected?"
#define BATCH_API "DynamoDB API Reference, BatchGetItem and BatchWriteItem"
#define TRANSACTIONS_GUIDE "DynamoDB Developer Guide, Transactions: How it works"
#define GLOBAL_GUIDE "DynamoDB Developer Guide, Global tables: how they work"

#define PARAMS struct dynamodb_action
static const struct param dynamodb_actions[] = {
    TIME(at, REQUIRED, "0s..", "time of the scenario", DOCUMENTED(SCALING_SCHEDULE_PAGE)),
    TIME(every, NONE, "1min..", "and again after each such time; not given: once",
         DOCUMENTED(SCALING_SCHEDULE_PAGE ": at(...), rate(...), cron(...)")),
    RATE(min.reads, NONE, "1/s..100M/s", "no fewer read units from then on; raised to that",
         DOCUMENTED(SCALING_SCHEDULE_PAGE)),
    RATE(min.writes, NONE, "1/s..100M/s", "no fewer write units from then on; raised to that",
         DOCUMENTED(SCALING_SCHEDULE_PAGE)),
    RATE(max.reads, NONE, "1/s..100M/s", "no more read units from then on; lowered to that",
         DOCUMENTED(SCALING_SCHEDULE_PAGE)),
    RATE(max.writes, NONE, "1/s..100M/s", "no more write units from then on; lowered to that",
         DOCUMENTED(SCALING_SCHEDULE_PAGE)),
};
static const struct list_item dynamodb_action =
    ITEM("action", dynamodb_actions, struct dynamodb_action);
#undef PARAMS
#define PARAMS struct dynamodb_replica
static const struct param dynamodb_replicas[] = {
    TEXT(region, REQUIRED, "where it is, such as us-west-2", DOCUMENTED(GLOBAL_GUIDE)),
    TIME_DIST(lag, "lognormal(p50=1s p99=2.5s)", "0s..",
              "from a write here until it is there (ReplicationLatency)",
              DOCUMENTED(GLOBAL_GUIDE ": usually within a second; AWS Prescriptive Guidance: 0.5 "
                                      "to 2.5 s, nearer regions faster")),
};
static const struct list_item dynamodb_replica =
    ITEM("replica", dynamodb_replicas, struct dynamodb_replica);
#undef PARAMS
#define PARAMS struct dynamodb_params
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
    RATE(max_throughput.reads, NONE, "1/s..100M/s",
         "on demand, more read units than that are throttled; else the quota is the limit",
         DOCUMENTED("DynamoDB Developer Guide, Maximum throughput for on-demand tables")),
    RATE(max_throughput.writes, NONE, "1/s..100M/s",
         "on demand, more write units than that are throttled; else the quota is the limit",
         DOCUMENTED("DynamoDB Developer Guide, Maximum throughput for on-demand tables")),
    RATE(read_scaling.min, REQUIRED, "1/s..100M/s",
         "auto scaling provisions no fewer read units; not given: none", DOCUMENTED(AUTO_GUIDE)),
    RATE(read_scaling.max, REQUIRED, "1/s..100M/s", "and no more of them", DOCUMENTED(AUTO_GUIDE)),
    RATIO(read_scaling.target, "70%", "20%..90%",
          "share of the provisioned read units whose use it aims at",
          DOCUMENTED(AUTO_GUIDE ": 20 to 90 percent; the console's default is 70")),
    RATE(write_scaling.min, REQUIRED, "1/s..100M/s",
         "auto scaling provisions no fewer write units; not given: none", DOCUMENTED(AUTO_GUIDE)),
    RATE(write_scaling.max, REQUIRED, "1/s..100M/s", "and no more of them", DOCUMENTED(AUTO_GUIDE)),
    RATIO(write_scaling.target, "70%", "20%..90%",
          "share of the provisioned write units whose use it aims at",
          DOCUMENTED(AUTO_GUIDE ": 20 to 90 percent; the console's default is 70")),
    COUNT(alarm.high_datapoints, "2", "1..1440", "minutes in a row above the target: scale out",
          DOCUMENTED(AUTO_GUIDE ": two consecutive minutes")),
    COUNT(alarm.low_datapoints, "15", "1..1440", "minutes in a row below low_margin: scale in",
          DOCUMENTED(AUTO_GUIDE ": 15 consecutive data points")),
    RATIO(alarm.low_margin, "20%", "0%..90%",
          "a minute is low when so much of what is provisioned is missing to the target",
          DOCUMENTED(AUTO_ALARMS " 20 % or more below: 50 units of 100 at a target of 70 %")),
    TIME(alarm.delay, "0s", "0s..1h", "a datapoint is seen so long after its minute",
         ESTIMATED("no figure published")),
    SCALING_COOLDOWN_ROWS("0s"),
    SCALING_IN_ROW,
    LIST(schedule, NONE, dynamodb_action, "changes of the limits of auto scaling at set times",
         DOCUMENTED(SCALING_SCHEDULE_PAGE)),
    TIME_DIST(update_time, "3min", "0s..",
              "UpdateTable takes so long, one at a time; the old capacity holds until then",
              ESTIMATED(AUTO_GUIDE ": it can take several minutes")),
    COUNT(decreases, "4", "0..1000",
          "decreases of capacity within an hour of the day's first; then one an hour",
          DOCUMENTED(LIMITS_GUIDE ", Decreasing provisioned throughput: at most 27 a day")),
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
    SIZE(scan_size, NONE, "1B..1MiB",
         "what a scan reads, where the call carries no size; else a page",
         DOCUMENTED("DynamoDB API Reference, Scan: 1 MB at most")),
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
    FLAG(conflicts, "true",
         "with keys, an item each: transactions meet other writes of their items, and fail",
         DOCUMENTED(TRANSACTIONS_GUIDE ", Transaction conflict handling")),
    RATIO(condition_failures, "0%", "0%..1",
          "of puts, updates, deletes and writing transactions: a condition does not hold",
          ESTIMATED("writes without conditions; a false one uses its units all the same")),
    COUNT(batch_get_items, "25", "1..100", "items of a batch that reads, each of the call's size",
          ESTIMATED("as many as were measured of writes; at most 100 (" LIMITS_GUIDE ")")),
    COUNT(batch_write_items, "25", "1..25", "items of a batch that writes, each of the call's size",
          ESTIMATED("as many as the latencies are of; at most 25 (" LIMITS_GUIDE ")")),
    SIZE(batch_max, "16 MiB", "1B..", "a batch reads no more; one that writes more is `rejected`",
         DOCUMENTED(BATCH_API)),
    CHOICE(unprocessed, "throttled", "throttled ok",
           "how a batch ends of which only some items found capacity; those are done",
           DOCUMENTED(BATCH_API ": it answers with unprocessed items, which are to be sent again")),
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
    TIME_DIST(batch_get_latency, "lognormal(p50=5.4ms p99=21ms)", "0s..",
              "of a batch that reads 25 items",
              ESTIMATED("get times what was measured of writes: 1.36 at p50, 1.75 at p99")),
    TIME_DIST(batch_write_latency, "lognormal(p50=10.2ms p99=28ms)", "0s..",
              "of a batch that writes 25 items, at the client in the region", MEASURED(DEBRIE)),
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
    LIST(replicas, NONE, dynamodb_replica, "other regions that have the table (a global table)",
         DOCUMENTED(GLOBAL_GUIDE)),
    CHOICE(replication.consistency, "eventual", "eventual strong",
           "of a global table: writes follow later (MREC), or another region has them (MRSC)",
           DOCUMENTED(GLOBAL_GUIDE ": MREC is the default; MRSC is of exactly three regions")),
    TIME_DIST(replication.round_trip, "lognormal(p50=60ms p99=150ms)", "0s..",
              "if strong: what a write or a consistent read waits for another region",
              ESTIMATED("tens to over 100 ms between regions of a set; no figure published")),
    TIME(replication.loss_at, NONE, "0s..",
         "the region is lost at that time of the scenario: `lost_*` are what no replica had",
         DEFINED("archsim: the run itself goes on")),
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
    [PROVISIONED_READS] = {"provisioned_read_capacity_units", QUANTITY_RATE, METRIC_VALUE,
                           "read units that were provisioned, a second: time's mean", true},
    [PROVISIONED_WRITES] = {"provisioned_write_capacity_units", QUANTITY_RATE, METRIC_VALUE,
                            "write units that were provisioned, a second: time's mean", true},
    [TRANSACTION_CONFLICTS] = {"transaction_conflict", QUANTITY_COUNT, METRIC_VALUE,
                               "items for which a write or a transaction met another"},
    [CONDITION_FAILURES] = {"conditional_check_failed_requests", QUANTITY_COUNT, METRIC_VALUE,
                            "writes whose condition did not hold"},
    [UNPROCESSED_ITEMS] = {"unprocessed_items", QUANTITY_COUNT, METRIC_VALUE,
                           "items that batches answered with, not done"},
    [REPLICATED_WRITES] = {"replicated_write_capacity_units", QUANTITY_RATE, METRIC_VALUE,
                           "write units that replicas used for writes made here, a second, all"},
    [REPLICATED_BYTES] = {"replicated_bytes", QUANTITY_SIZE, METRIC_VALUE,
                          "bytes that went to replicas, all together"},
    [REPLICATION_LATENCY] = {"replication_latency", QUANTITY_TIME, METRIC_LATENCY,
                             "from a write until a replica has it, all replicas together"},
    [PENDING_REPLICATION] = {"pending_replication_count", QUANTITY_COUNT, METRIC_VALUE,
                             "writes that a replica did not have yet, on the mean; the worst one"},
    [UNREPLICATED_AGE] = {"unreplicated_age", QUANTITY_TIME, METRIC_VALUE,
                          "age of the oldest of those, on the mean over time: what RPO would be"},
    [UNREPLICATED_AGE_MAX] = {"unreplicated_age_max", QUANTITY_TIME, METRIC_MAX,
                              "age of the oldest of those, the most"},
    [LOST_WRITES] = {"lost_writes", QUANTITY_COUNT, METRIC_VALUE,
                     "at loss_at: writes that the replica that lagged most did not have"},
    [LOST_BYTES] = {"lost_bytes", QUANTITY_SIZE, METRIC_VALUE, "bytes of them"},
    [LOST_AGE] = {"lost_age", QUANTITY_TIME, METRIC_VALUE,
                  "age of the oldest of them: the RPO of that loss"},
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
    QUERY_CONSISTENT,
    SCAN,
    SCAN_CONSISTENT,
    BATCH_GET,
    BATCH_WRITE,
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
    [QUERY_CONSISTENT] = {"query_consistent", "the same, strongly consistent: a unit for 4 KB"},
    [SCAN] = {"scan", "reads a page of the table, eventually consistent: half a unit for 4 KB"},
    [SCAN_CONSISTENT] = {"scan_consistent", "the same, strongly consistent: a unit for 4 KB"},
    [BATCH_GET] = {"batch_get", "reads several items, each on its own: half a unit for each 4 KB"},
    [BATCH_WRITE] = {"batch_write", "puts several items, each on its own: a unit for each KB"},
};

/* What a call is of: one item; a page; several items, each as capacity allows; or all or none. */
enum dynamodb_form { DYNAMODB_ITEM, DYNAMODB_PAGE, DYNAMODB_BATCH, DYNAMODB_TRANSACTION };
static const struct {
    enum dynamodb_kind kind;
    int tokens; /* for each started 4 KB, or 1 KB of a write */
    enum dynamodb_form form;
    bool conditional;      /* it may have a condition */
    bool replaces, leaves; /* an item: the old and the new image of a record of the stream */
} dynamodb_costs[OPERATIONS] = {
    [GET] = {.kind = DYNAMODB_READS, .tokens = EVENTUAL},
    [GET_CONSISTENT] = {.kind = DYNAMODB_READS, .tokens = UNIT},
    [PUT] = {DYNAMODB_WRITES, UNIT, DYNAMODB_ITEM, true, false, true}, /* taken as new */
    [UPDATE] = {DYNAMODB_WRITES, UNIT, DYNAMODB_ITEM, true, true, true},
    [DELETE] = {DYNAMODB_WRITES, UNIT, DYNAMODB_ITEM, true, true, false},
    [QUERY] = {.kind = DYNAMODB_READS, .tokens = EVENTUAL, .form = DYNAMODB_PAGE},
    [TRANSACT_GET] = {DYNAMODB_READS, TRANSACTIONAL, DYNAMODB_TRANSACTION, false, false, false},
    [TRANSACT_WRITE] = {DYNAMODB_WRITES, TRANSACTIONAL, DYNAMODB_TRANSACTION, true, true,
                        true}, /* of updates */
    [QUERY_CONSISTENT] = {.kind = DYNAMODB_READS, .tokens = UNIT, .form = DYNAMODB_PAGE},
    [SCAN] = {.kind = DYNAMODB_READS, .tokens = EVENTUAL, .form = DYNAMODB_PAGE},
    [SCAN_CONSISTENT] = {.kind = DYNAMODB_READS, .tokens = UNIT, .form = DYNAMODB_PAGE},
    [BATCH_GET] = {DYNAMODB_READS, EVENTUAL, DYNAMODB_BATCH, false, false, false},
    [BATCH_WRITE] = {DYNAMODB_WRITES, UNIT, DYNAMODB_BATCH, false, false, true},
};
#undef PARAMS

/* For `explain`. */
static const char dynamodb_text[] =
    "A call costs read or write units by its size, rounded up per item, from two token buckets: "
    "the table's and that of the partition where its key lies; without them it ends as "
    "`throttled` at once, else it takes its latency. On demand, the table serves what a new one "
    "does, what it was warmed for, or twice its previous peak, whichever is most, within the "
    "quota; the highest datapoint becomes the previous peak after growth_time. Provisioned, "
    "unused capacity of 300 s is kept; with read_scaling and write_scaling auto scaling tracks "
    "their use by the minute (none in a minute: no datapoint, and no scale-in), and a change "
    "takes effect after update_time. Any partition may use all that the table has (adaptive "
    "capacity), up to its own limits, which hold for reads and writes apart, as the guide says "
    "today (re:Post: or any mix of both; lower them for keys that are read and written at once); "
    "hot ones are split, but not for one hot key. There are as many as size, limits and warm "
    "throughput need, evenly cut; capacity that grows splits them. Transactions, and writes that "
    "meet one that writes their item, fail after their latency, with their units used, as do "
    "writes whose condition is false; items are held for the latency as the client sees it, a "
    "little too long. A batch of which some items find no capacity has done the others. With "
    "`stream: {view: ..}` each item that is written adds a record to the shard of its partition, "
    "in order; up to two consumers (`trigger`) poll it, four times a second, and read what a "
    "partition left that was split before what its halves add. With `replicas` each write goes on "
    "to other regions, one by one in no order, or waits for another region (strong, which has no "
    "transactions and whose home is a region of the set, too); writes that come from other "
    "regions are traffic of their own here. Left out: indexes, capacity used by maintenance, "
    "growth in size, writes that change nothing and so add no record, shards that roll over, "
    "what replicas lack capacity for, and retries of the SDK (say `retry` on the call).";

/* What a throttled call is told, by kind. */
static const char *const dynamodb_table_names[] = {"table reads", "table writes"};
static const char *const dynamodb_quota_names[] = {"table read quota", "table write quota"};
static const char *const dynamodb_partition_names[] = {"partition reads", "partition writes"};
static const char *const dynamodb_maximum_names[] = {"maximum reads", "maximum writes"};
/* What auto scaling looks at. */
static const char *const dynamodb_scaling_names[] = {"read capacity utilization",
                                                     "write capacity utilization"};

static const char *const dynamodb_ahead[] = {"warm_throughput.reads", "warm_throughput.writes",
                                             "provisioned.reads", "provisioned.writes"};

/* Of auto scaling; null: that side has none. */
static inline const struct dynamodb_bounds *dynamodb_bounds(const struct dynamodb_params *p,
                                                            enum dynamodb_kind kind)
{
    const struct dynamodb_bounds *bounds =
        kind == DYNAMODB_READS ? &p->read_scaling : &p->write_scaling;
    return isnan(bounds->max_per_s) ? NULL : bounds;
}

static inline bool dynamodb_scales(const void *params)
{
    return dynamodb_bounds(params, DYNAMODB_READS) != NULL ||
           dynamodb_bounds(params, DYNAMODB_WRITES) != NULL;
}

static inline const char *dynamodb_check_scaling(const struct dynamodb_params *p)
{
    static const char *const twisted[] = {"read_scaling.min: more than `read_scaling.max`",
                                          "write_scaling.min: more than `write_scaling.max`"};
    static const char *const outside[] = {
        "provisioned.reads: outside of what read_scaling allows",
        "provisioned.writes: outside of what write_scaling allows"};
    static const char *const low[] = {"alarm.low_margin: leaves nothing of `read_scaling.target`",
                                      "alarm.low_margin: leaves nothing of `write_scaling.target`"};
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        const struct dynamodb_bounds *bounds = dynamodb_bounds(p, (enum dynamodb_kind)kind);
        if (bounds == NULL) {
            continue;
        }
        const double given =
            kind == DYNAMODB_READS ? p->provisioned.reads_per_s : p->provisioned.writes_per_s;
        if (bounds->min_per_s > bounds->max_per_s) {
            return twisted[kind];
        }
        if (given < bounds->min_per_s || given > bounds->max_per_s) {
            return outside[kind];
        }
        if (p->alarm.low_margin_ratio >= bounds->target_ratio) {
            return low[kind];
        }
    }
    return NULL;
}

static inline const char *dynamodb_check_schedule(const struct dynamodb_params *p)
{
    const struct dynamodb_action *actions = p->schedule_list.items;
    for (uint32_t i = 0; i < p->schedule_list.count; i++) {
        const struct dynamodb_rates *min = &actions[i].min, *max = &actions[i].max;
        const bool reads = !isnan(min->reads_per_s) || !isnan(max->reads_per_s);
        const bool writes = !isnan(min->writes_per_s) || !isnan(max->writes_per_s);
        if (!reads && !writes) {
            return "schedule: each action changes something: `min`, `max`";
        }
        if ((reads && dynamodb_bounds(p, DYNAMODB_READS) == NULL) ||
            (writes && dynamodb_bounds(p, DYNAMODB_WRITES) == NULL)) {
            return "schedule: changes the limits of read_scaling and write_scaling, where given";
        }
        if (min->reads_per_s > max->reads_per_s || min->writes_per_s > max->writes_per_s) {
            return "schedule: an action's `min` is above its `max`";
        }
    }
    return NULL;
}

/* The regions between which multi-region strong consistency is offered. */
static inline int dynamodb_region_set(const char *region)
{
    static const char *const sets[][4] = {
        {"us-east-1", "us-east-2", "us-west-2", ""},
        {"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"},
        {"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", ""}};
    for (int i = 0; i < (int)(sizeof(sets) / sizeof(sets[0])); i++) {
        for (size_t k = 0; k < sizeof(sets[0]) / sizeof(sets[0][0]); k++) {
            if (strcmp(sets[i][k], region) == 0) {
                return i;
            }
        }
    }
    return -1;
}

static inline const char *dynamodb_check_replicas(const struct dynamodb_params *p)
{
    const struct dynamodb_replica *replicas = p->replicas_list.items;
    const uint32_t count = p->replicas_list.count;
    const bool strong = p->replication.consistency == DYNAMODB_STRONG;
    if (count == 0 && (strong || p->replication.loss_at_ns >= 0)) {
        return "replication: without meaning unless there are `replicas`";
    }
    if (count > REPLICAS_MAX) {
        return "replicas: there are no more than 32 other regions";
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(replicas[i].region_text, replicas[k].region_text) == 0) {
                return "replicas: a region has the table once";
            }
        }
        const int set = dynamodb_region_set(replicas[i].region_text);
        if (strong && (set < 0 || set != dynamodb_region_set(replicas[0].region_text))) {
            return "replicas: strong consistency is offered within the regions of one set: "
                   "us-east-1, us-east-2, us-west-2; eu-west-1, -2, -3, eu-central-1; "
                   "ap-northeast-1, -2, -3";
        }
    }
    return strong && count != 2 ? "replicas: strong consistency needs two of them, three regions"
                                : NULL;
}

static inline const char *dynamodb_check_mode(const struct dynamodb_params *p)
{
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
    if (p->mode == DYNAMODB_PROVISIONED &&
        !(isnan(p->max_throughput.reads_per_s) && isnan(p->max_throughput.writes_per_s))) {
        return "max_throughput: without meaning in mode provisioned";
    }
    if (p->mode == DYNAMODB_ON_DEMAND && dynamodb_bounds(p, DYNAMODB_READS) != NULL) {
        return "read_scaling: without meaning unless mode is provisioned";
    }
    if (p->mode == DYNAMODB_ON_DEMAND && dynamodb_bounds(p, DYNAMODB_WRITES) != NULL) {
        return "write_scaling: without meaning unless mode is provisioned";
    }
    return NULL;
}

static inline const char *dynamodb_check(const void *params)
{
    const struct dynamodb_params *p = params;
    const char *wrong = dynamodb_check_mode(p);
    wrong = wrong != NULL ? wrong : dynamodb_check_scaling(p);
    wrong = wrong != NULL ? wrong : dynamodb_check_schedule(p);
    wrong = wrong != NULL ? wrong : dynamodb_check_replicas(p);
    if (wrong == NULL && p->growth_time_ns < p->datapoint_ns) {
        wrong = "growth_time: less than a datapoint";
    }
    return wrong;
}

#endif
