/* kinesis: a data stream. A record goes to the shard of its partition key, which takes so many
 * records and bytes a second, and is there for all consumers once it is written. Consumers that
 * share a shard's throughput poll it; those with enhanced fan-out hear of records at once. On
 * demand the shards follow the traffic. Blocks: stream, readers, shard_growth. Left out: the
 * Kinesis Client Library and its leases, records that are aggregated. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/kinesis_tables.h"
#include "models/shards.h"
#include "sim/blocks/shard_growth.h"
#include "sim/kernel/zipf.h"

struct kinesis_counts {
    double records, bytes, write_exceeded, read_exceeded, read, read_bytes, expired;
    double put_records, put_records_refused, pushed_bytes, payload_units;
};

struct kinesis {
    struct stream stream;
    struct readers readers;
    struct zipf popularity;
    uint64_t salt;
    struct random key_random, size_random, latency_random;
    uint32_t next_shards; /* being resharded to; 0: it is not */
    struct shard_growth growth;
    int64_t *reshards_ns; /* the last so many commands, in a ring */
    uint32_t reshards_next;
    struct kinesis_counts now, begin, end, minute;
    double hottest, hot_s, hot_begin_s, hot_end_s;
    struct gauge open;
    struct gauge_window seen;
    struct summary age;
    int64_t age_max_ns, looked_ns;
};

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
    k->now.payload_units += ceil(bytes / KINESIS_PAYLOAD_UNIT);
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
    k->now.put_records += several ? (double)count : 0;
    k->now.put_records_refused += several ? refused : 0;
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

static uint32_t kinesis_part_after(struct world *w, struct service *s, uint32_t part,
                                   uint32_t *count)
{
    (void)w;
    return shards_after(&((const struct kinesis *)s->state)->stream, part, count);
}

static struct source_terms kinesis_terms(const void *params)
{
    (void)params;
    return shards_terms();
}

/* ---- shards ---- */

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

static void kinesis_resharded(struct service *s)
{
    struct kinesis *k = s->state;
    kinesis_look(s);
    k->hottest = 0; /* of the new ones nothing is known yet */
    stream_reshard(&k->stream, k->next_shards);
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

/* On demand: `busy` is what the last minute used, in shards. */
static void kinesis_follow(struct world *w, struct service *s, double busy)
{
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const uint32_t open = k->stream.open_count;
    const uint32_t wanted =
        shard_growth_wanted(&k->growth, open, busy, k->hottest, k->next_shards > 0);
    if (wanted > open) {
        kinesis_reshard(w, s, wanted, p->on_demand.delay_ns, k->hottest, k->growth.hot);
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

/* Not more often in 24 hours than so. */
static bool kinesis_may_reshard(const struct service *s)
{
    const struct kinesis *k = s->state;
    const int64_t oldest_ns = k->reshards_ns[k->reshards_next]; /* plus 1; 0: none */
    return oldest_ns == 0 || core_now(s->core) + 1 - oldest_ns >= KINESIS_DAY_NS;
}

/* UpdateShardCount: to the half at least and the double at most, one at a time. */
static bool kinesis_control(struct world *w, struct service *s, uint32_t control, double value)
{
    (void)control;
    const struct kinesis_params *p = s->params;
    struct kinesis *k = s->state;
    const double open = k->stream.open_count;
    if (p->mode == KINESIS_ON_DEMAND || k->next_shards > 0 || value != floor(value) ||
        value < open / 2 || value > open * 2 || value > KINESIS_SHARDS_MAX || value == open ||
        !kinesis_may_reshard(s)) {
        return false;
    }
    k->reshards_ns[k->reshards_next] = core_now(s->core) + 1;
    k->reshards_next = (k->reshards_next + 1) % (uint32_t)p->reshards_count;
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
    k->growth = (struct shard_growth){
        .headroom = p->on_demand.headroom,
        .hot = p->on_demand.split_bytes_per_s / p->shard.write_bytes_per_s,
        .most = (uint32_t)kinesis_shards_max(w, s),
    };
    k->reshards_ns = arena_array(s->arena, (size_t)p->reshards_count, sizeof(*k->reshards_ns));
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
    counts.pushed_bytes = k->readers.pushed_bytes;
    return counts;
}

/* Each consumer has read what came, lost it to its age, or has it before it. */
static bool kinesis_conserved(const struct service *s)
{
    const struct kinesis *k = s->state;
    double kept = 0;
    for (uint32_t i = 0; i < k->stream.shards_count; i++) {
        kept += (double)k->stream.shards[i].next;
    }
    return stream_conserved(&k->stream) &&
           (s->spec->consumers_count == 0 || k->stream.full || kept == k->now.records);
}

static void kinesis_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct kinesis *k = s->state;
    kinesis_look(s);
    assert_hot(kinesis_conserved(s));
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
    assert_hot(kinesis_conserved(s));
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
    own[KINESIS_PUT_RECORDS_TOTAL].value = to->put_records - from->put_records;
    own[KINESIS_PUT_RECORDS_THROTTLED].value = to->put_records_refused - from->put_records_refused;
    own[KINESIS_PUSHED_BYTES].value = to->pushed_bytes - from->pushed_bytes;
    own[KINESIS_PAYLOAD_UNITS].value = to->payload_units - from->payload_units;
}

static void kinesis_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct kinesis_params *p = s->params;
    const struct kinesis *k = s->state;
    usage[0] = (struct usage){.used = k->hot_s, .available = 1};
    usage[1] =
        (struct usage){.used = k->readers.hottest_bytes, .available = p->shard.read_bytes_per_s};
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
                    "administrator may set them otherwise (UpdateShardCount). New shards are read "
                    "once their consumer is through with those before them that had their keys. "
                    "A put_records of which some records are refused has the others in: whoever "
                    "tries it again writes those twice. Left out: aggregation, other readers than "
                    "triggers, splits and merges of single shards.",
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
            .check_together = kinesis_check_named,
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
    .part_after = kinesis_part_after,
    .level = kinesis_level,
    .control = kinesis_control,
};
