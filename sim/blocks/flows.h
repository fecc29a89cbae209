/* flows: connections between clients and a balancer, or sessions: what several requests share. Each
 * client has one flow at a time, all clients are as busy, and who comes next is drawn; a flow ends
 * after its lifetime, its requests, or when it is idle for too long, but not while a request is
 * out; the client's next request opens another. Without a number of clients each request has a flow
 * of its own. Worked: one client, idle limit 60 s, requests at 0, 30, 100 s: the first flow is open
 * until 90 s and has two of them, the second begins at 100 s.
 * EVENT_SERVICE slots: one a client. */
#ifndef ARCHSIM_BLOCKS_FLOWS_H
#define ARCHSIM_BLOCKS_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/gauge.h"
#include "sim/kernel/random.h"

#define FLOW_NONE UINT32_MAX

struct flows_setup {
    struct core *core;
    struct arena *arena;             /* outlives the flows */
    struct random random;            /* who comes, and how long flows last */
    uint32_t clients_count;          /* 0: each request has a flow of its own */
    const struct distribution *life; /* ns; null: no end */
    const struct distribution *most; /* requests, at least 1; null: any number */
    int64_t idle_ns;                 /* INT64_MAX: any time */
    uint16_t service;                /* whose timers are the flows': flows_due */
    uint32_t first_slot, slots_step; /* its slots; step 0: 1 */
};

struct flow {
    int64_t until_ns; /* of its lifetime */
    int64_t used_ns;  /* the last time that a request of it began or ended */
    int64_t left;     /* requests */
    uint32_t out;     /* requests */
    uint32_t event;   /* when it may be over; EVENT_NONE */
    uint32_t note;    /* a small number of the owner's (flows_bind); FLOW_NONE in one that is new */
    uint32_t next;    /* free */
    bool open;
    bool dropped; /* the last flow of this client was idle for too long */
};

struct flows {
    struct flows_setup setup;
    struct flow *items; /* by client */
    uint32_t count, capacity, free;
    uint32_t *bound; /* open flows of each note */
    uint32_t notes_capacity;
    struct gauge active;
    uint64_t opened, idled; /* since time 0; of those: ended as idle */
};

void flows_init(struct flows *flows, const struct flows_setup *setup);

/* A request comes: its client. *opened: it begins a new flow, whose note is FLOW_NONE. *reset: it
 * came on one that had been idle for too long, which it found out. Either may be null. */
uint32_t flows_take(struct flows *flows, bool *opened, bool *reset);
/* That request is over. */
void flows_return(struct flows *flows, uint32_t client);
/* A request goes on in a new flow, its first; that client's old one ends if it is open. */
void flows_renew(struct flows *flows, uint32_t client);
/* All flows with that note end now, also while requests are out, and their clients know. Returns
 * how many. */
uint32_t flows_cut(struct flows *flows, uint32_t note);
static inline bool flows_has(const struct flows *flows, uint32_t client)
{
    return flows->items[client].open;
}
/* The client's flow, which is open, has that note from now on, until it ends. */
void flows_bind(struct flows *flows, uint32_t client, uint32_t note);
static inline uint32_t flows_note(const struct flows *flows, uint32_t client)
{
    return flows->items[client].note;
}
/* Open flows with that note. */
static inline uint32_t flows_bound(const struct flows *flows, uint32_t note)
{
    return note < flows->notes_capacity ? flows->bound[note] : 0;
}
/* An EVENT_SERVICE with a slot of theirs has fired. */
void flows_due(struct flows *flows, uint32_t slot);

#endif
