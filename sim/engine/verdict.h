/* verdict: whether a promise is kept, by an interval of its metric over replications.
 * Kept: the whole interval is on the right side; broken: the whole interval is on the wrong side;
 * undecided otherwise, without data, or where it would be kept but its traffic or service, or one
 * that the traffic leads to, was overloaded.
 * Extremes (max, min) have no interval: they are judged by their value, which more replications can
 * only push one way, so the one answer is final and the other holds for what was looked at. The
 * worst five minutes are judged by their value, too.
 * Worked: `p99 < 100 ms` with 96.1 .. 103.9 ms is undecided, with 92 .. 99 ms kept. */
#ifndef ARCHSIM_ENGINE_VERDICT_H
#define ARCHSIM_ENGINE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/interval.h"
#include "sim/scenario/scenario.h"

struct replication;

enum verdict_kind { VERDICT_KEPT, VERDICT_BROKEN, VERDICT_UNDECIDED, VERDICT_KINDS };
extern const char *const verdict_names[VERDICT_KINDS];

struct verdict {
    enum verdict_kind kind;
    struct interval estimate; /* at the confidence that decided */
    const char *reason;       /* why it is undecided, else null */
    const char *overloaded;   /* the service whose backlog left it undecided, else null */
    bool settled;             /* more replications are not called for */
};

/* Judges one promise. `settled` is true when it is decided for good, when more replications
 * cannot help, or when the estimate is as precise as scenario->precision asks. */
struct verdict verdict_judge(const struct scenario *scenario, const struct promise *promise,
                             const struct replication *replications, uint32_t count,
                             double confidence);

/* True if a backlog of that traffic grew in at least half of the replications. */
bool verdict_overloaded(uint32_t traffic, const struct replication *replications, uint32_t count);
/* The same of a service. */
bool verdict_service_overloaded(uint32_t service, const struct replication *replications,
                                uint32_t count);

#endif
