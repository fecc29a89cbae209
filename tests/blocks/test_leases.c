/* Known independently: a lease that is renewed when it was found over lasts L and then waits for
 * the next ask, so that under Poisson asks of rate a the renewals are one in 1 + a L (renewal
 * reward); of holders with unlike rates the sum of a_k / (1 + a_k L). */
#include "sim/blocks/leases.h"

#include "tests/blocks/estimate.h"

#define SECOND_NS INT64_C(1000000000)

static struct leases leases_of(struct arena *arena, const struct leases_rules *rules)
{
    struct leases leases;
    arena_init(arena);
    leases_init(&leases, arena, rules);
    return leases;
}

static void test_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct leases leases = leases_of(&arena, &(struct leases_rules){.holders_count = 1,
                                                                    .lifetime_ns = 60 * SECOND_NS,
                                                                    .early_ns = 10 * SECOND_NS,
                                                                    .uses_max = UINT64_MAX});
    assert_int_equal(leases_use(&leases, 0, 0), LEASE_OVER);
    leases_renew(&leases, 0, 0);
    assert_int_equal(leases_use(&leases, 0, 49 * SECOND_NS), LEASE_GOOD);
    assert_int_equal(leases_use(&leases, 0, 50 * SECOND_NS), LEASE_OLD);
    assert_int_equal(leases_use(&leases, 0, 60 * SECOND_NS - 1), LEASE_OLD);
    assert_int_equal(leases_use(&leases, 0, 60 * SECOND_NS), LEASE_OVER);
    leases_renew(&leases, 0, 61 * SECOND_NS);
    assert_int_equal(leases_use(&leases, 0, 62 * SECOND_NS), LEASE_GOOD);
    leases_end(&leases, 0);
    assert_int_equal(leases_use(&leases, 0, 63 * SECOND_NS), LEASE_OVER);
    arena_done(&arena);
}

/* One renewal serves itself and uses_max more: of 44 asks 4 renew where 10 more are allowed. */
static void test_uses(void **state)
{
    (void)state;
    struct arena arena;
    struct leases leases = leases_of(
        &arena,
        &(struct leases_rules){.holders_count = 1, .lifetime_ns = SECOND_NS, .uses_max = 10});
    int renewals = 0;
    for (int i = 0; i < 44; i++) {
        if (leases_use(&leases, 0, 0) == LEASE_OVER) {
            leases_renew(&leases, 0, 0);
            renewals++;
        }
    }
    assert_int_equal(renewals, 4);
    arena_done(&arena);
}

static void test_renewals_under_poisson(void **state)
{
    (void)state;
    enum { HOLDERS = 20, REPLICATIONS = 100, ASKS = 20000 };
    const double rate = 2, s = 1, lifetime = 30;
    double weights = 0, expected = 0;
    for (int k = 1; k <= HOLDERS; k++) {
        weights += pow(k, -s);
    }
    for (int k = 1; k <= HOLDERS; k++) {
        const double share = pow(k, -s) / weights;
        expected += share / (1 + rate * share * lifetime);
    }
    struct estimate ratio = {0};
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct arena arena;
        struct leases leases =
            leases_of(&arena, &(struct leases_rules){.holders_count = HOLDERS,
                                                     .zipf_s = s,
                                                     .lifetime_ns = (int64_t)lifetime * SECOND_NS,
                                                     .uses_max = UINT64_MAX});
        struct random random;
        random_seed(&random, 7, r, "test", "leases");
        double now = 0;
        int renewals = 0;
        for (int i = -ASKS / 4; i < ASKS; i++) { /* the first are to warm up */
            now += random_exponential(&random) / rate;
            const int64_t now_ns = (int64_t)(now * (double)SECOND_NS);
            const uint32_t holder = leases_draw(&leases, &random);
            if (leases_use(&leases, holder, now_ns) == LEASE_OVER) {
                leases_renew(&leases, holder, now_ns);
                renewals += i >= 0;
            }
        }
        estimate_add(&ratio, (double)renewals / ASKS);
        arena_done(&arena);
    }
    estimate_check(&ratio, expected, "renewals of asks");
}

/* Of any age: what is left is uniform over the lifetime, and never nothing. */
static void test_ages(void **state)
{
    (void)state;
    enum { HOLDERS = 20000 };
    struct arena arena;
    struct random random;
    struct leases leases = leases_of(&arena, &(struct leases_rules){.holders_count = HOLDERS,
                                                                    .lifetime_ns = 1000,
                                                                    .uses_max = UINT64_MAX});
    struct estimate left = {0};
    random_seed(&random, 7, 0, "test", "ages");
    for (uint32_t i = 0; i < HOLDERS; i++) {
        leases_age(&leases, i, 50, &random);
        assert_int_equal(leases_use(&leases, i, 50), LEASE_GOOD);
        assert_int_equal(leases_use(&leases, i, 1050), LEASE_OVER);
        estimate_add(&left, (double)(leases.holders[i].expires_ns - 50));
    }
    estimate_check(&left, 500.5, "what is left");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_uses),
        cmocka_unit_test(test_renewals_under_poisson),
        cmocka_unit_test(test_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
