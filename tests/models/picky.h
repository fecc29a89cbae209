/* picky: a service of the tests' own that fails at the calls of those numbers, or until some time,
 * and counts what it gets. */
#ifndef ARCHSIM_TESTS_MODELS_PICKY_H
#define ARCHSIM_TESTS_MODELS_PICKY_H

#include "models/model.h"

enum { PICKY_FAILED, PICKY_REJECTED, PICKY_SILENT };
#define PICKY_TOO_LATE_NS INT64_C(60000000000)

struct picky_params {
    int64_t from_count, to_count, until_ns;
    int outcome;
};
#define PARAMS struct picky_params
static const struct param picky_params[] = {
    COUNT(from, "0", "0..", "the first call that fails; 0: none", DEFINED("the tests")),
    COUNT(to, "1000000", "0..", "the last", DEFINED("the tests")),
    TIME(until, "0s", "", "until then all fail", DEFINED("the tests")),
    CHOICE(outcome, "failed", "failed rejected silent", "how they fail", DEFINED("the tests")),
};
#undef PARAMS
static const struct metric picky_metrics[] = {
    {"good", QUANTITY_COUNT, METRIC_VALUE, "calls that went well, of all the run"},
    {"calls", QUANTITY_COUNT, METRIC_VALUE, "calls, of all the run"},
    {"bytes", QUANTITY_SIZE, METRIC_VALUE, "that good calls carried"},
};

struct picky {
    int64_t calls, good;
    double bytes;
};

static bool picky_fails(const struct picky_params *p, int64_t call, int64_t now_ns)
{
    return (p->from_count > 0 && call >= p->from_count && call <= p->to_count) ||
           now_ns < p->until_ns;
}

static void picky_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct picky_params *p = s->params;
    struct picky *picky = s->state;
    if (!picky_fails(p, ++picky->calls, core_now(s->core) - world_origin(w))) {
        picky->good++;
        picky->bytes += call_size(w, f);
        call_work(w, f);
    } else if (p->outcome == PICKY_SILENT) {
        f->work_ns = PICKY_TOO_LATE_NS;
        call_work(w, f);
    } else {
        call_refuse(w, f, p->outcome == PICKY_REJECTED ? OUTCOME_REJECTED : OUTCOME_FAILED);
    }
}

static void picky_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct picky *picky = s->state;
    own[0].value = (double)picky->good;
    own[1].value = (double)picky->calls;
    own[2].value = picky->bytes;
}

static const struct model picky_model = {
    .info = {.name = "picky",
             .title = "fails",
             .text = "for tests",
             ROWS(params, picky_params),
             ROWS(metrics, picky_metrics),
             .params_size = sizeof(struct picky_params)},
    .state_size = sizeof(struct picky),
    .arrive = picky_arrive,
    .observe = picky_observe,
};

#endif
