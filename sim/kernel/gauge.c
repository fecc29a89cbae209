/* gauge: reading and restarting the time average of a level. */
#include "sim/kernel/gauge.h"

void gauge_reset(struct gauge *gauge, int64_t now_ns)
{
    gauge->min = INT64_MAX;
    gauge->max = INT64_MIN;
    gauge->changed_ns = now_ns;
    gauge->moment = (__int128)gauge->value * now_ns;
}

struct gauge_window gauge_read(const struct gauge *gauge, int64_t now_ns)
{
    struct gauge_window window = {
        .area = (double)((__int128)gauge->value * now_ns - gauge->moment),
        .min = gauge->min,
        .max = gauge->max,
    };
    if (now_ns != gauge->changed_ns || window.min > window.max) {
        window.min = gauge->value < window.min ? gauge->value : window.min;
        window.max = gauge->value > window.max ? gauge->value : window.max;
    }
    return window;
}
