/* slab: chunks come from the arena as they are needed. */
#include "sim/blocks/slab.h"

#include <assert.h>

void slab_init(struct slab *slab, struct arena *arena, size_t size, size_t link, uint32_t most)
{
    assert(most % SLAB_CHUNK == 0 && link + sizeof(uint32_t) <= size);
    *slab = (struct slab){
        .arena = arena,
        .chunks = arena_array(arena, most / SLAB_CHUNK, sizeof(char *)),
        .size = size,
        .link = link,
        .free = SLAB_NONE,
        .most = most,
    };
}

uint32_t slab_grow(struct slab *slab)
{
    if (slab->count == slab->most) {
        return SLAB_NONE;
    }
    if (slab->count % SLAB_CHUNK == 0) {
        slab->chunks[slab->count / SLAB_CHUNK] = arena_array(slab->arena, SLAB_CHUNK, slab->size);
    }
    return slab->count++;
}
