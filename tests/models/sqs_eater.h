/* sqs_eater: a consumer for the tests of queues: takes batches while it has a place; fails by
 * chance, or its first so many calls. And the heads of their scenarios. */
#ifndef ARCHSIM_TESTS_MODELS_SQS_EATER_H
#define ARCHSIM_TESTS_MODELS_SQS_EATER_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define TESTS DEFINED("the tests")

struct eater_params {
    struct {
        struct call_target from_target;
        int64_t batch_count, places_count;
    } trigger;
    double fails_ratio;
    int64_t fails_first_count;
    int64_t allowed_ns;
};

#define PARAMS struct eater_params
static const struct param eater_params[] = {
    SOURCE(trigger.from, REQUIRED, "the queue", TESTS),
    COUNT(trigger.batch, "1", "1..", "most of one delivery", TESTS),
    COUNT(trigger.places, "inf", "1..inf", "deliveries at a time", TESTS),
    RATIO(fails, "0", "0..1", "calls that fail after their work", TESTS),
    COUNT(fails_first, "0", "0..", "so many calls fail first", TESTS),
    TIME(allowed, NONE, "", "time limit of a call", TESTS),
};
#undef PARAMS

struct eater {
    int64_t busy, calls;
    struct random random;
};

static inline void eater_start(struct world *w, struct service *s)
{
    struct eater *eater = s->state;
    eater->random = service_random(w, s, "fails");
}

static inline void eater_fed(struct world *w, struct service *s)
{
    const struct eater_params *p = s->params;
    struct eater *eater = s->state;
    while (eater->busy < p->trigger.places_count) {
        uint32_t delivery = DELIVERY_NONE;
        const struct source_ask ask = {.most = (uint32_t)p->trigger.batch_count, .bytes = INFINITY};
        const uint32_t count = source_receive(w, &p->trigger.from_target, &ask, &delivery);
        if (count == 0 || source_invoke(w, &p->trigger.from_target, delivery, count) == NULL) {
            return;
        }
        eater->busy++;
    }
}

static inline void eater_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct eater_params *p = s->params;
    struct eater *eater = s->state;
    f->note =
        eater->calls++ < p->fails_first_count || random_uniform(&eater->random) < p->fails_ratio;
    if (p->allowed_ns >= 0) {
        call_limit(w, f, p->allowed_ns);
    }
    call_work(w, f);
}

static inline bool eater_serve(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    if (f->note) {
        core_end(s->core, f, OUTCOME_FAILED);
    }
    return !f->note;
}

/* It asks again once the delivery is settled, which follows at this instant. */
static inline void eater_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    (void)f;
    struct eater *eater = s->state;
    eater->busy--;
    service_timer(s, 0, 0);
}

static inline void eater_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    eater_fed(w, s);
}

static const struct model eater_model = {
    .info = {.name = "eater",
             .title = "a consumer",
             .text = "for tests",
             ROWS(params, eater_params),
             .params_size = sizeof(struct eater_params),
             .takes_work = true},
    .state_size = sizeof(struct eater),
    .start = eater_start,
    .fed = eater_fed,
    .timer = eater_timer,
    .arrive = eater_arrive,
    .serve = eater_serve,
    .finish = eater_finish,
};

static const struct model *const own[] = {&eater_model};

#define LATENCIES "send_latency: 0s, receive_latency: 10ms, duplicates: 0"
#define QUEUE "type: sqs, delivery_latency: 100ms, " LATENCIES
#define FIFO "type: sqs, fifo: true, fifo_delivery_latency: 100ms, " LATENCIES
#define HEAD(duration) \
    "archsim: 1\nduration: " duration "\nwarmup: 0s\nreplications: 1\nseed: 1\nservices:\n"
#define STEADY(warmup, duration)                                                      \
    "archsim: 1\nduration: " duration "\nwarmup: " warmup "\nreplications: 1\nseed: " \
    "1\nservices:\n"
/* one message every `gap`, and none after the first half of ten minutes */
#define HALF(rate) \
    "traffic:\n  t: {to: q.send, arrivals: constant, rate: [[0s, " rate "], [5m, 0/s]]}\n"

#define metric(lab, name) lab_value(lab, "services." name)
#define equal(lab, name, exact) lab_equal(lab, "services." name, exact)

#endif
