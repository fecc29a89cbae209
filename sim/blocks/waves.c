#include "sim/blocks/waves.h"

#include <math.h>

#define WAVES_NS_PER_S 1e9

struct waves waves_plan(const struct waves_rules *rules, double bytes)
{
    const double files = ceil(bytes / rules->file_bytes);
    const double tasks = ceil((bytes + files * rules->open_bytes) / rules->split_bytes);
    const double needed = fmax(1, ceil(tasks / (double)rules->cores));
    const double most = (double)rules->executors_most;
    const double executors = rules->fitted ? fmin(needed, most) : most;
    const double waves = ceil(tasks / (executors * (double)rules->cores));
    const double work_ns =
        bytes / rules->rate_bytes_per_s * WAVES_NS_PER_S + files * rules->file_ns;
    return (struct waves){
        .tasks = (int64_t)tasks,
        .needed = (int64_t)needed,
        .executors = (int64_t)executors,
        .time_ns = tasks > 0 ? work_ns / tasks * (waves - 1 + rules->skew) : 0,
    };
}
