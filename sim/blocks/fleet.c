#include "sim/blocks/fleet.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define FLEET_HOUR_NS INT64_C(3600000000000) /* of billing */
#define FLEET_ROUNDING 1e-9                  /* 0.3 * 10 is 3, whatever its last bits are */

enum { FLEET_ROOM_FIRST = 16 };
/* EVENT_SERVICE slots: the fleet's own, then those of each member. */
enum { FLEET_LOOK, FLEET_CHECK, FLEET_RETRY, FLEET_MEMBERS };
enum { FLEET_HOST, FLEET_EVENT, FLEET_FATE, FLEET_MEMBER_SLOTS };

static int64_t fleet_now(const struct fleet *fleet)
{
    return core_now(fleet->setup.core);
}

static uint32_t fleet_time(struct fleet *fleet, int64_t delay_ns, uint32_t slot)
{
    const struct fleet_setup *setup = &fleet->setup;
    return events_at(&setup->core->events, core_now(setup->core) + delay_ns, EVENT_SERVICE,
                     setup->service, setup->first_slot + slot);
}

static uint32_t fleet_member_slot(uint32_t number, uint32_t slot)
{
    return FLEET_MEMBERS + number * FLEET_MEMBER_SLOTS + slot;
}

static void fleet_cancel(struct fleet *fleet, uint32_t *event)
{
    if (*event != EVENT_NONE) {
        events_cancel(&fleet->setup.core->events, *event);
        *event = EVENT_NONE;
    }
}

void fleet_init(struct fleet *fleet, const struct fleet_setup *setup)
{
    assert(setup->zones_mask != 0 && setup->zones_mask >> FLEET_ZONES_MAX == 0);
    *fleet = (struct fleet){.setup = *setup};
    rotation_init(&fleet->rotation, setup->arena, ROTATION_IN_TURN);
    if (setup->check_interval_ns > 0) {
        fleet_time(fleet, setup->check_interval_ns, FLEET_CHECK);
    }
}

/* ---- news ---- */

static void fleet_tell(struct fleet *fleet, uint32_t number, enum fleet_news_kind kind)
{
    const struct fleet_member *member = fleet->members[number];
    if (fleet->news_count == fleet->news_capacity) {
        const uint32_t capacity =
            fleet->news_capacity > 0 ? 2 * fleet->news_capacity : FLEET_ROOM_FIRST;
        struct fleet_news *news = arena_array(fleet->setup.arena, capacity, sizeof(*news));
        for (uint32_t i = 0; i < fleet->news_count; i++) {
            news[i] = fleet->news[(fleet->news_head + i) & (fleet->news_capacity - 1)];
        }
        fleet->news = news;
        fleet->news_head = 0;
        fleet->news_capacity = capacity;
    }
    fleet->news[(fleet->news_head + fleet->news_count++) & (fleet->news_capacity - 1)] =
        (struct fleet_news){kind, number, member->zone, member->cause};
}

bool fleet_news(struct fleet *fleet, struct fleet_news *news)
{
    if (fleet->news_count == 0) {
        return false;
    }
    *news = fleet->news[fleet->news_head];
    fleet->news_head = (fleet->news_head + 1) & (fleet->news_capacity - 1);
    fleet->news_count--;
    return true;
}

/* ---- states ---- */

static bool fleet_stays(uint8_t state)
{
    return state == FLEET_PENDING || state == FLEET_IN_SERVICE;
}

static bool fleet_works(uint8_t state)
{
    return state == FLEET_IN_SERVICE || state == FLEET_LEAVING;
}

static void fleet_enter_state(struct fleet *fleet, struct fleet_member *member,
                              enum fleet_state state)
{
    const int64_t now_ns = fleet_now(fleet);
    const int64_t stays = (int64_t)fleet_stays((uint8_t)state) - fleet_stays(member->state);
    const int64_t works = (int64_t)fleet_works((uint8_t)state) - fleet_works(member->state);
    const int64_t serves =
        (int64_t)(state == FLEET_IN_SERVICE) - (member->state == FLEET_IN_SERVICE);
    gauge_add(&fleet->in_state[member->state], -1, now_ns);
    gauge_add(&fleet->in_state[state], 1, now_ns);
    fleet->in_zone[member->zone] += stays;
    fleet->of_kind[member->kind] += stays;
    gauge_add(&fleet->spot, member->kind == FLEET_SPOT ? serves : 0, now_ns);
    member->state = (uint8_t)state;
    if (!member->broken) {
        gauge_add(&fleet->setup.load->capacity, works * fleet->setup.steps, now_ns);
    }
    gauge_set(&fleet->setup.load->up, fleet_in_service(fleet) > 0, now_ns);
}

static int64_t fleet_draw(const struct fleet_delay *delay, struct random *random)
{
    int64_t sum_ns = 0;
    for (uint32_t i = 0; i < FLEET_PHASES_MAX; i++) {
        if (delay->phases[i] != NULL) {
            sum_ns += distribution_draw_int(delay->phases[i], random);
        }
    }
    return sum_ns;
}

/* ---- where, and of what kind ---- */

static bool fleet_in_mask(uint32_t mask, uint32_t zone)
{
    return mask >> zone & 1;
}

/* The zone of the mask with the fewest members, the first of them. */
static uint8_t fleet_zone(const struct fleet *fleet, uint32_t mask)
{
    uint8_t best = 0;
    int64_t fewest = INT64_MAX;
    for (uint8_t zone = 0; zone < FLEET_ZONES_MAX; zone++) {
        if (fleet_in_mask(mask, zone) && fleet->in_zone[zone] < fewest) {
            best = zone;
            fewest = fleet->in_zone[zone];
        }
    }
    return best;
}

/* The difference between the zones with the most and the fewest. */
static int64_t fleet_unbalance(const struct fleet *fleet)
{
    int64_t most = 0, fewest = INT64_MAX;
    for (uint32_t zone = 0; zone < FLEET_ZONES_MAX; zone++) {
        if (fleet_in_mask(fleet->setup.zones_mask, zone)) {
            most = fleet->in_zone[zone] > most ? fleet->in_zone[zone] : most;
            fewest = fleet->in_zone[zone] < fewest ? fleet->in_zone[zone] : fewest;
        }
    }
    return most - fewest;
}

/* On-demand members that so many should have among them. */
static int64_t fleet_on_demand(const struct fleet *fleet, int64_t count)
{
    const struct fleet_setup *setup = &fleet->setup;
    const int64_t above = count - setup->on_demand_count;
    if (above <= 0) {
        return count;
    }
    return setup->on_demand_count +
           (int64_t)ceil((double)above * setup->on_demand_share - FLEET_ROUNDING);
}

static enum fleet_kind fleet_next_kind(const struct fleet *fleet)
{
    const bool on_demand =
        fleet->of_kind[FLEET_ON_DEMAND] < fleet_on_demand(fleet, fleet_staying(fleet) + 1);
    return on_demand ? FLEET_ON_DEMAND : FLEET_SPOT;
}

/* A zone that has room: those with the fewest first. FLEET_NONE: no zone of the mask has. */
static uint32_t fleet_room(struct fleet *fleet, uint32_t mask, enum fleet_kind kind)
{
    const struct fleet_setup *setup = &fleet->setup;
    const double refused = kind == FLEET_SPOT && setup->spot_refused_ratio > 0
                               ? setup->spot_refused_ratio
                               : setup->refused_ratio;
    while (mask != 0) {
        const uint8_t zone = fleet_zone(fleet, mask);
        if (!(refused > 0) || random_uniform(&fleet->setup.fates) >= refused) {
            return zone;
        }
        fleet->refused++;
        mask &= ~(UINT32_C(1) << zone);
    }
    return FLEET_NONE;
}

/* ---- coming ---- */

static void fleet_grow(struct fleet *fleet)
{
    const uint32_t capacity = fleet->capacity > 0 ? 2 * fleet->capacity : FLEET_ROOM_FIRST;
    struct fleet_member **members = arena_array(fleet->setup.arena, capacity, sizeof(*members));
    if (fleet->count > 0) {
        memcpy(members, fleet->members, fleet->count * sizeof(struct fleet_member *));
    }
    fleet->members = members;
    fleet->capacity = capacity;
}

/* A number that nobody has: the host of one that is gone is empty, and serves again. */
static uint32_t fleet_number(struct fleet *fleet)
{
    const struct fleet_setup *setup = &fleet->setup;
    uint32_t number = fleet->in_state[FLEET_GONE].value > 0 ? 0 : fleet->count;
    while (number < fleet->count && fleet->members[number]->state != FLEET_GONE) {
        number++;
    }
    if (number < fleet->count) {
        return number;
    }
    if (fleet->count == fleet->capacity) {
        fleet_grow(fleet);
    }
    assert(number + 1 < UINT16_MAX);
    struct fleet_member *member = arena_alloc(setup->arena, sizeof(*member));
    member->event = EVENT_NONE;
    member->fate = EVENT_NONE;
    host_init(&member->host, &(struct host_setup){
                                 .core = setup->core,
                                 .load = setup->load,
                                 .arena = setup->arena,
                                 .processors = setup->processors,
                                 .step = setup->step,
                                 .places_count = setup->places_count,
                                 .backlog_count = setup->backlog_count,
                                 .service = setup->service,
                                 .timer = setup->first_slot + fleet_member_slot(number, FLEET_HOST),
                             });
    fleet->members[fleet->count++] = member;
    gauge_add(&fleet->in_state[FLEET_GONE], 1, fleet_now(fleet));
    return number;
}

static uint32_t fleet_new(struct fleet *fleet, uint8_t zone, enum fleet_kind kind,
                          enum fleet_state state)
{
    const uint32_t number = fleet_number(fleet);
    struct fleet_member *member = fleet->members[number];
    member->zone = zone;
    member->kind = (uint8_t)kind;
    member->launched_ns = fleet_now(fleet);
    member->generation = fleet->generation;
    member->failed_checks = 0;
    member->broken = false;
    member->noticed = false;
    member->extra = false;
    member->drained = false;
    member->given_up = false;
    member->lost = false;
    fleet_enter_state(fleet, member, state);
    return number;
}

/* Until a token is there, which is taken. */
static int64_t fleet_token(struct bucket *bucket, int64_t now_ns)
{
    if (bucket == NULL || bucket_take(bucket, now_ns, 1)) {
        return 0;
    }
    const int64_t due_ns = bucket_due_ns(bucket, 1);
    bucket_take(bucket, due_ns, 1);
    return due_ns - now_ns;
}

/* Until a launch may begin. */
static int64_t fleet_turn(struct fleet *fleet, enum fleet_kind kind)
{
    const struct fleet_setup *setup = &fleet->setup;
    const int64_t now_ns = fleet_now(fleet);
    const bool spot = kind == FLEET_SPOT && setup->spot_launches != NULL;
    const int64_t quota_ns = fleet_token(spot ? setup->spot_launches : setup->launches, now_ns);
    const int64_t pace_ns = fleet_token(setup->pace, now_ns);
    return quota_ns > pace_ns ? quota_ns : pace_ns;
}

/* A launch takes so long; at its end it is given up, where its hook has not been answered. */
static int64_t fleet_launch_ns(struct fleet *fleet, struct fleet_member *member, bool warm)
{
    struct fleet_setup *setup = &fleet->setup;
    int64_t launch_ns = fleet_turn(fleet, (enum fleet_kind)member->kind);
    launch_ns += fleet_draw(warm ? &setup->warm_start : &setup->start, &setup->random);
    if (setup->hook != NULL) {
        const int64_t hook_ns = distribution_draw_int(setup->hook, &setup->random);
        const bool late = hook_ns > setup->hook_timeout_ns;
        launch_ns += late ? setup->hook_timeout_ns : hook_ns;
        member->given_up = late && !setup->hook_continues;
    }
    return launch_ns;
}

static void fleet_launch(struct fleet *fleet, uint32_t number, bool warm)
{
    struct fleet_member *member = fleet->members[number];
    const int64_t launch_ns = fleet_launch_ns(fleet, member, warm);
    fleet->launched++;
    fleet->slowest_ns = launch_ns > fleet->slowest_ns ? launch_ns : fleet->slowest_ns;
    member->event = fleet_time(fleet, launch_ns, fleet_member_slot(number, FLEET_EVENT));
}

/* Of the warm pool: whose zone has the fewest. */
static uint32_t fleet_from_pool(const struct fleet *fleet)
{
    uint32_t best = FLEET_NONE;
    if (fleet->in_state[FLEET_WARM].value == 0) {
        return best;
    }
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct fleet_member *member = fleet->members[i];
        if (member->state == FLEET_WARM &&
            (best == FLEET_NONE ||
             fleet->in_zone[member->zone] < fleet->in_zone[fleet->members[best]->zone])) {
            best = i;
        }
    }
    return best;
}

/* False: there is no room for one more. */
static bool fleet_launch_one(struct fleet *fleet, uint32_t zones_mask, bool extra)
{
    uint32_t number = extra ? FLEET_NONE : fleet_from_pool(fleet);
    const bool warm = number != FLEET_NONE;
    if (warm) {
        fleet_enter_state(fleet, fleet->members[number], FLEET_PENDING);
    } else {
        const enum fleet_kind kind = fleet_next_kind(fleet);
        const uint32_t zone = fleet_room(fleet, zones_mask, kind);
        if (zone == FLEET_NONE) {
            return false;
        }
        number = fleet_new(fleet, (uint8_t)zone, kind, FLEET_PENDING);
    }
    fleet->members[number]->extra = extra;
    fleet->extra += extra;
    fleet_launch(fleet, number, warm);
    return true;
}

/* What will happen to it first: an interruption, or a failure. */
static void fleet_draw_fate(struct fleet *fleet, uint32_t number)
{
    struct fleet_setup *setup = &fleet->setup;
    struct fleet_member *member = fleet->members[number];
    double first_ns = INFINITY;
    if (member->kind == FLEET_SPOT && setup->interruptions_per_s > 0) {
        first_ns = random_exponential(&setup->fates) / setup->interruptions_per_s * 1e9;
        member->fails = false;
    }
    if (setup->life != NULL) {
        const double life_ns = distribution_draw(setup->life, &setup->fates);
        member->fails = life_ns < first_ns;
        first_ns = fmin(life_ns, first_ns);
    }
    if (first_ns < 0x1p61) {
        member->fate = fleet_time(fleet, (int64_t)first_ns, fleet_member_slot(number, FLEET_FATE));
    }
}

static void fleet_put_in_service(struct fleet *fleet, uint32_t number, int64_t in_service_ns)
{
    struct fleet_member *member = fleet->members[number];
    fleet_enter_state(fleet, member, FLEET_IN_SERVICE);
    member->in_service_ns = in_service_ns;
    member->failed_checks = 0;
    member->worked_ns = host_worked_ns(&member->host);
    rotation_add(&fleet->rotation, number);
    fleet_draw_fate(fleet, number);
    fleet_tell(fleet, number, FLEET_CAME);
}

/* ---- going ---- */

static bool fleet_empty(const struct fleet_member *member)
{
    return member->host.inside == 0 && member->host.waiting.count == 0;
}

static bool fleet_pool_lacks(const struct fleet *fleet)
{
    return fleet->in_state[FLEET_WARM].value + fleet->in_state[FLEET_WARMING].value <
           fleet->prepared;
}

/* Nothing of it is left, or it goes back to the warm pool. */
static void fleet_end(struct fleet *fleet, struct fleet_member *member)
{
    fleet_cancel(fleet, &member->event);
    fleet_cancel(fleet, &member->fate);
    fleet->extra -= member->extra;
    member->extra = false;
    const bool reused = fleet->setup.reuse && member->state == FLEET_LEAVING &&
                        member->cause == FLEET_SCALED_IN && !member->broken && !member->noticed &&
                        fleet_pool_lacks(fleet);
    fleet_enter_state(fleet, member, reused ? FLEET_WARM : FLEET_GONE);
    member->drained = false;
}

/* One that leaves and has no requests is done with draining (ELB User Guide, Deregistration
 * delay). */
static void fleet_drained(struct fleet *fleet, uint32_t number)
{
    struct fleet_member *member = fleet->members[number];
    if (member->state != FLEET_LEAVING || member->drained || !fleet_empty(member)) {
        return;
    }
    fleet_cancel(fleet, &member->event);
    if (fleet->setup.farewell == NULL || member->lost) {
        fleet_end(fleet, member);
        return;
    }
    member->drained = true;
    member->event =
        fleet_time(fleet, distribution_draw_int(fleet->setup.farewell, &fleet->setup.random),
                   fleet_member_slot(number, FLEET_EVENT));
}

/* From in service; its requests have drain_ns, or none if it is lost. */
static void fleet_take_out(struct fleet *fleet, uint32_t number, int64_t drain_ns)
{
    struct fleet_member *member = fleet->members[number];
    fleet_enter_state(fleet, member, FLEET_LEAVING);
    rotation_remove(&fleet->rotation, number);
    fleet_tell(fleet, number, FLEET_WENT);
    if (member->lost) {
        fleet_tell(fleet, number, FLEET_CUT);
    } else {
        member->event = fleet_time(fleet, drain_ns, fleet_member_slot(number, FLEET_EVENT));
    }
    fleet_drained(fleet, number);
}

/* It leaves; nobody is launched for it yet. */
static void fleet_part(struct fleet *fleet, uint32_t number, enum fleet_cause cause, bool lost)
{
    struct fleet_member *member = fleet->members[number];
    member->cause = (uint8_t)cause;
    member->lost = member->lost || lost;
    if (member->state == FLEET_IN_SERVICE) {
        fleet->left[cause]++;
        fleet_cancel(fleet, &member->event); /* that a failure is found out */
        fleet_take_out(fleet, number, fleet->setup.drain_ns);
    } else if (member->state == FLEET_LEAVING && lost) {
        fleet_cancel(fleet, &member->event);
        if (member->drained) {
            fleet_end(fleet, member);
            return;
        }
        fleet_tell(fleet, number, FLEET_CUT);
    } else if (member->state != FLEET_LEAVING && member->state != FLEET_GONE) {
        fleet->left[cause]++;
        fleet_end(fleet, member);
    }
}

/* Is a to go rather than b? Those that boot first, then those that are about to go anyway; of the
 * zone with the most; of the kind that is too many; the oldest generation; then as the order says.
 */
static bool fleet_rather(const struct fleet *fleet, const struct fleet_member *a,
                         const struct fleet_member *b, enum fleet_kind kind)
{
    const int64_t now_ns = fleet_now(fleet);
    if (a->state != b->state) {
        return a->state == FLEET_PENDING;
    }
    if ((a->broken || a->noticed) != (b->broken || b->noticed)) {
        return a->broken || a->noticed;
    }
    if (fleet->in_zone[a->zone] != fleet->in_zone[b->zone]) {
        return fleet->in_zone[a->zone] > fleet->in_zone[b->zone];
    }
    if (a->kind != b->kind) {
        return a->kind == kind;
    }
    if (a->generation != b->generation) {
        return a->generation < b->generation;
    }
    switch (fleet->setup.order) {
    case FLEET_OLDEST:
        return a->launched_ns < b->launched_ns;
    case FLEET_NEWEST:
        return a->launched_ns > b->launched_ns;
    case FLEET_CLOSEST_TO_HOUR:
        return (now_ns - a->launched_ns) % FLEET_HOUR_NS >
               (now_ns - b->launched_ns) % FLEET_HOUR_NS;
    }
    return false;
}

static uint32_t fleet_victim(const struct fleet *fleet, bool pending_too)
{
    const bool on_demand =
        fleet->of_kind[FLEET_ON_DEMAND] > fleet_on_demand(fleet, fleet_staying(fleet) - 1);
    const enum fleet_kind kind = on_demand ? FLEET_ON_DEMAND : FLEET_SPOT;
    uint32_t victim = FLEET_NONE;
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct fleet_member *member = fleet->members[i];
        if ((member->state == FLEET_IN_SERVICE ||
             (pending_too && member->state == FLEET_PENDING)) &&
            (victim == FLEET_NONE || fleet_rather(fleet, member, fleet->members[victim], kind))) {
            victim = i;
        }
    }
    return victim;
}

/* ---- as many as are wanted ---- */

static void fleet_keep_pool(struct fleet *fleet)
{
    while (fleet_pool_lacks(fleet)) {
        const uint32_t zone = fleet_room(fleet, fleet->setup.zones_mask, FLEET_ON_DEMAND);
        if (zone == FLEET_NONE) {
            break;
        }
        const uint32_t number = fleet_new(fleet, (uint8_t)zone, FLEET_ON_DEMAND, FLEET_WARMING);
        const int64_t delay_ns = fleet_turn(fleet, FLEET_ON_DEMAND) +
                                 fleet_draw(&fleet->setup.start, &fleet->setup.random);
        fleet->members[number]->event =
            fleet_time(fleet, delay_ns, fleet_member_slot(number, FLEET_EVENT));
    }
    int64_t above =
        fleet->in_state[FLEET_WARM].value + fleet->in_state[FLEET_WARMING].value - fleet->prepared;
    for (uint32_t i = fleet->count; i-- > 0 && above > 0;) {
        const uint8_t state = fleet->members[i]->state;
        if (state == FLEET_WARM || state == FLEET_WARMING) {
            fleet_end(fleet, fleet->members[i]);
            above--;
        }
    }
}

/* Zones that are out of balance are looked at again after a while. */
static void fleet_look_later(struct fleet *fleet)
{
    if (fleet->setup.rebalance_ns > 0 && !fleet->looking && fleet_unbalance(fleet) > 1) {
        fleet->looking = true;
        fleet_time(fleet, fleet->setup.rebalance_ns, FLEET_LOOK);
    }
}

static void fleet_keep(struct fleet *fleet, enum fleet_cause cause)
{
    const int64_t wanted = fleet->desired.value;
    while (fleet_staying(fleet) < wanted + fleet->extra) {
        if (!fleet_launch_one(fleet, fleet->setup.zones_mask, false)) {
            break;
        }
    }
    while (fleet_staying(fleet) > wanted + fleet->extra) {
        const uint32_t victim = fleet_victim(fleet, cause == FLEET_SCALED_IN);
        assert(victim != FLEET_NONE);
        fleet_part(fleet, victim, cause, false);
    }
    fleet_keep_pool(fleet);
    const bool lacks = fleet_staying(fleet) < wanted || fleet_pool_lacks(fleet);
    if (lacks && !fleet->retrying) {
        fleet->retrying = true;
        fleet_time(fleet, fleet->setup.retry_ns, FLEET_RETRY);
    }
    fleet_look_later(fleet);
}

void fleet_fill(struct fleet *fleet, int64_t count, int64_t in_service_ns)
{
    gauge_add(&fleet->desired, count, fleet_now(fleet));
    for (int64_t i = 0; i < count; i++) {
        const uint8_t zone = fleet_zone(fleet, fleet->setup.zones_mask);
        const uint32_t number = fleet_new(fleet, zone, fleet_next_kind(fleet), FLEET_PENDING);
        fleet_put_in_service(fleet, number, in_service_ns);
    }
}

int64_t fleet_want(struct fleet *fleet, int64_t count)
{
    fleet->slowest_ns = 0;
    gauge_set(&fleet->desired, count, fleet_now(fleet));
    fleet_keep(fleet, FLEET_SCALED_IN);
    return fleet->slowest_ns;
}

void fleet_prepare(struct fleet *fleet, int64_t count)
{
    fleet->prepared = count;
    fleet_keep(fleet, FLEET_SCALED_IN);
}

/* It goes as if scaled in, and another comes for it. */
static void fleet_retire(struct fleet *fleet, uint32_t number, enum fleet_cause cause)
{
    fleet_part(fleet, number, cause, false);
    fleet_keep(fleet, FLEET_SCALED_IN);
}

void fleet_lose(struct fleet *fleet, uint32_t number, enum fleet_cause cause)
{
    fleet_part(fleet, number, cause, true);
    fleet_keep(fleet, FLEET_SCALED_IN);
}

void fleet_drop(struct fleet *fleet, uint32_t number, enum fleet_cause cause)
{
    if (!fleet_at(fleet, number)->extra) { /* that one was not wanted in the first place */
        gauge_add(&fleet->desired, -1, fleet_now(fleet));
    }
    fleet_part(fleet, number, cause, false);
    fleet_keep(fleet, FLEET_SCALED_IN);
}

/* ---- what becomes of them ---- */

/* The next state of a member is due. */
static void fleet_member_due(struct fleet *fleet, uint32_t number)
{
    struct fleet_member *member = fleet->members[number];
    member->event = EVENT_NONE;
    switch ((enum fleet_state)member->state) {
    case FLEET_WARMING:
        fleet_enter_state(fleet, member, FLEET_WARM);
        break;
    case FLEET_PENDING:
        if (member->given_up) {
            fleet_part(fleet, number, FLEET_ABANDONED, false);
            fleet_keep(fleet, FLEET_SCALED_IN);
            break;
        }
        fleet_put_in_service(fleet, number, fleet_now(fleet));
        if (member->extra) {
            member->extra = false;
            fleet->extra--;
            fleet_keep(fleet, FLEET_BALANCED);
        }
        break;
    case FLEET_LEAVING:
        if (member->drained) {
            fleet_end(fleet, member);
        } else {
            fleet_tell(fleet, number, FLEET_CUT); /* the last makes it go: fleet_leave */
        }
        break;
    case FLEET_IN_SERVICE: /* broken, and that is found out */
        fleet_lose(fleet, number, FLEET_FAILED);
        break;
    case FLEET_GONE:
    case FLEET_WARM:
    case FLEET_STATES:
        break;
    }
}

static void fleet_break(struct fleet *fleet, uint32_t number)
{
    const struct fleet_setup *setup = &fleet->setup;
    struct fleet_member *member = fleet->members[number];
    member->broken = true;
    member->cause = FLEET_FAILED;
    gauge_add(&setup->load->capacity, -setup->steps, fleet_now(fleet));
    fleet_tell(fleet, number, FLEET_CUT);
    if (member->state == FLEET_IN_SERVICE) {
        member->event =
            fleet_time(fleet, distribution_draw_int(setup->detection, &fleet->setup.fates),
                       fleet_member_slot(number, FLEET_EVENT));
    }
}

/* An interruption has two parts: the notice, and the end. */
static void fleet_fate_due(struct fleet *fleet, uint32_t number)
{
    const struct fleet_setup *setup = &fleet->setup;
    struct fleet_member *member = fleet->members[number];
    member->fate = EVENT_NONE;
    if (member->fails && !member->noticed) {
        fleet_break(fleet, number);
        return;
    }
    if (member->noticed || setup->notice_ns == 0) {
        fleet_lose(fleet, number, FLEET_INTERRUPTED);
        return;
    }
    member->noticed = true;
    member->fate = fleet_time(fleet, setup->notice_ns, fleet_member_slot(number, FLEET_FATE));
    if (setup->notice_replaces) {
        fleet_retire(fleet, number, FLEET_INTERRUPTED);
    }
}

/* Some are launched where there are too few; when one is in service, another goes. */
static void fleet_look(struct fleet *fleet)
{
    const struct fleet_setup *setup = &fleet->setup;
    const double share = setup->rebalance_share * (double)fleet->desired.value;
    const int64_t most = share > 1 ? (int64_t)share : 1;
    fleet->looking = false;
    while (fleet->extra < most && fleet_unbalance(fleet) > 1) {
        const uint8_t zone = fleet_zone(fleet, setup->zones_mask);
        if (!fleet_launch_one(fleet, UINT32_C(1) << zone, true)) {
            break;
        }
    }
    fleet_look_later(fleet);
}

static void fleet_check(struct fleet *fleet)
{
    const struct fleet_setup *setup = &fleet->setup;
    const int64_t now_ns = fleet_now(fleet);
    fleet_time(fleet, setup->check_interval_ns, FLEET_CHECK);
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct fleet_member *member = fleet->members[i];
        if (member->state != FLEET_IN_SERVICE) {
            continue;
        }
        if (fleet_healthy(fleet, (uint16_t)(i + 1), setup->check_timeout_ns)) {
            member->failed_checks = 0;
            continue;
        }
        member->failed_checks =
            (uint8_t)(member->failed_checks + (member->failed_checks < setup->check_threshold));
        if (member->failed_checks == setup->check_threshold &&
            now_ns - member->in_service_ns >= setup->check_grace_ns) {
            fleet_retire(fleet, i, FLEET_UNHEALTHY);
        }
    }
}

void fleet_due(struct fleet *fleet, uint32_t slot)
{
    const uint32_t own = slot - fleet->setup.first_slot;
    if (own == FLEET_LOOK) {
        fleet_look(fleet);
    } else if (own == FLEET_CHECK) {
        fleet_check(fleet);
    } else if (own == FLEET_RETRY) {
        fleet->retrying = false;
        fleet_keep(fleet, FLEET_SCALED_IN);
    } else {
        const uint32_t number = (own - FLEET_MEMBERS) / FLEET_MEMBER_SLOTS;
        switch ((own - FLEET_MEMBERS) % FLEET_MEMBER_SLOTS) {
        case FLEET_HOST:
            host_due(&fleet->members[number]->host);
            break;
        case FLEET_EVENT:
            fleet_member_due(fleet, number);
            break;
        default:
            fleet_fate_due(fleet, number);
            break;
        }
    }
}

void fleet_leave(struct fleet *fleet, struct frame *f)
{
    host_leave(&fleet->members[f->note]->host, f);
    fleet_drained(fleet, f->note);
}
