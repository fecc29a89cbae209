/* messages_bench: a queue of messages with the little around it that it needs. */
#ifndef ARCHSIM_TESTS_BLOCKS_MESSAGES_BENCH_H
#define ARCHSIM_TESTS_BLOCKS_MESSAGES_BENCH_H

#include "sim/blocks/messages.h"
#include "tests/blocks/estimate.h"

/* A queue with all that it needs around it. */
struct bench {
    struct arena arena;
    struct core core;
    struct load load;
    struct messages q;
};

static inline struct messages_setup bench_setup(void)
{
    return (struct messages_setup){
        .visibility_ns = 100, .retention_ns = 100000, .in_flight_max = 1000};
}

static inline void bench_init(struct bench *b, struct messages_setup setup)
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

static inline void bench_done(struct bench *b)
{
    assert_true(messages_conserved(&b->q));
    core_done(&b->core);
    arena_done(&b->arena);
}

/* The clock goes on to that instant; what is due on the way happens in its order. */
static inline void bench_pass(struct bench *b, int64_t now_ns)
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

static inline void bench_send(struct bench *b, uint32_t group)
{
    messages_show(&b->q, messages_add(&b->q, group));
}

static inline void bench_levels(const struct bench *b, int64_t visible, int64_t in_flight)
{
    assert_int_equal(b->load.queue.value, visible);
    assert_int_equal(b->load.busy.value, in_flight);
    assert_true(messages_conserved(&b->q));
}

static inline void bench_ends(const struct bench *b, uint64_t deleted, uint64_t dead,
                              uint64_t expired)
{
    assert_int_equal(b->q.ended[MESSAGES_DELETED], deleted);
    assert_int_equal(b->q.ended[MESSAGES_DEAD], dead);
    assert_int_equal(b->q.ended[MESSAGES_EXPIRED], expired);
}

static inline uint32_t bench_receive(struct bench *b, uint32_t most)
{
    uint32_t delivery = MESSAGES_NONE;
    messages_receive(&b->q, most, &delivery);
    return delivery;
}

static inline const struct message *message_of(const struct messages *q, uint32_t slot)
{
    return (const struct message *)q->messages.chunks[slot / 4096] + slot % 4096;
}

static inline const struct messages_receipt *receipt_of(const struct messages *q, uint32_t slot)
{
    return (const struct messages_receipt *)q->receipts.chunks[slot / 4096] + slot % 4096;
}

#endif
