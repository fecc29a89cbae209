/* outbox: a ring of what was put together, and the requests that are out. */
#include "sim/blocks/outbox.h"

enum { OUTBOX_FIRST = 16 };

void outbox_init(struct outbox *outbox, const struct outbox_setup *setup)
{
    *outbox = (struct outbox){.setup = *setup, .timer = EVENT_NONE};
    records_init(&outbox->requests, setup->arena, sizeof(struct outbox_request));
}

static struct outbox_part *outbox_at(const struct outbox *outbox, uint64_t number)
{
    return &outbox->ring[number & (outbox->capacity - 1)];
}

static void outbox_grow(struct outbox *outbox)
{
    const uint64_t capacity = outbox->capacity > 0 ? 2 * outbox->capacity : OUTBOX_FIRST;
    struct outbox_part *ring = arena_array(outbox->setup.arena, capacity, sizeof(*ring));
    for (uint64_t number = outbox->first; number < outbox->next; number++) {
        ring[number & (capacity - 1)] = *outbox_at(outbox, number);
    }
    outbox->ring = ring;
    outbox->capacity = capacity;
}

void outbox_mix(struct outbox_load *load, const struct outbox_load *more, uint64_t count)
{
    const double share = (double)count / (double)(load->count + count);
    load->came_ns += (int64_t)((double)(more->came_ns - load->came_ns) * share);
    load->closed_ns += (int64_t)((double)(more->closed_ns - load->closed_ns) * share);
    load->count += count;
}

static struct outbox_load outbox_take(struct outbox *outbox, uint64_t count)
{
    struct outbox_load taken = outbox_at(outbox, outbox->first)->load;
    taken.count = 0;
    while (taken.count < count) {
        struct outbox_part *part = outbox_at(outbox, outbox->first);
        const uint64_t lacking = count - taken.count;
        const uint64_t some = part->load.count < lacking ? part->load.count : lacking;
        outbox_mix(&taken, &part->load, some);
        part->load.count -= some;
        outbox->first += part->load.count == 0;
    }
    outbox->buffered -= count;
    outbox->flush -= outbox->flush < count ? outbox->flush : count;
    return taken;
}

static void outbox_send(struct outbox *outbox, uint64_t count)
{
    const uint32_t name = records_take(&outbox->requests);
    struct outbox_request *request = records_at(&outbox->requests, name);
    *request = (struct outbox_request){
        .load = outbox_take(outbox, count), .number = outbox->number++, .epoch = outbox->epoch};
    outbox->loaded += count;
    gauge_add(&outbox->out, 1, core_now(outbox->setup.core));
    outbox->setup.send(outbox->setup.context, name);
}

static void outbox_clock(struct outbox *outbox)
{
    struct events *events = &outbox->setup.core->events;
    if (outbox->timer != EVENT_NONE || outbox->buffered <= outbox->flush) {
        return;
    }
    const int64_t due_ns = outbox_at(outbox, outbox->first)->put_ns + outbox->setup.delay_ns;
    outbox->timer = events_at(events, due_ns > events->now_ns ? due_ns : events->now_ns,
                              EVENT_SERVICE, outbox->setup.service, outbox->setup.timer);
}

static void outbox_pump(struct outbox *outbox)
{
    const struct outbox_setup *setup = &outbox->setup;
    while (outbox->out.value < (int64_t)setup->out_max * setup->lanes) {
        if (outbox->buffered >= (uint64_t)setup->batch * setup->lanes) {
            outbox_send(outbox, setup->batch);
        } else if (outbox->flush > 0) {
            const uint64_t left = outbox->flush;
            outbox_send(outbox, left < outbox->flush_batch ? left : outbox->flush_batch);
        } else {
            break;
        }
    }
    outbox_clock(outbox);
}

void outbox_put(struct outbox *outbox, const struct outbox_load *load)
{
    if (load->count == 0) {
        return;
    }
    if (outbox->next - outbox->first == outbox->capacity) {
        outbox_grow(outbox);
    }
    *outbox_at(outbox, outbox->next++) = (struct outbox_part){*load, core_now(outbox->setup.core)};
    outbox->buffered += load->count;
    outbox_pump(outbox);
}

uint64_t outbox_room(const struct outbox *outbox)
{
    const uint64_t room = outbox->setup.room * outbox->setup.lanes;
    const uint64_t used = outbox->buffered + outbox->loaded;
    return used < room ? room - used : 0;
}

bool outbox_full(const struct outbox *outbox)
{
    return outbox_room(outbox) == 0;
}

void outbox_due(struct outbox *outbox)
{
    const uint64_t lanes = outbox->setup.lanes, each = (outbox->buffered + lanes - 1) / lanes;
    outbox->timer = EVENT_NONE;
    outbox->flush = outbox->buffered;
    outbox->flush_batch = each < outbox->setup.batch ? (uint32_t)each : outbox->setup.batch;
    outbox_pump(outbox);
}

const struct outbox_request *outbox_request(const struct outbox *outbox, uint32_t request)
{
    return records_at(&outbox->requests, request);
}

bool outbox_stale(const struct outbox *outbox, uint32_t request)
{
    return outbox_request(outbox, request)->epoch != outbox->epoch;
}

void outbox_end(struct outbox *outbox, uint32_t name, bool good)
{
    const struct outbox_request request = *outbox_request(outbox, name);
    const bool stale = outbox_stale(outbox, name);
    records_give(&outbox->requests, name);
    if (good) {
        outbox->acknowledged += request.load.count;
        outbox->twice += stale ? request.load.count : 0;
    }
    if (stale) {
        return;
    }
    outbox->loaded -= request.load.count;
    outbox->older -= request.number < outbox->begun.number && outbox->older > 0;
    const uint64_t count = good ? request.load.count : 0;
    outbox->begun.acknowledged += request.number >= outbox->begun.number ? count : 0;
    outbox->kept.acknowledged += request.number >= outbox->kept.number ? count : 0;
    gauge_add(&outbox->out, -1, core_now(outbox->setup.core));
    outbox_pump(outbox);
}

void outbox_widen(struct outbox *outbox, uint32_t lanes)
{
    outbox->setup.lanes = lanes;
    outbox_pump(outbox);
}

/* ---- checkpoints ---- */

void outbox_begin(struct outbox *outbox)
{
    struct outbox_load load = {0};
    for (uint64_t number = outbox->first; number < outbox->next; number++) {
        const struct outbox_load *part = &outbox_at(outbox, number)->load;
        if (load.count == 0) {
            load = *part;
        } else {
            outbox_mix(&load, part, part->count);
        }
    }
    outbox->begun = (struct outbox_saved){.load = load, .number = outbox->number};
    outbox->older = (uint32_t)outbox->out.value;
}

bool outbox_through(const struct outbox *outbox)
{
    return outbox->older == 0;
}

void outbox_complete(struct outbox *outbox)
{
    outbox->kept = outbox->begun;
}

void outbox_restart(struct outbox *outbox)
{
    struct outbox_saved *kept = &outbox->kept;
    outbox->twice += kept->acknowledged;
    *kept = (struct outbox_saved){.load = kept->load, .number = outbox->number};
    outbox->epoch++;
    outbox->first = outbox->next;
    outbox->buffered = outbox->loaded = outbox->flush = 0;
    outbox->older = 0;
    gauge_set(&outbox->out, 0, core_now(outbox->setup.core));
    outbox_put(outbox, &kept->load);
}
