/* s3: a bucket of Amazon S3, Standard or Intelligent-Tiering.
 * A request takes tokens of the partition of its prefix, or ends as `throttled` (503 Slow Down);
 * partitions are split under lasting refusals. Else it takes a latency and its transfer. Objects
 * are counts and bytes by day of last access. Blocks: key_ranges, cohorts. Left out: versions,
 * lifecycle rules, the optional archive tiers, replication, retries of event targets. */
#include "models/model.h"
#include "models/s3_tables.h"

#include <math.h>

#include "sim/blocks/key_ranges.h"
#include "sim/kernel/zipf.h"

enum { S3_DAYS_INFREQUENT = 30, S3_DAYS_ARCHIVE = 90, S3_PARTS_MAX = 10000 };
enum s3_timer { S3_DAY, S3_CREATED, S3_REMOVED, S3_SPLIT }; /* and on: a split of range i */
enum { S3_MULTIPART_POSTS = 2 };                            /* it begins, it is complete */
#define S3_MONITORED_BYTES 131072.0                         /* 128 KiB */
#define S3_OBJECT_MAX_BYTES 5497558138880.0                 /* 5 TiB */
#define S3_NS_PER_S 1e9
#define S3_DAY_NS INT64_C(86400000000000)

enum s3_level {
    S3_OF_STANDARD,
    S3_OF_TIERS,
    S3_OF_OBJECTS = S3_OF_TIERS + COHORTS_TIERS,
    S3_OF_MONITORED,
    S3_LEVELS
};

struct s3 {
    struct key_ranges ranges;
    struct cohorts monitored;
    struct cohort plain; /* Standard, or too small to be monitored */
    struct zipf prefixes;
    struct random size_random, latency_random, prefix_random, object_random, event_random;
    struct summary first_bytes, totals;
    double sums[S3_LEVELS], means[S3_LEVELS]; /* level x ns since the window began; the result */
    int64_t since_ns;
    double counts[S3_METRICS];
};

static void s3_count(const struct frame *f, struct s3 *b, enum s3_metric metric, double by)
{
    b->counts[metric] += f->flags & FRAME_MEASURED ? by : 0;
}

/* ---- what is stored ---- */

static double s3_level(const struct s3_params *p, const struct s3 *b, uint32_t level)
{
    const bool tiered = p->storage_class == S3_INTELLIGENT_TIERING;
    switch (level) {
    case S3_OF_STANDARD:
        return tiered ? 0 : (double)b->plain.bytes;
    case S3_OF_TIERS: /* frequent */
        return tiered ? (double)(b->plain.bytes + b->monitored.tiers[0].bytes) : 0;
    case S3_OF_OBJECTS:
        return (double)(b->plain.objects + cohorts_objects(&b->monitored));
    case S3_OF_MONITORED:
        return (double)cohorts_objects(&b->monitored);
    default:
        return (double)b->monitored.tiers[level - S3_OF_TIERS].bytes;
    }
}

/* Before anything changes: the levels were so since the last time. */
static void s3_pass(struct service *s)
{
    struct s3 *b = s->state;
    const int64_t now_ns = core_now(s->core);
    const double time_ns = (double)(now_ns - b->since_ns);
    for (uint32_t i = 0; time_ns > 0 && i < S3_LEVELS; i++) {
        b->sums[i] += s3_level(s->params, b, i) * time_ns;
    }
    b->since_ns = now_ns;
}

static bool s3_monitors(const struct s3_params *p, double size_bytes)
{
    return p->storage_class == S3_INTELLIGENT_TIERING && size_bytes >= S3_MONITORED_BYTES;
}

static void s3_store(const struct s3_params *p, struct s3 *b, uint64_t objects, double size_bytes,
                     uint32_t days)
{
    const uint64_t bytes = (uint64_t)(size_bytes * (double)objects);
    if (s3_monitors(p, size_bytes)) {
        cohorts_add(&b->monitored, days, objects, bytes);
    } else {
        b->plain.objects += objects;
        b->plain.bytes += bytes;
    }
}

/* Any object, all alike, is one of the monitored ones. */
static bool s3_draw_monitored(struct s3 *b)
{
    const double monitored = (double)cohorts_objects(&b->monitored);
    return monitored > 0 &&
           random_uniform(&b->object_random) * (monitored + (double)b->plain.objects) < monitored;
}

static void s3_read(const struct s3_params *p, struct s3 *b)
{
    if (!s3_draw_monitored(b)) {
        return;
    }
    if (random_uniform(&b->object_random) < p->recent_reads_ratio) {
        uint32_t age = 0;
        while (b->monitored.ages[age].objects == 0) {
            age++;
        }
        cohorts_touch(&b->monitored, age);
        return;
    }
    cohorts_touch(&b->monitored, cohorts_draw(&b->monitored, &b->object_random));
}

/* Any object goes. False: there is none. */
static bool s3_remove(struct s3 *b, const struct frame *f)
{
    uint64_t bytes = 0;
    if (s3_draw_monitored(b)) {
        bytes = cohorts_remove(&b->monitored, cohorts_draw(&b->monitored, &b->object_random));
    } else if (b->plain.objects > 0) {
        bytes = b->plain.bytes / b->plain.objects;
        b->plain.objects--;
        b->plain.bytes -= bytes;
    } else {
        return false;
    }
    s3_count(f, b, S3_REMOVED_BYTES, (double)bytes);
    return true;
}

/* ---- the life of a bucket ---- */

static void s3_start(struct world *w, struct service *s)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const uint32_t prefixes = p->prefixes_popularity.n;
    const uint32_t ranges = prefixes > 0 ? (uint32_t)p->partitions_count : 1;
    key_ranges_init(&b->ranges, s->arena,
                    &(struct key_ranges_setup){
                        .rates_per_s = {p->partition_writes_per_s, p->partition_reads_per_s},
                        .burst_ns = p->partition_burst_ns,
                        .split_ns = p->partition_split_ns,
                        .ranges_count = ranges,
                        .partitions_count = prefixes > 0 ? 1 : (uint32_t)p->partitions_count,
                    });
    cohorts_init(&b->monitored, (const uint32_t[]){S3_DAYS_INFREQUENT, S3_DAYS_ARCHIVE});
    if (prefixes > 0) {
        zipf_init(&b->prefixes, prefixes, p->prefixes_popularity.s);
    }
    b->size_random = service_random(w, s, "sizes");
    b->latency_random = service_random(w, s, "latency");
    b->prefix_random = service_random(w, s, "prefixes");
    b->object_random = service_random(w, s, "objects");
    b->event_random = service_random(w, s, "events");
    summary_init(&b->first_bytes, s->arena);
    summary_init(&b->totals, s->arena);
    b->since_ns = core_now(s->core);
    if (p->objects_count > 0) {
        const double days = floor((double)p->objects_age_ns / (double)S3_DAY_NS);
        s3_store(p, b, (uint64_t)p->objects_count, p->object_size_bytes_dist->mean, (uint32_t)days);
    }
    s->load.unlimited = true;
    service_timer(s, S3_DAY_NS, S3_DAY);
}

static void s3_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct s3 *b = s->state;
    s3_pass(s);
    for (uint32_t i = 0; i < S3_LEVELS; i++) {
        b->means[i] = begins ? 0 : b->sums[i];
        b->sums[i] = 0;
    }
}

static void s3_split(struct world *w, struct service *s, uint32_t range)
{
    struct s3 *b = s->state;
    const uint64_t before = b->ranges.partitions;
    if (key_ranges_split(&b->ranges, range, core_now(s->core))) {
        service_log(w, s,
                    &(struct log_entry){
                        .kind = LOG_SCALE_OUT,
                        .metric = "partitions",
                        .value = NAN,
                        .threshold = NAN,
                        .from = (double)before,
                        .to = (double)b->ranges.partitions,
                        .count = b->ranges.partitions - before,
                        .text = "a prefix that was refused for long is split",
                    });
    }
}

static void s3_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    if (slot == S3_DAY) {
        s3_pass(s);
        const uint64_t moved = cohorts_day(&b->monitored);
        b->counts[S3_MOVED] += world_measuring(w) ? (double)moved : 0;
        service_timer(s, S3_DAY_NS, S3_DAY);
    } else if (slot >= S3_SPLIT) {
        s3_split(w, s, slot - S3_SPLIT);
    } else {
        b->counts[S3_EVENTS] += world_measuring(w);
        call_send(
            w, s,
            slot == S3_CREATED ? p->events.created_target.edge : p->events.removed_target.edge, 0);
    }
}

/* ---- the life of a request ---- */

/* Requests that the put is: parts, or 1. */
static double s3_parts(const struct s3_params *p, double size_bytes)
{
    return size_bytes <= (double)p->multipart.above_bytes
               ? 1
               : fmin(ceil(size_bytes / (double)p->multipart.part_bytes), S3_PARTS_MAX);
}

static double s3_put_ns(const struct s3_params *p, struct s3 *b, double size_bytes, double parts)
{
    const bool multipart = size_bytes > (double)p->multipart.above_bytes;
    const double streams = fmin(parts, (double)p->multipart.concurrency_count);
    /* parts go in rounds, between the two POSTs */
    const double rounds = multipart ? ceil(parts / streams) + S3_MULTIPART_POSTS : 1;
    double ns = size_bytes / (p->throughput_bytes_per_s * streams) * S3_NS_PER_S;
    for (double i = 0; i < rounds; i++) {
        ns += distribution_draw(p->put_latency_ns_dist, &b->latency_random);
    }
    return ns;
}

static void s3_count_requests(const struct frame *f, struct s3 *b, double parts, bool multipart)
{
    static const enum s3_metric metrics[S3_OPERATIONS] = {
        [S3_GET] = S3_GET_REQUESTS,       [S3_HEAD] = S3_HEAD_REQUESTS,
        [S3_LIST] = S3_LIST_REQUESTS,     [S3_PUT] = S3_PUT_REQUESTS,
        [S3_DELETE] = S3_DELETE_REQUESTS, [S3_GET_MANY] = S3_GET_REQUESTS,
        [S3_PUT_MANY] = S3_PUT_REQUESTS,
    };
    const double posts = multipart ? S3_MULTIPART_POSTS : 0;
    s3_count(f, b, metrics[f->operation], parts);
    s3_count(f, b, S3_POST_REQUESTS, posts);
    s3_count(f, b, S3_ALL_REQUESTS, parts + posts);
}

/* False: 503 Slow Down. */
static bool s3_admit(struct service *s, const struct frame *f, double requests)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const bool writes =
        f->operation == S3_PUT || f->operation == S3_DELETE || f->operation == S3_PUT_MANY;
    const uint32_t prefix =
        p->prefixes_popularity.n > 0 ? zipf_draw(&b->prefixes, &b->prefix_random) : 0;
    const uint32_t range = prefix % b->ranges.setup.ranges_count;
    bool begins;
    const bool passes =
        key_ranges_pass(&b->ranges, range, writes ? KEY_RANGES_WRITES : KEY_RANGES_READS,
                        (int64_t)requests, core_now(s->core), &begins);
    if (begins) {
        service_timer(s, p->partition_split_ns, S3_SPLIT + range);
    }
    return passes;
}

/* Objects of so many bytes in all: what a job reads or writes, in place of one event for each. */
static double s3_objects(const struct s3_params *p, double size_bytes)
{
    const double each_bytes = p->object_size_bytes_dist->mean;
    return each_bytes > 0 ? fmax(1, round(size_bytes / each_bytes)) : 1;
}

static void s3_arrive_many(struct world *w, struct service *s, struct frame *f)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const double size_bytes = f->flags & FRAME_SIZED
                                  ? call_size(w, f)
                                  : distribution_draw(p->object_size_bytes_dist, &b->size_random);
    const double objects = s3_objects(p, size_bytes);
    s3_count_requests(f, b, objects, false);
    if (!s3_admit(s, f, objects)) {
        s3_count(f, b, S3_5XX, 1);
        call_throttle(w, f, "requests of a partition");
        return;
    }
    core_more(s->core, f)->size_bytes = (float)size_bytes;
    f->work_ns = distribution_draw_int(f->operation == S3_GET_MANY ? p->first_byte_ns_dist
                                                                   : p->put_latency_ns_dist,
                                       &b->latency_random);
    call_work(w, f);
}

static void s3_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const bool put = f->operation == S3_PUT;
    double size_bytes = 0;
    if (f->operation >= S3_GET_MANY) {
        s3_arrive_many(w, s, f);
        return;
    }
    if (put || f->operation == S3_GET) {
        size_bytes = f->flags & FRAME_SIZED
                         ? call_size(w, f)
                         : distribution_draw(p->object_size_bytes_dist, &b->size_random);
        size_bytes = (double)(float)floor(size_bytes); /* as a frame carries it */
    }
    if (put && size_bytes > S3_OBJECT_MAX_BYTES) { /* EntityTooLarge */
        s3_count(f, b, S3_4XX, 1);
        s3_count_requests(f, b, 1, false);
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    const bool multipart = put && size_bytes > (double)p->multipart.above_bytes;
    const double parts = put ? s3_parts(p, size_bytes) : 1;
    if (!s3_admit(s, f, parts + (multipart ? S3_MULTIPART_POSTS : 0))) {
        s3_count(f, b, S3_5XX, 1);
        s3_count_requests(f, b, 1, false);
        call_throttle(w, f, "requests of a partition");
        return;
    }
    s3_count_requests(f, b, parts, multipart);
    double first_ns;
    double total_ns;
    if (put || f->operation == S3_DELETE) {
        first_ns = total_ns = s3_put_ns(p, b, size_bytes, parts);
    } else {
        first_ns = distribution_draw(p->first_byte_ns_dist, &b->latency_random);
        total_ns = first_ns + size_bytes / p->throughput_bytes_per_s * S3_NS_PER_S;
    }
    if (f->flags & FRAME_MEASURED) {
        summary_add(&b->first_bytes, llround(first_ns));
        summary_add(&b->totals, llround(total_ns));
    }
    core_more(s->core, f)->size_bytes = (float)size_bytes;
    f->work_ns = llround(total_ns);
    call_work(w, f);
}

static void s3_notify(struct service *s, const struct call_target *target, enum s3_timer timer)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    if (target->service == SERVICE_NONE) {
        return;
    }
    const int copies = 1 + (random_uniform(&b->event_random) < p->events.duplicates_ratio);
    for (int i = 0; i < copies; i++) {
        service_timer(s, distribution_draw_int(p->events.delay_ns_dist, &b->event_random), timer);
    }
}

static void s3_finish_many(struct service *s, const struct frame *f, double size_bytes)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const uint64_t objects = (uint64_t)s3_objects(p, size_bytes);
    if (f->operation == S3_GET_MANY) {
        s3_count(f, b, S3_DOWNLOADED, size_bytes);
        const double there = (double)(b->plain.objects + cohorts_objects(&b->monitored));
        if (there > 0) {
            cohorts_touch_share(&b->monitored, fmin(1, (double)objects / there));
        }
        return;
    }
    s3_count(f, b, S3_UPLOADED, size_bytes);
    s3_store(p, b, objects, size_bytes / (double)objects, 0);
    for (uint64_t i = 0; i < objects && p->events.created_target.service != SERVICE_NONE; i++) {
        s3_notify(s, &p->events.created_target, S3_CREATED);
    }
}

/* The object is there, or gone, when the answer leaves. */
static void s3_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    if (f->answer != OUTCOME_OK || f->flags & FRAME_WITHDRAWN) {
        return;
    }
    const double size_bytes = (double)core_more(s->core, f)->size_bytes;
    s3_pass(s);
    if (f->operation >= S3_GET_MANY) {
        s3_finish_many(s, f, size_bytes);
    } else if (f->operation == S3_GET) {
        s3_count(f, b, S3_DOWNLOADED, size_bytes);
        s3_read(p, b);
    } else if (f->operation == S3_PUT) {
        s3_count(f, b, S3_UPLOADED, size_bytes);
        if (p->overwrites_ratio > 0 && random_uniform(&b->object_random) < p->overwrites_ratio) {
            s3_remove(b, f);
        }
        s3_store(p, b, 1, size_bytes, 0);
        s3_notify(s, &p->events.created_target, S3_CREATED);
    } else if (f->operation == S3_DELETE && s3_remove(b, f)) {
        s3_notify(s, &p->events.removed_target, S3_REMOVED);
    }
}

static const enum s3_metric s3_level_metrics[S3_LEVELS] = {
    S3_STANDARD_BYTES, S3_FREQUENT_BYTES, S3_INFREQUENT_BYTES,
    S3_ARCHIVE_BYTES,  S3_OBJECTS,        S3_MONITORED,
};

static double s3_present(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    uint32_t i = 0;
    while (s3_level_metrics[i] != metric) {
        i++;
    }
    return s3_level(s->params, s->state, i);
}

static void s3_observe(struct world *w, struct service *s, struct own_value *own)
{
    struct s3 *b = s->state;
    for (uint32_t i = 0; i < S3_METRICS; i++) {
        own[i].value = b->counts[i];
    }
    for (uint32_t i = 0; i < S3_LEVELS; i++) {
        own[s3_level_metrics[i]].value = b->means[i] / (world_window_s(w) * S3_NS_PER_S);
    }
    own[S3_PARTITIONS].value = (double)b->ranges.partitions;
    own[S3_FIRST_BYTE].summary = &b->first_bytes;
    own[S3_TOTAL].summary = &b->totals;
}

static const char *s3_check(const void *params)
{
    const struct s3_params *p = params;
    if (p->prefixes_popularity.n > 0 && p->partitions_count > p->prefixes_popularity.n) {
        return "partitions: expected at most as many as there are prefixes";
    }
    if (p->storage_class == S3_STANDARD && p->objects_age_ns > 0) {
        return "objects_age: without meaning unless storage_class is intelligent_tiering";
    }
    if (p->storage_class == S3_STANDARD && p->recent_reads_ratio > 0) {
        return "recent_reads: without meaning unless storage_class is intelligent_tiering";
    }
    if (p->objects_count > 0 && !isfinite(p->object_size_bytes_dist->mean)) {
        return "objects: without meaning where object_size has no finite mean";
    }
    if (p->multipart.part_bytes > p->multipart.above_bytes) {
        return "multipart.part: expected at most multipart.above";
    }
    return NULL;
}

const struct model s3_model = {
    .info =
        {
            .name = "s3",
            .title = "Amazon S3: a bucket, Standard or Intelligent-Tiering",
            .text =
                "A request draws its prefix and takes a token of the partition that has it: 3,500 "
                "writes and 5,500 reads a second, as buckets that refill continuously and start "
                "full. Without tokens it ends as `throttled` (503 Slow Down) at once; after "
                "`partition_split` of lasting refusals the partitions of those keys are twice as "
                "many, split at the median of their load. Else a get takes the time to its first "
                "byte and size / `throughput`; a put above `multipart.above` is a multipart "
                "upload: two POSTs, and between them its parts in rounds of "
                "`multipart.concurrency`, each with a put's latency, all with tokens of their "
                "own, taken at its arrival. Objects are not simulated one by one: they are counts "
                "and bytes by the day of their last access; in Intelligent-Tiering they move to "
                "infrequent after 30 days without access and to archive instant after 90 (up to a "
                "day late), a get takes one back to frequent. Objects below 128 KiB are not "
                "monitored. Events call `events.created` and `events.removed` after their delay, "
                "at least once. Jobs read and write many objects at a time: `get_many` and "
                "`put_many` "
                "are as many requests as their size has objects of the mean size, on one prefix, "
                "with their tokens, and answer after the latency of one; the transfer is the "
                "job's to take. Left out: missing keys, versions, lifecycle rules, the optional "
                "archive tiers, replication, gets by range, retries of parts and of events.",
            ROWS(params, s3_params),
            ROWS(metrics, s3_metrics),
            ROWS(operations, s3_operations),
            .params_size = sizeof(struct s3_params),
            .target_kind = TARGET_KIND_NONE,
            .check = s3_check,
        },
    .state_size = sizeof(struct s3),
    .start = s3_start,
    .window = s3_window,
    .timer = s3_timer,
    .arrive = s3_arrive,
    .finish = s3_finish,
    .observe = s3_observe,
    .level = s3_present,
};
