/* slo: promises `PATH OPERATOR VALUE` about numbers of the metric list. */
#include "sim/scenario/loader.h"

#include <string.h>

const char *const comparison_names[4] = {"<", "<=", ">", ">="};

static const char slo_expected[] =
    "a promise is PATH OPERATOR VALUE, such as traffic.users.latency.p99 < 200ms";

/* A promise taken apart: pieces of the node's text. */
struct slo_text {
    const struct node *node;
    const char *path, *value;
    uint32_t path_offset, value_offset; /* in bytes */
    enum comparison comparison;
};

static bool slo_split(struct loader *loader, const struct node *node, struct slo_text *out)
{
    static const char blanks[] = " \t";
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789-.";
    struct arena *arena = loader->binder.arena;
    const char *start = node->text + strspn(node->text, blanks);
    const char *operator= start + strspn(start, letters);
    const size_t path_length = (size_t)(operator- start);
    operator+= strspn(operator, blanks);
    const size_t operator_length = strspn(operator, "<>=!");
    const char *value = operator+ operator_length + strspn(operator+ operator_length, blanks);
    *out = (struct slo_text){.node = node,
                             .path = arena_text(arena, start, path_length),
                             .path_offset = (uint32_t)(start - node->text),
                             .value_offset = (uint32_t)(value - node->text)};
    if (path_length == 0 || operator_length == 0 || value[0] == '\0') {
        diag_error(loader->binder.diag, bind_place(node, (uint32_t)(operator- node->text)), "%s",
                   slo_expected);
        return false;
    }
    size_t length = strlen(value);
    while (length > 0 && strchr(blanks, value[length - 1]) != NULL)
        length--;
    out->value = arena_text(arena, value, length);
    for (uint32_t i = 0; i < 4; i++) {
        if (strlen(comparison_names[i]) == operator_length &&
            memcmp(comparison_names[i], operator, operator_length) == 0) {
            out->comparison = (enum comparison)i;
            return true;
        }
    }
    diag_error(loader->binder.diag, bind_place(node, (uint32_t)(operator- node->text)),
               "'%.*s' is not one of the operators <, <=, > and >=",
               (int)(operator_length > 8 ? 8 : operator_length), operator);
    return false;
}

/* The place of a piece of the promise. */
static struct place slo_place(const struct node *node, size_t offset, size_t length)
{
    struct place place = bind_place(node, (uint32_t)offset);
    place.column += offset == 0 && node->quoted ? 1 : 0;
    place.width = (uint32_t)length;
    return place;
}

/* Numbers of results.md that no run of this version computes. */
static const char *slo_not_yet(const char *path)
{
    static const char *const first[] = {"cost", "recovery", "yearly"};
    for (uint32_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        const size_t length = strlen(first[i]);
        if (strncmp(path, first[i], length) == 0 && (path[length] == '.' || path[length] == '\0'))
            return first[i];
    }
    return NULL;
}

/* The rest of a path may be missing only because something else was wrong. */
static bool slo_excused(const struct loader *loader, const char *path)
{
    if (loader->binder.diag->errors_count == 0)
        return false;
    if (strncmp(path, "services.", 9) != 0)
        return false;
    const uint16_t service = services_find(loader, path + 9, strcspn(path + 9, "."));
    return service != SERVICE_NONE &&
           (loader->drafts[service].broken || strstr(path, ".outgoing") != NULL ||
            strstr(path, ".operations") != NULL);
}

/* Says how far a path is right, and what could stand after that. */
static void slo_unknown(struct loader *loader, const struct slo_text *text)
{
    const struct metric_list *list = loader->scenario->metrics;
    const struct binder *binder = &loader->binder;
    const char **names;
    size_t good = 0; /* characters of the path that begin others */
    uint32_t count = metrics_children(list, text->path, 0, binder->arena, &names);
    for (;;) {
        const char *rest = text->path + (good == 0 ? 0 : good + 1);
        const size_t next = (size_t)(rest - text->path) + strcspn(rest, ".");
        const char **more;
        const uint32_t more_count =
            next == good ? 0 : metrics_children(list, text->path, next, binder->arena, &more);
        if (more_count == 0)
            break;
        names = more;
        count = more_count;
        good = next;
        if (text->path[good] == '\0') {
            diag_error_hint(binder->diag, slo_place(text->node, text->path_offset, good),
                            bind_hint_list(binder, "", "say which:", names, count),
                            "'%s' is not one number but several", bind_quote(binder, text->path));
            return;
        }
    }
    const char *rest = text->path + (good == 0 ? 0 : good + 1);
    const char *given = arena_text(binder->arena, rest, strcspn(rest, "."));
    const struct place place =
        slo_place(text->node, text->path_offset + (size_t)(rest - text->path), strlen(given));
    if (good == 0)
        diag_error_hint(
            binder->diag, place, bind_hint_list(binder, given, "it begins with", names, count),
            "'%s' is not the path of a number in the results", bind_quote(binder, text->path));
    else
        diag_error_hint(binder->diag, place,
                        bind_hint_list(binder, given, "there are", names, count),
                        "there is no '%s' in %.*s", bind_quote(binder, given),
                        (int)(good > 64 ? 64 : good), text->path);
}

static bool slo_metric(struct loader *loader, const struct slo_text *text, struct promise *promise)
{
    const struct scenario *scenario = loader->scenario;
    const struct place place = slo_place(text->node, text->path_offset, strlen(text->path));
    const char *later = slo_not_yet(text->path);
    if (later != NULL) {
        diag_error(
            loader->binder.diag, place,
            "promises about '%s' are not yet judged: this version judges traffic, services and "
            "bottleneck",
            later);
        return false;
    }
    const int64_t found = metrics_find(scenario->metrics, text->path);
    if (found < 0) {
        if (!slo_excused(loader, text->path))
            slo_unknown(loader, text);
        return false;
    }
    promise->metric = (uint32_t)found;
    const struct metric_entry *entry = &scenario->metrics->entries[found];
    if (entry->scope == SCOPE_TRAFFIC && entry->field == FIELD_WITHIN &&
        scenario->traffic[entry->index].objective_ns == TIME_NONE) {
        diag_error(loader->binder.diag, place,
                   "traffic.%s has no 'objective', so nothing is within it: add one, such as "
                   "objective: 300ms",
                   scenario->traffic[entry->index].name);
        return false;
    }
    return true;
}

/* The value in the base unit of the results. */
static bool slo_value(struct loader *loader, const struct slo_text *text, struct promise *promise)
{
    const struct metric_entry *entry = &loader->scenario->metrics->entries[promise->metric];
    struct quantity_error error;
    bool good;
    if (entry->unit == QUANTITY_TIME) {
        int64_t ns = 0;
        good = quantity_parse_time(text->value, &ns, &error);
        promise->limit = (double)ns / 1e9;
    } else {
        const enum quantity kind = entry->unit == QUANTITY_CAPACITY ? QUANTITY_COUNT : entry->unit;
        good = quantity_parse(text->value, kind, NULL, &promise->limit, &error);
    }
    if (!good) {
        bind_mistake(&loader->binder, text->node, text->value_offset,
                     arena_printf(loader->binder.arena, "%s: ", text->path), &error);
        return false;
    }
    if (entry->unit == QUANTITY_RATIO && promise->limit > 1) {
        const bool percent = promise->limit <= 100;
        diag_error_hint(
            loader->binder.diag, bind_place(text->node, text->value_offset),
            percent ? arena_printf(loader->binder.arena, "did you mean '%s%%'?", text->value)
                    : NULL,
            "%s is a ratio within 0..1, or 0%%..100%%", text->path);
        return false;
    }
    return true;
}

static bool slo_read_text(struct loader *loader, const struct node *node, struct promise *promise)
{
    struct slo_text text;
    if (!slo_split(loader, node, &text) || !slo_metric(loader, &text, promise) ||
        !slo_value(loader, &text, promise))
        return false;
    promise->path = text.path;
    promise->comparison = text.comparison;
    promise->limit_text = text.value;
    promise->text = arena_printf(loader->binder.arena, "%s %s %s", text.path,
                                 comparison_names[text.comparison], text.value);
    promise->place = node->place;
    return true;
}

static bool slo_read_map(struct loader *loader, struct node *map, struct promise *promise)
{
    static const struct room *const rooms[] = {&promise_room};
    const struct binder *binder = &loader->binder;
    struct promise_keys keys;
    bool good = bind_rows(binder, &promise_room, map, "a promise", &keys);
    good = bind_keys(binder, map, "a promise", rooms, 1) && good;
    promise->at_load = keys.at_load;
    promise->why = keys.why_text;
    promise->warning = keys.severity == 1;
    if (keys.promise_text == NULL)
        return false;
    return slo_read_text(loader, bind_find(map, "promise"), promise) && good;
}

void slo_read(struct loader *loader)
{
    struct node *list = loader->keys.slo_node;
    struct scenario *scenario = loader->scenario;
    if (list == NULL ||
        !bind_kind(&loader->binder, list, NODE_LIST, "'slo'",
                   "a list of promises such as [traffic.users.latency.p99 < 200ms]"))
        return;
    struct promise *promises = arena_array(loader->binder.arena, list->count, sizeof(*promises));
    scenario->promises = promises;
    scenario->promises_count = list->count;
    struct promise *promise = promises;
    for (struct node *item = list->first; item != NULL; item = item->next, promise++) {
        promise->at_load = 1;
        if (item->kind == NODE_MAP)
            slo_read_map(loader, item, promise);
        else if (bind_kind(&loader->binder, item, NODE_SCALAR, "a promise",
                           "PATH OPERATOR VALUE, or a map with 'promise'"))
            slo_read_text(loader, item, promise);
    }
}
