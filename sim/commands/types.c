/* types: expands the list once for the engine and once for the loader. */
#include "sim/commands/types.h"

#include "models/list.h"

#define TYPES_DECLARE(name) extern const struct model name##_model;
#define TYPES_MODEL(name) &name##_model,
#define TYPES_INFO(name) &name##_model.info,

MODELS(TYPES_DECLARE)

const struct model *const types_models[] = {MODELS(TYPES_MODEL)};
const struct model_info *const types_infos[] = {MODELS(TYPES_INFO)};
const uint32_t types_count = sizeof(types_infos) / sizeof(types_infos[0]);
