/* panes: the windows of a stream, as counts. Time is cut into panes as long as a slide; a record
 * belongs to the pane of its time, and so to size / slide windows (one, where they tumble). A
 * window closes when the watermark, the time up to which all records are believed to be here, has
 * come to its end. A record of whose windows all are closed is late, and is dropped.
 * Records that come together are spread evenly over their time.
 * Worked, windows of 60 s every 20 s: 100 records of 30 s are in the windows that end at 40 s, 60 s
 * and 80 s; with the watermark at 85 s all three have closed, and one more of 30 s is late. */
#ifndef ARCHSIM_BLOCKS_PANES_H
#define ARCHSIM_BLOCKS_PANES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct panes_setup {
    struct arena *arena; /* outlives them */
    int64_t origin_ns;   /* a pane begins here */
    int64_t slide_ns;
    uint32_t slides; /* of a window: size / slide */
};

struct panes {
    struct panes_setup setup;
    uint64_t *counts;
    uint64_t capacity; /* a power of two, or 0 */
    int64_t low, high; /* numbers of those kept: low .. high - 1 */
    int64_t closes;    /* the window that closes next ends with pane closes - 1 */
    bool any, closed;  /* a record has come; a window has closed, or would have */
    uint64_t records;  /* in those kept */
};

void panes_init(struct panes *panes, const struct panes_setup *setup);
/* Returns how many of them are late. */
uint64_t panes_add(struct panes *panes, int64_t first_ns, int64_t last_ns, uint64_t count);
/* True: a window has closed, with so many records (never 0), whose end was *end_ns. */
bool panes_close(struct panes *panes, int64_t watermark_ns, int64_t *end_ns, uint64_t *count);
/* `into` is as `from` is now. */
void panes_copy(struct panes *into, const struct panes *from);

#endif
