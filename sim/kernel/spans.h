/* spans: what single requests do, call by call: the sample of them that `--trace` writes. Each
 * request is a trace: its root span is the client's, under it one span for each call. A span is
 * bound to the slot of its frame. All requests of the window are followed to their end; kept are a
 * uniform sample (a reservoir) and the slowest. It draws from a random stream of its own: results
 * are the same with and without it. A call that a queue delivers later is no part of the request
 * that put it there. */
#ifndef ARCHSIM_KERNEL_SPANS_H
#define ARCHSIM_KERNEL_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

#define SPAN_NONE UINT32_MAX
#define SPAN_NEVER INT64_MIN      /* a time that did not come */
enum { SPANS_TRACE_MAX = 10000 }; /* of one trace: more than viewers show; the rest is counted */

enum span_kind { SPAN_REQUEST, SPAN_CALL, SPAN_ASYNC };

/* Of a part of a call that a model names: a cold start. */
struct span_phase {
    const char *name; /* a literal; null: there was none */
    int64_t begin_ns, end_ns;
};

struct span {
    int64_t begin_ns;
    int64_t served_ns;   /* it waited until then; SPAN_NEVER: it was not served */
    int64_t worked_ns;   /* its own first work was done; SPAN_NEVER: it was not */
    int64_t end_ns;      /* SPAN_NEVER: it had not ended when the run did */
    int64_t given_up_ns; /* its caller waits no longer; SPAN_NEVER: it did */
    struct span_phase phase;
    uint32_t trace;
    uint32_t parent; /* in the pool of spans; of a copy: index in its trace; SPAN_NONE: the root */
    uint32_t next;   /* in its trace, or free */
    uint16_t edge;   /* through which it was called */
    uint16_t copy;
    uint8_t zone;    /* where it ran; of no meaning from ZONES_MAX on */
    uint8_t kind;    /* enum span_kind */
    uint8_t outcome; /* enum outcome; holds once it has ended */
};

/* How a call ended, and where it ran. */
struct span_end {
    uint16_t copy;
    uint8_t zone, outcome;
};

struct span_trace {
    int64_t begin_ns, duration_ns;
    uint64_t number; /* of the request among those of the window, from 0 */
    uint32_t first, last, count;
    uint32_t open;      /* spans that have not ended, and branches */
    uint32_t left_out;  /* calls beyond SPANS_TRACE_MAX, as far as known: what they call is not */
    uint32_t next_free; /* traces */
    bool sampled, slow; /* why it is kept */
    bool over;          /* the request has ended */
};

struct spans_setup {
    struct random random;
    uint32_t sample_count, slow_count; /* kept: so many of each kind at most */
    uint32_t spans_max;                /* at once; requests beyond are not followed */
};

struct spans {
    struct spans_setup setup;
    struct span *pool;
    struct span_trace *traces;
    uint32_t *bound; /* of each slot: its span */
    uint32_t pool_count, pool_capacity, pool_free;
    uint32_t traces_count, traces_capacity, traces_free;
    uint32_t bound_capacity;
    uint32_t *sample, *slow; /* traces that are kept; slow: a heap, the fastest first */
    uint32_t sample_count, slow_count;
    uint32_t live; /* spans that are not free */
    uint64_t seen; /* traces that are over */
    uint64_t not_followed;
    uint64_t started;
};

/* A copy of the traces that were kept, in the order in which they began. */
struct span_log {
    struct span_log_trace {
        const struct span *spans; /* the root first; each after its parent */
        uint64_t number;
        uint32_t count, left_out;
        bool slow; /* one of the slowest; else of the sample only */
    } * traces;
    uint32_t count;
    uint64_t not_followed; /* requests: there were too many at once */
    int64_t end_ns;        /* when the run was over: so long goes what had not ended */
};

struct spans *spans_new(const struct spans_setup *setup);
void spans_free(struct spans *spans);

/* A request begins; its frame in that slot stands for the client, or (spans_call follows) is the
 * first call itself. Times are those of the clock inside. */
void spans_request(struct spans *spans, uint32_t slot, uint16_t edge, int64_t now_ns);
/* A call in a new slot, made by what stands in `parent` (FRAME_NONE: nobody who is traced). */
void spans_call(struct spans *spans, uint32_t slot, uint32_t parent, uint16_t edge, int64_t now_ns);
/* Nobody waits for the call in that slot. */
void spans_async(struct spans *spans, uint32_t slot);
/* A branch stands for its call, which it may outlive: its trace is open until it leaves. */
void spans_branch(struct spans *spans, uint32_t slot, uint32_t parent);
void spans_leave(struct spans *spans, uint32_t slot);
/* Of the call in that slot, if it is traced; each the first time only. Its first call of another
 * ends its own first work, too. */
void spans_served(struct spans *spans, uint32_t slot, int64_t now_ns);
void spans_worked(struct spans *spans, uint32_t slot, int64_t now_ns);
void spans_phase(struct spans *spans, uint32_t slot, const struct span_phase *phase);
void spans_given_up(struct spans *spans, uint32_t slot, int64_t now_ns);
void spans_end(struct spans *spans, uint32_t slot, const struct span_end *end, int64_t now_ns);
/* The request of that slot is over for its client. */
void spans_finish(struct spans *spans, uint32_t slot, uint8_t outcome, int64_t now_ns);

/* The run is over: what was kept, and what is still under way as it is. Lives in the arena. */
void spans_collect(struct spans *spans, struct arena *arena, int64_t now_ns, struct span_log *log);

#endif
