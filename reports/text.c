/* text: one pass over the metrics picks the few that a summary shows; each section is a small
 * table. */
#include "reports/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/quantity.h"
#include "sim/scenario/utf8.h"

enum {
    TEXT_ROWS_MAX = 20, /* of traffic and services; the rest is counted */
    TEXT_BAR_WIDTH = 20,
    TEXT_ESTIMATE_WIDTH = 40, /* and the verdict, beside the text of a promise */
    TEXT_NUMBER = 96,         /* bytes of a formatted estimate */
};

#define TEXT_FULL 0.995 /* utilisation that is printed as 100 %, or nearly */

/* What the summary shows of one traffic or service. */
struct text_row {
    const char *name;
    uint32_t index;
    struct interval offered, availability, p50, p95, p99, queue;
    double errors[OUTCOME_COUNT], unfinished;
    double used; /* of what the service has least of; NaN: nothing is limited, or a traffic */
};

struct text {
    const struct results *results;
    const struct text_style *style;
    FILE *stream;
    struct arena arena;
};

/* ---- numbers ---- */

static const char *text_value(char *buffer, size_t size, double value, enum quantity unit)
{
    /* results have times in s, quantities in ns; the nouns of capacities are not known here */
    return quantity_format(buffer, size, unit == QUANTITY_TIME ? value * 1e9 : value,
                           unit == QUANTITY_CAPACITY ? QUANTITY_COUNT : unit, NULL);
}

/* Two digits of it, all before the point. */
static const char *text_two_digits(char *buffer, size_t size, double value, const char *unit)
{
    const int power = (int)floor(log10(value));
    const double step = pow(10, power - 1);
    snprintf(buffer, size, "%.*f %s", power < 1 ? 1 - power : 0, round(value / step) * step, unit);
    return buffer;
}

/* Half of an interval's width, two digits of it, in the unit that the value is printed in. */
static const char *text_half(char *buffer, size_t size, double half, double value,
                             enum quantity unit)
{
    if (unit == QUANTITY_RATIO)
        return text_two_digits(buffer, size, 100 * half, "%");
    if (unit == QUANTITY_TIME && value < 60) {
        static const char *const names[] = {"s", "ms", "us", "ns"};
        uint32_t i = 0;
        for (; i < 3 && value * 1.0005 < 1; i++) { /* 999.6 ms are printed as 1 s */
            value *= 1000;
            half *= 1000;
        }
        return text_two_digits(buffer, size, half, names[i]);
    }
    const double step = pow(10, floor(log10(half)) - 1);
    return text_value(buffer, size, round(half / step) * step, unit);
}

static uint32_t text_name_width(const struct text *text)
{
    return text_width(text->style) * 3 / 10;
}

static uint32_t text_bar_width(const struct text *text)
{
    return text_width(text->style) >= TABLE_WIDTH ? TEXT_BAR_WIDTH : TEXT_BAR_WIDTH / 2;
}

const char *text_estimate(char *buffer, size_t size, struct interval estimate, enum quantity unit,
                          const struct text_style *style)
{
    char value[48], low[48], high[48];
    text_value(value, sizeof(value), estimate.value, unit);
    const double down = estimate.value - estimate.low;
    const double up = estimate.high - estimate.value;
    const double half = (up + down) / 2;
    if (isnan(estimate.value) || isnan(half) || half <= 0)
        snprintf(buffer, size, "%s", value);
    else if (fabs(up - down) <= 0.05 * half)
        snprintf(buffer, size, "%s %s %s", value, style->unicode ? "\u00b1" : "+-",
                 text_half(high, sizeof(high), half, estimate.value, unit));
    else
        snprintf(buffer, size, "%s (%s .. %s)", value,
                 text_value(low, sizeof(low), estimate.low, unit),
                 text_value(high, sizeof(high), estimate.high, unit));
    return buffer;
}

/* ---- gathering ---- */

static void text_gather_field(struct text_row *row, const struct metric_entry *entry,
                              struct interval estimate)
{
    switch (entry->field) {
    case FIELD_OFFERED:
        row->offered = estimate;
        break;
    case FIELD_AVAILABILITY:
        row->availability = estimate;
        break;
    case FIELD_UNFINISHED:
        row->unfinished = estimate.value;
        break;
    case FIELD_ERRORS:
        row->errors[entry->part] = estimate.value;
        break;
    case FIELD_QUEUE:
        if (entry->part == LEVEL_MEAN)
            row->queue = estimate;
        break;
    case FIELD_LATENCY:
        if (entry->part == PART_P50)
            row->p50 = estimate;
        if (entry->part == PART_P95)
            row->p95 = estimate;
        if (entry->part == PART_P99)
            row->p99 = estimate;
        break;
    default:
        break;
    }
}

/* One row per traffic or service, in file order. */
static struct text_row *text_gather(struct text *text, enum metric_scope scope)
{
    const struct scenario *scenario = text->results->scenario;
    const struct interval unknown = {NAN, NAN, NAN};
    const uint32_t count =
        scope == SCOPE_TRAFFIC ? scenario->traffic_count : scenario->services_count;
    struct text_row *rows = arena_array(&text->arena, count, sizeof(*rows));
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (struct text_row){
            .name = scope == SCOPE_TRAFFIC ? scenario->traffic[i].name : scenario->services[i].name,
            .index = i,
            .used = scope == SCOPE_TRAFFIC ? NAN : text->results->uses[i].share.value,
            .offered = unknown,
            .availability = unknown,
            .p50 = unknown,
            .p95 = unknown,
            .p99 = unknown,
            .queue = unknown,
        };
    for (uint32_t i = 0; i < scenario->metrics->count; i++) {
        const struct metric_entry *entry = &scenario->metrics->entries[i];
        if (entry->scope == scope)
            text_gather_field(&rows[entry->index], entry, text->results->metrics[i]);
    }
    return rows;
}

/* ---- sections ---- */

static void text_title(const struct text *text, const char *title)
{
    fprintf(text->stream, "\n%s%s%s\n", tint_begin(text->style, TINT_STRONG), title,
            tint_end(text->style, TINT_STRONG));
}

static void text_paragraph(const struct text *text, const char *words)
{
    text_wrap(text->style, words, 0, text->stream);
}

static void text_header(struct text *text)
{
    const struct results *results = text->results;
    const struct scenario *scenario = results->scenario;
    char duration[48], warmup[48], events[48], wall[48], rate[48];
    fprintf(text->stream, "%s%s%s  %s%s%s\n", tint_begin(text->style, TINT_STRONG),
            text_clean(&text->arena, scenario->name, 60), tint_end(text->style, TINT_STRONG),
            tint_begin(text->style, TINT_DIM), text_clean(&text->arena, scenario->file, 200),
            tint_end(text->style, TINT_DIM));
    text_value(duration, sizeof(duration), (double)scenario->duration_ns / 1e9, QUANTITY_TIME);
    text_value(warmup, sizeof(warmup), results->warmup_s, QUANTITY_TIME);
    text_value(events, sizeof(events), (double)results->events, QUANTITY_COUNT);
    text_value(wall, sizeof(wall), results->wall_time_s, QUANTITY_TIME);
    text_value(rate, sizeof(rate), (double)results->events / results->wall_time_s, QUANTITY_RATE);
    text_paragraph(
        text,
        arena_printf(&text->arena,
                     "%s measured after %s of warm-up, %u replication%s, seed %llu; %s events in "
                     "%s (%s)",
                     duration, warmup, results->replications, results->replications == 1 ? "" : "s",
                     (unsigned long long)scenario->seed, events, wall, rate));
}

static void text_promise_row(struct text *text, struct table *table, uint32_t i)
{
    static const char *const marks[] = {"\u2714", "\u2718", "?"};
    static const char *const plain_marks[] = {"+", "x", "?"};
    static const enum tint tints[] = {TINT_GOOD, TINT_BAD, TINT_DOUBT};
    const struct promise *promise = &text->results->scenario->promises[i];
    const struct verdict *verdict = &text->results->verdicts[i];
    char estimate[TEXT_NUMBER], load[32] = "";
    if (promise->at_load != 1)
        snprintf(load, sizeof(load), " at %g times the load", promise->at_load);
    const enum quantity unit = text->results->scenario->metrics->entries[promise->metric].unit;
    text_estimate(estimate, sizeof(estimate), verdict->estimate, unit, text->style);
    table_row(table);
    table_cell(table, tints[verdict->kind], "%s %s",
               (text->style->unicode ? marks : plain_marks)[verdict->kind],
               verdict_names[verdict->kind]);
    table_cell(
        table, TINT_NONE, "%s%s%s",
        text_short(&text->arena, promise->text, text_width(text->style) - TEXT_ESTIMATE_WIDTH),
        load, promise->warning ? " (warning)" : "");
    table_cell(table, TINT_NONE, "%s", estimate);
    if (verdict->reason)
        table_note(table, verdict->reason);
    if (promise->why && verdict->kind != VERDICT_KEPT)
        table_note(table, arena_printf(&text->arena, "why: %s",
                                       text_clean(&text->arena, promise->why, UINT32_MAX)));
}

static void text_promise_table(struct text *text)
{
    struct table table;
    table_init(&table, &text->arena, "lll");
    for (uint32_t i = 0; i < text->results->scenario->promises_count; i++)
        text_promise_row(text, &table, i);
    table_print(&table, text->style, text->stream);
}

static void text_promise_section(struct text *text)
{
    if (text->results->scenario->promises_count == 0)
        return;
    const struct results_tally tally = results_tally(text->results);
    text_title(text, arena_printf(&text->arena, "Promises: %u kept, %u broken, %u undecided",
                                  tally.counts[VERDICT_KEPT], tally.counts[VERDICT_BROKEN],
                                  tally.counts[VERDICT_UNDECIDED]));
    text_promise_table(text);
}

/* "timeout 0.2 %, throttled 0.1 %", the most frequent first. */
static void text_errors_cell(struct table *table, const struct text_row *row)
{
    char list[256] = "", number[48];
    size_t used = 0;
    bool shown[OUTCOME_COUNT] = {false};
    for (uint32_t round = OUTCOME_OK + 1; round < OUTCOME_COUNT; round++) {
        uint32_t most = OUTCOME_OK;
        for (uint32_t i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
            if (!shown[i] && row->errors[i] > (most == OUTCOME_OK ? 0 : row->errors[most]))
                most = i;
        if (most == OUTCOME_OK)
            break;
        shown[most] = true;
        text_value(number, sizeof(number), row->errors[most], QUANTITY_RATIO);
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s %s", used ? ", " : "",
                                 outcome_names[most], number);
    }
    if (row->unfinished > 0) {
        text_value(number, sizeof(number), row->unfinished, QUANTITY_RATIO);
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%sunfinished %s",
                                 used ? ", " : "", number);
    }
    table_cell(table, used ? TINT_DOUBT : TINT_NONE, "%s", used ? list : "none");
}

static void text_value_cell(struct table *table, double value, enum quantity unit)
{
    char number[48];
    table_cell(table, TINT_NONE, "%s", text_value(number, sizeof(number), value, unit));
}

static void text_cells(struct table *table, const char *const *names)
{
    table_row(table);
    for (uint32_t i = 0; i < table->columns; i++)
        table_cell(table, TINT_DIM, "%s", names[i]);
}

static void text_more(const struct text *text, uint32_t count)
{
    if (count > TEXT_ROWS_MAX)
        fprintf(text->stream, "  and %u more: --format json has them all\n", count - TEXT_ROWS_MAX);
}

static void text_traffic_section(struct text *text)
{
    static const char *const names[] = {"", "offered", "answered", "p50", "p95", "p99", "errors"};
    const uint32_t count = text->results->scenario->traffic_count;
    const struct text_row *rows = text_gather(text, SCOPE_TRAFFIC);
    char number[TEXT_NUMBER];
    struct table table;
    table_init(&table, &text->arena, "lrrrrll");
    text_title(text, "Traffic");
    text_cells(&table, names);
    for (uint32_t i = 0; i < count && i < TEXT_ROWS_MAX; i++) {
        table_row(&table);
        table_cell(&table, TINT_NONE, "%s",
                   text_short(&text->arena, rows[i].name, text_name_width(text)));
        text_value_cell(&table, rows[i].offered.value, QUANTITY_RATE);
        text_value_cell(&table, rows[i].availability.value, QUANTITY_RATIO);
        text_value_cell(&table, rows[i].p50.value, QUANTITY_TIME);
        text_value_cell(&table, rows[i].p95.value, QUANTITY_TIME);
        table_cell(&table, TINT_NONE, "%s",
                   text_estimate(number, sizeof(number), rows[i].p99, QUANTITY_TIME, text->style));
        text_errors_cell(&table, &rows[i]);
    }
    table_print(&table, text->style, text->stream);
    text_more(text, count);
}

/* Where the traffic changes over time, means hide the hours that matter. */
static void text_worst_lines(struct text *text)
{
    const struct scenario *scenario = text->results->scenario;
    for (uint32_t i = 0; i < scenario->traffic_count && i < TEXT_ROWS_MAX; i++) {
        const struct results_worst *worst = &text->results->worst[i];
        if (!worst->known || scenario->stationary)
            continue;
        char from[48], answered[48], p99[48];
        fprintf(text->stream, "  worst 5 minutes of %s: from %s, %s answered, p99 %s\n",
                text_short(&text->arena, scenario->traffic[i].name, text_name_width(text)),
                text_value(from, sizeof(from), worst->from_s, QUANTITY_TIME),
                text_value(answered, sizeof(answered), worst->availability, QUANTITY_RATIO),
                text_value(p99, sizeof(p99), worst->latency_p99_s, QUANTITY_TIME));
    }
}

/* The most used first, those without a limit last, else in file order. */
static int text_compare_use(const void *left, const void *right)
{
    const struct text_row *a = left;
    const struct text_row *b = right;
    const double use_a = isnan(a->used) ? -1 : a->used;
    const double use_b = isnan(b->used) ? -1 : b->used;
    if (use_a != use_b)
        return use_a > use_b ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void text_bar_cell(const struct text *text, struct table *table, double used)
{
    const struct text_style *style = text->style;
    if (isnan(used)) {
        table_cell(table, TINT_DIM, "no limit");
        return;
    }
    char bar[3 * TEXT_BAR_WIDTH + 1];
    const char *full = style->unicode ? "\u2588" : "#";
    const char *rest = style->unicode ? "\u2591" : ".";
    const uint32_t width = text_bar_width(text);
    const uint32_t filled = (uint32_t)lround(fmin(used, 1) * width);
    size_t length = 0;
    for (uint32_t i = 0; i < width; i++)
        length +=
            (size_t)snprintf(bar + length, sizeof(bar) - length, "%s", i < filled ? full : rest);
    table_cell(table, used >= 0.9 ? TINT_BAD : used >= 0.7 ? TINT_DOUBT : TINT_GOOD, "%s", bar);
}

/* What is used is said where it is not simply the capacity. */
static void text_used_cell(const struct text *text, struct table *table,
                           const struct results_use *use)
{
    char number[TEXT_NUMBER];
    if (use->resource == NULL) {
        table_cell(table, TINT_NONE, "%s", "");
        return;
    }
    text_estimate(number, sizeof(number), use->share, QUANTITY_RATIO, text->style);
    table_cell(table, TINT_NONE, "%s%s%s", number, use->is_capacity ? "" : " of its ",
               use->is_capacity ? "" : use->resource);
}

static void text_services_section(struct text *text)
{
    static const char *const names[] = {"", "", "used", "p99", "queue", "errors"};
    const uint32_t count = text->results->scenario->services_count;
    struct text_row *rows = text_gather(text, SCOPE_SERVICE);
    struct table table;
    qsort(rows, count, sizeof(*rows), text_compare_use);
    table_init(&table, &text->arena, "lllrrl");
    text_title(text, "Services, nearest to their limit first");
    text_cells(&table, names);
    for (uint32_t i = 0; i < count && i < TEXT_ROWS_MAX; i++) {
        table_row(&table);
        table_cell(&table, TINT_NONE, "%s",
                   text_short(&text->arena, rows[i].name, text_name_width(text)));
        text_bar_cell(text, &table, rows[i].used);
        text_used_cell(text, &table, &text->results->uses[rows[i].index]);
        text_value_cell(&table, rows[i].p99.value, QUANTITY_TIME);
        if (rows[i].queue.value > 0 && rows[i].queue.value < 0.01)
            table_cell(&table, TINT_NONE, "< 0.01");
        else
            text_value_cell(&table, rows[i].queue.value, QUANTITY_COUNT);
        text_errors_cell(&table, &rows[i]);
    }
    table_print(&table, text->style, text->stream);
    text_more(text, count);
}

static void text_bottleneck_line(struct text *text)
{
    const struct results_bottleneck *bottleneck = &text->results->bottleneck;
    char used[48];
    if (!bottleneck->known)
        return;
    fprintf(text->stream, "\n%sBottleneck: %s%s, %s of its %s in use on average\n",
            tint_begin(text->style, TINT_STRONG),
            text_short(&text->arena, text->results->scenario->services[bottleneck->service].name,
                       text_name_width(text)),
            tint_end(text->style, TINT_STRONG),
            text_value(used, sizeof(used), bottleneck->utilization.value, QUANTITY_RATIO),
            bottleneck->resource);
    if (bottleneck->utilization.value >= TEXT_FULL)
        fputs("  it is full: more traffic would only wait longer or fail\n", text->stream);
    else
        fprintf(text->stream, "  about %.3g times this traffic would fill it (estimate)\n",
                bottleneck->headroom.value);
}

/* True for what the summary neither shows nor was asked about: a p99_9 that nobody promised. */
static bool text_is_aside(const struct results *results, const struct results_warning *warning)
{
    static const char unseen[] = ".p99_9";
    const size_t length = warning->path ? strlen(warning->path) : 0;
    if (strcmp(warning->code, "few_observations") != 0 || length < sizeof(unseen) - 1 ||
        strcmp(warning->path + length - (sizeof(unseen) - 1), unseen) != 0)
        return false;
    for (uint32_t i = 0; i < results->scenario->promises_count; i++)
        if (strcmp(results->scenario->promises[i].path, warning->path) == 0)
            return false;
    return true;
}

static void text_warning(struct text *text, const struct results_warning *warning, uint32_t alike)
{
    const char *line =
        arena_printf(&text->arena, "%s: %s%s%s", warning->code, warning->path ? warning->path : "",
                     warning->path ? ": " : "", warning->text);
    if (alike > 1)
        line = arena_printf(&text->arena, "%s, and %u more", line, alike - 1);
    text_wrap(text->style, text_clean(&text->arena, line, UINT32_MAX), 2, text->stream);
}

/* The first of each code; how many more there are like it. */
static void text_warnings_section(struct text *text)
{
    const struct results *results = text->results;
    const struct results_warning *first = NULL;
    uint32_t alike = 0;
    for (uint32_t i = 0; i < results->warnings_count; i++) {
        const struct results_warning *warning = &results->warnings[i];
        if (text_is_aside(results, warning))
            continue;
        if (first && strcmp(first->code, warning->code) == 0) {
            alike++;
            continue;
        }
        if (first)
            text_warning(text, first, alike);
        else
            text_title(text, "Warnings");
        first = warning;
        alike = 1;
    }
    if (first)
        text_warning(text, first, alike);
}

static void text_footer(struct text *text)
{
    const struct results *results = text->results;
    fprintf(text->stream, "\n%s", tint_begin(text->style, TINT_DIM));
    if (results->replications == 1) {
        text_paragraph(text, "One replication: nothing says how sure these numbers are.");
    } else {
        const char *looks =
            results->confidence > 0.95
                ? "Intervals are 95 %, of promises 98.75 % (four looks, 95 % in all). "
                : "Intervals are 95 %. ";
        const char *varies =
            results->scenario->stationary
                ? "Replications vary the chance in traffic and system."
                : "Replications vary the chance in traffic and system, not the day: "
                  "what the traffic does over time is the same in each.";
        text_paragraph(text, arena_printf(&text->arena, "%s%s", looks, varies));
    }
    text_paragraph(text, "More: --format json has every number with its interval.");
    fputs(tint_end(text->style, TINT_DIM), text->stream);
}

void text_report(const struct results *results, const struct text_style *style, FILE *stream)
{
    struct text text = {.results = results, .style = style, .stream = stream};
    arena_init(&text.arena);
    text_header(&text);
    text_promise_section(&text);
    text_traffic_section(&text);
    text_worst_lines(&text);
    text_services_section(&text);
    text_bottleneck_line(&text);
    text_warnings_section(&text);
    text_footer(&text);
    arena_done(&text.arena);
}

void text_promises(const struct results *results, const struct text_style *style, FILE *stream)
{
    struct text text = {.results = results, .style = style, .stream = stream};
    arena_init(&text.arena);
    text_promise_table(&text);
    arena_done(&text.arena);
}
