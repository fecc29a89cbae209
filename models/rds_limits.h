/* rds_limits: the arithmetic of an RDS instance: connections by memory, storage limits by type and
 * size, and which combinations there are. */
#ifndef ARCHSIM_MODELS_RDS_LIMITS_H
#define ARCHSIM_MODELS_RDS_LIMITS_H

#include "models/rds_tables.h"

#define RDS_MIB (1024.0 * 1024)
#define RDS_GIB (1024 * RDS_MIB)

enum {
    /* RDS User Guide, "Amazon RDS DB instance storage", gp3: 12,000 IOPS and 500 MiB/s from 400 GiB
     * on, 3,000 and 125 MiB/s below; that this is four volumes: Casco, "Boost your AWS RDS
     * performance by crossing the 400GB hidden threshold". */
    RDS_STRIPED_GIB = 400, /* from here on storage is striped over */
    RDS_STRIPES = 4,       /* volumes */
    RDS_GP2_IOPS_PER_GIB = 3,
    RDS_GP2_IOPS_LEAST = 100,
    RDS_GP2_IOPS_MOST = 16000, /* of a volume */
    RDS_GP2_BURST_IOPS = 3000, /* of a volume, by */
    RDS_GP2_CREDITS = 5400000,
    RDS_GP2_SMALL_GIB = 170, /* a volume up to here has */
    RDS_GP2_SMALL_MIB_PER_S = 128,
    RDS_GP2_MIB_PER_S = 250, /* a larger one, which below 334 GiB keeps it only while it bursts */
    RDS_GP3_IOPS = 3000,
    RDS_GP3_IOPS_MOST = 64000,
    RDS_GP3_MIB_PER_S = 125,
    RDS_IO_LEAST_GIB = 100,
    RDS_IO1_IOPS_PER_GIB = 50,
    RDS_IO2_IOPS_PER_GIB = 1000,
    RDS_IO_MIB_PER_S = 4000,
    RDS_POSTGRESQL_CONNECTION = 9531392, /* bytes of memory for each */
    RDS_POSTGRESQL_CONNECTIONS = 5000,   /* at most */
    RDS_MYSQL_CONNECTION = 12582880,
    RDS_POSTGRESQL_PAGE = 8192,
    RDS_MYSQL_PAGE = 16384,
    RDS_LATENCY_NS = 1000000,    /* of an I/O, */
    RDS_LATENCY_IO2_NS = 400000, /* on io2 */
    RDS_LINK_BURST_S = 1800,     /* EC2 User Guide, EBS-optimized: 30 min at least once a day */
};
#define RDS_MIB_PER_IOPS 0.25 /* throughput at most, of the IOPS */
#define RDS_RESERVED (200 * RDS_MIB)
#define RDS_RESERVED_SHARE 0.025
#define RDS_BYTES_PER_MBIT 125000.0
#define RDS_NANO 1e-9

static inline const struct rds_class *rds_class(const struct rds_params *p)
{
    return &rds_classes[p->class];
}

/* DBInstanceClassMemory. */
static inline double rds_memory_bytes(const struct rds_params *p)
{
    const double all = rds_class(p)->memory_mib * RDS_MIB;
    return all - (p->reserved_memory_bytes >= 0 ? (double)p->reserved_memory_bytes
                                                : RDS_RESERVED + RDS_RESERVED_SHARE * all);
}

static inline uint32_t rds_connections(const struct rds_params *p)
{
    if (p->max_connections_count >= 0) {
        return (uint32_t)p->max_connections_count;
    }
    const double memory_bytes = rds_memory_bytes(p);
    return (uint32_t)(p->engine == RDS_MYSQL ? memory_bytes / RDS_MYSQL_CONNECTION
                                             : fmin(memory_bytes / RDS_POSTGRESQL_CONNECTION,
                                                    RDS_POSTGRESQL_CONNECTIONS));
}

static inline bool rds_striped(const struct rds_params *p)
{
    return (double)p->storage.size_bytes >= RDS_STRIPED_GIB * RDS_GIB;
}

static inline double rds_iops(const struct rds_params *p)
{
    const double stripes = rds_striped(p) ? RDS_STRIPES : 1;
    if (p->storage.type == RDS_GP2) {
        const double iops = RDS_GP2_IOPS_PER_GIB * (double)p->storage.size_bytes / RDS_GIB;
        return fmin(fmax(iops, RDS_GP2_IOPS_LEAST), stripes * RDS_GP2_IOPS_MOST);
    }
    return p->storage.iops_count >= 0 ? (double)p->storage.iops_count : stripes * RDS_GP3_IOPS;
}

static inline double rds_throughput(const struct rds_params *p)
{
    const double stripes = rds_striped(p) ? RDS_STRIPES : 1;
    switch ((enum rds_storage)p->storage.type) {
    case RDS_GP2:
        return stripes * RDS_MIB *
               ((double)p->storage.size_bytes <= stripes * RDS_GP2_SMALL_GIB * RDS_GIB
                    ? RDS_GP2_SMALL_MIB_PER_S
                    : RDS_GP2_MIB_PER_S);
    case RDS_GP3:
        return p->storage.throughput_bytes_per_s > 0 ? p->storage.throughput_bytes_per_s
                                                     : stripes * RDS_GP3_MIB_PER_S * RDS_MIB;
    case RDS_IO1:
    case RDS_IO2:
        break;
    }
    return fmin(RDS_IO_MIB_PER_S, RDS_MIB_PER_IOPS * rds_iops(p)) * RDS_MIB;
}

/* That rate for ever, and a higher one while credits last for so long, in seconds. */
static inline struct pace_terms rds_rate(double baseline, double burst, double burst_s)
{
    return (struct pace_terms){.baseline_per_s = baseline,
                               .burst_per_s = burst,
                               .credits = (burst - baseline) * burst_s,
                               .initial_ratio = 1};
}

static inline struct volume_rules rds_volume(const struct rds_params *p)
{
    const struct rds_class *class = rds_class(p);
    const double iops = rds_iops(p), bytes_per_s = rds_throughput(p);
    struct volume_rules rules = {
        .limits = {
            [VOLUME_IOPS] = rds_rate(iops, iops, 0),
            [VOLUME_BYTES] = rds_rate(bytes_per_s, bytes_per_s, 0),
            [VOLUME_LINK_IOPS] =
                rds_rate(class->baseline_iops, class->burst_iops, RDS_LINK_BURST_S),
            [VOLUME_LINK_BYTES] =
                rds_rate(class->baseline_mbit_per_s * RDS_BYTES_PER_MBIT,
                         class->burst_mbit_per_s * RDS_BYTES_PER_MBIT, RDS_LINK_BURST_S),
        }};
    const double stripes = rds_striped(p) ? RDS_STRIPES : 1;
    if (p->storage.type == RDS_GP2 && iops < stripes * RDS_GP2_BURST_IOPS) {
        rules.limits[VOLUME_IOPS].burst_per_s = stripes * RDS_GP2_BURST_IOPS;
        rules.limits[VOLUME_IOPS].credits = stripes * RDS_GP2_CREDITS;
    }
    return rules;
}

static inline const char *rds_check_iops(const struct rds_params *p)
{
    const double gib = (double)p->storage.size_bytes / RDS_GIB;
    const double iops = (double)p->storage.iops_count;
    if (p->storage.type == RDS_GP2) {
        return iops >= 0 ? "storage.iops: gp2 has 3 IOPS per GiB, and none to buy" : NULL;
    }
    if (p->storage.type == RDS_GP3) {
        if (!rds_striped(p) && (iops >= 0 || p->storage.throughput_bytes_per_s >= 0)) {
            return iops >= 0 ? "storage.iops: gp3 below 400 GiB has 3000, and none to buy"
                             : "storage.throughput: gp3 below 400 GiB has 125 MiB/s, and none to "
                               "buy";
        }
        if (iops >= 0 && (iops < RDS_STRIPES * RDS_GP3_IOPS || iops > RDS_GP3_IOPS_MOST)) {
            return "storage.iops: expected 12000 to 64000 with gp3";
        }
        if (p->storage.throughput_bytes_per_s > RDS_MIB_PER_IOPS * rds_iops(p) * RDS_MIB) {
            return "storage.throughput: more than 0.25 MiB/s for each of storage.iops";
        }
        return NULL;
    }
    const double most = p->storage.type == RDS_IO1 ? RDS_IO1_IOPS_PER_GIB : RDS_IO2_IOPS_PER_GIB;
    if (iops < 0) {
        return "storage.type: io1 and io2 need storage.iops";
    }
    if (gib < RDS_IO_LEAST_GIB) {
        return "storage.size: less than the 100 GiB of io1 and io2";
    }
    if (iops > most * gib || iops < gib / 2) {
        return p->storage.type == RDS_IO1
                   ? "storage.iops: expected 0.5 to 50 per GiB of storage.size with io1"
                   : "storage.iops: expected 0.5 to 1000 per GiB of storage.size with io2";
    }
    return NULL;
}

static inline const char *rds_check(const void *params)
{
    const struct rds_params *p = params;
    if (p->deployment == RDS_MULTI_AZ_CLUSTER) {
        if (!rds_class(p)->disks) {
            return "class: a multi_az_cluster needs a class with local disks, such as "
                   "db.r6gd.large";
        }
        if (p->storage.type == RDS_GP2) {
            return "storage.type: a multi_az_cluster has no gp2";
        }
        if (p->replicas_count > 0) {
            return "replicas: a multi_az_cluster has its two standbys to read from; replicas "
                   "beside them are not simulated";
        }
    }
    if (p->working_set_bytes > p->storage.size_bytes) {
        return "working_set: more than `storage.size` holds";
    }
    if (p->replicas_count > 0 && p->backup.retention_ns == 0) {
        return "backup.retention: read replicas need automated backups";
    }
    if (p->failure.mtbf_ns_dist != NULL && p->deployment == RDS_SINGLE_AZ &&
        p->backup.retention_ns == 0) {
        return "backup.retention: a single_az that fails is restored from its backups";
    }
    if (!(rds_memory_bytes(p) > 0) || rds_connections(p) < 1) {
        return "reserved_memory: nothing is left of the memory of this class";
    }
    return rds_check_iops(p);
}

#endif
