/* The 5-minute windows against a plain count of the same requests: long ones and short ones, that
 * end in any order, windows with nothing in them, and what comes after the last whole window. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/engine/windows.h"
#include "tests/support/lab.h"

#define ORIGIN_NS INT64_C(77000000000)

enum { COUNT = 120, REQUESTS = 6000, OUT_MAX = 512 };

struct request {
    int64_t start_ns, end_ns;
    bool good;
};

struct plain {
    uint64_t arrived, ok;
    int64_t *latencies_ns;
};

static uint64_t windows_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static int compare_ns(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* Ends the request that is due first. */
static void windows_end_one(struct windows *windows, struct request *out, uint32_t *count)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < *count; i++) {
        first = out[i].end_ns < out[first].end_ns ? i : first;
    }
    windows_finish(windows, out[first].start_ns, out[first].end_ns, out[first].good);
    out[first] = out[--*count];
}

static int64_t windows_first_end(const struct request *out, uint32_t count)
{
    int64_t first_ns = INT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        first_ns = out[i].end_ns < first_ns ? out[i].end_ns : first_ns;
    }
    return first_ns;
}

/* A request as the seed has it: mostly some ms or s, now and then longer than a window, or than
 * all that stay open. */
static struct request windows_draw(uint64_t *state, int64_t now_ns, uint32_t bad_percent)
{
    const int64_t ms = 1 + (int64_t)(windows_random(state) % 3000);
    const uint64_t luck = windows_random(state) % 1000;
    const int64_t unit_ns = luck == 0   ? INT64_C(30000000000)
                            : luck <= 3 ? INT64_C(1000000000)
                                        : 1000000;
    return (struct request){
        .start_ns = now_ns,
        .end_ns = now_ns + ms * unit_ns,
        .good = windows_random(state) % 100 >= bad_percent,
    };
}

static void windows_compare_one(const struct window *window, struct plain *plain,
                                struct histogram *scratch)
{
    assert_int_equal(window->arrived, plain->arrived);
    assert_int_equal(window->ended, plain->arrived);
    assert_int_equal(window->ok, plain->ok);
    assert_null(window->latency);
    if (plain->ok < 1000) {
        assert_true(plain->ok == 0 || isnan(window->latency_p99_ns));
    } else if (!window->dropped) {
        qsort(plain->latencies_ns, plain->ok, sizeof(int64_t), compare_ns);
        const double p99 = (double)plain->latencies_ns[(plain->ok * 99 + 99) / 100 - 1];
        assert_true(fabs(window->latency_p99_ns - p99) <= 0.004 * p99);
    }
    if (window->code.bytes != NULL) {
        histogram_clear(scratch);
        assert_true(histogram_decode(scratch, window->code));
        assert_int_equal(histogram_count(scratch), plain->ok);
    }
}

/* Requests at a rate that changes from window to window; every seventh window is empty. */
static void windows_fill(struct windows *windows, struct plain *plain, uint64_t seed,
                         int64_t end_ns)
{
    struct request out[OUT_MAX];
    uint32_t out_count = 0;
    int64_t now_ns = ORIGIN_NS;
    uint64_t state = seed;
    while (now_ns < end_ns) {
        const int64_t window = (now_ns - ORIGIN_NS) / WINDOW_NS;
        now_ns += (int64_t)windows_random(&state) % (200000000 + 100000000 * (window % 5));
        if (now_ns >= end_ns || (now_ns - ORIGIN_NS) / WINDOW_NS % 7 == 6) {
            continue;
        }
        while (out_count == OUT_MAX || windows_first_end(out, out_count) < now_ns) {
            windows_end_one(windows, out, &out_count);
        }
        const struct request request = windows_draw(&state, now_ns, window % 3 == 0 ? 0 : 20);
        windows_arrive(windows, now_ns);
        out[out_count++] = request;
        const uint64_t in = (uint64_t)((now_ns - ORIGIN_NS) / WINDOW_NS);
        if (in < windows->count) {
            plain[in].arrived++;
            if (request.good) {
                plain[in].latencies_ns[plain[in].ok++] = request.end_ns - request.start_ns;
            }
        }
    }
    while (out_count > 0) {
        windows_end_one(windows, out, &out_count);
    }
    windows_pack(windows);
}

static void test_against_a_plain_count(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct arena arena;
        struct windows windows;
        struct histogram scratch;
        const int64_t duration_ns = COUNT * WINDOW_NS + WINDOW_NS / 2;
        arena_init(&arena);
        histogram_init(&scratch, &arena);
        windows_init(&windows, &arena, ORIGIN_NS, duration_ns);
        assert_int_equal(windows.count, COUNT);
        struct plain plain[COUNT] = {0};
        for (uint32_t i = 0; i < COUNT; i++) {
            plain[i].latencies_ns = arena_array(&arena, REQUESTS, sizeof(int64_t));
        }
        windows_fill(&windows, plain, seed, ORIGIN_NS + duration_ns);
        for (uint32_t i = 0; i < COUNT; i++) {
            windows_compare_one(&windows.items[i], &plain[i], &scratch);
        }
        windows_done(&windows);
        arena_done(&arena);
    }
}

/* What is kept of a long run is bounded, and what is kept are the worst windows. */
static void test_only_the_worst_are_kept(void **state)
{
    (void)state;
    enum { WINDOWS = 3000, EACH = 2000 };
    struct arena arena;
    struct windows windows;
    uint64_t random = 5;
    arena_init(&arena);
    windows_init(&windows, &arena, 0, WINDOWS * WINDOW_NS);
    for (uint32_t i = 0; i < WINDOWS; i++) {
        const uint32_t bad = (uint32_t)(windows_random(&random) % 100);
        for (uint32_t k = 0; k < EACH; k++) {
            const int64_t now_ns = i * WINDOW_NS + k * (WINDOW_NS / EACH);
            windows_arrive(&windows, now_ns);
            windows_finish(&windows, now_ns, now_ns + (int64_t)(windows_random(&random) % 1000000),
                           k >= bad * EACH / 1000);
        }
    }
    windows_pack(&windows);
    assert_true(windows.codes_bytes <= WINDOWS_CODES_BYTES);
    assert_true(arena.total_bytes < 2u << 20);
    uint32_t kept = 0;
    const struct window *worst = &windows.items[0];
    for (uint32_t i = 0; i < WINDOWS; i++) {
        const struct window *window = &windows.items[i];
        assert_int_equal(window->arrived, EACH);
        kept += window->code.bytes != NULL;
        if (window->ok < worst->ok ||
            (window->ok == worst->ok && window->latency_p99_ns > worst->latency_p99_ns)) {
            worst = window;
        }
    }
    assert_true(kept > 8 && kept < WINDOWS / 2);
    assert_non_null(worst->code.bytes);
    windows_done(&windows);
    arena_done(&arena);
}

/* One request of every window never ends, and one ends at the very end: neither keeps memory. */
static void test_windows_that_never_close(void **state)
{
    (void)state;
    enum { WINDOWS = 5000, EACH = 300 };
    struct arena arena;
    struct windows windows;
    uint64_t random = 7;
    arena_init(&arena);
    windows_init(&windows, &arena, 0, WINDOWS * WINDOW_NS);
    for (uint32_t i = 0; i < WINDOWS; i++) {
        for (uint32_t k = 0; k < EACH; k++) {
            const int64_t now_ns = i * WINDOW_NS + k * (WINDOW_NS / EACH);
            windows_arrive(&windows, now_ns);
            if (k > 1) {
                const int64_t ns = 1 + (int64_t)(windows_random(&random) % 1000000000);
                windows_finish(&windows, now_ns, now_ns + ns, true);
            }
        }
    }
    for (uint32_t i = WINDOWS; i-- > 0;) {
        windows_finish(&windows, i * WINDOW_NS, WINDOWS * WINDOW_NS, true);
        assert_true(windows.open_count <= WINDOWS_OPEN_MAX);
    }
    windows_pack(&windows);
    assert_true(arena.total_bytes < 16u << 20);
    assert_true(windows.codes_bytes <= WINDOWS_CODES_BYTES);
    for (uint32_t i = 0; i < WINDOWS; i++) {
        assert_int_equal(windows.items[i].arrived, EACH);
        assert_int_equal(windows.items[i].ok, EACH - 1);
        assert_int_equal(windows.items[i].ended, EACH - 1);
    }
    windows_done(&windows);
    arena_done(&arena);
}

/* In a world: what arrives after the last whole window is in none. */
static void test_the_rest_after_the_last_window_is_in_none(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nname: windows\nduration: 14m\nwarmup: 10m\n"
                              "replications: 2\nservices:\n  app: {type: delay, work: 1s}\n"
                              "traffic:\n  user: {to: app, users: 1, think: 1s}\n");
    for (uint32_t i = 0; i < lab->experiment.count; i++) {
        const struct replication *replication = &lab->experiment.replications[i];
        assert_int_equal(replication->windows_count, 2);
        for (uint32_t k = 0; k < 2; k++) {
            assert_int_equal(replication->windows[0][k].arrived, 150);
            assert_int_equal(replication->windows[0][k].ok, 150);
        }
    }
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_plain_count),
        cmocka_unit_test(test_only_the_worst_are_kept),
        cmocka_unit_test(test_windows_that_never_close),
        cmocka_unit_test(test_the_rest_after_the_last_window_is_in_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
