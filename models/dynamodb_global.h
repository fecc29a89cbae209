/* dynamodb_global: a global table as one of its regions sees it: what is written here goes on to
 * its replicas, each with its lag (replication). If the region is lost, what was on its way is
 * late, or gone: RPO. Strongly consistent, a write waits until another region has it, and nothing
 * is. */
#ifndef ARCHSIM_MODELS_DYNAMODB_GLOBAL_H
#define ARCHSIM_MODELS_DYNAMODB_GLOBAL_H

#include <math.h>

#include "models/dynamodb_tables.h"
#include "sim/blocks/replication.h"

#define NS_PER_S 1e9
/* Writes of so long travel together: the lag is of a second. */
#define DYNAMODB_SLOT_NS INT64_C(10000000)

/* What was seen of a replica in the window. */
struct dynamodb_replica_seen {
    struct gauge_window pending;
    double age_begin, age_end; /* integrals, ns^2 */
    int64_t age_most_ns;
};

struct dynamodb_global {
    struct replication *replicas; /* null: it waits for them, or has none */
    struct dynamodb_replica_seen *seen;
    uint32_t count;         /* that lag */
    struct summary latency; /* measured */
    struct random round_trips;
    double units, units_begin, units_end; /* that replicas used */
    double bytes, bytes_begin, bytes_end;
    double lost_writes, lost_bytes, lost_age_ns; /* NaN: it was not lost */
};

static inline bool dynamodb_strong(const struct dynamodb_params *p)
{
    return p->replication.consistency == DYNAMODB_STRONG;
}

static inline void dynamodb_global_start(struct dynamodb_global *global, struct world *w,
                                         struct service *s)
{
    const struct dynamodb_params *p = s->params;
    const struct dynamodb_replica *replicas = p->replicas_list.items;
    summary_init(&global->latency, s->arena);
    global->lost_writes = global->lost_bytes = global->lost_age_ns = (double)NAN;
    global->round_trips = service_random(w, s, "round trips");
    if (p->replicas_list.count == 0 || dynamodb_strong(p)) {
        return;
    }
    global->count = p->replicas_list.count;
    global->replicas = arena_array(s->arena, global->count, sizeof(*global->replicas));
    global->seen = arena_array(s->arena, global->count, sizeof(*global->seen));
    for (uint32_t i = 0; i < global->count; i++) {
        const char *purpose = arena_printf(s->arena, "replica %s", replicas[i].region_text);
        replication_init(&global->replicas[i],
                         &(struct replication_setup){
                             .core = s->core,
                             .arena = s->arena,
                             .lag_ns_dist = replicas[i].lag_ns_dist,
                             .random = service_random(w, s, purpose),
                             .slot_ns = DYNAMODB_SLOT_NS,
                             .service = s->index,
                             .timer = DYNAMODB_ARRIVES | i << DYNAMODB_BATCH_BITS,
                             .batches_max = UINT32_C(1) << DYNAMODB_BATCH_BITS,
                         });
    }
    const int64_t loss_ns = world_origin(w) + p->replication.loss_at_ns - core_now(s->core);
    if (p->replication.loss_at_ns >= 0 && loss_ns >= 0) {
        service_timer(s, loss_ns, DYNAMODB_LOSS);
    }
}

/* Items were written, for so many units each in a replica. */
static inline void dynamodb_global_write(struct dynamodb_global *global, const struct service *s,
                                         uint32_t items, double units, double item_bytes)
{
    const struct dynamodb_params *p = s->params;
    const double copies = (double)p->replicas_list.count * items;
    global->units += copies * units;
    global->bytes += copies * item_bytes;
    for (uint32_t i = 0; i < global->count; i++) {
        replication_send(&global->replicas[i], items, items * item_bytes);
    }
}

/* A timer with DYNAMODB_ARRIVES. */
static inline void dynamodb_global_arrive(struct dynamodb_global *global, struct world *w,
                                          uint32_t slot)
{
    const uint32_t replica = (slot & ~DYNAMODB_ARRIVES) >> DYNAMODB_BATCH_BITS;
    const uint32_t number = slot & ((UINT32_C(1) << DYNAMODB_BATCH_BITS) - 1);
    const int64_t lag_ns = replication_due(&global->replicas[replica], number);
    if (world_measuring(w)) {
        summary_add(&global->latency, lag_ns);
    }
}

/* The region is lost now: what would be missed in the worst of the others. */
static inline void dynamodb_global_lose(struct dynamodb_global *global)
{
    global->lost_writes = global->lost_bytes = global->lost_age_ns = 0;
    for (uint32_t i = 0; i < global->count; i++) {
        const struct replication *replica = &global->replicas[i];
        global->lost_writes = fmax(global->lost_writes, (double)replica->pending.value);
        global->lost_bytes = fmax(global->lost_bytes, replica->pending_bytes);
        global->lost_age_ns = fmax(global->lost_age_ns, (double)replication_age_ns(replica));
    }
}

static inline void dynamodb_global_window(struct dynamodb_global *global, int64_t now_ns,
                                          bool begins)
{
    *(begins ? &global->units_begin : &global->units_end) = global->units;
    *(begins ? &global->bytes_begin : &global->bytes_end) = global->bytes;
    for (uint32_t i = 0; i < global->count; i++) {
        struct replication *replica = &global->replicas[i];
        struct dynamodb_replica_seen *seen = &global->seen[i];
        *(begins ? &seen->age_begin : &seen->age_end) = replication_age_area(replica);
        if (begins) {
            replication_reset(replica);
        } else {
            seen->pending = gauge_read(&replica->pending, now_ns);
            seen->age_most_ns = replication_age_most_ns(replica);
        }
    }
}

static inline void dynamodb_global_observe(const struct dynamodb_global *global,
                                           const struct dynamodb_params *p, double window_s,
                                           struct own_value *own)
{
    if (p->replicas_list.count == 0) {
        return;
    }
    own[REPLICATED_WRITES].value = (global->units_end - global->units_begin) / window_s;
    own[REPLICATED_BYTES].value = global->bytes_end - global->bytes_begin;
    own[REPLICATION_LATENCY].summary = &global->latency;
    own[PENDING_REPLICATION].value = own[UNREPLICATED_AGE].value = 0;
    own[UNREPLICATED_AGE_MAX].value = 0;
    for (uint32_t i = 0; i < global->count; i++) {
        const struct dynamodb_replica_seen *seen = &global->seen[i];
        const double age_s = (seen->age_end - seen->age_begin) / (window_s * NS_PER_S * NS_PER_S);
        own[PENDING_REPLICATION].value =
            fmax(own[PENDING_REPLICATION].value, gauge_mean(&seen->pending, window_s));
        own[UNREPLICATED_AGE].value = fmax(own[UNREPLICATED_AGE].value, age_s);
        own[UNREPLICATED_AGE_MAX].value =
            fmax(own[UNREPLICATED_AGE_MAX].value, (double)seen->age_most_ns / NS_PER_S);
    }
    own[LOST_WRITES].value = global->lost_writes;
    own[LOST_BYTES].value = global->lost_bytes;
    own[LOST_AGE].value = global->lost_age_ns / NS_PER_S;
}

/* Its home is one of the regions, and no replica of itself. */
static inline const char *dynamodb_forbid(const void *params, const struct passage *passage,
                                          struct arena *arena)
{
    const struct dynamodb_params *p = params;
    const struct dynamodb_replica *replicas = p->replicas_list.items;
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    const char *home = passage->scenario->region;
    if (callee->params != params) {
        return NULL;
    }
    for (uint32_t i = 0; i < p->replicas_list.count; i++) {
        if (strcmp(replicas[i].region_text, home) == 0) {
            return arena_printf(arena,
                                "'%s' is in %s itself: its replicas are those of other regions",
                                callee->name, home);
        }
        if (dynamodb_strong(p) &&
            dynamodb_region_set(replicas[i].region_text) != dynamodb_region_set(home)) {
            return arena_printf(arena,
                                "'%s' is in %s: strong consistency is not offered between it and "
                                "the regions of its replicas",
                                callee->name, home);
        }
    }
    return NULL;
}

#endif
