/* text: results for a person: what was promised first, then traffic, the services nearest to
 * their limit, the bottleneck, what scaled when and the warnings; ten seconds to read. Numbers are
 * rounded to three digits, intervals are those of 95 % (of promises: at the level that decided). */
#ifndef ARCHSIM_REPORTS_TEXT_H
#define ARCHSIM_REPORTS_TEXT_H

#include <stdio.h>

#include "reports/table.h"
#include "sim/engine/results.h"

void text_report(const struct results *results, const struct text_style *style, FILE *stream);

/* The lines of the promises alone, as `check` prints them. */
void text_promises(const struct results *results, const struct text_style *style, FILE *stream);

#endif
