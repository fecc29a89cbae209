#include "sim/engine/backlog.h"

#include <math.h>

void backlog_mark(struct backlog *backlog, uint32_t quarter, const struct gauge *in_flight,
                  uint64_t arrivals, int64_t now_ns)
{
    backlog->area[quarter] = gauge_read(in_flight, now_ns).area;
    backlog->arrivals[quarter] = arrivals;
}

bool backlog_grew(const struct backlog *backlog, int64_t duration_ns)
{
    const double quarter_ns = (double)duration_ns / BACKLOG_QUARTERS;
    double level[BACKLOG_QUARTERS], arrivals[BACKLOG_QUARTERS];
    for (uint32_t i = 0; i < BACKLOG_QUARTERS; i++) {
        level[i] = (backlog->area[i + 1] - backlog->area[i]) / quarter_ns;
        arrivals[i] = (double)(backlog->arrivals[i + 1] - backlog->arrivals[i]);
        if (arrivals[i] == 0 || (i > 0 && level[i] <= level[i - 1])) {
            return false;
        }
    }
    const uint32_t last = BACKLOG_QUARTERS - 1;
    const bool longer = level[last] / arrivals[last] > 1.2 * level[0] / arrivals[0];
    const double all = (double)backlog->arrivals[BACKLOG_QUARTERS];
    const double chance = fmax(0.005 * all, 10 + 3 * sqrt(level[0]));
    return longer && level[last] - level[0] > chance;
}
