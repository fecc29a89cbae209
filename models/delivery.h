/* delivery: what topics and buses send on by themselves: a delivery is tried after its latency,
 * tried again by the schedule of its target (redelivery.h), and goes to a dead-letter queue, or is
 * lost, when that is over or trying again is of no use (`rejected`). A target may take so many
 * tries a second; more wait for their place. Those of a group are kept in order: the next one waits
 * until the one before has ended. Timers: the number of the delivery.
 * Always: begun = waiting + delivered + failed; failed = redriven + lost + on the way there. */
#ifndef ARCHSIM_MODELS_DELIVERY_H
#define ARCHSIM_MODELS_DELIVERY_H

#include <string.h>

#include "models/model.h"
#include "sim/blocks/records.h"
#include "sim/blocks/redelivery.h"
#include "sim/blocks/throttle.h"

enum { DELIVERIES_MOST = 4 * 1000 * 1000, DELIVERY_UNGROUPED = UINT32_MAX };
enum delivery_state {
    DELIVERY_WAITS,
    DELIVERY_PACED, /* it has its place among the tries of a second */
    DELIVERY_IN_LINE,
    DELIVERY_OUT,
    DELIVERY_LATE,
    DELIVERY_DEAD
};

struct delivery_line {
    uint32_t first, last; /* deliveries; 0: none */
};

struct delivery_target {
    uint16_t edge, dead_edge;
    bool has_dead;
    bool accepts; /* it has a queue of its own for events, and takes what it is handed */
    bool starts;  /* it begins work on data of its own: see delivery_starts */
    struct redelivery retry;
    struct throttle pace; /* zeroed: none */
    double jitter_ratio;
    int64_t timeout_ns;          /* of a try; TIME_NONE */
    struct delivery_line *lines; /* by group; null: no order is kept */
};

/* What is to be delivered, when at the earliest. */
struct delivery_order {
    uint32_t target, group;
    int64_t latency_ns;
    double size_bytes;
};

struct delivery {
    int64_t since_ns;
    int64_t tries; /* further ones that were made */
    float size_bytes;
    uint32_t target, group, next, timer;
    uint8_t state;
    bool measured;
};

/* What ended or began, of all the run. */
struct delivery_counts {
    uint64_t begun, tried, paced, delivered, failed, redriven, lost;
};

struct deliveries {
    struct records records;
    struct delivery_target *targets;
    struct delivery_counts now, begin, end;
    struct gauge waiting;
    struct gauge_window waiting_window;
    struct summary latency; /* ns, of those delivered that began in the window */
    struct random jitter_random;
    uint64_t dead;    /* on their way to a dead-letter queue */
    uint64_t ordered; /* of all the run: begun, or too many: then the run ends */
};

static inline void deliveries_init(struct world *w, struct service *s, struct deliveries *d,
                                   uint32_t targets)
{
    records_init(&d->records, s->arena, sizeof(struct delivery));
    d->targets = arena_array(s->arena, targets > 0 ? targets : 1, sizeof(*d->targets));
    summary_init(&d->latency, s->arena);
    d->jitter_random = service_random(w, s, "jitter");
    service_gauge(s, &d->waiting, &d->waiting_window);
}

/* A function has a queue of its own for events: its invocation is asynchronous. */
static inline bool delivery_accepts(const struct world *w, const struct call_target *to)
{
    return strcmp(service_type(w, to->service), "lambda") == 0;
}

/* StartJobRun and its like begin what then works on data of its own: the size of the event is not
 * theirs, and work that has begun was invoked, however it ends. */
static inline bool delivery_starts(const struct world *w, const struct call_target *to)
{
    const char *type = service_type(w, to->service);
    return strcmp(type, "glue") == 0 || strcmp(type, "athena") == 0 ||
           strcmp(type, "databricks") == 0;
}

static inline bool deliveries_conserved(const struct deliveries *d)
{
    const struct delivery_counts *now = &d->now;
    return now->begun == (uint64_t)d->waiting.value + now->delivered + now->failed &&
           now->failed == now->redriven + now->lost + d->dead;
}

/* One more, that is due after its latency. */
static inline void deliveries_begin(struct world *w, struct service *s, struct deliveries *d,
                                    const struct delivery_order *order)
{
    d->ordered++;
    if (d->waiting.value >= DELIVERIES_MOST) {
        service_overflow(w, s);
        return;
    }
    const uint32_t number = records_take(&d->records);
    struct delivery *delivery = records_at(&d->records, number);
    struct delivery_line *lines = d->targets[order->target].lines;
    *delivery = (struct delivery){
        .since_ns = core_now(s->core),
        .target = order->target,
        .group = order->group,
        .size_bytes = (float)order->size_bytes,
        .measured = world_measuring(w),
    };
    if (lines != NULL) {
        struct delivery_line *line = &lines[order->group];
        if (line->first == 0) {
            line->first = number;
        } else {
            ((struct delivery *)records_at(&d->records, line->last))->next = number;
        }
        line->last = number;
    }
    d->now.begun++;
    gauge_add(&d->waiting, 1, core_now(s->core));
    delivery->timer = service_timer(s, order->latency_ns, number);
}

static inline void delivery_send(struct world *w, struct service *s, uint16_t edge, uint32_t number,
                                 double size_bytes)
{
    if (size_bytes > 0) {
        call_send_sized(w, s, edge, number, size_bytes);
    } else {
        call_send_heard(w, s, edge, number);
    }
}

static inline void delivery_try(struct world *w, struct service *s, struct deliveries *d,
                                uint32_t number);

/* It waits no longer: the next of its group may go. */
static inline void delivery_leave(struct world *w, struct service *s, struct deliveries *d,
                                  const struct delivery *delivery)
{
    struct delivery_line *lines = d->targets[delivery->target].lines;
    gauge_add(&d->waiting, -1, core_now(s->core));
    if (lines == NULL) {
        return;
    }
    struct delivery_line *line = &lines[delivery->group];
    line->first = delivery->next;
    if (line->first != 0) {
        const struct delivery *next = records_at(&d->records, line->first);
        if (next->state == DELIVERY_IN_LINE) {
            delivery_try(w, s, d, line->first);
        }
    }
}

static inline void delivery_good(struct world *w, struct service *s, struct deliveries *d,
                                 uint32_t number)
{
    const struct delivery *delivery = records_at(&d->records, number);
    d->now.delivered++;
    if (delivery->measured) {
        summary_add(&d->latency, core_now(s->core) - delivery->since_ns);
    }
    delivery_leave(w, s, d, delivery);
    records_give(&d->records, number);
}

static inline void delivery_fails(struct world *w, struct service *s, struct deliveries *d,
                                  uint32_t number)
{
    struct delivery *delivery = records_at(&d->records, number);
    const struct delivery_target *target = &d->targets[delivery->target];
    d->now.failed++;
    if (target->has_dead) {
        d->dead++;
        delivery->state = DELIVERY_DEAD;
        delivery_send(w, s, target->dead_edge, number, (double)delivery->size_bytes);
        delivery_leave(w, s, d, delivery);
        return;
    }
    d->now.lost++;
    delivery_leave(w, s, d, delivery);
    records_give(&d->records, number);
}

/* A try was in vain. */
static inline void delivery_again(struct world *w, struct service *s, struct deliveries *d,
                                  uint32_t number, enum outcome outcome)
{
    struct delivery *delivery = records_at(&d->records, number);
    const struct delivery_target *target = &d->targets[delivery->target];
    const int64_t wait_ns =
        redelivery_wait_ns(&target->retry, delivery->tries, core_now(s->core) - delivery->since_ns);
    if (outcome == OUTCOME_REJECTED || wait_ns == REDELIVERY_OVER) {
        delivery_fails(w, s, d, number);
        return;
    }
    const double spread = target->jitter_ratio * (2 * random_uniform(&d->jitter_random) - 1);
    delivery->tries++;
    delivery->state = DELIVERY_WAITS;
    delivery->timer = service_timer(s, (int64_t)((double)wait_ns * (1 + spread)), number);
}

/* False: it waits for its place, or until it is too old. */
static inline bool delivery_passes(struct service *s, struct deliveries *d, uint32_t number)
{
    struct delivery *delivery = records_at(&d->records, number);
    struct delivery_target *target = &d->targets[delivery->target];
    const int64_t now_ns = core_now(s->core);
    const int64_t age_ns = target->retry.age_max_ns;
    if (delivery->state == DELIVERY_PACED || throttle_pass(&target->pace, now_ns, 1)) {
        return true;
    }
    const int64_t due_ns = bucket_due_ns(&target->pace.bucket, 1);
    const bool late = age_ns >= 0 && due_ns > delivery->since_ns + age_ns;
    const int64_t wait_ns =
        late ? delivery->since_ns + age_ns - now_ns : throttle_wait_ns(&target->pace, now_ns);
    delivery->state = DELIVERY_PACED;
    delivery->timer = service_timer(s, wait_ns > 0 ? wait_ns : 0, number);
    d->now.paced++;
    return false;
}

static inline void delivery_try(struct world *w, struct service *s, struct deliveries *d,
                                uint32_t number)
{
    if (!delivery_passes(s, d, number)) {
        return;
    }
    struct delivery *delivery = records_at(&d->records, number);
    const struct delivery_target *target = &d->targets[delivery->target];
    const double size_bytes = target->starts ? 0 : (double)delivery->size_bytes;
    d->now.tried++;
    if (target->accepts) {
        delivery_send(w, s, target->edge, 0, size_bytes);
        delivery_good(w, s, d, number);
        return;
    }
    delivery->state = DELIVERY_OUT;
    delivery->timer =
        target->timeout_ns == TIME_NONE ? EVENT_NONE : service_timer(s, target->timeout_ns, number);
    delivery_send(w, s, target->edge, number, size_bytes);
}

/* Its answer comes too late: another number goes on in its place. */
static inline void delivery_times_out(struct world *w, struct service *s, struct deliveries *d,
                                      uint32_t number)
{
    const uint32_t heir = records_take(&d->records);
    struct delivery *delivery = records_at(&d->records, number);
    struct delivery *other = records_at(&d->records, heir);
    struct delivery_line *lines = d->targets[delivery->target].lines;
    *other = *delivery;
    delivery->state = DELIVERY_LATE;
    if (lines != NULL) { /* it was the first of its line */
        struct delivery_line *line = &lines[other->group];
        line->first = heir;
        line->last = line->last == number ? heir : line->last;
    }
    delivery_again(w, s, d, heir, OUTCOME_TIMEOUT);
}

/* It has waited for its place until it was too old. */
static inline bool delivery_expires(const struct service *s, const struct deliveries *d,
                                    const struct delivery *delivery)
{
    const int64_t age_ns = d->targets[delivery->target].retry.age_max_ns;
    return delivery->state == DELIVERY_PACED && age_ns >= 0 &&
           core_now(s->core) >= delivery->since_ns + age_ns;
}

/* model.timer */
static inline void deliveries_due(struct world *w, struct service *s, struct deliveries *d,
                                  uint32_t number)
{
    struct delivery *delivery = records_at(&d->records, number);
    const struct delivery_line *lines = d->targets[delivery->target].lines;
    if (delivery->state == DELIVERY_OUT) {
        delivery_times_out(w, s, d, number);
    } else if (delivery_expires(s, d, delivery)) {
        delivery_fails(w, s, d, number);
    } else if (lines != NULL && lines[delivery->group].first != number) {
        delivery->state = DELIVERY_IN_LINE;
    } else {
        delivery_try(w, s, d, number);
    }
}

/* model.heard */
static inline void deliveries_heard(struct world *w, struct service *s, struct deliveries *d,
                                    uint32_t number, enum outcome outcome)
{
    struct delivery *delivery = records_at(&d->records, number);
    if (delivery->state == DELIVERY_LATE) {
        records_give(&d->records, number);
        return;
    }
    if (delivery->state == DELIVERY_DEAD) {
        d->dead--;
        d->now.redriven += outcome == OUTCOME_OK;
        d->now.lost += outcome != OUTCOME_OK;
        records_give(&d->records, number);
        return;
    }
    if (delivery->timer != EVENT_NONE) {
        events_cancel(&s->core->events, delivery->timer);
    }
    const bool begun = d->targets[delivery->target].starts &&
                       (outcome == OUTCOME_FAILED || outcome == OUTCOME_TIMEOUT);
    if (outcome == OUTCOME_OK || begun) {
        delivery_good(w, s, d, number);
    } else {
        delivery_again(w, s, d, number, outcome);
    }
}

/* model.usage: of the target that uses most of its pace, in s of it. */
static inline struct usage deliveries_paced(const struct deliveries *d, uint32_t targets)
{
    struct usage usage = {.available = INFINITY};
    for (uint32_t i = 0; i < targets; i++) {
        const struct throttle *pace = &d->targets[i].pace;
        if (pace->limited) {
            usage.available = 1;
            usage.used = fmax(usage.used, (double)pace->taken / pace->rate_per_s);
        }
    }
    return usage;
}

static inline void deliveries_window(struct deliveries *d, bool begins)
{
    assert_hot(deliveries_conserved(d));
    *(begins ? &d->begin : &d->end) = d->now;
}

#endif
