/* regression: picks what is compared from the scenario's own list of metrics, then looks it up on
 * both sides. */
#include "reports/regression.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "reports/sentence.h"

#define REGRESSION_ALARM 0.01 /* of all metrics of a scenario together, where nothing changed */
#define REGRESSION_CONFIDENCE 0.95 /* of the intervals in results */

enum { REGRESSION_WIDTH = 12 }; /* of the first cell of a line */

struct regression_pick {
    const struct metric_entry *entry;
    uint32_t metric;
    bool more_is_worse;
    struct place place;
};

/* ---- what is compared ---- */

static bool regression_usual_latency(const struct metric_entry *entry)
{
    if (entry->scope == SCOPE_TRAFFIC)
        return entry->part == PART_MEAN || entry->part == PART_P50 || entry->part == PART_P95 ||
               entry->part == PART_P99;
    return entry->scope == SCOPE_SERVICE && (entry->part == PART_MEAN || entry->part == PART_P99);
}

/* What is compared of every scenario, and in which direction it is worse. */
static bool regression_usual(const struct scenario *scenario, const struct metric_entry *entry,
                             bool *more_is_worse)
{
    const bool traffic = entry->scope == SCOPE_TRAFFIC;
    const bool service = entry->scope == SCOPE_SERVICE;
    *more_is_worse = true;
    if (entry->derived != DERIVED_NONE)
        return false;
    switch (entry->field) {
    case FIELD_LATENCY:
        return regression_usual_latency(entry);
    case FIELD_UNFINISHED:
    case FIELD_ERRORS:
        return traffic || service;
    case FIELD_QUEUE:
        return service && entry->part == LEVEL_MEAN &&
               scenario->services[entry->index].type->source;
    case FIELD_THROUGHPUT:
    case FIELD_AVAILABILITY:
    case FIELD_WITHIN:
        *more_is_worse = false;
        return traffic;
    case FIELD_OWN:
        *more_is_worse = false;
        return strcmp(strrchr(entry->path, '.'), ".hit_ratio") == 0;
    default:
        return false;
    }
}

static bool regression_wants_less(const struct promise *promise)
{
    return promise->comparison == LESS || promise->comparison == LESS_EQUAL;
}

/* The first promise about a metric that check would fail for; null: there is none. *ambiguous: its
 * value is held from both sides. */
static const struct promise *regression_promise(const struct scenario *scenario, uint32_t metric,
                                                bool *ambiguous)
{
    const struct promise *first = NULL;
    *ambiguous = false;
    for (uint32_t i = 0; i < scenario->promises_count; i++) {
        const struct promise *promise = &scenario->promises[i];
        if (promise->metric != metric || promise->warning || promise->at_load != 1)
            continue;
        first = first ? first : promise;
        *ambiguous = *ambiguous || regression_wants_less(promise) != regression_wants_less(first);
    }
    return first;
}

/* In the order of the results. Returns how many. */
static uint32_t regression_pick(const struct scenario *scenario, struct arena *arena,
                                struct regression_pick **picks)
{
    const struct metric_list *list = scenario->metrics;
    const uint32_t all = list->count + list->derived_count;
    uint32_t count = 0;
    *picks = arena_array(arena, all, sizeof(**picks));
    for (uint32_t i = 0; i < all; i++) {
        struct regression_pick pick = {.entry = &list->entries[i], .metric = i};
        bool ambiguous;
        const struct promise *promise = regression_promise(scenario, i, &ambiguous);
        if (promise)
            pick.place = promise->place;
        if (!regression_usual(scenario, pick.entry, &pick.more_is_worse)) {
            if (!promise || ambiguous || pick.entry->derived == DERIVED_WORST)
                continue;
            pick.more_is_worse = regression_wants_less(promise);
        }
        (*picks)[count++] = pick;
    }
    return count;
}

bool regression_check(const struct scenario *scenario, const struct baseline *baseline,
                      uint32_t entry, struct diag *diag)
{
    struct arena arena;
    struct regression_pick *picks;
    struct interval ignored;
    if (baseline_replications(baseline, entry) < 2) {
        baseline_refuse(baseline, entry,
                        "a baseline of one replication has no intervals to compare with: expected "
                        "2 or more",
                        diag);
        return false;
    }
    arena_init(&arena);
    bool good = true;
    const uint32_t count = regression_pick(scenario, &arena, &picks);
    for (uint32_t i = 0; i < count && good; i++)
        good = baseline_estimate(baseline, entry, picks[i].entry->path, &ignored, diag);
    for (uint32_t i = 0; i < scenario->traffic_count && good; i++)
        good = baseline_estimate(
            baseline, entry, arena_printf(&arena, "traffic.%s.offered", scenario->traffic[i].name),
            &ignored, diag);
    arena_done(&arena);
    return good;
}

/* ---- comparing ---- */

struct regression_finder {
    const struct results *results;
    const struct baseline *baseline;
    uint32_t entry;
    double tolerance;
    struct arena *arena;
    struct regression *found;
};

static struct interval regression_before(const struct regression_finder *finder, const char *path)
{
    struct diag diag;
    struct interval before;
    diag_init(&diag);
    const bool good = baseline_estimate(finder->baseline, finder->entry, path, &before, &diag);
    assert(good); /* regression_check has seen to it */
    (void)good;
    diag_done(&diag);
    return before;
}

static struct interval regression_after(const struct results *results,
                                        const struct regression_pick *pick)
{
    switch (pick->entry->derived) {
    case DERIVED_UTILIZATION:
        return results->bottleneck.known ? results->bottleneck.utilization
                                         : (struct interval){NAN, NAN, NAN};
    case DERIVED_HEADROOM:
        return results->bottleneck.known ? results->bottleneck.headroom
                                         : (struct interval){NAN, NAN, NAN};
    case DERIVED_NONE:
    case DERIVED_WORST:
        break;
    }
    return results->metrics[pick->metric];
}

static bool regression_is_known(struct interval estimate)
{
    return isfinite(estimate.value) && isfinite(estimate.low) && isfinite(estimate.high);
}

/* With `before` and `after` set: is the change beyond tolerance and chance? */
static void regression_judge(const struct regression_finder *finder,
                             struct regression_change *change, double tail)
{
    const struct interval *before = &change->before, *after = &change->after;
    const bool grew = after->value > before->value;
    const double difference = fabs(after->value - before->value);
    const struct interval_half before_half = {
        .width = grew ? before->high - before->value : before->value - before->low,
        .count = baseline_replications(finder->baseline, finder->entry),
    };
    const struct interval_half after_half = {
        .width = grew ? after->value - after->low : after->high - after->value,
        .count = finder->results->replications,
    };
    const double whole = change->lacks ? 1 - before->value : fabs(before->value);
    change->chance = interval_difference(before_half, after_half, REGRESSION_CONFIDENCE, tail);
    change->change = difference > 0 ? difference / whole : 0;
    if (grew != change->more_is_worse)
        change->change = -change->change;
    change->kind = REGRESSION_SAME;
    if (difference > finder->tolerance * whole && difference > change->chance)
        change->kind = change->change > 0 ? REGRESSION_WORSE : REGRESSION_BETTER;
}

/* More or fewer requests came: their throughput tells nothing. */
static bool regression_other_load(const struct regression_finder *finder,
                                  const struct metric_entry *throughput)
{
    const struct scenario *scenario = finder->results->scenario;
    const struct metric_list *list = scenario->metrics;
    const char *path = arena_printf(finder->arena, "traffic.%s.offered",
                                    scenario->traffic[throughput->index].name);
    const int64_t metric = metrics_find(list, path);
    assert(metric >= 0);
    struct regression_change offered = {
        .before = regression_before(finder, path),
        .after = finder->results->metrics[metric],
    };
    if (!regression_is_known(offered.before) || !regression_is_known(offered.after))
        return true;
    regression_judge(finder, &offered, REGRESSION_ALARM / 2); /* two sides */
    return offered.kind != REGRESSION_SAME;
}

/* Adds what can be compared, still to be judged. */
static void regression_add(struct regression_finder *finder, const struct regression_pick *pick)
{
    const struct metric_entry *entry = pick->entry;
    struct regression_change change = {
        .path = entry->path,
        .unit = entry->unit,
        .more_is_worse = pick->more_is_worse,
        .lacks = entry->unit == QUANTITY_RATIO && !pick->more_is_worse,
        .place = pick->place,
        .before = regression_before(finder, entry->path),
        .after = regression_after(finder->results, pick),
    };
    const bool nothing = isnan(change.before.value) && isnan(change.after.value);
    const bool zero = change.before.value == 0 && change.after.value == 0;
    if (nothing || zero)
        return;
    if (!regression_is_known(change.before) || !regression_is_known(change.after)) {
        finder->found->unknown_count++;
        return;
    }
    if (entry->scope == SCOPE_TRAFFIC && entry->field == FIELD_THROUGHPUT &&
        regression_other_load(finder, entry))
        return;
    finder->found->changes[finder->found->changes_count++] = change;
}

struct regression *regression_find(const struct results *results, const struct baseline *baseline,
                                   uint32_t entry, double tolerance, struct arena *arena)
{
    struct regression_pick *picks;
    const uint32_t count = regression_pick(results->scenario, arena, &picks);
    struct regression *found = arena_alloc(arena, sizeof(*found));
    found->tolerance = tolerance;
    found->changes = arena_array(arena, count, sizeof(*found->changes));
    struct regression_finder finder = {results, baseline, entry, tolerance, arena, found};
    if (results->replications >= 2)
        for (uint32_t i = 0; i < count; i++)
            regression_add(&finder, &picks[i]);
    for (uint32_t i = 0; i < found->changes_count; i++) {
        regression_judge(&finder, &found->changes[i], REGRESSION_ALARM / found->changes_count);
        found->counts[found->changes[i].kind]++;
    }
    return found;
}

/* ---- printing ---- */

bool regression_print(const struct regression *regression, const struct text_style *style,
                      FILE *stream)
{
    struct arena arena;
    struct table table;
    arena_init(&arena);
    table_init(&table, &arena, "ll");
    for (uint32_t i = 0; i < regression->changes_count; i++) {
        const struct regression_change *change = &regression->changes[i];
        if (change->kind != REGRESSION_WORSE)
            continue;
        table_row(&table);
        table_cell(&table, TINT_BAD, "%s worse", style->unicode ? "\u2718" : "x");
        table_cell(&table, TINT_NONE, "%s",
                   text_short(&arena, change->path, text_width(style) - REGRESSION_WIDTH));
        table_note(&table, sentence_change(regression, change, style->unicode, &arena));
    }
    table_print(&table, style, stream);
    if (regression->changes_count == 0) {
        fputs("  nothing could be compared with the baseline: no estimate has an interval\n",
              stream);
    } else {
        fprintf(stream, "  of %u metrics %u worse than in the baseline, %u better",
                regression->changes_count, regression->counts[REGRESSION_WORSE],
                regression->counts[REGRESSION_BETTER]);
        if (regression->unknown_count > 0)
            fprintf(stream, "; %u more without an interval on both sides",
                    regression->unknown_count);
        fputc('\n', stream);
    }
    arena_done(&arena);
    return regression->changes_count > 0;
}
