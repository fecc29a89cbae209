/* dynamodb_calls: what a call of a table asks for: items, bytes, the keys that it draws, its
 * latency; and what is no valid request. Included by models/dynamodb.c alone. */
#ifndef ARCHSIM_MODELS_DYNAMODB_CALLS_H
#define ARCHSIM_MODELS_DYNAMODB_CALLS_H

#include <math.h>

#include "models/dynamodb_capacity.h"
#include "models/dynamodb_global.h"
#include "models/dynamodb_meetings.h"
#include "models/dynamodb_stream.h"
#include "models/dynamodb_tables.h"

#define KIB 1024.0

struct dynamodb {
    struct dynamodb_capacity capacity;
    const struct distribution *latencies[OPERATIONS];
    uint32_t counts[OPERATIONS]; /* items of a call */
    bool distant[OPERATIONS];    /* it waits for another region */
    uint32_t items[ITEMS_MAX],
        keys[ITEMS_MAX]; /* partitions of the present call; what it asks for */
    uint32_t lane;       /* of datapoints */
    struct random latency_random, key_random;
    struct summary latency;          /* measured */
    uint64_t throttled, unprocessed; /* measured */
    int64_t begin_ns, end_ns;        /* of the window */
    struct dynamodb_meetings meetings;
    struct dynamodb_stream stream;
    struct dynamodb_global global;
};

static inline uint32_t dynamodb_items(const struct dynamodb_params *p, uint32_t operation)
{
    switch (dynamodb_costs[operation].form) {
    case DYNAMODB_TRANSACTION:
        return (uint32_t)p->transaction_items_count;
    case DYNAMODB_BATCH:
        return (uint32_t)(operation == BATCH_GET ? p->batch_get_items_count
                                                 : p->batch_write_items_count);
    default:
        return 1;
    }
}

static inline void dynamodb_start_latencies(struct world *w, struct service *s)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    const struct distribution *own[OPERATIONS] = {
        [GET] = p->get_latency_ns_dist,
        [GET_CONSISTENT] = p->get_consistent_latency_ns_dist,
        [PUT] = p->put_latency_ns_dist,
        [UPDATE] = p->update_latency_ns_dist,
        [DELETE] = p->delete_latency_ns_dist,
        [QUERY] = p->query_latency_ns_dist,
        [QUERY_CONSISTENT] = p->query_latency_ns_dist,
        [SCAN] = p->query_latency_ns_dist,
        [SCAN_CONSISTENT] = p->query_latency_ns_dist,
        [BATCH_GET] = p->batch_get_latency_ns_dist,
        [BATCH_WRITE] = p->batch_write_latency_ns_dist,
        [TRANSACT_GET] = p->transact_get_latency_ns_dist,
        [TRANSACT_WRITE] = p->transact_write_latency_ns_dist,
    };
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        const bool reads = dynamodb_costs[i].kind == DYNAMODB_READS;
        const struct distribution *like = reads ? own[GET] : own[PUT];
        table->latencies[i] = own[i] != NULL ? own[i] : like;
        table->counts[i] = dynamodb_items(p, i);
        table->distant[i] = dynamodb_strong(p) && (!reads || dynamodb_costs[i].tokens == UNIT);
    }
    table->latency_random = service_random(w, s, "latency");
    table->key_random = service_random(w, s, "keys");
    summary_init(&table->latency, s->arena);
}

static inline double dynamodb_bytes(const struct world *w, const struct service *s,
                                    const struct frame *f)
{
    const struct dynamodb_params *p = s->params;
    const double bytes = call_size(w, f);
    if (dynamodb_costs[f->operation].form != DYNAMODB_PAGE) {
        return bytes > 0 ? bytes : (double)p->item_size_bytes;
    }
    if (bytes > 0) {
        return fmin(bytes, (double)p->page_max_bytes);
    }
    if (f->operation == SCAN || f->operation == SCAN_CONSISTENT) {
        return (double)(p->scan_size_bytes > 0 ? p->scan_size_bytes : p->page_max_bytes);
    }
    return (double)(p->query_size_bytes > 0 ? p->query_size_bytes : p->item_size_bytes);
}

/* Latencies and keys are drawn for every call, so that variants see the same luck. */
static inline void dynamodb_draw(const struct service *s, struct frame *f, double bytes,
                                 uint32_t items)
{
    const struct dynamodb_params *p = s->params;
    struct dynamodb *table = s->state;
    f->work_ns = distribution_draw_int(table->latencies[f->operation], &table->latency_random);
    if (dynamodb_costs[f->operation].form == DYNAMODB_PAGE) {
        f->work_ns += (int64_t)(bytes / KIB * (double)p->query_latency_per_kib_ns);
    }
    if (table->distant[f->operation]) {
        f->work_ns +=
            distribution_draw_int(p->replication.round_trip_ns_dist, &table->global.round_trips);
    }
    for (uint32_t i = 0; i < items; i++) {
        table->items[i] =
            partitions_draw(&table->capacity.partitions, &table->key_random, &table->keys[i]);
    }
}

/* What is no valid request. */
static inline bool dynamodb_invalid(const struct dynamodb_params *p, uint32_t operation,
                                    double bytes, uint32_t items)
{
    switch (dynamodb_costs[operation].form) {
    case DYNAMODB_PAGE:
        return false;
    case DYNAMODB_TRANSACTION:
        return bytes > (double)p->item_max_bytes || dynamodb_strong(p) ||
               (items > 1 && bytes * items > (double)p->transaction_max_bytes);
    case DYNAMODB_BATCH:
        return bytes > (double)p->item_max_bytes || bytes * items > (double)p->batch_max_bytes;
    default:
        return bytes > (double)p->item_max_bytes;
    }
}

#endif
