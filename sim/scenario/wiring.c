/* wiring: from names in the document to services, operations and edges. */
#include "sim/scenario/loader.h"

#include <string.h>

static const char *wiring_operations(struct loader *loader, const struct scenario_service *service,
                                     const char *given, const char *intro)
{
    const char **names =
        arena_array(loader->binder.arena, service->operations_count, sizeof(*names));
    for (uint32_t i = 0; i < service->operations_count; i++)
        names[i] =
            arena_printf(loader->binder.arena, "%s.%s", service->name, service->operations[i].name);
    return bind_hint_list(&loader->binder, given, intro, names, service->operations_count);
}

static bool wiring_service(struct loader *loader, const struct node *node, const char *text,
                           size_t length, uint16_t *service)
{
    *service = services_find(loader, text, length);
    if (*service != SERVICE_NONE)
        return !loader->drafts[*service].broken;
    const char *given = arena_text(loader->binder.arena, text, length);
    const char *hint = bind_hint_list(&loader->binder, given, "the services are",
                                      loader->service_names, loader->scenario->services_count);
    diag_error_hint(loader->binder.diag, node->place, hint, "there is no service '%s'",
                    bind_quote(&loader->binder, given));
    return false;
}

bool wiring_split(struct loader *loader, const struct node *node, uint16_t *service,
                  const char **operation)
{
    const char *text = node->text;
    const char *dot = strchr(text, '.');
    *operation = dot == NULL ? NULL : dot + 1;
    return wiring_service(loader, node, text, dot == NULL ? strlen(text) : (size_t)(dot - text),
                          service);
}

bool wiring_operation(struct loader *loader, const struct node *node, uint16_t service,
                      const char *name, uint16_t *operation)
{
    const struct scenario_service *callee = &loader->services[service];
    if (!callee->has_operations) {
        diag_error(loader->binder.diag, node->place, "'%s' has no operations: write just '%s'",
                   callee->name, callee->name);
        return false;
    }
    for (uint32_t i = 0; i < callee->operations_count; i++) {
        if (strcmp(callee->operations[i].name, name) == 0) {
            *operation = (uint16_t)i;
            return true;
        }
    }
    diag_error_hint(loader->binder.diag, node->place,
                    wiring_operations(loader, callee, node->text, "its operations are"),
                    "'%s' has no operation '%s'", callee->name, bind_quote(&loader->binder, name));
    return false;
}

bool wiring_bare(struct loader *loader, const struct node *node, uint16_t service)
{
    const struct scenario_service *callee = &loader->services[service];
    if (callee->type->path) {
        diag_error(loader->binder.diag, node->place,
                   "'%s' is a path to others: write {call: SERVICE, via: %s}", callee->name,
                   callee->name);
        return false;
    }
    if (!callee->has_operations)
        return true;
    diag_error_hint(loader->binder.diag, node->place,
                    wiring_operations(loader, callee, "", "one of"),
                    "'%s' has operations: say which one is called", callee->name);
    return false;
}

bool wiring_call(struct loader *loader, const struct node *node, struct loader_target *target)
{
    const char *name;
    if (!wiring_split(loader, node, &target->service, &name))
        return false;
    target->operation = 0;
    if (name == NULL)
        return wiring_bare(loader, node, target->service);
    return wiring_operation(loader, node, target->service, name, &target->operation);
}

void wiring_begin(struct loader *loader, uint16_t caller)
{
    loader->caller = caller;
    loader->edges_first = loader->edges_count;
}

static void wiring_grow(struct loader *loader)
{
    if (loader->edges_count < loader->edges_capacity)
        return;
    loader->edges_capacity = loader->edges_capacity == 0 ? 64 : 2 * loader->edges_capacity;
    loader->edges = memory_resize(loader->edges, loader->edges_capacity, sizeof(*loader->edges));
    loader->edge_places =
        memory_resize(loader->edge_places, loader->edges_capacity, sizeof(*loader->edge_places));
}

uint16_t wiring_edge(struct loader *loader, const struct loader_target *target, struct place place)
{
    const struct scenario_service *callee = &loader->services[target->service];
    for (uint32_t i = loader->edges_first; i < loader->edges_count; i++)
        if (loader->edges[i].service == target->service &&
            loader->edges[i].operation == target->operation)
            return (uint16_t)i;
    if (loader->edges_count == LOADER_INDEX_MAX) {
        if (!loader->edges_overflow)
            diag_error(loader->binder.diag, place, "more than %d pairs of caller and operation",
                       LOADER_INDEX_MAX);
        loader->edges_overflow = true;
        return 0;
    }
    loader->drafts[target->service].called = true;
    if (callee->balancer != SERVICE_NONE && callee->balancer != loader->caller)
        diag_error(loader->binder.diag, place,
                   "'%s' is reached only through '%s', which balances its copies", callee->name,
                   loader->services[callee->balancer].name);
    wiring_grow(loader);
    loader->edge_places[loader->edges_count] = place;
    loader->edges[loader->edges_count] =
        (struct edge){loader->caller, target->service, target->operation, false};
    return (uint16_t)loader->edges_count++;
}
