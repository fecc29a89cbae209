/* glue: a job of AWS Glue, and the data catalog of its account.
 * A run takes a place of its job and of the account and its DPUs, starts up, and works its tasks
 * off in waves, as Spark does: tasks / (executors x cores). It reads and writes buckets in a few
 * batches. Catalog requests take tokens of the account. Blocks: waves, allotment, throttle,
 * records. Left out: streaming, shuffles that spill, crawlers, the ramp of auto scaling. */
#include "models/model.h"

#include <math.h>

#include "models/glue_tables.h"
#include "sim/blocks/allotment.h"
#include "sim/blocks/records.h"
#include "sim/blocks/throttle.h"
#include "sim/blocks/waves.h"

#define GLUE_NS_PER_S 1e9
#define GLUE_HOUR_S 3600.
#define GLUE_LEAST_S 60. /* of a bill: PRICING_PAGE, from Glue 2.0 on */
#define GLUE_NEVER (-1)
enum { GLUE_PAGE = 100 };                    /* partitions of a BatchCreatePartition */
enum { GLUE_NEXT, GLUE_LIMIT, GLUE_TIMERS }; /* of each run */

enum glue_stage {
    GLUE_WAITS,
    GLUE_STARTS,
    GLUE_DRIVES, /* the driver plans */
    GLUE_READS,  /* its source has been asked */
    GLUE_WORKS,
    GLUE_WRITES,
    GLUE_RECORDS, /* has partitions to add to the catalog */
    GLUE_IS_OVER, /* but for the catalog's answer, and what every request calls */
};

struct glue_run {
    struct service *s;
    uint32_t frame, next_event, limit_event;
    uint8_t stage;
    bool measured, over_time;
    int64_t tries, retries; /* of a call; runs made anew */
    int64_t batch, fails;   /* done; the one it fails at, or GLUE_NEVER */
    int64_t tasks, dpus;
    int64_t came_ns, start_ns, began_ns, batch_ns;
    double bytes, bookmark_bytes; /* of its input; where the next one's begins */
};

/* Of all jobs of the account. */
struct glue_account {
    struct allotment runs; /* places and DPUs */
    struct records records;
    struct throttle catalog;
};

struct glue {
    struct gauge running;
    struct random size_random, start_random, driver_random, catalog_random, failure_random;
    struct summary times[GLUE_TIMES];
    int64_t previous_ns; /* when the last good run was started */
    double bookmark_bytes;
    bool has_run, was_full; /* a run was made; one found no place of the job */
    double counts[GLUE_METRICS];
};

static void glue_start(struct world *w, struct service *s)
{
    const struct glue_quotas *quotas = s->quotas;
    struct glue *glue = s->state;
    struct glue_account *account = s->shared; /* all services say the same */
    account->runs.places_most = quotas->job_runs_count;
    account->runs.units_most = quotas->dpus_count;
    records_init(&account->records, s->arena, sizeof(struct glue_run));
    throttle_init_burst(&account->catalog, quotas->catalog_per_s, quotas->burst_time_ns);
    glue->size_random = service_random(w, s, "sizes");
    glue->start_random = service_random(w, s, "starts");
    glue->driver_random = service_random(w, s, "driver");
    glue->catalog_random = service_random(w, s, "catalog");
    glue->failure_random = service_random(w, s, "failures");
    for (uint32_t i = 0; i < GLUE_TIMES; i++) {
        summary_init(&glue->times[i], s->arena);
    }
    glue->previous_ns = GLUE_NEVER;
    s->load.unlimited = true;
}

static struct glue_run *glue_run(const struct service *s, uint32_t record)
{
    const struct glue_account *account = s->shared;
    return records_at(&account->records, record);
}

static struct frame *glue_frame(const struct glue_run *run)
{
    return core_frame(run->s->core, run->frame);
}

static void glue_count(const struct glue_run *run, enum glue_metric metric, double by)
{
    struct glue *glue = run->s->state;
    glue->counts[metric] += run->measured ? by : 0;
}

static void glue_time(const struct glue_run *run, enum glue_metric metric, int64_t time_ns)
{
    struct glue *glue = run->s->state;
    if (run->measured) {
        summary_add(&glue->times[metric], time_ns);
    }
}

static void glue_wait(struct glue_run *run, enum glue_stage stage, int64_t time_ns)
{
    struct frame *f = glue_frame(run);
    run->stage = (uint8_t)stage;
    f->state = FRAME_HELD;
    run->next_event = service_timer(run->s, time_ns, f->note * GLUE_TIMERS + GLUE_NEXT);
}

static void glue_cancel(const struct glue_run *run, uint32_t *event)
{
    if (*event != EVENT_NONE) {
        events_cancel(&run->s->core->events, *event);
        *event = EVENT_NONE;
    }
}

/* ---- what a run needs, and how long that takes ---- */

static void glue_plan(const struct glue_params *p, struct glue_run *run)
{
    const int64_t dpus = glue_worker_dpus[p->worker_type];
    const struct waves waves = waves_plan(
        &(struct waves_rules){
            .file_bytes = (double)p->file_size_bytes,
            .split_bytes = (double)p->split_bytes,
            .open_bytes = (double)p->open_cost_bytes,
            .rate_bytes_per_s = p->task_rate_bytes_per_s,
            .file_ns = (double)p->file_time_ns,
            .skew = p->skew,
            .cores = GLUE_DPU_CORES * dpus,
            .executors_most = p->workers_count - 1,
            .fitted = p->auto_scaling,
        },
        run->bytes);
    struct glue *glue = run->s->state;
    run->tasks = waves.tasks;
    run->dpus = (waves.executors + 1) * dpus; /* one is the driver's */
    run->batch_ns = llround(waves.time_ns / (double)p->batches_count);
    if (run->measured) {
        double *counts = glue->counts;
        counts[GLUE_EXECUTORS_NEEDED] = fmax(counts[GLUE_EXECUTORS_NEEDED], (double)waves.needed);
        counts[GLUE_EXECUTORS] = fmax(counts[GLUE_EXECUTORS], (double)waves.executors);
    }
}

static int64_t glue_start_ns(const struct service *s)
{
    const struct glue_params *p = s->params;
    struct glue *glue = s->state;
    int64_t start_ns = distribution_draw_int(p->start_ns_dist, &glue->start_random);
    if (p->execution == GLUE_FLEX) {
        start_ns += distribution_draw_int(p->flex_delay_ns_dist, &glue->start_random);
    }
    return start_ns;
}

/* The run is over, or failed and is to be made anew: what it has cost. */
static void glue_bill(struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    if (run->began_ns == GLUE_NEVER) {
        return;
    }
    const double length_s = ceil((double)(core_now(run->s->core) - run->began_ns) / GLUE_NS_PER_S);
    glue_count(run, p->execution == GLUE_FLEX ? GLUE_FLEX_DPU_HOURS : GLUE_DPU_HOURS,
               (double)run->dpus * fmax(GLUE_LEAST_S, length_s) / GLUE_HOUR_S);
}

/* True: the run has failed, and another one follows, which begins after its start-up. */
static bool glue_again(struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    if (run->retries >= p->max_retries_count || run->over_time || run->stage <= GLUE_STARTS ||
        run->stage == GLUE_IS_OVER) {
        return false;
    }
    glue_bill(run);
    glue_count(run, GLUE_FAILED, 1);
    glue_count(run, GLUE_RETRIED, 1);
    glue_cancel(run, &run->limit_event);
    run->retries++;
    run->began_ns = GLUE_NEVER;
    run->stage = GLUE_STARTS;
    run->start_ns = core_now(run->s->core);
    return true;
}

static void glue_fail(struct glue_run *run)
{
    if (glue_again(run)) {
        glue_wait(run, GLUE_STARTS, glue_start_ns(run->s));
    } else {
        run->stage = GLUE_IS_OVER;
        core_end(run->s->core, glue_frame(run), OUTCOME_FAILED);
    }
}

/* ---- a run, stage by stage ---- */

static int64_t glue_backoff_ns(const struct glue_params *p, int64_t tries)
{
    return llround(
        fmin((double)p->attempts.cap_ns, (double)p->attempts.wait_ns * exp2((double)(tries - 1))));
}

/* A batch is read or written; after a bad answer once more. */
static void glue_call(struct world *w, struct glue_run *run, enum glue_stage stage)
{
    const struct glue_params *p = run->s->params;
    struct frame *f = glue_frame(run);
    const double share = stage == GLUE_READS ? 1 : p->output_ratio;
    run->tries = run->stage == stage ? run->tries + 1 : 1;
    run->stage = (uint8_t)stage;
    f->flags |= FRAME_SIZED; /* what it calls is told of these bytes */
    core_more(run->s->core, f)->size_bytes = (float)(run->bytes * share / (double)p->batches_count);
    call_forward(w, f, stage == GLUE_READS ? p->source_target.edge : p->sink_target.edge, 0,
                 TIME_NONE);
}

/* Adds what it has written to the catalog. */
static void glue_record(struct world *w, struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    struct glue *glue = run->s->state;
    struct glue_account *account = run->s->shared;
    const int64_t calls = (p->partitions_count + GLUE_PAGE - 1) / GLUE_PAGE;
    run->tries = run->stage == GLUE_RECORDS ? run->tries + 1 : 1;
    if (throttle_pass(&account->catalog, core_now(run->s->core), calls)) {
        glue_count(run, GLUE_CATALOG_REQUESTS, (double)calls);
        glue_count(run, GLUE_PARTITIONS_CREATED, (double)p->partitions_count);
        glue_wait(run, GLUE_IS_OVER,
                  distribution_draw_int(p->catalog_latency_ns_dist, &glue->catalog_random));
        return;
    }
    glue_count(run, GLUE_CATALOG_THROTTLED, 1);
    service_throttled(w, run->s, glue_resources[GLUE_OF_CATALOG]);
    run->stage = GLUE_RECORDS;
    if (run->tries < p->attempts.count_count) {
        glue_wait(run, GLUE_RECORDS, glue_backoff_ns(p, run->tries));
    } else {
        glue_fail(run);
    }
}

static void glue_batch(struct world *w, struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    if (run->batch == run->fails) {
        glue_fail(run);
    } else if (run->batch < p->batches_count) {
        if (p->source_target.service != SERVICE_NONE) {
            glue_call(w, run, GLUE_READS);
        } else {
            glue_wait(run, GLUE_WORKS, run->batch_ns);
        }
    } else if (p->partitions_count > 0) {
        glue_record(w, run);
    } else {
        run->stage = GLUE_IS_OVER;
        core_go(run->s->core, glue_frame(run));
    }
}

static void glue_written(struct world *w, struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    glue_count(run, GLUE_BYTES_WRITTEN, run->bytes * p->output_ratio / (double)p->batches_count);
    run->batch++;
    glue_batch(w, run);
}

static void glue_run_begins(struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    struct glue *glue = run->s->state;
    run->began_ns = core_now(run->s->core);
    glue_time(run, GLUE_STARTUP, run->began_ns - run->start_ns);
    run->limit_event =
        service_timer(run->s, p->timeout_ns, glue_frame(run)->note * GLUE_TIMERS + GLUE_LIMIT);
    run->batch = 0;
    run->fails = GLUE_NEVER;
    if (p->failures_ratio > 0 && random_uniform(&glue->failure_random) < p->failures_ratio) {
        run->fails = (int64_t)random_below(&glue->failure_random, (uint32_t)p->batches_count);
    }
    glue_wait(run, GLUE_DRIVES,
              distribution_draw_int(p->driver_time_ns_dist, &glue->driver_random));
}

/* What the stage waited for is there. */
static void glue_next(struct world *w, struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    switch ((enum glue_stage)run->stage) {
    case GLUE_STARTS:
        glue_run_begins(run);
        break;
    case GLUE_DRIVES:
        glue_batch(w, run);
        break;
    case GLUE_READS:
        glue_wait(run, GLUE_WORKS, run->batch_ns);
        break;
    case GLUE_WORKS:
        glue_count(run, GLUE_BYTES_READ, run->bytes / (double)p->batches_count);
        glue_count(run, GLUE_TASKS, (double)run->tasks / (double)p->batches_count);
        if (p->sink_target.service != SERVICE_NONE) {
            glue_call(w, run, GLUE_WRITES);
        } else {
            glue_written(w, run);
        }
        break;
    case GLUE_WRITES:
        glue_written(w, run);
        break;
    case GLUE_RECORDS:
        glue_record(w, run);
        break;
    default: /* the catalog has answered */
        core_go(run->s->core, glue_frame(run));
    }
}

/* ---- room for it ---- */

/* Null, or what is in its way. */
static const char *glue_full(const struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    struct glue *glue = run->s->state;
    const struct glue_account *account = run->s->shared;
    if (glue->running.value >= p->max_concurrent_count) {
        glue->was_full = true;
        return glue_resources[GLUE_OF_JOB];
    }
    if (allotment_fits(&account->runs, run->dpus)) {
        return NULL;
    }
    return glue_resources[allotment_fits(&account->runs, 0) ? GLUE_OF_DPUS : GLUE_OF_ACCOUNT];
}

static void glue_admit(struct glue_run *run)
{
    struct service *s = run->s;
    struct glue *glue = s->state;
    struct glue_account *account = s->shared;
    struct frame *f = glue_frame(run);
    const int64_t now_ns = core_now(s->core), start_ns = glue_start_ns(s);
    glue->has_run = true;
    allotment_take(&account->runs, run->dpus, now_ns);
    gauge_add(&glue->running, 1, now_ns);
    gauge_add(&s->load.busy, 1, now_ns);
    load_serve(&s->load, s->core, f);
    call_phase(s, f, "start-up", start_ns);
    glue_time(run, GLUE_QUEUED, now_ns - run->came_ns);
    run->start_ns = now_ns;
    glue_wait(run, GLUE_STARTS, start_ns);
}

static void glue_unwait(struct glue_run *run)
{
    struct glue_account *account = run->s->shared;
    line_leave(&account->runs.line, run->s->core, glue_frame(run));
    gauge_add(&run->s->load.queue, -1, core_now(run->s->core));
    glue_cancel(run, &run->limit_event);
    run->stage = GLUE_IS_OVER;
}

/* Each that waits asks again: whoever fits begins, in the order in which they came. */
static void glue_line(struct service *s)
{
    struct glue_account *account = s->shared;
    struct frame *f = line_head(&account->runs.line, s->core);
    while (f != NULL) {
        struct glue_run *run = glue_run(s, f->note);
        f = f->next != FRAME_NONE ? core_frame(s->core, f->next) : NULL;
        if (glue_full(run) != NULL || glue_frame(run)->flags & FRAME_WITHDRAWN) {
            continue;
        }
        glue_unwait(run);
        if (core_late(s->core, glue_frame(run))) {
            core_end(s->core, glue_frame(run), OUTCOME_TIMEOUT);
        } else {
            glue_admit(run);
        }
    }
}

static void glue_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct glue_run *run = glue_run(s, slot / GLUE_TIMERS);
    if (slot % GLUE_TIMERS == GLUE_NEXT) {
        run->next_event = EVENT_NONE;
        glue_next(w, run);
        return;
    }
    run->limit_event = EVENT_NONE;
    if (run->stage == GLUE_WAITS) {
        glue_unwait(run);
        core_end(s->core, glue_frame(run), OUTCOME_FAILED);
    } else {
        run->over_time = true;
        call_cut(w, glue_frame(run), OUTCOME_TIMEOUT);
    }
}

/* ---- the life of a call ---- */

static void glue_arrive_catalog(struct world *w, struct service *s, struct frame *f)
{
    const struct glue_params *p = s->params;
    struct glue *glue = s->state;
    struct glue_account *account = s->shared;
    const bool measured = f->flags & FRAME_MEASURED;
    if (!throttle_pass(&account->catalog, core_now(s->core), 1)) {
        glue->counts[GLUE_CATALOG_THROTTLED] += measured;
        call_throttle(w, f, glue_resources[GLUE_OF_CATALOG]);
        return;
    }
    glue->counts[GLUE_CATALOG_REQUESTS] += measured;
    f->work_ns = distribution_draw_int(p->catalog_latency_ns_dist, &glue->catalog_random);
    call_work(w, f);
}

static void glue_input(struct world *w, const struct frame *f, struct glue_run *run)
{
    const struct glue_params *p = run->s->params;
    struct glue *glue = run->s->state;
    struct reading_mark mark = {0}; /* a level has none */
    if (f->flags & FRAME_SIZED) {
        run->bytes = call_size(w, f);
    } else if (p->bookmark_reading.service == SERVICE_NONE) {
        run->bytes = distribution_draw(p->input_bytes_dist, &glue->size_random);
    } else {
        run->bookmark_bytes = service_read(w, &p->bookmark_reading, &mark);
        run->bytes = fmax(0, run->bookmark_bytes - glue->bookmark_bytes);
    }
}

static void glue_arrive_run(struct world *w, struct service *s, struct frame *f)
{
    const struct glue_params *p = s->params;
    struct glue_account *account = s->shared;
    const uint32_t record = records_take(&account->records);
    struct glue_run *run = glue_run(s, record);
    *run = (struct glue_run){
        .s = s,
        .frame = core_slot(s->core, f),
        .next_event = EVENT_NONE,
        .limit_event = EVENT_NONE,
        .measured = f->flags & FRAME_MEASURED,
        .came_ns = core_now(s->core),
        .began_ns = GLUE_NEVER,
    };
    glue_input(w, f, run);
    glue_plan(p, run);
    const char *const full = glue_full(run);
    if (full != NULL && !p->queuing) {
        glue_count(run, GLUE_REFUSED, 1);
        records_give(&account->records, record);
        call_throttle(w, f, full);
        return;
    }
    f->note = record;
    if (full == NULL) {
        glue_admit(run);
        return;
    }
    line_join(&account->runs.line, s->core, f);
    gauge_add(&s->load.queue, 1, run->came_ns);
    run->limit_event = service_timer(s, p->queue_time_ns, record * GLUE_TIMERS + GLUE_LIMIT);
}

static void glue_arrive(struct world *w, struct service *s, struct frame *f)
{
    if (f->operation != GLUE_START_JOB_RUN) {
        glue_arrive_catalog(w, s, f);
    } else if (f->note == RECORDS_NONE) {
        glue_arrive_run(w, s, f);
    } else if (glue_run(s, f->note)->stage == GLUE_STARTS) { /* a further run */
        glue_next(w, glue_run(s, f->note));
    } else {
        glue_call(w, glue_run(s, f->note), glue_run(s, f->note)->stage);
    }
}

static bool glue_answered(struct world *w, struct service *s, struct frame *f)
{
    if (f->note == RECORDS_NONE || glue_run(s, f->note)->stage == GLUE_IS_OVER) {
        return true;
    }
    f->state = FRAME_HELD;
    glue_next(w, glue_run(s, f->note));
    return false;
}

/* A bucket has refused a batch: some more tries, then the run fails, and another may follow. */
static bool glue_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    const struct glue_params *p = s->params;
    if (f->note == RECORDS_NONE) {
        return false;
    }
    struct glue_run *run = glue_run(s, f->note);
    const bool passing = outcome == OUTCOME_THROTTLED || outcome == OUTCOME_TIMEOUT ||
                         outcome == OUTCOME_UNAVAILABLE;
    if (run->stage != GLUE_READS && run->stage != GLUE_WRITES) {
        return false;
    }
    if (passing && !run->over_time && run->tries < p->attempts.count_count) {
        call_again(w, f, glue_backoff_ns(p, run->tries));
        return true;
    }
    if (glue_again(run)) {
        call_again(w, f, glue_start_ns(s));
        return true;
    }
    return false;
}

static void glue_good(struct glue_run *run)
{
    struct glue *glue = run->s->state;
    const int64_t now_ns = core_now(run->s->core);
    glue_time(run, GLUE_ELAPSED, now_ns - run->began_ns);
    if (glue->previous_ns != GLUE_NEVER) {
        glue_time(run, GLUE_FRESHNESS, now_ns - glue->previous_ns);
    }
    glue->previous_ns = run->came_ns; /* when its input was looked at */
    glue->bookmark_bytes = run->bookmark_bytes;
}

static void glue_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct glue *glue = s->state;
    struct glue_account *account = s->shared;
    const int64_t now_ns = core_now(s->core);
    if (f->note == RECORDS_NONE) {
        return;
    }
    struct glue_run *run = glue_run(s, f->note);
    enum glue_metric status = run->over_time ? GLUE_TIMED_OUT : GLUE_FAILED;
    if (f->flags & FRAME_WITHDRAWN) {
        status = GLUE_STOPPED;
    } else if (f->answer == OUTCOME_OK) {
        status = GLUE_SUCCEEDED;
        glue_good(run);
    }
    glue_count(run, status, 1);
    glue_bill(run);
    if (run->stage == GLUE_WAITS) {
        glue_unwait(run);
    } else if (f->flags & FRAME_SERVED) {
        allotment_give(&account->runs, run->dpus, now_ns);
        gauge_add(&glue->running, -1, now_ns);
        gauge_add(&s->load.busy, -1, now_ns);
    }
    glue_cancel(run, &run->next_event);
    glue_cancel(run, &run->limit_event);
    records_give(&account->records, f->note);
    f->note = RECORDS_NONE;
    glue_line(s);
}

/* ---- results ---- */

static void glue_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct glue *glue = s->state;
    for (uint32_t i = 0; i < GLUE_METRICS; i++) {
        if (i < GLUE_TIMES) {
            own[i].summary = &glue->times[i];
        } else {
            own[i].value = glue->counts[i];
        }
    }
}

static void glue_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct glue_params *p = s->params;
    const struct glue *glue = s->state;
    const struct glue_account *account = s->shared;
    const int64_t now_ns = core_now(s->core);
    for (uint32_t i = 0; i < GLUE_OF_CATALOG; i++) {
        usage[i] = (struct usage){.available = INFINITY};
    }
    if (glue->was_full) { /* a job that runs alone uses all of its places, and lacks none */
        usage[GLUE_OF_JOB] = usage_of_level(&glue->running, p->max_concurrent_count, now_ns);
    }
    if (glue->has_run) {
        usage[GLUE_OF_ACCOUNT] =
            usage_of_level(&account->runs.places, account->runs.places_most, now_ns);
        usage[GLUE_OF_DPUS] =
            usage_of_level(&account->runs.units, account->runs.units_most, now_ns);
    }
    usage[GLUE_OF_CATALOG] = (struct usage){.used = (double)account->catalog.taken,
                                            .available = account->catalog.rate_per_s};
}

static const char *glue_check(const void *params)
{
    const struct glue_params *p = params;
    if (p->execution == GLUE_FLEX && p->worker_type != GLUE_G_1X && p->worker_type != GLUE_G_2X) {
        return "execution: flex runs on g_1x and g_2x workers only";
    }
    if (p->execution == GLUE_FLEX && p->flex_delay_ns_dist == NULL) {
        return "execution: flex waits for spare capacity; say how long with flex_delay";
    }
    if (p->queuing && p->max_retries_count > 0) {
        return "queuing: only of jobs without max_retries, which never wait";
    }
    return p->attempts.cap_ns < p->attempts.wait_ns
               ? "attempts.cap: less than `attempts.wait`, the first wait"
               : NULL;
}

/* Of the last: it must be able to run alone; whom its bookmark names is known only now. */
static const char *glue_check_together(const void *quotas, const void *const *params,
                                       uint32_t count)
{
    const struct glue_quotas *q = quotas;
    const struct glue_params *p = params[count - 1];
    if (p->bookmark_reading.service != SERVICE_NONE && p->bookmark_reading.what < READING_OWN) {
        return "bookmark: expected a level of bytes, such as BUCKET.bucket_size_bytes_standard";
    }
    if (p->bookmark_reading.service != SERVICE_NONE && p->max_concurrent_count > 1) {
        return "bookmark: runs at a time would read the same; it needs max_concurrent 1";
    }
    const int64_t least = p->auto_scaling ? 2 : p->workers_count;
    return least * glue_worker_dpus[p->worker_type] > q->dpus_count
               ? "workers: more DPUs than the account has (quotas.glue.dpus), so that no run begins"
               : NULL;
}

static const struct param_only glue_only[] = {{"flex_delay", "execution", "flex"}};

const struct model glue_model = {
    .info =
        {
            .name = "glue",
            .title = "AWS Glue: a job and the data catalog",
            .text =
                "`start_job_run` is a run of the job until it is over; its caller may be a command "
                "of an aws_cli on a schedule. A run takes a place of `max_concurrent`, one of the "
                "account, and its DPUs; where there is no room it ends as `throttled`, or waits "
                "with `queuing` and asks again whenever a run ends, with the others in the order "
                "in which they came. It starts up, which is not billed. Then its tasks, of "
                "`split` bytes or of many small files with `open_cost` each, are worked off in "
                "waves by the vCPUs of all workers but the driver: bytes / `task_rate` and "
                "`file_time` a file. `source` and `sink` are told in `batches` what is read and "
                "written, and tried again when they throttle. At the end `partitions` go into the "
                "catalog. A failed run is made anew `max_retries` times in the place it has. The "
                "other operations are the catalog's: a token of the account's `catalog` rate, "
                "which all services share, and a latency. Left out: streaming, spilling shuffles, "
                "crawlers, what the catalog stores, the ramp of auto scaling.",
            ROWS(params, glue_params),
            ROWS(quotas, glue_quotas),
            ROWS(metrics, glue_metrics),
            ROWS(operations, glue_operations),
            ROWS(resources, glue_resources),
            ROWS(only, glue_only),
            .params_size = sizeof(struct glue_params),
            .quotas_size = sizeof(struct glue_quotas),
            .target_kind = TARGET_KIND_NONE,
            .check = glue_check,
            .check_together = glue_check_together,
        },
    .state_size = sizeof(struct glue),
    .shared_size = sizeof(struct glue_account),
    .start = glue_start,
    .timer = glue_timer,
    .arrive = glue_arrive,
    .answered = glue_answered,
    .keep = glue_keep,
    .finish = glue_finish,
    .observe = glue_observe,
    .usage = glue_usage,
};
