/* rate: how many arrivals are expected over time, and when a given number of them has come.
 * lambda(t) is a source's points, states or trace times its shapes; before scenario time 0 it is
 * that of time 0. rate_advance moves from t to the instant at which the integral of lambda since t
 * is `mass`: exponential masses make a Poisson process, others make gaps of operational time.
 * It goes by pieces on which lambda is linear: exact but for sines, which are cut into 1024 pieces
 * a period, their masses by Simpson's rule: at any time the integral errs by less than 1e-6 of the
 * mean mass of a piece, and errors do not add up.
 * Within a piece the cost is constant; a lone sine on a constant rate is crossed in whole periods.
 * Worked: 10/s until 1 s, then 20/s: from 0.9 s a mass of 2 leads to 1.05 s. */
#ifndef ARCHSIM_ENGINE_RATE_H
#define ARCHSIM_ENGINE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/random.h"
#include "sim/scenario/scenario.h"

struct arrivals_setup;
struct trace;

struct rate_edge {
    int64_t at_ns; /* scenario time */
    double factor; /* product of the spikes from here on */
};

struct rate_sine {
    int64_t period_ns, peak_ns;
    double amplitude_ratio;
};

/* All times are inside times, all rates per ns. */
struct rate {
    /* the piece at hand, what an arrival touches first */
    int64_t now_ns; /* of the last arrival */
    double left;    /* mass in the rest of the piece */
    double gap_ns;  /* flat: of one mass */
    double rest_ns; /* flat: what now_ns leaves out, below 1 ns */
    bool flat;
    double mass, low, slope; /* not flat: of the piece; lambda where it starts; its change */
    int64_t start_ns, end_ns;

    /* the stretch it is cut from: only a ramp and sines vary here, on top of `level` */
    int64_t stretch_end_ns;
    double level;
    uint32_t waves; /* sines that vary; 0 before time 0 */

    /* the base: linear from one rate to another */
    int64_t base_start_ns, base_end_ns;
    double base_from, base_to;

    const struct scenario_traffic *traffic;
    struct trace *trace;
    struct random random; /* of the states */
    uint32_t point, state;
    int64_t origin_ns, horizon_ns, week_start_ns;
    struct rate_edge *edges; /* of spikes, ascending */
    uint32_t edges_count, edge;
    double spikes;
    double *weekly; /* 168 factors, or null */
    struct rate_sine *sines;
    uint32_t sines_count;
    int64_t sine_step_ns;
};

/* At inside time 0. `trace`: of a traffic that has one, borrowed and not read yet; of instants only
 * the warm-up is taken, so the horizon is the origin then. */
void rate_init(struct rate *rate, const struct scenario_traffic *traffic,
               const struct arrivals_setup *setup, struct trace *trace);

/* The general case of rate_advance. */
bool rate_seek(struct rate *rate, double mass, int64_t *time_ns);

/* Moves on by `mass` >= 0; *time_ns never falls. False: that lies beyond the horizon. */
static inline bool rate_advance(struct rate *rate, double mass, int64_t *time_ns)
{
    if (__builtin_expect(!(rate->flat && mass < rate->left), 0))
        return rate_seek(rate, mass, time_ns);
    rate->left -= mass;
    const double step_ns = rate->rest_ns + mass * rate->gap_ns;
    const int64_t whole_ns = (int64_t)step_ns;
    rate->rest_ns = step_ns - (double)whole_ns;
    rate->now_ns += whole_ns;
    *time_ns = rate->now_ns;
    return true;
}

#endif
