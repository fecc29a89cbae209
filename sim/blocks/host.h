/* host: a machine whose processors the requests inside share, with a limit on how many are inside
 * (threads, connections); the others wait in order, up to a backlog. A request keeps its place
 * through its nested calls, and has a share only while it works.
 *
 *   enter -> waiting -> working <-> holding (own work done, or a nested call out) -> leave
 *
 * Processors may be a fraction (an eighth of a vCPU): a request then works at that speed even when
 * alone. A frame is the host's from enter to leave, with f->block, f->next, f->previous and
 * f->work_ns. Whoever owns several hosts of one service lets them share one load: the host keeps
 * queue, waits and `busy` of it (processors in use); capacity is the owner's.
 * Worked, 1 processor, 2 places: A (5 ns of work) enters at 0, B (3 ns) at 1, C (4 ns) at 2. A and
 * B share; at 7 B has had 3 and leaves, C begins, having waited 5; A leaves at 9, C at 12. */
#ifndef ARCHSIM_BLOCKS_HOST_H
#define ARCHSIM_BLOCKS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/sharing.h"
#include "sim/kernel/line.h"

#define HOST_UNLIMITED UINT32_MAX

struct host_setup {
    struct core *core;
    struct load *load;
    struct arena *arena;    /* outlives the host */
    double processors;      /* >= 0; 0: everything stands still */
    double step;            /* processors that one step of load->busy stands for: above 0 */
    uint32_t places_count;  /* requests inside; or HOST_UNLIMITED */
    uint32_t backlog_count; /* waiting; or HOST_UNLIMITED */
    uint16_t service;       /* whose EVENT_SERVICE with slot `timer` is the host's: host_due */
    uint32_t timer;
};

struct host {
    struct core *core;
    struct load *load;
    struct sharing sharing;
    struct line waiting, holding;
    uint32_t inside, places_count, backlog_count;
};

void host_init(struct host *host, const struct host_setup *setup);

/* The frame arrives, its work in f->work_ns. False: the backlog is full, and the host forgets it.
 * From then on its own work ends with core_go; its turn after its deadline with OUTCOME_TIMEOUT. */
bool host_enter(struct host *host, struct frame *f);
/* f, inside and done with its earlier work, has more: f->work_ns. */
void host_resume(struct host *host, struct frame *f);
/* f leaves, whatever it is doing here; a second time does nothing. */
void host_leave(struct host *host, struct frame *f);
/* The EVENT_SERVICE with this host's slot has fired. */
void host_due(struct host *host);

/* So many processors from now on. */
void host_resize(struct host *host, double processors);
/* So many places from now on; who is inside stays. */
void host_set_places(struct host *host, uint32_t places_count);
/* Work done so far by all requests, in processor-ns: what a meter of CPU use reads. */
double host_worked_ns(const struct host *host);
/* One of those who are here, who wait first; null: nobody is. For whoever ends them all. */
struct frame *host_any(const struct host *host);
/* One of those who are here for whom that says so; null: there is none. O(inside). */
struct frame *host_find(const struct host *host,
                        bool (*is)(const void *context, const struct frame *f),
                        const void *context);

#endif
