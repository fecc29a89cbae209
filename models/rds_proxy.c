/* rds_proxy: connections to a database that many clients share (Amazon RDS Proxy). A call borrows a
 * connection of the pool for its transaction, or waits in line for one; a pinned session keeps it
 * longer. While the database has no writer, calls are held and tried again. Left out: opening of
 * connections, idle ones and their timeouts, client connections, TLS, what the proxy costs. */
#include "models/model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "models/rds_proxy_tables.h"

enum proxy_slot { PROXY_UNPINS, PROXY_EXPIRES = DATABASE_ROLES }; /* each, + role */
#define PROXY_NANO 1e-9

/* The connections to the writer, or to the readers together. */
struct proxy_pool {
    int64_t most;
    struct gauge used, pinned; /* never reset */
    struct line line;
    bool timed; /* a timer is set for the first in line */
};

struct proxy {
    enum database_kind *kinds; /* by operation */
    struct proxy_pool pools[DATABASE_ROLES];
    struct random latency_random, pin_random;
    double used_s, pinned_s;         /* in the window */
    struct summary borrow;           /* measured */
    uint64_t queries, expired, held; /* measured */
};

static int64_t proxy_most(const struct proxy_params *p)
{
    return llrint(
        fmax(1, floor((double)p->max_connections_count * p->max_connections_percent_ratio)));
}

static void proxy_start(struct world *w, struct service *s)
{
    const struct proxy_params *p = s->params;
    struct proxy *proxy = s->state;
    proxy->kinds = database_kinds(s);
    proxy->pools[DATABASE_WRITER].most = proxy_most(p);
    proxy->pools[DATABASE_READER].most = p->readers_count * proxy_most(p);
    proxy->latency_random = service_random(w, s, "latency");
    proxy->pin_random = service_random(w, s, "pinned");
    summary_init(&proxy->borrow, s->arena);
    gauge_set(&s->load.capacity, (p->readers_count + 1) * proxy_most(p), core_now(s->core));
}

/* ---- connections ---- */

static enum database_role proxy_role(const struct service *s, const struct frame *f)
{
    const struct proxy_params *p = s->params;
    const struct proxy *proxy = s->state;
    return p->readers_count > 0 && proxy->kinds[f->operation] == DATABASE_READ ? DATABASE_READER
                                                                               : DATABASE_WRITER;
}

static void proxy_use(struct service *s, struct proxy_pool *pool, int change)
{
    gauge_add(&pool->used, change, core_now(s->core));
    gauge_add(&s->load.busy, change, core_now(s->core));
    assert(pool->used.value >= 0 && pool->used.value <= pool->most);
}

static void proxy_borrow(struct world *w, struct service *s, struct proxy_pool *pool,
                         struct frame *f)
{
    const struct proxy_params *p = s->params;
    struct proxy *proxy = s->state;
    proxy_use(s, pool, 1);
    f->block = (uint8_t)(PROXY_BORROWING + proxy_role(s, f));
    if (f->flags & FRAME_MEASURED) {
        summary_add(&proxy->borrow, core_now(s->core) - f->start_ns);
        proxy->queries++;
    }
    f->work_ns = distribution_draw_int(p->latency_ns_dist, &proxy->latency_random);
    call_work(w, f);
}

/* Free connections go to the first in line. */
static void proxy_lend(struct world *w, struct service *s, struct proxy_pool *pool)
{
    struct frame *f;
    while (pool->used.value < pool->most &&
           (f = load_next(&s->load, s->core, &pool->line)) != NULL) {
        proxy_borrow(w, s, pool, f);
    }
}

static void proxy_unwait(struct service *s, struct proxy_pool *pool, struct frame *f)
{
    f->block = PROXY_OUT;
    line_leave(&pool->line, s->core, f);
    gauge_add(&s->load.queue, -1, core_now(s->core));
}

/* f gives back what it holds. `pin`: its session may keep the connection. */
static void proxy_let_go(struct world *w, struct service *s, struct frame *f, bool pin)
{
    const struct proxy_params *p = s->params;
    struct proxy *proxy = s->state;
    const enum database_role role = proxy_role(s, f);
    struct proxy_pool *pool = &proxy->pools[role];
    if (f->block == PROXY_WAITING) {
        proxy_unwait(s, pool, f);
    } else if (f->block >= PROXY_BORROWING) {
        f->block = PROXY_OUT;
        if (pin && p->pinned.hold_ns_dist != NULL &&
            random_uniform(&proxy->pin_random) < p->pinned.share_ratio) {
            gauge_add(&pool->pinned, 1, core_now(s->core));
            service_timer(s, distribution_draw_int(p->pinned.hold_ns_dist, &proxy->pin_random),
                          PROXY_UNPINS + role);
            return;
        }
        proxy_use(s, pool, -1);
        proxy_lend(w, s, pool);
    }
}

/* ---- the line ---- */

static bool proxy_expired(const struct service *s, const struct frame *f)
{
    const struct proxy_params *p = s->params;
    return p->connection_borrow_timeout_ns > 0 &&
           core_now(s->core) - f->start_ns >= p->connection_borrow_timeout_ns;
}

static void proxy_time(struct service *s, enum database_role role)
{
    const struct proxy_params *p = s->params;
    struct proxy *proxy = s->state;
    struct proxy_pool *pool = &proxy->pools[role];
    const struct frame *f = line_head(&pool->line, s->core);
    if (f != NULL && !pool->timed && p->connection_borrow_timeout_ns > 0) {
        const int64_t left_ns = f->start_ns + p->connection_borrow_timeout_ns - core_now(s->core);
        service_timer(s, left_ns > 0 ? left_ns : 0, PROXY_EXPIRES + role);
        pool->timed = true;
    }
}

static void proxy_expire(struct world *w, struct service *s, enum database_role role)
{
    struct proxy *proxy = s->state;
    struct proxy_pool *pool = &proxy->pools[role];
    struct frame *f;
    pool->timed = false;
    while ((f = line_head(&pool->line, s->core)) != NULL && proxy_expired(s, f)) {
        proxy->expired += (f->flags & FRAME_MEASURED) != 0;
        service_throttled(w, s, "connection_borrow_timeout");
        call_cut(w, f, OUTCOME_TIMEOUT);
    }
    proxy_time(s, role);
}

static void proxy_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct proxy *proxy = s->state;
    if (slot >= PROXY_EXPIRES) {
        proxy_expire(w, s, (enum database_role)(slot - PROXY_EXPIRES));
        return;
    }
    struct proxy_pool *pool = &proxy->pools[slot];
    gauge_add(&pool->pinned, -1, core_now(s->core));
    proxy_use(s, pool, -1);
    proxy_lend(w, s, pool);
}

/* ---- the life of a call ---- */

static void proxy_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct proxy *proxy = s->state;
    const enum database_role role = proxy_role(s, f);
    struct proxy_pool *pool = &proxy->pools[role];
    if (pool->used.value < pool->most) {
        proxy_borrow(w, s, pool, f);
        return;
    }
    f->block = PROXY_WAITING;
    f->state = FRAME_HELD;
    line_join(&pool->line, s->core, f);
    gauge_add(&s->load.queue, 1, core_now(s->core));
    proxy_time(s, role);
}

/* f->note: at what instant it was sent on; its low bits tell it from any other. */
static bool proxy_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct proxy_params *p = s->params;
    f->note = (uint32_t)core_now(s->core);
    call_forward(w, f, call_target_edge(&p->target_target, f), 0, TIME_NONE);
    return false;
}

/* Turned away at once: there is no writer. What fails under way has begun, and is not repeated. */
static bool proxy_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    const struct proxy_params *p = s->params;
    struct proxy *proxy = s->state;
    if (outcome != OUTCOME_UNAVAILABLE || f->block < PROXY_BORROWING ||
        f->note != (uint32_t)core_now(s->core) || proxy_expired(s, f)) {
        return false;
    }
    proxy->held += (f->flags & FRAME_MEASURED) != 0;
    proxy_let_go(w, s, f, false);
    call_again(w, f, p->retry_ns);
    return true;
}

static void proxy_finish(struct world *w, struct service *s, struct frame *f)
{
    proxy_let_go(w, s, f, f->answer == OUTCOME_OK);
}

/* ---- results ---- */

static void proxy_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    struct proxy *proxy = s->state;
    const int64_t now_ns = core_now(s->core);
    for (uint32_t role = 0; role < DATABASE_ROLES; role++) {
        const struct proxy_pool *pool = &proxy->pools[role];
        proxy->used_s += (begins ? -1 : 1) * gauge_area_s(&pool->used, now_ns);
        proxy->pinned_s += (begins ? -1 : 1) * gauge_area_s(&pool->pinned, now_ns);
    }
}

static void proxy_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct proxy *proxy = s->state;
    own[PROXY_QUERIES].value = (double)proxy->queries;
    own[PROXY_BORROWED].value = proxy->used_s / world_window_s(w);
    own[PROXY_ALLOWED].value =
        (double)(proxy->pools[DATABASE_WRITER].most + proxy->pools[DATABASE_READER].most);
    own[PROXY_BORROW_LATENCY].summary = &proxy->borrow;
    own[PROXY_PINNED].value = proxy->pinned_s / world_window_s(w);
    own[PROXY_BORROW_TIMEOUTS].value = (double)proxy->expired;
    own[PROXY_HELD].value = (double)proxy->held;
}

static void proxy_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct proxy *proxy = s->state;
    for (uint32_t role = 0; role < DATABASE_ROLES; role++) {
        const struct proxy_pool *pool = &proxy->pools[role];
        usage[role] = (struct usage){
            .used = gauge_area_s(&pool->used, core_now(s->core)),
            .available = pool->most > 0 ? (double)pool->most : (double)INFINITY,
        };
    }
}

static const char *proxy_forbid(const void *params, const struct passage *passage,
                                struct arena *arena)
{
    const struct scenario_service *services = passage->scenario->services;
    if (passage->caller == SERVICE_NONE || services[passage->caller].params != params ||
        passage->operation != 0) { /* once is enough */
        return NULL;
    }
    const char *type = services[passage->callee].type->name;
    return strcmp(type, "rds") == 0 || strcmp(type, "aurora_serverless") == 0
               ? NULL
               : arena_printf(arena,
                              "'%s' is no database that the RDS Proxy '%s' can have as its target: "
                              "expected an rds or an aurora_serverless",
                              services[passage->callee].name, services[passage->caller].name);
}

const struct model rds_proxy_model = {
    .info =
        {
            .name = "rds_proxy",
            .title = "connections to a database that many clients share (RDS Proxy)",
            .text =
                "Calls pass on, by the operation's name, to an rds or an aurora_serverless. Each "
                "borrows a connection of the pool for as long as it takes (a transaction), or "
                "waits in line, at most connection_borrow_timeout: a queue with as many servers as "
                "connections, max_connections_percent of max_connections. `read` and read_... have "
                "a pool of their own, that of the read-only endpoint, where `readers` are given. A "
                "pinned session keeps its connection after the call. While the database has no "
                "writer, what is under way fails, but what comes is held and tried again every "
                "`retry`, and reaches the new writer after failover.proxied of the failover, as "
                "the proxy does not wait for a name to change. It is the database's "
                "max_connections "
                "that the pool should know: keep the two alike. Left out: opening of connections "
                "and idle ones, connections of clients, TLS, prices.",
            ROWS(params, proxy_params),
            ROWS(metrics, proxy_metrics),
            ROWS(resources, proxy_resources),
            .params_size = sizeof(struct proxy_params),
            .target_kind = TARGET_KIND_DATABASE,
            .forwards = true,
            .resource = "connections",
            .forbid = proxy_forbid,
        },
    .state_size = sizeof(struct proxy),
    .start = proxy_start,
    .window = proxy_window,
    .timer = proxy_timer,
    .observe = proxy_observe,
    .usage = proxy_usage,
    .arrive = proxy_arrive,
    .serve = proxy_serve,
    .keep = proxy_keep,
    .finish = proxy_finish,
};
