/* Known independently: the life of a message by hand, rule by rule. Any sequence of operations is
 * in test_messages_naive. */
#include "tests/blocks/messages_bench.h"

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
    const uint32_t delivery = bench_receive(&b, 10);
    assert_int_not_equal(delivery, MESSAGES_NONE);
    bench_levels(&b, 0, 1);
    assert_int_equal(bench_receive(&b, 10), MESSAGES_NONE);
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
    bool bad;
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
    assert_false(messages_dead(&b.q, &arrived_ns, &bad));
    bench_pass(&b, 203);
    bench_levels(&b, 0, 0);
    assert_true(messages_dead(&b.q, &arrived_ns, &bad));
    assert_int_equal(arrived_ns, 3);
    assert_true(messages_dead(&b.q, &arrived_ns, &bad));
    assert_false(messages_dead(&b.q, &arrived_ns, &bad));
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
        assert_int_equal(messages_receive(&b.q, 10, &delivery), 1);
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
    uint32_t references[2];
    for (int i = 0; i < 2; i++) {
        const uint32_t message = messages_add(&b.q, 0);
        messages_show(&b.q, message);
        references[i] = messages_refer(&b.q, message);
    }
    const uint32_t a = references[0], c = references[1];
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
    const uint32_t second = bench_receive(&b, 10);
    bench_levels(&b, 1, 4);
    assert_int_equal(held_arrival(&b, second, 0), 1);
    assert_int_equal(held_arrival(&b, second, 1), 4);
    assert_false(messages_ready(&b.q));
    messages_settle(&b.q, first, 1); /* 2 stays: its group stays locked */
    assert_false(messages_ready(&b.q));
    messages_settle(&b.q, second, 2);
    assert_false(messages_ready(&b.q));
    bench_pass(&b, 104);
    const uint32_t third = bench_receive(&b, 10);
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
    const uint32_t delivery = bench_receive(&b, 10);
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
    const uint32_t delivery = bench_receive(&b, 10);
    bench_levels(&b, 2, 3);
    assert_false(messages_ready(&b.q));
    messages_settle(&b.q, delivery, 1);
    assert_true(messages_ready(&b.q));
    bench_receive(&b, 10);
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
        bool bad;
        bench_pass(&b, i * 10);
        while (messages_dead(&b.q, &arrived_ns, &bad)) {}
        for (int k = 0; k < 5; k++) {
            bench_send(&b, 0);
        }
        const uint32_t delivery = bench_receive(&b, 10);
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
        cmocka_unit_test(test_takes_no_memory_once_warm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
