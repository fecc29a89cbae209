#include "sim/blocks/host.h"

/* frame.block */
enum host_place {
    HOST_OUT,     /* not here, or not any more */
    HOST_WAITING, /* in line for a place */
    HOST_WORKING, /* inside, with a share */
    HOST_HOLDING, /* inside, without */
};

void host_init(struct host *host, const struct host_setup *setup)
{
    *host = (struct host){
        .core = setup->core,
        .load = setup->load,
        .places_count = setup->places_count,
        .backlog_count = setup->backlog_count,
    };
    sharing_init(&host->sharing, &(struct sharing_setup){
                                     .core = setup->core,
                                     .load = setup->load,
                                     .arena = setup->arena,
                                     .processors = setup->processors,
                                     .step = setup->step,
                                     .timer = setup->timer,
                                     .service = setup->service,
                                 });
}

static void host_hold(struct host *host, struct frame *f)
{
    f->block = HOST_HOLDING;
    line_join(&host->holding, host->core, f);
    core_go(host->core, f);
}

/* f, inside, works for f->work_ns. */
static void host_work(struct host *host, struct frame *f)
{
    if (f->work_ns == 0) {
        host_hold(host, f);
        return;
    }
    f->block = HOST_WORKING;
    f->state = FRAME_HELD;
    sharing_join(&host->sharing, f);
}

static void host_admit(struct host *host, struct frame *f)
{
    host->inside++;
    load_serve(host->load, host->core, f);
    host_work(host, f);
}

static void host_unwait(struct host *host, struct frame *f)
{
    f->block = HOST_OUT;
    line_leave(&host->waiting, host->core, f);
    gauge_add(&host->load->queue, -1, core_now(host->core));
}

/* The free places go to the first in line; who comes to its turn too late ends unserved, and who is
 * being withdrawn at this instant just goes. */
static void host_fill(struct host *host)
{
    struct frame *f;
    while (host->inside < host->places_count &&
           (f = load_next(host->load, host->core, &host->waiting)) != NULL) {
        host_admit(host, f);
    }
}

bool host_enter(struct host *host, struct frame *f)
{
    if (host->inside < host->places_count) {
        host_admit(host, f);
        return true;
    }
    if (host->waiting.count >= host->backlog_count) {
        return false;
    }
    f->block = HOST_WAITING;
    f->state = FRAME_HELD;
    line_join(&host->waiting, host->core, f);
    gauge_add(&host->load->queue, 1, core_now(host->core));
    return true;
}

void host_resume(struct host *host, struct frame *f)
{
    assert_hot(f->block == HOST_HOLDING);
    line_leave(&host->holding, host->core, f);
    host_work(host, f);
}

void host_leave(struct host *host, struct frame *f)
{
    switch ((enum host_place)f->block) {
    case HOST_OUT:
        return;
    case HOST_WAITING:
        host_unwait(host, f);
        return;
    case HOST_WORKING:
        sharing_leave(&host->sharing, f);
        break;
    case HOST_HOLDING:
        line_leave(&host->holding, host->core, f);
        break;
    }
    f->block = HOST_OUT;
    host->inside--;
    host_fill(host);
}

/* Those whose work has ended at this instant go on. */
static void host_end_work(struct host *host)
{
    struct frame *f;
    while ((f = sharing_ended(&host->sharing)) != NULL) {
        host_hold(host, f);
    }
}

void host_due(struct host *host)
{
    sharing_fired(&host->sharing);
    host_end_work(host);
}

void host_resize(struct host *host, double processors)
{
    host_end_work(host);
    sharing_resize(&host->sharing, processors);
}

void host_set_places(struct host *host, uint32_t places_count)
{
    host->places_count = places_count;
    host_fill(host);
}

double host_worked_ns(const struct host *host)
{
    return sharing_worked_ns(&host->sharing);
}

struct frame *host_any(const struct host *host)
{
    if (host->waiting.count > 0) {
        return line_head(&host->waiting, host->core);
    }
    return host->holding.count > 0 ? line_head(&host->holding, host->core)
                                   : sharing_any(&host->sharing);
}

static struct frame *host_find_in(const struct host *host, const struct line *line,
                                  bool (*is)(const void *context, const struct frame *f),
                                  const void *context)
{
    struct frame *f = line_head(line, host->core);
    while (f != NULL && !is(context, f)) {
        f = f->next != FRAME_NONE ? core_frame(host->core, f->next) : NULL;
    }
    return f;
}

struct frame *host_find(const struct host *host,
                        bool (*is)(const void *context, const struct frame *f), const void *context)
{
    struct frame *f = host_find_in(host, &host->waiting, is, context);
    f = f != NULL ? f : host_find_in(host, &host->holding, is, context);
    for (uint32_t i = 0; f == NULL && i < host->sharing.count; i++) {
        struct frame *job = core_frame(host->core, host->sharing.jobs[i].slot);
        f = is(context, job) ? job : NULL;
    }
    return f;
}
