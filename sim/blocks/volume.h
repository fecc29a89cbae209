/* volume: block storage whose I/Os a second and bytes a second are limited, by the volume itself
 * and by the link of the machine that it hangs on. Each limit is a pace of its own, so that what
 * comes stands in line, first come, first served, and bursts while there are credits; then an I/O
 * takes its latency. Nothing is scheduled: who submits hears how long it takes.
 * Worked, 1,000 I/Os a second and 1 ms: one I/O takes 1 ms, and so do three one after the other
 * each; three at once are done after 1, 2 and 3 ms. Poisson I/Os wait as in M/D/1. */
#ifndef ARCHSIM_BLOCKS_VOLUME_H
#define ARCHSIM_BLOCKS_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/pace.h"

enum volume_limit {
    VOLUME_IOPS, /* of the volume */
    VOLUME_BYTES,
    VOLUME_LINK_IOPS, /* of the machine */
    VOLUME_LINK_BYTES,
    VOLUME_LIMITS,
};

struct volume_rules {
    struct pace_terms limits[VOLUME_LIMITS]; /* baseline 0: no such limit */
};

struct volume {
    const struct volume_rules *rules;
    struct pace paces[VOLUME_LIMITS];
    double reads, writes;  /* I/Os submitted so far */
    double outstanding_ns; /* sum of how long each was outstanding: by Little's law the queue */
};

/* I/Os of one request, alike. */
struct volume_io {
    uint32_t count;     /* 1 or more */
    double bytes;       /* of each */
    int64_t latency_ns; /* of each, once it is admitted */
    bool write;
    bool together; /* all at once; else each when the one before is done */
};

/* Free, with all credits; the rules are borrowed. */
void volume_init(struct volume *volume, const struct volume_rules *rules);
/* How long until all of them are done; now_ns never goes back. */
int64_t volume_submit(struct volume *volume, int64_t now_ns, const struct volume_io *io);
/* Credits that are left of all, 0 to 1; 1 where the limit does not burst. */
double volume_balance(const struct volume *volume, enum volume_limit limit, int64_t now_ns);
/* I/Os a second that it does for ever. */
double volume_sustained(const struct volume_rules *rules);

#endif
