#include "sim/blocks/sharing.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { SHARING_CAPACITY_FIRST = 8 };

/* Up to here (18 minutes) a double resolves 2^-12 ns; beyond it V starts again from 0. */
#define SHARING_VIRTUAL_MAX_NS 0x1p40
/* No end lies further away than 73 years: an event then only looks again. */
#define SHARING_DELAY_MAX_NS 0x1p61

void sharing_init(struct sharing *sharing, const struct sharing_setup *setup)
{
    assert(setup->processors >= 0 && setup->step > 0);
    *sharing = (struct sharing){
        .core = setup->core,
        .load = setup->load,
        .arena = setup->arena,
        .processors = setup->processors,
        .steps = 1 / setup->step,
        .working_ns = core_now(setup->core),
        .event = EVENT_NONE,
        .timer = setup->timer,
        .service = setup->service,
    };
}

/* ---- the heap of tags ---- */

static inline bool sharing_before(const struct sharing_job *a, const struct sharing_job *b)
{
    return a->tag_ns < b->tag_ns || (a->tag_ns == b->tag_ns && (int32_t)(a->order - b->order) < 0);
}

static inline void sharing_put(struct sharing *sharing, uint32_t place, struct sharing_job job)
{
    sharing->jobs[place] = job;
    core_frame(sharing->core, job.slot)->next = place;
}

/* The job finds its place from a free one: up, or else down. */
static void sharing_settle(struct sharing *sharing, uint32_t place, struct sharing_job job)
{
    while (place > 0 && sharing_before(&job, &sharing->jobs[(place - 1) / 2])) {
        sharing_put(sharing, place, sharing->jobs[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (uint32_t child = 2 * place + 1; child < sharing->count; child = 2 * place + 1) {
        child += child + 1 < sharing->count &&
                 sharing_before(&sharing->jobs[child + 1], &sharing->jobs[child]);
        if (sharing_before(&job, &sharing->jobs[child])) {
            break;
        }
        sharing_put(sharing, place, sharing->jobs[child]);
        place = child;
    }
    sharing_put(sharing, place, job);
}

static void sharing_remove(struct sharing *sharing, uint32_t place)
{
    const struct sharing_job last = sharing->jobs[--sharing->count];
    if (place < sharing->count) {
        sharing_settle(sharing, place, last);
    }
}

/* The old array stays in the arena until the world ends. */
static void sharing_grow(struct sharing *sharing)
{
    const uint32_t capacity = sharing->capacity ? sharing->capacity * 2 : SHARING_CAPACITY_FIRST;
    struct sharing_job *jobs = arena_array(sharing->arena, capacity, sizeof(*jobs));
    if (sharing->count > 0) {
        memcpy(jobs, sharing->jobs, sharing->count * sizeof(*jobs));
    }
    sharing->jobs = jobs;
    sharing->capacity = capacity;
}

/* ---- virtual time ---- */

static void sharing_restart(struct sharing *sharing)
{
    for (uint32_t i = 0; i < sharing->count; i++) {
        sharing->jobs[i].tag_ns -= sharing->virtual_ns;
    }
    sharing->virtual_ns = 0;
}

/* V at this instant. */
static void sharing_advance(struct sharing *sharing)
{
    const int64_t now_ns = core_now(sharing->core);
    const double passed_ns = (double)(now_ns - sharing->at_ns);
    sharing->at_ns = now_ns;
    if (sharing->count == 0) {
        sharing->virtual_ns = 0;
    } else if (sharing->count <= sharing->processors) {
        sharing->virtual_ns += passed_ns;
    } else {
        sharing->virtual_ns += passed_ns * sharing->processors / sharing->count;
    }
    if (sharing->virtual_ns > SHARING_VIRTUAL_MAX_NS) {
        sharing_restart(sharing);
    }
}

/* Real time until the next end, at the present rate; a little below 0 after a correction. */
static double sharing_delay(const struct sharing *sharing)
{
    const double left_ns = sharing->jobs[0].tag_ns - sharing->virtual_ns;
    if (sharing->count <= sharing->processors) {
        return left_ns;
    }
    return sharing->processors > 0 ? left_ns * sharing->count / sharing->processors
                                   : SHARING_DELAY_MAX_NS;
}

/* An event that comes too early does no harm: it looks again. So only an end that has moved forward
 * costs a new one. */
static void sharing_schedule(struct sharing *sharing)
{
    if (sharing->count == 0 || sharing->processors == 0) {
        if (sharing->event != EVENT_NONE) {
            events_cancel(&sharing->core->events, sharing->event);
            sharing->event = EVENT_NONE;
        }
        return;
    }
    double delay_ns = sharing_delay(sharing);
    delay_ns = delay_ns < SHARING_DELAY_MAX_NS ? delay_ns : SHARING_DELAY_MAX_NS;
    const int64_t due_ns = core_now(sharing->core) + (delay_ns > 0 ? lrint(delay_ns) : 0);
    if (sharing->event != EVENT_NONE) {
        if (sharing->due_ns <= due_ns) {
            return;
        }
        events_cancel(&sharing->core->events, sharing->event);
    }
    sharing->event =
        events_at(&sharing->core->events, due_ns, EVENT_SERVICE, sharing->service, sharing->timer);
    sharing->due_ns = due_ns;
}

static void sharing_note_busy(struct sharing *sharing)
{
    const double working =
        sharing->count < sharing->processors ? sharing->count : sharing->processors;
    if (working == sharing->working) {
        return;
    }
    const int64_t now_ns = core_now(sharing->core);
    const int64_t busy = lrint(working * sharing->steps);
    gauge_add(&sharing->load->busy, busy - sharing->busy, now_ns);
    sharing->busy = busy;
    sharing->worked_ns = sharing_worked_ns(sharing);
    sharing->working = working;
    sharing->working_ns = now_ns;
}

double sharing_worked_ns(const struct sharing *sharing)
{
    return sharing->worked_ns +
           sharing->working * (double)(core_now(sharing->core) - sharing->working_ns);
}

/* ---- requests come and go ---- */

void sharing_join(struct sharing *sharing, struct frame *frame)
{
    assert_hot(frame->work_ns > 0);
    sharing_advance(sharing);
    if (sharing->count == sharing->capacity) {
        sharing_grow(sharing);
    }
    sharing_settle(sharing, sharing->count++,
                   (struct sharing_job){
                       .tag_ns = sharing->virtual_ns + (double)frame->work_ns,
                       .order = sharing->order++,
                       .slot = core_slot(sharing->core, frame),
                   });
    sharing_note_busy(sharing);
    if (frame->next == 0) {
        sharing_schedule(sharing);
    }
}

void sharing_leave(struct sharing *sharing, struct frame *frame)
{
    assert_hot(sharing->jobs[frame->next].slot == core_slot(sharing->core, frame));
    sharing_advance(sharing);
    sharing_remove(sharing, frame->next);
    sharing_note_busy(sharing);
    sharing_schedule(sharing);
}

void sharing_resize(struct sharing *sharing, double processors)
{
    sharing_advance(sharing);
    sharing->processors = processors;
    sharing_note_busy(sharing);
    sharing_schedule(sharing);
}

void sharing_fired(struct sharing *sharing)
{
    sharing->event = EVENT_NONE;
}

struct frame *sharing_ended(struct sharing *sharing)
{
    sharing_advance(sharing);
    if (sharing->count == 0 || sharing_delay(sharing) > 0.5) {
        sharing_note_busy(sharing);
        sharing_schedule(sharing);
        return NULL;
    }
    /* The exact end lies up to half a nanosecond away. Of that time the others have had a share of
     * n / k, where 1 or n / (k - 1), what is less, was due: V moves by the difference. */
    const double excess_ns = sharing->virtual_ns - sharing->jobs[0].tag_ns;
    struct frame *frame = core_frame(sharing->core, sharing->jobs[0].slot);
    sharing_remove(sharing, 0);
    if (sharing->count >= sharing->processors) {
        sharing->virtual_ns += sharing->count > 0 ? excess_ns / sharing->count : 0;
    } else if (sharing->count + 1 > sharing->processors) {
        sharing->virtual_ns += excess_ns * ((sharing->count + 1) / sharing->processors - 1);
    }
    return frame;
}
