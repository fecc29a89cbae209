/* Known independently:
 * - small cases by hand;
 * - processors that are a fraction, or change: an O(n) reference in extended precision, every end
 *   within 0.6 ns, and the work that was done is the work that came;
 * - M/G/1-PS: work x takes x / (c - lambda E S) in the mean on a processor of speed c (Kleinrock,
 *   Queueing Systems 2, sec. 4.4);
 * - exponential work and N places: one processor is busy whenever somebody is there, so the number
 *   present is that of M/M/1: (1 - rho) rho^n, in line max(0, n - N); with a backlog of B that of
 *   M/M/1/N+B. */
#include "sim/blocks/host.h"

#include "sim/kernel/distribution.h"
#include "sim/kernel/random.h"
#include "tests/blocks/estimate.h"

enum {
    PHASES = 4,
    FRAMES = 1 << 16,
    SERVICE = 5,
    TIMER = 77,
    OPEN = 99, /* an outcome that no job has */
    CHANGES = 6,
    JOBS = 40,
};

struct job {
    int64_t at_ns;
    int64_t phases[PHASES]; /* > 0: own work, < 0: a nested call of that length, 0: the end */
    int64_t deadline_ns;    /* 0: none */
    int64_t withdraw_ns;    /* 0: never */
    int64_t end_ns;         /* out */
    uint32_t slot;
    int outcome; /* out */
};

struct change {
    int64_t at_ns;
    double processors;
    uint32_t places;
};

/* A host with all that it needs around it. */
struct bench {
    struct core core;
    struct arena arena;
    struct load load;
    struct host host;
    struct job *jobs;
    const struct change *changes;
    uint32_t jobs_count, ended_count;
};

static void bench_init(struct bench *bench, double processors, uint32_t places, uint32_t backlog)
{
    *bench = (struct bench){0};
    core_init(&bench->core, FRAMES);
    arena_init(&bench->arena);
    summary_init(&bench->load.wait, &bench->arena);
    host_init(&bench->host, &(struct host_setup){
                                .core = &bench->core,
                                .load = &bench->load,
                                .arena = &bench->arena,
                                .processors = processors,
                                .step = 0.5,
                                .places_count = places,
                                .backlog_count = backlog,
                                .service = SERVICE,
                                .timer = TIMER,
                            });
}

static void bench_done(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

static void bench_end(struct bench *bench, struct frame *f, enum outcome outcome)
{
    struct job *job = &bench->jobs[f->parent];
    host_leave(&bench->host, f);
    host_leave(&bench->host, f); /* the second does nothing */
    job->outcome = (int)outcome;
    job->end_ns = core_now(&bench->core);
    job->slot = FRAME_NONE;
    bench->ended_count++;
    gauge_add(&bench->load.in_flight, -1, job->end_ns);
    frame_free(&bench->core.frames, f);
}

static void bench_arrive(struct bench *bench, uint32_t index)
{
    struct job *job = &bench->jobs[index];
    const int64_t now_ns = core_now(&bench->core);
    if (index + 1 < bench->jobs_count) {
        events_at(&bench->core.events, job[1].at_ns, EVENT_ARRIVAL, 0, index + 1);
    }
    struct frame *f = frame_new(&bench->core.frames);
    assert_non_null(f);
    f->parent = index;
    f->start_ns = now_ns;
    f->state = FRAME_HELD;
    f->flags = FRAME_MEASURED;
    f->work_ns = job->phases[0];
    if (job->deadline_ns > 0) {
        f->flags |= FRAME_DEADLINE;
        core_more(&bench->core, f)->deadline_ns = job->deadline_ns;
    }
    if (!host_enter(&bench->host, f)) {
        job->outcome = OUTCOME_REJECTED;
        bench->ended_count++;
        frame_free(&bench->core.frames, f);
        return;
    }
    job->slot = core_slot(&bench->core, f);
    gauge_add(&bench->load.in_flight, 1, now_ns);
    if (job->withdraw_ns > 0) {
        events_at(&bench->core.events, job->withdraw_ns, EVENT_TIMEOUT, 0, index);
    }
}

static void bench_step(struct bench *bench, struct frame *f)
{
    const struct job *job = &bench->jobs[f->parent];
    const int64_t phase_ns = job->phases[++f->pc];
    if (phase_ns == 0) {
        bench_end(bench, f, OUTCOME_OK);
    } else if (phase_ns > 0) {
        f->work_ns = phase_ns;
        host_resume(&bench->host, f);
    } else {
        f->work_ns = INT64_MAX; /* the engine keeps other things there meanwhile */
        f->state = FRAME_CALLING;
        events_at(&bench->core.events, core_now(&bench->core) - phase_ns, EVENT_THINK, 0,
                  f->parent);
    }
}

static void bench_serve_ready(struct bench *bench)
{
    struct core *core = &bench->core;
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
            bench_end(bench, f, OUTCOME_FAILED);
        } else if (f->state == FRAME_ENDING) {
            bench_end(bench, f, f->answer);
        } else {
            bench_step(bench, f);
        }
    }
}

static void bench_dispatch(struct bench *bench, const struct event *event)
{
    switch (event->kind) {
    case EVENT_ARRIVAL:
        bench_arrive(bench, event->slot);
        break;
    case EVENT_THINK:
        if (bench->jobs[event->slot].slot != FRAME_NONE) {
            bench_step(bench, core_frame(&bench->core, bench->jobs[event->slot].slot));
        }
        break;
    case EVENT_TIMEOUT:
        if (bench->jobs[event->slot].slot != FRAME_NONE) {
            struct frame *f = core_frame(&bench->core, bench->jobs[event->slot].slot);
            f->flags |= FRAME_WITHDRAWN;
            core_ready(&bench->core, f);
        }
        break;
    case EVENT_SERVICE:
        assert_int_equal(event->service, SERVICE);
        assert_int_equal(event->slot, TIMER);
        host_due(&bench->host);
        break;
    case EVENT_WINDOW:
        host_resize(&bench->host, bench->changes[event->slot].processors);
        host_set_places(&bench->host, bench->changes[event->slot].places);
        break;
    default:
        fail();
    }
}

/* Runs until the clock would pass until_ns, or all jobs have ended. */
static void bench_run(struct bench *bench, struct job *jobs, uint32_t count, int64_t until_ns)
{
    struct event event;
    bench->jobs = jobs;
    bench->jobs_count = count;
    for (uint32_t i = 0; i < count; i++) {
        jobs[i].outcome = OPEN;
        jobs[i].slot = FRAME_NONE;
    }
    events_at(&bench->core.events, until_ns, EVENT_HEDGE, 0, 0);
    events_at(&bench->core.events, jobs[0].at_ns, EVENT_ARRIVAL, 0, 0);
    while (bench->ended_count < count && events_next(&bench->core.events, &event) &&
           event.kind != EVENT_HEDGE) {
        bench_dispatch(bench, &event);
        bench_serve_ready(bench);
    }
}

static void check_end(const struct job *job, int64_t end_ns, enum outcome outcome)
{
    assert_int_equal(job->outcome, outcome);
    assert_int_equal(job->end_ns, end_ns);
}

static double bench_area(const struct bench *bench, const struct gauge *gauge)
{
    return gauge_read(gauge, core_now(&bench->core)).area;
}

/* ---- by hand ---- */

static void two_places_as_in_the_header(void **state)
{
    (void)state;
    struct bench bench;
    struct job jobs[] = {
        {.at_ns = 0, .phases = {5}}, {.at_ns = 1, .phases = {3}}, {.at_ns = 2, .phases = {4}}};
    bench_init(&bench, 1, 2, HOST_UNLIMITED);
    bench_run(&bench, jobs, 3, INT64_MAX / 2);
    check_end(&jobs[1], 7, OUTCOME_OK);
    check_end(&jobs[0], 9, OUTCOME_OK);
    check_end(&jobs[2], 12, OUTCOME_OK);
    assert_true(bench_area(&bench, &bench.load.queue) == 5);
    assert_true(bench_area(&bench, &bench.load.busy) == 2 * 12); /* steps of half a processor */
    assert_true(tally_mean(&bench.load.wait.tally) * 3 == 5);
    assert_true(host_worked_ns(&bench.host) == 12);
    bench_done(&bench);
}

/* A quarter of a processor works at a quarter of its speed even for one alone. */
static void fractions_slow_one_down(void **state)
{
    (void)state;
    struct bench bench;
    struct job jobs[] = {{.at_ns = 0, .phases = {10}}, {.at_ns = 8, .phases = {1}}};
    bench_init(&bench, 0.25, HOST_UNLIMITED, 0);
    bench_run(&bench, jobs, 2, INT64_MAX / 2);
    check_end(&jobs[1], 16, OUTCOME_OK); /* 1/8 each from 8 on */
    check_end(&jobs[0], 44, OUTCOME_OK);
    assert_true(host_worked_ns(&bench.host) == 11);
    bench_done(&bench);
}

/* 1.5 processors: three have half a processor each, two have 3/4, one has a whole one; `busy` is in
 * steps of 1/2. */
static void one_and_a_half_processors(void **state)
{
    (void)state;
    struct bench bench;
    struct job jobs[] = {
        {.at_ns = 0, .phases = {3}}, {.at_ns = 0, .phases = {6}}, {.at_ns = 0, .phases = {8}}};
    bench_init(&bench, 1.5, HOST_UNLIMITED, 0);
    bench_run(&bench, jobs, 3, INT64_MAX / 2);
    check_end(&jobs[0], 6, OUTCOME_OK);
    check_end(&jobs[1], 10, OUTCOME_OK);
    check_end(&jobs[2], 12, OUTCOME_OK);
    assert_true(bench_area(&bench, &bench.load.busy) == 3 * 10 + 2 * 2);
    assert_true(host_worked_ns(&bench.host) == 17);
    bench_done(&bench);
}

/* A request keeps its place during a nested call, and takes no share. */
static void nested_calls_hold_a_place_without_a_share(void **state)
{
    (void)state;
    struct bench bench;
    struct job jobs[] = {{.at_ns = 0, .phases = {2, -10, 2}},
                         {.at_ns = 1, .phases = {8}},
                         {.at_ns = 2, .phases = {1}}};
    bench_init(&bench, 1, 2, HOST_UNLIMITED);
    bench_run(&bench, jobs, 3, INT64_MAX / 2);
    /* A works 0..1 alone, 1..3 with B, calls 3..13; B has had 1 of 8 at 3 and ends at 10; C begins
     * then, ends at 11; A works 13..15 */
    check_end(&jobs[1], 10, OUTCOME_OK);
    check_end(&jobs[2], 11, OUTCOME_OK);
    check_end(&jobs[0], 15, OUTCOME_OK);
    assert_true(bench_area(&bench, &bench.load.busy) == 2 * (11 + 2));
    bench_done(&bench);
}

static void a_full_backlog_turns_away(void **state)
{
    (void)state;
    struct bench bench;
    struct job jobs[] = {{.at_ns = 0, .phases = {10}},
                         {.at_ns = 1, .phases = {10}},
                         {.at_ns = 2, .phases = {10}},
                         {.at_ns = 3, .phases = {10}},
                         {.at_ns = 12, .phases = {10}}};
    bench_init(&bench, 1, 1, 2);
    bench_run(&bench, jobs, 5, INT64_MAX / 2);
    assert_int_equal(jobs[3].outcome, OUTCOME_REJECTED);
    check_end(&jobs[2], 30, OUTCOME_OK);
    check_end(&jobs[4], 40, OUTCOME_OK);
    bench_done(&bench);
}

/* Whose deadline has passed when its turn comes ends unserved; who is withdrawn is passed over; and
 * neither takes a place. */
static void late_and_withdrawn_ones_are_passed_over(void **state)
{
    (void)state;
    struct bench bench;
    struct job jobs[] = {
        {.at_ns = 0, .phases = {10}},
        {.at_ns = 1, .phases = {5}, .deadline_ns = 10},
        {.at_ns = 2, .phases = {5}, .withdraw_ns = 6},
        {.at_ns = 3, .phases = {5}, .deadline_ns = 11},
        {.at_ns = 4, .phases = {5, -10}, .withdraw_ns = 23},
        {.at_ns = 5, .phases = {5}, .withdraw_ns = 12},
    };
    bench_init(&bench, 1, 1, HOST_UNLIMITED);
    bench_run(&bench, jobs, 6, INT64_MAX / 2);
    check_end(&jobs[1], 10, OUTCOME_TIMEOUT);
    check_end(&jobs[2], 6, OUTCOME_FAILED);
    check_end(&jobs[3], 15, OUTCOME_OK);
    check_end(&jobs[4], 23, OUTCOME_FAILED); /* during its nested call */
    check_end(&jobs[5], 12, OUTCOME_FAILED);
    assert_int_equal(bench.host.inside, 0);
    assert_int_equal(bench.load.queue.value, 0);
    bench_done(&bench);
}

static void places_that_are_added_are_taken_at_once(void **state)
{
    (void)state;
    const struct change changes[] = {{4, 1, 3}, {5, 1, 1}};
    struct bench bench;
    struct job jobs[] = {{.at_ns = 0, .phases = {6}},
                         {.at_ns = 0, .phases = {6}},
                         {.at_ns = 0, .phases = {6}},
                         {.at_ns = 6, .phases = {1}}};
    bench_init(&bench, 1, 1, HOST_UNLIMITED);
    bench.changes = changes;
    events_at(&bench.core.events, 4, EVENT_WINDOW, 0, 0);
    events_at(&bench.core.events, 5, EVENT_WINDOW, 0, 1);
    bench_run(&bench, jobs, 4, INT64_MAX / 2);
    /* A has 2 left at 4, of which each gives 1/3 a ns: done at 10; B and C have had 2 by then and
     * end at 18; who came at 6 finds one place, with three inside */
    check_end(&jobs[0], 10, OUTCOME_OK);
    check_end(&jobs[1], 18, OUTCOME_OK);
    check_end(&jobs[2], 18, OUTCOME_OK);
    check_end(&jobs[3], 19, OUTCOME_OK);
    bench_done(&bench);
}

/* host_any finds everybody: one waits, one works, one is in a nested call. */
static void any_finds_all(void **state)
{
    (void)state;
    struct bench bench;
    struct job jobs[] = {{.at_ns = 0, .phases = {1, -100}},
                         {.at_ns = 1, .phases = {50}},
                         {.at_ns = 2, .phases = {50}}};
    struct frame *f;
    bench_init(&bench, 1, 2, HOST_UNLIMITED);
    bench_run(&bench, jobs, 3, 10);
    while ((f = host_any(&bench.host)) != NULL) {
        bench_end(&bench, f, OUTCOME_UNAVAILABLE);
    }
    for (int i = 0; i < 3; i++) {
        check_end(&jobs[i], 10, OUTCOME_UNAVAILABLE);
    }
    assert_int_equal(bench.host.inside, 0);
    assert_int_equal(bench.load.busy.value, 0);
    assert_int_equal(bench.load.queue.value, 0);
    assert_true(tally_mean(&bench.load.wait.tally) == 0); /* the third never had a place */
    bench_done(&bench);
}

/* ---- the reference ---- */

struct reference {
    long double left_ns[JOBS];
    bool here[JOBS];
    long double processors, now_ns, worked_ns;
};

static uint32_t reference_first(const struct reference *reference)
{
    uint32_t first = JOBS;
    for (uint32_t i = 0; i < JOBS; i++) {
        if (reference->here[i] &&
            (first == JOBS || reference->left_ns[i] < reference->left_ns[first])) {
            first = i;
        }
    }
    return first;
}

/* To that time, noting the exact ends on the way, those at that time included. */
static void reference_advance(struct reference *reference, long double to_ns, long double *ends_ns)
{
    for (bool ends = true; ends;) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < JOBS; i++) {
            count += reference->here[i];
        }
        const uint32_t first = reference_first(reference);
        const long double rate =
            count <= reference->processors ? 1 : reference->processors / (long double)count;
        const long double most_ns = (to_ns - reference->now_ns) * rate;
        ends = first < JOBS && reference->left_ns[first] <= most_ns + 1e-9L;
        const long double done_ns =
            ends && reference->left_ns[first] < most_ns ? reference->left_ns[first] : most_ns;
        for (uint32_t i = 0; i < JOBS; i++) {
            reference->left_ns[i] -= reference->here[i] ? done_ns : 0;
        }
        reference->worked_ns += done_ns * count;
        reference->now_ns = ends && done_ns < most_ns ? reference->now_ns + done_ns / rate : to_ns;
        if (ends) {
            reference->here[first] = false;
            ends_ns[first] = reference->now_ns;
        }
    }
}

static int64_t reference_next(const struct job *jobs, const struct change *changes, int64_t now_ns)
{
    int64_t next_ns = INT64_MAX;
    for (uint32_t i = 0; i < JOBS; i++) {
        const int64_t at_ns[] = {jobs[i].at_ns, jobs[i].withdraw_ns};
        for (int k = 0; k < 2; k++) {
            next_ns = at_ns[k] > now_ns && at_ns[k] < next_ns ? at_ns[k] : next_ns;
        }
    }
    for (uint32_t i = 0; i < CHANGES; i++) {
        const int64_t at_ns = changes[i].at_ns;
        next_ns = at_ns > now_ns && at_ns < next_ns ? at_ns : next_ns;
    }
    return next_ns;
}

static long double reference_run(const struct job *jobs, const struct change *changes,
                                 double processors, int64_t until_ns, long double *ends_ns)
{
    struct reference reference = {.processors = processors};
    int64_t now_ns = -1;
    while ((now_ns = reference_next(jobs, changes, now_ns)) < INT64_MAX) {
        reference_advance(&reference, now_ns, ends_ns);
        for (uint32_t i = 0; i < JOBS; i++) {
            if (jobs[i].at_ns == now_ns) {
                reference.here[i] = true;
                reference.left_ns[i] = jobs[i].phases[0];
            }
            if (jobs[i].withdraw_ns == now_ns && now_ns > 0) {
                reference.here[i] = false;
            }
        }
        for (uint32_t i = 0; i < CHANGES; i++) {
            reference.processors =
                changes[i].at_ns == now_ns ? changes[i].processors : reference.processors;
        }
    }
    reference_advance(&reference, until_ns, ends_ns);
    return reference.worked_ns;
}

static void one_round(uint64_t round)
{
    enum { WORK_NS_MAX = 15000 };
    const int64_t until_ns = (int64_t)1e9;
    struct random random;
    struct bench bench;
    struct job jobs[JOBS] = {0};
    struct change changes[CHANGES];
    long double ends_ns[JOBS] = {0};
    int64_t at_ns = 0;
    random_seed(&random, round, 0, "host", "reference");
    for (uint32_t i = 0; i < JOBS; i++) {
        at_ns += random_below(&random, WORK_NS_MAX / 3);
        jobs[i].at_ns = at_ns;
        jobs[i].phases[0] = 1 + random_below(&random, WORK_NS_MAX);
        if (random_below(&random, 5) == 0) {
            jobs[i].withdraw_ns = at_ns + 1 + random_below(&random, WORK_NS_MAX);
        }
    }
    const double processors = 0.1 + random_uniform(&random) * 3;
    bench_init(&bench, processors, HOST_UNLIMITED, 0);
    bench.changes = changes;
    for (uint32_t i = 0; i < CHANGES; i++) {
        const bool last = i + 1 == CHANGES;
        changes[i].at_ns = (i + 1) * (int64_t)WORK_NS_MAX;
        changes[i].processors = last ? 0.7
                                : random_below(&random, 6) == 0
                                    ? 0
                                    : 0.25 + random_uniform(&random) * 3;
        changes[i].places = HOST_UNLIMITED;
        events_at(&bench.core.events, changes[i].at_ns, EVENT_WINDOW, 0, i);
    }
    bench_run(&bench, jobs, JOBS, until_ns);
    const long double worked_ns = reference_run(jobs, changes, processors, until_ns, ends_ns);
    for (uint32_t i = 0; i < JOBS; i++) {
        const long double error_ns = (long double)jobs[i].end_ns - ends_ns[i];
        /* whose end is rounded to the instant at which the rate falls is not hurt */
        const bool hurt = reference_next(jobs, changes, jobs[i].end_ns - 1) > jobs[i].end_ns;
        if (jobs[i].outcome == OUTCOME_OK && hurt && fabsl(error_ns) > 0.6L) {
            fail_msg("round %lu: job %u ends at %ld, expected %.3Lf", round, i, jobs[i].end_ns,
                     ends_ns[i]);
        }
    }
    if (fabsl(worked_ns - (long double)host_worked_ns(&bench.host)) > JOBS) {
        fail_msg("round %lu: %.3f ns of work done, expected %.3Lf", round,
                 host_worked_ns(&bench.host), worked_ns);
    }
    bench_done(&bench);
}

static void ends_agree_with_a_reference(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < (uint64_t)sample_size(1000); round++) {
        one_round(round);
    }
}

/* ---- theory ---- */

enum { REPLICATIONS = 20, ARRIVALS = 60000 };
#define MS 1e6

struct queue {
    double processors, rate_per_ms;
    uint32_t places, backlog;
    struct distribution work;
};

struct outputs {
    struct estimate sojourn_ms, waiting, present, rejected, busy;
};

static void queue_run(const struct queue *queue, struct outputs *outputs)
{
    const uint32_t count = (uint32_t)sample_size(ARRIVALS);
    struct job *jobs = calloc(count, sizeof(*jobs));
    for (uint32_t replication = 0; replication < REPLICATIONS; replication++) {
        struct bench bench;
        struct random random;
        double at_ns = 0, sojourn_ns = 0, ok = 0;
        random_seed(&random, 11, replication, "host", "theory");
        for (uint32_t i = 0; i < count; i++) {
            at_ns += random_exponential(&random) * MS / queue->rate_per_ms;
            jobs[i] = (struct job){.at_ns = (int64_t)at_ns};
            jobs[i].phases[0] = 1 + distribution_draw_int(&queue->work, &random);
        }
        bench_init(&bench, queue->processors, queue->places, queue->backlog);
        bench_run(&bench, jobs, count, INT64_MAX / 2);
        for (uint32_t i = 0; i < count; i++) {
            ok += jobs[i].outcome == OUTCOME_OK;
            sojourn_ns +=
                jobs[i].outcome == OUTCOME_OK ? (double)(jobs[i].end_ns - jobs[i].at_ns) : 0;
        }
        const double window_ns = (double)core_now(&bench.core);
        estimate_add(&outputs->sojourn_ms, sojourn_ns / ok / MS);
        estimate_add(&outputs->rejected, 1 - ok / count);
        estimate_add(&outputs->waiting, bench_area(&bench, &bench.load.queue) / window_ns);
        estimate_add(&outputs->present, bench_area(&bench, &bench.load.in_flight) / window_ns);
        estimate_add(&outputs->busy, bench_area(&bench, &bench.load.busy) / window_ns);
        bench_done(&bench);
    }
    free(jobs);
}

/* Half a processor, whatever the law of work. */
static void sojourns_are_insensitive(void **state)
{
    (void)state;
    const struct distribution works[] = {distribution_constant(MS), distribution_exponential(MS)};
    for (int i = 0; i < 2; i++) {
        struct outputs outputs = {0};
        queue_run(&(struct queue){0.5, 0.3, HOST_UNLIMITED, 0, works[i]}, &outputs);
        estimate_check(&outputs.sojourn_ms, 1 / (0.5 - 0.3), "sojourn");
        estimate_check(&outputs.busy, 0.6, "busy, in halves of a processor");
    }
}

static void places_limit_sharing(void **state)
{
    (void)state;
    const double rho = 0.7;
    struct outputs outputs = {0};
    queue_run(&(struct queue){1, rho, 3, HOST_UNLIMITED, distribution_exponential(MS)}, &outputs);
    estimate_check(&outputs.sojourn_ms, 1 / (1 - rho), "sojourn");
    estimate_check(&outputs.present, rho / (1 - rho), "present");
    estimate_check(&outputs.waiting, pow(rho, 4) / (1 - rho), "waiting");
}

static void a_backlog_limits_all(void **state)
{
    (void)state;
    const double rho = 0.9;
    const double p0 = (1 - rho) / (1 - pow(rho, 6)); /* 2 places and 3 that wait */
    const double waiting = p0 * (pow(rho, 3) + 2 * pow(rho, 4) + 3 * pow(rho, 5));
    struct outputs outputs = {0};
    queue_run(&(struct queue){1, rho, 2, 3, distribution_exponential(MS)}, &outputs);
    estimate_check(&outputs.rejected, p0 * pow(rho, 5), "rejected");
    estimate_check(&outputs.waiting, waiting, "waiting");
    estimate_check(&outputs.busy, 2 * (1 - p0), "busy, in halves of a processor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_places_as_in_the_header),
        cmocka_unit_test(fractions_slow_one_down),
        cmocka_unit_test(one_and_a_half_processors),
        cmocka_unit_test(nested_calls_hold_a_place_without_a_share),
        cmocka_unit_test(a_full_backlog_turns_away),
        cmocka_unit_test(late_and_withdrawn_ones_are_passed_over),
        cmocka_unit_test(places_that_are_added_are_taken_at_once),
        cmocka_unit_test(any_finds_all),
        cmocka_unit_test(ends_agree_with_a_reference),
        cmocka_unit_test(sojourns_are_insensitive),
        cmocka_unit_test(places_limit_sharing),
        cmocka_unit_test(a_backlog_limits_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
