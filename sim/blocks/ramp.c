/* ramp: adds up steps until they are worth telling. */
#include "sim/blocks/ramp.h"

#include <math.h>

#define RAMP_GAP_NS INT64_C(30000000000) /* after such a gap another one begins */
enum { RAMP_LEAST = 10, RAMP_SHARE = 4 };

/* Before this step others, the other way, have undone half of the ramp, or, while it is not of
 * note, all of it. */
static bool ramp_undone(const struct ramp *ramp, double way, double from)
{
    const double top = ramp->entry != NULL ? ramp->entry->to : ramp->from;
    return way * (from - ramp->from) < way * (top - ramp->from) / 2;
}

bool ramp_step(struct ramp *ramp, int64_t now_ns, double from, double to, double value)
{
    const double way = to > from ? 1 : -1;
    if (ramp->count == 0 || now_ns - ramp->last_ns > RAMP_GAP_NS || ramp_undone(ramp, way, from)) {
        *ramp = (struct ramp){.from = from, .value = value};
    }
    ramp->last_ns = now_ns;
    ramp->count++;
    struct log_entry *entry = ramp->entry;
    if (entry == NULL) {
        return way * (to - ramp->from) >= fmax(RAMP_LEAST, ramp->from / RAMP_SHARE);
    }
    if (way * (to - entry->to) > 0) {
        entry->until_ns = now_ns;
        entry->to = to;
        entry->count = ramp->count;
    }
    return false;
}
