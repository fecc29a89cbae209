#include "sim/blocks/partitions.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    PARTITIONS_TOP_KEYS = 1000, /* looked at one by one when a partition may be split */
    PARTITIONS_FIRST_ROOM = 16,
};
/* The most that a bucket can have. */
#define PARTITIONS_RATE_MAX 1e9
/* A share of a limit that is exceeded by rounding only fits. */
#define PARTITIONS_SLACK (1 + 1e-9)

static uint32_t partitions_slot(const struct partitions *partitions, uint32_t key)
{
    const uint64_t hash = random_hash(key, partitions->rules.salt);
    return (uint32_t)(((unsigned __int128)hash * partitions->slots_count) >> 64);
}

static struct partition *partitions_add(struct partitions *partitions)
{
    if (partitions->items_count == partitions->items_capacity) {
        const uint32_t room = partitions->items_capacity * 2;
        struct partition *items = arena_array(partitions->arena, room, sizeof(*items));
        memcpy(items, partitions->items, partitions->items_count * sizeof(*items));
        partitions->items = items;
        partitions->items_capacity = room;
    }
    return &partitions->items[partitions->items_count++];
}

static void partitions_own(struct partitions *partitions, uint32_t item)
{
    const struct partition *at = &partitions->items[item];
    for (uint32_t i = 0; i < at->slots; i++) {
        partitions->slots[at->first + i] = item;
    }
}

static double partitions_rate(const struct partitions *partitions, uint32_t kind, uint32_t members)
{
    return fmin(partitions->rules.limits[kind].rate_per_s * members, PARTITIONS_RATE_MAX);
}

void partitions_init(struct partitions *partitions, struct arena *arena,
                     const struct partitions_rules *rules)
{
    const bool even = rules->keys_count == 0;
    assert(rules->count >= 1 && rules->count <= PARTITIONS_MAX);
    assert(rules->split_ticks >= 1);
    *partitions = (struct partitions){
        .rules = *rules,
        .count = rules->count,
        .slots_count = even ? 1 : rules->count,
        .items_capacity = even ? 1 : rules->count + PARTITIONS_FIRST_ROOM,
        .arena = arena,
    };
    partitions->items = arena_array(arena, partitions->items_capacity, sizeof(*partitions->items));
    partitions->slots = arena_array(arena, partitions->slots_count, sizeof(*partitions->slots));
    if (!even) {
        zipf_init(&partitions->popularity, rules->keys_count, rules->zipf_s);
    }
    for (uint32_t i = 0; i < partitions->slots_count; i++) {
        struct partition *at = partitions_add(partitions);
        *at = (struct partition){.first = i, .slots = 1, .members = even ? rules->count : 1};
        for (uint32_t k = 0; k < PARTITIONS_KINDS; k++) {
            bucket_init(&at->buckets[k], partitions_rate(partitions, k, at->members),
                        rules->limits[k].burst_count * at->members);
        }
        partitions_own(partitions, i);
    }
}

uint32_t partitions_draw(const struct partitions *partitions, struct random *random, uint32_t *key)
{
    if (partitions->rules.keys_count == 0) {
        return 0;
    }
    *key = zipf_draw(&partitions->popularity, random);
    return partitions->slots[partitions_slot(partitions, *key)];
}

/* ---- splitting ---- */

/* The most of its limits that a partition of this item used in the interval. */
static double partitions_share(const struct partitions *partitions, const struct partition *at,
                               double interval_s)
{
    double share = 0;
    for (uint32_t k = 0; k < PARTITIONS_KINDS; k++) {
        const double most = partitions->rules.limits[k].rate_per_s * at->members * interval_s;
        share = fmax(share, (double)at->taken[k] / most);
    }
    return share;
}

static void partitions_double_slots(struct partitions *partitions)
{
    uint32_t *slots = arena_array(partitions->arena, partitions->slots_count, 2 * sizeof(*slots));
    for (uint32_t i = 0; i < partitions->slots_count; i++) {
        slots[2 * i] = slots[2 * i + 1] = partitions->slots[i];
    }
    for (uint32_t i = 0; i < partitions->items_count; i++) {
        partitions->items[i].first *= 2;
        partitions->items[i].slots *= 2;
    }
    partitions->slots = slots;
    partitions->slots_count *= 2;
}

static void partitions_tell(const struct partitions *partitions, uint32_t lower, uint32_t upper)
{
    if (partitions->rules.split != NULL) {
        partitions->rules.split(partitions->rules.context, lower, upper);
    }
}

/* Even access: all of them in two. */
static bool partitions_split_all(struct partitions *partitions, int64_t now_ns)
{
    struct partition *at = &partitions->items[0];
    if (at->members > PARTITIONS_MAX / 2) {
        return false;
    }
    const uint32_t before = at->members;
    at->members *= 2;
    partitions->count = at->members;
    for (uint32_t i = 0; i < before; i++) {
        partitions_tell(partitions, i, before + i);
    }
    for (uint32_t k = 0; k < PARTITIONS_KINDS; k++) {
        bucket_change(&at->buckets[k], now_ns, partitions_rate(partitions, k, at->members),
                      partitions->rules.limits[k].burst_count * at->members);
    }
    return true;
}

/* Both halves go on with the tokens that were there. False: it is as small as can be. */
static bool partitions_split(struct partitions *partitions, uint32_t item, int64_t now_ns)
{
    if (partitions->rules.keys_count == 0) {
        return partitions_split_all(partitions, now_ns);
    }
    if (partitions->items[item].slots == 1) {
        if (partitions->slots_count > PARTITIONS_MAX / 2) {
            return false;
        }
        partitions_double_slots(partitions);
    }
    struct partition *upper = partitions_add(partitions);
    struct partition *lower = &partitions->items[item];
    lower->hot_ticks = 0;
    *upper = *lower;
    lower->slots /= 2;
    upper->first += lower->slots;
    upper->slots -= lower->slots;
    memset(upper->taken, 0, sizeof(upper->taken));
    partitions_own(partitions, partitions->items_count - 1);
    partitions->count++;
    partitions_tell(partitions, item, partitions->items_count - 1);
    return true;
}

void partitions_fit(struct partitions *partitions, int64_t now_ns,
                    const double rates_per_s[PARTITIONS_KINDS])
{
    for (uint32_t i = 0; i < partitions->items_count;) {
        const struct partition *at = &partitions->items[i];
        const double width = (double)at->slots / partitions->slots_count / at->members;
        bool fits = true;
        for (uint32_t k = 0; k < PARTITIONS_KINDS; k++) {
            const double most = partitions->rules.limits[k].rate_per_s * PARTITIONS_SLACK;
            fits = fits && rates_per_s[k] * width <= most;
        }
        if (fits || !partitions_split(partitions, i, now_ns)) {
            i++;
        }
    }
}

/* One key makes so much of the load of this item that halves would hardly be cooler. What the
 * partition is asked for: the popular keys that lie in it, and its part of all others. */
static bool partitions_single(const struct partitions *partitions, uint32_t item)
{
    const struct partition *at = &partitions->items[item];
    const uint32_t keys = partitions->rules.keys_count;
    const double s = partitions->rules.zipf_s;
    if (keys == 0) {
        return false;
    }
    const uint32_t top = keys < PARTITIONS_TOP_KEYS ? keys : PARTITIONS_TOP_KEYS;
    double most = 0, sum = 0;
    for (uint32_t key = 0; key < top; key++) {
        if (partitions->slots[partitions_slot(partitions, key)] == item) {
            const double weight = pow(key + 1.0, -s);
            most = fmax(most, weight);
            sum += weight;
        }
    }
    const double low = log(top + 0.5), high = log(keys + 0.5); /* the rest is an integral of x^-s */
    const double t = 1 - s;
    const double others = t == 0 ? high - low : (expm1(t * high) - expm1(t * low)) / t;
    sum += others * at->slots / partitions->slots_count;
    return most >= partitions->rules.single_ratio * sum;
}

void partitions_tick(struct partitions *partitions, int64_t now_ns, double interval_s)
{
    const uint32_t count = partitions->items_count; /* those that are new have time */
    partitions->hottest = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct partition *at = &partitions->items[i];
        const double share = partitions_share(partitions, at, interval_s);
        memset(at->taken, 0, sizeof(at->taken));
        partitions->hottest = fmax(partitions->hottest, share);
        at->hot_ticks = share >= partitions->rules.split_ratio ? at->hot_ticks + 1 : 0;
        if (at->hot_ticks >= partitions->rules.split_ticks) {
            at->hot_ticks = 0;
            if (!partitions_single(partitions, i)) {
                partitions_split(partitions, i, now_ns);
            }
        }
    }
    partitions->hot_s += partitions->hottest * interval_s;
}

double partitions_hot_s(const struct partitions *partitions)
{
    double most = 0;
    for (uint32_t i = 0; i < partitions->items_count; i++) {
        most = fmax(most, partitions_share(partitions, &partitions->items[i], 1));
    }
    return partitions->hot_s + most;
}
