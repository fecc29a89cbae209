/* kinesis_analytics_job: the job itself: what it reads and when it is done with that, its windows
 * and outputs, its checkpoints. */
#ifndef ARCHSIM_MODELS_KINESIS_ANALYTICS_JOB_H
#define ARCHSIM_MODELS_KINESIS_ANALYTICS_JOB_H

#include <math.h>

#include "models/kinesis_analytics_sizes.h"
#include "sim/blocks/journal.h"
#include "sim/blocks/outbox.h"
#include "sim/blocks/panes.h"

enum flink_slot {
    FLINK_SLICE,
    FLINK_SECOND,
    FLINK_MINUTE,
    FLINK_CHECKPOINT,
    FLINK_CHECKPOINTED,
    FLINK_FAILURE,
    FLINK_STARTED,
    FLINK_WINDOW,
    FLINK_FLUSH,
};
enum { FLINK_SLICE_MAX = 10000, FLINK_LATE_DRAWS = 10000 };
#define FLINK_SECOND_NS INT64_C(1000000000)
#define FLINK_MINUTE_NS INT64_C(60000000000)
#define FLINK_HOUR_S 3600.0
#define FLINK_MINUTE_S 60.0
#define FLINK_NEVER INT64_MIN

struct flink_counts {
    double busiest_s, cpu_s, down_s, backpressured_s; /* busiest_s: of a subtask's time */
    double read, done, replayed, late, out, twice, windows, checkpoints, restarts;
};

/* What is known of a shard. */
struct flink_shard {
    int64_t newest_ns, heard_ns; /* the newest record that was worked off, and when */
};

struct flink {
    struct world *w;
    struct service *s;
    struct journal journal;
    struct outbox outbox;
    struct panes panes, begun, kept; /* as they are, and as checkpoints hold them */
    struct outbox_load held, sealed; /* outputs that wait for a checkpoint; for this one */
    int64_t seen_ns;                 /* the newest record of the last slice */
    struct flink_size size;
    struct flink_shard *shards;
    uint32_t cursor, slowest; /* slowest: the shard that holds the watermark */
    int64_t watermark_ns;
    bool running, working, full;            /* full: it would work, but the sink is full */
    uint32_t slice, checkpointing, failure; /* events that are pending, or EVENT_NONE */
    int64_t started_ns, stopped_ns, full_ns, checkpoint_ns;
    double late_ratio, late_part, output_part, slice_part_ns;
    uint32_t hot_minutes, cold_minutes;
    double minute_cpu_s, cpu; /* cpu: of the last minute */
    struct random restart_random, failure_random;
    struct flink_counts now, begin, end;
    struct gauge kpu_gauge;
    struct gauge_window kpu_window, out_window;
    struct summary behind, latency, sink_delay, checkpoint_duration;
    double checkpoint_bytes;
};

static inline void flink_resize(struct flink *flink, uint32_t parallelism)
{
    struct service *s = flink->s;
    flink->size.parallelism = parallelism;
    flink->size.kpus = flink_kpus(s->params, parallelism);
    outbox_widen(&flink->outbox, parallelism);
    gauge_set(&flink->kpu_gauge, flink->size.kpus, core_now(s->core));
    gauge_set(&s->load.capacity, flink->size.kpus, core_now(s->core));
}

/* ---- outputs ---- */

static inline uint64_t flink_whole(double *part, double more)
{
    const double whole = floor(*part + more);
    *part += more - whole;
    return (uint64_t)whole;
}

static inline void flink_emit(struct flink *flink, double outputs, int64_t came_ns,
                              int64_t closed_ns)
{
    const struct flink_params *p = flink->s->params;
    const struct outbox_load load = {flink_whole(&flink->output_part, outputs * p->output_ratio),
                                     came_ns, closed_ns};
    if (p->sink.delivery == FLINK_AT_LEAST_ONCE) {
        outbox_put(&flink->outbox, &load);
    } else if (load.count > 0) {
        outbox_mix(&flink->held, &load, load.count);
    }
}

/* Windows whose end the watermark has passed. */
static inline void flink_close(struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    int64_t end_ns;
    uint64_t records;
    while (panes_close(&flink->panes, flink->watermark_ns, &end_ns, &records)) {
        flink->now.windows++;
        flink_emit(flink, flink_distinct(p, (double)records), end_ns - p->window.size_ns / 2,
                   end_ns);
    }
}

/* The watermark is that of the slowest shard which is not idle. */
static inline void flink_watermark(struct flink *flink, uint32_t part)
{
    const struct flink_params *p = flink->s->params;
    const int64_t silent_ns = core_now(flink->s->core) - p->window.idleness_ns;
    if (part != flink->slowest && flink->shards[flink->slowest].heard_ns > silent_ns) {
        return;
    }
    uint32_t slowest = part;
    for (uint32_t i = 0; i < flink->size.shards_count; i++) {
        const struct flink_shard *shard = &flink->shards[i];
        if (shard->heard_ns > silent_ns && shard->newest_ns < flink->shards[slowest].newest_ns) {
            slowest = i;
        }
    }
    flink->slowest = slowest;
    const int64_t newest_ns = flink->shards[slowest].newest_ns;
    if (newest_ns != FLINK_NEVER &&
        newest_ns - p->window.out_of_orderness_ns > flink->watermark_ns) {
        flink->watermark_ns = newest_ns - p->window.out_of_orderness_ns;
        flink_close(flink);
    }
}

static inline void flink_gather(struct flink *flink, const struct journal_batch *batch)
{
    const struct flink_params *p = flink->s->params;
    const int64_t now_ns = core_now(flink->s->core);
    const bool clock = p->window.time == FLINK_PROCESSING_TIME;
    if (p->window.kind == FLINK_NONE) {
        const int64_t came_ns = batch->first_ns + (batch->last_ns - batch->first_ns) / 2;
        flink_emit(flink, batch->count, came_ns, now_ns);
        return;
    }
    uint64_t late = clock ? 0 : flink_whole(&flink->late_part, batch->count * flink->late_ratio);
    late += panes_add(&flink->panes, clock ? now_ns : batch->first_ns,
                      clock ? now_ns : batch->last_ns, batch->count - late);
    flink->now.late += (double)late;
    if (!clock) {
        flink->shards[batch->part] = (struct flink_shard){batch->last_ns, now_ns};
        flink_watermark(flink, batch->part);
    }
}

/* ---- work ---- */

static inline void flink_shards(struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    const uint32_t count = source_parts(flink->w, &p->trigger.from_target);
    if (count <= flink->size.shards_count) {
        return;
    }
    struct flink_shard *shards = arena_array(flink->s->arena, count, sizeof(*shards));
    for (uint32_t i = 0; i < count; i++) {
        shards[i] = i < flink->size.shards_count
                        ? flink->shards[i]
                        : (struct flink_shard){FLINK_NEVER, core_now(flink->s->core)};
    }
    flink->shards = shards;
    flink->size.shards_count = count;
}

/* Records of a slice: as many as take its time, and as the sink has room for. */
static inline uint32_t flink_slice(const struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    double most = fmin(FLINK_SLICE_MAX, (double)p->slice_ns / flink_record_ns(p, &flink->size));
    if (p->window.kind == FLINK_NONE && p->output_ratio > 0) {
        most = fmin(most, (double)outbox_room(&flink->outbox) / p->output_ratio);
    }
    return most < 1 ? 1 : (uint32_t)most;
}

/* Reads a slice of the next shard that has something. */
static inline void flink_read(struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    flink_shards(flink);
    struct source_got got = {0};
    struct source_ask ask = {
        .most = flink_slice(flink),
        .bytes = INFINITY,
        .got = &got,
    };
    for (uint32_t i = 0; i < flink->size.shards_count; i++) {
        uint32_t delivery = flink->cursor;
        ask.part = flink->cursor;
        flink->cursor = flink->cursor + 1 < flink->size.shards_count ? flink->cursor + 1 : 0;
        const uint32_t count = source_receive(flink->w, &p->trigger.from_target, &ask, &delivery);
        if (count > 0) {
            journal_push(&flink->journal,
                         &(struct journal_batch){got.first_ns, got.last_ns, ask.part, count});
            flink->now.read += count;
            return;
        }
    }
}

static inline void flink_fill(struct flink *flink, bool full)
{
    const int64_t now_ns = core_now(flink->s->core);
    if (full != flink->full) {
        flink->now.backpressured_s += full ? 0 : (double)(now_ns - flink->full_ns) / FLINK_S;
        flink->full = full;
        flink->full_ns = now_ns;
    }
}

static inline void flink_work(struct flink *flink)
{
    struct service *s = flink->s;
    const int64_t now_ns = core_now(s->core);
    if (!flink->running || flink->working) {
        return;
    }
    flink_fill(flink, outbox_full(&flink->outbox));
    if (flink->full) {
        gauge_set(&s->load.busy, 0, now_ns);
        return;
    }
    if (journal_head(&flink->journal) == NULL) {
        flink_read(flink);
    }
    const struct journal_batch *batch = journal_head(&flink->journal);
    if (batch == NULL) {
        gauge_set(&s->load.busy, 0, now_ns);
        return;
    }
    const double slice_ns = batch->count * flink_record_ns(flink->s->params, &flink->size);
    flink->working = true;
    flink->slice =
        service_timer(s, (int64_t)flink_whole(&flink->slice_part_ns, slice_ns), FLINK_SLICE);
    gauge_set(&s->load.busy, flink->size.kpus, now_ns);
}

/* The slice that is at work is done. */
static inline void flink_sliced(struct flink *flink)
{
    const struct journal_batch batch = *journal_head(&flink->journal);
    const double cpu_s = batch.count * flink_cpu_ns(flink->s->params, &flink->size) / FLINK_S;
    flink->working = false;
    flink->slice = EVENT_NONE;
    flink->now.done += batch.count;
    flink->now.cpu_s += cpu_s;
    flink->minute_cpu_s += cpu_s;
    flink->now.busiest_s += batch.count * flink_record_ns(flink->s->params, &flink->size) / FLINK_S;
    flink->seen_ns = batch.last_ns;
    journal_done(&flink->journal);
    flink_gather(flink, &batch);
    flink_work(flink);
}

static inline void flink_fed(struct world *w, struct service *s)
{
    (void)w;
    flink_work(s->state);
}

/* ---- checkpoints ---- */

static inline void flink_checkpoint_begin(struct flink *flink)
{
    journal_begin(&flink->journal);
    outbox_begin(&flink->outbox);
    panes_copy(&flink->begun, &flink->panes);
    if (flink->held.count > 0) {
        outbox_mix(&flink->sealed, &flink->held, flink->held.count);
        flink->held.count = 0;
    }
}

static inline void flink_checkpoint_complete(struct flink *flink)
{
    const struct outbox_load sealed = flink->sealed;
    journal_complete(&flink->journal);
    outbox_complete(&flink->outbox);
    panes_copy(&flink->kept, &flink->begun);
    flink->sealed.count = 0;
    outbox_put(&flink->outbox, &sealed);
}

static inline double flink_state_bytes(const struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    const double records =
        p->window.kind == FLINK_NONE ? (double)flink->journal.read : (double)flink->panes.records;
    return (double)p->state_per_key_bytes * flink_distinct(p, records);
}

static inline void flink_checkpoint(struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    const double bytes = p->checkpoint.changed_ratio * flink_state_bytes(flink);
    flink_checkpoint_begin(flink);
    flink->checkpoint_ns = core_now(flink->s->core);
    if (world_measuring(flink->w)) {
        flink->checkpoint_bytes = fmax(flink->checkpoint_bytes, bytes);
    }
    flink->checkpointing =
        service_timer(flink->s, p->checkpoint.base_ns + flink_transfer_ns(p, &flink->size, bytes),
                      FLINK_CHECKPOINTED);
}

/* It is written; then it is complete, once what was out when it began is through. */
static inline void flink_checkpoint_over(struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    const int64_t now_ns = core_now(flink->s->core);
    const bool waits = p->sink.delivery == FLINK_AT_LEAST_ONCE && !outbox_through(&flink->outbox);
    if (!flink->running || flink->checkpointing != EVENT_NONE || !flink->journal.marked || waits) {
        return;
    }
    flink_checkpoint_complete(flink);
    flink->now.checkpoints++;
    if (world_measuring(flink->w)) {
        summary_add(&flink->checkpoint_duration, now_ns - flink->checkpoint_ns);
    }
    const int64_t next_ns = flink->checkpoint_ns + p->checkpoint.interval_ns - now_ns;
    flink->checkpointing =
        service_timer(flink->s, next_ns > p->checkpoint.pause_ns ? next_ns : p->checkpoint.pause_ns,
                      FLINK_CHECKPOINT);
}

#endif
