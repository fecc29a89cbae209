#include "sim/blocks/decreases.h"

#include <assert.h>

#define DECREASES_HOUR_NS INT64_C(3600000000000)
#define DECREASES_DAY_NS (24 * DECREASES_HOUR_NS)

void decreases_init(struct decreases *decreases, const struct decreases_rules *rules)
{
    *decreases = (struct decreases){.rules = *rules};
}

static int64_t decreases_day(const struct decreases *decreases, int64_t at_ns)
{
    const int64_t since_ns = at_ns - decreases->rules.origin_ns;
    return since_ns / DECREASES_DAY_NS - (since_ns % DECREASES_DAY_NS < 0);
}

/* The last one was on the day of now_ns. */
static bool decreases_today(const struct decreases *decreases, int64_t now_ns)
{
    return decreases->count > 0 &&
           decreases_day(decreases, decreases->last_ns) == decreases_day(decreases, now_ns);
}

bool decreases_allowed(const struct decreases *decreases, int64_t now_ns)
{
    if (decreases->count == 0 || now_ns - decreases->last_ns >= DECREASES_HOUR_NS) {
        return true;
    }
    if (!decreases_today(decreases, now_ns)) {
        return decreases->rules.first_count > 0;
    }
    return decreases->count < decreases->rules.first_count &&
           now_ns - decreases->first_ns < DECREASES_HOUR_NS;
}

void decreases_take(struct decreases *decreases, int64_t now_ns)
{
    assert(decreases_allowed(decreases, now_ns));
    if (!decreases_today(decreases, now_ns)) {
        decreases->count = 0;
        decreases->first_ns = now_ns;
    }
    decreases->count++;
    decreases->last_ns = now_ns;
}
