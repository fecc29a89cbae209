/* traffic: the `traffic` of a file: each source's target, its one kind of arrivals, and its
 * options. */
#include "sim/scenario/loader.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* What says when requests come; a traffic has exactly one of the first three, or {mmpp: ..}. */
static const char *const traffic_kinds[] = {"rate", "users", "trace"};

static bool traffic_is_mmpp(const struct traffic_keys *keys)
{
    return keys->arrivals_node != NULL && keys->arrivals_node->kind == NODE_MAP;
}

/* `key` has no meaning beside `kind`. */
static bool traffic_refuse(struct loader *loader, struct node *map, const char *key,
                           const char *kind, const char *why)
{
    const struct node *node = bind_find(map, key);
    if (node == NULL)
        return true;
    diag_error(loader->binder.diag, bind_key_place(node), "'%s' cannot stand beside '%s': %s", key,
               kind, why);
    return false;
}

/* Which kind the source is; -1 with an error. 0 rate, 1 users, 2 trace, 3 mmpp. */
static int traffic_kind(struct loader *loader, struct node *map, const struct traffic_keys *keys)
{
    int kind = traffic_is_mmpp(keys) ? 3 : -1;
    for (int i = 0; i < 3; i++) {
        const struct node *node = bind_find(map, traffic_kinds[i]);
        if (node == NULL)
            continue;
        if (kind >= 0) {
            diag_error(loader->binder.diag, bind_key_place(node),
                       "'%s' and '%s' both say when requests come: keep one",
                       kind == 3 ? "arrivals: {mmpp: ..}" : traffic_kinds[kind], traffic_kinds[i]);
            return -1;
        }
        kind = i;
    }
    if (kind < 0)
        diag_error(loader->binder.diag, bind_key_place(map),
                   "traffic.%s does not say when requests come: give it a 'rate' such as 200/s, "
                   "'users', a 'trace' or 'arrivals: {mmpp: ..}'",
                   map->key);
    return kind;
}

static bool traffic_combination(struct loader *loader, struct node *map, int kind)
{
    bool good = true;
    if (kind == 1) {
        good =
            traffic_refuse(loader, map, "arrivals", "users", "users call when they have thought");
        good = traffic_refuse(loader, map, "shape", "users", "a shape multiplies a rate") && good;
        good =
            traffic_refuse(loader, map, "batch", "users", "each user calls once at a time") && good;
        return good;
    }
    good = traffic_refuse(loader, map, "think", kind == 3 ? "arrivals" : traffic_kinds[kind],
                          "only 'users' think");
    if (kind == 2) {
        good =
            traffic_refuse(loader, map, "arrivals", "trace", "the trace says when requests come") &&
            good;
        good = traffic_refuse(loader, map, "shape", "trace", "a shape multiplies a rate") && good;
        good = traffic_refuse(loader, map, "batch", "trace",
                              "the trace says how many requests come") &&
               good;
    }
    if (kind == 3)
        good = traffic_refuse(loader, map, "shape", "arrivals: {mmpp: ..}",
                              "a shape multiplies a rate") &&
               good;
    return good;
}

static bool traffic_arrivals(struct loader *loader, struct node *map, const char *path,
                             const struct traffic_keys *keys, struct scenario_traffic *traffic)
{
    const int kind = traffic_kind(loader, map, keys);
    if (kind < 0 || !traffic_combination(loader, map, kind))
        return false;
    bool good = true;
    traffic->batch = keys->batch_count_dist;
    if (kind == 1) {
        traffic->arrivals = ARRIVALS_CLOSED;
        traffic->users = (uint32_t)(keys->users_count > 0 ? keys->users_count : 0);
        traffic->think = keys->think_ns_dist;
        return true;
    }
    if (kind == 2) {
        traffic->arrivals = ARRIVALS_TRACE;
        traffic->varies = true;
        return trace_read(loader, keys->trace_node,
                          arena_printf(loader->binder.arena, "%s.trace", path), &traffic->trace);
    }
    traffic->arrivals = ARRIVALS_POISSON;
    if (keys->arrivals_node != NULL)
        good = arrivals_read(loader, keys->arrivals_node, path, traffic);
    if (keys->rate_node != NULL)
        good = rate_read(loader, keys->rate_node, traffic) && good;
    if (keys->shape_node != NULL)
        good = shape_read(loader, keys->shape_node, path, traffic) && good;
    return good;
}

static bool traffic_read_one(struct loader *loader, struct node *map, uint32_t i)
{
    static const struct room *const rooms[] = {&traffic_room, &carry_room, &patience_room};
    const struct binder *binder = &loader->binder;
    struct scenario_traffic *traffic = &loader->traffic[i];
    struct traffic_keys keys;
    struct loader_target target;
    const char *path = arena_printf(binder->arena, "traffic.%s", map->key);
    if (!bind_name(binder, map->key, map->key_place, "traffic") ||
        !bind_kind(binder, map, NODE_MAP, path, "a map such as {to: app, rate: 200/s}"))
        return false;
    bool good = bind_rows(binder, &traffic_room, map, path, &keys);
    good = options_read(loader, map, path, rooms + 1, 2, &traffic->options) && good;
    good = bind_keys(binder, map, path, rooms, 3) && good;
    traffic->objective_ns = keys.objective_ns >= 0 ? keys.objective_ns : TIME_NONE;
    if (keys.zone_text != NULL) {
        const int zone = services_zone(loader, bind_find(map, "zone"));
        good = zone >= 0 && good;
        traffic->zone = (uint8_t)(zone + 1);
    }
    good = traffic_arrivals(loader, map, path, &keys, traffic) && good;
    wiring_begin(loader, (uint16_t)(loader->scenario->services_count + i));
    const struct node *to = keys.to_text != NULL ? bind_find(map, "to") : NULL;
    if (to == NULL || !paths_target(loader, to, bind_find(map, "via"), &target))
        return false;
    traffic->edge = wiring_edge(loader, &target, to->place);
    return good;
}

void traffic_read(struct loader *loader)
{
    struct node *map = loader->keys.traffic_node;
    struct scenario *scenario = loader->scenario;
    if (map == NULL || !bind_kind(&loader->binder, map, NODE_MAP, "'traffic'",
                                  "a map of names such as {users: {to: app, rate: 200/s}}"))
        return;
    if (map->count == 0 || map->count > LOADER_TRAFFIC_MAX) {
        diag_error(loader->binder.diag, bind_key_place(map),
                   "'traffic' has 1 to %d sources, not %u", LOADER_TRAFFIC_MAX, map->count);
        return;
    }
    loader->traffic = arena_array(loader->binder.arena, map->count, sizeof(*loader->traffic));
    scenario->traffic = loader->traffic;
    scenario->traffic_count = map->count;
    uint32_t i = 0;
    for (struct node *child = map->first; child != NULL; child = child->next, i++) {
        loader->traffic[i].name = child->key;
        traffic_read_one(loader, child, i);
        scenario->varies = scenario->varies || loader->traffic[i].varies;
    }
    scenario->stationary = !scenario->varies;
    for (i = 0; i < scenario->services_count; i++) {
        const struct scenario_service *service = &loader->services[i];
        const struct model_info *type = service->type;
        if (type != NULL && service->params != NULL &&
            (type->scales_with == NULL ? type->scales : type->scales_with(service->params)))
            scenario->stationary = false;
    }
}
