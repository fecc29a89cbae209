#include "sim/blocks/rotation.h"

#include <string.h>

#include "sim/kernel/assert_hot.h"

enum { ROTATION_MEMBERS_FIRST = 16, ROTATION_LEVELS_FIRST = 64 };

void rotation_init(struct rotation *rotation, struct arena *arena, enum rotation_policy policy)
{
    *rotation = (struct rotation){.arena = arena, .policy = policy};
}

/* ---- room ---- */

static uint32_t *rotation_larger(struct rotation *rotation, const uint32_t *old, uint32_t capacity)
{
    uint32_t *larger = arena_array(rotation->arena, capacity, sizeof(*larger));
    if (old != NULL) {
        memcpy(larger, old, rotation->capacity * sizeof(*larger));
    }
    return larger;
}

static void rotation_make_room(struct rotation *rotation, uint32_t member)
{
    uint32_t capacity = rotation->capacity > 0 ? rotation->capacity : ROTATION_MEMBERS_FIRST;
    while (capacity <= member) {
        capacity *= 2;
    }
    if (capacity == rotation->capacity) {
        return;
    }
    rotation->out = rotation_larger(rotation, rotation->out, capacity);
    rotation->place = rotation_larger(rotation, rotation->place, capacity);
    rotation->order = rotation_larger(rotation, rotation->order, capacity);
    for (uint32_t i = rotation->capacity; i < capacity; i++) {
        rotation->place[i] = ROTATION_NONE;
    }
    rotation->capacity = capacity;
}

/* Borders for all levels up to and including `level` + 1. */
static void rotation_make_levels(struct rotation *rotation, uint32_t level)
{
    uint32_t levels = rotation->levels > 0 ? rotation->levels : ROTATION_LEVELS_FIRST;
    while (levels <= level + 1) {
        levels *= 2;
    }
    if (levels == rotation->levels) {
        return;
    }
    uint32_t *border = arena_array(rotation->arena, levels, sizeof(*border));
    for (uint32_t i = 1; i < levels; i++) {
        border[i] = i < rotation->levels ? rotation->border[i] : rotation->count;
    }
    rotation->border = border;
    rotation->levels = levels;
}

/* ---- coming and going ---- */

static void rotation_put(struct rotation *rotation, uint32_t member, uint32_t place)
{
    rotation->order[place] = member;
    rotation->place[member] = place;
}

static void rotation_swap(struct rotation *rotation, uint32_t member, uint32_t place)
{
    const uint32_t other = rotation->order[place];
    rotation_put(rotation, other, rotation->place[member]);
    rotation_put(rotation, member, place);
}

/* Of each level above its own the first moves behind the last: the hole is one level lower. */
static uint32_t rotation_open(struct rotation *rotation, uint32_t level)
{
    uint32_t hole = rotation->count;
    for (uint32_t above = rotation->levels - 1; above > level; above--) {
        const uint32_t first = rotation->border[above]++;
        if (first != hole) {
            rotation_put(rotation, rotation->order[first], hole);
        }
        hole = first;
    }
    return hole;
}

/* The reverse: of its own level and each above, the last moves into the hole. */
static void rotation_close(struct rotation *rotation, uint32_t level, uint32_t hole)
{
    for (uint32_t above = level + 1; above < rotation->levels; above++) {
        const uint32_t last = --rotation->border[above];
        if (last != hole) {
            rotation_put(rotation, rotation->order[last], hole);
        }
        hole = last;
    }
}

void rotation_add(struct rotation *rotation, uint32_t member)
{
    rotation_make_room(rotation, member);
    assert_hot(rotation->place[member] == ROTATION_NONE);
    uint32_t place = rotation->count;
    if (rotation->policy == ROTATION_FEWEST) {
        rotation_make_levels(rotation, rotation->out[member]);
        place = rotation_open(rotation, rotation->out[member]);
    }
    rotation_put(rotation, member, place);
    rotation->count++;
}

void rotation_remove(struct rotation *rotation, uint32_t member)
{
    assert_hot(rotation_has(rotation, member));
    const uint32_t place = rotation->place[member];
    if (rotation->policy == ROTATION_FEWEST) {
        rotation_close(rotation, rotation->out[member], place);
    } else {
        for (uint32_t i = place; i + 1 < rotation->count; i++) {
            rotation_put(rotation, rotation->order[i + 1], i);
        }
        rotation->turn -= place < rotation->turn;
    }
    rotation->place[member] = ROTATION_NONE;
    rotation->count--;
    rotation->turn = rotation->turn < rotation->count ? rotation->turn : 0;
}

/* ---- requests ---- */

void rotation_sent(struct rotation *rotation, uint32_t member)
{
    const uint32_t level = ++rotation->out[member];
    if (rotation->policy == ROTATION_FEWEST && rotation->place[member] != ROTATION_NONE) {
        rotation_make_levels(rotation, level);
        rotation_swap(rotation, member, --rotation->border[level]);
    }
}

void rotation_returned(struct rotation *rotation, uint32_t member)
{
    const uint32_t level = rotation->out[member]--;
    if (rotation->policy == ROTATION_FEWEST && rotation->place[member] != ROTATION_NONE) {
        rotation_swap(rotation, member, rotation->border[level]++);
    }
}

static uint32_t rotation_in_turn(struct rotation *rotation)
{
    const uint32_t member = rotation->order[rotation->turn];
    rotation->turn = rotation->turn + 1 < rotation->count ? rotation->turn + 1 : 0;
    return member;
}

static uint32_t rotation_fewest(const struct rotation *rotation, struct random *random)
{
    const uint32_t least = rotation->out[rotation->order[0]];
    return rotation->order[random_below(random, rotation->border[least + 1])];
}

static uint32_t rotation_better_of_two(const struct rotation *rotation, struct random *random)
{
    const uint32_t at = random_below(random, rotation->count);
    const uint32_t first = rotation->order[at];
    if (rotation->count == 1) {
        return first;
    }
    uint32_t other = random_below(random, rotation->count - 1);
    other += other >= at;
    const uint32_t second = rotation->order[other];
    return rotation->out[second] < rotation->out[first] ? second : first;
}

uint32_t rotation_choose(struct rotation *rotation, struct random *random)
{
    if (rotation->count == 0) {
        return ROTATION_NONE;
    }
    switch (rotation->policy) {
    case ROTATION_RANDOM:
        return rotation->order[random_below(random, rotation->count)];
    case ROTATION_IN_TURN:
        return rotation_in_turn(rotation);
    case ROTATION_FEWEST:
        return rotation_fewest(rotation, random);
    case ROTATION_TWO:
        return rotation_better_of_two(rotation, random);
    }
    __builtin_unreachable();
}
