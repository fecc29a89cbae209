/* surge: a limit that follows the load it has seen, but not at once: so many times the busiest
 * minute of those that are old enough, and never less than at first. It takes a burst of what it
 * lets in during a second.
 * Worked: first 100/s, twice, after 5 minutes. 100/s from 0 on: 200/s pass from 5 min on, and if
 * they come then, 400/s from 10 min on. */
#ifndef ARCHSIM_BLOCKS_SURGE_H
#define ARCHSIM_BLOCKS_SURGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"
#include "sim/kernel/arena.h"

struct surge_rules {
    double first_per_s;
    double times;      /* >= 1 */
    int64_t within_ns; /* a minute counts so long after it began */
};

struct surge {
    struct surge_rules rules;
    struct bucket bucket;
    uint32_t *minutes; /* ring: arrivals of each of the last minutes */
    uint32_t minutes_count;
    int64_t minute;  /* the present one */
    int64_t counted; /* up to this one the ring has been looked at */
    double limit_per_s;
};

void surge_init(struct surge *surge, struct arena *arena, const struct surge_rules *rules);
/* One comes; false: it is too much. What is refused counts as load, too. */
bool surge_pass(struct surge *surge, int64_t now_ns);

#endif
