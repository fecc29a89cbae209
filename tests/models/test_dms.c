/* DMS's documented rules. Sources: [S] user guide, CHAP_Target.S3: CdcMaxBatchInterval (60 s),
 * CdcMinFileSize (32 MB), MaxFileSize (1 GB); [M] Change processing tuning: MemoryLimitTotal; [E]
 * ErrorHandling: RecoverableErrorInterval; [C] Monitoring: CDCLatencySource, CDCLatencyTarget; [F]
 * facts, dms. Known otherwise: fluid limits. The task looks once a second, so a change is read
 * half a second after `capture_latency` on average. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/models/book.h"
#include "tests/models/picky.h"
#include "tests/support/logged.h"

#define HEAD "archsim: 1\nname: test\nwarmup: 0s\nreplications: 1\nseed: 7\n"
#define BOOK "services:\n  book: {type: book}\n"
#define LAKE "  lake: {type: s3, put_latency: 100ms, throughput: 100 MB/s}\n"

#define SLOW                                                                               \
    HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake, change_rate: 200/s}\n" \
                   "traffic:\n  t: {to: book, arrivals: constant, rate: [[0s, 400/s], "    \
                   "[1000s, 100/s]]}\nduration: %ds\n"

static const struct model *const own[] = {&book_model, &picky_model};
#define RUN(...) lab_run_with(own, 2, __VA_ARGS__)

/* [S] A file after 60 s at low volume: 3,600 s have 59 whole ones after the first change. */
static void file_is_written_by_the_interval(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake}\n"
                           "traffic:\n  t: {to: book, arrivals: constant, rate: 100/s}\n"
                           "duration: 1h\n");
    lab_near(lab, "services.feed.files_written", 59, 1);
    lab_near(lab, "services.feed.outgoing.lake.put.latency.mean", 0.16, 0.01);
    lab_equal(lab, "services.lake.put_requests", lab_value(lab, "services.feed.files_written"));
    /* [F] evenly 0 to 60 s, after 2.5 s, and a put of 6.1 MB */
    lab_near(lab, "services.feed.replication_lag.mean", 2.5 + 30 + 0.16, 0.5);
    lab_near(lab, "services.feed.replication_lag.max", 3 + 60 + 0.16, 0.6);
    lab_near(lab, "services.feed.cdc_latency_source", 1.5, 0.01);
    lab_near(lab, "services.feed.cdc_latency_target", 30, 0.5);
    lab_close(lab);
}

/* Aurora User Guide, Scaling to Zero ACUs: a cluster with logical replication does not pause. */
static void source_does_not_pause(void **state)
{
    (void)state;
    for (int task = 0; task < 2; task++) {
        struct lab *lab =
            RUN(HEAD "services:\n  db: {type: aurora_serverless, min_capacity: 0 ACU}\n" LAKE "%s"
                     "traffic:\n  t: {to: db.write, rate: [[0s, 1/s], [10s, 0/s]]}\n"
                     "  u: {to: lake.put, rate: 1/min}\nduration: 2h\n",
                task ? "  feed: {type: dms, source: db, target: lake}\n" : "");
        const double acu = lab_value(lab, "services.db.serverless_database_capacity");
        assert_true(task ? acu >= 0.5 : acu < 0.1);
        lab_close(lab);
    }
}

/* [S] At 4 MB/s a file has 32 MB after 8 s: whichever comes first. */
static void file_is_written_by_its_size(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake, row_size: 4 kB}\n"
                           "traffic:\n  t: {to: book, arrivals: constant, rate: 1000/s}\n"
                           "duration: 1h\n");
    lab_near(lab, "services.feed.files_written", 3600 / 8.0, 3);
    lab_near(lab, "services.lake.bytes_uploaded", 3600 * 4e6, 2 * 32e6);
    lab_close(lab);
    /* it is looked at each second: at 3 MB/s there are 33 MB after 11 s, which are one file */
    lab = RUN(HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake, row_size: 3 kB}\n"
                             "traffic:\n  t: {to: book, arrivals: constant, rate: 1000/s}\n"
                             "duration: 1h\n");
    lab_near(lab, "services.feed.files_written", 3600 / 11.0, 3);
    lab_close(lab);
}

/* [S] One PUT per file and table; the size that closes it is each table's. */
static void each_table_has_its_file(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD BOOK LAKE
            "  feed: {type: dms, source: book, target: lake, row_size: 4 kB, tables: 10}\n"
            "traffic:\n  t: {to: book, arrivals: constant, rate: 1000/s}\nduration: 1h\n");
    lab_near(lab, "services.feed.files_written", 10 * 59, 10);
    lab_close(lab);
}

/* Only what was committed is replicated; a write's size is that of its rows, else `row_size`. */
static void only_committed_writes_are_changes(void **state)
{
    (void)state;
    struct lab *lab = RUN(
        HEAD "services:\n"
             "  db: {type: aurora_serverless, min_capacity: 8 ACU, max_connections: 1, pages: 0}\n"
             "  feed: {type: dms, source: db, target: lake, rows_per_write: 3}\n" LAKE
             "traffic:\n  r: {to: db.read, rate: 50/s}\n"
             "  t: {to: db.write, rate: 50/s, size: 300 B}\nduration: 20min\n");
    const double writes = lab_value(lab, "services.db.operations.write.throughput") * 1200;
    assert_true(lab_value(lab, "services.db.operations.write.errors.rejected") > 0.01);
    lab_near(lab, "services.feed.committed_rows", 3 * writes, 500);
    lab_near(lab, "services.feed.cdc_throughput_bandwidth_source", 300 * writes / 1200, 200);
    lab_close(lab);
}

/* [F] Row changes a second: 2,000 on a .large, 5,000 on a .2xlarge and above. */
static void instance_class_bounds_the_rows(void **state)
{
    (void)state;
    static const struct {
        const char *class;
        double rows;
    } cases[] = {{"dms.t3.medium", 2000},
                 {"dms.r5.large", 2000},
                 {"dms.c6i.xlarge", 3162.3},
                 {"dms.r5.2xlarge", 5000},
                 {"dms.r6i.4xlarge", 5000}};
    for (int i = 0; i < 5; i++) {
        struct lab *lab =
            RUN(HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake, row_size: 100 B, "
                               "rows_per_write: 100, instance_class: %s}\n"
                               "traffic:\n  t: {to: book, arrivals: constant, rate: 100/s}\n"
                               "duration: 10min\n",
                cases[i].class);
        lab_near(lab, "services.feed.cdc_throughput_rows_source", cases[i].rows,
                 cases[i].rows * 0.006);
        lab_close(lab);
    }
}

/* Fluid: 400 rows/s come, 200 are read, so what is read at T was committed at T/2: the lag is T/2,
 * (r/c - 1) for each second that was read. After 1,000 s only 100/s come: what was committed at
 * 1,000 s is read at 2,000 s, and the 200,000 rows that wait are gone at 100/s, at 3,000 s. */
static void lag_under_overload_is_that_of_a_fluid(void **state)
{
    (void)state;
    struct lab *lab = RUN(SLOW, 1000);
    lab_near(lab, "services.feed.cdc_latency_source_max", 500, 2);
    lab_near(lab, "services.feed.cdc_latency_source", 250, 2);
    lab_near(lab, "services.feed.unread_rows", 100e3, 500);
    lab_close(lab);
    lab = RUN(SLOW, 4000);
    lab_near(lab, "services.feed.cdc_latency_source_max", 1000, 3);
    /* the triangle's area: 200,000 x (1,000 + 2,000) / 2, and 200 for 1,000 s more */
    lab_near(lab, "services.feed.unread_rows", (200e3 * 1500 + 200 * 1000) / 4000, 800);
    lab_close(lab);
}

/* The bytes a second bound it as the rows do. */
static void throughput_bounds_the_bytes(void **state)
{
    (void)state;
    struct lab *lab = RUN(
        HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake, throughput: 1 MB/s}\n"
                       "traffic:\n  t: {to: book, arrivals: constant, rate: 200/s, size: 10 kB}\n"
                       "duration: 1000s\n");
    lab_near(lab, "services.feed.cdc_throughput_bandwidth_source", 1e6, 5e3);
    lab_near(lab, "services.feed.cdc_latency_source_max", 500, 3);
    lab_close(lab);
}

/* [E] Tries after 5, 10, 20, 40 s; then what waited is there, and nothing is lost. */
static void refused_files_are_tried_again(void **state)
{
    (void)state;
    struct lab *lab = RUN(
        HEAD BOOK "  shelf: {type: picky, from: 1, to: 4}\n"
                  "  feed: {type: dms, source: book, target: shelf}\n"
                  "traffic:\n  t: {to: book, arrivals: constant, rate: [[0s, 100/s], [60s, 0/s]]}\n"
                  "duration: 10min\n");
    lab_equal(lab, "services.feed.files_refused", 4);
    lab_equal(lab, "services.feed.outgoing.shelf.call.errors.failed", 4 / 5.0);
    lab_near(lab, "services.feed.replication_lag.max", 3 + 60 + 5 + 10 + 20 + 40, 1);
    lab_near(lab, "services.feed.cdc_throughput_rows_target",
             lab_value(lab, "services.feed.committed_rows") / 600, 1e-9);
    lab_close(lab);
}

/* [M] While the target takes nothing, changes gather in memory up to its limit, then on disk, at
 * the disk's speed; when the disk is full they stay at the source. */
static void changes_are_swapped_to_disk(void **state)
{
    (void)state;
    struct lab *lab = RUN(
        HEAD BOOK "  shelf: {type: picky, from: 1}\n"
                  "  feed: {type: dms, source: book, target: shelf, memory_limit_total: 100 MiB,"
                  " spill_throughput: 1 MB/s, allocated_storage: 5 GB}\n"
                  "traffic:\n  t: {to: book, arrivals: constant, rate: 200/s, size: 10 kB}\n"
                  "duration: 1000s\n");
    /* 104.9 MB in 52.4 s, then 1 MB of the 2 that come each second */
    lab_near(lab, "services.feed.cdc_throughput_bandwidth_source", (104.9e6 + 947.6e6) / 1000, 4e3);
    lab_near(lab, "services.feed.cdc_latency_source_max", 947.6 / 2, 4);
    lab_near(lab, "services.feed.cdc_changes_disk_target", 100 * 947.6 / 2 * 0.9476, 500);
    lab_close(lab);
    lab = RUN(HEAD BOOK "  shelf: {type: picky, from: 1}\n"
                        "  feed: {type: dms, source: book, target: shelf, allocated_storage: 5 GB,"
                        " memory_limit_total: 1 MiB}\n"
                        "traffic:\n  t: {to: book, arrivals: constant, rate: 500/s, size: 20 kB}\n"
                        "duration: 1000s\n");
    lab_near(lab, "services.feed.cdc_throughput_bandwidth_source", 5e9 / 1000, 30e3);
    lab_close(lab);
}

/* [F] multi_az_failover_time; what was not in the target is read again, in order, none is lost. */
static void failure_goes_back_to_the_checkpoint(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD BOOK LAKE
            "  feed: {type: dms, source: book, target: lake, multi_az: true, failure: {mtbf: "
            "90s, failover: 120s}}\n"
            "traffic:\n  t: {to: book, arrivals: constant, rate: [[0s, 100/s], [200s, 0/s]]}\n"
            "duration: 10min\n");
    assert_true(lab_value(lab, "services.feed.rows_replayed") > 2000);
    lab_near(lab, "services.feed.cdc_throughput_rows_target", 20000 / 600.0, 0.2);
    lab_near(lab, "services.feed.cdc_latency_source_max", 120 + 29.5, 2);
    lab_near(lab, "services.feed.replication_instance_hours", 2 * 600 / 3600.0, 1e-9);
    lab_close(lab);
}

/* [F] A full load goes at the task's throughput; [S] in files of MaxFileSize; changes wait. */
static void full_load_goes_first(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake, full_load: {size: 10 "
                           "GB, max_file_size: 1 GB}}\n"
                           "traffic:\n  t: {to: book, arrivals: constant, rate: 10/s}\n"
                           "duration: 1h\n");
    /* 20 MB/s less the changes; the last file's 10 parts of 8 MiB at a time take 12 rounds */
    lab_near(lab, "services.feed.full_load_time", 500 + 2, 3);
    lab_equal(lab, "services.feed.full_load_progress", 1);
    lab_near(lab, "services.feed.replication_lag.max", 503, 5);
    lab_near(lab, "services.feed.files_written", 10 + 1 + (3600 - 502) / 60.0, 2);
    lab_close(lab);
}

/* [E] LOG_ERROR: rows that cannot be written are left out; the others are all there. */
static void rows_in_error_are_left_out(void **state)
{
    (void)state;
    struct lab *lab = RUN(
        HEAD BOOK LAKE "  feed: {type: dms, source: book, target: lake, row_errors: 10%%}\n"
                       "traffic:\n  t: {to: book, arrivals: constant, rate: [[0s, 100/s], [100s, "
                       "0/s]]}\nduration: 10min\n");
    const double rows = lab_value(lab, "services.feed.committed_rows");
    lab_near(lab, "services.feed.rows_failed", rows / 10, 1);
    lab_near(lab, "services.feed.cdc_throughput_rows_target", rows * 0.9 / 600, 0.01);
    lab_close(lab);
}

/* [F] serverless: doubles after a time above its threshold, once it is provisioned. 8 DCU are a
 * .large. */
static void serverless_follows_the_load(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD BOOK LAKE
            "  feed: {type: dms, source: book, target: lake, replication: serverless, "
            "row_size: 100 B, rows_per_write: 10, serverless: {min: 8 DCU, max: 32 DCU, "
            "provisioning: 2min}}\n"
            "traffic:\n  t: {to: book, arrivals: constant, rate: [[0s, 300/s], [20min, 10/s]]}\n"
            "duration: 3h\n");
    LOGGED(lab, {LOG_SCALE_OUT, 302, 8, 16}, {LOG_SCALE_OUT, 722, 16, 32},
           {LOG_SCALE_IN, 3002, 32, 16}, {LOG_SCALE_IN, 4922, 16, 8});
    lab_close(lab);
}

/* Property: whatever fails, every committed row is in the target or among the failed ones in the
 * end, once; the model asserts after each second that none is lost on the way. */
static void no_row_is_lost_or_delivered_twice(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        struct lab *lab =
            RUN(HEAD BOOK
                "  shelf: {type: picky, from: %u, to: %u}\n"
                "  feed: {type: dms, source: book, target: shelf, tables: %u, row_errors: %u%%,"
                " change_rate: %u/s, rows_per_write: %u.3, cdc_min_file_size: %u kB, "
                "memory_limit_total:"
                " 1 MiB, spill_throughput: 1 MB/s, row_size: %u B,"
                " failure: {mtbf: exponential(%umin), replacement: 20s}}\n"
                "traffic:\n  t: {to: book, rate: [[0s, 50/s], [200s, 0/s]]}\n"
                "duration: 4h\n",
                1 + i % 7, 1 + i % 7 * (i % 3), 1 + i % 5, i % 4 * 7, 100 + i * 20, 1 + i % 3,
                10 + i * 37, 50 + i * 11, 1 + i % 9);
        const double rows = lab_value(lab, "services.feed.committed_rows");
        const double there = lab_value(lab, "services.feed.cdc_throughput_rows_target") * 14400;
        /* failed rows that are read again fail again, or others do in their place */
        assert_true(rows > 10000);
        lab_near(lab, "services.feed.rows_failed", rows - there, 1e-6 * rows);
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_row_is_lost_or_delivered_twice),
        cmocka_unit_test(file_is_written_by_the_interval),
        cmocka_unit_test(source_does_not_pause),
        cmocka_unit_test(file_is_written_by_its_size),
        cmocka_unit_test(each_table_has_its_file),
        cmocka_unit_test(only_committed_writes_are_changes),
        cmocka_unit_test(instance_class_bounds_the_rows),
        cmocka_unit_test(lag_under_overload_is_that_of_a_fluid),
        cmocka_unit_test(throughput_bounds_the_bytes),
        cmocka_unit_test(refused_files_are_tried_again),
        cmocka_unit_test(changes_are_swapped_to_disk),
        cmocka_unit_test(failure_goes_back_to_the_checkpoint),
        cmocka_unit_test(full_load_goes_first),
        cmocka_unit_test(rows_in_error_are_left_out),
        cmocka_unit_test(serverless_follows_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
