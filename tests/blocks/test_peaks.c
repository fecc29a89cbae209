/* Known independently: the limit of an on-demand table by re:Post: what was seen counts half an
 * hour later. Against a search through all datapoints so far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/blocks/peaks.h"
#include "sim/kernel/random.h"

enum { MINUTE = 60, HALF_HOUR = 30 * MINUTE, POINTS = 5000 };

static void test_worked_example(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct peaks peaks;
    peaks_init(&peaks, &arena, HALF_HOUR, MINUTE, 50);
    assert_true(peaks_see(&peaks, 1 * MINUTE, 80));
    assert_false(peaks_see(&peaks, 2 * MINUTE, 70));
    assert_true(peaks_see(&peaks, 5 * MINUTE, 90));
    assert_true(peaks_counted(&peaks, 31 * MINUTE - 1) == 50);
    assert_true(peaks_counted(&peaks, 31 * MINUTE) == 80);
    assert_true(peaks_counted(&peaks, 35 * MINUTE - 1) == 80);
    assert_true(peaks_counted(&peaks, 35 * MINUTE) == 90);
    arena_done(&arena);
}

/* Each datapoint is a little higher, for hours: the ring is always full. */
static void test_against_a_search(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct random random;
    random_seed(&random, 7, 0, "test", "peaks");
    struct peaks peaks;
    static double seen[POINTS];
    peaks_init(&peaks, &arena, HALF_HOUR, MINUTE, 10);
    for (int i = 0; i < POINTS; i++) {
        seen[i] = i / 100.0 + 40 * random_uniform(&random) * (i % 2000 > 1000);
        peaks_see(&peaks, i * (int64_t)MINUTE, seen[i]);
        double expected = 10;
        for (int k = 0; k + HALF_HOUR / MINUTE <= i; k++) {
            expected = seen[k] > expected ? seen[k] : expected;
        }
        assert_true(peaks_counted(&peaks, i * (int64_t)MINUTE) == expected);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_against_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
