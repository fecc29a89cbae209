/* ranks: a line of frames for each priority, 0 the most urgent. Joining and leaving are O(1); the
 * first and the last occupied line are found by a scan of 256 bits. Whoever keeps it keeps its
 * gauges. */
#ifndef ARCHSIM_BLOCKS_RANKS_H
#define ARCHSIM_BLOCKS_RANKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/line.h"

enum {
    RANKS_COUNT = 256, /* f->priority is a byte */
    RANKS_WORD_BITS = 64,
};

/* All zero is empty; of a line that was never used no memory is touched. */
struct ranks {
    uint64_t occupied[RANKS_COUNT / RANKS_WORD_BITS];
    struct line lines[RANKS_COUNT];
};

/* The frame joins the line of its priority, at the end or ahead of all others. */
void ranks_join(struct ranks *ranks, const struct core *core, struct frame *f, bool first);
void ranks_leave(struct ranks *ranks, const struct core *core, struct frame *f);

/* The first of the most urgent; null: nobody is here. */
struct frame *ranks_head(const struct ranks *ranks, const struct core *core);
/* The least urgent occupied priority within low .. high; -1: none. */
int ranks_last(const struct ranks *ranks, int low, int high);

#endif
