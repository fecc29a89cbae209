/* dynamodb: a table of items, read and written by key, with capacity in units.
 * A call costs units by the size of its item, from the bucket of the table (on demand: a limit that
 * grows with the traffic; provisioned: with its burst) and from that of the partition where its key
 * lies. Without them it ends as `throttled`, at once; else it takes its latency, whatever the load.
 * Blocks: bucket (one for reads, one for writes) and partitions; tokens are half units. */
#include "models/model.h"

#include <math.h>

#include "sim/blocks/partitions.h"

enum dynamodb_mode { DYNAMODB_ON_DEMAND, DYNAMODB_PROVISIONED };
enum dynamodb_kind { DYNAMODB_READS, DYNAMODB_WRITES, DYNAMODB_KINDS = PARTITIONS_KINDS };
/* Tokens of one started 4 KB (1 KB of a write): half a unit, one, two. */
enum { EVENTUAL = 1, UNIT = 2, TRANSACTIONAL = 4 };
enum { ITEMS_MAX = 100 };
enum dynamodb_metric {
    CONSUMED_READS,
    CONSUMED_WRITES,
    READ_THROTTLES,
    WRITE_THROTTLES,
    THROTTLED_REQUESTS,
    REQUEST_LATENCY,
    HOTTEST_PARTITION,
    PARTITION_COUNT,
};
enum dynamodb_resource { READ_CAPACITY, WRITE_CAPACITY, HOT_CAPACITY };
#define SECOND_NS 1e9
#define KIB 1024.0
#define TOLD_RATIO 1.1

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
};

#define PARAMS struct dynamodb_params
#define ON_DEMAND_GUIDE "DynamoDB Developer Guide, On-demand capacity mode"
#define WARM_GUIDE "DynamoDB Developer Guide, Understanding warm throughput"
#define UNITS_GUIDE "DynamoDB Developer Guide, Read and write operations"
#define PARTITION_GUIDE "DynamoDB Developer Guide, Burst and adaptive capacity"
#define LIMITS_GUIDE "DynamoDB Developer Guide, Service, account, and table quotas"
#define THROTTLED_GUIDE "AWS re:Post, Why is my on-demand DynamoDB table being throttled?"
#define HEAT_BLOG "AWS Database Blog, Scaling DynamoDB: partitions, hot keys, and split for heat"
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
} dynamodb_costs[OPERATIONS] = {
    [GET] = {DYNAMODB_READS, EVENTUAL, false},
    [GET_CONSISTENT] = {DYNAMODB_READS, UNIT, false},
    [PUT] = {DYNAMODB_WRITES, UNIT, false},
    [UPDATE] = {DYNAMODB_WRITES, UNIT, false},
    [DELETE] = {DYNAMODB_WRITES, UNIT, false},
    [QUERY] = {DYNAMODB_READS, EVENTUAL, false},
    [TRANSACT_GET] = {DYNAMODB_READS, TRANSACTIONAL, true},
    [TRANSACT_WRITE] = {DYNAMODB_WRITES, TRANSACTIONAL, true},
};

/* What a throttled call is told, by kind. */
static const char *const dynamodb_table_names[] = {"table reads", "table writes"};
static const char *const dynamodb_quota_names[] = {"table read quota", "table write quota"};
static const char *const dynamodb_partition_names[] = {"partition reads", "partition writes"};

/* A new peak, that will count as the previous one. */
struct dynamodb_peak {
    int64_t due_ns;
    double per_s;
};

/* Reads or writes of the table. */
struct dynamodb_side {
    struct bucket bucket;
    double limit_per_s, quota_per_s; /* units */
    int64_t total, total_before;     /* tokens used, and those before this datapoint */
    int64_t total_begin, total_end;  /* those before and in the window */
    uint64_t throttled;              /* measured */
    double peak_per_s;               /* the highest datapoint so far, or what counts as such */
    struct dynamodb_peak *pending;   /* ring, in order */
    uint32_t pending_first, pending_count;
    struct log_entry *growth; /* the last */
};

struct dynamodb {
    struct dynamodb_side sides[DYNAMODB_KINDS];
    struct partitions partitions;
    const struct distribution *latencies[OPERATIONS];
    uint32_t items[ITEMS_MAX]; /* partitions that the present call goes to */
    uint32_t pending_room;
    uint32_t lane; /* of datapoints */
    struct random latency_random, key_random;
    struct summary latency;   /* measured */
    int64_t begin_ns, end_ns; /* of the window */
    double hot_begin_s, hot_end_s;
    struct log_entry *split; /* the last */
};

static const char *dynamodb_check(const void *params)
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

/* ---- limits ---- */

/* Whole half units that come at a rate of units in a time; a bucket holds one at least. */
static int64_t dynamodb_tokens(double units_per_s, int64_t time_ns)
{
    return (int64_t)fmax(1, round(units_per_s * UNIT * (double)time_ns / SECOND_NS));
}

/* How long unused capacity of the table is kept. */
static int64_t dynamodb_kept_ns(const struct dynamodb_params *p)
{
    const int64_t burst_ns = p->mode == DYNAMODB_PROVISIONED ? p->burst_time_ns : 0;
    return burst_ns > p->limit_period_ns ? burst_ns : p->limit_period_ns;
}

static double dynamodb_given(double per_s)
{
    return isnan(per_s) ? 0 : per_s;
}

static double dynamodb_first_limit(const struct dynamodb_params *p, enum dynamodb_kind kind)
{
    const bool reads = kind == DYNAMODB_READS;
    if (p->mode == DYNAMODB_PROVISIONED) {
        return reads ? p->provisioned.reads_per_s : p->provisioned.writes_per_s;
    }
    const double new = reads ? p->new_table.reads_per_s : p->new_table.writes_per_s;
    const double warm = reads ? p->warm_throughput.reads_per_s : p->warm_throughput.writes_per_s;
    const double peak = reads ? p->previous_peak.reads_per_s : p->previous_peak.writes_per_s;
    return fmax(new, fmax(dynamodb_given(warm), 2 * dynamodb_given(peak)));
}

static void dynamodb_start_side(const struct service *s, enum dynamodb_kind kind)
{
    const struct dynamodb_params *p = s->params;
    const struct dynamodb_quotas *quotas = s->quotas;
    struct dynamodb *table = s->state;
    struct dynamodb_side *side = &table->sides[kind];
    side->quota_per_s =
        kind == DYNAMODB_READS ? quotas->table_reads_per_s : quotas->table_writes_per_s;
    side->limit_per_s = fmin(dynamodb_first_limit(p, kind), side->quota_per_s);
    side->peak_per_s = side->limit_per_s / 2;
    side->pending = arena_array(s->arena, table->pending_room, sizeof(*side->pending));
    bucket_init(&side->bucket, side->limit_per_s * UNIT,
                dynamodb_tokens(side->limit_per_s, dynamodb_kept_ns(p)));
}

/* The table's limit is another one from now on. */
static void dynamodb_set_limit(struct service *s, enum dynamodb_kind kind, double limit_per_s)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    struct dynamodb_side *side = &table->sides[kind];
    const int64_t now_ns = core_now(s->core);
    side->limit_per_s = limit_per_s;
    bucket_change(&side->bucket, now_ns, limit_per_s * UNIT,
                  dynamodb_tokens(limit_per_s, dynamodb_kept_ns(p)));
    const double rates_per_s[] = {
        table->sides[DYNAMODB_READS].limit_per_s * UNIT,
        table->sides[DYNAMODB_WRITES].limit_per_s * UNIT,
    };
    partitions_fit(&table->partitions, now_ns, rates_per_s);
}

/* ---- the beginning ---- */

/* As many as the size needs, and each of the rates: nobody says how many there really are. */
static uint32_t dynamodb_first_partitions(const struct service *s)
{
    const struct dynamodb_params *p = s->params;
    const struct dynamodb *table = s->state;
    const double reads = fmax(table->sides[DYNAMODB_READS].limit_per_s,
                              dynamodb_given(p->warm_throughput.reads_per_s));
    const double writes = fmax(table->sides[DYNAMODB_WRITES].limit_per_s,
                               dynamodb_given(p->warm_throughput.writes_per_s));
    double count = fmax(0, (double)p->table_size_bytes) / (double)p->partition.size_bytes;
    count = fmax(count, reads / p->partition.reads_per_s);
    count = fmax(count, writes / p->partition.writes_per_s);
    count = fmax(ceil(count), fmax(1, (double)p->partitions_count));
    return (uint32_t)fmin(count, PARTITIONS_MAX);
}

static void dynamodb_start_partitions(struct world *w, struct service *s)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    struct random placement = service_random(w, s, "placement");
    const double reads = p->partition.reads_per_s, writes = p->partition.writes_per_s;
    const int64_t datapoints = (p->split.after_ns + p->datapoint_ns - 1) / p->datapoint_ns;
    partitions_init(&table->partitions, s->arena,
                    &(struct partitions_rules){
                        .count = dynamodb_first_partitions(s),
                        .limits = {{reads * UNIT, dynamodb_tokens(reads, p->limit_period_ns)},
                                   {writes * UNIT, dynamodb_tokens(writes, p->limit_period_ns)}},
                        .keys_count = p->keys_popularity.n,
                        .zipf_s = p->keys_popularity.s,
                        .salt = random_next(&placement),
                        .split_ratio = p->split.above_ratio,
                        .split_ticks = (uint32_t)fmin((double)datapoints, UINT32_MAX),
                        .single_ratio = p->split.single_key_ratio,
                    });
}

static void dynamodb_start_latencies(struct world *w, struct service *s)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    const struct distribution *own[OPERATIONS] = {
        [GET] = p->get_latency_ns_dist,
        [GET_CONSISTENT] = p->get_consistent_latency_ns_dist,
        [PUT] = p->put_latency_ns_dist,
        [UPDATE] = p->update_latency_ns_dist,
        [DELETE] = p->delete_latency_ns_dist,
        [QUERY] = p->query_latency_ns_dist,
        [TRANSACT_GET] = p->transact_get_latency_ns_dist,
        [TRANSACT_WRITE] = p->transact_write_latency_ns_dist,
    };
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        const bool reads = dynamodb_costs[i].kind == DYNAMODB_READS;
        const struct distribution *like = reads ? own[GET] : own[PUT];
        table->latencies[i] = own[i] != NULL ? own[i] : like;
    }
    table->latency_random = service_random(w, s, "latency");
    table->key_random = service_random(w, s, "keys");
    summary_init(&table->latency, s->arena);
}

static void dynamodb_start(struct world *w, struct service *s)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    /* one peak a datapoint, until each has waited for the time of growth */
    table->pending_room = (uint32_t)(p->growth_time_ns / p->datapoint_ns) + 2;
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        dynamodb_start_side(s, kind);
    }
    dynamodb_start_partitions(w, s);
    dynamodb_start_latencies(w, s);
    table->lane = events_lane(&s->core->events, p->datapoint_ns);
    service_timer_in_lane(s, table->lane, p->datapoint_ns, 0);
    s->load.unlimited = true;
}

/* ---- a call ---- */

static double dynamodb_bytes(const struct world *w, const struct service *s, const struct frame *f)
{
    const struct dynamodb_params *p = s->params;
    const double bytes = call_size(w, f);
    if (f->operation == QUERY) {
        const int64_t plain_bytes =
            p->query_size_bytes > 0 ? p->query_size_bytes : p->item_size_bytes;
        return bytes > 0 ? fmin(bytes, (double)p->page_max_bytes) : (double)plain_bytes;
    }
    return bytes > 0 ? bytes : (double)p->item_size_bytes;
}

/* Latencies and keys are drawn for every call, so that variants see the same luck. */
static void dynamodb_draw(const struct service *s, struct frame *f, double bytes, uint32_t items)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    f->work_ns = distribution_draw_int(table->latencies[f->operation], &table->latency_random);
    if (f->operation == QUERY) {
        f->work_ns += (int64_t)(bytes / KIB * (double)p->query_latency_per_kib_ns);
    }
    for (uint32_t i = 0; i < items; i++) {
        table->items[i] = partitions_draw(&table->partitions, &table->key_random);
    }
}

/* Takes the tokens of all items or none; returns the limit that had too few, or null. */
static const char *dynamodb_take(struct dynamodb *table, enum dynamodb_kind kind, int64_t now_ns,
                                 int64_t tokens, uint32_t items)
{
    struct dynamodb_side *side = &table->sides[kind];
    if (!bucket_take_owing(&side->bucket, now_ns, tokens * items)) {
        return side->limit_per_s < side->quota_per_s ? dynamodb_table_names[kind]
                                                     : dynamodb_quota_names[kind];
    }
    for (uint32_t i = 0; i < items; i++) {
        if (!partitions_take(&table->partitions, table->items[i], kind, now_ns, tokens)) {
            while (i-- > 0) {
                partitions_give_back(&table->partitions, table->items[i], kind, tokens);
            }
            bucket_give_back(&side->bucket, tokens * items);
            return dynamodb_partition_names[kind];
        }
    }
    side->total += tokens * items;
    return NULL;
}

static void dynamodb_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    const enum dynamodb_kind kind = dynamodb_costs[f->operation].kind;
    const uint32_t items =
        dynamodb_costs[f->operation].transaction ? (uint32_t)p->transaction_items_count : 1;
    const double bytes = dynamodb_bytes(w, s, f);
    dynamodb_draw(s, f, bytes, items);
    const bool too_large = f->operation != QUERY && bytes > (double)p->item_max_bytes;
    if (too_large || (items > 1 && bytes * items > (double)p->transaction_max_bytes)) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    const int64_t unit_bytes = kind == DYNAMODB_READS ? p->read_unit_bytes : p->write_unit_bytes;
    const int64_t started = ((int64_t)ceil(bytes) + unit_bytes - 1) / unit_bytes;
    const char *limit = dynamodb_take(table, kind, core_now(s->core),
                                      started * dynamodb_costs[f->operation].tokens, items);
    const bool measured = f->flags & FRAME_MEASURED;
    if (limit != NULL) {
        table->sides[kind].throttled += measured;
        call_throttle(w, f, limit);
        return;
    }
    if (measured) {
        summary_add(&table->latency, f->work_ns);
    }
    call_work(w, f);
}

/* ---- a datapoint ---- */

/* A ramp is one entry of the log, that goes on while there is more within the time of growth, or
 * less than a tenth more after it. */
static void dynamodb_log(struct world *w, struct service *s, struct log_entry **last,
                         const struct log_entry *entry)
{
    const struct dynamodb_params *p = s->params;
    const int64_t now_ns = core_now(s->core);
    if (*last == NULL ||
        (now_ns - (*last)->until_ns > p->growth_time_ns && entry->to > TOLD_RATIO * (*last)->to)) {
        *last = service_log(w, s, entry);
        return;
    }
    (*last)->until_ns = now_ns;
    (*last)->value = entry->value;
    (*last)->to = entry->to;
}

/* A datapoint above the peak so far is a new peak, which counts as previous after some time. */
static void dynamodb_see_peak(struct world *w, struct service *s, enum dynamodb_kind kind,
                              double mean_per_s)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    struct dynamodb_side *side = &table->sides[kind];
    const double before_per_s = side->peak_per_s;
    const uint32_t last = (side->pending_first + side->pending_count) % table->pending_room;
    side->pending[last] = (struct dynamodb_peak){core_now(s->core) + p->growth_time_ns, mean_per_s};
    side->pending_count++;
    side->peak_per_s = mean_per_s;
    dynamodb_log(w, s, &side->growth,
                 &(struct log_entry){
                     .kind = LOG_SCALE_OUT,
                     .metric = dynamodb_metrics[CONSUMED_READS + kind].name,
                     .value = mean_per_s,
                     .threshold = before_per_s,
                     .from = 2 * before_per_s,
                     .to = fmin(2 * mean_per_s, side->quota_per_s),
                     .delay_ns = p->growth_time_ns,
                     .text = "on demand serves twice the previous peak",
                 });
}

static void dynamodb_grow(struct world *w, struct service *s, enum dynamodb_kind kind)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    struct dynamodb_side *side = &table->sides[kind];
    const double used = (double)(side->total - side->total_before) / UNIT;
    const double mean_per_s = used / ((double)p->datapoint_ns / SECOND_NS);
    side->total_before = side->total;
    if (p->mode == DYNAMODB_ON_DEMAND && 2 * side->peak_per_s < side->quota_per_s &&
        mean_per_s > side->peak_per_s) {
        /* what a full bucket adds to its first datapoint is no sustained traffic */
        dynamodb_see_peak(w, s, kind, fmin(mean_per_s, side->limit_per_s));
    }
    double peak_per_s = 0;
    while (side->pending_count > 0 &&
           side->pending[side->pending_first].due_ns <= core_now(s->core)) {
        peak_per_s = side->pending[side->pending_first].per_s;
        side->pending_first = (side->pending_first + 1) % table->pending_room;
        side->pending_count--;
    }
    const double limit_per_s = fmin(2 * peak_per_s, side->quota_per_s);
    if (limit_per_s > side->limit_per_s) {
        dynamodb_set_limit(s, kind, limit_per_s);
    }
}

static void dynamodb_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    struct partitions *partitions = &table->partitions;
    const uint32_t before = partitions->count;
    partitions_tick(partitions, core_now(s->core), (double)p->datapoint_ns / SECOND_NS);
    if (partitions->count > before) {
        dynamodb_log(w, s, &table->split,
                     &(struct log_entry){
                         .kind = LOG_SCALE_OUT,
                         .metric = dynamodb_metrics[HOTTEST_PARTITION].name,
                         .value = partitions->hottest,
                         .threshold = p->split.above_ratio,
                         .from = before,
                         .to = partitions->count,
                         .text = "partitions that stayed hot are split",
                     });
    }
    dynamodb_grow(w, s, DYNAMODB_READS);
    dynamodb_grow(w, s, DYNAMODB_WRITES);
    service_timer_in_lane(s, table->lane, p->datapoint_ns, 0);
}

/* ---- what was measured ---- */

static void dynamodb_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct dynamodb *table = s->state;
    *(begins ? &table->begin_ns : &table->end_ns) = core_now(s->core);
    *(begins ? &table->hot_begin_s : &table->hot_end_s) = partitions_hot_s(&table->partitions);
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        struct dynamodb_side *side = &table->sides[kind];
        *(begins ? &side->total_begin : &side->total_end) = side->total;
    }
}

static void dynamodb_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    struct dynamodb *table = s->state;
    const double seconds = (double)(table->end_ns - table->begin_ns) / SECOND_NS;
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        const struct dynamodb_side *side = &table->sides[kind];
        own[CONSUMED_READS + kind].value =
            (double)(side->total_end - side->total_begin) / UNIT / seconds;
        own[READ_THROTTLES + kind].value = (double)side->throttled;
    }
    own[THROTTLED_REQUESTS].value = own[READ_THROTTLES].value + own[WRITE_THROTTLES].value;
    own[REQUEST_LATENCY].summary = &table->latency;
    own[HOTTEST_PARTITION].value = /* its burst is more than its rate */
        fmin((table->hot_end_s - table->hot_begin_s) / seconds, 1);
    own[PARTITION_COUNT].value = table->partitions.count;
}

/* What was taken of the capacity, but for what was in reserve: that comes back first. */
static double dynamodb_used(const struct dynamodb_side *side, int64_t now_ns)
{
    return ((double)side->total - bucket_missing(&side->bucket, now_ns)) / UNIT;
}

static void dynamodb_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct dynamodb *table = s->state;
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        const struct dynamodb_side *side = &table->sides[kind];
        usage[READ_CAPACITY + kind] = (struct usage){.used = dynamodb_used(side, core_now(s->core)),
                                                     .available = side->limit_per_s};
    }
    usage[HOT_CAPACITY] =
        (struct usage){.used = partitions_hot_s(&table->partitions), .available = 1};
}

static const char *const dynamodb_ahead[] = {"warm_throughput.reads", "warm_throughput.writes",
                                             "provisioned.reads", "provisioned.writes"};

const struct model dynamodb_model = {
    .info =
        {
            .name = "dynamodb",
            .title = "a DynamoDB table",
            .text =
                "A call costs read or write units by its size, rounded up per item, from two "
                "token buckets: the table's and that of the partition where its key lies; without "
                "them it ends as `throttled` at once, else it takes its latency. On demand, the "
                "table serves what a new one does, what it was warmed for, or twice its previous "
                "peak, whichever is most, within the quota; the highest datapoint becomes the "
                "previous peak after growth_time. Provisioned, unused capacity of 300 s is kept. "
                "Any partition may use all that the table has (adaptive capacity), up to its own "
                "limits, which hold for reads and writes apart, as the guide says today (re:Post: "
                "or any mix of both; lower them for keys that are read and written at once); hot "
                "ones are split, but not for one hot key. There are as many as size, limits and "
                "warm throughput need, evenly "
                "cut; capacity that grows splits them. Left out: indexes, batches, conflicts of "
                "transactions, capacity used by maintenance, growth in size, auto scaling, and "
                "retries of the SDK (say `retry` on the call).",
            ROWS(params, dynamodb_params),
            ROWS(metrics, dynamodb_metrics),
            ROWS(operations, dynamodb_operations),
            ROWS(quotas, dynamodb_quotas),
            ROWS(ahead, dynamodb_ahead),
            ROWS(resources, dynamodb_resources),
            .params_size = sizeof(struct dynamodb_params),
            .quotas_size = sizeof(struct dynamodb_quotas),
            .check = dynamodb_check,
        },
    .state_size = sizeof(struct dynamodb),
    .start = dynamodb_start,
    .window = dynamodb_window,
    .timer = dynamodb_timer,
    .observe = dynamodb_observe,
    .usage = dynamodb_usage,
    .arrive = dynamodb_arrive,
};
