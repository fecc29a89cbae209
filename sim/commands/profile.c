/* profile: counts come from the worlds, costs from three short loops. */
#include "sim/commands/profile.h"

#include <math.h>
#include <sys/resource.h>

#include "sim/commands/progress.h"
#include "sim/kernel/events.h"
#include "sim/kernel/random.h"
#include "sim/kernel/summary.h"
#include "sim/scenario/quantity.h"

enum { PROFILE_ROUNDS = 200000, PROFILE_PENDING_MAX = 1 << 20 };

static const char *const profile_kinds[EVENT_KINDS] = {
    [EVENT_ARRIVAL] = "arrivals",    [EVENT_THINK] = "users have thought",
    [EVENT_WORK_DONE] = "work done", [EVENT_STEP] = "waits and backoffs",
    [EVENT_TIMEOUT] = "timeouts",    [EVENT_PATIENCE] = "patience over",
    [EVENT_HEDGE] = "hedged tries",  [EVENT_SERVICE] = "of service types",
    [EVENT_WINDOW] = "window marks",
};

/* How often things happened, over all replications. */
struct profile_counts {
    double kinds[EVENT_KINDS];
    double events, calls, draws, in_flight; /* in_flight: in the mean */
    uint64_t frames_max;
};

static struct profile_counts profile_count(const struct experiment *experiment,
                                           const struct results *results)
{
    struct profile_counts counts = {.events = 0};
    const struct scenario *scenario = experiment->scenario;
    const double measured_s = (double)scenario->duration_ns / 1e9 * experiment->count;
    for (uint32_t i = 0; i < experiment->count; i++) {
        const struct replication *replication = &experiment->replications[i];
        for (int j = 0; j < EVENT_KINDS; j++)
            counts.kinds[j] += (double)replication->profile.events[j];
        if (replication->frames_max > counts.frames_max)
            counts.frames_max = replication->frames_max;
    }
    for (uint32_t i = 0; i < scenario->metrics->count; i++) {
        const struct metric_entry *entry = &scenario->metrics->entries[i];
        if (entry->scope == SCOPE_SERVICE && entry->field == FIELD_ARRIVALS)
            counts.calls += results->metrics[i].value * measured_s;
        if (entry->scope == SCOPE_SERVICE && entry->field == FIELD_IN_FLIGHT &&
            entry->part == LEVEL_MEAN)
            counts.in_flight += results->metrics[i].value;
    }
    for (int i = 0; i < EVENT_KINDS; i++)
        counts.events += counts.kinds[i];
    counts.draws =
        counts.kinds[EVENT_ARRIVAL] + counts.kinds[EVENT_THINK] + counts.kinds[EVENT_WORK_DONE];
    return counts;
}

/* One event taken and another scheduled, among so many that are pending. */
static double profile_queue_s(uint64_t pending)
{
    struct events events;
    struct event event;
    struct random random;
    random_seed(&random, 1, 0, "profile", "queue");
    events_init(&events);
    for (uint64_t i = 0; i < pending; i++)
        events_at(&events, (int64_t)(random_exponential(&random) * 1e9), EVENT_STEP, 0, 0);
    const double start_s = progress_clock_s();
    for (int i = 0; i < PROFILE_ROUNDS; i++) {
        events_next(&events, &event);
        events_at(&events, events.now_ns + (1000000000 >> (i & 7)), EVENT_STEP, 0, 0);
    }
    const double cost_s = (progress_clock_s() - start_s) / PROFILE_ROUNDS;
    events_done(&events);
    return cost_s;
}

/* An exponential number, and a duration counted in a summary that has seen such numbers. */
static void profile_draw_s(double *draw_s, double *count_s)
{
    struct arena arena;
    struct summary summary;
    struct random random;
    double sum = 0;
    arena_init(&arena);
    summary_init(&summary, &arena);
    random_seed(&random, 1, 0, "profile", "draw");
    for (int i = 0; i < PROFILE_ROUNDS; i++)
        summary_add(&summary, (int64_t)(random_exponential(&random) * 1e7));
    const double start_s = progress_clock_s();
    for (int i = 0; i < PROFILE_ROUNDS; i++)
        sum += random_exponential(&random);
    const double middle_s = progress_clock_s();
    for (int i = 0; i < PROFILE_ROUNDS; i++)
        summary_add(&summary, (int64_t)(random_exponential(&random) * 1e7));
    const double end_s = progress_clock_s();
    *draw_s = isfinite(sum) ? (middle_s - start_s) / PROFILE_ROUNDS : 0;
    *count_s = fmax(0, (end_s - middle_s) / PROFILE_ROUNDS - *draw_s);
    arena_done(&arena);
}

static void profile_row(FILE *stream, const char *name, double count, double cost_s, double cpu_s)
{
    char number[48];
    fprintf(stream, "  %-20s %8s x %5.1f ns = %4.1f %%\n", name,
            quantity_format(number, sizeof(number), count, QUANTITY_COUNT, NULL), cost_s * 1e9,
            100 * count * cost_s / cpu_s);
}

void profile_print(const struct experiment *experiment, const struct results *results, FILE *stream)
{
    const struct profile_counts counts = profile_count(experiment, results);
    struct rusage usage;
    char events[48], rate[48], frames[48], memory[48];
    getrusage(RUSAGE_SELF, &usage);
    const double cpu_s = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    fprintf(stream, "profile: %s events in %.2f s, %s/s; %.2f s of processor time\n",
            quantity_format(events, sizeof(events), counts.events, QUANTITY_COUNT, NULL),
            results->wall_time_s,
            quantity_format(rate, sizeof(rate), counts.events / results->wall_time_s,
                            QUANTITY_COUNT, NULL),
            cpu_s);
    for (int i = 0; i < EVENT_KINDS; i++)
        if (profile_kinds[i] && counts.kinds[i] > 0)
            fprintf(stream, "  %-20s %8s  %5.1f %% of the events\n", profile_kinds[i],
                    quantity_format(events, sizeof(events), counts.kinds[i], QUANTITY_COUNT, NULL),
                    100 * counts.kinds[i] / counts.events);
    fprintf(
        stream, "  at most %s calls in flight (%s), %s of memory in all\n",
        quantity_format(events, sizeof(events), (double)counts.frames_max, QUANTITY_COUNT, NULL),
        quantity_format(frames, sizeof(frames), (double)counts.frames_max * sizeof(struct frame),
                        QUANTITY_SIZE, NULL),
        quantity_format(memory, sizeof(memory), (double)usage.ru_maxrss * 1024, QUANTITY_SIZE,
                        NULL));
    double draw_s;
    double count_s;
    profile_draw_s(&draw_s, &count_s);
    const uint64_t pending = (uint64_t)counts.in_flight + results->scenario->traffic_count;
    fputs("shares of the processor time, estimated as number x cost of one, measured now:\n",
          stream);
    profile_row(stream, "queue", counts.events,
                profile_queue_s(pending < PROFILE_PENDING_MAX ? pending : PROFILE_PENDING_MAX),
                cpu_s);
    profile_row(stream, "random numbers", counts.draws, draw_s, cpu_s);
    profile_row(stream, "statistics", counts.calls, count_s, cpu_s);
    fputs("  the rest is the engine, the blocks and the service types\n", stream);
}
