/* elastic: instances of a database whose capacity follows their use, and that pause while nobody is
 * there. Capacity counts steps; each brings processors, room for pages, and memory for clients (the
 * requests inside). Every interval each instance is looked at by itself: its capacity grows while
 * its processors or that memory were used above a target, and shrinks when they were not
 * (growth.h). `follow` ties the others to the first: never smaller, paused and resumed with it.
 * Or, of one instance, it climbs a ladder (ladder.h), and rests there while it pauses; in the way
 * of a move are clients who were there at two looks, and how long they were there f->note keeps.
 *
 *   awake -> (no clients for pause_ns) paused -> (a client) resuming -> awake, pages forgotten
 *
 * Who comes to instances that do not run waits in their line. Nothing is looked at while nothing
 * can change: an idle night costs no events. The owner hears of what happened from elastic_due. */
#ifndef ARCHSIM_BLOCKS_ELASTIC_H
#define ARCHSIM_BLOCKS_ELASTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/buffer.h"
#include "sim/blocks/growth.h"
#include "sim/blocks/host.h"
#include "sim/blocks/ladder.h"

#define ELASTIC_NEVER INT64_MAX

struct elastic_setup {
    struct core *core;
    struct load *load; /* its capacity is the sum of all steps; busy and queue are the hosts' */
    struct arena *arena;
    uint16_t service; /* whose EVENT_SERVICE with slots from 0 on are the block's */
    uint32_t instances_count;
    bool follow;
    const struct growth_rules *growth;
    const struct ladder_rules *ladder; /* in place of growth, of one instance; null */
    const struct buffer_law *pages;
    double processors, room_pages;   /* of a step */
    double clients;                  /* that fill the memory of a step; INFINITY */
    double clients_most;             /* of an instance, what a ladder looks at */
    int64_t clients_held;            /* of each instance, who are always there and do nothing */
    int64_t steps_least, steps_most; /* while awake, 1 or more */
    int64_t interval_ns;
    int64_t pause_ns; /* ELASTIC_NEVER */
    bool warm;        /* the pages at the start: as after a long time, or none */
};

struct elastic_instance {
    struct host host;
    struct growth growth;
    struct ladder ladder;
    int64_t recent; /* clients who came since the last look */
    struct buffer buffer;
    struct gauge steps, clients; /* never reset */
    uint32_t group;
    /* of the last look */
    int64_t steps_before;
    double processors_use, memory_use; /* of what was present */
    bool along;                        /* it did what the first did, which it follows */
    double worked_ns;
};

/* Instances that pause and resume together. */
enum elastic_phase { ELASTIC_AWAKE, ELASTIC_PAUSED, ELASTIC_RESUMING };
struct elastic_group {
    enum elastic_phase phase;
    uint32_t first, count;
    int64_t clients;
    int64_t since_ns; /* paused, or else without clients */
};

struct elastic {
    struct elastic_setup setup; /* a copy */
    struct elastic_instance *instances;
    struct elastic_group *groups; /* by their first instance */
    uint32_t lane;                /* of the looks */
    uint32_t looks;               /* so far, with a ladder */
    bool looking;                 /* one is due */
    bool forced;                  /* the last look forced a move: elastic_in_the_way */
};

void elastic_init(struct elastic *elastic, const struct elastic_setup *setup);

/* f, its work in f->work_ns, comes to that instance, which the owner keeps in f->note. True: it was
 * paused; the owner says with elastic_wake when it will be there. */
bool elastic_enter(struct elastic *elastic, uint32_t index, struct frame *f);
void elastic_wake(struct elastic *elastic, uint32_t index, int64_t delay_ns);
/* f, which has entered there, leaves. */
void elastic_leave(struct elastic *elastic, uint32_t index, struct frame *f);
static inline bool elastic_awake(const struct elastic *elastic, uint32_t index)
{
    return elastic->groups[elastic->instances[index].group].phase == ELASTIC_AWAKE;
}

/* f->note of who is inside. */
enum { ELASTIC_INDEX_BITS = 8 };
static inline uint32_t elastic_index(const struct frame *f)
{
    return f->note & ((1 << ELASTIC_INDEX_BITS) - 1);
}

/* A small one without pages is in its place from now on, unless it sleeps. */
void elastic_restart(struct elastic *elastic, uint32_t index);
/* The first instance is gone. In its place comes that other one, with its capacity and its pages,
 * and where that was a small one begins; if it sleeps, or is 0, the first begins anew. */
void elastic_replace(struct elastic *elastic, uint32_t by);
/* So many steps an instance has when it wakes. */
static inline int64_t elastic_steps_after(const struct elastic *elastic, uint32_t index)
{
    return elastic->setup.ladder != NULL ? ladder_steps(&elastic->instances[index].ladder)
                                         : elastic->setup.steps_least;
}

/* The next of those who are in the way of a forced move, who is to be ended; null: nobody is. */
struct frame *elastic_in_the_way(const struct elastic *elastic);

/* An EVENT_SERVICE of the block has fired. True: the instances were looked at; those whose steps
 * are not steps_before have been resized, or paused if their group's phase says so. */
bool elastic_due(struct elastic *elastic, uint32_t slot);

#endif
