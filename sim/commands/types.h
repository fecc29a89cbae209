/* types: the service types that this program knows, from models/list.h, in its order. */
#ifndef ARCHSIM_COMMANDS_TYPES_H
#define ARCHSIM_COMMANDS_TYPES_H

#include <stdint.h>

#include "models/model.h"

extern const struct model *const types_models[];
extern const struct model_info *const types_infos[];
extern const uint32_t types_count;

#endif
