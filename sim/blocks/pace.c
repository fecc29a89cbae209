#include "sim/blocks/pace.h"

#include <assert.h>
#include <math.h>

void pace_init(struct pace *pace, const struct pace_terms *terms)
{
    const double earned_per_s =
        terms->earned_per_s > 0 ? terms->earned_per_s : terms->baseline_per_s;
    const double above_per_s = terms->burst_per_s - earned_per_s;
    assert(terms->baseline_per_s > 0 && terms->burst_per_s >= terms->baseline_per_s);
    assert(earned_per_s <= terms->baseline_per_s && terms->credits >= 0);
    const bool bursts = terms->burst_per_s > terms->baseline_per_s && terms->credits > 0;
    *pace = (struct pace){
        .rate = {.baseline_bytes_per_s = terms->baseline_per_s,
                 .burst_bytes_per_s = bursts ? terms->burst_per_s : terms->baseline_per_s,
                 .burst_s = bursts ? terms->credits / above_per_s : 0,
                 .earned_bytes_per_s = earned_per_s},
        .credits = bursts ? terms->credits : 0,
    };
    pace->link.missing_bytes = pace->credits * (1 - terms->initial_ratio);
}

static void pace_later(int64_t *time_ns, double free_ns)
{
    const double whole_ns = ceil(free_ns);
    if (whole_ns > (double)*time_ns) {
        *time_ns = (int64_t)whole_ns;
    }
}

void pace_pass(struct pace *pace, int64_t now_ns, double amount, double last,
               struct pace_span *span)
{
    assert(amount >= last && last >= 0);
    pace_later(&span->first_ns, pace->link.free_ns);
    if (amount > last) {
        burst_link_pass(&pace->link, &pace->rate, now_ns, amount - last);
    }
    pace_later(&span->last_ns, pace->link.free_ns);
    burst_link_pass(&pace->link, &pace->rate, now_ns, last);
    pace->passed += amount;
}

void pace_fill(struct pace *pace, int64_t now_ns, double ratio)
{
    struct burst_link *link = &pace->link;
    if (link->free_ns > (double)now_ns) { /* what is ahead spends, or does not, as it was to */
        link->missing_bytes += pace_balance(pace, now_ns) - ratio * pace->credits;
    } else {
        link->free_ns = (double)now_ns;
        link->missing_bytes = pace->credits * (1 - ratio);
    }
}

double pace_balance(const struct pace *pace, int64_t now_ns)
{
    return fmax(0, pace->credits - burst_link_missing(&pace->link, &pace->rate, now_ns));
}

double pace_permitted(const struct pace *pace, int64_t now_ns)
{
    /* less than one nanosecond of bursting is an empty bucket */
    const double least = 1e-9 * pace->rate.burst_bytes_per_s;
    return pace_balance(pace, now_ns) > least ? pace->rate.burst_bytes_per_s
                                              : pace->rate.baseline_bytes_per_s;
}
