/* What happens to calls that nobody waits for any more, and what goes along with nested calls: by
 * scenarios small enough to work out by hand. Most have one user who thinks for exactly a second,
 * for a hundred seconds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/lab.h"

/* One user; `services` in block style, indented by two; the traffic calls app. */
static struct lab *call_run(const char *services, const char *traffic)
{
    return lab_run("archsim: 1\nname: calls\nduration: 100s\nwarmup: 0s\nreplications: 2\n"
                   "services:\n%s"
                   "traffic:\n  user: {to: app, users: 1, think: 1s%s}\n",
                   services, traffic);
}

/* ---- withdrawal ---- */

/* The call that waits is below the one that holds the server; when that one goes, the other goes
 * too, and is not served on the way out. */
static void test_what_waits_for_its_own_caller_goes_with_it(void **state)
{
    (void)state;
    const char *const kinds[] = {
        "server",
        "server, discipline: lifo",
        "server, discipline: priority",
        "server, discipline: preemptive_priority",
        "delay, limit: {concurrent: 1, on_full: wait}",
        "function_pool, max_instances: 1, on_full: wait, cold_work: 1ms, idle_timeout: 1h",
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: calls\nduration: 100s\nwarmup: 0s\nreplications: 2\nservices:\n"
            "  app: {type: delay, calls: [{call: s.a, timeout: 10ms, cancel: true}]}\n"
            "  s: {type: %s, operations: {a: {work: 1ms, calls: [mid]}, b: {work: 0s}}}\n"
            "  mid: {type: delay, calls: [s.b]}\n"
            "traffic:\n  user: {to: app, users: 1, think: 1s}\n",
            kinds[i]);
        /* 99 requests, 1.01 s apart; s.b waits from 1 to 10 ms; at the first, a cold start of the
         * pool takes its 1 ms, later ones are warm and take `work` */
        lab_equal(lab, "traffic.user.errors.timeout", 1);
        lab_equal(lab, "services.s.operations.a.errors.timeout", 1);
        lab_equal(lab, "services.s.operations.b.errors.timeout", 1);
        lab_equal(lab, "services.mid.errors.timeout", 1);
        lab_equal(lab, "services.s.in_flight.mean", 99 * (0.010 + 0.009) / 100);
        lab_equal(lab, "services.s.queue.mean", 99 * 0.009 / 100);
        lab_equal(lab, "services.s.wait.max", 0);
        lab_equal(lab, "services.mid.in_flight.mean", 99 * 0.009 / 100);
        lab_equal(lab, "services.s.abandoned", 0);
        lab_close(lab);
    }
}

/* What a timeout withdraws is gone when the caller goes on: the next attempt finds the room. */
static void test_a_retry_finds_the_place_of_what_was_withdrawn(void **state)
{
    (void)state;
    struct lab *lab = call_run("  app: {type: delay, calls: [{call: mid, timeout: 10ms, cancel: "
                               "true, retry: {attempts: 3}}]}\n"
                               "  mid: {type: delay, calls: [{parallel: [s]}]}\n"
                               "  s: {type: server, room: 1, work: 1h}\n",
                               "");
    lab_equal(lab, "services.s.arrivals", 3 * lab_value(lab, "traffic.user.offered"));
    lab_equal(lab, "services.s.errors.rejected", 0);
    lab_equal(lab, "services.s.errors.timeout", 1);
    lab_equal(lab, "services.s.busy.mean", 0.030 * lab_value(lab, "traffic.user.offered"));
    lab_close(lab);
}

/* Whatever it is doing: the call ends with its caller's timeout and gives everything back. */
static void test_withdrawal_in_every_state(void **state)
{
    (void)state;
    const char *const steps[] = {
        "{wait: 1h}",
        "{work: 1h}",
        "slow",
        "{call: full, retry: {attempts: unlimited, backoff: 1h}}",
        "{hedge: {call: slow, after: 2ms, max: 3}}",
        "{parallel: [slow, [{wait: 1ms}, slow], {hedge: {call: slow, after: 1ms, max: 2}}]}",
        "{circuit_breaker: {call: slow, failures: 50%}, fallback: [slow]}",
        "{parallel: [{parallel: [{parallel: [slow, slow]}, {wait: 1h}]}, {work: 1h}], wait_for: 2}",
        "{call: lb}",
        "{call: cached, repeat: 3, optional: true}",
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: calls\nduration: 100s\nwarmup: 0s\nreplications: 2\nservices:\n"
            "  app: {type: delay, calls: [{call: mid, timeout: 10ms, cancel: true}]}\n"
            "  mid:\n    type: server\n    work: 1ms\n    calls:\n      - %s\n"
            "  slow: {type: server, work: 1h, servers: inf}\n"
            "  full: {type: rate_limiter, rate: 1/day, burst: 1, work: 1h}\n"
            "  lb: {type: load_balancer, targets: [slow, slow]}\n"
            "  cached: {type: cache, hit_ratio: 0, origin: slow}\n"
            "traffic:\n  user: {to: app, users: 1, think: 1s}\n",
            steps[i]);
        lab_equal(lab, "traffic.user.errors.timeout", 1);
        lab_equal(lab, "services.mid.errors.timeout", 1);
        lab_equal(lab, "services.mid.in_flight.mean", 99 * 0.010 / 100);
        lab_equal(lab, "services.mid.busy.mean", 99 * 0.010 / 100);
        lab_equal(lab, "services.mid.unfinished", 0);
        lab_equal(lab, "services.slow.throughput", 0);
        if (lab_value(lab, "services.slow.arrivals") > 0) {
            lab_equal(lab, "services.slow.unfinished", 0);
            lab_equal(lab, "services.slow.abandoned", 0);
            lab_equal(lab, "services.slow.errors.timeout", 1);
        }
        lab_close(lab);
    }
}

/* Of two tries the loser is about to be answered, three levels down, at the very instant at which
 * the other wins: the answer stops where it is, and is heard by nobody above. */
static void test_an_answer_on_its_way_is_withdrawn_too(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{hedge: {call: lb, after: 1ms, max: 2, cancel: true}}]}\n"
        "  lb: {type: load_balancer, targets: [s.a, deep], policy: round_robin}\n"
        "  deep: {type: delay, calls: [mid]}\n"
        "  mid: {type: delay, calls: [s.b]}\n"
        "  s: {type: server, operations: {a: {work: 10ms}, b: {work: 0s}}}\n",
        "");
    /* s.b waits for s.a from 1 to 10 ms, and is served on the instant */
    lab_equal(lab, "traffic.user.latency.mean", 0.010);
    lab_equal(lab, "services.s.operations.b.errors.timeout", 0);
    lab_equal(lab, "services.s.operations.b.latency.mean", 0.009);
    lab_equal(lab, "services.mid.errors.timeout", 0);
    lab_equal(lab, "services.deep.errors.timeout", 1);
    lab_equal(lab, "services.lb.errors.timeout", 0.5);
    assert_true(isnan(lab_value(lab, "services.lb.outgoing.deep.call.errors.timeout")));
    lab_close(lab);
}

/* A user whose request has timed out goes on, while the old request still runs. */
static void test_a_user_goes_on_after_the_timeout(void **state)
{
    (void)state;
    struct lab *lab = call_run("  app: {type: server, servers: inf, work: 5s}\n", ", timeout: 1s");
    /* requests at 1, 3, 5, ... 99 s, each runs for 5 s; the last two are cut by the window's end */
    lab_equal(lab, "traffic.user.offered", 0.50);
    lab_equal(lab, "traffic.user.errors.timeout", 1);
    lab_equal(lab, "services.app.latency.mean", 5);
    lab_equal(lab, "services.app.abandoned", 1);
    lab_equal(lab, "services.app.unfinished", 0);
    lab_equal(lab, "services.app.in_flight.max", 3);
    lab_equal(lab, "services.app.in_flight.mean", (48 * 5 + 3 + 1) / 100.0);
    lab_close(lab);
}

#define SLOW_CACHE(options)                                                                   \
    "  app: {type: delay, calls: [{call: shop, timeout: 10ms, optional: true" options "}]}\n" \
    "  shop: {type: cache, keys: zipf(n=1 s=0), ttl: 1h, origin: db}\n"                       \
    "  db: {type: delay, work: 50ms}\n"

static void test_a_withdrawn_miss_is_not_stored(void **state)
{
    (void)state;
    struct lab *lab = call_run(SLOW_CACHE(", cancel: true"), "");
    lab_equal(lab, "services.shop.hit_ratio", 0);
    lab_equal(lab, "services.db.throughput", 0);
    lab_close(lab);
    lab = call_run(SLOW_CACHE(""), ""); /* nobody waits, but the answer comes */
    const double requests = 100 * lab_value(lab, "traffic.user.offered");
    lab_equal(lab, "services.shop.hit_ratio", (requests - 1) / requests);
    lab_equal(lab, "services.db.arrivals", 0.01);
    lab_close(lab);
}

static void test_a_withdrawn_cold_start_leaves_a_warm_instance(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{call: f, timeout: 10ms, cancel: true, optional: true}]}\n"
        "  f: {type: function_pool, work: 2ms, cold_work: 50ms, idle_timeout: 1h}\n",
        "");
    lab_equal(lab, "services.f.cold_start_ratio", 0.01 / lab_value(lab, "services.f.arrivals"));
    lab_equal(lab, "services.f.capacity.max", 1);
    lab_equal(lab, "services.f.latency.mean", 0.002);
    lab_close(lab);
}

/* With one request at a time, the balancer has nothing out when it chooses: all are equal, whatever
 * became of the requests before. Were some not counted back, their targets would be avoided. */
static void test_a_balancer_counts_back_what_did_not_answer(void **state)
{
    (void)state;
    const char *const targets[] = {"a", "b", "c"};
    const char *const options[] = {"", ", cancel: true"};
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: calls\nduration: 20000s\nwarmup: 0s\nreplications: 2\nservices:\n"
            "  app: {type: delay, calls: [{call: lb, timeout: 10ms, optional: true%s}]}\n"
            "  lb: {type: load_balancer, targets: [a, b, c], policy: least_outstanding}\n"
            "  a: {type: delay, work: 500ms}\n"
            "  b: {type: delay, work: 1ms}\n"
            "  c: {type: rate_limiter, rate: 1/day, burst: 1}\n"
            "traffic:\n  user: {to: app, users: 1, think: 1s}\n",
            options[i]);
        for (size_t t = 0; t < 3; t++) {
            char path[64];
            snprintf(path, sizeof(path), "services.%s.arrivals", targets[t]);
            const double share = lab_value(lab, path) / lab_value(lab, "services.lb.arrivals");
            assert_true(fabs(3 * share - 1) < 0.02); /* 6 standard deviations */
        }
        lab_close(lab);
    }
}

/* ---- bulkheads ---- */

static void test_each_copy_has_its_own_bulkhead(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{parallel: [lb, lb, lb, lb, lb]}]}\n"
        "  lb: {type: load_balancer, targets: {service: box, copies: 4}, policy: round_robin}\n"
        "  box: {type: delay, work: 10ms, limit: {concurrent: 1, on_full: wait}}\n",
        "");
    /* four at once, the fifth behind one of them */
    lab_equal(lab, "traffic.user.latency.mean", 0.020);
    lab_equal(lab, "services.box.waited", 0.2);
    lab_equal(lab, "services.box.busy.max", 4);
    lab_close(lab);
}

static void test_a_bulkhead_is_for_all_operations(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{parallel: [box.a, box.b]}]}\n"
        "  box: {type: delay, limit: {concurrent: 1, on_full: wait}, operations: {a: {work: 10ms}, "
        "b: {work: 20ms}}}\n",
        "");
    lab_equal(lab, "traffic.user.latency.mean", 0.030);
    lab_equal(lab, "services.box.queue.mean", 0.010 * lab_value(lab, "traffic.user.offered"));
    lab_close(lab);
}

/* ---- what goes along ---- */

/* Three are behind one that works, first come first: but their callers' priority came along. */
static void test_priority_goes_along(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{parallel: [busy, [{wait: 1ms}, {call: low, priority: 9}], "
        "[{wait: 2ms}, {call: high, priority: 1}]]}]}\n"
        "  busy: {type: delay, calls: [s.first]}\n"
        "  low: {type: delay, calls: [{parallel: [{hedge: {call: lowest, after: 1h}}]}]}\n"
        "  lowest: {type: load_balancer, targets: [s.low]}\n"
        "  high: {type: cache, hit_ratio: 0, origin: s.high}\n"
        "  s: {type: server, discipline: priority, operations: {first: {work: 10ms}, low: {work: "
        "10ms}, high: {work: 10ms}}}\n",
        "");
    lab_equal(lab, "services.s.operations.high.latency.mean", 0.018);
    lab_equal(lab, "services.s.operations.low.latency.mean", 0.029);
    lab_close(lab);
}

/* A balancer passes an operation on by its name, whatever its number is at the target. */
static void test_operations_pass_through_by_name(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [lb.read, lb.read, lb.write, {parallel: [front.write]}]}\n"
        "  lb: {type: load_balancer, targets: [x, y], policy: round_robin}\n"
        "  x: {type: delay, operations: {read: {work: 1ms}, write: {work: 10ms}}}\n"
        "  y: {type: delay, operations: {write: {work: 20ms}, read: {work: 2ms}}}\n"
        "  front: {type: load_balancer, targets: {service: z, copies: 3}}\n"
        "  z: {type: function_pool, cold_work: 100ms, idle_timeout: 1h, operations: {read: {work: "
        "3ms}, write: {work: 30ms}}}\n",
        "");
    lab_equal(lab, "services.x.operations.read.latency.max", 0.001);
    lab_equal(lab, "services.y.operations.read.latency.max", 0.002);
    lab_equal(lab, "services.x.operations.write.latency.max", 0.010);
    lab_equal(lab, "services.y.operations.write.latency.max", 0.020);
    lab_equal(lab, "services.z.operations.write.latency.max", 0.100);
    lab_equal(lab, "services.z.operations.write.latency.p50", 0.030);
    lab_equal(lab, "services.z.operations.read.arrivals", 0);
    lab_equal(lab, "services.z.capacity.max", 3);
    lab_close(lab);
}

/* The deadline of 10 ms reaches what branches, balancers, caches and tries call, and not what
 * nobody waits for. */
static void test_deadline_goes_along_but_not_to_async(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{call: mid, timeout: 10ms, deadline: pass, optional: "
        "true}]}\n"
        "  mid: {type: delay, calls: [{async: later}, {parallel: [[{wait: 11ms}, branch], lb, "
        "cached, {hedge: {call: delayed, after: 1h}}]}]}\n"
        "  later: {type: delay, work: 20ms, calls: [after]}\n"
        "  after: {type: delay, work: 1ms}\n"
        "  branch: {type: delay, work: 1ms}\n"
        "  delayed: {type: delay, work: 11ms, calls: [branch]}\n"
        "  lb: {type: load_balancer, targets: [delayed]}\n"
        "  cached: {type: cache, hit_ratio: 0, work: 11ms, origin: branch}\n",
        "");
    lab_equal(lab, "services.after.errors.timeout", 0);
    lab_equal(lab, "services.branch.errors.timeout", 1);
    lab_equal(lab, "services.branch.arrivals", 4 * lab_value(lab, "services.mid.arrivals"));
    lab_equal(lab, "services.branch.busy.mean", 0);
    lab_close(lab);
}

/* The nearer deadline holds. */
static void test_deadlines_only_come_nearer(void **state)
{
    (void)state;
    struct lab *lab =
        call_run("  app: {type: delay, calls: [{call: mid, timeout: 10ms, deadline: pass, "
                 "optional: true}]}\n"
                 "  mid: {type: delay, calls: [{call: low, timeout: 1s, deadline: pass}]}\n"
                 "  low: {type: delay, work: 11ms, calls: [leaf]}\n"
                 "  leaf: {type: delay}\n",
                 "");
    lab_equal(lab, "services.leaf.errors.timeout", 1);
    lab_close(lab);
}

/* ---- tries ---- */

/* A hedged call is one attempt, however many tries it takes. */
static void test_tries_of_a_hedge_earn_no_retries(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{hedge: {call: bad, after: 1s, retry: {attempts: 3, budget: "
        "20%}}}]}\n"
        "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n",
        "");
    /* as without the hedge: see test_retry_budget_limits_retries */
    lab_equal(lab, "services.bad.arrivals", 0.99 + 0.29);
    lab_close(lab);
}

/* Waits of 10..30 and 10..90 ms: what a hedge keeps of its tries must not be taken for a wait. */
static void test_a_hedged_call_remembers_its_last_wait(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{hedge: {call: bad, after: 1s, retry: {attempts: 3, backoff: "
        "{first: 10ms, jitter: decorrelated}}}}]}\n"
        "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n",
        "");
    assert_true(lab_value(lab, "traffic.user.offered") >= floor(99 / 1.120) / 100);
    assert_true(lab_value(lab, "traffic.user.offered") <= 0.98);
    lab_equal(lab, "services.bad.arrivals", 3 * lab_value(lab, "traffic.user.offered") - 0.02);
    lab_close(lab);
}

/* ---- breakers ---- */

/* Three at once find it closed, wait 10 ms in vain, and the first of them opens it for 30 s: from
 * 1.01 s on. The others that were on their way change nothing. At 31.01, 61.02 and 91.03 s one of
 * three probes; the other two are answered on the spot. */
static void test_one_probe_at_a_time(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{parallel: [gate, gate, gate]}]}\n"
        "  gate:\n    type: delay\n    calls:\n"
        "      - circuit_breaker: {call: slow, failures: 50%, minimum: 1, window: 10s, open: 30s, "
        "timeout: 10ms, optional: true}\n"
        "  slow: {type: delay, work: 1h}\n",
        "");
    lab_equal(lab, "services.slow.arrivals", (3 + 3) / 100.0);
    lab_equal(lab, "traffic.user.availability", 1);
    lab_equal(lab, "traffic.user.latency.max", 0.010);
    lab_close(lab);
}

/* A probe that is withdrawn proves nothing: the next call probes. */
static void test_a_withdrawn_probe_makes_way(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app: {type: delay, calls: [{call: gate, timeout: 10ms, cancel: true, optional: true}]}\n"
        "  gate:\n    type: delay\n    calls:\n"
        "      - circuit_breaker: {call: switch, failures: 50%, minimum: 1, window: 10s, open: "
        "500ms}\n"
        "  switch: {type: load_balancer, targets: [full, slow], policy: round_robin}\n"
        "  full: {type: rate_limiter, rate: 1/day, burst: 1}\n"
        "  slow: {type: delay, work: 1h}\n",
        "");
    /* the third call, to `full` again, opens it; from then on each is a probe, a second later, and
     * every other one is withdrawn */
    lab_equal(lab, "services.switch.arrivals", lab_value(lab, "traffic.user.offered"));
    lab_equal(lab, "traffic.user.latency.max", 0.010);
    lab_equal(lab, "services.full.errors.throttled",
              1 - 0.01 / lab_value(lab, "services.full.arrivals"));
    lab_close(lab);
}

/* ---- many ---- */

static void test_repeats_and_attempts_beyond_16_bits(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: calls\nduration: 100s\nwarmup: 0s\nreplications: 2\nservices:\n"
                "  app: {type: delay, calls: [{call: a, repeat: 70000}]}\n  a: {type: delay}\n"
                "traffic:\n  user: {to: app, users: 1, think: 40s}\n");
    lab_equal(lab, "services.a.arrivals", 2 * 70000 / 100.0);
    lab_close(lab);
    lab = lab_run(
        "archsim: 1\nname: calls\nduration: 100s\nwarmup: 0s\nreplications: 2\nservices:\n"
        "  app: {type: delay, calls: [{call: bad, retry: {attempts: 70000, backoff: 10us}}]}\n"
        "  bad: {type: rate_limiter, rate: 1/day, burst: 1}\n"
        "traffic:\n  user: {to: app, users: 1, think: 40s}\n");
    lab_equal(lab, "services.bad.arrivals", (1 + 70000) / 100.0);
    lab_close(lab);
}

/* A call names its operation in one byte: the last of 256 is itself, and more are refused. */
static void test_many_operations(void **state)
{
    (void)state;
    char operations[256 * 24];
    int length = 0;
    for (int i = 0; i < 256; i++) {
        length += snprintf(operations + length, sizeof(operations) - (size_t)length,
                           "o%d: {work: %dms}, ", i, i + 1);
    }
    struct lab *lab =
        lab_run("archsim: 1\nname: calls\nduration: 100s\nwarmup: 0s\nreplications: 2\nservices:\n"
                "  app: {type: delay, operations: {%s}}\n"
                "traffic:\n  user: {to: app.o255, users: 1, think: 1s}\n",
                operations);
    lab_equal(lab, "services.app.operations.o255.latency.mean", 0.256);
    lab_close(lab);
}

/* Branches leave the group in the order in which they joined it: in no more time than otherwise. */
static void test_wide_parallel(void **state)
{
    (void)state;
    enum { BRANCHES = 30000 };
    char *branches = malloc(3 * BRANCHES + 1);
    for (int i = 0; i < BRANCHES; i++) {
        memcpy(branches + 3 * i, "a, ", 4);
    }
    struct lab *lab =
        lab_run("archsim: 1\nname: calls\nduration: 100s\nwarmup: 0s\nreplications: 1\nservices:\n"
                "  app: {type: delay, calls: [{parallel: [%s]}]}\n  a: {type: delay, work: 1ms}\n"
                "traffic:\n  user: {to: app, users: 1, think: 2s}\n",
                branches);
    free(branches);
    lab_equal(lab, "traffic.user.latency.max", 0.001);
    lab_equal(lab, "services.a.arrivals", BRANCHES * lab_value(lab, "traffic.user.offered"));
    lab_close(lab);
}

/* ---- fallbacks ---- */

static void test_fallbacks_may_fail_and_have_fallbacks(void **state)
{
    (void)state;
    struct lab *lab = call_run(
        "  app:\n    type: delay\n    calls:\n"
        "      - call: full\n"
        "        fallback:\n"
        "          - {call: full, retry: {attempts: 2}, fallback: [{circuit_breaker: {call: full, "
        "failures: 50%, minimum: 1000}, fallback: [spare, full]}]}\n"
        "      - spare\n"
        "  full: {type: rate_limiter, rate: 1/day, burst: 1}\n"
        "  spare: {type: delay, work: 1ms}\n",
        "");
    /* all but the first: full, twice full, full behind the breaker, spare, full: fails */
    lab_equal(lab, "traffic.user.errors.throttled", 98.0 / 99);
    lab_equal(lab, "services.full.arrivals", 0.01 + 0.98 * 5);
    lab_equal(lab, "services.spare.arrivals", 0.01 + 0.98);
    lab_close(lab);
}

/* Drawn once: all of the repeats or none. */
static void test_probability_is_drawn_once_for_all_repeats(void **state)
{
    (void)state;
    struct lab *lab =
        call_run("  app: {type: delay, calls: [{call: a, probability: 50%, repeat: 5}]}\n"
                 "  a: {type: delay, work: 2ms}\n",
                 "");
    lab_equal(lab, "traffic.user.latency.max", 0.010);
    for (uint32_t i = 0; i < lab->experiment.count; i++) {
        const double *values = lab->experiment.replications[i].values;
        const struct metric_list *list = lab->scenario->metrics;
        const double mean = values[metrics_find(list, "traffic.user.latency.mean")];
        const double sd = values[metrics_find(list, "traffic.user.latency.sd")];
        const double count = values[metrics_find(list, "traffic.user.offered")] * 100;
        const double variance = mean * (0.010 - mean) * count / (count - 1);
        assert_true(fabs(sd - sqrt(variance)) < 1e-9); /* of values that are 0 or 10 ms */
    }
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waits_for_its_own_caller_goes_with_it),
        cmocka_unit_test(test_a_retry_finds_the_place_of_what_was_withdrawn),
        cmocka_unit_test(test_withdrawal_in_every_state),
        cmocka_unit_test(test_an_answer_on_its_way_is_withdrawn_too),
        cmocka_unit_test(test_a_user_goes_on_after_the_timeout),
        cmocka_unit_test(test_a_withdrawn_miss_is_not_stored),
        cmocka_unit_test(test_a_withdrawn_cold_start_leaves_a_warm_instance),
        cmocka_unit_test(test_a_balancer_counts_back_what_did_not_answer),
        cmocka_unit_test(test_each_copy_has_its_own_bulkhead),
        cmocka_unit_test(test_a_bulkhead_is_for_all_operations),
        cmocka_unit_test(test_priority_goes_along),
        cmocka_unit_test(test_operations_pass_through_by_name),
        cmocka_unit_test(test_deadline_goes_along_but_not_to_async),
        cmocka_unit_test(test_deadlines_only_come_nearer),
        cmocka_unit_test(test_tries_of_a_hedge_earn_no_retries),
        cmocka_unit_test(test_a_hedged_call_remembers_its_last_wait),
        cmocka_unit_test(test_one_probe_at_a_time),
        cmocka_unit_test(test_a_withdrawn_probe_makes_way),
        cmocka_unit_test(test_repeats_and_attempts_beyond_16_bits),
        cmocka_unit_test(test_many_operations),
        cmocka_unit_test(test_wide_parallel),
        cmocka_unit_test(test_fallbacks_may_fail_and_have_fallbacks),
        cmocka_unit_test(test_probability_is_drawn_once_for_all_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
