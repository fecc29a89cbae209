/* Known independently: the survivor functions Q of GSL, or the textbook's formula where GSL has
 * none, fed with parameters that this file derives from mean and cv by itself. Moments come from Q
 * by numerical integration: E X = integral of Q(x) dx, E X^2 = integral of 2 x Q(x) dx. */
#include "sim/kernel/distribution.h"

#include <float.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <stdbool.h>

#include "tests/kernel/sample.h"

struct law {
    const char *name;
    struct distribution d;
    double (*survivor)(const double *v, double x); /* P(X > x) by its own parameters */
    double v[4];
    double high; /* the integral of moments ends here; 0: where Q < 1e-18 */
    bool heavy;  /* no fourth moment to speak of: the sample's sd says nothing */
};

static double survivor_exponential(const double *v, double x)
{
    return gsl_cdf_exponential_Q(x, v[0]);
}

static double survivor_lognormal(const double *v, double x)
{
    return gsl_cdf_lognormal_Q(x, v[0], v[1]);
}

static double survivor_gamma(const double *v, double x)
{
    return gsl_cdf_gamma_Q(x, v[0], v[1]);
}

/* The k-th event of a Poisson process is later than x: at most k - 1 events by then. */
static double survivor_erlang(const double *v, double x)
{
    return gsl_cdf_poisson_P((unsigned)v[0] - 1, x / v[1]);
}

static double survivor_hyperexponential(const double *v, double x)
{
    return v[0] * gsl_cdf_exponential_Q(x, v[1]) + (1 - v[0]) * gsl_cdf_exponential_Q(x, v[2]);
}

static double survivor_weibull(const double *v, double x)
{
    return gsl_cdf_weibull_Q(x, v[1], v[0]);
}

static double survivor_pareto(const double *v, double x)
{
    return x < v[1] ? 1 : gsl_cdf_pareto_Q(x, v[0], v[1]);
}

static double survivor_uniform(const double *v, double x)
{
    return gsl_cdf_flat_Q(x, v[0], v[1]);
}

static double survivor_normal(const double *v, double x)
{
    return gsl_cdf_gaussian_Q(x - v[0], v[1]) / gsl_cdf_gaussian_Q(-v[0], v[1]);
}

/* The areas of the two triangles: height at the mode 2 / (max - min). */
static double survivor_triangular(const double *v, double x)
{
    const double height = 2 / (v[2] - v[0]);
    if (x <= v[0])
        return 1;
    if (x <= v[1])
        return 1 - 0.5 * (x - v[0]) * height * (x - v[0]) / (v[1] - v[0]);
    return x >= v[2] ? 0 : 0.5 * (v[2] - x) * height * (v[2] - x) / (v[2] - v[1]);
}

/* p50 = 10, p90 = 25, p99 = 90, max = 400: straight lines of log x; down to 10 * 2.5^-1.25. */
static double survivor_quantiles(const double *v, double x)
{
    static const double probability[] = {0, 0.5, 0.9, 0.99, 1};
    const double value[] = {10 * pow(2.5, -1.25), 10, 25, 90, 400};
    x /= v[0];
    if (x < value[0])
        return 1;
    for (int i = 1; i < 5; i++) {
        const double part =
            (log10(x) - log10(value[i - 1])) / (log10(value[i]) - log10(value[i - 1]));
        if (x < value[i])
            return 1 - probability[i - 1] - (probability[i] - probability[i - 1]) * part;
    }
    return 0;
}

static const double quantiles_x[] = {0.5, 0.9, 0.99, 1};
static const double quantiles_y[] = {10, 25, 90, 400};

enum { LAWS = 28 };

static void laws_fill(struct law laws[LAWS])
{
    const double z99 = 2.3263478740408408; /* of the normal, Abramowitz and Stegun table 26.5 */
    const double var2 = log(1 + 4.0), var_half = log(1.25), sigma = log(80.0 / 9) / z99;
    /* clang-format off */
    const struct law table[] = {
        {"exponential", distribution_exponential(12e6), survivor_exponential, {12e6}, 0, false},
        {"lognormal cv 0.5", distribution_lognormal(12e6, 0.5), survivor_lognormal,
         {log(12e6) - var_half / 2, sqrt(var_half)}, 0, false},
        {"lognormal cv 2", distribution_lognormal(1.0, 2), survivor_lognormal,
         {-var2 / 2, sqrt(var2)}, 0, true},
        {"lognormal p50 p99", distribution_lognormal_quantiles(9, 80), survivor_lognormal,
         {log(9), sigma}, 0, true},
        {"gamma cv 0.1", distribution_gamma(5, 0.1), survivor_gamma, {100, 0.05}, 0, false},
        {"gamma cv 0.7", distribution_gamma(5, sqrt(0.5)), survivor_gamma, {2, 2.5}, 0, false},
        {"gamma cv 1", distribution_gamma(5, 1), survivor_gamma, {1, 5}, 0, false},
        {"gamma cv 2", distribution_gamma(5, 2), survivor_gamma, {0.25, 20}, 0, false},
        {"gamma cv 5", distribution_gamma(5, 5), survivor_gamma, {0.04, 125}, 0, false},
        {"erlang 1", distribution_erlang(1, 3), survivor_erlang, {1, 3}, 0, false},
        {"erlang 2", distribution_erlang(2, 3), survivor_erlang, {2, 1.5}, 0, false},
        {"erlang 17", distribution_erlang(17, 3), survivor_erlang, {17, 3.0 / 17}, 0, false},
        {"hyperexponential", distribution_hyperexponential(0.9, 1, 20), survivor_hyperexponential,
         {0.9, 1, 20}, 0, false},
        {"weibull 0.5", distribution_weibull(4, 0.5), survivor_weibull, {0.5, 2}, 0, true},
        {"weibull 1", distribution_weibull(4, 1), survivor_weibull, {1, 4}, 0, false},
        {"weibull 3.5", distribution_weibull(4, 3.5), survivor_weibull,
         {3.5, 4 / gsl_sf_gamma(1 + 1 / 3.5)}, 0, false},
        {"pareto 0.8", distribution_pareto(2, 0.8), survivor_pareto, {0.8, 2}, 0, true},
        {"pareto 1.5", distribution_pareto(2, 1.5), survivor_pareto, {1.5, 2}, 0, true},
        {"pareto 3.2", distribution_pareto(2, 3.2), survivor_pareto, {3.2, 2}, 1e30, true},
        {"pareto 6", distribution_pareto(2, 6), survivor_pareto, {6, 2}, 0, true},
        {"uniform", distribution_uniform(5, 9), survivor_uniform, {5, 9}, 9, false},
        {"normal, hardly cut", distribution_normal(10, 2), survivor_normal, {10, 2}, 0, false},
        {"normal, cut", distribution_normal(1, 2), survivor_normal, {1, 2}, 0, false},
        {"normal, half", distribution_normal(0, 3), survivor_normal, {0, 3}, 0, false},
        {"triangular", distribution_triangular(1, 2, 7), survivor_triangular, {1, 2, 7}, 7, false},
        {"triangular, left", distribution_triangular(1, 1, 7), survivor_triangular, {1, 1, 7}, 7,
         false},
        {"triangular, right", distribution_triangular(1, 7, 7), survivor_triangular, {1, 7, 7}, 7,
         false},
        {"quantiles", distribution_quantiles(quantiles_x, quantiles_y, 4), survivor_quantiles, {1},
         400, false},
    };
    /* clang-format on */
    _Static_assert(sizeof(table) == LAWS * sizeof(table[0]), "LAWS counts the table");
    for (int i = 0; i < LAWS; i++)
        laws[i] = table[i];
}

/* E X^power by the trapezoid over log x, from where Q is 1 for certain. */
static double law_moment(const struct law *law, int power)
{
    double low = law->d.mean;
    double high = law->high;
    while (low > 1e-12 * law->d.mean && law->survivor(law->v, low) < 1 - 1e-14)
        low /= 2;
    if (high == 0)
        for (high = law->d.mean; law->survivor(law->v, high) > 1e-18;)
            high *= 2;
    enum { STEPS = 200000 };
    const double step = log(high / low) / STEPS;
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        const double x = low * exp(i * step);
        const double weight = i == 0 || i == STEPS ? 0.5 : 1;
        sum += weight * power * pow(x, power) * law->survivor(law->v, x);
    }
    return pow(low, power) * law->survivor(law->v, low / 2) + sum * step;
}

static void test_moments_are_exact(void **state)
{
    (void)state;
    struct law laws[LAWS];
    laws_fill(laws);
    for (int i = 0; i < LAWS; i++) {
        const struct law *law = &laws[i];
        if (isnan(law->d.mean))
            continue;
        const double mean = law_moment(law, 1);
        sample_check_close(law->d.mean, mean, 1e-6, law->name);
        if (!isnan(law->d.sd))
            sample_check_close(law->d.sd * law->d.sd, law_moment(law, 2) - mean * mean, 1e-5,
                               law->name);
    }
    assert_true(isnan(distribution_pareto(2, 1).mean));
    assert_true(isnan(distribution_pareto(2, 1.5).sd));
    assert_true(distribution_pareto(2, 1.5).mean == 6);
    assert_true(isnan(distribution_pareto(2, 2).sd));
}

static void test_cdf_is_that_of_gsl(void **state)
{
    (void)state;
    struct law laws[LAWS];
    laws_fill(laws);
    for (int i = 0; i < LAWS; i++) {
        const struct law *law = &laws[i];
        const double unit = isnan(law->d.mean) ? law->d.b : law->d.mean;
        double last = 0;
        for (double x = 1e-6; x < 1e3; x *= 1.01) {
            const double cdf = distribution_cdf(&law->d, x * unit);
            if (!(fabs(cdf - (1 - law->survivor(law->v, x * unit))) < 1e-12))
                fail_msg("%s at %g: %.17g", law->name, x * unit, cdf);
            assert_true(cdf >= last && cdf <= 1);
            last = cdf;
        }
        assert_true(last > 0.98);
        assert_true(distribution_cdf(&law->d, -1) == 0);
        assert_true(distribution_cdf(&law->d, 0) == 0);
    }
}

static void law_check_draws(const struct law *law, uint64_t seed, struct sample *sample)
{
    struct random random;
    random_seed(&random, seed, 0, law->name, "test");
    const int draws = sample_size(1000000);
    double sum = 0, squares = 0, fourths = 0;
    for (int i = 0; i < draws; i++) {
        const double x = distribution_draw(&law->d, &random);
        assert_true(x >= 0 && isfinite(x));
        sample_add(sample, 1 - law->survivor(law->v, x));
        const double square = (x - law->d.mean) * (x - law->d.mean);
        sum += x;
        squares += square;
        fourths += square * square;
    }
    sample_check_uniform(sample, law->name);
    if (isnan(law->d.sd))
        return;
    sample_check_near(sum / draws, law->d.mean, law->d.sd / sqrt(draws), law->name);
    if (law->heavy)
        return;
    const double variance = squares / draws;
    sample_check_near(variance, law->d.sd * law->d.sd,
                      sqrt((fourths / draws - variance * variance) / draws), law->name);
}

static void test_draws_follow_gsl(void **state)
{
    (void)state;
    struct law laws[LAWS];
    laws_fill(laws);
    for (int i = 0; i < LAWS; i++) {
        struct sample *sample = test_calloc(1, sizeof(struct sample));
        law_check_draws(&laws[i], 11, sample);
        test_free(sample);
    }
}

/* The same luck gives the same draw, times the factor; and so do cdf and moments. */
static void test_scale(void **state)
{
    (void)state;
    struct law laws[LAWS + 1];
    laws_fill(laws);
    laws[LAWS] = (struct law){.name = "geometric", .d = distribution_geometric(5)};
    for (int i = 0; i <= LAWS; i++) {
        const struct distribution *d = &laws[i].d;
        const struct distribution scaled = distribution_scale(d, 3.5);
        struct random a, b;
        random_seed(&a, 12, 0, laws[i].name, "test");
        random_seed(&b, 12, 0, laws[i].name, "test");
        for (int j = 0; j < 1000; j++) {
            const double x = distribution_draw(d, &a);
            sample_check_close(distribution_draw(&scaled, &b), 3.5 * x, 1e-12, laws[i].name);
            assert_true(fabs(distribution_cdf(&scaled, 3.5 * x * (1 + 1e-12)) -
                             distribution_cdf(d, x * (1 + 1e-12))) < 1e-12);
        }
        if (!isnan(d->mean))
            sample_check_close(scaled.mean, 3.5 * d->mean, 1e-15, laws[i].name);
        if (!isnan(d->sd))
            sample_check_close(scaled.sd, 3.5 * d->sd, 1e-15, laws[i].name);
    }
}

static void test_draw_int_rounds(void **state)
{
    (void)state;
    struct law laws[LAWS];
    laws_fill(laws);
    for (int i = 0; i < LAWS; i++) {
        const struct distribution d = distribution_scale(&laws[i].d, 10);
        struct random a, b;
        random_seed(&a, 13, 0, laws[i].name, "test");
        random_seed(&b, 13, 0, laws[i].name, "test");
        for (int j = 0; j < 1000; j++) {
            const double x = fmin(distribution_draw(&d, &a), 0x1p62);
            assert_true(distribution_draw_int(&d, &b) == llround(x));
        }
    }
}

/* A tail that no double holds is cut, not infinite, not negative. */
static void test_draws_are_bounded(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 14, 0, "bounded", "test");
    const struct distribution d = distribution_pareto(1e9, 0.01);
    bool largest = false, capped = false;
    for (int i = 0; i < 100000; i++) {
        const double x = distribution_draw(&d, &random);
        assert_true(x >= 1e9 && x <= DBL_MAX);
        largest = largest || x == DBL_MAX;
        const int64_t whole = distribution_draw_int(&d, &random);
        assert_true(whole >= 1000000000 && whole <= (int64_t)1 << 62);
        capped = capped || whole == (int64_t)1 << 62;
    }
    assert_true(largest);
    assert_true(capped);
}

static void test_constants(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 15, 0, "constants", "test");
    const double flat_x[] = {0.5, 1}, flat_y[] = {7, 7};
    const struct distribution sevens[] = {
        distribution_constant(7),
        distribution_lognormal(7, 0),
        distribution_lognormal_quantiles(7, 7),
        distribution_gamma(7, 0),
        distribution_uniform(7, 7),
        distribution_normal(7, 0),
        distribution_triangular(7, 7, 7),
        distribution_empirical(flat_y, 2),
        distribution_quantiles(flat_x, flat_y, 2),
        distribution_scale(&(struct distribution){.kind = DISTRIBUTION_CONSTANT, .a = 2}, 3.5),
    };
    for (size_t i = 0; i < sizeof(sevens) / sizeof(sevens[0]); i++) {
        const struct distribution *d = &sevens[i];
        for (int j = 0; j < 100; j++) {
            assert_true(distribution_draw(d, &random) == 7);
            assert_true(distribution_draw_int(d, &random) == 7);
        }
        assert_true(distribution_cdf(d, 6.999) == 0);
        assert_true(distribution_cdf(d, 7) == 1);
        assert_true(d->sd == 0);
        if (i + 1 < sizeof(sevens) / sizeof(sevens[0]))
            sample_check_close(d->mean, 7, 1e-15, "seven");
    }
    const struct distribution zeros[] = {distribution_exponential(0),
                                         distribution_lognormal(0, 2),
                                         distribution_gamma(0, 2),
                                         distribution_erlang(3, 0),
                                         distribution_weibull(0, 2),
                                         distribution_uniform(0, 0),
                                         distribution_hyperexponential(0.5, 0, 0)};
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        assert_true(distribution_draw(&zeros[i], &random) == 0);
        assert_true(distribution_cdf(&zeros[i], 0) == 1);
        assert_true(zeros[i].mean == 0 && zeros[i].sd == 0);
    }
}

/* P(X = k) = p (1 - p)^(k - 1): cells of single values up to 20, and the rest. */
static void test_geometric(void **state)
{
    (void)state;
    enum { CELLS = 21 };
    const struct distribution d = distribution_geometric(5);
    struct random random;
    random_seed(&random, 16, 0, "geometric", "test");
    double counts[CELLS] = {0}, sum = 0;
    const int draws = sample_size(1000000);
    for (int i = 0; i < draws; i++) {
        const double x = distribution_draw(&d, &random);
        assert_true(x >= 1 && x == floor(x));
        counts[x < CELLS ? (int)x - 1 : CELLS - 1]++;
        sum += x;
    }
    double chi = 0;
    for (unsigned k = 1; k <= CELLS; k++) {
        const double expected = draws * (k < CELLS ? gsl_ran_geometric_pdf(k, 0.2)
                                                   : gsl_cdf_geometric_Q(CELLS - 1, 0.2));
        chi += (counts[k - 1] - expected) * (counts[k - 1] - expected) / expected;
        assert_true(fabs(distribution_cdf(&d, k) - gsl_cdf_geometric_P(k, 0.2)) < 1e-14);
        assert_true(distribution_cdf(&d, k + 0.999) == distribution_cdf(&d, k));
    }
    assert_true(chi < gsl_cdf_chisq_Qinv(SAMPLE_ALPHA, CELLS - 1));
    sample_check_near(sum / draws, 5, sqrt(20.0 / draws), "geometric");
    sample_check_close(d.mean, 5, 1e-15, "geometric mean");
    sample_check_close(d.sd, sqrt(0.8) / 0.2, 1e-15, "geometric sd");
    const struct distribution one = distribution_geometric(1);
    assert_true(distribution_draw(&one, &random) == 1);
    assert_true(distribution_cdf(&one, 0.5) == 0 && distribution_cdf(&one, 1) == 1);
    assert_true(one.sd == 0);
}

static void test_empirical(void **state)
{
    (void)state;
    const double values[] = {1, 2, 2, 5, 10};
    const struct distribution d = distribution_empirical(values, 5);
    struct random random;
    random_seed(&random, 17, 0, "empirical", "test");
    double counts[11] = {0};
    const int draws = sample_size(1000000);
    for (int i = 0; i < draws; i++)
        counts[distribution_draw_int(&d, &random)]++;
    const double expected[11] = {[1] = 0.2, [2] = 0.4, [5] = 0.2, [10] = 0.2};
    for (int i = 0; i <= 10; i++) {
        if (expected[i] == 0)
            assert_true(counts[i] == 0);
        else
            sample_check_near(counts[i] / draws, expected[i],
                              sqrt(expected[i] * (1 - expected[i]) / draws), "empirical");
    }
    sample_check_close(d.mean, 4, 1e-15, "empirical mean");
    sample_check_close(d.sd, sqrt((9 + 4 + 4 + 1 + 36) / 5.0), 1e-15, "empirical sd");
    assert_true(distribution_cdf(&d, 0.9) == 0);
    assert_true(distribution_cdf(&d, 2) == 0.6);
    assert_true(distribution_cdf(&d, 9.9) == 0.8);
    assert_true(distribution_cdf(&d, 10) == 1);
}

/* The points that the user gave are met; below the first, the floor is a tenth of it at least. */
static void test_quantiles_meet_their_points(void **state)
{
    (void)state;
    const struct distribution d = distribution_quantiles(quantiles_x, quantiles_y, 4);
    for (int i = 0; i < 4; i++)
        sample_check_close(distribution_cdf(&d, quantiles_y[i]), quantiles_x[i], 1e-14, "point");
    const double steep_x[] = {0.5, 0.6, 1}, steep_y[] = {10, 1000, 2000};
    const struct distribution steep = distribution_quantiles(steep_x, steep_y, 3);
    assert_true(distribution_cdf(&steep, 0.9999) == 0);
    sample_check_close(distribution_cdf(&steep, sqrt(10.0)), 0.25, 1e-14, "below the first");
    const double whole_x[] = {0, 0.5, 0.9, 1}, whole_y[] = {4, 8, 8, 16};
    const struct distribution whole = distribution_quantiles(whole_x, whole_y, 4);
    struct random random;
    random_seed(&random, 18, 0, "quantiles", "test");
    double eights = 0;
    const int draws = sample_size(100000);
    for (int i = 0; i < draws; i++) {
        const double x = distribution_draw(&whole, &random);
        assert_true(x >= 4 && x <= 16);
        eights += x == 8;
    }
    sample_check_near(eights / draws, 0.4, sqrt(0.24 / draws), "an atom");
    assert_true(distribution_cdf(&whole, 7.999) < 0.5);
    sample_check_close(distribution_cdf(&whole, 8), 0.9, 1e-15, "an atom");
    const double log_mean = (4 + 0.0) / log(2); /* of 4..8; twice that of 8..16 */
    sample_check_close(whole.mean, 0.5 * log_mean + 0.4 * 8 + 0.1 * 2 * log_mean, 1e-14, "mean");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_exact),
        cmocka_unit_test(test_cdf_is_that_of_gsl),
        cmocka_unit_test(test_draws_follow_gsl),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_draw_int_rounds),
        cmocka_unit_test(test_draws_are_bounded),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_geometric),
        cmocka_unit_test(test_empirical),
        cmocka_unit_test(test_quantiles_meet_their_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
