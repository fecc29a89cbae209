/* frame: one call in flight, at one service; 96 bytes in a slab of the world: the 64 that every
 * call touches, a cache line of their own, and 32 more for calls that have steps, a deadline or
 * a size. A frame is named by slot and generation: a caller may be gone before its callee
 * answers. `generation` moves on when the frame is freed and when it stops waiting for the
 * callees that it has out, so a callee whose `parent_generation` no longer matches answers to
 * nobody. The slab reserves address space for its stated limit and takes memory as frames are
 * first used: frames never move, and the last freed is the first used again. */
#ifndef ARCHSIM_KERNEL_FRAME_H
#define ARCHSIM_KERNEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_NONE UINT32_MAX

/* How a call ends, exactly once. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_THROTTLED,
    OUTCOME_TIMEOUT,
    OUTCOME_REJECTED,
    OUTCOME_UNAVAILABLE,
    OUTCOME_FAILED,
    OUTCOME_COUNT,
};

enum frame_flag {
    FRAME_MEASURED = 1 << 0,   /* arrived in the window: counts */
    FRAME_ROOT = 1 << 1,       /* a request of a traffic, answered to it */
    FRAME_ASYNC = 1 << 2,      /* nobody waits */
    FRAME_BRANCH = 1 << 3,     /* a branch of a parallel step: no call of its own */
    FRAME_CLIENT = 1 << 4,     /* stands for a client that retries */
    FRAME_SERVED = 1 << 5,     /* its wait was recorded */
    FRAME_LIMITED = 1 << 6,    /* holds a place of its service's `limit` */
    FRAME_ADMITTED = 1 << 7,   /* the model has it: model.finish is owed */
    FRAME_WORKED = 1 << 8,     /* its own first work is done */
    FRAME_READY = 1 << 9,      /* stands in the ready line */
    FRAME_FORWARD = 1 << 10,   /* the callee that is out was called by the model, not by a step */
    FRAME_TRY = 1 << 11,       /* a branch that is one try of a hedged call */
    FRAME_WITHDRAWN = 1 << 12, /* cancelled by its caller */
    FRAME_DEADLINE = 1 << 13,  /* more.deadline_ns holds */
    FRAME_SIZED = 1 << 14,     /* more.size_bytes holds; else the size is 0 */
    FRAME_TIMED = 1 << 15,     /* more.limit is pending */
};

/* What a frame does now; the engine's. */
enum frame_state {
    FRAME_FREE,
    FRAME_LIMIT_WAIT, /* waits at the bulkhead */
    FRAME_NEW,        /* its call begins */
    FRAME_ADMIT,      /* it has left the bulkhead's line: the model's turn */
    FRAME_HELD,       /* with the model: waits or works */
    FRAME_GO,         /* the next step is due */
    FRAME_CALLING,    /* a callee is out */
    FRAME_ANSWERED,   /* its callee has answered: `answer` */
    FRAME_BACKOFF,    /* waits for the next attempt, or in a wait step */
    FRAME_GROUP,      /* parallel branches or hedged tries are out */
    FRAME_ENDING,     /* ends with `answer` */
};

struct frame {
    int64_t start_ns; /* arrival here */
    union {
        int64_t work_ns; /* own compute that is due or left; the block's while it has the frame */
        struct {
            uint32_t child; /* CALLING: the callee; GROUP: the first of the linked branches */
            union {
                uint16_t tries_out; /* GROUP of a hedge: not answered yet */
                uint16_t given_up;  /* CALLING: the caller's time was over first */
            };
            uint16_t tries_made; /* so far */
        };
    };
    uint32_t generation;
    uint32_t parent, parent_generation; /* FRAME_NONE: nobody, or the traffic for a root; then, of
                                           a delivery: rounds left */
    uint32_t next, previous; /* in a block's line, or of a branch; next also in the free list */
    uint32_t event;   /* pending for this frame: end of work, patience, backoff; EVENT_NONE */
    uint32_t timeout; /* pending for its caller; EVENT_NONE */
    uint32_t note;    /* the model's own */
    uint16_t service;
    uint16_t edge; /* through which it was called */
    uint16_t pc;   /* next step, or the step that waits */
    uint16_t copy; /* instance of the service */
    uint16_t flags;
    uint8_t operation;
    uint8_t zone;
    uint8_t priority;
    uint8_t state;  /* enum frame_state */
    uint8_t answer; /* enum outcome */
    uint8_t block;  /* the block's own state of the frame; 0 when new */
};
_Static_assert(sizeof(struct frame) == 64, "a cache line");

/* The rest of a frame; its step fields hold from call_begin on if the call has steps. */
struct frame_more {
    union {
        int64_t deadline_ns; /* work past it is refused */
        struct {             /* of a call that works off what a source has delivered */
            uint32_t delivery, rounds;
        };
    };
    float size_bytes;
    uint32_t limit; /* event: the end of the time that its service allows */
    union {
        int64_t backoff_ns; /* CALL: the previous wait (decorrelated jitter) */
        int64_t whole_ns; /* HELD: the block's: all of the work that is being done, for a restart */
        struct {
            uint16_t wanted; /* GROUP of parallel branches: successes still needed */
            uint16_t spare;  /* failures until there cannot be so many */
        };
    };
    uint32_t attempt; /* of the present step: 0 not begun */
    uint32_t repeats; /* of the present step, left after this one */
};
_Static_assert(sizeof(struct frame) + sizeof(struct frame_more) <= 96,
               "a call in flight is 96 bytes");

struct frames {
    struct frame *base; /* reserved for `limit` frames */
    struct frame_more *more;
    uint32_t count; /* slots ever used */
    uint32_t free;  /* head of the free list */
    uint32_t live, live_max;
    uint32_t limit;
};

void frames_init(struct frames *frames, uint32_t limit);
void frames_done(struct frames *frames);

static inline struct frame *frame_at(const struct frames *frames, uint32_t slot)
{
    return &frames->base[slot];
}

static inline struct frame_more *frame_more(const struct frames *frames, const struct frame *frame)
{
    return &frames->more[frame - frames->base];
}

static inline uint32_t frame_slot(const struct frames *frames, const struct frame *frame)
{
    return (uint32_t)(frame - frames->base);
}

/* A frame with all links empty and a generation of its own; null when the limit is reached. */
static inline struct frame *frame_new(struct frames *frames)
{
    uint32_t slot = frames->free;
    struct frame *frame;
    if (slot != FRAME_NONE) {
        frame = &frames->base[slot];
        frames->free = frame->next;
    } else if (frames->count < frames->limit) {
        frame = &frames->base[frames->count++];
    } else {
        return NULL;
    }
    if (++frames->live > frames->live_max) {
        frames->live_max = frames->live;
    }
    uint32_t generation = frame->generation;
    *frame = (struct frame){
        .generation = generation,
        .parent = FRAME_NONE,
        .next = FRAME_NONE,
        .previous = FRAME_NONE,
        .event = UINT32_MAX,
        .timeout = UINT32_MAX,
    };
    return frame;
}

static inline void frame_free(struct frames *frames, struct frame *frame)
{
    frame->generation++;
    frame->state = FRAME_FREE;
    frame->next = frames->free;
    frames->free = frame_slot(frames, frame);
    frames->live--;
}

#endif
