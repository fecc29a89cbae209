/* s3_state: what a bucket is and holds, and how objects come, move and go, as counts and bytes by
 * age. Included by models/s3.c and s3_bulk.h alone. */
#ifndef ARCHSIM_MODELS_S3_STATE_H
#define ARCHSIM_MODELS_S3_STATE_H

#include <math.h>

#include "models/delivery.h"
#include "models/model.h"
#include "models/s3_tables.h"
#include "sim/blocks/cohorts.h"
#include "sim/blocks/key_ranges.h"
#include "sim/blocks/records.h"
#include "sim/kernel/zipf.h"

enum { S3_DAYS_INFREQUENT = 30, S3_DAYS_ARCHIVE = 90, S3_PARTS_MAX = 10000 };
enum { S3_ARCHIVED = 3, S3_DEEP_ARCHIVED = 4 }; /* tiers that a get cannot read */
enum { S3_CREATED, S3_REMOVED, S3_TARGETS };    /* of events */
enum { S3_MULTIPART_POSTS = 2 };                /* it begins, it is complete */
/* Slots of timers: below these deliveries; then splits of range i, then calls in bulk, uploads. */
#define S3_DAY UINT32_C(0x80000000)
#define S3_SPLIT UINT32_C(0x80000001)
#define S3_RESTORES UINT32_C(0xb0000000) /* and on: of a tier */
#define S3_BULK UINT32_C(0xc0000000)
#define S3_UPLOAD UINT32_C(0xe0000000)
#define S3_WHOLE UINT32_MAX /* frame.note: it has asked for all its tokens; else its s3_bulk_call */
#define S3_MONITORED_BYTES 131072.0         /* 128 KiB */
#define S3_OBJECT_MAX_BYTES 5497558138880.0 /* 5 TiB */
#define S3_NS_PER_S 1e9
#define S3_DAY_NS INT64_C(86400000000000)

enum s3_level {
    S3_OF_STANDARD,
    S3_OF_STANDARD_IA,
    S3_OF_TIERS, /* of Intelligent-Tiering */
    S3_OF_OBJECTS = S3_OF_TIERS + COHORTS_TIERS,
    S3_OF_MONITORED,
    S3_LEVELS
};

struct s3_bulk {
    struct records calls; /* s3_bulk.h */
    uint32_t turn;        /* the range that is asked first */
};

struct s3 {
    struct key_ranges ranges;
    struct s3_bulk bulk;
    struct deliveries events;
    struct cohorts movers; /* by last access; in Standard by creation: those that go to IA */
    struct cohorts plain;  /* by creation: all others */
    struct zipf prefixes;
    struct random size_random, latency_random, prefix_random, object_random, event_random;
    struct summary first_bytes, totals;
    double sums[S3_LEVELS], means[S3_LEVELS]; /* level x ns since the window began; the result */
    int64_t since_ns;
    uint64_t created, removed, expired; /* objects, of all the run */
    double counts[S3_METRICS];
};

static inline void s3_count(const struct frame *f, struct s3 *b, enum s3_metric metric, double by)
{
    b->counts[metric] += f->flags & FRAME_MEASURED ? by : 0;
}

/* ---- what is stored ---- */

static inline double s3_level(const struct s3_params *p, const struct s3 *b, uint32_t level)
{
    const bool tiered = p->storage_class == S3_INTELLIGENT_TIERING;
    const double plain = (double)cohorts_bytes(&b->plain);
    const struct cohort *tiers = b->movers.tiers;
    switch (level) {
    case S3_OF_STANDARD:
        return tiered ? 0 : plain + (double)tiers[0].bytes;
    case S3_OF_STANDARD_IA:
        return tiered ? 0 : (double)(tiers[1].bytes + tiers[2].bytes);
    case S3_OF_TIERS: /* frequent */
        return tiered ? plain + (double)tiers[0].bytes : 0;
    case S3_OF_OBJECTS:
        return (double)(cohorts_objects(&b->plain) + cohorts_objects(&b->movers));
    case S3_OF_MONITORED:
        return tiered ? (double)cohorts_objects(&b->movers) : 0;
    default:
        return tiered ? (double)tiers[level - S3_OF_TIERS].bytes : 0;
    }
}

/* Before anything changes: the levels were so since the last time. */
static inline void s3_pass(struct service *s)
{
    struct s3 *b = s->state;
    const int64_t now_ns = core_now(s->core);
    const double time_ns = (double)(now_ns - b->since_ns);
    for (uint32_t i = 0; time_ns > 0 && i < S3_LEVELS; i++) {
        b->sums[i] += s3_level(s->params, b, i) * time_ns;
    }
    b->since_ns = now_ns;
}

static inline bool s3_moves(const struct s3_params *p, double size_bytes)
{
    return (p->storage_class == S3_INTELLIGENT_TIERING || p->lifecycle.standard_ia_ns >= 0) &&
           size_bytes >= S3_MONITORED_BYTES;
}

/* Nothing is lost: what was created is there, was removed or has expired. */
static inline bool s3_conserved(const struct s3 *b)
{
    return b->created ==
           cohorts_objects(&b->plain) + cohorts_objects(&b->movers) + b->removed + b->expired;
}

static inline void s3_store(const struct s3_params *p, struct s3 *b, uint64_t objects,
                            double size_bytes, uint32_t days)
{
    struct cohorts *cohorts = s3_moves(p, size_bytes) ? &b->movers : &b->plain;
    cohorts_add(cohorts, days, objects, (uint64_t)(size_bytes * (double)objects));
    b->created += objects;
    assert_hot(s3_conserved(b));
}

/* Any object, all alike, is one of those that move. */
static inline bool s3_draw_mover(struct s3 *b)
{
    const double movers = (double)cohorts_objects(&b->movers);
    const double all = movers + (double)cohorts_objects(&b->plain);
    return movers > 0 && random_uniform(&b->object_random) * all < movers;
}

/* A get draws an archived object. */
static inline bool s3_draw_archived(const struct s3_params *p, struct s3 *b)
{
    const double archived = (double)cohorts_colder(&b->movers, S3_ARCHIVED);
    const double all = (double)(cohorts_objects(&b->movers) + cohorts_objects(&b->plain));
    return archived > 0 &&
           random_uniform(&b->object_random) * all < archived * (1 - p->recent_reads_ratio);
}

/* One that a get can read, of those that move; they are not all. */
static inline uint32_t s3_draw_age(struct s3 *b)
{
    uint32_t age;
    do {
        age = cohorts_draw(&b->movers, &b->object_random);
    } while (cohorts_tier(&b->movers, age) >= S3_ARCHIVED);
    return age;
}

static inline void s3_read(const struct s3_params *p, struct s3 *b, const struct frame *f,
                           double size_bytes)
{
    const double live =
        (double)(cohorts_objects(&b->movers) - cohorts_colder(&b->movers, S3_ARCHIVED));
    const double all = live + (double)cohorts_objects(&b->plain);
    if (!(random_uniform(&b->object_random) * all < live)) {
        return;
    }
    if (p->storage_class == S3_STANDARD) {
        const uint32_t age = cohorts_draw(&b->movers, &b->object_random);
        s3_count(f, b, S3_RETRIEVED, cohorts_tier(&b->movers, age) > 0 ? size_bytes : 0);
    } else if (random_uniform(&b->object_random) < p->recent_reads_ratio) {
        cohorts_touch_many(&b->movers, 1, S3_ARCHIVED, true);
    } else {
        cohorts_touch(&b->movers, s3_draw_age(b));
    }
}

/* A whole number that is so many on average, at most that. */
static inline uint64_t s3_whole(struct s3 *b, double objects, uint64_t most)
{
    const double whole = floor(objects + random_uniform(&b->object_random));
    return whole < (double)most ? (uint64_t)whole : most;
}

/* So many objects of all are read at once, evenly. */
static inline void s3_read_many(const struct s3_params *p, struct s3 *b, const struct frame *f,
                                double size_bytes)
{
    const uint64_t movers = cohorts_objects(&b->movers) - cohorts_colder(&b->movers, S3_ARCHIVED);
    const double all = (double)(movers + cohorts_objects(&b->plain));
    const double share = all > 0 ? (double)movers / all : 0;
    if (p->storage_class == S3_STANDARD) {
        const double bytes = (double)cohorts_bytes(&b->movers);
        const double cold = bytes > 0 ? 1 - (double)b->movers.tiers[0].bytes / bytes : 0;
        s3_count(f, b, S3_RETRIEVED, size_bytes * share * cold);
        return;
    }
    const double objects = size_bytes / p->object_size_bytes_dist->mean * share;
    const double recent = p->recent_reads_ratio;
    const uint64_t young = s3_whole(b, objects * recent, movers);
    const uint64_t any = s3_whole(b, objects * (1 - recent), movers);
    cohorts_touch_many(&b->movers, any, S3_ARCHIVED, false);
    cohorts_touch_many(&b->movers, young, S3_ARCHIVED, true);
}

/* Any object goes. False: there is none. */
static inline bool s3_remove(struct s3 *b, const struct frame *f)
{
    struct cohorts *cohorts = s3_draw_mover(b) ? &b->movers : &b->plain;
    if (cohorts_objects(cohorts) == 0) {
        return false;
    }
    const uint64_t bytes = cohorts_remove(cohorts, cohorts_draw(cohorts, &b->object_random));
    b->removed++;
    s3_count(f, b, S3_REMOVED_BYTES, (double)bytes);
    assert_hot(s3_conserved(b));
    return true;
}

/* So many objects of all are replaced. */
static inline void s3_replace_many(struct s3 *b, const struct frame *f, double objects)
{
    const uint64_t movers = cohorts_objects(&b->movers), plain = cohorts_objects(&b->plain);
    const double all = (double)(movers + plain);
    const double part = all > 0 ? fmin(objects / all, 1) : 0;
    const uint64_t of_movers = s3_whole(b, part * (double)movers, movers);
    const uint64_t of_plain = s3_whole(b, part * (double)plain, plain);
    const uint64_t bytes =
        cohorts_remove_many(&b->movers, of_movers) + cohorts_remove_many(&b->plain, of_plain);
    b->removed += of_movers + of_plain;
    s3_count(f, b, S3_REMOVED_BYTES, (double)bytes);
    assert_hot(s3_conserved(b));
}

static inline void s3_expire(struct world *w, const struct s3_params *p, struct s3 *b)
{
    if (p->lifecycle.expire_ns < 0) {
        return;
    }
    const uint32_t age = (uint32_t)(p->lifecycle.expire_ns / S3_DAY_NS) + 1;
    const struct cohort movers = cohorts_expire(&b->movers, age);
    const struct cohort plain = cohorts_expire(&b->plain, age);
    b->expired += movers.objects + plain.objects;
    if (world_measuring(w)) {
        b->counts[S3_EXPIRED] += (double)(movers.objects + plain.objects);
        b->counts[S3_EXPIRED_BYTES] += (double)(movers.bytes + plain.bytes);
    }
    assert_hot(s3_conserved(b));
}

/* The oldest of a tier is back. */
static inline void s3_restored(struct world *w, struct s3 *b, uint32_t tier)
{
    uint32_t age = COHORTS_AGES;
    while (age > 0 &&
           (b->movers.ages[age - 1].objects == 0 || cohorts_tier(&b->movers, age - 1) > tier)) {
        age--;
    }
    if (age > 0 && cohorts_tier(&b->movers, age - 1) >= S3_ARCHIVED) {
        cohorts_touch(&b->movers, age - 1);
        b->counts[S3_RESTORED] += world_measuring(w);
    }
}

static inline void s3_split_begins(struct service *s, uint32_t range)
{
    service_timer(s, ((const struct s3_params *)s->params)->partition_split_ns, S3_SPLIT + range);
}

#endif
