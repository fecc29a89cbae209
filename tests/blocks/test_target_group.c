/* Targets, checks and nodes against the rules as the ALB user guide states them ("Health checks for
 * your target groups", "Target group health", "Cross-zone load balancing"), at known instants; and,
 * under random comings, goings and failures, against what the rules say of each node's choice. */
#include "sim/blocks/target_group.h"

#include <string.h>

#include "tests/blocks/estimate.h"

#define SECOND_NS INT64_C(1000000000)

enum { TARGETS_MAX = 12, STEPS = 40000, NODES = 3 };

struct rig {
    struct core core;
    struct arena arena;
    struct random random;
    struct target_group group;
    bool ill[TARGETS_MAX]; /* by copy: fails its checks */
};

static void rig_open(struct rig *rig, uint16_t nodes, bool cross_zone)
{
    memset(rig, 0, sizeof(*rig));
    core_init(&rig->core, 1);
    arena_init(&rig->arena);
    random_seed(&rig->random, 1, 0, "target group", "test");
    target_group_init(&rig->group, &(struct target_group_setup){
                                       .core = &rig->core,
                                       .arena = &rig->arena,
                                       .nodes_count = nodes,
                                       .owners_count = 1,
                                       .policy = ROTATION_IN_TURN,
                                       .cross_zone = cross_zone,
                                       .registration_ns = 10 * SECOND_NS,
                                       .interval_ns = 30 * SECOND_NS,
                                       .timeout_ns = 5 * SECOND_NS,
                                       .healthy_threshold = 5,
                                       .unhealthy_threshold = 2,
                                   });
}

static void rig_close(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

/* A mark, so that the clock stops there; what is due at that instant has happened. */
static void rig_run_to(struct rig *rig, double time_s)
{
    struct event event;
    events_at(&rig->core.events, (int64_t)(time_s * 1e9), EVENT_WINDOW, 0, 0);
    while (events_next(&rig->core.events, &event) && event.kind != EVENT_WINDOW) {
        const struct target *target = target_group_at(&rig->group, event.slot);
        target_group_due(&rig->group, event.slot, !rig->ill[target->copy]);
    }
}

static enum target_state rig_state(const struct rig *rig, uint16_t copy)
{
    for (uint32_t i = 0; i < rig->group.targets_count; i++) {
        if (rig->group.targets[i].copy == copy) {
            return rig->group.targets[i].state;
        }
    }
    return TARGET_GONE;
}

/* The copies that a node goes round, as bits. */
static uint32_t rig_round(struct rig *rig, uint16_t node)
{
    uint32_t seen = 0;
    for (int i = 0; i < TARGETS_MAX; i++) {
        const uint32_t number = target_group_choose(&rig->group, node, &rig->random);
        if (number != TARGET_NONE) {
            seen |= 1u << rig->group.targets[number].copy;
        }
    }
    return seen;
}

/* "The number of consecutive failed health checks required before considering a target unhealthy",
 * each known after the timeout: ill from 45 s on, checked at 60 s and 90 s, out at 95 s. "The
 * number of consecutive successful health checks required before considering an unhealthy target
 * healthy": well from 100 s on, back with the fifth, at 240 s. */
static void test_thresholds(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, true);
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, true);
    target_group_register(&rig.group, 0, 1, TARGET_ZONE_ANY, true);
    assert_int_equal(rig_round(&rig, 0), 3);
    rig_run_to(&rig, 45);
    rig.ill[0] = true;
    rig_run_to(&rig, 94.999);
    assert_int_equal(rig_state(&rig, 0), TARGET_HEALTHY);
    assert_int_equal(rig_round(&rig, 0), 3);
    rig_run_to(&rig, 95.001);
    assert_int_equal(rig_state(&rig, 0), TARGET_UNHEALTHY);
    assert_int_equal(rig_round(&rig, 0), 2);
    rig_run_to(&rig, 100);
    rig.ill[0] = false;
    rig_run_to(&rig, 239.999);
    assert_int_equal(rig_state(&rig, 0), TARGET_UNHEALTHY);
    rig_run_to(&rig, 240.001);
    assert_int_equal(rig_state(&rig, 0), TARGET_HEALTHY);
    assert_int_equal(rig_round(&rig, 0), 3);
    assert_int_equal(rig.group.in_state[TARGET_HEALTHY].value, 2);
    assert_int_equal(rig.group.in_state[TARGET_UNHEALTHY].value, 0);
    rig_close(&rig);
}

/* Both counts are of checks in a row. */
static void test_in_a_row(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, true);
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, true);
    for (int check = 1; check <= 20; check++) { /* every other one fails */
        rig.ill[0] = check % 2 == 0;
        rig_run_to(&rig, check * 30 + 6);
        assert_int_equal(rig_state(&rig, 0), TARGET_HEALTHY);
    }
    rig.ill[0] = true;
    rig_run_to(&rig, 22 * 30 + 6);
    assert_int_equal(rig_state(&rig, 0), TARGET_UNHEALTHY);
    for (int check = 23; check <= 60; check++) { /* every fifth fails: never five in a row */
        rig.ill[0] = check % 5 == 0;
        rig_run_to(&rig, check * 30 + 6);
        assert_int_equal(rig_state(&rig, 0), TARGET_UNHEALTHY);
    }
    rig_close(&rig);
}

/* "After your target is registered, it must pass one health check to be considered healthy"; one
 * that fails from the beginning is unhealthy, and then needs five. */
static void test_new_target(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, true);
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, true);
    rig_run_to(&rig, 100);
    target_group_register(&rig.group, 0, 1, TARGET_ZONE_ANY, false);
    target_group_register(&rig.group, 0, 2, TARGET_ZONE_ANY, false);
    rig.ill[2] = true;
    assert_int_equal(rig_round(&rig, 0), 1);
    rig_run_to(&rig, 109.999);
    assert_int_equal(rig_state(&rig, 1), TARGET_INITIAL);
    rig_run_to(&rig, 110.001);
    assert_int_equal(rig_state(&rig, 1), TARGET_HEALTHY);
    assert_int_equal(rig_round(&rig, 0), 3);
    rig_run_to(&rig, 145.001); /* checks at 110 and 140 */
    assert_int_equal(rig_state(&rig, 2), TARGET_UNHEALTHY);
    rig.ill[2] = false;
    rig_run_to(&rig, 289.999);
    assert_int_equal(rig_state(&rig, 2), TARGET_UNHEALTHY);
    rig_run_to(&rig, 290.001); /* 170, 200, 230, 260, 290 */
    assert_int_equal(rig_state(&rig, 2), TARGET_HEALTHY);
    rig_close(&rig);
}

/* "If a target group contains only unhealthy registered targets, the load balancer routes requests
 * to all those targets, regardless of their health status"; with the first that is back, to that
 * one. */
static void test_fails_open(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, true);
    for (uint16_t copy = 0; copy < 3; copy++) {
        target_group_register(&rig.group, 0, copy, TARGET_ZONE_ANY, true);
        rig.ill[copy] = copy < 2;
    }
    rig_run_to(&rig, 66);
    assert_int_equal(rig_round(&rig, 0), 4);
    rig.ill[2] = true;
    rig_run_to(&rig, 126);
    assert_int_equal(rig.group.in_state[TARGET_UNHEALTHY].value, 3);
    assert_int_equal(rig_round(&rig, 0), 7);
    rig.ill[1] = false;
    rig_run_to(&rig, 126 + 5 * 30);
    assert_int_equal(rig_round(&rig, 0), 2);
    target_group_deregister(&rig.group, 0, 1); /* only unhealthy ones are left */
    assert_int_equal(rig_round(&rig, 0), 5);
    rig_close(&rig);
}

/* "When cross-zone load balancing is off, each node distributes traffic only across the registered
 * targets in its Availability Zone": health is then a zone's own affair, too. */
static void test_zones(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 3, false);
    target_group_register(&rig.group, 0, 0, 0, true);
    target_group_register(&rig.group, 0, 1, 1, true);
    target_group_register(&rig.group, 0, 2, 1, true);
    assert_int_equal(rig_round(&rig, 0), 1);
    assert_int_equal(rig_round(&rig, 1), 6);
    assert_int_equal(target_group_choose(&rig.group, 2, &rig.random), TARGET_NONE);
    rig.ill[0] = rig.ill[1] = true;
    rig_run_to(&rig, 66);
    assert_int_equal(rig_round(&rig, 0), 1); /* the only one there: open */
    assert_int_equal(rig_round(&rig, 1), 4);
    target_group_register(&rig.group, 0, 3, TARGET_ZONE_ANY, true);
    assert_int_equal(rig_round(&rig, 0), 8);
    assert_int_equal(rig_round(&rig, 1), 12);
    assert_int_equal(rig_round(&rig, 2), 8);
    rig_close(&rig);
}

/* Who is gone is checked no more; who comes back is new, but has out what it had. */
static void test_deregistration(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, true);
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, true);
    rig.ill[0] = true;
    rig_run_to(&rig, 31); /* a verdict is pending, too */
    const uint32_t number = target_group_choose(&rig.group, 0, &rig.random);
    const uint32_t request = target_group_send(&rig.group, 0, number, 7);
    assert_int_equal(target_group_sent_ns(&rig.group, request), 31 * SECOND_NS);
    target_group_deregister(&rig.group, 0, 0);
    target_group_deregister(&rig.group, 0, 0);
    assert_int_equal(events_pending(&rig.core.events), 0);
    assert_int_equal(target_group_choose(&rig.group, 0, &rig.random), TARGET_NONE);
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, false);
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, false);
    assert_int_equal(events_pending(&rig.core.events), 1);
    assert_int_equal(target_group_choose(&rig.group, 0, &rig.random), number);
    assert_int_equal(rig.group.nodes[0].rotation.out[number], 1);
    target_group_return(&rig.group, request);
    assert_int_equal(rig.group.nodes[0].rotation.out[number], 0);
    assert_int_equal(target_group_send(&rig.group, 0, number, 7), request);
    rig_close(&rig);
}

/* ALB, slow start mode: "the load balancer linearly increases the number of requests that it sends
 * to a target"; ends with the time, and is not for those that were there first. Two targets go
 * round; the second comes up at 110 s: of its turns it takes the share t / 60. */
static void test_slow_start(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, true);
    rig.group.setup.slow_start_ns = 60 * SECOND_NS;
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, true);
    rig_run_to(&rig, 100);
    target_group_register(&rig.group, 0, 1, TARGET_ZONE_ANY, false);
    for (int quarter = 1; quarter <= 4; quarter++) {
        uint32_t taken[2] = {0, 0};
        rig_run_to(&rig, 110.0 + 15 * quarter);
        while (taken[0] < 400) {
            taken[target_group_choose(&rig.group, 0, &rig.random)]++;
        }
        assert_true(taken[1] + 1 >= 100u * (uint32_t)quarter &&
                    taken[1] <= 100u * (uint32_t)quarter + 1);
    }
    rig_close(&rig);
}

/* "Newly registered targets enter slow start mode only when there is at least one healthy target
 * that is not in slow start mode"; if all the others go, the slow one has all. */
static void test_slow_start_needs_others(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, true);
    rig.group.setup.slow_start_ns = 60 * SECOND_NS;
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, false);
    rig_run_to(&rig, 11);
    assert_true(rig.group.targets[0].slow_from_ns < 0);
    target_group_register(&rig.group, 0, 1, TARGET_ZONE_ANY, false);
    rig_run_to(&rig, 21.5);
    assert_int_equal(rig.group.targets[1].slow_from_ns, 21 * SECOND_NS);
    target_group_deregister(&rig.group, 0, 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(target_group_choose(&rig.group, 0, &rig.random), 1);
    }
    target_group_deregister(&rig.group, 0, 1); /* "exits slow start mode" */
    assert_true(rig.group.targets[1].slow_from_ns < 0);
    rig_close(&rig);
}

/* What is out when the time of draining is over is named, once each; who comes back is let be. */
static void test_draining(void **state)
{
    (void)state;
    struct rig rig;
    struct event event;
    rig_open(&rig, 1, true);
    rig.group.setup.drains = true;
    rig.group.setup.drain_ns = 20 * SECOND_NS;
    rig.group.setup.first_slot = 1;
    rig.group.setup.slots_step = 3; /* slots are shared with others */
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, true);
    target_group_register(&rig.group, 0, 1, TARGET_ZONE_ANY, true);
    const uint32_t first = target_group_send(&rig.group, 0, 1, 40);
    target_group_send(&rig.group, 0, 0, 41);
    target_group_send(&rig.group, 0, 1, 42);
    target_group_send(&rig.group, 0, 1, 43);
    target_group_return(&rig.group, first);
    target_group_deregister(&rig.group, 0, 1);
    assert_true(events_next(&rig.core.events, &event));
    assert_int_equal(core_now(&rig.core), 20 * SECOND_NS);
    assert_int_equal(event.slot % 3, 1);
    assert_int_equal(target_group_at(&rig.group, event.slot)->copy, 1);
    assert_int_equal(target_group_due(&rig.group, event.slot, true), TARGET_OVERDUE);
    uint32_t at = 0;
    assert_int_equal(target_group_out(&rig.group, 1, &at), 42);
    target_group_return(&rig.group, at - 1);
    assert_int_equal(target_group_out(&rig.group, 1, &at), 43);
    assert_int_equal(target_group_out(&rig.group, 1, &at), TARGET_NONE);
    target_group_deregister(&rig.group, 0, 0);
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, true);
    assert_int_equal(events_pending(&rig.core.events), 1); /* its check */
    rig_close(&rig);
}

/* Lambda functions: "health checks are disabled by default": there, and never looked at. */
static void test_unchecked(void **state)
{
    (void)state;
    static const bool unchecked[] = {true};
    struct rig rig;
    rig_open(&rig, 1, true);
    rig.group.setup.unchecked = unchecked;
    target_group_register(&rig.group, 0, 0, TARGET_ZONE_ANY, false);
    assert_int_equal(rig_state(&rig, 0), TARGET_HEALTHY);
    assert_int_equal(events_pending(&rig.core.events), 0);
    assert_int_equal(target_group_choose(&rig.group, 0, &rig.random), 0);
    rig_close(&rig);
}

/* "If the number of healthy targets is below this value, mark the zone as unhealthy in DNS": 60 s
 * later clients are elsewhere, and come back as slowly. Ill from 45 s, out at 95 s; a target that
 * comes up in between keeps it in. What is so at the beginning was so before. */
static void test_dns(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2, false);
    rig.group.setup.dns_ns = 60 * SECOND_NS;
    target_group_register(&rig.group, 0, 0, 0, true);
    assert_true(target_group_in_dns(&rig.group, 0));
    assert_false(target_group_in_dns(&rig.group, 1)); /* it has had none for long */
    rig_run_to(&rig, 45);
    rig.ill[0] = true;
    rig_run_to(&rig, 154.9);
    assert_true(target_group_in_dns(&rig.group, 0));
    assert_true(target_group_ill(&rig.group));
    rig_run_to(&rig, 155.1);
    assert_false(target_group_in_dns(&rig.group, 0));
    target_group_register(&rig.group, 0, 1, 0, false); /* up at 165.1 s */
    rig_run_to(&rig, 225);
    assert_false(target_group_ill(&rig.group));
    assert_false(target_group_in_dns(&rig.group, 0));
    rig_run_to(&rig, 225.2);
    assert_true(target_group_in_dns(&rig.group, 0));
    target_group_deregister(&rig.group, 0, 1); /* none from 225.2 s to 245.2 s */
    rig_run_to(&rig, 235.2);
    target_group_register(&rig.group, 0, 1, 0, false);
    for (int i = 0; i < 100; i++) {
        rig_run_to(&rig, 236 + i);
        assert_true(target_group_in_dns(&rig.group, 0));
    }
    rig_close(&rig);
}

/* What a node may choose, from the states alone. */
static uint32_t rig_allowed(const struct rig *rig, uint16_t node)
{
    uint32_t healthy = 0, all = 0;
    for (uint32_t i = 0; i < rig->group.targets_count; i++) {
        const struct target *target = &rig->group.targets[i];
        if (rig->group.setup.cross_zone || target->zone == node ||
            target->zone == TARGET_ZONE_ANY) {
            all |= target->state != TARGET_GONE ? 1u << target->copy : 0;
            healthy |= target->state == TARGET_HEALTHY ? 1u << target->copy : 0;
        }
    }
    return healthy != 0 ? healthy : all;
}

static void chaos(bool cross_zone)
{
    struct rig rig;
    rig_open(&rig, NODES, cross_zone);
    double now_s = 0;
    for (int step = 0; step < sample_size(STEPS); step++) {
        const uint16_t copy = (uint16_t)random_below(&rig.random, TARGETS_MAX);
        switch (random_below(&rig.random, 4)) {
        case 0:
            target_group_register(&rig.group, 0, copy,
                                  (uint8_t)(copy % 4 < NODES ? copy % 4 : TARGET_ZONE_ANY), false);
            break;
        case 1:
            target_group_deregister(&rig.group, 0, copy);
            break;
        default:
            rig.ill[copy] = !rig.ill[copy];
            now_s += 20 * random_uniform(&rig.random);
            rig_run_to(&rig, now_s);
        }
        for (uint16_t node = 0; node < NODES; node++) {
            assert_int_equal(rig_round(&rig, node), rig_allowed(&rig, node));
        }
    }
    rig_close(&rig);
}

static void test_choices(void **state)
{
    (void)state;
    chaos(true);
    chaos(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_in_a_row),
        cmocka_unit_test(test_new_target),
        cmocka_unit_test(test_fails_open),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_deregistration),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_slow_start),
        cmocka_unit_test(test_slow_start_needs_others),
        cmocka_unit_test(test_draining),
        cmocka_unit_test(test_unchecked),
        cmocka_unit_test(test_dns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
