#include "sim/blocks/holds.h"

#include <assert.h>
#include <string.h>

#include "sim/kernel/random.h"

enum { HOLDS_FIRST_CAPACITY = 64 };

static struct hold *holds_room(const struct holds *holds)
{
    return arena_array(holds->arena, holds->capacity, sizeof(*holds->places));
}

void holds_init(struct holds *holds, struct arena *arena)
{
    *holds = (struct holds){.arena = arena, .capacity = HOLDS_FIRST_CAPACITY};
    holds->places = holds_room(holds);
}

/* Where the thing stands, or the place that ends the search for it. */
static struct hold *holds_find(const struct holds *holds, uint32_t thing)
{
    const uint32_t mask = holds->capacity - 1;
    uint32_t at = (uint32_t)random_hash(thing, 0) & mask;
    while (holds->places[at].until_ns != 0 && holds->places[at].thing != thing) {
        at = (at + 1) & mask;
    }
    return &holds->places[at];
}

bool holds_held(const struct holds *holds, uint32_t thing, int64_t now_ns)
{
    return holds->used > 0 && holds_find(holds, thing)->until_ns > now_ns;
}

/* What is over is forgotten; the places double where more than a quarter is still held. */
static void holds_sweep(struct holds *holds, int64_t now_ns)
{
    struct hold *before = holds->places;
    const uint32_t count = holds->capacity;
    uint32_t held = 0;
    for (uint32_t i = 0; i < count; i++) {
        held += before[i].until_ns > now_ns;
    }
    const bool more = held > count / 4;
    holds->capacity = more ? 2 * count : count;
    holds->places = more || holds->spare == NULL ? holds_room(holds) : holds->spare;
    holds->used = held;
    for (uint32_t i = 0; i < count; i++) {
        if (before[i].until_ns > now_ns) {
            *holds_find(holds, before[i].thing) = before[i];
        }
    }
    memset(before, 0, count * sizeof(*before));
    holds->spare = more ? NULL : before;
}

void holds_take(struct holds *holds, uint32_t thing, int64_t now_ns, int64_t until_ns)
{
    assert(now_ns >= 0 && until_ns > now_ns);
    struct hold *place = holds_find(holds, thing);
    if (place->until_ns == 0) {
        if (holds->used >= holds->capacity / 2) {
            holds_sweep(holds, now_ns);
            place = holds_find(holds, thing);
        }
        holds->used += place->until_ns == 0;
        place->thing = thing;
    }
    place->until_ns = until_ns > place->until_ns ? until_ns : place->until_ns;
}
