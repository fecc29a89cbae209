/* holders: which delivery each caller of a queue holds, by the caller's slot among all calls: what
 * it has received last and not given back. A slot may be another caller's by now, who holds
 * nothing then: callers are told apart by when they began. In chunks, as slots come up. */
#ifndef ARCHSIM_BLOCKS_HOLDERS_H
#define ARCHSIM_BLOCKS_HOLDERS_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"

#define HOLDERS_NONE UINT32_MAX

struct holder {
    int64_t start_ns;  /* of the call */
    uint32_t delivery; /* plus 1; 0: none */
};

struct holders {
    struct core *core;
    struct arena *arena; /* outlives them */
    struct holder **chunks;
};

void holders_init(struct holders *holders, struct core *core, struct arena *arena);
/* The caller holds that delivery from now on. Returns what the slot held before, whose caller is
 * through with it or gone; HOLDERS_NONE: nothing. */
uint32_t holders_give(struct holders *holders, const struct frame *caller, uint32_t delivery);
/* The caller holds nothing any more. Returns what it held, or HOLDERS_NONE. */
uint32_t holders_take(struct holders *holders, const struct frame *caller);

#endif
