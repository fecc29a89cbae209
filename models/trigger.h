/* trigger: an event source mapping as parameter rows that types share, and as what their models do
 * with it: a service that polls a queue or a stream (sim/blocks/event_source.h). A type puts
 * `struct trigger_params trigger` into its parameters, TRIGGER_ROWS into its table, and a struct
 * trigger into its state. */
#ifndef ARCHSIM_MODELS_TRIGGER_H
#define ARCHSIM_MODELS_TRIGGER_H

#include "models/model.h"
#include "sim/blocks/event_source.h"
#include "sim/blocks/ramp.h"

#define TRIGGER_SQS_PAGE "Lambda Developer Guide, scaling behavior for SQS event source mappings"
#define TRIGGER_SQS_PARAMETERS_PAGE \
    "Lambda Developer Guide, parameters for SQS event source mappings"
#define TRIGGER_STREAM_PAGE "Lambda Developer Guide, parameters for Kinesis event source mappings"
#define TRIGGER_STREAM_ERRORS_PAGE \
    "Lambda Developer Guide, Retain discarded batch records for a Kinesis event source"
#define TRIGGER_POLLERS_PAGE "Lambda API Reference, ProvisionedPollerConfig"
#define TRIGGER_SQS_ERRORS_PAGE "Lambda Developer Guide, Handling errors for an SQS event source"

#define TRIGGER_S 1e9 /* ns */
#define TRIGGER_WINDOW_LEAST_NS INT64_C(1000000000)
enum { TRIGGER_BATCH = 10, TRIGGER_BATCH_OF_STREAM = 100 };     /* more of a queue need a window */
enum { TRIGGER_POLLERS_LEAST = 2, TRIGGER_POLLERS_MOST = 200 }; /* of provisioned mode */
enum trigger_per { TRIGGER_PER_MESSAGE, TRIGGER_PER_BATCH };

struct trigger_params {
    struct call_target from_target;
    int64_t batch_count, batch_size_bytes, window_ns;
    int64_t max_concurrency_count, initial_count, most_count;
    double ramp_per_s;
    int64_t min_pollers_count, max_pollers_count, poller_concurrency_count;
    double pollers_ramp_per_s;
    int64_t parallelization_factor_count, maximum_retry_attempts_count;
    int64_t maximum_record_age_ns, retry_wait_ns;
    int per;
    bool report_batch_item_failures, bisect_batch_on_function_error;
    struct call_target on_failure_target;
};

/* clang-format off */
#define TRIGGER_ROWS \
    SOURCE(trigger.from, REQUIRED, "the queue or the stream that is polled for this function", \
           DOCUMENTED(TRIGGER_SQS_PARAMETERS_PAGE)), \
    COUNT(trigger.batch, NONE, "1..10k", \
          "messages of one invocation: 10 of a queue, 100 of a stream, unless given", \
          DOCUMENTED(TRIGGER_SQS_PARAMETERS_PAGE "; " TRIGGER_STREAM_PAGE)), \
    SIZE(trigger.batch_size, "6 MiB", "1 B..6 MiB", "bytes of one invocation, of a stream", \
         DOCUMENTED(TRIGGER_STREAM_PAGE ": the payload limit of 6 MB")), \
    TIME(trigger.window, "0s", "0s..300s", "a batch that is not full waits so long for more", \
         DOCUMENTED(TRIGGER_SQS_PARAMETERS_PAGE)), \
    COUNT(trigger.max_concurrency, NONE, "2..1000", "batches at a time, at most", \
          DOCUMENTED(TRIGGER_SQS_PAGE)), \
    COUNT(trigger.initial, "5", "1..", "batches at a time, at first and when traffic is low", \
          DOCUMENTED(TRIGGER_SQS_PAGE)), \
    COUNT(trigger.most, "1250", "1..", "batches at a time, without max_concurrency", \
          DOCUMENTED(TRIGGER_SQS_PAGE)), \
    RATE(trigger.ramp, "300/min", "1/min..1M/s", \
         "further batches at a time, while messages are waiting", \
         DOCUMENTED(TRIGGER_SQS_PAGE "; taken as continuous, and the same on the way back")), \
    COUNT(trigger.min_pollers, NONE, "2..200", \
          "provisioned mode: so many are dedicated, also in low traffic; then 2 unless given", \
          DOCUMENTED(TRIGGER_POLLERS_PAGE)), \
    COUNT(trigger.max_pollers, NONE, "2..10k", \
          "provisioned mode: it grows up to so many; then 200 unless given", \
          DOCUMENTED(TRIGGER_POLLERS_PAGE)), \
    COUNT(trigger.poller_concurrency, "10", "1..1000", \
          "provisioned mode: batches at a time of one poller", \
          RECALLED("AWS docs: 1 MB/s, 10 concurrent invokes or 10 polls a second of each")), \
    RATE(trigger.pollers_ramp, "1000/min", "1/min..1M/s", \
         "provisioned mode: further batches at a time, while messages are waiting", \
         DOCUMENTED("AWS News Blog, Lambda enhances SQS processing with provisioned mode, 2025")), \
    COUNT(trigger.parallelization_factor, "1", "1..10", \
          "of a stream: batches of a shard at a time; each key in one of so many lanes", \
          DOCUMENTED(TRIGGER_STREAM_PAGE)), \
    FLAG(trigger.bisect_batch_on_function_error, "false", \
         "of a stream: a batch that failed is tried again in two halves, which is no further try", \
         DOCUMENTED(TRIGGER_STREAM_ERRORS_PAGE)), \
    COUNT(trigger.maximum_retry_attempts, "inf", "0..inf", \
          "of a stream: further tries of a batch that failed, while its shard waits", \
          DOCUMENTED(TRIGGER_STREAM_PAGE ": -1, without end, is the default; at most 10,000")), \
    TIME(trigger.maximum_record_age, NONE, "60s..7d", \
         "of a stream: older records are given up, tried or not", \
         DOCUMENTED(TRIGGER_STREAM_PAGE ": -1, for ever, is the default; of a batch's newest")), \
    TIME(trigger.retry_wait, "1s", "0s..1h", "of a stream: before a batch is tried again", \
         ESTIMATED("not documented for function errors; a second as of throttled events")), \
    SERVICE_OPERATION(trigger.on_failure, NONE, "send", \
                      "of a stream: destination of batches that are given up", \
                      DOCUMENTED(TRIGGER_STREAM_ERRORS_PAGE)), \
    CHOICE(trigger.per, "message", "message batch", \
           "whether `work` and `calls` are for each message of a batch, in turn, or once for all", \
           DEFINED("archsim language 1")), \
    FLAG(trigger.report_batch_item_failures, "false", \
         "poison alone comes again; FIFO, or a call that fails: and what follows; else all", \
         DOCUMENTED(TRIGGER_SQS_ERRORS_PAGE))
/* clang-format on */

struct trigger {
    struct world *w;
    struct service *s;
    const struct trigger_params *params;
    struct event_source source;
    uint16_t edge;   /* from the source; SERVICE_NONE: there is none */
    bool stream;     /* it is one of shards */
    int64_t hold_ns; /* so long a queue waits for a batch; below 0: for ever */
    struct ramp more;
    uint64_t dropped; /* records in the window */
};

/* ---- what does not fit together, as a model's checks say it ---- */

static inline bool trigger_provisioned(const struct trigger_params *p)
{
    return p->min_pollers_count >= 0 || p->max_pollers_count >= 0;
}
static inline int64_t trigger_pollers_least(const struct trigger_params *p)
{
    return p->min_pollers_count >= 0 ? p->min_pollers_count : TRIGGER_POLLERS_LEAST;
}
static inline int64_t trigger_pollers_most(const struct trigger_params *p)
{
    return p->max_pollers_count >= 0 ? p->max_pollers_count : TRIGGER_POLLERS_MOST;
}
static inline const char *trigger_check(const struct trigger_params *p)
{
    if (trigger_provisioned(p) && p->max_concurrency_count >= 0) {
        return "trigger.max_concurrency: not in provisioned mode, with pollers of its own";
    }
    if (trigger_provisioned(p) && trigger_pollers_least(p) > trigger_pollers_most(p)) {
        return "trigger.min_pollers: more than `max_pollers`";
    }
    return NULL;
}

/* Batches of FIFO queues: TRIGGER_SQS_PARAMETERS_PAGE. */
static inline const char *trigger_check_source(const struct trigger_params *p,
                                               const struct source_terms *terms)
{
    if (terms->parted) {
        return p->max_concurrency_count >= 0 || trigger_provisioned(p)
                   ? "trigger: a stream is polled shard by shard: use `parallelization_factor`"
                   : NULL;
    }
    if (p->on_failure_target.service != SERVICE_NONE) {
        return "trigger.on_failure: of streams only; a queue has its own `dead_letter`";
    }
    if (p->bisect_batch_on_function_error) {
        return "trigger.bisect_batch_on_function_error: of streams only";
    }
    if (p->batch_count > TRIGGER_BATCH && terms->ordered) {
        return "trigger.batch: of a FIFO queue at most 10 messages";
    }
    if (p->batch_count > TRIGGER_BATCH && p->window_ns < TRIGGER_WINDOW_LEAST_NS) {
        return "trigger.batch: more than 10 messages need a `window` of 1s or more";
    }
    return terms->ordered && p->window_ns > 0 ? "trigger.window: there is none for a FIFO queue"
                                              : NULL;
}

/* A step of a ramp of capacity, which is told once it is of note. */
static inline void service_ramp(struct world *w, struct service *s, struct ramp *ramp, double from,
                                const struct log_entry *step)
{
    if (ramp_step(ramp, core_now(s->core), from, step->to, step->value)) {
        struct log_entry entry = *step;
        entry.value = ramp->value;
        entry.threshold = entry.from = ramp->from;
        entry.count = ramp->count;
        ramp->entry = service_log(w, s, &entry);
    }
}

/* ---- what the mapping asks back ---- */

static inline void trigger_receive(void *context, uint32_t most, double bytes, uint32_t *delivery,
                                   struct shard_records *records)
{
    const struct trigger *trigger = context;
    const int64_t now_ns = core_now(trigger->s->core);
    struct source_got got = {.first_ns = now_ns, .last_ns = now_ns};
    const struct source_ask ask = {.most = most,
                                   .bytes = bytes,
                                   .part = trigger->stream ? *delivery : 0,
                                   .reports = trigger->params->report_batch_item_failures,
                                   .got = &got};
    records->count = source_receive(trigger->w, &trigger->params->from_target, &ask, delivery);
    records->first_ns = got.first_ns;
    records->last_ns = got.last_ns;
    records->bytes = got.bytes;
}

static inline struct frame *trigger_invoke(void *context, uint32_t delivery, uint32_t count)
{
    const struct trigger *trigger = context;
    const struct trigger_params *p = trigger->params;
    return source_invoke(trigger->w, &p->from_target, delivery,
                         p->per == TRIGGER_PER_MESSAGE ? count : 1);
}

static inline uint32_t trigger_parts(void *context)
{
    const struct trigger *trigger = context;
    return source_parts(trigger->w, &trigger->params->from_target);
}

static inline struct shard_parents trigger_part_after(void *context, uint32_t part)
{
    const struct trigger *trigger = context;
    struct shard_parents parents;
    parents.first =
        source_part_after(trigger->w, &trigger->params->from_target, part, &parents.count);
    return parents;
}

static inline void trigger_grown(void *context, uint32_t allowed)
{
    struct trigger *trigger = context;
    service_ramp(trigger->w, trigger->s, &trigger->more, (double)allowed - 1,
                 &(struct log_entry){
                     .kind = LOG_SCALE_OUT,
                     .metric = "pollers",
                     .value = trigger->source.pollers.out + 1, /* messages wait for one */
                     .to = (double)allowed,
                     .text = "all are at work and messages wait",
                 });
}

/* So many records of a stream are given up. */
static inline void trigger_drop(void *context, uint32_t count)
{
    struct trigger *trigger = context;
    const struct call_target *target = &trigger->params->on_failure_target;
    trigger->dropped += world_measuring(trigger->w) ? count : 0;
    if (target->service != SERVICE_NONE) {
        call_send(trigger->w, trigger->s, target->edge, 0);
    }
}

static const struct event_source_ops trigger_ops = {
    .receive = trigger_receive,
    .invoke = trigger_invoke,
    .parts = trigger_parts,
    .part_after = trigger_part_after,
    .grown = trigger_grown,
    .too_old = trigger_drop,
};

/* ---- what the model calls ---- */

static inline struct pollers_setup trigger_pollers(const struct trigger_params *p, bool stream)
{
    const bool provisioned = trigger_provisioned(p);
    const int64_t usual = stream ? TRIGGER_BATCH_OF_STREAM : TRIGGER_BATCH;
    int64_t first = p->initial_count;
    int64_t most = p->max_concurrency_count >= 0 ? p->max_concurrency_count : p->most_count;
    double ramp_per_s = p->ramp_per_s;
    if (provisioned) {
        first = trigger_pollers_least(p) * p->poller_concurrency_count;
        most = trigger_pollers_most(p) * p->poller_concurrency_count;
        ramp_per_s = p->pollers_ramp_per_s;
    }
    return (struct pollers_setup){
        .first = (uint32_t)(first < most ? first : most),
        .most = (uint32_t)most,
        .batch = (uint32_t)(p->batch_count > 0 ? p->batch_count : usual),
        .period_ns = (int64_t)(TRIGGER_S / ramp_per_s),
    };
}

/* In `start`; its timers are slot `timer` and on. */
static inline void trigger_start(struct trigger *trigger, struct world *w, struct service *s,
                                 const struct trigger_params *p, uint32_t timer)
{
    *trigger = (struct trigger){.w = w, .s = s, .params = p, .edge = SERVICE_NONE};
    if (p->from_target.service == SERVICE_NONE) {
        return;
    }
    const struct source_terms terms = source_terms(w, &p->from_target);
    trigger->edge = p->from_target.edge;
    trigger->stream = terms.parted;
    trigger->hold_ns = terms.parted ? -1 : terms.hold_ns;
    event_source_init(&trigger->source, &(struct event_source_setup){
                                            .core = s->core,
                                            .arena = s->arena,
                                            .ops = &trigger_ops,
                                            .context = trigger,
                                            .stream = terms.parted,
                                            .pollers = trigger_pollers(p, terms.parted),
                                            .window_ns = p->window_ns,
                                            .service = s->index,
                                            .timer = timer,
                                            .lanes = (uint32_t)p->parallelization_factor_count,
                                            .bytes = (double)p->batch_size_bytes,
                                            .tries_max = p->maximum_retry_attempts_count,
                                            .age_max_ns = p->maximum_record_age_ns,
                                            .halve = p->bisect_batch_on_function_error,
                                            .per_record = p->per == TRIGGER_PER_MESSAGE,
                                            .random = service_random(w, s, "lanes"),
                                        });
}

/* The call is a batch of its. */
static inline bool trigger_feeds(const struct trigger *trigger, const struct frame *f)
{
    return f->edge == trigger->edge;
}

/* In `keep`: all messages of a batch that failed come back, unless the function lives to tell which
 * failed. True: of a stream, it is to be tried again after retry_wait. */
static inline bool trigger_failed(struct trigger *trigger, struct frame *f, enum outcome outcome)
{
    if (outcome == OUTCOME_TIMEOUT || !trigger->params->report_batch_item_failures) {
        call_undo_rounds(trigger->w, f);
    }
    return trigger->stream && event_source_retry(&trigger->source, f);
}

/* In `finish`: a batch is over. */
static inline void trigger_over(struct trigger *trigger, const struct frame *f, bool good)
{
    if (trigger->stream && !good) {
        trigger_drop(trigger, event_source_records(&trigger->source, f)->count);
    }
    event_source_end(&trigger->source, f, !good && !trigger->params->report_batch_item_failures);
}

/* A throttled batch is given up: it ends by that limit. Its poller asks for more once what comes
 * back is there again. */
static inline void trigger_throttled(struct trigger *trigger, struct frame *f, const char *limit)
{
    if (trigger->stream) {
        trigger_drop(trigger, event_source_records(&trigger->source, f)->count);
        event_source_end(&trigger->source, f, true);
    }
    call_throttle(trigger->w, f, limit);
    if (!trigger->stream) {
        event_source_end(&trigger->source, f, true);
    }
}

#endif
