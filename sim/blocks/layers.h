/* layers: caches in layers between viewers and an origin far away. A request begins at a cache at
 * the edge; a miss climbs to the cache above, at last to the origin; the answer comes down the same
 * way, and every cache keeps it until the time when the first of them says that it is over. Who
 * asks a cache for what it is fetching waits there for that answer, good or bad; only if the one
 * who fetches goes, the next of them does it; and where answers are not kept each who waited has to
 * ask by himself. A failure is remembered as an object is, or an
 * expired object stands in for it; throttled answers are neither. A trip that `passes` goes by the
 * caches, on the edge's other way. Where objects are not known (a ratio of hits), nothing is
 * fetched for others, and the way is one event.
 * EVENT_SERVICE slots: the frame's own. Its note names its record, which begins with its trip.
 * Worked: one edge, 5 ms below the origin; a miss at 0 is LAYERS_AT_ORIGIN at 5 ms; it is answered
 * there at 7 ms, and LAYERS_OVER at 12 ms plus home_ns; a request at 8 ms waits and is over then,
 * too, one at 20 ms hits. */
#ifndef ARCHSIM_BLOCKS_LAYERS_H
#define ARCHSIM_BLOCKS_LAYERS_H

#include "sim/blocks/cache.h"
#include "sim/blocks/fetches.h"
#include "sim/blocks/records.h"
#include "sim/kernel/distribution.h"

enum { LAYERS_ORIGIN = 0xffff /* above all caches */, LAYERS_DEPTH_MAX = 8 };

struct layers_rules {
    struct core *core;
    struct arena *arena;
    uint16_t service;                       /* whose timers they are: layers_due */
    uint32_t caches_max;                    /* below LAYERS_ORIGIN */
    size_t record_bytes;                    /* struct layers_trip and what the model adds */
    int64_t ttl_ns, error_ttl_ns;           /* 0: not kept */
    bool collapses;                         /* else nobody waits for another */
    const struct distribution *overhead_ns; /* of each cache on the way up */
    struct random *random;                  /* of the overhead */
};

struct layers_cache {
    struct cache cache; /* the model's to begin, for ever: the layers say when objects expire */
    uint16_t above, passes_to;
    uint8_t depth;   /* caches above it */
    int64_t up_ns;   /* one way */
    int64_t pass_ns; /* to passes_to */
};

struct layers_trip {
    int64_t home_ns;     /* the model's, as object, edge and passes: from the edge to the viewer */
    int64_t transfer_ns; /* the model's: so much longer with a good answer */
    int64_t until_ns;    /* when its answer is over */
    uint32_t object;     /* of cache_draw */
    uint16_t edge, node; /* node: where it is */
    uint8_t stage;       /* enum layers_stage */
    uint8_t leads;       /* set of depths where it fetches */
    uint8_t outcome;     /* of the answer on its way down */
    bool passes;
    bool hit;       /* a cache had it, at whatever age, or another was fetching it */
    bool collapsed; /* it has waited for another */
    bool alone;     /* and will not again */
};

struct layers {
    struct layers_rules rules;
    struct layers_cache *caches;
    uint32_t count;
    struct fetches fetches; /* by object and cache */
    struct records records;
    uint64_t collapsed, reached_top; /* measured: trips that waited; that came to depth 0 */
};

enum layers_news {
    LAYERS_UNDERWAY,
    LAYERS_AT_ORIGIN, /* it is to be called; layers_answer follows */
    LAYERS_BACK,      /* a bad answer is at the top: layers_again, or layers_deliver */
    LAYERS_OVER,      /* trip->outcome has come to the viewer */
};

void layers_init(struct layers *layers, const struct layers_rules *rules);
/* The next cache, a way of up_ns below another (or LAYERS_ORIGIN), which comes first. */
struct layers_cache *layers_add(struct layers *layers, uint16_t above, int64_t up_ns);

/* A record for f, zeroed; its trip is to be filled in before layers_enter. */
void *layers_take(struct layers *layers, struct frame *f);
/* It comes to its edge after delay_ns. */
void layers_enter(struct layers *layers, struct frame *f, int64_t delay_ns);
enum layers_news layers_due(struct layers *layers, struct frame *f);
/* The origin has answered; a bad answer takes at least so long to be known at the top. */
void layers_answer(struct layers *layers, struct frame *f, enum outcome outcome, int64_t least_ns);
/* Once more to an origin, as far away. */
void layers_again(struct layers *layers, struct frame *f);
void layers_deliver(struct layers *layers, struct frame *f);
/* It is gone: what it was fetching, somebody else must. */
void layers_leave(struct layers *layers, struct frame *f);

/* It was LAYERS_AT_ORIGIN, and has not been answered. */
bool layers_is_at_origin(const struct layers *layers, const struct frame *f);
/* One way from where it is (the top) to the origin. */
int64_t layers_origin_ns(const struct layers *layers, const struct frame *f);

static inline struct layers_trip *layers_trip(const struct layers *layers, const struct frame *f)
{
    return records_at(&layers->records, f->note);
}

#endif
