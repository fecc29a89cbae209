/* efs: a file system of EFS, which many clients mount. Requests are let go at the pace of several
 * limits at once: the mode's metered throughput (with credits, where it bursts), the region's
 * throughput of a file system, file operations, and the bytes of a client; then the latency passes.
 * Blocks: pace, records. Left out: Max I/O, Infrequent Access and Archive, growth by what is
 * written, locks, caches of clients, mount targets. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/efs_tables.h"
#include "models/paced.h"

enum { EFS_MODE, EFS_REGION, EFS_OPERATIONS, EFS_PACES };
static const char *const efs_resources[EFS_PACES] = {
    [EFS_MODE] = "baseline throughput",
    [EFS_REGION] = "throughput limit",
    [EFS_OPERATIONS] = "file operations",
};

struct efs {
    struct paced paced;
    struct pace paces[EFS_PACES]; /* EFS_MODE: metered bytes; the others: shares of a second */
    struct pace *clients;
    double client_bytes_per_s;
    struct efs_limits limits; /* bytes in read_gib, write_gib */
    struct random latency_random, size_random, client_random;
    double counts[EFS_COUNTS], operations; /* measured */
    double balance, permitted;             /* at the end of the window */
};

/* It bursts: by its mode, or because its size gives it more than is provisioned. */
static bool efs_bursts(const void *params)
{
    const struct efs_params *p = params;
    return p->mode == EFS_BURSTING ||
           (p->mode == EFS_PROVISIONED && efs_baseline(p) > p->throughput_bytes_per_s);
}

static struct pace_terms efs_mode_terms(const struct efs_params *p)
{
    if (!efs_bursts(p)) {
        const double most = p->throughput_bytes_per_s;
        return (struct pace_terms){most, most, 0, 1, 0};
    }
    const double size_tib = fmax(0, (double)p->size_bytes / EFS_TIB);
    const double credits = EFS_CREDITS_MOST * fmax(1, size_tib);
    const double earned = fmax(EFS_EARNED_LEAST_PER_S, efs_baseline(p));
    return (struct pace_terms){
        .baseline_per_s = fmax(EFS_MIB, earned),
        .burst_per_s = EFS_BURST_PER_S * fmax(1, size_tib),
        .credits = credits,
        .initial_ratio = fmin(1, (double)p->credits_bytes / credits),
        .earned_per_s = earned,
    };
}

static void efs_set(double *limit, double given)
{
    *limit = isnan(given) ? *limit : given;
}

/* Of the mode, the kind of storage and the region, or as agreed on. */
static struct efs_limits efs_find_limits(const struct world *w, const struct efs_params *p)
{
    struct efs_limits limits = efs_limits[p->mode];
    if (p->storage == EFS_ONE_ZONE) {
        limits.read_per_s = efs_one_zone_limits.read_per_s;
        limits.write_per_s = efs_one_zone_limits.write_per_s;
        if (p->mode != EFS_BURSTING) {
            limits = efs_one_zone_limits;
        }
    }
    const bool large = strcmp(world_region(w), "us-east-1") == 0;
    limits.read_gib = (large ? limits.read_gib : limits.read_gib_least) * EFS_GIB;
    limits.write_gib = (large ? limits.write_gib : limits.write_gib_least) * EFS_GIB;
    efs_set(&limits.read_per_s, p->max.read_operations_per_s);
    efs_set(&limits.write_per_s, p->max.write_operations_per_s);
    efs_set(&limits.read_gib, p->max.read_bytes_per_s);
    efs_set(&limits.write_gib, p->max.write_bytes_per_s);
    return limits;
}

static void efs_start(struct world *w, struct service *s)
{
    const struct efs_params *p = s->params;
    struct efs *efs = s->state;
    const struct pace_terms shares = {1, 1, 0, 1, 0};
    efs->limits = efs_find_limits(w, p);
    if (p->mode != EFS_ELASTIC) {
        const struct pace_terms mode = efs_mode_terms(p);
        pace_init(&efs->paces[EFS_MODE], &mode);
    }
    pace_init(&efs->paces[EFS_REGION], &shares);
    pace_init(&efs->paces[EFS_OPERATIONS], &shares);
    efs->client_bytes_per_s = p->client_max_bytes_per_s;
    if (isnan(efs->client_bytes_per_s)) {
        const bool fast = p->mode == EFS_ELASTIC && p->storage == EFS_REGIONAL;
        efs->client_bytes_per_s = fast ? EFS_CLIENT_ELASTIC_PER_S : EFS_CLIENT_PER_S;
    }
    const struct pace_terms client = {efs->client_bytes_per_s, efs->client_bytes_per_s, 0, 1, 0};
    if (p->clients_count > 0) {
        efs->clients = arena_array(s->arena, (size_t)p->clients_count, sizeof(*efs->clients));
    }
    for (int64_t i = 0; i < p->clients_count; i++) {
        pace_init(&efs->clients[i], &client);
    }
    paced_start(s, &efs->paced);
    efs->latency_random = service_random(w, s, "latency");
    efs->size_random = service_random(w, s, "sizes");
    efs->client_random = service_random(w, s, "clients");
}

/* A request, as NFS sends it: in pieces of 1 MiB, the last of them so large. */
struct efs_request {
    bool reads, data;
    double bytes, last, pieces;
    double metered; /* at full rate, 4 KiB a piece at least */
};

static struct efs_request efs_request(struct world *w, struct service *s, const struct frame *f)
{
    const struct efs_params *p = s->params;
    struct efs *efs = s->state;
    struct efs_request request = {
        .reads = f->operation == EFS_READ || f->operation == EFS_METADATA,
        .data = f->operation == EFS_READ || f->operation == EFS_WRITE,
        .bytes = EFS_LEAST_BYTES,
    };
    if (request.data) {
        const double size_bytes = call_size(w, f);
        request.bytes = size_bytes > 0
                            ? size_bytes
                            : distribution_draw(p->io_size_bytes_dist, &efs->size_random);
    }
    request.pieces = ceil(request.bytes / EFS_REQUEST_BYTES);
    request.last = request.bytes - (request.pieces - 1) * EFS_REQUEST_BYTES;
    request.metered = request.bytes - request.last + fmax(EFS_LEAST_BYTES, request.last);
    return request;
}

static void efs_count(struct efs *efs, const struct efs_request *r, double operations)
{
    const double least = r->data ? EFS_ELASTIC_LEAST_BYTES : EFS_LEAST_BYTES;
    const double whole = ceil(r->last / EFS_KIB) * EFS_KIB;
    if (r->data) {
        efs->counts[r->reads ? EFS_DATA_READ : EFS_DATA_WRITE] += r->bytes;
    } else {
        efs->counts[EFS_METADATA_BYTES] += r->bytes;
    }
    efs->counts[EFS_TOTAL] += r->bytes;
    efs->counts[EFS_METERED] += r->metered / (r->reads ? EFS_READ_DISCOUNT : 1);
    efs->counts[r->reads ? EFS_ELASTIC_READ : EFS_ELASTIC_WRITE] +=
        r->bytes - r->last + fmax(least, whole);
    efs->operations += operations;
}

/* When the last of it has come over the client that sends it: one of those that are given, or one
 * of its own. Others do not wait for that client, so it is no wait in the line of all. */
static void efs_pass_client(struct efs *efs, const struct efs_params *p, int64_t now_ns,
                            const struct efs_request *r, struct pace_span *span)
{
    struct pace_span own = {now_ns, now_ns};
    if (p->clients_count > 0) {
        const uint32_t client = random_below(&efs->client_random, (uint32_t)p->clients_count);
        pace_pass(&efs->clients[client], now_ns, r->bytes, r->last, &own);
    } else {
        own.last_ns += (int64_t)((r->bytes - r->last) / efs->client_bytes_per_s * EFS_SECOND_NS);
    }
    span->last_ns = own.last_ns > span->last_ns ? own.last_ns : span->last_ns;
}

static const struct distribution *efs_latency(const struct efs_params *p, uint16_t operation)
{
    switch (operation) {
    case EFS_READ:
        return p->latency.read_ns_dist;
    case EFS_METADATA:
        return p->latency.metadata_ns_dist;
    default:
        return p->storage == EFS_ONE_ZONE ? p->latency.one_zone_write_ns_dist
                                          : p->latency.regional_write_ns_dist;
    }
}

static void efs_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct efs_params *p = s->params;
    struct efs *efs = s->state;
    const int64_t now_ns = core_now(s->core);
    const struct efs_request r = efs_request(w, s, f);
    const double region_s = 1 / (r.reads ? efs->limits.read_gib : efs->limits.write_gib);
    const double operation_s = 1 / (r.reads ? efs->limits.read_per_s : efs->limits.write_per_s);
    const double last = fmax(EFS_LEAST_BYTES, r.last);
    struct paced_call call = {{now_ns, now_ns}, 0};
    if (p->mode != EFS_ELASTIC) {
        const double weight = r.reads ? 1.0 / EFS_READ_DISCOUNT : 1;
        pace_pass(&efs->paces[EFS_MODE], now_ns, r.metered * weight, last * weight, &call.span);
    }
    pace_pass(&efs->paces[EFS_REGION], now_ns, r.metered * region_s, last * region_s, &call.span);
    pace_pass(&efs->paces[EFS_OPERATIONS], now_ns, r.pieces * operation_s, operation_s, &call.span);
    efs_pass_client(efs, p, now_ns, &r, &call.span);
    call.latency_ns = distribution_draw_int(efs_latency(p, f->operation), &efs->latency_random);
    if (f->flags & FRAME_MEASURED) {
        efs_count(efs, &r, r.pieces * operation_s);
    }
    paced_arrive(w, s, &efs->paced, f, &call);
}

static void efs_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    paced_due(w, s, &((struct efs *)s->state)->paced);
}

static void efs_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    paced_finish(s, &((struct efs *)s->state)->paced, f);
}

static double efs_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    const struct efs_params *p = s->params;
    const struct efs *efs = s->state;
    const struct pace *mode = &efs->paces[EFS_MODE];
    if (metric == EFS_PERMITTED) {
        return p->mode == EFS_ELASTIC ? efs->limits.write_gib
                                      : pace_permitted(mode, core_now(s->core));
    }
    return efs_bursts(p) ? pace_balance(mode, core_now(s->core)) : NAN;
}

/* What warms up spends nothing: the measured time begins with the credits that were given. */
static void efs_window(struct world *w, struct service *s, bool begins)
{
    const struct efs_params *p = s->params;
    struct efs *efs = s->state;
    if (begins && efs_bursts(p)) {
        pace_fill(&efs->paces[EFS_MODE], core_now(s->core), efs_mode_terms(p).initial_ratio);
    } else if (!begins) {
        efs->balance = efs_level(w, s, EFS_CREDIT_BALANCE);
        efs->permitted = efs_level(w, s, EFS_PERMITTED);
    }
}

static void efs_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct efs_params *p = s->params;
    const struct efs *efs = s->state;
    const bool elastic = p->mode == EFS_ELASTIC;
    for (int i = 0; i < EFS_COUNTS; i++) {
        own[i].value = efs->counts[i];
    }
    own[EFS_ELASTIC_READ].value = elastic ? efs->counts[EFS_ELASTIC_READ] : 0;
    own[EFS_ELASTIC_WRITE].value = elastic ? efs->counts[EFS_ELASTIC_WRITE] : 0;
    own[EFS_PERCENT_IO_LIMIT].value = efs->operations / world_window_s(w);
    own[EFS_PERMITTED].value = efs->permitted;
    own[EFS_CREDIT_BALANCE].value = efs->balance;
    own[EFS_CONNECTIONS].value = p->clients_count > 0 ? (double)p->clients_count : NAN;
}

static void efs_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct efs_params *p = s->params;
    const struct efs *efs = s->state;
    for (int i = 0; i < EFS_PACES; i++) {
        usage[i] = (struct usage){.used = efs->paces[i].passed,
                                  .available = efs->paces[i].rate.baseline_bytes_per_s};
    }
    if (p->mode == EFS_ELASTIC) {
        usage[EFS_MODE].available = INFINITY;
    }
}

/* Storage in one zone stands in one. */
static const char *efs_forbid(const void *params, const struct passage *passage,
                              struct arena *arena)
{
    const struct efs_params *p = params;
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    return callee->params == params && p->storage == EFS_ONE_ZONE &&
                   __builtin_popcount(callee->zones_mask) != 1
               ? arena_printf(arena, "'%s' stores in one zone: name it (zone: a)", callee->name)
               : NULL;
}

const struct model efs_model = {
    .info =
        {
            .name = "efs",
            .title = "Amazon EFS: a file system of many clients",
            .text =
                "A request goes in pieces of 1 MiB, each let go when every limit allows: "
                "the metered throughput of bursting and provisioned (reads at one third, 4 KiB at "
                "least), the throughput of a file system in the region and its file operations "
                "(reads and writes share 100 % of both), and the bytes of its client (for which no "
                "other client waits: it counts as service). Below the "
                "limits a request waits for those just before it only, beyond them a queue grows. "
                "bursting passes 100 MiB/s, or so much a TiB, while it has credits, of which it "
                "earns 50 KiB/s a GiB; then that, 1 MiB/s at least. Where the size gives more than "
                "is provisioned, it bursts too. Then the latency passes, whatever the load. What a "
                "caller has given up is done all the same. Left out: Max I/O, Infrequent Access "
                "and Archive (and that data which is seldom read has 90,000 operations/s only), "
                "growth by what is written, locks, caches of the clients, mount targets.",
            ROWS(params, efs_params),
            ROWS(metrics, efs_metrics),
            ROWS(operations, efs_operations),
            ROWS(resources, efs_resources),
            ROWS(only, efs_only),
            ROWS(ahead, efs_ahead),
            .params_size = sizeof(struct efs_params),
            .target_kind = TARGET_KIND_NONE,
            .scales_with = efs_bursts,
            .check = efs_check,
            .forbid = efs_forbid,
        },
    .state_size = sizeof(struct efs),
    .start = efs_start,
    .window = efs_window,
    .timer = efs_timer,
    .observe = efs_observe,
    .usage = efs_usage,
    .arrive = efs_arrive,
    .finish = efs_finish,
    .level = efs_level,
};
