/* fleet: what the tests of balancers balance: a type that announces members, whose comings, goings,
 * illnesses and answers are parameters; and what those tests have in common. */
#ifndef ARCHSIM_TESTS_MODELS_FLEET_H
#define ARCHSIM_TESTS_MODELS_FLEET_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define TESTS DEFINED("the tests")
#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "zones: 3\nreplications: 2\nseed: 5\n"
/* No latency, so that what is offered is at the targets at the same instant. */
#define LB "  lb: {type: alb, latency: 0s, "

/* ---- fleet: announces members, round the zones; what they do and when is a parameter ---- */

enum { FLEET_MEMBERS = 4, NODES = 3 /* each with turns of its own */ };

struct fleet_params {
    int64_t members_count;
    int64_t joins_ns, leaves_ns; /* the last; the first; -1: never */
    int64_t ill_ns, well_ns;     /* the first fails its checks in between */
    bool all_ill;
    int answer; /* enum outcome */
};

#define PARAMS struct fleet_params
static const struct param fleet_params[] = {
    COUNT(members, "4", "0..4", "members", TESTS),
    TIME(joins, NONE, "", "the last member is there from now on", TESTS),
    TIME(leaves, NONE, "", "the first member is gone from now on", TESTS),
    TIME(ill, NONE, "", "the first member fails its checks from now on", TESTS),
    TIME(well, NONE, "", "and passes them again", TESTS),
    FLAG(all_ill, "false", "not the first member only", TESTS),
    CHOICE(answer, "ok", "ok throttled timeout rejected unavailable failed", "of all", TESTS),
};
#undef PARAMS

static const struct metric fleet_metrics[FLEET_MEMBERS] = {
    {"first", QUANTITY_COUNT, METRIC_VALUE, "requests to the first member"},
    {"second", QUANTITY_COUNT, METRIC_VALUE, "requests to the second member"},
    {"third", QUANTITY_COUNT, METRIC_VALUE, "requests to the third member"},
    {"fourth", QUANTITY_COUNT, METRIC_VALUE, "requests to the fourth member"},
};

struct fleet {
    uint64_t counts[FLEET_MEMBERS];
};

static void fleet_announce(struct world *w, struct service *s, int64_t member, bool present)
{
    service_member(w, s, (uint16_t)(member + 1), (uint8_t)(member % world_zones(w)), present);
}

/* Timer slots: the number of the member that comes, or FLEET_MEMBERS: the first goes. */
static void fleet_begin(struct world *w, struct service *s)
{
    const struct fleet_params *p = s->params;
    const int64_t last = p->members_count - 1;
    for (int64_t member = 0; member < p->members_count; member++) {
        if (member != last || p->joins_ns < 0) {
            fleet_announce(w, s, member, true);
        }
    }
    if (p->joins_ns >= 0) {
        service_timer(s, p->joins_ns, (uint32_t)last);
    }
    if (p->leaves_ns >= 0) {
        service_timer(s, p->leaves_ns, FLEET_MEMBERS);
    }
}

static void fleet_timer(struct world *w, struct service *s, uint32_t slot)
{
    fleet_announce(w, s, slot % FLEET_MEMBERS, slot < FLEET_MEMBERS);
}

static bool fleet_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    const struct fleet_params *p = s->params;
    const int64_t now_ns = core_now(s->core);
    const bool concerned = copy == 1 || p->all_ill;
    return !(concerned && p->ill_ns >= 0 && now_ns >= p->ill_ns &&
             (p->well_ns < 0 || now_ns < p->well_ns));
}

static void fleet_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct fleet_params *p = s->params;
    struct fleet *fleet = s->state;
    if (f->copy > 0) { /* 0: its caller does not choose */
        fleet->counts[f->copy - 1] += (f->flags & FRAME_MEASURED) != 0;
    }
    if (p->answer == OUTCOME_OK) {
        call_work(w, f);
    } else {
        call_refuse(w, f, (enum outcome)p->answer);
    }
}

static void fleet_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct fleet *fleet = s->state;
    for (uint32_t member = 0; member < FLEET_MEMBERS; member++) {
        own[member].value = (double)fleet->counts[member];
    }
}

static const struct model fleet_model = {
    .info = {.name = "fleet",
             .title = "members",
             .text = "for tests",
             ROWS(params, fleet_params),
             ROWS(metrics, fleet_metrics),
             .params_size = sizeof(struct fleet_params),
             .takes_work = true,
             .members = true},
    .state_size = sizeof(struct fleet),
    .begin = fleet_begin,
    .timer = fleet_timer,
    .healthy = fleet_healthy,
    .arrive = fleet_arrive,
    .observe = fleet_observe,
};

static const struct model *const own_models[] = {&fleet_model};
#define RUN(...) lab_run_with(own_models, 1, __VA_ARGS__)

/* The number of log entries of that kind; the last of them in *entry. */
static inline uint32_t logged(const struct lab *lab, enum log_kind kind,
                              const struct log_entry **entry)
{
    uint32_t count = 0;
    for (const struct log_entry *at = lab->experiment.replications[0].log; at != NULL;
         at = at->next) {
        if (at->kind == kind) {
            *entry = at;
            count++;
        }
    }
    return count;
}

#endif
