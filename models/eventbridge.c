/* eventbridge: a classic event bus of Amazon EventBridge, and schedules.
 * An event that is put triggers each rule whose pattern it matches, which invokes its targets: over
 * the quota later, and again, with exponential back-off, until 24 h or 185 times are over; then it
 * is a dead letter or lost. A schedule invokes its target by the clock. Retries: delivery.h. Left
 * out: API destinations, pipes, cron expressions, time zones, EventsV2. */
#include "models/model.h"

#include <string.h>

#include "models/delivery.h"
#include "models/eventbridge_tables.h"
#include "sim/blocks/throttle.h"

/* Slots of timers below that are deliveries, above schedules. */
#define BUS_SCHEDULE UINT32_C(0x80000000)
#define BUS_REPLAY UINT32_MAX /* the next event of the archive */
#define BUS_S 1e9             /* ns */

struct bus {
    struct deliveries deliveries;
    uint32_t *first; /* of each rule, then each schedule: its first target */
    struct random match_random, latency_random, window_random;
    uint64_t events, matched, triggered, throttled, scheduled, replayed; /* in the window */
    uint64_t archived; /* of those to be replayed, that are not yet */
};

struct bus_account {
    struct throttle puts, invocations;
    bool started;
};

static void bus_start_account(struct world *w, struct service *s)
{
    const struct bus_quotas *quotas = s->quotas;
    struct bus_account *account = s->shared;
    const bool large = strcmp(world_region(w), "us-east-1") == 0;
    if (account->started) {
        return;
    }
    account->started = true;
    throttle_init_burst(&account->puts,
                        large ? quotas->put_events.us_east_1_per_s
                              : quotas->put_events.sa_east_1_per_s,
                        quotas->burst_time_ns);
    throttle_init_burst(&account->invocations,
                        large ? quotas->invocations.us_east_1_per_s
                              : quotas->invocations.sa_east_1_per_s,
                        quotas->burst_time_ns);
}

static bool bus_is_function(const struct world *w, const struct call_target *target)
{
    return strcmp(service_type(w, target->service), "lambda") == 0;
}

static void bus_target(struct world *w, struct service *s, uint32_t number,
                       const struct call_target *to, const struct call_target *dead, int64_t tries,
                       int64_t age_ns)
{
    const struct bus_params *p = s->params;
    struct bus *bus = s->state;
    bus->deliveries.targets[number] = (struct delivery_target){
        .edge = to->edge,
        .dead_edge = dead->edge,
        .has_dead = dead->service != SERVICE_NONE,
        .accepts = bus_is_function(w, to),
        .retry = {.phases = {{tries, p->retry.first_wait_ns, p->retry.factor,
                              p->retry.most_wait_ns}},
                  .phases_count = 1,
                  .age_max_ns = age_ns},
        .jitter_ratio = p->retry.jitter_ratio,
        .timeout_ns = TIME_NONE,
    };
}

static void bus_start(struct world *w, struct service *s)
{
    const struct bus_params *p = s->params;
    const struct bus_rule *rules = p->rules_list.items;
    const struct bus_schedule *schedules = p->schedules_list.items;
    struct bus *bus = s->state;
    uint32_t number = 0;
    uint32_t targets = p->schedules_list.count;
    for (uint32_t i = 0; i < p->rules_list.count; i++) {
        targets += rules[i].to_targets.count;
    }
    bus_start_account(w, s);
    deliveries_init(w, s, &bus->deliveries, targets);
    bus->first = arena_array(s->arena, p->rules_list.count + p->schedules_list.count + 1,
                             sizeof(*bus->first));
    for (uint32_t i = 0; i < p->rules_list.count; i++) {
        bus->first[i] = number;
        for (uint32_t k = 0; k < rules[i].to_targets.count; k++) {
            bus_target(w, s, number++, &rules[i].to_targets.items[k], &rules[i].dead_letter_target,
                       rules[i].max_retry_attempts_count, rules[i].max_event_age_ns);
        }
    }
    for (uint32_t i = 0; i < p->schedules_list.count; i++) {
        bus->first[p->rules_list.count + i] = number;
        bus_target(w, s, number++, &schedules[i].to_target, &schedules[i].dead_letter_target,
                   schedules[i].max_retry_attempts_count, schedules[i].max_event_age_ns);
        service_timer(s, world_origin(w) + schedules[i].first_ns, BUS_SCHEDULE | i);
    }
    if (p->replay.at_ns >= 0) {
        service_timer(s, world_origin(w) + p->replay.at_ns, BUS_REPLAY);
    }
    bus->match_random = service_random(w, s, "match");
    bus->latency_random = service_random(w, s, "latency");
    bus->window_random = service_random(w, s, "window");
    s->load.unlimited = true;
}

/* Over the quota an invocation has its place, and waits for it. */
static int64_t bus_delay_ns(struct world *w, struct service *s)
{
    struct bus *bus = s->state;
    struct throttle *quota = &((struct bus_account *)s->shared)->invocations;
    const int64_t now_ns = core_now(s->core);
    if (throttle_pass(quota, now_ns, 1)) {
        return 0;
    }
    const int64_t due_ns = bucket_due_ns(&quota->bucket, 1);
    bucket_give_back(&quota->bucket, -1);
    quota->taken++;
    bus->throttled += world_measuring(w);
    service_throttled(w, s, bus_resources[1]);
    return due_ns - now_ns;
}

static void bus_event(struct world *w, struct service *s)
{
    const struct bus_params *p = s->params;
    const struct bus_rule *rules = p->rules_list.items;
    struct bus *bus = s->state;
    uint32_t matches = 0;
    for (uint32_t i = 0; i < p->rules_list.count; i++) {
        if (rules[i].match_ratio < 1 &&
            random_uniform(&bus->match_random) >= rules[i].match_ratio) {
            continue;
        }
        matches++;
        for (uint32_t k = 0; k < rules[i].to_targets.count; k++) {
            const struct distribution *latency = bus_is_function(w, &rules[i].to_targets.items[k])
                                                     ? p->lambda_latency_ns_dist
                                                     : p->latency_ns_dist;
            const int64_t latency_ns = distribution_draw_int(latency, &bus->latency_random);
            deliveries_begin(w, s, &bus->deliveries, bus->first[i] + k, DELIVERY_UNGROUPED,
                             latency_ns + bus_delay_ns(w, s));
        }
    }
    if (world_measuring(w)) {
        bus->events++;
        bus->matched += matches > 0;
        bus->triggered += matches;
    }
}

static void bus_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct bus_params *p = s->params;
    struct bus *bus = s->state;
    struct bus_account *account = s->shared;
    f->work_ns = distribution_draw_int(p->put_latency_ns_dist, &bus->latency_random);
    if (!throttle_pass(&account->puts, core_now(s->core), 1)) {
        call_throttle(w, f, bus_resources[0]);
        return;
    }
    const int64_t time_ns = core_now(s->core) - world_origin(w);
    if (p->replay.at_ns >= 0 && time_ns >= p->replay.from_ns && time_ns < p->replay.until_ns) {
        bus->archived += (uint64_t)p->entries_count;
    }
    for (int64_t i = 0; i < p->entries_count; i++) {
        bus_event(w, s);
    }
    call_work(w, f);
}

static void bus_scheduled(struct world *w, struct service *s, uint32_t i)
{
    const struct bus_params *p = s->params;
    const struct bus_schedule *schedule =
        &((const struct bus_schedule *)p->schedules_list.items)[i];
    struct bus *bus = s->state;
    const double window_ns = (double)schedule->flexible_window_ns;
    service_timer(s, schedule->every_ns, BUS_SCHEDULE | i);
    bus->scheduled += world_measuring(w);
    deliveries_begin(w, s, &bus->deliveries, bus->first[p->rules_list.count + i],
                     DELIVERY_UNGROUPED,
                     (int64_t)(window_ns * random_uniform(&bus->window_random)));
}

static void bus_replay(struct world *w, struct service *s)
{
    const struct bus_params *p = s->params;
    struct bus *bus = s->state;
    if (bus->archived == 0) {
        return;
    }
    bus->archived--;
    bus->replayed += world_measuring(w);
    service_timer(s, (int64_t)(BUS_S / p->replay.rate_per_s), BUS_REPLAY);
    bus_event(w, s);
}

static void bus_timer(struct world *w, struct service *s, uint32_t slot)
{
    if (slot == BUS_REPLAY) {
        bus_replay(w, s);
    } else if (slot & BUS_SCHEDULE) {
        bus_scheduled(w, s, slot & ~BUS_SCHEDULE);
    } else {
        deliveries_due(w, s, &((struct bus *)s->state)->deliveries, slot);
    }
}

static void bus_heard(struct world *w, struct service *s, uint32_t number, enum outcome outcome)
{
    deliveries_heard(w, s, &((struct bus *)s->state)->deliveries, number, outcome);
}

static void bus_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    deliveries_window(&((struct bus *)s->state)->deliveries, begins);
}

static void bus_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct bus *bus = s->state;
    const struct deliveries *d = &bus->deliveries;
    const struct delivery_counts *from = &d->begin, *to = &d->end;
    assert_hot(deliveries_conserved(d));
    own[BUS_EVENTS].value = (double)bus->events;
    own[BUS_MATCHED].value = (double)bus->matched;
    own[BUS_TRIGGERED].value = (double)bus->triggered;
    own[BUS_THROTTLED].value = (double)bus->throttled;
    own[BUS_INVOCATIONS].value = (double)(to->tried - from->tried);
    own[BUS_FAILED].value = (double)(to->failed - from->failed);
    own[BUS_TO_DLQ].value = (double)(to->redriven - from->redriven);
    own[BUS_LOST].value = (double)(to->lost - from->lost);
    own[BUS_DELIVERED].value = (double)(to->delivered - from->delivered);
    own[BUS_SCHEDULED].value = (double)bus->scheduled;
    own[BUS_REPLAYED].value = (double)bus->replayed;
    own[BUS_WAITING].value = gauge_mean(&d->waiting_window, world_window_s(w));
    own[BUS_LATENCY].summary = &d->latency;
}

static double bus_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w, (void)metric;
    return (double)((const struct bus *)s->state)->deliveries.waiting.value;
}

static void bus_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct bus_account *account = s->shared;
    usage[0] =
        (struct usage){.used = (double)account->puts.taken, .available = account->puts.rate_per_s};
    usage[1] = (struct usage){.used = (double)account->invocations.taken,
                              .available = account->invocations.rate_per_s};
}

const struct model eventbridge_model = {
    .info =
        {
            .name = "eventbridge",
            .title = "Amazon EventBridge: a classic event bus, and schedules",
            .text =
                "A `put_events` takes one token of the account's quota, whatever its entries, or "
                "is `throttled`; it is answered while its events go out. Each event matches each "
                "rule with probability `match`, by itself, and a rule invokes its targets after "
                "their latency. Each takes a token of the quota of invocations; without one it "
                "waits for its place. A function takes what it is handed into its own queue of "
                "events, and retries are its own from then on; others are called, and heard: what "
                "fails is tried again after waits that grow, until max_retry_attempts or "
                "max_event_age are over; `rejected` is not. Then it goes to dead_letter, or is "
                "lost. A schedule invokes its target every so often, within its flexible window. "
                "Left out: API destinations and their rate, pipes, cron "
                "expressions, the custom bus of 2026 (EventsV2); events that match together.",
            ROWS(params, bus_params),
            ROWS(quotas, bus_quotas),
            ROWS(metrics, bus_metrics),
            ROWS(operations, bus_operations),
            ROWS(resources, bus_resources),
            .params_size = sizeof(struct bus_params),
            .quotas_size = sizeof(struct bus_quotas),
            .target_kind = TARGET_KIND_NONE,
            .acts = true,
            .check = bus_check,
            .forbid = bus_forbid,
        },
    .state_size = sizeof(struct bus),
    .shared_size = sizeof(struct bus_account),
    .start = bus_start,
    .window = bus_window,
    .timer = bus_timer,
    .observe = bus_observe,
    .usage = bus_usage,
    .arrive = bus_arrive,
    .heard = bus_heard,
    .level = bus_level,
};
