/* partitions: a table spread over partitions by a hash of its keys. Each serves so many tokens a
 * second of each of two kinds (reads and writes), however idle the others are. Keys are asked for
 * by a Zipf law, so that popular ones make partitions hot; without keys access is even: one record
 * stands for all of them. A partition that stays hot is split in two, unless one key makes most of
 * its load; none are merged. Hashes fall into slots of equal size and a partition has a run of
 * them: finding it costs a multiply and a load; splitting a single slot doubles all slots. */
#ifndef ARCHSIM_BLOCKS_PARTITIONS_H
#define ARCHSIM_BLOCKS_PARTITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/zipf.h"

enum {
    PARTITIONS_KINDS = 2,
    PARTITIONS_MAX = 1 << 20, /* and as many slots; what is that fine is split no more */
};

struct partitions_rules {
    uint32_t count; /* at first, 1 .. PARTITIONS_MAX */
    struct {
        double rate_per_s; /* tokens that one partition serves */
        int64_t burst_count;
    } limits[PARTITIONS_KINDS];
    uint32_t keys_count; /* 0: even access */
    double zipf_s;
    uint64_t salt;        /* where the keys lie */
    double split_ratio;   /* hot: this share of one of its limits was used */
    uint32_t split_ticks; /* so often in a row, and it is split, >= 1 */
    double single_ratio;  /* but not when one key makes so much of its load */
    /* Hears of every split: partition `upper`, the next number, has half of what `lower` had.
     * Null: nobody does. */
    void (*split)(void *context, uint32_t lower, uint32_t upper);
    void *context;
};

struct partition {
    struct bucket buckets[PARTITIONS_KINDS];
    int64_t taken[PARTITIONS_KINDS]; /* tokens since the last tick */
    uint32_t first, slots;           /* its run */
    uint32_t members;                /* even access: the partitions that it stands for; else 1 */
    uint32_t hot_ticks;              /* in a row */
};

struct partitions {
    struct partitions_rules rules;
    struct zipf popularity;
    struct partition *items;
    uint32_t items_count, items_capacity;
    uint32_t *slots; /* the item of each */
    uint32_t slots_count;
    uint32_t count;      /* partitions */
    double hottest;      /* share of its limit that the hottest used in the last tick */
    double hot_s;        /* the same, integrated up to the last tick */
    struct arena *arena; /* grows with splits */
};

void partitions_init(struct partitions *partitions, struct arena *arena,
                     const struct partitions_rules *rules);

/* Which item a call goes to; with keys the key is drawn from the law and told. */
uint32_t partitions_draw(const struct partitions *partitions, struct random *random, uint32_t *key);

/* The number, below `count`, of a partition of that item, any of those that it stands for. */
static inline uint32_t partitions_number(const struct partitions *partitions, uint32_t item,
                                         struct random *random)
{
    return partitions->rules.keys_count > 0 ? item : random_below(random, partitions->count);
}

/* Takes tokens of one kind of an item, all or none. */
static inline bool partitions_take(struct partitions *partitions, uint32_t item, uint32_t kind,
                                   int64_t now_ns, int64_t tokens)
{
    struct partition *at = &partitions->items[item];
    if (!bucket_take_owing(&at->buckets[kind], now_ns, tokens)) {
        return false;
    }
    at->taken[kind] += tokens;
    return true;
}

/* Tokens that were taken at this very instant come back. */
static inline void partitions_give_back(struct partitions *partitions, uint32_t item, uint32_t kind,
                                        int64_t tokens)
{
    struct partition *at = &partitions->items[item];
    bucket_give_back(&at->buckets[kind], tokens);
    at->taken[kind] -= tokens;
}

/* Splits partitions until each can serve its share of so much of each kind under even access. */
void partitions_fit(struct partitions *partitions, int64_t now_ns,
                    const double rates_per_s[PARTITIONS_KINDS]);

/* A tick, interval_s after the last one: finds the hottest, splits what was hot for long enough. */
void partitions_tick(struct partitions *partitions, int64_t now_ns, double interval_s);

/* Up to now, in s: the share that the hottest partition of each tick used, integrated. */
double partitions_hot_s(const struct partitions *partitions);

#endif
