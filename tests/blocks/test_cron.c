/* Known independently: the examples of the EventBridge Scheduler User Guide, "Cron-based schedules"
 * and "Daylight savings time"; calendar days; and the C library's own reading of the rules of the
 * time zones, as POSIX writes them (TZ=EST5EDT,M3.2.0,M11.1.0). */
#include "sim/blocks/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "sim/blocks/time_zone.h"

enum { UTC = 0, SAO_PAULO = 1, NEW_YORK = 4 };

static int64_t at(int year, int month, int day, int hour, int minute)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute};
    return timegm(&tm);
}

static int64_t next(const char *text, uint32_t zone, int64_t after_s)
{
    struct cron cron;
    assert_true(cron_parse(&cron, text));
    return cron_next_s(&cron, zone, after_s);
}

/* Guide: "10:00 every day", "8:00 on the first day of each month", ... */
static void test_examples(void **state)
{
    (void)state;
    const int64_t from = at(2024, 1, 5, 12, 0); /* a Friday */
    assert_int_equal(next("cron(0 10 * * ? *)", UTC, from), at(2024, 1, 6, 10, 0));
    assert_int_equal(next("cron(15 12 * * ? *)", UTC, from), at(2024, 1, 5, 12, 15));
    assert_int_equal(next("cron(0 12 * * ? *)", UTC, from), at(2024, 1, 6, 12, 0));
    assert_int_equal(next("cron(0 8 1 * ? *)", UTC, from), at(2024, 2, 1, 8, 0));
    assert_int_equal(next("cron(0 18 ? * MON-FRI *)", UTC, from + 86400), at(2024, 1, 8, 18, 0));
    assert_int_equal(next("cron(0/15 * * * ? *)", UTC, from), at(2024, 1, 5, 12, 15));
    assert_int_equal(next("cron(0/10 * ? * MON-FRI *)", UTC, at(2024, 1, 5, 23, 50)),
                     at(2024, 1, 8, 0, 0));
    assert_int_equal(next("cron(0/5 8-17 ? * 2-6 *)", UTC, at(2024, 1, 5, 17, 55)),
                     at(2024, 1, 8, 8, 0));
    assert_int_equal(next("cron(0 9 ? * 2#1 *)", UTC, from), at(2024, 2, 5, 9, 0));
    assert_int_equal(next("cron(15 10 ? * 6L 2024-2025)", UTC, from), at(2024, 1, 26, 10, 15));
    assert_int_equal(next("cron(0 0 L * ? *)", UTC, at(2024, 2, 1, 0, 0)), at(2024, 2, 29, 0, 0));
    assert_int_equal(next("cron(0 0 29 2 ? *)", UTC, at(2024, 3, 1, 0, 0)), at(2028, 2, 29, 0, 0));
    /* 2024-06-15 is a Saturday, 2024-09-01 a Sunday, 2024-06-30 too */
    assert_int_equal(next("cron(0 0 15W 6 ? 2024)", UTC, from), at(2024, 6, 14, 0, 0));
    assert_int_equal(next("cron(0 0 1W 9 ? 2024)", UTC, from), at(2024, 9, 2, 0, 0));
    assert_int_equal(next("cron(0 0 LW 6 ? 2024)", UTC, from), at(2024, 6, 28, 0, 0));
    assert_true(next("cron(0 0 1 1 ? 2023)", UTC, from) == CRON_NEVER);
    assert_int_equal(next("cron(0 9 * * ? *)", SAO_PAULO, from), at(2024, 1, 6, 12, 0));
}

/* Guide: in spring what falls on a time that there is not is skipped, in autumn it runs once. */
static void test_summer_time(void **state)
{
    (void)state;
    const char *half_past_two = "cron(30 2 * * ? *)", *half_past_one = "cron(30 1 * * ? *)";
    assert_int_equal(next(half_past_two, NEW_YORK, at(2024, 3, 9, 7, 30)), at(2024, 3, 11, 6, 30));
    const int64_t first = next(half_past_one, NEW_YORK, at(2024, 11, 3, 0, 0));
    assert_int_equal(first, at(2024, 11, 3, 5, 30));
    assert_int_equal(next(half_past_one, NEW_YORK, first), at(2024, 11, 4, 6, 30));
    /* an hourly schedule goes on by the clock: 01:30 once, then 02:30 two hours later */
    assert_int_equal(next("cron(30 * * * ? *)", NEW_YORK, first), at(2024, 11, 3, 7, 30));
}

static void test_zones_as_the_library_reads_them(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "UTC0",
        "<-03>3",
        "<-04>4",
        "<-03>3",
        "EST5EDT,M3.2.0,M11.1.0",
        "CST6CDT,M3.2.0,M11.1.0",
        "MST7MDT,M3.2.0,M11.1.0",
        "PST8PDT,M3.2.0,M11.1.0",
        "GMT0BST,M3.5.0/1,M10.5.0",
        "WET0WEST,M3.5.0/1,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "IST-5:30",
        "<+08>-8",
        "JST-9",
        "AEST-10AEDT,M10.1.0,M4.1.0/3",
    };
    for (uint32_t zone = 0; zone < sizeof(rules) / sizeof(rules[0]); zone++) {
        assert_int_equal(setenv("TZ", rules[zone], 1), 0);
        tzset();
        for (int64_t hour = 0; hour < 5 * 366 * 24; hour++) {
            const time_t time_s = at(2023, 1, 1, 0, 0) + hour * 3600;
            struct tm local;
            assert_non_null(localtime_r(&time_s, &local));
            assert_int_equal(time_zone_offset_s(zone, time_s), local.tm_gmtoff);
        }
    }
}

static void test_rates(void **state)
{
    (void)state;
    assert_int_equal(cron_rate_ns("rate(5 minutes)"), INT64_C(300000000000));
    assert_int_equal(cron_rate_ns("rate(1 hour)"), INT64_C(3600000000000));
    assert_int_equal(cron_rate_ns("rate(2 days)"), INT64_C(172800000000000));
    static const char *const wrong[] = {"rate(5 minute)",
                                        "rate(1 hours)",
                                        "rate(0 minutes)",
                                        "rate(5)",
                                        "rate(5 s)",
                                        "rate 5 minutes",
                                        "",
                                        "rate(5 minutes) "};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(cron_rate_ns(wrong[i]), 0);
    }
}

/* Guide: `*` in both days is refused, one is `?`. */
static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"cron(0 10 * * * *)",
                                        "cron(0 10 ? * ? *)",
                                        "cron(60 10 * * ? *)",
                                        "cron(0 24 * * ? *)",
                                        "cron(0 10 * * ?)",
                                        "cron(0 10 0 * ? *)",
                                        "cron(0 10 * 13 ? *)",
                                        "cron(0 10 ? * 8 *)",
                                        "cron(0 10 ? * 2#6 *)",
                                        "0 10 * * ? *",
                                        "cron(0 10 * * ? *",
                                        "cron(5-1 10 * * ? *)",
                                        "cron(0 10 * * ? * *)",
                                        "cron(a 10 * * ? *)",
                                        "cron(0, 10 * * ? *)",
                                        "cron(0/0 10 * * ? *)",
                                        "cron()",
                                        "cron(0 10 32W * ? *)"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cron cron;
        if (cron_parse(&cron, wrong[i])) {
            fail_msg("%s", wrong[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_summer_time),
        cmocka_unit_test(test_zones_as_the_library_reads_them),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
