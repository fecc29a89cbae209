#include "sim/blocks/buffer.h"

#include <assert.h>
#include <math.h>

enum {
    BUFFER_OCTAVE = 8,       /* points of the tables for each doubling of T */
    BUFFER_SINGLES = 128,    /* the most popular pages stand in the sums one by one, */
    BUFFER_LOOKUPS = 64,     /* and hit_ratio is looked up whenever T grew by 1/64 */
    BUFFER_MISSES_MAX = 100, /* more than that, in the mean, are drawn as a normal number */
};
#define BUFFER_BIN 1.02  /* the others in groups whose ranks differ by 2 % */
#define BUFFER_SURELY 20 /* p T from which a page is here: exp(-20) = 2e-9 */

/* ---- the law ---- */

/* Pages that are asked for about equally often. */
struct buffer_group {
    double pages_count, probability; /* of each */
};

/* Groups of the whole law; returns how many. */
static uint32_t buffer_groups(struct buffer_group *groups, uint32_t most, double pages_count,
                              double zipf_s)
{
    double total = 0, rank = 0;
    uint32_t count = 0;
    for (; rank < pages_count; count++) {
        assert(count < most);
        double last = rank < BUFFER_SINGLES ? rank + 1 : floor(rank * BUFFER_BIN + 1);
        last = fmin(last, ceil(pages_count));
        const double middle = last - rank > 1 ? sqrt((rank + 0.5) * (last + 0.5)) : last;
        groups[count] = (struct buffer_group){last - rank, pow(middle, -zipf_s)};
        total += groups[count].pages_count * groups[count].probability;
        rank = last;
    }
    for (uint32_t i = 0; i < count; i++) {
        groups[i].probability /= total;
    }
    return count;
}

void buffer_law_init(struct buffer_law *law, struct arena *arena, double pages_count, double zipf_s)
{
    assert(pages_count >= 1);
    assert(zipf_s >= 0);
    const uint32_t most = 2 * BUFFER_SINGLES + (uint32_t)(log(pages_count) / log(BUFFER_BIN)) + 1;
    struct buffer_group *groups = arena_array(arena, most, sizeof(*groups));
    const uint32_t groups_count = buffer_groups(groups, most, pages_count, zipf_s);
    const double requests_all = BUFFER_SURELY / groups[groups_count - 1].probability;
    const uint32_t points = (uint32_t)(log2(requests_all) * BUFFER_OCTAVE) + 2;
    *law = (struct buffer_law){
        .pages_count = ceil(pages_count),
        .sizes = arena_array(arena, points, sizeof(double)),
        .hits = arena_array(arena, points, sizeof(double)),
        .points_count = points,
    };
    for (uint32_t i = 0; i < points; i++) {
        const double requests = exp2((double)i / BUFFER_OCTAVE);
        for (uint32_t k = 0; k < groups_count; k++) {
            const double p = groups[k].probability;
            const double here = groups[k].pages_count * -expm1(-p * requests);
            law->sizes[i] += here;
            law->hits[i] += p * here;
        }
    }
}

/* A table at T: linear in log T, below T = 1 in T. */
static double buffer_look(const struct buffer_law *law, const double *table, double requests,
                          double beyond)
{
    if (requests < 1) {
        return table[0] * requests;
    }
    const double x = log2(requests) * BUFFER_OCTAVE;
    if (!(x < law->points_count - 1)) {
        return beyond;
    }
    const uint32_t i = (uint32_t)x;
    return table[i] + (table[i + 1] - table[i]) * (x - i);
}

/* T at which so many pages are here. */
static double buffer_requests(const struct buffer_law *law, double size)
{
    if (size >= law->sizes[law->points_count - 1]) {
        return INFINITY;
    }
    if (size <= law->sizes[0]) {
        return size / law->sizes[0];
    }
    uint32_t low = 0, high = law->points_count - 1;
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        if (law->sizes[middle] <= size) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const double share = (size - law->sizes[low]) / (law->sizes[high] - law->sizes[low]);
    return exp2((low + share) / BUFFER_OCTAVE);
}

/* ---- one buffer ---- */

static void buffer_update(struct buffer *buffer)
{
    const double requests = fmin(buffer->requests, buffer->requests_full);
    buffer->requests = requests;
    buffer->requests_next =
        requests < buffer->requests_full ? requests + fmax(1, requests / BUFFER_LOOKUPS) : INFINITY;
    buffer->hit_ratio = buffer_look(buffer->law, buffer->law->hits, requests, 1);
    buffer->hit_log = log(buffer->hit_ratio);
}

void buffer_init(struct buffer *buffer, const struct buffer_law *law, double room_pages, bool warm)
{
    *buffer = (struct buffer){
        .law = law,
        .requests = warm ? INFINITY : 0,
        .requests_full = buffer_requests(law, room_pages),
    };
    buffer_update(buffer);
}

void buffer_resize(struct buffer *buffer, double room_pages)
{
    buffer->requests_full = buffer_requests(buffer->law, room_pages);
    buffer_update(buffer);
}

/* Binomial: the hits between two misses are geometric. */
static uint32_t buffer_misses(const struct buffer *buffer, struct random *random,
                              uint32_t pages_count)
{
    const double pages = pages_count;
    const double mean = pages * (1 - buffer->hit_ratio);
    if (mean > BUFFER_MISSES_MAX) {
        const double sd = sqrt(mean * buffer->hit_ratio);
        return (uint32_t)fmin(fmax(rint(mean + sd * random_normal(random)), 0), pages);
    }
    uint32_t misses = 0;
    for (double at = -1;; misses++) {
        at += 1 + floor(log(random_uniform(random)) / buffer->hit_log);
        if (!(at < pages)) {
            return misses;
        }
    }
}

uint32_t buffer_read(struct buffer *buffer, struct random *random, uint32_t pages_count)
{
    if (buffer->hit_ratio >= 1) {
        return 0;
    }
    const uint32_t misses =
        buffer->hit_ratio > 0 ? buffer_misses(buffer, random, pages_count) : pages_count;
    if (buffer->requests < buffer->requests_full) {
        buffer->requests += pages_count;
        if (buffer->requests >= buffer->requests_next) {
            buffer_update(buffer);
        }
    }
    return misses;
}
