/* plans: an array of keys for each plan. */
#include "sim/blocks/plans.h"

#include <assert.h>

void plans_init(struct plans *plans, struct arena *arena, const struct plans_rules *rules,
                uint32_t count, int64_t origin_ns, const struct random *random)
{
    *plans = (struct plans){
        .rules = rules,
        .keys = arena_array(arena, count, sizeof(*plans->keys)),
        .count = count,
        .origin_ns = origin_ns,
        .random = *random,
    };
    for (uint32_t i = 0; i < count; i++) {
        assert(rules[i].keys_count >= 1);
        plans->keys[i] = arena_array(arena, (size_t)rules[i].keys_count, sizeof(struct plans_key));
        for (int64_t k = 0; k < rules[i].keys_count; k++) {
            throttle_init(&plans->keys[i][k].throttle, rules[i].throttle.rate_per_s,
                          rules[i].throttle.burst_count);
        }
    }
}

/* The quota of the present period; periods before the origin are negative. */
static bool plans_count(const struct plans *plans, const struct plans_rules *rules,
                        struct plans_key *key, int64_t now_ns)
{
    const int64_t since_ns = now_ns - plans->origin_ns;
    const int64_t period =
        since_ns / rules->quota.period_ns - (since_ns % rules->quota.period_ns < 0);
    if (period != key->period) {
        key->period = period;
        key->requests = 0;
    }
    if (key->requests >= rules->quota.requests_count) {
        return false;
    }
    key->requests++;
    return true;
}

enum plans_answer plans_ask(struct plans *plans, int64_t now_ns)
{
    if (plans->count == 0) {
        return PLANS_PASS;
    }
    double at = random_uniform(&plans->random);
    for (uint32_t i = 0; i < plans->count; i++) {
        const struct plans_rules *rules = &plans->rules[i];
        at -= rules->share_ratio;
        if (at >= 0) {
            continue;
        }
        struct plans_key *key =
            &plans->keys[i][random_below(&plans->random, (uint32_t)rules->keys_count)];
        if (rules->quota.requests_count >= 0 && !plans_count(plans, rules, key, now_ns)) {
            return PLANS_OVER_QUOTA;
        }
        if (!throttle_pass(&key->throttle, now_ns, 1)) {
            return PLANS_THROTTLED;
        }
        plans->taken += key->throttle.limited;
        return PLANS_PASS;
    }
    return PLANS_PASS;
}

double plans_rate_per_s(const struct plans *plans)
{
    double rate_per_s = 0;
    for (uint32_t i = 0; i < plans->count; i++) {
        if (!isnan(plans->rules[i].throttle.rate_per_s)) {
            rate_per_s += plans->rules[i].throttle.rate_per_s * (double)plans->rules[i].keys_count;
        }
    }
    return rate_per_s > 0 ? rate_per_s : INFINITY;
}
