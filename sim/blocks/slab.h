/* slab: slots of one size, by number, in chunks that never move; a slot that is given back is the
 * next to be taken. While it is free, a uint32_t inside of it is the slab's.
 * Worked: 3 slots taken are 0, 1, 2; 1 is given back, then the next two are 1 and 3. */
#ifndef ARCHSIM_BLOCKS_SLAB_H
#define ARCHSIM_BLOCKS_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

#define SLAB_NONE UINT32_MAX
enum { SLAB_CHUNK_BITS = 12, SLAB_CHUNK = 1 << SLAB_CHUNK_BITS };

struct slab {
    struct arena *arena; /* outlives the slab */
    char **chunks;
    size_t size, link;    /* of a slot, and where in it the slab's number stands */
    uint32_t count, free; /* ever used; first free */
    uint32_t most;        /* slots, a multiple of a chunk's */
};

void slab_init(struct slab *slab, struct arena *arena, size_t size, size_t link, uint32_t most);
/* A slot that was never used before, zeroed, or SLAB_NONE. */
uint32_t slab_grow(struct slab *slab);

static inline void *slab_at(const struct slab *slab, uint32_t slot)
{
    return slab->chunks[slot >> SLAB_CHUNK_BITS] + (slot & (SLAB_CHUNK - 1)) * slab->size;
}

static inline uint32_t *slab_link(const struct slab *slab, uint32_t slot)
{
    return (uint32_t *)(void *)((char *)slab_at(slab, slot) + slab->link);
}

/* SLAB_NONE: there is none left. What was in it, the link aside, is still there. */
static inline uint32_t slab_take(struct slab *slab)
{
    const uint32_t slot = slab->free;
    if (slot == SLAB_NONE) {
        return slab_grow(slab);
    }
    slab->free = *slab_link(slab, slot);
    return slot;
}

static inline void slab_give_back(struct slab *slab, uint32_t slot)
{
    *slab_link(slab, slot) = slab->free;
    slab->free = slot;
}

#endif
