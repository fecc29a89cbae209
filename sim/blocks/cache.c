/* cache: a ring of the objects that are here, by last use, through one array of all objects. */
#include "sim/blocks/cache.h"

#include <assert.h>

void cache_init(struct cache *cache, struct arena *arena, const struct cache_rules *rules)
{
    const uint32_t n = rules->objects_count;
    assert(n >= 1 && n <= CACHE_OBJECTS_MAX);
    assert(rules->room_count >= 1);
    assert(rules->ttl_ns > 0);
    *cache = (struct cache){
        .objects = arena_array(arena, n + 1, sizeof(struct cache_object)),
        .objects_count = n,
        .room_count = rules->room_count < n ? (uint32_t)rules->room_count : n,
        .ttl_ns = rules->ttl_ns,
        .reset_on_hit = rules->reset_on_hit,
    };
    cache->objects[n] = (struct cache_object){.newer = n, .older = n};
    zipf_init(&cache->popularity, n, rules->zipf_s);
}

void cache_init_ratio(struct cache *cache, double hit_ratio)
{
    assert(hit_ratio >= 0 && hit_ratio <= 1);
    *cache = (struct cache){.hit_ratio = hit_ratio};
}

static void cache_unlink(struct cache *cache, uint32_t object)
{
    const struct cache_object *at = &cache->objects[object];
    cache->objects[at->newer].older = at->older;
    cache->objects[at->older].newer = at->newer;
    cache->here_count--;
}

static void cache_link_newest(struct cache *cache, uint32_t object)
{
    const uint32_t end = cache->objects_count;
    struct cache_object *ring = &cache->objects[end];
    cache->objects[object].newer = end;
    cache->objects[object].older = ring->older;
    cache->objects[ring->older].newer = object;
    ring->older = object;
    cache->here_count++;
}

/* Where all objects fit, nobody asks for their order. */
static bool cache_can_fill(const struct cache *cache)
{
    return cache->room_count < cache->objects_count;
}

static int64_t cache_expiry(const struct cache *cache, int64_t now_ns)
{
    return cache->ttl_ns == CACHE_FOREVER ? CACHE_FOREVER : now_ns + cache->ttl_ns;
}

uint32_t cache_draw(const struct cache *cache, struct random *random)
{
    if (cache->objects == NULL) {
        return random_uniform(random) < cache->hit_ratio;
    }
    const uint32_t object = zipf_draw(&cache->popularity, random);
    __builtin_prefetch(&cache->objects[object]); /* it will be asked for soon */
    return object;
}

bool cache_ask(struct cache *cache, uint32_t object, int64_t now_ns)
{
    if (cache->objects == NULL) {
        return object;
    }
    struct cache_object *asked = &cache->objects[object];
    if (asked->expires_ns == 0) {
        return false;
    }
    if (cache_can_fill(cache)) {
        cache_unlink(cache, object);
    }
    if (asked->expires_ns <= now_ns) {
        asked->expires_ns = 0;
        return false;
    }
    if (cache_can_fill(cache)) {
        cache_link_newest(cache, object);
    }
    if (cache->reset_on_hit) {
        asked->expires_ns = cache_expiry(cache, now_ns);
    }
    return true;
}

void cache_store(struct cache *cache, uint32_t object, int64_t now_ns)
{
    cache_store_until(cache, object, cache_expiry(cache, now_ns));
}

void cache_store_until(struct cache *cache, uint32_t object, int64_t expires_ns)
{
    if (cache->objects == NULL) {
        return;
    }
    struct cache_object *stored = &cache->objects[object];
    if (cache_can_fill(cache)) {
        if (stored->expires_ns != 0) {
            cache_unlink(cache, object); /* another miss has stored it meanwhile */
        } else if (cache->here_count == cache->room_count) {
            const uint32_t oldest = cache->objects[cache->objects_count].newer;
            cache_unlink(cache, oldest);
            cache->objects[oldest].expires_ns = 0;
        }
        cache_link_newest(cache, object);
    }
    stored->expires_ns = expires_ns;
}
