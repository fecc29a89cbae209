/* sharing: n processors that k requests share equally, each at the rate min(1, n / k).
 * Virtual time V advances at that rate; a request that joins with work w is done when V reaches its
 * tag, V + w. Tags stand in a heap: joining and leaving cost O(log k), a change of rate nothing;
 * one EVENT_SERVICE is pending, never later than the next end.
 * Ends are announced at whole ns, rounded half to even. What that gave an ended request too much or
 * too little goes to the others, so that no work is lost or created however long they are busy.
 * Worked, n = 1: A (3 ns) joins at t = 0, B (1 ns) at t = 1, where V = 1; the tags are 3 and 2. B
 * ends when V is 2, at t = 1 + (2 - 1) * 2 = 3, and A when V is 3, at t = 4. */
#ifndef ARCHSIM_BLOCKS_SHARING_H
#define ARCHSIM_BLOCKS_SHARING_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/load.h"

struct sharing_job {
    double tag_ns;  /* virtual time of its end */
    uint32_t order; /* equal tags end in the order in which they joined */
    uint32_t slot;  /* its frame, whose `next` is the place in the heap */
};

struct sharing {
    struct core *core;
    struct load *load; /* keeps `busy`: min(processors, requests) */
    struct arena *arena;
    struct sharing_job *jobs; /* binary heap */
    uint32_t count, capacity;
    uint32_t processors_count;
    uint32_t busy;
    uint32_t order;
    uint32_t event; /* EVENT_NONE, or pending at due_ns */
    int64_t due_ns;
    int64_t at_ns; /* when V was virtual_ns */
    double virtual_ns;
    uint32_t timer; /* slot of the EVENT_SERVICE */
    uint16_t service;
};

/* The load and the arena are borrowed and outlive it. 0 processors: everything stands still. */
void sharing_init(struct sharing *sharing, struct core *core, struct load *load,
                  struct arena *arena, uint32_t processors_count, uint16_t service, uint32_t timer);

/* The frame's work_ns, above 0, begins to be worked on. */
void sharing_join(struct sharing *sharing, struct frame *frame);
/* The frame leaves before its end. */
void sharing_leave(struct sharing *sharing, struct frame *frame);
/* Who has ended at this instant (sharing_ended) must have been let go before. */
void sharing_resize(struct sharing *sharing, uint32_t processors_count);

/* The EVENT_SERVICE has fired: sharing_ended must follow. */
void sharing_fired(struct sharing *sharing);
/* The next frame whose work has ended at this instant; to be called until it returns null. */
struct frame *sharing_ended(struct sharing *sharing);

#endif
