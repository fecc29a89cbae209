/* follow: frames as slots. */
#include "sim/engine/follow.h"

static uint32_t follow_slot(const struct world *w, const struct frame *f)
{
    return f != NULL ? core_slot(&w->core, f) : FRAME_NONE;
}

void follow_request(struct world *w, const struct frame *f)
{
    if (w->measuring) {
        spans_request(w->core.spans, follow_slot(w, f), f->edge, core_now(&w->core));
    } else {
        follow_call(w, f, NULL, f->edge);
    }
}

void follow_root(struct world *w, const struct frame *f)
{
    follow_call(w, f, f, f->edge);
}

void follow_call(struct world *w, const struct frame *f, const struct frame *parent, uint16_t edge)
{
    spans_call(w->core.spans, follow_slot(w, f), follow_slot(w, parent), edge, core_now(&w->core));
}

void follow_branch(struct world *w, const struct frame *f, const struct frame *parent)
{
    spans_branch(w->core.spans, follow_slot(w, f), follow_slot(w, parent));
}

void follow_async(struct world *w, const struct frame *f)
{
    spans_async(w->core.spans, follow_slot(w, f));
}

void follow_leave(struct world *w, const struct frame *f)
{
    spans_leave(w->core.spans, follow_slot(w, f));
}

void follow_worked(struct world *w, const struct frame *f)
{
    spans_worked(w->core.spans, follow_slot(w, f), core_now(&w->core));
}

void follow_given_up(struct world *w, const struct frame *f)
{
    spans_given_up(w->core.spans, follow_slot(w, f), core_now(&w->core));
}

void follow_let_go(struct world *w, const struct frame *f)
{
    if (f->state == FRAME_CALLING && f->child != FRAME_NONE) {
        follow_given_up(w, core_frame(&w->core, f->child));
    }
}

/* Where it ran, if that is known: in its service's one zone; in that of the member that a balancer
 * has chosen, where it is since; or in its own, if its service is there. */
static uint8_t follow_zone(const struct world *w, const struct frame *f)
{
    const struct service *s = &w->services[f->service];
    const uint32_t mask = s->spec->zones_mask;
    if (mask != 0 && (mask & (mask - 1)) == 0) {
        return (uint8_t)__builtin_ctz(mask);
    }
    const bool there = mask == 0 ? s->model->info.members : mask >> f->zone & 1;
    return there ? f->zone : (uint8_t)ZONE_ANY;
}

void follow_end(struct world *w, const struct frame *f, enum outcome outcome)
{
    spans_end(
        w->core.spans, follow_slot(w, f),
        &(struct span_end){.copy = f->copy, .zone = follow_zone(w, f), .outcome = (uint8_t)outcome},
        core_now(&w->core));
}

void follow_finish(struct world *w, const struct frame *f, enum outcome outcome)
{
    spans_finish(w->core.spans, follow_slot(w, f), (uint8_t)outcome, core_now(&w->core));
}
