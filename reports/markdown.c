#include "reports/markdown.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "reports/number.h"
#include "reports/summary.h"
#include "reports/table.h"
#include "reports/timeline.h"

struct markdown {
    const struct results *results;
    FILE *stream;
    struct arena arena;
};

/* ---- text ---- */

/* An underscore within a word means nothing. */
static bool markdown_is_within_word(const char *text, size_t at)
{
    return at > 0 && isalnum((unsigned char)text[at - 1]) && isalnum((unsigned char)text[at + 1]);
}

void markdown_text(const char *text, FILE *stream)
{
    struct arena arena;
    arena_init(&arena);
    char *line = arena_text(&arena, text, strlen(text));
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    const char *clean = text_clean(&arena, line, UINT32_MAX);
    for (size_t i = 0; clean[i]; i++) {
        if (clean[i] == '<')
            fputs("&lt;", stream);
        else if (clean[i] == '&')
            fputs("&amp;", stream);
        else if (strchr("\\`*[]|~#$", clean[i]) ||
                 (clean[i] == '_' && !markdown_is_within_word(clean, i)))
            fprintf(stream, "\\%c", clean[i]);
        else
            fputc(clean[i], stream);
    }
    arena_done(&arena);
}

static void markdown_cell(const struct markdown *markdown, const char *text)
{
    fputs("| ", markdown->stream);
    markdown_text(text, markdown->stream);
    fputc(' ', markdown->stream);
}

static void markdown_value(const struct markdown *markdown, double value, enum quantity unit)
{
    char number[NUMBER_SIZE];
    markdown_cell(markdown, number_text(number, sizeof(number), value, unit));
}

static void markdown_estimate(const struct markdown *markdown, struct interval estimate,
                              enum quantity unit)
{
    char number[NUMBER_SIZE];
    markdown_cell(markdown, number_estimate(number, sizeof(number), estimate, unit, true));
}

static void markdown_row_end(const struct markdown *markdown)
{
    fputs("|\n", markdown->stream);
}

/* The heading of a section and that of its table, "" for no title. */
static void markdown_table(const struct markdown *markdown, const char *title, const char *columns,
                           const char *align)
{
    if (title[0])
        fprintf(markdown->stream, "\n### %s\n", title);
    fprintf(markdown->stream, "\n%s\n%s\n", columns, align);
}

static void markdown_more(const struct markdown *markdown, const char *words)
{
    fputs("\n\u2026 and ", markdown->stream);
    markdown_text(words, markdown->stream);
    fputs(": `--format json` has them all\n", markdown->stream);
}

static void markdown_more_rows(struct markdown *markdown, uint32_t count)
{
    if (count > SUMMARY_ROWS)
        markdown_more(markdown, arena_printf(&markdown->arena, "%u more", count - SUMMARY_ROWS));
}

/* ---- sections ---- */

static void markdown_heading(struct markdown *markdown)
{
    const struct scenario *scenario = markdown->results->scenario;
    const struct results_tally tally = results_tally(markdown->results);
    FILE *stream = markdown->stream;
    fputs("## ", stream);
    if (tally.counts[VERDICT_BROKEN] > tally.warning_counts[VERDICT_BROKEN])
        fputs("\u2718 ", stream);
    else if (tally.counts[VERDICT_UNDECIDED] > tally.warning_counts[VERDICT_UNDECIDED])
        fputs("? ", stream);
    else if (scenario->promises_count > 0)
        fputs("\u2714 ", stream);
    markdown_text(scenario->name, stream);
    if (scenario->promises_count > 0)
        fprintf(stream, ": %u kept, %u broken, %u undecided", tally.counts[VERDICT_KEPT],
                tally.counts[VERDICT_BROKEN], tally.counts[VERDICT_UNDECIDED]);
    fputs("\n\n", stream);
    markdown_text(scenario->file, stream);
    fprintf(stream, ": %s\n", summary_measured(markdown->results, &markdown->arena));
}

/* Why it is undecided, and why it was promised where it is not kept. */
static const char *markdown_note(struct markdown *markdown, const struct promise *promise,
                                 const struct verdict *verdict)
{
    const char *reason = verdict->reason ? verdict->reason : "";
    if (!promise->why || verdict->kind == VERDICT_KEPT)
        return reason;
    return arena_printf(&markdown->arena, "%s%swhy: %s", reason, reason[0] ? "; " : "",
                        promise->why);
}

static void markdown_promises(struct markdown *markdown)
{
    static const char *const marks[] = {"\u2714", "\u2718", "?"};
    const struct scenario *scenario = markdown->results->scenario;
    if (scenario->promises_count == 0)
        return;
    markdown_table(markdown, "", "| | promise | estimate | |", "|:--|:--|:--|:--|");
    for (uint32_t i = 0; i < scenario->promises_count; i++) {
        const struct promise *promise = &scenario->promises[i];
        const struct verdict *verdict = &markdown->results->verdicts[i];
        markdown_cell(markdown, arena_printf(&markdown->arena, "%s %s", marks[verdict->kind],
                                             verdict_names[verdict->kind]));
        markdown_cell(markdown, arena_printf(&markdown->arena, "%s%s%s", promise->text,
                                             summary_load(promise, &markdown->arena),
                                             promise->warning ? " (warning)" : ""));
        markdown_estimate(markdown, verdict->estimate,
                          scenario->metrics->entries[promise->metric].unit);
        markdown_cell(markdown, markdown_note(markdown, promise, verdict));
        markdown_row_end(markdown);
    }
}

static void markdown_errors(struct markdown *markdown, const struct summary_row *row)
{
    const char *errors = summary_errors(row, UINT32_MAX, &markdown->arena);
    markdown_cell(markdown, errors ? errors : "none");
}

static void markdown_traffic(struct markdown *markdown)
{
    const uint32_t count = markdown->results->scenario->traffic_count;
    const struct summary_row *rows = summary_traffic(markdown->results, &markdown->arena);
    markdown_table(markdown, "Traffic", "| | offered | answered | p50 | p95 | p99 | errors |",
                   "|:--|--:|--:|--:|--:|:--|:--|");
    for (uint32_t i = 0; i < count && i < SUMMARY_ROWS; i++) {
        markdown_cell(markdown, rows[i].name);
        markdown_value(markdown, rows[i].offered.value, QUANTITY_RATE);
        markdown_value(markdown, rows[i].availability.value, QUANTITY_RATIO);
        markdown_value(markdown, rows[i].p50.value, QUANTITY_TIME);
        markdown_value(markdown, rows[i].p95.value, QUANTITY_TIME);
        markdown_estimate(markdown, rows[i].p99, QUANTITY_TIME);
        markdown_errors(markdown, &rows[i]);
        markdown_row_end(markdown);
    }
    markdown_more_rows(markdown, count);
}

static void markdown_worst(struct markdown *markdown)
{
    const struct scenario *scenario = markdown->results->scenario;
    const double span_s = (double)scenario->duration_ns / 1e9;
    bool begun = false;
    for (uint32_t i = 0; i < scenario->traffic_count && i < SUMMARY_ROWS; i++) {
        const struct results_worst *worst = &markdown->results->worst[i];
        char from[NUMBER_SIZE];
        if (!worst->known || !scenario->varies)
            continue;
        if (!begun)
            markdown_table(markdown, "Worst five minutes",
                           "| | from | answered | p99 | throughput |", "|:--|--:|--:|--:|--:|");
        begun = true;
        markdown_cell(markdown, scenario->traffic[i].name);
        markdown_cell(markdown, number_clock(from, sizeof(from), worst->from_s, span_s));
        markdown_value(markdown, worst->availability, QUANTITY_RATIO);
        markdown_value(markdown, worst->latency_p99_s, QUANTITY_TIME);
        markdown_value(markdown, worst->throughput_per_s, QUANTITY_RATE);
        markdown_row_end(markdown);
    }
}

static void markdown_services(struct markdown *markdown)
{
    const struct results *results = markdown->results;
    const uint32_t count = results->scenario->services_count;
    const struct summary_row *rows = summary_services(results, &markdown->arena);
    markdown_table(markdown, "Services, nearest to their limit first",
                   "| | used | of its | p99 | queue | errors |", "|:--|--:|:--|--:|--:|:--|");
    for (uint32_t i = 0; i < count && i < SUMMARY_ROWS; i++) {
        const char *resource = results->uses[rows[i].index].resource;
        markdown_cell(markdown, rows[i].name);
        markdown_cell(markdown, summary_used(results, rows[i].index, &markdown->arena));
        markdown_cell(markdown, resource ? resource : "no limit");
        markdown_value(markdown, rows[i].p99.value, QUANTITY_TIME);
        markdown_cell(markdown, summary_queue(&rows[i], &markdown->arena));
        markdown_errors(markdown, &rows[i]);
        markdown_row_end(markdown);
    }
    markdown_more_rows(markdown, count);
}

static void markdown_bottleneck(struct markdown *markdown)
{
    const struct results_bottleneck *bottleneck = &markdown->results->bottleneck;
    char used[NUMBER_SIZE];
    if (!bottleneck->known)
        return;
    fputs("\n**Bottleneck: ", markdown->stream);
    markdown_text(markdown->results->scenario->services[bottleneck->service].name,
                  markdown->stream);
    fprintf(markdown->stream, "**, %s of its %s in use %s; %s\n",
            number_text(used, sizeof(used), bottleneck->utilization.value, QUANTITY_RATIO),
            bottleneck->resource, summary_when_used(markdown->results),
            summary_headroom(markdown->results, &markdown->arena));
}

static void markdown_events(struct markdown *markdown)
{
    const struct results *results = markdown->results;
    const struct timeline timeline = timeline_make(results, true, &markdown->arena);
    if (timeline.lines_count == 0)
        return;
    markdown_table(markdown, summary_events_title(results, &markdown->arena), "| time | | | why |",
                   "|:--|:--|:--|:--|");
    for (uint32_t i = 0; i < timeline.lines_count; i++) {
        markdown_cell(markdown, timeline.lines[i].time);
        markdown_cell(markdown, timeline.lines[i].service);
        markdown_cell(markdown, arena_printf(&markdown->arena, "%s%s", timeline.lines[i].what,
                                             timeline.lines[i].span));
        markdown_cell(markdown, timeline.lines[i].why[0]);
        markdown_row_end(markdown);
    }
    if (timeline.more > 0)
        markdown_more(markdown, timeline.more_words);
}

static void markdown_arrangements(struct markdown *markdown)
{
    const struct arrangement *at = markdown->results->scenario->arrangements;
    if (at != NULL)
        fputs("\n### Counted on, to be arranged with the provider beforehand\n\n",
              markdown->stream);
    for (; at != NULL; at = at->next) {
        fputs("- ", markdown->stream);
        markdown_text(summary_arrangement(at, &markdown->arena), markdown->stream);
        fputc('\n', markdown->stream);
    }
}

static void markdown_warnings(struct markdown *markdown)
{
    const struct summary_warning *warnings;
    const uint32_t count = summary_warnings(markdown->results, &markdown->arena, &warnings);
    if (count > 0)
        fputs("\n### Warnings\n\n", markdown->stream);
    for (uint32_t i = 0; i < count; i++) {
        fputs("- ", markdown->stream);
        markdown_text(summary_warning_text(&warnings[i], &markdown->arena), markdown->stream);
        fputc('\n', markdown->stream);
    }
}

void markdown_report(const struct results *results, FILE *stream)
{
    struct markdown markdown = {.results = results, .stream = stream};
    arena_init(&markdown.arena);
    markdown_heading(&markdown);
    markdown_promises(&markdown);
    markdown_traffic(&markdown);
    markdown_worst(&markdown);
    markdown_services(&markdown);
    markdown_bottleneck(&markdown);
    markdown_events(&markdown);
    markdown_arrangements(&markdown);
    markdown_warnings(&markdown);
    fprintf(stream, "\n%s\n", summary_intervals(results, &markdown.arena));
    arena_done(&markdown.arena);
}
