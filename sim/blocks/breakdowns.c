#include "sim/blocks/breakdowns.h"

#include <assert.h>

enum { BREAKDOWNS_WORD_BITS = 64 };

static void breakdowns_schedule(struct breakdowns *breakdowns, uint32_t server,
                                const struct distribution *delay_ns_dist)
{
    const int64_t delay_ns = distribution_draw_int(delay_ns_dist, breakdowns->setup.random);
    struct events *events = &breakdowns->core->events;
    events_at(events, events->now_ns + delay_ns, EVENT_SERVICE, breakdowns->setup.service,
              breakdowns->setup.timer_first + server);
}

static void breakdowns_set_idle(struct breakdowns *breakdowns, uint32_t server, bool idle)
{
    uint64_t *word = &breakdowns->idle[server / BREAKDOWNS_WORD_BITS];
    const uint64_t bit = (uint64_t)1 << server % BREAKDOWNS_WORD_BITS;
    *word = idle ? *word | bit : *word & ~bit;
}

void breakdowns_init(struct breakdowns *breakdowns, struct core *core, struct arena *arena,
                     const struct breakdowns_setup *setup)
{
    const uint32_t count = setup->servers_count;
    assert(count <= BREAKDOWNS_SERVERS_MAX);
    assert(setup->repairers_count >= 1);
    *breakdowns = (struct breakdowns){
        .setup = *setup,
        .core = core,
        .servers = arena_array(arena, count, sizeof(struct breakdowns_server)),
        .idle = arena_array(arena, count / BREAKDOWNS_WORD_BITS + 1, sizeof(uint64_t)),
        .repairers_idle = setup->repairers_count,
    };
    for (uint32_t i = 0; i < count; i++) {
        breakdowns->servers[i].frame = FRAME_NONE;
        breakdowns_set_idle(breakdowns, i, true);
        breakdowns_schedule(breakdowns, i, setup->mtbf_ns_dist);
    }
}

uint32_t breakdowns_take(struct breakdowns *breakdowns, uint32_t frame)
{
    uint32_t word = 0;
    while (breakdowns->idle[word] == 0) {
        word++;
        assert(word <= breakdowns->setup.servers_count / BREAKDOWNS_WORD_BITS);
    }
    const uint32_t server =
        word * BREAKDOWNS_WORD_BITS + (uint32_t)__builtin_ctzll(breakdowns->idle[word]);
    breakdowns_set_idle(breakdowns, server, false);
    breakdowns->servers[server].frame = frame;
    return server;
}

void breakdowns_release(struct breakdowns *breakdowns, uint32_t server)
{
    assert(!breakdowns->servers[server].failed);
    breakdowns->servers[server].frame = FRAME_NONE;
    breakdowns_set_idle(breakdowns, server, true);
}

static void breakdowns_fail(struct breakdowns *breakdowns, uint32_t server)
{
    breakdowns->servers[server].failed = true;
    breakdowns->servers[server].frame = FRAME_NONE;
    breakdowns_set_idle(breakdowns, server, false);
    if (breakdowns->repairers_idle > 0) {
        breakdowns->repairers_idle--;
        breakdowns_schedule(breakdowns, server, breakdowns->setup.mttr_ns_dist);
        return;
    }
    if (breakdowns->line_count++ > 0) {
        breakdowns->servers[breakdowns->line_last].next = server;
    } else {
        breakdowns->line_first = server;
    }
    breakdowns->line_last = server;
}

static void breakdowns_repair(struct breakdowns *breakdowns, uint32_t server)
{
    breakdowns->servers[server].failed = false;
    breakdowns_set_idle(breakdowns, server, true);
    breakdowns_schedule(breakdowns, server, breakdowns->setup.mtbf_ns_dist);
    if (breakdowns->line_count == 0) {
        breakdowns->repairers_idle++;
        return;
    }
    const uint32_t next = breakdowns->line_first;
    breakdowns->line_first = breakdowns->servers[next].next;
    breakdowns->line_count--;
    breakdowns_schedule(breakdowns, next, breakdowns->setup.mttr_ns_dist);
}

bool breakdowns_due(struct breakdowns *breakdowns, uint32_t server, uint32_t *frame)
{
    assert(server < breakdowns->setup.servers_count);
    *frame = breakdowns->servers[server].frame;
    if (breakdowns->servers[server].failed) {
        breakdowns_repair(breakdowns, server);
        return false;
    }
    breakdowns_fail(breakdowns, server);
    return true;
}
