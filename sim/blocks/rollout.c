#include "sim/blocks/rollout.h"

#include <math.h>

/* The breaker's threshold (ECS API Reference, ServiceDeploymentCircuitBreaker). */
#define ROLLOUT_FAILED_SHARE 0.5
#define ROLLOUT_FAILED_LEAST 3
#define ROLLOUT_FAILED_MOST 200
#define ROLLOUT_ROUNDING 1e-9 /* 110 % of 10 is 11, whatever its last bits are */

void rollout_init(struct rollout *rollout, const struct rollout_setup *setup, int64_t wanted)
{
    *rollout = (struct rollout){.setup = *setup, .wanted = wanted, .kept = -1};
}

static void rollout_start(struct rollout *rollout, enum rollout_phase phase, int64_t kept)
{
    rollout->setup.fleet->generation++;
    rollout->phase = phase;
    rollout->kept = kept;
    rollout->failed = 0;
}

void rollout_begin(struct rollout *rollout)
{
    rollout_start(rollout, ROLLOUT_FORTH, -1);
    rollout->code = rollout->setup.fleet->generation;
}

void rollout_back(struct rollout *rollout)
{
    rollout_start(rollout, ROLLOUT_BACK, rollout->good);
    rollout->code = 0;
}

bool rollout_fails(struct rollout *rollout, uint32_t number)
{
    struct rollout_setup *setup = &rollout->setup;
    if (rollout->code == 0 || fleet_at(setup->fleet, number)->generation != rollout->code) {
        return false;
    }
    if (random_uniform(&setup->random) < setup->failure_ratio) {
        rollout->failed++;
        return true;
    }
    rollout->failed = setup->resets ? 0 : rollout->failed;
    return false;
}

bool rollout_tripped(const struct rollout *rollout)
{
    const double share = ceil(ROLLOUT_FAILED_SHARE * (double)rollout->wanted);
    return rollout->phase == ROLLOUT_FORTH && rollout->setup.breaker &&
           (double)rollout->failed >= fmin(fmax(share, ROLLOUT_FAILED_LEAST), ROLLOUT_FAILED_MOST);
}

/* ---- old and new ---- */

static bool rollout_old(const struct rollout *rollout, const struct fleet_member *member)
{
    const bool stays = member->state == FLEET_PENDING || member->state == FLEET_IN_SERVICE;
    return stays && member->generation != rollout->setup.fleet->generation &&
           (int64_t)member->generation > rollout->kept;
}

struct rollout_census {
    int64_t old, healthy, fresh; /* fresh: of the healthy, the new */
};

static struct rollout_census rollout_count(const struct rollout *rollout)
{
    const struct rollout_setup *setup = &rollout->setup;
    struct rollout_census census = {0};
    for (uint32_t i = 0; i < setup->fleet->count; i++) {
        const struct fleet_member *member = fleet_at(setup->fleet, i);
        const bool old = rollout_old(rollout, member);
        const bool healthy = member->state == FLEET_IN_SERVICE && !member->broken &&
                             (old || fleet_warm(setup->fleet, i, setup->healthy_after_ns));
        census.old += old;
        census.healthy += healthy;
        census.fresh += healthy && !old;
    }
    return census;
}

/* The old one that stops next: of the zone with the most, the one that was launched first. */
static uint32_t rollout_next(const struct rollout *rollout, enum fleet_state state)
{
    const struct fleet *fleet = rollout->setup.fleet;
    uint32_t next = FLEET_NONE;
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct fleet_member *member = fleet_at(fleet, i);
        if (member->state != state || !rollout_old(rollout, member)) {
            continue;
        }
        const struct fleet_member *best = next == FLEET_NONE ? NULL : fleet_at(fleet, next);
        if (best == NULL || fleet->in_zone[member->zone] > fleet->in_zone[best->zone] ||
            (fleet->in_zone[member->zone] == fleet->in_zone[best->zone] &&
             member->launched_ns < best->launched_ns)) {
            next = i;
        }
    }
    return next;
}

static void rollout_round(struct rollout *rollout)
{
    const struct rollout_setup *setup = &rollout->setup;
    struct fleet *fleet = setup->fleet;
    const double wanted = (double)rollout->wanted;
    const int64_t most = (int64_t)floor(wanted * setup->most_share + ROLLOUT_ROUNDING);
    const int64_t least = (int64_t)ceil(wanted * setup->least_share - ROLLOUT_ROUNDING);
    uint32_t next;
    while ((next = rollout_next(rollout, FLEET_PENDING)) != FLEET_NONE) {
        fleet_drop(fleet, next, FLEET_RETIRED);
    }
    struct rollout_census census = rollout_count(rollout);
    for (int64_t i = census.healthy - least;
         i > 0 && (next = rollout_next(rollout, FLEET_IN_SERVICE)) != FLEET_NONE; i--) {
        fleet_drop(fleet, next, FLEET_RETIRED);
        census.old--;
    }
    const int64_t staying = fleet_staying(fleet) - fleet->extra;
    const int64_t missing = rollout->wanted - (staying - census.old);
    const int64_t more = missing < most - staying ? missing : most - staying;
    fleet_want(fleet, staying + (more > 0 || census.old == 0 ? more : 0));
}

bool rollout_step(struct rollout *rollout)
{
    if (rollout->phase == ROLLOUT_IDLE) {
        fleet_want(rollout->setup.fleet, rollout->wanted);
        return false;
    }
    rollout_round(rollout);
    const struct rollout_census census = rollout_count(rollout);
    if (census.old > 0 || census.fresh < rollout->wanted) {
        return false;
    }
    rollout->phase = ROLLOUT_IDLE;
    rollout->good = rollout->setup.fleet->generation;
    return true;
}
