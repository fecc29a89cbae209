/* Known independently: the life of a message by hand, rule by rule; and any sequence of operations
 * against a queue written down naively, that searches through all its messages. */
#include "sim/blocks/messages.h"

#include "tests/blocks/estimate.h"

enum { NAIVE_MAX = 512, NAIVE_GROUPS = 7, BATCH = 10 };

/* A queue with all that it needs around it. */
struct bench {
    struct arena arena;
    struct core core;
    struct load load;
    struct messages q;
};

static struct messages_setup bench_setup(void)
{
    return (struct messages_setup){
        .visibility_ns = 100, .retention_ns = 100000, .in_flight_max = 1000};
}

static void bench_init(struct bench *b, struct messages_setup setup)
{
    *b = (struct bench){0};
    arena_init(&b->arena);
    core_init(&b->core, 1);
    setup.core = &b->core;
    setup.load = &b->load;
    setup.arena = &b->arena;
    random_seed(&setup.random, 1, 0, "queue", "duplicates");
    messages_init(&b->q, &setup);
    messages_measure(&b->q, true);
}

static void bench_done(struct bench *b)
{
    assert_true(messages_conserved(&b->q));
    core_done(&b->core);
    arena_done(&b->arena);
}

/* The clock goes on to that instant; what is due on the way happens in its order. */
static void bench_pass(struct bench *b, int64_t now_ns)
{
    struct event event;
    int64_t due_ns;
    while ((due_ns = messages_due_ns(&b->q)) <= now_ns) {
        assert_true(due_ns >= core_now(&b->core));
        events_at(&b->core.events, due_ns, EVENT_WINDOW, 0, 0);
        assert_true(events_next(&b->core.events, &event));
        messages_pass(&b->q);
        assert_true(messages_due_ns(&b->q) > due_ns);
    }
    events_at(&b->core.events, now_ns, EVENT_WINDOW, 0, 0);
    assert_true(events_next(&b->core.events, &event));
}

static void bench_send(struct bench *b, uint32_t group)
{
    messages_show(&b->q, messages_add(&b->q, group));
}

static void bench_levels(const struct bench *b, int64_t visible, int64_t in_flight)
{
    assert_int_equal(b->load.queue.value, visible);
    assert_int_equal(b->load.busy.value, in_flight);
    assert_true(messages_conserved(&b->q));
}

static void bench_ends(const struct bench *b, uint64_t deleted, uint64_t dead, uint64_t expired)
{
    assert_int_equal(b->q.ended[MESSAGES_DELETED], deleted);
    assert_int_equal(b->q.ended[MESSAGES_DEAD], dead);
    assert_int_equal(b->q.ended[MESSAGES_EXPIRED], expired);
}

static uint32_t bench_receive(struct bench *b, uint32_t most)
{
    uint32_t delivery = MESSAGES_NONE;
    messages_receive(&b->q, most, &delivery);
    return delivery;
}

static const struct message *message_of(const struct messages *q, uint32_t slot)
{
    return (const struct message *)q->messages.chunks[slot / 4096] + slot % 4096;
}

static const struct messages_receipt *receipt_of(const struct messages *q, uint32_t slot)
{
    return (const struct messages_receipt *)q->receipts.chunks[slot / 4096] + slot % 4096;
}

/* When the i-th message of a delivery of one receipt arrived: who it is. */
static int64_t held_arrival(const struct bench *b, uint32_t delivery, uint32_t i)
{
    uint32_t slot = receipt_of(&b->q, delivery)->held.first;
    while (i-- > 0) {
        slot = message_of(&b->q, slot)->next;
    }
    return message_of(&b->q, slot)->arrived_ns;
}

/* On its way for 5, waits until 12, is deleted at 20. */
static void test_life(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, bench_setup());
    const uint32_t message = messages_add(&b.q, 0);
    assert_false(messages_ready(&b.q));
    bench_pass(&b, 5);
    messages_show(&b.q, message);
    bench_levels(&b, 1, 0);
    bench_pass(&b, 12);
    const uint32_t delivery = bench_receive(&b, BATCH);
    assert_int_not_equal(delivery, MESSAGES_NONE);
    bench_levels(&b, 0, 1);
    assert_int_equal(bench_receive(&b, BATCH), MESSAGES_NONE);
    assert_int_equal(messages_due_ns(&b.q), 112);
    bench_pass(&b, 20);
    messages_settle(&b.q, delivery, UINT32_MAX);
    bench_levels(&b, 0, 0);
    bench_ends(&b, 1, 0, 0);
    assert_int_equal(messages_due_ns(&b.q), INT64_MAX);
    assert_int_equal(b.q.waits.tally.sum, 12);
    assert_int_equal(b.q.stays.tally.sum, 20);
    assert_int_equal(messages_age_ns(&b.q), 20);
    assert_true(gauge_read(&b.q.coming, 20).area == 5);
    assert_true(gauge_read(&b.load.queue, 20).area == 7);
    assert_true(gauge_read(&b.load.busy, 20).area == 8);
    bench_done(&b);
}

/* What was not deleted comes back at the deadline, in its order, in front of what came later; from
 * its third receive on at the back. */
static void test_comes_back(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, bench_setup());
    for (int64_t i = 0; i < 3; i++) {
        bench_pass(&b, i);
        bench_send(&b, 0);
    }
    const uint32_t first = bench_receive(&b, 2); /* 0, 1 at 2 */
    messages_settle(&b.q, first, 0);             /* the consumer has failed: not before 102 */
    bench_pass(&b, 101);
    bench_levels(&b, 1, 2);
    bench_pass(&b, 102);
    bench_levels(&b, 3, 0);
    for (int round = 0; round < 2; round++) {
        const uint32_t delivery = bench_receive(&b, 2);
        assert_int_equal(held_arrival(&b, delivery, 0), 0);
        assert_int_equal(held_arrival(&b, delivery, 1), 1);
        messages_settle(&b.q, delivery, 0);
        bench_pass(&b, 202 + round * 100);
    }
    const uint32_t last = bench_receive(&b, 3);
    assert_int_equal(held_arrival(&b, last, 0), 2);
    assert_int_equal(held_arrival(&b, last, 1), 0);
    assert_int_equal(held_arrival(&b, last, 2), 1);
    messages_settle(&b.q, last, 1); /* message 2 */
    bench_levels(&b, 0, 2);
    assert_int_equal(messages_age_ns(&b.q), 302); /* poison: no more than at its third return */
    bench_pass(&b, 350);
    assert_int_equal(messages_age_ns(&b.q), 302);
    bench_done(&b);
}

/* Received as often as allowed, a message that comes back is dead; one that is deleted is not. */
static void test_dead(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    int64_t arrived_ns;
    setup.received_max = 2;
    bench_init(&b, setup);
    bench_send(&b, 0);
    bench_pass(&b, 3);
    bench_send(&b, 0);
    bench_send(&b, 0);
    bench_receive(&b, 3);
    bench_pass(&b, 103);
    const uint32_t second = bench_receive(&b, 3);
    messages_settle(&b.q, second, 1);
    assert_false(messages_dead(&b.q, &arrived_ns));
    bench_pass(&b, 203);
    bench_levels(&b, 0, 0);
    assert_true(messages_dead(&b.q, &arrived_ns));
    assert_int_equal(arrived_ns, 3);
    assert_true(messages_dead(&b.q, &arrived_ns));
    assert_false(messages_dead(&b.q, &arrived_ns));
    bench_ends(&b, 1, 2, 0);
    bench_done(&b);
}

/* Too late: it counts while nobody else has received the message, else not; with groups never. */
static void test_late(void **state)
{
    (void)state;
    for (uint32_t groups = 0; groups < 2; groups++) {
        for (int again = 0; again < 2; again++) {
            struct messages_setup setup = bench_setup();
            struct bench b;
            setup.groups_count = groups;
            bench_init(&b, setup);
            bench_send(&b, 0);
            const uint32_t slow = bench_receive(&b, 1);
            bench_pass(&b, 100);
            const uint32_t other = again ? bench_receive(&b, 1) : MESSAGES_NONE;
            bench_pass(&b, 150);
            messages_settle(&b.q, slow, UINT32_MAX);
            bench_ends(&b, groups == 0 && !again, 0, 0);
            if (again) {
                messages_settle(&b.q, other, UINT32_MAX);
                bench_ends(&b, 1, 0, 0);
            }
            bench_done(&b);
        }
    }
}

/* Its slot is another's by now: a late settlement must not touch that one. */
static void test_late_and_gone(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, bench_setup());
    bench_send(&b, 0);
    const uint32_t slow = bench_receive(&b, 1);
    bench_pass(&b, 100);
    messages_settle(&b.q, bench_receive(&b, 1), 1);
    bench_send(&b, 0); /* in the same slot, not received since */
    bench_levels(&b, 1, 0);
    messages_settle(&b.q, slow, 1);
    bench_levels(&b, 1, 0);
    bench_ends(&b, 1, 0, 0);
    bench_done(&b);
}

/* One delivery of several receives: each batch has its own deadline. */
static void test_delivery_of_receipts(void **state)
{
    (void)state;
    struct bench b;
    uint32_t delivery = MESSAGES_NONE;
    bench_init(&b, bench_setup());
    for (int64_t i = 0; i < 3; i++) {
        bench_pass(&b, i * 40);
        bench_send(&b, 0);
        assert_int_equal(messages_receive(&b.q, BATCH, &delivery), 1);
    }
    bench_pass(&b, 140); /* 0 came back at 100, 1 at 140 */
    bench_levels(&b, 2, 1);
    messages_settle(&b.q, delivery, 2);
    bench_levels(&b, 0, 1);
    bench_ends(&b, 2, 0, 0);
    bench_pass(&b, 180);
    bench_levels(&b, 1, 0);
    bench_done(&b);
}

/* Retention 1000: the visible ends then; the received may still be deleted, but does not come back;
 * what is on its way is not shown. */
static void test_retention(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    setup.retention_ns = 1000;
    bench_init(&b, setup);
    for (int i = 0; i < 3; i++) {
        bench_send(&b, 0);
    }
    const uint32_t coming = messages_add(&b.q, 0);
    bench_pass(&b, 950);
    const uint32_t good = bench_receive(&b, 1), bad = bench_receive(&b, 1);
    bench_pass(&b, 999);
    bench_levels(&b, 1, 2);
    bench_pass(&b, 1000);
    bench_levels(&b, 0, 2);
    bench_ends(&b, 0, 0, 1);
    messages_show(&b.q, coming);
    bench_ends(&b, 0, 0, 2);
    messages_settle(&b.q, good, 1);
    messages_settle(&b.q, bad, 0);
    bench_ends(&b, 1, 0, 2);
    bench_pass(&b, 1050);
    bench_levels(&b, 0, 0);
    bench_ends(&b, 1, 0, 3);
    bench_done(&b);
}

/* A message from another queue has the rest of its retention; the reference to one that is gone
 * does nothing to who has its slot. */
static void test_moved(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    setup.retention_ns = 1000;
    bench_init(&b, setup);
    bench_pass(&b, 10);
    const uint32_t a = messages_move(&b.q, 0), c = messages_move(&b.q, 0);
    messages_settle(&b.q, bench_receive(&b, 1), 1);
    bench_send(&b, 0); /* in the slot of a */
    bench_pass(&b, 300);
    messages_expire(&b.q, a);
    bench_levels(&b, 2, 0);
    messages_expire(&b.q, c);
    bench_levels(&b, 1, 0);
    bench_ends(&b, 1, 0, 1);
    bench_done(&b);
}

/* While a message of a group is in flight none of that group is received; others are. A batch takes
 * as many of a group as it can. What comes back keeps its place. */
static void test_groups(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    setup.groups_count = 2;
    bench_init(&b, setup);
    const uint32_t groups[] = {0, 1, 0, 0, 1};
    for (int64_t i = 0; i < 5; i++) {
        bench_pass(&b, i);
        bench_send(&b, groups[i]);
    }
    const uint32_t first = bench_receive(&b, 2);
    assert_int_equal(held_arrival(&b, first, 0), 0);
    assert_int_equal(held_arrival(&b, first, 1), 2);
    const uint32_t second = bench_receive(&b, BATCH);
    bench_levels(&b, 1, 4);
    assert_int_equal(held_arrival(&b, second, 0), 1);
    assert_int_equal(held_arrival(&b, second, 1), 4);
    assert_false(messages_ready(&b.q));
    messages_settle(&b.q, first, 1); /* 2 stays: its group stays locked */
    assert_false(messages_ready(&b.q));
    messages_settle(&b.q, second, 2);
    assert_false(messages_ready(&b.q));
    bench_pass(&b, 104);
    const uint32_t third = bench_receive(&b, BATCH);
    assert_int_equal(held_arrival(&b, third, 0), 2);
    assert_int_equal(held_arrival(&b, third, 1), 3);
    messages_settle(&b.q, third, 2);
    bench_ends(&b, 5, 0, 0);
    bench_done(&b);
}

/* The first of a group is still on its way: those behind it wait, however fast they were. */
static void test_groups_keep_order_on_their_way(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    setup.groups_count = 1;
    bench_init(&b, setup);
    const uint32_t slow = messages_add(&b.q, 0);
    bench_pass(&b, 1);
    bench_send(&b, 0);
    assert_false(messages_ready(&b.q));
    bench_pass(&b, 9);
    messages_show(&b.q, slow);
    const uint32_t delivery = bench_receive(&b, BATCH);
    assert_int_equal(held_arrival(&b, delivery, 0), 0);
    assert_int_equal(held_arrival(&b, delivery, 1), 1);
    bench_done(&b);
}

static void test_in_flight_limit(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    setup.in_flight_max = 3;
    bench_init(&b, setup);
    for (int i = 0; i < 5; i++) {
        bench_send(&b, 0);
    }
    const uint32_t delivery = bench_receive(&b, BATCH);
    bench_levels(&b, 2, 3);
    assert_false(messages_ready(&b.q));
    messages_settle(&b.q, delivery, 1);
    assert_true(messages_ready(&b.q));
    bench_receive(&b, BATCH);
    bench_levels(&b, 1, 3);
    bench_done(&b);
}

/* A lost deletion: the message is processed again after its visibility timeout, and counted
 * once. */
static void test_duplicates(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    setup.duplicates_ratio = 1;
    bench_init(&b, setup);
    bench_send(&b, 0);
    messages_settle(&b.q, bench_receive(&b, 1), 1);
    bench_levels(&b, 0, 1);
    bench_pass(&b, 100);
    b.q.setup.duplicates_ratio = 0;
    messages_settle(&b.q, bench_receive(&b, 1), 1);
    bench_ends(&b, 1, 0, 0);
    assert_int_equal(b.q.received, 2);
    assert_int_equal(b.q.stays.tally.count, 1);
    assert_int_equal(b.q.stays.tally.sum, 0);
    bench_done(&b);
}

static void test_full(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, bench_setup());
    bench_send(&b, 0);
    b.q.messages.count = MESSAGES_MAX; /* as if so many had been used */
    assert_int_equal(messages_add(&b.q, 0), MESSAGES_NONE);
    assert_true(b.q.full);
    messages_settle(&b.q, bench_receive(&b, 1), 1);
    bench_send(&b, 0); /* in the slot that is free again */
    bench_levels(&b, 1, 0);
    bench_done(&b);
}

/* ---- any sequence, against a naive queue ---- */

enum naive_state { NAIVE_GONE, NAIVE_COMING, NAIVE_VISIBLE, NAIVE_IN_FLIGHT };

struct naive_message {
    enum naive_state state;
    uint32_t slot, group, received, delivery;
    int64_t arrived_ns, deadline_ns, rank; /* order within what is visible */
};

struct naive {
    struct bench b;
    struct random random;
    struct naive_message messages[NAIVE_MAX];
    bool open[NAIVE_MAX]; /* deliveries, by receipt */
    int64_t front, back;  /* ranks given out */
    uint64_t ended[MESSAGES_ENDS], received;
};

static struct naive_message *naive_of_slot(struct naive *n, uint32_t slot)
{
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        if (n->messages[i].state != NAIVE_GONE && n->messages[i].slot == slot) {
            return &n->messages[i];
        }
    }
    fail_msg("slot %u is unknown", slot);
    return NULL;
}

static void naive_end(struct naive *n, struct naive_message *m, enum messages_end end)
{
    m->state = NAIVE_GONE;
    n->ended[end]++;
}

static bool naive_old(const struct naive *n, const struct naive_message *m)
{
    return m->arrived_ns + n->b.q.setup.retention_ns <= core_now(&n->b.core);
}

static void naive_add(struct naive *n)
{
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        struct naive_message *m = &n->messages[i];
        if (m->state == NAIVE_GONE) {
            *m = (struct naive_message){
                .state = NAIVE_COMING,
                .group = random_below(&n->random, NAIVE_GROUPS),
                .arrived_ns = core_now(&n->b.core),
                .rank = n->back++,
                .delivery = MESSAGES_NONE,
            };
            m->group = n->b.q.setup.groups_count > 0 ? m->group : 0;
            m->slot = messages_add(&n->b.q, m->group);
            return;
        }
    }
}

/* One of those on their way, rather an old one: the first of a group keeps the others waiting. */
static void naive_show(struct naive *n)
{
    struct naive_message *m = NULL;
    for (int i = 0; i < NAIVE_MAX / 4; i++) {
        struct naive_message *other = &n->messages[random_below(&n->random, NAIVE_MAX)];
        if (other->state == NAIVE_COMING && (m == NULL || other->rank < m->rank)) {
            m = other;
        }
    }
    if (m == NULL) {
        return;
    }
    m->state = NAIVE_VISIBLE;
    if (n->b.q.setup.groups_count == 0) {
        m->rank = n->back++;
    }
    messages_show(&n->b.q, m->slot);
    if (naive_old(n, m)) {
        naive_end(n, m, MESSAGES_EXPIRED);
    }
}

/* Nothing of its group is before it or in flight. */
static bool naive_can(const struct naive *n, const struct naive_message *m)
{
    if (m->state != NAIVE_VISIBLE) {
        return false;
    }
    for (uint32_t i = 0; i < NAIVE_MAX && n->b.q.setup.groups_count > 0; i++) {
        const struct naive_message *other = &n->messages[i];
        if (other->group == m->group && (other->state == NAIVE_IN_FLIGHT ||
                                         (other->state == NAIVE_COMING && other->rank < m->rank))) {
            return false;
        }
    }
    return true;
}

/* How many could be received, and the first of them (of a group). */
static uint32_t naive_available(const struct naive *n, uint32_t group, int64_t *first)
{
    uint32_t count = 0;
    *first = INT64_MAX;
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        const struct naive_message *m = &n->messages[i];
        if ((group == MESSAGES_NONE || m->group == group) && naive_can(n, m)) {
            count++;
            *first = m->rank < *first ? m->rank : *first;
        }
    }
    return count;
}

/* Each received message was the next of its group, and as many as possible came. */
static void naive_receive(struct naive *n)
{
    struct messages *q = &n->b.q;
    const uint32_t most = 1 + random_below(&n->random, BATCH);
    uint32_t delivery = MESSAGES_NONE, in_flight = 0;
    int64_t first;
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        in_flight += n->messages[i].state == NAIVE_IN_FLIGHT;
    }
    uint32_t expected = naive_available(n, MESSAGES_NONE, &first);
    expected = expected < most ? expected : most;
    const uint32_t room = q->setup.in_flight_max - in_flight;
    expected = expected < room ? expected : room;
    assert_int_equal(messages_ready(q), expected > 0);
    assert_int_equal(messages_receive(q, most, &delivery), expected);
    if (expected == 0) {
        assert_int_equal(delivery, MESSAGES_NONE);
        return;
    }
    assert_false(n->open[delivery]);
    n->open[delivery] = true;
    n->received += expected;
    struct naive_message *taken[BATCH];
    uint32_t count = 0;
    for (uint32_t slot = receipt_of(q, delivery)->held.first; slot != MESSAGES_NONE;
         slot = message_of(q, slot)->next) {
        struct naive_message *m = naive_of_slot(n, slot);
        naive_available(n, m->group, &first);
        assert_int_equal(m->rank, first);
        m->state = NAIVE_GONE; /* for a moment: not in flight yet, or none of its group could */
        taken[count++] = m;
    }
    assert_int_equal(count, expected);
    for (uint32_t i = 0; i < count; i++) {
        taken[i]->state = NAIVE_IN_FLIGHT;
        taken[i]->received++;
        taken[i]->delivery = delivery;
        taken[i]->deadline_ns = core_now(&n->b.core) + q->setup.visibility_ns;
    }
}

/* Some delivery, late or not, of which all or some was done. */
static void naive_settle(struct naive *n)
{
    struct messages *q = &n->b.q;
    const uint32_t delivery = random_below(&n->random, q->receipts.count + 1);
    if (!n->open[delivery]) {
        return;
    }
    const bool late = receipt_of(q, delivery)->overdue;
    const bool all = late || random_below(&n->random, 2) == 0;
    const uint32_t done = all ? UINT32_MAX : random_below(&n->random, BATCH);
    uint32_t left = done;
    n->open[delivery] = false;
    for (uint32_t slot = receipt_of(q, delivery)->held.first, next; !late && slot != MESSAGES_NONE;
         slot = next) {
        struct naive_message *m = naive_of_slot(n, slot);
        next = message_of(q, slot)->next;
        if (left > 0) {
            left--;
            naive_end(n, m, MESSAGES_DELETED);
        } else {
            m->delivery = MESSAGES_NONE;
        }
    }
    for (uint32_t i = 0; i < NAIVE_MAX; i++) { /* only what was not received since has its mark */
        struct naive_message *m = &n->messages[i];
        if (late && m->state == NAIVE_VISIBLE && m->delivery == delivery &&
            q->setup.groups_count == 0) {
            naive_end(n, m, MESSAGES_DELETED);
        }
    }
    messages_settle(q, delivery, done);
}

/* Visibility timeouts, in the order of their deadlines and within one in order; then age. */
static void naive_back(struct naive *n, struct naive_message *m)
{
    const struct messages_setup *setup = &n->b.q.setup;
    if (naive_old(n, m)) {
        naive_end(n, m, MESSAGES_EXPIRED);
    } else if (setup->received_max > 0 && m->received >= setup->received_max) {
        naive_end(n, m, MESSAGES_DEAD);
    } else {
        m->state = NAIVE_VISIBLE;
        if (setup->groups_count == 0) {
            m->rank = m->received >= MESSAGES_POISON ? n->back++ : n->front;
        }
    }
}

static void naive_pass(struct naive *n, int64_t now_ns)
{
    int64_t dead_ns;
    struct event event;
    events_at(&n->b.core.events, now_ns, EVENT_WINDOW, 0, 0);
    assert_true(events_next(&n->b.core.events, &event));
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        if (n->messages[i].state == NAIVE_VISIBLE && naive_old(n, &n->messages[i])) {
            naive_end(n, &n->messages[i], MESSAGES_EXPIRED);
        }
    }
    for (uint32_t receipt = n->b.q.by_deadline.first; receipt != MESSAGES_NONE;
         receipt = receipt_of(&n->b.q, receipt)->later) {
        uint32_t slots[BATCH], count = 0;
        for (uint32_t slot = receipt_of(&n->b.q, receipt)->held.first; slot != MESSAGES_NONE;
             slot = message_of(&n->b.q, slot)->next) {
            slots[count++] = slot;
        }
        n->front -= BATCH;
        for (uint32_t i = 0; i < count; i++, n->front++) {
            struct naive_message *m = naive_of_slot(n, slots[i]);
            if (m->deadline_ns <= now_ns) {
                naive_back(n, m);
            }
        }
        n->front -= count;
    }
    messages_pass(&n->b.q);
    while (messages_dead(&n->b.q, &dead_ns)) {}
}

static void naive_check(struct messages_setup setup, int steps)
{
    struct naive *n = test_calloc(1, sizeof(*n));
    int64_t now_ns = 0;
    bench_init(&n->b, setup);
    random_seed(&n->random, 1, setup.groups_count, "naive", "test");
    for (int step = 0; step < steps; step++) {
        now_ns += random_below(&n->random, 4);
        naive_pass(n, now_ns);
        const uint32_t dice = random_below(&n->random, 20);
        /* now more comes, now more is taken out */
        if (dice < (step / 1000 % 2 ? 9u : 5u)) {
            naive_add(n);
        } else if (dice < 15) {
            naive_show(n);
        } else if (dice < 17) {
            naive_receive(n);
        } else {
            naive_settle(n);
        }
        uint32_t levels[NAIVE_IN_FLIGHT + 1] = {0};
        for (uint32_t i = 0; i < NAIVE_MAX; i++) {
            levels[n->messages[i].state]++;
        }
        assert_int_equal(n->b.load.queue.value, levels[NAIVE_VISIBLE]);
        assert_int_equal(n->b.load.busy.value, levels[NAIVE_IN_FLIGHT]);
        assert_int_equal(n->b.q.coming.value, levels[NAIVE_COMING]);
        assert_memory_equal(n->b.q.ended, n->ended, sizeof(n->ended));
        if (step % 64 == 0) {
            assert_true(messages_conserved(&n->b.q));
        }
    }
    assert_int_equal(n->b.q.received, n->received);
    for (uint32_t i = 0; i < MESSAGES_ENDS; i++) { /* each way to end was taken */
        assert_true(n->ended[i] > 20 || (i == MESSAGES_DEAD && setup.received_max == 0));
    }
    bench_done(&n->b);
    test_free(n);
}

static void test_naive(void **state)
{
    (void)state;
    for (uint32_t groups = 0; groups <= NAIVE_GROUPS; groups += NAIVE_GROUPS) {
        for (uint32_t received_max = 0; received_max <= 3; received_max += 3) {
            naive_check((struct messages_setup){.groups_count = groups,
                                                .visibility_ns = 150,
                                                .retention_ns = 3000,
                                                .in_flight_max = 40,
                                                .received_max = received_max},
                        10000);
        }
    }
}

/* Once warm, nothing is allocated, whatever happens. */
static void test_takes_no_memory_once_warm(void **state)
{
    (void)state;
    struct messages_setup setup = bench_setup();
    struct bench b;
    struct random random;
    size_t warm_bytes = 0;
    setup.received_max = 3;
    bench_init(&b, setup);
    random_seed(&random, 1, 0, "memory", "test");
    for (int64_t i = 0; i < 20000; i++) {
        int64_t arrived_ns;
        bench_pass(&b, i * 10);
        while (messages_dead(&b.q, &arrived_ns)) {}
        for (int k = 0; k < 5; k++) {
            bench_send(&b, 0);
        }
        const uint32_t delivery = bench_receive(&b, BATCH);
        messages_settle(&b.q, delivery, random_below(&random, 3) == 0 ? 0 : UINT32_MAX);
        warm_bytes = i == 10000 ? b.arena.total_bytes : warm_bytes;
    }
    assert_int_equal(b.arena.total_bytes, warm_bytes);
    assert_true(b.q.ended[MESSAGES_DEAD] > 0);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_dead),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_late_and_gone),
        cmocka_unit_test(test_delivery_of_receipts),
        cmocka_unit_test(test_retention),
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_groups_keep_order_on_their_way),
        cmocka_unit_test(test_in_flight_limit),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_naive),
        cmocka_unit_test(test_takes_no_memory_once_warm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
