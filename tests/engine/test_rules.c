/* The rules of the language, each by a scenario small enough to work out by hand: one user who
 * thinks for exactly a second, constant work, a hundred seconds. What is expected is exact, to
 * the nanosecond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/lab.h"

/* One user; `services` in block style, indented by two; the traffic calls app. */
static struct lab *rules_run(const char *services, const char *traffic)
{
    return lab_run("archsim: 1\nname: rules\nduration: 100s\nwarmup: 0s\nreplications: 2\n"
                   "services:\n%s"
                   "traffic:\n  user: {to: app, users: 1, think: 1s%s}\n",
                   services, traffic);
}

static void test_steps_follow_one_another(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: server, work: 5ms, calls: [a, {work: 7ms}, {wait: 3ms}, b]}\n"
                  "  a: {type: delay, work: 10ms}\n"
                  "  b: {type: server, work: 20ms}\n",
                  "");
    lab_equal(lab, "traffic.user.latency.mean", 0.045);
    lab_equal(lab, "traffic.user.latency.max", 0.045);
    lab_equal(lab, "traffic.user.latency.sd", 0);
    lab_equal(lab, "services.app.latency.mean", 0.045);
    lab_equal(lab, "services.app.outgoing.a.call.latency.mean", 0.010);
    /* 95 requests come at 1, 2.045, 3.09, ...: the last at 99.23 */
    lab_equal(lab, "traffic.user.offered", 0.95);
    /* the server is held through its calls */
    lab_equal(lab, "services.app.busy.mean", 95 * 0.045 / 100);
    lab_equal(lab, "services.b.utilization", 95 * 0.020 / 100);
    lab_close(lab);
}

static void test_timeout_leaves_the_callee_working(void **state)
{
    (void)state;
    struct lab *lab = rules_run("  app: {type: delay, calls: [{call: db, timeout: 10ms}]}\n"
                                "  db: {type: server, work: 50ms}\n",
                                "");
    /* requests at 1, 2.01, 3.02, ...: 99 of them, the last at 99.98 */
    lab_equal(lab, "traffic.user.errors.timeout", 1);
    lab_equal(lab, "traffic.user.availability", 0);
    lab_equal(lab, "services.app.errors.timeout", 1);
    lab_equal(lab, "services.app.outgoing.db.call.errors.timeout", 1);
    lab_equal(lab, "services.db.errors.timeout", 0);
    lab_equal(lab, "services.db.abandoned", 1);
    lab_equal(lab, "services.db.latency.mean", 0.050);
    /* the last call is cut by the window's end after 20 ms */
    lab_equal(lab, "services.db.busy.mean", (98 * 0.050 + 0.020) / 100);
    lab_close(lab);
}

static void test_cancel_stops_running_work(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, calls: [{call: mid, timeout: 10ms, cancel: true}]}\n"
                  "  mid: {type: server, work: 4ms, calls: [{parallel: [db, [db, db]]}]}\n"
                  "  db: {type: server, servers: 2, work: 50ms}\n",
                  "");
    lab_equal(lab, "traffic.user.errors.timeout", 1);
    lab_equal(lab, "services.mid.errors.timeout", 1);
    lab_equal(lab, "services.mid.abandoned", 0);
    lab_equal(lab, "services.db.errors.timeout", 1);
    lab_equal(lab, "services.db.abandoned", 0);
    lab_equal(lab, "services.db.arrivals", 2 * 0.99);
    lab_equal(lab, "services.mid.busy.mean", 99 * 0.010 / 100);
    lab_equal(lab, "services.db.busy.mean", 99 * 2 * 0.006 / 100);
    lab_close(lab);
}

static void test_cancel_withdraws_queued_work(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, calls: [{parallel: [db, {call: db, timeout: 10ms, "
                  "cancel: true, optional: true}]}]}\n"
                  "  db: {type: server, work: 50ms}\n",
                  "");
    /* one is served for 50 ms, the other waits for 10 and goes; whichever came first */
    lab_equal(lab, "services.db.arrivals", 2 * 0.95);
    lab_equal(lab, "services.db.errors.timeout", 0.5);
    lab_close(lab);
}

/* The one that is served and those that wait behind it are withdrawn at the same instant, it
 * first (the newest branch is): its end must not hand its place to those that are going too. */
static void test_cancel_withdraws_a_whole_line(void **state)
{
    (void)state;
    const char *const kinds[] = {
        "function_pool, max_instances: 1, on_full: wait, cold_work: 50ms, idle_timeout: 1h",
        "rate_limiter, rate: 10/s, burst: 1, on_empty: wait",
        "delay, limit: {concurrent: 1, on_full: wait}",
        "server",
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct lab *lab =
            lab_run("archsim: 1\nname: rules\nduration: 100s\nwarmup: 0s\n"
                    "replications: 2\nservices:\n"
                    "  app: {type: delay, calls: [{call: mid, timeout: 10ms, cancel: "
                    "true, optional: true}]}\n"
                    "  mid: {type: delay, calls: [{parallel: [[{wait: 1ms}, db], [{wait: "
                    "1ms}, db], db]}]}\n"
                    "  db: {type: %s, work: 50ms}\n"
                    "traffic:\n  user: {to: app, users: 1, think: 1s}\n",
                    kinds[i]);
        lab_equal(lab, "traffic.user.latency.mean", 0.010);
        lab_equal(lab, "services.db.errors.timeout", 1);
        lab_equal(lab, "services.db.in_flight.mean", 99 * (0.010 + 2 * 0.009) / 100);
        lab_equal(lab, "services.db.queue.mean", 99 * 2 * 0.009 / 100);
        lab_equal(lab, "services.db.wait.max", 0);
        lab_close(lab);
    }
}

static void test_parallel_waits_for_all(void **state)
{
    (void)state;
    struct lab *lab = rules_run("  app: {type: delay, calls: [{parallel: [a, b, [a, a, a]]}]}\n"
                                "  a: {type: delay, work: 10ms}\n"
                                "  b: {type: delay, work: 25ms}\n",
                                "");
    lab_equal(lab, "traffic.user.latency.mean", 0.030);
    lab_equal(lab, "traffic.user.latency.max", 0.030);
    lab_close(lab);
}

static void test_parallel_goes_on_after_the_first_successes(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, calls: [{parallel: [a, b, c], wait_for: 2}]}\n"
                  "  a: {type: delay, work: 10ms}\n"
                  "  b: {type: delay, work: 25ms}\n"
                  "  c: {type: delay, work: 400ms, calls: [a]}\n",
                  "");
    lab_equal(lab, "traffic.user.latency.mean", 0.025);
    /* the third branch runs on unobserved, to its end */
    lab_equal(lab, "services.c.latency.mean", 0.410);
    lab_equal(lab, "services.c.unfinished", 0);
    lab_equal(lab, "services.a.arrivals", lab_value(lab, "services.c.arrivals") * 2);
    lab_close(lab);
}

/* Literals, so that the compiler sees the whole text. */
#define PARALLEL(wait)                                                  \
    "  app: {type: delay, calls: [{parallel: [full, b, c]" wait "}]}\n" \
    "  full: {type: rate_limiter, rate: 1/day, burst: 1, work: 5ms}\n"  \
    "  b: {type: delay, work: 25ms}\n"                                  \
    "  c: {type: delay, work: 30ms}\n"

static void test_parallel_fails_when_success_is_impossible(void **state)
{
    (void)state;
    struct lab *lab = rules_run(PARALLEL(""), "");
    /* the first request takes the token; all others fail at once: 99 in all, a second apart */
    lab_equal(lab, "traffic.user.errors.throttled", 98.0 / 99);
    lab_equal(lab, "services.c.arrivals", 0.99);
    lab_close(lab);
    lab = rules_run(PARALLEL(", wait_for: 2"), "");
    lab_equal(lab, "traffic.user.availability", 1);
    lab_equal(lab, "traffic.user.latency.max", 0.030);
    lab_close(lab);
}

static void test_hedge_takes_the_first_good_answer(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, calls: [{hedge: {call: lb, after: 30ms, max: 2}}]}\n"
                  "  lb: {type: load_balancer, targets: [slow, fast], policy: round_robin}\n"
                  "  slow: {type: delay, work: 100ms}\n"
                  "  fast: {type: delay, work: 10ms}\n",
                  "");
    /* slow first, and after 30 ms fast: 40 ms; the slow one is abandoned at its end */
    lab_equal(lab, "traffic.user.latency.mean", 0.040);
    lab_equal(lab, "services.lb.abandoned", 0.5);
    lab_equal(lab, "services.fast.arrivals", lab_value(lab, "traffic.user.offered"));
    lab_close(lab);
}

static void test_hedge_withdraws_the_loser_if_told_to(void **state)
{
    (void)state;
    struct lab *lab = rules_run(
        "  app: {type: delay, calls: [{hedge: {call: lb, after: 30ms, max: 2, cancel: true}}]}\n"
        "  lb: {type: load_balancer, targets: [slow, fast], policy: round_robin}\n"
        "  slow: {type: delay, work: 100ms}\n"
        "  fast: {type: delay, work: 10ms}\n",
        "");
    lab_equal(lab, "traffic.user.latency.mean", 0.040);
    lab_equal(lab, "services.lb.abandoned", 0);
    lab_equal(lab, "services.slow.errors.timeout", 1);
    lab_equal(lab, "services.slow.in_flight.mean",
              0.040 * lab_value(lab, "services.slow.arrivals"));
    lab_close(lab);
}

static void test_hedge_makes_no_second_try_for_a_quick_answer(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, calls: [{hedge: {call: a, after: 30ms, max: 3}}]}\n"
                  "  a: {type: delay, work: 29ms}\n",
                  "");
    lab_equal(lab, "traffic.user.latency.mean", 0.029);
    lab_equal(lab, "services.a.arrivals", lab_value(lab, "traffic.user.offered"));
    lab_close(lab);
}

static void test_hedge_fails_with_the_class_of_the_last(void **state)
{
    (void)state;
    struct lab *lab = rules_run(
        "  app: {type: delay, calls: [{hedge: {call: lb, after: 30ms, max: 2, timeout: 50ms}}]}\n"
        "  lb: {type: load_balancer, targets: [slow, full], policy: round_robin}\n"
        "  slow: {type: delay, work: 100ms}\n"
        "  full: {type: rate_limiter, rate: 1/day, burst: 1}\n",
        "");
    /* the first request is answered by the only token; then: full fails at 30 ms, slow's timeout
     * at 50 */
    lab_equal(lab, "traffic.user.errors.timeout", 1 - lab_value(lab, "traffic.user.availability"));
    lab_equal(lab, "services.lb.arrivals", 2 * lab_value(lab, "traffic.user.offered"));
    lab_close(lab);
}

static void test_circuit_breaker_opens_and_probes(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app:\n    type: delay\n    calls:\n"
                  "      - circuit_breaker: {call: bad, failures: 50%, minimum: 5, window: "
                  "20s, open: 30s}\n"
                  "        fallback: [spare]\n"
                  "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                  "  spare: {type: delay, work: 0s}\n",
                  "");
    /* Requests at 1, 2, ... 99 s. The first succeeds; 2..5 fail: at 5 four of five have failed,
     * it opens until 35. Probes at 35, 65, 95 fail. All others are answered on the spot and fall
     * back. */
    lab_equal(lab, "services.bad.arrivals", (5 + 3) / 100.0);
    lab_equal(lab, "services.spare.arrivals", 98 / 100.0);
    lab_equal(lab, "traffic.user.availability", 1);
    lab_close(lab);
}

static void test_retry_counts_the_first_attempt(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, calls: [{call: bad, retry: {attempts: 4, backoff: "
                  "{first: 1s, factor: 2, cap: 3s}}}]}\n"
                  "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n",
                  "");
    /* The first is good at 1 s. Each later one fails after waits of 1 + 2 + 3 s: at 2, 9, 16,
     * ... 93 s (14 of them); the next would come at 100 s, which is beyond the window. */
    lab_equal(lab, "traffic.user.offered", 0.15);
    lab_equal(lab, "services.bad.arrivals", 0.01 + 14 * 0.04);
    lab_equal(lab, "traffic.user.errors.throttled", 14.0 / 15);
    lab_close(lab);
}

static void test_retry_budget_limits_retries(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, calls: [{call: bad, retry: {attempts: 3, budget: "
                  "20%}}]}\n"
                  "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n",
                  "");
    /* 99 requests. The first needs none and fills nothing (10 is the most). The next: +0.2 is
     * cut at 10, -2: from then on +0.2 - 2 each, until less than one is left; at the end 0.2 a
     * request: in all the tokens are 10 + 97 * 0.2 = 29.4, of which 29 whole ones are spent. */
    lab_equal(lab, "services.bad.arrivals", 0.99 + 0.29);
    lab_close(lab);
}

static void test_traffic_retries_count_from_the_first_attempt(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: load_balancer, targets: [slow, fast], policy: round_robin}\n"
                  "  slow: {type: delay, work: 100ms}\n"
                  "  fast: {type: delay, work: 10ms}\n",
                  ", timeout: 50ms, retry: {attempts: 2, backoff: 20ms}");
    lab_equal(lab, "traffic.user.latency.mean", 0.080);
    lab_equal(lab, "traffic.user.retries", 0.5);
    lab_equal(lab, "traffic.user.availability", 1);
    lab_equal(lab, "services.app.abandoned", 0.5);
    lab_close(lab);
}

static void test_deadline_goes_along(void **state)
{
    (void)state;
    struct lab *lab = rules_run("  app: {type: delay, work: 150ms, calls: [db]}\n"
                                "  db: {type: delay, work: 10ms}\n",
                                ", timeout: 100ms, deadline: pass");
    lab_equal(lab, "traffic.user.errors.timeout", 1);
    lab_equal(lab, "services.db.errors.timeout", 1);
    lab_equal(lab, "services.db.busy.mean", 0);
    lab_close(lab);
    lab = rules_run("  app: {type: delay, work: 150ms, calls: [db]}\n"
                    "  db: {type: delay, work: 10ms}\n",
                    ", timeout: 100ms");
    lab_equal(lab, "services.db.errors.timeout", 0);
    lab_close(lab);
}

static void test_async_is_nobodys_latency(void **state)
{
    (void)state;
    struct lab *lab =
        rules_run("  app: {type: delay, work: 5ms, calls: [{async: slow}, {async: full}]}\n"
                  "  slow: {type: delay, work: 3s}\n"
                  "  full: {type: rate_limiter, rate: 1/day, burst: 1}\n",
                  "");
    lab_equal(lab, "traffic.user.latency.max", 0.005);
    lab_equal(lab, "traffic.user.availability", 1);
    lab_equal(lab, "services.slow.arrivals", 0.99);
    lab_equal(lab, "services.slow.abandoned", 0);
    lab_equal(lab, "services.slow.latency.mean", 3);
    lab_equal(lab, "services.slow.unfinished", 0);
    lab_close(lab);
}

static void test_failures_pass_up_unless_caught(void **state)
{
    (void)state;
    struct lab *lab = rules_run("  app: {type: delay, calls: [mid]}\n"
                                "  mid: {type: delay, calls: [full]}\n"
                                "  full: {type: rate_limiter, rate: 1/day, burst: 1}\n",
                                "");
    lab_equal(lab, "traffic.user.errors.throttled", 98.0 / 99);
    lab_equal(lab, "services.mid.errors.throttled", 98.0 / 99);
    lab_close(lab);
    lab = rules_run("  app: {type: delay, calls: [mid]}\n"
                    "  mid: {type: delay, calls: [{call: full, optional: true}, a]}\n"
                    "  full: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                    "  a: {type: delay, work: 2ms}\n",
                    "");
    lab_equal(lab, "traffic.user.availability", 1);
    lab_equal(lab, "traffic.user.latency.mean", 0.002);
    lab_close(lab);
}

static void test_repeat_goes_one_after_another(void **state)
{
    (void)state;
    struct lab *lab = rules_run("  app: {type: delay, calls: [{call: a, repeat: 5}]}\n"
                                "  a: {type: delay, work: 2ms}\n",
                                "");
    lab_equal(lab, "traffic.user.latency.mean", 0.010);
    lab_equal(lab, "services.a.arrivals", 5 * lab_value(lab, "traffic.user.offered"));
    lab_close(lab);
}

#define BULKHEAD(on_full)                                                     \
    "  app: {type: delay, calls: [{parallel: [a, {call: a, optional: true}, " \
    "{call: a, optional: true}]}]}\n"                                         \
    "  a: {type: delay, work: 10ms, limit: {concurrent: 1, on_full: " on_full "}}\n"

static void test_bulkhead_rejects_or_waits(void **state)
{
    (void)state;
    struct lab *lab = rules_run(BULKHEAD("reject"), "");
    lab_equal(lab, "services.a.errors.rejected", 2.0 / 3);
    lab_close(lab);
    lab = rules_run(BULKHEAD("wait"), "");
    /* 97 requests, 1.03 s apart: served one after another, waits of 0, 10, 20 ms */
    lab_equal(lab, "traffic.user.latency.mean", 0.030);
    lab_equal(lab, "services.a.wait.mean", 0.010);
    lab_equal(lab, "services.a.wait.max", 0.020);
    lab_equal(lab, "services.a.waited", 2.0 / 3);
    lab_equal(lab, "services.a.queue.max", 2);
    lab_equal(lab, "services.a.queue.mean", 97 * 0.030 / 100);
    lab_equal(lab, "services.a.in_flight.max", 3);
    lab_close(lab);
}

static void test_what_does_not_end_is_unfinished(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: rules\nduration: 100s\nwarmup: 0s\nreplications: 2\n"
                "drain: 5s\n"
                "services:\n  app: {type: server, work: 200s}\n"
                "traffic:\n  user: {to: app, users: 2, think: 1s}\n");
    lab_equal(lab, "traffic.user.unfinished", 1);
    lab_equal(lab, "traffic.user.availability", 0);
    lab_equal(lab, "services.app.unfinished", 1);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_follow_one_another),
        cmocka_unit_test(test_timeout_leaves_the_callee_working),
        cmocka_unit_test(test_cancel_stops_running_work),
        cmocka_unit_test(test_cancel_withdraws_queued_work),
        cmocka_unit_test(test_cancel_withdraws_a_whole_line),
        cmocka_unit_test(test_parallel_waits_for_all),
        cmocka_unit_test(test_parallel_goes_on_after_the_first_successes),
        cmocka_unit_test(test_parallel_fails_when_success_is_impossible),
        cmocka_unit_test(test_hedge_takes_the_first_good_answer),
        cmocka_unit_test(test_hedge_withdraws_the_loser_if_told_to),
        cmocka_unit_test(test_hedge_makes_no_second_try_for_a_quick_answer),
        cmocka_unit_test(test_hedge_fails_with_the_class_of_the_last),
        cmocka_unit_test(test_circuit_breaker_opens_and_probes),
        cmocka_unit_test(test_retry_counts_the_first_attempt),
        cmocka_unit_test(test_retry_budget_limits_retries),
        cmocka_unit_test(test_traffic_retries_count_from_the_first_attempt),
        cmocka_unit_test(test_deadline_goes_along),
        cmocka_unit_test(test_async_is_nobodys_latency),
        cmocka_unit_test(test_failures_pass_up_unless_caught),
        cmocka_unit_test(test_repeat_goes_one_after_another),
        cmocka_unit_test(test_bulkhead_rejects_or_waits),
        cmocka_unit_test(test_what_does_not_end_is_unfinished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
