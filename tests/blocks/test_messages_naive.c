/* Known independently: any sequence of operations against a queue written down naively, that
 * searches through all its messages. */
#include "tests/blocks/messages_bench.h"

enum { NAIVE_MAX = 512, NAIVE_GROUPS = 7, BATCH = 10 };

enum naive_state { NAIVE_GONE, NAIVE_COMING, NAIVE_VISIBLE, NAIVE_IN_FLIGHT };

struct naive_message {
    enum naive_state state;
    uint32_t slot, group, received, delivery;
    int64_t arrived_ns, deadline_ns, rank; /* order within what is visible */
    bool bad;
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
            m->bad = random_below(&n->random, 8) == 0;
            if (m->bad) {
                messages_spoil(&n->b.q, m->slot);
            }
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
    uint32_t left = done, bad = MESSAGES_NONE, index = 0;
    n->open[delivery] = false;
    for (uint32_t slot = receipt_of(q, delivery)->held.first, next; !late && slot != MESSAGES_NONE;
         slot = next) {
        struct naive_message *m = naive_of_slot(n, slot);
        next = message_of(q, slot)->next;
        bad = m->bad && bad == MESSAGES_NONE ? index : bad;
        index++;
        if (left > 0 && !m->bad) {
            left--;
            naive_end(n, m, MESSAGES_DELETED);
        } else {
            left -= left > 0;
            m->delivery = MESSAGES_NONE;
        }
    }
    for (uint32_t i = 0; i < NAIVE_MAX; i++) { /* only what was not received since has its mark */
        struct naive_message *m = &n->messages[i];
        if (late && m->state == NAIVE_VISIBLE && m->delivery == delivery && !m->bad &&
            q->setup.groups_count == 0) {
            naive_end(n, m, MESSAGES_DELETED);
        }
    }
    if (!late) {
        assert_int_equal(messages_bad(q, delivery), bad);
    }
    messages_settle(q, delivery, done);
}

/* The oldest of all, or, where it cannot be received, the first of some group. */
static void naive_take(struct naive *n)
{
    struct messages *q = &n->b.q;
    struct naive_message *m = NULL;
    bool bad;
    int64_t first;
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        struct naive_message *other = &n->messages[i];
        if (naive_can(n, other) && other->slot == q->by_arrival.first) {
            m = other;
        }
    }
    const uint32_t can = naive_available(n, MESSAGES_NONE, &first);
    if (m == NULL && can > 0) {
        m = naive_of_slot(n, q->groups[q->ready.first].line.first);
        assert_true(naive_can(n, m));
    }
    assert_int_equal(messages_take(q, &bad), m != NULL);
    if (m != NULL) {
        assert_int_equal(bad, m->bad);
        if (q->setup.groups_count > 0) {
            naive_available(n, m->group, &first);
            assert_int_equal(m->rank, first);
        }
        naive_end(n, m, MESSAGES_MOVED);
    }
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
    bool bad;
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
    while (messages_dead(&n->b.q, &dead_ns, &bad)) {}
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
        const uint32_t dice = random_below(&n->random, 21);
        /* now more comes, now more is taken out */
        if (dice < (step / 1000 % 2 ? 9u : 5u)) {
            naive_add(n);
        } else if (dice < 15) {
            naive_show(n);
        } else if (dice < 17) {
            naive_receive(n);
        } else if (dice == 20) {
            naive_take(n);
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_naive)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
