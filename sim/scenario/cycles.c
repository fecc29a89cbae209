/* cycles: calls that cannot end, because every path through an operation calls an operation of
 * which the same is true. An operation ends if some path through its program calls only operations
 * that end; what is left when no more can be found is endless. A service is looked at again when
 * one that it calls has got an operation that ends. Programs only go forward, so a pass backwards
 * over the service's steps finds from which of them the end can be reached. */
#include "sim/scenario/loader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct cycles {
    const struct scenario *scenario;
    const struct service_draft *drafts;
    uint32_t *first; /* of service i: index of its first operation, flat over services */
    uint32_t count;  /* operations of all services */
    bool *ends;      /* per operation, flat */
    bool *reaches;   /* per step: its end */
    /* services that call service i: callers[callers_first[i] .. callers_first[i + 1] - 1] */
    uint32_t *callers_first;
    uint16_t *callers;
    /* services to look at again: a ring that holds each at most once */
    uint16_t *queue;
    bool *queued;
    uint32_t queue_first, queue_count;
};

static uint32_t cycles_operation(const struct cycles *cycles, uint16_t edge)
{
    const struct edge *e = &cycles->scenario->edges[edge];
    return cycles->first[e->service] + e->operation;
}

/* A call that is made for certain. One that passes its deadline on ends when that is over. */
static bool cycles_certain(const struct step *step)
{
    const bool waits =
        step->kind == STEP_CALL || step->kind == STEP_BREAKER || step->kind == STEP_HEDGE;
    return waits && step->options->probability >= 1 && !step->options->pass_deadline;
}

static bool cycles_step_reaches(const struct cycles *cycles, const struct step *step)
{
    bool reaches = step->kind == STEP_END || cycles->reaches[step->next];
    if (step->kind == STEP_CHOOSE) {
        reaches = false;
        for (uint32_t i = 0; i < step->branches_count; i++)
            reaches =
                reaches || (cycles->reaches[step->branches[i].pc] &&
                            (i == 0 ? step->branches[i].weight
                                    : step->branches[i].weight - step->branches[i - 1].weight) > 0);
    } else if (step->kind == STEP_PARALLEL) {
        for (uint32_t i = 0; i < step->branches_count; i++)
            reaches = reaches && cycles->reaches[step->branches[i].pc];
    } else if (cycles_certain(step)) {
        reaches = reaches && cycles->ends[cycles_operation(cycles, step->edge)];
    }
    return reaches;
}

/* How many targets a service has of which one is taken by whatever is passed on. */
static uint32_t cycles_targets(const struct scenario_service *service)
{
    return service->type->forwards ? service->targets_count : 0;
}

static uint16_t cycles_target_edge(const struct call_target *target, uint32_t operation)
{
    return target->operation == OPERATION_SAME ? (uint16_t)(target->edge + operation)
                                               : target->edge;
}

static bool cycles_operation_ends(const struct cycles *cycles,
                                  const struct scenario_service *service, uint32_t o)
{
    const uint32_t targets = cycles_targets(service);
    const uint16_t pc = service->operations[o].pc;
    if (pc != PC_NONE && !cycles->reaches[pc])
        return false;
    for (uint32_t t = 0; t < targets; t++)
        if (cycles->ends[cycles_operation(cycles, cycles_target_edge(&service->targets[t], o))])
            return true;
    return targets == 0;
}

static void cycles_enqueue(struct cycles *cycles, uint16_t service)
{
    const uint32_t size = cycles->scenario->services_count;
    if (cycles->queued[service])
        return;
    cycles->queued[service] = true;
    cycles->queue[(cycles->queue_first + cycles->queue_count++) % size] = service;
}

static void cycles_look(struct cycles *cycles, uint16_t i)
{
    const struct scenario_service *service = &cycles->scenario->services[i];
    const struct service_draft *draft = &cycles->drafts[i];
    bool added = false;
    for (uint32_t pc = draft->steps_end; pc-- > draft->steps_first;)
        cycles->reaches[pc] = cycles_step_reaches(cycles, &cycles->scenario->steps[pc]);
    for (uint32_t o = 0; o < service->operations_count; o++) {
        bool *ends = &cycles->ends[cycles->first[i] + o];
        if (!*ends && cycles_operation_ends(cycles, service, o))
            *ends = added = true;
    }
    for (uint32_t c = cycles->callers_first[i]; c < cycles->callers_first[i + 1] && added; c++)
        cycles_enqueue(cycles, cycles->callers[c]);
}

static void cycles_solve(struct cycles *cycles)
{
    const uint32_t size = cycles->scenario->services_count;
    for (uint32_t i = size; i-- > 0;)
        cycles_enqueue(cycles, (uint16_t)i);
    while (cycles->queue_count > 0) {
        const uint16_t service = cycles->queue[cycles->queue_first];
        cycles->queue_first = (cycles->queue_first + 1) % size;
        cycles->queue_count--;
        cycles->queued[service] = false;
        cycles_look(cycles, service);
    }
}

/* Sorts the edges by callee. */
static void cycles_find_callers(struct cycles *cycles, struct arena *arena)
{
    const struct scenario *scenario = cycles->scenario;
    uint32_t *first = arena_array(arena, scenario->services_count + 2, sizeof(*first));
    cycles->callers = arena_array(arena, scenario->edges_count + 1, sizeof(*cycles->callers));
    for (uint32_t e = 0; e < scenario->edges_count; e++)
        if (scenario->edges[e].caller < scenario->services_count)
            first[scenario->edges[e].service + 2]++;
    for (uint32_t i = 2; i < scenario->services_count + 2; i++)
        first[i] += first[i - 1];
    for (uint32_t e = 0; e < scenario->edges_count; e++)
        if (scenario->edges[e].caller < scenario->services_count)
            cycles->callers[first[scenario->edges[e].service + 1]++] = scenario->edges[e].caller;
    cycles->callers_first = first;
}

/* The edge to an endless operation that an endless one takes first. */
static uint16_t cycles_blocking(const struct cycles *cycles, const struct scenario_service *service,
                                uint32_t o)
{
    uint16_t pc = service->operations[o].pc;
    if (pc == PC_NONE || cycles->reaches[pc]) {
        assert(cycles_targets(service) > 0);
        return cycles_target_edge(&service->targets[0], o);
    }
    for (;;) {
        const struct step *step = &cycles->scenario->steps[pc];
        if (cycles_certain(step) && !cycles->ends[cycles_operation(cycles, step->edge)])
            return step->edge;
        pc = step->next;
        for (uint32_t i = 0; i < step->branches_count; i++) {
            if (!cycles->reaches[step->branches[i].pc]) {
                pc = step->branches[i].pc;
                break;
            }
        }
    }
}

static const char *cycles_name(struct arena *arena, const struct scenario_service *service,
                               uint32_t o)
{
    return service->operations[o].name == NULL
               ? service->name
               : arena_printf(arena, "%s.%s", service->name, service->operations[o].name);
}

/* Follows the calls from an endless operation; names the cycle if it is one not named before. */
static void cycles_report(struct loader *loader, struct cycles *cycles, uint32_t *seen,
                          uint32_t service, uint32_t o, uint32_t mark)
{
    const struct scenario *scenario = cycles->scenario;
    struct arena *arena = loader->binder.arena;
    while (seen[cycles->first[service] + o] == 0) {
        seen[cycles->first[service] + o] = mark;
        const uint16_t edge = cycles_blocking(cycles, &scenario->services[service], o);
        service = scenario->edges[edge].service;
        o = scenario->edges[edge].operation;
    }
    if (seen[cycles->first[service] + o] != mark)
        return;
    const uint32_t start = cycles->first[service] + o;
    const struct place place = scenario->services[service].place;
    const char *path = cycles_name(arena, &scenario->services[service], o);
    uint32_t shown = 0;
    do {
        const uint16_t edge = cycles_blocking(cycles, &scenario->services[service], o);
        service = scenario->edges[edge].service;
        o = scenario->edges[edge].operation;
        const char *name = cycles_name(arena, &scenario->services[service], o);
        if (++shown <= 8)
            path = arena_printf(arena, "%s -> %s", path, name);
    } while (cycles->first[service] + o != start);
    diag_error(loader->binder.diag, place,
               "these calls never end: %s%s; let one of them be async, or made with a probability",
               path, shown > 8 ? " -> ..." : "");
}

void cycles_check(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    const uint32_t services = scenario->services_count;
    struct cycles cycles = {.scenario = scenario, .drafts = loader->drafts};
    struct arena arena;
    arena_init(&arena);
    cycles.first = arena_array(&arena, services, sizeof(*cycles.first));
    for (uint32_t i = 0; i < services; i++) {
        cycles.first[i] = cycles.count;
        cycles.count += scenario->services[i].operations_count;
    }
    cycles.ends = arena_array(&arena, cycles.count, sizeof(*cycles.ends));
    cycles.reaches = arena_array(&arena, scenario->steps_count, sizeof(*cycles.reaches));
    cycles.queue = arena_array(&arena, services, sizeof(*cycles.queue));
    cycles.queued = arena_array(&arena, services, sizeof(*cycles.queued));
    uint32_t *seen = arena_array(&arena, cycles.count, sizeof(*seen));
    cycles_find_callers(&cycles, &arena);
    cycles_solve(&cycles);
    uint32_t mark = 0;
    for (uint32_t i = 0; i < services; i++)
        for (uint32_t o = 0; o < scenario->services[i].operations_count; o++)
            if (!cycles.ends[cycles.first[i] + o])
                cycles_report(loader, &cycles, seen, i, o, ++mark);
    arena_done(&arena);
}
