/* Known independently: the exponential, gamma and uniform distribution functions; Poisson counts
 * have variance = mean; the mean and the index of dispersion of a Markov-modulated Poisson process
 * (Heffes and Lucantoni, IEEE J. Sel. Areas Commun. SAC-4:6, 1986); integrals of varying rates in
 * closed form; the rows of small traces. All checks with fixed seeds at the levels of sample.h,
 * chi-squares at 99.9 %. */
#include "sim/engine/arrivals.h"

#include <math.h>

#include "sim/engine/trace.h"
#include "sim/kernel/arena.h"
#include "tests/engine/trace_text.h"
#include "tests/kernel/sample.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define FOREVER (INT64_C(1) << 61)
#define TEST_PI 3.14159265358979323846

/* A source with an arena of its own. */
struct source {
    struct arena arena;
    struct arrivals arrivals;
};

static struct source *source_new(const struct scenario_traffic *traffic, uint32_t replication,
                                 int64_t origin_ns, int64_t horizon_ns)
{
    struct source *source = test_calloc(1, sizeof(*source));
    arena_init(&source->arena);
    const struct arrivals_setup setup = {.seed = 1,
                                         .replication = replication,
                                         .origin_ns = origin_ns,
                                         .horizon_ns = horizon_ns,
                                         .arena = &source->arena};
    assert_true(arrivals_init(&source->arrivals, traffic, &setup));
    return source;
}

static void source_free(struct source *source)
{
    arrivals_done(&source->arrivals);
    arena_done(&source->arena);
    test_free(source);
}

static double source_gap_s(struct source *source, int64_t *at_ns)
{
    int64_t before_ns = *at_ns;
    assert_true(arrivals_next(&source->arrivals, at_ns));
    assert_true(*at_ns >= before_ns);
    return (double)(*at_ns - before_ns) * 1e-9;
}

/* How many arrive in (from, to], for each replication; edges ascend. */
static void count_between(const struct scenario_traffic *traffic, uint32_t replication,
                          int64_t origin_ns, const double *edges_s, int edges, double *counts)
{
    int64_t horizon_ns = origin_ns + (int64_t)(edges_s[edges - 1] * 1e9), at_ns;
    struct source *source = source_new(traffic, replication, origin_ns, horizon_ns);
    int i = 0;
    while (arrivals_next(&source->arrivals, &at_ns)) {
        double t_s = (double)(at_ns - origin_ns) * 1e-9;
        while (i < edges && t_s > edges_s[i])
            i++;
        if (i > 0 && i < edges)
            counts[i - 1]++;
    }
    source_free(source);
}

static void check_chi_square(const double *counts, const double *expected, int cells,
                             const char *name)
{
    double chi = 0;
    for (int i = 0; i < cells; i++)
        chi += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
    double chi_max = gsl_cdf_chisq_Qinv(0.001, cells);
    if (chi > chi_max)
        fail_msg("%s: chi-square %g > %g", name, chi, chi_max);
}

struct moments {
    double count, sum, squares, cubes, fourths;
};

static void moments_add(struct moments *m, double x, double shift)
{
    x -= shift;
    m->count++;
    m->sum += x;
    m->squares += x * x;
    m->cubes += x * x * x;
    m->fourths += x * x * x * x;
}

/* Mean and variance of independent values against the truth; `shift` is near the mean. */
static void moments_check(const struct moments *m, double shift, double mean, double variance,
                          const char *name)
{
    double n = m->count, a = m->sum / n, central2 = m->squares / n - a * a;
    double central4 =
        m->fourths / n - 4 * a * m->cubes / n + 6 * a * a * m->squares / n - 3 * a * a * a * a;
    sample_check_near(a + shift, mean, sqrt(central2 / n), name);
    sample_check_near(central2, variance, sqrt((central4 - central2 * central2) / n), name);
}

/* ---- one rate ---- */

static const struct rate_point flat_200[] = {{0, 200}};

static void test_poisson(void **state)
{
    (void)state;
    const struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_POISSON, .rate = flat_200, .rate_count = 1};
    struct source *source = source_new(&traffic, 0, 10 * SECOND, FOREVER);
    struct sample *gaps = test_calloc(1, sizeof(struct sample));
    struct moments counts = {0};
    int64_t at_ns = 0;
    double in_window = 0;
    int64_t window = 0;
    for (int i = sample_size(5000000); i > 0; i--) {
        sample_add(gaps, -expm1(-200 * source_gap_s(source, &at_ns)));
        for (; at_ns / (SECOND / 10) > window; window++, in_window = 0)
            moments_add(&counts, in_window, 20);
        in_window++;
    }
    sample_check_uniform(gaps, "gaps");
    moments_check(&counts, 20, 20, 20, "counts per 0.1 s");
    test_free(gaps);
    source_free(source);
}

/* Equal distances; the phase is uniform over the replications. */
static void test_constant(void **state)
{
    (void)state;
    const struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_CONSTANT, .rate = flat_200, .rate_count = 1};
    struct sample *phases = test_calloc(1, sizeof(struct sample));
    for (int i = sample_size(20000); i > 0; i--) {
        struct source *source = source_new(&traffic, (uint32_t)i, 0, FOREVER);
        int64_t at_ns = 0, first_ns;
        sample_add(phases, 200 * source_gap_s(source, &at_ns));
        first_ns = at_ns;
        for (int j = 1; j <= 10; j++) {
            source_gap_s(source, &at_ns);
            assert_true(llabs(at_ns - first_ns - j * SECOND / 200) <= 1);
        }
        source_free(source);
    }
    sample_check_uniform(phases, "phases");
    test_free(phases);
}

static void test_renewal(void **state)
{
    (void)state;
    const struct distribution gap = distribution_gamma(1, 0.5); /* shape 4 */
    const struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_RENEWAL, .rate = flat_200, .rate_count = 1, .gap = &gap};
    struct source *source = source_new(&traffic, 0, 0, FOREVER);
    struct sample *gaps = test_calloc(1, sizeof(struct sample));
    struct moments moments = {0};
    int64_t at_ns = 0;
    for (int i = sample_size(2000000); i > 0; i--) {
        double gap_s = source_gap_s(source, &at_ns);
        sample_add(gaps, gsl_cdf_gamma_P(gap_s * 200, 4, 0.25));
        moments_add(&moments, gap_s * 200, 1);
    }
    sample_check_uniform(gaps, "gaps");
    moments_check(&moments, 1, 1, 0.25, "gaps");
    test_free(gaps);
    source_free(source);
}

/* Under a ramp from 0 to 1000/s in 100 s the gaps of operational time, 5 t^2, have the
 * distribution. */
static void test_renewal_on_ramp(void **state)
{
    (void)state;
    const struct rate_point ramp[] = {{0, 0}, {100 * SECOND, 1000}};
    const struct distribution gap = distribution_erlang(2, 1);
    const struct scenario_traffic traffic = {.name = "t",
                                             .arrivals = ARRIVALS_RENEWAL,
                                             .rate = ramp,
                                             .rate_count = 2,
                                             .rate_linear = true,
                                             .gap = &gap};
    struct sample *gaps = test_calloc(1, sizeof(struct sample));
    for (int i = sample_size(10); i > 0; i--) {
        struct source *source = source_new(&traffic, (uint32_t)i, 0, 100 * SECOND);
        double before = 0;
        int64_t at_ns;
        while (arrivals_next(&source->arrivals, &at_ns)) {
            double now = 5 * (double)at_ns * 1e-9 * (double)at_ns * 1e-9;
            sample_add(gaps, gsl_cdf_gamma_P(now - before, 2, 0.5));
            before = now;
        }
        source_free(source);
    }
    sample_check_uniform(gaps, "gaps of operational time");
    test_free(gaps);
}

/* ---- states ---- */

/* Counts in [0, t] of independent replications: mean and dispersion in equilibrium from the start.
 */
static void test_mmpp_two_states(void **state)
{
    (void)state;
    const double rates_per_s[] = {5, 25};
    const int64_t stay_ns[] = {10 * SECOND, 2 * SECOND};
    const struct scenario_traffic traffic = {.name = "t",
                                             .arrivals = ARRIVALS_MMPP,
                                             .mmpp_rates_per_s = rates_per_s,
                                             .mmpp_stay_ns = stay_ns,
                                             .mmpp_count = 2};
    const double l1 = 5, l2 = 25, r1 = 1 / 10.0, r2 = 1 / 2.0, r = r1 + r2;
    const double mean_per_s = (l1 * r2 + l2 * r1) / r;
    const double edges_s[][2] = {{0, 0.5}, {0, 5}, {0, 50}, {20, 25}};
    for (int e = 0; e < 4; e++) {
        struct moments moments = {0};
        double t = edges_s[e][1] - edges_s[e][0], mean = mean_per_s * t;
        for (int i = sample_size(40000); i > 0; i--) {
            double count = 0;
            count_between(&traffic, (uint32_t)i, 0, edges_s[e], 2, &count);
            moments_add(&moments, count, mean);
        }
        double index = 1 + 2 * (l1 - l2) * (l1 - l2) * r1 * r2 / (r * r * (l1 * r2 + l2 * r1)) *
                               (1 - (1 - exp(-r * t)) / (r * t));
        moments_check(&moments, mean, mean, mean * index, "counts");
    }
}

/* Three states in order, one of them silent. The mean is that of equilibrium at any time, also
 * right at the start, and the silent state is followed by the third, never by the first. */
static void test_mmpp_cycle(void **state)
{
    (void)state;
    const double rates_per_s[] = {100, 0, 1000};
    const int64_t stay_ns[] = {3 * SECOND, 2 * SECOND, SECOND};
    const struct scenario_traffic traffic = {.name = "t",
                                             .arrivals = ARRIVALS_MMPP,
                                             .mmpp_rates_per_s = rates_per_s,
                                             .mmpp_stay_ns = stay_ns,
                                             .mmpp_count = 3};
    const double edges_s[] = {0, 0.01, 0.5, 1, 10, 10.01, 11};
    const double mean_per_s = (100 * 3 + 0 * 2 + 1000 * 1) / 6.0;
    struct moments moments[6] = {0};
    for (int i = sample_size(20000); i > 0; i--) {
        double counts[6] = {0};
        count_between(&traffic, (uint32_t)i, 0, edges_s, 7, counts);
        for (int j = 0; j < 6; j++)
            moments_add(&moments[j], counts[j], 0);
    }
    for (int j = 0; j < 6; j++) {
        double a = moments[j].sum / moments[j].count;
        double variance = moments[j].squares / moments[j].count - a * a;
        sample_check_near(a, mean_per_s * (edges_s[j + 1] - edges_s[j]),
                          sqrt(variance / moments[j].count), "mean of a window");
    }
    /* after a gap of over 0.3 s (e^-30 within the first state) ten arrivals come within 0.1 s, not
     * 1 s */
    struct source *source = source_new(&traffic, 0, 0, FOREVER);
    int64_t at_ns = 0;
    double short_count = 0, silences = sample_size(1000);
    for (int found = 0; found < (int)silences;) {
        if (source_gap_s(source, &at_ns) < 0.3)
            continue;
        found++;
        double ten_s = 0;
        for (int i = 0; i < 10; i++)
            ten_s += source_gap_s(source, &at_ns);
        short_count += ten_s < 0.05;
    }
    assert_true(short_count > 0.9 * silences); /* P(the third state ends within 10 ms) = 1 % */
    source_free(source);
}

/* ---- varying rates ---- */

enum { CELLS = 20 };

static double mass_steps(double t_s)
{
    return 40 * fmin(t_s, 3) + 10 * fmin(fmax(t_s - 3, 0), 2) + 70 * fmax(t_s - 5, 0);
}

static double mass_ramp(double t_s)
{
    return 10 * t_s + 4.5 * t_s * t_s; /* 10/s to 100/s in 10 s */
}

static double mass_sine(double t_s)
{
    const double w = 2 * TEST_PI / 4;
    return 50 * (t_s + 0.8 / w * (sin(w * (t_s - 1)) + sin(w)));
}

static double mass_spikes(double t_s)
{
    return 20 * t_s + 20 * 7 * fmin(fmax(t_s - 2, 0), 1.5) +
           20 * 8 * 1 * fmin(fmax(t_s - 3, 0), 0.5) + 20 * fmin(fmax(t_s - 3.5, 0), 2);
}

static void test_varying_rates(void **state)
{
    (void)state;
    const struct rate_point steps[] = {{0, 40}, {3 * SECOND, 10}, {5 * SECOND, 70}};
    const struct rate_point ramp[] = {{0, 10}, {10 * SECOND, 100}};
    const struct rate_point flat_50[] = {{0, 50}}, flat_20[] = {{0, 20}};
    const struct shape sine = {
        .kind = SHAPE_SINE, .period_ns = 4 * SECOND, .peak_ns = SECOND, .amplitude_ratio = 0.8};
    const struct spike spike[] = {{2 * SECOND, 3 * SECOND / 2, 8}, {3 * SECOND, 5 * SECOND / 2, 2}};
    const struct shape spikes = {.kind = SHAPE_SPIKES, .spikes = spike, .spikes_count = 2};
    const struct {
        struct scenario_traffic traffic;
        double (*mass)(double t_s);
        const char *name;
    } cases[] = {
        {{.name = "t", .rate = steps, .rate_count = 3}, mass_steps, "steps"},
        {{.name = "t", .rate = ramp, .rate_count = 2, .rate_linear = true}, mass_ramp, "ramp"},
        {{.name = "t", .rate = flat_50, .rate_count = 1, .shapes = &sine, .shapes_count = 1},
         mass_sine,
         "sine"},
        {{.name = "t", .rate = flat_20, .rate_count = 1, .shapes = &spikes, .shapes_count = 1},
         mass_spikes,
         "spikes"},
    };
    const int replications = sample_size(2000);
    for (int c = 0; c < 4; c++) {
        double edges_s[CELLS + 1], counts[CELLS] = {0}, expected[CELLS];
        for (int i = 0; i <= CELLS; i++)
            edges_s[i] = i * 0.5;
        for (int i = 0; i < CELLS; i++)
            expected[i] =
                replications * (cases[c].mass(edges_s[i + 1]) - cases[c].mass(edges_s[i]));
        for (int i = 0; i < replications; i++)
            count_between(&cases[c].traffic, (uint32_t)i, 3 * SECOND, edges_s, CELLS + 1, counts);
        check_chi_square(counts, expected, CELLS, cases[c].name);
    }
}

/* The warm-up has the rate of time 0: of the step, the ramp, the sine, the spike at that moment. */
static void test_warm_up(void **state)
{
    (void)state;
    const struct rate_point ramp[] = {{0, 100}, {10 * SECOND, 1000}};
    const struct spike spike = {0, 5 * SECOND, 2};
    const struct shape shapes[] = {
        {.kind = SHAPE_SINE,
         .period_ns = 20 * SECOND,
         .peak_ns = 10 * SECOND,
         .amplitude_ratio = 0.75},
        {.kind = SHAPE_SPIKES, .spikes = &spike, .spikes_count = 1},
    };
    const struct scenario_traffic traffic = {.name = "t",
                                             .rate = ramp,
                                             .rate_count = 2,
                                             .rate_linear = true,
                                             .shapes = shapes,
                                             .shapes_count = 2};
    double counts[CELLS] = {0}, expected[CELLS], edges_s[CELLS + 1];
    const int replications = sample_size(500);
    for (int i = 0; i <= CELLS; i++)
        edges_s[i] = i - CELLS;
    for (int i = 0; i < CELLS; i++)
        expected[i] = replications * 100 * 2 * 0.25;
    for (int i = 0; i < replications; i++)
        count_between(&traffic, (uint32_t)i, 30 * SECOND, edges_s, CELLS + 1, counts);
    check_chi_square(counts, expected, CELLS, "warm-up");
}

/* ---- traces ---- */

/* Each interval gets Poisson(count * scale) arrivals, spread evenly; missing ones get none. */
static void test_trace_counts(void **state)
{
    (void)state;
    char *path = trace_text_gzip("t,n\n0,4\n10,0\n20,8\n30,2\n60,1\n");
    struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_TRACE, .trace = trace_text_spec(path)};
    traffic.trace.scale = 1.5;
    static const double rows[] = {4, 0, 8, 2, 0, 0, 1};
    const int replications = sample_size(20000);
    struct sample *spread = test_calloc(1, sizeof(struct sample));
    struct moments moments[7] = {0};
    double edges_s[] = {0, 10, 20, 30, 40, 50, 60, 70};
    for (int i = 0; i < replications; i++) {
        double counts[7] = {0};
        count_between(&traffic, (uint32_t)i, 0, edges_s, 8, counts);
        for (int j = 0; j < 7; j++)
            moments_add(&moments[j], counts[j], rows[j] * 1.5);
        struct source *source = source_new(&traffic, (uint32_t)i, 0, FOREVER);
        int64_t at_ns;
        while (arrivals_next(&source->arrivals, &at_ns))
            if (at_ns > 20 * SECOND && at_ns < 30 * SECOND)
                sample_add(spread, (double)at_ns * 1e-10 - 2);
        assert_true(source->arrivals.ended_ns == 70 * SECOND);
        source_free(source);
    }
    for (int j = 0; j < 7; j++) {
        if (rows[j] == 0)
            assert_true(moments[j].sum == 0);
        else
            moments_check(&moments[j], rows[j] * 1.5, rows[j] * 1.5, rows[j] * 1.5, "counts");
    }
    sample_check_uniform(spread, "place in the interval");
    test_free(spread);
    trace_text_remove(path);
}

/* The sum over a real trace: 558106105 requests, one in a hundred; and at twice the speed. */
static void test_trace_conserves(void **state)
{
    (void)state;
    struct scenario_traffic traffic = {
        .name = "t",
        .arrivals = ARRIVALS_TRACE,
        .trace = trace_text_spec(ARCHSIM_SOURCE_DIR
                                 "/scenarios/traces/worldcup98_permin_to_0619.csv.gz")};
    for (int speed = 1; speed <= 2; speed++) {
        traffic.trace.scale = 0.01;
        traffic.trace.speed = speed;
        struct source *source = source_new(&traffic, (uint32_t)speed, 0, FOREVER);
        double count = 0;
        int64_t at_ns;
        while (arrivals_next(&source->arrivals, &at_ns))
            count++;
        sample_check_near(count, 5581061.05, sqrt(5581061.05), "requests");
        assert_true(source->arrivals.ended_ns == 72150 * 60 * SECOND / speed);
        source_free(source);
    }
}

/* The first minute sets the warm-up; `from` is where time 0 is. */
static void test_trace_warm_up(void **state)
{
    (void)state;
    char *path = trace_text_plain("1000\n30\n90\n600\n");
    struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_TRACE, .trace = trace_text_spec(path)};
    traffic.trace.interval_ns = 30 * SECOND;
    traffic.trace.from_ns = 30 * SECOND;
    const int replications = sample_size(2000);
    const double edges_s[] = {-50, -10, 0, 30, 60, 90}, expected_s[] = {80, 20, 30, 90, 600};
    double counts[5] = {0}, expected[5];
    for (int i = 0; i < 5; i++)
        expected[i] = replications * expected_s[i];
    for (int i = 0; i < replications; i++)
        count_between(&traffic, (uint32_t)i, 50 * SECOND, edges_s, 6, counts);
    check_chi_square(counts, expected, 5, "warm-up and replay");
    trace_text_remove(path);
}

/* Exact, the same in every replication; the warm-up is not. Ends are told where the trace ends, not
 * where nobody asks any more. */
static void test_trace_instants(void **state)
{
    (void)state;
    char *path = trace_text_plain("100\n100.25\n100.25\n101.000000001\n130\n");
    struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_TRACE, .trace = trace_text_spec(path)};
    traffic.trace.arrivals = true;
    static const int64_t expected_ns[] = {0, 250000000, 250000000, 1000000001, 30 * SECOND};
    int64_t first_ns[2] = {0};
    double warm_up = 0;
    const uint32_t replications = (uint32_t)sample_size(500);
    for (uint32_t r = 0; r < replications; r++) {
        struct source *source = source_new(&traffic, r, 40 * SECOND, 100 * SECOND);
        int64_t at_ns;
        int i = 0;
        assert_true(arrivals_next(&source->arrivals, &at_ns));
        if (r < 2)
            first_ns[r] = at_ns;
        for (; at_ns < 40 * SECOND; warm_up++)
            assert_true(arrivals_next(&source->arrivals, &at_ns));
        do
            assert_true(at_ns == 40 * SECOND + expected_ns[i++]);
        while (arrivals_next(&source->arrivals, &at_ns));
        assert_int_equal(i, 5);
        assert_true(source->arrivals.ended_ns == 40 * SECOND + 30 * SECOND + 30 * SECOND / 4);
        source_free(source);
    }
    assert_true(first_ns[0] != first_ns[1]);
    /* 5 in 37.5 s, which is all there is of the first minute */
    double mean = 40 * 5 / 37.5 * replications;
    sample_check_near(warm_up, mean, sqrt(mean), "warm-up");

    struct source *source = source_new(&traffic, 0, 0, SECOND);
    int64_t at_ns;
    for (int i = 0; i < 3; i++)
        assert_true(arrivals_next(&source->arrivals, &at_ns));
    assert_false(arrivals_next(&source->arrivals, &at_ns));
    assert_true(source->arrivals.ended_ns == TIME_NONE);
    source_free(source);
    trace_text_remove(path);
}

/* A trace that was changed since it was checked is reported where there is a diag. */
static void test_trace_unreadable(void **state)
{
    (void)state;
    const struct scenario_traffic traffic = {
        .name = "t", .arrivals = ARRIVALS_TRACE, .trace = trace_text_spec("/nowhere/trace")};
    struct diag diag;
    struct arrivals arrivals;
    struct arena arena;
    diag_init(&diag);
    arena_init(&arena);
    const struct arrivals_setup setup = {
        .seed = 1, .horizon_ns = SECOND, .arena = &arena, .diag = &diag};
    assert_false(arrivals_init(&arrivals, &traffic, &setup));
    assert_int_equal(diag.errors_count, 1);
    arena_done(&arena);
    diag_done(&diag);
}

/* ---- luck ---- */

/* The same seed, replication and name give the same arrivals; another one of any gives others. */
static void test_streams(void **state)
{
    (void)state;
    const double rates_per_s[] = {50, 250};
    const int64_t stay_ns[] = {10 * SECOND, 2 * SECOND};
    const struct distribution gap = distribution_lognormal(1, 2);
    struct scenario_traffic traffics[] = {
        {.arrivals = ARRIVALS_POISSON, .rate = flat_200, .rate_count = 1},
        {.arrivals = ARRIVALS_CONSTANT, .rate = flat_200, .rate_count = 1},
        {.arrivals = ARRIVALS_RENEWAL, .rate = flat_200, .rate_count = 1, .gap = &gap},
        {.arrivals = ARRIVALS_MMPP,
         .mmpp_rates_per_s = rates_per_s,
         .mmpp_stay_ns = stay_ns,
         .mmpp_count = 2},
    };
    for (int k = 0; k < 4; k++) {
        int64_t at_ns[4][50];
        for (int v = 0; v < 4; v++) {
            traffics[k].name = v == 3 ? "other" : "t";
            struct source *source = source_new(&traffics[k], v == 2 ? 1 : 0, SECOND, FOREVER);
            for (int i = 0; i < 50; i++)
                assert_true(arrivals_next(&source->arrivals, &at_ns[v][i]));
            source_free(source);
        }
        for (int i = 0; i < 50; i++) {
            assert_true(at_ns[0][i] == at_ns[1][i]);
            assert_true(at_ns[0][i] != at_ns[2][i]);
            assert_true(at_ns[0][i] != at_ns[3][i]);
        }
    }
}

/* Common random numbers: at twice the rate the same arrivals come twice as early. */
static void test_same_luck(void **state)
{
    (void)state;
    const struct rate_point flat_400[] = {{0, 400}};
    const struct scenario_traffic slow = {.name = "t", .rate = flat_200, .rate_count = 1};
    const struct scenario_traffic fast = {.name = "t", .rate = flat_400, .rate_count = 1};
    struct source *a = source_new(&slow, 0, 0, FOREVER), *b = source_new(&fast, 0, 0, FOREVER);
    for (int i = 0; i < 1000; i++) {
        int64_t slow_ns, fast_ns;
        assert_true(arrivals_next(&a->arrivals, &slow_ns));
        assert_true(arrivals_next(&b->arrivals, &fast_ns));
        assert_true(llabs(slow_ns - 2 * fast_ns) <= 2);
    }
    source_free(a);
    source_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poisson),          cmocka_unit_test(test_constant),
        cmocka_unit_test(test_renewal),          cmocka_unit_test(test_renewal_on_ramp),
        cmocka_unit_test(test_mmpp_two_states),  cmocka_unit_test(test_mmpp_cycle),
        cmocka_unit_test(test_varying_rates),    cmocka_unit_test(test_warm_up),
        cmocka_unit_test(test_trace_counts),     cmocka_unit_test(test_trace_conserves),
        cmocka_unit_test(test_trace_warm_up),    cmocka_unit_test(test_trace_instants),
        cmocka_unit_test(test_trace_unreadable), cmocka_unit_test(test_streams),
        cmocka_unit_test(test_same_luck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
