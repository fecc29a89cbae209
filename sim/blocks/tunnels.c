/* tunnels: a host for each link. */
#include "sim/blocks/tunnels.h"

static void tunnels_count(struct tunnels *tunnels)
{
    struct load *load = tunnels->setup.load;
    const int64_t now_ns = core_now(tunnels->setup.core);
    const bool any = tunnels->up_count > 0;
    gauge_set(&tunnels->up, tunnels->up_count, now_ns);
    gauge_set(&load->capacity, tunnels->setup.together ? tunnels->up_count : any, now_ns);
    gauge_set(&load->up, any, now_ns);
}

void tunnels_init(struct tunnels *tunnels, const struct tunnels_setup *setup,
                  const struct random *random)
{
    *tunnels = (struct tunnels){.setup = *setup, .random = *random, .up_count = setup->count};
    tunnels->items = arena_array(setup->arena, setup->count, sizeof(*tunnels->items));
    for (uint32_t i = 0; i < setup->count; i++) {
        tunnels->items[i].up = tunnels->items[i].in_use = true;
        host_init(&tunnels->items[i].host, &(struct host_setup){
                                               .core = setup->core,
                                               .load = setup->load,
                                               .arena = setup->arena,
                                               .processors = 1,
                                               .step = 1,
                                               .places_count = HOST_UNLIMITED,
                                               .backlog_count = HOST_UNLIMITED,
                                               .service = setup->service,
                                               .timer = setup->timer + i,
                                           });
    }
    tunnels_count(tunnels);
}

/* With none in use the first is taken: what is sent there waits for it. */
static uint32_t tunnels_choose(struct tunnels *tunnels)
{
    uint32_t usable[TUNNELS_MAX], count = 0;
    for (uint32_t i = 0; i < tunnels->setup.count; i++) {
        if (tunnels->items[i].in_use) {
            usable[count++] = i;
        }
    }
    if (count == 0) {
        return 0;
    }
    return tunnels->setup.together ? usable[random_below(&tunnels->random, count)] : usable[0];
}

void tunnels_enter(struct tunnels *tunnels, struct frame *f)
{
    f->note = tunnels_choose(tunnels);
    host_enter(&tunnels->items[f->note].host, f);
}

void tunnels_leave(struct tunnels *tunnels, struct frame *f)
{
    host_leave(&tunnels->items[f->note].host, f);
}

void tunnels_due(struct tunnels *tunnels, uint32_t link)
{
    host_due(&tunnels->items[link].host);
}

static void tunnels_set_up(struct tunnels *tunnels, uint32_t link, bool up)
{
    tunnels->items[link].up = up;
    tunnels->up_count += up ? 1 : UINT32_MAX;
    host_resize(&tunnels->items[link].host, up ? 1 : 0);
    tunnels_count(tunnels);
}

void tunnels_fail(struct tunnels *tunnels, uint32_t link)
{
    tunnels_set_up(tunnels, link, false);
}

/* Those that have sent all of theirs (and hold their place while their call is out) stay. */
static void tunnels_move(struct tunnels *tunnels, uint32_t link)
{
    struct host *host = &tunnels->items[link].host;
    struct frame *f;
    while ((f = sharing_any(&host->sharing)) != NULL) {
        host_leave(host, f);
        f->work_ns = tunnels->setup.again(tunnels->setup.context, f);
        tunnels_enter(tunnels, f);
    }
}

void tunnels_notice(struct tunnels *tunnels, uint32_t link)
{
    if (tunnels->items[link].up) {
        return;
    }
    tunnels->items[link].in_use = false;
    if (tunnels_choose(tunnels) != link) {
        tunnels_move(tunnels, link);
    }
}

/* What waits for any link to come back goes on here. */
void tunnels_repair(struct tunnels *tunnels, uint32_t link)
{
    tunnels->items[link].in_use = true;
    tunnels_set_up(tunnels, link, true);
    for (uint32_t i = 0; i < tunnels->setup.count; i++) {
        if (!tunnels->items[i].in_use) {
            tunnels_move(tunnels, i);
        }
    }
}
