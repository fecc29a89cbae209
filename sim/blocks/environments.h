/* environments: what functions run in, one request at a time: some are provisioned (provision.h),
 * others start on demand, wait idle, and are reclaimed. A request takes a provisioned one that is
 * free, else the one on demand that was used last, else starts one, if its function has concurrency
 * left (concurrency.h) and a token of a bucket. A new one is placed and initialises; its first run
 * is slower. One that was killed, or whose init took too long, initialises again within its next
 * run. Those that are too old, or of old code, go after what they do.
 * Worked, a bucket of 1,000 and 100 a second: 1,500 requests at once start 1,000, 500 are refused;
 * a second later 100 more may start. */
#ifndef ARCHSIM_BLOCKS_ENVIRONMENTS_H
#define ARCHSIM_BLOCKS_ENVIRONMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"
#include "sim/blocks/concurrency.h"
#include "sim/blocks/pool.h"
#include "sim/blocks/provision.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/random.h"

enum { ENVIRONMENT_UNUSED = 1, ENVIRONMENT_RESET = 2 }; /* flags: no run yet; must initialise */
#define ENVIRONMENT_PROVISIONED ((uint32_t)1 << 31)     /* in the name of one */

struct environments_setup {
    struct pool_setup pool;
    uint32_t timer; /* the pool's service's EVENT_SERVICE with slot timer | name: initialised */
    double starts_per_s;
    int64_t starts_burst;
    struct distribution init, first_extra;
    const struct distribution *placement_ns_dist;
    const struct distribution *more_init_ns_dist[2]; /* on top of init; null: nothing */
    int64_t init_limit_ns;                           /* INT64_MAX: none */
    double first_more;     /* the work takes so much more in the first run, of itself, */
    int64_t first_most_ns; /* but not more than that */
    int64_t max_age_ns;
    struct random init_random, first_random;
};

struct environments {
    struct environments_setup setup;
    struct pool pool; /* on demand */
    struct provision provision;
    struct concurrency concurrency;
    struct bucket starts;
    uint64_t stale; /* those on demand up to that creation have old code */
};

/* Concurrency and provision are the owner's to fill in, after this. */
void environments_init(struct environments *environments, const struct environments_setup *setup);

/* One for a request, in *name, or the limit that forbids it. *cold: it is to be started. */
const char *environments_take(struct environments *environments, bool counted, uint32_t *name,
                              bool *cold);
/* Valid until the next start. until_ns and, of one that initialises, note are the owner's. */
static inline struct pool_instance *environments_at(const struct environments *environments,
                                                    uint32_t name)
{
    return name & ENVIRONMENT_PROVISIONED
               ? pool_at(&environments->provision.pool, name & ~ENVIRONMENT_PROVISIONED)
               : pool_at(&environments->pool, name);
}
/* Starts it. Returns when it is initialised; *init_ns of that is its init. */
int64_t environments_start(struct environments *environments, uint32_t name, int64_t *init_ns);
/* What a run of that work, of so many equal rounds, takes longer, the first time. *cold: because it
 * must initialise again. */
int64_t environments_extra_ns(struct environments *environments, uint32_t name, int64_t work_ns,
                              uint32_t rounds, bool *cold);
/* What further work of that run takes longer. */
int64_t environments_slower_ns(const struct environments *environments, int64_t work_ns,
                               uint32_t rounds);
/* What it does is over; killed: it must initialise again. True: one on demand is gone. */
bool environments_give_back(struct environments *environments, uint32_t name, bool killed);
/* There is new code. */
void environments_renew(struct environments *environments);

#endif
