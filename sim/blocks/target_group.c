#include "sim/blocks/target_group.h"

#include <string.h>

#include "sim/kernel/assert_hot.h"

enum {
    TARGET_CHECK,
    TARGET_VERDICT,
    TARGET_DRAIN,
    TARGET_TIMERS
}; /* EVENT_SERVICE slots, of each target */
enum { TARGET_ROOM_FIRST = 16 };
#define TARGET_FULL_SHARE INT64_C(-1) /* slow_from_ns */

static uint32_t target_slot(const struct target_group *group, uint32_t number, uint32_t timer)
{
    return group->setup.first_slot + (number * TARGET_TIMERS + timer) * group->setup.slots_step;
}

void target_group_init(struct target_group *group, const struct target_group_setup *setup)
{
    *group = (struct target_group){.setup = *setup, .requests_free = TARGET_NONE};
    group->setup.slots_step = setup->slots_step > 0 ? setup->slots_step : 1;
    group->begun_ns = core_now(setup->core);
    group->copies = arena_array(setup->arena, setup->owners_count, sizeof(*group->copies));
    group->nodes = arena_array(setup->arena, setup->nodes_count, sizeof(*group->nodes));
    for (uint32_t i = 0; i < setup->nodes_count; i++) {
        rotation_init(&group->nodes[i].rotation, setup->arena, setup->policy);
        group->nodes[i].out_ns = group->begun_ns;
        group->nodes[i].in_ns = INT64_MAX;
    }
    group->check_lane = events_lane(&setup->core->events, setup->interval_ns);
    group->verdict_lane = events_lane(&setup->core->events, setup->timeout_ns);
}

/* An array of the arena with room for `needed`, twice as large as before. */
static void *target_room(struct target_group *group, void *old, uint32_t *capacity, uint32_t needed,
                         size_t size_bytes)
{
    uint32_t larger = *capacity > 0 ? *capacity : TARGET_ROOM_FIRST;
    while (larger < needed) {
        larger *= 2;
    }
    if (larger == *capacity) {
        return old;
    }
    void *room = arena_array(group->setup.arena, larger, size_bytes);
    if (*capacity > 0) {
        memcpy(room, old, *capacity * size_bytes);
    }
    *capacity = larger;
    return room;
}

/* ---- who is in ---- */

static bool target_reached(const struct target_group *group, uint32_t node,
                           const struct target *target)
{
    return group->setup.cross_zone || target->zone == TARGET_ZONE_ANY || target->zone == node;
}

static void target_place(struct target_node *node, const struct target *target, uint32_t number)
{
    const bool wanted =
        target->state == TARGET_HEALTHY || (target->state != TARGET_GONE && node->healthy == 0);
    if (wanted && !rotation_has(&node->rotation, number)) {
        rotation_add(&node->rotation, number);
    } else if (!wanted && rotation_has(&node->rotation, number)) {
        rotation_remove(&node->rotation, number);
    }
}

/* Its first healthy target is there again, or its last one is not. What is so when the group begins
 * has been so for long. */
static void target_node_turned(const struct target_group *group, struct target_node *node)
{
    const int64_t now_ns = core_now(group->setup.core);
    const int64_t then_ns = now_ns > group->begun_ns ? now_ns + group->setup.dns_ns : now_ns;
    const bool in = now_ns < node->out_ns || now_ns >= node->in_ns;
    if (node->healthy > 0) {
        node->out_ns = in ? INT64_MAX : node->out_ns;
        node->in_ns = in ? INT64_MAX : then_ns;
    } else {
        node->out_ns = in ? then_ns : node->out_ns;
        node->in_ns = INT64_MAX;
    }
}

/* The first healthy target, and the loss of the last, concern all that the node reaches. */
static void target_place_at(struct target_group *group, uint32_t at, uint32_t number, int change)
{
    struct target_node *node = &group->nodes[at];
    const bool open = node->healthy == 0;
    node->healthy += (uint32_t)change;
    target_place(node, &group->targets[number], number);
    if (open == (node->healthy == 0)) {
        return;
    }
    target_node_turned(group, node);
    for (uint32_t i = 0; i < group->targets_count; i++) {
        if (target_reached(group, at, &group->targets[i])) {
            target_place(node, &group->targets[i], i);
        }
    }
}

/* A slow start needs others that bear the load meanwhile. */
static void target_ease(struct target_group *group, uint32_t number)
{
    struct target *target = &group->targets[number];
    const int64_t now_ns = core_now(group->setup.core);
    bool others = false;
    for (uint32_t i = 0; i < group->targets_count && !others; i++) {
        const struct target *other = &group->targets[i];
        others = i != number && other->state == TARGET_HEALTHY &&
                 (other->slow_from_ns == TARGET_FULL_SHARE ||
                  now_ns - other->slow_from_ns >= group->setup.slow_start_ns);
    }
    target->slow_from_ns = others ? now_ns : TARGET_FULL_SHARE;
    target->credit = 0;
}

static void target_become(struct target_group *group, uint32_t number, enum target_state state)
{
    struct target *target = &group->targets[number];
    const int64_t now_ns = core_now(group->setup.core);
    const int change = (state == TARGET_HEALTHY) - (target->state == TARGET_HEALTHY);
    gauge_add(&group->in_state[target->state], -1, now_ns);
    gauge_add(&group->in_state[state], 1, now_ns);
    target->state = (uint8_t)state;
    target->streak = 0;
    target->slow_from_ns = TARGET_FULL_SHARE;
    for (uint32_t node = 0; node < group->setup.nodes_count; node++) {
        if (target_reached(group, node, target)) {
            target_place_at(group, node, number, change);
        }
    }
}

/* ---- registration ---- */

static uint32_t target_new(struct target_group *group, uint16_t owner, uint16_t copy)
{
    group->targets = target_room(group, group->targets, &group->targets_capacity,
                                 group->targets_count + 1, sizeof(*group->targets));
    group->targets[group->targets_count] = (struct target){.check = EVENT_NONE,
                                                           .verdict = EVENT_NONE,
                                                           .drain = EVENT_NONE,
                                                           .slow_from_ns = TARGET_FULL_SHARE,
                                                           .owner = owner,
                                                           .copy = copy};
    return group->targets_count++;
}

/* The number of that copy; one that was here before keeps it. */
static uint32_t target_number(struct target_group *group, uint16_t owner, uint16_t copy)
{
    struct target_copies *copies = &group->copies[owner];
    uint32_t known = copies->capacity;
    copies->numbers =
        target_room(group, copies->numbers, &copies->capacity, copy + 1u, sizeof(*copies->numbers));
    for (; known < copies->capacity; known++) {
        copies->numbers[known] = TARGET_NONE;
    }
    if (copies->numbers[copy] == TARGET_NONE) {
        copies->numbers[copy] = target_new(group, owner, copy);
    }
    return copies->numbers[copy];
}

static void target_drop_event(struct target_group *group, uint32_t *event)
{
    if (*event != EVENT_NONE) {
        events_cancel(&group->setup.core->events, *event);
        *event = EVENT_NONE;
    }
}

void target_group_register(struct target_group *group, uint16_t owner, uint16_t copy, uint8_t zone,
                           bool proven)
{
    const struct target_group_setup *setup = &group->setup;
    const bool checked = setup->unchecked == NULL || !setup->unchecked[owner];
    const uint32_t number = target_number(group, owner, copy);
    struct target *target = &group->targets[number];
    if (target->state != TARGET_GONE) {
        return;
    }
    target_drop_event(group, &target->drain);
    target->zone = zone;
    if (checked) {
        const int64_t first_ns = proven ? setup->interval_ns : setup->registration_ns;
        target->check =
            events_at(&setup->core->events, core_now(setup->core) + first_ns, EVENT_SERVICE,
                      setup->service, target_slot(group, number, TARGET_CHECK));
    }
    target_become(group, number, proven || !checked ? TARGET_HEALTHY : TARGET_INITIAL);
}

void target_group_deregister(struct target_group *group, uint16_t owner, uint16_t copy)
{
    const struct target_group_setup *setup = &group->setup;
    const uint32_t number = target_number(group, owner, copy);
    struct target *target = &group->targets[number];
    if (target->state == TARGET_GONE) {
        return;
    }
    target_drop_event(group, &target->check);
    target_drop_event(group, &target->verdict);
    target_become(group, number, TARGET_GONE);
    if (setup->drains) {
        target->drain =
            events_at(&setup->core->events, core_now(setup->core) + setup->drain_ns, EVENT_SERVICE,
                      setup->service, target_slot(group, number, TARGET_DRAIN));
    }
}

/* ---- health checks ---- */

const struct target *target_group_at(const struct target_group *group, uint32_t slot)
{
    return &group->targets[(slot - group->setup.first_slot) / group->setup.slots_step /
                           TARGET_TIMERS];
}

static enum target_change target_passed(struct target_group *group, uint32_t number)
{
    struct target *target = &group->targets[number];
    if (target->state == TARGET_HEALTHY) {
        target->streak = 0;
        return TARGET_SAME;
    }
    if (target->state == TARGET_UNHEALTHY && ++target->streak < group->setup.healthy_threshold) {
        return TARGET_SAME;
    }
    target_become(group, number, TARGET_HEALTHY);
    if (group->setup.slow_start_ns > 0) {
        target_ease(group, number);
    }
    return TARGET_CAME_UP;
}

static enum target_change target_missed(struct target_group *group, uint32_t number)
{
    struct target *target = &group->targets[number];
    if (target->state == TARGET_UNHEALTHY) {
        target->streak = 0;
        return TARGET_SAME;
    }
    if (++target->streak < group->setup.unhealthy_threshold) {
        return TARGET_SAME;
    }
    const bool was_healthy = target->state == TARGET_HEALTHY;
    target_become(group, number, TARGET_UNHEALTHY);
    return was_healthy ? TARGET_WENT_DOWN : TARGET_SAME;
}

enum target_change target_group_due(struct target_group *group, uint32_t slot, bool passes)
{
    const struct target_group_setup *setup = &group->setup;
    const uint32_t inner = (slot - setup->first_slot) / setup->slots_step;
    const uint32_t number = inner / TARGET_TIMERS;
    struct target *target = &group->targets[number];
    switch (inner % TARGET_TIMERS) {
    case TARGET_VERDICT:
        target->verdict = EVENT_NONE;
        return target_missed(group, number);
    case TARGET_DRAIN:
        target->drain = EVENT_NONE;
        return TARGET_OVERDUE;
    default:
        break;
    }
    target->check = events_after(&setup->core->events, group->check_lane, setup->interval_ns,
                                 EVENT_SERVICE, setup->service, slot);
    if (passes) {
        return target_passed(group, number);
    }
    target->verdict =
        events_after(&setup->core->events, group->verdict_lane, setup->timeout_ns, EVENT_SERVICE,
                     setup->service, target_slot(group, number, TARGET_VERDICT));
    return TARGET_SAME;
}

/* ---- nodes ---- */

bool target_group_in_dns(const struct target_group *group, uint16_t node)
{
    const int64_t now_ns = core_now(group->setup.core);
    return now_ns < group->nodes[node].out_ns || now_ns >= group->nodes[node].in_ns;
}

bool target_group_ill(const struct target_group *group)
{
    return group->in_state[TARGET_HEALTHY].value == 0 &&
           group->in_state[TARGET_INITIAL].value + group->in_state[TARGET_UNHEALTHY].value > 0;
}

/* ---- requests ---- */

/* It is its turn; in a slow start a part of one. */
static bool target_takes(struct target_group *group, uint32_t number)
{
    struct target *target = &group->targets[number];
    if (target->slow_from_ns == TARGET_FULL_SHARE) {
        return true;
    }
    const int64_t since_ns = core_now(group->setup.core) - target->slow_from_ns;
    if (since_ns >= group->setup.slow_start_ns) {
        target->slow_from_ns = TARGET_FULL_SHARE;
        return true;
    }
    target->credit += (double)since_ns / (double)group->setup.slow_start_ns;
    if (target->credit < 1) {
        return false;
    }
    target->credit -= 1;
    return true;
}

/* One round at most: if all are slow, the last takes it. */
uint32_t target_group_choose(struct target_group *group, uint16_t node, struct random *random)
{
    assert_hot(node < group->setup.nodes_count);
    struct rotation *rotation = &group->nodes[node].rotation;
    uint32_t number = rotation_choose(rotation, random);
    for (uint32_t left = rotation->count; left > 1 && !target_takes(group, number); left--) {
        number = rotation_choose(rotation, random);
    }
    return number;
}

static uint32_t target_request_new(struct target_group *group)
{
    const uint32_t free = group->requests_free;
    if (free != TARGET_NONE) {
        group->requests_free = group->requests[free].next;
        return free;
    }
    group->requests = target_room(group, group->requests, &group->requests_capacity,
                                  group->requests_count + 1, sizeof(*group->requests));
    return group->requests_count++;
}

uint32_t target_group_send(struct target_group *group, uint16_t node, uint32_t target,
                           uint32_t call)
{
    const uint32_t request = target_request_new(group);
    group->requests[request] = (struct target_request){
        .sent_ns = core_now(group->setup.core), .target = target, .call = call, .node = node};
    rotation_sent(&group->nodes[node].rotation, target);
    return request;
}

void target_group_return(struct target_group *group, uint32_t number)
{
    struct target_request *request = &group->requests[number];
    rotation_returned(&group->nodes[request->node].rotation, request->target);
    request->target = TARGET_NONE;
    request->next = group->requests_free;
    group->requests_free = number;
}

uint32_t target_group_out(const struct target_group *group, uint32_t target, uint32_t *at)
{
    while (*at < group->requests_count) {
        const struct target_request *request = &group->requests[(*at)++];
        if (request->target == target) {
            return request->call;
        }
    }
    return TARGET_NONE;
}
