/* provision: one allocation at a time, and a sample of their use for each minute. */
#include "sim/blocks/provision.h"

#include <math.h>

#define PROVISION_S 1e9 /* ns */
#define PROVISION_MINUTE_NS INT64_C(60000000000)
enum { PROVISION_USABLE, PROVISION_RENEWED, PROVISION_AUTOSCALER };

static int64_t provision_now(const struct provision *provision)
{
    return core_now(provision->setup.pool.core);
}

static void provision_timer(struct provision *provision, int64_t at_ns, uint32_t index)
{
    const struct provision_setup *setup = &provision->setup;
    events_at(&setup->pool.core->events, at_ns, EVENT_SERVICE, setup->pool.service,
              setup->timer + index);
}

static int64_t provision_count(const struct provision *provision)
{
    return provision->pool.groups[0].present_count;
}

/* As many as there shall be; what is busy stays. */
static void provision_fit(struct provision *provision, uint8_t flags)
{
    struct pool *pool = &provision->pool;
    while (provision_count(provision) < provision->usable) {
        const uint32_t instance = pool_start(pool, 0);
        pool_at(pool, instance)->flags = flags;
        pool_release(pool, instance);
    }
    while (provision_count(provision) > provision->usable && pool_idle(pool, 0)) {
        pool_remove(pool, pool_reuse(pool, 0));
    }
}

static void provision_use(struct provision *provision, int64_t count, uint8_t flags)
{
    provision->usable = count;
    gauge_set(&provision->present, count, provision_now(provision));
    gauge_set(&provision->minute_present, count, provision_now(provision));
    provision_fit(provision, flags);
    provision->setup.ops->usable(provision->setup.context, count);
}

/* ---- allocation ---- */

static int64_t provision_allocation_ns(const struct provision *provision, int64_t count)
{
    return provision->setup.preparation_ns +
           (int64_t)(PROVISION_S * (double)count / provision->setup.rate_per_s);
}

bool provision_ask(struct provision *provision, int64_t count, int64_t *delay_ns)
{
    const int64_t more = count - provision->usable;
    if (provision->asked != provision->usable) {
        return false;
    }
    *delay_ns = more > 0 ? provision_allocation_ns(provision, more) : 0;
    provision->asked = count;
    if (more > 0) {
        provision_timer(provision, provision_now(provision) + *delay_ns, PROVISION_USABLE);
    } else if (more < 0) {
        provision_use(provision, count, provision->setup.flags);
    }
    return true;
}

void provision_renew(struct provision *provision)
{
    if (provision->usable > 0 && !provision->renewing) {
        provision->renewing = true;
        provision_timer(provision,
                        provision_now(provision) +
                            provision_allocation_ns(provision, provision->usable),
                        PROVISION_RENEWED);
    }
}

static void provision_renewed(struct provision *provision)
{
    struct pool *pool = &provision->pool;
    provision->renewing = false;
    provision->stale = pool->serial;
    while (pool_idle(pool, 0)) {
        pool_remove(pool, pool_reuse(pool, 0));
    }
    provision_fit(provision, provision->setup.flags);
}

uint32_t provision_take(struct provision *provision)
{
    gauge_add(&provision->busy, 1, provision_now(provision));
    gauge_add(&provision->minute_busy, 1, provision_now(provision));
    return pool_reuse(&provision->pool, 0);
}

void provision_give_back(struct provision *provision, uint32_t instance)
{
    struct pool *pool = &provision->pool;
    gauge_add(&provision->busy, -1, provision_now(provision));
    gauge_add(&provision->minute_busy, -1, provision_now(provision));
    if (provision_count(provision) > provision->usable) {
        pool_remove(pool, instance);
    } else if (pool_at(pool, instance)->serial <= provision->stale) {
        pool_remove(pool, instance);
        provision_fit(provision, provision->setup.flags);
    } else {
        pool_release(pool, instance);
    }
}

/* ---- scaling ---- */

/* A minute in which none was used has no datapoint: it is missing. */
static void provision_sample(void *context)
{
    struct provision *provision = context;
    const int64_t now_ns = provision_now(provision);
    const double busy_s = gauge_area_s(&provision->minute_busy, now_ns);
    const double present_s = gauge_area_s(&provision->minute_present, now_ns);
    autoscaler_put(&provision->autoscaler, provision->setup.metric,
                   busy_s > 0 && present_s > 0 ? busy_s / present_s : (double)NAN,
                   present_s * PROVISION_S / (double)PROVISION_MINUTE_NS);
    gauge_reset(&provision->minute_busy, now_ns);
    gauge_reset(&provision->minute_present, now_ns);
}

static struct scaler_state provision_state(void *context)
{
    const struct provision *provision = context;
    return (struct scaler_state){
        .desired = (double)provision->asked,
        .settled = (double)provision->asked,
        .growing = provision->asked != provision->usable,
    };
}

static void provision_apply(void *context, const struct scaler_decision *decision)
{
    const struct provision *provision = context;
    provision->setup.ops->wanted(provision->setup.context, decision);
}

static const struct autoscaler_ops provision_autoscaler_ops = {
    .sample = provision_sample,
    .state = provision_state,
    .apply = provision_apply,
};

void provision_init(struct provision *provision, const struct provision_setup *setup)
{
    struct pool_setup pool = setup->pool;
    pool.idle_ns_dist = NULL;
    *provision = (struct provision){.setup = *setup};
    pool_init(&provision->pool, &pool);
    autoscaler_init(&provision->autoscaler, &(struct autoscaler_setup){
                                                .ops = &provision_autoscaler_ops,
                                                .context = provision,
                                                .core = pool.core,
                                                .arena = pool.arena,
                                                .service = pool.service,
                                                .timer = setup->timer + PROVISION_AUTOSCALER,
                                                .period_ns = PROVISION_MINUTE_NS,
                                                .delay_ns = setup->seen_ns,
                                            });
}

void provision_begin(struct provision *provision, int64_t usable)
{
    provision->asked = usable;
    provision_use(provision, usable, 0);
    autoscaler_begin(&provision->autoscaler);
}

void provision_due(struct provision *provision, uint32_t index)
{
    switch (index) {
    case PROVISION_USABLE:
        provision_use(provision, provision->asked, provision->setup.flags);
        break;
    case PROVISION_RENEWED:
        provision_renewed(provision);
        break;
    default:
        autoscaler_due(&provision->autoscaler, index - PROVISION_AUTOSCALER);
    }
}
