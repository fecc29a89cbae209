/* simulate: what `run` and `check` do with one scenario: load it, run its experiments, combine
 * the results. Whatever goes wrong has been told on stderr when these return. */
#ifndef ARCHSIM_COMMANDS_SIMULATE_H
#define ARCHSIM_COMMANDS_SIMULATE_H

#include "sim/commands/interrupt.h"
#include "sim/commands/options.h"
#include "sim/engine/experiment.h"
#include "sim/engine/results.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

struct simulation {
    struct diag diag;
    struct scenario *scenario;
    struct experiment *experiments; /* the first at load 1 */
    uint32_t experiments_count;
    struct results *results; /* null until simulate_run succeeded */
    uint32_t spans_count; /* requests of each kind to follow; 0: none. Set between load and run */
    const char *failure;  /* what simulate_run said when it returned EXIT_WORK, else null */
};

/* Loads and checks the scenario and the traces that it replays. Returns 0, EXIT_INPUT or EXIT_WORK;
 * simulation is to be freed with simulate_done in either case. */
int simulate_load(struct simulation *simulation, const char *path, const struct options *options);
/* Returns 0, EXIT_WORK or EXIT_INTERRUPT. */
int simulate_run(struct simulation *simulation, const struct options *options,
                 struct interrupt *interrupt);
/* The warnings that a summary would show, on stderr. */
void simulate_warn(const struct simulation *simulation);
void simulate_done(struct simulation *simulation);

#endif
