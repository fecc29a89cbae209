/* Programs of steps: what each step of the language compiles to, that every program only goes
 * forward to its end, and each mistake at its place. */
#include "tests/scenario/toy.h"

#include <math.h>

/* Services a (whose `calls` are given, from line 4 on), b, c and store; traffic to a. */
#define HEAD "archsim: 1\ntraffic: {u: {to: a, rate: 1/s}}\nservices:\n"
#define TAIL                                                                                      \
    "\n  b: {type: delay}\n  c: {type: delay}\n  d: {type: delay, operations: {read: {}, write: " \
    "{}}}\n"                                                                                      \
    "  s: {type: store}\n"

static struct scenario *compile(const char *calls, struct diag *diag)
{
    char text[2048];
    snprintf(text, sizeof(text), HEAD "  a: {type: delay, calls: %s}" TAIL, calls);
    return toy_load(text, diag);
}

static const struct edge *edge_of(const struct scenario *scenario, const struct step *step)
{
    return &scenario->edges[step->edge];
}

static const char *callee_of(const struct scenario *scenario, const struct step *step)
{
    return scenario->services[edge_of(scenario, step)->service].name;
}

/* Walks every way through a program: each ends, and none goes backwards. */
static void check_program(const struct scenario *scenario, uint16_t pc)
{
    for (;;) {
        assert_true(pc < scenario->steps_count);
        const struct step *step = &scenario->steps[pc];
        if (step->kind == STEP_END)
            return;
        assert_true(step->next > pc);
        if (step->kind == STEP_CALL || step->kind == STEP_BREAKER || step->kind == STEP_HEDGE ||
            step->kind == STEP_ASYNC) {
            assert_non_null(step->options);
            assert_true(step->edge < scenario->edges_count);
        }
        assert_true((step->kind == STEP_WORK || step->kind == STEP_WAIT) == (step->dist != NULL));
        assert_true((step->kind == STEP_BREAKER) == (step->breaker != NULL));
        assert_true((step->kind == STEP_HEDGE) == (step->hedge != NULL));
        if (step->failure_pc != PC_NONE) {
            assert_true(step->failure_pc > pc);
            check_program(scenario, step->failure_pc);
        }
        for (uint32_t i = 0; i < step->branches_count; i++) {
            assert_true(step->branches[i].pc > pc);
            check_program(scenario, step->branches[i].pc);
        }
        if (step->kind == STEP_CHOOSE) /* goes on in a branch only */
            return;
        pc = step->next;
    }
}

static void test_calls(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = compile("[b, d.write, b, {call: s.put, size: 2 KiB}]", &diag);
    const struct operation *operation = &scenario->services[0].operations[0];
    const struct step *steps = scenario->steps + operation->pc;
    check_program(scenario, operation->pc);
    assert_int_equal(scenario->steps_count, 5);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(steps[i].kind, STEP_CALL);
    assert_int_equal(steps[4].kind, STEP_END);
    assert_string_equal(callee_of(scenario, &steps[0]), "b");
    assert_string_equal(callee_of(scenario, &steps[1]), "d");
    assert_int_equal(edge_of(scenario, &steps[1])->operation, 1);
    assert_int_equal(steps[2].edge, steps[0].edge); /* one edge for one pair */
    assert_string_equal(callee_of(scenario, &steps[3]), "s");
    assert_true(steps[3].options->size_dist->mean == 2048);
    /* edges: three of a, one of the traffic, whose caller is services_count + 0 */
    assert_int_equal(scenario->edges_count, 4);
    assert_int_equal(scenario->edges[3].caller, scenario->services_count);
    assert_int_equal(scenario->traffic[0].edge, 3);
    const struct call_options *plain = steps[0].options;
    assert_true(plain->timeout_ns == TIME_NONE);
    assert_int_equal(plain->connect_timeout_ns, 1000000000);
    assert_true(plain->probability == 1);
    assert_int_equal(plain->repeat, 1);
    assert_int_equal(plain->retry.attempts_max, 1);
    assert_false(plain->optional || plain->cancel || plain->pass_deadline || plain->has_priority);
    toy_free(scenario, &diag);
}

static void test_options(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        compile("[{call: b, timeout: 2s, connect_timeout: 3s, priority: 4, probability: 30%, "
                "repeat: 3, cancel: true, deadline: pass, optional: true, retry: {attempts: 5, "
                "backoff: {first: 50ms, factor: 3, cap: 1s, jitter: full}, for: [failed, timeout], "
                "budget: 20%}}, {call: c, retry: {attempts: unlimited, backoff: exponential(1s)}}]",
                &diag);
    const struct call_options *o = scenario->steps[0].options;
    assert_int_equal(o->timeout_ns, 2000000000);
    assert_int_equal(o->connect_timeout_ns, 3000000000);
    assert_true(o->has_priority);
    assert_int_equal(o->priority, 4);
    assert_true(o->probability == 0.3);
    assert_int_equal(o->repeat, 3);
    assert_true(o->cancel && o->pass_deadline && o->optional);
    assert_int_equal(o->retry.attempts_max, 5);
    assert_null(o->retry.backoff_dist);
    assert_int_equal(o->retry.first_ns, 50000000);
    assert_int_equal(o->retry.cap_ns, 1000000000);
    assert_true(o->retry.factor == 3);
    assert_int_equal(o->retry.jitter, JITTER_FULL);
    assert_int_equal(o->retry.classes, 1u << OUTCOME_FAILED | 1u << OUTCOME_TIMEOUT);
    assert_true(o->retry.budget_ratio == 0.2);
    const struct retry *retry = &scenario->steps[1].options->retry;
    assert_true(retry->attempts_max == UINT32_MAX);
    assert_true(retry->backoff_dist->mean == 1e9);
    assert_int_equal(retry->classes, 1u << OUTCOME_THROTTLED | 1u << OUTCOME_TIMEOUT |
                                         1u << OUTCOME_REJECTED | 1u << OUTCOME_UNAVAILABLE);
    assert_true(retry->budget_ratio == 0);
    toy_free(scenario, &diag);
}

static void test_parallel(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = compile(
        "[{parallel: [b, [c, {wait: 5ms}], {work: exponential(1ms)}], wait_for: 2}, c]", &diag);
    const struct step *step = &scenario->steps[0];
    check_program(scenario, 0);
    assert_int_equal(step->kind, STEP_PARALLEL);
    assert_int_equal(step->branches_count, 3);
    assert_int_equal(step->wait_for, 2);
    assert_string_equal(callee_of(scenario, &scenario->steps[step->branches[0].pc]), "b");
    assert_int_equal(scenario->steps[step->branches[0].pc + 1].kind, STEP_END);
    assert_string_equal(callee_of(scenario, &scenario->steps[step->branches[1].pc]), "c");
    assert_int_equal(scenario->steps[step->branches[1].pc + 1].kind, STEP_WAIT);
    assert_int_equal(scenario->steps[step->branches[1].pc + 2].kind, STEP_END);
    assert_int_equal(scenario->steps[step->branches[2].pc].kind, STEP_WORK);
    assert_string_equal(callee_of(scenario, &scenario->steps[step->next]), "c");
    toy_free(scenario, &diag);
    scenario = compile("[{parallel: [b, c]}]", &diag);
    assert_int_equal(scenario->steps[0].wait_for, 2); /* all, unless said */
    toy_free(scenario, &diag);
}

static void test_choose(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = compile(
        "[{choose: [{weight: 60%, calls: [b, c]}, {weight: 30%}, {weight: 0.1, calls: [c]}]}, b]",
        &diag);
    const struct step *step = &scenario->steps[0];
    check_program(scenario, 0);
    assert_int_equal(step->kind, STEP_CHOOSE);
    assert_int_equal(step->branches_count, 3);
    assert_true(fabs(step->branches[0].weight - 0.6) < 1e-12);
    assert_true(fabs(step->branches[1].weight - 0.9) < 1e-12);
    assert_true(step->branches[2].weight == 1); /* exactly, whatever the rounding */
    const struct step *empty = &scenario->steps[step->branches[1].pc];
    assert_int_equal(empty->kind, STEP_JUMP);
    assert_string_equal(callee_of(scenario, &scenario->steps[empty->next]), "b");
    assert_int_equal(empty->next, step->next);
    toy_free(scenario, &diag);
}

static void test_fallback(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        compile("[{circuit_breaker: {call: b, failures: 40%, minimum: 5, window: 20s, open: 7s, "
                "timeout: 1s}, "
                "fallback: [c, c]}, {hedge: {call: b, after: 30ms, max: 3}, fallback: [c]}, "
                "{call: b, fallback: []}, {circuit_breaker: {call: b}}]",
                &diag);
    const struct step *breaker = &scenario->steps[0];
    check_program(scenario, 0);
    assert_int_equal(breaker->kind, STEP_BREAKER);
    assert_true(breaker->breaker->failures_ratio == 0.4);
    assert_int_equal(breaker->breaker->minimum_count, 5);
    assert_int_equal(breaker->breaker->window_ns, 20000000000);
    assert_int_equal(breaker->breaker->open_ns, 7000000000);
    assert_int_equal(breaker->options->timeout_ns, 1000000000);
    assert_int_equal(breaker->failure_pc, 1);
    assert_int_equal(scenario->steps[3].kind, STEP_JUMP); /* after the two of the fallback */
    assert_int_equal(scenario->steps[3].next, breaker->next);
    const struct step *hedge = &scenario->steps[breaker->next];
    assert_int_equal(hedge->kind, STEP_HEDGE);
    assert_int_equal(hedge->hedge->after_ns, 30000000);
    assert_int_equal(hedge->hedge->tries_max, 3);
    const struct step *call = &scenario->steps[hedge->next];
    assert_int_equal(call->kind, STEP_CALL);
    assert_int_equal(scenario->steps[call->failure_pc].kind, STEP_JUMP); /* nothing, but caught */
    const struct step *last = &scenario->steps[call->next];
    assert_int_equal(last->breaker->index, 1);
    assert_int_equal(scenario->breakers_count, 2);
    assert_true(last->breaker->failures_ratio == 0.5); /* the defaults */
    assert_int_equal(last->breaker->minimum_count, 20);
    toy_free(scenario, &diag);
}

static void test_async(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        compile("[{async: b}, {async: {call: d.read, size: 1 KiB, probability: 10%}}]", &diag);
    assert_int_equal(scenario->steps[0].kind, STEP_ASYNC);
    assert_string_equal(callee_of(scenario, &scenario->steps[0]), "b");
    assert_true(scenario->steps[1].options->probability == 0.1);
    assert_int_equal(edge_of(scenario, &scenario->steps[1])->operation, 0);
    toy_free(scenario, &diag);
}

/* Programs of operations; a type's built-in ones share the service's `calls`. */
static void test_operations(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = toy_load(
        "archsim: 1\ntraffic: {u: {to: a.read, rate: 1/s}, v: {to: s.get, rate: 1/s}, w: {to: "
        "a.write, "
        "rate: 1/s}}\n"
        "services:\n  a: {type: delay, operations: {read: {work: 5ms}, write: {calls: [b, c]}}}\n"
        "  b: {type: delay}\n  c: {type: delay, calls: []}\n  s: {type: store, work: 2ms, calls: "
        "[b]}\n",
        &diag);
    const struct scenario_service *a = &scenario->services[0], *s = &scenario->services[3];
    assert_true(a->has_operations);
    assert_string_equal(a->operations[1].name, "write");
    assert_true(a->operations[0].work->mean == 5e6);
    assert_int_equal(a->operations[0].pc, PC_NONE);
    assert_null(a->operations[1].work);
    check_program(scenario, a->operations[1].pc);
    assert_int_equal(scenario->services[1].operations[0].pc, PC_NONE);
    assert_false(scenario->services[1].has_operations);
    assert_int_equal(scenario->services[2].operations[0].pc, PC_NONE); /* an empty list */
    assert_string_equal(s->operations[0].name, "get");
    assert_int_equal(s->operations[0].builtin, 0);
    assert_int_equal(s->operations[1].builtin, 1);
    assert_int_equal(s->operations[0].pc, s->operations[1].pc);
    assert_true(s->operations[1].work->mean == 2e6);
    toy_free(scenario, &diag);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *calls, *wrong;
    } cases[] = {
        {"[x]", "there is no service 'x'"},
        {"[d]", "'d' has operations: say which one"},
        {"[d.rad]", "'d' has no operation 'rad'"},
        {"[b.get]", "'b' has no operations: write just 'b'"},
        {"b", "'calls' is a list of steps such as [db.get], not a single value"},
        {"[[b, c]]", "a step is a call such as db.get"},
        {"[{cal: b}]", "a step needs a key that says what it does"},
        {"[{call: b, async: c}]", "'call' and 'async' are two steps"},
        {"[{call: b, timeuot: 1s}]", "unknown key 'timeuot' in services.a.calls"},
        {"[{async: b, timeout: 1s}]", "unknown key 'timeout' in services.a.calls"},
        {"[{async: {call: b, retry: {attempts: 2}}}]",
         "unknown key 'retry' in services.a.calls.async"},
        {"[{call: b, probability: 120%}]", "must be within 0..1"},
        {"[{call: b, repeat: 0}]", "must be within 1..1M"},
        {"[{call: b, timeout: 0s}]", "must be at least 1ns"},
        {"[{call: b, deadline: keep}]", "'deadline': expected pass"},
        {"[{call: b, retry: 3}]", "'retry' is a map such as {attempts: 3, backoff: 50ms}"},
        {"[{call: b, retry: {backoff: 1s}}]", "services.a.calls.retry needs 'attempts'"},
        {"[{call: b, retry: {attempts: 0}}]", "'attempts' is a count such as 3"},
        {"[{call: b, retry: {attempts: unlimited}}]", "unlimited attempts need a 'backoff'"},
        {"[{call: b, retry: {attempts: 3, for: [late]}}]", "'late' is not an outcome"},
        {"[{call: b, retry: {attempts: 3, for: [ok]}}]", "'ok' is not an outcome to try again"},
        {"[{call: b, retry: {attempts: 3, for: []}}]", "'for' is empty"},
        {"[{call: b, retry: {attempts: 3, backoff: {first: 2s, cap: 1s}}}]",
         "'cap' is below 'first'"},
        {"[{call: b, retry: {attempts: 3, backoff: {cap: 1s}}}]", "backoff needs 'first'"},
        {"[{parallel: b}]", "'parallel' is a list of steps"},
        {"[{parallel: []}]", "'parallel' needs 1 to"},
        {"[{parallel: [b, c], wait_for: 3}]", "'wait_for' is more than the 2 that run in parallel"},
        {"[{parallel: [b, c], wait_for: 0}]", "must be at least 1"},
        {"[{choose: [{weight: 70%, calls: [b]}, {weight: 20%}]}]", "these make 90%"},
        {"[{choose: [{weight: 100%, calls: [b]}]}]", "'choose' needs 2 to"},
        {"[{choose: [{weight: 3}, {weight: 7}]}]", "within 0..1"},
        {"[{circuit_breaker: b}]", "'circuit_breaker' is a map such as"},
        {"[{hedge: {call: b}}]", "services.a.calls.hedge needs 'after'"},
        {"[{hedge: {call: b, after: 1s, max: 1}}]", "must be within 2..100"},
        {"[{work: [1ms]}]", "'work' is a time such as 20ms, or a distribution"},
        {"[{wait: 5}]", "'wait': a time needs a unit"},
        {"[{call: b, fallback: c}]", "'fallback' is a list of steps"},
        {"[{call: {call: b}}]", "'call' is a text, not a map"},
        {"[a]", "these calls never end: a -> a"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[2048];
        snprintf(text, sizeof(text), HEAD "  a: {type: delay, calls: %s}" TAIL, cases[i].calls);
        const bool two = strstr(cases[i].calls, "weight: 3") != NULL; /* both weights are wrong */
        struct diag diag;
        if (!two) {
            toy_refuse(text, cases[i].wrong, 4);
            continue;
        }
        assert_null(toy_load_with(text, NULL, 0, &diag));
        assert_true(toy_has(&diag, cases[i].wrong, 4));
        toy_free(NULL, &diag);
    }
}

/* Endless calls are those from which no path leads out. */
static void test_cycles(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *cycle; /* calls of a and b; null: it ends */
    } cases[] = {
        {"[b]", "[a]", "a -> b -> a"},
        {"[b]", "[{call: a, probability: 99%}]", NULL},
        {"[b]", "[{async: a}]", NULL},
        {"[b]", "[{call: a, deadline: pass, timeout: 1s}]", NULL},
        {"[b]", "[{call: a, timeout: 1s}]", "a -> b -> a"}, /* a timeout stops the caller only */
        {"[b]", "[c, {work: 1ms}, a]", "a -> b -> a"},
        {"[b]", "[{choose: [{weight: 50%, calls: [a]}, {weight: 50%}]}]", NULL},
        {"[b]", "[{choose: [{weight: 100%, calls: [a]}, {weight: 0%}]}]", "a -> b -> a"},
        {"[b]", "[{choose: [{weight: 50%, calls: [a]}, {weight: 50%, calls: [b]}]}]", "a -> b"},
        {"[b]", "[{parallel: [c, [c, a]]}]", "a -> b -> a"},
        {"[b]", "[{parallel: [c, {async: a}]}]", NULL},
        {"[{hedge: {call: b, after: 1s}}]", "[{circuit_breaker: {call: a}}]", "a -> b -> a"},
        {"[b, b]", "[c, c]", NULL},
        {"[b]", "[b]", "b -> b"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[1024];
        struct diag diag;
        snprintf(
            text, sizeof(text),
            HEAD
            "  a: {type: delay, calls: %s}\n  b: {type: delay, calls: %s}\n  c: {type: delay}\n",
            cases[i].a, cases[i].b);
        struct scenario *scenario = toy_load_with(text, NULL, 0, &diag);
        if ((scenario == NULL) != (cases[i].cycle != NULL) ||
            (cases[i].cycle != NULL && !toy_has(&diag, cases[i].cycle, 0))) {
            diag_print(&diag, stderr, false);
            fail_msg("a: %s, b: %s", cases[i].a, cases[i].b);
        }
        toy_free(scenario, &diag);
    }
}

/* Random trees of steps compile to programs that end (fixed seed). */
static uint32_t roll(uint32_t *seed, uint32_t sides)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % sides;
}

static const char *random_steps(struct arena *arena, uint32_t *seed, int depth);

static const char *random_step(struct arena *arena, uint32_t *seed, int depth)
{
    static const char *const leaves[] = {"b", "{call: c, probability: 50%}", "{wait: 1ms}",
                                         "{async: b}"};
    const uint32_t kind = roll(seed, depth > 3 ? 4 : 7);
    if (kind < 4)
        return leaves[kind];
    const char *one = random_steps(arena, seed, depth + 1);
    const char *two = random_steps(arena, seed, depth + 1);
    if (kind == 4)
        return arena_printf(arena, "{parallel: [%s, %s]}", one, two);
    if (kind == 5)
        return arena_printf(
            arena, "{choose: [{weight: 25%%, calls: %s}, {weight: 75%%, calls: %s}]}", one, two);
    return arena_printf(arena, "{call: b, fallback: %s}", one);
}

static const char *random_steps(struct arena *arena, uint32_t *seed, int depth)
{
    const char *list = random_step(arena, seed, depth);
    for (uint32_t more = roll(seed, 3); more > 0; more--)
        list = arena_printf(arena, "%s, %s", list, random_step(arena, seed, depth));
    return arena_printf(arena, "[%s]", list);
}

static void test_random(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int i = 0; i < 200; i++) {
        struct arena arena;
        struct diag diag;
        arena_init(&arena);
        const char *calls = random_steps(&arena, &seed, 0);
        struct scenario *scenario =
            toy_load(arena_printf(&arena, HEAD "  a: {type: delay, calls: %s}" TAIL, calls), &diag);
        check_program(scenario, scenario->services[0].operations[0].pc);
        toy_free(scenario, &diag);
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),      cmocka_unit_test(test_options),
        cmocka_unit_test(test_parallel),   cmocka_unit_test(test_choose),
        cmocka_unit_test(test_fallback),   cmocka_unit_test(test_async),
        cmocka_unit_test(test_operations), cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_cycles),     cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
