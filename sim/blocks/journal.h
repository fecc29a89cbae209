/* journal: what a consumer of a stream has read since its last checkpoint, batch by batch, so that
 * it can be worked off again after a restart. A checkpoint holds what was done when it began, and
 * counts once it is complete; one that was not complete at a restart is lost.
 *   read (push) -> pending -> done -> forgotten, once a checkpoint that began later is complete
 *                     ^---------'  a restart: what was done since the last complete one
 * Invariant: done + pending = read + replayed, in records.
 * Worked: 10, 20 and 30 records are read; 10 are done, a checkpoint begins, 20 are done, it is
 * complete; 30 are half done at a restart: 20 are replayed, and 50 are pending. */
#ifndef ARCHSIM_BLOCKS_JOURNAL_H
#define ARCHSIM_BLOCKS_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct journal_batch {
    int64_t first_ns, last_ns; /* when the oldest and the newest came */
    uint32_t part;             /* of the stream */
    uint32_t count;
};

struct journal {
    struct arena *arena; /* outlives it; what is kept grows in it */
    struct journal_batch *ring;
    uint64_t capacity; /* a power of two, or 0 */
    uint64_t first;    /* number of the oldest that is kept: the last complete checkpoint's */
    uint64_t mark;     /* that of the one that is under way */
    uint64_t at, next; /* of the first that is pending, and of the one that comes next */
    bool marked;
    uint64_t read, done, pending, replayed; /* records */
};

void journal_init(struct journal *journal, struct arena *arena);
void journal_push(struct journal *journal, const struct journal_batch *batch);
/* The next to be worked off; null: nothing is pending. Until the next journal_push. */
const struct journal_batch *journal_head(const struct journal *journal);
/* The head was worked off. */
void journal_done(struct journal *journal);

void journal_begin(struct journal *journal);
void journal_complete(struct journal *journal);
/* Back to the last complete checkpoint. Returns the records that were done since. */
uint64_t journal_restart(struct journal *journal);

#endif
