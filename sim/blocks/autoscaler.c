/* autoscaler: three timers around a scaler. */
#include "sim/blocks/autoscaler.h"

enum { AUTOSCALER_SAMPLE, AUTOSCALER_SEE, AUTOSCALER_ACT };

static int64_t autoscaler_now(const struct autoscaler *autoscaler)
{
    return core_now(autoscaler->setup.core);
}

static void autoscaler_timer(struct autoscaler *autoscaler, int64_t at_ns, uint32_t index)
{
    const struct autoscaler_setup *setup = &autoscaler->setup;
    events_at(&setup->core->events, at_ns, EVENT_SERVICE, setup->service, setup->timer + index);
}

void autoscaler_init(struct autoscaler *autoscaler, const struct autoscaler_setup *setup)
{
    *autoscaler = (struct autoscaler){.setup = *setup};
    datapoints_init(&autoscaler->points, setup->arena);
}

/* When what is scheduled or forecast is due next. */
static void autoscaler_await(struct autoscaler *autoscaler, int64_t from_ns)
{
    const int64_t at_ns = scaler_action_ns(&autoscaler->scaler, from_ns);
    if (at_ns != SCALER_NEVER) {
        autoscaler_timer(autoscaler, at_ns, AUTOSCALER_ACT);
    }
}

void autoscaler_begin(struct autoscaler *autoscaler)
{
    const struct scaler *scaler = &autoscaler->scaler;
    const int64_t now_ns = autoscaler_now(autoscaler);
    const int64_t period_ns = autoscaler->setup.period_ns;
    const int64_t left_ns = (scaler->setup.origin_ns - now_ns) % period_ns;
    if (scaler->tracked_count > 0 || scaler->policies != NULL || scaler->forecasts != NULL) {
        autoscaler_timer(autoscaler, now_ns + left_ns + (left_ns > 0 ? 0 : period_ns),
                         AUTOSCALER_SAMPLE);
    }
    autoscaler_await(autoscaler, now_ns);
}

void autoscaler_put(struct autoscaler *autoscaler, uint32_t metric, double value, double measured)
{
    if (scaler_watches(&autoscaler->scaler, metric)) {
        const int64_t seen_ns = autoscaler_now(autoscaler) + autoscaler->setup.delay_ns;
        datapoints_put(&autoscaler->points, &(struct datapoint){
                                                .seen_ns = seen_ns,
                                                .metric = metric,
                                                .value = value,
                                                .measured = measured,
                                            });
    }
}

static void autoscaler_sample(struct autoscaler *autoscaler)
{
    const struct autoscaler_setup *setup = &autoscaler->setup;
    const int64_t now_ns = autoscaler_now(autoscaler);
    setup->ops->sample(setup->context);
    autoscaler_timer(autoscaler, now_ns + setup->period_ns, AUTOSCALER_SAMPLE);
    autoscaler_timer(autoscaler, now_ns + setup->delay_ns, AUTOSCALER_SEE);
}

static void autoscaler_see(struct autoscaler *autoscaler)
{
    const struct autoscaler_setup *setup = &autoscaler->setup;
    const int64_t now_ns = autoscaler_now(autoscaler);
    const struct datapoint *point;
    bool news = false;
    while ((point = datapoints_take(&autoscaler->points, now_ns)) != NULL) {
        scaler_point(&autoscaler->scaler, point->metric, point->value, point->measured,
                     point->seen_ns - setup->delay_ns);
        news = true;
    }
    if (news) {
        const struct scaler_state state = setup->ops->state(setup->context);
        struct scaler_decision decision;
        if (scaler_decide(&autoscaler->scaler, now_ns, &state, &decision)) {
            setup->ops->apply(setup->context, &decision);
        }
    }
}

static void autoscaler_act(struct autoscaler *autoscaler)
{
    const struct autoscaler_setup *setup = &autoscaler->setup;
    const int64_t now_ns = autoscaler_now(autoscaler);
    const struct scaler_state state = setup->ops->state(setup->context);
    struct scaler_decision decision;
    if (scaler_act(&autoscaler->scaler, now_ns, &state, &decision)) {
        setup->ops->apply(setup->context, &decision);
    } else if (setup->ops->acted != NULL) {
        setup->ops->acted(setup->context);
    }
    autoscaler_await(autoscaler, now_ns + 1);
}

void autoscaler_due(struct autoscaler *autoscaler, uint32_t index)
{
    switch (index) {
    case AUTOSCALER_SAMPLE:
        autoscaler_sample(autoscaler);
        break;
    case AUTOSCALER_SEE:
        autoscaler_see(autoscaler);
        break;
    default:
        autoscaler_act(autoscaler);
    }
}
