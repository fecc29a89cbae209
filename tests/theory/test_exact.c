/* The formulas of tests/support/exact.c, before anything is held against them: values from
 * published tables, special cases that are known in closed form, and a second, independent route
 * to each result. */
#include <math.h>

#include "tests/theory/theory.h"

#define EXACT_CLOSE(value, expected, relative)                                           \
    do {                                                                                 \
        const double exact_value = (value);                                              \
        const double exact_expected = (expected);                                        \
        if (!(fabs(exact_value - exact_expected) <= (relative)*fabs(exact_expected))) {  \
            fail_msg("%s = %.12g, expected %.12g", #value, exact_value, exact_expected); \
        }                                                                                \
    } while (0)

static void test_erlang_tables(void **state)
{
    (void)state;
    /* values of Erlang's tables */
    EXACT_CLOSE(exact_erlang_b(1, 0.5), 1.0 / 3, 1e-12);
    EXACT_CLOSE(exact_erlang_b(2, 1), 0.2, 1e-12);
    EXACT_CLOSE(exact_erlang_b(10, 5), 0.018385, 1e-4);
    EXACT_CLOSE(exact_erlang_b(10, 10), 0.21458, 1e-4);
    EXACT_CLOSE(exact_erlang_c(1, 0.7), 0.7, 1e-12);
    EXACT_CLOSE(exact_erlang_c(2, 1.6), 2 * 0.64 / 1.8, 1e-12); /* 2 rho^2 / (1 + rho) */
    EXACT_CLOSE(exact_erlang_c(10, 8), 0.40918, 1e-4);
}

static void test_mmc_tails(void **state)
{
    (void)state;
    const struct mmc one = {1, 0.7, 1};
    EXACT_CLOSE(exact_quantile((struct curve){exact_mmc_sojourn_tail, &one}, 0.99), log(100) / 0.3,
                1e-9);
    const struct mmc two = {2, 1, 1}; /* a = c - 1: the special case */
    EXACT_CLOSE(exact_mmc_sojourn_tail(2, &two), exp(-2) * (1 + 2.0 / 3), 1e-9);
    /* the tail's integral is the mean */
    const struct mmc many = {5, 4, 1};
    EXACT_CLOSE(exact_integral((struct curve){exact_mmc_sojourn_tail, &many}, 0, 60),
                1 + exact_mmc_wait(&many), 1e-6);
    EXACT_CLOSE(exact_integral((struct curve){exact_mmc_wait_tail, &many}, 0, 60),
                exact_mmc_wait(&many), 1e-6);
}

static void test_moments(void **state)
{
    (void)state;
    /* Wait in M/M/1: E W = rho / (mu - lambda), E W^2 = 2 rho / (mu - lambda)^2 */
    const struct moments exponential = exact_moments_exponential(1);
    EXACT_CLOSE(exact_mg1_wait(0.7, exponential), 0.7 / 0.3, 1e-12);
    EXACT_CLOSE(exact_mg1_wait_second(0.7, exponential), 2 * 0.7 / 0.09, 1e-12);
    EXACT_CLOSE(exact_moments_gamma(2, 1).third, 48, 1e-12);
    EXACT_CLOSE(exact_moments_hyperexponential(0.5, 2, 2).third, 48, 1e-12);
    /* lognormal: E X^k = exp(k m + k^2 s^2 / 2), here with m = 0.3, s = 0.5 */
    const struct moments lognormal = exact_moments_lognormal(exp(0.3 + 0.125), sqrt(exp(0.25) - 1));
    EXACT_CLOSE(lognormal.second, exp(0.6 + 0.5), 1e-12);
    EXACT_CLOSE(lognormal.third, exp(0.9 + 1.125), 1e-12);
}

/* P(Gamma(n, 1) <= x) */
static double exact_gamma_below(uint32_t n, double x)
{
    return 1 - exact_erlang_tail(n, 1, x);
}

/* Spitzer's identity: constant services go round the servers, so that M/D/c is E_c/D/1, whose
 * wait is E W = sum over k of E(k D - Gamma(k c, lambda))+ / k, P(W = 0) = exp(- sum of P(> 0) /
 * k). */
static void test_md_queues(void **state)
{
    (void)state;
    static const struct {
        uint32_t servers;
        double rho;
    } cases[] = {{1, 0.5}, {1, 0.8}, {2, 0.7}, {5, 0.8}, {20, 0.9}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint32_t c = cases[i].servers;
        const double lambda = c * cases[i].rho;
        struct mdc q;
        exact_mdc(&q, c, lambda, 1);
        double mean = 0;
        double waits = 0;
        for (uint32_t k = 1; k < 1000; k++) {
            const double x = lambda * k;
            mean += (x * exact_gamma_below(k * c, x) - k * c * exact_gamma_below(k * c + 1, x)) / k;
            waits += exact_gamma_below(k * c, x) / k;
        }
        EXACT_CLOSE(exact_mdc_wait(&q), mean / lambda, 1e-6);
        EXACT_CLOSE(exact_mdc_wait_tail(0, &q), 1 - exp(-waits), 1e-6);
    }
    struct mdc one;
    exact_mdc(&one, 1, 0.8, 1);
    EXACT_CLOSE(exact_mdc_wait(&one), exact_mg1_wait(0.8, exact_moments_constant(1)), 1e-9);
    /* Erlang (1909): (1 - rho) (e^(lambda t) - lambda (t - D) e^(lambda (t - D))) for D <= t < 2
     * D */
    EXACT_CLOSE(exact_mdc_wait_tail(1.5, &one), 1 - 0.2 * (exp(1.2) - 0.4 * exp(0.4)), 1e-9);
}

static void test_md1k(void **state)
{
    (void)state;
    EXACT_CLOSE(exact_md1k_loss(1, 0.8), 0.8 / 1.8, 1e-12);
    EXACT_CLOSE(exact_md1k_loss(2, 0.8), 1 - 1 / (exp(-0.8) + 0.8), 1e-12);
    /* twice as much as can be served: nearly half is lost */
    EXACT_CLOSE(exact_md1k_loss(50, 2), 0.5, 1e-9);
}

static double exact_constant_gaps(double s, const void *law)
{
    return exp(-s * *(const double *)law);
}

static double exact_exponential_gaps(double s, const void *law)
{
    return 1 / (1 + s * *(const double *)law);
}

static void test_gim1(void **state)
{
    (void)state;
    const double gap = 2;
    EXACT_CLOSE(exact_gim1_sigma((struct curve){exact_exponential_gaps, &gap}, 1), 0.5, 1e-9);
    EXACT_CLOSE(exact_gim1_sigma((struct curve){exact_constant_gaps, &gap}, 1), 0.203188, 1e-5);
}

static double exact_willing_exponential(double t, const void *law)
{
    return exp(-t / *(const double *)law);
}

static double exact_willing_fixed(double t, const void *law)
{
    (void)t;
    (void)law;
    return 1;
}

static void test_impatience(void **state)
{
    (void)state;
    /* Barrer (1957), one server, fixed patience */
    const double rho = 0.8;
    const double patience = 3;
    const double power = exp((rho - 1) * patience);
    const struct impatience fixed =
        exact_impatience(1, rho, 1, (struct curve){exact_willing_fixed, NULL}, patience);
    EXACT_CLOSE(fixed.abandons, (1 - rho) * rho * power / (1 - rho * rho * power), 1e-6);
    /* what waits is what goes in after its wait and what leaves after 3 */
    EXACT_CLOSE(fixed.queue, rho * ((1 - fixed.abandons) * fixed.wait + fixed.abandons * patience),
                1e-6);
    /* Erlang A with 3 servers as a birth-death chain */
    const double mean = 2;
    struct chain chain = chain_new(200);
    for (size_t n = 0; n + 1 < chain.size; n++) {
        const double waiting = n + 1 > 3 ? (double)(n + 1 - 3) : 0;
        chain_add(&chain, n, n + 1, 2.9);
        chain_add(&chain, n + 1, n, (double)(n + 1) - waiting + waiting / mean);
    }
    const double *present = chain_solve(&chain);
    double queue = 0;
    for (size_t n = 4; n < chain.size; n++) {
        queue += present[n] * (double)(n - 3);
    }
    const struct impatience erlang_a =
        exact_impatience(3, 2.9, 1, (struct curve){exact_willing_exponential, &mean}, INFINITY);
    EXACT_CLOSE(erlang_a.queue, queue, 1e-6);
    EXACT_CLOSE(erlang_a.abandons, queue / mean / 2.9, 1e-6);
    chain_free(&chain);
    /* endless patience is M/M/c */
    const struct mmc q = {3, 2.4, 1};
    const struct impatience patient =
        exact_impatience(3, 2.4, 1, (struct curve){exact_willing_fixed, NULL}, INFINITY);
    EXACT_CLOSE(patient.wait, exact_mmc_wait(&q), 1e-6);
    EXACT_CLOSE(patient.wait_p90, exact_quantile((struct curve){exact_mmc_wait_tail, &q}, 0.9),
                1e-3);
}

/* One class: a birth-death chain; two at one shared processor: a chain over both numbers there. */
static void test_mva(void **state)
{
    (void)state;
    struct closed one = {.stations = 1, .population = {10, 0}, .think = {5, 0}, .demand = {{1}}};
    exact_mva(&one);
    EXACT_CLOSE(one.throughput[0], 1 - exact_erlang_b(10, 5), 1e-9); /* M/M/1//N: Kleinrock 3.8 */
    struct closed two = {
        .stations = 1, .population = {3, 2}, .think = {4, 1}, .demand = {{1}, {0.5}}};
    exact_mva(&two);
    struct chain chain = chain_new(12);
    for (size_t i = 0; i <= 3; i++) {
        for (size_t j = 0; j <= 2; j++) {
            const size_t at = i * 3 + j;
            if (i < 3) {
                chain_add(&chain, at, at + 3, (double)(3 - i) / 4);
                chain_add(&chain, at + 3, at, (double)(i + 1) / (double)(i + 1 + j));
            }
            if (j < 2) {
                chain_add(&chain, at, at + 1, (double)(2 - j));
                chain_add(&chain, at + 1, at, 2 * (double)(j + 1) / (double)(i + j + 1));
            }
        }
    }
    const double *p = chain_solve(&chain);
    double thinking = 0; /* of the second class */
    for (size_t i = 0; i <= 3; i++) {
        thinking += 2 * p[i * 3] + p[i * 3 + 1];
    }
    EXACT_CLOSE(two.throughput[1], thinking, 1e-9);
    chain_free(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_erlang_tables), cmocka_unit_test(test_mmc_tails),
        cmocka_unit_test(test_moments),       cmocka_unit_test(test_md_queues),
        cmocka_unit_test(test_md1k),          cmocka_unit_test(test_gim1),
        cmocka_unit_test(test_impatience),    cmocka_unit_test(test_mva),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
