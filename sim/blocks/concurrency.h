/* concurrency: units that functions of an account may use at a time. Each takes them from the
 * account's, or from a part that is reserved for it, which is also its limit; units for which
 * instances are provisioned are set aside in either. So many requests a second go with a unit: of
 * the account, of what is reserved, of what is provisioned.
 * Worked, 100 units; f reserves 30, g has 10 provisioned: f may have 30 requests at a time, g its
 * 10 and, like all others together, 60 more. */
#ifndef ARCHSIM_BLOCKS_CONCURRENCY_H
#define ARCHSIM_BLOCKS_CONCURRENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"
#include "sim/kernel/gauge.h"

struct concurrency_setup {
    int64_t units;              /* of the account */
    int64_t unreserved;         /* that cannot be reserved */
    double requests_per_unit_s; /* a second */
    int64_t burst_ns;           /* the buckets hold so much of it */
};

struct concurrency_account {
    struct concurrency_setup setup;
    struct gauge used; /* of what is not reserved */
    int64_t most;      /* of that; below 0 where too much was set aside */
    int64_t reserved;
    struct bucket requests;
    uint64_t requests_count;
};

/* Of one function. */
struct concurrency {
    struct concurrency_account *account;
    struct gauge used;   /* beside what is provisioned */
    int64_t reserved;    /* below 0: nothing is */
    int64_t provisioned; /* set aside */
    struct bucket reserved_requests, provisioned_requests;
};

enum concurrency_limit {
    CONCURRENCY_FREE,
    CONCURRENCY_ACCOUNT,
    CONCURRENCY_RESERVED,
    CONCURRENCY_RESERVED_REQUESTS,
    CONCURRENCY_ACCOUNT_REQUESTS,
};

void concurrency_account_init(struct concurrency_account *account,
                              const struct concurrency_setup *setup);
void concurrency_init(struct concurrency *concurrency, struct concurrency_account *account,
                      int64_t reserved);

/* From now on so many are reserved. False: too much would be; nothing changes. */
bool concurrency_reserve(struct concurrency *concurrency, int64_t count, int64_t now_ns);
/* From now on so many are set aside. */
void concurrency_provision(struct concurrency *concurrency, int64_t count, int64_t now_ns);

/* A request may run on what is provisioned, if that has an instance: a token of its rate. */
bool concurrency_take_provisioned(struct concurrency *concurrency, int64_t now_ns);
/* A request; `provisioned`: as above, else it takes a unit. Events are not `counted` by rates. */
enum concurrency_limit concurrency_enter(struct concurrency *concurrency, bool provisioned,
                                         bool counted, int64_t now_ns);
/* One that took a unit is over, or found no instance after all. */
void concurrency_leave(struct concurrency *concurrency, int64_t now_ns);

/* Units that it may use at a time, beside those that are set aside. */
static inline int64_t concurrency_most(const struct concurrency *concurrency)
{
    return concurrency->reserved >= 0 ? concurrency->reserved - concurrency->provisioned
                                      : concurrency->account->most;
}
/* What counts towards that. */
static inline struct gauge *concurrency_used(struct concurrency *concurrency)
{
    return concurrency->reserved >= 0 ? &concurrency->used : &concurrency->account->used;
}

#endif
