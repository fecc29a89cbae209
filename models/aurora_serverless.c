/* aurora_serverless: a database cluster whose instances scale by themselves (Aurora Serverless v2,
 * and v1 to compare). One writer and `readers` readers; each is a host whose processors, memory and
 * page cache follow its capacity in ACUs. A call takes a connection of one instance, shares its
 * CPU, then waits for the storage: for each page that is not in the cache, and for the commit of a
 * write. Blocks: elastic (host, growth or ladder, buffer), swings, replay, quorum. Left out:
 * prices, locks and transactions of several statements, global databases. */
#include "models/model.h"

#include <math.h>

#include "models/aurora_serverless_failures.h"
#include "sim/blocks/quorum.h"

/* ---- pauses ---- */

static bool aurora_pauses(const struct aurora_params *p)
{
    return p->version == AURORA_V1 ? p->v1.auto_pause : p->min_capacity == 0;
}

/* The first connection to a paused instance. */
static void aurora_wake(struct world *w, struct service *s, uint32_t index)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const struct elastic *elastic = &state->elastic;
    const struct elastic_group *group = &elastic->groups[elastic->instances[index].group];
    const int64_t now_ns = core_now(s->core);
    const bool is_long = now_ns - group->since_ns > p->long_pause_ns;
    const struct distribution *times_ns_dist = p->version == AURORA_V1 ? p->v1.resume_time_ns_dist
                                               : is_long               ? p->resume_time_long_ns_dist
                                                                       : p->resume_time_ns_dist;
    const int64_t delay_ns = distribution_draw_int(times_ns_dist, &state->resume_random);
    aurora_log_resume(w, s, &state->log, index, delay_ns);
    elastic_wake(&state->elastic, index, delay_ns);
}

/* ---- the life of the service ---- */

static void aurora_start_rules(struct aurora *state, const struct aurora_params *p)
{
    state->growth = (struct growth_rules){
        .step = AURORA_STEP_ACU,
        .up_least_per_s = p->scale_up.min_step,
        .up_per_s = p->scale_up.fraction_per_s,
        .down_per_s = p->scale_down.fraction_per_s,
        .target_ratio = p->scale_up.target_ratio,
        .low_ratio = p->scale_down.below_ratio,
        .low_after_ns = p->scale_down.after_ns,
    };
    state->ladder = (struct ladder_rules){
        .rungs = state->rungs,
        .rungs_count = aurora_ladder(p, state->rungs),
        .up_processors = p->v1.up_cpu_ratio,
        .up_clients = p->v1.up_connections_ratio,
        .down_processors = p->v1.down_cpu_ratio,
        .down_clients = p->v1.down_connections_ratio,
        .period_ns = p->v1.period_ns,
        .after_up_ns = p->v1.cooldown_up_ns,
        .after_down_ns = p->v1.cooldown_down_ns,
        .search_ns = p->v1.timeout_ns,
        .move_ns = p->v1.move_time_ns,
        .force = p->v1.timeout_action == AURORA_FORCE,
    };
}

static void aurora_start_elastic(struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const double page_bytes = (double)aurora_page_bytes(p);
    const double memory_bytes = AURORA_STEP_ACU * (double)p->memory_per_acu_bytes;
    const int64_t least = aurora_steps(p->min_capacity);
    const bool awake = !aurora_pauses(p) || s->spec->replicated; /* GUIDE_PAUSE: logical ones */
    aurora_start_rules(state, p);
    buffer_law_init(&state->pages_law, s->arena, fmax(1, (double)p->working_set_bytes / page_bytes),
                    p->page_skew);
    elastic_init(&state->elastic,
                 &(struct elastic_setup){
                     .core = s->core,
                     .load = &s->load,
                     .arena = s->arena,
                     .service = s->index,
                     .instances_count = state->count,
                     .follow = aurora_follow(p),
                     .growth = &state->growth,
                     .ladder = p->version == AURORA_V1 ? &state->ladder : NULL,
                     .pages = &state->pages_law,
                     .processors = AURORA_STEP_ACU * p->vcpu_per_acu,
                     .room_pages = memory_bytes * p->buffer_share_ratio / page_bytes,
                     .clients = memory_bytes * (1 - p->buffer_share_ratio) /
                                (double)p->connection_memory_bytes,
                     .clients_most = state->limit,
                     .clients_held = p->idle_connections_count,
                     .steps_least = least > 0 ? least : 1,
                     .steps_most = aurora_steps(p->max_capacity),
                     .interval_ns = p->control_interval_ns,
                     .pause_ns = awake ? ELASTIC_NEVER : p->seconds_until_auto_pause_ns,
                     .warm = p->buffer_at_start == BUFFER_WARM,
                 });
}

static void aurora_start(struct world *w, struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    state->count = (uint32_t)p->readers_count + 1;
    state->limit = aurora_connections(p);
    state->volume_bytes = (double)p->volume_size_bytes;
    database_start(w, s, &state->calls);
    state->storage_random = service_random(w, s, "storage_read");
    state->commit_random = service_random(w, s, "commit");
    state->copy_random = service_random(w, s, "copies");
    state->replica_random = service_random(w, s, "replica");
    state->resume_random = service_random(w, s, "resume_time");
    state->zone_random = service_random(w, s, "zones");
    s->load.unit = AURORA_STEP_ACU;
    state->log.elastic = &state->elastic;
    aurora_start_elastic(s);
    aurora_start_failures(w, s);
    gauge_add(&state->calls.connections, p->idle_connections_count * state->count,
              core_now(s->core));
}

static struct aurora_sums aurora_sum(const struct service *s)
{
    const struct aurora *state = s->state;
    const int64_t now_ns = core_now(s->core);
    struct aurora_sums sums = {.at_s = (double)now_ns * AURORA_NANO};
    for (uint32_t i = 0; i < state->count; i++) {
        const struct elastic_instance *instance = &state->elastic.instances[i];
        const enum database_role role = database_role(i);
        sums.acu_s[role] += gauge_area_s(&instance->steps, now_ns) * AURORA_STEP_ACU;
        sums.worked_s[role] += host_worked_ns(&instance->host) * AURORA_NANO;
        sums.connections_s[role] += gauge_area_s(&instance->clients, now_ns);
    }
    return sums;
}

static void aurora_count_clients(struct aurora *state, uint32_t index)
{
    database_count_clients(&state->calls, database_role(index),
                           state->elastic.instances[index].clients.value);
}

static void aurora_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct aurora *state = s->state;
    if (begins) {
        state->begun = aurora_sum(s);
        database_window_begins(s, &state->calls);
        for (uint32_t i = 0; i < state->count; i++) {
            aurora_count_clients(state, i);
        }
    } else {
        state->ended = aurora_sum(s);
        database_window_ends(s, &state->calls);
    }
}

/* Elastic's own, and what came of a look. */
static void aurora_look(struct world *w, struct service *s, uint32_t slot)
{
    struct aurora *state = s->state;
    if (elastic_due(&state->elastic, slot)) {
        aurora_log_look(w, s, &state->log);
        struct frame *f;
        while ((f = elastic_in_the_way(&state->elastic)) != NULL) {
            call_cut(w, f, OUTCOME_UNAVAILABLE);
        }
    }
}

static void aurora_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct aurora *state = s->state;
    if (slot <= 2 * state->count) {
        aurora_look(w, s, slot);
    } else if (slot == aurora_slot(state, AURORA_ZONE)) {
        aurora_change_zone(w, s);
    } else if (slot == aurora_slot(state, AURORA_RETURNS)) {
        if (!state->writer.promoted) {
            aurora_promote(w, state);
        }
        database_return(w, s, &state->writer);
        state->troubled = state->zone_down;
        aurora_expect_failure(s);
    } else {
        state->failing = false;
        if (aurora_can_fail(state)) {
            aurora_fail(w, s);
        } else {
            aurora_expect_failure(s);
        }
    }
}

/* ---- the life of a call ---- */

static void aurora_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    uint32_t index = database_choose(w, &state->calls, f, state->count);
    if (state->troubled && !aurora_reroute(w, s, f, &index)) {
        call_refuse(w, f, OUTCOME_UNAVAILABLE);
        return;
    }
    if (state->elastic.instances[index].clients.value == state->limit) {
        service_throttled(w, s, "max_connections");
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    database_query(&state->calls, s, f, p->query_work_ns_dist);
    f->note = index;
    gauge_add(&state->calls.connections, 1, core_now(s->core));
    if (elastic_enter(&state->elastic, index, f)) {
        aurora_wake(w, s, index);
    }
    aurora_count_clients(state, index);
}

/* How long the pages of a call take that are not in the cache. */
static int64_t aurora_read_ns(const struct service *s, const struct frame *f)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const uint32_t index = elastic_index(f);
    const uint32_t misses = database_touch(
        &state->calls, f, &state->elastic.instances[index].buffer, p->pages_count_dist);
    if (index > 0 && f->flags & FRAME_MEASURED) {
        state->reads++;
        state->stale += replay_left_ns(&state->replays[index], core_now(s->core)) > 0;
    }
    int64_t total_ns = 0;
    for (uint32_t i = 0; i < misses; i++) {
        total_ns += distribution_draw_int(p->storage_read_ns_dist, &state->storage_random);
    }
    return total_ns;
}

/* Readers hear of a write and apply it, the slower the smaller they are. */
static void aurora_replicate(const struct service *s, const struct frame *f)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const int64_t apply_ns =
        distribution_draw_int(p->replica_apply_ns_dist, &state->replica_random);
    for (uint32_t i = 1; i < state->count; i++) {
        const int64_t steps = state->elastic.instances[i].steps.value;
        if (steps == 0 || state->lost[i]) {
            continue; /* it begins from the storage */
        }
        const double speed = aurora_acu(steps) * p->vcpu_per_acu;
        const int64_t lag_ns =
            replay_write(&state->replays[i], core_now(s->core), p->replica_lag_ns,
                         speed >= 1 ? apply_ns : (int64_t)((double)apply_ns / speed));
        if (f->flags & FRAME_MEASURED) {
            state->lags++;
            state->lag_ns += (double)lag_ns;
            state->lag_most_ns = lag_ns > state->lag_most_ns ? lag_ns : state->lag_most_ns;
        }
    }
}

static int64_t aurora_commit_ns(const struct world *w, const struct service *s,
                                const struct frame *f)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    int64_t commit_ns = distribution_draw_int(p->commit_ns_dist, &state->commit_random);
    if (p->copy_write_ns_dist != NULL) {
        const uint32_t copies = AURORA_COPIES - (state->zone_down ? AURORA_COPIES_OF_ZONE : 0);
        commit_ns += quorum_draw_ns(p->copy_write_ns_dist, &state->copy_random, copies,
                                    AURORA_COPIES_NEEDED);
    }
    aurora_replicate(s, f);
    if (p->volume_growth_ratio > 0) {
        state->volume_bytes += call_size(w, f) * p->volume_growth_ratio;
    }
    if (f->flags & FRAME_MEASURED) {
        summary_add(&state->calls.commit, commit_ns);
        state->writes += (uint64_t)fmax(1, ceil(call_size(w, f) / (double)p->write_unit_bytes));
    }
    return commit_ns;
}

/* The CPU's part is done: the storage's part, without CPU, the connection held. */
static bool aurora_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct aurora *state = s->state;
    int64_t wait_ns = aurora_read_ns(s, f);
    if (state->calls.kinds[f->operation] == DATABASE_WRITE) {
        wait_ns += aurora_commit_ns(w, s, f);
    }
    return database_wait(w, f, wait_ns);
}

static void aurora_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct aurora *state = s->state;
    host_resume(&state->elastic.instances[elastic_index(f)].host, f);
}

static void aurora_finish(struct world *w, struct service *s, struct frame *f)
{
    struct aurora *state = s->state;
    database_leave(w, s, &state->calls, f);
    elastic_leave(&state->elastic, elastic_index(f), f);
}

/* ---- results ---- */

static void aurora_observe_counts(const struct service *s, struct own_value *own, double length_s)
{
    const struct aurora_params *p = s->params;
    const struct aurora *state = s->state;
    const double reads = (double)state->calls.misses, writes = (double)state->writes;
    own[AURORA_CONNECTIONS_MAX].value = (double)state->calls.connections_max;
    own[AURORA_BUFFER_HIT_RATIO].hits = state->calls.pages - state->calls.misses;
    own[AURORA_BUFFER_HIT_RATIO].trials = state->calls.pages;
    own[AURORA_COMMIT_LATENCY].summary = &state->calls.commit;
    own[AURORA_SELECT_LATENCY].summary = &state->calls.select;
    own[AURORA_READ_IOPS].value = reads / length_s;
    own[AURORA_WRITE_IOPS].value = writes / length_s;
    own[AURORA_READ_IOS].value = reads;
    own[AURORA_WRITE_IOS].value = writes;
    own[AURORA_BILLED_IOS].value = p->io_optimized ? 0 : reads + writes;
    own[AURORA_VOLUME_BYTES].value = p->volume_size_bytes >= 0 ? state->volume_bytes : (double)NAN;
    own[AURORA_FAILOVERS].value = (double)state->writer.failovers;
    own[AURORA_FAILOVER_TIME].summary = &state->writer.times;
    own[AURORA_STALE_READS].hits = state->stale;
    own[AURORA_STALE_READS].trials = state->reads;
    own[AURORA_REPLICA_LAG].value = NAN;
    own[AURORA_REPLICA_LAG_MAXIMUM].value = NAN;
    if (state->count > 1) {
        const double idle_s = (double)p->replica_lag_ns * AURORA_NANO;
        own[AURORA_REPLICA_LAG].value =
            state->lags > 0 ? state->lag_ns * AURORA_NANO / (double)state->lags : idle_s;
        own[AURORA_REPLICA_LAG_MAXIMUM].value =
            state->lags > 0 ? (double)state->lag_most_ns * AURORA_NANO : idle_s;
    }
}

static void aurora_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct aurora_params *p = s->params;
    const struct aurora *state = s->state;
    const struct aurora_sums *from = &state->begun, *to = &state->ended;
    const double length_s = to->at_s - from->at_s, readers = state->count - 1;
    double acu[DATABASE_ROLES], connections = 0, cpu = 0; /* sums over instances */
    for (uint32_t role = 0; role < DATABASE_ROLES; role++) {
        acu[role] = (to->acu_s[role] - from->acu_s[role]) / length_s;
        connections += (to->connections_s[role] - from->connections_s[role]) / length_s;
        cpu += (to->worked_s[role] - from->worked_s[role]) / length_s;
    }
    const double present = acu[DATABASE_WRITER] + acu[DATABASE_READER],
                 mean = present / state->count;
    const double memory_bytes = present * (double)p->memory_per_acu_bytes;
    own[AURORA_CAPACITY].value = mean;
    own[AURORA_CAPACITY_WRITER].value = acu[DATABASE_WRITER];
    own[AURORA_CAPACITY_READER].value = acu[DATABASE_READER] / readers; /* NaN: none */
    own[AURORA_ACU_UTILIZATION].value = mean / p->max_capacity;
    own[AURORA_CPU_UTILIZATION].value = cpu / (p->max_capacity * p->vcpu_per_acu * state->count);
    own[AURORA_PRESENT_CPU].value = cpu / (present * p->vcpu_per_acu); /* NaN: it always slept */
    own[AURORA_PRESENT_MEMORY].value = connections * (double)p->connection_memory_bytes /
                                       (memory_bytes * (1 - p->buffer_share_ratio));
    own[AURORA_CONNECTIONS].value = connections;
    own[AURORA_ACU_HOURS].value = present * length_s / AURORA_HOUR_S;
    aurora_observe_counts(s, own, length_s);
}

/* What may run out: the CPU of max_capacity, and connections, of the writer or of the readers. */
static void aurora_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct aurora_params *p = s->params;
    const struct aurora *state = s->state;
    const struct aurora_sums sums = aurora_sum(s);
    for (uint32_t role = 0; role < DATABASE_ROLES; role++) {
        const uint32_t count = role == DATABASE_WRITER ? 1 : state->count - 1;
        usage[AURORA_WRITER_ACU + role] = (struct usage){
            .used = sums.worked_s[role] / p->vcpu_per_acu,
            .available = count > 0 ? count * p->max_capacity : (double)INFINITY,
        };
        usage[AURORA_WRITER_CONNECTIONS + role] = (struct usage){
            .used = sums.connections_s[role],
            .available = count > 0 ? (double)count * state->limit : (double)INFINITY,
            .peak = (double)state->calls.clients_most[role] * count,
        };
    }
}

/* A proxy keeps connections open, by which nothing pauses; who says so himself is believed. */
static const char *aurora_forbid(const void *params, const struct passage *passage,
                                 struct arena *arena)
{
    const struct aurora_params *p = params;
    const struct scenario_service *services = passage->scenario->services;
    if (services[passage->callee].params != params || passage->caller == SERVICE_NONE ||
        passage->operation != 0 || /* once is enough */
        strcmp(services[passage->caller].type->name, "rds_proxy") != 0 || !aurora_pauses(p) ||
        p->idle_connections_count > 0) {
        return NULL;
    }
    return arena_printf(arena,
                        "'%s' never pauses behind the RDS Proxy '%s', which keeps connections "
                        "open: give it a min_capacity above 0, or idle_connections",
                        services[passage->callee].name, services[passage->caller].name);
}

const struct model aurora_serverless_model = {
    .info =
        {
            .name = "aurora_serverless",
            .title = "a database cluster that scales by itself (Aurora Serverless v2 and v1)",
            .text =
                "A writer and its readers share one storage volume. Calls of an operation named "
                "read, or read_..., go to the readers in turn; write, or write_..., to the writer, "
                "and commit; any other name, such as query, is a read through the cluster "
                "endpoint, at the writer. A call holds a connection of its instance; over the "
                "limit, fixed by max_capacity, it ends as `rejected`. Its work is shared CPU time "
                "of 0.25 vCPU an ACU. Below 4 ACUs that is less than one vCPU, even for a call "
                "alone: real instances may let short ones run faster for a moment, AWS does not "
                "say. Then it waits for each page that is not in the buffer cache, and for the "
                "commit. `capacity` is the ACUs of all instances together, "
                "serverless_database_capacity their mean, as in CloudWatch; what scaled is told in "
                "ACUs of one instance, of readers in the mean. Each instance's "
                "capacity is looked at every second and moves in half-ACU steps between "
                "min_capacity and max_capacity: documented are the bounds, the steps, and that a "
                "larger instance grows faster; the speed itself is an estimate. The buffer cache "
                "is an LRU of the present memory in its fluid limit: it warms by use, loses pages "
                "when the instance shrinks, all of them when it pauses. With min_capacity 0 the "
                "writer and the readers of promotion tier 0 and 1 together, other readers alone, "
                "pause without connections, and the first call waits for resume_time. Readers hear "
                "of each "
                "write after replica_lag and apply it, one after the other, on their own CPU: what "
                "they read until then is stale. With `failure` the writer fails: what it does, and "
                "what comes, ends as `unavailable` until the largest reader is the writer (as "
                "large "
                "and warm as it was), or without readers a small, cold one was made; reads at "
                "other "
                "readers go on, as in recent engine versions. With `zone_failure` a zone is lost "
                "with its instances and two of six copies; writes go on with the four that are "
                "left. Version 1 has one instance: use over a period doubles or halves its "
                "capacity "
                "at a scaling point, a moment at which no call was there at the last look either. "
                "AWS has ended version 1: it is here to compare. Left out: prices, locks, memory "
                "that queries need, scaling for the sake of the buffer cache, readers of several "
                "tiers, connections that version 1 limits by its present capacity.",
            ROWS(params, aurora_params),
            ROWS(metrics, aurora_metrics),
            ROWS(operations, database_operations),
            ROWS(resources, aurora_resources),
            ROWS(only, aurora_only),
            .params_size = sizeof(struct aurora_params),
            .target_kind = TARGET_KIND_DATABASE,
            .takes_work = true,
            .takes_operations = true,
            .change_log = true,
            .scales = true,
            .work_help = "time of the call on one vCPU, its pages being in the buffer cache",
            .branch_work = "work inside 'parallel' takes its time, but no share of the CPU: give "
                           "it an operation of its own if that matters",
            .resource = "present ACUs",
            .check = aurora_check,
            .forbid = aurora_forbid,
        },
    .state_size = sizeof(struct aurora),
    .start = aurora_start,
    .window = aurora_window,
    .timer = aurora_timer,
    .observe = aurora_observe,
    .usage = aurora_usage,
    .arrive = aurora_arrive,
    .serve = aurora_serve,
    .resume = aurora_resume,
    .finish = aurora_finish,
};
