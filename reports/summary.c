/* summary: one pass over the metrics picks the few that are shown. */
#include "reports/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/number.h"

enum {
    SUMMARY_PATHS = 3,   /* of warnings that say the same */
    SUMMARY_OF_CODE = 5, /* different warnings of a code */
};

#define SUMMARY_FULL 0.995 /* utilisation that is printed as 100 %, or nearly */

/* ---- rows ---- */

static void summary_gather_field(struct summary_row *row, const struct metric_entry *entry,
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
static struct summary_row *summary_gather(const struct results *results, enum metric_scope scope,
                                          struct arena *arena)
{
    const struct scenario *scenario = results->scenario;
    const struct interval unknown = {NAN, NAN, NAN};
    const uint32_t count =
        scope == SCOPE_TRAFFIC ? scenario->traffic_count : scenario->services_count;
    struct summary_row *rows = arena_array(arena, count, sizeof(*rows));
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (struct summary_row){
            .name = scope == SCOPE_TRAFFIC ? scenario->traffic[i].name : scenario->services[i].name,
            .index = i,
            .used = scope == SCOPE_TRAFFIC ? NAN : results->uses[i].share.value,
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
            summary_gather_field(&rows[entry->index], entry, results->metrics[i]);
    }
    return rows;
}

struct summary_row *summary_traffic(const struct results *results, struct arena *arena)
{
    return summary_gather(results, SCOPE_TRAFFIC, arena);
}

/* The most used first, those without a limit last, else in file order. */
static int summary_compare_use(const void *left, const void *right)
{
    const struct summary_row *a = left;
    const struct summary_row *b = right;
    const double use_a = isnan(a->used) ? -1 : a->used;
    const double use_b = isnan(b->used) ? -1 : b->used;
    if (use_a != use_b)
        return use_a > use_b ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

struct summary_row *summary_services(const struct results *results, struct arena *arena)
{
    struct summary_row *rows = summary_gather(results, SCOPE_SERVICE, arena);
    qsort(rows, results->scenario->services_count, sizeof(*rows), summary_compare_use);
    return rows;
}

/* The class of which there is most, of those that are not yet shown; OUTCOME_OK: none is left. */
static uint32_t summary_next_error(const struct summary_row *row, const bool *shown)
{
    uint32_t most = OUTCOME_OK;
    for (uint32_t i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        if (!shown[i] && row->errors[i] > (most == OUTCOME_OK ? 0 : row->errors[most]))
            most = i;
    return most;
}

static const char *summary_add_error(const char *list, const char *name, double ratio,
                                     struct arena *arena)
{
    char number[NUMBER_SIZE];
    return arena_printf(arena, "%s%s%s %s", list ? list : "", list ? ", " : "", name,
                        number_text(number, sizeof(number), ratio, QUANTITY_RATIO));
}

const char *summary_errors(const struct summary_row *row, uint32_t most, struct arena *arena)
{
    const char *list = NULL;
    bool shown[OUTCOME_COUNT] = {false};
    uint32_t count = 0, next;
    while ((next = summary_next_error(row, shown)) != OUTCOME_OK) {
        if (count++ == most)
            return arena_printf(arena, "%s, ..", list);
        shown[next] = true;
        list = summary_add_error(list, outcome_names[next], row->errors[next], arena);
    }
    if (!(row->unfinished > 0))
        return list;
    return count == most ? arena_printf(arena, "%s, ..", list)
                         : summary_add_error(list, "unfinished", row->unfinished, arena);
}

const char *summary_queue(const struct summary_row *row, struct arena *arena)
{
    char number[NUMBER_SIZE];
    if (row->queue.value > 0 && row->queue.value < 0.01)
        return "< 0.01";
    return arena_printf(arena, "%s",
                        number_text(number, sizeof(number), row->queue.value, QUANTITY_COUNT));
}

const char *summary_used(const struct results *results, uint32_t service, struct arena *arena)
{
    const struct results_use *use = &results->uses[service];
    char number[NUMBER_SIZE];
    if (!use->resource)
        return "";
    return arena_printf(arena, "%s",
                        number_text(number, sizeof(number), use->share.value, QUANTITY_RATIO));
}

/* ---- sentences ---- */

const char *summary_measured(const struct results *results, struct arena *arena)
{
    const struct scenario *scenario = results->scenario;
    char duration[NUMBER_SIZE], warmup[NUMBER_SIZE], events[NUMBER_SIZE], wall[NUMBER_SIZE];
    char rate[NUMBER_SIZE];
    number_text(duration, sizeof(duration), (double)scenario->duration_ns / 1e9, QUANTITY_TIME);
    number_text(warmup, sizeof(warmup), results->warmup_s, QUANTITY_TIME);
    number_text(events, sizeof(events), (double)results->simulated, QUANTITY_COUNT);
    number_text(wall, sizeof(wall), results->wall_time_s, QUANTITY_TIME);
    number_text(rate, sizeof(rate), (double)results->simulated / results->wall_time_s,
                QUANTITY_RATE);
    return arena_printf(arena,
                        "%s measured after %s of warm-up, %u replication%s, seed %llu; %s events "
                        "in %s (%s)",
                        duration, warmup, results->replications,
                        results->replications == 1 ? "" : "s", (unsigned long long)scenario->seed,
                        events, wall, rate);
}

const char *summary_load(const struct promise *promise, struct arena *arena)
{
    return promise->at_load == 1 ? ""
                                 : arena_printf(arena, " at %g times the load", promise->at_load);
}

const char *summary_when_used(const struct results *results)
{
    return results->scenario->varies ? "in its busiest minute" : "on average";
}

const char *summary_headroom(const struct results *results, struct arena *arena)
{
    const struct results_bottleneck *bottleneck = &results->bottleneck;
    if (bottleneck->utilization.value >= SUMMARY_FULL)
        return "it is full: more traffic would only wait longer or fail";
    const bool scales = results->scenario->services[bottleneck->service].type->scales;
    return arena_printf(arena, "about %.3g times this traffic would fill it%s (estimate)",
                        bottleneck->headroom.value, scales ? " once it has scaled" : "");
}

const char *summary_arrangement(const struct arrangement *arrangement, struct arena *arena)
{
    if (arrangement->usually == NULL)
        return arena_printf(arena, "%s = %s", arrangement->path, arrangement->value);
    return arena_printf(arena, "%s = %s (%s unless raised)", arrangement->path, arrangement->value,
                        arrangement->usually);
}

const char *summary_events_title(const struct results *results, struct arena *arena)
{
    return results->replications == 1
               ? "What happened when"
               : arena_printf(arena, "What happened when, first of %u replications",
                              results->replications);
}

const char *summary_intervals(const struct results *results, struct arena *arena)
{
    if (results->replications == 1)
        return "One replication: nothing says how sure these numbers are.";
    const char *looks = results->confidence > 0.95
                            ? "Intervals are 95 %, of promises 98.75 % (four looks, 95 % in all). "
                            : "Intervals are 95 %. ";
    const char *varies = !results->scenario->varies
                             ? "Replications vary the chance in traffic and system."
                             : "Replications vary the chance in traffic and system, not the day: "
                               "what the traffic does over time is the same in each.";
    return arena_printf(arena, "%s%s", looks, varies);
}

/* ---- warnings ---- */

/* True for what the summary neither shows nor was asked about: a p99_9 that nobody promised. */
static bool summary_is_aside(const struct results *results, const struct results_warning *warning)
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

static bool summary_is_alike(const struct summary_warning *group,
                             const struct results_warning *warning)
{
    return strcmp(group->first->code, warning->code) == 0 &&
           strcmp(group->first->text, warning->text) == 0;
}

static void summary_add_path(struct summary_warning *group, const char *path, struct arena *arena)
{
    if (group->alike++ < SUMMARY_PATHS && path)
        group->paths = group->paths ? arena_printf(arena, "%s, %s", group->paths, path) : path;
}

/* The one that says the same, or a new one while its code has few; the others are only counted. */
static uint32_t summary_add_warning(struct summary_warning *list, uint32_t count,
                                    const struct results_warning *warning, struct arena *arena)
{
    uint32_t of_code = 0, last = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (summary_is_alike(&list[i], warning)) {
            summary_add_path(&list[i], warning->path, arena);
            return count;
        }
        if (strcmp(list[i].first->code, warning->code) == 0) {
            of_code++;
            last = i;
        }
    }
    if (of_code == SUMMARY_OF_CODE) {
        list[last].more++;
        return count;
    }
    list[count] = (struct summary_warning){.first = warning};
    summary_add_path(&list[count], warning->path, arena);
    return count + 1;
}

uint32_t summary_warnings(const struct results *results, struct arena *arena,
                          const struct summary_warning **warnings)
{
    struct summary_warning *list = arena_array(arena, results->warnings_count, sizeof(*list));
    uint32_t count = 0;
    for (uint32_t i = 0; i < results->warnings_count; i++)
        if (!summary_is_aside(results, &results->warnings[i]))
            count = summary_add_warning(list, count, &results->warnings[i], arena);
    for (uint32_t i = 0; i < count; i++)
        if (list[i].paths && list[i].alike > SUMMARY_PATHS)
            list[i].paths =
                arena_printf(arena, "%s and %u more", list[i].paths, list[i].alike - SUMMARY_PATHS);
    *warnings = list;
    return count;
}

const char *summary_warning_words(const struct summary_warning *warning, struct arena *arena)
{
    const char *words = arena_printf(arena, "%s%s%s", warning->paths ? warning->paths : "",
                                     warning->paths ? ": " : "", warning->first->text);
    return warning->more == 0 ? words
                              : arena_printf(arena, "%s; and %u more such", words, warning->more);
}

const char *summary_warning_text(const struct summary_warning *warning, struct arena *arena)
{
    return arena_printf(arena, "%s: %s", warning->first->code,
                        summary_warning_words(warning, arena));
}
