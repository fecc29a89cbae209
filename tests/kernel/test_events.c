/* Events against a plain model: a list sorted by (time, order of scheduling). Random mixtures of
 * scheduling in the heap and in lanes, cancelling and taking must agree with it event by event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/kernel/events.h"
#include "sim/kernel/random.h"

struct expected {
    int64_t time_ns;
    uint64_t order;
    uint32_t handle, name;
};

struct reference {
    struct expected *items;
    size_t count;
    uint64_t order;
};

static void reference_add(struct reference *r, int64_t time_ns, uint32_t handle, uint32_t name)
{
    r->items = realloc(r->items, (r->count + 1) * sizeof(*r->items));
    r->items[r->count++] = (struct expected){time_ns, r->order++, handle, name};
}

static size_t reference_first(const struct reference *r)
{
    size_t first = 0;
    for (size_t i = 1; i < r->count; i++) {
        const struct expected *a = &r->items[i], *b = &r->items[first];
        if (a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->order < b->order)) {
            first = i;
        }
    }
    return first;
}

static void reference_remove(struct reference *r, size_t index)
{
    r->items[index] = r->items[--r->count];
}

/* One random life of a queue: `steps` operations with about `target` events pending. */
static void events_match(uint64_t seed, uint32_t steps, uint32_t target, uint32_t cancel_percent)
{
    struct events events;
    struct reference r = {0};
    struct random random;
    random_seed(&random, seed, 0, "events", "test");
    events_init(&events);
    const int64_t distances[] = {0, 7, 50, 1000};
    uint32_t lanes[4];
    for (uint32_t i = 0; i < 4; i++) {
        lanes[i] = events_lane(&events, distances[i]);
    }
    for (uint32_t name = 0; name < steps; name++) {
        const uint32_t dice = random_below(&random, 100);
        if (r.count > 0 && dice < cancel_percent) {
            size_t victim = random_below(&random, (uint32_t)r.count);
            events_cancel(&events, r.items[victim].handle);
            reference_remove(&r, victim);
        } else if (r.count < random_below(&random, 2 * target) + 1) {
            int64_t distance = random_below(&random, 100);
            uint32_t handle;
            if (random_below(&random, 2)) {
                uint32_t lane = random_below(&random, 4);
                distance = distances[lane];
                handle = events_after(&events, lanes[lane], distance, EVENT_STEP, 0, name);
            } else {
                handle = events_at(&events, events.now_ns + distance, EVENT_STEP, 0, name);
            }
            reference_add(&r, events.now_ns + distance, handle, name);
        } else {
            struct event event;
            size_t first = reference_first(&r);
            assert_true(events_next(&events, &event));
            assert_int_equal(event.slot, r.items[first].name);
            assert_int_equal(events.now_ns, r.items[first].time_ns);
            reference_remove(&r, first);
        }
        assert_int_equal(events_pending(&events), r.count);
    }
    struct event event;
    while (r.count > 0) {
        size_t first = reference_first(&r);
        assert_true(events_next(&events, &event));
        assert_int_equal(event.slot, r.items[first].name);
        reference_remove(&r, first);
    }
    assert_false(events_next(&events, &event));
    free(r.items);
    events_done(&events);
}

static void test_order_is_total(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        events_match(seed, 2000, 1 + (uint32_t)seed % 60, (uint32_t)(seed % 5) * 10);
    }
    events_match(1000, 20000, 400, 45);
}

static void test_ties_are_served_in_order_of_scheduling(void **state)
{
    (void)state;
    struct events events;
    events_init(&events);
    uint32_t lane = events_lane(&events, 10);
    for (uint32_t i = 0; i < 100; i++) {
        if (i % 3 == 0) {
            events_after(&events, lane, 10, EVENT_STEP, 0, i);
        } else {
            events_at(&events, 10, EVENT_STEP, 0, i);
        }
    }
    struct event event;
    for (uint32_t i = 0; i < 100; i++) {
        assert_true(events_next(&events, &event));
        assert_int_equal(event.slot, i);
    }
    events_done(&events);
}

/* Cancelled timeouts must not keep their keys until they would have fired. */
static void test_dead_keys_are_compacted(void **state)
{
    (void)state;
    struct events events;
    events_init(&events);
    const int64_t far = INT64_C(900) * 1000000000;
    uint32_t lane = events_lane(&events, far);
    struct event event;
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t in_lane = events_after(&events, lane, far, EVENT_TIMEOUT, 0, i);
        uint32_t in_heap = events_at(&events, events.now_ns + far + i % 17, EVENT_TIMEOUT, 0, i);
        events_at(&events, events.now_ns + 1, EVENT_STEP, 0, i);
        assert_true(events_next(&events, &event));
        assert_int_equal(event.kind, EVENT_STEP);
        events_cancel(&events, in_lane);
        events_cancel(&events, in_heap);
    }
    assert_int_equal(events_pending(&events), 0);
    assert_true(events.heap_count <= 128);
    assert_true(events.lanes[lane].count <= 128);
    assert_true(events.records_capacity <= 256);
    events_done(&events);
}

static void test_lanes_run_out_into_the_heap(void **state)
{
    (void)state;
    struct events events;
    events_init(&events);
    for (int64_t i = 0; i < EVENTS_LANES_MAX; i++) {
        assert_int_equal(events_lane(&events, i), i);
    }
    assert_int_equal(events_lane(&events, 3), 3);
    assert_int_equal(events_lane(&events, 99), EVENTS_HEAP);
    events_after(&events, EVENTS_HEAP, 99, EVENT_STEP, 0, 5);
    struct event event;
    assert_true(events_next(&events, &event));
    assert_int_equal(events.now_ns, 99);
    assert_int_equal(event.slot, 5);
    events_done(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_total),
        cmocka_unit_test(test_ties_are_served_in_order_of_scheduling),
        cmocka_unit_test(test_dead_keys_are_compacted),
        cmocka_unit_test(test_lanes_run_out_into_the_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
