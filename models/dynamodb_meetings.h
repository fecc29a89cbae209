/* dynamodb_meetings: writes that do not have their way: those that meet a transaction which writes
 * one of their items, transactions that meet another, or, if they read, anyone who writes; and
 * those whose condition is false. An item is a key; it is written for as long as its call lasts
 * (holds). */
#ifndef ARCHSIM_MODELS_DYNAMODB_MEETINGS_H
#define ARCHSIM_MODELS_DYNAMODB_MEETINGS_H

#include "models/dynamodb_tables.h"
#include "sim/blocks/holds.h"

struct dynamodb_meetings {
    struct holds transactions, writes; /* keys that are being written */
    bool reads_together;               /* there are transactions that read: writes are held too */
    struct random random;
    uint64_t conflicts, false_conditions; /* measured */
};

static inline void dynamodb_meetings_start(struct dynamodb_meetings *meetings, struct world *w,
                                           struct service *s)
{
    holds_init(&meetings->transactions, s->arena);
    holds_init(&meetings->writes, s->arena);
    meetings->random = service_random(w, s, "conditions");
}

/* The call, of those keys, meets someone. */
static inline bool dynamodb_meets(struct dynamodb_meetings *meetings, const struct service *s,
                                  const struct frame *f, const uint32_t *keys, uint32_t count)
{
    const struct dynamodb_params *p = s->params;
    const bool reads = f->operation == TRANSACT_GET;
    if (!reads && meetings->transactions.used == 0) {
        return false; /* nobody writes together */
    }
    meetings->reads_together |= reads;
    if (p->keys_popularity.n == 0 || !p->conflicts ||
        !(reads || dynamodb_costs[f->operation].conditional)) {
        return false;
    }
    const int64_t now_ns = core_now(s->core);
    uint32_t conflicts = 0;
    for (uint32_t i = 0; i < count; i++) {
        conflicts += holds_held(&meetings->transactions, keys[i], now_ns) ||
                     (reads && holds_held(&meetings->writes, keys[i], now_ns));
    }
    meetings->conflicts += f->flags & FRAME_MEASURED ? conflicts : 0;
    return conflicts > 0;
}

/* Its items are being written until it is answered. */
static inline void dynamodb_hold(struct dynamodb_meetings *meetings, const struct service *s,
                                 const struct frame *f, const uint32_t *keys, uint32_t count)
{
    const struct dynamodb_params *p = s->params;
    const bool together = f->operation == TRANSACT_WRITE;
    if (!(together || meetings->reads_together) || p->keys_popularity.n == 0 || !p->conflicts ||
        f->work_ns == 0) {
        return;
    }
    struct holds *holds = together ? &meetings->transactions : &meetings->writes;
    const int64_t now_ns = core_now(s->core);
    for (uint32_t i = 0; i < count; i++) {
        holds_take(holds, keys[i], now_ns, now_ns + f->work_ns);
    }
}

static inline bool dynamodb_condition_fails(struct dynamodb_meetings *meetings,
                                            const struct dynamodb_params *p, const struct frame *f)
{
    const bool fails = p->condition_failures_ratio > 0 &&
                       dynamodb_costs[f->operation].conditional &&
                       random_uniform(&meetings->random) < p->condition_failures_ratio;
    meetings->false_conditions += fails && f->flags & FRAME_MEASURED;
    return fails;
}

#endif
