/* growth: capacity that is looked at again and again, and grows the faster the larger it is: while
 * the utilization is above a target, by max(least, share of what is there) a second; while it has
 * been low for a time, it gives back a smaller share a second. What is granted are whole steps: one
 * more when it is fully earned, one less when it is fully given back.
 * Worked, in steps of 0.5: at 2, growing 0.3 a second, seconds 1 to 4 grant 2, 2.5, 2.5, 3.
 * Whether it is low is asked of what would be left: with one step less, the same load must stay
 * below the low mark, or small capacities would go up and down for ever. What was earned of a step
 * that is not there yet is given back as well, or rare bursts would add up to a step. */
#ifndef ARCHSIM_BLOCKS_GROWTH_H
#define ARCHSIM_BLOCKS_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

struct growth_rules {
    double step;                     /* capacity of one step, > 0 */
    double up_least_per_s, up_per_s; /* growth: capacity a second; share a second */
    double down_per_s;               /* share a second */
    double target_ratio, low_ratio;  /* of utilization, low < target */
    int64_t low_after_ns;            /* low so long before anything is given back */
};

struct growth {
    const struct growth_rules *rules;
    double earned;  /* capacity, not yet in whole steps */
    int64_t steps;  /* granted */
    int64_t low_ns; /* how long the utilization has been low */
};

/* The rules are borrowed. */
void growth_init(struct growth *growth, const struct growth_rules *rules, int64_t steps);
/* So much is granted now, whatever was earned. */
void growth_set(struct growth *growth, int64_t steps);
/* An interval has passed in which that share of the granted capacity was used; from now on it is
 * held within low..high. True: growth->steps has changed. */
bool growth_look(struct growth *growth, double utilization, int64_t interval_ns, int64_t low_steps,
                 int64_t high_steps);
/* Nothing is left to be given back: while nobody uses it, it stays as it is. */
bool growth_resting(const struct growth *growth, int64_t low_steps);

#endif
