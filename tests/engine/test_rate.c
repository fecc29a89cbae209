/* Known independently: the integral of the rate, in closed form (steps, ramps, sines) or by
 * Simpson's rule between the bends of a rate evaluated straight from its definition. Advancing by a
 * mass m from time to time must increase that integral by m, whatever the pieces inside. */
#include "sim/engine/rate.h"

#include <math.h>

#include "sim/engine/arrivals.h"
#include "sim/kernel/arena.h"
#include "tests/kernel/sample.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define TEST_PI 3.14159265358979323846

/* A rate of its own arena. */
struct bench {
    struct arena arena;
    struct rate rate;
};

static struct bench *bench_new(const struct scenario_traffic *traffic, int64_t origin_ns,
                               int64_t horizon_ns, int64_t week_start_ns)
{
    struct bench *bench = test_calloc(1, sizeof(*bench));
    arena_init(&bench->arena);
    const struct arrivals_setup setup = {.seed = 1,
                                         .origin_ns = origin_ns,
                                         .horizon_ns = horizon_ns,
                                         .week_start_ns = week_start_ns,
                                         .arena = &bench->arena};
    rate_init(&bench->rate, traffic, &setup, NULL);
    return bench;
}

static void bench_free(struct bench *bench)
{
    arena_done(&bench->arena);
    test_free(bench);
}

static int64_t bench_advance(struct bench *bench, double mass)
{
    int64_t time_ns = -1;
    assert_true(rate_advance(&bench->rate, mass, &time_ns));
    return time_ns;
}

static void bench_expect_end(struct bench *bench, double mass)
{
    int64_t time_ns;
    for (int i = 0; i < 3; i++)
        assert_false(rate_advance(&bench->rate, mass, &time_ns));
}

static void expect_ns(int64_t value, int64_t expected)
{
    if (llabs(value - expected) > 1)
        fail_msg("%lld ns, expected %lld ns", (long long)value, (long long)expected);
}

/* The example of rate.h, then the last rate holds, up to the horizon. */
static void test_steps(void **state)
{
    (void)state;
    const struct rate_point points[] = {{0, 10}, {SECOND, 20}};
    const struct scenario_traffic traffic = {.name = "t", .rate = points, .rate_count = 2};
    struct bench *bench = bench_new(&traffic, 0, 1000 * SECOND, 0);
    expect_ns(bench_advance(bench, 9), 9 * SECOND / 10);
    expect_ns(bench_advance(bench, 2), 105 * SECOND / 100);
    expect_ns(bench_advance(bench, 0), 105 * SECOND / 100);
    expect_ns(bench_advance(bench, 20 * 997.95), 999 * SECOND);
    bench_expect_end(bench, 21);
    bench_free(bench);
}

/* Before time 0 the rate is that of time 0, with every shape as at time 0; the first point's value
 * holds before it. */
static void test_warm_up(void **state)
{
    (void)state;
    const struct rate_point points[] = {{5 * SECOND, 10}, {15 * SECOND, 30}};
    const struct spike spike = {.at_ns = 0, .for_ns = SECOND, .times = 3};
    double weekly[168];
    for (int i = 0; i < 168; i++)
        weekly[i] = i == 9 ? 2 : 100;
    const struct shape shapes[] = {
        {.kind = SHAPE_SPIKES, .spikes = &spike, .spikes_count = 1},
        {.kind = SHAPE_WEEKLY, .weekly = weekly},
        {.kind = SHAPE_SINE, .period_ns = 10000 * HOUR, .peak_ns = 0, .amplitude_ratio = 0.5},
    };
    const struct scenario_traffic traffic = {.name = "t",
                                             .rate = points,
                                             .rate_count = 2,
                                             .rate_linear = true,
                                             .shapes = shapes,
                                             .shapes_count = 3};
    struct bench *bench = bench_new(&traffic, 100 * SECOND, 200 * SECOND, 9 * HOUR);
    /* 10 * 3 * 2 * 1.5 = 90/s for 100 s of warm-up and 1 s more, then 30/s up to 5 s */
    for (int i = 1; i <= 101; i++)
        expect_ns(bench_advance(bench, 90), i * SECOND);
    expect_ns(bench_advance(bench, 30), 102 * SECOND);
    bench_free(bench);
}

/* 100/s over 10 s: the integral is 5 t^2, so mass k is reached at sqrt(k / 5); then 100/s. */
static void test_ramp_up(void **state)
{
    (void)state;
    const struct rate_point points[] = {{0, 0}, {10 * SECOND, 100}};
    const struct scenario_traffic traffic = {
        .name = "t", .rate = points, .rate_count = 2, .rate_linear = true};
    struct bench *bench = bench_new(&traffic, 0, 100 * SECOND, 0);
    for (int i = 1; i <= 500; i++)
        expect_ns(bench_advance(bench, 1), llround(sqrt(i / 5.0) * 1e9));
    for (int i = 1; i <= 500; i++)
        expect_ns(bench_advance(bench, 1), 10 * SECOND + i * SECOND / 100);
    bench_free(bench);
}

/* Down to 0 at 10 s: 100 t - 5 t^2; in all 500 come, and no more. */
static void test_ramp_down(void **state)
{
    (void)state;
    const struct rate_point points[] = {{0, 100}, {10 * SECOND, 0}};
    const struct scenario_traffic traffic = {
        .name = "t", .rate = points, .rate_count = 2, .rate_linear = true};
    struct bench *bench = bench_new(&traffic, 0, INT64_C(1) << 60, 0);
    for (int i = 1; i < 500; i++)
        expect_ns(bench_advance(bench, 1), llround((10 - sqrt(100 - i / 5.0)) * 1e9));
    bench_expect_end(bench, 1.000001);
    bench_free(bench);
}

/* A ramp that reaches beyond the horizon keeps its slope. */
static void test_ramp_beyond_horizon(void **state)
{
    (void)state;
    const struct rate_point points[] = {{0, 0}, {100 * SECOND, 100}};
    const struct scenario_traffic traffic = {
        .name = "t", .rate = points, .rate_count = 2, .rate_linear = true};
    struct bench *bench = bench_new(&traffic, 0, 10 * SECOND, 0);
    expect_ns(bench_advance(bench, 32), 8 * SECOND);
    bench_expect_end(bench, 18.01);
    bench_free(bench);
}

/* Two points at the same time are a jump in a ramp too. */
static void test_ramp_jump(void **state)
{
    (void)state;
    const struct rate_point points[] = {{0, 10}, {SECOND, 10}, {SECOND, 100}, {2 * SECOND, 100}};
    const struct scenario_traffic traffic = {
        .name = "t", .rate = points, .rate_count = 4, .rate_linear = true};
    struct bench *bench = bench_new(&traffic, 0, 10 * SECOND, 0);
    expect_ns(bench_advance(bench, 9), 9 * SECOND / 10);
    expect_ns(bench_advance(bench, 51), 3 * SECOND / 2);
    bench_free(bench);
}

/* Nothing comes while the rate is 0, be it for a year or for ever. */
static void test_silence(void **state)
{
    (void)state;
    const struct rate_point steps[] = {{0, 0}, {HOUR, 10}, {2 * HOUR, 0}, {8760 * HOUR, 1}};
    struct scenario_traffic traffic = {.name = "t", .rate = steps, .rate_count = 4};
    struct bench *bench = bench_new(&traffic, 0, INT64_C(1) << 61, 0);
    expect_ns(bench_advance(bench, 1), HOUR + SECOND / 10);
    expect_ns(bench_advance(bench, 35998), 2 * HOUR - SECOND / 10);
    expect_ns(bench_advance(bench, 2), 8760 * HOUR + SECOND);
    bench_free(bench);

    const struct rate_point never = {0, 0};
    const double weekly[168] = {0};
    const struct spike spike = {.at_ns = 0, .for_ns = INT64_C(1) << 60, .times = 0};
    const struct shape sine = {.kind = SHAPE_SINE, .period_ns = 1000000, .amplitude_ratio = 1};
    const struct shape silent[][2] = {
        {sine, sine},
        {sine, {.kind = SHAPE_WEEKLY, .weekly = weekly}},
        {sine, {.kind = SHAPE_SPIKES, .spikes = &spike, .spikes_count = 1}},
    };
    for (int i = 0; i < 3; i++) {
        traffic = (struct scenario_traffic){.name = "t",
                                            .rate = i == 0 ? &never : &steps[1],
                                            .rate_count = 1,
                                            .shapes = silent[i],
                                            .shapes_count = 2};
        bench = bench_new(&traffic, SECOND, INT64_C(1) << 55, 0);
        bench_expect_end(bench, 1e-9);
        bench_free(bench);
    }
}

/* Gaps far below and around a nanosecond add up without loss. */
static void test_below_a_nanosecond(void **state)
{
    (void)state;
    const double rates_per_s[] = {3e8, 1e9, 7e9};
    for (int r = 0; r < 3; r++) {
        const struct rate_point point = {0, rates_per_s[r]};
        const struct scenario_traffic traffic = {.name = "t", .rate = &point, .rate_count = 1};
        struct bench *bench = bench_new(&traffic, 0, 10 * SECOND, 0);
        for (int i = 1; i <= 1000000; i++)
            expect_ns(bench_advance(bench, 1), (int64_t)(i / rates_per_s[r] * 1e9));
        bench_free(bench);
    }
}

/* The integral of r (1 + A cos(2 pi (t - p) / P)) in closed form. */
static double sine_mass(double rate_per_s, const struct shape *sine, double t_s)
{
    double period_s = (double)sine->period_ns * 1e-9, peak_s = (double)sine->peak_ns * 1e-9;
    double swing_s = sine->amplitude_ratio * period_s / (2 * TEST_PI);
    return rate_per_s * (t_s + swing_s * (sin(2 * TEST_PI * (t_s - peak_s) / period_s) +
                                          sin(2 * TEST_PI * peak_s / period_s)));
}

/* The integral errs by less than 1e-6 of a piece's mean mass, at any time and without adding up. */
static void test_sine(void **state)
{
    (void)state;
    const double masses[] = {0.375, 5.125, 170, 20000}; /* their sums are exact */
    for (int a = 1; a <= 4; a++) {
        const struct rate_point point = {0, 1};
        const struct shape sine = {.kind = SHAPE_SINE,
                                   .period_ns = 10000 * SECOND,
                                   .peak_ns = 13333 * SECOND,
                                   .amplitude_ratio = a / 4.0};
        const struct scenario_traffic traffic = {
            .name = "t", .rate = &point, .rate_count = 1, .shapes = &sine, .shapes_count = 1};
        struct bench *bench = bench_new(&traffic, 0, INT64_C(1) << 60, 0);
        double mass = 0, error_max = 0;
        for (int i = 0; i < 100000; i++) {
            const double step = masses[i % 4 == 3 && i % 64 != 3 ? 0 : i % 4];
            mass += step;
            double t_s = (double)bench_advance(bench, step) * 1e-9;
            error_max = fmax(error_max, fabs(sine_mass(1, &sine, t_s) - mass));
        }
        bench_free(bench);
        /* 2e-9: a nanosecond at the highest rate; 1e-15: of the floating point of this test */
        double allowed = 1e-6 * 10000 / 1024 + 2e-9 + 1e-15 * mass;
        if (error_max > allowed)
            fail_msg("amplitude %g: error %g > %g", a / 4.0, error_max, allowed);
    }
}

/* Whole periods are passed over: a period of 1 ms, an arrival per 100 s, exact after 10^7 s. */
static void test_sine_far_faster_than_arrivals(void **state)
{
    (void)state;
    const struct rate_point points[] = {{0, 0.01}, {5000000 * SECOND, 0.03}};
    const struct shape sine = {
        .kind = SHAPE_SINE, .period_ns = 1000000, .peak_ns = 0, .amplitude_ratio = 0.9};
    const struct scenario_traffic traffic = {
        .name = "t", .rate = points, .rate_count = 2, .shapes = &sine, .shapes_count = 1};
    struct bench *bench = bench_new(&traffic, 0, INT64_C(1) << 60, 0);
    for (int i = 1; i <= 50000; i++)
        expect_ns(bench_advance(bench, 1), i * 100 * SECOND);
    for (int i = 1; i <= 30000; i++) {
        int64_t since_ns = bench_advance(bench, 1) - 5000000 * SECOND;
        /* a whole number of periods in each second */
        double mass = 0.03 * (double)(since_ns / SECOND) +
                      sine_mass(0.03, &sine, (double)(since_ns % SECOND) * 1e-9);
        if (fabs(mass - i) > 2e-10)
            fail_msg("mass %.12g at arrival %d", mass, i);
    }
    bench_free(bench);
}

/* ---- anything on top of anything ---- */

enum { BENDS_MAX = 4096 };

/* The rate by its definition. Right of a bend for side 1, left of it for side -1. */
static double naive_rate(const struct scenario_traffic *traffic, int64_t week_start_ns, double t_ns,
                         int side)
{
    double at = t_ns + side * 0.25; /* no bend lies within a quarter of a nanosecond */
    const struct rate_point *p = traffic->rate;
    uint32_t last = 0;
    while (last + 1 < traffic->rate_count && (double)p[last + 1].time_ns <= at)
        last++;
    double rate = p[last].rate_per_s;
    if (traffic->rate_linear && last + 1 < traffic->rate_count && (double)p[last].time_ns <= at)
        rate += (p[last + 1].rate_per_s - rate) * (t_ns - (double)p[last].time_ns) /
                (double)(p[last + 1].time_ns - p[last].time_ns);
    for (uint32_t i = 0; i < traffic->shapes_count; i++) {
        const struct shape *shape = &traffic->shapes[i];
        if (shape->kind == SHAPE_SINE)
            rate *= 1 + shape->amplitude_ratio * cos(2 * TEST_PI * (t_ns - (double)shape->peak_ns) /
                                                     (double)shape->period_ns);
        if (shape->kind == SHAPE_WEEKLY)
            rate *= shape->weekly[(int)fmod((at + (double)week_start_ns) / 3.6e12, 168)];
        for (uint32_t j = 0; shape->kind == SHAPE_SPIKES && j < shape->spikes_count; j++) {
            const struct spike *spike = &shape->spikes[j];
            if (at >= (double)spike->at_ns && at < (double)(spike->at_ns + spike->for_ns))
                rate *= spike->times;
        }
    }
    return rate;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static uint32_t naive_bends(const struct scenario_traffic *traffic, int64_t end_ns, double *bends)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < traffic->rate_count; i++)
        bends[count++] = (double)traffic->rate[i].time_ns;
    for (uint32_t i = 0; i < traffic->shapes_count; i++) {
        const struct shape *shape = &traffic->shapes[i];
        for (uint32_t j = 0; shape->kind == SHAPE_SPIKES && j < shape->spikes_count; j++) {
            bends[count++] = (double)shape->spikes[j].at_ns;
            bends[count++] = (double)(shape->spikes[j].at_ns + shape->spikes[j].for_ns);
        }
    }
    for (int64_t hour = 0; hour * HOUR <= end_ns; hour++)
        bends[count++] = (double)(hour * HOUR);
    bends[count++] = (double)end_ns;
    qsort(bends, count, sizeof(double), compare_doubles);
    assert_true(count < BENDS_MAX);
    return count;
}

/* Also raises *rate_max to the highest rate met. */
static double naive_mass(const struct scenario_traffic *traffic, int64_t week_start_ns,
                         double from_ns, double to_ns, const double *bends, uint32_t count,
                         double *rate_max)
{
    double sum = 0, at = from_ns;
    for (uint32_t i = 0; i <= count && at < to_ns; i++) {
        double next = i < count ? fmin(bends[i], to_ns) : to_ns;
        if (next <= at)
            continue;
        double parts = ceil((next - at) / 2e9), width = (next - at) / parts;
        for (int j = 0; j < (int)parts; j++) {
            double a = at + j * width, b = j + 1 == (int)parts ? next : a + width;
            double middle = naive_rate(traffic, week_start_ns, (a + b) / 2, 1);
            sum += (naive_rate(traffic, week_start_ns, a, 1) + 4 * middle +
                    naive_rate(traffic, week_start_ns, b, -1)) *
                   (b - a) / 6 * 1e-9;
            *rate_max = fmax(*rate_max, middle);
        }
        at = next;
    }
    return sum;
}

struct random_traffic {
    struct scenario_traffic traffic;
    struct rate_point points[5];
    struct spike spikes[2][3];
    double weekly[168];
    struct shape shapes[4];
};

/* Up to 5 points and up to 4 shapes over 3 hours: sines of 10 to 100 min, spikes that overlap,
 * hours. */
static void random_traffic_init(struct random_traffic *r, struct random *random)
{
    *r = (struct random_traffic){.traffic = {.name = "t", .rate = r->points, .shapes = r->shapes}};
    r->traffic.rate_count = 1 + random_below(random, 5);
    r->traffic.rate_linear = random_below(random, 2);
    int64_t at_ns = 0;
    for (uint32_t i = 0; i < r->traffic.rate_count; i++) {
        r->points[i] = (struct rate_point){at_ns, random_below(random, 4) * 0.5};
        at_ns += 1 + random_below(random, 4000) * SECOND;
    }
    r->traffic.shapes_count = random_below(random, 5);
    for (uint32_t i = 0, sets = 0; i < r->traffic.shapes_count; i++) {
        struct shape *shape = &r->shapes[i];
        shape->kind = (enum shape_kind)random_below(random, 3);
        if (shape->kind == SHAPE_SPIKES && sets == 2)
            shape->kind = SHAPE_WEEKLY;
        shape->period_ns = (600 + random_below(random, 5400)) * SECOND;
        shape->peak_ns = random_below(random, 10000) * SECOND;
        shape->amplitude_ratio = random_below(random, 5) / 4.0;
        shape->weekly = r->weekly;
        if (shape->kind == SHAPE_SPIKES) {
            shape->spikes = r->spikes[sets++];
            shape->spikes_count = 3;
        }
    }
    for (int i = 0; i < 6; i++)
        r->spikes[i / 3][i % 3] =
            (struct spike){random_below(random, 9000) * SECOND,
                           (1 + random_below(random, 3000)) * SECOND, random_below(random, 4)};
    for (int i = 0; i < 168; i++)
        r->weekly[i] = random_below(random, 5) * 0.5;
}

static void test_any_shapes(void **state)
{
    (void)state;
    const int64_t end_ns = 3 * HOUR;
    struct random random;
    random_seed(&random, 7, 0, "test", "shapes");
    double *bends = test_calloc(BENDS_MAX, sizeof(double));
    double total = 0;
    for (int n = sample_size(400); n > 0; n--) {
        struct random_traffic *r = test_calloc(1, sizeof(*r));
        random_traffic_init(r, &random);
        const int64_t week_start_ns = random_below(&random, 7 * 86400) / 3600 * HOUR;
        uint32_t bends_count = naive_bends(&r->traffic, end_ns, bends);
        struct bench *bench = bench_new(&r->traffic, 0, end_ns, week_start_ns);
        int64_t at_ns = 0, next_ns;
        double mass = 0, moved = 0, rate_max = 0, step = 1 + random_below(&random, 1000);
        while (rate_advance(&bench->rate, step, &next_ns)) {
            assert_true(next_ns >= at_ns);
            mass += naive_mass(&r->traffic, week_start_ns, (double)at_ns, (double)next_ns, bends,
                               bends_count, &rate_max);
            moved += step;
            at_ns = next_ns;
            /* a piece is at most 6000 s / 1024 long; what the two integrals may differ by */
            double allowed = 1e-6 * rate_max * 6 + 1e-9 * rate_max + 1e-9 * mass;
            if (fabs(mass - moved) > allowed)
                fail_msg("traffic %d: mass %.12g, moved by %.12g", n, mass, moved);
        }
        mass = naive_mass(&r->traffic, week_start_ns, (double)at_ns, (double)end_ns, bends,
                          bends_count, &rate_max);
        assert_true(mass <= step + 1e-5 * rate_max);
        total += moved;
        bench_free(bench);
        test_free(r);
    }
    assert_true(total > 0);
    test_free(bends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_warm_up),
        cmocka_unit_test(test_ramp_up),
        cmocka_unit_test(test_ramp_down),
        cmocka_unit_test(test_ramp_beyond_horizon),
        cmocka_unit_test(test_ramp_jump),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_below_a_nanosecond),
        cmocka_unit_test(test_sine),
        cmocka_unit_test(test_sine_far_faster_than_arrivals),
        cmocka_unit_test(test_any_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
