/* csv: every number of the results, one a line: `path,unit,value,low,high` in base units, empty
 * where there is no data or no interval. Several scenarios have a column `scenario`, their file,
 * before these. RFC 4180 with lines that end in a newline alone; a file name that a spreadsheet
 * would take for a formula gets an apostrophe before it. */
#ifndef ARCHSIM_REPORTS_CSV_H
#define ARCHSIM_REPORTS_CSV_H

#include <stdio.h>

#include "sim/engine/results.h"

void csv_report(const struct results *results, FILE *stream);
void csv_report_all(const struct results *const *results, uint32_t count, FILE *stream);

#endif
