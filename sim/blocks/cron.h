/* cron: the schedule expressions of Amazon EventBridge: cron(minutes hours day-of-month month
 * day-of-week year) with , - * ? / L W #, on the wall clock of a place, and rate(5 minutes). One of
 * the two days is `?`. A time that a place's clocks leave out is skipped, one that they show twice
 * counts once (EventBridge Scheduler User Guide, Daylight savings time).
 * Worked: cron(30 9 ? * MON-FRI *) from Saturday 2024-01-06: Monday 2024-01-08, 09:30. */
#ifndef ARCHSIM_BLOCKS_CRON_H
#define ARCHSIM_BLOCKS_CRON_H

#include <stdbool.h>
#include <stdint.h>

enum { CRON_FIRST_YEAR = 1970, CRON_LAST_YEAR = 2199, CRON_MASKS = 4 };
#define CRON_NEVER INT64_MAX

/* Sets of values, a bit each. */
struct cron {
    uint64_t minutes, hours, days, months, weekdays; /* weekdays: 1 is Sunday */
    uint64_t years[CRON_MASKS];                      /* from CRON_FIRST_YEAR on */
    uint8_t near_day;                                /* W: the weekday nearest to it; 0: none */
    uint8_t nth, nth_weekday;                        /* #: 0: none */
    uint8_t last_weekday;                            /* 4L; 0: none */
    bool last_day, near_last;                        /* L, LW */
    bool by_weekday;                                 /* the day of the month is `?` */
};

/* False: the text is no such expression. */
bool cron_parse(struct cron *cron, const char *text);
/* "rate(5 minutes)": so long; 0: it is none. */
int64_t cron_rate_ns(const char *text);
/* The first time after that one, both in s since 1970-01-01 UTC, in a place (time_zone.h);
 * CRON_NEVER: there is none. */
int64_t cron_next_s(const struct cron *cron, uint32_t zone, int64_t after_s);

#endif
