/* schema: the scenario language as a JSON Schema (2020-12), for editors: written from the same
 * tables as the readers use, so that it accepts every scenario that `check --load-only` accepts. It
 * knows forms, not meanings: names of services, sums of weights and the like are left to
 * archsim. */
#ifndef ARCHSIM_REPORTS_SCHEMA_H
#define ARCHSIM_REPORTS_SCHEMA_H

#include <stdint.h>
#include <stdio.h>

#include "sim/scenario/param.h"

void schema_write(FILE *stream, const struct model_info *const *types, uint32_t types_count);

#endif
