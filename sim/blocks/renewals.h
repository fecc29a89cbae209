/* renewals: what each of a population holds for a time (leases), and who renews it: of those who
 * ask for one holder's, one at a time (fetches). Meanwhile the others use on what is old but not
 * over; where that is over, they wait for the new one, so that a crowd is one renewal.
 * One that fails leaves what is held as it was: who waited fails alike, whoever asks next tries
 * again. One that is abandoned (nobody wants its answer any more) has not failed: the next who
 * waits renews.
 * What is held may have a root that lasts longer (a token, the sign-in that it comes from). While
 * the root lasts, it is renewed from it; then both are had anew, but not before what is held is
 * over: until then it is good, whatever has become of its root.
 * Under Poisson asking at rate a of one holder, with a lifetime L and a renewal that takes R, one
 * ask in 1 + a (L - early + R) renews.
 * Worked: lifetime 60 s, early 10 s, renewed at 0, renewals take 4 s. Asked for at 49 s it is GOOD,
 * at 50 EARLY, at 51 OLD; that renewal fails at 54, so at 58 it is EARLY again, at 60 the next
 * WAITS; who waits goes on at 62, when it is renewed, and it is GOOD until 112 s. At 130 one asks
 * and it is DUE, at 131 and 132 two more WAIT; the first is abandoned at 133: the second renews
 * from then on, and the third goes on at 137. With a root of 180 s that began at 0 too, it is
 * GOOD, not EARLY, until 197, and then to be had ANEW. */
#ifndef ARCHSIM_BLOCKS_RENEWALS_H
#define ARCHSIM_BLOCKS_RENEWALS_H

#include "sim/blocks/fetches.h"
#include "sim/blocks/leases.h"
#include "sim/kernel/load.h"

enum renewal_turn {
    RENEWAL_GOOD,  /* it has what is held */
    RENEWAL_OLD,   /* it has, too; another renews it */
    RENEWAL_EARLY, /* it is to renew, and may use what is old if it cannot */
    RENEWAL_DUE,   /* it is to renew: there is nothing left to use */
    RENEWAL_ANEW,  /* the same, and its root is over as well */
    RENEWAL_WAITS, /* it stands in line for who renews */
};

enum { RENEWALS_WAITING = UINT8_MAX }; /* frame.block of who waits; other values are the user's */

#define RENEWALS_ROOTLESS 0
struct renewals_rules {
    struct leases_rules leases;
    int64_t root_lifetime_ns; /* > 0, or RENEWALS_ROOTLESS: it is never to be had anew */
};

struct renewals {
    struct leases leases, roots;
    struct fetches fetches; /* that are under way, by holder */
    struct core *core;
    struct load *load;
    bool rootless;
};

/* Nobody holds anything. The load (its queue is who waits) and the arena outlive it. */
void renewals_init(struct renewals *renewals, struct core *core, struct load *load,
                   struct arena *arena, const struct renewals_rules *rules);
/* A holder has it, and its root, of any age, see leases_age. */
void renewals_age(struct renewals *renewals, uint32_t holder, struct random *random);

/* f asks for what that holder has. Where it is to renew, renewals_end, renewals_fail or
 * renewals_abandon is to follow. */
enum renewal_turn renewals_ask(struct renewals *renewals, uint32_t holder, struct frame *f);

/* What is held begins now, and anew: its root too. Returns the line of those who have waited: it is
 * to be gone through with renewals_next, at once. */
struct line renewals_end(struct renewals *renewals, uint32_t holder, bool anew);
/* What is held stays as it was, as also below. Who has waited ends with that outcome. */
void renewals_fail(struct renewals *renewals, uint32_t holder, enum outcome outcome);
/* Whether what a holder has can be used now, however old; that counts as a use. */
bool renewals_use(struct renewals *renewals, uint32_t holder);
/* Who was to renew is gone. Returns the line, as renewals_end. */
struct line renewals_abandon(struct renewals *renewals, uint32_t holder);

/* The next in that line who goes on, and how: he has what is held, or is to renew; null: nobody.
 * Those behind who is to renew wait for him; where he cannot and renewals_fail is called before
 * the next call of this, one of them is. */
struct frame *renewals_next(struct renewals *renewals, uint32_t holder, struct line *line,
                            enum renewal_turn *turn);
/* f, which is in line for that holder's, waits no longer. */
void renewals_leave(struct renewals *renewals, uint32_t holder, struct frame *f);

#endif
