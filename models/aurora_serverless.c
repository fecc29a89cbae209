/* aurora_serverless: a database cluster whose instances scale by themselves (Aurora Serverless v2).
 * One writer and `readers` readers; each is a host whose processors, memory and page cache follow
 * its capacity in ACUs. A call takes a connection of one instance, shares its CPU, then waits for
 * the storage: once for each page that is not in the cache, and for the commit of a write. Blocks:
 * elastic (host, growth, buffer), swings. Left out: failover, zones, prices, RDS Proxy, v1
 * (issue 6); locks and transactions of several statements; pools that keep idle connections. */
#include "models/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/database.h"
#include "sim/blocks/elastic.h"
#include "sim/blocks/swings.h"

#define AURORA_STEP_ACU 0.5 /* "increments as small as 0.5 ACUs": How Aurora Serverless v2 works */
#define AURORA_NANO 1e-9
enum {
    AURORA_TIER_FOLLOWS = 1,         /* readers of promotion tiers 0 and 1 scale with the writer */
    AURORA_POSTGRESQL_CAPPED = 2000, /* connections, with a minimum of 0.5 ACU or less */
};
/* What the log tells together: swings of less than 2 ACUs, or of less than two fifths. */
static const struct swings_rules aurora_swings = {
    .small = 2, .small_ratio = 0.4, .gap_ns = INT64_C(1800000000000)};

enum engine { ENGINE_POSTGRESQL, ENGINE_MYSQL, ENGINE_COUNT };
enum aurora_resource {
    AURORA_WRITER_ACU,
    AURORA_READER_ACU,
    AURORA_WRITER_CONNECTIONS,
    AURORA_READER_CONNECTIONS
};

/* max_connections by the maximum capacity: "Performance and scaling for Aurora Serverless v2",
 * Maximum connections. On PostgreSQL the documented points lie on a line up to the cap of 5000; on
 * MySQL the value rises in steps (80 ACUs have the 4000 of 64, says the example there). */
struct aurora_most {
    double acu, connections;
};
static const struct aurora_most aurora_most_postgresql[] = {
    {1, 189}, {4, 823}, {8, 1669}, {16, 3360}, {23.75, 5000}};
static const struct aurora_most aurora_most_mysql[] = {
    {1, 90}, {4, 135}, {8, 1000}, {16, 2000}, {32, 3000}, {64, 4000}, {128, 5000}};
struct aurora_engine {
    const struct aurora_most *most;
    size_t most_count;
    bool line;          /* between the points; else the point below holds */
    int64_t page_bytes; /* AWS Database Blog, Planning I/O in Amazon Aurora */
};
static const struct aurora_engine aurora_engines[ENGINE_COUNT] = {
    [ENGINE_POSTGRESQL] = {ROWS(most, aurora_most_postgresql), .line = true, .page_bytes = 8192},
    [ENGINE_MYSQL] = {ROWS(most, aurora_most_mysql), .page_bytes = 16384},
};

struct aurora_params {
    int engine;
    int64_t readers_count, promotion_tier_count;
    double min_capacity, max_capacity;
    int64_t memory_per_acu_bytes;
    double vcpu_per_acu;
    int64_t control_interval_ns;
    struct {
        double target_ratio, min_step, fraction_per_s;
    } scale_up;
    struct {
        double below_ratio, fraction_per_s;
        int64_t after_ns;
    } scale_down;
    int64_t seconds_until_auto_pause_ns;
    const struct distribution *resume_time_ns_dist, *resume_time_long_ns_dist;
    int64_t long_pause_ns;
    int64_t max_connections_count, connection_memory_bytes;
    double buffer_share_ratio;
    int64_t working_set_bytes, page_size_bytes;
    double page_skew;
    const struct distribution *pages_count_dist;
    int buffer_at_start;
    const struct distribution *query_work_ns_dist;
    const struct distribution *storage_read_ns_dist, *commit_ns_dist;
    int64_t write_unit_bytes;
    int64_t replica_lag_ns;
};

#define GUIDE "Aurora User Guide, "
#define GUIDE_HOW GUIDE "How Aurora Serverless v2 works"
#define GUIDE_SCALING GUIDE "Performance and scaling for Aurora Serverless v2"
#define GUIDE_PAUSE GUIDE "Scaling to Zero ACUs with automatic pause and resume"
#define BLOG_IO "AWS Database Blog, Planning I/O in Amazon Aurora"
#define RATE_UNKNOWN                                                                            \
    "AWS gives no formula, published speeds disagree (seconds to minutes); set it by your own " \
    "ServerlessDatabaseCapacity"

#define PARAMS struct aurora_params
static const struct param aurora_params[] = {
    CHOICE(engine, "postgresql", "postgresql mysql", "sets page size and connection limit",
           DOCUMENTED(GUIDE_SCALING)),
    COUNT(readers, "0", "0..15", "reader instances beside the writer", DOCUMENTED(GUIDE_HOW)),
    COUNT(promotion_tier, "1", "0..15",
          "of the readers: 0 and 1 are kept as large as the writer, 2 to 15 scale on their own",
          DOCUMENTED(GUIDE_HOW ", scaling; the default: RDS API Reference, CreateDBInstance")),
    NUMBER(min_capacity, "0.5 ACU", "0 ACU..256 ACU", "ACU",
           "smallest capacity of each instance; 0: pauses when nobody is connected",
           DOCUMENTED("RDS API Reference, ServerlessV2ScalingConfiguration")),
    NUMBER(max_capacity, "16 ACU", "1 ACU..256 ACU", "ACU", "largest capacity of each instance",
           DOCUMENTED("RDS API Reference, ServerlessV2ScalingConfiguration")),
    SIZE(memory_per_acu, "2 GiB", "1 GiB..4 GiB", "memory that comes with an ACU",
         DOCUMENTED(GUIDE_HOW ", capacity: approximately 2 GiB")),
    NUMBER(vcpu_per_acu, "0.25 vCPU", "0.1 vCPU..1 vCPU", "vCPU", "processors of an ACU",
           ESTIMATED("memory ratio of r6g, which the guide compares with; AWS publishes none")),
    TIME(control_interval, "1s", "1s..5s", "how often capacity is looked at",
         DOCUMENTED(GUIDE_HOW ", capacity: measured every second")),
    RATIO(scale_up.target, "70%", "1%..100%",
          "use of the CPU, or of memory for connections, above which capacity is added",
          ESTIMATED("AWS does not publish the threshold")),
    NUMBER(scale_up.min_step, "0.1 ACU", "0.001 ACU..256 ACU", "ACU",
           "added a second while an instance is small", ESTIMATED(RATE_UNKNOWN)),
    RATE(scale_up.fraction, "0.03/s", "0/s..10/s",
         "share of the present capacity that is added a second, if that is more",
         ESTIMATED("the guide: the larger, the faster. " RATE_UNKNOWN)),
    RATIO(scale_down.below, "50%", "0..99%",
          "capacity is given back while the load would use less of what is left than this",
          ESTIMATED("AWS does not publish the threshold")),
    TIME(scale_down.after, "15s", "0s..1h", "and has done so for this long",
         ESTIMATED("no cooldown is documented; this keeps noise from moving the capacity")),
    RATE(scale_down.fraction, "0.01/s", "0/s..1/s",
         "share of the present capacity that is given back a second",
         ESTIMATED("slower than up: aws/agent-toolkit-for-aws, Aurora serverless core concepts")),
    TIME(seconds_until_auto_pause, "300s", "300s..86400s",
         "with min_capacity 0: an instance pauses after so long without connections",
         DOCUMENTED("RDS API Reference, ServerlessV2ScalingConfiguration")),
    TIME_DIST(resume_time, "15s", "0s..10min", "from the first connection until it works again",
              DOCUMENTED(GUIDE_PAUSE ": approximately 15 s")),
    TIME_DIST(resume_time_long, "30s", "0s..10min", "the same after a long pause",
              DOCUMENTED(GUIDE_PAUSE ": 30 s or longer")),
    TIME(long_pause, "24h", "0s..", "a pause that is long", DOCUMENTED(GUIDE_PAUSE)),
    COUNT(max_connections, NONE, "1..16000",
          "connections of an instance, else by engine and max_capacity; more are refused",
          DOCUMENTED(GUIDE_SCALING ", Maximum connections")),
    SIZE(connection_memory, "10 MiB", "0B..1GiB",
         "of a connection; capacity grows when they fill what the buffer cache leaves",
         ESTIMATED("1.5 to 14.5 MB: AWS Database Blog, Resources consumed by idle PostgreSQL "
                   "connections; recalled")),
    RATIO(buffer_share, "68%", "1%..90%", "of an instance's memory that is buffer cache",
          DOCUMENTED(GUIDE_SCALING ", examples: PostgreSQL 68 % at 8 ACUs, MySQL 54 to 60 %")),
    SIZE(page_size, NONE, "4KiB..64KiB", "else by engine: PostgreSQL 8 KiB, MySQL 16 KiB",
         DOCUMENTED(BLOG_IO)),
    DATABASE_ROWS,
    TIME_DIST(storage_read, "1.5ms", "0s..1s", "to read a page that is not in the buffer cache",
              ESTIMATED("typical; AWS publishes none")),
    TIME_DIST(commit, "4ms", "0s..1s", "to make a write durable on 4 of 6 copies",
              ESTIMATED("typical CommitLatency; AWS publishes none")),
    SIZE(write_unit, "4 KiB", "1KiB..64KiB",
         "the `size` of a write is stored in units of this, at least one", DOCUMENTED(BLOG_IO)),
    TIME(replica_lag, "20ms", "0s..1h", "how far the readers are behind; reported, not simulated",
         ESTIMATED("the guide says usually much less than 100 ms")),
};

enum aurora_metric {
    AURORA_CAPACITY,
    AURORA_CAPACITY_WRITER,
    AURORA_CAPACITY_READER,
    AURORA_ACU_UTILIZATION,
    AURORA_CPU_UTILIZATION,
    AURORA_PRESENT_CPU,
    AURORA_PRESENT_MEMORY,
    AURORA_CONNECTIONS,
    AURORA_CONNECTIONS_MAX,
    AURORA_BUFFER_HIT_RATIO,
    AURORA_COMMIT_LATENCY,
    AURORA_SELECT_LATENCY,
    AURORA_READ_IOPS,
    AURORA_WRITE_IOPS,
    AURORA_REPLICA_LAG
};
static const struct metric aurora_metrics[] = {
    [AURORA_CAPACITY] = {"serverless_database_capacity", QUANTITY_COUNT, METRIC_VALUE,
                         "mean over time and instances, in ACUs"},
    [AURORA_CAPACITY_WRITER] = {"serverless_database_capacity_writer", QUANTITY_COUNT, METRIC_VALUE,
                                "the same of the writer"},
    [AURORA_CAPACITY_READER] = {"serverless_database_capacity_reader", QUANTITY_COUNT, METRIC_VALUE,
                                "the same of the readers"},
    [AURORA_ACU_UTILIZATION] = {"acu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                                "serverless_database_capacity / max_capacity"},
    [AURORA_CPU_UTILIZATION] = {"cpu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                                "used CPU / CPU of all instances at max_capacity"},
    [AURORA_PRESENT_CPU] = {"present_cpu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                            "used CPU / CPU of the present capacity: what scaling looks at"},
    [AURORA_PRESENT_MEMORY] = {"connection_memory_utilization", QUANTITY_RATIO, METRIC_VALUE,
                               "memory of connections / what the buffer cache leaves: so is this"},
    [AURORA_CONNECTIONS] = {"database_connections", QUANTITY_COUNT, METRIC_VALUE,
                            "connections in use, all instances"},
    [AURORA_CONNECTIONS_MAX] = {"database_connections_max", QUANTITY_COUNT, METRIC_MAX,
                                "most connections in use at a time, all instances"},
    [AURORA_BUFFER_HIT_RATIO] = {"buffer_cache_hit_ratio", QUANTITY_RATIO, METRIC_RATIO,
                                 "pages that were in the buffer cache, of all touched"},
    [AURORA_COMMIT_LATENCY] = {"commit_latency", QUANTITY_TIME, METRIC_LATENCY,
                               "time of the commits alone"},
    [AURORA_SELECT_LATENCY] = {"select_latency", QUANTITY_TIME, METRIC_LATENCY,
                               "whole time of the calls that do not write"},
    [AURORA_READ_IOPS] = {"volume_read_iops", QUANTITY_RATE, METRIC_VALUE,
                          "pages read from storage a second (CloudWatch counts 5 minutes)"},
    [AURORA_WRITE_IOPS] = {"volume_write_iops", QUANTITY_RATE, METRIC_VALUE,
                           "write units stored a second (CloudWatch counts 5 minutes)"},
    [AURORA_REPLICA_LAG] = {"aurora_replica_lag", QUANTITY_TIME, METRIC_VALUE,
                            "as the parameter says; no data without readers"},
};

static const char *const aurora_resources[] = {
    [AURORA_WRITER_ACU] = "maximum capacity of the writer",
    [AURORA_READER_ACU] = "maximum capacity of the readers",
    [AURORA_WRITER_CONNECTIONS] = "connections to the writer",
    [AURORA_READER_CONNECTIONS] = "connections to the readers",
};

enum aurora_role { AURORA_WRITER, AURORA_READER, AURORA_ROLES };
static const char *const aurora_roles[AURORA_ROLES] = {"writer", "reader"};

/* Sums so far. */
struct aurora_sums {
    double at_s, acu_s[AURORA_ROLES], connections_s[AURORA_ROLES], worked_s[AURORA_ROLES];
};

struct aurora {
    struct elastic elastic;
    struct buffer_law pages_law;
    struct growth_rules growth;
    struct swings swings[AURORA_ROLES];      /* as the log tells them */
    struct log_entry *resumes[AURORA_ROLES]; /* the last; null: none */
    enum database_kind *kinds;               /* by operation */
    struct random page_random, work_random, storage_random, commit_random, resume_random;
    struct gauge connections;        /* of all instances; in the window */
    struct aurora_sums begun, ended; /* of the window */
    int64_t connections_max;
    int64_t clients_most[AURORA_ROLES]; /* of one instance, in the window so far */
    struct summary commit, select;      /* measured */
    uint64_t pages, misses, writes;     /* measured */
    uint32_t count, limit;              /* instances; connections of each */
    uint32_t next_reader;
};

static const char *aurora_check(const void *params)
{
    const struct aurora_params *p = params;
    if (fmod(p->min_capacity, AURORA_STEP_ACU) != 0) {
        return "min_capacity: expected half-ACU steps: 0, 0.5, 1, 1.5 ...";
    }
    if (fmod(p->max_capacity, AURORA_STEP_ACU) != 0) {
        return "max_capacity: expected half-ACU steps: 1, 1.5, 2 ...";
    }
    if (p->min_capacity > p->max_capacity) {
        return "min_capacity: more than `max_capacity`";
    }
    if (p->scale_down.below_ratio >= p->scale_up.target_ratio) {
        return "scale_down.below: expected less than `scale_up.target`, or capacity would go up "
               "and down for ever";
    }
    return NULL;
}

/* ---- formulas ---- */

static double aurora_acu(int64_t steps)
{
    return (double)steps * AURORA_STEP_ACU;
}

static int64_t aurora_steps(double acu)
{
    return llrint(acu / AURORA_STEP_ACU);
}

static enum aurora_role aurora_role(uint32_t index)
{
    return index == 0 ? AURORA_WRITER : AURORA_READER;
}

static uint32_t aurora_connections(const struct aurora_params *p)
{
    if (p->max_connections_count >= 0) {
        return (uint32_t)p->max_connections_count;
    }
    const struct aurora_engine *engine = &aurora_engines[p->engine];
    const struct aurora_most *at = engine->most, *last = at + engine->most_count - 1;
    while (at < last && at[1].acu <= p->max_capacity) {
        at++;
    }
    double most = at->connections;
    if (engine->line && at < last) {
        most += (at[1].connections - at->connections) * (p->max_capacity - at->acu) /
                (at[1].acu - at->acu);
    }
    const bool capped = p->engine == ENGINE_POSTGRESQL && p->min_capacity <= AURORA_STEP_ACU;
    return (uint32_t)(capped ? fmin(most, AURORA_POSTGRESQL_CAPPED) : most);
}

static int64_t aurora_page_bytes(const struct aurora_params *p)
{
    return p->page_size_bytes >= 0 ? p->page_size_bytes : aurora_engines[p->engine].page_bytes;
}

/* ---- what is noted of scaling ---- */

static bool aurora_follow(const struct aurora_params *p)
{
    return p->promotion_tier_count <= AURORA_TIER_FOLLOWS;
}

/* What the instances of a role did in the last look. */
struct aurora_step {
    const struct elastic_instance *most; /* whose capacity changed most */
    double from, to;                     /* ACUs, in the mean */
};

static void aurora_log_step(struct world *w, struct service *s, enum aurora_role role,
                            const struct aurora_step *step)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    struct swings *swings = &state->swings[role];
    const struct elastic_instance *instance = step->most;
    const bool up = step->to > step->from;
    const bool by_cpu = instance->processors_use >= instance->memory_use ||
                        (up && instance->processors_use > p->scale_up.target_ratio);
    const bool all = role == AURORA_WRITER && aurora_follow(p);
    if (!swings_step(swings, &aurora_swings, core_now(s->core), step->from, step->to)) {
        return;
    }
    const struct log_entry entry = {
        .kind = up ? LOG_SCALE_OUT : LOG_SCALE_IN,
        .metric = aurora_metrics[by_cpu ? AURORA_PRESENT_CPU : AURORA_PRESENT_MEMORY].name,
        .value = by_cpu ? instance->processors_use : instance->memory_use,
        .threshold = up ? p->scale_up.target_ratio : p->scale_down.below_ratio,
        .from = swings->from,
        .to = step->to,
        .count = all                     ? state->count
                 : role == AURORA_READER ? state->count - 1
                                         : 1,
        .text = aurora_roles[role],
    };
    swings_tell(swings, service_log(w, s, &entry));
}

static void aurora_log_steps(struct world *w, struct service *s, enum aurora_role role)
{
    struct aurora *state = s->state;
    const uint32_t first = role == AURORA_WRITER ? 0 : 1;
    const uint32_t end = role == AURORA_WRITER ? 1 : state->count;
    const struct elastic_instance *most[2] = {NULL}; /* who went down, or up, most */
    int64_t changes[2] = {0};
    struct aurora_step step = {0};
    for (uint32_t i = first; i < end; i++) {
        const struct elastic_instance *instance = &state->elastic.instances[i];
        const int64_t before = instance->steps_before, after = instance->steps.value;
        const bool up = after > before;
        if (!elastic_awake(&state->elastic, i)) {
            continue;
        }
        step.from += aurora_acu(before) / (end - first);
        step.to += aurora_acu(after) / (end - first);
        if (llabs(after - before) > changes[up] && !instance->along) {
            changes[up] = llabs(after - before);
            most[up] = instance;
        }
    }
    step.most = most[step.to > step.from];
    if (step.most != NULL && step.to != step.from) {
        aurora_log_step(w, s, role, &step);
    }
}

/* Groups of a role that the last look has put to sleep. */
static void aurora_log_pauses(struct world *w, struct service *s, enum aurora_role role)
{
    struct aurora *state = s->state;
    uint64_t count = 0;
    double from = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct elastic_instance *instance = &state->elastic.instances[i];
        const struct elastic_group *group = &state->elastic.groups[instance->group];
        if (group->phase == ELASTIC_PAUSED && group->since_ns == core_now(s->core) &&
            aurora_role(instance->group) == role) {
            from += aurora_acu(instance->steps_before);
            count++;
        }
    }
    if (count == 0) {
        return;
    }
    state->swings[role] = (struct swings){0};
    service_log(w, s,
                &(struct log_entry){.kind = LOG_PAUSE,
                                    .metric = "database_connections",
                                    .threshold = NAN,
                                    .from = from / (double)count,
                                    .count = count,
                                    .text = aurora_roles[role]});
}

static void aurora_log_look(struct world *w, struct service *s)
{
    for (enum aurora_role role = 0; role < AURORA_ROLES; role++) {
        aurora_log_pauses(w, s, role);
        aurora_log_steps(w, s, role);
    }
}

/* Those that wake while others of their role still do are told with them. */
static void aurora_log_resume(struct world *w, struct service *s, uint32_t index, int64_t delay_ns)
{
    struct aurora *state = s->state;
    const struct elastic *elastic = &state->elastic;
    const uint32_t count = elastic->groups[elastic->instances[index].group].count;
    const enum aurora_role role = aurora_role(elastic->instances[index].group);
    const int64_t now_ns = core_now(s->core), until_ns = now_ns + delay_ns;
    struct log_entry *entry = state->resumes[role];
    if (entry != NULL && now_ns <= entry->until_ns) {
        entry->count += count;
        entry->until_ns = until_ns > entry->until_ns ? until_ns : entry->until_ns;
        return;
    }
    entry = service_log(w, s,
                        &(struct log_entry){
                            .kind = LOG_RESUME,
                            .metric = "database_connections",
                            .value = 1,
                            .to = aurora_acu(elastic->setup.steps_least),
                            .delay_ns = delay_ns,
                            .count = count,
                            .text = aurora_roles[role],
                        });
    entry->until_ns = until_ns;
    state->resumes[role] = entry;
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
    const int64_t delay_ns = distribution_draw_int(
        is_long ? p->resume_time_long_ns_dist : p->resume_time_ns_dist, &state->resume_random);
    aurora_log_resume(w, s, index, delay_ns);
    elastic_wake(&state->elastic, index, delay_ns);
}

/* ---- the life of the service ---- */

static void aurora_start_elastic(struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const double page_bytes = (double)aurora_page_bytes(p);
    const double memory_bytes = AURORA_STEP_ACU * (double)p->memory_per_acu_bytes;
    const int64_t least = aurora_steps(p->min_capacity);
    state->growth = (struct growth_rules){
        .step = AURORA_STEP_ACU,
        .up_least_per_s = p->scale_up.min_step,
        .up_per_s = p->scale_up.fraction_per_s,
        .down_per_s = p->scale_down.fraction_per_s,
        .target_ratio = p->scale_up.target_ratio,
        .low_ratio = p->scale_down.below_ratio,
        .low_after_ns = p->scale_down.after_ns,
    };
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
                     .pages = &state->pages_law,
                     .processors = AURORA_STEP_ACU * p->vcpu_per_acu,
                     .room_pages = memory_bytes * p->buffer_share_ratio / page_bytes,
                     .clients = memory_bytes * (1 - p->buffer_share_ratio) /
                                (double)p->connection_memory_bytes,
                     .steps_least = least > 0 ? least : 1,
                     .steps_most = aurora_steps(p->max_capacity),
                     .interval_ns = p->control_interval_ns,
                     .pause_ns = least > 0 ? ELASTIC_NEVER : p->seconds_until_auto_pause_ns,
                     .warm = p->buffer_at_start == BUFFER_WARM,
                 });
}

static void aurora_start(struct world *w, struct service *s)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    state->count = (uint32_t)p->readers_count + 1;
    state->limit = aurora_connections(p);
    state->kinds = arena_array(s->arena, s->spec->operations_count, sizeof(enum database_kind));
    for (uint32_t i = 0; i < s->spec->operations_count; i++) {
        state->kinds[i] = database_kind(s->spec->operations[i].name);
    }
    state->page_random = service_random(w, s, "pages");
    state->work_random = service_random(w, s, "query_work");
    state->storage_random = service_random(w, s, "storage_read");
    state->commit_random = service_random(w, s, "commit");
    state->resume_random = service_random(w, s, "resume_time");
    summary_init(&state->commit, s->arena);
    summary_init(&state->select, s->arena);
    s->load.unit = AURORA_STEP_ACU;
    aurora_start_elastic(s);
}

static struct aurora_sums aurora_sum(const struct service *s)
{
    const struct aurora *state = s->state;
    const int64_t now_ns = core_now(s->core);
    struct aurora_sums sums = {.at_s = (double)now_ns * AURORA_NANO};
    for (uint32_t i = 0; i < state->count; i++) {
        const struct elastic_instance *instance = &state->elastic.instances[i];
        const enum aurora_role role = aurora_role(i);
        sums.acu_s[role] += gauge_area_s(&instance->steps, now_ns) * AURORA_STEP_ACU;
        sums.worked_s[role] += host_worked_ns(&instance->host) * AURORA_NANO;
        sums.connections_s[role] += gauge_area_s(&instance->clients, now_ns);
    }
    return sums;
}

static void aurora_count_clients(struct aurora *state, uint32_t index)
{
    const int64_t clients = state->elastic.instances[index].clients.value;
    int64_t *most = &state->clients_most[aurora_role(index)];
    *most = clients > *most ? clients : *most;
}

static void aurora_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct aurora *state = s->state;
    const int64_t now_ns = core_now(s->core);
    if (begins) {
        state->begun = aurora_sum(s);
        gauge_reset(&state->connections, now_ns);
        memset(state->clients_most, 0, sizeof(state->clients_most));
        for (uint32_t i = 0; i < state->count; i++) {
            aurora_count_clients(state, i);
        }
    } else {
        state->ended = aurora_sum(s);
        state->connections_max = gauge_read(&state->connections, now_ns).max;
    }
}

static void aurora_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct aurora *state = s->state;
    if (elastic_due(&state->elastic, slot)) {
        aurora_log_look(w, s);
    }
}

/* ---- the life of a call ---- */

static void aurora_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    uint32_t index = 0;
    if (state->kinds[f->operation] == DATABASE_READ && state->count > 1) {
        index = 1 + state->next_reader;
        state->next_reader = (state->next_reader + 1) % (state->count - 1);
    }
    if (state->elastic.instances[index].clients.value == state->limit) {
        service_throttled(w, s, "max_connections");
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    if (s->spec->operations[f->operation].work == NULL) {
        f->work_ns = distribution_draw_int(p->query_work_ns_dist, &state->work_random);
    }
    f->note = index;
    gauge_add(&state->connections, 1, core_now(s->core));
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
    const uint32_t pages =
        (uint32_t)distribution_draw_int(p->pages_count_dist, &state->page_random);
    const uint32_t misses =
        buffer_read(&state->elastic.instances[f->note].buffer, &state->page_random, pages);
    if (f->flags & FRAME_MEASURED) {
        state->pages += pages;
        state->misses += misses;
    }
    int64_t total_ns = 0;
    for (uint32_t i = 0; i < misses; i++) {
        total_ns += distribution_draw_int(p->storage_read_ns_dist, &state->storage_random);
    }
    return total_ns;
}

static int64_t aurora_commit_ns(const struct world *w, const struct service *s,
                                const struct frame *f)
{
    const struct aurora_params *p = s->params;
    struct aurora *state = s->state;
    const int64_t commit_ns = distribution_draw_int(p->commit_ns_dist, &state->commit_random);
    if (f->flags & FRAME_MEASURED) {
        summary_add(&state->commit, commit_ns);
        state->writes += (uint64_t)fmax(1, ceil(call_size(w, f) / (double)p->write_unit_bytes));
    }
    return commit_ns;
}

/* The CPU's part is done: the storage's part, without CPU, the connection held. */
static bool aurora_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct aurora *state = s->state;
    int64_t wait_ns = aurora_read_ns(s, f);
    if (state->kinds[f->operation] == DATABASE_WRITE) {
        wait_ns += aurora_commit_ns(w, s, f);
    }
    if (wait_ns == 0) {
        return true;
    }
    f->work_ns = wait_ns;
    call_work(w, f);
    return false;
}

static void aurora_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct aurora *state = s->state;
    host_resume(&state->elastic.instances[f->note].host, f);
}

static void aurora_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct aurora *state = s->state;
    if (f->answer == OUTCOME_OK && f->flags & FRAME_MEASURED &&
        state->kinds[f->operation] != DATABASE_WRITE) {
        summary_add(&state->select, core_now(s->core) - f->start_ns);
    }
    gauge_add(&state->connections, -1, core_now(s->core));
    elastic_leave(&state->elastic, f->note, f);
}

/* ---- results ---- */

static void aurora_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct aurora_params *p = s->params;
    const struct aurora *state = s->state;
    const struct aurora_sums *from = &state->begun, *to = &state->ended;
    const double length_s = to->at_s - from->at_s, readers = state->count - 1;
    double acu[AURORA_ROLES], connections = 0, cpu = 0; /* sums over instances */
    for (uint32_t role = 0; role < AURORA_ROLES; role++) {
        acu[role] = (to->acu_s[role] - from->acu_s[role]) / length_s;
        connections += (to->connections_s[role] - from->connections_s[role]) / length_s;
        cpu += (to->worked_s[role] - from->worked_s[role]) / length_s;
    }
    const double present = acu[AURORA_WRITER] + acu[AURORA_READER], mean = present / state->count;
    const double memory_bytes = present * (double)p->memory_per_acu_bytes;
    own[AURORA_CAPACITY].value = mean;
    own[AURORA_CAPACITY_WRITER].value = acu[AURORA_WRITER];
    own[AURORA_CAPACITY_READER].value = acu[AURORA_READER] / readers; /* NaN: none */
    own[AURORA_ACU_UTILIZATION].value = mean / p->max_capacity;
    own[AURORA_CPU_UTILIZATION].value = cpu / (p->max_capacity * p->vcpu_per_acu * state->count);
    own[AURORA_PRESENT_CPU].value = cpu / (present * p->vcpu_per_acu); /* NaN: it always slept */
    own[AURORA_PRESENT_MEMORY].value = connections * (double)p->connection_memory_bytes /
                                       (memory_bytes * (1 - p->buffer_share_ratio));
    own[AURORA_CONNECTIONS].value = connections;
    own[AURORA_CONNECTIONS_MAX].value = (double)state->connections_max;
    own[AURORA_BUFFER_HIT_RATIO].hits = state->pages - state->misses;
    own[AURORA_BUFFER_HIT_RATIO].trials = state->pages;
    own[AURORA_COMMIT_LATENCY].summary = &state->commit;
    own[AURORA_SELECT_LATENCY].summary = &state->select;
    own[AURORA_READ_IOPS].value = (double)state->misses / length_s;
    own[AURORA_WRITE_IOPS].value = (double)state->writes / length_s;
    own[AURORA_REPLICA_LAG].value =
        readers > 0 ? (double)p->replica_lag_ns * AURORA_NANO : (double)NAN;
}

/* What may run out: the CPU of max_capacity, and connections, of the writer or of the readers. */
static void aurora_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct aurora_params *p = s->params;
    const struct aurora *state = s->state;
    const struct aurora_sums sums = aurora_sum(s);
    for (uint32_t role = 0; role < AURORA_ROLES; role++) {
        const uint32_t count = role == AURORA_WRITER ? 1 : state->count - 1;
        usage[AURORA_WRITER_ACU + role] = (struct usage){
            .used = sums.worked_s[role] / p->vcpu_per_acu,
            .available = count > 0 ? count * p->max_capacity : (double)INFINITY,
        };
        usage[AURORA_WRITER_CONNECTIONS + role] = (struct usage){
            .used = sums.connections_s[role],
            .available = count > 0 ? (double)count * state->limit : (double)INFINITY,
            .peak = (double)state->clients_most[role] * count,
        };
    }
}

const struct model aurora_serverless_model = {
    .info =
        {
            .name = "aurora_serverless",
            .title =
                "a database cluster whose instances scale by themselves (Aurora Serverless v2)",
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
                "pause without connections, and the first call waits for resume_time. Left out: "
                "failover and zones, prices, RDS Proxy, locks, pools of idle connections, memory "
                "that queries need, and scaling for the sake of the buffer cache.",
            ROWS(params, aurora_params),
            ROWS(metrics, aurora_metrics),
            ROWS(operations, database_operations),
            ROWS(resources, aurora_resources),
            .params_size = sizeof(struct aurora_params),
            .target_kind = TARGET_KIND_DATABASE,
            .takes_work = true,
            .takes_operations = true,
            .scales = true,
            .work_help = "time of the call on one vCPU, its pages being in the buffer cache",
            .branch_work = "work inside 'parallel' takes its time, but no share of the CPU: give "
                           "it an operation of its own if that matters",
            .resource = "present ACUs",
            .check = aurora_check,
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
