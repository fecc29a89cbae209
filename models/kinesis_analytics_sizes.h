/* kinesis_analytics_sizes: how fast a job is and how much it holds, from its parameters alone, and
 * what does not fit together in them. */
#ifndef ARCHSIM_MODELS_KINESIS_ANALYTICS_SIZES_H
#define ARCHSIM_MODELS_KINESIS_ANALYTICS_SIZES_H

#include <math.h>

#include "models/kinesis_analytics_tables.h"

#define FLINK_S 1e9                              /* ns */
#define FLINK_STORAGE_BYTES INT64_C(50000000000) /* of a KPU: FLINK_KPU_PAGE */

struct flink_size {
    uint32_t parallelism, kpus, shards_count;
};

static inline uint32_t flink_kpus(const struct flink_params *p, uint32_t parallelism)
{
    const uint32_t each = (uint32_t)p->parallelism_per_kpu_count;
    return (parallelism + each - 1) / each;
}

static inline int64_t flink_slide_ns(const struct flink_params *p)
{
    return p->window.kind == FLINK_SLIDING ? p->window.slide_ns : p->window.size_ns;
}

/* Of the records, those that the busiest subtask has. */
static inline double flink_share(const struct flink_params *p, const struct flink_size *size)
{
    const double parallelism = size->parallelism;
    const double shards = size->shards_count > 0 ? size->shards_count : 1;
    const double share = p->keyed ? 1 / parallelism : ceil(shards / parallelism) / shards;
    return fmin(1, share * p->skew);
}

/* CPU time of the busiest KPU for each record: its subtasks have it in turn. */
static inline double flink_cpu_ns(const struct flink_params *p, const struct flink_size *size)
{
    const double each = fmin((double)p->parallelism_per_kpu_count, size->parallelism);
    return (double)p->cpu_ns * fmin(1, flink_share(p, size) * each);
}

/* Time of the job for each record. */
static inline double flink_record_ns(const struct flink_params *p, const struct flink_size *size)
{
    return fmax(flink_cpu_ns(p, size), (double)(p->cpu_ns + p->blocking_ns) * flink_share(p, size));
}

/* Different keys among so many records: each key is drawn alike. */
static inline double flink_distinct(const struct flink_params *p, double records)
{
    const double keys = (double)p->keys_count;
    return keys > 1 ? -keys * expm1(records * log1p(-1 / keys)) : fmin(1, records);
}

/* To write or to read so much of the state. */
static inline int64_t flink_transfer_ns(const struct flink_params *p, const struct flink_size *size,
                                        double bytes)
{
    return (int64_t)(bytes / (p->checkpoint.bandwidth_bytes_per_s * size->kpus) * FLINK_S);
}

/* The highest parallelism that the quotas allow. */
static inline int64_t flink_most(const struct flink_params *p, const struct flink_quotas *quotas)
{
    const int64_t by_kpus = quotas->kpus_count * p->parallelism_per_kpu_count;
    return by_kpus < quotas->parallelism_count ? by_kpus : quotas->parallelism_count;
}

/* ---- what does not fit together ---- */

static inline bool flink_scales(const void *params)
{
    return ((const struct flink_params *)params)->auto_scaling.enabled;
}

static inline const char *flink_check_window(const struct flink_params *p)
{
    if (p->window.kind == FLINK_NONE) {
        return NULL;
    }
    if (p->keys_count < 0) {
        return "keys: as many as there are, a window has outputs when it closes";
    }
    if (p->window.size_ns < 0) {
        return "window: it needs a `size`";
    }
    if (!p->keyed) {
        return "keyed: windows are by key, so their records are spread by it";
    }
    if (p->window.kind == FLINK_TUMBLING) {
        return p->window.slide_ns >= 0 ? "window.slide: of sliding windows only" : NULL;
    }
    if (p->window.slide_ns < 0) {
        return "window: sliding ones need a `slide`";
    }
    return p->window.size_ns % p->window.slide_ns != 0
               ? "window.slide: a window is so many slides long, without a rest"
               : NULL;
}

static inline const char *flink_check(const void *params)
{
    const struct flink_params *p = params;
    const double kpus = flink_kpus(p, (uint32_t)p->parallelism_count);
    if (p->auto_scaling.in_ratio >= p->auto_scaling.out_ratio) {
        return "auto_scaling.in: not below `out`";
    }
    if (p->state_per_key_bytes > 0 && p->keys_count < 0) {
        return "state_per_key: it needs the number of `keys`";
    }
    if (p->sink.batch_count > p->sink.buffer_count) {
        return "sink.batch: more than the sink's `buffer` holds";
    }
    if ((double)p->keys_count * (double)p->state_per_key_bytes > kpus * FLINK_STORAGE_BYTES) {
        return "state_per_key: the state of all keys is beyond the 50 GB of each KPU";
    }
    return flink_check_window(p);
}

static inline const char *flink_check_source(const void *params, const struct source_terms *terms)
{
    (void)params;
    return terms->parted ? NULL : "trigger.from: an application reads a stream, not a queue";
}

/* Nobody calls it. */
static inline const char *flink_forbid(const void *params, const struct passage *passage,
                                       struct arena *arena)
{
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    return callee->params != params
               ? NULL
               : arena_printf(arena, "'%s' cannot be called: it reads a stream", callee->name);
}

static inline const char *flink_check_together(const void *quotas, const void *const *params,
                                               uint32_t count)
{
    const struct flink_params *p = params[count - 1];
    const struct flink_quotas *q = quotas;
    if (p->trigger.from_target.service == SERVICE_NONE) {
        return "trigger: an application needs a stream to read: `{from: STREAM}`";
    }
    return flink_kpus(p, (uint32_t)p->parallelism_count) > q->kpus_count
               ? "parallelism: it takes more KPUs than the quota of an application"
           : p->parallelism_count > q->parallelism_count
               ? "parallelism: more than the quota of an application"
               : NULL;
}

#endif
