/* Known independently:
 * - the sums themselves, term by term;
 * - all pages alike: hit = 1 - exp(-T / N) from empty, room / N when full;
 * - the exact LRU of sim/blocks/cache.h, simulated: from empty, full, after it shrank (LRU has the
 *   inclusion property: what a smaller room holds is what LRU of that room would hold) and after it
 *   grew again;
 * - misses of one request: binomial. */
#include "sim/blocks/buffer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/cache.h"
#include "tests/kernel/sample.h"

enum { PAGES = 2000, RUNS = 40 };

static void expect_near(double value, double expected, double within, const char *what)
{
    if (!(fabs(value - expected) <= within)) {
        fail_msg("%s: %.6g, expected %.6g", what, value, expected);
    }
}

static void zipf_probabilities(double *p, uint32_t n, double s)
{
    double total = 0;
    for (uint32_t i = 0; i < n; i++) {
        p[i] = pow(i + 1, -s);
        total += p[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        p[i] /= total;
    }
}

static double exact_hit(const double *p, uint32_t n, double requests)
{
    double hit = 0;
    for (uint32_t i = 0; i < n; i++) {
        hit -= p[i] * expm1(-p[i] * requests);
    }
    return hit;
}

/* The hit ratio of a buffer that has seen so many requests; the look-up is forced. */
static double hit_after(const struct buffer_law *law, double room, uint32_t requests)
{
    struct buffer buffer;
    struct random random;
    random_seed(&random, 1, 0, "buffer", "test");
    buffer_init(&buffer, law, room, false);
    for (uint32_t i = 0; i < requests; i++) {
        buffer_read(&buffer, &random, 1);
    }
    buffer_resize(&buffer, room);
    return buffer.hit_ratio;
}

static void test_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer_law law;
    struct buffer buffer;
    arena_init(&arena);
    buffer_law_init(&law, &arena, 2, 0);
    buffer_init(&buffer, &law, 1, true);
    expect_near(buffer.requests, 2 * log(2), 0.01, "T");
    expect_near(buffer.hit_ratio, 0.5, 0.001, "hit");
    buffer_resize(&buffer, 2);
    expect_near(buffer.hit_ratio, 0.5, 0.001, "more room brings no page back");
    arena_done(&arena);
}

static void test_sums(void **state)
{
    (void)state;
    static double p[20000];
    const struct {
        uint32_t n;
        double s;
    } laws[] = {{1, 0}, {100, 0.8}, {20000, 0.8}, {20000, 1}, {20000, 2}, {20000, 0}};
    for (size_t i = 0; i < sizeof(laws) / sizeof(laws[0]); i++) {
        struct arena arena;
        struct buffer_law law;
        arena_init(&arena);
        buffer_law_init(&law, &arena, laws[i].n, laws[i].s);
        zipf_probabilities(p, laws[i].n, laws[i].s);
        for (uint32_t requests = 1; requests < 300000; requests *= 7) {
            expect_near(hit_after(&law, laws[i].n, requests), exact_hit(p, laws[i].n, requests),
                        1e-3, "sum");
        }
        arena_done(&arena);
    }
}

/* 13 million pages, as 100 GiB of 8 KiB are: uniform, so that the truth is known. */
static void test_many_pages(void **state)
{
    (void)state;
    const double pages = 13107200;
    struct arena arena;
    struct buffer_law law;
    struct buffer buffer;
    struct random random;
    arena_init(&arena);
    buffer_law_init(&law, &arena, pages, 0);
    random_seed(&random, 1, 0, "many", "test");
    buffer_init(&buffer, &law, pages / 4, true);
    expect_near(buffer.hit_ratio, 0.25, 1e-3, "a quarter fits");
    buffer_init(&buffer, &law, pages / 4, false);
    buffer_read(&buffer, &random, 1000000);
    buffer_read(&buffer, &random, 1000000);
    expect_near(buffer.hit_ratio, -expm1(-2e6 / pages), 1e-3, "from empty");
    buffer_init(&buffer, &law, pages * 2, true);
    assert_int_equal(buffer_read(&buffer, &random, 1000000), 0);
    arena_done(&arena);
}

/* An exact LRU and its random requests. */
struct lru {
    struct cache cache;
    struct random random;
};

static void lru_init(struct lru *lru, struct arena *arena, double s, int64_t room, uint32_t run)
{
    cache_init(
        &lru->cache, arena,
        &(struct cache_rules){
            .objects_count = PAGES, .zipf_s = s, .room_count = room, .ttl_ns = CACHE_FOREVER});
    random_seed(&lru->random, 1, run, "lru", "pages");
}

static int lru_hits(struct lru *lru, int requests)
{
    int hits = 0;
    for (int i = 0; i < requests; i++) {
        const uint32_t page = cache_draw(&lru->cache, &lru->random);
        if (cache_ask(&lru->cache, page, 0)) {
            hits++;
        } else {
            cache_store(&lru->cache, page, 0);
        }
    }
    return hits;
}

/* What is in one goes to the other, the least recently used first. */
static void lru_move(const struct lru *from, struct lru *to)
{
    const struct cache_object *ring = from->cache.objects;
    for (uint32_t i = ring[PAGES].newer; i != PAGES; i = ring[i].newer) {
        cache_store(&to->cache, i, 0);
    }
}

static int buffer_hits(struct buffer *buffer, struct random *random, int requests)
{
    int hits = 0;
    for (int i = 0; i < requests; i++) {
        hits += buffer_read(buffer, random, 1) == 0;
    }
    return hits;
}

/* The same life: from empty in a room of 800, full there, in 100 pages, and in 800 again. */
static void test_lru_life(void **state)
{
    (void)state;
    enum { PHASES = 6 };
    const int requests[PHASES] = {400, 1600, 8000, 20000, 1000, 2000};
    const int64_t rooms[PHASES] = {800, 800, 800, 100, 800, 800};
    const double skews[] = {0, 0.8, 1.2};
    const int runs = sample_size(RUNS * 100) / 100;
    for (size_t i = 0; i < sizeof(skews) / sizeof(skews[0]); i++) {
        double exact[PHASES] = {0}, fluid[PHASES] = {0};
        struct buffer_law law;
        struct arena arena;
        arena_init(&arena);
        buffer_law_init(&law, &arena, PAGES, skews[i]);
        for (int run = 0; run < runs; run++) {
            struct arena lives;
            struct lru large, small, again;
            struct buffer buffer;
            struct random random;
            arena_init(&lives);
            lru_init(&large, &lives, skews[i], 800, (uint32_t)run);
            lru_init(&small, &lives, skews[i], 100, (uint32_t)run + 1000);
            lru_init(&again, &lives, skews[i], 800, (uint32_t)run + 2000);
            random_seed(&random, 1, (uint32_t)run, "fluid", "pages");
            buffer_init(&buffer, &law, 800, false);
            for (int phase = 0; phase < PHASES; phase++) {
                struct lru *lru = phase < 3 ? &large : phase == 3 ? &small : &again;
                if (phase == 3 || phase == 4) {
                    lru_move(phase == 3 ? &large : &small, lru);
                    buffer_resize(&buffer, (double)rooms[phase]);
                }
                exact[phase] += lru_hits(lru, requests[phase]);
                fluid[phase] += buffer_hits(&buffer, &random, requests[phase]);
            }
            arena_done(&lives);
        }
        for (int phase = 0; phase < PHASES; phase++) {
            const double n = (double)requests[phase] * runs;
            const double noise = 4 * sqrt(0.5 / n);
            expect_near(fluid[phase] / n, exact[phase] / n, 0.006 + noise, "like exact LRU");
        }
        arena_done(&arena);
    }
}

/* In a small room the newest page alone: exact is sum p^2. The fluid limit needs many pages, so
 * this is where it is worst. */
static void test_smallest_room(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer_law law;
    struct buffer buffer;
    double p[PAGES], squares = 0;
    arena_init(&arena);
    zipf_probabilities(p, PAGES, 0.8);
    for (uint32_t i = 0; i < PAGES; i++) {
        squares += p[i] * p[i];
    }
    buffer_law_init(&law, &arena, PAGES, 0.8);
    buffer_init(&buffer, &law, 1, true);
    expect_near(buffer.hit_ratio, squares, 0.002, "room for one");
    buffer_init(&buffer, &law, 0, true);
    expect_near(buffer.hit_ratio, 0, 0, "no room");
    arena_done(&arena);
}

/* Mean and variance of a binomial number of misses. */
static void misses_check(const struct buffer_law *law, double room, uint32_t pages)
{
    struct buffer buffer;
    struct random random;
    double sum = 0, squares = 0;
    const int n = sample_size(20000);
    random_seed(&random, 1, pages, "misses", "test");
    buffer_init(&buffer, law, room, true);
    const double miss = 1 - buffer.hit_ratio;
    for (int i = 0; i < n; i++) {
        const uint32_t misses = buffer_read(&buffer, &random, pages);
        assert_true(misses <= pages);
        sum += misses;
        squares += (double)misses * misses;
    }
    const double mean = pages * miss, variance = mean * (1 - miss);
    expect_near(sum / n, mean, 5 * sqrt(variance / n), "mean");
    expect_near((squares - sum * sum / n) / (n - 1), variance, 8 * variance * sqrt(2.0 / n) + 0.01,
                "variance");
}

static void test_misses(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer_law law;
    arena_init(&arena);
    buffer_law_init(&law, &arena, PAGES, 0);
    const uint32_t pages[] = {1, 4, 50, 1000};
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        misses_check(&law, 0.1 * PAGES, pages[i]);
        misses_check(&law, 0.99 * PAGES, pages[i]);
    }
    struct buffer buffer;
    struct random random;
    random_seed(&random, 1, 0, "none", "test");
    buffer_init(&buffer, &law, 100, true);
    assert_int_equal(buffer_read(&buffer, &random, 0), 0);
    buffer_init(&buffer, &law, 0, false);
    assert_int_equal(buffer_read(&buffer, &random, 17), 17);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_many_pages),    cmocka_unit_test(test_lru_life),
        cmocka_unit_test(test_smallest_room), cmocka_unit_test(test_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
