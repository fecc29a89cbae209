/* Aurora Serverless against fluid answers and documented rules, beyond test_aurora_serverless.c:
 * trajectories of capacity, failover, lag, zones, I/O and version 1. Sources: [H] Aurora User
 * Guide, "How Aurora Serverless v2 works"; [A] "High availability for Amazon Aurora"; [R]
 * "Replication with Amazon Aurora"; [V] "How Aurora Serverless v1 works"; [P] "Scaling to Zero ACUs
 * with automatic pause and resume"; [Q] Verbitski et al., Amazon Aurora, SIGMOD 2017; [I] AWS
 * Database Blog, "Planning I/O in Amazon Aurora"; [F] the facts' scale_rate_model, an estimate. */
#include "models/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/lab.h"

#define SECOND INT64_C(1000000000)
#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "drain: 1s\nreplications: 1\nseed: 4\nservices:\n"
#define STATISTICS(duration)                                         \
    "archsim: 1\nname: test\nduration: {" duration "}\nwarmup: 1s\n" \
    "replications: 16\nseed: 4\nservices:\n"
#define CPU_ONLY "pages: 0, commit: 0s"
#define FIXED(acu) "min_capacity: " acu " ACU, max_capacity: " acu " ACU"
#define OVERLOAD "traffic:\n  o: {to: db.query, users: 100, think: 0s}\n"
#define TRAFFIC(name, operation, rate) \
    "  " name ": {to: db." operation ", arrivals: constant, rate: " rate "}\n"

static const struct log_entry *log_find(const struct lab *lab, enum log_kind kind, int number)
{
    const struct log_entry *entry = lab->experiment.replications[0].log;
    while (entry != NULL && (entry->kind != kind || number-- > 0)) {
        entry = entry->next;
    }
    return entry;
}

/* ---- trajectories ---- */

/* [F] in the fluid limit: c' = max(0.1, 0.03 c) ACUs a second. Linear up to 10/3, then exponential:
 * the time from one capacity to another, and the integral on the way. */
struct fluid {
    double time_s, acu_s;
};
static struct fluid fluid_growth(double from, double to)
{
    const double bend = 0.1 / 0.03, middle = fmin(fmax(from, bend), fmax(to, bend));
    struct fluid fluid = {0};
    if (from < bend) {
        const double end = fmin(to, bend);
        fluid.time_s += (end - from) / 0.1;
        fluid.acu_s += (end * end - from * from) / 2 / 0.1;
    }
    if (to > bend) {
        fluid.time_s += log(to / fmax(from, middle)) / 0.03;
        fluid.acu_s += (to - fmax(from, middle)) / 0.03;
    }
    return fluid;
}

/* [H] half-ACU steps, the larger the faster: under more load than it can ever serve, an instance
 * follows the fluid answer. Looks every second compound by 1.03 in place of e^0.03, which is 1.5 %
 * slower, and whole half ACUs lie a quarter of an ACU below the line in the mean. */
static void grows_as_the_fluid_does(void **state)
{
    (void)state;
    const double cases[][2] = {{0.5, 2}, {0.5, 8}, {0.5, 64}, {2, 32}, {8, 128}, {32, 256}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double from = cases[i][0], to = cases[i][1];
        const struct fluid fluid = fluid_growth(from, to);
        struct lab *lab =
            lab_run(HEAD("%.0fs") "  db: {type: aurora_serverless, min_capacity: %g ACU, "
                                  "max_capacity: %g ACU, work: 1h, " CPU_ONLY "}\n" OVERLOAD,
                    ceil(fluid.time_s * 1.1), from, to);
        const struct log_entry *ramp = log_find(lab, LOG_SCALE_OUT, 0);
        const double took_s = (double)ramp->until_ns / 1e9;
        assert_true(took_s >= fluid.time_s && took_s < fluid.time_s * 1.016 + 1.5);
        const double length_s = ceil(fluid.time_s * 1.1);
        const double acu_s = fluid.acu_s + to * (length_s - fluid.time_s);
        const double got_acu_s = lab_value(lab, "services.db.acu_hours") * 3600;
        assert_true(got_acu_s < acu_s);
        assert_true(got_acu_s > acu_s - 0.25 * took_s - to * (0.016 * took_s + 1.5));
        lab_near(lab, "services.db.acu_hours",
                 lab_value(lab, "services.db.capacity.mean") * length_s / 3600, 1e-9);
        lab_close(lab);
    }
}

/* Given back by a hundredth a second [F]: from 32 to 2 ACUs in ln 16 / 0.01 = 277 s, 282 s by looks
 * that compound by 0.99, once the load has been low for 15 s. */
static void shrinks_as_the_fluid_does(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "600s") "  db: {type: aurora_serverless, min_capacity: 2 ACU, max_capacity: 32 ACU, "
                "work: 100ms, " CPU_ONLY "}\ntraffic:\n  t: {to: db.query, arrivals: constant, "
                "rate: [[0s, 50/s], [200s, 0/s]]}\n");
    const struct log_entry *down = log_find(lab, LOG_SCALE_IN, 0);
    assert_true(down->from == 32 && down->to == 2);
    const double first_s = log(32 / 31.5) / 0.01;
    const double took_s = (double)(down->until_ns - down->at_ns) / 1e9;
    assert_true(fabs(took_s - (log(16) / 0.01 - first_s)) < 5);
    lab_close(lab);
}

/* Issue 6: a step of load on 0.5 ACU shows the scaling lag as latency, on a higher minimum it does
 * not, and what each costs is in ACU-hours. 1 vCPU of work is that of 4 ACUs: 5.7 at the target of
 * 70 %, which 8 have to begin with. The backlog of the first: fluid, it grows until 4 ACUs are
 * there, t = 28.3 + ln(4 / 3.33) / 0.03 = 34.4 s, to 34.4 - (54.3 + 22.2) / 4 = 15.3 s of work. */
static void a_step_shows_the_lag(void **state)
{
    (void)state;
    const char *const min[] = {"0.5", "8"};
    double p99[2], hours[2], most[2];
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("600s") "  db: {type: aurora_serverless, min_capacity: %s ACU, work: 10ms, "
                         "max_connections: 5000, connection_memory: 0B, " CPU_ONLY
                         "}\ntraffic:\n  t: {to: db.query, rate: [[0s, 1/s], [60s, 100/s]]}\n",
            min[i]);
        p99[i] = lab_value(lab, "traffic.t.latency.p99");
        hours[i] = lab_value(lab, "services.db.acu_hours");
        most[i] = lab_value(lab, "services.db.database_connections_max");
        assert_true(lab_value(lab, "traffic.t.availability") == 1);
        lab_close(lab);
    }
    assert_true(p99[0] > 10 && p99[1] < 0.1);
    assert_true(most[0] > 1530 && most[1] < 30); /* shared, no call of the backlog is done early */
    assert_true(fabs(hours[1] - 8 * 600 / 3600.0) < 1e-9);
    assert_true(hours[0] < hours[1] && hours[0] > 5.0 * 500 / 3600);
}

/* ---- pauses ---- */

/* [P] any connection that stays open prevents the pause; one of a pool is enough. It counts towards
 * the limit, too. */
static void idle_connections_prevent_the_pause(void **state)
{
    (void)state;
    for (int idle = 0; idle < 2; idle++) {
        struct lab *lab = lab_run(
            HEAD("1000s") "  db: {type: aurora_serverless, min_capacity: 0 ACU, max_connections: "
                          "10, idle_connections: %d, work: 10ms, " CPU_ONLY "}\ntraffic:\n"
                          "  t: {to: db.query, arrivals: constant, rate: [[0s, 0/s], [900s, 1/s], "
                          "[901s, 0/s]], batch: 20}\n",
            idle);
        lab_equal(lab, "services.db.capacity.min", idle > 0 ? 0.5 : 0);
        assert_int_equal(log_find(lab, LOG_PAUSE, 0) == NULL, idle > 0);
        lab_equal(lab, "services.db.errors.rejected", (10.0 + idle) / 20);
        lab_equal(lab, "services.db.database_connections_max", 10);
        lab_close(lab);
    }
}

/* ---- failover ---- */

#define FAILS "failure: {mtbf: 600s}"

/* [A] a reader is promoted in less than 60 s, often 30; without readers the writer is recreated in
 * less than 10 minutes. Writes fail meanwhile, reads at readers go on. */
static void fails_over(void **state)
{
    (void)state;
    for (int readers = 0; readers <= 2; readers++) {
        struct lab *lab = lab_run(
            HEAD("1300s") "  db: {type: aurora_serverless, readers: %d, " FIXED(
                "4") ", work: 1ms, " CPU_ONLY ", " FAILS
                     "}\ntraffic:\n" TRAFFIC("w", "write", "100/s") TRAFFIC("r", "read", "100/s"),
            readers);
        const double lost_s = readers > 0 ? 60 : 600; /* twice 30 s, at 600 and 1,230 s */
        lab_equal(lab, "services.db.failovers", readers > 0 ? 2 : 1);
        lab_equal(lab, "services.db.failover_time.max", readers > 0 ? 30 : 600);
        lab_near(lab, "services.db.up", 1 - lost_s / 1300, 1e-9);
        lab_near(lab, "traffic.w.availability", 1 - lost_s / 1300, 3e-5);
        lab_near(lab, "traffic.r.availability", readers > 0 ? 1 : 1 - lost_s / 1300, 3e-5);
        lab_close(lab);
    }
}

/* A promoted reader brings its cache; a new writer reads the 8,192 pages of 64 MiB anew (three
 * standard deviations). */
static void a_new_writer_is_cold(void **state)
{
    (void)state;
    for (int readers = 0; readers <= 1; readers++) {
        struct lab *lab = lab_run(
            HEAD("900s") "  db: {type: aurora_serverless, readers: %d, " FIXED(
                "4") ", working_set: 64 MiB, page_skew: 0, work: 1us, " FAILS
                     ", failover: {recreate: 60s}}\ntraffic:\n" TRAFFIC("q", "query", "100/s"),
            readers);
        lab_near(lab, "services.db.read_ios", readers > 0 ? 0 : 8192, readers > 0 ? 0 : 300);
        lab_close(lab);
    }
}

/* [H] a reader of tier 0 or 1 "is kept the same size as the writer" and takes over at once; one of
 * tier 2 may be too small, and has to grow first. */
static void tiers_decide_the_size_after_a_failover(void **state)
{
    (void)state;
    double slowest[2];
    for (int tier = 1; tier <= 2; tier++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: test\nduration: 280s\nwarmup: 620s\ndrain: 30s\nreplications: 1\n"
            "seed: 4\nservices:\n  db: {type: aurora_serverless, readers: 1, promotion_tier: %d, "
            "work: 10ms, " CPU_ONLY ", " FAILS "}\ntraffic:\n" TRAFFIC("q", "query", "100/s"),
            tier);
        slowest[tier - 1] = lab_value(lab, "traffic.q.latency.max");
        lab_close(lab);
    }
    assert_true(slowest[0] < 0.05 && slowest[1] > 5);
}

/* [P] what sleeps does not fail. */
static void a_paused_writer_does_not_fail(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("900s") "  db: {type: aurora_serverless, min_capacity: 0 ACU, " CPU_ONLY
                             ", " FAILS "}\ntraffic:\n"
                             "  q: {to: db.query, rate: [[0s, 0/s], [899s, 1/s]]}\n");
    lab_equal(lab, "services.db.failovers", 0);
    lab_equal(lab, "services.db.up", 1);
    lab_close(lab);
}

/* ---- readers ---- */

/* [R] the lag grows with the rate of writes: a reader applies one after the other, M/D/1 and its
 * own time; on a quarter of a vCPU it does not keep up, and the lag grows by the surplus. */
static void lag_is_a_queue(void **state)
{
    (void)state;
    const double rho = 0.5;
    struct lab *lab =
        lab_run(STATISTICS("100s") "  db: {type: aurora_serverless, readers: 2, " FIXED(
            "4") ", work: 1us, replica_lag: 20ms, replica_apply: 2ms, " CPU_ONLY
                 "}\ntraffic:\n  t: {to: db.write, rate: 250/s}\n");
    lab_expect(lab, "services.db.aurora_replica_lag", 20e-3 + 2e-3 * (1 + rho / (2 * (1 - rho))),
               0.02);
    lab_close(lab);
    lab = lab_run(HEAD("100s") "  db: {type: aurora_serverless, readers: 1, " FIXED(
        "1") ", work: 1us, replica_apply: 2ms, " CPU_ONLY
             "}\ntraffic:\n" TRAFFIC("w", "write", "250/s"));
    lab_near(lab, "services.db.aurora_replica_lag_maximum", 100 * (250 * 2e-3 * 4 - 1), 0.1);
    lab_equal(lab, "services.db.commit_latency.max", 0); /* nobody waits for it */
    lab_close(lab);
}

/* A write every second that readers have 200 ms later: a fifth of the reads is stale. */
static void reads_may_be_stale(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(STATISTICS("200s") "  db: {type: aurora_serverless, readers: 1, " FIXED(
            "4") ", work: 1us, replica_lag: 200ms, replica_apply: 0s, " CPU_ONLY
                 "}\ntraffic:\n" TRAFFIC(
                     "w", "write",
                     "1/s") "  r: {to: db.read, rate: 50/s}\n  q: {to: db.query, rate: 50/s}\n");
    lab_expect(lab, "services.db.stale_reads", 0.2, 0.05);
    lab_close(lab);
}

/* ---- storage ---- */

/* [Q] "a write quorum of 4/6": the fourth of six exponential times is 0.95 of their mean; with a
 * zone lost the slowest of four, 2.08, and writes go on. */
static void four_of_six_copies(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct lab *lab =
            lab_run(STATISTICS("200s") "  db: {type: aurora_serverless, readers: 2, " FIXED(
                        "4") ", work: 1us, copy_write: exponential(1ms), failover: {reader: 1ms}, "
                             "%s" CPU_ONLY "}\ntraffic:\n  w: {to: db.write, rate: 100/s}\n",
                    lost > 0 ? "zone_failure: {mtbf: 10ms, mttr: 10h}, " : "");
        lab_expect(lab, "services.db.commit_latency.mean",
                   1e-3 * (lost > 0 ? 1.0 / 4 + 1.0 / 3 + 1.0 / 2 + 1
                                    : 1.0 / 6 + 1.0 / 5 + 1.0 / 4 + 1.0 / 3),
                   0.03);
        lab_near(lab, "traffic.w.availability", 1, 1e-4);
        lab_close(lab);
    }
}

/* [H] one instance in each of three zones: a lost zone takes one of them. Is it the writer's, it
 * fails over; what is left serves. Where all stands in one zone, it is recreated in another. */
static void a_zone_takes_its_instances(void **state)
{
    (void)state;
    int failovers = 0;
    for (int seed = 1; seed <= 12; seed++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: test\nduration: 300s\nwarmup: 0s\ndrain: 1s\nreplications: 1\n"
            "seed: %d\nservices:\n  db: {type: aurora_serverless, readers: 2, " FIXED(
                "4") ", work: 1ms, zone_failure: {mtbf: 100s, mttr: 100s}, " CPU_ONLY
                     "}\ntraffic:\n" TRAFFIC("w", "write", "10/s") TRAFFIC("r", "read", "100/s"),
            seed);
        const double times = lab_value(lab, "services.db.failovers");
        assert_true(times == 0 || times == 1);
        lab_near(lab, "traffic.w.availability", 1 - times * 30 / 300, 1e-3);
        lab_near(lab, "traffic.r.availability", 1, 1e-4);
        failovers += times > 0;
        lab_close(lab);
    }
    assert_in_range(failovers, 1, 9); /* a third: 4 of 12 */
}

/* [I] I/Os are pages read and units of 4 KiB written; I/O-Optimized bills none. The volume grows by
 * what stays. */
static void io_is_counted(void **state)
{
    (void)state;
    for (int optimized = 0; optimized < 2; optimized++) {
        struct lab *lab = lab_run(
            HEAD("10s") "  db: {type: aurora_serverless, " FIXED(
                "4") ", working_set: 1 GiB, page_skew: 0, buffer_share: 1%%, buffer_at_start: "
                     "cold, pages: 5, work: 1us, volume_size: 1 GiB, volume_growth: 50%%, "
                     "io_optimized: %s}\ntraffic:\n"
                     "  w: {to: db.write, arrivals: constant, rate: 10/s, size: 9 KiB}\n",
            optimized ? "true" : "false");
        const double reads = lab_value(lab, "services.db.read_ios");
        assert_true(reads > 490 && reads <= 500); /* hardly any page of 131,072 comes again */
        lab_equal(lab, "services.db.write_ios", 300);
        lab_equal(lab, "services.db.billed_ios", optimized ? 0 : reads + 300);
        lab_equal(lab, "services.db.volume_bytes_used", 1024.0 * 1024 * 1024 + 100 * 4.5 * 1024);
        lab_close(lab);
    }
}

/* ---- version 1 ---- */

#define V1 "type: aurora_serverless, version: v1, engine: mysql, min_capacity: 1 ACU"

/* [V] capacity doubles; here at the end of a minute of use above 70 %, and five seconds later. Two
 * callers keep 1 vCPU, that of 4 ACUs, busy, and not two thirds of that of 8. */
static void v1_doubles(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("200s") "  db: {" V1 ", max_capacity: 4 ACU, work: 50ms, " CPU_ONLY
                             "}\ntraffic:\n  o: {to: db.query, users: 2, think: 0s}\n");
    lab_near(lab, "services.db.capacity.mean", (65 * 1 + 65 * 2 + 70 * 4) / 200.0, 1e-9);
    const struct log_entry *up = log_find(lab, LOG_SCALE_OUT, 0);
    assert_int_equal(up->at_ns, 65 * SECOND);
    assert_true(up->threshold == 0.7 && up->to == 4);
    lab_close(lab);
}

/* [V] "no scale-down for 15 minutes after a scale-up", "310 seconds after a scale-down"; see
 * test_ladder.c for the seconds. The load is nine tenths of what there is: more of it would pile
 * up, and be in the way. */
static void v1_cools_down(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1500s") "  db: {" V1
                      ", max_capacity: 4 ACU, v1: {auto_pause: false}, work: 13ms, " CPU_ONLY
                      "}\ntraffic:\n  t: {to: db.query, arrivals: constant, rate: [[0s, "
                      "18/s], [65s, 36/s], [140s, 0/s]]}\n");
    lab_near(lab, "services.db.capacity.mean",
             (65 * 1 + 65 * 2 + (1035 - 130) * 4 + (1400 - 1035) * 2 + 100 * 1) / 1500.0, 1e-9);
    lab_close(lab);
}

/* [V] a scaling point is searched for 300 s; a call that never ends is in the way. Rolled back, it
 * stays small; forced, the call ends, and the capacity doubles. */
static void v1_searches_for_a_scaling_point(void **state)
{
    (void)state;
    const char *const actions[] = {"rollback", "force"};
    for (int force = 0; force < 2; force++) {
        struct lab *lab = lab_run(
            HEAD("400s") "  db: {" V1 ", max_capacity: 2 ACU, v1: {timeout_action: %s}, "
                         "operations: {query: {work: 10h}}, " CPU_ONLY
                         "}\ntraffic:\n  t: {to: db.query, arrivals: constant, rate: [[0s, 1/s], "
                         "[1s, 0/s]]}\n",
            actions[force]);
        lab_near(lab, "services.db.capacity.mean", force ? (365 + 35 * 2) / 400.0 : 1, 1e-9);
        if (force) {
            lab_equal(lab, "services.db.errors.unavailable", 1);
        }
        lab_close(lab);
    }
}

/* [V] it pauses as well, whatever its minimum, and resumes with the capacity that it had. */
static void v1_resumes_as_large_as_it_was(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("800s") "  db: {" V1 ", max_capacity: 2 ACU, work: 50ms, " CPU_ONLY
                     "}\ntraffic:\n  t: {to: db.query, arrivals: constant, rate: [[0s, 20/s], "
                     "[100s, 0/s], [600s, 1/s], [601s, 0/s]]}\n");
    const struct log_entry *resume = log_find(lab, LOG_RESUME, 0);
    assert_non_null(log_find(lab, LOG_PAUSE, 0));
    assert_int_equal(resume->delay_ns, 30 * SECOND);
    assert_true(resume->to == 2);
    lab_equal(lab, "services.db.capacity.min", 0);
    lab_equal(lab, "services.db.capacity.max", 2);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_as_the_fluid_does),
        cmocka_unit_test(shrinks_as_the_fluid_does),
        cmocka_unit_test(a_step_shows_the_lag),
        cmocka_unit_test(idle_connections_prevent_the_pause),
        cmocka_unit_test(fails_over),
        cmocka_unit_test(a_new_writer_is_cold),
        cmocka_unit_test(tiers_decide_the_size_after_a_failover),
        cmocka_unit_test(a_paused_writer_does_not_fail),
        cmocka_unit_test(lag_is_a_queue),
        cmocka_unit_test(reads_may_be_stale),
        cmocka_unit_test(four_of_six_copies),
        cmocka_unit_test(a_zone_takes_its_instances),
        cmocka_unit_test(io_is_counted),
        cmocka_unit_test(v1_doubles),
        cmocka_unit_test(v1_cools_down),
        cmocka_unit_test(v1_searches_for_a_scaling_point),
        cmocka_unit_test(v1_resumes_as_large_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
