/* Known independently: the hosts' arithmetic by hand (one processor a step; work / share), the
 * growth rule tested beside it, and the order of the life of a group. Steps of 1, growing by 1 a
 * second and shrinking by half, so that every look can be told in advance. */
#include "sim/blocks/elastic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

enum { SERVICE = 3, FRAMES = 1 << 12 };

struct rig {
    struct core core;
    struct arena arena;
    struct load load;
    struct buffer_law pages;
    struct elastic elastic;
    int64_t ended_ns; /* the last one */
    int ended, looks;
};

static const struct growth_rules rules = {
    .step = 1,
    .up_least_per_s = 1,
    .down_per_s = 0.5,
    .target_ratio = 0.7,
    .low_ratio = 0.5,
};

/* Two instances of 1 to 8 steps that pause after 10 s. */
static void rig_init(struct rig *rig, bool follow, double clients, int64_t pause_ns)
{
    *rig = (struct rig){0};
    core_init(&rig->core, FRAMES);
    arena_init(&rig->arena);
    summary_init(&rig->load.wait, &rig->arena);
    buffer_law_init(&rig->pages, &rig->arena, 100, 0);
    elastic_init(&rig->elastic, &(struct elastic_setup){
                                    .core = &rig->core,
                                    .load = &rig->load,
                                    .arena = &rig->arena,
                                    .service = SERVICE,
                                    .instances_count = 2,
                                    .follow = follow,
                                    .growth = &rules,
                                    .pages = &rig->pages,
                                    .processors = 1,
                                    .room_pages = 25,
                                    .clients = clients,
                                    .steps_least = 1,
                                    .steps_most = 8,
                                    .interval_ns = SECOND,
                                    .pause_ns = pause_ns,
                                    .warm = true,
                                });
}

static void rig_done(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

/* True: it was paused. */
static bool rig_enter(struct rig *rig, uint32_t index, int64_t work_ns)
{
    struct frame *f = frame_new(&rig->core.frames);
    assert_non_null(f);
    f->start_ns = core_now(&rig->core);
    f->state = FRAME_HELD;
    f->flags = FRAME_MEASURED;
    f->work_ns = work_ns;
    f->note = index;
    return elastic_enter(&rig->elastic, index, f);
}

/* Everything that is due until then; who has worked leaves. */
static void rig_run(struct rig *rig, int64_t until_ns)
{
    struct event event;
    events_at(&rig->core.events, until_ns, EVENT_WINDOW, 0, 0);
    while (events_next(&rig->core.events, &event) && event.kind != EVENT_WINDOW) {
        assert_int_equal(event.kind, EVENT_SERVICE);
        assert_int_equal(event.service, SERVICE);
        rig->looks += elastic_due(&rig->elastic, event.slot);
        for (; rig->core.ready_count > 0; rig->core.ready_count--) {
            struct frame *f = core_frame(&rig->core, rig->core.ready[rig->core.ready_head].slot);
            rig->core.ready_head = (rig->core.ready_head + 1) & (rig->core.ready_capacity - 1);
            f->flags &= (uint16_t)~FRAME_READY;
            elastic_leave(&rig->elastic, f->note, f);
            frame_free(&rig->core.frames, f);
            rig->ended++;
            rig->ended_ns = core_now(&rig->core);
        }
    }
}

static int64_t rig_steps(const struct rig *rig, uint32_t index)
{
    return rig->elastic.instances[index].steps.value;
}

/* 12 requests of 10 s keep all processors busy: each look adds a step, up to the most; work is
 * done at 1, 2, ... 8 processors a second. Then the capacity halves with each look. */
static void test_grows_and_shrinks(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false, INFINITY, ELASTIC_NEVER);
    for (int i = 0; i < 12; i++) {
        rig_enter(&rig, 1, 10 * SECOND);
    }
    for (int second = 1; second <= 9; second++) {
        rig_run(&rig, second * SECOND);
        assert_int_equal(rig_steps(&rig, 1), second < 7 ? second + 1 : 8);
        assert_int_equal(rig_steps(&rig, 0), 1);
        assert_int_equal(rig.load.capacity.value, 1 + rig_steps(&rig, 1));
    }
    /* of 120 s of work, 28 are done at 7 s; the rest takes 92 / 8 s */
    rig_run(&rig, 25 * SECOND);
    assert_int_equal(rig.ended, 12);
    assert_true(llabs(rig.ended_ns - (7 * SECOND + 92 * SECOND / 8)) < 10);
    assert_int_equal(rig_steps(&rig, 1), 1); /* 8, 4, 2, 1 */
    rig_done(&rig);
}

static void test_rests(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false, INFINITY, ELASTIC_NEVER);
    rig_run(&rig, 100 * SECOND);
    assert_int_equal(rig.looks, 1);
    assert_int_equal(events_pending(&rig.core.events), 0);
    rig_enter(&rig, 0, SECOND / 2);
    rig_run(&rig, 101 * SECOND + 1);
    assert_int_equal(rig.looks, 2); /* a whole interval after it began again: half used */
    assert_true(fabs(rig.elastic.instances[0].processors_use - 0.5) < 1e-9);
    rig_run(&rig, 200 * SECOND);
    assert_int_equal(rig.looks, 2);
    rig_done(&rig);
}

/* Looks go on until the part of a step that a burst has earned is given back: three seconds of use
 * now and three in an hour are not six. Here 0.3 of a step a second, and half is given back. */
static void test_bursts_far_apart(void **state)
{
    (void)state;
    const struct growth_rules slow = {
        .step = 1, .up_least_per_s = 0.3, .down_per_s = 0.5, .target_ratio = 0.7, .low_ratio = 0.5};
    struct rig rig;
    rig_init(&rig, false, INFINITY, ELASTIC_NEVER);
    rig.elastic.instances[0].growth.rules = &slow;
    for (int64_t hour = 1; hour <= 3; hour++) {
        rig_run(&rig, hour * 3600 * SECOND);
        rig_enter(&rig, 0, 3 * SECOND);
        rig_run(&rig, hour * 3600 * SECOND + 10 * SECOND);
        assert_int_equal(rig_steps(&rig, 0), 1);
        assert_true(rig.elastic.instances[0].growth.earned == 1);
        assert_int_equal(events_pending(&rig.core.events), 0);
    }
    rig_done(&rig);
}

/* The second is kept as large as the first, and may be larger. */
static void test_follows(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true, INFINITY, ELASTIC_NEVER);
    for (int i = 0; i < 8; i++) {
        rig_enter(&rig, 0, 100 * SECOND);
    }
    rig_run(&rig, 3 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 4);
    assert_int_equal(rig_steps(&rig, 1), 4);
    assert_true(rig.elastic.instances[1].along && !rig.elastic.instances[0].along);
    for (int i = 0; i < 8; i++) {
        rig_enter(&rig, 1, 100 * SECOND);
    }
    rig_run(&rig, 20 * SECOND);
    assert_int_equal(rig_steps(&rig, 0), 8);
    rig_done(&rig);

    rig_init(&rig, true, INFINITY, ELASTIC_NEVER);
    for (int i = 0; i < 8; i++) {
        rig_enter(&rig, 1, 100 * SECOND);
    }
    rig_run(&rig, 3 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 1);
    assert_int_equal(rig_steps(&rig, 1), 4);
    assert_false(rig.elastic.instances[1].along);
    rig_done(&rig);
}

/* A step has memory for 4: 10 that only hold their place need 10 / 0.7 / 4 -> 4 steps. */
static void test_memory(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false, 4, ELASTIC_NEVER);
    for (int i = 0; i < 10; i++) {
        rig_enter(&rig, 0, 1000 * SECOND);
    }
    host_resize(&rig.elastic.instances[0].host, 0); /* nobody works */
    rig_run(&rig, SECOND);
    assert_int_equal(rig_steps(&rig, 0), 2);
    assert_true(rig.elastic.instances[0].memory_use == 2.5);
    assert_true(rig.elastic.instances[0].processors_use == 0);
    for (int second = 2; second < 10; second++) {
        host_resize(&rig.elastic.instances[0].host, 0);
        rig_run(&rig, second * SECOND);
    }
    assert_int_equal(rig_steps(&rig, 0), 4);
    rig_done(&rig);
}

static void test_pauses_and_resumes(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false, INFINITY, 10 * SECOND);
    rig_enter(&rig, 0, SECOND / 2); /* until 0.5 s */
    rig_run(&rig, 10 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 1); /* 9.5 s */
    assert_int_equal(rig_steps(&rig, 1), 0); /* it never had a client */
    rig_run(&rig, 11 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 0);
    assert_int_equal(rig.elastic.groups[0].phase, ELASTIC_PAUSED);
    assert_int_equal(rig.elastic.groups[0].since_ns, 11 * SECOND);
    assert_int_equal(events_pending(&rig.core.events), 0);
    rig_run(&rig, 60 * SECOND);

    assert_true(rig_enter(&rig, 0, SECOND / 4));
    elastic_wake(&rig.elastic, 0, 15 * SECOND);
    rig_run(&rig, 61 * SECOND);
    assert_false(rig_enter(&rig, 0, SECOND / 4)); /* waits too */
    rig_run(&rig, 75 * SECOND - 1);
    assert_int_equal(rig.load.queue.value, 2);
    assert_int_equal(rig_steps(&rig, 0), 0);
    rig_run(&rig, 80 * SECOND);
    assert_int_equal(rig_steps(&rig, 0), 1);
    assert_int_equal(rig_steps(&rig, 1), 0);
    assert_int_equal(rig.ended, 3);
    assert_int_equal(rig.ended_ns, 75 * SECOND + SECOND / 2); /* they shared one processor */
    assert_true(rig.elastic.instances[0].buffer.hit_ratio == 0);
    rig_run(&rig, 85 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 1);
    rig_run(&rig, 86 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 0); /* looks come at 76 s, ...: 10 s after 75.5 is 86 */
    rig_done(&rig);
}

/* With `follow` nobody sleeps while anybody has a client, and all wake together. */
static void test_pauses_together(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true, INFINITY, 10 * SECOND);
    rig_enter(&rig, 1, 20 * SECOND);
    rig_run(&rig, 29 * SECOND);
    assert_int_equal(rig_steps(&rig, 0), 1);
    rig_run(&rig, 35 * SECOND);
    assert_int_equal(rig_steps(&rig, 0), 0);
    assert_int_equal(rig_steps(&rig, 1), 0);
    assert_true(rig_enter(&rig, 0, SECOND));
    elastic_wake(&rig.elastic, 0, SECOND);
    rig_run(&rig, 36 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 1);
    assert_int_equal(rig_steps(&rig, 1), 1);
    rig_done(&rig);
}

/* Pages are kept by who is awake, as far as its capacity has room. */
static void test_pages(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false, INFINITY, ELASTIC_NEVER);
    assert_true(fabs(rig.elastic.instances[0].buffer.hit_ratio - 0.25) < 0.01);
    for (int i = 0; i < 8; i++) {
        rig_enter(&rig, 0, 2 * SECOND);
    }
    rig_run(&rig, 3 * SECOND + 1);
    assert_int_equal(rig_steps(&rig, 0), 4);
    assert_true(fabs(rig.elastic.instances[0].buffer.hit_ratio - 0.25) <
                0.01); /* room, not pages */
    assert_true(rig.elastic.instances[0].buffer.requests_full == INFINITY);
    rig_run(&rig, 20 * SECOND);
    assert_int_equal(rig_steps(&rig, 0), 1);
    assert_true(rig.elastic.instances[0].buffer.requests_full < INFINITY);
    rig_done(&rig);
}

/* The other one takes the first's place, as large as it is, and a small one begins where it was. */
static void another_takes_the_place(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false, INFINITY, ELASTIC_NEVER);
    rig_enter(&rig, 1, 100 * SECOND);
    rig_run(&rig, 3 * SECOND + 1);
    const int64_t steps = rig.elastic.instances[1].steps.value;
    assert_true(steps > 1);
    assert_int_equal(rig.elastic.instances[0].steps.value, 1);
    elastic_replace(&rig.elastic, 1);
    assert_int_equal(rig.elastic.instances[0].steps.value, steps);
    assert_int_equal(rig.elastic.instances[1].steps.value, 1);
    assert_int_equal(rig.load.capacity.value, steps + 1);
    elastic_replace(&rig.elastic, 0); /* nobody is there: a small one */
    assert_int_equal(rig.elastic.instances[0].steps.value, 1);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_takes_the_place),
        cmocka_unit_test(test_grows_and_shrinks),
        cmocka_unit_test(test_rests),
        cmocka_unit_test(test_bursts_far_apart),
        cmocka_unit_test(test_follows),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_pauses_and_resumes),
        cmocka_unit_test(test_pauses_together),
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
