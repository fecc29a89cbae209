/* CloudTrail's documented rules. Sources: [D] CloudTrail user guide, "Find your log files":
 * "typically delivers logs within an average of about 5 minutes of an API call"; [L] "Log file
 * delivery": about every five minutes; [E] "Logging data events": selectors; [P] pricing: the first
 * copy of management events is free; [F] facts, cloudtrail: not on the request path. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define HEAD "archsim: 1\nname: test\nduration: 1h\nwarmup: 5m\nreplications: 2\nseed: 5\n"

/* [F] Nobody waits for it: a request is as fast as without. */
static void events_are_not_on_the_path(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "services:\n  trail: {type: cloudtrail}\n"
                                   "  app: {type: delay, work: 2ms, audit: trail}\n"
                                   "traffic:\n  t: {to: app, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.latency.max", 0.002);
    lab_equal(lab, "services.trail.data_events", 36000);
    lab_equal(lab, "services.trail.management_events", 0);
    lab_equal(lab, "services.trail.event_bytes", 36000 * 1500.0);
    lab_equal(lab, "services.trail.log_file_bytes", 36000 * 150.0);
    lab_close(lab);
}

/* [D] Five minutes on average: half an interval in the open file, and 150 s. Evenly over it. */
static void delivery_takes_five_minutes_on_average(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "services:\n  trail: {type: cloudtrail}\n"
                                   "  app: {type: delay, audit: trail}\n"
                                   "traffic:\n  t: {to: app, arrivals: constant, rate: 10/s}\n");
    lab_near(lab, "services.trail.delivery_delay.mean", 300, 0.1);
    lab_near(lab, "services.trail.delivery_delay.max", 450, 0.11);
    lab_near(lab, "services.trail.delivery_delay.p50", 300, 3); /* as its histogram resolves */
    lab_close(lab);
}

/* [L] A file each five minutes, in one call however many events it holds; none when there was
 * nothing. Each trail has its own. */
static void log_files_are_delivered_by_the_interval(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "services:\n  trail: {type: cloudtrail, trails: 2, deliver_to: store}\n"
             "  still: {type: cloudtrail, deliver_to: shelf}\n"
             "  store: {type: delay}\n  shelf: {type: delay}\n"
             "  app: {type: delay, audit: trail}\n  quiet: {type: delay, audit: still}\n"
             "traffic:\n  t: {to: app, arrivals: constant, rate: 10/s}\n"
             "  q: {to: quiet, arrivals: constant, rate: [[0s, 0/s], [30m, 1/s], [31m, 0/s]]}\n");
    lab_equal(lab, "services.trail.log_files", 2 * 12);
    lab_equal(lab, "services.store.arrivals", 2 * 12 / 3600.0);
    lab_equal(lab, "services.still.log_files", 1);
    lab_equal(lab, "services.shelf.arrivals", 1 / 3600.0);
    lab_close(lab);
}

/* [E] Selectors let a share of the data events through, and all management events. [P] Copies of
 * these are for further trails. */
static void selectors_hold_back_data_events_only(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "services:\n  trail: {type: cloudtrail, data_events: 30%%, trails: 3, event: 2 KiB}\n"
             "  app: {type: delay, audit: trail}\n"
             "  ops: {type: delay, audit: trail.record_management}\n"
             "traffic:\n  t: {to: app, arrivals: constant, rate: 100/s}\n"
             "  u: {to: ops, arrivals: constant, rate: 1/s}\n");
    /* six standard errors of a binomial count, over the mean of two */
    lab_near(lab, "services.trail.data_events", 360000 * 0.3, 6 * sqrt(360000 * 0.3 * 0.7 / 2));
    lab_equal(lab, "services.trail.management_events", 3600);
    lab_equal(lab, "services.trail.management_event_copies", 7200);
    lab_equal(lab, "services.trail.filtered_events",
              360000 - lab_value(lab, "services.trail.data_events"));
    lab_equal(lab, "services.trail.event_bytes",
              2048 * (3600 + lab_value(lab, "services.trail.data_events")));
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_not_on_the_path),
        cmocka_unit_test(delivery_takes_five_minutes_on_average),
        cmocka_unit_test(log_files_are_delivered_by_the_interval),
        cmocka_unit_test(selectors_hold_back_data_events_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
