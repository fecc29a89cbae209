/* simulate: load, then one experiment for the traffic as it is and one for each other `at_load`. */
#include "sim/commands/simulate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/summary.h"
#include "sim/commands/commands.h"
#include "sim/commands/progress.h"
#include "sim/commands/types.h"
#include "sim/engine/scale.h"
#include "sim/engine/trace.h"

/* A replay fails before anything is simulated, not in the middle. */
static bool simulate_check_traces(struct simulation *simulation)
{
    const struct scenario *scenario = simulation->scenario;
    bool good = true;
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        struct trace_info info;
        if (scenario->traffic[i].arrivals == ARRIVALS_TRACE)
            good =
                trace_check(&scenario->traffic[i].trace, scenario->duration_ns + scenario->drain_ns,
                            &info, &simulation->diag) &&
                good;
    }
    return good;
}

int simulate_load(struct simulation *simulation, const char *path, const struct options *options)
{
    *simulation = (struct simulation){.scenario = NULL};
    diag_init(&simulation->diag);
    simulation->scenario = scenario_load(
        &(struct load_request){
            .path = path,
            .types = types_infos,
            .types_count = types_count,
            .overrides = options->overrides,
            .overrides_count = options->overrides_count,
        },
        &simulation->diag);
    if (simulation->scenario && simulate_check_traces(simulation))
        return EXIT_KEPT;
    diag_print(&simulation->diag, stderr, options_style(options, stderr).colour);
    return (int)simulation->diag.exit_code;
}

static bool simulate_has_load(const struct simulation *simulation, double load)
{
    for (uint32_t i = 0; i < simulation->experiments_count; i++)
        if (simulation->experiments[i].load == load)
            return true;
    return false;
}

static int simulate_fail(struct simulation *simulation)
{
    const struct experiment *experiment =
        &simulation->experiments[simulation->experiments_count - 1];
    const struct scenario *scenario = experiment->scenario;
    struct arena *arena = &simulation->diag.arena;
    const char *culprit = scenario->services[experiment->culprit].name;
    const char *load = experiment->load == 1
                           ? ""
                           : arena_printf(arena, " (at %g times the load)", experiment->load);
    switch (experiment->end) {
    case WORLD_OVERLOADED:
        simulation->failure = arena_printf(
            arena, "overloaded: more than %d calls in flight, most of them in service '%s'%s",
            WORLD_FRAMES_MAX, culprit, load);
        break;
    case WORLD_STANDSTILL:
        simulation->failure = arena_printf(
            arena,
            "a loop without passing time at service '%s': give it work, or its retries a backoff%s",
            culprit, load);
        break;
    case WORLD_DONE:
    case WORLD_INTERRUPTED:
        break;
    }
    fprintf(stderr, "archsim: %s: %s\n", scenario->file, simulation->failure);
    return EXIT_WORK;
}

static enum world_end simulate_experiment(struct simulation *simulation, double load,
                                          const struct options *options,
                                          struct interrupt *interrupt, struct progress *progress)
{
    progress_next(progress);
    return experiment_run(
        &(struct experiment_setup){
            .scenario = simulation->scenario,
            .models = types_models,
            .load = load,
            .jobs = options->jobs,
            .spans_count = load == 1 ? simulation->spans_count : 0,
            .progress = progress->shown ? &progress->counters : NULL,
            .stop = &interrupt->stop,
        },
        &simulation->experiments[simulation->experiments_count++]);
}

/* The traffic as it is, then each other load that a promise names, in the order of the promises. */
static enum world_end simulate_experiments(struct simulation *simulation,
                                           const struct options *options,
                                           struct interrupt *interrupt, struct progress *progress)
{
    const struct scenario *scenario = simulation->scenario;
    simulation->experiments =
        memory_resize(NULL, 1 + scenario->promises_count, sizeof(*simulation->experiments));
    enum world_end end = simulate_experiment(simulation, 1, options, interrupt, progress);
    for (uint32_t i = 0; i < scenario->promises_count && end == WORLD_DONE; i++) {
        const double load = scenario->promises[i].at_load;
        if (!simulate_has_load(simulation, load) && scale_possible(scenario))
            end = simulate_experiment(simulation, load, options, interrupt, progress);
    }
    return end;
}

int simulate_run(struct simulation *simulation, const struct options *options,
                 struct interrupt *interrupt)
{
    struct progress progress;
    const struct text_style style = options_style(options, stderr);
    const char *terminal = getenv("TERM");
    const bool shown =
        !options->quiet && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    progress_init(&progress, options->jobs, shown, style.unicode, style.width);
    const enum world_end end = simulate_experiments(simulation, options, interrupt, &progress);
    const double wall_time_s = progress_clock_s() - progress.start_s;
    progress_done(&progress);
    if (end == WORLD_INTERRUPTED)
        return EXIT_INTERRUPT;
    if (end != WORLD_DONE)
        return simulate_fail(simulation);
    simulation->results =
        results_new(simulation->scenario, simulation->experiments, simulation->experiments_count,
                    &simulation->diag, wall_time_s);
    return EXIT_KEPT;
}

void simulate_warn(const struct simulation *simulation)
{
    const struct summary_warning *warnings;
    struct arena arena;
    arena_init(&arena);
    const uint32_t count = summary_warnings(simulation->results, &arena, &warnings);
    for (uint32_t i = 0; i < count; i++)
        fprintf(stderr, "archsim: %s: warning: %s [%s]\n", simulation->scenario->file,
                summary_warning_words(&warnings[i], &arena), warnings[i].first->code);
    arena_done(&arena);
}

void simulate_done(struct simulation *simulation)
{
    results_free(simulation->results);
    for (uint32_t i = 0; i < simulation->experiments_count; i++)
        experiment_done(&simulation->experiments[i]);
    free(simulation->experiments);
    if (simulation->scenario)
        scenario_free(simulation->scenario);
    diag_done(&simulation->diag);
}
