/* experiment: the replications of one scenario: a warm-up, worlds side by side on threads, and,
 * under `replications: auto`, looks at 5, 10, 20 and 30 of them until every promise is settled.
 * Whatever the number of threads, replications are taken and judged in index order, so results
 * are the same. Each look is judged at 98.75 %, so that all four hold together with 95 %
 * (Bonferroni). */
#ifndef ARCHSIM_ENGINE_EXPERIMENT_H
#define ARCHSIM_ENGINE_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "models/model.h"
#include "sim/engine/world.h"
#include "sim/kernel/arena.h"
#include "sim/scenario/scenario.h"

#define EXPERIMENT_CONFIDENCE 0.95

/* Progress of all workers, read by another thread now and then. */
struct experiment_progress {
    _Atomic int64_t span_ns;        /* inside time that one replication takes, its drain left out */
    _Atomic uint32_t done, planned; /* replications; the pilot is one of its own */
    _Atomic uint64_t events;        /* of the replications that are done */
    struct world_progress *worlds;  /* one per job */
    uint32_t jobs;
};

struct experiment_setup {
    const struct scenario *scenario;
    const struct model *const *models; /* of type i */
    double load;          /* judges the promises of this `at_load`, under that traffic */
    uint32_t jobs;        /* threads, at least 1 */
    uint32_t spans_count; /* of the first replication: see world_setup */
    struct experiment_progress *progress; /* may be null */
    const _Atomic bool *stop;             /* may be null */
};

struct experiment {
    const struct scenario *scenario; /* as it ran: at `load` times the traffic */
    double load;
    double confidence; /* at which promises are judged */
    int64_t warmup_ns;
    bool warmup_unclear;
    struct replication *replications;
    uint32_t count;
    enum world_end end;   /* WORLD_DONE, or what stopped it */
    uint16_t culprit;     /* service index, where something stopped it */
    struct arena arena;   /* of the scaled scenario */
    struct arena *arenas; /* one per replication */
};

/* Runs to the end, or until a world fails or is interrupted; returns `end`. `experiment` is
 * overwritten; free it with experiment_done in either case. */
enum world_end experiment_run(const struct experiment_setup *setup, struct experiment *experiment);
void experiment_done(struct experiment *experiment);

/* True if that promise of the scenario is one that this experiment judges. */
static inline bool experiment_judges(const struct experiment *experiment,
                                     const struct promise *promise)
{
    return promise->at_load == experiment->load;
}

#endif
