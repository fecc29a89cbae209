/* key_ranges: request rates of an object store by ranges of keys. Each range has one bucket for
 * reads and one for writes, and begins with some partitions of so much each. A range that refuses
 * is split in the background: after split_ns its partitions are doubled if it still refuses in the
 * second half of that time; else it was a burst, and nothing changes. Splits are at the median of
 * the load, so that the partitions of a range are one bucket of the sum of their rates.
 * Worked, 3,500 writes a second, a split of 30 min: under 5,000/s a range lets 3,500 pass and
 * refuses the rest for 30 min, then 7,000/s are enough for all. */
#ifndef ARCHSIM_BLOCKS_KEY_RANGES_H
#define ARCHSIM_BLOCKS_KEY_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/throttle.h"
#include "sim/kernel/arena.h"

enum key_ranges_kind { KEY_RANGES_WRITES, KEY_RANGES_READS, KEY_RANGES_KINDS };

struct key_ranges_setup {
    double rates_per_s[KEY_RANGES_KINDS]; /* of a partition */
    int64_t burst_ns;                     /* a bucket holds what comes in that time */
    int64_t split_ns;
    uint32_t ranges_count, partitions_count; /* partitions of each range at the start */
};

struct key_range {
    struct throttle kinds[KEY_RANGES_KINDS];
    double used_s[KEY_RANGES_KINDS]; /* tokens over the rate of then, since time 0 */
    uint64_t partitions;
    int64_t refused_ns, split_begin_ns; /* of the last refusal; of the split that goes on */
    bool splitting;
};

struct key_ranges {
    struct key_ranges_setup setup;
    struct key_range *ranges;
    uint64_t partitions; /* in all */
};

void key_ranges_init(struct key_ranges *ranges, struct arena *arena,
                     const struct key_ranges_setup *setup);
/* Takes the tokens of so many requests. False: refused; where *begins, a split has begun, and
 * key_ranges_split is to be called after split_ns. */
bool key_ranges_pass(struct key_ranges *ranges, uint32_t range, enum key_ranges_kind kind,
                     int64_t tokens, int64_t now_ns, bool *begins);
/* The same of as many of them as there are tokens for: returns so many. */
int64_t key_ranges_pass_some(struct key_ranges *ranges, uint32_t range, enum key_ranges_kind kind,
                             int64_t tokens, int64_t now_ns, bool *begins);
/* The split is due. True: the range has twice the partitions now. */
bool key_ranges_split(struct key_ranges *ranges, uint32_t range, int64_t now_ns);

#endif
