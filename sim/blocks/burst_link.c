#include "sim/blocks/burst_link.h"

#include <assert.h>
#include <math.h>

static double burst_link_earned_per_s(const struct burst_rate *rate)
{
    return rate->earned_bytes_per_s > 0 ? rate->earned_bytes_per_s : rate->baseline_bytes_per_s;
}

int64_t burst_link_pass(struct burst_link *link, const struct burst_rate *rate, int64_t now_ns,
                        double bytes)
{
    assert(rate->baseline_bytes_per_s > 0 && rate->burst_bytes_per_s >= rate->baseline_bytes_per_s);
    const double earned_per_s = burst_link_earned_per_s(rate);
    const double above_per_s = rate->burst_bytes_per_s - earned_per_s;
    const double begin_ns = fmax((double)now_ns, link->free_ns);
    const double earned = (begin_ns - link->free_ns) / 1e9 * earned_per_s;
    const double missing = fmax(0, link->missing_bytes - earned);
    const double credits = fmax(0, above_per_s * rate->burst_s - missing);
    double fast_s = bytes / rate->burst_bytes_per_s;
    if (fast_s * above_per_s > credits) {
        fast_s = credits / above_per_s;
    }
    const double slow_bytes = fmax(0, bytes - fast_s * rate->burst_bytes_per_s);
    link->missing_bytes = missing + fast_s * above_per_s;
    if (fast_s > 0) {
        link->fast_ns = begin_ns + fast_s * 1e9;
    }
    link->free_ns = begin_ns + (fast_s + slow_bytes / rate->baseline_bytes_per_s) * 1e9;
    return (int64_t)ceil(link->free_ns);
}

double burst_link_missing(const struct burst_link *link, const struct burst_rate *rate,
                          int64_t now_ns)
{
    const double earned_per_s = burst_link_earned_per_s(rate);
    const double above_per_s = rate->burst_bytes_per_s - earned_per_s;
    const double ahead_s = fmax(0, link->fast_ns - (double)now_ns) / 1e9;
    const double idle_s = fmax(0, (double)now_ns - link->free_ns) / 1e9;
    return fmax(0, link->missing_bytes - ahead_s * above_per_s - idle_s * earned_per_s);
}
