/* outbox: what an asynchronous sink has still to deliver. Outputs gather in a buffer and leave in
 * requests, so many at a time: as soon as each of the sink's lanes (subtasks, which share them
 * evenly) has a full batch, or when the oldest has waited long enough. Beyond its room it is full,
 * and whoever fills it is to stop. A request that fails stays out until the owner has brought it
 * through.
 *   put -> buffer -> out (request) -> acknowledged
 * A checkpoint holds what is in the buffer when it begins, and waits for what is out then. After a
 * restart the buffer is as the checkpoint has it, and what is out is nobody's any more: whatever of
 * it, or of what was acknowledged since, went out after the checkpoint began goes out once more.
 * Worked, 1 lane, batches of 3, room for 5, 2 requests: 8 outputs, 6 leave in two requests; 2 are
 * in the buffer. One is acknowledged: 5 are here, it is full; another one: it is not. */
#ifndef ARCHSIM_BLOCKS_OUTBOX_H
#define ARCHSIM_BLOCKS_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/records.h"
#include "sim/kernel/core.h"
#include "sim/kernel/gauge.h"

/* Outputs that were put together, or go together. */
struct outbox_load {
    uint64_t count;
    int64_t came_ns;   /* when what they were made of came, mean */
    int64_t closed_ns; /* when they were made */
};

struct outbox_request {
    struct outbox_load load;
    uint64_t number;
    uint32_t epoch;
};

struct outbox_setup {
    struct core *core;
    struct arena *arena; /* outlives it */
    void *context;
    /* A request leaves; *request is its name, for outbox_end. */
    void (*send)(void *context, uint32_t request);
    uint16_t service; /* whose EVENT_SERVICE with slot `timer` is the outbox's: outbox_due */
    uint32_t timer;
    int64_t delay_ns; /* the longest in the buffer */
    uint32_t batch;   /* outputs of a request */
    uint32_t lanes;
    uint64_t room;    /* outputs, in the buffer and out, of one lane */
    uint32_t out_max; /* requests of one lane */
};

struct outbox_part {
    struct outbox_load load;
    int64_t put_ns;
};

struct outbox_saved {
    struct outbox_load load;
    uint64_t number; /* of the request that went out next */
    uint64_t acknowledged;
};

struct outbox {
    struct outbox_setup setup;
    struct outbox_part *ring;
    uint64_t capacity, first, next;
    uint64_t buffered, loaded; /* outputs in the buffer, and out */
    uint64_t flush;            /* of the buffer: leaves at once */
    uint32_t flush_batch;
    uint32_t timer; /* EVENT_NONE */
    struct records requests;
    struct gauge out; /* requests */
    uint64_t number;
    uint32_t epoch, older;           /* older: out since before the checkpoint that is under way */
    struct outbox_saved begun, kept; /* checkpoints */
    uint64_t acknowledged, twice;    /* outputs; those that go out, or went, once more */
};

/* The load takes `count` of another one, at the mean of their times. */
void outbox_mix(struct outbox_load *load, const struct outbox_load *more, uint64_t count);

void outbox_init(struct outbox *outbox, const struct outbox_setup *setup);
void outbox_put(struct outbox *outbox, const struct outbox_load *load);
bool outbox_full(const struct outbox *outbox);
/* Outputs until it is full. */
uint64_t outbox_room(const struct outbox *outbox);
/* The EVENT_SERVICE has fired. */
void outbox_due(struct outbox *outbox);
const struct outbox_request *outbox_request(const struct outbox *outbox, uint32_t request);
/* It is of before the last restart: nobody brings it through if it fails. */
bool outbox_stale(const struct outbox *outbox, uint32_t request);
/* The request is over; good: acknowledged. */
void outbox_end(struct outbox *outbox, uint32_t request, bool good);
/* From now on so many lanes. */
void outbox_widen(struct outbox *outbox, uint32_t lanes);

void outbox_begin(struct outbox *outbox);
/* What was out when the checkpoint began is through. */
bool outbox_through(const struct outbox *outbox);
void outbox_complete(struct outbox *outbox);
void outbox_restart(struct outbox *outbox);

#endif
