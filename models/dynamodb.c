/* dynamodb: a table of items, read and written by key, with capacity in units.
 * A call costs units by the size of its item, from the bucket of the table and from that of the
 * partition where its key lies. Without them it ends as `throttled`, at once; else it takes its
 * latency, whatever the load. Tokens are half units.
 * Here: how a call is served. Beside it: dynamodb_tables.h, dynamodb_calls.h (what it asks for),
 * dynamodb_capacity.h (limits, auto scaling, partitions), dynamodb_meetings.h (transactions),
 * dynamodb_stream.h, dynamodb_global.h. */
#include "models/model.h"

#include <math.h>

#include "models/dynamodb_calls.h"

/* ---- the beginning ---- */

static void dynamodb_start(struct world *w, struct service *s)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    const bool streams = dynamodb_streams(p);
    dynamodb_capacity_start(&table->capacity, w, s, streams ? dynamodb_stream_split : NULL,
                            &table->stream);
    if (streams) {
        dynamodb_stream_start(&table->stream, w, s, table->capacity.partitions.count,
                              DYNAMODB_READERS);
    }
    dynamodb_global_start(&table->global, w, s);
    dynamodb_start_latencies(w, s);
    dynamodb_meetings_start(&table->meetings, w, s);
    table->lane = events_lane(&s->core->events, p->datapoint_ns);
    service_timer_in_lane(s, table->lane, p->datapoint_ns, DYNAMODB_DATAPOINT);
    s->load.unlimited = true;
}

/* ---- a call ---- */

/* It takes its time, and then ends so. */
static void dynamodb_end(struct service *s, struct frame *f, enum outcome outcome)
{
    load_serve(&s->load, s->core, f);
    f->block = (uint8_t)outcome;
    f->state = FRAME_HELD;
    f->event = service_timer(s, f->work_ns, DYNAMODB_ENDS | core_slot(s->core, f));
}

static void dynamodb_ended(struct service *s, struct frame *f)
{
    const enum outcome outcome = (enum outcome)f->block;
    f->event = EVENT_NONE;
    f->block = 0;
    core_end(s->core, f, outcome);
}

/* Each item for itself: those that found capacity stand first then, *limit is what the last of the
 * others lacked. Returns how many there are. */
static uint32_t dynamodb_take_each(struct dynamodb *table, enum dynamodb_kind kind, int64_t now_ns,
                                   int64_t tokens, uint32_t items, const char **limit)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < items; i++) {
        const char *lacked =
            dynamodb_take(&table->capacity, kind, now_ns, tokens, &table->items[i], 1);
        if (lacked == NULL) {
            table->items[taken] = table->items[i];
            table->keys[taken++] = table->keys[i];
        } else {
            *limit = lacked;
        }
    }
    return taken;
}

/* So many of its items found capacity; it ends so, if nothing comes in between. */
static void dynamodb_serve(struct world *w, struct service *s, struct frame *f, double bytes,
                           double units, uint32_t items, enum outcome outcome)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    const bool measured = f->flags & FRAME_MEASURED;
    if (dynamodb_meets(&table->meetings, s, f, table->keys, items) ||
        dynamodb_condition_fails(&table->meetings, p, f)) {
        dynamodb_end(s, f, OUTCOME_FAILED);
        return;
    }
    if (dynamodb_costs[f->operation].kind == DYNAMODB_WRITES) {
        dynamodb_hold(&table->meetings, s, f, table->keys, items);
        if (dynamodb_streams(p)) {
            dynamodb_stream_write(&table->stream, w, s, &table->capacity.partitions, table->items,
                                  items, dynamodb_stream_record_bytes(p, f->operation, bytes));
        }
        if (p->replicas_list.count > 0) {
            dynamodb_global_write(&table->global, s, items, units, bytes);
        }
    }
    if (outcome != OUTCOME_OK) {
        dynamodb_end(s, f, outcome);
        return;
    }
    if (measured) {
        summary_add(&table->latency, f->work_ns);
    }
    call_work(w, f);
}

/* Some of a batch's items may have found no capacity. */
static void dynamodb_batch(struct world *w, struct service *s, struct frame *f, double bytes,
                           int64_t started, uint32_t items)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    const enum dynamodb_kind kind = dynamodb_costs[f->operation].kind;
    const char *limit = NULL;
    const uint32_t taken =
        dynamodb_take_each(table, kind, core_now(s->core),
                           started * dynamodb_costs[f->operation].tokens, items, &limit);
    if (f->flags & FRAME_MEASURED) {
        table->capacity.sides[kind].throttled += items - taken;
        table->unprocessed += taken > 0 ? items - taken : 0;
        table->throttled += taken == 0;
    }
    if (taken == 0) {
        call_throttle(w, f, limit);
        return;
    }
    if (taken < items) {
        service_throttled(w, s, limit);
    }
    const bool whole = taken == items || p->unprocessed == DYNAMODB_OK;
    dynamodb_serve(w, s, f, bytes, (double)started, taken, whole ? OUTCOME_OK : OUTCOME_THROTTLED);
}

static void dynamodb_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    const enum dynamodb_kind kind = dynamodb_costs[f->operation].kind;
    const uint32_t items = table->counts[f->operation];
    const double bytes = dynamodb_bytes(w, s, f);
    dynamodb_draw(s, f, bytes, items);
    if (dynamodb_invalid(p, f->operation, bytes, items)) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    const int64_t unit_bytes = kind == DYNAMODB_READS ? p->read_unit_bytes : p->write_unit_bytes;
    const int64_t started = ((int64_t)ceil(bytes) + unit_bytes - 1) / unit_bytes;
    if (dynamodb_costs[f->operation].form == DYNAMODB_BATCH) {
        dynamodb_batch(w, s, f, bytes, started, items);
        return;
    }
    const char *limit =
        dynamodb_take(&table->capacity, kind, core_now(s->core),
                      started * dynamodb_costs[f->operation].tokens, table->items, items);
    if (limit != NULL) {
        const bool measured = f->flags & FRAME_MEASURED;
        table->capacity.sides[kind].throttled += measured;
        table->throttled += measured;
        call_throttle(w, f, limit);
        return;
    }
    dynamodb_serve(w, s, f, bytes, (double)started, items, OUTCOME_OK);
}

static void dynamodb_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    if (slot & DYNAMODB_ENDS) {
        dynamodb_ended(s, core_frame(s->core, slot & ~DYNAMODB_ENDS));
    } else if (slot & DYNAMODB_ARRIVES) {
        dynamodb_global_arrive(&table->global, w, slot);
    } else if (slot == DYNAMODB_DATAPOINT) {
        dynamodb_capacity_datapoint(&table->capacity);
        if (dynamodb_streams(p)) {
            dynamodb_stream_tick(&table->stream, w, s);
        }
        service_timer_in_lane(s, table->lane, p->datapoint_ns, DYNAMODB_DATAPOINT);
    } else if (slot == DYNAMODB_UPDATED) {
        dynamodb_updated(&table->capacity);
    } else if (slot == DYNAMODB_LOSS) {
        dynamodb_global_lose(&table->global);
    } else if (slot < DYNAMODB_READERS) {
        dynamodb_scaler_due(&table->capacity, slot - DYNAMODB_SCALERS);
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
    const int64_t now_ns = core_now(s->core);
    *(begins ? &table->begin_ns : &table->end_ns) = now_ns;
    dynamodb_capacity_window(&table->capacity, begins);
    dynamodb_global_window(&table->global, now_ns, begins);
    struct dynamodb_stream *stream = &table->stream;
    *(begins ? &stream->begin : &stream->end) = dynamodb_stream_counts_now(stream);
}

static void dynamodb_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    struct dynamodb *table = s->state;
    const double seconds = (double)(table->end_ns - table->begin_ns) / SECOND_NS;
    dynamodb_capacity_observe(&table->capacity, seconds, own);
    own[THROTTLED_REQUESTS].value = (double)table->throttled;
    own[REQUEST_LATENCY].summary = &table->latency;
    own[TRANSACTION_CONFLICTS].value = (double)table->meetings.conflicts;
    own[CONDITION_FAILURES].value = (double)table->meetings.false_conditions;
    own[UNPROCESSED_ITEMS].value = (double)table->unprocessed;
    if (dynamodb_streams(s->params)) {
        dynamodb_stream_observe(&table->stream, own);
    }
    dynamodb_global_observe(&table->global, s->params, seconds, own);
}

static double dynamodb_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct dynamodb_params *p = s->params;
    const struct dynamodb *table = s->state;
    return p->mode == DYNAMODB_PROVISIONED
               ? table->capacity.sides[metric - PROVISIONED_READS].limit_per_s
               : (double)NAN;
}

static void dynamodb_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    dynamodb_capacity_usage(&((const struct dynamodb *)s->state)->capacity, usage);
}

const struct model dynamodb_model = {
    .info =
        {
            .name = "dynamodb",
            .title = "a DynamoDB table",
            .text = dynamodb_text,
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
            .scales = true,
            .scales_with = dynamodb_scales,
            .check = dynamodb_check,
            .forbid = dynamodb_forbid,
            .terms = dynamodb_terms,
        },
    .state_size = sizeof(struct dynamodb),
    .start = dynamodb_start,
    .window = dynamodb_window,
    .timer = dynamodb_timer,
    .observe = dynamodb_observe,
    .usage = dynamodb_usage,
    .level = dynamodb_level,
    .arrive = dynamodb_arrive,
    .receive = dynamodb_receive,
    .settle = shards_settle,
    .parts = dynamodb_parts,
    .part_after = dynamodb_part_after,
};
