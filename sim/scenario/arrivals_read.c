/* arrivals_read: when requests come: rates over time, gaps between arrivals, modulated states. */
#include "sim/scenario/loader.h"

#include <string.h>

enum { ARRIVALS_STATES_MAX = 1000 };

static bool arrivals_parse_rate(struct loader *loader, const struct node *node, double *rate_per_s)
{
    struct quantity_error error;
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "a rate",
                   quantity_expectation(QUANTITY_RATE)))
        return false;
    if (!quantity_parse(node->text, QUANTITY_RATE, NULL, rate_per_s, &error)) {
        bind_mistake(&loader->binder, node, 0, "", &error);
        return false;
    }
    return true;
}

static bool arrivals_parse_time(struct loader *loader, const struct node *node, int64_t *time_ns)
{
    struct quantity_error error;
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "a time",
                   quantity_expectation(QUANTITY_TIME)))
        return false;
    if (!quantity_parse_time(node->text, time_ns, &error)) {
        bind_mistake(&loader->binder, node, 0, "", &error);
        return false;
    }
    return true;
}

static bool rate_read_points(struct loader *loader, struct node *list,
                             struct scenario_traffic *traffic)
{
    static const char expected[] = "a list of [time, rate] such as [[0s, 20/s], [10m, 400/s]]";
    struct diag *diag = loader->binder.diag;
    bool some = false, good = true;
    if (!bind_kind(&loader->binder, list, NODE_LIST, "a rate over time", expected))
        return false;
    struct rate_point *points = arena_array(loader->binder.arena, list->count, sizeof(*points));
    uint32_t i = 0;
    for (struct node *item = list->first; item != NULL; item = item->next, i++) {
        if (item->kind != NODE_LIST || item->count != 2) {
            diag_error(diag, item->place, "a rate over time is %s", expected);
            return false;
        }
        if (!arrivals_parse_time(loader, item->first, &points[i].time_ns) ||
            !arrivals_parse_rate(loader, item->first->next, &points[i].rate_per_s)) {
            good = false;
            continue;
        }
        if (good && i > 0 && points[i].time_ns <= points[i - 1].time_ns) {
            diag_error(diag, item->first->place, "the times of a rate must ascend");
            good = false;
        }
        some = some || points[i].rate_per_s > 0;
    }
    if (good && !some) {
        diag_error(diag, list->place, "a rate over time needs one point above 0/s: it is %s",
                   expected);
        good = false;
    }
    traffic->rate = points;
    traffic->rate_count = list->count;
    traffic->varies = traffic->varies || list->count > 1;
    return good;
}

bool rate_read(struct loader *loader, struct node *node, struct scenario_traffic *traffic)
{
    if (node->kind == NODE_LIST)
        return rate_read_points(loader, node, traffic);
    if (node->kind == NODE_MAP) {
        struct node *ramp = bind_find(node, "ramp");
        if (ramp == NULL || node->count != 1) {
            diag_error(loader->binder.diag, bind_key_place(node),
                       "as a map, a rate is {ramp: [[0s, 10/s], [5m, 900/s]]}");
            return false;
        }
        traffic->rate_linear = true;
        return rate_read_points(loader, ramp, traffic);
    }
    struct rate_point *point = arena_alloc(loader->binder.arena, sizeof(*point));
    if (!arrivals_parse_rate(loader, node, &point->rate_per_s))
        return false;
    if (!(point->rate_per_s > 0)) {
        diag_error(loader->binder.diag, node->place, "a rate of 0/s offers no request");
        return false;
    }
    traffic->rate = point;
    traffic->rate_count = 1;
    return true;
}

static bool mmpp_read_states(struct loader *loader, const struct mmpp_keys *keys,
                             struct scenario_traffic *traffic)
{
    const struct node *rates = keys->rates_node, *stays = keys->stay_node;
    struct diag *diag = loader->binder.diag;
    if (rates->count < 2 || rates->count > ARRIVALS_STATES_MAX || rates->count != stays->count) {
        diag_error(
            diag, bind_key_place(stays),
            "'rates' and 'stay' are lists of equal length, one item for each of 2 to %d states; "
            "these have %u and %u",
            ARRIVALS_STATES_MAX, rates->count, stays->count);
        return false;
    }
    double *rates_per_s = arena_array(loader->binder.arena, rates->count, sizeof(*rates_per_s));
    int64_t *stay_ns = arena_array(loader->binder.arena, rates->count, sizeof(*stay_ns));
    const struct node *rate = rates->first, *stay = stays->first;
    bool good = true;
    double most = 0;
    for (uint32_t i = 0; i < rates->count; i++, rate = rate->next, stay = stay->next) {
        good = arrivals_parse_rate(loader, rate, &rates_per_s[i]) && good;
        good = arrivals_parse_time(loader, stay, &stay_ns[i]) && good;
        if (good && stay_ns[i] < 1) {
            diag_error(diag, stay->place, "a stay must be longer than 0s");
            good = false;
        }
        most = good && rates_per_s[i] > most ? rates_per_s[i] : most;
    }
    if (good && !(most > 0)) {
        diag_error(diag, rates->place, "one of the states needs a rate above 0/s");
        good = false;
    }
    traffic->mmpp_rates_per_s = rates_per_s;
    traffic->mmpp_stay_ns = stay_ns;
    traffic->mmpp_count = rates->count;
    return good;
}

static bool mmpp_read(struct loader *loader, struct node *map, const char *path,
                      struct scenario_traffic *traffic)
{
    static const struct room *const rooms[] = {&mmpp_room};
    const struct binder *binder = &loader->binder;
    struct mmpp_keys keys;
    struct node *mmpp = bind_find(map, "mmpp");
    static const char expected[] = "a map such as {mmpp: {rates: [50/s, 250/s], stay: [10s, 2s]}}";
    if (mmpp == NULL || map->count != 1) {
        diag_error(binder->diag, bind_key_place(map), "as a map, 'arrivals' is %s", expected);
        return false;
    }
    if (!bind_kind(binder, mmpp, NODE_MAP, "'mmpp'", "a map with 'rates' and 'stay'"))
        return false;
    path = arena_printf(binder->arena, "%s.arrivals.mmpp", path);
    bool good = bind_rows(binder, &mmpp_room, mmpp, path, &keys);
    good = bind_keys(binder, mmpp, path, rooms, 1) && good;
    if (!good || !bind_kind(binder, keys.rates_node, NODE_LIST, "'rates'", "a list of rates") ||
        !bind_kind(binder, keys.stay_node, NODE_LIST, "'stay'", "a list of times"))
        return false;
    traffic->arrivals = ARRIVALS_MMPP;
    return mmpp_read_states(loader, &keys, traffic);
}

bool arrivals_read(struct loader *loader, struct node *node, const char *path,
                   struct scenario_traffic *traffic)
{
    const struct distribution_request request = {
        .kind = QUANTITY_TIME, .directory = loader->binder.directory, .shape_only = true};
    struct distribution *gap = arena_alloc(loader->binder.arena, sizeof(*gap));
    struct quantity_error error;
    bool heavy_tail = false;
    if (node->kind == NODE_MAP)
        return mmpp_read(loader, node, path, traffic);
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "'arrivals'",
                   "poisson, constant, a distribution such as lognormal(cv=2) or {mmpp: ..}"))
        return false;
    traffic->arrivals = strcmp(node->text, "constant") == 0 ? ARRIVALS_CONSTANT : ARRIVALS_POISSON;
    if (strcmp(node->text, "poisson") == 0 || strcmp(node->text, "constant") == 0)
        return true;
    traffic->arrivals = ARRIVALS_RENEWAL;
    if (strchr(node->text, '(') == NULL) {
        static const char *const words[] = {"poisson", "constant"};
        diag_error_hint(loader->binder.diag, node->place,
                        bind_hint(&loader->binder, node->text, words, 2),
                        "'arrivals' is poisson, constant, a distribution of gaps such as "
                        "lognormal(cv=2), or {mmpp: ..}, not '%s'",
                        bind_quote(&loader->binder, node->text));
        return false;
    }
    if (!quantity_parse_distribution(node->text, &request, loader->binder.arena, gap, &heavy_tail,
                                     &error)) {
        bind_mistake(&loader->binder, node, 0, "'arrivals': ", &error);
        return false;
    }
    if (!(gap->mean > 0)) {
        diag_error(loader->binder.diag, node->place, "'arrivals': the mean gap must be above 0s");
        return false;
    }
    if (heavy_tail)
        diag_warning(loader->binder.diag, node->place, "heavy_tail",
                     arena_printf(loader->binder.arena, "%s.arrivals", path),
                     "their tail is so heavy that intervals of means cover too little");
    *gap = distribution_scale(gap, 1 / gap->mean);
    traffic->gap = gap;
    return true;
}
