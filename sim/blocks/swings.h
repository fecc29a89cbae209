/* swings: a capacity that goes up and down in many steps, told as few entries of the log. A swing
 * is what goes one way without a long rest; each step extends its entry. Small ones that come again
 * and again at about the same height are one entry for each direction, from the first to the last
 * of them; a swing that goes further becomes an entry of its own at the step with which it does. */
#ifndef ARCHSIM_BLOCKS_SWINGS_H
#define ARCHSIM_BLOCKS_SWINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/log.h"

struct swings_rules {
    double small;       /* no swing of less than that, */
    double small_ratio; /* or of less than that share of where it began, stands alone */
    int64_t gap_ns;     /* a rest after which a new entry begins */
};

/* All zero: nothing has happened. */
struct swings {
    struct log_entry *entry;    /* of the swing under way; null: not told by itself */
    struct log_entry *small[2]; /* of small ones, down and up; null: none */
    int64_t last_ns;
    double from; /* of the swing under way */
    bool begun, up, is_small;
};

/* A step from one capacity to another. True: it is to be logged, from swings->from on, and the
 * entry to be handed over with swings_tell. False: an entry was extended. */
bool swings_step(struct swings *swings, const struct swings_rules *rules, int64_t now_ns,
                 double from, double to);
void swings_tell(struct swings *swings, struct log_entry *entry);

#endif
