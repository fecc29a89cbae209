/* cohorts: Known: an object untouched for k whole days is in the tier of k, at most a day later;
 * objects and bytes that came in are in a tier or were removed, whatever happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/cohorts.h"

static const uint32_t days[] = {30, 90, COHORTS_NEVER, COHORTS_NEVER};

static void untouched_objects_move_once_they_are_old_enough(void **state)
{
    (void)state;
    struct cohorts c;
    cohorts_init(&c, days);
    cohorts_add(&c, 0, 10, 1005);
    for (int day = 1; day <= 200; day++) {
        const uint64_t moved = cohorts_day(&c);
        assert_int_equal(moved, day == 31 || day == 91 ? 10 : 0);
        assert_int_equal(c.tiers[day < 31 ? 0 : day < 91 ? 1 : 2].bytes, 1005);
    }
}

static void objects_of_an_age_begin_in_its_tier(void **state)
{
    (void)state;
    static const struct {
        uint32_t days, tier;
    } cases[] = {{0, 0}, {29, 0}, {30, 1}, {89, 1}, {90, 2}, {4000, 2}};
    for (int i = 0; i < 6; i++) {
        struct cohorts c;
        cohorts_init(&c, days);
        cohorts_add(&c, cases[i].days, 7, 70);
        assert_int_equal(c.tiers[cases[i].tier].objects, 7);
    }
}

static void touched_object_is_the_youngest(void **state)
{
    (void)state;
    struct cohorts c;
    cohorts_init(&c, days);
    cohorts_add(&c, 100, 3, 10);
    assert_int_equal(cohorts_touch(&c, 101), 3); /* of 10 bytes a third, whole bytes */
    assert_int_equal(c.tiers[0].bytes, 3);
    assert_int_equal(c.tiers[2].bytes, 7);
    assert_int_equal(c.tiers[2].objects, 2);
}

static void nothing_is_lost(void **state)
{
    (void)state;
    struct cohorts c;
    struct random random;
    random_seed(&random, 5, 0, "test", "cohorts");
    cohorts_init(&c, days);
    uint64_t removed = 0;
    uint64_t in = 0;
    for (int i = 0; i < 200000; i++) {
        const double u = random_uniform(&random);
        if (u < 0.5) {
            const uint64_t bytes = random_below(&random, 1000000);
            cohorts_add(&c, random_below(&random, 200), 1, bytes);
            in += bytes;
        } else if (cohorts_objects(&c) > 0) {
            const uint32_t age = cohorts_draw(&c, &random);
            assert_true(c.ages[age].objects > 0);
            if (u < 0.8) {
                cohorts_touch(&c, age);
            } else {
                removed += cohorts_remove(&c, age);
            }
        }
        if (i % 1000 == 0) {
            cohorts_day(&c);
        }
        uint64_t there = 0;
        for (int tier = 0; tier < COHORTS_TIERS; tier++) {
            there += c.tiers[tier].bytes;
        }
        assert_int_equal(there + removed, in);
    }
    uint64_t by_age = 0;
    for (uint32_t age = 0; age < COHORTS_AGES; age++) {
        by_age += c.ages[age].bytes;
    }
    assert_int_equal(by_age + removed, in);
}

/* Many at once: of every age its share, to the object; or the youngest first. */
static void many_are_taken_evenly(void **state)
{
    (void)state;
    struct cohorts c;
    cohorts_init(&c, days);
    cohorts_add(&c, 10, 600, 6000);
    cohorts_add(&c, 40, 300, 3000);
    cohorts_add(&c, 100, 100, 1000);
    assert_int_equal(cohorts_remove_many(&c, 100), 1000);
    assert_int_equal(c.tiers[0].objects, 540);
    assert_int_equal(c.tiers[1].objects, 270);
    assert_int_equal(c.tiers[2].objects, 90);
    assert_int_equal(cohorts_touch_many(&c, 90, COHORTS_TIERS, false), 900);
    assert_int_equal(c.tiers[0].objects, 540 + 27 + 9);
    assert_int_equal(cohorts_touch_many(&c, 600, COHORTS_TIERS, true), 6000);
    assert_int_equal(c.tiers[1].objects, 243 - (600 - 576));
    const struct cohort gone = cohorts_expire(&c, 31);
    assert_int_equal(gone.objects, 219 + 81);
    assert_int_equal(gone.bytes, 3000);
    assert_int_equal(cohorts_objects(&c), 600);
}

/* Tiers that there are not are left out, of two that begin on a day the colder one counts. */
static void tiers_may_be_left_out(void **state)
{
    (void)state;
    static const uint32_t some[][COHORTS_TIERS - 1] = {{30, 90, 90, 180},
                                                       {30, 90, COHORTS_NEVER, 180}};
    static const uint32_t tiers[2][3] = {{1, 3, 4}, {1, 2, 4}};
    for (int i = 0; i < 2; i++) {
        struct cohorts c;
        cohorts_init(&c, some[i]);
        cohorts_add(&c, 0, 10, 100);
        for (int day = 1; day <= 200; day++) {
            assert_int_equal(cohorts_day(&c), day == 31 || day == 91 || day == 181 ? 10 : 0);
            const uint32_t tier = day < 31 ? 0 : tiers[i][day < 91 ? 0 : day < 181 ? 1 : 2];
            assert_int_equal(c.tiers[tier].objects, 10);
        }
        cohorts_add(&c, 0, 5, 50);
        assert_int_equal(cohorts_colder(&c, 3), 10);
        assert_int_equal(cohorts_touch_many(&c, 5, 3, false), 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untouched_objects_move_once_they_are_old_enough),
        cmocka_unit_test(objects_of_an_age_begin_in_its_tier),
        cmocka_unit_test(touched_object_is_the_youngest),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(many_are_taken_evenly),
        cmocka_unit_test(tiers_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
