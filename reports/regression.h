/* regression: what is worse in results than in a baseline of them, beyond what is tolerated and
 * beyond chance.
 * Compared is what its users notice or what tells where it comes from; the rest of the results has
 * no better and worse, or follows from these:
 *   traffic   latency mean, p50, p95, p99; availability, within, unfinished, errors;
 *             throughput where the offered rate is the same
 *   services  latency mean and p99, unfinished, errors; the hit_ratio of caches; the queue of what
 *             feeds others (a message queue), since nobody's latency has it
 *   promises  what they are about, worse where the promise says so, if they are of severity error
 * as far as both sides have an interval (maxima, quantiles of too few, one replication: no).
 * Ratios that should be near 1 are compared by what they lack: from 99.99 % to 99.95 % is 5 times
 * as many failures, not 0.04 %.
 * A metric is worse if it is so by more than tolerance * baseline and by more than two independent
 * runs of the same scenario differ by chance (interval_difference), at a level such that all the
 * metrics of a scenario together raise a false alarm in at most 1 of 100 comparisons (Bonferroni).
 * Worked: p99 100 +- 3 ms, now 109 +- 3 ms, 5 replications each, 20 metrics: 9 % is more than 5 %;
 * the standard errors are 3 / 2.776 ms each, their difference's 1.53 ms, and t of 8 degrees of
 * freedom for a tail of 0.01 / 20 is 5.04: chance explains 7.7 ms. So it is worse. */
#ifndef ARCHSIM_REPORTS_REGRESSION_H
#define ARCHSIM_REPORTS_REGRESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/baseline.h"
#include "reports/table.h"
#include "sim/engine/results.h"

#define REGRESSION_TOLERANCE 0.05 /* where none is given */

enum regression_kind { REGRESSION_SAME, REGRESSION_WORSE, REGRESSION_BETTER };

struct regression_change {
    const char *path;
    enum quantity unit;
    bool more_is_worse;
    bool lacks;                    /* compared by what is missing to 1 */
    struct place place;            /* of the promise about it; line 0: there is none */
    struct interval before, after; /* at 95 % */
    double change; /* to the worse, relative to `before` (or to what it lacks); may be infinite */
    double chance; /* what chance explains of the difference, in the metric's unit */
    enum regression_kind kind;
};

struct regression {
    double tolerance; /* a ratio */
    struct regression_change *changes;
    uint32_t changes_count;
    uint32_t counts[REGRESSION_BETTER + 1]; /* by kind */
    uint32_t unknown_count; /* of which one side has a value, but not both an interval */
};

/* Before the scenario is run: true if all that will be looked at in that entry of the baseline is
 * well formed, and there are intervals; false, and told, if not. */
bool regression_check(const struct scenario *scenario, const struct baseline *baseline,
                      uint32_t entry, struct diag *diag);

/* After it; the entry was checked. Lives in the arena. */
struct regression *regression_find(const struct results *results, const struct baseline *baseline,
                                   uint32_t entry, double tolerance, struct arena *arena);

/* What became worse, one line each, and how many were compared; false: nothing could be. */
bool regression_print(const struct regression *regression, const struct text_style *style,
                      FILE *stream);

#endif
