/* EBS's documented rules. Sources: [G] EC2 user guide, general-purpose.md; [P] provisioned-iops.md;
 * [H] hdd-vols.md; [I] ebs-io-characteristics.md (all 2023-06); [F] facts, ebs. What the volume
 * may do is seen with batches: of n requests that come at once the last goes after (n - 1) / rate.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "models/ebs_volume.h"
#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "replications: 2\nseed: 5\n"

static void near(const struct lab *lab, const char *path, double expected, double off)
{
    const double value = lab_value(lab, path);
    if (!(fabs(value - expected) <= off)) {
        fail_msg("%s: %.9g, expected %.9g", path, value, expected);
    }
}

/* How fast requests of that size pass, of a batch that comes within 1 ms: the last begins when
 * all others have passed. */
static double passed_per_s(const char *volume, const char *size, const char *operation, int count)
{
    struct lab *lab = lab_run(HEAD("100s") "services:\n"
                                           "  v: {type: ebs, zone: a, %s, latency: {ssd: 0s, hdd: "
                                           "0s}}\n"
                                           "traffic:\n  t: {to: v.%s, size: %s, timeout: 1h, "
                                           "arrivals: constant, batch: %d, "
                                           "rate: [[0s, 1k/s], [1ms, 0/s]]}\n",
                              volume, operation, size, count);
    const double last_s = lab_value(lab, "services.v.latency.max");
    lab_close(lab);
    return (count - 1) / last_s;
}

/* [G] 3,000 and 125 MiB/s are included; more is provisioned. [I] 256 KiB count as one. */
static void gp3_passes_what_is_provisioned(void **state)
{
    (void)state;
    assert_true(fabs(passed_per_s("size: 1 GiB", "4 KiB", "read", 1501) - 3000) < 0.1);
    assert_true(fabs(passed_per_s("size: 100 GiB, iops: 16000/s", "4 KiB", "write", 1501) - 16000) <
                2);
    assert_true(fabs(passed_per_s("size: 1 GiB", "256 KiB", "read", 101) - 500) < 0.1);
    assert_true(fabs(passed_per_s("size: 100 GiB, iops: 8000/s, throughput: 2000MiB/s", "256 KiB",
                                  "read", 101) -
                     8000) < 2);
}

/* [I] A request of 1 MiB is split in four operations; small ones that follow each other are merged:
 * 16 of 16 KiB count as one. */
static void requests_are_split_and_merged(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s") "services:\n  v: {type: ebs, zone: a, size: 100 GiB, latency: {ssd: 1ms}}\n"
                    "  m: {type: ebs, zone: a, size: 100 GiB, sequential: true}\n"
                    "traffic:\n  t: {to: v.write, size: 1 MiB, arrivals: constant, rate: 10/s}\n"
                    "  u: {to: m.read, size: 16 KiB, arrivals: constant, rate: 160/s}\n");
    near(lab, "services.v.volume_write_ops", 400, 4);
    near(lab, "services.v.volume_write_bytes", 100 * 1048576.0, 1048576);
    lab_equal(lab, "services.v.volume_read_ops", 0);
    /* the last of its pieces goes after 768 KiB at 125 MiB/s */
    lab_equal(lab, "services.v.latency.max", 0.001 + 0.006);
    near(lab, "services.m.volume_read_ops", 100, 1);
    near(lab, "services.m.volume_consumed_read_write_ops", 100, 1);
    lab_close(lab);
}

/* Below the limit it is M/D/1: with rho = 0.8 of 3,000/s the mean wait is rho / (2 mu (1 - rho)).
 */
static void queue_of_small_requests_is_md1(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nname: test\nduration: {100s}\nwarmup: 2s\n"
                              "replications: 12\nseed: 5\nservices:\n"
                              "  v: {type: ebs, zone: a, size: 100 GiB, latency: {ssd: 1ms}}\n"
                              "traffic:\n  t: {to: v.read, size: 4 KiB, rate: 2400/s}\n");
    const double wait_s = 0.8 / (2 * 3000 * 0.2);
    lab_expect(lab, "services.v.wait.mean", wait_s, 0.05);
    lab_expect(lab, "services.v.latency.mean", 0.001 + wait_s, 0.05);
    lab_expect(lab, "services.v.volume_queue_length", 2400 * (0.001 + wait_s), 0.05);
    lab_close(lab);
}

/* [G] Credits go at the demand above the baseline: 540,000 at 1,000/s last for 540 s; then 300/s
 * pass, and in the last 60 s a queue grows to 60,000, 3,000 in the mean. */
static void gp2_runs_out_of_credits(void **state)
{
    (void)state;
    static const char scenario[] =
        "archsim: 1\nname: test\nduration: %s\nreplications: 1\nservices:\n"
        "  v: {type: ebs, zone: a, volume: gp2, size: 100 GiB, credits: 10%%, latency: {ssd: "
        "0s}}\n"
        "traffic:\n  t: {to: v.read, rate: 1300/s, arrivals: constant, timeout: 1h}\n";
    struct lab *lab = lab_run(scenario, "270s");
    near(lab, "services.v.burst_balance", 0.05, 1e-5);
    lab_equal(lab, "services.v.latency.max", 0);
    lab_close(lab);
    lab = lab_run(scenario, "600s");
    near(lab, "services.v.burst_balance", 0, 1e-5);
    near(lab, "services.v.queue.max", 60000, 10);
    near(lab, "services.v.queue.mean", 3000, 2);
    near(lab, "services.v.latency.max", 200, 0.05);
    lab_close(lab);
}

/* [G] 3 a GiB, 100 at least, 16,000 at most; bursts of 3,000; 128 MiB/s to 170 GiB, then 250. */
static void gp2_depends_on_its_size(void **state)
{
    (void)state;
    static const struct {
        const char *volume, *size;
        int count;
        double passed;
    } cases[] = {
        {"volume: gp2, size: 8 GiB", "4 KiB", 1501, 3000},
        {"volume: gp2, size: 2000 GiB", "4 KiB", 1501, 6000},
        {"volume: gp2, size: 8 TiB", "4 KiB", 1601, 16000},
        {"volume: gp2, size: 170 GiB", "256 KiB", 65, 512},
        {"volume: gp2, size: 171 GiB", "256 KiB", 101, 1000},
        {"volume: gp2, size: 2000 GiB, credits: 0%", "4 KiB", 1501, 6000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double passed = passed_per_s(cases[i].volume, cases[i].size, "read", cases[i].count);
        assert_true(fabs(passed - cases[i].passed) < 2);
    }
    assert_true(fabs(passed_per_s("volume: gp2, size: 8 GiB, credits: 0%", "4 KiB", "read", 1001) -
                     100) < 0.1);
    assert_true(
        fabs(passed_per_s("volume: gp2, size: 500 GiB, credits: 0%", "4 KiB", "read", 6001) -
             1500) < 1);
}

/* [P] io1: 256 KiB an operation to 500 MiB/s up to 32,000; 16 KiB an operation above: 750 MiB/s of
 * 48,000. io2: 0.256 MiB/s an operation. */
static void provisioned_throughput_follows_iops(void **state)
{
    (void)state;
    static const struct {
        const char *volume;
        double mib;
    } cases[] = {{"volume: io1, size: 1 TiB, iops: 1000/s", 250},
                 {"volume: io1, size: 1 TiB, iops: 32000/s", 500},
                 {"volume: io1, size: 1 TiB, iops: 48000/s", 750},
                 {"volume: io1, size: 2 TiB, iops: 64000/s", 1000}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double passed = passed_per_s(cases[i].volume, "256 KiB", "write", 41);
        assert_true(fabs(passed / 4 - cases[i].mib) < 0.1);
    }
    const struct ebs_volume io2 = {EBS_IO2, INT64_C(1) << 40, 10000, NAN};
    assert_true(ebs_throughput(&io2).baseline_per_s == 2560 * EBS_MIB);
    const struct ebs_volume most = {EBS_IO2, INT64_C(1) << 40, 256000, NAN};
    assert_true(ebs_throughput(&most).baseline_per_s == 4000 * EBS_MIB);
}

/* CloudWatch, VolumeThroughputPercentage: of what is provisioned; BurstBalance: of gp2, st1, sc1.
 * [F] io2: sub-millisecond. */
static void provisioned_volume_says_what_it_delivers(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s") "services:\n  v: {type: ebs, zone: a, volume: io2, size: 10 GiB, iops: 400/s}\n"
                    "traffic:\n  t: {to: v.read, arrivals: constant, rate: 100/s}\n");
    near(lab, "services.v.volume_throughput_percentage", 0.25, 0.001);
    assert_true(isnan(lab_value(lab, "services.v.burst_balance")));
    assert_true(lab_value(lab, "services.v.latency.p95") < 0.001);
    lab_close(lab);
}

/* [H] st1: 40 MiB/s a TiB, bursts 250, 500 at most; sc1: 12, 80, 250, 192 without credits. */
static void disks_burst_in_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *volume;
        double baseline;
    } cases[] = {{"volume: st1, size: 1 TiB, credits: 0%", 40},
                 {"volume: st1, size: 16 TiB, credits: 0%", 500},
                 {"volume: sc1, size: 2 TiB, credits: 0%", 24},
                 {"volume: sc1, size: 16 TiB, credits: 0%", 192}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(fabs(passed_per_s(cases[i].volume, "1 MiB", "read", 2001) - cases[i].baseline) <
                    0.1);
    }
    assert_true(fabs(passed_per_s("volume: st1, size: 1 TiB", "1 MiB", "read", 101) - 250) < 0.01);
    assert_true(fabs(passed_per_s("volume: st1, size: 4 TiB", "1 MiB", "read", 101) - 500) < 0.01);
    assert_true(fabs(passed_per_s("volume: sc1, size: 8 TiB", "1 MiB", "read", 101) - 250) < 0.01);
}

/* [H] "An I/O request of 1 MiB or less counts as a 1 MiB I/O credit", unless they are sequential.
 * Scan of a full volume of 1 TiB: 1 TiB / 250 MiB/s = 1.17 h. */
static void small_requests_of_disks_count_whole(void **state)
{
    (void)state;
    assert_true(fabs(passed_per_s("volume: st1, size: 1 TiB", "16 KiB", "read", 101) - 250) < 0.01);
    assert_true(
        fabs(passed_per_s("volume: st1, size: 1 TiB, sequential: true", "16 KiB", "read", 6401) -
             16000) < 1);
    const struct ebs_volume volume = {EBS_ST1, INT64_C(1) << 40, NAN, NAN};
    const struct pace_terms terms = ebs_throughput(&volume);
    assert_true(terms.credits / (terms.burst_per_s - terms.baseline_per_s) * terms.burst_per_s >=
                (double)volume.size_bytes);
    assert_true(fabs((double)volume.size_bytes / terms.burst_per_s / 3600 - 1.17) < 0.01);
}

/* What lives on credits is never stationary: no end of a warm-up is looked for; and what warms up
 * spends none of what is there at time 0. */
static void credits_are_not_stationary(void **state)
{
    (void)state;
    static const struct {
        const char *volume;
        bool stationary;
    } cases[] = {{"gp3", true}, {"gp2", false}, {"st1", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run("archsim: 1\nname: test\nduration: 10s\nreplications: 1\n"
                                  "services:\n  v: {type: ebs, zone: a, volume: %s, size: 200 "
                                  "GiB}\ntraffic:\n  t: {to: v.read, rate: 10/s}\n",
                                  cases[i].volume);
        assert_true(lab->scenario->stationary == cases[i].stationary);
        lab_close(lab);
    }
}

/* Conservation: every request is answered or has given up; who gave up leaves the line. */
static void who_gives_up_leaves_the_line(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("20s") "services:\n  v: {type: ebs, zone: a, volume: io1, size: 4 GiB, iops: 100/s, "
                    "latency: {ssd: 1ms}}\ntraffic:\n"
                    "  t: {to: v.write, rate: 150/s, timeout: 500ms, cancel: true}\n");
    const double ok = lab_value(lab, "traffic.t.availability");
    const double late = lab_value(lab, "traffic.t.errors.timeout");
    assert_true(fabs(ok + late - 1) < 1e-9);
    assert_true(late > 0.1 && ok > 0.02);
    assert_true(lab_value(lab, "services.v.queue.max") < 150);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gp3_passes_what_is_provisioned),
        cmocka_unit_test(requests_are_split_and_merged),
        cmocka_unit_test(queue_of_small_requests_is_md1),
        cmocka_unit_test(gp2_runs_out_of_credits),
        cmocka_unit_test(gp2_depends_on_its_size),
        cmocka_unit_test(provisioned_throughput_follows_iops),
        cmocka_unit_test(provisioned_volume_says_what_it_delivers),
        cmocka_unit_test(disks_burst_in_bytes),
        cmocka_unit_test(small_requests_of_disks_count_whole),
        cmocka_unit_test(credits_are_not_stationary),
        cmocka_unit_test(who_gives_up_leaves_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
