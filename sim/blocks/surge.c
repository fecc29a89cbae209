#include "sim/blocks/surge.h"

#define SURGE_MINUTE_NS INT64_C(60000000000)
#define SURGE_MINUTE_S 60.0

static int64_t surge_burst(double rate_per_s)
{
    return rate_per_s < 1 ? 1 : (int64_t)rate_per_s;
}

void surge_init(struct surge *surge, struct arena *arena, const struct surge_rules *rules)
{
    *surge = (struct surge){.rules = *rules, .limit_per_s = rules->first_per_s, .counted = -1};
    surge->minutes_count = (uint32_t)(rules->within_ns / SURGE_MINUTE_NS) + 2;
    surge->minutes = arena_array(arena, surge->minutes_count, sizeof(*surge->minutes));
    bucket_init(&surge->bucket, rules->first_per_s, surge_burst(rules->first_per_s));
}

/* A minute is over and its time has come. */
static void surge_count(struct surge *surge, int64_t minute, int64_t now_ns)
{
    const double seen_per_s = surge->minutes[minute % surge->minutes_count] / SURGE_MINUTE_S;
    const double limit_per_s = surge->rules.times * seen_per_s;
    if (limit_per_s > surge->limit_per_s) {
        surge->limit_per_s = limit_per_s;
        bucket_change(&surge->bucket, now_ns, limit_per_s, surge_burst(limit_per_s));
    }
}

/* All minutes up to the present one: first the old ones count, then their places are used anew. */
static void surge_move(struct surge *surge, int64_t now_ns)
{
    const int64_t minute = now_ns / SURGE_MINUTE_NS;
    const int64_t old = (now_ns - surge->rules.within_ns) / SURGE_MINUTE_NS;
    const int64_t last = now_ns < surge->rules.within_ns ? -1 : old < minute ? old : minute - 1;
    const int64_t known = surge->minute < last ? surge->minute : last;
    while (surge->counted < known) {
        surge_count(surge, ++surge->counted, now_ns);
    }
    surge->counted = last > surge->counted ? last : surge->counted;
    for (int64_t steps = 0; surge->minute < minute; steps++) {
        if (steps == surge->minutes_count) {
            surge->minute = minute;
            break;
        }
        surge->minutes[++surge->minute % surge->minutes_count] = 0;
    }
}

bool surge_pass(struct surge *surge, int64_t now_ns)
{
    surge_move(surge, now_ns);
    surge->minutes[surge->minute % surge->minutes_count]++;
    return bucket_take(&surge->bucket, now_ns, 1);
}
