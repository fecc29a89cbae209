/* program: what call.c needs of the steps beyond call.h. */
#ifndef ARCHSIM_ENGINE_PROGRAM_H
#define ARCHSIM_ENGINE_PROGRAM_H

#include "sim/engine/world.h"

/* A branch that has ended leaves its owner's list. */
void group_unlink(struct world *w, struct frame *owner, const struct frame *branch);

#endif
