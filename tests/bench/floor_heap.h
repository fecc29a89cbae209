/* floor_heap: a 4-ary heap of events, earliest first, and a ring of numbers, first in first out.
 * Both grow by doubling. */
#ifndef ARCHSIM_TESTS_BENCH_FLOOR_HEAP_H
#define ARCHSIM_TESTS_BENCH_FLOOR_HEAP_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct floor_event {
    double time_s, start_s; /* when it is due; when its request came */
    uint32_t kind;
};

struct floor_heap {
    struct floor_event *events;
    uint32_t count, capacity;
};

/* Puts the event where it belongs, at or above the hole at i. */
static inline void floor_heap_rise(struct floor_event *events, uint32_t i, struct floor_event event)
{
    while (i > 0 && events[(i - 1) / 4].time_s > event.time_s) {
        events[i] = events[(i - 1) / 4];
        i = (i - 1) / 4;
    }
    events[i] = event;
}

static inline void floor_heap_push(struct floor_heap *heap, struct floor_event event)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? heap->capacity * 2 : 16;
        heap->events = realloc(heap->events, heap->capacity * sizeof(event));
    }
    floor_heap_rise(heap->events, heap->count++, event);
}

/* The hole at the top sinks to the bottom, always past the earliest child, chosen without branches;
 * there the last event fills it, which rarely rises far. */
static inline struct floor_event floor_heap_pop(struct floor_heap *heap)
{
    struct floor_event *events = heap->events;
    const struct floor_event first = events[0], last = events[--heap->count];
    uint32_t i = 0, child = 1;
    for (; child + 4 <= heap->count; child = i * 4 + 1) {
        const uint32_t a = child + (events[child + 1].time_s < events[child].time_s);
        const uint32_t b = child + 2 + (events[child + 3].time_s < events[child + 2].time_s);
        const uint32_t least = events[b].time_s < events[a].time_s ? b : a;
        events[i] = events[least];
        i = least;
    }
    if (child < heap->count) {
        uint32_t least = child;
        for (uint32_t c = child + 1; c < heap->count; c++)
            least = events[c].time_s < events[least].time_s ? c : least;
        events[i] = events[least];
        i = least;
    }
    floor_heap_rise(events, i, last);
    return first;
}

struct floor_ring {
    double *items;
    uint32_t first, count, capacity; /* capacity: a power of two */
};

static inline void floor_ring_push(struct floor_ring *ring, double item)
{
    if (ring->count == ring->capacity) {
        const uint32_t old = ring->capacity;
        ring->capacity = old ? old * 2 : 16;
        ring->items = realloc(ring->items, ring->capacity * sizeof(item));
        memcpy(ring->items + old, ring->items, ring->first * sizeof(item));
    }
    ring->items[(ring->first + ring->count++) & (ring->capacity - 1)] = item;
}

static inline double floor_ring_pop(struct floor_ring *ring)
{
    const double item = ring->items[ring->first];
    ring->first = (ring->first + 1) & (ring->capacity - 1);
    ring->count--;
    return item;
}

#endif
