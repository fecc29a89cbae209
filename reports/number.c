#include "reports/number.h"

#include <assert.h>
#include <math.h>

#include "sim/scenario/quantity.h"

enum {
    NUMBER_MINUTE_S = 60,
    NUMBER_HOUR_S = 3600,
    NUMBER_DAY_S = 86400,
    NUMBER_WINDOW_ENDS = 2, /* from, to */
};

const char *number_unit(enum quantity unit)
{
    static const char *const units[] = {
        [QUANTITY_TIME] = "s",         [QUANTITY_RATE] = "1/s",   [QUANTITY_SIZE] = "B",
        [QUANTITY_THROUGHPUT] = "B/s", [QUANTITY_RATIO] = "1",    [QUANTITY_MONEY] = "USD",
        [QUANTITY_COUNT] = "1",        [QUANTITY_CAPACITY] = "1",
    };
    return units[unit];
}

/* 15 digits read back as the same double for most values, 17 for all. */
void number_write(double value, FILE *stream)
{
    char text[32];
    assert(isfinite(value));
    for (int digits = 15; digits <= 17; digits++) {
        double again;
        snprintf(text, sizeof(text), "%.*g", digits, value + 0.0); /* -0 becomes 0 */
        if (sscanf(text, "%lf", &again) == 1 && again == value)
            break;
    }
    fputs(text, stream);
}

/* ---- for people ---- */

const char *number_text(char *buffer, size_t size, double value, enum quantity unit)
{
    /* results have times in s, quantities in ns; the nouns of capacities are not known here */
    return quantity_format(buffer, size, unit == QUANTITY_TIME ? value * 1e9 : value,
                           unit == QUANTITY_CAPACITY ? QUANTITY_COUNT : unit, NULL);
}

/* Two digits of it, all before the point. */
static const char *number_two_digits(char *buffer, size_t size, double value, const char *unit)
{
    const int power = (int)floor(log10(value));
    const double step = pow(10, power - 1);
    snprintf(buffer, size, "%.*f %s", power < 1 ? 1 - power : 0, round(value / step) * step, unit);
    return buffer;
}

/* Half of an interval's width, two digits of it, in the unit that the value is printed in. */
static const char *number_half(char *buffer, size_t size, double half, double value,
                               enum quantity unit)
{
    if (unit == QUANTITY_RATIO)
        return number_two_digits(buffer, size, 100 * half, "%");
    if (unit == QUANTITY_TIME && value < 60) {
        static const char *const names[] = {"s", "ms", "us", "ns"};
        uint32_t i = 0;
        for (; i < 3 && value * 1.0005 < 1; i++) { /* 999.6 ms are printed as 1 s */
            value *= 1000;
            half *= 1000;
        }
        return number_two_digits(buffer, size, half, names[i]);
    }
    const double step = pow(10, floor(log10(half)) - 1);
    return number_text(buffer, size, round(half / step) * step, unit);
}

const char *number_estimate(char *buffer, size_t size, struct interval estimate, enum quantity unit,
                            bool unicode)
{
    char value[48], low[48], high[48];
    number_text(value, sizeof(value), estimate.value, unit);
    const double down = estimate.value - estimate.low;
    const double up = estimate.high - estimate.value;
    const double half = (up + down) / 2;
    if (isnan(estimate.value) || isnan(half) || half <= 0)
        snprintf(buffer, size, "%s", value);
    else if (fabs(up - down) <= 0.05 * half)
        snprintf(buffer, size, "%s %s %s", value, unicode ? "\u00b1" : "+-",
                 number_half(high, sizeof(high), half, estimate.value, unit));
    else
        snprintf(buffer, size, "%s (%s .. %s)", value,
                 number_text(low, sizeof(low), estimate.low, unit),
                 number_text(high, sizeof(high), estimate.high, unit));
    return buffer;
}

const char *number_clock(char *buffer, size_t size, double time_s, double span_s)
{
    const bool seconds = span_s <= 2 * NUMBER_HOUR_S;
    const double unit_s = seconds ? 1 : NUMBER_MINUTE_S;
    const long long whole_s = (long long)(floor(fabs(time_s) / unit_s) * unit_s);
    const int hours = (int)(whole_s % NUMBER_DAY_S / NUMBER_HOUR_S);
    const int minutes = (int)(whole_s % NUMBER_HOUR_S / NUMBER_MINUTE_S);
    const char *sign = time_s < 0 && whole_s > 0 ? "-" : "";
    if (seconds)
        snprintf(buffer, size, "%s%02d:%02d:%02d", sign, hours, minutes,
                 (int)(whole_s % NUMBER_MINUTE_S));
    else if (span_s <= NUMBER_DAY_S)
        snprintf(buffer, size, "%s%02d:%02d", sign, hours, minutes);
    else
        snprintf(buffer, size, "%s%lldd %02d:%02d", sign, whole_s / NUMBER_DAY_S, hours, minutes);
    return buffer;
}

/* ---- all of them ---- */

static double number_worst(const struct results_worst *worst, enum metric_field field)
{
    if (!worst->known)
        return NAN;
    switch (field) {
    case FIELD_LATENCY:
        return worst->latency_p99_s;
    case FIELD_AVAILABILITY:
        return worst->availability;
    default:
        assert(field == FIELD_THROUGHPUT);
        return worst->throughput_per_s;
    }
}

static struct interval number_derived(const struct results *results,
                                      const struct metric_entry *entry)
{
    const struct interval unknown = {NAN, NAN, NAN};
    const struct results_bottleneck *bottleneck = &results->bottleneck;
    if (entry->derived == DERIVED_WORST)
        return (struct interval){number_worst(&results->worst[entry->index], entry->field), NAN,
                                 NAN};
    if (!bottleneck->known)
        return unknown;
    return entry->derived == DERIVED_UTILIZATION ? bottleneck->utilization : bottleneck->headroom;
}

/* From and to of the worst five minutes of a traffic, which no promise can be about. */
static struct number number_window(const struct results *results, uint32_t i, struct arena *arena)
{
    const uint32_t traffic = i / NUMBER_WINDOW_ENDS;
    const bool is_end = i % NUMBER_WINDOW_ENDS == 1;
    const struct results_worst *worst = &results->worst[traffic];
    const double time_s = is_end ? worst->to_s : worst->from_s;
    return (struct number){
        .path = arena_printf(arena, "traffic.%s.worst.window.%s",
                             results->scenario->traffic[traffic].name, is_end ? "to" : "from"),
        .unit = QUANTITY_TIME,
        .estimate = {worst->known ? time_s : NAN, NAN, NAN},
    };
}

uint32_t number_count(const struct results *results)
{
    const struct metric_list *list = results->scenario->metrics;
    return list->count + list->derived_count +
           NUMBER_WINDOW_ENDS * results->scenario->traffic_count;
}

struct number number_at(const struct results *results, uint32_t i, struct arena *arena)
{
    const struct metric_list *list = results->scenario->metrics;
    assert(i < number_count(results));
    if (i >= list->count + list->derived_count)
        return number_window(results, i - list->count - list->derived_count, arena);
    const struct metric_entry *entry = &list->entries[i];
    return (struct number){
        .path = entry->path,
        .unit = entry->unit,
        .estimate = i < list->count ? results->metrics[i] : number_derived(results, entry),
    };
}
