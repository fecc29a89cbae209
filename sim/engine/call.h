/* call: the life of a call, in order: spawned by a caller, begun at its service, admitted,
 * worked on by the model, taken through its program, ended, answered. call.c reads from top to
 * bottom in that order; program.c holds the steps.
 *
 *   call_spawn -> NEW -> call_begin -> [LIMIT_WAIT -> ADMIT] -> HELD by the model
 *        -> GO -> call_step: next step -> CALLING / GROUP / BACKOFF / HELD -> ANSWERED or GO -> ...
 *        -> call_end: leaves the model, records, answers its caller, is freed.
 *
 * None of these functions calls call_step for another frame: whoever goes on at this instant is
 * put into the ready line (kernel/core.h), so the stack stays flat however deep the architecture
 * is. */
#ifndef ARCHSIM_ENGINE_CALL_H
#define ARCHSIM_ENGINE_CALL_H

#include "sim/engine/world.h"

/* A new call through an edge, state NEW, with size, priority, zone and deadline from its caller
 * `parent` (null: a root, which gets them from its traffic) and the options. Draws come from
 * `random`. Null when the world has ended because too many calls are in flight. */
struct frame *call_spawn(struct world *w, struct frame *parent, uint16_t edge,
                         const struct call_options *options, struct random *random);
/* A branch of a parallel step, or a try of a hedged one: a frame without a call, starting at pc. */
struct frame *call_branch(struct world *w, struct frame *parent, uint16_t pc);
/* The call arrives at its service. */
void call_begin(struct world *w, struct frame *f);
/* The bulkhead lets it pass. */
void call_admit(struct world *w, struct frame *f);
/* It goes on with its program: after its work, an answer, a wait. (program.c) */
void call_step(struct world *w, struct frame *f);
/* It ends, whatever it is doing, with that outcome. */
void call_end(struct world *w, struct frame *f, enum outcome outcome);
/* It ends at this instant, and all that it has called, as a timeout. */
void call_withdraw(struct world *w, struct frame *f);
/* After call_again: it arrives at its service anew. */
void call_begin_again(struct world *w, struct frame *f);
/* The time that its service allows (call_limit) is over. */
void call_over(struct world *w, struct frame *f);
/* A delivery for the consumer at the end of the edge; null when the world has ended. */
struct frame *call_deliver_to(struct world *w, uint16_t edge, uint32_t delivery, uint32_t rounds);
/* Its caller waits no longer. */
void call_timeout(struct world *w, struct frame *f);
/* The time for another try of a hedged call has come. (program.c) */
void call_hedge(struct world *w, struct frame *f);
/* One callee of p has ended, or p has given it up. (program.c) */
void call_deliver(struct world *w, struct frame *p, enum outcome outcome);

/* The step at which f stands. */
const struct step *call_current(const struct world *w, const struct frame *f);

#endif
