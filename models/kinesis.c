/* kinesis: a data stream. A record goes to the shard of its partition key, which takes so many
 * records and bytes a second, and is there for all consumers once it is written. Consumers that
 * share a shard's throughput poll it; those with enhanced fan-out hear of records at once. On
 * demand the shards follow the traffic. Blocks: stream, readers. Left out: the Kinesis Client
 * Library and its leases, parents before children after a split, records that are aggregated. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/shards.h"
#include "sim/kernel/zipf.h"

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
#define KINESIS_HELPED 0.75 /* of that part, at most: doubling the shards has made it smaller */
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
};

static const struct operation_info kinesis_operations[] = {
    [KINESIS_PUT] = {"put", "one record, as large as the call"},
    [KINESIS_PUT_RECORDS] = {"put_records", "several records, as large as the call together; ends "
                                            "as `throttled` when some of them were refused"},
};
static const char *const kinesis_resources[] = {"hottest shard"};
static const char *const kinesis_controls[] = {"shards", NULL};

struct kinesis_counts {
    double records, bytes, write_exceeded, read_exceeded, read, read_bytes, expired;
};

struct kinesis {
    struct stream stream;
    struct readers readers;
    struct zipf popularity;
    uint64_t salt;
    struct random key_random, size_random, latency_random;
    uint32_t next_shards, shards_max; /* next: being resharded to; 0: it is not */
    double peak;                      /* of a minute: shards that were used */
    double split_part; /* the hottest shard's of the traffic, at the last doubling; 0: none yet */
    struct kinesis_counts now, begin, end, minute;
    double hottest, hot_s, hot_begin_s, hot_end_s;
    struct gauge open;
    struct gauge_window seen;
    struct summary age;
    int64_t age_max_ns, looked_ns;
};

static const char *kinesis_check(const void *params)
{
    const struct kinesis_params *p = params;
    return p->enhanced_fan_out_services.count > KINESIS_ENHANCED_MAX
               ? "enhanced_fan_out: a stream has at most 20 such consumers"
               : NULL;
}

/* ---- writing ---- */

static uint32_t kinesis_shard(const struct service *s)
{
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const uint64_t hash = p->keys_popularity.n > 0
                              ? random_hash(zipf_draw(&k->popularity, &k->key_random), k->salt)
                              : random_next(&k->key_random);
    return stream_shard_of(&k->stream, hash);
}

/* True: it is in. */
static bool kinesis_put(struct world *w, struct service *s, double bytes)
{
    struct kinesis *k = s->state;
    const uint32_t shard = kinesis_shard(s);
    const enum stream_answer answer =
        stream_put(&k->stream, shard, (uint32_t)bytes, core_now(s->core));
    if (answer != STREAM_TAKEN) {
        k->now.write_exceeded++;
        service_throttled(w, s, answer == STREAM_TOO_MANY ? "shard records" : "shard bytes");
        return false;
    }
    if (k->stream.full) {
        service_overflow(w, s);
    }
    k->now.records++;
    k->now.bytes += bytes;
    readers_wake(&k->readers, shard);
    return true;
}

static void kinesis_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const bool several = s->spec->operations[f->operation].builtin == KINESIS_PUT_RECORDS;
    const double size = call_size(w, f);
    const int64_t count =
        several ? distribution_draw_int(p->records_count_dist, &k->size_random) : 1;
    uint32_t refused = 0;
    for (int64_t i = 0; i < count; i++) {
        const double bytes = size > 0
                                 ? size / (double)count
                                 : distribution_draw(p->record_size_bytes_dist, &k->size_random);
        refused += !kinesis_put(w, s, bytes < 1 ? 1 : bytes);
    }
    if (refused > 0) {
        call_refuse(w, f, OUTCOME_THROTTLED);
        return;
    }
    f->work_ns = distribution_draw_int(p->put_latency_ns_dist, &k->latency_random);
    call_work(w, f);
}

/* ---- reading ---- */

static uint32_t kinesis_receive(struct world *w, struct service *s, uint16_t edge,
                                const struct source_ask *ask, uint32_t *delivery)
{
    struct kinesis *k = s->state;
    const struct stream_batch batch = shards_read(w, s, &k->readers, edge, ask, delivery);
    if (batch.count == 0) {
        return 0;
    }
    const int64_t now_ns = core_now(s->core);
    k->now.read += batch.count;
    k->now.read_bytes += batch.bytes;
    if (world_measuring(w)) {
        summary_add(&k->age, now_ns - batch.last_ns);
        k->age_max_ns =
            now_ns - batch.first_ns > k->age_max_ns ? now_ns - batch.first_ns : k->age_max_ns;
    }
    return batch.count;
}

static uint32_t kinesis_parts(struct world *w, struct service *s)
{
    (void)w;
    return ((const struct kinesis *)s->state)->stream.shards_count;
}

static struct source_terms kinesis_terms(const void *params)
{
    (void)params;
    return shards_terms();
}

/* ---- shards ---- */

static void kinesis_resharded(struct service *s)
{
    struct kinesis *k = s->state;
    stream_open(&k->stream, k->next_shards);
    readers_fit(&k->readers);
    gauge_set(&k->open, k->next_shards, core_now(s->core));
    k->next_shards = 0;
}

static void kinesis_reshard(struct world *w, struct service *s, uint32_t shards, int64_t delay_ns,
                            double value, double threshold)
{
    struct kinesis *k = s->state;
    const uint32_t from = k->stream.open_count;
    k->next_shards = shards;
    service_timer(s, delay_ns, KINESIS_RESHARDED);
    service_log(w, s,
                &(struct log_entry){.kind = shards > from ? LOG_SCALE_OUT : LOG_SCALE_IN,
                                    .metric = "shards",
                                    .value = value,
                                    .threshold = threshold,
                                    .from = from,
                                    .to = shards,
                                    .delay_ns = delay_ns,
                                    .count = shards > from ? shards - from : from - shards});
}

/* Twice as many shards, because one is hot. Not again where that has not made the part of the
 * traffic smaller that the hottest has: it is one key's. */
static bool kinesis_splits(struct service *s, double busy)
{
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    if (k->hottest * p->shard.write_bytes_per_s <= p->on_demand.split_bytes_per_s) {
        return false;
    }
    const double part = k->hottest / busy;
    if (k->split_part > 0 && part > KINESIS_HELPED * k->split_part) {
        return false;
    }
    k->split_part = part;
    return true;
}

/* On demand: for so many times the highest minute; twice as many where one shard is hot. */
static void kinesis_follow(struct world *w, struct service *s, double busy)
{
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const double split = p->on_demand.split_bytes_per_s / p->shard.write_bytes_per_s;
    const uint32_t open = k->stream.open_count;
    k->peak = busy > k->peak ? busy : k->peak;
    if (k->next_shards > 0) {
        return;
    }
    double wanted = ceil(p->on_demand.headroom * k->peak);
    if (wanted < 2.0 * open && kinesis_splits(s, busy)) {
        wanted = 2.0 * open;
    }
    wanted = wanted > k->shards_max ? k->shards_max : wanted;
    if (wanted > open) {
        kinesis_reshard(w, s, (uint32_t)wanted, p->on_demand.delay_ns, k->hottest, split);
    }
}

/* What the hottest shard has used since the last look. */
static void kinesis_look(struct service *s)
{
    struct kinesis *k = s->state;
    const double since_s = (double)(core_now(s->core) - k->looked_ns) / KINESIS_SECOND_NS;
    if (since_s > 0) {
        k->hottest = stream_hottest(&k->stream, since_s);
        k->hot_s += k->hottest * since_s;
        k->looked_ns = core_now(s->core);
    }
}

static void kinesis_minute(struct world *w, struct service *s)
{
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const double by_records =
        (k->now.records - k->minute.records) / KINESIS_MINUTE_S / p->shard.write_records_per_s;
    const double by_bytes =
        (k->now.bytes - k->minute.bytes) / KINESIS_MINUTE_S / p->shard.write_bytes_per_s;
    k->minute = k->now;
    kinesis_look(s);
    stream_expire(&k->stream, core_now(s->core));
    if (p->mode == KINESIS_ON_DEMAND) {
        kinesis_follow(w, s, by_records > by_bytes ? by_records : by_bytes);
    }
    service_timer(s, KINESIS_MINUTE_NS, KINESIS_TICK);
}

/* UpdateShardCount: to the half at least and the double at most, one at a time. */
static bool kinesis_control(struct world *w, struct service *s, uint32_t control, double value)
{
    (void)control;
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const double open = k->stream.open_count;
    if (p->mode == KINESIS_ON_DEMAND || k->next_shards > 0 || value != floor(value) ||
        value < open / 2 || value > open * 2 || value > KINESIS_SHARDS_MAX || value == open) {
        return false;
    }
    const double changed = fabs(value - open);
    kinesis_reshard(w, s, (uint32_t)value, (int64_t)(changed * (double)p->reshard_ns), value, open);
    return true;
}

/* ---- the service ---- */

static double kinesis_shards_max(const struct world *w, const struct service *s)
{
    const struct kinesis_params *p = s->params;
    const struct kinesis_quotas *quotas = s->quotas;
    const bool brazil = strcmp(world_region(w), "sa-east-1") == 0;
    const double most = (brazil ? quotas->on_demand.sa_east_1_bytes_per_s
                                : quotas->on_demand.us_east_1_bytes_per_s) /
                        p->shard.write_bytes_per_s;
    return most > KINESIS_SHARDS_MAX ? KINESIS_SHARDS_MAX : most < 1 ? 1 : most;
}

static void kinesis_start(struct world *w, struct service *s)
{
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const uint32_t consumers = s->spec->consumers_count;
    bool *enhanced = arena_array(s->arena, consumers > 0 ? consumers : 1, sizeof(*enhanced));
    for (uint32_t c = 0; c < consumers; c++) {
        for (uint32_t i = 0; i < p->enhanced_fan_out_services.count; i++) {
            enhanced[c] =
                enhanced[c] || p->enhanced_fan_out_services.items[i] == s->spec->consumers[c];
        }
    }
    k->key_random = service_random(w, s, "keys");
    k->size_random = service_random(w, s, "size");
    k->latency_random = service_random(w, s, "latency");
    k->salt = random_next(&k->key_random);
    if (p->keys_popularity.n > 0) {
        zipf_init(&k->popularity, p->keys_popularity.n, p->keys_popularity.s);
    }
    stream_init(&k->stream, &(struct stream_setup){
                                .arena = s->arena,
                                .shards_count = (uint32_t)p->shards_count,
                                .consumers_count = consumers,
                                .records_per_s = p->shard.write_records_per_s,
                                .bytes_per_s = p->shard.write_bytes_per_s,
                                .retention_ns = p->retention_ns,
                            });
    readers_init(&k->readers, &(struct readers_setup){
                                  .core = s->core,
                                  .arena = s->arena,
                                  .stream = &k->stream,
                                  .enhanced = enhanced,
                                  .service = s->index,
                                  .timer = KINESIS_READERS,
                                  .poll_ns = p->poll_ns,
                                  .polled = p->polled_ns_dist,
                                  .pushed = p->pushed_ns_dist,
                                  .polls_per_s = p->shard.reads_per_s,
                                  .bytes_per_s = p->shard.read_bytes_per_s,
                                  .poll_records = (uint32_t)p->read.records_count,
                                  .poll_bytes = (double)p->read.bytes_bytes,
                                  .random = service_random(w, s, "polls"),
                              });
    k->shards_max = (uint32_t)kinesis_shards_max(w, s);
    gauge_set(&k->open, p->shards_count, core_now(s->core));
    service_gauge(s, &k->open, &k->seen);
    summary_init(&k->age, s->arena);
    s->load.unlimited = true;
    const int64_t first_ns = world_origin(w) % KINESIS_MINUTE_NS;
    service_timer(s, first_ns > 0 ? first_ns : KINESIS_MINUTE_NS, KINESIS_TICK);
}

static void kinesis_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct kinesis *k = s->state;
    if (slot == KINESIS_TICK) {
        kinesis_minute(w, s);
    } else if (slot == KINESIS_RESHARDED) {
        kinesis_resharded(s);
    } else if (readers_due(&k->readers, slot - KINESIS_READERS)) {
        source_ready(w, s);
    }
}

static struct kinesis_counts kinesis_counts_now(const struct kinesis *k)
{
    struct kinesis_counts counts = k->now;
    counts.read_exceeded = (double)k->readers.put_off;
    counts.expired = (double)k->stream.expired;
    return counts;
}

static void kinesis_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct kinesis *k = s->state;
    kinesis_look(s);
    *(begins ? &k->begin : &k->end) = kinesis_counts_now(k);
    *(begins ? &k->hot_begin_s : &k->hot_end_s) = k->hot_s;
}

/* The age of the oldest record that somebody has not read, in s. */
static double kinesis_age_s(const struct service *s)
{
    const struct kinesis *k = s->state;
    int64_t oldest_ns = core_now(s->core);
    for (uint32_t shard = 0; shard < k->stream.shards_count; shard++) {
        for (uint32_t c = 0; c < s->spec->consumers_count; c++) {
            const int64_t at_ns = stream_oldest_ns(&k->stream, shard, c);
            oldest_ns = at_ns < oldest_ns ? at_ns : oldest_ns;
        }
    }
    return (double)(core_now(s->core) - oldest_ns) / KINESIS_SECOND_NS;
}

static double kinesis_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct kinesis *k = s->state;
    return metric == KINESIS_OPEN_SHARDS ? (double)k->open.value : kinesis_age_s(s);
}

static void kinesis_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct kinesis *k = s->state;
    const struct kinesis_counts *from = &k->begin, *to = &k->end;
    own[KINESIS_INCOMING_RECORDS].value = to->records - from->records;
    own[KINESIS_INCOMING_BYTES].value = to->bytes - from->bytes;
    own[KINESIS_WRITE_EXCEEDED].value = to->write_exceeded - from->write_exceeded;
    own[KINESIS_READ_EXCEEDED].value = to->read_exceeded - from->read_exceeded;
    own[KINESIS_GET_RECORDS].value = to->read - from->read;
    own[KINESIS_GET_BYTES].value = to->read_bytes - from->read_bytes;
    own[KINESIS_ITERATOR_AGE].summary = &k->age;
    own[KINESIS_ITERATOR_AGE_NOW].value = (double)k->age_max_ns / KINESIS_SECOND_NS;
    own[KINESIS_EXPIRED].value = to->expired - from->expired;
    own[KINESIS_OPEN_SHARDS].value = gauge_mean(&k->seen, world_window_s(w));
    own[KINESIS_HOTTEST].value = (k->hot_end_s - k->hot_begin_s) / world_window_s(w);
}

static void kinesis_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct kinesis *k = s->state;
    usage[0] = (struct usage){.used = k->hot_s, .available = 1};
}

const struct model kinesis_model = {
    .info =
        {
            .name = "kinesis",
            .title = "Amazon Kinesis Data Streams: records in shards, read in order",
            .text = "A record goes to the shard of its partition key, which takes 1,000 records "
                    "and 1 MB a second (two token buckets); what is beyond ends as `throttled`. "
                    "Each consumer (a `trigger`) reads every shard in order, at its own place: it "
                    "polls once a second, at most five polls a second and 2 MB/s for all who "
                    "share the shard, or hears of records at once with enhanced_fan_out. A hot "
                    "key has one shard only, however many there are. On demand the shards are for "
                    "twice the highest minute so far, 15 minutes later, and never fewer; an "
                    "administrator may set them otherwise (UpdateShardCount). Left out: the order "
                    "of parents and children after a split, aggregation, other readers than "
                    "triggers.",
            ROWS(params, kinesis_params),
            ROWS(metrics, kinesis_metrics),
            ROWS(operations, kinesis_operations),
            ROWS(quotas, kinesis_quotas),
            ROWS(resources, kinesis_resources),
            .params_size = sizeof(struct kinesis_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct kinesis_quotas),
            .controls = kinesis_controls,
            .source = true,
            .check = kinesis_check,
            .terms = kinesis_terms,
        },
    .state_size = sizeof(struct kinesis),
    .start = kinesis_start,
    .window = kinesis_window,
    .timer = kinesis_timer,
    .observe = kinesis_observe,
    .usage = kinesis_usage,
    .arrive = kinesis_arrive,
    .receive = kinesis_receive,
    .settle = shards_settle,
    .parts = kinesis_parts,
    .level = kinesis_level,
    .control = kinesis_control,
};
