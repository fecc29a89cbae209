/* quantity: tables of good texts with their values, worked out by hand from the units'
 * definitions, and of bad ones with the exact message and place; then what is printed must parse
 * again to the same value. */
#include "sim/scenario/quantity.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct good {
    const char *text;
    double value;
};
struct bad {
    const char *text;
    uint32_t offset;
    const char *message;
};

static void check_good(const struct good *rows, size_t count, enum quantity kind, const char *unit)
{
    for (size_t i = 0; i < count; i++) {
        struct quantity_error error = {0};
        double value = NAN;
        if (!quantity_parse(rows[i].text, kind, unit, &value, &error))
            fail_msg("'%s': %s", rows[i].text, error.text);
        if (value != rows[i].value || signbit(value) != signbit(rows[i].value))
            fail_msg("'%s': %.17g, expected %.17g", rows[i].text, value, rows[i].value);
    }
}

static void check_error(const struct bad *row, const struct quantity_error *error)
{
    if (strcmp(error->text, row->message) != 0 || error->offset != row->offset)
        fail_msg("'%s': %u '%s', expected %u '%s'", row->text, error->offset, error->text,
                 row->offset, row->message);
    assert_false(error->unreadable);
}

static void check_bad(const struct bad *rows, size_t count, enum quantity kind, const char *unit)
{
    for (size_t i = 0; i < count; i++) {
        struct quantity_error error = {.unreadable = true};
        double value;
        if (quantity_parse(rows[i].text, kind, unit, &value, &error))
            fail_msg("'%s' was taken for %.17g", rows[i].text, value);
        check_error(&rows[i], &error);
    }
}
#define CHECK_GOOD(rows, kind, unit) check_good(rows, sizeof(rows) / sizeof((rows)[0]), kind, unit)
#define CHECK_BAD(rows, kind, unit) check_bad(rows, sizeof(rows) / sizeof((rows)[0]), kind, unit)

static const struct {
    const char *text;
    int64_t ns;
} times[] = {
    {"20ns", 20},
    {"250us", 250000},
    {"250 \u00b5s", 250000}, /* the micro sign, and the Greek letter */
    {"250\u03bcs", 250000},
    {"12ms", 12000000},
    {"3s", 3000000000},
    {"5m", 300000000000},
    {"5min", 300000000000},
    {"1h30m", 5400000000000},
    {"1h 30m", 5400000000000},
    {"1h30m15s250ms3us7ns", 5415250003007},
    {"2d", 172800000000000},
    {"1w", 604800000000000},
    {"1mo", 2628000000000000},
    {"1y", 31536000000000000},
    {"100y", 3153600000000000000},
    {"99y12mo", 3153600000000000000},
    {"36500d", 3153600000000000000},
    {"3153600000000000000ns", 3153600000000000000},
    {"3153599999999999999 ns", 3153599999999999999},
    {"9007199254740993ns", 9007199254740993}, /* 2^53 + 1: no double has it */
    {"1.5e-3s", 1500000},
    {"1.5E+3s", 1500000000000},
    {"1e3ms", 1000000000},
    {"2.5us", 2500},
    {"0.000000001s", 1},
    {"1e-9s", 1},
    {"0.1s", 100000000},
    {"0.3s", 300000000},
    {"1.1s", 1100000000},
    {".5s", 500000000},
    {"5.s", 5000000000},
    {"+5s", 5000000000},
    {"-0s", 0},
    {"0s", 0},
    {"0.000e99999999999ns", 0},
    {"  7s ", 7000000000},
    {"007s", 7000000000},
    {"0.00000000000000000000000000000000000000000000000001000e50s", 1000000000},
    {"100000000000000000000000000000000000000000e-41s", 1000000000},
};

static void test_time_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct quantity_error error = {0};
        int64_t ns = -1;
        double value = -1;
        if (!quantity_parse_time(times[i].text, &ns, &error))
            fail_msg("'%s': %s", times[i].text, error.text);
        if (ns != times[i].ns)
            fail_msg("'%s': %lld ns", times[i].text, (long long)ns);
        assert_true(quantity_parse(times[i].text, QUANTITY_TIME, NULL, &value, &error));
        assert_true(value == (double)ns);
    }
}

#define TIME_UNITS "ns, us, ms, s, m (or min), h, d, w, mo or y"

static void test_time_bad(void **state)
{
    (void)state;
    static const struct bad rows[] = {
        {"3", 0, "a time needs a unit: 3s, 3ms or 3m?"},
        {"0", 0, "a time needs a unit: 0s, 0ms or 0m?"},
        {" 1.5 ", 1, "a time needs a unit: 1.5s, 1.5ms or 1.5m?"},
        {"1h30", 2, "a time needs a unit: 30s, 30ms or 30m?"},
        {"", 0, "expected a time such as 20ms"},
        {"   ", 3, "expected a time such as 20ms"},
        {"abc", 0, "expected a time such as 20ms, not 'abc'"},
        {"ms", 0, "expected a time such as 20ms, not 'ms'"},
        {".s", 0, "expected a time such as 20ms, not '.s'"},
        {"-", 0, "expected a time such as 20ms, not '-'"},
        {"e5s", 0, "expected a time such as 20ms, not 'e5s'"},
        {"inf", 0, "expected a time such as 20ms, not 'inf'"},
        {"nan s", 0, "expected a time such as 20ms, not 'nan s'"},
        {".inf", 0, "expected a time such as 20ms, not '.inf'"},
        {"--3s", 0, "expected a time such as 20ms, not '--3s'"},
        {"\xc3\xa9s", 0, "expected a time such as 20ms, not '\xc3\xa9s'"},
        {"0x10s", 1, "unknown unit 'x10s' of a time: expected " TIME_UNITS},
        {"3 parsec", 2, "unknown unit 'parsec' of a time: expected " TIME_UNITS},
        {"5M", 1, "unknown unit 'M' of a time: expected " TIME_UNITS},
        {"5MS", 1, "unknown unit 'MS' of a time: expected " TIME_UNITS},
        {"3s\xc2\xa0", 1, "unknown unit 's\xc2\xa0' of a time: expected " TIME_UNITS},
        {"3/s", 1, "unknown unit '/s' of a time: expected " TIME_UNITS},
        {"3s foo", 3, "unexpected 'foo' after a time"},
        {"20ms, 30ms", 2, "unknown unit 'ms,' of a time: expected " TIME_UNITS},
        {"1h1h", 2, "the parts of a time go from large to small, as in 1h30m"},
        {"30m1h", 3, "the parts of a time go from large to small, as in 1h30m"},
        {"5m 5min", 3, "the parts of a time go from large to small, as in 1h30m"},
        {"1h-30m", 2, "the parts of a time go from large to small, as in 1h30m"},
        {"1_000s", 1, "a number has digits and one decimal point, without separators"},
        {"1,000s", 1, "a number has digits and one decimal point, without separators"},
        {"1'000s", 1, "a number has digits and one decimal point, without separators"},
        {"1.2.3s", 3, "a number has digits and one decimal point, without separators"},
        {"-3s", 0, "a time cannot be negative"},
        {"-1e-300s", 0, "a time cannot be negative"},
        {"101y", 0, "a time is at most 100y"},
        {"100y1ns", 0, "a time is at most 100y"},
        {"3153600000000000001ns", 0, "a time is at most 100y"},
        {"1e308s", 0, "a time is at most 100y"},
        {"1e400s", 0, "a time is at most 100y"},
        {"1e99999999999999999999s", 0, "a time is at most 100y"},
        {"99999999999999999999999999999999999999999999999999y", 0, "a time is at most 100y"},
        {"999999999999999999.0000000000000000001y", 0, "a time is at most 100y"},
        {"18446744073709551617ns", 0, "a time is at most 100y"}, /* 2^64 + 1 */
        {"1e-400s", 0, "this time is too small"},
        {"00000000000000000000000000000000000000000000000000000000000000001s", 0,
         "a number has at most 64 digits"},
    };
    CHECK_BAD(rows, QUANTITY_TIME, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quantity_error error = {0};
        int64_t ns;
        assert_false(quantity_parse_time(rows[i].text, &ns, &error));
        check_error(&rows[i], &error);
    }
}

/* Fractions of a nanosecond: no exact time, but a mean may be one. 1 y = 2^16 * 3 * 5^12 * 73 ns
 * has the most factors of ten, so these are the longest decimals that can be whole. */
static void test_time_fractions(void **state)
{
    (void)state;
    struct quantity_error error = {0};
    int64_t ns;
    double value;
    assert_true(quantity_parse_time("0.0000152587890625y", &ns, &error)); /* 2^-16 y */
    assert_int_equal(ns, 481201171875);
    assert_true(quantity_parse_time("1.0000152587890625y", &ns, &error));
    assert_int_equal(ns, 31536481201171875);
    static const struct bad rows[] = {
        {"0.5ns", 0, "a time is a whole number of nanoseconds"},
        {"1e-10s", 0, "a time is a whole number of nanoseconds"},
        {"1h0.1ns", 0, "a time is a whole number of nanoseconds"},
        {"0.00000762939453125y", 0, "a time is a whole number of nanoseconds"}, /* 2^-17 y */
        {"0.33333333333333333333333333333333333333333333333s", 0,
         "a time is a whole number of nanoseconds"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(quantity_parse_time(rows[i].text, &ns, &error));
        check_error(&rows[i], &error);
    }
    assert_true(quantity_parse("0.5ns", QUANTITY_TIME, NULL, &value, &error));
    assert_true(value == 0.5);
    assert_true(quantity_parse("0.3333333333333ms", QUANTITY_TIME, NULL, &value, &error));
    assert_true(value == 333333.3333333);
}

static void test_rate(void **state)
{
    (void)state;
    static const struct good good[] = {
        {"200/s", 200},      {"10k/s", 10000}, {"10 k/s", 10000},
        {"30/min", 0.5},     {"30 /min", 0.5}, {"2M/day", 2e6 / 86400},
        {"5/h", 5.0 / 3600}, {"60/m", 1},      {"86400/d", 1},
        {"0/s", 0},          {"1e6M/s", 1e12}, {"0.1k/s", 100},
    };
    static const struct bad bad[] = {
        {"200", 0, "a rate needs a unit: 200/s, 200/min or 200/h?"},
        {"10k", 0, "a rate needs a unit: 10k/s, 10k/min or 10k/h?"},
        {"10 k /s", 0, "a rate needs a unit: 10 k/s, 10 k/min or 10 k/h?"},
        {"200 ms", 4,
         "unknown unit 'ms' of a rate: expected /s, /min, /h or /day, with k or M before it"},
        {"200G/s", 3,
         "unknown unit 'G/s' of a rate: expected /s, /min, /h or /day, with k or M before it"},
        {"200/S", 3,
         "unknown unit '/S' of a rate: expected /s, /min, /h or /day, with k or M before it"},
        {"-1/s", 0, "a rate cannot be negative"},
        {"1e13/s", 0, "a rate is at most 1e6 M/s"},
        {"1e308k/s", 0, "a rate is at most 1e6 M/s"},
        {"5/s x", 4, "unexpected 'x' after a rate"},
        {"fast", 0, "expected a rate such as 200/s, not 'fast'"},
    };
    CHECK_GOOD(good, QUANTITY_RATE, NULL);
    CHECK_BAD(bad, QUANTITY_RATE, NULL);
}

static void test_size_and_throughput(void **state)
{
    (void)state;
    static const struct good sizes[] = {
        {"512 B", 512},    {"4 KiB", 4096},   {"2GiB", 2147483648}, {"5 MB", 5e6},  {"1 TB", 1e12},
        {"1.5 KiB", 1536}, {"1TiB", 0x1p40},  {"1024PiB", 0x1p60},  {"3kB", 3000},  {"1 GB", 1e9},
        {"2 PB", 2e15},    {"1MiB", 1048576}, {"0 B", 0},           {"1e3B", 1000},
    };
    static const struct bad bad_sizes[] = {
        {"512", 0, "a size needs a unit: 512 B, 512 KiB or 512 MB?"},
        {"4 KB", 2,
         "unknown unit 'KB' of a size: expected B, KiB, MiB, GiB, TiB, PiB (binary) or kB, MB, GB, "
         "TB, PB (decimal)"},
        {"1EB", 1,
         "unknown unit 'EB' of a size: expected B, KiB, MiB, GiB, TiB, PiB (binary) or kB, MB, GB, "
         "TB, PB (decimal)"},
        {"1025PiB", 0, "a size is at most 1024 PiB"},
        {"-1 B", 0, "a size cannot be negative"},
    };
    static const struct good throughputs[] = {
        {"1 MiB/s", 1048576}, {"1.25 Gbit/s", 156250000},
        {"8bit/s", 1},        {"100 Mbit/s", 12.5e6},
        {"5 MB/s", 5e6},      {"3 kbit/s", 375},
        {"2 TiB/s", 0x1p41},
    };
    static const struct bad bad_throughputs[] = {
        {"5", 0, "a throughput needs a unit: 5 B/s, 5 MiB/s or 5 Mbit/s?"},
        {"5 MB", 2,
         "unknown unit 'MB' of a throughput: expected B/s, KiB/s to TiB/s, kB/s to TB/s or bit/s, "
         "kbit/s to Tbit/s"},
    };
    CHECK_GOOD(sizes, QUANTITY_SIZE, NULL);
    CHECK_BAD(bad_sizes, QUANTITY_SIZE, NULL);
    CHECK_GOOD(throughputs, QUANTITY_THROUGHPUT, NULL);
    CHECK_BAD(bad_throughputs, QUANTITY_THROUGHPUT, NULL);
}

/* The literals on the right are converted by the compiler: correctly rounded. */
static void test_ratio_and_money(void **state)
{
    (void)state;
    static const struct good ratios[] = {
        {"99.99%", 0.9999}, {"0.9999", 0.9999}, {"99.9999999 %", 0.999999999},
        {"0.1%", 0.001},    {"5%", 0.05},       {"1", 1},
        {"0", 0},           {"250%", 2.5},      {"1e-9", 1e-9},
        {"0.3%", 0.003},    {"7%", 0.07},       {"56.1%", 0.561},
    };
    static const struct bad bad_ratios[] = {
        {"-1%", 0, "a ratio cannot be negative"},
        {"5s", 1, "unknown unit 's' of a ratio: expected % or none"},
        {"5%%", 1, "unknown unit '%%' of a ratio: expected % or none"},
        {"half", 0, "expected a ratio such as 5% or 0.05, not 'half'"},
        {"1e-400", 0, "a ratio of this size is too small"},
        {"1e400", 0, "a ratio is at most 1e9"},
    };
    static const struct good moneys[] = {{"1200 USD", 1200}, {"0.0000002USD", 0.0000002}};
    static const struct bad bad_moneys[] = {
        {"1200", 0, "an amount of money needs its unit: 1200 USD?"},
        {"$12", 0, "expected an amount of money such as 1200 USD, not '$12'"},
        {"12 EUR", 3, "unknown unit 'EUR' of an amount of money: expected USD"},
    };
    CHECK_GOOD(ratios, QUANTITY_RATIO, NULL);
    CHECK_BAD(bad_ratios, QUANTITY_RATIO, NULL);
    CHECK_GOOD(moneys, QUANTITY_MONEY, NULL);
    CHECK_BAD(bad_moneys, QUANTITY_MONEY, NULL);
}

static void test_count_and_capacity(void **state)
{
    (void)state;
    static const struct good counts[] = {
        {"50", 50}, {"10k", 10000}, {"1M", 1e6},   {"2.5k", 2500},
        {"-4", -4}, {"0.5", 0.5},   {"1e3", 1000},
    };
    static const struct bad bad_counts[] = {
        {"50 req", 3, "unknown unit 'req' of a count: expected none, k or M"},
        {"10K", 2, "unknown unit 'K' of a count: expected none, k or M"},
        {"many", 0, "expected a count such as 50 or 10k, not 'many'"},
        {"1e16", 0, "a count is at most 1e15"},
        {"10 k x", 5, "unexpected 'x' after a count"},
    };
    static const struct good capacities[] = {
        {"0.5 ACU", 0.5}, {"2ACU", 2}, {"10k ACU", 10000}, {"10 k ACU", 10000}, {"1M ACU", 1e6}};
    static const struct bad bad_capacities[] = {
        {"0.5", 0, "this needs its unit: 0.5 ACU?"},
        {"10k", 0, "this needs its unit: 10k ACU?"},
        {"2 vCPU", 2, "unknown unit 'vCPU': expected ACU"},
        {"2 acu", 2, "unknown unit 'acu': expected ACU"},
        {"x", 0, "expected a number of ACU, not 'x'"},
        {"-1 ACU", 0, "a capacity cannot be negative"},
    };
    CHECK_GOOD(counts, QUANTITY_COUNT, NULL);
    CHECK_BAD(bad_counts, QUANTITY_COUNT, NULL);
    CHECK_GOOD(capacities, QUANTITY_CAPACITY, "ACU");
    CHECK_BAD(bad_capacities, QUANTITY_CAPACITY, "ACU");
}

static void test_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"1k", 1000},
        {"1.5k", 1500},
        {"-3", -3},
        {"1M", 1000000},
        {"1e-5M", 10},
        {"1e18", 1000000000000000000},
        {"999999999999999999", 999999999999999999},
        {"0.000001M", 1},
        {"-0", 0},
    };
    static const struct bad bad[] = {
        {"2.5", 0, "expected a whole number, not '2.5'"},
        {"0.0005k", 0, "expected a whole number, not '0.0005k'"},
        {"1e-400", 0, "expected a whole number, not '1e-400'"},
        {"1000000000000000001", 0, "a whole number is at most 1e18"},
        {"1e999", 0, "a whole number is at most 1e18"},
        {"three", 0, "expected a count such as 50 or 10k, not 'three'"},
        {"3s", 1, "unknown unit 's' of a count: expected none, k or M"},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct quantity_error error = {0};
        int64_t value = -1;
        assert_true(quantity_parse_whole(good[i].text, &value, &error));
        assert_int_equal(value, good[i].value);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct quantity_error error = {0};
        int64_t value;
        assert_false(quantity_parse_whole(bad[i].text, &value, &error));
        check_error(&bad[i], &error);
    }
}

/* Long texts are cut in messages, between characters. */
static void test_long_text(void **state)
{
    (void)state;
    char text[5001], expected[256];
    struct quantity_error error;
    double value;
    for (size_t i = 0; i < 5000; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[5000] = '\0';
    assert_false(quantity_parse(text, QUANTITY_TIME, NULL, &value, &error));
    snprintf(expected, sizeof(expected), "expected a time such as 20ms, not '%.40s'", text);
    assert_string_equal(error.text, expected);
    memset(text, '9', 5000);
    assert_false(quantity_parse(text, QUANTITY_COUNT, NULL, &value, &error));
    assert_string_equal(error.text, "a number has at most 64 digits");
}

/* A locale with a decimal comma changes nothing (skipped where no such locale is installed). */
static void test_locale(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8",
                                          "pt_BR.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]) && !found; i++)
        found = setlocale(LC_ALL, locales[i]) != NULL;
    if (!found)
        skip();
    struct quantity_error error;
    double value = 0;
    bool parsed = quantity_parse("99.99%", QUANTITY_RATIO, NULL, &value, &error);
    setlocale(LC_ALL, "C");
    assert_true(parsed);
    assert_true(value == 0.9999);
}

static void test_format(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum quantity kind;
        const char *unit, *text;
    } rows[] = {
        {12e6, QUANTITY_TIME, NULL, "12 ms"},
        {5400e9, QUANTITY_TIME, NULL, "1h 30m"},
        {0, QUANTITY_TIME, NULL, "0 s"},
        {0.25, QUANTITY_TIME, NULL, "0.25 ns"},
        {999700, QUANTITY_TIME, NULL, "1 ms"},
        {1234567, QUANTITY_TIME, NULL, "1.23 ms"},
        {59.94e9, QUANTITY_TIME, NULL, "59.9 s"},
        {59.96e9, QUANTITY_TIME, NULL, "1m"},
        {90e9, QUANTITY_TIME, NULL, "1m 30s"},
        {3599.7e9, QUANTITY_TIME, NULL, "1h"},
        {86399e9, QUANTITY_TIME, NULL, "1d"},
        {90000e9, QUANTITY_TIME, NULL, "1d 1h"},
        {31536000e9, QUANTITY_TIME, NULL, "1 y"},
        {1.5 * 31536000e9, QUANTITY_TIME, NULL, "1.5 y"},
        {-12e6, QUANTITY_TIME, NULL, "-12 ms"},
        {NAN, QUANTITY_TIME, NULL, "-"},
        {INFINITY, QUANTITY_TIME, NULL, "inf"},
        {12345, QUANTITY_RATE, NULL, "12.3k/s"},
        {200, QUANTITY_RATE, NULL, "200/s"},
        {0, QUANTITY_RATE, NULL, "0/s"},
        {0.5, QUANTITY_RATE, NULL, "0.5/s"},
        {1.0 / 60, QUANTITY_RATE, NULL, "1/min"},
        {5.0 / 3600, QUANTITY_RATE, NULL, "5/h"},
        {1.0 / 86400, QUANTITY_RATE, NULL, "1/day"},
        {2147483648, QUANTITY_SIZE, NULL, "2 GiB"},
        {5e6, QUANTITY_SIZE, NULL, "5 MB"},
        {1536, QUANTITY_SIZE, NULL, "1.5 KiB"},
        {512, QUANTITY_SIZE, NULL, "512 B"},
        {1048576, QUANTITY_THROUGHPUT, NULL, "1 MiB/s"},
        {0.9995, QUANTITY_RATIO, NULL, "99.95 %"},
        {0.9999999, QUANTITY_RATIO, NULL, "99.99999 %"},
        {0.99, QUANTITY_RATIO, NULL, "99 %"},
        {0.05, QUANTITY_RATIO, NULL, "5 %"},
        {1, QUANTITY_RATIO, NULL, "100 %"},
        {0, QUANTITY_RATIO, NULL, "0 %"},
        {0.123456, QUANTITY_RATIO, NULL, "12.3 %"},
        {1200, QUANTITY_MONEY, NULL, "1200 USD"},
        {12.345678, QUANTITY_MONEY, NULL, "12.35 USD"},
        {0.0000002, QUANTITY_MONEY, NULL, "2e-07 USD"},
        {50, QUANTITY_COUNT, NULL, "50"},
        {1234, QUANTITY_COUNT, NULL, "1234"},
        {12345, QUANTITY_COUNT, NULL, "12.3k"},
        {1e6, QUANTITY_COUNT, NULL, "1M"},
        {3.14159, QUANTITY_COUNT, NULL, "3.14"},
        {0.5, QUANTITY_CAPACITY, "ACU", "0.5 ACU"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char buffer[64];
        const char *text =
            quantity_format(buffer, sizeof(buffer), rows[i].value, rows[i].kind, rows[i].unit);
        assert_ptr_equal(text, buffer);
        assert_string_equal(text, rows[i].text);
    }
    char tiny[4];
    assert_string_equal(quantity_format(tiny, sizeof(tiny), 12e6, QUANTITY_TIME, NULL), "12 ");
}

/* Whatever is printed parses, to a value within the rounding: three digits, and half an hour in
 * a day for times such as 1d 4h. */
static void test_format_parses(void **state)
{
    (void)state;
    static const double largest[] = {
        [QUANTITY_TIME] = 3.1e18,     [QUANTITY_RATE] = 1e11,     [QUANTITY_SIZE] = 1e18,
        [QUANTITY_THROUGHPUT] = 1e15, [QUANTITY_RATIO] = 1e6,     [QUANTITY_MONEY] = 1e14,
        [QUANTITY_COUNT] = 1e14,      [QUANTITY_CAPACITY] = 1e14,
    };
    for (enum quantity kind = QUANTITY_TIME; kind <= QUANTITY_CAPACITY; kind++) {
        const char *unit = kind == QUANTITY_CAPACITY ? "vCPU" : NULL;
        for (double value = 1e-9; value < largest[kind]; value *= 1.0123) {
            char buffer[64];
            struct quantity_error error;
            double back = NAN;
            const char *text = quantity_format(buffer, sizeof(buffer), value, kind, unit);
            if (!quantity_parse(text, kind, unit, &back, &error))
                fail_msg("%.17g -> '%s': %s", value, text, error.text);
            if (fabs(back - value) > (kind == QUANTITY_TIME ? 0.0209 : 0.00501) * value)
                fail_msg("%.17g -> '%s' -> %.17g", value, text, back);
        }
        assert_non_null(strstr(quantity_expectation(kind), "such as"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_good),
        cmocka_unit_test(test_time_bad),
        cmocka_unit_test(test_time_fractions),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_size_and_throughput),
        cmocka_unit_test(test_ratio_and_money),
        cmocka_unit_test(test_count_and_capacity),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
