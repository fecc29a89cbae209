/* burst_link: a link whose bytes pass one after the other, above its baseline only while it has
 * credits: those it earns at the baseline rate while nothing passes, up to what lasts for so long
 * at the burst rate; it starts with all of them. Nothing is scheduled: each transfer says when it
 * ends, from when the link is free and what it will hold then (virtual scheduling).
 * Worked: baseline 1 MB/s, burst 3 MB/s, credits for 2 s (4 MB above the baseline): 9 MB at 0 pass
 * 6 MB in 2 s, then 3 MB in 3 s. At 8 s it holds 3 MB again: 4.5 MB take 1.5 s. */
#ifndef ARCHSIM_BLOCKS_BURST_LINK_H
#define ARCHSIM_BLOCKS_BURST_LINK_H

#include <stdint.h>

struct burst_rate {
    double baseline_bytes_per_s; /* above 0 */
    double burst_bytes_per_s;    /* at least the baseline */
    double burst_s;              /* full credits last so long */
    double earned_bytes_per_s;   /* in credits, at most the baseline; 0: the baseline */
};

struct burst_link {
    double free_ns;       /* the last transfer has ended */
    double missing_bytes; /* of all credits, then */
    double fast_ns;       /* the last transfer at the burst rate has ended */
};

/* When a transfer that comes now will have passed. All zero is a link that is free and full. */
int64_t burst_link_pass(struct burst_link *link, const struct burst_rate *rate, int64_t now_ns,
                        double bytes);
/* Credits that are missing at that time, which is not before the last transfer came. */
double burst_link_missing(const struct burst_link *link, const struct burst_rate *rate,
                          int64_t now_ns);

#endif
