/* sharing: n processors, whole or not, that k requests share equally, each at the rate
 * min(1, n / k).
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

struct sharing_setup {
    struct core *core;
    struct load *load;   /* borrowed: its `busy` is kept, min(processors, requests) */
    struct arena *arena; /* both outlive it */
    double processors;   /* 0: everything stands still */
    double step;         /* processors that one step of load->busy stands for */
    uint32_t timer;      /* slot of its EVENT_SERVICE */
    uint16_t service;
};

struct sharing_job {
    double tag_ns;  /* virtual time of its end */
    uint32_t order; /* equal tags end in the order in which they joined */
    uint32_t slot;  /* its frame, whose `next` is the place in the heap */
};

struct sharing {
    struct core *core;
    struct load *load;
    struct arena *arena;
    struct sharing_job *jobs; /* binary heap */
    uint32_t count, capacity;
    double processors;
    double working;   /* of them: min(processors, count) */
    double worked_ns; /* work done until working_ns, when `working` became what it is */
    int64_t working_ns;
    double steps; /* of load->busy for one processor */
    int64_t busy; /* of those, ours */
    uint32_t order;
    uint32_t event; /* EVENT_NONE, or pending at due_ns */
    int64_t due_ns;
    int64_t at_ns; /* when V was virtual_ns */
    double virtual_ns;
    uint32_t timer;
    uint16_t service;
};

void sharing_init(struct sharing *sharing, const struct sharing_setup *setup);

/* The frame's work_ns, above 0, begins to be worked on. */
void sharing_join(struct sharing *sharing, struct frame *frame);
/* The frame leaves before its end. */
void sharing_leave(struct sharing *sharing, struct frame *frame);
/* Who has ended at this instant (sharing_ended) must have been let go before. */
void sharing_resize(struct sharing *sharing, double processors);

/* The EVENT_SERVICE has fired: sharing_ended must follow. */
void sharing_fired(struct sharing *sharing);
/* The next frame whose work has ended at this instant; to be called until it returns null. */
struct frame *sharing_ended(struct sharing *sharing);

/* One of those who share; null: nobody does. */
static inline struct frame *sharing_any(const struct sharing *sharing)
{
    return sharing->count > 0 ? core_frame(sharing->core, sharing->jobs[0].slot) : NULL;
}

/* Work done so far, in processor-ns, but for the rounding of ends to whole ns. */
double sharing_worked_ns(const struct sharing *sharing);

#endif
