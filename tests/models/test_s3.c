/* S3's documented rules. Sources: [R] S3 user guide, "Optimizing performance", and AWS Knowledge
 * Center, http-5xx-errors-s3; [T] user guide, intelligent-tiering-overview; [E] user guide, Event
 * Notifications; [M] AWS CLI S3 configuration. Known: token buckets let burst + rate t pass; a
 * constant arrival rate times a time average is exact; bytes in = bytes in tiers + removed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "replications: 2\nseed: 5\n"

static void near(const struct lab *lab, const char *path, double expected, double off)
{
    const double value = lab_value(lab, path);
    if (!(fabs(value - expected) <= off)) {
        fail_msg("%s: %.9g, expected %.9g", path, value, expected);
    }
}

/* [R] 3,500 writes and 5,500 reads a second: of 10,000/s for 20 s pass burst + rate t. */
static void partition_lets_its_rates_pass(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("20s") "services: {b: {type: s3, object_size: 1 KiB}}\n"
                            "traffic:\n  w: {to: b.put, arrivals: constant, rate: 10k/s}\n"
                            "  r: {to: b.head, arrivals: constant, rate: 10k/s}\n");
    near(lab, "services.b.5xx_errors", 400e3 - 21 * 9000, 4);
    near(lab, "services.b.put_requests", 200e3, 1);
    near(lab, "services.b.head_requests", 200e3, 1);
    near(lab, "services.b.all_requests", 400e3, 2);
    lab_close(lab);
}

/* [R] After 30 minutes of 503s the prefix has twice the rate: 5,000/s are refused 1,500 a second
 * (here all by 1/100) until then, and never again. */
static void lasting_refusals_split_the_partition(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("90min") "services: {b: {type: s3, object_size: 1 KiB, "
                              "partition_writes: 35/s}}\n"
                              "traffic: {w: {to: b.put, arrivals: constant, rate: 50/s}}\n");
    /* the bucket of 35 lasts 35/15 s; from there 1,800 s */
    near(lab, "services.b.5xx_errors", 1800 * 15, 30);
    lab_equal(lab, "services.b.partitions", 2);
    lab_close(lab);
}

/* [R] It follows sustained rates: a burst of 10 s is refused and splits nothing. */
static void burst_splits_nothing(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("60min") "services: {b: {type: s3, object_size: 1 KiB, partition_writes: 35/s}}\n"
                      "traffic: {w: {to: b.put, arrivals: constant, "
                      "rate: [[0s, 100/s], [10s, 20/s]]}}\n");
    assert_true(lab_value(lab, "services.b.5xx_errors") > 0);
    lab_equal(lab, "services.b.partitions", 1);
    lab_close(lab);
}

/* [R] Ten prefixes that have a partition each carry ten times the rate; if they share one, once. */
static void prefixes_add_up_where_partitioned(void **state)
{
    (void)state;
    static const struct {
        int partitions;
        double passed, off;
    } cases[] = {{1, 350 * 21, 2}, {10, 1000 * 20, 0}};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("20s") "services: {b: {type: s3, object_size: 1 KiB, partition_writes: 350/s, "
                        "prefixes: zipf(n=10 s=0), partitions: %d}}\n"
                        "traffic: {w: {to: b.put, arrivals: constant, rate: 1000/s}}\n",
            cases[i].partitions);
        near(lab, "services.b.5xx_errors", 20000 - cases[i].passed, cases[i].off);
        lab_close(lab);
    }
}

/* [R] A get is its first byte, then its size at 85 MB/s: 27 ms + 850 MB / 85 MB/s. */
static void get_takes_first_byte_and_transfer(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") "services: {b: {type: s3, first_byte: 27ms, object_size: 850 MB}}\n"
                             "traffic: {r: {to: b.get, arrivals: constant, rate: 1/s}, "
                             "s: {to: b.get, arrivals: constant, rate: 1/s, size: 85 kB}}\n");
    lab_equal(lab, "services.b.first_byte_latency.mean", 0.027);
    lab_equal(lab, "services.b.total_request_latency.max", 10.027);
    near(lab, "services.b.total_request_latency.mean", (10.027 + 0.028) / 2, 1e-6);
    lab_close(lab);
}

/* [M] 100 parts of 8.5 MB, ten at a time: 10 rounds and 2 POSTs of 50 ms, 850 MB over ten
 * connections of 85 MB/s; 102 requests. */
static void large_put_goes_in_parts(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("20s") "services: {b: {type: s3, put_latency: 50ms, "
                                          "multipart: {above: 8500 kB, part: 8500 kB}}}\n"
                                          "traffic: {r: {to: b.put, arrivals: constant, "
                                          "rate: [[0s, 1/s], [10s, 0/s]], size: 850 MB}}\n");
    near(lab, "services.b.total_request_latency.mean", 12 * 0.05 + 1, 1e-6);
    const double puts = lab_value(lab, "services.b.post_requests") / 2;
    assert_true(puts >= 9);
    lab_equal(lab, "services.b.put_requests", 100 * puts);
    near(lab, "services.b.bytes_uploaded", 850e6 * puts, 100 * puts);
    lab_close(lab);
}

/* [T] 30 days without access: infrequent; 90: archive instant. A million objects of 1 MB, last
 * accessed at the start, looked at over 120 days: 31, 60 and 29 of them (a move is late by up to a
 * day). Objects below 128 KiB stay. */
static void objects_move_by_days_without_access(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("120d") "services:\n"
                             "  b: {type: s3, storage_class: intelligent_tiering, objects: 1M, "
                             "object_size: 1 MB}\n"
                             "  c: {type: s3, storage_class: intelligent_tiering, objects: 1M, "
                             "object_size: 100 kB}\n"
                             "  d: {type: s3, objects: 1M, object_size: 1 MB}\n"
                             "traffic: {r: {to: b.head, rate: 1/d}}\n");
    const double all = 1e12;
    near(lab, "services.b.bucket_size_bytes_frequent", all * 30.5 / 120, all / 200);
    near(lab, "services.b.bucket_size_bytes_infrequent", all * 60 / 120, all / 200);
    near(lab, "services.b.bucket_size_bytes_archive_instant", all * 29.5 / 120, all / 200);
    lab_equal(lab, "services.b.objects_moved_down", 2e6);
    lab_equal(lab, "services.b.monitored_objects", 1e6);
    lab_equal(lab, "services.c.bucket_size_bytes_frequent", 1e11);
    lab_equal(lab, "services.c.monitored_objects", 0);
    lab_equal(lab, "services.d.bucket_size_bytes_standard", all);
    lab_equal(lab, "services.d.number_of_objects", 1e6);
    lab_close(lab);
}

/* [T] A read takes an object back to frequent: 1000 objects that are 100 days old, uniform reads
 * at 1000 a day for 10 days leave e^-t of them, and on average 1 - (1 - e^-10) / 10 are warm. */
static void read_warms_an_object(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10d") "services: {b: {type: s3, storage_class: intelligent_tiering, objects: 10k, "
                    "objects_age: 100d, object_size: 1 MB}}\n"
                    "traffic: {r: {to: b.get, arrivals: constant, rate: 10k/d}}\n");
    const double cold = (1 - exp(-10.0)) / 10;
    near(lab, "services.b.bucket_size_bytes_archive_instant", cold * 1e10, 0.03 * cold * 1e10);
    near(lab, "services.b.bucket_size_bytes_frequent", (1 - cold) * 1e10, 0.03 * cold * 1e10);
    lab_close(lab);
}

/* [E] At least once: one event for each object, a second one as often as duplicates says. */
static void events_come_at_least_once(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") "services:\n  b: {type: s3, events: {created: q.send, "
                                           "removed: gone, duplicates: 100%%, delay: 1s}}\n"
                                           "  q: {type: sqs}\n  gone: {type: delay, work: 1ms}\n"
                                           "traffic:\n  w: {to: b.put, arrivals: constant, "
                                           "rate: [[0s, 10/s], [50s, 0/s]]}\n"
                                           "  d: {to: b.delete, arrivals: constant, "
                                           "rate: [[0s, 0/s], [60s, 1/s], [80s, 0/s]]}\n");
    const double puts = lab_value(lab, "services.b.put_requests");
    const double deletes = lab_value(lab, "services.b.delete_requests");
    near(lab, "services.q.number_of_messages_sent", 2 * puts, 0);
    near(lab, "services.b.events_sent", 2 * (puts + deletes), 0);
    near(lab, "services.b.bytes_removed", deletes * 1048576, 0);
    lab_close(lab);
}

/* A job's batch is as many requests as its size has objects: 10 batches of 1,000 files of 1 MB each
 * way; they take a partition's tokens: 20 of 1,000 gets a second do not pass at 5,500/s. */
static void many_objects_are_as_many_requests(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10s") "services:\n  b: {type: s3, object_size: 1 MB}\n"
                            "  c: {type: s3, object_size: 1 MB}\n"
                            "traffic:\n  r: {to: b.get_many, arrivals: constant, rate: 1/s, "
                            "size: 1 GB}\n"
                            "  p: {to: b.put_many, arrivals: constant, rate: 1/s, size: 1 GB}\n"
                            "  o: {to: c.get_many, arrivals: constant, rate: 20/s, size: 1 GB}\n");
    lab_equal(lab, "services.b.get_requests", 10e3);
    lab_equal(lab, "services.b.put_requests", 10e3);
    near(lab, "services.b.bytes_downloaded", 10e9, 1);
    near(lab, "services.b.bytes_uploaded", 10e9, 1);
    lab_equal(lab, "services.b.5xx_errors", 0);
    near(lab, "services.c.5xx_errors", 200 - 11 * 5.5, 2);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partition_lets_its_rates_pass),
        cmocka_unit_test(lasting_refusals_split_the_partition),
        cmocka_unit_test(burst_splits_nothing),
        cmocka_unit_test(prefixes_add_up_where_partitioned),
        cmocka_unit_test(get_takes_first_byte_and_transfer),
        cmocka_unit_test(large_put_goes_in_parts),
        cmocka_unit_test(objects_move_by_days_without_access),
        cmocka_unit_test(read_warms_an_object),
        cmocka_unit_test(events_come_at_least_once),
        cmocka_unit_test(many_objects_are_as_many_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
