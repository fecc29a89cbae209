#include "sim/blocks/checkers.h"

#include <assert.h>

static void checkers_after(struct checkers *checkers, uint32_t slot, int64_t delay_ns)
{
    events_at(&checkers->core->events, core_now(checkers->core) + delay_ns, EVENT_SERVICE,
              checkers->rules.service, slot);
}

void checkers_init(struct checkers *checkers, struct core *core, struct arena *arena,
                   const struct checkers_rules *rules, struct random *phases)
{
    assert(rules->count >= 1);
    assert(rules->threshold >= 1);
    assert(rules->timeout_ns < rules->interval_ns);
    *checkers = (struct checkers){
        .rules = *rules,
        .core = core,
        .items = arena_array(arena, rules->count, sizeof(struct checker)),
        .up = true,
    };
    gauge_set(&checkers->healthy, rules->count, core_now(core));
    for (uint32_t i = 0; i < rules->count; i++) {
        checkers->items[i].healthy = true;
        checkers_after(checkers, rules->first_slot + checkers_slots(i),
                       (int64_t)(random_uniform(phases) * (double)rules->interval_ns));
    }
}

static enum checkers_change checkers_verdict(struct checkers *checkers, struct checker *checker,
                                             bool passed)
{
    const struct checkers_rules *rules = &checkers->rules;
    if (passed == checker->healthy) {
        checker->streak = 0;
        return CHECKERS_SAME;
    }
    if (++checker->streak < rules->threshold) {
        return CHECKERS_SAME;
    }
    checker->streak = 0;
    checker->healthy = passed;
    gauge_add(&checkers->healthy, passed ? 1 : -1, core_now(checkers->core));
    const bool up = (double)checkers->healthy.value > rules->healthy_ratio * rules->count;
    if (up == checkers->up) {
        return CHECKERS_SAME;
    }
    checkers->up = up;
    return up ? CHECKERS_CAME_UP : CHECKERS_WENT_DOWN;
}

enum checkers_change checkers_due(struct checkers *checkers, uint32_t slot, bool passes)
{
    const struct checkers_rules *rules = &checkers->rules;
    const uint32_t own = slot - rules->first_slot;
    assert(own < checkers_slots(rules->count));
    struct checker *checker = &checkers->items[own / 2];
    if (own % 2 == 1) {
        return checkers_verdict(checkers, checker, false);
    }
    checkers_after(checkers, slot, rules->interval_ns);
    if (passes) {
        return checkers_verdict(checkers, checker, true);
    }
    checkers_after(checkers, slot + 1, rules->timeout_ns);
    return CHECKERS_SAME;
}
