/* load_balancer: passes each request on to one of several targets.
 * The targets are services, or the `copies` of one service. The choice is random, in turn, the
 * target with the fewest requests out (as this balancer counts them: join the shortest queue), or
 * the better of two random ones.
 * Left out: health checks, connections, weights, its own time; it does not know who is down.
 *
 * For least_outstanding the targets stand in one array by requests out; each level is a stretch of
 * it. A request more or less swaps its target to the end of the stretch and moves the border by
 * one, so every choice is O(1). */
#include "models/model.h"

enum policy { POLICY_RANDOM, POLICY_ROUND_ROBIN, POLICY_LEAST_OUTSTANDING, POLICY_POWER_OF_TWO };
enum { BALANCER_LEVELS_FIRST = 64 };

struct load_balancer_params {
    struct call_targets targets_targets;
    int policy;
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
    uint32_t targets_count;
    uint32_t turn;    /* round_robin */
    uint32_t *out;    /* requests out, of each target */
    uint32_t *order;  /* targets by requests out */
    uint32_t *place;  /* of each target in order */
    uint32_t *border; /* of each level: the first place with so many or more */
    uint32_t levels_count;
};

static void balancer_swap(struct load_balancer *balancer, uint32_t target, uint32_t place)
{
    const uint32_t other = balancer->order[place];
    balancer->order[balancer->place[target]] = other;
    balancer->place[other] = balancer->place[target];
    balancer->order[place] = target;
    balancer->place[target] = place;
}

static void balancer_grow(struct load_balancer *balancer, struct arena *arena)
{
    const uint32_t count =
        balancer->levels_count > 0 ? balancer->levels_count * 2 : BALANCER_LEVELS_FIRST;
    uint32_t *border = arena_array(arena, count, sizeof(uint32_t));
    for (uint32_t level = 1; level < count; level++) {
        border[level] =
            level < balancer->levels_count ? balancer->border[level] : balancer->targets_count;
    }
    balancer->border = border;
    balancer->levels_count = count;
}

static void balancer_sent(struct load_balancer *balancer, struct arena *arena, uint32_t target)
{
    const uint32_t level = ++balancer->out[target];
    if (balancer->order != NULL) {
        if (level + 1 >= balancer->levels_count) {
            balancer_grow(balancer, arena);
        }
        balancer_swap(balancer, target, --balancer->border[level]);
    }
}

static void balancer_returned(struct load_balancer *balancer, uint32_t target)
{
    const uint32_t level = balancer->out[target]--;
    if (balancer->order != NULL) {
        balancer_swap(balancer, target, balancer->border[level]++);
    }
}

static uint32_t balancer_least(struct load_balancer *balancer)
{
    const uint32_t least = balancer->out[balancer->order[0]];
    return balancer->order[random_below(&balancer->random, balancer->border[least + 1])];
}

static uint32_t balancer_better_of_two(struct load_balancer *balancer)
{
    const uint32_t first = random_below(&balancer->random, balancer->targets_count);
    if (balancer->targets_count == 1) {
        return first;
    }
    uint32_t second = random_below(&balancer->random, balancer->targets_count - 1);
    second += second >= first;
    return balancer->out[second] < balancer->out[first] ? second : first;
}

static uint32_t balancer_choose(struct load_balancer *balancer, enum policy policy)
{
    switch (policy) {
    case POLICY_RANDOM:
        return random_below(&balancer->random, balancer->targets_count);
    case POLICY_ROUND_ROBIN:
        balancer->turn = balancer->turn + 1 < balancer->targets_count ? balancer->turn + 1 : 0;
        return balancer->turn;
    case POLICY_LEAST_OUTSTANDING:
        return balancer_least(balancer);
    case POLICY_POWER_OF_TWO:
        return balancer_better_of_two(balancer);
    }
    __builtin_unreachable();
}

static void load_balancer_start(struct world *w, struct service *s)
{
    const struct load_balancer_params *p = s->params;
    struct load_balancer *balancer = s->state;
    const struct call_targets *targets = &p->targets_targets;
    const uint32_t n = targets->copies > 0 ? targets->copies : targets->count;
    balancer->random = service_random(w, s, "balance");
    balancer->targets_count = n;
    balancer->turn = n - 1;
    balancer->out = arena_array(s->arena, n, sizeof(uint32_t));
    if (p->policy == POLICY_LEAST_OUTSTANDING) {
        balancer->order = arena_array(s->arena, n, sizeof(uint32_t));
        balancer->place = arena_array(s->arena, n, sizeof(uint32_t));
        for (uint32_t i = 0; i < n; i++) {
            balancer->order[i] = balancer->place[i] = i;
        }
        balancer_grow(balancer, s->arena);
    }
    s->load.unlimited = true;
}

static void load_balancer_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct load_balancer_params *p = s->params;
    struct load_balancer *balancer = s->state;
    f->note = balancer_choose(balancer, (enum policy)p->policy);
    balancer_sent(balancer, s->arena, f->note);
    call_work(w, f);
}

static bool load_balancer_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct load_balancer_params *p = s->params;
    const struct call_targets *targets = &p->targets_targets;
    const bool copies = targets->copies > 0;
    const struct call_target *target = &targets->items[copies ? 0 : f->note];
    call_forward(w, f, call_target_edge(target, f), copies ? (uint16_t)f->note : 0);
    return false;
}

static void load_balancer_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    balancer_returned(s->state, f->note);
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
