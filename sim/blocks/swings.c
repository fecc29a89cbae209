#include "sim/blocks/swings.h"

#include <math.h>
#include <stddef.h>

static void swings_extend(struct log_entry *entry, int64_t now_ns, double from, double to, bool up)
{
    entry->until_ns = now_ns;
    entry->from = up ? fmin(entry->from, from) : fmax(entry->from, from);
    entry->to = up ? fmax(entry->to, to) : fmin(entry->to, to);
}

/* The swing under way is one more of those that the entry tells of: all together are small. */
static bool swings_alike(const struct log_entry *entry, const struct swings *swings,
                         const struct swings_rules *rules, int64_t now_ns, double to, double least)
{
    if (entry == NULL || now_ns - entry->until_ns > rules->gap_ns) {
        return false;
    }
    const double low = fmin(fmin(entry->from, entry->to), fmin(swings->from, to));
    const double high = fmax(fmax(entry->from, entry->to), fmax(swings->from, to));
    return high - low < least;
}

bool swings_step(struct swings *swings, const struct swings_rules *rules, int64_t now_ns,
                 double from, double to)
{
    const bool up = to > from;
    if (!swings->begun || up != swings->up || now_ns - swings->last_ns > rules->gap_ns) {
        swings->entry = NULL;
        swings->from = from;
        swings->up = up;
        swings->begun = true;
    }
    swings->last_ns = now_ns;
    const double least = fmax(rules->small, rules->small_ratio * swings->from);
    struct log_entry **small = &swings->small[up];
    swings->is_small = fabs(to - swings->from) < least;
    if (swings->entry != NULL) {
        if (*small == swings->entry && !swings->is_small) {
            *small = NULL; /* small ones that follow are not told there */
        }
        swings_extend(swings->entry, now_ns, swings->from, to, up);
        return false;
    }
    if (swings->is_small && swings_alike(*small, swings, rules, now_ns, to, least)) {
        swings_extend(*small, now_ns, swings->from, to, up);
        return false;
    }
    return true;
}

void swings_tell(struct swings *swings, struct log_entry *entry)
{
    swings->entry = entry;
    if (swings->is_small) {
        swings->small[swings->up] = entry;
    }
}
