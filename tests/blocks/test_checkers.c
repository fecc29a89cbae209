/* Many checkers of one endpoint, by the rules of the Route 53 developer guide ("How Amazon Route 53
 * determines whether a health check is healthy"): so many checks in a row turn a checker, more than
 * 18 % of them keep the endpoint healthy. The instant at which it goes down is known: of n phases,
 * uniform in the interval, the k-th has mean k / (n + 1). */
#include "sim/blocks/checkers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND_NS INT64_C(1000000000)

enum { RUNS = 2000 };

struct rig {
    struct core core;
    struct arena arena;
    struct checkers checkers;
    int64_t ill_ns, well_ns;
};

static void rig_open(struct rig *rig, uint32_t run, uint32_t count, uint32_t threshold)
{
    struct random phases;
    memset(rig, 0, sizeof(*rig));
    core_init(&rig->core, 1);
    arena_init(&rig->arena);
    random_seed(&phases, 1, run, "checkers", "test");
    checkers_init(&rig->checkers, &rig->core, &rig->arena,
                  &(struct checkers_rules){
                      .count = count,
                      .threshold = threshold,
                      .interval_ns = 30 * SECOND_NS,
                      .timeout_ns = 4 * SECOND_NS,
                      .healthy_ratio = 0.18,
                      .first_slot = 7,
                  },
                  &phases);
    rig->ill_ns = 60 * SECOND_NS;
    rig->well_ns = 600 * SECOND_NS;
}

static void rig_close(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

/* The next change, or 0 s when it is 1000 s. */
static double rig_run(struct rig *rig, enum checkers_change *change)
{
    struct event event;
    while (events_next(&rig->core.events, &event)) {
        const int64_t now_ns = core_now(&rig->core);
        const bool ill = now_ns >= rig->ill_ns && now_ns < rig->well_ns;
        if (now_ns > 1000 * SECOND_NS) {
            return 0;
        }
        *change = checkers_due(&rig->checkers, event.slot, !ill);
        if (*change != CHECKERS_SAME) {
            return (double)now_ns / 1e9;
        }
    }
    return 0;
}

/* One checker: the third check after it fell ill, and its 4 s; and well with the third passed. */
static void one_checker(void **state)
{
    (void)state;
    double down_s = 0, up_s = 0;
    for (uint32_t run = 0; run < RUNS; run++) {
        struct rig rig;
        enum checkers_change change = CHECKERS_SAME;
        rig_open(&rig, run, 1, 3);
        const double down = rig_run(&rig, &change);
        assert_int_equal(change, CHECKERS_WENT_DOWN);
        assert_false(rig.checkers.up);
        assert_true(down >= 60 + 60 + 4 && down <= 60 + 90 + 4);
        const double up = rig_run(&rig, &change);
        assert_int_equal(change, CHECKERS_CAME_UP);
        assert_true(rig.checkers.up);
        assert_true(up >= 600 + 60 && up <= 600 + 90);
        assert_true(fabs(up - down - (600 - 60 - 4)) < 1e-6); /* the same phase */
        down_s += down / RUNS;
        up_s += up / RUNS;
        rig_close(&rig);
    }
    const double sd_s = 30 / sqrt(12.0 * RUNS);
    assert_true(fabs(down_s - (60 + 75 + 4)) < 5 * sd_s);
    assert_true(fabs(up_s - (600 + 75)) < 5 * sd_s);
}

/* Of 16, 3 are more than 18 % (2.88): down with the 14th that turns, up with the third. */
static void more_than_18_percent(void **state)
{
    (void)state;
    double down_s = 0, up_s = 0;
    for (uint32_t run = 0; run < RUNS; run++) {
        struct rig rig;
        enum checkers_change change = CHECKERS_SAME;
        rig_open(&rig, run, 16, 3);
        down_s += rig_run(&rig, &change) / RUNS;
        assert_int_equal(change, CHECKERS_WENT_DOWN);
        assert_int_equal(rig.checkers.healthy.value, 2);
        up_s += rig_run(&rig, &change) / RUNS;
        assert_int_equal(change, CHECKERS_CAME_UP);
        assert_int_equal(rig.checkers.healthy.value, 3);
        rig_close(&rig);
    }
    const double sd_s = 30 * sqrt(14 * 3 / (17.0 * 17 * 18) / RUNS);
    assert_true(fabs(down_s - (60 + 60 + 4 + 30 * 14 / 17.0)) < 5 * sd_s);
    assert_true(fabs(up_s - (600 + 60 + 30 * 3 / 17.0)) < 5 * sd_s);
}

/* "consecutive": an illness of 59 s meets two checks at most, which are forgotten. */
static void two_of_three_change_nothing(void **state)
{
    (void)state;
    for (uint32_t run = 0; run < RUNS / 10; run++) {
        struct rig rig;
        enum checkers_change change = CHECKERS_SAME;
        rig_open(&rig, run, 16, 3);
        rig.well_ns = 119 * SECOND_NS;
        assert_true(rig_run(&rig, &change) == 0);
        assert_int_equal(rig.checkers.healthy.value, 16);
        rig_close(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_checker),
        cmocka_unit_test(more_than_18_percent),
        cmocka_unit_test(two_of_three_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
