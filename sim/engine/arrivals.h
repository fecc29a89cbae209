/* arrivals: when the next request of an open traffic comes.
 * Gaps have mean 1 in operational time, where one arrival is expected per unit, and rate.h says
 * when that is. They are exponential (poisson; mmpp; trace counts, where that makes Poisson(m)
 * evenly spread arrivals of an interval with m expected), all 1 behind a random phase (constant),
 * or drawn (renewal: the first one too, so it starts out of equilibrium; the warm-up is for that).
 * A trace of instants is the exception: it is exact, behind a warm-up that is Poisson.
 * Before scenario time 0 the rate is that of time 0; of a trace, the mean of its first minute. */
#ifndef ARCHSIM_ENGINE_ARRIVALS_H
#define ARCHSIM_ENGINE_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/rate.h"
#include "sim/kernel/random.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

struct arena;
struct trace;

struct arrivals_setup {
    uint64_t seed;
    uint32_t replication;
    int64_t origin_ns;     /* inside time of scenario time 0: the length of the warm-up */
    int64_t horizon_ns;    /* inside time from which on nobody asks; >= origin_ns */
    int64_t week_start_ns; /* what scenario time 0 is, from Monday 00:00 */
    struct arena *arena;   /* outlives the source */
    struct diag *diag;     /* null: a trace that cannot be read ends the program */
};

enum arrivals_gaps { GAPS_EXPONENTIAL, GAPS_EQUAL, GAPS_DRAWN, GAPS_INSTANTS };

struct arrivals {
    struct random random;
    enum arrivals_gaps gaps;
    struct rate rate;
    bool phased; /* GAPS_EQUAL: the first one was drawn */
    const struct scenario_traffic *traffic;
    struct trace *trace; /* or null */
    int64_t origin_ns, horizon_ns;
    int64_t ended_ns; /* inside time at which a trace has ended; TIME_NONE before the end is met */
};

/* At inside time 0; the traffic is borrowed. A trace was passed by trace_check: if it cannot be
 * read now, it has changed. False: reported to setup->diag, and nothing is left open. */
bool arrivals_init(struct arrivals *arrivals, const struct scenario_traffic *traffic,
                   const struct arrivals_setup *setup);
/* Closes the trace. */
void arrivals_done(struct arrivals *arrivals);

/* The cold half of arrivals_next. */
bool arrivals_next_other(struct arrivals *arrivals, int64_t *time_ns);
bool arrivals_over(struct arrivals *arrivals);

/* The next arrival, in inside time, never earlier than the one before. False: none before the
 * horizon. */
static inline bool arrivals_next(struct arrivals *arrivals, int64_t *time_ns)
{
    if (arrivals->gaps != GAPS_EXPONENTIAL)
        return arrivals_next_other(arrivals, time_ns);
    return rate_advance(&arrivals->rate, random_exponential(&arrivals->random), time_ns) ||
           arrivals_over(arrivals);
}

#endif
