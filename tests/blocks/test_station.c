/* The station's rules, each by a case small enough to follow by hand; times in ns, worked out in
 * the comments. */
#include "tests/blocks/station_rig.h"

/* ---- disciplines ---- */

static void fifo_serves_in_order(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {
        {.at_ns = 0, .phases = {5}, .measured = true},
        {.at_ns = 2, .phases = {3}, .measured = true},
        {.at_ns = 3, .phases = {1}, .measured = true},
    };
    rig_init(&rig, rig_setup(STATION_FIFO, 1));
    rig_run(&rig, jobs, 3, RIG_LONG_RUN);
    rig_check_ends(jobs, 3, (int64_t[]){5, 8, 9});
    /* waits 0, 3, 5 */
    assert_int_equal(rig.load.wait.tally.count, 3);
    assert_int_equal(load_waited(&rig.load), 2);
    assert_true(tally_mean(&rig.load.wait.tally) == 8.0 / 3);
    assert_int_equal(rig.load.wait.tally.max, 5);
    rig_check_area(&rig, &rig.load.queue, 8);
    rig_check_area(&rig, &rig.load.busy, 9);
    rig_check_area(&rig, &rig.load.capacity, 9);
    rig_check_area(&rig, &rig.load.up, 9);
    rig_done(&rig);
}

static void lifo_serves_the_last_and_interrupts_nobody(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {
        {.at_ns = 0, .phases = {10}},
        {.at_ns = 1, .phases = {1}},
        {.at_ns = 2, .phases = {1}},
        {.at_ns = 3, .phases = {1}},
    };
    rig_init(&rig, rig_setup(STATION_LIFO, 1));
    rig_run(&rig, jobs, 4, RIG_LONG_RUN);
    rig_check_ends(jobs, 4, (int64_t[]){10, 13, 12, 11});
    rig_done(&rig);
}

static void priority_serves_the_urgent_in_order(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {
        {.at_ns = 0, .phases = {10}, .priority = 1}, {.at_ns = 1, .phases = {5}, .priority = 200},
        {.at_ns = 2, .phases = {5}, .priority = 0},  {.at_ns = 3, .phases = {5}, .priority = 200},
        {.at_ns = 4, .phases = {5}, .priority = 0},
    };
    rig_init(&rig, rig_setup(STATION_PRIORITY, 1));
    rig_run(&rig, jobs, 5, RIG_LONG_RUN);
    rig_check_ends(jobs, 5, (int64_t[]){10, 25, 15, 30, 20});
    rig_done(&rig);
}

/* A runs 0-2, B 2-4, C 4-8; B goes on before D, its junior: 8-16; D 16-19; A 19-27. Only D ever
 * waits for its first service: the preempted count as neither waiting nor busy. */
static void preempted_resumes_at_the_front_of_its_priority(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {
        {.at_ns = 0, .phases = {10}, .priority = 2, .measured = true},
        {.at_ns = 2, .phases = {10}, .priority = 1, .measured = true},
        {.at_ns = 4, .phases = {4}, .priority = 0, .measured = true},
        {.at_ns = 5, .phases = {3}, .priority = 1, .measured = true},
    };
    rig_init(&rig, rig_setup(STATION_PREEMPTIVE_PRIORITY, 1));
    rig_run(&rig, jobs, 4, RIG_LONG_RUN);
    rig_check_ends(jobs, 4, (int64_t[]){27, 16, 8, 19});
    rig_check_area(&rig, &rig.load.queue, 11);
    rig_check_area(&rig, &rig.load.busy, 27);
    assert_int_equal(rig.load.wait.tally.count, 4);
    assert_int_equal(load_waited(&rig.load), 1);
    assert_int_equal(rig.load.busy.max, 1);
    rig_done(&rig);
}

/* Of A and B the last begun is preempted, by C; D is no more urgent than they and waits behind
 * B. */
static void the_last_begun_is_preempted_and_never_by_its_equal(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {
        {.at_ns = 0, .phases = {20}, .priority = 1},
        {.at_ns = 1, .phases = {20}, .priority = 1},
        {.at_ns = 2, .phases = {5}, .priority = 0},
        {.at_ns = 3, .phases = {1}, .priority = 1},
    };
    rig_init(&rig, rig_setup(STATION_PREEMPTIVE_PRIORITY, 2));
    rig_run(&rig, jobs, 4, RIG_LONG_RUN);
    rig_check_ends(jobs, 4, (int64_t[]){20, 26, 7, 21});
    rig_done(&rig);
}

/* A, the least urgent, holds its server in a call: B, next to it, is preempted at 2, and resumes at
 * 7. */
static void who_does_not_work_is_passed_over(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {
        {.at_ns = 0, .phases = {1, -20}, .priority = 200},
        {.at_ns = 0, .phases = {10}, .priority = 150},
        {.at_ns = 2, .phases = {5}, .priority = 10},
    };
    rig_init(&rig, rig_setup(STATION_PREEMPTIVE_PRIORITY, 2));
    rig_run(&rig, jobs, 3, RIG_LONG_RUN);
    rig_check_ends(jobs, 3, (int64_t[]){21, 15, 7});
    rig_done(&rig);
}

/* B comes at the very instant at which A ends, before A's event: A is not preempted, B waits 0. */
static void work_that_ends_now_is_not_preempted(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {
        {.at_ns = 0, .phases = {10}, .priority = 1, .measured = true},
        {.at_ns = 10, .phases = {5}, .priority = 0, .measured = true},
    };
    rig_init(&rig, rig_setup(STATION_PREEMPTIVE_PRIORITY, 1));
    rig_run(&rig, jobs, 2, RIG_LONG_RUN);
    rig_check_ends(jobs, 2, (int64_t[]){10, 15});
    assert_int_equal(load_waited(&rig.load), 0);
    rig_done(&rig);
}

/* One processor: A alone until B comes with 4 at t = 2; A has 3 left and ends at 8, B 1 later. Two
 * processors: three of 4 ns at rate 2/3 end at 6. */
static void ps_shares(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job one[] = {
        {.at_ns = 0, .phases = {5}, .measured = true},
        {.at_ns = 2, .phases = {4}, .measured = true},
    };
    rig_init(&rig, rig_setup(STATION_PS, 1));
    rig_run(&rig, one, 2, RIG_LONG_RUN);
    rig_check_ends(one, 2, (int64_t[]){8, 9});
    rig_check_area(&rig, &rig.load.busy, 9);
    rig_check_area(&rig, &rig.load.queue, 0);
    assert_int_equal(rig.load.wait.tally.count, 2);
    assert_int_equal(rig.load.wait.tally.max, 0);
    rig_done(&rig);

    struct rig_job two[] = {
        {.at_ns = 0, .phases = {4}}, {.at_ns = 0, .phases = {4}}, {.at_ns = 0, .phases = {4}}};
    rig_init(&rig, rig_setup(STATION_PS, 2));
    rig_run(&rig, two, 3, RIG_LONG_RUN);
    rig_check_ends(two, 3, (int64_t[]){6, 6, 6});
    rig_check_area(&rig, &rig.load.busy, 12);
    rig_done(&rig);
}

/* Equal work that began at once ends at once, in the order of arrival. */
static void ps_keeps_the_order_of_equals(void **state)
{
    (void)state;
    enum { EQUALS = 40 };
    struct rig rig;
    struct rig_job jobs[EQUALS] = {0};
    for (uint32_t i = 0; i < EQUALS; i++) {
        jobs[i].phases[0] = 10;
    }
    rig_init(&rig, rig_setup(STATION_PS, 2));
    rig_run(&rig, jobs, EQUALS, RIG_LONG_RUN);
    for (uint32_t i = 0; i < EQUALS; i++) {
        rig_check_end(&jobs[i], 200, OUTCOME_OK);
        assert_int_equal(jobs[i].end_order, i + 1);
    }
    rig_done(&rig);
}

static void speed_scales_all_work(void **state)
{
    (void)state;
    for (enum station_discipline d = STATION_FIFO; d <= STATION_PREEMPTIVE_PRIORITY; d++) {
        struct rig rig;
        struct station_setup setup = rig_setup(d, 1);
        struct rig_job jobs[] = {{.at_ns = 0, .phases = {10, -3, 4}},
                                 {.at_ns = 20, .phases = {10}}};
        setup.speed = 2;
        setup.work_constant_ns = 10;
        rig_init(&rig, setup);
        rig_run(&rig, jobs, 2, RIG_LONG_RUN);
        rig_check_ends(jobs, 2, (int64_t[]){10, 25});
        rig_done(&rig);
    }
}

static void unlimited_servers_start_everybody(void **state)
{
    (void)state;
    for (enum station_discipline d = STATION_FIFO; d <= STATION_PREEMPTIVE_PRIORITY; d++) {
        struct rig rig;
        struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}, .priority = 1},
                                 {.at_ns = 1, .phases = {10}, .priority = 0},
                                 {.at_ns = 1, .phases = {3, -2, 1}, .priority = 2}};
        rig_init(&rig, rig_setup(d, STATION_UNLIMITED));
        rig_run(&rig, jobs, 3, RIG_LONG_RUN);
        rig_check_ends(jobs, 3, (int64_t[]){10, 11, 7});
        assert_true(rig.load.unlimited);
        rig_check_area(&rig, &rig.load.busy, d == STATION_PS ? 24 : 26);
        rig_done(&rig);
    }
}

/* Work 0 takes no time but its turn in the line. */
static void zero_work_keeps_its_turn(void **state)
{
    (void)state;
    for (enum station_discipline d = STATION_FIFO; d <= STATION_PREEMPTIVE_PRIORITY; d++) {
        struct rig rig;
        struct rig_job jobs[] = {{.at_ns = 0, .phases = {0}},
                                 {.at_ns = 1, .phases = {5}},
                                 {.at_ns = 2, .phases = {0}},
                                 {.at_ns = 2, .phases = {0}}};
        rig_init(&rig, rig_setup(d, 1));
        rig_run(&rig, jobs, 4, RIG_LONG_RUN);
        rig_check_ends(jobs, 4,
                       d == STATION_PS ? (int64_t[]){0, 6, 2, 2} : (int64_t[]){0, 6, 6, 6});
        rig_done(&rig);
    }
}

/* ---- room, patience, deadline ---- */

static void room_counts_waiting_and_in_service(void **state)
{
    (void)state;
    struct rig rig;
    struct station_setup setup = rig_setup(STATION_FIFO, 1);
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}},
                             {.at_ns = 1, .phases = {1}},
                             {.at_ns = 2, .phases = {1}},
                             {.at_ns = 12, .phases = {1}}};
    setup.room_count = 2;
    rig_init(&rig, setup);
    rig_run(&rig, jobs, 4, RIG_LONG_RUN);
    rig_check_end(&jobs[1], 11, OUTCOME_OK);
    rig_check_end(&jobs[2], 2, OUTCOME_REJECTED);
    rig_check_end(&jobs[3], 13, OUTCOME_OK);
    rig_done(&rig);
}

/* B leaves at 1 + 4; C comes at 7 and is served at 10, before its 11; A, in service, is not
 * patient. */
static void patience_withdraws_only_who_waits(void **state)
{
    (void)state;
    struct rig rig;
    struct station_setup setup = rig_setup(STATION_FIFO, 1);
    const struct distribution patience = distribution_constant(4);
    struct random random;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}, .measured = true},
                             {.at_ns = 1, .phases = {1}, .measured = true},
                             {.at_ns = 7, .phases = {9}, .measured = true}};
    random_seed(&random, 1, 0, "server", "patience");
    setup.patience_ns_dist = &patience;
    setup.patience_random = &random;
    rig_init(&rig, setup);
    rig_run(&rig, jobs, 3, RIG_LONG_RUN);
    rig_check_end(&jobs[0], 10, OUTCOME_OK);
    rig_check_end(&jobs[1], 5, OUTCOME_TIMEOUT);
    rig_check_end(&jobs[2], 19, OUTCOME_OK);
    assert_int_equal(rig.load.wait.tally.count, 2);
    rig_check_area(&rig, &rig.load.queue, 4 + 3);
    rig_done(&rig);
}

/* Patience is drawn at arrival whether it is needed or not: 2 draws, though only B waits. */
static void patience_is_drawn_for_everybody(void **state)
{
    (void)state;
    struct rig rig;
    struct station_setup setup = rig_setup(STATION_FIFO, 1);
    const struct distribution patience = distribution_exponential(1e6);
    struct random random, expected;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}}, {.at_ns = 1, .phases = {1}}};
    random_seed(&random, 1, 0, "server", "patience");
    expected = random;
    distribution_draw_int(&patience, &expected);
    distribution_draw_int(&patience, &expected);
    setup.patience_ns_dist = &patience;
    setup.patience_random = &random;
    rig_init(&rig, setup);
    rig_run(&rig, jobs, 2, RIG_LONG_RUN);
    assert_memory_equal(&random, &expected, sizeof(random));
    rig_done(&rig);
}

/* At 10 the turn of B (9) and C (10) is past; D (11) begins, and what happens later does not
 * matter. */
static void the_turn_after_the_deadline_is_a_timeout(void **state)
{
    (void)state;
    for (enum station_discipline d = STATION_FIFO; d <= STATION_PRIORITY; d += STATION_PRIORITY) {
        struct rig rig;
        struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}},
                                 {.at_ns = 1, .phases = {5}, .deadline_ns = 9},
                                 {.at_ns = 2, .phases = {5}, .deadline_ns = 10},
                                 {.at_ns = 3, .phases = {5}, .deadline_ns = 11}};
        rig_init(&rig, rig_setup(d, 1));
        rig_run(&rig, jobs, 4, RIG_LONG_RUN);
        rig_check_end(&jobs[1], 10, OUTCOME_TIMEOUT);
        rig_check_end(&jobs[2], 10, OUTCOME_TIMEOUT);
        rig_check_end(&jobs[3], 15, OUTCOME_OK);
        rig_check_area(&rig, &rig.load.queue, 9 + 8 + 7);
        rig_done(&rig);
    }
}

/* ---- nested calls ---- */

/* A holds its server from 0 to 8, the call's 5 ns included. */
static void a_server_is_held_through_nested_calls(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {2, -5, 1}}, {.at_ns = 1, .phases = {1}}};
    rig_init(&rig, rig_setup(STATION_FIFO, 1));
    rig_run(&rig, jobs, 2, RIG_LONG_RUN);
    rig_check_ends(jobs, 2, (int64_t[]){8, 9});
    rig_check_area(&rig, &rig.load.busy, 9);
    rig_done(&rig);
}

/* A alone 0-1, A and B until A's first 2 are done at 3; A calls until 7 while B has the processor
 * to itself; both again: B's last 1 is done at 9, A's last at 10. C finds both places taken. */
static void under_ps_a_call_keeps_the_place_and_takes_no_share(void **state)
{
    (void)state;
    struct rig rig;
    struct station_setup setup = rig_setup(STATION_PS, 1);
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {2, -4, 2}},
                             {.at_ns = 1, .phases = {6}},
                             {.at_ns = 5, .phases = {1}}};
    setup.room_count = 2;
    rig_init(&rig, setup);
    rig_run(&rig, jobs, 3, RIG_LONG_RUN);
    rig_check_end(&jobs[0], 10, OUTCOME_OK);
    rig_check_end(&jobs[1], 9, OUTCOME_OK);
    rig_check_end(&jobs[2], 5, OUTCOME_REJECTED);
    rig_check_area(&rig, &rig.load.busy, 10);
    rig_done(&rig);
}

/* B, more urgent, comes at 3 while A's call is out: it waits for the answer at 12. If A has more
 * work then, it yields; if it has none, it ends. */
static void a_call_is_not_preempted_until_it_would_work_again(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job more[] = {{.at_ns = 0, .phases = {2, -10, 3}, .priority = 1},
                             {.at_ns = 3, .phases = {4}, .priority = 0}};
    rig_init(&rig, rig_setup(STATION_PREEMPTIVE_PRIORITY, 1));
    rig_run(&rig, more, 2, RIG_LONG_RUN);
    rig_check_ends(more, 2, (int64_t[]){19, 16});
    rig_check_area(&rig, &rig.load.queue, 9);
    rig_done(&rig);

    struct rig_job none[] = {{.at_ns = 0, .phases = {2, -10}, .priority = 1},
                             {.at_ns = 3, .phases = {4}, .priority = 0}};
    rig_init(&rig, rig_setup(STATION_PREEMPTIVE_PRIORITY, 1));
    rig_run(&rig, none, 2, RIG_LONG_RUN);
    rig_check_ends(none, 2, (int64_t[]){12, 16});
    rig_done(&rig);
}

/* ---- resizing ---- */

/* Two copies share a load: capacity adds up, and the service is up while one of them is. */
static void copies_share_their_load(void **state)
{
    (void)state;
    struct rig rig;
    struct station other;
    struct station_setup setup = rig_setup(STATION_FIFO, 3);
    rig_init(&rig, setup);
    setup.core = &rig.core;
    setup.load = &rig.load;
    setup.arena = &rig.arena;
    setup.timer_first += station_timers_count(&setup);
    station_init(&other, &setup);
    assert_int_equal(rig.load.capacity.value, 6);
    station_resize(&other, 0);
    assert_int_equal(rig.load.capacity.value, 3);
    assert_int_equal(rig.load.up.value, 1);
    station_resize(&rig.station, 0);
    assert_int_equal(rig.load.up.value, 0);
    station_resize(&other, 1);
    assert_int_equal(rig.load.up.value, 1);
    rig_done(&rig);

    rig_init(&rig, rig_setup(STATION_FIFO, 0));
    assert_int_equal(rig.load.up.value, 0);
    rig_done(&rig);
}

/* 3 servers from 3 to 5, then 1: B and C begin at 3 and finish at 13 on servers that go as they
 * end; D waits until one is left for it. Capacity: 1 until 3, 3 until A ends at 10, 2 until 13,
 * then 1. */
static void new_servers_start_and_surplus_ones_finish(void **state)
{
    (void)state;
    for (enum station_discipline d = STATION_FIFO; d <= STATION_PRIORITY; d += STATION_PRIORITY) {
        struct rig rig;
        struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}},
                                 {.at_ns = 1, .phases = {10}},
                                 {.at_ns = 2, .phases = {10}},
                                 {.at_ns = 6, .phases = {1}}};
        rig_init(&rig, rig_setup(d, 1));
        rig_resize_at(&rig, 3, 3);
        rig_resize_at(&rig, 5, 1);
        rig_run(&rig, jobs, 4, RIG_LONG_RUN);
        rig_check_ends(jobs, 4, (int64_t[]){10, 13, 13, 14});
        rig_check_area(&rig, &rig.load.capacity, 3 + 21 + 6 + 1);
        rig_check_area(&rig, &rig.load.busy, 31);
        rig_done(&rig);
    }
}

/* A and B at rate 1/2; from 4 on two processors; from 6 none; from 10 one: 6 left each end at
 * 22. */
static void under_ps_a_resize_changes_the_speed_at_once(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}}, {.at_ns = 0, .phases = {10}}};
    rig_init(&rig, rig_setup(STATION_PS, 1));
    rig_resize_at(&rig, 4, 2);
    rig_resize_at(&rig, 6, 0);
    rig_resize_at(&rig, 10, 1);
    rig_run(&rig, jobs, 2, RIG_LONG_RUN);
    rig_check_ends(jobs, 2, (int64_t[]){22, 22});
    rig_check_area(&rig, &rig.load.busy, 4 + 4 + 12);
    rig_check_area(&rig, &rig.load.capacity, 4 + 4 + 12);
    rig_check_area(&rig, &rig.load.up, 18);
    rig_done(&rig);
}

/* ---- leaving ---- */

struct leaving {
    struct rig_job jobs[2]; /* the first is withdrawn */
    enum station_discipline discipline;
    int64_t end_ns; /* of the second */
    bool fails;     /* down 5-15 */
};

static const struct leaving leavings[] = {
    /* in service: the next takes over at 5 */
    {{{.phases = {10}, .withdraw_ns = 5}, {.at_ns = 1, .phases = {5}}}, STATION_FIFO, 10, false},
    /* holding its server in a nested call */
    {{{.phases = {2, -10}, .withdraw_ns = 5}, {.at_ns = 1, .phases = {5}}},
     STATION_FIFO,
     10,
     false},
    /* preempted, and in service before that of another priority */
    {{{.phases = {10}, .priority = 1, .withdraw_ns = 5}, {.at_ns = 2, .phases = {9}}},
     STATION_PREEMPTIVE_PRIORITY,
     11,
     false},
    {{{.phases = {10}, .withdraw_ns = 5}, {.at_ns = 2, .phases = {9}, .priority = 1}},
     STATION_PREEMPTIVE_PRIORITY,
     14,
     false},
    /* holding under preemptive priority, known not to work since the second looked for a victim */
    {{{.phases = {1, -10}, .priority = 1, .withdraw_ns = 5}, {.at_ns = 2, .phases = {9}}},
     STATION_PREEMPTIVE_PRIORITY,
     14,
     false},
    /* sharing: at 4 the other has 8 left */
    {{{.phases = {10}, .withdraw_ns = 4}, {.phases = {10}}}, STATION_PS, 12, false},
    /* holding its place under ps */
    {{{.phases = {2, -10}, .withdraw_ns = 6}, {.phases = {10}}}, STATION_PS, 12, false},
    /* interrupted by a failure; then its server failed during the call; then answered and in
     * line */
    {{{.phases = {10}, .withdraw_ns = 7}, {.at_ns = 6, .phases = {2}}}, STATION_FIFO, 17, true},
    {{{.phases = {2, -9}, .withdraw_ns = 7}, {.at_ns = 6, .phases = {2}}}, STATION_FIFO, 17, true},
    {{{.phases = {2, -5}, .withdraw_ns = 9}, {.at_ns = 6, .phases = {2}}}, STATION_FIFO, 17, true},
};

static void withdrawn_calls_leave_from_every_state(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(leavings) / sizeof(leavings[0]); i++) {
        const struct leaving *leaving = &leavings[i];
        struct rig rig;
        struct rig_failing failing;
        struct rig_job jobs[2];
        memcpy(jobs, leaving->jobs, sizeof(jobs));
        rig_failing_init(&failing, leaving->discipline, 1, 5, 10);
        rig_init(&rig, leaving->fails ? failing.setup : rig_setup(leaving->discipline, 1));
        rig_run(&rig, jobs, 2, RIG_LONG_RUN);
        rig_check_end(&jobs[0], jobs[0].withdraw_ns, OUTCOME_FAILED);
        rig_check_end(&jobs[1], leaving->end_ns, OUTCOME_OK);
        assert_int_equal(rig.station.inside, 0);
        assert_int_equal(rig.load.queue.value, 0);
        assert_int_equal(rig.load.busy.value, 0);
        rig_done(&rig);
    }
}

/* B leaves the line; A and C leave at the same instant, A first: C does not begin, D does. */
static void withdrawn_calls_are_not_begun(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {10}, .withdraw_ns = 5, .measured = true},
                             {.at_ns = 1, .phases = {1}, .withdraw_ns = 4, .measured = true},
                             {.at_ns = 2, .phases = {0}, .withdraw_ns = 5, .measured = true},
                             {.at_ns = 3, .phases = {1}, .measured = true}};
    rig_init(&rig, rig_setup(STATION_FIFO, 1));
    rig.jobs = jobs;
    rig.jobs_count = 4;
    for (uint32_t i = 0; i < 4; i++) {
        rig.core.events.now_ns = jobs[i].at_ns;
        jobs[i].withdraw_ns = 0;
        rig.jobs_count = i + 1;
        rig_arrive(&rig, i);
    }
    rig.core.events.now_ns = 4;
    rig_withdraw(&rig, 1);
    rig_serve_ready(&rig);
    rig.core.events.now_ns = 5;
    rig_withdraw(&rig, 0);
    rig_withdraw(&rig, 2);
    rig_serve_ready(&rig);
    rig_check_end(&jobs[1], 4, OUTCOME_FAILED);
    rig_check_end(&jobs[0], 5, OUTCOME_FAILED);
    rig_check_end(&jobs[2], 5, OUTCOME_FAILED);
    assert_int_equal(rig.load.wait.tally.count, 2); /* A and D */
    assert_int_equal(rig.load.wait.tally.max, 2);
    assert_int_equal(rig.load.queue.value, 0);
    assert_int_equal(rig.load.busy.value, 1);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifo_serves_in_order),
        cmocka_unit_test(lifo_serves_the_last_and_interrupts_nobody),
        cmocka_unit_test(priority_serves_the_urgent_in_order),
        cmocka_unit_test(preempted_resumes_at_the_front_of_its_priority),
        cmocka_unit_test(the_last_begun_is_preempted_and_never_by_its_equal),
        cmocka_unit_test(who_does_not_work_is_passed_over),
        cmocka_unit_test(work_that_ends_now_is_not_preempted),
        cmocka_unit_test(ps_shares),
        cmocka_unit_test(ps_keeps_the_order_of_equals),
        cmocka_unit_test(speed_scales_all_work),
        cmocka_unit_test(unlimited_servers_start_everybody),
        cmocka_unit_test(zero_work_keeps_its_turn),
        cmocka_unit_test(room_counts_waiting_and_in_service),
        cmocka_unit_test(patience_withdraws_only_who_waits),
        cmocka_unit_test(patience_is_drawn_for_everybody),
        cmocka_unit_test(the_turn_after_the_deadline_is_a_timeout),
        cmocka_unit_test(a_server_is_held_through_nested_calls),
        cmocka_unit_test(under_ps_a_call_keeps_the_place_and_takes_no_share),
        cmocka_unit_test(a_call_is_not_preempted_until_it_would_work_again),
        cmocka_unit_test(copies_share_their_load),
        cmocka_unit_test(new_servers_start_and_surplus_ones_finish),
        cmocka_unit_test(under_ps_a_resize_changes_the_speed_at_once),
        cmocka_unit_test(withdrawn_calls_leave_from_every_state),
        cmocka_unit_test(withdrawn_calls_are_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
