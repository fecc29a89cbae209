/* shards: what types that have a stream (sim/blocks/stream.h) say and do as a source. */
#ifndef ARCHSIM_MODELS_SHARDS_H
#define ARCHSIM_MODELS_SHARDS_H

#include "models/model.h"
#include "sim/blocks/readers.h"

static inline struct source_terms shards_terms(void)
{
    return (struct source_terms){.hold_ns = TIME_NONE, .ordered = true, .parted = true};
}

/* In `part_after`. */
static inline uint32_t shards_after(const struct stream *stream, uint32_t part, uint32_t *count)
{
    const struct stream_shard *shard = &stream->shards[part];
    *count = shard->parents;
    return shard->parent == SHARD_NONE ? PART_NONE : shard->parent;
}

/* In `receive`: what the consumer at that edge reads; count 0: nothing. */
static inline struct stream_batch shards_read(struct world *w, const struct service *s,
                                              struct readers *readers, uint16_t edge,
                                              const struct source_ask *ask, uint32_t *delivery)
{
    uint32_t consumer = 0;
    while (s->spec->consumers[consumer] != edge_callee(w, edge)) {
        consumer++;
    }
    const struct stream_batch batch =
        readers_read(readers, ask->part, consumer, ask->most, ask->bytes);
    if (batch.count > 0 && ask->got != NULL) {
        *ask->got = (struct source_got){batch.first_ns, batch.last_ns, batch.bytes};
    }
    if (batch.count > 0 && *delivery == DELIVERY_NONE) {
        *delivery = ask->part;
    }
    return batch;
}

/* What was handed out is its consumer's affair. */
static inline void shards_settle(struct world *w, struct service *s, uint32_t delivery,
                                 enum outcome outcome, uint32_t done)
{
    (void)w;
    (void)s;
    (void)delivery;
    (void)outcome;
    (void)done;
}

#endif
