/* cohorts: many objects that age, as counts and bytes of those that were touched on the same day.
 * cohorts_day makes all a day older; what is then old enough is in the next tier. A touch takes an
 * object back to the youngest cohort. Moved and removed objects are of the mean size of theirs.
 * Nothing is lost: what came in is in a tier or was removed, to the byte.
 * Age index 0 is today; i > 0 was touched between i - 1 and i days before the last cohorts_day, so
 * an object moves once it has surely been left alone for so many days, up to a day late.
 * Worked, tiers from 30 and 90 days: 10 objects added on day 0; after 31 days all are in tier 1. */
#ifndef ARCHSIM_BLOCKS_COHORTS_H
#define ARCHSIM_BLOCKS_COHORTS_H

#include <stdint.h>

#include "sim/kernel/random.h"

enum { COHORTS_TIERS = 3, COHORTS_AGES = 128 };

struct cohort {
    uint64_t objects, bytes;
};

struct cohorts {
    struct cohort ages[COHORTS_AGES]; /* the last holds all that are as old or older */
    struct cohort tiers[COHORTS_TIERS];
    struct cohort in, removed;
    uint32_t first[COHORTS_TIERS]; /* age index at which the tier begins */
    uint32_t used;                 /* ages from there on hold nothing */
};

/* Tiers 1 and 2 begin after so many days, 0 < days[0] < days[1] < COHORTS_AGES - 1. */
void cohorts_init(struct cohorts *cohorts, const uint32_t days[COHORTS_TIERS - 1]);
/* So many objects that were touched that many days ago. */
void cohorts_add(struct cohorts *cohorts, uint32_t days, uint64_t objects, uint64_t bytes);
/* The age index of any object, all alike; there must be one. */
uint32_t cohorts_draw(const struct cohorts *cohorts, struct random *random);
/* One object of that age index, which has some, is touched. Returns its bytes. */
uint64_t cohorts_touch(struct cohorts *cohorts, uint32_t age);
/* So much of every cohort is touched, in whole objects; ratio 0 .. 1. */
void cohorts_touch_share(struct cohorts *cohorts, double ratio);
/* As cohorts_touch, but it is gone. */
uint64_t cohorts_remove(struct cohorts *cohorts, uint32_t age);
/* A day has passed. Returns the objects that moved to an older tier. */
uint64_t cohorts_day(struct cohorts *cohorts);

static inline uint32_t cohorts_tier(const struct cohorts *cohorts, uint32_t age)
{
    return (uint32_t)(age >= cohorts->first[1]) + (uint32_t)(age >= cohorts->first[2]);
}

static inline uint64_t cohorts_objects(const struct cohorts *cohorts)
{
    return cohorts->in.objects - cohorts->removed.objects;
}

#endif
