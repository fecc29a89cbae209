/* gauge: the time average and the extremes of a whole-numbered level (busy servers, queue
 * length). Invariant: the area under the level from the last reset to any time t since the last
 * change is value * t - moment, where moment = sum of change * time of change; so a change costs
 * one multiply and one add (none for a change by a literal 1), the past is never walked, and
 * nothing is rounded. Extremes are of levels that lasted: one that is left in the instant in
 * which it was reached (a call that is refused on the spot) was never there. Worked: at 2 from t
 * = 0, one leaves at t = 3: value 1, moment -3; at t = 10 the area is 1 * 10 + 3 = 13 = 2 * 3 +
 * 1 * 7. */
#ifndef ARCHSIM_KERNEL_GAUGE_H
#define ARCHSIM_KERNEL_GAUGE_H

#include <stdint.h>

/* All zero is a valid gauge at level 0 since time 0. */
struct gauge {
    int64_t value;
    int64_t min, max; /* of levels that lasted, since the last reset, before changed_ns */
    int64_t changed_ns;
    __int128 moment; /* level * ns */
};

/* What a gauge did from its last reset to the instant of gauge_read; a plain copy. */
struct gauge_window {
    double area; /* level * ns; divided by the window's length it is the mean */
    int64_t min, max;
};

/* The level changes by `delta` at now_ns, which must not lie before an earlier change. */
static inline void gauge_add(struct gauge *gauge, int64_t delta, int64_t now_ns)
{
    const int64_t value = gauge->value;
    if (now_ns != gauge->changed_ns) {
        gauge->changed_ns = now_ns;
        gauge->max = value > gauge->max ? value : gauge->max;
        gauge->min = value < gauge->min ? value : gauge->min;
    }
    gauge->value = value + delta;
    gauge->moment += (__int128)delta * now_ns;
}

static inline void gauge_set(struct gauge *gauge, int64_t value, int64_t now_ns)
{
    gauge_add(gauge, value - gauge->value, now_ns);
}

/* Starts a window: keeps the level, forgets area and extremes. */
void gauge_reset(struct gauge *gauge, int64_t now_ns);

/* The window up to now_ns. The caller keeps the copy when its window ends: the gauge goes on
 * counting during the drain, which changes nothing in the copy and costs the hot path no branch. */
struct gauge_window gauge_read(const struct gauge *gauge, int64_t now_ns);

/* The mean over a window that is so long. */
static inline double gauge_mean(const struct gauge_window *window, double length_s)
{
    return window->area / (1e9 * length_s);
}

/* The area of the window so far, level * s. */
static inline double gauge_area_s(const struct gauge *gauge, int64_t now_ns)
{
    return gauge_read(gauge, now_ns).area / 1e9;
}

#endif
