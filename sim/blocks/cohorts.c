/* cohorts: ages are an array that is shifted once a day, sums by tier are kept up to date. */
#include "sim/blocks/cohorts.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void cohorts_init(struct cohorts *cohorts, const uint32_t days[COHORTS_TIERS - 1])
{
    *cohorts = (struct cohorts){0};
    for (uint32_t i = 1; i < COHORTS_TIERS; i++) {
        const uint32_t after = days[i - 1];
        assert(after == COHORTS_NEVER || (after > 0 && after + 1 < COHORTS_AGES));
        cohorts->first[i] = after == COHORTS_NEVER ? COHORTS_NEVER : after + 1;
    }
}

static void cohort_add(struct cohort *cohort, uint64_t objects, uint64_t bytes)
{
    cohort->objects += objects;
    cohort->bytes += bytes;
}

static void cohort_take(struct cohort *cohort, uint64_t objects, uint64_t bytes)
{
    assert(cohort->objects >= objects && cohort->bytes >= bytes);
    cohort->objects -= objects;
    cohort->bytes -= bytes;
}

static void cohorts_check(const struct cohorts *cohorts)
{
    uint64_t objects = cohorts->removed.objects;
    uint64_t bytes = cohorts->removed.bytes;
    for (int i = 0; i < COHORTS_TIERS; i++) {
        objects += cohorts->tiers[i].objects;
        bytes += cohorts->tiers[i].bytes;
    }
    assert(objects == cohorts->in.objects && bytes == cohorts->in.bytes);
    (void)objects, (void)bytes;
}

static void cohorts_put(struct cohorts *cohorts, uint32_t age, uint64_t objects, uint64_t bytes)
{
    cohort_add(&cohorts->ages[age], objects, bytes);
    cohort_add(&cohorts->tiers[cohorts_tier(cohorts, age)], objects, bytes);
    cohorts->used = cohorts->used > age ? cohorts->used : age + 1;
}

void cohorts_add(struct cohorts *cohorts, uint32_t days, uint64_t objects, uint64_t bytes)
{
    const uint32_t index = days > 0 ? days + 1 : 0;
    cohort_add(&cohorts->in, objects, bytes);
    cohorts_put(cohorts, index < COHORTS_AGES ? index : COHORTS_AGES - 1, objects, bytes);
    cohorts_check(cohorts);
}

uint32_t cohorts_draw(const struct cohorts *cohorts, struct random *random)
{
    const uint64_t objects = cohorts_objects(cohorts);
    assert(objects > 0);
    double left = random_uniform(random) * (double)objects;
    uint32_t found = 0;
    for (uint32_t i = 0; i < cohorts->used; i++) {
        const uint64_t there = cohorts->ages[i].objects;
        if (there == 0) {
            continue;
        }
        found = i; /* the last that has some, should rounding carry us beyond it */
        if (left < (double)there) {
            break;
        }
        left -= (double)there;
    }
    return found;
}

static uint64_t cohorts_take(struct cohorts *cohorts, uint32_t age)
{
    struct cohort *from = &cohorts->ages[age];
    assert(from->objects > 0);
    const uint64_t bytes = from->bytes / from->objects;
    cohort_take(from, 1, bytes);
    cohort_take(&cohorts->tiers[cohorts_tier(cohorts, age)], 1, bytes);
    return bytes;
}

uint64_t cohorts_touch(struct cohorts *cohorts, uint32_t age)
{
    const uint64_t bytes = cohorts_take(cohorts, age);
    cohorts_put(cohorts, 0, 1, bytes);
    cohorts_check(cohorts);
    return bytes;
}

uint64_t cohorts_remove(struct cohorts *cohorts, uint32_t age)
{
    const uint64_t bytes = cohorts_take(cohorts, age);
    cohort_add(&cohorts->removed, 1, bytes);
    cohorts_check(cohorts);
    return bytes;
}

/* Takes so many of an age; their bytes. */
static uint64_t cohorts_take_many(struct cohorts *cohorts, uint32_t age, uint64_t objects)
{
    struct cohort *from = &cohorts->ages[age];
    const uint64_t bytes = objects == from->objects
                               ? from->bytes
                               : (uint64_t)((unsigned __int128)from->bytes * objects /
                                            (from->objects > 0 ? from->objects : 1));
    cohort_take(from, objects, bytes);
    cohort_take(&cohorts->tiers[cohorts_tier(cohorts, age)], objects, bytes);
    return bytes;
}

/* Of `left` objects that are wanted among `there`, the share of an age that has `of`. */
static uint64_t cohorts_share(uint64_t left, uint64_t of, uint64_t there)
{
    return there > 0 ? (uint64_t)((unsigned __int128)left * of / there) : 0;
}

/* Takes objects of all ages, evenly or the youngest first; their bytes. The oldest that has some
 * makes good for roundings. */
static uint64_t cohorts_take_all(struct cohorts *cohorts, uint64_t objects, uint32_t tier,
                                 bool recent)
{
    uint64_t bytes = 0, left = objects;
    uint64_t there = cohorts_objects(cohorts) - cohorts_colder(cohorts, tier);
    assert(objects <= there);
    for (uint32_t age = 0; age < COHORTS_AGES && left > 0; age++) {
        const uint64_t of = cohorts->ages[age].objects;
        uint64_t take = recent ? of : cohorts_share(left, of, there);
        take = take < left ? take : left;
        bytes += cohorts_take_many(cohorts, age, take);
        left -= take;
        there -= of;
    }
    assert(left == 0);
    return bytes;
}

uint64_t cohorts_touch_many(struct cohorts *cohorts, uint64_t objects, uint32_t tier, bool recent)
{
    const uint64_t bytes = cohorts_take_all(cohorts, objects, tier, recent);
    cohorts_put(cohorts, 0, objects, bytes);
    cohorts_check(cohorts);
    return bytes;
}

uint64_t cohorts_remove_many(struct cohorts *cohorts, uint64_t objects)
{
    const uint64_t bytes = cohorts_take_all(cohorts, objects, COHORTS_TIERS, false);
    cohort_add(&cohorts->removed, objects, bytes);
    cohorts_check(cohorts);
    return bytes;
}

struct cohort cohorts_expire(struct cohorts *cohorts, uint32_t age)
{
    struct cohort gone = {0};
    for (uint32_t i = age; i < COHORTS_AGES; i++) {
        const uint64_t objects = cohorts->ages[i].objects;
        cohort_add(&gone, objects, cohorts_take_many(cohorts, i, objects));
    }
    cohort_add(&cohorts->removed, gone.objects, gone.bytes);
    cohorts_check(cohorts);
    return gone;
}

uint64_t cohorts_day(struct cohorts *cohorts)
{
    uint64_t moved = 0;
    for (uint32_t tier = COHORTS_TIERS - 1; tier > 0; tier--) {
        const uint32_t first = cohorts->first[tier];
        if (first == COHORTS_NEVER || cohorts_tier(cohorts, first) != tier) {
            continue;
        }
        const struct cohort *last = &cohorts->ages[first - 1];
        moved += last->objects;
        cohort_take(&cohorts->tiers[cohorts_tier(cohorts, first - 1)], last->objects, last->bytes);
        cohort_add(&cohorts->tiers[tier], last->objects, last->bytes);
    }
    struct cohort *oldest = &cohorts->ages[COHORTS_AGES - 1];
    const struct cohort older = oldest[-1];
    memmove(&cohorts->ages[1], &cohorts->ages[0], (COHORTS_AGES - 2) * sizeof(cohorts->ages[0]));
    cohorts->ages[0] = (struct cohort){0};
    cohort_add(oldest, older.objects, older.bytes);
    cohorts->used += cohorts->used > 0 && cohorts->used < COHORTS_AGES;
    cohorts_check(cohorts);
    return moved;
}
