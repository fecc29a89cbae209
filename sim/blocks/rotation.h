/* rotation: who is next, of members that come and go: any, in turn, the one with the fewest
 * requests out, or the better of two random ones. A member is a small number; what it has out is
 * counted whether it is in or not. Those that are in stand in one array. For the fewest out it is
 * sorted by that, and `border` says where each level (a number out) begins: one request more or
 * less swaps its member to the end of its level and moves one border, so that choices and requests
 * cost O(1). Coming and going cost O(members + levels), and keep the order of turns. */
#ifndef ARCHSIM_BLOCKS_ROTATION_H
#define ARCHSIM_BLOCKS_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

#define ROTATION_NONE UINT32_MAX

enum rotation_policy {
    ROTATION_RANDOM,
    ROTATION_IN_TURN,
    ROTATION_FEWEST, /* ties at random: join the shortest queue */
    ROTATION_TWO,    /* the better of two different random ones */
};

struct rotation {
    struct arena *arena;
    enum rotation_policy policy;
    uint32_t count;    /* members that are in */
    uint32_t turn;     /* IN_TURN: the place that is next */
    uint32_t *out;     /* requests out, of each member */
    uint32_t *place;   /* of each member in `order`; ROTATION_NONE: it is not in */
    uint32_t capacity; /* members that those have room for */
    uint32_t *order;   /* the members that are in; room for `capacity` */
    uint32_t *border;  /* FEWEST: of each level, the first place with so many out or more */
    uint32_t levels;   /* more than any member has out */
};

/* Nobody is in. The arena outlives the rotation. */
void rotation_init(struct rotation *rotation, struct arena *arena, enum rotation_policy policy);

/* A member that is not in comes in, as the last in turn; or one that is in goes. */
void rotation_add(struct rotation *rotation, uint32_t member);
void rotation_remove(struct rotation *rotation, uint32_t member);
static inline bool rotation_has(const struct rotation *rotation, uint32_t member)
{
    return member < rotation->capacity && rotation->place[member] != ROTATION_NONE;
}

/* Whose turn it is; ROTATION_NONE when nobody is in. Draws come from `random`. */
uint32_t rotation_choose(struct rotation *rotation, struct random *random);
/* A member has one request more out, or one less. It was in at least once. */
void rotation_sent(struct rotation *rotation, uint32_t member);
void rotation_returned(struct rotation *rotation, uint32_t member);

#endif
