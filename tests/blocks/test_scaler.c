/* Known independently: the rules of Application and EC2 Auto Scaling, each by hand. Sources: their
 * User Guides, "Step scaling policies" and "Target tracking scaling policies" (awsdocs), "the
 * guide" below; API references StepScalingPolicyConfiguration, StepAdjustment and
 * TargetTrackingScalingPolicyConfiguration; EC2 Auto Scaling User Guide, "How predictive scaling
 * works". */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/blocks/scaler.h"

enum { CPU, REQUESTS };

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* Times of these tests are in seconds. */
static struct scaler made(int64_t out_cooldown, int64_t in_cooldown)
{
    struct scaler scaler;
    scaler_init(&scaler, &(struct scaler_setup){
                             .arena = &arena,
                             .min = 1,
                             .max = 100,
                             .out_cooldown_ns = out_cooldown,
                             .in_cooldown_ns = in_cooldown,
                         });
    return scaler;
}

static void step(struct scaler *scaler, enum alarm_comparison comparison,
                 const struct scaler_step *steps, uint32_t count, bool simple)
{
    scaler_step(scaler, CPU,
                &(struct scaler_step_setup){
                    .alarm = {steps[0].bound, comparison, 1, 1, ALARM_FILL_MISSING},
                    .steps = steps,
                    .steps_count = count,
                    .simple = simple,
                });
}

/* The capacity wanted after one more datapoint at that time, from `desired` that is all settled. */
static double at(struct scaler *scaler, int64_t now, double value, double desired)
{
    struct scaler_decision decision;
    scaler_point(scaler, CPU, value, desired, now);
    const bool changes = scaler_decide(
        scaler, now, &(struct scaler_state){.desired = desired, .settled = desired}, &decision);
    assert_int_equal(changes, decision.desired != desired);
    return decision.desired;
}

/* The example of the guide: threshold 60; +10 % from 60 to 70, +30 % from 70; and -10 % from 40 to
 * 30 (alarm at 40), -30 % below 30; "the lower bound is inclusive and the upper bound is exclusive"
 * above the threshold, the other way round below. */
static void steps_by_the_size_of_the_breach(void **state)
{
    (void)state;
    static const struct scaler_step out[] = {
        {60, SCALER_PERCENT, 0.1, 1},
        {70, SCALER_PERCENT, 0.3, 1},
    };
    static const struct scaler_step in[] = {
        {40, SCALER_PERCENT, -0.1, 1},
        {30, SCALER_PERCENT, -0.3, 1},
    };
    static const struct {
        double value, wanted;
    } cases[] = {
        {59.9, 10}, {60, 11}, {69.9, 11}, {70, 13}, {500, 13},
        {40.1, 10}, {40, 9},  {30.1, 9},  {30, 7},  {0, 7},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scaler scaler = made(0, 0);
        step(&scaler, ALARM_AT_LEAST, out, 2, false);
        step(&scaler, ALARM_AT_MOST, in, 2, false);
        assert_true(at(&scaler, 60, cases[i].value, 10) == cases[i].wanted);
    }
}

/* "Values greater than 1 are rounded down: 12.7 is 12. Values between 0 and 1 are rounded to 1.
 * Values between 0 and -1 are rounded to -1. Values less than -1 are rounded up: -6.67 is -6." */
static void percent_changes_are_rounded_towards_zero(void **state)
{
    (void)state;
    static const struct {
        double capacity, percent, wanted;
    } cases[] = {
        {10, 1.27, 22}, {4, 0.1675, 5}, {4, -0.1675, 3}, {29, -0.23, 23}, {50, 0.14, 57},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct scaler_step steps[] = {{60, SCALER_PERCENT, cases[i].percent, 1}};
        struct scaler scaler = made(0, 0);
        step(&scaler, ALARM_AT_LEAST, steps, 1, false);
        assert_true(at(&scaler, 60, 90, cases[i].capacity) == cases[i].wanted);
    }
}

/* MinAdjustmentMagnitude: "25 percent of 4 is 1. However, because you specified a
 * MinAdjustmentMagnitude of 2, [it] scales out the service by 2 tasks". */
static void percent_changes_have_a_minimum(void **state)
{
    (void)state;
    static const struct scaler_step steps[] = {{60, SCALER_PERCENT, 0.25, 2}};
    struct scaler scaler = made(0, 0);
    step(&scaler, ALARM_AT_LEAST, steps, 1, false);
    assert_true(at(&scaler, 60, 90, 4) == 6);
    assert_true(at(&scaler, 120, 90, 40) == 50);
}

/* ExactCapacity, up or down; and the limits hold. */
static void exact_capacity_within_limits(void **state)
{
    (void)state;
    static const struct scaler_step steps[] = {{60, SCALER_EXACT, 20, 1},
                                               {80, SCALER_EXACT, 500, 1}};
    struct scaler scaler = made(0, 0);
    step(&scaler, ALARM_AT_LEAST, steps, 2, false);
    assert_true(at(&scaler, 60, 65, 3) == 20);
    assert_true(at(&scaler, 120, 65, 40) == 20);
    assert_true(at(&scaler, 180, 90, 40) == 100);
}

/* The alarm goes off by its own M of N, and the action is repeated with each datapoint while it is
 * in ALARM; a missing datapoint moves nothing. */
static void repeated_while_in_alarm(void **state)
{
    (void)state;
    static const struct scaler_step steps[] = {{60, SCALER_ADD, 2, 1}};
    struct scaler scaler = made(0, 0);
    scaler_step(&scaler, CPU,
                &(struct scaler_step_setup){
                    .alarm = {60, ALARM_AT_LEAST, 2, 3, ALARM_FILL_MISSING},
                    .steps = steps,
                    .steps_count = 1,
                });
    assert_true(at(&scaler, 60, 70, 10) == 10);
    assert_true(at(&scaler, 120, 50, 10) == 10);
    assert_true(at(&scaler, 180, 70, 10) == 12);
    assert_true(at(&scaler, 240, 70, 12) == 14);
    assert_true(at(&scaler, 300, (double)NAN, 14) == 14);
}

/* "If an alarm triggers a step scaling policy to increase the capacity by 2 ... and triggers again
 * during the cooldown period but at a more aggressive step adjustment of 3, the previous increase
 * of 2 is considered part of the current capacity. Therefore, only 1 is added." */
static void out_cooldown_adds_the_difference(void **state)
{
    (void)state;
    static const struct scaler_step steps[] = {{60, SCALER_ADD, 2, 1}, {80, SCALER_ADD, 3, 1}};
    struct scaler scaler = made(300, 300);
    step(&scaler, ALARM_AT_LEAST, steps, 2, false);
    assert_true(at(&scaler, 0, 65, 10) == 12);
    assert_true(at(&scaler, 60, 65, 12) == 12);
    assert_true(at(&scaler, 120, 85, 12) == 13);
    assert_true(at(&scaler, 180, 85, 13) == 13);
    assert_true(at(&scaler, 419, 85, 13) == 13);
    assert_true(at(&scaler, 420, 65, 13) == 15); /* 300 s after the last scale-out */
}

/* Scale-in waits for the end of either cooldown; "if another alarm triggers a scale-out during the
 * scale-in cooldown, [it] scales out immediately" and "the scale-in cooldown stops". */
static void in_cooldown_blocks_only_in(void **state)
{
    (void)state;
    static const struct scaler_step out[] = {{60, SCALER_ADD, 2, 1}};
    static const struct scaler_step in[] = {{20, SCALER_ADD, -1, 1}};
    struct scaler scaler = made(120, 300);
    step(&scaler, ALARM_AT_LEAST, out, 1, false);
    step(&scaler, ALARM_AT_MOST, in, 1, false);
    assert_true(at(&scaler, 0, 10, 10) == 9);
    assert_true(at(&scaler, 299, 10, 9) == 9);
    assert_true(at(&scaler, 300, 10, 9) == 8);
    assert_true(at(&scaler, 360, 90, 8) == 10);  /* at once; ends the in-cooldown */
    assert_true(at(&scaler, 420, 10, 10) == 10); /* the out-cooldown blocks it */
    assert_true(at(&scaler, 480, 10, 10) == 9);
}

/* Simple scaling waits for the end of the cooldown "before responding to additional alarms", and of
 * the activity. */
static void simple_policies_wait(void **state)
{
    (void)state;
    static const struct scaler_step out[] = {{60, SCALER_ADD, 2, 1}};
    struct scaler scaler = made(300, 300);
    step(&scaler, ALARM_AT_LEAST, out, 1, true);
    assert_true(at(&scaler, 0, 90, 10) == 12);
    assert_true(at(&scaler, 299, 90, 12) == 12);
    struct scaler_decision decision;
    const struct scaler_state growing = {.desired = 12, .settled = 12, .growing = true};
    scaler_point(&scaler, CPU, 90, 12, 300);
    assert_false(scaler_decide(&scaler, 300, &growing, &decision));
    assert_true(at(&scaler, 360, 90, 12) == 14);
}

/* Warm-up of EC2: "while scaling out, instances that are warming up are not counted as part of the
 * current capacity": the same step again adds nothing, a larger one the difference. */
static void warming_capacity_counts_as_part_of_the_step(void **state)
{
    (void)state;
    static const struct scaler_step steps[] = {{60, SCALER_ADD, 2, 1}, {80, SCALER_ADD, 5, 1}};
    struct scaler scaler = made(0, 0);
    step(&scaler, ALARM_AT_LEAST, steps, 2, false);
    const struct scaler_state warming = {.desired = 12, .settled = 10, .growing = true};
    struct scaler_decision decision;
    scaler_point(&scaler, CPU, 65, 10, 0);
    assert_false(scaler_decide(&scaler, 0, &warming, &decision));
    scaler_point(&scaler, CPU, 85, 10, 60);
    assert_true(scaler_decide(&scaler, 60, &warming, &decision));
    assert_true(decision.desired == 15);
    assert_int_equal(decision.reason, SCALER_STEP);
    assert_true(decision.value == 85 && decision.threshold == 60);
}

static const struct tracking_setup half = {0.5, 0.9, 3, 15, false};

/* Target tracking: "the scaling policy won't increase the desired capacity again unless either a
 * larger scale out is triggered or the cooldown period ends"; the capacity that was added counts.
 */
static void tracking_cools_down(void **state)
{
    (void)state;
    struct scaler scaler = made(300, 300);
    scaler_track(&scaler, CPU, &half);
    assert_true(at(&scaler, 0, 0.8, 2) == 2);
    assert_true(at(&scaler, 60, 0.8, 2) == 2);
    assert_true(at(&scaler, 120, 0.8, 2) == 4);  /* 3.2; two more, base 2 */
    assert_true(at(&scaler, 180, 0.7, 4) == 4);  /* 5.6 is two more again: they are there */
    assert_true(at(&scaler, 240, 0.9, 4) == 6);  /* 7.2 is four more than 4: 2 + 4 */
    assert_true(at(&scaler, 300, 0.55, 6) == 6); /* 6.6 is one more */
    assert_true(at(&scaler, 540, 0.55, 6) == 7); /* the cooldown is over */
    for (int64_t now = 600; now < 600 + 14 * 60; now += 60) {
        assert_true(at(&scaler, now, 0.1, 7) == 7);
    }
    assert_true(at(&scaler, 1440, 0.1, 7) == 2);
    assert_true(at(&scaler, 1500, 0.1, 2) == 2); /* 300 s of in-cooldown */
    assert_true(at(&scaler, 1740, 0.1, 2) == 1);
}

/* "out if any of the target tracking policies is ready to scale out, in only if all are"; where one
 * says out and a step policy in, the larger capacity; and the larger of two that say in. */
static void the_largest_capacity_wins(void **state)
{
    (void)state;
    static const struct scaler_step in[] = {{0.3, SCALER_ADD, -1, 1}};
    struct scaler scaler = made(0, 0);
    scaler_track(&scaler, CPU, &half);
    scaler_track(&scaler, REQUESTS, &(struct tracking_setup){1000, 0.9, 3, 15, false});
    struct scaler_decision decision;
    const struct scaler_state ten = {.desired = 10, .settled = 10};
    for (int i = 0; i < 15; i++) {
        scaler_point(&scaler, CPU, 0.1, 10, 0);
        scaler_point(&scaler, REQUESTS, i < 14 ? 950 : 1000, 10, 0);
        assert_false(scaler_decide(&scaler, 0, &ten, &decision));
    }
    for (int i = 0; i < 3; i++) {
        scaler_point(&scaler, REQUESTS, 1500, 10, 0);
    }
    step(&scaler, ALARM_AT_MOST, in, 1, false);
    scaler_point(&scaler, CPU, 0.1, 10, 0);
    assert_true(scaler_decide(&scaler, 0, &ten, &decision));
    assert_true(decision.desired == 15);
    assert_int_equal(decision.reason, SCALER_TRACKING);
    assert_int_equal(decision.metric, REQUESTS);
    for (int i = 0; i < 15; i++) {
        scaler_point(&scaler, REQUESTS, 100, 10, 0);
    }
    assert_true(scaler_decide(&scaler, 0, &ten, &decision));
    assert_true(decision.desired == 9); /* tracking says 2, the step 9 */
    assert_int_equal(decision.reason, SCALER_STEP);
}

/* DisableScaleIn: "the target tracking policy won't remove capacity"; it does not keep others from
 * it ("all policies with the scale-in portion enabled"). */
static void tracking_without_scale_in(void **state)
{
    (void)state;
    struct scaler scaler = made(0, 0);
    scaler_track(&scaler, CPU, &(struct tracking_setup){0.5, 0.9, 1, 1, true});
    assert_true(at(&scaler, 0, 0.1, 10) == 10);
    assert_true(at(&scaler, 60, 0.6, 10) == 12);
    scaler_track(&scaler, REQUESTS, &(struct tracking_setup){1000, 0.9, 1, 1, false});
    scaler_point(&scaler, REQUESTS, 500, 10, 120);
    assert_true(at(&scaler, 120, 0.5, 10) == 5);
}

/* Scheduled scaling: a new minimum above the capacity scales out to it, a new maximum below scales
 * in; between them nothing moves. It takes place whatever cools down. */
static void scheduled_actions(void **state)
{
    (void)state;
    struct scaler scaler = made(300, 300);
    scaler_track(&scaler, CPU, &half);
    const double none = (double)NAN;
    scaler_schedule(&scaler, &(struct scaler_action){3600, 86400, 20, none, none});
    scaler_schedule(&scaler, &(struct scaler_action){7200, 0, 2, 8, none});
    scaler_schedule(&scaler, &(struct scaler_action){9000, 0, none, none, 5});
    assert_true(scaler_largest(&scaler) == 100);
    struct scaler_decision decision;
    struct scaler_state now = {.desired = 10, .settled = 10};
    assert_int_equal(scaler_action_ns(&scaler, 0), 3600);
    assert_false(scaler_act(&scaler, 3599, &now, &decision));
    assert_true(scaler_act(&scaler, 3600, &now, &decision));
    assert_true(decision.desired == 20 && decision.reason == SCALER_SCHEDULED);
    now.desired = now.settled = 20;
    assert_int_equal(scaler_action_ns(&scaler, 3600), 7200);
    assert_true(scaler_act(&scaler, 7200, &now, &decision));
    assert_true(decision.desired == 8);
    now.desired = now.settled = 8;
    assert_true(scaler_act(&scaler, 9000, &now, &decision));
    assert_true(decision.desired == 5);
    assert_int_equal(scaler_action_ns(&scaler, 9000), 3600 + 86400);
    for (int i = 0; i < 3; i++) {
        scaler_point(&scaler, CPU, 5, 5, 9060);
    }
    now.desired = now.settled = 5;
    assert_true(scaler_decide(&scaler, 9060, &now, &decision));
    assert_true(decision.desired == 8); /* the new maximum */
}

/* What tracks removes down to the forecast of the interval; of a copy, so that nothing stays. */
static void tracks_down_to_six(struct scaler scaler)
{
    struct scaler_decision decision;
    scaler_track(&scaler, CPU, &(struct tracking_setup){0.5, 0.9, 1, 1, false});
    tracking_point(&scaler.tracked[0], 0.01, 24);
    assert_true(scaler_decide(&scaler, 1600, &(struct scaler_state){.desired = 24, .settled = 24},
                              &decision));
    assert_true(decision.desired == 6);
}

/* A day of two halves, 12 units of load and then 3, at 0.5 each: from the second day on 24 and 6
 * are the least capacity, asked for `ahead`, held until the next half begins; nothing is removed
 * by the forecast, and nothing is known on the first day. */
static void predictive_scaling(void **state)
{
    (void)state;
    struct scaler scaler = made(0, 0);
    scaler_predict(&scaler, CPU, &(struct scaler_prediction){0.5, 1000, 500, 50});
    assert_true(scaler_watches(&scaler, CPU) && !scaler_watches(&scaler, REQUESTS));
    struct scaler_decision decision;
    struct scaler_state now = {.desired = 10, .settled = 10};
    double wanted[40];
    for (int64_t time = 0; time < 2000; time += 50) {
        if (time > 0) {
            const double load = (time - 1) % 1000 < 500 ? 12 : 3;
            scaler_point(&scaler, CPU, load / now.desired, now.desired, time);
        }
        while (scaler_action_ns(&scaler, time) == time) {
            if (scaler_act(&scaler, time, &now, &decision)) {
                assert_int_equal(decision.reason, SCALER_PREDICTED);
                now.desired = decision.desired;
            }
        }
        wanted[time / 50] = now.desired;
        if (time == 1600) {
            tracks_down_to_six(scaler);
        }
    }
    assert_true(wanted[18] == 10); /* at 900 nothing of the next interval has been seen... */
    assert_true(wanted[19] == 24); /* ...but of the same one a day before: at 950, ahead of 1000 */
    assert_true(wanted[39] == 24); /* 6 would do from 1500 on: it only raises the floor */
    scaler_track(&scaler, CPU, &(struct tracking_setup){0.5, 0.9, 1, 1, false});
    scaler_point(&scaler, CPU, 0.01, 24, 2000);
    assert_false(scaler_decide(&scaler, 1999, &now, &decision)); /* 24 has been asked for again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps_by_the_size_of_the_breach, start, stop),
        cmocka_unit_test_setup_teardown(percent_changes_are_rounded_towards_zero, start, stop),
        cmocka_unit_test_setup_teardown(percent_changes_have_a_minimum, start, stop),
        cmocka_unit_test_setup_teardown(exact_capacity_within_limits, start, stop),
        cmocka_unit_test_setup_teardown(repeated_while_in_alarm, start, stop),
        cmocka_unit_test_setup_teardown(out_cooldown_adds_the_difference, start, stop),
        cmocka_unit_test_setup_teardown(in_cooldown_blocks_only_in, start, stop),
        cmocka_unit_test_setup_teardown(simple_policies_wait, start, stop),
        cmocka_unit_test_setup_teardown(warming_capacity_counts_as_part_of_the_step, start, stop),
        cmocka_unit_test_setup_teardown(tracking_cools_down, start, stop),
        cmocka_unit_test_setup_teardown(the_largest_capacity_wins, start, stop),
        cmocka_unit_test_setup_teardown(tracking_without_scale_in, start, stop),
        cmocka_unit_test_setup_teardown(scheduled_actions, start, stop),
        cmocka_unit_test_setup_teardown(predictive_scaling, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
