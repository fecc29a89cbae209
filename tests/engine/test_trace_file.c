/* Known independently: what each text says, written down by hand; libc's calendar. */
#include "sim/engine/trace_file.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "tests/kernel/sample.h"

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)

static struct trace_field field_of(const char *text)
{
    return (struct trace_field){.text = text, .length = strlen(text)};
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"007", 7},
        {"+12", 12},
        {"-3.5", -3.5},
        {"0.1", 0.1},
        {".5", 0.5},
        {"5.", 5},
        {"1e3", 1e3},
        {"1.6E+09", 1.6e9},
        {"25e-1", 2.5},
        {"0.06682395935058594", 0.06682395935058594},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"0.000000000000000000000000000123", 1.23e-28},
        {"1e400", INFINITY},
        {"1e-400", 0},
        {"0e99999999999999999999", 0},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct trace_field field = field_of(good[i].text);
        double value = NAN;
        if (strcmp(good[i].text, "0e99999999999999999999") == 0) {
            assert_false(trace_field_number(&field, &value)); /* 0 * infinity: nobody means that */
            continue;
        }
        assert_true(trace_field_number(&field, &value));
        if (isinf(good[i].value))
            assert_true(isinf(value));
        else
            sample_check_close(value, good[i].value, 5e-16, good[i].text);
    }
    static const char *const bad[] = {"",     ".",     "-",   "1e",  "1e+", "1.2.3",
                                      "0x10", "1,5",   "nan", "inf", "1 2", "1_0",
                                      "--1",  "1e2.5", "12a", "e5",  "1d2"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct trace_field field = field_of(bad[i]);
        double value;
        if (trace_field_number(&field, &value))
            fail_msg("'%s' is no number", bad[i]);
    }
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum trace_form form;
        int64_t time_ns;
    } times[] = {
        {"0", TRACE_SECONDS, 0},
        {"804571201", TRACE_SECONDS, 804571201 * SECOND},
        {"1.6e9", TRACE_SECONDS, 1600000000 * SECOND},
        {"-2.5", TRACE_SECONDS, -2500000000},
        {"0.06682395935058594", TRACE_SECONDS, 66823959},
        {"1e-9", TRACE_SECONDS, 1},
        {"0.0000000005", TRACE_SECONDS, 1},
        {"0.0000000004999", TRACE_SECONDS, 0},
        {"4e9", TRACE_SECONDS, 4000000000 * SECOND},
        {"4000000001", TRACE_NO_TIME, 0},
        {"1600000000000", TRACE_NO_TIME, 0}, /* milliseconds */
        {"1e400", TRACE_NO_TIME, 0},
        {"1970-01-01 00:00:00", TRACE_STAMP, 0},
        {"1970-01-02T00:00:01Z", TRACE_STAMP, DAY + SECOND},
        {"2023-11-16 18:17:03.9799600", TRACE_STAMP, INT64_C(1700158623979960000)},
        {"1998-06-30 23:59:60", TRACE_STAMP, 899251200 * SECOND}, /* the form of a leap second */
        {"2000-02-29 00:00:00.9999999999", TRACE_STAMP, 951782401 * SECOND},
        {"2023-11-16 18:17", TRACE_NO_TIME, 0},
        {"2023-13-16 18:17:03", TRACE_NO_TIME, 0},
        {"2023-04-31 18:17:03", TRACE_NO_TIME, 0},
        {"2023-04-30 24:17:03", TRACE_NO_TIME, 0},
        {"2023-04-30 18:17:61", TRACE_NO_TIME, 0},
        {"2023-04-00 18:17:03", TRACE_NO_TIME, 0},
        {"2023-04-30 18:17:03.", TRACE_NO_TIME, 0},
        {"2023-04-30 18:17:03.5e1", TRACE_NO_TIME, 0},
        {"2023-04-30 18:17:03 PM", TRACE_NO_TIME, 0},
        {"2023-04-30_18:17:03", TRACE_NO_TIME, 0},
        {"9999-01-01 00:00:00", TRACE_NO_TIME, 0},
        {"0000-01-01 00:00:00", TRACE_NO_TIME, 0},
        {"", TRACE_NO_TIME, 0},
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct trace_field field = field_of(times[i].text);
        int64_t time_ns = -1;
        enum trace_form form = trace_field_time(&field, &time_ns);
        if (form != times[i].form || (form != TRACE_NO_TIME && time_ns != times[i].time_ns))
            fail_msg("'%s': form %d, %lld ns", times[i].text, (int)form, (long long)time_ns);
    }
}

/* Every day from 1901 to 2096 against libc. */
static void test_calendar(void **state)
{
    (void)state;
    for (int64_t day = -25202; day < 46000; day++) {
        time_t seconds = (time_t)day * 86400 + 3661;
        struct tm tm;
        char text[32];
        gmtime_r(&seconds, &tm);
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
        struct trace_field field = field_of(text);
        int64_t time_ns;
        assert_int_equal(trace_field_time(&field, &time_ns), TRACE_STAMP);
        assert_true(time_ns == (int64_t)seconds * SECOND);
    }
}

static void test_fields(void **state)
{
    (void)state;
    const char *line = " a ,\"b,\"\"c\"\" \" , ,\"d\"x,\"e";
    const char *at = line, *end = line + strlen(line);
    static const struct {
        const char *text;
        bool broken;
    } expected[] = {{"a", false}, {"b,\"\"c\"\" ", false}, {"", false}, {"d", true}, {"e", true}};
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(at);
        struct trace_field field = trace_field_next(&at, end);
        assert_int_equal(field.length, strlen(expected[i].text));
        assert_memory_equal(field.text, expected[i].text, field.length);
        assert_int_equal(field.broken, expected[i].broken);
    }
    assert_null(at);
    at = end = line; /* an empty line has one empty field, "1," has two */
    assert_int_equal(trace_field_next(&at, end).length, 0);
    assert_null(at);
    at = "1,";
    end = at + 2;
    trace_field_next(&at, end);
    assert_non_null(at);
    trace_field_next(&at, end);
    assert_null(at);
    char quote[TRACE_QUOTE_SIZE];
    struct trace_field odd = field_of("\033[31m\xC3\xA9 01234567890123456789012345678901234567890");
    assert_string_equal(trace_field_quote(&odd, quote),
                        "?[31m?? 01234567890123456789012345678901...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
