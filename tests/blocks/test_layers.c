/* Caches in layers, at known instants: two edges A and B, 10 ms below a shield, which is 5 ms below
 * the origin; the origin answers after 2 ms. Objects live 10 s, failures 10 s; nothing else takes
 * time. CloudFront's rules: "pauses ... sends the response from the original request to all the
 * requests that it received while it was paused" (request collapsing); an object or an error is
 * kept so long "before CloudFront gets the object again from the origin"; an expired object stands
 * in for a 5xx. Last, many random trips, some of which are given up: all end, nothing is left. */
#include "sim/blocks/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS_NS INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)

enum { SHIELD, A, B, KEYS = 20, FRAMES = 64, TRIPS = 20000 };
enum { SLOT_ANSWER = FRAMES }; /* and the frame's: the origin has its answer */

struct rig {
    struct core core;
    struct arena arena;
    struct layers layers;
    struct random random;
    struct distribution overhead;
    enum outcome origin; /* what it answers */
    uint32_t asked;      /* the origin */
    uint32_t over, open;
    int64_t over_ns; /* the last one's end, and outcome */
    enum outcome outcome;
};

static void rig_open(struct rig *rig, bool objects)
{
    memset(rig, 0, sizeof(*rig));
    core_init(&rig->core, FRAMES);
    arena_init(&rig->arena);
    random_seed(&rig->random, 1, 0, "layers", "test");
    rig->overhead = distribution_constant(0);
    layers_init(&rig->layers, &(struct layers_rules){
                                  .core = &rig->core,
                                  .arena = &rig->arena,
                                  .caches_max = 3,
                                  .record_bytes = sizeof(struct layers_trip),
                                  .ttl_ns = 10 * SECOND_NS,
                                  .error_ttl_ns = 10 * SECOND_NS,
                                  .collapses = true,
                                  .overhead_ns = &rig->overhead,
                                  .random = &rig->random,
                              });
    for (uint16_t i = 0; i < 3; i++) {
        struct layers_cache *at = i == SHIELD ? layers_add(&rig->layers, LAYERS_ORIGIN, 5 * MS_NS)
                                              : layers_add(&rig->layers, SHIELD, 10 * MS_NS);
        const struct cache_rules rules = {
            .objects_count = KEYS, .room_count = INT64_MAX, .ttl_ns = CACHE_FOREVER};
        if (objects) {
            cache_init(&at->cache, &rig->arena, &rules);
        } else {
            cache_init_ratio(&at->cache, 0);
        }
    }
}

static void rig_close(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

static struct frame *rig_ask(struct rig *rig, uint16_t edge, uint32_t object, bool passes)
{
    struct frame *f = frame_new(&rig->core.frames);
    f->flags |= FRAME_MEASURED;
    struct layers_trip *trip = layers_take(&rig->layers, f);
    *trip = (struct layers_trip){.edge = edge, .object = object, .passes = passes};
    layers_enter(&rig->layers, f, 0);
    rig->open++;
    return f;
}

static void rig_leave(struct rig *rig, struct frame *f)
{
    if (f->event != EVENT_NONE) {
        events_cancel(&rig->core.events, f->event);
    }
    layers_leave(&rig->layers, f);
    frame_free(&rig->core.frames, f);
    rig->open--;
}

static void rig_due(struct rig *rig, uint32_t slot)
{
    struct frame *f = core_frame(&rig->core, slot % FRAMES);
    if (slot >= SLOT_ANSWER) {
        f->event = EVENT_NONE;
        layers_answer(&rig->layers, f, rig->origin, 0);
        return;
    }
    switch (layers_due(&rig->layers, f)) {
    case LAYERS_AT_ORIGIN:
        assert_true(layers_is_at_origin(&rig->layers, f));
        rig->asked++;
        f->event = events_at(&rig->core.events, core_now(&rig->core) + 2 * MS_NS, EVENT_SERVICE, 0,
                             SLOT_ANSWER + core_slot(&rig->core, f));
        break;
    case LAYERS_BACK:
        layers_deliver(&rig->layers, f);
        break;
    case LAYERS_OVER:
        rig->over++;
        rig->over_ns = core_now(&rig->core);
        rig->outcome = (enum outcome)layers_trip(&rig->layers, f)->outcome;
        rig_leave(rig, f);
        break;
    case LAYERS_UNDERWAY:
        break;
    }
}

static void rig_run_to(struct rig *rig, int64_t time_ns)
{
    struct event event;
    events_at(&rig->core.events, time_ns, EVENT_WINDOW, 0, 0);
    while (events_next(&rig->core.events, &event) && event.kind != EVENT_WINDOW) {
        rig_due(rig, event.slot);
    }
}

/* Asks at that time, and lets a second pass. */
static enum outcome rig_ask_at(struct rig *rig, int64_t time_ns, uint16_t edge)
{
    rig_run_to(rig, time_ns);
    rig_ask(rig, edge, 0, false);
    rig_run_to(rig, time_ns + SECOND_NS);
    return rig->outcome;
}

/* A miss takes 2 x (10 + 5) + 2 ms; a hit no time; who asks meanwhile waits for the rest of it, at
 * his edge or, from the other one, at the shield. */
static void one_way_for_a_crowd(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, true);
    rig_ask(&rig, A, 0, false);
    rig_run_to(&rig, 8 * MS_NS);
    rig_ask(&rig, A, 0, false);
    rig_ask(&rig, B, 0, false);
    rig_run_to(&rig, 32 * MS_NS - 1);
    assert_int_equal(rig.over, 0);
    rig_run_to(&rig, 32 * MS_NS + 1);
    assert_int_equal(rig.over, 3);
    assert_int_equal(rig.over_ns, 32 * MS_NS);
    rig_run_to(&rig, 50 * MS_NS);
    rig_ask(&rig, B, 0, false);
    rig_run_to(&rig, 50 * MS_NS + 1);
    assert_int_equal(rig.over, 4);
    assert_int_equal(rig.asked, 1);
    assert_int_equal(rig.layers.collapsed, 2);
    assert_int_equal(rig.layers.reached_top, 2);
    rig_close(&rig);
}

/* What B gets at 9 s from the shield, which has it since 22 ms, is over at 10.022 s, not at 19 s.
 */
static void a_lifetime_is_of_all_layers(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, true);
    rig_ask_at(&rig, 0, A);
    rig_ask_at(&rig, 8 * SECOND_NS, B);
    assert_int_equal(rig.asked, 1);
    rig_run_to(&rig, 10 * SECOND_NS + 21 * MS_NS);
    rig_ask(&rig, B, 0, false);
    rig_run_to(&rig, 10 * SECOND_NS + 23 * MS_NS);
    assert_int_equal(rig.asked, 1);
    rig_ask_at(&rig, 10 * SECOND_NS + 24 * MS_NS, B);
    assert_int_equal(rig.asked, 2);
    rig_close(&rig);
}

/* The same of a failure. */
static void a_failure_is_of_all_layers(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, true);
    rig.origin = OUTCOME_FAILED;
    assert_int_equal(rig_ask_at(&rig, 0, A), OUTCOME_FAILED);
    assert_int_equal(rig_ask_at(&rig, 8 * SECOND_NS, B), OUTCOME_FAILED);
    assert_int_equal(rig_ask_at(&rig, 9 * SECOND_NS, B), OUTCOME_FAILED);
    assert_int_equal(rig.asked, 1);
    rig.origin = OUTCOME_OK;
    assert_int_equal(rig_ask_at(&rig, 11 * SECOND_NS, B), OUTCOME_OK);
    assert_int_equal(rig.asked, 2);
    rig_close(&rig);
}

/* Whoever asks for the object first after it has expired may go, or be throttled: it is there for
 * the next whose request fails, for 10 s, and the shield's stand-in is no fresh object at the edge.
 */
static void an_expired_object_stays_to_stand_in(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, true);
    rig_ask_at(&rig, 0, A);
    rig.origin = OUTCOME_THROTTLED;
    assert_int_equal(rig_ask_at(&rig, 20 * SECOND_NS, A), OUTCOME_THROTTLED);
    rig.origin = OUTCOME_TIMEOUT;
    rig_run_to(&rig, 30 * SECOND_NS);
    struct frame *gone = rig_ask(&rig, A, 0, false);
    rig_run_to(&rig, 30 * SECOND_NS + MS_NS);
    rig_leave(&rig, gone);
    assert_int_equal(rig_ask_at(&rig, 40 * SECOND_NS, A), OUTCOME_OK);
    assert_int_equal(rig_ask_at(&rig, 49 * SECOND_NS, A), OUTCOME_OK);
    assert_int_equal(rig.asked, 3);
    assert_int_equal(rig_ask_at(&rig, 51 * SECOND_NS, A), OUTCOME_OK);
    assert_int_equal(rig.asked, 4);
    rig_close(&rig);
}

/* The one who fetches goes at 12 ms, on his way from the shield: who waits there fetches then, for
 * 22 ms; who waits at his edge sets out, comes to the shield at 22 ms, and waits for that. */
static void who_fetches_goes(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, true);
    struct frame *gone = rig_ask(&rig, A, 0, false);
    rig_ask(&rig, A, 0, false);
    rig_ask(&rig, B, 0, false);
    rig_run_to(&rig, 12 * MS_NS);
    rig_leave(&rig, gone);
    rig_run_to(&rig, 34 * MS_NS + 1);
    assert_int_equal(rig.over_ns, 34 * MS_NS);
    assert_int_equal(rig.over, 2);
    assert_int_equal(rig.asked, 1);
    assert_int_equal(rig.open, 0);
    rig_close(&rig);
}

/* "These configurations ... introduce additional latency for the simultaneous requests that are
 * paused": what is not kept the second one, at 8 ms, asks for himself when the first has it, at 32
 * ms; a third meanwhile begins anew. Without collapsing he does not wait for that. Failures are
 * remembered all the same. */
static void what_is_not_kept(void **state)
{
    (void)state;
    for (int collapses = 0; collapses <= 1; collapses++) {
        struct rig rig;
        rig_open(&rig, true);
        rig.layers.rules.ttl_ns = 0;
        rig.layers.rules.collapses = collapses;
        rig_ask(&rig, A, 0, false);
        rig_run_to(&rig, 8 * MS_NS);
        rig_ask(&rig, A, 0, false);
        rig_run_to(&rig, 40 * MS_NS + 1);
        assert_int_equal(rig.over, collapses ? 1 : 2);
        rig_run_to(&rig, SECOND_NS);
        assert_int_equal(rig.over_ns, (collapses ? 64 : 40) * MS_NS);
        assert_int_equal(rig.asked, 2);
        assert_int_equal(rig.layers.collapsed, collapses);
        rig.origin = OUTCOME_FAILED;
        rig_ask_at(&rig, 2 * SECOND_NS, A);
        rig_ask_at(&rig, 11 * SECOND_NS, A);
        assert_int_equal(rig.asked, 3);
        rig_ask_at(&rig, 13 * SECOND_NS, A);
        assert_int_equal(rig.asked, 4);
        rig_close(&rig);
    }
}

/* Requests that pass take their own way, here past the shield, 7 ms. */
static void what_passes(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, true);
    rig.layers.caches[A].passes_to = LAYERS_ORIGIN;
    rig.layers.caches[A].pass_ns = 7 * MS_NS;
    rig_ask(&rig, A, 0, true);
    rig_ask(&rig, A, 0, true);
    rig_run_to(&rig, SECOND_NS);
    assert_int_equal(rig.over_ns, 16 * MS_NS);
    assert_int_equal(rig.asked, 2);
    assert_int_equal(rig.layers.reached_top, 0);
    rig_close(&rig);
}

/* Without objects the way is as long, in one event. */
static void a_ratio_of_hits(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, false);
    rig_ask(&rig, A, 0, false);
    rig_ask(&rig, A, 0, false);
    rig_run_to(&rig, SECOND_NS);
    assert_int_equal(rig.over_ns, 32 * MS_NS);
    assert_int_equal(rig.asked, 2);
    rig.origin = OUTCOME_FAILED;
    assert_int_equal(rig_ask_at(&rig, 2 * SECOND_NS, A), OUTCOME_FAILED);
    assert_int_equal(rig.over_ns, 2 * SECOND_NS + 32 * MS_NS);
    rig_close(&rig);
}

static void nothing_is_left_of(int64_t ttl_ns, bool collapses)
{
    static const enum outcome answers[] = {OUTCOME_OK, OUTCOME_OK, OUTCOME_FAILED,
                                           OUTCOME_THROTTLED};
    struct rig rig;
    uint32_t left = 0;
    int64_t now_ns = 0;
    rig_open(&rig, true);
    rig.layers.rules.ttl_ns = ttl_ns;
    rig.layers.rules.error_ttl_ns = ttl_ns;
    rig.layers.rules.collapses = collapses;
    for (int i = 0; i < TRIPS; i++) {
        now_ns += random_below(&rig.random, 20 * (uint32_t)MS_NS);
        rig_run_to(&rig, now_ns);
        rig.origin = answers[random_below(&rig.random, 4)];
        if (rig.open > FRAMES / 2) {
            continue;
        }
        struct frame *f =
            rig_ask(&rig, random_below(&rig.random, 2) ? A : B, random_below(&rig.random, KEYS),
                    random_below(&rig.random, 9) == 0);
        if (random_below(&rig.random, 4) == 0) { /* f is not over within 15 ms unless it hit */
            const uint32_t over = rig.over;
            rig_run_to(&rig, now_ns += random_below(&rig.random, 15 * (uint32_t)MS_NS));
            if (rig.over == over) {
                rig_leave(&rig, f);
                left++;
            }
        }
    }
    rig_run_to(&rig, now_ns + SECOND_NS);
    assert_int_equal(rig.open, 0);
    assert_true(left > TRIPS / 100);
    for (uint32_t i = 0; i < rig.layers.fetches.capacity; i++) {
        assert_false(rig.layers.fetches.table[i].open);
    }
    rig_close(&rig);
}

static void nothing_is_left(void **state)
{
    (void)state;
    nothing_is_left_of(SECOND_NS, true);
    nothing_is_left_of(0, true);
    nothing_is_left_of(0, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_way_for_a_crowd),
        cmocka_unit_test(a_lifetime_is_of_all_layers),
        cmocka_unit_test(a_failure_is_of_all_layers),
        cmocka_unit_test(an_expired_object_stays_to_stand_in),
        cmocka_unit_test(who_fetches_goes),
        cmocka_unit_test(what_is_not_kept),
        cmocka_unit_test(what_passes),
        cmocka_unit_test(a_ratio_of_hits),
        cmocka_unit_test(nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
