/* core: what a block may touch of a world: the clock, the events, the frames and the ready line.
 * The ready line holds frames that go on at this very instant; the engine serves it in order
 * before the next event. A block never calls the engine: it puts a frame there, to go on or to
 * end with a class. */
#ifndef ARCHSIM_KERNEL_CORE_H
#define ARCHSIM_KERNEL_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/assert_hot.h"
#include "sim/kernel/events.h"
#include "sim/kernel/frame.h"
#include "sim/kernel/spans.h"

struct ready {
    uint32_t slot, generation; /* the frame may be gone when its turn comes */
};

struct core {
    struct events events;
    struct frames frames;
    struct spans *spans; /* null: nobody wants to see single requests */
    struct ready *ready; /* ring */
    uint32_t ready_head, ready_count, ready_capacity;
};

void core_init(struct core *core, uint32_t frames_limit);
void core_done(struct core *core);
void core_ready_grow(struct core *core);

static inline int64_t core_now(const struct core *core)
{
    return core->events.now_ns;
}

static inline struct frame *core_frame(const struct core *core, uint32_t slot)
{
    return frame_at(&core->frames, slot);
}

static inline uint32_t core_slot(const struct core *core, const struct frame *frame)
{
    return frame_slot(&core->frames, frame);
}

static inline struct frame_more *core_more(const struct core *core, const struct frame *frame)
{
    return frame_more(&core->frames, frame);
}

/* Its deadline has passed: it is not to be served any more. */
static inline bool core_late(const struct core *core, const struct frame *frame)
{
    return frame->flags & FRAME_DEADLINE && core_now(core) >= core_more(core, frame)->deadline_ns;
}

/* The frame acts on its `state` at this instant, after what is ready already. */
static inline void core_ready(struct core *core, struct frame *frame)
{
    assert_hot(!(frame->flags & FRAME_READY));
    frame->flags |= FRAME_READY;
    if (core->ready_count == core->ready_capacity) {
        core_ready_grow(core);
    }
    uint32_t tail = (core->ready_head + core->ready_count++) & (core->ready_capacity - 1);
    core->ready[tail] = (struct ready){core_slot(core, frame), frame->generation};
}

/* The frame's own compute, or its wait for it, is over: it goes on with its next step. */
static inline void core_go(struct core *core, struct frame *frame)
{
    frame->state = FRAME_GO;
    core_ready(core, frame);
}

/* The frame ends with that class; the engine lets it leave its block. */
static inline void core_end(struct core *core, struct frame *frame, enum outcome outcome)
{
    frame->state = FRAME_ENDING;
    frame->answer = (uint8_t)outcome;
    core_ready(core, frame);
}

/* Cancels the frame's pending event, if it has one. */
static inline void core_cancel_event(struct core *core, struct frame *frame)
{
    if (frame->event != EVENT_NONE) {
        events_cancel(&core->events, frame->event);
        frame->event = EVENT_NONE;
    }
}

#endif
