/* quantity_format: values as a person reads them, three digits or so; what is printed parses
 * again. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/quantity.h"

struct quantity_scale {
    const char *name;
    double factor;
};

/* Rounded to three significant digits, so that 999.7 us becomes 1 ms and not 1000 us. */
static double quantity_round(double value)
{
    if (value == 0)
        return 0;
    double step = pow(10, floor(log10(fabs(value))) - 2);
    return step >= 1 ? round(value / step) * step : round(value / step) / round(1 / step);
}

/* The largest scale (ascending, the last named null) that leaves at least 1. */
static const struct quantity_scale *quantity_scale_find(const struct quantity_scale *scales,
                                                        double value)
{
    for (; scales[1].name; scales++) {
        double rounded = quantity_round(value / scales->factor) * scales->factor;
        if (fmax(value, rounded) < scales[1].factor * (1 - 1e-12))
            break;
    }
    return scales;
}

/* Digits of a number >= 0: three significant ones, all before the point. */
static void quantity_print_number(char *buffer, size_t size, double value)
{
    value = quantity_round(value);
    snprintf(buffer, size, value >= 1000 && value < 1e15 ? "%.0f" : "%.3g", value);
}

static void quantity_print_scaled(char *buffer, size_t size, double value,
                                  const struct quantity_scale *scales, const char *blank,
                                  const char *unit)
{
    const struct quantity_scale *scale = quantity_scale_find(scales, value);
    char number[48];
    quantity_print_number(number, sizeof(number), value / scale->factor);
    snprintf(buffer, size, "%s%s%s%s", number, blank, scale->name, unit);
}

static void quantity_print_time(char *buffer, size_t size, double ns)
{
    static const struct quantity_scale scales[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                                   {"s", 1e9}, {"m", 60e9}, {NULL, 0}};
    static const struct quantity_scale parts[] = {
        {"m", 60}, {"h", 3600}, {"d", 86400}, {"y", 31536000}, {NULL, 0}};
    if (ns == 0) {
        snprintf(buffer, size, "0 s");
        return;
    }
    if (strcmp(quantity_scale_find(scales, ns)->name, "m") != 0) {
        quantity_print_scaled(buffer, size, ns, scales, " ", "");
        return;
    }
    /* two parts, the second rounded: 1h 30m; its unit is the one below the first's */
    double s = round(ns / 1e9);
    for (size_t i = 0; i < 3; i++) {
        double low = i == 0 ? 1 : parts[i - 1].factor, units = round(s / low);
        if (units * low >= parts[i + 1].factor)
            continue;
        double per = parts[i].factor / low, first = floor(units / per),
               second = units - first * per;
        const char *second_name = i == 0 ? "s" : parts[i - 1].name;
        if (second > 0)
            snprintf(buffer, size, "%.0f%s %.0f%s", first, parts[i].name, second, second_name);
        else
            snprintf(buffer, size, "%.0f%s", first, parts[i].name);
        return;
    }
    quantity_print_scaled(buffer, size, s, &parts[3], " ", "");
}

/* Binary units, unless only a decimal one gives the value in three digits (5 MB). */
static void quantity_print_size(char *buffer, size_t size, double bytes, const char *per)
{
    static const struct quantity_scale binary[] = {
        {"B", 1},        {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30},
        {"TiB", 0x1p40}, {"PiB", 0x1p50}, {NULL, 0}};
    static const struct quantity_scale decimal[] = {
        {"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}, {NULL, 0}};
    const struct quantity_scale *scale = quantity_scale_find(decimal, bytes);
    double in_decimal = bytes / scale->factor;
    double in_binary = bytes / quantity_scale_find(binary, bytes)->factor;
    bool as_decimal =
        quantity_round(in_decimal) == in_decimal && quantity_round(in_binary) != in_binary;
    quantity_print_scaled(buffer, size, bytes, as_decimal ? decimal : binary, " ", per);
}

static void quantity_print_rate(char *buffer, size_t size, double per_s)
{
    static const struct quantity_scale scales[] = {
        {"/day", 1.0 / 86400}, {"/h", 1.0 / 3600}, {"/min", 1.0 / 60}, {"/s", 0.1}, {NULL, 0}};
    static const struct quantity_scale thousands[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {NULL, 0}};
    const struct quantity_scale *scale = quantity_scale_find(scales, per_s);
    if (per_s == 0 || strcmp(scale->name, "/s") == 0)
        quantity_print_scaled(buffer, size, per_s, thousands, "", "/s");
    else
        quantity_print_scaled(buffer, size, per_s, scales, "", "");
}

/* Percent; near 1 with as many decimals as show two digits of what is missing (99.95 %). */
static void quantity_print_ratio(char *buffer, size_t size, double ratio)
{
    char number[48];
    double missing = 100 - 100 * ratio;
    if (ratio >= 0.9 && missing > 1e-9) {
        int decimals = missing >= 1 ? 1 : (int)(1 - floor(log10(missing)));
        snprintf(number, sizeof(number), "%.*f", decimals, 100 * ratio);
        size_t length = strlen(number);
        while (number[length - 1] == '0')
            length--;
        number[number[length - 1] == '.' ? length - 1 : length] = '\0';
    } else {
        quantity_print_number(number, sizeof(number), 100 * ratio);
    }
    snprintf(buffer, size, "%s %%", number);
}

static void quantity_print_count(char *buffer, size_t size, double value)
{
    static const struct quantity_scale thousands[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {NULL, 0}};
    if (value < 1e4 && value == floor(value))
        snprintf(buffer, size, "%.0f", value);
    else
        quantity_print_scaled(buffer, size, value, thousands, "", "");
}

static void quantity_print_money(char *buffer, size_t size, double usd)
{
    if (usd >= 1000 || usd == floor(usd))
        snprintf(buffer, size, "%.0f USD", usd);
    else if (usd >= 1)
        snprintf(buffer, size, "%.2f USD", usd);
    else
        snprintf(buffer, size, "%.3g USD", usd);
}

const char *quantity_format(char *buffer, size_t size, double value, enum quantity kind,
                            const char *unit)
{
    char text[96] = "";
    double magnitude = fabs(value);
    if (isnan(value) || isinf(value)) {
        snprintf(buffer, size, "%s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
        return buffer;
    }
    switch (kind) {
    case QUANTITY_TIME:
        quantity_print_time(text, sizeof(text), magnitude);
        break;
    case QUANTITY_RATE:
        quantity_print_rate(text, sizeof(text), magnitude);
        break;
    case QUANTITY_SIZE:
    case QUANTITY_THROUGHPUT:
        quantity_print_size(text, sizeof(text), magnitude, kind == QUANTITY_SIZE ? "" : "/s");
        break;
    case QUANTITY_RATIO:
        quantity_print_ratio(text, sizeof(text), magnitude);
        break;
    case QUANTITY_MONEY:
        quantity_print_money(text, sizeof(text), magnitude);
        break;
    case QUANTITY_COUNT:
    case QUANTITY_CAPACITY:
        quantity_print_count(text, sizeof(text), magnitude);
        break;
    }
    bool noun = kind == QUANTITY_CAPACITY && unit;
    snprintf(buffer, size, "%s%s%s%s", value < 0 ? "-" : "", text, noun ? " " : "",
             noun ? unit : "");
    return buffer;
}
