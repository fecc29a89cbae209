/* program: how a call goes through the steps of its operation, and how answers find their step. */
#include "sim/engine/program.h"

#include "sim/engine/breaker.h"
#include "sim/engine/call.h"
#include "sim/engine/feed.h"
#include "sim/engine/follow.h"
#include "sim/engine/retry.h"
#include "sim/engine/traffic.h"

const struct step *call_current(const struct world *w, const struct frame *f)
{
    return f->flags & FRAME_CLIENT ? traffic_step(w, f) : &w->scenario->steps[f->pc];
}

static struct random *step_random(struct world *w, const struct frame *f)
{
    return f->flags & FRAME_CLIENT ? traffic_random(w, f) : &w->services[f->service].step_random;
}

/* ---- groups: the branches of a parallel step, the tries of a hedged call ---- */

void group_unlink(struct world *w, struct frame *owner, const struct frame *branch)
{
    if (branch->previous != FRAME_NONE) {
        core_frame(&w->core, branch->previous)->next = branch->next;
    } else {
        owner->child = branch->next;
    }
    if (branch->next != FRAME_NONE) {
        core_frame(&w->core, branch->next)->previous = branch->previous;
    }
}

/* The tries that lost: their calls are abandoned or, with `cancel`, withdrawn. */
static void hedge_drop(struct world *w, struct frame *f)
{
    const bool cancel = call_current(w, f)->options->cancel;
    core_cancel_event(&w->core, f); /* the next try */
    for (uint32_t slot = f->child; slot != FRAME_NONE;) {
        struct frame *try = core_frame(&w->core, slot);
        slot = try->next;
        if (cancel && try->state == FRAME_CALLING) {
            call_withdraw(w, core_frame(&w->core, try->child));
        }
        if (follow_on(w)) {
            follow_let_go(w, try);
            follow_leave(w, try);
        }
        frame_free(&w->core.frames, try);
    }
}

/* The group is decided: parallel branches that are still out run on unobserved. */
static void group_decide(struct world *w, struct frame *f, enum outcome outcome)
{
    if (call_current(w, f)->kind == STEP_HEDGE) {
        hedge_drop(w, f);
    }
    f->generation++;
    f->child = FRAME_NONE;
    f->answer = (uint8_t)outcome;
    f->state = FRAME_ANSWERED;
    core_ready(&w->core, f);
}

static void group_deliver(struct world *w, struct frame *f, enum outcome outcome)
{
    if (call_current(w, f)->kind == STEP_HEDGE) {
        f->tries_out--;
        if (outcome == OUTCOME_OK || f->tries_out == 0) {
            group_decide(w, f, outcome);
        }
        return;
    }
    struct frame_more *group = core_more(&w->core, f);
    uint16_t *left = outcome == OUTCOME_OK ? &group->wanted : &group->spare;
    if (--*left == 0) {
        group_decide(w, f, outcome);
    }
}

void call_deliver(struct world *w, struct frame *p, enum outcome outcome)
{
    assert_hot(!(p->flags & FRAME_WITHDRAWN));
    if (p->state == FRAME_GROUP) {
        group_deliver(w, p, outcome);
        return;
    }
    assert_hot(p->state == FRAME_CALLING);
    p->answer = (uint8_t)outcome;
    p->state = FRAME_ANSWERED;
    core_ready(&w->core, p);
}

static void group_start(struct world *w, struct frame *f, const struct step *step)
{
    struct frame_more *group = core_more(&w->core, f);
    f->state = FRAME_GROUP;
    f->child = FRAME_NONE;
    f->given_up = false;
    group->wanted = step->wait_for;
    group->spare = (uint16_t)(step->branches_count - step->wait_for + 1);
    for (uint32_t i = 0; i < step->branches_count; i++) {
        if (call_branch(w, f, step->branches[i].pc) == NULL) {
            return;
        }
    }
}

static void hedge_try(struct world *w, struct frame *f, const struct step *step)
{
    struct frame *branch = call_branch(w, f, f->pc);
    if (branch == NULL) {
        return;
    }
    branch->flags |= FRAME_TRY;
    f->tries_out++;
    f->tries_made++;
    if (f->tries_made < step->hedge->tries_max) {
        f->event = events_at(&w->core.events, core_now(&w->core) + step->hedge->after_ns,
                             EVENT_HEDGE, 0, core_slot(&w->core, f));
    }
}

static void hedge_start(struct world *w, struct frame *f, const struct step *step)
{
    f->state = FRAME_GROUP;
    f->child = FRAME_NONE;
    f->tries_out = 0;
    f->tries_made = 0;
    hedge_try(w, f, step);
}

void call_hedge(struct world *w, struct frame *f)
{
    f->event = EVENT_NONE;
    hedge_try(w, f, call_current(w, f));
}

/* ---- one attempt of a call step ---- */

/* False: answered on the spot (an open breaker); f->answer is set. */
static bool step_issue(struct world *w, struct frame *f, const struct step *step)
{
    if (step->kind == STEP_HEDGE && !(f->flags & FRAME_TRY)) {
        hedge_start(w, f, step);
        return true;
    }
    if (step->kind == STEP_BREAKER && !breaker_allows(w, step->breaker, f)) {
        f->answer = OUTCOME_UNAVAILABLE;
        f->state = FRAME_ANSWERED;
        f->child = FRAME_NONE;
        return false;
    }
    struct frame *callee = call_spawn(w, f, step->edge, step->options, step_random(w, f));
    if (callee == NULL) {
        return true; /* the world has ended */
    }
    f->state = FRAME_CALLING;
    f->child = core_slot(&w->core, callee);
    f->given_up = false;
    call_begin(w, callee);
    return true;
}

static bool step_chance(struct world *w, struct frame *f, const struct step *step)
{
    const double probability = step->options->probability;
    return probability >= 1 || random_uniform(step_random(w, f)) < probability;
}

/* The step is through: on to the next, or to its fallback. */
static void step_leave(struct world *w, struct frame *f, uint16_t pc)
{
    core_more(&w->core, f)->attempt = 0;
    f->pc = pc;
}

/* A call step begins, is tried again, or is repeated. True: the program goes on at once. */
static bool step_call(struct world *w, struct frame *f, const struct step *step)
{
    struct frame_more *more = core_more(&w->core, f);
    if (f->flags & FRAME_TRY) { /* part of its owner's attempt */
        return !step_issue(w, f, step);
    }
    if (more->attempt == 0) {
        if (!step_chance(w, f, step)) {
            step_leave(w, f, step->next);
            return true;
        }
        more->repeats = step->options->repeat - 1;
    }
    retry_count(w, f, step);
    return !step_issue(w, f, step);
}

static void step_async(struct world *w, struct frame *f, const struct step *step)
{
    if (step_chance(w, f, step)) {
        for (uint32_t i = 0; i < step->options->repeat; i++) {
            struct frame *callee = call_spawn(w, f, step->edge, step->options, step_random(w, f));
            if (callee == NULL) {
                return;
            }
            callee->parent = FRAME_NONE;
            callee->flags |= FRAME_ASYNC;
            if (follow_on(w)) {
                follow_async(w, callee);
            }
            callee->flags &= (uint16_t)~FRAME_DEADLINE; /* it is nobody's */
            core_ready(&w->core, callee);
        }
    }
    f->pc = step->next;
}

/* A callee failed and nothing caught it. */
static void call_fail(struct world *w, struct frame *f, enum outcome outcome)
{
    struct service *s = &w->services[f->service];
    const bool own = !(f->flags & (FRAME_BRANCH | FRAME_CLIENT));
    call_end(w, f, own && s->model->failed != NULL ? s->model->failed(w, s, f, outcome) : outcome);
}

/* What the answer to a call step means. True: the program goes on at once. */
static bool step_answered(struct world *w, struct frame *f, const struct step *step)
{
    const enum outcome outcome = f->answer;
    if (step->kind == STEP_BREAKER && f->child != FRAME_NONE) {
        breaker_record(w, step->breaker, f, outcome);
    }
    if (f->flags & FRAME_TRY) {
        call_end(w, f, outcome);
        return false;
    }
    f->state = FRAME_GO;
    if (outcome != OUTCOME_OK && step->kind != STEP_PARALLEL) {
        if (retry_again(w, f, step, outcome)) {
            return f->state == FRAME_GO;
        }
    }
    const bool good = outcome == OUTCOME_OK || (step->options != NULL && step->options->optional);
    if (!good && step->failure_pc == PC_NONE) {
        call_fail(w, f, outcome);
        return false;
    }
    struct frame_more *more = core_more(&w->core, f);
    if (good && step->kind != STEP_PARALLEL && more->repeats > 0) {
        more->repeats--;
        more->attempt = 0;
        retry_count(w, f, step);
        return !step_issue(w, f, step);
    }
    step_leave(w, f, good ? step->next : step->failure_pc);
    return true;
}

/* The answer of a callee is back. True: the program goes on at once. */
static bool program_answered(struct world *w, struct frame *f)
{
    struct service *s = &w->services[f->service];
    if (f->flags & FRAME_FORWARD) {
        f->flags &= (uint16_t)~FRAME_FORWARD;
        f->state = FRAME_GO;
        if (f->answer != OUTCOME_OK) {
            call_fail(w, f, f->answer);
            return false;
        }
    } else if (!step_answered(w, f, call_current(w, f))) {
        return false;
    }
    if (f->state != FRAME_GO || f->flags & (FRAME_BRANCH | FRAME_CLIENT)) {
        return true;
    }
    return s->model->answered == NULL || s->model->answered(w, s, f);
}

/* ---- the other steps ---- */

/* False: time must pass first. */
static bool step_work(struct world *w, struct frame *f, const struct step *step)
{
    struct service *s = &w->services[f->service];
    f->work_ns = distribution_draw_int(step->dist, &s->step_random);
    f->pc = step->next;
    if (f->work_ns == 0) {
        return true;
    }
    f->state = FRAME_HELD;
    if (s->model->resume != NULL && !(f->flags & FRAME_BRANCH)) {
        s->model->resume(w, s, f);
    } else {
        f->event = events_at(&w->core.events, core_now(&w->core) + f->work_ns, EVENT_WORK_DONE, 0,
                             core_slot(&w->core, f));
    }
    return false;
}

static bool step_wait(struct world *w, struct frame *f, const struct step *step)
{
    const int64_t wait_ns = distribution_draw_int(step->dist, step_random(w, f));
    f->pc = step->next;
    if (wait_ns == 0) {
        return true;
    }
    f->state = FRAME_BACKOFF;
    f->event = events_at(&w->core.events, core_now(&w->core) + wait_ns, EVENT_STEP, 0,
                         core_slot(&w->core, f));
    return false;
}

static void step_choose(struct world *w, struct frame *f, const struct step *step)
{
    const double at = random_uniform(step_random(w, f));
    uint32_t i = 0;
    while (i + 1u < step->branches_count && at >= step->branches[i].weight) {
        i++;
    }
    f->pc = step->branches[i].pc;
}

/* A round of a delivery is through. True: there are further ones, and the next begins at once. */
static __attribute__((noinline)) bool program_end_round(struct world *w, struct frame *f)
{
    if (feed_spoilt(w, f)) {
        call_end(w, f, OUTCOME_FAILED);
        return false;
    }
    if (f->pc != PC_NONE && f->parent_generation > 1) {
        f->parent_generation--;
        f->pc = w->services[f->service].spec->operations[f->operation].pc;
        return true;
    }
    call_end(w, f, OUTCOME_OK);
    return false;
}

/* The program is through. True: it begins again at once. */
static bool program_end(struct world *w, struct frame *f)
{
    if (feed_is(w, f)) {
        return program_end_round(w, f);
    }
    call_end(w, f, OUTCOME_OK);
    return false;
}

/* True: the next step is due at once. */
static bool step_run(struct world *w, struct frame *f, const struct step *step)
{
    switch (step->kind) {
    case STEP_CALL:
    case STEP_BREAKER:
    case STEP_HEDGE:
        return step_call(w, f, step);
    case STEP_ASYNC:
        step_async(w, f, step);
        return true;
    case STEP_WORK:
        return step_work(w, f, step);
    case STEP_WAIT:
        return step_wait(w, f, step);
    case STEP_CHOOSE:
        step_choose(w, f, step);
        return true;
    case STEP_PARALLEL:
        group_start(w, f, step);
        return false;
    case STEP_JUMP:
        f->pc = step->next;
        return true;
    case STEP_END:
        return program_end(w, f);
    }
    __builtin_unreachable();
}

/* Everything but the end of a call without steps. */
static __attribute__((noinline)) void program_run(struct world *w, struct frame *f)
{
    if (!(f->flags & (FRAME_WORKED | FRAME_BRANCH | FRAME_CLIENT))) {
        struct service *s = &w->services[f->service];
        f->flags |= FRAME_WORKED;
        if (follow_on(w)) {
            follow_worked(w, f);
        }
        if (s->model->serve != NULL && !s->model->serve(w, s, f)) {
            return;
        }
    }
    for (;;) {
        if (f->state == FRAME_ANSWERED && !program_answered(w, f)) {
            return;
        }
        if (w->ended) {
            return;
        }
        if (f->state == FRAME_ANSWERED) { /* an open breaker has answered the next attempt */
            world_step(w, f->service);
            continue;
        }
        if (f->pc == PC_NONE) {
            program_end(w, f);
            return;
        }
        if (!step_run(w, f, call_current(w, f))) {
            return;
        }
    }
}

void call_step(struct world *w, struct frame *f)
{
    if (f->pc == PC_NONE && f->state == FRAME_GO && !(f->flags & FRAME_ASYNC) &&
        w->services[f->service].model->serve == NULL) {
        call_end(w, f, OUTCOME_OK);
    } else {
        program_run(w, f);
    }
}
