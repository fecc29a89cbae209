/* follow: where the engine tells of single requests, for kernel/spans.h. Each is a call out of line
 * that is made only where somebody asked for a trace, so that others pay one test. */
#ifndef ARCHSIM_ENGINE_FOLLOW_H
#define ARCHSIM_ENGINE_FOLLOW_H

#include "sim/engine/world.h"

static inline bool follow_on(const struct world *w)
{
    return __builtin_expect(w->core.spans != NULL, 0);
}

/* f stands for a request that begins; followed are those of the window. */
void follow_request(struct world *w, const struct frame *f);
/* f is the first call of the request that it stands for. */
void follow_root(struct world *w, const struct frame *f);
/* f is new: a call made by `parent` (null: by nobody who is followed), or a branch of it. */
void follow_call(struct world *w, const struct frame *f, const struct frame *parent, uint16_t edge);
void follow_branch(struct world *w, const struct frame *f, const struct frame *parent);
/* f is one that nobody waits for. */
void follow_async(struct world *w, const struct frame *f);
/* The branch f is about to be freed. */
void follow_leave(struct world *w, const struct frame *f);
/* f has done its own first work; its caller waits no longer; it has ended; or its request is over
 * for the client. */
void follow_worked(struct world *w, const struct frame *f);
void follow_given_up(struct world *w, const struct frame *f);
/* f waits no longer for what it has called, if anything. */
void follow_let_go(struct world *w, const struct frame *f);
void follow_end(struct world *w, const struct frame *f, enum outcome outcome);
void follow_finish(struct world *w, const struct frame *f, enum outcome outcome);

#endif
