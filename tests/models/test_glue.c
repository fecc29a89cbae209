/* Glue's documented rules. Sources: [J] Glue developer guide, Jobs API; [P] AWS Glue pricing; [R]
 * Job run statuses; [Q] AWS Big Data Blog, Introducing job queuing; [T] AWS Knowledge Center,
 * glue-throttling-rate-exceeded. Known independently: waves of even tasks; Erlang's C for M/M/c;
 * token buckets; what was started succeeded, failed, ran out of time or was stopped. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "drain: 2h\nreplications: 2\nseed: 5\n"
/* 100 tasks of 12.8 s on 36 cores: three waves, 38.4 s; with the driver 48.4 s. */
#define EVEN                                                                            \
    "type: glue, start: 30s, driver_time: 10s, input: 12800 MiB, task_rate: 10 MiB/s, " \
    "open_cost: 0B, file_time: 0s"
/* Runs that are all driver: of so long, whatever they read. */
#define BARE "type: glue, workers: 2, start: 0s, input: 0B"
#define ONCE "rate: [[0s, 0/s], [10s, 1/s], [11s, 0/s]], arrivals: constant"

static void tasks_go_in_waves(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services: {j: {" EVEN "}, k: {" EVEN ", worker_type: g_2x}}\n"
                           "traffic: {t: {to: j.start_job_run, " ONCE "}, "
                           "u: {to: k.start_job_run, " ONCE "}}\n");
    lab_equal(lab, "services.j.elapsed_time.mean", 48.4);
    lab_equal(lab, "services.j.startup_time.mean", 30);
    lab_equal(lab, "traffic.t.latency.mean", 78.4);
    lab_equal(lab, "services.k.elapsed_time.mean", 10 + 2 * 12.8); /* 72 cores: two waves */
    lab_equal(lab, "services.j.num_completed_tasks", 100);
    lab_equal(lab, "services.j.bytes_read", 12800 * 1048576.0);
    lab_close(lab);
}

/* [P] By the second, a minute of a run at least; the start-up is not billed; flex apart. */
static void a_minute_is_billed_at_least(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services:\n  j: {" EVEN "}\n"
                           "  k: {" EVEN ", execution: flex, flex_delay: 5min, skew: 10}\n"
                           "traffic: {t: {to: j.start_job_run, " ONCE "}, "
                           "u: {to: k.start_job_run, " ONCE "}}\n");
    lab_equal(lab, "services.j.dpu_hours", 10 * 60 / 3600.0);
    lab_equal(lab, "services.j.flex_dpu_hours", 0);
    /* two waves, and one ten times as long */
    lab_equal(lab, "services.k.elapsed_time.mean", 10 + 12 * 12.8);
    lab_equal(lab, "services.k.startup_time.mean", 330);
    lab_equal(lab, "services.k.flex_dpu_hours", 10 * ceil(163.6) / 3600.0);
    lab_close(lab);
}

/* Auto scaling: 8 tasks fill two executors of four cores: 3 DPUs instead of 10. */
static void auto_scaling_takes_what_the_tasks_fill(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("1h") "services: {j: {type: glue, input: 1 GiB, open_cost: 0B, "
                                         "driver_time: 10min, auto_scaling: true}}\n"
                                         "traffic: {t: {to: j.start_job_run, " ONCE "}}\n");
    lab_equal(lab, "services.j.number_all_executors", 2);
    lab_equal(lab, "services.j.number_max_needed_executors", 2);
    const double elapsed_s = lab_value(lab, "services.j.elapsed_time.mean");
    lab_equal(lab, "services.j.dpu_hours", 3 * ceil(elapsed_s) / 3600);
    lab_close(lab);
}

/* [J] Beyond MaxConcurrentRuns an error is returned; [Q] with queuing the run waits. */
static void runs_beyond_the_most_are_refused_or_wait(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services:\n  j: {" BARE ", driver_time: 100s, max_concurrent: 2}\n"
                           "  k: {" BARE ", driver_time: 100s, max_concurrent: 2, queuing: true}\n"
                           "traffic: {t: {to: j.start_job_run, batch: 5, " ONCE "}, "
                           "u: {to: k.start_job_run, batch: 5, " ONCE "}}\n");
    lab_equal(lab, "services.j.runs_refused", 3);
    lab_equal(lab, "services.j.runs_succeeded", 2);
    lab_equal(lab, "services.k.runs_succeeded", 5);
    lab_equal(lab, "services.k.queue_time.max", 200);
    lab_equal(lab, "services.k.queue_time.mean", (0 + 0 + 100 + 100 + 200) / 5.0);
    lab_close(lab);
}

/* [R] It waits for 15 minutes at most, then it fails. */
static void waiting_runs_fail_after_their_time(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services: {k: {" BARE ", driver_time: 10min, queuing: true}}\n"
                           "traffic: {t: {to: k.start_job_run, batch: 4, " ONCE "}}\n");
    lab_equal(lab, "services.k.runs_succeeded", 2); /* at 0 and 10 min */
    lab_equal(lab, "services.k.runs_failed", 2);
    lab_equal(lab, "traffic.t.errors.failed", 0.5);
    lab_equal(lab, "services.k.queue.mean", (10 * 60 + 2 * 15 * 60) / 3600.0);
    lab_close(lab);
}

/* Waits are those of M/M/3 at 0.7: exponential runs of a minute, 2.1 a minute. */
static void queue_is_as_erlang_says(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: {2000h}\nwarmup: 5h\nreplications: 10\nseed: 4\n"
                "services: {j: {" BARE ", driver_time: exponential(1min), max_concurrent: 3, "
                "queuing: true, queue_time: 7d}}\n"
                "traffic: {t: {to: j.start_job_run, rate: 2.1/min}}\n");
    const double load = 2.1;
    const double all = pow(load, 3) / 6 * 3 / (3 - load);
    const double waits = all / (1 + load + load * load / 2 + all);
    lab_expect(lab, "services.j.queue_time.mean", 60 * waits / (3 - load), 0.15);
    lab_expect(lab, "services.j.elapsed_time.mean", 60, 0.05);
    lab_expect(lab, "services.j.dpu_hours",
               2.1 * 60 * 2000 * lab_scale() * 2 * (60 + 60 * exp(-1) + 0.5) / 3600, 0.05);
    lab_close(lab);
}

/* [Q] Quotas of the account hold for all jobs together: DPUs, and runs. Who fits begins. */
static void quotas_are_of_the_account(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "quotas: {glue: {dpus: 25}}\n"
                           "services:\n  j: {type: glue, driver_time: 100s, max_concurrent: 9}\n"
                           "  k: {type: glue, driver_time: 100s, workers: 5, max_concurrent: 9}\n"
                           "traffic: {t: {to: j.start_job_run, batch: 3, " ONCE "}, "
                           "u: {to: k.start_job_run, batch: 2, rate: [[0s, 0/s], [11s, 1/s], "
                           "[12s, 0/s]], arrivals: constant}}\n");
    lab_equal(lab, "services.j.runs_refused", 1);
    lab_equal(lab, "services.k.runs_refused", 1);
    lab_close(lab);
    lab =
        lab_run(HEAD("1h") "quotas: {glue: {job_runs: 4}}\n"
                           "services:\n  j: {" BARE ", driver_time: 100s, max_concurrent: 9}\n"
                           "  k: {" BARE ", driver_time: 100s, max_concurrent: 9, queuing: true}\n"
                           "traffic: {t: {to: j.start_job_run, batch: 3, " ONCE "}, "
                           "u: {to: k.start_job_run, batch: 3, rate: [[0s, 0/s], [11s, 1/s], "
                           "[12s, 0/s]], arrivals: constant}}\n");
    lab_equal(lab, "services.j.runs_succeeded", 3);
    lab_equal(lab, "services.k.runs_succeeded", 3);
    lab_near(lab, "services.k.queue_time.mean", 2 * 99. / 3, 1); /* one of three at once */
    lab_close(lab);
}

/* [J] Timeout, from the begin of a run on; what it used is billed. */
static void timeout_ends_a_run(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services: {j: {type: glue, start: 1min, driver_time: 30min, "
                           "timeout: 20min, max_retries: 3}}\n"
                           "traffic: {t: {to: j.start_job_run, " ONCE "}}\n");
    lab_equal(lab, "services.j.runs_timed_out", 1);
    lab_equal(lab, "services.j.runs_failed", 0);
    lab_equal(lab, "services.j.dpu_hours", 10 * 20 / 60.0);
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_close(lab);
}

/* [J] MaxRetries: a failed run is made anew, start-up and all, so many times; each is billed. */
static void failed_runs_are_made_anew(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services: {j: {type: glue, start: 1min, driver_time: 2min, input: 0B, "
                           "failures: 100%%, max_retries: 2}}\n"
                           "traffic: {t: {to: j.start_job_run, " ONCE "}}\n");
    lab_equal(lab, "services.j.runs_failed", 3);
    lab_equal(lab, "services.j.runs_retried", 2);
    lab_equal(lab, "services.j.dpu_hours", 3 * 10 * 2 / 60.0);
    lab_equal(lab, "traffic.t.errors.failed", 1);
    lab_equal(lab, "services.j.busy.mean", 9 * 60 / 3600.0);
    lab_close(lab);
}

/* Reads its source and writes its sink in batches, and adds its partitions to the catalog. */
static void run_reads_and_writes_buckets(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1h") "services:\n  raw: {type: s3, object_size: 10 MiB}\n"
                   "  good: {type: s3, object_size: 100 MiB}\n"
                   "  j: {type: glue, input: 100 GiB, file_size: 10 MiB, source: raw, sink: good, "
                   "output: 50%%, batches: 10, partitions: 250}\n"
                   "traffic: {t: {to: j.start_job_run, " ONCE "}}\n");
    lab_equal(lab, "services.raw.get_requests", 2 * 10240); /* of 8 MiB at most */
    lab_equal(lab, "services.good.put_requests", 13 * 510); /* 51.2 of each batch, in parts */
    lab_near(lab, "services.raw.bytes_downloaded", 100 * 1073741824.0, 1e5);
    lab_near(lab, "services.good.bytes_uploaded", 50 * 1073741824.0, 1e5);
    lab_near(lab, "services.j.s3_write_bytes", 50 * 1073741824.0, 1);
    lab_equal(lab, "services.j.catalog_requests", 3);
    lab_equal(lab, "services.j.partitions_created", 250);
    lab_close(lab);
}

/* A terabyte of small files is a million gets: at 5,500/s it takes three minutes at least, for all
 * that the tasks would be faster. */
static void partition_of_the_bucket_holds_it_up(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1h") "services:\n  raw: {type: s3, object_size: 1 MB}\n"
                   "  j: {type: glue, workers: 1000, input: 1 TB, file_size: 1 MB, file_time: 0s, "
                   "open_cost: 0B, task_rate: 1 GB/s, source: raw, batches: 500, driver_time: 0s}\n"
                   "traffic: {t: {to: j.start_job_run, " ONCE "}}\n");
    const double elapsed_s = lab_value(lab, "services.j.elapsed_time.mean");
    assert_true(elapsed_s > 1e6 / 5500 - 2 && elapsed_s < 3 * 1e6 / 5500);
    lab_equal(lab, "services.raw.bytes_downloaded", 1e12);
    lab_close(lab);
}

/* It tries so many times, then the run fails. */
static void source_that_throttles_for_long_fails_the_run(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "1h") "services:\n  raw: {type: rate_limiter, rate: 1/h, burst: 1, calls: [{wait: 1ms}]}\n"
              "  j: {type: glue, start: 0s, driver_time: 0s, input: 1 GB, source: raw, "
              "attempts: {count: 4, wait: 1s}, max_retries: 1}\n"
              "traffic: {t: {to: j.start_job_run, " ONCE "}}\n");
    lab_equal(lab, "services.j.runs_failed", 2);
    lab_equal(lab, "services.j.runs_succeeded", 0);
    lab_equal(lab, "traffic.t.errors.throttled", 1);
    lab_near(lab, "services.raw.errors.throttled", 8 / 9.0,
             1e-9); /* of the second batch, and of the next run */
    lab_close(lab);
}

/* [T] The catalog's rate is one for the account: burst + rate t pass of all that ask. */
static void catalog_requests_are_throttled_together(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") "quotas: {glue: {catalog: 20/s}}\n"
                             "services: {a: {type: glue}, b: {type: glue}}\n"
                             "traffic: {t: {to: a.get_table, rate: 30/s, arrivals: constant}, "
                             "u: {to: b.get_partitions, rate: 30/s, arrivals: constant}}\n");
    const double both = lab_value(lab, "services.a.catalog_requests") +
                        lab_value(lab, "services.b.catalog_requests");
    assert_true(fabs(both - 20 * 101) <= 2);
    const double refused = lab_value(lab, "services.a.catalog_throttled") +
                           lab_value(lab, "services.b.catalog_throttled");
    assert_true(both + refused == 6000);
    lab_close(lab);
}

/* An athena asks the catalog page by page, and fails after its attempts. */
static void athena_asks_page_by_page(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") "quotas: {glue: {catalog: 100/s}}\n"
                             "services: {c: {type: glue}, q: {type: athena, catalog: c, "
                             "partitions: 2500}}\n"
                             "traffic: {t: {to: q.query, " ONCE "}}\n");
    lab_equal(lab, "services.c.catalog_requests", 3);
    lab_equal(lab, "services.q.queries_succeeded", 1);
    lab_close(lab);
    lab = lab_run(HEAD("100s") "quotas: {glue: {catalog: 1/s}}\n"
                               "services: {c: {type: glue}, q: {type: athena, catalog: c, "
                               "partitions: 2500, attempts: {count: 3, wait: 10ms}}}\n"
                               "traffic: {t: {to: q.query, " ONCE "}}\n");
    lab_equal(lab, "services.q.queries_failed", 1);
    lab_equal(lab, "services.c.catalog_throttled", 3);
    lab_close(lab);
}

/* What every request calls comes after its work, once; catalog requests have it too. */
static void run_asks_its_key_and_its_logs(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services:\n  key: {type: kms, latency: 1s}\n  b: {type: s3}\n"
                           "  logs: {type: cloudwatch}\n"
                           "  j: {" EVEN ", encryption: key, logs: logs, source: b, sink: b, "
                           "partitions: 1, catalog_latency: 0s}\n"
                           "traffic: {t: {to: j.start_job_run, " ONCE
                           "}, u: {to: j.get_table, " ONCE "}}\n");
    lab_equal(lab, "services.j.runs_succeeded", 1);
    lab_equal(lab, "services.j.catalog_requests", 2);
    lab_equal(lab, "services.key.call_count", 2);
    assert_true(lab_value(lab, "services.j.elapsed_time.mean") > 49.4);
    lab_close(lab);
}

/* A run every hour on a schedule: its oldest input came when the run before was started. */
static void freshness_is_the_period_and_the_run(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("5h") "services:\n  j: {" EVEN "}\n"
                           "  cron: {type: aws_cli, startup: 0s, latency: 0s, commands: "
                           "[{name: hourly, call: j.start_job_run, at: 10min, every: 1h}]}\n"
                           "traffic: {t: {to: j.get_table, rate: 1/h}}\n");
    lab_equal(lab, "services.j.runs_succeeded", 5);
    lab_equal(lab, "services.j.freshness.mean", 3600 + 30 + 48.4);
    lab_close(lab);
}

/* Bookmarks: a run reads what has come since the last good one, the first one all that is there. Of
 * a megabyte a second, at 20, 80 and 140 min. */
static void bookmark_is_what_came_since(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("4h") "services:\n"
                   "  raw: {type: s3, object_size: 1 MB, objects: 100}\n"
                   "  j: {type: glue, start: 0s, bookmark: raw.bucket_size_bytes_standard}\n"
                   "  cron: {type: aws_cli, startup: 0s, latency: 0s, commands: "
                   "[{name: go, call: j.start_job_run, at: 20min, every: 1h, times: 3}]}\n"
                   "traffic: {t: {to: raw.put, rate: 1/s, arrivals: constant}}\n");
    lab_near(lab, "services.j.bytes_read", (100 + 140 * 60) * 1e6, 2e6);
    lab_equal(lab, "services.j.runs_succeeded", 3);
    lab_close(lab);
}

/* Whatever happens, each run ends in one way, and gives everything back. */
static void nothing_is_lost(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("{200h}") "quotas: {glue: {dpus: 40, job_runs: 5, catalog: 2/s}}\n"
                       "services:\n"
                       "  raw: {type: s3, object_size: 1 MB, partition_reads: 300/s}\n"
                       "  j: {type: glue, workers: 8, input: exponential(20 GB), source: raw, "
                       "sink: raw, failures: 20%%, max_retries: 1, max_concurrent: 3, "
                       "timeout: 20min, partitions: 900, attempts: {count: 6}}\n"
                       "  k: {type: glue, workers: 12, auto_scaling: true, queuing: true, "
                       "input: exponential(20 GB), max_concurrent: 2, source: raw}\n"
                       "traffic:\n"
                       "  t: {to: j.start_job_run, rate: 8/h, timeout: 25min, cancel: true}\n"
                       "  u: {to: k.start_job_run, rate: 12/h}\n");
    static const char *const names[] = {"j", "k"};
    for (int i = 0; i < 2; i++) {
        double ends = 0;
        static const char *const all[] = {"succeeded", "failed", "timed_out", "stopped", "refused"};
        char path[64];
        for (int k = 0; k < 5; k++) {
            snprintf(path, sizeof(path), "services.%s.runs_%s", names[i], all[k]);
            ends += lab_value(lab, path);
        }
        snprintf(path, sizeof(path), "services.%s.runs_retried", names[i]);
        const double retried = lab_value(lab, path);
        const double offered = lab_value(lab, i == 0 ? "traffic.t.offered" : "traffic.u.offered");
        assert_true(fabs(ends - retried - offered * 200 * 3600 * lab_scale()) < 1e-3);
    }
    assert_true(lab_value(lab, "services.j.runs_failed") > 0);
    assert_true(lab_value(lab, "services.j.runs_retried") > 0);
    assert_true(lab_value(lab, "services.k.queue_time.max") > 0);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_go_in_waves),
        cmocka_unit_test(a_minute_is_billed_at_least),
        cmocka_unit_test(auto_scaling_takes_what_the_tasks_fill),
        cmocka_unit_test(runs_beyond_the_most_are_refused_or_wait),
        cmocka_unit_test(waiting_runs_fail_after_their_time),
        cmocka_unit_test(queue_is_as_erlang_says),
        cmocka_unit_test(quotas_are_of_the_account),
        cmocka_unit_test(timeout_ends_a_run),
        cmocka_unit_test(failed_runs_are_made_anew),
        cmocka_unit_test(run_reads_and_writes_buckets),
        cmocka_unit_test(partition_of_the_bucket_holds_it_up),
        cmocka_unit_test(source_that_throttles_for_long_fails_the_run),
        cmocka_unit_test(catalog_requests_are_throttled_together),
        cmocka_unit_test(athena_asks_page_by_page),
        cmocka_unit_test(run_asks_its_key_and_its_logs),
        cmocka_unit_test(freshness_is_the_period_and_the_run),
        cmocka_unit_test(bookmark_is_what_came_since),
        cmocka_unit_test(nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
