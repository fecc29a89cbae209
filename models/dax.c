/* dax: a DynamoDB Accelerator: a cluster of caching nodes before a table.
 * Reads that need not be consistent are answered from the item cache or the query cache, else by
 * the table; writes go through the table into the item cache. A node is a server of normalized
 * requests, first come, first served; a write is done by each of them. Block: cache. What is left
 * out says dax_text, beside the tables in dax_tables.h. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/dax_tables.h"

#define SECOND_NS 1e9
#define KIB 1024.0

/* What is to be done with a call of an operation. */
enum dax_way { DAX_PASS, DAX_GET, DAX_QUERY, DAX_WRITE, DAX_DELETE, DAX_TRANSACT };

/* frame.block: the answer is to be used; note: of which object. */
enum dax_block { DAX_IDLE, DAX_HIT, DAX_STORE, DAX_STORE_RESULT, DAX_FORGET, DAX_REFRESH };

struct dax {
    struct cache items, results;
    bool keeps_results;
    uint8_t *ways;                 /* of each operation */
    uint16_t transact_get;         /* its operation, or OPERATION_SAME: there is none */
    double requests_per_s;         /* of a node, normalized */
    double free_ns[DAX_NODES_MAX]; /* when each is done with all that it has */
    double used;                   /* normalized requests of all nodes */
    struct random key_random, query_random, latency_random, node_random;
    uint64_t hits[2], asked[2]; /* measured: of items, of results */
    uint64_t throttled;
    struct summary wait;
};

/* ---- the beginning ---- */

static enum dax_way dax_way_of(const char *operation)
{
    static const struct {
        const char *name;
        enum dax_way way;
    } ways[] = {{"get", DAX_GET},
                {"query", DAX_QUERY},
                {"scan", DAX_QUERY},
                {"put", DAX_WRITE},
                {"update", DAX_WRITE},
                {"delete", DAX_DELETE},
                {"transact_write", DAX_TRANSACT}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(ways[i].name, operation) == 0) {
            return ways[i].way;
        }
    }
    return DAX_PASS;
}

/* False: nothing is kept. */
static bool dax_start_cache(const struct service *s, struct cache *cache, bool queries)
{
    const struct dax_cached cached = dax_cached(s->params, queries);
    if (!isnan(cached.hit_ratio)) {
        cache_init_ratio(cache, cached.hit_ratio);
    } else if (cached.popularity.n > 0) {
        const int64_t room = dax_room(s->params, queries);
        cache_init(cache, s->arena,
                   &(struct cache_rules){
                       .objects_count = cached.popularity.n,
                       .zipf_s = cached.popularity.s,
                       .room_count = room > 0 ? room : 1,
                       .ttl_ns = cached.ttl_ns,
                   });
    }
    return dax_keeps(&cached);
}

static void dax_start(struct world *w, struct service *s)
{
    const struct dax_params *p = s->params;
    struct dax *dax = s->state;
    dax_start_cache(s, &dax->items, false);
    dax->keeps_results = dax_start_cache(s, &dax->results, true);
    dax->ways = arena_array(s->arena, s->spec->operations_count + 1, sizeof(*dax->ways));
    dax->transact_get = OPERATION_SAME;
    for (uint16_t i = 0; i < s->spec->operations_count && s->spec->has_operations; i++) {
        const char *name = s->spec->operations[i].name;
        dax->ways[i] = (uint8_t)dax_way_of(name);
        if (strcmp(name, "transact_get") == 0) {
            dax->transact_get = i;
        }
    }
    dax->requests_per_s = isnan(p->node_requests_per_s) ? dax_node_types[p->node].requests_per_s
                                                        : p->node_requests_per_s;
    dax->key_random = service_random(w, s, "keys");
    dax->query_random = service_random(w, s, "queries");
    dax->latency_random = service_random(w, s, "latency");
    dax->node_random = service_random(w, s, "nodes");
    summary_init(&dax->wait, s->arena);
    s->load.unlimited = true;
}

/* ---- nodes ---- */

/* The node, or all of them, has so many normalized requests more. */
static void dax_use(struct dax *dax, int64_t now_ns, uint32_t node, double requests)
{
    dax->free_ns[node] =
        fmax(dax->free_ns[node], (double)now_ns) + requests / dax->requests_per_s * SECOND_NS;
    dax->used += requests;
}

/* When that node is done with it: for who waits, beyond now. */
static int64_t dax_wait_ns(const struct dax *dax, int64_t now_ns, uint32_t node)
{
    return (int64_t)fmax(0, dax->free_ns[node] - (double)now_ns);
}

static double dax_requests(const struct world *w, const struct service *s, const struct frame *f)
{
    const struct dax_params *p = s->params;
    const struct dax *dax = s->state;
    const enum dax_way way = (enum dax_way)dax->ways[f->operation];
    const double given = call_size(w, f);
    const double bytes = given > 0          ? given
                         : way == DAX_QUERY ? (double)p->query_size_bytes
                                            : (double)p->item_size_bytes;
    const double size = ceil(bytes / KIB);
    switch (way) {
    case DAX_WRITE:
    case DAX_DELETE:
    case DAX_TRANSACT:
        return size * p->write_cost;
    default:
        return f->block == DAX_HIT ? size : size * p->miss_cost;
    }
}

/* ---- a call ---- */

/* What becomes of its answer, and of which object: f->block, f->note. */
static void dax_look(struct dax *dax, struct frame *f, int64_t now_ns)
{
    const enum dax_way way = (enum dax_way)dax->ways[f->operation];
    const bool queries = way == DAX_QUERY;
    struct cache *cache = queries ? &dax->results : &dax->items;
    f->block = DAX_IDLE;
    if (way == DAX_TRANSACT) {
        f->block = DAX_REFRESH;
    }
    if (way == DAX_PASS || way == DAX_TRANSACT || (queries && !dax->keeps_results)) {
        return;
    }
    f->note = cache_draw(cache, queries ? &dax->query_random : &dax->key_random);
    if (way == DAX_WRITE || way == DAX_DELETE) {
        f->block = way == DAX_WRITE ? DAX_STORE : DAX_FORGET;
        return;
    }
    const bool hit = cache_ask(cache, f->note, now_ns);
    f->block = hit ? DAX_HIT : queries ? DAX_STORE_RESULT : DAX_STORE;
    if (f->flags & FRAME_MEASURED) {
        dax->hits[queries] += hit;
        dax->asked[queries]++;
    }
}

static void dax_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct dax_params *p = s->params;
    struct dax *dax = s->state;
    const int64_t now_ns = core_now(s->core);
    const uint32_t nodes = (uint32_t)p->nodes_count;
    const uint32_t drawn = random_below(&dax->node_random, nodes);
    const bool measured = f->flags & FRAME_MEASURED;
    const enum dax_way way = (enum dax_way)dax->ways[f->operation];
    const bool writes = way == DAX_WRITE || way == DAX_DELETE || way == DAX_TRANSACT;
    const uint32_t node = writes ? 0 : drawn; /* the primary writes */
    f->work_ns = distribution_draw_int(p->latency_ns_dist, &dax->latency_random);
    const int64_t wait_ns = dax_wait_ns(dax, now_ns, node);
    if (wait_ns > p->max_wait_ns) {
        dax->throttled += measured;
        call_throttle(w, f, dax_resources[0]);
        return;
    }
    dax_look(dax, f, now_ns);
    const double requests = dax_requests(w, s, f);
    for (uint32_t i = 0; i < nodes; i++) {
        if (writes || i == node) {
            dax_use(dax, now_ns, i, requests);
        }
    }
    if (measured) {
        summary_add(&dax->wait, wait_ns);
    }
    f->work_ns += wait_ns;
    call_work(w, f);
}

static bool dax_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct dax_params *p = s->params;
    if (f->block == DAX_HIT) {
        return true;
    }
    call_forward(w, f, call_target_edge(&p->table_target, f), 0, TIME_NONE);
    return false;
}

static bool dax_answered(struct world *w, struct service *s, struct frame *f)
{
    const struct dax_params *p = s->params;
    struct dax *dax = s->state;
    const int64_t now_ns = core_now(s->core);
    switch ((enum dax_block)f->block) {
    case DAX_STORE:
        cache_store(&dax->items, f->note, now_ns);
        break;
    case DAX_STORE_RESULT:
        cache_store(&dax->results, f->note, now_ns);
        break;
    case DAX_FORGET: /* 0 would not be here at all */
        cache_store_until(&dax->items, f->note, now_ns > 1 ? now_ns : 1);
        break;
    case DAX_REFRESH:
        if (dax->transact_get != OPERATION_SAME && p->table_target.operation == OPERATION_SAME) {
            call_send(w, s, (uint16_t)(p->table_target.edge + dax->transact_get), 0);
        }
        break;
    default:
        break;
    }
    f->block = DAX_IDLE;
    return true;
}

/* ---- what was measured ---- */

static void dax_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct dax_params *p = s->params;
    const struct dax *dax = s->state;
    own[DAX_ITEM_HITS].value = (double)dax->hits[0];
    own[DAX_ITEM_MISSES].value = (double)(dax->asked[0] - dax->hits[0]);
    own[DAX_QUERY_HITS].value = (double)dax->hits[1];
    own[DAX_QUERY_MISSES].value = (double)(dax->asked[1] - dax->hits[1]);
    own[DAX_HIT_RATIO].hits = dax->hits[0] + dax->hits[1];
    own[DAX_HIT_RATIO].trials = dax->asked[0] + dax->asked[1];
    own[DAX_THROTTLED].value = (double)dax->throttled;
    own[DAX_WAIT].summary = &dax->wait;
    own[DAX_NODES].value = (double)p->nodes_count;
}

/* Requests that still wait have not used their node yet. */
static void dax_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct dax_params *p = s->params;
    const struct dax *dax = s->state;
    const int64_t now_ns = core_now(s->core);
    double waiting_s = 0;
    for (uint32_t i = 0; i < (uint32_t)p->nodes_count; i++) {
        waiting_s += (double)dax_wait_ns(dax, now_ns, i) / SECOND_NS;
    }
    usage[0] = (struct usage){
        .used = dax->used - waiting_s * dax->requests_per_s,
        .available = dax->requests_per_s * (double)p->nodes_count,
    };
}

const struct model dax_model = {
    .info =
        {
            .name = "dax",
            .title = "a DynamoDB Accelerator before a table",
            .text = dax_text,
            ROWS(params, dax_params),
            ROWS(metrics, dax_metrics),
            ROWS(resources, dax_resources),
            .params_size = sizeof(struct dax_params),
            .forwards = true,
            .target_kind = TARGET_KIND_DATABASE,
            .check = dax_check,
        },
    .state_size = sizeof(struct dax),
    .start = dax_start,
    .arrive = dax_arrive,
    .serve = dax_serve,
    .answered = dax_answered,
    .observe = dax_observe,
    .usage = dax_usage,
};
