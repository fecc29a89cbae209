/* Kinesis beyond the limits of a shard: resharding and its order, on demand after a step, polls a
 * second, retention; the iterator age under overload against the fluid limit; and any stream, with
 * any consumers. "Quotas" is the Developer Guide, Quotas and limits. */
#include "tests/models/kinesis_taker.h"

#define HEAD "archsim: 1\nreplications: 1\nseed: 4\n"
#define HEAD_AT_0(duration) HEAD "duration: " duration "\nwarmup: 0s\ndrain: 0s\nservices:\n"
#define STREAM "type: kinesis, record_size: 100 B"
#define CLI "  ops: {type: aws_cli, startup: 0s, latency: 0s, attempts: 1, commands: "
#define TRAFFIC(rate) "traffic:\n  t: {to: k.put, rate: " rate ", arrivals: constant}\n"

#define value(lab, name) lab_value(lab, "services." name)

/* ---- resharding ---- */

/* API Reference, UpdateShardCount: to the double at most and the half at least; 30 s for each shard
 * that is split or merged. 2 shards take 2,000 of 4,000/s; from 10 min + 60 s on 4 take them all.
 * To 9, to 1 and to 4 again are refused. */
static void test_update_shard_count(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "%s", HEAD_AT_0("20m") "  k: {" STREAM ", shards: 2}\n" CLI
                               "[{name: up, update_shard_count: k, to: 4, "
                               "at: 10m}, {name: far, "
                               "update_shard_count: k, to: 9, at: 12m}, "
                               "{name: low, update_shard_count: k, to: 1, "
                               "at: 12m}, {name: same, "
                               "update_shard_count: k, to: 4, at: 12m}]}\n" TRAFFIC("3600/s"));
    const struct log_entry *entry = lab->experiment.replications[0].log;
    while (entry != NULL && entry->kind != LOG_SCALE_OUT) {
        entry = entry->next;
    }
    assert_non_null(entry);
    assert_true(entry->from == 2 && entry->to == 4 && entry->delay_ns == INT64_C(60000000000));
    lab_equal(lab, "services.ops.succeeded_commands", 1);
    lab_equal(lab, "services.ops.failed_commands", 3);
    lab_near(lab, "services.k.open_shard_count", (11 * 2 + 9 * 4) / 20.0, 1e-6);
    /* a burst of 1,000 a shard, then its rate; of 4 shards the evenly spread 900/s fit */
    const double taken = 2 * (1000 + 660 * 1000.0) + 540 * 3600.0;
    assert_true(fabs(value(lab, "k.incoming_records") / taken - 1) < 0.003);
    lab_close(lab);
}

/* UpdateShardCount: ten times in 24 hours, rolling: one every hour, up and down: of 26 the first
 * ten, and after 24 h two more. */
static void test_ten_a_day(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("%s", HEAD_AT_0("27h") "  k: {" STREAM ", shards: 4, reshard: 1s}\n" CLI
                                       "[{name: up, update_shard_count: k, to: 5, at: 1h, every: "
                                       "2h}, {name: down, update_shard_count: k, to: 4, at: 2h, "
                                       "every: 2h}]}\n" TRAFFIC("1/min"));
    /* at 1 h to 10 h; at 25 h (to 5) and 26 h (to 4) the ones of 1 h and 2 h are a day old */
    lab_equal(lab, "services.ops.succeeded_commands", 12);
    lab_equal(lab, "services.ops.failed_commands", 26 - 12);
    lab_close(lab);
}

/* Developer Guide, after a reshard: parents are read before their children, so that records of one
 * key keep their order, also while the consumer is far behind. One key; 100/s, read at 50/s. */
static void test_order_across_reshards(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1, "%s",
        HEAD_AT_0("30m") "  k: {" STREAM ", shards: 3, reshard: 1s, keys: zipf(n=1 s=0)}\n"
                         "  c: {type: taker, trigger: {from: k, batch: 5}, work: 100ms}\n" CLI
                         "[{name: a, update_shard_count: k, to: 5, at: 2m}, "
                         "{name: b, update_shard_count: k, to: 3, at: 4m}, "
                         "{name: c, update_shard_count: k, to: 6, at: 6m}]}\n" TRAFFIC("100/s"));
    lab_equal(lab, "services.ops.succeeded_commands", 3);
    lab_equal(lab, "services.c.overtaken", 0);
    assert_true(fabs(value(lab, "c.records") - 50 * 1800) < 600); /* but for polls */
    lab_near(lab, "services.k.iterator_age_maximum", 900, 10);
    lab_close(lab);
}

/* A function processes, and does not only read, parents first: one that takes 20 s a batch on each
 * of 2 shards is not given the four children's before. 50 % of one record a second per shard. */
static void test_functions_wait_for_parents(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "%s",
        HEAD_AT_0("10m") "  k: {" STREAM ", shards: 4, reshard: 1s}\n"
                         "  f: {type: lambda, memory: 1769 MiB, work: 20s, timeout: 1m, "
                         "trigger: {from: k, batch: 100, per: batch}}\n" CLI
                         "[{name: a, update_shard_count: k, to: 2, at: 5m}]}\n" TRAFFIC("10/s"));
    /* never more than the four shards at work: the merged two begin when both parents are done */
    assert_true(value(lab, "f.busy.max") <= 4);
    assert_true(value(lab, "k.get_records_records") > 4500);
    lab_close(lab);
}

/* ---- on demand ---- */

/* Mode page: up to double the previous peak; what exceeds it within 15 minutes may be throttled. An
 * hour at 150/s against shards of 100/s: 4 shards take up to 400/s. At once 600/s: a third is
 * refused, for the minute that is looked at and the 15 that follow. Then there are shards for twice
 * the highest minute (400/s, and the full buckets: 9), which takes all; they are at two thirds of
 * their limits, over the half at which each is split: 18, 15 minutes after their first minute. */
static void test_step_on_demand(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("%s", HEAD_AT_0("2h") "  k: {" STREAM ", mode: on_demand, "
                                      "shard: {write_records: 100/s}}\n"
                                      "traffic:\n  t: {to: k.put, arrivals: constant, "
                                      "rate: [[0s, 150/s], [1h, 600/s]]}\n");
    lab_near(lab, "services.k.write_provisioned_throughput_exceeded", 200 * 16 * 60, 3000);
    lab_near(lab, "services.k.open_shard_count", (76 * 4 + 16 * 9 + 28 * 18) / 120.0, 0.02);
    lab_close(lab);
}

/* Quotas: 200 MB/s of writes in regions such as sa-east-1, 10 GB/s in us-east-1: here 6 MB/s in
 * their place: shards for no more. */
static void test_on_demand_quota(void **state)
{
    (void)state;
    static const char text[] =
        "region: %s\nquotas: {kinesis: {on_demand: {sa_east_1: 6 MB/s, us_east_1: 10 GB/s}}}\n" HEAD
        "duration: 90m\nwarmup: 60m\ndrain: 0s\nservices:\n"
        "  k: {type: kinesis, mode: on_demand, record_size: 100 kB}\n" TRAFFIC("80/s");
    struct lab *lab = lab_run(text, "sa-east-1");
    lab_equal(lab, "services.k.open_shard_count", 6);
    lab_near(lab, "traffic.t.errors.throttled", 0.25, 0.01);
    lab_close(lab);
    lab = lab_run(text, "us-east-1");
    lab_equal(lab, "traffic.t.errors.throttled", 0);
    lab_close(lab);
}

/* ---- reading ---- */

/* Quotas: five GetRecords transactions a second of each shard: five consumers that poll once a
 * second fit, six do not: one poll in six is put off, again and again. With enhanced fan-out there
 * is no such limit. */
static void test_polls_a_second(void **state)
{
    (void)state;
    static const char text[] =
        HEAD_AT_0("10m") "  k: {" STREAM ", shards: 1%s}\n"
                         "  a: {type: taker, trigger: {from: k}, work: 0s}\n"
                         "  b: {type: taker, trigger: {from: k}, work: 0s}\n"
                         "  c: {type: taker, trigger: {from: k}, work: 0s}\n"
                         "  d: {type: taker, trigger: {from: k}, work: 0s}\n"
                         "  e: {type: taker, trigger: {from: k}, work: 0s}\n%s" TRAFFIC("50/s");
    static const char sixth[] = "  f: {type: taker, trigger: {from: k}, work: 0s}\n";
    struct lab *lab = lab_run_with(models, 1, text, "", "");
    assert_true(value(lab, "k.read_provisioned_throughput_exceeded") < 60);
    lab_close(lab);
    lab = lab_run_with(models, 1, text, "", sixth);
    assert_true(value(lab, "k.read_provisioned_throughput_exceeded") > 300);
    lab_close(lab);
    lab = lab_run_with(models, 1, text, ", enhanced_fan_out: [a, b, c, d, e, f]", sixth);
    lab_equal(lab, "services.k.read_provisioned_throughput_exceeded", 0);
    lab_equal(lab, "services.k.subscribe_to_shard_event_bytes", value(lab, "k.get_records_bytes"));
    lab_close(lab);
}

/* Developer Guide, data retention: what is older is gone, read or not. 2/s, read at 1/s: the
 * consumer falls behind by half an hour an hour, is 24 h behind after 48 h, and from then on loses
 * one of two. */
static void test_retention(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1, "%s",
        HEAD_AT_0("60h") "  k: {" STREAM ", shards: 1}\n"
                         "  c: {type: taker, trigger: {from: k, batch: 10}, work: 10s}\n" TRAFFIC(
                             "2/s"));
    lab_near(lab, "services.k.expired_records", 12 * 3600, 200);
    lab_near(lab, "services.k.iterator_age_maximum", 24 * 3600, 90); /* by the minute */
    lab_near(lab, "services.c.records", 60 * 3600, 150);             /* but for polls */
    lab_close(lab);
}

/* ---- overload ---- */

/* Fluid limit, as of a queue: at time t the record that is read came at t mu / lambda: its age is
 * t (1 - mu / lambda), half of that in the mean over [0, T]. 100/s against 10 records in 200 ms,
 * T = 1 h: 900 s; with Poisson arrivals and exponential work, at LAB_CONFIDENCE. */
static void test_age_under_overload(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1, "%s",
        "archsim: 1\nduration: 1h\nwarmup: 0s\ndrain: 0s\nreplications: 12\nseed: 1\nservices:\n"
        "  k: {" STREAM ", shards: 1}\n"
        "  c: {type: taker, trigger: {from: k, batch: 10}, work: exponential(200ms)}\n"
        "traffic:\n  t: {to: k.put, rate: 100/s}\n");
    lab_expect(lab, "services.k.get_records_iterator_age.mean", 900, 0.02);
    assert_true(fabs(value(lab, "k.iterator_age_maximum") / 1800 - 1) < 0.03);
    lab_close(lab);
}

/* ---- what a bill is made of, partial failures ---- */

/* Pricing: a PUT payload unit is 25 KB, each record rounded up. PutRecords: those refused are
 * counted, the others are in. */
static void test_units(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("%s", HEAD "duration: 100s\nwarmup: 10s\nservices:\n"
                           "  k: {type: kinesis, shards: 1, record_size: 26 kB}\n"
                           "  b: {" STREAM ", shards: 1}\n"
                           "traffic:\n  t: {to: k.put, rate: 10/s, arrivals: constant}\n"
                           "  u: {to: b.put_records, rate: 20/s, arrivals: constant}\n");
    lab_equal(lab, "services.k.put_payload_units", 2000);
    lab_equal(lab, "services.b.put_records_total_records", 100 * 2000);
    lab_equal(lab, "services.b.put_records_throttled_records", 100 * 1000);
    lab_equal(lab, "services.b.incoming_records", 100 * 1000);
    lab_close(lab);
}

/* ---- any stream ---- */

static uint32_t below(struct random *random, uint32_t bound)
{
    return random_below(random, bound);
}

/* Random shards, keys, consumers of both kinds, functions that fail, commands, on demand or not: at
 * the end each consumer has read what came, lost it, or has it before it (in debug builds the model
 * asserts it of both ends of the window), and what came was taken or refused. Nothing is read twice
 * or in another order: of one key. */
static void test_any_stream(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1, 0, "any", "stream");
    const int worlds = (int)(40 * lab_scale()) + 1;
    for (int i = 0; i < worlds; i++) {
        const bool one_key = below(&random, 2) == 0;
        const uint32_t consumers = 1 + below(&random, 3);
        char text[4096];
        int at =
            snprintf(text, sizeof(text),
                     HEAD "duration: 5m\nwarmup: %us\nservices:\n"
                          "  k: {" STREAM ", mode: %s, shards: %u, reshard: %us, poll: %ums, "
                          "on_demand: {delay: 30s}, shard: {write_records: %u/s}%s%s}\n",
                     below(&random, 2) * 30, below(&random, 3) == 0 ? "on_demand" : "provisioned",
                     1 + below(&random, 6), below(&random, 20), 100 + below(&random, 2000),
                     20 + below(&random, 200), one_key ? ", keys: zipf(n=1 s=0)" : "",
                     below(&random, 2) == 0 ? ", enhanced_fan_out: [c0]" : "");
        for (uint32_t c = 0; c < consumers; c++) {
            at += snprintf(text + at, sizeof(text) - (size_t)at,
                           "  c%u: {type: taker, trigger: {from: k, batch: %u}, "
                           "work: exponential(%ums)}\n",
                           c, 1 + below(&random, 50), 1 + below(&random, 500));
        }
        at += snprintf(
            text + at, sizeof(text) - (size_t)at,
            "  f: {type: lambda, work: 10ms, trigger: {from: k, batch: 20, retry_wait: "
            "1s, maximum_retry_attempts: 2}, calls: [{call: d, timeout: 20ms}]}\n"
            "  d: {type: delay, work: exponential(5ms)}\n" CLI
            "[{name: a, update_shard_count: k, to: %u, at: 1m, every: 40s}, "
            "{name: b, update_shard_count: k, to: %u, at: 80s, every: 40s}]}\n"
            "traffic:\n  t: {to: k.put, rate: %u/s}\n  u: {to: k.put_records, rate: 1/s}\n",
            1 + below(&random, 12), 1 + below(&random, 12), 20 + below(&random, 400));
        struct lab *lab = lab_run_with(models, 1, "%s", text);
        for (uint32_t c = 0; c < consumers && one_key; c++) {
            char path[64];
            snprintf(path, sizeof(path), "services.c%u.overtaken", c);
            lab_equal(lab, path, 0);
        }
        const double came =
            lab_value(lab, "traffic.t.offered") * 300 + value(lab, "k.put_records_total_records");
        lab_near(lab, "services.k.incoming_records",
                 came - value(lab, "k.write_provisioned_throughput_exceeded"), 1e-3);
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_update_shard_count),
        cmocka_unit_test(test_ten_a_day),
        cmocka_unit_test(test_order_across_reshards),
        cmocka_unit_test(test_functions_wait_for_parents),
        cmocka_unit_test(test_step_on_demand),
        cmocka_unit_test(test_on_demand_quota),
        cmocka_unit_test(test_polls_a_second),
        cmocka_unit_test(test_retention),
        cmocka_unit_test(test_age_under_overload),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_any_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
