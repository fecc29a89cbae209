/* explain: service types and their parameters, from the tables that the loader reads. */
#include "reports/explain.h"

#include <errno.h>
#include <string.h>

#include "sim/commands/commands.h"
#include "sim/commands/options.h"
#include "sim/commands/types.h"
#include "sim/scenario/diag.h"

enum { EXPLAIN_OPTION_FORMAT = 256, EXPLAIN_TYPES_MAX = 1000 };

struct explain {
    const char *name; /* TYPE, TYPE.PARAMETER or TYPE.METRIC; null: all types */
    enum explain_format format;
};

static const struct argp_option explain_table[] = {
    {"format", EXPLAIN_OPTION_FORMAT, "FORMAT", 0, "text (default), markdown or json", 0},
    {0},
};

static error_t explain_set_format(struct explain *explain, const char *text)
{
    static const char *const words[] = {
        [EXPLAIN_TEXT] = "text", [EXPLAIN_MARKDOWN] = "markdown", [EXPLAIN_JSON] = "json"};
    for (int i = EXPLAIN_TEXT; i <= EXPLAIN_JSON; i++)
        if (strcmp(text, words[i]) == 0) {
            explain->format = (enum explain_format)i;
            return 0;
        }
    return options_fail("--format", "expected text, markdown or json, not '%s'", text);
}

static error_t explain_parse(int key, char *text, struct argp_state *state)
{
    struct explain *explain = state->input;
    switch (key) {
    case EXPLAIN_OPTION_FORMAT:
        return explain_set_format(explain, text);
    case ARGP_KEY_ARG:
        if (explain->name)
            argp_error(state, "one at a time: '%s' is too many", text);
        explain->name = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp explain_argp = {
    .options = explain_table,
    .parser = explain_parse,
    .args_doc = "[TYPE[.PARAMETER|.METRIC]]",
    .doc = "Service types, their parameters with unit, default, range and source, and the metrics "
           "of their own.\v"
           "Examples:\n"
           "  archsim explain server\n"
           "  archsim explain cache.ttl --format json\n",
};

/* `type` is null where that is what is unknown. */
static int explain_unknown(const char *name, const char *type, const char *nearest)
{
    fprintf(stderr, "archsim: explain: unknown %s '%s'", type ? "parameter" : "type", name);
    if (nearest)
        fprintf(stderr, ": did you mean '%s'?\n", nearest);
    else
        fprintf(stderr, "; `archsim explain%s%s` lists %s\n", type ? " " : "", type ? type : "",
                type ? "them" : "the types");
    return EXIT_INPUT;
}

static int explain_one(const struct explain *explain)
{
    const char *names[EXPLAIN_TYPES_MAX];
    struct arena arena;
    arena_init(&arena);
    const size_t length = strcspn(explain->name, ".");
    const char *name = arena_text(&arena, explain->name, length);
    const char *key = explain->name[length] ? explain->name + length + 1 : NULL;
    const struct model_info *type = NULL;
    for (uint32_t i = 0; i < types_count; i++) {
        names[i] = types_infos[i]->name;
        if (strcmp(names[i], name) == 0)
            type = types_infos[i];
    }
    int code = EXIT_KEPT;
    const char *nearest = NULL;
    const struct param *row = type && key ? explain_find(type, key, &arena, &nearest) : NULL;
    if (!type)
        code = explain_unknown(name, NULL, diag_nearest(name, names, types_count));
    else if (!key)
        explain_type(stdout, type, explain->format);
    else if (row)
        explain_param(stdout, type, row, explain->format);
    else if (!explain_metric(stdout, type, key, explain->format))
        code = explain_unknown(explain->name, name, nearest);
    arena_done(&arena);
    return code;
}

int command_explain(int argc, char **argv)
{
    struct explain explain = {.format = EXPLAIN_TEXT};
    if (argp_parse(&explain_argp, argc, argv, 0, NULL, &explain) != 0)
        return EXIT_INPUT;
    if (explain.name)
        return explain_one(&explain);
    explain_list(stdout, types_infos, types_count, explain.format);
    return EXIT_KEPT;
}
