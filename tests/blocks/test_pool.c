/* Known independently:
 * - each pick by hand, and any sequence against a pool written down naively, by searching;
 * - one instance that turns requests away, Poisson arrivals of rate a, idle for a constant T: a
 *   request served is cold when nobody came for T, exp(-aT); renewal: 1 / (E S + 1/a) are served
 *   per second;
 * - exponential times (work 1/m, idle 1/g): busy b and idle i are a Markov chain, solved here by
 *   iteration. Arrival: (b+1, i-1), or (b+1, 0) if none is idle, or turned away if b = max; end of
 *   work, b m: (b-1, i+1); expiry, i g: (b, i-1). The pick makes no difference. A request is cold
 *   with P(i = 0, b < max). */
#include "sim/blocks/pool.h"

#include "tests/blocks/estimate.h"

enum { REPLICATIONS = 100, NAIVE_MAX = 64 };

/* A pool with all that it needs around it. */
struct bench {
    struct arena arena;
    struct core core;
    struct load load;
    struct pool pool;
};

static void bench_init(struct bench *bench, enum pool_pick pick, int64_t max, uint16_t groups,
                       const struct distribution *idle_ns_dist, uint32_t replication)
{
    *bench = (struct bench){0};
    arena_init(&bench->arena);
    core_init(&bench->core, 1);
    struct pool_setup setup = {
        .core = &bench->core,
        .load = &bench->load,
        .arena = &bench->arena,
        .service = 7,
        .groups_count = groups,
        .pick = pick,
        .instances_max = max,
        .idle_ns_dist = idle_ns_dist,
    };
    random_seed(&setup.idle_random, 1, replication, "pool", "idle");
    random_seed(&setup.pick_random, 1, replication, "pool", "pick");
    pool_init(&bench->pool, &setup);
}

static void bench_done(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

/* Runs expiries only, up to that instant; twice, because one that was put off on the way to now_ns
 * stands behind what was scheduled for now_ns before. */
static void bench_pass(struct bench *bench, int64_t now_ns)
{
    struct event event;
    for (int pass = 0; pass < 2; pass++) {
        events_at(&bench->core.events, now_ns, EVENT_WINDOW, 0, 0);
        while (events_next(&bench->core.events, &event) && event.kind != EVENT_WINDOW) {
            assert_int_equal(event.kind, EVENT_SERVICE);
            assert_int_equal(event.service, 7);
            pool_expire(&bench->pool, event.slot);
        }
    }
}

static void test_picks_worked(void **state)
{
    (void)state;
    /* created a b c d; released at 1 2 3 4 in the order b d a c */
    const struct {
        enum pool_pick pick;
        int order[4]; /* by number of creation */
    } cases[] = {
        {POOL_NEWEST, {3, 2, 1, 0}},
        {POOL_MOST_RECENT, {2, 0, 3, 1}},
        {POOL_LEAST_RECENT, {1, 3, 0, 2}},
    };
    const struct distribution idle = distribution_constant(1000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        uint32_t created[4];
        const int released[4] = {1, 3, 0, 2};
        bench_init(&bench, cases[i].pick, 4, 1, &idle, 0);
        for (int k = 0; k < 4; k++) {
            assert_int_equal(pool_reuse(&bench.pool, 0), POOL_NONE);
            created[k] = pool_start(&bench.pool, 0);
        }
        assert_int_equal(pool_start(&bench.pool, 0), POOL_NONE);
        for (int k = 0; k < 4; k++) {
            bench_pass(&bench, k + 1);
            pool_release(&bench.pool, created[released[k]]);
        }
        for (int k = 0; k < 4; k++) {
            assert_int_equal(pool_reuse(&bench.pool, 0), created[cases[i].order[k]]);
        }
        assert_int_equal(pool_reuse(&bench.pool, 0), POOL_NONE);
        bench_done(&bench);
    }
}

/* Idle from 10: gone at 110, unless used at 109; then idle again from 150: gone at 250. */
static void test_expiry_worked(void **state)
{
    (void)state;
    const struct distribution idle = distribution_constant(100);
    struct bench bench;
    bench_init(&bench, POOL_NEWEST, 5, 1, &idle, 0);
    const uint32_t a = pool_start(&bench.pool, 0), b = pool_start(&bench.pool, 0);
    bench_pass(&bench, 10);
    pool_release(&bench.pool, a);
    pool_release(&bench.pool, b);
    bench_pass(&bench, 109);
    assert_int_equal(pool_reuse(&bench.pool, 0), b);
    bench_pass(&bench, 110);
    assert_int_equal(bench.load.capacity.value, 1);
    bench_pass(&bench, 150);
    pool_release(&bench.pool, b);
    bench_pass(&bench, 249);
    assert_int_equal(bench.load.capacity.value, 1);
    bench_pass(&bench, 250);
    assert_int_equal(bench.load.capacity.value, 0);
    assert_int_equal(events_pending(&bench.core.events), 0);
    const struct gauge_window capacity = gauge_read(&bench.load.capacity, 250);
    const struct gauge_window busy = gauge_read(&bench.load.busy, 250);
    assert_true(capacity.area == 110 + 250);
    assert_true(busy.area == 10 + 10 + (150 - 109));
    assert_int_equal(capacity.max, 2);
    bench_done(&bench);
}

/* Of an instance that is used again and again one event is pending, which is put off; and one that
 * was due is not used any more, though its event may come later in that instant. */
static void test_expiry_is_put_off(void **state)
{
    (void)state;
    const struct distribution idle = distribution_constant(100);
    struct bench bench;
    bench_init(&bench, POOL_MOST_RECENT, 5, 1, &idle, 0);
    const uint32_t a = pool_start(&bench.pool, 0);
    for (int64_t now_ns = 0; now_ns <= 990; now_ns += 10) {
        bench_pass(&bench, now_ns);
        pool_release(&bench.pool, a);
        assert_int_equal(events_pending(&bench.core.events), 1);
        assert_int_equal(pool_reuse(&bench.pool, 0), a);
    }
    pool_release(&bench.pool, a); /* at 990: gone at 1090 */
    bench_pass(&bench, 1089);
    assert_int_equal(bench.load.capacity.value, 1);
    struct event event;
    events_at(&bench.core.events, 1090, EVENT_WINDOW, 0, 0);
    while (events_next(&bench.core.events, &event) && event.kind != EVENT_WINDOW) {
        pool_expire(&bench.pool, event.slot);
    }
    assert_int_equal(pool_reuse(&bench.pool, 0), POOL_NONE);
    assert_int_equal(bench.load.capacity.value, 0);
    assert_int_equal(events_pending(&bench.core.events), 0);
    bench_done(&bench);
}

/* A busy one may be taken away; without an idle time they stay for ever. */
static void test_removed_and_kept(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, POOL_MOST_RECENT, 2, 1, NULL, 0);
    const uint32_t a = pool_start(&bench.pool, 0), b = pool_start(&bench.pool, 0);
    assert_int_equal(pool_start(&bench.pool, 0), POOL_NONE);
    pool_release(&bench.pool, b);
    pool_remove(&bench.pool, a);
    bench_pass(&bench, INT64_C(1) << 60);
    assert_int_equal(bench.load.capacity.value, 1);
    assert_int_equal(bench.load.busy.value, 0);
    assert_int_equal(pool_start(&bench.pool, 0), a);
    assert_int_equal(pool_reuse(&bench.pool, 0), b);
    assert_int_equal(pool_reuse(&bench.pool, 0), POOL_NONE);
    bench_done(&bench);
}

/* Groups have their own limits and idle instances, and one table. */
static void test_groups(void **state)
{
    (void)state;
    const struct distribution idle = distribution_constant(100);
    struct bench bench;
    bench_init(&bench, POOL_NEWEST, 1, 3, &idle, 0);
    const uint32_t a = pool_start(&bench.pool, 0), c = pool_start(&bench.pool, 2);
    assert_int_equal(pool_start(&bench.pool, 0), POOL_NONE);
    pool_release(&bench.pool, a);
    pool_release(&bench.pool, c);
    assert_int_equal(pool_reuse(&bench.pool, 1), POOL_NONE);
    assert_int_equal(pool_reuse(&bench.pool, 2), c);
    assert_int_equal(pool_reuse(&bench.pool, 2), POOL_NONE);
    assert_int_equal(pool_reuse(&bench.pool, 0), a);
    assert_int_not_equal(a, c);
    bench_done(&bench);
}

struct naive_instance {
    bool present, idle;
    uint64_t created, used;
    int64_t expires_ns;
};

/* The instance that the pick must find, by looking at all. */
static uint32_t naive_pick(const struct naive_instance *naive, enum pool_pick pick)
{
    uint32_t best = POOL_NONE;
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        if (!naive[i].present || !naive[i].idle) {
            continue;
        }
        const bool better =
            best == POOL_NONE || (pick == POOL_NEWEST ? naive[i].created > naive[best].created
                                  : pick == POOL_MOST_RECENT ? naive[i].used > naive[best].used
                                                             : naive[i].used < naive[best].used);
        best = better ? i : best;
    }
    return best;
}

static void naive_expire(struct naive_instance *naive, int64_t now_ns)
{
    for (uint32_t i = 0; i < NAIVE_MAX; i++) {
        naive[i].present &= !naive[i].idle || naive[i].expires_ns > now_ns;
    }
}

static void naive_take(struct bench *bench, struct naive_instance *naive, enum pool_pick pick,
                       uint64_t serial)
{
    const uint32_t expected = naive_pick(naive, pick);
    const uint32_t found = pool_reuse(&bench->pool, 0);
    if (pick != POOL_RANDOM || expected == POOL_NONE) {
        assert_int_equal(found, expected);
    }
    if (found != POOL_NONE) {
        assert_true(naive[found].present && naive[found].idle);
        naive[found].idle = false;
        return;
    }
    const uint32_t started = pool_start(&bench->pool, 0);
    if (started != POOL_NONE) {
        assert_false(naive[started].present);
        naive[started] = (struct naive_instance){.present = true, .created = serial};
    }
}

static void naive_check(enum pool_pick pick)
{
    const int64_t idle_ns = 60;
    const struct distribution idle = distribution_constant((double)idle_ns);
    struct naive_instance naive[NAIVE_MAX] = {0};
    struct random random;
    struct bench bench;
    int64_t now_ns = 0;
    bench_init(&bench, pick, 40, 1, &idle, 0);
    random_seed(&random, 1, pick, "naive", "test");
    for (int step = 1; step < sample_size(200000); step++) {
        now_ns += random_below(&random, 4);
        bench_pass(&bench, now_ns);
        naive_expire(naive, now_ns);
        const uint32_t i = random_below(&random, NAIVE_MAX);
        /* now more is taken, now more is released: between all busy and none present */
        if (random_below(&random, 10) < (step / 500 % 2 ? 8 : 4)) {
            naive_take(&bench, naive, pick, (uint64_t)step);
        } else if (naive[i].present && !naive[i].idle) {
            pool_release(&bench.pool, i);
            naive[i].idle = true;
            naive[i].used = (uint64_t)step;
            naive[i].expires_ns = now_ns + idle_ns;
        }
        int64_t present = 0, busy = 0;
        for (uint32_t k = 0; k < NAIVE_MAX; k++) {
            present += naive[k].present;
            busy += naive[k].present && !naive[k].idle;
        }
        assert_int_equal(bench.load.capacity.value, present);
        assert_int_equal(bench.load.busy.value, busy);
    }
    assert_int_equal(bench.load.capacity.max, 40);
    bench_done(&bench);
}

static void test_naive(void **state)
{
    (void)state;
    naive_check(POOL_NEWEST);
    naive_check(POOL_MOST_RECENT);
    naive_check(POOL_LEAST_RECENT);
    naive_check(POOL_RANDOM);
}

/* Each idle instance with the same probability; chi-square. */
static void test_random_pick(void **state)
{
    (void)state;
    enum { COUNT = 11 };
    const struct distribution idle = distribution_constant(1e12);
    const int picks = sample_size(200000);
    double seen[COUNT] = {0}, chi = 0;
    struct bench bench;
    bench_init(&bench, POOL_RANDOM, COUNT, 1, &idle, 0);
    for (int i = 0; i < COUNT; i++) {
        pool_start(&bench.pool, 0);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        pool_release(&bench.pool, i);
    }
    for (int i = 0; i < picks; i++) {
        const uint32_t found = pool_reuse(&bench.pool, 0);
        seen[found]++;
        pool_release(&bench.pool, found);
    }
    for (int i = 0; i < COUNT; i++) {
        const double expected = picks / (double)COUNT;
        chi += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    assert_true(chi < gsl_cdf_chisq_Qinv(SAMPLE_ALPHA, COUNT - 1));
    bench_done(&bench);
}

/* What a run of requests saw; times in seconds. */
struct run {
    double cold, served, offered, busy_mean, present_mean, length_s;
};

struct system {
    enum pool_pick pick;
    int64_t max;
    double rate_per_s;
    struct distribution warm, cold, idle; /* ns */
};

static void run_arrive(struct bench *bench, const struct system *system, struct random *random,
                       struct run *run)
{
    uint32_t instance = pool_reuse(&bench->pool, 0);
    const bool cold = instance == POOL_NONE;
    if (cold) {
        instance = pool_start(&bench->pool, 0);
    }
    run->offered++;
    if (instance != POOL_NONE) {
        run->served++;
        run->cold += cold;
        const struct distribution *work = cold ? &system->cold : &system->warm;
        events_at(&bench->core.events, core_now(&bench->core) + distribution_draw_int(work, random),
                  EVENT_WORK_DONE, 0, instance);
    }
}

/* Requests that find no instance are turned away. Counts begin after the first tenth. */
static struct run run_simulate(const struct system *system, int requests, uint32_t replication)
{
    struct bench bench;
    struct random random;
    struct event event;
    struct run run = {0};
    int64_t begin_ns = 0;
    bench_init(&bench, system->pick, system->max, 1, &system->idle, replication);
    random_seed(&random, 1, replication, "simulate", "test");
    events_at(&bench.core.events, 0, EVENT_ARRIVAL, 0, 0);
    for (int arrivals = 0; arrivals < requests && events_next(&bench.core.events, &event);) {
        if (event.kind == EVENT_SERVICE) {
            pool_expire(&bench.pool, event.slot);
        } else if (event.kind == EVENT_WORK_DONE) {
            pool_release(&bench.pool, event.slot);
        } else {
            if (arrivals++ == requests / 10) {
                begin_ns = core_now(&bench.core);
                run = (struct run){0};
                gauge_reset(&bench.load.busy, begin_ns);
                gauge_reset(&bench.load.capacity, begin_ns);
            }
            run_arrive(&bench, system, &random, &run);
            const double gap_ns = random_exponential(&random) * 1e9 / system->rate_per_s;
            events_at(&bench.core.events, core_now(&bench.core) + (int64_t)gap_ns, EVENT_ARRIVAL, 0,
                      0);
        }
    }
    const int64_t now_ns = core_now(&bench.core);
    const double length_ns = (double)(now_ns - begin_ns);
    run.busy_mean = gauge_read(&bench.load.busy, now_ns).area / length_ns;
    run.present_mean = gauge_read(&bench.load.capacity, now_ns).area / length_ns;
    run.length_s = length_ns / 1e9;
    bench_done(&bench);
    return run;
}

static void test_one_instance(void **state)
{
    (void)state;
    const double a = 0.8, idle_s = 1.5, warm_s = 0.4, cold_s = 1.1;
    const struct system system = {
        .pick = POOL_NEWEST,
        .max = 1,
        .rate_per_s = a,
        .warm = distribution_lognormal(warm_s * 1e9, 1.2),
        .cold = distribution_gamma(cold_s * 1e9, 0.7),
        .idle = distribution_constant(idle_s * 1e9),
    };
    struct estimate cold = {0}, served = {0};
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        const struct run run = run_simulate(&system, sample_size(20000), r);
        estimate_add(&cold, run.cold / run.served);
        estimate_add(&served, run.served / run.length_s);
    }
    const double p_cold = exp(-a * idle_s);
    estimate_check(&cold, p_cold, "cold");
    estimate_check(&served, 1 / (p_cold * cold_s + (1 - p_cold) * warm_s + 1 / a),
                   "served per second");
}

enum { CHAIN_MAX = 30 };

struct chain {
    int max;
    double a, m, g;
    double p[CHAIN_MAX + 1][CHAIN_MAX + 1]; /* of (busy, idle) */
};

/* Balance of flows, by Gauss and Seidel. */
static void chain_solve(struct chain *chain)
{
    const int max = chain->max;
    const double a = chain->a, m = chain->m, g = chain->g;
    for (int b = 0; b <= max; b++) {
        for (int i = 0; b + i <= max; i++) {
            chain->p[b][i] = 1;
        }
    }
    for (int round = 0; round < 20000; round++) {
        double total = 0;
        for (int b = 0; b <= max; b++) {
            for (int i = 0; b + i <= max; i++) {
                const bool full = i == 0 && b == max;
                double in = 0;
                in += b > 0 && b + i <= max ? a * chain->p[b - 1][i + 1] : 0;
                in += b > 0 && i == 0 ? a * chain->p[b - 1][0] : 0;
                in += i > 0 ? (b + 1) * m * chain->p[b + 1][i - 1] : 0;
                in += b + i < max ? (i + 1) * g * chain->p[b][i + 1] : 0;
                chain->p[b][i] = in / ((full ? 0 : a) + b * m + i * g);
                total += chain->p[b][i];
            }
        }
        for (int b = 0; b <= max; b++) {
            for (int i = 0; b + i <= max; i++) {
                chain->p[b][i] /= total;
            }
        }
    }
}

static void keep_alive_check(enum pool_pick pick, int max, double a, double m, double g)
{
    static struct chain chain;
    chain = (struct chain){.max = max, .a = a, .m = m, .g = g};
    chain_solve(&chain);
    double busy_mean = 0, present_mean = 0, none_idle = 0;
    for (int b = 0; b <= max; b++) {
        for (int i = 0; b + i <= max; i++) {
            busy_mean += b * chain.p[b][i];
            present_mean += (b + i) * chain.p[b][i];
        }
        none_idle += chain.p[b][0];
    }
    const struct system system = {
        .pick = pick,
        .max = max == CHAIN_MAX ? INT64_MAX : max, /* so many that none is ever turned away */
        .rate_per_s = a,
        .warm = distribution_exponential(1e9 / m),
        .cold = distribution_exponential(1e9 / m),
        .idle = distribution_exponential(1e9 / g),
    };
    struct estimate cold = {0}, lost = {0}, busy = {0}, present = {0};
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        const struct run run = run_simulate(&system, sample_size(20000), r);
        estimate_add(&cold, run.cold / run.offered);
        estimate_add(&lost, 1 - run.served / run.offered);
        estimate_add(&busy, run.busy_mean);
        estimate_add(&present, run.present_mean);
    }
    estimate_check(&cold, none_idle - chain.p[max][0], "cold");
    estimate_check(&busy, busy_mean, "busy");
    estimate_check(&present, present_mean, "present");
    if (max < CHAIN_MAX) {
        estimate_check(&lost, chain.p[max][0], "turned away");
    } else {
        assert_true(lost.sum == 0);
    }
}

static void test_keep_alive(void **state)
{
    (void)state;
    keep_alive_check(POOL_NEWEST, 3, 2, 1, 0.5);
    keep_alive_check(POOL_LEAST_RECENT, 6, 4, 1, 2);
    keep_alive_check(POOL_MOST_RECENT, CHAIN_MAX, 3, 1, 0.3);
    keep_alive_check(POOL_RANDOM, CHAIN_MAX, 5, 1, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picks_worked),
        cmocka_unit_test(test_expiry_worked),
        cmocka_unit_test(test_expiry_is_put_off),
        cmocka_unit_test(test_removed_and_kept),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_naive),
        cmocka_unit_test(test_random_pick),
        cmocka_unit_test(test_one_instance),
        cmocka_unit_test(test_keep_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
