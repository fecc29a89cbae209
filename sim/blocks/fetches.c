#include "sim/blocks/fetches.h"

#include <assert.h>
#include <string.h>

enum { FETCHES_CAPACITY_FIRST = 64 };
#define FETCHES_MULTIPLIER UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio */

void fetches_init(struct fetches *fetches, struct arena *arena)
{
    *fetches = (struct fetches){
        .table = arena_array(arena, FETCHES_CAPACITY_FIRST, sizeof(struct fetch)),
        .capacity = FETCHES_CAPACITY_FIRST,
        .arena = arena,
    };
}

static uint32_t fetches_home(const struct fetches *fetches, uint64_t key)
{
    return (uint32_t)((key * FETCHES_MULTIPLIER) >> 32) & (fetches->capacity - 1);
}

/* Its place, or the free one where it would be. */
static struct fetch *fetches_find(const struct fetches *fetches, uint64_t key)
{
    uint32_t at = fetches_home(fetches, key);
    while (fetches->table[at].used && fetches->table[at].key != key) {
        at = (at + 1) & (fetches->capacity - 1);
    }
    return &fetches->table[at];
}

/* What comes behind moves up, so that no search ends too early. */
static void fetches_remove(struct fetches *fetches, struct fetch *fetch)
{
    const uint32_t mask = fetches->capacity - 1;
    uint32_t hole = (uint32_t)(fetch - fetches->table);
    for (uint32_t at = (hole + 1) & mask; fetches->table[at].used; at = (at + 1) & mask) {
        const uint32_t home = fetches_home(fetches, fetches->table[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            fetches->table[hole] = fetches->table[at];
            hole = at;
        }
    }
    fetches->table[hole] = (struct fetch){0};
    fetches->count--;
}

static bool fetch_matters(const struct fetch *fetch, int64_t now_ns)
{
    return fetch->used && (fetch->open || fetch->failed_until_ns > now_ns);
}

/* Failures that are over go; the table doubles where that leaves it a quarter full or more. */
static void fetches_tidy(struct fetches *fetches, int64_t now_ns)
{
    const struct fetches old = *fetches;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < old.capacity; i++) {
        kept += fetch_matters(&old.table[i], now_ns);
    }
    const bool grows = kept >= old.capacity / 4;
    fetches->capacity = grows ? 2 * old.capacity : old.capacity;
    if (grows || old.spare == NULL) {
        fetches->table = arena_array(old.arena, fetches->capacity, sizeof(struct fetch));
    } else {
        fetches->table = old.spare;
        memset(fetches->table, 0, fetches->capacity * sizeof(struct fetch));
    }
    fetches->spare = grows ? NULL : old.table;
    fetches->count = kept;
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (fetch_matters(&old.table[i], now_ns)) {
            *fetches_find(fetches, old.table[i].key) = old.table[i];
        }
    }
}

/* A free place for a key that has none; it is to be used. */
static struct fetch *fetches_add(struct fetches *fetches, int64_t now_ns, uint64_t key)
{
    if (2 * fetches->count >= fetches->capacity) {
        fetches_tidy(fetches, now_ns);
    }
    fetches->count++;
    return fetches_find(fetches, key);
}

enum fetch_turn fetches_ask(struct fetches *fetches, const struct core *core, uint64_t key,
                            struct frame *f, enum outcome *outcome)
{
    const int64_t now_ns = core_now(core);
    struct fetch *fetch = fetches_find(fetches, key);
    if (fetch->used && fetch->open) {
        line_join(&fetch->line, core, f);
        return FETCH_WAITS;
    }
    if (fetch->used && fetch->failed_until_ns > now_ns) {
        *outcome = (enum outcome)fetch->outcome;
        return FETCH_FAILED;
    }
    if (!fetch->used) {
        fetch = fetches_add(fetches, now_ns, key);
    }
    *fetch = (struct fetch){.key = key, .used = true, .open = true};
    return FETCH_LEADS;
}

struct line fetches_end(struct fetches *fetches, uint64_t key)
{
    struct fetch *fetch = fetches_find(fetches, key);
    assert(fetch->used);
    assert(fetch->open);
    const struct line line = fetch->line;
    fetches_remove(fetches, fetch);
    return line;
}

struct line fetches_fail(struct fetches *fetches, uint64_t key, int64_t until_ns,
                         enum outcome outcome)
{
    struct fetch *fetch = fetches_find(fetches, key);
    assert(fetch->used);
    assert(fetch->open);
    const struct line line = fetch->line;
    *fetch = (struct fetch){
        .key = key, .failed_until_ns = until_ns, .used = true, .outcome = (uint8_t)outcome};
    return line;
}

int64_t fetches_failed_until_ns(const struct fetches *fetches, int64_t now_ns, uint64_t key,
                                enum outcome *outcome)
{
    const struct fetch *fetch = fetches_find(fetches, key);
    if (!fetch->used || fetch->open || fetch->failed_until_ns <= now_ns) {
        return 0;
    }
    *outcome = (enum outcome)fetch->outcome;
    return fetch->failed_until_ns;
}

void fetches_remember(struct fetches *fetches, int64_t now_ns, uint64_t key, int64_t until_ns,
                      enum outcome outcome)
{
    struct fetch *fetch = fetches_find(fetches, key);
    if (fetch->open) {
        return;
    }
    if (!fetch->used) {
        fetch = fetches_add(fetches, now_ns, key);
    }
    *fetch = (struct fetch){
        .key = key, .failed_until_ns = until_ns, .used = true, .outcome = (uint8_t)outcome};
}

void fetches_leave(struct fetches *fetches, const struct core *core, uint64_t key, struct frame *f)
{
    struct fetch *fetch = fetches_find(fetches, key);
    assert(fetch->used);
    line_leave(&fetch->line, core, f);
}
