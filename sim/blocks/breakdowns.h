/* breakdowns: servers that fail and are repaired, each by itself, whether busy or idle. All are up
 * and new at the start. A server is up for a time drawn from mtbf; then it waits until one of the
 * repairers is free (in order of failure), is repaired for a time drawn from mttr, and is new
 * again. Each server has one EVENT_SERVICE pending, or stands in the repair line.
 * It also knows which frame is on which server, because a failure hits the one that is on it. */
#ifndef ARCHSIM_BLOCKS_BREAKDOWNS_H
#define ARCHSIM_BLOCKS_BREAKDOWNS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/random.h"

enum {
    BREAKDOWNS_SERVERS_MAX = 10000,
    BREAKDOWNS_REPAIRERS_UNLIMITED = UINT32_MAX,
};

struct breakdowns_setup {
    const struct distribution *mtbf_ns_dist, *mttr_ns_dist;
    struct random *random;    /* shared by the copies of a service */
    uint32_t repairers_count; /* 1 or more */
    uint32_t servers_count;   /* at most BREAKDOWNS_SERVERS_MAX */
    uint16_t service;
    uint32_t timer_first; /* EVENT_SERVICE slot of server 0; the others follow */
};

struct breakdowns_server {
    uint32_t frame; /* slot of the one on it, or FRAME_NONE */
    uint32_t next;  /* in the repair line */
    bool failed;
};

struct breakdowns {
    struct breakdowns_setup setup;
    struct core *core;
    struct breakdowns_server *servers;
    uint64_t *idle; /* a bit for each server that is up and has nobody on it */
    uint32_t repairers_idle;
    uint32_t line_first, line_last, line_count; /* failed servers without a repairer */
};

void breakdowns_init(struct breakdowns *breakdowns, struct core *core, struct arena *arena,
                     const struct breakdowns_setup *setup);

/* The frame goes on the idle server with the lowest number, which is returned; one must be idle. */
uint32_t breakdowns_take(struct breakdowns *breakdowns, uint32_t frame);
/* The server is idle again. */
void breakdowns_release(struct breakdowns *breakdowns, uint32_t server);

/* The EVENT_SERVICE of a server has fired. True: it has failed; *frame is who was on it
 * (FRAME_NONE: nobody) and is on no server now. False: it is repaired, and idle. */
bool breakdowns_due(struct breakdowns *breakdowns, uint32_t server, uint32_t *frame);

#endif
