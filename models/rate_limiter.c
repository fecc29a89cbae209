/* rate_limiter: a token bucket in front of what it calls.
 * The bucket refills continuously at `rate` up to `burst` and starts full; a request takes one
 * token. Without one it ends as `throttled`, or waits in order until its token is there: seen from
 * the requests, the missing tokens are the queue of a single server with constant service 1/rate
 * that hides its first burst - 1 places.
 * Block: bucket. One timer stands for the head of the line. Left out: limits per client. */
#include "models/model.h"

#include "sim/blocks/bucket.h"

enum on_empty { ON_EMPTY_REJECT, ON_EMPTY_WAIT };
enum { RATE_LIMITER_WAITS = 1 }; /* frame.block */

struct rate_limiter_params {
    double rate_per_s;
    int64_t burst_count;
    int on_empty;
};

#define PARAMS struct rate_limiter_params
static const struct param rate_limiter_params[] = {
    RATE(rate, REQUIRED, "1/day..1000M/s", "tokens that come back, continuously",
         DEFINED("archsim language 1")),
    COUNT(burst, REQUIRED, "1..1000M", "tokens that the bucket holds; it starts full",
          DEFINED("archsim language 1")),
    CHOICE(on_empty, "reject", "reject wait",
           "without a token a request ends as `throttled`, or queues in order",
           DEFINED("archsim language 1")),
};

struct rate_limiter {
    struct bucket bucket;
    struct line line;
    bool timed;     /* a timer is set for the next token */
    uint64_t taken; /* tokens */
};

static void rate_limiter_time(struct service *s, struct rate_limiter *limiter)
{
    if (!limiter->timed && limiter->line.count > 0) {
        service_timer(s, bucket_due_ns(&limiter->bucket, 1) - core_now(s->core), 0);
        limiter->timed = true;
    }
}

static void rate_limiter_leave_line(struct service *s, struct rate_limiter *limiter,
                                    struct frame *f)
{
    line_leave(&limiter->line, s->core, f);
    f->block = 0;
    gauge_add(&s->load.queue, -1, core_now(s->core));
}

static void rate_limiter_start(struct world *w, struct service *s)
{
    (void)w;
    const struct rate_limiter_params *p = s->params;
    struct rate_limiter *limiter = s->state;
    bucket_init(&limiter->bucket, p->rate_per_s, p->burst_count);
    s->load.unlimited = true;
}

static void rate_limiter_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct rate_limiter_params *p = s->params;
    struct rate_limiter *limiter = s->state;
    if (limiter->line.count == 0 && bucket_take(&limiter->bucket, core_now(s->core), 1)) {
        limiter->taken++;
        call_work(w, f);
    } else if (p->on_empty == ON_EMPTY_REJECT) {
        call_throttle(w, f, "rate");
    } else {
        f->block = RATE_LIMITER_WAITS;
        line_join(&limiter->line, s->core, f);
        gauge_add(&s->load.queue, 1, core_now(s->core));
        rate_limiter_time(s, limiter);
    }
}

/* A token is there, for the first in line whose deadline has not passed, if anybody still waits. */
static void rate_limiter_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    struct rate_limiter *limiter = s->state;
    const int64_t now_ns = core_now(s->core);
    limiter->timed = false;
    while (limiter->line.count > 0 && bucket_due_ns(&limiter->bucket, 1) <= now_ns) {
        struct frame *f = load_next(&s->load, s->core, &limiter->line);
        if (f != NULL) {
            bucket_take(&limiter->bucket, now_ns, 1);
            limiter->taken++;
            call_work(w, f);
        }
    }
    rate_limiter_time(s, limiter);
}

static void rate_limiter_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    if (f->block == RATE_LIMITER_WAITS) {
        rate_limiter_leave_line(s, s->state, f);
    }
}

static void rate_limiter_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct rate_limiter_params *p = s->params;
    const struct rate_limiter *limiter = s->state;
    usage[0] = (struct usage){.used = (double)limiter->taken, .available = p->rate_per_s};
}

static const char *const rate_limiter_resources[] = {"tokens"};

const struct model rate_limiter_model = {
    .info =
        {
            .name = "rate_limiter",
            .title = "a token bucket",
            .text =
                "A bucket refills continuously at `rate` up to `burst` and starts full. A "
                "request takes one token. Without one it ends as `throttled`, or waits in order "
                "for its token. Limits per client are not modelled.",
            ROWS(params, rate_limiter_params),
            .params_size = sizeof(struct rate_limiter_params),
            .takes_work = true,
            .takes_operations = true,
            .work_help = "time that passes once the token is there, without any resource in use",
            ROWS(resources, rate_limiter_resources),
        },
    .state_size = sizeof(struct rate_limiter),
    .start = rate_limiter_start,
    .arrive = rate_limiter_arrive,
    .timer = rate_limiter_timer,
    .finish = rate_limiter_finish,
    .usage = rate_limiter_usage,
};
