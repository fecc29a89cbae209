/* Known independently: the worked example; tables of AWS for gp2's bucket (EC2 User Guide,
 * general-purpose.md: burst duration and refill time); the fluid limit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/blocks/pace.h"

#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)

static struct pace_span pass(struct pace *pace, int64_t now_ns, double amount, double last)
{
    struct pace_span span = {now_ns, now_ns};
    pace_pass(pace, now_ns, amount, last, &span);
    return span;
}

static void pieces_go_at_the_rate(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, &(struct pace_terms){3000, 3000, 0, 1, 0});
    struct pace_span span = pass(&pace, 0, 4, 1);
    assert_int_equal(span.first_ns, 0);
    assert_int_equal(span.last_ns, MS);
    span = pass(&pace, 0, 4, 1);
    assert_int_equal(span.first_ns, 1333334);
    assert_int_equal(span.last_ns, 2333334);
    span = pass(&pace, SECOND, 1, 1); /* idle: it goes at once */
    assert_int_equal(span.first_ns, SECOND);
    assert_int_equal(span.last_ns, SECOND);
    assert_true(pace_balance(&pace, SECOND) == 0);
    assert_true(pace_permitted(&pace, SECOND) == 3000);
}

/* The later of two limits counts. */
static void of_several_limits_the_latest(void **state)
{
    (void)state;
    struct pace slow, fast;
    pace_init(&slow, &(struct pace_terms){100, 100, 0, 1, 0});
    pace_init(&fast, &(struct pace_terms){1000, 1000, 0, 1, 0});
    struct pace_span span = {0, 0};
    for (int i = 0; i < 2; i++) {
        span = (struct pace_span){0, 0};
        pace_pass(&slow, 0, 1, 1, &span);
        pace_pass(&fast, 0, 1, 1, &span);
    }
    assert_int_equal(span.first_ns, 10 * MS);
}

/* At that rate of single operations, for so long: what is left of the credits. */
static double left_after(struct pace *pace, double rate_per_s, double length_s)
{
    int64_t now_ns = 0;
    for (double i = 0; i < rate_per_s * length_s; i++) {
        now_ns = (int64_t)(i / rate_per_s * (double)SECOND);
        pass(pace, now_ns, 1, 1);
    }
    return pace_balance(pace, now_ns);
}

/* "Burst duration at 3,000 IOPS" and "time to refill" of 100, 334 and 750 GiB. */
static void gp2_table(void **state)
{
    (void)state;
    static const double rows[][3] = {
        {100, 1862, 54000}, {300, 2000, 18000}, {1002, 2703, 5389}, {2250, 7200, 2400}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pace pace;
        pace_init(&pace, &(struct pace_terms){rows[i][0], 3000, 5.4e6, 1, 0});
        assert_true(left_after(&pace, 3000, rows[i][1] - 1) > 0);
        const int64_t dry_ns = (int64_t)(rows[i][1] + 2) * SECOND;
        struct pace_span span = pass(&pace, dry_ns - 3 * SECOND, 9003, 1); /* 3 s at the burst */
        assert_true(span.last_ns > dry_ns);
        assert_true(pace_balance(&pace, span.last_ns) < 1);
        const int64_t full_ns = span.last_ns + (int64_t)rows[i][2] * SECOND;
        assert_true(pace_balance(&pace, full_ns - 2 * SECOND) < 5.4e6);
        assert_true(fabs(pace_balance(&pace, full_ns + 2 * SECOND) - 5.4e6) < 1e-3);
    }
}

/* Time to empty: credits / (rate - baseline); halfway half is left, and while a backlog stands the
 * balance is that of now, not of its end. */
static void fluid_limit(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, &(struct pace_terms){300, 3000, 1e5, 0.5, 0});
    assert_true(fabs(pace_balance(&pace, 0) - 5e4) < 1e-6);
    assert_true(fabs(left_after(&pace, 1300, 25) - 2.5e4) < 2);
    pace_init(&pace, &(struct pace_terms){300, 3000, 27e3, 1, 0});
    pass(&pace, 0, 60000, 1); /* 10 s at 3,000, then 100 s at 300 */
    assert_true(fabs(pace_balance(&pace, 4 * SECOND) - 27e3 * 0.6) < 1e-3);
    assert_true(pace_permitted(&pace, 4 * SECOND) == 3000);
    assert_true(pace_permitted(&pace, 11 * SECOND) == 300);
    assert_true(pace_balance(&pace, 60 * SECOND) < 1e-3);
    assert_true(fabs(pace_balance(&pace, 120 * SECOND) - 300 * 10) < 1);
}

/* Credits may come more slowly than the baseline passes (EFS below 20 GiB: 1 MiB/s pass, 0.5 are
 * earned): a burst takes burst - earned, and a dry one refills in credits / earned. */
static void credits_come_more_slowly(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, &(struct pace_terms){1000, 3000, 25000, 1, 500});
    pass(&pace, 0, 15000, 1);
    assert_true(fabs(pace_balance(&pace, 5 * SECOND) - 12500) < 1e-3);
    pass(&pace, 5 * SECOND, 16000, 1); /* 5 s at 3,000, 1 s at 1,000 */
    assert_true(fabs(pace_balance(&pace, 11 * SECOND)) < 1e-3);
    assert_true(fabs(pace_balance(&pace, 21 * SECOND) - 5000) < 1e-3);
    const struct pace_span span = pass(&pace, 21 * SECOND, 9000, 0); /* 2 s at 3,000, then 3 s */
    assert_int_equal(span.last_ns, 26 * SECOND);
}

/* Filled anew while idle, and while a backlog stands that goes on to spend. */
static void filled_anew(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, &(struct pace_terms){300, 3000, 27e3, 1, 0});
    pass(&pace, 0, 30000, 1);
    pace_fill(&pace, 20 * SECOND, 0.25);
    assert_true(fabs(pace_balance(&pace, 20 * SECOND) - 6750) < 1e-3);
    assert_true(fabs(pace_balance(&pace, 21 * SECOND) - 7050) < 1e-3);
    pass(&pace, 30 * SECOND, 6000, 1); /* 2 s at 3,000 */
    pace_fill(&pace, 31 * SECOND, 1);
    assert_true(fabs(pace_balance(&pace, 31 * SECOND) - 27e3) < 1e-3);
    assert_true(fabs(pace_balance(&pace, 32 * SECOND) - (27e3 - 2700)) < 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_go_at_the_rate),
        cmocka_unit_test(of_several_limits_the_latest),
        cmocka_unit_test(gp2_table),
        cmocka_unit_test(fluid_limit),
        cmocka_unit_test(credits_come_more_slowly),
        cmocka_unit_test(filled_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
