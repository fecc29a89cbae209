/* rollout: new code for the members of a fleet (fleet.h): they are replaced by new ones, so that
 * the healthy are never fewer than a share of the wanted, rounded up, nor those that stay more than
 * another, rounded down. Members of new code may fail when they should serve; when a circuit
 * breaker has seen too many of them (half of the wanted, but 3 to 200) what was there before comes
 * back. Outside of rollouts it passes on what is wanted.
 * Worked, 4 wanted, 50 % and 100 %: two stop, two start; when these are healthy the other two stop,
 * and two more start. With 100 % and 200 % four start, and as each gets healthy an old one stops.
 */
#ifndef ARCHSIM_BLOCKS_ROLLOUT_H
#define ARCHSIM_BLOCKS_ROLLOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/fleet.h"

struct rollout_setup {
    struct fleet *fleet;
    double least_share, most_share; /* of the wanted: healthy at least, staying at most */
    int64_t healthy_after_ns;       /* from in service until a new member is healthy */
    double failure_ratio;           /* of members with new code */
    bool breaker;
    bool resets; /* a member that does not fail sets the count of those that did to 0 */
    struct random random;
};

enum rollout_phase { ROLLOUT_IDLE, ROLLOUT_FORTH, ROLLOUT_BACK };

struct rollout {
    struct rollout_setup setup;
    enum rollout_phase phase;
    int64_t wanted;
    int64_t failed; /* members, in this rollout */
    /* members of the fleet's present generation stay, and those up to `kept`; -1: no others */
    int64_t kept;
    int64_t good;  /* the last generation that got through */
    uint32_t code; /* the generation that may fail; 0: none */
};

/* So many are wanted at first; the fleet has them. */
void rollout_init(struct rollout *rollout, const struct rollout_setup *setup, int64_t wanted);

/* New code, from now on; what was under way is given up for it. rollout_step does the rest. */
void rollout_begin(struct rollout *rollout);
/* News of the fleet: that member has come. True: it fails, and is to be lost (fleet_lose). */
bool rollout_fails(struct rollout *rollout, uint32_t number);
/* The circuit breaker has seen enough. */
bool rollout_tripped(const struct rollout *rollout);
/* The rollout that is under way has failed; what was good before is rolled out. */
void rollout_back(struct rollout *rollout);
/* (news) When anything has changed: stops and starts what may be. True: the rollout is through. */
bool rollout_step(struct rollout *rollout);

#endif
