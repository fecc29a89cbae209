/* Rules of Databricks' compute. Sources: [W] docs.databricks.com, sql-warehouse/warehouse-behavior:
 * 10 queries a cluster, 1,000 that wait, clusters by minutes of load (recalled); [C]
 * compute/configure, How autoscaling behaves: two steps up, down after 40 s or 150 s; [J]
 * jobs/advanced: concurrent runs; [F] facts, databricks. Known otherwise: M/M/1-PS, Erlang C. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/engine/bottleneck.h"
#include "tests/support/logged.h"

#define HEAD "archsim: 1\nname: test\nreplications: 1\nwarmup: 0s\nseed: 3\n"
#define LONG "archsim: 1\nname: test\nreplications: 24\nwarmup: 1h\nseed: 3\n"

/* Alone a call has all workers; several share them. Egalitarian PS: E[T] = 1 / (mu - lambda), by
 * 4 workers and 40 s of one: 1 / (0.1 - 0.07) s. */
static void calls_share_the_workers(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        LONG "duration: {300h}\nservices:\n"
             "  users: {type: databricks, min_workers: 4, max_workers: 4, at_start: running,"
             " auto_stop: 0s, operations: {command: {work: exponential(40s)}}}\n"
             "traffic:\n  t: {to: users.command, rate: 0.07/s}\n");
    lab_expect(lab, "services.users.latency.mean", 1 / (0.1 - 0.07), 0.1);
    lab_expect(lab, "services.users.utilization", 0.7, 0.03);
    lab_close(lab);
}

/* [J] Each run has a cluster of its own, and further ones wait: M/M/3 where starts take no time.
 * rho = 0.8: Erlang C = 0.6472, E[T] = 100 + C 100 / (3 - 2.4) s. */
static void runs_wait_for_a_concurrent_one(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(LONG "duration: {300h}\nservices:\n"
                     "  job: {type: databricks, compute: jobs, min_workers: 2, max_workers: 2,"
                     " cluster_start: 0s, max_concurrent_runs: 3, operations: {run: {work: "
                     "exponential(200s)}}}\n"
                     "traffic:\n  t: {to: job.run, rate: 0.024/s}\n");
    lab_expect(lab, "services.job.latency.mean", 100 + 0.6472 * 100 / 0.6, 0.1);
    lab_expect(lab, "services.job.clusters", 2.4, 0.04);
    lab_close(lab);
}

/* [F] A run: the start of its cluster, then the work of one worker over the workers. Bytes over
 * their throughput are work. Twice the driver and four workers for 100 s: DBUs. */
static void run_starts_its_cluster(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 1h\nservices:\n"
                     "  job: {type: databricks, compute: jobs, min_workers: 4, max_workers: 4,"
                     " worker_throughput: 100 MB/s, operations: {run: {work: 100s}}}\n"
                     "traffic:\n  t: {to: job.run, rate: 2/h, arrivals: constant, size: 30 GB}\n");
    lab_near(lab, "services.job.latency.max", 300 + (100 + 300) / 4.0, 1e-5);
    const double runs = lab_value(lab, "services.job.cluster_starts");
    assert_true(runs >= 1);
    lab_near(lab, "services.job.worker_hours", runs * 4 * 100 / 3600, 0.001);
    lab_near(lab, "services.job.dbus", runs * 5 * 100 / 3600 * 0.69, 0.001);
    lab_near(lab, "services.job.node_hours", runs * 5 * 400 / 3600, 0.001);
    lab_near(lab, "services.job.bytes_processed", runs * 30e9, 1e4);
    lab_equal(lab, "services.job.storage_reads", runs * ceil(30e9 / 67108864));
    lab_close(lab);
}

/* [F] Under 1 min from a warm pool, seconds when serverless. */
static void starts_are_faster_from_a_pool_and_serverless(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        double start_s;
    } cases[] = {{"pool: true", 45}, {"serverless: true", 10}, {"auto_stop: 1h", 300}};
    for (int i = 0; i < 3; i++) {
        struct lab *lab = lab_run(
            HEAD "duration: 1h\nservices:\n"
                 "  users: {type: databricks, %s, min_workers: 2, max_workers: 2, operations: "
                 "{command: {work: 20s}}}\n"
                 "traffic:\n  t: {to: users.command, rate: 1/h, arrivals: constant}\n",
            cases[i].key);
        if (lab_value(lab, "services.users.cluster_starts") > 0) {
            lab_near(lab, "services.users.latency.max", cases[i].start_s + 10, 1e-6);
        }
        lab_close(lab);
    }
}

/* It stops when nobody came for so long, and the next one waits for a start again. */
static void idle_cluster_stops(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 10h\nservices:\n"
                     "  users: {type: databricks, min_workers: 2, max_workers: 2, auto_stop: 30min,"
                     " operations: {command: {work: 20s}}}\n"
                     "traffic:\n  t: {to: users.command, rate: 1/h, arrivals: constant}\n");
    const double starts = lab_value(lab, "services.users.cluster_starts");
    assert_true(starts >= 9 && starts <= 10);
    lab_near(lab, "services.users.clusters", starts * (1800 + 10 + 5) / 36000, 0.06);
    lab_close(lab);
}

/* [C] Optimized autoscaling: from min to max in two steps while tasks wait; new workers take their
 * start; down to what is used, after 150 s, or 40 s. */
static void workers_follow_the_load_in_two_steps(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 2h\nservices:\n"
             "  users: {type: databricks, min_workers: 2, max_workers: 8, at_start: running,"
             " operations: {command: {work: 50s}}}\n"
             "traffic:\n  t: {to: users.command, arrivals: constant, rate: [[0s, 6/min], [30min, "
             "0.6/min]]}\n");
    const struct log_entry *first = logged_first(lab);
    assert_non_null(first);
    assert_int_equal(first->kind, LOG_SCALE_OUT);
    assert_true(first->from == 2 && first->to == 5 && first->delay_ns == INT64_C(120000000000));
    const struct log_entry *second = first->next;
    assert_non_null(second);
    assert_true(second->from == 5 && second->to == 8);
    /* the second step: 120 s to start, 30 s of waiting tasks, a look */
    assert_true(second->at_ns - first->at_ns >= INT64_C(150000000000) &&
                second->at_ns - first->at_ns <= INT64_C(160000000000));
    lab_equal(lab, "services.users.workers_max", 8);
    const struct log_entry *down = second->next;
    assert_true(down != NULL && down->kind == LOG_SCALE_IN && down->to == 2 &&
                down->at_ns >= INT64_C(1950000000000));
    lab_close(lab);
}

/* [W] Ten queries of a cluster at a time, the eleventh waits; 1,000 wait, more are rejected. */
static void ten_queries_at_a_time_and_a_thousand_wait(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD
        "duration: 1h\nservices:\n"
        "  bi: {type: databricks, compute: sql_warehouse, size: x_small, at_start: running,"
        " operations: {query: {work: 1000h}}}\n"
        "traffic:\n  t: {to: bi.query, arrivals: constant, rate: [[0s, 10/s], [200s, 0/s]]}\n");
    lab_equal(lab, "services.bi.peak_queued", 1000);
    lab_equal(lab, "services.bi.in_flight.max", 1010);
    lab_close(lab);
}

/* [W] Serverless: what waits brings clusters in seconds; 15 min after the peak they are gone. */
static void serverless_warehouse_grows_for_its_queue(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 1h\nservices:\n"
             "  bi: {type: databricks, compute: sql_warehouse, size: 2x_small, serverless: true,"
             " max_clusters: 4, at_start: running, auto_stop: 0s, operations: {query: {work: "
             "10s}}}\n"
             "traffic:\n  t: {to: bi.query, arrivals: constant, rate: [[0s, 0.05/s], [10min, "
             "0.35/s], [20min, 0.05/s]]}\n");
    lab_equal(lab, "services.bi.clusters_max", 4);
    assert_true(lab_value(lab, "services.bi.latency.max") < 200);
    const struct log_entry *last = logged_first(lab);
    while (last->next != NULL) {
        last = last->next;
    }
    assert_int_equal(last->kind, LOG_SCALE_IN);
    assert_true(last->to == 1);
    assert_true(last->at_ns > INT64_C(2100000000000)); /* 20 min and 15 */
    lab_close(lab);
}

/* [W] By minutes of load: 20 queries a minute of a minute's work, alone on the cluster. At the
 * first look with a queue the load is that of 2 minutes' arrivals at least. */
static void classic_warehouse_grows_by_minutes_of_load(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 2h\nservices:\n"
             "  bi: {type: databricks, compute: sql_warehouse, size: 2x_small, max_clusters: 10,"
             " at_start: running, cluster_start: 4min, auto_stop: 0s, operations: {query: {work: "
             "20s}}}\n"
             "traffic:\n  t: {to: bi.query, arrivals: constant, rate: 0.2/s}\n");
    /* four clusters' worth of work: it settles where all of it is done, and does not swing back */
    assert_true(lab_value(lab, "services.bi.clusters_max") > 4);
    lab_near(lab, "services.bi.throughput", 0.2, 0.01);
    for (const struct log_entry *at = logged_first(lab); at != NULL; at = at->next) {
        assert_true(at->kind != LOG_SCALE_IN || at->to >= 4);
    }
    lab_close(lab);
}

/* A Spot worker is there for 1 / r, then away for its replacement's start and the work that is done
 * again: r d / (1 + r d) of the time. */
static void spot_workers_are_away_while_replaced(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        LONG "duration: {300h}\nservices:\n"
             "  users: {type: databricks, min_workers: 10, max_workers: 10, at_start: running,"
             " auto_stop: 0s, worker_start: 270s, spot: {share: 100%%, interruptions: 2/h, lost: "
             "30s}, operations: {command: {work: 1s}}}\n"
             "traffic:\n  t: {to: users.command, rate: 1/min}\n");
    lab_expect(lab, "services.users.workers", 10 / (1 + 2 * 300 / 3600.0), 0.01);
    lab_close(lab);
}

/* Calls of a query hold its place, not its workers. */
static void nested_calls_hold_the_place(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 10min\nservices:\n"
             "  bi: {type: databricks, compute: sql_warehouse, size: 2x_small, at_start: running,"
             " queries_per_cluster: 2, operations: {query: {work: 1s, calls: [lake]}}}\n"
             "  lake: {type: delay, work: 9s}\n"
             "traffic:\n  t: {to: bi.query, arrivals: constant, rate: 0.2/s}\n");
    lab_near(lab, "services.bi.latency.max", 10, 0.001);
    lab_near(lab, "services.bi.throughput", 0.2, 0.01);
    lab_close(lab);
}

/* A run alone uses all workers of the one cluster that a job has at a time, and lacks nothing; the
 * second of two at once does. */
static void one_run_at_a_time_is_no_bottleneck(void **state)
{
    (void)state;
    for (int runs = 1; runs <= 2; runs++) {
        struct lab *lab =
            lab_run(HEAD "duration: 4h\nservices:\n"
                         "  job: {type: databricks, compute: jobs, min_workers: 2, max_workers: 2,"
                         " operations: {run: {work: 1h}}}\n"
                         "traffic:\n  t: {to: job.run, rate: 1/h, arrivals: constant, batch: %d}\n",
                    runs);
        const struct results_bottleneck found =
            bottleneck_find(lab->scenario, lab->experiment.replications, 1, 0.95);
        assert_int_equal(found.known, runs == 2);
        if (runs == 2) {
            assert_string_equal(found.resource, "calls at a time");
        }
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_share_the_workers),
        cmocka_unit_test(runs_wait_for_a_concurrent_one),
        cmocka_unit_test(run_starts_its_cluster),
        cmocka_unit_test(starts_are_faster_from_a_pool_and_serverless),
        cmocka_unit_test(idle_cluster_stops),
        cmocka_unit_test(workers_follow_the_load_in_two_steps),
        cmocka_unit_test(ten_queries_at_a_time_and_a_thousand_wait),
        cmocka_unit_test(serverless_warehouse_grows_for_its_queue),
        cmocka_unit_test(classic_warehouse_grows_by_minutes_of_load),
        cmocka_unit_test(spot_workers_are_away_while_replaced),
        cmocka_unit_test(nested_calls_hold_the_place),
        cmocka_unit_test(one_run_at_a_time_is_no_bottleneck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
