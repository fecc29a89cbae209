/* dynamodb: a table of items, read and written by key, with capacity in units.
 * A call costs units by the size of its item, from the bucket of the table (on demand: a limit that
 * grows with the traffic; provisioned: with its burst) and from that of the partition where its key
 * lies. Without them it ends as `throttled`, at once; else it takes its latency, whatever the load.
 * Blocks: bucket (one for reads, one for writes) and partitions; tokens are half units. Tables:
 * dynamodb_tables.h; the stream of what is written: dynamodb_stream.h. */
#include "models/model.h"

#include <math.h>

#include "models/dynamodb_stream.h"
#include "models/dynamodb_tables.h"
#include "sim/blocks/partitions.h"

enum { DYNAMODB_DATAPOINT, DYNAMODB_READERS }; /* timer slots; the last: one a reader */
#define SECOND_NS 1e9
#define KIB 1024.0
#define TOLD_RATIO 1.1

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
    struct dynamodb_stream stream;
};

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
                        .split = dynamodb_streams(p) ? dynamodb_stream_split : NULL,
                        .context = &table->stream,
                    });
    if (dynamodb_streams(p)) {
        dynamodb_stream_start(&table->stream, w, s, table->partitions.count, DYNAMODB_READERS);
    }
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
    service_timer_in_lane(s, table->lane, p->datapoint_ns, DYNAMODB_DATAPOINT);
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
    if (kind == DYNAMODB_WRITES && dynamodb_streams(p)) {
        dynamodb_stream_write(&table->stream, w, s, &table->partitions, table->items, items,
                              dynamodb_stream_record_bytes(p, f->operation, bytes));
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

static void dynamodb_datapoint(struct world *w, struct service *s)
{
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
    if (dynamodb_streams(p)) {
        dynamodb_stream_tick(&table->stream, w, s);
    }
    service_timer_in_lane(s, table->lane, p->datapoint_ns, DYNAMODB_DATAPOINT);
}

static void dynamodb_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct dynamodb *table = s->state;
    if (slot == DYNAMODB_DATAPOINT) {
        dynamodb_datapoint(w, s);
    } else if (readers_due(&table->stream.readers, slot - DYNAMODB_READERS)) {
        source_ready(w, s);
    }
}

/* ---- the stream is read ---- */

static struct source_terms dynamodb_terms(const void *params)
{
    struct source_terms terms = shards_terms();
    terms.consumers_most = STREAM_CONSUMERS_MAX;
    terms.nothing = dynamodb_streams(params)
                        ? NULL
                        : "has no stream: give it one, as `stream: {view: new_and_old_images}`";
    return terms;
}

static uint32_t dynamodb_receive(struct world *w, struct service *s, uint16_t edge,
                                 const struct source_ask *ask, uint32_t *delivery)
{
    struct dynamodb_stream *stream = &((struct dynamodb *)s->state)->stream;
    const struct stream_batch batch = shards_read(w, s, &stream->readers, edge, ask, delivery);
    stream->now.read += batch.count;
    stream->now.read_bytes += batch.bytes;
    return batch.count;
}

static uint32_t dynamodb_parts(struct world *w, struct service *s)
{
    (void)w;
    return ((const struct dynamodb *)s->state)->stream.log.shards_count;
}

static uint32_t dynamodb_part_after(struct world *w, struct service *s, uint32_t part,
                                    uint32_t *count)
{
    (void)w;
    return shards_after(&((const struct dynamodb *)s->state)->stream.log, part, count);
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
    struct dynamodb_stream *stream = &table->stream;
    *(begins ? &stream->begin : &stream->end) = dynamodb_stream_counts_now(stream);
}

static void dynamodb_observe_stream(const struct service *s, struct own_value *own)
{
    const struct dynamodb_stream *stream = &((const struct dynamodb *)s->state)->stream;
    if (dynamodb_streams(s->params)) {
        own[STREAM_RECORDS].value = stream->end.written - stream->begin.written;
        own[RETURNED_RECORDS].value = stream->end.read - stream->begin.read;
        own[RETURNED_BYTES].value = stream->end.read_bytes - stream->begin.read_bytes;
        own[EXPIRED_RECORDS].value = stream->end.expired - stream->begin.expired;
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
    dynamodb_observe_stream(s, own);
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
                "cut; capacity that grows splits them. With `stream: {view: ..}` each item that "
                "is written adds a record to the shard of its partition, in order; up to two "
                "consumers (`trigger`) poll it, four times a second, and read what a partition "
                "left that was split before what its halves add. Left out: indexes, batches, "
                "conflicts of transactions, capacity used by maintenance, growth in size, auto "
                "scaling, writes that change nothing and so add no record, shards that roll over, "
                "and retries of the SDK (say `retry` on the call).",
            ROWS(params, dynamodb_params),
            ROWS(metrics, dynamodb_metrics),
            ROWS(operations, dynamodb_operations),
            ROWS(quotas, dynamodb_quotas),
            ROWS(ahead, dynamodb_ahead),
            ROWS(resources, dynamodb_resources),
            .params_size = sizeof(struct dynamodb_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct dynamodb_quotas),
            .source = true,
            .check = dynamodb_check,
            .terms = dynamodb_terms,
        },
    .state_size = sizeof(struct dynamodb),
    .start = dynamodb_start,
    .window = dynamodb_window,
    .timer = dynamodb_timer,
    .observe = dynamodb_observe,
    .usage = dynamodb_usage,
    .arrive = dynamodb_arrive,
    .receive = dynamodb_receive,
    .settle = shards_settle,
    .parts = dynamodb_parts,
    .part_after = dynamodb_part_after,
};
