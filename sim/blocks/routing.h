/* routing: which of several records answers, by their weights, costs or order, where some are known
 * to be unhealthy. Considered are the healthy ones; if none is, all are.
 * Worked: weights 3, 1, 0, all healthy: 75 %, 25 %, never. Without the first two the third has all;
 * without all three it is again as if all were healthy: 75 %, 25 %. */
#ifndef ARCHSIM_BLOCKS_ROUTING_H
#define ARCHSIM_BLOCKS_ROUTING_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

struct routing_record {
    int64_t weight; /* >= 0 */
    bool healthy;
};

struct routing {
    struct routing_record *records;
    uint32_t count, healthy_count;
};

/* count >= 1 records of weight 1, all healthy. */
void routing_init(struct routing *routing, struct arena *arena, uint32_t count);
void routing_set_healthy(struct routing *routing, uint32_t record, bool healthy);

static inline bool routing_considers(const struct routing *routing, uint32_t record)
{
    return routing->records[record].healthy || routing->healthy_count == 0;
}

/* In proportion to the weights; where all that are considered have 0, as equals. */
uint32_t routing_by_weight(const struct routing *routing, struct random *random);
/* The least of the costs, one of each record; of equals the first. */
uint32_t routing_by_cost(const struct routing *routing, const int64_t *costs);
/* The first that is considered in that order of all records. */
uint32_t routing_in_order(const struct routing *routing, const uint32_t *order);
/* Any so many of them, each set as likely as another. Returns how many: fewer where there are. */
uint32_t routing_some(const struct routing *routing, struct random *random, uint32_t most,
                      uint8_t *records);

#endif
