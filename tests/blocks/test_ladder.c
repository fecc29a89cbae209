/* Known independently: the rules of the ladder by hand, looked at every second; and the quorum's
 * order statistics: the k-th smallest of n exponential times of mean 1 takes, in the mean, the sum
 * of 1 / (n - i) for i below k (Renyi). */
#include "sim/blocks/ladder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/quorum.h"

#define SECOND INT64_C(1000000000)

static const int64_t rungs[] = {2, 4, 8};
static const struct ladder_rules rules = {
    .rungs = rungs,
    .rungs_count = 3,
    .up_processors = 0.7,
    .up_clients = 0.9,
    .down_processors = 0.3,
    .down_clients = 0.4,
    .period_ns = 60 * SECOND,
    .after_up_ns = 900 * SECOND,
    .after_down_ns = 310 * SECOND,
    .search_ns = 300 * SECOND,
    .move_ns = 5 * SECOND,
};

/* Looks with that use from the second after `from` on; returns the second of the news, 0: none. */
static int until(struct ladder *ladder, const struct ladder_use *use, int from, int to,
                 enum ladder_news news)
{
    for (int second = from + 1; second <= to; second++) {
        if (ladder_look(ladder, use, second * SECOND) == news) {
            return second;
        }
    }
    return 0;
}

static void climbs_by_rungs(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, &rules);
    const struct ladder_use busy = {.processors = 0.8}, full = {.clients = 0.95};
    const struct ladder_use fair = {.processors = 0.5, .clients = 0.5};
    assert_int_equal(ladder_steps(&ladder), 2);
    assert_int_equal(until(&ladder, &fair, 0, 240, LADDER_MOVED), 0);
    assert_int_equal(until(&ladder, &busy, 240, 1000, LADDER_MOVED), 305);
    assert_int_equal(ladder_steps(&ladder), 4);
    assert_int_equal(until(&ladder, &full, 305, 1000, LADDER_MOVED), 370); /* clients count too */
    assert_int_equal(ladder_steps(&ladder), 8);
    assert_int_equal(until(&ladder, &busy, 370, 1000, LADDER_MOVED), 0); /* the last rung */
}

/* A mean of the period, not a moment; and both must be low. */
static void averages_a_period(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, &rules);
    const struct ladder_use busy = {.processors = 1}, idle = {0};
    const struct ladder_use held = {.processors = 0.1, .clients = 0.5};
    assert_int_equal(until(&ladder, &busy, 0, 40, LADDER_MOVED), 0);
    assert_int_equal(until(&ladder, &idle, 40, 90, LADDER_MOVED), 0); /* 40 of 60 */
    assert_int_equal(until(&ladder, &busy, 90, 200, LADDER_MOVED), 185);
    assert_int_equal(until(&ladder, &held, 185, 5000, LADDER_MOVED), 0);
    assert_int_equal(until(&ladder, &idle, 5000, 9000, LADDER_MOVED) > 5000, 1);
}

static void rests_before_it_descends(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, &rules);
    const struct ladder_use busy = {.processors = 1}, idle = {0};
    assert_int_equal(until(&ladder, &busy, 0, 100, LADDER_MOVED), 65);
    assert_int_equal(until(&ladder, &busy, 65, 200, LADDER_MOVED), 130);
    assert_int_equal(until(&ladder, &idle, 130, 5000, LADDER_MOVED), 1035);  /* 900 s later */
    assert_int_equal(until(&ladder, &idle, 1035, 5000, LADDER_MOVED), 1400); /* 310 s later */
    assert_int_equal(ladder_steps(&ladder), 2);
}

static void searches_for_a_point(void **state)
{
    (void)state;
    struct ladder_rules forcing = rules;
    forcing.force = true;
    struct ladder ladder;
    ladder_init(&ladder, &rules);
    const struct ladder_use blocked = {.processors = 1, .blocked = true}, busy = {.processors = 1};
    assert_int_equal(until(&ladder, &blocked, 0, 1000, LADDER_GAVE_UP), 360);
    assert_int_equal(until(&ladder, &blocked, 360, 500, LADDER_MOVED), 0);
    assert_int_equal(until(&ladder, &busy, 500, 1000, LADDER_MOVED), 506); /* still searching */
    ladder_init(&ladder, &forcing);
    assert_int_equal(until(&ladder, &blocked, 0, 1000, LADDER_FORCED), 360);
    assert_int_equal(until(&ladder, &blocked, 360, 1000, LADDER_MOVED), 365);
}

static void a_quorum_is_the_kth(void **state)
{
    (void)state;
    const struct distribution time = distribution_exponential(1e6);
    struct random random;
    random_seed(&random, 7, 0, "test", "quorum");
    const struct {
        uint32_t copies, needed;
    } cases[] = {{6, 4}, {4, 4}, {6, 1}, {1, 1}};
    for (int i = 0; i < 4; i++) {
        double mean = 0, sum = 0, square = 0;
        for (uint32_t k = 0; k < cases[i].needed; k++) {
            mean += 1.0 / (cases[i].copies - k);
        }
        const int draws = 40000;
        for (int k = 0; k < draws; k++) {
            const double x =
                (double)quorum_draw_ns(&time, &random, cases[i].copies, cases[i].needed) / 1e6;
            sum += x;
            square += x * x;
        }
        const double got = sum / draws, sd = sqrt((square / draws - got * got) / draws);
        assert_true(fabs(got - mean) < 3.3 * sd);
        assert_true(sd < 0.01);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(climbs_by_rungs),          cmocka_unit_test(averages_a_period),
        cmocka_unit_test(rests_before_it_descends), cmocka_unit_test(searches_for_a_point),
        cmocka_unit_test(a_quorum_is_the_kth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
