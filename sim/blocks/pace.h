/* pace: a limit on I/O a second (operations, bytes): requests are let go one after the other, each
 * when those before it have used their time at the rate, which is the burst rate while there are
 * credits (burst_link). Nobody waits below the rate: what is taken is the server's time after the
 * request, not before it. So with Poisson arrivals the wait is that of M/D/1 or M/G/1.
 * A large request goes in pieces: the first when it may, the last when all others have passed.
 * Worked: 3,000 operations/s; requests of 4 operations at 0 and 0: the first goes at 0, its last
 * operation at 1 ms; the second from 1.333 to 2.333 ms. */
#ifndef ARCHSIM_BLOCKS_PACE_H
#define ARCHSIM_BLOCKS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/burst_link.h"

struct pace_terms {
    double baseline_per_s, burst_per_s; /* the burst is at least the baseline, which is above 0 */
    double credits;                     /* how much may be had beyond the baseline; 0: no bursts */
    double initial_ratio;               /* of the credits are there at time 0 */
    double earned_per_s;                /* of credits, at most the baseline; 0: the baseline */
};

struct pace {
    struct burst_link link;
    struct burst_rate rate;
    double credits;
    double passed; /* since time 0 */
};

/* When a request may go, as several limits say: its first piece and its last. */
struct pace_span {
    int64_t first_ns, last_ns;
};

void pace_init(struct pace *pace, const struct pace_terms *terms);
/* A request of that amount, the last piece of it so large, comes now; *span, from the other limits
 * or {now, now}, moves on to what this one says. */
void pace_pass(struct pace *pace, int64_t now_ns, double amount, double last,
               struct pace_span *span);
/* Now so much of the credits is there. */
void pace_fill(struct pace *pace, int64_t now_ns, double ratio);
/* Credits that are left now; 0 where it has none. */
double pace_balance(const struct pace *pace, int64_t now_ns);
/* What it may pass a second now. */
double pace_permitted(const struct pace *pace, int64_t now_ns);

#endif
