#include "sim/engine/samples.h"

#include <math.h>

#include "sim/engine/traffic.h"
#include "sim/engine/world.h"

enum {
    SAMPLES_MAX = 720,              /* intervals of a window */
    SAMPLES_VALUES_MAX = 256 << 10, /* of all series of a replication */
    SAMPLES_VALUES_ALL = 32 << 20   /* of all replications */
};
#define SAMPLES_SECOND_NS INT64_C(1000000000)
#define SAMPLES_BUSIEST_NS (60 * SAMPLES_SECOND_NS)
#define NANO 1e-9

const char *const sample_traffic_names[SAMPLES_TRAFFIC] = {
    [SAMPLE_OFFERED] = "offered",
    [SAMPLE_THROUGHPUT] = "throughput",
    [SAMPLE_ERRORS] = "errors",
    [SAMPLE_LATENCY] = "latency.mean",
};
const char *const sample_service_names[SAMPLES_SERVICE] = {
    [SAMPLE_ARRIVALS] = "arrivals", [SAMPLE_IN_FLIGHT] = "in_flight", [SAMPLE_QUEUE] = "queue",
    [SAMPLE_BUSY] = "busy",         [SAMPLE_CAPACITY] = "capacity",
};

uint32_t samples_series(const struct scenario *scenario)
{
    return scenario->traffic_count * SAMPLES_TRAFFIC + scenario->services_count * SAMPLES_SERVICE;
}

uint32_t samples_of_traffic(uint32_t traffic, enum sample_traffic series)
{
    return traffic * SAMPLES_TRAFFIC + series;
}

uint32_t samples_of_service(const struct scenario *scenario, uint32_t service,
                            enum sample_service series)
{
    return scenario->traffic_count * SAMPLES_TRAFFIC + service * SAMPLES_SERVICE + series;
}

/* Sums and areas (level x s) up to at_ns. */
static void samples_read(const struct world *w, int64_t at_ns, double *now)
{
    const struct scenario *scenario = w->scenario;
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        const struct call_stats calls = traffic_calls(w, &w->sources[i]);
        double *traffic = &now[samples_of_traffic(i, 0)];
        traffic[SAMPLE_OFFERED] = (double)calls.arrivals;
        traffic[SAMPLE_THROUGHPUT] = (double)calls.ended[OUTCOME_OK];
        traffic[SAMPLE_ERRORS] = 0;
        for (uint32_t class = OUTCOME_OK + 1; class < OUTCOME_COUNT; class ++) {
            traffic[SAMPLE_ERRORS] += (double)calls.ended[class];
        }
        traffic[SAMPLE_LATENCY] = (double)calls.latency.tally.sum * NANO;
    }
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        const struct load *load = &w->services[i].load;
        double *service = &now[samples_of_service(scenario, i, 0)];
        service[SAMPLE_ARRIVALS] = 0;
        service[SAMPLE_IN_FLIGHT] = gauge_area_s(&load->in_flight, at_ns);
        service[SAMPLE_QUEUE] = gauge_area_s(&load->queue, at_ns);
        service[SAMPLE_BUSY] = gauge_area_s(&load->busy, at_ns) * load->unit;
        service[SAMPLE_CAPACITY] =
            load->unlimited ? (double)NAN : gauge_area_s(&load->capacity, at_ns) * load->unit;
    }
    for (uint32_t i = 0; i < scenario->edges_count; i++) {
        now[samples_of_service(scenario, scenario->edges[i].service, SAMPLE_ARRIVALS)] +=
            (double)w->edges[i].calls.arrivals;
    }
}

/* What was used so far, and how much there is; available NaN: not limited. */
static void samples_read_used(struct world *w, uint32_t service, int64_t at_ns, struct usage *usage)
{
    struct service *s = &w->services[service];
    const struct model_info *type = s->spec->type;
    for (uint32_t kind = 0; kind < USED_KINDS; kind++) {
        usage[kind] = (struct usage){.available = NAN};
    }
    if (s->spec->limit_count > 0) {
        const bool refuses = s->spec->limit_action == LIMIT_REJECT;
        usage[USED_LIMIT] = (struct usage){
            .used = gauge_area_s(&s->load.limit, at_ns),
            .available = (double)s->spec->limit_count * s->spec->copies,
            .peak = refuses ? (double)gauge_read(&s->load.limit, at_ns).max : 0,
        };
    }
    if (s->model->usage != NULL) {
        const int64_t now_ns = core_now(&w->core);
        w->core.events.now_ns = at_ns; /* nothing has changed since: models tell of then */
        s->model->usage(w, s, &usage[USED_RESOURCE]);
        w->core.events.now_ns = now_ns;
        for (uint32_t kind = USED_RESOURCE + type->resources_count; kind < USED_KINDS; kind++) {
            usage[kind] = (struct usage){.available = NAN};
        }
    } else if (!s->load.unlimited) {
        usage[USED_CAPACITY].used = gauge_area_s(&s->load.busy, at_ns);
        usage[USED_CAPACITY].available = gauge_area_s(&s->load.capacity, at_ns);
    }
}

/* Present capacity changes: its area is what there was. Where the traffic varies and calls are
 * refused at once, a moment is enough to be at the end. */
static double samples_share(const struct usage *usage, uint32_t kind, double used_before,
                            double available_before, double length_s, bool varies)
{
    if (isinf(usage->available)) {
        return (double)NAN;
    }
    const double available =
        kind == USED_CAPACITY ? usage->available - available_before : usage->available * length_s;
    if (!(available > 0)) {
        return (double)NAN;
    }
    /* a bucket that was full gives more than its rate for a while */
    const double share = fmin((usage->used - used_before) / available, 1);
    return varies ? fmax(share, usage->peak / usage->available) : share;
}

/* Closes an interval in which use is looked at, if `judge`; another begins. */
static void samples_use(struct world *w, int64_t at_ns, bool judge)
{
    struct samples *samples = &w->samples;
    const double length_s = (double)(at_ns - samples->used_from_ns) * NANO;
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        struct usage usage[USED_KINDS];
        samples_read_used(w, i, at_ns, usage);
        for (uint32_t kind = 0; kind < USED_KINDS; kind++) {
            const uint32_t k = i * USED_KINDS + kind;
            if (judge) {
                const double share =
                    samples_share(&usage[kind], kind, samples->used_last[k],
                                  samples->used_available[k], length_s, w->scenario->varies);
                samples->used[k] = fmax(samples->used[k], share); /* a NaN gives way */
            }
            samples->used_last[k] = usage[kind].used;
            samples->used_available[k] = usage[kind].available;
        }
    }
    samples->used_from_ns = at_ns;
}

void samples_begin(struct world *w)
{
    struct samples *samples = &w->samples;
    const struct scenario *scenario = w->scenario;
    const int64_t duration_ns = scenario->duration_ns;
    const uint32_t series = samples_series(scenario);
    const uint32_t used = scenario->services_count * USED_KINDS;
    const uint32_t all = SAMPLES_VALUES_ALL / world_replications(scenario);
    int64_t most = (all < SAMPLES_VALUES_MAX ? all : SAMPLES_VALUES_MAX) / (series + 1) + 1;
    most = most < SAMPLES_MAX ? most : SAMPLES_MAX;
    const int64_t seconds = (duration_ns + SAMPLES_SECOND_NS - 1) / SAMPLES_SECOND_NS;
    const int64_t count = seconds < most ? seconds : most;
    *samples = (struct samples){
        .start_ns = core_now(&w->core),
        .end_ns = w->window_end_ns,
        .step_ns = (duration_ns + count - 1) / count,
        .capacity = (uint32_t)count,
        .series_count = series,
        .values = arena_array(&w->arena, (size_t)count * series, sizeof(double)),
        .last = arena_array(&w->arena, series, sizeof(double)),
        .now = arena_array(&w->arena, series, sizeof(double)),
        .used_length_ns = scenario->varies ? SAMPLES_BUSIEST_NS : duration_ns,
        .used_last = arena_array(&w->arena, used, sizeof(double)),
        .used_available = arena_array(&w->arena, used, sizeof(double)),
        .used = arena_array(&w->arena, used, sizeof(double)),
    };
    samples->next_ns = samples->start_ns + samples->step_ns;
    for (uint32_t i = 0; i < used; i++) {
        samples->used[i] = NAN;
    }
    samples_read(w, samples->start_ns, samples->last);
    samples_use(w, samples->start_ns, false);
}

/* The interval from `from_ns` to at_ns is over. */
static void samples_close(struct world *w, int64_t from_ns, int64_t at_ns)
{
    struct samples *samples = &w->samples;
    const uint32_t traffic_series = w->scenario->traffic_count * SAMPLES_TRAFFIC;
    const double length_s = (double)(at_ns - from_ns) * NANO;
    samples_read(w, at_ns, samples->now);
    for (uint32_t i = 0; i < samples->series_count; i++) {
        double over = length_s;
        if (i < traffic_series && i % SAMPLES_TRAFFIC == SAMPLE_LATENCY) {
            const uint32_t answered = i - SAMPLE_LATENCY + SAMPLE_THROUGHPUT;
            over = samples->now[answered] - samples->last[answered];
        }
        const double change = samples->now[i] - samples->last[i];
        samples->values[(size_t)i * samples->capacity + samples->count] =
            over > 0 ? change / over : (double)NAN;
    }
    double *last = samples->last;
    samples->last = samples->now;
    samples->now = last;
    samples->count++;
}

void samples_take(struct world *w)
{
    struct samples *samples = &w->samples;
    while (core_now(&w->core) >= samples->next_ns) {
        const int64_t at_ns = samples->next_ns;
        samples_close(w, samples->start_ns + (int64_t)samples->count * samples->step_ns, at_ns);
        const bool last = at_ns == samples->end_ns || samples->count == samples->capacity;
        const int64_t used_ns = at_ns - samples->used_from_ns;
        const bool whole = used_ns >= samples->used_length_ns;
        if (whole || (last && 2 * used_ns >= samples->used_length_ns) ||
            (last && samples->used_from_ns == samples->start_ns)) {
            samples_use(w, at_ns, true);
        }
        const int64_t next_ns = at_ns + samples->step_ns;
        samples->next_ns = last                        ? EVENTS_TIME_MAX
                           : next_ns < samples->end_ns ? next_ns
                                                       : samples->end_ns;
    }
}
