/* databricks: compute of Databricks on AWS: an all-purpose cluster, a cluster for each run of a
 * job, or a SQL warehouse of several clusters. A cluster is a host whose workers all that is inside
 * shares equally (each call runs on all workers when it is alone); clusters start, grow, shrink and
 * stop by the rules of their kind, looked at every ten seconds; who finds no place waits in one
 * line. Blocks: clusters, host. Left out: memory and spill, skew, stages, shuffle, limits of the
 * driver, standard autoscaling, retries of runs (use `retry`), Photon, failed starts. */
#include "models/model.h"

#include <assert.h>
#include <math.h>

#include "models/databricks_tables.h"
#include "sim/blocks/clusters.h"
#include "sim/blocks/host.h"

#define DATABRICKS_S 1e9
#define DATABRICKS_HOUR_S 3600.0
#define DATABRICKS_MINUTE_NS INT64_C(60000000000)
#define DATABRICKS_TICK_NS INT64_C(10000000000) /* as serverless warehouses look at their queue */
#define DATABRICKS_BUSY 0.95                    /* of the workers, in a look: tasks wait */
#define DATABRICKS_NONE UINT32_MAX
enum { DATABRICKS_WAITING = 16 }; /* frame.block: in the line; else the host's */
enum { DATABRICKS_STOP_MIN = 120, DATABRICKS_STOP_SQL_MIN = 45, DATABRICKS_STOP_FAST_MIN = 10 };
#define DATABRICKS_DOWN_JOBS_NS INT64_C(40000000000)
#define DATABRICKS_DOWN_SHARED_NS INT64_C(150000000000)

enum databricks_state { DATABRICKS_OFF, DATABRICKS_STARTING, DATABRICKS_UP };
enum databricks_timer {
    DATABRICKS_HOST,
    DATABRICKS_STARTED,
    DATABRICKS_GREW,
    DATABRICKS_LOSE,
    DATABRICKS_REPLACED,
    DATABRICKS_TIMERS
};

struct databricks_cluster {
    struct host host;
    enum databricks_state state;
    int64_t workers, ordered; /* there; further ones under way */
    uint32_t pending[DATABRICKS_TIMERS], stale[DATABRICKS_TIMERS]; /* of before it stopped */
    int64_t idle_ns, high_ns;                                      /* since when it is so */
    int64_t down_ns;                                               /* when less was decided last, */
    double down_worked_ns;                                         /* and what was done by then */
    double worked_ns;                                              /* by the last look */
    bool draining; /* takes nobody; stops when empty */
};

struct databricks {
    struct databricks_cluster *clusters;
    uint32_t count, up, starting; /* clusters; of these */
    int64_t most;                 /* workers of a cluster */
    uint32_t places;              /* calls in a cluster at a time */
    struct line line;
    struct random start_random, spot_random;
    struct gauge workers, nodes, running, queued, inside;
    struct gauge_window workers_seen, nodes_seen, running_seen, queued_seen;
    struct clusters scaling; /* of a warehouse */
    bool lacked;             /* one found no cluster to have or to start */
    double sums[DATABRICKS_METRICS];
    struct summary starts;
};

static void databricks_count(const struct world *w, struct databricks *d,
                             enum databricks_metric metric, double by)
{
    d->sums[metric] += world_measuring(w) ? by : 0;
}

static uint32_t databricks_slot(const struct databricks *d, const struct databricks_cluster *c,
                                enum databricks_timer timer)
{
    return (uint32_t)(c - d->clusters) * DATABRICKS_TIMERS + timer;
}

static void databricks_later(struct service *s, struct databricks_cluster *c,
                             enum databricks_timer timer, double delay_ns)
{
    c->pending[timer]++;
    service_timer(s, llround(delay_ns), databricks_slot(s->state, c, timer));
}

static double databricks_start_ns(const struct databricks_params *p, struct databricks *d,
                                  const struct distribution *cold)
{
    const struct distribution *dist = p->serverless ? p->serverless_start_ns_dist
                                      : p->pool     ? p->pool_start_ns_dist
                                                    : cold;
    return (double)distribution_draw_int(dist, &d->start_random);
}

/* ---- clusters come and go ---- */

static int64_t databricks_least(const struct databricks_params *p)
{
    return p->compute == DATABRICKS_SQL ? databricks_sizes[p->size].workers : p->min_workers_count;
}

/* The clusters of a job's runs come and go with them. */
static void databricks_log(struct world *w, struct service *s, const char *metric, double from,
                           double to, double delay_ns)
{
    if (((const struct databricks_params *)s->params)->compute == DATABRICKS_JOBS) {
        return;
    }
    service_log(w, s,
                &(struct log_entry){.kind = to > from ? LOG_SCALE_OUT : LOG_SCALE_IN,
                                    .metric = metric,
                                    .value = NAN,
                                    .threshold = NAN,
                                    .from = from,
                                    .to = to,
                                    .delay_ns = llround(delay_ns),
                                    .count = (uint64_t)fabs(to - from)});
}

static void databricks_set_workers(struct service *s, struct databricks_cluster *c, int64_t workers)
{
    struct databricks *d = s->state;
    const int64_t now_ns = core_now(s->core);
    gauge_add(&d->workers, workers - c->workers, now_ns);
    gauge_add(&d->nodes, workers - c->workers, now_ns);
    gauge_add(&s->load.capacity, workers - c->workers, now_ns);
    c->workers = workers;
    host_resize(&c->host, (double)workers / (double)d->most);
}

static void databricks_begin(struct world *w, struct service *s, struct databricks_cluster *c)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const double start_ns = databricks_start_ns(p, d, p->cluster_start_ns_dist);
    c->state = DATABRICKS_STARTING;
    c->draining = false;
    d->starting++;
    gauge_add(&d->nodes, databricks_least(p) + 1, core_now(s->core));
    databricks_count(w, d, DATABRICKS_STARTS, 1);
    if (world_measuring(w)) {
        summary_add(&d->starts, llround(start_ns));
    }
    databricks_log(w, s, "clusters", d->up + d->starting - 1, d->up + d->starting, start_ns);
    databricks_later(s, c, DATABRICKS_STARTED, start_ns);
}

static double databricks_lost_gap_ns(const struct databricks_params *p, struct databricks *d)
{
    const double rate = p->spot.interruptions_per_s * p->spot.share_ratio * (double)d->most;
    return random_exponential(&d->spot_random) / rate * DATABRICKS_S;
}

static void databricks_up(struct service *s, struct databricks_cluster *c)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const int64_t now_ns = core_now(s->core);
    d->starting--;
    d->up++;
    c->state = DATABRICKS_UP;
    c->idle_ns = c->high_ns = c->down_ns = now_ns;
    c->worked_ns = c->down_worked_ns = host_worked_ns(&c->host);
    gauge_add(&d->running, 1, now_ns);
    gauge_add(&d->nodes, -databricks_least(p), now_ns); /* counted with the workers from now on */
    databricks_set_workers(s, c, databricks_least(p));
    if (p->spot.share_ratio * p->spot.interruptions_per_s > 0) { /* not for NaN */
        databricks_later(s, c, DATABRICKS_LOSE, databricks_lost_gap_ns(p, d));
    }
}

static void databricks_stop(struct world *w, struct service *s, struct databricks_cluster *c)
{
    struct databricks *d = s->state;
    const int64_t now_ns = core_now(s->core);
    assert(c->state == DATABRICKS_UP && c->host.inside == 0);
    databricks_log(w, s, "clusters", d->up + d->starting, d->up + d->starting - 1, 0);
    databricks_set_workers(s, c, 0);
    gauge_add(&d->nodes, -1 - c->ordered, now_ns);
    gauge_add(&d->running, -1, now_ns);
    c->state = DATABRICKS_OFF;
    c->ordered = 0;
    d->up--;
    for (uint32_t i = 0; i < DATABRICKS_TIMERS; i++) {
        c->stale[i] += c->pending[i];
        c->pending[i] = 0;
    }
}

/* So many more are to start, as far as there are. */
static void databricks_add(struct world *w, struct service *s, double count)
{
    struct databricks *d = s->state;
    for (uint32_t i = 0; i < d->count && count >= 1; i++) {
        struct databricks_cluster *c = &d->clusters[i];
        if (c->state == DATABRICKS_OFF) {
            databricks_begin(w, s, c);
            count--;
        } else if (c->draining) {
            c->draining = false;
            count--;
        }
    }
}

/* ---- who waits, and where they go ---- */

/* The running cluster with the fewest inside that has a place; null: none has. */
static struct databricks_cluster *databricks_free(const struct databricks *d)
{
    struct databricks_cluster *best = NULL;
    for (uint32_t i = 0; i < d->count; i++) {
        struct databricks_cluster *c = &d->clusters[i];
        if (c->state == DATABRICKS_UP && !c->draining && c->host.inside < d->places &&
            (best == NULL || c->host.inside < best->host.inside)) {
            best = c;
        }
    }
    return best;
}

static void databricks_enter(struct service *s, struct databricks_cluster *c, struct frame *f)
{
    struct databricks *d = s->state;
    f->note = (uint32_t)(c - d->clusters);
    gauge_add(&d->inside, 1, core_now(s->core));
    const bool entered = host_enter(&c->host, f);
    assert(entered);
    (void)entered;
}

static void databricks_next(struct service *s)
{
    struct databricks *d = s->state;
    struct databricks_cluster *c;
    while (d->line.count > 0 && (c = databricks_free(d)) != NULL) {
        const uint32_t before = d->line.count;
        struct frame *f = load_next(&s->load, s->core, &d->line);
        gauge_add(&d->queued, (int64_t)d->line.count - (int64_t)before, core_now(s->core));
        if (f != NULL) {
            databricks_enter(s, c, f);
        }
    }
}

/* Who waits needs a cluster: runs one each, others the first. */
static void databricks_want(struct world *w, struct service *s)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    if (p->compute == DATABRICKS_JOBS) {
        const double room = (double)(d->count - d->up - d->starting);
        databricks_add(w, s, fmin((double)d->line.count - (double)d->starting, room));
    } else if (d->line.count > 0 && d->up + d->starting == 0) {
        databricks_add(w, s, p->compute == DATABRICKS_SQL ? (double)p->min_clusters_count : 1);
    }
}

/* ---- autoscaling of workers ---- */

static void databricks_grow(struct world *w, struct service *s, struct databricks_cluster *c)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const int64_t half = (p->max_workers_count - p->min_workers_count + 1) / 2;
    const int64_t to =
        c->workers + half < p->max_workers_count ? c->workers + half : p->max_workers_count;
    const double start_ns = databricks_start_ns(p, d, p->worker_start_ns_dist);
    c->ordered = to - c->workers;
    gauge_add(&d->nodes, c->ordered, core_now(s->core));
    databricks_log(w, s, "workers", (double)c->workers, (double)to, start_ns);
    databricks_later(s, c, DATABRICKS_GREW, start_ns);
}

/* The use of its workers since then, when worked_ns was done. */
static double databricks_use(const struct service *s, const struct databricks_cluster *c,
                             int64_t since_ns, double worked_ns)
{
    const struct databricks *d = s->state;
    const double there_ns = (double)c->workers * (double)(core_now(s->core) - since_ns);
    return there_ns > 0 ? (host_worked_ns(&c->host) - worked_ns) * (double)d->most / there_ns : 1;
}

/* Less is decided so often: down to what was used since the last time, if that was little. */
static void databricks_shrink(struct world *w, struct service *s, struct databricks_cluster *c)
{
    const struct databricks_params *p = s->params;
    const double use = databricks_use(s, c, c->down_ns, c->down_worked_ns);
    const int64_t to = (int64_t)fmax(ceil(use * (double)c->workers), (double)p->min_workers_count);
    if (use < p->autoscale.below_ratio && to < c->workers) {
        databricks_log(w, s, "workers", (double)c->workers, (double)to, 0);
        databricks_set_workers(s, c, to);
    }
    c->down_ns = core_now(s->core);
    c->down_worked_ns = host_worked_ns(&c->host);
}

/* Optimized autoscaling: up in two steps while tasks wait, down by what is used. */
static void databricks_autoscale(struct world *w, struct service *s, struct databricks_cluster *c)
{
    const struct databricks_params *p = s->params;
    const int64_t now_ns = core_now(s->core);
    const double use = databricks_use(s, c, now_ns - DATABRICKS_TICK_NS, c->worked_ns);
    const int64_t down_ns = p->autoscale.down_after_ns >= 0 ? p->autoscale.down_after_ns
                            : p->compute == DATABRICKS_JOBS ? DATABRICKS_DOWN_JOBS_NS
                                                            : DATABRICKS_DOWN_SHARED_NS;
    c->high_ns = use >= DATABRICKS_BUSY ? c->high_ns : now_ns;
    if (c->ordered == 0 && c->workers < p->max_workers_count &&
        now_ns - c->high_ns >= p->autoscale.up_after_ns) {
        databricks_grow(w, s, c);
    } else if (c->ordered == 0 && now_ns - c->down_ns >= down_ns) {
        databricks_shrink(w, s, c);
    }
}

/* ---- scaling of a warehouse's clusters ---- */

static double databricks_more(const struct service *s)
{
    const struct databricks_params *p = s->params;
    const struct databricks *d = s->state;
    const struct frame *first = line_head(&d->line, s->core);
    if (d->line.count == 0) {
        return 0;
    }
    if (p->serverless) { /* what waits is to have a place */
        return ceil((double)d->line.count / d->places);
    }
    const double at_a_time = (double)d->places * (d->up + d->starting);
    const double more = clusters_more(
        clusters_load_min(&d->scaling, (double)d->inside.value, d->line.count, at_a_time));
    return core_now(s->core) - first->start_ns >= p->queued_at_most_ns ? fmax(more, 1) : more;
}

/* The empty ones first, then those with the fewest, which drain. */
static void databricks_fewer(struct world *w, struct service *s, uint32_t keep)
{
    struct databricks *d = s->state;
    uint32_t there = d->up;
    for (uint32_t i = 0; i < d->count; i++) {
        there -= d->clusters[i].state == DATABRICKS_UP && d->clusters[i].draining;
    }
    while (there > keep) {
        struct databricks_cluster *least = NULL;
        for (uint32_t i = 0; i < d->count; i++) {
            struct databricks_cluster *c = &d->clusters[i];
            if (c->state == DATABRICKS_UP && !c->draining &&
                (least == NULL || c->host.inside < least->host.inside)) {
                least = c;
            }
        }
        least->draining = true;
        there--;
        if (least->host.inside == 0) {
            databricks_stop(w, s, least);
        }
    }
}

/* The load in clusters: by places, or by the work that was done since the last look. */
static double databricks_needed(const struct databricks *d)
{
    double worked_ns = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        worked_ns += host_worked_ns(&d->clusters[i].host) - d->clusters[i].worked_ns;
    }
    return ceil(fmax(worked_ns / (double)DATABRICKS_TICK_NS,
                     (double)(d->inside.value + d->line.count) / d->places));
}

static void databricks_scale(struct world *w, struct service *s)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const int64_t now_ns = core_now(s->core);
    clusters_seen(&d->scaling, now_ns, gauge_area_s(&d->inside, now_ns), databricks_needed(d));
    if (d->up == 0) {
        return;
    }
    /* those that start are for who waits already */
    const double more = databricks_more(s) - d->starting;
    if (more >= 1) {
        databricks_add(w, s, fmin(more, (double)(d->count - d->starting)));
        return;
    }
    if (d->line.count == 0 && d->starting == 0) {
        databricks_fewer(w, s,
                         clusters_keep(&d->scaling, now_ns - p->scale_down_after_ns,
                                       (uint32_t)p->min_clusters_count));
    }
}

/* ---- every ten seconds ---- */

static int64_t databricks_stop_ns(const struct databricks_params *p)
{
    if (p->auto_stop_ns >= 0) {
        return p->auto_stop_ns;
    }
    return DATABRICKS_MINUTE_NS * (p->serverless                  ? DATABRICKS_STOP_FAST_MIN
                                   : p->compute == DATABRICKS_SQL ? DATABRICKS_STOP_SQL_MIN
                                                                  : DATABRICKS_STOP_MIN);
}

static void databricks_look(struct world *w, struct service *s)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const int64_t now_ns = core_now(s->core), stop_ns = databricks_stop_ns(p);
    if (p->compute == DATABRICKS_SQL) {
        databricks_scale(w, s);
    }
    int64_t idle_ns = 0; /* the last to have been busy */
    for (uint32_t i = 0; i < d->count; i++) {
        struct databricks_cluster *c = &d->clusters[i];
        if (c->state == DATABRICKS_UP) {
            c->idle_ns = c->host.inside > 0 ? now_ns : c->idle_ns;
            idle_ns = c->idle_ns > idle_ns ? c->idle_ns : idle_ns;
            if (p->compute != DATABRICKS_SQL) {
                databricks_autoscale(w, s, c);
            }
            c->worked_ns = host_worked_ns(&c->host);
        }
    }
    for (uint32_t i = 0; i < d->count && stop_ns > 0 && d->line.count == 0 && d->starting == 0 &&
                         now_ns - idle_ns >= stop_ns;
         i++) {
        if (d->clusters[i].state == DATABRICKS_UP) {
            databricks_stop(w, s, &d->clusters[i]);
        }
    }
    databricks_next(s);
    service_timer(s, DATABRICKS_TICK_NS, d->count * DATABRICKS_TIMERS);
}

/* Of all workers a Spot one, if it is one that is there. */
static void databricks_lose(struct world *w, struct service *s, struct databricks_cluster *c)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    if (random_uniform(&d->spot_random) * (double)d->most < (double)c->workers) {
        databricks_count(w, d, DATABRICKS_LOST, 1);
        databricks_set_workers(s, c, c->workers - 1);
        databricks_later(s, c, DATABRICKS_REPLACED,
                         databricks_start_ns(p, d, p->worker_start_ns_dist) +
                             (double)p->spot.lost_ns);
    }
    databricks_later(s, c, DATABRICKS_LOSE, databricks_lost_gap_ns(p, d));
}

static void databricks_grew(struct service *s, struct databricks_cluster *c)
{
    struct databricks *d = s->state;
    const int64_t now_ns = core_now(s->core);
    const int64_t to = c->workers + c->ordered;
    gauge_add(&d->nodes, -c->ordered, now_ns); /* counted with the workers from now on */
    c->ordered = 0;
    databricks_set_workers(s, c, to < d->most ? to : d->most);
    c->high_ns = c->down_ns = now_ns;
    c->down_worked_ns = host_worked_ns(&c->host);
}

static void databricks_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    if (slot == d->count * DATABRICKS_TIMERS) {
        databricks_look(w, s);
        return;
    }
    struct databricks_cluster *c = &d->clusters[slot / DATABRICKS_TIMERS];
    const enum databricks_timer timer = (enum databricks_timer)(slot % DATABRICKS_TIMERS);
    if (timer == DATABRICKS_HOST) {
        host_due(&c->host);
        return;
    }
    if (c->stale[timer] > 0) {
        c->stale[timer]--;
        return;
    }
    c->pending[timer]--;
    if (timer == DATABRICKS_STARTED) {
        databricks_up(s, c);
        databricks_next(s);
        if (p->compute == DATABRICKS_JOBS && c->host.inside == 0) {
            databricks_stop(w, s, c); /* its run was withdrawn */
        }
    } else if (timer == DATABRICKS_GREW) {
        databricks_grew(s, c);
    } else if (timer == DATABRICKS_LOSE) {
        databricks_lose(w, s, c);
    } else if (c->workers < d->most) {
        databricks_set_workers(s, c, c->workers + 1);
    }
}

/* ---- the life of a call ---- */

static int64_t databricks_work_ns(const struct databricks *d, double worker_ns)
{
    return llround(worker_ns / (double)d->most);
}

static void databricks_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const double bytes = call_size(w, f);
    struct databricks_cluster *c = d->line.count == 0 ? databricks_free(d) : NULL;
    if (c == NULL && d->line.count >= p->queue_count) {
        service_throttled(w, s, "queue");
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    const double worked_ns =
        (double)f->work_ns + bytes / p->worker_throughput_bytes_per_s * DATABRICKS_S;
    f->work_ns = databricks_work_ns(d, worked_ns);
    f->note = DATABRICKS_NONE;
    clusters_came(&d->scaling);
    databricks_count(w, d, DATABRICKS_READ_BYTES, bytes);
    databricks_count(w, d, DATABRICKS_READS, ceil(bytes / (double)p->read_size_bytes));
    if (c != NULL) {
        databricks_enter(s, c, f);
        return;
    }
    f->block = DATABRICKS_WAITING;
    f->state = FRAME_HELD;
    line_join(&d->line, s->core, f);
    gauge_add(&s->load.queue, 1, core_now(s->core));
    gauge_add(&d->queued, 1, core_now(s->core));
    d->lacked = d->lacked || d->up + d->starting == d->count;
    databricks_want(w, s);
}

static void databricks_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct databricks *d = s->state;
    f->work_ns = databricks_work_ns(d, (double)f->work_ns);
    host_resume(&d->clusters[f->note].host, f);
}

static void databricks_finish(struct world *w, struct service *s, struct frame *f)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const int64_t now_ns = core_now(s->core);
    if (f->block == DATABRICKS_WAITING) {
        f->block = 0;
        line_leave(&d->line, s->core, f);
        gauge_add(&s->load.queue, -1, now_ns);
        gauge_add(&d->queued, -1, now_ns);
    }
    if (f->note == DATABRICKS_NONE) {
        return; /* it never had a place */
    }
    struct databricks_cluster *c = &d->clusters[f->note];
    host_leave(&c->host, f);
    gauge_add(&d->inside, -1, now_ns);
    c->idle_ns = now_ns;
    clusters_left(&d->scaling);
    if (c->host.inside == 0 && (c->draining || p->compute == DATABRICKS_JOBS)) {
        databricks_stop(w, s, c);
        databricks_want(w, s);
    }
    databricks_next(s);
}

/* ---- the service ---- */

static uint32_t databricks_clusters_most(const struct databricks_params *p)
{
    return p->compute == DATABRICKS_SQL    ? (uint32_t)p->max_clusters_count
           : p->compute == DATABRICKS_JOBS ? (uint32_t)p->max_concurrent_runs_count
                                           : 1;
}

static void databricks_start(struct world *w, struct service *s)
{
    const struct databricks_params *p = s->params;
    struct databricks *d = s->state;
    const bool sql = p->compute == DATABRICKS_SQL;
    d->count = databricks_clusters_most(p);
    d->most = sql ? databricks_sizes[p->size].workers : p->max_workers_count;
    d->places = sql                             ? (uint32_t)p->queries_per_cluster_count
                : p->compute == DATABRICKS_JOBS ? 1
                                                : HOST_UNLIMITED;
    d->start_random = service_random(w, s, "starts");
    d->spot_random = service_random(w, s, "spot");
    d->clusters = arena_array(s->arena, d->count, sizeof(*d->clusters));
    summary_init(&d->starts, s->arena);
    service_gauge(s, &d->workers, &d->workers_seen);
    service_gauge(s, &d->nodes, &d->nodes_seen);
    service_gauge(s, &d->running, &d->running_seen);
    service_gauge(s, &d->queued, &d->queued_seen);
    gauge_set(&s->load.capacity, 0, core_now(s->core));
    for (uint32_t i = 0; i < d->count; i++) {
        host_init(
            &d->clusters[i].host,
            &(struct host_setup){.core = s->core,
                                 .load = &s->load,
                                 .arena = s->arena,
                                 .processors = 0,
                                 .step = 1.0 / (double)d->most,
                                 .places_count = d->places,
                                 .backlog_count = 0,
                                 .service = s->index,
                                 .timer = databricks_slot(d, &d->clusters[i], DATABRICKS_HOST)});
    }
    clusters_init(&d->scaling);
    service_timer(s, DATABRICKS_TICK_NS, d->count * DATABRICKS_TIMERS);
    const uint32_t running = p->at_start == DATABRICKS_STOPPED ? 0
                             : sql                             ? (uint32_t)p->min_clusters_count
                             : p->compute == DATABRICKS_JOBS   ? 0
                                                               : 1;
    for (uint32_t i = 0; i < running; i++) {
        d->starting++;
        gauge_add(&d->nodes, databricks_least(p) + 1, core_now(s->core));
        databricks_up(s, &d->clusters[i]);
    }
}

static double databricks_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct databricks *d = s->state;
    return metric == DATABRICKS_WORKERS    ? (double)d->workers.value
           : metric == DATABRICKS_CLUSTERS ? (double)d->running.value
                                           : (double)d->queued.value;
}

static void databricks_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct databricks_params *p = s->params;
    const struct databricks *d = s->state;
    const double hours = world_window_s(w) / DATABRICKS_HOUR_S, window_s = world_window_s(w);
    const double workers = gauge_mean(&d->workers_seen, window_s);
    const double clusters = gauge_mean(&d->running_seen, window_s);
    for (uint32_t i = 0; i < DATABRICKS_METRICS; i++) {
        own[i].value = d->sums[i];
    }
    own[DATABRICKS_DBUS].value =
        hours * (p->compute == DATABRICKS_SQL ? clusters * databricks_sizes[p->size].dbu_per_hour
                                              : (workers + clusters) * p->node_dbu);
    own[DATABRICKS_WORKER_HOURS].value = hours * workers;
    own[DATABRICKS_NODE_HOURS].value =
        p->serverless ? 0 : hours * gauge_mean(&d->nodes_seen, window_s);
    own[DATABRICKS_WORKERS].value = workers;
    own[DATABRICKS_WORKERS_MAX].value = (double)d->workers_seen.max;
    own[DATABRICKS_CLUSTERS].value = clusters;
    own[DATABRICKS_CLUSTERS_MAX].value = (double)d->running_seen.max;
    own[DATABRICKS_START_TIME].summary = &d->starts;
    own[DATABRICKS_QUEUED].value = gauge_mean(&d->queued_seen, window_s);
    own[DATABRICKS_QUEUED_MAX].value = (double)d->queued_seen.max;
}

static void databricks_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct databricks_params *p = s->params;
    const struct databricks *d = s->state;
    /* a run is to use all workers of its cluster, and lacks nothing before it waits for another */
    const bool job = p->compute == DATABRICKS_JOBS;
    const bool limited = d->places != HOST_UNLIMITED && (!job || d->lacked);
    double worked_s = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        worked_s += host_worked_ns(&d->clusters[i].host) * (double)d->most / DATABRICKS_S;
    }
    usage[DATABRICKS_OF_WORKERS] = (struct usage){
        .used = worked_s, .available = job ? (double)INFINITY : (double)d->most * d->count};
    usage[DATABRICKS_OF_PLACES] = (struct usage){
        .used = gauge_area_s(&d->inside, core_now(s->core)),
        .available = limited ? (double)d->places * d->count : (double)INFINITY,
    };
}

static const char *databricks_check(const void *params)
{
    const struct databricks_params *p = params;
    if (p->min_workers_count > p->max_workers_count) {
        return "min_workers: more than `max_workers`";
    }
    if (p->min_clusters_count > p->max_clusters_count) {
        return "min_clusters: more than `max_clusters`";
    }
    if (p->serverless && p->pool) {
        return "pool: serverless compute has no machines of yours";
    }
    if (p->serverless && !isnan(p->spot.share_ratio)) {
        return "spot: serverless compute has no machines of yours";
    }
    if (p->compute == DATABRICKS_JOBS && p->at_start == DATABRICKS_RUNNING) {
        return "at_start: a job's clusters start with its runs";
    }
    return NULL;
}

static const char *databricks_forbid(const void *params, const struct passage *passage,
                                     struct arena *arena)
{
    static const char *const words[] = {"command", "run", "query"};
    const struct databricks_params *p = params;
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    const int16_t builtin = callee->operations[passage->operation].builtin;
    return callee->params == params && builtin >= 0 && builtin != p->compute
               ? arena_printf(arena, "'%s' cannot %s: its compute takes '%s'", callee->name,
                              words[builtin], words[p->compute])
               : NULL;
}

const struct model databricks_model = {
    .info =
        {
            .name = "databricks",
            .title = "Databricks on AWS: clusters of users and jobs, and SQL warehouses",
            .text =
                "Work is time of one worker, and a call's size adds size / `worker_throughput`; a "
                "call that is alone runs on all n workers of its cluster, in work / n, and k calls "
                "share them equally (processor sharing). all_purpose: one cluster for all calls. "
                "jobs: each run starts a cluster of its own, which stops after it; further runs "
                "wait. sql_warehouse: clusters of `size` with `queries_per_cluster` at a time; "
                "further queries wait, and a queue that is full rejects. A cluster takes "
                "`cluster_start` (seconds when serverless, less than a minute from a pool), which "
                "who comes first waits for; one that is idle for `auto_stop` stops. Optimized "
                "autoscaling looks every ten seconds: from min to max workers in two steps while "
                "all are busy, and down to what was used after 40 s (jobs) or 150 s. A warehouse "
                "adds clusters by the minutes of load that run, wait and will come in two minutes "
                "(from 2: one, 6: two, 12: three, and one for each 15 beyond 22), or serverless "
                "for all that wait, and keeps what the highest load of the last 15 minutes needs. "
                "A Spot worker that is interrupted takes `spot.lost` of its work with it. Left "
                "out: memory, spill, skew, stages and shuffle, limits of the driver, starts that "
                "fail for want of machines, standard autoscaling, Photon; retries of runs are the "
                "caller's `retry`; reads of the data are counted, not simulated: what a query "
                "waits for at S3 or a catalogue are its `calls`, with a `size` of their own.",
            ROWS(params, databricks_params),
            ROWS(metrics, databricks_metrics),
            ROWS(operations, databricks_operations),
            ROWS(resources, databricks_resources),
            ROWS(only, databricks_only),
            .params_size = sizeof(struct databricks_params),
            .target_kind = TARGET_KIND_NONE,
            .takes_work = true,
            .takes_operations = true,
            .scales = true,
            .work_help = "time of one worker that has nothing else to do",
            .branch_work = "work inside 'parallel' takes its time, but no share of the workers: "
                           "give it an operation of its own if that matters",
            .resource = "present workers",
            .check = databricks_check,
            .forbid = databricks_forbid,
        },
    .state_size = sizeof(struct databricks),
    .start = databricks_start,
    .timer = databricks_timer,
    .level = databricks_level,
    .observe = databricks_observe,
    .usage = databricks_usage,
    .arrive = databricks_arrive,
    .resume = databricks_resume,
    .finish = databricks_finish,
};
