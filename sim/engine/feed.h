/* feed: sources (queues, streams) and their consumers, balancers and the members of their targets:
 * where one service hears of another without calling it. A consumer asks its source for messages
 * and is called with them; the end of that call settles them. */
#ifndef ARCHSIM_ENGINE_FEED_H
#define ARCHSIM_ENGINE_FEED_H

#include "sim/engine/world.h"

/* The call works off a delivery. */
static inline bool feed_is(const struct world *w, const struct frame *f)
{
    return f->flags & FRAME_ASYNC && w->scenario->edges[f->edge].feed;
}
/* How often its program is still to be run; 1 for other calls. */
static inline uint32_t feed_rounds(const struct world *w, const struct frame *f)
{
    return feed_is(w, f) ? f->parent_generation : 1;
}
/* The round of a delivery that ends has a message that nobody can process; what is left of its
 * rounds says which. */
bool feed_spoilt(struct world *w, struct frame *f);
/* A delivery has been worked off, or not. */
void feed_settle(struct world *w, const struct frame *f, enum outcome outcome);
/* EVENT_FED: the consumers of a source hear that there is something new. */
void feed_tell(struct world *w, uint16_t source);
/* All services have started: balancers hear of targets that announce no members of their own. */
void feed_begin(struct world *w);

#endif
