/* cache: what of the objects that are asked for is here: kept for a time (TTL), within a room
 * (LRU), or both; or a plain ratio of hits, where nothing is known of the objects. Every object of
 * the popularity law has its 16 bytes, so asking costs one access; those that are here are linked
 * by their last use when the room can fill up. An object that has expired is not looked for: it
 * keeps its place, as in real caches, until it is asked for (a miss that frees the place) or is
 * the oldest and must go. */
#ifndef ARCHSIM_BLOCKS_CACHE_H
#define ARCHSIM_BLOCKS_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/zipf.h"

enum { CACHE_OBJECTS_MAX = 10 * 1000000 };
#define CACHE_FOREVER INT64_MAX

struct cache_rules {
    uint32_t objects_count; /* 1 .. CACHE_OBJECTS_MAX */
    double zipf_s;
    int64_t room_count; /* objects that fit, >= 1; INT64_MAX: unlimited */
    int64_t ttl_ns;     /* > 0, or CACHE_FOREVER */
    bool reset_on_hit;  /* a hit starts the ttl anew */
};

struct cache_object {
    int64_t expires_ns;    /* 0: not here */
    uint32_t newer, older; /* neighbours by last use */
};

struct cache {
    double hit_ratio; /* without objects */
    struct zipf popularity;
    struct cache_object *objects; /* and one more that closes the ring: its older is the newest */
    uint32_t objects_count, here_count, room_count;
    int64_t ttl_ns;
    bool reset_on_hit;
};

void cache_init(struct cache *cache, struct arena *arena, const struct cache_rules *rules);
/* A cache that hits with that probability, whatever happens. */
void cache_init_ratio(struct cache *cache, double hit_ratio);

/* What a request asks for: to be given to cache_ask and, when the answer is here, cache_store. */
uint32_t cache_draw(const struct cache *cache, struct random *random);
/* True: a hit. */
bool cache_ask(struct cache *cache, uint32_t object, int64_t now_ns);
/* The object is here from now on, in place of the least recently used if the room is full. */
void cache_store(struct cache *cache, uint32_t object, int64_t now_ns);
/* The same, but until that time, whatever the ttl says. */
void cache_store_until(struct cache *cache, uint32_t object, int64_t expires_ns);
/* When the object expires, or did, though it is still here (cache_ask would forget it then); 0: it
 * is not here. */
static inline int64_t cache_until(const struct cache *cache, uint32_t object)
{
    return cache->objects != NULL ? cache->objects[object].expires_ns : 0;
}

#endif
