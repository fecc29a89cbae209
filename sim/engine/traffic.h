/* traffic: the clients. A source makes requests (root calls), hears how they end, retries if
 * told to, and keeps what users see: latency from the first attempt to the answer, outcomes,
 * 5-minute windows. A request without retries is its root call's frame and nothing more; with
 * retries a client frame stands above its attempts. */
#ifndef ARCHSIM_ENGINE_TRAFFIC_H
#define ARCHSIM_ENGINE_TRAFFIC_H

#include "sim/engine/arrivals.h"
#include "sim/engine/backlog.h"
#include "sim/engine/windows.h"
#include "sim/engine/world.h"

struct source {
    const struct scenario_traffic *spec;
    struct arrivals arrivals;
    struct step step; /* of a client frame: call the target */
    struct random zone_random, batch_random, call_random, think_random;
    bool retries_at_all;     /* there are client frames */
    struct call_stats calls; /* of clients that retry; else they are those of the edge */
    uint64_t within, attempts, retries;
    struct gauge in_flight;
    struct windows windows;
    struct backlog backlog;
    uint16_t index;
};

void traffic_start(struct world *w, uint16_t index);
void traffic_stop(struct source *source);

/* An open arrival is due (EVENT_ARRIVAL): one or more requests, and the next arrival. */
void traffic_fire(struct world *w, struct source *source);
/* A user has thought (EVENT_THINK). */
void traffic_user(struct world *w, struct source *source);
/* The request whose frame is f has ended for its client. */
void traffic_finish(struct world *w, struct frame *f, enum outcome outcome);

/* What a client frame stands at, draws from, and counts. */
const struct step *traffic_step(const struct world *w, const struct frame *f);
struct random *traffic_random(struct world *w, const struct frame *f);
const struct call_options *traffic_options(const struct world *w, const struct frame *f);
void traffic_attempt(struct world *w, const struct frame *f);

/* Time 0: what was gathered while warming up does not count. */
void traffic_reset(struct world *w, struct source *source);
/* The end of quarter 1..4 of the window. */
void traffic_quarter(struct world *w, struct source *source, uint32_t quarter);
/* The requests as users see them. */
struct call_stats traffic_calls(const struct world *w, const struct source *source);

#endif
