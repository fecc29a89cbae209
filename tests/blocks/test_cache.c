/* Known independently, for requests that ask for object i with probability p_i, each independently
 * of the others:
 * - TTL T under Poisson arrivals of rate a: i misses once, then hits for T: its hit ratio is
 *   a p_i T / (1 + a p_i T); with reset on hit: another request within T, 1 - exp(-a p_i T);
 * - LRU: what is here is in the order of last use, and the chance of an order is that of drawing
 *   without replacement (King 1971), summed here over all orders;
 * - any sequence: a cache written down naively, by searching. */
#include "sim/blocks/cache.h"

#include <string.h>

#include "tests/blocks/estimate.h"

enum { REPLICATIONS = 100, ORDER_MAX = 8 };

static struct cache cache_make(struct arena *arena, struct cache_rules rules)
{
    struct cache cache;
    arena_init(arena);
    cache_init(&cache, arena, &rules);
    return cache;
}

static void test_ttl_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct cache cache = cache_make(&arena, (struct cache_rules){
                                                .objects_count = 3,
                                                .room_count = INT64_MAX,
                                                .ttl_ns = 100,
                                            });
    assert_false(cache_ask(&cache, 1, 0));
    cache_store(&cache, 1, 40); /* the answer took 40 ns: kept until 140 */
    assert_true(cache_ask(&cache, 1, 139));
    assert_false(cache_ask(&cache, 2, 139));
    assert_false(cache_ask(&cache, 1, 140));
    cache_store(&cache, 1, 150);
    cache_store(&cache, 1, 160); /* two misses at once: the later answer counts */
    assert_true(cache_ask(&cache, 1, 259));
    assert_false(cache_ask(&cache, 1, 260));
    arena_done(&arena);
}

static void test_reset_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct cache cache = cache_make(&arena, (struct cache_rules){
                                                .objects_count = 3,
                                                .room_count = INT64_MAX,
                                                .ttl_ns = 100,
                                                .reset_on_hit = true,
                                            });
    cache_store(&cache, 0, 0);
    assert_true(cache_ask(&cache, 0, 99));
    assert_true(cache_ask(&cache, 0, 198));
    assert_false(cache_ask(&cache, 0, 298));
    arena_done(&arena);
}

static void test_lru_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct cache cache = cache_make(&arena, (struct cache_rules){
                                                .objects_count = 9,
                                                .room_count = 2,
                                                .ttl_ns = CACHE_FOREVER,
                                            });
    cache_store(&cache, 1, 0);
    cache_store(&cache, 2, 0);
    assert_true(cache_ask(&cache, 1, 0)); /* 2 is now the oldest */
    cache_store(&cache, 3, 0);
    assert_false(cache_ask(&cache, 2, 0));
    cache_store(&cache, 1, 0); /* here already: nobody must go */
    assert_true(cache_ask(&cache, 3, 0));
    assert_true(cache_ask(&cache, 1, INT64_MAX - 1));
    arena_done(&arena);
}

/* An expired object keeps its place until it is asked for, then the place is free. */
static void test_expired_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct cache cache = cache_make(&arena, (struct cache_rules){
                                                .objects_count = 9,
                                                .room_count = 2,
                                                .ttl_ns = 100,
                                            });
    cache_store(&cache, 1, 0);
    cache_store(&cache, 2, 50);
    assert_true(cache_ask(&cache, 1, 99)); /* 2 is the oldest */
    cache_store(&cache, 3, 120);           /* so 2 goes, though 1 has expired */
    assert_false(cache_ask(&cache, 2, 120));
    assert_false(cache_ask(&cache, 1, 120)); /* its place is free: 3 stays */
    assert_int_equal(cache_until(&cache, 1), 0);
    cache_store_until(&cache, 4, 500); /* whatever the ttl says */
    assert_int_equal(cache_until(&cache, 3), 220);
    assert_int_equal(cache_until(&cache, 4), 500);
    assert_true(cache_ask(&cache, 3, 120));
    assert_true(cache_ask(&cache, 4, 120));
    arena_done(&arena);
}

/* What is here, newest first. */
struct naive {
    uint32_t object[16];
    int64_t expires_ns[16];
    uint32_t count;
};

static uint32_t naive_find(const struct naive *naive, uint32_t object)
{
    uint32_t i = 0;
    while (i < naive->count && naive->object[i] != object) {
        i++;
    }
    return i;
}

static void naive_remove(struct naive *naive, uint32_t i)
{
    naive->count--;
    memmove(&naive->object[i], &naive->object[i + 1], (naive->count - i) * sizeof(uint32_t));
    memmove(&naive->expires_ns[i], &naive->expires_ns[i + 1], (naive->count - i) * sizeof(int64_t));
}

static void naive_push(struct naive *naive, uint32_t object, int64_t expires_ns)
{
    memmove(&naive->object[1], &naive->object[0], naive->count * sizeof(uint32_t));
    memmove(&naive->expires_ns[1], &naive->expires_ns[0], naive->count * sizeof(int64_t));
    naive->object[0] = object;
    naive->expires_ns[0] = expires_ns;
    naive->count++;
}

static bool naive_ask(struct naive *naive, const struct cache_rules *rules, uint32_t object,
                      int64_t now_ns)
{
    const uint32_t i = naive_find(naive, object);
    if (i == naive->count) {
        return false;
    }
    const int64_t expires_ns = naive->expires_ns[i];
    naive_remove(naive, i);
    if (now_ns >= expires_ns) {
        return false;
    }
    naive_push(naive, object, rules->reset_on_hit ? now_ns + rules->ttl_ns : expires_ns);
    return true;
}

static void naive_store(struct naive *naive, const struct cache_rules *rules, uint32_t object,
                        int64_t now_ns)
{
    const uint32_t i = naive_find(naive, object);
    if (i < naive->count) {
        naive_remove(naive, i);
    } else if (naive->count == rules->room_count) {
        naive_remove(naive, naive->count - 1);
    }
    const bool forever = rules->ttl_ns == CACHE_FOREVER;
    naive_push(naive, object, forever ? CACHE_FOREVER : now_ns + rules->ttl_ns);
}

static void naive_check(const struct cache_rules *rules)
{
    struct arena arena;
    struct cache cache = cache_make(&arena, *rules);
    struct naive naive = {0};
    struct random random;
    random_seed(&random, 1, (uint32_t)rules->room_count, "naive", "test");
    int64_t now_ns = 0;
    for (int i = 0; i < sample_size(100000); i++) {
        now_ns += random_below(&random, 20);
        const uint32_t object = cache_draw(&cache, &random);
        const bool hit = naive_ask(&naive, rules, object, now_ns);
        assert_int_equal(cache_ask(&cache, object, now_ns), hit);
        if (!hit && random_below(&random, 8) > 0) { /* some answers are bad, and stored nowhere */
            now_ns += random_below(&random, 3);
            const uint32_t other =
                random_below(&random, 4) > 0 ? object : random_below(&random, 16);
            naive_store(&naive, rules, other, now_ns);
            cache_store(&cache, other, now_ns);
        }
    }
    arena_done(&arena);
}

static void test_naive(void **state)
{
    (void)state;
    const int64_t rooms[] = {1, 2, 5, 15, 16};
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        struct cache_rules rules = {16, 0.7, rooms[i], CACHE_FOREVER, false};
        naive_check(&rules);
        rules.ttl_ns = 100;
        naive_check(&rules);
        rules.reset_on_hit = true;
        naive_check(&rules);
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

/* The hit ratio of each replication, from empty with a warm-up; answers take no time. */
static struct estimate cache_simulate(const struct cache_rules *rules, double rate_per_s, int warm,
                                      int requests)
{
    struct estimate estimate = {0};
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct arena arena;
        struct cache cache = cache_make(&arena, *rules);
        struct random arrivals, keys;
        double time_ns = 0;
        int hits = 0;
        random_seed(&arrivals, 1, r, "simulate", "arrivals");
        random_seed(&keys, 1, r, "simulate", "keys");
        for (int i = -warm; i < requests; i++) {
            time_ns += random_exponential(&arrivals) * 1e9 / rate_per_s;
            const uint32_t object = cache_draw(&cache, &keys);
            const bool hit = cache_ask(&cache, object, (int64_t)time_ns);
            if (!hit) {
                cache_store(&cache, object, (int64_t)time_ns);
            }
            hits += i >= 0 && hit;
        }
        estimate_add(&estimate, hits / (double)requests);
        arena_done(&arena);
    }
    return estimate;
}

static void test_ttl(void **state)
{
    (void)state;
    const double ttls_s[] = {0.5, 10};
    static double p[1000];
    zipf_probabilities(p, 1000, 0.8);
    for (int i = 0; i < 4; i++) {
        const double rate_per_s = 100, ttl_s = ttls_s[i / 2];
        const struct cache_rules rules = {
            .objects_count = 1000,
            .zipf_s = 0.8,
            .room_count = INT64_MAX,
            .ttl_ns = (int64_t)(ttl_s * 1e9),
            .reset_on_hit = i % 2,
        };
        double expected = 0;
        for (int k = 0; k < 1000; k++) {
            const double x = rate_per_s * p[k] * ttl_s;
            expected += p[k] * (rules.reset_on_hit ? -expm1(-x) : x / (1 + x));
        }
        const struct estimate hits = cache_simulate(&rules, rate_per_s, 20000, sample_size(20000));
        estimate_check(&hits, expected, rules.reset_on_hit ? "ttl, reset on hit" : "ttl");
    }
}

/* Over all orders of `left` more objects behind those taken: P(order) * P(one of them is asked
 * for). */
static double king(const double *p, int n, bool *taken, int left, double taken_p)
{
    if (left == 0) {
        return taken_p;
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (!taken[i]) {
            taken[i] = true;
            sum += p[i] / (1 - taken_p) * king(p, n, taken, left - 1, taken_p + p[i]);
            taken[i] = false;
        }
    }
    return sum;
}

static void test_lru(void **state)
{
    (void)state;
    const struct {
        int n, room;
        double s;
    } cases[] = {{5, 1, 0.7}, {6, 3, 1}, {8, 5, 0.5}, {8, 4, 2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double p[ORDER_MAX];
        bool taken[ORDER_MAX] = {false};
        zipf_probabilities(p, (uint32_t)cases[i].n, cases[i].s);
        const struct cache_rules rules = {
            .objects_count = (uint32_t)cases[i].n,
            .zipf_s = cases[i].s,
            .room_count = cases[i].room,
            .ttl_ns = CACHE_FOREVER,
        };
        const struct estimate hits = cache_simulate(&rules, 1, 1000, sample_size(20000));
        estimate_check(&hits, king(p, cases[i].n, taken, cases[i].room, 0), "lru");
    }
}

static void test_ratio(void **state)
{
    (void)state;
    struct cache cache;
    struct random random;
    const int requests = sample_size(1000000);
    double hits = 0;
    cache_init_ratio(&cache, 0.37);
    random_seed(&random, 1, 0, "ratio", "test");
    for (int i = 0; i < requests; i++) {
        const uint32_t object = cache_draw(&cache, &random);
        if (cache_ask(&cache, object, i)) {
            hits++;
        } else {
            cache_store(&cache, object, i);
        }
    }
    sample_check_near(hits / requests, 0.37, sqrt(0.37 * 0.63 / requests), "hit ratio");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ttl_worked), cmocka_unit_test(test_reset_worked),
        cmocka_unit_test(test_lru_worked), cmocka_unit_test(test_expired_worked),
        cmocka_unit_test(test_naive),      cmocka_unit_test(test_ttl),
        cmocka_unit_test(test_lru),        cmocka_unit_test(test_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
