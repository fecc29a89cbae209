/* checked: what `check` found out about one file, for the reports on all (JUnit, GitHub). */
#ifndef ARCHSIM_REPORTS_CHECKED_H
#define ARCHSIM_REPORTS_CHECKED_H

#include "reports/regression.h"
#include "sim/engine/results.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"

struct checked {
    const char *file;                    /* as given; a scenario, or a baseline that is none */
    const struct diag *diag;             /* what was wrong with it */
    const struct scenario *scenario;     /* null: it did not load */
    const struct results *results;       /* null: it was not run, or failed */
    const char *failure;                 /* why it failed, else null */
    const struct regression *regression; /* null: nothing to compare it with */
    const char *not_compared;            /* why there is nothing; null: nobody asked */
    bool load_only;                      /* nothing was to be simulated */
    double time_s;                       /* that it took to run */
};

#endif
