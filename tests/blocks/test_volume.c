/* Known independently: small cases by hand; gp2's credits (EC2 User Guide, EBS volume types: 100
 * GiB burst to 3,000 I/Os a second for 2,000 s and are full again after 18,000 s); the mean wait of
 * M/D/1, rho / (2 (1 - rho)) of a service (Pollaczek and Khinchine); the fluid growth of a lag. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/blocks/replay.h"
#include "sim/blocks/volume.h"
#include "sim/kernel/random.h"

#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)

static const struct volume_rules plain = {.limits = {[VOLUME_IOPS] = {1000, 1000, 0, 1, 0}}};

/* The worked example of the header. */
static void one_by_one_and_together(void **state)
{
    (void)state;
    struct volume volume;
    volume_init(&volume, &plain);
    struct volume_io io = {.count = 1, .latency_ns = MS};
    assert_int_equal(volume_submit(&volume, 0, &io), MS);
    io.count = 3;
    assert_int_equal(volume_submit(&volume, SECOND, &io), 3 * MS);
    io.together = true;
    io.write = true;
    assert_int_equal(volume_submit(&volume, 2 * SECOND, &io), 3 * MS);
    assert_true(volume.reads == 4 && volume.writes == 3);
    assert_true(fabs(volume.outstanding_ns - (1 + 3 + 1 + 2 + 3) * (double)MS) < 1);
    io.count = 1; /* behind those that were admitted until 3 ms */
    assert_int_equal(volume_submit(&volume, 2 * SECOND, &io), 4 * MS);
    assert_true(volume_balance(&volume, VOLUME_IOPS, 2 * SECOND) == 1); /* it has none to lose */
}

/* The narrowest of the limits holds: 1 MB/s beside 1,000 I/Os of 10,000 bytes. */
static void each_limit_holds(void **state)
{
    (void)state;
    for (uint32_t limit = VOLUME_BYTES; limit <= VOLUME_LINK_BYTES; limit++) {
        struct volume_rules rules = plain;
        const bool bytes = limit != VOLUME_LINK_IOPS;
        rules.limits[limit] =
            bytes ? (struct pace_terms){1e6, 1e6, 0, 1, 0} : (struct pace_terms){100, 100, 0, 1, 0};
        struct volume volume;
        volume_init(&volume, &rules);
        const struct volume_io io = {.count = 101, .bytes = 10000, .together = true};
        assert_int_equal(volume_submit(&volume, 0, &io), SECOND);
        assert_true(volume_sustained(&rules) == (bytes ? 1000 : 100));
    }
}

static void gp2_credits(void **state)
{
    (void)state;
    const struct volume_rules rules = {.limits = {[VOLUME_IOPS] = {300, 3000, 5400000, 1, 0}}};
    struct volume volume;
    volume_init(&volume, &rules);
    const struct volume_io second = {.count = 3000, .together = true};
    int seconds = 0; /* of 3,000 I/Os, done within it */
    while (volume_submit(&volume, seconds * SECOND, &second) <= SECOND) {
        seconds++;
        const double left = volume_balance(&volume, VOLUME_IOPS, seconds * SECOND);
        assert_true(fabs(left - (1 - seconds / 2000.0)) < 1e-9);
    }
    assert_int_equal(seconds, 2000);
    const int64_t over_ns = 2010 * SECOND; /* the last 3,000 took ten seconds */
    assert_true(volume_balance(&volume, VOLUME_IOPS, over_ns) < 1e-9);
    assert_true(fabs(volume_balance(&volume, VOLUME_IOPS, over_ns + 9000 * SECOND) - 0.5) < 1e-9);
    assert_true(volume_balance(&volume, VOLUME_IOPS, over_ns + 18000 * SECOND) > 1 - 1e-9);
    assert_true(volume_balance(&volume, VOLUME_IOPS, over_ns + 50000 * SECOND) == 1);
}

/* 4,000 batches of 100: a tenth of the mean is about six standard errors of their means. */
static void waits_as_in_m_d_1(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 3, 0, "volume", "theory");
    struct volume volume;
    volume_init(&volume, &plain);
    const double rho = 0.8, count = 400000;
    const struct volume_io io = {.count = 1};
    double now_ns = 0, wait_ns = 0;
    for (int i = 0; i < (int)count; i++) {
        now_ns -= log1p(-random_uniform(&random)) * (double)MS / rho;
        wait_ns += (double)volume_submit(&volume, (int64_t)now_ns, &io);
    }
    const double expected_ns = rho / (2 * (1 - rho)) * (double)MS;
    assert_true(fabs(wait_ns / count - expected_ns) < 0.05 * expected_ns);
    assert_true(fabs(volume.outstanding_ns - wait_ns) < count);
}

/* The worked example of replay.h; and 600 writes a second of 2 ms each leave 0.2 s a second. */
static void a_lag_is_a_queue(void **state)
{
    (void)state;
    struct replay replay = {0};
    assert_int_equal(replay_write(&replay, 0, MS, 2 * MS), 3 * MS);
    assert_int_equal(replay_write(&replay, MS, MS, 2 * MS), 4 * MS);
    assert_int_equal(replay_left_ns(&replay, 2 * MS), 3 * MS);
    assert_int_equal(replay_left_ns(&replay, 9 * MS), 0);
    replay = (struct replay){0};
    int64_t lag_ns = 0;
    for (int i = 0; i < 6000; i++) {
        lag_ns = replay_write(&replay, i * SECOND / 600, MS, 2 * MS);
    }
    assert_true(llabs(lag_ns - 2 * SECOND) < 4 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_by_one_and_together),
        cmocka_unit_test(each_limit_holds),
        cmocka_unit_test(gp2_credits),
        cmocka_unit_test(waits_as_in_m_d_1),
        cmocka_unit_test(a_lag_is_a_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
