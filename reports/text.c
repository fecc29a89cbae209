/* text: each section of a summary is a small table or a few lines. */
#include "reports/text.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "reports/number.h"
#include "reports/summary.h"
#include "reports/timeline.h"
#include "sim/scenario/utf8.h"

enum {
    TEXT_BAR_WIDTH = 20,
    TEXT_ESTIMATE_WIDTH = 40, /* and the verdict, beside the text of a promise */
    TEXT_BLANKS = 2,          /* before each column */
    TEXT_HANG = 4,            /* before what is continued on a further line */
};

struct text {
    const struct results *results;
    const struct text_style *style;
    FILE *stream;
    struct arena arena;
};

static uint32_t text_name_width(const struct text *text)
{
    return text_width(text->style) * 3 / 10;
}

static const char *text_name(struct text *text, const char *name)
{
    return text_short(&text->arena, name, text_name_width(text));
}

static void text_title(const struct text *text, const char *title)
{
    fprintf(text->stream, "\n%s%s%s\n", tint_begin(text->style, TINT_STRONG), title,
            tint_end(text->style, TINT_STRONG));
}

static void text_paragraph(const struct text *text, const char *words)
{
    text_wrap(text->style, words, 0, 0, text->stream);
}

static void text_header(struct text *text)
{
    const struct scenario *scenario = text->results->scenario;
    const char *name = text_clean(&text->arena, scenario->name, 60);
    const char *file = text_clean(&text->arena, scenario->file, 200);
    const uint32_t width =
        utf8_count(name, strlen(name)) + TEXT_BLANKS + utf8_count(file, strlen(file));
    fprintf(text->stream, "%s%s%s%s%s%s%s\n", tint_begin(text->style, TINT_STRONG), name,
            tint_end(text->style, TINT_STRONG), width > text_width(text->style) ? "\n" : "  ",
            tint_begin(text->style, TINT_DIM), file, tint_end(text->style, TINT_DIM));
    text_paragraph(text, summary_measured(text->results, &text->arena));
}

/* An interval for which the line has no room stands with the reason, if there is one. */
static void text_promise_estimate(struct text *text, struct table *table,
                                  const struct promise *promise, const struct verdict *verdict,
                                  bool intervals)
{
    const enum quantity unit = text->results->scenario->metrics->entries[promise->metric].unit;
    char estimate[NUMBER_SIZE], value[NUMBER_SIZE];
    number_estimate(estimate, sizeof(estimate), verdict->estimate, unit, text->style->unicode);
    number_text(value, sizeof(value), verdict->estimate.value, unit);
    table_cell(table, TINT_NONE, "%s", intervals ? estimate : value);
    if (verdict->reason && !intervals && strcmp(estimate, value) != 0)
        table_note(table, arena_printf(&text->arena, "%s: %s", estimate, verdict->reason));
    else if (verdict->reason)
        table_note(table, verdict->reason);
}

static void text_promise_row(struct text *text, struct table *table, uint32_t i, bool intervals)
{
    static const char *const marks[] = {"\u2714", "\u2718", "?"};
    static const char *const plain_marks[] = {"+", "x", "?"};
    static const enum tint tints[] = {TINT_GOOD, TINT_BAD, TINT_DOUBT};
    const struct promise *promise = &text->results->scenario->promises[i];
    const struct verdict *verdict = &text->results->verdicts[i];
    table_row(table);
    table_cell(table, tints[verdict->kind], "%s %s",
               (text->style->unicode ? marks : plain_marks)[verdict->kind],
               verdict_names[verdict->kind]);
    table_cell(
        table, TINT_NONE, "%s%s%s",
        text_short(&text->arena, promise->text, text_width(text->style) - TEXT_ESTIMATE_WIDTH),
        summary_load(promise, &text->arena), promise->warning ? " (warning)" : "");
    text_promise_estimate(text, table, promise, verdict, intervals);
    if (promise->why && verdict->kind != VERDICT_KEPT)
        table_note(table, arena_printf(&text->arena, "why: %s",
                                       text_clean(&text->arena, promise->why, UINT32_MAX)));
}

static void text_promise_table(struct text *text)
{
    struct table table;
    bool intervals = true, fits = false;
    while (!fits) {
        table_init(&table, &text->arena, "lll");
        for (uint32_t i = 0; i < text->results->scenario->promises_count; i++)
            text_promise_row(text, &table, i, intervals);
        fits = !intervals || table_fits(&table, text->style);
        intervals = false;
    }
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

/* `most` classes of them. */
static void text_errors_cell(struct text *text, struct table *table, const struct summary_row *row,
                             uint32_t most)
{
    const char *errors = summary_errors(row, most, &text->arena);
    table_cell(table, errors ? TINT_DOUBT : TINT_NONE, "%s", errors ? errors : "none");
}

static void text_value_cell(struct table *table, double value, enum quantity unit)
{
    char number[NUMBER_SIZE];
    table_cell(table, TINT_NONE, "%s", number_text(number, sizeof(number), value, unit));
}

static void text_cells(struct table *table, const char *const *names)
{
    table_row(table);
    for (uint32_t i = 0; i < table->columns; i++)
        table_cell(table, TINT_DIM, "%s", names[i]);
}

static void text_more(struct text *text, const char *words)
{
    fprintf(text->stream, "  %s and %s: --format json has them all\n",
            text->style->unicode ? "\u2026" : "...", text_clean(&text->arena, words, UINT32_MAX));
}

static void text_more_rows(struct text *text, uint32_t count)
{
    if (count > SUMMARY_ROWS)
        text_more(text, arena_printf(&text->arena, "%u more", count - SUMMARY_ROWS));
}

/* ---- tables of traffic and services ---- */

/* What a table shows: the widest is tried first, then ever less, until its lines fit. */
struct text_layout {
    uint32_t name, bar, resource; /* columns */
    uint32_t errors;              /* classes */
    bool intervals;
};
static const struct text_layout text_layouts[] = {
    {30, 20, 40, OUTCOME_COUNT, true},
    {30, 20, 40, OUTCOME_COUNT, false},
    {30, 10, 40, OUTCOME_COUNT, false},
    {24, 10, 40, 1, false},
    {24, 8, 24, 1, false},
    {20, 8, 16, 1, false},
    {14, 8, 9, 1, false},
};
enum { TEXT_LAYOUTS = sizeof(text_layouts) / sizeof(text_layouts[0]) };

static void text_print_layout(struct text *text, const struct summary_row *rows, uint32_t count,
                              void (*fill)(struct text *text, struct table *table,
                                           const struct summary_row *rows, uint32_t count,
                                           const struct text_layout *layout))
{
    struct table table;
    for (uint32_t i = 0; i < TEXT_LAYOUTS; i++) {
        fill(text, &table, rows, count < SUMMARY_ROWS ? count : SUMMARY_ROWS, &text_layouts[i]);
        if (table_fits(&table, text->style))
            break;
    }
    table_print(&table, text->style, text->stream);
    text_more_rows(text, count);
}

static void text_fill_traffic(struct text *text, struct table *table,
                              const struct summary_row *rows, uint32_t count,
                              const struct text_layout *layout)
{
    static const char *const names[] = {"", "offered", "answered", "p50", "p95", "p99", "errors"};
    char number[NUMBER_SIZE];
    table_init(table, &text->arena, layout->intervals ? "lrrrrll" : "lrrrrrl");
    text_cells(table, names);
    for (uint32_t i = 0; i < count; i++) {
        table_row(table);
        table_cell(table, TINT_NONE, "%s", text_short(&text->arena, rows[i].name, layout->name));
        text_value_cell(table, rows[i].offered.value, QUANTITY_RATE);
        text_value_cell(table, rows[i].availability.value, QUANTITY_RATIO);
        text_value_cell(table, rows[i].p50.value, QUANTITY_TIME);
        text_value_cell(table, rows[i].p95.value, QUANTITY_TIME);
        if (layout->intervals)
            table_cell(table, TINT_NONE, "%s",
                       number_estimate(number, sizeof(number), rows[i].p99, QUANTITY_TIME,
                                       text->style->unicode));
        else
            text_value_cell(table, rows[i].p99.value, QUANTITY_TIME);
        text_errors_cell(text, table, &rows[i], layout->errors);
    }
}

static void text_traffic_section(struct text *text)
{
    text_title(text, "Traffic");
    text_print_layout(text, summary_traffic(text->results, &text->arena),
                      text->results->scenario->traffic_count, text_fill_traffic);
}

static double text_span_s(const struct text *text)
{
    return (double)text->results->scenario->duration_ns / 1e9;
}

/* Where the traffic changes over time, means hide the hours that matter. */
static void text_worst_lines(struct text *text)
{
    const struct scenario *scenario = text->results->scenario;
    for (uint32_t i = 0; i < scenario->traffic_count && i < SUMMARY_ROWS; i++) {
        const struct results_worst *worst = &text->results->worst[i];
        if (!worst->known || !scenario->varies)
            continue;
        char from[NUMBER_SIZE], answered[NUMBER_SIZE], p99[NUMBER_SIZE];
        const char *line = arena_printf(
            &text->arena, "worst 5 minutes of %s: from %s, %s answered",
            text_name(text, scenario->traffic[i].name),
            number_clock(from, sizeof(from), worst->from_s, text_span_s(text)),
            number_text(answered, sizeof(answered), worst->availability, QUANTITY_RATIO));
        if (!isnan(worst->latency_p99_s))
            line = arena_printf(&text->arena, "%s, p99 %s", line,
                                number_text(p99, sizeof(p99), worst->latency_p99_s, QUANTITY_TIME));
        text_wrap(text->style, line, TEXT_BLANKS, TEXT_HANG, text->stream);
    }
}

static void text_bar_cell(const struct text *text, struct table *table, double used, uint32_t width)
{
    const struct text_style *style = text->style;
    if (isnan(used)) {
        table_cell(table, TINT_DIM, "no limit");
        return;
    }
    char bar[3 * TEXT_BAR_WIDTH + 1];
    const char *full = style->unicode ? "\u2588" : "#";
    const char *rest = style->unicode ? "\u2591" : ".";
    const uint32_t filled = (uint32_t)lround(fmin(used, 1) * width);
    size_t length = 0;
    assert(width <= TEXT_BAR_WIDTH);
    for (uint32_t i = 0; i < width; i++)
        length +=
            (size_t)snprintf(bar + length, sizeof(bar) - length, "%s", i < filled ? full : rest);
    table_cell(table, used >= 0.9 ? TINT_BAD : used >= 0.7 ? TINT_DOUBT : TINT_GOOD, "%s", bar);
}

static void text_fill_services(struct text *text, struct table *table,
                               const struct summary_row *rows, uint32_t count,
                               const struct text_layout *layout)
{
    static const char *const names[] = {"", "", "used", "of its", "p99", "queue", "errors"};
    table_init(table, &text->arena, "llrlrrl");
    text_cells(table, names);
    for (uint32_t i = 0; i < count; i++) {
        const char *resource = text->results->uses[rows[i].index].resource;
        table_row(table);
        table_cell(table, TINT_NONE, "%s", text_short(&text->arena, rows[i].name, layout->name));
        text_bar_cell(text, table, rows[i].used, layout->bar);
        table_cell(table, TINT_NONE, "%s",
                   summary_used(text->results, rows[i].index, &text->arena));
        table_cell(table, TINT_NONE, "%s",
                   text_short(&text->arena, resource ? resource : "", layout->resource));
        text_value_cell(table, rows[i].p99.value, QUANTITY_TIME);
        table_cell(table, TINT_NONE, "%s", summary_queue(&rows[i], &text->arena));
        text_errors_cell(text, table, &rows[i], layout->errors);
    }
}

static void text_services_section(struct text *text)
{
    text_title(text, "Services, nearest to their limit first");
    text_print_layout(text, summary_services(text->results, &text->arena),
                      text->results->scenario->services_count, text_fill_services);
}

/* ---- the rest ---- */

static void text_bottleneck_line(struct text *text)
{
    const struct results_bottleneck *bottleneck = &text->results->bottleneck;
    char used[NUMBER_SIZE];
    if (!bottleneck->known)
        return;
    const char *name =
        arena_printf(&text->arena, "Bottleneck: %s",
                     text_name(text, text->results->scenario->services[bottleneck->service].name));
    const char *use =
        arena_printf(&text->arena, "%s of its %s in use %s",
                     number_text(used, sizeof(used), bottleneck->utilization.value, QUANTITY_RATIO),
                     bottleneck->resource, summary_when_used(text->results));
    const size_t width = utf8_count(name, strlen(name)) + 2 + strlen(use);
    fprintf(text->stream, "\n%s%s%s,%s%s\n  %s\n", tint_begin(text->style, TINT_STRONG), name,
            tint_end(text->style, TINT_STRONG), width > text_width(text->style) ? "\n  " : " ", use,
            summary_headroom(text->results, &text->arena));
}

static uint32_t text_wider(uint32_t width, const char *text, const char *rest)
{
    const uint32_t needed = utf8_count(text, strlen(text)) + utf8_count(rest, strlen(rest));
    return needed > width ? needed : width;
}

/* What is left of a line for the reason, behind the other columns. */
static uint32_t text_reason_width(struct text *text, const struct timeline *timeline, bool spans)
{
    uint32_t time = 0, name = 0, what = 0;
    for (uint32_t i = 0; i < timeline->lines_count; i++) {
        const struct timeline_line *line = &timeline->lines[i];
        const char *span = spans ? line->span : "";
        time = text_wider(time, line->time, "");
        name = text_wider(name, text_name(text, line->service), "");
        what = text_wider(what, line->what, span);
    }
    const uint32_t used = 4 * TEXT_BLANKS + time + name + what;
    return used < text_width(text->style) ? text_width(text->style) - used : 0;
}

/* The longest that fits; of the shortest the middle is cut away, since its end has the numbers. */
static const char *text_reason(struct text *text, const struct timeline_line *line, uint32_t width)
{
    for (uint32_t i = 0; i < TIMELINE_REASONS; i++)
        if (utf8_count(line->why[i], strlen(line->why[i])) <= width)
            return line->why[i];
    return text_short(&text->arena, line->why[TIMELINE_REASONS - 1], width);
}

/* Whether each line has room for its shortest reason. */
static bool text_has_room(const struct timeline *timeline, uint32_t width)
{
    for (uint32_t i = 0; i < timeline->lines_count; i++) {
        const char *why = timeline->lines[i].why[TIMELINE_REASONS - 1];
        if (utf8_count(why, strlen(why)) > width)
            return false;
    }
    return true;
}

/* What scaled when, and why, in one line each; how long it took where there is room. */
static void text_events_section(struct text *text)
{
    const struct results *results = text->results;
    const struct timeline timeline = timeline_make(results, text->style->unicode, &text->arena);
    const bool spans = text_has_room(&timeline, text_reason_width(text, &timeline, true));
    const uint32_t width = text_reason_width(text, &timeline, spans);
    struct table table;
    if (timeline.lines_count == 0)
        return;
    text_title(text, summary_events_title(results, &text->arena));
    table_init(&table, &text->arena, "rlll");
    for (uint32_t i = 0; i < timeline.lines_count; i++) {
        const struct timeline_line *line = &timeline.lines[i];
        table_row(&table);
        table_cell(&table, TINT_DIM, "%s", line->time);
        table_cell(&table, TINT_NONE, "%s", text_name(text, line->service));
        table_cell(&table, TINT_NONE, "%s%s", line->what, spans ? line->span : "");
        table_cell(&table, TINT_NONE, "%s", text_reason(text, line, width));
    }
    table_print(&table, text->style, text->stream);
    if (timeline.more > 0)
        text_more(text, timeline.more_words);
}

static void text_arrangements_section(struct text *text)
{
    const struct arrangement *at = text->results->scenario->arrangements;
    if (at != NULL)
        text_title(text, "Counted on, to be arranged with the provider beforehand");
    for (; at != NULL; at = at->next)
        text_wrap(text->style,
                  text_clean(&text->arena, summary_arrangement(at, &text->arena), UINT32_MAX),
                  TEXT_BLANKS, TEXT_HANG, text->stream);
}

static void text_warnings_section(struct text *text)
{
    const struct summary_warning *warnings;
    const uint32_t count = summary_warnings(text->results, &text->arena, &warnings);
    if (count > 0)
        text_title(text, "Warnings");
    for (uint32_t i = 0; i < count; i++)
        text_wrap(
            text->style,
            text_clean(&text->arena, summary_warning_text(&warnings[i], &text->arena), UINT32_MAX),
            TEXT_BLANKS, TEXT_HANG, text->stream);
}

static void text_footer(struct text *text)
{
    fprintf(text->stream, "\n%s", tint_begin(text->style, TINT_DIM));
    text_paragraph(text, summary_intervals(text->results, &text->arena));
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
    text_events_section(&text);
    text_arrangements_section(&text);
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
