#include "sim/engine/feed.h"

#include "sim/engine/call.h"

/* ---- sources and consumers ---- */

void source_ready(struct world *w, struct service *s)
{
    if (!s->telling) {
        s->telling = true;
        events_after(&w->core.events, events_lane(&w->core.events, 0), 0, EVENT_FED, s->index, 0);
    }
}

/* Consumers that compete for a source take turns. */
void feed_tell(struct world *w, uint16_t source)
{
    struct service *s = &w->services[source];
    const uint32_t count = s->spec->consumers_count;
    s->telling = false;
    for (uint32_t i = 0; i < count; i++) {
        struct service *consumer = &w->services[s->spec->consumers[(s->turn + i) % count]];
        consumer->model->fed(w, consumer);
    }
    s->turn = count > 0 ? (s->turn + 1) % count : 0;
}

uint32_t source_receive(struct world *w, const struct call_target *source,
                        const struct source_ask *ask, uint32_t *delivery)
{
    struct service *s = &w->services[source->service];
    return s->model->receive(w, s, source->edge, ask, delivery);
}

uint32_t source_parts(struct world *w, const struct call_target *source)
{
    struct service *s = &w->services[source->service];
    return s->model->parts != NULL ? s->model->parts(w, s) : 1;
}

uint32_t source_part_after(struct world *w, const struct call_target *source, uint32_t part,
                           uint32_t *count)
{
    struct service *s = &w->services[source->service];
    *count = 0;
    return s->model->part_after != NULL ? s->model->part_after(w, s, part, count) : PART_NONE;
}

struct source_terms source_terms(const struct world *w, const struct call_target *source)
{
    const struct scenario_service *spec = &w->scenario->services[source->service];
    return spec->type->terms != NULL ? spec->type->terms(spec->params)
                                     : (struct source_terms){.hold_ns = TIME_NONE};
}

struct frame *source_invoke(struct world *w, const struct call_target *source, uint32_t delivery,
                            uint32_t rounds)
{
    return call_deliver_to(w, source->edge, delivery, rounds);
}

/* Without a program all rounds end at once; one round of several messages is all of them. */
__attribute__((noinline)) bool feed_spoilt(struct world *w, struct frame *f)
{
    struct service *source = &w->services[w->scenario->edges[f->edge].caller];
    if (source->model->spoilt == NULL) {
        return false;
    }
    const struct frame_more *more = core_more(&w->core, f);
    const uint32_t at = source->model->spoilt(w, source, more->delivery);
    if (at == PART_NONE) {
        return false;
    }
    if (f->pc == PC_NONE && at < more->rounds) {
        f->parent_generation = more->rounds - at;
    }
    return more->rounds == 1 || f->pc == PC_NONE || at == more->rounds - f->parent_generation;
}

void feed_settle(struct world *w, const struct frame *f, enum outcome outcome)
{
    struct service *source = &w->services[w->scenario->edges[f->edge].caller];
    const struct frame_more *more = core_more(&w->core, f);
    const uint32_t left = outcome == OUTCOME_OK ? 0 : f->parent_generation;
    source->model->settle(w, source, more->delivery, outcome, more->rounds - left);
}

/* ---- balancers and members ---- */

void service_member(struct world *w, struct service *s, uint16_t copy, uint8_t zone, bool present)
{
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        struct service *balancer = &w->services[i];
        if (balancer->model->member == NULL) {
            continue;
        }
        for (uint32_t target = 0; target < balancer->spec->targets_count; target++) {
            if (balancer->spec->targets[target].service == s->index) {
                balancer->model->member(w, balancer, &balancer->spec->targets[target], copy, zone,
                                        present);
            }
        }
    }
}

/* The zone of the copies of a service: round the zones it lives in. One without copies is in all
 * of its zones. */
static uint8_t feed_zone(const struct scenario_service *spec, uint32_t copy)
{
    if (spec->balancer == SERVICE_NONE && __builtin_popcount(spec->zones_mask) > 1) {
        return ZONE_ANY;
    }
    uint32_t left = copy % (uint32_t)(spec->zones_mask ? __builtin_popcount(spec->zones_mask) : 1);
    for (uint8_t zone = 0; zone < ZONES_MAX; zone++) {
        if (spec->zones_mask >> zone & 1 && left-- == 0) {
            return zone;
        }
    }
    return ZONE_ANY;
}

void feed_begin(struct world *w)
{
    for (uint32_t i = 0; i < w->scenario->services_count; i++) {
        struct service *balancer = &w->services[i];
        for (uint32_t t = 0; t < balancer->spec->targets_count && balancer->model->member; t++) {
            const struct service *s = &w->services[balancer->spec->targets[t].service];
            for (uint32_t copy = 0; copy < s->spec->copies && !s->model->info.members; copy++) {
                balancer->model->member(w, balancer, &balancer->spec->targets[t], (uint16_t)copy,
                                        feed_zone(s->spec, copy), true);
            }
        }
    }
}

bool target_healthy(struct world *w, const struct call_target *target, uint16_t copy)
{
    struct service *s = &w->services[target->service];
    return s->model->healthy != NULL ? s->model->healthy(w, s, copy) : s->load.up.value > 0;
}

/* The callee of an edge, and where that is a path what comes after it. */
static bool feed_passes(struct world *w, uint16_t edge)
{
    const struct edge *e = &w->scenario->edges[edge];
    const struct call_target target = {.service = e->service, .operation = e->operation};
    const uint16_t path = w->scenario->services[e->service].operations[e->operation].path;
    return target_healthy(w, &target, 0) && (path == EDGE_NONE || feed_passes(w, path));
}

bool operation_healthy(struct world *w, struct service *s, uint16_t operation)
{
    if (s->checking) {
        return true; /* it asks itself, through others */
    }
    s->checking = true;
    bool healthy = true;
    uint16_t pc = s->spec->operations[operation].pc;
    while (healthy && pc != PC_NONE && w->scenario->steps[pc].kind != STEP_END) {
        const struct step *step = &w->scenario->steps[pc];
        const bool calls =
            step->kind == STEP_CALL || step->kind == STEP_BREAKER || step->kind == STEP_HEDGE;
        if (calls && step->failure_pc == PC_NONE && !step->options->optional &&
            step->options->probability == 1) {
            healthy = feed_passes(w, step->edge);
        }
        pc = step->next;
    }
    s->checking = false;
    return healthy;
}
