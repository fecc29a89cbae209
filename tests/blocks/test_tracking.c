/* Known independently: the rules of target tracking, each by hand. Sources: EC2 Auto Scaling User
 * Guide, Target tracking scaling policies (as-scaling-target-tracking.md of
 * awsdocs/amazon-ec2-auto-scaling-user-guide), "the guide" below; aws/containers-roadmap issue 638
 * on the datapoints of the alarms; DynamoDB's are 2 and 15. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/tracking.h"

static const struct tracking_setup half = {0.5, 0.9, 3, 15, false};

static void points(struct tracking *tracking, uint32_t count, double value, double measured)
{
    for (uint32_t i = 0; i < count; i++) {
        tracking_point(tracking, value, measured);
    }
}

/* What one policy makes of it; the desired capacity stays within 1 and 100. */
static double decide(const struct tracking *tracking, double desired, bool growing)
{
    struct tracking_decision decision;
    const struct tracking_capacity capacity = {desired, 1, 100, growing};
    const bool changes = tracking_decide(tracking, 1, &capacity, &decision);
    assert_int_equal(changes, decision.desired != desired);
    return decision.desired;
}

/* AlarmHigh: 3 datapoints within 3 minutes (containers-roadmap 638), above the target. */
static void out_after_three_points(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &half);
    points(&tracking, 2, 0.8, 2);
    assert_true(decide(&tracking, 2, false) == 2);
    tracking_point(&tracking, 0.5, 2);
    points(&tracking, 2, 0.8, 2);
    assert_true(decide(&tracking, 2, false) == 2);
    tracking_point(&tracking, 0.8, 2);
    assert_true(decide(&tracking, 2, false) == 4);
}

/* AlarmLow: 15 datapoints within 15 minutes (containers-roadmap 638), below 90 % of the target. */
static void in_after_fifteen_points(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &half);
    points(&tracking, 30, 0.45, 10); /* not below */
    assert_true(decide(&tracking, 10, false) == 10);
    points(&tracking, 14, 0.2, 10);
    assert_true(decide(&tracking, 10, false) == 10);
    tracking_point(&tracking, 0.2, 10);
    assert_true(decide(&tracking, 10, false) == 4);
}

static void datapoints_are_settings(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &(struct tracking_setup){0.7, 0.9, 2, 15}); /* DynamoDB */
    points(&tracking, 2, 1.4, 50);
    assert_true(decide(&tracking, 50, false) == 100);
}

/* "adding 1.5 instances ... we round up and add two", "removing 1.5 instances ... we remove just
 * one" (the guide). A whole number is not rounded, whatever its last bits are. */
static void out_is_rounded_up_and_in_down(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &half);
    points(&tracking, 3, 0.6875, 4); /* 5.5 would do */
    assert_true(decide(&tracking, 4, false) == 6);
    tracking_init(&tracking, &half);
    points(&tracking, 15, 0.3125, 4); /* 2.5 would do */
    assert_true(decide(&tracking, 4, false) == 3);
    tracking_init(&tracking, &half);
    points(&tracking, 3, 0.75 + 1e-12, 2);
    assert_true(decide(&tracking, 2, false) == 3);
}

/* Instances that warm up "are counted as part of the desired capacity for the next scale-out
 * activity", while the metric is that of the others (the guide, default instance warmup): the same
 * overload asks for nothing more. */
static void warming_capacity_is_not_asked_for_twice(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &half);
    points(&tracking, 5, 0.8, 2);
    assert_true(decide(&tracking, 4, true) == 4);
    tracking_point(&tracking, 1, 2); /* worse: as many as for 200 % of one */
    assert_true(decide(&tracking, 3, true) == 4);
}

/* "A scale-in activity can't start while a scale-out activity is in progress" (the guide); out it
 * may go on. */
static void no_scale_in_during_a_scale_out(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &half);
    points(&tracking, 20, 0.1, 4);
    assert_true(decide(&tracking, 4, true) == 4);
    assert_true(decide(&tracking, 4, false) == 1);
    points(&tracking, 3, 0.9, 4);
    assert_true(decide(&tracking, 4, true) == 8);
}

/* "does not scale in ... when the specified metric has insufficient data" (the guide). */
static void missing_data_changes_nothing(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &half);
    assert_true(decide(&tracking, 4, false) == 4); /* no data at all */
    points(&tracking, 14, 0.1, 4);
    points(&tracking, 5, (double)NAN, 4);
    assert_true(decide(&tracking, 4, false) == 4);
    points(&tracking, 2, 0.9, 4);
    tracking_point(&tracking, (double)NAN, 4);
    tracking_point(&tracking, 0.9, 4);
    assert_true(decide(&tracking, 4, false) == 4);
}

/* "terminating instances count as part of the current capacity" (the guide): 10 of which 6 leave
 * already have 20 % each; the 4 that stay are enough. */
static void terminating_capacity_is_not_removed_twice(void **state)
{
    (void)state;
    struct tracking tracking;
    tracking_init(&tracking, &half);
    points(&tracking, 16, 0.2, 10);
    assert_true(decide(&tracking, 4, false) == 4);
}

static void bounds_hold(void **state)
{
    (void)state;
    struct tracking tracking;
    struct tracking_decision decision;
    tracking_init(&tracking, &half);
    points(&tracking, 3, 1, 4);
    assert_true(
        tracking_decide(&tracking, 1, &(struct tracking_capacity){4, 2, 6, false}, &decision));
    assert_true(decision.desired == 6 && decision.value == 1 && decision.threshold == 0.5);
    assert_false(
        tracking_decide(&tracking, 1, &(struct tracking_capacity){6, 2, 6, false}, &decision));
    tracking_init(&tracking, &half);
    points(&tracking, 15, 0, 4);
    assert_true(
        tracking_decide(&tracking, 1, &(struct tracking_capacity){4, 2, 6, false}, &decision));
    assert_true(decision.desired == 2 && decision.value == 0 && decision.threshold == 0.45);
}

/* "scale out if any of the target tracking policies are ready for scale out, but scale in only if
 * all are ready to scale in" (the guide); the policy that wants most decides. */
static void several_policies(void **state)
{
    (void)state;
    const struct tracking_capacity capacity = {4, 1, 100, false};
    struct tracking policies[2];
    struct tracking_decision decision;
    tracking_init(&policies[0], &half);
    tracking_init(&policies[1], &(struct tracking_setup){1000, 0.9, 3, 15});
    assert_false(tracking_decide(policies, 0, &capacity, &decision));
    points(&policies[0], 15, 0.1, 4);
    points(&policies[1], 15, 950, 4);
    assert_false(tracking_decide(policies, 2, &capacity, &decision));
    points(&policies[1], 15, 500, 4);
    assert_true(tracking_decide(policies, 2, &capacity, &decision));
    assert_true(decision.desired == 2 && decision.policy == 1 && decision.threshold == 900);
    points(&policies[1], 3, 1500, 4);
    assert_true(tracking_decide(policies, 2, &capacity, &decision));
    assert_true(decision.desired == 6 && decision.policy == 1 && decision.value == 1500);
    points(&policies[0], 3, 0.99, 4);
    assert_true(tracking_decide(policies, 2, &capacity, &decision));
    assert_true(decision.desired == 8 && decision.policy == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_after_three_points),
        cmocka_unit_test(in_after_fifteen_points),
        cmocka_unit_test(datapoints_are_settings),
        cmocka_unit_test(out_is_rounded_up_and_in_down),
        cmocka_unit_test(warming_capacity_is_not_asked_for_twice),
        cmocka_unit_test(no_scale_in_during_a_scale_out),
        cmocka_unit_test(missing_data_changes_nothing),
        cmocka_unit_test(terminating_capacity_is_not_removed_twice),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(several_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
