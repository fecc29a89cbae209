/* endpoint: a service of the tests' own that answers at once, and fails its health checks for a
 * time. */
#ifndef ARCHSIM_TESTS_MODELS_ENDPOINT_H
#define ARCHSIM_TESTS_MODELS_ENDPOINT_H

#include "models/model.h"

struct endpoint_params {
    int64_t ill_ns, well_ns;
};
#define PARAMS struct endpoint_params
static const struct param endpoint_params[] = {
    TIME(ill, NONE, "", "it fails its checks from now on", DEFINED("the tests")),
    TIME(well, NONE, "", "and passes them again", DEFINED("the tests")),
};
#undef PARAMS

static void endpoint_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static bool endpoint_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    (void)copy;
    const struct endpoint_params *p = s->params;
    const int64_t now_ns = core_now(s->core);
    return !(p->ill_ns >= 0 && now_ns >= p->ill_ns && (p->well_ns < 0 || now_ns < p->well_ns));
}

static const struct model endpoint_model = {
    .info = {.name = "endpoint",
             .title = "an endpoint",
             .text = "for tests",
             ROWS(params, endpoint_params),
             .params_size = sizeof(struct endpoint_params)},
    .healthy = endpoint_healthy,
    .arrive = endpoint_arrive,
};
static const struct model *const own_models[] = {&endpoint_model};

#endif
