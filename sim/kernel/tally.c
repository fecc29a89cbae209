/* tally: mean and standard deviation out of exact integer sums. */
#include "sim/kernel/tally.h"

#include <math.h>

void tally_clear(struct tally *tally)
{
    *tally = (struct tally){.min = INT64_MAX, .max = INT64_MIN};
}

void tally_merge(struct tally *into, const struct tally *from)
{
    into->count += from->count;
    into->sum += from->sum;
    into->squares += from->squares;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
}

double tally_mean(const struct tally *tally)
{
    return tally->count > 0 ? (double)tally->sum / (double)tally->count : (double)NAN;
}

/* With m the whole part of the mean and r = sum - n m, sum((v - mean)^2) =
 * sum((v - m)^2) - r^2 / n; the first term is exact although its parts may have wrapped. */
double tally_sd(const struct tally *tally)
{
    if (tally->count < 2)
        return (double)NAN;
    const __int128 n = (__int128)tally->count;
    const __int128 m = tally->sum / n;
    const __int128 rest = tally->sum - n * m;
    const unsigned __int128 about_m =
        tally->squares - (unsigned __int128)m * (unsigned __int128)(tally->sum + rest);
    const double count = (double)tally->count;
    const double variance = ((double)about_m - (double)rest * (double)rest / count) / (count - 1);
    return sqrt(fmax(0.0, variance));
}
