/* DynamoDB's auto scaling, transactions, batches and global tables. Sources: [A] DynamoDB Developer
 * Guide, "Managing throughput capacity automatically with auto scaling"; [P] AWS re:Post, "Why is
 * DynamoDB auto scaling not working as expected?"; [L] Developer Guide, "Quotas", "Decreasing
 * provisioned throughput"; [T] "Transactions: How it works", "Transaction conflict handling"; [B]
 * API Reference, BatchGetItem and BatchWriteItem; [G] "Global tables: how they work". Known beside
 * them: the fluid limit of a token bucket, Erlang's loss formula, Little's law. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/lab.h"
#include "tests/support/logged.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "replications: 2\nseed: 3\n"
#define RANDOM(duration)                                             \
    "archsim: 1\nname: test\nduration: {" duration "}\nwarmup: 1s\n" \
    "replications: 16\nseed: 3\n"
#define DB(parameters) "services:\n  db: {type: dynamodb, " parameters "}\n"
#define CONSTANT(operation, rate) \
    "traffic:\n  t: {to: db." operation ", arrivals: constant, rate: " rate "}\n"
#define MINUTES(n) ((n)*INT64_C(60000000000))

static const struct log_entry *scaling(const struct log_entry *entry)
{
    while (entry != NULL && entry->kind != LOG_SCALE_OUT && entry->kind != LOG_SCALE_IN) {
        entry = entry->next;
    }
    return entry;
}

static const struct log_entry *first_scaling(const struct lab *lab)
{
    return scaling(lab->experiment.replications[0].log);
}

struct stair {
    int64_t at_ns;
    double from, to;
};

static void expect_stairs(const struct lab *lab, const struct stair *stairs, uint32_t count)
{
    const struct log_entry *entry = first_scaling(lab);
    for (uint32_t i = 0; i < count; i++) {
        assert_non_null(entry);
        assert_int_equal(entry->at_ns, stairs[i].at_ns);
        assert_true(fabs(entry->from - stairs[i].from) < 1e-9);
        assert_true(fabs(entry->to - stairs[i].to) < 1e-9);
        entry = scaling(entry->next);
    }
    assert_null(entry);
}

/* ---- auto scaling ---- */

/* [A] "only when the consumed capacity is higher than target utilization for two consecutive
 * minutes"; then UpdateTable "can take several minutes", and what exceeds the old capacity is
 * throttled. As a fluid: 400/s on 100/s drain 300 s x 100 in 100 s, at 300/s; from 700 s on the
 * share 1 - 100 / 400 is throttled. At 12 min the last minute has used 40 s x 400 + 20 s x 100 =
 * 300/s: 300 / 70 % = 429 are asked for and there at 15 min. They are used to 93 %, which a minute
 * later makes 400 / 70 % = 572. */
static void a_step_is_throttled_until_the_scaler_acts(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("40min") DB(
        "mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}, write_scaling: {min: 100/s, "
        "max: 1000/s}") CONSTANT("put", "[[0s, 50/s], [10min, 400/s]]"));
    lab_near(lab, "services.db.throttled_requests", (900 - 700) * (400 - 100), 3);
    const struct stair stairs[] = {{MINUTES(12), 100, 429}, {MINUTES(16), 429, 572}};
    expect_stairs(lab, stairs, 2);
    lab_equal(lab, "services.db.provisioned_write_capacity_units",
              (100 * 900.0 + 429 * 240.0 + 572 * 1260.0) / 2400);
    lab_equal(lab, "services.db.provisioned_read_capacity_units", 1);
    lab_close(lab);
    /* from 2 to 5 min of such a step that share is throttled */
    lab = lab_run("archsim: 1\nname: test\nduration: 3min\nwarmup: 2min\ndrain: 0s\nreplications: "
                  "2\nseed: 3\n" DB("mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}, "
                                    "write_scaling: {min: 100/s, max: 1000/s}")
                      CONSTANT("put", "400/s"));
    lab_near(lab, "traffic.t.errors.throttled", 1 - 100 / 400.0, 1e-4);
    lab_close(lab);
}

/* Without a reserve nobody sees more than what is there: 100 % of it, so that it grows by 1 / 70 %
 * at a time, and the stairs to 400 / 70 % take 21 minutes. */
static void a_throttled_table_grows_in_stairs(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("40min") DB(
        "mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}, write_scaling: {min: 100/s, "
        "max: 1000/s}, burst_time: 0s") CONSTANT("put", "400/s"));
    const struct stair stairs[] = {{MINUTES(2), 100, 143},
                                   {MINUTES(6), 143, 205},
                                   {MINUTES(10), 205, 293},
                                   {MINUTES(14), 293, 419},
                                   {MINUTES(18), 419, 572}};
    expect_stairs(lab, stairs, 5);
    const double throttled = 300 * 300 + 240 * (257 + 195 + 107);
    lab_near(lab, "services.db.throttled_requests", throttled, 2 * 100);
    lab_close(lab);
}

/* [P] "decreases provisioned capacity when utilization is 20% or more below the target for 15
 * consecutive minutes (50 RCUs)" of 100 at a target of 70 %; [A] not when nothing at all is
 * consumed: then there is no datapoint. The maximum, and the minimum, hold. */
static void scale_in_needs_fifteen_low_minutes(void **state)
{
    (void)state;
    static const struct {
        const char *bounds, *rate;
        double to; /* 0: it stays */
    } cases[] = {{"min: 10/s, max: 100/s", "30/s", 43},
                 {"min: 60/s, max: 100/s", "30/s", 60},
                 {"min: 10/s, max: 100/s", "51/s", 0},
                 {"min: 10/s, max: 100/s", "[[0s, 20/s], [3min, 0/s]]", 0},
                 {"min: 10/s, max: 100/s", "90/s", 0},
                 {"min: 10/s, max: 120/s", "90/s", 120}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("30min") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}, "
                                     "write_scaling: {%s}") CONSTANT("put", "%s"),
                    cases[i].bounds, cases[i].rate);
        const struct stair stair = {MINUTES(cases[i].to > 100 ? 2 : 15), 100, cases[i].to};
        expect_stairs(lab, &stair, cases[i].to > 0);
        lab_close(lab);
    }
}

/* [A] Reads and writes are scaled apart. UpdateTable is called for one after the other: both want
 * more at 2 min, one has it at 5, the other at 8 min. Eventually consistent reads use half. */
static void one_update_at_a_time(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20min") DB("mode: provisioned, provisioned: {reads: 10/s, writes: 10/s}, "
                         "write_scaling: {min: 10/s, max: 100/s}, read_scaling: {min: 10/s, max: "
                         "100/s, target: 50%%}") "traffic:\n"
                                                 "  t: {to: db.put, arrivals: constant, rate: "
                                                 "14/s}\n"
                                                 "  u: {to: db.get, arrivals: constant, rate: "
                                                 "20/s}\n");
    const struct stair stairs[] = {{MINUTES(2), 10, 20}, {MINUTES(2), 10, 20}};
    expect_stairs(lab, stairs, 2);
    lab_equal(lab, "services.db.provisioned_read_capacity_units", 10 + 10 * 15 / 20.0);
    lab_equal(lab, "services.db.provisioned_write_capacity_units", 10 + 10 * 12 / 20.0);
    lab_close(lab);
}

/* [L] At most 27 decreases a day; here without the first four: one an hour. Growth is not held
 * back. */
static void decreases_are_few(void **state)
{
    (void)state;
    for (int first = 0; first <= 4; first += 4) {
        struct lab *lab = lab_run(
            HEAD("24h")
                DB("mode: provisioned, provisioned: {reads: 1/s, writes: 60/s}, "
                   "write_scaling: {min: 1/s, max: 100/s}, decreases: %d, alarm: "
                   "{low_datapoints: 1, low_margin: 0%%}, update_time: 0s") "traffic:\n  t: {to: "
                                                                            "db.put, rate: {ramp: "
                                                                            "[[0s, 20/s], [24h, "
                                                                            "1/s]]}}\n",
            first);
        uint32_t count = 0;
        int64_t before_ns = INT64_MIN / 2;
        for (const struct log_entry *entry = first_scaling(lab); entry != NULL;
             entry = scaling(entry->next)) {
            if (entry->kind == LOG_SCALE_IN) {
                assert_true(first > 0 || entry->at_ns - before_ns >= MINUTES(60));
                before_ns = entry->at_ns;
                count++;
            }
        }
        assert_in_range(count, 15, first == 0 ? 24 : 27);
        lab_close(lab);
    }
}

/* Application Auto Scaling: a scheduled action raises the minimum, and the capacity with it. */
static void capacity_is_scheduled(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20min") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 100/s}, "
                         "write_scaling: {min: 100/s, max: 1000/s}, update_time: 2min, schedule: "
                         "[{at: 8min, min: {writes: 500/s}}]") CONSTANT("put", "60/s"));
    const struct stair stair = {MINUTES(8), 100, 500};
    expect_stairs(lab, &stair, 1);
    lab_equal(lab, "services.db.provisioned_write_capacity_units", (100 + 500) / 2.0);
    lab_close(lab);
}

/* "Maximum throughput for on-demand tables": less than the table could is let in. */
static void on_demand_has_a_maximum(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") DB("max_throughput: {writes: 100/s}") CONSTANT("put", "150/s"));
    lab_near(lab, "services.db.throttled_requests", 100 * 50 - 100, 1);
    assert_string_equal(logged_first(lab)->metric, "maximum writes");
    lab_close(lab);
}

/* ---- transactions and conditions ---- */

/* [T] A transaction fails where another writes one of its items, and so does a put. One item, held
 * for 50 ms by those who get it: a loss system with one server (Erlang B), of load 1 here; others
 * see it busy half of the time (PASTA). Gets are not hurt. */
static void transactions_meet_each_other(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(RANDOM("600s") DB("keys: zipf(n=1 s=0), transaction_items: 1, "
                                  "transact_write_latency: 50ms") "traffic:\n"
                                                                  "  t: {to: db.transact_write, "
                                                                  "rate: 20/s}\n"
                                                                  "  u: {to: db.put, rate: 10/s}\n"
                                                                  "  v: {to: db.get, rate: 10/s}\n"
                                                                  "  w: {to: db.transact_get, "
                                                                  "rate: 0.001/s}\n");
    lab_expect(lab, "traffic.t.errors.failed", 0.5, 0.02);
    lab_expect(lab, "traffic.u.errors.failed", 0.5, 0.05);
    lab_equal(lab, "traffic.v.errors.failed", 0);
    lab_close(lab);
}

/* [T] A transaction that reads fails where anyone writes one of its items: 10 puts a second of
 * 20 ms each are an infinite-server station, empty with probability exp(-0.2); of 2 items of 2
 * keys, drawn alike, either may be the same. */
static void reading_transactions_meet_all_writes(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        RANDOM("600s") DB("keys: zipf(n=1 s=0), transaction_items: 1, put_latency: 20ms, "
                          "transact_get_latency: 10ms") "traffic:\n"
                                                        "  t: {to: db.transact_get, rate: 20/s}\n"
                                                        "  u: {to: db.put, rate: 10/s}\n");
    lab_expect(lab, "traffic.t.errors.failed", 1 - exp(-0.2), 0.04);
    lab_equal(lab, "traffic.u.errors.failed", 0);
    lab_close(lab);
    /* many items: hardly anyone meets */
    lab = lab_run(HEAD("100s") DB("keys: zipf(n=10000000 s=0)") CONSTANT("transact_write", "20/s"));
    lab_equal(lab, "services.db.transaction_conflict", 0);
    lab_close(lab);
    lab = lab_run(HEAD("100s") DB("keys: zipf(n=1 s=0), transact_write_latency: 1s, conflicts: "
                                  "false") CONSTANT("transact_write", "20/s"));
    lab_equal(lab, "traffic.t.errors.failed", 0);
    lab_close(lab);
}

/* Condition expressions: a write whose condition is false fails, and uses its units (API Reference,
 * PutItem). Reads have none. */
static void false_conditions_use_units(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(RANDOM("100s") DB("condition_failures: 20%%, put_latency: 5ms, get_latency: "
                                  "5ms") "traffic:\n  t: {to: db.put, rate: 100/s}\n  u: {to: "
                                         "db.get, rate: 10/s}\n");
    lab_expect(lab, "traffic.t.errors.failed", 0.2, 0.05);
    lab_equal(lab, "traffic.u.errors.failed", 0);
    lab_equal(lab, "services.db.successful_request_latency.max", 5e-3);
    lab_expect(lab, "services.db.consumed_write_capacity_units", 100, 0.03);
    lab_close(lab);
}

/* ---- batches ---- */

/* [B] "If any requested operations fail because the table's provisioned throughput is exceeded
 * [...] the failed operations are returned in UnprocessedItems"; if none succeeds, the batch is
 * throttled. 10 units of 25 come back each second; 10 more a second later. */
static void batches_are_served_in_part(void **state)
{
    (void)state;
    const char *const unprocessed[] = {"throttled", "ok"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD("100s") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 10/s}, "
                                    "burst_time: 0s, unprocessed: %s, stream: {view: keys_only}")
                        CONSTANT("batch_write", "1/s"),
                    unprocessed[i]);
        lab_equal(lab, "services.db.unprocessed_items", 100 * 15);
        lab_equal(lab, "services.db.stream_records", 100 * 10);
        lab_equal(lab, "services.db.consumed_write_capacity_units", 10);
        lab_equal(lab, "services.db.write_throttle_events", 100 * 15);
        lab_equal(lab, "services.db.throttled_requests", 0);
        lab_equal(lab, "traffic.t.errors.throttled", i == 0 ? 1 : 0);
        lab_close(lab);
    }
    struct lab *lab = lab_run(
        HEAD("100s") DB("mode: provisioned, provisioned: {reads: 1/s, writes: 10/s}, burst_time: "
                        "0s, item_size: 20 KiB") CONSTANT("batch_write", "10/s"));
    /* an item of 20 units takes what comes in 2 s; the other batches find nothing */
    lab_near(lab, "services.db.throttled_requests", 1000 - 50, 2);
    lab_close(lab);
}

/* [B] At most 16 MB of data: 25 items of 400 KB are 10 MB, 100 are not. */
static void larger_batches_are_rejected(void **state)
{
    (void)state;
    for (int items = 25; items <= 100; items += 75) {
        struct lab *lab =
            lab_run(HEAD("10s") "services:\n  db: {type: dynamodb, batch_get_items: %d}\ntraffic:\n"
                                "  t: {to: db.batch_get, arrivals: constant, rate: 1/s, size: 400 "
                                "KiB}\n",
                    items);
        lab_equal(lab, "services.db.errors.rejected", items == 25 ? 0 : 1);
        lab_close(lab);
    }
}

/* ---- global tables ---- */

/* [G] Replicas have a write about a second later. Little: on their way are rate x lag, whatever the
 * lag's law; the oldest of a steady stream is as old as a constant lag; what is lost with the
 * region is what is on its way to the replica that lags most. Each replica uses the write's
 * units. */
static void writes_are_on_their_way(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("100s") DB(
        "item_size: 1500 B, replicas: [{region: us-west-2, lag: 1s}, {region: "
        "eu-west-1, lag: 2s}], replication: {loss_at: 90s}") CONSTANT("put", "100/s"));
    lab_equal(lab, "services.db.replicated_write_capacity_units", 2 * 2 * 100);
    lab_equal(lab, "services.db.replicated_bytes", 2 * 1500 * 100 * 100);
    lab_near(lab, "services.db.replication_latency.mean", 1.5, 0.02);
    lab_near(lab, "services.db.pending_replication_count", 200 * 98 / 100.0 + 2, 1.5);
    lab_near(lab, "services.db.unreplicated_age_max", 2, 0.011);
    lab_near(lab, "services.db.unreplicated_age", 2 * 98 / 100.0 + 0.02, 0.011);
    lab_near(lab, "services.db.lost_writes", 200, 2);
    lab_near(lab, "services.db.lost_bytes", 200 * 1500, 2 * 1500);
    lab_near(lab, "services.db.lost_age", 2, 0.011);
    lab_close(lab);
    lab = lab_run(RANDOM("200s") DB(
        "replicas: [{region: us-west-2}]") "traffic:\n  t: {to: db.put, rate: 100/s}\n");
    /* a lognormal with median 1 s whose 99 % point is 2.5 s */
    const double sigma = log(2.5) / 2.326348;
    lab_expect(lab, "services.db.pending_replication_count", 100 * exp(sigma * sigma / 2), 0.03);
    lab_expect(lab, "services.db.replication_latency.mean", exp(sigma * sigma / 2), 0.03);
    lab_close(lab);
    /* rare writes: a second after each of every ten, the age has grown to a second */
    lab = lab_run(HEAD("1000s") DB("replicas: [{region: us-west-2, lag: 1s}]")
                      CONSTANT("put", "0.1/s"));
    lab_near(lab, "services.db.unreplicated_age", 0.05, 0.001);
    lab_equal(lab, "services.db.unreplicated_age_max", 1.005);
    assert_true(isnan(lab_value(lab, "services.db.lost_writes")));
    lab_close(lab);
}

/* [G] With multi-region strong consistency nothing is lost; writes and consistent reads take a
 * round trip longer, others do not; there are no transactions. */
static void strong_replicas_lose_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *operation;
        double latency;
    } calls[] = {{"put", 0.057}, {"get", 0.004}, {"get_consistent", 0.054}, {"query", 0.0043}};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct lab *lab = lab_run(
            HEAD("20s") DB("replicas: [{region: us-west-2}, {region: us-east-2}], replication: "
                           "{consistency: strong, round_trip: 50ms, loss_at: 10s}, put_latency: "
                           "7ms, get_latency: 4ms") CONSTANT("%s", "50/s"),
            calls[i].operation);
        lab_equal(lab, "traffic.t.latency.mean", calls[i].latency);
        lab_equal(lab, "services.db.unreplicated_age_max", 0);
        lab_equal(lab, "services.db.replicated_write_capacity_units", i == 0 ? 100 : 0);
        lab_close(lab);
    }
    struct lab *lab =
        lab_run(HEAD("20s") DB("replicas: [{region: us-west-2}, {region: us-east-2}], replication: "
                               "{consistency: strong}") CONSTANT("transact_write", "5/s"));
    lab_equal(lab, "traffic.t.errors.rejected", 1);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_throttled_until_the_scaler_acts),
        cmocka_unit_test(a_throttled_table_grows_in_stairs),
        cmocka_unit_test(scale_in_needs_fifteen_low_minutes),
        cmocka_unit_test(one_update_at_a_time),
        cmocka_unit_test(decreases_are_few),
        cmocka_unit_test(capacity_is_scheduled),
        cmocka_unit_test(on_demand_has_a_maximum),
        cmocka_unit_test(transactions_meet_each_other),
        cmocka_unit_test(reading_transactions_meet_all_writes),
        cmocka_unit_test(false_conditions_use_units),
        cmocka_unit_test(batches_are_served_in_part),
        cmocka_unit_test(larger_batches_are_rejected),
        cmocka_unit_test(writes_are_on_their_way),
        cmocka_unit_test(strong_replicas_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
