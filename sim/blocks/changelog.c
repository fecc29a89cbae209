#include "sim/blocks/changelog.h"

#include <assert.h>
#include <string.h>

enum { CHANGELOG_FIRST = 64 };

void changelog_init(struct changelog *changelog, struct arena *arena)
{
    *changelog = (struct changelog){.arena = arena};
}

static struct lot *changelog_at(const struct changelog *changelog, uint32_t index)
{
    return &changelog->ring[(changelog->head + index) & (changelog->capacity - 1)];
}

static void changelog_grow(struct changelog *changelog)
{
    const uint32_t capacity = changelog->capacity == 0 ? CHANGELOG_FIRST : 2 * changelog->capacity;
    struct lot *ring = arena_array(changelog->arena, capacity, sizeof(*ring));
    for (uint32_t i = 0; i < changelog->count; i++) {
        ring[i] = *changelog_at(changelog, i);
    }
    changelog->ring = ring;
    changelog->capacity = capacity;
    changelog->head = 0;
}

void changelog_add(struct changelog *changelog, const struct lot *lot)
{
    assert(lot->rows > 0);
    changelog->rows += lot->rows;
    changelog->bytes += lot->bytes;
    if (changelog->count > 0) {
        struct lot *last = changelog_at(changelog, changelog->count - 1);
        if (last->at_ns == lot->at_ns && last->read_ns == lot->read_ns) {
            last->rows += lot->rows;
            last->bytes += lot->bytes;
            return;
        }
    }
    if (changelog->count == changelog->capacity) {
        changelog_grow(changelog);
    }
    changelog->count++;
    *changelog_at(changelog, changelog->count - 1) = *lot;
}

const struct lot *changelog_first(const struct changelog *changelog)
{
    return changelog->count > 0 ? changelog_at(changelog, 0) : NULL;
}

struct lot changelog_take(struct changelog *changelog, uint64_t rows_max, uint64_t bytes_max)
{
    if (changelog->count == 0 || rows_max == 0) {
        return (struct lot){0};
    }
    struct lot *first = changelog_at(changelog, 0);
    struct lot taken = *first;
    uint64_t rows = taken.rows < rows_max ? taken.rows : rows_max;
    if (taken.bytes > 0) {
        const uint64_t fit = (uint64_t)((unsigned __int128)bytes_max * taken.rows / taken.bytes);
        rows = fit < rows ? fit : rows;
        rows = rows == 0 ? 1 : rows;
    }
    taken.bytes = (uint64_t)((unsigned __int128)taken.bytes * rows / taken.rows);
    taken.rows = rows;
    first->rows -= taken.rows;
    first->bytes -= taken.bytes;
    changelog->rows -= taken.rows;
    changelog->bytes -= taken.bytes;
    if (first->rows == 0) {
        changelog->head = (changelog->head + 1) & (changelog->capacity - 1);
        changelog->count--;
    }
    return taken;
}

void changelog_put_back(struct changelog *changelog, struct changelog *from)
{
    while (changelog->count + from->count > changelog->capacity) {
        changelog_grow(changelog);
    }
    for (uint32_t i = from->count; i > 0; i--) {
        changelog->head = (changelog->head - 1) & (changelog->capacity - 1);
        changelog->count++;
        *changelog_at(changelog, 0) = *changelog_at(from, i - 1);
    }
    changelog->rows += from->rows;
    changelog->bytes += from->bytes;
    from->count = 0;
    from->rows = from->bytes = 0;
}
