/* steps: compiles `calls` into flat programs. A program only goes forward: every pc that a step
 * names is larger than its own, branches rejoin by a jump, and it ends with STEP_END. After a
 * mistake, which is told, compiling goes on to find the others; the program is then of no use. */
#include "sim/scenario/loader.h"

#include <math.h>
#include <string.h>

/* Where the reader is. */
struct steps_context {
    struct loader *loader;
    const struct scenario_service *service;
    const char *path; /* for messages: "services.app.calls" */
    bool parallel;    /* in a branch that runs beside others */
};

static void steps_list(const struct steps_context *context, struct node *list);

static bool steps_kind(const struct steps_context *context, const struct node *node,
                       enum node_kind kind, const char *what, const char *expected)
{
    return bind_kind(&context->loader->binder, node, kind, what, expected);
}

/* A table that stands alone in its map. */
static void steps_bind(const struct steps_context *context, const struct room *room,
                       struct node *map, void *out)
{
    bind_rows(&context->loader->binder, room, map, context->path, out);
    bind_keys(&context->loader->binder, map, context->path, &room, 1);
}

/* The context of a map within a step. */
static struct steps_context steps_inside(const struct steps_context *context, const char *key)
{
    struct steps_context inside = *context;
    inside.path = arena_printf(context->loader->binder.arena, "%s.%s", context->path, key);
    return inside;
}

/* Appends a step; its `next` is the one after it. */
static uint16_t steps_emit(struct loader *loader, struct step step)
{
    if (loader->steps_count == LOADER_INDEX_MAX) {
        if (!loader->steps_overflow)
            diag_error(loader->binder.diag, loader->services[loader->caller].place,
                       "the steps of all services together are more than %d", LOADER_INDEX_MAX);
        loader->steps_overflow = true;
        return 0;
    }
    if (loader->steps_count == loader->steps_capacity) {
        loader->steps_capacity = loader->steps_capacity == 0 ? 64 : 2 * loader->steps_capacity;
        loader->steps =
            memory_resize(loader->steps, loader->steps_capacity, sizeof(*loader->steps));
    }
    const uint16_t pc = (uint16_t)loader->steps_count++;
    step.next = (uint16_t)(pc + 1);
    loader->steps[pc] = step;
    return pc;
}

static struct step steps_empty(enum step_kind kind)
{
    return (struct step){.kind = kind, .failure_pc = PC_NONE};
}

/* Target and options of a call. rooms[0] is the table with `call` itself, the rest are those of
 * options; `name` is the scalar with the target, null if it is missing. */
static void steps_target(const struct steps_context *context, const struct node *name,
                         struct node *map, const struct room *const *rooms, uint32_t rooms_count,
                         struct step *step)
{
    struct loader *loader = context->loader;
    struct call_options *options = arena_alloc(loader->binder.arena, sizeof(*options));
    struct loader_target target;
    bind_keys(&loader->binder, map, context->path, rooms, rooms_count);
    options_read(loader, map, context->path, rooms + 1, rooms_count - 1, options);
    step->options = options;
    if (name != NULL && name->kind == NODE_SCALAR &&
        paths_target(loader, name, bind_find(map, "via"), &target))
        step->edge = wiring_edge(loader, &target, name->place);
}

/* A step and, if any, the steps of its fallback behind it. */
static void steps_emit_with_fallback(const struct steps_context *context, struct step step,
                                     struct node *fallback)
{
    struct loader *loader = context->loader;
    const uint16_t pc = steps_emit(loader, step);
    if (fallback == NULL ||
        !steps_kind(context, fallback, NODE_LIST, "'fallback'", "a list of steps such as [cache]"))
        return;
    const uint32_t first = loader->steps_count;
    steps_list(context, fallback);
    const uint16_t jump = steps_emit(loader, steps_empty(STEP_JUMP));
    loader->steps[pc].failure_pc = (uint16_t)first;
    loader->steps[pc].next = loader->steps[jump].next;
}

static void steps_call(const struct steps_context *context, struct node *map)
{
    static const struct room *const rooms[] = {&call_room, &carry_room, &patience_room, &often_room,
                                               &optional_room};
    struct step_keys keys = {0};
    struct step step = steps_empty(STEP_CALL);
    bind_rows(&context->loader->binder, &call_room, map, context->path, &keys);
    steps_target(context, bind_find(map, "call"), map, rooms, 5, &step);
    steps_emit_with_fallback(context, step, keys.fallback_node);
}

static void steps_async(const struct steps_context *context, struct node *map)
{
    static const struct room *const rooms[] = {&async_call_room, &carry_room, &often_room};
    const struct steps_context inside = steps_inside(context, "async");
    struct step_keys keys = {0};
    struct step step = steps_empty(STEP_ASYNC);
    struct node nothing = {.kind = NODE_MAP};
    steps_bind(context, &async_room, map, &keys);
    struct node *node = keys.async_node;
    if (node->kind == NODE_MAP) {
        bind_rows(&context->loader->binder, &async_call_room, node, inside.path, &keys);
        steps_target(&inside, bind_find(node, "call"), node, rooms, 3, &step);
    } else if (steps_kind(context, node, NODE_SCALAR, "'async'",
                          "SERVICE, or a map such as {call: SERVICE, size: 2 KiB}")) {
        steps_target(context, node, &nothing, rooms, 3, &step);
    }
    steps_emit(context->loader, step);
}

static void steps_hedge(const struct steps_context *context, struct node *map)
{
    static const struct room *const rooms[] = {&hedge_room, &carry_room, &patience_room,
                                               &often_room, &optional_room};
    const struct steps_context inside = steps_inside(context, "hedge");
    struct step_keys keys = {0};
    struct hedge_keys hedge_keys;
    struct step step = steps_empty(STEP_HEDGE);
    steps_bind(context, &hedge_step_room, map, &keys);
    struct node *node = keys.hedge_node;
    if (!steps_kind(context, node, NODE_MAP, "'hedge'",
                    "a map such as {call: db.get, after: 30ms, max: 2}"))
        return;
    bind_rows(&context->loader->binder, &hedge_room, node, inside.path, &hedge_keys);
    steps_target(&inside, bind_find(node, "call"), node, rooms, 5, &step);
    struct hedge *hedge = arena_alloc(context->loader->binder.arena, sizeof(*hedge));
    *hedge = (struct hedge){hedge_keys.after_ns, (uint32_t)hedge_keys.max_count};
    step.hedge = hedge;
    steps_emit_with_fallback(context, step, keys.fallback_node);
}

static void steps_breaker(const struct steps_context *context, struct node *map)
{
    static const struct room *const rooms[] = {&breaker_room, &carry_room, &patience_room,
                                               &often_room, &optional_room};
    const struct steps_context inside = steps_inside(context, "circuit_breaker");
    struct loader *loader = context->loader;
    struct step_keys keys = {0};
    struct breaker_keys breaker_keys;
    struct step step = steps_empty(STEP_BREAKER);
    steps_bind(context, &breaker_step_room, map, &keys);
    struct node *node = keys.circuit_breaker_node;
    if (!steps_kind(
            context, node, NODE_MAP, "'circuit_breaker'",
            "a map such as {call: pay, failures: 50%, minimum: 20, window: 10s, open: 30s}"))
        return;
    bind_rows(&loader->binder, &breaker_room, node, inside.path, &breaker_keys);
    steps_target(&inside, bind_find(node, "call"), node, rooms, 5, &step);
    struct breaker *breaker = arena_alloc(loader->binder.arena, sizeof(*breaker));
    *breaker = (struct breaker){breaker_keys.failures_ratio, (uint32_t)breaker_keys.minimum_count,
                                breaker_keys.window_ns, breaker_keys.open_ns,
                                loader->scenario->breakers_count++};
    step.breaker = breaker;
    steps_emit_with_fallback(context, step, keys.fallback_node);
}

static void steps_work(const struct steps_context *context, struct node *map)
{
    struct step_keys keys = {0};
    struct step step = steps_empty(STEP_WORK);
    steps_bind(context, &work_room, map, &keys);
    step.dist = keys.work_ns_dist;
    if (context->parallel && context->service->type->branch_work != NULL)
        diag_warning(context->loader->binder.diag, map->place, "parallel_work", context->path, "%s",
                     context->service->type->branch_work);
    steps_emit(context->loader, step);
}

static void steps_wait(const struct steps_context *context, struct node *map)
{
    struct step_keys keys = {0};
    struct step step = steps_empty(STEP_WAIT);
    steps_bind(context, &wait_room, map, &keys);
    step.dist = keys.wait_ns_dist;
    steps_emit(context->loader, step);
}

/* The shares of a choice, made cumulative; they must be a whole. One that is wrong already is
 * NaN. */
static void steps_weights(const struct steps_context *context, const struct node *list,
                          struct branch *branches)
{
    double sum = 0;
    for (uint32_t i = 0; i < list->count; i++)
        sum = branches[i].weight += sum;
    if (fabs(sum - 1) > 1e-6)
        diag_error(context->loader->binder.diag, bind_key_place(list),
                   "the weights of a choice must add up to 100%%; these make %.10g%%", sum * 100);
    branches[list->count - 1].weight = 1;
}

/* The share and the steps of one branch. */
static void steps_choice(const struct steps_context *context, struct node *item,
                         struct branch *branch)
{
    struct choice_keys keys;
    branch->weight = NAN;
    if (!steps_kind(context, item, NODE_MAP, "a branch of 'choose'",
                    "a map such as {weight: 70%, calls: [db]}"))
        return;
    steps_bind(context, &choice_room, item, &keys);
    branch->weight = keys.weight_ratio;
    if (keys.calls_node != NULL &&
        steps_kind(context, keys.calls_node, NODE_LIST, "'calls'", "a list of steps"))
        steps_list(context, keys.calls_node);
}

static void steps_choose(const struct steps_context *context, struct node *map)
{
    struct loader *loader = context->loader;
    struct step_keys keys = {0};
    struct step step = steps_empty(STEP_CHOOSE);
    steps_bind(context, &choose_room, map, &keys);
    struct node *list = keys.choose_node;
    if (!steps_kind(context, list, NODE_LIST, "'choose'",
                    "a list of branches such as [{weight: 70%, calls: [a]}, {weight: 30%}]"))
        return;
    if (list->count < 2 || list->count > UINT16_MAX) {
        diag_error(loader->binder.diag, list->place, "'choose' needs 2 to %d branches", UINT16_MAX);
        return;
    }
    struct branch *branches = arena_array(loader->binder.arena, list->count, sizeof(*branches));
    uint16_t *jumps = arena_array(loader->binder.arena, list->count, sizeof(*jumps));
    step.branches = branches;
    step.branches_count = (uint16_t)list->count;
    const uint16_t pc = steps_emit(loader, step);
    uint32_t i = 0;
    for (struct node *item = list->first; item != NULL; item = item->next, i++) {
        branches[i].pc = (uint16_t)loader->steps_count;
        steps_choice(context, item, &branches[i]);
        jumps[i] = steps_emit(loader, steps_empty(STEP_JUMP));
    }
    for (i = 0; i < list->count; i++)
        loader->steps[jumps[i]].next = (uint16_t)loader->steps_count;
    loader->steps[pc].next = (uint16_t)loader->steps_count;
    steps_weights(context, list, branches);
}

static void steps_one(const struct steps_context *context, struct node *node);

static void steps_parallel(const struct steps_context *context, struct node *map)
{
    struct loader *loader = context->loader;
    struct step_keys keys = {0};
    struct step step = steps_empty(STEP_PARALLEL);
    steps_bind(context, &parallel_room, map, &keys);
    struct node *list = keys.parallel_node;
    if (!steps_kind(context, list, NODE_LIST, "'parallel'", "a list of steps such as [a, b]"))
        return;
    if (list->count == 0 || list->count > UINT16_MAX) {
        diag_error(loader->binder.diag, list->place, "'parallel' needs 1 to %d steps", UINT16_MAX);
        return;
    }
    if (keys.wait_for_count > list->count)
        diag_error(loader->binder.diag, bind_find(map, "wait_for")->place,
                   "'wait_for' is more than the %u that run in parallel", list->count);
    struct steps_context inside = *context;
    inside.parallel = true;
    struct branch *branches = arena_array(loader->binder.arena, list->count, sizeof(*branches));
    step.branches = branches;
    step.branches_count = (uint16_t)list->count;
    step.wait_for = (uint16_t)(keys.wait_for_count > 0 ? keys.wait_for_count : list->count);
    const uint16_t pc = steps_emit(loader, step);
    uint32_t i = 0;
    for (struct node *item = list->first; item != NULL; item = item->next, i++) {
        branches[i].pc = (uint16_t)loader->steps_count;
        if (item->kind == NODE_LIST)
            steps_list(&inside, item);
        else
            steps_one(&inside, item);
        steps_emit(loader, steps_empty(STEP_END));
    }
    loader->steps[pc].next = (uint16_t)loader->steps_count;
}

static const struct steps_form {
    const char *key;
    void (*compile)(const struct steps_context *context, struct node *map);
} steps_forms[] = {
    {"call", steps_call},   {"parallel", steps_parallel},
    {"async", steps_async}, {"work", steps_work},
    {"wait", steps_wait},   {"choose", steps_choose},
    {"hedge", steps_hedge}, {"circuit_breaker", steps_breaker},
};
enum { STEPS_FORMS = sizeof(steps_forms) / sizeof(steps_forms[0]) };

/* Which of the forms a map is; null with an error. */
static const struct steps_form *steps_form(const struct steps_context *context, struct node *map)
{
    const struct binder *binder = &context->loader->binder;
    const char *names[STEPS_FORMS];
    const struct steps_form *form = NULL;
    for (uint32_t i = 0; i < STEPS_FORMS; i++) {
        struct node *key = bind_find(map, steps_forms[i].key);
        names[i] = steps_forms[i].key;
        if (key == NULL)
            continue;
        if (form != NULL) {
            diag_error(binder->diag, bind_key_place(key),
                       "'%s' and '%s' are two steps: give each an item of the list", form->key,
                       key->key);
            return NULL;
        }
        form = &steps_forms[i];
    }
    if (form == NULL) {
        const char *given = map->first != NULL ? map->first->key : "";
        const char *hint = bind_hint_list(binder, given, "one of", names, STEPS_FORMS);
        struct place place = map->first != NULL ? bind_key_place(map->first) : map->place;
        diag_error_hint(binder->diag, place, hint, "a step needs a key that says what it does");
    }
    return form;
}

static void steps_one(const struct steps_context *context, struct node *node)
{
    static const struct room *const rooms[] = {&call_room};
    struct step step = steps_empty(STEP_CALL);
    struct node nothing = {.kind = NODE_MAP};
    if (node->kind == NODE_MAP) {
        const struct steps_form *form = steps_form(context, node);
        if (form != NULL)
            form->compile(context, node);
        return;
    }
    if (!steps_kind(context, node, NODE_SCALAR, "a step",
                    "a call such as db.get, or a map such as {call: db.get, timeout: 1s}"))
        return;
    if (node->text[0] == '\0')
        diag_error(context->loader->binder.diag, node->place,
                   "an empty step: expected a call such as db.get");
    else
        steps_target(context, node, &nothing, rooms, 1, &step);
    steps_emit(context->loader, step);
}

static void steps_list(const struct steps_context *context, struct node *list)
{
    for (struct node *item = list->first; item != NULL; item = item->next)
        steps_one(context, item);
}

/* What every request of a service calls beside its own steps: before them. */
static const struct steps_aside {
    const char *key, *operation;
    enum step_kind kind;
} steps_asides[] = {
    {"encryption", "decrypt", STEP_CALL},
    {"tracing", "put_trace_segments", STEP_CALL},
    {"logs", "put_log_events", STEP_ASYNC},
    {"audit", "record", STEP_ASYNC},
};

static bool steps_has_asides(const struct service_draft *draft)
{
    const struct service_keys *keys = &draft->keys;
    return keys->encryption_text != NULL || keys->tracing_text != NULL || keys->logs_text != NULL ||
           keys->audit_text != NULL;
}

/* A bare name means the operation that fits the key. */
static void steps_put_asides(const struct steps_context *context, const struct service_draft *draft)
{
    struct loader *loader = context->loader;
    struct node nothing = {.kind = NODE_MAP};
    for (uint32_t i = 0; i < sizeof(steps_asides) / sizeof(steps_asides[0]); i++) {
        const struct node *node = bind_find(draft->node, steps_asides[i].key);
        struct step step = steps_empty(steps_asides[i].kind);
        struct call_options *options = arena_alloc(loader->binder.arena, sizeof(*options));
        struct loader_target target;
        const char *name;
        if (node == NULL || node->kind != NODE_SCALAR ||
            !wiring_split(loader, node, &target.service, &name) ||
            !wiring_operation(loader, node, target.service,
                              name != NULL ? name : steps_asides[i].operation, &target.operation))
            continue;
        options_read(loader, &nothing, context->path, NULL, 0, options);
        step.options = options;
        step.edge = wiring_edge(loader, &target, node->place);
        steps_emit(loader, step);
    }
}

/* The program of an operation that stands for a way to a callee. */
static void steps_path(const struct steps_context *context, const struct service_draft *draft,
                       struct operation *operation, const struct node *callee)
{
    static const struct room *const rooms[] = {&call_room};
    struct loader *loader = context->loader;
    struct node nothing = {.kind = NODE_MAP};
    struct step step = steps_empty(STEP_CALL);
    operation->pc = (uint16_t)loader->steps_count;
    steps_put_asides(context, draft);
    steps_target(context, callee, &nothing, rooms, 1, &step);
    operation->path = step.edge;
    steps_emit(loader, step);
    steps_emit(loader, steps_empty(STEP_END));
}

static void steps_paths(struct loader *loader, struct service_draft *draft)
{
    struct operation *operation = (struct operation *)draft->service->operations;
    const struct steps_context context = {
        .loader = loader,
        .service = draft->service,
        .path = arena_printf(loader->binder.arena, "services.%s", draft->service->name),
    };
    for (const struct path_draft *path = draft->paths; path != NULL; path = path->next)
        steps_path(&context, draft, operation++, path->callee);
}

void steps_compile(struct loader *loader, uint32_t i)
{
    struct service_draft *draft = &loader->drafts[i];
    struct operation *operations = (struct operation *)draft->service->operations;
    struct arena *arena = loader->binder.arena;
    draft->steps_first = draft->steps_end = loader->steps_count;
    const bool shared = draft->keys.operations_node == NULL; /* `calls` of the service: for all */
    if (draft->paths != NULL)
        steps_paths(loader, draft);
    for (uint32_t o = 0; o < draft->service->operations_count && draft->paths == NULL; o++) {
        struct node *calls = draft->operations[o].calls_node;
        if (shared && o > 0) {
            operations[o].pc = operations[0].pc;
            continue;
        }
        const char *path = arena_printf(arena, "services.%s", draft->service->name);
        if (!shared)
            path = arena_printf(arena, "%s.operations.%s", path, operations[o].name);
        const struct steps_context context = {
            .loader = loader,
            .service = draft->service,
            .path = arena_printf(arena, "%s.calls", path),
        };
        if (calls != NULL && calls->kind == NODE_LIST && calls->count == 0)
            calls = NULL;
        if (calls == NULL && !steps_has_asides(draft))
            continue;
        if (calls != NULL &&
            !steps_kind(&context, calls, NODE_LIST, "'calls'", "a list of steps such as [db.get]"))
            continue;
        operations[o].pc = (uint16_t)loader->steps_count;
        steps_put_asides(&context, draft);
        if (calls != NULL)
            steps_list(&context, calls);
        steps_emit(loader, steps_empty(STEP_END));
    }
    draft->steps_end = loader->steps_count;
}
