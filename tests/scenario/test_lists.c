/* Lists of items, services that are named without being called, ways that calls take, what every
 * request calls beside its steps, and what networks forbid: each with types of the test's own. */
#include "tests/scenario/toy.h"

#include <math.h>

struct road {
    struct call_target to_target;
    struct call_targets more_targets;
    double weight_ratio;
    struct {
        int64_t first_ns;
    } wait;
    const char *name_text;
    int64_t pause_ns;
};
#define PARAMS struct road
static const struct param road_rows[] = {
    TEXT(name, NONE, "what it is called", TOY),
    SERVICE(to, REQUIRED, "where it leads", TOY),
    SERVICES(more, NONE, "where else", TOY),
    RATIO(weight, "50%", "0..1", "its share", TOY),
    TIME(wait.first, "5s", "1s..1m", "in a group", TOY),
    TIME(pause, "2s", "0s..1m", "nobody knows how long", ASSUMED("the test")),
};
static const struct list_item road = ITEM("road", road_rows, struct road);
#undef PARAMS

struct fork_params {
    struct call_target main_target;
    struct list roads_list;
    struct call_target last_target;
};
#define PARAMS struct fork_params
static const struct param fork_rows[] = {
    SERVICE(main, NONE, "before the list", TOY),
    LIST(roads, NONE, road, "ways on", TOY),
    SERVICE(last, NONE, "after the list", TOY),
};
#undef PARAMS

static const char *fork_check(const void *params)
{
    const struct fork_params *p = params;
    const struct road *roads = p->roads_list.items;
    for (uint32_t i = 0; i < p->roads_list.count; i++) {
        if (roads[i].weight_ratio == 0) {
            return i == 0 ? "roads.0.weight: must not be nothing"
                          : "roads.1.wait.first: comes of nothing";
        }
    }
    return NULL;
}

struct guard_params {
    uint16_t of_service;
    struct watches all_services;
    struct reading when_reading;
    struct list posts_list;
};
struct post {
    uint16_t of_service;
    struct reading when_reading;
    const char *name_text;
};
#define PARAMS struct post
static const struct param post_rows[] = {
    TEXT(name, REQUIRED, "a name", TOY),
    WATCH(of, NONE, "size", "whose size it sets", TOY),
    READING(when, NONE, "what it reads", TOY),
};
static const struct list_item post = ITEM("post", post_rows, struct post);
#undef PARAMS
#define PARAMS struct guard_params
static const struct param guard_rows[] = {
    WATCH(of, NONE, "size", "whose size it sets", TOY),
    WATCHES(all, NONE, "", "whom it knows", TOY),
    READING(when, NONE, "what it reads", TOY),
    LIST(posts, NONE, post, "its posts", TOY),
};
#undef PARAMS

static const struct metric plain_metrics[] = {
    {"total", QUANTITY_COUNT, METRIC_VALUE, "no level"},
    {"depth", QUANTITY_COUNT, METRIC_VALUE, "a level", true},
};
static const char *const plain_controls[] = {"speed", "size", NULL};

/* Services whose name begins with "inner" are called from outside only through a path. */
static const char *way_forbid(const void *params, const struct passage *passage,
                              struct arena *arena)
{
    (void)params;
    const char *to = passage->scenario->services[passage->callee].name;
    const bool outside = passage->caller == SERVICE_NONE;
    if (strncmp(to, "inner", 5) != 0 || !outside || passage->via != SERVICE_NONE) {
        return NULL;
    }
    return arena_printf(arena, "traffic does not reach '%s'", to);
}

static const struct model_info plain_info = {.name = "plain",
                                             .title = "a service",
                                             ROWS(metrics, plain_metrics),
                                             .controls = plain_controls,
                                             .takes_work = true,
                                             .takes_operations = true};
static const struct model_info fork_info = {.name = "fork",
                                            .title = "has a list",
                                            ROWS(params, fork_rows),
                                            .params_size = sizeof(struct fork_params),
                                            .check = fork_check};
static const struct model_info guard_info = {.name = "guard",
                                             .title = "names others",
                                             ROWS(params, guard_rows),
                                             .params_size = sizeof(struct guard_params),
                                             .operations_from = "posts",
                                             .takes_work = true};
static const struct model_info way_info = {
    .name = "way", .title = "a path", .path = true, .forbid = way_forbid};
static const struct model_info *const types[] = {&plain_info, &fork_info, &guard_info, &way_info};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

static struct scenario *load(const char *services, const char *traffic, struct diag *diag)
{
    const struct load_request request = {
        .path = "lists.yaml", .types = types, .types_count = TYPES};
    char text[4096];
    snprintf(text, sizeof(text), "archsim: 1\nservices:\n%s\ntraffic:\n%s\n", services, traffic);
    diag_init(diag);
    return scenario_load_text(&request, text, strlen(text), diag);
}

static struct scenario *load_good(const char *services, const char *traffic, struct diag *diag)
{
    struct scenario *scenario = load(services, traffic, diag);
    if (scenario == NULL) {
        diag_print(diag, stderr, false);
        fail();
    }
    return scenario;
}

/* With exactly one error that contains `part`. */
static void refuse(const char *services, const char *traffic, const char *part)
{
    struct diag diag;
    struct scenario *scenario = load(services, traffic, &diag);
    if (scenario != NULL || diag.errors_count != 1 || !toy_has(&diag, part, 0)) {
        fprintf(stderr, "expected one error with '%s' from:\n%s\n", part, services);
        diag_print(&diag, stderr, false);
        fail();
    }
    toy_free(scenario, &diag);
}

#define TO_FRONT "  t: {to: front, rate: 1/s}"

/* Defaults, groups and targets of items; the targets in the order of rows and items. */
static void test_items_hold(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        load_good("  front:\n    type: fork\n    last: d\n    main: a\n    roads:\n"
                  "      - {to: b, weight: 30%, wait: {first: 9s}}\n"
                  "      - {name: two, more: [a, b], to: c.get}\n"
                  "  a: {type: plain}\n  b: {type: plain}\n"
                  "  c: {type: plain, operations: {get: {work: 1ms}}}\n  d: {type: plain}\n",
                  TO_FRONT, &diag);
    const struct scenario_service *front = &scenario->services[0];
    const struct fork_params *p = front->params;
    const struct road *roads = p->roads_list.items;
    assert_int_equal(p->roads_list.count, 2);
    assert_float_equal(roads[0].weight_ratio, 0.3, 1e-12);
    assert_float_equal(roads[1].weight_ratio, 0.5, 1e-12);
    assert_int_equal(roads[0].wait.first_ns, 9 * INT64_C(1000000000));
    assert_int_equal(roads[1].wait.first_ns, 5 * INT64_C(1000000000));
    assert_null(roads[0].name_text);
    assert_string_equal(roads[1].name_text, "two");
    const uint16_t expected[] = {1, 2, 3, 1, 2, 4};
    assert_int_equal(front->targets_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(front->targets[i].service, expected[i]);
        assert_int_equal(scenario->edges[front->targets[i].edge].service, expected[i]);
    }
    assert_int_equal(roads[0].to_target.edge, front->targets[1].edge);
    assert_int_equal(roads[1].to_target.edge, front->targets[2].edge);
    assert_ptr_equal(roads[1].more_targets.items, &front->targets[3]);
    assert_int_equal(roads[1].more_targets.count, 2);
    assert_int_equal(p->last_target.edge, front->targets[5].edge);
    toy_free(scenario, &diag);
}

/* What an item goes by for want of a source is told, once, unless all of them say it. */
static void test_items_assumed(void **state)
{
    (void)state;
    static const char told[] = "assumed, not documented by the provider: roads[].pause = 2s";
    const struct {
        const char *roads;
        bool expected;
    } cases[] = {
        {"[{to: a}, {to: a}]", true},
        {"[{to: a, pause: 1s}, {to: a}]", true},
        {"[{to: a, pause: 1s}, {to: a, pause: 2s}]", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag;
        char text[256];
        snprintf(text, sizeof(text), "  front: {type: fork, roads: %s}\n  a: {type: plain}",
                 cases[i].roads);
        struct scenario *scenario = load_good(text, TO_FRONT, &diag);
        assert_int_equal(toy_has(&diag, told, 0), cases[i].expected);
        toy_free(scenario, &diag);
    }
}

static void test_items_wrong(void **state)
{
    (void)state;
    const char *const a = "\n  a: {type: plain}";
    char text[512];
    const struct {
        const char *roads, *part;
    } cases[] = {
        {"{to: a}", "'roads' is a list of roads such as [{to: ..}], not a map"},
        {"[]", "'roads' is empty"},
        {"[a]", "a road is a map"},
        {"[{weight: 1}]", "services.front.roads.0 needs 'to'"},
        {"[{to: a}, {to: a, wieght: 1}]", "unknown key 'wieght' in services.front.roads.1"},
        {"[{to: a, weight: 2}]", "'weight'"},
        {"[{to: b}]", "there is no service 'b'"},
        {"[{to: front}]", "'front' cannot be its own target"},
        {"[{to: a, weight: 0}]", "'roads.0.weight': must not be nothing"},
        {"[{to: a}, {to: a, weight: 0}]", "'roads.1.wait.first': comes of nothing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "  front: {type: fork, roads: %s}%s", cases[i].roads, a);
        refuse(text, TO_FRONT, cases[i].part);
    }
}

static void test_watches(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = load_good(
        "  front: {type: guard, of: a, all: [b, a], when: b.depth, "
        "posts: [{name: x, when: a.errors}, {name: y, of: b}]}\n"
        "  a: {type: plain}\n  b: {type: plain}\n",
        "  t: {to: front.y, rate: 1/s}\n  u: {to: a, rate: 1/s}\n  v: {to: b, rate: 1/s}", &diag);
    const struct scenario_service *front = &scenario->services[0];
    const struct guard_params *p = front->params;
    const struct post *posts = p->posts_list.items;
    assert_int_equal(p->of_service, 1);
    assert_int_equal(p->all_services.count, 2);
    assert_int_equal(p->all_services.items[0], 2);
    assert_int_equal(p->all_services.items[1], 1);
    assert_int_equal(p->when_reading.service, 2);
    assert_int_equal(p->when_reading.what, READING_OWN + 1);
    assert_int_equal(posts[0].when_reading.what, READING_ERRORS);
    assert_int_equal(posts[0].of_service, SERVICE_NONE);
    assert_int_equal(posts[1].of_service, 2);
    assert_int_equal(posts[1].when_reading.service, SERVICE_NONE);
    assert_true(scenario->services[1].watched && scenario->services[2].watched);
    assert_false(front->watched);
    assert_int_equal(front->operations_count, 2); /* the names of its posts */
    assert_string_equal(front->operations[1].name, "y");
    toy_free(scenario, &diag);
}

static void test_watches_wrong(void **state)
{
    (void)state;
    char text[512];
    const struct {
        const char *keys, *part;
    } cases[] = {
        {"of: b", "there is no service 'b'"},
        {"of: a.x", "write just 'a'"},
        {"of: other", "'other' is of type fork, which has no 'of'"},
        {"all: a", "'all' is a list of services"},
        {"when: a", "expected SERVICE.METRIC"},
        {"when: a.total", "expected SERVICE.METRIC"},
        {"when: a.erors", "expected SERVICE.METRIC"},
        {"posts: [{name: x}, {name: x}]", "there are two 'x'"},
        {"posts: [{name: x y}]", "is not a name for an operation"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text),
                 "  front: {type: guard, %s}\n  a: {type: plain}\n  other: {type: fork, main: a}",
                 cases[i].keys);
        const bool operations = strncmp(cases[i].keys, "posts", 5) == 0;
        refuse(text,
               operations ? "  u: {to: a, rate: 1/s}\n  t: {to: front.x, rate: 1/s}"
                          : "  u: {to: a, rate: 1/s}\n" TO_FRONT,
               cases[i].part);
    }
}

/* A path has an operation for each callee, whose program is one call. */
static void test_paths(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = load_good(
        "  front: {type: plain, calls: [{call: far.get, via: road}, {async: {call: near, via: "
        "road}}, {parallel: [{call: far.get, via: road}]}]}\n"
        "  road: {type: way}\n  near: {type: plain}\n"
        "  far: {type: plain, operations: {get: {work: 1ms}, put: {work: 1ms}}}\n",
        "  t: {to: front, rate: 1/s}\n  u: {to: far.put, via: road, rate: 1/s}", &diag);
    const struct scenario_service *way = &scenario->services[1];
    const char *const names[] = {"far_get", "near", "far_put"};
    const uint16_t services[] = {3, 2, 3}, operations[] = {0, 0, 1};
    assert_int_equal(way->operations_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct operation *operation = &way->operations[i];
        const struct edge *edge = &scenario->edges[operation->path];
        assert_string_equal(operation->name, names[i]);
        assert_int_equal(edge->caller, 1);
        assert_int_equal(edge->service, services[i]);
        assert_int_equal(edge->operation, operations[i]);
        assert_int_equal(scenario->steps[operation->pc].kind, STEP_CALL);
        assert_int_equal(scenario->steps[operation->pc].edge, operation->path);
        assert_int_equal(scenario->steps[operation->pc + 1].kind, STEP_END);
    }
    const struct step *first = &scenario->steps[scenario->services[0].operations[0].pc];
    assert_int_equal(scenario->edges[first->edge].service, 1);
    assert_int_equal(scenario->edges[first->edge].operation, 0);
    assert_int_equal(scenario->services[0].operations[0].path, EDGE_NONE);
    const struct edge *traffic = &scenario->edges[scenario->traffic[1].edge];
    assert_int_equal(traffic->service, 1);
    assert_int_equal(traffic->operation, 2);
    toy_free(scenario, &diag);
}

/* "a.get" and "a_get" are two callees, and two operations. */
static void test_paths_names(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = load_good(
        "  front: {type: plain, calls: [{call: a.get, via: road}, {call: a_get, via: road}]}\n"
        "  road: {type: way}\n  a_get: {type: plain}\n"
        "  a: {type: plain, operations: {get: {work: 1ms}}}\n",
        TO_FRONT, &diag);
    const struct scenario_service *way = &scenario->services[1];
    assert_int_equal(way->operations_count, 2);
    assert_string_equal(way->operations[0].name, "a_get");
    assert_string_equal(way->operations[1].name, "a_get_2");
    assert_int_equal(scenario->edges[way->operations[0].path].service, 3);
    assert_int_equal(scenario->edges[way->operations[1].path].service, 2);
    toy_free(scenario, &diag);
}

static void test_paths_wrong(void **state)
{
    (void)state;
    const char *const rest = "\n  road: {type: way}\n  near: {type: plain}";
    char text[512];
    const struct {
        const char *call, *part;
    } cases[] = {
        {"{call: near, via: raod}", "there is no service 'raod'"},
        {"{call: near, via: near}", "'near' is no path"},
        {"{call: near, via: road.x}", "write just 'road'"},
        {"{call: nera, via: road}", "there is no service 'nera'"},
        {"{call: front, via: road}", "calls"},
        {"road", "'road' is a path to others"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "  front: {type: plain, calls: [%s]}%s", cases[i].call, rest);
        refuse(text, TO_FRONT "\n  u: {to: near, rate: 1/s}", cases[i].part);
    }
    refuse("  front: {type: plain, encryption: front}", TO_FRONT, "has no operations");
    refuse("  front: {type: plain, calls: [{call: near, via: road}]}\n  near: {type: plain}\n"
           "  inner: {type: plain}\n  road: {type: way}",
           TO_FRONT "\n  u: {to: inner, rate: 1/s}", "traffic does not reach 'inner'");
}

static void test_forbid_passes(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        load_good("  front: {type: plain, calls: [inner]}\n  inner: {type: plain}\n"
                  "  road: {type: way}",
                  TO_FRONT "\n  u: {to: inner, via: road, rate: 1/s}", &diag);
    toy_free(scenario, &diag);
}

/* Before the steps, in a fixed order; the last two are not waited for. */
static void test_asides(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = load_good(
        "  front: {type: plain, audit: s, logs: s, tracing: s, encryption: s, calls: [a]}\n"
        "  bare: {type: plain, encryption: s.other}\n  a: {type: plain}\n"
        "  s: {type: plain, operations: {decrypt: {work: 1ms}, put_trace_segments: {work: 1ms}, "
        "put_log_events: {work: 1ms}, record: {work: 1ms}, other: {work: 1ms}}}",
        TO_FRONT "\n  u: {to: bare, rate: 1/s}", &diag);
    const enum step_kind kinds[] = {STEP_CALL, STEP_CALL, STEP_ASYNC, STEP_ASYNC, STEP_CALL};
    const struct step *step = &scenario->steps[scenario->services[0].operations[0].pc];
    for (uint16_t i = 0; i < 5; i++, step++) {
        const struct edge *edge = &scenario->edges[step->edge];
        assert_int_equal(step->kind, kinds[i]);
        assert_int_equal(edge->service, i < 4 ? 3 : 2);
        assert_int_equal(edge->operation, i < 4 ? i : 0);
    }
    assert_int_equal(step->kind, STEP_END);
    step = &scenario->steps[scenario->services[1].operations[0].pc];
    assert_int_equal(step[0].kind, STEP_CALL);
    assert_int_equal(scenario->edges[step[0].edge].operation, 4);
    assert_int_equal(step[1].kind, STEP_END);
    toy_free(scenario, &diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_hold),    cmocka_unit_test(test_items_wrong),
        cmocka_unit_test(test_watches),       cmocka_unit_test(test_watches_wrong),
        cmocka_unit_test(test_paths),         cmocka_unit_test(test_paths_wrong),
        cmocka_unit_test(test_forbid_passes), cmocka_unit_test(test_asides),
        cmocka_unit_test(test_items_assumed), cmocka_unit_test(test_paths_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
