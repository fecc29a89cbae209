/* fetches: requests for things that are not here while somebody fetches them. The first who asks
 * for a key leads: he fetches it. Who asks meanwhile waits, in line, for his answer, so that a
 * crowd is one fetch (request collapsing). A fetch that failed may be remembered for a time: who
 * asks then hears of the same failure at once (negative caching).
 * A hash table holds only keys that are fetched or have failed lately; asking is O(1).
 * Worked: key 7 is asked for at 0, 1 and 2 ms, the fetch takes 5 ms: LEADS, WAITS, WAITS; at 5 ms
 * fetches_end hands out the line of two. With fetches_fail until 10 s, asking at 9 s is FAILED. */
#ifndef ARCHSIM_BLOCKS_FETCHES_H
#define ARCHSIM_BLOCKS_FETCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/line.h"

enum fetch_turn {
    FETCH_LEADS,  /* it is to fetch, and to call fetches_end */
    FETCH_WAITS,  /* it stands in the line of the fetch */
    FETCH_FAILED, /* it failed lately, and is not to be tried again yet */
};

struct fetch {
    uint64_t key;
    int64_t failed_until_ns; /* 0: it did not fail */
    struct line line;        /* who waits */
    bool used, open;         /* open: it is under way */
    uint8_t outcome;         /* of the failure */
};

struct fetches {
    struct fetch *table; /* linear probing; a power of two, at most half of it used */
    struct fetch *spare; /* as large, for tidying up; null before the first time */
    uint32_t capacity, count;
    struct arena *arena;
};

/* The arena must outlive it. */
void fetches_init(struct fetches *fetches, struct arena *arena);

/* f asks for the key. FETCH_FAILED fills *outcome. */
enum fetch_turn fetches_ask(struct fetches *fetches, const struct core *core, uint64_t key,
                            struct frame *f, enum outcome *outcome);
/* The fetch that is under way is over, well or given up: the key is forgotten. Returns the line of
 * who waited, the first first; some may be FRAME_WITHDRAWN. */
struct line fetches_end(struct fetches *fetches, uint64_t key);
/* The same, but who asks before until_ns hears of that failure. */
struct line fetches_fail(struct fetches *fetches, uint64_t key, int64_t until_ns,
                         enum outcome outcome);
/* It failed lately: until when that is remembered, and fills *outcome; else 0. */
int64_t fetches_failed_until_ns(const struct fetches *fetches, int64_t now_ns, uint64_t key,
                                enum outcome *outcome);
/* Somebody who asked for the key by himself has failed; nothing where it is being fetched. */
void fetches_remember(struct fetches *fetches, int64_t now_ns, uint64_t key, int64_t until_ns,
                      enum outcome outcome);
/* f, which stands in the line of that key, waits no longer. */
void fetches_leave(struct fetches *fetches, const struct core *core, uint64_t key, struct frame *f);

#endif
