/* rate: base segments (points, states, trace) -> stretches (spikes, hours) -> pieces (sines). */
#include "sim/engine/rate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/engine/arrivals.h"
#include "sim/engine/trace.h"
#include "sim/kernel/arena.h"

enum { RATE_SINE_PIECES = 1024, RATE_WEEK_HOURS = 168 };
#define RATE_HOUR_NS INT64_C(3600000000000)
#define RATE_WEEK_NS (RATE_WEEK_HOURS * RATE_HOUR_NS)
#define RATE_SPIKES_MAX 1e18
#define RATE_PI 3.14159265358979323846

static int64_t rate_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Inside time of a scenario time; INT64_MAX: beyond all times. */
static int64_t rate_inside(const struct rate *rate, int64_t scenario_ns)
{
    return rate_min(scenario_ns, INT64_MAX - rate->origin_ns) + rate->origin_ns;
}

/* ---- the base ---- */

/* The base is linear up to a scenario time, from that rate to this. */
static void rate_set_base(struct rate *rate, int64_t end_ns, double from_per_s, double to_per_s)
{
    rate->base_end_ns = rate_inside(rate, end_ns);
    rate->base_from = from_per_s * 1e-9;
    rate->base_to = to_per_s * 1e-9;
}

/* From scenario time t_ns on. */
static void rate_base_points(struct rate *rate, int64_t t_ns)
{
    const struct scenario_traffic *traffic = rate->traffic;
    const struct rate_point *point = &traffic->rate[rate->point];
    while (rate->point + 1 < traffic->rate_count && point[1].time_ns <= t_ns) {
        rate->point++;
        point++;
    }
    bool last = rate->point + 1 == traffic->rate_count;
    if (t_ns < point->time_ns) {
        rate_set_base(rate, point->time_ns, point->rate_per_s, point->rate_per_s);
    } else if (last || !traffic->rate_linear) {
        rate_set_base(rate, last ? INT64_MAX : point[1].time_ns, point->rate_per_s,
                      point->rate_per_s);
    } else {
        rate_set_base(rate, point[1].time_ns, point->rate_per_s, point[1].rate_per_s);
        rate->base_start_ns = rate_inside(rate, point->time_ns);
    }
}

/* The states follow one another, each for an exponential time. */
static void rate_base_states(struct rate *rate, int64_t at_ns)
{
    const struct scenario_traffic *traffic = rate->traffic;
    rate->state = (rate->state + 1) % traffic->mmpp_count;
    double stay_ns = random_exponential(&rate->random) * (double)traffic->mmpp_stay_ns[rate->state];
    double most_ns = (double)(rate->horizon_ns - at_ns);
    double per_s = traffic->mmpp_rates_per_s[rate->state];
    rate_set_base(rate, at_ns - rate->origin_ns + (int64_t)fmin(round(stay_ns), most_ns), per_s,
                  per_s);
}

/* The state before the first one, such that this is drawn from the stationary distribution of the
 * cycle: a state's share is its mean stay over the sum of all. What is left of its stay is
 * exponential again. */
static uint32_t rate_state_before(struct rate *rate)
{
    const struct scenario_traffic *traffic = rate->traffic;
    double sum_ns = 0;
    for (uint32_t i = 0; i < traffic->mmpp_count; i++)
        sum_ns += (double)traffic->mmpp_stay_ns[i];
    double at_ns = random_uniform(&rate->random) * sum_ns;
    uint32_t state = 0;
    while (state + 1 < traffic->mmpp_count && at_ns >= (double)traffic->mmpp_stay_ns[state])
        at_ns -= (double)traffic->mmpp_stay_ns[state++];
    return (state + traffic->mmpp_count - 1) % traffic->mmpp_count;
}

static void rate_base_trace(struct rate *rate, int64_t t_ns)
{
    int64_t end_ns = INT64_MAX;
    double per_s = 0;
    if (t_ns < 0) {
        per_s = trace_start_rate(rate->trace);
        end_ns = 0;
    } else if (!trace_interval(rate->trace, &end_ns, &per_s)) {
        end_ns = INT64_MAX;
        per_s = 0;
    }
    rate_set_base(rate, end_ns, per_s, per_s);
}

/* The next segment of the base, from at_ns on. It may be empty. */
static void rate_next_base(struct rate *rate, int64_t at_ns)
{
    int64_t t_ns = at_ns - rate->origin_ns;
    rate->base_start_ns = at_ns;
    if (rate->traffic->arrivals == ARRIVALS_MMPP) {
        rate_base_states(rate, at_ns);
    } else if (rate->traffic->arrivals == ARRIVALS_TRACE) {
        rate_base_trace(rate, t_ns);
    } else if (t_ns < 0) {
        rate_base_points(rate, 0);
        rate->base_to = rate->base_from;
        rate->base_end_ns = rate->origin_ns;
    } else {
        rate_base_points(rate, t_ns);
    }
}

/* ---- shapes ---- */

static int rate_compare_edges(const void *left, const void *right)
{
    const struct rate_edge *a = left, *b = right;
    return (a->at_ns > b->at_ns) - (a->at_ns < b->at_ns);
}

/* The product of all spikes that cover a scenario time, finite. */
static double rate_spikes_at(const struct scenario_traffic *traffic, int64_t t_ns)
{
    double factor = 1;
    for (uint32_t i = 0; i < traffic->shapes_count; i++) {
        const struct shape *shape = &traffic->shapes[i];
        for (uint32_t j = 0; shape->kind == SHAPE_SPIKES && j < shape->spikes_count; j++) {
            const struct spike *spike = &shape->spikes[j];
            if (spike->at_ns <= t_ns && t_ns - spike->at_ns < spike->for_ns)
                factor *= spike->times;
        }
    }
    return fmin(factor, RATE_SPIKES_MAX);
}

static void rate_init_spikes(struct rate *rate, struct arena *arena)
{
    const struct scenario_traffic *traffic = rate->traffic;
    uint32_t count = 0;
    for (uint32_t i = 0; i < traffic->shapes_count; i++)
        if (traffic->shapes[i].kind == SHAPE_SPIKES)
            count += 2 * traffic->shapes[i].spikes_count;
    rate->spikes = 1;
    rate->edges = arena_array(arena, count, sizeof(struct rate_edge));
    for (uint32_t i = 0; i < traffic->shapes_count; i++) {
        const struct shape *shape = &traffic->shapes[i];
        for (uint32_t j = 0; shape->kind == SHAPE_SPIKES && j < shape->spikes_count; j++) {
            const struct spike *spike = &shape->spikes[j];
            rate->edges[rate->edges_count++].at_ns = spike->at_ns;
            rate->edges[rate->edges_count++].at_ns = spike->at_ns + spike->for_ns;
        }
    }
    qsort(rate->edges, count, sizeof(struct rate_edge), rate_compare_edges);
    for (uint32_t i = 0; i < count; i++)
        rate->edges[i].factor = rate_spikes_at(traffic, rate->edges[i].at_ns);
}

static void rate_init_sine(struct rate *rate, const struct shape *shape)
{
    assert(shape->period_ns > 0);
    assert(shape->amplitude_ratio >= 0 && shape->amplitude_ratio <= 1);
    rate->sines[rate->sines_count++] = (struct rate_sine){
        .period_ns = shape->period_ns,
        .peak_ns = shape->peak_ns % shape->period_ns,
        .amplitude_ratio = shape->amplitude_ratio,
    };
    int64_t step_ns = shape->period_ns / RATE_SINE_PIECES;
    rate->sine_step_ns = rate_min(rate->sine_step_ns, step_ns > 0 ? step_ns : 1);
}

static void rate_init_shapes(struct rate *rate, struct arena *arena)
{
    const struct scenario_traffic *traffic = rate->traffic;
    rate_init_spikes(rate, arena);
    rate->sine_step_ns = INT64_MAX;
    rate->sines = arena_array(arena, traffic->shapes_count, sizeof(struct rate_sine));
    for (uint32_t i = 0; i < traffic->shapes_count; i++) {
        const struct shape *shape = &traffic->shapes[i];
        if (shape->kind == SHAPE_SINE)
            rate_init_sine(rate, shape);
        if (shape->kind != SHAPE_WEEKLY)
            continue;
        bool first = !rate->weekly;
        if (first)
            rate->weekly = arena_array(arena, RATE_WEEK_HOURS, sizeof(double));
        for (int hour = 0; hour < RATE_WEEK_HOURS; hour++)
            rate->weekly[hour] = (first ? 1 : rate->weekly[hour]) * shape->weekly[hour];
    }
}

/* The product of the sines at a scenario time >= 0, given as whole and fraction. */
static double rate_sines_at(const struct rate *rate, int64_t t_ns, double offset_ns)
{
    double factor = 1;
    for (uint32_t i = 0; i < rate->sines_count; i++) {
        const struct rate_sine *sine = &rate->sines[i];
        double phase_ns = (double)(t_ns % sine->period_ns - sine->peak_ns) + offset_ns;
        factor *= 1 + sine->amplitude_ratio * cos(2 * RATE_PI * phase_ns / (double)sine->period_ns);
    }
    return factor;
}

/* ---- stretches and pieces ---- */

/* The stretch that begins at at_ns, where a base segment may be over. */
static void rate_next_stretch(struct rate *rate, int64_t at_ns)
{
    while (rate->base_end_ns <= at_ns)
        rate_next_base(rate, at_ns);
    bool warming = at_ns < rate->origin_ns;
    int64_t t_ns = warming ? 0 : at_ns - rate->origin_ns;
    rate->stretch_end_ns = rate->base_end_ns;
    while (rate->edge < rate->edges_count && rate->edges[rate->edge].at_ns <= t_ns)
        rate->spikes = rate->edges[rate->edge++].factor;
    rate->level = rate->spikes;
    rate->waves = warming ? 0 : rate->sines_count;
    if (rate->weekly) {
        int64_t week_ns = (t_ns + rate->week_start_ns) % RATE_WEEK_NS;
        rate->level *= rate->weekly[week_ns / RATE_HOUR_NS];
        int64_t end_ns = rate_inside(rate, t_ns + RATE_HOUR_NS - week_ns % RATE_HOUR_NS);
        rate->stretch_end_ns = rate_min(rate->stretch_end_ns, end_ns);
    }
    if (rate->edge < rate->edges_count)
        rate->stretch_end_ns =
            rate_min(rate->stretch_end_ns, rate_inside(rate, rate->edges[rate->edge].at_ns));
    if (warming) {
        rate->level *= rate_sines_at(rate, 0, 0);
        rate->stretch_end_ns = rate_min(rate->base_end_ns, rate->origin_ns);
    }
    rate->stretch_end_ns = rate_min(rate->stretch_end_ns, rate->horizon_ns);
    if (rate->level == 0 || (rate->base_from == 0 && rate->base_to == 0)) {
        rate->level = 0; /* nothing comes: no need to cut it */
        rate->waves = 0;
    }
}

/* The rate offset_ns after at_ns, within the stretch. */
static double rate_at(const struct rate *rate, int64_t at_ns, double offset_ns)
{
    double value = rate->base_from;
    if (rate->base_to != value)
        value += (rate->base_to - value) * ((double)(at_ns - rate->base_start_ns) + offset_ns) /
                 (double)(rate->base_end_ns - rate->base_start_ns);
    value *= rate->level;
    return rate->waves > 0 ? value * rate_sines_at(rate, at_ns - rate->origin_ns, offset_ns)
                           : value;
}

/* The next piece; false at the horizon. */
static bool rate_next_piece(struct rate *rate)
{
    int64_t start_ns = rate->end_ns;
    if (start_ns >= rate->horizon_ns)
        return false;
    while (rate->stretch_end_ns <= start_ns)
        rate_next_stretch(rate, start_ns);
    int64_t end_ns = rate->stretch_end_ns;
    if (rate->waves > 0)
        end_ns = rate_min(end_ns, start_ns + rate->sine_step_ns);
    double length_ns = (double)(end_ns - start_ns);
    double low = rate_at(rate, start_ns, 0), high = rate_at(rate, start_ns, length_ns);
    double mean = (low + high) / 2, correction = 1;
    if (rate->waves > 0) {
        double simpson = (mean + 2 * rate_at(rate, start_ns, length_ns / 2)) / 3;
        correction = mean > 0 ? simpson / mean : 1;
        mean *= correction;
    }
    rate->start_ns = start_ns;
    rate->end_ns = end_ns;
    rate->mass = rate->left = mean * length_ns;
    rate->flat = low == high;
    rate->gap_ns = 1 / mean;
    rate->rest_ns = 0;
    rate->low = low * correction;
    rate->slope = (high - low) * correction / length_ns;
    if (rate->now_ns < start_ns)
        rate->now_ns = start_ns;
    return true;
}

/* Where a single sine swings around a constant rate, passes over the whole periods that lie before
 * `mass` and in the stretch; returns their mass. */
static double rate_skip(struct rate *rate, double mass)
{
    if (rate->waves != 1 || rate->sines_count != 1 || rate->base_from != rate->base_to)
        return 0;
    int64_t period_ns = rate->sines[0].period_ns;
    double period_mass = rate->level * rate->base_from * (double)period_ns;
    int64_t most = (rate->stretch_end_ns - rate->end_ns) / period_ns;
    int64_t periods = (int64_t)fmin(mass / period_mass, (double)most);
    rate->end_ns += periods * period_ns;
    return (double)periods * period_mass;
}

/* Distance from the start of a linear piece at which its mass is `mass`. */
static double rate_solve(const struct rate *rate, double mass)
{
    double square = rate->low * rate->low + 2 * rate->slope * mass;
    double divisor = rate->low + sqrt(fmax(square, 0));
    return divisor > 0 ? 2 * mass / divisor : 0;
}

bool rate_seek(struct rate *rate, double mass, int64_t *time_ns)
{
    while (mass >= rate->left) {
        mass -= rate->left;
        mass = fmax(0, mass - rate_skip(rate, mass));
        if (!rate_next_piece(rate)) {
            rate->left = 0;
            return false;
        }
    }
    if (rate->flat)
        return rate_advance(rate, mass, time_ns);
    rate->left -= mass;
    int64_t length_ns = rate->end_ns - rate->start_ns;
    double offset_ns = rate_solve(rate, rate->mass - rate->left);
    int64_t at_ns = rate->start_ns + rate_min((int64_t)offset_ns, length_ns);
    rate->now_ns = rate->now_ns < at_ns ? at_ns : rate->now_ns;
    *time_ns = rate->now_ns;
    return true;
}

void rate_init(struct rate *rate, const struct scenario_traffic *traffic,
               const struct arrivals_setup *setup, struct trace *trace)
{
    assert(setup->origin_ns >= 0);
    assert(setup->horizon_ns >= setup->origin_ns);
    *rate = (struct rate){
        .traffic = traffic,
        .trace = trace,
        .flat = true,
        .origin_ns = setup->origin_ns,
        .horizon_ns = setup->horizon_ns,
        .week_start_ns = setup->week_start_ns,
    };
    rate_init_shapes(rate, setup->arena);
    if (traffic->arrivals == ARRIVALS_MMPP) {
        random_seed(&rate->random, setup->seed, setup->replication, traffic->name, "states");
        rate->state = rate_state_before(rate);
    }
}
