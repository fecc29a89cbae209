#include "sim/blocks/resolvers.h"

#include <assert.h>

void resolvers_init(struct resolvers *resolvers, struct arena *arena, uint32_t count,
                    int64_t ttl_ns, double ignore_ratio, struct random *random)
{
    assert(count >= 1);
    *resolvers = (struct resolvers){
        .items = arena_array(arena, count, sizeof(struct resolver)),
        .count = count,
        .ttl_ns = ttl_ns,
    };
    const double ignoring = ignore_ratio * (double)count;
    for (uint32_t i = 0; i < count; i++) {
        const double left = random_uniform(random);
        resolvers->items[i].expires_ns =
            (double)i + 1 <= ignoring ? INT64_MAX : (int64_t)(left * (double)ttl_ns);
    }
}
