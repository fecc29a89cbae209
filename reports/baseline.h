/* baseline: results that `archsim run` or `check` wrote as JSON before, read back to be compared
 * with. The file is anyone's: what is wrong with it is told with its place in the file, and only
 * what is asked for is looked at, so that keys of later versions do no harm. */
#ifndef ARCHSIM_REPORTS_BASELINE_H
#define ARCHSIM_REPORTS_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/interval.h"
#include "sim/scenario/diag.h"

struct baseline;

/* One object, or an array of them, of which each has at least the version of the results and what
 * scenario they are of. "-" is standard input. Null, and told, if it is no such file; free with
 * baseline_free. */
struct baseline *baseline_read(const char *path, struct diag *diag);
/* The same from text in memory; `name` stands for the file in messages. */
struct baseline *baseline_read_text(const char *name, const char *text, size_t length,
                                    struct diag *diag);
void baseline_free(struct baseline *baseline);

uint32_t baseline_count(const struct baseline *baseline);
/* Of the entry that is of this scenario: the same name, and among those of the same name the one
 * of the same file (or of a file of that name in another folder); else the same file. False where
 * there is none, and also where it cannot be told which of several is meant, which is an error. */
bool baseline_find(const struct baseline *baseline, const char *name, const char *file,
                   uint32_t *entry, struct diag *diag);
const char *baseline_name(const struct baseline *baseline, uint32_t entry);
uint32_t baseline_replications(const struct baseline *baseline, uint32_t entry);
/* An error about how an entry was made, at the place of its replications. */
void baseline_refuse(const struct baseline *baseline, uint32_t entry, const char *text,
                     struct diag *diag);

/* The estimate of that path of the metric list; all NaN where it is null or not there. False, and
 * told, if what is there is no estimate. */
bool baseline_estimate(const struct baseline *baseline, uint32_t entry, const char *path,
                       struct interval *estimate, struct diag *diag);

#endif
