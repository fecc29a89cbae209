/* load_balancer: passes each request on to one of several targets.
 * The targets are services, or the `copies` of one service. The choice is random, in turn, the
 * target with the fewest requests out (as this balancer counts them: join the shortest queue), or
 * the better of two random ones.
 * Block: rotation. Left out: health checks, connections, weights, its own time; it does not know
 * who is down. */
#include "models/model.h"

#include "sim/blocks/rotation.h"

struct load_balancer_params {
    struct call_targets targets_targets;
    int policy; /* as rotation_policy counts them */
};

#define PARAMS struct load_balancer_params
static const struct param load_balancer_params[] = {
    SERVICES(targets, REQUIRED,
             "the services, or {service, copies}, that requests are passed on to",
             DEFINED("archsim language 1")),
    CHOICE(policy, "round_robin", "random round_robin least_outstanding power_of_two",
           "which target is next; ties of least_outstanding are broken at random",
           DEFINED("archsim language 1")),
};

struct load_balancer {
    struct random random;
    struct rotation rotation; /* of targets or copies, by number */
};

static void load_balancer_start(struct world *w, struct service *s)
{
    const struct load_balancer_params *p = s->params;
    struct load_balancer *balancer = s->state;
    const struct call_targets *targets = &p->targets_targets;
    const uint32_t n = targets->copies > 0 ? targets->copies : targets->count;
    balancer->random = service_random(w, s, "balance");
    rotation_init(&balancer->rotation, s->arena, (enum rotation_policy)p->policy);
    for (uint32_t i = 0; i < n; i++) {
        rotation_add(&balancer->rotation, i);
    }
    s->load.unlimited = true;
}

static void load_balancer_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct load_balancer *balancer = s->state;
    f->note = rotation_choose(&balancer->rotation, &balancer->random);
    rotation_sent(&balancer->rotation, f->note);
    call_work(w, f);
}

static bool load_balancer_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct load_balancer_params *p = s->params;
    const struct call_targets *targets = &p->targets_targets;
    const bool copies = targets->copies > 0;
    const struct call_target *target = &targets->items[copies ? 0 : f->note];
    call_forward(w, f, call_target_edge(target, f), copies ? (uint16_t)f->note : 0, TIME_NONE);
    return false;
}

static void load_balancer_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    struct load_balancer *balancer = s->state;
    rotation_returned(&balancer->rotation, f->note);
}

const struct model load_balancer_model = {
    .info =
        {
            .name = "load_balancer",
            .title = "passes each request on to one of several targets",
            .text = "The targets are services or the copies of one service. The choice is random, "
                    "in turn, the one with the fewest requests out, or the better of two random "
                    "ones. It has no time of its own, no health checks, and does not know who is "
                    "down.",
            ROWS(params, load_balancer_params),
            .params_size = sizeof(struct load_balancer_params),
            .forwards = true,
        },
    .state_size = sizeof(struct load_balancer),
    .start = load_balancer_start,
    .arrive = load_balancer_arrive,
    .serve = load_balancer_serve,
    .finish = load_balancer_finish,
};
