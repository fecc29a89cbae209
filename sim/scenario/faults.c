/* faults: `faults` and `random_faults` are checked like everything else, then refused: a run that
 * left them out would answer another question. */
#include "sim/scenario/loader.h"

#include <math.h>
#include <string.h>

/* A kind of fault: its key, what it is about, and which other keys it takes. */
struct fault_kind {
    const char *key;
    bool about_service;
    bool lasts;        /* takes `for`, or `duration` */
    const char *takes; /* a key of its own, or null */
    bool needs;        /* that key is required */
};
static const struct fault_kind fault_kinds[] = {
    {"zone_outage", false, true, NULL, false},
    {"failover", true, false, NULL, false},
    {"instance_crash", true, false, "count", false},
    {"errors", true, true, "rate", true},
    {"latency", true, true, "add", true},
    {"partition", false, true, NULL, false},
    {"region_outage", false, true, NULL, false},
};
enum { FAULT_KINDS = sizeof(fault_kinds) / sizeof(fault_kinds[0]) };

static const struct fault_kind *fault_kind_of(struct loader *loader, struct node *map)
{
    const struct fault_kind *kind = NULL;
    const char *names[FAULT_KINDS];
    for (uint32_t i = 0; i < FAULT_KINDS; i++) {
        const struct node *node = bind_find(map, fault_kinds[i].key);
        names[i] = fault_kinds[i].key;
        if (node == NULL)
            continue;
        if (kind != NULL) {
            diag_error(loader->binder.diag, bind_key_place(node),
                       "'%s' and '%s' are two faults: give each an item of the list", kind->key,
                       fault_kinds[i].key);
            return NULL;
        }
        kind = &fault_kinds[i];
    }
    if (kind == NULL)
        diag_error_hint(loader->binder.diag, map->place,
                        bind_hint_list(&loader->binder, "", "one of", names, FAULT_KINDS),
                        "a fault needs a key that says what breaks");
    return kind;
}

static void fault_check_service(struct loader *loader, const struct node *node)
{
    uint16_t service;
    const char *operation;
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "a fault's service", "its name") ||
        !wiring_split(loader, node, &service, &operation) || operation == NULL)
        return;
    diag_error(loader->binder.diag, node->place, "a fault is of a whole service: write '%s'",
               loader->services[service].name);
}

static void fault_check_partition(struct loader *loader, const struct node *node)
{
    static const char expected[] = "a list of two services such as [app, db]";
    if (!bind_kind(&loader->binder, node, NODE_LIST, "'partition'", expected))
        return;
    if (node->count != 2)
        diag_error(loader->binder.diag, node->place, "'partition' is %s", expected);
    for (const struct node *item = node->first; item != NULL; item = item->next)
        fault_check_service(loader, item);
}

static void fault_check_object(struct loader *loader, const struct fault_kind *kind,
                               struct node *map, bool random)
{
    const struct node *node = bind_find(map, kind->key);
    if (kind->about_service)
        fault_check_service(loader, node);
    else if (strcmp(kind->key, "partition") == 0)
        fault_check_partition(loader, node);
    else if (strcmp(kind->key, "zone_outage") == 0 &&
             !(random && node->kind == NODE_SCALAR && strcmp(node->text, "any") == 0))
        services_zone(loader, node);
    else if (strcmp(kind->key, "region_outage") == 0 && node->kind == NODE_SCALAR &&
             strcmp(node->text, "false") == 0)
        diag_error(loader->binder.diag, node->place, "'region_outage' is true, or is not there");
}

/* The keys that only some kinds of fault have. */
static void fault_check_keys(struct loader *loader, const struct fault_kind *kind, struct node *map,
                             const char *lasting)
{
    const char *const own[] = {"count", "rate", "add", lasting};
    for (uint32_t i = 0; i < 4; i++) {
        const struct node *node = bind_find(map, own[i]);
        const bool is_lasting = i == 3;
        const bool takes =
            is_lasting ? kind->lasts : kind->takes != NULL && strcmp(kind->takes, own[i]) == 0;
        const bool needs = is_lasting ? kind->lasts : takes && kind->needs;
        if (node != NULL && !takes)
            diag_error(loader->binder.diag, bind_key_place(node), "'%s' has no meaning for '%s'",
                       own[i], kind->key);
        else if (node == NULL && needs)
            diag_error(loader->binder.diag, bind_key_place(bind_find(map, kind->key)),
                       "'%s' needs '%s'", kind->key, own[i]);
    }
}

static void fault_read(struct loader *loader, struct node *map, const char *list, bool random)
{
    const struct room *const rooms[] = {&fault_room, random ? &chance_room : &moment_room};
    const struct binder *binder = &loader->binder;
    struct fault_keys keys;
    if (!bind_kind(binder, map, NODE_MAP, "a fault",
                   random ? "a map such as {name: az, zone_outage: any, mtbf: 1y, duration: 1h}"
                          : "a map such as {name: az-a, zone_outage: a, at: 20m, for: 10m}"))
        return;
    bind_rows(binder, rooms[0], map, list, &keys);
    bind_rows(binder, rooms[1], map, list, &keys);
    bind_keys(binder, map, list, rooms, 2);
    if (keys.name_text != NULL)
        bind_name(binder, keys.name_text, bind_find(map, "name")->place, "a fault");
    const struct fault_kind *kind = fault_kind_of(loader, map);
    if (kind == NULL)
        return;
    fault_check_object(loader, kind, map, random);
    fault_check_keys(loader, kind, map, random ? "duration" : "for");
}

/* Names are of the results: one for each fault. */
static void fault_check_names(struct loader *loader, const struct node *list)
{
    for (struct node *item = list->first; item != NULL; item = item->next) {
        const struct node *name = item->kind == NODE_MAP ? bind_find(item, "name") : NULL;
        for (struct node *other = list->first; other != item && name != NULL; other = other->next) {
            const struct node *before = other->kind == NODE_MAP ? bind_find(other, "name") : NULL;
            if (before == NULL || before->kind != NODE_SCALAR || name->kind != NODE_SCALAR ||
                strcmp(before->text, name->text) != 0)
                continue;
            diag_error(loader->binder.diag, name->place, "the name '%s' is taken by a fault before",
                       bind_quote(&loader->binder, name->text));
            break;
        }
    }
}

static void fault_read_list(struct loader *loader, struct node *list, bool random)
{
    const char *key = random ? "random_faults" : "faults";
    enum { FAULTS_MAX = 1000 };
    if (list == NULL ||
        !bind_kind(&loader->binder, list, NODE_LIST,
                   arena_printf(loader->binder.arena, "'%s'", key), "a list of faults"))
        return;
    if (list->count == 0)
        return;
    if (list->count > FAULTS_MAX) {
        diag_error(loader->binder.diag, bind_key_place(list), "more than %d faults", FAULTS_MAX);
        return;
    }
    for (struct node *item = list->first; item != NULL; item = item->next)
        fault_read(loader, item, key, random);
    fault_check_names(loader, list);
    diag_error(loader->binder.diag, bind_key_place(list),
               "'%s' are not yet simulated by this version: leave them out to run the rest", key);
}

void faults_read(struct loader *loader)
{
    fault_read_list(loader, loader->keys.faults_node, false);
    fault_read_list(loader, loader->keys.random_faults_node, true);
}
