/* S3's documented rules. Sources: [R] S3 user guide, "Optimizing performance", and AWS Knowledge
 * Center, http-5xx-errors-s3; [T] user guide, intelligent-tiering-overview; [E] user guide, Event
 * Notifications; [M] AWS CLI S3 configuration. Known: token buckets let burst + rate t pass; a
 * constant arrival rate times a time average is exact; bytes in = bytes in tiers + removed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "models/model.h"
#include "sim/engine/bottleneck.h"
#include "tests/models/picky.h"
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

/* Its parts are requests when they are sent: 8,500 of 8.5 MB by ten streams that take 150 ms for
 * each are 66.7 a second for 127.5 s, far below the 3,500 of a partition. Two of them beside 3,300
 * small puts a second fit; beside 3,400 a second 33.3 are too many. */
static void a_large_put_is_no_burst(void **state)
{
    (void)state;
    const char *const rates[] = {"3300/s", "3400/s"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: t\nduration: 100s\nwarmup: 0s\ndrain: 0s\nreplications: 1\nseed: 3\n"
            "services: {b: {type: s3, put_latency: 50ms, partition_burst: 100ms, multipart: "
            "{above: "
            "8500 kB, part: 8500 kB}}}\ntraffic:\n  large: {to: b.put, arrivals: constant, rate: "
            "[[0s, 1/s], [1s, "
            "0/s]], batch: 2, size: 72250 MB}\n  small: {to: b.put, arrivals: constant, rate: %s, "
            "size: 1 B}\n",
            rates[i]);
        near(lab, "services.b.5xx_errors", i == 0 ? 0 : 99 * (2 * 67 - 100) - (350 - 2 * 67),
             i == 0 ? 0 : 3); /* the first second is of the burst */
        lab_close(lab);
    }
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

/* [E] Queues, topics, functions and buses are told; what does not take an event is told again, but
 * not what refuses it. */
static void events_are_tried_again(void **state)
{
    (void)state;
    static const struct model *const own[] = {&picky_model};
    static const struct {
        const char *to, *type, *metric;
        double times;
    } cases[] = {
        {"n.send", "type: sqs", "number_of_messages_sent", 1},
        {"n.publish", "type: sns", "number_of_messages_published", 1},
        {"n.put_events", "type: eventbridge", "put_events_entries_count", 1},
        {"n", "type: lambda, work: 1ms", "invocations", 1},
        {"n", "type: picky, until: 50s", "good", 1},
        {"n", "type: picky, until: 50s, outcome: rejected", "good", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char metric[64];
        struct lab *lab = lab_run_with(
            own, 1,
            HEAD("10m") "services:\n  b: {type: s3, events: {created: %s, duplicates: 0%%, delay: "
                        "1s}}\n  n: {%s}\n"
                        "traffic: {w: {to: b.put, arrivals: constant, rate: [[0s, 1/s], [40s, "
                        "0/s]]}}\n",
            cases[i].to, cases[i].type);
        snprintf(metric, sizeof(metric), "services.n.%s", cases[i].metric);
        lab_equal(lab, metric, 40 * cases[i].times);
        lab_equal(lab, "services.b.events_sent", 40 * cases[i].times);
        lab_equal(lab, "services.b.events_lost", 40 - 40 * cases[i].times);
        /* waits of 1, 2, 4, .. s: the first event comes at 1 s and is through at 64 s */
        assert_true((lab_value(lab, "services.b.event_attempts") > 40 * 1.5) == (i == 4));
        lab_close(lab);
    }
}

/* The busiest partition is what runs out: 60 % of its 3,500 writes a second, or of its reads. Lists
 * take from the reads: [R], of which AWS says nothing else. */
static void partitions_can_be_the_bottleneck(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"put, rate: 2100/s", "writes of a partition"},
        {"get, rate: 3300/s", "reads of a partition"},
        {"list, rate: 3300/s", "reads of a partition"},
    };
    for (size_t i = 0; i < 3; i++) {
        struct lab *lab = lab_run(HEAD("20s") "services: {b: {type: s3, object_size: 1 KiB}}\n"
                                              "traffic: {w: {to: b.%s, arrivals: constant}}\n",
                                  cases[i][0]);
        const struct results_bottleneck found =
            bottleneck_find(lab->scenario, lab->experiment.replications, 2, 0.95);
        assert_true(found.known);
        assert_string_equal(found.resource, cases[i][1]);
        assert_true(fabs(found.utilization.value - 0.6) < 0.01);
        lab_close(lab);
    }
}

/* [L] S3 User Guide, managing the lifecycle: to Standard-IA after 30 days, deleted after 60 (both
 * up to a day late), objects below 128 KiB only the latter. 1,000 of 1 MB at the start. */
static void lifecycle_moves_and_deletes(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("120d") "services:\n"
                     "  b: {type: s3, objects: 1000, object_size: 1 MB, lifecycle: {standard_ia: "
                     "30d, expire: 60d}}\n"
                     "  c: {type: s3, objects: 1000, object_size: 1 kB, lifecycle: {standard_ia: "
                     "30d, expire: 60d}}\n"
                     "traffic: {r: {to: b.get, arrivals: constant, rate: 100/d}}\n");
    near(lab, "services.b.bucket_size_bytes_standard", 1e9 * 30.5 / 120, 1e9 / 200);
    near(lab, "services.b.bucket_size_bytes_standard_ia", 1e9 * 30 / 120, 1e9 / 200);
    near(lab, "services.b.number_of_objects", 1000 * 60.5 / 120, 5);
    lab_equal(lab, "services.b.objects_expired", 1000);
    lab_equal(lab, "services.b.bytes_expired", 1e9);
    near(lab, "services.b.bytes_retrieved_standard_ia", 30 * 100 * 1e6, 2e8);
    lab_equal(lab, "services.c.bucket_size_bytes_standard_ia", 0);
    lab_equal(lab, "services.c.objects_expired", 1000);
    lab_close(lab);
}

/* [R] A scan of 10 GB in GETs of 1 MB is 10,000 of them; with 100 connections of 27 ms + 1 MB / 85
 * MB/s each they are 2,579 a second. A partition of 500 a second stretches it to 19 s and a bit
 * (500 at once, 500 each second after), and refuses the others; whoever reads beside it suffers. */
static void bulk_takes_what_connections_and_partitions_allow(void **state)
{
    (void)state;
    static const struct {
        int reads;
        double low_s, high_s;
    } cases[] = {{5500, 3.87, 3.89}, {500, 19, 19.3}};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("100s") "services: {b: {type: s3, first_byte: 27ms, object_size: 1 MB, objects: "
                         "20k, partition_reads: %d/s, bulk: {request: 1 MiB}}}\n"
                         "traffic: {r: {to: b.read_bulk, arrivals: constant, rate: [[0s, 0.1/s], "
                         "[10s, 0/s]], size: 10 GB}}\n",
            cases[i].reads);
        lab_equal(lab, "services.b.get_requests", 10000);
        const double time_s = lab_value(lab, "traffic.r.latency.max");
        if (!(time_s >= cases[i].low_s && time_s <= cases[i].high_s)) {
            fail_msg("%g s, expected %g to %g", time_s, cases[i].low_s, cases[i].high_s);
        }
        near(lab, "services.b.bytes_downloaded", 10e9, 1e4);
        assert_true((lab_value(lab, "services.b.5xx_errors") > 0) == (i == 1));
        lab_close(lab);
    }
}

/* [M] A write in bulk puts objects as any other: 100 of 64 MiB in parts of 8 MiB are 800 PUTs, and
 * 200 POSTs around them. */
static void bulk_writes_go_in_parts(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "100s") "services: {b: {type: s3, object_size: 64 MiB, events: {created: q.send, "
                "duplicates: 0%%, delay: 1s}}, q: {type: sqs}}\n"
                "traffic: {w: {to: b.write_bulk, arrivals: constant, rate: [[0s, 0.1/s], [10s, "
                "0/s]], size: 6400 MiB}}\n");
    near(lab, "services.b.put_requests", 800, 1e-6);
    near(lab, "services.b.post_requests", 200, 1e-6);
    lab_equal(lab, "services.b.all_requests", 1000);
    near(lab, "services.b.bytes_uploaded", 6400.0 * 1048576, 512);
    lab_equal(lab, "services.q.number_of_messages_sent", 100);
    lab_close(lab);
}

/* [T] Optional archives: after 90 and 180 days; a get of what is archived is refused (half of the
 * objects), a restore takes 3 to 5 h, after which it is read. */
static void archives_must_be_restored(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("200d") "services: {b: {type: s3, storage_class: intelligent_tiering, objects: 1000, "
                     "object_size: 1 MB, archive: {access: 90d, deep: 180d}}}\n"
                     "traffic: {r: {to: b.head, rate: 1/d}}\n");
    near(lab, "services.b.bucket_size_bytes_archive_instant", 0, 0);
    near(lab, "services.b.bucket_size_bytes_archive_access", 1e9 * 90 / 200, 1e9 / 200);
    near(lab, "services.b.bucket_size_bytes_deep_archive", 1e9 * 19.5 / 200, 1e9 / 200);
    lab_close(lab);
    lab = lab_run(
        HEAD("40h") "services: {b: {type: s3, storage_class: intelligent_tiering, objects: 1000, "
                    "objects_age: 100d, object_size: 1 MB, archive: {access: 90d}}}\n"
                    "traffic:\n  r: {to: b.get, rate: [[0s, 1/min], [1h, 0/s], [30h, 1/s], [31h, "
                    "0/s]]}\n"
                    "  x: {to: b.restore, arrivals: constant, rate: [[0s, 0/s], [2h, 500/h], [3h, "
                    "0/s]]}\n");
    lab_equal(lab, "services.b.objects_restored", 500);
    const double gets = lab_value(lab, "services.b.get_requests");
    const double refused = lab_value(lab, "services.b.4xx_errors");
    const double late = 3600; /* of these a half is refused, of the 60 first all */
    near(lab, "services.b.4xx_errors", gets - late / 2, 4 * sqrt(late / 2));
    assert_true(refused > 60);
    lab_close(lab);
}

/* Of few objects a share is replaced as well: 2,000 writes of 4 objects, 10 % of them. */
static void bulk_writes_replace_their_share(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services: {b: {type: s3, object_size: 1 MB, objects: 100k, overwrites: "
                           "10%%}}\n"
                           "traffic: {w: {to: b.write_bulk, arrivals: constant, rate: [[0s, 1/s], "
                           "[2000s, 0/s]], size: 4 MB}}\n");
    near(lab, "services.b.bytes_removed", 800e6, 5 * sqrt(2000 * 0.24) * 1e6);
    lab_close(lab);
}

/* A day of a lake: 1 TB in, of objects of 64 MB, 5 TB scanned out; a caller who gives up too. Bytes
 * in are bytes that are there, by any tier, or were replaced. */
static void day_of_a_lake(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1d") "services: {b: {type: s3, storage_class: intelligent_tiering, object_size: 64 "
                   "MB, objects: 1M, objects_age: 40d, overwrites: 10%%, prefixes: zipf(n=100 "
                   "s=0.5), partitions: 10}}\n"
                   "traffic:\n  w: {to: b.write_bulk, rate: 10/h, size: lognormal(mean=4GB cv=1)}\n"
                   "  r: {to: b.read_bulk, rate: 20/h, size: lognormal(mean=10GB cv=2)}\n"
                   "  hasty: {to: b.read_bulk, rate: 20/h, size: 1 TB, timeout: 5s, cancel: "
                   "true}\n");
    const double in = lab_value(lab, "services.b.bytes_uploaded");
    assert_true(in > 0.7e12 && in < 1.3e12);
    near(lab, "services.b.bytes_removed", in / 10, in / 50);
    near(lab, "services.b.monitored_objects", 1e6 + 0.9 * in / 64e6 / 2, 5e3);
    lab_equal(lab, "traffic.hasty.errors.timeout", 1);
    assert_true(lab_value(lab, "services.b.bucket_size_bytes_frequent") > 1e12);
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
        cmocka_unit_test(a_large_put_is_no_burst),
        cmocka_unit_test(objects_move_by_days_without_access),
        cmocka_unit_test(read_warms_an_object),
        cmocka_unit_test(events_come_at_least_once),
        cmocka_unit_test(events_are_tried_again),
        cmocka_unit_test(partitions_can_be_the_bottleneck),
        cmocka_unit_test(lifecycle_moves_and_deletes),
        cmocka_unit_test(bulk_takes_what_connections_and_partitions_allow),
        cmocka_unit_test(bulk_writes_go_in_parts),
        cmocka_unit_test(archives_must_be_restored),
        cmocka_unit_test(bulk_writes_replace_their_share),
        cmocka_unit_test(day_of_a_lake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
