#include "sim/blocks/alarm.h"

#include <assert.h>
#include <math.h>

/* Periods that are fetched beyond the N of an alarm (the guide's examples: 5 for 3). */
enum { ALARM_RANGE_MORE = 2, DATAPOINTS_FIRST = 4 };
/* What a datapoint was; an empty ring is one of missing ones. */
enum alarm_point_kind { POINT_MISSING, POINT_GOOD, POINT_BREACHING };

void alarm_init(struct alarm *alarm, const struct alarm_setup *setup, struct arena *arena)
{
    assert(setup->datapoints >= 1 && setup->datapoints <= setup->periods);
    *alarm = (struct alarm){
        .setup = *setup,
        .value = (double)NAN,
        .range_count = setup->periods + ALARM_RANGE_MORE,
    };
    alarm->range = arena_array(arena, alarm->range_count, sizeof(*alarm->range));
}

bool alarm_breaches(const struct alarm_setup *setup, double value)
{
    switch (setup->comparison) {
    case ALARM_ABOVE:
        return value > setup->threshold;
    case ALARM_AT_LEAST:
        return value >= setup->threshold;
    case ALARM_BELOW:
        return value < setup->threshold;
    default:
        return value <= setup->threshold;
    }
}

/* What the last datapoints that exist say, N at most of the range. */
struct alarm_look {
    uint32_t found, breaching;
    uint32_t oldest; /* the age of the oldest of them, in periods: 1 is the last */
};

static struct alarm_look alarm_look(const struct alarm *alarm)
{
    struct alarm_look look = {0};
    for (uint32_t age = 1; age <= alarm->range_count && look.found < alarm->setup.periods; age++) {
        const uint32_t at = (alarm->next + alarm->range_count - age) % alarm->range_count;
        if (alarm->range[at] != POINT_MISSING) {
            look.found++;
            look.breaching += alarm->range[at] == POINT_BREACHING;
            look.oldest = age;
        }
    }
    return look;
}

static enum alarm_state alarm_judge(const struct alarm *alarm)
{
    const struct alarm_setup *setup = &alarm->setup;
    const struct alarm_look look = alarm_look(alarm);
    const uint32_t filled =
        setup->missing == ALARM_FILL_BREACHING ? setup->periods - look.found : 0;
    if (look.breaching + filled >= setup->datapoints) {
        return ALARM_ON;
    }
    if (setup->missing == ALARM_FILL_GOOD || setup->missing == ALARM_FILL_BREACHING ||
        look.breaching < look.found) {
        return ALARM_OK;
    }
    /* all that are there breach, but they are not enough */
    if (setup->missing == ALARM_FILL_IGNORE) {
        return alarm->state;
    }
    if (look.found == 0) {
        return ALARM_INSUFFICIENT_DATA;
    }
    return look.oldest >= setup->datapoints ? ALARM_ON : ALARM_OK;
}

bool alarm_point(struct alarm *alarm, double value)
{
    const enum alarm_state before = alarm->state;
    alarm->range[alarm->next] = isnan(value)                           ? POINT_MISSING
                                : alarm_breaches(&alarm->setup, value) ? POINT_BREACHING
                                                                       : POINT_GOOD;
    alarm->next = (alarm->next + 1) % alarm->range_count;
    alarm->value = value;
    alarm->state = alarm_judge(alarm);
    return alarm->state != before;
}

/* ---- datapoints on their way ---- */

void datapoints_init(struct datapoints *points, struct arena *arena)
{
    *points = (struct datapoints){.arena = arena};
}

static void datapoints_grow(struct datapoints *points)
{
    const uint32_t capacity = points->capacity > 0 ? 2 * points->capacity : DATAPOINTS_FIRST;
    struct datapoint *ring = arena_array(points->arena, capacity, sizeof(*ring));
    for (uint32_t i = 0; i < points->count; i++) {
        ring[i] = points->ring[(points->first + i) % points->capacity];
    }
    points->ring = ring;
    points->capacity = capacity;
    points->first = 0;
}

int64_t datapoints_put(struct datapoints *points, const struct datapoint *point)
{
    if (points->count == points->capacity) {
        datapoints_grow(points);
    }
    struct datapoint *put = &points->ring[(points->first + points->count) % points->capacity];
    *put = *point;
    if (points->count > 0) {
        const struct datapoint *before =
            &points->ring[(points->first + points->count - 1) % points->capacity];
        if (before->seen_ns > put->seen_ns) {
            put->seen_ns = before->seen_ns;
        }
    }
    points->count++;
    return put->seen_ns;
}

const struct datapoint *datapoints_take(struct datapoints *points, int64_t now_ns)
{
    if (points->count == 0 || points->ring[points->first].seen_ns > now_ns) {
        return NULL;
    }
    const struct datapoint *point = &points->ring[points->first];
    points->first = (points->first + 1) % points->capacity;
    points->count--;
    return point;
}
