/* cache: objects kept in front of an origin.
 * Each request asks for an object by a Zipf law (independent reference model). One that is here is
 * a hit and the request goes on; a miss calls `origin` and stores the answer from the moment it is
 * back: for `ttl`, and in place of the least recently used where the capacity is full. Or a fixed
 * `hit_ratio` decides alone.
 * Block: cache. Left out: collapsing of concurrent misses, requests that change objects, objects
 * of unlike size, and space won back before an expired object is asked for or evicted. */
#include "models/model.h"

#include <math.h>

#include "sim/blocks/cache.h"

enum { CACHE_MISSED = 1 }; /* frame.block: the origin's answer is to be stored */
enum cache_metric { CACHE_HIT_RATIO };

struct cache_params {
    struct call_target origin_target;
    struct popularity keys_popularity;
    int64_t ttl_ns;
    bool reset_on_hit;
    struct amount capacity_amount;
    int64_t object_size_bytes;
    double hit_ratio_ratio;
};

#define PARAMS struct cache_params
static const struct param cache_params[] = {
    SERVICE(origin, REQUIRED, "called on a miss", DEFINED("archsim language 1")),
    POPULARITY(keys, NONE, "which objects are asked for", DEFINED("archsim language 1")),
    TIME(ttl, NONE, "1ns..",
         "an object stays from the moment the origin's answer is stored; else for ever",
         DEFINED("archsim language 1")),
    FLAG(reset_on_hit, "false", "a hit starts the ttl anew", DEFINED("archsim language 1")),
    AMOUNT(capacity, NONE, "what fits; the least recently used object goes first; else unlimited",
           DEFINED("archsim language 1")),
    SIZE(object_size, NONE, "1B..", "of each object, where capacity is a size",
         DEFINED("archsim language 1")),
    RATIO(hit_ratio, NONE, "0..1", "a fixed share of hits, in place of keys",
          DEFINED("archsim language 1")),
};

static const struct metric cache_metrics[] = {
    [CACHE_HIT_RATIO] = {"hit_ratio", QUANTITY_RATIO, METRIC_RATIO,
                         "requests answered without the origin"},
};

struct cache_state {
    struct cache cache;
    struct random key_random;
    uint64_t hits, asked; /* measured */
};

static const char *cache_check_fixed(const struct cache_params *p)
{
    if (p->keys_popularity.n > 0) {
        return "hit_ratio: fixed, or the result of keys, not both";
    }
    if (p->ttl_ns >= 0) {
        return "ttl: without meaning beside a fixed hit_ratio";
    }
    if (p->reset_on_hit) {
        return "reset_on_hit: without meaning beside a fixed hit_ratio";
    }
    if (p->capacity_amount.count >= 0 || p->capacity_amount.bytes >= 0) {
        return "capacity: without meaning beside a fixed hit_ratio";
    }
    return p->object_size_bytes >= 0 ? "object_size: without meaning beside a fixed hit_ratio"
                                     : NULL;
}

static const char *cache_check(const void *params)
{
    const struct cache_params *p = params;
    if (!isnan(p->hit_ratio_ratio)) {
        return cache_check_fixed(p);
    }
    if (p->keys_popularity.n == 0) {
        return "keys: expected keys such as zipf(n=1000 s=0.8), or a fixed hit_ratio";
    }
    if (p->keys_popularity.n > CACHE_OBJECTS_MAX) {
        return "keys: expected at most 10M objects";
    }
    if (p->reset_on_hit && p->ttl_ns < 0) {
        return "reset_on_hit: there is no ttl that a hit could start anew";
    }
    if (p->capacity_amount.bytes >= 0 && p->object_size_bytes < 0) {
        return "object_size: expected beside a capacity that is a size";
    }
    if (p->object_size_bytes >= 0 && p->capacity_amount.bytes < 0) {
        return "object_size: without meaning unless capacity is a size";
    }
    if (p->object_size_bytes > p->capacity_amount.bytes) {
        return "capacity: not one object of object_size fits";
    }
    return NULL;
}

static int64_t cache_room(const struct cache_params *p)
{
    if (p->capacity_amount.count >= 0) {
        return p->capacity_amount.count;
    }
    return p->capacity_amount.bytes >= 0 ? p->capacity_amount.bytes / p->object_size_bytes
                                         : INT64_MAX;
}

static void cache_start(struct world *w, struct service *s)
{
    const struct cache_params *p = s->params;
    struct cache_state *state = s->state;
    if (isnan(p->hit_ratio_ratio)) {
        cache_init(&state->cache, s->arena,
                   &(struct cache_rules){
                       .objects_count = p->keys_popularity.n,
                       .zipf_s = p->keys_popularity.s,
                       .room_count = cache_room(p),
                       .ttl_ns = p->ttl_ns >= 0 ? p->ttl_ns : CACHE_FOREVER,
                       .reset_on_hit = p->reset_on_hit,
                   });
    } else {
        cache_init_ratio(&state->cache, p->hit_ratio_ratio);
    }
    state->key_random = service_random(w, s, "keys");
    s->load.unlimited = true;
}

static void cache_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct cache_state *state = s->state;
    f->note = cache_draw(&state->cache, &state->key_random);
    call_work(w, f);
}

static bool cache_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct cache_params *p = s->params;
    struct cache_state *state = s->state;
    const bool hit = cache_ask(&state->cache, f->note, core_now(s->core));
    if (f->flags & FRAME_MEASURED) {
        state->hits += hit;
        state->asked++;
    }
    if (!hit) {
        f->block = CACHE_MISSED;
        call_forward(w, f, call_target_edge(&p->origin_target, f), 0, TIME_NONE);
    }
    return hit;
}

/* Good answers of later steps come here too. */
static bool cache_answered(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct cache_state *state = s->state;
    if (f->block == CACHE_MISSED) {
        f->block = 0;
        cache_store(&state->cache, f->note, core_now(s->core));
    }
    return true;
}

static void cache_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct cache_state *state = s->state;
    own[CACHE_HIT_RATIO].hits = state->hits;
    own[CACHE_HIT_RATIO].trials = state->asked;
}

const struct model cache_model = {
    .info =
        {
            .name = "cache",
            .title = "objects kept in front of an origin",
            .text = "Each request asks for an object by a popularity law. A hit goes on at once; a "
                    "miss calls the origin and stores its answer, for a time and in place of the "
                    "least recently used. An expired object keeps its place until it is asked for "
                    "or is the least recently used. Concurrent misses are not collapsed; all "
                    "objects have one size.",
            ROWS(params, cache_params),
            ROWS(metrics, cache_metrics),
            .params_size = sizeof(struct cache_params),
            .takes_work = true,
            .work_help = "time of the look-up, hit or miss, without any resource in use",
            .check = cache_check,
        },
    .state_size = sizeof(struct cache_state),
    .start = cache_start,
    .arrive = cache_arrive,
    .serve = cache_serve,
    .answered = cache_answered,
    .observe = cache_observe,
};
