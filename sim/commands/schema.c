/* schema: the JSON Schema of the scenario language on standard output. */
#include "reports/schema.h"

#include <argp.h>

#include "sim/commands/commands.h"
#include "sim/commands/types.h"

static const struct argp schema_argp = {
    .doc = "JSON Schema (2020-12) of the scenario language, for editors.\v"
           "Examples:\n"
           "  archsim schema > archsim.schema.json\n"
           "  archsim schema | jq '.properties | keys'\n",
};

int command_schema(int argc, char **argv)
{
    if (argp_parse(&schema_argp, argc, argv, 0, NULL, NULL) != 0)
        return EXIT_INPUT;
    schema_write(stdout, types_infos, types_count);
    return EXIT_KEPT;
}
