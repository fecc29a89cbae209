/* trace_file: lines out of zlib's gz layer, which reads plain files and concatenated members too;
 * then what a field may hold: decimal numbers and times, read without the locale. */
#include "sim/engine/trace_file.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/utf8.h"

enum {
    TRACE_LINE_MAX = 1 << 20,
    TRACE_BUFFER_MIN = 1 << 16,
    TRACE_MESSAGE_SIZE = 256,
    TRACE_DIGITS_MAX = 18,
};
#define TRACE_TIME_MAX_NS INT64_C(4000000000000000000) /* differences of two stay in 63 bits */

/* The file as a whole cannot be read (exit code 4). */
static bool __attribute__((format(printf, 2, 3)))
trace_file_unreadable(const struct trace_file *file, const char *format, ...)
{
    char text[TRACE_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!file->diag)
        fatal("%s: %s", file->path, text);
    diag_unreadable(file->diag, file->path, "%s", text);
    return false;
}

bool trace_file_fail(const struct trace_file *file, const struct trace_field *field,
                     const char *format, ...)
{
    char text[TRACE_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!file->diag)
        fatal("%s:%u: %s (it has changed since it was checked)", file->path, file->number, text);
    struct place place = {.file = file->path, .line = file->number, .column = 1};
    if (field && file->line) {
        place.column += utf8_count(file->line, (size_t)(field->text - file->line));
        place.width = utf8_count(field->text, field->length);
    }
    diag_error(file->diag, place, "%s", text);
    return false;
}

bool trace_file_open(struct trace_file *file, const char *path, struct diag *diag)
{
    *file = (struct trace_file){.path = path, .diag = diag};
    struct stat status;
    if (stat(path, &status) != 0)
        return trace_file_unreadable(file, "cannot read this trace: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return trace_file_unreadable(
            file, "not a regular file, which a trace must be: every replication reads it again");
    file->gz = gzopen(path, "rbe");
    if (!file->gz)
        return trace_file_unreadable(file, "cannot read this trace: %s", strerror(errno));
    gzbuffer(file->gz, TRACE_BUFFER_MIN);
    file->capacity = TRACE_BUFFER_MIN;
    file->buffer = memory_resize(NULL, file->capacity, 1);
    return true;
}

void trace_file_close(struct trace_file *file)
{
    if (file->gz)
        gzclose_r(file->gz);
    free(file->buffer);
    file->gz = NULL;
    file->buffer = NULL;
}

bool trace_file_rewind(struct trace_file *file)
{
    file->begin = file->end = 0;
    file->number = 0;
    file->line = NULL;
    file->all_read = file->cut = false;
    if (gzrewind(file->gz) != 0)
        return trace_file_unreadable(file, "cannot be read again from its start");
    return true;
}

/* Moves what is left to the front of the buffer and reads more behind it. */
static bool trace_file_fill(struct trace_file *file)
{
    size_t left = file->end - file->begin;
    if (file->begin > 0)
        memmove(file->buffer, file->buffer + file->begin, left);
    file->begin = 0;
    file->end = left;
    if (left == file->capacity) {
        if (left >= TRACE_LINE_MAX) {
            file->number++;
            file->line = NULL;
            return trace_file_fail(file, NULL, "the line is longer than 1 MiB");
        }
        file->capacity *= 2;
        file->buffer = memory_resize(file->buffer, file->capacity, 1);
    }
    size_t room = file->capacity - left;
    int count = gzread(file->gz, file->buffer + left, (unsigned)room);
    if (count >= 0)
        file->end += (size_t)count;
    if (count == (int)room)
        return true;
    int code;
    const char *text = gzerror(file->gz, &code);
    if (count < 0 || (code != Z_OK && code != Z_BUF_ERROR)) {
        const char *reason = code == Z_ERRNO ? strerror(errno) : text;
        return trace_file_unreadable(file, "cannot be read beyond line %u: %s", file->number,
                                     reason);
    }
    file->all_read = true;
    file->cut = code == Z_BUF_ERROR;
    return true;
}

/* The next line, whatever it holds. */
static enum trace_line trace_file_line(struct trace_file *file)
{
    char *newline = NULL;
    size_t seen = 0; /* bytes of the line in which no end was found */
    for (;;) {
        char *from = file->buffer + file->begin;
        size_t have = file->end - file->begin;
        newline = have > seen ? memchr(from + seen, '\n', have - seen) : NULL;
        if (newline || file->all_read)
            break;
        seen = have;
        if (!trace_file_fill(file))
            return TRACE_BAD;
    }
    if (!newline && file->cut) {
        trace_file_unreadable(file, "cut: its gzip data end in the middle, after line %u",
                              file->number);
        return TRACE_BAD;
    }
    if (!newline && file->begin == file->end)
        return TRACE_END;
    char *line = file->buffer + file->begin;
    file->line = line;
    file->length = newline ? (size_t)(newline - line) : file->end - file->begin;
    file->begin += file->length + (newline != NULL);
    file->number++;
    if (memchr(line, '\0', file->length)) {
        trace_file_fail(file, NULL, "a NUL byte: expected text in ASCII or UTF-8");
        return TRACE_BAD;
    }
    if (file->length > 0 && line[file->length - 1] == '\r')
        file->length--;
    if (file->number == 1 && file->length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
        file->line += 3;
        file->length -= 3;
    }
    return TRACE_ROW;
}

/* `# start_epoch_s=804571201 step_s=1`: the step, if the comment has one. */
static bool trace_file_step(const struct trace_file *file, int64_t *step_ns)
{
    static const char key[] = "step_s=";
    const char *end = file->line + file->length;
    const char *at = memmem(file->line, file->length, key, sizeof(key) - 1);
    if (!at)
        return true;
    struct trace_field field = {.text = at + sizeof(key) - 1};
    while (field.text + field.length < end && !strchr(" \t,;", field.text[field.length]))
        field.length++;
    char quote[TRACE_QUOTE_SIZE];
    if (trace_field_time(&field, step_ns) != TRACE_SECONDS || *step_ns <= 0)
        return trace_file_fail(file, &field,
                               "expected a number of seconds after step_s=, found '%s'",
                               trace_field_quote(&field, quote));
    return true;
}

enum trace_line trace_file_row(struct trace_file *file, int64_t *step_ns)
{
    uint32_t blank = 0; /* number of the first blank line since the last row */
    for (;;) {
        enum trace_line read = trace_file_line(file);
        if (read != TRACE_ROW)
            return read;
        if (file->length == 0) {
            blank = blank > 0 ? blank : file->number;
        } else if (file->line[0] == '#') {
            if (step_ns && !trace_file_step(file, step_ns))
                return TRACE_BAD;
        } else if (blank > 0) {
            file->number = blank;
            file->line = NULL;
            trace_file_fail(file, NULL, "the line is empty, and rows follow it");
            return TRACE_BAD;
        } else {
            return TRACE_ROW;
        }
    }
}

static bool trace_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct trace_field trace_field_next(const char **at, const char *end)
{
    const char *start = *at;
    while (start < end && trace_is_blank(*start))
        start++;
    struct trace_field field = {.text = start};
    const char *stop = start;
    if (start < end && *start == '"') {
        field.text = ++start;
        for (stop = start; stop < end; stop++) {
            if (*stop != '"')
                continue;
            if (stop + 1 < end && stop[1] == '"')
                stop++;
            else
                break;
        }
        field.length = (size_t)(stop - start);
        field.broken = stop == end;
        stop += stop < end;
        for (; stop < end && *stop != ','; stop++)
            field.broken |= !trace_is_blank(*stop);
    } else {
        const char *comma = memchr(start, ',', (size_t)(end - start));
        stop = comma ? comma : end;
        field.length = (size_t)(stop - start);
        while (field.length > 0 && trace_is_blank(start[field.length - 1]))
            field.length--;
    }
    *at = stop < end ? stop + 1 : NULL;
    return field;
}

const char *trace_field_quote(const struct trace_field *field, char buffer[TRACE_QUOTE_SIZE])
{
    size_t length = field->length < 40 ? field->length : 40;
    for (size_t i = 0; i < length; i++)
        buffer[i] = field->text[i] >= ' ' && field->text[i] <= '~' ? field->text[i] : '?';
    memcpy(buffer + length, field->length > length ? "..." : "", field->length > length ? 4 : 1);
    return buffer;
}

/* A number as written: digits * 10^power. */
struct trace_decimal {
    bool negative;
    int64_t digits; /* digits beyond the 18th are dropped */
    int power;
};

static bool trace_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool trace_decimal_scan(const char *at, const char *end, struct trace_decimal *decimal)
{
    *decimal = (struct trace_decimal){.negative = at < end && *at == '-'};
    at += at < end && (*at == '-' || *at == '+');
    bool seen = false, point = false;
    int count = 0;
    for (; at < end && (trace_is_digit(*at) || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        seen = true;
        if (count < TRACE_DIGITS_MAX)
            decimal->digits = 10 * decimal->digits + (*at - '0');
        count += decimal->digits > 0;
        decimal->power += (count > TRACE_DIGITS_MAX) - point;
    }
    if (seen && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        bool negative = at < end && *at == '-';
        at += at < end && (*at == '-' || *at == '+');
        int power = 0;
        seen = at < end;
        for (; at < end && trace_is_digit(*at); at++)
            power = power < 10000 ? 10 * power + (*at - '0') : power;
        decimal->power += negative ? -power : power;
    }
    return seen && at == end;
}

bool trace_field_number(const struct trace_field *field, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct trace_decimal decimal;
    if (!trace_decimal_scan(field->text, field->text + field->length, &decimal))
        return false;
    double digits = (double)(decimal.negative ? -decimal.digits : decimal.digits);
    int power = decimal.power, power_max = (int)(sizeof(powers) / sizeof(powers[0])) - 1;
    if (power >= 0)
        *value = digits * (power <= power_max ? powers[power] : pow(10, power));
    else
        *value = digits / (-power <= power_max ? powers[-power] : pow(10, -power));
    return !isnan(*value); /* 0e9999 */
}

/* Seconds as nanoseconds, to the nearest. */
static bool trace_decimal_ns(const struct trace_decimal *decimal, int64_t *ns)
{
    __int128 value = decimal->digits;
    int power = decimal->power + 9;
    for (; power > 0 && value != 0 && value <= TRACE_TIME_MAX_NS; power--)
        value *= 10;
    for (; power < -1 && value != 0; power++)
        value /= 10;
    if (power == -1)
        value = (value + 5) / 10;
    if (value > TRACE_TIME_MAX_NS)
        return false;
    *ns = (int64_t)(decimal->negative ? -value : value);
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar (years count from March, so that the
 * leap day is the last of its year). */
static int64_t trace_days(int year, int month, int day)
{
    int y = year - (month <= 2), m = (month + 9) % 12;
    return 365 * (int64_t)y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* `pattern` is such as "9999-99-99": 9 stands for a digit, a blank for a blank or T. */
static bool trace_stamp_matches(const char *text, const char *pattern)
{
    for (; *pattern; pattern++, text++) {
        bool matches = *pattern == '9'   ? trace_is_digit(*text)
                       : *pattern == ' ' ? *text == ' ' || *text == 'T'
                                         : *text == *pattern;
        if (!matches)
            return false;
    }
    return true;
}

static int trace_two_digits(const char *text)
{
    return 10 * (text[0] - '0') + (text[1] - '0');
}

static bool trace_stamp_scan(const char *text, size_t length, int64_t *time_ns)
{
    static const char pattern[] = "9999-99-99 99:99:99";
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const size_t whole = sizeof(pattern) - 1;
    length -= length > whole && text[length - 1] == 'Z';
    if (length < whole || !trace_stamp_matches(text, pattern))
        return false;
    int year = 100 * trace_two_digits(text) + trace_two_digits(text + 2);
    int month = trace_two_digits(text + 5), day = trace_two_digits(text + 8);
    int hour = trace_two_digits(text + 11), minute = trace_two_digits(text + 14);
    int second = trace_two_digits(text + 17); /* 60: a leap second */
    if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1] || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    int64_t fraction_ns = 0;
    struct trace_decimal fraction;
    if (length > whole && (text[whole] != '.' || length == whole + 1 ||
                           !trace_decimal_scan(text + whole, text + length, &fraction) ||
                           !trace_decimal_ns(&fraction, &fraction_ns) || fraction_ns > 1000000000))
        return false;
    int64_t seconds = trace_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    if (llabs(seconds) > TRACE_TIME_MAX_NS / 1000000000 - 1)
        return false;
    *time_ns = seconds * 1000000000 + fraction_ns;
    return true;
}

enum trace_form trace_field_time(const struct trace_field *field, int64_t *time_ns)
{
    if (trace_stamp_scan(field->text, field->length, time_ns))
        return TRACE_STAMP;
    struct trace_decimal decimal;
    if (trace_decimal_scan(field->text, field->text + field->length, &decimal) &&
        trace_decimal_ns(&decimal, time_ns))
        return TRACE_SECONDS;
    return TRACE_NO_TIME;
}
