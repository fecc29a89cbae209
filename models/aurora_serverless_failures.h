/* aurora_serverless_failures: the state of a cluster, and how its writer and its zones fail: the
 * largest reader becomes the writer, or a new one is made; a lost zone takes its instances and two
 * of the six copies of the data with it. */
#ifndef ARCHSIM_MODELS_AURORA_SERVERLESS_FAILURES_H
#define ARCHSIM_MODELS_AURORA_SERVERLESS_FAILURES_H

#include "models/aurora_serverless_log.h"
#include "sim/blocks/replay.h"

enum { AURORA_INSTANCES_MAX = 16 };
/* Slots of the timers after those of elastic, two for each instance and one. */
enum aurora_slot { AURORA_FAILS = 1, AURORA_RETURNS, AURORA_ZONE };

/* Sums so far. */
struct aurora_sums {
    double at_s, acu_s[DATABASE_ROLES], connections_s[DATABASE_ROLES], worked_s[DATABASE_ROLES];
};

struct aurora {
    struct database calls;
    uint32_t count, limit; /* instances; connections of each */
    bool troubled;         /* the writer or a zone is down */
    uint64_t reads, stale; /* measured: at readers */
    struct replay replays[AURORA_INSTANCES_MAX];
    struct elastic elastic;
    struct random storage_random, commit_random, copy_random, replica_random, resume_random,
        zone_random;
    uint64_t writes;     /* measured: units */
    uint64_t lags;       /* measured, of writes at readers */
    double lag_ns;       /* their sum, */
    int64_t lag_most_ns; /* and the largest */
    double volume_bytes;
    struct database_writer writer;
    struct buffer_law pages_law;
    struct growth_rules growth;
    struct ladder_rules ladder;
    int64_t rungs[AURORA_RUNGS_MAX]; /* of version 1 */
    struct aurora_log log;
    struct aurora_sums begun, ended; /* of the window */
    uint32_t zones, zone_lost;
    uint32_t zone_of[AURORA_INSTANCES_MAX];
    bool lost[AURORA_INSTANCES_MAX]; /* readers of the zone that is down */
    bool zone_down;
    bool failing; /* the writer's next failure is set */
};

static inline uint32_t aurora_slot(const struct aurora *state, enum aurora_slot slot)
{
    return 2 * state->count + slot;
}

/* The reader that is promoted: of the same tier the largest; 0: there is none. */
static inline uint32_t aurora_heir(const struct aurora *state)
{
    uint32_t heir = 0;
    for (uint32_t i = 1; i < state->count; i++) {
        if (!state->lost[i] && (heir == 0 || state->elastic.instances[i].steps.value >
                                                 state->elastic.instances[heir].steps.value)) {
            heir = i;
        }
    }
    return heir;
}

static inline void aurora_fail(struct world *w, struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const struct distribution *times_ns_dist =
        aurora_heir(state) > 0 ? p->failover.reader_ns_dist : p->failover.recreate_ns_dist;
    database_fail(w, s, &state->writer, &state->elastic.instances[0].host,
                  distribution_draw_int(times_ns_dist, &state->writer.random),
                  p->failover.proxied_ratio, aurora_slot(state, AURORA_RETURNS));
    state->troubled = true;
}

/* A reader of the zone that is down. */
static inline void aurora_lose(struct world *w, struct aurora *state, uint32_t index)
{
    state->lost[index] = true;
    database_cut(w, &state->elastic.instances[index].host);
}

/* The heir takes the writer's place and zone, and leaves a small, cold reader in its own. */
static inline void aurora_promote(struct world *w, struct aurora *state)
{
    const uint32_t heir = aurora_heir(state), zone = state->zone_of[0];
    state->writer.promoted = true;
    elastic_replace(&state->elastic, heir);
    if (heir > 0) {
        state->zone_of[0] = state->zone_of[heir];
        state->zone_of[heir] = zone;
        state->replays[heir] = (struct replay){0};
        if (state->zone_down && zone == state->zone_lost) {
            aurora_lose(w, state, heir);
        }
    } else if (state->zone_down && zone == state->zone_lost) {
        state->zone_of[0] = (zone + 1) % state->zones;
    }
}

static inline void aurora_expect_failure(struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    if (p->failure.mtbf_ns_dist != NULL && !state->failing) {
        state->failing = true;
        database_expect_failure(s, &state->writer, p->failure.mtbf_ns_dist,
                                aurora_slot(state, AURORA_FAILS));
    }
}

/* The writer can only fail while it is there. */
static inline bool aurora_can_fail(const struct aurora *state)
{
    return !state->writer.down && elastic_awake(&state->elastic, 0);
}

static inline void aurora_lose_zone(struct world *w, struct service *s)
{
    struct aurora *state = s->state;
    state->zone_down = true;
    state->troubled = true;
    state->zone_lost = random_below(&state->zone_random, state->zones);
    for (uint32_t i = 1; i < state->count; i++) {
        if (state->zone_of[i] == state->zone_lost && elastic_awake(&state->elastic, i)) {
            aurora_lose(w, state, i);
        }
    }
    if (state->zone_of[0] == state->zone_lost && aurora_can_fail(state)) {
        aurora_fail(w, s);
    }
}

static inline void aurora_regain_zone(struct aurora *state)
{
    state->zone_down = false;
    state->troubled = state->writer.down;
    for (uint32_t i = 1; i < state->count; i++) {
        if (state->lost[i]) {
            state->lost[i] = false;
            elastic_restart(&state->elastic, i);
            state->replays[i] = (struct replay){0};
        }
    }
}

static inline void aurora_change_zone(struct world *w, struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    if (state->zone_down) {
        aurora_regain_zone(state);
    } else {
        aurora_lose_zone(w, s);
    }
    const struct distribution *next_ns_dist =
        state->zone_down ? p->zone_failure.mttr_ns_dist : p->zone_failure.mtbf_ns_dist;
    const int64_t delay_ns = distribution_draw_int(next_ns_dist, &state->zone_random);
    database_log_part(w, s, state->zone_down ? LOG_UNHEALTHY : LOG_HEALTHY, "zone",
                      state->zone_down ? delay_ns : 0);
    service_timer(s, delay_ns, aurora_slot(state, AURORA_ZONE));
}

static inline void aurora_start_failures(struct world *w, struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const uint32_t mask = service_zones(w, s);
    state->zones = (uint32_t)__builtin_popcount(mask);
    for (uint32_t i = 0; i < state->count; i++) {
        state->zone_of[i] = i % state->zones;
    }
    database_writer_start(w, s, &state->writer, NULL, 0);
    aurora_expect_failure(s);
    if (p->zone_failure.mtbf_ns_dist != NULL) {
        s->load.fallible = true;
        service_timer(s, distribution_draw_int(p->zone_failure.mtbf_ns_dist, &state->zone_random),
                      aurora_slot(state, AURORA_ZONE));
    }
}

/* The writer is away: this call reaches a new one already. */
static inline bool aurora_reaches(struct world *w, struct service *s, const struct frame *f)
{
    struct aurora *state = s->state;
    if (!database_proxied(w, s, &state->writer, f)) {
        return false;
    }
    if (!state->writer.promoted) {
        aurora_promote(w, state);
    }
    return true;
}

/* A call of a troubled cluster: on to the next reader where this one is lost, and to the writer
 * where all are. False: there is nobody for it. */
static inline bool aurora_reroute(struct world *w, struct service *s, const struct frame *f,
                                  uint32_t *index)
{
    struct aurora *state = s->state;
    for (uint32_t tries = 1; state->lost[*index] && tries < state->count; tries++) {
        *index = database_choose(w, &state->calls, f, state->count);
    }
    *index = state->lost[*index] ? 0 : *index;
    return *index > 0 || !state->writer.down || aurora_reaches(w, s, f);
}

#endif
