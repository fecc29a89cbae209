/* exact: what queueing theory says, for the tests to hold simulations against: closed formulas,
 * exact algorithms, small Markov chains solved without rounding trouble.
 * tests/theory/test_exact.c holds them against published tables and against each other. Times
 * are in seconds, rates in 1/s. Names: lambda is the arrival rate, mu the service rate of one
 * server, rho = lambda / (servers mu). */
#ifndef ARCHSIM_TESTS_SUPPORT_EXACT_H
#define ARCHSIM_TESTS_SUPPORT_EXACT_H

#include <stddef.h>
#include <stdint.h>

/* A function of a time, with what it depends on. */
struct curve {
    double (*value)(double t, const void *law);
    const void *law;
};

/* The t at which a falling tail P(X > t) reaches 1 - p; 0 where it starts below. */
double exact_quantile(struct curve tail, double p);
/* Simpson's rule on 2000 intervals, for smooth integrands. */
double exact_integral(struct curve f, double from, double to);
/* e^-mean mean^n / n! */
double exact_poisson(uint32_t n, double mean);
/* P(sum of n exponentials of that rate > t), n >= 0. */
double exact_erlang_tail(uint32_t n, double rate, double t);

/* ---- M/M/c ---- */

/* P(all servers busy) of M/G/c/c, M/M/c at `load` = lambda / mu. Kleinrock, Queueing Systems 1
 * (1975), sec. 3.7 and 3.5; the recursion B(c) = a B(c-1) / (c + a B(c-1)): Cooper, Introduction
 * to Queueing Theory (1981), ch. 3. */
double exact_erlang_b(uint32_t servers, double load);
double exact_erlang_c(uint32_t servers, double load);

struct mmc {
    uint32_t servers;
    double lambda, mu;
};
double exact_mmc_wait(const struct mmc *q);
/* Tails for exact_quantile; law: struct mmc. First come, first served. Gross & Harris,
 * Fundamentals of Queueing Theory, sec. 2.3. */
double exact_mmc_wait_tail(double t, const void *law);
double exact_mmc_sojourn_tail(double t, const void *law);

/* ---- M/G/1 ---- */

/* The first three moments of a service time. */
struct moments {
    double first, second, third;
};
struct moments exact_moments(double first, double second, double third);
struct moments exact_moments_constant(double mean);
struct moments exact_moments_exponential(double mean);
struct moments exact_moments_gamma(double mean, double cv);
struct moments exact_moments_lognormal(double mean, double cv);
/* exponential with mean1 with probability p, else with mean2 */
struct moments exact_moments_hyperexponential(double p, double mean1, double mean2);

/* E W (Pollaczek-Khinchine) and E W^2, first come, first served: Kleinrock 1, sec. 5.7;
 * Takacs, Operations Research 10 (1962). */
double exact_mg1_wait(double lambda, struct moments service);
double exact_mg1_wait_second(double lambda, struct moments service);

/* ---- M/D/c ---- */

enum { EXACT_MDC_STATES = 400 };
/* The distribution of the number present, and from it waits. Crommelin, P.O. Electrical
 * Engineers J. 25 (1932); the tail of the wait: Franx, Operations Research Letters 29 (2001). */
struct mdc {
    uint32_t servers;
    double lambda, service;
    double below[EXACT_MDC_STATES]; /* P(at most n present) */
};
void exact_mdc(struct mdc *q, uint32_t servers, double lambda, double service);
double exact_mdc_wait(const struct mdc *q);
double exact_mdc_wait_tail(double t, const void *law);
/* P(an arrival finds K present) in M/D/1/K, from the chain at departures: Gross & Harris,
 * ch. 5. */
double exact_md1k_loss(uint32_t room, double load);

/* ---- GI/M/1 ---- */

/* The root in (0, 1) of sigma = A*(mu (1 - sigma)), A* the Laplace transform of the gaps: P(an
 * arrival waits); the sojourn is exponential with rate mu (1 - sigma). Kleinrock 1, sec.
 * 6.2-6.4. */
double exact_gim1_sigma(struct curve transform, double mu);

/* ---- impatience ---- */

/* M/M/c+G: whoever has waited for its patience leaves. Baccelli & Hebuterne, Performance '81;
 * Zeltyn & Mandelbaum, Queueing Systems 51 (2005), sec. 2. `willing` is P(patience > t), 0 from
 * `longest` on. */
struct impatience {
    double abandons; /* P(leaves without service) */
    double waits;    /* P(waited | served) */
    double wait;     /* E(wait | served) */
    double wait_p90; /* of the served */
    double queue;    /* mean number waiting */
};
struct impatience exact_impatience(uint32_t servers, double lambda, double mu, struct curve willing,
                                   double longest);

/* ---- closed networks ---- */

enum { EXACT_CLASSES = 2, EXACT_STATIONS = 3 };
/* Mean value analysis of single-server product-form stations with think times: Reiser & Lavenberg,
 * J. ACM 27 (1980); two classes: the recursion over both populations. */
struct closed {
    uint32_t stations;
    uint32_t population[EXACT_CLASSES];
    double think[EXACT_CLASSES];
    double demand[EXACT_CLASSES][EXACT_STATIONS]; /* visits times service time */
    double throughput[EXACT_CLASSES];             /* results, from here on */
    double stay[EXACT_CLASSES];                   /* of a request, think left out */
    double present[EXACT_STATIONS];               /* mean number at each station, both classes */
};
void exact_mva(struct closed *network);

/* ---- finite Markov chains ---- */

/* Rates between states 0 .. size - 1, row by row; the diagonal is not used. `chain_solve`
 * overwrites them and returns the stationary distribution by Grassmann, Taksar & Heyman's
 * elimination (Operations Research 33, 1985), which never subtracts. Free with chain_free, which
 * also frees what chain_solve returned. */
struct chain {
    size_t size;
    double *rates, *probability;
};
struct chain chain_new(size_t size);
void chain_add(struct chain *chain, size_t from, size_t to, double rate);
const double *chain_solve(struct chain *chain);
void chain_free(struct chain *chain);

#endif
