/* The part of fleet that requests meet, and those who watch it. */
#include "sim/blocks/fleet.h"

#include <math.h>

/* ---- requests ---- */

uint32_t fleet_choose(struct fleet *fleet, uint16_t copy)
{
    const uint32_t number = copy - UINT32_C(1);
    return copy > 0 && rotation_has(&fleet->rotation, number)
               ? number
               : rotation_choose(&fleet->rotation, NULL);
}

enum fleet_entry fleet_enter_at(struct fleet *fleet, uint32_t number, struct frame *f)
{
    f->note = number;
    if (number == FLEET_NONE || fleet->members[number]->broken) {
        return FLEET_NOBODY;
    }
    return host_enter(&fleet->members[number]->host, f) ? FLEET_ENTERED : FLEET_FULL;
}

/* ---- what is seen of them ---- */

bool fleet_healthy(const struct fleet *fleet, uint16_t copy, int64_t timeout_ns)
{
    if (copy == 0) {
        return fleet_in_service(fleet) > 0;
    }
    const uint32_t number = copy - UINT32_C(1);
    if (!rotation_has(&fleet->rotation, number) || fleet->members[number]->broken) {
        return false;
    }
    const struct host *host = &fleet->members[number]->host;
    if (host->inside < host->places_count) {
        return true;
    }
    const struct frame *first = line_head(&host->waiting, host->core);
    return host->waiting.count < host->backlog_count &&
           (first == NULL || core_now(fleet->setup.core) - first->start_ns < timeout_ns);
}

bool fleet_warm(const struct fleet *fleet, uint32_t number, int64_t warmup_ns)
{
    const struct fleet_member *member = fleet->members[number];
    return (member->state == FLEET_IN_SERVICE || member->state == FLEET_LEAVING) &&
           core_now(fleet->setup.core) - member->in_service_ns >= warmup_ns;
}

int64_t fleet_cold(const struct fleet *fleet, int64_t warmup_ns)
{
    int64_t cold = fleet->in_state[FLEET_PENDING].value;
    for (uint32_t i = 0; i < fleet->count; i++) {
        cold += fleet->members[i]->state == FLEET_IN_SERVICE && !fleet_warm(fleet, i, warmup_ns);
    }
    return cold;
}

double fleet_sample(struct fleet *fleet, int64_t warmup_ns, double *measured)
{
    const int64_t now_ns = core_now(fleet->setup.core);
    double sum = 0, count = 0;
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct fleet_member *member = fleet->members[i];
        const double worked_ns = host_worked_ns(&member->host);
        const int64_t from_ns =
            member->in_service_ns > fleet->sampled_ns ? member->in_service_ns : fleet->sampled_ns;
        if (fleet_warm(fleet, i, warmup_ns) && now_ns > from_ns) {
            sum += (worked_ns - member->worked_ns) /
                   ((double)(now_ns - from_ns) * fleet->setup.processors);
            count++;
        }
        member->worked_ns = worked_ns;
    }
    fleet->sampled_ns = now_ns;
    *measured = count;
    return count > 0 ? sum / count : (double)NAN;
}
