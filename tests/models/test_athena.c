/* Athena's documented rules. Sources: [Q] Athena user guide, Service Quotas; [C] Determine capacity
 * requirements; [R] Reuse query results; [P] Athena pricing. Known independently: Erlang's C for
 * M/M/c, Pollaczek and Khinchine for M/D/1; bytes / rate; what ended is what was accepted. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/engine/bottleneck.h"
#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "replications: 2\nseed: 5\n"
#define LONG "archsim: 1\nname: test\nduration: {100h}\nwarmup: 5min\nreplications: 10\nseed: 3\n"
/* Queries of 1 GB that take a second. */
#define PLAIN "type: athena, startup: 0s, scan_rate: 1 GB/s, scanned: 1 GB"

/* [Q] Queries queue until they have capacity: three places, exponential scans, M/M/3 at 0.8. */
static void waits_as_erlang_says(void **state)
{
    (void)state;
    struct lab *lab = lab_run(LONG "services: {q: {type: athena, startup: 0s, scan_rate: 1 GB/s, "
                                   "scanned: exponential(1 GB), running: 3, "
                                   "query_timeout: 240min}}\n"
                                   "traffic: {t: {to: q.query, rate: 2.4/s}}\n");
    const double load = 2.4;
    const double all = pow(load, 3) / 6 * 3 / (3 - load);
    const double waits = all / (1 + load + load * load / 2 + all);
    lab_expect(lab, "services.q.query_queue_time.mean", waits / (3 - load), 0.1);
    lab_expect(lab, "services.q.engine_execution_time.mean", 1, 0.05);
    lab_expect(lab, "services.q.utilization", load / 3, 0.05);
    lab_close(lab);
}

/* [C] A query takes its DPUs of the reservation and waits for them: 4 of 4, M/D/1 at 0.7. */
static void reservation_is_a_queue(void **state)
{
    (void)state;
    struct lab *lab = lab_run(LONG "services: {q: {" PLAIN ", capacity: 4}}\n"
                                   "traffic: {t: {to: q.query, rate: 0.7/s}}\n");
    lab_expect(lab, "services.q.query_queue_time.mean", 0.7 / (2 * 0.3), 0.1);
    lab_equal(lab, "services.q.dpu_provisioned_hours", 4 * 100 * lab_scale());
    lab_expect(lab, "services.q.dpu_consumed_hours", 0.7 * 4 * 100 * lab_scale(), 0.05);
    lab_equal(lab, "services.q.billed_bytes", 0);
    lab_close(lab);
}

/* [C] 24 DPUs at 8 a query are three queries at a time; a ddl takes 4. */
static void dpus_of_a_query_limit_how_many_run(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") "services: {q: {" PLAIN ", capacity: 24, query_dpus: 8}, "
                             "d: {type: athena, startup: 1s, capacity: 24, query_dpus: 8}}\n"
                             "traffic:\n"
                             "  t: {to: q.query, rate: 0.01/s, arrivals: constant, batch: 9}\n"
                             "  u: {to: d.ddl, rate: 0.01/s, arrivals: constant, batch: 12}\n");
    lab_equal(lab, "services.q.query_queue_time.max", 2);
    lab_equal(lab, "services.q.query_queue_time.mean", 1);
    lab_equal(lab, "services.d.query_queue_time.mean", 0.5);
    lab_close(lab);
}

/* [Q] Those that wait count too: of 30 at once 20 are active, the others TooManyRequests. The quota
 * is one for all workgroups; a reservation's queries are not in it. */
static void active_queries_are_a_quota_of_the_account(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") "region: sa-east-1\n"
                                           "services: {q: {" PLAIN ", running: 5}, "
                                           "r: {" PLAIN "}, c: {" PLAIN ", capacity: 8}}\n"
                                           "traffic:\n"
                                           "  t: {to: q.query, rate: [[0s, 0/s], [10s, 1/s], "
                                           "[11s, 0/s]], arrivals: constant, batch: 30}\n"
                                           "  u: {to: r.query, rate: [[0s, 0/s], [11s, 1/s], "
                                           "[12s, 0/s]], arrivals: constant, batch: 6}\n"
                                           "  v: {to: c.query, rate: [[0s, 0/s], [11s, 1/s], "
                                           "[12s, 0/s]], arrivals: constant, batch: 6}\n");
    lab_equal(lab, "services.q.too_many_requests", 10);
    lab_equal(lab, "services.q.queries_succeeded", 20);
    lab_equal(lab, "traffic.t.errors.throttled", 10.0 / 30);
    assert_true(lab_value(lab, "services.r.too_many_requests") <= 6);
    lab_equal(lab, "services.c.too_many_requests", 0);
    lab_close(lab);
}

/* [Q] 20 starts a second, 80 at once: of 100 at once 20 are throttled; of 30/s all but 20/s. */
static void starts_are_throttled(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") "quotas: {athena: {active_dml: {us_east_1: 10k}}}\n"
                             "services: {q: {" PLAIN "}}\n"
                             "traffic: {t: {to: q.query, rate: [[0s, 0/s], [10s, 1/s], "
                             "[11s, 0/s]], arrivals: constant, batch: 100}}\n");
    lab_equal(lab, "services.q.throttled_starts", 20);
    lab_close(lab);
    lab = lab_run(HEAD("100s") "services: {q: {" PLAIN "}}\n"
                               "traffic: {t: {to: q.query, rate: 30/s, arrivals: constant}}\n");
    lab_near(lab, "services.q.throttled_starts", 1000 - 80, 2);
    lab_close(lab);
}

/* [P] Bytes are rounded up to a megabyte, ten at least; ddl is free. */
static void bill_is_rounded_up(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") "services: {a: {type: athena}, b: {type: athena}, c: {type: athena}}\n"
                             "traffic:\n"
                             "  t: {to: a.query, rate: 1/s, arrivals: constant, size: 25200 kB}\n"
                             "  u: {to: b.query, rate: 1/s, arrivals: constant, size: 3 kB}\n"
                             "  v: {to: c.ddl, rate: 1/s, arrivals: constant}\n");
    lab_equal(lab, "services.a.billed_bytes", 100 * 26e6);
    lab_equal(lab, "services.a.processed_bytes", 100 * 25200e3);
    lab_equal(lab, "services.b.billed_bytes", 100 * 10e6);
    lab_equal(lab, "services.c.billed_bytes", 0);
    lab_close(lab);
}

/* [Q] 30 minutes, then it is cancelled, and what it scanned until then is paid for. */
static void timeout_cancels_and_bills(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("1h") "drain: 1h\nservices: {q: {type: athena, startup: 2s, "
                                         "scan_rate: 1 GB/s}}\n"
                                         "traffic: {t: {to: q.query, rate: 1/h, "
                                         "arrivals: constant, size: 10 TB}}\n");
    lab_equal(lab, "services.q.queries_cancelled", 1);
    lab_equal(lab, "services.q.billed_bytes", 1798e9);
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_close(lab);
}

/* [Q] Data usage control: cancelled once it has scanned so much, which is paid for. */
static void scan_limit_cancels_and_bills(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") "services: {q: {" PLAIN ", scan_limit: 5 GB}}\n"
                                           "traffic: {t: {to: q.query, rate: 1/s, size: 8 GB, "
                                           "arrivals: constant}}\n");
    lab_equal(lab, "services.q.queries_cancelled", 100);
    lab_equal(lab, "services.q.billed_bytes", 100 * 5e9);
    lab_equal(lab, "traffic.t.errors.failed", 1);
    lab_close(lab);
}

/* What every request calls comes after the scan, once. */
static void query_asks_its_key_and_its_logs(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("100s") "services:\n  key: {type: kms, latency: 1s}\n  b: {type: s3}\n"
                     "  logs: {type: cloudwatch}\n"
                     "  q: {" PLAIN ", encryption: key, logs: logs, results: b, source: b}\n"
                     "traffic: {t: {to: q.query, rate: [[0s, 1/s], [50s, 0/s]], "
                     "arrivals: constant}}\n");
    lab_equal(lab, "services.q.queries_succeeded", 50);
    lab_equal(lab, "services.key.call_count", 50);
    lab_equal(lab, "services.b.put_requests", 50);
    lab_equal(lab, "services.q.processed_bytes", 50e9);
    assert_true(lab_value(lab, "services.q.engine_execution_time.p50") > 2);
    lab_close(lab);
}

/* [R] A result is taken again for max_age: one query of 10 s in half an hour scans, and its result
 * is good 30 min from its end on: at 0, 30:10, 60:20 and 90:30 of two hours. */
static void young_results_are_reused(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("2h") "services: {q: {type: athena, startup: 0s, scan_rate: 1 GB/s, scanned: 10 GB, "
                   "reuse: {max_age: 30min, queries: zipf(n=1 s=0), time: 500ms}}}\n"
                   "traffic: {t: {to: q.query, rate: 1/min, arrivals: constant}}\n");
    lab_equal(lab, "services.q.queries_succeeded", 120);
    lab_equal(lab, "services.q.queries_reused", 116);
    lab_equal(lab, "services.q.processed_bytes", 4 * 10e9);
    lab_equal(lab, "services.q.total_execution_time.p50", 0.5);
    lab_close(lab);
}

/* A scan reads its bucket, 100 MB in 12 requests of 8 MiB at most, and puts a result; a source that
 * throttles makes the query fail in the end, and what failed is not paid for. */
static void scan_reads_its_bucket(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("100s") "services:\n  b: {type: s3, object_size: 100 MB}\n"
                     "  o: {type: rate_limiter, rate: 1/h, burst: 1, calls: [{wait: 1ms}]}\n"
                     "  q: {type: athena, scanned: 10 GB, source: b, results: b, "
                     "result_size: 1 MB}\n"
                     "  p: {type: athena, scanned: 10 GB, source: o}\n"
                     "traffic:\n"
                     "  t: {to: q.query, rate: [[0s, 1/s], [50s, 0/s]], arrivals: constant}\n"
                     "  u: {to: p.query, rate: [[0s, 1/s], [50s, 0/s]], arrivals: constant}\n");
    lab_equal(lab, "services.q.queries_succeeded", 50);
    lab_equal(lab, "services.b.get_requests", 50 * 100 * 12);
    lab_equal(lab, "services.b.put_requests", 50);
    lab_near(lab, "services.b.bytes_uploaded", 50 * 1e6, 1);
    lab_equal(lab, "services.p.queries_failed", 49);
    lab_equal(lab, "services.p.queries_succeeded", 1);
    lab_equal(lab, "services.p.billed_bytes", 10e9);
    lab_close(lab);
}

/* Who gives up while it waits leaves the line, and is not billed. */
static void cancelled_query_leaves_the_line(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("1000s") "services: {q: {" PLAIN ", running: 1}}\n"
                                            "traffic: {t: {to: q.query, rate: 5/s, timeout: 3s, "
                                            "cancel: true}}\n");
    const double good = lab_value(lab, "services.q.queries_succeeded");
    const double cancelled = lab_value(lab, "services.q.queries_cancelled");
    lab_near(lab, "traffic.t.offered", (good + cancelled) / 1000, 1e-9);
    assert_true(good > 0 && good < 1001 && cancelled > 3000);
    assert_true(lab_value(lab, "services.q.query_queue_time.max") <= 3);
    lab_close(lab);
}

/* What is nearest to its limit: places on demand, DPUs of a reservation, active queries. Two a
 * minute of 10 s each hold 1/3 of a place on average. */
static void limits_can_be_named(void **state)
{
    (void)state;
    static const struct {
        const char *limit, *resource;
        double share;
    } cases[] = {
        {"running: 1", "running queries", 1 / 3.0},
        {"capacity: 4", "reserved DPUs", 1 / 3.0},
        {"partitions: 1", "active queries", 1 / 60.0}, /* of 20 */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("1h") "region: sa-east-1\nservices: {q: {type: athena, scanned: 0B, "
                               "startup: 10s, %s}}\n"
                               "traffic: {t: {to: q.query, arrivals: constant, rate: 2/min}}\n",
                    cases[i].limit);
        const struct results_bottleneck found =
            bottleneck_find(lab->scenario, lab->experiment.replications, 1, 0.95);
        assert_true(found.known);
        assert_string_equal(found.resource, cases[i].resource);
        assert_true(fabs(found.utilization.value - cases[i].share) < 0.002);
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_as_erlang_says),
        cmocka_unit_test(reservation_is_a_queue),
        cmocka_unit_test(dpus_of_a_query_limit_how_many_run),
        cmocka_unit_test(active_queries_are_a_quota_of_the_account),
        cmocka_unit_test(starts_are_throttled),
        cmocka_unit_test(bill_is_rounded_up),
        cmocka_unit_test(timeout_cancels_and_bills),
        cmocka_unit_test(scan_limit_cancels_and_bills),
        cmocka_unit_test(query_asks_its_key_and_its_logs),
        cmocka_unit_test(young_results_are_reused),
        cmocka_unit_test(scan_reads_its_bucket),
        cmocka_unit_test(cancelled_query_leaves_the_line),
        cmocka_unit_test(limits_can_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
