/* delay: work without a queue.
 * Every request starts at once and takes its own work: an infinite server (M/G/inf under Poisson
 * arrivals), for a network's latency, an outside system that never fills up, a client's own time.
 * `busy` is how many are here.
 * Left out: any limit. */
#include "models/model.h"

static void delay_start(struct world *w, struct service *s)
{
    (void)w;
    s->load.unlimited = true;
}

static void delay_arrive(struct world *w, struct service *s, struct frame *f)
{
    gauge_add(&s->load.busy, 1, core_now(s->core));
    call_work(w, f);
}

static void delay_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    (void)f;
    gauge_add(&s->load.busy, -1, core_now(s->core));
}

const struct model delay_model = {
    .info =
        {
            .name = "delay",
            .title = "work without a queue",
            .text = "Every request starts at once and takes its own work, however many are there: "
                    "an infinite server. There is no limit and nothing to wait for.",
            .takes_work = true,
            .takes_operations = true,
            .copyable = true,
            .work_help = "time that passes, without any resource in use",
        },
    .start = delay_start,
    .arrive = delay_arrive,
    .finish = delay_finish,
};
