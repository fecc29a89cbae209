/* holders: a table by slot. */
#include "sim/blocks/holders.h"

enum { HOLDERS_CHUNK_BITS = 12, HOLDERS_CHUNK = 1 << HOLDERS_CHUNK_BITS };

void holders_init(struct holders *holders, struct core *core, struct arena *arena)
{
    *holders = (struct holders){.core = core, .arena = arena};
    holders->chunks = arena_array(arena, (core->frames.limit >> HOLDERS_CHUNK_BITS) + 1,
                                  sizeof(*holders->chunks));
}

static struct holder *holders_of(struct holders *holders, const struct frame *caller)
{
    const uint32_t slot = core_slot(holders->core, caller);
    struct holder **chunk = &holders->chunks[slot >> HOLDERS_CHUNK_BITS];
    if (*chunk == NULL) {
        *chunk = arena_array(holders->arena, HOLDERS_CHUNK, sizeof(**chunk));
    }
    return &(*chunk)[slot & (HOLDERS_CHUNK - 1)];
}

uint32_t holders_give(struct holders *holders, const struct frame *caller, uint32_t delivery)
{
    struct holder *holder = holders_of(holders, caller);
    const uint32_t before = holder->delivery;
    *holder = (struct holder){.start_ns = caller->start_ns, .delivery = delivery + 1};
    return before > 0 ? before - 1 : HOLDERS_NONE;
}

uint32_t holders_take(struct holders *holders, const struct frame *caller)
{
    struct holder *holder = holders_of(holders, caller);
    if (holder->delivery == 0 || holder->start_ns != caller->start_ns) {
        return HOLDERS_NONE;
    }
    const uint32_t delivery = holder->delivery - 1;
    holder->delivery = 0;
    return delivery;
}
