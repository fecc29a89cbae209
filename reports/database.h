/* database: runs kept in one SQLite file, to be compared, plotted and queried later. Each run is
 * one transaction, so a kill at any instant leaves whole runs only; several processes may append
 * at the same time, each waits for its turn. Names and units are those of the JSON results; every
 * text is bound, never part of a statement. `PRAGMA user_version` is the version of the tables,
 * `application_id` tells the file from other databases. */
#ifndef ARCHSIM_REPORTS_DATABASE_H
#define ARCHSIM_REPORTS_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine/results.h"
#include "sim/scenario/diag.h"

struct database_run {
    const struct results *results;
    const char *const *overrides; /* PATH=VALUE, as they were applied to the scenario's text */
    uint32_t overrides_count;
    int64_t stored_s; /* Unix time */
};

/* Before a long run: whether a run could be appended to the database, if there is one, whole and of
 * this version. False, and told in diag (exit code 4), if not. Changes nothing. */
bool database_check(const char *path, struct diag *diag);
/* Makes the database if there is none. False, and told in diag (exit code 4), if the run could not
 * be stored: then nothing of it is. */
bool database_append(const char *path, const struct database_run *run, struct diag *diag);

#endif
