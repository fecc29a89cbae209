/* Requests that wait for one fetch: turns, lines and remembered failures at known instants; then,
 * against a plain model (an array by key), many random ones, so that the table grows, tidies up
 * and moves its entries. */
#include "sim/blocks/fetches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/kernel/random.h"

#define SECOND_NS INT64_C(1000000000)

enum { KEYS = 500, FRAMES = 4000, STEPS = 200000 };

struct rig {
    struct core core;
    struct arena arena;
    struct fetches fetches;
};

static void rig_open(struct rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    core_init(&rig->core, FRAMES);
    arena_init(&rig->arena);
    fetches_init(&rig->fetches, &rig->arena);
}

static void rig_close(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

static void rig_run_to(struct rig *rig, int64_t time_ns)
{
    struct event event;
    events_at(&rig->core.events, time_ns, EVENT_WINDOW, 0, 0);
    assert_true(events_next(&rig->core.events, &event));
}

static struct frame *line_take(struct line *line, const struct core *core)
{
    struct frame *f = line_head(line, core);
    if (f != NULL) {
        line_leave(line, core, f);
    }
    return f;
}

/* The example of the header. */
static void one_leads_and_others_wait(void **state)
{
    (void)state;
    struct rig rig;
    enum outcome outcome = OUTCOME_OK;
    rig_open(&rig);
    struct frame *f[4];
    for (int i = 0; i < 4; i++) {
        f[i] = frame_new(&rig.core.frames);
    }
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f[0], &outcome), FETCH_LEADS);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f[1], &outcome), FETCH_WAITS);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f[2], &outcome), FETCH_WAITS);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 8, f[3], &outcome), FETCH_LEADS);
    struct line line = fetches_end(&rig.fetches, 7);
    assert_int_equal(line.count, 2);
    assert_ptr_equal(line_take(&line, &rig.core), f[1]);
    assert_ptr_equal(line_take(&line, &rig.core), f[2]);
    assert_null(line_take(&line, &rig.core));
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f[1], &outcome), FETCH_LEADS);
    rig_close(&rig);
}

/* Up to, but not at, its end a failure is known; then the next leads. */
static void failures_are_remembered(void **state)
{
    (void)state;
    struct rig rig;
    enum outcome outcome = OUTCOME_OK;
    rig_open(&rig);
    struct frame *f = frame_new(&rig.core.frames);
    struct frame *g = frame_new(&rig.core.frames);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f, &outcome), FETCH_LEADS);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, g, &outcome), FETCH_WAITS);
    const struct line line = fetches_fail(&rig.fetches, 7, 10 * SECOND_NS, OUTCOME_TIMEOUT);
    assert_int_equal(line.count, 1);
    rig_run_to(&rig, 10 * SECOND_NS - 1);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f, &outcome), FETCH_FAILED);
    assert_int_equal(outcome, OUTCOME_TIMEOUT);
    rig_run_to(&rig, 10 * SECOND_NS);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f, &outcome), FETCH_LEADS);
    rig_close(&rig);
}

/* Who asks by himself leaves what became of it, but does not disturb who fetches for all. */
static void failures_of_who_asks_alone(void **state)
{
    (void)state;
    struct rig rig;
    enum outcome outcome = OUTCOME_OK;
    rig_open(&rig);
    struct frame *f = frame_new(&rig.core.frames);
    for (uint64_t key = 0; key < KEYS; key++) { /* the table grows */
        fetches_remember(&rig.fetches, 0, key, 10 * SECOND_NS, OUTCOME_FAILED);
    }
    for (uint64_t key = 0; key < KEYS; key++) {
        assert_int_equal(fetches_failed_until_ns(&rig.fetches, 0, key, &outcome), 10 * SECOND_NS);
        assert_int_equal(outcome, OUTCOME_FAILED);
    }
    assert_int_equal(fetches_failed_until_ns(&rig.fetches, 10 * SECOND_NS, 7, &outcome), 0);
    assert_int_equal(fetches_failed_until_ns(&rig.fetches, 0, KEYS, &outcome), 0);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f, &outcome), FETCH_FAILED);
    rig_run_to(&rig, 10 * SECOND_NS);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f, &outcome), FETCH_LEADS);
    fetches_remember(&rig.fetches, 10 * SECOND_NS, 7, 20 * SECOND_NS, OUTCOME_FAILED);
    assert_int_equal(fetches_ask(&rig.fetches, &rig.core, 7, f, &outcome), FETCH_WAITS);
    rig_close(&rig);
}

static void who_leaves_is_not_handed_out(void **state)
{
    (void)state;
    struct rig rig;
    enum outcome outcome = OUTCOME_OK;
    rig_open(&rig);
    struct frame *f[3];
    for (int i = 0; i < 3; i++) {
        f[i] = frame_new(&rig.core.frames);
        fetches_ask(&rig.fetches, &rig.core, 1, f[i], &outcome);
    }
    fetches_leave(&rig.fetches, &rig.core, 1, f[1]);
    struct line line = fetches_end(&rig.fetches, 1);
    assert_ptr_equal(line_take(&line, &rig.core), f[2]);
    assert_int_equal(line.count, 0);
    rig_close(&rig);
}

struct known {
    bool open;
    int64_t failed_until_ns;
    uint32_t waits;
};

/* Keys far apart, some of which share their low bits. */
static uint64_t key_of(uint32_t number)
{
    return (uint64_t)number << (number % 3 * 16);
}

static void as_a_plain_table(void **state)
{
    (void)state;
    struct rig rig;
    struct random random;
    static struct known known[KEYS];
    int64_t now_ns = 0;
    uint32_t failures = 0, waits = 0;
    rig_open(&rig);
    random_seed(&random, 1, 0, "fetches", "test");
    for (uint32_t step = 0; step < STEPS; step++) {
        const uint32_t number = random_below(&random, KEYS);
        struct known *at = &known[number];
        enum outcome outcome = OUTCOME_OK;
        rig_run_to(&rig, now_ns += random_below(&random, 1000));
        if (at->open && random_below(&random, 3) == 0) {
            const bool fails = random_below(&random, 2) == 0;
            at->failed_until_ns = fails ? now_ns + random_below(&random, 100000) : 0;
            struct line line = fails ? fetches_fail(&rig.fetches, key_of(number),
                                                    at->failed_until_ns, OUTCOME_FAILED)
                                     : fetches_end(&rig.fetches, key_of(number));
            assert_int_equal(line.count, at->waits);
            for (struct frame *f; (f = line_take(&line, &rig.core)) != NULL;) {
                frame_free(&rig.core.frames, f);
            }
            at->open = false;
            at->waits = 0;
            continue;
        }
        struct frame *f = frame_new(&rig.core.frames);
        const enum fetch_turn turn =
            fetches_ask(&rig.fetches, &rig.core, key_of(number), f, &outcome);
        const enum fetch_turn expected = at->open                       ? FETCH_WAITS
                                         : at->failed_until_ns > now_ns ? FETCH_FAILED
                                                                        : FETCH_LEADS;
        assert_int_equal(turn, expected);
        failures += turn == FETCH_FAILED;
        waits += turn == FETCH_WAITS;
        at->waits += turn == FETCH_WAITS;
        at->open = at->open || turn == FETCH_LEADS;
        if (turn != FETCH_WAITS) {
            frame_free(&rig.core.frames, f);
        }
    }
    assert_true(failures > STEPS / 100);
    assert_true(waits > STEPS / 100);
    assert_true(rig.fetches.capacity <= 4 * KEYS + 64);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_leads_and_others_wait),
        cmocka_unit_test(failures_are_remembered),
        cmocka_unit_test(failures_of_who_asks_alone),
        cmocka_unit_test(who_leaves_is_not_handed_out),
        cmocka_unit_test(as_a_plain_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
