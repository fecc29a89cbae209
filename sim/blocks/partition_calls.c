/* partition_calls: buckets: one for each partition where keys are, one for each action. */
#include "sim/blocks/partition_calls.h"

#include <math.h>

double partition_calls_rate(const struct partition_calls_setup *setup)
{
    return fmin(setup->rate_per_s * setup->partitions, setup->total_per_s);
}

void partition_calls_init(struct partition_calls *calls, const struct partition_calls_setup *setup)
{
    const double rate_per_s = partition_calls_rate(setup);
    const double bursts = (double)setup->burst_count * setup->partitions;
    const int64_t burst = (int64_t)fmax(1, fmin(bursts, setup->total_per_s));
    *calls = (struct partition_calls){
        .setup = *setup,
        .keyed = arena_array(setup->arena, setup->partitions, sizeof(*calls->keyed)),
        .taken = arena_array(setup->arena, setup->partitions, sizeof(*calls->taken)),
    };
    for (uint32_t i = 0; i < setup->partitions; i++) {
        bucket_init(&calls->keyed[i], setup->rate_per_s * (double)setup->parts,
                    setup->burst_count * setup->parts);
    }
    for (uint32_t i = 0; i < PARTITION_CALLS_ACTIONS; i++) {
        const int64_t parts = i == 0 ? setup->parts : 1;
        bucket_init(&calls->totals[i], rate_per_s * (double)parts, burst * parts);
    }
}

bool partition_calls_take_keyed(struct partition_calls *calls, uint32_t partition, int64_t now_ns,
                                int64_t parts)
{
    if (!bucket_take(&calls->keyed[partition], now_ns, parts)) {
        return false;
    }
    if (calls->setup.partitions > 1 && !bucket_take(&calls->totals[0], now_ns, parts)) {
        bucket_give_back(&calls->keyed[partition], parts);
        return false;
    }
    calls->taken[partition] += (uint64_t)parts;
    if (calls->taken[partition] > calls->hottest) {
        calls->hottest = calls->taken[partition];
    }
    return true;
}
