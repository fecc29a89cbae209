#include "tests/support/exact.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_INTERVALS = 2000 };

/* ---- numbers ---- */

double exact_quantile(struct curve tail, double p)
{
    double low = 0;
    double high = 1e-6;
    if (tail.value(0, tail.law) <= 1 - p) {
        return 0;
    }
    while (tail.value(high, tail.law) > 1 - p) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        if (tail.value(middle, tail.law) > 1 - p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

double exact_integral(struct curve f, double from, double to)
{
    const double step = (to - from) / EXACT_INTERVALS;
    double sum = f.value(from, f.law) + f.value(to, f.law);
    for (int i = 1; i < EXACT_INTERVALS; i++) {
        sum += (i % 2 != 0 ? 4 : 2) * f.value(from + i * step, f.law);
    }
    return sum * step / 3;
}

double exact_poisson(uint32_t n, double mean)
{
    return mean > 0 ? exp(n * log(mean) - mean - lgamma(n + 1.0)) : n == 0;
}

double exact_erlang_tail(uint32_t n, double rate, double t)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += exact_poisson(i, rate * t);
    }
    return sum;
}

/* ---- M/M/c ---- */

double exact_erlang_b(uint32_t servers, double load)
{
    double blocked = 1;
    for (uint32_t c = 1; c <= servers; c++) {
        blocked = load * blocked / (c + load * blocked);
    }
    return blocked;
}

double exact_erlang_c(uint32_t servers, double load)
{
    const double blocked = exact_erlang_b(servers, load);
    return servers * blocked / (servers - load * (1 - blocked));
}

double exact_mmc_wait(const struct mmc *q)
{
    return exact_erlang_c(q->servers, q->lambda / q->mu) / (q->servers * q->mu - q->lambda);
}

double exact_mmc_wait_tail(double t, const void *law)
{
    const struct mmc *q = law;
    return exact_erlang_c(q->servers, q->lambda / q->mu) *
           exp(-(q->servers * q->mu - q->lambda) * t);
}

double exact_mmc_sojourn_tail(double t, const void *law)
{
    const struct mmc *q = law;
    const double waits = exact_erlang_c(q->servers, q->lambda / q->mu);
    const double slack = q->servers - 1 - q->lambda / q->mu;
    const double extra = fabs(slack) > 1e-9 ? -expm1(-q->mu * slack * t) / slack : q->mu * t;
    return exp(-q->mu * t) * (1 + waits * extra);
}

/* ---- M/G/1 ---- */

struct moments exact_moments(double first, double second, double third)
{
    return (struct moments){first, second, third};
}

struct moments exact_moments_constant(double mean)
{
    return exact_moments(mean, mean * mean, mean * mean * mean);
}

struct moments exact_moments_exponential(double mean)
{
    return exact_moments(mean, 2 * mean * mean, 6 * mean * mean * mean);
}

struct moments exact_moments_gamma(double mean, double cv)
{
    const double shape = 1 / (cv * cv);
    const double scale = mean / shape;
    return exact_moments(mean, shape * (shape + 1) * scale * scale,
                         shape * (shape + 1) * (shape + 2) * pow(scale, 3));
}

struct moments exact_moments_lognormal(double mean, double cv)
{
    const double spread = 1 + cv * cv; /* e^(sigma^2) */
    return exact_moments(mean, mean * mean * spread, pow(mean * spread, 3));
}

struct moments exact_moments_hyperexponential(double p, double mean1, double mean2)
{
    const struct moments a = exact_moments_exponential(mean1);
    const struct moments b = exact_moments_exponential(mean2);
    return exact_moments(p * a.first + (1 - p) * b.first, p * a.second + (1 - p) * b.second,
                         p * a.third + (1 - p) * b.third);
}

double exact_mg1_wait(double lambda, struct moments service)
{
    return lambda * service.second / (2 * (1 - lambda * service.first));
}

double exact_mg1_wait_second(double lambda, struct moments service)
{
    const double wait = exact_mg1_wait(lambda, service);
    return 2 * wait * wait + lambda * service.third / (3 * (1 - lambda * service.first));
}

/* ---- M/D/c ---- */

/* Who is in service now is gone after one service time, and only they: the number present then
 * is what waits now plus a Poisson number. */
void exact_mdc(struct mdc *q, uint32_t servers, double lambda, double service)
{
    struct chain chain = chain_new(EXACT_MDC_STATES);
    *q = (struct mdc){.servers = servers, .lambda = lambda, .service = service};
    for (uint32_t from = 0; from < EXACT_MDC_STATES; from++) {
        const uint32_t left = from > servers ? from - servers : 0;
        for (uint32_t to = left; to < EXACT_MDC_STATES; to++) {
            chain_add(&chain, from, to, exact_poisson(to - left, lambda * service));
        }
    }
    const double *present = chain_solve(&chain);
    double sum = 0;
    for (uint32_t n = 0; n < EXACT_MDC_STATES; n++) {
        sum += present[n];
        q->below[n] = sum;
    }
    assert(present[EXACT_MDC_STATES - 1] < 1e-12);
    chain_free(&chain);
}

double exact_mdc_wait(const struct mdc *q)
{
    double queue = 0;
    for (uint32_t n = q->servers; n < EXACT_MDC_STATES; n++) {
        queue += 1 - q->below[n]; /* sum of P(more than n present), n >= c */
    }
    return queue / q->lambda;
}

/* With (k-1) D <= t < k D and u = k D - t: P(W <= t) = sum over j < k c of P(at most k c - j - 1
 * + c present) e^(-lambda u) (lambda u)^j / j!. */
double exact_mdc_wait_tail(double t, const void *law)
{
    const struct mdc *q = law;
    const uint32_t k = (uint32_t)floor(t / q->service) + 1;
    const double mean = q->lambda * (k * q->service - t);
    double sum = 0;
    for (uint32_t j = 0; j < k * q->servers; j++) {
        const uint32_t most = (k + 1) * q->servers - 1 - j;
        sum += exact_poisson(j, mean) * (most < EXACT_MDC_STATES ? q->below[most] : 1);
    }
    return 1 - sum;
}

double exact_md1k_loss(uint32_t room, double load)
{
    struct chain chain = chain_new(room); /* present after a departure: 0 .. room - 1 */
    for (uint32_t from = 0; from < room; from++) {
        const uint32_t left = from > 0 ? from - 1 : 0;
        double beyond = 1;
        for (uint32_t to = left; to + 1 < room; to++) {
            const double probability = exact_poisson(to - left, load);
            chain_add(&chain, from, to, probability);
            beyond -= probability;
        }
        chain_add(&chain, from, room - 1, beyond);
    }
    const double *present = chain_solve(&chain);
    const double loss = 1 - 1 / (present[0] + load);
    chain_free(&chain);
    return loss;
}

/* ---- GI/M/1 ---- */

double exact_gim1_sigma(struct curve transform, double mu)
{
    double sigma = 0.5;
    for (int i = 0; i < 10000; i++) { /* converges: A* is convex, and flatter than 1 at the root */
        sigma = transform.value(mu * (1 - sigma), transform.law);
    }
    return sigma;
}

/* ---- impatience ---- */

enum { IMPATIENCE_STEPS = 200000 };

/* What the integrals over the virtual wait have come to. */
struct impatience_sums {
    double all, served, waited_time, queued_time;
};

/* The density of the virtual wait is lambda p(c-1) exp(lambda integral of `willing` - c mu t). */
struct impatience exact_impatience(uint32_t servers, double lambda, double mu, struct curve willing,
                                   double longest)
{
    const double load = lambda / mu;
    const double end = fmin(longest, 200 / (servers * mu)); /* beyond it nobody still waits */
    const double step = end / IMPATIENCE_STEPS;
    double *served = malloc((IMPATIENCE_STEPS + 1) * sizeof(*served)); /* up to that time */
    double idle = 0; /* all probabilities relative to p(c-1) */
    for (uint32_t n = 0; n + 1 <= servers; n++) {
        idle += exact_poisson(n, load) / exact_poisson(servers - 1, load);
    }
    struct impatience_sums sums = {0};
    double log_density = log(lambda);
    double stay = 0; /* E min(patience, t) */
    served[0] = 0;
    for (int i = 0; i < IMPATIENCE_STEPS; i++) { /* the middle of each step */
        const double t = (i + 0.5) * step;
        const double stays = willing.value(t, willing.law);
        const double drift = (lambda * stays - servers * mu) * step;
        const double density = exp(log_density + drift / 2) * step;
        log_density += drift;
        sums.all += density;
        sums.served += density * stays;
        sums.waited_time += density * stays * t;
        sums.queued_time += density * (stay + stays * step / 2);
        stay += stays * step;
        served[i + 1] = sums.served;
    }
    const double beyond = exp(log_density) / (servers * mu); /* the longest patience: all leave */
    sums.all += beyond;
    sums.queued_time += beyond * stay;
    const double total = idle + sums.all;
    const double goes_in = idle + sums.served;
    int p90 = 0;
    while (p90 < IMPATIENCE_STEPS && idle + served[p90] < 0.9 * goes_in) {
        p90++;
    }
    free(served);
    return (struct impatience){
        .abandons = 1 - goes_in / total,
        .waits = sums.served / goes_in,
        .wait = sums.waited_time / goes_in,
        .wait_p90 = p90 * step,
        .queue = lambda * sums.queued_time / total,
    };
}

/* ---- closed networks ---- */

void exact_mva(struct closed *network)
{
    const uint32_t n0 = network->population[0];
    const uint32_t n1 = network->population[1];
    double(*present)[EXACT_STATIONS] = calloc((size_t)(n0 + 1) * (n1 + 1), sizeof(*present));
    for (uint32_t i = 0; i <= n0; i++) {
        for (uint32_t j = 0; j <= n1; j++) {
            const uint32_t count[EXACT_CLASSES] = {i, j};
            double stay[EXACT_CLASSES][EXACT_STATIONS] = {0};
            for (uint32_t r = 0; r < EXACT_CLASSES; r++) {
                network->throughput[r] = network->stay[r] = 0;
                if (count[r] == 0) {
                    continue;
                }
                const uint32_t before = (i - (r == 0)) * (n1 + 1) + j - (r == 1);
                for (uint32_t k = 0; k < network->stations; k++) {
                    stay[r][k] = network->demand[r][k] * (1 + present[before][k]);
                    network->stay[r] += stay[r][k];
                }
                network->throughput[r] = count[r] / (network->think[r] + network->stay[r]);
            }
            for (uint32_t k = 0; k < network->stations; k++) {
                present[i * (n1 + 1) + j][k] =
                    network->throughput[0] * stay[0][k] + network->throughput[1] * stay[1][k];
            }
        }
    }
    memcpy(network->present, present[n0 * (n1 + 1) + n1], sizeof(network->present));
    free(present);
}

/* ---- finite Markov chains ---- */

struct chain chain_new(size_t size)
{
    return (struct chain){
        .size = size,
        .rates = calloc(size * size, sizeof(double)),
        .probability = calloc(size, sizeof(double)),
    };
}

void chain_add(struct chain *chain, size_t from, size_t to, double rate)
{
    assert(from < chain->size && to < chain->size);
    chain->rates[from * chain->size + to] += rate;
}

/* Takes the states away one by one, the last first, and puts them back. */
const double *chain_solve(struct chain *chain)
{
    const size_t size = chain->size;
    double *rates = chain->rates;
    double *p = chain->probability;
    for (size_t n = size - 1; n > 0; n--) {
        double out = 0;
        for (size_t j = 0; j < n; j++) {
            out += rates[n * size + j];
        }
        assert(out > 0);
        for (size_t i = 0; i < n; i++) {
            const double in = rates[i * size + n] /= out;
            if (in > 0) {
                for (size_t j = 0; j < n; j++) {
                    rates[i * size + j] += in * rates[n * size + j];
                }
            }
        }
    }
    double sum = p[0] = 1;
    for (size_t n = 1; n < size; n++) {
        for (size_t i = 0; i < n; i++) {
            p[n] += p[i] * rates[i * size + n];
        }
        sum += p[n];
    }
    for (size_t n = 0; n < size; n++) {
        p[n] /= sum;
    }
    return p;
}

void chain_free(struct chain *chain)
{
    free(chain->rates);
    free(chain->probability);
}
