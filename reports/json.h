/* json: results as JSON, exactly the keys of the results page, in its order. */
#ifndef ARCHSIM_REPORTS_JSON_H
#define ARCHSIM_REPORTS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/engine/results.h"

/* One object, or an array of `count` of them. */
void json_report(const struct results *results, FILE *stream);
void json_report_all(const struct results *const *results, uint32_t count, FILE *stream);

#endif
