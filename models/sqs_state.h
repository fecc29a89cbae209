/* sqs_state: a queue of SQS: what it holds and counts, and what becomes of that as results. */
#ifndef ARCHSIM_MODELS_SQS_STATE_H
#define ARCHSIM_MODELS_SQS_STATE_H

#include <math.h>

#include "models/sqs_tables.h"
#include "sim/blocks/holders.h"
#include "sim/blocks/partition_calls.h"
#include "sim/kernel/zipf.h"

/* frame.block of a `receive`; note is the delivery it got */
enum { SQS_WAITS = 1, SQS_FINDS_NOTHING, SQS_GOT };
/* What an EVENT_SERVICE is about: its slot is a kind and an index. */
enum sqs_timer {
    SQS_SHOW,   /* a message can be received from now on */
    SQS_POLL,   /* a frame has waited for long enough */
    SQS_EXPIRE, /* the retention of a message from another queue is over */
    SQS_DUE,    /* something is due in the block */
    SQS_TOKEN,  /* fed consumers of a FIFO queue may receive again */
    SQS_START,  /* of a redrive task */
    SQS_MOVE,   /* its next message */
};
enum {
    SQS_TIMER_BITS = 28,
    SQS_BATCH_MAX = 10,       /* messages of an API call */
    SQS_BATCH_SIZE = 1 << 20, /* bytes of them */
    SQS_NS_PER_S = 1000000000,
};
#define SQS_BILLED_BYTES 65536.0               /* of a request; recalled (facts, message_max) */
#define SQS_REMEMBERS_NS INT64_C(300000000000) /* what was sent, to tell repeats: 5 minutes */
/* The note of a message that moves: the second of its sending and one more, or 0; or'ed: */
#define SQS_BAD (UINT32_C(1) << 31)

struct sqs_counts {
    uint64_t sent, empty, received, repeated, taken_in, ended[MESSAGES_ENDS];
    double requests;
};

struct sqs {
    struct messages messages;
    struct partition_calls fifo; /* actions: send, receive, delete */
    struct zipf groups;
    struct random latency_random, delivery_random, group_random, empty_random, kind_random;
    struct line polls; /* receives that wait */
    struct holders holders;
    uint32_t timer;   /* of SQS_DUE */
    int64_t timer_ns; /* its time; INT64_MAX: none */
    bool token_timed;
    uint32_t delivery_lane, poll_lane;
    uint64_t moving; /* messages that the redrive task has still to move; 0: there is none */
    double move_per_s;
    uint64_t dead; /* sent to the dead-letter queue */
    double sent_bytes;
    double calls[2];                   /* API calls so far, by sqs_resource */
    struct sqs_counts now, begin, end; /* received, ended: of begin and end only */
    struct gauge_window visible, not_visible, delayed, groups_in_flight;
    double age_s;
};
enum { SQS_SENDS, SQS_RECEIVES, SQS_DELETES }; /* actions */

static inline uint32_t sqs_slot(enum sqs_timer timer, uint32_t index)
{
    return (uint32_t)timer << SQS_TIMER_BITS | index;
}

/* One timer stands for all that is due in the block; it may come too early, never too late. */
static inline void sqs_time(struct service *s, struct sqs *q)
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

/* So many API calls that carry so many messages, of the mean size. */
static inline void sqs_bill(struct sqs *q, double calls, uint32_t messages)
{
    const double bytes = q->sent_bytes > 0 ? q->sent_bytes / (double)q->now.sent * messages : 0;
    q->now.requests += fmax(calls, ceil(bytes / SQS_BILLED_BYTES));
}

static inline uint32_t sqs_spoilt(struct world *w, struct service *s, uint32_t delivery)
{
    (void)w;
    const uint32_t at = messages_bad(&((const struct sqs *)s->state)->messages, delivery);
    return at == MESSAGES_NONE ? PART_NONE : at;
}

/* ---- results ---- */

static inline struct sqs_counts sqs_count(const struct sqs *q)
{
    struct sqs_counts counts = q->now;
    counts.received = q->messages.received;
    for (uint32_t i = 0; i < MESSAGES_ENDS; i++) {
        counts.ended[i] = q->messages.ended[i];
    }
    return counts;
}

/* What came in is here, or has ended: once. */
static inline bool sqs_conserved(const struct sqs *q)
{
    return messages_conserved(&q->messages) && q->now.sent + q->now.taken_in == q->messages.added &&
           q->dead == q->messages.ended[MESSAGES_DEAD];
}

static inline void sqs_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct sqs *q = s->state;
    assert_hot(sqs_conserved(q));
    if (begins) {
        q->begin = sqs_count(q);
        messages_measure(&q->messages, true);
        return;
    }
    q->end = sqs_count(q);
    q->age_s = (double)messages_age_ns(&q->messages) / SQS_NS_PER_S;
    messages_measure(&q->messages, false);
}

static inline double sqs_now(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct sqs *q = s->state;
    const struct gauge *level = metric == SQS_VISIBLE       ? &s->load.queue
                                : metric == SQS_NOT_VISIBLE ? &s->load.busy
                                                            : &q->messages.coming;
    return (double)level->value;
}

static inline void sqs_level(struct own_value *mean, struct own_value *most,
                             const struct gauge_window *level, double window_s)
{
    mean->value = gauge_mean(level, window_s);
    most->value = (double)level->max;
}

static inline void sqs_observe(struct world *w, struct service *s, struct own_value *own)
{
    const double window_s = world_window_s(w);
    const struct sqs *q = s->state;
    const struct sqs_counts *from = &q->begin, *to = &q->end;
    assert_hot(sqs_conserved(q));
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
    own[SQS_DEDUPLICATED].value = (double)(to->repeated - from->repeated);
    own[SQS_GROUPS_IN_FLIGHT].value = gauge_mean(&q->groups_in_flight, window_s);
    own[SQS_MOVED].value = (double)(to->ended[MESSAGES_MOVED] - from->ended[MESSAGES_MOVED]);
    own[SQS_REQUESTS].value = to->requests - from->requests;
    own[SQS_TIME_IN_QUEUE].summary = &q->messages.waits;
    own[SQS_END_TO_END].summary = &q->messages.stays;
}

static inline void sqs_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct sqs_params *p = s->params;
    const struct sqs *q = s->state;
    for (uint32_t i = SQS_SEND_CALLS; i <= SQS_RECEIVE_CALLS; i++) {
        usage[i] = (struct usage){
            .used = q->calls[i],
            .available = p->fifo ? partition_calls_rate(&q->fifo.setup) : (double)INFINITY,
        };
    }
    usage[SQS_HOT_PARTITION] = (struct usage){
        .used = (double)q->fifo.hottest / (double)p->send_batch_count,
        .available = p->high_throughput ? p->fifo_calls_per_s : (double)INFINITY,
    };
}

#endif
