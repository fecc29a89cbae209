/* M/M/1 by Lindley's recursion: wait' = max(0, wait + service - gap). No events at all: the
 * lowest floor. floor_lindley [customers]; 900 arrivals a second, service 1 ms;
 * the mean latency is 10 ms. */
#include "tests/bench/floor.h"

int main(int argc, char **argv)
{
    const uint64_t customers = (uint64_t)floor_argument(argc, argv, 1, 1e7);
    const double gap_s = 1.0 / 900, service_s = 1e-3;
    struct random random;
    random_seed(&random, 1, 0, "floor", "lindley");
    const double began_s = floor_clock_s();
    double wait_s = 0, sum_s = 0;
    for (uint64_t i = 0; i < customers; i++) {
        const double sojourn_s = wait_s + service_s * random_exponential(&random);
        sum_s += sojourn_s;
        wait_s = sojourn_s - gap_s * random_exponential(&random);
        wait_s = wait_s > 0 ? wait_s : 0;
    }
    floor_print(customers, sum_s, began_s);
    return 0;
}
