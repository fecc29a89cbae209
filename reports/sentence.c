#include "reports/sentence.h"

#include <math.h>

#include "reports/number.h"

const char *sentence_verdict(const struct results *results, uint32_t promise, struct arena *arena)
{
    const struct scenario *scenario = results->scenario;
    const struct promise *given = &scenario->promises[promise];
    const struct verdict *verdict = &results->verdicts[promise];
    char estimate[NUMBER_SIZE];
    number_estimate(estimate, sizeof(estimate), verdict->estimate,
                    scenario->metrics->entries[given->metric].unit, false);
    return arena_printf(arena, "%s: %s, promised %s %s%s%s%s%s", verdict_names[verdict->kind],
                        estimate, comparison_names[given->comparison], given->limit_text,
                        verdict->reason ? "; " : "", verdict->reason ? verdict->reason : "",
                        given->why ? "; why: " : "", given->why ? given->why : "");
}

const char *sentence_change(const struct regression *regression,
                            const struct regression_change *change, bool unicode,
                            struct arena *arena)
{
    char before[NUMBER_SIZE], after[NUMBER_SIZE], chance[NUMBER_SIZE];
    char size[NUMBER_SIZE], tolerance[NUMBER_SIZE];
    number_estimate(before, sizeof(before), change->before, change->unit, unicode);
    number_estimate(after, sizeof(after), change->after, change->unit, unicode);
    number_text(chance, sizeof(chance), change->chance, change->unit);
    number_text(size, sizeof(size), fabs(change->change), QUANTITY_RATIO);
    number_text(tolerance, sizeof(tolerance), regression->tolerance, QUANTITY_RATIO);
    const char *relative = isinf(change->change) ? "" : arena_printf(arena, "%s ", size);
    return arena_printf(arena, "%s -> %s: %s%s%s; tolerated %s, by chance up to %s", before, after,
                        relative, change->change > 0 ? "worse" : "better",
                        change->lacks ? " in what is missing to 100 %" : "", tolerance, chance);
}
