/* elastic: slots of its events: the host of each instance, the end of each group's resumption, and
 * the look. */
#include "sim/blocks/elastic.h"

#include <assert.h>
#include <math.h>

/* So many steps are present from now on. */
static void elastic_resize(struct elastic *elastic, struct elastic_instance *instance,
                           int64_t steps)
{
    const struct elastic_setup *setup = &elastic->setup;
    const int64_t now_ns = core_now(setup->core);
    gauge_add(&setup->load->capacity, steps - instance->steps.value, now_ns);
    gauge_set(&instance->steps, steps, now_ns);
    host_resize(&instance->host, (double)steps * setup->processors);
    buffer_resize(&instance->buffer, (double)steps * setup->room_pages);
}

/* ---- looks ---- */

static void elastic_expect_look(struct elastic *elastic)
{
    const struct elastic_setup *setup = &elastic->setup;
    elastic->looking = true;
    events_after(&setup->core->events, elastic->lane, setup->interval_ns, EVENT_SERVICE,
                 setup->service, 2 * setup->instances_count);
}

/* After a rest: what was worked before is nobody's. */
static void elastic_begin_looking(struct elastic *elastic)
{
    for (uint32_t i = 0; i < elastic->setup.instances_count; i++) {
        struct elastic_instance *instance = &elastic->instances[i];
        instance->worked_ns = host_worked_ns(&instance->host);
    }
    elastic_expect_look(elastic);
}

/* Who was here at the last look, and still is. */
static int64_t elastic_blocking(const struct elastic_instance *instance)
{
    return instance->clients.value - instance->recent;
}

static void elastic_climb(struct elastic *elastic, struct elastic_instance *instance)
{
    const struct elastic_setup *setup = &elastic->setup;
    const struct ladder_use use = {
        .processors = instance->processors_use,
        .clients = instance->memory_use,
        .blocked = elastic_blocking(instance) - setup->clients_held > 0,
    };
    const enum ladder_news news = ladder_look(&instance->ladder, &use, core_now(setup->core));
    elastic->forced = news == LADDER_FORCED;
    if (news == LADDER_MOVED) {
        elastic_resize(elastic, instance, ladder_steps(&instance->ladder));
    }
}

static void elastic_look(struct elastic *elastic, struct elastic_instance *instance)
{
    const struct elastic_setup *setup = &elastic->setup;
    const double steps = (double)instance->steps.value;
    const double worked_ns = host_worked_ns(&instance->host);
    const bool follows = setup->follow && instance != elastic->instances;
    instance->processors_use = (worked_ns - instance->worked_ns) /
                               (steps * setup->processors * (double)setup->interval_ns);
    instance->memory_use = (double)instance->clients.value /
                           (setup->ladder != NULL ? setup->clients_most : steps * setup->clients);
    instance->worked_ns = worked_ns;
    instance->steps_before = instance->steps.value;
    if (setup->ladder != NULL) {
        elastic_climb(elastic, instance);
    } else if (growth_look(&instance->growth, fmax(instance->processors_use, instance->memory_use),
                           setup->interval_ns,
                           follows ? elastic->instances[0].steps.value : setup->steps_least,
                           setup->steps_most)) {
        elastic_resize(elastic, instance, instance->growth.steps);
    }
    instance->along = follows && instance->steps_before == elastic->instances[0].steps_before &&
                      instance->steps.value == elastic->instances[0].steps.value;
}

static void elastic_pause(struct elastic *elastic, struct elastic_group *group)
{
    group->phase = ELASTIC_PAUSED;
    group->since_ns = core_now(elastic->setup.core);
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        struct elastic_instance *instance = &elastic->instances[i];
        host_set_places(&instance->host, 0);
        elastic_resize(elastic, instance, 0); /* no room: all pages are forgotten */
    }
}

static void elastic_resumed(struct elastic *elastic, struct elastic_group *group)
{
    const struct elastic_setup *setup = &elastic->setup;
    group->phase = ELASTIC_AWAKE;
    if (group->clients == 0) { /* those who came have given up */
        group->since_ns = core_now(setup->core);
    }
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        struct elastic_instance *instance = &elastic->instances[i];
        growth_set(&instance->growth, setup->steps_least);
        elastic_resize(elastic, instance, elastic_steps_after(elastic, i));
        instance->worked_ns = host_worked_ns(&instance->host);
        instance->steps_before = instance->steps.value;
        ladder_rest(&instance->ladder, core_now(setup->core));
        host_set_places(&instance->host, HOST_UNLIMITED);
    }
    if (!elastic->looking) {
        elastic_begin_looking(elastic);
    }
}

/* Its capacity can change, or it can pause. */
static bool elastic_restless(const struct elastic *elastic, const struct elastic_instance *instance)
{
    return elastic->groups[instance->group].phase == ELASTIC_AWAKE &&
           (instance->clients.value > 0 ||
            !growth_resting(&instance->growth, elastic->setup.steps_least) ||
            instance->steps.value > elastic->setup.steps_least ||
            elastic->setup.pause_ns != ELASTIC_NEVER);
}

static void elastic_look_all(struct elastic *elastic)
{
    const struct elastic_setup *setup = &elastic->setup;
    bool restless = false;
    elastic->looking = false;
    elastic->forced = false;
    for (uint32_t i = 0; i < setup->instances_count; i++) { /* the first before its followers */
        struct elastic_instance *instance = &elastic->instances[i];
        if (elastic->groups[instance->group].phase == ELASTIC_AWAKE) {
            elastic_look(elastic, instance);
        }
    }
    elastic->looks++;
    elastic->instances[0].recent = 0;
    for (uint32_t i = 0; i < setup->instances_count; i++) {
        struct elastic_group *group = &elastic->groups[i];
        if (group->count > 0 && group->phase == ELASTIC_AWAKE && group->clients == 0 &&
            core_now(setup->core) - group->since_ns >= setup->pause_ns) {
            elastic_pause(elastic, group);
        }
    }
    for (uint32_t i = 0; i < setup->instances_count; i++) {
        restless = restless || elastic_restless(elastic, &elastic->instances[i]);
    }
    if (restless) {
        elastic_expect_look(elastic);
    }
}

bool elastic_due(struct elastic *elastic, uint32_t slot)
{
    const uint32_t count = elastic->setup.instances_count;
    if (slot < count) {
        host_due(&elastic->instances[slot].host);
    } else if (slot < 2 * count) {
        elastic_resumed(elastic, &elastic->groups[slot - count]);
    } else {
        elastic_look_all(elastic);
        return true;
    }
    return false;
}

void elastic_restart(struct elastic *elastic, uint32_t index)
{
    const struct elastic_setup *setup = &elastic->setup;
    struct elastic_instance *instance = &elastic->instances[index];
    if (!elastic_awake(elastic, index)) {
        return;
    }
    if (setup->ladder == NULL) {
        growth_set(&instance->growth, setup->steps_least);
        elastic_resize(elastic, instance, setup->steps_least);
    }
    buffer_init(&instance->buffer, setup->pages, (double)instance->steps.value * setup->room_pages,
                false);
    if (!elastic->looking) {
        elastic_begin_looking(elastic);
    }
}

void elastic_replace(struct elastic *elastic, uint32_t by)
{
    struct elastic_instance *first = &elastic->instances[0], *other = &elastic->instances[by];
    if (elastic_awake(elastic, 0) && elastic_awake(elastic, by) && by > 0) {
        first->growth = other->growth;
        elastic_resize(elastic, first, other->steps.value);
        first->buffer = other->buffer;
        elastic_restart(elastic, by);
    } else {
        elastic_restart(elastic, 0);
    }
}

/* ---- clients ---- */

/* Looks since it came. */
static uint32_t elastic_age(const struct elastic *elastic, const struct frame *f)
{
    const uint32_t mask = UINT32_MAX >> ELASTIC_INDEX_BITS;
    return (elastic->looks - (f->note >> ELASTIC_INDEX_BITS)) & mask;
}

static bool elastic_blocks(const void *elastic, const struct frame *f)
{
    return elastic_age(elastic, f) > 1;
}

struct frame *elastic_in_the_way(const struct elastic *elastic)
{
    return elastic->forced ? host_find(&elastic->instances[0].host, elastic_blocks, elastic) : NULL;
}

static void elastic_count(struct elastic *elastic, struct elastic_instance *instance, int change)
{
    gauge_add(&instance->clients, change, core_now(elastic->setup.core));
    elastic->groups[instance->group].clients += change;
}

bool elastic_enter(struct elastic *elastic, uint32_t index, struct frame *f)
{
    struct elastic_instance *instance = &elastic->instances[index];
    const enum elastic_phase phase = elastic->groups[instance->group].phase;
    elastic_count(elastic, instance, 1);
    if (elastic->setup.ladder != NULL) {
        f->note = index | elastic->looks << ELASTIC_INDEX_BITS;
        instance->recent++;
    }
    if (!elastic->looking && phase == ELASTIC_AWAKE) {
        elastic_begin_looking(elastic);
    }
    host_enter(&instance->host, f); /* its line has no end */
    return phase == ELASTIC_PAUSED;
}

void elastic_wake(struct elastic *elastic, uint32_t index, int64_t delay_ns)
{
    const struct elastic_setup *setup = &elastic->setup;
    const uint32_t first = elastic->instances[index].group;
    assert(elastic->groups[first].phase == ELASTIC_PAUSED);
    elastic->groups[first].phase = ELASTIC_RESUMING;
    events_at(&setup->core->events, core_now(setup->core) + delay_ns, EVENT_SERVICE, setup->service,
              setup->instances_count + first);
}

void elastic_leave(struct elastic *elastic, uint32_t index, struct frame *f)
{
    struct elastic_instance *instance = &elastic->instances[index];
    struct elastic_group *group = &elastic->groups[instance->group];
    host_leave(&instance->host, f);
    elastic_count(elastic, instance, -1);
    if (elastic->setup.ladder != NULL && elastic_age(elastic, f) == 0) {
        instance->recent--;
    }
    if (group->clients == 0 && group->phase == ELASTIC_AWAKE) {
        group->since_ns = core_now(elastic->setup.core);
    }
}

/* ---- the beginning ---- */

static void elastic_init_instance(struct elastic *elastic, uint32_t index)
{
    const struct elastic_setup *setup = &elastic->setup;
    struct elastic_instance *instance = &elastic->instances[index];
    host_init(&instance->host, &(struct host_setup){
                                   .core = setup->core,
                                   .load = setup->load,
                                   .arena = setup->arena,
                                   .processors = 0,
                                   .step = setup->processors,
                                   .places_count = HOST_UNLIMITED,
                                   .backlog_count = HOST_UNLIMITED,
                                   .service = setup->service,
                                   .timer = index,
                               });
    growth_init(&instance->growth, setup->growth, setup->steps_least);
    if (setup->ladder != NULL) {
        ladder_init(&instance->ladder, setup->ladder);
    }
    buffer_init(&instance->buffer, setup->pages, (double)setup->steps_least * setup->room_pages,
                setup->warm);
    elastic_resize(elastic, instance, setup->steps_least);
    instance->steps_before = setup->steps_least;
    instance->group = setup->follow ? 0 : index;
    struct elastic_group *group = &elastic->groups[instance->group];
    group->first = instance->group;
    group->count++;
    gauge_add(&instance->clients, setup->clients_held, core_now(setup->core));
    group->clients += setup->clients_held;
}

void elastic_init(struct elastic *elastic, const struct elastic_setup *setup)
{
    assert(setup->steps_least >= 1);
    assert(setup->steps_least <= setup->steps_most);
    const uint32_t count = setup->instances_count;
    *elastic = (struct elastic){
        .setup = *setup,
        .instances = arena_array(setup->arena, count, sizeof(struct elastic_instance)),
        .groups = arena_array(setup->arena, count, sizeof(struct elastic_group)),
        .lane = events_lane(&setup->core->events, setup->interval_ns),
    };
    for (uint32_t i = 0; i < count; i++) {
        elastic_init_instance(elastic, i);
    }
    elastic_begin_looking(elastic);
}
