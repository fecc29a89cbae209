/* ebs_volume: what an EBS volume may do, by its type, size and what is provisioned: operations and
 * bytes a second, and credits beyond them. Shared by types whose storage is such a volume.
 * Worked: gp2 of 100 GiB: 300 operations/s, 3,000 while 5.4 M credits last (2,000 s), 128 MiB/s.
 * Sources: EC2 User Guide, general-purpose.md, provisioned-iops.md, hdd-vols.md (2023-06); gp3's
 * larger limits as published in 2025 (facts, ebs gp3). */
#ifndef ARCHSIM_MODELS_EBS_VOLUME_H
#define ARCHSIM_MODELS_EBS_VOLUME_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/blocks/pace.h"

/* In the order of EBS_VOLUME_WORDS. */
enum ebs_volume_type { EBS_GP3, EBS_GP2, EBS_IO1, EBS_IO2, EBS_ST1, EBS_SC1, EBS_TYPES };
#define EBS_VOLUME_WORDS "gp3 gp2 io1 io2 st1 sc1"

#define EBS_KIB 1024.0
#define EBS_MIB (1024 * EBS_KIB)
#define EBS_GIB (1024 * EBS_MIB)
#define EBS_TIB (1024 * EBS_GIB)

struct ebs_volume {
    int type;
    int64_t size_bytes;
    double iops_per_s;             /* provisioned; NaN: not given */
    double throughput_bytes_per_s; /* the same */
};

/* Of the types with provisioned operations: how many. */
static const struct ebs_limits {
    double size_least, size_most; /* bytes */
    double iops_least, iops_most; /* a second; 0: none may be provisioned */
    double iops_per_gib;
    double bytes_per_iops; /* throughput a provisioned operation */
    double throughput_most;
} ebs_limits[EBS_TYPES] = {
    [EBS_GP3] = {EBS_GIB, 64 * EBS_TIB, 3000, 80000, 500, 0.25 * EBS_MIB, 2000 * EBS_MIB},
    [EBS_GP2] = {EBS_GIB, 16 * EBS_TIB, 0, 0, 0, 0, 0},
    [EBS_IO1] = {4 * EBS_GIB, 16 * EBS_TIB, 100, 64000, 50, 0, 1000 * EBS_MIB},
    [EBS_IO2] = {4 * EBS_GIB, 64 * EBS_TIB, 100, 256000, 1000, 0.256 * EBS_MIB, 4000 * EBS_MIB},
    [EBS_ST1] = {125 * EBS_GIB, 16 * EBS_TIB, 0, 0, 0, 0, 0},
    [EBS_SC1] = {125 * EBS_GIB, 16 * EBS_TIB, 0, 0, 0, 0, 0},
};

/* What counts as one operation at most. */
static inline double ebs_io_bytes(int type)
{
    return type == EBS_ST1 || type == EBS_SC1 ? EBS_MIB : 256 * EBS_KIB;
}

#define EBS_GP2_CREDITS 5.4e6

static inline struct pace_terms ebs_operations(const struct ebs_volume *volume)
{
    switch (volume->type) {
    case EBS_GP2: {
        const double size_gib = (double)volume->size_bytes / EBS_GIB;
        const double baseline = fmin(16000, fmax(100, 3 * size_gib));
        return (struct pace_terms){baseline, fmax(3000, baseline), EBS_GP2_CREDITS, 1, 0};
    }
    case EBS_ST1:
        return (struct pace_terms){500, 500, 0, 1, 0};
    case EBS_SC1:
        return (struct pace_terms){250, 250, 0, 1, 0};
    default: {
        const double iops =
            isnan(volume->iops_per_s) ? ebs_limits[volume->type].iops_least : volume->iops_per_s;
        return (struct pace_terms){iops, iops, 0, 1, 0};
    }
    }
}

/* Of a disk: so many bytes a second for each TiB, and at most. */
static inline struct pace_terms ebs_disk(const struct ebs_volume *volume, double baseline,
                                         double burst, double most)
{
    const double size_tib = (double)volume->size_bytes / EBS_TIB;
    const double baseline_per_s = fmin(most, baseline * size_tib) * EBS_MIB;
    return (struct pace_terms){
        baseline_per_s,
        fmax(baseline_per_s, fmin(most, burst * size_tib) * EBS_MIB),
        (double)volume->size_bytes,
        1,
        0,
    };
}

static inline struct pace_terms ebs_throughput(const struct ebs_volume *volume)
{
    double most = 125 * EBS_MIB;
    switch (volume->type) {
    case EBS_ST1:
        return ebs_disk(volume, 40, 250, 500);
    case EBS_SC1:
        return ebs_disk(volume, 12, 80, 250);
    case EBS_GP2:
        most = (double)volume->size_bytes <= 170 * EBS_GIB ? 128 * EBS_MIB : 250 * EBS_MIB;
        break;
    case EBS_IO1: /* 256 KiB an operation to 500 MiB/s, or 16 KiB an operation to 1,000 */
        most = fmin(500 * EBS_MIB, 256 * EBS_KIB * volume->iops_per_s);
        most = fmin(1000 * EBS_MIB, fmax(most, 16 * EBS_KIB * volume->iops_per_s));
        break;
    case EBS_IO2:
        most = fmin(4000 * EBS_MIB, 0.256 * EBS_MIB * volume->iops_per_s);
        break;
    default:
        most = isnan(volume->throughput_bytes_per_s) ? most : volume->throughput_bytes_per_s;
        break;
    }
    return (struct pace_terms){most, most, 0, 1, 0};
}

static inline const char *ebs_check_iops(const struct ebs_volume *volume)
{
    const struct ebs_limits *limits = &ebs_limits[volume->type];
    const double iops = volume->iops_per_s;
    if (limits->iops_most == 0) {
        return isnan(iops) ? NULL
                           : "iops: only of gp3, io1 and io2; the size says it for the others";
    }
    if (isnan(iops)) {
        return volume->type == EBS_GP3 ? NULL : "iops: is needed for io1 and io2";
    }
    if (iops < limits->iops_least || iops > limits->iops_most) {
        return "iops: gp3 3,000/s to 80,000/s, io1 100/s to 64,000/s, io2 100/s to 256,000/s";
    }
    /* what is included needs no size */
    return iops > limits->iops_per_gib * (double)volume->size_bytes / EBS_GIB &&
                   (volume->type != EBS_GP3 || iops > limits->iops_least)
               ? "iops: at most 500 a GiB of size for gp3, 50 for io1, 1,000 for io2"
               : NULL;
}

/* Null, or what AWS would refuse. */
static inline const char *ebs_check(const struct ebs_volume *volume)
{
    const struct ebs_limits *limits = &ebs_limits[volume->type];
    const double size = (double)volume->size_bytes;
    const double throughput = volume->throughput_bytes_per_s;
    if (size < limits->size_least || size > limits->size_most) {
        return "size: gp2 1 GiB to 16 TiB, gp3 to 64 TiB, io1 4 GiB to 16 TiB, io2 to 64 TiB, "
               "st1 and sc1 125 GiB to 16 TiB";
    }
    const char *wrong = ebs_check_iops(volume);
    if (wrong != NULL || isnan(throughput)) {
        return wrong;
    }
    if (volume->type != EBS_GP3) {
        return "throughput: only of gp3; size or iops say it for the others";
    }
    if (throughput < 125 * EBS_MIB || throughput > limits->throughput_most) {
        return "throughput: 125 MiB/s to 2,000 MiB/s";
    }
    return throughput > limits->bytes_per_iops * ebs_operations(volume).baseline_per_s
               ? "throughput: at most 0.25 MiB/s for each of iops"
               : NULL;
}

#endif
