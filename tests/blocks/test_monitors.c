/* Known independently: CloudWatch User Guide, "Alarm evaluation": the last N datapoints, of whole
 * periods. So after a step that makes the running period breach an alarm takes the rest of that
 * period + the delay until a datapoint is seen + (N - 1) periods, and after one that does not, a
 * period more. Datapoint i is seen at the maximum of end + delay over those up to i, by order. */
#include "sim/blocks/monitors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
enum { FIRST_SLOT = 100, MOST = 4, CHANGES = 16 };

/* Calls are counted that come at one rate from a time on until another. */
struct bench {
    struct arena arena;
    struct core core;
    struct monitors monitors;
    double rate_per_s;
    int64_t from_ns, until_ns;
    uint32_t puts;
    struct {
        int64_t at_ns;
        uint32_t number;
        enum alarm_state before, state;
    } changes[CHANGES];
    uint32_t changes_count;
};

static void bench_init(struct bench *bench, uint64_t seed)
{
    *bench = (struct bench){0};
    arena_init(&bench->arena);
    core_init(&bench->core, 1);
    struct monitors_setup setup = {
        .core = &bench->core,
        .arena = &bench->arena,
        .service = 7,
        .first_slot = FIRST_SLOT,
        .most = MOST,
    };
    random_seed(&setup.delays, seed, 0, "bench", "delays");
    monitors_init(&bench->monitors, &setup);
}

static void bench_done(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

/* N of N above the threshold. */
static void bench_add(struct bench *bench, double threshold, uint32_t n, int64_t period_ns,
                      const struct distribution *delay, const struct distribution *more_delay)
{
    monitors_add(&bench->monitors, &(struct monitor_setup){
                                       .alarm = {threshold, ALARM_ABOVE, n, n, ALARM_FILL_MISSING},
                                       .period_ns = period_ns,
                                       .delay = delay,
                                       .more_delay = more_delay,
                                   });
}

/* In the period of that monitor that ends now. */
static double bench_calls(const struct bench *bench, uint32_t number)
{
    const int64_t now_ns = core_now(&bench->core);
    const int64_t begin_ns = now_ns - bench->monitors.items[number].setup.period_ns;
    const int64_t first_ns = begin_ns > bench->from_ns ? begin_ns : bench->from_ns;
    const int64_t last_ns = now_ns < bench->until_ns ? now_ns : bench->until_ns;
    return last_ns > first_ns ? bench->rate_per_s * (double)(last_ns - first_ns) / SECOND : 0;
}

static void bench_until(struct bench *bench, int64_t end_ns)
{
    struct event event;
    events_at(&bench->core.events, end_ns, EVENT_WINDOW, 0, 0);
    while (events_next(&bench->core.events, &event) && event.kind != EVENT_WINDOW) {
        assert_int_equal(event.kind, EVENT_SERVICE);
        uint32_t number;
        const enum monitors_news news = monitors_due(&bench->monitors, event.slot, &number);
        if (news == MONITORS_ENDED) {
            monitors_put(&bench->monitors, number, bench_calls(bench, number));
            bench->puts++;
        } else if (news == MONITORS_CHANGED) {
            const struct monitor *monitor = &bench->monitors.items[number];
            assert_true(bench->changes_count < CHANGES);
            bench->changes[bench->changes_count].at_ns = core_now(&bench->core);
            bench->changes[bench->changes_count].number = number;
            bench->changes[bench->changes_count].before = monitor->before;
            bench->changes[bench->changes_count++].state = monitor->alarm.state;
        }
    }
}

/* When that monitor went to a state first; -1: never. */
static int64_t bench_when_ns(const struct bench *bench, uint32_t number, enum alarm_state state)
{
    for (uint32_t i = 0; i < bench->changes_count; i++) {
        if (bench->changes[i].number == number && bench->changes[i].state == state) {
            return bench->changes[i].at_ns;
        }
    }
    return -1;
}

/* The worked example, and other steps, periods, delays and N. 10 a second; a threshold of a third
 * of a period's calls, so that a running period breaches of which that is left. */
static void alarm_takes_rest_and_delay_and_periods(void **state)
{
    (void)state;
    static const struct {
        int64_t step_s, period_s, delay_s, alarm_s;
        uint32_t n;
    } cases[] = {
        {630, 60, 90, 660 + 90 + 2 * 60, 3}, {630, 60, 90, 660 + 90, 1},
        {601, 60, 0, 660 + 4 * 60, 5},       {655, 60, 90, 720 + 90 + 60, 2},
        {123, 10, 5, 130 + 5 + 10, 2},       {3600, 300, 120, 3900 + 120 + 600, 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        bench_init(&bench, 1);
        const struct distribution delay = distribution_constant((double)cases[i].delay_s * 1e9);
        bench_add(&bench, 10.0 * (double)cases[i].period_s / 3, cases[i].n,
                  cases[i].period_s * SECOND, &delay, NULL);
        bench.rate_per_s = 10;
        bench.from_ns = cases[i].step_s * SECOND;
        bench.until_ns = INT64_MAX;
        monitors_begin(&bench.monitors, 0);
        bench_until(&bench, 3 * 3600 * SECOND);
        assert_int_equal(bench_when_ns(&bench, 0, ALARM_ON), cases[i].alarm_s * SECOND);
        bench_done(&bench);
    }
}

/* Periods are the clock's: its time 0 is at 50 s, where one of 60 s ends that began before all
 * did. It would breach; the first that counts is seen at 110 s, the delay later. */
static void a_period_that_is_not_whole_is_passed_over(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1);
    const struct distribution delay = distribution_constant(7e9), more = distribution_constant(3e9);
    bench_add(&bench, 100, 1, 60 * SECOND, &delay, &more);
    bench.rate_per_s = 10;
    bench.until_ns = 50 * SECOND;
    monitors_begin(&bench.monitors, 50 * SECOND);
    bench_until(&bench, 115 * SECOND);
    assert_int_equal(bench.puts, 2); /* at 50 s and 110 s */
    assert_int_equal(bench.changes_count, 0);
    bench_until(&bench, 600 * SECOND);
    assert_int_equal(bench.changes_count, 1);
    assert_int_equal(bench.changes[0].at_ns, (110 + 7 + 3) * SECOND);
    assert_int_equal(bench.changes[0].before, ALARM_INSUFFICIENT_DATA);
    assert_int_equal(bench.changes[0].state, ALARM_OK);
    bench_done(&bench);
}

/* Delays of up to five periods: the same draws, made here, say when each must be seen. */
static void datapoints_are_seen_in_order(void **state)
{
    (void)state;
    struct bench bench;
    struct random same;
    bench_init(&bench, 9);
    random_seed(&same, 9, 0, "bench", "delays");
    const struct distribution delay = distribution_uniform(0, 300e9);
    bench_add(&bench, 1e9, 1, 60 * SECOND, &delay, NULL);
    int64_t seen_ns[200], last_ns = 0;
    uint32_t out_of_order = 0;
    for (int64_t i = 0; i < 200; i++) { /* the first is at 0 s, and not whole */
        const int64_t own_ns = (i + 1) * 60 * SECOND + distribution_draw_int(&delay, &same);
        out_of_order += own_ns < last_ns;
        last_ns = seen_ns[i] = own_ns > last_ns ? own_ns : last_ns;
    }
    assert_true(out_of_order > 50);
    const struct monitor *monitor = &bench.monitors.items[0];
    monitors_begin(&bench.monitors, 0);
    uint32_t seen = 0;
    for (int64_t put = 0; put <= 200;) {
        struct event event;
        uint32_t number;
        assert_true(events_next(&bench.core.events, &event));
        if (monitors_due(&bench.monitors, event.slot, &number) == MONITORS_ENDED) {
            monitors_put(&bench.monitors, number, (double)put++);
        } else {
            assert_int_equal(core_now(&bench.core), seen_ns[seen++]);
            assert_true(monitor->alarm.value == seen);
        }
    }
    assert_true(seen > 190);
    bench_done(&bench);
}

/* Two of three go off and come back: how many are in ALARM, and for how long together. */
static void those_in_alarm_are_counted(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1);
    const struct distribution none = distribution_constant(0);
    bench_add(&bench, 100, 1, 60 * SECOND, &none, NULL);
    bench_add(&bench, 100, 2, 60 * SECOND, &none, NULL);
    bench_add(&bench, 1000, 1, 60 * SECOND, &none, NULL);
    bench.rate_per_s = 10;
    bench.from_ns = 600 * SECOND;
    bench.until_ns = 900 * SECOND;
    monitors_begin(&bench.monitors, 0);
    bench_until(&bench, 700 * SECOND);
    assert_int_equal(bench.monitors.on.value, 1);
    bench_until(&bench, 800 * SECOND);
    assert_int_equal(bench.monitors.on.value, 2);
    bench_until(&bench, 1200 * SECOND);
    assert_int_equal(bench.monitors.on.value, 0);
    /* from 660 s and from 720 s until the first quiet period ends, at 960 s */
    assert_true(gauge_area_s(&bench.monitors.on, core_now(&bench.core)) == 300 + 240);
    assert_int_equal(bench_when_ns(&bench, 2, ALARM_ON), -1);
    assert_int_equal(bench.changes_count, 3 + 2 + 2); /* to OK, off, back */
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarm_takes_rest_and_delay_and_periods),
        cmocka_unit_test(a_period_that_is_not_whole_is_passed_over),
        cmocka_unit_test(datapoints_are_seen_in_order),
        cmocka_unit_test(those_in_alarm_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
