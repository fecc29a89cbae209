#include "reports/timeline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/number.h"
#include "sim/kernel/log.h"

/* What matters more is shown first. */
enum timeline_importance { TIMELINE_SCALING, TIMELINE_THROTTLING, TIMELINE_HEALTH };

enum { TIMELINE_OTHERS = 3 }; /* lines that scaling leaves to what is none, if there is any */

/* One event, or several that are told in one line. */
struct timeline_item {
    const struct results_event *event; /* the first */
    enum timeline_importance importance;
    double until_s;
    uint64_t count;
    uint32_t times; /* how many events it stands for */
    uint32_t index; /* among the items */
    uint32_t rank;  /* of its service's items of that importance, the largest first */
};

struct timeline_items {
    struct timeline_item *items;
    uint32_t *grouped; /* those of them that stand for several events */
    uint32_t count, grouped_count;
};

static bool timeline_is(const struct results_event *event, enum log_kind kind)
{
    return strcmp(event->kind, log_kind_names[kind]) == 0;
}

static enum timeline_importance timeline_importance_of(const struct results_event *event)
{
    if (timeline_is(event, LOG_THROTTLING))
        return TIMELINE_THROTTLING;
    if (timeline_is(event, LOG_UNHEALTHY) || timeline_is(event, LOG_HEALTHY))
        return TIMELINE_HEALTH;
    return TIMELINE_SCALING;
}

static bool timeline_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The item that tells of events like this one, or null. */
static struct timeline_item *timeline_find(const struct timeline_items *items,
                                           const struct results_event *event)
{
    for (uint32_t i = 0; i < items->grouped_count; i++) {
        struct timeline_item *item = &items->items[items->grouped[i]];
        const struct results_event *other = item->event;
        if (strcmp(other->service, event->service) == 0 && strcmp(other->kind, event->kind) == 0 &&
            timeline_same_text(other->metric, event->metric))
            return item;
    }
    return NULL;
}

static struct timeline_items timeline_gather(const struct results *results, struct arena *arena)
{
    struct timeline_items items = {
        .items = arena_array(arena, results->events_count, sizeof(struct timeline_item)),
        .grouped = arena_array(arena, results->events_count, sizeof(uint32_t)),
    };
    for (uint32_t i = 0; i < results->events_count; i++) {
        const struct results_event *event = &results->events[i];
        const enum timeline_importance importance = timeline_importance_of(event);
        if (event->replication != 0 || event->until_s < 0)
            continue;
        struct timeline_item *item =
            importance == TIMELINE_SCALING ? NULL : timeline_find(&items, event);
        if (!item) {
            if (importance != TIMELINE_SCALING)
                items.grouped[items.grouped_count++] = items.count;
            item = &items.items[items.count];
            *item = (struct timeline_item){
                .event = event, .importance = importance, .index = items.count++};
        }
        item->until_s = fmax(item->until_s, event->until_s);
        item->count += event->count;
        item->times++;
    }
    return items;
}

/* How much it changed, in instances, ACUs, calls or members. */
static double timeline_size(const struct timeline_item *item)
{
    if (item->importance != TIMELINE_SCALING)
        return (double)item->count;
    const double change = fabs(item->event->to - item->event->from);
    return isnan(change) ? 0 : change;
}

/* The items of a service and importance together, the largest first. */
static int timeline_compare_size(const void *left, const void *right)
{
    const struct timeline_item *a = left, *b = right;
    const int service = strcmp(a->event->service, b->event->service);
    if (a->importance != b->importance)
        return a->importance < b->importance ? -1 : 1;
    if (service != 0)
        return service;
    if (timeline_size(a) != timeline_size(b))
        return timeline_size(a) > timeline_size(b) ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static int timeline_compare_rank(const void *left, const void *right)
{
    const struct timeline_item *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->importance != b->importance)
        return a->importance < b->importance ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int timeline_compare_time(const void *left, const void *right)
{
    const struct timeline_item *a = left, *b = right;
    if (a->event->time_s != b->event->time_s)
        return a->event->time_s < b->event->time_s ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Moves what is no scaling, if too much scaling comes before it, to the end of the lines that are
 * shown. */
static void timeline_let_in(struct timeline_items *items)
{
    uint32_t others = 0, next = TIMELINE_LINES;
    for (uint32_t i = 0; i < TIMELINE_LINES; i++)
        others += items->items[i].importance != TIMELINE_SCALING;
    for (uint32_t i = TIMELINE_LINES; i-- > 0 && others < TIMELINE_OTHERS;) {
        while (next < items->count && items->items[next].importance == TIMELINE_SCALING)
            next++;
        if (next == items->count)
            return;
        if (items->items[i].importance != TIMELINE_SCALING)
            continue;
        const struct timeline_item item = items->items[i];
        items->items[i] = items->items[next];
        items->items[next++] = item;
        others++;
    }
}

/* The lines that are shown come first, in the order of time. Returns how many. */
static uint32_t timeline_choose(struct timeline_items *items)
{
    if (items->count > TIMELINE_LINES) {
        qsort(items->items, items->count, sizeof(*items->items), timeline_compare_size);
        for (uint32_t i = 1; i < items->count; i++) {
            const struct timeline_item *before = &items->items[i - 1];
            struct timeline_item *item = &items->items[i];
            if (item->importance == before->importance &&
                strcmp(item->event->service, before->event->service) == 0)
                item->rank = before->rank + 1;
        }
        qsort(items->items, items->count, sizeof(*items->items), timeline_compare_rank);
        timeline_let_in(items);
    }
    const uint32_t chosen = items->count < TIMELINE_LINES ? items->count : TIMELINE_LINES;
    qsort(items->items, chosen, sizeof(*items->items), timeline_compare_time);
    return chosen;
}

/* ---- words ---- */

/* "4 -> 6"; more digits where three of them show no difference. */
static const char *timeline_change(const struct results_event *event, bool unicode,
                                   struct arena *arena)
{
    char from[NUMBER_SIZE], to[NUMBER_SIZE];
    number_text(from, sizeof(from), event->from, QUANTITY_COUNT);
    number_text(to, sizeof(to), event->to, QUANTITY_COUNT);
    if (strcmp(from, to) == 0) {
        snprintf(from, sizeof(from), "%.8g", event->from);
        snprintf(to, sizeof(to), "%.8g", event->to);
    }
    return arena_printf(arena, "%s %s %s", from, unicode ? "\u2192" : "->", to);
}

static const char *timeline_span(const struct timeline_item *item, struct arena *arena)
{
    char span[NUMBER_SIZE];
    const double span_s = item->until_s - item->event->time_s;
    return span_s < 1 ? ""
                      : arena_printf(arena, " over %s",
                                     number_text(span, sizeof(span), round(span_s), QUANTITY_TIME));
}

static const char *timeline_what(const struct timeline_item *item, bool unicode,
                                 struct arena *arena)
{
    static const char *const verbs[LOG_KINDS] = {
        [LOG_SCALE_OUT] = "scaled out",  [LOG_SCALE_IN] = "scaled in",
        [LOG_PAUSE] = "paused",          [LOG_RESUME] = "resumed",
        [LOG_THROTTLING] = "throttled",  [LOG_UNHEALTHY] = "took out",
        [LOG_HEALTHY] = "took in",       [LOG_ALARM] = "alarm",
        [LOG_ALARM_OVER] = "alarm over", [LOG_COMMAND] = "command",
    };
    const struct results_event *event = item->event;
    const char *what = event->kind;
    char count[NUMBER_SIZE];
    for (uint32_t kind = 0; kind < LOG_KINDS; kind++)
        what = timeline_is(event, kind) ? verbs[kind] : what;
    if (timeline_is(event, LOG_COMMAND))
        return arena_printf(arena, "%s %s", what, event->metric);
    if (item->importance == TIMELINE_SCALING && !isnan(event->from) && !isnan(event->to))
        what = arena_printf(arena, "%s %s", what, timeline_change(event, unicode, arena));
    const bool throttling = item->importance == TIMELINE_THROTTLING;
    if (item->importance != TIMELINE_SCALING && item->count > 0)
        what = arena_printf(arena, "%s %s %s%s", what,
                            number_text(count, sizeof(count), (double)item->count, QUANTITY_COUNT),
                            throttling ? "call" : "member", item->count == 1 ? "" : "s");
    if (item->times > 1 && throttling)
        what = arena_printf(arena, "%s in %u spells", what, item->times);
    return what;
}

/* What the metric of an event is counted in: a type's own metric says so, a name that ends in
 * utilization is a ratio, all else is a number. */
static enum quantity timeline_unit(const struct results *results, const struct results_event *event)
{
    static const char ending[] = "utilization";
    const size_t length = strlen(event->metric);
    for (uint32_t i = 0; i < results->scenario->services_count; i++) {
        const struct scenario_service *service = &results->scenario->services[i];
        if (strcmp(service->name, event->service) != 0)
            continue;
        for (uint32_t k = 0; k < service->type->metrics_count; k++)
            if (strcmp(service->type->metrics[k].name, event->metric) == 0)
                return service->type->metrics[k].unit;
    }
    if (length >= sizeof(ending) - 1 &&
        strcmp(event->metric + length + 1 - sizeof(ending), ending) == 0)
        return QUANTITY_RATIO;
    return QUANTITY_COUNT;
}

/* "cpu_utilization 71 % > 50 %", or what there is of it; "" */
static const char *timeline_measure(const struct results *results, const struct timeline_item *item,
                                    struct arena *arena)
{
    const struct results_event *event = item->event;
    char value[NUMBER_SIZE], threshold[NUMBER_SIZE];
    if (!event->metric)
        return "";
    if (timeline_is(event, LOG_COMMAND))
        return isnan(event->value)
                   ? ""
                   : arena_printf(arena, "to %s",
                                  number_text(value, sizeof(value), event->value, QUANTITY_COUNT));
    if (isnan(event->value) || item->importance != TIMELINE_SCALING)
        return event->metric; /* a limit, a check; of several each had a value of its own */
    const enum quantity unit = timeline_unit(results, event);
    number_text(value, sizeof(value), event->value, unit);
    if (isnan(event->threshold) || event->value == event->threshold)
        return arena_printf(arena, "%s %s", event->metric, value);
    number_text(threshold, sizeof(threshold), event->threshold, unit);
    return arena_printf(arena, "%s %s %s %s", event->metric, value,
                        event->value > event->threshold ? ">" : "<", threshold);
}

/* "ready in 1m 15s"; "" if it had its effect at once. */
static const char *timeline_delay(const struct timeline_item *item, struct arena *arena)
{
    const struct results_event *event = item->event;
    const bool up = timeline_is(event, LOG_SCALE_OUT) || timeline_is(event, LOG_RESUME);
    char delay[NUMBER_SIZE];
    return item->times > 1 || !(event->delay_s > 0)
               ? ""
               : arena_printf(arena, "%s in %s", up ? "ready" : "done",
                              number_text(delay, sizeof(delay), event->delay_s, QUANTITY_TIME));
}

static const char *timeline_join(const char *a, const char *b, struct arena *arena)
{
    return arena_printf(arena, "%s%s%s", a, a[0] && b[0] ? ", " : "", b);
}

/* A value without a threshold says less than the remark. */
static void timeline_explain(const struct results *results, const struct timeline_item *item,
                             struct timeline_line *line, struct arena *arena)
{
    const struct results_event *event = item->event;
    const char *remark = event->text && item->times == 1 ? event->text : "";
    const char *measure = timeline_measure(results, item, arena);
    const char *delay = timeline_delay(item, arena);
    if (item->importance == TIMELINE_SCALING && isnan(event->threshold) && remark[0])
        measure = "";
    const char *reason = measure[0] ? measure : remark;
    line->why[0] = timeline_join(timeline_join(measure, remark, arena), delay, arena);
    line->why[1] = timeline_join(reason, delay, arena);
    line->why[2] = reason[0] ? reason : delay;
}

static int timeline_compare_service(const void *left, const void *right)
{
    const struct timeline_item *a = left, *b = right;
    return strcmp(a->event->service, b->event->service);
}

/* What is not shown, and the service that has most of it. */
static void timeline_count_more(const struct timeline_items *items, struct timeline *timeline,
                                struct arena *arena)
{
    struct timeline_item *rest = items->items + timeline->lines_count;
    const uint32_t more = items->count - timeline->lines_count;
    uint32_t most = 0;
    timeline->more = more;
    timeline->more_words = arena_printf(arena, "%u more", more);
    if (more == 0)
        return;
    qsort(rest, more, sizeof(*rest), timeline_compare_service);
    for (uint32_t i = 0, count = 0; i < more; i++) {
        const char *service = rest[i].event->service;
        count = i > 0 && strcmp(rest[i - 1].event->service, service) == 0 ? count + 1 : 1;
        if (count <= most)
            continue;
        most = count;
        timeline->more_words =
            count == more ? arena_printf(arena, "%u more of %s", more, service)
                          : arena_printf(arena, "%u more, %u of them of %s", more, count, service);
    }
}

struct timeline timeline_make(const struct results *results, bool unicode, struct arena *arena)
{
    const double span_s = (double)results->scenario->duration_ns / 1e9;
    struct timeline timeline = {.lines_count = 0};
    struct timeline_items items = timeline_gather(results, arena);
    timeline.lines_count = timeline_choose(&items);
    timeline_count_more(&items, &timeline, arena);
    for (uint32_t i = 0; i < timeline.lines_count; i++) {
        const struct timeline_item *item = &items.items[i];
        char time[NUMBER_SIZE];
        number_clock(time, sizeof(time), item->event->time_s, span_s);
        timeline.lines[i] = (struct timeline_line){
            .time = arena_printf(arena, "%s", time),
            .service = item->event->service,
            .what = timeline_what(item, unicode, arena),
            .span = timeline_span(item, arena),
        };
        timeline_explain(results, item, &timeline.lines[i], arena);
    }
    return timeline;
}
