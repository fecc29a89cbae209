/* Known independently: sums by hand, and a series of a wider step over the same gauge. */
#include "sim/kernel/series.h"

#include "sim/kernel/arena.h"
#include "sim/kernel/gauge.h"
#include "sim/kernel/random.h"
#include "tests/kernel/sample.h"

static void test_by_hand(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct series s;
    series_init(&s, &arena, 100, 10, 4);
    series_add(&s, 99, 99);
    assert_int_equal(s.count, 0);
    series_add(&s, 100, 1);
    series_add(&s, 109, 2);
    series_add(&s, 120, 5);
    assert_int_equal(s.count, 3);
    assert_true(s.sums[0] == 3 && s.sums[1] == 0 && s.sums[2] == 5);
    series_add(&s, 115, 7); /* an earlier time may still come */
    assert_true(s.sums[1] == 7 && series_level(&s, 1) == 0.7);
    series_add(&s, 130, 4); /* the last one: 2 points of 20 now */
    assert_true(s.count == 2 && s.step_ns == 20);
    assert_true(s.sums[0] == 10 && s.sums[1] == 9 && s.sums[2] == 0);
    series_add(&s, 139, 1); /* still the interval that was the last */
    assert_true(s.count == 2 && series_level(&s, 1) == 0.5);
    series_add(&s, 400, 16); /* index 15 of 20: 3 of 80, and the last once more: of 160 */
    assert_true(s.count == 2 && s.step_ns == 160);
    assert_true(s.sums[0] == 20 && s.sums[1] == 16);
    arena_done(&arena);
}

/* Samples the area of a gauge at each interval's end up to now, as the engine does. */
static void test_sample(struct series *series, int64_t *sampled_ns, double *sampled,
                        const struct gauge *gauge, int64_t now_ns)
{
    while (*sampled_ns + series->step_ns <= now_ns) {
        const int64_t begin_ns = *sampled_ns;
        *sampled_ns += series->step_ns;
        const double area = gauge_read(gauge, *sampled_ns).area;
        series_add(series, begin_ns, area - *sampled);
        *sampled = area;
    }
}

/* A series that had to fold 8 times equals one that began with the wide step: nothing is lost and
 * no interval is cut. */
static void test_folding_keeps_intervals_whole(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct random random;
    random_seed(&random, 51, 0, "series", "test");
    struct gauge g = {0};
    struct series fine, wide;
    series_init(&fine, &arena, 0, 1000, 64);
    series_init(&wide, &arena, 0, 256000, 64);
    int64_t fine_ns = 0, wide_ns = 0, now_ns = 0;
    double fine_area = 0, wide_area = 0;
    while (now_ns < 62 * 256000) {
        now_ns += random_below(&random, 20) == 0 ? 500000 : random_below(&random, 1000);
        test_sample(&fine, &fine_ns, &fine_area, &g, now_ns);
        test_sample(&wide, &wide_ns, &wide_area, &g, now_ns);
        gauge_add(&g, (int64_t)random_below(&random, 9) - 4, now_ns);
    }
    assert_true(fine.step_ns == 256000 && wide.step_ns == 256000);
    assert_true(fine.count == wide.count && wide.count >= 61);
    for (uint32_t i = 0; i < wide.count; i++)
        sample_check_close(series_level(&fine, i), series_level(&wide, i), 1e-12, "level");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_folding_keeps_intervals_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
