/* synthetic: a scenario of one traffic and two services, and replications whose numbers the test
 * sets, so that what is combined and judged is known beforehand. */
#ifndef ARCHSIM_TESTS_ENGINE_SYNTHETIC_H
#define ARCHSIM_TESTS_ENGINE_SYNTHETIC_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/experiment.h"
#include "sim/engine/results.h"
#include "sim/engine/world.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/histogram.h"

enum synthetic_metric {
    M_OFFERED,
    M_AVAILABILITY,
    M_LATENCY_MEAN,
    M_LATENCY_P50,
    M_LATENCY_P99,
    M_LATENCY_MAX,
    M_DB_UTILIZATION,
    M_DB_CAPACITY_MIN,
    M_DB_OUTGOING_RATE,
    M_EDGE_UTILIZATION,
    M_EDGE_UP,
    SYNTHETIC_METRICS,
    M_WORST_P99 = SYNTHETIC_METRICS, /* derived */
    M_WORST_AVAILABILITY,
    M_WORST_THROUGHPUT,
    M_BOTTLENECK_UTILIZATION,
    M_BOTTLENECK_HEADROOM,
    SYNTHETIC_ENTRIES,
};

static const struct metric_entry synthetic_entries[SYNTHETIC_ENTRIES] = {
    {.path = "traffic.users.offered", .unit = QUANTITY_RATE, .field = FIELD_OFFERED},
    {.path = "traffic.users.availability",
     .unit = QUANTITY_RATIO,
     .estimate = ESTIMATE_RATIO,
     .field = FIELD_AVAILABILITY},
    {.path = "traffic.users.latency.mean", .field = FIELD_LATENCY, .part = PART_MEAN},
    {.path = "traffic.users.latency.p50",
     .estimate = ESTIMATE_QUANTILE,
     .field = FIELD_LATENCY,
     .part = PART_P50},
    {.path = "traffic.users.latency.p99",
     .estimate = ESTIMATE_QUANTILE,
     .field = FIELD_LATENCY,
     .part = PART_P99},
    {.path = "traffic.users.latency.max",
     .estimate = ESTIMATE_MAX,
     .field = FIELD_LATENCY,
     .part = PART_MAX},
    {.path = "services.db.utilization",
     .unit = QUANTITY_RATIO,
     .scope = SCOPE_SERVICE,
     .field = FIELD_UTILIZATION},
    {.path = "services.db.capacity.min",
     .unit = QUANTITY_COUNT,
     .estimate = ESTIMATE_MIN,
     .scope = SCOPE_SERVICE,
     .field = FIELD_CAPACITY,
     .part = LEVEL_MIN},
    {.path = "services.db.outgoing.edge.call.rate",
     .unit = QUANTITY_RATE,
     .scope = SCOPE_EDGE,
     .field = FIELD_RATE},
    {.path = "services.edge.utilization",
     .unit = QUANTITY_RATIO,
     .scope = SCOPE_SERVICE,
     .field = FIELD_UTILIZATION,
     .index = 1},
    {.path = "services.edge.up",
     .unit = QUANTITY_RATIO,
     .scope = SCOPE_SERVICE,
     .field = FIELD_UP,
     .index = 1},
    {.path = "traffic.users.worst.latency.p99",
     .field = FIELD_LATENCY,
     .part = PART_P99,
     .derived = DERIVED_WORST},
    {.path = "traffic.users.worst.availability",
     .unit = QUANTITY_RATIO,
     .field = FIELD_AVAILABILITY,
     .derived = DERIVED_WORST},
    {.path = "traffic.users.worst.throughput",
     .unit = QUANTITY_RATE,
     .field = FIELD_THROUGHPUT,
     .derived = DERIVED_WORST},
    {.path = "bottleneck.utilization", .unit = QUANTITY_RATIO, .derived = DERIVED_UTILIZATION},
    {.path = "bottleneck.headroom", .unit = QUANTITY_COUNT, .derived = DERIVED_HEADROOM},
};

struct synthetic {
    struct arena arena;
    struct metric_list list;
    struct model_info type;
    struct operation operation;
    struct scenario_service services[2];
    struct scenario_traffic traffic;
    struct edge edges[2];
    struct promise promise;
    struct scenario scenario;
    struct experiment experiment;
    struct diag diag;
};

static const char *const synthetic_resources[] = {"tokens"};

/* Promise: metric `comparison` limit. Replications: all values 0 but one request a second, all in
 * time, nothing limited. Requests go from the traffic to db, from there to edge. */
static void synthetic_init(struct synthetic *s, uint32_t replications, double duration_s)
{
    *s = (struct synthetic){.type = {.name = "server",
                                     .resource = "servers",
                                     .resources = synthetic_resources,
                                     .resources_count = 1}};
    arena_init(&s->arena);
    diag_init(&s->diag);
    s->list = (struct metric_list){.entries = synthetic_entries,
                                   .count = SYNTHETIC_METRICS,
                                   .derived_count = SYNTHETIC_ENTRIES - SYNTHETIC_METRICS};
    s->services[0] = (struct scenario_service){
        .name = "db", .type = &s->type, .operations = &s->operation, .operations_count = 1};
    s->services[1] = (struct scenario_service){
        .name = "edge", .type = &s->type, .operations = &s->operation, .operations_count = 1};
    s->traffic = (struct scenario_traffic){.name = "users", .edge = 1};
    s->edges[0] = (struct edge){.caller = 0, .service = 1};
    s->edges[1] = (struct edge){.caller = 2, .service = 0};
    s->promise = (struct promise){.text = "promise", .path = "path", .at_load = 1};
    s->scenario = (struct scenario){
        .name = "Synthetic",
        .file = "synthetic.yaml",
        .fingerprint = "0123456789abcdef",
        .region = "us-east-1",
        .duration_ns = (int64_t)(duration_s * 1e9),
        .seed = 1,
        .precision = 0.02,
        .services = s->services,
        .services_count = 2,
        .traffic = &s->traffic,
        .traffic_count = 1,
        .edges = s->edges,
        .edges_count = 2,
        .promises = &s->promise,
        .promises_count = 1,
        .metrics = &s->list,
        .stationary = true,
    };
    s->experiment = (struct experiment){
        .scenario = &s->scenario,
        .load = 1,
        .confidence = 0.95,
        .end = WORLD_DONE,
        .replications = arena_array(&s->arena, replications, sizeof(struct replication)),
        .count = replications,
    };
    for (uint32_t i = 0; i < replications; i++) {
        struct replication *replication = &s->experiment.replications[i];
        *replication = (struct replication){
            .index = i,
            .values = arena_array(&s->arena, SYNTHETIC_METRICS, sizeof(double)),
            .hits = arena_array(&s->arena, SYNTHETIC_METRICS, sizeof(uint64_t)),
            .trials = arena_array(&s->arena, SYNTHETIC_METRICS, sizeof(uint64_t)),
            .trace_ended = arena_array(&s->arena, 1, sizeof(bool)),
            .overloaded = arena_array(&s->arena, 1, sizeof(bool)),
            .service_overloaded = arena_array(&s->arena, 2, sizeof(bool)),
            .fallible = arena_array(&s->arena, 2, sizeof(bool)),
            .used = arena_array(&s->arena, 2 * USED_KINDS, sizeof(double)),
            .windows = arena_array(&s->arena, 1, sizeof(struct traffic_window *)),
            .events = 1000,
        };
        replication->values[M_OFFERED] = 1;
        for (uint32_t k = 0; k < 2 * USED_KINDS; k++)
            replication->used[k] = NAN;
    }
}

static void synthetic_done(struct synthetic *s)
{
    diag_done(&s->diag);
    arena_done(&s->arena);
}

/* One share per replication. */
static inline void synthetic_use(struct synthetic *s, uint32_t service, enum used_kind kind,
                                 const double *shares)
{
    for (uint32_t i = 0; i < s->experiment.count; i++)
        s->experiment.replications[i].used[service * USED_KINDS + kind] = shares[i];
}

/* One value per replication; a utilization is the share of the capacity, too. */
static inline void synthetic_set(struct synthetic *s, enum synthetic_metric metric,
                                 const double *values)
{
    for (uint32_t i = 0; i < s->experiment.count; i++)
        s->experiment.replications[i].values[metric] = values[i];
    if (metric == M_DB_UTILIZATION || metric == M_EDGE_UTILIZATION)
        synthetic_use(s, metric == M_EDGE_UTILIZATION, USED_CAPACITY, values);
}

static inline struct results *synthetic_results(struct synthetic *s)
{
    return results_new(&s->scenario, &s->experiment, 1, &s->diag, 2.5);
}

/* `good` latencies of latency_ms, of `arrived` requests, in window `index` of `windows`. */
static inline void synthetic_window(struct synthetic *s, uint32_t replication, uint32_t windows,
                                    uint32_t index, uint64_t arrived, uint64_t good,
                                    double latency_ms)
{
    struct replication *r = &s->experiment.replications[replication];
    struct histogram histogram;
    if (!r->windows[0])
        r->windows[0] = arena_array(&s->arena, windows, sizeof(struct traffic_window));
    r->windows_count = windows;
    histogram_init(&histogram, &s->arena);
    for (uint64_t i = 0; i < good; i++)
        histogram_add(&histogram, (int64_t)(latency_ms * 1e6));
    const struct histogram_code code = histogram_encode(&histogram);
    uint8_t *bytes = arena_alloc(&s->arena, code.size_bytes);
    memcpy(bytes, code.bytes, code.size_bytes);
    free((void *)code.bytes);
    r->windows[0][index] = (struct traffic_window){
        .arrived = arrived,
        .ok = good,
        .latency_p99_ns = good < 1000 ? NAN : latency_ms * 1e6,
        .code = {.bytes = bytes, .size_bytes = code.size_bytes},
    };
}

#endif
