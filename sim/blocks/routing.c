#include "sim/blocks/routing.h"

#include <assert.h>

void routing_init(struct routing *routing, struct arena *arena, uint32_t count)
{
    assert(count >= 1);
    *routing = (struct routing){
        .records = arena_array(arena, count, sizeof(struct routing_record)),
        .count = count,
        .healthy_count = count,
    };
    for (uint32_t i = 0; i < count; i++) {
        routing->records[i] = (struct routing_record){.weight = 1, .healthy = true};
    }
}

void routing_set_healthy(struct routing *routing, uint32_t record, bool healthy)
{
    struct routing_record *at = &routing->records[record];
    routing->healthy_count += (uint32_t)healthy - (uint32_t)at->healthy;
    at->healthy = healthy;
}

uint32_t routing_by_weight(const struct routing *routing, struct random *random)
{
    int64_t sum = 0;
    uint32_t count = 0, chosen = 0;
    for (uint32_t i = 0; i < routing->count; i++) {
        sum += routing_considers(routing, i) ? routing->records[i].weight : 0;
        count += routing_considers(routing, i);
    }
    int64_t left = random_below(random, sum == 0 ? count : (uint32_t)sum);
    for (uint32_t i = 0; i < routing->count && left >= 0; i++) {
        if (routing_considers(routing, i)) {
            left -= sum == 0 ? 1 : routing->records[i].weight;
            chosen = i;
        }
    }
    return chosen;
}

uint32_t routing_by_cost(const struct routing *routing, const int64_t *costs)
{
    int64_t least = INT64_MAX;
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < routing->count; i++) {
        if (routing_considers(routing, i) && costs[i] < least) {
            least = costs[i];
            chosen = i;
        }
    }
    return chosen;
}

uint32_t routing_in_order(const struct routing *routing, const uint32_t *order)
{
    uint32_t i = 0;
    while (!routing_considers(routing, order[i])) {
        i++;
    }
    return order[i];
}

/* A reservoir: the n-th that is considered replaces one of them with probability most / n. */
uint32_t routing_some(const struct routing *routing, struct random *random, uint32_t most,
                      uint8_t *records)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < routing->count; i++) {
        if (!routing_considers(routing, i)) {
            continue;
        }
        const uint32_t at = seen < most ? seen : random_below(random, seen + 1);
        if (at < most) {
            records[at] = (uint8_t)i;
        }
        seen++;
    }
    return seen < most ? seen : most;
}
