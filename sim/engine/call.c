#include "sim/engine/call.h"

#include "sim/engine/program.h"
#include "sim/engine/traffic.h"

static const struct call_options call_plain = {
    .timeout_ns = TIME_NONE,
    .connect_timeout_ns = TIME_NONE,
    .probability = 1,
    .repeat = 1,
    .retry = {.attempts_max = 1},
};

/* Deadline and size go along with nested calls. */
static void call_inherit(struct world *w, struct frame *f, const struct frame *parent)
{
    f->parent = core_slot(&w->core, parent);
    f->parent_generation = parent->generation;
    f->zone = parent->zone;
    f->priority = parent->priority;
    const uint16_t flags = parent->flags & (FRAME_DEADLINE | FRAME_SIZED);
    if (flags != 0) {
        const struct frame_more *from = core_more(&w->core, parent);
        struct frame_more *to = core_more(&w->core, f);
        f->flags |= flags;
        to->deadline_ns = from->deadline_ns;
        to->size_bytes = from->size_bytes;
    }
}

static void call_set_deadline(struct world *w, struct frame *f, int64_t deadline_ns)
{
    struct frame_more *more = core_more(&w->core, f);
    if (!(f->flags & FRAME_DEADLINE) || deadline_ns < more->deadline_ns) {
        f->flags |= FRAME_DEADLINE;
        more->deadline_ns = deadline_ns;
    }
}

/* Most edges have one timeout, so its lane is remembered. */
static uint32_t edge_lane(struct world *w, uint16_t edge, int64_t timeout_ns)
{
    struct edge_stats *stats = &w->edges[edge];
    if (stats->timeout_ns != timeout_ns) {
        stats->timeout_ns = timeout_ns;
        stats->timeout_lane = events_lane(&w->core.events, timeout_ns);
    }
    return stats->timeout_lane;
}

struct frame *call_spawn(struct world *w, struct frame *parent, uint16_t edge,
                         const struct call_options *options, struct random *random)
{
    struct frame *f = frame_new(&w->core.frames);
    if (f == NULL) {
        world_over_limit(w);
        return NULL;
    }
    const struct edge *target = &w->scenario->edges[edge];
    f->edge = edge;
    f->service = target->service;
    f->operation = (uint8_t)target->operation;
    f->state = FRAME_NEW;
    if (parent != NULL) {
        call_inherit(w, f, parent);
    }
    if (options->has_priority) {
        f->priority = (uint8_t)options->priority;
    }
    if (options->size_dist != NULL) {
        f->flags |= FRAME_SIZED;
        core_more(&w->core, f)->size_bytes = distribution_draw(options->size_dist, random);
    }
    if (options->timeout_ns != TIME_NONE) {
        f->timeout = events_after(&w->core.events, edge_lane(w, edge, options->timeout_ns),
                                  options->timeout_ns, EVENT_TIMEOUT, core_slot(&w->core, f));
        if (options->pass_deadline) {
            call_set_deadline(w, f, core_now(&w->core) + options->timeout_ns);
        }
    }
    return f;
}

struct frame *call_branch(struct world *w, struct frame *parent, uint16_t pc)
{
    struct frame *f = frame_new(&w->core.frames);
    if (f == NULL) {
        world_over_limit(w);
        return NULL;
    }
    f->flags = FRAME_BRANCH;
    call_inherit(w, f, parent);
    core_more(&w->core, f)->attempt = 0;
    f->start_ns = core_now(&w->core);
    f->service = parent->service;
    f->operation = parent->operation;
    f->edge = parent->edge;
    f->copy = parent->copy;
    f->pc = pc;
    const uint32_t slot = core_slot(&w->core, f);
    if (parent->child != FRAME_NONE) {
        core_frame(&w->core, parent->child)->previous = slot;
    }
    f->next = parent->child;
    parent->child = slot;
    core_go(&w->core, f);
    return f;
}

/* ---- the bulkhead: at most `limit` calls of an instance at a time ---- */

static void limit_unwait(struct world *w, struct service *s, struct frame *f)
{
    line_leave(&s->limits[f->copy].line, &w->core, f);
    gauge_add(&s->load.queue, -1, core_now(&w->core));
}

static void limit_take(struct world *w, struct service *s, struct frame *f)
{
    s->limits[f->copy].used++;
    f->flags |= FRAME_LIMITED;
    gauge_add(&s->load.limit, 1, core_now(&w->core));
}

/* True: f goes on to the model. */
static bool limit_enter(struct world *w, struct service *s, struct frame *f)
{
    struct limit *limit = &s->limits[f->copy];
    if (limit->used < s->spec->limit_count) {
        limit_take(w, s, f);
        return true;
    }
    if (s->spec->limit_action == LIMIT_REJECT) {
        call_end(w, f, OUTCOME_REJECTED);
    } else {
        f->state = FRAME_LIMIT_WAIT;
        line_join(&limit->line, &w->core, f);
        gauge_add(&s->load.queue, 1, core_now(&w->core));
    }
    return false;
}

static void limit_leave(struct world *w, struct service *s, struct frame *f)
{
    struct limit *limit = &s->limits[f->copy];
    if (f->state == FRAME_LIMIT_WAIT) {
        limit_unwait(w, s, f);
    }
    if (!(f->flags & FRAME_LIMITED)) {
        return;
    }
    f->flags &= (uint16_t)~FRAME_LIMITED;
    limit->used--;
    gauge_add(&s->load.limit, -1, core_now(&w->core));
    struct frame *next;
    while ((next = line_head(&limit->line, &w->core)) != NULL) {
        limit_unwait(w, s, next);
        next->state = FRAME_ADMIT;
        if (!(next->flags & FRAME_WITHDRAWN)) { /* else it ends at this instant anyway */
            limit_take(w, s, next);
            core_ready(&w->core, next);
            return;
        }
    }
}

/* ---- arrival ---- */

void call_begin(struct world *w, struct frame *f)
{
    struct service *s = &w->services[f->service];
    const struct operation *operation = &s->spec->operations[f->operation];
    const int64_t now_ns = core_now(&w->core);
    f->state = FRAME_HELD;
    f->start_ns = now_ns;
    f->pc = operation->pc;
    gauge_add(&s->load.in_flight, 1, now_ns);
    if (w->measuring) {
        f->flags |= FRAME_MEASURED;
        w->open++;
        w->edges[f->edge].calls.arrivals++;
    }
    if (operation->work != NULL) {
        f->work_ns = distribution_draw_int(operation->work, &s->work_random);
    }
    if (operation->pc != PC_NONE) {
        core_more(&w->core, f)->attempt = 0;
    }
    if (core_late(&w->core, f)) {
        call_end(w, f, OUTCOME_TIMEOUT);
    } else if (s->spec->limit_count == 0 || limit_enter(w, s, f)) {
        call_admit(w, f);
    }
}

void call_admit(struct world *w, struct frame *f)
{
    struct service *s = &w->services[f->service];
    if (core_late(&w->core, f)) {
        call_end(w, f, OUTCOME_TIMEOUT);
        return;
    }
    f->flags |= FRAME_ADMITTED;
    f->state = FRAME_HELD;
    s->model->arrive(w, s, f);
}

/* ---- what a model asks for ---- */

void call_refuse(struct world *w, struct frame *f, enum outcome outcome)
{
    f->flags &= (uint16_t)~FRAME_ADMITTED;
    call_end(w, f, outcome);
}

void call_work(struct world *w, struct frame *f)
{
    struct service *s = &w->services[f->service];
    load_serve(&s->load, &w->core, f);
    if (f->work_ns == 0) {
        core_go(&w->core, f);
        return;
    }
    f->state = FRAME_HELD;
    uint32_t lane = f->work_ns == s->work_constant_ns ? s->work_lane : EVENTS_HEAP;
    f->event =
        events_after(&w->core.events, lane, f->work_ns, EVENT_WORK_DONE, core_slot(&w->core, f));
}

void call_forward(struct world *w, struct frame *f, uint16_t edge, uint16_t copy)
{
    struct frame *callee = call_spawn(w, f, edge, &call_plain, NULL);
    if (callee == NULL) {
        return;
    }
    callee->copy = copy;
    f->flags |= FRAME_FORWARD | FRAME_WORKED;
    f->state = FRAME_CALLING;
    f->child = core_slot(&w->core, callee);
    core_ready(&w->core, callee);
}

/* ---- the end ---- */

/* What comes after `at` where a call, what it has called and so on are walked from the top; null
 * at the end. */
static struct frame *call_below(struct world *w, const struct frame *top, struct frame *at)
{
    if ((at->state == FRAME_CALLING || at->state == FRAME_GROUP) && at->child != FRAME_NONE) {
        return core_frame(&w->core, at->child);
    }
    while (at != top && (!(at->flags & FRAME_BRANCH) || at->next == FRAME_NONE)) {
        at = core_frame(&w->core, at->parent);
    }
    return at != top ? core_frame(&w->core, at->next) : NULL;
}

/* All are marked before the first ends, so that none hands its place to one that goes too. */
void call_withdraw(struct world *w, struct frame *f)
{
    for (struct frame *at = f; at != NULL; at = call_below(w, f, at)) {
        at->flags |= FRAME_WITHDRAWN; /* the ready line ends it, whatever its state */
        if (!(at->flags & FRAME_READY)) {
            core_ready(&w->core, at);
        }
    }
}

/* A call is counted once: at its edge if its caller hears the outcome, else at its operation;
 * observe.c adds the edges of an operation to what it counted itself. */
static void call_record(struct world *w, const struct frame *f, bool heard, enum outcome outcome)
{
    struct call_stats *stats = &w->edges[f->edge].calls;
    if (!heard) {
        stats = &w->services[f->service].operations[f->operation];
        stats->abandoned += !(f->flags & (FRAME_ASYNC | FRAME_WITHDRAWN));
    }
    stats->ended[outcome]++;
    if (outcome == OUTCOME_OK) {
        summary_add(&stats->latency, core_now(&w->core) - f->start_ns);
    }
}

/* The caller hears the outcome, if it is still there. */
static void call_answer(struct world *w, struct frame *f, enum outcome outcome)
{
    struct frame *caller = NULL;
    if (f->parent != FRAME_NONE && !(f->flags & FRAME_WITHDRAWN)) {
        caller = core_frame(&w->core, f->parent);
        caller = caller->generation == f->parent_generation ? caller : NULL;
    }
    if (f->flags & FRAME_MEASURED) {
        call_record(w, f, caller != NULL || f->flags & FRAME_ROOT, outcome);
        world_closed(w);
    }
    if (f->flags & FRAME_ROOT) {
        traffic_finish(w, f, outcome);
    } else if (caller != NULL) {
        call_deliver(w, caller, outcome);
    }
}

/* A branch or a client has no service to leave. */
static void branch_end(struct world *w, struct frame *f, enum outcome outcome)
{
    core_cancel_event(&w->core, f);
    if (f->flags & FRAME_ROOT) {
        traffic_finish(w, f, outcome);
    } else if (!(f->flags & FRAME_WITHDRAWN)) {
        struct frame *owner = core_frame(&w->core, f->parent);
        if (owner->generation == f->parent_generation) {
            group_unlink(w, owner, f);
            call_deliver(w, owner, outcome);
        }
    }
    frame_free(&w->core.frames, f);
}

void call_end(struct world *w, struct frame *f, enum outcome outcome)
{
    if (f->flags & (FRAME_BRANCH | FRAME_CLIENT)) {
        branch_end(w, f, outcome);
        return;
    }
    if (f->state == FRAME_NEW) { /* withdrawn before it began; it has no timeout */
        frame_free(&w->core.frames, f);
        return;
    }
    struct service *s = &w->services[f->service];
    const int64_t now_ns = core_now(&w->core);
    if (f->flags & FRAME_ADMITTED && s->model->finish != NULL) {
        s->model->finish(w, s, f);
    }
    if (s->spec->limit_count > 0) {
        limit_leave(w, s, f);
    }
    core_cancel_event(&w->core, f);
    if (f->timeout != EVENT_NONE) {
        events_cancel(&w->core.events, f->timeout);
    }
    gauge_add(&s->load.in_flight, -1, now_ns);
#ifndef ARCHSIM_RELEASE
    if (w->measuring) {
        world_stay(w, f);
    }
#endif
    call_answer(w, f, outcome);
    frame_free(&w->core.frames, f);
}

/* For its caller f has ended, as a timeout. */
static void call_give_up(struct world *w, const struct frame *f)
{
    if (f->flags & FRAME_MEASURED) {
        w->edges[f->edge].given_up++;
    }
}

void call_timeout(struct world *w, struct frame *f)
{
    f->timeout = EVENT_NONE;
    if (f->flags & FRAME_ROOT) {
        f->flags &= (uint16_t)~FRAME_ROOT;
        call_give_up(w, f);
        traffic_finish(w, f, OUTCOME_TIMEOUT);
        if (traffic_options(w, f)->cancel) {
            call_withdraw(w, f);
        }
    } else {
        struct frame *caller = core_frame(&w->core, f->parent);
        if (caller->generation != f->parent_generation) {
            return; /* its caller has gone, or the group was decided */
        }
        f->parent = FRAME_NONE;
        call_give_up(w, f);
        if (call_current(w, caller)->options->cancel) { /* it is gone when its caller goes on */
            call_withdraw(w, f);
        }
        call_deliver(w, caller, OUTCOME_TIMEOUT);
    }
}
