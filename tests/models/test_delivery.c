/* delivery: order and conservation, whatever fails. A topic of the tests' own numbers its messages
 * of a few groups (the size that a message carries is its number) and delivers them after latencies
 * that differ by far; endpoints fail, refuse, are silent and are slow at random. Known: what a FIFO
 * topic delivers of a group comes in its order (SNS Developer Guide, FIFO message delivery);
 * everything that was begun is delivered, a dead letter, lost or waiting. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "models/delivery.h"
#include "models/model.h"
#include "tests/support/lab.h"

enum { GROUPS_MAX = 8, TRIES = 3, MS = 1000000 };

/* ---- the topic ---- */

struct teller_params {
    struct call_target to_target, dead_letter_target;
    int64_t groups_count, retry_ns, timeout_ns;
    double pace_per_s;
    const struct distribution *latency_ns_dist;
};
#define PARAMS struct teller_params
static const struct param teller_params[] = {
    SERVICE(to, REQUIRED, "endpoint", DEFINED("the tests")),
    SERVICE(dead_letter, NONE, "where the others go", DEFINED("the tests")),
    COUNT(groups, "1", "1..8", "groups", DEFINED("the tests")),
    TIME(retry, "50ms", "", "between tries", DEFINED("the tests")),
    TIME(timeout, NONE, "", "of a try", DEFINED("the tests")),
    RATE(pace, NONE, "", "tries a second", DEFINED("the tests")),
    TIME_DIST(latency, "exponential(200ms)", "", "of a delivery", DEFINED("the tests")),
};
#undef PARAMS
static const struct metric teller_metrics[] = {
    {"begun", QUANTITY_COUNT, METRIC_VALUE, "of all the run"},
    {"delivered", QUANTITY_COUNT, METRIC_VALUE, "of all the run"},
    {"redriven", QUANTITY_COUNT, METRIC_VALUE, "of all the run"},
    {"lost", QUANTITY_COUNT, METRIC_VALUE, "of all the run"},
    {"waiting", QUANTITY_COUNT, METRIC_VALUE, "at the end"},
};

struct teller {
    struct deliveries deliveries;
    struct random latency_random;
    uint32_t told;
};

static void teller_start(struct world *w, struct service *s)
{
    const struct teller_params *p = s->params;
    struct teller *teller = s->state;
    deliveries_init(w, s, &teller->deliveries, 1);
    struct throttle pace;
    throttle_init_burst(&pace, p->pace_per_s, MS);
    teller->latency_random = service_random(w, s, "latency");
    teller->deliveries.targets[0] = (struct delivery_target){
        .edge = p->to_target.edge,
        .dead_edge = p->dead_letter_target.edge,
        .has_dead = p->dead_letter_target.service != SERVICE_NONE,
        .retry = {.phases = {{TRIES, p->retry_ns, 1, p->retry_ns}},
                  .phases_count = 1,
                  .age_max_ns = -1},
        .pace = pace,
        .timeout_ns = p->timeout_ns >= 0 ? p->timeout_ns : TIME_NONE,
        .lines = arena_array(s->arena, GROUPS_MAX, sizeof(struct delivery_line)),
    };
    s->load.unlimited = true;
}

static void teller_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct teller_params *p = s->params;
    struct teller *teller = s->state;
    const uint32_t number = teller->told++;
    deliveries_begin(
        w, s, &teller->deliveries,
        &(struct delivery_order){
            .target = 0,
            .group = number % (uint32_t)p->groups_count,
            .latency_ns = distribution_draw_int(p->latency_ns_dist, &teller->latency_random),
            .size_bytes = number,
        });
    call_work(w, f);
}

static void teller_timer(struct world *w, struct service *s, uint32_t slot)
{
    deliveries_due(w, s, &((struct teller *)s->state)->deliveries, slot);
}

static void teller_heard(struct world *w, struct service *s, uint32_t number, enum outcome outcome)
{
    deliveries_heard(w, s, &((struct teller *)s->state)->deliveries, number, outcome);
}

static void teller_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct deliveries *d = &((const struct teller *)s->state)->deliveries;
    assert_true(deliveries_conserved(d));
    own[0].value = (double)d->now.begun;
    own[1].value = (double)d->now.delivered;
    own[2].value = (double)d->now.redriven;
    own[3].value = (double)d->now.lost;
    own[4].value = (double)d->waiting.value;
}

static const struct model teller_model = {
    .info = {.name = "teller",
             .title = "a topic",
             .text = "for tests",
             ROWS(params, teller_params),
             ROWS(metrics, teller_metrics),
             .params_size = sizeof(struct teller_params)},
    .state_size = sizeof(struct teller),
    .start = teller_start,
    .timer = teller_timer,
    .arrive = teller_arrive,
    .heard = teller_heard,
    .observe = teller_observe,
};

/* ---- an endpoint that minds the order ---- */

struct minder_params {
    int64_t groups_count;
    double bad_ratio;
    const struct distribution *slow_ns_dist;
};
#define PARAMS struct minder_params
static const struct param minder_params[] = {
    COUNT(groups, "1", "1..8", "groups", DEFINED("the tests")),
    RATIO(bad, "40%", "", "calls that fail or are refused", DEFINED("the tests")),
    TIME_DIST(slow, "exponential(20ms)", "", "of a call", DEFINED("the tests")),
};
#undef PARAMS
static const struct metric minder_metrics[] = {
    {"disorder", QUANTITY_COUNT, METRIC_VALUE, "good calls that came after a later one of theirs"},
    {"good", QUANTITY_COUNT, METRIC_VALUE, "good calls"},
};

struct minder {
    struct random random;
    double last[GROUPS_MAX];
    int64_t disorder, good;
};

static void minder_start(struct world *w, struct service *s)
{
    ((struct minder *)s->state)->random = service_random(w, s, "moods");
    s->load.unlimited = true;
}

static void minder_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct minder_params *p = s->params;
    struct minder *minder = s->state;
    const double number = call_size(w, f);
    const double chance = random_uniform(&minder->random);
    if (chance < p->bad_ratio) {
        call_refuse(w, f, chance < p->bad_ratio / 8 ? OUTCOME_REJECTED : OUTCOME_FAILED);
        return;
    }
    double *last = &minder->last[(uint32_t)number % (uint32_t)p->groups_count];
    minder->disorder += number < *last;
    minder->good++;
    *last = number;
    f->work_ns = distribution_draw_int(p->slow_ns_dist, &minder->random);
    call_work(w, f);
}

static void minder_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct minder *minder = s->state;
    own[0].value = (double)minder->disorder;
    own[1].value = (double)minder->good;
}

static const struct model minder_model = {
    .info = {.name = "minder",
             .title = "an endpoint",
             .text = "for tests",
             ROWS(params, minder_params),
             ROWS(metrics, minder_metrics),
             .params_size = sizeof(struct minder_params)},
    .state_size = sizeof(struct minder),
    .start = minder_start,
    .arrive = minder_arrive,
    .observe = minder_observe,
};

static const struct model *const own[] = {&teller_model, &minder_model};

/* 60 topics that differ in all that matters: order and conservation hold in each. */
static void test_order_and_conservation(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        char timeout[64] = "", pace[64] = "";
        if (i % 3 == 0) {
            snprintf(timeout, sizeof(timeout), ", timeout: %dms", 5 + i);
        }
        if (i % 4 == 1) {
            snprintf(pace, sizeof(pace), ", pace: %d/s", 20 + i);
        }
        struct lab *lab = lab_run_with(
            own, 2,
            "archsim: 1\nreplications: 1\nseed: %d\nwarmup: 0s\nduration: 5m\nservices:\n"
            "  t: {type: teller, to: m, groups: %d, retry: %dms%s%s%s}\n"
            "  m: {type: minder, groups: %d, bad: %d%%}\n  d: {type: sqs}\n"
            "traffic:\n  u: {to: t, rate: [[0s, %d/s], [100s, 0/s]]}\n",
            i, 1 + i % 8, i % 5 * 20, i % 2 ? ", dead_letter: d.send" : "", timeout, pace,
            1 + i % 8, i % 6 * 15, 2 + i % 7 * 5);
        lab_equal(lab, "services.m.disorder", 0);
        assert_true(lab_value(lab, "services.m.good") > 50);
        lab_equal(lab, "services.t.begun",
                  lab_value(lab, "services.t.delivered") + lab_value(lab, "services.t.redriven") +
                      lab_value(lab, "services.t.lost") + lab_value(lab, "services.t.waiting"));
        lab_equal(lab, "services.t.waiting", 0);
        lab_equal(lab, "services.d.number_of_messages_sent", lab_value(lab, "services.t.redriven"));
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_conservation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
