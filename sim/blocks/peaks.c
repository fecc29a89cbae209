#include "sim/blocks/peaks.h"

#include <assert.h>

void peaks_init(struct peaks *peaks, struct arena *arena, int64_t after_ns, int64_t interval_ns,
                double first)
{
    assert(interval_ns > 0 && after_ns >= interval_ns);
    *peaks = (struct peaks){
        .after_ns = after_ns,
        .highest = first,
        .counted = first,
        .room = (uint32_t)(after_ns / interval_ns) + 2,
    };
    peaks->ring = arena_array(arena, peaks->room, sizeof(*peaks->ring));
}

bool peaks_see(struct peaks *peaks, int64_t now_ns, double value)
{
    peaks_counted(peaks, now_ns); /* what is due leaves its place */
    if (!(value > peaks->highest)) {
        return false;
    }
    assert(peaks->count < peaks->room);
    const uint32_t last = (peaks->first + peaks->count) % peaks->room;
    peaks->ring[last] = (struct peak){now_ns + peaks->after_ns, value};
    peaks->count++;
    peaks->highest = value;
    return true;
}

double peaks_counted(struct peaks *peaks, int64_t now_ns)
{
    while (peaks->count > 0 && peaks->ring[peaks->first].due_ns <= now_ns) {
        peaks->counted = peaks->ring[peaks->first].value;
        peaks->first = (peaks->first + 1) % peaks->room;
        peaks->count--;
    }
    return peaks->counted;
}
