/* What the engine does for a model that asks for it: deliveries of a source, time limits, calls
 * that are tried again, members of targets, quotas and what types share, spells of throttling. Each
 * with a small service type of the test's own, and everything is deterministic. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "sim/engine/samples.h"
#include "sim/kernel/log.h"
#include "tests/support/lab.h"

#define TESTS DEFINED("the tests")
#define SECOND INT64_C(1000000000)

/* ---- tap: a source that counts what is put in, hands it out, and hears how it went ---- */

struct tap_state {
    uint32_t here, out, done, back; /* messages */
    uint32_t deliveries;
    uint32_t sizes[64]; /* of each delivery */
};

static void tap_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct tap_state *tap = s->state;
    tap->here++;
    call_work(w, f);
    source_ready(w, s);
}

static uint32_t tap_receive(struct world *w, struct service *s, uint16_t edge,
                            const struct source_ask *ask, uint32_t *delivery)
{
    const uint32_t most = ask->most;
    (void)edge;
    (void)w;
    struct tap_state *tap = s->state;
    const uint32_t count = tap->here < most ? tap->here : most;
    if (count > 0 && *delivery == DELIVERY_NONE) {
        *delivery = tap->deliveries++;
    }
    if (count > 0) {
        tap->sizes[*delivery] += count;
    }
    tap->here -= count;
    tap->out += count;
    return count;
}

static void tap_settle(struct world *w, struct service *s, uint32_t delivery, enum outcome outcome,
                       uint32_t done)
{
    (void)w;
    struct tap_state *tap = s->state;
    assert_true(outcome == OUTCOME_OK ? done == tap->sizes[delivery] : done < tap->sizes[delivery]);
    tap->out -= tap->sizes[delivery];
    tap->done += done;
    tap->back += tap->sizes[delivery] - done;
}

static void tap_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct tap_state *tap = s->state;
    own[0].value = tap->done;
    own[1].value = tap->back;
    own[2].value = tap->here + tap->out;
    own[3].value = tap->deliveries;
}

static const struct metric tap_metrics[] = {
    {"done", QUANTITY_COUNT, METRIC_VALUE, "worked off"},
    {"back", QUANTITY_COUNT, METRIC_VALUE, "given back"},
    {"left", QUANTITY_COUNT, METRIC_VALUE, "still here"},
    {"deliveries", QUANTITY_COUNT, METRIC_VALUE, "handed out"},
};

static const struct model tap_model = {
    .info = {.name = "tap",
             .title = "a source",
             .text = "for tests",
             ROWS(metrics, tap_metrics),
             .source = true},
    .state_size = sizeof(struct tap_state),
    .arrive = tap_arrive,
    .receive = tap_receive,
    .settle = tap_settle,
    .observe = tap_observe,
};

/* ---- pass: calls its target at once, and waits two seconds for the answer ---- */

struct pass_params {
    struct call_target to_target;
};

#define PARAMS struct pass_params
static const struct param pass_params[] = {
    SERVICE(to, REQUIRED, "whom it calls", TESTS),
};
#undef PARAMS

static void pass_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static bool pass_serve(struct world *w, struct service *s, struct frame *f)
{
    const struct pass_params *p = s->params;
    call_forward(w, f, call_target_edge(&p->to_target, f), 0, 2 * SECOND);
    return false;
}

static const struct model pass_model = {
    .info = {.name = "pass",
             .title = "a go-between",
             .text = "for tests",
             ROWS(params, pass_params),
             .params_size = sizeof(struct pass_params)},
    .arrive = pass_arrive,
    .serve = pass_serve,
};

/* ---- knife: cuts a call that is about to go on, and takes it back once ---- */

static void knife_arrive(struct world *w, struct service *s, struct frame *f)
{
    if (f->note > 0) {
        call_work(w, f);
        return;
    }
    service_timer(s, SECOND, core_slot(s->core, f));
}

static void knife_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct frame *f = core_frame(s->core, slot);
    core_go(s->core, f);
    call_cut(w, f, OUTCOME_FAILED);
}

static bool knife_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    (void)s;
    assert_int_equal(outcome, OUTCOME_FAILED);
    f->note++;
    call_again(w, f, 3 * SECOND);
    return true;
}

static const struct model knife_model = {
    .info = {.name = "knife", .title = "a knife", .text = "for tests", .takes_work = true},
    .arrive = knife_arrive,
    .timer = knife_timer,
    .keep = knife_keep,
};

/* ---- taker: works off what its source has, all in one call ---- */

struct taker_params {
    struct {
        struct call_target from_target;
        int64_t batch_count;
    } trigger;
    int64_t allowed_ns;
    int64_t tries_count;
};

#define PARAMS struct taker_params
static const struct param taker_params[] = {
    SOURCE(trigger.from, REQUIRED, "the source", TESTS),
    COUNT(trigger.batch, "10", "1..", "most of one delivery", TESTS),
    TIME(allowed, NONE, "", "time limit of a call", TESTS),
    COUNT(tries, "1", "1..", "tries of an asynchronous call", TESTS),
};
#undef PARAMS

struct taker_state {
    uint32_t zones; /* in which calls came, a bit each */
};

static void taker_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct taker_state *taker = s->state;
    own[0].value = __builtin_popcount(taker->zones);
}

static const struct metric taker_metrics[] = {
    {"zones", QUANTITY_COUNT, METRIC_VALUE, "in which calls came"},
};

static void taker_fed(struct world *w, struct service *s)
{
    const struct taker_params *p = s->params;
    uint32_t delivery = DELIVERY_NONE;
    const struct source_ask ask = {.most = (uint32_t)p->trigger.batch_count, .bytes = INFINITY};
    const uint32_t count = source_receive(w, &p->trigger.from_target, &ask, &delivery);
    if (count > 0) {
        source_invoke(w, &p->trigger.from_target, delivery, count);
    }
}

static void taker_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct taker_params *p = s->params;
    struct taker_state *taker = s->state;
    taker->zones |= UINT32_C(1) << f->zone;
    if (p->allowed_ns >= 0) {
        call_limit(w, f, p->allowed_ns);
    }
    call_work(w, f);
}

static bool taker_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    (void)outcome;
    const struct taker_params *p = s->params;
    if (++f->note >= (uint32_t)p->tries_count) {
        return false;
    }
    call_again(w, f, SECOND);
    return true;
}

static const struct model taker_model = {
    .info = {.name = "taker",
             .title = "a consumer",
             .text = "for tests",
             ROWS(params, taker_params),
             ROWS(metrics, taker_metrics),
             .params_size = sizeof(struct taker_params),
             .takes_work = true},
    .state_size = sizeof(struct taker_state),
    .observe = taker_observe,
    .arrive = taker_arrive,
    .keep = taker_keep,
    .fed = taker_fed,
};

/* ---- gate: a quota of calls that all gates of a world share ---- */

struct gate_quotas {
    int64_t calls_count;
};
#define PARAMS struct gate_quotas
static const struct param gate_quotas[] = {
    COUNT(calls, "3", "0..", "calls that all gates let pass", TESTS),
};
#undef PARAMS

struct gate_shared {
    int64_t passed;
};

static void gate_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct gate_quotas *quotas = s->quotas;
    struct gate_shared *shared = s->shared;
    if (shared->passed == quotas->calls_count) {
        call_throttle(w, f, "calls");
        return;
    }
    shared->passed++;
    call_work(w, f);
}

static void gate_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct gate_quotas *quotas = s->quotas;
    const struct gate_shared *shared = s->shared;
    usage[0] =
        (struct usage){.used = (double)shared->passed, .available = (double)quotas->calls_count};
}

static const char *const gate_resources[] = {"calls"};

static const struct model gate_model = {
    .info = {.name = "gate",
             .title = "a quota",
             .text = "for tests",
             ROWS(quotas, gate_quotas),
             ROWS(resources, gate_resources),
             .quotas_size = sizeof(struct gate_quotas),
             .takes_work = true},
    .shared_size = sizeof(struct gate_shared),
    .arrive = gate_arrive,
    .usage = gate_usage,
};

/* ---- asker: calls its target five times by itself, a second apart, and hears how it ended ---- */

struct asker_params {
    struct call_target target_target;
};
#define PARAMS struct asker_params
static const struct param asker_params[] = {
    SERVICE(target, REQUIRED, "whom it asks", TESTS),
};
#undef PARAMS
static const struct metric asker_metrics[] = {
    {"good_numbers", QUANTITY_COUNT, METRIC_VALUE, "sum of the numbers of good ends", false},
    {"throttled_numbers", QUANTITY_COUNT, METRIC_VALUE, "the same of throttled ones", false},
};

struct asker_state {
    uint32_t asked;
    double good, throttled;
};

static void asker_start(struct world *w, struct service *s)
{
    (void)w;
    service_timer(s, SECOND, 0);
}

static void asker_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    const struct asker_params *p = s->params;
    struct asker_state *asker = s->state;
    asker->asked++;
    call_send_sized(w, s, p->target_target.edge, asker->asked, 1000);
    if (asker->asked < 5) {
        service_timer(s, SECOND, 0);
    }
}

static void asker_heard(struct world *w, struct service *s, uint32_t number, enum outcome outcome)
{
    (void)w;
    struct asker_state *asker = s->state;
    *(outcome == OUTCOME_OK ? &asker->good : &asker->throttled) += number;
}

static void asker_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static void asker_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct asker_state *asker = s->state;
    own[0].value = asker->good;
    own[1].value = asker->throttled;
}

static const struct model asker_model = {
    .info = {.name = "asker",
             .title = "calls by itself",
             .text = "for tests",
             ROWS(params, asker_params),
             ROWS(metrics, asker_metrics),
             .acts = true,
             .params_size = sizeof(struct asker_params)},
    .state_size = sizeof(struct asker_state),
    .start = asker_start,
    .timer = asker_timer,
    .observe = asker_observe,
    .arrive = asker_arrive,
    .heard = asker_heard,
};

static const struct model *const own[] = {&tap_model,  &taker_model, &gate_model,
                                          &pass_model, &knife_model, &asker_model};
enum { OWN = sizeof(own) / sizeof(own[0]) };

#define HEAD_AFTER(warmup) \
    "archsim: 1\nduration: 100s\nwarmup: " warmup "\nreplications: 1\nseed: 1\n"
#define HEAD HEAD_AFTER("0s")

/* One message every 10 s from a constant source with a random phase; each takes 1 s. */
static void test_deliveries(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, OWN,
                                   HEAD "services:\n"
                                        "  tap: {type: tap}\n"
                                        "  work: {type: taker, trigger: {from: tap}, work: 1s}\n"
                                        "traffic:\n"
                                        "  t: {to: tap, rate: 6/min, arrivals: constant}\n");
    lab_equal(lab, "services.tap.done", 10);
    lab_equal(lab, "services.tap.left", 0);
    lab_equal(lab, "services.tap.deliveries", 10);
    lab_equal(lab, "services.work.arrivals", 0.1);
    lab_equal(lab, "services.work.latency.mean", 1);
    /* the source hears how it went: its outgoing calls have outcomes */
    lab_equal(lab, "services.tap.outgoing.work.call.latency.mean", 1);
    lab_close(lab);
}

/* A batch of four in one call: its own work four times and its program four times, in order. */
static void test_rounds(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, OWN,
                     HEAD "services:\n"
                          "  tap: {type: tap}\n"
                          "  work: {type: taker, trigger: {from: tap}, work: 1s, calls: [leaf]}\n"
                          "  leaf: {type: delay, work: 100ms}\n"
                          "traffic:\n"
                          "  t: {to: tap, rate: 3/min, arrivals: constant, batch: 4}\n");
    lab_equal(lab, "services.tap.deliveries", 5);
    lab_equal(lab, "services.tap.done", 20);
    lab_equal(lab, "services.work.arrivals", 0.05);
    lab_equal(lab, "services.work.latency.mean", 4.4);
    lab_equal(lab, "services.leaf.arrivals", 0.2);
    lab_close(lab);
}

/* The third of four rounds breaks the time limit: 2 x (own work is first, all of it) ... work of
 * 0.4 s, then calls of 1 s each; limit 2.9 s: two calls are through when it ends. The callee that
 * is out runs on, and its answer is dropped. */
static void test_limit(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, OWN,
        HEAD
        "services:\n"
        "  tap: {type: tap}\n"
        "  work: {type: taker, trigger: {from: tap}, allowed: 2.9s, work: 100ms, calls: [leaf]}\n"
        "  leaf: {type: delay, work: 1s}\n"
        "traffic:\n"
        "  t: {to: tap, rate: 3/min, arrivals: constant, batch: 4}\n");
    lab_equal(lab, "services.tap.done", 10);
    lab_equal(lab, "services.tap.back", 10);
    lab_equal(lab, "services.work.errors.timeout", 1);
    lab_equal(lab, "services.leaf.arrivals", 0.15);
    lab_equal(lab, "services.leaf.latency.max", 1);
    lab_equal(lab, "services.leaf.abandoned", 1.0 / 3);
    lab_equal(lab, "services.work.in_flight.mean", 0.05 * 2.9);
    lab_close(lab);
}

/* Also within a parallel step: its branches end with it. */
static void test_limit_of_a_group(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, OWN,
        HEAD "services:\n"
             "  tap: {type: tap}\n"
             "  work: {type: taker, trigger: {from: tap}, allowed: 500ms,\n"
             "         calls: [{parallel: [[leaf, leaf], [{parallel: [leaf, leaf]}]]}]}\n"
             "  leaf: {type: delay, work: 1s}\n"
             "traffic:\n"
             "  t: {to: tap, rate: 6/min, arrivals: constant}\n");
    lab_equal(lab, "services.work.errors.timeout", 1);
    lab_equal(lab, "services.leaf.arrivals", 0.3); /* no second call of the first branch */
    lab_equal(lab, "services.leaf.abandoned", 1);
    lab_close(lab);
}

/* keep and call_again: three tries of 0.5 s, a second between them, then it ends. */
static void test_again(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, OWN,
                     HEAD_AFTER("20s") "services:\n"
                                       "  tap: {type: tap}\n"
                                       "  work: {type: taker, trigger: {from: tap}, allowed: "
                                       "500ms, tries: 3, work: 800ms}\n"
                                       "traffic:\n"
                                       "  t: {to: work, rate: 6/min, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.work.arrivals", 0.1);
    lab_equal(lab, "services.work.in_flight.mean", 0.1 * (3 * 0.5 + 2));
    lab_close(lab);
}

/* A delivery has left its source, so the consumer's bulkhead lets it wait whatever it says: the
 * k-th of ten comes at 10 k and waits for k others of 15 s. */
static void test_bulkhead_of_a_consumer(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, OWN,
                                   HEAD "services:\n"
                                        "  tap: {type: tap}\n"
                                        "  work: {type: taker, trigger: {from: tap}, work: 15s,\n"
                                        "         limit: {concurrent: 1, on_full: reject}}\n"
                                        "traffic:\n"
                                        "  t: {to: tap, rate: 6/min, arrivals: constant}\n");
    lab_equal(lab, "services.work.throughput", 0.1);
    lab_equal(lab, "services.tap.back", 0);
    lab_equal(lab, "services.work.latency.mean", 15 + 5 * 4.5);
    lab_equal(lab, "services.work.latency.max", 15 + 5 * 9);
    lab_close(lab);
}

/* Two that compete for what comes, one by one, take turns. */
static void test_competing_consumers(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, OWN,
                                   HEAD "services:\n"
                                        "  tap: {type: tap}\n"
                                        "  b: {type: taker, trigger: {from: tap}, work: 1s}\n"
                                        "  a: {type: taker, trigger: {from: tap}, work: 1s}\n"
                                        "traffic:\n"
                                        "  t: {to: tap, rate: 6/min, arrivals: constant}\n");
    lab_equal(lab, "services.a.arrivals", 0.05);
    lab_equal(lab, "services.b.arrivals", 0.05);
    lab_equal(lab, "services.tap.done", 10);
    lab_close(lab);
}

/* Nobody's request is behind a delivery: it begins in any zone. */
static void test_zones_of_deliveries(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, OWN,
                     HEAD "zones: 3\n"
                          "services:\n"
                          "  tap: {type: tap}\n"
                          "  work: {type: taker, trigger: {from: tap}}\n"
                          "  other: {type: server, zones: [a, b, c]}\n"
                          "traffic:\n"
                          "  t: {to: tap, rate: 30/min, arrivals: constant, zone: b}\n");
    lab_equal(lab, "services.work.zones", 3);
    lab_close(lab);
}

/* The second try of a hedge gets its place behind the bulkhead, and calls on, at the very instant
 * at which the first wins: what it has called goes before it has begun, and its timeout, 1 s after
 * the next request has begun, with it. */
static void test_withdrawn_before_it_began(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, OWN,
        HEAD "services:\n"
             "  app: {type: delay,\n"
             "        calls: [{hedge: {call: mid, after: 100ms, max: 2, cancel: true}}]}\n"
             "  mid: {type: delay, calls: [pass]}\n"
             "  pass: {type: pass, to: leaf, limit: {concurrent: 1, on_full: wait}}\n"
             "  leaf: {type: delay, work: 1s}\n"
             "traffic:\n"
             "  t: {to: app, rate: 30/min, arrivals: constant}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "traffic.t.latency.max", 1);
    lab_equal(lab, "services.leaf.arrivals", 0.5);
    lab_equal(lab, "services.pass.arrivals", 1);
    lab_equal(lab, "services.pass.errors.timeout", 0.5);
    lab_close(lab);
}

/* What is cut is void, also its turn to go on: 1 s, then away for 3 s, then 2 s of work. */
static void test_cut_and_kept(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, OWN,
                                   HEAD_AFTER("20s") "services:\n"
                                                     "  app: {type: knife, work: 2s}\n"
                                                     "traffic:\n"
                                                     "  t: {to: app, rate: 6/min}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "traffic.t.latency.mean", 6);
    lab_equal(lab, "traffic.t.latency.max", 6);
    lab_close(lab);
}

/* What all services of a type share; the quota that the scenario sets; the spell in the log. */
static void test_quotas(void **state)
{
    (void)state;
    static const char text[] = HEAD "%s"
                                    "services:\n"
                                    "  a: {type: gate, calls: [b]}\n"
                                    "  b: {type: gate}\n"
                                    "traffic:\n"
                                    "  t: {to: a, rate: 6/min, arrivals: constant}\n";
    struct lab *lab = lab_run_with(own, OWN, text, "");
    lab_equal(lab, "services.a.throughput", 0.01); /* a, b, a; then nobody passes */
    lab_equal(lab, "services.b.errors.throttled", 0.5);
    assert_null(lab->scenario->arrangements);
    const struct log_entry *log = lab->experiment.replications[0].log;
    assert_int_equal(log->kind, LOG_THROTTLING);
    assert_string_equal(lab->scenario->services[log->service].name, "b");
    assert_int_equal(log->count, 1);
    assert_string_equal(log->next->metric, "calls");
    assert_int_equal(log->next->count, 8); /* one spell of a: gaps of 10 s */
    assert_int_equal(log->next->until_ns - log->next->at_ns, 70 * SECOND);
    lab_close(lab);
    lab = lab_run_with(own, OWN, text, "quotas: {gate: {calls: 12}}\n");
    lab_equal(lab, "services.a.throughput", 0.06);
    assert_string_equal(lab->scenario->arrangements->path, "quotas.gate.calls");
    assert_string_equal(lab->scenario->arrangements->value, "12");
    assert_string_equal(lab->scenario->arrangements->usually, "3");
    /* 12 of 12 a second over 100 s */
    const double used = lab->experiment.replications[0].used[USED_RESOURCE];
    assert_true(fabs(used - 0.01) < 1e-12);
    lab_close(lab);
}

/* Three of five pass; who has asked is told of each end, and its edge counts them. */
static void test_asked(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(own, OWN,
                                   HEAD "services:\n"
                                        "  a: {type: asker, target: b}\n"
                                        "  b: {type: gate, work: 2s}\n"
                                        "traffic:\n"
                                        "  t: {to: a, rate: 6/min, arrivals: constant}\n");
    lab_equal(lab, "services.a.good_numbers", 1 + 2 + 3);
    lab_equal(lab, "services.a.throttled_numbers", 4 + 5);
    lab_equal(lab, "services.a.outgoing.b.call.errors.throttled", 0.4);
    lab_equal(lab, "services.a.outgoing.b.call.latency.mean", 2);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deliveries),
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_limit_of_a_group),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_quotas),
        cmocka_unit_test(test_asked),
        cmocka_unit_test(test_bulkhead_of_a_consumer),
        cmocka_unit_test(test_competing_consumers),
        cmocka_unit_test(test_zones_of_deliveries),
        cmocka_unit_test(test_withdrawn_before_it_began),
        cmocka_unit_test(test_cut_and_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
