/* floor: what the hand-written floor programs share: a clock, arguments and the line they print.
 * Each is the least program that does the work of one benchmark, without generality, checks or
 * statistics other than the mean; archsim is measured against them by scripts/bench. They draw from
 * archsim's own ziggurats, so that a ratio compares the simulators and not the random numbers. */
#ifndef ARCHSIM_TESTS_BENCH_FLOOR_H
#define ARCHSIM_TESTS_BENCH_FLOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/kernel/random.h"

static inline double floor_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Argument `index` as a number, or the fallback. */
static inline double floor_argument(int argc, char **argv, int index, double fallback)
{
    return index < argc ? strtod(argv[index], NULL) : fallback;
}

static inline void floor_print(uint64_t customers, double latency_s_sum, double began_s)
{
    const double elapsed_s = floor_clock_s() - began_s;
    printf("{\"customers\": %llu, \"mean\": %.6g, \"ns\": %.2f}\n", (unsigned long long)customers,
           latency_s_sum / (double)customers, elapsed_s * 1e9 / (double)customers);
}

#endif
