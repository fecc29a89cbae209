#include "sim/engine/breaker.h"

#include <string.h>

void breaker_init(struct breaker_state *state)
{
    *state = (struct breaker_state){.probe = FRAME_NONE};
}

/* Slots that have slid out of the window are emptied. */
static void breaker_slide(struct breaker_state *state, const struct breaker *breaker,
                          int64_t now_ns)
{
    const int64_t epoch = now_ns / (breaker->window_ns / BREAKER_SLOTS);
    if (epoch - state->epoch >= BREAKER_SLOTS) {
        memset(state->totals, 0, sizeof(state->totals));
        memset(state->failures, 0, sizeof(state->failures));
        state->epoch = epoch;
    }
    while (state->epoch < epoch) {
        state->epoch++;
        state->totals[state->epoch % BREAKER_SLOTS] = 0;
        state->failures[state->epoch % BREAKER_SLOTS] = 0;
    }
}

static bool breaker_probes(const struct world *w, const struct breaker_state *state)
{
    return state->probe != FRAME_NONE &&
           core_frame(&w->core, state->probe)->generation == state->probe_generation;
}

bool breaker_allows(struct world *w, const struct breaker *breaker, const struct frame *f)
{
    struct breaker_state *state = &w->breakers[breaker->index];
    if (!state->open) {
        return true;
    }
    if (core_now(&w->core) < state->open_until_ns || breaker_probes(w, state)) {
        return false;
    }
    state->probe = core_slot(&w->core, f);
    state->probe_generation = f->generation;
    return true;
}

static void breaker_open(struct breaker_state *state, const struct breaker *breaker, int64_t now_ns)
{
    state->open = true;
    state->open_until_ns = now_ns + breaker->open_ns;
    state->probe = FRAME_NONE;
}

void breaker_record(struct world *w, const struct breaker *breaker, const struct frame *f,
                    enum outcome outcome)
{
    struct breaker_state *state = &w->breakers[breaker->index];
    const int64_t now_ns = core_now(&w->core);
    if (state->open) {
        if (state->probe != core_slot(&w->core, f) || !breaker_probes(w, state)) {
            return; /* called before it opened */
        }
        if (outcome == OUTCOME_OK) {
            const int64_t epoch = state->epoch;
            breaker_init(state);
            state->epoch = epoch;
        } else {
            breaker_open(state, breaker, now_ns);
        }
        return;
    }
    breaker_slide(state, breaker, now_ns);
    const int64_t slot = state->epoch % BREAKER_SLOTS;
    state->totals[slot]++;
    state->failures[slot] += outcome != OUTCOME_OK;
    uint64_t total = 0, failures = 0;
    for (uint32_t i = 0; i < BREAKER_SLOTS; i++) {
        total += state->totals[i];
        failures += state->failures[i];
    }
    if (total >= breaker->minimum_count &&
        (double)failures >= breaker->failures_ratio * (double)total && failures > 0) {
        breaker_open(state, breaker, now_ns);
        memset(state->totals, 0, sizeof(state->totals));
        memset(state->failures, 0, sizeof(state->failures));
    }
}
