/* lambda: functions on demand (AWS Lambda).
 * A request takes a provisioned environment, else the on-demand one that was used last, else starts
 * one: it is placed, initialises, and its first run is slower. An environment has one request at a
 * time and is held during nested calls. Over a limit of concurrency, requests or new environments
 * it is throttled; an asynchronous event is tried again, a queue or a stream is polled. Blocks:
 * environments, redelivery; the polling is in trigger.h. Left out: see `text` at the end. */
#include "models/model.h"

#include <math.h>

#include "models/lambda_checks.h"
#include "models/lambda_tables.h"
#include "sim/blocks/environments.h"
#include "sim/blocks/ramp.h"
#include "sim/blocks/redelivery.h"

/* In f->block: what a frame does, its failures and its throttles. */
enum lambda_phase { LAMBDA_AWAY, LAMBDA_RUNS, LAMBDA_FIRST_RUNS };
enum {
    LAMBDA_PHASE = 0x03,
    LAMBDA_FAILURE = 0x04, /* one of them; up to 3 */
    LAMBDA_FAILURES = 0x0c,
    LAMBDA_THROTTLE = 0x10, /* up to 15 */
    LAMBDA_THROTTLES = 0xf0,
};
/* Slots of timers: an environment of the pool whose idle time may be over, or one of these. */
enum {
    LAMBDA_TIMER_BITS = 28,
    LAMBDA_INITIALISED = 1, /* an environment */
    LAMBDA_SOURCE,          /* its mapping's */
    LAMBDA_PROVISIONING,    /* of its provisioned concurrency */
    LAMBDA_ALLOCATE,        /* that is asked for */
    LAMBDA_UPDATED,         /* its code */
};
#define LAMBDA_S 1e9 /* ns */

struct lambda {
    struct world *w; /* for what blocks ask back */
    struct service *s;
    struct environments environments;
    double slowness;  /* work takes so many times longer than what it says */
    bool updating;    /* its code */
    int64_t limit_ns; /* from the arrival to the timeout */
    struct random overhead_random;
    struct ramp out, in;
    struct trigger trigger;
    struct redelivery failed, throttled, refed; /* of events; of batches that were throttled */
    uint64_t runs, colds;                       /* measured */
    uint64_t invocations, errors, throttles, provisioned_runs, spilled; /* in the window */
    uint64_t received, dropped;
    struct summary cold_start, init_duration, duration, async_age, iterator_age;
    struct gauge_window busy_window, provisioned_busy_window, provisioned_window;
    struct gauge_window used_window, unreserved_window, polling_window;
};

static int64_t lambda_longer(int64_t work_ns, double factor)
{
    return llround((double)work_ns * factor);
}

/* Nobody waits for it, and it stands in the function's own queue. */
static bool lambda_event(const struct lambda *state, const struct frame *f)
{
    return f->flags & FRAME_ASYNC && !trigger_feeds(&state->trigger, f);
}

static void lambda_phase(struct frame *f, uint8_t phase)
{
    f->block = (uint8_t)((f->block & ~LAMBDA_PHASE) | phase);
}

/* ---- environments ---- */

/* Environments came (up 1) or went (-1). */
static void lambda_scale(struct world *w, struct service *s, int up, int64_t delay_ns)
{
    struct lambda *state = s->state;
    const double present = (double)s->load.capacity.value;
    service_ramp(w, s, up > 0 ? &state->out : &state->in, present - up,
                 &(struct log_entry){
                     .kind = up > 0 ? LOG_SCALE_OUT : LOG_SCALE_IN,
                     .metric = lambda_metrics[LAMBDA_CONCURRENT].name,
                     .value = (double)s->load.busy.value,
                     .to = present,
                     .delay_ns = delay_ns,
                     .text = up > 0 ? "no free environment" : "idle environments reclaimed",
                 });
}

/* The handler begins. In an environment that was reset it waits for another init, and in its first
 * run it is slow: of several messages the first. */
static void lambda_run(struct world *w, struct service *s, struct frame *f, bool cold)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    struct pool_instance *instance = environments_at(&state->environments, f->note);
    const int64_t now_ns = core_now(s->core);
    const int64_t overhead_ns = distribution_draw_int(p->overhead_ns_dist, &state->overhead_random);
    const int64_t work_ns =
        state->slowness == 1 ? f->work_ns : lambda_longer(f->work_ns, state->slowness);
    int64_t extra_ns = 0;
    lambda_phase(f, LAMBDA_RUNS);
    if (instance->flags != 0) {
        extra_ns =
            environments_extra_ns(&state->environments, f->note, work_ns, call_rounds(w, f), &cold);
        lambda_phase(f, LAMBDA_FIRST_RUNS);
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
    struct lambda *state = s->state;
    int64_t init_ns;
    const int64_t delay_ns = environments_start(&state->environments, f->note, &init_ns);
    if (f->flags & FRAME_MEASURED) {
        summary_add(&state->init_duration, init_ns);
    }
    environments_at(&state->environments, f->note)->note = core_slot(s->core, f) + 1;
    lambda_phase(f, LAMBDA_RUNS);
    load_serve(&s->load, s->core, f);
    call_phase(s, f, "cold start", delay_ns);
    lambda_scale(w, s, 1, delay_ns);
}

static void lambda_free(struct world *w, struct service *s, uint32_t environment, bool killed)
{
    struct lambda *state = s->state;
    if (environments_give_back(&state->environments, environment, killed)) {
        lambda_scale(w, s, -1, 0);
    }
}

/* A run is over. What it leaves behind must initialise again if it was killed. */
static void lambda_over(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    struct lambda *state = s->state;
    struct pool_instance *instance = environments_at(&state->environments, f->note);
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
    lambda_free(w, s, f->note, outcome == OUTCOME_TIMEOUT && !(f->flags & FRAME_WITHDRAWN));
}

static void lambda_initialised(struct world *w, struct service *s, uint32_t environment)
{
    struct lambda *state = s->state;
    struct pool_instance *instance = environments_at(&state->environments, environment);
    const uint32_t slot = instance->note;
    instance->note = 0;
    if (slot == 0) {
        lambda_free(w, s, environment, false);
    } else {
        lambda_run(w, s, core_frame(s->core, slot - 1), true);
    }
}

/* ---- what is given up ---- */

static void lambda_send(struct world *w, struct service *s, const struct call_target *target)
{
    if (target->service != SERVICE_NONE) {
        call_send(w, s, target->edge, 0);
    }
}

/* An asynchronous event is given up. */
static void lambda_drop(struct world *w, struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    state->dropped += world_measuring(w);
    lambda_send(w, s, &p->dead_letter_target);
    lambda_send(w, s, &p->on_failure_target);
}

static void lambda_fed(struct world *w, struct service *s)
{
    (void)w;
    struct lambda *state = s->state;
    event_source_poll(&state->trigger.source);
}

/* ---- provisioned concurrency ---- */

static void lambda_provision_usable(void *context, int64_t count)
{
    struct lambda *state = context;
    concurrency_provision(&state->environments.concurrency, count, core_now(state->s->core));
}

/* PutProvisionedConcurrencyConfig. False: the account, or what is reserved, has not so much, or
 * others are being allocated. */
static bool lambda_provision(struct lambda *state, int64_t count, double value, double threshold)
{
    struct service *s = state->s;
    const int64_t change = count - state->environments.concurrency.provisioned;
    const double capacity = (double)s->load.capacity.value;
    int64_t delay_ns;
    if (change > concurrency_most(&state->environments.concurrency) ||
        !provision_ask(&state->environments.provision, count, &delay_ns)) {
        return false;
    }
    if (change != 0) {
        service_log(state->w, s,
                    &(struct log_entry){
                        .kind = change > 0 ? LOG_SCALE_OUT : LOG_SCALE_IN,
                        .metric = "provisioned_concurrency",
                        .value = value,
                        .threshold = threshold,
                        .from = capacity,
                        .to = capacity + (double)change,
                        .delay_ns = delay_ns,
                        .text = change > 0 ? "usable once all are allocated" : NULL,
                    });
    }
    return true;
}

static void lambda_provision_wanted(void *context, const struct scaler_decision *decision)
{
    lambda_provision(context, (int64_t)decision->desired, decision->value, decision->threshold);
}

static const struct provision_ops lambda_provision_ops = {
    .usable = lambda_provision_usable,
    .wanted = lambda_provision_wanted,
};

static void lambda_start_provisioned(struct world *w, struct service *s,
                                     const struct pool_setup *pool)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const bool later = p->provisioned.at_ns >= 0;
    struct scaling scaling = {
        .min = (double)lambda_provisioned_least(p),
        .max = (double)lambda_provisioned_most(p),
        .origin_ns = world_origin(w),
        .alarm = &p->alarm,
        .cooldown = &p->cooldown,
        .schedule = &p->schedule_list,
        .scale_in = p->scale_in,
        .targets = {(double)NAN, (double)NAN, (double)NAN, p->provisioned.target_ratio},
    };
    provision_init(&state->environments.provision,
                   &(struct provision_setup){
                       .ops = &lambda_provision_ops,
                       .context = state,
                       .pool = *pool,
                       .timer = (uint32_t)LAMBDA_PROVISIONING << LAMBDA_TIMER_BITS,
                       .flags = ENVIRONMENT_UNUSED,
                       .preparation_ns = p->provisioned.preparation_ns,
                       .rate_per_s = p->provisioned.rate_per_s,
                       .metric = SCALING_OWN,
                       .seen_ns = p->alarm.delay_ns,
                   });
    scaling_setup(&state->environments.provision.autoscaler.scaler, &scaling, s->arena);
    provision_begin(&state->environments.provision, later ? 0 : p->provisioned_concurrency_count);
    if (later) {
        service_timer(s, world_origin(w) + p->provisioned.at_ns,
                      (uint32_t)LAMBDA_ALLOCATE << LAMBDA_TIMER_BITS);
    }
}

/* ---- what an administrator does ---- */

/* The update of the code has succeeded: environments of the old code finish what they do, and are
 * gone. Provisioned ones are of a version: they serve until as many of the new one are there. */
static void lambda_updated(struct world *w, struct service *s)
{
    struct lambda *state = s->state;
    const double present = (double)s->load.capacity.value;
    state->updating = false;
    environments_renew(&state->environments);
    service_log(w, s,
                &(struct log_entry){
                    .kind = (double)s->load.capacity.value < present ? LOG_SCALE_IN : LOG_COMMAND,
                    .metric = lambda_controls[LAMBDA_CODE],
                    .value = (double)NAN,
                    .threshold = (double)NAN,
                    .from = present,
                    .to = (double)s->load.capacity.value,
                    .text = "new code: old environments end after their request",
                });
}

static bool lambda_control(struct world *w, struct service *s, uint32_t control, double value)
{
    (void)w;
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    if (control == LAMBDA_CODE) {
        if (state->updating) {
            return false; /* ResourceConflictException: LastUpdateStatus is InProgress */
        }
        state->updating = true;
        service_timer(s, p->update_ns, (uint32_t)LAMBDA_UPDATED << LAMBDA_TIMER_BITS);
        return true;
    }
    if (!(value >= 0) || value != floor(value)) {
        return false;
    }
    return control == LAMBDA_RESERVE
               ? concurrency_reserve(&state->environments.concurrency, (int64_t)value,
                                     core_now(s->core))
               : lambda_provision(state, (int64_t)value, (double)NAN, (double)NAN);
}

/* ---- the life of a service, and of a call ---- */

static void lambda_start_limits(struct service *s)
{
    const struct lambda_params *p = s->params;
    const struct lambda_quotas *quotas = s->quotas;
    struct lambda *state = s->state;
    struct concurrency_account *account = s->shared;
    if (account->setup.units == 0) { /* the first of them */
        concurrency_account_init(account,
                                 &(struct concurrency_setup){
                                     .units = quotas->concurrency_count,
                                     .unreserved = quotas->unreserved_count,
                                     .requests_per_unit_s = quotas->requests_per_concurrency,
                                     .burst_ns = quotas->requests_burst_ns,
                                 });
    }
    concurrency_init(&state->environments.concurrency, account, p->reserved_concurrency_count);
}

static void lambda_start_retries(struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const struct redelivery_phase throttled = {.tries = REDELIVERY_ANY,
                                               .first_ns = p->async.throttle_wait_ns,
                                               .factor = 2,
                                               .most_ns = p->async.throttle_wait_max_ns};
    state->failed = (struct redelivery){.phases = {{.tries = p->async.retry_attempts_count,
                                                    .first_ns = p->async.retry_wait_ns,
                                                    .factor = 2,
                                                    .most_ns = INT64_MAX}},
                                        .phases_count = 1,
                                        .age_max_ns = p->async.max_event_age_ns};
    state->throttled = (struct redelivery){.phases = {throttled},
                                           .phases_count = 1,
                                           .age_max_ns = p->async.max_event_age_ns,
                                           .last_at_age = true};
    state->refed = (struct redelivery){
        .phases = {throttled}, .phases_count = 1, .age_max_ns = state->trigger.hold_ns};
}

static double lambda_vcpus(const struct lambda_params *p, int64_t memory_bytes)
{
    return fmin(p->threads, (double)memory_bytes / (double)p->memory_per_vcpu_bytes);
}

static void lambda_start_work(struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const double said = p->work_memory_bytes >= 0 ? lambda_vcpus(p, p->work_memory_bytes) : 1;
    state->slowness = said / lambda_vcpus(p, p->memory_bytes);
    state->limit_ns = p->timeout_ns + llround(p->overhead_ns_dist->mean);
    if (s->work_constant_ns >= 0 && p->overhead_ns_dist->kind == DISTRIBUTION_CONSTANT) {
        service_work_constant(s, llround(p->overhead_ns_dist->a) +
                                     lambda_longer(s->work_constant_ns, state->slowness));
    }
}

/* With SnapStart an environment is restored, and the function's own init is in the snapshot; of
 * Java the first run after that was measured too. */
static void lambda_start_environments(struct world *w, struct service *s,
                                      const struct pool_setup *pool)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const struct lambda_deployment deployment = {p->runtime, p->package, p->architecture};
    const struct lambda_runtime *runtime = &lambda_runtimes[p->runtime];
    const struct distribution *init = p->snap_start ? p->restore_ns_dist : p->init_ns_dist;
    struct distribution measured, first, other;
    lambda_measure(lambda_find(&deployment), p->memory_bytes, &measured, &first);
    if (p->snap_start) {
        lambda_measure(lambda_find_restore(), p->memory_bytes, &measured,
                       runtime->java ? &first : &other);
    }
    environments_init(
        &state->environments,
        &(struct environments_setup){
            .pool = *pool,
            .timer = (uint32_t)LAMBDA_INITIALISED << LAMBDA_TIMER_BITS,
            .starts_per_s = p->scaling.rate_per_s,
            .starts_burst = p->scaling.burst_count,
            .init = init != NULL ? *init : measured,
            .first_extra = p->first_run.extra_ns_dist != NULL ? *p->first_run.extra_ns_dist : first,
            .placement_ns_dist = p->placement_ns_dist,
            .more_init_ns_dist = {p->snap_start ? NULL : p->app_init_ns_dist,
                                  p->vpc ? p->vpc_delay_ns_dist : NULL},
            .init_limit_ns = p->snap_start ? INT64_MAX : p->init_limit_ns,
            .first_more =
                (isnan(p->first_run.factor) ? runtime->first_run_factor : p->first_run.factor) - 1,
            .first_most_ns = p->first_run.most_ns,
            .max_age_ns = p->max_age_ns,
            .init_random = service_random(w, s, "init"),
            .first_random = service_random(w, s, "first run"),
        });
    lambda_start_limits(s);
    lambda_start_provisioned(w, s, pool);
}

static void lambda_start(struct world *w, struct service *s)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    state->w = w;
    state->s = s;
    state->overhead_random = service_random(w, s, "overhead");
    lambda_start_work(s);
    lambda_start_environments(w, s,
                              &(struct pool_setup){
                                  .core = s->core,
                                  .load = &s->load,
                                  .arena = s->arena,
                                  .service = s->index,
                                  .groups_count = 1,
                                  .pick = POOL_MOST_RECENT,
                                  .instances_max = PARAM_INFINITE,
                                  .idle_ns_dist = p->idle_timeout_ns_dist,
                                  .idle_random = service_random(w, s, "idle"),
                              });
    trigger_start(&state->trigger, w, s, &p->trigger, (uint32_t)LAMBDA_SOURCE << LAMBDA_TIMER_BITS);
    lambda_start_retries(s);
    service_gauge(s, &s->load.busy, &state->busy_window);
    service_gauge(s, &state->environments.provision.busy, &state->provisioned_busy_window);
    service_gauge(s, &state->environments.provision.present, &state->provisioned_window);
    service_gauge(s, &state->environments.concurrency.used, &state->used_window);
    service_gauge(s, &state->environments.concurrency.account->used, &state->unreserved_window);
    service_gauge(s, &state->trigger.source.working, &state->polling_window);
    struct summary *const summaries[] = {&state->cold_start, &state->init_duration,
                                         &state->duration, &state->async_age, &state->iterator_age};
    for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++) {
        summary_init(summaries[i], s->arena);
    }
}

static void lambda_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const uint32_t index = slot & (((uint32_t)1 << LAMBDA_TIMER_BITS) - 1);
    switch (slot >> LAMBDA_TIMER_BITS) {
    case LAMBDA_INITIALISED:
        lambda_initialised(w, s, index);
        break;
    case LAMBDA_SOURCE:
        event_source_due(&state->trigger.source, index);
        break;
    case LAMBDA_PROVISIONING:
        provision_due(&state->environments.provision, index);
        break;
    case LAMBDA_ALLOCATE:
        lambda_provision(state, p->provisioned_concurrency_count, (double)NAN, (double)NAN);
        break;
    case LAMBDA_UPDATED:
        lambda_updated(w, s);
        break;
    default:
        if (pool_expire(&state->environments.pool, index)) {
            lambda_scale(w, s, -1, 0);
        }
    }
}

/* Time until it is tried again, after a throttle; then it counts one more. */
static int64_t lambda_throttle_wait_ns(struct lambda *state, struct frame *f)
{
    const struct redelivery *retries =
        trigger_feeds(&state->trigger, f) ? &state->refed : &state->throttled;
    const bool off = state->environments.concurrency.reserved == 0;
    const uint32_t times = (f->block & (uint32_t)LAMBDA_THROTTLES) / LAMBDA_THROTTLE;
    if (!(f->flags & FRAME_ASYNC) || (off && lambda_event(state, f)) ||
        (trigger_feeds(&state->trigger, f) && state->trigger.stream &&
         event_source_too_old(&state->trigger.source, f))) {
        return REDELIVERY_OVER;
    }
    f->block =
        (uint8_t)(f->block + (times * LAMBDA_THROTTLE < LAMBDA_THROTTLES ? LAMBDA_THROTTLE : 0));
    return redelivery_wait_ns(retries, times, core_now(state->s->core) - f->start_ns);
}

/* Without an environment: what nobody waits for is tried again, while that makes sense. */
static void lambda_throttle(struct world *w, struct service *s, struct frame *f, const char *limit)
{
    struct lambda *state = s->state;
    const bool fed = trigger_feeds(&state->trigger, f);
    const int64_t wait_ns = lambda_throttle_wait_ns(state, f);
    state->throttles += world_measuring(w);
    if (wait_ns != REDELIVERY_OVER) {
        service_throttled(w, s, limit);
        if (fed) {
            event_source_throttled(&state->trigger.source);
        }
        call_again(w, f, wait_ns);
        return;
    }
    if (lambda_event(state, f)) {
        lambda_drop(w, s);
    }
    if (fed) {
        trigger_throttled(&state->trigger, f, limit);
    } else {
        call_throttle(w, f, limit);
    }
}

/* It runs: what is counted then. */
static void lambda_count(struct world *w, struct service *s, const struct frame *f)
{
    struct lambda *state = s->state;
    const int64_t now_ns = core_now(s->core);
    if (world_measuring(w)) {
        const bool provisioned = f->note & ENVIRONMENT_PROVISIONED;
        state->provisioned_runs += provisioned;
        state->spilled += !provisioned && state->environments.provision.usable > 0;
    }
    if (f->flags & FRAME_MEASURED && lambda_event(state, f)) {
        summary_add(&state->async_age, now_ns - f->start_ns);
    }
    if (f->flags & FRAME_MEASURED && trigger_feeds(&state->trigger, f) && state->trigger.stream) {
        summary_add(&state->iterator_age,
                    now_ns - event_source_records(&state->trigger.source, f)->last_ns);
    }
}

/* Invoke refuses it, so no queue has it either; what a trigger reads is within the limit. */
static bool lambda_too_large(const struct world *w, const struct service *s, const struct frame *f)
{
    const struct lambda_params *p = s->params;
    const bool async = f->flags & FRAME_ASYNC;
    return f->flags & FRAME_SIZED && !trigger_feeds(&((struct lambda *)s->state)->trigger, f) &&
           call_size(w, f) >
               (double)(async ? p->payload_max.async_bytes : p->payload_max.sync_bytes);
}

static void lambda_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct lambda *state = s->state;
    bool cold = false;
    if (lambda_too_large(w, s, f)) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    if (f->block == 0 && lambda_event(state, f)) { /* for the first time */
        state->received += world_measuring(w);
    }
    const char *limit =
        environments_take(&state->environments, !lambda_event(state, f), &f->note, &cold);
    if (limit != NULL) {
        lambda_throttle(w, s, f, limit);
        return;
    }
    lambda_count(w, s, f);
    environments_at(&state->environments, f->note)->until_ns = core_now(s->core);
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
    f->work_ns = lambda_longer(f->work_ns, state->slowness);
    if (first) {
        f->work_ns += environments_slower_ns(&state->environments, f->work_ns, 1);
    }
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

/* A run that failed, of an asynchronous event: again after a minute, and after two. What a bulkhead
 * has refused is tried again as if it were throttled. */
static bool lambda_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    struct lambda *state = s->state;
    const bool ran = (f->block & LAMBDA_PHASE) != LAMBDA_AWAY;
    int64_t wait_ns;
    if (trigger_feeds(&state->trigger, f)) {
        if (!trigger_failed(&state->trigger, f, outcome)) {
            return false;
        }
        lambda_over(w, s, f, outcome);
        call_again(w, f, state->trigger.params->retry_wait_ns);
        return true;
    }
    if (!(f->flags & FRAME_ASYNC) || lambda_too_large(w, s, f)) {
        return false;
    }
    if (ran) {
        wait_ns = redelivery_wait_ns(&state->failed, (f->block & LAMBDA_FAILURES) / LAMBDA_FAILURE,
                                     core_now(s->core) - f->start_ns);
    } else {
        wait_ns = lambda_throttle_wait_ns(state, f);
    }
    if (wait_ns == REDELIVERY_OVER) {
        return false;
    }
    if (ran) {
        lambda_over(w, s, f, outcome);
        f->block = (uint8_t)(f->block + LAMBDA_FAILURE);
    }
    call_again(w, f, wait_ns);
    return true;
}

static void lambda_finish(struct world *w, struct service *s, struct frame *f)
{
    const struct lambda_params *p = s->params;
    struct lambda *state = s->state;
    const bool good = f->answer == OUTCOME_OK;
    if ((f->block & LAMBDA_PHASE) != LAMBDA_AWAY) {
        lambda_over(w, s, f, f->answer);
    }
    if (trigger_feeds(&state->trigger, f)) {
        trigger_over(&state->trigger, f, good);
    } else if (f->flags & FRAME_ASYNC && good) {
        lambda_send(w, s, &p->on_success_target);
    } else if (f->flags & FRAME_ASYNC) {
        lambda_drop(w, s);
    }
}

static double lambda_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct lambda *state = s->state;
    switch (metric) {
    case LAMBDA_CONCURRENT:
        return (double)s->load.busy.value;
    case LAMBDA_UNRESERVED:
        return (double)state->environments.concurrency.account->used.value;
    default: /* NaN: there are none */
        return (double)state->environments.provision.busy.value /
               (double)state->environments.provision.present.value;
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
    own[LAMBDA_ASYNC_RECEIVED].value = (double)state->received;
    own[LAMBDA_UNRESERVED].value = (double)state->unreserved_window.max;
    own[LAMBDA_ITERATOR_AGE].summary = &state->iterator_age;
    own[LAMBDA_RECORDS_DROPPED].value = (double)state->trigger.dropped;
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
    struct lambda *state = s->state;
    const struct gauge *used = concurrency_used(&state->environments.concurrency);
    const int64_t now_ns = core_now(s->core);
    struct usage held =
        lambda_used(used, now_ns, concurrency_most(&state->environments.concurrency));
    held.peak = (double)gauge_read(used, now_ns).max;
    for (uint32_t i = 0; i < sizeof(lambda_resources) / sizeof(lambda_resources[0]); i++) {
        usage[i] = (struct usage){.available = INFINITY};
    }
    usage[state->environments.concurrency.reserved >= 0 ? LAMBDA_RESERVED_CONCURRENCY
                                                        : LAMBDA_ACCOUNT_CONCURRENCY] = held;
    if (state->trigger.edge != SERVICE_NONE && !state->trigger.stream) {
        usage[LAMBDA_POLLERS] = lambda_used(&state->trigger.source.working, now_ns,
                                            state->trigger.source.pollers.setup.most);
    }
    usage[LAMBDA_ACCOUNT_REQUESTS] = (struct usage){
        .used = (double)state->environments.concurrency.account->requests_count,
        .available = (double)quotas->concurrency_count * quotas->requests_per_concurrency};
}

static bool lambda_scales_with(const void *params)
{
    const struct lambda_params *p = params;
    return !isnan(p->provisioned.target_ratio) || p->schedule_list.count > 0;
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
                "what it calls is its own: `failed`. Asynchronous events stand in a queue of the "
                "function's own, are tried again after failures and throttles, and given up to "
                "`dead_letter` and `on_failure`. `trigger` polls a queue with a number of pollers "
                "that grows, or each shard of a stream, one batch at a time (or so many, each key "
                "in one lane), where a batch that fails holds its lane up. Provisioned "
                "environments may follow their utilization. New code ends all environments, "
                "provisioned ones once as many new ones are there. arm64 has its own init; "
                "`work` is the same, as AWS names no factor. With `vpc` its network interface is "
                "made "
                "at deploy. Left out: versions and aliases, the size of answers, file systems, "
                "tumbling windows, filters, and the growth of the request rate (10,000/s in 10 s).",
            ROWS(params, lambda_params),
            ROWS(quotas, lambda_quotas),
            ROWS(metrics, lambda_metrics),
            ROWS(resources, lambda_resources),
            .params_size = sizeof(struct lambda_params),
            .target_kind = TARGET_KIND_FUNCTION,
            .quotas_size = sizeof(struct lambda_quotas),
            .takes_work = true,
            .takes_operations = true,
            .holds_events = true,
            .outbound_only = true,
            .scales = true,
            .scales_with = lambda_scales_with,
            .work_help = "the handler's CPU time on one full vCPU, nested calls not counted",
            .resource = "present environments",
            .controls = lambda_controls,
            .check = lambda_check,
            .check_together = lambda_check_together,
            .check_source = lambda_check_source,
        },
    .state_size = sizeof(struct lambda),
    .shared_size = sizeof(struct concurrency_account),
    .start = lambda_start,
    .timer = lambda_timer,
    .observe = lambda_observe,
    .level = lambda_level,
    .usage = lambda_usage,
    .arrive = lambda_arrive,
    .failed = lambda_failed,
    .resume = lambda_resume,
    .keep = lambda_keep,
    .finish = lambda_finish,
    .fed = lambda_fed,
    .control = lambda_control,
};
