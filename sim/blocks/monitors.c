#include "sim/blocks/monitors.h"

#include <assert.h>

enum { MONITORS_ENDS, MONITORS_SEES, MONITORS_SLOTS_EACH };

static void monitors_timer(const struct monitors *monitors, int64_t at_ns, uint32_t number,
                           uint32_t index)
{
    const struct monitors_setup *setup = &monitors->setup;
    events_at(&setup->core->events, at_ns, EVENT_SERVICE, setup->service,
              setup->first_slot + MONITORS_SLOTS_EACH * number + index);
}

void monitors_init(struct monitors *monitors, const struct monitors_setup *setup)
{
    *monitors = (struct monitors){
        .setup = *setup,
        .items = arena_array(setup->arena, setup->most, sizeof(*monitors->items)),
    };
}

void monitors_add(struct monitors *monitors, const struct monitor_setup *setup)
{
    assert(monitors->count < monitors->setup.most && setup->period_ns > 0);
    struct monitor *monitor = &monitors->items[monitors->count++];
    *monitor = (struct monitor){.setup = *setup};
    alarm_init(&monitor->alarm, &setup->alarm, monitors->setup.arena);
    datapoints_init(&monitor->points, monitors->setup.arena);
}

void monitors_begin(struct monitors *monitors, int64_t origin_ns)
{
    for (uint32_t i = 0; i < monitors->count; i++) {
        monitors_timer(monitors, origin_ns % monitors->items[i].setup.period_ns, i, MONITORS_ENDS);
    }
}

static bool monitors_see(struct monitors *monitors, struct monitor *monitor)
{
    const int64_t now_ns = core_now(monitors->setup.core);
    const struct datapoint *point = datapoints_take(&monitor->points, now_ns);
    const enum alarm_state before = monitor->alarm.state;
    if (point == NULL || !alarm_point(&monitor->alarm, point->value)) {
        return false;
    }
    monitor->before = before;
    gauge_add(&monitors->on, (monitor->alarm.state == ALARM_ON) - (before == ALARM_ON), now_ns);
    return true;
}

enum monitors_news monitors_due(struct monitors *monitors, uint32_t slot, uint32_t *number)
{
    const uint32_t index = slot - monitors->setup.first_slot;
    *number = index / MONITORS_SLOTS_EACH;
    struct monitor *monitor = &monitors->items[*number];
    if (index % MONITORS_SLOTS_EACH == MONITORS_ENDS) {
        monitors_timer(monitors, core_now(monitors->setup.core) + monitor->setup.period_ns, *number,
                       MONITORS_ENDS);
        return MONITORS_ENDED;
    }
    return monitors_see(monitors, monitor) ? MONITORS_CHANGED : MONITORS_NOTHING;
}

void monitors_put(struct monitors *monitors, uint32_t number, double value)
{
    struct monitor *monitor = &monitors->items[number];
    const struct monitor_setup *setup = &monitor->setup;
    struct random *delays = &monitors->setup.delays;
    if (!monitor->whole) {
        monitor->whole = true;
        return;
    }
    int64_t delay_ns = distribution_draw_int(setup->delay, delays);
    delay_ns += setup->more_delay != NULL ? distribution_draw_int(setup->more_delay, delays) : 0;
    const int64_t seen_ns = datapoints_put(
        &monitor->points,
        &(struct datapoint){.seen_ns = core_now(monitors->setup.core) + delay_ns, .value = value});
    monitors_timer(monitors, seen_ns, number, MONITORS_SEES);
}
