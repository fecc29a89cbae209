#include "sim/engine/retry.h"

#include <math.h>

#include "sim/engine/traffic.h"

void retry_count(struct world *w, struct frame *f, const struct step *step)
{
    struct frame_more *more = core_more(&w->core, f);
    more->attempt++;
    if (more->attempt == 1) {
        const double ratio = step->options->retry.budget_ratio;
        if (ratio > 0) {
            double *budget = &w->edges[step->edge].budget;
            *budget = fmin(*budget + ratio, RETRY_BUDGET_FULL);
        }
    }
    if (f->flags & FRAME_CLIENT) {
        traffic_attempt(w, f);
    }
}

static double retry_between(double low, double high, struct random *random)
{
    return low + (high - low) * random_uniform(random);
}

/* The wait before attempt `failed` + 1, in ns; *previous_ns is the last one drawn (decorrelated
 * jitter). "full", "equal", "decorrelated": M. Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015. */
static int64_t retry_wait(const struct retry *retry, uint32_t failed, int64_t *previous_ns,
                          struct random *random)
{
    if (retry->backoff_dist != NULL) {
        return distribution_draw_int(retry->backoff_dist, random);
    }
    if (retry->first_ns == 0) {
        return 0;
    }
    const double first = (double)retry->first_ns;
    const double cap = (double)retry->cap_ns;
    const double exponential = fmin(cap, first * pow(retry->factor, failed - 1.0));
    double wait = exponential;
    switch (retry->jitter) {
    case JITTER_NONE:
        break;
    case JITTER_FULL:
        wait = retry_between(0, exponential, random);
        break;
    case JITTER_EQUAL:
        wait = retry_between(exponential / 2, exponential, random);
        break;
    case JITTER_DECORRELATED:
        wait = fmin(cap, retry_between(first, 3 * fmax(first, (double)*previous_ns), random));
        break;
    }
    *previous_ns = wait < 0x1p62 ? (int64_t)(wait + 0.5) : (int64_t)1 << 62;
    return *previous_ns;
}

bool retry_again(struct world *w, struct frame *f, const struct step *step, enum outcome outcome)
{
    const struct retry *retry = &step->options->retry;
    struct frame_more *more = core_more(&w->core, f);
    if (more->attempt >= retry->attempts_max || !(retry->classes >> outcome & 1)) {
        return false;
    }
    struct edge_stats *edge = &w->edges[step->edge];
    if (retry->budget_ratio > 0) {
        if (edge->budget < 1) {
            return false;
        }
        edge->budget -= 1;
    }
    if (more->attempt == 1) {
        more->backoff_ns = 0;
    }
    const int64_t wait_ns =
        retry_wait(retry, more->attempt, &more->backoff_ns, &edge->retry_random);
    f->state = FRAME_GO;
    if (wait_ns > 0) {
        f->state = FRAME_BACKOFF;
        f->event = events_at(&w->core.events, core_now(&w->core) + wait_ns, EVENT_STEP, 0,
                             core_slot(&w->core, f));
    }
    return true;
}
