/* Known independently: the exact order statistics of the same values, sorted: the quantile of p is
 * the value of rank ceil(p n). The histogram must come within 0.2 % of it, whatever the shape. */
#include "sim/kernel/histogram.h"

#include <stdbool.h>
#include <string.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/summary.h"
#include "tests/kernel/sample.h"

static int test_compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool test_same(const struct histogram *a, const struct histogram *b)
{
    struct histogram_bucket x = {0}, y = {0};
    for (;;) {
        const bool more = histogram_next(a, &x);
        if (more != histogram_next(b, &y))
            return false;
        if (!more)
            return true;
        if (x.index != y.index || x.count != y.count)
            return false;
    }
}

static void test_each_value_has_its_bucket(void **state)
{
    (void)state;
    static const int64_t values[] = {0,
                                     1,
                                     511,
                                     512,
                                     1023,
                                     1024,
                                     1025,
                                     1026,
                                     2047,
                                     2048,
                                     999999,
                                     1000000,
                                     1000447,
                                     1000448,
                                     (int64_t)1 << 40,
                                     ((int64_t)1 << 40) - 1,
                                     (int64_t)1 << 62,
                                     INT64_MAX - 1,
                                     INT64_MAX};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct arena arena;
        arena_init(&arena);
        struct histogram h;
        histogram_init(&h, &arena);
        histogram_add(&h, values[i]);
        struct histogram_bucket bucket = {0};
        assert_true(histogram_next(&h, &bucket));
        assert_true(bucket.low <= values[i] && values[i] - bucket.low < bucket.width);
        assert_true(bucket.width == 1 || bucket.width <= bucket.low / 512);
        assert_true(bucket.count == 1);
        assert_false(histogram_next(&h, &bucket));
        arena_done(&arena);
    }
}

/* Buckets follow one another without gap or overlap, from 0 to the largest value. */
static void test_buckets_tile(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct histogram h;
    histogram_init(&h, &arena);
    int64_t low = 0;
    for (uint32_t index = 0; index < HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS; index++) {
        histogram_add(&h, low);
        struct histogram_bucket bucket = {.index = index - 1, .width = index > 0};
        assert_true(histogram_next(&h, &bucket));
        assert_int_equal(bucket.index, index);
        assert_true(bucket.low == low);
        if (index + 1 < HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS)
            low += bucket.width;
        else
            assert_true(INT64_MAX - low == bucket.width - 1);
    }
    assert_int_equal(histogram_count(&h), HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS);
    arena_done(&arena);
}

static void test_shape(const char *name, const struct distribution *d,
                       const struct distribution *other)
{
    const int count = sample_size(300000);
    int64_t *values = test_malloc((size_t)count * sizeof(int64_t));
    struct arena arena;
    arena_init(&arena);
    struct summary s;
    summary_init(&s, &arena);
    struct random random;
    random_seed(&random, 21, 0, name, "test");
    for (int i = 0; i < count; i++) {
        values[i] = distribution_draw_int(random_uniform(&random) < 0.7 ? d : other, &random);
        summary_add(&s, values[i]);
    }
    qsort(values, (size_t)count, sizeof(int64_t), test_compare);
    static const double p[] = {0,    1e-5, 0.01, 0.1,  0.25, 0.5,   0.69,   0.7,
                               0.71, 0.75, 0.9,  0.95, 0.99, 0.999, 0.9999, 1};
    double last = 0;
    for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
        const double rank = fmax(1, ceil(p[i] * count - 1e-6));
        const double exact = (double)values[(int)rank - 1];
        const double quantile = histogram_quantile(&s.histogram, p[i]);
        if (!(fabs(quantile - exact) <= 0.002 * exact))
            fail_msg("%s: quantile %g is %.9g, exactly %.9g", name, p[i], quantile, exact);
        if (exact < 1024)
            assert_true(quantile == exact);
        const double bounded = summary_quantile(&s, p[i]);
        assert_true(fabs(bounded - exact) <= fabs(quantile - exact));
        assert_true(bounded >= last && bounded <= (double)s.tally.max);
        last = bounded;
    }
    arena_done(&arena);
    test_free(values);
}

static void test_quantiles_are_close(void **state)
{
    (void)state;
    const struct distribution tiny = distribution_uniform(0, 400);
    const struct distribution wide = distribution_uniform(0, 1e12);
    const struct distribution lognormal = distribution_lognormal(20e6, 1.5);
    const struct distribution narrow = distribution_normal(1e9, 1e4);
    const struct distribution far = distribution_lognormal(30e9, 0.1);
    const struct distribution heavy = distribution_pareto(1e6, 0.7);
    const struct distribution constant = distribution_constant(123456789);
    const struct distribution zero = distribution_constant(0);
    test_shape("tiny", &tiny, &tiny);
    test_shape("wide", &wide, &wide);
    test_shape("lognormal", &lognormal, &lognormal);
    test_shape("narrow", &narrow, &narrow);
    test_shape("heavy", &heavy, &heavy);
    test_shape("constant", &constant, &constant);
    test_shape("bimodal", &lognormal, &far);
    test_shape("two constants", &constant, &zero);
    test_shape("half zero", &zero, &lognormal);
}

static void test_constant_is_exact_in_a_summary(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct summary s;
    summary_init(&s, &arena);
    for (int i = 0; i < 1000; i++)
        summary_add(&s, 123456789);
    for (double p = 0; p <= 1; p += 0.01)
        assert_true(summary_quantile(&s, p) == 123456789);
    summary_clear(&s);
    assert_true(isnan(summary_quantile(&s, 0.5)));
    summary_add(&s, 5);
    assert_true(summary_quantile(&s, 0.5) == 5);
    arena_done(&arena);
}

/* By hand: of 1..100 the quantile of k % is k, also where k / 100 * 100 is not k in binary. */
static void test_ranks(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct histogram h;
    histogram_init(&h, &arena);
    assert_true(isnan(histogram_quantile(&h, 0.5)));
    for (int i = 1; i <= 100; i++)
        histogram_add(&h, i);
    for (int k = 1; k <= 100; k++) {
        assert_true(histogram_quantile(&h, k / 100.0) == k);
    }
    assert_true(histogram_quantile(&h, 0) == 1);
    assert_true(histogram_quantile(&h, 0.011) == 2);
    histogram_clear(&h);
    assert_int_equal(histogram_count(&h), 0);
    assert_true(isnan(histogram_quantile(&h, 0.5)));
    arena_done(&arena);
}

/* 100 values in the bucket [2^20, 2^20 + 2048): they count as spread evenly, each in the middle of
 * its hundredth. */
static void test_within_a_bucket(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct histogram h;
    histogram_init(&h, &arena);
    const int64_t low = 1 << 20;
    for (int i = 0; i < 100; i++)
        histogram_add(&h, low + 20 * i);
    for (int k = 1; k <= 100; k++) {
        const double expected = (double)low + 2047 * (k - 0.5) / 100;
        assert_true(fabs(histogram_quantile(&h, k / 100.0) - expected) < 1e-6);
    }
    arena_done(&arena);
}

/* Two halves merged are the whole; so are two halves packed and unpacked. */
static void test_merge_and_encode(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct histogram whole, first, second, merged, decoded;
    histogram_init(&whole, &arena);
    histogram_init(&first, &arena);
    histogram_init(&second, &arena);
    histogram_init(&merged, &arena);
    histogram_init(&decoded, &arena);
    struct random random;
    random_seed(&random, 22, 0, "merge", "test");
    const struct distribution low = distribution_lognormal(5e3, 2);
    const struct distribution high = distribution_lognormal(5e6, 1);
    for (int i = 0; i < 30000; i++) {
        const int64_t x = distribution_draw_int(&low, &random);
        const int64_t y = distribution_draw_int(&high, &random);
        histogram_add(&whole, x);
        histogram_add(&whole, y);
        histogram_add(&first, x);
        histogram_add(&second, y);
    }
    histogram_add(&whole, INT64_MAX);
    histogram_add(&second, INT64_MAX);
    for (int i = 0; i < 300; i++) { /* a count of two bytes */
        histogram_add(&whole, 7);
        histogram_add(&first, 7);
    }
    histogram_merge(&merged, &first);
    assert_true(test_same(&merged, &first));
    histogram_merge(&merged, &second);
    assert_true(test_same(&merged, &whole));
    assert_int_equal(histogram_count(&merged), 60301);

    const struct histogram_code one = histogram_encode(&first);
    const struct histogram_code two = histogram_encode(&second);
    assert_true(two.size_bytes < 8192);
    assert_true(histogram_decode(&decoded, one));
    assert_true(test_same(&decoded, &first));
    assert_true(histogram_decode(&decoded, two));
    assert_true(test_same(&decoded, &whole));
    free((void *)one.bytes);
    free((void *)two.bytes);

    struct histogram nothing;
    histogram_init(&nothing, &arena);
    const struct histogram_code none = histogram_encode(&nothing);
    assert_int_equal(none.size_bytes, 0);
    assert_true(histogram_decode(&nothing, none));
    assert_int_equal(histogram_count(&nothing), 0);
    free((void *)none.bytes);
    arena_done(&arena);
}

static bool test_decodes(const uint8_t *bytes, size_t size_bytes)
{
    struct arena arena;
    arena_init(&arena);
    struct histogram h;
    histogram_init(&h, &arena);
    const bool good = histogram_decode(&h, (struct histogram_code){bytes, size_bytes});
    arena_done(&arena);
    return good;
}

static void test_damage_is_found(void **state)
{
    (void)state;
    /* gap 1, count 300; gap 28158 to the last bucket, count 2^64 - 1 */
    static const uint8_t good[] = {1,    0xac, 2,    0xfe, 0xdb, 1,    0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};
    for (size_t size = 0; size <= sizeof(good); size++)
        assert_int_equal(test_decodes(good, size), size == 0 || size == 3 || size == 16);
    static const uint8_t beyond[] = {1, 1, 0xff, 0xdb, 1, 1};              /* index 28160 */
    static const uint8_t overflow[] = {1,    0xff, 0xff, 0xff, 0xff, 0xff, /* 65 bits */
                                       0xff, 0xff, 0xff, 0xff, 2};
    static const uint8_t endless[] = {1,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 1};
    static const uint8_t far[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1};
    assert_false(test_decodes(beyond, sizeof(beyond)));
    assert_false(test_decodes(overflow, sizeof(overflow)));
    assert_false(test_decodes(endless, sizeof(endless)));
    assert_false(test_decodes(far, sizeof(far)));
}

/* Any bytes are read or refused, never followed out of bounds (a sanitizer would tell). */
static void test_noise_is_harmless(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 23, 0, "noise", "test");
    for (int i = 0; i < 2000; i++) {
        uint8_t bytes[32];
        for (size_t j = 0; j < sizeof(bytes); j++)
            bytes[j] = (uint8_t)random_below(&random, 256);
        test_decodes(bytes, random_below(&random, sizeof(bytes) + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_value_has_its_bucket),
        cmocka_unit_test(test_buckets_tile),
        cmocka_unit_test(test_quantiles_are_close),
        cmocka_unit_test(test_constant_is_exact_in_a_summary),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_within_a_bucket),
        cmocka_unit_test(test_merge_and_encode),
        cmocka_unit_test(test_damage_is_found),
        cmocka_unit_test(test_noise_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
