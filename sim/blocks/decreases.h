/* decreases: how often a day capacity may be lowered, as DynamoDB counts it: so many times within
 * an hour of the day's first, and then once after each hour without any.
 * Worked, 4 an hour, from 0:00 on: 0:00, 0:10, 0:20 and 0:30 may be, 0:40 not; 1:30 may, an hour
 * after the last one; so may 2:30, and so on: 27 in the day. The next day begins anew. */
#ifndef ARCHSIM_BLOCKS_DECREASES_H
#define ARCHSIM_BLOCKS_DECREASES_H

#include <stdbool.h>
#include <stdint.h>

struct decreases_rules {
    int64_t origin_ns;    /* a day begins then */
    uint32_t first_count; /* within an hour of the day's first; 0: only one an hour */
};

struct decreases {
    struct decreases_rules rules;
    int64_t first_ns, last_ns; /* of the day of the last one, and that */
    uint32_t count;            /* of that day */
};

void decreases_init(struct decreases *decreases, const struct decreases_rules *rules);
/* One may be made now; times do not go back. */
bool decreases_allowed(const struct decreases *decreases, int64_t now_ns);
/* It is made. */
void decreases_take(struct decreases *decreases, int64_t now_ns);

#endif
