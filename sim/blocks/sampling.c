#include "sim/blocks/sampling.h"

#include <string.h>

#define SAMPLING_SECOND_NS INT64_C(1000000000)
enum { VERDICTS_FIRST = 64 };

bool sampling_take(struct sampling *sampling, const struct sampling_rule *rule, int64_t now_ns,
                   struct random *random)
{
    const int64_t second = now_ns / SAMPLING_SECOND_NS;
    if (sampling->second != second) {
        *sampling = (struct sampling){.second = second};
    }
    if (sampling->used < rule->first_count) {
        sampling->used++;
        return true;
    }
    return random_uniform(random) < rule->rest_ratio;
}

enum verdict verdicts_get(const struct verdicts *verdicts, const struct core *core,
                          const struct frame *call)
{
    const uint32_t slot = core_slot(core, call);
    if (slot >= verdicts->count) {
        return VERDICT_NONE;
    }
    const struct verdict_slot *kept = &verdicts->slots[slot];
    return kept->start_ns == call->start_ns && kept->service == call->service ? kept->verdict
                                                                              : VERDICT_NONE;
}

void verdicts_set(struct verdicts *verdicts, struct arena *arena, const struct core *core,
                  const struct frame *call, enum verdict verdict)
{
    const uint32_t slot = core_slot(core, call);
    if (slot >= verdicts->count) {
        uint32_t count = verdicts->count > 0 ? verdicts->count : VERDICTS_FIRST;
        while (count <= slot) {
            count *= 2;
        }
        struct verdict_slot *slots = arena_array(arena, count, sizeof(*slots));
        if (verdicts->count > 0) {
            memcpy(slots, verdicts->slots, verdicts->count * sizeof(*slots));
        }
        *verdicts = (struct verdicts){slots, count};
    }
    verdicts->slots[slot] = (struct verdict_slot){call->start_ns, call->service, (uint8_t)verdict};
}
