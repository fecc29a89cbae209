/* What a service sees of others from beside: readings of a period, own levels, commands; and calls
 * that go via a path. Constant arrivals and constant work: every number is exact. */
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
#define SECOND INT64_C(1000000000)

/* ---- reader: reads every ten seconds, and keeps what the first five of the window were ---- */

enum { READER_READS = 5 };

struct reader_params {
    struct reading what_reading;
};
#define PARAMS struct reader_params
static const struct param reader_params[] = {
    READING(what, REQUIRED, "what it reads", TESTS),
};
#undef PARAMS

struct reader {
    struct reading_mark mark;
    double values[READER_READS];
    uint32_t count;
};

static void reader_start(struct world *w, struct service *s)
{
    service_timer(s, world_origin(w) % (10 * SECOND), 0);
}

static void reader_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    const struct reader_params *p = s->params;
    struct reader *reader = s->state;
    const double value = service_read(w, &p->what_reading, &reader->mark);
    if (core_now(s->core) > world_origin(w) && reader->count < READER_READS) {
        reader->values[reader->count++] = value;
    }
    service_timer(s, 10 * SECOND, 0);
}

static void reader_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct reader *reader = s->state;
    for (uint32_t i = 0; i < READER_READS; i++) {
        own[i].value = reader->values[i];
    }
}

static const struct metric reader_metrics[READER_READS] = {
    {"first", QUANTITY_COUNT, METRIC_VALUE, "."}, {"second", QUANTITY_COUNT, METRIC_VALUE, "."},
    {"third", QUANTITY_COUNT, METRIC_VALUE, "."}, {"fourth", QUANTITY_COUNT, METRIC_VALUE, "."},
    {"fifth", QUANTITY_COUNT, METRIC_VALUE, "."},
};

static void reader_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static const struct model reader_model = {
    .info = {.name = "reader",
             .title = "reads",
             .text = "for tests",
             ROWS(params, reader_params),
             ROWS(metrics, reader_metrics),
             .params_size = sizeof(struct reader_params)},
    .state_size = sizeof(struct reader),
    .start = reader_start,
    .timer = reader_timer,
    .observe = reader_observe,
    .arrive = reader_arrive,
};

/* ---- knob: holds a level that commands set; refuses one above 9 ---- */

struct knob {
    double level;
    uint64_t refused;
};
enum { KNOB_LEVEL, KNOB_REFUSED };
static const struct metric knob_metrics[] = {
    [KNOB_LEVEL] = {"level", QUANTITY_COUNT, METRIC_VALUE, "as set", true},
    [KNOB_REFUSED] = {"refused", QUANTITY_COUNT, METRIC_VALUE, "commands"},
};
static const char *const knob_controls[] = {"off", "level", NULL};

static void knob_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static double knob_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    assert_int_equal(metric, KNOB_LEVEL);
    return ((const struct knob *)s->state)->level;
}

static bool knob_control(struct world *w, struct service *s, uint32_t control, double value)
{
    (void)w;
    struct knob *knob = s->state;
    assert_int_equal(control, 1);
    if (value > 9) {
        knob->refused++;
        return false;
    }
    knob->level = value;
    return true;
}

static void knob_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct knob *knob = s->state;
    own[KNOB_LEVEL].value = knob->level;
    own[KNOB_REFUSED].value = (double)knob->refused;
}

static const struct model knob_model = {
    .info = {.name = "knob",
             .title = "is set",
             .text = "for tests",
             ROWS(metrics, knob_metrics),
             .controls = knob_controls},
    .state_size = sizeof(struct knob),
    .arrive = knob_arrive,
    .observe = knob_observe,
    .level = knob_level,
    .control = knob_control,
};

/* ---- hand: each call sets the knob one higher ---- */

struct hand_params {
    uint16_t turns_service;
};
#define PARAMS struct hand_params
static const struct param hand_params[] = {
    WATCH(turns, REQUIRED, "level", "whom it commands", TESTS),
};
#undef PARAMS

static void hand_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct hand_params *p = s->params;
    double *next = s->state;
    if (!service_control(w, p->turns_service, "level", ++*next)) {
        call_refuse(w, f, OUTCOME_FAILED);
        return;
    }
    call_work(w, f);
}

static const struct model hand_model = {
    .info = {.name = "hand",
             .title = "commands",
             .text = "for tests",
             ROWS(params, hand_params),
             .params_size = sizeof(struct hand_params)},
    .state_size = sizeof(double),
    .arrive = hand_arrive,
};

/* ---- road: 10 ms on the way, and 40 more where the callee lives in another zone ---- */

static void road_arrive(struct world *w, struct service *s, struct frame *f)
{
    const uint16_t edge = s->spec->operations[f->operation].path;
    const uint8_t zones = edge_zones(w, edge);
    const bool away = zones != 0 && (zones >> f->zone & 1) == 0;
    f->work_ns = (away ? 50 : 10) * SECOND / 1000;
    call_work(w, f);
}

static const struct model road_model = {
    .info = {.name = "road", .title = "a path", .text = "for tests", .path = true},
    .arrive = road_arrive,
};

static const struct model *const models[] = {&reader_model, &knob_model, &hand_model, &road_model};
enum { MODELS = sizeof(models) / sizeof(models[0]) };

static struct lab *run(const char *services, const char *traffic)
{
    return lab_run_with(models, MODELS,
                        "archsim: 1\nduration: 100s\nwarmup: 35s\nreplications: 1\n"
                        "services:\n%s\ntraffic:\n%s\n",
                        services, traffic);
}

/* Constant arrivals have a random phase: a period holds 100 calls exactly. */
static void test_readings(void **state)
{
    (void)state;
    const struct {
        const char *what;
        double expected, within;
    } cases[] = {
        {"calls", 100, 0},          {"errors", 0, 0}, {"throttled", 0, 0},    {"latency", 100e6, 1},
        {"utilization", 0.5, 1e-9}, {"queue", 0, 0},  {"in_flight", 1, 1e-9},
    };
    char text[256];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text),
                 "  eye: {type: reader, what: app.%s}\n"
                 "  app: {type: server, servers: 2, work: 100ms}",
                 cases[i].what);
        struct lab *lab =
            run(text, "  t: {to: app, rate: 10/s, arrivals: constant}\n  u: {to: eye, rate: 1/s}");
        /* the first five periods after one that began in the warm-up */
        const char *const names[] = {"first", "second", "third", "fourth", "fifth"};
        for (uint32_t n = 0; n < READER_READS; n++) {
            snprintf(text, sizeof(text), "services.eye.%s", names[n]);
            const double value = lab_value(lab, text);
            assert_true(fabs(value - cases[i].expected) <= cases[i].within);
        }
        lab_close(lab);
    }
}

/* Of 40 a period every second is turned away: the place is taken. */
static void test_errors(void **state)
{
    (void)state;
    struct lab *lab = run("  eye: {type: reader, what: app.errors}\n"
                          "  app: {type: server, servers: 1, room: 1, work: 300ms}",
                          "  t: {to: app, rate: 4/s, arrivals: constant}\n"
                          "  u: {to: eye, rate: 1/s}");
    lab_equal(lab, "services.eye.first", 20);
    lab_equal(lab, "services.eye.fifth", 20);
    lab_close(lab);
    lab = run("  eye: {type: reader, what: gate.throttled}\n"
              "  gate: {type: rate_limiter, rate: 1/s, burst: 1}",
              "  t: {to: gate, rate: 4/s, arrivals: constant}\n  u: {to: eye, rate: 1/s}");
    lab_equal(lab, "services.eye.fifth", 30);
    lab_close(lab);
}

/* A level is read as it is; commands above 9 are refused, as all of the window's are. */
static void test_levels_and_commands(void **state)
{
    (void)state;
    struct lab *lab = run("  eye: {type: reader, what: k.level}\n  k: {type: knob}\n"
                          "  h: {type: hand, turns: k}",
                          "  t: {to: h, rate: 1/s, arrivals: constant}\n"
                          "  u: {to: eye, rate: 1/s}\n  v: {to: k, rate: 1/s}");
    lab_equal(lab, "services.k.level", 9);
    lab_equal(lab, "services.eye.first", 9);
    lab_equal(lab, "traffic.t.errors.failed", 1);
    lab_close(lab);
}

/* There and back is the path's time and the callee's; the path knows where the callee lives. */
static void test_paths(void **state)
{
    (void)state;
    struct lab *lab = run("  r: {type: road}\n"
                          "  app: {type: delay, work: 1ms, calls: [{call: db.get, via: r}]}\n"
                          "  db: {type: server, servers: inf, zone: b, "
                          "operations: {get: {work: 5ms}}}",
                          "  t: {to: app, rate: 10/s, zone: a, arrivals: constant}\n"
                          "  u: {to: app, via: r, rate: 10/s, zone: b, arrivals: constant}");
    lab_equal(lab, "traffic.t.latency.mean", 0.056);
    lab_equal(lab, "traffic.u.latency.mean", 0.026);
    lab_equal(lab, "services.r.operations.db_get.arrivals", 20);
    lab_equal(lab, "services.r.operations.app.arrivals", 10);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_levels_and_commands),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
