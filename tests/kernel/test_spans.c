/* Which requests are kept: a uniform sample, and the slowest; and how their spans hang together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "sim/kernel/frame.h"
#include "sim/kernel/spans.h"

static struct spans *spans_of(uint32_t sample_count, uint32_t slow_count, uint32_t replication)
{
    struct spans_setup setup = {
        .sample_count = sample_count, .slow_count = slow_count, .spans_max = 100000};
    random_seed(&setup.random, 1, replication, "", "spans");
    return spans_new(&setup);
}

static void end(struct spans *spans, uint32_t slot, int64_t now_ns)
{
    spans_end(spans, slot, &(struct span_end){.copy = 7, .zone = 2, .outcome = OUTCOME_OK}, now_ns);
}

/* A request whose only call takes so long. */
static void request(struct spans *spans, uint32_t slot, int64_t begin_ns, int64_t length_ns)
{
    spans_request(spans, slot, 3, begin_ns);
    spans_call(spans, slot, slot, 3, begin_ns);
    end(spans, slot, begin_ns + length_ns);
    spans_finish(spans, slot, OUTCOME_OK, begin_ns + length_ns);
}

static void test_tree(void **state)
{
    (void)state;
    struct arena arena;
    struct span_log log;
    struct spans *spans = spans_of(10, 0, 0);
    arena_init(&arena);
    spans_request(spans, 900, 3, 100);
    spans_call(spans, 900, 900, 3, 100);
    spans_branch(spans, 5, 900);
    spans_served(spans, 900, 110);
    spans_served(spans, 900, 120); /* again: not its first */
    spans_phase(spans, 900, &(struct span_phase){"cold start", 100, 105});
    spans_worked(spans, 900, 130);
    spans_call(spans, 6, 5, 4, 130);
    spans_call(spans, 7, FRAME_NONE, 4, 130); /* nobody's that is traced */
    spans_call(spans, 8, 7, 4, 130);
    end(spans, 8, 140);
    end(spans, 900, 150);
    spans_finish(spans, 900, OUTCOME_OK, 150);
    assert_int_equal(spans->seen, 0);           /* one has not ended */
    spans_call(spans, 900, FRAME_NONE, 4, 150); /* the slot is used again */
    end(spans, 900, 155);
    end(spans, 6, 160);
    assert_int_equal(spans->seen, 0); /* its branch may call once more */
    spans_leave(spans, 5);
    assert_int_equal(spans->seen, 1);
    spans_collect(spans, &arena, 200, &log);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.traces[0].count, 3);
    const struct span *span = log.traces[0].spans;
    assert_int_equal(span[0].kind, SPAN_REQUEST);
    assert_int_equal(span[0].parent, SPAN_NONE);
    assert_int_equal(span[0].end_ns, 150);
    assert_int_equal(span[1].parent, 0);
    assert_int_equal(span[1].served_ns, 110);
    assert_int_equal(span[1].worked_ns, 130);
    assert_string_equal(span[1].phase.name, "cold start");
    assert_int_equal(span[1].copy, 7);
    assert_int_equal(span[1].zone, 2);
    assert_int_equal(span[2].parent, 1);
    assert_int_equal(span[2].edge, 4);
    assert_int_equal(span[2].served_ns, SPAN_NEVER);
    assert_int_equal(span[2].end_ns, 160);
    arena_done(&arena);
    spans_free(spans);
}

/* A call that passes on what it got has done its own work by then; and its caller may leave. */
static void test_marks(void **state)
{
    (void)state;
    struct arena arena;
    struct span_log log;
    struct spans *spans = spans_of(10, 0, 0);
    arena_init(&arena);
    spans_request(spans, 1, 3, 0);
    spans_call(spans, 1, 1, 3, 0);
    spans_call(spans, 2, 1, 4, 20);
    spans_async(spans, 2);
    spans_worked(spans, 1, 30); /* no more: it had called */
    spans_given_up(spans, 2, 50);
    spans_given_up(spans, 9, 50); /* nobody's that is traced */
    end(spans, 1, 50);
    spans_finish(spans, 1, OUTCOME_OK, 50);
    end(spans, 2, 70);
    spans_collect(spans, &arena, 200, &log);
    const struct span *span = log.traces[0].spans;
    assert_int_equal(log.traces[0].left_out, 0);
    assert_int_equal(span[1].worked_ns, 20);
    assert_int_equal(span[1].given_up_ns, SPAN_NEVER);
    assert_int_equal(span[2].worked_ns, SPAN_NEVER);
    assert_int_equal(span[2].given_up_ns, 50);
    assert_int_equal(span[1].kind, SPAN_CALL);
    assert_int_equal(span[2].kind, SPAN_ASYNC);
    arena_done(&arena);
    spans_free(spans);
}

/* One request that calls without end does not fill the memory: what is too much is counted. */
static void test_large(void **state)
{
    (void)state;
    struct arena arena;
    struct span_log log;
    struct spans *spans = spans_of(10, 0, 0);
    arena_init(&arena);
    spans_request(spans, 1, 3, 0);
    spans_call(spans, 1, 1, 3, 0);
    for (int64_t i = 0; i < 3 * SPANS_TRACE_MAX; i++) {
        spans_call(spans, 2, 1, 4, i);
        spans_call(spans, 3, 2, 5, i); /* of one that is left out: not known of */
        end(spans, 3, i);
        end(spans, 2, i);
    }
    end(spans, 1, 1000000);
    spans_finish(spans, 1, OUTCOME_OK, 1000000);
    spans_collect(spans, &arena, 2000000, &log);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.traces[0].count, SPANS_TRACE_MAX);
    assert_int_equal(log.traces[0].left_out, 3 * SPANS_TRACE_MAX - (SPANS_TRACE_MAX - 2) / 2);
    assert_int_equal(spans->pool_count, SPANS_TRACE_MAX);
    arena_done(&arena);
    spans_free(spans);
}

/* Nor do many requests at once: so many are followed, and later ones again when there is room. */
static void test_many_at_once(void **state)
{
    (void)state;
    struct arena arena;
    struct span_log log;
    struct spans *spans = spans_of(1000, 0, 0);
    arena_init(&arena);
    spans->setup.spans_max = 100;
    for (uint32_t i = 0; i < 200; i++) {
        spans_request(spans, i, 3, i);
    }
    spans_call(spans, 0, 0, 3, 200);
    for (uint32_t i = 0; i < 50; i++) {
        spans_finish(spans, i, OUTCOME_OK, 300);
    }
    spans->setup.spans_max = 101;
    spans_request(spans, 0, 3, 400);
    spans_collect(spans, &arena, 500, &log);
    assert_int_equal(log.count, 101);
    assert_int_equal(log.not_followed, 100);
    assert_int_equal(log.end_ns, 500);
    assert_int_equal(log.traces[0].left_out, 1);
    assert_int_equal(log.traces[99].number, 99);
    assert_int_equal(log.traces[100].number, 200); /* counted are all */
    assert_true(log.traces[100].spans[0].zone == UINT8_MAX);
    arena_done(&arena);
    spans_free(spans);
}

static void test_slowest(void **state)
{
    (void)state;
    struct arena arena;
    struct span_log log;
    struct spans *spans = spans_of(0, 4, 0);
    arena_init(&arena);
    for (int64_t i = 0; i < 1000; i++) {
        request(spans, (uint32_t)(i % 50), i, (i * 7919) % 1000); /* all lengths once */
    }
    spans_request(spans, 60, 3, 990); /* and one that has not ended */
    spans_collect(spans, &arena, 2500, &log);
    assert_int_equal(log.count, 4);
    int64_t sum_ns = 0;
    for (uint32_t i = 0; i < 4; i++) {
        const struct span *root = &log.traces[i].spans[0];
        assert_true(log.traces[i].slow);
        sum_ns += root->end_ns != SPAN_NEVER ? root->end_ns - root->begin_ns : 0;
    }
    assert_int_equal(sum_ns, 999 + 998 + 997);
    assert_true(spans->pool_count < 20); /* what is not kept is used again */
    arena_done(&arena);
    spans_free(spans);
}

/* Each of 100 requests is kept with probability 1/10: over 2,000 repetitions the 100 counts of
 * mean 200 make a chi-square of about 99 degrees of freedom (less one tenth, for they exclude each
 * other); 160 is beyond its 99.99 % point. */
static void test_sample_is_uniform(void **state)
{
    (void)state;
    uint32_t kept[100] = {0};
    for (uint32_t repetition = 0; repetition < 2000; repetition++) {
        struct arena arena;
        struct span_log log;
        struct spans *spans = spans_of(10, 0, repetition);
        arena_init(&arena);
        for (int64_t i = 0; i < 100; i++) {
            request(spans, 1, i, 5);
        }
        spans_collect(spans, &arena, 200, &log);
        assert_int_equal(log.count, 10);
        for (uint32_t i = 0; i < log.count; i++) {
            kept[log.traces[i].number]++;
        }
        arena_done(&arena);
        spans_free(spans);
    }
    double chi_square = 0;
    for (uint32_t i = 0; i < 100; i++) {
        chi_square += (kept[i] - 200.0) * (kept[i] - 200.0) / 200.0;
    }
    assert_true(chi_square < 160 && chi_square > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),    cmocka_unit_test(test_marks),
        cmocka_unit_test(test_large),   cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_slowest), cmocka_unit_test(test_sample_is_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
