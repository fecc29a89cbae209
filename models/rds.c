/* rds: a relational database on instances of a fixed size (RDS for PostgreSQL and MySQL): alone,
 * with a synchronous standby, as a cluster of a writer and two standbys that are read, and with
 * read replicas. A call takes a connection, shares the CPU, then waits for its storage. The writer
 * fails and is replaced. Blocks: host, buffer, volume, replay. Left out: locks, storage that
 * fills up or grows, lazy loading after a restore, failing readers and zones, maintenance. */
#include "models/model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "models/rds_limits.h"
#include "sim/blocks/buffer.h"
#include "sim/blocks/host.h"
#include "sim/blocks/replay.h"

enum {
    RDS_WRITER,                /* the first instance; who is promoted takes its place */
    RDS_STANDBYS = 2,          /* of a cluster */
    RDS_IO_BYTES = 256 * 1024, /* at most, of an I/O: EC2 User Guide, EBS I/O characteristics */
};

struct rds_instance {
    struct host host;
    struct buffer buffer;
    struct volume volume;
    struct gauge clients; /* never reset */
};

/* Integrals so far. */
struct rds_sums {
    double worked_s[DATABASE_ROLES], clients_s[DATABASE_ROLES], ios[DATABASE_ROLES];
    double reads, writes, outstanding_s;
};

struct rds {
    struct database calls;
    struct database_writer writer;
    struct rds_instance *instances;
    uint32_t count, limit;
    struct buffer_law pages_law;
    struct volume_rules volume_rules;
    double room_pages;
    int64_t page_bytes;
    struct replay replay;
    struct random storage_random, standby_random, replica_random;
    struct rds_sums begun, ended; /* of the window */
    double balance[VOLUME_LIMITS];
    struct summary read, write, lag; /* measured */
    uint64_t lost_writes;            /* measured */
    int64_t upload;   /* of the log: the last interval in which something was written, */
    uint64_t unsaved; /* writes in it */
};

/* ---- the life of the service ---- */

static void rds_start_instance(struct service *s, uint32_t index)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    struct rds_instance *instance = &state->instances[index];
    host_init(&instance->host, &(struct host_setup){
                                   .core = s->core,
                                   .load = &s->load,
                                   .arena = s->arena,
                                   .processors = rds_class(p)->vcpu,
                                   .step = 1,
                                   .places_count = state->limit,
                                   .backlog_count = 0,
                                   .service = s->index,
                                   .timer = index,
                               });
    buffer_init(&instance->buffer, &state->pages_law, state->room_pages,
                p->buffer_at_start == BUFFER_WARM);
    volume_init(&instance->volume, &state->volume_rules);
}

static void rds_start(struct world *w, struct service *s)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    state->count =
        1 + (p->deployment == RDS_MULTI_AZ_CLUSTER ? RDS_STANDBYS : (uint32_t)p->replicas_count);
    state->limit = rds_connections(p);
    state->page_bytes = p->page_size_bytes >= 0  ? p->page_size_bytes
                        : p->engine == RDS_MYSQL ? RDS_MYSQL_PAGE
                                                 : RDS_POSTGRESQL_PAGE;
    state->room_pages = rds_memory_bytes(p) * p->buffer_share_ratio / (double)state->page_bytes;
    state->volume_rules = rds_volume(p);
    buffer_law_init(&state->pages_law, s->arena,
                    fmax(1, (double)p->working_set_bytes / (double)state->page_bytes),
                    p->page_skew);
    database_start(w, s, &state->calls);
    state->storage_random = service_random(w, s, "storage");
    state->standby_random = service_random(w, s, "standby");
    state->replica_random = service_random(w, s, "replica");
    summary_init(&state->read, s->arena);
    summary_init(&state->write, s->arena);
    summary_init(&state->lag, s->arena);
    state->instances = arena_array(s->arena, state->count, sizeof(struct rds_instance));
    for (uint32_t i = 0; i < state->count; i++) {
        rds_start_instance(s, i);
    }
    gauge_set(&s->load.capacity, (int64_t)state->count * rds_class(p)->vcpu, core_now(s->core));
    database_writer_start(w, s, &state->writer, p->failure.mtbf_ns_dist, state->count);
}

static struct rds_sums rds_sum(const struct service *s)
{
    const struct rds *state = s->state;
    const int64_t now_ns = core_now(s->core);
    struct rds_sums sums = {.reads = 0};
    for (uint32_t i = 0; i < state->count; i++) {
        const struct rds_instance *instance = &state->instances[i];
        const enum database_role role = database_role(i);
        sums.worked_s[role] += host_worked_ns(&instance->host) * RDS_NANO;
        sums.clients_s[role] += gauge_area_s(&instance->clients, now_ns);
        sums.ios[role] += instance->volume.reads + instance->volume.writes;
        sums.reads += instance->volume.reads;
        sums.writes += instance->volume.writes;
        sums.outstanding_s += instance->volume.outstanding_ns * RDS_NANO;
    }
    return sums;
}

static void rds_count_clients(struct rds *state, uint32_t index)
{
    database_count_clients(&state->calls, database_role(index),
                           state->instances[index].clients.value);
}

static void rds_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct rds *state = s->state;
    const int64_t now_ns = core_now(s->core);
    if (begins) {
        state->begun = rds_sum(s);
        database_window_begins(s, &state->calls);
        for (uint32_t i = 0; i < state->count; i++) {
            rds_count_clients(state, i);
        }
        return;
    }
    state->ended = rds_sum(s);
    database_window_ends(s, &state->calls);
    for (uint32_t i = 0; i < VOLUME_LIMITS; i++) {
        state->balance[i] = volume_balance(&state->instances[RDS_WRITER].volume, i, now_ns);
    }
}

/* ---- failures of the writer ---- */

/* Writes since the log was uploaded last; interval 0 begins at the start of the world. */
static uint64_t rds_unsaved(const struct service *s)
{
    const struct rds_params *p = s->params;
    const struct rds *state = s->state;
    return core_now(s->core) / p->backup.interval_ns == state->upload ? state->unsaved : 0;
}

static int64_t rds_failover_ns(const struct service *s)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    struct random *random = &state->writer.random;
    switch ((enum rds_deployment)p->deployment) {
    case RDS_SINGLE_AZ:
        return distribution_draw_int(p->failover.restore_ns_dist, random);
    case RDS_MULTI_AZ_INSTANCE:
        return distribution_draw_int(p->failover.instance_ns_dist, random);
    case RDS_MULTI_AZ_CLUSTER:
        break;
    }
    const int64_t took_ns = distribution_draw_int(p->failover.cluster_ns_dist, random);
    const int64_t left_ns = replay_left_ns(&state->replay, core_now(s->core));
    return took_ns > left_ns ? took_ns : left_ns;
}

static void rds_fail(struct world *w, struct service *s)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    const int64_t delay_ns = rds_failover_ns(s);
    if (world_measuring(w)) {
        state->lost_writes += p->deployment == RDS_SINGLE_AZ ? rds_unsaved(s) : 0;
    }
    if (p->deployment == RDS_SINGLE_AZ) {
        state->unsaved = 0; /* the next failure cannot lose them again */
    }
    database_fail(w, s, &state->writer, &state->instances[RDS_WRITER].host, delay_ns,
                  p->failover.proxied_ratio, state->count);
}

/* In a cluster the promoted reader brings its cache and storage, and leaves a cold one. */
static void rds_promote(struct rds *state, const struct rds_params *p)
{
    struct rds_instance *writer = &state->instances[RDS_WRITER], *cold = writer;
    state->writer.promoted = true;
    if (p->deployment == RDS_MULTI_AZ_CLUSTER) {
        cold = &state->instances[RDS_WRITER + 1];
        writer->buffer = cold->buffer;
        for (uint32_t i = 0; i < VOLUME_LIMITS; i++) {
            const struct pace pace = writer->volume.paces[i];
            writer->volume.paces[i] = cold->volume.paces[i];
            cold->volume.paces[i] = pace;
        }
    }
    buffer_init(&cold->buffer, &state->pages_law, state->room_pages, false);
}

static void rds_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct rds *state = s->state;
    if (slot < state->count) {
        host_due(&state->instances[slot].host);
    } else if (state->writer.down) {
        const struct rds_params *p = s->params;
        if (!state->writer.promoted) {
            rds_promote(state, p);
        }
        database_return(w, s, &state->writer);
        database_expect_failure(s, &state->writer, p->failure.mtbf_ns_dist, state->count);
    } else {
        rds_fail(w, s);
    }
}

/* ---- the life of a call ---- */

static void rds_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    const uint32_t index = database_choose(w, &state->calls, f, state->count);
    if (index == RDS_WRITER && state->writer.down) {
        if (!database_proxied(w, s, &state->writer, f)) {
            call_refuse(w, f, OUTCOME_UNAVAILABLE);
            return;
        }
        if (!state->writer.promoted) {
            rds_promote(state, p);
        }
    }
    database_query(&state->calls, s, f, p->query_work_ns_dist);
    struct rds_instance *instance = &state->instances[index];
    f->note = index;
    if (!host_enter(&instance->host, f)) {
        service_throttled(w, s, "max_connections");
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    gauge_add(&instance->clients, 1, core_now(s->core));
    gauge_add(&state->calls.connections, 1, core_now(s->core));
    rds_count_clients(state, index);
}

static int64_t rds_read_ns(const struct service *s, const struct frame *f)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    struct rds_instance *instance = &state->instances[f->note];
    const uint32_t misses =
        database_touch(&state->calls, f, &instance->buffer, p->pages_count_dist);
    int64_t wait_ns = 0;
    if (misses > 0) {
        const int64_t latency_ns =
            p->storage.latency_ns_dist != NULL
                ? distribution_draw_int(p->storage.latency_ns_dist, &state->storage_random)
            : p->storage.type == RDS_IO2 ? RDS_LATENCY_IO2_NS
                                         : RDS_LATENCY_NS;
        wait_ns = volume_submit(&instance->volume, core_now(s->core),
                                &(struct volume_io){.count = misses,
                                                    .bytes = (double)state->page_bytes,
                                                    .latency_ns = latency_ns});
    }
    if (f->flags & FRAME_MEASURED && misses > 0) {
        summary_add(&state->read, wait_ns / misses);
    }
    return wait_ns;
}

/* What the standbys add to a commit. */
static int64_t rds_standby_ns(const struct rds_params *p, struct rds *state)
{
    struct random *random = &state->standby_random;
    if (p->deployment == RDS_MULTI_AZ_INSTANCE) {
        return distribution_draw_int(p->standby.write_ns_dist, random);
    }
    if (p->deployment == RDS_MULTI_AZ_CLUSTER) {
        const int64_t one_ns = distribution_draw_int(p->standby.ack_ns_dist, random);
        const int64_t other_ns = distribution_draw_int(p->standby.ack_ns_dist, random);
        return one_ns < other_ns ? one_ns : other_ns;
    }
    return 0;
}

/* The readers get a write and apply it. Returns by how much flow control delays it. */
static int64_t rds_replicate_ns(const struct service *s, const struct frame *f)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    if (state->count == 1) {
        return 0;
    }
    const int64_t lag_ns =
        replay_write(&state->replay, core_now(s->core), p->replica.transport_ns,
                     distribution_draw_int(p->replica.apply_ns_dist, &state->replica_random));
    if (f->flags & FRAME_MEASURED) {
        summary_add(&state->lag, lag_ns);
    }
    const int64_t above_ns = lag_ns - p->standby.flow_control_ns;
    return p->deployment == RDS_MULTI_AZ_CLUSTER && above_ns > 0 ? above_ns : 0;
}

static void rds_write_back(const struct service *s)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    const struct volume_io pages = {
        .count =
            (uint32_t)distribution_draw_int(p->dirty_pages_count_dist, &state->calls.page_random),
        .bytes = (double)state->page_bytes,
        .latency_ns = RDS_LATENCY_NS,
        .write = true,
        .together = true,
    };
    for (uint32_t i = 0; pages.count > 0 && i < state->count; i++) {
        volume_submit(&state->instances[i].volume, core_now(s->core), &pages);
    }
}

static int64_t rds_commit_ns(const struct world *w, const struct service *s, const struct frame *f)
{
    const struct rds_params *p = s->params;
    struct rds *state = s->state;
    const double bytes = call_size(w, f), ios = fmax(1, ceil(bytes / RDS_IO_BYTES));
    const int64_t write_ns =
        volume_submit(&state->instances[RDS_WRITER].volume, core_now(s->core),
                      &(struct volume_io){.count = (uint32_t)ios,
                                          .bytes = bytes / ios,
                                          .latency_ns = distribution_draw_int(
                                              p->commit_ns_dist, &state->storage_random),
                                          .write = true,
                                          .together = true});
    rds_write_back(s);
    const int64_t commit_ns = write_ns + rds_standby_ns(p, state) + rds_replicate_ns(s, f);
    const int64_t upload = core_now(s->core) / p->backup.interval_ns;
    state->unsaved = upload == state->upload ? state->unsaved + 1 : 1;
    state->upload = upload;
    if (f->flags & FRAME_MEASURED) {
        summary_add(&state->write, write_ns);
        summary_add(&state->calls.commit, commit_ns);
    }
    return commit_ns;
}

static bool rds_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct rds *state = s->state;
    int64_t wait_ns = rds_read_ns(s, f);
    if (state->calls.kinds[f->operation] == DATABASE_WRITE) {
        wait_ns += rds_commit_ns(w, s, f);
    }
    return database_wait(w, f, wait_ns);
}

static void rds_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct rds *state = s->state;
    host_resume(&state->instances[f->note].host, f);
}

static void rds_finish(struct world *w, struct service *s, struct frame *f)
{
    struct rds *state = s->state;
    struct rds_instance *instance = &state->instances[f->note];
    assert(instance->clients.value == instance->host.inside); /* nobody is lost or counted twice */
    database_leave(w, s, &state->calls, f);
    gauge_add(&instance->clients, -1, core_now(s->core));
    host_leave(&instance->host, f);
}

/* ---- results ---- */

static void rds_observe_counts(const struct service *s, struct own_value *own)
{
    const struct rds_params *p = s->params;
    const struct rds *state = s->state;
    const uint32_t instances = state->count + (p->deployment == RDS_MULTI_AZ_INSTANCE ? 1 : 0);
    own[RDS_CONNECTIONS_MAX].value = (double)state->calls.connections_max;
    own[RDS_CONNECTIONS_LIMIT].value = state->limit;
    own[RDS_BUFFER_HIT_RATIO].hits = state->calls.pages - state->calls.misses;
    own[RDS_BUFFER_HIT_RATIO].trials = state->calls.pages;
    own[RDS_READ_LATENCY].summary = &state->read;
    own[RDS_WRITE_LATENCY].summary = &state->write;
    own[RDS_COMMIT_LATENCY].summary = &state->calls.commit;
    own[RDS_SELECT_LATENCY].summary = &state->calls.select;
    own[RDS_REPLICA_LAG].summary = &state->lag;
    own[RDS_BURST_BALANCE].value =
        p->storage.type == RDS_GP2 ? state->balance[VOLUME_IOPS] : (double)NAN;
    own[RDS_EBS_IO_BALANCE].value = state->balance[VOLUME_LINK_IOPS];
    own[RDS_EBS_BYTE_BALANCE].value = state->balance[VOLUME_LINK_BYTES];
    own[RDS_FAILOVERS].value = (double)state->writer.failovers;
    own[RDS_FAILOVER_TIME].summary = &state->writer.times;
    own[RDS_RPO].value =
        p->backup.retention_ns > 0 ? (double)p->backup.interval_ns * RDS_NANO : (double)NAN;
    own[RDS_LOST_WRITES].value = (double)state->lost_writes;
    own[RDS_INSTANCES].value = instances;
    own[RDS_ALLOCATED_STORAGE].value = instances * (double)p->storage.size_bytes;
}

static void rds_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct rds_params *p = s->params;
    const struct rds *state = s->state;
    const struct rds_sums *from = &state->begun, *to = &state->ended;
    const double length_s = world_window_s(w), vcpu = rds_class(p)->vcpu;
    const double memory_bytes = rds_memory_bytes(p);
    double cpu[DATABASE_ROLES], clients[DATABASE_ROLES];
    for (uint32_t role = 0; role < DATABASE_ROLES; role++) {
        cpu[role] = (to->worked_s[role] - from->worked_s[role]) / length_s;
        clients[role] = (to->clients_s[role] - from->clients_s[role]) / length_s;
    }
    own[RDS_CPU_UTILIZATION].value = cpu[DATABASE_WRITER] / vcpu;
    own[RDS_CPU_UTILIZATION_READER].value =
        cpu[DATABASE_READER] / (vcpu * (state->count - 1)); /* NaN: none */
    own[RDS_CONNECTIONS].value = clients[DATABASE_WRITER] + clients[DATABASE_READER];
    own[RDS_FREEABLE_MEMORY].value =
        fmax(0, memory_bytes * (1 - p->buffer_share_ratio) -
                    clients[DATABASE_WRITER] * (double)p->connection_memory_bytes);
    own[RDS_READ_IOPS].value = (to->reads - from->reads) / length_s;
    own[RDS_WRITE_IOPS].value = (to->writes - from->writes) / length_s;
    own[RDS_DISK_QUEUE_DEPTH].value = (to->outstanding_s - from->outstanding_s) / length_s;
    rds_observe_counts(s, own);
}

/* What may run out: CPU, connections and sustained I/O, of the writer or of the readers. */
static void rds_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct rds_params *p = s->params;
    const struct rds *state = s->state;
    const struct rds_sums sums = rds_sum(s);
    for (uint32_t role = 0; role < DATABASE_ROLES; role++) {
        const double count = role == DATABASE_WRITER ? 1 : state->count - 1;
        const bool any = count > 0;
        usage[RDS_WRITER_CPU + role] =
            (struct usage){.used = sums.worked_s[role],
                           .available = any ? count * rds_class(p)->vcpu : (double)INFINITY};
        usage[RDS_WRITER_CONNECTIONS + role] =
            (struct usage){.used = sums.clients_s[role],
                           .available = any ? count * state->limit : (double)INFINITY,
                           .peak = (double)state->calls.clients_most[role] * count};
        usage[RDS_WRITER_IOPS + role] = (struct usage){
            .used = sums.ios[role],
            .available = any ? count * volume_sustained(&state->volume_rules) : (double)INFINITY};
    }
}

const struct model rds_model = {
    .info =
        {
            .name = "rds",
            .title = "a relational database on instances (RDS for PostgreSQL and MySQL)",
            .text =
                "Calls of an operation named read, or read_..., go to the readers in turn (read "
                "replicas, or the standbys of a multi_az_cluster), or to the writer where there "
                "are none; write, or write_..., to the writer, and commit; any other name, such "
                "as query, is a read at the writer. A call holds a connection of its instance; "
                "over the limit it ends as `rejected`. Its work is shared CPU time; then it waits "
                "for each page that is not in the buffer cache, and for the commit. The I/Os of "
                "an instance stand in line before the IOPS and throughput of its storage, and of "
                "the class's link to it; gp2 and that link burst while they have credits, "
                "full at the start. A standby of a multi_az_instance serves nothing and adds to "
                "each commit; in a multi_az_cluster the first confirmation of two does, and "
                "writes are delayed once the lag is above flow_control. Readers apply the writes "
                "one after the other: their lag is a queue, and what they read is that old. With "
                "`failure` the writer fails: what it does ends as `unavailable`, so does what "
                "comes until the failover is over; the new writer's cache is cold, unless it was "
                "a reader, whose place a cold one takes at once. A single_az is restored from "
                "its backup, and loses what was written since the last upload of its log. db.t3 "
                "and db.t4g are unlimited, as by default: they are never slowed for lack of CPU "
                "credits. Left out: locks, pools of idle connections, storage that "
                "fills up or grows, lazy loading after a restore, clients that keep to an old "
                "address, readers and zones that fail, maintenance, prices.",
            ROWS(params, rds_params),
            ROWS(metrics, rds_metrics),
            ROWS(operations, database_operations),
            ROWS(resources, rds_resources),
            ROWS(only, rds_only),
            .params_size = sizeof(struct rds_params),
            .target_kind = TARGET_KIND_DATABASE,
            .takes_work = true,
            .takes_operations = true,
            .change_log = true,
            .work_help = "time of the call on one vCPU, its pages being in the buffer cache",
            .branch_work = "work inside 'parallel' takes its time, but no share of the CPU: give "
                           "it an operation of its own if that matters",
            .resource = "vCPUs",
            .check = rds_check,
        },
    .state_size = sizeof(struct rds),
    .start = rds_start,
    .window = rds_window,
    .timer = rds_timer,
    .observe = rds_observe,
    .usage = rds_usage,
    .arrive = rds_arrive,
    .serve = rds_serve,
    .resume = rds_resume,
    .finish = rds_finish,
};
