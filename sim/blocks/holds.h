/* holds: which of many things (items of a table) someone holds until a time: a hash table, in which
 * what is over makes place for others. Asking and holding cost a few accesses, whatever the number
 * of things; nothing is to be given back.
 * Worked: 7 is held at 0 until 25 ms; at 10 ms someone who wants 7 and 8 finds 7 held; at 25 ms it
 * is free. */
#ifndef ARCHSIM_BLOCKS_HOLDS_H
#define ARCHSIM_BLOCKS_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct hold {
    int64_t until_ns; /* 0: this place was never used */
    uint32_t thing;
};

struct holds {
    struct arena *arena; /* outlives them */
    struct hold *places;
    struct hold *spare;      /* empty, of the same size; or null */
    uint32_t capacity, used; /* a power of two; places that were ever used */
};

void holds_init(struct holds *holds, struct arena *arena);
/* Someone holds it now. */
bool holds_held(const struct holds *holds, uint32_t thing, int64_t now_ns);
/* It is held until then, until_ns > now_ns >= 0, or for as long as it already is. */
void holds_take(struct holds *holds, uint32_t thing, int64_t now_ns, int64_t until_ns);

#endif
