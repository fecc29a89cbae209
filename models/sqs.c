/* sqs: Amazon SQS, standard and FIFO queues.
 * A message that was sent is there for consumers after its delivery latency. Whoever receives it
 * hides it for the visibility timeout; deleted by then it has ended, else it comes back, and is
 * moved to the dead-letter queue once it was received too often. Consumers are fed (`trigger` of a
 * lambda) or call `receive` and `delete`. Blocks: messages, bucket. */
#include "models/model.h"

#include <math.h>

#include "sim/blocks/bucket.h"
#include "sim/blocks/messages.h"
#include "sim/kernel/zipf.h"

enum sqs_operation { SQS_SEND, SQS_RECEIVE, SQS_DELETE, SQS_REDRIVE };
/* frame.block of a `receive`; note is the delivery it got */
enum { SQS_WAITS = 1, SQS_FINDS_NOTHING, SQS_GOT };
/* What an EVENT_SERVICE is about: its slot is a kind and an index. */
enum sqs_timer {
    SQS_SHOW,   /* a message can be received from now on */
    SQS_POLL,   /* a frame has waited for long enough */
    SQS_EXPIRE, /* the retention of a message from another queue is over */
    SQS_DUE,    /* something is due in the block */
    SQS_TOKEN,  /* fed consumers of a FIFO queue may receive again */
};
enum {
    SQS_TIMER_BITS = 28,
    SQS_BATCH_MAX = 10, /* messages of an API call */
    SQS_HOLDERS_BITS = 12,
    SQS_HOLDERS = 1 << SQS_HOLDERS_BITS, /* of a chunk */
    SQS_NS_PER_S = 1000000000,
};

struct sqs_params {
    bool fifo;
    struct popularity groups_popularity;
    int64_t visibility_timeout_ns;
    int64_t wait_time_ns;
    int64_t max_messages_count;
    struct call_target dead_letter_target;
    int64_t max_receive_count_count;
    int64_t retention_ns;
    int64_t max_in_flight_count;
    int64_t max_message_size_bytes;
    double fifo_calls_per_s;
    int64_t fifo_burst_count;
    int64_t send_batch_count;
    const struct distribution *send_latency_ns_dist;
    const struct distribution *receive_latency_ns_dist;
    const struct distribution *delivery_latency_ns_dist;
    const struct distribution *fifo_delivery_latency_ns_dist;
    double duplicates_ratio;
    double false_empty_ratio;
};

#define PARAMS struct sqs_params
static const struct param sqs_params[] = {
    FLAG(fifo, "false", "a FIFO queue: order and exclusivity in each message group",
         DOCUMENTED("SQS Developer Guide, FIFO queue delivery logic")),
    POPULARITY(groups, NONE, "FIFO: message groups, and how sends are spread over them",
               ASSUMED("the sender's choice")),
    TIME(visibility_timeout, "30s", "1s..12h",
         "a received message is hidden so long; not deleted by then, it comes back",
         DOCUMENTED("SQS Developer Guide, visibility timeout (default 30 s, at most 12 h)")),
    TIME(wait_time, "0s", "0s..20s",
         "a `receive` waits so long for a message (long polling); 0s: short polling",
         DOCUMENTED("SQS Developer Guide, short and long polling (default 0 s, at most 20 s)")),
    COUNT(max_messages, "1", "1..10", "messages that a `receive` takes, if so many are there",
          DOCUMENTED("SQS API Reference, ReceiveMessage, MaxNumberOfMessages (default 1)")),
    SERVICE_OPERATION(dead_letter, NONE, "redrive",
                      "the queue to which messages go that were received too often",
                      DOCUMENTED("SQS Developer Guide, dead-letter queues")),
    COUNT(max_receive_count, "3", "1..1000",
          "with dead_letter: a message that comes back after so many receives is moved there",
          ESTIMATED("no AWS default; 3 to 5 are usual")),
    TIME(retention, "4d", "1m..14d", "a message older than that is lost, received or not",
         DOCUMENTED("SQS Developer Guide, message quotas (default 4 days, 1 minute to 14 days)")),
    COUNT(
        max_in_flight, "120000", "1..10M",
        "messages received and not deleted; at the limit nothing more is received",
        DOCUMENTED("SQS Developer Guide, standard and FIFO queue quotas (120,000, may be raised)")),
    SIZE(max_message_size, "1 MiB", "1KiB..1MiB", "a larger message is `rejected`",
         DOCUMENTED("AWS What's New 2025-08-04, message payload up to 1 MiB")),
    RATE(fifo_calls, "300/s", "1/s..70k/s", "FIFO: API calls of each action, else `throttled`",
         DOCUMENTED("SQS Developer Guide, Troubleshoot FIFO throttling (300 a second per action)")),
    COUNT(fifo_burst, "300", "1..70k", "FIFO: API calls of each action at once, after a pause",
          ESTIMATED("a quota per second, read as a bucket of one second's worth")),
    COUNT(send_batch, "1", "1..10",
          "FIFO: messages of a SendMessageBatch: each send counts as one of so many in a call",
          DOCUMENTED("SQS Developer Guide, message quotas (10 messages in a batch)")),
    TIME_DIST(
        send_latency, "lognormal(p50=12ms p99=50ms)", "0s..",
        "time of a `send` or a `delete`, until its caller goes on",
        ESTIMATED("8-16 ms: Amazon in Uddin et al., SQS benchmark, July 2012; spread assumed")),
    TIME_DIST(receive_latency, "lognormal(p50=12ms p99=50ms)", "0s..", "least time of a `receive`",
              ESTIMATED("as a send; spread assumed")),
    TIME_DIST(
        delivery_latency, "quantiles(p10=13.7ms p50=16.2ms p90=33.8ms p99=105ms max=400ms)", "0s..",
        "from the arrival of a send until an idle consumer has the message",
        MEASURED("van Donkersgoed, Serverless Messaging: Latency Compared, 2022 (max assumed)")),
    TIME_DIST(
        fifo_delivery_latency, "quantiles(p50=28.1ms p90=61.2ms p99=645ms max=1.5s)", "0s..",
        "FIFO: the same",
        MEASURED("van Donkersgoed, Serverless Messaging: Latency Compared, 2022 (max assumed)")),
    RATIO(duplicates, "0.00001%", "0..1",
          "standard: deletions that are lost, so that the message comes back",
          ESTIMATED("up to dozens a day at thousands a second, awsi.click on at-least-once")),
    RATIO(false_empty, NONE, "0..1",
          "standard, short polling: a `receive` misses the messages that are there; else never",
          ASSUMED("SQS Developer Guide, short polling: it happens, not how often")),
};

static const struct operation_info sqs_operations[] = {
    [SQS_SEND] = {"send", "puts a message into the queue"},
    [SQS_RECEIVE] = {"receive", "takes messages; ends as `rejected` when there are none"},
    [SQS_DELETE] = {"delete", "deletes what the same caller has received last"},
    [SQS_REDRIVE] = {"redrive", "instant: takes in a message that another queue has moved here"},
};

enum sqs_metric {
    SQS_SENT,
    SQS_RECEIVED,
    SQS_DELETED,
    SQS_EMPTY,
    SQS_DEAD_LETTERED,
    SQS_EXPIRED,
    SQS_VISIBLE,
    SQS_VISIBLE_MAX,
    SQS_NOT_VISIBLE,
    SQS_NOT_VISIBLE_MAX,
    SQS_DELAYED,
    SQS_DELAYED_MAX,
    SQS_AGE,
    SQS_TIME_IN_QUEUE,
    SQS_END_TO_END,
    SQS_METRICS,
};
static const struct metric sqs_metrics[] = {
    [SQS_SENT] = {"number_of_messages_sent", QUANTITY_COUNT, METRIC_VALUE,
                  "messages sent in the window; those moved here by a redrive are not counted"},
    [SQS_RECEIVED] = {"number_of_messages_received", QUANTITY_COUNT, METRIC_VALUE,
                      "messages handed out in the window, each time anew"},
    [SQS_DELETED] = {"number_of_messages_deleted", QUANTITY_COUNT, METRIC_VALUE,
                     "messages that were processed and deleted in the window"},
    [SQS_EMPTY] = {"number_of_empty_receives", QUANTITY_COUNT, METRIC_VALUE,
                   "`receive` calls that found nothing; the polls of triggers are not simulated"},
    [SQS_DEAD_LETTERED] = {"messages_dead_lettered", QUANTITY_COUNT, METRIC_VALUE,
                           "messages that were moved to the dead-letter queue in the window"},
    [SQS_EXPIRED] = {"messages_expired", QUANTITY_COUNT, METRIC_VALUE,
                     "messages lost in the window because their retention was over"},
    [SQS_VISIBLE] = {"approximate_number_of_messages_visible", QUANTITY_COUNT, METRIC_VALUE,
                     "messages that can be received, time average", true},
    [SQS_VISIBLE_MAX] = {"approximate_number_of_messages_visible_max", QUANTITY_COUNT, METRIC_MAX,
                         "the most that could be received"},
    [SQS_NOT_VISIBLE] = {"approximate_number_of_messages_not_visible", QUANTITY_COUNT, METRIC_VALUE,
                         "messages in flight: received, not deleted, time average", true},
    [SQS_NOT_VISIBLE_MAX] = {"approximate_number_of_messages_not_visible_max", QUANTITY_COUNT,
                             METRIC_MAX, "the most that were in flight"},
    [SQS_DELAYED] = {"approximate_number_of_messages_delayed", QUANTITY_COUNT, METRIC_VALUE,
                     "messages sent that cannot be received yet, time average", true},
    [SQS_DELAYED_MAX] = {"approximate_number_of_messages_delayed_max", QUANTITY_COUNT, METRIC_MAX,
                         "the most that could not be received yet"},
    [SQS_AGE] = {"approximate_age_of_oldest_message", QUANTITY_TIME, METRIC_MAX,
                 "the most; a standard queue leaves out what was received 3 times and came back"},
    [SQS_TIME_IN_QUEUE] = {"time_in_queue", QUANTITY_TIME, METRIC_LATENCY,
                           "from the arrival of the send until the message is first received"},
    [SQS_END_TO_END] = {"end_to_end", QUANTITY_TIME, METRIC_LATENCY,
                        "from the arrival of the send until the message has been processed"},
};

enum sqs_resource { SQS_SEND_CALLS, SQS_RECEIVE_CALLS };
static const char *const sqs_resources[] = {
    [SQS_SEND_CALLS] = "send calls",
    [SQS_RECEIVE_CALLS] = "receive calls",
};

/* What a call of another service has received and not deleted. */
struct sqs_holder {
    int64_t start_ns;  /* of that call: its slot may be another's by now */
    uint32_t delivery; /* plus 1; 0: none */
};

struct sqs_counts {
    uint64_t sent, empty, received, ended[MESSAGES_ENDS];
};

struct sqs {
    struct messages messages;
    struct bucket sends, receives, deletes; /* FIFO */
    struct zipf groups;
    struct random latency_random, delivery_random, group_random, empty_random;
    struct line polls;           /* receives that wait */
    struct sqs_holder **holders; /* by the caller's slot, in chunks */
    uint32_t timer;              /* of SQS_DUE */
    int64_t timer_ns;            /* its time; INT64_MAX: none */
    bool token_timed;
    uint32_t delivery_lane, poll_lane;
    double calls[2];                   /* API calls so far, by sqs_resource */
    struct sqs_counts now, begin, end; /* received, ended: of begin and end only */
    struct gauge_window visible, not_visible, delayed;
    double age_s;
};

static const char *sqs_check(const void *params)
{
    const struct sqs_params *p = params;
    if (p->fifo && p->groups_popularity.n == 0) {
        return "groups: expected with fifo, such as zipf(n=100 s=0)";
    }
    if (!p->fifo && p->groups_popularity.n > 0) {
        return "groups: without meaning unless the queue is fifo";
    }
    if (p->groups_popularity.n > MESSAGES_GROUPS_MAX) {
        return "groups: expected at most 524288 groups";
    }
    return NULL;
}

static struct source_terms sqs_terms(const void *params)
{
    const struct sqs_params *p = params;
    return (struct source_terms){.hold_ns = p->visibility_timeout_ns, .ordered = p->fifo};
}

static void sqs_start(struct world *w, struct service *s)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const bool moves = p->dead_letter_target.service != SERVICE_NONE;
    messages_init(&q->messages,
                  &(struct messages_setup){
                      .core = s->core,
                      .load = &s->load,
                      .arena = s->arena,
                      .groups_count = p->groups_popularity.n,
                      .visibility_ns = p->visibility_timeout_ns,
                      .retention_ns = p->retention_ns,
                      .in_flight_max = (uint32_t)p->max_in_flight_count,
                      .received_max = moves ? (uint32_t)p->max_receive_count_count : 0,
                      .duplicates_ratio = p->fifo ? 0 : p->duplicates_ratio,
                      .random = service_random(w, s, "duplicates"),
                  });
    service_gauge(s, &s->load.queue, &q->visible);
    service_gauge(s, &s->load.busy, &q->not_visible);
    service_gauge(s, &q->messages.coming, &q->delayed);
    if (p->fifo) {
        const double batch = (double)p->send_batch_count;
        bucket_init(&q->sends, p->fifo_calls_per_s * batch,
                    p->fifo_burst_count * p->send_batch_count);
        bucket_init(&q->receives, p->fifo_calls_per_s, p->fifo_burst_count);
        bucket_init(&q->deletes, p->fifo_calls_per_s, p->fifo_burst_count);
        zipf_init(&q->groups, p->groups_popularity.n, p->groups_popularity.s);
    }
    q->latency_random = service_random(w, s, "latency");
    q->delivery_random = service_random(w, s, "delivery");
    q->group_random = service_random(w, s, "groups");
    q->empty_random = service_random(w, s, "empty");
    q->holders =
        arena_array(s->arena, (s->core->frames.limit >> SQS_HOLDERS_BITS) + 1, sizeof(*q->holders));
    q->timer = EVENT_NONE;
    q->timer_ns = INT64_MAX;
    const struct distribution *delivery =
        p->fifo ? p->fifo_delivery_latency_ns_dist : p->delivery_latency_ns_dist;
    q->delivery_lane = EVENTS_HEAP;
    if (delivery->kind == DISTRIBUTION_CONSTANT) {
        q->delivery_lane =
            events_lane(&s->core->events, distribution_draw_int(delivery, &q->delivery_random));
    }
    q->poll_lane = events_lane(&s->core->events, p->wait_time_ns);
    gauge_set(&s->load.capacity, p->max_in_flight_count, core_now(s->core));
}

/* ---- what all that happens may lead to ---- */

static uint32_t sqs_slot(enum sqs_timer timer, uint32_t index)
{
    return (uint32_t)timer << SQS_TIMER_BITS | index;
}

/* One timer stands for all that is due in the block; it may come too early, never too late. */
static void sqs_time(struct service *s, struct sqs *q)
{
    const int64_t due_ns = messages_due_ns(&q->messages);
    if (due_ns >= q->timer_ns) {
        return;
    }
    if (q->timer != EVENT_NONE) {
        events_cancel(&s->core->events, q->timer);
    }
    q->timer = service_timer(s, due_ns - core_now(s->core), sqs_slot(SQS_DUE, 0));
    q->timer_ns = due_ns;
}

/* The call takes what is there; the answer is back after its latency, counted from its arrival. */
static void sqs_hand_out(struct world *w, struct service *s, struct frame *f)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const int64_t waited_ns = core_now(s->core) - f->start_ns;
    f->block = SQS_GOT;
    f->note = MESSAGES_NONE;
    messages_receive(&q->messages, (uint32_t)p->max_messages_count, &f->note);
    f->work_ns = f->work_ns > waited_ns ? f->work_ns - waited_ns : 0;
    call_work(w, f);
}

static void sqs_leave_polls(struct service *s, struct sqs *q, struct frame *f)
{
    line_leave(&q->polls, s->core, f);
    core_cancel_event(s->core, f);
    f->block = 0;
}

/* Something may have become visible: for those that wait first, then for consumers that are fed. */
static void sqs_offer(struct world *w, struct service *s)
{
    struct sqs *q = s->state;
    while (q->polls.count > 0 && messages_ready(&q->messages)) {
        struct frame *f = line_head(&q->polls, s->core);
        sqs_leave_polls(s, q, f);
        if (f->flags & FRAME_WITHDRAWN) {
            continue; /* it ends at this instant anyway */
        }
        if (core_late(s->core, f)) {
            core_end(s->core, f, OUTCOME_TIMEOUT);
        } else {
            sqs_hand_out(w, s, f);
        }
    }
    if (s->spec->consumers_count > 0 && messages_ready(&q->messages)) {
        source_ready(w, s);
    }
    if (q->messages.full) {
        service_overflow(w, s);
    }
    sqs_time(s, q);
}

/* ---- messages come ---- */

static uint32_t sqs_group(struct sqs *q, const struct sqs_params *p)
{
    return p->fifo ? zipf_draw(&q->groups, &q->group_random) : 0;
}

static void sqs_send(struct world *w, struct service *s, struct frame *f)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const int64_t delay_ns = distribution_draw_int(p->fifo ? p->fifo_delivery_latency_ns_dist
                                                           : p->delivery_latency_ns_dist,
                                                   &q->delivery_random);
    const uint32_t group = sqs_group(q, p);
    f->work_ns = distribution_draw_int(p->send_latency_ns_dist, &q->latency_random);
    if (call_size(w, f) > (double)p->max_message_size_bytes) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    if (p->fifo && !bucket_take(&q->sends, core_now(s->core), 1)) {
        call_throttle(w, f, sqs_resources[SQS_SEND_CALLS]);
        return;
    }
    const uint32_t message = messages_add(&q->messages, group);
    if (message == MESSAGES_NONE) {
        service_overflow(w, s);
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    q->now.sent++;
    q->calls[SQS_SEND_CALLS] += 1 / (double)p->send_batch_count;
    if (delay_ns == 0) {
        messages_show(&q->messages, message);
        sqs_offer(w, s);
    } else {
        service_timer_in_lane(s, q->delivery_lane, delay_ns, sqs_slot(SQS_SHOW, message));
        sqs_time(s, q);
    }
    call_work(w, f);
}

/* A standard queue counts the retention from when the message was first sent: the note is that
 * second, and one more. */
static void sqs_redrive(struct world *w, struct service *s, struct frame *f)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const uint32_t group = sqs_group(q, p);
    if (p->fifo || f->note == 0) {
        const uint32_t message = messages_add(&q->messages, group);
        if (message != MESSAGES_NONE) {
            messages_show(&q->messages, message);
        }
    } else {
        const int64_t sent_ns = (int64_t)(f->note - 1) * SQS_NS_PER_S;
        const int64_t left_ns = sent_ns + p->retention_ns - core_now(s->core);
        const uint32_t reference = messages_move(&q->messages, group);
        if (reference != MESSAGES_NONE) {
            service_timer(s, left_ns > 0 ? left_ns : 0, sqs_slot(SQS_EXPIRE, reference));
        }
    }
    sqs_offer(w, s);
    f->work_ns = 0;
    call_work(w, f);
}

/* ---- consumers that call ---- */

static void sqs_receive_call(struct world *w, struct service *s, struct frame *f)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const bool short_poll = p->wait_time_ns == 0;
    const bool missed = !p->fifo && short_poll && p->false_empty_ratio > 0 && /* NaN: not given */
                        random_uniform(&q->empty_random) < p->false_empty_ratio;
    f->work_ns = distribution_draw_int(p->receive_latency_ns_dist, &q->latency_random);
    if (p->fifo && !bucket_take(&q->receives, core_now(s->core), 1)) {
        call_throttle(w, f, sqs_resources[SQS_RECEIVE_CALLS]);
        return;
    }
    q->calls[SQS_RECEIVE_CALLS]++;
    if (!p->fifo && short_poll && q->messages.in_flight >= p->max_in_flight_count) {
        call_throttle(w, f, "messages in flight"); /* OverLimit; long polls and FIFO stay empty */
        return;
    }
    if (messages_ready(&q->messages) && !missed) {
        sqs_hand_out(w, s, f);
        sqs_time(s, q);
        return;
    }
    f->block = SQS_FINDS_NOTHING;
    if (!short_poll) {
        f->block = SQS_WAITS;
        line_join(&q->polls, s->core, f);
    }
    const uint32_t slot = sqs_slot(SQS_POLL, core_slot(s->core, f));
    f->event = p->wait_time_ns >= f->work_ns
                   ? service_timer_in_lane(s, q->poll_lane, p->wait_time_ns, slot)
                   : service_timer(s, f->work_ns, slot);
}

/* Nothing has come. */
static void sqs_poll_ends(struct service *s, struct sqs *q, struct frame *f)
{
    f->event = EVENT_NONE;
    if (f->block == SQS_WAITS) {
        sqs_leave_polls(s, q, f);
    }
    q->now.empty++;
    core_end(s->core, f, OUTCOME_REJECTED);
}

static struct sqs_holder *sqs_holder(struct service *s, struct sqs *q, const struct frame *caller)
{
    const uint32_t slot = core_slot(s->core, caller);
    struct sqs_holder **chunk = &q->holders[slot >> SQS_HOLDERS_BITS];
    if (*chunk == NULL) {
        *chunk = arena_array(s->arena, SQS_HOLDERS, sizeof(**chunk));
    }
    return &(*chunk)[slot & (SQS_HOLDERS - 1)];
}

/* The first `done` messages are deleted, the others come back in time. */
static void sqs_settle_messages(struct world *w, struct service *s, uint32_t delivery,
                                uint32_t done)
{
    struct sqs *q = s->state;
    const bool ready = messages_ready(&q->messages);
    messages_settle(&q->messages, delivery, done);
    if (!ready && messages_ready(&q->messages)) {
        sqs_offer(w, s);
    }
}

static void sqs_delete(struct world *w, struct service *s, struct frame *f)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const struct frame *caller = call_waiting(w, f);
    f->work_ns = distribution_draw_int(p->send_latency_ns_dist, &q->latency_random);
    if (p->fifo && !bucket_take(&q->deletes, core_now(s->core), 1)) {
        call_throttle(w, f, "delete calls");
        return;
    }
    if (caller != NULL) {
        struct sqs_holder *holder = sqs_holder(s, q, caller);
        if (holder->delivery > 0 && holder->start_ns == caller->start_ns) {
            const uint32_t delivery = holder->delivery - 1;
            holder->delivery = 0;
            sqs_settle_messages(w, s, delivery, UINT32_MAX);
        }
    }
    call_work(w, f);
}

/* The messages are with the caller now, or lost on the way until they come back. */
static void sqs_got(struct world *w, struct service *s, struct frame *f)
{
    struct sqs *q = s->state;
    const struct frame *caller = f->answer == OUTCOME_OK ? call_waiting(w, f) : NULL;
    if (f->answer == OUTCOME_OK && call_fleeting(w, f)) { /* nobody will come back to delete */
        sqs_settle_messages(w, s, f->note, UINT32_MAX);
        return;
    }
    if (caller == NULL) {
        sqs_settle_messages(w, s, f->note, 0);
        return;
    }
    struct sqs_holder *holder = sqs_holder(s, q, caller);
    const uint32_t dropped = holder->delivery;
    *holder = (struct sqs_holder){.start_ns = caller->start_ns, .delivery = f->note + 1};
    if (dropped > 0) {
        sqs_settle_messages(w, s, dropped - 1, 0);
    }
}

static void sqs_finish(struct world *w, struct service *s, struct frame *f)
{
    if (f->block == SQS_WAITS) {
        sqs_leave_polls(s, s->state, f);
    } else if (f->block == SQS_GOT) {
        sqs_got(w, s, f);
    }
}

static void sqs_arrive(struct world *w, struct service *s, struct frame *f)
{
    switch ((enum sqs_operation)s->spec->operations[f->operation].builtin) {
    case SQS_SEND:
        sqs_send(w, s, f);
        break;
    case SQS_RECEIVE:
        sqs_receive_call(w, s, f);
        break;
    case SQS_DELETE:
        sqs_delete(w, s, f);
        break;
    case SQS_REDRIVE:
        sqs_redrive(w, s, f);
        break;
    }
}

/* ---- consumers that are fed ---- */

/* On a FIFO queue every ten messages are an API call, and wait for their token. Deletes are no more
 * calls than the receives before them, so that theirs are not counted. */
static uint32_t sqs_receive(struct world *w, struct service *s, uint16_t edge,
                            const struct source_ask *ask, uint32_t *delivery)
{
    const uint32_t most = ask->most;
    (void)edge;
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const int64_t now_ns = core_now(s->core);
    uint32_t count = 0;
    if (!p->fifo) {
        count = messages_receive(&q->messages, most, delivery);
        q->calls[SQS_RECEIVE_CALLS] += ceil(count / (double)SQS_BATCH_MAX);
    }
    while (p->fifo && count < most && messages_ready(&q->messages)) {
        if (!bucket_take(&q->receives, now_ns, 1)) {
            if (!q->token_timed) {
                service_throttled(w, s, sqs_resources[SQS_RECEIVE_CALLS]);
                q->token_timed = true;
                service_timer(s, bucket_due_ns(&q->receives, 1) - now_ns, sqs_slot(SQS_TOKEN, 0));
            }
            break;
        }
        const uint32_t left = most - count;
        count +=
            messages_receive(&q->messages, left < SQS_BATCH_MAX ? left : SQS_BATCH_MAX, delivery);
        q->calls[SQS_RECEIVE_CALLS]++;
    }
    sqs_time(s, q);
    return count;
}

static void sqs_settle(struct world *w, struct service *s, uint32_t delivery, enum outcome outcome,
                       uint32_t done)
{
    sqs_settle_messages(w, s, delivery, outcome == OUTCOME_OK ? UINT32_MAX : done);
}

/* ---- time passes ---- */

/* Visibility timeouts and retentions are over; dead letters go on with the second of their sending,
 * or, from a FIFO queue, as if sent now. */
static void sqs_due(struct world *w, struct service *s)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    int64_t sent_ns;
    q->timer = EVENT_NONE;
    q->timer_ns = INT64_MAX;
    messages_pass(&q->messages);
    while (messages_dead(&q->messages, &sent_ns)) {
        call_send(w, s, p->dead_letter_target.edge,
                  p->fifo ? 0 : (uint32_t)(sent_ns / SQS_NS_PER_S) + 1);
    }
    sqs_offer(w, s);
}

static void sqs_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct sqs *q = s->state;
    const uint32_t index = slot & ((1u << SQS_TIMER_BITS) - 1);
    switch ((enum sqs_timer)(slot >> SQS_TIMER_BITS)) {
    case SQS_SHOW:
        messages_show(&q->messages, index);
        sqs_offer(w, s);
        break;
    case SQS_POLL:
        sqs_poll_ends(s, q, core_frame(s->core, index));
        break;
    case SQS_EXPIRE:
        messages_expire(&q->messages, index);
        break;
    case SQS_DUE:
        sqs_due(w, s);
        break;
    case SQS_TOKEN:
        q->token_timed = false;
        sqs_offer(w, s);
        break;
    }
}

/* ---- results ---- */

static struct sqs_counts sqs_count(const struct sqs *q)
{
    struct sqs_counts counts = q->now;
    counts.received = q->messages.received;
    for (uint32_t i = 0; i < MESSAGES_ENDS; i++) {
        counts.ended[i] = q->messages.ended[i];
    }
    return counts;
}

static void sqs_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct sqs *q = s->state;
    assert_hot(messages_conserved(&q->messages));
    if (begins) {
        q->begin = sqs_count(q);
        messages_measure(&q->messages, true);
        return;
    }
    q->end = sqs_count(q);
    q->age_s = (double)messages_age_ns(&q->messages) / SQS_NS_PER_S;
    messages_measure(&q->messages, false);
}

static double sqs_now(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct sqs *q = s->state;
    const struct gauge *level = metric == SQS_VISIBLE       ? &s->load.queue
                                : metric == SQS_NOT_VISIBLE ? &s->load.busy
                                                            : &q->messages.coming;
    return (double)level->value;
}

static void sqs_level(struct own_value *mean, struct own_value *most,
                      const struct gauge_window *level, double window_s)
{
    mean->value = gauge_mean(level, window_s);
    most->value = (double)level->max;
}

static void sqs_observe(struct world *w, struct service *s, struct own_value *own)
{
    const double window_s = world_window_s(w);
    const struct sqs *q = s->state;
    const struct sqs_counts *from = &q->begin, *to = &q->end;
    assert_hot(messages_conserved(&q->messages));
    own[SQS_SENT].value = (double)(to->sent - from->sent);
    own[SQS_EMPTY].value = (double)(to->empty - from->empty);
    own[SQS_RECEIVED].value = (double)(to->received - from->received);
    own[SQS_DELETED].value = (double)(to->ended[MESSAGES_DELETED] - from->ended[MESSAGES_DELETED]);
    own[SQS_DEAD_LETTERED].value = (double)(to->ended[MESSAGES_DEAD] - from->ended[MESSAGES_DEAD]);
    own[SQS_EXPIRED].value = (double)(to->ended[MESSAGES_EXPIRED] - from->ended[MESSAGES_EXPIRED]);
    sqs_level(&own[SQS_VISIBLE], &own[SQS_VISIBLE_MAX], &q->visible, window_s);
    sqs_level(&own[SQS_NOT_VISIBLE], &own[SQS_NOT_VISIBLE_MAX], &q->not_visible, window_s);
    sqs_level(&own[SQS_DELAYED], &own[SQS_DELAYED_MAX], &q->delayed, window_s);
    own[SQS_AGE].value = q->age_s;
    own[SQS_TIME_IN_QUEUE].summary = &q->messages.waits;
    own[SQS_END_TO_END].summary = &q->messages.stays;
}

static void sqs_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct sqs_params *p = s->params;
    const struct sqs *q = s->state;
    for (uint32_t i = 0; i < sizeof(sqs_resources) / sizeof(sqs_resources[0]); i++) {
        usage[i] = (struct usage){
            .used = q->calls[i],
            .available = p->fifo ? p->fifo_calls_per_s : (double)INFINITY,
        };
    }
}

const struct model sqs_model = {
    .info =
        {
            .name = "sqs",
            .title = "Amazon SQS: a queue of messages, standard or FIFO",
            .text =
                "A `send` stores a message on arrival; after its delivery latency (which includes "
                "the way to the consumer, so that an idle one starts just then) it is visible. "
                "Whoever receives it hides it for visibility_timeout; what is not deleted by then "
                "comes back: in front of the queue, from the third receive on at its back, or, "
                "after max_receive_count receives, it is moved to dead_letter. A consumer slower "
                "than the timeout thus sees its message received again; its late delete counts "
                "only while nobody else has received the message since, on FIFO queues never. "
                "Consumers are fed through their `trigger`, or call `receive`, do their work, and "
                "call `delete` for what the same call has received; without that it comes back. "
                "A `receive` by traffic itself deletes at once. An empty `receive` ends as "
                "`rejected`, so that the consumer's program stops there. FIFO: a group's messages "
                "go out in order, none while one is in flight; redriven ones draw a group anew. "
                "`queue` is the visible messages, `busy` those in flight, of max_in_flight. Left "
                "out: delays, high-throughput FIFO, deduplication of repeated sends, fair queues, "
                "changes of a message's visibility.",
            ROWS(params, sqs_params),
            ROWS(metrics, sqs_metrics),
            ROWS(operations, sqs_operations),
            ROWS(resources, sqs_resources),
            .params_size = sizeof(struct sqs_params),
            .target_kind = TARGET_KIND_NONE,
            .resource = "messages in flight",
            .source = true,
            .check = sqs_check,
            .terms = sqs_terms,
        },
    .state_size = sizeof(struct sqs),
    .start = sqs_start,
    .window = sqs_window,
    .timer = sqs_timer,
    .observe = sqs_observe,
    .usage = sqs_usage,
    .arrive = sqs_arrive,
    .finish = sqs_finish,
    .receive = sqs_receive,
    .level = sqs_now,
    .settle = sqs_settle,
};
