/* function_pool: functions on demand, one request at a time in each instance.
 * A request takes an idle instance (warm: it runs for its `work`), or else starts one (cold: it
 * runs for `cold_work` instead), or finds all `max_instances` busy and is turned away or waits in
 * order. An instance that has been idle for its `idle_timeout` is gone. The instance is held while
 * the request calls others.
 * Block: pool. Left out: provisioned instances, several requests in one instance, limits on how
 * fast instances start (lambda has them). */
#include "models/model.h"

#include <math.h>

#include "sim/blocks/pool.h"

enum on_full { ON_FULL_REJECT, ON_FULL_WAIT };
enum { FUNCTION_POOL_WAITS = 1, FUNCTION_POOL_RUNS }; /* frame.block; note is the instance */
enum function_pool_metric { FUNCTION_POOL_COLD_START_RATIO, FUNCTION_POOL_COLD_START };

struct function_pool_params {
    const struct distribution *cold_work_ns_dist;
    const struct distribution *idle_timeout_ns_dist;
    int64_t max_instances_count;
    int on_full;
    int pick;
};

#define PARAMS struct function_pool_params
static const struct param function_pool_params[] = {
    TIME_DIST(cold_work, REQUIRED, "0s..",
              "the whole time of a request that starts an instance, in place of work",
              DEFINED("archsim language 1")),
    TIME_DIST(idle_timeout, REQUIRED, "0s..",
              "an instance is kept this long, from the end of its last request",
              DEFINED("archsim language 1")),
    COUNT(max_instances, "inf", "1..inf", "instances at a time", DEFINED("archsim language 1")),
    CHOICE(on_full, "reject", "reject wait",
           "with all instances busy a request ends as `rejected`, or queues in order",
           DEFINED("archsim language 1")),
    CHOICE(pick, "newest", "newest most_recent least_recent random",
           "which idle instance is next: last created, last used, longest unused, or any",
           DEFINED("archsim language 1")),
};

static const struct metric function_pool_metrics[] = {
    [FUNCTION_POOL_COLD_START_RATIO] = {"cold_start_ratio", QUANTITY_RATIO, METRIC_RATIO,
                                        "requests that started an instance, of those served"},
    [FUNCTION_POOL_COLD_START] = {"cold_start", QUANTITY_TIME, METRIC_LATENCY,
                                  "own time of the requests that started an instance"},
};

struct function_pool {
    struct pool pool; /* a group for each copy */
    struct line *lines;
    struct random cold_random;
    struct summary cold_start; /* measured */
};

static void function_pool_run(struct world *w, struct frame *f, uint32_t instance)
{
    f->block = FUNCTION_POOL_RUNS;
    f->note = instance;
    call_work(w, f);
}

static void function_pool_leave_line(struct service *s, struct function_pool *state,
                                     struct frame *f)
{
    line_leave(&state->lines[f->copy], s->core, f);
    f->block = 0;
    gauge_add(&s->load.queue, -1, core_now(s->core));
}

/* The instance goes to the first in line, or is idle. */
static void function_pool_hand_on(struct world *w, struct service *s, uint16_t copy,
                                  uint32_t instance)
{
    struct function_pool *state = s->state;
    struct frame *f = load_next(&s->load, s->core, &state->lines[copy]);
    if (f != NULL) {
        function_pool_run(w, f, instance);
    } else {
        pool_release(&state->pool, instance);
    }
}

static void function_pool_start(struct world *w, struct service *s)
{
    const struct function_pool_params *p = s->params;
    struct function_pool *state = s->state;
    pool_init(&state->pool, &(struct pool_setup){
                                .core = s->core,
                                .load = &s->load,
                                .arena = s->arena,
                                .service = s->index,
                                .groups_count = (uint16_t)s->spec->copies,
                                .pick = (enum pool_pick)p->pick,
                                .instances_max = p->max_instances_count,
                                .idle_ns_dist = p->idle_timeout_ns_dist,
                                .idle_random = service_random(w, s, "idle"),
                                .pick_random = service_random(w, s, "pick"),
                            });
    state->lines = arena_array(s->arena, s->spec->copies, sizeof(struct line));
    state->cold_random = service_random(w, s, "cold");
    summary_init(&state->cold_start, s->arena);
}

/* What a cold start would take is drawn for every request, so that variants see the same luck. */
static void function_pool_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct function_pool_params *p = s->params;
    struct function_pool *state = s->state;
    const int64_t cold_ns = distribution_draw_int(p->cold_work_ns_dist, &state->cold_random);
    uint32_t instance = pool_reuse(&state->pool, f->copy);
    if (instance != POOL_NONE) {
        function_pool_run(w, f, instance);
        return;
    }
    instance = pool_start(&state->pool, f->copy);
    if (instance != POOL_NONE) {
        if (f->flags & FRAME_MEASURED) {
            summary_add(&state->cold_start, cold_ns);
        }
        f->work_ns = cold_ns;
        call_phase(s, f, "cold start and work", cold_ns);
        function_pool_run(w, f, instance);
    } else if (p->on_full == ON_FULL_REJECT) {
        call_refuse(w, f, OUTCOME_REJECTED);
    } else {
        f->block = FUNCTION_POOL_WAITS;
        line_join(&state->lines[f->copy], s->core, f);
        gauge_add(&s->load.queue, 1, core_now(s->core));
    }
}

static void function_pool_timer(struct world *w, struct service *s, uint32_t instance)
{
    (void)w;
    struct function_pool *state = s->state;
    pool_expire(&state->pool, instance);
}

static void function_pool_finish(struct world *w, struct service *s, struct frame *f)
{
    struct function_pool *state = s->state;
    if (f->block == FUNCTION_POOL_WAITS) {
        function_pool_leave_line(s, state, f);
    } else if (f->block == FUNCTION_POOL_RUNS) {
        function_pool_hand_on(w, s, f->copy, f->note);
    }
}

static void function_pool_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct function_pool *state = s->state;
    own[FUNCTION_POOL_COLD_START_RATIO].hits = state->cold_start.tally.count;
    own[FUNCTION_POOL_COLD_START_RATIO].trials = s->load.wait.tally.count;
    own[FUNCTION_POOL_COLD_START].summary = &state->cold_start;
}

static void function_pool_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct function_pool_params *p = s->params;
    const struct gauge_window busy = gauge_read(&s->load.busy, core_now(s->core));
    usage[0].used = gauge_area_s(&s->load.busy, core_now(s->core));
    usage[0].peak = p->on_full == ON_FULL_REJECT ? (double)busy.max : 0;
    usage[0].available = p->max_instances_count == PARAM_INFINITE
                             ? (double)INFINITY
                             : (double)p->max_instances_count * s->spec->copies;
}

static const char *const function_pool_resources[] = {"instances"};

const struct model function_pool_model = {
    .info =
        {
            .name = "function_pool",
            .title = "functions on demand, one request at a time in each instance",
            .text = "A request takes an idle instance and runs for its work; or else starts an "
                    "instance and runs for cold_work; or finds all instances busy and is turned "
                    "away or waits in order. An idle instance is gone after its idle_timeout. "
                    "Instances are held during nested calls; `capacity` is how many are present.",
            ROWS(params, function_pool_params),
            ROWS(metrics, function_pool_metrics),
            .params_size = sizeof(struct function_pool_params),
            .takes_work = true,
            .takes_operations = true,
            .copyable = true,
            .work_help = "time of a request on an instance that is there already (warm)",
            .resource = "present instances",
            ROWS(resources, function_pool_resources),
        },
    .state_size = sizeof(struct function_pool),
    .start = function_pool_start,
    .arrive = function_pool_arrive,
    .timer = function_pool_timer,
    .finish = function_pool_finish,
    .observe = function_pool_observe,
    .usage = function_pool_usage,
};
