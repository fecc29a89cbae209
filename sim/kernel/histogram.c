/* histogram: everything that is done with the buckets but adding one value. */
#include "sim/kernel/histogram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/kernel/arena.h"

void histogram_init(struct histogram *histogram, struct arena *arena)
{
    *histogram = (struct histogram){.arena = arena};
}

void histogram_clear(struct histogram *histogram)
{
    for (uint32_t octave = 0; octave < HISTOGRAM_OCTAVES; octave++)
        if (histogram->octaves[octave] != NULL)
            memset(histogram->octaves[octave], 0, HISTOGRAM_BUCKETS * sizeof(uint64_t));
}

uint64_t *histogram_grow(struct histogram *histogram, uint32_t octave)
{
    assert(octave < HISTOGRAM_OCTAVES); /* else the value was negative */
    assert(histogram->octaves[octave] == NULL);
    histogram->octaves[octave] = arena_array(histogram->arena, HISTOGRAM_BUCKETS, sizeof(uint64_t));
    return histogram->octaves[octave];
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (uint32_t octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        const uint64_t *counts = from->octaves[octave];
        if (counts == NULL)
            continue;
        uint64_t *sums = into->octaves[octave];
        if (sums == NULL)
            sums = histogram_grow(into, octave);
        for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
            sums[i] += counts[i];
    }
}

bool histogram_next(const struct histogram *histogram, struct histogram_bucket *bucket)
{
    /* A zeroed bucket has no width: nothing was visited yet. */
    uint32_t index = bucket->width > 0 ? bucket->index + 1 : 0;
    while (index < HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS) {
        const uint32_t octave = index / HISTOGRAM_BUCKETS;
        const uint64_t *counts = histogram->octaves[octave];
        if (counts == NULL) {
            index = (octave + 1) * HISTOGRAM_BUCKETS;
            continue;
        }
        const uint32_t i = index % HISTOGRAM_BUCKETS;
        if (counts[i] > 0) {
            const uint32_t shift = octave - (octave != 0);
            const int64_t first = octave == 0 ? i : HISTOGRAM_BUCKETS + i;
            *bucket = (struct histogram_bucket){.index = index,
                                                .low = first << shift,
                                                .width = (int64_t)1 << shift,
                                                .count = counts[i]};
            return true;
        }
        index++;
    }
    return false;
}

uint64_t histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    for (uint32_t octave = 0; octave < HISTOGRAM_OCTAVES; octave++)
        for (uint32_t i = 0; histogram->octaves[octave] != NULL && i < HISTOGRAM_BUCKETS; i++)
            count += histogram->octaves[octave][i];
    return count;
}

double histogram_quantile(const struct histogram *histogram, double p)
{
    assert(p >= 0 && p <= 1);
    const double count = (double)histogram_count(histogram);
    /* The factor keeps 0.07 * 100 = 7.000000000000001 from asking for the 8th. */
    const double rank = fmax(1, ceil(p * count * (1 - 1e-12)));
    double before = 0;
    struct histogram_bucket bucket = {0};
    while (histogram_next(histogram, &bucket)) {
        const double inside = (double)bucket.count;
        if (before + inside >= rank) {
            const double part = (rank - before - 0.5) / inside;
            return (double)bucket.low + (double)(bucket.width - 1) * part;
        }
        before += inside;
    }
    return (double)NAN;
}

/* LEB128: 7 bits a byte, low ones first, the top bit says that more follow. At most 10 bytes. */
static size_t histogram_varint(uint8_t *bytes, uint64_t value)
{
    size_t size = 0;
    for (; value >= 128; value >>= 7)
        bytes[size++] = (uint8_t)(value | 128);
    bytes[size++] = (uint8_t)value;
    return size;
}

struct histogram_code histogram_encode(const struct histogram *histogram)
{
    uint8_t pair[20];
    size_t size_bytes = 0;
    uint8_t *bytes = NULL;
    for (int writing = 0; writing < 2; writing++) { /* measured first, then written */
        size_t used = 0;
        uint32_t last = 0;
        struct histogram_bucket bucket = {0};
        while (histogram_next(histogram, &bucket)) {
            size_t size = histogram_varint(pair, bucket.index - last);
            size += histogram_varint(pair + size, bucket.count);
            last = bucket.index;
            if (writing)
                memcpy(bytes + used, pair, size);
            used += size;
        }
        if (!writing)
            bytes = memory_resize(NULL, used + 1, 1);
        size_bytes = used;
    }
    return (struct histogram_code){.bytes = bytes, .size_bytes = size_bytes};
}

static bool histogram_varint_read(struct histogram_code *rest, uint64_t *value)
{
    *value = 0;
    for (uint32_t shift = 0; shift < 64 && rest->size_bytes > 0; shift += 7) {
        const uint8_t byte = *rest->bytes++;
        rest->size_bytes--;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return shift < 63 || byte <= 1;
    }
    return false;
}

bool histogram_decode(struct histogram *into, struct histogram_code code)
{
    uint64_t index = 0;
    while (code.size_bytes > 0) {
        uint64_t gap;
        uint64_t count;
        if (!histogram_varint_read(&code, &gap) || !histogram_varint_read(&code, &count))
            return false;
        if (gap >= HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS - index)
            return false;
        index += gap;
        const uint32_t octave = (uint32_t)(index / HISTOGRAM_BUCKETS);
        uint64_t *counts = into->octaves[octave];
        if (counts == NULL)
            counts = histogram_grow(into, octave);
        counts[index % HISTOGRAM_BUCKETS] += count;
    }
    return true;
}
