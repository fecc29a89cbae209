/* watches: the services that a type names without calling them: those that it commands or reads
 * (an alarm's metric, a script's target, a network's members). */
#include "sim/scenario/loader.h"

#include <string.h>

void rows_visit(struct loader *loader, struct service_draft *draft,
                void (*visit)(struct loader *loader, struct service_draft *draft,
                              const struct row_place *place))
{
    const struct model_info *type = draft->service->type;
    for (uint32_t i = 0; i < type->params_count; i++) {
        const struct param *row = &type->params[i];
        struct node *node = bind_find(draft->node, row->key);
        if (node == NULL)
            continue;
        if (row->kind != PARAM_LIST) {
            visit(loader, draft, &(struct row_place){row, node, draft->params});
            continue;
        }
        const struct list *list =
            (const struct list *)(void *)((char *)draft->params + row->offset);
        char *item = (char *)list->items;
        struct node *child = item != NULL ? node->first : NULL;
        for (; child != NULL; child = child->next, item += row->item->size) {
            for (uint32_t r = 0; r < row->item->rows_count && child->kind == NODE_MAP; r++) {
                struct node *inside = bind_find(child, row->item->rows[r].key);
                if (inside != NULL)
                    visit(loader, draft, &(struct row_place){&row->item->rows[r], inside, item});
            }
        }
    }
}

/* What the row asks of the service's type is there. */
static bool watches_fits(struct loader *loader, const struct row_place *place,
                         const struct node *node, const struct scenario_service *named)
{
    const char *control = place->row->range;
    const char *const *controls = named->type->controls;
    if (strcmp(control, CHANGE_LOG) == 0) {
        if (!named->type->change_log)
            diag_error(loader->binder.diag, node->place,
                       "'%s' is of type %s: it has no log of changes to read", named->name,
                       named->type->name);
        loader->services[named - loader->services].replicated = true;
        return named->type->change_log;
    }
    while (control[0] != '\0' && controls != NULL && *controls != NULL &&
           strcmp(*controls, control) != 0)
        controls++;
    if (control[0] != '\0' && (controls == NULL || *controls == NULL)) {
        diag_error(loader->binder.diag, node->place, "'%s' is of type %s, which has no '%s'",
                   named->name, named->type->name, place->row->key);
        return false;
    }
    return true;
}

/* The service that the scalar names; SERVICE_NONE with an error, or silently if it is broken. */
static uint16_t watches_service(struct loader *loader, const struct row_place *place,
                                const struct node *node)
{
    const char *operation;
    uint16_t service = SERVICE_NONE;
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, "a service", "a name") ||
        !wiring_split(loader, node, &service, &operation))
        return SERVICE_NONE;
    const struct scenario_service *named = &loader->services[service];
    if (operation != NULL) {
        diag_error(loader->binder.diag, node->place, "a whole service is meant: write just '%s'",
                   named->name);
        return SERVICE_NONE;
    }
    return watches_fits(loader, place, node, named) ? service : SERVICE_NONE;
}

static void watches_one(struct loader *loader, struct service_draft *draft,
                        const struct row_place *place)
{
    uint16_t *field = (uint16_t *)(void *)((char *)place->out + place->row->offset);
    *field = watches_service(loader, place, place->node);
    draft->broken = draft->broken || *field == SERVICE_NONE;
}

static void watches_list(struct loader *loader, struct service_draft *draft,
                         const struct row_place *place)
{
    struct watches *field = (struct watches *)(void *)((char *)place->out + place->row->offset);
    if (!bind_kind(&loader->binder, place->node, NODE_LIST,
                   arena_printf(loader->binder.arena, "'%s'", place->row->key),
                   param_expectation(place->row, loader->binder.arena))) {
        draft->broken = true;
        return;
    }
    uint16_t *items = arena_array(loader->binder.arena, place->node->count, sizeof(*items));
    *field = (struct watches){items, 0};
    for (const struct node *child = place->node->first; child != NULL; child = child->next) {
        const uint16_t service = watches_service(loader, place, child);
        draft->broken = draft->broken || service == SERVICE_NONE;
        items[field->count++] = service;
    }
}

/* ---- readings ---- */

static const char *const watches_common[READING_KINDS] = {
    [READING_CALLS] = "calls",
    [READING_ERRORS] = "errors",
    [READING_THROTTLED] = "throttled",
    [READING_LATENCY] = "latency",
    [READING_UTILIZATION] = "utilization",
    [READING_QUEUE] = "queue",
    [READING_IN_FLIGHT] = "in_flight",
};

/* Names the service and one of what it shows. */
static bool watches_metric(struct loader *loader, const struct node *node, uint16_t service,
                           const char *name, uint16_t *what)
{
    const struct model_info *type = loader->services[service].type;
    const char **names =
        arena_array(loader->binder.arena, READING_KINDS + type->metrics_count, sizeof(*names));
    uint32_t count = 0;
    for (; count < READING_KINDS; count++) {
        names[count] = watches_common[count];
        if (name != NULL && strcmp(name, names[count]) == 0) {
            *what = (uint16_t)count;
            return true;
        }
    }
    for (uint32_t i = 0; i < type->metrics_count; i++) {
        if (!type->metrics[i].level)
            continue;
        names[count++] = type->metrics[i].name;
        if (name != NULL && strcmp(name, type->metrics[i].name) == 0) {
            *what = (uint16_t)(READING_OWN + i);
            return true;
        }
    }
    const char *hint = bind_hint_list(&loader->binder, name != NULL ? name : "",
                                      "what can be watched is", names, count);
    diag_error_hint(loader->binder.diag, node->place, hint,
                    "expected SERVICE.METRIC, with what '%s' shows while it runs",
                    loader->services[service].name);
    return false;
}

static void watches_reading(struct loader *loader, struct service_draft *draft,
                            const struct row_place *place)
{
    struct reading *field = (struct reading *)(void *)((char *)place->out + place->row->offset);
    const char *name;
    struct reading reading = {SERVICE_NONE, 0};
    if (!bind_kind(&loader->binder, place->node, NODE_SCALAR, "a metric",
                   param_expectation(place->row, loader->binder.arena)) ||
        !wiring_split(loader, place->node, &reading.service, &name) ||
        !watches_metric(loader, place->node, reading.service, name, &reading.what)) {
        draft->broken = true;
        return;
    }
    loader->services[reading.service].watched = true;
    *field = reading;
}

static void watches_visit(struct loader *loader, struct service_draft *draft,
                          const struct row_place *place)
{
    if (place->row->kind == PARAM_WATCH)
        watches_one(loader, draft, place);
    else if (place->row->kind == PARAM_WATCHES)
        watches_list(loader, draft, place);
    else if (place->row->kind == PARAM_READING)
        watches_reading(loader, draft, place);
}

void watches_read(struct loader *loader)
{
    for (uint32_t i = 0; i < loader->scenario->services_count; i++)
        if (loader->drafts[i].params != NULL && !loader->drafts[i].broken)
            rows_visit(loader, &loader->drafts[i], watches_visit);
}
