/* cohorts: many objects that age, as counts and bytes of those that were touched on the same day.
 * cohorts_day makes all a day older; what is then old enough is in the next tier. A touch takes an
 * object back to the youngest cohort. Moved and removed objects are of the mean size of theirs.
 * Nothing is lost: what came in is in a tier or was removed, to the byte.
 * Age index 0 is today; i > 0 was touched between i - 1 and i days before the last cohorts_day, so
 * an object moves once it has surely been left alone for so many days, up to a day late.
 * Worked, tiers from 30 and 90 days: 10 objects added on day 0; after 31 days all are in tier 1. */
#ifndef ARCHSIM_BLOCKS_COHORTS_H
#define ARCHSIM_BLOCKS_COHORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/random.h"

enum { COHORTS_TIERS = 5, COHORTS_AGES = 1024 };
#define COHORTS_NEVER UINT32_MAX

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

/* Tiers 1 and on begin after so many days, not descending, 0 < days < COHORTS_AGES - 1; or there is
 * none: COHORTS_NEVER. Where two begin on the same day, the colder one is meant. */
void cohorts_init(struct cohorts *cohorts, const uint32_t days[COHORTS_TIERS - 1]);
/* So many objects that were touched that many days ago. */
void cohorts_add(struct cohorts *cohorts, uint32_t days, uint64_t objects, uint64_t bytes);
/* The age index of any object, all alike; there must be one. */
uint32_t cohorts_draw(const struct cohorts *cohorts, struct random *random);
/* One object of that age index, which has some, is touched. Returns its bytes. */
uint64_t cohorts_touch(struct cohorts *cohorts, uint32_t age);
/* As cohorts_touch, but it is gone. */
uint64_t cohorts_remove(struct cohorts *cohorts, uint32_t age);
/* So many objects at once, of every age its share; there must be as many. Touched, but none of
 * that tier or colder, from the youngest on, if `recent`; or removed. Returns their bytes. */
uint64_t cohorts_touch_many(struct cohorts *cohorts, uint64_t objects, uint32_t tier, bool recent);
uint64_t cohorts_remove_many(struct cohorts *cohorts, uint64_t objects);
/* All of that age index and older are gone. Returns them. */
struct cohort cohorts_expire(struct cohorts *cohorts, uint32_t age);
/* A day has passed. Returns the objects that moved to an older tier. */
uint64_t cohorts_day(struct cohorts *cohorts);

static inline uint32_t cohorts_tier(const struct cohorts *cohorts, uint32_t age)
{
    uint32_t tier = COHORTS_TIERS - 1;
    while (age < cohorts->first[tier]) { /* first[0] is 0 */
        tier--;
    }
    return tier;
}

static inline uint64_t cohorts_objects(const struct cohorts *cohorts)
{
    return cohorts->in.objects - cohorts->removed.objects;
}

/* Those of that tier and colder. */
static inline uint64_t cohorts_colder(const struct cohorts *cohorts, uint32_t tier)
{
    uint64_t objects = 0;
    for (uint32_t i = tier; i < COHORTS_TIERS; i++) {
        objects += cohorts->tiers[i].objects;
    }
    return objects;
}

static inline uint64_t cohorts_bytes(const struct cohorts *cohorts)
{
    return cohorts->in.bytes - cohorts->removed.bytes;
}

#endif
