/* worst: pools packed histograms window by window. */
#include "sim/engine/worst.h"

#include <assert.h>
#include <math.h>

#include "sim/engine/windows.h"
#include "sim/engine/world.h"
#include "sim/kernel/histogram.h"

enum { WORST_REQUESTS_MIN = 1000, WORST_BEYOND_MIN = 10 };

static uint64_t worst_requests(uint32_t traffic, const struct replication *replications,
                               uint32_t count)
{
    uint64_t requests = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < replications[i].windows_count; j++)
            requests += replications[i].windows[traffic][j].arrived;
    return requests;
}

/* The p99 of one window over all replications: of the pooled histograms, or, where some were not
 * kept (see traffic.h), the mean of the replications' own. `histogram` is scratch. */
static double worst_p99_ns(uint32_t traffic, uint32_t window,
                           const struct replication *replications, uint32_t count,
                           struct histogram *histogram)
{
    bool all_kept = true;
    uint64_t ok = 0;
    double sum_ns = 0;
    uint32_t known = 0;
    histogram_clear(histogram);
    for (uint32_t i = 0; i < count; i++) {
        const struct traffic_window *part = &replications[i].windows[traffic][window];
        ok += part->ok;
        all_kept = all_kept && (part->code.bytes != NULL || part->ok == 0);
        if (part->ok > 0 && !isnan(part->latency_p99_ns)) {
            sum_ns += part->latency_p99_ns;
            known++;
        }
        const bool sound = histogram_decode(histogram, part->code);
        assert(sound);
        (void)sound;
    }
    if (!all_kept)
        return known > 0 ? sum_ns / known : NAN;
    return 0.01 * (double)ok < WORST_BEYOND_MIN ? NAN : histogram_quantile(histogram, 0.99);
}

/* One window over all replications. Unknown if nothing arrived in it. */
static struct results_worst worst_pool(uint32_t traffic, uint32_t window,
                                       const struct replication *replications, uint32_t count,
                                       struct histogram *histogram)
{
    uint64_t arrived = 0;
    uint64_t ok = 0;
    for (uint32_t i = 0; i < count; i++) {
        arrived += replications[i].windows[traffic][window].arrived;
        ok += replications[i].windows[traffic][window].ok;
    }
    if (arrived == 0)
        return (struct results_worst){.known = false};
    const double length_s = (double)WINDOW_NS / 1e9;
    const double from_s = window * length_s;
    return (struct results_worst){
        .known = true,
        .from_s = from_s,
        .to_s = from_s + length_s,
        .latency_p99_s = worst_p99_ns(traffic, window, replications, count, histogram) / 1e9,
        .availability = (double)ok / (double)arrived,
        .throughput_per_s = (double)ok / length_s / count,
    };
}

/* An unknown p99 is the least bad: too little was slow to tell. */
static bool worst_is_worse(const struct results_worst *window, const struct results_worst *than)
{
    if (!window->known || !than->known)
        return window->known;
    if (window->availability != than->availability)
        return window->availability < than->availability;
    return window->latency_p99_s > than->latency_p99_s ||
           (isnan(than->latency_p99_s) && !isnan(window->latency_p99_s));
}

struct results_worst worst_find(const struct scenario *scenario, uint32_t traffic,
                                const struct replication *replications, uint32_t count)
{
    struct results_worst worst = {.known = false};
    if (scenario->duration_ns < 2 * WINDOW_NS ||
        worst_requests(traffic, replications, count) < WORST_REQUESTS_MIN)
        return worst;
    struct arena arena;
    struct histogram histogram;
    arena_init(&arena);
    histogram_init(&histogram, &arena);
    for (uint32_t i = 0; i < replications[0].windows_count; i++) {
        const struct results_worst window = worst_pool(traffic, i, replications, count, &histogram);
        if (worst_is_worse(&window, &worst))
            worst = window;
    }
    arena_done(&arena);
    return worst;
}
