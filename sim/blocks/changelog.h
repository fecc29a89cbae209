/* changelog: changes on their way, in the order in which they were committed, as lots: so many rows
 * and bytes of about the same time. Whole rows are taken from the front, up to so many rows and
 * bytes; a lot that is taken in part leaves the rest in front. What was taken may be put back.
 *   add -> here -> taken (into another one) -> put back in front
 * Rows and bytes are whole numbers, and nothing is lost.
 * Worked: 100 rows of 1 kB at 0 s and 100 at 1 s; 150 rows are taken: 100 of 0 s, 50 of 1 s. */
#ifndef ARCHSIM_BLOCKS_CHANGELOG_H
#define ARCHSIM_BLOCKS_CHANGELOG_H

#include <stdint.h>

#include "sim/kernel/arena.h"

struct lot {
    int64_t at_ns;   /* committed */
    int64_t read_ns; /* the owner's: when it was taken; kept through moves */
    uint64_t rows, bytes;
};

struct changelog {
    struct arena *arena;
    struct lot *ring;
    uint32_t capacity; /* a power of two; 0: nothing has come yet */
    uint32_t head, count;
    uint64_t rows, bytes;
};

void changelog_init(struct changelog *changelog, struct arena *arena);
/* Behind all others. Rows > 0. One of the same times as the last joins it. */
void changelog_add(struct changelog *changelog, const struct lot *lot);
/* The oldest; null: none. */
const struct lot *changelog_first(const struct changelog *changelog);
/* Takes from the oldest lot up to so many rows and bytes, but one row at least of those; rows 0:
 * nothing is there, or rows_max is 0. */
struct lot changelog_take(struct changelog *changelog, uint64_t rows_max, uint64_t bytes_max);
/* All of `from`, which are older, before all that are here; `from` is empty then. */
void changelog_put_back(struct changelog *changelog, struct changelog *from);

#endif
