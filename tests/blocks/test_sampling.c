/* Sampling of traces. Source: [X] X-Ray developer guide, "Configure sampling rules": the first
 * requests of each second, and a share of the others. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/sampling.h"

#define SECOND INT64_C(1000000000)

/* [X] Without a share of the rest: exactly the first so many of every second. */
static void reservoir_is_of_each_second(void **state)
{
    (void)state;
    const struct sampling_rule rule = {2, 0};
    struct sampling sampling = {0};
    struct random random;
    random_seed(&random, 5, 0, "rays", "samples");
    for (int64_t second = 0; second < 10; second++) {
        for (int64_t i = 0; i < 8; i++) {
            const int64_t now_ns = second * SECOND + i * SECOND / 8;
            assert_int_equal(sampling_take(&sampling, &rule, now_ns, &random), i < 2);
        }
    }
    /* two right before the turn of a second, two right after */
    assert_true(sampling_take(&sampling, &rule, 12 * SECOND - 1, &random));
    assert_true(sampling_take(&sampling, &rule, 12 * SECOND - 1, &random));
    assert_false(sampling_take(&sampling, &rule, 12 * SECOND - 1, &random));
    assert_true(sampling_take(&sampling, &rule, 12 * SECOND, &random));
}

/* [X] The worked example: 2 + 10 % of 10, within six standard errors. */
static void rest_is_sampled_by_share(void **state)
{
    (void)state;
    const struct sampling_rule rule = {2, 0.1};
    struct sampling sampling = {0};
    struct random random;
    int sampled = 0;
    random_seed(&random, 5, 0, "rays", "samples");
    for (int64_t i = 0; i < 120000; i++) {
        sampled += sampling_take(&sampling, &rule, i * SECOND / 12, &random);
    }
    const double expected = 10000 * (2 + 0.1 * 10);
    assert_true(fabs(sampled - expected) < 6 * sqrt(100000 * 0.1 * 0.9));
}

/* A verdict is of one call: neither of the next one in its slot, nor of another service's. */
static void verdict_is_of_one_call(void **state)
{
    (void)state;
    struct core core;
    struct arena arena;
    struct verdicts verdicts = {0};
    struct frame *calls[200];
    core_init(&core, 1000);
    arena_init(&arena);
    for (int i = 0; i < 200; i++) {
        calls[i] = frame_new(&core.frames);
        calls[i]->start_ns = i;
        calls[i]->service = 3;
        assert_int_equal(verdicts_get(&verdicts, &core, calls[i]), VERDICT_NONE);
        verdicts_set(&verdicts, &arena, &core, calls[i], i % 3 == 0 ? VERDICT_YES : VERDICT_NO);
    }
    for (int i = 0; i < 200; i++) {
        assert_int_equal(verdicts_get(&verdicts, &core, calls[i]),
                         i % 3 == 0 ? VERDICT_YES : VERDICT_NO);
    }
    calls[0]->service = 4;
    assert_int_equal(verdicts_get(&verdicts, &core, calls[0]), VERDICT_NONE);
    frame_free(&core.frames, calls[7]);
    struct frame *next = frame_new(&core.frames);
    assert_ptr_equal(next, calls[7]);
    next->start_ns = 500;
    next->service = 3;
    assert_int_equal(verdicts_get(&verdicts, &core, next), VERDICT_NONE);
    arena_done(&arena);
    core_done(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reservoir_is_of_each_second),
        cmocka_unit_test(rest_is_sampled_by_share),
        cmocka_unit_test(verdict_is_of_one_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
