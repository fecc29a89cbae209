/* line: frames that wait in order, linked through next and previous. Joining at the end and
 * leaving from anywhere are O(1) and need no memory, so a call that is withdrawn while it waits
 * leaves at once. A frame stands in one line at a time. Whoever keeps the line keeps its gauge. */
#ifndef ARCHSIM_KERNEL_LINE_H
#define ARCHSIM_KERNEL_LINE_H

#include <stdint.h>

#include "sim/kernel/core.h"

/* All zero is an empty line; first and last mean nothing then. */
struct line {
    uint32_t first, last, count;
};

/* The frame whose turn is next; null when nobody waits. */
static inline struct frame *line_head(const struct line *line, const struct core *core)
{
    return line->count > 0 ? core_frame(core, line->first) : NULL;
}

static inline void line_join(struct line *line, const struct core *core, struct frame *frame)
{
    const uint32_t slot = core_slot(core, frame);
    frame->next = FRAME_NONE;
    frame->previous = FRAME_NONE;
    if (line->count++ > 0) {
        frame->previous = line->last;
        core_frame(core, line->last)->next = slot;
    } else {
        line->first = slot;
    }
    line->last = slot;
}

/* Ahead of all others. */
static inline void line_join_first(struct line *line, const struct core *core, struct frame *frame)
{
    const uint32_t slot = core_slot(core, frame);
    frame->next = FRAME_NONE;
    frame->previous = FRAME_NONE;
    if (line->count++ > 0) {
        frame->next = line->first;
        core_frame(core, line->first)->previous = slot;
    } else {
        line->last = slot;
    }
    line->first = slot;
}

/* The frame stands in this line. */
static inline void line_leave(struct line *line, const struct core *core, struct frame *frame)
{
    assert_hot(line->count > 0);
    if (frame->previous != FRAME_NONE) {
        core_frame(core, frame->previous)->next = frame->next;
    } else {
        line->first = frame->next;
    }
    if (frame->next != FRAME_NONE) {
        core_frame(core, frame->next)->previous = frame->previous;
    } else {
        line->last = frame->previous;
    }
    frame->next = FRAME_NONE;
    frame->previous = FRAME_NONE;
    line->count--;
}

#endif
