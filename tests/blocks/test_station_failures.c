/* Servers that fail, each rule by a case small enough to follow by hand; times in ns, worked out in
 * the comments. */
#include "tests/blocks/station_rig.h"

/* Up 0-5, 8-13, 16-21. A: 0-5 and 8-11. C comes during the repair and waits behind A, 11-12. B:
 * 12-13 and 16-17. Interrupted A and B are not in the queue, C is, for 5. */
static void interrupted_work_resumes_on_repair(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_failing failing;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {8}, .measured = true},
                             {.at_ns = 6, .phases = {1}, .measured = true},
                             {.at_ns = 12, .phases = {2}, .measured = true}};
    rig_failing_init(&failing, STATION_FIFO, 1, 5, 3);
    rig_init(&rig, failing.setup);
    rig_run(&rig, jobs, 3, RIG_LONG_RUN);
    rig_check_ends(jobs, 3, (int64_t[]){11, 12, 17});
    rig_check_area(&rig, &rig.load.capacity, 11);
    rig_check_area(&rig, &rig.load.up, 11);
    rig_check_area(&rig, &rig.load.busy, 11);
    rig_check_area(&rig, &rig.load.queue, 5);
    assert_int_equal(rig.load.wait.tally.count, 3);
    rig_done(&rig);
}

/* A works 2-5; with restart all 4 again from 8. Preempted work keeps what it has done, a failure
 * then takes all: A 0-2, B 2-6, A 6-9 when the server fails, A's 6 again from 12. */
static void restart_starts_over(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_failing failing;
    for (int restart = 0; restart <= 1; restart++) {
        struct rig_job one[] = {{.at_ns = 2, .phases = {4}}};
        rig_failing_init(&failing, STATION_FIFO, 1, 5, 3);
        failing.failure.restart = restart;
        rig_init(&rig, failing.setup);
        rig_run(&rig, one, 1, RIG_LONG_RUN);
        rig_check_end(&one[0], restart ? 12 : 9, OUTCOME_OK);
        rig_done(&rig);

        struct rig_job two[] = {{.at_ns = 0, .phases = {6}, .priority = 1},
                                {.at_ns = 2, .phases = {4}, .priority = 0}};
        rig_failing_init(&failing, STATION_PREEMPTIVE_PRIORITY, 1, 9, 3);
        failing.failure.restart = restart;
        rig_init(&rig, failing.setup);
        rig_run(&rig, two, 2, RIG_LONG_RUN);
        rig_check_ends(two, 2, (int64_t[]){restart ? 18 : 13, 6});
        rig_done(&rig);
    }
}

/* Down 5-15 and from 20. First: A is answered at 8, before B in the line, and works on 15-18, B
 * 18-19. Second: A is answered at 17, when B has the repaired server (15-19); A works 19-20, is
 * interrupted, and works 30-32. Third: with nothing left to do A still waits for a server before it
 * goes on. */
static void a_failure_waits_for_the_answer_of_a_nested_call(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_failing failing;
    rig_failing_init(&failing, STATION_FIFO, 1, 5, 10);
    struct rig_job early[] = {{.at_ns = 0, .phases = {2, -6, 3}}, {.at_ns = 6, .phases = {1}}};
    rig_init(&rig, failing.setup);
    rig_run(&rig, early, 2, RIG_LONG_RUN);
    rig_check_ends(early, 2, (int64_t[]){18, 19});
    rig_done(&rig);

    struct rig_job late[] = {{.at_ns = 0, .phases = {2, -15, 3}}, {.at_ns = 6, .phases = {4}}};
    rig_init(&rig, failing.setup);
    rig_run(&rig, late, 2, RIG_LONG_RUN);
    rig_check_ends(late, 2, (int64_t[]){32, 19});
    rig_done(&rig);

    struct rig_job idle[] = {{.at_ns = 0, .phases = {2, -6}}, {.at_ns = 6, .phases = {1}}};
    rig_init(&rig, failing.setup);
    rig_run(&rig, idle, 2, RIG_LONG_RUN);
    rig_check_ends(idle, 2, (int64_t[]){15, 16});
    rig_check_area(&rig, &rig.load.busy, 5 + 1);
    rig_done(&rig);
}

/* Servers 0 and 1 fail at 5; the one repairer has 0 up at 8 and 1 at 11; 0 fails again at 13. With
 * two required the service is up 0-5 and 11-13. A (server 0) and B: B, hit last, stands first, and
 * resumes at 8 with its 5 left; A at 11. */
static void repairers_take_turns(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_failing failing;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {8}}, {.at_ns = 0, .phases = {8}}};
    rig_failing_init(&failing, STATION_FIFO, 2, 5, 3);
    failing.failure.repairers_count = 1;
    failing.failure.required_count = 2;
    rig_init(&rig, failing.setup);
    rig_run(&rig, jobs, 2, RIG_LONG_RUN);
    rig_check_end(&jobs[1], 11, OUTCOME_OK);
    rig_check_end(&jobs[0], 14, OUTCOME_OK);
    rig_check_area(&rig, &rig.load.capacity, 10 + 3 + 4 + 1);
    rig_check_area(&rig, &rig.load.up, 5 + 2);
    rig_done(&rig);
}

/* Four fail at 100; repaired at 103, 106, 109, 112 and up for 100 each; at 203 the first fails
 * again. */
static void repairs_follow_the_order_of_failure(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_failing failing;
    rig_failing_init(&failing, STATION_FIFO, 4, 100, 3);
    failing.failure.repairers_count = 1;
    rig_init(&rig, failing.setup);
    rig_run(&rig, NULL, 0, 202);
    rig_check_area(&rig, &rig.load.capacity, 4 * 100 + 3 * (1 + 2 + 3) + 4 * (202 - 112));
    rig_done(&rig);
}

/* A is on server 0, which fails at 5 with server 1 idle: A goes on there at once. Under preemptive
 * priority A takes the server of B, less urgent: A 5-8, B 4 left from 8, when server 0 is back. */
static void a_failure_moves_work_to_another_server(void **state)
{
    (void)state;
    struct rig rig;
    const struct distribution mtbf = distribution_empirical((double[]){5, 1000}, 2);
    struct rig_failing failing;
    /* a seed with which server 0 fails at 5 and server 1 at 1000 */
    uint64_t seed = 0;
    int64_t first_ns, second_ns;
    do {
        struct random random;
        random_seed(&random, ++seed, 0, "server", "failures");
        first_ns = distribution_draw_int(&mtbf, &random);
        second_ns = distribution_draw_int(&mtbf, &random);
    } while (first_ns != 5 || second_ns != 1000);

    struct rig_job alone[] = {{.at_ns = 0, .phases = {8}}};
    rig_failing_init(&failing, STATION_FIFO, 2, 5, 3);
    failing.failure.mtbf_ns_dist = &mtbf;
    random_seed(&failing.random, seed, 0, "server", "failures");
    rig_init(&rig, failing.setup);
    rig_run(&rig, alone, 1, RIG_LONG_RUN);
    rig_check_end(&alone[0], 8, OUTCOME_OK);
    rig_done(&rig);

    struct rig_job two[] = {{.at_ns = 0, .phases = {8}, .priority = 0},
                            {.at_ns = 0, .phases = {9}, .priority = 1}};
    rig_failing_init(&failing, STATION_PREEMPTIVE_PRIORITY, 2, 5, 3);
    failing.failure.mtbf_ns_dist = &mtbf;
    random_seed(&failing.random, seed, 0, "server", "failures");
    rig_init(&rig, failing.setup);
    rig_run(&rig, two, 2, RIG_LONG_RUN);
    rig_check_ends(two, 2, (int64_t[]){8, 12});
    rig_done(&rig);
}

/* Two processors fail at 5 together and are back at 8: A, alone at rate 1, is done at 11. */
static void under_ps_failures_take_speed(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_failing failing;
    struct rig_job jobs[] = {{.at_ns = 0, .phases = {8}}};
    rig_failing_init(&failing, STATION_PS, 2, 5, 3);
    rig_init(&rig, failing.setup);
    rig_run(&rig, jobs, 1, RIG_LONG_RUN);
    rig_check_end(&jobs[0], 11, OUTCOME_OK);
    rig_check_area(&rig, &rig.load.busy, 8);
    rig_check_area(&rig, &rig.load.capacity, 16);
    rig_done(&rig);
}

/* Work that ends at the instant of a resize or a failure, though its event comes later, is not
 * hurt. */
static void under_ps_work_that_ends_now_is_not_hurt(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_failing failing;
    struct rig_job resized[] = {{.at_ns = 0, .phases = {10}}, {.at_ns = 0, .phases = {11}}};
    rig_init(&rig, rig_setup(STATION_PS, 2));
    rig_resize_at(&rig, 10, 0);
    rig_resize_at(&rig, 30, 1);
    rig_run(&rig, resized, 2, RIG_LONG_RUN);
    rig_check_ends(resized, 2, (int64_t[]){10, 31});
    rig_done(&rig);

    struct rig_job failed[] = {{.at_ns = 0, .phases = {10}}, {.at_ns = 0, .phases = {11}}};
    rig_failing_init(&failing, STATION_PS, 2, 10, 20);
    rig_init(&rig, failing.setup);
    rig_run(&rig, failed, 2, RIG_LONG_RUN);
    rig_check_ends(failed, 2, (int64_t[]){10, 31});
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_work_resumes_on_repair),
        cmocka_unit_test(restart_starts_over),
        cmocka_unit_test(a_failure_waits_for_the_answer_of_a_nested_call),
        cmocka_unit_test(repairers_take_turns),
        cmocka_unit_test(repairs_follow_the_order_of_failure),
        cmocka_unit_test(a_failure_moves_work_to_another_server),
        cmocka_unit_test(under_ps_failures_take_speed),
        cmocka_unit_test(under_ps_work_that_ends_now_is_not_hurt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
