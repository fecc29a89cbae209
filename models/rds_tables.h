/* rds_tables: what RDS for PostgreSQL and MySQL declares: parameters, metrics, and the limits of
 * its storage. */
#ifndef ARCHSIM_MODELS_RDS_TABLES_H
#define ARCHSIM_MODELS_RDS_TABLES_H

#include "models/model.h"

#include <math.h>

#include "models/database.h"
#include "models/rds_classes.h"
#include "sim/blocks/volume.h"

enum rds_engine { RDS_POSTGRESQL, RDS_MYSQL };
enum rds_deployment { RDS_SINGLE_AZ, RDS_MULTI_AZ_INSTANCE, RDS_MULTI_AZ_CLUSTER };
enum rds_storage { RDS_GP2, RDS_GP3, RDS_IO1, RDS_IO2 };
enum rds_resource {
    RDS_WRITER_CPU,
    RDS_READER_CPU,
    RDS_WRITER_CONNECTIONS,
    RDS_READER_CONNECTIONS,
    RDS_WRITER_IOPS,
    RDS_READER_IOPS
};

struct rds_params {
    int engine, class, deployment;
    int64_t replicas_count;
    int64_t max_connections_count, connection_memory_bytes, reserved_memory_bytes;
    double buffer_share_ratio;
    int64_t working_set_bytes, page_size_bytes;
    double page_skew;
    const struct distribution *pages_count_dist, *dirty_pages_count_dist;
    int buffer_at_start;
    const struct distribution *query_work_ns_dist, *commit_ns_dist;
    struct {
        int type;
        int64_t size_bytes, iops_count;
        double throughput_bytes_per_s;
        const struct distribution *latency_ns_dist;
    } storage;
    struct {
        const struct distribution *write_ns_dist, *ack_ns_dist;
        int64_t flow_control_ns;
    } standby;
    struct {
        int64_t transport_ns;
        const struct distribution *apply_ns_dist;
    } replica;
    struct {
        const struct distribution *mtbf_ns_dist;
    } failure;
    struct {
        const struct distribution *instance_ns_dist, *cluster_ns_dist, *restore_ns_dist;
        double proxied_ratio;
    } failover;
    struct {
        int64_t retention_ns, interval_ns;
    } backup;
};

#define RDS_GUIDE "Amazon RDS User Guide, "
#define RDS_STORAGE RDS_GUIDE "Amazon RDS DB instance storage"
#define RDS_CLUSTER RDS_GUIDE "Multi-AZ DB cluster deployments"
#define RDS_MULTI RDS_GUIDE "Multi-AZ DB instance deployments"
#define RDS_PITR RDS_GUIDE "Restoring a DB instance to a specified time"
#define RDS_CREATE "RDS API Reference, CreateDBInstance"

#define PARAMS struct rds_params
static const struct param rds_params[] = {
    CHOICE(engine, "postgresql", "postgresql mysql", "sets page size and connection limit",
           DOCUMENTED(RDS_GUIDE "Quotas and constraints for Amazon RDS, max_connections")),
    CHOICE(
        class, "db.m6g.large", RDS_CLASSES,
        "DB instance class of every instance: vCPUs, memory, link to the storage",
        DOCUMENTED("EC2 API, DescribeInstanceTypes, by way of getmoto/moto; the choice is yours")),
    CHOICE(deployment, "single_az", "single_az multi_az_instance multi_az_cluster",
           "none, one standby that serves nothing, or two standbys that are read",
           DOCUMENTED(RDS_CREATE ": MultiAZ is false by default")),
    COUNT(replicas, "0", "0..15", "read replicas, of the same class and storage",
          DOCUMENTED(RDS_GUIDE "What's new, 2022-10-20: 15 read replicas")),
    COUNT(max_connections, NONE, "1..262143",
          "of an instance, else by engine and memory; more are refused",
          DOCUMENTED("PostgreSQL min(memory / 9531392, 5000): Aurora User Guide, AuroraPostgreSQL"
                     ".Managing; MySQL memory / 12582880: parameter group default.mysql")),
    SIZE(connection_memory, "10 MiB", "0B..1GiB", "of a connection, out of the freeable memory",
         ESTIMATED("1.5 to 14.5 MB: AWS Database Blog, Resources consumed by idle PostgreSQL "
                   "connections; recalled")),
    SIZE(reserved_memory, NONE, "0B..16GiB",
         "of an instance, for system and RDS; else 200 MiB and 2.5 % of the memory",
         ESTIMATED("fits max_connections of 198, 413, 856, 1660 that were read at 2, 4, 8, 15.25 "
                   "GiB: gist guizmaii/1cacffef, to 1 %")),
    RATIO(buffer_share, "75%", "1%..90%", "of an instance's memory that caches pages",
          ESTIMATED("MySQL innodb_buffer_pool_size 3/4; PostgreSQL shared_buffers 1/4 and the page "
                    "cache of the system")),
    SIZE(page_size, NONE, "4KiB..64KiB", "else by engine: PostgreSQL 8 KiB, MySQL 16 KiB",
         DOCUMENTED(RDS_STORAGE ", factors that affect storage performance")),
    DATABASE_ROWS,
    COUNT_DIST(dirty_pages, "2", "0..1M",
               "pages that a write has written back later, while nobody waits",
               ESTIMATED("the row and an index entry; pages written by several are saved")),
    TIME_DIST(commit, "2ms", "0s..1s", "to write the log of a commit to the storage",
              ESTIMATED("typical write to gp3 with its flush; AWS publishes none")),
    CHOICE(storage.type, "gp3", "gp2 gp3 io1 io2", "gp2 bursts by credits, io1 and io2 as bought",
           DOCUMENTED(RDS_STORAGE)),
    SIZE(storage.size, "100 GiB", "20GiB..64TiB",
         "allocated to each instance; gp2 and gp3 are striped from 400 GiB on",
         DOCUMENTED(RDS_STORAGE)),
    COUNT(storage.iops, NONE, "1000..256000",
          "bought; gp3 has 3000, or 12000 from 400 GiB on, io1 and io2 need it",
          DOCUMENTED(RDS_STORAGE)),
    THROUGHPUT(storage.throughput, NONE, "125MiB/s..4000MiB/s",
               "of gp3, bought; else 125 MiB/s, or 500 MiB/s from 400 GiB on",
               DOCUMENTED(RDS_STORAGE)),
    TIME_DIST(storage.latency, NONE, "0s..1s",
              "of a read; else 1 ms, 0.4 ms on io2, before which it may have to queue",
              ESTIMATED("documented are single-digit milliseconds, and less than one on io2")),
    TIME_DIST(standby.write, "2ms", "0s..1s",
              "what the synchronous standby of a multi_az_instance adds to each commit",
              ESTIMATED("1 to 5 ms: a round trip between zones and a remote write; documented is "
                        "only that it is more: " RDS_MULTI)),
    TIME_DIST(standby.ack, "1ms", "0s..1s",
              "until a standby of a multi_az_cluster has confirmed; the first of two counts",
              ESTIMATED("a round trip between zones and a local disk; documented is that one of "
                        "two counts, and less latency than multi_az_instance: " RDS_CLUSTER)),
    TIME(standby.flow_control, "120s", "1s..86400s",
         "lag of the standbys beyond which writes of a multi_az_cluster are delayed",
         DOCUMENTED(RDS_CLUSTER ", flow control: two minutes")),
    TIME(replica.transport, "1ms", "0s..1h", "from a commit until a reader has the change",
         ESTIMATED("a trip between zones")),
    TIME_DIST(replica.apply, "0.1ms", "0s..1h",
              "a reader applies one write after the other, each in this time: its lag is a queue",
              ESTIMATED("one thread applies; the lag of your replicas tells more")),
    TIME_DIST(failure.mtbf, REQUIRED, "1ms..", "the writer's instance fails after so long",
              ASSUMED("yours; AWS publishes only the SLA")),
    TIME_DIST(failover.instance, "uniform(60s 120s)", "0s..1h",
              "a multi_az_instance has no writer for so long after a failure",
              DOCUMENTED(RDS_MULTI ": typically 60-120 seconds")),
    TIME_DIST(failover.cluster, "35s", "0s..1h",
              "a multi_az_cluster: so long, or until the standbys have applied what they lag",
              DOCUMENTED(RDS_CLUSTER ": typically under 35 seconds; its upper end")),
    TIME_DIST(failover.restore, "20min", "0s..7d",
              "a single_az: until a point-in-time restore has made a new instance",
              ESTIMATED("10 to 120 min, depends on the size; it is documented to be a new "
                        "instance: " RDS_PITR)),
    DATABASE_PROXIED_ROW,
    TIME(backup.retention, "7d", "0s..35d", "of automated backups; 0s: there are none",
         DOCUMENTED(RDS_GUIDE "Working with backups: 7 days from the console, 1 from the API")),
    TIME(backup.interval, "5min", "1s..1h", "the transaction log is uploaded so often",
         DOCUMENTED(RDS_PITR ": every five minutes")),
};

static const struct param_only rds_only[] = {
    {"standby.write", "deployment", "multi_az_instance"},
    {"failover.instance", "deployment", "multi_az_instance"},
    {"standby.ack", "deployment", "multi_az_cluster"},
    {"standby.flow_control", "deployment", "multi_az_cluster"},
    {"failover.cluster", "deployment", "multi_az_cluster"},
    {"failover.restore", "deployment", "single_az"},
    {"storage.throughput", "storage.type", "gp3"},
};

enum rds_metric {
    RDS_CPU_UTILIZATION,
    RDS_CPU_UTILIZATION_READER,
    RDS_CONNECTIONS,
    RDS_CONNECTIONS_MAX,
    RDS_CONNECTIONS_LIMIT,
    RDS_FREEABLE_MEMORY,
    RDS_BUFFER_HIT_RATIO,
    RDS_READ_IOPS,
    RDS_WRITE_IOPS,
    RDS_READ_LATENCY,
    RDS_WRITE_LATENCY,
    RDS_DISK_QUEUE_DEPTH,
    RDS_BURST_BALANCE,
    RDS_EBS_IO_BALANCE,
    RDS_EBS_BYTE_BALANCE,
    RDS_COMMIT_LATENCY,
    RDS_SELECT_LATENCY,
    RDS_REPLICA_LAG,
    RDS_FAILOVERS,
    RDS_FAILOVER_TIME,
    RDS_RPO,
    RDS_LOST_WRITES,
    RDS_INSTANCES,
    RDS_ALLOCATED_STORAGE
};
static const struct metric rds_metrics[] = {
    [RDS_CPU_UTILIZATION] = {"cpu_utilization", QUANTITY_RATIO, METRIC_VALUE,
                             "used CPU / vCPUs of the writer's instance"},
    [RDS_CPU_UTILIZATION_READER] = {"cpu_utilization_reader", QUANTITY_RATIO, METRIC_VALUE,
                                    "the same of the readers together; no data without"},
    [RDS_CONNECTIONS] = {"database_connections", QUANTITY_COUNT, METRIC_VALUE,
                         "connections in use, all instances"},
    [RDS_CONNECTIONS_MAX] = {"database_connections_max", QUANTITY_COUNT, METRIC_MAX,
                             "most connections in use at a time, all instances"},
    [RDS_CONNECTIONS_LIMIT] = {"max_connections", QUANTITY_COUNT, METRIC_VALUE,
                               "limit of each instance"},
    [RDS_FREEABLE_MEMORY] = {"freeable_memory", QUANTITY_SIZE, METRIC_VALUE,
                             "of the writer: what buffer cache and connections leave, mean"},
    [RDS_BUFFER_HIT_RATIO] = {"buffer_cache_hit_ratio", QUANTITY_RATIO, METRIC_RATIO,
                              "pages that were in the buffer cache, of all touched"},
    [RDS_READ_IOPS] = {"read_iops", QUANTITY_RATE, METRIC_VALUE,
                       "reads from storage a second, all instances"},
    [RDS_WRITE_IOPS] = {"write_iops", QUANTITY_RATE, METRIC_VALUE,
                        "writes to storage a second, all instances but unread standbys"},
    [RDS_READ_LATENCY] = {"read_latency", QUANTITY_TIME, METRIC_LATENCY,
                          "of the reads from storage, mean of each call's"},
    [RDS_WRITE_LATENCY] = {"write_latency", QUANTITY_TIME, METRIC_LATENCY,
                           "of the log writes to the writer's storage"},
    [RDS_DISK_QUEUE_DEPTH] = {"disk_queue_depth", QUANTITY_COUNT, METRIC_VALUE,
                              "I/Os outstanding, mean, all instances"},
    [RDS_BURST_BALANCE] = {"burst_balance", QUANTITY_RATIO, METRIC_VALUE,
                           "gp2 credits of the writer's storage that are left at the end"},
    [RDS_EBS_IO_BALANCE] = {"ebs_io_balance", QUANTITY_RATIO, METRIC_VALUE,
                            "the same of the I/O credits of the writer's link to its storage"},
    [RDS_EBS_BYTE_BALANCE] = {"ebs_byte_balance", QUANTITY_RATIO, METRIC_VALUE,
                              "the same of its throughput credits"},
    [RDS_COMMIT_LATENCY] = {"commit_latency", QUANTITY_TIME, METRIC_LATENCY,
                            "time of the commits alone, with what the standbys add"},
    [RDS_SELECT_LATENCY] = {"select_latency", QUANTITY_TIME, METRIC_LATENCY,
                            "whole time of the calls that do not write"},
    [RDS_REPLICA_LAG] = {"replica_lag", QUANTITY_TIME, METRIC_LATENCY,
                         "from each commit until the readers have applied it"},
    [RDS_FAILOVERS] = {"failovers", QUANTITY_COUNT, METRIC_VALUE, "failures of the writer"},
    [RDS_FAILOVER_TIME] = {"failover_time", QUANTITY_TIME, METRIC_LATENCY,
                           "without a writer after each"},
    [RDS_RPO] = {"point_in_time_rpo", QUANTITY_TIME, METRIC_VALUE,
                 "writes of so long may be lost by a restore; no data without backups"},
    [RDS_LOST_WRITES] = {"lost_writes", QUANTITY_COUNT, METRIC_VALUE,
                         "committed, but not yet in the log backup when a single_az was restored"},
    [RDS_INSTANCES] = {"instances", QUANTITY_COUNT, METRIC_VALUE,
                       "DB instances that are billed, standbys among them"},
    [RDS_ALLOCATED_STORAGE] = {"allocated_storage", QUANTITY_SIZE, METRIC_VALUE,
                               "of all instances, as it is billed"},
};

static const char *const rds_resources[] = {
    [RDS_WRITER_CPU] = "vCPUs of the writer",
    [RDS_READER_CPU] = "vCPUs of the readers",
    [RDS_WRITER_CONNECTIONS] = "connections to the writer",
    [RDS_READER_CONNECTIONS] = "connections to the readers",
    [RDS_WRITER_IOPS] = "sustained I/Os of the writer's storage",
    [RDS_READER_IOPS] = "sustained I/Os of the readers' storage",
};

#endif
