/* ports: the source ports of an address towards one destination. A connection has one while it is
 * used, while it is kept open, idle, for its next use, and for a time after it was closed. The one
 * that became idle last is used next; one that was idle too long is closed.
 *   free -> used <-> idle -> closed -> free
 * Nothing is scheduled: who comes clears up what is over by then.
 * Worked: 3 ports, 60 s after closing, none kept: connections of 1 s at 0, 1 and 2 take all three;
 * until 61 s nobody gets one: 3 in 60 s, whatever the calls take. */
#ifndef ARCHSIM_BLOCKS_PORTS_H
#define ARCHSIM_BLOCKS_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct ports_rules {
    uint32_t count;    /* >= 1 */
    int64_t idle_ns;   /* kept so long; 0: closed after each use */
    int64_t closed_ns; /* until a closed one may be used again */
};

/* Times that only grow, in a ring. */
struct ports_times {
    int64_t *items;
    uint32_t first, count, capacity; /* capacity: a power of two, or 0 */
};

struct ports {
    struct ports_rules rules;
    struct arena *arena;
    uint32_t used;              /* now */
    struct ports_times idle;    /* since when; the newest is used next */
    struct ports_times closed;  /* after use: since when */
    struct ports_times expired; /* after they were idle: since when */
    uint64_t opened;            /* connections, so far */
};

/* The arena outlives it. */
void ports_init(struct ports *ports, struct arena *arena, const struct ports_rules *rules);

/* A connection for a use that begins; false: all ports are taken. */
bool ports_open(struct ports *ports, int64_t now_ns);
/* The use is over. */
void ports_close(struct ports *ports, int64_t now_ns);
/* The use is over, and the connection is closed though others are kept. */
void ports_end(struct ports *ports, int64_t now_ns);
/* The use came to nothing: the connection never was. */
void ports_cancel(struct ports *ports);
/* Ports that are not free. */
uint32_t ports_taken(struct ports *ports, int64_t now_ns);

#endif
