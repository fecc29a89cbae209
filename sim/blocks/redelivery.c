/* redelivery: walks the phases. */
#include "sim/blocks/redelivery.h"

#include <math.h>

static int64_t redelivery_phase_ns(const struct redelivery_phase *phase, int64_t tries)
{
    const double wait_ns = (double)phase->first_ns * pow(phase->factor, (double)tries);
    return wait_ns < (double)phase->most_ns ? llround(wait_ns) : phase->most_ns;
}

int64_t redelivery_wait_ns(const struct redelivery *redelivery, int64_t tries, int64_t age_ns)
{
    const int64_t left_ns = redelivery->age_max_ns - age_ns;
    const bool ages = redelivery->age_max_ns >= 0;
    uint32_t phase = 0;
    while (phase < redelivery->phases_count && tries >= redelivery->phases[phase].tries) {
        tries -= redelivery->phases[phase++].tries;
    }
    if (phase == redelivery->phases_count || (ages && left_ns <= 0)) {
        return REDELIVERY_OVER;
    }
    const int64_t wait_ns = redelivery_phase_ns(&redelivery->phases[phase], tries);
    if (!ages || wait_ns < left_ns) {
        return wait_ns;
    }
    return redelivery->last_at_age ? left_ns : REDELIVERY_OVER;
}
