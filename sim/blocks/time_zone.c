/* time_zone: both ends of summer are told in the standard time of the place. */
#include "sim/blocks/time_zone.h"

#include <assert.h>
#include <time.h>

enum { ZONE_HOUR_S = 3600, ZONE_DAY_S = 86400, ZONE_WEEK = 7, ZONE_LAST = 5 };

/* The Sunday of that number (ZONE_LAST: the last) of a month (0: January). */
struct zone_turn {
    int month, sunday;
    int32_t at_s; /* of that day, standard time */
};

struct zone {
    int32_t standard_s;
    bool summers;
    struct zone_turn begin, end;
};

#define ZONE_PLAIN(hours)                 \
    {                                     \
        .standard_s = (hours)*ZONE_HOUR_S \
    }
/* Daylight saving time of the United States since 2007. */
#define ZONE_AMERICAN(hours)                                                                  \
    {                                                                                         \
        .standard_s = (hours)*ZONE_HOUR_S, .summers = true, .begin = {2, 2, 2 * ZONE_HOUR_S}, \
        .end = {10, 1, 1 * ZONE_HOUR_S},                                                      \
    }
/* Directive 2000/84/EC: at 1:00 UTC. */
#define ZONE_EUROPEAN(hours)                                  \
    {                                                         \
        .standard_s = (hours)*ZONE_HOUR_S, .summers = true,   \
        .begin = {2, ZONE_LAST, (1 + (hours)) * ZONE_HOUR_S}, \
        .end = {9, ZONE_LAST, (1 + (hours)) * ZONE_HOUR_S},   \
    }

static const struct zone zones[] = {
    ZONE_PLAIN(0),
    ZONE_PLAIN(-3), /* without summer time since 2019 */
    ZONE_PLAIN(-4),
    ZONE_PLAIN(-3),
    ZONE_AMERICAN(-5),
    ZONE_AMERICAN(-6),
    ZONE_AMERICAN(-7),
    ZONE_AMERICAN(-8),
    ZONE_EUROPEAN(0),
    ZONE_EUROPEAN(0),
    ZONE_EUROPEAN(1),
    ZONE_EUROPEAN(1),
    ZONE_EUROPEAN(1),
    {.standard_s = 5 * ZONE_HOUR_S + ZONE_HOUR_S / 2},
    ZONE_PLAIN(8),
    ZONE_PLAIN(9),
    {.standard_s = 10 * ZONE_HOUR_S,
     .summers = true,
     .begin = {9, 1, 2 * ZONE_HOUR_S},
     .end = {3, 1, 2 * ZONE_HOUR_S}},
};

/* That turn of this year is over; all its months but April have 31 days, or an early Sunday. */
static bool zone_turned(const struct zone_turn *turn, const struct tm *at)
{
    if (at->tm_mon != turn->month) {
        return at->tm_mon > turn->month;
    }
    const int first = (at->tm_wday - (at->tm_mday - 1) % ZONE_WEEK + ZONE_WEEK) % ZONE_WEEK;
    int day = 1 + (ZONE_WEEK - first) % ZONE_WEEK + ZONE_WEEK * (turn->sunday - 1);
    day -= day > 31 ? ZONE_WEEK : 0;
    const int32_t time_s = (at->tm_hour * 60 + at->tm_min) * 60 + at->tm_sec;
    return at->tm_mday > day || (at->tm_mday == day && time_s >= turn->at_s);
}

int32_t time_zone_offset_s(uint32_t zone, int64_t time_s)
{
    assert(zone < sizeof(zones) / sizeof(zones[0]));
    const struct zone *z = &zones[zone];
    const time_t standard = (time_t)(time_s + z->standard_s);
    struct tm at;
    if (!z->summers || gmtime_r(&standard, &at) == NULL) {
        return z->standard_s;
    }
    const bool begun = zone_turned(&z->begin, &at);
    const bool ended = zone_turned(&z->end, &at);
    const bool summer = z->begin.month < z->end.month ? begun && !ended : begun || !ended;
    return z->standard_s + (summer ? ZONE_HOUR_S : 0);
}

bool time_zone_find(uint32_t zone, int64_t local_s, int64_t *time_s)
{
    const int32_t standard_s = zones[zone].standard_s;
    for (int32_t summer_s = ZONE_HOUR_S; summer_s >= 0; summer_s -= ZONE_HOUR_S) {
        *time_s = local_s - standard_s - summer_s;
        if (time_zone_offset_s(zone, *time_s) == standard_s + summer_s) {
            return true;
        }
    }
    return false;
}
