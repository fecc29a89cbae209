/* shard_runs: how the batches of a stream are worked off, shard by shard. A shard has so many
 * lanes; a record belongs to one of them, by a hash of its key, and each lane has one batch at a
 * time: so one that is tried again holds its lane up, and, once more records of that lane were read
 * than a batch holds, its whole shard. A batch that failed may be halved, and again, until the
 * record that fails is alone. Worked, one lane, batches of 8, the sixth record fails: 8 fail, 4 are
 * done, 4 fail, 2 fail (the fifth and the sixth), 1 is done, 1 fails and is given up, 2 are done.
 * */
#ifndef ARCHSIM_BLOCKS_SHARD_RUNS_H
#define ARCHSIM_BLOCKS_SHARD_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

enum { SHARD_HALVES = 16 }; /* a batch has up to 2^16 records */

struct shard_runs_setup {
    struct arena *arena;  /* outlives it */
    uint32_t lanes;       /* of a shard, >= 1 */
    uint32_t batch;       /* records, >= 1 */
    double bytes;         /* of one */
    struct random random; /* to which lane a record belongs */
};

/* Records that came together. */
struct shard_records {
    uint32_t count;
    double bytes;
    int64_t first_ns, last_ns; /* when the oldest and the newest came */
};

struct shard_lane {
    uint32_t name; /* of the batch that runs, the owner's; 0: none */
    uint32_t tries;
    struct shard_records running, gathered;
    uint32_t later[SHARD_HALVES]; /* parts of the batch that run after this one, the next last */
    uint32_t later_count;
    uint32_t timer; /* the owner's, of its window */
    bool due;       /* the window is over */
};

/* Shards one after the other; first UINT32_MAX: none. */
struct shard_parents {
    uint32_t first, count;
};

struct shard_runs {
    struct shard_runs_setup setup;
    struct shard_lane *items;    /* lane l of shard s: s * lanes + l */
    struct shard_parents *after; /* of each shard: those that must be done before it */
    uint32_t shards_count;
    uint32_t running; /* batches, of all shards */
};

void shard_runs_init(struct shard_runs *runs, const struct shard_runs_setup *setup);
/* There are so many shards now; lanes of new ones get that timer. They come after no others, unless
 * the owner says so in `after`. */
void shard_runs_fit(struct shard_runs *runs, uint32_t shards_count, uint32_t timer);

/* The shard comes after others, one of which is not done with what came of it. */
bool shard_runs_waits(const struct shard_runs *runs, uint32_t shard);
/* Records, and bytes, to ask that shard for; 0: no lane is free, or one has no room. */
uint32_t shard_runs_wanted(const struct shard_runs *runs, uint32_t shard, double *bytes);
/* At least one came. */
void shard_runs_received(struct shard_runs *runs, uint32_t shard,
                         const struct shard_records *records);
/* What was gathered makes a batch. */
bool shard_runs_full(const struct shard_runs *runs, const struct shard_lane *lane);
/* Of a lane without a batch: what it gathered is its batch. */
void shard_runs_take(struct shard_lane *lane);
/* That batch, or the part of it that is next, runs under a name above 0 of its own. */
void shard_runs_begin(struct shard_runs *runs, struct shard_lane *lane, uint32_t name);
/* The lane in which the batch of that name runs. */
struct shard_lane *shard_runs_lane(const struct shard_runs *runs, uint32_t shard, uint32_t name);
/* What runs failed in the last `left` of its records: that is what runs next, or half of it, if it
 * may be halved. True: it was; that is no further try. */
bool shard_runs_halve(struct shard_lane *lane, uint32_t left, bool halve);
/* The part of its batch that is next is in lane->running. False: there is none. */
bool shard_runs_part(struct shard_lane *lane);
/* What runs is over; then as shard_runs_part. */
bool shard_runs_end(struct shard_runs *runs, struct shard_lane *lane);

#endif
