/* sqs: Amazon SQS, standard and FIFO queues.
 * A message that was sent is there for consumers after its delay and delivery latency. Whoever
 * receives it hides it for the visibility timeout; deleted by then it has ended, else it comes
 * back, and is moved to the dead-letter queue once it was received too often. Consumers are fed
 * (`trigger` of a lambda) or call `receive` and `delete`. Blocks: messages, partition_calls,
 * holders. */
#include "models/model.h"
#include "models/sqs_send.h"

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
    service_gauge(s, &q->messages.groups_in_flight, &q->groups_in_flight);
    if (p->fifo) {
        sqs_start_fifo(w, s);
    }
    q->latency_random = service_random(w, s, "latency");
    q->delivery_random = service_random(w, s, "delivery");
    q->group_random = service_random(w, s, "groups");
    q->empty_random = service_random(w, s, "empty");
    q->kind_random = service_random(w, s, "kind");
    holders_init(&q->holders, s->core, s->arena);
    q->timer = EVENT_NONE;
    q->timer_ns = INT64_MAX;
    const struct distribution *delivery =
        p->fifo ? p->fifo_delivery_latency_ns_dist : p->delivery_latency_ns_dist;
    q->delivery_lane = EVENTS_HEAP;
    if (delivery->kind == DISTRIBUTION_CONSTANT && p->message_delay_ns_dist == NULL) {
        const int64_t latency_ns = distribution_draw_int(delivery, &q->delivery_random);
        q->delivery_lane = events_lane(&s->core->events, latency_ns + p->delay_ns);
    }
    q->poll_lane = events_lane(&s->core->events, p->wait_time_ns);
    gauge_set(&s->load.capacity, p->max_in_flight_count, core_now(s->core));
    if (p->redrive.at_ns >= 0) {
        const int64_t wait_ns = world_origin(w) + p->redrive.at_ns - core_now(s->core);
        service_timer(s, wait_ns > 0 ? wait_ns : 0, sqs_slot(SQS_START, 0));
    }
}

/* ---- what all that happens may lead to ---- */

/* The call takes what is there; the answer is back after its latency, counted from its arrival. */
static void sqs_hand_out(struct world *w, struct service *s, struct frame *f)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const int64_t waited_ns = core_now(s->core) - f->start_ns;
    f->block = SQS_GOT;
    f->note = MESSAGES_NONE;
    sqs_bill(q, 1, messages_receive(&q->messages, (uint32_t)p->max_messages_count, &f->note));
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

static void sqs_send(struct world *w, struct service *s, struct frame *f, bool batch)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const double bytes = call_size(w, f);
    uint32_t count = 1;
    f->work_ns = distribution_draw_int(p->send_latency_ns_dist, &q->latency_random);
    if (batch) {
        count = (uint32_t)distribution_draw_int(p->batch_count_dist, &q->kind_random);
        count = count > SQS_BATCH_MAX ? SQS_BATCH_MAX : count;
    }
    if (bytes > SQS_BATCH_SIZE || bytes > (double)(count * p->max_message_size_bytes)) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    const uint32_t refused = sqs_put_all(w, s, count, batch ? p->send_batch_count : 1, bytes);
    if (refused < count) {
        const double calls = batch ? 1 : 1 / (double)p->send_batch_count;
        q->calls[SQS_SEND_CALLS] += calls;
        q->now.requests += fmax(calls, ceil(bytes / SQS_BILLED_BYTES));
        sqs_offer(w, s);
    }
    if (refused > 0) {
        call_throttle(w, f, sqs_resources[SQS_SEND_CALLS]);
    } else {
        call_work(w, f);
    }
}

/* A standard queue counts the retention of a dead letter from when it was first sent, as the note
 * says; what a redrive task moves, and all of FIFO queues, is new. */
static void sqs_take_in(struct world *w, struct service *s, struct frame *f)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const uint32_t group = sqs_group(q, p), second = f->note & ~SQS_BAD;
    const uint32_t message = messages_add(&q->messages, group);
    if (message != MESSAGES_NONE) {
        q->now.taken_in++;
        if (f->note & SQS_BAD) {
            messages_spoil(&q->messages, message);
        }
        messages_show(&q->messages, message);
    }
    if (message != MESSAGES_NONE && second > 0) {
        const int64_t sent_ns = (int64_t)(second - 1) * SQS_NS_PER_S;
        const int64_t left_ns = sent_ns + p->retention_ns - core_now(s->core);
        const uint32_t reference = messages_refer(&q->messages, message);
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
    if (p->fifo && !partition_calls_take(&q->fifo, SQS_RECEIVES, core_now(s->core))) {
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
    q->now.requests++;
    core_end(s->core, f, OUTCOME_REJECTED);
}

/* The first `done` messages are deleted, the others come back in time. */
static void sqs_settle_messages(struct world *w, struct service *s, uint32_t delivery,
                                uint32_t done)
{
    struct sqs *q = s->state;
    const bool ready = messages_ready(&q->messages);
    const uint64_t deleted = q->messages.ended[MESSAGES_DELETED];
    messages_settle(&q->messages, delivery, done);
    q->now.requests +=
        ceil((double)(q->messages.ended[MESSAGES_DELETED] - deleted) / SQS_BATCH_MAX);
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
    if (p->fifo && !partition_calls_take(&q->fifo, SQS_DELETES, core_now(s->core))) {
        call_throttle(w, f, "delete calls");
        return;
    }
    const uint32_t delivery = caller != NULL ? holders_take(&q->holders, caller) : HOLDERS_NONE;
    if (delivery != HOLDERS_NONE) {
        sqs_settle_messages(w, s, delivery, UINT32_MAX);
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
    const uint32_t dropped = holders_give(&q->holders, caller, f->note);
    if (dropped != HOLDERS_NONE) {
        sqs_settle_messages(w, s, dropped, 0);
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
    case SQS_SEND_BATCH:
        sqs_send(w, s, f, s->spec->operations[f->operation].builtin == SQS_SEND_BATCH);
        break;
    case SQS_RECEIVE:
        sqs_receive_call(w, s, f);
        break;
    case SQS_DELETE:
        sqs_delete(w, s, f);
        break;
    case SQS_REDRIVE:
        sqs_take_in(w, s, f);
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
        if (count > 0) {
            if (ask->reports) {
                messages_tolerate(&q->messages, *delivery);
            }
            const double calls = ceil(count / (double)SQS_BATCH_MAX);
            q->calls[SQS_RECEIVE_CALLS] += calls;
            sqs_bill(q, calls, count);
        }
    }
    while (p->fifo && count < most && messages_ready(&q->messages)) {
        if (!partition_calls_take(&q->fifo, SQS_RECEIVES, now_ns)) {
            if (!q->token_timed) {
                service_throttled(w, s, sqs_resources[SQS_RECEIVE_CALLS]);
                q->token_timed = true;
                service_timer(s, partition_calls_due_ns(&q->fifo, SQS_RECEIVES) - now_ns,
                              sqs_slot(SQS_TOKEN, 0));
            }
            break;
        }
        const uint32_t left = most - count;
        const uint32_t got =
            messages_receive(&q->messages, left < SQS_BATCH_MAX ? left : SQS_BATCH_MAX, delivery);
        count += got;
        q->calls[SQS_RECEIVE_CALLS]++;
        sqs_bill(q, 1, got);
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
    bool bad;
    q->timer = EVENT_NONE;
    q->timer_ns = INT64_MAX;
    messages_pass(&q->messages);
    while (messages_dead(&q->messages, &sent_ns, &bad)) {
        const uint32_t second = p->fifo ? 0 : (uint32_t)(sent_ns / SQS_NS_PER_S) + 1;
        q->dead++;
        call_send(w, s, p->dead_letter_target.edge, second | (bad ? SQS_BAD : 0));
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
    case SQS_START:
        sqs_control(w, s, 0, 0);
        break;
    case SQS_MOVE:
        sqs_move(w, s);
        break;
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
                "In high throughput a group's sends are limited by its partition, receives and "
                "deletes by all partitions together. A `poison` message fails its consumer each "
                "time: a worker before its `delete`, a function at that message of its batch, but "
                "one "
                "that reports item failures of a standard queue, which does the others. "
                "`queue` is the visible messages, `busy` those in flight, of max_in_flight. Left "
                "out: fair queues, changes of a message's visibility, growing partitions.",
            ROWS(params, sqs_params),
            ROWS(metrics, sqs_metrics),
            ROWS(operations, sqs_operations),
            ROWS(quotas, sqs_quotas),
            ROWS(resources, sqs_resources),
            .params_size = sizeof(struct sqs_params),
            .quotas_size = sizeof(struct sqs_quotas),
            .controls = sqs_controls,
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
    .spoilt = sqs_spoilt,
    .control = sqs_control,
};
