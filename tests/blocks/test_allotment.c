/* Known independently: what is taken is what was given less what came back, never more than there
 * is; the example of the header. */
#include "sim/blocks/allotment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/kernel/random.h"

static void test_worked(void **state)
{
    (void)state;
    struct allotment a = {.places_most = 3, .units_most = 10};
    allotment_take(&a, 6, 0);
    assert_false(allotment_fits(&a, 6));
    assert_true(allotment_fits(&a, 2));
    allotment_take(&a, 2, 1);
    allotment_give(&a, 6, 2);
    assert_true(allotment_fits(&a, 6));
    assert_int_equal(a.places.value, 1);
    assert_int_equal(a.units.value, 2);
}

static void places_limit_those_that_want_nothing_else(void **state)
{
    (void)state;
    struct allotment a = {.places_most = 2, .units_most = ALLOTMENT_UNLIMITED};
    allotment_take(&a, 0, 0);
    allotment_take(&a, INT64_MAX / 2, 0);
    assert_false(allotment_fits(&a, 0));
    allotment_give(&a, 0, 5);
    assert_true(allotment_fits(&a, INT64_MAX / 2));
}

static void never_more_than_there_is(void **state)
{
    (void)state;
    struct allotment a = {.places_most = 7, .units_most = 20};
    struct random random;
    random_seed(&random, 3, 0, "test", "allotment");
    int64_t held[7] = {0}, count = 0, sum = 0;
    for (int64_t i = 0; i < 100000; i++) {
        const int64_t units = (int64_t)random_below(&random, 9);
        if (allotment_fits(&a, units)) {
            allotment_take(&a, units, i);
            held[count++] = units;
            sum += units;
        } else {
            assert_true(count == 7 || sum + units > 20);
            allotment_give(&a, held[--count], i);
            sum -= held[count];
        }
        assert_true(count <= 7 && sum <= 20);
        assert_int_equal(a.places.value, count);
        assert_int_equal(a.units.value, sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(places_limit_those_that_want_nothing_else),
        cmocka_unit_test(never_more_than_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
