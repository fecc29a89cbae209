/* key_ranges: a split changes the rates of a range's buckets and keeps what they hold. */
#include "sim/blocks/key_ranges.h"

#define KEY_RANGES_RATE_MAX 1e9 /* of a bucket */
#define KEY_RANGES_NS_PER_S 1e9

void key_ranges_init(struct key_ranges *ranges, struct arena *arena,
                     const struct key_ranges_setup *setup)
{
    *ranges = (struct key_ranges){
        .setup = *setup,
        .ranges = arena_array(arena, setup->ranges_count, sizeof(*ranges->ranges)),
        .partitions = (uint64_t)setup->ranges_count * setup->partitions_count,
    };
    for (uint32_t i = 0; i < setup->ranges_count; i++) {
        struct key_range *range = &ranges->ranges[i];
        range->partitions = setup->partitions_count;
        for (int kind = 0; kind < KEY_RANGES_KINDS; kind++) {
            throttle_init_burst(&range->kinds[kind],
                                setup->rates_per_s[kind] * setup->partitions_count,
                                setup->burst_ns);
        }
    }
}

/* True: a split begins. */
static bool key_range_refuses(struct key_range *range, int64_t now_ns)
{
    range->refused_ns = now_ns;
    if (range->splitting) {
        return false;
    }
    range->splitting = true;
    range->split_begin_ns = now_ns;
    return true;
}

bool key_ranges_pass(struct key_ranges *ranges, uint32_t index, enum key_ranges_kind kind,
                     int64_t tokens, int64_t now_ns, bool *begins)
{
    struct key_range *range = &ranges->ranges[index];
    struct throttle *throttle = &range->kinds[kind];
    *begins = false;
    if (throttle_pass(throttle, now_ns, tokens)) {
        range->used_s[kind] += (double)tokens / throttle->rate_per_s;
        return true;
    }
    *begins = key_range_refuses(range, now_ns);
    return false;
}

int64_t key_ranges_pass_some(struct key_ranges *ranges, uint32_t index, enum key_ranges_kind kind,
                             int64_t tokens, int64_t now_ns, bool *begins)
{
    struct key_range *range = &ranges->ranges[index];
    struct throttle *throttle = &range->kinds[kind];
    const struct bucket *bucket = &throttle->bucket;
    const double burst = (double)(bucket->depth / bucket->period);
    const double there = floor(burst - bucket_missing(bucket, now_ns));
    int64_t some = there < (double)tokens ? (int64_t)fmax(there, 0) : tokens;
    if (some > 0 && !throttle_pass(throttle, now_ns, some)) { /* a rounding away */
        some = 0;
    }
    range->used_s[kind] += (double)some / throttle->rate_per_s;
    *begins = some < tokens && key_range_refuses(range, now_ns);
    return some;
}

bool key_ranges_split(struct key_ranges *ranges, uint32_t index, int64_t now_ns)
{
    struct key_range *range = &ranges->ranges[index];
    range->splitting = false;
    if (range->refused_ns - range->split_begin_ns < (now_ns - range->split_begin_ns) / 2) {
        return false;
    }
    for (int kind = 0; kind < KEY_RANGES_KINDS; kind++) {
        if (range->kinds[kind].rate_per_s * 2 > KEY_RANGES_RATE_MAX) {
            return false;
        }
    }
    ranges->partitions += range->partitions;
    range->partitions *= 2;
    for (int kind = 0; kind < KEY_RANGES_KINDS; kind++) {
        struct throttle *throttle = &range->kinds[kind];
        throttle->rate_per_s *= 2;
        const double burst =
            throttle->rate_per_s * (double)ranges->setup.burst_ns / KEY_RANGES_NS_PER_S;
        bucket_change(&throttle->bucket, now_ns, throttle->rate_per_s,
                      burst >= 1 ? (int64_t)burst : 1);
    }
    return true;
}
