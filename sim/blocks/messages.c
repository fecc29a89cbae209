/* messages: three slabs and the lists through them. A slot's generation moves on when its message
 * is gone, so that references to it miss. */
#include "sim/blocks/messages.h"

#include <assert.h>
#include <stddef.h>

enum { MESSAGES_GROUP_MASK = MESSAGES_GROUPS_MAX - 1 };

/* ---- slots ---- */

static inline struct message *message_at(const struct messages *q, uint32_t slot)
{
    return slab_at(&q->messages, slot);
}

static inline struct messages_receipt *receipt_at(const struct messages *q, uint32_t slot)
{
    return slab_at(&q->receipts, slot);
}

static inline struct messages_reference *reference_at(const struct messages *q, uint32_t slot)
{
    return slab_at(&q->references, slot);
}

/* MESSAGES_NONE: what the queue holds has no room. */
static uint32_t messages_slot(struct messages *q, struct slab *slab)
{
    const uint32_t slot = slab_take(slab);
    q->full = q->full || slot == SLAB_NONE;
    return slot;
}

static void message_free(struct messages *q, uint32_t slot)
{
    message_at(q, slot)->generation++;
    slab_give_back(&q->messages, slot);
}

/* To a message as it is now. */
static uint32_t reference_new(struct messages *q, uint32_t message)
{
    const uint32_t slot = messages_slot(q, &q->references);
    if (slot == MESSAGES_NONE) {
        return slot;
    }
    const struct message *m = message_at(q, message);
    *reference_at(q, slot) = (struct messages_reference){
        .message = message,
        .generation = m->generation,
        .received = m->received,
        .next = MESSAGES_NONE,
    };
    return slot;
}

/* ---- lists of messages, through next and previous ---- */

static const struct messages_list list_empty = {MESSAGES_NONE, MESSAGES_NONE};

/* Behind `after`; MESSAGES_NONE: at the front. */
static void list_insert(const struct messages *q, struct messages_list *list, uint32_t after,
                        uint32_t slot)
{
    struct message *m = message_at(q, slot);
    m->previous = after;
    m->next = after == MESSAGES_NONE ? list->first : message_at(q, after)->next;
    if (after == MESSAGES_NONE) {
        list->first = slot;
    } else {
        message_at(q, after)->next = slot;
    }
    if (m->next == MESSAGES_NONE) {
        list->last = slot;
    } else {
        message_at(q, m->next)->previous = slot;
    }
}

static void list_remove(const struct messages *q, struct messages_list *list, uint32_t slot)
{
    const struct message *m = message_at(q, slot);
    if (m->previous == MESSAGES_NONE) {
        list->first = m->next;
    } else {
        message_at(q, m->previous)->next = m->next;
    }
    if (m->next == MESSAGES_NONE) {
        list->last = m->previous;
    } else {
        message_at(q, m->next)->previous = m->previous;
    }
}

/* ---- the order of arrival ---- */

static void arrival_join(struct messages *q, uint32_t slot)
{
    struct message *m = message_at(q, slot);
    m->older = q->by_arrival.last;
    m->newer = MESSAGES_NONE;
    if (m->older == MESSAGES_NONE) {
        q->by_arrival.first = slot;
    } else {
        message_at(q, m->older)->newer = slot;
    }
    q->by_arrival.last = slot;
}

/* It is too old: it ends as soon as nobody has it. */
static bool message_overage(const struct messages *q, uint32_t slot)
{
    return message_at(q, slot)->older == slot;
}

static void arrival_leave(struct messages *q, uint32_t slot)
{
    const struct message *m = message_at(q, slot);
    if (m->older == slot) {
        return;
    }
    if (m->older == MESSAGES_NONE) {
        q->by_arrival.first = m->newer;
    } else {
        message_at(q, m->older)->newer = m->newer;
    }
    if (m->newer == MESSAGES_NONE) {
        q->by_arrival.last = m->older;
    } else {
        message_at(q, m->newer)->older = m->older;
    }
}

/* ---- groups that are ready, through next and previous ---- */

static void ready_join(struct messages *q, uint32_t index)
{
    struct messages_group *group = &q->groups[index];
    group->ready = true;
    group->next = MESSAGES_NONE;
    group->previous = q->ready.last;
    if (group->previous == MESSAGES_NONE) {
        q->ready.first = index;
    } else {
        q->groups[group->previous].next = index;
    }
    q->ready.last = index;
}

static void ready_leave(struct messages *q, uint32_t index)
{
    struct messages_group *group = &q->groups[index];
    group->ready = false;
    if (group->previous == MESSAGES_NONE) {
        q->ready.first = group->next;
    } else {
        q->groups[group->previous].next = group->next;
    }
    if (group->next == MESSAGES_NONE) {
        q->ready.last = group->previous;
    } else {
        q->groups[group->next].previous = group->previous;
    }
}

static bool messages_ordered(const struct messages *q)
{
    return q->setup.groups_count > 0;
}

/* Something changed in the group: can its first message be received now? */
static void group_update(struct messages *q, uint32_t index)
{
    const struct messages_group *group = &q->groups[index];
    const bool ready = group->line.first != MESSAGES_NONE &&
                       message_at(q, group->line.first)->state == MESSAGE_VISIBLE &&
                       (!messages_ordered(q) || group->in_flight == 0);
    if (ready && !group->ready) {
        ready_join(q, index);
    } else if (!ready && group->ready) {
        ready_leave(q, index);
    }
}

/* ---- how a message changes its state ---- */

static int64_t messages_now(const struct messages *q)
{
    return core_now(q->setup.core);
}

/* Received so often it stands at the back, and no age is told of it. */
static bool message_poison(const struct messages *q, const struct message *m)
{
    return !messages_ordered(q) &&
           (m->received > MESSAGES_POISON ||
            (m->received == MESSAGES_POISON && m->state != MESSAGE_IN_FLIGHT));
}

static void messages_note_age(struct messages *q, const struct message *m)
{
    const int64_t age_ns = messages_now(q) - m->arrived_ns;
    if (q->measuring && age_ns > q->age_max_ns && !message_poison(q, m)) {
        q->age_max_ns = age_ns;
    }
}

/* Of the messages in flight of a group. */
static void group_count(struct messages *q, struct messages_group *group, int32_t change)
{
    const bool before = group->in_flight > 0;
    group->in_flight += (uint32_t)change;
    if (messages_ordered(q) && before != (group->in_flight > 0)) {
        gauge_add(&q->groups_in_flight, before ? -1 : 1, messages_now(q));
    }
}

static void messages_count_visible(struct messages *q, int32_t change)
{
    q->visible += (uint32_t)change;
    gauge_add(&q->setup.load->queue, change, messages_now(q));
}

static void messages_count_in_flight(struct messages *q, int32_t change)
{
    q->in_flight += (uint32_t)change;
    gauge_add(&q->setup.load->busy, change, messages_now(q));
}

/* It stands in no list but that of arrival. */
static void message_end(struct messages *q, uint32_t slot, enum messages_end end)
{
    messages_note_age(q, message_at(q, slot));
    arrival_leave(q, slot);
    q->bad_count -= message_at(q, slot)->bad;
    message_free(q, slot);
    q->ended[end]++;
}

/* From the line of its group. */
static void message_end_visible(struct messages *q, uint32_t slot, enum messages_end end)
{
    const uint32_t group = message_at(q, slot)->group;
    list_remove(q, &q->groups[group].line, slot);
    messages_count_visible(q, -1);
    message_end(q, slot, end);
    group_update(q, group);
}

static void message_set_overage(struct messages *q, uint32_t slot)
{
    struct message *m = message_at(q, slot);
    messages_note_age(q, m);
    arrival_leave(q, slot);
    m->older = slot;
}

/* Its retention is over. */
static void message_age(struct messages *q, uint32_t slot)
{
    if (message_at(q, slot)->state == MESSAGE_VISIBLE) {
        message_end_visible(q, slot, MESSAGES_EXPIRED);
    } else {
        message_set_overage(q, slot);
    }
}

/* ---- arrival ---- */

void messages_init(struct messages *q, const struct messages_setup *setup)
{
    assert(setup->groups_count <= MESSAGES_GROUPS_MAX);
    assert(setup->visibility_ns > 0 && setup->retention_ns > 0 && setup->in_flight_max > 0);
    assert(setup->received_max < MESSAGES_RECEIVED_MAX);
    const uint32_t groups_count = setup->groups_count > 0 ? setup->groups_count : 1;
    *q = (struct messages){
        .setup = *setup,
        .groups = arena_array(setup->arena, groups_count, sizeof(struct messages_group)),
        .ready = list_empty,
        .by_arrival = list_empty,
        .by_deadline = list_empty,
        .dead = list_empty,
    };
    for (uint32_t i = 0; i < groups_count; i++) {
        q->groups[i].line = list_empty;
    }
    slab_init(&q->messages, setup->arena, sizeof(struct message), offsetof(struct message, next),
              MESSAGES_MAX);
    slab_init(&q->receipts, setup->arena, sizeof(struct messages_receipt),
              offsetof(struct messages_receipt, next), MESSAGES_MAX);
    slab_init(&q->references, setup->arena, sizeof(struct messages_reference),
              offsetof(struct messages_reference, next), MESSAGES_MAX);
    summary_init(&q->waits, setup->arena);
    summary_init(&q->stays, setup->arena);
}

uint32_t messages_add(struct messages *q, uint32_t group)
{
    const uint32_t slot = messages_slot(q, &q->messages);
    if (slot == MESSAGES_NONE) {
        return slot;
    }
    struct message *m = message_at(q, slot);
    m->arrived_ns = messages_now(q);
    m->group = group & MESSAGES_GROUP_MASK;
    m->received = 0;
    m->state = MESSAGE_COMING;
    m->processed = 0;
    m->bad = 0;
    arrival_join(q, slot);
    q->added++;
    gauge_add(&q->coming, 1, m->arrived_ns);
    if (messages_ordered(q)) {
        list_insert(q, &q->groups[group].line, q->groups[group].line.last, slot);
    }
    return slot;
}

void messages_spoil(struct messages *q, uint32_t slot)
{
    message_at(q, slot)->bad = 1;
    q->bad_count++;
}

void messages_show(struct messages *q, uint32_t slot)
{
    struct message *m = message_at(q, slot);
    struct messages_group *group = &q->groups[m->group];
    assert_hot(m->state == MESSAGE_COMING);
    gauge_add(&q->coming, -1, messages_now(q));
    m->state = MESSAGE_VISIBLE;
    if (!messages_ordered(q)) {
        list_insert(q, &group->line, group->line.last, slot);
    }
    messages_count_visible(q, 1);
    if (message_overage(q, slot)) {
        message_end_visible(q, slot, MESSAGES_EXPIRED);
    } else {
        group_update(q, m->group);
    }
}

uint32_t messages_refer(struct messages *q, uint32_t message)
{
    return reference_new(q, message);
}

void messages_expire(struct messages *q, uint32_t reference)
{
    const struct messages_reference *r = reference_at(q, reference);
    if (message_at(q, r->message)->generation == r->generation && !message_overage(q, r->message)) {
        message_age(q, r->message);
    }
    slab_give_back(&q->references, reference);
}

/* ---- receiving ---- */

static void receipt_join(struct messages *q, uint32_t slot)
{
    struct messages_receipt *r = receipt_at(q, slot);
    r->deadline_ns = messages_now(q) + q->setup.visibility_ns;
    r->later = MESSAGES_NONE;
    r->earlier = q->by_deadline.last;
    if (r->earlier == MESSAGES_NONE) {
        q->by_deadline.first = slot;
    } else {
        receipt_at(q, r->earlier)->later = slot;
    }
    q->by_deadline.last = slot;
}

static void receipt_leave(struct messages *q, uint32_t slot)
{
    const struct messages_receipt *r = receipt_at(q, slot);
    if (r->earlier == MESSAGES_NONE) {
        q->by_deadline.first = r->later;
    } else {
        receipt_at(q, r->earlier)->later = r->later;
    }
    if (r->later == MESSAGES_NONE) {
        q->by_deadline.last = r->earlier;
    } else {
        receipt_at(q, r->later)->earlier = r->earlier;
    }
}

/* From the front of a group that is ready: as many as there are, up to `most`. */
static uint32_t receipt_take(struct messages *q, struct messages_receipt *r, uint32_t index,
                             uint32_t most)
{
    struct messages_group *group = &q->groups[index];
    const int64_t now_ns = messages_now(q);
    uint32_t taken = 0;
    while (taken < most && group->line.first != MESSAGES_NONE) {
        const uint32_t slot = group->line.first;
        struct message *m = message_at(q, slot);
        if (m->state != MESSAGE_VISIBLE) {
            break;
        }
        list_remove(q, &group->line, slot);
        m->state = MESSAGE_IN_FLIGHT;
        if (m->received == 0 && q->measuring) {
            summary_add(&q->waits, now_ns - m->arrived_ns);
        }
        if (m->received < MESSAGES_RECEIVED_MAX) {
            m->received++;
        }
        list_insert(q, &r->held, r->held.last, slot);
        taken++;
    }
    group_count(q, group, (int32_t)taken);
    group_update(q, index);
    return taken;
}

uint32_t messages_receive(struct messages *q, uint32_t most, uint32_t *delivery)
{
    const uint32_t room = q->setup.in_flight_max - q->in_flight;
    const uint32_t slot =
        messages_ready(q) && most > 0 ? messages_slot(q, &q->receipts) : MESSAGES_NONE;
    uint32_t taken = 0;
    if (slot == MESSAGES_NONE) {
        return 0;
    }
    most = most < room ? most : room;
    struct messages_receipt *r = receipt_at(q, slot);
    *r = (struct messages_receipt){
        .held = list_empty, .next = MESSAGES_NONE, .last = slot, .open = true};
    receipt_join(q, slot);
    while (taken < most && q->ready.first != MESSAGES_NONE) {
        taken += receipt_take(q, r, q->ready.first, most - taken);
    }
    messages_count_visible(q, -(int32_t)taken);
    messages_count_in_flight(q, (int32_t)taken);
    q->received += taken;
    if (*delivery == MESSAGES_NONE) {
        *delivery = slot;
    } else {
        struct messages_receipt *head = receipt_at(q, *delivery);
        receipt_at(q, head->last)->next = slot;
        head->last = slot;
    }
    return taken;
}

/* ---- settling ---- */

/* Its consumer is through with it. */
static void message_process(struct messages *q, struct message *m)
{
    if (q->measuring && !m->processed) {
        summary_add(&q->stays, messages_now(q) - m->arrived_ns);
    }
    m->processed = 1;
}

static bool messages_deletion_lost(struct messages *q)
{
    return q->setup.duplicates_ratio > 0 &&
           random_uniform(&q->setup.random) < q->setup.duplicates_ratio;
}

/* In time; returns how many of `done` are left. */
static uint32_t settle_held(struct messages *q, struct messages_receipt *r, uint32_t done)
{
    uint32_t deleted = 0;
    for (uint32_t slot = r->held.first, next; slot != MESSAGES_NONE && done > 0; slot = next) {
        struct message *m = message_at(q, slot);
        const uint32_t group = m->group;
        next = m->next;
        done--;
        if (m->bad) {
            continue;
        }
        message_process(q, m);
        if (messages_deletion_lost(q)) {
            continue;
        }
        list_remove(q, &r->held, slot);
        message_end(q, slot, MESSAGES_DELETED);
        group_count(q, &q->groups[group], -1);
        group_update(q, group);
        deleted++;
    }
    messages_count_in_flight(q, -(int32_t)deleted);
    return done;
}

/* Too late: only what nobody else has received is deleted. */
static uint32_t settle_overdue(struct messages *q, struct messages_receipt *r, uint32_t done)
{
    for (uint32_t slot = r->held.first, next; slot != MESSAGES_NONE; slot = next) {
        const struct messages_reference at = *reference_at(q, slot);
        next = at.next;
        slab_give_back(&q->references, slot);
        if (done == 0) {
            continue;
        }
        done--;
        struct message *m = message_at(q, at.message);
        if (m->generation == at.generation && m->state == MESSAGE_VISIBLE && !m->bad &&
            m->received == at.received) {
            message_process(q, m);
            message_end_visible(q, at.message, MESSAGES_DELETED);
        }
    }
    return done;
}

void messages_settle(struct messages *q, uint32_t delivery, uint32_t done)
{
    for (uint32_t slot = delivery, next; slot != MESSAGES_NONE; slot = next) {
        struct messages_receipt *r = receipt_at(q, slot);
        assert_hot(r->open);
        next = r->next;
        r->open = false;
        if (r->overdue) {
            done = settle_overdue(q, r, done);
            slab_give_back(&q->receipts, slot);
            continue;
        }
        done = settle_held(q, r, done);
        if (r->held.first == MESSAGES_NONE) {
            receipt_leave(q, slot);
            slab_give_back(&q->receipts, slot);
        }
    }
}

void messages_tolerate(struct messages *q, uint32_t delivery)
{
    receipt_at(q, delivery)->tolerant = true;
}

uint32_t messages_bad(const struct messages *q, uint32_t delivery)
{
    uint32_t index = 0;
    if (receipt_at(q, delivery)->tolerant) {
        return MESSAGES_NONE;
    }
    for (uint32_t slot = delivery; q->bad_count > 0 && slot != MESSAGES_NONE;) {
        const struct messages_receipt *r = receipt_at(q, slot);
        for (uint32_t held = r->held.first; held != MESSAGES_NONE; index++) {
            const struct messages_reference *at = r->overdue ? reference_at(q, held) : NULL;
            const struct message *m = message_at(q, at != NULL ? at->message : held);
            if (m->bad && (at == NULL || m->generation == at->generation)) {
                return index;
            }
            held = at != NULL ? at->next : m->next;
        }
        slot = r->next;
    }
    return MESSAGES_NONE;
}

/* ---- coming back ---- */

/* A message whose visibility timeout is over. Behind `after` in the line of its group, or where
 * else it belongs; returns what the next of its group is to stand behind. */
static uint32_t message_return(struct messages *q, uint32_t slot, uint32_t after)
{
    struct message *m = message_at(q, slot);
    struct messages_group *group = &q->groups[m->group];
    if (m->received == MESSAGES_POISON) {
        messages_note_age(q, m);
    }
    group_count(q, group, -1);
    if (message_overage(q, slot)) {
        message_end(q, slot, MESSAGES_EXPIRED);
        return after;
    }
    if (q->setup.received_max > 0 && m->received >= q->setup.received_max) {
        m->state = MESSAGE_DEAD;
        q->dead_count++;
        list_insert(q, &q->dead, q->dead.last, slot);
        return after;
    }
    m->state = MESSAGE_VISIBLE;
    messages_count_visible(q, 1);
    if (message_poison(q, m)) {
        list_insert(q, &group->line, group->line.last, slot);
        return after;
    }
    list_insert(q, &group->line, after, slot);
    return slot;
}

/* A delivery that is still being worked on keeps references to what it had; with groups its receipt
 * is void. */
static void receipt_return(struct messages *q, uint32_t receipt)
{
    struct messages_receipt *r = receipt_at(q, receipt);
    struct messages_list kept = list_empty;
    uint32_t after = MESSAGES_NONE, group = MESSAGES_NONE;
    int32_t returned = 0;
    assert_hot(r->held.first != MESSAGES_NONE);
    receipt_leave(q, receipt);
    for (uint32_t slot = r->held.first, next; slot != MESSAGES_NONE; slot = next) {
        const struct message *m = message_at(q, slot);
        const uint32_t reference =
            r->open && !messages_ordered(q) ? reference_new(q, slot) : MESSAGES_NONE;
        if (reference != MESSAGES_NONE) {
            if (kept.last == MESSAGES_NONE) {
                kept.first = reference;
            } else {
                reference_at(q, kept.last)->next = reference;
            }
            kept.last = reference;
        }
        next = m->next;
        if (group != m->group) {
            if (group != MESSAGES_NONE) {
                group_update(q, group);
            }
            group = m->group;
            after = MESSAGES_NONE;
        }
        after = message_return(q, slot, after);
        returned++;
    }
    group_update(q, group);
    messages_count_in_flight(q, -returned);
    r->held = kept;
    r->overdue = true;
    if (!r->open) {
        slab_give_back(&q->receipts, receipt);
    }
}

int64_t messages_due_ns(const struct messages *q)
{
    int64_t due_ns = INT64_MAX;
    if (q->by_deadline.first != MESSAGES_NONE) {
        due_ns = receipt_at(q, q->by_deadline.first)->deadline_ns;
    }
    if (q->by_arrival.first != MESSAGES_NONE) {
        const int64_t arrived_ns = message_at(q, q->by_arrival.first)->arrived_ns;
        const int64_t expires_ns = arrived_ns + q->setup.retention_ns;
        due_ns = expires_ns < due_ns ? expires_ns : due_ns;
    }
    return due_ns;
}

void messages_pass(struct messages *q)
{
    const int64_t now_ns = messages_now(q);
    while (q->by_arrival.first != MESSAGES_NONE &&
           message_at(q, q->by_arrival.first)->arrived_ns + q->setup.retention_ns <= now_ns) {
        message_age(q, q->by_arrival.first);
    }
    while (q->by_deadline.first != MESSAGES_NONE &&
           receipt_at(q, q->by_deadline.first)->deadline_ns <= now_ns) {
        receipt_return(q, q->by_deadline.first);
    }
}

bool messages_take(struct messages *q, bool *bad)
{
    uint32_t slot = q->by_arrival.first;
    const struct message *m = slot != MESSAGES_NONE ? message_at(q, slot) : NULL;
    if (m == NULL || m->state != MESSAGE_VISIBLE || !q->groups[m->group].ready) {
        const uint32_t group = q->ready.first;
        slot = group != MESSAGES_NONE ? q->groups[group].line.first : MESSAGES_NONE;
    }
    if (slot == MESSAGES_NONE) {
        return false;
    }
    *bad = message_at(q, slot)->bad;
    message_end_visible(q, slot, MESSAGES_MOVED);
    return true;
}

bool messages_dead(struct messages *q, int64_t *arrived_ns, bool *bad)
{
    const uint32_t slot = q->dead.first;
    if (slot == MESSAGES_NONE) {
        return false;
    }
    *arrived_ns = message_at(q, slot)->arrived_ns;
    *bad = message_at(q, slot)->bad;
    list_remove(q, &q->dead, slot);
    q->dead_count--;
    message_end(q, slot, MESSAGES_DEAD);
    return true;
}

/* ---- what is known of them ---- */

void messages_measure(struct messages *q, bool measuring)
{
    if (measuring) {
        summary_clear(&q->waits);
        summary_clear(&q->stays);
        q->age_max_ns = 0;
        gauge_reset(&q->coming, messages_now(q));
    }
    q->measuring = measuring;
}

int64_t messages_age_ns(const struct messages *q)
{
    uint32_t slot = q->by_arrival.first;
    while (slot != MESSAGES_NONE && message_poison(q, message_at(q, slot))) {
        slot = message_at(q, slot)->newer;
    }
    const int64_t age_ns =
        slot != MESSAGES_NONE ? messages_now(q) - message_at(q, slot)->arrived_ns : 0;
    return age_ns > q->age_max_ns ? age_ns : q->age_max_ns;
}

static uint32_t list_count(const struct messages *q, const struct messages_list *list,
                           enum message_state state)
{
    uint32_t count = 0;
    for (uint32_t slot = list->first; slot != MESSAGES_NONE; slot = message_at(q, slot)->next) {
        count += message_at(q, slot)->state == state;
    }
    return count;
}

/* With groups: what waits of one stands in the order of arrival, behind what is in flight of it. */
static bool messages_in_order(const struct messages *q, const struct messages_list *list)
{
    int64_t before_ns = 0;
    for (uint32_t slot = list->first; slot != MESSAGES_NONE; slot = message_at(q, slot)->next) {
        const struct message *m = message_at(q, slot);
        const uint32_t first = q->groups[m->group].line.first;
        const bool in_flight = m->state == MESSAGE_IN_FLIGHT;
        if (in_flight ? first != MESSAGES_NONE && message_at(q, first)->arrived_ns < m->arrived_ns
                      : m->arrived_ns < before_ns) {
            return false;
        }
        before_ns = m->arrived_ns;
    }
    return true;
}

bool messages_conserved(const struct messages *q)
{
    const bool ordered = messages_ordered(q);
    bool good = true;
    const uint32_t groups_count = ordered ? q->setup.groups_count : 1;
    uint32_t visible = 0, in_flight = 0, locked = 0;
    uint64_t here = (uint64_t)q->coming.value + q->visible + q->in_flight + q->dead_count;
    for (uint32_t i = 0; i < groups_count; i++) {
        visible += list_count(q, &q->groups[i].line, MESSAGE_VISIBLE);
        locked += q->groups[i].in_flight;
        good = good && (!ordered || messages_in_order(q, &q->groups[i].line));
    }
    for (uint32_t slot = q->by_deadline.first; slot != MESSAGES_NONE;
         slot = receipt_at(q, slot)->later) {
        in_flight += list_count(q, &receipt_at(q, slot)->held, MESSAGE_IN_FLIGHT);
        good = good && (!ordered || messages_in_order(q, &receipt_at(q, slot)->held));
    }
    for (uint32_t i = 0; i < MESSAGES_ENDS; i++) {
        here += q->ended[i];
    }
    return good && here == q->added && visible == q->visible && in_flight == q->in_flight &&
           locked == in_flight && list_count(q, &q->dead, MESSAGE_DEAD) == q->dead_count;
}
