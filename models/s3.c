/* s3: a bucket of Amazon S3, Standard or Intelligent-Tiering.
 * A request takes tokens of the partition of its prefix, or ends as `throttled` (503 Slow Down);
 * partitions are split under lasting refusals. Else it takes a latency and its transfer. Objects
 * are counts and bytes by day of last access, or of creation. Blocks: key_ranges, cohorts; events:
 * delivery.h, reads and writes in bulk: s3_bulk.h. Left out: versions, archives, replication. */
#include "models/model.h"

#include "models/delivery.h"
#include "models/s3_bulk.h"
#include "models/s3_state.h"
#include "models/s3_tables.h"

/* ---- the life of a bucket ---- */

static void s3_target(struct world *w, struct service *s, uint32_t number,
                      const struct call_target *target)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    if (target->service == SERVICE_NONE) {
        return;
    }
    b->events.targets[number] = (struct delivery_target){
        .edge = target->edge,
        .accepts = delivery_accepts(w, target),
        .retry = {.phases = {{REDELIVERY_ANY, p->events.first_wait_ns, 2, p->events.most_wait_ns}},
                  .phases_count = 1,
                  .age_max_ns = p->events.max_age_ns},
        .timeout_ns = TIME_NONE,
    };
}

static uint32_t s3_days(int64_t time_ns)
{
    return time_ns >= 0 ? (uint32_t)(time_ns / S3_DAY_NS) : COHORTS_NEVER;
}

static void s3_start_objects(struct service *s)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const bool tiered = p->storage_class == S3_INTELLIGENT_TIERING;
    const uint32_t never[] = {COHORTS_NEVER, COHORTS_NEVER, COHORTS_NEVER, COHORTS_NEVER};
    const uint32_t aged[] = {s3_days(p->lifecycle.standard_ia_ns), COHORTS_NEVER, COHORTS_NEVER,
                             COHORTS_NEVER};
    const uint32_t unread[] = {S3_DAYS_INFREQUENT, S3_DAYS_ARCHIVE, s3_days(p->archive.access_ns),
                               s3_days(p->archive.deep_ns)};
    cohorts_init(&b->plain, never);
    cohorts_init(&b->movers, tiered ? unread : aged);
    if (p->objects_count > 0) {
        const double days = floor((double)p->objects_age_ns / (double)S3_DAY_NS);
        s3_store(p, b, (uint64_t)p->objects_count, p->object_size_bytes_dist->mean, (uint32_t)days);
    }
}

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
    records_init(&b->bulk.calls, s->arena, sizeof(struct s3_bulk_call));
    deliveries_init(w, s, &b->events, S3_TARGETS);
    s3_target(w, s, S3_CREATED, &p->events.created_target);
    s3_target(w, s, S3_REMOVED, &p->events.removed_target);
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
    s3_start_objects(s);
    s->load.unlimited = true;
    service_timer(s, S3_DAY_NS, S3_DAY);
}

static void s3_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct s3 *b = s->state;
    s3_pass(s);
    deliveries_window(&b->events, begins);
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

static void s3_day(struct world *w, struct service *s)
{
    struct s3 *b = s->state;
    s3_pass(s);
    const uint64_t moved = cohorts_day(&b->movers);
    cohorts_day(&b->plain);
    b->counts[S3_MOVED] += world_measuring(w) ? (double)moved : 0;
    s3_expire(w, s->params, b);
    service_timer(s, S3_DAY_NS, S3_DAY);
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

/* Of a multipart upload, as its streams send them. */
static double s3_parts_per_s(const struct s3_params *p, double size_bytes, double parts)
{
    const double streams = fmin(parts, (double)p->multipart.concurrency_count);
    const double each_s =
        p->put_latency_ns_dist->mean / S3_NS_PER_S + size_bytes / parts / p->throughput_bytes_per_s;
    return streams / each_s;
}

static void s3_count_requests(const struct frame *f, struct s3 *b, double parts, bool multipart)
{
    static const enum s3_metric metrics[S3_OPERATIONS] = {
        [S3_GET] = S3_GET_REQUESTS,       [S3_HEAD] = S3_HEAD_REQUESTS,
        [S3_LIST] = S3_LIST_REQUESTS,     [S3_PUT] = S3_PUT_REQUESTS,
        [S3_DELETE] = S3_DELETE_REQUESTS, [S3_RESTORE] = S3_POST_REQUESTS,
        [S3_READ_BULK] = S3_GET_REQUESTS, [S3_WRITE_BULK] = S3_PUT_REQUESTS,
    };
    const double posts = multipart ? S3_MULTIPART_POSTS : 0;
    s3_count(f, b, metrics[f->operation], parts);
    s3_count(f, b, S3_POST_REQUESTS, posts);
    s3_count(f, b, S3_ALL_REQUESTS, parts + posts);
}

/* False: 503 Slow Down. *range: of its prefix. */
static bool s3_admit(struct service *s, const struct frame *f, double requests, uint32_t *range)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const bool writes =
        f->operation == S3_PUT || f->operation == S3_DELETE || f->operation == S3_RESTORE;
    const uint32_t prefix =
        p->prefixes_popularity.n > 0 ? zipf_draw(&b->prefixes, &b->prefix_random) : 0;
    bool begins;
    *range = prefix % b->ranges.setup.ranges_count;
    const bool passes =
        key_ranges_pass(&b->ranges, *range, writes ? KEY_RANGES_WRITES : KEY_RANGES_READS,
                        (int64_t)requests, core_now(s->core), &begins);
    if (begins) {
        s3_split_begins(s, *range);
    }
    return passes;
}

static void s3_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct s3 *b = s->state;
    if (slot < S3_DAY) {
        deliveries_due(w, s, &b->events, slot);
    } else if (slot == S3_DAY) {
        s3_day(w, s);
    } else if (slot >= S3_UPLOAD) {
        s3_upload_slice(w, s, slot - S3_UPLOAD);
    } else if (slot >= S3_BULK) {
        s3_bulk_slice(w, s, slot - S3_BULK);
    } else if (slot >= S3_RESTORES) {
        s3_pass(s);
        s3_restored(w, b, slot - S3_RESTORES);
    } else {
        s3_split(w, s, slot - S3_SPLIT);
    }
}

static void s3_heard(struct world *w, struct service *s, uint32_t number, enum outcome outcome)
{
    deliveries_heard(w, s, &((struct s3 *)s->state)->events, number, outcome);
}

/* ---- one by one ---- */

static void s3_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    if (f->operation == S3_READ_BULK || f->operation == S3_WRITE_BULK) {
        s3_bulk_arrive(w, s, f);
        return;
    }
    const bool put = f->operation == S3_PUT;
    double size_bytes = 0;
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
    const double requests = parts + (multipart ? S3_MULTIPART_POSTS : 0);
    const double per_s = multipart ? s3_parts_per_s(p, size_bytes, parts) : requests;
    const double soon = fmin(requests, fmax(1, ceil(per_s)));
    uint32_t range;
    if (!s3_admit(s, f, soon, &range)) {
        s3_count(f, b, S3_5XX, 1);
        s3_count_requests(f, b, 1, false);
        call_throttle(w, f, "requests of a partition");
        return;
    }
    s3_count_requests(f, b, parts, multipart);
    if ((f->operation == S3_GET && s3_draw_archived(p, b)) ||
        (f->operation == S3_RESTORE && cohorts_colder(&b->movers, S3_ARCHIVED) == 0)) {
        s3_count(f, b, S3_4XX, 1); /* InvalidObjectState */
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    double first_ns;
    double total_ns;
    if (put || f->operation == S3_DELETE || f->operation == S3_RESTORE) {
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
    f->note = S3_WHOLE;
    if (requests > soon) {
        s3_upload(s, f, range, per_s, requests - soon);
    }
    f->work_ns = llround(total_ns);
    call_work(w, f);
}

static void s3_notify(struct world *w, struct service *s, uint32_t target)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const struct call_target *to =
        target == S3_CREATED ? &p->events.created_target : &p->events.removed_target;
    if (to->service == SERVICE_NONE) {
        return;
    }
    const int copies = 1 + (random_uniform(&b->event_random) < p->events.duplicates_ratio);
    for (int i = 0; i < copies; i++) {
        const struct delivery_order order = {
            .target = target,
            .group = DELIVERY_UNGROUPED,
            .latency_ns = distribution_draw_int(p->events.delay_ns_dist, &b->event_random),
        };
        deliveries_begin(w, s, &b->events, &order);
    }
}

static void s3_written_bulk(struct world *w, struct service *s, const struct frame *f,
                            double size_bytes)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const double objects = fmax(1, round(size_bytes / p->object_size_bytes_dist->mean));
    s3_count(f, b, S3_UPLOADED, size_bytes);
    s3_replace_many(b, f, objects * p->overwrites_ratio);
    s3_store(p, b, (uint64_t)objects, size_bytes / objects, 0);
    for (double i = 0; i < objects && p->events.created_target.service != SERVICE_NONE; i++) {
        s3_notify(w, s, S3_CREATED);
    }
}

/* Of any archived object. */
static void s3_begin_restore(struct service *s)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const uint64_t archived = cohorts_colder(&b->movers, S3_ARCHIVED);
    const bool deep = random_uniform(&b->object_random) * (double)archived <
                      (double)b->movers.tiers[S3_DEEP_ARCHIVED].objects;
    const struct distribution *time =
        deep ? p->archive.deep_restore_ns_dist : p->archive.restore_ns_dist;
    service_timer(s, distribution_draw_int(time, &b->object_random),
                  S3_RESTORES + (deep ? S3_DEEP_ARCHIVED : S3_ARCHIVED));
}

/* The object is there, or gone, when the answer leaves. */
static void s3_finish(struct world *w, struct service *s, struct frame *f)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    if (f->operation == S3_READ_BULK || f->operation == S3_WRITE_BULK || f->note != S3_WHOLE) {
        s3_bulk_finish(s, f);
    }
    if (f->answer != OUTCOME_OK || f->flags & FRAME_WITHDRAWN) {
        return;
    }
    const double size_bytes = (double)core_more(s->core, f)->size_bytes;
    s3_pass(s);
    if (f->operation == S3_GET) {
        s3_count(f, b, S3_DOWNLOADED, size_bytes);
        s3_read(p, b, f, size_bytes);
    } else if (f->operation == S3_PUT) {
        s3_count(f, b, S3_UPLOADED, size_bytes);
        if (p->overwrites_ratio > 0 && random_uniform(&b->object_random) < p->overwrites_ratio) {
            s3_remove(b, f);
        }
        s3_store(p, b, 1, size_bytes, 0);
        s3_notify(w, s, S3_CREATED);
    } else if (f->operation == S3_DELETE && s3_remove(b, f)) {
        s3_notify(w, s, S3_REMOVED);
    } else if (f->operation == S3_RESTORE) {
        s3_begin_restore(s);
    } else if (f->operation == S3_READ_BULK) {
        s3_count(f, b, S3_DOWNLOADED, size_bytes);
        s3_read_many(p, b, f, size_bytes);
    } else if (f->operation == S3_WRITE_BULK) {
        s3_written_bulk(w, s, f, size_bytes);
    }
}

static const enum s3_metric s3_level_metrics[S3_LEVELS] = {
    S3_STANDARD_BYTES,     S3_STANDARD_IA_BYTES, S3_FREQUENT_BYTES,
    S3_INFREQUENT_BYTES,   S3_ARCHIVE_BYTES,     S3_ARCHIVE_ACCESS_BYTES,
    S3_DEEP_ARCHIVE_BYTES, S3_OBJECTS,           S3_MONITORED,
};

static void s3_observe(struct world *w, struct service *s, struct own_value *own)
{
    struct s3 *b = s->state;
    for (uint32_t i = 0; i < S3_METRICS; i++) {
        own[i].value = b->counts[i];
    }
    for (uint32_t i = 0; i < S3_LEVELS; i++) {
        own[s3_level_metrics[i]].value = b->means[i] / (world_window_s(w) * S3_NS_PER_S);
    }
    const struct deliveries *d = &b->events;
    own[S3_EVENTS].value = (double)(d->end.delivered - d->begin.delivered);
    own[S3_EVENT_TRIES].value = (double)(d->end.tried - d->begin.tried);
    own[S3_EVENTS_LOST].value = (double)(d->end.lost - d->begin.lost);
    own[S3_EVENTS_WAITING].value = gauge_mean(&d->waiting_window, world_window_s(w));
    assert_hot(s3_conserved(b) && deliveries_conserved(d));
    own[S3_PARTITIONS].value = (double)b->ranges.partitions;
    own[S3_FIRST_BYTE].summary = &b->first_bytes;
    own[S3_TOTAL].summary = &b->totals;
}

static double s3_level_now(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct s3 *b = s->state;
    for (uint32_t i = 0; i < S3_LEVELS; i++) {
        if (s3_level_metrics[i] == metric) {
            return s3_level(s->params, b, i);
        }
    }
    return (double)b->events.waiting.value;
}

/* Of the range that has the most popular prefix: in seconds of its rate. */
static void s3_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct key_range *range = ((const struct s3 *)s->state)->ranges.ranges;
    usage[S3_OF_WRITES] = (struct usage){.used = range->used_s[KEY_RANGES_WRITES], .available = 1};
    usage[S3_OF_READS] = (struct usage){.used = range->used_s[KEY_RANGES_READS], .available = 1};
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
                "own, second by second (what is refused after the first one counts as a 503, and "
                "is "
                "sent again in that time). Objects are not simulated one by one: they are counts "
                "and bytes by the day of their last access; in Intelligent-Tiering they move to "
                "infrequent after 30 days without access and to archive instant after 90, or, if "
                "`archive` says so, on to the archives, which a get cannot read: `restore` brings "
                "an object of them back, hours later (up to a "
                "day late), a get takes one back to frequent. Objects below 128 KiB are not "
                "monitored. In Standard a lifecycle moves objects to Standard-IA and deletes them, "
                "by age, once a day. `read_bulk` and `write_bulk` stand for the requests of an "
                "engine over `bulk.connections`: what partitions refuse is asked for again each "
                "second, and the call takes as long as they make it. Events call `events.created` "
                "and `events.removed` after their delay, at least once, and again where that "
                "fails. Left out: missing keys, versions, Glacier, "
                "replication, retries of parts; a bus that is told counts as any put_events.",
            ROWS(params, s3_params),
            ROWS(metrics, s3_metrics),
            ROWS(operations, s3_operations),
            ROWS(resources, s3_resources),
            ROWS(only, s3_only),
            .params_size = sizeof(struct s3_params),
            .target_kind = TARGET_KIND_NONE,
            .check = s3_check,
            .forbid = s3_forbid,
        },
    .state_size = sizeof(struct s3),
    .start = s3_start,
    .window = s3_window,
    .timer = s3_timer,
    .arrive = s3_arrive,
    .finish = s3_finish,
    .heard = s3_heard,
    .level = s3_level_now,
    .usage = s3_usage,
    .observe = s3_observe,
};
