/* environments: two pools behind the limits of one function. */
#include "sim/blocks/environments.h"

#include <math.h>

static int64_t environments_now(const struct environments *environments)
{
    return core_now(environments->setup.pool.core);
}

void environments_init(struct environments *environments, const struct environments_setup *setup)
{
    *environments = (struct environments){.setup = *setup};
    pool_init(&environments->pool, &setup->pool);
    bucket_init(&environments->starts, setup->starts_per_s, setup->starts_burst);
}

const char *environments_take(struct environments *environments, bool counted, uint32_t *name,
                              bool *cold)
{
    static const char *const limits[] = {
        [CONCURRENCY_ACCOUNT] = "account concurrency",
        [CONCURRENCY_RESERVED] = "reserved concurrency",
        [CONCURRENCY_RESERVED_REQUESTS] = "reserved requests",
        [CONCURRENCY_ACCOUNT_REQUESTS] = "account requests",
    };
    struct concurrency *concurrency = &environments->concurrency;
    const int64_t now_ns = environments_now(environments);
    const bool provisioned = provision_idle(&environments->provision) &&
                             concurrency_take_provisioned(concurrency, now_ns);
    const enum concurrency_limit limit =
        concurrency_enter(concurrency, provisioned, counted, now_ns);
    if (limit != CONCURRENCY_FREE) {
        return limits[limit];
    }
    if (provisioned) {
        *name = provision_take(&environments->provision) | ENVIRONMENT_PROVISIONED;
        return NULL;
    }
    *name = pool_reuse(&environments->pool, 0);
    if (*name == POOL_NONE) {
        if (!bucket_take(&environments->starts, now_ns, 1)) {
            concurrency_leave(concurrency, now_ns);
            return "scaling rate";
        }
        *name = pool_start(&environments->pool, 0);
        *cold = true;
    }
    return NULL;
}

static int64_t environments_init_ns(struct environments *environments)
{
    struct environments_setup *setup = &environments->setup;
    int64_t init_ns = distribution_draw_int(&setup->init, &setup->init_random);
    for (uint32_t i = 0; i < 2; i++) {
        if (setup->more_init_ns_dist[i] != NULL) {
            init_ns += distribution_draw_int(setup->more_init_ns_dist[i], &setup->init_random);
        }
    }
    return init_ns;
}

int64_t environments_start(struct environments *environments, uint32_t name, int64_t *init_ns)
{
    struct environments_setup *setup = &environments->setup;
    struct pool_instance *instance = pool_at(&environments->pool, name);
    const int64_t placement_ns =
        distribution_draw_int(setup->placement_ns_dist, &setup->init_random);
    *init_ns = environments_init_ns(environments);
    instance->flags = ENVIRONMENT_UNUSED;
    if (*init_ns > setup->init_limit_ns) {
        *init_ns = setup->init_limit_ns;
        instance->flags |= ENVIRONMENT_RESET;
    }
    events_at(&setup->pool.core->events, environments_now(environments) + placement_ns + *init_ns,
              EVENT_SERVICE, setup->pool.service, setup->timer | name);
    return placement_ns + *init_ns;
}

int64_t environments_slower_ns(const struct environments *environments, int64_t work_ns,
                               uint32_t rounds)
{
    const struct environments_setup *setup = &environments->setup;
    const double more_ns = (double)work_ns * (setup->first_more / rounds);
    return more_ns < (double)setup->first_most_ns ? llround(more_ns) : setup->first_most_ns;
}

int64_t environments_extra_ns(struct environments *environments, uint32_t name, int64_t work_ns,
                              uint32_t rounds, bool *cold)
{
    struct environments_setup *setup = &environments->setup;
    struct pool_instance *instance = environments_at(environments, name);
    int64_t extra_ns = 0;
    if (instance->flags & ENVIRONMENT_RESET) {
        *cold = true;
        extra_ns = environments_init_ns(environments);
    }
    instance->flags = 0;
    return extra_ns + environments_slower_ns(environments, work_ns, rounds) +
           distribution_draw_int(&setup->first_extra, &setup->first_random);
}

bool environments_give_back(struct environments *environments, uint32_t name, bool killed)
{
    struct pool *pool = &environments->pool;
    struct pool_instance *instance = environments_at(environments, name);
    const int64_t now_ns = environments_now(environments);
    if (killed) {
        instance->flags = ENVIRONMENT_UNUSED | ENVIRONMENT_RESET;
    }
    if (name & ENVIRONMENT_PROVISIONED) {
        provision_give_back(&environments->provision, name & ~ENVIRONMENT_PROVISIONED);
        return false;
    }
    concurrency_leave(&environments->concurrency, now_ns);
    if (now_ns - instance->started_ns < environments->setup.max_age_ns &&
        instance->serial > environments->stale) {
        pool_release(pool, name);
        return false;
    }
    pool_remove(pool, name);
    return true;
}

void environments_renew(struct environments *environments)
{
    struct pool *pool = &environments->pool;
    uint32_t index;
    environments->stale = pool->serial;
    while ((index = pool_reuse(pool, 0)) != POOL_NONE) {
        pool_remove(pool, index);
    }
    provision_renew(&environments->provision);
}
