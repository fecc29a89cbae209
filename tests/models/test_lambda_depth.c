/* lambda: streams, SnapStart, destinations, provisioned concurrency that scales, and commands, each
 * against its documented rule. Arrivals and times are constant. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define HEAD "archsim: 1\nreplications: 1\nseed: 2\n"
#define PLAIN                                                                    \
    "type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, init: 100ms, " \
    "first_run: {factor: 1, extra: 0s}"
#define STREAM "type: kinesis, record_size: 100 B, polled: 100ms, poll: 1s"

/* ---- hand: a call sets a control of another service to its value ---- */

struct hand_params {
    uint16_t code_service, provisioned_service, reserved_service;
    double to;
};
#define PARAMS struct hand_params
static const struct param hand_params[] = {
    WATCH(code, NONE, "code", "whose code it updates", DEFINED("the tests")),
    WATCH(provisioned, NONE, "provisioned_concurrency", "whom it gives", DEFINED("the tests")),
    WATCH(reserved, NONE, "reserved_concurrency", "for whom it reserves", DEFINED("the tests")),
    NUMBER(to, "0", "0..", NULL, "so many", DEFINED("the tests")),
};
#undef PARAMS

static void hand_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct hand_params *p = s->params;
    bool good;
    if (p->code_service != SERVICE_NONE) {
        good = service_control(w, p->code_service, "code", 0);
    } else if (p->reserved_service != SERVICE_NONE) {
        good = service_control(w, p->reserved_service, "reserved_concurrency", p->to);
    } else {
        good = service_control(w, p->provisioned_service, "provisioned_concurrency", p->to);
    }
    if (good) {
        call_work(w, f);
    } else {
        call_refuse(w, f, OUTCOME_FAILED);
    }
}

static const struct model hand_model = {
    .info = {.name = "hand",
             .title = "commands",
             .text = "for tests",
             ROWS(params, hand_params),
             .params_size = sizeof(struct hand_params)},
    .arrive = hand_arrive,
};
static const struct model *const models[] = {&hand_model};

/* ---- streams ---- */

/* "Lambda invokes one instance per shard": batches of a shard are worked off one after the other,
 * with parallelization factor n up to n at a time; each of 20 records of 10 ms in turn. 100 records
 * a second of one shard are 1 s of work; here are 150: one at a time is too few, two are enough. */
static void test_one_batch_a_shard(void **state)
{
    (void)state;
    const int factors[] = {1, 2, 10};
    for (int i = 0; i < 3; i++) {
        struct lab *lab =
            lab_run(HEAD "duration: 200s\nwarmup: 10s\nservices:\n  k: {" STREAM ", shards: 2}\n"
                         "  f: {" PLAIN ", work: 10ms, trigger: {from: k, batch: 20, "
                         "parallelization_factor: %d}}\n"
                         "traffic:\n  t: {to: k.put, rate: 300/s, arrivals: constant}\n",
                    factors[i]);
        /* 300/s x 10 ms are 3 at a time; two shards allow 2 x factor */
        const double busy = lab_value(lab, "services.f.busy.max");
        assert_true(busy <= 2 * factors[i]);
        const double age = lab_value(lab, "services.k.iterator_age_maximum");
        assert_true(2 * factors[i] < 3 ? age > 60 : age < 10);
        lab_close(lab);
    }
}

/* Batch: up to so many records; the window gathers them: 10 records a second, polled once a second,
 * 100 a batch: without a window each poll is a batch of about 10, with one of 5 s one of 50. */
static void test_window(void **state)
{
    (void)state;
    const char *const windows[] = {"0s", "5s"};
    const double batches[] = {200, 40};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD "duration: 200s\nwarmup: 20s\nservices:\n  k: {" STREAM ", shards: 1}\n"
                         "  f: {" PLAIN ", work: 1ms, trigger: {from: k, window: %s, per: batch}}\n"
                         "traffic:\n  t: {to: k.put, rate: 10/s, arrivals: constant}\n",
                    windows[i]);
        assert_true(fabs(lab_value(lab, "services.f.invocations") - batches[i]) <=
                    batches[i] / 4); /* a window begins with the next poll */
        lab_close(lab);
    }
}

/* "If the function returns an error, Lambda retries the batch until processing succeeds or the data
 * expires": a shard whose batch fails stands still; the other goes on. With maximum_retry_attempts
 * the batch is given up after so many further tries, and sent to the destination. */
static void test_failed_batch_holds_its_shard_up(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 100s\nwarmup: 0s\ndrain: 0s\nservices:\n  k: {" STREAM ", shards: 1}\n"
             "  f: {" PLAIN ", work: 1ms, trigger: {from: k, per: batch}, calls: [broken]}\n"
             "  broken: {type: rate_limiter, rate: 1/day, burst: 1}\n"
             "traffic:\n  t: {to: k.put, rate: 10/s, arrivals: constant}\n");
    /* one batch passes, the next is tried every second and a bit, and nothing else is read */
    assert_true(lab_value(lab, "services.k.get_records_records") < 40);
    assert_true(lab_value(lab, "services.k.iterator_age_maximum") < 4);
    assert_true(lab_value(lab, "services.f.function_errors") > 80);
    lab_close(lab);
    lab =
        lab_run(HEAD "duration: 100s\nwarmup: 0s\ndrain: 0s\nservices:\n"
                     "  k: {" STREAM ", shards: 1}\n"
                     "  f: {" PLAIN ", work: 1ms, calls: [broken], "
                     "trigger: {from: k, per: batch, maximum_retry_attempts: 2, retry_wait: "
                     "100ms, on_failure: lost}}\n"
                     "  broken: {type: rate_limiter, rate: 1/day, burst: 1}\n  lost: {type: sqs}\n"
                     "traffic:\n  t: {to: k.put, rate: 10/s, arrivals: constant}\n");
    const double lost = lab_value(lab, "services.lost.number_of_messages_sent");
    assert_true(lost > 50); /* a batch a second, each of three tries */
    assert_true(fabs(lab_value(lab, "services.f.function_errors") - 3 * lost) <= 6);
    lab_close(lab);
}

/* ---- cold starts ---- */

/* SnapStart: the restore takes the place of the init. VPC: a little more. */
static void test_snap_start_and_vpc(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 1000s\nwarmup: 0s\nservices:\n"
             "  plain: {type: lambda, memory: 1769 MiB, overhead: 0s, runtime: java21, placement: "
             "100ms, init: 2s, first_run: {factor: 1, extra: 0s}, idle_timeout: 1s}\n"
             "  snap: {type: lambda, memory: 1769 MiB, overhead: 0s, runtime: java21, placement: "
             "100ms, init: 2s, first_run: {factor: 1, extra: 0s}, idle_timeout: 1s, snap_start: "
             "true, restore: 300ms, vpc: true, vpc_delay: 40ms}\n"
             "traffic:\n  t: {to: plain, rate: 0.1/s, arrivals: constant}\n"
             "  u: {to: snap, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "services.plain.cold_start.mean", 2.1);
    lab_equal(lab, "services.snap.cold_start.mean", 0.44);
    lab_equal(lab, "services.snap.cold_start_ratio", 1);
    lab_close(lab);
}

/* ---- asynchronous events ---- */

/* Destinations: what succeeded goes to one, what failed after its retries to the other. */
static void test_destinations(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 100s\nwarmup: 0s\ndrain: 10m\nservices:\n"
             "  app: {type: delay, work: 1ms, calls: [{async: good}, {async: bad}]}\n"
             "  good: {" PLAIN ", work: 1ms, on_success: done, dead_letter: lost}\n"
             "  bad: {" PLAIN
             ", work: 1ms, on_success: done, dead_letter: lost, on_failure: other, "
             "async: {retry_attempts: 0}, calls: [broken]}\n"
             "  broken: {type: rate_limiter, rate: 1/day, burst: 1}\n"
             "  done: {type: sqs}\n  lost: {type: sqs}\n  other: {type: sqs}\n"
             "traffic:\n  t: {to: app, rate: 1/s, arrivals: constant}\n  u: {to: broken, rate: "
             "1/s}\n");
    assert_true(fabs(lab_value(lab, "services.done.number_of_messages_sent") - 100) <= 1);
    lab_equal(lab, "services.bad.async_events_received", 100);
    assert_true(fabs(lab_value(lab, "services.lost.number_of_messages_sent") - 100) <= 1);
    assert_true(fabs(lab_value(lab, "services.other.number_of_messages_sent") - 100) <= 1);
    lab_close(lab);
}

/* ---- provisioned concurrency ---- */

/* "Lambda allocates ... none of the requested environments is usable until all are": asked for 60
 * at 0 s, at 60 a minute after 30 s: at 90 s all are there, and not one before. */
static void test_nothing_until_all_is_allocated(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD "duration: 180s\nwarmup: 0s\nservices:\n"
             "  f: {" PLAIN ", work: 100ms, provisioned: {preparation: 30s, rate: 60/min}}\n"
             "  h: {type: hand, provisioned: f, to: 60}\n"
             "traffic:\n  t: {to: f, rate: 10/s, arrivals: constant}\n"
             "  u: {to: h, rate: [[0s, 1000/s], [1ms, 0.0001/s]], arrivals: constant}\n");
    assert_true(fabs(lab_value(lab, "services.f.provisioned_concurrency_invocations") - 900) <= 2);
    lab_close(lab);
}

/* Target tracking on ProvisionedConcurrencyUtilization, 70 %: 10 busy of 10 for three minutes, then
 * 10 x 100 / 70, rounded up, which are 15. Another command is refused while they are allocated. */
static void test_provisioned_concurrency_scales(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 15m\nwarmup: 0s\nservices:\n"
             "  f: {" PLAIN ", work: 1s, provisioned_concurrency: 10, provisioned: {target: 70%%, "
             "min: 5, max: 50, preparation: 1m}}\n"
             "traffic:\n  t: {to: f, rate: 10.5/s, arrivals: constant}\n");
    /* 10 of 15 minutes; seen at 3 min, there at 4 min and 50 ms */
    const double used = lab_value(lab, "services.f.provisioned_concurrency_utilization");
    const double expected = (240 * 10.0 + 660 * 10.5) / (240 * 10 + 660 * 15.0);
    assert_true(fabs(used - expected) < 0.01);
    lab_close(lab);
}

/* A scheduled action: at 5 min at least 20. */
static void test_provisioned_concurrency_by_the_clock(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 10m\nwarmup: 0s\nservices:\n"
             "  f: {" PLAIN ", work: 1s, provisioned_concurrency: 10, provisioned: {preparation: "
             "0s, min: 10, max: 50}, schedule: [{at: 5m, min: 20}]}\n"
             "traffic:\n  t: {to: f, rate: 9/s, arrivals: constant}\n");
    const double used = lab_value(lab, "services.f.provisioned_concurrency_utilization");
    assert_true(fabs(used - 9.0 * 600 / (10 * 300 + 20 * 300)) < 0.005);
    lab_close(lab);
}

/* ---- commands ---- */

/* After an update of the code all requests meet new environments; another update while the first is
 * in progress is a conflict. */
static void test_update_of_the_code(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(models, 1,
                     HEAD "duration: 100s\nwarmup: 10s\nservices:\n"
                          "  f: {" PLAIN ", work: 10ms, update: 5s}\n  h: {type: hand, code: f}\n"
                          "traffic:\n  t: {to: f, rate: 5/s, arrivals: constant}\n"
                          "  u: {to: h, rate: 0.5/s, arrivals: constant}\n");
    /* asked for every 2 s: one of three is done, every 6 s: each costs one cold start */
    assert_true(fabs(lab_value(lab, "traffic.u.errors.failed") - 2 / 3.0) < 0.02);
    assert_true(fabs(lab_value(lab, "services.f.cold_start_ratio") * 500 - 100 / 6.0) <= 1);
    lab_close(lab);
}

/* While the update is in progress requests run in the old environments; those that run then finish
 * there, and are gone: one request after the other, of 9.8 of 10 s each. */
static void test_what_runs_finishes_in_the_old_environment(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(models, 1,
                     HEAD "duration: 100s\nwarmup: 0s\nservices:\n"
                          "  f: {" PLAIN ", work: 9.8s, timeout: 1m, update: 5s}\n"
                          "  h: {type: hand, code: f}\n"
                          "traffic:\n  t: {to: f, rate: 0.1/s, arrivals: constant}\n"
                          "  u: {to: h, rate: [[0s, 0/s], [31.5s, 1/s], [33s, 0/s]], arrivals: "
                          "constant}\n");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.f.cold_start_ratio", 2. / 10); /* the first, and the next one */
    lab_close(lab);
}

/* Provisioned environments are of a version: the old ones serve until as many new ones were
 * allocated, so that no request meets a cold start. */
static void test_new_code_spares_what_is_provisioned(void **state)
{
    (void)state;
    struct lab *lab = lab_run_with(
        models, 1,
        HEAD "duration: 300s\nwarmup: 0s\nservices:\n"
             "  f: {" PLAIN ", work: 100ms, provisioned_concurrency: 5, update: 5s}\n"
             "  h: {type: hand, code: f}\n"
             "traffic:\n  t: {to: f, rate: 10/s, arrivals: constant}\n"
             "  u: {to: h, rate: [[0s, 0/s], [10s, 1/s], [11.5s, 0/s]], arrivals: constant}\n");
    lab_equal(lab, "services.f.cold_start_ratio", 0);
    lab_equal(lab, "services.f.provisioned_concurrency_spillover_invocations", 0);
    lab_close(lab);
}

/* PutFunctionConcurrency: from then on it is a limit; what would leave less than 100 unreserved is
 * refused. 20 at a time are wanted, 5 are reserved from 50 s on. */
static void test_reserved_concurrency_by_command(void **state)
{
    (void)state;
    const char *const text =
        HEAD "duration: 100s\nwarmup: 0s\nservices:\n"
             "  f: {" PLAIN ", work: 1s}\n  h: {type: hand, reserved: f, to: %d}\n"
             "traffic:\n  t: {to: f, rate: 20/s, arrivals: constant}\n"
             "  u: {to: h, rate: [[0s, 0/s], [50s, 1/s], [51.5s, 0/s]], arrivals: constant}\n";
    struct lab *lab = lab_run_with(models, 1, text, 5);
    lab_equal(lab, "traffic.u.availability", 1);
    const double throttles = lab_value(lab, "services.f.throttles");
    assert_true(throttles > 15 * 48 && throttles < 15 * 51);
    lab_close(lab);
    lab = lab_run_with(models, 1, text, 901);
    lab_equal(lab, "traffic.u.errors.failed", 1);
    lab_equal(lab, "services.f.throttles", 0);
    lab_close(lab);
}

/* ---- provisioned pollers ---- */

/* Provisioned mode: "up to 1,000 concurrent invokes per minute", each poller ten at a time, two of
 * them at least: 20 at once, 1,000 a minute more, at most ten times the most
 * (ProvisionedPollerConfig, 200 by default). */
static void test_pollers_of_its_own(void **state)
{
    (void)state;
    const char *const text = HEAD
        "duration: %s\nwarmup: 0s\ndrain: 0s\nquotas: {lambda: {concurrency: 100k}}\nservices:\n"
        "  q: {type: sqs, visibility_timeout: 1h, max_in_flight: 120k}\n"
        "  f: {" PLAIN ", work: 800s, timeout: 15m, scaling: {burst: 100k}, trigger: {from: q, "
        "batch: 1, max_pollers: %d}}\n"
        "traffic:\n  t: {to: q.send, rate: [[0s, 0/s], [1ms, 10k/s], [1s, 0/s]]}\n";
    struct lab *lab = lab_run(text, "61s", 200);
    const double busy = lab_value(lab, "services.f.busy.max");
    if (fabs(busy - (20 + 1000 * 61. / 60)) > 1) {
        fail_msg("%g at a time", busy);
    }
    lab_close(lab);
    lab = lab_run(text, "61s", 30);
    lab_equal(lab, "services.f.busy.max", 300);
    lab_close(lab);
}

/* ---- asynchronous events at a bulkhead ---- */

/* An event that waits for its next try holds no place of a bulkhead, and one that is refused there
 * is tried again: the queue of events is in front of it. Two events at a time, room for one, 3 s
 * each: the second is refused at 0 and 1 s, and runs at 3 s. */
static void test_events_at_a_bulkhead(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD
        "duration: 100s\nwarmup: 0s\ndrain: 1m\nservices:\n"
        "  app: {type: delay, calls: [{async: f}, {async: f}]}\n"
        "  f: {type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, init: 0s, first_run: "
        "{factor: 1, extra: 0s}, work: 3s, timeout: 5s, limit: {concurrent: 1, on_full: "
        "reject}}\n"
        "traffic:\n  t: {to: app, rate: 0.1/s, arrivals: constant}\n");
    lab_equal(lab, "services.f.throughput", 0.2);
    lab_equal(lab, "services.f.async_events_dropped", 0);
    lab_equal(lab, "services.f.latency.max", 3 + 3);
    lab_close(lab);
    lab = lab_run(
        HEAD
        "duration: 1000s\nwarmup: 500s\nservices:\n"
        "  app: {type: delay, calls: [{async: f}]}\n"
        "  f: {type: lambda, memory: 1769 MiB, overhead: 0s, placement: 0s, init: 0s, first_run: "
        "{factor: 1, extra: 0s}, work: 1s, calls: [broken], limit: {concurrent: 1, on_full: "
        "wait}}\n"
        "  broken: {type: rate_limiter, rate: 1/day, burst: 1}\n"
        "traffic:\n  t: {to: app, rate: 0.1/s, arrivals: constant}\n");
    /* three tries of 1 s each, 0.3 of the time: place enough, though each is here for 183 s */
    lab_equal(lab, "services.f.invocations", 300);
    lab_equal(lab, "services.f.busy.mean", 0.3);
    assert_true(lab_value(lab, "services.f.queue.mean") < 0.1 * 180 + 0.3);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_batch_a_shard),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_failed_batch_holds_its_shard_up),
        cmocka_unit_test(test_snap_start_and_vpc),
        cmocka_unit_test(test_destinations),
        cmocka_unit_test(test_nothing_until_all_is_allocated),
        cmocka_unit_test(test_provisioned_concurrency_scales),
        cmocka_unit_test(test_provisioned_concurrency_by_the_clock),
        cmocka_unit_test(test_update_of_the_code),
        cmocka_unit_test(test_what_runs_finishes_in_the_old_environment),
        cmocka_unit_test(test_new_code_spares_what_is_provisioned),
        cmocka_unit_test(test_reserved_concurrency_by_command),
        cmocka_unit_test(test_pollers_of_its_own),
        cmocka_unit_test(test_events_at_a_bulkhead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
