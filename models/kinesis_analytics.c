/* kinesis_analytics: a job of Apache Flink that reads a stream. It is one server of records, as
 * fast as its subtasks' CPU and its busiest key allow; what it cannot take stays in the stream.
 * Outputs come record by record or when a window closes, and leave through an asynchronous sink,
 * which stops the job when it is full. A failure takes the job back to its last checkpoint.
 * Blocks: journal, panes, outbox. Left out: see `text` at the end. */
#include "models/model.h"

#include "models/kinesis_analytics_job.h"

/* ---- requests to the sink ---- */

static void flink_send(void *context, uint32_t request)
{
    struct flink *flink = context;
    const struct flink_params *p = flink->s->params;
    struct frame *f = source_invoke(flink->w, &p->trigger.from_target, request, 1);
    if (f != NULL) {
        f->note = request;
    }
}

static void flink_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static bool flink_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    (void)outcome;
    const struct flink_params *p = s->params;
    struct flink *flink = s->state;
    if (outbox_stale(&flink->outbox, f->note)) {
        return false;
    }
    call_undo_rounds(w, f);
    call_again(w, f, p->sink.retry_wait_ns);
    return true;
}

static void flink_finish(struct world *w, struct service *s, struct frame *f)
{
    struct flink *flink = s->state;
    const struct outbox_load load = outbox_request(&flink->outbox, f->note)->load;
    const bool good = f->answer == OUTCOME_OK;
    if (good && world_measuring(w)) {
        summary_add(&flink->latency, core_now(s->core) - load.came_ns);
        summary_add(&flink->sink_delay, core_now(s->core) - load.closed_ns);
    }
    flink->now.out += good ? (double)load.count : 0;
    outbox_end(&flink->outbox, f->note, good);
    flink_checkpoint_over(flink);
    flink_work(flink);
}

/* ---- restarts ---- */

static void flink_forget(struct flink *flink, uint32_t *event)
{
    if (*event != EVENT_NONE) {
        events_cancel(&flink->s->core->events, *event);
        *event = EVENT_NONE;
    }
}

/* The job stands still, and starts anew. Returns for how long. */
static int64_t flink_stop(struct flink *flink)
{
    struct service *s = flink->s;
    const struct flink_params *p = s->params;
    const int64_t now_ns = core_now(s->core);
    const int64_t down_ns = distribution_draw_int(p->restart_ns_dist, &flink->restart_random) +
                            flink_transfer_ns(p, &flink->size, flink_state_bytes(flink));
    flink_forget(flink, &flink->slice);
    flink_forget(flink, &flink->checkpointing);
    flink_forget(flink, &flink->failure);
    flink_fill(flink, false);
    flink->running = flink->working = false;
    flink->stopped_ns = now_ns;
    flink->hot_minutes = flink->cold_minutes = 0;
    gauge_set(&s->load.busy, 0, now_ns);
    gauge_set(&s->load.up, 0, now_ns);
    service_timer(s, down_ns, FLINK_STARTED);
    return down_ns;
}

static void flink_started(struct flink *flink)
{
    struct service *s = flink->s;
    const struct flink_params *p = s->params;
    const int64_t now_ns = core_now(s->core);
    flink->running = true;
    flink->now.down_s += (double)(now_ns - flink->stopped_ns) / FLINK_S;
    flink->watermark_ns = FLINK_NEVER;
    for (uint32_t i = 0; i < flink->size.shards_count; i++) {
        flink->shards[i] = (struct flink_shard){FLINK_NEVER, now_ns};
    }
    gauge_set(&s->load.up, 1, now_ns);
    flink->checkpointing = service_timer(s, p->checkpoint.interval_ns, FLINK_CHECKPOINT);
    if (p->failure.mtbf_ns_dist != NULL) {
        flink->failure =
            service_timer(s, distribution_draw_int(p->failure.mtbf_ns_dist, &flink->failure_random),
                          FLINK_FAILURE);
    }
    flink_work(flink);
}

/* Back to the last checkpoint. */
static void flink_fail(struct flink *flink)
{
    struct service *s = flink->s;
    const struct flink_params *p = s->params;
    const int64_t down_ns = flink_stop(flink);
    const uint64_t again = journal_restart(&flink->journal);
    flink->now.restarts++;
    panes_copy(&flink->panes, &flink->kept);
    flink->held.count = flink->sealed.count = 0;
    if (p->sink.delivery == FLINK_AT_LEAST_ONCE) {
        outbox_restart(&flink->outbox);
    }
    struct log_entry *entry =
        service_log(flink->w, s,
                    &(struct log_entry){.kind = LOG_UNHEALTHY,
                                        .metric = "records to work off again",
                                        .value = (double)again,
                                        .threshold = (double)NAN,
                                        .from = (double)NAN,
                                        .to = (double)NAN,
                                        .delay_ns = down_ns,
                                        .count = 1,
                                        .text = "the job begins at its last checkpoint"});
    entry->until_ns = core_now(s->core) + down_ns;
}

/* With a snapshot, so that nothing is worked off again. */
static void flink_scale(struct flink *flink, uint32_t parallelism, double threshold)
{
    struct service *s = flink->s;
    const uint32_t from = flink->size.kpus;
    const double cpu = flink->cpu;
    const int64_t down_ns = flink_stop(flink);
    flink_checkpoint_begin(flink);
    flink_checkpoint_complete(flink);
    flink_resize(flink, parallelism);
    const uint32_t to = flink->size.kpus;
    service_log(flink->w, s,
                &(struct log_entry){.kind = to < from ? LOG_SCALE_IN : LOG_SCALE_OUT,
                                    .metric = "container_cpu_utilization",
                                    .value = cpu,
                                    .threshold = threshold,
                                    .from = from,
                                    .to = to,
                                    .delay_ns = down_ns,
                                    .count = to < from ? from - to : to - from,
                                    .text = "the job stands still meanwhile"});
}

/* ---- automatic scaling ---- */

static void flink_follow(struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    const uint32_t now = flink->size.parallelism;
    const int64_t most = flink_most(p, flink->s->quotas);
    flink->hot_minutes = flink->cpu >= p->auto_scaling.out_ratio ? flink->hot_minutes + 1 : 0;
    flink->cold_minutes = flink->cpu < p->auto_scaling.in_ratio ? flink->cold_minutes + 1 : 0;
    if (flink->hot_minutes * FLINK_MINUTE_NS >= p->auto_scaling.out_after_ns && now < most) {
        flink_scale(flink, 2 * now < most ? 2 * now : (uint32_t)most, p->auto_scaling.out_ratio);
    } else if (flink->cold_minutes * FLINK_MINUTE_NS >= p->auto_scaling.in_after_ns &&
               now > p->parallelism_count) {
        const uint32_t half = (now + 1) / 2, least = (uint32_t)p->parallelism_count;
        flink_scale(flink, half > least ? half : least, p->auto_scaling.in_ratio);
    }
}

/* A datapoint of the CPU: the job was there for the whole minute. */
static void flink_minute(struct flink *flink)
{
    const struct flink_params *p = flink->s->params;
    flink->cpu = fmin(1, flink->minute_cpu_s / FLINK_MINUTE_S);
    flink->minute_cpu_s = 0;
    service_timer(flink->s, FLINK_MINUTE_NS, FLINK_MINUTE);
    if (flink->running && p->auto_scaling.enabled) {
        flink_follow(flink);
    }
}

/* ---- the service ---- */

/* How old what it has worked off is, if there is more. */
static int64_t flink_behind_ns(const struct flink *flink)
{
    const bool all = flink->running && !flink->working && !flink->full;
    return all || flink->seen_ns == FLINK_NEVER ? 0 : core_now(flink->s->core) - flink->seen_ns;
}

static void flink_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct flink_params *p = s->params;
    struct flink *flink = s->state;
    switch (slot) {
    case FLINK_SLICE:
        flink_sliced(flink);
        break;
    case FLINK_SECOND:
        if (world_measuring(w)) {
            summary_add(&flink->behind, flink_behind_ns(flink));
        }
        service_timer(s, FLINK_SECOND_NS, FLINK_SECOND);
        break;
    case FLINK_MINUTE:
        flink_minute(flink);
        break;
    case FLINK_CHECKPOINT:
        flink_checkpoint(flink);
        break;
    case FLINK_CHECKPOINTED:
        flink->checkpointing = EVENT_NONE;
        flink_checkpoint_over(flink);
        break;
    case FLINK_FAILURE:
        flink->failure = EVENT_NONE;
        flink_fail(flink);
        break;
    case FLINK_STARTED:
        if (outbox_through(&flink->outbox)) {
            flink_started(flink);
        } else { /* a snapshot holds what was out then */
            service_timer(s, FLINK_SECOND_NS, FLINK_STARTED);
        }
        break;
    case FLINK_WINDOW:
        if (flink->running) {
            flink->watermark_ns = core_now(s->core);
            flink_close(flink);
        }
        service_timer(s, flink_slide_ns(p), FLINK_WINDOW);
        break;
    default:
        outbox_due(&flink->outbox);
    }
}

/* A record is late if the last of its windows ends before the watermark that it finds: of a delay D
 * beyond the bound and the windows' overlap, with the chance that an end lies in it. */
static double flink_late_ratio(struct world *w, struct service *s)
{
    const struct flink_params *p = s->params;
    const int64_t slide_ns = flink_slide_ns(p);
    const double spared = (double)(p->window.out_of_orderness_ns + p->window.size_ns - slide_ns);
    struct random random = service_random(w, s, "late");
    double sum = 0;
    for (int i = 0; i < FLINK_LATE_DRAWS; i++) {
        const double delay_ns = distribution_draw(p->window.delay_ns_dist, &random);
        sum += fmax(0, fmin(1, (delay_ns - spared) / (double)slide_ns));
    }
    return sum / FLINK_LATE_DRAWS;
}

static void flink_start_blocks(struct world *w, struct service *s)
{
    const struct flink_params *p = s->params;
    struct flink *flink = s->state;
    if (p->window.kind != FLINK_NONE) {
        const struct panes_setup panes = {
            .arena = s->arena,
            .origin_ns = world_origin(w),
            .slide_ns = flink_slide_ns(p),
            .slides = (uint32_t)(p->window.size_ns / flink_slide_ns(p)),
        };
        panes_init(&flink->panes, &panes);
        panes_init(&flink->begun, &panes);
        panes_init(&flink->kept, &panes);
    }
    journal_init(&flink->journal, s->arena);
    outbox_init(&flink->outbox, &(struct outbox_setup){
                                    .core = s->core,
                                    .arena = s->arena,
                                    .context = flink,
                                    .send = flink_send,
                                    .service = s->index,
                                    .timer = FLINK_FLUSH,
                                    .delay_ns = p->sink.delay_ns,
                                    .batch = (uint32_t)p->sink.batch_count,
                                    .lanes = 1,
                                    .room = (uint64_t)p->sink.buffer_count,
                                    .out_max = (uint32_t)p->sink.in_flight_count,
                                });
}

static void flink_start(struct world *w, struct service *s)
{
    const struct flink_params *p = s->params;
    struct flink *flink = s->state;
    const int64_t origin_ns = world_origin(w);
    flink->w = w;
    flink->s = s;
    flink->slice = flink->checkpointing = flink->failure = EVENT_NONE;
    flink->seen_ns = FLINK_NEVER;
    flink->stopped_ns = core_now(s->core);
    flink->restart_random = service_random(w, s, "restart");
    flink->failure_random = service_random(w, s, "failure");
    flink->late_ratio = p->window.kind == FLINK_NONE ? 0 : flink_late_ratio(w, s);
    flink_start_blocks(w, s);
    flink_resize(flink, (uint32_t)p->parallelism_count);
    service_gauge(s, &flink->kpu_gauge, &flink->kpu_window);
    service_gauge(s, &flink->outbox.out, &flink->out_window);
    struct summary *const summaries[] = {&flink->behind, &flink->latency, &flink->sink_delay,
                                         &flink->checkpoint_duration};
    for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++) {
        summary_init(summaries[i], s->arena);
    }
    s->load.fallible = p->failure.mtbf_ns_dist != NULL || p->auto_scaling.enabled;
    service_timer(s, FLINK_SECOND_NS, FLINK_SECOND);
    service_timer(
        s, FLINK_MINUTE_NS - (FLINK_MINUTE_NS - origin_ns % FLINK_MINUTE_NS) % FLINK_MINUTE_NS,
        FLINK_MINUTE);
    if (p->window.kind != FLINK_NONE && p->window.time == FLINK_PROCESSING_TIME) {
        const int64_t first_ns = origin_ns % flink_slide_ns(p);
        service_timer(s, first_ns > 0 ? first_ns : flink_slide_ns(p), FLINK_WINDOW);
    }
}

static void flink_begin(struct world *w, struct service *s)
{
    (void)w;
    flink_started(s->state);
}

static struct flink_counts flink_counts_now(const struct flink *flink)
{
    struct flink_counts counts = flink->now;
    const int64_t now_ns = core_now(flink->s->core);
    counts.replayed = (double)flink->journal.replayed;
    counts.twice = (double)flink->outbox.twice;
    counts.down_s += flink->running ? 0 : (double)(now_ns - flink->stopped_ns) / FLINK_S;
    counts.backpressured_s += flink->full ? (double)(now_ns - flink->full_ns) / FLINK_S : 0;
    return counts;
}

static void flink_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct flink *flink = s->state;
    *(begins ? &flink->begin : &flink->end) = flink_counts_now(flink);
}

static double flink_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct flink *flink = s->state;
    switch (metric) {
    case FLINK_KPUS:
        return flink->size.kpus;
    case FLINK_CPU:
        return flink->cpu;
    default:
        return (double)flink_behind_ns(flink) / FLINK_S;
    }
}

static void flink_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct flink *flink = s->state;
    const struct flink_counts *from = &flink->begin, *to = &flink->end;
    const double window_s = world_window_s(w);
    const double kpus = gauge_mean(&flink->kpu_window, window_s);
    own[FLINK_KPUS].value = kpus;
    own[FLINK_KPU_HOURS].value = (kpus + 1) * window_s / FLINK_HOUR_S;
    own[FLINK_CPU].value = fmin(1, (to->cpu_s - from->cpu_s) / window_s);
    own[FLINK_BEHIND].summary = &flink->behind;
    own[FLINK_RECORDS_IN].value = to->done - from->done;
    own[FLINK_RECORDS_READ].value = to->read - from->read;
    own[FLINK_RECORDS_REPLAYED].value = to->replayed - from->replayed;
    own[FLINK_LATE].value = to->late - from->late;
    own[FLINK_RECORDS_OUT].value = to->out - from->out;
    own[FLINK_DUPLICATES].value = to->twice - from->twice;
    own[FLINK_WINDOWS].value = to->windows - from->windows;
    own[FLINK_LATENCY].summary = &flink->latency;
    own[FLINK_SINK_DELAY].summary = &flink->sink_delay;
    own[FLINK_CHECKPOINT_DURATION].summary = &flink->checkpoint_duration;
    own[FLINK_CHECKPOINT_SIZE].value = flink->checkpoint_bytes;
    own[FLINK_CHECKPOINTS].value = to->checkpoints - from->checkpoints;
    own[FLINK_RESTARTS].value = to->restarts - from->restarts;
    own[FLINK_DOWNTIME].value = to->down_s - from->down_s;
    own[FLINK_BACKPRESSURED].value = (to->backpressured_s - from->backpressured_s) / window_s;
}

static void flink_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct flink_params *p = s->params;
    const struct flink *flink = s->state;
    usage[FLINK_BUSIEST] = (struct usage){.used = flink->now.busiest_s, .available = 1};
    usage[FLINK_OUT] = (struct usage){
        .used = gauge_area_s(&flink->outbox.out, core_now(s->core)),
        .available = (double)p->sink.in_flight_count * flink->size.parallelism,
    };
}

const struct model kinesis_analytics_model = {
    .info =
        {
            .name = "kinesis_analytics",
            .title = "Amazon Managed Service for Apache Flink: a job that reads a stream",
            .text =
                "One job reads every shard of the stream in turn. Records are spread over "
                "`parallelism` subtasks, `parallelism_per_kpu` of which share a KPU of one vCPU; "
                "the job goes at the pace of its busiest subtask, so it takes one record each "
                "share x max(subtasks of a KPU x cpu, cpu + blocking), where share is skew / "
                "parallelism. What is beyond that stays in the stream: `millis_behind_latest` "
                "grows. Outputs come with each record, or for each key when a window closes: when "
                "the records of all shards have passed its end, or the clock has. They leave by "
                "the sink, in requests of `sink.batch`, each of which does what `calls` says; one "
                "that fails is made again, and while the sink is full the job stands still. So "
                "`arrivals` and `latency` are those of requests to the sink. A checkpoint holds "
                "the places in the stream, the windows and the sink's buffer as they were when it "
                "began. After a failure the job stands still for `restart` and the reading of its "
                "state, and works off again what was done since the last complete one began: on "
                "average half an interval and the duration of a checkpoint. Scaling takes a "
                "snapshot, and as long. Left out: several sources, the reading of replayed "
                "records from the shard, keys that are not even in a window, session windows, the "
                "alignment of barriers, the sink's congestion control, memory, the ten minutes "
                "after which a checkpoint is given up.",
            ROWS(params, flink_params),
            ROWS(quotas, flink_quotas),
            ROWS(metrics, flink_metrics),
            ROWS(resources, flink_resources),
            .params_size = sizeof(struct flink_params),
            .quotas_size = sizeof(struct flink_quotas),
            .takes_work = true,
            .work_help = "time of a request to the sink, beside what `calls` does",
            .resource = "KPUs",
            .target_kind = TARGET_KIND_NONE,
            .scales = true,
            .scales_with = flink_scales,
            .check = flink_check,
            .forbid = flink_forbid,
            .check_source = flink_check_source,
            .check_together = flink_check_together,
        },
    .state_size = sizeof(struct flink),
    .start = flink_start,
    .begin = flink_begin,
    .window = flink_window,
    .timer = flink_timer,
    .observe = flink_observe,
    .usage = flink_usage,
    .arrive = flink_arrive,
    .keep = flink_keep,
    .finish = flink_finish,
    .fed = flink_fed,
    .level = flink_level,
};
