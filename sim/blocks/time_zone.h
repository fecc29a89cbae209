/* time_zone: the wall clocks of some places: an offset from UTC and, in summer, another one,
 * between two Sundays of the year, by the rules of the IANA time zone database as of 2024. Years
 * before or after are read by the same rules.
 * Worked: New York, UTC-5, summer from the second Sunday of March, 2:00 to the first Sunday of
 * November, 2:00 summer time: on 2024-03-10 at 06:59:59 UTC -5 h, a second later -4 h. */
#ifndef ARCHSIM_BLOCKS_TIME_ZONE_H
#define ARCHSIM_BLOCKS_TIME_ZONE_H

#include <stdbool.h>
#include <stdint.h>

/* The places, by name, in the order of their numbers. */
#define TIME_ZONE_NAMES                                                                     \
    "UTC America/Sao_Paulo America/Manaus America/Argentina/Buenos_Aires America/New_York " \
    "America/Chicago America/Denver America/Los_Angeles Europe/London Europe/Lisbon "       \
    "Europe/Madrid Europe/Paris Europe/Berlin Asia/Kolkata Asia/Singapore Asia/Tokyo "      \
    "Australia/Sydney"

/* Of place `zone`: what its clocks are before UTC, in s, at that time since 1970-01-01 UTC. */
int32_t time_zone_offset_s(uint32_t zone, int64_t time_s);
/* When its clocks show that time (as if of UTC). The first of two; false: they never do. */
bool time_zone_find(uint32_t zone, int64_t local_s, int64_t *time_s);

#endif
