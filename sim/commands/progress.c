/* progress: what is drawn, from counters that may be a moment old. */
#include "sim/commands/progress.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/quantity.h"
#include "sim/scenario/utf8.h"

enum { PROGRESS_PERIOD_MS = 100, PROGRESS_BAR_WIDTH = 20, PROGRESS_COLUMNS = 80 };

double progress_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Replications that are done, with those under way as fractions; and the events of all. */
static double progress_share(struct progress *progress, double *events, double *simulated_ns)
{
    struct experiment_progress *counters = &progress->counters;
    const double span_ns = (double)atomic_load(&counters->span_ns);
    double done = atomic_load(&counters->done);
    *events = (double)atomic_load(&counters->events);
    *simulated_ns = done * span_ns;
    for (uint32_t i = 0; i < counters->jobs && span_ns > 0; i++) {
        const double now_ns = fmin((double)atomic_load(&counters->worlds[i].now_ns), span_ns);
        *events += (double)atomic_load(&counters->worlds[i].events);
        *simulated_ns += now_ns;
        done += now_ns / span_ns;
    }
    return done;
}

/* How many bytes of the text are at most so many characters. */
static int progress_fits(const char *text, uint32_t columns)
{
    const size_t length = strlen(text);
    size_t at = 0;
    for (uint32_t i = 0; i < columns && at < length; i++) {
        uint32_t code;
        at += utf8_decode(text + at, length - at, &code);
    }
    return (int)at;
}

static void progress_draw(struct progress *progress)
{
    double events;
    double simulated_ns;
    const double done = progress_share(progress, &events, &simulated_ns);
    const uint32_t planned = atomic_load(&progress->counters.planned);
    const double now_s = progress_clock_s();
    const double elapsed_s = now_s - progress->start_s;
    const double part_s = now_s - atomic_load(&progress->part_s);
    const double share = fmin(done / (planned > 0 ? planned : 1), 1);
    char bar[3 * PROGRESS_BAR_WIDTH + 1];
    char time[48], rate[48], left[48] = "?";
    size_t length = 0;
    const int width = progress->columns < 100 ? PROGRESS_BAR_WIDTH / 2 : PROGRESS_BAR_WIDTH;
    for (int i = 0; i < width; i++)
        length += (size_t)snprintf(bar + length, sizeof(bar) - length, "%s",
                                   i < (int)(share * width) ? (progress->unicode ? "\u2588" : "#")
                                                            : (progress->unicode ? "\u2591" : "."));
    if (share > 0.001)
        quantity_format(left, sizeof(left), round(part_s * (1 - share) / share) * 1e9,
                        QUANTITY_TIME, NULL);
    quantity_format(time, sizeof(time), simulated_ns, QUANTITY_TIME, NULL);
    quantity_format(rate, sizeof(rate), events / elapsed_s, QUANTITY_COUNT, NULL);
    char line[512]; /* on one line of the terminal, else it could not be drawn over */
    if (planned == 0)
        snprintf(line, sizeof(line), "%s warm-up pilot: %s simulated, %s events/s", bar, time,
                 rate);
    else
        snprintf(line, sizeof(line), "%s %u of %u replications, %s left, %s simulated, %s events/s",
                 bar, (unsigned)done, planned, left, time, rate);
    fprintf(stderr, "\r\033[K%.*s", progress_fits(line, progress->columns - 1), line);
    fflush(stderr);
}

static void *progress_show(void *argument)
{
    struct progress *progress = argument;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    pthread_mutex_lock(&progress->mutex);
    while (!progress->done) {
        due.tv_nsec += PROGRESS_PERIOD_MS * 1000000;
        if (due.tv_nsec >= 1000000000) {
            due.tv_nsec -= 1000000000;
            due.tv_sec++;
        }
        while (!progress->done &&
               pthread_cond_timedwait(&progress->wake, &progress->mutex, &due) != ETIMEDOUT)
            ;
        if (!progress->done)
            progress_draw(progress);
    }
    pthread_mutex_unlock(&progress->mutex);
    return NULL;
}

void progress_init(struct progress *progress, uint32_t jobs, bool shown, bool unicode,
                   uint32_t columns)
{
    *progress = (struct progress){
        .unicode = unicode,
        .columns = columns > 0 ? columns : PROGRESS_COLUMNS,
        .start_s = progress_clock_s(),
        .counters = {.jobs = jobs},
    };
    atomic_init(&progress->part_s, progress->start_s);
    progress->counters.worlds = memory_resize(NULL, jobs, sizeof(*progress->counters.worlds));
    for (uint32_t i = 0; i < jobs; i++) {
        atomic_init(&progress->counters.worlds[i].now_ns, 0);
        atomic_init(&progress->counters.worlds[i].events, 0);
    }
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&progress->mutex, NULL);
    pthread_cond_init(&progress->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    progress->shown =
        shown && pthread_create(&progress->thread, NULL, progress_show, progress) == 0;
}

void progress_next(struct progress *progress)
{
    atomic_store(&progress->counters.done, 0);
    atomic_store(&progress->counters.planned, 0);
    atomic_store(&progress->part_s, progress_clock_s());
}

void progress_done(struct progress *progress)
{
    if (progress->shown) {
        pthread_mutex_lock(&progress->mutex);
        progress->done = true;
        pthread_cond_signal(&progress->wake);
        pthread_mutex_unlock(&progress->mutex);
        pthread_join(progress->thread, NULL);
        fputs("\r\033[K", stderr);
    }
    pthread_mutex_destroy(&progress->mutex);
    pthread_cond_destroy(&progress->wake);
    free(progress->counters.worlds);
}
