/* Random worlds (chaos_worlds.h) looked at from inside. While they run, now and then: what every
 * frame waits for is there and knows it, every pending event is somebody's, the ready line is in
 * order. Every call enters its model once and leaves it once; every delivery is settled once. At
 * the end, when the traffic has stopped and everything has drained: no frame is left, no level, no
 * place taken, no event but those of clients and of services' own timers; arrivals and outcomes
 * balance, edge by edge; and areas are exactly the sums of stays. ARCHSIM_TEST_SEED=N runs world N
 * alone and prints it; ARCHSIM_TEST_SEEDS=M-N runs those, from 1000000 on with clouds. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "models/list.h"
#include "sim/engine/traffic.h"
#include "sim/engine/world.h"
#include "tests/engine/chaos_clouds.h"
#include "tests/support/lab.h"

#define CHAOS_DECLARE(name) extern const struct model name##_model;
MODELS(CHAOS_DECLARE)
#define CHAOS_MODEL(name) &name##_model,
static const struct model *const chaos_models[] = {MODELS(CHAOS_MODEL)};
#define CHAOS_TYPE(name) &name##_model.info,
static const struct model_info *const chaos_types[] = {MODELS(CHAOS_TYPE)};

enum {
    CHAOS_TYPES = sizeof(chaos_models) / sizeof(chaos_models[0]),
    CHAOS_FRAMES_MAX = 4096, /* a world that reaches them ends, and is only freed */
    CHAOS_LOOK_EVERY = 61,   /* arrivals at a model */
    CHAOS_SECONDS_MAX = 120, /* of the clock on the wall, under any sanitizer */
    CHAOS_LENGTH_S = 10,     /* of a world; so much longer if it has not drained by then: */
    CHAOS_LONGER = 1000,
    CHAOS_SERVICES_MAX = 2 * CHAOS_NODES_MAX + CHAOS_FRONTS_MAX + CHAOS_BESIDE + 1,
    CHAOS_DELIVERIES_MAX = 1 << 16,
};

/* Where a frame is, as the hooks saw it. */
enum chaos_place { CHAOS_OUTSIDE, CHAOS_INSIDE, CHAOS_AGAIN /* called again later */ };

/* One world, and what the models' entrance and exit saw. One at a time: the hooks find it here. */
struct chaos {
    uint64_t seed;
    struct chaos_maker maker;
    char *text;
    struct diag diag;
    struct scenario *scenario;
    struct model models[CHAOS_TYPES];
    uint8_t place[CHAOS_FRAMES_MAX];
    bool delivered[CHAOS_SERVICES_MAX][CHAOS_DELIVERIES_MAX]; /* and not settled */
    uint32_t delivered_count;
    uint64_t entered[CHAOS_SERVICES_MAX]; /* a model was asked */
    double stays_ns[CHAOS_SERVICES_MAX];  /* of those, from their arrival at the service */
    uint64_t looks, arrivals;
    int64_t last_ns; /* something came or went */
    bool stopped;
};
static struct chaos chaos;
static char chaos_epitaph[64];

static void chaos_die(int signal_number)
{
    const ssize_t written = write(STDERR_FILENO, chaos_epitaph, strlen(chaos_epitaph));
    (void)written;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

#define chaos_check(condition) chaos_check_at(condition, #condition, __LINE__)
static void chaos_check_at(bool good, const char *condition, int line)
{
    if (!good) {
        fprintf(stderr, "%s\nworld %llu: line %d: not so: %s\n", chaos.text,
                (unsigned long long)chaos.seed, line, condition);
        signal(SIGABRT, SIG_DFL);
        abort();
    }
}

/* ---- what must hold between any two turns ---- */

static const struct event *look_event(const struct world *w, uint32_t handle)
{
    chaos_check(handle < w->core.events.records_capacity);
    return &w->core.events.records[handle];
}

static bool look_is_one_of(enum event_kind kind, enum frame_state state)
{
    switch (kind) {
    case EVENT_WORK_DONE:
    case EVENT_PATIENCE:
    case EVENT_AGAIN:
        return state == FRAME_HELD;
    case EVENT_SERVICE: /* the model's, about this frame: it waits, or its answer does */
        return state == FRAME_HELD || state == FRAME_GO;
    case EVENT_STEP:
        return state == FRAME_BACKOFF;
    case EVENT_HEDGE:
        return state == FRAME_GROUP;
    default:
        return false;
    }
}

static void look_at_events_of(const struct world *w, const struct frame *f)
{
    const uint32_t slot = core_slot(&w->core, f);
    if (f->event != EVENT_NONE) {
        const struct event *event = look_event(w, f->event);
        chaos_check(event->slot == slot || event->kind == EVENT_SERVICE);
        chaos_check(f->flags & FRAME_READY ||
                    look_is_one_of((enum event_kind)event->kind, (enum frame_state)f->state));
    }
    if (f->timeout != EVENT_NONE) {
        const struct event *event = look_event(w, f->timeout);
        chaos_check(event->kind == EVENT_TIMEOUT && event->slot == slot);
    }
    if (f->flags & FRAME_TIMED) {
        const struct event *event = look_event(w, core_more(&w->core, f)->limit);
        chaos_check(event->kind == EVENT_LIMIT && event->slot == slot);
    }
}

static void look_at_callees_of(const struct world *w, const struct frame *f)
{
    const uint32_t slot = core_slot(&w->core, f);
    if (f->flags & FRAME_WITHDRAWN) {
        return; /* they may have gone before it */
    }
    if (f->state == FRAME_CALLING) {
        const struct frame *callee = core_frame(&w->core, f->child);
        chaos_check(callee->state != FRAME_FREE && !(callee->flags & FRAME_BRANCH));
        chaos_check(callee->parent == slot && callee->parent_generation == f->generation);
        chaos_check(!(callee->flags & FRAME_WITHDRAWN));
    } else if (f->state == FRAME_GROUP) {
        uint32_t branches = 0, previous = FRAME_NONE;
        for (uint32_t at = f->child; at != FRAME_NONE; at = core_frame(&w->core, at)->next) {
            const struct frame *branch = core_frame(&w->core, at);
            chaos_check(branch->state != FRAME_FREE && branch->flags & FRAME_BRANCH);
            chaos_check(branch->parent == slot && branch->parent_generation == f->generation);
            chaos_check(branch->previous == previous);
            previous = at;
            branches++;
        }
        chaos_check(branches > 0);
        const struct step *step = &w->scenario->steps[f->pc];
        if (step->kind == STEP_HEDGE) {
            chaos_check(f->tries_out == branches && f->tries_made <= step->hedge->tries_max);
        } else {
            chaos_check(step->kind == STEP_PARALLEL && core_more(&w->core, f)->spare > 0);
            chaos_check(core_more(&w->core, f)->wanted > 0);
        }
    }
}

static void look_at_key(const struct world *w, event_key key)
{
    const uint32_t handle = (uint32_t)key & ((1u << EVENTS_SLOT_BITS) - 1);
    const struct event *event = look_event(w, handle);
    const struct frame *f = core_frame(&w->core, event->slot);
    switch ((enum event_kind)event->kind) {
    case EVENT_WORK_DONE:
    case EVENT_STEP:
    case EVENT_PATIENCE:
    case EVENT_HEDGE:
    case EVENT_AGAIN:
        chaos_check(f->state != FRAME_FREE && f->event == handle);
        break;
    case EVENT_LIMIT:
        chaos_check(f->state != FRAME_FREE && f->flags & FRAME_TIMED);
        chaos_check(core_more(&w->core, f)->limit == handle);
        break;
    case EVENT_TIMEOUT:
        chaos_check(f->state != FRAME_FREE && f->timeout == handle);
        break;
    default:
        break;
    }
}

/* Calls `look` for each pending key. */
static void look_at_keys(const struct world *w, void (*look)(const struct world *, event_key))
{
    const struct events *events = &w->core.events;
    for (uint32_t i = events->hole; i < events->heap_count; i++) {
        look(w, events->heap[i]);
    }
    for (uint32_t l = 0; l < events->lanes_count; l++) {
        const struct event_lane *lane = &events->lanes[l];
        for (uint32_t i = 0; i < lane->count; i++) {
            look(w, lane->keys[(lane->head + i) & (lane->capacity - 1)]);
        }
    }
}

static void look_at_ready(const struct world *w)
{
    const struct core *core = &w->core;
    uint32_t flagged = 0, listed = 0;
    for (uint32_t i = 0; i < core->ready_count; i++) {
        const struct ready *ready =
            &core->ready[(core->ready_head + i) & (core->ready_capacity - 1)];
        const struct frame *f = core_frame(core, ready->slot);
        if (f->generation == ready->generation) {
            chaos_check(f->state != FRAME_FREE && f->flags & FRAME_READY);
            listed++;
        }
    }
    for (uint32_t slot = 0; slot < core->frames.count; slot++) {
        const struct frame *f = core_frame(core, slot);
        flagged += f->state != FRAME_FREE && f->flags & FRAME_READY;
    }
    chaos_check(flagged == listed);
}

static void look(const struct world *w)
{
    uint32_t live = 0;
    for (uint32_t slot = 0; slot < w->core.frames.count; slot++) {
        const struct frame *f = core_frame(&w->core, slot);
        if (f->state != FRAME_FREE) {
            live++;
            look_at_events_of(w, f);
            look_at_callees_of(w, f);
        }
    }
    chaos_check(live == w->core.frames.live);
    look_at_keys(w, look_at_key);
    look_at_ready(w);
    chaos.looks++;
}

/* ---- around the models ---- */

/* From some time on, users think for longer than the world lasts. */
static void hook_stop_users(struct world *w)
{
    static const struct distribution forever = {
        .kind = DISTRIBUTION_CONSTANT, .a = 1e17, .mean = 1e17};
    if (core_now(&w->core) - w->origin_ns < CHAOS_TRAFFIC_ENDS_MS * INT64_C(1000000)) {
        return;
    }
    chaos.stopped = true;
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        ((struct scenario_traffic *)&w->scenario->traffic[i])->think = &forever;
    }
}

/* It has been sent away, to arrive anew. */
static bool hook_again(const struct world *w, const struct frame *f)
{
    return f->event != EVENT_NONE && look_event(w, f->event)->kind == EVENT_AGAIN;
}

static void hook_arrive(struct world *w, struct service *s, struct frame *f)
{
    const uint32_t slot = core_slot(&w->core, f);
    const uint32_t generation = f->generation;
    const double age_ns = (double)(core_now(&w->core) - f->start_ns);
    if (++chaos.arrivals % CHAOS_LOOK_EVERY == 0) {
        look(w);
    }
    if (!chaos.stopped) {
        hook_stop_users(w);
    }
    chaos_check(chaos.place[slot] != CHAOS_INSIDE);
    chaos_check(!(f->flags & FRAME_WITHDRAWN) && !core_late(&w->core, f));
    chaos.entered[s->index] += chaos.place[slot] == CHAOS_OUTSIDE;
    chaos.place[slot] = CHAOS_INSIDE;
    chaos.last_ns = core_now(&w->core);
    chaos_models[s->spec->type_index]->arrive(w, s, f);
    if (f->generation != generation) { /* refused */
        chaos.place[slot] = CHAOS_OUTSIDE;
        chaos.stays_ns[s->index] += age_ns;
    } else if (hook_again(w, f)) {
        chaos.place[slot] = CHAOS_AGAIN;
    }
}

static bool hook_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    const uint32_t slot = core_slot(&w->core, f);
    const bool held = s->spec->type->holds_events && outcome == OUTCOME_REJECTED; /* not let in */
    chaos_check(chaos.place[slot] == CHAOS_INSIDE || held);
    chaos.entered[s->index] += chaos.place[slot] == CHAOS_OUTSIDE;
    const bool kept = chaos_models[s->spec->type_index]->keep(w, s, f, outcome);
    const bool again = hook_again(w, f);
    chaos_check(kept || !again);
    chaos.place[slot] = again ? CHAOS_AGAIN : CHAOS_INSIDE; /* or held a little longer */
    return kept;
}

static void hook_finish(struct world *w, struct service *s, struct frame *f)
{
    const uint32_t slot = core_slot(&w->core, f);
    chaos_check(chaos.place[slot] != CHAOS_OUTSIDE);
    chaos.place[slot] = CHAOS_OUTSIDE;
    chaos.last_ns = core_now(&w->core);
    chaos.stays_ns[s->index] += (double)(core_now(&w->core) - f->start_ns);
    if (chaos_models[s->spec->type_index]->finish != NULL) {
        chaos_models[s->spec->type_index]->finish(w, s, f);
    }
}

static uint32_t hook_receive(struct world *w, struct service *s, uint16_t edge,
                             const struct source_ask *ask, uint32_t *delivery)
{
    const bool new = *delivery == DELIVERY_NONE;
    const uint32_t count = chaos_models[s->spec->type_index]->receive(w, s, edge, ask, delivery);
    chaos_check(count <= ask->most);
    if (count > 0 && chaos_models[s->spec->type_index]->parts == NULL) { /* streams forget them */
        chaos_check(*delivery < CHAOS_DELIVERIES_MAX);
        chaos_check(chaos.delivered[s->index][*delivery] == !new);
        chaos.delivered[s->index][*delivery] = true;
        chaos.delivered_count += new;
    }
    return count;
}

static void hook_settle(struct world *w, struct service *s, uint32_t delivery, enum outcome outcome,
                        uint32_t done)
{
    if (chaos_models[s->spec->type_index]->parts == NULL) {
        chaos_check(chaos.delivered[s->index][delivery]);
        chaos.delivered[s->index][delivery] = false;
        chaos.delivered_count--;
    }
    chaos_models[s->spec->type_index]->settle(w, s, delivery, outcome, done);
}

/* ---- what must hold when all is over ---- */

static uint64_t calls_sum(const struct call_stats *calls)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        sum += calls->ended[i];
    }
    return sum;
}

static void end_key(const struct world *w, event_key key)
{
    const uint32_t handle = (uint32_t)key & ((1u << EVENTS_SLOT_BITS) - 1);
    const uint32_t kind = look_event(w, handle)->kind;
    chaos_check(kind == EVENT_DEAD || kind == EVENT_ARRIVAL || kind == EVENT_THINK ||
                kind == EVENT_SERVICE);
}

static void end_frames(const struct world *w)
{
    const struct frames *frames = &w->core.frames;
    uint32_t free_count = 0;
    chaos_check(frames->live == 0);
    for (uint32_t slot = frames->free; slot != FRAME_NONE; slot = frame_at(frames, slot)->next) {
        chaos_check(frame_at(frames, slot)->state == FRAME_FREE);
        chaos_check(++free_count <= frames->count);
    }
    chaos_check(free_count == frames->count);
    look_at_keys(w, end_key);
}

static void end_levels(const struct world *w)
{
    chaos_check(chaos.delivered_count == 0);
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        const struct service *s = &w->services[i];
        chaos_check(s->load.in_flight.value == 0);
        if (!s->spec->type->source) { /* messages may be left */
            chaos_check(s->load.queue.value == 0);
            chaos_check(s->load.busy.value == 0);
        }
        for (uint32_t copy = 0; copy < s->spec->copies && s->limits != NULL; copy++) {
            chaos_check(s->limits[copy].used == 0 && s->limits[copy].line.count == 0);
        }
    }
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        chaos_check(w->sources[i].in_flight.value == 0);
    }
    chaos_check(w->open == 1); /* what chaos_run added */
}

/* Some service ends calls that have called others. */
static bool end_cuts(const struct world *w)
{
    static const char *const types[] = {"api_gateway", "auto_scaling_group", "fargate", "lambda",
                                        "nlb"};
    bool cuts = false;
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        for (uint32_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
            cuts = cuts || strcmp(w->scenario->services[i].type->name, types[k]) == 0;
        }
    }
    return cuts;
}

/* Of one service: by its edges, and by its operations for what nobody heard. */
static void end_balance(const struct world *w, uint16_t service)
{
    const struct service *s = &w->services[service];
    uint64_t arrived = 0, ended = 0, given_up = 0, abandoned = 0, unheard = 0;
    for (uint32_t i = 0; i < w->scenario->edges_count; i++) {
        const struct edge_stats *edge = &w->edges[i];
        if (w->scenario->edges[i].service == service) {
            arrived += edge->calls.arrivals;
            ended += calls_sum(&edge->calls);
            given_up += edge->given_up;
            chaos_check(calls_sum(&edge->calls) + edge->given_up <= edge->calls.arrivals);
            chaos_check(edge->calls.latency.tally.count == edge->calls.ended[OUTCOME_OK]);
        }
    }
    for (uint32_t i = 0; i < s->spec->operations_count; i++) {
        unheard += calls_sum(&s->operations[i]);
        abandoned += s->operations[i].abandoned;
    }
    chaos_check(arrived == ended + unheard);
    chaos_check(given_up <= unheard);
    chaos_check(abandoned <= unheard);
    if (!chaos.maker.cancels && !chaos.maker.loops && !chaos.maker.hedges && !end_cuts(w)) {
        chaos_check(abandoned == given_up); /* whom else did nobody wait for? */
    }
}

/* With everything measured that ever happened, areas are sums of stays. */
static void end_little(const struct world *w, uint16_t service)
{
    const struct load *load = &w->services[service].load;
    const double in_flight = gauge_read(&load->in_flight, core_now(&w->core)).area;
    const double queue = gauge_read(&load->queue, core_now(&w->core)).area;
    uint64_t arrived = 0;
    for (uint32_t i = 0; i < w->scenario->edges_count; i++) {
        if (w->scenario->edges[i].service == service) {
            arrived += w->edges[i].calls.arrivals;
        }
    }
    chaos_check(in_flight >= chaos.stays_ns[service]);
    chaos_check(chaos.entered[service] <= arrived);
    if (chaos.entered[service] == arrived) { /* nobody ended before the model */
        chaos_check(in_flight == chaos.stays_ns[service]);
    }
    const struct model *model = w->services[service].model;
    if (model->info.source) {
        return; /* its queue is of messages */
    }
    chaos_check(queue >= (double)load->wait.tally.sum);
    if (load->wait.tally.count == arrived && model->keep == NULL) {
        chaos_check(queue == (double)load->wait.tally.sum);
    }
}

static void end_traffic(const struct world *w, const struct source *source)
{
    const struct call_stats calls = traffic_calls(w, source);
    const struct edge_stats *edge = &w->edges[source->spec->edge];
    const double area = gauge_read(&source->in_flight, core_now(&w->core)).area;
    chaos_check(calls.arrivals == calls_sum(&calls));
    chaos_check(calls.latency.tally.count == calls.ended[OUTCOME_OK]);
    chaos_check(area >= (double)calls.latency.tally.sum);
    if (calls.arrivals == calls.ended[OUTCOME_OK]) {
        chaos_check(area == (double)calls.latency.tally.sum);
    }
    if (source->retries_at_all) {
        chaos_check(source->attempts == edge->calls.arrivals);
        chaos_check(source->attempts - source->retries == calls.arrivals);
    } else {
        chaos_check(w->requests_count >= calls.arrivals);
    }
}

/* ---- one world ---- */

static void chaos_load(uint64_t seed, uint32_t seconds)
{
    memset(&chaos, 0, sizeof(chaos));
    chaos.seed = seed;
    chaos.text = chaos_text(seed, seconds, &chaos.maker);
    diag_init(&chaos.diag);
    const struct load_request request = {
        .path = "chaos.yaml", .types = chaos_types, .types_count = CHAOS_TYPES};
    chaos.scenario = scenario_load_text(&request, chaos.text, strlen(chaos.text), &chaos.diag);
    if (chaos.scenario == NULL) {
        fputs(chaos.text, stderr);
        diag_print(&chaos.diag, stderr, false);
        fail_msg("world %llu does not load", (unsigned long long)seed);
    }
    for (uint32_t i = 0; i < CHAOS_TYPES; i++) {
        chaos.models[i] = *chaos_models[i];
        chaos.models[i].arrive = hook_arrive;
        chaos.models[i].finish = hook_finish;
        chaos.models[i].keep = chaos_models[i]->keep != NULL ? hook_keep : NULL;
        chaos.models[i].receive = chaos_models[i]->receive != NULL ? hook_receive : NULL;
        chaos.models[i].settle = chaos_models[i]->settle != NULL ? hook_settle : NULL;
    }
}

static void chaos_unload(void)
{
    scenario_free(chaos.scenario);
    diag_done(&chaos.diag);
    free(chaos.text);
}

static void chaos_end(const struct world *w)
{
    end_frames(w);
    end_levels(w);
    if (w->origin_ns > 0 || chaos.last_ns >= w->window_end_ns) {
        return; /* not everything counted */
    }
    for (uint16_t i = 0; i < w->scenario->services_count; i++) {
        end_balance(w, i);
        end_little(w, i);
    }
    for (uint32_t i = 0; i < w->scenario->traffic_count; i++) {
        end_traffic(w, &w->sources[i]);
    }
}

/* Runs the world that was loaded, with at most so many frames. False: it has more to do when its
 * time is over. */
static bool chaos_run(uint32_t frames_max, enum world_end *end, bool last)
{
    const struct model *models[CHAOS_TYPES];
    for (uint32_t i = 0; i < CHAOS_TYPES; i++) {
        models[i] = &chaos.models[i];
    }
    struct world *w = world_new(&(struct world_setup){
        .scenario = chaos.scenario,
        .models = models,
        .warmup_ns = chaos.scenario->warmup_ns,
        .spans_count = chaos.seed % 3 == 0 ? 1 + (uint32_t)(chaos.seed % 7) : 0,
    });
    w->core.frames.limit = frames_max;
    w->open++; /* so that it goes on to the end of its drain */
    *end = world_run(w);
    chaos_check(*end != WORLD_STANDSTILL);
    if (last && chaos.maker.loops && w->core.frames.live > 0) {
        *end = WORLD_OVERLOADED; /* asynchronous calls that lead back may go on for ever */
    }
    const bool over = *end != WORLD_DONE || w->core.frames.live == 0 || last;
    if (*end == WORLD_DONE && over) {
        chaos_end(w);
    }
    w->core.frames.limit = WORLD_FRAMES_MAX; /* of what was reserved */
    world_free(w);
    return over;
}

/* True if world `seed` has come to its end, which was checked. */
static bool chaos_world(uint64_t seed, uint32_t frames_max)
{
    enum world_end end;
    snprintf(chaos_epitaph, sizeof(chaos_epitaph), "\nworld %llu crashed or hung\n",
             (unsigned long long)seed);
    alarm(CHAOS_SECONDS_MAX);
    chaos_load(seed, CHAOS_LENGTH_S);
    if (!chaos_run(frames_max, &end, false)) {
        chaos_unload();
        chaos_load(seed, CHAOS_LENGTH_S * CHAOS_LONGER);
        chaos_run(frames_max, &end, true);
    }
    chaos_unload();
    alarm(0);
    return end == WORLD_DONE;
}

static void chaos_mind_signals(void)
{
    signal(SIGABRT, chaos_die); /* in place of cmocka's */
    signal(SIGSEGV, chaos_die);
    signal(SIGALRM, chaos_die);
}

/* Worlds of those seeds end well, nearly all. */
static void chaos_worlds(uint64_t first, uint64_t worlds)
{
    uint64_t done = 0, arrivals = 0, looks = 0;
    chaos_mind_signals();
    for (uint64_t seed = first; seed < first + worlds; seed++) {
        done += chaos_world(seed, CHAOS_FRAMES_MAX);
        arrivals += chaos.arrivals;
        looks += chaos.looks;
    }
    print_message("%llu worlds, %llu drained; %llu calls, %llu looks inside\n",
                  (unsigned long long)worlds, (unsigned long long)done,
                  (unsigned long long)arrivals, (unsigned long long)looks);
    assert_true(done >= worlds * 9 / 10);
}

static void test_worlds_drain_and_balance(void **state)
{
    (void)state;
    chaos_mind_signals();
    const char *only = getenv("ARCHSIM_TEST_SEED");
    if (only != NULL) {
        const uint64_t seed = strtoull(only, NULL, 10);
        chaos_load(seed, CHAOS_LENGTH_S);
        fputs(chaos.text, stderr);
        chaos_unload();
        chaos_world(seed, CHAOS_FRAMES_MAX);
        return;
    }
    uint64_t first = 1, worlds = (uint64_t)(2000 * lab_scale());
    const char *range = getenv("ARCHSIM_TEST_SEEDS");
    if (range != NULL) {
        char *dash;
        first = strtoull(range, &dash, 10);
        worlds = strtoull(dash + 1, NULL, 10) - first + 1;
    }
    chaos_worlds(first, worlds);
}

static void test_clouds_drain_and_balance(void **state)
{
    (void)state;
    if (getenv("ARCHSIM_TEST_SEED") == NULL && getenv("ARCHSIM_TEST_SEEDS") == NULL) {
        chaos_worlds(CHAOS_CLOUDS_FROM, (uint64_t)(500 * lab_scale()));
    }
}

/* The slab of frames runs out wherever one is taken: the world ends, in order. */
static void test_worlds_without_frames(void **state)
{
    (void)state;
    chaos_mind_signals();
    const uint64_t worlds = (uint64_t)(500 * lab_scale());
    uint64_t ended = 0;
    for (uint64_t seed = 1; seed <= worlds; seed++) {
        ended += !chaos_world(seed, 1 + (uint32_t)(seed % 23));
        ended += !chaos_world(seed + CHAOS_CLOUDS_FROM, 1 + (uint32_t)(seed % 23));
    }
    assert_true(ended >= worlds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worlds_drain_and_balance),
        cmocka_unit_test(test_clouds_drain_and_balance),
        cmocka_unit_test(test_worlds_without_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
