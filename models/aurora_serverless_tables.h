/* aurora_serverless_tables: what Aurora Serverless declares: parameters, metrics, the limits of
 * connections, and version 1's ladders. */
#ifndef ARCHSIM_MODELS_AURORA_SERVERLESS_TABLES_H
#define ARCHSIM_MODELS_AURORA_SERVERLESS_TABLES_H

#include "models/model.h"

#include <math.h>

#include "models/database.h"
#include "sim/blocks/ladder.h"

#define AURORA_STEP_ACU 0.5 /* "increments as small as 0.5 ACUs": How Aurora Serverless v2 works */
#define AURORA_NANO 1e-9
#define AURORA_HOUR_S 3600.0
enum {
    AURORA_TIER_FOLLOWS = 1,         /* readers of promotion tiers 0 and 1 scale with the writer */
    AURORA_POSTGRESQL_CAPPED = 2000, /* connections, with a minimum of 0.5 ACU or less */
    AURORA_ACU_MOST = 256,           /* of version 2 */
    AURORA_RUNGS_MAX = 9,
    /* "six copies over three zones; four of six must confirm a write": Verbitski et al., Amazon
     * Aurora, SIGMOD 2017, sec. 2.1 */
    AURORA_COPIES = 6,
    AURORA_COPIES_NEEDED = 4,
    AURORA_COPIES_OF_ZONE = 2,
};
enum aurora_version { AURORA_V2, AURORA_V1 };
enum aurora_timeout { AURORA_ROLLBACK, AURORA_FORCE }; /* v1.timeout_action */
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
/* Capacities of version 1, in ACUs: RDS API Reference, ScalingConfiguration. */
static const int aurora_rungs[ENGINE_COUNT][AURORA_RUNGS_MAX] = {
    [ENGINE_POSTGRESQL] = {2, 4, 8, 16, 32, 64, 192, 384},
    [ENGINE_MYSQL] = {1, 2, 4, 8, 16, 32, 64, 128, 256},
};

struct aurora_params {
    int version, engine;
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
    const struct distribution *replica_apply_ns_dist;
    int64_t idle_connections_count;
    const struct distribution *copy_write_ns_dist;
    bool io_optimized;
    int64_t volume_size_bytes;
    double volume_growth_ratio;
    struct {
        const struct distribution *mtbf_ns_dist;
    } failure;
    struct {
        const struct distribution *mtbf_ns_dist, *mttr_ns_dist;
    } zone_failure;
    struct {
        const struct distribution *reader_ns_dist, *recreate_ns_dist;
        double proxied_ratio;
    } failover;
    struct {
        bool auto_pause;
        int64_t timeout_ns, period_ns, cooldown_up_ns, cooldown_down_ns, move_time_ns;
        int timeout_action;
        double up_cpu_ratio, up_connections_ratio, down_cpu_ratio, down_connections_ratio;
        const struct distribution *resume_time_ns_dist;
    } v1;
};

#define GUIDE "Aurora User Guide, "
#define GUIDE_HOW GUIDE "How Aurora Serverless v2 works"
#define GUIDE_SCALING GUIDE "Performance and scaling for Aurora Serverless v2"
#define GUIDE_PAUSE GUIDE "Scaling to Zero ACUs with automatic pause and resume"
#define GUIDE_V1 GUIDE "How Aurora Serverless v1 works"
#define GUIDE_REPLICAS GUIDE "Replication with Amazon Aurora"
#define GUIDE_HA GUIDE "High availability for Amazon Aurora"
#define API_V1 "RDS API Reference, ScalingConfiguration"
#define BLOG_IO "AWS Database Blog, Planning I/O in Amazon Aurora"
#define RATE_UNKNOWN                                                                            \
    "AWS gives no formula, published speeds disagree (seconds to minutes); set it by your own " \
    "ServerlessDatabaseCapacity"

#define PARAMS struct aurora_params
static const struct param aurora_params[] = {
    CHOICE(version, "v2", "v2 v1",
           "v1 doubles and halves, and has one instance; AWS no longer offers it: to compare",
           DOCUMENTED(GUIDE_V1)),
    CHOICE(engine, "postgresql", "postgresql mysql", "sets page size and connection limit",
           DOCUMENTED(GUIDE_SCALING)),
    COUNT(readers, "0", "0..15", "reader instances beside the writer", DOCUMENTED(GUIDE_HOW)),
    COUNT(promotion_tier, "1", "0..15",
          "of the readers: 0 and 1 are kept as large as the writer, 2 to 15 scale on their own",
          DOCUMENTED(GUIDE_HOW ", scaling; the default: RDS API Reference, CreateDBInstance")),
    NUMBER(min_capacity, "0.5 ACU", "0 ACU..384 ACU", "ACU",
           "smallest of each instance; 0: pauses when nobody is connected, nor a dms task",
           DOCUMENTED("RDS API Reference, ServerlessV2ScalingConfiguration")),
    NUMBER(max_capacity, "16 ACU", "1 ACU..384 ACU", "ACU", "largest capacity of each instance",
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
    TIME(replica_lag, "20ms", "0s..1h",
         "from a commit until the readers have heard of it; then they apply it",
         ESTIMATED("the guide says usually much less than 100 ms")),
    TIME_DIST(replica_apply, "20us", "0s..1h",
              "CPU that a reader needs to apply a write, one after the other: the lag is a queue",
              ESTIMATED("only pages in its cache are changed; documented is that the lag grows "
                        "with the rate of writes: " GUIDE_REPLICAS)),
    COUNT(idle_connections, "0", "0..16000",
          "of each instance that are always open, by pools or a proxy: it never pauses",
          DOCUMENTED(GUIDE_PAUSE ": any open connection prevents the pause")),
    TIME_DIST(copy_write, NONE, "0s..1s",
              "each of the six copies confirms a write after so long: the fourth adds to `commit`",
              ASSUMED("to see what slow copies, or a lost zone, cost; else `commit` says it all")),
    FLAG(io_optimized, "false", "storage I/O is not billed, at dearer ACUs and bytes",
         DOCUMENTED(GUIDE "Storage configurations for Amazon Aurora DB clusters")),
    SIZE(volume_size, NONE, "1MiB..256TiB",
         "that the cluster's data takes at the start, for volume_bytes_used; it grows by itself",
         ASSUMED("yours")),
    RATIO(volume_growth, NONE, "0..1000%", "bytes that the volume grows by, of those written",
          ASSUMED("yours: inserts stay, updates do not; else none")),
    TIME_DIST(failure.mtbf, REQUIRED, "1ms..", "the writer's instance fails after so long",
              ASSUMED("yours; AWS publishes only the SLA")),
    TIME_DIST(zone_failure.mtbf, REQUIRED, "1ms..",
              "a zone is lost after so long: two copies, and the instances there",
              ASSUMED("yours; AWS publishes only the SLA")),
    TIME_DIST(zone_failure.mttr, REQUIRED, "1ms..", "and is back after so long", ASSUMED("yours")),
    TIME_DIST(failover.reader, "30s", "0s..1h",
              "there is no writer for so long, until a reader is one",
              DOCUMENTED(GUIDE_HA
                         ": less than 60 s, often less than 30 s; 10 to 16 s were "
                         "measured idle, S. Zatoima, Measuring Aurora PostgreSQL Failover Time")),
    TIME_DIST(failover.recreate, "10min", "0s..1h", "the same without readers: it is recreated",
              DOCUMENTED(GUIDE_HA ": typically less than 10 minutes; its upper end")),
    DATABASE_PROXIED_ROW,
    FLAG(v1.auto_pause, "true", "pauses after seconds_until_auto_pause without connections",
         RECALLED(API_V1 ", AutoPause; its default is not seen again")),
    TIME(v1.timeout, "300s", "60s..600s", "it searches so long for a scaling point",
         DOCUMENTED(API_V1 ", SecondsBeforeTimeout")),
    CHOICE(v1.timeout_action, "rollback", "rollback force",
           "without a scaling point: stays as it is, or ends the calls that are in the way",
           DOCUMENTED(API_V1 ", TimeoutAction: RollbackCapacityChange by default")),
    TIME(v1.period, "1min", "1s..1h", "over which use is averaged",
         ESTIMATED("CloudWatch's period; AWS does not publish it")),
    RATIO(v1.up_cpu, "70%", "1%..100%", "use of the CPU above which capacity doubles",
          RECALLED("AWS announcement of Aurora Serverless, 2018")),
    RATIO(v1.up_connections, "90%", "1%..100%", "or of max_connections",
          RECALLED("AWS announcement of Aurora Serverless, 2018")),
    RATIO(v1.down_cpu, "30%", "0..99%", "use of the CPU below which capacity halves",
          RECALLED("AWS announcement of Aurora Serverless, 2018")),
    RATIO(v1.down_connections, "40%", "0..99%", "if so few of max_connections are in use, too",
          RECALLED("AWS announcement of Aurora Serverless, 2018")),
    TIME(v1.cooldown_up, "15min", "0s..1h", "no way down for so long after a way up",
         DOCUMENTED(GUIDE_V1 ": 15 minutes")),
    TIME(v1.cooldown_down, "310s", "0s..1h", "nor after a way down",
         DOCUMENTED(GUIDE_V1 ": 310 seconds")),
    TIME(v1.move_time, "5s", "0s..10min", "from a scaling point until the other capacity is there",
         ESTIMATED("seconds: a warm host takes over")),
    TIME_DIST(v1.resume_time, "30s", "0s..10min", "from the first connection until it works again",
              RECALLED("typically about 30 s")),
};

static const struct param_only aurora_only[] = {
    {"readers", "version", "v2"},           {"promotion_tier", "version", "v2"},
    {"scale_up.target", "version", "v2"},   {"scale_up.min_step", "version", "v2"},
    {"scale_up.fraction", "version", "v2"}, {"scale_down.below", "version", "v2"},
    {"scale_down.after", "version", "v2"},  {"scale_down.fraction", "version", "v2"},
    {"resume_time", "version", "v2"},       {"resume_time_long", "version", "v2"},
    {"failover.reader", "version", "v2"},   {"io_optimized", "version", "v2"},
    {"v1.auto_pause", "version", "v1"},     {"v1.timeout", "version", "v1"},
    {"v1.timeout_action", "version", "v1"}, {"v1.period", "version", "v1"},
    {"v1.up_cpu", "version", "v1"},         {"v1.up_connections", "version", "v1"},
    {"v1.down_cpu", "version", "v1"},       {"v1.down_connections", "version", "v1"},
    {"v1.cooldown_up", "version", "v1"},    {"v1.cooldown_down", "version", "v1"},
    {"v1.move_time", "version", "v1"},      {"v1.resume_time", "version", "v1"},
};
#undef PARAMS

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
    AURORA_REPLICA_LAG,
    AURORA_REPLICA_LAG_MAXIMUM,
    AURORA_STALE_READS,
    AURORA_ACU_HOURS,
    AURORA_READ_IOS,
    AURORA_WRITE_IOS,
    AURORA_BILLED_IOS,
    AURORA_VOLUME_BYTES,
    AURORA_FAILOVERS,
    AURORA_FAILOVER_TIME
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
                            "from a commit until a reader has it, mean; no data without readers"},
    [AURORA_REPLICA_LAG_MAXIMUM] = {"aurora_replica_lag_maximum", QUANTITY_TIME, METRIC_MAX,
                                    "the longest of any write and reader"},
    [AURORA_STALE_READS] = {"stale_reads", QUANTITY_RATIO, METRIC_RATIO,
                            "reads at readers that had not yet applied all that was committed"},
    [AURORA_ACU_HOURS] = {"acu_hours", QUANTITY_COUNT, METRIC_VALUE,
                          "capacity of all instances over the window, as it is billed"},
    [AURORA_READ_IOS] = {"read_ios", QUANTITY_COUNT, METRIC_VALUE,
                         "pages read from storage, of measured calls"},
    [AURORA_WRITE_IOS] = {"write_ios", QUANTITY_COUNT, METRIC_VALUE,
                          "write units stored, of measured calls"},
    [AURORA_BILLED_IOS] = {"billed_ios", QUANTITY_COUNT, METRIC_VALUE,
                           "both together; none where io_optimized"},
    [AURORA_VOLUME_BYTES] = {"volume_bytes_used", QUANTITY_SIZE, METRIC_VALUE,
                             "of the cluster's volume at the end, one of its six copies"},
    [AURORA_FAILOVERS] = {"failovers", QUANTITY_COUNT, METRIC_VALUE, "failures of the writer"},
    [AURORA_FAILOVER_TIME] = {"failover_time", QUANTITY_TIME, METRIC_LATENCY,
                              "without a writer after each"},
};

static const char *const aurora_resources[] = {
    [AURORA_WRITER_ACU] = "maximum capacity of the writer",
    [AURORA_READER_ACU] = "maximum capacity of the readers",
    [AURORA_WRITER_CONNECTIONS] = "connections to the writer",
    [AURORA_READER_CONNECTIONS] = "connections to the readers",
};

/* ---- formulas ---- */

static inline double aurora_acu(int64_t steps)
{
    return (double)steps * AURORA_STEP_ACU;
}

static inline int64_t aurora_steps(double acu)
{
    return llrint(acu / AURORA_STEP_ACU);
}

static inline uint32_t aurora_connections(const struct aurora_params *p)
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

static inline int64_t aurora_page_bytes(const struct aurora_params *p)
{
    return p->page_size_bytes >= 0 ? p->page_size_bytes : aurora_engines[p->engine].page_bytes;
}

static inline bool aurora_follow(const struct aurora_params *p)
{
    return p->promotion_tier_count <= AURORA_TIER_FOLLOWS;
}

/* The rungs of version 1 from min_capacity to max_capacity, in steps; returns how many. */
static inline uint32_t aurora_ladder(const struct aurora_params *p, int64_t *steps)
{
    const int *rungs = aurora_rungs[p->engine];
    uint32_t count = 0;
    for (uint32_t i = 0; i < AURORA_RUNGS_MAX && rungs[i] > 0; i++) {
        if (rungs[i] >= p->min_capacity && rungs[i] <= p->max_capacity) {
            steps[count++] = aurora_steps(rungs[i]);
        }
    }
    return count;
}

/* ---- rules between the parameters ---- */

static inline bool aurora_is_rung(const struct aurora_params *p, double acu)
{
    const int *rungs = aurora_rungs[p->engine];
    uint32_t i = 0;
    while (i < AURORA_RUNGS_MAX && rungs[i] > 0 && rungs[i] != acu) {
        i++;
    }
    return i < AURORA_RUNGS_MAX && rungs[i] > 0;
}

static inline const char *aurora_check_v1(const struct aurora_params *p)
{
    if (!aurora_is_rung(p, p->min_capacity) || !aurora_is_rung(p, p->max_capacity)) {
        const bool min = !aurora_is_rung(p, p->min_capacity);
        return p->engine == ENGINE_MYSQL
                   ? min ? "min_capacity: version 1 on MySQL has 1, 2, 4, 8 ... 256 ACUs"
                         : "max_capacity: version 1 on MySQL has 1, 2, 4, 8 ... 256 ACUs"
               : min ? "min_capacity: version 1 on PostgreSQL has 2, 4, 8 ... 64, 192, 384 ACUs"
                     : "max_capacity: version 1 on PostgreSQL has 2, 4, 8 ... 64, 192, 384 ACUs";
    }
    if (p->min_capacity > p->max_capacity) {
        return "min_capacity: more than `max_capacity`";
    }
    return p->v1.down_cpu_ratio >= p->v1.up_cpu_ratio
               ? "v1.down_cpu: expected less than `v1.up_cpu`"
               : NULL;
}

static inline const char *aurora_check(const void *params)
{
    const struct aurora_params *p = params;
    if (p->idle_connections_count >= aurora_connections(p)) {
        return "idle_connections: they leave none of max_connections";
    }
    if (p->version == AURORA_V1) {
        return aurora_check_v1(p);
    }
    if (p->max_capacity > AURORA_ACU_MOST) {
        return "max_capacity: version 2 has at most 256 ACUs";
    }
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

#endif
