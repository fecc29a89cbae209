/* progress: a line on the terminal while replications run: how far, how fast, how long still. A
 * thread of its own reads the workers' counters ten times a second; the work never waits for it. */
#ifndef ARCHSIM_COMMANDS_PROGRESS_H
#define ARCHSIM_COMMANDS_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/experiment.h"

struct progress {
    struct experiment_progress counters;
    bool shown;
    bool unicode;
    uint32_t columns; /* of the terminal */
    double start_s;
    _Atomic double part_s; /* when the experiment under way began */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool done; /* under the mutex */
};

/* Seconds of a clock that only goes forward. */
double progress_clock_s(void);

/* Begins to show, if `shown`, on a terminal of so many columns. */
void progress_init(struct progress *progress, uint32_t jobs, bool shown, bool unicode,
                   uint32_t columns);
/* Another experiment begins. */
void progress_next(struct progress *progress);
/* Erases the line. */
void progress_done(struct progress *progress);

#endif
