/* Caches under independent references, object i asked for at rate lambda p(i), p by Zipf's law.
 * Known: with a ttl from the moment of storing, a cycle of i is one miss and lambda p(i) T hits;
 * with a ttl that hits start anew, i is there if it was asked for within T (Che, Tung & Wang
 * 2002; Fofack et al., VALUETOOLS 2012); LRU: King (IFIP 1971), the chance that C objects are
 * the last asked for. A slow origin: misses until its answer are not collapsed, and each answer
 * starts the ttl anew. */
#include <math.h>

#define THEORY_SEED "15"
#include "tests/theory/theory.h"

enum { OBJECTS_MAX = 200 };

static void zipf(double *p, uint32_t n, double s)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += p[i] = pow(i + 1, -s);
    }
    for (uint32_t i = 0; i < n; i++) {
        p[i] /= sum;
    }
}

static void test_ttl(void **state)
{
    (void)state;
    double p[OBJECTS_MAX];
    double hits = 0;
    zipf(p, 200, 0.8);
    for (uint32_t i = 0; i < 200; i++) {
        const double asked = 1000 * p[i] * 0.2; /* within T = 200 ms */
        hits += p[i] * asked / (1 + asked);
    }
    struct lab *lab = lab_run(THEORY_HEAD(
        "30s", "1s") "services:\n  q: {type: cache, keys: zipf(n=200 s=0.8), ttl: 200ms, "
                     "origin: far}\n  far: {type: delay}\n"
                     "traffic:\n  t: {to: q, rate: 1000/s}\n");
    lab_expect(lab, "services.q.hit_ratio", hits, 0.006);
    lab_expect(lab, "services.far.arrivals", 1000 * (1 - hits), 0.008);
    lab_close(lab);
}

static void test_ttl_that_hits_start_anew(void **state)
{
    (void)state;
    double p[OBJECTS_MAX];
    double hits = 0;
    zipf(p, 200, 1);
    for (uint32_t i = 0; i < 200; i++) {
        hits += p[i] * -expm1(-1000 * p[i] * 0.1);
    }
    struct lab *lab = lab_run(
        THEORY_HEAD("30s", "1s") "services:\n  q: {type: cache, keys: zipf(n=200 s=1), ttl: 100ms, "
                                 "reset_on_hit: true, origin: far}\n  far: {type: delay}\n"
                                 "traffic:\n  t: {to: q, rate: 1000/s}\n");
    lab_expect(lab, "services.q.hit_ratio", hits, 0.006);
    lab_close(lab);
}

/* L = 20 ms: 1 + lambda L misses; hits from the first answer until T after the last, which comes
 * L after the last miss, at L - (1 - e^(-lambda L)) / lambda in the mean. */
static void test_slow_origin(void **state)
{
    (void)state;
    double p[OBJECTS_MAX];
    double hits = 0;
    zipf(p, 50, 0.6);
    for (uint32_t i = 0; i < 50; i++) {
        const double rate = 1000 * p[i];
        const double misses = 1 + rate * 20e-3;
        const double last = 20e-3 + expm1(-rate * 20e-3) / rate;
        const double good = rate * (100e-3 + last);
        hits += p[i] * good / (misses + good);
    }
    struct lab *lab = lab_run(THEORY_HEAD(
        "30s", "1s") "services:\n  q: {type: cache, keys: zipf(n=50 s=0.6), ttl: 100ms, "
                     "work: 1ms, origin: far}\n  far: {type: delay, work: 20ms}\n"
                     "traffic:\n  t: {to: q, rate: 1000/s}\n");
    lab_expect(lab, "services.q.hit_ratio", hits, 0.006);
    lab_expect(lab, "traffic.t.latency.mean", 1e-3 + (1 - hits) * 20e-3, 0.008);
    lab_expect(lab, "services.far.in_flight.mean", 20 * (1 - hits), 0.012);
    lab_close(lab);
}

/* The sum over ordered sets of three of 6: the last three asked for, the newest first. */
static double lru_hits(const double *p)
{
    double hits = 0;
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
            for (int k = 0; k < 6; k++) {
                if (i != j && j != k && i != k) {
                    hits +=
                        p[i] * p[j] / (1 - p[i]) * p[k] / (1 - p[i] - p[j]) * (p[i] + p[j] + p[k]);
                }
            }
        }
    }
    return hits;
}

static void test_least_recently_used(void **state)
{
    (void)state;
    double p[6];
    zipf(p, 6, 0.9);
    struct lab *lab = lab_run(THEORY_HEAD(
        "30s", "1s") "services:\n  q: {type: cache, keys: zipf(n=6 s=0.9), capacity: 3, "
                     "origin: far}\n  far: {type: delay}\n"
                     "  sized: {type: cache, keys: zipf(n=6 s=0.9), capacity: 10 KiB, "
                     "object_size: 3 KiB, origin: far}\n"
                     "traffic:\n  t: {to: q, rate: 1000/s}\n  u: {to: sized, rate: 1000/s}\n");
    lab_expect(lab, "services.q.hit_ratio", lru_hits(p), 0.008);
    lab_expect(lab, "services.sized.hit_ratio", lru_hits(p), 0.008);
    lab_close(lab);
}

/* A fixed ratio thins the stream to the origin: an M/M/1 at 300/s, whose stay 30 % of the
 * requests see. */
static double thinned_tail(double t, const void *law)
{
    (void)law;
    return 0.3 * exp(-700 * t);
}

static void test_fixed_ratio(void **state)
{
    (void)state;
    const struct curve tail = {thinned_tail, NULL};
    struct lab *lab = lab_run(
        THEORY_HEAD("60s", "1s") "services:\n  q: {type: cache, hit_ratio: 70%%, origin: far}\n"
                                 "  far: {type: server, work: exponential(1ms)}\n"
                                 "traffic:\n  t: {to: q, rate: 1000/s}\n");
    lab_expect(lab, "services.q.hit_ratio", 0.7, 0.005);
    lab_expect(lab, "services.far.latency.mean", 1 / 700.0, 0.025);
    lab_expect(lab, "traffic.t.latency.mean", 0.3 / 700, 0.025);
    lab_expect(lab, "traffic.t.latency.p90", exact_quantile(tail, 0.9), 0.025);
    lab_expect(lab, "traffic.t.latency.p99", exact_quantile(tail, 0.99), 0.035);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ttl),         cmocka_unit_test(test_ttl_that_hits_start_anew),
        cmocka_unit_test(test_slow_origin), cmocka_unit_test(test_least_recently_used),
        cmocka_unit_test(test_fixed_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
