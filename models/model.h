/* model: the contract between the engine and a service type. A type is one file: tables first (see
 * sim/scenario/param.h), then a handful of short functions, last its `struct model NAME_model`.
 *
 * The life of a call, as a model sees it:
 *   arrive    the call is here, f->work_ns holds its own work (drawn already). Take it into a
 *             block, or call_work (no queue), or call_refuse. It is yours from then until finish.
 *   serve     its own work is done. Only types that call others by themselves have this
 *             (load_balancer, cache): call_forward, or true to go on with the program (answer).
 *   answered  the answer of a callee (forwarded or a step's) is back and good. True: go on at once;
 *             false: the model will let it go on later (core_go).
 *   resume    a {work:} step: f->work_ns more compute is due. Start it; its end is EVENT_WORK_DONE
 *             or core_go.
 *   finish    the call leaves, whatever it was doing here: give back what it holds. Called once for
 *             every call that arrived and was not refused, also when withdrawn while it waits.
 *   timer     an EVENT_SERVICE that the model or its block scheduled is due.
 * Functions that are null have the plain meaning: no serve: go on; no answered: go on; no resume:
 * time passes. A model never calls another model and keeps all state in s->state (zeroed,
 * `state_size` bytes) and in arena_array(s->arena). One service may have s->spec->copies instances:
 * f->copy says which. A line of frames may hold some with FRAME_WITHDRAWN: they end at this instant
 * and are to be passed over. */
#ifndef ARCHSIM_MODELS_MODEL_H
#define ARCHSIM_MODELS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/line.h"
#include "sim/kernel/load.h"
#include "sim/kernel/random.h"
#include "sim/kernel/summary.h"
#include "sim/scenario/param.h"
#include "sim/scenario/scenario.h"

struct world;

/* Calls as they ended, of those that arrived in the window. */
struct call_stats {
    uint64_t arrivals;
    uint64_t ended[OUTCOME_COUNT];
    uint64_t abandoned;     /* answers nobody waited for */
    struct summary latency; /* ns, of good answers */
};

/* The bulkhead of one instance. */
struct limit {
    int64_t used;
    struct line line;
};

/* One service in one world. */
struct service {
    const struct model *model;
    const struct scenario_service *spec;
    const void *params;
    void *state;
    struct core *core;
    struct arena *arena; /* the world's */
    struct load load;
    struct call_stats *operations;
    struct random work_random; /* own work, drawn at arrival */
    struct random step_random; /* what later steps draw */
    struct limit *limits;      /* of each copy; null: none */
    int64_t work_constant_ns;  /* the first constant work of its operations, or -1 */
    uint32_t work_lane;        /* its lane */
    uint16_t index;
    __int128 stay_ns; /* debug builds: of the calls that left in the window, see world_little */
};

/* What a type's own metric was in the window; which members count depends on its form. */
struct own_value {
    double value;                  /* METRIC_VALUE, METRIC_MAX; NaN: no data */
    uint64_t hits, trials;         /* METRIC_RATIO */
    const struct summary *summary; /* METRIC_LATENCY */
};

struct model {
    struct model_info info;
    size_t state_size;
    void (*start)(struct world *w, struct service *s);
    void (*arrive)(struct world *w, struct service *s, struct frame *f);
    bool (*serve)(struct world *w, struct service *s, struct frame *f);
    bool (*answered)(struct world *w, struct service *s, struct frame *f);
    void (*resume)(struct world *w, struct service *s, struct frame *f);
    void (*timer)(struct world *w, struct service *s, uint32_t slot);
    void (*finish)(struct world *w, struct service *s, struct frame *f);
    /* Fills own[i] for metric i of the table, at the end of the window. */
    void (*observe)(struct world *w, struct service *s, struct own_value *own);
    /* The share of info.type_resource that was in use over the window, of which `busy` had that
     * mean; NaN: it is not limited. Null where the capacity is all there is. */
    double (*used)(const struct service *s, double window_s, double busy_mean);
};

/* ---- what a model may ask of the engine; defined in sim/engine/call.c and world.c ---- */

/* The arriving call is turned away with that class; no finish follows. Only inside `arrive`. */
void call_refuse(struct world *w, struct frame *f, enum outcome outcome);
/* f->work_ns of time passes without any queue, then the call goes on. It counts as served now. */
void call_work(struct world *w, struct frame *f);
/* Calls the target of an edge (a PARAM_SERVICE), instance `copy`, and waits for its answer; a
 * bad answer ends the call with the same class. */
void call_forward(struct world *w, struct frame *f, uint16_t edge, uint16_t copy);
/* The edge of a target for the operation that f calls. */
static inline uint16_t call_target_edge(const struct call_target *target, const struct frame *f)
{
    return target->operation == OPERATION_SAME ? (uint16_t)(target->edge + f->operation)
                                               : target->edge;
}
/* An EVENT_SERVICE for this service after delay_ns; `slot` comes back to timer. Returns the
 * handle. */
static inline uint32_t service_timer(struct service *s, int64_t delay_ns, uint32_t slot)
{
    return events_at(&s->core->events, core_now(s->core) + delay_ns, EVENT_SERVICE, s->index, slot);
}
/* A random stream of the service's own, by purpose ("balance", "failures"). */
struct random service_random(const struct world *w, const struct service *s, const char *purpose);

#endif
