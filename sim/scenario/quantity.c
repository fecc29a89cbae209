/* quantity: a number is read as decimal digits and a power of ten, a unit as a factor in the
 * same form; what must be exact is computed in 128-bit integers, the rest by one correctly
 * rounded conversion in the C locale, so that "99.99%" and "0.9999" are the same double. */
#include "sim/scenario/quantity.h"

#include <assert.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/utf8.h"

enum {
    QUANTITY_NUMBER_MAX = 64, /* characters of one number */
    QUANTITY_EXACT_DIGITS = 36,
    QUANTITY_POWER_MAX = 100000, /* larger exponents are all the same: too large or too small */
};
#define QUANTITY_TIME_MAX_NS INT64_C(3153600000000000000) /* 100 y */
#define QUANTITY_WHOLE_MAX INT64_C(1000000000000000000)

/* A unit: the base unit times multiplier * 10^power / divisor. */
struct quantity_unit {
    const char *name;
    int64_t multiplier;
    int power;
    int64_t divisor;
};

static const struct quantity_unit quantity_times[] = {
    {"ns", 1, 0, 1},       {"us", 1, 3, 1},    {"\u00b5s", 1, 3, 1}, {"\u03bcs", 1, 3, 1},
    {"ms", 1, 6, 1},       {"s", 1, 9, 1},     {"m", 60, 9, 1},      {"min", 60, 9, 1},
    {"h", 3600, 9, 1},     {"d", 86400, 9, 1}, {"w", 604800, 9, 1},  {"mo", 2628000, 9, 1},
    {"y", 31536000, 9, 1}, {NULL, 0, 0, 0},
};
static const struct quantity_unit quantity_rates[] = {
    {"/s", 1, 0, 1},       {"/min", 1, 0, 60},  {"/m", 1, 0, 60}, {"/h", 1, 0, 3600},
    {"/day", 1, 0, 86400}, {"/d", 1, 0, 86400}, {NULL, 0, 0, 0},
};
static const struct quantity_unit quantity_sizes[] = {
    {"B", 1, 0, 1},
    {"kB", 1, 3, 1},
    {"MB", 1, 6, 1},
    {"GB", 1, 9, 1},
    {"TB", 1, 12, 1},
    {"PB", 1, 15, 1},
    {"KiB", INT64_C(1) << 10, 0, 1},
    {"MiB", INT64_C(1) << 20, 0, 1},
    {"GiB", INT64_C(1) << 30, 0, 1},
    {"TiB", INT64_C(1) << 40, 0, 1},
    {"PiB", INT64_C(1) << 50, 0, 1},
    {NULL, 0, 0, 0},
};
static const struct quantity_unit quantity_throughputs[] = {
    {"B/s", 1, 0, 1},
    {"kB/s", 1, 3, 1},
    {"MB/s", 1, 6, 1},
    {"GB/s", 1, 9, 1},
    {"TB/s", 1, 12, 1},
    {"KiB/s", INT64_C(1) << 10, 0, 1},
    {"MiB/s", INT64_C(1) << 20, 0, 1},
    {"GiB/s", INT64_C(1) << 30, 0, 1},
    {"TiB/s", INT64_C(1) << 40, 0, 1},
    {"bit/s", 1, 0, 8},
    {"kbit/s", 1, 3, 8},
    {"Mbit/s", 1, 6, 8},
    {"Gbit/s", 1, 9, 8},
    {"Tbit/s", 1, 12, 8},
    {NULL, 0, 0, 0},
};
static const struct quantity_unit quantity_ratios[] = {
    {"", 1, 0, 1}, {"%", 1, -2, 1}, {NULL, 0, 0, 0}};
static const struct quantity_unit quantity_moneys[] = {{"USD", 1, 0, 1}, {NULL, 0, 0, 0}};
static const struct quantity_unit quantity_counts[] = {
    {"", 1, 0, 1}, {"k", 1, 3, 1}, {"M", 1, 6, 1}, {NULL, 0, 0, 0}};

/* What messages say about a kind, and the largest value: far beyond use, so that products stay
 * finite and casts to int64_t defined. */
static const struct quantity_info {
    const char *noun, *expectation;
    const char *choice;                /* the units, when an unknown one was given */
    const char *forms[3];              /* what could follow a bare number */
    const struct quantity_unit *units; /* ends with a null name */
    double value_max;
    const char *max_text;
} quantity_infos[] = {
    [QUANTITY_TIME] = {"a time",
                       "a time such as 20ms",
                       "ns, us, ms, s, m (or min), h, d, w, mo or y",
                       {"s", "ms", "m"},
                       quantity_times,
                       3.1536e18,
                       "100y"},
    [QUANTITY_RATE] = {"a rate",
                       "a rate such as 200/s",
                       "/s, /min, /h or /day, with k or M before it",
                       {"/s", "/min", "/h"},
                       quantity_rates,
                       1e12,
                       "1e6 M/s"},
    [QUANTITY_SIZE] = {"a size",
                       "a size such as 4 KiB",
                       "B, KiB, MiB, GiB, TiB, PiB (binary) or kB, MB, GB, TB, PB (decimal)",
                       {" B", " KiB", " MB"},
                       quantity_sizes,
                       0x1p60,
                       "1024 PiB"},
    [QUANTITY_THROUGHPUT] = {"a throughput",
                             "a throughput such as 1 MiB/s",
                             "B/s, KiB/s to TiB/s, kB/s to TB/s or bit/s, kbit/s to Tbit/s",
                             {" B/s", " MiB/s", " Mbit/s"},
                             quantity_throughputs,
                             0x1p60,
                             "1048576 TiB/s"},
    [QUANTITY_RATIO] = {"a ratio",
                        "a ratio such as 5% or 0.05",
                        "% or none",
                        {"%", "", ""},
                        quantity_ratios,
                        1e9,
                        "1e9"},
    [QUANTITY_MONEY] = {"an amount of money",
                        "an amount of money such as 1200 USD",
                        "USD",
                        {" USD", "", ""},
                        quantity_moneys,
                        1e15,
                        "1e15 USD"},
    [QUANTITY_COUNT] = {"a count",
                        "a count such as 50 or 10k",
                        "none, k or M",
                        {"", "k", "M"},
                        quantity_counts,
                        1e15,
                        "1e15"},
    [QUANTITY_CAPACITY] = {"a capacity",
                           "a number with its unit, such as 2 vCPU",
                           NULL,
                           {"", "", ""},
                           quantity_counts,
                           1e15,
                           "1e15"},
};

/* A number as written: digits (no zeros at either end) times 10^power. */
struct quantity_number {
    const char *start, *end; /* in the text */
    bool negative;
    char digits[QUANTITY_NUMBER_MAX];
    int count; /* of digits; 0: the number is zero */
    int power;
};

/* A word of the text after a number: a unit or the like. */
struct quantity_word {
    const char *start;
    int length;
};

static bool __attribute__((format(printf, 4, 5)))
quantity_fail(struct quantity_error *error, const char *text, const char *at, const char *format,
              ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    error->offset = utf8_count(text, (size_t)(at - text));
    error->unreadable = false;
    return false;
}

static bool quantity_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *quantity_skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* The length of what a message quotes: a word, cut (between characters) where it gets long. */
static int quantity_quote_length(const char *text, bool blanks)
{
    size_t length = 0;
    while (text[length] && (blanks || (text[length] != ' ' && text[length] != '\t')))
        length++;
    size_t kept = length > 40 ? 40 : length;
    while (kept < length && kept > 0 && ((unsigned char)text[kept] & 0xC0) == 0x80)
        kept--;
    return (int)kept;
}

/* Digits and point, collected without zeros at either end. Returns the end, null if there is
 * none. */
static const char *quantity_scan_digits(const char *at, struct quantity_number *number)
{
    bool seen = false, point = false;
    int zeros = 0; /* pending: they count only when a digit follows */
    for (;; at++) {
        if (*at == '.' && !point) {
            point = true;
            continue;
        }
        if (!quantity_is_digit(*at))
            break;
        seen = true;
        number->power -= point;
        if (*at == '0') {
            zeros += number->count > 0;
            continue;
        }
        if (number->count + zeros >= QUANTITY_NUMBER_MAX)
            return NULL;
        for (; zeros > 0; zeros--)
            number->digits[number->count++] = '0';
        number->digits[number->count++] = *at;
    }
    number->power += zeros;
    return seen ? at : NULL;
}

static const char *quantity_scan_exponent(const char *at, struct quantity_number *number)
{
    if (*at != 'e' && *at != 'E')
        return at;
    const char *digit = at + 1;
    bool negative = *digit == '-';
    digit += *digit == '-' || *digit == '+';
    if (!quantity_is_digit(*digit))
        return at; /* a unit such as EB */
    int power = 0;
    for (; quantity_is_digit(*digit); digit++)
        power = power < QUANTITY_POWER_MAX ? power * 10 + (*digit - '0') : power;
    number->power += negative ? -power : power;
    return digit;
}

/* One number at *at, which moves behind it. */
static bool quantity_scan_number(const char *text, const char **at, const char *expectation,
                                 struct quantity_number *number, struct quantity_error *error)
{
    *number = (struct quantity_number){.start = *at, .negative = **at == '-'};
    const char *digits = *at + (**at == '-' || **at == '+');
    const char *end = digits;
    while (quantity_is_digit(*end) || *end == '.')
        end++;
    if (end - digits > QUANTITY_NUMBER_MAX)
        return quantity_fail(error, text, *at, "a number has at most %d digits",
                             QUANTITY_NUMBER_MAX);
    end = quantity_scan_digits(digits, number);
    if (!end) {
        int length = quantity_quote_length(*at, true);
        if (length == 0)
            return quantity_fail(error, text, *at, "expected %s", expectation);
        return quantity_fail(error, text, *at, "expected %s, not '%.*s'", expectation, length, *at);
    }
    end = quantity_scan_exponent(end, number);
    if (*end == '.' || *end == '_' || *end == '\'' || (*end == ',' && quantity_is_digit(end[1])))
        return quantity_fail(error, text, end,
                             "a number has digits and one decimal point, without separators");
    number->end = end;
    *at = end;
    return true;
}

static struct quantity_word quantity_scan_word(const char **at)
{
    struct quantity_word word = {.start = *at};
    while (**at && **at != ' ' && **at != '\t')
        ++*at;
    word.length = (int)(*at - word.start);
    return word;
}

static bool quantity_word_is(struct quantity_word word, const char *name)
{
    return strlen(name) == (size_t)word.length &&
           memcmp(word.start, name, (size_t)word.length) == 0;
}

static const struct quantity_unit *quantity_unit_find(const struct quantity_unit *units,
                                                      struct quantity_word word)
{
    for (; units->name; units++)
        if (quantity_word_is(word, units->name))
            return units;
    return NULL;
}

/* number * multiplier * 10^power / divisor, rounded by the conversion and at most twice more. */
static double quantity_number_double(const struct quantity_number *number,
                                     const struct quantity_unit *unit)
{
    if (number->count == 0)
        return 0;
    char buffer[QUANTITY_NUMBER_MAX + 32];
    snprintf(buffer, sizeof(buffer), "%.*se%d", number->count, number->digits,
             number->power + unit->power);
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!locale)
        abort(); /* the C locale is built in */
    double value = strtod_l(buffer, NULL, locale);
    freelocale(locale);
    value = value * (double)unit->multiplier / (double)unit->divisor;
    return number->negative ? -value : value;
}

enum quantity_exactness { QUANTITY_EXACT, QUANTITY_FRACTION, QUANTITY_TOO_LARGE };

/* |number| * unit as an integer <= max. No unit has more than 16 factors of two or 12 of five,
 * and the digits end in no zero: with more than 16 decimals the product cannot be whole. */
static enum quantity_exactness quantity_number_exact(const struct quantity_number *number,
                                                     const struct quantity_unit *unit, int64_t max,
                                                     int64_t *value)
{
    *value = 0;
    if (number->count == 0)
        return QUANTITY_EXACT;
    int magnitude = number->count + number->power; /* digits before the point */
    if (magnitude > 19)
        return QUANTITY_TOO_LARGE;
    if (number->power < -18 || number->count > QUANTITY_EXACT_DIGITS)
        return QUANTITY_FRACTION;
    unsigned __int128 mantissa = 0, scale = (unsigned __int128)unit->multiplier, decimals = 1;
    for (int i = 0; i < number->count; i++)
        mantissa = mantissa * 10 + (unsigned)(number->digits[i] - '0');
    for (int i = 0; i < number->power; i++)
        mantissa *= 10;
    for (int i = 0; i < unit->power; i++)
        scale *= 10;
    for (int i = 0; i > number->power; i--)
        decimals *= 10;
    unsigned __int128 whole = mantissa / decimals, part = mantissa % decimals * scale;
    if (whole > (unsigned __int128)max / scale || whole * scale + part / decimals > (uint64_t)max)
        return QUANTITY_TOO_LARGE;
    if (part % decimals != 0)
        return QUANTITY_FRACTION;
    *value = (int64_t)(whole * scale + part / decimals);
    return QUANTITY_EXACT;
}

static bool quantity_fail_unit(const char *text, const char *at, const struct quantity_info *info,
                               struct quantity_error *error)
{
    int length = quantity_quote_length(at, false);
    return quantity_fail(error, text, at, "unknown unit '%.*s' of %s: expected %s", length, at,
                         info->noun, info->choice);
}

/* A number (with its k or M) that lacks its unit. */
static bool quantity_fail_bare(const char *text, const char *start, const char *end,
                               const struct quantity_info *info, struct quantity_error *error)
{
    int length = (int)(end - start);
    length = length > 24 ? 24 : length;
    if (info->forms[1][0] == '\0')
        return quantity_fail(error, text, start, "%s needs its unit: %.*s%s?", info->noun, length,
                             start, info->forms[0]);
    return quantity_fail(error, text, start, "%s needs a unit: %.*s%s, %.*s%s or %.*s%s?",
                         info->noun, length, start, info->forms[0], length, start, info->forms[1],
                         length, start, info->forms[2]);
}

static bool quantity_fail_trailing(const char *text, const char *at,
                                   const struct quantity_info *info, struct quantity_error *error)
{
    return quantity_fail(error, text, at, "unexpected '%.*s' after %s",
                         quantity_quote_length(at, true), at, info->noun);
}

static bool quantity_fail_large(const char *text, const char *at, const struct quantity_info *info,
                                struct quantity_error *error)
{
    return quantity_fail(error, text, at, "%s is at most %s", info->noun, info->max_text);
}

/* The unit of one part of a time; it must be smaller than the part before (none: null). */
static const struct quantity_unit *quantity_scan_time_unit(const char *text, const char **at,
                                                           const struct quantity_number *number,
                                                           const struct quantity_unit *larger,
                                                           struct quantity_error *error)
{
    const struct quantity_info *info = &quantity_infos[QUANTITY_TIME];
    const char *start = *at = quantity_skip_blanks(*at);
    struct quantity_word word = {.start = start};
    word.length = (int)strcspn(start, " \t+-.0123456789");
    *at += word.length;
    if (word.length == 0) {
        quantity_fail_bare(text, number->start, number->end, info, error);
        return NULL;
    }
    const struct quantity_unit *unit = quantity_unit_find(quantity_times, word);
    if (!unit) {
        quantity_fail_unit(text, start, info, error);
        return NULL;
    }
    if (larger && (!quantity_is_digit(number->start[0]) || unit->power > larger->power ||
                   (unit->power == larger->power && unit->multiplier >= larger->multiplier))) {
        quantity_fail(error, text, number->start,
                      "the parts of a time go from large to small, as in 1h30m");
        return NULL;
    }
    return unit;
}

/* A time: one or more numbers with units. *value is the nearest double; *ns the same exactly, or
 * *exact false where a fraction of a nanosecond is left. */
static bool quantity_scan_time(const char *text, int64_t *ns, double *value, bool *exact,
                               struct quantity_error *error)
{
    const struct quantity_info *info = &quantity_infos[QUANTITY_TIME];
    const char *at = quantity_skip_blanks(text), *first = at;
    const struct quantity_unit *unit = NULL;
    *ns = 0;
    *value = 0;
    *exact = true;
    do {
        struct quantity_number number;
        if (!quantity_scan_number(text, &at, info->expectation, &number, error))
            return false;
        unit = quantity_scan_time_unit(text, &at, &number, unit, error);
        if (!unit)
            return false;
        if (number.negative && number.count > 0)
            return quantity_fail(error, text, number.start, "a time cannot be negative");
        int64_t part_ns;
        enum quantity_exactness exactness =
            quantity_number_exact(&number, unit, QUANTITY_TIME_MAX_NS, &part_ns);
        *exact = *exact && exactness == QUANTITY_EXACT;
        *ns += part_ns; /* both at most 100 y: the sum fits */
        *value += quantity_number_double(&number, unit);
        if (exactness == QUANTITY_TOO_LARGE || *ns > QUANTITY_TIME_MAX_NS ||
            !(*value <= info->value_max))
            return quantity_fail_large(text, first, info, error);
        if (number.count > 0 && *value == 0)
            return quantity_fail(error, text, number.start, "this time is too small");
        at = quantity_skip_blanks(at);
    } while (*at != '\0' && strchr("+-.0123456789", *at));
    if (*exact)
        *value = (double)*ns;
    return *at == '\0' || quantity_fail_trailing(text, at, info, error);
}

bool quantity_parse_time(const char *text, int64_t *ns, struct quantity_error *error)
{
    double value;
    bool exact;
    if (!quantity_scan_time(text, ns, &value, &exact, error))
        return false;
    if (!exact)
        return quantity_fail(error, text, quantity_skip_blanks(text),
                             "a time is a whole number of nanoseconds");
    return true;
}

/* The word after the number, or two of them where a k or M stands apart ("10k WCU"), as a unit. */
static bool quantity_scan_unit(const char *text, const char **at, enum quantity kind,
                               const char *noun, const struct quantity_number *number,
                               struct quantity_unit *unit, struct quantity_error *error)
{
    const struct quantity_info *info = &quantity_infos[kind];
    const char *unit_start = *at = quantity_skip_blanks(*at);
    const char *bare_end = number->end;
    struct quantity_word word = quantity_scan_word(at);
    int power = 0;
    bool prefix = word.length > 0 && (word.start[0] == 'k' || word.start[0] == 'M');
    if (prefix && ((kind == QUANTITY_RATE && (word.length == 1 || word.start[1] == '/')) ||
                   (kind == QUANTITY_CAPACITY && word.length == 1))) {
        power = word.start[0] == 'k' ? 3 : 6;
        word.start++;
        word.length--;
        bare_end = word.start;
        if (kind == QUANTITY_CAPACITY) {
            *at = quantity_skip_blanks(*at);
            word = quantity_scan_word(at);
        }
    }
    const struct quantity_unit nouns[] = {{noun, 1, 0, 1}, {NULL, 0, 0, 0}};
    const struct quantity_unit *found =
        quantity_unit_find(kind == QUANTITY_CAPACITY ? nouns : info->units, word);
    if (!found && word.length == 0 && kind == QUANTITY_CAPACITY) {
        int length = (int)(bare_end - number->start);
        return quantity_fail(error, text, number->start, "this needs its unit: %.*s %s?",
                             length > 24 ? 24 : length, number->start, noun);
    }
    if (!found && word.length == 0)
        return quantity_fail_bare(text, number->start, bare_end, info, error);
    if (!found && kind == QUANTITY_CAPACITY)
        return quantity_fail(error, text, word.start, "unknown unit '%.*s': expected %s",
                             quantity_quote_length(word.start, false), word.start, noun);
    if (!found)
        return quantity_fail_unit(text, unit_start, info, error);
    *unit = *found;
    unit->power += power;
    return true;
}

/* One whole quantity but a time: its number and unit. */
static bool quantity_scan(const char *text, enum quantity kind, const char *noun,
                          struct quantity_number *number, struct quantity_unit *unit,
                          struct quantity_error *error)
{
    const struct quantity_info *info = &quantity_infos[kind];
    const char *at = quantity_skip_blanks(text);
    char expectation[96];
    if (kind == QUANTITY_CAPACITY)
        snprintf(expectation, sizeof(expectation), "a number of %s", noun);
    else
        snprintf(expectation, sizeof(expectation), "%s", info->expectation);
    if (!quantity_scan_number(text, &at, expectation, number, error) ||
        !quantity_scan_unit(text, &at, kind, noun, number, unit, error))
        return false;
    at = quantity_skip_blanks(at);
    return *at == '\0' || quantity_fail_trailing(text, at, info, error);
}

bool quantity_parse(const char *text, enum quantity kind, const char *unit, double *value,
                    struct quantity_error *error)
{
    assert(kind != QUANTITY_CAPACITY || unit);
    if (kind == QUANTITY_TIME) {
        int64_t ns;
        bool exact;
        return quantity_scan_time(text, &ns, value, &exact, error);
    }
    const struct quantity_info *info = &quantity_infos[kind];
    struct quantity_number number;
    struct quantity_unit factor;
    if (!quantity_scan(text, kind, unit, &number, &factor, error))
        return false;
    *value = quantity_number_double(&number, &factor);
    if (*value < 0 && kind != QUANTITY_COUNT)
        return quantity_fail(error, text, number.start, "%s cannot be negative", info->noun);
    if (!(fabs(*value) <= info->value_max))
        return quantity_fail_large(text, number.start, info, error);
    if (number.count > 0 && *value == 0)
        return quantity_fail(error, text, number.start, "%s of this size is too small", info->noun);
    return true;
}

bool quantity_parse_whole(const char *text, int64_t *value, struct quantity_error *error)
{
    struct quantity_number number;
    struct quantity_unit factor;
    if (!quantity_scan(text, QUANTITY_COUNT, NULL, &number, &factor, error))
        return false;
    switch (quantity_number_exact(&number, &factor, QUANTITY_WHOLE_MAX, value)) {
    case QUANTITY_EXACT:
        break;
    case QUANTITY_FRACTION:
        return quantity_fail(error, text, number.start, "expected a whole number, not '%.*s'",
                             quantity_quote_length(number.start, true), number.start);
    case QUANTITY_TOO_LARGE:
        return quantity_fail(error, text, number.start, "a whole number is at most 1e18");
    }
    *value = number.negative ? -*value : *value;
    return true;
}

const char *quantity_expectation(enum quantity kind)
{
    return quantity_infos[kind].expectation;
}

const char *quantity_unit_name(enum quantity kind, uint32_t i)
{
    const struct quantity_unit *unit = quantity_infos[kind].units;
    for (; unit->name && i > 0; i--)
        unit++;
    return kind == QUANTITY_CAPACITY ? NULL : unit->name;
}
