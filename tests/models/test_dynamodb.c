/* DynamoDB's documented rules. Sources: [U] DynamoDB Developer Guide, "Read and write operations";
 * [O] "On-demand capacity mode"; [W] "Understanding warm throughput" and its scenarios; [B] "Burst
 * and adaptive capacity"; [Q] "Quotas"; [R] AWS re:Post, "Why is my on-demand DynamoDB table being
 * throttled?"; [A] API Reference, TransactWriteItems and TransactGetItems; [H] AWS Database Blog,
 * "Scaling DynamoDB: How partitions, hot keys, and split for heat impact performance"; [T] API
 * reference, ThrottlingReason; [D] A. DeBrie's measurements.
 * Arrivals are constant: a full bucket of b tokens that come at r lets floor(b + r t) of those in
 * who arrive up to t after the first, while more come than that. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "sim/engine/bottleneck.h"
#include "tests/support/lab.h"

extern const struct model dynamodb_model;

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "replications: 2\nseed: 3\n"
#define PUTS(rate) "traffic:\n  t: {to: db.put, arrivals: constant, rate: " rate "}\n"
#define GETS(operation, rate) \
    "traffic:\n  t: {to: db." operation ", arrivals: constant, rate: " rate "}\n"
#define DB(parameters) "services:\n  db: {type: dynamodb, " parameters "}\n"

/* How many of so many calls are turned away. */
static double beyond(double calls, double per_s, double burst, double rate_per_s)
{
    return calls - floor(burst + rate_per_s * (calls - 1) / per_s);
}

static void expect_throttled(const struct lab *lab, double reads, double writes)
{
    lab_equal(lab, "services.db.read_throttle_events", reads);
    lab_equal(lab, "services.db.write_throttle_events", writes);
    lab_equal(lab, "services.db.throttled_requests", reads + writes);
}

/* The first entry of that kind, of the first replication. */
static const struct log_entry *find(const struct lab *lab, enum log_kind kind)
{
    const struct log_entry *entry = lab->experiment.replications[0].log;
    while (entry != NULL && entry->kind != kind) {
        entry = entry->next;
    }
    return entry;
}

static void expect_limit(const struct lab *lab, const char *name)
{
    const struct log_entry *entry = find(lab, LOG_THROTTLING);
    assert_non_null(entry);
    assert_string_equal(entry->metric, name);
}

/* ---- units ---- */

struct cost {
    const char *operation, *size, *parameters;
    double reads, writes;
};

/* [U] A read of up to 4 KB costs a unit, eventually consistent half of one, transactional two; a
 * write of up to 1 KB costs one, transactional two; sizes round up per item, those of a query in
 * sum; an update counts the larger item. Examples of the page: 3.5 KB reads as 4, 10 KB as 12. */
static const struct cost costs[] = {
    {"get", "1 B", "", 0.5, 0},
    {"get", "4096 B", "", 0.5, 0},
    {"get", "4097 B", "", 1, 0},
    {"get_consistent", "3.5 KiB", "", 1, 0},
    {"get_consistent", "8 KiB", "", 2, 0},
    {"get_consistent", "10 KiB", "", 3, 0},
    {"get", "10 KiB", "", 1.5, 0},
    {"put", "512 B", "", 0, 1},
    {"put", "1024 B", "", 0, 1},
    {"put", "1025 B", "", 0, 2},
    {"update", "1.5 KiB", "", 0, 2},
    {"delete", "2.5 KiB", "", 0, 3},
    {"put", "400 KiB", "", 0, 400},
    {"query", "9 KiB", "", 1.5, 0},
    {"query", "3 MiB", "", 128, 0}, /* a page has at most 1 MB */
    {"query_consistent", "9 KiB", "", 3, 0},
    {"scan", NULL, "", 128, 0}, /* a page, unless it is known */
    {"scan", NULL, "scan_size: 33 KiB", 4.5, 0},
    {"scan_consistent", "2 MiB", "", 256, 0},
    {"batch_get", "5 KiB", "", 25, 0}, /* of each item */
    {"batch_get", "1 KiB", "batch_get_items: 100", 50, 0},
    {"batch_write", "1.5 KiB", "", 0, 50},
    {"batch_write", NULL, "batch_write_items: 3", 0, 3},
    {"transact_get", "8 KiB", "transaction_items: 1", 4, 0},
    {"transact_get", "5 KiB", "transaction_items: 5", 20, 0},
    {"transact_write", "5 KiB", "transaction_items: 3", 0, 30},
    {"put", NULL, "item_size: 6.5 KiB", 0, 7},
    {"get_consistent", NULL, "item_size: 6.5 KiB", 2, 0},
    {"query", NULL, "item_size: 6.5 KiB", 1, 0},
    {"query", NULL, "item_size: 6.5 KiB, query_size: 100 KiB", 12.5, 0},
};

static void sizes_round_up_to_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        const struct cost *cost = &costs[i];
        struct lab *lab =
            lab_run(HEAD("20s") "services:\n  db: {type: dynamodb%s%s}\n"
                                "traffic:\n  t: {to: db.%s, arrivals: constant, rate: 5/s%s%s}\n",
                    cost->parameters[0] == '\0' ? "" : ", ", cost->parameters, cost->operation,
                    cost->size != NULL ? ", size: " : "", cost->size != NULL ? cost->size : "");
        lab_equal(lab, "services.db.consumed_read_capacity_units", 5 * cost->reads);
        lab_equal(lab, "services.db.consumed_write_capacity_units", 5 * cost->writes);
        lab_close(lab);
    }
}

/* [Q] An item has at most 400 KB: a validation error, no throttling. */
static void larger_items_are_rejected(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10s") "services:\n  db: {type: dynamodb}\n"
                                          "traffic:\n  t: {to: db.put, arrivals: constant, rate: "
                                          "5/s, size: 401 KiB}\n");
    lab_equal(lab, "services.db.errors.rejected", 1);
    expect_throttled(lab, 0, 0);
    lab_equal(lab, "services.db.consumed_write_capacity_units", 0);
    lab_close(lab);
}

/* [A] "The aggregate size of the items in the transaction cannot exceed 4 MB": 10 of 400 KB do not,
 * 11 do. */
static void larger_transactions_are_rejected(void **state)
{
    (void)state;
    for (int items = 10; items <= 11; items++) {
        struct lab *lab = lab_run(HEAD("20s") "services:\n  db: {type: dynamodb, warm_throughput: "
                                              "{writes: 40k/s}, transaction_items: %d}\ntraffic:\n"
                                              "  t: {to: db.transact_write, arrivals: constant, "
                                              "rate: 1/s, size: 400 KiB}\n",
                                  items);
        lab_equal(lab, "services.db.errors.rejected", items == 10 ? 0 : 1);
        lab_equal(lab, "services.db.consumed_write_capacity_units", items == 10 ? 8000 : 0);
        expect_throttled(lab, 0, 0);
        lab_close(lab);
    }
}

/* ---- on demand ---- */

/* [O] New tables sustain up to 4,000 writes/s and 12,000 reads/s; a read is a strongly consistent
 * one, or two that are not. */
static void new_tables_have_limits(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10s") DB("mode: on_demand") PUTS("5k/s"));
    expect_throttled(lab, 0, beyond(50000, 5000, 4000, 4000));
    lab_equal(lab, "services.db.partitions", 4); /* [H] as many as its limits need */
    expect_limit(lab, "table writes");
    lab_close(lab);
    lab = lab_run(HEAD("10s") DB("mode: on_demand") GETS("get_consistent", "15k/s"));
    expect_throttled(lab, beyond(150000, 15000, 12000, 12000), 0);
    expect_limit(lab, "table reads");
    lab_close(lab);
    lab = lab_run(HEAD("10s") DB("mode: on_demand") GETS("get", "24k/s"));
    expect_throttled(lab, 0, 0);
    lab_equal(lab, "services.db.consumed_read_capacity_units", 12000);
    lab_close(lab);
}

/* [O, R] Twice the previous peak is served at once, more throttles. */
static void twice_the_previous_peak_is_served(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("40s") DB("previous_peak: {writes: 2500/s}")
                                  PUTS("[[0s, 5k/s], [30s, 6k/s]]"));
    expect_throttled(lab, 0, beyond(60000, 6000, 5000, 5000));
    lab_close(lab);
    /* the limits of a new table stay where they are more */
    lab = lab_run(HEAD("10s") DB("previous_peak: {writes: 1500/s}") PUTS("4k/s"));
    expect_throttled(lab, 0, 0);
    lab_close(lab);
}

/* [O] "If your application sustains traffic of 100,000 reads per second, that peak becomes your
 * new previous peak"; [R] more than double within 30 minutes throttles. In small, a table for 100
 * gets 150, and 400 from 40 min on. It serves
 * - 100 until 31 min, half an hour after the datapoint that saw 100 at 1 min;
 * - 200 until 62 min, half an hour after that which saw 150 at 32 min;
 * - 300 until 71 min, half an hour after that which saw 200 at 41 min; then 400.
 * A full bucket lets one second more in each time. Partitions of 100, of which there is one at
 * first, follow: [H] "an on-demand table sees a new high-water mark in throughput". */
static void a_new_peak_counts_after_half_an_hour(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("80min") DB(
        "new_table: {reads: 1k/s, writes: 100/s}, partition: "
        "{writes: 100/s}, split: {after: 10d}") PUTS("[[0s, 150/s], [40min, 400/s]]"));
    const double minute = 60;
    const double expected = (150 - 100) * 31 * minute - 100 + (400 - 200) * 22 * minute - 200 +
                            (400 - 300) * 9 * minute;
    const double throttled = lab_value(lab, "services.db.throttled_requests");
    assert_true(fabs(throttled - expected) <= 4); /* each of the limits ends between arrivals */
    lab_equal(lab, "services.db.partitions", 4);
    const struct log_entry *first = find(lab, LOG_SCALE_OUT);
    assert_non_null(first);
    assert_int_equal(first->at_ns, INT64_C(60) * 1000000000);
    assert_string_equal(first->metric, "consumed_write_capacity_units");
    assert_true(fabs(first->value - 100) < 1e-6);
    assert_true(fabs(first->from - 100) < 1e-6 && fabs(first->to - 200) < 1e-6);
    assert_int_equal(first->delay_ns, INT64_C(1800) * 1000000000);
    lab_close(lab);
}

/* [R] Growth is to be spread over half an hour for each doubling: 10/s that become 34/s in two
 * hours are at most twice what they were 31 minutes before, 10/s that become 60/s in one are not.
 * The log tells one ramp, not 120 steps. */
static void slow_growth_is_not_throttled(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("2h") DB("new_table: {writes: 12/s}, previous_peak: {writes: 10/s}")
                    PUTS("{ramp: [[0s, 10/s], [2h, 34/s]]}"));
    expect_throttled(lab, 0, 0);
    const struct log_entry *growth = find(lab, LOG_SCALE_OUT);
    assert_non_null(growth);
    assert_null(growth->next);
    assert_true(growth->until_ns > INT64_C(7000) * 1000000000);
    lab_close(lab);
    lab = lab_run(HEAD("1h") DB("new_table: {writes: 12/s}, previous_peak: {writes: 10/s}")
                      PUTS("{ramp: [[0s, 10/s], [1h, 60/s]]}"));
    assert_true(lab_value(lab, "services.db.throttled_requests") > 0);
    lab_close(lab);
}

/* Traffic that is only a little uneven sets new peaks for ever, each a little above the last: they
 * are one entry, whatever the time between them. What grows by a tenth or more after a rest is
 * another. */
static void small_new_peaks_are_told_together(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 12h\nwarmup: 0s\nreplications: 1\nseed: 3\n" DB(
            "new_table: {writes: 10/s}") "traffic:\n  t: {to: db.put, rate: [[0s, 6/s], [9h, "
                                         "8/s]]}\n");
    int count = 0;
    for (const struct log_entry *entry = lab->experiment.replications[0].log; entry != NULL;
         entry = entry->next) {
        if (entry->kind == LOG_SCALE_OUT) {
            assert_true(count == 0 || entry->at_ns >= INT64_C(9) * 3600 * 1000000000);
            assert_true(entry->to > entry->from && entry->value > entry->threshold);
            count++;
        }
    }
    assert_in_range(count, 1, 2);
    assert_true(find(lab, LOG_SCALE_OUT)->until_ns > INT64_C(3600) * 1000000000);
    lab_close(lab);
}

/* [Q] 40,000 units a second are the default quota of a table; it can be raised. [W] A table that
 * was warmed serves so much at once, up to the quota. */
static void the_quota_holds_until_it_is_raised(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("5s") DB("warm_throughput: {writes: 50k/s}") PUTS("50k/s"));
    expect_throttled(lab, 0, beyond(250000, 50000, 40000, 40000));
    expect_limit(lab, "table write quota");
    lab_close(lab);
    lab = lab_run(HEAD("5s") "quotas: {dynamodb: {table_writes: 60k/s}}\n" DB(
        "warm_throughput: {writes: 50k/s}") PUTS("50k/s"));
    expect_throttled(lab, 0, 0);
    lab_equal(lab, "services.db.partitions", 50);
    lab_close(lab);
}

/* ---- provisioned ---- */

/* [B] "retains up to five minutes (300 seconds) of unused read and write capacity", which may be
 * used faster than the rate: 30,000 tokens at 100/s, used up after 75 s of 500/s, then 100/s. Idle
 * for 150 s, half of them are back; for an hour, all of them and no more. */
static void unused_capacity_of_300_s_is_kept(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") DB(
        "mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}") PUTS("500/s"));
    expect_throttled(lab, 0, beyond(50000, 500, 30000, 100));
    expect_limit(lab, "table writes");
    lab_equal(lab, "services.db.consumed_write_capacity_units",
              (50000 - beyond(50000, 500, 30000, 100)) / 100);
    lab_close(lab);
    lab = lab_run(HEAD("350s") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}")
                      PUTS("[[0s, 500/s], [100s, 0/s], [250s, 500/s]]"));
    double throttled = lab_value(lab, "services.db.throttled_requests");
    assert_true(fabs(throttled - (100000 - 30000 - 100 * 350)) <= 2);
    lab_close(lab);
    lab = lab_run(HEAD("3800s") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}")
                      PUTS("[[0s, 500/s], [100s, 0/s], [3700s, 500/s]]"));
    throttled = lab_value(lab, "services.db.throttled_requests");
    assert_true(fabs(throttled - (100000 - 2 * (30000 + 100 * 100))) <= 2);
    lab_close(lab);
}

/* [B] Reads and writes have their own capacity; eventually consistent reads use half. */
static void reads_have_their_own_burst(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") DB(
        "mode: provisioned, provisioned: {reads: 10/s, writes: 100/s}") GETS("get", "100/s"));
    expect_throttled(lab, beyond(10000, 100, 2 * 3000, 2 * 10), 0);
    lab_close(lab);
}

/* [W] "Warm throughput for a provisioned table": its limits stay what was provisioned; what it is
 * ready for shows in its partitions alone. */
static void warmth_does_not_raise_what_is_provisioned(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}, "
                                "warm_throughput: {writes: 10k/s}") PUTS("500/s"));
    expect_throttled(lab, 0, beyond(50000, 500, 30000, 100));
    lab_equal(lab, "services.db.partitions", 10);
    lab_close(lab);
}

/* What is used of the capacity is what flows in, whole while the reserve is being filled: two
 * minutes at five times the rate out of 300 s in reserve take 480 s to come back, and nobody is
 * throttled. A steady load uses its share. */
static void the_reserve_is_not_used_twice(void **state)
{
    (void)state;
    const char *const rates[] = {"[[0s, 10/s], [10min, 300/s], [12min, 10/s]]", "40/s",
                                 "[[0s, 150/s], [4min, 0/s], [15min, 150/s], [16min, 10/s]]"};
    const double expected[] = {1, 0.4, 1}; /* while nobody comes time passes all the same */
    for (int i = 0; i < 3; i++) {
        struct lab *lab =
            lab_run(HEAD("30min") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}")
                        PUTS("%s"),
                    rates[i]);
        const struct results_use use =
            bottleneck_use(lab->scenario, 0, lab->experiment.replications, 2, 0.95);
        expect_throttled(lab, 0, 0);
        assert_string_equal(use.resource, "write capacity");
        assert_true(fabs(use.share.value - expected[i]) < 0.002);
        lab_close(lab);
    }
}

/* ---- partitions ---- */

/* [B] "throttling will occur if a single partition receives more than 3000 read operations or more
 * than 1000 write operations", whatever the table has; [H] a single hot key cannot be split. */
static void one_key_has_one_partition(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("30s") DB(
        "warm_throughput: {reads: 40k/s, writes: 40k/s}, keys: zipf(n=1 s=1)") PUTS("2k/s"));
    expect_throttled(lab, 0, beyond(60000, 2000, 1000, 1000));
    expect_limit(lab, "partition writes");
    lab_close(lab);
    lab = lab_run(HEAD("30s")
                      DB("warm_throughput: {reads: 40k/s, writes: 40k/s}, keys: zipf(n=1 s=1)")
                          GETS("get_consistent", "4k/s"));
    expect_throttled(lab, beyond(120000, 4000, 3000, 3000), 0);
    expect_limit(lab, "partition reads");
    lab_close(lab);
    lab = lab_run(HEAD("2h") DB("partition: {writes: 10/s}, keys: zipf(n=1 s=1)") PUTS("20/s"));
    expect_throttled(lab, 0, beyond(144000, 20, 10, 10));
    lab_equal(lab, "services.db.partitions", 400);
    assert_null(find(lab, LOG_SCALE_OUT));
    lab_close(lab);
}

/* Those whom their partition turns away use nothing of the table: half of what comes is twice what
 * the table has, and yet it is always the partition. */
static void the_throttled_use_nothing(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("60s") DB("new_table: {writes: 10/s}, partition: {writes: 5/s}, "
                                             "keys: zipf(n=1 s=1)") PUTS("20/s"));
    expect_throttled(lab, 0, beyond(1200, 20, 5, 5));
    expect_limit(lab, "partition writes");
    assert_null(find(lab, LOG_THROTTLING)->next);
    lab_close(lab);
}

/* "Best practices for designing partition keys": an item of 20 KB costs 5 units, so that it is read
 * 600 times a second. */
static void units_count_at_the_partition_too(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("30s") DB("item_size: 20 KiB, keys: zipf(n=1 s=1)")
                                  GETS("get_consistent", "1k/s"));
    expect_throttled(lab, beyond(30000, 1000, 600, 600), 0);
    lab_close(lab);
}

/* [B] Adaptive capacity: a hot partition goes on "provided that traffic does not exceed your
 * table's total provisioned capacity or the partition maximum capacity". A tenth of the table
 * would have 100/s and 30,000 tokens in reserve; 54,000 writes come in a minute. */
static void a_hot_partition_uses_the_whole_table(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("60s") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 900/s}, "
                       "table_size: 100 GiB, keys: zipf(n=1 s=1), burst_time: 0s") PUTS("900/s"));
    expect_throttled(lab, 0, 0);
    lab_equal(lab, "services.db.partitions", 10);
    lab_equal(lab, "services.db.hottest_partition_utilization", 0.9);
    lab_close(lab);
}

/* Partitions: as many as size (10 GB each), capacity and warm throughput need. */
static void partitions_follow_from_size_and_limits(void **state)
{
    (void)state;
    static const struct {
        const char *parameters;
        double partitions;
    } tables[] = {
        {"mode: on_demand", 4},
        {"table_size: 95 GiB", 10},
        {"mode: provisioned, provisioned: {reads: 7500/s, writes: 100/s}", 3},
        {"mode: provisioned, provisioned: {reads: 100/s, writes: 1001/s}", 2},
        {"mode: provisioned, provisioned: {reads: 1/s, writes: 1/s}", 1},
        {"mode: provisioned, provisioned: {reads: 1/s, writes: 1/s}, partitions: 8", 8},
        {"warm_throughput: {reads: 30k/s}", 10},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct lab *lab = lab_run(HEAD("1s") "services:\n  db: {type: dynamodb, %s}\n" PUTS("1/s"),
                                  tables[i].parameters);
        lab_equal(lab, "services.db.partitions", tables[i].partitions);
        lab_close(lab);
    }
}

/* [H] Partitions that are near their limit for minutes are split: 2 of 10/s under 19/s, which is
 * not throttled; 4 of them are cool. */
static void hot_partitions_are_split(void **state)
{
    (void)state;
    struct lab *lab = NULL;
    static const char *const minutes[] = {"9min", "90min"};
    for (int i = 0; i < 2; i++) {
        lab = lab_run("archsim: 1\nname: test\nduration: %s\nwarmup: 0s\nreplications: 2\nseed: 3\n"
                      "services:\n  db: {type: dynamodb, mode: provisioned, provisioned: {reads: "
                      "1/s, writes: 20/s}, partition: {writes: 10/s}, keys: zipf(n=100000 s=0), "
                      "limit_period: 1min}\n" PUTS("19/s"),
                      minutes[i]);
        expect_throttled(lab, 0, 0);
        lab_equal(lab, "services.db.partitions", i == 0 ? 2 : 4);
        const struct log_entry *split = find(lab, LOG_SCALE_OUT);
        assert_int_equal(split != NULL, i);
        if (split != NULL) {
            assert_string_equal(split->metric, "hottest_partition_utilization");
            assert_true(split->at_ns == INT64_C(600) * 1000000000);
            assert_true(split->from == 2 && split->to == 4);
        }
        lab_close(lab);
    }
}

/* A transaction takes the units of all its items or none: 2 items of 1 KB are 4 units; 3,000 are in
 * reserve, 10 more come each second, of 20 asked for. */
static void transactions_are_served_whole(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("600s") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 10/s}, "
                                "transaction_items: 2") GETS("transact_write", "5/s"));
    const double calls = 3000 - beyond(3000, 5, 3000 / 4.0, 10 / 4.0);
    expect_throttled(lab, 0, 3000 - calls);
    lab_equal(lab, "services.db.consumed_write_capacity_units", 4 * calls / 600);
    lab_close(lab);
    /* 3 items of a partition that has 10/s: what the first two took is there for the next call */
    lab = lab_run(HEAD("60s") DB("partition: {writes: 10/s}, keys: zipf(n=1 s=1), "
                                 "transaction_items: 3") GETS("transact_write", "2/s"));
    expect_throttled(lab, 0, beyond(120, 2, 10 / 6.0, 10 / 6.0));
    lab_close(lab);
}

/* ---- latency ---- */

/* [D] PutItem took 7.5 ms at p50 and 16 ms at p99; TransactWriteItems of 5 items 25 and 93 ms. */
static void latencies_have_the_measured_quantiles(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: {200s}\nwarmup: 0s\nreplications: 16\nseed: 3\n"
        "services:\n  db: {type: dynamodb}\n  tx: {type: dynamodb}\n"
        "traffic:\n  t: {to: db.put, rate: 300/s}\n  u: {to: tx.transact_write, rate: 300/s}\n");
    lab_expect(lab, "services.db.successful_request_latency.p50", 7.5e-3, 0.02);
    lab_expect(lab, "services.db.successful_request_latency.p99", 16e-3, 0.05);
    lab_expect(lab, "services.db.latency.p50", 7.5e-3, 0.02);
    lab_expect(lab, "services.tx.successful_request_latency.p50", 25e-3, 0.02);
    lab_expect(lab, "services.tx.operations.transact_write.latency.p99", 93e-3, 0.1);
    lab_close(lab);
}

/* What is not given is as get or put; a query takes longer for each KB that it reads. */
static void latencies_fall_back(void **state)
{
    (void)state;
    static const struct {
        const char *operation;
        double latency;
    } calls[] = {
        {"get", 4e-3},    {"get_consistent", 4e-3}, {"put", 7e-3},
        {"update", 7e-3}, {"delete", 7e-3},         {"query", 4e-3 + 10 * 0.3e-3},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct lab *lab = lab_run(
            HEAD("10s")
                DB("get_latency: 4ms, put_latency: 7ms") "traffic:\n  t: {to: db.%s, arrivals: "
                                                         "constant, rate: 10/s, size: 10 KiB}\n",
            calls[i].operation);
        lab_equal(lab, "traffic.t.latency.mean", calls[i].latency);
        lab_equal(lab, "services.db.successful_request_latency.max", calls[i].latency);
        lab_close(lab);
    }
}

/* ---- contradictions ---- */

struct given {
    const char *key, *value;
};

static const char *check(struct arena *arena, const struct given *given)
{
    const struct model_info *info = &dynamodb_model.info;
    void *params = arena_alloc(arena, info->params_size);
    struct param_context context = {.arena = arena, .directory = "."};
    struct quantity_error error;
    for (uint32_t i = 0; i < info->params_count; i++) {
        const struct param *row = &info->params[i];
        const char *value = row->fallback;
        for (const struct given *own = given; own->key != NULL; own++) {
            value = strcmp(own->key, row->key) == 0 ? own->value : value;
        }
        param_clear(row, params);
        if (value != NONE && strcmp(value, REQUIRED) != 0) {
            assert_true(param_parse(row, value, &context, params, &error));
        }
    }
    return info->check(params);
}

static void contradictions_are_refused_at_their_key(void **state)
{
    (void)state;
    static const struct {
        const char *wrong; /* the key that the message begins with; null: all is well */
        struct given given[4];
    } rules[] = {
        {NULL, {{NULL, NULL}}},
        {NULL,
         {{"mode", "provisioned"}, {"provisioned.reads", "1/s"}, {"provisioned.writes", "1/s"}}},
        {"mode", {{"mode", "provisioned"}}},
        {"provisioned", {{"provisioned.reads", "1/s"}, {"provisioned.writes", "1/s"}}},
        {"previous_peak",
         {{"mode", "provisioned"}, {"provisioned.reads", "1/s"}, {"previous_peak.writes", "1/s"}}},
        {"growth_time", {{"growth_time", "1min"}, {"datapoint", "2min"}}},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct arena arena;
        arena_init(&arena);
        const char *wrong = check(&arena, rules[i].given);
        assert_int_equal(wrong == NULL, rules[i].wrong == NULL);
        if (wrong != NULL) {
            const size_t length = strlen(rules[i].wrong);
            assert_memory_equal(wrong, rules[i].wrong, length);
            assert_int_equal(wrong[length], ':');
        }
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_round_up_to_units),
        cmocka_unit_test(larger_items_are_rejected),
        cmocka_unit_test(larger_transactions_are_rejected),
        cmocka_unit_test(new_tables_have_limits),
        cmocka_unit_test(twice_the_previous_peak_is_served),
        cmocka_unit_test(a_new_peak_counts_after_half_an_hour),
        cmocka_unit_test(slow_growth_is_not_throttled),
        cmocka_unit_test(small_new_peaks_are_told_together),
        cmocka_unit_test(the_quota_holds_until_it_is_raised),
        cmocka_unit_test(unused_capacity_of_300_s_is_kept),
        cmocka_unit_test(reads_have_their_own_burst),
        cmocka_unit_test(the_reserve_is_not_used_twice),
        cmocka_unit_test(warmth_does_not_raise_what_is_provisioned),
        cmocka_unit_test(one_key_has_one_partition),
        cmocka_unit_test(the_throttled_use_nothing),
        cmocka_unit_test(units_count_at_the_partition_too),
        cmocka_unit_test(a_hot_partition_uses_the_whole_table),
        cmocka_unit_test(partitions_follow_from_size_and_limits),
        cmocka_unit_test(hot_partitions_are_split),
        cmocka_unit_test(transactions_are_served_whole),
        cmocka_unit_test(latencies_have_the_measured_quantiles),
        cmocka_unit_test(latencies_fall_back),
        cmocka_unit_test(contradictions_are_refused_at_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
