/* retry: whether and when a failed attempt of a call step is made again. Waits and budgets draw
 * from the edge's own stream, so that retries never shift the luck of others. */
#ifndef ARCHSIM_ENGINE_RETRY_H
#define ARCHSIM_ENGINE_RETRY_H

#include "sim/engine/world.h"

#define RETRY_BUDGET_FULL 10.0

/* Another attempt of the step is about to be made; the first of them fills the budget. */
void retry_count(struct world *w, struct frame *f, const struct step *step);

/* True: there will be another attempt, at once (state GO) or after a wait (BACKOFF, EVENT_STEP). */
bool retry_again(struct world *w, struct frame *f, const struct step *step, enum outcome outcome);

#endif
