#include "sim/blocks/layers.h"

#include <assert.h>

/* What the pending event of a trip means. */
enum layers_stage {
    LAYERS_UP,       /* it reaches the cache `node` */
    LAYERS_SEND,     /* it reaches the origin */
    LAYERS_THERE,    /* none: it is with the origin */
    LAYERS_RETURN,   /* the origin's answer reaches the top cache */
    LAYERS_DOWN,     /* the answer reaches the cache `node` */
    LAYERS_WAIT,     /* none: it waits for another's fetch */
    LAYERS_HOME,     /* the answer reaches the viewer */
    LAYERS_FINISHED, /* none */
};

void layers_init(struct layers *layers, const struct layers_rules *rules)
{
    assert(rules->caches_max < LAYERS_ORIGIN);
    assert(rules->record_bytes >= sizeof(struct layers_trip));
    *layers = (struct layers){
        .rules = *rules,
        .caches = arena_array(rules->arena, rules->caches_max, sizeof(struct layers_cache)),
    };
    fetches_init(&layers->fetches, rules->arena);
    records_init(&layers->records, rules->arena, rules->record_bytes);
}

struct layers_cache *layers_add(struct layers *layers, uint16_t above, int64_t up_ns)
{
    assert(layers->count < layers->rules.caches_max);
    struct layers_cache *cache = &layers->caches[layers->count++];
    *cache =
        (struct layers_cache){.above = above, .passes_to = above, .up_ns = up_ns, .pass_ns = up_ns};
    if (above != LAYERS_ORIGIN) {
        cache->depth = (uint8_t)(layers->caches[above].depth + 1);
    }
    assert(cache->depth < LAYERS_DEPTH_MAX);
    return cache;
}

void *layers_take(struct layers *layers, struct frame *f)
{
    f->note = records_take(&layers->records);
    return layers_trip(layers, f);
}

/* ---- ways ---- */

static uint64_t layers_key(const struct layers *layers, uint16_t node, uint32_t object)
{
    return (uint64_t)object * layers->rules.caches_max + node;
}

static uint8_t layers_bit(const struct layers *layers, uint16_t node)
{
    return (uint8_t)(1u << layers->caches[node].depth);
}

/* Whom it asks after `node`, and how far away that is. */
static uint16_t layers_above(const struct layers *layers, const struct layers_trip *trip,
                             uint16_t node, int64_t *way_ns)
{
    const struct layers_cache *at = &layers->caches[node];
    const bool passes = trip->passes && node == trip->edge;
    *way_ns = passes ? at->pass_ns : at->up_ns;
    return passes ? at->passes_to : at->above;
}

int64_t layers_origin_ns(const struct layers *layers, const struct frame *f)
{
    const struct layers_trip *trip = layers_trip(layers, f);
    int64_t way_ns;
    layers_above(layers, trip, trip->node, &way_ns);
    return way_ns;
}

static void layers_later(struct layers *layers, struct frame *f, enum layers_stage stage,
                         int64_t delay_ns)
{
    struct core *core = layers->rules.core;
    layers_trip(layers, f)->stage = (uint8_t)stage;
    f->event = events_at(&core->events, core_now(core) + delay_ns, EVENT_SERVICE,
                         layers->rules.service, core_slot(core, f));
}

static void layers_arrived(struct layers *layers, const struct frame *f, uint16_t node)
{
    layers->reached_top += layers->caches[node].depth == 0 && f->flags & FRAME_MEASURED;
}

static int64_t layers_overhead_ns(struct layers *layers)
{
    return distribution_draw_int(layers->rules.overhead_ns, layers->rules.random);
}

/* ---- down ---- */

static void layers_go_home(struct layers *layers, struct frame *f, int64_t delay_ns)
{
    const struct layers_trip *trip = layers_trip(layers, f);
    const int64_t transfer_ns = trip->outcome == OUTCOME_OK ? trip->transfer_ns : 0;
    layers_later(layers, f, LAYERS_HOME, delay_ns + trip->home_ns + transfer_ns);
}

/* From the cache `node` to the one below it on its own way, or to the viewer. */
static void layers_descend(struct layers *layers, struct frame *f)
{
    struct layers_trip *trip = layers_trip(layers, f);
    int64_t way_ns;
    if (trip->node == trip->edge) {
        layers_go_home(layers, f, 0);
        return;
    }
    uint16_t below = trip->edge;
    for (uint16_t above; (above = layers_above(layers, trip, below, &way_ns)) != trip->node;) {
        below = above;
    }
    trip->node = below;
    layers_later(layers, f, LAYERS_DOWN, way_ns);
}

/* The answer is kept here, or an expired object stands in for it. Returns who waits for it. */
static struct line layers_settle(struct layers *layers, struct layers_trip *trip)
{
    struct cache *cache = &layers->caches[trip->node].cache;
    const uint64_t key = layers_key(layers, trip->node, trip->object);
    const bool failed = trip->outcome != OUTCOME_OK && trip->outcome != OUTCOME_THROTTLED;
    if (failed && cache_until(cache, trip->object) == 0) {
        return fetches_fail(&layers->fetches, key, trip->until_ns, (enum outcome)trip->outcome);
    }
    if (failed) {
        trip->outcome = OUTCOME_OK;
        trip->hit = true;
    }
    if (trip->outcome == OUTCOME_OK && layers->rules.ttl_ns > 0) {
        cache_store_until(cache, trip->object, trip->until_ns);
    }
    return fetches_end(&layers->fetches, key);
}

static void layers_look(struct layers *layers, struct frame *f);

/* The line of a fetch has its answer; without one (null) they look again: the first may lead. What
 * is not kept is not for them. */
static void layers_wake(struct layers *layers, struct line *line, const struct layers_trip *answer)
{
    const struct core *core = layers->rules.core;
    struct frame *f;
    while ((f = line_head(line, core)) != NULL) {
        struct layers_trip *trip = layers_trip(layers, f);
        line_leave(line, core, f);
        trip->stage = LAYERS_DOWN;
        if (f->flags & FRAME_WITHDRAWN) {
            continue;
        }
        trip->alone = answer != NULL && answer->outcome == OUTCOME_OK && layers->rules.ttl_ns == 0;
        if (answer == NULL || trip->alone) {
            layers_look(layers, f);
            continue;
        }
        trip->outcome = answer->outcome;
        trip->until_ns = answer->until_ns;
        trip->hit = true;
        layers_descend(layers, f);
    }
}

/* The answer has reached the cache `node`. */
static void layers_reach(struct layers *layers, struct frame *f)
{
    struct layers_trip *trip = layers_trip(layers, f);
    const uint8_t bit = layers_bit(layers, trip->node);
    if (trip->leads & bit) {
        struct line line = layers_settle(layers, trip);
        trip->leads &= (uint8_t)~bit;
        layers_wake(layers, &line, trip);
    } else if (trip->alone && trip->outcome != OUTCOME_OK && trip->outcome != OUTCOME_THROTTLED) {
        fetches_remember(&layers->fetches, core_now(layers->rules.core),
                         layers_key(layers, trip->node, trip->object), trip->until_ns,
                         (enum outcome)trip->outcome);
    }
    layers_descend(layers, f);
}

void layers_deliver(struct layers *layers, struct frame *f)
{
    const struct layers_rules *rules = &layers->rules;
    struct layers_trip *trip = layers_trip(layers, f);
    trip->until_ns =
        core_now(rules->core) + (trip->outcome == OUTCOME_OK ? rules->ttl_ns : rules->error_ttl_ns);
    layers_reach(layers, f);
}

/* ---- up ---- */

static void layers_climb(struct layers *layers, struct frame *f)
{
    struct layers_trip *trip = layers_trip(layers, f);
    int64_t way_ns;
    const uint16_t above = layers_above(layers, trip, trip->node, &way_ns);
    if (above == LAYERS_ORIGIN) {
        layers_later(layers, f, LAYERS_SEND, way_ns);
        return;
    }
    trip->node = above;
    layers_later(layers, f, LAYERS_UP, way_ns + layers_overhead_ns(layers));
}

/* False: the cache `node` has no answer, and it is its turn to fetch one. */
static bool layers_found(struct layers *layers, struct frame *f)
{
    const struct core *core = layers->rules.core;
    struct layers_trip *trip = layers_trip(layers, f);
    struct cache *cache = &layers->caches[trip->node].cache;
    const uint64_t key = layers_key(layers, trip->node, trip->object);
    const int64_t until_ns = cache_until(cache, trip->object);
    enum outcome outcome = OUTCOME_OK;
    /* an expired object is not asked for, which would take it away: it may have to stand in */
    if (until_ns > core_now(core) && cache_ask(cache, trip->object, core_now(core))) {
        trip->hit = true;
        trip->outcome = OUTCOME_OK;
        trip->until_ns = until_ns;
        layers_reach(layers, f);
        return true;
    }
    trip->alone = trip->alone || !layers->rules.collapses;
    const enum fetch_turn turn =
        trip->alone ? FETCH_FAILED : fetches_ask(&layers->fetches, core, key, f, &outcome);
    if (turn == FETCH_LEADS) {
        trip->leads |= layers_bit(layers, trip->node);
        return false;
    }
    if (turn == FETCH_WAITS) {
        trip->stage = LAYERS_WAIT;
        layers->collapsed += !trip->collapsed && f->flags & FRAME_MEASURED;
        trip->collapsed = true;
        return true;
    }
    const int64_t failed_ns =
        fetches_failed_until_ns(&layers->fetches, core_now(core), key, &outcome);
    if (failed_ns == 0) {
        return false;
    }
    trip->outcome = (uint8_t)outcome;
    trip->until_ns = failed_ns;
    layers_reach(layers, f);
    return true;
}

/* It is at the cache `node`. */
static void layers_look(struct layers *layers, struct frame *f)
{
    if (layers_trip(layers, f)->passes || !layers_found(layers, f)) {
        layers_climb(layers, f);
    }
}

/* ---- a ratio of hits: no cache has to be looked into on the way ---- */

static bool layers_knows_objects(const struct layers *layers, const struct layers_trip *trip)
{
    return layers->caches[trip->edge].cache.objects != NULL;
}

/* From the edge, where it is in so long: to the origin, or back to the viewer. */
static void layers_up_at_once(struct layers *layers, struct frame *f, int64_t delay_ns)
{
    struct layers_trip *trip = layers_trip(layers, f);
    int64_t way_ns;
    layers_arrived(layers, f, trip->edge);
    if (cache_ask(&layers->caches[trip->edge].cache, trip->object, core_now(layers->rules.core))) {
        trip->hit = true;
        layers_go_home(layers, f, delay_ns);
        return;
    }
    for (uint16_t above;
         (above = layers_above(layers, trip, trip->node, &way_ns)) != LAYERS_ORIGIN;) {
        trip->node = above;
        layers_arrived(layers, f, above);
        delay_ns += way_ns + layers_overhead_ns(layers);
    }
    layers_later(layers, f, LAYERS_SEND, delay_ns + way_ns);
}

static void layers_down_at_once(struct layers *layers, struct frame *f)
{
    const struct layers_trip *trip = layers_trip(layers, f);
    int64_t delay_ns = 0;
    for (uint16_t node = trip->edge; node != LAYERS_ORIGIN;) {
        int64_t way_ns;
        node = layers_above(layers, trip, node, &way_ns);
        delay_ns += way_ns;
    }
    layers_go_home(layers, f, delay_ns);
}

/* ---- a trip ---- */

void layers_enter(struct layers *layers, struct frame *f, int64_t delay_ns)
{
    struct layers_trip *trip = layers_trip(layers, f);
    trip->node = trip->edge;
    delay_ns += layers_overhead_ns(layers);
    if (!trip->passes && !layers_knows_objects(layers, trip)) {
        layers_up_at_once(layers, f, delay_ns);
    } else {
        layers_later(layers, f, LAYERS_UP, delay_ns);
    }
}

void layers_answer(struct layers *layers, struct frame *f, enum outcome outcome, int64_t least_ns)
{
    struct layers_trip *trip = layers_trip(layers, f);
    const int64_t way_ns = layers_origin_ns(layers, f);
    assert(trip->stage == LAYERS_THERE);
    trip->outcome = (uint8_t)outcome;
    if (outcome == OUTCOME_OK && !trip->passes && !layers_knows_objects(layers, trip)) {
        layers_down_at_once(layers, f);
    } else {
        layers_later(layers, f, LAYERS_RETURN, least_ns > way_ns ? least_ns : way_ns);
    }
}

void layers_again(struct layers *layers, struct frame *f)
{
    layers_later(layers, f, LAYERS_SEND, layers_origin_ns(layers, f));
}

enum layers_news layers_due(struct layers *layers, struct frame *f)
{
    struct layers_trip *trip = layers_trip(layers, f);
    f->event = EVENT_NONE;
    switch ((enum layers_stage)trip->stage) {
    case LAYERS_UP:
        layers_arrived(layers, f, trip->node);
        layers_look(layers, f);
        return LAYERS_UNDERWAY;
    case LAYERS_SEND:
        trip->stage = LAYERS_THERE;
        return LAYERS_AT_ORIGIN;
    case LAYERS_RETURN:
        if (trip->outcome != OUTCOME_OK) {
            return LAYERS_BACK;
        }
        layers_deliver(layers, f);
        return LAYERS_UNDERWAY;
    case LAYERS_DOWN:
        layers_reach(layers, f);
        return LAYERS_UNDERWAY;
    case LAYERS_HOME:
        trip->stage = LAYERS_FINISHED;
        return LAYERS_OVER;
    case LAYERS_THERE:
    case LAYERS_WAIT:
    case LAYERS_FINISHED:
        break;
    }
    return LAYERS_UNDERWAY;
}

bool layers_is_at_origin(const struct layers *layers, const struct frame *f)
{
    return layers_trip(layers, f)->stage == LAYERS_THERE;
}

void layers_leave(struct layers *layers, struct frame *f)
{
    const struct layers_trip *trip = layers_trip(layers, f);
    if (trip->stage == LAYERS_WAIT) {
        fetches_leave(&layers->fetches, layers->rules.core,
                      layers_key(layers, trip->node, trip->object), f);
    }
    for (uint16_t node = trip->edge; trip->leads != 0 && node != LAYERS_ORIGIN;
         node = layers->caches[node].above) {
        if (trip->leads & layers_bit(layers, node)) {
            struct line line =
                fetches_end(&layers->fetches, layers_key(layers, node, trip->object));
            layers_wake(layers, &line, NULL);
        }
    }
    records_give(&layers->records, f->note);
}
