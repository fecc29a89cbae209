/* Known independently: the reference outputs of xoshiro256++ (rand_xoshiro's test vector for the
 * state 1, 2, 3, 4); the equations of a ziggurat (layers of equal area under the density); the
 * exponential and the normal distribution functions. */
#include "sim/kernel/random.h"

#include <stdio.h>
#include <string.h>

#include "tests/kernel/sample.h"

static void test_xoshiro_reference(void **state)
{
    (void)state;
    static const uint64_t expected[] = {41943041,
                                        58720359,
                                        3588806011781223,
                                        3591011842654386,
                                        9228616714210784205u,
                                        9973669472204895162u,
                                        14011001112246962877u,
                                        12406186145184390807u};
    struct random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_true(random_next(&random) == expected[i]);
}

static int test_seed_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(uint64_t));
}

/* Every argument counts, and where one text ends counts too. */
static void test_seed_names_streams(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        uint32_t replication;
        const char *name, *purpose;
    } streams[] = {
        {1, 0, "db", "work"}, {2, 0, "db", "work"}, {1, 1, "db", "work"}, {1, 0, "dc", "work"},
        {1, 0, "db", "wait"}, {1, 0, "d", "bwork"}, {1, 0, "dbw", "ork"}, {1, 0, "", "dbwork"},
        {0, 0, "", ""},       {0, 1, "", ""},       {1, 0, "", ""},       {1, 0, "dbwork", ""},
    };
    enum { COUNT = sizeof(streams) / sizeof(streams[0]) };
    struct random random[COUNT], again;
    for (size_t i = 0; i < COUNT; i++) {
        random_seed(&random[i], streams[i].seed, streams[i].replication, streams[i].name,
                    streams[i].purpose);
        random_seed(&again, streams[i].seed, streams[i].replication, streams[i].name,
                    streams[i].purpose);
        assert_memory_equal(&random[i], &again, sizeof(again));
        for (size_t j = 0; j < i; j++)
            for (size_t word = 0; word < 4; word++)
                assert_true(random[i].state[word] != random[j].state[word]);
    }
}

/* First draws of neighbouring streams: all different, and uniform together. */
static void test_seed_scatters(void **state)
{
    (void)state;
    const int count = sample_size(200000);
    uint64_t *first = test_malloc((size_t)count * sizeof(uint64_t));
    struct sample *sample = test_calloc(1, sizeof(struct sample));
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "app.%d", i / 4);
        struct random random;
        random_seed(&random, 1, (uint32_t)i % 4, name, "work");
        first[i] = random_next(&random);
        sample_add(sample, (double)(first[i] >> 11) * 0x1p-53);
    }
    sample_check_uniform(sample, "first draws");
    qsort(first, (size_t)count, sizeof(uint64_t), test_seed_compare);
    for (int i = 1; i < count; i++)
        assert_true(first[i] != first[i - 1]);
    test_free(sample);
    test_free(first);
}

/* Pairs (u, v) put in a 256 x 256 grid, cell by cell. */
static void test_pairs_add(struct sample *sample, double u, double v)
{
    sample_add(sample, (floor(u * 256) + v) / 256);
}

static void test_streams_are_independent(void **state)
{
    (void)state;
    struct sample *across = test_calloc(1, sizeof(struct sample));
    struct sample *along = test_calloc(1, sizeof(struct sample));
    struct random a, b;
    random_seed(&a, 1, 0, "app.1", "work");
    random_seed(&b, 1, 0, "app.2", "work");
    double last = random_uniform(&a);
    for (int i = 0; i < sample_size(2000000); i++) {
        const double u = random_uniform(&a);
        test_pairs_add(across, u, random_uniform(&b));
        test_pairs_add(along, last, u);
        last = u;
    }
    sample_check_uniform(across, "two streams");
    sample_check_uniform(along, "one stream");
    test_free(across);
    test_free(along);
}

static void test_uniform_is_open(void **state)
{
    (void)state;
    /* The result of a state s is rotl(s0 + s3, 23) + s0: all zeros and all ones. */
    struct random low = {{0, 1, 2, 0}};
    struct random high = {{0, 1, 2, UINT64_MAX}};
    assert_true(random_uniform(&low) == 0x1p-53);
    assert_true(random_uniform(&high) == 1 - 0x1p-53);
}

static void test_below(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 3, 0, "below", "test");
    enum { SIDES = 7 };
    double counts[SIDES] = {0};
    const int draws = sample_size(1000000);
    for (int i = 0; i < draws; i++) {
        const uint32_t side = random_below(&random, SIDES);
        assert_true(side < SIDES);
        counts[side]++;
    }
    for (int i = 0; i < SIDES; i++)
        sample_check_near(counts[i], draws / 7.0, sqrt(draws * 6.0 / 49), "a side of seven");
    assert_int_equal(random_below(&random, 1), 0);
}

static double test_exponential_density(double x)
{
    return exp(-x);
}

static double test_normal_density(double x)
{
    return exp(-0.5 * x * x);
}

static void test_ziggurat(const double *edges, double (*density)(double), double tail)
{
    const double scale = 0x1p53;
    const double start = edges[1] * scale;
    const double area = start * density(start) + tail;
    assert_true(edges[RANDOM_LAYERS] == 0);
    sample_check_close(edges[0] * scale * density(start), area, 1e-14, "base strip");
    for (size_t i = 1; i < RANDOM_LAYERS; i++) {
        const double x = edges[i] * scale;
        const double next = edges[i + 1] * scale;
        assert_true(next < x);
        sample_check_close(x * (density(next) - density(x)), area, 1e-11, "layer");
    }
}

static void test_ziggurats_have_equal_areas(void **state)
{
    (void)state;
    const double exponential = random_exponential_edges[1] * 0x1p53;
    const double normal = random_normal_edges[1] * 0x1p53;
    test_ziggurat(random_exponential_edges, test_exponential_density, exp(-exponential));
    test_ziggurat(random_normal_edges, test_normal_density,
                  sqrt(M_PI / 2) * erfc(normal * M_SQRT1_2));
}

/* A point of each layer beyond its sure part is kept exactly when it lies under the curve: the
 * height is the next uniform number, and the state 0, ., ., s gives rotl(s, 23). */
static void test_wedge(const double *edges, double (*density)(double),
                       double (*rest)(struct random *, uint64_t))
{
    for (uint64_t layer = 1; layer < RANDOM_LAYERS; layer++) {
        const double low = density(edges[layer] * 0x1p53);
        const double high = density(edges[layer + 1] * 0x1p53);
        for (double part = 0.05; part < 1; part += 0.1) {
            const double inner = edges[layer + 1] / edges[layer];
            const double share = inner + part * (1 - inner); /* of the layer's width */
            const double x = share * edges[layer] * 0x1p53;
            const double height = (density(x) - low) / (high - low);
            const uint64_t bits =
                ((uint64_t)(share * 0x1p53) << (rest == random_normal_rest ? 10 : 11)) | layer;
            for (int side = -1; side <= 1; side += 2) {
                const double u = height + side * 1e-9;
                if (u <= 0 || u >= 1)
                    continue;
                const uint64_t next = (uint64_t)(u * 0x1p52) << 12;
                struct random random = {{0, 1, 2, next >> 23 | next << 41}};
                const double kept = rest(&random, bits);
                assert_int_equal(fabs(kept - x) < 1e-12, side < 0);
            }
        }
    }
}

static void test_wedges_follow_the_curve(void **state)
{
    (void)state;
    test_wedge(random_exponential_edges, test_exponential_density, random_exponential_rest);
    test_wedge(random_normal_edges, test_normal_density, random_normal_rest);
}

/* Layer 0 beyond its edge is the tail alone. */
static void test_tails(void **state)
{
    (void)state;
    struct sample *exponential = test_calloc(1, sizeof(struct sample));
    struct sample *normal = test_calloc(1, sizeof(struct sample));
    struct random random;
    random_seed(&random, 4, 0, "tails", "test");
    const double start = random_exponential_edges[1] * 0x1p53;
    const double edge = random_normal_edges[1] * 0x1p53;
    for (int i = 0; i < sample_size(1000000); i++) {
        const double x = random_exponential_rest(&random, (uint64_t)INT64_MAX << 8);
        sample_add(exponential, exp(start - x));
        /* the most negative and the most positive value */
        const uint64_t bits = i % 2 == 0 ? (uint64_t)INT64_MIN : (uint64_t)INT64_MAX - 255;
        const double y = random_normal_rest(&random, bits);
        assert_true(i % 2 == 0 ? y < 0 : y > 0);
        sample_add(normal, gsl_cdf_ugaussian_Q(fabs(y)) / gsl_cdf_ugaussian_Q(edge));
    }
    sample_check_uniform(exponential, "exponential, tail");
    sample_check_uniform(normal, "normal, tail");
    test_free(exponential);
    test_free(normal);
}

/* All of it, its serial pairs, and how much of it is tail. */
static void test_exponential(void **state)
{
    (void)state;
    struct sample *all = test_calloc(1, sizeof(struct sample));
    struct sample *pairs = test_calloc(1, sizeof(struct sample));
    struct random random;
    random_seed(&random, 5, 0, "exponential", "test");
    const int draws = sample_size(8000000);
    const double start = random_exponential_edges[1] * 0x1p53;
    double last = 0.5, sum = 0, squares = 0, tail = 0;
    for (int i = 0; i < draws; i++) {
        const double x = random_exponential(&random);
        const double u = -expm1(-x);
        sum += x;
        squares += (x - 1) * (x - 1);
        sample_add(all, u);
        test_pairs_add(pairs, last, u);
        tail += x > start;
        last = u;
    }
    sample_check_uniform(all, "exponential");
    sample_check_uniform(pairs, "exponential, pairs");
    sample_check_near(tail, draws * exp(-start), sqrt(draws * exp(-start)), "tail count");
    sample_check_near(sum / draws, 1, sqrt(1.0 / draws), "mean");
    sample_check_near(squares / draws, 1, sqrt(8.0 / draws), "variance");
    test_free(all);
    test_free(pairs);
}

static void test_normal(void **state)
{
    (void)state;
    struct sample *all = test_calloc(1, sizeof(struct sample));
    struct sample *pairs = test_calloc(1, sizeof(struct sample));
    struct random random;
    random_seed(&random, 6, 0, "normal", "test");
    const int draws = sample_size(8000000);
    const double start = random_normal_edges[1] * 0x1p53;
    const double beyond = gsl_cdf_ugaussian_Q(start);
    double last = 0.5, sum = 0, squares = 0, tail = 0;
    for (int i = 0; i < draws; i++) {
        const double x = random_normal(&random);
        const double u = 0.5 * erfc(-x * M_SQRT1_2);
        sum += x;
        squares += x * x;
        sample_add(all, u);
        test_pairs_add(pairs, last, u);
        tail += fabs(x) > start;
        last = u;
    }
    sample_check_uniform(all, "normal");
    sample_check_uniform(pairs, "normal, pairs");
    sample_check_near(tail, draws * 2 * beyond, sqrt(draws * 2 * beyond), "tail count");
    sample_check_near(sum / draws, 0, sqrt(1.0 / draws), "mean");
    sample_check_near(squares / draws, 1, sqrt(2.0 / draws), "variance");
    test_free(all);
    test_free(pairs);
}

/* The last bits of a value are as random as the first: none of them is tied to the layer. */
static void test_low_bits(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 7, 0, "bits", "test");
    const int draws = sample_size(4000000);
    double odd = 0, counted = 0;
    for (int i = 0; i < draws; i++) {
        const double x = random_exponential(&random);
        if (x < 0.5 || x >= 1)
            continue; /* one binade: a grid of 2^-53 */
        counted++;
        odd += (double)((uint64_t)(x * 0x1p50) & 1);
    }
    sample_check_near(odd / counted, 0.5, sqrt(0.25 / counted), "bit 50");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xoshiro_reference),
        cmocka_unit_test(test_seed_names_streams),
        cmocka_unit_test(test_seed_scatters),
        cmocka_unit_test(test_streams_are_independent),
        cmocka_unit_test(test_uniform_is_open),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_ziggurats_have_equal_areas),
        cmocka_unit_test(test_wedges_follow_the_curve),
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_low_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
