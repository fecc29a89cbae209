/* efs_tables: what efs.c knows as tables: parameters, metrics, operations, the limits of the modes;
 * and what the parameters say together. */
#ifndef ARCHSIM_MODELS_EFS_TABLES_H
#define ARCHSIM_MODELS_EFS_TABLES_H

#include <math.h>

#include "models/model.h"

#define EFS_PAGE "Amazon EFS User Guide, Amazon EFS performance"
#define EFS_METERING_PAGE "Amazon EFS User Guide, How EFS reports file system and object sizes"

#define EFS_KIB 1024.0
#define EFS_MIB (1024 * EFS_KIB)
#define EFS_GIB (1024 * EFS_MIB)
#define EFS_TIB (1024 * EFS_GIB)
#define EFS_REQUEST_BYTES EFS_MIB /* the largest of NFS: rsize, wsize */
#define EFS_LEAST_BYTES (4 * EFS_KIB)
#define EFS_ELASTIC_LEAST_BYTES (32 * EFS_KIB)
#define EFS_CREDITS_MOST (2.1 * EFS_TIB)      /* below 1 TiB of size; above, a TiB of it */
#define EFS_BURST_PER_S (100 * EFS_MIB)       /* the same */
#define EFS_EARNED_LEAST_PER_S (50 * EFS_KIB) /* as of 1 GiB */
#define EFS_CLIENT_PER_S (500 * EFS_MIB)
#define EFS_CLIENT_ELASTIC_PER_S (1500 * EFS_MIB)
#define EFS_SECOND_NS 1e9
#define EFS_READ_DISCOUNT 3 /* reads are metered at one third */

enum efs_mode { EFS_ELASTIC, EFS_BURSTING, EFS_PROVISIONED, EFS_MODES };
enum efs_kind { EFS_REGIONAL, EFS_ONE_ZONE };
enum efs_operation { EFS_READ, EFS_WRITE, EFS_METADATA, EFS_UPDATE };
enum efs_metric {
    EFS_DATA_READ,
    EFS_DATA_WRITE,
    EFS_METADATA_BYTES,
    EFS_TOTAL,
    EFS_METERED,
    EFS_ELASTIC_READ,
    EFS_ELASTIC_WRITE,
    EFS_COUNTS, /* up to here they are counted */
    EFS_PERCENT_IO_LIMIT = EFS_COUNTS,
    EFS_PERMITTED,
    EFS_CREDIT_BALANCE,
    EFS_CONNECTIONS,
};

/* [page] of General Purpose, without an increase: file operations and bytes a second; in
 * us-east-1, and in the regions with the smallest numbers (sa-east-1). */
struct efs_limits {
    double read_per_s, write_per_s;
    double read_gib, write_gib, read_gib_least, write_gib_least;
};
static const struct efs_limits efs_limits[EFS_MODES] = {
    [EFS_ELASTIC] = {250000, 50000, 60, 5, 20, 1},
    [EFS_BURSTING] = {35000, 7000, 5, 3, 3, 1},
    [EFS_PROVISIONED] = {55000, 25000, 10, 10.0 / 3, 3, 1},
};
static const struct efs_limits efs_one_zone_limits = {35000, 7000, 3, 1, 3, 1};

struct efs_params {
    int mode, storage;
    int64_t size_bytes, credits_bytes;
    double throughput_bytes_per_s;
    int64_t clients_count;
    double client_max_bytes_per_s;
    struct {
        double read_bytes_per_s, write_bytes_per_s, read_operations_per_s, write_operations_per_s;
    } max;
    const struct distribution *io_size_bytes_dist;
    struct {
        const struct distribution *read_ns_dist, *regional_write_ns_dist, *one_zone_write_ns_dist,
            *metadata_ns_dist;
    } latency;
};

#define PARAMS struct efs_params
static const struct param efs_params[] = {
    CHOICE(mode, "elastic", "elastic bursting provisioned",
           "the throughput mode: what the file system may pass", DOCUMENTED(EFS_PAGE)),
    CHOICE(storage, "regional", "regional one_zone", "where the data is: in all zones, or in one",
           DOCUMENTED(EFS_PAGE)),
    SIZE(size, NONE, "0B..1PiB", "data in Standard storage: the rates of bursting follow it",
         DOCUMENTED(EFS_PAGE ": 50 KiB/s and 100 KiB/s for each GiB")),
    SIZE(credits, "2.1 TiB", "0B..1PiB",
         "burst credits at time 0, whatever the warm-up has spent; at most what it can hold",
         DOCUMENTED("AWS Knowledge Center efs-burst-credits: new file systems have 2.1 TiB")),
    THROUGHPUT(throughput, NONE, "1MiB/s..3413MiB/s", "provisioned, as of writes",
               DOCUMENTED(EFS_PAGE ": to 3.33 GiB/s of writes, by region")),
    COUNT(clients, NONE, "1..25000",
          "instances that mount it, all as busy; else each request has a client of its own",
          RECALLED("Amazon EFS quotas: 25,000 connections for each file system")),
    THROUGHPUT(client_max, NONE, "1MiB/s..1500MiB/s",
               "of one client; else 1,500 MiB/s of a regional elastic one, 500 MiB/s of others",
               DOCUMENTED(EFS_PAGE ": 1,500 MiB/s with version 2 of the EFS client")),
    THROUGHPUT(max.read, NONE, "1MiB/s..1TiB/s",
               "reads, where an increase was agreed on; else the region's limit of the mode",
               RECALLED("Amazon EFS quotas, us-east-1 and sa-east-1; the span: " EFS_PAGE)),
    THROUGHPUT(max.write, NONE, "1MiB/s..1TiB/s", "the same of writes",
               RECALLED("Amazon EFS quotas, us-east-1 and sa-east-1; the span: " EFS_PAGE)),
    RATE(max.read_operations, NONE, "1/s..2500k/s",
         "of an elastic one, where an increase was agreed on; else 250,000/s",
         DOCUMENTED(EFS_PAGE ": 250,000/s of data that is read often, 10 times that on request")),
    RATE(max.write_operations, NONE, "1/s..500k/s", "the same of writes; else 50,000/s",
         DOCUMENTED(EFS_PAGE ": 50,000/s, 10 times that on request")),
    SIZE_DIST(io_size, "64 KiB", "1B..", "of a read or write that says no size",
              ASSUMED("files differ: give calls their size")),
    TIME_DIST(latency.read, "lognormal(p50=1ms p99=3ms)", "0s..", "of a read, once it may go",
              ESTIMATED("facts, efs latency: about 1 ms; 0.25 ms at best (" EFS_PAGE ")")),
    TIME_DIST(latency.regional_write, "lognormal(p50=2.7ms p99=6ms)", "0s..",
              "of a write or an update of metadata to regional storage",
              ESTIMATED("facts, efs write_latency: 2.7 ms documented; p99 assumed")),
    TIME_DIST(latency.one_zone_write, "lognormal(p50=1.6ms p99=4ms)", "0s..",
              "the same to storage in one zone",
              ESTIMATED("facts, efs latency: 1.6 ms documented; p99 assumed")),
    TIME_DIST(latency.metadata, "lognormal(p50=1ms p99=3ms)", "0s..", "of a look at metadata",
              ESTIMATED("as a read: AWS publishes none of its own")),
};
#undef PARAMS
static const struct param_only efs_only[] = {
    {"throughput", "mode", "provisioned"},
    {"credits", "mode", "bursting"},
    {"max.read_operations", "mode", "elastic"},
    {"max.write_operations", "mode", "elastic"},
    {"latency.regional_write", "storage", "regional"},
    {"latency.one_zone_write", "storage", "one_zone"},
};
static const char *const efs_ahead[] = {"max.read", "max.write", "max.read_operations",
                                        "max.write_operations"};

static const struct operation_info efs_operations[] = {
    [EFS_READ] = {"read", "as many bytes of a file as the call's size"},
    [EFS_WRITE] = {"write", "as many bytes of a file as the call's size"},
    [EFS_METADATA] = {"metadata", "a look at metadata: open, stat, list; 4 KiB"},
    [EFS_UPDATE] = {"update_metadata", "create, rename, remove, change modes; 4 KiB"},
};

static const struct metric efs_metrics[] = {
    [EFS_DATA_READ] = {"data_read_io_bytes", QUANTITY_SIZE, METRIC_VALUE, "data that was read"},
    [EFS_DATA_WRITE] = {"data_write_io_bytes", QUANTITY_SIZE, METRIC_VALUE,
                        "data that was written"},
    [EFS_METADATA_BYTES] = {"metadata_io_bytes", QUANTITY_SIZE, METRIC_VALUE,
                            "4 KiB for each operation on metadata"},
    [EFS_TOTAL] = {"total_io_bytes", QUANTITY_SIZE, METRIC_VALUE, "of all operations"},
    [EFS_METERED] = {"metered_io_bytes", QUANTITY_SIZE, METRIC_VALUE,
                     "of all operations, 4 KiB each at least, reads at one third"},
    [EFS_ELASTIC_READ] = {"elastic_read_bytes", QUANTITY_SIZE, METRIC_VALUE,
                          "billed reads of elastic: 32 KiB at least, 4 KiB of metadata"},
    [EFS_ELASTIC_WRITE] = {"elastic_write_bytes", QUANTITY_SIZE, METRIC_VALUE,
                           "billed writes of elastic: 32 KiB at least, 4 KiB of metadata"},
    [EFS_PERCENT_IO_LIMIT] = {"percent_io_limit", QUANTITY_RATIO, METRIC_VALUE,
                              "file operations, of how many General Purpose has; mean over time"},
    [EFS_PERMITTED] = {"permitted_throughput", QUANTITY_THROUGHPUT, METRIC_VALUE,
                       "that it may pass at the end, as metered", true},
    [EFS_CREDIT_BALANCE] = {"burst_credit_balance", QUANTITY_SIZE, METRIC_VALUE,
                            "burst credits at the end; none of other modes", true},
    [EFS_CONNECTIONS] = {"client_connections", QUANTITY_COUNT, METRIC_VALUE,
                         "clients, where they are given"},
};

/* Credits a second that its size lets it earn. */
static inline double efs_baseline(const struct efs_params *p)
{
    return p->size_bytes > 0 ? 50 * EFS_MIB * (double)p->size_bytes / EFS_TIB : 0;
}

static const char *efs_check(const void *params)
{
    const struct efs_params *p = params;
    if (p->mode == EFS_BURSTING && p->size_bytes < 0) {
        return "size: is needed for bursting, whose rates follow it";
    }
    if (p->mode == EFS_PROVISIONED && isnan(p->throughput_bytes_per_s)) {
        return "throughput: is needed for provisioned";
    }
    if (p->storage == EFS_ONE_ZONE && p->client_max_bytes_per_s > EFS_CLIENT_PER_S) {
        return "client_max: at most 500 MiB/s to storage in one zone";
    }
    return p->mode != EFS_ELASTIC && p->client_max_bytes_per_s > EFS_CLIENT_PER_S
               ? "client_max: above 500 MiB/s with mode: elastic only"
               : NULL;
}

#endif
