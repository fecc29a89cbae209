#include "sim/engine/call.h"

#include <math.h>

#include "sim/engine/feed.h"
#include "sim/engine/follow.h"
#include "sim/engine/program.h"
#include "sim/engine/traffic.h"

#define CALL_SPELL_GAP_NS INT64_C(60000000000) /* throttled again after so long: another spell */

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
static void call_set_timeout(struct world *w, struct frame *f, int64_t timeout_ns)
{
    struct edge_stats *stats = &w->edges[f->edge];
    if (stats->timeout_ns != timeout_ns) {
        stats->timeout_ns = timeout_ns;
        stats->timeout_lane = events_lane(&w->core.events, timeout_ns);
    }
    f->timeout = events_after(&w->core.events, stats->timeout_lane, timeout_ns, EVENT_TIMEOUT, 0,
                              core_slot(&w->core, f));
}

/* Inlined, so that options that are known cost nothing. */
static inline __attribute__((always_inline)) struct frame *
call_make(struct world *w, struct frame *parent, uint16_t edge, const struct call_options *options,
          struct random *random)
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
        core_more(&w->core, f)->size_bytes = (float)distribution_draw(options->size_dist, random);
    }
    if (options->timeout_ns != TIME_NONE) {
        call_set_timeout(w, f, options->timeout_ns);
        if (options->pass_deadline) {
            call_set_deadline(w, f, core_now(&w->core) + options->timeout_ns);
        }
    }
    if (follow_on(w)) {
        follow_call(w, f, parent, edge);
    }
    return f;
}

struct frame *call_spawn(struct world *w, struct frame *parent, uint16_t edge,
                         const struct call_options *options, struct random *random)
{
    return call_make(w, parent, edge, options, random);
}

struct frame *call_branch(struct world *w, struct frame *parent, uint16_t pc)
{
    struct frame *f = frame_new(&w->core.frames);
    if (f == NULL) {
        world_over_limit(w);
        return NULL;
    }
    if (follow_on(w)) {
        follow_branch(w, f, parent);
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

/* Members of a group have one together. */
static struct limit *limit_of(const struct service *s, const struct frame *f)
{
    return &s->limits[s->model->info.members ? 0 : f->copy];
}

static void limit_unwait(struct world *w, struct service *s, struct frame *f)
{
    line_leave(&limit_of(s, f)->line, &w->core, f);
    gauge_add(&s->load.queue, -1, core_now(&w->core));
}

static void limit_take(struct world *w, struct service *s, struct frame *f)
{
    limit_of(s, f)->used++;
    f->flags |= FRAME_LIMITED;
    gauge_add(&s->load.limit, 1, core_now(&w->core));
}

/* It stands in a queue of the service's own. */
static bool call_held(const struct service *s, const struct frame *f)
{
    return s->model->info.holds_events && f->flags & FRAME_ASYNC;
}

/* True: f goes on to the model. A delivery has been taken from its source, so it waits. */
static bool limit_enter(struct world *w, struct service *s, struct frame *f)
{
    struct limit *limit = limit_of(s, f);
    if (limit->used < s->spec->limit_count) {
        limit_take(w, s, f);
        return true;
    }
    if (s->spec->limit_action == LIMIT_REJECT && !feed_is(w, f)) {
        if (call_held(s, f)) {
            f->flags |= FRAME_ADMITTED;
        }
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
    struct limit *limit = limit_of(s, f);
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

/* A delivery brings the work of all its rounds. */
static void call_draw_work(struct world *w, struct service *s, struct frame *f,
                           const struct operation *operation)
{
    if (operation->work == NULL) {
        return;
    }
    f->work_ns = distribution_draw_int(operation->work, &s->work_random);
    for (uint32_t left = feed_rounds(w, f); left > 1; left--) {
        f->work_ns += distribution_draw_int(operation->work, &s->work_random);
    }
}

void call_begin(struct world *w, struct frame *f)
{
    struct service *s = &w->services[f->service];
    const struct operation *operation = &s->spec->operations[f->operation];
    const int64_t now_ns = core_now(&w->core);
    f->state = FRAME_HELD;
    f->start_ns = now_ns;
    f->pc = operation->pc;
    gauge_add(&s->load.in_flight, 1, now_ns);
    if (__builtin_expect(s->watch != NULL, 0)) {
        s->watch->calls++;
    }
    if (w->measuring) {
        f->flags |= FRAME_MEASURED;
        w->open++;
        w->edges[f->edge].calls.arrivals++;
    }
    call_draw_work(w, s, f, operation);
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

void call_begin_again(struct world *w, struct frame *f)
{
    struct service *s = &w->services[f->service];
    const struct operation *operation = &s->spec->operations[f->operation];
    f->event = EVENT_NONE;
    f->state = FRAME_HELD;
    if (core_late(&w->core, f)) {
        call_end(w, f, OUTCOME_TIMEOUT);
        return;
    }
    f->flags &= (uint16_t)~FRAME_WORKED;
    f->pc = operation->pc;
    f->work_ns = 0;
    call_draw_work(w, s, f, operation);
    if (operation->pc != PC_NONE) {
        core_more(&w->core, f)->attempt = 0;
    }
    if (call_held(s, f)) {
        gauge_add(&s->load.queue, -1, core_now(&w->core));
        if (s->spec->limit_count > 0 && !limit_enter(w, s, f)) {
            return;
        }
    }
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
        events_after(&w->core.events, lane, f->work_ns, EVENT_WORK_DONE, 0, core_slot(&w->core, f));
}

/* Of its latest spells the one by that limit, or the place of the one that is longest over. */
static struct log_entry **call_spell(struct service *s, const char *limit)
{
    struct log_entry **place = &s->spells[0];
    for (uint32_t i = 0; i < SERVICE_SPELLS; i++) {
        if (s->spells[i] == NULL || s->spells[i]->metric == limit) {
            return &s->spells[i];
        }
        if (s->spells[i]->until_ns < (*place)->until_ns) {
            place = &s->spells[i];
        }
    }
    return place;
}

void service_throttled(struct world *w, struct service *s, const char *limit)
{
    const int64_t now_ns = core_now(&w->core);
    if (now_ns >= w->window_end_ns) {
        return; /* nothing counts any more */
    }
    struct log_entry **spell = call_spell(s, limit);
    if (*spell != NULL && (*spell)->metric == limit &&
        now_ns - (*spell)->until_ns <= CALL_SPELL_GAP_NS) {
        (*spell)->until_ns = now_ns;
        (*spell)->count++;
        return;
    }
    *spell = service_log(w, s,
                         &(struct log_entry){.kind = LOG_THROTTLING,
                                             .metric = limit,
                                             .value = NAN,
                                             .threshold = NAN,
                                             .from = NAN,
                                             .to = NAN,
                                             .count = 1});
}

void call_throttle(struct world *w, struct frame *f, const char *limit)
{
    service_throttled(w, &w->services[f->service], limit);
    call_refuse(w, f, OUTCOME_THROTTLED);
}

void call_limit(struct world *w, struct frame *f, int64_t limit_ns)
{
    struct service *s = &w->services[f->service];
    assert_hot(!(f->flags & FRAME_TIMED));
    if (s->limit_ns != limit_ns) {
        s->limit_ns = limit_ns;
        s->limit_lane = events_lane(&w->core.events, limit_ns);
    }
    f->flags |= FRAME_TIMED;
    core_more(&w->core, f)->limit = events_after(&w->core.events, s->limit_lane, limit_ns,
                                                 EVENT_LIMIT, 0, core_slot(&w->core, f));
}

static void call_unlimit(struct world *w, struct frame *f)
{
    if (f->flags & FRAME_TIMED) {
        f->flags &= (uint16_t)~FRAME_TIMED;
        events_cancel(&w->core.events, core_more(&w->core, f)->limit);
    }
}

void call_again(struct world *w, struct frame *f, int64_t delay_ns)
{
    struct service *s = &w->services[f->service];
    if (call_held(s, f)) {
        gauge_add(&s->load.queue, 1, core_now(&w->core));
        if (s->spec->limit_count > 0) {
            limit_leave(w, s, f);
        }
    }
    f->state = FRAME_HELD;
    f->event = events_at(&w->core.events, core_now(&w->core) + delay_ns, EVENT_AGAIN, 0,
                         core_slot(&w->core, f));
}

uint32_t call_rounds(const struct world *w, const struct frame *f)
{
    return feed_is(w, f) ? core_more(&w->core, f)->rounds : 1;
}

void call_undo_rounds(struct world *w, struct frame *f)
{
    f->parent_generation = core_more(&w->core, f)->rounds;
}

struct frame *call_waiting(const struct world *w, const struct frame *f)
{
    do {
        if (f->parent == FRAME_NONE) {
            return NULL;
        }
        struct frame *caller = core_frame(&w->core, f->parent);
        if (caller->generation != f->parent_generation || caller->flags & FRAME_CLIENT) {
            return NULL;
        }
        f = caller;
    } while (f->flags & FRAME_BRANCH);
    return core_frame(&w->core, core_slot(&w->core, f));
}

bool call_fleeting(const struct world *w, const struct frame *f)
{
    return f->flags & (FRAME_ROOT | FRAME_ASYNC) ||
           (f->parent != FRAME_NONE && core_frame(&w->core, f->parent)->flags & FRAME_CLIENT);
}

double call_size(const struct world *w, const struct frame *f)
{
    return f->flags & FRAME_SIZED ? (double)core_more(&w->core, f)->size_bytes : 0;
}

/* What no request has called begins in any zone. */
static uint8_t call_zone(struct world *w, struct service *from)
{
    return w->zonal ? (uint8_t)random_below(&from->step_random, w->scenario->zones) : 0;
}

static struct frame *call_send_numbered(struct world *w, struct service *s, uint16_t edge,
                                        uint32_t note, uint32_t number)
{
    struct frame *f = call_spawn(w, NULL, edge, &call_plain, NULL);
    if (f != NULL) {
        f->flags |= FRAME_ASYNC;
        f->zone = call_zone(w, s);
        f->note = note;
        core_more(&w->core, f)->delivery = number;
        core_ready(&w->core, f);
    }
    return f;
}

void call_send(struct world *w, struct service *s, uint16_t edge, uint32_t note)
{
    call_send_numbered(w, s, edge, note, 0);
}

void call_send_heard(struct world *w, struct service *s, uint16_t edge, uint32_t number)
{
    call_send_numbered(w, s, edge, 0, number);
}

void call_send_sized(struct world *w, struct service *s, uint16_t edge, uint32_t number,
                     double size_bytes)
{
    struct frame *f = call_send_numbered(w, s, edge, 0, number);
    if (f != NULL) {
        f->flags |= FRAME_SIZED;
        core_more(&w->core, f)->size_bytes = (float)size_bytes;
    }
}

struct frame *call_deliver_to(struct world *w, uint16_t edge, uint32_t delivery, uint32_t rounds)
{
    struct frame *f = call_spawn(w, NULL, edge, &call_plain, NULL);
    if (f != NULL) {
        struct frame_more *more = core_more(&w->core, f);
        f->flags |= FRAME_ASYNC;
        f->zone = call_zone(w, &w->services[w->scenario->edges[edge].caller]);
        f->parent_generation = rounds;
        more->delivery = delivery;
        more->rounds = rounds;
        core_ready(&w->core, f);
    }
    return f;
}

void call_forward(struct world *w, struct frame *f, uint16_t edge, uint16_t copy,
                  int64_t timeout_ns)
{
    struct frame *callee = call_make(w, f, edge, &call_plain, NULL);
    if (callee == NULL) {
        return;
    }
    if (timeout_ns != TIME_NONE) {
        call_set_timeout(w, callee, timeout_ns);
    }
    callee->copy = copy;
    f->flags |= FRAME_FORWARD | FRAME_WORKED;
    f->state = FRAME_CALLING;
    f->child = core_slot(&w->core, callee);
    f->given_up = false;
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

/* Nobody waits for it: the service that sent it by itself and hears of its end; or null. */
static __attribute__((noinline)) struct service *call_sender(struct world *w, const struct frame *f)
{
    if (!(f->flags & FRAME_ASYNC) || f->parent != FRAME_NONE ||
        core_more(&w->core, f)->delivery == 0 || feed_is(w, f)) {
        return NULL;
    }
    struct service *sender = &w->services[w->scenario->edges[f->edge].caller];
    return sender->model->heard != NULL ? sender : NULL;
}

/* The caller hears the outcome, if it is still there. */
static void call_answer(struct world *w, struct frame *f, enum outcome outcome)
{
    struct frame *caller = NULL;
    if (f->parent != FRAME_NONE && !(f->flags & FRAME_WITHDRAWN)) {
        caller = core_frame(&w->core, f->parent);
        caller = caller->generation == f->parent_generation ? caller : NULL;
    }
    const bool waits = caller != NULL || f->flags & FRAME_ROOT;
    struct service *sender = waits ? NULL : call_sender(w, f);
    if (f->flags & FRAME_MEASURED) {
        call_record(w, f, waits || sender != NULL || feed_is(w, f), outcome);
        world_closed(w);
    }
    if (f->flags & FRAME_ROOT) {
        traffic_finish(w, f, outcome);
    } else if (caller != NULL) {
        call_deliver(w, caller, outcome);
    } else if (sender != NULL) {
        sender->model->heard(w, sender, core_more(&w->core, f)->delivery, outcome);
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
    if (follow_on(w) && f->flags & FRAME_BRANCH) {
        follow_leave(w, f);
    }
    frame_free(&w->core.frames, f);
}

static void call_untime(struct world *w, struct frame *f)
{
    if (f->timeout != EVENT_NONE) {
        events_cancel(&w->core.events, f->timeout);
    }
}

/* True: its service takes it back and tries again, but not after its deadline. */
static bool call_kept(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    if (outcome == OUTCOME_OK || s->model->keep == NULL || !(f->flags & FRAME_ADMITTED) ||
        f->flags & FRAME_WITHDRAWN || core_late(&w->core, f)) {
        return false;
    }
    core_cancel_event(&w->core, f);
    call_unlimit(w, f);
    return s->model->keep(w, s, f, outcome);
}

static __attribute__((noinline)) void call_watched(struct watch *watch, int64_t latency_ns,
                                                   enum outcome outcome)
{
    watch->ended[outcome]++;
    if (outcome == OUTCOME_OK) {
        watch->latency_ns += (double)latency_ns;
    }
}

/* It is withdrawn before it began. */
static __attribute__((noinline)) void call_unborn(struct world *w, struct frame *f,
                                                  enum outcome outcome)
{
    if (follow_on(w)) {
        follow_end(w, f, outcome);
    }
    call_untime(w, f);
    frame_free(&w->core.frames, f);
}

void call_end(struct world *w, struct frame *f, enum outcome outcome)
{
    if (f->flags & (FRAME_BRANCH | FRAME_CLIENT)) {
        branch_end(w, f, outcome);
        return;
    }
    if (f->state == FRAME_NEW) {
        call_unborn(w, f, outcome);
        return;
    }
    struct service *s = &w->services[f->service];
    const int64_t now_ns = core_now(&w->core);
    f->answer = (uint8_t)outcome;
    if (call_kept(w, s, f, outcome)) {
        return;
    }
    if (feed_is(w, f)) { /* before its consumer asks for more */
        feed_settle(w, f, outcome);
    }
    if (f->flags & FRAME_ADMITTED && s->model->finish != NULL) {
        s->model->finish(w, s, f);
    }
    if (s->spec->limit_count > 0) {
        limit_leave(w, s, f);
    }
    core_cancel_event(&w->core, f);
    call_unlimit(w, f);
    call_untime(w, f);
    gauge_add(&s->load.in_flight, -1, now_ns);
    if (__builtin_expect(s->watch != NULL, 0)) {
        call_watched(s->watch, now_ns - f->start_ns, outcome);
    }
#ifndef ARCHSIM_RELEASE
    if (w->measuring) {
        world_stay(w, f);
    }
#endif
    if (follow_on(w)) {
        follow_end(w, f, outcome);
    }
    call_answer(w, f, outcome);
    frame_free(&w->core.frames, f);
}

/* For its caller f has ended, as a timeout. */
static void call_give_up(struct world *w, const struct frame *f)
{
    if (f->flags & FRAME_MEASURED) {
        w->edges[f->edge].given_up++;
    }
    if (follow_on(w)) {
        follow_given_up(w, f);
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
        caller->given_up = true;
        call_give_up(w, f);
        const bool step = !(caller->flags & FRAME_FORWARD);
        if (step && call_current(w, caller)->options->cancel) { /* gone when its caller goes on */
            call_withdraw(w, f);
        }
        call_deliver(w, caller, OUTCOME_TIMEOUT);
    }
}

/* What it has called runs on, unobserved. */
static void call_let_go(struct world *w, struct frame *f)
{
    if (follow_on(w)) {
        follow_let_go(w, f);
    }
    if (f->state == FRAME_GROUP) {
        for (uint32_t slot = f->child; slot != FRAME_NONE;) {
            struct frame *branch = core_frame(&w->core, slot);
            slot = branch->next;
            call_let_go(w, branch);
            core_cancel_event(&w->core, branch);
            if (follow_on(w)) {
                follow_leave(w, branch);
            }
            frame_free(&w->core.frames, branch);
        }
    }
    f->child = FRAME_NONE;
    f->flags &= (uint16_t)~FRAME_FORWARD;
    f->generation++;
}

/* It may be kept: then what was ready of it is void. */
void call_cut(struct world *w, struct frame *f, enum outcome outcome)
{
    if (f->state == FRAME_CALLING || f->state == FRAME_GROUP) {
        call_let_go(w, f);
        f->state = FRAME_HELD;
    }
    if (f->flags & FRAME_READY && !(f->flags & FRAME_WITHDRAWN)) {
        f->flags &= (uint16_t)~FRAME_READY;
        f->generation++;
    }
    call_end(w, f, outcome);
}

void call_over(struct world *w, struct frame *f)
{
    f->flags &= (uint16_t)~FRAME_TIMED;
    call_cut(w, f, OUTCOME_TIMEOUT);
}
