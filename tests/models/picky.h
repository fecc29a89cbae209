/* picky: a service of the tests' own that fails at the calls of those numbers. */
#ifndef ARCHSIM_TESTS_MODELS_PICKY_H
#define ARCHSIM_TESTS_MODELS_PICKY_H

#include "models/model.h"

struct picky_params {
    int64_t from_count, to_count;
};
#define PARAMS struct picky_params
static const struct param picky_params[] = {
    COUNT(from, "1", "1..", "the first call that fails", DEFINED("the tests")),
    COUNT(to, "1000000", "1..", "the last", DEFINED("the tests")),
};
#undef PARAMS

struct picky {
    int64_t calls;
};

static void picky_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct picky_params *p = s->params;
    struct picky *picky = s->state;
    picky->calls++;
    if (picky->calls >= p->from_count && picky->calls <= p->to_count) {
        call_refuse(w, f, OUTCOME_FAILED);
    } else {
        call_work(w, f);
    }
}

static const struct model picky_model = {
    .info = {.name = "picky",
             .title = "fails",
             .text = "for tests",
             ROWS(params, picky_params),
             .params_size = sizeof(struct picky_params)},
    .state_size = sizeof(struct picky),
    .arrive = picky_arrive,
};

#endif
