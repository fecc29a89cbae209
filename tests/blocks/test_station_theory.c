/* The station against exact results of queueing theory: over 20 replications the Student interval
 * must cover the truth at 1 - 10^-5 (some 60 checks: 99.9 % for all together, seeds are fixed) and
 * be narrow enough to mean something. Works have a mean of 1 ms unless a test says otherwise. */
#include <math.h>

#include "sim/kernel/interval.h"
#include "tests/blocks/station_rig.h"

enum { REPLICATIONS = 20, JOBS = 300000, CLASSES = 3, CHAIN_MAX = 400 };

#define CONFIDENCE (1 - 1e-5)
#define MS 1e6

enum output {
    OUT_WAIT, /* ms, of those served */
    OUT_WAIT_SQUARE,
    OUT_WAIT_P99,
    OUT_WAITED,
    OUT_REJECTED,
    OUT_TIMEOUT,
    OUT_IN_FLIGHT,
    OUT_QUEUE,
    OUT_BUSY,
    OUT_CAPACITY,
    OUT_UP,
    OUT_SOJOURN, /* ms, by class */
    OUT_COUNT = OUT_SOJOURN + CLASSES,
};

struct theory {
    struct station_setup setup;
    double rate;           /* arrivals per ms; 0: none, only the servers */
    double share[CLASSES]; /* of arrivals by priority; 0 from the last class on */
    struct distribution work[CLASSES];
    int64_t call_ns; /* a nested call after the work */
    struct distribution patience, mtbf, mttr;
    struct station_failure failure;
    double values[OUT_COUNT][REPLICATIONS];
};

static void theory_init(struct theory *theory, enum station_discipline discipline, uint32_t servers,
                        double rate)
{
    *theory = (struct theory){
        .setup = rig_setup(discipline, servers),
        .rate = rate,
        .share = {1},
        .work = {distribution_exponential(MS)},
    };
}

static void theory_fail(struct theory *theory, double mtbf_ms, double mttr_ms, uint32_t repairers)
{
    theory->mtbf = distribution_exponential(mtbf_ms * MS);
    theory->mttr = distribution_exponential(mttr_ms * MS);
    theory->failure.repairers_count = repairers;
    theory->failure.required_count = 1;
    theory->setup.failure = &theory->failure;
}

static uint32_t theory_jobs(const struct theory *theory, struct rig_job *jobs, uint32_t count,
                            struct random *random)
{
    double at_ns = 0;
    if (theory->rate == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t class = 0;
        for (double u = random_uniform(random); class + 1 < CLASSES && u >= theory->share[class];) {
            u -= theory->share[class ++];
        }
        at_ns += random_exponential(random) * MS / theory->rate;
        jobs[i] = (struct rig_job){
            .at_ns = (int64_t)at_ns,
            .phases = {distribution_draw_int(&theory->work[class], random), -theory->call_ns},
            .priority = (uint8_t) class,
            .measured = i >= count / 10,
        };
    }
    return count;
}

static double theory_mean(const struct gauge_window *gauge, const struct rig *rig)
{
    return gauge->area / (double)(rig->window.to_ns - rig->window.from_ns);
}

static void theory_collect(struct theory *theory, struct rig *rig, uint32_t replication)
{
    double values[OUT_COUNT];
    double sojourn_ns[CLASSES] = {0}, ok[CLASSES] = {0}, outcomes[OUTCOME_COUNT] = {0}, all = 0;
    const struct load *load = &rig->load;
    for (uint32_t i = 0; i < rig->jobs_count; i++) {
        const struct rig_job *job = &rig->jobs[i];
        if (job->measured) {
            all++;
            outcomes[job->outcome]++;
        }
        if (job->measured && job->outcome == OUTCOME_OK) {
            ok[job->priority]++;
            sojourn_ns[job->priority] += (double)(job->end_ns - job->at_ns);
        }
    }
    const double wait_ms = tally_mean(&load->wait.tally) / MS,
                 sd_ms = tally_sd(&load->wait.tally) / MS;
    values[OUT_WAIT] = wait_ms;
    values[OUT_WAIT_SQUARE] = wait_ms * wait_ms + sd_ms * sd_ms;
    values[OUT_WAIT_P99] = summary_quantile(&load->wait, 0.99) / MS;
    values[OUT_WAITED] = (double)load_waited(load) / (double)load->wait.tally.count;
    values[OUT_REJECTED] = outcomes[OUTCOME_REJECTED] / all;
    values[OUT_TIMEOUT] = outcomes[OUTCOME_TIMEOUT] / all;
    values[OUT_IN_FLIGHT] = theory_mean(&rig->window.in_flight, rig);
    values[OUT_QUEUE] = theory_mean(&rig->window.queue, rig);
    values[OUT_BUSY] = theory_mean(&rig->window.busy, rig);
    values[OUT_CAPACITY] = theory_mean(&rig->window.capacity, rig);
    values[OUT_UP] = theory_mean(&rig->window.up, rig);
    for (int i = 0; i < CLASSES; i++) {
        values[OUT_SOJOURN + i] = sojourn_ns[i] / ok[i] / MS;
    }
    for (int i = 0; i < OUT_COUNT; i++) {
        theory->values[i][replication] = values[i];
    }
}

static void theory_run(struct theory *theory)
{
    const uint32_t count = (uint32_t)fmax(1000, JOBS * rig_scale());
    struct rig_job *jobs = calloc(count, sizeof(*jobs));
    for (uint32_t replication = 0; replication < REPLICATIONS; replication++) {
        struct random arrivals, patience, failures;
        struct rig rig;
        random_seed(&arrivals, 1, replication, "station", "arrivals");
        random_seed(&patience, 1, replication, "station", "patience");
        random_seed(&failures, 1, replication, "station", "failures");
        theory->setup.patience_random = &patience;
        theory->failure.random = &failures;
        theory->failure.mtbf_ns_dist = &theory->mtbf;
        theory->failure.mttr_ns_dist = &theory->mttr;
        rig_init(&rig, theory->setup);
        const uint32_t used = theory_jobs(theory, jobs, count, &arrivals);
        const int64_t until_ns = used > 0 ? jobs[used - 1].at_ns : (int64_t)(count * MS);
        rig_window_at(&rig, used > 0 ? jobs[used / 10].at_ns : until_ns / 10, until_ns);
        rig_run(&rig, jobs, used, used > 0 ? RIG_LONG_RUN : until_ns + 1);
        theory_collect(theory, &rig, replication);
        rig_done(&rig);
    }
    free(jobs);
}

/* precision: what the half width may be, relative, at full sample size. */
static void theory_check(const struct theory *theory, int output, double truth, double precision,
                         const char *name)
{
    const struct interval interval =
        interval_student(theory->values[output], REPLICATIONS, CONFIDENCE);
    const double half = (interval.high - interval.low) / 2;
    print_message("  %-34s %9.5f [%9.5f, %9.5f] +- %4.1f %%\n", name, truth, interval.low,
                  interval.high, 100 * half / truth);
    if (!(interval.low <= truth && truth <= interval.high)) {
        fail_msg("%s: %g is not in [%g, %g]", name, truth, interval.low, interval.high);
    }
    if (rig_scale() >= 1 && !(half <= precision * fabs(truth))) {
        fail_msg("%s: only known to +- %g of %g", name, half, truth);
    }
}

/* ---- formulas ---- */

/* Erlang's probability of waiting, offered load a, c servers (A. K. Erlang 1917; Kleinrock I,
 * 3.5). */
static double erlang_c(uint32_t c, double a)
{
    double b = 1;
    for (uint32_t i = 1; i <= c; i++) {
        b = a * b / (i + a * b);
    }
    return b / (1 - a / c * (1 - b));
}

/* Mean number in M/M/c with mu = 1. */
static double mmc_number(uint32_t c, double a)
{
    return a + erlang_c(c, a) * a / (c - a);
}

/* A birth-death chain on 0..last: the stationary law. */
static void birth_death(const double *up, const double *down, uint32_t last, double *law)
{
    double sum = law[0] = 1;
    for (uint32_t n = 1; n <= last; n++) {
        law[n] = law[n - 1] * up[n - 1] / down[n];
        sum += law[n];
    }
    for (uint32_t n = 0; n <= last; n++) {
        law[n] /= sum;
    }
}

/* Mean number in M/M/c whose servers fail (rate f each, busy or idle) and are repaired (rate r, by
 * at most `repairers`): the chain of (number, servers up), iterated to its fixed point
 * (Gauss-Seidel). */
static double breakdown_number(uint32_t c, double rate, double f, double r, uint32_t repairers)
{
    static const uint32_t last = 300;
    double(*p)[4] = calloc(last + 1, sizeof(*p));
    double number = 0, sum = 0;
    for (uint32_t n = 0; n <= last; n++) {
        for (uint32_t u = 0; u <= c; u++) {
            p[n][u] = pow(0.9, n);
        }
    }
    for (int sweep = 0; sweep < 20000; sweep++) {
        for (uint32_t n = 0; n <= last; n++) {
            for (uint32_t u = 0; u <= c; u++) {
                const double repair = r * fmin(repairers, c - u);
                const double out = (n < last ? rate : 0) + fmin(n, u) + f * u + repair;
                double in = n > 0 ? p[n - 1][u] * rate : 0;
                in += n < last ? p[n + 1][u] * fmin(n + 1, u) : 0;
                in += u < c ? p[n][u + 1] * f * (u + 1) : 0;
                in += u > 0 ? p[n][u - 1] * r * fmin(repairers, c - u + 1) : 0;
                p[n][u] = in / out;
            }
        }
    }
    for (uint32_t n = 0; n <= last; n++) {
        for (uint32_t u = 0; u <= c; u++) {
            sum += p[n][u];
            number += n * p[n][u];
        }
    }
    free(p);
    return number / sum;
}

/* ---- first come, first served, and last ---- */

static void mm1(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_FIFO, 1, 0.8);
    theory_run(&t);
    theory_check(&t, OUT_WAIT, 4, 0.03, "M/M/1 wait");
    theory_check(&t, OUT_WAITED, 0.8, 0.006, "M/M/1 P(wait)");
    theory_check(&t, OUT_WAIT_P99, log(0.8 / 0.01) / 0.2, 0.08, "M/M/1 p99 of the wait");
    theory_check(&t, OUT_BUSY, 0.8, 0.006, "M/M/1 busy");
    theory_check(&t, OUT_QUEUE, 3.2, 0.03, "M/M/1 queue");
    theory_check(&t, OUT_IN_FLIGHT, 4, 0.03, "M/M/1 number");
    theory_check(&t, OUT_SOJOURN, 5, 0.03, "M/M/1 sojourn");
}

static void mmc(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_FIFO, 3, 2.4);
    theory_run(&t);
    theory_check(&t, OUT_WAITED, erlang_c(3, 2.4), 0.01, "M/M/3 P(wait)");
    theory_check(&t, OUT_WAIT, erlang_c(3, 2.4) / 0.6, 0.03, "M/M/3 wait");
    theory_check(&t, OUT_BUSY, 2.4, 0.006, "M/M/3 busy");
}

static void md1(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_FIFO, 1, 0.8);
    t.work[0] = distribution_constant(MS);
    t.setup.work_constant_ns = (int64_t)MS;
    theory_run(&t);
    theory_check(&t, OUT_WAIT, 2, 0.03, "M/D/1 wait");
}

/* Pollaczek and Khinchine; the server is held through a call of 0.2 ms as well. */
static void mg1(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_FIFO, 1, 0.6);
    t.work[0] = distribution_erlang(2, MS);
    t.call_ns = (int64_t)(0.2 * MS);
    theory_run(&t);
    const double mean = 1.2, square = 0.5 + mean * mean;
    theory_check(&t, OUT_WAIT, 0.6 * square / 2 / (1 - 0.6 * mean), 0.03, "M/G/1 wait, with calls");
    theory_check(&t, OUT_BUSY, 0.6 * mean, 0.006, "M/G/1 busy, with calls");
}

/* The mean as fifo; the second moment 1 / (1 - rho) times that of fifo (Takacs, 1963). */
static void mm1_lifo(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_LIFO, 1, 0.5);
    theory_run(&t);
    theory_check(&t, OUT_WAIT, 1, 0.03, "M/M/1 lifo wait");
    theory_check(&t, OUT_WAIT_SQUARE, 2 * 0.5 / 0.25 / 0.5, 0.05, "M/M/1 lifo wait squared");
}

static void mg_unlimited(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_FIFO, STATION_UNLIMITED, 7);
    t.work[0] = distribution_lognormal(MS, 2);
    theory_run(&t);
    theory_check(&t, OUT_BUSY, 7, 0.01, "M/G/inf busy");
}

/* ---- finite rooms and patience ---- */

static void mmck(void **state)
{
    (void)state;
    struct theory t;
    double law[6];
    const double up[5] = {1.9, 1.9, 1.9, 1.9, 1.9}, down[6] = {0, 1, 2, 2, 2, 2};
    theory_init(&t, STATION_FIFO, 2, 1.9);
    t.setup.room_count = 5;
    theory_run(&t);
    birth_death(up, down, 5, law);
    const double queue = law[3] + 2 * law[4] + 3 * law[5];
    theory_check(&t, OUT_REJECTED, law[5], 0.015, "M/M/2/5 rejected");
    theory_check(&t, OUT_QUEUE, queue, 0.015, "M/M/2/5 queue");
    theory_check(&t, OUT_WAIT, queue / 1.9 / (1 - law[5]), 0.015, "M/M/2/5 wait");
}

/* Erlang A, beyond saturation. Who leaves: theta E(Q) / lambda. */
static void mmc_patience(void **state)
{
    (void)state;
    struct theory t;
    double law[CHAIN_MAX], up[CHAIN_MAX], down[CHAIN_MAX], queue = 0;
    for (uint32_t n = 0; n < CHAIN_MAX; n++) {
        up[n] = 2.2;
        down[n] = fmin(n, 2) + fmax(0, (double)n - 2) * 0.25;
    }
    birth_death(up, down, CHAIN_MAX - 1, law);
    for (uint32_t n = 3; n < CHAIN_MAX; n++) {
        queue += (n - 2) * law[n];
    }
    theory_init(&t, STATION_FIFO, 2, 2.2);
    t.patience = distribution_exponential(4 * MS);
    t.setup.patience_ns_dist = &t.patience;
    theory_run(&t);
    theory_check(&t, OUT_TIMEOUT, 0.25 * queue / 2.2, 0.03, "M/M/2+M left");
    theory_check(&t, OUT_QUEUE, queue, 0.03, "M/M/2+M queue");
}

/* ---- processor sharing ---- */

/* Only the mean of the work matters (Kleinrock II, 4.4): x / (1 - rho) for a work of x. */
static void mg1_ps(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_PS, 1, 0.7);
    t.work[0] = distribution_hyperexponential(0.9, 0.5 * MS, 5.5 * MS);
    theory_run(&t);
    theory_check(&t, OUT_SOJOURN, 1 / 0.3, 0.04, "M/H2/1-PS sojourn");
    theory_check(&t, OUT_BUSY, 0.7, 0.015, "M/H2/1-PS busy");

    theory_init(&t, STATION_PS, 1, 0.7 / 2.8);
    t.share[0] = 0.5;
    t.share[1] = 0.3;
    t.work[0] = distribution_constant(0.6 * MS);
    t.work[1] = distribution_constant(3 * MS);
    t.work[2] = distribution_uniform(3 * MS, 13 * MS);
    theory_run(&t);
    theory_check(&t, OUT_SOJOURN, 0.6 / 0.3, 0.03, "M/G/1-PS sojourn of short work");
    theory_check(&t, OUT_SOJOURN + 1, 3 / 0.3, 0.03, "M/G/1-PS sojourn of long work");
    theory_check(&t, OUT_SOJOURN + 2, 8 / 0.3, 0.03, "M/G/1-PS sojourn of longer work");
}

/* n processors: still insensitive, the number as in M/M/n (Cohen, 1979). */
static void mgn_ps(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_PS, 3, 2.4);
    t.work[0] = distribution_lognormal(MS, 1.5);
    theory_run(&t);
    theory_check(&t, OUT_IN_FLIGHT, mmc_number(3, 2.4), 0.035, "M/G/3-PS number");
    theory_check(&t, OUT_SOJOURN, mmc_number(3, 2.4) / 2.4, 0.035, "M/G/3-PS sojourn");
    theory_check(&t, OUT_BUSY, 2.4, 0.01, "M/G/3-PS busy");
    theory_init(&t, STATION_PS, 2, 1.5);
    t.work[0] = distribution_constant(MS);
    theory_run(&t);
    theory_check(&t, OUT_SOJOURN, mmc_number(2, 1.5) / 1.5, 0.03, "M/D/2-PS sojourn");
}

/* ---- priorities ---- */

static void theory_three_classes(struct theory *t, enum station_discipline discipline)
{
    theory_init(t, discipline, 1, 0.8 / 1.15);
    t->share[0] = 0.3;
    t->share[1] = 0.5;
    t->work[0] = distribution_exponential(0.5 * MS);
    t->work[1] = distribution_constant(MS);
    t->work[2] = distribution_exponential(2.5 * MS);
    theory_run(t);
}

/* Cobham (1954): W_k = sum of lambda_i E(S_i^2) / 2 / (1 - sigma_k-1) / (1 - sigma_k). Preemptive
 * resume (Kleinrock II, 3.4): the sum over i <= k only, and the own work takes 1 / (1 - sigma_k-1)
 * of it. */
static void mg1_priority(void **state)
{
    (void)state;
    struct theory plain, preemptive;
    const double rate = 0.8 / 1.15, share[3] = {0.3, 0.5, 0.2}, mean[3] = {0.5, 1, 2.5};
    const double square[3] = {0.5, 1, 12.5};
    static const char *const names[2][3] = {
        {"M/G/1 priority 0", "M/G/1 priority 1", "M/G/1 priority 2"},
        {"M/G/1 preemptive priority 0", "M/G/1 preemptive priority 1",
         "M/G/1 preemptive priority 2"}};
    double residual_all = 0, residual = 0, before = 0;
    theory_three_classes(&plain, STATION_PRIORITY);
    theory_three_classes(&preemptive, STATION_PREEMPTIVE_PRIORITY);
    for (int k = 0; k < 3; k++) {
        residual_all += rate * share[k] * square[k] / 2;
    }
    for (int k = 0; k < 3; k++) {
        const double sigma = before + rate * share[k] * mean[k];
        residual += rate * share[k] * square[k] / 2;
        theory_check(&plain, OUT_SOJOURN + k, residual_all / (1 - before) / (1 - sigma) + mean[k],
                     0.035, names[0][k]);
        theory_check(&preemptive, OUT_SOJOURN + k,
                     residual / (1 - before) / (1 - sigma) + mean[k] / (1 - before), 0.035,
                     names[1][k]);
        before = sigma;
    }
}

/* Equal works, two servers: Cobham's with Erlang's C; preemptive: classes up to k are an M/M/2
 * alone. */
static void mm2_priority(void **state)
{
    (void)state;
    struct theory t;
    theory_init(&t, STATION_PRIORITY, 2, 1.6);
    t.share[0] = 0.5;
    t.share[1] = 0.5;
    t.work[1] = t.work[0];
    theory_run(&t);
    const double c = erlang_c(2, 1.6) / 2;
    theory_check(&t, OUT_SOJOURN, 1 + c / 0.6, 0.03, "M/M/2 priority 0");
    theory_check(&t, OUT_SOJOURN + 1, 1 + c / 0.6 / 0.2, 0.035, "M/M/2 priority 1");

    theory_init(&t, STATION_PREEMPTIVE_PRIORITY, 2, 1.6);
    t.share[0] = 0.5;
    t.share[1] = 0.5;
    t.work[1] = t.work[0];
    theory_run(&t);
    theory_check(&t, OUT_SOJOURN, mmc_number(2, 0.8) / 0.8, 0.03, "M/M/2 preemptive priority 0");
    theory_check(&t, OUT_SOJOURN + 1, (mmc_number(2, 1.6) - mmc_number(2, 0.8)) / 0.8, 0.035,
                 "M/M/2 preemptive priority 1");
}

/* ---- breakdowns ---- */

/* White and Christie (1958): L = lambda ((f + r)^2 + mu f) / ((f + r) (mu r - lambda (f + r))). */
static void mm1_breakdowns(void **state)
{
    (void)state;
    struct theory t;
    const double f = 0.05, r = 0.2, rate = 0.5;
    const double number = rate * ((f + r) * (f + r) + f) / ((f + r) * (r - rate * (f + r)));
    theory_init(&t, STATION_FIFO, 1, rate);
    theory_fail(&t, 1 / f, 1 / r, STATION_UNLIMITED);
    theory_run(&t);
    assert_true(fabs(breakdown_number(1, rate, f, r, 1) / number - 1) < 1e-9);
    theory_check(&t, OUT_IN_FLIGHT, number, 0.08, "M/M/1 with breakdowns, number");
    theory_check(&t, OUT_SOJOURN, number / rate, 0.08, "M/M/1 with breakdowns, sojourn");
    theory_check(&t, OUT_CAPACITY, r / (f + r), 0.01, "M/M/1 with breakdowns, capacity");
    theory_check(&t, OUT_BUSY, rate, 0.01, "M/M/1 with breakdowns, busy");
    theory_check(&t, OUT_UP, r / (f + r), 0.01, "M/M/1 with breakdowns, up");
}

/* One repairer for three servers; exponential work shared or in line makes the same chain. */
static void mm3_breakdowns(void **state)
{
    (void)state;
    struct theory t;
    const double number = breakdown_number(3, 1.4, 0.05, 0.2, 1);
    theory_init(&t, STATION_FIFO, 3, 1.4);
    theory_fail(&t, 20, 5, 1);
    theory_run(&t);
    theory_check(&t, OUT_IN_FLIGHT, number, 0.06, "M/M/3, one repairer, number");
    theory_init(&t, STATION_PS, 3, 1.4);
    theory_fail(&t, 20, 5, 1);
    theory_run(&t);
    theory_check(&t, OUT_IN_FLIGHT, number, 0.06, "M/M/3-PS, one repairer, number");
}

/* The repairman: 4 servers, 2 repairers, up while 3 of the 4 are. */
static void k_of_n_repairable(void **state)
{
    (void)state;
    struct theory t;
    double law[5]; /* by how many have failed */
    const double up[4] = {0.4, 0.3, 0.2, 0.1}, down[5] = {0, 0.5, 1, 1, 1};
    birth_death(up, down, 4, law);
    theory_init(&t, STATION_FIFO, 4, 0);
    theory_fail(&t, 10, 2, 2);
    t.failure.required_count = 3;
    theory_run(&t);
    theory_check(&t, OUT_UP, law[0] + law[1], 0.01, "3 of 4 repairable, up");
    theory_check(&t, OUT_CAPACITY, 4 - law[1] - 2 * law[2] - 3 * law[3] - 4 * law[4], 0.006,
                 "3 of 4 repairable, capacity");
}

/* Under load without end a work of x that starts over at each failure takes (e^(f x) - 1) (1/f +
 * 1/r) on average (Gaver, 1962: preemptive repeat identical); resumed, x (1 + f / r). */
static void restarts_take_longer(void **state)
{
    (void)state;
    enum { WORKS = 5000 };
    const double f = 0.8, r = 0.5;
    struct rig_job *jobs = calloc(WORKS, sizeof(*jobs));
    for (int restart = 0; restart <= 1; restart++) {
        struct theory t;
        theory_init(&t, STATION_FIFO, 1, 1);
        theory_fail(&t, 1 / f, 1 / r, 1);
        t.failure.restart = restart;
        for (uint32_t replication = 0; replication < REPLICATIONS; replication++) {
            struct random failures;
            struct rig rig;
            random_seed(&failures, 2, replication, "station", "failures");
            t.failure.random = &failures;
            t.failure.mtbf_ns_dist = &t.mtbf;
            t.failure.mttr_ns_dist = &t.mttr;
            for (uint32_t i = 0; i < WORKS; i++) {
                jobs[i] = (struct rig_job){.phases = {(int64_t)MS}};
            }
            rig_init(&rig, t.setup);
            rig_run(&rig, jobs, WORKS, RIG_LONG_RUN);
            t.values[OUT_SOJOURN][replication] = (double)core_now(&rig.core) / MS / WORKS;
            rig_done(&rig);
        }
        theory_check(&t, OUT_SOJOURN, restart ? (exp(f) - 1) * (1 / f + 1 / r) : 1 + f / r, 0.03,
                     restart ? "work that starts over" : "work that resumes");
    }
    free(jobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mm1),
        cmocka_unit_test(mmc),
        cmocka_unit_test(md1),
        cmocka_unit_test(mg1),
        cmocka_unit_test(mm1_lifo),
        cmocka_unit_test(mg_unlimited),
        cmocka_unit_test(mmck),
        cmocka_unit_test(mmc_patience),
        cmocka_unit_test(mg1_ps),
        cmocka_unit_test(mgn_ps),
        cmocka_unit_test(mg1_priority),
        cmocka_unit_test(mm2_priority),
        cmocka_unit_test(mm1_breakdowns),
        cmocka_unit_test(mm3_breakdowns),
        cmocka_unit_test(k_of_n_repairable),
        cmocka_unit_test(restarts_take_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
