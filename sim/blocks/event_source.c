/* event_source: two ways to the same end. */
#include "sim/blocks/event_source.h"

enum { EVENT_SOURCE_POLL, EVENT_SOURCE_WINDOW, EVENT_SOURCE_LANES };

void event_source_init(struct event_source *source, const struct event_source_setup *setup)
{
    *source = (struct event_source){.setup = *setup, .window = EVENT_NONE};
    if (setup->stream) {
        shard_runs_init(&source->shards, &(struct shard_runs_setup){
                                             .arena = setup->arena,
                                             .lanes = setup->lanes,
                                             .batch = setup->pollers.batch,
                                             .bytes = setup->bytes,
                                             .random = setup->random,
                                         });
    } else {
        pollers_init(&source->pollers, &setup->pollers);
    }
}

static uint32_t event_source_timer(struct event_source *source, int64_t delay_ns, uint32_t index)
{
    struct core *core = source->setup.core;
    return events_at(&core->events, core_now(core) + delay_ns, EVENT_SERVICE, source->setup.service,
                     source->setup.timer + index);
}

static void event_source_count(struct event_source *source)
{
    const uint32_t working = source->setup.stream ? source->shards.running : source->pollers.out;
    gauge_set(&source->working, working, core_now(source->setup.core));
}

/* ---- a queue ---- */

static void event_source_send(struct event_source *source)
{
    struct pollers *pollers = &source->pollers;
    if (source->window != EVENT_NONE) {
        events_cancel(&source->setup.core->events, source->window);
        source->window = EVENT_NONE;
    }
    source->setup.ops->invoke(source->setup.context, pollers->delivery, pollers->count);
    pollers_sent(pollers);
}

/* True: and the queue may hold more. */
static bool event_source_receive(struct event_source *source)
{
    const struct event_source_setup *setup = &source->setup;
    struct pollers *pollers = &source->pollers;
    uint32_t most;
    while ((most = pollers_wanted(pollers, core_now(setup->core))) > 0) {
        struct shard_records got = {0};
        setup->ops->receive(setup->context, most, setup->bytes, &pollers->delivery, &got);
        if (got.count == 0) {
            return false;
        }
        pollers_received(pollers, got.count);
        if (got.count == most || setup->window_ns == 0) {
            event_source_send(source);
        } else if (source->window == EVENT_NONE) {
            source->window = event_source_timer(source, setup->window_ns, EVENT_SOURCE_WINDOW);
        }
    }
    return true;
}

static void event_source_poll_queue(struct event_source *source)
{
    struct pollers *pollers = &source->pollers;
    const int64_t now_ns = core_now(source->setup.core);
    pollers_lack(pollers, now_ns, event_source_receive(source));
    const int64_t due_ns = pollers_due_ns(pollers);
    if (!source->timed && due_ns != INT64_MAX) {
        event_source_timer(source, due_ns - now_ns, EVENT_SOURCE_POLL);
        source->timed = true;
    }
}

static void event_source_more(struct event_source *source)
{
    const uint32_t allowed = pollers_allowed(&source->pollers, core_now(source->setup.core));
    source->timed = false;
    if (source->pollers.lacking) {
        source->setup.ops->grown(source->setup.context, allowed);
    }
    event_source_poll(source);
}

/* ---- a stream ---- */

static bool event_source_aged(const struct event_source *source, const struct shard_lane *lane)
{
    const struct event_source_setup *setup = &source->setup;
    return setup->age_max_ns >= 0 &&
           core_now(setup->core) - lane->running.last_ns > setup->age_max_ns;
}

/* What a lane is to run. False: the world has ended. */
static bool event_source_run(struct event_source *source, uint32_t shard, struct shard_lane *lane)
{
    const struct event_source_setup *setup = &source->setup;
    if (event_source_aged(source, lane)) {
        setup->ops->too_old(setup->context, lane->running.count);
        return true;
    }
    struct frame *f = setup->ops->invoke(setup->context, shard, lane->running.count);
    if (f != NULL) {
        shard_runs_begin(&source->shards, lane, core_slot(setup->core, f) + 1);
    }
    return f != NULL;
}

/* Sends what it has gathered, as soon as that may be. */
static bool event_source_lane(struct event_source *source, uint32_t shard, uint32_t index)
{
    const struct event_source_setup *setup = &source->setup;
    struct shard_lane *lane = &source->shards.items[index];
    const bool full = shard_runs_full(&source->shards, lane);
    if (lane->gathered.count == 0) {
        return true;
    }
    if (lane->name == 0 && (full || lane->due || setup->window_ns == 0)) {
        if (lane->timer != EVENT_NONE) {
            events_cancel(&setup->core->events, lane->timer);
            lane->timer = EVENT_NONE;
        }
        shard_runs_take(lane);
        return event_source_run(source, shard, lane);
    }
    if (lane->timer == EVENT_NONE && !lane->due && setup->window_ns > 0) {
        lane->timer = event_source_timer(source, setup->window_ns, EVENT_SOURCE_LANES + index);
    }
    return true;
}

/* Reads until a lane has no more room, or there is nothing more, and sends. */
static void event_source_poll_shard(struct event_source *source, uint32_t shard)
{
    const struct event_source_setup *setup = &source->setup;
    struct shard_runs *runs = &source->shards;
    bool more = true;
    while (more) {
        uint32_t most, delivery = shard;
        double bytes;
        more = false;
        while ((most = shard_runs_wanted(runs, shard, &bytes)) > 0) {
            struct shard_records got = {0};
            setup->ops->receive(setup->context, most, bytes, &delivery, &got);
            if (got.count == 0) {
                break;
            }
            shard_runs_received(runs, shard, &got);
            more = true;
        }
        for (uint32_t i = 0; i < runs->setup.lanes; i++) {
            if (!event_source_lane(source, shard, shard * runs->setup.lanes + i)) {
                return;
            }
        }
    }
}

static void event_source_poll_stream(struct event_source *source)
{
    const uint32_t parts = source->setup.ops->parts(source->setup.context);
    struct shard_runs *runs = &source->shards;
    uint32_t shard = runs->shards_count;
    shard_runs_fit(runs, parts, EVENT_NONE);
    for (; shard < parts && source->setup.ops->part_after != NULL; shard++) {
        runs->after[shard] = source->setup.ops->part_after(source->setup.context, shard);
    }
    for (shard = 0; shard < parts; shard++) {
        if (!shard_runs_waits(runs, shard)) {
            event_source_poll_shard(source, shard);
        }
    }
}

static struct shard_lane *event_source_lane_of(const struct event_source *source,
                                               const struct frame *f)
{
    struct core *core = source->setup.core;
    return shard_runs_lane(&source->shards, core_more(core, f)->delivery, core_slot(core, f) + 1);
}

const struct shard_records *event_source_records(const struct event_source *source,
                                                 const struct frame *f)
{
    return &event_source_lane_of(source, f)->running;
}

bool event_source_too_old(const struct event_source *source, const struct frame *f)
{
    return event_source_aged(source, event_source_lane_of(source, f));
}

bool event_source_retry(struct event_source *source, struct frame *f)
{
    const struct event_source_setup *setup = &source->setup;
    struct shard_lane *lane = event_source_lane_of(source, f);
    const uint32_t left = setup->per_record ? f->parent_generation : lane->running.count;
    if (event_source_aged(source, lane)) {
        lane->running.count = left;
        return false;
    }
    if (!shard_runs_halve(lane, left, setup->halve) && lane->tries++ >= setup->tries_max) {
        return false;
    }
    if (setup->per_record) {
        f->parent_generation = lane->running.count;
        core_more(setup->core, f)->rounds = lane->running.count;
    }
    return true;
}

static void event_source_end_stream(struct event_source *source, const struct frame *f)
{
    struct shard_lane *lane = event_source_lane_of(source, f);
    const uint32_t shard = core_more(source->setup.core, f)->delivery;
    bool more = shard_runs_end(&source->shards, lane);
    while (more && event_source_run(source, shard, lane) && lane->name == 0) {
        more = shard_runs_part(lane); /* it was too old */
    }
}

/* ---- both ---- */

void event_source_poll(struct event_source *source)
{
    if (source->setup.stream) {
        event_source_poll_stream(source);
    } else {
        event_source_poll_queue(source);
    }
    event_source_count(source);
}

void event_source_due(struct event_source *source, uint32_t index)
{
    if (index == EVENT_SOURCE_POLL) {
        event_source_more(source);
        return;
    }
    if (index == EVENT_SOURCE_WINDOW) {
        source->window = EVENT_NONE;
        event_source_send(source);
    } else {
        source->shards.items[index - EVENT_SOURCE_LANES].timer = EVENT_NONE;
        source->shards.items[index - EVENT_SOURCE_LANES].due = true;
    }
    event_source_poll(source);
}

void event_source_end(struct event_source *source, const struct frame *f, bool failed)
{
    if (source->setup.stream) {
        event_source_end_stream(source, f);
    } else {
        pollers_end(&source->pollers, core_now(source->setup.core), failed);
    }
    event_source_poll(source);
}

void event_source_throttled(struct event_source *source)
{
    if (!source->setup.stream) {
        pollers_fail(&source->pollers, core_now(source->setup.core));
    }
}
