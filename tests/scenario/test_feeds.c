/* Sources and those whom they feed, operations that a bare name means, account quotas, and what
 * must be arranged with the provider: each with types of the test's own. */
#include "tests/scenario/toy.h"

struct pipe_params {
    struct call_target spill_target;
    int64_t depth_count, width_count, wait_ns;
    int kind;
    bool ordered;
};
#define PARAMS struct pipe_params
static const struct param pipe_rows[] = {
    SERVICE_OPERATION(spill, NONE, "take_back", "where the rest goes", TOY),
    COUNT(depth, NONE, "1..", "prepared for so many", TOY),
    COUNT(width, NONE, "1..", "so many beside each other", TOY),
    TIME(wait, "29s", "1s..", "raised beyond that", TOY),
    FLAG(ordered, "false", "in order", TOY),
    CHOICE(kind, "deep", "deep flat", "which", TOY),
};
#undef PARAMS
static const struct operation_info pipe_operations[] = {{"put", "in"}, {"take_back", "again"}};
static const char *const pipe_ahead[] = {"depth", "wait"};
static const struct param_only pipe_only[] = {{"depth", "kind", "deep"}, {"width", "kind", "flat"}};

static struct source_terms pipe_terms(const void *params)
{
    const struct pipe_params *p = params;
    return (struct source_terms){.hold_ns = 5, .ordered = p->ordered};
}

struct fed_params {
    struct {
        struct call_target from_target;
        int64_t batch_count;
    } trigger;
    struct call_target rest_target;
};
#define PARAMS struct fed_params
static const struct param fed_rows[] = {
    SOURCE(trigger.from, REQUIRED, "what feeds it", TOY),
    COUNT(trigger.batch, "10", "1..", "at once", TOY),
    SERVICE_OPERATION(rest, NONE, "put", "where the rest goes", TOY),
};
#undef PARAMS

static const char *fed_check_source(const void *params, const struct source_terms *terms)
{
    const struct fed_params *p = params;
    return p->trigger.batch_count > terms->hold_ns ? "trigger.batch: more than it holds" : NULL;
}

struct fed_quotas {
    int64_t most_count, kept_count;
    double rate_per_s;
};
#define PARAMS struct fed_quotas
static const struct param fed_quotas[] = {
    COUNT(most, "1000", "1..10k", "at a time", TOY),
    RATE(rate, "50/s", "1/s..", "a second", TOY),
    COUNT(kept, "100", "0..inf", "not to be had", TOY, .larger_is_stricter = true),
};
#undef PARAMS

static const struct model_info pipe_info = {.name = "pipe",
                                            .title = "a source",
                                            ROWS(params, pipe_rows),
                                            ROWS(operations, pipe_operations),
                                            ROWS(ahead, pipe_ahead),
                                            ROWS(only, pipe_only),
                                            .params_size = sizeof(struct pipe_params),
                                            .terms = pipe_terms,
                                            .source = true};
static const struct model_info fed_info = {.name = "fed",
                                           .title = "a consumer",
                                           ROWS(params, fed_rows),
                                           ROWS(quotas, fed_quotas),
                                           .params_size = sizeof(struct fed_params),
                                           .quotas_size = sizeof(struct fed_quotas),
                                           .takes_work = true,
                                           .takes_operations = true,
                                           .check_source = fed_check_source};
static const struct model_info plain_info = {
    .name = "plain", .title = "a service", .takes_work = true, .takes_operations = true};
static const struct model_info grows_info = {
    .name = "grows", .title = "follows the load", .takes_work = true, .scales = true};
static const struct model_info *const types[] = {&plain_info, &pipe_info, &fed_info, &grows_info};
enum { TYPES = sizeof(types) / sizeof(types[0]), FED = 2 };

static struct scenario *load(const char *text, struct diag *diag)
{
    const struct load_request request = {
        .path = "feeds.yaml", .types = types, .types_count = TYPES};
    diag_init(diag);
    return scenario_load_text(&request, text, strlen(text), diag);
}

/* With exactly one error that contains `part`. */
static void refuse(const char *services, const char *part)
{
    struct diag diag;
    char text[1024];
    snprintf(text, sizeof(text), "archsim: 1\n%s\ntraffic:\n  t: {to: front, rate: 1/s}\n",
             services);
    struct scenario *scenario = load(text, &diag);
    if (scenario != NULL || diag.errors_count != 1 || !toy_has(&diag, part, 0)) {
        fprintf(stderr, "expected one error with '%s' from:\n%s\n", part, text);
        diag_print(&diag, stderr, false);
        fail();
    }
    toy_free(scenario, &diag);
}

/* Edges lead from the source to each consumer; both know of it. */
static void test_feeds(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = load("archsim: 1\nservices:\n"
                                     "  second: {type: fed, trigger: {from: q, batch: 2}}\n"
                                     "  q: {type: pipe}\n"
                                     "  first: {type: fed, trigger: {from: q, batch: 1}, "
                                     "operations: {only: {work: 1ms}}}\n"
                                     "  idle: {type: fed, rest: q}\n"
                                     "traffic:\n  t: {to: q.put, rate: 1/s}\n"
                                     "  u: {to: idle, rate: 1/s}\n",
                                     &diag);
    assert_non_null(scenario);
    const struct scenario_service *q = &scenario->services[1];
    assert_int_equal(q->consumers_count, 2);
    assert_int_equal(q->consumers[0], 2); /* first, second */
    assert_int_equal(q->consumers[1], 0);
    for (uint32_t i = 0; i < 2; i++) {
        const struct fed_params *p = scenario->services[q->consumers[i]].params;
        const struct edge *edge = &scenario->edges[p->trigger.from_target.edge];
        assert_int_equal(p->trigger.from_target.service, 1);
        assert_int_equal(edge->caller, 1);
        assert_int_equal(edge->service, q->consumers[i]);
        assert_true(edge->feed);
        assert_int_equal(scenario->services[q->consumers[i]].targets[0].edge,
                         p->trigger.from_target.edge);
    }
    /* a bare name means the operation of the row */
    const struct fed_params *idle = scenario->services[3].params;
    assert_int_equal(idle->trigger.from_target.service, SERVICE_NONE);
    const struct edge *edge = &scenario->edges[idle->rest_target.edge];
    assert_int_equal(edge->service, 1);
    assert_string_equal(q->operations[edge->operation].name, "put");
    assert_false(edge->feed);
    toy_free(scenario, &diag);
}

static void test_bare_operation(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        load("archsim: 1\nservices:\n"
             "  a: {type: pipe, spill: b}\n  b: {type: pipe, spill: c.put}\n  c: {type: pipe}\n"
             "  d: {type: fed, rest: e}\n  e: {type: plain}\n"
             "traffic:\n  t: {to: a.put, rate: 1/s}\n  u: {to: d, rate: 1/s}\n",
             &diag);
    assert_non_null(scenario);
    const struct pipe_params *a = scenario->services[0].params;
    const struct pipe_params *b = scenario->services[1].params;
    const struct fed_params *d = scenario->services[3].params;
    assert_int_equal(a->spill_target.operation, 1);
    assert_int_equal(b->spill_target.operation, 0); /* as it says */
    assert_int_equal(d->rest_target.service, 4);    /* has none, needs none */
    toy_free(scenario, &diag);
}

#define FRONT "services:\n  front: {type: plain}\n"

static void test_wrong_feeds(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {FRONT "  w: {type: fed, trigger: {from: front}}", "nothing that could be received"},
        {FRONT "  q: {type: pipe}\n  w: {type: fed, trigger: {from: q.put}}",
         "a source is a whole service: write just 'q'"},
        {FRONT "  w: {type: fed, trigger: {from: w}}", "'w' cannot be its own source"},
        {FRONT "  w: {type: fed, trigger: {batch: 1}}", "services.w.trigger needs 'from'"},
        {FRONT "  q: {type: pipe}\n  w: {type: fed, trigger: {from: [q]}}",
         "a source is the name of a queue or a stream, not a list"},
        {FRONT "  q: {type: pipe}\n  w: {type: fed, trigger: {from: q, batch: 6}}",
         "'trigger.batch': more than it holds"},
        {FRONT "  q: {type: pipe}\n"
               "  w: {type: fed, trigger: {from: q, batch: 1}, operations: {a: {}, b: {}}}",
         "'w' has several operations"},
        /* only what has the operation of the type itself */
        {FRONT "  q: {type: pipe, spill: front}", "'front' is of type plain"},
        {FRONT "  q: {type: pipe, spill: w}\n  w: {type: fed, trigger: {from: q, batch: 1}}",
         "'w' is of type fed: it has no operation 'take_back'"},
        {FRONT "  q: {type: pipe, spill: r}\n  r: {type: pipe, ordered: true}",
         "only one of 'q' and 'r' keeps messages in order"},
        {FRONT "  q: {type: pipe, spill: q}", "'q' cannot be its own target"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        refuse(wrong[i][0], wrong[i][1]);
    }
}

/* All types with quotas have theirs, whether the scenario says so or not. */
static void test_quotas(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        load("archsim: 1\n" FRONT "traffic:\n  t: {to: front, rate: 1/s}\n", &diag);
    const struct fed_quotas *quotas = scenario->quotas[FED];
    assert_int_equal(quotas->most_count, 1000);
    assert_true(quotas->rate_per_s == 50);
    assert_null(scenario->quotas[0]);
    assert_null(scenario->quotas[1]);
    assert_null(scenario->arrangements);
    toy_free(scenario, &diag);
    scenario = load("archsim: 1\nquotas: {fed: {rate: 6k/min}}\n" FRONT
                    "traffic:\n  t: {to: front, rate: 1/s}\n",
                    &diag);
    quotas = scenario->quotas[FED];
    assert_int_equal(quotas->most_count, 1000);
    assert_true(quotas->rate_per_s == 100);
    toy_free(scenario, &diag);
    refuse("quotas: {fad: {rate: 1/s}}\n" FRONT, "there are no quotas of 'fad'");
    refuse("quotas: {plain: {rate: 1/s}}\n" FRONT, "there are no quotas of 'plain'");
    refuse("quotas: {fed: {rates: 1/s}}\n" FRONT, "unknown key 'rates' in quotas.fed");
    refuse("quotas: {fed: {most: 20k}}\n" FRONT, "'most': must be within 1..10k");
    refuse("quotas: {fed: 5}\n" FRONT, "quotas.fed is a map of quotas");
    refuse("quotas: fed\n" FRONT, "'quotas' is a map such as");
}

/* Quotas that are not the default, then what `ahead` names where it is given. */
static void test_arrangements(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        load("archsim: 1\nservices:\n"
             "  front: {type: plain}\n  q: {type: pipe, depth: 50k}\n  r: {type: pipe}\n"
             "traffic:\n  t: {to: front, rate: 1/s}\n"
             "quotas: {fed: {most: 1000, rate: 80/s}}\n",
             &diag);
    assert_non_null(scenario);
    const struct arrangement *first = scenario->arrangements;
    assert_non_null(first);
    assert_string_equal(first->path, "quotas.fed.rate");
    assert_string_equal(first->value, "80/s");
    assert_string_equal(first->usually, "50/s");
    const struct arrangement *second = first->next;
    assert_non_null(second);
    assert_string_equal(second->path, "services.q.depth");
    assert_string_equal(second->value, "50k");
    assert_null(second->usually);
    assert_null(second->next);
    toy_free(scenario, &diag);
}

/* On the harmless side of a default nothing is to be arranged, however it is written. */
static void test_no_arrangements(void **state)
{
    (void)state;
    static const struct {
        const char *quotas, *depth, *path;
    } cases[] = {
        {"rate: 49/s", "wait: 5s", NULL},
        {"rate: 3000/min", "wait: 29000ms", NULL},
        {"most: 1k", "wait: 29s", NULL},
        {"most: 1001", "wait: 5s", "quotas.fed.most"},
        {"rate: 3001/min", "wait: 5s", "quotas.fed.rate"},
        {"kept: inf", "wait: 29s", NULL},
        {"kept: 101", "wait: 29s", NULL},
        {"kept: 99", "wait: 29s", "quotas.fed.kept"},
        {"most: 1", "wait: 29001ms", "services.q.wait"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag;
        char text[256];
        snprintf(text, sizeof(text),
                 "archsim: 1\nservices:\n  front: {type: plain}\n  q: {type: pipe, %s}\n"
                 "traffic:\n  t: {to: front, rate: 1/s}\nquotas: {fed: {%s}}\n",
                 cases[i].depth, cases[i].quotas);
        struct scenario *scenario = load(text, &diag);
        assert_non_null(scenario);
        const struct arrangement *first = scenario->arrangements;
        assert_true((first == NULL) == (cases[i].path == NULL));
        if (first != NULL) {
            assert_string_equal(first->path, cases[i].path);
            assert_null(first->next);
        }
        toy_free(scenario, &diag);
    }
}

/* What a choice makes idle is refused, also where the choice is the default's. */
static void test_only(void **state)
{
    (void)state;
    refuse("services:\n  front: {type: plain}\n  q: {type: pipe, kind: flat, depth: 5}\n",
           "'depth' has no effect with 'kind: flat': it is for deep");
    refuse("services:\n  front: {type: plain}\n  q: {type: pipe, width: 5}\n",
           "'width' has no effect with 'kind: deep': it is for flat");
    struct diag diag;
    struct scenario *scenario =
        load("archsim: 1\nservices:\n  front: {type: plain}\n  q: {type: pipe, depth: 5}\n"
             "  r: {type: pipe, kind: flat, width: 5}\ntraffic:\n  t: {to: front, rate: 1/s}\n",
             &diag);
    assert_non_null(scenario);
    toy_free(scenario, &diag);
}

/* Where capacity follows the load nothing is stationary, even under even traffic. */
static void test_scaling(void **state)
{
    (void)state;
    static const struct {
        const char *type, *rate;
        bool varies, stationary;
    } cases[] = {
        {"plain", "1/s", false, true},
        {"plain", "[[0s, 1/s], [1m, 2/s]]", true, false},
        {"grows", "1/s", false, false},
        {"grows", "[[0s, 1/s], [1m, 2/s]]", true, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag;
        char text[256];
        snprintf(text, sizeof(text),
                 "archsim: 1\nservices: {a: {type: %s}}\ntraffic: {t: {to: a, rate: %s}}\n",
                 cases[i].type, cases[i].rate);
        struct scenario *scenario = load(text, &diag);
        assert_int_equal(scenario->varies, cases[i].varies);
        assert_int_equal(scenario->stationary, cases[i].stationary);
        toy_free(scenario, &diag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feeds),        cmocka_unit_test(test_bare_operation),
        cmocka_unit_test(test_wrong_feeds),  cmocka_unit_test(test_quotas),
        cmocka_unit_test(test_arrangements), cmocka_unit_test(test_no_arrangements),
        cmocka_unit_test(test_only),         cmocka_unit_test(test_scaling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
