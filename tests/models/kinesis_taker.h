/* kinesis_taker: a consumer for the tests of streams: it takes what there is of every shard as soon
 * as it hears of it, or when its last batch is done. */
#ifndef ARCHSIM_TESTS_MODELS_KINESIS_TAKER_H
#define ARCHSIM_TESTS_MODELS_KINESIS_TAKER_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

struct taker_params {
    struct {
        struct call_target from_target;
        int64_t batch_count;
    } trigger;
};
#define PARAMS struct taker_params
static const struct param taker_params[] = {
    SOURCE(trigger.from, REQUIRED, "its stream", DEFINED("the tests")),
    COUNT(trigger.batch, "100", "1..", "at once", DEFINED("the tests")),
};
#undef PARAMS
static const struct metric taker_metrics[] = {
    {"records", QUANTITY_COUNT, METRIC_VALUE, "taken"},
    {"batches", QUANTITY_COUNT, METRIC_VALUE, "taken"},
    {"overtaken", QUANTITY_COUNT, METRIC_VALUE, "batches that began before the one before ended"},
};

enum { TAKER_SHARDS_MAX = 512 };
struct taker {
    uint64_t records, batches, overtaken;
    int64_t last_ns;
    bool busy[TAKER_SHARDS_MAX];
};

static inline void taker_fed(struct world *w, struct service *s)
{
    const struct taker_params *p = s->params;
    struct taker *taker = s->state;
    const uint32_t parts = source_parts(w, &p->trigger.from_target);
    assert_true(parts <= TAKER_SHARDS_MAX);
    for (uint32_t part = 0; part < parts; part++) {
        struct source_got got;
        const struct source_ask ask = {
            .most = (uint32_t)p->trigger.batch_count, .bytes = INFINITY, .part = part, .got = &got};
        uint32_t delivery = DELIVERY_NONE;
        if (taker->busy[part]) {
            continue;
        }
        const uint32_t count = source_receive(w, &p->trigger.from_target, &ask, &delivery);
        if (count == 0) {
            continue;
        }
        taker->overtaken += got.first_ns < taker->last_ns;
        taker->last_ns = got.last_ns;
        struct frame *f = source_invoke(w, &p->trigger.from_target, delivery, 1);
        if (f != NULL) {
            f->note = part;
            taker->busy[part] = true;
            taker->records += world_measuring(w) ? count : 0;
            taker->batches += world_measuring(w);
        }
    }
}

static inline void taker_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static inline void taker_finish(struct world *w, struct service *s, struct frame *f)
{
    struct taker *taker = s->state;
    taker->busy[f->note] = false;
    taker_fed(w, s);
}

static inline void taker_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct taker *taker = s->state;
    own[0].value = (double)taker->records;
    own[1].value = (double)taker->batches;
    own[2].value = (double)taker->overtaken;
}

static const struct model taker_model = {
    .info = {.name = "taker",
             .title = "a consumer",
             .text = "for tests",
             ROWS(params, taker_params),
             ROWS(metrics, taker_metrics),
             .params_size = sizeof(struct taker_params),
             .takes_work = true},
    .state_size = sizeof(struct taker),
    .fed = taker_fed,
    .arrive = taker_arrive,
    .finish = taker_finish,
    .observe = taker_observe,
};
static const struct model *const models[] = {&taker_model};

#endif
