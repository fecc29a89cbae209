/* series: intervals that are joined in pairs before they run out. */
#include "sim/kernel/series.h"

#include <assert.h>

#include "sim/kernel/arena.h"

void series_init(struct series *series, struct arena *arena, int64_t start_ns, int64_t step_ns,
                 uint32_t capacity)
{
    assert(step_ns > 0);
    assert(capacity > 0 && capacity % 2 == 0);
    *series = (struct series){.sums = arena_array(arena, capacity, sizeof(double)),
                              .start_ns = start_ns,
                              .step_ns = step_ns,
                              .capacity = capacity};
}

static void series_fold(struct series *series)
{
    const uint32_t half = series->capacity / 2;
    for (uint32_t i = 0; i < half; i++)
        series->sums[i] = series->sums[2 * i] + series->sums[2 * i + 1];
    for (uint32_t i = half; i < series->capacity; i++)
        series->sums[i] = 0;
    series->count = (series->count + 1) / 2;
    series->step_ns *= 2;
}

void series_add(struct series *series, int64_t at_ns, double amount)
{
    const int64_t age_ns = at_ns - series->start_ns;
    if (age_ns < 0)
        return;
    int64_t index = age_ns / series->step_ns;
    while (index >= series->capacity) {
        series_fold(series);
        index /= 2;
    }
    series->sums[index] += amount;
    if (index >= series->count)
        series->count = (uint32_t)index + 1;
    if (series->count == series->capacity)
        series_fold(series);
}

double series_level(const struct series *series, uint32_t index)
{
    assert(index < series->count);
    return series->sums[index] / (double)series->step_ns;
}
