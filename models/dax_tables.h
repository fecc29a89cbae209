/* dax_tables: what dax.c knows as tables: parameters, node types, metrics, and what the parameters
 * say together. */
#ifndef ARCHSIM_MODELS_DAX_TABLES_H
#define ARCHSIM_MODELS_DAX_TABLES_H

#include <math.h>

#include "models/model.h"
#include "sim/blocks/cache.h"

#define SIZING_GUIDE "DynamoDB Developer Guide, Sizing your DAX cluster"
#define CONCEPTS_GUIDE "DynamoDB Developer Guide, DAX: How it works"
#define CLUSTER_GUIDE "DynamoDB Developer Guide, DAX cluster components"

enum { DAX_NODES_MAX = 11 };
enum dax_metric {
    DAX_ITEM_HITS,
    DAX_ITEM_MISSES,
    DAX_QUERY_HITS,
    DAX_QUERY_MISSES,
    DAX_HIT_RATIO,
    DAX_THROTTLED,
    DAX_WAIT,
    DAX_NODES,
};

/* By the words of `node`. */
#define DAX_NODE_WORDS                                          \
    "dax.r5.large dax.r5.xlarge dax.r5.2xlarge dax.r5.4xlarge " \
    "dax.r5.8xlarge dax.r5.12xlarge dax.r5.16xlarge dax.r5.24xlarge"
static const struct dax_node_type {
    double memory_gib;
    double requests_per_s; /* normalized */
} dax_node_types[] = {
    {16, 75e3}, {32, 150e3}, {64, 300e3}, {128, 600e3},
    {256, 1e6}, {384, 1e6},  {512, 1e6},  {768, 1e6},
};

/* One of its caches: objects by popularity, or a ratio of hits. */
struct dax_cached {
    struct popularity popularity;
    double hit_ratio;
    int64_t ttl_ns, size_bytes;
};

struct dax_params {
    struct call_target table_target;
    int node;
    int64_t nodes_count;
    struct popularity keys_popularity, queries_popularity;
    double hit_ratio_ratio, query_hit_ratio_ratio;
    int64_t item_ttl_ns, query_ttl_ns;
    int64_t item_size_bytes, query_size_bytes;
    double usable_memory_ratio, query_memory_ratio;
    double node_requests_per_s;
    double miss_cost, write_cost;
    int64_t max_wait_ns;
    const struct distribution *latency_ns_dist;
};

#define PARAMS struct dax_params
static const struct param dax_params[] = {
    SERVICE(table, REQUIRED,
            "the dynamodb that it stands before, by its name alone: its operations are the table's",
            DOCUMENTED(CONCEPTS_GUIDE)),
    CHOICE(node, "dax.r5.large", DAX_NODE_WORDS, "the type of all its nodes",
           DOCUMENTED(SIZING_GUIDE ": t types have no fixed capacity and are left out")),
    COUNT(nodes, "3", "1..11", "one primary, which writes, and read replicas",
          DOCUMENTED(SIZING_GUIDE ": up to 11; at least 3 in production")),
    POPULARITY(keys, NONE, "which items are read and written; or hit_ratio",
               ASSUMED("nothing is known of a load")),
    RATIO(hit_ratio, NONE, "0..1", "a fixed share of hits of items, in place of keys",
          DOCUMENTED("DynamoDB Developer Guide, DAX cluster sizing guide: typically 85 to 95 %")),
    POPULARITY(
        queries, NONE, "which queries and scans are asked, by their parameters; else none are kept",
        ESTIMATED("result sets are kept by all of their parameters, and seldom asked again")),
    RATIO(query_hit_ratio, NONE, "0..1", "a fixed share of hits of queries, in place of queries",
          ESTIMATED("without queries")),
    TIME(item_ttl, "5min", "1ms..", "an item stays so long from when it was read or written",
         DOCUMENTED(CONCEPTS_GUIDE ", Item cache")),
    TIME(query_ttl, "5min", "1ms..", "a result stays so long from when it was read, come what may",
         DOCUMENTED(CONCEPTS_GUIDE ", Query cache; writes do not change it")),
    SIZE(item_size, "1 KiB", "1B..400KiB", "of an item, where the call carries no size",
         ASSUMED("set it, or `size` on the calls")),
    SIZE(query_size, "16 KiB", "1B..1MiB", "of a result, where the call carries no size",
         ASSUMED("set it, or `size` on the calls")),
    RATIO(usable_memory, "80%", "1%..1", "of a node's memory: what its caches may hold",
          ESTIMATED("the rest is the system's and overhead; no figure published")),
    RATIO(query_memory, "50%", "1%..99%", "of that: the query cache's, where there is one",
          ESTIMATED("two caches; no figure published")),
    RATE(node_requests, NONE, "1/s..10M/s",
         "normalized requests that a node serves; else by its type",
         DOCUMENTED(SIZING_GUIDE ": 75,000 (large) to 1 million; one is a hit of up to 1 KB")),
    NUMBER(miss_cost, "10", "1..100", NULL, "what a miss costs a node, in hits of its size",
           DOCUMENTED(SIZING_GUIDE ": about 10 times more resources than cache hits")),
    NUMBER(write_cost, "25", "1..100", NULL, "what a write costs every node, in hits of its size",
           DOCUMENTED(SIZING_GUIDE ": 25 normalized requests on every node")),
    TIME(max_wait, "100ms", "0s..1min", "who would wait longer for a node is throttled",
         ESTIMATED("requests beyond what nodes serve are throttled; no figure published")),
    TIME_DIST(latency, "lognormal(p50=0.4ms p99=1.2ms)", "0s..",
              "of a hit; what is passed on takes it and the table's",
              ESTIMATED("microseconds documented, and an extra hop for writes; no percentile")),
};
#undef PARAMS

static const struct metric dax_metrics[] = {
    [DAX_ITEM_HITS] = {"item_cache_hits", QUANTITY_COUNT, METRIC_VALUE,
                       "items that were read from the item cache"},
    [DAX_ITEM_MISSES] = {"item_cache_misses", QUANTITY_COUNT, METRIC_VALUE,
                         "items that were not there"},
    [DAX_QUERY_HITS] = {"query_cache_hits", QUANTITY_COUNT, METRIC_VALUE,
                        "queries and scans that were answered from the query cache"},
    [DAX_QUERY_MISSES] = {"query_cache_misses", QUANTITY_COUNT, METRIC_VALUE,
                          "queries and scans that were not"},
    [DAX_HIT_RATIO] = {"hit_ratio", QUANTITY_RATIO, METRIC_RATIO,
                       "of the reads that may come from a cache: those that did"},
    [DAX_THROTTLED] = {"throttled_request_count", QUANTITY_COUNT, METRIC_VALUE,
                       "calls beyond what its nodes can serve"},
    [DAX_WAIT] = {"node_wait", QUANTITY_TIME, METRIC_LATENCY, "that calls had for their node"},
    [DAX_NODES] = {"nodes", QUANTITY_COUNT, METRIC_VALUE, "that it has, for the bill"},
};

static const char *const dax_resources[] = {"node requests"};

/* For `explain`. */
static const char dax_text[] =
    "Its operations are those of its table, by name. An eventually consistent get is looked for in "
    "the item cache, a query or scan in the query cache; a hit takes its latency, a miss asks the "
    "table and keeps the answer, for a time and in place of the least recently used. Writes go "
    "through: to the table first, then into the item cache (a delete takes the item out); the "
    "query cache knows nothing of them. Strongly consistent reads and transactions are passed on "
    "and not kept; after a writing transaction its items are read by another. Each call uses "
    "normalized requests of a node, drawn evenly, by its size in KB: 1 a hit, 10 a miss, 25 a "
    "write, on every node; nodes serve them in order, and who would wait longer than max_wait is "
    "throttled. Left out: batches of single hits and misses (they are passed on, and not kept), "
    "the lag between the nodes, whose caches are taken as one, failing nodes, and that the "
    "table's own `keys` should be those of the misses.";

/* The items, or the results. */
static inline struct dax_cached dax_cached(const struct dax_params *p, bool queries)
{
    return queries ? (struct dax_cached){p->queries_popularity, p->query_hit_ratio_ratio,
                                         p->query_ttl_ns, p->query_size_bytes}
                   : (struct dax_cached){p->keys_popularity, p->hit_ratio_ratio, p->item_ttl_ns,
                                         p->item_size_bytes};
}

static inline bool dax_keeps(const struct dax_cached *cached)
{
    return cached->popularity.n > 0 || !isnan(cached->hit_ratio);
}

/* How many objects of their size fit into a node; all nodes have the same. */
static inline int64_t dax_room(const struct dax_params *p, bool queries)
{
    static const double gib_bytes = 1024.0 * 1024.0 * 1024.0;
    const struct dax_cached cached = dax_cached(p, queries), results = dax_cached(p, true);
    const double of_queries = dax_keeps(&results) ? p->query_memory_ratio : 0;
    const double share = queries ? of_queries : 1 - of_queries;
    const double bytes =
        dax_node_types[p->node].memory_gib * gib_bytes * p->usable_memory_ratio * share;
    return (int64_t)(bytes / (double)cached.size_bytes);
}

static inline const char *dax_check(const void *params)
{
    const struct dax_params *p = params;
    if (p->keys_popularity.n > 0 && !isnan(p->hit_ratio_ratio)) {
        return "hit_ratio: fixed, or the result of keys, not both";
    }
    if (p->queries_popularity.n > 0 && !isnan(p->query_hit_ratio_ratio)) {
        return "query_hit_ratio: fixed, or the result of queries, not both";
    }
    if (p->keys_popularity.n == 0 && isnan(p->hit_ratio_ratio)) {
        return "keys: expected keys such as zipf(n=1000 s=0.8), or a fixed hit_ratio";
    }
    if (p->keys_popularity.n > CACHE_OBJECTS_MAX) {
        return "keys: expected at most 10M items";
    }
    if (p->queries_popularity.n > CACHE_OBJECTS_MAX) {
        return "queries: expected at most 10M results";
    }
    return dax_room(p, false) < 1 ? "usable_memory: not one item of item_size fits" : NULL;
}

#endif
