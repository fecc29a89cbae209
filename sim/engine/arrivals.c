/* arrivals: which gaps a traffic has, and all of them but the exponential ones. */
#include "sim/engine/arrivals.h"

#include <assert.h>

#include "sim/engine/trace.h"
#include "sim/kernel/distribution.h"

static enum arrivals_gaps arrivals_gaps_of(const struct scenario_traffic *traffic)
{
    switch (traffic->arrivals) {
    case ARRIVALS_CONSTANT:
        return GAPS_EQUAL;
    case ARRIVALS_RENEWAL:
        return GAPS_DRAWN;
    case ARRIVALS_TRACE:
        return traffic->trace.arrivals ? GAPS_INSTANTS : GAPS_EXPONENTIAL;
    case ARRIVALS_POISSON:
    case ARRIVALS_MMPP:
    case ARRIVALS_CLOSED:
        break;
    }
    return GAPS_EXPONENTIAL;
}

bool arrivals_init(struct arrivals *arrivals, const struct scenario_traffic *traffic,
                   const struct arrivals_setup *setup)
{
    assert(traffic->arrivals != ARRIVALS_CLOSED);
    *arrivals = (struct arrivals){
        .gaps = arrivals_gaps_of(traffic),
        .traffic = traffic,
        .origin_ns = setup->origin_ns,
        .horizon_ns = setup->horizon_ns,
        .ended_ns = TIME_NONE,
    };
    if (traffic->arrivals == ARRIVALS_TRACE) {
        arrivals->trace = trace_open(&traffic->trace, setup->diag);
        if (!arrivals->trace)
            return false;
    }
    random_seed(&arrivals->random, setup->seed, setup->replication, traffic->name, "arrivals");
    struct arrivals_setup rate_setup = *setup;
    if (arrivals->gaps == GAPS_INSTANTS)
        rate_setup.horizon_ns = setup->origin_ns;
    rate_init(&arrivals->rate, traffic, &rate_setup, arrivals->trace);
    return true;
}

void arrivals_done(struct arrivals *arrivals)
{
    if (arrivals->trace)
        trace_close(arrivals->trace);
    arrivals->trace = NULL;
}

/* No more arrivals: notes where a trace has ended. */
bool arrivals_over(struct arrivals *arrivals)
{
    if (arrivals->trace && trace_end(arrivals->trace) != TIME_NONE)
        arrivals->ended_ns = arrivals->origin_ns + trace_end(arrivals->trace);
    return false;
}

/* The warm-up, then the exact instants. */
static bool arrivals_next_instant(struct arrivals *arrivals, int64_t *time_ns)
{
    if (rate_advance(&arrivals->rate, random_exponential(&arrivals->random), time_ns))
        return true;
    int64_t at_ns;
    if (!trace_instant(arrivals->trace, &at_ns) ||
        at_ns >= arrivals->horizon_ns - arrivals->origin_ns)
        return arrivals_over(arrivals);
    *time_ns = arrivals->origin_ns + at_ns;
    return true;
}

bool arrivals_next_other(struct arrivals *arrivals, int64_t *time_ns)
{
    double gap = 1;
    if (arrivals->gaps == GAPS_INSTANTS)
        return arrivals_next_instant(arrivals, time_ns);
    if (arrivals->gaps == GAPS_DRAWN) {
        gap = distribution_draw(arrivals->traffic->gap, &arrivals->random);
    } else if (!arrivals->phased) {
        gap = random_uniform(&arrivals->random);
        arrivals->phased = true;
    }
    return rate_advance(&arrivals->rate, gap, time_ns) || arrivals_over(arrivals);
}
