/* pollers: how many batches of a queue are worked off at the same time by what polls it for a
 * function: a few at first, one more every period while that is not enough, up to the most; one
 * less every period while it is; one less for each invocation that failed.
 * Invariant: allowed = first + grown / period, and grown moves with the clock, by one ns a ns, up
 * while more is waiting than may be worked off and down else, within 0 .. (most - first) * period.
 * Worked: 5 at first, one more every 200 ms (300 a minute), a queue that is never empty: 6 from
 * 0.2 s on, 30 at 5 s, and 1,250 at 249 s. */
#ifndef ARCHSIM_BLOCKS_POLLERS_H
#define ARCHSIM_BLOCKS_POLLERS_H

#include <stdbool.h>
#include <stdint.h>

struct pollers_setup {
    uint32_t first, most; /* batches at a time, 1 <= first <= most */
    uint32_t batch;       /* messages of one */
    int64_t period_ns;    /* of one more, >= 1 */
};

struct pollers {
    struct pollers_setup setup;
    int64_t grown_ns; /* at at_ns */
    int64_t at_ns;
    uint32_t out;             /* batches under way, the one that is gathered included */
    uint32_t delivery, count; /* of the batch that is gathered: its name, messages; 0: none is */
    bool lacking;             /* more is waiting than may be worked off */
};

void pollers_init(struct pollers *pollers, const struct pollers_setup *setup);

/* So many batches may be under way now. */
uint32_t pollers_allowed(struct pollers *pollers, int64_t now_ns);
/* Messages to ask for: what the batch that is gathered lacks, or a new one may have; 0: none. */
uint32_t pollers_wanted(struct pollers *pollers, int64_t now_ns);
/* So many came, at least one. */
void pollers_received(struct pollers *pollers, uint32_t count);
/* The batch is not gathered any more but worked off. */
void pollers_sent(struct pollers *pollers);
/* A batch is over; failed: as pollers_fail. */
void pollers_end(struct pollers *pollers, int64_t now_ns, bool failed);
/* An invocation was throttled or ended with an error. */
void pollers_fail(struct pollers *pollers, int64_t now_ns);
/* From now on more is waiting than may be worked off, or no longer. */
void pollers_lack(struct pollers *pollers, int64_t now_ns, bool lacking);
/* When one more will be allowed, if nothing else happens; INT64_MAX: never. */
int64_t pollers_due_ns(const struct pollers *pollers);

#endif
