/* eventbridge: a classic event bus of Amazon EventBridge, and schedules.
 * An event that is put triggers each rule whose pattern it matches, which invokes its targets: over
 * the quota later, and again, with exponential back-off, until 24 h or 185 times are over; then it
 * is a dead letter or lost. A schedule invokes its target by the clock. Retries and the pace of API
 * destinations: delivery.h; expressions: cron. Left out: pipes, retention of archives, EventsV2. */
#include "models/model.h"

#include "models/eventbridge_schedules.h"

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

/* Tries a second at each target; 0: any number, as there is no API destination. */
static double bus_pace_per_s(const struct bus_rule *rule)
{
    if (!rule->api_destination) {
        return 0;
    }
    return isfinite(rule->invocation_rate_per_s) ? rule->invocation_rate_per_s
                                                 : BUS_DESTINATION_PER_S;
}

static void bus_start(struct world *w, struct service *s)
{
    const struct bus_params *p = s->params;
    const struct bus_rule *rules = p->rules_list.items;
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
                       rules[i].max_retry_attempts_count, rules[i].max_event_age_ns,
                       bus_pace_per_s(&rules[i]));
        }
    }
    bus->first[p->rules_list.count] = number;
    bus_start_schedules(w, s, number);
    service_gauge(s, &bus->archive, &bus->archive_window);
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
    const int64_t wait_ns = throttle_wait_ns(quota, core_now(s->core));
    if (wait_ns > 0) {
        bus->throttled += world_measuring(w);
        service_throttled(w, s, bus_resources[BUS_OF_INVOCATIONS]);
    }
    return wait_ns;
}

static void bus_event(struct world *w, struct service *s, double size_bytes)
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
            const struct distribution *latency = delivery_accepts(w, &rules[i].to_targets.items[k])
                                                     ? p->lambda_latency_ns_dist
                                                     : p->latency_ns_dist;
            const int64_t latency_ns = distribution_draw_int(latency, &bus->latency_random);
            bus->invoked++;
            deliveries_begin(w, s, &bus->deliveries,
                             &(struct delivery_order){
                                 .target = bus->first[i] + k,
                                 .group = DELIVERY_UNGROUPED,
                                 .latency_ns = latency_ns + bus_delay_ns(w, s),
                                 .size_bytes = size_bytes,
                             });
        }
    }
    if (world_measuring(w)) {
        bus->events++;
        bus->billed += (uint64_t)fmax(1, ceil(size_bytes / BUS_BILLED));
        bus->bytes += size_bytes;
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
    const double size_bytes = f->flags & FRAME_SIZED ? call_size(w, f) / (double)p->entries_count
                                                     : (double)p->entry_bytes;
    if (size_bytes * (double)p->entries_count > BUS_REQUEST_MAX) {
        call_refuse(w, f, OUTCOME_REJECTED);
        return;
    }
    if (!throttle_pass(&account->puts, core_now(s->core), 1)) {
        call_throttle(w, f, bus_resources[BUS_OF_PUTS]);
        return;
    }
    const int64_t time_ns = core_now(s->core) - world_origin(w);
    if (p->replay.at_ns >= 0 && time_ns >= p->replay.from_ns && time_ns < p->replay.until_ns) {
        bus->archived += (uint64_t)p->entries_count;
    }
    if (p->archive || p->replay.at_ns >= 0) {
        gauge_add(&bus->archive, llround(size_bytes * (double)p->entries_count), core_now(s->core));
    }
    for (int64_t i = 0; i < p->entries_count; i++) {
        bus_event(w, s, size_bytes);
    }
    call_work(w, f);
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
    bus_event(w, s, (double)p->entry_bytes);
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

/* Every match and every tick of a schedule waits, was delivered or given up. */
static bool bus_conserved(const struct bus *bus)
{
    return deliveries_conserved(&bus->deliveries) && bus->invoked == bus->deliveries.ordered;
}

static void bus_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    assert_hot(bus_conserved(s->state));
    deliveries_window(&((struct bus *)s->state)->deliveries, begins);
}

static void bus_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct bus *bus = s->state;
    const struct deliveries *d = &bus->deliveries;
    const struct delivery_counts *from = &d->begin, *to = &d->end;
    assert_hot(bus_conserved(bus));
    own[BUS_EVENTS].value = (double)bus->events;
    own[BUS_EVENTS_BILLED].value = (double)bus->billed;
    own[BUS_SIZE].value = bus->bytes;
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
    own[BUS_ARCHIVE].value = gauge_mean(&bus->archive_window, world_window_s(w));
    own[BUS_PACED].value = (double)(to->paced - from->paced);
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
    const struct bus *bus = s->state;
    const struct bus_params *p = s->params;
    const struct bus_account *account = s->shared;
    usage[BUS_OF_PUTS] =
        (struct usage){.used = (double)account->puts.taken, .available = account->puts.rate_per_s};
    usage[BUS_OF_INVOCATIONS] = (struct usage){.used = (double)account->invocations.taken,
                                               .available = account->invocations.rate_per_s};
    usage[BUS_OF_DESTINATIONS] =
        deliveries_paced(&bus->deliveries, bus->first[p->rules_list.count]);
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
                "lost. Targets of an API destination answer within 5 s or have failed, and take "
                "`invocation_rate` tries a second; more wait, up to max_event_age. A schedule "
                "invokes its target every so often, or by the clock of a place as a cron "
                "expression says, within its flexible window. An event takes its size along, but "
                "not to a job or a query that it begins, which is invoked however it ends. Left "
                "out: pipes, one-time schedules and the 60 s of precision of the others, retention "
                "of archives, the custom bus of 2026 (EventsV2); events that match together.",
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
