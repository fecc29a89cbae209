#include "sim/engine/world.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/breaker.h"
#include "sim/engine/call.h"
#include "sim/engine/feed.h"
#include "sim/engine/retry.h"
#include "sim/engine/traffic.h"

enum {
    WORLD_POLL_STEPS = 1 << 16, /* events and turns of ready frames between two looks around */
    WORLD_SERIES_POINTS = 2000,
    WORLD_PILOT_FOLDS =
        12, /* a pilot may end long before its duration: it begins with finer points */
    WORLD_ENTRIES_ALL = 1 << 20, /* of the logs of all replications */
};

/* The marks of a run, one after the other, in a lane of their own (no distance is negative), out
 * of the way of the heap. */
#define WORLD_MARKS (-1)
enum window_mark {
    WINDOW_BEGINS,
    WINDOW_QUARTER_1,
    WINDOW_QUARTER_2,
    WINDOW_QUARTER_3,
    WINDOW_ENDS,
    WINDOW_DRAINED,
};

_Static_assert(offsetof(struct world, core) == 0, "a world begins with its core");

uint32_t world_replications(const struct scenario *scenario)
{
    return scenario->replications > 0 ? scenario->replications : WORLD_REPLICATIONS_AUTO;
}

bool world_measuring(const struct world *w)
{
    return w->measuring;
}

double world_window_s(const struct world *w)
{
    return (double)w->scenario->duration_ns / 1e9;
}

void service_gauge(struct service *s, struct gauge *gauge, struct gauge_window *seen)
{
    struct service_gauge *entry = arena_alloc(s->arena, sizeof(*entry));
    *entry = (struct service_gauge){gauge, seen, s->gauges};
    s->gauges = entry;
}

void service_work_constant(struct service *s, int64_t work_ns)
{
    s->work_constant_ns = work_ns;
    s->work_lane = events_lane(&s->core->events, work_ns);
}

int64_t world_origin(const struct world *w)
{
    return w->origin_ns;
}

const char *world_region(const struct world *w)
{
    return w->scenario->region;
}

uint32_t world_zones(const struct world *w)
{
    return w->scenario->zones;
}

struct log_entry *service_log(struct world *w, struct service *s, const struct log_entry *entry)
{
    struct log_entry *kept = log_add(&w->log, s->index, entry);
    kept->at_ns = core_now(&w->core);
    kept->until_ns = kept->at_ns;
    return kept;
}

void service_overflow(struct world *w, struct service *s)
{
    if (!w->ended) {
        w->ended = true;
        w->end = WORLD_OVERLOADED;
        w->culprit = s->index;
    }
}

struct random service_random(const struct world *w, const struct service *s, const char *purpose)
{
    struct random random;
    random_seed(&random, w->seed, w->replication, s->spec->name, purpose);
    return random;
}

/* ---- the beginning ---- */

/* One for all services of the type; made for the first. */
static void *world_shared(struct world *w, uint16_t type, const struct model *model)
{
    if (w->shared[type] == NULL) {
        w->shared[type] = arena_alloc(&w->arena, model->shared_size);
    }
    return w->shared[type];
}

static void world_start_service(struct world *w, uint16_t index, const struct model *model)
{
    struct service *s = &w->services[index];
    const struct scenario_service *spec = &w->scenario->services[index];
    *s = (struct service){
        .model = model,
        .spec = spec,
        .params = spec->params,
        .quotas = w->scenario->quotas[spec->type_index],
        .state = arena_alloc(&w->arena, model->state_size),
        .shared = world_shared(w, spec->type_index, model),
        .core = &w->core,
        .arena = &w->arena,
        .operations = arena_array(&w->arena, spec->operations_count, sizeof(struct call_stats)),
        .limits = spec->limit_count > 0 ? arena_array(&w->arena, spec->copies, sizeof(struct limit))
                                        : NULL,
        .watch = spec->watched ? arena_alloc(&w->arena, sizeof(struct watch)) : NULL,
        .work_constant_ns = -1,
        .work_lane = EVENTS_HEAP,
        .limit_ns = -1,
        .index = index,
    };
    s->load.unit = 1;
    s->work_random = service_random(w, s, "work");
    s->step_random = service_random(w, s, "step");
    summary_init(&s->load.wait, &w->arena);
    gauge_set(&s->load.up, 1, 0);
    for (uint32_t i = 0; i < spec->operations_count; i++) {
        summary_init(&s->operations[i].latency, &w->arena);
        const struct distribution *work = spec->operations[i].work;
        if (s->work_constant_ns < 0 && work != NULL && work->kind == DISTRIBUTION_CONSTANT) {
            s->work_constant_ns = distribution_draw_int(work, &s->work_random);
            s->work_lane = events_lane(&w->core.events, s->work_constant_ns);
        }
    }
    if (model->start != NULL) {
        model->start(w, s);
    }
}

/* "caller>service.operation": edges are drawn for by name, not by their order in the file. */
static void world_start_edge(struct world *w, uint16_t index)
{
    const struct scenario *scenario = w->scenario;
    const struct edge *edge = &scenario->edges[index];
    const struct scenario_service *service = &scenario->services[edge->service];
    const char *caller = edge->caller < scenario->services_count
                             ? scenario->services[edge->caller].name
                             : scenario->traffic[edge->caller - scenario->services_count].name;
    const char *operation = service->operations[edge->operation].name;
    const char *name = arena_printf(&w->arena, "%s>%s.%s", caller, service->name,
                                    operation != NULL ? operation : "call");
    struct edge_stats *stats = &w->edges[index];
    summary_init(&stats->calls.latency, &w->arena);
    stats->budget = RETRY_BUDGET_FULL;
    stats->timeout_ns = -1;
    random_seed(&stats->retry_random, w->seed, w->replication, name, "retry");
}

static void world_mark(struct world *w, enum window_mark mark)
{
    const int64_t duration_ns = w->scenario->duration_ns;
    int64_t time_ns;
    switch (mark) {
    case WINDOW_ENDS:
        time_ns = w->window_end_ns;
        break;
    case WINDOW_DRAINED:
        time_ns = w->drain_end_ns;
        break;
    default:
        time_ns = w->origin_ns + duration_ns / BACKLOG_QUARTERS * (int64_t)mark;
        break;
    }
    events_in_lane(&w->core.events, events_lane(&w->core.events, WORLD_MARKS), time_ns,
                   EVENT_WINDOW, 0, mark);
}

static struct world *world_alloc(const struct world_setup *setup)
{
    const struct scenario *scenario = setup->scenario;
    struct world *w = memory_resize(NULL, 1, sizeof(*w));
    *w = (struct world){
        .scenario = scenario,
        .replication = setup->replication,
        .seed = scenario->seed,
        .origin_ns = setup->pilot ? 0 : setup->warmup_ns,
        .requests_max = setup->requests_max,
        .traffic_edges = (uint16_t)(scenario->edges_count - scenario->traffic_count),
        .progress = setup->progress,
        .stop = setup->stop,
        .pilot = setup->pilot,
    };
    w->window_end_ns = w->origin_ns + scenario->duration_ns;
    w->drain_end_ns = w->window_end_ns + (setup->pilot ? 0 : scenario->drain_ns);
    w->sample_ns = EVENTS_TIME_MAX;
    w->samples.next_ns = EVENTS_TIME_MAX;
    w->look_ns = EVENTS_TIME_MAX;
    w->steps_left = WORLD_POLL_STEPS;
    core_init(&w->core, WORLD_FRAMES_MAX);
    if (setup->spans_count > 0) {
        struct spans_setup spans = {.sample_count = setup->spans_count,
                                    .slow_count = setup->spans_count,
                                    .spans_max = WORLD_SPANS_MAX};
        random_seed(&spans.random, w->seed, w->replication, "", "spans");
        w->core.spans = spans_new(&spans);
    }
    arena_init(&w->arena);
    w->services = arena_array(&w->arena, scenario->services_count, sizeof(*w->services));
    w->sources = arena_array(&w->arena, scenario->traffic_count, sizeof(*w->sources));
    w->edges = arena_array(&w->arena, scenario->edges_count, sizeof(*w->edges));
    w->breakers = arena_array(&w->arena, scenario->breakers_count, sizeof(*w->breakers));
    w->backlogs = arena_array(&w->arena, scenario->services_count, sizeof(*w->backlogs));
    w->window = arena_array(&w->arena, scenario->services_count, sizeof(*w->window));
    w->shared = arena_array(&w->arena, scenario->types_count, sizeof(*w->shared));
    log_init(&w->log, &w->arena, scenario->services_count,
             WORLD_ENTRIES_ALL / world_replications(scenario));
    return w;
}

static int world_compare_names(const void *a, const void *b)
{
    const struct service *const *x = a, *const *y = b;
    return strcmp((*x)->spec->name, (*y)->spec->name);
}

/* In the order of their names, not of the file: members are announced in that order. */
static void world_begin_services(struct world *w)
{
    struct service **beginners =
        arena_array(&w->arena, w->scenario->services_count, sizeof(struct service *));
    uint32_t count = 0;
    feed_begin(w);
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        if (w->services[i].model->begin != NULL) {
            beginners[count++] = &w->services[i];
        }
    }
    qsort(beginners, count, sizeof(struct service *), world_compare_names);
    for (uint32_t i = 0; i < count; i++) {
        beginners[i]->model->begin(w, beginners[i]);
    }
}

struct world *world_new(const struct world_setup *setup)
{
    struct world *w = world_alloc(setup);
    const struct scenario *scenario = w->scenario;
    const int64_t step_ns =
        (scenario->duration_ns / WORLD_SERIES_POINTS >> (setup->pilot ? WORLD_PILOT_FOLDS : 0)) + 1;
    series_init(&w->series, &w->arena, w->origin_ns, step_ns, WORLD_SERIES_POINTS);
    if (setup->pilot) { /* one long warm-up, watched from empty; it has no window */
        w->sample_ns = step_ns;
        w->look_ns = step_ns;
        world_mark(w, WINDOW_DRAINED);
    } else {
        /* all now, so that they come before whatever else happens at their instants */
        for (uint32_t mark = WINDOW_BEGINS; mark <= WINDOW_ENDS; mark++) {
            world_mark(w, mark);
        }
    }
    for (uint32_t i = 0; i < scenario->breakers_count; i++) {
        breaker_init(&w->breakers[i]);
    }
    for (uint32_t i = 0; i < scenario->edges_count; i++) {
        world_start_edge(w, (uint16_t)i);
    }
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        world_start_service(w, (uint16_t)i, setup->models[scenario->services[i].type_index]);
    }
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        w->zonal =
            w->zonal || scenario->services[i].zones_mask != 0 || w->services[i].model->info.members;
    }
    world_begin_services(w);
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        traffic_start(w, (uint16_t)i);
    }
    return w;
}

void world_free(struct world *w)
{
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        traffic_stop(&w->sources[i]);
    }
    spans_free(w->core.spans);
    core_done(&w->core);
    arena_done(&w->arena);
    free(w);
}

/* ---- the window ---- */

static void world_look_next(struct world *w)
{
    w->look_ns = w->sample_ns < w->samples.next_ns ? w->sample_ns : w->samples.next_ns;
}

/* The intervals of the series and the samples that have ended by now. */
static void world_look(struct world *w)
{
    samples_take(w);
    while (core_now(&w->core) >= w->sample_ns) {
        double area = 0;
        for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
            area += gauge_read(&w->sources[i].in_flight, w->sample_ns).area;
        }
        series_add(&w->series, w->sample_ns - w->series.step_ns, area - w->sample_area);
        w->sample_area = area;
        w->sample_ns += w->series.step_ns;
    }
    world_look_next(w);
}

static void world_tell_window(struct world *w, bool begins)
{
    const int64_t now_ns = core_now(&w->core);
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        struct service *s = &w->services[i];
        for (struct service_gauge *entry = s->gauges; entry != NULL; entry = entry->next) {
            if (begins) {
                gauge_reset(entry->gauge, now_ns);
            } else {
                *entry->seen = gauge_read(entry->gauge, now_ns);
            }
        }
        if (s->model->window != NULL) {
            s->model->window(w, s, begins);
        }
    }
}

static void world_begin_window(struct world *w)
{
    const int64_t now_ns = core_now(&w->core);
    w->measuring = true;
    w->sample_ns = now_ns + w->series.step_ns;
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        struct load *load = &w->services[i].load;
        gauge_reset(&load->in_flight, now_ns);
        gauge_reset(&load->queue, now_ns);
        gauge_reset(&load->busy, now_ns);
        gauge_reset(&load->capacity, now_ns);
        gauge_reset(&load->up, now_ns);
        gauge_reset(&load->limit, now_ns);
        memset(w->services[i].spells, 0, sizeof(w->services[i].spells)); /* of the warm-up */
    }
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        traffic_reset(w, &w->sources[i]);
    }
    world_tell_window(w, true);
    samples_begin(w);
    world_look_next(w);
}

static void world_quarter(struct world *w, uint32_t quarter)
{
    const struct scenario *scenario = w->scenario;
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        traffic_quarter(w, &w->sources[i], quarter);
    }
    for (uint32_t i = 0; i < scenario->edges_count; i++) {
        w->backlogs[scenario->edges[i].service].arrivals[quarter] += w->edges[i].calls.arrivals;
    }
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        struct backlog *backlog = &w->backlogs[i];
        const struct load *load = &w->services[i].load;
        const bool feeds = scenario->services[i].consumers_count > 0; /* its calls are soon over */
        backlog_mark(backlog, quarter, feeds ? &load->queue : &load->in_flight,
                     backlog->arrivals[quarter], core_now(&w->core));
    }
}

#ifndef ARCHSIM_RELEASE
void world_stay(struct world *w, const struct frame *f)
{
    const int64_t from_ns = f->start_ns > w->origin_ns ? f->start_ns : w->origin_ns;
    w->services[f->service].stay_ns += core_now(&w->core) - from_ns;
}

/* Little's law on this very path: what was in flight, over time, is what the calls stayed, each by
 * its own clock; of those that are still here, up to now. */
static void world_little(struct world *w)
{
    for (uint32_t slot = 0; slot < w->core.frames.count; slot++) {
        const struct frame *f = core_frame(&w->core, slot);
        const bool call = !(f->flags & (FRAME_BRANCH | FRAME_CLIENT));
        if (call && f->state != FRAME_FREE && f->state != FRAME_NEW) {
            world_stay(w, f);
        }
    }
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        const double stay_ns = (double)w->services[i].stay_ns;
        assert(fabs(w->window[i].in_flight.area - stay_ns) <= 1e-9 * stay_ns);
    }
}
#endif

static void world_end_window(struct world *w)
{
    const int64_t now_ns = core_now(&w->core);
    w->measuring = false;
    world_quarter(w, BACKLOG_QUARTERS);
    w->sample_ns = EVENTS_TIME_MAX;
    world_look_next(w);
    world_tell_window(w, false);
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        const struct load *load = &w->services[i].load;
        w->window[i] = (struct load_window){
            .in_flight = gauge_read(&load->in_flight, now_ns),
            .queue = gauge_read(&load->queue, now_ns),
            .busy = gauge_read(&load->busy, now_ns),
            .capacity = gauge_read(&load->capacity, now_ns),
            .limit = gauge_read(&load->limit, now_ns),
            .up_ns = gauge_read(&load->up, now_ns).area,
        };
    }
#ifndef ARCHSIM_RELEASE
    world_little(w);
#endif
    if (w->open == 0) {
        w->ended = true;
    }
    world_mark(w, WINDOW_DRAINED);
}

static void world_window(struct world *w, enum window_mark mark)
{
    switch (mark) {
    case WINDOW_BEGINS:
        world_begin_window(w);
        break;
    case WINDOW_QUARTER_1:
    case WINDOW_QUARTER_2:
    case WINDOW_QUARTER_3:
        world_quarter(w, mark);
        break;
    case WINDOW_ENDS:
        world_end_window(w);
        break;
    case WINDOW_DRAINED:
        w->ended = true;
        break;
    }
}

void world_closed(struct world *w)
{
    assert_hot(w->open > 0);
    if (--w->open == 0 && core_now(&w->core) >= w->window_end_ns && !w->measuring) {
        w->ended = true;
    }
}

/* ---- limits ---- */

/* Whose calls, branches and clients that retry hold most frames. */
static uint16_t world_fullest(struct world *w)
{
    uint32_t *held = arena_array(&w->arena, w->scenario->services_count, sizeof(*held));
    uint16_t fullest = 0;
    for (uint32_t slot = 0; slot < w->core.frames.count; slot++) {
        const struct frame *f = core_frame(&w->core, slot);
        held[f->service] += f->state != FRAME_FREE;
        if (held[f->service] > held[fullest]) {
            fullest = f->service;
        }
    }
    return fullest;
}

void world_over_limit(struct world *w)
{
    if (!w->ended) {
        w->ended = true;
        w->end = WORLD_OVERLOADED;
        w->culprit = world_fullest(w);
    }
}

/* Now and then: tells how far it is, hears whether to stop, and notices that time stands still. */
static void world_poll(struct world *w, uint16_t service)
{
    const int64_t now_ns = core_now(&w->core);
    w->steps += WORLD_POLL_STEPS;
    w->steps_left = WORLD_POLL_STEPS;
    if (w->progress != NULL) {
        atomic_store_explicit(&w->progress->now_ns, now_ns, memory_order_relaxed);
        atomic_store_explicit(&w->progress->events, w->steps, memory_order_relaxed);
    }
    if (w->stop != NULL && atomic_load_explicit(w->stop, memory_order_relaxed)) {
        w->ended = true;
        w->end = WORLD_INTERRUPTED;
    } else if (w->requests_max > 0 && w->requests_count >= w->requests_max) {
        w->ended = true;
    } else if (now_ns != w->polled_ns) {
        w->polled_ns = now_ns;
        w->polled_steps = w->steps;
    } else if (w->steps - w->polled_steps > WORLD_STANDSTILL_MAX) {
        w->ended = true;
        w->end = WORLD_STANDSTILL;
        w->culprit = service;
    }
}

void world_step(struct world *w, uint16_t service)
{
    if (--w->steps_left == 0) {
        world_poll(w, service);
    }
}

/* ---- time passes ---- */

/* A frame of the ready line acts on its state. */
static void world_act(struct world *w, struct frame *f)
{
    if (f->flags & FRAME_WITHDRAWN) {
        call_end(w, f, OUTCOME_TIMEOUT);
        return;
    }
    switch (f->state) {
    case FRAME_NEW:
        call_begin(w, f);
        break;
    case FRAME_ADMIT:
        call_admit(w, f);
        break;
    case FRAME_GO:
    case FRAME_ANSWERED:
        call_step(w, f);
        break;
    case FRAME_ENDING:
        call_end(w, f, f->answer);
        break;
    default:
        assert(false && "a frame that has nothing to do is ready");
    }
}

static void world_serve_ready(struct world *w)
{
    struct core *core = &w->core;
    while (core->ready_count > 0 && !w->ended) {
        const struct ready ready = core->ready[core->ready_head];
        core->ready_head = (core->ready_head + 1) & (core->ready_capacity - 1);
        core->ready_count--;
        struct frame *f = core_frame(core, ready.slot);
        if (f->generation != ready.generation) {
            continue;
        }
        f->flags &= (uint16_t)~FRAME_READY;
        world_step(w, f->service);
        world_act(w, f);
    }
}

/* Everything that can make time pass. */
static void world_dispatch(struct world *w, const struct event *event)
{
    struct frame *f;
    switch ((enum event_kind)event->kind) {
    case EVENT_ARRIVAL:
        traffic_fire(w, &w->sources[event->slot]);
        break;
    case EVENT_THINK:
        traffic_user(w, &w->sources[event->slot]);
        break;
    case EVENT_WORK_DONE:
    case EVENT_STEP:
        f = core_frame(&w->core, event->slot);
        if (f->parent != FRAME_NONE) {
            __builtin_prefetch(core_frame(&w->core, f->parent));
        }
        f->event = EVENT_NONE;
        f->state = FRAME_GO;
        call_step(w, f);
        break;
    case EVENT_TIMEOUT:
        call_timeout(w, core_frame(&w->core, event->slot));
        break;
    case EVENT_PATIENCE:
        f = core_frame(&w->core, event->slot);
        f->event = EVENT_NONE;
        call_end(w, f, OUTCOME_TIMEOUT);
        break;
    case EVENT_HEDGE:
        call_hedge(w, core_frame(&w->core, event->slot));
        break;
    case EVENT_LIMIT:
        call_over(w, core_frame(&w->core, event->slot));
        break;
    case EVENT_AGAIN:
        call_begin_again(w, core_frame(&w->core, event->slot));
        break;
    case EVENT_FED:
        feed_tell(w, event->service);
        break;
    case EVENT_SERVICE: {
        struct service *s = &w->services[event->service];
        s->model->timer(w, s, event->slot);
        break;
    }
    case EVENT_WINDOW:
        world_window(w, event->slot);
        break;
    case EVENT_DEAD:
    case EVENT_KINDS:
        assert(false && "a dead event fires");
    }
}

static uint16_t world_event_service(const struct world *w, const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_ARRIVAL:
    case EVENT_THINK:
        return w->scenario->edges[w->sources[event->slot].spec->edge].service;
    case EVENT_SERVICE:
    case EVENT_FED:
        return event->service;
    case EVENT_WINDOW:
        return 0;
    default:
        return core_frame(&w->core, event->slot)->service;
    }
}

/* With many calls in flight their frames lie in far memory: fetch the next one while this one is
 * served. */
static void world_look_ahead(const struct world *w)
{
    const struct event *ahead = events_ahead(&w->core.events);
    if (ahead != NULL && ahead->kind == EVENT_WORK_DONE) {
        __builtin_prefetch(core_frame(&w->core, ahead->slot));
    }
}

enum world_end world_run(struct world *w)
{
    struct event event;
    while (!w->ended && events_next(&w->core.events, &event)) {
        if (core_now(&w->core) >= w->look_ns) {
            world_look(w);
        }
        w->profile.events[event.kind]++;
        if (--w->steps_left == 0) {
            world_poll(w, world_event_service(w, &event));
        }
        world_look_ahead(w);
        world_dispatch(w, &event);
        if (w->core.ready_count > 0) {
            world_serve_ready(w);
        }
    }
    w->steps += WORLD_POLL_STEPS - w->steps_left;
    return w->end;
}
