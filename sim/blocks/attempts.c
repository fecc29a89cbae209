#include "sim/blocks/attempts.h"

#include <math.h>

void attempts_init(struct attempts_quota *quota, const struct attempts_rules *rules)
{
    quota->tokens = rules->tokens_count;
}

bool attempts_again(struct attempts_quota *quota, const struct attempts_rules *rules, int64_t made,
                    bool timeout, struct random *random, int64_t *wait_ns, int64_t *paid)
{
    const int64_t cost = timeout ? rules->timeout_count : rules->retry_count;
    if (made >= rules->most_count || quota->tokens < cost) {
        return false;
    }
    quota->tokens -= cost;
    *paid = cost;
    const double longest =
        fmin((double)rules->cap_ns, (double)rules->first_ns * pow(rules->factor, (double)made - 1));
    *wait_ns = (int64_t)(longest * random_uniform(random));
    return true;
}

void attempts_good(struct attempts_quota *quota, const struct attempts_rules *rules, int64_t paid)
{
    quota->tokens += paid > 0 ? paid : 1;
    if (quota->tokens > rules->tokens_count) {
        quota->tokens = rules->tokens_count;
    }
}
