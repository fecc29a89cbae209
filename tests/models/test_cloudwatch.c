/* CloudWatch's documented rules. Sources: [E] CloudWatch user guide, "Alarm evaluation": M of the
 * last N datapoints; [M] "Configuring how alarms treat missing data"; [A] "Using alarms": actions
 * only when the state changes; [F] facts, cloudwatch: reaction to a step = up to one period + delay
 * + (N - 1) periods; PutMetricData 500/s in us-east-1, 150/s elsewhere, PutLogEvents 5,000/s and
 * 1,500/s; 1,000 metrics per PutMetricData; [P] API reference, PutLogEvents: 26 bytes for each
 * event. Arrivals are constant, periods begin at time 0. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 5m\n" \
    "replications: 2\nseed: 5\n"

/* The n-th time, in scenario time, that an alarm went so; NaN: there is none. */
static double when(const struct lab *lab, enum log_kind kind, const char *name, uint32_t n)
{
    const struct replication *replication = &lab->experiment.replications[0];
    for (const struct log_entry *e = replication->log; e != NULL; e = e->next) {
        if (e->kind == kind && strcmp(e->metric, name) == 0 && n-- == 0) {
            return (double)e->at_ns / 1e9 - 300;
        }
    }
    return NAN;
}

static void at(const struct lab *lab, enum log_kind kind, const char *name, double expected)
{
    const double time = when(lab, kind, name, 0);
    if (!(fabs(time - expected) < 1e-6)) {
        fail_msg("%s: at %.9g, expected %.9g", name, time, expected);
    }
}

/* [F] A step at 630 s that makes the running period breach: the rest of it, 30 s, the delay of 90
 * s, and N - 1 more periods. One that does not: one period more. High resolution: 10 s each. */
static void reaction_is_rest_of_period_and_delay_and_periods(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("30m") "services:\n  app: {type: delay}\n"
                    "  watch:\n    type: cloudwatch\n    alarms:\n"
                    "      - {name: one, watch: app.calls, threshold: 200, delay: 90s}\n"
                    "      - {name: three, watch: app.calls, threshold: 200, delay: 90s, "
                    "evaluation_periods: 3}\n"
                    "      - {name: high, watch: app.calls, threshold: 400, delay: 90s, "
                    "evaluation_periods: 3}\n"
                    "      - {name: fast, watch: app.calls, threshold: 90, period: 10s, "
                    "evaluation_periods: 2, delay: 5s, comparison: at_least}\n"
                    "      - {name: logged, watch: app.calls, threshold: 200, delay: 90s, "
                    "from_logs: true}\n"
                    "    ingestion_delay: 20s\n"
                    "traffic:\n  t: {to: app, arrivals: constant, rate: [[0s, 1/s], [630s, 10/s], "
                    "[930s, 1/s]]}\n");
    at(lab, LOG_ALARM, "one", 630 + 30 + 90);
    at(lab, LOG_ALARM, "three", 630 + 30 + 90 + 2 * 60);
    at(lab, LOG_ALARM, "high", 630 + 30 + 60 + 90 + 2 * 60);
    at(lab, LOG_ALARM, "fast", 630 + 10 + 5 + 10);
    at(lab, LOG_ALARM, "logged", 630 + 30 + 90 + 20);
    /* back: the period that ends at 1020 s has 60 calls, the one before 330, beyond 200 */
    at(lab, LOG_ALARM_OVER, "one", 1020 + 90);
    at(lab, LOG_ALARM_OVER, "high", 960 + 90);
    lab_equal(lab, "services.watch.alarm_transitions", 5);
    lab_near(lab, "services.watch.alarms_in_alarm",
             ((1110 - 750) + (1110 - 870) + (1050 - 930) + (945 - 655) + (1130 - 770)) / 1800.0,
             1e-9);
    lab_close(lab);
}

/* [E] 2 of 3: breaches in the first and third minute of each three are enough; 3 of 3 never. */
static void m_of_n_datapoints(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20m") "services:\n  app: {type: delay}\n"
                    "  watch:\n    type: cloudwatch\n    alarms:\n"
                    "      - {name: two, watch: app.calls, threshold: 100, delay: 60s, "
                    "evaluation_periods: 3, datapoints_to_alarm: 2}\n"
                    "      - {name: all, watch: app.calls, threshold: 100, delay: 60s, "
                    "evaluation_periods: 3}\n"
                    "traffic:\n  t: {to: app, arrivals: constant, rate: [[0s, 1/s], [600s, 10/s], "
                    "[660s, 1/s], [720s, 10/s], [780s, 1/s]]}\n");
    at(lab, LOG_ALARM, "two", 780 + 60);      /* 10, 1, 10 */
    at(lab, LOG_ALARM_OVER, "two", 840 + 60); /* 1, 10, 1 */
    assert_true(isnan(when(lab, LOG_ALARM, "all", 0)));
    lab_close(lab);
}

/* [M] From 600 s on nothing is called, so that there is no datapoint: `breaching` goes off once
 * older ones no longer fill in (a range of N + 2 periods), `notBreaching` goes to OK, `ignore`
 * stays, `missing` becomes INSUFFICIENT_DATA. Before, 600 calls a minute breach 300. */
static void missing_data(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "20m") "services:\n  app: {type: delay}\n"
               "  watch:\n    type: cloudwatch\n    alarms:\n"
               "      - {name: none, watch: app.calls, threshold: 300, delay: 0s}\n"
               "      - {name: good, watch: app.calls, threshold: 300, delay: 0s, "
               "missing: notBreaching}\n"
               "      - {name: same, watch: app.calls, threshold: 300, delay: 0s, "
               "missing: ignore}\n"
               "      - {name: bad, watch: app.calls, threshold: 900, delay: 0s, "
               "missing: breaching}\n"
               "      - {name: still, watch: app.errors, threshold: 0, comparison: at_most, "
               "delay: 0s}\n"
               "traffic:\n  t: {to: app, arrivals: constant, rate: [[0s, 10/s], [600s, 0/s]]}\n");
    assert_true(when(lab, LOG_ALARM, "none", 0) < 0); /* in the warm-up */
    at(lab, LOG_ALARM_OVER, "none", 600 + 3 * 60);
    at(lab, LOG_ALARM_OVER, "good", 600 + 3 * 60);
    assert_true(isnan(when(lab, LOG_ALARM_OVER, "same", 0)));
    at(lab, LOG_ALARM, "bad", 600 + 3 * 60);
    at(lab, LOG_ALARM_OVER, "still", 600 + 3 * 60); /* no errors of no calls are no datapoint */
    lab_close(lab);
}

/* [A] One call when it goes to ALARM, one when it goes back to OK, however long it stays. */
static void actions_are_of_transitions(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "1h") "services:\n  app: {type: delay}\n  pager: {type: delay}\n  calm: {type: delay}\n"
              "  watch:\n    type: cloudwatch\n    alarms:\n"
              "      - {name: busy, watch: app.calls, threshold: 100, notify: pager, "
              "notify_ok: calm}\n"
              "traffic:\n  t: {to: app, arrivals: constant, rate: [[0s, 1/s], [600s, 10/s], "
              "[1200s, 1/s], [1800s, 10/s]]}\n");
    lab_equal(lab, "services.watch.alarm_transitions", 2);
    lab_equal(lab, "services.watch.notifications", 3);
    lab_equal(lab, "services.pager.arrivals", 2 / 3600.0);
    lab_equal(lab, "services.calm.arrivals", 1 / 3600.0);
    /* delays of 60 to 120 s */
    const double first = when(lab, LOG_ALARM, "busy", 0);
    assert_true(first >= 660 + 60 && first <= 660 + 120);
    lab_close(lab);
}

/* The Sum of throttles is their number, the Average their share of the calls; latencies are in
 * seconds; `per` divides. 4 calls a second of 50 ms, of which one a second passes the gate. */
static void statistics(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        double value, off; /* a token more or less falls into the minute */
    } cases[] = {
        {"watch: gate.throttled, threshold: 0", 180, 1},
        {"watch: gate.throttled, statistic: average, threshold: 0", 0.75, 1 / 240.0},
        {"watch: gate.errors, per: app.calls, threshold: 0", 0.75, 1 / 240.0},
        {"watch: app.latency, threshold: 0", 0.05, 1e-9},
        {"watch: app.in_flight, threshold: 0", 0.2, 0.05 / 60},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("10m") "services:\n  gate: {type: rate_limiter, rate: 1/s, burst: 1}\n"
                                "  app: {type: delay, work: 50ms, calls: [{async: gate}]}\n"
                                "  watch: {type: cloudwatch, alarms: [{name: x, %s}]}\n"
                                "traffic:\n  t: {to: app, arrivals: constant, rate: 4/s}\n",
                    cases[i].rule);
        const struct log_entry *entry = lab->experiment.replications[0].log;
        while (entry != NULL && entry->kind != LOG_ALARM) {
            entry = entry->next;
        }
        assert_non_null(entry);
        if (!(fabs(entry->value - cases[i].value) <= cases[i].off * (1 + 1e-9))) {
            fail_msg("%s: %.9g, expected %.9g", cases[i].rule, entry->value, cases[i].value);
        }
        lab_close(lab);
    }
}

/* An alarm runs a command: the machine that does what an on-call engineer would. The gate is too
 * slow from 600 s on; the alarm of 750 s calls the script, which calls the function. */
static void alarms_run_commands(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "20m") "services:\n  app: {type: delay}\n  fn: {type: delay}\n"
               "  ops: {type: aws_cli, startup: 1s, latency: 0s, commands: "
               "[{name: rescue, call: fn}]}\n"
               "  watch: {type: cloudwatch, alarms: [{name: busy, watch: app.calls, "
               "threshold: 100, delay: 90s, notify: ops.rescue}]}\n"
               "traffic:\n  t: {to: app, arrivals: constant, rate: [[0s, 1/s], [600s, 10/s]]}\n");
    at(lab, LOG_COMMAND, "rescue", 600 + 60 + 90 + 1);
    lab_equal(lab, "services.ops.succeeded_commands", 1);
    lab_equal(lab, "services.fn.arrivals", 1 / 1200.0);
    lab_close(lab);
}

/* [P] 26 bytes for each event beside its text. Nobody waits for logs. */
static void log_events_are_counted(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10m") "services:\n  app: {type: delay, work: 2ms, logs: watch}\n"
                    "  watch: {type: cloudwatch, log_bytes_per_request: 2 KiB, log_events: 4, "
                    "log_batch: 1}\n"
                    "  lazy: {type: cloudwatch}\n  other: {type: delay, logs: lazy}\n"
                    "traffic:\n  t: {to: app, arrivals: constant, rate: 10/s}\n"
                    "  u: {to: other, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.watch.incoming_log_events", 4 * 6000);
    lab_equal(lab, "services.watch.incoming_bytes", 6000 * (2048 + 4 * 26.0));
    lab_equal(lab, "services.watch.put_log_events_calls", 6000);
    lab_equal(lab, "services.lazy.put_log_events_calls", 60);
    lab_near(lab, "services.lazy.incoming_bytes", 6000 * 526.0, 100 * 526.0);
    lab_equal(lab, "services.app.latency.max", 0.002);
    lab_close(lab);
}

/* [F] The quota of the region, in batches of one: of 6000 at once 5000 pass in us-east-1, 1500 in
 * sa-east-1; in batches of 100 all do. Who logs does not notice. */
static void log_calls_have_a_quota_by_region(void **state)
{
    (void)state;
    static const struct {
        const char *region;
        double logs, writes;
    } regions[] = {{"us-east-1", 5000, 500}, {"sa-east-1", 1500, 150}};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD("10m") "region: %s\nservices:\n"
                                "  app: {type: delay, logs: watch}\n"
                                "  watch: {type: cloudwatch, log_batch: 1, latency: 20ms}\n"
                                "traffic:\n  t: {to: app, arrivals: constant, batch: 6000, "
                                "rate: [[0s, 0/s], [10s, 1/s], [11s, 0/s]]}\n"
                                "  u: {to: watch.put_metric_data, arrivals: constant, batch: 600, "
                                "rate: [[0s, 0/s], [10s, 1/s], [11s, 0/s]]}\n",
                    regions[i].region);
        lab_equal(lab, "services.watch.incoming_log_events", regions[i].logs);
        lab_equal(lab, "services.watch.lost_log_events", 6000 - regions[i].logs);
        lab_equal(lab, "services.watch.throttled_requests",
                  6600 - regions[i].logs - regions[i].writes);
        lab_equal(lab, "traffic.u.errors.throttled", 1 - regions[i].writes / 600);
        lab_equal(lab, "traffic.u.latency.max", 0.02);
        lab_equal(lab, "traffic.t.availability", 1);
        lab_close(lab);
    }
}

/* [F] 2,500 metrics each minute are 3 calls of at most 1,000; 4 dashboards of 20 metrics each. */
static void agents_and_dashboards_call_on_their_own(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("1h") "services:\n  app: {type: delay}\n"
                           "  watch: {type: cloudwatch, custom_metrics: {count: 2500}, "
                           "dashboards: {count: 4, refresh: 30s}}\n"
                           "traffic:\n  t: {to: app, arrivals: constant, rate: 1/s}\n"
                           "  u: {to: watch.get_metric_data, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.watch.put_metric_data_calls", 3 * 60);
    lab_equal(lab, "services.watch.metrics_requested", 4 * 20 * 120 + 3600);
    lab_equal(lab, "services.watch.call_count", 3 * 60 + 4 * 120 + 3600);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reaction_is_rest_of_period_and_delay_and_periods),
        cmocka_unit_test(m_of_n_datapoints),
        cmocka_unit_test(missing_data),
        cmocka_unit_test(actions_are_of_transitions),
        cmocka_unit_test(statistics),
        cmocka_unit_test(alarms_run_commands),
        cmocka_unit_test(log_events_are_counted),
        cmocka_unit_test(log_calls_have_a_quota_by_region),
        cmocka_unit_test(agents_and_dashboards_call_on_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
