/* journal: a ring of batches with three places in it. */
#include "sim/blocks/journal.h"

#include <assert.h>
#include <stddef.h>

enum { JOURNAL_FIRST = 64 };

void journal_init(struct journal *journal, struct arena *arena)
{
    *journal = (struct journal){.arena = arena};
}

static struct journal_batch *journal_batch(const struct journal *journal, uint64_t number)
{
    return &journal->ring[number & (journal->capacity - 1)];
}

static void journal_check(const struct journal *journal)
{
    assert(journal->done + journal->pending == journal->read + journal->replayed);
    assert(journal->first <= journal->at && journal->at <= journal->next);
    (void)journal;
}

static void journal_grow(struct journal *journal)
{
    const uint64_t capacity = journal->capacity > 0 ? 2 * journal->capacity : JOURNAL_FIRST;
    struct journal_batch *ring = arena_array(journal->arena, capacity, sizeof(*ring));
    for (uint64_t number = journal->first; number < journal->next; number++) {
        ring[number & (capacity - 1)] = *journal_batch(journal, number);
    }
    journal->ring = ring;
    journal->capacity = capacity;
}

void journal_push(struct journal *journal, const struct journal_batch *batch)
{
    if (journal->next - journal->first == journal->capacity) {
        journal_grow(journal);
    }
    *journal_batch(journal, journal->next++) = *batch;
    journal->read += batch->count;
    journal->pending += batch->count;
}

const struct journal_batch *journal_head(const struct journal *journal)
{
    return journal->at < journal->next ? journal_batch(journal, journal->at) : NULL;
}

void journal_done(struct journal *journal)
{
    assert(journal->at < journal->next);
    const uint32_t count = journal_batch(journal, journal->at++)->count;
    journal->done += count;
    journal->pending -= count;
    journal_check(journal);
}

void journal_begin(struct journal *journal)
{
    journal->mark = journal->at;
    journal->marked = true;
}

void journal_complete(struct journal *journal)
{
    assert(journal->marked);
    journal->first = journal->mark;
    journal->marked = false;
}

uint64_t journal_restart(struct journal *journal)
{
    uint64_t again = 0;
    while (journal->at > journal->first) {
        again += journal_batch(journal, --journal->at)->count;
    }
    journal->marked = false;
    journal->replayed += again;
    journal->pending += again;
    journal_check(journal);
    return again;
}
