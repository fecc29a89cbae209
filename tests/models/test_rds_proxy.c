/* RDS Proxy: queues whose answers are known, and its documented rules. Sources: [C] RDS User Guide,
 * "RDS Proxy connection considerations"; [P] "Planning for using RDS Proxy"; [A] RDS API Reference,
 * ConnectionPoolConfiguration. The database behind it is large, so that connections are all. */
#include "models/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "drain: 200s\nreplications: 1\nseed: 4\nservices:\n"
#define STATISTICS(duration)                                         \
    "archsim: 1\nname: test\nduration: {" duration "}\nwarmup: 2s\n" \
    "replications: 16\nseed: 4\nservices:\n"
#define AURORA(options)                                                                   \
    "  db: {type: aurora_serverless, min_capacity: 64 ACU, max_capacity: 64 ACU, pages: " \
    "0, commit: 0s, " options "}\n"
#define PROXY(options) "  px: {type: rds_proxy, target: db, latency: 0s, " options "}\n"

/* Erlang's C: the chance to wait for one of c servers under that offered load. */
static double erlang_c(int c, double load)
{
    double term = 1, sum = 0;
    for (int k = 0; k < c; k++) {
        sum += term;
        term *= load / (k + 1);
    }
    const double last = term * c / (c - load);
    return last / (sum + last);
}

/* [C] "queues or throttles application connections that can't be served immediately": a call has a
 * connection for its transaction, so the pool is M/M/c. */
static void a_pool_is_a_queue(void **state)
{
    (void)state;
    const int c = 4;
    const double mean_s = 20e-3, rate = 160, load = rate * mean_s;
    struct lab *lab =
        lab_run(STATISTICS("1200s") PROXY("max_connections: 8, max_connections_percent: 50%%")
                    AURORA("work: exponential(20ms)") "traffic:\n  t: {to: px.query, rate: %g/s}\n",
                rate);
    const double wait_s = erlang_c(c, load) * mean_s / (c - load);
    lab_expect(lab, "services.px.database_connections_borrow_latency.mean", wait_s, 0.08);
    lab_expect(lab, "services.px.database_connections_currently_borrowed", load, 0.02);
    lab_expect(lab, "services.px.utilization", load / c, 0.02);
    lab_expect(lab, "traffic.t.latency.mean", wait_s + mean_s, 0.05);
    lab_equal(lab, "services.px.max_database_connections_allowed", c);
    lab_close(lab);
}

/* [A] ConnectionBorrowTimeout: 120 s by default; 0 is for ever. One connection that is busy for
 * 100 s at a time: of five calls at once the second has it after 100 s, the others give up. */
static void waiting_ends(void **state)
{
    (void)state;
    const char *const options[] = {"", ", connection_borrow_timeout: 250s",
                                   ", connection_borrow_timeout: 0s"};
    const double answered[] = {2, 3, 5};
    for (int i = 0; i < 3; i++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: test\nduration: 10s\nwarmup: 0s\ndrain: 1000s\nreplications: 1\n"
            "services:\n" PROXY("max_connections: 1%s")
                AURORA("work: 100s") "traffic:\n  t: {to: px.query, arrivals: constant, rate: "
                                     "[[0s, 1/s], [1s, 0/s]], "
                                     "batch: 5}\n",
            options[i]);
        lab_equal(lab, "traffic.t.availability", answered[i] / 5);
        lab_equal(lab, "traffic.t.errors.timeout", 1 - answered[i] / 5);
        lab_equal(lab, "services.px.borrow_timeouts", 5 - answered[i]);
        lab_close(lab);
    }
}

/* [C] a pinned session keeps its connection: by Little's law rate x time of them. */
static void pinned_sessions_keep_connections(void **state)
{
    (void)state;
    struct lab *lab = lab_run(STATISTICS("5000s") PROXY(
        "max_connections: 100, pinned: {share: 50%%, hold: "
        "exponential(2s)}") AURORA("work: 1ms") "traffic:\n  t: {to: px.query, rate: 10/s}\n");
    lab_expect(lab, "services.px.database_connections_currently_session_pinned", 10 * 0.5 * 2,
               0.03);
    lab_expect(lab, "services.px.database_connections_currently_borrowed", 10 * (0.5 * 2 + 1e-3),
               0.03);
    lab_close(lab);
}

/* [C] the read-only endpoint has a pool of its own: reads do not stand behind the writer's. */
static void readers_have_their_own_pool(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10s") PROXY("max_connections: 2, readers: 1") AURORA(
        "readers: 1, "
        "operations: {write: {work: "
        "1h}, read: {work: 10ms}}") "traffic:\n  w: {to: px.write, arrivals: constant, rate: 1/s}\n"
                                    "  r: {to: px.read, arrivals: constant, rate: 100/s}\n");
    lab_equal(lab, "traffic.r.latency.max", 10e-3);
    lab_equal(lab, "services.px.max_database_connections_allowed", 4);
    lab_close(lab);
    lab = lab_run(HEAD("10s") PROXY("max_connections: 2")
                      AURORA("readers: 1, operations: {write: {work: 1h}, read: {work: "
                             "10ms}}") "traffic:\n"
                                       "  w: {to: px.write, arrivals: "
                                       "constant, rate: 1/s}\n"
                                       "  r: {to: px.read, arrivals: "
                                       "constant, rate: 10/s}\n");
    assert_true(lab_value(lab, "traffic.r.availability") < 0.3);
    lab_close(lab);
}

/* "Working with Amazon RDS Proxy endpoints": the default endpoint is read/write, and connects to
 * the writer; so that is where its reads use the CPU, and not at readers which it does not know. */
static void without_an_endpoint_of_theirs_reads_go_to_the_writer(void **state)
{
    (void)state;
    const char *const options[] = {"max_connections: 9", "max_connections: 9, readers: 2"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("100s") PROXY("%s") "  db: {type: rds, class: db.m6g.large, replicas: 2, pages: "
                                     "0, operations: {read: {work: 10ms}}}\ntraffic:\n  t: {to: "
                                     "px.read, arrivals: constant, rate: 20/s}\n",
            options[i]);
        const double cpu = 20 * 10e-3 / 2; /* of two vCPUs, or of two instances of them */
        const double writer = lab_value(lab, "services.db.cpu_utilization");
        const double reader = lab_value(lab, "services.db.cpu_utilization_reader");
        assert_true(fabs(writer - (i == 0 ? cpu : 0)) < 1e-3);
        assert_true(fabs(reader - (i == 0 ? 0 : cpu / 2)) < 1e-3);
        lab_close(lab);
    }
}

/* [P] "reduces failover times by up to 66 %", and keeps connections over it: a failover of 60 s is
 * over after 20.4 s, and calls wait for it; who calls the database itself fails for 60 s. What was
 * under way fails, in either way. */
static void failovers_are_shorter(void **state)
{
    (void)state;
    const char *const databases[] = {
        AURORA("readers: 1, work: 1ms, failure: {mtbf: 100s}, failover: {reader: 60s}"),
        "  db: {type: rds, deployment: multi_az_instance, class: db.r6g.4xlarge, pages: 0, "
        "dirty_pages: 0, work: "
        "1ms, failure: {mtbf: 100s}, failover: {instance: 60s}}\n"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("200s") PROXY(
                "max_connections: 100") "%s"
                                        "traffic:\n  p: {to: px.write, arrivals: constant, rate: "
                                        "100/s}\n"
                                        "  d: {to: db.write, arrivals: constant, rate: 10/s}\n",
            databases[i]);
        lab_near(lab, "traffic.d.availability", 1 - 60 / 200.0, 1e-3);
        lab_near(lab, "traffic.p.availability", 1, 2e-4);
        assert_true(lab_value(lab, "traffic.p.latency.max") > 20.4);
        assert_true(lab_value(lab, "traffic.p.latency.max") < 20.4 + 1.1);
        assert_true(lab_value(lab, "services.px.held_for_failover") > 2040);
        lab_close(lab);
    }
}

/* A held call gives up with its wait for a connection, too. */
static void a_long_failover_is_not_waited_for(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("200s") PROXY("max_connections: 100, connection_borrow_timeout: 10s")
                    AURORA("work: 1ms, failure: {mtbf: 100s}, failover: {recreate: "
                           "10min}") "traffic:\n  p: {to: px.write, arrivals: "
                                     "constant, rate: 10/s}\n");
    lab_near(lab, "traffic.p.errors.unavailable", 0.5, 2e-3);
    assert_true(lab_value(lab, "services.px.in_flight.max") < 10 * 11 + 5);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_is_a_queue),
        cmocka_unit_test(waiting_ends),
        cmocka_unit_test(pinned_sessions_keep_connections),
        cmocka_unit_test(readers_have_their_own_pool),
        cmocka_unit_test(without_an_endpoint_of_theirs_reads_go_to_the_writer),
        cmocka_unit_test(failovers_are_shorter),
        cmocka_unit_test(a_long_failover_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
