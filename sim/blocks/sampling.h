/* sampling: which requests are traced. The first of each second are (the reservoir), and a share
 * of the rest. A verdict holds for the whole request: whoever it comes to later finds it by a call
 * further up, which verdicts_set has marked. Verdicts are kept by the slot of the frame; one of a
 * frame that has gone is overwritten, or does not match any more.
 * Worked: 2 a second and 10 %, 12 requests evenly in a second: 2 + 0.1 * 10 = 3 are expected. */
#ifndef ARCHSIM_BLOCKS_SAMPLING_H
#define ARCHSIM_BLOCKS_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/random.h"

struct sampling_rule {
    int64_t first_count; /* of each second */
    double rest_ratio;
};

/* One reservoir; all zero is a full one. */
struct sampling {
    int64_t second;
    int64_t used; /* in that second */
};

/* now_ns never goes back. */
bool sampling_take(struct sampling *sampling, const struct sampling_rule *rule, int64_t now_ns,
                   struct random *random);

enum verdict { VERDICT_NONE, VERDICT_NO, VERDICT_YES };

/* All zero holds none. */
struct verdicts {
    struct verdict_slot {
        int64_t start_ns;
        uint16_t service;
        uint8_t verdict;
    } * slots;
    uint32_t count;
};

/* Of that very call. */
enum verdict verdicts_get(const struct verdicts *verdicts, const struct core *core,
                          const struct frame *call);
void verdicts_set(struct verdicts *verdicts, struct arena *arena, const struct core *core,
                  const struct frame *call, enum verdict verdict);

#endif
