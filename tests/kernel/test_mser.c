/* Known independently: cuts by hand; the statistic by its definition, for every candidate; and an
 * autoregressive process whose mean is 0 and whose start is far from it. */
#include "sim/kernel/mser.h"

#include <stdbool.h>

#include "sim/kernel/random.h"
#include "tests/kernel/sample.h"

static void test_by_hand(void **state)
{
    (void)state;
    double points[100];
    for (int i = 0; i < 100; i++)
        points[i] = i < 5 ? 9 : 1;
    struct mser m = mser_cut(points, 100);
    assert_true(m.cut == 5 && !m.unclear);
    points[5] = 9; /* the second batch is touched: it goes as a whole */
    m = mser_cut(points, 100);
    assert_true(m.cut == 10 && !m.unclear);
    for (int i = 0; i < 100; i++)
        points[i] = 0.1;
    m = mser_cut(points, 100);
    assert_true(m.cut == 0 && !m.unclear);
    for (int i = 0; i < 100; i++)
        points[i] = i < 60 ? 5 : 1 + 0.01 * (i % 3);
    m = mser_cut(points, 100);
    assert_true(m.cut == 60 && m.unclear);
    assert_true(mser_cut(points, 49).unclear);
    assert_true(mser_cut(points, 0).unclear);
    assert_false(mser_cut(points, 50).unclear);
}

/* sum((z - mean)^2) / left^2 over the batches from `cut` on. */
static double test_statistic(const double *points, size_t batches, size_t cut)
{
    double mean = 0, squares = 0;
    for (size_t i = cut * 5; i < batches * 5; i++)
        mean += points[i] / (double)((batches - cut) * 5);
    for (size_t i = cut; i < batches; i++) {
        double z = 0;
        for (size_t j = 0; j < 5; j++)
            z += points[5 * i + j] / 5;
        squares += (z - mean) * (z - mean);
    }
    return squares / (double)((batches - cut) * (batches - cut));
}

static void test_against_definition(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 61, 0, "mser", "test");
    enum { COUNT = 333, BATCHES = COUNT / 5 };
    for (int round = 0; round < 50; round++) {
        double points[COUNT], level = 10.0 * (round % 5);
        for (int i = 0; i < COUNT; i++)
            points[i] = level = 0.9 * level + random_normal(&random);
        size_t best = 0;
        for (size_t cut = 1; cut + 5 < BATCHES; cut++)
            if (test_statistic(points, BATCHES, cut) < test_statistic(points, BATCHES, best))
                best = cut;
        const struct mser m = mser_cut(points, COUNT);
        assert_int_equal(m.cut, 5 * best);
        assert_int_equal(m.unclear, 2 * best > BATCHES);
    }
}

/* x' = 0.95 x + normal from x = 60: the bias of the mean of 2000 is 60 / 0.05 / 2000 = 0.6; after
 * the cut it is within chance (sd of one mean: 1 / 0.05 / sqrt(2000) = 0.45; of 400: 0.022). */
static void test_removes_initial_bias(void **state)
{
    (void)state;
    enum { COUNT = 2000, ROUNDS = 400 };
    double whole = 0, left = 0, cuts = 0;
    int unclear = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct random random;
        random_seed(&random, 62, round, "mser", "test");
        double points[COUNT], level = 60;
        for (int i = 0; i < COUNT; i++)
            points[i] = level = 0.95 * level + random_normal(&random);
        const struct mser m = mser_cut(points, COUNT);
        unclear += m.unclear;
        cuts += (double)m.cut / ROUNDS;
        for (size_t i = 0; i < COUNT; i++) {
            whole += points[i] / COUNT / ROUNDS;
            if (i >= m.cut)
                left += points[i] / (double)(COUNT - m.cut) / ROUNDS;
        }
    }
    sample_check_near(whole, 0.6 * 0.95, 0.0225, "uncut mean");
    assert_true(fabs(left) < 0.1);
    assert_true(cuts > 40 && cuts < 200); /* 60 falls below the noise's sd of 3.2 after 57 */
    assert_true(unclear < ROUNDS / 20);
}

/* A series that never settles: growing without end. */
static void test_growth_is_unclear(void **state)
{
    (void)state;
    double points[1000];
    for (int i = 0; i < 1000; i++)
        points[i] = i;
    assert_true(mser_cut(points, 1000).unclear);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_against_definition),
        cmocka_unit_test(test_removes_initial_bias),
        cmocka_unit_test(test_growth_is_unclear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
