/* observe: from a finished world to one replication's numbers, in the order of the scenario's
 * metrics. Each entry of the list says whose number it is (scope, index) and which (field,
 * part); this file is the one place where fields meet the counters of the engine. Values are in
 * base units: s, 1/s, ratio. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/traffic.h"
#include "sim/engine/world.h"

#define NANO 1e-9

enum { QUANTILE_BEYOND_MIN = 10 };

/* A value, or a ratio with its counts. */
struct observed {
    double value;
    uint64_t hits, trials;
};

static struct observed observed_value(double value)
{
    return (struct observed){.value = value};
}

static struct observed observed_ratio(uint64_t hits, uint64_t trials)
{
    return (struct observed){
        .value = trials > 0 ? (double)hits / (double)trials : NAN, .hits = hits, .trials = trials};
}

static uint64_t calls_ended(const struct call_stats *calls)
{
    uint64_t ended = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        ended += calls->ended[i];
    }
    return ended;
}

/* A quantile needs ten observations beyond it. */
static struct observed observe_latency(const struct summary *summary, enum latency_part part)
{
    const struct tally *tally = &summary->tally;
    if (tally->count == 0) {
        return observed_value(NAN);
    }
    switch (part) {
    case PART_MEAN:
        return observed_value(tally_mean(tally) * NANO);
    case PART_SD:
        return observed_value(tally_sd(tally) * NANO);
    case PART_MAX:
        return observed_value((double)tally->max * NANO);
    default: {
        const double p = latency_part_probability(part);
        if ((double)tally->count * (1 - p) < QUANTILE_BEYOND_MIN) {
            return observed_value(NAN);
        }
        return observed_value(summary_quantile(summary, p) * NANO);
    }
    }
}

/* `unit`: what one step of the level is worth. */
static struct observed observe_level(const struct gauge_window *window, double unit,
                                     double length_ns, uint16_t part)
{
    switch (part) {
    case LEVEL_MIN:
        return observed_value((double)window->min * unit);
    case LEVEL_MAX:
        return observed_value((double)window->max * unit);
    default:
        return observed_value(window->area / length_ns * unit);
    }
}

static struct observed observe_traffic(const struct world *w, const struct metric_entry *entry)
{
    const struct source *source = &w->sources[entry->index];
    const struct call_stats stats = traffic_calls(w, source);
    const struct call_stats *calls = &stats;
    const double duration_s = (double)w->scenario->duration_ns * NANO;
    switch (entry->field) {
    case FIELD_OFFERED:
        return observed_value((double)calls->arrivals / duration_s);
    case FIELD_THROUGHPUT:
        return observed_value((double)calls->ended[OUTCOME_OK] / duration_s);
    case FIELD_AVAILABILITY:
        return observed_ratio(calls->ended[OUTCOME_OK], calls->arrivals);
    case FIELD_WITHIN:
        if (source->spec->objective_ns == TIME_NONE) {
            return observed_value(NAN);
        }
        return observed_ratio(source->within, calls->arrivals);
    case FIELD_UNFINISHED:
        return observed_ratio(calls->arrivals - calls_ended(calls), calls->arrivals);
    case FIELD_ERRORS:
        return observed_ratio(calls->ended[entry->part], calls->arrivals);
    case FIELD_RETRIES:
        return observed_ratio(source->retries,
                              source->retries_at_all ? source->attempts : calls->arrivals);
    case FIELD_LATENCY:
        return observe_latency(&calls->latency, entry->part);
    default:
        return observed_value(NAN);
    }
}

/* Counts that an operation, an edge and a whole service share. */
static struct observed observe_calls(const struct call_stats *calls, double duration_s,
                                     const struct metric_entry *entry)
{
    switch (entry->field) {
    case FIELD_ARRIVALS:
    case FIELD_RATE:
        return observed_value((double)calls->arrivals / duration_s);
    case FIELD_THROUGHPUT:
        return observed_value((double)calls->ended[OUTCOME_OK] / duration_s);
    case FIELD_UNFINISHED:
        return observed_ratio(calls->arrivals - calls_ended(calls), calls->arrivals);
    case FIELD_ERRORS:
        return observed_ratio(calls->ended[entry->part], calls_ended(calls));
    case FIELD_ABANDONED:
        return observed_ratio(calls->abandoned, calls_ended(calls));
    case FIELD_LATENCY:
        return observe_latency(&calls->latency, entry->part);
    default:
        return observed_value(NAN);
    }
}

/* As its caller sees it: whom it gave up has timed out. */
static struct observed observe_edge(const struct edge_stats *edge, double duration_s,
                                    const struct metric_entry *entry)
{
    struct call_stats seen = edge->calls;
    seen.ended[OUTCOME_TIMEOUT] += edge->given_up;
    return observe_calls(&seen, duration_s, entry);
}

static struct observed observe_service(const struct world *w, const struct call_stats *calls,
                                       const struct metric_entry *entry)
{
    const struct load *load = &w->services[entry->index].load;
    const struct load_window *window = &w->window[entry->index];
    const double length_ns = (double)w->scenario->duration_ns;
    switch (entry->field) {
    case FIELD_WAIT:
        return observe_latency(&load->wait, entry->part);
    case FIELD_WAITED:
        return observed_ratio(load_waited(load), load->wait.tally.count);
    case FIELD_UTILIZATION:
        if (load->unlimited || window->capacity.area <= 0) {
            return observed_value(NAN);
        }
        return observed_value(window->busy.area / window->capacity.area);
    case FIELD_BUSY:
        return observe_level(&window->busy, load->unit, length_ns, entry->part);
    case FIELD_IN_FLIGHT:
        return observe_level(&window->in_flight, 1, length_ns, entry->part);
    case FIELD_QUEUE:
        return observe_level(&window->queue, 1, length_ns, entry->part);
    case FIELD_CAPACITY:
        return load->unlimited
                   ? observed_value(NAN)
                   : observe_level(&window->capacity, load->unit, length_ns, entry->part);
    case FIELD_UP:
        return observed_value(window->up_ns / length_ns);
    default:
        return observe_calls(calls, length_ns * NANO, entry);
    }
}

static struct observed observe_own(const struct own_value *own, const struct metric *metric,
                                   const struct metric_entry *entry)
{
    switch (metric->form) {
    case METRIC_RATIO:
        return observed_ratio(own->hits, own->trials);
    case METRIC_LATENCY:
        return own->summary != NULL ? observe_latency(own->summary, entry->part)
                                    : observed_value(NAN);
    case METRIC_VALUE:
    case METRIC_MAX:
        return observed_value(own->value);
    }
    __builtin_unreachable();
}

/* What the entries of one kind look up: everything summed or gathered once per world. */
struct observation {
    struct call_stats *services; /* operations of each service, pooled */
    struct call_stats
        *operations;        /* flat over services; with the answers recorded at their edges */
    struct own_value **own; /* per service */
};

static void observation_add(struct call_stats *into, const struct call_stats *from)
{
    into->arrivals += from->arrivals;
    into->abandoned += from->abandoned;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        into->ended[i] += from->ended[i];
    }
    summary_merge(&into->latency, &from->latency);
}

static struct call_stats *observation_stats(struct world *w, uint32_t count)
{
    struct call_stats *stats = arena_array(&w->arena, count, sizeof(*stats));
    for (uint32_t i = 0; i < count; i++) {
        summary_init(&stats[i].latency, &w->arena);
    }
    return stats;
}

static void observation_calls(struct world *w, struct observation *o)
{
    const struct scenario *scenario = w->scenario;
    uint32_t *first = arena_array(&w->arena, scenario->services_count + 1, sizeof(*first));
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        first[i + 1] = first[i] + scenario->services[i].operations_count;
    }
    o->services = observation_stats(w, scenario->services_count);
    o->operations = observation_stats(w, first[scenario->services_count]);
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        for (uint32_t k = 0; k < scenario->services[i].operations_count; k++) {
            observation_add(&o->operations[first[i] + k], &w->services[i].operations[k]);
        }
    }
    for (uint32_t i = 0; i < scenario->edges_count; i++) {
        const struct edge *edge = &scenario->edges[i];
        observation_add(&o->operations[first[edge->service] + edge->operation], &w->edges[i].calls);
    }
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        for (uint32_t k = first[i]; k < first[i + 1]; k++) {
            observation_add(&o->services[i], &o->operations[k]);
        }
    }
}

static struct observation observation_make(struct world *w)
{
    const uint32_t count = w->scenario->services_count;
    struct observation o = {.own = arena_array(&w->arena, count, sizeof(*o.own))};
    observation_calls(w, &o);
    for (uint32_t i = 0; i < count; i++) {
        struct service *s = &w->services[i];
        const uint32_t metrics_count = s->model->info.metrics_count;
        o.own[i] = arena_array(&w->arena, metrics_count, sizeof(struct own_value));
        for (uint32_t k = 0; k < metrics_count; k++) {
            o.own[i][k].value = NAN;
        }
        if (s->model->observe != NULL) {
            s->model->observe(w, s, o.own[i]);
        }
    }
    return o;
}

static struct observed observe(const struct world *w, const struct observation *o,
                               const struct metric_entry *entry)
{
    const double duration_s = (double)w->scenario->duration_ns * NANO;
    switch (entry->scope) {
    case SCOPE_TRAFFIC:
        return observe_traffic(w, entry);
    case SCOPE_SERVICE:
        return observe_service(w, &o->services[entry->index], entry);
    case SCOPE_OPERATION:
        return observe_calls(&o->operations[entry->index], duration_s, entry);
    case SCOPE_EDGE:
        return observe_edge(&w->edges[entry->index], duration_s, entry);
    case SCOPE_OWN:
        return observe_own(&o->own[entry->index][entry->own],
                           &w->services[entry->index].model->info.metrics[entry->own], entry);
    }
    __builtin_unreachable();
}

static struct histogram_code collect_code(struct arena *arena, struct histogram_code code)
{
    uint8_t *bytes = arena_alloc(arena, code.size_bytes);
    memcpy(bytes, code.bytes, code.size_bytes);
    return (struct histogram_code){.bytes = bytes, .size_bytes = code.size_bytes};
}

static struct traffic_window collect_window(struct arena *arena, const struct window *window)
{
    struct traffic_window copy = {
        .arrived = window->arrived,
        .ok = window->ok,
        .latency_p99_ns = window->ok > 0 ? window->latency_p99_ns : NAN,
    };
    if (window->code.bytes != NULL) {
        copy.code = collect_code(arena, window->code);
    }
    return copy;
}

static void collect_windows(struct world *w, struct arena *arena, struct replication *out)
{
    const uint32_t count = w->scenario->traffic_count;
    out->windows = arena_array(arena, count, sizeof(*out->windows));
    for (uint32_t i = 0; i < count; i++) {
        struct source *source = &w->sources[i];
        windows_pack(&source->windows);
        out->windows_count = source->windows.count;
        out->windows[i] = arena_array(arena, source->windows.count, sizeof(struct traffic_window));
        for (uint32_t k = 0; k < source->windows.count; k++) {
            out->windows[i][k] = collect_window(arena, &source->windows.items[k]);
        }
    }
}

static void collect_series(const struct world *w, struct arena *arena, struct replication *out)
{
    const struct series *series = &w->series;
    out->series_count = series->count;
    out->series_step_s = (double)series->step_ns * NANO;
    out->series = arena_array(arena, series->count, sizeof(double));
    for (uint32_t i = 0; i < series->count; i++) {
        out->series[i] = series_level(series, i);
    }
}

/* Conservation: what arrived has ended in exactly one class, or is still here. */
static void collect_check(const struct world *w, const struct observation *o)
{
    uint64_t open = 0;
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        assert(calls_ended(&o->services[i]) <= o->services[i].arrivals);
        open += o->services[i].arrivals - calls_ended(&o->services[i]);
    }
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        const struct call_stats calls = traffic_calls(w, &w->sources[i]);
        assert(calls_ended(&calls) <= calls.arrivals);
        open += w->sources[i].retries_at_all ? calls.arrivals - calls_ended(&calls) : 0;
    }
    assert(open == w->open);
}

static void collect_samples(const struct world *w, struct arena *arena, struct replication *out)
{
    const struct samples *samples = &w->samples;
    const size_t used = (size_t)w->scenario->services_count * USED_KINDS;
    double *values =
        arena_array(arena, (size_t)samples->count * samples->series_count, sizeof(*values));
    for (uint32_t i = 0; i < samples->series_count; i++) {
        memcpy(&values[(size_t)i * samples->count], &samples->values[(size_t)i * samples->capacity],
               samples->count * sizeof(*values));
    }
    out->samples = values;
    out->samples_count = samples->count;
    out->samples_step_s = (double)samples->step_ns * NANO;
    out->used = arena_array(arena, used, sizeof(double));
    memcpy(out->used, samples->used, used * sizeof(double));
}

static void collect_latencies(const struct world *w, struct arena *arena, struct replication *out)
{
    out->latencies = arena_array(arena, w->scenario->traffic_count, sizeof(*out->latencies));
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        const struct call_stats calls = traffic_calls(w, &w->sources[i]);
        const struct histogram_code code = histogram_encode(&calls.latency.histogram);
        out->latencies[i] = collect_code(arena, code);
        free((void *)code.bytes);
    }
}

static void collect_log(const struct world *w, struct arena *arena, struct replication *out)
{
    const struct log_entry **end = &out->log;
    for (const struct log_entry *entry = w->log.first; entry != NULL; entry = entry->next) {
        struct log_entry *copy = arena_alloc(arena, sizeof(*copy));
        *copy = *entry;
        copy->next = NULL;
        *end = copy;
        end = (const struct log_entry **)&copy->next;
    }
    out->log_origin_ns = w->origin_ns;
    out->log_dropped = w->log.dropped;
    if (w->core.spans != NULL) {
        spans_collect(w->core.spans, arena, core_now(&w->core), &out->spans);
    }
}

static void collect_services(const struct world *w, struct arena *arena, struct replication *out)
{
    const uint32_t count = w->scenario->services_count;
    out->service_overloaded = arena_array(arena, count, sizeof(bool));
    out->fallible = arena_array(arena, count, sizeof(bool));
    for (uint32_t i = 0; i < count; i++) {
        out->service_overloaded[i] = backlog_grew(&w->backlogs[i], w->scenario->duration_ns);
        out->fallible[i] = w->services[i].load.fallible;
    }
    collect_samples(w, arena, out);
    collect_log(w, arena, out);
}

void world_collect(struct world *w, struct arena *arena, struct replication *out)
{
    const struct metric_list *list = w->scenario->metrics;
    *out = (struct replication){
        .end = w->end,
        .culprit = w->culprit,
        .index = w->replication,
        .values = arena_array(arena, list->count, sizeof(double)),
        .hits = arena_array(arena, list->count, sizeof(uint64_t)),
        .trials = arena_array(arena, list->count, sizeof(uint64_t)),
        .trace_ended = arena_array(arena, w->scenario->traffic_count, sizeof(bool)),
        .overloaded = arena_array(arena, w->scenario->traffic_count, sizeof(bool)),
        .events = w->steps,
        .frames_max = w->core.frames.live_max,
        .profile = w->profile,
    };
    collect_series(w, arena, out);
    if (w->pilot || w->end != WORLD_DONE) {
        return;
    }
    const struct observation o = observation_make(w);
    collect_check(w, &o);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct observed observed = observe(w, &o, &list->entries[i]);
        out->values[i] = observed.value;
        out->hits[i] = observed.hits;
        out->trials[i] = observed.trials;
    }
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        const struct source *source = &w->sources[i];
        out->trace_ended[i] = source->spec->arrivals == ARRIVALS_TRACE &&
                              source->arrivals.ended_ns < w->window_end_ns;
        out->overloaded[i] = backlog_grew(&source->backlog, w->scenario->duration_ns);
    }
    collect_services(w, arena, out);
    collect_windows(w, arena, out);
    collect_latencies(w, arena, out);
}
