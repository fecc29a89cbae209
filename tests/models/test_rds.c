/* RDS's documented rules, and the queues that the rest is known to be. Sources: [S] RDS User
 * Guide, "Amazon RDS DB instance storage"; [M] "Multi-AZ DB instance deployments"; [C] "Multi-AZ DB
 * cluster deployments"; [P] "Restoring a DB instance to a specified time"; [G] max_connections in
 * the parameter groups. Where a rule is checked exactly, arrivals and work are constant. */
#include "models/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/lab.h"

extern const struct model rds_model;

#define SECOND INT64_C(1000000000)
#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "drain: 1s\nreplications: 1\nseed: 4\nservices:\n"
#define STATISTICS(duration)                                         \
    "archsim: 1\nname: test\nduration: {" duration "}\nwarmup: 2s\n" \
    "replications: 16\nseed: 4\nservices:\n"
#define TRAFFIC(operation, rate) \
    "traffic:\n  t: {to: db." operation ", arrivals: constant, rate: " rate "}\n"
/* Each call misses that many pages, but for less than 1 %: hardly anything is in the cache. */
#define MISSES(pages, set)                                                             \
    "page_skew: 0, buffer_share: 1%%, buffer_at_start: cold, work: 1us, pages: " pages \
    ", working_set: " set

static void expect_near(double value, double expected, double within, const char *what)
{
    if (!(fabs(value - expected) <= within)) {
        fail_msg("%s: %.9g, expected %.9g", what, value, expected);
    }
}

/* ---- instance classes ---- */

/* [G] PostgreSQL min(memory / 9531392, 5000), MySQL memory / 12582880; of the memory less what the
 * system needs. */
static void connections_by_memory(void **state)
{
    (void)state;
    const struct {
        const char *class, *engine;
        double gib;
    } cases[] = {
        {"db.t3.micro", "postgresql", 1},      {"db.t3.micro", "mysql", 1},
        {"db.m6g.large", "postgresql", 8},     {"db.m6g.large", "mysql", 8},
        {"db.r6g.4xlarge", "postgresql", 128}, {"db.r6g.4xlarge", "mysql", 128},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const bool mysql = strcmp(cases[i].engine, "mysql") == 0;
        const double bytes = cases[i].gib * 1024 * 1024 * 1024;
        const double most = mysql ? bytes / 12582880 : fmin(bytes / 9531392, 5000);
        struct lab *lab = lab_run(HEAD("1s") "  db: {type: rds, class: %s, engine: %s, "
                                             "reserved_memory: 0B}\n" TRAFFIC("read", "1/s"),
                                  cases[i].class, cases[i].engine);
        lab_equal(lab, "services.db.max_connections", floor(most));
        lab_close(lab);
    }
    /* What people read: 198, 413 and 856 at 2, 4 and 8 GiB (gist guizmaii/1cacffef). */
    const char *const classes[] = {"db.t3.small", "db.t3.medium", "db.m5.large"};
    const double read[] = {198, 413, 856};
    for (size_t i = 0; i < 3; i++) {
        struct lab *lab =
            lab_run(HEAD("1s") "  db: {type: rds, class: %s}\n" TRAFFIC("read", "1/s"), classes[i]);
        expect_near(lab_value(lab, "services.db.max_connections"), read[i], 0.015 * read[i],
                    classes[i]);
        lab_close(lab);
    }
}

/* Over the limit a call is refused: 30 clients, 20 connections. */
static void connections_are_limited(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10s") "  db: {type: rds, max_connections: 20, work: 1h}\n"
                                          "traffic:\n  t: {to: db.query, arrivals: constant, "
                                          "rate: [[0s, 3/s]]}\n");
    lab_equal(lab, "services.db.database_connections_max", 20);
    assert_true(lab_value(lab, "services.db.errors.rejected") > 0);
    lab_close(lab);
}

/* A class is so many vCPUs, which the calls share: M/M/c but for the order, which does not move the
 * mean of exponential work. Erlang C for two: wait = rho^2 / (1 - rho^2) of a service. */
static void cpu_is_shared(void **state)
{
    (void)state;
    const double rho = 0.7, work_s = 5e-3;
    struct lab *lab = lab_run(
        STATISTICS("200s") "  db: {type: rds, class: db.m6g.large, pages: 0, work: "
                           "exponential(5ms)}\ntraffic:\n  t: {to: db.query, rate: %.6f/s}\n",
        rho * 2 / work_s);
    lab_expect(lab, "traffic.t.latency.mean", work_s / (1 - rho * rho), 0.05);
    lab_expect(lab, "services.db.cpu_utilization", rho, 0.03);
    lab_close(lab);
    lab = lab_run(HEAD("10s") "  db: {type: rds, class: db.m6g.2xlarge, pages: 0, work: 1h}\n"
                              "traffic:\n  t: {to: db.query, users: 100, think: 0s}\n");
    lab_equal(lab, "services.db.capacity.max", 8);
    lab_equal(lab, "services.db.cpu_utilization", 1);
    lab_close(lab);
}

/* ---- storage ---- */

/* Reads at a bought rate of I/Os queue as in M/D/1, and then take their latency. */
static void bought_iops_queue(void **state)
{
    (void)state;
    const double rho = 0.8, iops = 1000;
    const double mean_s = rho / (2 * (1 - rho)) / iops + 0.4e-3;
    struct lab *lab = lab_run(
        STATISTICS("300s") "  db: {type: rds, class: db.m6g.large, storage: {type: io2, "
                           "size: 100 GiB, iops: 1000}, " MISSES(
                               "1", "100 GiB") "}\n"
                                               "traffic:\n  t: {to: db.query, rate: %.6f/s}\n",
        rho * iops);
    lab_expect(lab, "services.db.read_latency.mean", mean_s, 0.05);
    lab_expect(lab, "services.db.read_iops", rho * iops, 0.02);
    lab_expect(lab, "services.db.disk_queue_depth", rho * iops * mean_s, 0.05); /* Little */
    assert_true(isnan(lab_value(lab, "services.db.burst_balance")));
    lab_close(lab);
}

/* [S] gp2 has 3 IOPS per GiB, at least 100, and bursts to 3,000 by 5.4 million credits: 100 GiB at
 * 2,300 a second for 2,700 s, then 300 a second. */
static void gp2_bursts_by_credits(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("900s") "  db: {type: rds, class: db.m6g.large, max_connections: 200, storage: "
                     "{type: gp2, size: 100 GiB}, " MISSES("1", "100 GiB") "}\n" TRAFFIC("query",
                                                                                         "2300/s"));
    expect_near(lab_value(lab, "services.db.burst_balance"), 1 - 900.0 * 2000 / 5.4e6, 1e-3,
                "credits");
    assert_true(lab_value(lab, "services.db.read_latency.max") < 1.1e-3);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_close(lab);
    lab = lab_run(
        "archsim: 1\nname: test\nduration: 5min\nwarmup: 2710s\ndrain: 1s\nreplications: 1\n"
        "services:\n  db: {type: rds, class: db.m6g.large, max_connections: 200, storage: "
        "{type: gp2, size: 100 GiB}, " MISSES("1", "100 GiB") "}\n" TRAFFIC("query", "2300/s"));
    expect_near(lab_value(lab, "services.db.read_iops"), 300, 3, "baseline");
    expect_near(lab_value(lab, "services.db.burst_balance"), 0, 1e-6, "no credits");
    expect_near(lab_value(lab, "services.db.read_latency.mean"), 200 / 300.0, 0.02,
                "all connections wait");
    lab_close(lab);
}

/* EC2 User Guide, gp2: 128 MiB/s up to 170 GiB, else 250 MiB/s; as type ebs has it. 200 commits of
 * 1 MiB a second, for 60 s: 60 s x 72 of them still wait at the end. */
static void gp2_throughput_by_size(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("60s") "  db: {type: rds, class: db.m6i.8xlarge, pages: 0, dirty_pages: 0, work: "
                        "1us, max_connections: 5000, storage: {type: gp2, size: %s}}\n"
                        "traffic:\n  t: {to: db.write, arrivals: constant, rate: 200/s, size: 1 "
                        "MiB}\n",
            i == 0 ? "170 GiB" : "171 GiB");
        const double most_s = lab_value(lab, "services.db.write_latency.max");
        assert_true(i == 0 ? fabs(most_s - 60 * 72 / 128.0) < 0.3 : most_s < 10e-3);
        lab_close(lab);
    }
}

/* [S] gp3: 3,000 I/Os a second below 400 GiB, 12,000 from there on; and it never bursts. */
static void gp3_by_size(void **state)
{
    (void)state;
    const int sizes[] = {20, 399, 400};
    for (size_t i = 0; i < 3; i++) {
        const double most = sizes[i] < 400 ? 3000 : 12000;
        struct lab *lab = lab_run(
            HEAD("10s") "  db: {type: rds, class: db.m6g.large, max_connections: 100, storage: "
                        "{size: %d GiB}, " MISSES("1", "20 GiB") "}\n" TRAFFIC("query", "14k/s"),
            sizes[i]);
        expect_near(lab_value(lab, "services.db.read_iops"), most, 0.01 * most, "IOPS");
        lab_close(lab);
    }
}

/* The class's link limits, too: db.m6g.large has 3,600 I/Os a second, and bursts to 20,000 for 30
 * minutes (EC2 User Guide, EBS-optimized instances). */
static void the_link_limits(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 30s\nwarmup: 2100s\ndrain: 1s\nreplications: 1\n"
                "services:\n  db: {type: rds, class: db.m6g.large, max_connections: 100, storage: "
                "{type: io2, size: 400 GiB, iops: 40k}, " MISSES("10", "400 GiB") "}\n" TRAFFIC(
                    "query", "2500/s"));
    expect_near(lab_value(lab, "services.db.read_iops"), 3600, 40, "baseline");
    expect_near(lab_value(lab, "services.db.ebs_io_balance"), 0, 1e-3, "no credits");
    lab_close(lab);
}

/* ---- copies ---- */

#define WRITES(deployment, more)                                                                   \
    HEAD("10s")                                                                                    \
    "  db: {type: rds, class: db.r6gd.large, deployment: " deployment ", pages: 0, work: 1ms" more \
    "}\n" TRAFFIC("write", "10/s")

/* [M] the synchronous standby adds to each commit, and serves nothing; [C] one of two standbys must
 * confirm: of two exponential times the first takes half. */
static void standbys_cost_commits(void **state)
{
    (void)state;
    struct lab *lab = lab_run(WRITES("single_az", ""));
    lab_equal(lab, "services.db.commit_latency.max", 2e-3);
    lab_equal(lab, "services.db.instances", 1);
    lab_equal(lab, "traffic.t.latency.max", 3e-3);
    lab_close(lab);
    lab = lab_run(WRITES("multi_az_instance", ", standby: {write: 3ms}"));
    lab_equal(lab, "services.db.commit_latency.max", 5e-3);
    lab_equal(lab, "services.db.instances", 2);
    lab_equal(lab, "services.db.write_latency.max", 2e-3);
    lab_equal(lab, "services.db.capacity.max", 2); /* its vCPUs are not there to be used */
    lab_close(lab);
    lab = lab_run(
        STATISTICS("100s") "  db: {type: rds, class: db.r6gd.large, deployment: "
                           "multi_az_cluster, pages: 0, dirty_pages: 0, standby: {ack: "
                           "exponential(2ms)}}\ntraffic:\n  t: {to: db.write, rate: 20/s}\n");
    expect_near(lab_value(lab, "services.db.commit_latency.mean"), 2e-3 + 1e-3, 2e-4, "first of 2");
    lab_equal(lab, "services.db.instances", 3);
    lab_close(lab);
}

/* Reads go to readers in turn: two of them, 1.9 vCPUs of reads each, and nothing at the writer; the
 * standby of a multi_az_instance reads nothing. */
static void reads_go_to_readers(void **state)
{
    (void)state;
    const struct {
        const char *deployment;
        double writer, readers;
    } cases[] = {{"multi_az_cluster", 0, 0.95},
                 {"single_az, replicas: 2", 0, 0.95},
                 {"multi_az_instance", 0.95, NAN}};
    for (size_t i = 0; i < 3; i++) {
        struct lab *lab =
            lab_run(HEAD("10s") "  db: {type: rds, class: db.r6gd.large, deployment: %s, pages: 0, "
                                "work: 19ms}\n" TRAFFIC("read", "%d/s"),
                    cases[i].deployment, isnan(cases[i].readers) ? 100 : 200);
        expect_near(lab_value(lab, "services.db.cpu_utilization"), cases[i].writer, 0.003,
                    cases[i].deployment);
        if (isnan(cases[i].readers)) {
            assert_true(isnan(lab_value(lab, "services.db.cpu_utilization_reader")));
        } else {
            expect_near(lab_value(lab, "services.db.cpu_utilization_reader"), cases[i].readers,
                        0.003, cases[i].deployment);
        }
        lab_close(lab);
    }
}

/* A replica applies one write after the other: M/D/1 and its own time while it keeps up; else the
 * lag grows by the surplus. */
static void lag_is_a_queue(void **state)
{
    (void)state;
    const double rho = 0.5;
    struct lab *lab =
        lab_run(STATISTICS("100s") "  db: {type: rds, class: db.m6g.4xlarge, replicas: 3, pages: "
                                   "0, work: 1us, dirty_pages: 0, replica: {transport: 1ms, apply: "
                                   "2ms}}\ntraffic:\n  t: {to: db.write, rate: 250/s}\n");
    lab_expect(lab, "services.db.replica_lag.mean", 1e-3 + 2e-3 * (1 + rho / (2 * (1 - rho))),
               0.05);
    lab_close(lab);
    lab = lab_run(HEAD("100s") "  db: {type: rds, class: db.m6g.4xlarge, replicas: 1, pages: 0, "
                               "work: 1us, dirty_pages: 0, replica: {apply: 2ms}}\n" TRAFFIC(
                                   "write", "600/s"));
    expect_near(lab_value(lab, "services.db.replica_lag.max"), 100 * (600 * 2e-3 - 1), 0.1,
                "grows");
    lab_equal(lab, "services.db.commit_latency.max", 2e-3); /* asynchronous */
    lab_close(lab);
}

/* [C] flow control delays writes when the lag is above its target: the clients of a closed loop
 * write no faster than is applied, once the delay is theirs. */
static void flow_control_holds_the_lag(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct lab *lab = lab_run(
            HEAD("200s") "  db: {type: rds, class: db.r6gd.4xlarge, deployment: multi_az_cluster, "
                         "pages: 0, work: 1us, dirty_pages: 0, replica: {apply: 2ms}, standby: "
                         "{flow_control: %s}}\ntraffic:\n  t: {to: db.write, users: 10, think: "
                         "0s}\n",
            on ? "5s" : "86400s");
        const double lag = lab_value(lab, "services.db.replica_lag.max");
        assert_true(on ? lag > 5 && lag < 5.1 : lag > 100);
        lab_close(lab);
    }
}

/* ---- failures ---- */

#define FAILING "pages: 0, work: 1ms, failure: {mtbf: 600s}"

/* [M] "typically 60-120 seconds" without writes; [C] "typically under 35 seconds"; what was under
 * way and what comes ends as unavailable, and readers go on. Failures at 600 s. */
static void failovers_take_as_documented(void **state)
{
    (void)state;
    const struct {
        const char *deployment;
        double least, most;
    } cases[] = {{"multi_az_instance, replicas: 1", 60, 120},
                 {"multi_az_cluster", 5, 35},
                 {"single_az, replicas: 1", 600, 1200}};
    for (size_t i = 0; i < 3; i++) {
        struct lab *lab = lab_run(
            HEAD("1000s") "  db: {type: rds, class: db.r6gd.large, deployment: %s, " FAILING "}\n"
                          "traffic:\n  w: {to: db.write, arrivals: constant, rate: 100/s}\n"
                          "  r: {to: db.read, arrivals: constant, rate: 100/s}\n",
            cases[i].deployment);
        const double took = lab_value(lab, "services.db.failover_time.max");
        assert_true(took >= cases[i].least && took <= cases[i].most);
        lab_equal(lab, "services.db.failovers", 1);
        const double lost = fmin(took, 400) / 1000;
        expect_near(lab_value(lab, "traffic.w.availability"), 1 - lost, 2e-5, cases[i].deployment);
        lab_equal(lab, "traffic.r.availability", 1);
        expect_near(lab_value(lab, "services.db.up"), 1 - lost, 1e-6, "up");
        lab_close(lab);
    }
}

/* [C] "Both the reader DB instances must apply unapplied transactions": a lag of 120 s, 1,200 s at
 * a surplus of a tenth, is longer than 35 s. */
static void a_lagging_cluster_fails_over_later(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("1500s") "  db: {type: rds, class: db.r6gd.4xlarge, deployment: multi_az_cluster, "
                      "pages: 0, work: 1us, dirty_pages: 0, replica: {apply: 11ms}, standby: "
                      "{flow_control: 1h}, failure: {mtbf: 1200s}}\n" TRAFFIC("write", "100/s"));
    expect_near(lab_value(lab, "services.db.failover_time.max"), 120, 0.2, "applied first");
    lab_close(lab);
}

/* The new writer's cache is cold: the 8,192 pages of 64 MiB are read anew, in the mean (three
 * standard deviations). A cluster's promoted reader was warm already. */
static void a_standby_is_cold(void **state)
{
    (void)state;
    const char *const deployments[] = {"multi_az_instance", "multi_az_cluster"};
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("1100s") "  db: {type: rds, class: db.r6gd.large, deployment: %s, working_set: 64 "
                          "MiB, page_skew: 0, work: 1us, failure: {mtbf: 600s}}\n" TRAFFIC("query",
                                                                                           "100/s"),
            deployments[i]);
        const double reads = lab_value(lab, "services.db.read_iops") * 1100;
        expect_near(reads, i == 0 ? 8192 : 0, i == 0 ? 300 : 0, deployments[i]);
        lab_close(lab);
    }
}

/* [P] logs are uploaded every five minutes: a single_az that fails 700 s from the start has lost
 * 100 s of writes, all of those that came after 600 s. */
static void a_restore_loses_minutes(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("800s") "  db: {type: rds, pages: 0, work: 1us, commit: 0s, "
                                           "failure: {mtbf: 700s}}\n" TRAFFIC("write", "10/s"));
    lab_equal(lab, "services.db.point_in_time_rpo", 300);
    expect_near(lab_value(lab, "services.db.lost_writes"), 1000, 1, "lost");
    lab_close(lab);
    lab =
        lab_run(HEAD("800s") "  db: {type: rds, deployment: multi_az_instance, pages: 0, failure: "
                             "{mtbf: 700s}}\n" TRAFFIC("write", "10/s"));
    lab_equal(lab, "services.db.lost_writes", 0);
    lab_close(lab);
    lab = lab_run(HEAD("250s") "  db: {type: rds, pages: 0, work: 1us, commit: 0s, failover: "
                               "{restore: 0s}, failure: {mtbf: 100s}}\n" TRAFFIC("write", "10/s"));
    lab_equal(lab, "services.db.failovers", 2); /* in one interval: what is lost is lost once */
    expect_near(lab_value(lab, "services.db.lost_writes"), 2000, 2, "lost once");
    lab_close(lab);
    lab =
        lab_run(HEAD("1s") "  db: {type: rds, backup: {retention: 0s}}\n" TRAFFIC("write", "1/s"));
    assert_true(isnan(lab_value(lab, "services.db.point_in_time_rpo")));
    lab_close(lab);
}

/* ---- the file ---- */

static void expect_refused(const char *options, const char *message)
{
    static const struct model_info *const types[] = {&rds_model.info};
    const struct load_request request = {.path = "t.yaml", .types = types, .types_count = 1};
    char text[512];
    struct diag diag;
    diag_init(&diag);
    snprintf(text, sizeof(text), HEAD("1s") "  db: {type: rds, %s}\n" TRAFFIC("read", "1/s"),
             options);
    assert_null(scenario_load_text(&request, text, strlen(text), &diag));
    assert_int_equal(diag.errors_count, 1);
    assert_non_null(strstr(diag.messages[0].text, message));
    diag_done(&diag);
}

/* The rest is in tests/malformed. */
static void combinations_are_checked(void **state)
{
    (void)state;
    expect_refused("pages: 1, working_set: 101 GiB", "more than `storage.size`");
    expect_refused("pages: 1, working_set: 1 GiB, replicas: 1, backup: {retention: 0s}",
                   "need automated backups");
    expect_refused("pages: 1, working_set: 1 GiB, class: db.t3.micro, reserved_memory: 1 GiB",
                   "nothing is left");
    expect_refused("pages: 1, working_set: 1 GiB, storage: {size: 400 GiB, iops: 11k}",
                   "12000 to 64000");
    expect_refused("pages: 1, working_set: 1 GiB, storage: {type: io2, size: 99 GiB, iops: 2k}",
                   "100 GiB of io1 and io2");
    expect_refused("pages: 1, working_set: 1 GiB, storage: {type: io2, size: 8 TiB, iops: 4k}",
                   "0.5 to 1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_by_memory),
        cmocka_unit_test(connections_are_limited),
        cmocka_unit_test(cpu_is_shared),
        cmocka_unit_test(bought_iops_queue),
        cmocka_unit_test(gp2_bursts_by_credits),
        cmocka_unit_test(gp2_throughput_by_size),
        cmocka_unit_test(gp3_by_size),
        cmocka_unit_test(the_link_limits),
        cmocka_unit_test(standbys_cost_commits),
        cmocka_unit_test(reads_go_to_readers),
        cmocka_unit_test(lag_is_a_queue),
        cmocka_unit_test(flow_control_holds_the_lag),
        cmocka_unit_test(failovers_take_as_documented),
        cmocka_unit_test(a_lagging_cluster_fails_over_later),
        cmocka_unit_test(a_standby_is_cold),
        cmocka_unit_test(a_restore_loses_minutes),
        cmocka_unit_test(combinations_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
