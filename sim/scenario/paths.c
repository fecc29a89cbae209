/* paths: calls that go `via` a network. The network gets an operation for each callee, named after
 * it ("partner.read" is partner_read), whose program is the call itself; and networks may forbid
 * calls. */
#include "sim/scenario/loader.h"

#include <string.h>

/* ---- the operations of a path ---- */

static bool paths_taken(const struct operation *operations, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(operations[i].name, name) == 0)
            return true;
    return false;
}

/* A callee as the name of an operation: no other's ("a.b" beside "a_b" is a_b_2). */
static const char *paths_name(struct loader *loader, const char *callee,
                              const struct operation *operations, uint32_t count)
{
    char *const plain = arena_text(loader->binder.arena, callee, strlen(callee));
    for (char *c = plain; *c != '\0'; c++)
        *c = *c == '.' ? '_' : *c;
    const char *name = plain;
    for (unsigned number = 2; paths_taken(operations, count, name); number++)
        name = arena_printf(loader->binder.arena, "%s_%u", plain, number);
    return name;
}

static int32_t paths_find(const struct service_draft *draft, const char *callee)
{
    uint32_t i = 0;
    for (const struct path_draft *path = draft->paths; path != NULL; path = path->next, i++)
        if (strcmp(path->callee->text, callee) == 0)
            return (int32_t)i;
    return -1;
}

static void paths_add(struct loader *loader, const struct node *via, const struct node *callee)
{
    const uint16_t service = services_find(loader, via->text, strlen(via->text));
    struct service_draft *draft = service == SERVICE_NONE ? NULL : &loader->drafts[service];
    if (draft == NULL || draft->broken || !draft->service->type->path ||
        paths_find(draft, callee->text) >= 0)
        return;
    struct path_draft **end = &draft->paths;
    while (*end != NULL)
        end = &(*end)->next;
    *end = arena_alloc(loader->binder.arena, sizeof(**end));
    (*end)->callee = callee;
    draft->paths_count++;
}

/* Every map that says `via`, at whatever depth; what has no place there is told later. */
static void paths_collect(struct loader *loader, const struct node *node)
{
    static const char *const keys[] = {"call", "to"};
    struct node *via = node->kind == NODE_MAP ? bind_find((struct node *)node, "via") : NULL;
    for (uint32_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && via != NULL; i++) {
        const struct node *callee = bind_find((struct node *)node, keys[i]);
        if (callee != NULL && callee->kind == NODE_SCALAR && via->kind == NODE_SCALAR)
            paths_add(loader, via, callee);
    }
    for (const struct node *child = node->kind == NODE_SCALAR ? NULL : node->first; child != NULL;
         child = child->next)
        paths_collect(loader, child);
}

static void paths_operations(struct loader *loader, struct service_draft *draft)
{
    struct scenario_service *service = draft->service;
    struct arena *arena = loader->binder.arena;
    if (draft->paths_count > LOADER_OPERATIONS_MAX) {
        diag_error(loader->binder.diag, service->place, "'%s' leads to %u callees, more than %d",
                   service->name, draft->paths_count, LOADER_OPERATIONS_MAX);
        draft->broken = true;
        draft->paths = NULL; /* it has no operations for them */
        return;
    }
    struct operation *operations = arena_array(arena, draft->paths_count, sizeof(*operations));
    uint32_t count = 0;
    for (const struct path_draft *path = draft->paths; path != NULL; path = path->next, count++)
        operations[count] = (struct operation){
            .name = paths_name(loader, path->callee->text, operations, count),
            .pc = PC_NONE,
            .builtin = -1,
            .path = EDGE_NONE,
        };
    service->operations = operations;
    service->operations_count = (uint16_t)count;
    service->has_operations = true;
    draft->operations = arena_array(arena, count, sizeof(*draft->operations));
}

void paths_read(struct loader *loader)
{
    paths_collect(loader, loader->keys.services_node);
    if (loader->keys.traffic_node != NULL)
        paths_collect(loader, loader->keys.traffic_node);
    for (uint32_t i = 0; i < loader->scenario->services_count; i++)
        if (loader->drafts[i].paths_count > 0)
            paths_operations(loader, &loader->drafts[i]);
}

bool paths_target(struct loader *loader, const struct node *callee, const struct node *via,
                  struct loader_target *target)
{
    const char *operation;
    if (via == NULL)
        return wiring_call(loader, callee, target);
    if (via->kind != NODE_SCALAR || !wiring_split(loader, via, &target->service, &operation))
        return false; /* a callee that is not there is told where the path calls it */
    const struct scenario_service *path = &loader->services[target->service];
    if (!path->type->path || operation != NULL) {
        diag_error(loader->binder.diag, via->place,
                   path->type->path ? "a path is a whole service: write just '%s'"
                                    : "'%s' is no path that a call could take",
                   path->name);
        return false;
    }
    if (target->service == loader->caller) {
        diag_error(loader->binder.diag, via->place, "'%s' cannot be its own path", path->name);
        return false;
    }
    const int32_t found = paths_find(&loader->drafts[target->service], callee->text);
    target->operation = (uint16_t)found;
    return found >= 0;
}

/* ---- what networks, and who is called, forbid ---- */

/* Of an edge; false where it is no call of its own: a path's further half, a delivery. */
static bool paths_passage(const struct loader *loader, const struct edge *edge,
                          struct passage *passage)
{
    const uint32_t services_count = loader->scenario->services_count;
    const bool traffic = edge->caller >= services_count;
    if (edge->feed || (!traffic && loader->services[edge->caller].type->path))
        return false;
    *passage = (struct passage){.scenario = loader->scenario,
                                .caller = traffic ? (uint16_t)SERVICE_NONE : edge->caller,
                                .callee = edge->service,
                                .operation = edge->operation,
                                .via = SERVICE_NONE};
    const struct scenario_service *to = &loader->services[edge->service];
    const uint16_t path = to->operations[edge->operation].path;
    if (to->type->path && path == EDGE_NONE)
        return false;
    if (path != EDGE_NONE) {
        passage->via = passage->callee;
        passage->callee = loader->edges[path].service;
        passage->operation = loader->edges[path].operation;
    }
    return true;
}

void paths_forbid(struct loader *loader)
{
    for (uint32_t i = 0; i < loader->scenario->services_count; i++) {
        const struct service_draft *network = &loader->drafts[i];
        if (network->broken || network->service->type->forbid == NULL)
            continue;
        for (uint32_t e = 0; e < loader->edges_count; e++) {
            struct passage passage;
            if (!paths_passage(loader, &loader->edges[e], &passage))
                continue;
            const char *why =
                network->service->type->forbid(network->params, &passage, loader->binder.arena);
            if (why != NULL)
                diag_error(loader->binder.diag, loader->edge_places[e], "%s", why);
        }
    }
}
