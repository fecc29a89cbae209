#include "sim/kernel/core.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/arena.h"

void core_init(struct core *core, uint32_t frames_limit)
{
    *core = (struct core){0};
    events_init(&core->events);
    frames_init(&core->frames, frames_limit);
    core_ready_grow(core);
}

void core_done(struct core *core)
{
    events_done(&core->events);
    frames_done(&core->frames);
    free(core->ready);
}

void core_ready_grow(struct core *core)
{
    uint32_t capacity = core->ready_capacity ? core->ready_capacity * 2 : 64;
    struct ready *ready = memory_resize(NULL, capacity, sizeof(struct ready));
    for (uint32_t i = 0; i < core->ready_count; i++) {
        ready[i] = core->ready[(core->ready_head + i) & (core->ready_capacity - 1)];
    }
    free(core->ready);
    core->ready = ready;
    core->ready_head = 0;
    core->ready_capacity = capacity;
}
