/* Aurora Serverless v2's documented rules, and the estimates that stand in for what is not.
 * Sources: [H] Aurora User Guide, "How Aurora Serverless v2 works"; [S] "Performance and scaling
 * for Aurora Serverless v2"; [P] "Scaling to Zero ACUs with automatic pause and resume"; [E]
 * "Amazon Aurora connection management"; [I] AWS Database Blog, "Planning I/O in Amazon Aurora";
 * [F] the facts' scale_rate_model, an estimate: AWS publishes no rate. Where a rule is checked
 * exactly, arrivals and work are constant. A request of an hour of work keeps a processor busy for
 * good. */
#include "models/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/engine/bottleneck.h"
#include "tests/support/lab.h"

extern const struct model aurora_serverless_model;

#define SECOND INT64_C(1000000000)
#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "drain: 1s\nreplications: 1\nseed: 4\nservices:\n"
#define STATISTICS(duration)                                         \
    "archsim: 1\nname: test\nduration: {" duration "}\nwarmup: 1s\n" \
    "replications: 16\nseed: 4\nservices:\n"
/* No storage, so that CPU is all. */
#define CPU_ONLY "pages: 0, commit: 0s"
/* More of them than any capacity has processors. */
#define OVERLOAD(operation) "  o: {to: db." operation ", users: 100, think: 0s}\n"

static const struct log_entry *log_first(const struct lab *lab, enum log_kind kind)
{
    const struct log_entry *entry = lab->experiment.replications[0].log;
    while (entry != NULL && entry->kind != kind) {
        entry = entry->next;
    }
    return entry;
}

static int log_count(const struct lab *lab, enum log_kind kind)
{
    int count = 0;
    for (const struct log_entry *entry = lab->experiment.replications[0].log; entry != NULL;
         entry = entry->next) {
        count += entry->kind == kind;
    }
    return count;
}

static void expect_near(double value, double expected, double within, const char *what)
{
    if (!(fabs(value - expected) <= within)) {
        fail_msg("%s: %.9g, expected %.9g", what, value, expected);
    }
}

/* ---- capacity ---- */

/* [F], written down again: ACUs that are granted `seconds` after the CPU became busy. */
static double rule_acu(double from, double to, int seconds)
{
    double earned = from;
    for (int i = 0; i < seconds; i++) {
        earned += fmax(0.1, 0.03 * earned);
    }
    return fmin(to, floor(earned * 2 + 1e-9) / 2);
}

/* [H] "increments as small as 0.5 ACUs", between minimum and maximum; [F] the speed. */
static void grows_by_the_rule(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("70s") "  db: {type: aurora_serverless, max_capacity: 8 ACU, "
                                          "work: 1h, " CPU_ONLY "}\ntraffic:\n" OVERLOAD("query"));
    double sum = 0;
    int until = 0;
    for (int second = 0; second < 70; second++) {
        sum += rule_acu(0.5, 8, second);
        until = rule_acu(0.5, 8, second) < 8 ? second + 1 : until;
    }
    assert_in_range(until, 55, 65); /* [F] "0.5 -> 8 ACU in about 60 s" */
    lab_equal(lab, "services.db.capacity.min", 0.5);
    lab_equal(lab, "services.db.capacity.max", 8);
    lab_equal(lab, "services.db.capacity.mean", sum / 70);
    lab_equal(lab, "services.db.serverless_database_capacity", sum / 70);
    lab_equal(lab, "services.db.acu_utilization", sum / 70 / 8); /* [S] divided by the maximum */
    lab_equal(lab, "services.db.cpu_utilization", sum / 70 / 8); /* [S] so is this */
    lab_equal(lab, "services.db.busy.mean", sum / 70);
    lab_equal(lab, "services.db.utilization", 1);
    assert_int_equal(log_count(lab, LOG_SCALE_OUT), 1); /* the whole ramp is one entry */
    const struct log_entry *ramp = log_first(lab, LOG_SCALE_OUT);
    assert_string_equal(ramp->metric, "present_cpu_utilization");
    assert_string_equal(ramp->text, "writer");
    expect_near(ramp->value, 1, 1e-6, "use");
    expect_near(ramp->threshold, 0.7, 0, "target");
    expect_near(ramp->from, 0.5, 0, "from");
    expect_near(ramp->to, 8, 0, "to");
    assert_int_equal(ramp->at_ns, 5 * SECOND); /* 0.1 a second: the first half ACU */
    assert_int_equal(ramp->until_ns, until * SECOND);
    lab_close(lab);
}

/* [H] "The larger the current capacity, the larger the scaling increment": [F] 8 -> 32 takes 47 s;
 * from 0.5 it takes more than 100. */
static void grows_faster_when_larger(void **state)
{
    (void)state;
    const struct {
        const char *min;
        int seconds;
    } cases[] = {{"8 ACU", 47}, {"0.5 ACU", 105}};
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD("150s") "  db: {type: aurora_serverless, min_capacity: %s, max_capacity: "
                                 "32 ACU, work: 1h, " CPU_ONLY "}\ntraffic:\n" OVERLOAD("query"),
                    cases[i].min);
        const struct log_entry *ramp = log_first(lab, LOG_SCALE_OUT);
        expect_near(ramp->to, 32, 0, "to");
        assert_int_equal(ramp->until_ns, cases[i].seconds * SECOND);
        lab_close(lab);
    }
}

/* [S] "An idle DB instance can scale back up more quickly" with a higher minimum: what comes after
 * a step of load waits less. */
static void higher_minimum_helps(void **state)
{
    (void)state;
    double mean[3], worst[3];
    const char *const min[] = {"0.5 ACU", "2 ACU", "8 ACU"};
    for (size_t i = 0; i < 3; i++) {
        struct lab *lab = lab_run(
            HEAD("90s") "  db: {type: aurora_serverless, min_capacity: %s, work: 10ms, " CPU_ONLY
                        "}\ntraffic:\n  t: {to: db.query, rate: [[0s, 5/s], [10s, 100/s]]}\n",
            min[i]);
        mean[i] = lab_value(lab, "traffic.t.latency.mean");
        worst[i] = lab_value(lab, "traffic.t.latency.p99");
        lab_close(lab);
    }
    assert_true(mean[1] < 0.7 * mean[0] && worst[1] < worst[0]);
    assert_true(mean[2] < 0.1 * mean[1] && worst[2] < 0.1 * worst[1]);
}

/* Given back by a hundredth a second [F], once the load has been low for 15 s: from 8 ACUs to half
 * of it in ln 0.5 / ln 0.99 = 69 s. Here the load ends at 60.x s. */
static void shrinks_slowly(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("200s") "  db: {type: aurora_serverless, min_capacity: 4 ACU, max_capacity: 8 ACU, "
                     "work: 1s, " CPU_ONLY "}\ntraffic:\n"
                     "  t: {to: db.query, arrivals: constant, rate: [[0s, 2/s], [60s, 0/s]]}\n");
    const struct log_entry *up = log_first(lab, LOG_SCALE_OUT);
    const struct log_entry *down = log_first(lab, LOG_SCALE_IN);
    assert_non_null(up);
    assert_non_null(down);
    expect_near(up->to, 8, 0, "up");
    expect_near(down->from, 8, 0, "from");
    expect_near(down->to, 4, 0, "to");
    expect_near((double)(down->until_ns - down->at_ns) / 1e9,
                ceil(log(4.0 / 8) / log(0.99)) - ceil(log(7.5 / 8) / log(0.99)), 0, "halves");
    assert_int_equal(log_count(lab, LOG_SCALE_IN), 1);
    assert_true(down->at_ns > 75 * SECOND);
    lab_close(lab);
}

/* [H] "Readers in promotion tiers 0 and 1 scale at the same time as the writer", those of 2-15
 * independently. */
static void readers_follow_by_tier(void **state)
{
    (void)state;
    for (int tier = 0; tier < 4; tier++) {
        struct lab *lab =
            lab_run(HEAD("40s") "  db: {type: aurora_serverless, readers: 2, promotion_tier: %d, "
                                "max_capacity: 8 ACU, work: 1h, " CPU_ONLY
                                "}\ntraffic:\n" OVERLOAD("write"),
                    tier);
        const double writer = lab_value(lab, "services.db.serverless_database_capacity_writer");
        assert_true(writer > 1);
        lab_equal(lab, "services.db.serverless_database_capacity_reader", tier <= 1 ? writer : 0.5);
        lab_equal(lab, "services.db.capacity.mean", tier <= 1 ? 3 * writer : writer + 1);
        assert_int_equal(log_count(lab, LOG_SCALE_OUT), 1);
        assert_int_equal(log_first(lab, LOG_SCALE_OUT)->count, tier <= 1 ? 3 : 1);
        lab_close(lab);
        lab = lab_run(HEAD("40s") "  db: {type: aurora_serverless, readers: 1, promotion_tier: %d, "
                                  "max_capacity: 8 ACU, work: 1h, " CPU_ONLY
                                  "}\ntraffic:\n" OVERLOAD("read"),
                      tier);
        lab_equal(lab, "services.db.serverless_database_capacity_writer", 0.5);
        assert_true(lab_value(lab, "services.db.serverless_database_capacity_reader") > 1);
        lab_close(lab);
    }
}

/* A reader that outgrew the writer and comes back is noted each time. */
static void readers_are_noted_by_themselves(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("300s") "  db: {type: aurora_serverless, readers: 1, max_capacity: 2 ACU, work: "
                     "500ms, " CPU_ONLY "}\ntraffic:\n"
                     "  t: {to: db.read, arrivals: constant, rate: [[0s, 1/s], [60s, 0/s]]}\n");
    lab_equal(lab, "services.db.serverless_database_capacity_writer", 0.5);
    assert_string_equal(log_first(lab, LOG_SCALE_OUT)->text, "reader");
    expect_near(log_first(lab, LOG_SCALE_OUT)->to, 2, 0, "up");
    assert_int_equal(log_count(lab, LOG_SCALE_IN), 1);
    expect_near(log_first(lab, LOG_SCALE_IN)->to, 0.5, 0, "down");
    lab_close(lab);
}

/* Reports every minute or so are worth half an ACU for a moment, all day long: that is one entry a
 * direction, not one a time; the hour in which there is much to do has its own. */
static void small_swings_are_told_together(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "10h") "  db: {type: aurora_serverless, readers: 2, promotion_tier: 2, work: 1s, " CPU_ONLY
               "}\ntraffic:\n"
               "  t: {to: db.read, rate: [[0s, 1/min], [5h, 4/s], [6h, 1/min]]}\n");
    assert_true(lab_value(lab, "services.db.present_cpu_utilization") > 0);
    lab_equal(lab, "services.db.present_cpu_utilization",
              lab_value(lab, "services.db.utilization"));
    assert_in_range(log_count(lab, LOG_SCALE_OUT), 3, 12);
    assert_in_range(log_count(lab, LOG_SCALE_IN), 2, 12);
    assert_string_equal(log_first(lab, LOG_SCALE_OUT)->text, "reader");
    assert_int_equal(log_first(lab, LOG_SCALE_OUT)->count, 2);
    bool found = false;
    for (const struct log_entry *entry = lab->experiment.replications[0].log; entry != NULL;
         entry = entry->next) {
        assert_true(entry->kind != LOG_SCALE_OUT || entry->to > entry->from);
        found = found || (entry->kind == LOG_SCALE_OUT && entry->at_ns >= 5 * 3600 * SECOND &&
                          entry->until_ns < 6 * 3600 * SECOND && entry->to > 8);
    }
    assert_true(found);
    lab_close(lab);
}

/* [H] memory is load as well. 100 calls that only wait hold 1000 MiB of connections; the buffer
 * cache leaves 32 % of 2 GiB an ACU, of which 70 % may be used: 1000 / (655.36 * 0.7) = 2.18 ->
 * 2.5. */
static void connections_hold_capacity(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "60s") "  db: {type: aurora_serverless, operations: {query: {work: 1us, calls: [{wait: "
               "1h}]}}, " CPU_ONLY "}\ntraffic:\n" OVERLOAD("query"));
    lab_equal(lab, "services.db.capacity.max", 2.5);
    assert_string_equal(log_first(lab, LOG_SCALE_OUT)->metric, "connection_memory_utilization");
    lab_close(lab);
}

/* ---- auto-pause ---- */

#define PAUSING "  db: {type: aurora_serverless, min_capacity: 0 ACU, work: 10ms, " CPU_ONLY

/* [P] pauses after seconds_until_auto_pause without connections, resumes in about 15 s when the
 * first comes; who comes meanwhile waits too. Calls at 0.x .. 9.x s of 10 ms on an eighth of a
 * vCPU. */
static void pauses_and_resumes(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("500s") PAUSING "}\ntraffic:\n  t: {to: db.query, arrivals: "
                                                   "constant, rate: [[0s, 1/s], [10s, 0/s], "
                                                   "[400s, 1/s], [410s, 0/s]]}\n");
    const struct log_entry *pause = log_first(lab, LOG_PAUSE);
    const struct log_entry *resume = log_first(lab, LOG_RESUME);
    assert_non_null(pause);
    assert_non_null(resume);
    assert_int_equal(pause->at_ns, 310 * SECOND); /* the look after 9.x + 0.08 + 300 s */
    expect_near(pause->from, 0.5, 0, "from");
    expect_near(pause->to, 0, 0, "to");
    assert_in_range(resume->at_ns, 400 * SECOND, 401 * SECOND);
    assert_int_equal(resume->delay_ns, 15 * SECOND);
    expect_near(resume->to, 0.5, 0, "to");
    lab_equal(lab, "services.db.capacity.min", 0);
    lab_equal(lab, "services.db.capacity.mean",
              0.5 * (500 - ((double)resume->at_ns / 1e9 + 15 - 310)) / 500);
    lab_equal(lab, "services.db.wait.max", 15);
    lab_equal(lab, "traffic.t.availability", 1);
    assert_true(lab_value(lab, "traffic.t.latency.max") > 15.08); /* ten shared the CPU */
    assert_true(lab_value(lab, "traffic.t.latency.max") < 15.8 + 1e-6);
    lab_close(lab);
}

/* [P] after a pause of more than 24 hours it takes 30 s or longer. */
static void long_pause_resumes_slowly(void **state)
{
    (void)state;
    for (int hours = 24; hours <= 25; hours++) {
        struct lab *lab = lab_run(HEAD("26h") PAUSING
                                  "}\ntraffic:\n  t: {to: db.query, arrivals: constant, rate: "
                                  "[[0s, 0/s], [%dh, 1/s], [%dh1s, 0/s]]}\n",
                                  hours, hours);
        assert_int_equal(log_first(lab, LOG_RESUME)->delay_ns, (hours == 24 ? 15 : 30) * SECOND);
        expect_near(lab_value(lab, "services.db.wait.max"), hours == 24 ? 15 : 30, 1e-9, "wait");
        assert_int_equal(log_count(lab, LOG_PAUSE), 2);
        lab_close(lab);
    }
}

/* [P] "The writer and readers of failover priority 0 and 1 always pause and resume at the same
 * time"; others by themselves. Here only the readers are called. */
static void pauses_in_groups(void **state)
{
    (void)state;
    for (int tier = 1; tier <= 2; tier++) {
        struct lab *lab = lab_run(HEAD("800s") PAUSING
                                  ", readers: 2, promotion_tier: %d}\ntraffic:\n  t: {to: db.read, "
                                  "arrivals: constant, rate: [[0s, 1/s], [350s, 0/s]]}\n",
                                  tier);
        const double writer = lab_value(lab, "services.db.serverless_database_capacity_writer");
        const double reader = lab_value(lab, "services.db.serverless_database_capacity_reader");
        if (tier == 1) {
            lab_equal(lab, "services.db.serverless_database_capacity_writer", 0.5 * 650 / 800);
            expect_near(reader, writer, 1e-12, "together");
            assert_int_equal(log_count(lab, LOG_PAUSE), 1);
            assert_int_equal(log_first(lab, LOG_PAUSE)->count, 3);
        } else {
            lab_equal(lab, "services.db.serverless_database_capacity_writer", 0.5 * 300 / 800);
            assert_true(reader > writer);
            assert_int_equal(log_count(lab, LOG_PAUSE), 3);
        }
        lab_close(lab);
    }
}

/* Five readers that sleep and wake each by itself, all within seconds: one entry, not five. */
static void readers_wake_in_one_entry(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("500s") PAUSING
                              ", readers: 5, promotion_tier: 2}\ntraffic:\n  r: {to: db.read, "
                              "arrivals: constant, rate: [[0s, 0/s], [400s, 1/s]]}\n");
    const struct log_entry *pause = log_first(lab, LOG_PAUSE);
    assert_int_equal(log_count(lab, LOG_PAUSE), 2);
    assert_string_equal(pause->text, "writer");
    assert_string_equal(pause->next->text, "reader");
    assert_int_equal(pause->next->count, 5);
    expect_near(pause->next->from, 0.5, 0, "from");
    assert_int_equal(log_count(lab, LOG_RESUME), 1);
    assert_int_equal(log_first(lab, LOG_RESUME)->count, 5);
    expect_near(log_first(lab, LOG_RESUME)->to, 0.5, 0, "to");
    lab_equal(lab, "services.db.wait.max", 15);
    lab_close(lab);
}

/* A reader of tier 2 sleeps and wakes beside a busy writer; neither is noted as scaling. */
static void a_reader_pauses_alone(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("500s") PAUSING
                              ", readers: 1, promotion_tier: 2, max_capacity: 1 ACU}\ntraffic:\n"
                              "  w: {to: db.write, arrivals: constant, rate: 1/s}\n"
                              "  r: {to: db.read, arrivals: constant, rate: [[0s, 0/s], [400s, "
                              "1/s]]}\n");
    lab_equal(lab, "services.db.serverless_database_capacity_writer", 0.5);
    assert_int_equal(log_first(lab, LOG_PAUSE)->at_ns, 300 * SECOND);
    assert_string_equal(log_first(lab, LOG_PAUSE)->text, "reader");
    assert_string_equal(log_first(lab, LOG_RESUME)->text, "reader");
    assert_int_equal(log_count(lab, LOG_PAUSE), 1);
    assert_int_equal(log_count(lab, LOG_SCALE_IN), 0);
    assert_int_equal(log_count(lab, LOG_SCALE_OUT), 0);
    lab_close(lab);
}

/* [S] without 0 the capacity never goes below the minimum, however long nobody comes. */
static void minimum_never_pauses(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("2h") "  db: {type: aurora_serverless, min_capacity: 1 ACU, "
                                         "work: 1ms}\ntraffic:\n  t: {to: db.query, rate: "
                                         "[[0s, 1/s], [10s, 0/s]]}\n");
    lab_equal(lab, "services.db.capacity.min", 1);
    assert_null(log_first(lab, LOG_PAUSE));
    lab_close(lab);
}

/* ---- connections ---- */

/* Of so many that come at once, how many are let in. */
static double let_in(const char *options, int batch)
{
    struct lab *lab = lab_run(HEAD("1s") "  db: {type: aurora_serverless, %s, work: 1h, " CPU_ONLY
                                         "}\ntraffic:\n  t: {to: db.query, arrivals: constant, "
                                         "rate: [[0s, 1/s], [1s, 0/s]], batch: %d}\n",
                              options, batch);
    const double refused = lab_value(lab, "traffic.t.errors.rejected") * batch;
    const double most = lab_value(lab, "services.db.database_connections_max");
    expect_near(most, batch - refused, 1e-6, "connections");
    const struct log_entry *entry = log_first(lab, LOG_THROTTLING);
    if (refused > 0) {
        assert_string_equal(entry->metric, "max_connections");
        assert_int_equal(entry->count, llrint(refused));
    } else {
        assert_null(entry);
    }
    lab_close(lab);
    return most;
}

/* [S] the table of Maximum connections: by the maximum capacity, not the present one. */
static void connections_by_maximum_capacity(void **state)
{
    (void)state;
    const int acu[] = {1, 4, 8, 16, 32, 64, 128};
    const int mysql[] = {90, 135, 1000, 2000, 3000, 4000, 5000};
    const int postgresql[] = {189, 823, 1669, 3360, 5000, 5000, 5000};
    char options[128];
    for (int i = 0; i < 7; i++) {
        snprintf(options, sizeof(options), "engine: mysql, max_capacity: %d ACU", acu[i]);
        expect_near(let_in(options, 6000), mysql[i], 1e-6, options);
        snprintf(options, sizeof(options),
                 "engine: postgresql, min_capacity: 1 ACU, max_capacity: %d ACU", acu[i]);
        expect_near(let_in(options, 6000), postgresql[i], 1e-6, options);
    }
    /* the example of [S]: a maximum of 80 ACUs has 4000 on MySQL, 5000 on PostgreSQL */
    expect_near(let_in("engine: mysql, max_capacity: 80 ACU", 6000), 4000, 1e-6, "80 ACU");
    expect_near(let_in("min_capacity: 1 ACU, max_capacity: 80 ACU", 6000), 5000, 1e-6, "80 ACU");
}

/* [S] "when you specify a minimum capacity of 0.5 ACUs on PostgreSQL, max_connections is capped at
 * 2,000"; the guide's example has 0.5..128 ACUs. */
static void postgresql_is_capped(void **state)
{
    (void)state;
    expect_near(let_in("max_capacity: 128 ACU", 3000), 2000, 1e-6, "0.5");
    expect_near(let_in("min_capacity: 0 ACU, max_capacity: 128 ACU", 3000), 2000, 1e-6, "0");
    expect_near(let_in("max_capacity: 1 ACU", 300), 189, 1e-6, "0.5 to 1");
    expect_near(let_in("max_connections: 2500, max_capacity: 128 ACU", 3000), 2500, 1e-6, "set");
    expect_near(let_in("max_connections: 2500", 2500), 2500, 1e-6, "just enough");
}

/* A moment at the limit is enough to be refused, so what counts is the most that were in use at a
 * time: 40 reads a second that hold their connection for a second, for ten seconds, at two readers
 * of 50 connections each; and 5 before. */
static void the_most_connections_count(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 10min\nwarmup: 1min\nreplications: 2\nseed: 4\n"
        "services:\n  db: {type: aurora_serverless, readers: 2, max_connections: 50, operations: "
        "{read: {work: 10us, calls: [{wait: 1s}]}}, min_capacity: 8 ACU, " CPU_ONLY "}\ntraffic:\n"
        "  t: {to: db.read, arrivals: constant, rate: [[0s, 5/s], [5min, 40/s], [310s, 5/s]]}\n");
    const struct results_use use =
        bottleneck_use(lab->scenario, 0, lab->experiment.replications, 2, 0.95);
    assert_string_equal(use.resource, "connections to the readers");
    expect_near(use.share.value, 40.0 / 100, 0.02, "use");
    lab_close(lab);
}

/* ---- endpoints ---- */

/* [E] the reader endpoint balances connections: three readers of one vCPU, a read of 2.9 ms every
 * millisecond: in turn nobody ever waits. A fourth of them is one too many. */
static void reads_go_round(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "10s") "  db: {type: aurora_serverless, readers: 3, min_capacity: 4 ACU, max_capacity: "
               "4 ACU, operations: {read: {work: 2.9ms}, read_report: {work: 2.9ms}}, " CPU_ONLY
               "}\ntraffic:\n  t: {to: db.read, arrivals: constant, rate: 1k/s}\n");
    lab_equal(lab, "traffic.t.latency.max", 2.9e-3);
    assert_true(lab_value(lab, "services.db.database_connections_max") <= 3);
    lab_close(lab);
    lab = lab_run(HEAD(
        "10s") "  db: {type: aurora_serverless, readers: 3, min_capacity: 4 ACU, max_capacity: "
               "4 ACU, operations: {read: {work: 2.9ms}, read_report: {work: 2.9ms}}, " CPU_ONLY
               "}\ntraffic:\n  t: {to: db.read_report, arrivals: constant, rate: 1k/s}\n");
    lab_equal(lab, "traffic.t.latency.max", 2.9e-3); /* the part before _ says where it goes */
    lab_close(lab);
}

/* [E] the cluster endpoint is the writer; with no replica the reader endpoint is it too. Half a
 * second of work every second on one vCPU: if all three went to one instance, they would share. */
static void the_writer_serves_the_rest(void **state)
{
    (void)state;
    const char *const operations[] = {"query", "write", "report", "readers"};
    for (size_t i = 0; i < 4; i++) {
        struct lab *lab =
            lab_run(HEAD("20s") "  db: {type: aurora_serverless, readers: 2, min_capacity: 4 ACU, "
                                "max_capacity: 4 ACU, operations: {read: {work: 1ms}, %s: {work: "
                                "500ms}}, " CPU_ONLY "}\ntraffic:\n"
                                "  t: {to: db.%s, arrivals: constant, rate: 1/s, batch: 2}\n",
                    operations[i], operations[i]);
        expect_near(lab_value(lab, "traffic.t.latency.mean"), 1, 1e-6, operations[i]);
        lab_close(lab);
    }
    struct lab *lab = lab_run(
        HEAD("20s") "  db: {type: aurora_serverless, min_capacity: 4 ACU, max_capacity: 4 ACU, "
                    "work: 500ms, " CPU_ONLY "}\ntraffic:\n"
                    "  t: {to: db.read, arrivals: constant, rate: 1/s, batch: 2}\n");
    expect_near(lab_value(lab, "traffic.t.latency.mean"), 1, 1e-6, "no readers");
    lab_close(lab);
}

/* ---- CPU ---- */

/* At a fixed capacity an instance is M/G/1-PS: work x takes x / c / (1 - rho) in the mean on c
 * vCPUs, c <= 1, whatever the law (Kleinrock, Queueing Systems 2, sec. 4.4). */
static void fixed_capacity_is_processor_sharing(void **state)
{
    (void)state;
    const char *const work[] = {"2ms", "exponential(2ms)", "\"lognormal(mean=2ms cv=2)\""};
    const double acu[] = {4, 2, 1};
    for (size_t i = 0; i < 3; i++) {
        const double speed = acu[i] / 4, rho = 0.6, rate = rho * speed / 2e-3;
        struct lab *lab = lab_run(
            STATISTICS(
                "300s") "  db: {type: aurora_serverless, min_capacity: %g ACU, max_capacity: "
                        "%g ACU, work: %s, " CPU_ONLY "}\ntraffic:\n  t: {to: db.query, rate: "
                        "%.6f/s}\n",
            acu[i], acu[i], work[i], rate);
        lab_expect(lab, "traffic.t.latency.mean", 2e-3 / speed / (1 - rho), 0.1);
        lab_expect(lab, "services.db.utilization", rho, 0.05);
        lab_expect(lab, "services.db.cpu_utilization", rho, 0.05);
        lab_close(lab);
    }
}

/* Who gives no work has that of a point query. */
static void work_has_a_default(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10s") "  db: {type: aurora_serverless, min_capacity: 4 ACU, " CPU_ONLY
                            "}\ntraffic:\n  t: {to: db.read, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.t.latency.max", 0.5e-3);
    lab_equal(lab, "services.db.select_latency.max", 0.5e-3);
    lab_close(lab);
}

/* ---- storage ---- */

/* [S] the buffer cache is a part of the present memory. All pages alike, LRU hits what share of
 * them fits: 0.68 * 2 GiB of 4 GiB at 1 ACU, and each of the others takes 1.5 ms without CPU. */
static void buffer_cache_follows_memory(void **state)
{
    (void)state;
    for (int acu = 1; acu <= 4; acu *= 2) {
        const double hit = fmin(1, acu * 0.68 * 2 / 4);
        struct lab *lab = lab_run(
            STATISTICS("20s") "  db: {type: aurora_serverless, min_capacity: %d ACU, max_capacity: "
                              "%d ACU, working_set: 4 GiB, page_skew: 0, pages: 8, work: 1us}\n"
                              "traffic:\n  t: {to: db.query, rate: 500/s}\n",
            acu, acu);
        if (hit < 1) {
            lab_expect(lab, "services.db.buffer_cache_hit_ratio", hit, 0.02);
            lab_expect(lab, "services.db.volume_read_iops", 500 * 8 * (1 - hit), 0.05);
            expect_near(lab_value(lab, "traffic.t.latency.mean"), 8 * (1 - hit) * 1.5e-3, 3e-4,
                        "latency");
        } else {
            lab_equal(lab, "services.db.buffer_cache_hit_ratio", 1);
            lab_equal(lab, "services.db.volume_read_iops", 0);
        }
        lab_close(lab);
    }
}

/* It warms by use: all alike and all fitting, after r of N pages' worth of requests a page is there
 * with probability 1 - exp(-r), so over the time to x the mean is 1 - (1 - exp(-x)) / x. */
static void buffer_cache_warms(void **state)
{
    (void)state;
    const double x = 1000 * 4 * 10 / 8192.0;
    struct lab *lab = lab_run(
        HEAD("10s") "  db: {type: aurora_serverless, min_capacity: 4 ACU, working_set: 64 MiB, "
                    "page_skew: 0, work: 1us, buffer_at_start: cold}\ntraffic:\n"
                    "  t: {to: db.query, arrivals: constant, rate: 1k/s}\n");
    expect_near(lab_value(lab, "services.db.buffer_cache_hit_ratio"), 1 + expm1(-x) / x, 0.01,
                "warm-up");
    lab_close(lab);
}

/* [S] "some data is evicted from the buffer cache when the DB instances scale down"; when they
 * scale up again it "is read back over time". 512 MiB fit into 2 ACUs, a third of them into 0.5
 * with a quarter of the share. Busy for a minute, quiet for eight, busy again. */
static void buffer_cache_shrinks(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 5m\nwarmup: 10m\nreplications: 2\nseed: 4\nservices:\n"
        "  big: {type: aurora_serverless, min_capacity: 2 ACU, max_capacity: 2 ACU, working_set: "
        "512 MiB, page_skew: 0, buffer_share: 20%%, work: 3ms}\n"
        "  db: {type: aurora_serverless, min_capacity: 0.5 ACU, max_capacity: 2 ACU, working_set: "
        "512 MiB, page_skew: 0, buffer_share: 20%%, work: 3ms}\ntraffic:\n"
        "  b: {to: big.query, arrivals: constant, rate: 1/s}\n"
        "  t: {to: db.query, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.big.buffer_cache_hit_ratio", 1);
    expect_near(lab_value(lab, "services.db.buffer_cache_hit_ratio"), 0.4, 0.06, "a part fits");
    lab_close(lab);
    /* 0.4 fit; a pause forgets even those: 4 pages each second-hand from nothing */
    lab = lab_run(
        HEAD("900s") "  db: {type: aurora_serverless, min_capacity: 0 ACU, working_set: 1 MiB, "
                     "page_skew: 0, pages: 128}\ntraffic:\n  t: {to: db.query, arrivals: constant, "
                     "rate: [[0s, 1/s], [1s, 0/s], [600s, 1/s], [601s, 0/s]]}\n");
    lab_equal(lab, "services.db.buffer_cache_hit_ratio", 0.5); /* all of the first, none after */
    lab_equal(lab, "services.db.volume_read_iops", 128 / 900.0);
    lab_close(lab);
}

/* [I] "Write I/Os are counted in 4 KB units", at least one for a write; a commit waits without
 * CPU. */
static void writes_commit(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s") "  db: {type: aurora_serverless, min_capacity: 4 ACU, pages: 0, work: 1ms}\n"
                    "traffic:\n"
                    "  small: {to: db.write, arrivals: constant, rate: 10/s}\n"
                    "  large: {to: db.write, arrivals: constant, rate: 10/s, size: 9 KiB}\n"
                    "  read: {to: db.query, arrivals: constant, rate: 1/s, size: 9 KiB}\n");
    lab_equal(lab, "services.db.volume_write_iops", 10 + 3 * 10);
    lab_equal(lab, "services.db.commit_latency.max", 4e-3);
    expect_near(lab_value(lab, "traffic.large.latency.p50"), 5e-3, 1e-4, "work and commit");
    assert_true(lab_value(lab, "traffic.read.latency.max") < 4e-3);
    assert_true(lab_value(lab, "services.db.cpu_utilization") < 21e-3 / 4 + 1e-9);
    assert_true(isnan(lab_value(lab, "services.db.aurora_replica_lag"))); /* nobody is behind */
    lab_close(lab);
}

/* ---- the file ---- */

static void expect_refused(const char *options, const char *message)
{
    static const struct model_info *const types[] = {&aurora_serverless_model.info};
    const struct load_request request = {.path = "t.yaml", .types = types, .types_count = 1};
    char text[512];
    struct diag diag;
    diag_init(&diag);
    snprintf(text, sizeof(text),
             HEAD("1s") "  db: {type: aurora_serverless, %s}\ntraffic:\n"
                        "  t: {to: db.read, rate: 1/s}\n",
             options);
    assert_null(scenario_load_text(&request, text, strlen(text), &diag));
    assert_int_equal(diag.errors_count, 1);
    assert_non_null(strstr(diag.messages[0].text, message));
    diag_done(&diag);
}

/* [S] half-ACU steps; the maximum at least as high as the minimum, and higher than 0.5 ACUs. */
static void ranges_are_checked(void **state)
{
    (void)state;
    expect_refused("min_capacity: 0.7 ACU", "half-ACU steps");
    expect_refused("max_capacity: 8.25 ACU", "half-ACU steps");
    expect_refused("min_capacity: 20 ACU", "more than `max_capacity`");
    expect_refused("max_capacity: 0.5 ACU", "max_capacity");
    expect_refused("max_capacity: 257 ACU", "max_capacity");
    expect_refused("readers: 16", "readers");
    expect_refused("seconds_until_auto_pause: 299s", "seconds_until_auto_pause");
    expect_refused("scale_up: {target: 40%}", "scale_up.target");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_by_the_rule),
        cmocka_unit_test(grows_faster_when_larger),
        cmocka_unit_test(higher_minimum_helps),
        cmocka_unit_test(shrinks_slowly),
        cmocka_unit_test(readers_follow_by_tier),
        cmocka_unit_test(readers_are_noted_by_themselves),
        cmocka_unit_test(small_swings_are_told_together),
        cmocka_unit_test(connections_hold_capacity),
        cmocka_unit_test(pauses_and_resumes),
        cmocka_unit_test(long_pause_resumes_slowly),
        cmocka_unit_test(pauses_in_groups),
        cmocka_unit_test(a_reader_pauses_alone),
        cmocka_unit_test(readers_wake_in_one_entry),
        cmocka_unit_test(minimum_never_pauses),
        cmocka_unit_test(connections_by_maximum_capacity),
        cmocka_unit_test(postgresql_is_capped),
        cmocka_unit_test(the_most_connections_count),
        cmocka_unit_test(reads_go_round),
        cmocka_unit_test(the_writer_serves_the_rest),
        cmocka_unit_test(fixed_capacity_is_processor_sharing),
        cmocka_unit_test(work_has_a_default),
        cmocka_unit_test(buffer_cache_follows_memory),
        cmocka_unit_test(buffer_cache_warms),
        cmocka_unit_test(buffer_cache_shrinks),
        cmocka_unit_test(writes_commit),
        cmocka_unit_test(ranges_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
