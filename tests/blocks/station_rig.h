/* station_rig: a station and the little of an engine that it needs: jobs with scripts (own work,
 * nested calls that only take time, deadlines, withdrawals) arrive, and the rig notes when and how
 * each ends. */
#ifndef ARCHSIM_TESTS_BLOCKS_STATION_RIG_H
#define ARCHSIM_TESTS_BLOCKS_STATION_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/blocks/station.h"

#define RIG_LONG_RUN (INT64_MAX / 2)

enum {
    RIG_PHASES = 6,
    RIG_SERVICE = 3,
    RIG_TIMER = 100,
    RIG_FRAMES_MAX = 1 << 20,
    RIG_OPEN = 99, /* an outcome that no job has: still here, or not yet come */
};

struct rig_job {
    int64_t at_ns;
    int64_t phases[RIG_PHASES]; /* > 0: own work, < 0: a nested call of that length, 0: the end */
    int64_t deadline_ns;        /* 0: none */
    int64_t withdraw_ns;        /* 0: never */
    int64_t end_ns;             /* out */
    uint32_t slot;              /* its frame, while it is here */
    uint8_t priority;
    uint32_t end_order; /* out: 1 for the first that ended */
    uint8_t outcome;    /* out */
    bool here;
    bool measured; /* its wait is recorded */
};

struct rig {
    struct core core;
    struct arena arena;
    struct load load;
    struct station station;
    enum station_discipline discipline;
    struct rig_job *jobs; /* by arrival */
    uint32_t jobs_count;
    uint32_t ended_count;
    void (*check)(struct rig *rig); /* after every event; or null */
    struct rig_window {
        struct gauge_window in_flight, queue, busy, capacity, up;
        int64_t from_ns, to_ns;
    } window; /* out, with rig_window_at */
};

/* What every test wants unless it says otherwise: one server, fifo. */
static inline struct station_setup rig_setup(enum station_discipline discipline, uint32_t servers)
{
    return (struct station_setup){
        .servers_count = servers,
        .room_count = STATION_UNLIMITED,
        .discipline = discipline,
        .speed = 1,
        .work_constant_ns = -1,
        .service = RIG_SERVICE,
        .timer_first = RIG_TIMER,
    };
}

static inline void rig_init(struct rig *rig, struct station_setup setup)
{
    memset(rig, 0, sizeof(*rig));
    rig->discipline = setup.discipline;
    core_init(&rig->core, RIG_FRAMES_MAX);
    arena_init(&rig->arena);
    summary_init(&rig->load.wait, &rig->arena);
    gauge_set(&rig->load.up, 1, 0);
    setup.core = &rig->core;
    setup.load = &rig->load;
    setup.arena = &rig->arena;
    station_init(&rig->station, &setup);
}

static inline void rig_done(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

static inline void rig_end(struct rig *rig, struct frame *f, enum outcome outcome)
{
    struct rig_job *job = &rig->jobs[f->parent];
    station_leave(&rig->station, f);
    station_leave(&rig->station, f); /* the second does nothing */
    assert_int_equal(f->event, EVENT_NONE);
    job->here = false;
    job->outcome = (uint8_t)outcome;
    job->end_ns = core_now(&rig->core);
    job->end_order = ++rig->ended_count;
    gauge_add(&rig->load.in_flight, -1, core_now(&rig->core));
    frame_free(&rig->core.frames, f);
}

/* The phase after the present one. */
static inline void rig_step(struct rig *rig, struct frame *f)
{
    const struct rig_job *job = &rig->jobs[f->parent];
    const int64_t phase_ns = f->pc + 1 < RIG_PHASES ? job->phases[f->pc + 1] : 0;
    f->pc++;
    if (phase_ns == 0) {
        rig_end(rig, f, OUTCOME_OK);
    } else if (phase_ns > 0) {
        f->work_ns = phase_ns;
        f->state = FRAME_HELD;
        station_resume(&rig->station, f);
    } else {
        f->state = FRAME_CALLING;
        f->work_ns = INT64_MAX; /* the engine keeps other things there meanwhile */
        events_at(&rig->core.events, core_now(&rig->core) - phase_ns, EVENT_THINK, 0, f->parent);
    }
}

static inline void rig_arrive(struct rig *rig, uint32_t index)
{
    struct rig_job *job = &rig->jobs[index];
    struct events *events = &rig->core.events;
    if (index + 1 < rig->jobs_count) {
        events_at(events, job[1].at_ns, EVENT_ARRIVAL, 0, index + 1);
    }
    struct frame *f = frame_new(&rig->core.frames);
    assert_non_null(f);
    f->parent = index;
    f->start_ns = core_now(&rig->core);
    f->state = FRAME_HELD;
    f->flags = job->measured ? FRAME_MEASURED : 0;
    f->priority = job->priority;
    f->work_ns = job->phases[0];
    if (job->deadline_ns > 0) {
        f->flags |= FRAME_DEADLINE;
        core_more(&rig->core, f)->deadline_ns = job->deadline_ns;
    }
    job->slot = core_slot(&rig->core, f);
    if (job->withdraw_ns > 0) {
        events_at(events, job->withdraw_ns, EVENT_TIMEOUT, 0, index);
    }
    if (!station_enter(&rig->station, f)) {
        job->outcome = OUTCOME_REJECTED;
        job->end_ns = core_now(&rig->core);
        frame_free(&rig->core.frames, f);
        return;
    }
    job->here = true;
    gauge_add(&rig->load.in_flight, 1, core_now(&rig->core));
}

/* As the engine does it: the callees that a withdrawn call takes along end through the ready
 * line. */
static inline void rig_withdraw(struct rig *rig, uint32_t index)
{
    struct frame *f = core_frame(&rig->core, rig->jobs[index].slot);
    if (rig->jobs[index].here) {
        f->flags |= FRAME_WITHDRAWN;
        core_ready(&rig->core, f);
    }
}

static inline void rig_answer(struct rig *rig, uint32_t index)
{
    struct frame *f = core_frame(&rig->core, rig->jobs[index].slot);
    if (!rig->jobs[index].here || f->state != FRAME_CALLING) {
        return;
    }
    f->state = FRAME_GO;
    if (station_answered(&rig->station, f)) {
        rig_step(rig, f);
    }
}

static inline void rig_serve_ready(struct rig *rig)
{
    struct core *core = &rig->core;
    while (core->ready_count > 0) {
        const struct ready ready = core->ready[core->ready_head];
        core->ready_head = (core->ready_head + 1) & (core->ready_capacity - 1);
        core->ready_count--;
        struct frame *f = core_frame(core, ready.slot);
        if (f->generation != ready.generation) {
            continue;
        }
        f->flags &= (uint16_t)~FRAME_READY;
        if (f->flags & FRAME_WITHDRAWN) {
            rig_end(rig, f, OUTCOME_FAILED);
        } else if (f->state == FRAME_ENDING) {
            rig_end(rig, f, f->answer);
        } else {
            assert_int_equal(f->state, FRAME_GO);
            rig_step(rig, f);
        }
    }
}

static inline void rig_mark(struct rig *rig, bool begins)
{
    struct load *load = &rig->load;
    struct rig_window *window = &rig->window;
    struct gauge *gauges[] = {&load->in_flight, &load->queue, &load->busy, &load->capacity,
                              &load->up};
    struct gauge_window *reads[] = {&window->in_flight, &window->queue, &window->busy,
                                    &window->capacity, &window->up};
    const int64_t now_ns = core_now(&rig->core);
    *(begins ? &window->from_ns : &window->to_ns) = now_ns;
    for (int i = 0; i < 5; i++) {
        if (begins) {
            gauge_reset(gauges[i], now_ns);
        } else {
            *reads[i] = gauge_read(gauges[i], now_ns);
        }
    }
}

static inline void rig_dispatch(struct rig *rig, const struct event *event)
{
    struct frame *f = core_frame(&rig->core, event->slot);
    switch (event->kind) {
    case EVENT_ARRIVAL:
        rig_arrive(rig, event->slot);
        break;
    case EVENT_WORK_DONE:
        f->event = EVENT_NONE;
        f->state = FRAME_GO;
        rig_step(rig, f);
        break;
    case EVENT_PATIENCE:
        f->event = EVENT_NONE;
        rig_end(rig, f, OUTCOME_TIMEOUT);
        break;
    case EVENT_TIMEOUT:
        rig_withdraw(rig, event->slot);
        break;
    case EVENT_THINK:
        rig_answer(rig, event->slot);
        break;
    case EVENT_SERVICE:
        assert_int_equal(event->service, RIG_SERVICE);
        station_due(&rig->station, event->slot);
        break;
    case EVENT_WINDOW:
        station_resize(&rig->station, event->slot);
        break;
    case EVENT_STEP:
        rig_mark(rig, event->slot == 0);
        break;
    default:
        fail();
    }
}

/* Runs until the clock would pass until_ns, or all jobs have ended (servers may fail for ever). */
static inline void rig_run(struct rig *rig, struct rig_job *jobs, uint32_t count, int64_t until_ns)
{
    struct event event;
    uint32_t slot_last = 0;
    rig->jobs = jobs;
    rig->jobs_count = count;
    for (uint32_t i = 0; i < count; i++) {
        jobs[i].outcome = RIG_OPEN;
        assert_true(i == 0 || jobs[i].at_ns >= jobs[i - 1].at_ns);
    }
    events_at(&rig->core.events, until_ns, EVENT_HEDGE, 0, 0);
    if (count > 0) {
        slot_last = count - 1;
        events_at(&rig->core.events, jobs[0].at_ns, EVENT_ARRIVAL, 0, 0);
    }
    while (events_next(&rig->core.events, &event) && event.kind != EVENT_HEDGE) {
        rig_dispatch(rig, &event);
        rig_serve_ready(rig);
        if (rig->check != NULL) {
            rig->check(rig);
        }
        if (count > 0 && rig->load.in_flight.value == 0 && jobs[slot_last].outcome != RIG_OPEN) {
            return;
        }
    }
}

/* The number of servers changes at that time; before rig_run. */
static inline void rig_resize_at(struct rig *rig, int64_t at_ns, uint32_t servers)
{
    events_at(&rig->core.events, at_ns, EVENT_WINDOW, 0, servers);
}

/* The gauges are read over that window; before rig_run. */
static inline void rig_window_at(struct rig *rig, int64_t from_ns, int64_t to_ns)
{
    events_at(&rig->core.events, from_ns, EVENT_STEP, 0, 0);
    events_at(&rig->core.events, to_ns, EVENT_STEP, 0, 1);
}

/* ---- what tests expect ---- */

static inline void rig_check_end(const struct rig_job *job, int64_t end_ns, enum outcome outcome)
{
    assert_int_equal(job->outcome, outcome);
    assert_int_equal(job->end_ns, end_ns);
}

static inline void rig_check_ends(const struct rig_job *jobs, uint32_t count,
                                  const int64_t *ends_ns)
{
    for (uint32_t i = 0; i < count; i++) {
        rig_check_end(&jobs[i], ends_ns[i], OUTCOME_OK);
    }
}

static inline void rig_check_area(const struct rig *rig, const struct gauge *gauge, double area)
{
    const struct gauge_window window = gauge_read(gauge, core_now(&rig->core));
    assert_true(window.area == area);
}

/* Servers that fail by turns: up for mtbf, down for mttr. */
struct rig_failing {
    struct distribution mtbf, mttr;
    struct random random;
    struct station_failure failure;
    struct station_setup setup;
};

static inline void rig_failing_init(struct rig_failing *failing, enum station_discipline discipline,
                                    uint32_t servers, int64_t mtbf_ns, int64_t mttr_ns)
{
    *failing = (struct rig_failing){
        .mtbf = distribution_constant((double)mtbf_ns),
        .mttr = distribution_constant((double)mttr_ns),
        .setup = rig_setup(discipline, servers),
    };
    random_seed(&failing->random, 1, 0, "server", "failures");
    failing->failure = (struct station_failure){
        .mtbf_ns_dist = &failing->mtbf,
        .mttr_ns_dist = &failing->mttr,
        .random = &failing->random,
        .repairers_count = STATION_UNLIMITED,
        .required_count = 1,
    };
    failing->setup.failure = &failing->failure;
}

/* Sample sizes shrink by ARCHSIM_TEST_SCALE, for builds with sanitizers. */
static inline double rig_scale(void)
{
    const char *scale = getenv("ARCHSIM_TEST_SCALE");
    return scale == NULL ? 1 : atof(scale);
}

#endif
