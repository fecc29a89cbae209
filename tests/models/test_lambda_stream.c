/* lambda on a stream: the rules of "Parameters for Kinesis event source mappings", "Retain
 * discarded batch records", "Configuring partial batch response" and "Polling and batching streams"
 * (Lambda Developer Guide), on a stream of the test's own, whose records are there from the start
 * or when a call brings them, without any pace. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/models/picky.h"
#include "tests/support/lab.h"

#define HEAD(duration)                                                             \
    "archsim: 1\nname: stream\nseed: 5\nreplications: 1\nduration: " duration "\n" \
    "warmup: 0s\ndrain: 0s\n"
#define PLAIN                                                                                     \
    "type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, init: 0s, first_run: {factor: " \
    "1, extra: 0s}"
#define IDLE "  app: {type: delay}\ntraffic:\n  t: {to: app, rate: 1/s}\n"

/* ---- tape: each shard holds so many records ---- */

enum { SHARDS_MAX = 8 };

struct tape_params {
    int64_t shards_count, records_count;
    int64_t record_bytes;
    int64_t age_ns;
};
#define PARAMS struct tape_params
static const struct param tape_params[] = {
    COUNT(shards, "1", "1..8", "shards", DEFINED("the tests")),
    COUNT(records, "0", "0..", "in each shard at the start", DEFINED("the tests")),
    SIZE(record, "1 B", "1 B..", "of a record", DEFINED("the tests")),
    TIME(age, "0s", "", "of the records at the start", DEFINED("the tests")),
};
static const struct metric tape_metrics[] = {
    {"read", QUANTITY_COUNT, METRIC_VALUE, "records handed out"},
    {"largest", QUANTITY_COUNT, METRIC_VALUE, "of them at once"},
};

struct tape {
    int64_t here[SHARDS_MAX];
    uint32_t next;
    uint64_t read, largest;
};

static void tape_begin(struct world *w, struct service *s)
{
    const struct tape_params *p = s->params;
    struct tape *tape = s->state;
    for (int64_t i = 0; i < p->shards_count; i++) {
        tape->here[i] = p->records_count;
    }
    source_ready(w, s);
}

static void tape_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct tape_params *p = s->params;
    struct tape *tape = s->state;
    tape->here[tape->next++ % p->shards_count]++;
    call_work(w, f);
    source_ready(w, s);
}

static uint32_t tape_receive(struct world *w, struct service *s, uint16_t edge,
                             const struct source_ask *ask, uint32_t *delivery)
{
    (void)w;
    (void)edge;
    const struct tape_params *p = s->params;
    struct tape *tape = s->state;
    const double fit = floor(ask->bytes / (double)p->record_bytes);
    int64_t count = tape->here[ask->part] < ask->most ? tape->here[ask->part] : ask->most;
    count = (double)count > fit ? (fit < 1 ? 1 : (int64_t)fit) : count;
    tape->here[ask->part] -= count;
    tape->read += (uint64_t)count;
    tape->largest = (uint64_t)count > tape->largest ? (uint64_t)count : tape->largest;
    *delivery = ask->part;
    if (ask->got != NULL) {
        const int64_t at_ns = core_now(s->core) - p->age_ns;
        *ask->got = (struct source_got){at_ns, at_ns, (double)(count * p->record_bytes)};
    }
    return (uint32_t)count;
}

static void tape_settle(struct world *w, struct service *s, uint32_t delivery, enum outcome outcome,
                        uint32_t done)
{
    (void)w;
    (void)s;
    (void)delivery;
    (void)outcome;
    (void)done;
}

static uint32_t tape_parts(struct world *w, struct service *s)
{
    (void)w;
    return (uint32_t)((const struct tape_params *)s->params)->shards_count;
}

static void tape_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct tape *tape = s->state;
    own[0].value = (double)tape->read;
    own[1].value = (double)tape->largest;
}

static struct source_terms tape_terms(const void *params)
{
    (void)params;
    return (struct source_terms){.hold_ns = INT64_MAX, .ordered = true, .parted = true};
}

static const struct model tape_model = {
    .info = {.name = "tape",
             .title = "a stream",
             .text = "for tests",
             ROWS(params, tape_params),
             ROWS(metrics, tape_metrics),
             .params_size = sizeof(struct tape_params),
             .terms = tape_terms,
             .source = true},
    .state_size = sizeof(struct tape),
    .begin = tape_begin,
    .arrive = tape_arrive,
    .receive = tape_receive,
    .settle = tape_settle,
    .parts = tape_parts,
    .observe = tape_observe,
};
#undef PARAMS

static const struct model *const own[] = {&tape_model, &picky_model};

/* ---- concurrency ---- */

/* "Lambda invokes your function with one batch of each shard at a time", with ParallelizationFactor
 * up to ten of each: 3 shards of 1,000 records, a second each. */
static void test_batches_of_a_shard_at_a_time(void **state)
{
    (void)state;
    const int factors[] = {1, 2, 10};
    for (size_t i = 0; i < 3; i++) {
        struct lab *lab =
            lab_run_with(own, 2,
                         HEAD("100s") "services:\n  tape: {type: tape, shards: 3, records: 100k}\n"
                                      "  f: {" PLAIN ", work: 1s, trigger: {from: tape, batch: 50, "
                                      "parallelization_factor: %d, per: batch}}\n" IDLE,
                         factors[i]);
        lab_equal(lab, "services.f.busy.max", 3 * factors[i]);
        assert_true(lab_value(lab, "services.f.invocations") >= 3 * 99 * factors[i]);
        lab_close(lab);
    }
}

/* "BatchSize: default 100, maximum 10,000"; the payload of an invocation is at most 6 MB, or what
 * is said: 100 records of 20 KiB would be 2 MB, 1 MiB holds 51 of them. */
static void test_batch_size(void **state)
{
    (void)state;
    const struct {
        const char *given;
        double largest;
    } cases[] = {{"", 100}, {", batch: 10k", 307}, {", batch_size: 1 MiB", 51}, {", batch: 7", 7}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run_with(
            own, 2,
            HEAD("10s") "services:\n  tape: {type: tape, records: 100k, record: 20 KiB}\n"
                        "  f: {" PLAIN ", work: 1s, trigger: {from: tape, per: batch%s}}\n" IDLE,
            cases[i].given);
        lab_equal(lab, "services.tape.largest", cases[i].largest);
        lab_close(lab);
    }
}

/* "MaximumBatchingWindowInSeconds": from the first record on. One a second; batches of 5, or of
 * what comes in 4.5 s. */
static void test_window(void **state)
{
    (void)state;
    const struct {
        const char *given;
        double invocations;
    } cases[] = {{"", 100}, {", window: 4500ms", 20}, {", window: 100s, batch: 4", 25}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run_with(
            own, 2,
            HEAD("100s") "services:\n  tape: {type: tape}\n"
                         "  f: {" PLAIN ", work: 1ms, trigger: {from: tape, per: batch%s}}\n"
                         "traffic:\n  t: {to: tape, rate: 1/s, arrivals: constant}\n",
            cases[i].given);
        assert_true(fabs(lab_value(lab, "services.f.invocations") - cases[i].invocations) <= 1);
        lab_close(lab);
    }
}

/* ---- failures ---- */

/* "Lambda retries until the record expires ... or the configured retry quota is reached": a failed
 * batch blocks its shard, and only that. With MaximumRetryAttempts 3 it is given up after four
 * tries, and sent to the on-failure destination. */
static void test_a_failed_batch_blocks_its_shard(void **state)
{
    (void)state;
    const char *const text =
        HEAD("100s") "services:\n  tape: {type: tape, shards: 2, records: 30}\n"
                     "  f: {" PLAIN ", work: 0s, calls: [bad], "
                     "trigger: {from: tape, batch: 10, per: batch, retry_wait: 10s%s}}\n"
                     "  bad: {type: picky, from: 1, to: %d}\n"
                     "  lost: {type: delay, operations: {send: {work: 0s}}}\n" IDLE;
    struct lab *lab = lab_run_with(own, 2, text, "", 1);
    /* one shard fails at its first try, and again has its turn after 10 s; the other is through */
    lab_equal(lab, "services.f.invocations", 3 + 4);
    lab_equal(lab, "services.f.function_errors", 1);
    lab_equal(lab, "services.tape.read", 60);
    lab_close(lab);
    lab = lab_run_with(own, 2, text, "", 1000000); /* both stand still */
    lab_equal(lab, "services.tape.read", 20);
    lab_equal(lab, "services.f.function_errors", 20); /* at 0, 10 .. 90 s */
    lab_equal(lab, "services.f.queue.max", 2);
    lab_close(lab);
    lab = lab_run_with(own, 2, text, ", maximum_retry_attempts: 3, on_failure: lost", 1000000);
    lab_equal(lab, "services.tape.read", 60);
    lab_equal(lab, "services.f.function_errors", 2 * 3 * 4); /* of each batch at 0, 10, 20, 30 s */
    lab_equal(lab, "services.f.dropped_event_count", 60);
    lab_equal(lab, "services.lost.operations.send.arrivals", 6. / 100);
    lab_close(lab);
}

/* MaximumRecordAgeInSeconds: "Lambda discards records older than the specified age", before or
 * after a first try. Records of 50 s; tried at 0 and 10 s, given up at 20 s with 70 s. */
static void test_records_that_are_too_old(void **state)
{
    (void)state;
    const char *const text =
        HEAD("100s") "services:\n  tape: {type: tape, records: 10, age: %s}\n"
                     "  f: {" PLAIN ", work: 0s, calls: [bad], "
                     "trigger: {from: tape, batch: 10, per: batch, retry_wait: 10s, "
                     "maximum_record_age: 60s}}\n"
                     "  bad: {type: picky, from: 1}\n" IDLE;
    struct lab *lab = lab_run_with(own, 2, text, "45s");
    lab_equal(lab, "services.f.invocations", 3); /* at 0, 10 and 20 s: the last time 65 s old */
    lab_equal(lab, "services.f.dropped_event_count", 10);
    lab_close(lab);
    lab = lab_run_with(own, 2, text, "61s");
    lab_equal(lab, "services.f.invocations", 0);
    lab_equal(lab, "services.f.dropped_event_count", 10);
    lab_close(lab);
}

/* BisectBatchOnFunctionError: "If the function returns an error, split the batch in two and retry",
 * which "doesn't consume the retry quota". A batch of 8 whose records take a second each, and the
 * function has 5 s: 8 are too many, 4 and 4 are not. A record of 6 s is tried alone, once more. */
static void test_bisect(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 2,
        HEAD("100s") "services:\n  tape: {type: tape, records: 8}\n"
                     "  f: {" PLAIN ", work: 1s, timeout: 5s, trigger: {from: tape, batch: 8, "
                     "bisect_batch_on_function_error: true, maximum_retry_attempts: 0}}\n" IDLE);
    lab_equal(lab, "services.f.invocations", 3); /* 8, 4, 4 */
    lab_equal(lab, "services.f.function_errors", 1);
    lab_equal(lab, "services.f.dropped_event_count", 0);
    lab_close(lab);
    lab = lab_run_with(
        own, 2,
        HEAD("200s") "services:\n  tape: {type: tape, records: 4}\n"
                     "  f: {" PLAIN ", work: 6s, timeout: 5s, trigger: {from: tape, batch: 4, "
                     "bisect_batch_on_function_error: true, maximum_retry_attempts: 1}}\n" IDLE);
    lab_equal(lab, "services.f.invocations", 3 + 4 * 2); /* 4, 2, 2; each one alone, twice */
    lab_equal(lab, "services.f.dropped_event_count", 4);
    lab_close(lab);
}

/* "Lambda uses the lowest sequence number [that failed] as the checkpoint, and retries all records
 * starting from that" (Configuring partial batch response): the fourth call fails once; else the
 * whole batch comes again. */
static void test_partial_batches(void **state)
{
    (void)state;
    const char *const text =
        HEAD("100s") "services:\n  tape: {type: tape, records: 10}\n"
                     "  f: {" PLAIN
                     ", work: 0s, calls: [bad], trigger: {from: tape, batch: 10%s}}\n"
                     "  bad: {type: picky, from: 4, to: 4}\n" IDLE;
    struct lab *lab = lab_run_with(own, 2, text, "");
    lab_equal(lab, "services.bad.arrivals", (4 + 10) / 100.);
    lab_close(lab);
    lab = lab_run_with(own, 2, text, ", report_batch_item_failures: true");
    lab_equal(lab, "services.bad.arrivals", (4 + 7) / 100.);
    lab_equal(lab, "services.f.dropped_event_count", 0);
    lab_close(lab);
}

/* "If the event source mapping can't invoke the function due to throttling, it retries until the
 * records expire or exceed the maximum age", which is no try of MaximumRetryAttempts; the waits are
 * 1, 2, 4, .. 32 s. */
static void test_throttles_are_no_tries(void **state)
{
    (void)state;
    const char *const text =
        HEAD("200s") "services:\n  tape: {type: tape, records: 10}\n"
                     "  f: {" PLAIN ", work: 0s, reserved_concurrency: 0, trigger: {from: tape, "
                     "batch: 10, maximum_retry_attempts: 0%s}}\n" IDLE;
    struct lab *lab = lab_run_with(own, 2, text, "");
    lab_equal(lab, "services.f.throttles", 8); /* at 0, 1, 3 .. 127 s */
    lab_equal(lab, "services.f.dropped_event_count", 0);
    lab_close(lab);
    lab = lab_run_with(own, 2, text, ", maximum_record_age: 60s");
    lab_equal(lab, "services.f.throttles", 7); /* at 63 s they are too old */
    lab_equal(lab, "services.f.dropped_event_count", 10);
    lab_close(lab);
}

/* IteratorAge: "the age of the last record in the event" when it is received. */
static void test_iterator_age(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 2,
        HEAD("100s") "services:\n  tape: {type: tape, records: 3, age: 20s}\n"
                     "  f: {" PLAIN ", work: 2s, trigger: {from: tape, batch: 1}}\n" IDLE);
    lab_equal(lab, "services.f.iterator_age.mean", 20); /* read when the one before is done */
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_of_a_shard_at_a_time),
        cmocka_unit_test(test_batch_size),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_a_failed_batch_blocks_its_shard),
        cmocka_unit_test(test_records_that_are_too_old),
        cmocka_unit_test(test_bisect),
        cmocka_unit_test(test_partial_batches),
        cmocka_unit_test(test_throttles_are_no_tries),
        cmocka_unit_test(test_iterator_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
