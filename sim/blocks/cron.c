/* cron: fields are sets of numbers; days are looked at one by one, minutes within the day. */
#include "sim/blocks/cron.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "sim/blocks/time_zone.h"

enum { CRON_HOURS = 24, CRON_MINUTES = 60, CRON_DAY_S = 86400, CRON_WEEK = 7, CRON_NAME = 3 };
enum { CRON_SATURDAY = 7, CRON_BITS = 64 };

static const char cron_months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
static const char cron_weekdays[] = "SUNMONTUEWEDTHUFRISAT";

struct cron_field {
    uint64_t *set;
    int low, high;
    const char *names; /* of 1, 2, ..., three letters each; or null */
};

static bool cron_number(const struct cron_field *field, const char **at, int *value)
{
    if (isdigit((unsigned char)**at)) {
        char *end;
        const long number = strtol(*at, &end, 10);
        *at = end;
        *value = (int)number;
        return number >= field->low && number <= field->high;
    }
    for (int i = 0; field->names != NULL && field->names[i * CRON_NAME] != '\0'; i++) {
        if (strncasecmp(*at, &field->names[i * CRON_NAME], CRON_NAME) == 0) {
            *at += CRON_NAME;
            *value = i + 1;
            return true;
        }
    }
    return false;
}

/* A single item: 5, MON-FRI, *, 0/10, 5-30/5. */
static bool cron_item(const struct cron_field *field, const char **at)
{
    int from = field->low, to = field->high, step = 1;
    if (**at == '*') {
        ++*at;
    } else if (!cron_number(field, at, &from)) {
        return false;
    } else if (**at == '-') {
        ++*at;
        if (!cron_number(field, at, &to)) {
            return false;
        }
    } else {
        to = **at == '/' ? field->high : from;
    }
    if (**at == '/') {
        const struct cron_field steps = {.low = 1, .high = field->high};
        ++*at;
        if (!cron_number(&steps, at, &step)) {
            return false;
        }
    }
    if (to < from) {
        return false;
    }
    for (int i = from; i <= to; i += step) {
        const int bit = field->low == CRON_FIRST_YEAR ? i - CRON_FIRST_YEAR : i;
        field->set[bit / CRON_BITS] |= UINT64_C(1) << bit % CRON_BITS;
    }
    return true;
}

static bool cron_list(const struct cron_field *field, const char *text)
{
    const char *at = text;
    while (cron_item(field, &at)) {
        if (*at == '\0') {
            return true;
        }
        if (*at++ != ',') {
            return false;
        }
    }
    return false;
}

/* L, LW, 15W or a list of days. */
static bool cron_day(struct cron *cron, const char *text)
{
    const struct cron_field field = {&cron->days, 1, 31, NULL};
    const char *at = text;
    int day;
    if (strcmp(text, "L") == 0) {
        cron->last_day = true;
        return true;
    }
    if (strcmp(text, "LW") == 0) {
        cron->near_last = true;
        return true;
    }
    if (cron_number(&field, &at, &day) && strcmp(at, "W") == 0) {
        cron->near_day = (uint8_t)day;
        return true;
    }
    return cron_list(&field, text);
}

/* L, 6L, 3#2 or a list of days. */
static bool cron_weekday(struct cron *cron, const char *text)
{
    const struct cron_field field = {&cron->weekdays, 1, CRON_WEEK, cron_weekdays};
    const struct cron_field weeks = {.low = 1, .high = 5};
    const char *at = text;
    int day, week;
    if (strcmp(text, "L") == 0) {
        cron->weekdays = UINT64_C(1) << CRON_SATURDAY;
        return true;
    }
    if (cron_number(&field, &at, &day)) {
        if (strcmp(at, "L") == 0) {
            cron->last_weekday = (uint8_t)day;
            return true;
        }
        if (*at == '#') {
            at++;
            if (!cron_number(&weeks, &at, &week) || *at != '\0') {
                return false;
            }
            cron->nth_weekday = (uint8_t)day;
            cron->nth = (uint8_t)week;
            return true;
        }
    }
    return cron_list(&field, text);
}

/* Cuts "name(a b c)" into words; how many, or -1. */
static int cron_words(char *text, const char *name, char **words, int most)
{
    const size_t length = strlen(name);
    char *end = strrchr(text, ')');
    char *rest;
    int count = 0;
    if (strncmp(text, name, length) != 0 || text[length] != '(' || end == NULL || end[1] != '\0') {
        return -1;
    }
    *end = '\0';
    for (char *word = strtok_r(text + length + 1, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        if (count == most) {
            return -1;
        }
        words[count++] = word;
    }
    return count;
}

enum { CRON_FIELDS = 6, CRON_TEXT_MAX = 256 };

bool cron_parse(struct cron *cron, const char *text)
{
    char copy[CRON_TEXT_MAX];
    char *words[CRON_FIELDS];
    *cron = (struct cron){0};
    if (strlen(text) >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, strlen(text) + 1);
    if (cron_words(copy, "cron", words, CRON_FIELDS) != CRON_FIELDS) {
        return false;
    }
    const struct cron_field minutes = {&cron->minutes, 0, CRON_MINUTES - 1, NULL};
    const struct cron_field hours = {&cron->hours, 0, CRON_HOURS - 1, NULL};
    const struct cron_field months = {&cron->months, 1, 12, cron_months};
    const struct cron_field years = {cron->years, CRON_FIRST_YEAR, CRON_LAST_YEAR, NULL};
    const bool any_day = strcmp(words[2], "?") == 0;
    const bool any_weekday = strcmp(words[4], "?") == 0;
    cron->by_weekday = any_day;
    return any_day != any_weekday && cron_list(&minutes, words[0]) && cron_list(&hours, words[1]) &&
           (any_day || cron_day(cron, words[2])) && cron_list(&months, words[3]) &&
           (any_weekday || cron_weekday(cron, words[4])) && cron_list(&years, words[5]);
}

int64_t cron_rate_ns(const char *text)
{
    static const struct {
        const char *one, *many;
        int64_t ns;
    } units[] = {
        {"minute", "minutes", INT64_C(60000000000)},
        {"hour", "hours", INT64_C(3600000000000)},
        {"day", "days", INT64_C(86400000000000)},
    };
    char copy[CRON_TEXT_MAX];
    char *words[2];
    if (strlen(text) >= sizeof(copy)) {
        return 0;
    }
    memcpy(copy, text, strlen(text) + 1);
    if (cron_words(copy, "rate", words, 2) != 2) {
        return 0;
    }
    const char *at = words[0];
    const struct cron_field field = {.low = 1, .high = 100000};
    int value;
    if (!cron_number(&field, &at, &value) || *at != '\0') {
        return 0;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(words[1], value == 1 ? units[i].one : units[i].many) == 0) {
            return value * units[i].ns;
        }
    }
    return 0;
}

/* ---- the next time ---- */

static int cron_month_days(const struct tm *day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int year = day->tm_year + 1900;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[day->tm_mon] + (leap && day->tm_mon == 1);
}

/* The day from Monday to Friday of the same month that is nearest to that one. */
static int cron_near(const struct tm *day, int wanted)
{
    const int last = cron_month_days(day);
    wanted = wanted > last ? last : wanted;
    const int weekday =
        ((day->tm_wday + wanted - day->tm_mday) % CRON_WEEK + CRON_WEEK) % CRON_WEEK;
    if (weekday == 6) {
        return wanted > 1 ? wanted - 1 : wanted + 2;
    }
    if (weekday == 0) {
        return wanted < last ? wanted + 1 : wanted - 2;
    }
    return wanted;
}

static bool cron_has_day(const struct cron *cron, const struct tm *day)
{
    const int year = day->tm_year + 1900 - CRON_FIRST_YEAR;
    const int weekday = day->tm_wday + 1;
    const int last = cron_month_days(day);
    if (!(cron->years[year / CRON_BITS] >> year % CRON_BITS & 1) ||
        !(cron->months >> (day->tm_mon + 1) & 1)) {
        return false;
    }
    if (cron->last_weekday > 0) {
        return weekday == cron->last_weekday && day->tm_mday + CRON_WEEK > last;
    }
    if (cron->nth > 0) {
        return weekday == cron->nth_weekday && (day->tm_mday - 1) / CRON_WEEK + 1 == cron->nth;
    }
    if (cron->by_weekday) {
        return cron->weekdays >> weekday & 1;
    }
    if (cron->last_day || cron->near_last) {
        return day->tm_mday == (cron->last_day ? last : cron_near(day, last));
    }
    return cron->near_day > 0 ? day->tm_mday == cron_near(day, cron->near_day)
                              : cron->days >> day->tm_mday & 1;
}

/* Of the day that begins so on the clocks: the first of its times after that one. */
static int64_t cron_of_day(const struct cron *cron, uint32_t zone, int64_t day_s, int64_t after_s)
{
    for (int hour = 0; hour < CRON_HOURS; hour++) {
        for (int minute = 0; cron->hours >> hour & 1 && minute < CRON_MINUTES; minute++) {
            const int64_t local_s = day_s + (hour * CRON_MINUTES + minute) * CRON_MINUTES;
            int64_t time_s;
            if (cron->minutes >> minute & 1 && time_zone_find(zone, local_s, &time_s) &&
                time_s > after_s) {
                return time_s;
            }
        }
    }
    return CRON_NEVER;
}

int64_t cron_next_s(const struct cron *cron, uint32_t zone, int64_t after_s)
{
    const int64_t local_s = after_s + time_zone_offset_s(zone, after_s);
    for (int64_t day = local_s / CRON_DAY_S;; day++) {
        const time_t day_s = (time_t)(day * CRON_DAY_S);
        struct tm at;
        if (gmtime_r(&day_s, &at) == NULL || at.tm_year + 1900 > CRON_LAST_YEAR) {
            return CRON_NEVER;
        }
        if (cron_has_day(cron, &at)) {
            const int64_t time_s = cron_of_day(cron, zone, day_s, after_s);
            if (time_s != CRON_NEVER) {
                return time_s;
            }
        }
    }
}
