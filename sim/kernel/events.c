#include "sim/kernel/events.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/assert_hot.h"

#define KEY_LAST (~(event_key)0)

/* Out of the way of the hot paths, which then need fewer registers. */
#define COLD __attribute__((cold, noinline))

/* From so many pending events on, their frames are rarely in the first cache. */
enum { EVENTS_FAR = 512, LANE_RECORDS_AHEAD = 6, LANE_FRAMES_AHEAD = 2 };

_Static_assert(sizeof(event_key) == 16, "a key is 16 bytes");
_Static_assert(sizeof(struct event) == 8, "a record is written and read as one word");
_Static_assert(EVENTS_SLOT_BITS + EVENTS_ORDER_BITS + 63 == 128, "the key is full");
_Static_assert(EVENT_KINDS <= 16, "few kinds, one screen");

static inline event_key key_make(int64_t time_ns, uint64_t order, uint32_t slot)
{
    return (event_key)(uint64_t)time_ns << (EVENTS_ORDER_BITS + EVENTS_SLOT_BITS) |
           (event_key)order << EVENTS_SLOT_BITS | slot;
}

static inline int64_t key_time(event_key key)
{
    return (int64_t)(key >> (EVENTS_ORDER_BITS + EVENTS_SLOT_BITS));
}

static inline uint32_t key_slot(event_key key)
{
    return (uint32_t)key & ((1u << EVENTS_SLOT_BITS) - 1);
}

void events_init(struct events *events)
{
    *events = (struct events){.records_free = EVENT_NONE};
    for (uint32_t i = 0; i < EVENTS_LANES_MAX; i++) {
        events->lane_heads[i] = KEY_LAST;
    }
}

void events_done(struct events *events)
{
    free(events->heap_memory);
    for (uint32_t i = 0; i < events->lanes_count; i++) {
        free(events->lanes[i].keys);
    }
    free(events->records);
}

/* Children of i are 4i + 1 .. 4i + 4. The array starts 48 bytes after a cache line's start, so
 * that the four siblings fill one line. */
static COLD void heap_grow(struct events *events)
{
    uint32_t capacity = events->heap_capacity ? events->heap_capacity * 2 : 64;
    void *memory = memory_resize(NULL, capacity + 8, sizeof(event_key));
    event_key *heap = (event_key *)(((uintptr_t)memory + 63) & ~(uintptr_t)63) + 3;
    if (events->heap_count > 0) {
        memcpy(heap, events->heap, events->heap_count * sizeof(event_key));
    }
    free(events->heap_memory);
    events->heap_memory = memory;
    events->heap = heap;
    events->heap_capacity = capacity;
}

static inline void heap_up(event_key *heap, uint32_t i, event_key key)
{
    while (i > 0) {
        uint32_t parent = (i - 1) / 4;
        if (heap[parent] < key) {
            break;
        }
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = key;
}

/* The smallest of four siblings, without branches that the processor cannot foresee. */
static inline uint32_t heap_least(const event_key *heap, uint32_t first)
{
    uint32_t a = heap[first + 1] < heap[first] ? first + 1 : first;
    uint32_t b = heap[first + 3] < heap[first + 2] ? first + 3 : first + 2;
    return heap[b] < heap[a] ? b : a;
}

static inline void heap_down(event_key *heap, uint32_t count, uint32_t i, event_key key)
{
    for (;;) {
        uint32_t first = 4 * i + 1;
        uint32_t least;
        if (first + 4 <= count) {
            least = heap_least(heap, first);
        } else if (first < count) {
            least = first;
            for (uint32_t child = first + 1; child < count; child++) {
                if (heap[child] < heap[least]) {
                    least = child;
                }
            }
        } else {
            break;
        }
        if (key < heap[least]) {
            break;
        }
        heap[i] = heap[least];
        i = least;
    }
    heap[i] = key;
}

/* A heap of one level, where which of two events comes first is pure chance: no branch asks. */
static inline void heap_down_once(event_key *heap, uint32_t count, event_key key)
{
    uint32_t least = 1;
    for (uint32_t child = 2; child < count; child++) {
        least = heap[child] < heap[least] ? child : least;
    }
    const event_key other = heap[least];
    heap[0] = other < key ? other : key;
    heap[least] = other < key ? key : other;
}

static inline void heap_push(struct events *events, event_key key)
{
    if (events->hole) {
        events->hole = false;
        if (events->heap_count >= 2 && events->heap_count <= 5) {
            heap_down_once(events->heap, events->heap_count, key);
        } else {
            heap_down(events->heap, events->heap_count, 0, key);
        }
        return;
    }
    if (events->heap_count == events->heap_capacity) {
        heap_grow(events);
    }
    heap_up(events->heap, events->heap_count++, key);
}

/* Closes the hole that the last pop left, if no push has. */
static inline void heap_settle(struct events *events)
{
    if (events->hole) {
        events->hole = false;
        event_key last = events->heap[--events->heap_count];
        if (events->heap_count > 0) {
            heap_down(events->heap, events->heap_count, 0, last);
        }
    }
}

static COLD void records_grow(struct events *events)
{
    uint32_t capacity = events->records_capacity ? events->records_capacity * 2 : 64;
    if (capacity > 1u << EVENTS_SLOT_BITS) {
        fatal("more than %u events are pending", events->records_capacity);
    }
    events->records = memory_resize(events->records, capacity, sizeof(struct event));
    for (uint32_t handle = capacity; handle-- > events->records_capacity;) {
        events->records[handle].slot = events->records_free;
        events->records_free = handle;
    }
    events->records_capacity = capacity;
}

static inline uint32_t record_new(struct events *events, enum event_kind kind, uint32_t lane,
                                  uint16_t service, uint32_t slot)
{
    if (events->records_free == EVENT_NONE) {
        records_grow(events);
    }
    const uint32_t handle = events->records_free;
    events->records_free = events->records[handle].slot;
    events->records[handle] = (struct event){
        .kind = (uint8_t)kind, .lane = (uint8_t)lane, .service = service, .slot = slot};
    return handle;
}

static inline void record_free(struct events *events, uint32_t handle)
{
    events->records[handle].slot = events->records_free;
    events->records_free = handle;
}

static inline event_key *lane_key(const struct event_lane *lane, uint32_t i)
{
    return &lane->keys[(lane->head + i) & (lane->capacity - 1)];
}

static void lanes_find_first(struct events *events)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < events->lanes_count; i++) {
        if (events->lane_heads[i] < events->lane_heads[first]) {
            first = i;
        }
    }
    events->lane_first = first;
}

uint32_t events_lane(struct events *events, int64_t distance_ns)
{
    for (uint32_t i = 0; i < events->lanes_count; i++) {
        if (events->lanes[i].distance_ns == distance_ns) {
            return i;
        }
    }
    if (events->lanes_count == EVENTS_LANES_MAX) {
        return EVENTS_HEAP;
    }
    events->lanes[events->lanes_count] = (struct event_lane){.distance_ns = distance_ns};
    return events->lanes_count++;
}

static COLD void lane_grow(struct event_lane *lane)
{
    uint32_t capacity = lane->capacity ? lane->capacity * 2 : 64;
    lane->keys = memory_resize(lane->keys, capacity, sizeof(event_key));
    /* what had wrapped around moves behind the old end */
    uint32_t wrapped =
        lane->head + lane->count > lane->capacity ? lane->head + lane->count - lane->capacity : 0;
    if (wrapped > 0) {
        memcpy(lane->keys + lane->capacity, lane->keys, wrapped * sizeof(event_key));
    }
    lane->capacity = capacity;
}

static inline void lane_push(struct events *events, uint32_t index, event_key key)
{
    struct event_lane *lane = &events->lanes[index];
    if (lane->count == lane->capacity) {
        lane_grow(lane);
    }
    *lane_key(lane, lane->count++) = key;
    if (lane->count == 1) {
        events->lane_heads[index] = key;
        if (key < events->lane_heads[events->lane_first]) {
            events->lane_first = index;
        }
    }
}

static inline void lane_pop(struct events *events, uint32_t index)
{
    struct event_lane *lane = &events->lanes[index];
    lane->head = (lane->head + 1) & (lane->capacity - 1);
    lane->count--;
    events->lane_heads[index] = lane->count > 0 ? lane->keys[lane->head] : KEY_LAST;
    lanes_find_first(events);
}

uint32_t events_at(struct events *events, int64_t time_ns, enum event_kind kind, uint16_t service,
                   uint32_t slot)
{
    assert_hot(time_ns >= events->now_ns);
    uint32_t handle = record_new(events, kind, EVENTS_HEAP, service, slot);
    heap_push(events, key_make(time_ns, events->order++, handle));
    return handle;
}

uint32_t events_in_lane(struct events *events, uint32_t lane, int64_t time_ns, enum event_kind kind,
                        uint16_t service, uint32_t slot)
{
    uint32_t handle = record_new(events, kind, lane, service, slot);
    lane_push(events, lane, key_make(time_ns, events->order++, handle));
    return handle;
}

static COLD void heap_compact(struct events *events)
{
    heap_settle(events);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < events->heap_count; i++) {
        uint32_t handle = key_slot(events->heap[i]);
        if (events->records[handle].kind == EVENT_DEAD) {
            record_free(events, handle);
        } else {
            events->heap[kept++] = events->heap[i];
        }
    }
    events->heap_count = kept;
    events->heap_dead = 0;
    for (uint32_t i = kept > 1 ? (kept - 2) / 4 + 1 : 0; i-- > 0;) {
        heap_down(events->heap, kept, i, events->heap[i]);
    }
}

static COLD void lane_compact(struct events *events, uint32_t index)
{
    struct event_lane *lane = &events->lanes[index];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < lane->count; i++) {
        event_key key = *lane_key(lane, i);
        if (events->records[key_slot(key)].kind == EVENT_DEAD) {
            record_free(events, key_slot(key));
        } else {
            *lane_key(lane, kept++) = key;
        }
    }
    lane->count = kept;
    lane->dead = 0;
    events->lane_heads[index] = kept > 0 ? lane->keys[lane->head] : KEY_LAST;
    lanes_find_first(events);
}

/* Timeouts die almost in the order in which they were scheduled: what is dead at the head goes. */
static void lane_trim(struct events *events, uint32_t index)
{
    struct event_lane *lane = &events->lanes[index];
    uint32_t handle;
    while (lane->count > 0 &&
           events->records[handle = key_slot(lane->keys[lane->head])].kind == EVENT_DEAD) {
        record_free(events, handle);
        lane->head = (lane->head + 1) & (lane->capacity - 1);
        lane->count--;
        lane->dead--;
    }
    events->lane_heads[index] = lane->count > 0 ? lane->keys[lane->head] : KEY_LAST;
    if (index == events->lane_first) {
        lanes_find_first(events);
    }
}

void events_cancel(struct events *events, uint32_t handle)
{
    struct event *record = &events->records[handle];
    assert_hot(handle < events->records_capacity && record->kind != EVENT_DEAD);
    record->kind = EVENT_DEAD;
    if (record->lane == EVENTS_HEAP) {
        if (++events->heap_dead > 32 && events->heap_dead > events->heap_count / 2) {
            heap_compact(events);
        }
    } else {
        struct event_lane *lane = &events->lanes[record->lane];
        lane->dead++;
        if (key_slot(lane->keys[lane->head]) == handle) {
            lane_trim(events, record->lane);
        } else if (lane->dead > 32 && lane->dead > lane->count / 2) {
            lane_compact(events, record->lane);
        }
    }
}

bool events_next(struct events *events, struct event *event)
{
    heap_settle(events);
    for (;;) {
        const event_key lane_first = events->lane_heads[events->lane_first];
        event_key key = lane_first;
        if (events->heap_count > 0 && events->heap[0] < lane_first) {
            key = events->heap[0];
            events->hole = true;
        } else if (key != KEY_LAST) {
            events->lane_last = events->lane_first;
            lane_pop(events, events->lane_first);
        } else {
            return false;
        }
        uint32_t handle = key_slot(key);
        *event = events->records[handle];
        record_free(events, handle);
        if (event->kind != EVENT_DEAD) {
            events->now_ns = key_time(key);
            return true;
        }
        if (event->lane == EVENTS_HEAP) {
            events->heap_dead--;
            heap_settle(events);
        } else {
            events->lanes[event->lane].dead--;
        }
    }
}

const struct event *events_ahead(const struct events *events)
{
    if (events->hole) {
        return events->heap_count < EVENTS_FAR
                   ? NULL
                   : &events->records[key_slot(events->heap[heap_least(events->heap, 1)])];
    }
    const struct event_lane *lane = &events->lanes[events->lane_last];
    if (lane->count < EVENTS_FAR) {
        return NULL;
    }
    __builtin_prefetch(&events->records[key_slot(*lane_key(lane, LANE_RECORDS_AHEAD))]);
    return &events->records[key_slot(*lane_key(lane, LANE_FRAMES_AHEAD))];
}

uint64_t events_pending(const struct events *events)
{
    uint64_t pending = events->heap_count - events->heap_dead - events->hole;
    for (uint32_t i = 0; i < events->lanes_count; i++) {
        pending += events->lanes[i].count - events->lanes[i].dead;
    }
    return pending;
}
