/* services: the `services` of a file: types, parameters, names of operations, limits and zones.
 * Whom they call is wiring.c's and steps.c's. */
#include "sim/scenario/loader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A name as bsearch meets it: not terminated. */
struct services_key {
    const struct loader *loader;
    const char *name;
    size_t length;
};

static int services_compare_key(const void *key, const void *entry)
{
    const struct services_key *k = key;
    const char *name = k->loader->service_names[*(const uint32_t *)entry];
    const int order = strncmp(k->name, name, k->length);
    return order != 0 ? order : name[k->length] == '\0' ? 0 : -1;
}

uint16_t services_find(const struct loader *loader, const char *name, size_t length)
{
    const struct services_key key = {loader, name, length};
    const uint32_t *found = bsearch(&key, loader->services_sorted, loader->scenario->services_count,
                                    sizeof(*found), services_compare_key);
    return found == NULL ? (uint16_t)SERVICE_NONE : (uint16_t)*found;
}

/* As in strcmp, of two entries of the sorted index. */
static int services_compare(const void *a, const void *b, void *loader)
{
    const char *const *names = ((const struct loader *)loader)->service_names;
    return strcmp(names[*(const uint32_t *)a], names[*(const uint32_t *)b]);
}

static void services_sort(struct loader *loader, struct node *map)
{
    const uint32_t count = loader->scenario->services_count;
    uint32_t i = 0;
    loader->service_names =
        arena_array(loader->binder.arena, count, sizeof(*loader->service_names));
    loader->services_sorted = arena_array(loader->binder.arena, count, sizeof(uint32_t));
    for (struct node *child = map->first; child != NULL; child = child->next, i++) {
        loader->service_names[i] = child->key;
        loader->services_sorted[i] = i;
    }
    qsort_r(loader->services_sorted, count, sizeof(uint32_t), services_compare, loader);
}

int services_zone(const struct loader *loader, const struct node *node)
{
    const int64_t zones = loader->keys.zones_count;
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "a zone", "a letter such as a"))
        return -1;
    const int index = node->text[0] - 'a';
    if (node->text[0] != '\0' && node->text[1] == '\0' && index >= 0 && index < zones)
        return index;
    if (zones == 1)
        diag_error(loader->binder.diag, node->place, "'%s' is not a zone: the only one is a",
                   bind_quote(&loader->binder, node->text));
    else
        diag_error(loader->binder.diag, node->place,
                   "'%s' is not a zone: they are a to %c ('zones: %d')",
                   bind_quote(&loader->binder, node->text), (char)('a' + zones - 1), (int)zones);
    return -1;
}

static bool services_read_zones(struct loader *loader, struct service_draft *draft)
{
    const struct service_keys *keys = &draft->keys;
    struct node *list = keys->zones_node;
    uint8_t mask = 0;
    if (keys->zone_text != NULL) {
        const int zone = services_zone(loader, bind_find(draft->node, "zone"));
        if (zone < 0)
            return false;
        if (list != NULL) {
            diag_error(loader->binder.diag, bind_key_place(list),
                       "'zone' and 'zones' say the same thing twice: keep one");
            return false;
        }
        mask = (uint8_t)(1u << zone);
    }
    if (list != NULL) {
        if (!bind_kind(&loader->binder, list, NODE_LIST, "'zones'", "a list such as [a, b]"))
            return false;
        for (struct node *item = list->first; item != NULL; item = item->next) {
            const int zone = services_zone(loader, item);
            if (zone >= 0 && mask & 1u << zone)
                diag_error(loader->binder.diag, item->place, "zone '%s' is named twice",
                           item->text);
            if (zone < 0)
                return false;
            mask |= (uint8_t)(1u << zone);
        }
        if (list->count == 0) {
            diag_error(loader->binder.diag, list->place,
                       "'zones' is empty: name at least one zone");
            return false;
        }
    }
    draft->service->zones_mask = mask;
    return true;
}

static const struct model_info *services_type(struct loader *loader, struct service_draft *draft)
{
    const struct load_request *request = loader->request;
    const struct node *node = bind_find(draft->node, "type");
    for (uint32_t i = 0; i < request->types_count; i++) {
        if (strcmp(request->types[i]->name, draft->keys.type_text) == 0) {
            draft->service->type_index = (uint16_t)i;
            return request->types[i];
        }
    }
    const char **names = arena_array(loader->binder.arena, request->types_count, sizeof(*names));
    for (uint32_t i = 0; i < request->types_count; i++)
        names[i] = request->types[i]->name;
    const char *hint = bind_hint_list(&loader->binder, draft->keys.type_text, "the types are",
                                      names, request->types_count);
    diag_error_hint(loader->binder.diag, node->place, hint, "unknown type '%s'",
                    bind_quote(&loader->binder, draft->keys.type_text));
    return NULL;
}

/* The node that "health_check.timeout" or "records.1.weight" names, or the last on the way to it
 * that is there. */
static struct node *services_deepest(struct node *node, const char *key)
{
    while (*key != '\0') {
        const size_t length = strcspn(key, ".");
        struct node *child = node->kind == NODE_SCALAR ? NULL : node->first;
        for (long left = strtol(key, NULL, 10); node->kind == NODE_LIST && left > 0; left--)
            child = child != NULL ? child->next : NULL;
        while (node->kind == NODE_MAP && child != NULL &&
               (strlen(child->key) != length || memcmp(child->key, key, length) != 0))
            child = child->next;
        if (child == NULL)
            break;
        node = child;
        key += length + (key[length] == '.');
    }
    return node;
}

/* `wrong` names the key first ("room: ..."): the mistake is shown where it was written. */
static void services_wrong(struct loader *loader, struct service_draft *draft, const char *wrong)
{
    if (wrong == NULL)
        return;
    const char *colon = strchr(wrong, ':');
    assert(colon != NULL);
    const char *key = arena_text(loader->binder.arena, wrong, (size_t)(colon - wrong));
    diag_error(loader->binder.diag, bind_key_place(services_deepest(draft->node, key)), "'%s':%s",
               key, colon + 1);
}

static void services_check(struct loader *loader, struct service_draft *draft)
{
    const struct model_info *type = draft->service->type;
    services_wrong(loader, draft, type->check == NULL ? NULL : type->check(draft->params));
}

/* How many consumers of a source stand before that one in the file. */
static uint32_t services_consumers_before(const struct scenario_service *source, uint32_t index)
{
    uint32_t before = 0;
    for (uint32_t c = 0; c < source->consumers_count; c++)
        before += source->consumers[c] < index;
    return before;
}

static void services_check_source(struct loader *loader, struct service_draft *draft,
                                  const struct target_draft *target)
{
    const struct model_info *type = draft->service->type;
    const struct service_draft *source = &loader->drafts[target->service];
    const char *name = source->service->name;
    if (source->broken || source->service->type->terms == NULL)
        return;
    const struct source_terms terms = source->service->type->terms(source->params);
    const uint32_t before =
        services_consumers_before(source->service, (uint32_t)(draft - loader->drafts));
    if (terms.nothing != NULL)
        diag_error(loader->binder.diag, target->node->place, "'%s' %s", name, terms.nothing);
    else if (terms.consumers_most > 0 && before >= terms.consumers_most)
        diag_error(loader->binder.diag, target->node->place,
                   "'%s' has %u other consumers: no more may receive from it", name, before);
    else if (type->check_source != NULL)
        services_wrong(loader, draft, type->check_source(draft->params, &terms));
}

void services_check_sources(struct loader *loader)
{
    for (uint32_t i = 0; i < loader->scenario->services_count; i++) {
        struct service_draft *draft = &loader->drafts[i];
        for (uint32_t t = 0; t < draft->targets_count && !draft->broken; t++)
            if (draft->targets[t].row->kind == PARAM_SOURCE)
                services_check_source(loader, draft, &draft->targets[t]);
    }
}

void services_check_together(struct loader *loader)
{
    const uint32_t services_count = loader->scenario->services_count;
    const void **params = arena_array(loader->binder.arena, services_count, sizeof(*params));
    for (uint32_t type = 0; type < loader->request->types_count; type++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < services_count; i++) {
            struct service_draft *draft = &loader->drafts[i];
            const struct model_info *info = draft->service->type;
            if (draft->broken || draft->params == NULL || draft->service->type_index != type ||
                info->check_together == NULL)
                continue;
            params[count++] = draft->params;
            services_wrong(loader, draft,
                           info->check_together(loader->scenario->quotas[type], params, count));
        }
    }
}

/* True if the map goes by a default of the row for which there is no source. */
static bool services_assumes(const struct param *row, struct node *map)
{
    return row->confidence == CONFIDENCE_ASSUMED && row->fallback != NONE &&
           strcmp(row->fallback, REQUIRED) != 0 && bind_find(map, row->key) == NULL &&
           (row->unless == NULL || bind_find(map, row->unless) == NULL);
}

/* Of the items of a list: each default once, however many go by it. */
static const char *services_assumed_items(struct arena *arena, const struct param *row,
                                          struct node *items, const char *list)
{
    for (uint32_t i = 0; i < row->item->rows_count; i++) {
        const struct param *inside = &row->item->rows[i];
        struct node *item = items != NULL && items->kind == NODE_LIST ? items->first : NULL;
        while (item != NULL && (item->kind != NODE_MAP || !services_assumes(inside, item)))
            item = item->next;
        if (item != NULL)
            list = arena_printf(arena, "%s%s%s[].%s = %s", list, list[0] == '\0' ? "" : ", ",
                                row->key, inside->key, inside->fallback);
    }
    return list;
}

/* The word that the choice of that rule has here; null: none is given. */
static const char *services_word(const struct service_draft *draft, const struct param_only *only)
{
    const struct model_info *type = draft->service->type;
    const struct node *choice = bind_find(draft->node, only->choice);
    if (choice != NULL && choice->kind == NODE_SCALAR)
        return choice->text;
    for (uint32_t i = 0; i < type->params_count; i++)
        if (strcmp(type->params[i].key, only->choice) == 0)
            return type->params[i].fallback;
    return NULL;
}

/* False: the row has no effect beside the words that choices have here. */
static bool services_matters(const struct service_draft *draft, const struct param *row)
{
    const struct model_info *type = draft->service->type;
    for (uint32_t i = 0; i < type->only_count; i++) {
        const struct param_only *only = &type->only[i];
        const char *word = services_word(draft, only);
        if (strcmp(only->key, row->key) == 0 && word != NULL && strcmp(word, only->word) != 0)
            return false;
    }
    return true;
}

/* What the user should know was assumed for want of a source: one warning a service. */
static void services_warn_assumed(struct loader *loader, struct service_draft *draft)
{
    const struct model_info *type = draft->service->type;
    struct arena *arena = loader->binder.arena;
    const char *list = "";
    for (uint32_t i = 0; i < type->params_count; i++) {
        const struct param *row = &type->params[i];
        if (row->kind == PARAM_LIST)
            list = services_assumed_items(arena, row, bind_find(draft->node, row->key), list);
        else if (services_assumes(row, draft->node) && services_matters(draft, row))
            list = arena_printf(arena, "%s%s%s = %s", list, list[0] == '\0' ? "" : ", ", row->key,
                                row->fallback);
    }
    if (list[0] != '\0')
        diag_warning(loader->binder.diag, draft->service->place, "assumed_default",
                     arena_printf(arena, "services.%s", draft->service->name),
                     "assumed, not documented by the provider: %s", list);
}

/* A type that does no work of its own has no use for some of the common keys. */
static bool services_refuse(struct loader *loader, struct service_draft *draft)
{
    const struct model_info *type = draft->service->type;
    bool good = true;
    for (uint32_t i = 0; i < service_room.count; i++) {
        const struct node *node = bind_find(draft->node, service_room.rows[i].key);
        if (node == NULL || service_row_applies(&service_room.rows[i], type))
            continue;
        diag_error(loader->binder.diag, bind_key_place(node), "type %s has no '%s': %s", type->name,
                   node->key,
                   type->takes_work
                       ? "it has one operation"
                       : "it does no work of its own, and calls only what its parameters say");
        good = false;
    }
    return good;
}

/* What has no effect beside the word that a choice has here. */
static void services_only(struct loader *loader, struct service_draft *draft)
{
    const struct model_info *type = draft->service->type;
    for (uint32_t i = 0; i < type->only_count; i++) {
        const struct param_only *only = &type->only[i];
        const struct node *key = bind_find(draft->node, only->key);
        const char *word = services_word(draft, only);
        if (key != NULL && word != NULL && strcmp(word, only->word) != 0)
            diag_error(loader->binder.diag, bind_key_place(key),
                       "'%s' has no effect with '%s: %s': it is for %s", only->key, only->choice,
                       word, only->word);
    }
}

static void services_arrange(struct loader *loader, struct service_draft *draft, const char *path)
{
    const struct model_info *type = draft->service->type;
    for (uint32_t i = 0; i < type->params_count; i++)
        for (uint32_t k = 0; k < type->ahead_count; k++)
            if (strcmp(type->params[i].key, type->ahead[k]) == 0)
                loader_arrange(loader, path, draft->node, &type->params[i]);
}

static bool services_params(struct loader *loader, struct service_draft *draft)
{
    const struct model_info *type = draft->service->type;
    const struct room room = {type->name, type->params, type->params_count};
    const struct room *const rooms[] = {&room, &service_room};
    const char *path = arena_printf(loader->binder.arena, "services.%s", draft->service->name);
    const uint32_t errors = loader->binder.diag->errors_count;
    draft->params = arena_alloc(loader->binder.arena, type->params_size);
    draft->service->params = draft->params;
    bool good = bind_rows(&loader->binder, &room, draft->node, path, draft->params);
    bind_keys(&loader->binder, draft->node, path, rooms, 2);
    if (good && loader->binder.diag->errors_count == errors) {
        services_only(loader, draft);
        services_check(loader, draft);
    }
    services_warn_assumed(loader, draft);
    services_arrange(loader, draft, path);
    return good;
}

/* The names of the items of a list that are operations, too: once each. Returns how many operations
 * there are then. */
static uint32_t services_name_items(struct loader *loader, struct service_draft *draft,
                                    struct node *items, struct operation *operations,
                                    uint32_t count)
{
    if (items == NULL || items->kind != NODE_LIST)
        return count;
    for (struct node *item = items->first; item != NULL; item = item->next) {
        const struct node *name = item->kind == NODE_MAP ? bind_find(item, "name") : NULL;
        if (name == NULL || name->kind != NODE_SCALAR) /* told already */
            continue;
        bool known = !bind_name(&loader->binder, name->text, name->place, "an operation");
        for (uint32_t i = 0; i < count && !known; i++) {
            known = strcmp(operations[i].name, name->text) == 0;
            if (known)
                diag_error(loader->binder.diag, name->place, "there are two '%s'", name->text);
        }
        if (count == LOADER_OPERATIONS_MAX && !known)
            diag_error(loader->binder.diag, items->place, "'%s' has more than %d items",
                       draft->service->type->operations_from, LOADER_OPERATIONS_MAX);
        if (known || count == LOADER_OPERATIONS_MAX)
            return count;
        operations[count++] =
            (struct operation){.name = name->text, .pc = PC_NONE, .builtin = -1, .path = EDGE_NONE};
    }
    return count;
}

static void services_name_operations(struct loader *loader, struct service_draft *draft)
{
    const struct model_info *type = draft->service->type;
    struct node *map = draft->keys.operations_node;
    const bool listed = map != NULL && map->kind == NODE_MAP && map->count <= LOADER_OPERATIONS_MAX;
    const uint32_t own = listed ? map->count : 0;
    struct node *items =
        type->operations_from != NULL ? bind_find(draft->node, type->operations_from) : NULL;
    const uint32_t most = type->operations_count + own +
                          (items != NULL && items->kind == NODE_LIST ? items->count : 0);
    struct operation *operations =
        arena_array(loader->binder.arena, most > 0 ? most : 1, sizeof(*operations));
    uint32_t count = 0;
    for (; count < type->operations_count; count++)
        operations[count] = (struct operation){.name = type->operations[count].name,
                                               .pc = PC_NONE,
                                               .builtin = (int16_t)count,
                                               .path = EDGE_NONE};
    count = services_name_items(loader, draft, items, operations, count);
    for (struct node *child = own > 0 ? map->first : NULL; child != NULL; child = child->next) {
        bool builtin = false;
        for (uint32_t i = 0; i < count && !builtin; i++)
            builtin = strcmp(operations[i].name, child->key) == 0;
        if (!builtin)
            operations[count++] = (struct operation){
                .name = child->key, .pc = PC_NONE, .builtin = -1, .path = EDGE_NONE};
    }
    if (count > LOADER_OPERATIONS_MAX)
        diag_error(loader->binder.diag, bind_key_place(map),
                   "with %s these make %u operations, more than the %d that one service may have",
                   items != NULL ? arena_printf(loader->binder.arena, "its '%s'", items->key)
                                 : "those of its type",
                   count, LOADER_OPERATIONS_MAX);
    draft->service->has_operations = count > 0;
    if (count == 0)
        operations[count++] =
            (struct operation){.name = NULL, .pc = PC_NONE, .builtin = -1, .path = EDGE_NONE};
    draft->service->operations = operations;
    draft->service->operations_count = (uint16_t)count;
    draft->operations = arena_array(loader->binder.arena, count, sizeof(*draft->operations));
}

/* `operations: {read: {work: .., calls: [..]}}`, over the names that exist by now. */
static bool services_read_operations(struct loader *loader, struct service_draft *draft)
{
    static const struct room *const rooms[] = {&operation_room};
    const struct binder *binder = &loader->binder;
    struct node *map = draft->keys.operations_node;
    bool good = true;
    if (map == NULL)
        return true;
    if (!bind_kind(binder, map, NODE_MAP, "'operations'",
                   "a map of names such as {read: {work: 5ms}, write: {work: 9ms}}"))
        return false;
    if (map->count > LOADER_OPERATIONS_MAX) {
        diag_error(binder->diag, bind_key_place(map),
                   "%u operations are more than the %d that one service may have", map->count,
                   LOADER_OPERATIONS_MAX);
        return false;
    }
    const bool calls = draft->keys.calls_node != NULL;
    if (calls || bind_find(draft->node, "work") != NULL) {
        const char *key = calls ? "calls" : "work";
        diag_error(binder->diag, bind_key_place(bind_find(draft->node, key)),
                   "'%s' belongs inside each of the 'operations', not beside them", key);
        good = false;
    }
    for (struct node *child = map->first; child != NULL; child = child->next) {
        const char *path = arena_printf(binder->arena, "services.%s.operations.%s",
                                        draft->service->name, child->key);
        uint32_t i = 0;
        if (!bind_name(binder, child->key, child->key_place, "an operation") ||
            !bind_kind(binder, child, NODE_MAP, path, "a map such as {work: 5ms, calls: [db]}")) {
            good = false;
            continue;
        }
        while (draft->service->operations[i].name == NULL ||
               strcmp(draft->service->operations[i].name, child->key) != 0)
            i++;
        good = bind_rows(binder, &operation_room, child, path, &draft->operations[i]) && good;
        good = bind_keys(binder, child, path, rooms, 1) && good;
    }
    if (map->count == 0) {
        diag_error(binder->diag, map->place, "'operations' is empty: name at least one operation");
        good = false;
    }
    return good;
}

/* No work is not drawn for. */
static const struct distribution *services_work(const struct distribution *work)
{
    const bool none = work == NULL || (work->kind == DISTRIBUTION_CONSTANT && work->mean == 0);
    return none ? NULL : work;
}

static bool services_operations(struct loader *loader, struct service_draft *draft)
{
    const uint32_t errors = loader->binder.diag->errors_count;
    services_name_operations(loader, draft);
    if (loader->binder.diag->errors_count > errors || !services_read_operations(loader, draft))
        return false;
    struct operation *operations = (struct operation *)draft->service->operations;
    for (uint32_t i = 0; i < draft->service->operations_count; i++) {
        struct operation_keys *keys = &draft->operations[i];
        if (draft->keys.operations_node == NULL)
            *keys = (struct operation_keys){draft->keys.work_ns_dist, draft->keys.calls_node};
        operations[i].work = services_work(keys->work_ns_dist);
    }
    return true;
}

/* True if others may build on what was read. */
static bool services_read_one(struct loader *loader, struct service_draft *draft)
{
    struct scenario_service *service = draft->service;
    const struct binder *binder = &loader->binder;
    const char *path = arena_printf(binder->arena, "services.%s", service->name);
    if (!bind_name(binder, service->name, draft->node->key_place, "a service"))
        return false;
    if (!bind_kind(binder, draft->node, NODE_MAP, path, "a map such as {type: server, work: 5ms}"))
        return false;
    bool good = bind_rows(binder, &service_room, draft->node, path, &draft->keys);
    if (draft->keys.type_text == NULL)
        return false;
    service->type = services_type(loader, draft);
    if (service->type == NULL)
        return false;
    if (bind_find(draft->node, "limit.concurrent") != NULL) {
        service->limit_count = draft->keys.limit.concurrent_count;
        service->limit_action = (enum limit_action)draft->keys.limit.on_full;
    }
    services_read_zones(loader, draft);
    good = services_params(loader, draft) && good;
    good = services_refuse(loader, draft) && good;
    return services_operations(loader, draft) && good;
}

bool services_read(struct loader *loader)
{
    struct node *map = loader->keys.services_node;
    struct scenario *scenario = loader->scenario;
    if (map == NULL || !bind_kind(&loader->binder, map, NODE_MAP, "'services'",
                                  "a map of names such as {app: {type: server, work: 5ms}}"))
        return false;
    if (map->count == 0) {
        diag_error(loader->binder.diag, bind_key_place(map),
                   "'services' is empty: a scenario has at least one service");
        return false;
    }
    if (map->count > LOADER_SERVICES_MAX) {
        diag_error(loader->binder.diag, bind_key_place(map),
                   "%u services are more than the %d that one scenario may have", map->count,
                   LOADER_SERVICES_MAX);
        return false;
    }
    scenario->services_count = map->count;
    loader->services = arena_array(loader->binder.arena, map->count, sizeof(*loader->services));
    loader->drafts = arena_array(loader->binder.arena, map->count, sizeof(*loader->drafts));
    scenario->services = loader->services;
    services_sort(loader, map);
    uint32_t i = 0;
    for (struct node *child = map->first; child != NULL; child = child->next, i++) {
        struct scenario_service *service = &loader->services[i];
        struct service_draft *draft = &loader->drafts[i];
        *service = (struct scenario_service){
            .name = child->key, .copies = 1, .balancer = SERVICE_NONE, .place = child->key_place};
        draft->node = child;
        draft->service = service;
        draft->broken = !services_read_one(loader, draft);
    }
    return true;
}
