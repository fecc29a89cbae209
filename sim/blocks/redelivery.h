/* redelivery: when an event that nobody waits for is tried again, and when it is given up. A
 * schedule is a few phases, one after the other, of so many tries each; within one the waits grow
 * by a factor, up to a bound. Whoever keeps an event counts its tries; a schedule has no state.
 * Worked, SNS to functions and queues: {3, 0 s}, {2, 1 s}, {10, 1 s x 1.4, at most 20 s}, {100,000,
 * 20 s}: 100,015 further tries, over 23 days. Lambda after a throttle: {any, 1 s x 2, at most 5
 * min} and an age of 6 h: waits of 1, 2, 4 .. 256, 300, 300 s, the last try at 6 h sharp. */
#ifndef ARCHSIM_BLOCKS_REDELIVERY_H
#define ARCHSIM_BLOCKS_REDELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#define REDELIVERY_OVER (-1)
#define REDELIVERY_ANY INT64_MAX

struct redelivery_phase {
    int64_t tries;    /* further ones; REDELIVERY_ANY */
    int64_t first_ns; /* the wait before the first of them */
    double factor;    /* each further wait is so many times as long, */
    int64_t most_ns;  /* but at most so long */
};

enum { REDELIVERY_PHASES = 4 };
struct redelivery {
    struct redelivery_phase phases[REDELIVERY_PHASES];
    uint32_t phases_count;
    int64_t age_max_ns; /* older events are given up; below 0: none is */
    bool last_at_age;   /* a wait beyond that age is cut short: one more try is made then */
};

/* How long an event of that age, tried again so often before, waits for its next try;
 * REDELIVERY_OVER: it is given up. */
int64_t redelivery_wait_ns(const struct redelivery *redelivery, int64_t tries, int64_t age_ns);

#endif
