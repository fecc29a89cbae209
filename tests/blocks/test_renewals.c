/* Known independently: a holder whose lease is renewed at its first ask after L - early, in a time
 * R, has a renewal every L - early + 1/a + R in the mean under Poisson asks of rate a, which is one
 * in 1 + a (L - early + R) asks (renewal reward; the lease begins when the renewal ends). Asks wait
 * for what of R lies beyond L: the renewal begins an exponential time T after L - early, so that it
 * is min(R, max(0, T + R - early)); with R <= early its mean is the integral of P(T > t) from
 * early - R to early, and the asks in it are exp(-a (early - R)) - exp(-a early) of each renewal.
 * With a root of lifetime S, and early and R 0, the n-th renewal after one anew comes at n L plus n
 * exponential times. The first at or after S is anew, so that of 1 + the sum over n of
 * P(n L + Gamma(n, 1/a) < S) renewals one is anew in the mean. The rest by hand. */
#include "sim/blocks/renewals.h"

#include <string.h>

#include "tests/blocks/estimate.h"

#define SECOND_NS INT64_C(1000000000)

enum { FRAMES = 1000, HOLDERS = 2 };

struct rig {
    struct core core;
    struct load load;
    struct arena arena;
    struct renewals renewals;
};

static void rig_open(struct rig *rig, int64_t lifetime_s, int64_t early_s, int64_t root_s)
{
    memset(rig, 0, sizeof(*rig));
    core_init(&rig->core, FRAMES);
    arena_init(&rig->arena);
    renewals_init(&rig->renewals, &rig->core, &rig->load, &rig->arena,
                  &(struct renewals_rules){
                      .leases =
                          {
                              .holders_count = HOLDERS,
                              .lifetime_ns = lifetime_s * SECOND_NS,
                              .early_ns = early_s * SECOND_NS,
                              .uses_max = LEASES_USES_UNLIMITED,
                          },
                      .root_lifetime_ns = root_s * SECOND_NS, /* 0: RENEWALS_ROOTLESS */
                  });
}

static void rig_close(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

static void rig_run_to(struct rig *rig, int64_t time_ns)
{
    struct event event;
    events_at(&rig->core.events, time_ns, EVENT_WINDOW, 0, 0);
    assert_true(events_next(&rig->core.events, &event));
}

static enum renewal_turn rig_ask(struct rig *rig, int64_t time_ns, struct frame **f)
{
    rig_run_to(rig, time_ns);
    *f = frame_new(&rig->core.frames);
    return renewals_ask(&rig->renewals, 0, *f);
}

/* How many of those who waited go on with what is held. */
static uint32_t rig_end(struct rig *rig, bool anew)
{
    struct line line = renewals_end(&rig->renewals, 0, anew);
    enum renewal_turn turn;
    uint32_t count = 0;
    for (struct frame *f; (f = renewals_next(&rig->renewals, 0, &line, &turn)) != NULL; count++) {
        assert_int_equal(turn, RENEWAL_GOOD);
        assert_int_equal(f->block, 0);
        frame_free(&rig->core.frames, f);
    }
    return count;
}

/* The next one of the line renews, because nothing is left to use. */
static void rig_next(struct rig *rig, struct line *line, const struct frame *expected)
{
    enum renewal_turn turn;
    assert_ptr_equal(renewals_next(&rig->renewals, 0, line, &turn), expected);
    assert_true(expected == NULL || turn == RENEWAL_DUE);
}

/* See renewals.h. */
static void test_worked(void **state)
{
    (void)state;
    struct rig rig;
    struct frame *f, *second, *third;
    rig_open(&rig, 60, 10, 180);
    assert_int_equal(rig_ask(&rig, 0, &f), RENEWAL_ANEW);
    assert_int_equal(rig_end(&rig, true), 0);
    assert_int_equal(rig_ask(&rig, 49 * SECOND_NS, &f), RENEWAL_GOOD);
    assert_int_equal(rig_ask(&rig, 50 * SECOND_NS, &f), RENEWAL_EARLY);
    assert_int_equal(rig_ask(&rig, 51 * SECOND_NS, &f), RENEWAL_OLD);
    rig_run_to(&rig, 54 * SECOND_NS);
    renewals_fail(&rig.renewals, 0, OUTCOME_THROTTLED);
    assert_int_equal(rig_ask(&rig, 58 * SECOND_NS, &f), RENEWAL_EARLY);
    assert_int_equal(rig_ask(&rig, 60 * SECOND_NS, &f), RENEWAL_WAITS);
    rig_run_to(&rig, 62 * SECOND_NS);
    assert_int_equal(rig_end(&rig, false), 1);
    assert_int_equal(rig_ask(&rig, 112 * SECOND_NS - 1, &f), RENEWAL_GOOD);

    assert_int_equal(rig_ask(&rig, 130 * SECOND_NS, &f), RENEWAL_DUE);
    assert_int_equal(rig_ask(&rig, 131 * SECOND_NS, &second), RENEWAL_WAITS);
    assert_int_equal(rig_ask(&rig, 132 * SECOND_NS, &third), RENEWAL_WAITS);
    rig_run_to(&rig, 133 * SECOND_NS);
    struct line line = renewals_abandon(&rig.renewals, 0);
    rig_next(&rig, &line, second);
    rig_next(&rig, &line, NULL);
    rig_run_to(&rig, 137 * SECOND_NS);
    assert_int_equal(rig_end(&rig, false), 1);

    assert_int_equal(rig_ask(&rig, 187 * SECOND_NS, &f), RENEWAL_GOOD);
    assert_int_equal(rig_ask(&rig, 197 * SECOND_NS - 1, &f), RENEWAL_GOOD);
    assert_int_equal(rig_ask(&rig, 197 * SECOND_NS, &f), RENEWAL_ANEW);
    rig_close(&rig);
}

/* One of a hundred renews, those who wait are answered with it; another holder's is its own. */
static void test_crowd(void **state)
{
    (void)state;
    enum { CROWD = 100 };
    struct rig rig;
    struct frame *f[CROWD];
    rig_open(&rig, 60, 10, 0);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(rig_ask(&rig, 0, &f[i]), i == 0 ? RENEWAL_DUE : RENEWAL_WAITS);
    }
    assert_int_equal(renewals_ask(&rig.renewals, 1, frame_new(&rig.core.frames)), RENEWAL_DUE);
    assert_int_equal(rig.load.queue.value, CROWD - 1);
    renewals_leave(&rig.renewals, 0, f[7]);
    assert_int_equal(rig.load.queue.value, CROWD - 2);
    assert_int_equal(rig_end(&rig, false), CROWD - 2);
    assert_int_equal(rig.load.queue.value, 0);
    assert_int_equal(rig_ask(&rig, 0, &f[0]), RENEWAL_GOOD);
    rig_close(&rig);
}

/* It fails for all who waited, and the next tries again. */
static void test_failure(void **state)
{
    (void)state;
    struct rig rig;
    struct frame *f, *waiter;
    rig_open(&rig, 60, 0, 0);
    assert_int_equal(rig_ask(&rig, 0, &f), RENEWAL_DUE);
    assert_int_equal(rig_ask(&rig, 0, &waiter), RENEWAL_WAITS);
    renewals_fail(&rig.renewals, 0, OUTCOME_TIMEOUT);
    assert_int_equal(waiter->answer, OUTCOME_TIMEOUT);
    assert_int_equal(rig.load.queue.value, 0);
    assert_int_equal(rig_ask(&rig, SECOND_NS, &f), RENEWAL_DUE);
    rig_close(&rig);
}

/* Nothing has failed: the next who waits and can still be served renews, the others wait for him in
 * their order. Whose time is up ends, who is taken back as well is passed over. */
static void test_abandoned(void **state)
{
    (void)state;
    enum { CROWD = 6 };
    struct rig rig;
    struct frame *f[CROWD];
    rig_open(&rig, 60, 0, 0);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(rig_ask(&rig, 0, &f[i]), i == 0 ? RENEWAL_DUE : RENEWAL_WAITS);
    }
    f[1]->flags |= FRAME_WITHDRAWN;
    f[2]->flags |= FRAME_DEADLINE;
    core_more(&rig.core, f[2])->deadline_ns = SECOND_NS;
    rig_run_to(&rig, SECOND_NS);
    struct line line = renewals_abandon(&rig.renewals, 0);
    rig_next(&rig, &line, f[3]);
    assert_int_equal(f[2]->answer, OUTCOME_TIMEOUT);
    assert_int_equal(rig.load.queue.value, CROWD - 4);
    rig_next(&rig, &line, NULL);
    assert_int_equal(rig.load.queue.value, CROWD - 4);
    assert_int_equal(f[4]->block, RENEWALS_WAITING);

    line = renewals_abandon(&rig.renewals, 0);
    rig_next(&rig, &line, f[4]);
    rig_next(&rig, &line, NULL);
    renewals_leave(&rig.renewals, 0, f[5]);
    assert_int_equal(rig.load.queue.value, 0);
    line = renewals_abandon(&rig.renewals, 0);
    rig_next(&rig, &line, NULL);
    assert_int_equal(rig_ask(&rig, 2 * SECOND_NS, &f[0]), RENEWAL_DUE);
    rig_close(&rig);
}

/* Who is to renew in his place may be refused at once: that is his own failure, and the turn of the
 * one behind him. */
static void test_abandoned_and_refused(void **state)
{
    (void)state;
    enum { CROWD = 4 };
    struct rig rig;
    struct frame *f[CROWD];
    rig_open(&rig, 60, 0, 0);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(rig_ask(&rig, 0, &f[i]), i == 0 ? RENEWAL_DUE : RENEWAL_WAITS);
    }
    struct line line = renewals_abandon(&rig.renewals, 0);
    rig_next(&rig, &line, f[1]);
    renewals_fail(&rig.renewals, 0, OUTCOME_THROTTLED);
    assert_int_equal(f[2]->answer, OUTCOME_OK);
    rig_next(&rig, &line, f[2]);
    rig_next(&rig, &line, NULL);
    assert_int_equal(rig.load.queue.value, 1);
    assert_int_equal(rig_end(&rig, false), 1);
    assert_int_equal(rig_ask(&rig, SECOND_NS, &f[0]), RENEWAL_GOOD);
    rig_close(&rig);
}

/* What is held is good whatever has become of its root, even while it could be renewed early; only
 * what is had anew begins a root. */
static void test_root(void **state)
{
    (void)state;
    struct rig rig;
    struct frame *f;
    rig_open(&rig, 60, 20, 70);
    assert_int_equal(rig_ask(&rig, 0, &f), RENEWAL_ANEW);
    assert_int_equal(rig_end(&rig, true), 0);
    assert_int_equal(rig_ask(&rig, 60 * SECOND_NS, &f), RENEWAL_DUE);
    assert_int_equal(rig_end(&rig, false), 0);
    assert_int_equal(rig_ask(&rig, 70 * SECOND_NS, &f), RENEWAL_GOOD);
    assert_int_equal(rig_ask(&rig, 100 * SECOND_NS, &f), RENEWAL_GOOD);
    assert_int_equal(rig_ask(&rig, 120 * SECOND_NS, &f), RENEWAL_ANEW);
    assert_int_equal(rig_ask(&rig, 121 * SECOND_NS, &f), RENEWAL_WAITS);
    assert_int_equal(rig_end(&rig, true), 1);
    assert_int_equal(rig_ask(&rig, 161 * SECOND_NS, &f), RENEWAL_EARLY);
    rig_close(&rig);
}

/* Whoever has one at the beginning has its root too. */
static void test_ages(void **state)
{
    (void)state;
    struct rig rig;
    struct random random;
    struct frame *f;
    random_seed(&random, 7, 0, "test", "ages");
    for (int i = 0; i < 100; i++) {
        rig_open(&rig, 60, 10, 180);
        renewals_age(&rig.renewals, 0, &random);
        assert_int_equal(rig_ask(&rig, 0, &f), RENEWAL_GOOD);
        assert_int_equal(renewals_ask(&rig.renewals, 1, f), RENEWAL_ANEW);
        const struct lease *root = rig.renewals.roots.holders;
        assert_true(root->expires_ns > 0 && root->expires_ns <= 180 * SECOND_NS);
        rig_close(&rig);
    }
}

struct counts {
    uint32_t asks, renewals, anew, waits;
};

/* Poisson asks; what does not wait is over at once. */
static struct counts asks_of(struct rig *rig, struct random *random, double rate, int64_t takes_ns)
{
    enum { ASKS = 20000 };
    struct counts counts = {0};
    int64_t done_ns = INT64_MAX;
    bool anew = false;
    double now = 0;
    for (int i = -ASKS / 4; i < ASKS; i++) { /* the first are to warm up */
        now += random_exponential(random) / rate;
        const int64_t now_ns = (int64_t)(now * (double)SECOND_NS);
        if (done_ns <= now_ns) {
            rig_run_to(rig, done_ns);
            rig_end(rig, anew);
            done_ns = INT64_MAX;
        }
        struct frame *f;
        const enum renewal_turn turn = rig_ask(rig, now_ns, &f);
        const bool renews = turn == RENEWAL_EARLY || turn == RENEWAL_DUE || turn == RENEWAL_ANEW;
        if (renews) {
            assert_true(done_ns == INT64_MAX);
            anew = turn == RENEWAL_ANEW;
            done_ns = now_ns + takes_ns;
        }
        if (turn != RENEWAL_WAITS) {
            frame_free(&rig->core.frames, f);
        }
        counts.asks += i >= 0;
        counts.renewals += i >= 0 && renews;
        counts.anew += i >= 0 && turn == RENEWAL_ANEW;
        counts.waits += i >= 0 && turn == RENEWAL_WAITS;
    }
    return counts;
}

static void test_load_of_renewals(void **state)
{
    (void)state;
    enum { REPLICATIONS = 100, LIFETIME = 60 };
    static const struct {
        double rate;
        int64_t early, takes;
    } cases[] = {{0.1, 0, 0}, {2, 0, 0}, {0.1, 10, 0}, {0.1, 10, 5}, {1, 8, 8}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double a = cases[i].rate;
        const double early = (double)cases[i].early, takes = (double)cases[i].takes;
        const double renewals = 1 / (1 + a * (LIFETIME - early + takes));
        const double waits = (exp(-a * (early - takes)) - exp(-a * early)) * renewals;
        struct estimate renewing = {0}, waiting = {0};
        for (uint32_t r = 0; r < REPLICATIONS; r++) {
            struct rig rig;
            struct random random;
            rig_open(&rig, LIFETIME, cases[i].early, 0);
            random_seed(&random, 7, r, "test", "renewals");
            const struct counts counts = asks_of(&rig, &random, a, cases[i].takes * SECOND_NS);
            estimate_add(&renewing, (double)counts.renewals / counts.asks);
            estimate_add(&waiting, (double)counts.waits / counts.asks);
            rig_close(&rig);
        }
        estimate_check(&renewing, renewals, "renewals of asks");
        if (takes > 0) {
            estimate_check(&waiting, waits, "waits of asks");
        } else {
            assert_true(waiting.sum == 0);
        }
    }
}

static void test_load_of_renewals_anew(void **state)
{
    (void)state;
    enum { REPLICATIONS = 100, LIFETIME = 60 };
    static const struct {
        double rate;
        int64_t root;
    } cases[] = {{0.05, 200}, {0.05, 60}, {0.1, 600}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double a = cases[i].rate;
        double renewals = 1; /* from one anew to the next */
        for (int n = 1; n * LIFETIME < cases[i].root; n++) {
            renewals += gsl_cdf_gamma_P((double)(cases[i].root - n * LIFETIME), n, 1 / a);
        }
        struct estimate renewing = {0}, anew = {0};
        for (uint32_t r = 0; r < REPLICATIONS; r++) {
            struct rig rig;
            struct random random;
            rig_open(&rig, LIFETIME, 0, cases[i].root);
            random_seed(&random, 7, r, "test", "roots");
            const struct counts counts = asks_of(&rig, &random, a, 0);
            estimate_add(&renewing, (double)counts.renewals / counts.asks);
            estimate_add(&anew, (double)counts.anew / counts.asks);
            rig_close(&rig);
        }
        estimate_check(&renewing, 1 / (1 + a * LIFETIME), "renewals of asks");
        estimate_check(&anew, 1 / renewals / (1 + a * LIFETIME), "anew of asks");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_abandoned_and_refused),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_load_of_renewals),
        cmocka_unit_test(test_load_of_renewals_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
