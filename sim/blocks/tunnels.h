/* tunnels: several links of the same bandwidth, of which one carries everything (the others stand
 * by) or all carry their share. One that is down carries nothing, but is used until that is
 * noticed: until then what is sent on it stands still. Then it goes on another link, all over
 * again, or waits for the first that comes back.
 *   up <-> down -> noticed (out of use) -> up again and in use
 * Each link is a processor that its transfers share (host.h).
 * Worked, 2 links, one carries: at 0 s the first fails, at 40 s that is noticed: a transfer of 1 s
 * that came at 10 s is through at 41 s. */
#ifndef ARCHSIM_BLOCKS_TUNNELS_H
#define ARCHSIM_BLOCKS_TUNNELS_H

#include "sim/blocks/host.h"
#include "sim/kernel/random.h"

enum { TUNNELS_MAX = 64 };

struct tunnels_setup {
    struct core *core;
    struct load *load; /* busy: links that send; capacity: that may, one unless `together` */
    struct arena *arena;
    uint32_t count; /* 1 .. TUNNELS_MAX */
    bool together;  /* all carry, each transfer on one at random; else the first that is in use */
    uint16_t service;
    uint32_t timer; /* slots from here on: one a link, for its host */
    /* how long the transfer takes that begins anew on another link */
    int64_t (*again)(void *context, const struct frame *f);
    void *context;
};

struct tunnel {
    struct host host;
    bool up, in_use;
};

struct tunnels {
    struct tunnels_setup setup;
    struct tunnel *items;
    uint32_t up_count;
    struct gauge up; /* links that are up */
    struct random random;
};

void tunnels_init(struct tunnels *tunnels, const struct tunnels_setup *setup,
                  const struct random *random);

/* A transfer of f->work_ns, above 0, begins; f->note is the link. Its end is core_go. */
void tunnels_enter(struct tunnels *tunnels, struct frame *f);
/* f leaves, whatever it is doing; a second time does nothing. */
void tunnels_leave(struct tunnels *tunnels, struct frame *f);
/* EVENT_SERVICE of a link. */
void tunnels_due(struct tunnels *tunnels, uint32_t link);

void tunnels_fail(struct tunnels *tunnels, uint32_t link);
/* It is seen that the link is down; nothing happens when it is up again. */
void tunnels_notice(struct tunnels *tunnels, uint32_t link);
void tunnels_repair(struct tunnels *tunnels, uint32_t link);

#endif
