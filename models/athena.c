/* athena: queries of a workgroup of Amazon Athena.
 * A start request takes a token of the account and a place of its quota of active queries, which
 * counts those that wait too. The query waits for capacity in order, plans, asks the catalog, and
 * takes bytes / rate to scan. Blocks: throttle, allotment, leases, records. Left out: polling for
 * the end, federated and Spark queries, queries that get more DPUs as they run. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/athena_tables.h"
#include "sim/blocks/allotment.h"
#include "sim/blocks/leases.h"
#include "sim/blocks/records.h"
#include "sim/blocks/throttle.h"

#define ATHENA_MB 1e6
#define ATHENA_LEAST_MB 10. /* of a bill: Amazon Athena pricing */
#define ATHENA_HOUR_S 3600.
#define ATHENA_NS_PER_S 1e9
#define ATHENA_NOT_KEPT UINT32_MAX
enum { ATHENA_PAGE = 1000 };                       /* partitions of a GetPartitions */
enum { ATHENA_NEXT, ATHENA_LIMIT, ATHENA_TIMERS }; /* of each query */
static const char *const athena_limits[] = {"active DML queries", "active DDL queries"};

enum athena_stage {
    ATHENA_WAITS,
    ATHENA_REUSES,
    ATHENA_PLANS,
    ATHENA_ASKS,  /* the catalog */
    ATHENA_READS, /* its source has been asked */
    ATHENA_SCANS,
    ATHENA_WRITES,
    ATHENA_IS_OVER, /* but for what every request calls */
};

struct athena_query {
    uint32_t next_event, limit_event;
    uint32_t frame;
    uint32_t holder; /* of its result, or ATHENA_NOT_KEPT */
    uint8_t stage, operation;
    bool measured, cancelled, too_much; /* by a timeout; it scans more than it may */
    int64_t tries, pages, units;
    int64_t came_ns, began_ns, scan_ns;
    double bytes, scanned;
};

/* Of all workgroups of the account. */
struct athena_account {
    struct throttle starts;
    struct gauge active[ATHENA_OPERATIONS]; /* on demand */
    int64_t most[ATHENA_OPERATIONS];
};

struct athena {
    struct allotment running;
    struct leases results;
    struct records queries;
    struct random size_random, startup_random, result_random, reuse_random, retry_random;
    struct summary times[ATHENA_PLANNING + 1];
    double counts[ATHENA_METRICS];
};

static bool athena_on_demand(const struct service *s)
{
    const struct athena_params *p = s->params;
    return p->capacity_count < 0;
}

static void athena_start(struct world *w, struct service *s)
{
    const struct athena_params *p = s->params;
    const struct athena_quotas *quotas = s->quotas;
    struct athena *athena = s->state;
    struct athena_account *account = s->shared; /* all services say the same */
    throttle_init(&account->starts, quotas->starts_per_s, quotas->starts_burst_count);
    account->most[ATHENA_QUERY] = strcmp(world_region(w), "us-east-1") == 0
                                      ? quotas->active_dml.us_east_1_count
                                      : quotas->active_dml.sa_east_1_count;
    account->most[ATHENA_DDL] = quotas->active_ddl_count;
    athena->running.places_most = athena_on_demand(s) ? p->running_count : ALLOTMENT_UNLIMITED;
    athena->running.units_most = athena_on_demand(s) ? ALLOTMENT_UNLIMITED : p->capacity_count;
    if (p->reuse.max_age_ns >= 0) {
        leases_init(&athena->results, s->arena,
                    &(struct leases_rules){.holders_count = p->reuse.queries_popularity.n,
                                           .zipf_s = p->reuse.queries_popularity.s,
                                           .lifetime_ns = p->reuse.max_age_ns,
                                           .uses_max = LEASES_USES_UNLIMITED});
    }
    records_init(&athena->queries, s->arena, sizeof(struct athena_query));
    athena->size_random = service_random(w, s, "sizes");
    athena->startup_random = service_random(w, s, "startup");
    athena->result_random = service_random(w, s, "results");
    athena->reuse_random = service_random(w, s, "reuse");
    athena->retry_random = service_random(w, s, "retries");
    for (uint32_t i = 0; i <= ATHENA_PLANNING; i++) {
        summary_init(&athena->times[i], s->arena);
    }
    const int64_t most = athena_on_demand(s) ? p->running_count : p->capacity_count;
    s->load.unlimited = most == PARAM_INFINITE;
    gauge_set(&s->load.capacity, s->load.unlimited ? 0 : most, core_now(s->core));
}

static struct athena_query *athena_query(const struct athena *athena, const struct frame *f)
{
    return records_at(&athena->queries, f->note);
}

static void athena_count(struct athena *athena, const struct athena_query *q,
                         enum athena_metric metric, double by)
{
    athena->counts[metric] += q->measured ? by : 0;
}

static void athena_time(struct athena *athena, const struct athena_query *q,
                        enum athena_metric metric, int64_t time_ns)
{
    if (q->measured) {
        summary_add(&athena->times[metric], time_ns);
    }
}

/* ---- a query, stage by stage ---- */

static void athena_wait(struct service *s, struct athena_query *q, enum athena_stage stage,
                        int64_t time_ns)
{
    q->stage = (uint8_t)stage;
    core_frame(s->core, q->frame)->state = FRAME_HELD;
    q->next_event = service_timer(s, time_ns, core_frame(s->core, q->frame)->note * ATHENA_TIMERS);
}

static void athena_over(const struct service *s, struct athena_query *q)
{
    q->stage = ATHENA_IS_OVER;
    core_go(s->core, core_frame(s->core, q->frame));
}

/* The call that the stage makes; after a bad answer once more. */
static void athena_call(struct world *w, struct service *s, struct athena_query *q,
                        enum athena_stage stage)
{
    const struct athena_params *p = s->params;
    struct athena *athena = s->state;
    struct frame *f = core_frame(s->core, q->frame);
    const struct call_target *target = stage == ATHENA_ASKS    ? &p->catalog_target
                                       : stage == ATHENA_READS ? &p->source_target
                                                               : &p->results_target;
    q->tries = q->stage == stage ? q->tries + 1 : 1;
    q->stage = (uint8_t)stage;
    f->flags |= FRAME_SIZED; /* what it calls is told of these bytes */
    core_more(s->core, f)->size_bytes =
        (float)(stage == ATHENA_READS ? q->bytes
                : stage == ATHENA_WRITES
                    ? distribution_draw(p->result_size_bytes_dist, &athena->result_random)
                    : 0);
    call_forward(w, f, target->edge, 0, TIME_NONE);
}

static void athena_scan(struct service *s, struct athena_query *q)
{
    const struct athena_params *p = s->params;
    q->scan_ns = core_now(s->core);
    athena_wait(s, q, ATHENA_SCANS, llround(q->bytes / p->scan_rate_bytes_per_s * ATHENA_NS_PER_S));
}

static void athena_read(struct world *w, struct service *s, struct athena_query *q)
{
    const struct athena_params *p = s->params;
    athena_time(s->state, q, ATHENA_PLANNING, core_now(s->core) - q->began_ns);
    if (q->operation == ATHENA_DDL) {
        athena_over(s, q);
    } else if (p->source_target.service != SERVICE_NONE) {
        athena_call(w, s, q, ATHENA_READS);
    } else {
        athena_scan(s, q);
    }
}

static void athena_scanned(struct world *w, struct service *s, struct athena_query *q)
{
    const struct athena_params *p = s->params;
    q->scanned = q->bytes;
    if (q->too_much) {
        q->cancelled = true;
        q->stage = ATHENA_IS_OVER;
        core_end(s->core, core_frame(s->core, q->frame), OUTCOME_FAILED);
    } else if (p->results_target.service != SERVICE_NONE) {
        athena_call(w, s, q, ATHENA_WRITES);
    } else {
        athena_over(s, q);
    }
}

/* What the stage waited for is there. */
static void athena_next(struct world *w, struct service *s, struct athena_query *q)
{
    const struct athena_params *p = s->params;
    switch ((enum athena_stage)q->stage) {
    case ATHENA_PLANS:
        q->pages = p->catalog_target.service != SERVICE_NONE && q->operation == ATHENA_QUERY
                       ? (p->partitions_count + ATHENA_PAGE - 1) / ATHENA_PAGE
                       : 0;
        break;
    case ATHENA_ASKS:
        q->tries = 0; /* of the next page */
        break;
    case ATHENA_READS:
        athena_scan(s, q);
        return;
    case ATHENA_SCANS:
        athena_scanned(w, s, q);
        return;
    default: /* it has waited for a result that was there, or has written one */
        athena_over(s, q);
        return;
    }
    if (q->pages-- > 0) {
        athena_call(w, s, q, ATHENA_ASKS);
    } else {
        athena_read(w, s, q);
    }
}

/* Its turn has come. */
static void athena_begin(struct service *s, struct frame *f)
{
    const struct athena_params *p = s->params;
    struct athena *athena = s->state;
    struct athena_query *q = athena_query(athena, f);
    const int64_t now_ns = core_now(s->core);
    allotment_take(&athena->running, q->units, now_ns);
    gauge_add(&s->load.busy, athena_on_demand(s) ? 1 : q->units, now_ns);
    load_serve(&s->load, s->core, f);
    q->began_ns = now_ns;
    athena_time(athena, q, ATHENA_QUEUE, now_ns - q->came_ns);
    q->limit_event =
        service_timer(s, q->operation == ATHENA_DDL ? p->ddl_timeout_ns : p->query_timeout_ns,
                      f->note * ATHENA_TIMERS + ATHENA_LIMIT);
    athena_wait(s, q, ATHENA_PLANS,
                distribution_draw_int(p->startup_ns_dist, &athena->startup_random));
}

static void athena_line(struct service *s)
{
    struct athena *athena = s->state;
    struct frame *f;
    while ((f = line_head(&athena->running.line, s->core)) != NULL &&
           allotment_fits(&athena->running, athena_query(athena, f)->units)) {
        line_leave(&athena->running.line, s->core, f);
        gauge_add(&s->load.queue, -1, core_now(s->core));
        athena_query(athena, f)->stage = ATHENA_REUSES; /* it waits no longer */
        if (f->flags & FRAME_WITHDRAWN) {
            continue; /* it ends at this instant anyway */
        }
        if (core_late(s->core, f)) {
            core_end(s->core, f, OUTCOME_TIMEOUT);
        } else {
            athena_begin(s, f);
        }
    }
}

static void athena_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct athena *athena = s->state;
    struct athena_query *q = records_at(&athena->queries, slot / ATHENA_TIMERS);
    if (slot % ATHENA_TIMERS == ATHENA_NEXT) {
        q->next_event = EVENT_NONE;
        athena_next(w, s, q);
    } else {
        q->limit_event = EVENT_NONE;
        q->cancelled = true;
        call_cut(w, core_frame(s->core, q->frame), OUTCOME_TIMEOUT);
    }
}

/* ---- the life of a call ---- */

/* An earlier result is young enough: that is the answer. */
static bool athena_reuse(struct service *s, struct athena_query *q)
{
    const struct athena_params *p = s->params;
    struct athena *athena = s->state;
    if (p->reuse.max_age_ns < 0 || q->operation == ATHENA_DDL) {
        return false;
    }
    q->holder = leases_draw(&athena->results, &athena->reuse_random);
    if (leases_use(&athena->results, q->holder, core_now(s->core)) == LEASE_OVER) {
        return false;
    }
    q->holder = ATHENA_NOT_KEPT;
    athena_wait(s, q, ATHENA_REUSES,
                distribution_draw_int(p->reuse.time_ns_dist, &athena->reuse_random));
    return true;
}

/* False: the account has no room for it. */
static bool athena_admit(struct world *w, struct service *s, struct frame *f)
{
    struct athena *athena = s->state;
    struct athena_account *account = s->shared;
    const bool measured = f->flags & FRAME_MEASURED;
    if (!throttle_pass(&account->starts, core_now(s->core), 1)) {
        athena->counts[ATHENA_THROTTLED] += measured;
        call_throttle(w, f, "start requests");
        return false;
    }
    if (athena_on_demand(s) && account->active[f->operation].value == account->most[f->operation]) {
        athena->counts[ATHENA_TOO_MANY] += measured;
        call_throttle(w, f, athena_limits[f->operation]);
        return false;
    }
    return true;
}

static int64_t athena_units(const struct athena_params *p, uint8_t operation)
{
    if (p->capacity_count < 0) {
        return 0;
    }
    return operation == ATHENA_DDL ? ATHENA_DDL_DPUS : p->query_dpus_count;
}

static void athena_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct athena_params *p = s->params;
    struct athena *athena = s->state;
    struct athena_account *account = s->shared;
    if (f->note != RECORDS_NONE) { /* what it called has refused it */
        athena_call(w, s, athena_query(athena, f), athena_query(athena, f)->stage);
        return;
    }
    if (!athena_admit(w, s, f)) {
        return;
    }
    f->note = records_take(&athena->queries);
    struct athena_query *q = athena_query(athena, f);
    *q = (struct athena_query){
        .frame = core_slot(s->core, f),
        .next_event = EVENT_NONE,
        .limit_event = EVENT_NONE,
        .holder = ATHENA_NOT_KEPT,
        .operation = f->operation,
        .measured = f->flags & FRAME_MEASURED,
        .units = athena_units(p, f->operation),
        .came_ns = core_now(s->core),
        .began_ns = -1,
        .bytes = f->operation == ATHENA_DDL ? 0
                 : f->flags & FRAME_SIZED
                     ? call_size(w, f)
                     : distribution_draw(p->scanned_bytes_dist, &athena->size_random),
    };
    if (athena_on_demand(s)) {
        gauge_add(&account->active[q->operation], 1, q->came_ns);
    }
    if (p->scan_limit_bytes >= 0 && q->bytes > (double)p->scan_limit_bytes) {
        q->bytes = (double)p->scan_limit_bytes;
        q->too_much = true;
    }
    if (athena_reuse(s, q)) {
        load_serve(&s->load, s->core, f);
    } else if (athena->running.line.count == 0 && allotment_fits(&athena->running, q->units)) {
        athena_begin(s, f);
    } else {
        line_join(&athena->running.line, s->core, f);
        gauge_add(&s->load.queue, 1, q->came_ns);
    }
}

static bool athena_answered(struct world *w, struct service *s, struct frame *f)
{
    struct athena_query *q = athena_query(s->state, f);
    if (q->stage == ATHENA_IS_OVER) {
        return true;
    }
    f->state = FRAME_HELD;
    athena_next(w, s, q);
    return false;
}

/* Throttled by the catalog or a bucket: some more tries, then the query fails. */
static bool athena_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    const struct athena_params *p = s->params;
    struct athena *athena = s->state;
    const struct athena_query *q = athena_query(athena, f);
    const bool called =
        q->stage == ATHENA_ASKS || q->stage == ATHENA_READS || q->stage == ATHENA_WRITES;
    if (!called || q->cancelled || q->tries >= p->attempts.count_count ||
        (outcome != OUTCOME_THROTTLED && outcome != OUTCOME_TIMEOUT &&
         outcome != OUTCOME_UNAVAILABLE)) {
        return false;
    }
    call_again(w, f, distribution_draw_int(p->attempts.wait_ns_dist, &athena->retry_random));
    return true;
}

/* What it had scanned when it was cancelled, and what it has cost. */
static void athena_bill(struct service *s, struct athena_query *q, bool good, bool cancelled)
{
    const struct athena_params *p = s->params;
    struct athena *athena = s->state;
    const int64_t now_ns = core_now(s->core);
    if (q->stage == ATHENA_SCANS && cancelled) {
        q->scanned = fmin(q->bytes, (double)(now_ns - q->scan_ns) / ATHENA_NS_PER_S *
                                        p->scan_rate_bytes_per_s);
    }
    const bool ran = q->began_ns >= 0;
    athena_count(athena, q, ATHENA_PROCESSED, q->scanned);
    if (ran && (good || cancelled) && athena_on_demand(s) && q->operation == ATHENA_QUERY) {
        athena_count(athena, q, ATHENA_BILLED,
                     fmax(ATHENA_LEAST_MB, ceil(q->scanned / ATHENA_MB)) * ATHENA_MB);
    }
    if (ran) {
        athena_count(athena, q, ATHENA_CONSUMED,
                     (double)q->units * (double)(now_ns - q->began_ns) / ATHENA_NS_PER_S /
                         ATHENA_HOUR_S);
    }
}

static void athena_end(struct service *s, struct athena_query *q, bool good)
{
    struct athena *athena = s->state;
    const int64_t now_ns = core_now(s->core);
    if (good) {
        athena_time(athena, q, ATHENA_TOTAL, now_ns - q->came_ns);
    }
    if (good && q->began_ns >= 0) {
        athena_time(athena, q, ATHENA_ENGINE, now_ns - q->began_ns);
    } else if (good) {
        athena_count(athena, q, ATHENA_REUSED, 1);
    }
    if (good && q->holder != ATHENA_NOT_KEPT) {
        leases_renew(&athena->results, q->holder, now_ns);
    }
}

static void athena_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct athena *athena = s->state;
    struct athena_account *account = s->shared;
    struct athena_query *q = athena_query(athena, f);
    const int64_t now_ns = core_now(s->core);
    const bool cancelled = q->cancelled || f->flags & FRAME_WITHDRAWN;
    const bool good = f->answer == OUTCOME_OK && !cancelled;
    athena_bill(s, q, good, cancelled);
    athena_end(s, q, good);
    athena_count(athena, q,
                 good        ? ATHENA_SUCCEEDED
                 : cancelled ? ATHENA_CANCELLED
                             : ATHENA_FAILED,
                 1);
    if (q->next_event != EVENT_NONE) {
        events_cancel(&s->core->events, q->next_event);
    }
    if (q->limit_event != EVENT_NONE) {
        events_cancel(&s->core->events, q->limit_event);
    }
    if (athena_on_demand(s)) {
        gauge_add(&account->active[q->operation], -1, now_ns);
    }
    if (q->stage == ATHENA_WAITS) {
        line_leave(&athena->running.line, s->core, f);
        gauge_add(&s->load.queue, -1, now_ns);
    } else if (q->began_ns >= 0) {
        allotment_give(&athena->running, q->units, now_ns);
        gauge_add(&s->load.busy, athena_on_demand(s) ? -1 : -q->units, now_ns);
    }
    records_give(&athena->queries, f->note);
    f->note = RECORDS_NONE;
    athena_line(s);
}

/* ---- results ---- */

static void athena_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct athena_params *p = s->params;
    struct athena *athena = s->state;
    if (p->capacity_count > 0) {
        athena->counts[ATHENA_PROVISIONED] =
            (double)p->capacity_count * world_window_s(w) / ATHENA_HOUR_S;
    }
    for (uint32_t i = 0; i < ATHENA_METRICS; i++) {
        if (i <= ATHENA_PLANNING) {
            own[i].summary = &athena->times[i];
        } else {
            own[i].value = athena->counts[i];
        }
    }
}

/* A reservation's queries are not in the account's quota of active ones. */
static void athena_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct athena_account *account = s->shared;
    const struct allotment *running = &((const struct athena *)s->state)->running;
    const int64_t now_ns = core_now(s->core);
    usage[ATHENA_OF_ACTIVE] = usage_of_level(
        &account->active[ATHENA_QUERY],
        athena_on_demand(s) ? account->most[ATHENA_QUERY] : ALLOTMENT_UNLIMITED, now_ns);
    usage[ATHENA_OF_STARTS] = (struct usage){.used = (double)account->starts.taken,
                                             .available = account->starts.rate_per_s};
    usage[ATHENA_OF_RUNNING] = usage_of_level(&running->places, running->places_most, now_ns);
    usage[ATHENA_OF_DPUS] = usage_of_level(&running->units, running->units_most, now_ns);
}

static const char *athena_check(const void *params)
{
    const struct athena_params *p = params;
    if (p->capacity_count > 0 && p->capacity_count % ATHENA_DPUS_STEP != 0) {
        return "capacity: DPUs are reserved in steps of 4";
    }
    if (p->capacity_count > 0 && p->query_dpus_count > p->capacity_count) {
        return "query_dpus: more than `capacity`, so that no query could ever run";
    }
    if (p->capacity_count > 0 && p->running_count != PARAM_INFINITE) {
        return "running: on demand only; a reservation's queries are limited by its `capacity`";
    }
    if (p->reuse.max_age_ns >= 0 && p->reuse.queries_popularity.n > LEASES_HOLDERS_MAX) {
        return "reuse.queries: expected at most 10M queries";
    }
    return NULL;
}

const struct model athena_model = {
    .info =
        {
            .name = "athena",
            .title = "Amazon Athena: SQL queries on what lies in buckets",
            .text =
                "A service is a workgroup. A call is a query until it is over, from "
                "StartQueryExecution on. It takes a token of the account's start requests and, on "
                "demand, a place of the account's quota of active queries, which those that wait "
                "hold too: over either it ends as `throttled` (TooManyRequestsException), and its "
                "caller tries again. Then it waits, first come, first served, for one of "
                "`running` places or, with a reservation, for DPUs of its `capacity`; such queries "
                "are not in the quota. On its turn it plans (`startup`), asks `catalog` for "
                "partitions page by page, tells `source` what it reads, scans bytes / `scan_rate`, "
                "which DPUs do not change here, and puts its result. What those calls refuse as "
                "throttled is tried again, `attempts.count` in all. With `reuse` a query whose "
                "result is "
                "young enough takes `reuse.time` and scans nothing. Over the timeout it is "
                "cancelled. Bytes are billed on demand for queries that succeed or are cancelled. "
                "Left out: polling for the end, federated and Spark queries.",
            ROWS(params, athena_params),
            ROWS(quotas, athena_quotas),
            ROWS(metrics, athena_metrics),
            ROWS(operations, athena_operations),
            ROWS(resources, athena_resources),
            .params_size = sizeof(struct athena_params),
            .quotas_size = sizeof(struct athena_quotas),
            .target_kind = TARGET_KIND_NONE,
            .check = athena_check,
        },
    .state_size = sizeof(struct athena),
    .shared_size = sizeof(struct athena_account),
    .start = athena_start,
    .timer = athena_timer,
    .arrive = athena_arrive,
    .answered = athena_answered,
    .keep = athena_keep,
    .finish = athena_finish,
    .observe = athena_observe,
    .usage = athena_usage,
};
