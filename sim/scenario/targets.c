/* targets: the services that a type calls by itself (origin, targets): which they are, whose copies
 * a balancer owns, and which operations it passes on. */
#include "sim/scenario/loader.h"

#include <assert.h>
#include <string.h>

/* A trigger's source: a queue or a stream, as a whole. What it delivers is no call of a certain
 * operation. */
static bool targets_source(struct loader *loader, const struct service_draft *draft,
                           const struct target_draft *target)
{
    const struct scenario_service *from = &loader->services[target->service];
    if (draft->service->operations_count > 1) {
        diag_error(loader->binder.diag, target->node->place,
                   "'%s' has several operations: what is delivered to it calls none of them",
                   draft->service->name);
        return false;
    }
    if (!from->type->source) {
        diag_error(loader->binder.diag, target->node->place,
                   "'%s' is of type %s: it has nothing that could be received", from->name,
                   from->type->name);
        return false;
    }
    if (target->operation != NULL) {
        diag_error(loader->binder.diag, target->node->place,
                   "a source is a whole service: write just '%s'", from->name);
        return false;
    }
    return true;
}

/* The operation that the row means by a bare name, if the target has it. One that only services of
 * the caller's own type have (a queue's redrive) it must have; such services are of one kind. */
static bool targets_bare(struct loader *loader, const struct service_draft *draft,
                         struct target_draft *target)
{
    const struct scenario_service *to = &loader->services[target->service];
    const struct model_info *type = draft->service->type;
    const char *name = target->row->range;
    if (target->row->kind != PARAM_SERVICE || target->operation != NULL || name[0] == '\0')
        return true;
    for (uint32_t i = 0; i < to->operations_count && to->has_operations; i++)
        if (strcmp(to->operations[i].name, name) == 0)
            target->operation = name;
    if (to->type == type && type->terms != NULL &&
        type->terms(draft->params).ordered !=
            type->terms(loader->drafts[target->service].params).ordered) {
        diag_error(loader->binder.diag, target->node->place,
                   "only one of '%s' and '%s' keeps messages in order: both must, or none",
                   draft->service->name, to->name);
        return false;
    }
    for (uint32_t i = 0; i < type->operations_count && target->operation == NULL; i++) {
        if (strcmp(type->operations[i].name, name) == 0) {
            diag_error(loader->binder.diag, target->node->place,
                       "'%s' is of type %s: it has no operation '%s'", to->name, to->type->name,
                       name);
            return false;
        }
    }
    return true;
}

/* A balancer that takes certain kinds of targets. */
static bool targets_fits(struct loader *loader, const struct service_draft *draft,
                         const struct target_draft *target)
{
    const struct model_info *type = draft->service->type;
    const struct scenario_service *to = &loader->services[target->service];
    if (target->row->kind != PARAM_SERVICES || type->balances_help == NULL ||
        type->balances >> to->type->target_kind & 1)
        return true;
    diag_error_hint(loader->binder.diag, target->node->place, type->balances_help,
                    "'%s' is of type %s, which cannot be a target of type %s", to->name,
                    to->type->name, type->name);
    return false;
}

static bool targets_is(const struct param *row)
{
    return row->kind == PARAM_SERVICE || row->kind == PARAM_SERVICES || row->kind == PARAM_SOURCE;
}

static bool targets_add(struct loader *loader, struct service_draft *draft,
                        const struct row_place *place, const struct node *node, uint32_t copies)
{
    struct target_draft target = {
        .row = place->row, .out = place->out, .node = node, .copies = copies};
    const bool source = place->row->kind == PARAM_SOURCE;
    if (!bind_kind(&loader->binder, node, NODE_SCALAR, source ? "a source" : "a target",
                   source ? "the name of a queue or a stream" : "SERVICE or SERVICE.OPERATION"))
        return false;
    if (!wiring_split(loader, node, &target.service, &target.operation))
        return false;
    if (&loader->drafts[target.service] == draft) {
        diag_error(loader->binder.diag, node->place, "'%s' cannot be its own %s",
                   draft->service->name, source ? "source" : "target");
        return false;
    }
    if (source && !targets_source(loader, draft, &target))
        return false;
    if (!targets_fits(loader, draft, &target) || !targets_bare(loader, draft, &target))
        return false;
    draft->targets[draft->targets_count++] = target;
    return true;
}

static bool targets_own(struct loader *loader, struct service_draft *draft, const struct node *node)
{
    struct target_draft *target = &draft->targets[draft->targets_count - 1];
    struct scenario_service *owned = &loader->services[target->service];
    struct diag *diag = loader->binder.diag;
    if (target->operation != NULL)
        diag_error(diag, node->place, "copies are of a whole service: write '%s'", owned->name);
    else if (!owned->type->copyable)
        diag_error(diag, node->place, "type %s cannot have copies", owned->type->name);
    else if (owned->balancer != SERVICE_NONE)
        diag_error(diag, node->place, "'%s' already has its copies behind '%s'", owned->name,
                   loader->services[owned->balancer].name);
    else {
        owned->balancer = (uint16_t)(draft - loader->drafts);
        owned->copies = target->copies;
        return true;
    }
    return false;
}

static bool targets_read_list(struct loader *loader, struct service_draft *draft,
                              const struct row_place *place)
{
    static const struct room *const rooms[] = {&copies_room};
    const struct param *row = place->row;
    struct node *node = place->node;
    struct copies_keys keys;
    bool good = true;
    if (node->kind == NODE_MAP) {
        const char *path =
            arena_printf(loader->binder.arena, "services.%s.%s", draft->service->name, row->key);
        good = bind_rows(&loader->binder, &copies_room, node, path, &keys);
        good = bind_keys(&loader->binder, node, path, rooms, 1) && good;
        const struct node *name = bind_find(node, "service");
        return good && targets_add(loader, draft, place, name, (uint32_t)keys.copies_count) &&
               targets_own(loader, draft, name);
    }
    if (!bind_kind(&loader->binder, node, NODE_LIST,
                   arena_printf(loader->binder.arena, "'%s'", row->key),
                   param_expectation(row, loader->binder.arena)))
        return false;
    if (node->count == 0) {
        diag_error(loader->binder.diag, node->place, "'%s' is empty: name at least one service",
                   row->key);
        return false;
    }
    for (struct node *item = node->first; item != NULL; item = item->next)
        good = targets_add(loader, draft, place, item, 0) && good;
    return good;
}

static void targets_count(struct loader *loader, struct service_draft *draft,
                          const struct row_place *place)
{
    (void)loader;
    if (targets_is(place->row))
        draft->targets_count += place->node->kind == NODE_LIST ? place->node->count : 1;
}

static void targets_read_row(struct loader *loader, struct service_draft *draft,
                             const struct row_place *place)
{
    if (!targets_is(place->row))
        return;
    const bool good = place->row->kind == PARAM_SERVICES
                          ? targets_read_list(loader, draft, place)
                          : targets_add(loader, draft, place, place->node, 0);
    draft->broken = draft->broken || !good;
}

static void targets_read_one(struct loader *loader, struct service_draft *draft)
{
    rows_visit(loader, draft, targets_count);
    draft->targets =
        arena_array(loader->binder.arena, draft->targets_count, sizeof(*draft->targets));
    draft->targets_count = 0;
    rows_visit(loader, draft, targets_read_row);
}

/* Its operations become those of its targets, which must agree. */
static bool targets_adopt(struct loader *loader, struct service_draft *draft,
                          const struct target_draft *target, const struct target_draft *first)
{
    struct scenario_service *service = draft->service;
    const struct scenario_service *from = &loader->services[target->service];
    if (first == target) {
        struct operation *operations =
            arena_array(loader->binder.arena, from->operations_count, sizeof(*operations));
        for (uint32_t i = 0; i < from->operations_count; i++)
            operations[i] = (struct operation){
                .name = from->operations[i].name, .pc = PC_NONE, .builtin = -1, .path = EDGE_NONE};
        service->operations = operations;
        service->operations_count = from->operations_count;
        service->has_operations = from->has_operations;
        draft->operations =
            arena_array(loader->binder.arena, from->operations_count, sizeof(*draft->operations));
        return true;
    }
    const char *other = loader->services[first->service].name;
    if (service->has_operations != from->has_operations) {
        diag_error(loader->binder.diag, target->node->place,
                   "'%s' cannot stand beside '%s': only one of them has operations", from->name,
                   other);
        return false;
    }
    for (uint32_t i = 0; i < service->operations_count && service->has_operations; i++) {
        bool found = false;
        for (uint32_t o = 0; o < from->operations_count && !found; o++)
            found = strcmp(from->operations[o].name, service->operations[i].name) == 0;
        if (!found) {
            diag_error(loader->binder.diag, target->node->place,
                       "'%s' has no operation '%s', which '%s' beside it has", from->name,
                       service->operations[i].name, other);
            return false;
        }
    }
    return true;
}

static void targets_pass(struct loader *loader, struct service_draft *draft)
{
    const struct target_draft *first = NULL;
    if (draft->passes_known || draft->broken)
        return;
    draft->passes_known = draft->passes_entered = true;
    draft->passes = draft->service->type->forwards && !draft->service->has_operations;
    for (uint32_t i = 0; i < draft->targets_count && draft->passes && !draft->broken; i++) {
        const struct target_draft *target = &draft->targets[i];
        struct service_draft *to = &loader->drafts[target->service];
        if (target->operation != NULL)
            continue;
        if (to->passes_entered) {
            diag_error(loader->binder.diag, target->node->place,
                       "'%s' passes its calls on to itself, through '%s'", draft->service->name,
                       to->service->name);
            draft->broken = true;
            break;
        }
        targets_pass(loader, to);
        if (first == NULL)
            first = target;
        draft->broken = to->broken || !targets_adopt(loader, draft, target, first);
    }
    draft->passes_entered = false;
}

/* What the parameters will hold, but for the edges. */
static bool targets_bind(struct loader *loader, struct service_draft *draft,
                         const struct target_draft *target, struct call_target *out)
{
    *out = (struct call_target){target->service, OPERATION_SAME, 0};
    if (loader->drafts[target->service].broken)
        return false;
    if (target->row->kind == PARAM_SOURCE) { /* it is the source that calls */
        out->operation = 0;
        return true;
    }
    if (target->operation != NULL)
        return wiring_operation(loader, target->node, target->service, target->operation,
                                &out->operation);
    if (draft->passes)
        return true;
    out->operation = 0;
    return wiring_bare(loader, target->node, target->service);
}

static bool targets_store(struct loader *loader, struct service_draft *draft)
{
    struct call_target *items =
        arena_array(loader->binder.arena, draft->targets_count, sizeof(*items));
    bool good = true;
    for (uint32_t i = 0; i < draft->targets_count; i++)
        good = targets_bind(loader, draft, &draft->targets[i], &items[i]) && good;
    for (uint32_t i = 0; i < draft->targets_count; i++) {
        const struct param *row = draft->targets[i].row;
        void *field = (char *)draft->targets[i].out + row->offset;
        if (row->kind != PARAM_SERVICES) {
            *(struct call_target *)field = items[i];
            continue;
        }
        struct call_targets *list = field;
        if (list->count == 0)
            *list = (struct call_targets){&items[i], 0, draft->targets[i].copies};
        list->count++;
    }
    draft->service->targets = items;
    draft->service->targets_count = draft->targets_count;
    return good;
}

/* In the order of their names, not of the file. */
static void targets_consume(struct loader *loader, struct scenario_service *source, uint16_t index)
{
    uint16_t *consumers = (uint16_t *)source->consumers;
    uint32_t at = source->consumers_count++;
    for (; at > 0 &&
           strcmp(loader->services[consumers[at - 1]].name, loader->services[index].name) > 0;
         at--)
        consumers[at] = consumers[at - 1];
    consumers[at] = index;
}

/* Whom each source feeds; in two rounds, the first of which counts. */
static void targets_consumers(struct loader *loader)
{
    const uint32_t count = loader->scenario->services_count;
    for (int store = 0; store <= 1; store++) {
        for (uint32_t i = 0; i < count; i++) {
            const struct service_draft *draft = &loader->drafts[i];
            for (uint32_t t = 0; t < draft->targets_count && !draft->broken; t++) {
                struct scenario_service *source = &loader->services[draft->targets[t].service];
                if (draft->targets[t].row->kind != PARAM_SOURCE)
                    continue;
                if (store == 0)
                    source->consumers_count++;
                else
                    targets_consume(loader, source, (uint16_t)i);
            }
        }
        for (uint32_t i = 0; i < count && store == 0; i++) {
            struct scenario_service *source = &loader->services[i];
            if (source->consumers_count > 0)
                source->consumers = arena_array(loader->binder.arena, source->consumers_count,
                                                sizeof(*source->consumers));
            source->consumers_count = 0;
        }
    }
}

void targets_read(struct loader *loader)
{
    const uint32_t count = loader->scenario->services_count;
    for (uint32_t i = 0; i < count; i++)
        if (loader->drafts[i].params != NULL)
            targets_read_one(loader, &loader->drafts[i]);
    for (uint32_t i = 0; i < count; i++)
        targets_pass(loader, &loader->drafts[i]);
    for (uint32_t i = 0; i < count; i++)
        if (!loader->drafts[i].broken && !targets_store(loader, &loader->drafts[i]))
            loader->drafts[i].broken = true;
    targets_consumers(loader);
}

/* One edge for each operation that is passed on, side by side; else the one edge there is. */
static uint16_t targets_edge(struct loader *loader, struct service_draft *draft,
                             const struct target_draft *draft_target,
                             const struct call_target *target)
{
    const struct scenario_service *service = draft->service;
    struct loader_target to = {target->service, target->operation};
    if (target->operation != OPERATION_SAME)
        return wiring_edge(loader, &to, draft_target->node->place);
    uint16_t first = 0;
    for (uint32_t i = 0; i < service->operations_count; i++) {
        to.operation = 0;
        if (service->has_operations)
            wiring_operation(loader, draft_target->node, target->service,
                             service->operations[i].name, &to.operation);
        const uint16_t edge = wiring_edge(loader, &to, draft_target->node->place);
        if (i == 0)
            first = edge;
        assert(edge == first + i || loader->edges_overflow);
    }
    return first;
}

/* The edges to those whom service i feeds: each calls its consumer with what it has received. */
static void targets_feed(struct loader *loader, uint32_t i)
{
    const struct scenario_service *source = &loader->services[i];
    for (uint32_t c = 0; c < source->consumers_count; c++) {
        struct service_draft *consumer = &loader->drafts[source->consumers[c]];
        const struct loader_target to = {source->consumers[c], 0};
        for (uint32_t t = 0; t < consumer->targets_count; t++) {
            const struct target_draft *from = &consumer->targets[t];
            if (from->row->kind != PARAM_SOURCE || from->service != i)
                continue;
            const uint32_t edges_count = loader->edges_count;
            const uint16_t edge = wiring_edge(loader, &to, from->node->place);
            struct call_target *field =
                (struct call_target *)(void *)((char *)from->out + from->row->offset);
            if (edge < edges_count && !loader->edges_overflow)
                diag_error(loader->binder.diag, from->node->place,
                           "'%s' feeds '%s' and calls it, too", source->name,
                           consumer->service->name);
            if (loader->edges_count > edge)
                loader->edges[edge].feed = true;
            field->edge = edge;
            ((struct call_target *)consumer->service->targets)[t].edge = edge;
        }
    }
}

void targets_edges(struct loader *loader, uint32_t i)
{
    struct service_draft *draft = &loader->drafts[i];
    /* Passed-on operations first, so that theirs stand side by side. */
    for (int same = 1; same >= 0; same--) {
        uint32_t at = 0;
        void *before = NULL;
        for (uint32_t t = 0; t < draft->targets_count; t++) {
            const struct target_draft *from = &draft->targets[t];
            const struct param *row = from->row;
            void *field = (char *)from->out + row->offset;
            at = field == before ? at + 1 : 0;
            before = field;
            struct call_target *target =
                row->kind == PARAM_SERVICES
                    ? (struct call_target *)&((struct call_targets *)field)->items[at]
                    : field;
            if (row->kind == PARAM_SOURCE || (target->operation == OPERATION_SAME) != (same == 1))
                continue;
            target->edge = targets_edge(loader, draft, from, target);
            ((struct call_target *)draft->service->targets)[t].edge = target->edge;
        }
    }
    targets_feed(loader, i);
}
