/* X-Ray's documented rules. Sources: [S] X-Ray developer guide, "Configure sampling rules": "the
 * X-Ray SDK records the first request each second, and five percent of any additional requests";
 * [F] facts, xray: without central sampling traces/s = sum over hosts of min(r, 1) + 0.05 x
 * max(r - 1, 0); segments over the quota are dropped, requests unaffected. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define HEAD "archsim: 1\nname: test\nduration: {400s}\nwarmup: 10s\nreplications: 20\nseed: 5\n"

/* [F] For r evenly spaced requests a second: exactly min(r, 1) + 0.05 x max(r - 1, 0). */
static void traces_follow_the_formula(void **state)
{
    (void)state;
    const double rates[] = {0.5, 1, 2.5, 40};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const double r = rates[i];
        struct lab *lab =
            lab_run(HEAD "services:\n  rays: {type: xray}\n  app: {type: delay, tracing: rays}\n"
                         "traffic:\n  t: {to: app, arrivals: constant, rate: %g/s}\n",
                    r);
        const double traces = fmin(r, 1) + 0.05 * fmax(r - 1, 0);
        lab_expect(lab, "services.rays.sampled_ratio", traces / r, 0.05);
        if (r <= 1) {
            lab_equal(lab, "services.rays.sampled_ratio", 1);
        }
        lab_close(lab);
    }
}

/* [S] Of Poisson requests the first of each second: 1 - e^-r of them a second, and 5 % of the
 * rest. */
static void first_of_each_second_is_sampled(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "services:\n  rays: {type: xray}\n  app: {type: delay, tracing: rays}\n"
                     "traffic:\n  t: {to: app, rate: 2/s}\n");
    const double first = 1 - exp(-2);
    lab_expect(lab, "services.rays.sampled_ratio", (first + 0.05 * (2 - first)) / 2, 0.06);
    lab_close(lab);
}

/* [F] Each of 5 hosts has its reservoir: 5 x (1 + 0.05 x (8 - 1)) of 40 a second; with central
 * sampling they share one: 1 + 0.05 x 39. */
static void hosts_count_by_themselves_without_central_sampling(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "services:\n"
                     "  own: {type: xray, central_sampling: false, hosts: 5}\n"
                     "  shared: {type: xray}\n"
                     "  a: {type: delay, tracing: own}\n  b: {type: delay, tracing: own}\n"
                     "  c: {type: delay, tracing: shared}\n"
                     "traffic:\n  ta: {to: a, arrivals: constant, rate: 40/s}\n"
                     "  tb: {to: b, arrivals: constant, rate: 40/s}\n"
                     "  tc: {to: c, arrivals: constant, rate: 40/s}\n");
    /* each caller has hosts of its own */
    lab_expect(lab, "services.own.sampled_ratio", 5 * (1 + 0.05 * 7) / 40, 0.05);
    lab_expect(lab, "services.shared.sampled_ratio", (1 + 0.05 * 39) / 40, 0.05);
    lab_close(lab);
}

/* The verdict goes along with the request: of a trace every traced service sends its segment, also
 * from parallel branches, and beyond one that is not traced. What is asynchronous begins anew. */
static void verdict_holds_for_the_whole_request(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 200s\nwarmup: 10s\nreplications: 2\nseed: 5\n"
        "services:\n  rays: {type: xray, segments: 2}\n"
        "  front: {type: delay, tracing: rays, calls: [{parallel: [mid, mid]}, {async: later}]}\n"
        "  mid: {type: delay, calls: [back]}\n"
        "  back: {type: delay, work: 3ms, tracing: rays}\n"
        "  later: {type: delay, tracing: other}\n  other: {type: xray}\n"
        "traffic:\n  t: {to: front, arrivals: constant, rate: 50/s}\n");
    const double traces = lab_value(lab, "services.rays.traced_request_count");
    assert_true(traces > 200 && traces < 2000);
    lab_equal(lab, "services.rays.segments", 3 * 2 * traces);
    lab_equal(lab, "services.rays.arrivals", 3 * 50);
    lab_equal(lab, "services.rays.sampled_ratio", traces / (200 * 50));
    assert_true(lab_value(lab, "services.other.traced_request_count") > 200);
    lab_close(lab);
}

/* [F] The SDK takes its time of every request, sampled or not; and nothing else. */
static void overhead_is_the_callers(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 100s\nwarmup: 1s\nreplications: 2\nseed: 5\n"
                "services:\n  rays: {type: xray}\n"
                "  app: {type: server, servers: 1, work: 1ms, tracing: rays, calls: [db]}\n"
                "  db: {type: delay, work: 2ms}\n"
                "traffic:\n  t: {to: app, arrivals: constant, rate: 100/s}\n");
    lab_equal(lab, "services.app.latency.mean", 0.0032);
    lab_equal(lab, "services.app.latency.max", 0.0032);
    lab_equal(lab, "services.app.utilization", 0.32); /* the thread is held */
    lab_close(lab);
}

/* [F] Of 50 segments a second 20 are taken (and a full bucket at the start); no request fails. */
static void segments_over_the_quota_are_dropped(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 100s\nwarmup: 10s\nreplications: 2\nseed: 5\n"
        "quotas: {xray: {segments: 20/s}}\n"
        "services:\n  rays: {type: xray, rate: 100%%}\n  app: {type: delay, tracing: rays}\n"
        "traffic:\n  t: {to: app, arrivals: constant, rate: 50/s}\n");
    assert_true(fabs(lab_value(lab, "services.rays.segments") - 2000) <= 1);
    assert_true(fabs(lab_value(lab, "services.rays.unprocessed_trace_segments") - 3000) <= 1);
    lab_equal(lab, "services.rays.traced_request_count", 5000);
    lab_equal(lab, "traffic.t.availability", 1);
    const struct log_entry *entry = lab->experiment.replications[0].log;
    bool found = false;
    for (; entry != NULL; entry = entry->next) {
        found |= entry->kind == LOG_THROTTLING && strcmp(entry->metric, "segments") == 0;
    }
    assert_true(found);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_follow_the_formula),
        cmocka_unit_test(first_of_each_second_is_sampled),
        cmocka_unit_test(hosts_count_by_themselves_without_central_sampling),
        cmocka_unit_test(verdict_holds_for_the_whole_request),
        cmocka_unit_test(overhead_is_the_callers),
        cmocka_unit_test(segments_over_the_quota_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
