/* Known independently: the example of the header, list scheduling of even tasks (ceil), and that a
 * job is never faster than its work over all cores, nor than its longest task. */
#include "sim/blocks/waves.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/kernel/random.h"

/* A task is 8 bytes, at 1 byte a second. */
static const struct waves_rules even = {
    .file_bytes = 8, .split_bytes = 8, .rate_bytes_per_s = 1, .skew = 1, .cores = 2};

static struct waves plan(int64_t executors, bool fitted, double bytes)
{
    struct waves_rules rules = even;
    rules.executors_most = executors;
    rules.fitted = fitted;
    return waves_plan(&rules, bytes);
}

static void test_worked(void **state)
{
    (void)state;
    assert_int_equal(plan(2, false, 80).tasks, 10);
    assert_true(plan(2, false, 80).time_ns == 24e9);
    assert_true(plan(3, false, 80).time_ns == 16e9);
    assert_true(plan(5, false, 80).time_ns == 8e9);
    assert_true(plan(50, false, 80).time_ns == 8e9);
    assert_int_equal(plan(50, true, 80).executors, 5);
    assert_int_equal(plan(50, false, 80).executors, 50);
    assert_int_equal(plan(2, true, 80).needed, 5);
}

/* 1,000 files of 1 byte with 3 on top are 500 tasks of 8, and each takes its time to open. */
static void small_files_cost_more(void **state)
{
    (void)state;
    struct waves_rules rules = even;
    rules.file_bytes = 1;
    rules.open_bytes = 3;
    rules.file_ns = 1e9;
    rules.executors_most = 250;
    const struct waves small = waves_plan(&rules, 1000);
    assert_int_equal(small.tasks, 500);
    assert_true(small.time_ns == 4e9); /* of 2 bytes and 2 files */
}

static void nothing_takes_no_time(void **state)
{
    (void)state;
    const struct waves none = plan(4, true, 0);
    assert_int_equal(none.tasks, 0);
    assert_int_equal(none.executors, 1);
    assert_true(none.time_ns == 0);
}

static void never_faster_than_its_work(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 3, 0, "test", "waves");
    for (int i = 0; i < 100000; i++) {
        const double bytes = 1 + random_uniform(&random) * 1e4;
        const int64_t executors = 1 + (int64_t)random_below(&random, 100);
        const struct waves all = plan(executors, false, bytes),
                           fitted = plan(executors, true, bytes);
        const double work_ns = bytes * 1e9, task_ns = work_ns / (double)all.tasks;
        const double slots = 2 * (double)executors;
        assert_true(all.time_ns >= work_ns / slots * (1 - 1e-12));
        assert_true(all.time_ns >= task_ns * (1 - 1e-12));
        assert_true(all.time_ns <= (work_ns / slots + task_ns) * (1 + 1e-12));
        assert_true(fabs(fitted.time_ns - all.time_ns) <= 1e-9 * all.time_ns);
        assert_true(fitted.executors <= executors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(small_files_cost_more),
        cmocka_unit_test(nothing_takes_no_time),
        cmocka_unit_test(never_faster_than_its_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
