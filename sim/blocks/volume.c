#include "sim/blocks/volume.h"

#include <assert.h>
#include <math.h>

static bool volume_limited(const struct volume_rules *rules, uint32_t limit)
{
    return rules->limits[limit].baseline_per_s > 0;
}

void volume_init(struct volume *volume, const struct volume_rules *rules)
{
    *volume = (struct volume){.rules = rules};
    for (uint32_t i = 0; i < VOLUME_LIMITS; i++) {
        if (volume_limited(rules, i)) {
            pace_init(&volume->paces[i], &rules->limits[i]);
        }
    }
}

int64_t volume_submit(struct volume *volume, int64_t now_ns, const struct volume_io *io)
{
    assert(io->count >= 1);
    struct pace_span span = {now_ns, now_ns}; /* admitted by all limits */
    for (uint32_t i = 0; i < VOLUME_LIMITS; i++) {
        if (volume_limited(volume->rules, i)) {
            const double each = i == VOLUME_BYTES || i == VOLUME_LINK_BYTES ? io->bytes : 1;
            pace_pass(&volume->paces[i], now_ns, io->count * each, each, &span);
        }
    }
    const double first_ns = (double)span.first_ns, last_ns = (double)span.last_ns;
    const double latency_ns = (double)io->latency_ns, from_ns = (double)now_ns;
    double done_ns = last_ns + latency_ns;
    if (io->write) {
        volume->writes += io->count;
    } else {
        volume->reads += io->count;
    }
    if (io->together) {
        volume->outstanding_ns += io->count * ((first_ns + last_ns) / 2 - from_ns + latency_ns);
    } else {
        done_ns = fmax(done_ns, first_ns + io->count * latency_ns);
        volume->outstanding_ns += done_ns - from_ns;
    }
    return (int64_t)ceil(done_ns - from_ns);
}

double volume_balance(const struct volume *volume, enum volume_limit limit, int64_t now_ns)
{
    const struct pace *pace = &volume->paces[limit];
    return pace->credits > 0 ? pace_balance(pace, now_ns) / pace->credits : 1;
}

double volume_sustained(const struct volume_rules *rules)
{
    double least = INFINITY;
    for (uint32_t i = VOLUME_IOPS; i <= VOLUME_LINK_IOPS; i += VOLUME_LINK_IOPS - VOLUME_IOPS) {
        const double rate = rules->limits[i].baseline_per_s;
        least = rate > 0 ? fmin(least, rate) : least;
    }
    return least;
}
