#include "sim/blocks/clusters.h"

#include <math.h>

#define CLUSTERS_MINUTE_S 60.0
/* docs.databricks.com, sql-warehouse/warehouse-behavior, recalled: from so many minutes of load on
 * one more cluster, another, another; and beyond the last one for each further quarter of an hour.
 */
static const double clusters_steps_min[] = {2, 6, 12};
#define CLUSTERS_BEYOND_MIN 22.0
#define CLUSTERS_FURTHER_MIN 15.0

void clusters_init(struct clusters *clusters)
{
    *clusters = (struct clusters){0};
    for (uint32_t k = 0; k <= CLUSTERS_MOST; k++) {
        clusters->needed_ns[k] = INT64_MIN / 2;
    }
}

void clusters_seen(struct clusters *clusters, int64_t now_ns, double inside_s, double needed)
{
    double sum_s = 0, left = 0;
    clusters->looks[clusters->look].inside_s = inside_s - clusters->inside_s;
    clusters->inside_s = inside_s;
    for (uint32_t i = 0; i < CLUSTERS_LOOKS; i++) {
        sum_s += clusters->looks[i].inside_s;
        left += clusters->looks[i].left;
    }
    clusters->served_s = left > 0 ? sum_s / left : fmax(clusters->served_s, sum_s);
    clusters->look = (clusters->look + 1) % CLUSTERS_LOOKS;
    clusters->looks[clusters->look] = (struct clusters_look){0};
    for (uint32_t k = 1; k <= CLUSTERS_MOST && k <= needed; k++) {
        clusters->needed_ns[k] = now_ns;
    }
}

double clusters_load_min(const struct clusters *clusters, double inside, double waiting,
                         double at_a_time)
{
    double calls = inside / 2 + waiting;
    for (uint32_t i = 0; i < CLUSTERS_LOOKS; i++) {
        calls += clusters->looks[i].came;
    }
    return calls * clusters->served_s / at_a_time / CLUSTERS_MINUTE_S;
}

double clusters_more(double load_min)
{
    const uint32_t steps = sizeof(clusters_steps_min) / sizeof(*clusters_steps_min);
    double more = 0;
    for (uint32_t i = 0; i < steps; i++) {
        more += load_min >= clusters_steps_min[i];
    }
    return more + floor(fmax(0, load_min - CLUSTERS_BEYOND_MIN) / CLUSTERS_FURTHER_MIN);
}

uint32_t clusters_keep(const struct clusters *clusters, int64_t since_ns, uint32_t least)
{
    uint32_t keep = CLUSTERS_MOST;
    while (keep > least && clusters->needed_ns[keep] < since_ns) {
        keep--;
    }
    return keep;
}
