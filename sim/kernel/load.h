/* load: how busy one service is: the levels that every service reports, kept by whoever changes
 * them. in_flight is the engine's; queue, busy, capacity, up and the waits are kept by the
 * blocks. All copies of a service share one load, so sums over copies come for free. */
#ifndef ARCHSIM_KERNEL_LOAD_H
#define ARCHSIM_KERNEL_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/core.h"
#include "sim/kernel/gauge.h"
#include "sim/kernel/line.h"
#include "sim/kernel/summary.h"

struct load {
    struct gauge in_flight; /* waiting + in service */
    struct gauge queue;     /* waiting */
    struct gauge busy;      /* servers, slots, instances in use */
    struct gauge capacity;  /* those that are present; see `unlimited` */
    struct gauge up;        /* 1 while the service can serve */
    struct gauge limit;     /* places of the bulkhead in use */
    uint32_t up_copies;     /* those of its copies that can, where a block keeps count (load_up) */
    double unit;            /* of busy and capacity: what one step of them is worth (0.5 ACU) */
    bool unlimited;         /* capacity has no meaning: reported as null */
    bool fallible;          /* it may fail: `up` is not 1 for certain */
    struct summary
        wait; /* ns from acceptance to first service, of all measured calls that were served */
};

/* From now on one copy more, or one less, can serve; the service is up while any can. */
static inline void load_up(struct load *load, const struct core *core, bool up)
{
    if (up) {
        load->up_copies++;
    } else {
        load->up_copies--;
    }
    gauge_set(&load->up, load->up_copies > 0, core_now(core));
}

/* The next in line who may still be served; null: nobody. Who is withdrawn ends anyway, who is too
 * late as `timeout`. They have left the line, and `block` is 0. */
static inline struct frame *load_next(struct load *load, struct core *core, struct line *line)
{
    struct frame *f;
    while ((f = line_head(line, core)) != NULL) {
        line_leave(line, core, f);
        f->block = 0;
        gauge_add(&load->queue, -1, core_now(core));
        if (f->flags & FRAME_WITHDRAWN) {
            continue;
        }
        if (!core_late(core, f)) {
            return f;
        }
        core_end(core, f, OUTCOME_TIMEOUT);
    }
    return NULL;
}

/* How many of the served have waited at all. */
static inline uint64_t load_waited(const struct load *load)
{
    return load->wait.tally.count - histogram_zeros(&load->wait.histogram);
}

/* The frame's first service begins now; later calls for the same frame change nothing. */
static inline void load_serve(struct load *load, const struct core *core, struct frame *frame)
{
    if (frame->flags & FRAME_SERVED) {
        return;
    }
    frame->flags |= FRAME_SERVED;
    if (__builtin_expect(core->spans != NULL, 0)) {
        spans_served(core->spans, core_slot(core, frame), core_now(core));
    }
    if (frame->flags & FRAME_MEASURED) {
        summary_add(&load->wait, core_now(core) - frame->start_ns);
    }
}

#endif
