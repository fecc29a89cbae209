/* provision: instances that are kept ready, beside those on demand. More of them are asked for,
 * prepared, and allocated at a rate; none of those is usable until all are, and until then no other
 * number may be asked for. Fewer are fewer at once: idle ones go, busy ones when they are done. How
 * many there should be may follow their own utilization, or a schedule, by an autoscaler, which
 * looks at it once a minute; a minute in which none was used has no datapoint, so that
 * nothing is removed while nobody comes. Worked, 90 s and 100 a second: of 600 asked for at 60 s
 * none is usable before 156 s, then all. Of 10, 8 are busy, and 5 are asked for: the 2 idle ones go
 * now, 3 of the busy ones later. */
#ifndef ARCHSIM_BLOCKS_PROVISION_H
#define ARCHSIM_BLOCKS_PROVISION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/autoscaler.h"
#include "sim/blocks/pool.h"
#include "sim/kernel/core.h"
#include "sim/kernel/gauge.h"

enum { PROVISION_TIMERS = 2 + AUTOSCALER_TIMERS }; /* slots that it needs */

struct provision_ops {
    /* So many are usable from now on. */
    void (*usable)(void *context, int64_t count);
    /* The scaler wants so many: provision_ask, if that may be. */
    void (*wanted)(void *context, const struct scaler_decision *decision);
};

struct provision_setup {
    const struct provision_ops *ops;
    void *context;
    struct pool_setup pool; /* but they never expire */
    uint32_t timer;         /* the pool's service's EVENT_SERVICE from that slot on are its own */
    uint8_t flags;          /* of instances that were allocated meanwhile */
    int64_t preparation_ns;
    double rate_per_s;
    uint32_t metric; /* the scaler's number for their utilization */
    int64_t seen_ns; /* a datapoint is seen so long after its minute */
};

struct provision {
    struct provision_setup setup;
    struct pool pool;
    int64_t usable, asked;
    uint64_t stale; /* instances up to that creation go after what they do */
    bool renewing;
    struct gauge busy, present;
    struct gauge minute_busy, minute_present; /* since the last sample */
    struct autoscaler autoscaler;
};

/* Its autoscaler's scaler is to be filled in then (scaler_init), before provision_begin. */
void provision_init(struct provision *provision, const struct provision_setup *setup);
/* So many are usable from the start. */
void provision_begin(struct provision *provision, int64_t usable);
/* An EVENT_SERVICE with slot timer + index. */
void provision_due(struct provision *provision, uint32_t index);

/* So many there shall be: fewer at once, more after that time. False: others are being allocated.
 * */
bool provision_ask(struct provision *provision, int64_t count, int64_t *delay_ns);
/* All are to be new: those that are there serve until as many were allocated. */
void provision_renew(struct provision *provision);

/* One is idle. */
static inline bool provision_idle(const struct provision *provision)
{
    return pool_idle(&provision->pool, 0);
}
/* An idle one, busy from now on; and one that is idle again. */
uint32_t provision_take(struct provision *provision);
void provision_give_back(struct provision *provision, uint32_t instance);

#endif
