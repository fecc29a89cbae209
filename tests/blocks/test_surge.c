/* Known by hand: what passes of a load is the least of it and a limit that is so many times the
 * load of a minute that began long enough ago. The rule is that of facts, alb self_scaling: traffic
 * that less than doubles in 5 minutes is safe. */
#include "sim/blocks/surge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND_NS INT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)

struct rig {
    struct arena arena;
    struct surge surge;
};

static void rig_open(struct rig *rig, double first_per_s)
{
    arena_init(&rig->arena);
    surge_init(
        &rig->surge, &rig->arena,
        &(struct surge_rules){.first_per_s = first_per_s, .times = 2, .within_ns = 5 * MINUTE_NS});
}

/* So many a second come from one instant to the other; how many pass. */
static uint32_t rig_offer(struct rig *rig, double per_s, double from_min, double to_min)
{
    uint32_t passed = 0;
    const int64_t gap_ns = (int64_t)(1e9 / per_s);
    for (int64_t at_ns = (int64_t)(from_min * 60e9); at_ns < (int64_t)(to_min * 60e9);
         at_ns += gap_ns) {
        passed += surge_pass(&rig->surge, at_ns);
    }
    return passed;
}

/* The worked example of the header. 100/s all the time: the minutes from 0 on count from 5 min on.
 * Of 1000/s then, 200/s pass (and the burst of a second), and from 10 min on 2000/s would. */
static void test_twice_in_five_minutes(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 100);
    assert_int_equal(rig_offer(&rig, 100, 0, 5), 100 * 300);
    const uint32_t passed = rig_offer(&rig, 1000, 5, 10);
    assert_true(passed >= 200 * 300 && passed <= 200 * 300 + 200);
    assert_int_equal(rig_offer(&rig, 1000, 10, 15), 1000 * 300);
    assert_true(rig.surge.limit_per_s == 2000);
    arena_done(&rig.arena);
}

/* Growth by less than twice in 5 minutes passes: 14 % a minute is 1.9 in 5. */
static void test_slow_growth_passes(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 200);
    double per_s = 100;
    for (int minute = 0; minute < 25; minute++, per_s *= 1.14) {
        const int64_t gap_ns = (int64_t)(1e9 / per_s);
        const int64_t first_ns = (minute * MINUTE_NS / gap_ns + 1) * gap_ns;
        for (int64_t at_ns = first_ns; at_ns < (minute + 1) * MINUTE_NS; at_ns += gap_ns) {
            assert_true(surge_pass(&rig.surge, at_ns));
        }
    }
    assert_true(per_s > 2000);
    arena_done(&rig.arena);
}

/* What was seen counts even if nobody comes until long after; the limit does not fall. */
static void test_after_a_pause(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 10);
    rig_offer(&rig, 50, 0, 1);
    assert_true(rig.surge.limit_per_s == 10);
    surge_pass(&rig.surge, 500 * MINUTE_NS);
    assert_true(fabs(rig.surge.limit_per_s - 100) < 1e-9);
    rig_offer(&rig, 200, 5000, 5001);
    surge_pass(&rig.surge, 5001 * MINUTE_NS); /* too early for that */
    assert_true(fabs(rig.surge.limit_per_s - 100) < 1e-9);
    surge_pass(&rig.surge, 5005 * MINUTE_NS);
    assert_true(fabs(rig.surge.limit_per_s - 400) < 1e-9);
    arena_done(&rig.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twice_in_five_minutes),
        cmocka_unit_test(test_slow_growth_passes),
        cmocka_unit_test(test_after_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
