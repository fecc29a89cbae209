/* dms: a replication task of AWS DMS: the committed changes of a database become files in S3.
 * Each second it reads what was committed, as lots of rows and bytes, within the rows and bytes a
 * second of its instance (a fluid); what was read waits for its file, in memory or on disk, until
 * an interval or a size is reached and the bucket has taken all files of the batch. A failure goes
 * back to the checkpoint. Block: changelog. Left out: long transactions, LOBs, T3 credits,
 * transformations, validation, load on the source, several tasks of an instance, zero-ETL. */
#include "models/model.h"

#include <assert.h>
#include <math.h>

#include "models/dms_tables.h"
#include "sim/blocks/changelog.h"

#define DMS_S 1e9 /* ns */
#define DMS_HOUR_S 3600.0
#define DMS_TICK_NS INT64_C(1000000000)
#define DMS_GIB 1073741824.0
#define DMS_GB 1e9
#define DMS_RATE_LARGE 2000.0 /* facts, changes_per_s_large and _2xlarge: 2 and 8 vCPU */
#define DMS_RATE_MOST 5000.0
#define DMS_VCPU_LARGE 2.0
#define DMS_VCPU_MOST 8.0
#define DMS_DCU_PER_VCPU 4.0 /* 2 GB a DCU, 8 GiB a vCPU of the R family */
#define DMS_DCU_GIB 2.0
#define DMS_OF_LOAD UINT32_C(0x80000000) /* in a number: a file of the full load */
enum { DMS_LOTS_MAX = 1 << 22 };
enum dms_timer { DMS_TICK, DMS_RETRY, DMS_FAIL, DMS_REPAIRED, DMS_PROVISIONED };

struct dms_load {
    double left_bytes, open_bytes; /* to be read; read, and not in a file yet */
    uint64_t out, refused;         /* files on their way; of these to be tried again */
    int64_t done_ns;               /* how long it took; -1 */
};

struct dms {
    struct changelog here, inside, out; /* committed; read; in the files of the batch */
    struct dms_load load;
    struct changes seen;
    struct random failure_random, provisioning_random;
    double rows_left, bytes_left, rows_carry, errors_carry, disk_left;
    uint64_t bytes_carry;
    uint64_t committed, delivered, failed; /* rows, ever */
    int64_t open_ns;                       /* when the first change of the open files was read */
    uint32_t generation;           /* of numbers, from 1 on: older ones are of before a failure */
    uint64_t files, files_refused; /* of the batch: still out; of these failed so far */
    double file_bytes;
    int64_t retry_ns;
    uint32_t retry; /* EVENT_NONE */
    bool down;
    double dcu, dcu_next; /* next 0: none under way */
    int64_t above_ns, below_ns;
    double read_rows, read_bytes, held_bytes_s; /* ever */
    double sums[DMS_METRICS];                   /* in the window */
    uint64_t ticks;
    double source_max_s, target_max_s, progress;
    struct summary lag;
};

/* ---- what it can do ---- */

static double dms_vcpu(const struct dms_params *p, const struct dms *d)
{
    return p->replication == DMS_SERVERLESS ? d->dcu / DMS_DCU_PER_VCPU
                                            : dms_classes[p->instance_class].vcpu;
}

/* Through the two points of the facts, as a power of the processors, at most the second. */
static double dms_rows_per_s(const struct dms_params *p, const struct dms *d)
{
    const double power = log(DMS_RATE_MOST / DMS_RATE_LARGE) / log(DMS_VCPU_MOST / DMS_VCPU_LARGE);
    if (!isnan(p->change_rate_per_s)) {
        return p->change_rate_per_s;
    }
    return fmin(DMS_RATE_MOST, DMS_RATE_LARGE * pow(dms_vcpu(p, d) / DMS_VCPU_LARGE, power));
}

static double dms_memory_bytes(const struct dms_params *p, const struct dms *d)
{
    const double memory_gib = p->replication == DMS_SERVERLESS
                                  ? d->dcu * DMS_DCU_GIB
                                  : dms_classes[p->instance_class].memory_gib;
    return fmin((double)p->memory_limit_total_bytes, memory_gib * DMS_GIB);
}

static double dms_storage_bytes(const struct dms_params *p)
{
    return p->allocated_storage_bytes >= 0 ? (double)p->allocated_storage_bytes
                                           : dms_classes[p->instance_class].storage_gb * DMS_GB;
}

static double dms_held_bytes(const struct dms *d)
{
    return (double)(d->inside.bytes + d->out.bytes);
}

static double dms_spilled_bytes(const struct dms_params *p, const struct dms *d)
{
    return fmax(0, dms_held_bytes(d) - dms_memory_bytes(p, d));
}

static double dms_age_s(const struct service *s, int64_t since_ns)
{
    return (double)(core_now(s->core) - since_ns) / DMS_S;
}

static double dms_source_s(const struct service *s)
{
    const struct lot *first = changelog_first(&((const struct dms *)s->state)->here);
    return first != NULL ? dms_age_s(s, first->at_ns) : 0;
}

static double dms_target_s(const struct service *s)
{
    const struct dms *d = s->state;
    const struct lot *first = changelog_first(d->out.count > 0 ? &d->out : &d->inside);
    return first != NULL ? dms_age_s(s, first->read_ns) : 0;
}

static void dms_count(const struct world *w, struct dms *d, enum dms_metric metric, double by)
{
    d->sums[metric] += world_measuring(w) ? by : 0;
}

/* ---- from the source ---- */

/* What was committed since the last look, on average half of that ago. */
static void dms_capture(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    const struct changes *now = service_changes(w, p->source_service);
    const double writes = (double)(now->writes - d->seen.writes);
    const double unsized = (double)(now->unsized - d->seen.unsized) * p->rows_per_write;
    d->rows_carry += writes * p->rows_per_write;
    d->bytes_carry += now->bytes - d->seen.bytes;
    d->bytes_carry += (uint64_t)llround(unsized * (double)p->row_size_bytes);
    d->seen = *now;
    const uint64_t rows = (uint64_t)d->rows_carry;
    if (rows == 0) {
        return; /* what there is comes with the next row */
    }
    const struct lot lot = {core_now(s->core) - DMS_TICK_NS / 2, 0, rows, d->bytes_carry};
    d->rows_carry -= (double)rows;
    d->bytes_carry = 0;
    d->committed += rows;
    dms_count(w, d, DMS_CHANGES, (double)rows);
    changelog_add(&d->here, &lot);
    if (d->here.count > DMS_LOTS_MAX) {
        service_overflow(w, s);
    }
}

static void dms_keep(struct world *w, struct service *s, struct lot *lot)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    d->errors_carry += (double)lot->rows * p->row_errors_ratio;
    const uint64_t errors = (uint64_t)d->errors_carry;
    d->errors_carry -= (double)errors;
    d->failed += errors;
    dms_count(w, d, DMS_FAILED_ROWS, (double)errors);
    lot->bytes -= (uint64_t)((unsigned __int128)lot->bytes * errors / lot->rows);
    lot->rows -= errors;
    if (lot->rows > 0) {
        lot->read_ns = core_now(s->core);
        if (d->inside.count == 0) {
            d->open_ns = lot->read_ns;
        }
        changelog_add(&d->inside, lot);
    }
}

/* A tick's worth of rows and bytes, fewer while changes are on disk, and none when that is full.
 * What is not used is lost, but for a row's rest. */
static void dms_read(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    const int64_t until_ns = core_now(s->core) - p->capture_latency_ns;
    const double spilled = dms_spilled_bytes(p, d);
    const double rows = dms_rows_per_s(p, d);
    const double bytes = spilled > 0
                             ? fmin(p->throughput_bytes_per_s, p->spill_throughput_bytes_per_s)
                             : p->throughput_bytes_per_s;
    d->rows_left = fmin(d->rows_left, 1) + rows;
    d->bytes_left = fmin(d->bytes_left, 0) + bytes;
    d->disk_left = fmin(d->disk_left + p->spill_throughput_bytes_per_s, dms_memory_bytes(p, d));
    const struct lot *first = changelog_first(&d->here);
    while (first != NULL && first->at_ns <= until_ns && d->rows_left >= 1 && d->bytes_left > 0 &&
           (p->replication == DMS_SERVERLESS || dms_spilled_bytes(p, d) < dms_storage_bytes(p))) {
        struct lot lot = changelog_take(&d->here, (uint64_t)d->rows_left, (uint64_t)d->bytes_left);
        d->rows_left -= (double)lot.rows;
        d->bytes_left -= (double)lot.bytes;
        d->read_rows += (double)lot.rows;
        d->read_bytes += (double)lot.bytes;
        dms_count(w, d, DMS_ROWS_SOURCE, (double)lot.rows);
        dms_count(w, d, DMS_BYTES_SOURCE, (double)lot.bytes);
        dms_keep(w, s, &lot);
        first = changelog_first(&d->here);
    }
}

/* ---- to the target ---- */

static void dms_put(struct world *w, struct service *s, uint64_t files, double bytes, uint32_t of)
{
    const struct dms_params *p = s->params;
    const struct dms *d = s->state;
    for (uint64_t i = 0; i < files; i++) {
        call_send_sized(w, s, p->target_target.edge, d->generation | of, bytes);
    }
}

static bool dms_loading(const struct dms *d)
{
    return d->load.left_bytes > 0 || d->load.open_bytes > 0 || d->load.out > 0;
}

/* The open files are large or old enough: one, or several of at least that size, for each table. */
static void dms_close(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    const double large = (double)p->cdc_min_file_size_bytes;
    const double tables = (double)p->tables_count;
    const double each = (double)d->inside.bytes * p->compression_ratio / tables;
    if (d->out.count > 0 || d->inside.count == 0 || dms_loading(d) ||
        (each < large && core_now(s->core) - d->open_ns < p->cdc_max_batch_interval_ns)) {
        return;
    }
    const bool spilled = dms_spilled_bytes(p, d) > 0;
    uint64_t most = spilled ? (uint64_t)d->disk_left : UINT64_MAX;
    while (d->inside.count > 0 && most > 0) {
        const struct lot lot = changelog_take(&d->inside, UINT64_MAX, most);
        most -= lot.bytes < most ? lot.bytes : most;
        changelog_add(&d->out, &lot);
    }
    d->disk_left -= spilled ? (double)d->out.bytes : 0;
    d->open_ns = d->inside.count > 0 ? changelog_first(&d->inside)->read_ns : 0;
    const double bytes = (double)d->out.bytes * p->compression_ratio;
    const double files = fmin(tables * fmax(1, floor(bytes / tables / large)), (double)d->out.rows);
    d->files = (uint64_t)files;
    d->file_bytes = bytes / files;
    dms_put(w, s, d->files, d->file_bytes, 0);
}

static void dms_delivered(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    dms_count(w, d, DMS_ROWS_TARGET, (double)d->out.rows);
    dms_count(w, d, DMS_BYTES_TARGET, (double)d->out.bytes * p->compression_ratio);
    while (d->out.count > 0) {
        const struct lot lot = changelog_take(&d->out, UINT64_MAX, UINT64_MAX);
        d->delivered += lot.rows;
        if (world_measuring(w)) {
            summary_add_many(&d->lag, core_now(s->core) - lot.at_ns, lot.rows);
        }
    }
    d->retry_ns = p->recoverable_error_interval_ns;
}

/* What the target refused is tried again, all of it together. */
static void dms_try_again(struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    if (d->retry == EVENT_NONE) {
        d->retry = service_timer(s, d->retry_ns, DMS_RETRY);
        const int64_t next_ns = 2 * d->retry_ns;
        d->retry_ns = next_ns < p->recoverable_error_interval_max_ns
                          ? next_ns
                          : p->recoverable_error_interval_max_ns;
    }
}

static void dms_retry(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    d->retry = EVENT_NONE;
    const uint64_t again = d->files_refused, loads = d->load.refused;
    d->files_refused = d->load.refused = 0;
    dms_put(w, s, again, d->file_bytes, 0);
    dms_put(w, s, loads, (double)p->full_load.max_file_size_bytes * p->compression_ratio,
            DMS_OF_LOAD);
}

static void dms_heard(struct world *w, struct service *s, uint32_t number, enum outcome outcome)
{
    struct dms *d = s->state;
    if ((number & ~DMS_OF_LOAD) != d->generation) {
        return; /* of before a failure: it is written again */
    }
    const bool load = number & DMS_OF_LOAD;
    dms_count(w, d, outcome == OUTCOME_OK ? DMS_FILES : DMS_FAILED_FILES, 1);
    if (outcome != OUTCOME_OK) {
        *(load ? &d->load.refused : &d->files_refused) += 1;
        dms_try_again(s);
    } else if (load) {
        d->load.out--;
        if (!dms_loading(d)) {
            d->load.done_ns = core_now(s->core);
        }
    } else if (--d->files == 0) {
        dms_delivered(w, s);
    }
}

/* ---- the full load ---- */

static void dms_load_on(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    struct dms_load *load = &d->load;
    const double large = (double)p->full_load.max_file_size_bytes;
    if (load->out < (uint64_t)p->full_load.max_sub_tasks_count && d->bytes_left > 0) {
        const double bytes = fmin(load->left_bytes, d->bytes_left);
        load->left_bytes -= bytes;
        load->open_bytes += bytes;
        d->bytes_left -= bytes;
        d->read_bytes += bytes;
    }
    while (load->open_bytes >= large || (load->left_bytes <= 0 && load->open_bytes > 0)) {
        const double bytes = fmin(load->open_bytes, large);
        load->open_bytes -= bytes;
        load->out++;
        dms_put(w, s, 1, bytes * p->compression_ratio, DMS_OF_LOAD);
    }
}

static double dms_load_progress(const struct dms_params *p, const struct dms *d)
{
    const double size = (double)p->full_load.size_bytes;
    const double left = d->load.left_bytes + d->load.open_bytes +
                        (double)d->load.out * (double)p->full_load.max_file_size_bytes;
    return size < 0 ? (double)NAN : fmax(0, 1 - left / size);
}

/* ---- failures ---- */

static void dms_fail(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    const double tables = (double)p->full_load.tables_count;
    dms_count(w, d, DMS_REPLAYED, (double)(d->inside.rows + d->out.rows));
    changelog_put_back(&d->here, &d->inside);
    changelog_put_back(&d->here, &d->out);
    d->files = d->files_refused = 0;
    d->generation = d->generation % (DMS_OF_LOAD - 1) + 1;
    if (dms_loading(d)) {
        const double done = floor(dms_load_progress(p, d) * tables) / tables;
        d->load = (struct dms_load){.left_bytes = (1 - done) * (double)p->full_load.size_bytes,
                                    .done_ns = -1};
    }
    if (d->retry != EVENT_NONE) {
        events_cancel(&s->core->events, d->retry);
        d->retry = EVENT_NONE;
    }
    d->retry_ns = p->recoverable_error_interval_ns;
    d->down = true;
    gauge_set(&s->load.up, 0, core_now(s->core));
    const struct distribution *repair =
        p->multi_az ? p->failure.failover_ns_dist : p->failure.replacement_ns_dist;
    const int64_t repair_ns = distribution_draw_int(repair, &d->failure_random);
    service_log(w, s,
                &(struct log_entry){.kind = LOG_UNHEALTHY,
                                    .value = NAN,
                                    .threshold = NAN,
                                    .from = 1,
                                    .to = 0,
                                    .delay_ns = repair_ns,
                                    .count = 1,
                                    .text = "the replication instance failed"});
    service_timer(s, repair_ns, DMS_REPAIRED);
}

static void dms_repaired(struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    d->down = false;
    gauge_set(&s->load.up, 1, core_now(s->core));
    service_timer(s, distribution_draw_int(p->failure.mtbf_ns_dist, &d->failure_random), DMS_FAIL);
}

/* ---- DMS Serverless ---- */

static void dms_scale(struct world *w, struct service *s, double to, double use)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    const int64_t delay_ns =
        distribution_draw_int(p->serverless.provisioning_ns_dist, &d->provisioning_random);
    d->dcu_next = to;
    d->above_ns = d->below_ns = core_now(s->core);
    service_log(w, s,
                &(struct log_entry){.kind = to > d->dcu ? LOG_SCALE_OUT : LOG_SCALE_IN,
                                    .metric = "dcu",
                                    .value = use,
                                    .threshold = to > d->dcu ? p->serverless.above_ratio
                                                             : p->serverless.below_ratio,
                                    .from = d->dcu,
                                    .to = to,
                                    .delay_ns = delay_ns,
                                    .count = 1});
    service_timer(s, delay_ns, DMS_PROVISIONED);
}

/* How much of the last second's rows was used; memory counts too. */
static void dms_follow(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    const int64_t now_ns = core_now(s->core);
    const double rows = fmax(0, 1 - d->rows_left / dms_rows_per_s(p, d));
    const double use = fmax(rows, fmin(1, dms_held_bytes(d) / dms_memory_bytes(p, d)));
    d->above_ns = use > p->serverless.above_ratio ? d->above_ns : now_ns;
    d->below_ns = use < p->serverless.below_ratio ? d->below_ns : now_ns;
    if (d->dcu_next > 0) {
        return;
    }
    if (now_ns - d->above_ns >= p->serverless.up_after_ns && d->dcu < p->serverless.max) {
        dms_scale(w, s, fmin(2 * d->dcu, p->serverless.max), use);
    } else if (now_ns - d->below_ns >= p->serverless.down_after_ns && d->dcu > p->serverless.min) {
        dms_scale(w, s, fmax(d->dcu / 2, p->serverless.min), use);
    }
}

/* ---- the life of a task ---- */

static void dms_start(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    changelog_init(&d->here, s->arena);
    changelog_init(&d->inside, s->arena);
    changelog_init(&d->out, s->arena);
    summary_init(&d->lag, s->arena);
    d->failure_random = service_random(w, s, "failures");
    d->provisioning_random = service_random(w, s, "provisioning");
    d->generation = 1;
    d->retry = EVENT_NONE;
    d->retry_ns = p->recoverable_error_interval_ns;
    d->dcu = p->serverless.min;
    d->load =
        (struct dms_load){.left_bytes = fmax(0, (double)p->full_load.size_bytes), .done_ns = -1};
    d->above_ns = d->below_ns = core_now(s->core);
    d->progress = NAN;
    s->load.unlimited = true;
    service_timer(s, DMS_TICK_NS, DMS_TICK);
    if (p->failure.mtbf_ns_dist != NULL) {
        s->load.fallible = true;
        service_timer(s, distribution_draw_int(p->failure.mtbf_ns_dist, &d->failure_random),
                      DMS_FAIL);
    }
}

/* Time averages are of looks, once a second. */
static void dms_look(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    const double rows = (double)(d->inside.rows + d->out.rows), held = dms_held_bytes(d);
    const double disk = held > 0 ? rows * dms_spilled_bytes(p, d) / held : 0;
    const double source_s = dms_source_s(s), target_s = dms_target_s(s);
    d->held_bytes_s += fmin(held, dms_memory_bytes(p, d));
    if (!world_measuring(w)) {
        return;
    }
    d->ticks++;
    d->sums[DMS_LATENCY_SOURCE] += source_s;
    d->sums[DMS_LATENCY_TARGET] += target_s;
    d->source_max_s = fmax(d->source_max_s, source_s);
    d->target_max_s = fmax(d->target_max_s, target_s);
    d->sums[DMS_WAITING] += rows;
    d->sums[DMS_ON_DISK] += disk;
    d->sums[DMS_IN_MEMORY] += rows - disk;
    d->sums[DMS_AT_SOURCE] += (double)d->here.rows;
    d->sums[DMS_DCU_HOURS] += d->dcu / DMS_HOUR_S;
}

static void dms_tick(struct world *w, struct service *s)
{
    const struct dms_params *p = s->params;
    struct dms *d = s->state;
    dms_capture(w, s);
    if (!d->down) {
        dms_read(w, s);
        if (dms_loading(d)) {
            dms_load_on(w, s);
        }
        dms_close(w, s);
        if (p->replication == DMS_SERVERLESS) {
            dms_follow(w, s);
        }
    }
    assert(d->committed == d->here.rows + d->inside.rows + d->out.rows + d->delivered + d->failed);
    dms_look(w, s);
    service_timer(s, DMS_TICK_NS, DMS_TICK);
}

static void dms_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct dms *d = s->state;
    switch ((enum dms_timer)slot) {
    case DMS_TICK:
        dms_tick(w, s);
        break;
    case DMS_RETRY:
        dms_retry(w, s);
        break;
    case DMS_FAIL:
        dms_fail(w, s);
        break;
    case DMS_REPAIRED:
        dms_repaired(s);
        break;
    case DMS_PROVISIONED:
        d->dcu = d->dcu_next;
        d->dcu_next = 0;
        d->above_ns = d->below_ns = core_now(s->core);
        break;
    }
}

static void dms_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static void dms_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct dms *d = s->state;
    if (!begins) {
        d->progress = dms_load_progress(s->params, d);
    }
}

static double dms_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct dms *d = s->state;
    const double rows = (double)(d->inside.rows + d->out.rows), held = dms_held_bytes(d);
    switch ((enum dms_metric)metric) {
    case DMS_LATENCY_SOURCE:
        return dms_source_s(s);
    case DMS_LATENCY_TARGET:
        return dms_target_s(s);
    case DMS_WAITING:
        return rows;
    case DMS_ON_DISK:
        return held > 0 ? rows * dms_spilled_bytes(s->params, d) / held : 0;
    default:
        return (double)d->here.rows;
    }
}

static void dms_observe(struct world *w, struct service *s, struct own_value *own)
{
    static const enum dms_metric means[] = {DMS_LATENCY_SOURCE, DMS_LATENCY_TARGET, DMS_WAITING,
                                            DMS_IN_MEMORY,      DMS_ON_DISK,        DMS_AT_SOURCE};
    const struct dms_params *p = s->params;
    const struct dms *d = s->state;
    const double hours = world_window_s(w) / DMS_HOUR_S;
    const bool serverless = p->replication == DMS_SERVERLESS;
    for (uint32_t i = 0; i < DMS_METRICS; i++) {
        own[i].value = d->sums[i];
    }
    for (uint32_t i = 0; i < sizeof(means) / sizeof(*means); i++) {
        own[means[i]].value = d->ticks > 0 ? d->sums[means[i]] / (double)d->ticks : (double)NAN;
    }
    for (uint32_t i = DMS_ROWS_SOURCE; i <= DMS_BYTES_TARGET; i++) {
        own[i].value = d->sums[i] / world_window_s(w);
    }
    own[DMS_LATENCY_SOURCE_MAX].value = d->source_max_s;
    own[DMS_LATENCY_TARGET_MAX].value = d->target_max_s;
    own[DMS_LAG].summary = &d->lag;
    own[DMS_LOADED].value = d->progress;
    own[DMS_LOAD_TIME].value = d->load.done_ns >= 0 ? (double)d->load.done_ns / DMS_S : (double)NAN;
    own[DMS_INSTANCE_HOURS].value = serverless ? 0 : p->multi_az ? 2 * hours : hours;
    own[DMS_DCU_HOURS].value = serverless ? d->sums[DMS_DCU_HOURS] : 0;
}

static void dms_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct dms_params *p = s->params;
    const struct dms *d = s->state;
    usage[DMS_OF_ROWS] = (struct usage){.used = d->read_rows, .available = dms_rows_per_s(p, d)};
    usage[DMS_OF_BYTES] =
        (struct usage){.used = d->read_bytes, .available = p->throughput_bytes_per_s};
    usage[DMS_OF_MEMORY] =
        (struct usage){.used = d->held_bytes_s, .available = dms_memory_bytes(p, d)};
}

/* ---- what does not fit ---- */

static bool dms_is_unit(double dcu)
{
    bool found = false;
    for (uint32_t i = 0; i < sizeof(dms_units) / sizeof(*dms_units); i++) {
        found = found || dcu == dms_units[i];
    }
    return found;
}

static const char *dms_check(const void *params)
{
    const struct dms_params *p = params;
    if (!dms_is_unit(p->serverless.min)) {
        return "serverless.min: expected 1, 2, 4, 8, 16, 32, 64, 128, 192, 256 or 384 DCU";
    }
    if (!dms_is_unit(p->serverless.max)) {
        return "serverless.max: expected 1, 2, 4, 8, 16, 32, 64, 128, 192, 256 or 384 DCU";
    }
    if (p->serverless.min > p->serverless.max) {
        return "serverless.min: more than `serverless.max`";
    }
    if (2 * p->serverless.below_ratio > p->serverless.above_ratio) {
        return "serverless.below: expected at most half of `serverless.above`, or capacity would "
               "go up and down for ever";
    }
    if (p->recoverable_error_interval_ns > p->recoverable_error_interval_max_ns) {
        return "recoverable_error_interval: more than `recoverable_error_interval_max`";
    }
    return NULL;
}

static bool dms_scales(const void *params)
{
    const struct dms_params *p = params;
    return p->replication == DMS_SERVERLESS || p->full_load.size_bytes >= 0;
}

static const char *dms_forbid(const void *params, const struct passage *passage,
                              struct arena *arena)
{
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    return callee->params == params
               ? arena_printf(arena,
                              "'%s' is a replication task: it reads its source by itself, "
                              "nobody calls it",
                              callee->name)
               : NULL;
}

const struct model dms_model = {
    .info =
        {
            .name = "dms",
            .title = "AWS DMS: a task that replicates a database's changes to S3",
            .text =
                "The source's committed writes are changes of `rows_per_write` rows. Once a second "
                "the task reads those that are older than `capture_latency`, in order, at most its "
                "rows and bytes a second: a fluid, in lots of a second, so that a day of millions "
                "of rows is 86,400 steps. Of r rows a second committed and c read, c < r, a row "
                "that was committed at t is read at t r/c: the lag grows by r/c - 1 each second. "
                "What was read waits for its file, until the first change in it is "
                "`cdc_max_batch_interval` old or the file is `cdc_min_file_size`; then every "
                "table's "
                "file is put in the bucket, and the batch is delivered when all are there. What is "
                "refused is tried again, after a wait that doubles; meanwhile changes gather in "
                "memory, and beyond `memory_limit_total` on disk, which slows the task, until that "
                "is full and it reads no more. A full load goes first, with what the changes leave "
                "of the throughput, and changes wait until it is done. After a failure all that is "
                "not in the target is read again. Left out: long and open transactions, LOBs, the "
                "credits of T3, transformations, validation, the load on the source and how long "
                "it keeps its log, several tasks on one instance, out of memory, zero-ETL.",
            ROWS(params, dms_params),
            ROWS(metrics, dms_metrics),
            ROWS(resources, dms_resources),
            ROWS(only, dms_only),
            .params_size = sizeof(struct dms_params),
            .target_kind = TARGET_KIND_NONE,
            .acts = true,
            .scales = true,
            .scales_with = dms_scales,
            .forbid = dms_forbid,
            .check = dms_check,
        },
    .state_size = sizeof(struct dms),
    .start = dms_start,
    .window = dms_window,
    .timer = dms_timer,
    .arrive = dms_arrive,
    .heard = dms_heard,
    .level = dms_level,
    .observe = dms_observe,
    .usage = dms_usage,
};
