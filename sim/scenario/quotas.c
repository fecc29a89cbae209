/* quotas: what the account may use of each service type in the region: the provider's defaults, or
 * what `quotas: {lambda: {concurrency: 5000}}` at the top of the file says. */
#include "sim/scenario/loader.h"

#include <string.h>

static const struct model_info *quotas_type(struct loader *loader, const struct node *node)
{
    const struct load_request *request = loader->request;
    const char **names = arena_array(loader->binder.arena, request->types_count, sizeof(*names));
    uint32_t count = 0;
    for (uint32_t i = 0; i < request->types_count; i++) {
        if (request->types[i]->quotas_count == 0)
            continue;
        if (strcmp(request->types[i]->name, node->key) == 0)
            return request->types[i];
        names[count++] = request->types[i]->name;
    }
    diag_error_hint(
        loader->binder.diag, node->key_place,
        bind_hint_list(&loader->binder, node->key, "types with quotas are", names, count),
        "there are no quotas of '%s'", bind_quote(&loader->binder, node->key));
    return NULL;
}

void quotas_read(struct loader *loader)
{
    const struct load_request *request = loader->request;
    struct scenario *scenario = loader->scenario;
    struct arena *arena = loader->binder.arena;
    struct node *map = loader->keys.quotas_node;
    const void **quotas = arena_array(arena, request->types_count, sizeof(*quotas));
    if (map != NULL && !bind_kind(&loader->binder, map, NODE_MAP, "'quotas'",
                                  "a map such as {lambda: {concurrency: 5000}}"))
        map = NULL;
    for (const struct node *child = map != NULL ? map->first : NULL; child != NULL;
         child = child->next)
        quotas_type(loader, child);
    struct node *none = arena_alloc(arena, sizeof(*none));
    none->kind = NODE_MAP;
    for (uint32_t i = 0; i < request->types_count; i++) {
        const struct model_info *type = request->types[i];
        if (type->quotas_count == 0)
            continue;
        const struct room room = {type->name, type->quotas, type->quotas_count};
        const struct room *const rooms[] = {&room};
        const char *path = arena_printf(arena, "quotas.%s", type->name);
        struct node *own = map != NULL ? bind_find(map, type->name) : NULL;
        void *out = arena_alloc(arena, type->quotas_size);
        if (own != NULL && !bind_kind(&loader->binder, own, NODE_MAP, path, "a map of quotas"))
            own = NULL;
        bind_rows(&loader->binder, &room, own != NULL ? own : none, path, out);
        if (own != NULL)
            bind_keys(&loader->binder, own, path, rooms, 1);
        for (uint32_t k = 0; k < type->quotas_count && own != NULL; k++)
            loader_arrange(loader, path, own, &type->quotas[k]);
        quotas[i] = out;
    }
    scenario->quotas = quotas;
    scenario->types_count = request->types_count;
}
