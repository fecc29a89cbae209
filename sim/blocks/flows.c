#include "sim/blocks/flows.h"

#include <string.h>

#include "sim/kernel/assert_hot.h"

enum { FLOWS_ROOM_FIRST = 64 };

void flows_init(struct flows *flows, const struct flows_setup *setup)
{
    *flows = (struct flows){.setup = *setup, .free = FLOW_NONE};
    flows->setup.slots_step = setup->slots_step > 0 ? setup->slots_step : 1;
    flows->count = flows->capacity = setup->clients_count;
    flows->items = arena_array(setup->arena, setup->clients_count, sizeof(*flows->items));
    for (uint32_t i = 0; i < flows->count; i++) {
        flows->items[i] = (struct flow){.event = EVENT_NONE, .note = FLOW_NONE};
    }
}

/* A client that comes once. */
static uint32_t flows_guest(struct flows *flows)
{
    const uint32_t free = flows->free;
    if (free != FLOW_NONE) {
        flows->free = flows->items[free].next;
        return free;
    }
    if (flows->count == flows->capacity) {
        const uint32_t capacity = flows->capacity > 0 ? 2 * flows->capacity : FLOWS_ROOM_FIRST;
        struct flow *items = arena_array(flows->setup.arena, capacity, sizeof(*items));
        if (flows->count > 0) {
            memcpy(items, flows->items, flows->count * sizeof(*items));
        }
        flows->items = items;
        flows->capacity = capacity;
    }
    flows->items[flows->count] = (struct flow){.event = EVENT_NONE, .note = FLOW_NONE};
    return flows->count++;
}

static bool flows_guests(const struct flows *flows)
{
    return flows->setup.clients_count == 0;
}

static int64_t flows_later(int64_t time_ns, int64_t by_ns)
{
    return by_ns < INT64_MAX - time_ns ? time_ns + by_ns : INT64_MAX;
}

/* When it ends, if nothing comes. */
static int64_t flows_end_ns(const struct flows *flows, const struct flow *flow)
{
    const int64_t idle_ns = flows_later(flow->used_ns, flows->setup.idle_ns);
    return flow->until_ns < idle_ns ? flow->until_ns : idle_ns;
}

static void flows_close(struct flows *flows, struct flow *flow)
{
    flow->open = false;
    if (flow->event != EVENT_NONE) {
        events_cancel(&flows->setup.core->events, flow->event);
        flow->event = EVENT_NONE;
    }
    if (flow->note != FLOW_NONE) {
        flows->bound[flow->note]--;
        flow->note = FLOW_NONE;
    }
    gauge_add(&flows->active, -1, core_now(flows->setup.core));
}

void flows_bind(struct flows *flows, uint32_t client, uint32_t note)
{
    struct flow *flow = &flows->items[client];
    assert_hot(flow->open);
    if (note >= flows->notes_capacity) {
        uint32_t capacity = flows->notes_capacity > 0 ? flows->notes_capacity : FLOWS_ROOM_FIRST;
        while (capacity <= note) {
            capacity *= 2;
        }
        uint32_t *bound = arena_array(flows->setup.arena, capacity, sizeof(*bound));
        if (flows->notes_capacity > 0) {
            memcpy(bound, flows->bound, flows->notes_capacity * sizeof(*bound));
        }
        flows->bound = bound;
        flows->notes_capacity = capacity;
    }
    if (flow->note != FLOW_NONE) {
        flows->bound[flow->note]--;
    }
    flow->note = note;
    flows->bound[note]++;
}

static void flows_open(struct flows *flows, struct flow *flow)
{
    struct flows_setup *setup = &flows->setup;
    const int64_t now_ns = core_now(setup->core);
    const bool guest = flows_guests(flows);
    const int64_t most =
        setup->most == NULL ? INT64_MAX : distribution_draw_int(setup->most, &setup->random);
    flow->open = true;
    flow->dropped = false;
    flow->used_ns = now_ns;
    flow->left = guest || most < 1 ? 1 : most;
    flow->until_ns = INT64_MAX;
    if (setup->life != NULL && !guest) {
        flow->until_ns = flows_later(now_ns, distribution_draw_int(setup->life, &setup->random));
    }
    flows->opened++;
    gauge_add(&flows->active, 1, now_ns);
}

/* One event a flow: when it fires too early, it is set anew. */
static void flows_await(struct flows *flows, uint32_t client)
{
    struct flow *flow = &flows->items[client];
    const int64_t end_ns = flows_end_ns(flows, flow);
    if (flow->event == EVENT_NONE && end_ns < INT64_MAX) {
        flow->event =
            events_at(&flows->setup.core->events, end_ns, EVENT_SERVICE, flows->setup.service,
                      flows->setup.first_slot + client * flows->setup.slots_step);
    }
}

uint32_t flows_take(struct flows *flows, bool *opened, bool *reset)
{
    const uint32_t client =
        flows_guests(flows) ? flows_guest(flows) : random_below(&flows->setup.random, flows->count);
    struct flow *flow = &flows->items[client];
    const int64_t now_ns = core_now(flows->setup.core);
    if (flow->open && flow->out == 0 && now_ns >= flow->until_ns) {
        flows_close(flows, flow);
    }
    const bool fresh = !flow->open || flow->left == 0 || now_ns >= flow->until_ns;
    if (reset != NULL) {
        *reset = !flow->open && flow->dropped;
    }
    if (fresh) {
        flows_renew(flows, client);
    } else {
        flow->left--;
    }
    if (opened != NULL) {
        *opened = fresh;
    }
    flow->out++;
    flow->used_ns = now_ns;
    return client;
}

/* Those that are still out on the old one end as parts of the new one. */
void flows_renew(struct flows *flows, uint32_t client)
{
    struct flow *flow = &flows->items[client];
    if (flow->open) {
        flows_close(flows, flow);
    }
    flows_open(flows, flow);
    flow->left--;
    if (!flows_guests(flows)) {
        flows_await(flows, client);
    }
}

uint32_t flows_cut(struct flows *flows, uint32_t note)
{
    const uint32_t cut = flows_bound(flows, note);
    for (uint32_t i = 0; i < flows->count && flows_bound(flows, note) > 0; i++) {
        struct flow *flow = &flows->items[i];
        if (flow->open && flow->note == note) {
            flows_close(flows, flow);
        }
    }
    return cut;
}

void flows_return(struct flows *flows, uint32_t client)
{
    struct flow *flow = &flows->items[client];
    assert_hot(flow->out > 0);
    const int64_t now_ns = core_now(flows->setup.core);
    flow->used_ns = now_ns;
    flow->out--;
    if (flow->open && flow->out == 0 && (flow->left == 0 || now_ns >= flow->until_ns)) {
        flows_close(flows, flow);
    } else if (flow->open && flow->out == 0 && !flows_guests(flows)) {
        flows_await(flows, client);
    }
    if (flows_guests(flows)) {
        flow->next = flows->free;
        flows->free = client;
    }
}

void flows_due(struct flows *flows, uint32_t slot)
{
    const uint32_t client = (slot - flows->setup.first_slot) / flows->setup.slots_step;
    struct flow *flow = &flows->items[client];
    const int64_t now_ns = core_now(flows->setup.core);
    flow->event = EVENT_NONE;
    if (flow->out > 0) {
        return; /* looked at again when it is over */
    }
    if (now_ns < flows_end_ns(flows, flow)) {
        flows_await(flows, client);
        return;
    }
    flow->dropped = now_ns < flow->until_ns;
    flows->idled += flow->dropped;
    flows_close(flows, flow);
}
