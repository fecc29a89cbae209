/* eventbridge_schedules: the state of a bus, its targets, and the schedules that invoke theirs by
 * the clock: every so often, or when a cron expression of a place says so. Included by
 * models/eventbridge.c alone. */
#ifndef ARCHSIM_MODELS_EVENTBRIDGE_SCHEDULES_H
#define ARCHSIM_MODELS_EVENTBRIDGE_SCHEDULES_H

#include <string.h>

#include "models/delivery.h"
#include "models/eventbridge_tables.h"
#include "sim/blocks/throttle.h"

/* Slots of timers below that are deliveries, above schedules. */
#define BUS_SCHEDULE UINT32_C(0x80000000)
#define BUS_REPLAY UINT32_MAX /* the next event of the archive */
#define BUS_S 1e9             /* ns */
#define BUS_S_NS INT64_C(1000000000)
#define BUS_EPOCH_S INT64_C(1704067200) /* scenario time 0: 2024-01-01, since 1970 */

struct bus {
    struct deliveries deliveries;
    uint32_t *first; /* of each rule, then each schedule: its first target */
    struct cron *crons;
    struct gauge archive; /* bytes */
    struct gauge_window archive_window;
    struct random match_random, latency_random, window_random;
    uint64_t events, matched, triggered, throttled, scheduled, replayed; /* in the window */
    uint64_t billed;                                                     /* the same */
    uint64_t invoked;                                                    /* of all the run */
    double bytes;                                                        /* in the window */
    uint64_t archived; /* of those to be replayed, that are not yet */
};

struct bus_account {
    struct throttle puts, invocations;
    bool started;
};

static inline void bus_target(struct world *w, struct service *s, uint32_t number,
                              const struct call_target *to, const struct call_target *dead,
                              int64_t tries, int64_t age_ns, double per_s)
{
    const struct bus_params *p = s->params;
    struct bus *bus = s->state;
    struct throttle pace = {0};
    if (per_s > 0) {
        throttle_init_burst(&pace, per_s, BUS_S_NS);
    }
    bus->deliveries.targets[number] = (struct delivery_target){
        .edge = to->edge,
        .pace = pace,
        .dead_edge = dead->edge,
        .has_dead = dead->service != SERVICE_NONE,
        .accepts = delivery_accepts(w, to),
        .starts = delivery_starts(w, to),
        .retry = {.phases = {{tries, p->retry.first_wait_ns, p->retry.factor,
                              p->retry.most_wait_ns}},
                  .phases_count = 1,
                  .age_max_ns = age_ns},
        .jitter_ratio = p->retry.jitter_ratio,
        .timeout_ns = per_s > 0 ? (int64_t)BUS_DESTINATION_NS : TIME_NONE,
    };
}

/* Its next time by the clock is set, if there is one. */
static inline void bus_schedule_next(struct world *w, struct service *s, uint32_t i,
                                     int64_t after_s)
{
    const struct bus_params *p = s->params;
    const struct bus_schedule *schedule =
        &((const struct bus_schedule *)p->schedules_list.items)[i];
    const struct bus *bus = s->state;
    const int64_t next_s =
        cron_next_s(&bus->crons[i], (uint32_t)schedule->time_zone, BUS_EPOCH_S + after_s);
    const int64_t away_s = next_s - BUS_EPOCH_S;
    if (next_s != CRON_NEVER && away_s < INT64_MAX / BUS_S_NS / 2) {
        service_timer(s, world_origin(w) + away_s * BUS_S_NS - core_now(s->core), BUS_SCHEDULE | i);
    }
}

/* From one invocation to the next; 0: as a cron expression says. */
static inline int64_t bus_every_ns(const struct bus_schedule *schedule)
{
    return schedule->expression_text != NULL ? cron_rate_ns(schedule->expression_text)
                                             : schedule->every_ns;
}

static inline void bus_start_schedules(struct world *w, struct service *s, uint32_t first_target)
{
    const struct bus_params *p = s->params;
    const struct bus_schedule *schedules = p->schedules_list.items;
    struct bus *bus = s->state;
    bus->crons = arena_array(s->arena, p->schedules_list.count + 1, sizeof(*bus->crons));
    for (uint32_t i = 0; i < p->schedules_list.count; i++) {
        bus->first[p->rules_list.count + i] = first_target + i;
        bus_target(w, s, first_target + i, &schedules[i].to_target,
                   &schedules[i].dead_letter_target, schedules[i].max_retry_attempts_count,
                   schedules[i].max_event_age_ns, 0);
        if (bus_every_ns(&schedules[i]) > 0) {
            service_timer(s, world_origin(w) + schedules[i].first_ns, BUS_SCHEDULE | i);
        } else {
            cron_parse(&bus->crons[i], schedules[i].expression_text);
            bus_schedule_next(w, s, i, (schedules[i].first_ns + BUS_S_NS - 1) / BUS_S_NS - 1);
        }
    }
}

static inline void bus_scheduled(struct world *w, struct service *s, uint32_t i)
{
    const struct bus_params *p = s->params;
    const struct bus_schedule *schedule =
        &((const struct bus_schedule *)p->schedules_list.items)[i];
    struct bus *bus = s->state;
    const double window_ns = (double)schedule->flexible_window_ns;
    if (bus_every_ns(schedule) > 0) {
        service_timer(s, bus_every_ns(schedule), BUS_SCHEDULE | i);
    } else {
        bus_schedule_next(w, s, i, (core_now(s->core) - world_origin(w)) / BUS_S_NS);
    }
    bus->scheduled += world_measuring(w);
    bus->invoked++;
    deliveries_begin(w, s, &bus->deliveries,
                     &(struct delivery_order){
                         .target = bus->first[p->rules_list.count + i],
                         .group = DELIVERY_UNGROUPED,
                         .latency_ns = (int64_t)(window_ns * random_uniform(&bus->window_random)),
                     });
}

#endif
