/* explain: what a service type is and takes, from its tables: as text for a terminal, as Markdown
 * for the reference pages, as JSON for programs. The JSON of a type is
 *   {type, title, parameters: [{name, kind, unit, default | required, min, max, help, source,
 *    confidence}], metrics: [{name, unit, help}], operations: [{name, help}],
 *    prices: [{item, unit, help}]}
 * with numbers in the base unit named by `unit` (s, B, 1/s, ...); a default that is no number is
 * text. A choice has its words in `choices` too. */
#ifndef ARCHSIM_REPORTS_EXPLAIN_H
#define ARCHSIM_REPORTS_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/scenario/param.h"

enum explain_format { EXPLAIN_TEXT, EXPLAIN_MARKDOWN, EXPLAIN_JSON };

/* All types: as text a line each, otherwise each in full. */
void explain_list(FILE *stream, const struct model_info *const *types, uint32_t types_count,
                  enum explain_format format);
void explain_type(FILE *stream, const struct model_info *type, enum explain_format format);
/* The row of a type's own parameter or of a key that every service has; null if it has none such.
 * What items of a list hold is named "records.weight". `nearest` (may be null) gets the most
 * similar name, or null. Lives as long as the arena. */
const struct param *explain_find(const struct model_info *type, const char *key,
                                 struct arena *arena, const char **nearest);
void explain_param(FILE *stream, const struct model_info *type, const struct param *row,
                   enum explain_format format);

/* A metric of the type's own; false if it has none of that name. */
bool explain_metric(FILE *stream, const struct model_info *type, const char *name,
                    enum explain_format format);

#endif
