/* station: a line of requests before one or more servers, the block behind nearly every service.
 * A request takes a server when it enters, or waits for one; its work is done; it keeps the server
 * through its nested calls and further work until it leaves, and the next in line takes over.
 * Under processor sharing nobody waits: a request has a place, and a share while it works.
 *
 *   enter -> WAITING -> SERVED (works, or holds its server) -> leave
 *     SERVED -> preempted, or its server failed -> INTERRUPTED, in line -> SERVED
 *     SERVED -> its server failed during a nested call -> LOST -> answered or resume -> in line
 *
 * The interrupted stand before all others (of their priority) and count neither as waiting nor as
 * busy: their wait was over when they were first served, so queue and wait obey Little's law.
 * A frame is the station's from enter to leave, with f->block, f->next, f->previous, f->work_ns,
 * and where servers fail also f->note (its server) and f->whole_ns.
 * Worked, one server, fifo: A (5 ns of work) enters at 0, B (3 ns) at 2. A is done and leaves at 5,
 * B has waited 3 ns and leaves at 8. Had B priority 0 and A 1, preemptive: B at 5, A at 8. */
#ifndef ARCHSIM_BLOCKS_STATION_H
#define ARCHSIM_BLOCKS_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/line.h"
#include "sim/kernel/load.h"
#include "sim/kernel/random.h"

#define STATION_UNLIMITED UINT32_MAX

enum station_discipline {
    STATION_FIFO,
    STATION_LIFO, /* not preemptive */
    STATION_PS,
    STATION_PRIORITY,            /* f->priority, 0 first; fifo within one; not preemptive */
    STATION_PREEMPTIVE_PRIORITY, /* preempted work resumes */
};

/* Servers that fail (see breakdowns.h); under ps a failure only takes its share of the speed. */
struct station_failure {
    const struct distribution *mtbf_ns_dist, *mttr_ns_dist;
    struct random *random;
    uint32_t repairers_count; /* or STATION_UNLIMITED */
    uint32_t required_count;  /* the station is up while so many servers are */
    bool restart;             /* work that a failure interrupts starts over */
};

struct station_setup {
    struct core *core;
    struct load *load;      /* all but in_flight; shared by the copies of a service */
    struct arena *arena;    /* outlives the station */
    uint32_t servers_count; /* or STATION_UNLIMITED */
    uint32_t room_count;    /* places, waiting and in service; or STATION_UNLIMITED */
    enum station_discipline discipline;
    double speed;             /* work takes work / speed */
    int64_t work_constant_ns; /* what most bring, which gets a lane of its own; -1: it varies */
    const struct distribution *patience_ns_dist; /* a waiting frame's EVENT_PATIENCE; null: none */
    struct random *patience_random;
    const struct station_failure *failure; /* null: servers do not fail */
    uint16_t service;     /* whose EVENT_SERVICE slots from timer_first on are the station's: */
    uint32_t timer_first; /* station_timers_count of them */
};

struct station_rest;

/* All that fifo and lifo without failures touch, in one cache line. */
struct station {
    struct core *core;
    struct load *load;
    struct line line; /* fifo, lifo */
    uint32_t servers; /* present: not failed */
    uint32_t busy;   /* servers with a frame; above `servers` after a resize until some have left */
    uint32_t inside; /* frames that hold a place */
    uint32_t room;
    uint32_t flags;
    int64_t work_constant_ns; /* at this speed; -1: none */
    struct station_rest *rest;
};
_Static_assert(sizeof(struct station) == 64, "a cache line");

void station_init(struct station *station, const struct station_setup *setup);
/* How many EVENT_SERVICE slots a station with this setup uses. */
uint32_t station_timers_count(const struct station_setup *setup);

/* The frame arrives, its work in f->work_ns. False: there is no room, and the station forgets it.
 * From then on its own work ends with EVENT_WORK_DONE or core_go; its wait with EVENT_PATIENCE, or
 * with OUTCOME_TIMEOUT through the ready line if its turn comes after its deadline. */
bool station_enter(struct station *station, struct frame *f);
/* The answer to a nested call is back. True: f goes on at once. False: its server has failed
 * meanwhile; f goes on (core_go) when it has another. */
bool station_answered(struct station *station, struct frame *f);
/* f, done with its earlier work, has more: f->work_ns. */
void station_resume(struct station *station, struct frame *f);
/* f leaves, whatever it is doing here; a second time does nothing. */
void station_leave(struct station *station, struct frame *f);
/* The EVENT_SERVICE with this slot has fired. */
void station_due(struct station *station, uint32_t slot);

/* So many servers from now on, for stations whose servers neither fail nor are unlimited. New ones
 * start at once. Surplus ones finish with the request they have and are present until then; under
 * ps the speed changes at once (0: all stand still). */
void station_resize(struct station *station, uint32_t servers_count);
/* As many of its servers have not failed as it requires. */
bool station_is_up(const struct station *station);

#endif
