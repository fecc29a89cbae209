/* The stream of a table, and functions that it feeds. Sources: [S] DynamoDB Developer Guide,
 * "Change data capture for DynamoDB Streams"; [A] DynamoDB API Reference, StreamSpecification;
 * [G] DynamoDB Streams API Reference, GetRecords; [L] Lambda Developer Guide, "Using AWS Lambda
 * with Amazon DynamoDB" and "Lambda parameters for Amazon DynamoDB event source mappings"; [D] L.
 * van Donkersgoed, "Serverless Messaging: Latency Compared", 2022 (1,024 messages of each).
 * Traffic stops before the end, so that everything is over and counts are exact. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/models/picky.h"
#include "tests/support/lab.h"

#define HEAD(duration)                                                               \
    "archsim: 1\nname: changes\nseed: 11\nreplications: 2\nduration: " duration "\n" \
    "warmup: 0s\ndrain: 0s\n"
#define PLAIN                                                                                     \
    "type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, init: 0s, first_run: {factor: " \
    "1, extra: 0s}"
#define WIDE "warm_throughput: {reads: 12k/s, writes: 40k/s}"

/* ---- witness: reads one record of each shard at a time, wherever there are some ---- */

struct witness_params {
    struct {
        struct call_target from_target;
    } trigger;
};
#define PARAMS struct witness_params
static const struct param witness_params[] = {
    SOURCE(trigger.from, REQUIRED, "its table", DEFINED("the tests")),
};
#undef PARAMS
static const struct metric witness_metrics[] = {
    {"records", QUANTITY_COUNT, METRIC_VALUE, "taken"},
    {"shards", QUANTITY_COUNT, METRIC_VALUE, "from which some came"},
};

enum { WITNESS_SHARDS_MAX = 64 };
struct witness {
    uint64_t records;
    int64_t last_ns; /* when the newest of all came */
    bool busy[WITNESS_SHARDS_MAX], seen[WITNESS_SHARDS_MAX];
};

/* It is there for one key only, whose records come in the order of the writes. */
static void witness_fed(struct world *w, struct service *s)
{
    const struct witness_params *p = s->params;
    struct witness *witness = s->state;
    const uint32_t parts = source_parts(w, &p->trigger.from_target);
    assert_true(parts <= WITNESS_SHARDS_MAX);
    for (uint32_t part = parts; part-- > 0;) { /* the children first, if they let it */
        struct source_got got;
        const struct source_ask ask = {.most = 1, .bytes = INFINITY, .part = part, .got = &got};
        uint32_t delivery = DELIVERY_NONE;
        if (witness->busy[part] ||
            source_receive(w, &p->trigger.from_target, &ask, &delivery) == 0) {
            continue;
        }
        assert_true(got.first_ns >= witness->last_ns);
        witness->last_ns = got.last_ns;
        witness->records++;
        witness->seen[part] = true;
        struct frame *f = source_invoke(w, &p->trigger.from_target, delivery, 1);
        if (f != NULL) {
            f->note = part;
            witness->busy[part] = true;
        }
    }
}

static void witness_arrive(struct world *w, struct service *s, struct frame *f)
{
    (void)s;
    call_work(w, f);
}

static void witness_finish(struct world *w, struct service *s, struct frame *f)
{
    struct witness *witness = s->state;
    witness->busy[f->note] = false;
    witness_fed(w, s);
}

static void witness_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct witness *witness = s->state;
    own[0].value = (double)witness->records;
    own[1].value = 0;
    for (uint32_t part = 0; part < WITNESS_SHARDS_MAX; part++) {
        own[1].value += witness->seen[part];
    }
}

static const struct model witness_model = {
    .info = {.name = "witness",
             .title = "a consumer",
             .text = "for tests",
             ROWS(params, witness_params),
             ROWS(metrics, witness_metrics),
             .params_size = sizeof(struct witness_params),
             .takes_work = true},
    .state_size = sizeof(struct witness),
    .fed = witness_fed,
    .arrive = witness_arrive,
    .finish = witness_finish,
    .observe = witness_observe,
};
static const struct model *const own[] = {&picky_model, &witness_model};

/* ---- what is written ---- */

/* [S] "A stream record contains information about a data modification to a single item": one for
 * each item that is put, updated, deleted or written by a transaction; reads add none. */
static void test_a_record_for_each_item_written(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("100s") "services:\n"
                     "  t: {type: dynamodb, transaction_items: 3, stream: {view: new_image}}\n"
                     "traffic:\n"
                     "  a: {to: t.put, rate: 2/s, arrivals: constant}\n"
                     "  b: {to: t.update, rate: 3/s, arrivals: constant}\n"
                     "  c: {to: t.delete, rate: 5/s, arrivals: constant}\n"
                     "  d: {to: t.transact_write, rate: 7/s, arrivals: constant}\n"
                     "  e: {to: t.get, rate: 11/s, arrivals: constant}\n"
                     "  f: {to: t.query, rate: 13/s, arrivals: constant}\n"
                     "  g: {to: t.transact_get, rate: 17/s, arrivals: constant}\n");
    lab_equal(lab, "services.t.stream_records", 100 * (2 + 3 + 5 + 7 * 3));
    lab_close(lab);
}

/* [S] Only modifications are captured: writes that are throttled by the table or by a partition,
 * rejected, or in conflict with a transaction, have modified nothing. */
static void test_refused_writes_add_none(void **state)
{
    (void)state;
    const char *const tables[] = {"mode: provisioned, burst_time: 0s, "
                                  "provisioned: {reads: 1/s, writes: 30/s}",
                                  "keys: zipf(n=1 s=0), partition: {writes: 30/s}"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD("100s") "services:\n  t: {type: dynamodb, %s, stream: {view: keys_only}}\n"
                                 "traffic:\n"
                                 "  a: {to: t.put, rate: 50/s, arrivals: constant}\n"
                                 "  b: {to: t.transact_write, rate: 2/s, arrivals: constant}\n"
                                 "  c: {to: t.put, rate: 2/s, arrivals: constant, size: 401 KiB}\n",
                    tables[i]);
        const double puts = 100 * 50 *
                            (1 - lab_value(lab, "traffic.a.errors.throttled") -
                             lab_value(lab, "traffic.a.errors.failed"));
        const double transactions = 100 * 2 * (1 - lab_value(lab, "traffic.b.errors.throttled"));
        lab_equal(lab, "traffic.c.errors.rejected", 1);
        assert_true(puts > 0 && puts < 5000);
        lab_equal(lab, "services.t.stream_records", round(puts) + 5 * round(transactions));
        lab_close(lab);
    }
}

/* [A] KEYS_ONLY: "only the key attributes"; NEW_IMAGE: "the entire item, as it appears after it was
 * modified"; OLD_IMAGE: "as it appeared before"; NEW_AND_OLD_IMAGES: both. A put is of a new item,
 * a deletion leaves none. Keys of 100 B, which every record has, items of 1,000 B. */
static void test_views(void **state)
{
    (void)state;
    const struct {
        const char *view;
        double put, update, remove;
    } cases[] = {{"keys_only", 100, 100, 100},
                 {"new_image", 1100, 1100, 100},
                 {"old_image", 100, 1100, 1100},
                 {"new_and_old_images", 1100, 2100, 1100}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const operations[] = {"put", "update", "delete"};
        const double sizes[] = {cases[i].put, cases[i].update, cases[i].remove};
        for (int o = 0; o < 3; o++) {
            struct lab *lab =
                lab_run(HEAD("60s") "services:\n"
                                    "  t: {type: dynamodb, item_size: 1000 B, "
                                    "stream: {view: %s, key: 100 B}}\n"
                                    "  f: {" PLAIN ", work: 0s, trigger: {from: t}}\n"
                                    "traffic:\n"
                                    "  a: {to: t.%s, rate: [[0s, 5/s], [50s, 0/s]]}\n",
                        cases[i].view, operations[o]);
            const double records = lab_value(lab, "services.t.returned_records_count");
            lab_equal(lab, "services.t.stream_records", records);
            assert_true(records > 100);
            lab_equal(lab, "services.t.returned_bytes", records * sizes[o]);
            lab_close(lab);
        }
    }
}

/* ---- how it is read ---- */

/* [L] "Lambda polls shards in your DynamoDB stream for records at a base rate of 4 times per
 * second": a record is found within 250 ms, 125 ms on average; evenly spread, so the mean of n is
 * off by less than 5 * 72 / sqrt(n) ms (more than 99.999 %), n being 8,000 here. */
static void test_four_polls_a_second(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("4000s") "services:\n"
                                            "  t: {type: dynamodb, " WIDE
                                            ", stream: {view: keys_only, polled: 0s}}\n"
                                            "  f: {" PLAIN ", work: 0s, trigger: {from: t}}\n"
                                            "traffic:\n  a: {to: t.put, rate: 1/s}\n");
    assert_true(fabs(lab_value(lab, "services.f.iterator_age.mean") - 0.125) < 0.004);
    assert_true(lab_value(lab, "services.f.iterator_age.max") <= 0.25);
    lab_close(lab);
}

/* [D] Write to the start of a function: p50 213, p90 341, p99 552 ms. 1,024 measurements leave 95 %
 * intervals of 8, 13 and 64 ms to either side (sqrt(p (1 - p) / n) over the model's density there:
 * 3.7, 1.35 and 0.094 a second). The 20,000 here, and what the model is off in itself (1, 5 and 1
 * ms), stay within those with 99.999 %: 4.4 of their sigmas are 4, 7 and 33 ms. */
static void test_measured_latency(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10000s") "services:\n"
                               "  t: {type: dynamodb, " WIDE ", stream: {view: keys_only}}\n"
                               "  f: {" PLAIN ", work: 0s, trigger: {from: t}}\n"
                               "traffic:\n  a: {to: t.put, rate: 1/s}\n");
    assert_true(fabs(lab_value(lab, "services.f.iterator_age.p50") - 0.213) < 0.008);
    assert_true(fabs(lab_value(lab, "services.f.iterator_age.p90") - 0.341) < 0.013);
    assert_true(fabs(lab_value(lab, "services.f.iterator_age.p99") - 0.552) < 0.064);
    lab_close(lab);
}

/* A poll gives so much and no more ([G]: 1,000 records or 1 MB), and a shard is polled 8 times a
 * second by all: 100 records a second need 10 records a poll for one reader, as for two 25. */
static void test_what_polls_give(void **state)
{
    (void)state;
    const struct {
        const char *limit, *second;
        bool keeps_up;
    } cases[] = {{"poll_records: 14", "", true},
                 {"poll_records: 11", "", false},
                 {"poll_size: 1400 B", "", true},
                 {"poll_size: 1100 B", "", false},
                 {"poll_records: 14", "  g: {" PLAIN ", work: 0s, trigger: {from: t}}\n", false},
                 {"poll_records: 30", "  g: {" PLAIN ", work: 0s, trigger: {from: t}}\n", true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("200s") "services:\n"
                                 "  t: {type: dynamodb, keys: zipf(n=1 s=0), "
                                 "stream: {view: keys_only, key: 100 B, %s}}\n"
                                 "  f: {" PLAIN ", work: 0s, trigger: {from: t}}\n%s"
                                 "traffic:\n  a: {to: t.put, rate: 100/s, arrivals: constant}\n",
                    cases[i].limit, cases[i].second);
        const double age = lab_value(lab, "services.f.iterator_age.max");
        assert_true(cases[i].keeps_up ? age < 5 : age > 10);
        lab_close(lab);
    }
}

/* One shard for each partition (facts: `streams`); [L] one batch of each shard at a time, with
 * ParallelizationFactor up to ten. 5,000 write units need 5 partitions; even access uses all. */
static void test_batches_of_a_shard_at_a_time(void **state)
{
    (void)state;
    for (int factor = 1; factor <= 10; factor *= 10) {
        struct lab *lab =
            lab_run(HEAD("60s") "services:\n"
                                "  t: {type: dynamodb, new_table: {reads: 3k/s, writes: 5k/s}, "
                                "stream: {view: keys_only}}\n"
                                "  f: {" PLAIN ", work: 5s, trigger: {from: t, per: batch, "
                                "parallelization_factor: %d}}\n"
                                "traffic:\n  a: {to: t.put, rate: 1000/s}\n",
                    factor);
        lab_equal(lab, "services.t.partitions", 5);
        lab_equal(lab, "services.f.busy.max", 5 * factor);
        lab_close(lab);
    }
}

/* [L] "BatchSize: default 100": what waits while a batch is at work comes in hundreds. */
static void test_batch_of_a_hundred(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("100s") "services:\n"
                     "  t: {type: dynamodb, keys: zipf(n=1 s=0), stream: {view: keys_only}}\n"
                     "  f: {" PLAIN ", work: 1s, trigger: {from: t, per: batch}}\n"
                     "traffic:\n  a: {to: t.put, rate: 900/s, arrivals: constant}\n");
    const double batches = lab_value(lab, "services.f.invocations");
    assert_true(batches >= 99 && batches <= 100);
    /* the first holds what its poll found; one may be at work at the end */
    assert_true(lab_value(lab, "services.t.returned_records_count") > 100 * (batches - 1));
    assert_true(lab_value(lab, "services.t.returned_records_count") <= 100 * (batches + 1));
    lab_close(lab);
}

/* [S] "All data in DynamoDB Streams is subject to a 24 hour lifetime"; here a minute, so that it
 * shows: a function that may not run holds one batch of 100; all else is gone, and nothing twice.
 */
static void test_retention(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("600s") "services:\n"
                     "  t: {type: dynamodb, keys: zipf(n=1 s=0), "
                     "stream: {view: keys_only, retention: 1min}}\n"
                     "  f: {" PLAIN ", work: 0s, reserved_concurrency: 0, trigger: {from: t}}\n"
                     "traffic:\n  a: {to: t.put, rate: [[0s, 10/s], [400s, 0/s]], "
                     "arrivals: constant}\n");
    const double read = lab_value(lab, "services.t.returned_records_count");
    lab_equal(lab, "services.t.stream_records", 4000);
    assert_true(read >= 1 && read <= 100);
    lab_equal(lab, "services.t.expired_records", 4000 - read);
    lab_close(lab);
}

/* ---- order ---- */

/* [S] "For each item ... the stream records appear in the same sequence as the actual
 * modifications", and "applications must always process a parent shard before it processes a child
 * shard". Of one key, so that all records are of one item; reads beyond the previous peak grow the
 * table at 2 min, which splits its partition in two while its shard has records that nobody has
 * read yet: the witness asks for those of the children first. It would be told by their times. */
static void test_order_of_an_item_across_a_split(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own, 2,
                     HEAD("600s") "services:\n"
                                  "  t: {type: dynamodb, keys: zipf(n=1 s=0), growth_time: 1min, "
                                  "new_table: {reads: 1k/s, writes: 900/s}, "
                                  "partition: {reads: 1k/s}, stream: {view: keys_only}}\n"
                                  "  w: {type: witness, work: 100ms, trigger: {from: t}}\n"
                                  "traffic:\n"
                                  "  a: {to: t.put, rate: [[0s, 20/s], [240s, 0/s]]}\n"
                                  "  b: {to: t.get_consistent, rate: 900/s}\n");
    lab_equal(lab, "services.t.partitions", 2);
    lab_equal(lab, "services.w.shards", 2); /* the parent, and the child that has the key */
    lab_equal(lab, "services.w.records", lab_value(lab, "services.t.stream_records"));
    lab_close(lab);
}

/* [L] A batch that fails holds its shard up until it is done; [S] children come after their parent.
 * The first batch fails at 0, 10, .. 290 s; the partition is split at 120 s, and nothing of its
 * halves is tried before 300 s. */
static void test_halves_wait_for_a_batch_that_fails(void **state)
{
    (void)state;
    const char *const text =
        HEAD("%ds") "services:\n"
                    "  t: {type: dynamodb, growth_time: 1min, "
                    "new_table: {reads: 1k/s, writes: 900/s}, partition: {reads: 1k/s}, "
                    "stream: {view: keys_only, polled: 0s}}\n"
                    "  f: {" PLAIN ", work: 0s, calls: [bad], "
                    "trigger: {from: t, per: batch, retry_wait: 10s}}\n"
                    "  bad: {type: picky, from: 1, to: 30}\n"
                    "traffic:\n"
                    "  a: {to: t.put, rate: [[0s, 1/s], [1s, 0/s], [200s, 10/s], [210s, 0/s]], "
                    "arrivals: constant}\n"
                    "  b: {to: t.get_consistent, rate: 900/s}\n";
    struct lab *lab = lab_run_with(own, 2, text, 290);
    lab_equal(lab, "services.t.partitions", 2);
    lab_equal(lab, "services.t.returned_records_count", 1);
    lab_close(lab);
    lab = lab_run_with(own, 2, text, 320);
    lab_equal(lab, "services.f.function_errors", 30);
    lab_equal(lab, "services.t.returned_records_count",
              lab_value(lab, "services.t.stream_records"));
    lab_equal(lab, "services.t.returned_records_count", 101);
    lab_close(lab);
}

/* ---- conservation ---- */

/* [S] "Each stream record appears exactly once in the stream": when nothing fails, each write is
 * worked off exactly once, by each of two functions; with keys or without, while partitions are
 * split every five minutes from 4 to 16. */
static void test_each_write_exactly_once(void **state)
{
    (void)state;
    const char *const accesses[] = {"", "keys: zipf(n=1000 s=0.5), "};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("800s") "services:\n"
                         "  t: {type: dynamodb, %ssplit: {after: 5min, above: 1%%}, "
                         "stream: {view: new_and_old_images}}\n"
                         "  f: {" PLAIN ", work: 1ms, calls: [one], trigger: {from: t}}\n"
                         "  g: {" PLAIN ", work: 1ms, calls: [two], "
                         "trigger: {from: t, batch: 7, window: 2s, parallelization_factor: 3}}\n"
                         "  one: {type: delay}\n"
                         "  two: {type: delay}\n"
                         "traffic:\n  a: {to: t.update, rate: [[0s, 300/s], [780s, 0/s]]}\n",
            accesses[i]);
        const double written = lab_value(lab, "services.t.stream_records");
        assert_true(lab_value(lab, "services.t.partitions") >= 16);
        lab_equal(lab, "services.t.stream_records", lab_value(lab, "traffic.a.offered") * 800);
        lab_equal(lab, "services.t.returned_records_count", 2 * written);
        lab_equal(lab, "services.one.arrivals", written / 800);
        lab_equal(lab, "services.two.arrivals", written / 800);
        lab_close(lab);
    }
}

/* [L] "Lambda event source mappings process each event at least once": the function fails at its
 * first 200 calls. With retries and halves all is done, some of it more than once; records before
 * the one that fails are done once where the function tells which that is; without a further try
 * those that failed, alone in their batches, are dropped and all others done. */
static void test_each_write_at_least_once(void **state)
{
    (void)state;
    const struct {
        const char *given;
        double dropped;
        bool once;
    } cases[] = {{"", 0, false},
                 {", bisect_batch_on_function_error: true", 0, false},
                 {", bisect_batch_on_function_error: true, parallelization_factor: 4", 0, false},
                 {", report_batch_item_failures: true", 0, true},
                 {", batch: 1, maximum_retry_attempts: 0", 200, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run_with(
            own, 2,
            HEAD("900s") "services:\n"
                         "  t: {type: dynamodb, keys: zipf(n=100 s=0), "
                         "split: {after: 3min, above: 1%%}, stream: {view: keys_only}}\n"
                         "  f: {" PLAIN ", work: 0s, calls: [done, bad], "
                         "trigger: {from: t%s}}\n"
                         "  bad: {type: picky, from: 1000, to: 1199}\n"
                         "  done: {type: delay}\n"
                         "traffic:\n  a: {to: t.put, rate: [[0s, 100/s], [300s, 0/s]]}\n",
            cases[i].given);
        const double written = lab_value(lab, "services.t.stream_records");
        const double failures = 200 - cases[i].dropped;
        const double done = lab_value(lab, "services.done.arrivals") * 900;
        lab_equal(lab, "services.t.returned_records_count", written);
        lab_equal(lab, "services.f.dropped_event_count", cases[i].dropped);
        lab_equal(lab, "services.f.function_errors", 200);
        assert_true(done > written + failures - 0.5);
        assert_true(!cases[i].once || done < written + failures + 0.5);
        lab_close(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_for_each_item_written),
        cmocka_unit_test(test_refused_writes_add_none),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_four_polls_a_second),
        cmocka_unit_test(test_measured_latency),
        cmocka_unit_test(test_what_polls_give),
        cmocka_unit_test(test_batches_of_a_shard_at_a_time),
        cmocka_unit_test(test_batch_of_a_hundred),
        cmocka_unit_test(test_retention),
        cmocka_unit_test(test_order_of_an_item_across_a_split),
        cmocka_unit_test(test_halves_wait_for_a_batch_that_fails),
        cmocka_unit_test(test_each_write_exactly_once),
        cmocka_unit_test(test_each_write_at_least_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
