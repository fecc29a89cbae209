/* resolvers: what clients know of a name. Each resolver keeps an answer (some records) for its TTL
 * from when it came; the next who asks then resolves the name anew, and who asks before that answer
 * is in waits for it. Some never ask again, whatever the TTL. At first all know an answer, at a
 * random point of its time.
 * Worked: TTL 10 s, a lookup takes 30 ms. Asked at 0 s: RESOLVERS_ASKS; at 0.01 s RESOLVERS_WAITS
 * for 20 ms; until 10.03 s RESOLVERS_KNOWS; then it asks again. */
#ifndef ARCHSIM_BLOCKS_RESOLVERS_H
#define ARCHSIM_BLOCKS_RESOLVERS_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

enum { RESOLVERS_RECORDS_MAX = 8 };

struct resolver {
    int64_t expires_ns; /* INT64_MAX: never */
    uint8_t records[RESOLVERS_RECORDS_MAX];
    uint8_t records_count;
    uint8_t group; /* the owner's: where it is */
};

struct resolvers {
    struct resolver *items;
    uint32_t count;
    int64_t ttl_ns;
};

enum resolvers_turn { RESOLVERS_KNOWS, RESOLVERS_WAITS, RESOLVERS_ASKS };

/* That share of them keeps its first answer for ever. The answers are for the owner to fill in. */
void resolvers_init(struct resolvers *resolvers, struct arena *arena, uint32_t count,
                    int64_t ttl_ns, double ignore_ratio, struct random *random);

/* One of its clients wants the answer: it may read resolver->records, after *wait_ns if it
 * WAITS. If it ASKS, the owner fills them in and says how long that takes. */
static inline enum resolvers_turn resolvers_ask(const struct resolvers *resolvers,
                                                const struct resolver *resolver, int64_t now_ns,
                                                int64_t *wait_ns)
{
    *wait_ns = 0;
    if (resolver->expires_ns == INT64_MAX) {
        return RESOLVERS_KNOWS;
    }
    const int64_t known_ns = resolver->expires_ns - resolvers->ttl_ns;
    if (now_ns < known_ns) {
        *wait_ns = known_ns - now_ns;
        return RESOLVERS_WAITS;
    }
    return now_ns < resolver->expires_ns ? RESOLVERS_KNOWS : RESOLVERS_ASKS;
}

static inline void resolvers_learn(const struct resolvers *resolvers, struct resolver *resolver,
                                   int64_t known_ns)
{
    resolver->expires_ns = known_ns + resolvers->ttl_ns;
}

#endif
