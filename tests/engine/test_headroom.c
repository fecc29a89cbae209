/* The headroom that a run estimates, against a search: the largest multiple of the traffic under
 * which fewer than one request in a thousand fails and nothing is overloaded. They agree within 6
 * %. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/engine/bottleneck.h"
#include "tests/support/lab.h"

enum { SEARCH_STEPS = 9 };

#define HEAD "archsim: 1\nduration: {20m}\nwarmup: 2m\nreplications: 2\nseed: 3\n"

static const struct {
    const char *text, *resource;
} cases[] = {
    {HEAD "services:\n  app: {type: server, servers: 4, work: exponential(100ms)}\n"
          "traffic:\n  t: {to: app, rate: 13/s}\n",
     "servers"},
    {HEAD "services:\n  app: {type: rate_limiter, rate: 50/s, burst: 500}\n"
          "traffic:\n  t: {to: app, rate: 20/s}\n",
     "tokens"},
    /* the peak counts, not the mean: constant gaps and work, so exactly 30 at a time */
    {HEAD "services:\n  app: {type: function_pool, work: 1s, cold_work: 1s, idle_timeout: 1m, "
          "max_instances: 100}\n"
          "traffic:\n  t: {to: app, rate: [[0s, 2/s], [5m, 30/s], [7m, 2/s]], arrivals: "
          "constant}\n",
     "instances"},
    {HEAD
     "services:\n  app: {type: lambda, runtime: rust, init: 1ms, placement: 1ms, overhead: 1ms,"
     " first_run: {factor: 1, extra: 0s}, work_memory: 512 MiB, work: 998ms, timeout: 5s}\n"
     "traffic:\n  t: {to: app, rate: [[0s, 50/s], [5m, 200/s], [7m, 50/s]], arrivals: "
     "constant}\n",
     "account concurrency"},
    {HEAD "services:\n  app: {type: api_gateway, kind: http, throttle: {rate: 60/s, burst: 60}, "
          "calls: [leaf]}\n  leaf: {type: delay, work: 1ms}\n"
          "traffic:\n  t: {to: app, rate: [[0s, 5/s], [5m, 25/s], [10m, 5/s]]}\n",
     "stage rate"},
    {HEAD
     "services:\n  app: {type: dynamodb, mode: provisioned, provisioned: {reads: 200/s, writes: "
     "100/s}, burst_time: 1s}\n"
     "traffic:\n  t: {to: app.put, rate: 30/s, size: 1500 B}\n",
     "write capacity"},
    {HEAD "services:\n  app: {type: auto_scaling_group, vcpu: 1, min: 4, max: 4, work: "
          "exponential(50ms)}\n"
          "traffic:\n  t: {to: app, rate: 30/s}\n",
     "maximum size"},
    {HEAD "services:\n  app: {type: aurora_serverless, min_capacity: 8 ACU, max_capacity: 8 ACU, "
          "operations: {write: {work: exponential(20ms)}}}\n"
          "traffic:\n  t: {to: app.write, rate: 30/s}\n",
     "maximum capacity of the writer"},
};

static struct results_bottleneck bottleneck_at(const char *text, double load, bool *sustained)
{
    struct lab *lab = lab_run_at(load, "%s", text);
    const struct results_bottleneck bottleneck =
        bottleneck_find(lab->scenario, lab->experiment.replications, lab->experiment.count, 0.95);
    *sustained = lab_value(lab, "traffic.t.availability") > 0.999;
    for (uint32_t i = 0; i < lab->experiment.count; i++) {
        *sustained = *sustained && !lab->experiment.replications[i].overloaded[0];
    }
    lab_close(lab);
    return bottleneck;
}

static void test_headroom(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool sustained;
        const struct results_bottleneck found = bottleneck_at(cases[i].text, 1, &sustained);
        assert_true(sustained);
        assert_true(found.known);
        double low = 1, high = 16;
        for (int step = 0; step < SEARCH_STEPS; step++) {
            const double middle = sqrt(low * high);
            bottleneck_at(cases[i].text, middle, &sustained);
            *(sustained ? &low : &high) = middle;
        }
        const double ratio = found.headroom.value / sqrt(low * high);
        print_message("%s: estimated %.3f, found %.3f\n", found.resource, found.headroom.value,
                      sqrt(low * high));
        assert_string_equal(found.resource, cases[i].resource);
        if (lab_scale() == 1) {
            assert_true(ratio > 0.94 && ratio < 1.06);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_headroom)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
