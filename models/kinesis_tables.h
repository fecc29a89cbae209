/* kinesis_tables: what is known of Kinesis Data Streams: parameters, quotas, metrics. Included by
 * models/kinesis.c alone. */
#ifndef ARCHSIM_MODELS_KINESIS_TABLES_H
#define ARCHSIM_MODELS_KINESIS_TABLES_H

#include "models/model.h"

#define LIMITS_PAGE "Kinesis Data Streams Developer Guide, Quotas and limits"
#define MODE_PAGE "Kinesis Data Streams Developer Guide, Choose the data stream capacity mode"
#define FAN_OUT_PAGE "Kinesis Data Streams Developer Guide, Develop enhanced fan-out consumers"
#define LATENCY_MEASURED \
    "L. van Donkersgoed, Serverless Messaging: Latency Compared, 2022: put to start of a function"

enum { KINESIS_PROVISIONED, KINESIS_ON_DEMAND };
enum { KINESIS_PUT, KINESIS_PUT_RECORDS };
enum { KINESIS_TICK, KINESIS_RESHARDED, KINESIS_READERS }; /* timer slots; the last: one a reader */
enum { KINESIS_SHARDS_MAX = 10000, KINESIS_ENHANCED_MAX = 20 };
#define KINESIS_MINUTE_NS INT64_C(60000000000)
#define KINESIS_MINUTE_S 60.0
#define KINESIS_DAY_NS INT64_C(86400000000000)
#define KINESIS_PAYLOAD_UNIT 25000.0 /* bytes of a record that are billed as one; documented */
#define KINESIS_SECOND_NS 1e9

enum kinesis_metric {
    KINESIS_INCOMING_RECORDS,
    KINESIS_INCOMING_BYTES,
    KINESIS_WRITE_EXCEEDED,
    KINESIS_READ_EXCEEDED,
    KINESIS_GET_RECORDS,
    KINESIS_GET_BYTES,
    KINESIS_ITERATOR_AGE,
    KINESIS_ITERATOR_AGE_NOW,
    KINESIS_EXPIRED,
    KINESIS_OPEN_SHARDS,
    KINESIS_HOTTEST,
    KINESIS_PUT_RECORDS_TOTAL,
    KINESIS_PUT_RECORDS_THROTTLED,
    KINESIS_PUSHED_BYTES,
    KINESIS_PAYLOAD_UNITS,
    KINESIS_METRICS,
};

struct kinesis_params {
    int mode;
    int64_t shards_count;
    struct {
        int64_t delay_ns;
        double headroom;
        double split_bytes_per_s;
    } on_demand;
    struct popularity keys_popularity;
    const struct distribution *record_size_bytes_dist;
    const struct distribution *records_count_dist;
    const struct distribution *put_latency_ns_dist;
    int64_t retention_ns;
    struct {
        double write_records_per_s, write_bytes_per_s, read_bytes_per_s, reads_per_s;
    } shard;
    struct {
        int64_t records_count, bytes_bytes;
    } read;
    int64_t poll_ns;
    const struct distribution *polled_ns_dist, *pushed_ns_dist;
    struct watches enhanced_fan_out_services;
    int64_t reshard_ns;
    int64_t reshards_count;
};

#define PARAMS struct kinesis_params
static const struct param kinesis_params[] = {
    CHOICE(mode, "provisioned", "provisioned on_demand", "who says how many shards there are",
           DOCUMENTED(MODE_PAGE)),
    COUNT(shards, "4", "1..10000", "open shards; on demand those of the beginning",
          DOCUMENTED(MODE_PAGE ": a new on-demand stream takes 4 MB/s")),
    TIME(on_demand.delay, "15min", "0s..1h", "from the traffic of a minute to the shards for it",
         DOCUMENTED(LIMITS_PAGE ": more than double within 15 minutes may be throttled")),
    NUMBER(on_demand.headroom, "2", "1..10", NULL, "shards for so many times the highest minute",
           DOCUMENTED(MODE_PAGE ": up to double the peak write of the last 30 days")),
    THROUGHPUT(on_demand.split, "0.5 MB/s", "1 B/s..",
               "of the hottest shard in a minute: above it, twice the shards",
               DOCUMENTED(MODE_PAGE ": a shard over 500 KB/s is split within 15 minutes")),
    POPULARITY(keys, NONE, "the partition keys of the records; else they are spread evenly",
               DOCUMENTED(LIMITS_PAGE ": a partition key belongs to one shard")),
    SIZE_DIST(record_size, "1 KiB", "1 B..10 MiB", "of a record, where the call carries no size",
              ASSUMED_UNLESS("keys", "a size of the user's own records is better")),
    COUNT_DIST(records, "100", "1..500", "records of a put_records, each to the shard of its key",
               DOCUMENTED(LIMITS_PAGE ": PutRecords takes up to 500 records")),
    TIME_DIST(put_latency, "lognormal(p50=15ms p99=40ms)", "0s..", "of a put, at the client",
              ESTIMATED("facts: PutRecord 10-30 ms, three zones synchronously")),
    TIME(retention, "24h", "24h..8760h", "older records are gone, read or not",
         DOCUMENTED("Kinesis Data Streams Developer Guide, Change the data retention period")),
    RATE(shard.write_records, "1k/s", "1/s..1M/s", "records that a shard takes",
         DOCUMENTED(LIMITS_PAGE)),
    THROUGHPUT(shard.write, "1 MB/s", "1 kB/s..1 GB/s", "bytes that a shard takes",
               DOCUMENTED(LIMITS_PAGE)),
    THROUGHPUT(shard.read, "2 MB/s", "1 kB/s..1 GB/s",
               "bytes that a shard gives, to all who share it or to each with enhanced fan-out",
               DOCUMENTED(LIMITS_PAGE)),
    RATE(shard.reads, "5/s", "0.1/s..1k/s", "polls of a shard by all who share it",
         DOCUMENTED(LIMITS_PAGE ": 5 GetRecords transactions a second")),
    COUNT(read.records, "10k", "1..10k", "the most that a poll gives", DOCUMENTED(LIMITS_PAGE)),
    SIZE(read.bytes, "10 MB", "1 B..10 MB", "the most that a poll gives",
         DOCUMENTED(LIMITS_PAGE ": after 10 MB the shard gives nothing for 5 seconds")),
    TIME(poll, "1s", "1ms..1min", "a consumer polls each shard so often, and on while it gets all",
         DOCUMENTED("Lambda Developer Guide, Using Lambda with Kinesis: at a base rate of once per "
                    "second")),
    TIME_DIST(polled, "lognormal(p50=90ms p99=920ms)", "0s..",
              "from a poll to the consumer's having the records",
              MEASURED(LATENCY_MEASURED " p50 627 ms, p99 1,580 ms; 0 to 1 s is the poll")),
    TIME_DIST(pushed, "lognormal(p50=49ms p99=109ms)", "0s..",
              "the same with enhanced fan-out, from the record's being written",
              MEASURED(LATENCY_MEASURED ", enhanced fan-out: p50 49 ms, p99 109 ms")),
    WATCHES(enhanced_fan_out, NONE, "", "consumers with a throughput of their own",
            DOCUMENTED(FAN_OUT_PAGE)),
    TIME(reshard, "30s", "0s..1h", "for each shard that is split or merged",
         ESTIMATED("facts: a few minutes for large streams, about 30 s a split (recalled)")),
    COUNT(reshards, "10", "1..1000", "changes of `shards` in 24 hours; more are refused",
          DOCUMENTED("Kinesis API Reference, UpdateShardCount: ten times per rolling 24-hour "
                     "period")),
};

struct kinesis_quotas {
    struct {
        double us_east_1_bytes_per_s, sa_east_1_bytes_per_s;
    } on_demand;
};
#undef PARAMS
#define PARAMS struct kinesis_quotas
static const struct param kinesis_quotas[] = {
    THROUGHPUT(on_demand.us_east_1, "10 GB/s", "1 MB/s..1000 GB/s", "write of an on-demand stream",
               DOCUMENTED(LIMITS_PAGE)),
    THROUGHPUT(on_demand.sa_east_1, "200 MB/s", "1 MB/s..1000 GB/s", "write of an on-demand stream",
               DOCUMENTED(LIMITS_PAGE)),
};
#undef PARAMS

static const struct metric kinesis_metrics[] = {
    [KINESIS_INCOMING_RECORDS] = {"incoming_records", QUANTITY_COUNT, METRIC_VALUE,
                                  "records taken in the window"},
    [KINESIS_INCOMING_BYTES] = {"incoming_bytes", QUANTITY_SIZE, METRIC_VALUE, "bytes of them"},
    [KINESIS_WRITE_EXCEEDED] = {"write_provisioned_throughput_exceeded", QUANTITY_COUNT,
                                METRIC_VALUE, "records refused: their shard was at its limit"},
    [KINESIS_READ_EXCEEDED] = {"read_provisioned_throughput_exceeded", QUANTITY_COUNT, METRIC_VALUE,
                               "polls put off: their shard was at its limit"},
    [KINESIS_GET_RECORDS] = {"get_records_records", QUANTITY_COUNT, METRIC_VALUE,
                             "records read, by all consumers"},
    [KINESIS_GET_BYTES] = {"get_records_bytes", QUANTITY_SIZE, METRIC_VALUE, "bytes of them"},
    [KINESIS_ITERATOR_AGE] = {"get_records_iterator_age", QUANTITY_TIME, METRIC_LATENCY,
                              "age of the last record of each read"},
    [KINESIS_ITERATOR_AGE_NOW] = {"iterator_age_maximum", QUANTITY_TIME, METRIC_MAX,
                                  "age of the oldest record that a consumer has not read", true},
    [KINESIS_EXPIRED] = {"expired_records", QUANTITY_COUNT, METRIC_VALUE,
                         "records that were too old before all had read them"},
    [KINESIS_OPEN_SHARDS] = {"open_shard_count", QUANTITY_COUNT, METRIC_VALUE,
                             "open shards, mean over time", true},
    [KINESIS_HOTTEST] = {"hottest_shard_utilization", QUANTITY_RATIO, METRIC_VALUE,
                         "what the hottest shard of each minute used of its write limits"},
    [KINESIS_PUT_RECORDS_TOTAL] = {"put_records_total_records", QUANTITY_COUNT, METRIC_VALUE,
                                   "records of all put_records calls"},
    [KINESIS_PUT_RECORDS_THROTTLED] = {"put_records_throttled_records", QUANTITY_COUNT,
                                       METRIC_VALUE, "those of them that were refused"},
    [KINESIS_PUSHED_BYTES] = {"subscribe_to_shard_event_bytes", QUANTITY_SIZE, METRIC_VALUE,
                              "bytes read with enhanced fan-out, of get_records_bytes"},
    [KINESIS_PAYLOAD_UNITS] = {"put_payload_units", QUANTITY_COUNT, METRIC_VALUE,
                               "25 kB units of the records taken, each record rounded up"},
};

static const struct operation_info kinesis_operations[] = {
    [KINESIS_PUT] = {"put", "one record, as large as the call"},
    [KINESIS_PUT_RECORDS] = {"put_records", "several records, as large as the call together; ends "
                                            "as `throttled` when some of them were refused"},
};
static const char *const kinesis_resources[] = {"hottest shard", "reads of a shard"};
static const char *const kinesis_controls[] = {"shards", NULL};

/* Of the last: whom it names is known only when all services are. */
static const char *kinesis_check_named(const void *quotas, const void *const *params,
                                       uint32_t count)
{
    (void)quotas;
    const struct kinesis_params *p = params[count - 1];
    return p->enhanced_fan_out_services.count > KINESIS_ENHANCED_MAX
               ? "enhanced_fan_out: a stream has at most 20 such consumers"
               : NULL;
}

#endif
