/* What polls a queue for a lambda: the rules of "Configuring scaling behavior for SQS event source
 * mappings", "Lambda parameters for Amazon SQS event source mappings" and "Handling errors for an
 * SQS event source" (Lambda Developer Guide), on a queue of the test's own, in which messages that
 * come back stay, and on sqs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

extern const struct model lambda_model;

#define HEAD(duration, warmup)                                                      \
    "archsim: 1\nname: trigger\nseed: 5\nreplications: 2\nduration: " duration "\n" \
    "warmup: " warmup "\n"
#define PLAIN                                                                                     \
    "type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, init: 0s, first_run: {factor: " \
    "1, extra: 0s}"

/* ---- bin: a queue that may hold messages from the start ---- */

enum { DELIVERIES_MAX = 1 << 14 };

struct bin_params {
    int64_t messages_count, hold_ns;
};
#define PARAMS struct bin_params
static const struct param bin_params[] = {
    COUNT(messages, "0", "0..", "here at the start", DEFINED("the tests")),
    TIME(hold, "12h", "", "what a delivery may take", DEFINED("the tests")),
};
static const struct metric bin_metrics[] = {
    {"deliveries", QUANTITY_COUNT, METRIC_VALUE, "handed out"},
    {"size_max", QUANTITY_COUNT, METRIC_VALUE, "messages of the largest"},
    {"done", QUANTITY_COUNT, METRIC_VALUE, "worked off"},
    {"back", QUANTITY_COUNT, METRIC_VALUE, "given back"},
};

struct bin {
    int64_t here;
    uint32_t done, back, deliveries, size_max;
    uint32_t sizes[DELIVERIES_MAX];
};

static void bin_begin(struct world *w, struct service *s)
{
    struct bin *bin = s->state;
    bin->here = ((const struct bin_params *)s->params)->messages_count;
    source_ready(w, s);
}

static void bin_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct bin *bin = s->state;
    bin->here++;
    call_work(w, f);
    source_ready(w, s);
}

static uint32_t bin_receive(struct world *w, struct service *s, uint16_t edge,
                            const struct source_ask *ask, uint32_t *delivery)
{
    const uint32_t most = ask->most;
    (void)edge;
    (void)w;
    struct bin *bin = s->state;
    const uint32_t count = bin->here < most ? (uint32_t)bin->here : most;
    if (count == 0) {
        return 0;
    }
    if (*delivery == DELIVERY_NONE) {
        assert_true(bin->deliveries < DELIVERIES_MAX);
        *delivery = bin->deliveries++;
    }
    uint32_t *size = &bin->sizes[*delivery];
    *size += count;
    bin->size_max = *size > bin->size_max ? *size : bin->size_max;
    bin->here -= count;
    return count;
}

static void bin_settle(struct world *w, struct service *s, uint32_t delivery, enum outcome outcome,
                       uint32_t done)
{
    (void)w;
    struct bin *bin = s->state;
    const uint32_t deleted = outcome == OUTCOME_OK ? bin->sizes[delivery] : done;
    bin->done += deleted;
    bin->back += bin->sizes[delivery] - deleted;
}

static void bin_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct bin *bin = s->state;
    own[0].value = bin->deliveries;
    own[1].value = bin->size_max;
    own[2].value = bin->done;
    own[3].value = bin->back;
}

static struct source_terms bin_terms(const void *params)
{
    return (struct source_terms){.hold_ns = ((const struct bin_params *)params)->hold_ns};
}

static const struct model bin_model = {
    .info = {.name = "bin",
             .title = "a queue",
             .text = "for tests",
             ROWS(params, bin_params),
             ROWS(metrics, bin_metrics),
             .params_size = sizeof(struct bin_params),
             .terms = bin_terms,
             .source = true},
    .state_size = sizeof(struct bin),
    .begin = bin_begin,
    .arrive = bin_arrive,
    .receive = bin_receive,
    .settle = bin_settle,
    .observe = bin_observe,
};
static const struct model *const own[] = {&bin_model};

static void assert_near(double found, double exact, double tolerance)
{
    if (!(fabs(found - exact) <= tolerance)) {
        fail_msg("%.9g is not %.9g +- %g", found, exact, tolerance);
    }
}

/* ---- concurrency ---- */

/* "Lambda starts processing five batches at a time with five concurrent invocations ... increases
 * the number of processes that are reading batches by up to 300 more concurrent invokes per minute.
 * The maximum number of invokes that an event source mapping can process simultaneously is 1,250."
 * */
static void test_five_at_first_and_300_more_a_minute(void **state)
{
    (void)state;
    const char *const text =
        HEAD("%s", "0s") "drain: 1s\nquotas: {lambda: {concurrency: 10k}}\nservices:\n"
                         "  bin: {type: bin, messages: 1M}\n"
                         "  f: {" PLAIN
                         ", work: 800s, timeout: 15m, trigger: {from: bin, per: batch%s}}\n"
                         "traffic:\n  t: {to: bin, rate: 1/s}\n";
    struct lab *lab = lab_run_with(own, 1, text, "100ms", "");
    lab_equal(lab, "services.f.busy.max", 5);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, "59900ms", "");
    lab_equal(lab, "services.f.busy.max", 5 + 299);
    const struct log_entry *entry = lab->experiment.replications[0].log;
    while (entry != NULL && strcmp(entry->metric, "pollers") != 0) {
        entry = entry->next;
    }
    assert_non_null(entry);
    assert_true(entry->from == 5 && entry->value == 6 && entry->threshold == 5);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, "300s", "");
    lab_equal(lab, "services.f.busy.max", 1250);
    lab_equal(lab, "services.bin.size_max", 10);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, "300s", ", max_concurrency: 40");
    lab_equal(lab, "services.f.busy.max", 40);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, "300s", ", max_concurrency: 2");
    lab_equal(lab, "services.f.busy.max", 2);
    lab_close(lab);
}

/* "When traffic is low, Lambda scales back the processing to five concurrent invokes": four batches
 * at a time never need more than five pollers. */
static void test_low_traffic_needs_five(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("200s", "10s") "services:\n  bin: {type: bin}\n"
                            "  f: {" PLAIN ", work: 1s, trigger: {from: bin, batch: 1}}\n"
                            "traffic:\n  t: {to: bin, rate: 4/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.busy.max", 4);
    assert_near(lab_value(lab, "services.bin.deliveries"), 4 * 210, 5);
    assert_near(lab_value(lab, "services.f.throughput"), 4, 0.01);
    lab_close(lab);
}

/* ---- batches ---- */

/* The handler goes through the messages of a batch in turn, or sees them as one. */
static void test_work_of_each_message_or_of_the_batch(void **state)
{
    (void)state;
    const char *const text = HEAD(
        "1000s", "100s") "services:\n  bin: {type: bin}\n"
                         "  f: {" PLAIN ", work: 100ms, trigger: {from: bin%s}, calls: [db]}\n"
                         "  db: {type: delay, work: 50ms}\n"
                         "traffic:\n  t: {to: bin, rate: 0.1/s, arrivals: constant, batch: 10}\n";
    struct lab *lab = lab_run_with(own, 1, text, "");
    lab_equal(lab, "services.f.latency.mean", 10 * 0.15);
    lab_equal(lab, "services.db.arrivals", 1);
    lab_equal(lab, "services.f.arrivals", 0.1);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, ", per: batch");
    lab_equal(lab, "services.f.latency.mean", 0.15);
    lab_equal(lab, "services.db.arrivals", 0.1);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, ", batch: 4");
    lab_equal(lab, "services.f.arrivals", 0.3);
    lab_equal(lab, "services.f.latency.max", 4 * 0.15);
    lab_equal(lab, "services.bin.size_max", 4);
    lab_close(lab);
}

/* "MaximumBatchingWindowInSeconds": a batch waits for more, from its first message on, until it is
 * full or the window is over. Messages come once a second. */
static void test_a_batch_waits_until_it_is_full_or_its_window_is_over(void **state)
{
    (void)state;
    const char *const text =
        HEAD("1000s", "100s") "services:\n  bin: {type: bin}\n"
                              "  f: {" PLAIN ", work: 0s, trigger: {from: bin, %s}}\n"
                              "traffic:\n  t: {to: bin, rate: 1/s, arrivals: constant}\n";
    const struct {
        const char *given;
        double size;
    } cases[] = {
        {"batch: 10", 1},
        {"batch: 10, window: 4500ms", 5},
        {"batch: 3, window: 4500ms", 3},
        {"batch: 100, window: 99500ms", 100},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run_with(own, 1, text, cases[i].given);
        assert_near(lab_value(lab, "services.f.arrivals"), 1 / cases[i].size, 1.1e-3);
        lab_equal(lab, "services.bin.size_max", cases[i].size);
        lab_close(lab);
    }
}

/* ---- failures ---- */

/* A failed batch comes back whole; with ReportBatchItemFailures what was done before is done. The
 * fourth message fails. */
static void test_what_comes_back_of_a_failed_batch(void **state)
{
    (void)state;
    const char *const text =
        HEAD("100s", "0s") "services:\n  bin: {type: bin, messages: 10}\n"
                           "  f: {" PLAIN ", work: 1ms, trigger: {from: bin%s}, calls: [gate]}\n"
                           "  gate: {type: rate_limiter, rate: 1/day, burst: 3}\n"
                           "  app: {type: delay}\ntraffic:\n  t: {to: app, rate: 1/s}\n";
    struct lab *lab = lab_run_with(own, 1, text, "");
    lab_equal(lab, "services.bin.done", 0);
    lab_equal(lab, "services.bin.back", 10);
    lab_equal(lab, "services.f.function_errors", 1);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, ", report_batch_item_failures: true");
    lab_equal(lab, "services.bin.done", 3);
    lab_equal(lab, "services.bin.back", 7);
    lab_close(lab);
}

/* "If your function throws an exception, the entire batch is considered a complete failure": so one
 * that is killed, which tells nothing. The fourth message of a second each is cut. */
static void test_a_killed_function_tells_nothing(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        own, 1,
        HEAD("100s", "0s") "services:\n  bin: {type: bin, messages: 10}\n"
                           "  f: {" PLAIN ", timeout: 3500ms, calls: [{wait: 1s}], trigger: "
                           "{from: bin, report_batch_item_failures: true}}\n"
                           "  app: {type: delay}\ntraffic:\n  t: {to: app, rate: 1/s}\n");
    lab_equal(lab, "services.bin.done", 0);
    lab_equal(lab, "services.bin.back", 10);
    lab_equal(lab, "services.f.errors.timeout", 1);
    lab_close(lab);
}

/* "Lambda gradually backs off, reducing the amount of concurrency allocated to your Amazon SQS
 * event source mapping"; but "when ReportBatchItemFailures is activated, Lambda doesn't scale down
 * message polling when function invocations fail" (Handling errors for an SQS event source): five
 * at a time, or 300 more each minute. */
static void test_reported_failures_keep_the_pollers(void **state)
{
    (void)state;
    const char *const text =
        HEAD("58s", "0s") "drain: 1s\nservices:\n  bin: {type: bin, messages: 1M}\n"
                          "  f: {" PLAIN
                          ", work: 1s, trigger: {from: bin, batch: 1%s}, calls: [gate]}\n"
                          "  gate: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                          "  app: {type: delay}\ntraffic:\n  t: {to: app, rate: 1/s}\n";
    struct lab *lab = lab_run_with(own, 1, text, "");
    assert_true(lab_value(lab, "services.f.busy.max") <= 10);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, ", report_batch_item_failures: true");
    assert_near(lab_value(lab, "services.f.busy.max"), 5 + 290, 2);
    lab_close(lab);
}

/* "If the invocation fails due to throttling ... Lambda continues to retry the message until the
 * message's timestamp exceeds your queue's visibility timeout" (Handling errors for an SQS event
 * source). Two batches, room for one, 2 s each. */
static void test_throttled_batches_are_tried_while_their_visibility_lasts(void **state)
{
    (void)state;
    const char *const text =
        HEAD("100s", "0s") "services:\n  bin: {type: bin, messages: 2%s}\n"
                           "  f: {" PLAIN
                           ", work: 2s, reserved_concurrency: 1, trigger: {from: bin, batch: 1}}\n"
                           "  app: {type: delay}\ntraffic:\n  t: {to: app, rate: 1/s}\n";
    struct lab *lab = lab_run_with(own, 1, text, "");
    lab_equal(lab, "services.bin.done", 2);
    lab_equal(lab, "services.f.throttles", 2); /* at 0 and 1 s; at 3 s there is room */
    lab_equal(lab, "services.f.latency.max", 3 + 2);
    lab_equal(lab, "services.f.queue.mean", 3. / 100);
    lab_close(lab);
    lab = lab_run_with(own, 1, text, ", hold: 3s");
    lab_equal(lab, "services.bin.done", 1);
    lab_equal(lab, "services.bin.back", 1);
    lab_equal(lab, "services.f.throttles", 2); /* at 0 and 1 s */
    lab_equal(lab, "services.f.errors.throttled", 0.5);
    lab_close(lab);
}

/* ---- on sqs ---- */

/* What is sent is worked off once, in batches of ten at most. */
static void test_sqs_messages_are_worked_off(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("200s", "20s") "services:\n  q: {type: sqs}\n"
                            "  f: {" PLAIN ", work: 200ms, trigger: {from: q}, calls: [db]}\n"
                            "  db: {type: delay, work: 1ms}\n"
                            "traffic:\n  t: {to: q.send, rate: 50/s}\n");
    assert_near(lab_value(lab, "services.db.arrivals") / lab_value(lab, "traffic.t.throughput"), 1,
                0.02);
    assert_near(lab_value(lab, "services.f.errors.timeout"), 0, 0);
    lab_close(lab);
}

/* A message that always fails is in the dead-letter queue after three receives, and nowhere else.
 * */
static void test_sqs_messages_that_fail_are_dead_letters(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "200s", "100s") "services:\n"
                        "  q: {type: sqs, visibility_timeout: 5s, dead_letter: dead, "
                        "max_receive_count: 3}\n"
                        "  dead: {type: sqs}\n"
                        "  f: {" PLAIN ", work: 1ms, trigger: {from: q, batch: 1}, calls: [bad]}\n"
                        "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                        "traffic:\n  t: {to: q.send, rate: 1/s, arrivals: constant}\n");
    assert_near(lab_value(lab, "services.f.invocations"), 3 * 200, 3);
    assert_near(lab_value(lab, "services.dead.arrivals"), 1, 0.02);
    lab_close(lab);
}

/* Messages of a group go one after the other: no more batches at a time than groups. */
static void test_fifo_groups_bound_the_concurrency(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s", "10s") "services:\n"
                                    "  q: {type: sqs, fifo: true, groups: zipf(n=3 s=0)}\n"
                                    "  f: {" PLAIN ", work: 500ms, trigger: {from: q}}\n"
                                    "traffic:\n  t: {to: q.send, rate: 20/s}\n");
    assert_true(lab_value(lab, "services.f.busy.max") <= 3);
    lab_close(lab);
}

/* ---- rules across parameters ---- */

/* What the type says of two values, beside the terms of a source if there is one. */
static const char *check(const struct source_terms *terms, const char *key, const char *value,
                         const char *other, const char *given)
{
    struct arena arena;
    struct param_context context = {.arena = &arena, .directory = "."};
    struct quantity_error error;
    const struct model_info *info = &lambda_model.info;
    arena_init(&arena);
    void *params = arena_alloc(&arena, info->params_size);
    for (uint32_t i = 0; i < info->params_count; i++) {
        const struct param *row = &info->params[i];
        const char *text = strcmp(row->key, key) == 0     ? value
                           : strcmp(row->key, other) == 0 ? given
                                                          : row->fallback;
        param_clear(row, params);
        if (text != NONE && strcmp(text, REQUIRED) != 0) {
            assert_true(param_parse(row, text, &context, params, &error));
        }
    }
    const char *wrong = terms != NULL ? info->check_source(params, terms) : info->check(params);
    arena_done(&arena);
    return wrong;
}

static void begins(const char *wrong, const char *key)
{
    assert_non_null(wrong);
    assert_memory_equal(wrong, key, strlen(key));
}

/* CreateEventSourceMapping: "Queue visibility timeout: 30 seconds is less than Function timeout:
 * 60 seconds"; "for FIFO queues, the maximum is 10", "batching window is not supported for FIFO
 * queues" (Lambda parameters for Amazon SQS event source mappings). */
static void test_what_a_queue_does_not_allow_is_refused(void **state)
{
    (void)state;
    const struct source_terms standard = {.hold_ns = INT64_C(30000000000)};
    const struct source_terms fifo = {.hold_ns = INT64_C(30000000000), .ordered = true};
    assert_null(check(&standard, "timeout", "30s", "memory", "1 GiB"));
    begins(check(&standard, "timeout", "30001ms", "memory", "1 GiB"), "timeout:");
    assert_null(check(&standard, "trigger.batch", "100", "trigger.window", "1s"));
    begins(check(&standard, "trigger.batch", "11", "trigger.window", "999ms"), "trigger.batch:");
    begins(check(&fifo, "trigger.batch", "11", "trigger.window", "0s"), "trigger.batch:");
    begins(check(&fifo, "trigger.batch", "10", "trigger.window", "1s"), "trigger.window:");
    assert_null(check(&fifo, "trigger.batch", "10", "trigger.window", "0s"));
}

static void test_contradictions_are_refused_at_their_key(void **state)
{
    (void)state;
    assert_null(check(NULL, "memory", "1 GiB", "timeout", "3s"));
    assert_null(check(NULL, "provisioned_concurrency", "5", "reserved_concurrency", "5"));
    begins(check(NULL, "provisioned_concurrency", "6", "reserved_concurrency", "5"),
           "provisioned_concurrency:");
    begins(check(NULL, "provisioned.at", "5s", "timeout", "3s"), "provisioned:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_five_at_first_and_300_more_a_minute),
        cmocka_unit_test(test_low_traffic_needs_five),
        cmocka_unit_test(test_work_of_each_message_or_of_the_batch),
        cmocka_unit_test(test_a_batch_waits_until_it_is_full_or_its_window_is_over),
        cmocka_unit_test(test_what_comes_back_of_a_failed_batch),
        cmocka_unit_test(test_a_killed_function_tells_nothing),
        cmocka_unit_test(test_reported_failures_keep_the_pollers),
        cmocka_unit_test(test_throttled_batches_are_tried_while_their_visibility_lasts),
        cmocka_unit_test(test_sqs_messages_are_worked_off),
        cmocka_unit_test(test_sqs_messages_that_fail_are_dead_letters),
        cmocka_unit_test(test_fifo_groups_bound_the_concurrency),
        cmocka_unit_test(test_what_a_queue_does_not_allow_is_refused),
        cmocka_unit_test(test_contradictions_are_refused_at_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
