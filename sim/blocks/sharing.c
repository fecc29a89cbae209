#include "sim/blocks/sharing.h"

#include <math.h>
#include <string.h>

enum { SHARING_CAPACITY_FIRST = 8 };

/* Up to here (18 minutes) a double resolves 2^-12 ns; beyond it V starts again from 0. */
#define SHARING_VIRTUAL_MAX_NS 0x1p40
/* No end lies further away than 73 years: an event then only looks again. */
#define SHARING_DELAY_MAX_NS 0x1p61

void sharing_init(struct sharing *sharing, struct core *core, struct load *load,
                  struct arena *arena, uint32_t processors_count, uint16_t service, uint32_t timer)
{
    *sharing = (struct sharing){
        .core = core,
        .load = load,
        .arena = arena,
        .processors_count = processors_count,
        .event = EVENT_NONE,
        .timer = timer,
        .service = service,
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
    } else if (sharing->count <= sharing->processors_count) {
        sharing->virtual_ns += passed_ns;
    } else {
        sharing->virtual_ns += passed_ns * sharing->processors_count / sharing->count;
    }
    if (sharing->virtual_ns > SHARING_VIRTUAL_MAX_NS) {
        sharing_restart(sharing);
    }
}

/* Real time until the next end, at the present rate; a little below 0 after a correction. */
static double sharing_delay(const struct sharing *sharing)
{
    const double left_ns = sharing->jobs[0].tag_ns - sharing->virtual_ns;
    if (sharing->count <= sharing->processors_count) {
        return left_ns;
    }
    return sharing->processors_count > 0 ? left_ns * sharing->count / sharing->processors_count
                                         : SHARING_DELAY_MAX_NS;
}

/* An event that comes too early does no harm: it looks again. So only an end that has moved forward
 * costs a new one. */
static void sharing_schedule(struct sharing *sharing)
{
    if (sharing->count == 0 || sharing->processors_count == 0) {
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
    const uint32_t busy =
        sharing->count < sharing->processors_count ? sharing->count : sharing->processors_count;
    if (busy != sharing->busy) {
        gauge_add(&sharing->load->busy, (int64_t)busy - sharing->busy, core_now(sharing->core));
        sharing->busy = busy;
    }
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

void sharing_resize(struct sharing *sharing, uint32_t processors_count)
{
    sharing_advance(sharing);
    sharing->processors_count = processors_count;
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
    /* The exact end lies up to half a nanosecond away, during which the others (if they fill the
     * processors) shared with one too many or too few: V moves by excess / (k - 1), as it would
     * have been had the rate changed at the exact end. */
    const double excess_ns = sharing->virtual_ns - sharing->jobs[0].tag_ns;
    struct frame *frame = core_frame(sharing->core, sharing->jobs[0].slot);
    sharing_remove(sharing, 0);
    if (sharing->count > 0 && sharing->count >= sharing->processors_count) {
        sharing->virtual_ns += excess_ns / sharing->count;
    }
    return frame;
}
