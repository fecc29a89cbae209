/* spans: pools of spans and traces with free lists; a trace that nobody keeps gives its own back.
 */
#include "sim/kernel/spans.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SPANS_FIRST = 256 };

struct spans *spans_new(const struct spans_setup *setup)
{
    struct spans *spans = memory_resize(NULL, 1, sizeof(*spans));
    *spans = (struct spans){
        .setup = *setup,
        .pool_free = SPAN_NONE,
        .traces_free = SPAN_NONE,
        .sample = memory_resize(NULL, setup->sample_count, sizeof(uint32_t)),
        .slow = memory_resize(NULL, setup->slow_count, sizeof(uint32_t)),
    };
    return spans;
}

void spans_free(struct spans *spans)
{
    if (spans == NULL) {
        return;
    }
    free(spans->pool);
    free(spans->traces);
    free(spans->bound);
    free(spans->sample);
    free(spans->slow);
    free(spans);
}

/* ---- pools ---- */

static void spans_bind(struct spans *spans, uint32_t slot, uint32_t span)
{
    const uint32_t before = spans->bound_capacity;
    if (slot >= before) {
        uint32_t capacity = before > 0 ? before : SPANS_FIRST;
        while (capacity <= slot) {
            capacity *= 2;
        }
        spans->bound = memory_resize(spans->bound, capacity, sizeof(*spans->bound));
        for (uint32_t i = before; i < capacity; i++) {
            spans->bound[i] = SPAN_NONE;
        }
        spans->bound_capacity = capacity;
    }
    spans->bound[slot] = span;
}

static uint32_t spans_bound(const struct spans *spans, uint32_t slot)
{
    return slot < spans->bound_capacity ? spans->bound[slot] : SPAN_NONE;
}

static uint32_t spans_trace(struct spans *spans, int64_t now_ns)
{
    uint32_t index = spans->traces_free;
    if (index != SPAN_NONE) {
        spans->traces_free = spans->traces[index].next_free;
    } else {
        if (spans->traces_count == spans->traces_capacity) {
            spans->traces_capacity =
                spans->traces_capacity > 0 ? 2 * spans->traces_capacity : SPANS_FIRST;
            spans->traces =
                memory_resize(spans->traces, spans->traces_capacity, sizeof(*spans->traces));
        }
        index = spans->traces_count++;
    }
    spans->traces[index] = (struct span_trace){
        .begin_ns = now_ns, .number = spans->started++, .first = SPAN_NONE, .last = SPAN_NONE};
    return index;
}

static uint32_t spans_add(struct spans *spans, uint32_t trace, const struct span *span)
{
    uint32_t index = spans->pool_free;
    if (index != SPAN_NONE) {
        spans->pool_free = spans->pool[index].next;
    } else {
        if (spans->pool_count == spans->pool_capacity) {
            spans->pool_capacity =
                spans->pool_capacity > 0 ? 2 * spans->pool_capacity : SPANS_FIRST;
            spans->pool = memory_resize(spans->pool, spans->pool_capacity, sizeof(*spans->pool));
        }
        index = spans->pool_count++;
    }
    struct span_trace *of = &spans->traces[trace];
    spans->pool[index] = *span;
    spans->pool[index].trace = trace;
    spans->pool[index].next = SPAN_NONE;
    if (of->first == SPAN_NONE) {
        of->first = index;
    } else {
        spans->pool[of->last].next = index;
    }
    of->last = index;
    of->count++;
    of->open++;
    spans->live++;
    return index;
}

static void spans_drop(struct spans *spans, uint32_t trace)
{
    struct span_trace *of = &spans->traces[trace];
    if (of->first != SPAN_NONE) {
        spans->pool[of->last].next = spans->pool_free;
        spans->pool_free = of->first;
    }
    spans->live -= of->count;
    of->first = SPAN_NONE;
    of->next_free = spans->traces_free;
    spans->traces_free = trace;
}

/* ---- which traces are kept ---- */

static void spans_release(struct spans *spans, uint32_t trace)
{
    if (!spans->traces[trace].sampled && !spans->traces[trace].slow) {
        spans_drop(spans, trace);
    }
}

/* Each of those seen so far is in it with the same probability. */
static void spans_sample(struct spans *spans, uint32_t trace)
{
    uint32_t place = spans->sample_count;
    if (place < spans->setup.sample_count) {
        spans->sample_count++;
    } else if (place > 0) {
        const uint64_t drawn =
            (uint64_t)(random_uniform(&spans->setup.random) * (double)spans->seen);
        if (drawn >= place) {
            return;
        }
        place = (uint32_t)drawn;
        spans->traces[spans->sample[place]].sampled = false;
        spans_release(spans, spans->sample[place]);
    } else {
        return;
    }
    spans->sample[place] = trace;
    spans->traces[trace].sampled = true;
}

static bool spans_faster(const struct spans *spans, uint32_t a, uint32_t b)
{
    return spans->traces[a].duration_ns < spans->traces[b].duration_ns;
}

static void spans_sift(struct spans *spans, uint32_t i)
{
    for (;;) {
        uint32_t least = i;
        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < spans->slow_count; child++) {
            if (spans_faster(spans, spans->slow[child], spans->slow[least])) {
                least = child;
            }
        }
        if (least == i) {
            return;
        }
        const uint32_t moved = spans->slow[i];
        spans->slow[i] = spans->slow[least];
        spans->slow[least] = moved;
        i = least;
    }
}

static void spans_slowest(struct spans *spans, uint32_t trace)
{
    if (spans->slow_count < spans->setup.slow_count) {
        uint32_t i = spans->slow_count++;
        for (; i > 0 && spans_faster(spans, trace, spans->slow[(i - 1) / 2]); i = (i - 1) / 2) {
            spans->slow[i] = spans->slow[(i - 1) / 2];
        }
        spans->slow[i] = trace;
        spans->traces[trace].slow = true;
        return;
    }
    if (spans->slow_count == 0 || !spans_faster(spans, spans->slow[0], trace)) {
        return;
    }
    spans->traces[spans->slow[0]].slow = false;
    spans_release(spans, spans->slow[0]);
    spans->slow[0] = trace;
    spans->traces[trace].slow = true;
    spans_sift(spans, 0);
}

/* The last of its spans has ended. */
static void spans_decide(struct spans *spans, uint32_t trace)
{
    spans->seen++;
    spans_sample(spans, trace);
    spans_slowest(spans, trace);
    spans_release(spans, trace);
}

/* ---- what happens ---- */

/* The first time only. */
static void spans_mark(int64_t *time_ns, int64_t now_ns)
{
    *time_ns = *time_ns == SPAN_NEVER ? now_ns : *time_ns;
}

static const struct span spans_empty = {
    .served_ns = SPAN_NEVER,
    .worked_ns = SPAN_NEVER,
    .end_ns = SPAN_NEVER,
    .given_up_ns = SPAN_NEVER,
    .parent = SPAN_NONE,
    .zone = UINT8_MAX,
};

void spans_request(struct spans *spans, uint32_t slot, uint16_t edge, int64_t now_ns)
{
    if (spans->live >= spans->setup.spans_max) {
        spans->not_followed++;
        spans->started++;
        spans_bind(spans, slot, SPAN_NONE);
        return;
    }
    struct span span = spans_empty;
    span.begin_ns = now_ns;
    span.edge = edge;
    span.kind = SPAN_REQUEST;
    spans_bind(spans, slot, spans_add(spans, spans_trace(spans, now_ns), &span));
}

void spans_call(struct spans *spans, uint32_t slot, uint32_t parent, uint16_t edge, int64_t now_ns)
{
    const uint32_t above = spans_bound(spans, parent);
    if (above == SPAN_NONE) {
        spans_bind(spans, slot, SPAN_NONE);
        return;
    }
    struct span_trace *trace = &spans->traces[spans->pool[above].trace];
    if (trace->count == SPANS_TRACE_MAX || spans->live >= spans->setup.spans_max) {
        trace->left_out++;
        spans_bind(spans, slot, SPAN_NONE);
        return;
    }
    spans_mark(&spans->pool[above].worked_ns, now_ns);
    struct span span = spans_empty;
    span.begin_ns = now_ns;
    span.edge = edge;
    span.parent = above;
    span.kind = SPAN_CALL;
    spans_bind(spans, slot, spans_add(spans, spans->pool[above].trace, &span));
}

void spans_async(struct spans *spans, uint32_t slot)
{
    const uint32_t span = spans_bound(spans, slot);
    if (span != SPAN_NONE) {
        spans->pool[span].kind = SPAN_ASYNC;
    }
}

void spans_branch(struct spans *spans, uint32_t slot, uint32_t parent)
{
    const uint32_t span = spans_bound(spans, parent);
    spans_bind(spans, slot, span);
    if (span != SPAN_NONE) {
        spans->traces[spans->pool[span].trace].open++;
    }
}

void spans_leave(struct spans *spans, uint32_t slot)
{
    const uint32_t span = spans_bound(spans, slot);
    if (span != SPAN_NONE) {
        const uint32_t trace = spans->pool[span].trace;
        spans_bind(spans, slot, SPAN_NONE);
        if (--spans->traces[trace].open == 0) {
            spans_decide(spans, trace);
        }
    }
}

void spans_served(struct spans *spans, uint32_t slot, int64_t now_ns)
{
    const uint32_t span = spans_bound(spans, slot);
    if (span != SPAN_NONE) {
        spans_mark(&spans->pool[span].served_ns, now_ns);
    }
}

void spans_worked(struct spans *spans, uint32_t slot, int64_t now_ns)
{
    const uint32_t span = spans_bound(spans, slot);
    if (span != SPAN_NONE) {
        spans_mark(&spans->pool[span].worked_ns, now_ns);
    }
}

void spans_given_up(struct spans *spans, uint32_t slot, int64_t now_ns)
{
    const uint32_t span = spans_bound(spans, slot);
    if (span != SPAN_NONE) {
        spans_mark(&spans->pool[span].given_up_ns, now_ns);
    }
}

void spans_phase(struct spans *spans, uint32_t slot, const struct span_phase *phase)
{
    const uint32_t span = spans_bound(spans, slot);
    if (span != SPAN_NONE && spans->pool[span].phase.name == NULL) {
        spans->pool[span].phase = *phase;
    }
}

static void spans_close(struct spans *spans, struct span *span, uint8_t outcome, int64_t now_ns)
{
    struct span_trace *trace = &spans->traces[span->trace];
    if (span->end_ns != SPAN_NEVER) {
        return;
    }
    span->end_ns = now_ns;
    span->outcome = outcome;
    trace->open--;
    if (span->kind == SPAN_REQUEST) {
        trace->duration_ns = now_ns - trace->begin_ns;
        trace->over = true;
    }
}

void spans_end(struct spans *spans, uint32_t slot, const struct span_end *end, int64_t now_ns)
{
    const uint32_t index = spans_bound(spans, slot);
    if (index == SPAN_NONE || spans->pool[index].kind == SPAN_REQUEST) {
        return;
    }
    struct span *span = &spans->pool[index];
    span->copy = end->copy;
    span->zone = end->zone;
    spans_close(spans, span, end->outcome, now_ns);
    if (spans->traces[span->trace].open == 0) {
        spans_bind(spans, slot, SPAN_NONE);
        spans_decide(spans, span->trace);
    }
}

void spans_finish(struct spans *spans, uint32_t slot, uint8_t outcome, int64_t now_ns)
{
    uint32_t index = spans_bound(spans, slot);
    if (index == SPAN_NONE) {
        return;
    }
    while (spans->pool[index].kind != SPAN_REQUEST) {
        index = spans->pool[index].parent;
    }
    struct span *span = &spans->pool[index];
    spans_close(spans, span, outcome, now_ns);
    if (spans->traces[span->trace].open == 0) {
        spans_bind(spans, slot, SPAN_NONE);
        spans_decide(spans, span->trace);
    }
}

/* ---- what is told ---- */

static void spans_copy(const struct spans *spans, const struct span_trace *trace,
                       uint32_t *positions, struct arena *arena, struct span_log_trace *out)
{
    struct span *copy = arena_array(arena, trace->count, sizeof(*copy));
    *out = (struct span_log_trace){.spans = copy,
                                   .number = trace->number,
                                   .count = trace->count,
                                   .left_out = trace->left_out,
                                   .slow = trace->slow};
    uint32_t count = 0;
    for (uint32_t at = trace->first; at != SPAN_NONE; at = spans->pool[at].next) {
        positions[at] = count;
        copy[count] = spans->pool[at];
        if (copy[count].parent != SPAN_NONE) {
            copy[count].parent = positions[copy[count].parent];
        }
        count++;
    }
    assert(count == trace->count);
}

static int spans_compare(const void *a, const void *b)
{
    const struct span_log_trace *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

void spans_collect(struct spans *spans, struct arena *arena, int64_t now_ns, struct span_log *log)
{
    for (uint32_t i = 0; i < spans->traces_count; i++) {
        struct span_trace *trace = &spans->traces[i];
        if (trace->first != SPAN_NONE && trace->open > 0) {
            trace->duration_ns = trace->over ? trace->duration_ns : now_ns - trace->begin_ns;
            spans_decide(spans, i);
        }
    }
    uint32_t *positions = memory_resize(NULL, spans->pool_count + 1u, sizeof(*positions));
    *log = (struct span_log){
        .traces = arena_array(arena, spans->sample_count + spans->slow_count, sizeof(*log->traces)),
        .not_followed = spans->not_followed,
        .end_ns = now_ns,
    };
    for (uint32_t i = 0; i < spans->traces_count; i++) {
        const struct span_trace *trace = &spans->traces[i];
        if (trace->first != SPAN_NONE && (trace->sampled || trace->slow)) {
            spans_copy(spans, trace, positions, arena, &log->traces[log->count++]);
        }
    }
    free(positions);
    qsort(log->traces, log->count, sizeof(*log->traces), spans_compare);
}
