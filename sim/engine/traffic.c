#include "sim/engine/traffic.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/engine/call.h"
#include "sim/engine/follow.h"

/* The last edges are those of the traffic, one each, in its order. */
static struct source *traffic_source(const struct world *w, const struct frame *f)
{
    return &w->sources[f->edge - w->traffic_edges];
}

const struct step *traffic_step(const struct world *w, const struct frame *f)
{
    return &traffic_source(w, f)->step;
}

struct random *traffic_random(struct world *w, const struct frame *f)
{
    return &traffic_source(w, f)->call_random;
}

const struct call_options *traffic_options(const struct world *w, const struct frame *f)
{
    return &traffic_source(w, f)->spec->options;
}

void traffic_attempt(struct world *w, const struct frame *f)
{
    if (f->flags & FRAME_MEASURED) {
        struct source *source = traffic_source(w, f);
        source->attempts++;
        source->retries += core_more(&w->core, f)->attempt > 1;
    }
}

/* ---- the beginning ---- */

static void traffic_users(struct world *w, struct source *source)
{
    for (uint32_t i = 0; i < source->spec->users; i++) {
        int64_t think_ns = distribution_draw_int(source->spec->think, &source->think_random);
        events_at(&w->core.events, think_ns, EVENT_THINK, 0, source->index);
    }
}

static void traffic_next(struct world *w, struct source *source)
{
    int64_t at_ns;
    if (arrivals_next(&source->arrivals, &at_ns)) {
        events_at(&w->core.events, at_ns, EVENT_ARRIVAL, 0, source->index);
    }
}

void traffic_start(struct world *w, uint16_t index)
{
    struct source *source = &w->sources[index];
    const struct scenario_traffic *spec = &w->scenario->traffic[index];
    *source = (struct source){
        .spec = spec,
        .index = index,
        .retries_at_all = spec->options.retry.attempts_max > 1,
    };
    assert(spec->edge == w->traffic_edges + index);
    source->step = (struct step){
        .kind = STEP_CALL,
        .edge = spec->edge,
        .next = PC_NONE,
        .failure_pc = PC_NONE,
        .options = &spec->options,
    };
    random_seed(&source->zone_random, w->seed, w->replication, spec->name, "zone");
    random_seed(&source->batch_random, w->seed, w->replication, spec->name, "batch");
    random_seed(&source->call_random, w->seed, w->replication, spec->name, "call");
    random_seed(&source->think_random, w->seed, w->replication, spec->name, "think");
    summary_init(&source->calls.latency, &w->arena);
    if (!w->pilot) {
        windows_init(&source->windows, &w->arena, w->origin_ns, w->scenario->duration_ns);
    }
    if (spec->arrivals == ARRIVALS_CLOSED) {
        traffic_users(w, source);
        return;
    }
    const struct arrivals_setup setup = {
        .seed = w->seed,
        .replication = w->replication,
        .origin_ns = w->origin_ns,
        .horizon_ns = w->drain_end_ns + 1,
        .week_start_ns = w->scenario->week_start_ns,
        .arena = &w->arena,
    };
    arrivals_init(&source->arrivals, spec, &setup);
    traffic_next(w, source);
}

void traffic_stop(struct source *source)
{
    windows_done(&source->windows);
    if (source->spec != NULL && source->spec->arrivals != ARRIVALS_CLOSED) {
        arrivals_done(&source->arrivals);
    }
}

/* ---- requests ---- */

/* Uniform over the zones that are up. */
static uint8_t traffic_zone(struct world *w, struct source *source)
{
    if (source->spec->zone > 0) {
        return (uint8_t)(source->spec->zone - 1);
    }
    return w->zonal ? (uint8_t)random_below(&source->zone_random, w->scenario->zones) : 0;
}

static struct frame *traffic_client(struct world *w, struct source *source)
{
    struct frame *f = frame_new(&w->core.frames);
    if (f == NULL) {
        world_over_limit(w);
        return NULL;
    }
    f->flags = FRAME_CLIENT | FRAME_ROOT;
    core_more(&w->core, f)->attempt = 0;
    f->edge = source->spec->edge;
    f->service = w->scenario->edges[f->edge].service; /* for messages only */
    if (follow_on(w)) {
        follow_request(w, f);
    }
    f->start_ns = core_now(&w->core);
    f->zone = traffic_zone(w, source);
    return f;
}

static void traffic_request(struct world *w, struct source *source)
{
    const int64_t now_ns = core_now(&w->core);
    w->requests_count++;
    gauge_add(&source->in_flight, 1, now_ns);
    if (source->retries_at_all) {
        struct frame *client = traffic_client(w, source);
        if (client != NULL) {
            if (w->measuring) {
                client->flags |= FRAME_MEASURED;
                w->open++;
                source->calls.arrivals++;
                windows_arrive(&source->windows, now_ns);
            }
            core_go(&w->core, client);
        }
        return;
    }
    struct frame *f =
        call_spawn(w, NULL, source->spec->edge, &source->spec->options, &source->call_random);
    if (f == NULL) {
        return;
    }
    f->flags |= FRAME_ROOT;
    f->zone = traffic_zone(w, source);
    if (follow_on(w)) {
        follow_request(w, f);
        follow_root(w, f);
    }
    if (w->measuring) {
        windows_arrive(&source->windows, now_ns);
    }
    call_begin(w, f);
}

void traffic_fire(struct world *w, struct source *source)
{
    traffic_next(w, source);
    int64_t count = 1;
    if (source->spec->batch != NULL) {
        count = distribution_draw_int(source->spec->batch, &source->batch_random);
    }
    for (int64_t i = 0; i < count && !w->ended; i++) {
        if (i > 0) { /* a batch may be larger than anybody can wait for */
            world_step(w, w->scenario->edges[source->spec->edge].service);
        }
        traffic_request(w, source);
    }
}

void traffic_user(struct world *w, struct source *source)
{
    traffic_request(w, source);
}

/* ---- the end of a request ---- */

void traffic_finish(struct world *w, struct frame *f, enum outcome outcome)
{
    struct source *source = traffic_source(w, f);
    const int64_t now_ns = core_now(&w->core);
    gauge_add(&source->in_flight, -1, now_ns);
    if (follow_on(w)) {
        follow_finish(w, f, outcome);
    }
    if (f->flags & FRAME_MEASURED) {
        const int64_t latency_ns = now_ns - f->start_ns;
        const bool good = outcome == OUTCOME_OK;
        source->within += good && latency_ns <= source->spec->objective_ns;
        windows_finish(&source->windows, f->start_ns, now_ns, good);
        if (f->flags & FRAME_CLIENT) {
            source->calls.ended[outcome]++;
            if (good) {
                summary_add(&source->calls.latency, latency_ns);
            }
            world_closed(w);
        }
    }
    if (source->spec->arrivals == ARRIVALS_CLOSED) {
        int64_t think_ns = distribution_draw_int(source->spec->think, &source->think_random);
        events_at(&w->core.events, now_ns + think_ns, EVENT_THINK, 0, source->index);
    }
}

/* ---- the window ---- */

void traffic_reset(struct world *w, struct source *source)
{
    gauge_reset(&source->in_flight, core_now(&w->core));
}

struct call_stats traffic_calls(const struct world *w, const struct source *source)
{
    if (source->retries_at_all) {
        return source->calls;
    }
    const struct edge_stats *edge = &w->edges[source->spec->edge];
    struct call_stats calls = edge->calls;
    calls.ended[OUTCOME_TIMEOUT] += edge->given_up;
    return calls;
}

void traffic_quarter(struct world *w, struct source *source, uint32_t quarter)
{
    backlog_mark(&source->backlog, quarter, &source->in_flight, traffic_calls(w, source).arrivals,
                 core_now(&w->core));
}
