/* shape_read: what multiplies a rate over time: sines, spikes, a week by hours. */
#include "sim/scenario/loader.h"

#include <string.h>

enum { SHAPE_WEEK_HOURS = 168 };

static bool shape_read_sine(struct loader *loader, struct node *node, const char *path,
                            struct shape *shape)
{
    static const struct room *const rooms[] = {&sine_room};
    struct sine_keys keys;
    if (!bind_kind(&loader->binder, node, NODE_MAP, "'sine'",
                   "a map such as {period: 1d, amplitude: 60%, peak: 15h}"))
        return false;
    path = arena_printf(loader->binder.arena, "%s.sine", path);
    const bool good = bind_rows(&loader->binder, &sine_room, node, path, &keys);
    *shape = (struct shape){.kind = SHAPE_SINE,
                            .period_ns = keys.period_ns,
                            .peak_ns = keys.peak_ns,
                            .amplitude_ratio = keys.amplitude_ratio};
    return bind_keys(&loader->binder, node, path, rooms, 1) && good;
}

static bool shape_read_spikes(struct loader *loader, struct node *node, const char *path,
                              struct shape *shape)
{
    static const struct room *const rooms[] = {&spike_room};
    static const char expected[] = "a list such as [{at: 30m, for: 2m, times: 8}]";
    bool good = true;
    if (!bind_kind(&loader->binder, node, NODE_LIST, "'spikes'", expected))
        return false;
    struct spike *spikes = arena_array(loader->binder.arena, node->count, sizeof(*spikes));
    *shape = (struct shape){.kind = SHAPE_SPIKES, .spikes = spikes, .spikes_count = node->count};
    path = arena_printf(loader->binder.arena, "%s.spikes", path);
    uint32_t i = 0;
    for (struct node *item = node->first; item != NULL; item = item->next, i++) {
        struct spike_keys keys;
        if (!bind_kind(&loader->binder, item, NODE_MAP, "a spike",
                       "a map such as {at: 30m, for: 2m, times: 8}")) {
            good = false;
            continue;
        }
        good = bind_rows(&loader->binder, &spike_room, item, path, &keys) && good;
        good = bind_keys(&loader->binder, item, path, rooms, 1) && good;
        spikes[i] = (struct spike){keys.at_ns, keys.for_ns, keys.times};
    }
    if (node->count == 0) {
        diag_error(loader->binder.diag, node->place, "'spikes' is empty: it is %s", expected);
        return false;
    }
    return good;
}

/* The numbers of a text, separated by commas, blanks or ends of line; lines from # on are comments.
 * False with an error at its line. */
static bool shape_parse_weekly(struct loader *loader, const char *path, char *text, double *factors)
{
    struct diag *diag = loader->binder.diag;
    struct place place = {.file = path, .line = 1, .column = 1};
    struct quantity_error error;
    uint32_t count = 0;
    for (char *line = text; line != NULL; place.line++) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        char *rest = NULL;
        line[strcspn(line, "#\r")] = '\0';
        for (char *word = strtok_r(line, ", \t", &rest); word != NULL;
             word = strtok_r(NULL, ", \t", &rest)) {
            double factor = 0;
            if (!quantity_parse(word, QUANTITY_COUNT, NULL, &factor, &error) || factor < 0) {
                diag_error(diag, place, "'%s' is not a factor: expected a number such as 1.25",
                           bind_quote(&loader->binder, word));
                return false;
            }
            if (count < SHAPE_WEEK_HOURS)
                factors[count] = factor;
            count++;
        }
        line = end;
    }
    if (count == SHAPE_WEEK_HOURS)
        return true;
    place.line = 0;
    diag_error(diag, place, "a week has %d hourly factors from Monday 00:00, not %u",
               SHAPE_WEEK_HOURS, count);
    return false;
}

static bool shape_read_weekly(struct loader *loader, struct node *node, struct shape *shape)
{
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "'weekly'", "the name of a file"))
        return false;
    const char *path = loader_path(loader, node->text);
    struct arena *arena = loader->binder.arena;
    double *factors = arena_array(arena, SHAPE_WEEK_HOURS, sizeof(*factors));
    size_t length = 0;
    const char *text = document_file_text(path, arena, &length, loader->binder.diag);
    if (text == NULL)
        return false;
    *shape = (struct shape){.kind = SHAPE_WEEKLY, .weekly = factors};
    return shape_parse_weekly(loader, path, arena_text(arena, text, length), factors);
}

static bool shape_read_one(struct loader *loader, struct node *node, const char *path,
                           struct shape *shape)
{
    static const char *const names[] = {"sine", "spikes", "weekly"};
    static const char expected[] =
        "{sine: {period: 1d, amplitude: 60%, peak: 15h}}, {spikes: [..]} or {weekly: file.csv}";
    if (!bind_kind(&loader->binder, node, NODE_MAP, "a shape", expected))
        return false;
    struct node *inner = node->first;
    if (inner != NULL && node->count == 1) {
        if (strcmp(inner->key, names[0]) == 0)
            return shape_read_sine(loader, inner, path, shape);
        if (strcmp(inner->key, names[1]) == 0)
            return shape_read_spikes(loader, inner, path, shape);
        if (strcmp(inner->key, names[2]) == 0)
            return shape_read_weekly(loader, inner, shape);
    }
    diag_error_hint(loader->binder.diag, bind_key_place(inner != NULL ? inner : node),
                    inner == NULL ? NULL : bind_hint(&loader->binder, inner->key, names, 3),
                    "a shape is %s", expected);
    return false;
}

bool shape_read(struct loader *loader, struct node *node, const char *path,
                struct scenario_traffic *traffic)
{
    const bool several = node->kind == NODE_LIST;
    const uint32_t count = several ? node->count : 1;
    struct shape *shapes = arena_array(loader->binder.arena, count, sizeof(*shapes));
    bool good = true;
    path = arena_printf(loader->binder.arena, "%s.shape", path);
    if (several) {
        uint32_t i = 0;
        for (struct node *item = node->first; item != NULL; item = item->next, i++)
            good = shape_read_one(loader, item, path, &shapes[i]) && good;
    } else {
        good = shape_read_one(loader, node, path, &shapes[0]);
    }
    traffic->shapes = shapes;
    traffic->shapes_count = count;
    traffic->varies = traffic->varies || count > 0;
    return good;
}
