/* experiment: pilot, looks, and a pool of threads that take replications in index order. */
#include "sim/engine/experiment.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sim/engine/scale.h"
#include "sim/engine/verdict.h"
#include "sim/kernel/interval.h"
#include "sim/kernel/mser.h"

enum { EXPERIMENT_LOOKS = 4, EXPERIMENT_PILOT_REQUESTS = 1000000 };
static const uint32_t experiment_looks[EXPERIMENT_LOOKS] = {5, 10, 20, WORLD_REPLICATIONS_AUTO};
/* A replication of its own: the pilot shares no luck with what it prepares. */
#define EXPERIMENT_PILOT UINT32_MAX
#define EXPERIMENT_WARMUP_NS_MAX (INT64_C(10) * 60 * 1000000000)

/* What the workers of one batch of replications share. */
struct experiment_batch {
    const struct experiment_setup *setup;
    struct experiment *experiment;
    uint32_t end;            /* index of the first replication that is not wanted */
    _Atomic uint32_t next;   /* index of the next to take */
    _Atomic uint32_t worker; /* of the next worker */
    _Atomic bool failed;     /* one has failed: take no more */
};

static void experiment_run_one(struct experiment_batch *batch, uint32_t index,
                               struct world_progress *progress)
{
    const struct experiment_setup *setup = batch->setup;
    struct experiment *experiment = batch->experiment;
    struct replication *replication = &experiment->replications[index];
    struct world *world = world_new(&(struct world_setup){
        .scenario = experiment->scenario,
        .models = setup->models,
        .replication = index,
        .spans_count = index == 0 ? setup->spans_count : 0,
        .warmup_ns = experiment->warmup_ns,
        .progress = progress,
        .stop = setup->stop,
    });
    if (world_run(world) == WORLD_DONE) {
        world_collect(world, &experiment->arenas[index], replication);
    } else {
        replication->end = world->end;
        replication->culprit = world->culprit;
        atomic_store(&batch->failed, true);
    }
    if (progress) {
        atomic_fetch_add(&setup->progress->done, 1);
        atomic_fetch_add(&setup->progress->events, world->steps);
        atomic_store(&progress->events, 0);
        atomic_store(&progress->now_ns, 0);
    }
    world_free(world);
}

static void *experiment_work(void *argument)
{
    struct experiment_batch *batch = argument;
    const uint32_t worker = atomic_fetch_add(&batch->worker, 1);
    struct experiment_progress *progress = batch->setup->progress;
    while (!atomic_load(&batch->failed)) {
        const uint32_t index = atomic_fetch_add(&batch->next, 1);
        if (index >= batch->end)
            break;
        experiment_run_one(batch, index, progress ? &progress->worlds[worker] : NULL);
    }
    return NULL;
}

/* Adds replications until there are `count`. All before the first that fails have run, because they
 * are taken in order: which one is reported does not depend on the threads. */
static bool experiment_extend(const struct experiment_setup *setup, struct experiment *experiment,
                              uint32_t count)
{
    const uint32_t start = experiment->count;
    experiment->replications =
        memory_resize(experiment->replications, count, sizeof(*experiment->replications));
    experiment->arenas = memory_resize(experiment->arenas, count, sizeof(*experiment->arenas));
    for (uint32_t i = start; i < count; i++) {
        experiment->replications[i] = (struct replication){.index = i};
        arena_init(&experiment->arenas[i]);
    }
    experiment->count = count;
    if (setup->progress)
        atomic_store(&setup->progress->planned, count);
    struct experiment_batch batch = {.setup = setup, .experiment = experiment, .end = count};
    atomic_init(&batch.next, start);
    const uint32_t wanted = (setup->jobs < count - start ? setup->jobs : count - start) - 1;
    pthread_t *threads = memory_resize(NULL, wanted, sizeof(*threads));
    uint32_t helpers = 0; /* beside this thread; where the system gives fewer, fewer do the work */
    while (helpers < wanted &&
           pthread_create(&threads[helpers], NULL, experiment_work, &batch) == 0)
        helpers++;
    experiment_work(&batch);
    for (uint32_t i = 0; i < helpers; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    for (uint32_t i = start; i < count && experiment->end == WORLD_DONE; i++) {
        experiment->end = experiment->replications[i].end;
        experiment->culprit = experiment->replications[i].culprit;
    }
    return experiment->end == WORLD_DONE;
}

/* From empty, in the traffic of time 0: where the in-flight series has settled. */
static bool experiment_pilot(const struct experiment_setup *setup, struct experiment *experiment)
{
    struct world *world = world_new(&(struct world_setup){
        .scenario = experiment->scenario,
        .models = setup->models,
        .replication = EXPERIMENT_PILOT,
        .requests_max = EXPERIMENT_PILOT_REQUESTS,
        .pilot = true,
        .progress = setup->progress ? &setup->progress->worlds[0] : NULL,
        .stop = setup->stop,
    });
    experiment->end = world_run(world);
    experiment->culprit = world->culprit;
    if (experiment->end == WORLD_DONE) {
        struct arena arena;
        struct replication pilot = {0};
        arena_init(&arena);
        world_collect(world, &arena, &pilot);
        const struct mser cut = mser_cut(pilot.series, pilot.series_count);
        experiment->warmup_ns = (int64_t)((double)cut.cut * pilot.series_step_s * 1e9);
        experiment->warmup_unclear = cut.unclear;
        arena_done(&arena);
    }
    world_free(world);
    return experiment->end == WORLD_DONE;
}

static bool experiment_warm_up(const struct experiment_setup *setup, struct experiment *experiment)
{
    const struct scenario *scenario = experiment->scenario;
    if (setup->progress)
        atomic_store(&setup->progress->span_ns, scenario->duration_ns);
    if (scenario->warmup_ns >= 0) {
        experiment->warmup_ns = scenario->warmup_ns;
    } else if (!scenario->stationary) {
        const int64_t tenth_ns = scenario->duration_ns / 10;
        experiment->warmup_ns =
            tenth_ns < EXPERIMENT_WARMUP_NS_MAX ? tenth_ns : EXPERIMENT_WARMUP_NS_MAX;
    } else if (!experiment_pilot(setup, experiment)) {
        return false;
    }
    if (setup->progress)
        atomic_store(&setup->progress->span_ns, experiment->warmup_ns + scenario->duration_ns);
    return true;
}

static bool experiment_has_promises(const struct experiment *experiment)
{
    for (uint32_t i = 0; i < experiment->scenario->promises_count; i++)
        if (experiment_judges(experiment, &experiment->scenario->promises[i]))
            return true;
    return false;
}

static bool experiment_settled(const struct experiment *experiment)
{
    const struct scenario *scenario = experiment->scenario;
    for (uint32_t i = 0; i < scenario->promises_count; i++) {
        const struct promise *promise = &scenario->promises[i];
        if (experiment_judges(experiment, promise) &&
            !verdict_judge(scenario, promise, experiment->replications, experiment->count,
                           experiment->confidence)
                 .settled)
            return false;
    }
    return true;
}

enum world_end experiment_run(const struct experiment_setup *setup, struct experiment *experiment)
{
    assert(setup->jobs > 0);
    const uint32_t wanted = setup->scenario->replications;
    *experiment = (struct experiment){
        .scenario = setup->scenario,
        .load = setup->load,
        .confidence = EXPERIMENT_CONFIDENCE,
        .end = WORLD_DONE,
    };
    arena_init(&experiment->arena);
    if (setup->load != 1)
        experiment->scenario = scale_traffic(setup->scenario, setup->load, &experiment->arena);
    const bool looks = wanted == 0 && experiment_has_promises(experiment);
    if (looks)
        experiment->confidence = interval_look_confidence(EXPERIMENT_CONFIDENCE, EXPERIMENT_LOOKS);
    if (!experiment_warm_up(setup, experiment))
        return experiment->end;
    if (!looks) {
        experiment_extend(setup, experiment, wanted > 0 ? wanted : experiment_looks[0]);
        return experiment->end;
    }
    for (uint32_t i = 0; i < EXPERIMENT_LOOKS; i++)
        if (!experiment_extend(setup, experiment, experiment_looks[i]) ||
            experiment_settled(experiment))
            break;
    return experiment->end;
}

void experiment_done(struct experiment *experiment)
{
    for (uint32_t i = 0; i < experiment->count; i++)
        arena_done(&experiment->arenas[i]);
    free(experiment->arenas);
    free(experiment->replications);
    arena_done(&experiment->arena);
}
