/* The circuit breaker against a plain list of outcomes, on random sequences of calls that last for
 * random times: closed, it counts what ended within its window of ten slots; open, it lets nobody
 * through; half open, one at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "models/list.h"
#include "sim/engine/breaker.h"
#include "tests/support/lab.h"

#define BREAKER_DECLARE(name) extern const struct model name##_model;
MODELS(BREAKER_DECLARE)
#define BREAKER_MODEL(name) &name##_model,
static const struct model *const breaker_models[] = {MODELS(BREAKER_MODEL)};
#define BREAKER_TYPE(name) &name##_model.info,
static const struct model_info *const breaker_types[] = {MODELS(BREAKER_TYPE)};

enum { STEPS = 20000, OUT_MAX = 8 };

/* What the language says, kept as a list. */
struct plain {
    struct {
        int64_t slot;
        bool bad;
    } outcomes[STEPS]; /* since it last closed or opened */
    uint32_t count;
    bool open;
    int64_t until_ns;
    const struct frame *probe;
};

static uint32_t breaker_random(uint64_t *state, uint32_t bound)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % bound);
}

static bool plain_allows(struct plain *plain, int64_t now_ns, const struct frame *f)
{
    if (!plain->open) {
        return true;
    }
    if (now_ns < plain->until_ns || plain->probe != NULL) {
        return false;
    }
    plain->probe = f;
    return true;
}

static void plain_set(struct plain *plain, bool open, int64_t until_ns)
{
    plain->count = 0;
    plain->open = open;
    plain->until_ns = until_ns;
    plain->probe = NULL;
}

static void plain_record(struct plain *plain, const struct breaker *breaker, int64_t now_ns,
                         const struct frame *f, bool bad)
{
    if (plain->open) {
        if (f == plain->probe) {
            plain_set(plain, bad, now_ns + breaker->open_ns);
        }
        return;
    }
    const int64_t slot = now_ns / (breaker->window_ns / 10);
    plain->outcomes[plain->count].slot = slot;
    plain->outcomes[plain->count++].bad = bad;
    uint32_t total = 0, failures = 0;
    for (uint32_t i = 0; i < plain->count; i++) {
        if (plain->outcomes[i].slot > slot - 10) {
            total++;
            failures += plain->outcomes[i].bad;
        }
    }
    if (failures > 0 && total >= breaker->minimum_count &&
        failures >= breaker->failures_ratio * total) {
        plain_set(plain, true, now_ns + breaker->open_ns);
    }
}

/* The caller's frame goes: with an answer, or withdrawn, which proves nothing. */
static void breaker_end(struct world *w, struct plain *plain, const struct breaker *breaker,
                        struct frame *f, uint32_t luck, uint32_t bad_percent)
{
    if (luck % 8 == 0) {
        plain->probe = f == plain->probe ? NULL : plain->probe;
    } else {
        const bool bad = luck / 8 % 100 < bad_percent;
        plain_record(plain, breaker, core_now(&w->core), f, bad);
        breaker_record(w, breaker, f, bad ? OUTCOME_TIMEOUT : OUTCOME_OK);
    }
    frame_free(&w->core.frames, f);
}

static uint64_t breaker_follow(struct world *w, const struct breaker *breaker, uint64_t seed)
{
    static struct plain plain;
    struct frame *out[OUT_MAX];
    uint32_t out_count = 0, bad_percent = 0;
    uint64_t state = seed, refused = 0;
    memset(&plain, 0, sizeof(plain));
    for (uint32_t i = 0; i < STEPS; i++) {
        if (i % 500 == 0) {
            bad_percent = breaker_random(&state, 3) * 35;
        }
        w->core.events.now_ns += breaker_random(&state, 40) * INT64_C(1000000);
        if (breaker_random(&state, 200) == 0) {
            w->core.events.now_ns += breaker_random(&state, 3000) * INT64_C(1000000);
        }
        if (out_count < OUT_MAX && breaker_random(&state, 2) == 0) {
            struct frame *f = frame_new(&w->core.frames);
            const bool allowed = plain_allows(&plain, core_now(&w->core), f);
            assert_int_equal(breaker_allows(w, breaker, f), allowed);
            refused += !allowed;
            if (allowed) {
                out[out_count++] = f;
            } else {
                frame_free(&w->core.frames, f);
            }
        } else if (out_count > 0) {
            const uint32_t which = breaker_random(&state, out_count);
            breaker_end(w, &plain, breaker, out[which], breaker_random(&state, 800), bad_percent);
            out[which] = out[--out_count];
        }
    }
    return refused;
}

static void test_against_a_plain_list(void **state)
{
    (void)state;
    static const char text[] =
        "archsim: 1\nservices:\n  app: {type: delay, calls: ["
        "{circuit_breaker: {call: a, failures: 50%, minimum: 10, window: 1s, open: 300ms}}, "
        "{circuit_breaker: {call: a, failures: 0%, minimum: 1, window: 10ms, open: 1ns}}, "
        "{circuit_breaker: {call: a, failures: 100%, minimum: 3, window: 333ms, open: 2s}}]}\n"
        "  a: {type: delay}\ntraffic:\n  u: {to: app, rate: 1/s}\n";
    struct diag diag;
    diag_init(&diag);
    const struct load_request request = {
        .path = "breaker.yaml",
        .types = breaker_types,
        .types_count = sizeof(breaker_types) / sizeof(breaker_types[0]),
    };
    struct scenario *scenario = scenario_load_text(&request, text, strlen(text), &diag);
    assert_non_null(scenario);
    assert_int_equal(scenario->breakers_count, 3);
    struct world *w = world_new(&(struct world_setup){
        .scenario = scenario,
        .models = breaker_models,
    });
    for (uint32_t i = 0; i < scenario->steps_count; i++) {
        for (uint64_t seed = 1; seed <= 3 && scenario->steps[i].kind == STEP_BREAKER; seed++) {
            breaker_init(&w->breakers[scenario->steps[i].breaker->index]);
            const uint64_t refused = breaker_follow(w, scenario->steps[i].breaker, seed);
            assert_true(refused > 100 && refused < STEPS / 2);
        }
    }
    world_free(w);
    scenario_free(scenario);
    diag_done(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_plain_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
