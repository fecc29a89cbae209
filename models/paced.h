/* paced: requests that wait for their turn under limits of I/O a second (block pace), shared by
 * storage types. What a request takes of the limits is decided when it comes, so a caller who gives
 * up has still used it: I/O that was issued is done. Turns come in the order of arrival: one timer
 * stands for the head of the line. frame.note is the model's record: its struct paced_call. */
#ifndef ARCHSIM_MODELS_PACED_H
#define ARCHSIM_MODELS_PACED_H

#include "models/model.h"
#include "sim/blocks/pace.h"
#include "sim/blocks/records.h"

enum { PACED_WAITS = 1 }; /* frame.block */

struct paced_call {
    struct pace_span span;
    int64_t latency_ns;
};

struct paced {
    struct line line;
    struct records calls;
    bool timed;
};

static inline void paced_start(struct service *s, struct paced *paced)
{
    records_init(&paced->calls, s->arena, sizeof(struct paced_call));
    s->load.unlimited = true;
}

static inline void paced_time(struct service *s, struct paced *paced)
{
    const struct frame *head = line_head(&paced->line, s->core);
    if (!paced->timed && head != NULL) {
        const struct paced_call *call = records_at(&paced->calls, head->note);
        const int64_t now_ns = core_now(s->core);
        const int64_t due_ns = call->span.first_ns;
        service_timer(s, due_ns > now_ns ? due_ns - now_ns : 0, 0);
        paced->timed = true;
    }
}

static inline void paced_go(struct world *w, struct service *s, struct paced *paced,
                            struct frame *f)
{
    const struct paced_call *call = records_at(&paced->calls, f->note);
    const int64_t rest_ns = call->span.last_ns - core_now(s->core);
    f->work_ns = call->latency_ns + (rest_ns > 0 ? rest_ns : 0);
    call_work(w, f);
}

/* The call has passed all limits: it goes when they say. */
static inline void paced_arrive(struct world *w, struct service *s, struct paced *paced,
                                struct frame *f, const struct paced_call *call)
{
    f->note = records_take(&paced->calls);
    *(struct paced_call *)records_at(&paced->calls, f->note) = *call;
    if (paced->line.count == 0 && call->span.first_ns <= core_now(s->core)) {
        f->block = 0;
        paced_go(w, s, paced, f);
        return;
    }
    f->block = PACED_WAITS;
    line_join(&paced->line, s->core, f);
    gauge_add(&s->load.queue, 1, core_now(s->core));
    paced_time(s, paced);
}

/* The first in line leaves it: its turn has come, unless it ends anyway or is too late. */
static inline void paced_next(struct world *w, struct service *s, struct paced *paced,
                              struct frame *f)
{
    line_leave(&paced->line, s->core, f);
    f->block = 0;
    gauge_add(&s->load.queue, -1, core_now(s->core));
    if (f->flags & FRAME_WITHDRAWN) {
        return;
    }
    if (core_late(s->core, f)) {
        core_end(s->core, f, OUTCOME_TIMEOUT);
    } else {
        paced_go(w, s, paced, f);
    }
}

static inline void paced_due(struct world *w, struct service *s, struct paced *paced)
{
    paced->timed = false;
    struct frame *f;
    while ((f = line_head(&paced->line, s->core)) != NULL) {
        const struct paced_call *call = records_at(&paced->calls, f->note);
        if (call->span.first_ns > core_now(s->core)) {
            break;
        }
        paced_next(w, s, paced, f);
    }
    paced_time(s, paced);
}

static inline void paced_finish(struct service *s, struct paced *paced, struct frame *f)
{
    if (f->block == PACED_WAITS) {
        line_leave(&paced->line, s->core, f);
        f->block = 0;
        gauge_add(&s->load.queue, -1, core_now(s->core));
    }
    records_give(&paced->calls, f->note);
}

#endif
