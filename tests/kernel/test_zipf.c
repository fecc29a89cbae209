/* Known independently: P(k) = k^-s / (1^-s + ... + n^-s), summed here term by term; chi-square. */
#include "sim/kernel/zipf.h"

#include <stdio.h>

#include "tests/kernel/sample.h"

enum { CELLS_MAX = 256, SINGLES = 24 };

struct cells {
    uint32_t first[CELLS_MAX + 1]; /* ranks from 0; one more that ends the last */
    double expected[CELLS_MAX], seen[CELLS_MAX];
    uint32_t count;
};

/* The most popular objects each for itself, then stretches that grow by an eighth. */
static void cells_make(struct cells *cells, uint32_t n, double s)
{
    double total = 0;
    *cells = (struct cells){0};
    for (uint32_t first = 0, width = 1; first < n; first += width) {
        width = first < SINGLES ? 1 : 1 + first / 8;
        width = width < n - first ? width : n - first;
        cells->first[cells->count] = first;
        for (uint32_t k = first; k < first + width; k++) {
            cells->expected[cells->count] += pow(k + 1, -s);
        }
        total += cells->expected[cells->count++];
    }
    cells->first[cells->count] = n;
    for (uint32_t i = 0; i < cells->count; i++) {
        cells->expected[i] /= total;
    }
}

static void cells_add(struct cells *cells, uint32_t k)
{
    uint32_t low = 0, high = cells->count;
    assert_true(k < cells->first[high]);
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        *(cells->first[middle] <= k ? &low : &high) = middle;
    }
    cells->seen[low]++;
}

/* Cells of fewer than 20 expected draws are put together with those behind them. */
static void cells_check(const struct cells *cells, int draws, const char *name)
{
    double chi = 0, expected = 0, seen = 0;
    int classes = 0;
    for (uint32_t i = 0; i < cells->count; i++) {
        expected += cells->expected[i] * draws;
        seen += cells->seen[i];
        if (expected >= 20) {
            chi += (seen - expected) * (seen - expected) / expected;
            classes++;
            expected = seen = 0;
        }
    }
    if (classes > 1 && chi > gsl_cdf_chisq_Qinv(SAMPLE_ALPHA, classes - 1)) {
        fail_msg("%s: chi-square %g of %d classes", name, chi, classes);
    }
}

static void zipf_check(uint32_t n, double s, int draws)
{
    struct zipf zipf;
    struct random random;
    static struct cells cells;
    char name[64];
    snprintf(name, sizeof(name), "zipf(n=%u s=%g)", n, s);
    zipf_init(&zipf, n, s);
    random_seed(&random, 1, n, name, "test");
    cells_make(&cells, n, s);
    for (int i = 0; i < draws; i++) {
        cells_add(&cells, zipf_draw(&zipf, &random));
    }
    cells_check(&cells, draws, name);
}

static void test_small(void **state)
{
    (void)state;
    const double exponents[] = {0, 0.2, 0.8, 1, 1 + 1e-9, 1.2, 2, 3.5, 20};
    for (size_t i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
        zipf_check(1, exponents[i], 100);
        zipf_check(2, exponents[i], sample_size(200000));
        zipf_check(10, exponents[i], sample_size(200000));
        zipf_check(1000, exponents[i], sample_size(400000));
    }
}

static void test_large(void **state)
{
    (void)state;
    zipf_check(10000000, 0.8, sample_size(1000000));
    zipf_check(10000000, 1, sample_size(1000000));
    zipf_check(1000000, 1.1, sample_size(1000000));
    zipf_check(1000000, 0, sample_size(1000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
