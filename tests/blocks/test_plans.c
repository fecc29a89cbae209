/* Known independently: a quota lets floor(t / period) + 1 times its requests pass under enough
 * load; a key's throttle burst + rate * t; shares are those of the draw. */
#include "sim/blocks/plans.h"

#include "tests/blocks/estimate.h"

#define SECOND_NS INT64_C(1000000000)

static struct plans plans_of(struct arena *arena, const struct plans_rules *rules, uint32_t count,
                             int64_t origin_ns, uint32_t replication)
{
    struct random random;
    struct plans plans;
    random_seed(&random, 3, replication, "test", "plans");
    arena_init(arena);
    plans_init(&plans, arena, rules, count, origin_ns, &random);
    return plans;
}

/* As the header says; the origin is at 100 s, and what was before it is a period too. */
static void test_quota(void **state)
{
    (void)state;
    const struct plans_rules rules = {
        .share_ratio = 1, .keys_count = 1, .throttle = {NAN, 0}, .quota = {2, 60 * SECOND_NS}};
    struct arena arena;
    struct plans plans = plans_of(&arena, &rules, 1, 100 * SECOND_NS, 0);
    static const struct {
        int64_t at_s;
        enum plans_answer answer;
    } asks[] = {
        {99, PLANS_PASS},  {99, PLANS_PASS},        {99, PLANS_OVER_QUOTA},  {100, PLANS_PASS},
        {110, PLANS_PASS}, {110, PLANS_OVER_QUOTA}, {159, PLANS_OVER_QUOTA}, {160, PLANS_PASS},
        {161, PLANS_PASS}, {162, PLANS_OVER_QUOTA},
    };
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        assert_int_equal(plans_ask(&plans, asks[i].at_s * SECOND_NS), asks[i].answer);
    }
    assert_true(isinf(plans_rate_per_s(&plans)));
    arena_done(&arena);
}

/* Each key has a bucket of its own: 4 keys of 10/s with a burst of 5, asked 100,000 times in 10 s,
 * let 4 (5 + 100) pass, but for the last fractions of a token. */
static void test_throttle_of_each_key(void **state)
{
    (void)state;
    const struct plans_rules rules = {
        .share_ratio = 1, .keys_count = 4, .throttle = {10, 5}, .quota = {-1, 0}};
    struct arena arena;
    struct plans plans = plans_of(&arena, &rules, 1, 0, 0);
    int passed = 0;
    for (int64_t i = 0; i < 100000; i++) {
        passed += plans_ask(&plans, i * SECOND_NS / 10000) == PLANS_PASS;
    }
    assert_in_range(passed, 4 * 104, 4 * 105);
    assert_int_equal(plans.taken, passed);
    assert_float_equal(plans_rate_per_s(&plans), 40, 0);
    arena_done(&arena);
}

/* What carries no key passes; a plan without tokens refuses its own share. */
static void test_shares(void **state)
{
    (void)state;
    enum { REPLICATIONS = 100, ASKS = 5000 };
    const struct plans_rules rules[] = {
        {.share_ratio = 0.2, .keys_count = 1, .throttle = {1e-6, 1}, .quota = {-1, 0}},
        {.share_ratio = 0.3, .keys_count = 1, .throttle = {NAN, 0}, .quota = {0, 1 << 30}},
    };
    struct estimate throttled = {0}, over = {0};
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct arena arena;
        struct plans plans = plans_of(&arena, rules, 2, 0, r);
        int answers[3] = {0};
        for (int i = 0; i < ASKS; i++) {
            answers[plans_ask(&plans, 0)]++;
        }
        estimate_add(&throttled, (answers[PLANS_THROTTLED] + 1.0) / ASKS); /* one token was there */
        estimate_add(&over, (double)answers[PLANS_OVER_QUOTA] / ASKS);
        arena_done(&arena);
    }
    estimate_check(&throttled, 0.2, "throttled");
    estimate_check(&over, 0.3, "over the quota");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_throttle_of_each_key),
        cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
