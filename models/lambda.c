/* lambda: functions on demand (AWS Lambda).
 * A request takes a provisioned environment, else the on-demand one that was used last, else starts
 * one: it is placed, initialises, and its first run is slower. An environment has one request at a
 * time and is held during nested calls. Over a limit of concurrency, requests or new environments
 * it is throttled; an asynchronous event is tried again, a queue is polled. Blocks: pool, bucket,
 * pollers, ramp; tables: lambda_tables.h. Left out: see `text` at the end. */
#include "models/model.h"

#include <math.h>

#include "models/lambda_tables.h"
#include "sim/blocks/bucket.h"
#include "sim/blocks/pollers.h"
#include "sim/blocks/pool.h"
#include "sim/blocks/ramp.h"

/* In f->block: what a frame does (QUEUED: it is to be tried again), its failures and throttles. */
enum lambda_phase { LAMBDA_AWAY, LAMBDA_QUEUED, LAMBDA_RUNS, LAMBDA_FIRST_RUNS };
enum {
    LAMBDA_PHASE = 0x03,
    LAMBDA_FAILURE = 0x04, /* one of them; up to 3 */
    LAMBDA_FAILURES = 0x0c,
    LAMBDA_THROTTLE = 0x10, /* up to 15 */
    LAMBDA_THROTTLES = 0xf0,
    LAMBDA_THROTTLE_BITS = 4,
};
enum { LAMBDA_UNUSED = 1, LAMBDA_RESET = 2 }; /* flags of an environment: no run yet; must init */
/* Slots of timers: an environment of the pool whose idle time may be over, or one of these. */
enum {
    LAMBDA_TIMER_BITS = 28,
    LAMBDA_INITIALISED = 1, /* an environment */
    LAMBDA_POLL,
    LAMBDA_WINDOW,   /* of a batch */
    LAMBDA_ALLOCATE, /* provisioned concurrency was asked for; then, is there */
    LAMBDA_ALLOCATED,
};
#define LAMBDA_PROVISIONED ((uint32_t)1 << 31) /* in f->note: an environment of that pool */
#define LAMBDA_S 1e9                           /* ns */
/* On-demand requests at a time. */
struct lambda_concurrency {
    struct gauge used;
    int64_t most; /* may be below 0, where functions reserve more than there is */
    const char *limit;
};

/* All functions of the account. */
struct lambda_account {
    struct lambda_concurrency unreserved;
    struct bucket requests;
    uint64_t requests_count;
};

struct lambda {
    struct pool pool, provisioned;
    struct bucket starts, reserved_requests, provisioned_requests;
    struct distribution init; /* of a hello world, or given */
    struct distribution first_extra;
    double slowness;   /* work takes so many times longer than what it says */
    double first_more; /* in the first run, of that: so much more */
    struct lambda_concurrency reserved, *concurrency; /* the one that counts here */
    bool allocated;                                   /* provisioned environments are there */
    uint16_t feed;                                    /* the trigger's edge; SERVICE_NONE */
    int64_t hold_ns;                                  /* so long the queue waits for a batch */
    int64_t limit_ns;                                 /* from the arrival to the timeout */
    struct random overhead_random, init_random, first_random;
    struct gauge provisioned_busy, provisioned_present;
    struct ramp out, in;
    struct pollers pollers;
    struct gauge polling; /* pollers at work */
    struct ramp more_pollers;
    uint32_t window;      /* timer of the batch that is gathered; EVENT_NONE */
    bool poll_timed;      /* a timer is set for one more poller */
    uint64_t runs, colds; /* measured */
    uint64_t invocations, errors, throttles, provisioned_runs, spilled, dropped; /* in the window */
    struct summary cold_start, init_duration, duration, async_age;
    struct gauge_window busy_window, provisioned_busy_window, provisioned_window;
    struct gauge_window concurrency_window, polling_window;
};

static int64_t lambda_longer(int64_t work_ns, double factor)
{
    return llround((double)work_ns * factor);
}

static bool lambda_fed_by(const struct lambda *state, const struct frame *f)
{
    return f->edge == state->feed;
}

static void lambda_phase(struct frame *f, uint8_t phase)
{
    f->block = (uint8_t)((f->block & ~LAMBDA_PHASE) | phase);
}

/* ---- environments ---- */

/* A step of a ramp, because the metric was above, or below, what is there. */
static void lambda_ramp(struct world *w, struct service *s, struct ramp *ramp, double from,
                        const struct log_entry *step)
{
    if (ramp_step(ramp, core_now(s->core), from, step->to, step->value)) {
        struct log_entry entry = *step;
        entry.value = ramp->value;
        entry.threshold = entry.from = ramp->from;
        entry.count = ramp->count;
        ramp->entry = service_log(w, s, &entry);
    }
}

/* Environments came (up 1) or went (-1). */
static void lambda_scale(struct world *w, struct service *s, int up, int64_t delay_ns)
{
    struct lambda *state = s->state;
    const double present = (double)s->load.capacity.value;
    lambda_ramp(w, s, up > 0 ? &state->out : &state->in, present - up,
                &(struct log_entry){
                    .kind = up > 0 ? LOG_SCALE_OUT : LOG_SCALE_IN,
                    .metric = lambda_metrics[LAMBDA_CONCURRENT].name,
                    .value = (double)s->load.busy.value,
                    .to = present,
                    .delay_ns = delay_ns,
                    .text = up > 0 ? "no free environment" : "idle environments reclaimed",
                });
}

static struct pool *lambda_pool(struct lambda *state, const struct frame *f)
{
    return f->note & LAMBDA_PROVISIONED ? &state->provisioned : &state->pool;
}

static struct pool_instance *lambda_environment(struct lambda *state, const struct frame *f)
{
    return pool_at(lambda_pool(state, f), f->note & ~LAMBDA_PROVISIONED);
}

static int64_t lambda_init_ns(const struct lambda_params *p, struct lambda *state)
{
    return distribution_draw_int(&state->init, &state->init_random) +
           distribution_draw_int(p->app_init_ns_dist, &state->init_random);
}

/* The handler begins. In an environment that was reset it waits for another init, and in its first
 * run it is slow: of several messages the first. */
static void lambda_run(struct world *w, struct service *s, struct frame *f, bool cold)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    struct pool_instance *instance = lambda_environment(state, f);
    const int64_t now_ns = core_now(s->core);
    const int64_t overhead_ns = distribution_draw_int(p->overhead_ns_dist, &state->overhead_random);
    const int64_t work_ns =
        state->slowness == 1 ? f->work_ns : lambda_longer(f->work_ns, state->slowness);
    int64_t extra_ns = 0;
    lambda_phase(f, LAMBDA_RUNS);
    if (instance->flags != 0) {
        const uint32_t rounds = call_rounds(w, f);
        cold |= instance->flags & LAMBDA_RESET;
        extra_ns = instance->flags & LAMBDA_RESET ? lambda_init_ns(p, state) : 0;
        extra_ns += lambda_longer(work_ns, state->first_more / rounds) +
                    distribution_draw_int(&state->first_extra, &state->first_random);
        lambda_phase(f, LAMBDA_FIRST_RUNS);
        instance->flags = 0;
    }
    if (f->flags & FRAME_MEASURED) {
        state->runs++;
        state->colds += cold;
        if (cold) {
            summary_add(&state->cold_start, now_ns - instance->until_ns + extra_ns);
        }
    }
    instance->until_ns = now_ns + overhead_ns;
    f->work_ns = overhead_ns + extra_ns + work_ns;
    if (f->work_ns >= state->limit_ns || s->spec->operations[f->operation].pc != PC_NONE) {
        call_limit(w, f, state->limit_ns);
    }
    call_work(w, f);
}

/* A new environment is placed and initialises; then it runs the request, if that is still there. */
static void lambda_start_cold(struct world *w, struct service *s, struct frame *f)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    struct pool_instance *instance = pool_at(&state->pool, f->note);
    const int64_t placement_ns = distribution_draw_int(p->placement_ns_dist, &state->init_random);
    int64_t init_ns = lambda_init_ns(p, state);
    instance->flags = LAMBDA_UNUSED;
    if (init_ns > p->init_limit_ns) {
        init_ns = p->init_limit_ns;
        instance->flags |= LAMBDA_RESET;
    }
    if (f->flags & FRAME_MEASURED) {
        summary_add(&state->init_duration, init_ns);
    }
    instance->note = core_slot(s->core, f) + 1;
    lambda_phase(f, LAMBDA_RUNS);
    load_serve(&s->load, s->core, f);
    service_timer(s, placement_ns + init_ns,
                  (uint32_t)LAMBDA_INITIALISED << LAMBDA_TIMER_BITS | f->note);
    lambda_scale(w, s, 1, placement_ns + init_ns);
}

static void lambda_free(struct world *w, struct service *s, uint32_t index)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const int64_t now_ns = core_now(s->core);
    gauge_add(&state->concurrency->used, -1, now_ns);
    if (now_ns - pool_at(&state->pool, index)->started_ns < p->max_age_ns) {
        pool_release(&state->pool, index);
    } else {
        pool_remove(&state->pool, index);
        lambda_scale(w, s, -1, 0);
    }
}

/* A run is over. What it leaves behind must initialise again if it was killed. */
static void lambda_over(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    struct lambda *state = s->state;
    struct pool_instance *instance = lambda_environment(state, f);
    lambda_phase(f, LAMBDA_AWAY);
    if (instance->note != 0) {
        instance->note = 0; /* it goes on with its init, and is free then */
        return;
    }
    const int64_t duration_ns = core_now(s->core) - instance->until_ns;
    if (world_measuring(w)) {
        state->invocations++;
        state->errors += outcome != OUTCOME_OK;
    }
    if (f->flags & FRAME_MEASURED) {
        summary_add(&state->duration, duration_ns > 0 ? duration_ns : 0);
    }
    if (outcome == OUTCOME_TIMEOUT && !(f->flags & FRAME_WITHDRAWN)) {
        instance->flags = LAMBDA_UNUSED | LAMBDA_RESET;
    }
    if (f->note & LAMBDA_PROVISIONED) {
        gauge_add(&state->provisioned_busy, -1, core_now(s->core));
        pool_release(&state->provisioned, f->note & ~LAMBDA_PROVISIONED);
    } else {
        lambda_free(w, s, f->note);
    }
}

static void lambda_initialised(struct world *w, struct service *s, uint32_t index)
{
    struct lambda *state = s->state;
    struct pool_instance *instance = pool_at(&state->pool, index);
    const uint32_t slot = instance->note;
    instance->note = 0;
    if (slot == 0) {
        lambda_free(w, s, index);
    } else {
        lambda_run(w, s, core_frame(s->core, slot - 1), true);
    }
}

/* ---- admission ---- */

/* A provisioned environment is free, and their requests a second are not used up. */
static bool lambda_provisioned(struct lambda *state, int64_t now_ns)
{
    return state->allocated && pool_idle(&state->provisioned, 0) &&
           bucket_take(&state->provisioned_requests, now_ns, 1);
}

/* An environment for f, in f->note, or the limit that forbids it. */
static const char *lambda_admit(struct service *s, struct frame *f, bool *cold)
{
    struct lambda *state = s->state;
    struct lambda_account *account = s->shared;
    const int64_t now_ns = core_now(s->core);
    const bool event = f->flags & FRAME_ASYNC && !lambda_fed_by(state, f); /* requests: no limit */
    const bool provisioned = lambda_provisioned(state, now_ns);
    struct lambda_concurrency *concurrency = state->concurrency;
    if (!provisioned && concurrency->used.value >= concurrency->most) {
        return concurrency->limit;
    }
    if (!event && concurrency == &state->reserved &&
        !bucket_take(&state->reserved_requests, now_ns, 1)) {
        return "reserved requests";
    }
    if (!event && !bucket_take(&account->requests, now_ns, 1)) {
        return lambda_resources[LAMBDA_ACCOUNT_REQUESTS];
    }
    account->requests_count += !event;
    if (provisioned) {
        f->note = pool_reuse(&state->provisioned, 0) | LAMBDA_PROVISIONED;
        gauge_add(&state->provisioned_busy, 1, now_ns);
        return NULL;
    }
    f->note = pool_reuse(&state->pool, 0);
    if (f->note == POOL_NONE) {
        if (!bucket_take(&state->starts, now_ns, 1)) {
            return "scaling rate";
        }
        f->note = pool_start(&state->pool, 0);
        *cold = true;
    }
    gauge_add(&concurrency->used, 1, now_ns);
    return NULL;
}

/* It stands in the queue of the function, or of its poller, and is tried again. */
static void lambda_queue(struct world *w, struct service *s, struct frame *f, int64_t wait_ns)
{
    lambda_phase(f, LAMBDA_QUEUED);
    gauge_add(&s->load.queue, 1, core_now(s->core));
    call_again(w, f, wait_ns);
}

static void lambda_drop(struct world *w, struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    state->dropped += world_measuring(w);
    if (p->dead_letter_target.service != SERVICE_NONE) {
        call_send(w, s, p->dead_letter_target.edge, 0);
    }
}

/* ---- polling ---- */

static void lambda_send_batch(struct world *w, struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    struct pollers *pollers = &state->pollers;
    if (state->window != EVENT_NONE) {
        events_cancel(&s->core->events, state->window);
        state->window = EVENT_NONE;
    }
    source_invoke(w, &p->trigger.from_target, pollers->delivery,
                  p->trigger.per == LAMBDA_PER_MESSAGE ? pollers->count : 1);
    pollers_sent(pollers);
}

/* Takes from the queue what may be worked off now. True: and it may hold more. */
static bool lambda_receive(struct world *w, struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    struct pollers *pollers = &state->pollers;
    uint32_t most;
    while ((most = pollers_wanted(pollers, core_now(s->core))) > 0) {
        const uint32_t received =
            source_receive(w, &p->trigger.from_target, most, &pollers->delivery);
        if (received == 0) {
            return false;
        }
        pollers_received(pollers, received);
        if (received == most || p->trigger.window_ns == 0) {
            lambda_send_batch(w, s);
        } else if (state->window == EVENT_NONE) {
            state->window = service_timer(s, p->trigger.window_ns,
                                          (uint32_t)LAMBDA_WINDOW << LAMBDA_TIMER_BITS);
        }
    }
    return true;
}

static void lambda_poll(struct world *w, struct service *s)
{
    struct lambda *state = s->state;
    struct pollers *pollers = &state->pollers;
    const int64_t now_ns = core_now(s->core);
    pollers_lack(pollers, now_ns, lambda_receive(w, s));
    gauge_set(&state->polling, pollers->out, now_ns);
    const int64_t due_ns = pollers_due_ns(pollers);
    if (!state->poll_timed && due_ns != INT64_MAX) {
        service_timer(s, due_ns - now_ns, (uint32_t)LAMBDA_POLL << LAMBDA_TIMER_BITS);
        state->poll_timed = true;
    }
}

/* One more poller is allowed. */
static void lambda_poll_more(struct world *w, struct service *s)
{
    struct lambda *state = s->state;
    const double allowed = pollers_allowed(&state->pollers, core_now(s->core));
    state->poll_timed = false;
    if (state->pollers.lacking) {
        lambda_ramp(w, s, &state->more_pollers, allowed - 1,
                    &(struct log_entry){.kind = LOG_SCALE_OUT,
                                        .metric = lambda_resources[LAMBDA_POLLERS],
                                        .value = state->pollers.out + 1, /* messages wait for one */
                                        .to = allowed,
                                        .text = "all are at work and messages wait"});
    }
    lambda_poll(w, s);
}

/* A batch was worked off, or not. */
static void lambda_polled(struct world *w, struct service *s, bool failed)
{
    struct lambda *state = s->state;
    pollers_end(&state->pollers, core_now(s->core), failed);
    lambda_poll(w, s);
}

/* ---- the life of a service, and of a call ---- */

static void lambda_provision(struct service *s, uint8_t flags)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    for (int64_t i = 0; i < p->provisioned_concurrency_count; i++) {
        const uint32_t index = pool_start(&state->provisioned, 0);
        pool_at(&state->provisioned, index)->flags = flags;
        pool_release(&state->provisioned, index);
    }
    gauge_set(&state->provisioned_present, p->provisioned_concurrency_count, core_now(s->core));
    state->concurrency->most -= p->provisioned_concurrency_count; /* of what is on demand */
    state->allocated = p->provisioned_concurrency_count > 0;
}

static void lambda_requests_init(const struct service *s, struct bucket *bucket,
                                 int64_t concurrency)
{
    const struct lambda_quotas *quotas = s->quotas;
    const double rate_per_s =
        fmin(LAMBDA_S, (double)concurrency * quotas->requests_per_concurrency);
    const double burst = rate_per_s * (double)quotas->requests_burst_ns / LAMBDA_S;
    if (concurrency > 0) { /* else nobody asks it */
        bucket_init(bucket, rate_per_s, burst < 1 ? 1 : (int64_t)burst);
    }
}

static void lambda_start_limits(struct service *s)
{
    const struct lambda_params *p = s->params;
    const struct lambda_quotas *quotas = s->quotas;
    struct lambda *state = s->state;
    struct lambda_account *account = s->shared;
    if (account->unreserved.limit == NULL) { /* the first of them */
        account->unreserved.limit = lambda_resources[LAMBDA_ACCOUNT_CONCURRENCY];
        account->unreserved.most = quotas->concurrency_count;
        lambda_requests_init(s, &account->requests, quotas->concurrency_count);
    }
    state->concurrency = &account->unreserved;
    if (p->reserved_concurrency_count >= 0) {
        account->unreserved.most -= p->reserved_concurrency_count;
        state->reserved.limit = lambda_resources[LAMBDA_RESERVED_CONCURRENCY];
        state->reserved.most = p->reserved_concurrency_count;
        state->concurrency = &state->reserved;
    }
    lambda_requests_init(s, &state->reserved_requests, p->reserved_concurrency_count);
    lambda_requests_init(s, &state->provisioned_requests, p->provisioned_concurrency_count);
    bucket_init(&state->starts, p->scaling.rate_per_s, p->scaling.burst_count);
}

static void lambda_start_work(struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    state->slowness = lambda_slowness(p);
    state->first_more = (isnan(p->first_run.factor) ? lambda_runtimes[p->runtime].first_run_factor
                                                    : p->first_run.factor) -
                        1;
    state->limit_ns = p->timeout_ns + llround(p->overhead_ns_dist->mean);
    lambda_measure(p, &state->init, &state->first_extra);
    if (s->work_constant_ns >= 0 && p->overhead_ns_dist->kind == DISTRIBUTION_CONSTANT) {
        service_work_constant(s, llround(p->overhead_ns_dist->a) +
                                     lambda_longer(s->work_constant_ns, state->slowness));
    }
}

static void lambda_start(struct world *w, struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    struct pool_setup setup = {
        .core = s->core,
        .load = &s->load,
        .arena = s->arena,
        .service = s->index,
        .groups_count = 1,
        .pick = POOL_MOST_RECENT,
        .instances_max = PARAM_INFINITE,
        .idle_ns_dist = p->idle_timeout_ns_dist,
        .idle_random = service_random(w, s, "idle"),
    };
    pool_init(&state->pool, &setup);
    setup.idle_ns_dist = NULL;
    pool_init(&state->provisioned, &setup);
    lambda_start_limits(s);
    state->overhead_random = service_random(w, s, "overhead");
    state->init_random = service_random(w, s, "init");
    state->first_random = service_random(w, s, "first run");
    lambda_start_work(s);
    if (p->provisioned.at_ns < 0) {
        lambda_provision(s, 0);
    } else {
        service_timer(s, world_origin(w) + p->provisioned.at_ns,
                      (uint32_t)LAMBDA_ALLOCATE << LAMBDA_TIMER_BITS);
    }
    state->window = EVENT_NONE;
    state->feed = SERVICE_NONE;
    if (p->trigger.from_target.service != SERVICE_NONE) {
        const int64_t most = p->trigger.max_concurrency_count >= 0
                                 ? p->trigger.max_concurrency_count
                                 : p->trigger.most_count;
        const int64_t first = p->trigger.initial_count < most ? p->trigger.initial_count : most;
        state->feed = p->trigger.from_target.edge;
        state->hold_ns = source_terms(w, &p->trigger.from_target).hold_ns;
        pollers_init(&state->pollers, &(struct pollers_setup){
                                          .first = (uint32_t)first,
                                          .most = (uint32_t)most,
                                          .batch = (uint32_t)p->trigger.batch_count,
                                          .period_ns = (int64_t)(LAMBDA_S / p->trigger.ramp_per_s),
                                      });
    }
    service_gauge(s, &s->load.busy, &state->busy_window);
    service_gauge(s, &state->provisioned_busy, &state->provisioned_busy_window);
    service_gauge(s, &state->provisioned_present, &state->provisioned_window);
    service_gauge(s, &state->concurrency->used, &state->concurrency_window);
    service_gauge(s, &state->polling, &state->polling_window);
    summary_init(&state->cold_start, s->arena);
    summary_init(&state->init_duration, s->arena);
    summary_init(&state->duration, s->arena);
    summary_init(&state->async_age, s->arena);
}

/* Of a provisioned environment that was asked for at an instant of the scenario. */
static void lambda_allocate(struct world *w, struct service *s)
{
    const struct lambda_params *p = s->params;
    const double count = (double)p->provisioned_concurrency_count;
    const int64_t delay_ns =
        p->provisioned.preparation_ns + (int64_t)(LAMBDA_S * count / p->provisioned.rate_per_s);
    service_log(w, s,
                &(struct log_entry){.kind = LOG_SCALE_OUT,
                                    .metric = "provisioned_concurrency",
                                    .value = NAN,
                                    .threshold = NAN,
                                    .from = (double)s->load.capacity.value,
                                    .to = (double)s->load.capacity.value + count,
                                    .delay_ns = delay_ns,
                                    .text = "usable once all are allocated"});
    service_timer(s, delay_ns, (uint32_t)LAMBDA_ALLOCATED << LAMBDA_TIMER_BITS);
}

static void lambda_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct lambda *state = s->state;
    const uint32_t index = slot & (((uint32_t)1 << LAMBDA_TIMER_BITS) - 1);
    switch (slot >> LAMBDA_TIMER_BITS) {
    case LAMBDA_INITIALISED:
        lambda_initialised(w, s, index);
        break;
    case LAMBDA_POLL:
        lambda_poll_more(w, s);
        break;
    case LAMBDA_WINDOW:
        state->window = EVENT_NONE;
        lambda_send_batch(w, s);
        lambda_poll(w, s);
        break;
    case LAMBDA_ALLOCATE:
        lambda_allocate(w, s);
        break;
    case LAMBDA_ALLOCATED:
        lambda_provision(s, LAMBDA_UNUSED);
        break;
    default:
        if (pool_expire(&state->pool, index)) {
            lambda_scale(w, s, -1, 0);
        }
    }
}

/* Without an environment: what nobody waits for is tried again, while that makes sense. */
static void lambda_throttle(struct world *w, struct service *s, struct frame *f, const char *limit)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const bool fed = lambda_fed_by(state, f);
    const int64_t left_ns =
        (fed ? state->hold_ns : p->async.max_event_age_ns) - (core_now(s->core) - f->start_ns);
    const uint32_t times = f->block >> LAMBDA_THROTTLE_BITS;
    const int64_t wait_ns = (int64_t)fmin((double)p->async.throttle_wait_max_ns,
                                          ldexp((double)p->async.throttle_wait_ns, (int)times));
    state->throttles += world_measuring(w);
    if (f->flags & FRAME_ASYNC && (fed ? wait_ns < left_ns : left_ns > 0)) {
        f->block = (uint8_t)(f->block +
                             (times * LAMBDA_THROTTLE < LAMBDA_THROTTLES ? LAMBDA_THROTTLE : 0));
        service_throttled(w, s, limit);
        if (fed) {
            pollers_fail(&state->pollers, core_now(s->core));
        }
        lambda_queue(w, s, f, wait_ns < left_ns ? wait_ns : left_ns);
        return;
    }
    if (f->flags & FRAME_ASYNC && !fed) {
        lambda_drop(w, s);
    }
    call_throttle(w, f, limit);
    if (fed) {
        lambda_polled(w, s, true);
    }
}

static void lambda_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct lambda *state = s->state;
    const int64_t now_ns = core_now(s->core);
    bool cold = false;
    if ((f->block & LAMBDA_PHASE) == LAMBDA_QUEUED) {
        lambda_phase(f, LAMBDA_AWAY);
        gauge_add(&s->load.queue, -1, now_ns);
    }
    const char *limit = lambda_admit(s, f, &cold);
    if (limit != NULL) {
        lambda_throttle(w, s, f, limit);
        return;
    }
    if (world_measuring(w)) {
        const bool provisioned = f->note & LAMBDA_PROVISIONED;
        state->provisioned_runs += provisioned;
        state->spilled += !provisioned && state->allocated;
    }
    if (f->flags & FRAME_ASYNC && f->flags & FRAME_MEASURED && !lambda_fed_by(state, f)) {
        summary_add(&state->async_age, now_ns - f->start_ns);
    }
    lambda_environment(state, f)->until_ns = now_ns;
    if (cold) {
        lambda_start_cold(w, s, f);
    } else {
        lambda_run(w, s, f, false);
    }
}

static void lambda_resume(struct world *w, struct service *s, struct frame *f)
{
    const struct lambda *state = s->state;
    const bool first = (f->block & LAMBDA_PHASE) == LAMBDA_FIRST_RUNS;
    f->work_ns = lambda_longer(f->work_ns, state->slowness * (first ? 1 + state->first_more : 1));
    call_work(w, f);
}

/* An uncaught error of what it calls is the function's own. */
static enum outcome lambda_failed(struct world *w, struct service *s, struct frame *f,
                                  enum outcome outcome)
{
    (void)w;
    (void)s;
    (void)f;
    (void)outcome;
    return OUTCOME_FAILED;
}

/* A run that failed, of an asynchronous event: again after a minute, and after two. Of a batch: all
 * its messages come back, unless the function lives to tell which failed. */
static bool lambda_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    const struct lambda_params *p = s->params;
    const struct lambda *state = s->state;
    const uint8_t phase = f->block & LAMBDA_PHASE;
    if (lambda_fed_by(state, f) &&
        (outcome == OUTCOME_TIMEOUT || !p->trigger.report_batch_item_failures)) {
        call_undo_rounds(w, f);
    }
    if (!(f->flags & FRAME_ASYNC) || lambda_fed_by(state, f) || phase < LAMBDA_RUNS) {
        return false;
    }
    const int64_t failures = (f->block & LAMBDA_FAILURES) / LAMBDA_FAILURE;
    const int64_t wait_ns = p->async.retry_wait_ns * (failures + 1);
    if (failures >= p->async.retry_attempts_count ||
        core_now(s->core) - f->start_ns + wait_ns > p->async.max_event_age_ns) {
        return false;
    }
    lambda_over(w, s, f, outcome);
    f->block = (uint8_t)(f->block + LAMBDA_FAILURE);
    lambda_queue(w, s, f, wait_ns);
    return true;
}

static void lambda_finish(struct world *w, struct service *s, struct frame *f)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const bool good = f->answer == OUTCOME_OK;
    if ((f->block & LAMBDA_PHASE) == LAMBDA_QUEUED) {
        gauge_add(&s->load.queue, -1, core_now(s->core));
    } else {
        lambda_over(w, s, f, f->answer);
    }
    if (lambda_fed_by(state, f)) {
        lambda_polled(w, s, !good && !p->trigger.report_batch_item_failures);
    } else if (f->flags & FRAME_ASYNC && !good) {
        lambda_drop(w, s);
    }
}

static void lambda_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct lambda *state = s->state;
    own[LAMBDA_COLD_START_RATIO].hits = state->colds;
    own[LAMBDA_COLD_START_RATIO].trials = state->runs;
    own[LAMBDA_COLD_START].summary = &state->cold_start;
    own[LAMBDA_INIT_DURATION].summary = &state->init_duration;
    own[LAMBDA_INVOCATIONS].value = (double)state->invocations;
    own[LAMBDA_ERRORS].value = (double)state->errors;
    own[LAMBDA_THROTTLED].value = (double)state->throttles;
    own[LAMBDA_DURATION].summary = &state->duration;
    own[LAMBDA_CONCURRENT].value = (double)state->busy_window.max;
    own[LAMBDA_PROVISIONED_USED].value = /* NaN: there are none */
        state->provisioned_busy_window.area / state->provisioned_window.area;
    own[LAMBDA_PROVISIONED_INVOCATIONS].value = (double)state->provisioned_runs;
    own[LAMBDA_SPILLOVER].value = (double)state->spilled;
    own[LAMBDA_ASYNC_AGE].summary = &state->async_age;
    own[LAMBDA_ASYNC_DROPPED].value = (double)state->dropped;
}

static struct usage lambda_used(const struct gauge *gauge, int64_t now_ns, int64_t available)
{
    return (struct usage){.used = gauge_area_s(gauge, now_ns),
                          .available = available < 0 ? 0 : (double)available};
}

static void lambda_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct lambda_quotas *quotas = s->quotas;
    const struct lambda *state = s->state;
    const struct lambda_account *account = s->shared;
    const struct lambda_concurrency *concurrency = state->concurrency;
    const int64_t now_ns = core_now(s->core);
    struct usage held = lambda_used(&concurrency->used, now_ns, concurrency->most);
    held.peak = (double)gauge_read(&concurrency->used, now_ns).max;
    for (uint32_t i = 0; i < sizeof(lambda_resources) / sizeof(lambda_resources[0]); i++) {
        usage[i] = (struct usage){.available = INFINITY};
    }
    usage[concurrency == &state->reserved ? LAMBDA_RESERVED_CONCURRENCY
                                          : LAMBDA_ACCOUNT_CONCURRENCY] = held;
    if (state->feed != SERVICE_NONE) {
        usage[LAMBDA_POLLERS] = lambda_used(&state->polling, now_ns, state->pollers.setup.most);
    }
    usage[LAMBDA_ACCOUNT_REQUESTS] = (struct usage){.used = (double)account->requests_count,
                                                    .available = (double)quotas->concurrency_count *
                                                                 quotas->requests_per_concurrency};
}

const struct model lambda_model = {
    .info =
        {
            .name = "lambda",
            .title = "AWS Lambda: functions on demand, one request at a time in an environment",
            .text =
                "A request takes a provisioned environment that is free, else the on-demand one "
                "used last, else starts one, which is placed, initialises as measured for its "
                "runtime, and is slower in its first run. It holds the environment, and a unit of "
                "concurrency, through its nested calls. Over the account's or its reserved "
                "concurrency, ten requests a second for each unit of that, or a thousand new "
                "environments at once and 100 a second after, it ends as `throttled`. An error of "
                "what it calls is its own: `failed`. Asynchronous events are tried again, and "
                "dropped or sent to `dead_letter`. `trigger` polls a queue. SnapStart, versions, "
                "payload limits, VPC, and the growth of the request rate (10,000/s in 10 s) are "
                "left out.",
            ROWS(params, lambda_params),
            ROWS(quotas, lambda_quotas),
            ROWS(metrics, lambda_metrics),
            ROWS(resources, lambda_resources),
            .params_size = sizeof(struct lambda_params),
            .quotas_size = sizeof(struct lambda_quotas),
            .takes_work = true,
            .takes_operations = true,
            .work_help = "the handler's CPU time on one full vCPU, nested calls not counted",
            .resource = "present environments",
            .check = lambda_check,
            .check_together = lambda_check_together,
            .check_source = lambda_check_source,
        },
    .state_size = sizeof(struct lambda),
    .shared_size = sizeof(struct lambda_account),
    .start = lambda_start,
    .timer = lambda_timer,
    .observe = lambda_observe,
    .usage = lambda_usage,
    .arrive = lambda_arrive,
    .failed = lambda_failed,
    .resume = lambda_resume,
    .keep = lambda_keep,
    .finish = lambda_finish,
    .fed = lambda_poll,
};
